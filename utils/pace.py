"""How long the lessons' models are trained: as long as the lesson says, or for a moment only; and on one thread.

With the environment variable COURSE_PACE=quick every trainer of the course stops after a few steps, and n-grams are
counted in the beginning of a text only. Nothing is learned then, and what a lesson shows of its models means nothing;
but a student's answers are judged exactly as ever, since no check trains anything. So a teacher grades a class in a
fraction of the time, and a test can run a whole lesson.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch

__all__ = ["QUICK_STEPS", "few", "one_thread", "quick", "steps"]

T = TypeVar("T")

QUICK_STEPS = 12
"""Steps of a quick training: enough for every learning-rate schedule of the course."""


def quick() -> bool:
    """Whether COURSE_PACE=quick is set.

    Raises:
        ValueError: COURSE_PACE has another value.
    """
    wanted = os.environ.get("COURSE_PACE", "")
    if wanted not in ("", "quick", "full"):
        raise ValueError(f"COURSE_PACE is {wanted!r}; set it to 'quick' or 'full', or leave it out.")
    return wanted == "quick"


def steps(wanted: int) -> int:
    """How many steps to train: `wanted`, or at most a dozen where COURSE_PACE=quick."""
    return min(wanted, QUICK_STEPS) if quick() else wanted


def few(items: Sequence[T], at_most: int = 48) -> Sequence[T]:
    """What to try a model out on, or to count: all the `items`, or only the first few where COURSE_PACE=quick.

    N-grams are counted in the beginning of a text then. And a model that has learned nothing seldom ends a sentence, so
    a long list of them would take longer than the training.
    """
    return items[:at_most] if quick() else items


@contextmanager
def one_thread() -> Iterator[None]:
    """Work with one thread, then as before.

    At the sizes of this course a second thread gains little, and on a busy machine the two wait for each other: a
    training of ten seconds then takes minutes. It also makes the weights the same for every setting of threads.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
