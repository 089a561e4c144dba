"""The check engine survives whatever a cell can do, and says what it should. Each test runs forked and in place."""

from __future__ import annotations

import itertools
import math
import os
import random
import sys
import time
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.nn.functional import softmax as softmax_under_another_name

from utils.checks import compare, engine
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.checks.tensors import or_error, values_and_gradients


def scale(x, factor=2.0):
    ### BEGIN SOLUTION
    return x * factor / math.sqrt(x.shape[-1])
    ### END SOLUTION


def _cases(rng):
    for batch, length, width in ((1, 1, 3), (2, 3, 5), (4, 2, 7)):
        x = torch.tensor(rng.normal(size=(batch, length, width)), dtype=torch.float32)
        inputs = {"x": x, "factor": float(rng.uniform(1.5, 3))}
        yield Case(inputs, "three sizes", {"batch": batch, "length": length, "width": width})


def _exercise(**changes):
    given = dict(
        id="toy.scale",
        lesson="03",
        title="Scaling",
        reference=scale,
        cases=lambda rng: list(_cases(rng)),
        points=2,
        minutes=3,
        difficulty=1,
        hints=("one", "two", "three"),
        seconds=3,
        misconceptions=[
            Misconception("no_root", lambda x, factor: x * factor / x.shape[-1], "The root is missing."),
            Misconception(
                "by_length", lambda x, factor: x * factor / math.sqrt(x.shape[-2]), "The length is not the width."
            ),
            Misconception("no_scaling", lambda x, factor: x * factor, "Nothing is divided."),
            Misconception("added", lambda x, factor: (x + factor) / math.sqrt(x.shape[-1]), "It is added."),
        ],
        properties=[Property("finite", lambda case, out: bool(torch.isfinite(out).all()), "Something is not finite.")],
    )
    return Exercise(**{**given, **changes})


EXERCISE = _exercise()


@pytest.fixture(params=["fork", "none"], autouse=True)
def isolation(request, monkeypatch):
    if request.param == "fork" and not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    monkeypatch.setenv("COURSE_CHECK_ISOLATION", request.param)
    return request.param


@pytest.fixture(autouse=True)
def next_check_is_right():
    """After whatever a test did to it, the engine still tells right from wrong."""
    yield
    assert engine.examine(EXERCISE, lambda x, factor: x * (factor / x.shape[-1] ** 0.5)).verdict.outcome == "right"
    assert engine.examine(EXERCISE, lambda x, factor: x * factor).verdict.diagnosis == "no_scaling"


def _say(answer, exercise=EXERCISE):
    return engine.examine(exercise, answer).verdict


def test_right_answers_score_all_points():
    for answer in (
        scale,
        lambda x, factor: x.double() * factor / math.sqrt(x.shape[-1]),
        lambda a, b=1.0: b * a / a.shape[-1] ** 0.5,
        lambda *args: args[0] * args[1] / math.sqrt(args[0].size(-1)),
        lambda *, x, factor: x * factor / math.sqrt(x.shape[-1]),
    ):
        verdict = _say(answer)
        assert (verdict.outcome, verdict.points, verdict.max_points) == ("right", 2, 2)


@pytest.mark.parametrize("misconception", EXERCISE.misconceptions, ids=lambda m: m.name)
def test_each_misconception_gets_its_own_sentence(misconception):
    verdict = _say(misconception.answer)
    assert (verdict.outcome, verdict.points, verdict.diagnosis) == ("wrong", 0, misconception.name)
    assert verdict.message.startswith(misconception.sentence)
    assert "Smallest failing case: x of shape (1, 1, width = 3) = [[[" in verdict.message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, factor: None, "got None. Is a `return` missing?"),
        (lambda x, factor: x, "hands back its argument `x` unchanged"),
        (lambda x, factor: torch.zeros_like(x), "Every number you return is zero."),
        (lambda x, factor: -scale_copy(x, factor), "minus the expected one"),
        (lambda x, factor: scale_copy(x, factor) * x.shape[-1], "width times the expected one"),
        (lambda x, factor: scale_copy(x, factor).sum(), "the shape (1, 1, 3), got ()"),
        (lambda x, factor: scale_copy(x, factor)[:, :, :1], "the shape (1, 1, 3), got (1, 1, 1)"),
        (lambda x, factor: scale_copy(x, factor).mT, "its last two dimensions swapped"),
        (lambda x, factor: scale_copy(x, factor).numpy(), "got a NumPy array"),
        (lambda x, factor: scale_copy(x, factor).tolist(), "got a list of"),
        (lambda x, factor: (row for row in x), "got a generator"),
        (lambda x, factor: x.mean, "are the brackets of a call missing?"),
        (lambda x, factor: x * math.nan, "Got nan"),
        (lambda x, factor: 1.0, "got the number 1"),
        (lambda x, factor: x.to(torch.complex64), "got one of type complex64"),
        (lambda x, factor: x > 0, "Expected a tensor of type float32, got one of type bool"),
    ],
)
def test_generic_wrong_answers_are_told_apart(answer, words):
    verdict = _say(answer)
    assert verdict.outcome == "wrong" and verdict.points == 0
    assert words in verdict.message


def test_an_argument_is_handed_back_in_every_case_or_it_is_not_said():
    assert "hands back" in _say(lambda x, factor: x).message
    assert "hands back" not in _say(lambda x, factor: scale_copy(x, factor) if len(x) == 1 else x).message


def test_what_relates_the_failing_cases_is_not_said_of_all():
    message = _say(lambda x, factor: scale_copy(x, factor) * (1 if len(x) == 1 else 0)).message
    assert message.startswith("In the cases that fail, every number you return is zero.")
    assert "1 of 3 cases is right" in message


def test_a_broken_property_is_said_of_the_case_that_is_shown():
    rule = Property("few", lambda case, out: out.numel() < 10, "So many numbers cannot be right.")

    def shifted(x, factor):
        return scale_copy(x, factor) + 1 + x

    assert "cannot be right" not in _say(shifted, _exercise(properties=[rule])).message
    rule = Property("many", lambda case, out: out.numel() > 3, "So few numbers cannot be right.")
    assert "So few numbers cannot be right." in _say(shifted, _exercise(properties=[rule])).message


def scale_copy(x, factor):
    return x * factor / math.sqrt(x.shape[-1])


@pytest.mark.parametrize("huge", [10**400, -(10**5000), [10**400]], ids=["large", "long", "in a list"])
def test_numbers_that_no_float_holds_are_told_too(huge):
    """A power that was to be a product: comparing it with a float must not end the check."""
    for expected in (3, 0.5, [1.5]):
        counting = _exercise(
            run=lambda answer, inputs, case, expected=expected: (
                expected if answer is scale else answer(*inputs.values())
            ),
            properties=(),
        )
        verdict = _say(lambda x, factor: huge, counting)
        assert verdict.outcome == "wrong"
    assert "a number of about 400 digits" in _say(lambda x, factor: 10**400).message


def test_there_is_no_minus_zero():
    assert compare.compare(-0.0, 1.0).text == "Expected 0, got 1."


@pytest.mark.parametrize("answer", [5, None, "text", [1], torch.ones(2), math])
def test_an_answer_that_is_no_function(answer):
    verdict = _say(answer)
    assert verdict.outcome == "wrong" and "Give `check` the function itself" in verdict.message


def test_too_few_parameters():
    verdict = _say(lambda x: x)
    assert verdict.outcome == "wrong"
    assert "calls `scale(x, factor=2.0)`" in verdict.message and "(x)" in verdict.message


def test_a_stub_is_not_attempted():
    def stub(x, factor):
        # YOUR CODE HERE
        raise NotImplementedError()

    assert _say(stub).outcome == "not attempted"


def test_not_implemented_by_torch_is_an_error_of_the_answer():
    def half(x, factor):
        return torch.empty(2, 3, dtype=torch.float16).to_sparse_csr().cholesky()  # fails inside torch

    assert _say(half).outcome == "raised"


def test_raised_names_the_line_and_the_sizes():
    def broken(x, factor):
        return x + torch.zeros(9, x.shape[-1] + 6)

    verdict = _say(broken)
    assert verdict.outcome == "raised"
    assert "`return x + torch.zeros(9, x.shape[-1] + 6)`" in verdict.message
    assert "raised RuntimeError" in verdict.message and "3 is width" in verdict.message


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ZeroDivisionError("division by zero"), "Which count can be zero"),
        (SystemExit(0), "asks Python to quit"),
        (KeyboardInterrupt(), "raised KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (RecursionError("deep"), "When should it stop"),
    ],
)
def test_whatever_is_raised_becomes_a_verdict(error, words):
    def broken(x, factor):
        raise error

    verdict = _say(broken)
    assert verdict.outcome == "raised" and words in verdict.message


def test_an_exception_that_cannot_be_printed():
    class Mean(Exception):
        def __str__(self):
            raise ValueError

    def broken(x, factor):
        raise Mean

    assert _say(broken).outcome == "raised"


def test_input_is_never_waited_for():
    verdict = _say(lambda x, factor: input())
    assert verdict.outcome == "raised" and "waits for typed input" in verdict.message


def test_endless_loops_end():
    def loop(x, factor):
        while True:
            pass

    def stubborn(x, factor):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

    quick = _exercise(seconds=0.5)
    for answer in (loop, stubborn, lambda x, factor: time.sleep(1000)):
        started = time.monotonic()
        verdict = _say(answer, quick)
        assert verdict.outcome == "too long" and "still running after 0.5 seconds" in verdict.message
        assert time.monotonic() - started < 5


def test_what_only_a_process_of_its_own_survives(isolation):
    if isolation == "none":
        pytest.skip("in place, C code cannot be stopped")
    assert _say(lambda x, factor: sum(itertools.count()), _exercise(seconds=0.5)).outcome == "too long"
    assert "ended the whole Python process" in _say(lambda x, factor: os._exit(0)).message
    assert _say(lambda x, factor: os.kill(os.getpid(), 9)).outcome == "raised"
    assert _say(lambda x, factor: [0] * 10**11).outcome == "raised"


def test_ten_megabytes_of_prints():
    def loud(x, factor):
        for _ in range(10):
            print("x" * 1_000_000)
            print("y" * 1_000, file=sys.stderr)
        return x * factor

    judged = engine.examine(EXERCISE, loud)
    assert judged.verdict.diagnosis == "no_scaling"
    assert len(judged.printed) < 3000 and "characters more" in judged.printed


def test_changed_inputs_are_told_and_harm_nobody():
    def in_place(x, factor):
        x *= factor / math.sqrt(x.shape[-1])
        return x

    verdict = _say(in_place)
    assert verdict.outcome == "wrong" and verdict.message.count("changes its argument `x` in place") == 1
    assert _say(in_place, _exercise(mutates=["x"])).outcome == "right"


def test_global_state_is_as_before():
    def vandal(x, factor):
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(1)
        random.seed(1)
        np.random.seed(1)
        torch.set_grad_enabled(False)
        sys.setrecursionlimit(5000)
        os.environ["COURSE_TOY"] = "1"
        os.chdir("/")
        np.seterr(all="raise")
        sys.stdout = None
        return scale_copy(x, factor)

    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)
    before = (
        torch.get_default_dtype(),
        os.getcwd(),
        sys.getrecursionlimit(),
        np.geterr(),
        sys.stdout,
        dict(os.environ),
    )
    assert _say(vandal).outcome == "right"
    after = (torch.get_default_dtype(), os.getcwd(), sys.getrecursionlimit(), np.geterr(), sys.stdout, dict(os.environ))
    assert after == before and torch.is_grad_enabled()
    drawn = (torch.rand(1).item(), random.random(), np.random.random())
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)
    assert drawn == (torch.rand(1).item(), random.random(), np.random.random())


def test_a_learners_default_dtype_is_kept_and_does_not_matter():
    torch.set_default_dtype(torch.float64)
    try:
        assert _say(scale_copy).outcome == "right"
        assert torch.get_default_dtype() is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


class _Liar:
    __hash__ = None

    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0

    __le__ = __ge__ = __lt__ = __gt__ = __eq__

    def __float__(self):
        return 0.0

    def __repr__(self):
        raise ValueError


class _LyingNumber(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__
    __hash__ = float.__hash__


class _LyingTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func in (torch.Tensor.sub, torch.Tensor.__sub__):
            return torch.zeros(1)
        return super().__torch_function__(func, types, args, kwargs or {})

    def __eq__(self, other):
        return True


def test_objects_that_lie_about_equality():
    assert _say(lambda x, factor: _Liar()).outcome == "wrong"
    assert _say(lambda x, factor: [_Liar()]).outcome == "wrong"
    assert _say(lambda x, factor: (x * 0).as_subclass(_LyingTensor)).outcome == "wrong"
    number = _exercise(run=lambda answer, inputs, case: answer(**inputs))
    assert _say(lambda x, factor: _LyingNumber(0), number).outcome == "wrong"


def test_a_number_that_lies_where_a_number_is_expected():
    def area(side):
        return side * side

    exercise = _exercise(
        reference=area,
        cases=lambda rng: [Case({"side": float(s)}) for s in rng.uniform(1, 9, 3)],
        misconceptions=[Misconception(f"m{i}", lambda side, i=i: side + i, f"Sentence {i}.") for i in range(4)],
        properties=(),
    )
    assert _say(lambda side: side**2, exercise).outcome == "right"
    assert _say(lambda side: torch.tensor(side) ** 2, exercise).outcome == "right"
    assert _say(lambda side: np.float64(side) ** 2, exercise).outcome == "right"
    assert _say(lambda side: Fraction(side) ** 2, exercise).outcome == "right"
    assert _say(lambda side: _LyingNumber(0), exercise).outcome == "wrong"
    assert _say(lambda side: True, exercise).outcome == "wrong"
    assert _say(lambda side: str(side * side), exercise).outcome == "wrong"


def test_monkeypatched_libraries_do_not_help(monkeypatch):
    monkeypatch.setattr(torch, "allclose", lambda *a, **k: True)
    monkeypatch.setattr(torch, "equal", lambda *a, **k: True)
    monkeypatch.setattr(np, "allclose", lambda *a, **k: True)
    monkeypatch.setattr(np, "abs", lambda x: 0 * x)
    monkeypatch.setattr(math, "sqrt", lambda x: 1.0)
    mine = torch.allclose
    assert _say(lambda x, factor: x * factor).diagnosis == "no_scaling"
    assert torch.allclose is mine  # the learner's own patch is left to them
    monkeypatch.undo()


def test_patching_from_inside_an_answer():
    def patching(x, factor):
        torch.allclose = lambda *a, **k: True
        torch.Tensor.__sub__ = lambda a, b: torch.zeros(1)
        return x * factor

    kept = torch.allclose, torch.Tensor.__sub__
    try:
        assert _say(patching).diagnosis == "no_scaling"
        assert _say(lambda x, factor: x * factor).diagnosis == "no_scaling"
    finally:
        torch.allclose, torch.Tensor.__sub__ = kept


@pytest.mark.parametrize(
    "call",
    [
        lambda x: F.softmax(x, -1),
        lambda x: softmax_under_another_name(x, -1),
        lambda x: torch.nn.Linear(x.shape[-1], x.shape[-1])(x),
        lambda x: torch.softmax(x, -1),
    ],
)
def test_forbidden_calls_say_so(call):
    names = ["torch.nn.functional.softmax", "torch.softmax", "torch.nn.Linear"]
    strict = _exercise(forbids=names)

    def swallowing(x, factor):
        try:
            return call(x)
        except BaseException:
            return scale_copy(x, factor)

    for answer in (lambda x, factor: call(x), swallowing):
        verdict = _say(answer, strict)
        assert verdict.outcome == "wrong" and "does the work that this exercise asks you to do" in verdict.message
    call(torch.ones(1, 2, 3))  # everywhere else it works
    assert _say(scale_copy, strict).outcome == "right"


@pytest.mark.parametrize("kernel", [torch.ops.aten.tanh, torch.ops.aten.tanh.default], ids=str)
def test_the_kernels_inside_torch_are_no_way_round(kernel):
    verdict = _say(lambda x, factor: kernel(x))
    assert verdict.outcome == "wrong" and "`torch.ops.aten.tanh" in verdict.message


def test_a_missing_gradient_is_not_called_an_output_of_zero():
    def run(answer, inputs, case):
        x = inputs["x"].requires_grad_()
        out = answer(x, inputs["factor"])
        slope = torch.autograd.grad(out.sum(), x)[0] if out.requires_grad else torch.zeros_like(x)
        return {"value": out.detach(), "gradients": {"x": slope}}

    exercise = _exercise(run=run)
    assert _say(scale_copy, exercise).outcome == "right"
    verdict = _say(lambda x, factor: scale_copy(x.detach(), factor), exercise)
    assert verdict.outcome == "wrong" and "Every number" not in verdict.message
    assert "Every number you return is zero." in _say(lambda x, factor: scale_copy(x, factor) * 0, exercise).message


def test_the_case_shown_is_one_in_which_the_argument_was_changed():
    def sometimes(x, factor):
        out = scale_copy(x, factor)
        if x.shape[1] > 1:
            x.add_(1)
            return out
        return out + 1

    verdict = _say(sometimes)
    assert "changes its argument `x` in place" in verdict.message and "x of shape (1, 1," not in verdict.message


def test_a_change_in_place_that_gradients_do_not_survive_is_named():
    def run(answer, inputs, case):
        x = inputs["x"].clone().requires_grad_()
        out = answer(x * 1.0, inputs["factor"])
        return {"value": out.detach(), "gradients": {"x": torch.autograd.grad(out.sum(), x)[0]}}

    def squaring(x, factor):
        squares = x * x
        x += 1
        return squares

    assert "changes in place" in _say(squaring, _exercise(run=run)).message


def test_a_backward_pass_that_fails_is_no_output_of_a_wrong_kind():
    class Bent(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, gradient):
            return gradient.new_zeros(5)

    exercise = _exercise(run=lambda answer, inputs, case: values_and_gradients(answer, inputs, case))
    message = _say(lambda x, factor: Bent.apply(x), exercise).message
    assert "The backward pass through what your function returned fails" in message
    assert "which is not what the exercise asks for" not in message


def test_a_fault_in_the_type_alone_is_no_relation_of_numbers():
    """A symmetric output equals itself turned, which is not what was wrong with it."""

    def judge(case, output, expected):
        return None if output.dtype == expected.dtype else Mismatch("Another type.")

    def run(answer, inputs, case):
        return torch.ones(2, 2, dtype=answer(inputs["x"], inputs["factor"]).dtype)

    symmetric = _exercise(run=run, judge=judge, properties=())
    assert _say(scale_copy, symmetric).outcome == "right"
    verdict = _say(lambda x, factor: scale_copy(x, factor).double(), symmetric)
    assert "Another type." in verdict.message and "swapped" not in verdict.message


def test_forbidding_is_prepared_once_a_check(isolation):
    """It looks through the names of every module: done for each case, that took most of a check's time."""
    if isolation != "none":
        pytest.skip("another process does the counting")
    read = []

    class Names(list):
        def __iter__(self):
            read.append(1)
            return super().__iter__()

    strict = _exercise(forbids=Names(["torch.softmax"]))
    assert len(strict.cases(np.random.default_rng(0))) > 1
    assert _say(scale_copy, strict).outcome == "right" and len(read) == 1


def test_the_reference_may_not_be_called_but_may_be_judged():
    verdict = _say(lambda x, factor: scale(x, factor))
    assert verdict.outcome == "wrong" and "the course's own `scale`" in verdict.message
    assert _say(scale).outcome == "right"
    assert torch.equal(scale(torch.ones(1, 1, 4)), torch.ones(1, 1, 4))


def test_what_was_lent_is_not_counted():
    lent = engine.borrow(EXERCISE)
    assert torch.equal(lent(torch.ones(1, 1, 4)), torch.ones(1, 1, 4))
    verdict = _say(lent)
    assert verdict.outcome == "not attempted" and "lent to you" in verdict.message


def test_a_told_sentence_reaches_the_learner():
    def run(answer, inputs, case):
        raise Told("The parameter `w` is missing.")

    verdict = engine.examine(
        _exercise(
            run=lambda answer, inputs, case: (
                run(answer, inputs, case) if answer.__name__ == "mine" else answer(**inputs)
            )
        ),
        _named("mine"),
    ).verdict
    assert verdict.outcome == "wrong" and "The parameter `w` is missing." in verdict.message


def _named(name):
    def answer(x, factor):
        return x

    answer.__name__ = name
    return answer


def test_errors_in_what_was_returned_are_put_down_to_it():
    pair = _exercise(
        reference=scale_pair,
        run=_both,
        misconceptions=[Misconception(f"m{i}", lambda x, factor, i=i: (x + i + 1, x), f"S{i}.") for i in range(4)],
        properties=(),
    )
    verdict = _say(lambda x, factor: (x, x, x), pair)
    assert verdict.outcome == "wrong" and "Your function returned a tuple of 3 items, which is not" in verdict.message


def scale_pair(x, factor=2.0):
    return x * factor, x


def _both(answer, inputs, case):
    first, second = answer(**inputs)
    return {"first": first, "second": second}


def test_property_speaks_when_no_misconception_fits():
    ordered = _exercise(
        properties=[Property("small", lambda case, out: bool((out.abs() < 1e3).all()), "It should stay small.")]
    )
    verdict = _say(lambda x, factor: x * x * 1e9 + 1e6, ordered)
    assert verdict.message.startswith("It should stay small.")


def test_a_property_says_nothing_where_only_the_shape_is_wrong():
    small = _exercise(properties=[Property("small", lambda case, out: out.dim() == 3, "It should stay small.")])
    verdict = _say(lambda x, factor: scale_copy(x, factor)[None], small)
    assert "It should stay small." not in verdict.message and "the shape (1, 1, 3), got (1, 1, 1, 3)" in verdict.message


def test_what_is_wrong_in_one_part_of_several_is_related_to_it():
    both = _exercise(
        reference=scale_pair,
        run=lambda answer, inputs, case: {"first": answer(**inputs)[0], "twice": answer(**inputs)[0] * 2},
        misconceptions=[Misconception(f"m{i}", lambda x, factor, i=i: (x + i + 1, x), f"S{i}.") for i in range(4)],
        properties=(),
    )
    verdict = _say(lambda x, factor: (scale_copy(x, factor) * x.shape[-1], x), both)
    assert verdict.message.startswith("Every number is √width times the expected one.")


@pytest.mark.parametrize("change", [lambda x: x.transpose_(1, 2), lambda x: x.unsqueeze_(0), lambda x: x.mul_(2)])
def test_changed_arguments_are_seen_behind_a_run_of_its_own(change):
    def answer(x, factor):
        result = scale_copy(x, factor)
        change(x)
        return result

    cloning = _exercise(run=lambda answer, inputs, case: answer(inputs["x"].clone(), inputs["factor"]))
    verdict = _say(answer, cloning)
    assert verdict.outcome == "wrong" and "changes its argument `x` in place" in verdict.message


@pytest.mark.parametrize(
    "make",
    [
        lambda x: torch.nested.nested_tensor([x[0]]),
        lambda x: x.to("meta"),
        lambda x: x.to_sparse()[:, :, :1],
        lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.qint8),
    ],
)
def test_tensors_of_a_special_kind(make):
    assert _say(lambda x, factor: make(x)).outcome in ("wrong", "raised")


def test_partly_right_is_said():
    verdict = _say(lambda x, factor: scale_copy(x, factor) if x.shape[0] == 1 else x)
    assert "1 of 3 cases is right." in verdict.message


def test_cases_that_are_right_by_themselves_do_not_make_an_answer_partly_right():
    def refuse(x, factor):
        if factor < 0:
            raise ValueError("below 0")
        return scale_copy(x, factor) + 1

    def right(x, factor):
        return refuse(x, factor) - 1

    def many(rng):
        some, below = list(_cases(rng)), {"x": torch.ones(1, 1, 3), "factor": -1.0}
        return [*some, some[1], *[Case(below, "a factor below 0", {}, {"error": "below"})] * 4]

    exercise = _exercise(reference=right, cases=many, run=or_error(), misconceptions=EXERCISE.misconceptions[:4])

    def right_for(length):
        message = _say(lambda x, factor: refuse(x, factor) - float(x.shape[1] == length), exercise).message
        assert "Smallest failing case" in message
        return message.splitlines()[-1]

    assert not right_for(9).endswith("right."), "the errors are the stub's"
    assert not right_for(1).endswith("right."), "1 of 4 may be chance"
    assert right_for(3) == "2 of 4 cases are right."
    unrefused = _say(lambda x, factor: scale_copy(x, factor), exercise).message
    assert unrefused.endswith("4 of 8 cases are right."), "an error that is missing counts"


def _keeping_a_default(x, factor, kept=[]):  # noqa: B006
    kept.append(1)
    return scale_copy(x, factor) * len(kept)


def _keeping_the_first(x, factor, kept=[]):  # noqa: B006
    kept.append(x)
    return scale_copy(x, factor) + 0 * kept[0] + len(kept) - 1


def _keeping_an_attribute(x, factor):
    last = getattr(_keeping_an_attribute, "last", torch.zeros(()))
    last = last if last.shape == x.shape else torch.zeros_like(x)
    _keeping_an_attribute.last = x
    return scale_copy(x, factor) + last + 1


class _KeepingItself:
    calls = 0

    def __call__(self, x, factor):
        self.calls += 1
        return scale_copy(x, factor) + self.calls


def _own_generator(x, factor):
    return scale_copy(x, factor) + torch.tensor(np.random.default_rng().normal(), dtype=x.dtype)


@pytest.mark.parametrize(
    "answer", [_keeping_a_default, _keeping_the_first, _keeping_an_attribute, _KeepingItself(), _own_generator]
)
def test_what_is_kept_between_calls_is_told(answer):
    verdict = _say(answer)
    assert verdict.message.startswith("The same call gives something else the second time."), verdict.message
    assert verdict.outcome in ("wrong", "raised") and "Print `.shape`" not in verdict.message


def _of_no_order(x, factor):
    return [object(), (n for n in range(3))]


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, factor: scale_copy(x, factor) + torch.rand(()),
        lambda x, factor: scale_copy(x, factor) + random.random() + np.random.normal(),
        lambda x, factor: x * math.nan,
        lambda x, factor: x[7],
        _of_no_order,
        lambda x, factor: _Liar(),
    ],
)
def test_what_is_the_same_each_time_is_not_called_kept(answer):
    """Random numbers are the same in every call; the address of an object is another in each, and says nothing."""
    assert "the second time" not in _say(answer).message


def test_only_an_answer_that_nothing_else_explains_is_run_again(isolation):
    if isolation != "none":
        pytest.skip("another process does the counting")
    calls = []

    def counted(answer):
        calls.clear()
        _say(lambda x, factor: calls.append(1) or answer(x, factor))
        return len(calls)

    assert counted(scale_copy) == counted(EXERCISE.misconceptions[0].answer) == 3
    assert counted(lambda x, factor: x.add_(1)) == 3
    assert counted(lambda x, factor: x + 7) == 6


def test_fresh_cases_every_time_and_the_same_for_a_seed():
    first, second = (next(_cases(np.random.default_rng(s))).inputs["factor"] for s in (1, 2))
    assert first != second
    one, two = (engine.examine(EXERCISE, lambda x, factor: x * factor, seed=5).verdict for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hints": ("a",)}, "needs three hints"),
        ({"lesson": "3"}, "lesson must be two digits"),
        ({"id": "Scale"}, "module.name"),
        ({"difficulty": 4}, "difficulty must be"),
        ({"points": 0}, "points must be positive"),
        ({"misconceptions": EXERCISE.misconceptions[:3]}, "at least four misconceptions"),
        ({"misconceptions": [*EXERCISE.misconceptions, EXERCISE.misconceptions[0]]}, "the same name"),
    ],
)
def test_a_bad_record_is_refused_with_a_sentence(changes, words):
    with pytest.raises(ValueError, match=words):
        _exercise(**changes)


@pytest.mark.parametrize("value", [torch.relu, math.sin, scale_copy, torch.nn.GRU, [len]])
def test_a_function_among_the_inputs_is_shown_by_name(value):
    """Its repr holds an address, which says nothing and is another in every process."""
    text = compare.show(value)
    assert "0x" not in text and "`" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([0.25, 1 / 3], "[0.25, 0.3333]"),
        (torch.tensor([[3.0, 3.00002, -1.0]]), "[[3, 3.00002, -1]]"),
        ((0.3, 0.1 + 0.2, 0.3 + 3e-8), "(0.3, 0.3, 0.3)"),
    ],
)
def test_different_numbers_look_different(value, text):
    """Else a card shows two equal scores and says that one of them is larger. What rounding does stays hidden."""
    assert compare.show(value) == text
