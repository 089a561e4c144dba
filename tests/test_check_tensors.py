"""What exercises on tensors share: each way to be wrong gets words of its own, and nothing right is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from utils.checks.compare import plain
from utils.checks.model import Case, Told
from utils.checks.tensors import (
    floating,
    integers,
    judge_gradients,
    judge_tensors,
    normal,
    or_error,
    random_mask,
    strided,
    values_and_gradients,
)


def half(x: Tensor, w: Tensor) -> Tensor:
    return torch.tanh(x @ w) / 2


def said(answer: Callable[..., Any], *, dtype: torch.dtype = torch.float32, extra: dict[str, Any] | None = None) -> str:
    """What the judge says of an answer where `half` is right; nothing if it is right."""
    rng = np.random.default_rng(0)
    inputs = {"x": normal(rng, 2, 3).to(dtype), "w": normal(rng, 3, 5).to(dtype)}
    case = Case(inputs, "a case", {}, extra or {})
    right, got = (plain(values_and_gradients(one, dict(inputs), case)) for one in (half, answer))
    found = judge_tensors("result")(case, got, right)
    return found.text if found else ""


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_another_right_formula_passes(dtype: torch.dtype) -> None:
    assert said(lambda x, w: (torch.sigmoid(2 * (x @ w)) * 2 - 1) / 2, dtype=dtype) == ""
    assert said(lambda a, b: torch.tanh(torch.einsum("ij,jk->ik", a, b)) * 0.5, dtype=dtype) == ""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, w: torch.tanh(x @ w), "result"),
        (lambda x, w: half(x, w).T, "shape"),
        (lambda x, w: half(x, w).detach(), "no gradient reaches `x`"),
        (lambda x, w: half(x, w.detach()), "no gradient reaches `w`"),
        (lambda x, w: half(x, w) * 0 + half(x, w).detach() + x.sum() * 0, "no gradient reaches `x`"),
        (lambda x, w: half(x, w) + x[0, 0] - x[0, 0].detach(), "their gradient is not"),
        (lambda x, w: None, "None"),
    ],
)
def test_wrong_answers_are_told_what_is_wrong(answer: Callable[..., Any], words: str) -> None:
    assert words in said(answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            lambda x, w: half(x.float(), w.float()),
            "Expected float64 for your result, the type of the inputs; got float32",
        ),
        (lambda x, w: half(x.float(), w.float()).double(), "only about seven digits"),
    ],
)
def test_digits_that_get_lost_are_noticed(answer: Callable[..., Any], words: str) -> None:
    assert words in said(answer, dtype=torch.float64)


@pytest.mark.parametrize("name", ["state", "the state", "states", "the states"])
def test_what_is_yours_has_no_article_and_no_number(name: str) -> None:
    right = torch.tensor([1.0, 1 / 3], dtype=torch.float64)
    judge, case = judge_tensors(name), Case({"x": right}, "a case", {})
    for got in (right.float(), right.float().double()):
        found = judge(case, got, right)
        assert found and f"your {name.removeprefix('the ')}" in found.text
        assert "your the" not in found.text and f", your {name} is" not in found.text


def test_float64_for_float32_passes_unless_a_layer_gives_it() -> None:
    right = torch.ones(3)
    weights = {"state": {"w": right}}
    for case in (
        Case({}),
        Case({"x": right}),
        Case({"x": right.double()}, extra=weights),
        Case({"state": [right.double(), None]}, extra=weights),
        Case({"x": right, "layer": torch.nn.Linear(2, 3).double()}),
    ):
        assert judge_tensors("h")(case, right.double(), right) is None
    for case in (
        Case({"x": right, "state": (right, None)}, extra=weights),
        Case({"ids": torch.ones(3, dtype=torch.int64)}, extra=weights),
        Case({"layer": torch.nn.Linear(2, 3)}),
    ):
        assert judge_tensors("h")(case, right.clone(), right) is None
        found = judge_tensors("h")(case, right.double(), right)
        assert found and "The numbers of your h are right, but their type is float64" in found.text
        found = judge_tensors("h", "c")(case, (right, right.double()), (right, right))
        assert found and found.where == "c"
        assert judge_tensors("loss")(case, right.sum().double(), right.sum()) is None


def test_the_type_of_an_input_is_asked_for_by_its_name() -> None:
    case, right = Case({"x": torch.ones(3)}, "a case", {}), torch.ones(3)
    assert judge_tensors("h", type_of="x")(case, right.clone(), right) is None
    for given in (case, Case({})):
        found = judge_tensors("h", type_of="x")(given, right.double(), right)
        assert found and "should be that of `x`, float32, and is float64" in found.text


def test_what_usually_cuts_a_gradient_off_is_listed() -> None:
    """Only what is known is said for certain: under `no_grad` nothing is taken apart."""
    text = said(torch.no_grad()(half))
    for cause in ("torch.no_grad()", ".detach()", ".data", ".item()", ".tolist()", "torch.tensor(...)", "usually"):
        assert cause in text
    assert "is taken apart" not in text and "could not learn" not in text


def test_gradients_are_not_asked_for_where_the_case_says_so() -> None:
    assert said(lambda x, w: half(x, w).detach(), extra={"values only": True}) == ""


def test_a_gradient_where_none_should_be_is_told() -> None:
    case = Case({"x": torch.ones(3)}, "a case", {})

    def run(answer: Callable[..., Any]) -> Any:
        return plain(values_and_gradients(answer, dict(case.inputs), case))

    found = judge_tensors("y")(case, run(lambda x: x * 2), run(lambda x: x.detach() * 2))
    assert found and "where none should" in found.text


def test_parts_are_judged_by_name() -> None:
    judge, case = judge_tensors("h", "c"), Case({}, "a case", {})
    right = (torch.ones(2), torch.zeros(3))
    assert judge(case, (torch.ones(2), torch.zeros(3)), right) is None
    wrong, single = judge(case, (torch.ones(2), torch.ones(3)), right), judge(case, torch.ones(2), right)
    assert wrong and wrong.where.startswith("c")
    assert single and "Return 2 things: h and c. You return a tensor of shape" in single.text


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (torch.tensor([1, 2], dtype=torch.int32), "int64"),
        (torch.tensor([1.0, 2.0]), "type is not"),
        (torch.tensor([1, 2]), ""),
    ],
)
def test_kinds_of_numbers(got: Tensor, words: str) -> None:
    found = judge_tensors("ids")(Case({}, "a case", {}), got, torch.tensor([1, 2]))
    assert words in found.text if words else found is None


def test_an_error_that_is_right_has_to_name_the_value() -> None:
    def refuses(text: str) -> Callable[[int], int]:
        def answer(n: int) -> int:
            if n < 0:
                raise ValueError(text)
            return n

        return answer

    run = or_error()
    bad, good = Case({"n": -3}, "a negative n", {}, {"error": "-3"}), Case({"n": 3}, "three", {})
    assert run(refuses("not -3"), dict(bad.inputs), bad) == "ValueError"
    assert run(refuses("not -3"), dict(good.inputs), good) == 3
    with pytest.raises(Told, match="should name what it refuses: it lacks “-3”"):
        run(refuses("too small"), dict(bad.inputs), bad)
    with pytest.raises(Told, match="should be raised"):
        run(lambda n: n, dict(bad.inputs), bad)
    both = Case({"n": -3}, "a negative n", {}, {"error": ("-3", "0")})
    assert run(refuses("-3 is below 0"), dict(both.inputs), both) == "ValueError"
    with pytest.raises(Told, match="it lacks “0”"):
        run(refuses("-3 is too small"), dict(both.inputs), both)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("n"), "ended in a KeyError instead. It comes from a look-up"),
        (IndexError("n"), "ended in an IndexError instead. It comes from a look-up"),
        (TypeError("n"), "asked for (a negative n). Your code ended in a TypeError instead."),
    ],
)
def test_another_error_than_the_right_one_is_told_as_such(error: Exception, words: str) -> None:
    def answer(n: int) -> int:
        raise error

    case = Case({"n": -3}, "a negative n", {}, {"error": "-3"})
    with pytest.raises(Told) as told:
        or_error()(answer, dict(case.inputs), case)
    assert words in str(told.value)


def test_an_exercise_not_begun_is_no_wrong_error() -> None:
    def answer(n: int) -> int:
        raise NotImplementedError

    case = Case({"n": -3}, "a negative n", {}, {"error": "-3"})
    with pytest.raises(NotImplementedError):
        or_error()(answer, dict(case.inputs), case)


def test_writing_into_an_argument_is_left_for_the_engine_to_see() -> None:
    inputs = {"x": torch.ones(2, 3)}
    values_and_gradients(lambda x: x.mul_(2), inputs, Case(inputs, "a case", {}))
    assert inputs["x"].eq(2).all()


@pytest.mark.parametrize("shape", [(2, 3), (4,), (2, 3, 5)])
def test_strided_tensors_hold_the_same_numbers(shape: tuple[int, ...]) -> None:
    x = normal(np.random.default_rng(0), *shape)
    assert torch.equal(strided(x), x) and not strided(x).is_contiguous()


def test_the_layout_in_memory_reaches_the_answer() -> None:
    seen = []
    inputs = {"x": strided(torch.ones(2, 3))}
    values_and_gradients(lambda x: seen.append(x.is_contiguous()) or x * 1, inputs, Case(inputs, "a case", {}))
    assert seen == [False]


def test_inputs_are_of_the_promised_kind() -> None:
    rng = np.random.default_rng(0)
    drawn = integers(rng, 9, 4, 500, low=3)
    assert drawn.dtype == torch.int64 and (drawn.min(), drawn.max()) == (3, 8) and not floating(drawn)
    chosen = random_mask(rng, 7, 4)
    assert chosen.any(dim=-1).all() and not chosen.all(dim=-1).any()
    assert random_mask(rng, 3, 1).all()


@pytest.mark.parametrize("mine", [0.0, 2e-7])
@pytest.mark.parametrize("right", [0.0, 1e-7])
def test_rounding_and_an_exact_zero_are_the_same_gradient(right: float, mine: float) -> None:
    """A bias of the keys gets no gradient on paper: one right answer rounds there, another never touches it."""
    weight = torch.tensor([1.0, 2.0])
    gradients = ({"weight": weight, "bias": torch.full((2,), share)} for share in (right, mine))
    assert judge_gradients(*gradients, floor=1e-6) is None


def test_a_gradient_above_the_floor_may_not_be_missing() -> None:
    found = judge_gradients({"bias": torch.tensor([1e-3])}, {"bias": torch.zeros(1)}, floor=1e-6)
    assert found and "no gradient reaches `bias`" in found.text
