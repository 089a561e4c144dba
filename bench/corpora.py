"""How long a corpus takes to load: the first time, and from the cache."""

from __future__ import annotations

import tempfile

from bench.measure import timed_code
from bench.table import Row, summary

LOAD = "verses('bbe')"


def measure(quick: bool) -> list[Row]:
    """`verses("bbe")` in fresh processes: with an empty cache folder, then again with what the first one left there."""
    first: list[float] = []
    cached: list[float] = []
    for _ in range(1 if quick else 5):
        with tempfile.TemporaryDirectory() as folder:
            for times in (first, cached):
                times.append(timed_code(LOAD, "from utils.data import verses", {"COURSE_CACHE": folder}))
    return [summary('verses("bbe"), first read', first), summary('verses("bbe"), from the cache', cached)]
