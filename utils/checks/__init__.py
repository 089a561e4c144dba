"""The exercises' checks. What lessons and teachers use:

- `check(exercise_id, answer)`: judges, shows a card, keeps the progress; returns the callable to go on with.
- `judge(exercise_id, answer)`: judges and does nothing else; returns a `Verdict`.
- `exercises()`: the list of all exercises.
- `hint(exercise_id)`: one hint more than the last time.
- `progress()`: points, and what to do next.

The same on the command line: `python -m utils.checks list`, `python -m utils.checks judge ID FILE.py:NAME`.

Importing this package is cheap: torch and the exercises are loaded by the first call.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from utils.checks.model import Verdict

if TYPE_CHECKING:
    from utils.checks.engine import NotRunYet as NotRunYet

__all__ = ["Entry", "Verdict", "check", "exercises", "hint", "judge", "progress"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One exercise as listed.

    Args:
        id: such as "attention.scaled_dot_product".
        lesson: two digits, as in the lesson's file name.
        title: as in the lesson's heading.
        points: what it is worth.
        minutes: how long it takes, about.
        difficulty: 1, 2 or 3.
        signature: what is to be written, such as "causal_mask(length)".
    """

    id: str
    lesson: str
    title: str
    points: float
    minutes: int
    difficulty: int
    signature: str


def exercises() -> list[Entry]:
    """Every exercise, in the order of the lessons."""
    from utils.checks.registry import records

    names = [f.name for f in dataclasses.fields(Entry)]
    return [Entry(**{name: getattr(e, name) for name in names}) for e in records().values()]


def judge(exercise_id: str, answer: Any, seed: int | None = None) -> Verdict:
    """Judges an answer; shows nothing, keeps nothing.

    Args:
        exercise_id: such as "attention.scaled_dot_product".
        answer: the function or class.
        seed: of the random cases; fresh each time when None.

    Raises:
        ValueError: if there is no such exercise.
    """
    from utils.checks import engine

    return engine.judge(exercise_id, answer, seed)


def check(exercise_id: str, answer: Any) -> Callable[..., Any]:
    """Judges an answer, shows a card with what was found, and keeps the points.

    Args:
        exercise_id: such as "attention.scaled_dot_product", or the number as printed ("10.4").
        answer: the function or class.

    Returns:
        The answer itself if it is right; else the course's own version, so that the cells below run.

    Raises:
        ValueError: if there is no such exercise.
    """
    from utils.checks import engine, progress_file
    from utils.checks.card import show, verdict_card
    from utils.checks.registry import number, record

    exercise = record(exercise_id)
    judged = engine.examine(exercise, answer)
    verdict = judged.verdict
    right = verdict.outcome == "right"
    grading = bool(os.environ.get("NBGRADER_EXECUTION"))
    if grading:
        _hand_to_nbgrader(verdict.points)
    said = "" if grading else progress_file.note(exercise.id, verdict)
    message = "\n".join(p for p in (verdict.message, said) if p)
    show(verdict_card(exercise, number(exercise), verdict.outcome, message, judged.printed, goes_on=not right))
    return answer if right else engine.borrow(exercise)


def _hand_to_nbgrader(points: float) -> None:
    """Makes the points the cell's first output, as a result: that is what nbgrader takes for the grade."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    if shell is not None:
        shell.displayhook(float(points))


def hint(exercise_id: str | None = None) -> None:
    """Shows the hints of an exercise: the first, and one more with every call, up to the third.

    Args:
        exercise_id: the id, or the number as printed ("10.3"); the exercise last checked and not right yet when None.

    Raises:
        ValueError: if there is no such exercise.
    """
    from utils.checks import progress_file
    from utils.checks.card import Card, show
    from utils.checks.registry import number, record

    exercise = record(progress_file.last_open() if exercise_id is None else exercise_id)
    count, said = progress_file.next_hint(exercise.id)
    more = f"`hint({exercise.id!r})` once more shows the next." if count < 3 else "This is the last one."
    text = [f"{i + 1}. {h}" for i, h in enumerate(exercise.hints[:count])]
    show(
        Card(
            "",
            f"Exercise {number(exercise)} · {exercise.title}: hint {count} of 3",
            text + ([said] if said else []),
            footer=more,
        )
    )


def progress() -> None:
    """Shows the points so far, per lesson, and what to do next."""
    from utils.checks import progress_file
    from utils.checks.card import show

    show(progress_file.card())


def __getattr__(name: str) -> Any:
    if name == "NotRunYet":
        from utils.checks.engine import NotRunYet

        return NotRunYet
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
