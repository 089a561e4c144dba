"""The loops in which the lessons' models are trained keep what they promise."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from utils import pace
from utils.training import History, Schedule, by_budget, by_steps, device_of, drawn, one_cycle, rise_and_fall, seeded


@pytest.fixture(autouse=True)
def full_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COURSE_PACE", raising=False)


def weight(*numbers: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor(numbers))


class Line(nn.Module):
    """A model of one weight; the gradient of its loss is `slope`."""

    def __init__(self, start: float = 0.0, slope: float = 1.0) -> None:
        super().__init__()
        self.w, self.slope = weight(start), slope

    def forward(self) -> Tensor:
        return self.slope * self.w.sum()


def sgd(model: Line, rate: float = 1.0) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), rate)


def rates_of(*schedule: Schedule, steps: int, highest: float = 1.0) -> list[float]:
    """The learning rate of each step, read while its loss is computed."""
    model, seen = Line(), []
    optimiser = torch.optim.Adam(model.parameters(), highest)

    def loss(step: int) -> Tensor:
        seen.append(optimiser.param_groups[0]["lr"])
        return model()

    by_steps(optimiser, loss, steps, *schedule, progress=False)
    return seen


# -------------------------------------------------------------------------------------------------------- so many steps


def test_the_gradient_has_at_most_norm_one_over_all_weights() -> None:
    one, two = weight(0.0, 0.0), weight(0.0)
    optimiser = torch.optim.SGD([{"params": [one]}, {"params": [two]}], 1.0)
    moved = []

    def loss(step: int) -> Tensor:
        scale = (100.0, 0.1)[step]
        return scale * (2 * one[0] + one[1] + 2 * two.sum())

    def after(step: int) -> None:
        moved.append(torch.cat([one.grad, two.grad]).norm().item())

    by_steps(optimiser, loss, 2, after=after, progress=False)
    assert moved == pytest.approx([1.0, 0.3])  # a small one is left as it is


def test_the_rate_rises_over_a_tenth_and_falls_to_zero() -> None:
    seen = rates_of(rise_and_fall, steps=20, highest=0.5)
    assert seen == pytest.approx([0.25, 0.5, *(0.5 * left / 18 for left in range(18, 0, -1))])
    assert rates_of(steps=20, highest=0.5) == seen  # by default


def test_one_cycle_is_pytorchs() -> None:
    optimiser = torch.optim.Adam([weight(0.0)], 0.02)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.02, total_steps=30, pct_start=0.1)
    expected = []
    for _ in range(30):
        expected.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        theirs.step()
    assert rates_of(one_cycle, steps=30, highest=0.02) == expected and max(expected) == pytest.approx(0.02)


@pytest.mark.parametrize("steps", [1, 2, 9, 12])
@pytest.mark.parametrize("schedule", [rise_and_fall, one_cycle])
def test_schedules_suit_few_steps(schedule: Schedule, steps: int) -> None:
    assert all(0 <= rate <= 1 and math.isfinite(rate) for rate in rates_of(schedule, steps=steps))


def test_each_step_has_its_loss_then_what_comes_after() -> None:
    model, told = Line(start=5.0), []

    def loss(step: int) -> Tensor:
        told.append(("loss", step, model.w.item()))
        return model()

    def after(step: int) -> None:
        told.append(("after", step, model.w.item()))

    losses = by_steps(sgd(model), loss, 3, after=after, progress=False)
    assert [(what, step) for what, step, _ in told] == [(w, s) for s in range(3) for w in ("loss", "after")]
    values = [value for _, _, value in told]
    assert losses == values[::2]  # before the step
    assert all(after < before for before, after in zip(values[::2], values[1::2]))  # the weights have moved by then
    assert values[1:-1:2] == values[2::2]


def test_steps_are_few_at_a_quick_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Line()
    assert len(by_steps(sgd(model), lambda step: model(), 40, progress=False)) == 40
    monkeypatch.setenv("COURSE_PACE", "quick")
    assert len(by_steps(sgd(model), lambda step: model(), 40, progress=False)) == pace.QUICK_STEPS
    assert len(by_steps(sgd(model), lambda step: model(), 5, progress=False)) == 5


# ------------------------------------------------------------------------------------------------------------- a budget


@pytest.mark.parametrize(
    ("steps", "seconds", "message"),
    [
        (None, None, "either steps or seconds"),
        (3, 1.0, "either steps or seconds"),
        (0, None, "positive, not 0"),
        (-1, None, "positive, not -1"),
        (None, 0.0, "positive, not 0.0"),
        (None, math.nan, "positive, not nan"),
    ],
)
@pytest.mark.parametrize("quick", [False, True])
def test_a_budget_is_given_once_and_positive(
    steps: int | None, seconds: float | None, message: str, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_PACE", "quick" if quick else "full")
    model = Line()
    with pytest.raises(ValueError, match=message):
        by_budget(model, [sgd(model)], model, steps, seconds, 0.1, progress=False)
    assert model.w.item() == 0


def test_a_budget_of_steps_is_spent_under_a_curve() -> None:
    model, rates = Line(start=1.0), []
    optimiser = sgd(model)

    def after(history: History) -> None:
        assert history.steps == len(history.losses) == len(rates) + 1
        rates.append(optimiser.param_groups[0]["lr"])

    history = by_budget(model, [optimiser], model, 200, None, 0.5, progress=False, after=after)
    assert history.steps == len(history.losses) == 200 and not model.training
    top = rates.index(max(rates))
    assert top == 10 and max(rates) == pytest.approx(0.5)  # a twentieth
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[0] < 0.06 and 0 < rates[-1] < 0.011


def test_a_budget_of_seconds_is_spent() -> None:
    model = Line()
    history = by_budget(model, [sgd(model)], model, None, 0.05, 0.1, progress=False)
    assert history.seconds >= 0.05 and history.steps == len(history.losses) > 1


@pytest.mark.parametrize("budget", [(5000, None), (None, 500.0)])
def test_a_budget_is_small_at_a_quick_pace(
    budget: tuple[int | None, float | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_PACE", "quick")
    model = Line()
    assert by_budget(model, [sgd(model)], model, *budget, 0.1, progress=False).steps == pace.QUICK_STEPS


def test_only_the_first_optimisers_gradient_is_clipped() -> None:
    both = nn.ModuleList([Line(slope=50.0), Line(slope=50.0)])
    optimisers = [torch.optim.SGD(part.parameters(), 1.0) for part in both]
    seen = []
    by_budget(
        both,
        optimisers,
        lambda: both[0]() + both[1](),
        1,
        None,
        1.0,
        clip=0.25,
        progress=False,
        after=lambda history: seen.extend(part.w.grad.item() for part in both),
    )
    assert seen == pytest.approx([0.25, 50.0])


@pytest.mark.parametrize("slope", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_training(slope: float) -> None:
    model = Line(start=1.0, slope=slope)
    with pytest.raises(ValueError, match=f"The loss is {slope} after 1 steps"):
        by_budget(model, [sgd(model)], model, 9, None, 0.1, progress=False)
    assert not model.training


# ------------------------------------------------------------------------------------- random numbers, threads, batches


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def noisy(seed: int) -> list[float]:
    """The losses of a budget that has random numbers in them."""
    model = Line()

    def loss() -> Tensor:
        assert torch.get_num_threads() == 1
        return model() + torch.rand(())

    return by_budget(model, [sgd(model)], loss, 3, None, 0.1, seed=seed, progress=False).losses


def test_random_state_and_threads_are_as_before(two_threads: None) -> None:
    state = torch.random.get_rng_state()
    drawn_numbers = []
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), seeded(3):
            assert torch.get_num_threads() == 1
            drawn_numbers.append(torch.rand(4).tolist())
            raise ZeroDivisionError
    assert drawn_numbers[0] == drawn_numbers[1]
    losses = [noisy(seed) for seed in (1, 1, 2)]
    assert losses[0] == losses[1] and losses[0] != losses[2]
    assert torch.equal(torch.random.get_rng_state(), state) and torch.get_num_threads() == 2


def test_batches_are_drawn_round_after_round() -> None:
    rounds = iter([[1, 2, 3], [4], [5, 6, 7, 8, 9], [10, 11, 12]])
    asked = []

    def refill() -> list[int]:
        asked.append(next(rounds))
        return asked[-1]

    batches = drawn(refill, 2)
    assert not asked  # not before it is needed
    assert next(batches) == [1, 2] and len(asked) == 1
    assert next(batches) == [3, 4] and len(asked) == 2
    assert [next(batches) for _ in range(3)] == [[5, 6], [7, 8], [9, 10]] and len(asked) == 4
    assert next(drawn(lambda: [1, 2], 5)) == [1, 2, 1, 2, 1]


def test_a_model_is_where_its_weights_are() -> None:
    assert device_of(nn.Linear(2, 2, device="meta")).type == "meta" and device_of(nn.Identity()).type == "cpu"
