"""A synchronous grammar: one meaning, said in two languages, word linked to word.

`utils.translation_meanings` makes a meaning; each of the languages has a module that knows its words and says it
(`translation_russian`, `translation_portuguese`, `translation_english`). Every word carries the keys of what it stands
for: a node of the meaning and a slot in it (noun, determiner, verb, negation …). Two words of different languages are
linked if they share a key, and there is nothing else to the gold alignment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from utils.translation_english import english
from utils.translation_meanings import Sentence, Word
from utils.translation_portuguese import portuguese
from utils.translation_russian import russian

__all__ = ["SPEAKERS", "english", "links"]

SPEAKERS: dict[str, Callable[[Sentence], list[Word]]] = {"ru": russian, "pt": portuguese}
"""How each source language says a meaning; `english` says it in English."""


def links(source: Sequence[Word], target: Sequence[Word]) -> frozenset[tuple[int, int]]:
    """The places (in source, in target) of words that share a key."""
    places: dict[int, list[int]] = {}
    for place, word in enumerate(target):
        for one in word.keys:
            places.setdefault(one, []).append(place)
    return frozenset(
        (place, there) for place, word in enumerate(source) for one in word.keys for there in places.get(one, ())
    )
