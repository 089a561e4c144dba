"""Sentences in two languages with gold word alignments: Russian–English and Portuguese–English.

The sentences are made by `utils.translation_grammar`, always the same ones. No sentence of one part stands in another,
on either side. Lengths are spread evenly over training, dev and test; `long` holds sentences longer than any of them.
"""

from __future__ import annotations

import dataclasses
import functools
import random
from collections import Counter
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


SIZES = {"train": 15_000, "dev": 500, "test": 1_000}
LENGTHS = range(4, 19)
"""Tokens of a source sentence in training, dev and test; targets have at most `LONGEST_TARGET`."""
LONGEST_TARGET = 20
LONG_SIZE, LONG_LENGTHS = 500, range(21, 31)
_SEED = {"ru": 20, "pt": 21}


def swap(pair: Pair) -> Pair:
    """The same pair in the other direction. One English sentence may have several sources: "you", "the teacher"."""
    return Pair(pair.target, pair.source, frozenset((there, here) for here, there in pair.alignment))


@functools.cache
def corpus(language: Language = "ru") -> Corpus:
    """The corpus of one language.

    Args:
        language: the source, "ru" or "pt"; the target is English.

    Raises:
        ValueError: for another language.

    >>> [len(part) for part in (corpus("ru").train, corpus("ru").dev, corpus("ru").test, corpus("ru").long)]
    [15000, 500, 1000, 500]
    """
    if language not in LANGUAGES:
        raise ValueError(
            f"There is no corpus for the language {language!r}: choose 'ru' (Russian) or 'pt' (Portuguese)."
        )
    return _make(language)


def _make(language: str) -> Corpus:
    rng = random.Random(_SEED[language])
    each = sum(SIZES.values()) // len(LENGTHS) + 1
    maker = Maker(rng, language)
    seen: set[tuple[str, ...]] = set()
    short = _generate(language, maker, dict.fromkeys(LENGTHS, each), seen, None)
    rng.shuffle(short)
    train, dev, test = _split(short)
    known = ({word for pair in train for word in pair.source}, {word for pair in train for word in pair.target})
    each = LONG_SIZE // len(LONG_LENGTHS)
    long = _generate(language, maker, dict.fromkeys(LONG_LENGTHS, each), seen, known)
    rng.shuffle(long)
    return Corpus(train, dev, test, tuple(long))


def _split(pairs: list[Pair]) -> tuple[tuple[Pair, ...], tuple[Pair, ...], tuple[Pair, ...]]:
    """Train, dev, test; a pair goes to dev or test only if training still has its words, at least twice."""
    left = [Counter(word for pair in pairs for word in side(pair)) for side in (_source, _target)]
    parts: dict[str, list[Pair]] = {name: [] for name in SIZES}
    for pair in pairs:
        name = next((name for name in ("test", "dev") if len(parts[name]) < SIZES[name]), "train")
        if name != "train":
            own = [Counter(_source(pair)), Counter(_target(pair))]
            if any(
                here[word] - count < 2 for here, mine in zip(left, own, strict=True) for word, count in mine.items()
            ):
                name = "train"
            else:
                for here, mine in zip(left, own, strict=True):
                    here.subtract(mine)
        parts[name].append(pair)
    return tuple(parts["train"][: SIZES["train"]]), tuple(parts["dev"]), tuple(parts["test"])


def _source(pair: Pair) -> tuple[str, ...]:
    return pair.source


def _target(pair: Pair) -> tuple[str, ...]:
    return pair.target


def _generate(
    language: str,
    maker: Maker,
    wanted: dict[int, int],
    seen: set[tuple[str, ...]],
    known: tuple[set[str], set[str]] | None,
) -> list[Pair]:
    """So many pairs of each source length as are wanted, none of whose sides is in `seen`, which grows.

    With `known` words of (source, target), only sentences of these words.
    """
    speak, rng = SPEAKERS[language], maker.rng
    is_long = min(wanted) > LENGTHS[-1]
    made: list[Pair] = []
    missing = dict(wanted)
    open_lengths = list(wanted)
    while open_lengths:
        aim = rng.choice(open_lengths)
        clauses = max(1, min(4, round(aim / 6.5 + rng.uniform(-0.6, 0.6))))
        sentence = maker.sentence(clauses, min(1.0, max(0.0, (aim / clauses - 4) / 5)))
        source = speak(sentence)
        length = len(source)
        if not missing.get(length):
            continue
        target = english(sentence)
        if (len(target) > LONGEST_TARGET) is not is_long:
            continue
        one, two = tuple([word.form for word in source]), tuple([word.form for word in target])
        if (
            one in seen
            or two in seen
            or (known is not None and not (known[0].issuperset(one) and known[1].issuperset(two)))
        ):
            continue
        seen.add(one)
        seen.add(two)
        made.append(Pair(one, two, links(source, target)))
        missing[length] -= 1
        if not missing[length]:
            open_lengths.remove(length)
    return made
