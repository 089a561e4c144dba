"""BERT's tokenizer: basic tokens (lower case, no accents, punctuation apart), then WordPiece, then numbers.

The rules are those of the authors' published tokenizer, in the form in which Hugging Face's library applies them today:
the pieces of any text are the same as there. One thing differs on purpose: the text "[SEP]" typed by a reader is six
ordinary characters here. There it would become the special token, and a sentence could end another one.

Sources: Devlin et al. 2019, "BERT" (NAACL, arXiv:1810.04805), section 3, "Input/Output Representations"; Wu et al.
2016, section 4.1, for WordPiece (arXiv:1609.08144). The greedy cut is `utils.tokenization.wordpiece_encode`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from utils.tokenization import Segmenter, train_bpe_fast, wordpiece_encode, wordpiece_vocabulary

__all__ = ["SPECIAL", "WordPiece", "basic_tokens", "train_wordpiece"]

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""Padding; a word that cannot be cut; the token before every input; the one behind every sentence; a blank."""

LONGEST_WORD = 100
"""Characters; a longer word becomes [UNK], as in the published tokenizer."""

# Where a character is a word of its own: the blocks of Chinese signs (also used in Japanese and Korean).
_CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


_INVISIBLE = ("Cc", "Cf", "Co", "Cs")  # what Python does not know yet, such as next year's emoji, is kept


_ASCII_TOKEN = re.compile(r"[0-9A-Za-z]+|[!-/:-@\[-`{-~]")


def _is_space(character: str) -> bool:
    return character in "\t\n\r\u2028\u2029" or unicodedata.category(character) == "Zs"


def _is_punctuation(character: str) -> bool:
    """All of ASCII that is neither letter, digit nor space counts, such as $ and ^; elsewhere Unicode's classes P."""
    ascii_sign = "!" <= character <= "~" and not character.isalnum()
    return ascii_sign or unicodedata.category(character).startswith("P")


def _is_chinese(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _CHINESE)


def _cleaned(text: str, lower: bool) -> Iterator[str]:
    """The characters that are left: no control characters, every white space a space, signs of Chinese set apart."""
    kept = []
    for character in text:
        if _is_space(character):
            kept.append(" ")
        elif character != "\ufffd" and unicodedata.category(character) not in _INVISIBLE:
            kept.append(f" {character} " if _is_chinese(character) else character)
    if not lower:
        yield from "".join(kept)
        return
    for character in unicodedata.normalize("NFD", "".join(kept)):  # é becomes e and an accent …
        if unicodedata.category(character) != "Mn":  # … and the accent goes
            yield from character.lower()


def basic_tokens(text: str, lower: bool = True) -> list[str]:
    """Cut a text into words and signs of punctuation, before WordPiece cuts the words.

    Args:
        text: any text.
        lower: put everything in lower case and drop accents, as the "uncased" models do.

    Returns:
        The tokens, without white space. Each sign of punctuation and each Chinese sign is one by itself.

    >>> basic_tokens("Señor, don't!")
    ['senor', ',', 'don', "'", 't', '!']
    """
    if text.isascii() and text.isprintable():  # the same rules, a hundred times as fast
        return _ASCII_TOKEN.findall(text.lower() if lower else text)
    tokens: list[str] = []
    going_on = False  # whether the next character belongs to the last token
    for character in _cleaned(text, lower):
        if _is_space(character):
            going_on = False
        elif _is_punctuation(character):
            tokens.append(character)
            going_on = False
        elif going_on:
            tokens[-1] += character
        else:
            tokens.append(character)
            going_on = True
    return tokens


class WordPiece:
    """Numbers for texts, with BERT's special tokens.

    Args:
        pieces: the vocabulary in the order of its numbers; the five of `SPECIAL` are among them. Pieces inside a word
            begin with "##".
        lower: see `basic_tokens`.

    Attributes:
        pieces: tuple of the pieces; `pieces[n]` has the number n.
        index: piece → number.
        pad, unknown, classify, separate, mask: the numbers of [PAD], [UNK], [CLS], [SEP] and [MASK].

    Raises:
        ValueError: a special token is missing.
    """

    def __init__(self, pieces: Iterable[str], lower: bool = True) -> None:
        self.pieces = tuple(pieces)
        self.lower = lower
        self.index = {piece: number for number, piece in enumerate(self.pieces)}
        missing = [token for token in SPECIAL if token not in self.index]
        if missing:
            raise ValueError(f"The vocabulary of {len(self.pieces)} pieces has no {missing[0]}.")
        self.pad, self.unknown, self.classify, self.separate, self.mask = (self.index[token] for token in SPECIAL)
        self.special = frozenset(self.index[token] for token in SPECIAL)
        self._seen: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        """How many pieces there are, the special ones included."""
        return len(self.pieces)

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's pieces, without [CLS] and [SEP]; [] for a text without words."""
        return [number for word in basic_tokens(text, self.lower) for number in self.encode_word(word)]

    def encode_word(self, word: str) -> tuple[int, ...]:
        """The numbers of one basic token's pieces."""
        if word not in self._seen:
            short = len(word) <= LONGEST_WORD
            pieces = wordpiece_encode(word, self.index, SPECIAL[1]) if short else [SPECIAL[1]]
            self._seen[word] = tuple(self.index[piece] for piece in pieces)
        return self._seen[word]

    def cut(self, text: str) -> list[str]:
        """The pieces of a text, to be read."""
        return self.show(self.encode(text))

    def show(self, numbers: Iterable[int]) -> list[str]:
        """The pieces with these numbers, special tokens included."""
        return [self.pieces[int(number)] for number in numbers]

    def decode(self, numbers: Sequence[int]) -> str:
        """The words again, one space between two tokens; capitals, accents and the old spaces are lost for good."""
        words = " ".join(piece for number, piece in zip(numbers, self.show(numbers)) if number != self.pad)
        return words.replace(" ##", "")


def train_wordpiece(texts: Iterable[str], size: int = 2000, lower: bool = True) -> WordPiece:
    """A vocabulary for some texts: the special tokens, then pieces that byte pair encoding finds in their words.

    BERT's own vocabulary was trained by a program that Google did not publish; it scores pairs by likelihood. Byte pair
    encoding (lesson 01) finds similar pieces. Cutting is the same for both: the longest piece that fits.

    Args:
        texts: what to learn from; they may be empty.
        size: about how many parts of words. A part that occurs both at the beginning of words and inside them is two
            pieces, "the" and "##the", and so is every character, so that no word of the texts is unknown: the
            vocabulary is larger than `size` for that reason, or smaller if the texts are short.
        lower: see `basic_tokens`.
    """
    words = Counter(word for text in texts for word in basic_tokens(text, lower))
    characters = len(set("".join(words)))
    segment = Segmenter(train_bpe_fast(words, max(0, size - len(SPECIAL) - characters)))
    return WordPiece((*SPECIAL, *sorted(wordpiece_vocabulary(words, segment))), lower)
