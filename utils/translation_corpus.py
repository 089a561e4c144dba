"""Sentences in two languages with gold word alignments: Russian–English and Portuguese–English.

The sentences are made by `utils.translation_grammar`, always the same ones. No sentence of one part stands in another,
on either side. Lengths are spread evenly over training, dev and test; `long` holds sentences longer than any of them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import random
from collections import Counter
from pathlib import Path
from typing import Literal

from utils import files, paths
from utils.translation_grammar import SPEAKERS, english, links
from utils.translation_lexicon import Story
from utils.translation_maker import Maker

__all__ = ["LANGUAGES", "Corpus", "Language", "Pair", "corpus", "fingerprint", "swap"]

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
_LONG_STORIES = 7
"""How many of the long sentences of one length may tell the same story; of the longest, which few can reach, twice."""
_KEPT_OUT = ("дети часто играют в парке .", "наш сосед часто читает книги в парке .")
"""What lesson 11 asks a translator that has not met it."""
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
    file = paths.cache_dir() / f"translations-{language}.txt"
    made = _read_cache(file)
    if made is None:
        made = _make(language)
        _write_cache(file, made)
    return made


_SOURCES = (
    *("clauses", "corpus", "english", "grammar", "lexicon", "maker", "meanings", "phrases", "portuguese"),
    *("russian", "stories"),
)
"""The modules `translation_...` that decide what the sentences are."""


@functools.cache
def _stamp() -> str:
    """What the sentences are made by: a cache file with another stamp is out of date."""
    folder = Path(__file__).parent
    texts = [(folder / f"translation_{name}.py").read_bytes().replace(b"\r\n", b"\n") for name in _SOURCES]
    return hashlib.sha256(b"".join(texts)).hexdigest()


def _as_line(pair: Pair) -> str:
    """A pair as one line: source, target and links such as "0-1 1-0", with tabs between them."""
    places = " ".join(f"{one}-{two}" for one, two in sorted(pair.alignment))
    return "\t".join((" ".join(pair.source), " ".join(pair.target), places))


def _as_pair(line: str) -> Pair:
    source, target, places = line.split("\t")
    numbers = [place.split("-") for place in places.split()]
    return Pair(tuple(source.split()), tuple(target.split()), frozenset([(int(one), int(two)) for one, two in numbers]))


def _body(made: Corpus) -> bytes:
    parts = (made.train, made.dev, made.test, made.long)
    return "\n\n".join("\n".join(map(_as_line, part)) for part in parts).encode("utf-8")


def fingerprint(language: Language = "ru") -> str:
    """The SHA-256 of a corpus, sentences and links, as the data card gives it.

    Raises:
        ValueError: for a language that has no corpus.
    """
    return hashlib.sha256(_body(corpus(language))).hexdigest()


def _read_cache(file: Path) -> Corpus | None:
    """The corpus kept in a file; None if there is none, or it is damaged or out of date."""
    try:
        head, _, body = file.read_bytes().partition(b"\n")
        stamp, digest = head.decode("ascii").split()
        if stamp != _stamp() or digest != hashlib.sha256(body).hexdigest():
            return None
    except (OSError, ValueError):
        return None
    train, dev, test, long = (tuple(map(_as_pair, part.split("\n"))) for part in body.decode("utf-8").split("\n\n"))
    return Corpus(train, dev, test, long)


def _write_cache(file: Path, made: Corpus) -> None:
    """Keeps a corpus for the next time; where that cannot be, it is made anew each time, which takes seconds."""
    body = _body(made)
    head = f"{_stamp()} {hashlib.sha256(body).hexdigest()}\n".encode("ascii")
    with contextlib.suppress(OSError):
        files.write_whole(file, head + body)


def _make(language: str) -> Corpus:
    rng = random.Random(_SEED[language])
    each = sum(SIZES.values()) // len(LENGTHS) + 1
    maker = Maker(rng, language)
    seen = {tuple(text.split()) for text in _KEPT_OUT}
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
    told: Counter[tuple[Story | None, int]] = Counter()
    while open_lengths:
        aim = rng.choice(open_lengths)
        clauses = max(1, min(6 if aim > 25 else 4, round(aim / 6.5 + rng.uniform(-0.6, 1.6 if is_long else 0.6))))
        sentence = maker.sentence(clauses, min(1.0, max(0.0, (aim / clauses - 4) / 5)))
        source = speak(sentence)
        length = len(source)
        if not missing.get(length) or (is_long and told[maker.story, length] == _LONG_STORIES * (1 + (length > 26))):
            continue
        one = tuple([word.form for word in source])
        if one in seen or (known is not None and not known[0].issuperset(one)):
            continue
        target = english(sentence)
        if (len(target) > LONGEST_TARGET) is not is_long:
            continue
        two = tuple([word.form for word in target])
        if two in seen or (known is not None and not known[1].issuperset(two)):
            continue
        seen.add(one)
        seen.add(two)
        made.append(Pair(one, two, links(source, target)))
        told[maker.story, length] += 1
        missing[length] -= 1
        if not missing[length]:
            open_lengths.remove(length)
    return made
