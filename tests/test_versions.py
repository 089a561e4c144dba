"""Translations in columns: the same verses in each, and fewer at the quick pace."""

from __future__ import annotations

import pytest

from utils import data
from utils.versions import QUICK_EVERY, side_by_side

ALL = ("bbe", "ylt", "kjv", "asv", "web")


def test_all_columns_hold_the_same_verses() -> None:
    ids, texts = side_by_side(ALL, "test")
    assert list(texts) == list(ALL) and len(ids) == 1834 and ids == sorted(ids)
    for version in ALL:
        verses = data.verses(version, "test")
        assert texts[version] == [verses[verse] for verse in ids]
    left_out = set(data.verses("bbe", "test")) - set(ids)
    assert all(any(verse not in data.verses(version, "test") for version in ALL) for verse in left_out)


def test_two_versions_are_the_pairs_of_the_corpus() -> None:
    _, texts = side_by_side(("ylt", "bbe"), "train", every=4)
    assert list(zip(texts["ylt"], texts["bbe"])) == data.parallel("ylt", "bbe", "train")[::4]


def test_the_quick_pace_takes_few_verses_of_every_book(monkeypatch: pytest.MonkeyPatch) -> None:
    full, _ = side_by_side(ALL, "test")
    monkeypatch.setenv("COURSE_PACE", "quick")
    ids, texts = side_by_side(ALL, "test")
    assert ids == full[::QUICK_EVERY] and 100 <= len(ids) < 120 and len(texts["web"]) == len(ids)
    assert {verse // 1_000_000 for verse in ids} == {verse // 1_000_000 for verse in full}
    assert side_by_side(ALL, "test", every=2)[0] == full[:: 2 * QUICK_EVERY]


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(ValueError, match="no versions"):
        side_by_side(())
    with pytest.raises(ValueError, match="every must be at least 1, not 0"):
        side_by_side(("bbe",), every=0)
    with pytest.raises(ValueError, match="'xyz'"):
        side_by_side(("bbe", "xyz"))
    with pytest.raises(ValueError, match="'tset'"):
        side_by_side(("bbe",), "tset")  # type: ignore[arg-type]
