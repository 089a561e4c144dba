"""Porter's stemmer: "relating", "relates" and "related" all become "relat".

A stemmer cuts endings by rules, without a dictionary. METEOR uses it to let "reads" match "reading". Its rules know
English only: a word of another alphabet comes back as it was.

Source: Porter 1980, "An algorithm for suffix stripping", Program 14, 130-137, with the three small changes that Porter
made in his own program later (words of one or two letters stay; -bli becomes -ble; -logi becomes -log). The same as
NLTK's `PorterStemmer(mode="MARTIN_EXTENSIONS")`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

__all__ = ["porter"]


def _shape(word: str) -> str:
    """A "v" for each vowel and a "c" for each consonant; y is a vowel after a consonant."""
    shape = ""
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and shape.endswith("c"))
        shape += "v" if vowel else "c"
    return shape


def _measure(stem: str) -> int:
    """The m of the paper: how often a consonant follows a vowel."""
    return _shape(stem).count("vc")


def _double(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _shape(word)[-1] == "c"


def _short_end(word: str) -> bool:
    """Consonant, vowel, consonant, the last not w, x or y: the "*o" of the paper."""
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"


_STEP_2 = (
    *(("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble")),
    *(("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate")),
    *(("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al")),
    *(("iviti", "ive"), ("biliti", "ble"), ("logi", "log")),
)
_STEP_3 = (
    *(("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic")),
    *(("ical", "ic"), ("ful", ""), ("ness", "")),
)
_STEP_4 = (
    *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "sion", "tion", "ou", "ism"),
    *("ate", "iti", "ous", "ive", "ize"),
)


def _replaced(word: str, rules: Sequence[tuple[str, str]]) -> str:
    """The first rule whose ending the word has decides, whether or not it may be applied."""
    for ending, new in rules:
        if word.endswith(ending):
            stem = word[: -len(ending)]
            return stem + new if _measure(stem) > 0 else word
    return word


def _plural(word: str) -> str:
    for ending, new in (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")):
        if word.endswith(ending):
            return word[: -len(ending)] + new
    return word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        stem = word[: -len(ending)]
        if word.endswith(ending) and "v" in _shape(stem):
            break
    else:
        return word
    if stem.endswith(("at", "bl", "iz")):
        return stem + "e"
    if _double(stem):
        return stem if stem[-1] in "lsz" else stem[:-1]
    return stem + "e" if _measure(stem) == 1 and _short_end(stem) else stem


def _bare(word: str) -> str:
    """Step 4: endings go if a long enough stem stays."""
    for ending in _STEP_4:
        if word.endswith(ending):
            stem = word[:-3] if ending in ("sion", "tion") else word[: -len(ending)]
            return stem if _measure(stem) > 1 else word
    return word


@functools.lru_cache(maxsize=100_000)
def porter(word: str) -> str:
    """The stem of an English word, in lower case.

    >>> [porter(word) for word in ("relates", "relating", "related", "sky", "is")]
    ['relat', 'relat', 'relat', 'sky', 'is']
    """
    word = word.lower()
    if len(word) <= 2:
        return word
    word = _past(_plural(word))
    if word.endswith("y") and "v" in _shape(word[:-1]):
        word = word[:-1] + "i"
    word = _bare(_replaced(_replaced(word, _STEP_2), _STEP_3))
    if word.endswith("e"):
        stem = word[:-1]
        if _measure(stem) > 1 or (_measure(stem) == 1 and not _short_end(stem)):
            word = stem
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
