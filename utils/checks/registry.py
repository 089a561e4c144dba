"""All exercises of the course, collected from the modules `utils.checks.lesson_NN`."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil

from utils.checks.model import Exercise


@functools.cache
def records() -> dict[str, Exercise]:
    """Every exercise by its id, in the order of the lessons.

    Raises:
        ValueError: if two exercises have the same id, or a lesson module holds an exercise of another lesson.
    """
    package = importlib.import_module("utils.checks")
    found: dict[str, Exercise] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        if not info.name.startswith("lesson_"):
            continue
        for exercise in importlib.import_module(f"utils.checks.{info.name}").EXERCISES:
            if exercise.id in found:
                raise ValueError(f"the exercise id {exercise.id!r} is used twice.")
            if exercise.lesson != info.name.removeprefix("lesson_"):
                raise ValueError(f"the exercise {exercise.id!r} of lesson {exercise.lesson} stands in {info.name}.py.")
            found[exercise.id] = exercise
    return found


def record(exercise_id: str) -> Exercise:
    """One exercise, by its id or by its number as printed, such as "10.3".

    Raises:
        ValueError: if there is none with this id; says which one is meant, perhaps.
    """
    known = records()
    if exercise_id in known:
        return known[exercise_id]
    by_number = {number(e): e for e in known.values()}
    if exercise_id in by_number:  # as it is printed, "10.3"
        return by_number[exercise_id]
    close = [known_id for known_id in known if known_id.endswith(f".{exercise_id}")]
    close = close or difflib.get_close_matches(str(exercise_id), known, 1, 0.4)
    near = f"; perhaps {close[0]!r} is meant" if close else ""
    raise ValueError(
        f"There is no exercise {exercise_id!r}{near}. `python -m utils.checks list` lists all {len(known)}."
    )


def number(exercise: Exercise) -> str:
    """The exercise's number as printed: lesson, then place within the lesson, such as "10.3"."""
    same = [e.id for e in records().values() if e.lesson == exercise.lesson]
    return f"{exercise.lesson}.{same.index(exercise.id) + 1}"
