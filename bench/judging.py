"""How long a check takes, and how many wrong answers it sees through."""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
import types
from typing import Any

from bench.measure import NotMeasured
from bench.table import Row, Target
from utils import paths


def times_of_checks(quick: bool) -> dict[str, dict[str, float]]:
    """Seconds to judge, for each exercise, its reference and its misconceptions: {id: {label: seconds}}."""
    from utils.checks import engine
    from utils.checks.registry import records

    taken: dict[str, dict[str, float]] = {}
    exercises = list(records().values())
    for exercise in exercises[::6] if quick else exercises:
        answers: dict[str, Any] = {"the reference": exercise.reference}
        answers |= {m.name: m.answer for m in exercise.misconceptions[: 1 if quick else None]}
        taken[exercise.id] = {}
        for label, answer in answers.items():
            start = time.perf_counter()
            engine.judge(exercise.id, answer)
            taken[exercise.id][label] = time.perf_counter() - start
    return taken


def measure_times(quick: bool) -> list[Row]:
    """The median over the exercises (of each one's median answer), and the slowest check of all.

    The engine is loaded beforehand, as the set-up cell of a lesson does; the first cell's time has that in it.
    """
    taken = times_of_checks(quick)
    middles = {exercise: statistics.median(times.values()) for exercise, times in taken.items()}
    single = {(exercise, label): t for exercise, times in taken.items() for label, t in times.items()}
    slowest = sorted(single, key=lambda key: -single[key])[:5]
    worst = ", ".join(f"{exercise} {label} {single[exercise, label]:.2f} s" for exercise, label in slowest)
    return [
        Row(
            "a check: median over the exercises",
            statistics.median(middles.values()),
            "s",
            Target("<", 1.0),
            min(middles.values()),
            max(middles.values()),
            f"{len(middles)} exercises",
        ),
        Row(
            "a check: the slowest answer",
            single[slowest[0]],
            "s",
            Target("<", 3.0),
            detail=f"{len(single)} answers",
            note=f"the slowest are {worst}.",
        ),
    ]


def proof() -> types.ModuleType:
    """The module `tests/proof.py`, which knows all wrong answers.

    Raises:
        NotMeasured: it is not there.
    """
    name, file = "proof_of_the_checks", paths.root() / "tests" / "proof.py"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None or not file.exists():
            raise NotMeasured("the wrong answers are in tests/proof.py, which is not there.")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(sys.modules[name])
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def measure_mutations(quick: bool) -> list[Row]:
    """The mutation score: of all wrong answers, how many are rejected; of those with a name, how many rightly named.

    A quick run leaves it out: a part of the wrong answers would prove nothing.
    """
    if quick:
        return []
    names = ("wrong answers rejected", "wrong answers rightly diagnosed")
    score = proof().mutation_score()
    if not (score.tried and score.expected_diagnoses):
        raise NotMeasured("there are no wrong answers to judge.")
    accepted = [line for line in score.missed if ": right, " in line]
    misnamed = [line for line in score.missed if line not in accepted]
    parts = ((score.rejected, score.tried, accepted), (score.right_diagnoses, score.expected_diagnoses, misnamed))
    return [
        Row(name, 100.0 * good / of, "%", Target("≥", 100.0), detail=f"{good} of {of}", note="; ".join(missed))
        for name, (good, of, missed) in zip(names, parts, strict=True)
    ]
