"""The proof of the checks: wrong answers that must be rejected, right ones that must be accepted, for every exercise.

Used by `test_checks.py`, and by the benchmark, which prints the mutation score. Wrong answers come from three places:
the exercise's own misconceptions, `answers/lesson_NN.py`, and generic mistakes made from the reference (nothing
returned, zeros, another shape, turned, an argument handed back).
"""

from __future__ import annotations

import copy
import dataclasses
import importlib.util
import inspect
import sys
import textwrap
import types
import unittest.mock
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from utils.checks import compare, engine
from utils.checks.model import Exercise, Verdict
from utils.checks.registry import records

ANSWERS = Path(__file__).resolve().parent / "answers"


@dataclasses.dataclass(frozen=True)
class Wrong:
    """A wrong answer, and what is expected of its diagnosis.

    Args:
        exercise: the exercise it is given to.
        label: where it comes from, and its name.
        answer: the function or class.
        diagnosis: the misconception that must be named; None where any clear rejection will do.
    """

    exercise: Exercise
    label: str
    answer: Callable[..., Any]
    diagnosis: str | None


def answers(lesson: str) -> types.ModuleType:
    """The module `answers/lesson_NN.py`; without that file an empty one, which fails the tests of that lesson only."""
    name, file = f"answers_of_lesson_{lesson}", ANSWERS / f"lesson_{lesson}.py"
    if not file.exists():
        return types.SimpleNamespace(RIGHT={}, WRONG={})  # type: ignore[return-value]
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def right_answers() -> Iterator[tuple[Exercise, str, Callable[..., Any]]]:
    """Each exercise's reference, and the differently written right answers."""
    for exercise in records().values():
        yield exercise, "reference", exercise.reference
        yield exercise, "copy of the reference", copied(exercise.reference)
        for i, answer in enumerate(answers(exercise.lesson).RIGHT.get(exercise.id, [])):
            yield exercise, f"right {i} {_name(answer)}", answer


def wrong_answers() -> Iterator[Wrong]:
    """Every wrong answer there is."""
    for exercise in records().values():
        for m in exercise.misconceptions:
            yield Wrong(exercise, f"misconception {m.name}", m.answer, m.name)
        for i, (answer, diagnosis) in enumerate(answers(exercise.lesson).WRONG.get(exercise.id, [])):
            yield Wrong(exercise, f"wrong {i} {_name(answer)}", answer, diagnosis)
        yield from generic(exercise)


def _name(answer: Any) -> str:
    return getattr(answer, "__name__", str(answer)).strip("<>")


def copied(reference: Callable[..., Any]) -> Any:
    """The same function or class made anew from its source, as a lesson's solution edition does."""
    source = textwrap.dedent(inspect.getsource(reference))
    space = dict(vars(sys.modules[reference.__module__]))
    exec(compile("from __future__ import annotations\n" + source, f"<copy of {reference.__name__}>", "exec"), space)
    return space[reference.__name__]


# ------------------------------------------------------------------------------------------------------ generic
# mistakes


def _zeros(output: Any, inputs: tuple) -> Any:
    if isinstance(output, torch.Tensor):
        return torch.zeros_like(output)
    if isinstance(output, bool):
        return not output
    if isinstance(output, (int, float)):
        return type(output)(0)
    if isinstance(output, str):
        return ""
    if isinstance(output, tuple):
        return tuple(_zeros(o, inputs) for o in output)
    if isinstance(output, Mapping):
        return {}
    return [] if isinstance(output, list) else None


def _another_shape(output: Any, inputs: tuple) -> Any:
    if isinstance(output, torch.Tensor):
        return output.unsqueeze(0)  # it broadcasts: a comparison that broadcasts would let it through
    if isinstance(output, tuple):
        return tuple(_another_shape(o, inputs) for o in output)
    return [output]


def _turned(output: Any, inputs: tuple) -> Any:
    if isinstance(output, torch.Tensor) and output.dim() >= 2:
        return output.transpose(-1, -2)
    if isinstance(output, tuple):
        return tuple(_turned(o, inputs) for o in output)
    if isinstance(output, (list, str)):
        return output[::-1]
    return output


def _handed_back(output: Any, inputs: tuple) -> Any:
    return inputs[0] if inputs else output


GENERIC: dict[str, Callable[[Any, tuple], Any]] = {
    "nothing returned": lambda output, inputs: None,
    "zeros": _zeros,
    "another shape": _another_shape,
    "turned": _turned,
    "an argument handed back": _handed_back,
}


def generic(exercise: Exercise) -> Iterator[Wrong]:
    """The mistakes of `GENERIC`, applied to what the reference returns; those that change nothing are left out."""
    for label, change in GENERIC.items():
        answer = _spoilt(exercise.reference, change)
        if _differs(exercise, answer):
            yield Wrong(exercise, f"generic {label}", answer, None)


def _spoilt(reference: Any, change: Callable[[Any, tuple], Any]) -> Any:
    made = copied(reference)
    if isinstance(made, type):
        for name, method in list(vars(made).items()):
            if isinstance(method, types.FunctionType) and (not name.startswith("_") or name == "__call__"):
                setattr(made, name, _spoilt_function(method, change, bound=True))
        return made
    return _spoilt_function(made, change, bound=False)


def _spoilt_function(function: Callable[..., Any], change: Callable[[Any, tuple], Any], bound: bool) -> Any:
    def spoilt(*args: Any, **kwargs: Any) -> Any:
        kept = copy.deepcopy(args[1:] if bound else args)
        return change(function(*args, **kwargs), (*kept, *kwargs.values()))

    spoilt.__name__ = function.__name__
    spoilt.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return spoilt


def _differs(exercise: Exercise, answer: Any) -> bool:
    """Whether the answer's output differs from the reference's on any case."""
    for case in exercise.cases(np.random.default_rng(0)):
        outputs = []
        for one in (exercise.reference, answer):
            result = engine._attempt(exercise, one, case)
            if result[0] == "failure":
                return True
            outputs.append(result[1])
        try:
            if compare.compare(outputs[0], outputs[1], exercise.tolerance):
                return True
        except TypeError:
            return True
    return False


# ----------------------------------------------------------------------------------------------------------------
# scores


@dataclasses.dataclass(frozen=True)
class Score:
    """What came of judging the wrong answers: how many were tried, rejected, and, if due, rightly diagnosed."""

    tried: int
    rejected: int
    expected_diagnoses: int
    right_diagnoses: int
    missed: tuple[str, ...]


def mutation_score(seed: int | None = None) -> Score:
    """Judges every wrong answer once."""
    tried = rejected = expected = diagnosed = 0
    missed = []
    for wrong in wrong_answers():
        verdict = judged(wrong.exercise, wrong.answer, seed)
        tried += 1
        rejected += verdict.outcome != "right"
        if wrong.diagnosis:
            expected += 1
            diagnosed += verdict.diagnosis == wrong.diagnosis
        if verdict.outcome == "right" or (wrong.diagnosis and verdict.diagnosis != wrong.diagnosis):
            missed.append(f"{wrong.exercise.id}: {wrong.label}: {verdict.outcome}, {verdict.diagnosis}")
    return Score(tried, rejected, expected, diagnosed, tuple(missed))


def judged(exercise: Exercise, answer: Any, seed: int | None = None) -> Verdict:
    """The verdict on an answer, for an exercise record.

    What the course's own code gives on the cases of one seed is computed once, and kept while this exercise is judged
    again with that seed: dozens of wrong answers are compared with the same reference and the same known mistakes.
    """
    if seed is None:
        return engine.examine(exercise, answer, seed).verdict
    if _kept.get("exercise") is not exercise:
        _kept.clear()
        _kept["exercise"] = exercise
    if seed not in _kept:
        _kept[seed] = list(exercise.cases(np.random.default_rng(seed)))
    own = {id(known) for known in (exercise.reference, *(m.answer for m in exercise.misconceptions))}

    def attempt(exercise: Exercise, answer: Any, case: Any) -> Any:
        key = id(answer), id(case)
        if id(answer) not in own or not any(case is one for one in _kept[seed]):
            return _attempt(exercise, answer, case)
        if key not in _kept:
            _kept[key] = _attempt(exercise, answer, case)
        return _kept[key]

    fixed = dataclasses.replace(exercise, cases=lambda rng: _kept[seed])
    with unittest.mock.patch.object(engine, "_attempt", attempt):
        return engine.examine(fixed, answer, seed).verdict


_attempt = engine._attempt
_kept: dict[Any, Any] = {}
