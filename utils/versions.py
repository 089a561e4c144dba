"""Translations of one text in columns, verse by verse: what a lesson on scores of translations scores."""

from __future__ import annotations

from collections.abc import Sequence

from utils import data, pace

__all__ = ["QUICK_EVERY", "side_by_side"]

QUICK_EVERY = 16
"""At the quick pace one verse in so many is taken: of the test books 115."""


def side_by_side(
    versions: Sequence[str], part: data.Part | None = None, every: int = 1
) -> tuple[list[int], dict[str, list[str]]]:
    """The verses that all of some versions have.

    With COURSE_PACE=quick (see `utils.pace`) one in sixteen of them, spread over all books.

    Args:
        versions: one or more of "bbe", "ylt", "kjv", "asv", "web".
        part: "train", "dev" or "test" for the books of one part of the published split; None for all of them.
        every: take one verse in so many, the first among them.

    Returns:
        (ids, texts): the ids of the verses, BBCCCVVV as in `data.verses`, in order; and version → as many texts, in
        the same order.

    Raises:
        ValueError: no version, an unknown version or part, or `every` below 1.
        ModuleNotFoundError: a version's package is not installed; the sentence names the command that installs it.

    >>> ids, texts = side_by_side(("bbe", "kjv"), "test")
    >>> ids[0], texts["kjv"][0][:43]
    (7001001, 'Now after the death of Joshua it came to pa')
    """
    if not versions:
        raise ValueError("There are no versions to put side by side.")
    if every < 1:
        raise ValueError(f"every must be at least 1, not {every}.")
    columns = {version: data.verses(version, part) for version in versions}
    first, *others = columns.values()
    shared = [verse for verse in first if all(verse in other for other in others)]
    shared = shared[:: every * QUICK_EVERY if pace.quick() else every]
    return shared, {version: [column[verse] for verse in shared] for version, column in columns.items()}
