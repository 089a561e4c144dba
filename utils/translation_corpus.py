"""Sentences in two languages with gold word alignments: Russian–English and Portuguese–English.

The sentences are made by `utils.translation_grammar`, always the same ones. No sentence of one part stands in another,
on either side. Lengths are spread evenly over training, dev and test; `long` holds sentences longer than any of them.
"""

from __future__ import annotations

import dataclasses
import functools
import random
from typing import Literal

from utils.translation_grammar import SPEAKERS, english, links
from utils.translation_meanings import Maker

__all__ = ["LANGUAGES", "Corpus", "Language", "Pair", "corpus", "swap"]

Language = Literal["ru", "pt"]

LANGUAGES: dict[str, str] = {"ru": "Russian", "pt": "Portuguese"}
"""The source languages by code; the target is always English."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """A sentence and its translation.

    Args:
        source: its words and punctuation marks, in lower case.
        target: those of the translation.
        alignment: which words stand for each other, as (place in source, place in target), counted from 0.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: frozenset[tuple[int, int]]


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Four parts that share no sentence; every sentence of `long` is longer than those of the other three."""

    train: tuple[Pair, ...]
    dev: tuple[Pair, ...]
    test: tuple[Pair, ...]
    long: tuple[Pair, ...]


SIZES = {"train": 16_000, "dev": 500, "test": 1_000}
LENGTHS = range(4, 19)
LONG_SIZE, LONG_LENGTHS = 500, range(21, 31)
_SEED = {"ru": 20, "pt": 21}


def swap(pair: Pair) -> Pair:
    """The same pair in the other direction. One English sentence may have several sources: "you", "the teacher"."""
    return Pair(pair.target, pair.source, frozenset((there, here) for here, there in pair.alignment))


@functools.cache
def corpus(language: Language = "ru") -> Corpus:
    """The corpus of one language; made once, in about two seconds, and then kept in memory.

    Args:
        language: the source, "ru" or "pt"; the target is English.

    Raises:
        ValueError: for another language.

    >>> [len(part) for part in (corpus("ru").train, corpus("ru").dev, corpus("ru").test, corpus("ru").long)]
    [16000, 500, 1000, 500]
    """
    if language not in LANGUAGES:
        raise ValueError(
            f"There is no corpus for the language {language!r}: choose 'ru' (Russian) or 'pt' (Portuguese)."
        )
    rng = random.Random(_SEED[language])
    per_length = sum(SIZES.values()) // len(LENGTHS) + 1
    wanted = dict.fromkeys(LENGTHS, per_length) | dict.fromkeys(LONG_LENGTHS, LONG_SIZE // len(LONG_LENGTHS))
    found = _generate(language, wanted, rng)
    short = [pair for length in LENGTHS for pair in found[length]]
    rng.shuffle(short)
    parts = {}
    for name, size in SIZES.items():
        parts[name], short = tuple(short[:size]), short[size:]
    long = [pair for length in LONG_LENGTHS for pair in found[length]]
    rng.shuffle(long)
    return Corpus(**parts, long=tuple(long))


def _generate(language: str, wanted: dict[int, int], rng: random.Random) -> dict[int, list[Pair]]:
    """So many different pairs of each source length as are wanted."""
    speak, maker = SPEAKERS[language], Maker(rng, language)
    longest_short = LENGTHS[-1] + 2  # targets too keep to their part: see Corpus
    found: dict[int, list[Pair]] = {length: [] for length in wanted}
    seen: set[tuple[str, ...]] = set()
    open_lengths = list(wanted)
    while open_lengths:
        length = rng.choice(open_lengths)
        clauses = max(1, min(4, round(length / 6.5 + rng.uniform(-0.7, 0.7))))
        sentence = maker.sentence(clauses, min(1.0, max(0.0, (length / clauses - 4) / 5)))
        source = speak(sentence)
        length = len(source)
        if length not in open_lengths:
            continue
        target = english(sentence)
        if (len(target) > longest_short) is (length <= LENGTHS[-1]):
            continue
        one, two = tuple(word.form for word in source), tuple(word.form for word in target)
        if one in seen or two in seen:
            continue
        seen.update((one, two))
        found[length].append(Pair(one, two, links(source, target)))
        if len(found[length]) == wanted[length]:
            open_lengths.remove(length)
    return found
