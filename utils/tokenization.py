"""From text to tokens: word vocabularies, byte pair encoding, WordPiece, unigram pieces, sentencepiece.

Two conventions hold everywhere in this module. A **word** is what `split_words` cuts: it carries the space before it,
so that the words of a text, laid end to end, are the text again. A **piece** is a string inside a word; a **merge** is
a pair of pieces that became one.

Sources: Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words with Subword Units" (ACL,
arXiv:1508.07909), section 3.2; Wu et al. 2016, "Google's Neural Machine Translation System" (arXiv:1609.08144),
section 4.1 (WordPiece); Kudo 2018, "Subword Regularization" (ACL, arXiv:1804.10959), section 3.2 (unigram pieces);
Kudo and Richardson 2018, "SentencePiece" (EMNLP demonstrations, arXiv:1808.06226).
"""

from __future__ import annotations

import heapq
import io
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np

__all__ = [
    "UNKNOWN",
    "BPETokenizer",
    "Segmenter",
    "SentencePiece",
    "bpe_encode",
    "count_pairs",
    "fertility",
    "merge_pair",
    "oov_rate",
    "show",
    "split_words",
    "train_bpe",
    "train_bpe_fast",
    "train_sentencepiece",
    "unigram_encode",
    "word_vocabulary",
    "wordpiece_encode",
    "wordpiece_vocabulary",
    "zipf_exponent",
]

Pair = tuple[str, str]

UNKNOWN = "<unk>"
"""The token that stands for every word that a vocabulary does not hold."""


def _marks() -> str:
    """The characters that belong to the letter before them, as ranges of a regular expression.

    Vowel signs, accents written by themselves, and the two joiners: Python's `\\w` leaves them out, and would tear
    every Hindi or Thai word, vocalised Arabic, and an é that is stored as e and an accent.
    """
    codes = [n for n in (*range(0x300, 0x20000), *range(0xE0100, 0xE01F0)) if unicodedata.category(chr(n))[0] == "M"]
    codes = sorted({*codes, 0x200C, 0x200D})
    starts = [n for n, before in zip(codes, [-1, *codes]) if n != before + 1]
    ends = [n for n, after in zip(codes, [*codes[1:], -1]) if after != n + 1]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends))


_WORD = re.compile(rf" ?\w[\w{_marks()}]*| ?[^\w\s]+|\s")


def split_words(text: str) -> list[str]:
    """Cut a text into words, runs of punctuation, and what is left of the white space.

    A word or a run of punctuation takes one space before it along. Vowel signs and accents stay with their letters.
    Nothing is lost: the parts, laid end to end, are the text. Where a script puts no spaces between words (Chinese,
    Japanese, Thai), what stands between two signs is one "word".

    >>> split_words("And God said, Let there be light:")
    ['And', ' God', ' said', ',', ' Let', ' there', ' be', ' light', ':']
    """
    return _WORD.findall(text)


def show(pieces: Iterable[str]) -> str:
    """Pieces side by side as they can be read: a space inside a piece becomes ▁, a line end ↵.

    >>> show(["And", " God", " sa", "id"])
    'And ▁God ▁sa id'
    """
    return " ".join(piece.replace(" ", "▁").replace("\n", "↵") for piece in pieces)


# ---------------------------------------------------------------------------------------------------------------- words


def word_vocabulary(tokens: Sequence[str], size: int) -> list[str]:
    """The vocabulary of a text: the unknown token, then the most frequent tokens.

    Args:
        tokens: the tokens of the text; none of them is `UNKNOWN`.
        size: how many entries there may be, `UNKNOWN` included; at least 1.

    Returns:
        `UNKNOWN` first, then the tokens from the most frequent down, equally frequent ones in the order in which Python
        sorts strings. Fewer than `size` entries if the text has fewer different tokens. A token's number is its place
        in the list.
    """
    ### BEGIN SOLUTION
    counts = Counter(tokens)
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return [UNKNOWN, *ranked][:size]
    ### END SOLUTION


def oov_rate(tokens: Sequence[str], vocabulary: Collection[str]) -> float:
    """Out of vocabulary: the share of a text's tokens that the vocabulary does not hold.

    Args:
        tokens: the running text, each token as often as it occurs.
        vocabulary: the known tokens.

    Returns:
        Between 0 and 1; 0.0 for a text without tokens.
    """
    known = set(vocabulary)
    return sum(token not in known for token in tokens) / max(len(tokens), 1)


def zipf_exponent(counts: Sequence[int]) -> float:
    """How fast frequencies fall with the rank: the a of f(r) = C / r^a.

    The most frequent token has the rank 1. On logarithmic axes the law is a straight line, ln f = ln C − a ln r; the
    result is its slope, turned positive, by least squares over all ranks.

    Args:
        counts: how often each token occurs, in any order; each at least 1.

    Returns:
        a; 0.0 if there are fewer than two different tokens.

    Most of the points are rare tokens, so they decide where the line lies; Clauset, Shalizi and Newman 2009,
    "Power-Law Distributions in Empirical Data", show how far off least squares can be.

    Zipf 1949, "Human Behavior and the Principle of Least Effort".
    """
    ### BEGIN SOLUTION
    frequencies = sorted(counts, reverse=True)
    if len(frequencies) < 2:
        return 0.0
    ranks = np.arange(1, len(frequencies) + 1)
    slope, _ = np.polyfit(np.log(ranks), np.log(frequencies), 1)
    return -float(slope)
    ### END SOLUTION


# ------------------------------------------------------------------------------------------------- byte pair encoding


def count_pairs(words: Mapping[tuple[str, ...], int]) -> Counter[Pair]:
    """How often each pair of neighbouring pieces occurs in a text.

    Args:
        words: each word, cut into pieces, with the number of times it occurs in the text.

    Returns:
        The count of each pair (left piece, right piece). Every neighbourhood counts: ("a", "a", "a") holds the pair
        ("a", "a") twice. Pairs do not reach from one word into the next.

    Sennrich et al. 2016, section 3.2.
    """
    ### BEGIN SOLUTION
    pairs: Counter[Pair] = Counter()
    for pieces, count in words.items():
        for pair in pairwise(pieces):
            pairs[pair] += count
    return pairs
    ### END SOLUTION


def merge_pair(pieces: Sequence[str], pair: Pair) -> tuple[str, ...]:
    """Make one piece of each occurrence of a pair, from left to right.

    Args:
        pieces: the pieces of a word.
        pair: the left and the right piece that become one.

    Returns:
        The new pieces, as a tuple, since words are keys of a mapping here. A piece takes part in one merge of a call
        only: ("a", "a", "a") with ("a", "a") gives ("aa", "a").

    Sennrich et al. 2016, section 3.2.
    """
    ### BEGIN SOLUTION
    merged, i = [], 0
    while i < len(pieces):
        width = 2 if tuple(pieces[i : i + 2]) == tuple(pair) else 1
        merged.append("".join(pieces[i : i + width]))
        i += width
    return tuple(merged)
    ### END SOLUTION


def train_bpe(words: Mapping[str, int], size: int) -> list[Pair]:
    """Byte pair encoding: begin with characters, and merge the most frequent pair until the vocabulary is full.

    Args:
        words: each word of the text with the number of times it occurs.
        size: how many different pieces there may be: the characters of the text, and one more for each merge.

    Returns:
        The merges in the order in which they were made. Of equally frequent pairs the first in alphabetical order is
        merged. Training ends early when the most frequent pair occurs once, or there is none.

    Sennrich et al. 2016, algorithm 1.
    """
    ### BEGIN SOLUTION
    cut = {tuple(word): count for word, count in words.items()}
    merges: list[Pair] = []
    room = size - len(set("".join(words)))
    while len(merges) < room:
        pairs = count_pairs(cut)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        merges.append(best)
        cut = {merge_pair(pieces, best): count for pieces, count in cut.items()}
    return merges
    ### END SOLUTION


def train_bpe_fast(words: Mapping[str, int], size: int) -> list[Pair]:
    """The merges of `train_bpe`, in a fraction of the time.

    Two habits make it fast. Only words that contain the merged pair are cut anew, and only their pairs are counted
    anew. And the most frequent pair comes from a heap instead of a search: an entry's count may be too high by now, and
    is then put back with the right one when it comes up; a count that grew is put in at once.

    Args, returns: as `train_bpe`.
    """
    cut = [tuple(word) for word in words]
    times = list(words.values())
    pairs: Counter[Pair] = Counter()
    places: dict[Pair, set[int]] = defaultdict(set)  # where a pair may occur: nothing is taken out before it is used
    for i, pieces in enumerate(cut):
        for pair in pairwise(pieces):
            pairs[pair] += times[i]
            places[pair].add(i)
    heap = [(-count, pair) for pair, count in pairs.items()]
    heapq.heapify(heap)
    merges: list[Pair] = []
    room = size - len(set("".join(words)))
    while heap and len(merges) < room:
        promised, best = heapq.heappop(heap)
        count = pairs[best]
        if count < 2:
            continue
        if count < -promised:
            heapq.heappush(heap, (-count, best))
            continue
        merges.append(best)
        changed: dict[Pair, int] = defaultdict(int)
        left, right = best
        whole = left + right
        for i in places.pop(best):
            old, n = cut[i], times[i]
            new, k, last = [], 0, len(old) - 1
            while k <= last:
                if k < last and old[k] == left and old[k + 1] == right:
                    new.append(whole)
                    k += 2
                else:
                    new.append(old[k])
                    k += 1
            if len(new) == len(old):
                continue
            for pair in pairwise(old):
                changed[pair] -= n
            for pair in pairwise(new):
                changed[pair] += n
                if whole in pair:
                    places[pair].add(i)
            cut[i] = tuple(new)
        for pair, change in changed.items():
            if change:
                pairs[pair] += change
                if change > 0:
                    heapq.heappush(heap, (-pairs[pair], pair))
    return merges


def bpe_encode(text: str, merges: Sequence[Pair]) -> list[str]:
    """Cut a text into pieces by replaying merges in the order in which they were learned.

    Each word of `split_words` begins as its characters and is worked on by itself. As long as two neighbours form a
    learned pair, the pair that was learned first is merged, everywhere in the word.

    Args:
        text: any text; a character that no merge knows stays a piece of its own.
        merges: pairs in the order in which they were learned, no pair twice, and each piece made before a pair uses it:
            what training gives. (Then going once through the list, merge by merge, cuts in the same way.)

    Returns:
        The pieces of all words, in order; laid end to end they are the text.

    Sennrich et al. 2016, section 3.2.
    """
    ### BEGIN SOLUTION
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    pieces: list[str] = []
    for word in split_words(text):
        cut = tuple(word)
        while known := [pair for pair in pairwise(cut) if pair in ranks]:
            cut = merge_pair(cut, min(known, key=lambda pair: ranks[pair]))
        pieces.extend(cut)
    return pieces
    ### END SOLUTION


class Segmenter:
    """`bpe_encode` for much text: each different word is cut once and remembered.

    Args:
        merges: as for `bpe_encode`.
    """

    def __init__(self, merges: Sequence[Pair]) -> None:
        self.merges = list(merges)
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._seen: dict[str, tuple[str, ...]] = {}

    def __call__(self, text: str) -> list[str]:
        """The pieces of a text."""
        return [piece for word in split_words(text) for piece in self._cut(word)]

    def _cut(self, word: str) -> tuple[str, ...]:
        if word not in self._seen:
            pieces, ranks = list(word), self._ranks
            while len(pieces) > 1:
                pairs = list(pairwise(pieces))
                best = min(pairs, key=lambda pair: ranks.get(pair, math.inf))
                if best not in ranks:
                    break
                pieces = list(merge_pair(pieces, best))
            self._seen[word] = tuple(pieces)
        return self._seen[word]


class BPETokenizer:
    """Byte pair encoding that any text survives: what it does not know it writes in bytes.

    The numbers 0 … 255 stand for the bytes, the next ones for the characters of the training text in the order of
    their code points, the rest for what the merges made, in order.

    Args:
        text: what to train on; it may be empty.
        size: how many numbers there may be. Fewer are used where the text allows no more merges; more, if the 256 bytes
            and the different characters of the text have no room in it: each of them gets its number.

    Attributes:
        merges: what `train_bpe` learned.
        pieces: the piece of each number: `pieces[65]` is "<0x41>", the byte 65 in hexadecimal.

    Kudo and Richardson's library calls it byte fallback (option `byte_fallback`); GPT-2 begins with bytes at once
    (Radford et al. 2019, section 2.2).
    """

    def __init__(self, text: str, size: int) -> None:
        self.merges = train_bpe_fast(Counter(split_words(text)), size - 256)
        self.pieces = [f"<0x{byte:02X}>" for byte in range(256)]
        self.pieces += sorted(set(text)) + [left + right for left, right in self.merges]
        ### BEGIN SOLUTION
        self.numbers = {piece: 256 + i for i, piece in enumerate(self.pieces[256:])}
        ### END SOLUTION

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's pieces; a piece that has none becomes the bytes of its UTF-8 form.

        Raises:
            UnicodeEncodeError: the text holds half of a surrogate pair, which UTF-8 cannot store.
        """
        ### BEGIN SOLUTION
        numbers: list[int] = []
        for piece in bpe_encode(text, self.merges):
            numbers += [self.numbers[piece]] if piece in self.numbers else piece.encode("utf-8")
        return numbers
        ### END SOLUTION

    def decode(self, numbers: Sequence[int]) -> str:
        """The text that was encoded. Bytes that are no good UTF-8 become the replacement character U+FFFD."""
        ### BEGIN SOLUTION
        raw = b"".join(bytes([n]) if n < 256 else self.pieces[n].encode("utf-8") for n in numbers)
        return raw.decode("utf-8", errors="replace")
        ### END SOLUTION


# ---------------------------------------------------------------------------------------------- other ways to cut words


def wordpiece_encode(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    """Cut one word as BERT does: always the longest piece that fits, from left to right.

    Args:
        word: one word, without white space.
        vocabulary: the known pieces. One that goes on inside a word is written with "##" before it.
        unknown: what a word becomes that cannot be cut to its end.

    Returns:
        The pieces, all but the first with "##"; [unknown] alone if at some place no piece fits; [] for the empty word.

    Devlin et al. 2019, "BERT" (NAACL, arXiv:1810.04805), section 3, with the authors' published tokenizer.
    """
    ### BEGIN SOLUTION
    pieces: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        ends = [end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary]
        if not ends:
            return [unknown]
        pieces.append(mark + word[start : ends[0]])
        start = ends[0]
    return pieces
    ### END SOLUTION


def wordpiece_vocabulary(words: Iterable[str], segment: Callable[[str], list[str]]) -> set[str]:
    """The pieces into which a tokenizer cuts some words, written as WordPiece writes them.

    Args:
        words: the words, without white space.
        segment: cuts one word into pieces.

    Returns:
        First pieces of words as they are, the others with "##" before them. Every single character of the words is in,
        in both forms, so that each of the words can be cut.
    """
    vocabulary: set[str] = set()
    for word in words:
        first, *rest = segment(word) or [""]
        vocabulary |= {first, *("##" + piece for piece in rest)} - {""}
        vocabulary |= {*word, *("##" + character for character in word)}
    return vocabulary


def unigram_encode(text: str, log_probs: Mapping[str, float]) -> list[str]:
    """The most probable way to cut a text, when each piece has a probability and they are independent.

    The probability of a cut is the product of its pieces' probabilities, so its logarithm is a sum. The best cut of the
    first `end` characters is a best cut of the first `start` characters and one piece more: dynamic programming finds
    it (Viterbi).

    Args:
        text: what to cut.
        log_probs: the natural logarithm of each piece's probability.

    Returns:
        The pieces; [] for the empty text. (Of equally probable cuts, any.)

    Raises:
        ValueError: the text cannot be cut into known pieces.

    Kudo 2018, section 3.2.
    """
    ### BEGIN SOLUTION
    best: list[tuple[float, int]] = [(0.0, 0)]  # for each end: the best sum, and where its last piece starts
    for end in range(1, len(text) + 1):
        cuts = [(best[s][0] + log_probs[text[s:end]], s) for s in range(end) if text[s:end] in log_probs]
        best.append(max(cuts, default=(-math.inf, 0)))
    if best[-1][0] == -math.inf:
        raise ValueError(f"{text!r} cannot be cut into known pieces.")
    pieces: list[str] = []
    end = len(text)
    while end > 0:
        start = best[end][1]
        pieces.append(text[start:end])
        end = start
    return pieces[::-1]
    ### END SOLUTION


def fertility(encode: Callable[[str], Sequence[Any]], text: str) -> float:
    """How many tokens a tokenizer spends on a word.

    Args:
        encode: the tokenizer: a text in, its tokens or their numbers out.
        text: a text; its words are what stands between white space. (Where a script writes none between words, as in
            Chinese or Thai, the number means nothing.)

    Returns:
        Tokens over words; 0.0 for a text without words.

    Rust et al. 2021, "How Good is Your Tokenizer?" (ACL-IJCNLP); there, words are those of annotated treebanks.
    """
    ### BEGIN SOLUTION
    words = len(text.split())
    return len(encode(text)) / words if words else 0.0
    ### END SOLUTION


# -------------------------------------------------------------------------------------------------------- sentencepiece


class SentencePiece:
    """A trained model of the sentencepiece library, made lossless: `decode(encode(text)) == text` for every text that
    UTF-8 can store.

    The library writes a space as ▁ (U+2581), so a ▁ in the text would come back as a space. Here such a ▁ goes in as
    its three bytes.

    Args:
        model: the bytes of a model that was trained as `train_sentencepiece` does.
    """

    _SPACE = "\u2581"

    def __init__(self, model: bytes) -> None:
        import sentencepiece

        self.processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        self._mark = [self.processor.piece_to_id(f"<0x{byte:02X}>") for byte in self._SPACE.encode("utf-8")]

    def __len__(self) -> int:
        return self.processor.get_piece_size()

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's pieces. The text may be anything that UTF-8 can store.

        Raises:
            ValueError: it cannot: the text holds half of a surrogate pair.
        """
        lone = next((i for i, character in enumerate(text) if "\ud800" <= character <= "\udfff"), None)
        if lone is not None:
            raise ValueError(f"Character {lone} of the text is half of a surrogate pair, which UTF-8 cannot store.")
        numbers: list[int] = []
        for i, part in enumerate(text.split(self._SPACE)):
            numbers += (self._mark if i else []) + self.processor.encode(part)
        return numbers

    def decode(self, numbers: Sequence[int]) -> str:
        """The text that was encoded."""
        return self.processor.decode(list(numbers))

    def cut(self, text: str) -> list[str]:
        """The pieces of a text as the library writes them: ▁ for a space, <0xE2> for a byte."""
        return [self.processor.id_to_piece(number) for number in self.encode(text)]

    def log_probs(self) -> dict[str, float]:
        """The log-probability of each piece of a unigram model, spaces as spaces; bytes and marks are left out."""
        model = self.processor
        kept = (n for n in range(len(self)) if not (model.is_control(n) or model.is_unknown(n) or model.is_byte(n)))
        return {model.id_to_piece(n).replace(self._SPACE, " "): model.get_score(n) for n in kept}


def train_sentencepiece(lines: Iterable[str], size: int, kind: Literal["bpe", "unigram"] = "bpe") -> SentencePiece:
    """Train a model of the sentencepiece library that loses nothing.

    Left to itself, the library changes a text before it cuts it: compatibility characters are replaced (NFKC), runs of
    spaces become one, and a space is put in front. All of that is turned off here; what is unknown goes in as bytes.

    Args:
        lines: the training text, line by line; empty lines are skipped.
        size: how many pieces there may be; 256 bytes, three marks and every character of the text are always among
            them. Fewer are made where the text allows no more.
        kind: "bpe" or "unigram".

    Raises:
        ValueError: the text has no line with anything in it, `size` has no room for the characters, or another `kind`.
    """
    import sentencepiece

    if kind not in ("bpe", "unigram"):
        raise ValueError(f"There is no kind {kind!r} here: choose 'bpe' or 'unigram'.")
    kept = [line for line in lines if line.strip()]
    if not kept:
        raise ValueError("There is nothing to train on: every line is empty.")
    least = 259 + len(set("".join(kept)) | {" "})
    if size < least:
        raise ValueError(f"A vocabulary of {size} is too small: bytes, marks and characters alone are {least}.")
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(kept),
            model_writer=model,
            model_type=kind,
            vocab_size=size,
            hard_vocab_limit=False,
            character_coverage=1.0,
            required_chars=SentencePiece._SPACE,  # without a piece for it, a space would come back as the sign ▁
            byte_fallback=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,
            num_threads=1,
            minloglevel=2,
        )
    except RuntimeError as error:
        raise ValueError(
            f"sentencepiece cannot make {size} pieces of this text: {' '.join(str(error).split())}"
        ) from None
    return SentencePiece(model.getvalue())
