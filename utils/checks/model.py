"""The records of a check: what an exercise is, what its cases are, which mistakes are known, and what a verdict says.

A check is data about an exercise, not a script of asserts. Everything here is a frozen dataclass without behaviour of
its own; `utils.checks.engine` reads these records and does the judging.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

Outcome = Literal["right", "wrong", "raised", "not attempted", "too long"]
OUTCOMES: tuple[Outcome, ...] = ("right", "wrong", "raised", "not attempted", "too long")


class Told(Exception):
    """Raised by an exercise's `run` to tell the learner something about their answer in one sentence of its own."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One input of an exercise, and how to speak of it.

    Args:
        inputs: the arguments by parameter name, in the order of the signature. A value may be a tensor, number, string,
            list, dict, or an `nn.Module` of the course (for exercises that are given one). Fresh objects are made for
            every run, so an answer that changes its inputs harms nobody.
        about: half a sentence for the message, such as "one query, causal mask".
        sizes: the named sizes behind the shapes, such as {"batch": 2, "length": 5}. Use pairwise different numbers:
            they let the engine translate "size 5" in an error message into "length".
        extra: anything `Exercise.run` or `Exercise.judge` needs and the answer must not see (weights, seeds).
    """

    inputs: Mapping[str, Any]
    about: str = ""
    sizes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Misconception:
    """A known wrong implementation, and what a good teacher says about it.

    Args:
        name: short snake_case name, unique within the exercise, such as "no_scaling".
        answer: the wrong implementation: the same signature as the reference.
        sentence: what the numbers show, why, and where to look. Never the line of the solution.
    """

    name: str
    answer: Callable[..., Any]
    sentence: str


@dataclasses.dataclass(frozen=True)
class Property:
    """What holds for every right output whatever the numbers, such as "each row sums to one".

    Args:
        name: short snake_case name.
        holds: `holds(case, output) -> bool`; it sees the plain output only. It may raise: that counts as not holding.
        sentence: said when the property is broken and no misconception fits.
    """

    name: str
    holds: Callable[[Case, Any], bool]
    sentence: str


@dataclasses.dataclass(frozen=True)
class Mismatch:
    """The first place in which an output differs from the reference's.

    `text` is the whole sentence, with expected and got; `where` is the place alone, such as "[1, 0, 3]".
    """

    text: str
    where: str = ""


def overwritten(argument: str) -> str:
    """What every check says of an argument that was written into; `argument` is its name in `…`, or "number 1"."""
    return f"Your code changes its argument {argument} in place: the caller's own data is lost. Work on a copy."


@dataclasses.dataclass(frozen=True)
class Exercise:
    """Everything the engine knows about one exercise.

    Args:
        id: "module.name", such as "attention.scaled_dot_product"; the module is where in `utils` the reference stands.
        lesson: two digits, as in the lesson's file name.
        title: shown in the heading.
        reference: the function or class of `utils` that the exercise asks for.
        cases: `cases(rng) -> [Case, ...]` with `rng` a `numpy.random.Generator` seeded afresh at every check. Sizes
            pairwise different; edge cases included; the smallest first. Tensors are made from `rng`, never from
            torch's state.
        misconceptions: at least four.
        hints: three steps, from a nudge to the formula in code.
        points, minutes, difficulty: as shown to the learner; difficulty is 1, 2 or 3.
        run: `run(answer, inputs, case) -> output`; by default `answer(**inputs)` with positional order kept. `inputs`
            is a fresh deep copy of `case.inputs`. Return plain values only (tensors, numbers, strings, lists, dicts of
            these).
        judge: `judge(case, output, expected) -> Mismatch | None`, by default the strict comparison of
            `utils.checks.compare`.
        properties: see `Property`.
        forbids: what may not be called while the answer runs: dotted names such as "torch.nn.functional.softmax".
            The reference itself is always forbidden.
        tolerance: largest accepted difference, relative to the largest expected value of the tensor.
        mutates: names of inputs that the answer is meant to change in place.
        seconds: the time limit of the whole run over all cases.
    """

    id: str
    lesson: str
    title: str
    reference: Callable[..., Any]
    cases: Callable[[Any], Sequence[Case]]
    misconceptions: Sequence[Misconception]
    hints: Sequence[str]
    points: int
    minutes: int
    difficulty: int
    run: Callable[[Callable[..., Any], dict[str, Any], Case], Any] | None = None
    judge: Callable[[Case, Any, Any], Mismatch | None] | None = None
    properties: Sequence[Property] = ()
    forbids: Sequence[str] = ()
    tolerance: float = 1e-4
    mutates: Sequence[str] = ()
    seconds: float = 8.0

    @property
    def name(self) -> str:
        """The name under which the learner writes the answer: the reference's own."""
        return self.reference.__name__

    @property
    def signature(self) -> str:
        """The call as a learner reads it, such as "scaled_dot_product(query, key, value, mask=None)"."""
        return signature_of(self.reference)

    def __post_init__(self) -> None:
        problems = []
        if not (len(self.lesson) == 2 and self.lesson.isdigit()):
            problems.append(f"lesson must be two digits, not {self.lesson!r}")
        if not re.fullmatch(r"[a-z_0-9]+\.[a-z_0-9]+", self.id):
            problems.append("the id must read module.name, in lower case")
        if len(self.hints) != 3:
            problems.append(f"needs three hints, has {len(self.hints)}")
        if self.difficulty not in (1, 2, 3):
            problems.append(f"difficulty must be 1, 2 or 3, not {self.difficulty!r}")
        if not (self.points > 0 and math.isfinite(self.points)):
            problems.append(f"points must be positive, not {self.points!r}")
        names = [m.name for m in self.misconceptions]
        if len(names) < 4:
            problems.append(f"needs at least four misconceptions, has {len(names)}")
        if len(set(names)) != len(names):
            problems.append("two misconceptions have the same name")
        if problems:
            raise ValueError(f"exercise {self.id!r}: " + "; ".join(problems) + ".")


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the judge says of one answer.

    Args:
        outcome: "right", "wrong", "raised", "not attempted" or "too long"; never mixed.
        message: plain text for the learner.
        points: full or none.
        max_points: the exercise's points.
        diagnosis: the name of the misconception that reproduces the answer's output, or None.
    """

    outcome: Outcome
    message: str
    points: float
    max_points: float
    diagnosis: str | None = None


def name_of(value: Any) -> str | None:
    """The name of a function or class, None for all else. Their repr carries an address, another in every process."""
    return str(value.__name__) if callable(value) and hasattr(value, "__name__") else None


class _Name(str):
    """A parameter's default that stands in the signature by its name, without quotation marks."""

    __slots__ = ()
    __repr__ = str.__str__


def _without_annotation(parameter: inspect.Parameter) -> inspect.Parameter:
    bare = parameter.replace(annotation=parameter.empty)
    name = None if parameter.default is parameter.empty else name_of(parameter.default)
    return bare if name is None else bare.replace(default=_Name(name))


def signature_of(function: Callable[..., Any]) -> str:
    """`name(a, b, c=1)` without annotations: what a learner has to type. Functions among the defaults by name.

    >>> signature_of(math.dist)
    'dist(p, q)'
    """
    name = getattr(function, "__name__", "answer")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return f"{name}(...)"
    bare = [_without_annotation(p) for p in signature.parameters.values()]
    return f"{name}{inspect.Signature(bare)}"
