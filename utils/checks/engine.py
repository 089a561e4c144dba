"""The judge: runs an answer on an exercise's cases, compares, and finds the known mistake behind a wrong output."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from utils.checks import compare, explain, sandbox
from utils.checks.model import Case, Exercise, Mismatch, Told, Verdict, overwritten
from utils.checks.registry import number, record, records
from utils.checks.sandbox import Failure

records()  # so that the topic modules are loaded before their contents are remembered
sandbox.remember_libraries()

Result = tuple  # ("value", plain value, names of changed inputs) or ("failure", Failure)


class NotRunYet:
    """Stands under an exercise's name in a notebook until the learner's own cell has defined it.

    Calling it raises one sentence; `check` says the same and counts the exercise as not attempted.
    """

    def __init__(self, name: str, exercise_id: str) -> None:
        self.name, self.exercise_id = name, exercise_id

    @property
    def sentence(self) -> str:
        place = number(record(self.exercise_id))
        return f"`{self.name}` is not defined yet: run the cell of Exercise {place} first, then this one."

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NameError(self.sentence)

    def __repr__(self) -> str:
        return f"<{self.sentence}>"


@dataclasses.dataclass(frozen=True)
class Judged:
    """A verdict with what only the card shows."""

    verdict: Verdict
    printed: str = ""
    seed: int = 0


def borrow(exercise: Exercise) -> Callable[..., Any]:
    """The course's own version, marked as such, so that a later check does not take it for the learner's."""
    reference = exercise.reference
    if isinstance(reference, type):
        marks = {"__course_version__": exercise.id, "__module__": reference.__module__, "__doc__": reference.__doc__}
        return type(reference.__name__, (reference,), marks)

    @functools.wraps(reference)
    def course_version(*args: Any, **kwargs: Any) -> Any:
        return reference(*args, **kwargs)

    course_version.__course_version__ = exercise.id  # type: ignore[attr-defined]
    return course_version


def is_borrowed(answer: Any) -> bool:
    """Whether this is what `borrow` made (not something of the learner's derived from it)."""
    try:
        return "__course_version__" in vars(answer)
    except TypeError:
        return False


def judge(exercise_id: str, answer: Any, seed: int | None = None) -> Verdict:
    """Judges an answer without showing or recording anything.

    Args:
        exercise_id: such as "attention.scaled_dot_product".
        answer: the learner's function or class.
        seed: of the random cases; fresh each time when None.

    Returns:
        The verdict; its outcome is one of "right", "wrong", "raised", "not attempted", "too long".

    Raises:
        ValueError: if there is no such exercise.
    """
    return examine(record(exercise_id), answer, seed).verdict


def examine(exercise: Exercise, answer: Any, seed: int | None = None) -> Judged:
    """As `judge`, for an exercise record, with what the answer printed."""
    seed = secrets.randbits(32) if seed is None else seed

    def verdict(outcome: Any, message: str, diagnosis: str | None = None, printed: str = "") -> Judged:
        points = exercise.points if outcome == "right" else 0
        return Judged(Verdict(outcome, message, points, exercise.points, diagnosis), printed, seed)

    _parameters(exercise.reference)
    early = _before_running(exercise, answer)
    if early:
        return verdict(*early)
    with sandbox.guarded():
        cases = list(exercise.cases(np.random.default_rng(seed)))
        expected = [_value(_attempt(exercise, exercise.reference, case)) for case in cases]
    unfit = _unfit_signature(exercise, answer, cases)
    if unfit:
        return verdict("wrong", unfit)
    seen: list[str] = []

    def runs(order: Sequence[int]) -> sandbox.Run:
        return sandbox.run_cases(
            lambda i: _run_noticing(exercise, answer, cases[order[i]], seen),
            len(order),
            exercise.seconds,
            lambda error: _read(exercise, error, answer),
            lambda: sandbox.forbidding(exercise.forbids, exercise.reference, answer, seen),
        )

    run = runs(range(len(cases)))
    with sandbox.guarded():
        outcome = _decide(exercise, cases, expected, run, runs)
    return verdict(*outcome, printed=run.printed)


# ------------------------------------------------------------------------------------------------------ before the run


def _before_running(exercise: Exercise, answer: Any) -> tuple[str, str] | None:
    if isinstance(answer, NotRunYet):
        return "not attempted", answer.sentence
    if is_borrowed(answer):
        return "not attempted", (
            f"`{exercise.name}` is the course's own version here, lent to you by an earlier check. "
            "Run the cell with your answer again, then this one."
        )
    if isinstance(exercise.reference, type) and not isinstance(answer, type):
        return "wrong", f"This exercise asks for the class `{exercise.name}`; {_what(answer)} was given."
    if not callable(answer):
        return "wrong", f"Give `check` the function itself, `{exercise.name}`; {_what(answer)} was given."
    return None


def _what(answer: Any) -> str:
    if inspect.isfunction(answer):
        return f"the function `{answer.__name__}`"
    return compare.kind(compare.plain(answer))


def _unfit_signature(exercise: Exercise, answer: Any, cases: Sequence[Case]) -> str:
    """A sentence if the answer cannot be called as the exercise calls it; empty if it can, or if nobody can tell."""
    if exercise.run is not None:
        return ""
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):
        return ""
    for case in cases:
        if _bind(signature, case.inputs) is None:
            own = f"{getattr(answer, '__name__', exercise.name)}{signature.replace(return_annotation=signature.empty)}"
            called = f"The exercise calls `{exercise.signature}`"
            return f"{called}; your function is `{own}`, which cannot take these arguments."
    return ""


def _bind(signature: inspect.Signature, inputs: Mapping[str, Any]) -> inspect.BoundArguments | None:
    # By place first: another name for a parameter is no mistake. By name where a parameter wants it.
    for args, kwargs in ((tuple(inputs.values()), {}), ((), dict(inputs))):
        try:
            return signature.bind(*args, **kwargs)
        except TypeError:
            continue
    return None


# ----------------------------------------------------------------------------------------------------------- one
# attempt


def _call(
    exercise: Exercise, answer: Any, inputs: dict[str, Any], case: Case, last: list[Any], changed: list[str]
) -> Any:
    """Calls the answer as the exercise wants it; notes what it last returned, and the arguments that it changed."""
    if exercise.run is None:
        try:
            bound = _bind(inspect.signature(answer), inputs)
        except (TypeError, ValueError):
            bound = None
        return answer(*bound.args, **bound.kwargs) if bound else answer(*inputs.values())
    if isinstance(answer, type):
        return exercise.run(answer, inputs, case)

    @functools.wraps(answer, updated=())
    def noting(*args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(_parameters(exercise.reference), args)), **kwargs}
        before = {name: compare.plain(value) for name, value in given.items()}
        last[:] = [answer(*args, **kwargs)]
        changed.extend(name for name, value in given.items() if _differs(before[name], compare.plain(value)))
        return last[0]

    return exercise.run(noting, inputs, case)


@functools.cache
def _parameters(reference: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the parameters, asked for the first time before the reference is blocked and looks another way."""
    return tuple(inspect.signature(reference).parameters)


def _run_once(exercise: Exercise, answer: Any, case: Case) -> Result:
    """Runs the answer on fresh copies of the inputs, from the same random state every time; may raise anything."""
    inputs = {name: copy.deepcopy(value) for name, value in case.inputs.items()}
    torch.default_generator.manual_seed(0)  # torch.manual_seed also looks for every kind of GPU
    random.seed(0)
    np.random.seed(0)
    last: list[Any] = []
    changed: list[str] = []
    try:
        output = sandbox.interruptible(lambda: compare.plain(_call(exercise, answer, inputs, case, last, changed)))
    except BaseException as error:
        if last:
            error.__dict__["returned to the check"] = compare.kind(compare.plain(last[0]))
        raise
    changed += [name for name in inputs if _differs(compare.plain(case.inputs[name]), compare.plain(inputs[name]))]
    return "value", output, [name for name in dict.fromkeys(changed) if name not in exercise.mutates]


def _differs(before: Any, after: Any) -> bool:
    if isinstance(before, compare.Opaque):
        return False
    return compare.compare(before, after, 0.0) is not None


def _attempt(exercise: Exercise, answer: Any, case: Case) -> Result:
    """As `_run_once`, for the course's own code, in this process; an exception becomes a result."""
    try:
        return _run_once(exercise, answer, case)
    except Exception as error:
        return "failure", _read(exercise, error, answer)


def _run_noticing(exercise: Exercise, answer: Any, case: Case, seen: list[str]) -> Result:
    """As `_run_once`; a forbidden call, of which `sandbox.forbidding` leaves a note in `seen`, becomes a failure."""
    seen.clear()
    result = _run_once(exercise, answer, case)
    if seen:  # raised, and swallowed by the answer
        return "failure", Failure("Forbidden", "", forbidden=seen[0])
    return result


def _value(result: Result) -> Any:
    if result[0] == "failure":
        raise RuntimeError(f"the course's own answer fails on one of its cases: {result[1]}")
    return result[1]


def _read(exercise: Exercise, error: BaseException, answer: Any) -> Failure:
    line, place = sandbox.read_traceback(error, sandbox.files_of(answer), exercise.run)
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - a learner's exception class may do anything
        text = ""
    told = text if isinstance(error, Told) else ""
    returned = str(getattr(error, "__dict__", {}).get("returned to the check", ""))
    if not place and not told and isinstance(error, Exception):
        if "inplace operation" in text:
            told = "Your code changes in place (`+=`, `x[...] = `) what the gradient needs as it was."
            told += " Make a new tensor instead."
        elif returned and "invalid gradient" in text:
            told = f"The backward pass through what your function returned fails: {text}"
        elif returned:
            why = f"({type(error).__name__}: {text})"
            told = f"Your function returned {returned}, which is not what the exercise asks for {why}."
    stub = isinstance(error, NotImplementedError) and ("NotImplementedError" in line or not (line or text))
    return Failure(
        type_name=type(error).__name__,
        text=text[:1000],
        line=line[:160],
        number=place,
        forbidden=text if isinstance(error, sandbox.Forbidden) else "",
        told=told[:1000],
        not_written=stub,
    )


# ---------------------------------------------------------------------------------------------------------- the verdict


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with the result of one case: `in_place` if it is right, but for an argument written into."""

    text: str
    in_place: bool = False


def _mismatch(exercise: Exercise, case: Case, output: Any, expected: Any) -> Mismatch | None:
    if exercise.judge is not None:
        try:
            return exercise.judge(case, output, expected)
        except Exception:  # a judge written for right types meets a wrong one: the strict comparison says what is wrong
            return compare.compare(expected, output, exercise.tolerance) or Mismatch("The output cannot be judged.")
    try:
        return compare.compare(expected, output, exercise.tolerance)
    except RuntimeError:  # a tensor whose numbers cannot be read
        return Mismatch(f"Expected {compare.kind(expected)}, got something whose numbers cannot be read.")


def _decide(
    exercise: Exercise,
    cases: Sequence[Case],
    expected: Sequence[Any],
    run: sandbox.Run,
    runs: Callable[[Sequence[int]], sandbox.Run],
) -> tuple[str, str, str | None]:
    """Outcome, message and diagnosis for what came of a run; `runs` runs cases again, by their numbers."""
    results = run.results
    failures = [r[1] for r in results if r[0] == "failure"]
    if any(f.not_written for f in failures):
        return "not attempted", f"Fill in `{exercise.name}`, run its cell, then run this one again.", None
    forbidden = next((f.forbidden for f in failures if f.forbidden), "")
    if forbidden:
        return "wrong", _forbidden_text(exercise, forbidden), None
    if len(results) < len(cases):
        stuck = cases[len(results)]
        if run.timed_out:
            text = f"Your code was still running after {exercise.seconds:g} seconds. "
            text += "Is there a loop that never ends" + (", or is it very slow?" if results else "?")
            return "too long", f"{text} The input was: {explain.call_text(exercise, stuck)}.", None
        text = "Your code ended the whole Python process, or asked for more memory than there is."
        return "raised", f"{text} The input was: {explain.call_text(exercise, stuck)}.", None

    judged = enumerate(zip(cases, expected, results))
    faults = {i: fault for i, of in judged if (fault := _fault(exercise, *of))}
    failing = list(faults)
    if not failing:
        return "right", "Right: the same as the course's on every case.", None
    sizes = [compare.elements(case.inputs.values()) for case in cases]
    smallest = min(failing, key=sizes.__getitem__)
    found = diagnose(exercise, cases, results, failing)
    raised = results[smallest][0] == "failure" and not results[smallest][1].told
    spoilt = [i for i in failing if results[i][0] == "value" and results[i][2]]
    kept = "" if found or spoilt else _kept_between_calls(exercise, results, smallest, runs)
    if raised:
        first = found[1] if found else kept
        parts = [first, explain.failure_text(exercise, results[smallest][1], cases[smallest], advice=not first)]
    else:
        shown = smallest
        if found:
            parts = [found[1]]
        elif spoilt:  # whatever else is wrong may follow from it
            shown = min(spoilt, key=sizes.__getitem__)
            parts = [] if faults[shown].in_place else [overwritten(f"`{results[shown][2][0]}`")]
        else:
            parts = [kept or _general(exercise, cases, expected, results, failing, smallest)]
        parts.append(f"Smallest failing case: {explain.call_text(exercise, cases[shown])}. {faults[shown].text}")
    # A right error may be the stub's own, and a case with nothing in it is right by itself, as saturated numbers are:
    # the former are not counted, and fewer than a third says nothing of the learner's code.
    counted = len(failing) + sum(1 for i, case in enumerate(cases) if i not in faults and "error" not in case.extra)
    passed = counted - len(failing)
    if not found and 3 * passed >= counted:
        parts.append(f"{passed} of {counted} cases {'is' if passed == 1 else 'are'} right.")
    message = "\n".join(p for p in parts if p)
    return ("raised" if raised else "wrong"), message, (found[0] if found else None)


def _forbidden_text(exercise: Exercise, name: str) -> str:
    own = f"{exercise.reference.__module__}.{exercise.reference.__name__}"
    if name == own:
        return f"Your answer calls the course's own `{exercise.name}`. Write it yourself here; later lessons import it."
    if name.startswith("torch.ops."):
        return f"Your answer calls `{name}`, a kernel inside torch. Use the functions that torch documents."
    return (
        f"Your answer calls `{name}`, which does the work that this exercise asks you to do yourself."
        " Build it from simpler operations."
    )


def _fault(exercise: Exercise, case: Case, expected: Any, result: Result) -> Fault | None:
    if result[0] == "failure":
        return Fault(result[1].told or explain.failure_text(exercise, result[1], case))
    mismatch = _mismatch(exercise, case, result[1], expected)
    if mismatch:
        return Fault(mismatch.text)
    if result[2]:
        return Fault(f"The output is right; the input afterwards is not. {overwritten(f'`{result[2][0]}`')}", True)
    return None


def diagnose(
    exercise: Exercise, cases: Sequence[Case], results: Sequence[Result], failing: Sequence[int]
) -> tuple[str, str] | None:
    """The misconception whose output is the answer's on every case: its name and sentence, or None."""
    order = sorted(range(len(cases)), key=lambda i: i not in failing)
    for misconception in exercise.misconceptions:
        if all(
            _alike(exercise, cases[i], _attempt(exercise, misconception.answer, cases[i]), results[i]) for i in order
        ):
            return misconception.name, misconception.sentence
    return None


def _alike(exercise: Exercise, case: Case, known: Result, own: Result) -> bool:
    if known[0] != own[0]:
        return False
    if known[0] == "failure":
        return known[1].type_name == own[1].type_name and known[1].told == own[1].told
    if bool(known[2]) != bool(own[2]):
        return False
    try:
        return _mismatch(exercise, case, own[1], known[1]) is None
    except TypeError:  # a misconception that returns something no reference would
        return type(known[1]) is type(own[1]) and known[1] == own[1]


def _kept_between_calls(
    exercise: Exercise, results: Sequence[Result], smallest: int, runs: Callable[[Sequence[int]], sandbox.Run]
) -> str:
    """A sentence for an answer that gives something else when it is called with the same again; empty for others.

    Every call draws the same random numbers (see `_run_once`), so those are none of it.
    """
    if results[smallest][0] == "failure" and results[smallest][1].told:
        return ""
    # Twice the same; and the first case, because in the notebook's own process nothing is forgotten in between.
    order = (smallest, smallest, 0)
    if all(_same_again(exercise, results[i], again) for i, again in zip(order, runs(order).results)):
        return ""
    return (
        "The same call gives something else the second time. Usually the code keeps something between calls (a global,"
        " a default argument such as `kept=[]`, an attribute); or it reads a `torch.empty` before it is filled, or"
        " draws random numbers from a generator of its own."
    )


def _same_again(exercise: Exercise, first: Result, again: Result) -> bool:
    if first[0] != again[0]:
        return False
    if first[0] == "failure":
        return first[1].type_name == again[1].type_name and first[1].told == again[1].told
    try:
        return compare.compare(first[1], again[1], exercise.tolerance) is None
    except (TypeError, RuntimeError):  # what no comparison is written for, or numbers that cannot be read
        return True


def _general(
    exercise: Exercise,
    cases: Sequence[Case],
    expected: Sequence[Any],
    results: Sequence[Result],
    failing: Sequence[int],
    smallest: int,
) -> str:
    """What can be said when no misconception fits.

    An argument handed back in every case, a relation true of every failing case, or a property that the case to be
    shown breaks.
    """
    returned = [i for i, result in enumerate(results) if result[0] == "value"]
    values = [
        i for i in failing if results[i][0] == "value" and _mismatch(exercise, cases[i], results[i][1], expected[i])
    ]
    if values and len(returned) >= 2:
        whole = [compare.handed_back(cases[i].inputs, results[i][1]) for i in returned]
        for name in cases[values[0]].inputs:
            if all(name in names for names in whole):
                return f"Your function hands back its argument `{name}` unchanged."
    said = []
    for i in values:
        right, own = compare.first_unlike(expected[i], results[i][1], exercise.tolerance)
        said.append(compare.relations(right, own, cases[i].sizes, exercise.tolerance))
    shared = [sentence for sentence in said[0] if all(sentence in others for others in said)] if said else []
    if shared and len(said) >= 2:
        some = f"In the cases that fail, {shared[0][0].lower()}{shared[0][1:]}"
        return shared[0] if len(failing) == len(cases) else some
    same = [results[i][1] for i in returned]
    if len(values) == len(cases) > 1 and not isinstance(same[0], compare.Opaque) and same[0] is not None:
        if all(compare.compare(same[0], v, 1e-9) is None for v in same[1:]):
            return "Your function returns the same whatever it is given."
    # That the shape is another says more than the rule it breaks.
    if smallest in values and compare.same_form(expected[smallest], results[smallest][1]):
        for rule in exercise.properties:
            try:
                holds = rule.holds(cases[smallest], results[smallest][1])
            except Exception:
                holds = True
            if not holds:
                return rule.sentence
    return ""
