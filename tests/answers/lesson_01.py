"""Other answers to the exercises of lesson 01: right ones written in another way, and more wrong ones.

`RIGHT[id]` are answers that the check must accept. `WRONG[id]` are pairs: an answer that it must reject, and the name
of the misconception that it should be told of (None where any clear rejection will do).
"""

from __future__ import annotations

import functools
import heapq
import itertools
import math
import re
import unicodedata
from collections import Counter, defaultdict

import numpy as np

from utils.tokenization import UNKNOWN, bpe_encode, merge_pair, split_words, train_bpe, train_bpe_fast

# ------------------------------------------------------------------------------------------------------- 1 · vocabulary


def vocabulary_by_two_sorts(tokens, size):
    counts = defaultdict(int)
    for token in tokens:
        counts[token] += 1
    ranked = sorted(sorted(counts), key=counts.get, reverse=True)  # sorting is stable, also with reverse
    return (["<unk>"] + ranked)[:size]


def vocabulary_with_heap(tokens, size):
    counts = Counter(tokens)
    return (UNKNOWN, *heapq.nsmallest(size - 1, counts, key=lambda t: (-counts[t], t)))


def vocabulary_most_common(tokens, size):
    return ["<unk>"] + [token for token, count in Counter(tokens).most_common()][: size - 1]


def vocabulary_sorted_first(tokens, size):
    """Right: equal counts keep the order in which they came, and that is alphabetical here."""
    return [UNKNOWN] + [token for token, _ in Counter(sorted(tokens)).most_common(size - 1)]


# ------------------------------------------------------------------------------------------------------------- 2 · Zipf


def zipf_by_hand(counts):
    ys = [math.log2(c) for c in sorted(counts)[::-1]]
    xs = [math.log2(r) for r in range(1, len(ys) + 1)]
    if len(ys) <= 1:
        return 0.0
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    return -sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)


def zipf_by_lstsq(counts):
    f = np.sort(np.array(list(counts), dtype=float))[::-1]
    if f.size < 2:
        return 0
    a = np.stack([np.ones(f.size), np.log(np.arange(f.size) + 1)], axis=1)
    return np.linalg.lstsq(a, -np.log(f), rcond=None)[0][1]


def zipf_shares(counts):
    """Right: dividing by the total moves the line down and leaves its slope."""
    counts = list(counts)
    return zipf_by_hand([c / sum(counts) for c in counts])


def zipf_of_squares(counts):
    return 2 * zipf_by_hand(counts)


# ------------------------------------------------------------------------------------------------------------ 3 · pairs


def pairs_by_index(words):
    table = {}
    for pieces in words:
        for i in range(1, len(pieces)):
            key = (pieces[i - 1], pieces[i])
            table[key] = table.get(key, 0) + words[pieces]
    return table


def pairs_by_update(words):
    table = Counter()
    for pieces, n in words.items():
        table.update({pair: n * k for pair, k in Counter(itertools.pairwise(pieces)).items()})
    return table


def pairs_of_keys(words):
    table = Counter()
    for pieces in words:
        table.update(itertools.pairwise(pieces))
    return table


# ------------------------------------------------------------------------------------------------------------ 4 · merge


def merge_in_a_list(pieces, pair):
    left, right = pair
    out = list(pieces)
    i = 0
    while i < len(out) - 1:
        if out[i] == left and out[i + 1] == right:
            out[i : i + 2] = [left + right]
        i += 1
    return out


def merge_with_flag(pieces, pair):
    out, skip = [], False
    for i, piece in enumerate(pieces):
        if skip:
            skip = False
        elif piece == pair[0] and i + 1 < len(pieces) and pieces[i + 1] == pair[1]:
            out.append(piece + pieces[i + 1])
            skip = True
        else:
            out.append(piece)
    return tuple(out)


def merge_recursive(pieces, pair):
    pieces = tuple(pieces)
    if len(pieces) < 2:
        return pieces
    if pieces[:2] == pair:
        return (pair[0] + pair[1], *merge_recursive(pieces[2:], pair))
    return (pieces[0], *merge_recursive(pieces[1:], pair))


def merge_cascading(pieces, pair):
    """Looks at the new piece again: right too, because it never equals its own left half."""
    out = []
    for piece in pieces:
        out.append(piece)
        if out[-2:] == list(pair):
            out[-2:] = ["".join(pair)]
    return tuple(out)


def merge_regex(pieces, pair):
    """The published regular expression: right until pieces hold spaces."""
    pattern = re.compile(r"(?<!\S)" + re.escape(" ".join(pair)) + r"(?!\S)")
    return tuple(pattern.sub("".join(pair), " ".join(pieces)).split())


def merge_text(pieces, pair):
    return tuple(" ".join(pieces).replace(pair[0] + " " + pair[1], pair[0] + pair[1]).split(" "))


# ------------------------------------------------------------------------------------------------------------ 5 · train


def train_with_lists(words, size):
    cut = [[list(word), n] for word, n in words.items()]
    vocabulary = {c for word in words for c in word}
    merges = []
    while len(vocabulary) < size:
        counts = {}
        for pieces, n in cut:
            for a, b in itertools.pairwise(pieces):
                counts[a, b] = counts.get((a, b), 0) + n
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if not ranked or ranked[0][1] <= 1:
            return merges
        pair = ranked[0][0]
        merges.append(pair)
        vocabulary.add(pair[0] + pair[1])
        for entry in cut:
            entry[0] = list(merge_pair(entry[0], pair))
    return merges


def train_as_tuple(words, size):
    """One list of pieces for the whole text, with None between the words, so that no pair crosses them."""
    line = [piece for word, n in words.items() for _ in range(n) for piece in [*word, None]]
    merges = []
    while len(merges) + len(set("".join(words))) < size:
        pairs = Counter(pair for pair in itertools.pairwise(line) if None not in pair)
        best = min(((-n, pair) for pair, n in pairs.items()), default=(0, None))
        if best[0] > -2:
            break
        merges.append(best[1])
        line = list(_merged(line, best[1]))
    return tuple(merges)


def _merged(line, pair):
    waiting = False
    for here, following in zip(line, [*line[1:], None]):
        if waiting:
            waiting = False
        elif (here, following) == pair:
            waiting = True
            yield here + following
        else:
            yield here


def train_until_nothing(words, size):
    cut = {tuple(w): n for w, n in words.items()}
    merges = []
    for _ in range(size - len(set("".join(words)))):
        pairs = Counter()
        for p, n in cut.items():
            for pair in itertools.pairwise(p):
                pairs[pair] += n
        if not pairs:
            break
        best = max(sorted(pairs), key=pairs.get)
        merges.append(best)
        cut = {merge_pair(p, best): n for p, n in cut.items()}
    return merges


def train_most_common(words, size):
    cut = {tuple(w): n for w, n in words.items()}
    merges = []
    for _ in range(size - len(set("".join(words)))):
        pairs = Counter()
        for p, n in cut.items():
            for pair in itertools.pairwise(p):
                pairs[pair] += n
        if not pairs or pairs.most_common(1)[0][1] == 1:
            break
        merges.append(pairs.most_common(1)[0][0])
        cut = {merge_pair(p, merges[-1]): n for p, n in cut.items()}
    return merges


# ----------------------------------------------------------------------------------------------------------- 6 · encode


def encode_one_after_the_other(text, merges):
    pieces = []
    for word in split_words(text):
        cut = tuple(word)
        for pair in merges:
            cut = merge_pair(cut, pair)
        pieces += cut
    return pieces


def encode_like_gpt2(text, merges):
    ranks = dict(zip(merges, range(len(merges))))
    out = []
    for word in split_words(text):
        cut = list(word)
        while len(cut) > 1:
            best = min(itertools.pairwise(cut), key=lambda pair: ranks.get(pair, float("inf")))
            if best not in ranks:
                break
            cut = list(merge_pair(cut, best))
        out.extend(cut)
    return tuple(out)


def encode_whole_text(text, merges):
    cut = tuple(text)
    for pair in merges:
        cut = merge_pair(cut, pair)
    return list(cut)


def encode_any_order(text, merges):
    return encode_one_after_the_other(text, merges[::-1])


def encode_in_lower_case(text, merges):
    return encode_like_gpt2(text.lower(), merges)


# -------------------------------------------------------------------------------------------------------- 7 · WordPiece


def wordpiece_like_google(word, vocabulary, unknown="[UNK]"):
    chars = list(word)
    start, found = 0, []
    while start < len(chars):
        end, current = len(chars), None
        while start < end:
            piece = "".join(chars[start:end])
            if start > 0:
                piece = "##" + piece
            if piece in vocabulary:
                current = piece
                break
            end -= 1
        if current is None:
            return [unknown]
        found.append(current)
        start = end
    return found


def wordpiece_recursive(word, vocabulary, unknown="[UNK]"):
    def cut(rest, mark):
        for n in range(len(rest), 0, -1):
            if mark + rest[:n] in vocabulary:
                later = cut(rest[n:], "##") if rest[n:] else []
                return None if later is None else [mark + rest[:n], *later]
        return None

    if word == "":
        return []
    found = cut(word, "")
    return [unknown] if found is None else found


def wordpiece_mark_at_end(word, vocabulary, unknown="[UNK]"):
    return [piece.replace("##", "") + "##" for piece in wordpiece_like_google(word, vocabulary, unknown)]


# ---------------------------------------------------------------------------------------------------------- 8 · unigram


def unigram_by_memory(text, log_probs):
    @functools.cache
    def best(start):
        if start == len(text):
            return 0.0, ()
        options = [(-math.inf, ())]
        for end in range(start + 1, len(text) + 1):
            if text[start:end] in log_probs:
                score, rest = best(end)
                options.append((log_probs[text[start:end]] + score, (text[start:end], *rest)))
        return max(options)

    score, pieces = best(0)
    if score == -math.inf:
        raise ValueError("no way to cut " + text)
    return pieces


def unigram_forward(text, log_probs):
    scores, cuts = {0: 0.0}, {0: []}
    for start in range(len(text)):
        if start not in scores:
            continue
        for piece, p in log_probs.items():
            end = start + len(piece)
            if text.startswith(piece, start) and scores[start] + p > scores.get(end, -math.inf):
                scores[end], cuts[end] = scores[start] + p, [*cuts[start], piece]
    if len(text) not in cuts:
        raise ValueError(f"{text} cannot be cut")
    return cuts[len(text)]


def unigram_with_assert(text, log_probs):
    try:
        return unigram_forward(text, log_probs)
    except ValueError:
        raise AssertionError("not possible") from None


def unigram_greedy_forward(text, log_probs):
    out, start = [], 0
    while start < len(text):
        for end in range(len(text), start, -1):
            if text[start:end] in log_probs:
                out.append(text[start:end])
                start = end
                break
        else:
            raise ValueError("stuck")
    return out


# -------------------------------------------------------------------------------------------------------- 9 · the class


class TokenizerWithBuffer:
    def __init__(self, text, size):
        self.merges = train_bpe(Counter(split_words(text)), size - 256)
        self.known = {c: 256 + i for i, c in enumerate(sorted(set(text)))}
        for left, right in self.merges:
            self.known[left + right] = 256 + len(self.known)
        self.names = {n: piece for piece, n in self.known.items()}
        self.pieces = tuple(f"<0x{byte:02X}>" for byte in range(256)) + (*sorted(set(text)), *map("".join, self.merges))

    def encode(self, text):
        out = []
        for piece in bpe_encode(text, self.merges):
            if piece in self.known:
                out.append(self.known[piece])
            else:
                for byte in bytearray(piece, "utf8"):
                    out.append(byte)
        return out

    def decode(self, numbers):
        text, waiting = [], bytearray()
        for n in numbers:
            if n < 256:
                waiting.append(n)
            else:
                text.append(waiting.decode("utf8", "replace"))
                waiting.clear()
                text.append(self.names[n])
        return "".join(text) + waiting.decode("utf8", "replace")


class TokenizerAsTuple(TokenizerWithBuffer):
    def encode(self, text):
        return tuple(super().encode(text))


class TokenizerLatin(TokenizerWithBuffer):
    def decode(self, numbers):
        return "".join(bytes([n]).decode("latin-1") if n < 256 else self.names[n] for n in numbers)


class TokenizerQuestionMark(TokenizerWithBuffer):
    def encode(self, text):
        return [self.known.get(p, ord("?")) for p in bpe_encode(text, self.merges)]


class TokenizerLookup(TokenizerWithBuffer):
    """Finds bytes by their names in the list of pieces: a text with such a name in it is misread."""

    def decode(self, numbers):
        text = "".join(f"<0x{n:02X}>" if n < 256 else self.names[n] for n in numbers)
        raw = re.sub(rb"<0x(..)>", lambda m: bytes([int(m[1], 16)]), text.encode())
        return raw.decode("utf-8", errors="replace")


# ------------------------------------------------------------------------------------------------------- 10 · fertility


def fertility_with_regex(encode, text):
    words = re.findall(r"\S+", text)
    if not words:
        return 0
    return len(list(encode(text))) / len(words)


def fertility_line_by_line(encode, text):
    tokens = words = 0
    for line in text.splitlines():
        tokens += len(encode(line))
        words += len(line.split())
    return tokens / words if words else 0.0


# --------------------------------------------------------------------------------------- what once got through


def vocabulary_letters_only(tokens, size):
    counts = Counter(token for token in tokens if token.isalpha())
    return [UNKNOWN, *sorted(counts, key=lambda token: (-counts[token], token))[: size - 1]]


def vocabulary_ties_casefold(tokens, size):
    counts = Counter(tokens)
    return [UNKNOWN, *sorted(counts, key=lambda token: (-counts[token], token.lower()))[: size - 1]]


def vocabulary_cut_then_sort(tokens, size):
    top = Counter(tokens).most_common(size - 1)
    return [UNKNOWN, *(token for token, _ in sorted(top, key=lambda item: (-item[1], item[0])))]


def merge_adding_up(pieces, pair):
    out, i = (), 0
    while i < len(pieces):
        if i + 1 < len(pieces) and pieces[i] == pair[0] and pieces[i + 1] == pair[1]:
            out += (pair[0] + pair[1],)
            i += 2
        else:
            out += pieces[i : i + 1]
            i += 1
    return out


def merge_spelling(pieces, pair):
    out, i = [], 0
    while i < len(pieces):
        if i + 1 < len(pieces) and pieces[i] + pieces[i + 1] == pair[0] + pair[1]:
            out.append(pieces[i] + pieces[i + 1])
            i += 2
        else:
            out.append(pieces[i])
            i += 1
    return tuple(out)


def train_and_cut_off(words, size):
    return train_with_lists(words, 10**6)[: size - len({c for word in words for c in word})]


def encode_by_spelling(text, merges):
    pieces = []
    for word in split_words(text):
        cut = tuple(word)
        for pair in merges:
            cut = merge_spelling(cut, pair)
        pieces += cut
    return pieces


def encode_own_words(text, merges):
    return [piece for word in re.findall(r" ?\S+|\s", text) for piece in _one_word(word, merges)]


def _one_word(word, merges):
    cut = tuple(word)
    for pair in merges:
        cut = merge_pair(cut, pair)
    return cut


def encode_leftmost(text, merges):
    out, known = [], set(merges)
    for word in split_words(text):
        cut = list(word)
        while True:
            place = next((i for i, pair in enumerate(itertools.pairwise(cut)) if pair in known), None)
            if place is None:
                break
            cut[place : place + 2] = [cut[place] + cut[place + 1]]
        out += cut
    return out


def wordpiece_short_window(word, vocabulary, unknown="[UNK]"):
    found, start = [], 0
    while start < len(word):
        for end in range(min(len(word), start + 6), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                found.append(piece)
                start = end
                break
        else:
            return [unknown]
    return found


def wordpiece_fewest(word, vocabulary, unknown="[UNK]"):
    best = {0: []}
    for end in range(1, len(word) + 1):
        for start in range(end):
            piece = ("##" if start else "") + word[start:end]
            if start in best and piece in vocabulary and len(best[start]) + 1 < len(best.get(end, word + "##")):
                best[end] = [*best[start], piece]
    return best.get(len(word), [unknown])


def _viterbi(text, score, better=lambda new, old: new > old, pieces=None):
    """The recurrence, with a score for (best sum so far, piece)."""
    best, starts = [0.0] + [None] * len(text), [0] * (len(text) + 1)
    for end in range(1, len(text) + 1):
        for start in range(end):
            if best[start] is not None and text[start:end] in pieces:
                new = score(best[start], text[start:end])
                if best[end] is None or better(new, best[end]):
                    best[end], starts[end] = new, start
    if best[-1] is None:
        raise ValueError(f"{text!r} cannot be cut")
    cut, end = [], len(text)
    while end:
        cut.append(text[starts[end] : end])
        end = starts[end]
    return cut[::-1]


def unigram_last_piece(text, log_probs):
    return _viterbi(text, lambda total, piece: log_probs[piece], pieces=log_probs)


def unigram_fewest(text, log_probs):
    return _viterbi(text, lambda total, piece: total - 1, pieces=log_probs)


def unigram_per_letter(text, log_probs):
    return _viterbi(text, lambda total, piece: total + log_probs[piece] / len(piece), pieces=log_probs)


def unigram_text_for_error(text, log_probs):
    try:
        return unigram_forward(text, log_probs)
    except ValueError:
        return "ValueError"


class TokenizerStrips(TokenizerWithBuffer):
    def decode(self, numbers):
        return super().decode(numbers).strip()


class TokenizerLongest(TokenizerWithBuffer):
    def encode(self, text):
        out = []
        for word in split_words(text):
            start = 0
            while start < len(word):
                ends = [end for end in range(len(word), start, -1) if word[start:end] in self.known]
                out += [self.known[word[start : ends[0]]]] if ends else word[start].encode("utf-8")
                start = ends[0] if ends else start + 1
        return out


class TokenizerEmptiesItsInput(TokenizerWithBuffer):
    def decode(self, numbers):
        text = super().decode(numbers)
        numbers.clear()
        return text


def fertility_letters(encode, text):
    words = re.findall(r"\w+", text)
    return len(encode(text)) / len(words) if words else 0.0


def fertility_ascii_space(encode, text):
    words = [word for word in re.split("[ \t\n\r]+", text) if word]
    return len(encode(text)) / len(words) if words else 0.0


def fertility_twice(encode, text):
    """Right: nothing says how often the tokenizer may be asked."""
    return len(encode(text)) / len(text.split()) if text.split() and len(encode(text)) else 0.0


def vocabulary_that_remembers(tokens, size, counts=Counter()):  # noqa: B006 - the mistake
    counts.update(tokens)
    return [UNKNOWN, *sorted(counts, key=lambda token: (-counts[token], token))][:size]


def pairs_that_remember(words, table=Counter()):  # noqa: B006 - the mistake
    for pieces, n in words.items():
        for pair in itertools.pairwise(pieces):
            table[pair] += n
    return table


def pairs_on_by_two(words):
    table = Counter()
    for pieces, n in words.items():
        i = 0
        while i + 1 < len(pieces):
            table[pieces[i], pieces[i + 1]] += n
            i += 1 + (pieces[i] == pieces[i + 1])
    return table


def merge_at_most_twice(pieces, pair):
    out = list(pieces)
    for _ in range(2):
        for i in range(len(out) - 1):
            if (out[i], out[i + 1]) == pair:
                out[i : i + 2] = [pair[0] + pair[1]]
                break
    return tuple(out)


def merge_in_small_letters(pieces, pair):
    wanted, out = tuple(half.lower() for half in pair), []
    pieces = list(pieces)
    while pieces:
        width = 2 if tuple(piece.lower() for piece in pieces[:2]) == wanted else 1
        out.append("".join(pieces[:width]))
        del pieces[:width]
    return tuple(out)


def merge_three_at_least(pieces, pair):
    return merge_recursive(pieces, pair) if len(pieces) > 2 else tuple(pieces)


def merge_with_stack(pieces, pair):
    """Right: remembers which pieces were made in this call."""
    out = []
    for piece in pieces:
        if out and out[-1] == (pair[0], False) and piece == pair[1]:
            out[-1] = (out[-1][0] + piece, True)
        else:
            out.append((piece, False))
    return tuple(piece for piece, _ in out)


def train_by(key):
    def train(words, size):
        cut, merges = {tuple(word): n for word, n in words.items()}, []
        for _ in range(size - len(set("".join(words)))):
            pairs = pairs_by_index(cut)
            best = max(pairs, key=lambda pair: key(pairs[pair], pair), default=None)
            if best is None or pairs[best] < 2:
                break
            merges.append(best)
            cut = {merge_pair(pieces, best): n for pieces, n in cut.items()}
        return merges

    return train


def train_small_alphabet(words, size):
    letters = "".join(words)
    return train_with_lists(words, size + len(set(letters)) - len(set(letters.lower())))


def encode_shorter_first(text, merges):
    return encode_like_gpt2(text, sorted(merges, key=lambda pair: len(pair[0] + pair[1])))


def encode_known_words_whole(text, merges):
    joined = {left + right for left, right in merges}
    return [p for word in split_words(text) for p in ([word] if word in joined else encode_like_gpt2(word, merges))]


def encode_long_words_whole(text, merges):
    return [p for word in split_words(text) for p in ([word] if len(word) > 100 else encode_like_gpt2(word, merges))]


def wordpiece_longest_piece_first(word, vocabulary, unknown="[UNK]"):
    """Takes the longest piece of the vocabulary as a limit, and there may be none."""
    max(map(len, vocabulary))
    return wordpiece_like_google(word, vocabulary, unknown)


def wordpiece_limited(word, vocabulary, unknown="[UNK]"):
    return [unknown] if len(word) > 110 else wordpiece_like_google(word, vocabulary, unknown)


def unigram_rounded(text, log_probs):
    return _viterbi(text, lambda total, piece: round(total + log_probs[piece]), pieces=log_probs)


def unigram_limit(text, log_probs):
    return unigram_forward(text, {piece: p for piece, p in log_probs.items() if len(piece) <= 20})


def unigram_limit_of_the_table(text, log_probs):
    """Takes the longest piece of the table as a limit, and there may be none."""
    longest = max(map(len, log_probs))
    return unigram_forward(text, {piece: p for piece, p in log_probs.items() if len(piece) <= longest})


def unigram_letters_asked(text, log_probs):
    if not all(any(letter in piece for piece in log_probs) for letter in text):
        raise ValueError("a letter is unknown")
    try:
        return unigram_forward(text, log_probs)
    except ValueError:
        return []


def unigram_greedy_twice(text, log_probs):
    """The better of two longest matches, from the left and from the right."""
    cuts = []
    for turn in (1, -1):
        try:
            cut = unigram_greedy_forward(text[::turn], {piece[::turn]: p for piece, p in log_probs.items()})
        except ValueError:
            continue
        cuts.append([piece[::turn] for piece in cut][::turn])
    if not cuts:
        return unigram_forward(text, log_probs)
    return max(cuts, key=lambda cut: sum(log_probs[piece] for piece in cut))


class TokenizerOfFirst256(TokenizerWithBuffer):
    def encode(self, text):
        out = []
        for piece in bpe_encode(text, self.merges):
            if piece in self.known:
                out.append(self.known[piece])
            else:
                out += [ord(piece)] if ord(piece) <= 255 else piece.encode()
        return out


class TokenizerUniversalNewlines(TokenizerWithBuffer):
    def encode(self, text):
        return super().encode("\n".join(text.split("\r\n")))


class TokenizerSurrogates(TokenizerWithBuffer):
    errors = "surrogatepass"

    def encode(self, text):
        out = []
        for piece in bpe_encode(text, self.merges):
            out += [self.known[piece]] if piece in self.known else piece.encode("utf-8", self.errors)
        return out


class TokenizerSurrogatesReplaced(TokenizerSurrogates):
    errors = "replace"


class TokenizerSurrogatesDropped(TokenizerSurrogates):
    errors = "ignore"


class TokenizerSig(TokenizerWithBuffer):
    def decode(self, numbers):
        text = super().decode(numbers)
        return text[1:] if text[:1] == "\ufeff" else text


class TokenizerOneMark(TokenizerWithBuffer):
    def decode(self, numbers):
        return re.sub("\ufffd\ufffd+", "\ufffd", super().decode(numbers))


class TokenizerOtherNames(TokenizerWithBuffer):
    def __init__(self, text, size):
        super().__init__(text, size)
        self.pieces = [chr(byte) for byte in range(256)] + list(self.pieces[256:])


class TokenizerWithoutMerges(TokenizerWithBuffer):
    def __init__(self, text, size):
        super().__init__(text, size)
        self.kept, self.merges = self.merges, None

    def encode(self, text):
        pieces = bpe_encode(text, self.kept)
        return [n for p in pieces for n in ([self.known[p]] if p in self.known else p.encode())]


def fertility_small_letters(encode, text):
    return len(encode(text.lower())) / len(text.split()) if text.split() else 0.0


RIGHT = {
    "tokenization.word_vocabulary": [vocabulary_by_two_sorts, vocabulary_with_heap, vocabulary_sorted_first],
    "tokenization.zipf_exponent": [zipf_by_hand, zipf_by_lstsq, zipf_shares],
    "tokenization.count_pairs": [pairs_by_index, pairs_by_update],
    "tokenization.merge_pair": [merge_with_flag, merge_recursive, merge_cascading, merge_with_stack],
    "tokenization.train_bpe": [train_with_lists, train_as_tuple],
    "tokenization.bpe_encode": [encode_one_after_the_other, encode_like_gpt2],
    "tokenization.wordpiece_encode": [wordpiece_like_google, wordpiece_recursive],
    "tokenization.unigram_encode": [unigram_by_memory, unigram_forward],
    "tokenization.byte_fallback": [TokenizerWithBuffer, TokenizerAsTuple],
    "tokenization.fertility": [fertility_with_regex, fertility_twice],
}

WRONG = {
    "tokenization.word_vocabulary": [
        (vocabulary_letters_only, "letters_only"),
        (vocabulary_that_remembers, None),
        (vocabulary_ties_casefold, "ties_without_capitals"),
        (vocabulary_cut_then_sort, "cut_before_sorting"),
        (vocabulary_most_common, "ties_by_first_appearance"),
        (lambda tokens, size: {UNKNOWN, *tokens}, None),
    ],
    "tokenization.zipf_exponent": [
        (lambda counts: zipf_by_hand(sorted(counts, reverse=True)[:100]), None),
        (lambda counts: zipf_by_hand([c for c in counts if c > 1]), "rare_dropped"),
        (lambda counts: -zipf_by_hand(counts), "sign"),
        (lambda counts: zipf_by_hand(list(dict.fromkeys(counts))), None),
        (zipf_of_squares, None),
    ],
    "tokenization.count_pairs": [
        (pairs_on_by_two, "on_by_two"),
        (pairs_that_remember, None),
        (lambda words: pairs_by_index({tuple(p.lower() for p in w): n for w, n in words.items()}), None),
        (lambda words: pairs_by_index({word[:12]: n for word, n in words.items()}), None),
        (lambda words: {p: n for p, n in pairs_by_index(words).items() if n > 1}, "twice_at_least"),
        (pairs_of_keys, "word_counts_ignored"),
        (lambda words: pairs_by_index({tuple("".join(p)): n for p, n in words.items()}), None),
    ],
    "tokenization.merge_pair": [
        (merge_at_most_twice, None),
        (merge_in_small_letters, "capitals_alike"),
        (
            lambda pieces, pair: tuple(pieces) if len(pieces) < 3 else merge_recursive(pieces, pair),
            "two_pieces_left_alone",
        ),
        (merge_adding_up, "tuples_only"),
        (merge_spelling, "by_spelling"),
        (merge_text, "string_replace"),
        (merge_in_a_list, "a_list"),
        (merge_regex, None),
        (lambda pieces, pair: merge_pair(merge_pair(pieces, pair), pair[::-1]), None),
    ],
    "tokenization.train_bpe": [
        (train_by(lambda n, p: (n, [-ord(c) for c in p[0]], [-ord(c) for c in p[1]])), "ties_longer_first"),
        (train_small_alphabet, "characters_without_capitals"),
        (lambda words, size: train_with_lists(words, size)[:30], None),
        (train_and_cut_off, "all_then_cut"),
        (train_until_nothing, "merges_what_occurs_once"),
        (train_most_common, "ties_first_seen"),
        (lambda words, size: train_with_lists(dict.fromkeys(words, 1), size), "word_counts_ignored"),
        (train_bpe_fast, None),
    ],
    "tokenization.bpe_encode": [
        (encode_shorter_first, "shortest_first"),
        (encode_known_words_whole, "known_words_whole"),
        (encode_long_words_whole, None),
        (lambda text, merges: encode_like_gpt2(text, merges[:100]), None),
        (lambda text, merges: encode_like_gpt2(unicodedata.normalize("NFC", text), merges), "composed"),
        (lambda text, merges: encode_like_gpt2("\n".join(text.split("\r\n")), merges), "line_ends_changed"),
        (lambda text, merges: encode_like_gpt2(text.strip(" "), merges), "spaces_at_the_ends_lost"),
        (encode_by_spelling, "by_spelling"),
        (encode_own_words, "own_words"),
        (encode_leftmost, "leftmost_place"),
        (encode_whole_text, "across_words"),
        (encode_any_order, None),
        (encode_in_lower_case, None),
    ],
    "tokenization.wordpiece_encode": [
        (wordpiece_longest_piece_first, None),
        (wordpiece_limited, "hundred_letters"),
        (wordpiece_short_window, None),
        (wordpiece_fewest, "fewest_pieces"),
        (
            lambda word, vocabulary, unknown="[UNK]": wordpiece_like_google(word.lower(), vocabulary, unknown),
            "lower_case",
        ),
        (wordpiece_mark_at_end, None),
        (lambda word, vocabulary, unknown="[UNK]": [word] if word in vocabulary else [unknown], None),
    ],
    "tokenization.unigram_encode": [
        (unigram_rounded, None),
        (unigram_limit, "short_pieces_only"),
        (unigram_limit_of_the_table, None),
        (unigram_letters_asked, "only_letters_asked"),
        (unigram_greedy_twice, None),
        (unigram_last_piece, "last_piece_only"),
        (unigram_fewest, "fewest_pieces_first_found"),
        (unigram_per_letter, "per_letter"),
        (unigram_text_for_error, "error_returned"),
        (unigram_with_assert, None),
        (unigram_greedy_forward, "longest_match"),
    ],
    "tokenization.byte_fallback": [
        (TokenizerOfFirst256, "small_code_point"),
        (TokenizerUniversalNewlines, "line_ends_changed"),
        (TokenizerSurrogates, "half_pair_passed"),
        (TokenizerSurrogatesReplaced, "half_pair_replaced"),
        (TokenizerSurrogatesDropped, "half_pair_dropped"),
        (TokenizerSig, "byte_order_mark_lost"),
        (TokenizerOneMark, None),
        (TokenizerOtherNames, None),
        (TokenizerWithoutMerges, None),
        (TokenizerStrips, "ends_stripped"),
        (TokenizerLongest, "longest_match"),
        (TokenizerEmptiesItsInput, None),
        (TokenizerLatin, "bytes_as_characters"),
        (TokenizerQuestionMark, None),
        (TokenizerLookup, None),
    ],
    "tokenization.fertility": [
        (fertility_small_letters, "lower_case"),
        (fertility_letters, "letters_only"),
        (fertility_ascii_space, "some_white_space_only"),
        (fertility_line_by_line, None),
        (lambda encode, text: len(encode(text)) / max(1, len(split_words(text))), None),
    ],
}
