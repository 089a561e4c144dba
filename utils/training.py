"""Two loops in which most of the lessons' models are trained: so many steps, or a budget of steps or of seconds.

A trainer says what its model is, how a batch becomes a loss, and what is looked at on the way; the steps themselves
(the gradient, its clipping, the learning rate, the bar) are the same for all of them. COURSE_PACE=quick shortens both.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from utils import pace

__all__ = ["History", "Schedule", "by_budget", "by_steps", "device_of", "drawn", "one_cycle", "rise_and_fall", "seeded"]

T = TypeVar("T")

Schedule = Callable[[torch.optim.Optimizer, int], torch.optim.lr_scheduler.LRScheduler]
"""Makes the schedule of the learning rate from an optimiser, which has the highest rate, and the number of steps."""


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Work on one thread with random numbers from a seed; torch's random state and its threads are then as before."""
    with torch.random.fork_rng(devices=[]), pace.one_thread():
        torch.manual_seed(seed)
        yield


def device_of(model: nn.Module) -> torch.device:
    """Where the model's weights are; the CPU if it has none."""
    return next((weight.device for weight in model.parameters()), torch.device("cpu"))


def drawn(refill: Callable[[], Iterable[T]], size: int) -> Iterator[list[T]]:
    """Batches without end, each of the same size; the rest of one round goes before the next.

    Args:
        refill: gives the examples of a round in a fresh order. It is called when too few are left for a batch, not
            before, and has to give at least one.
        size: of a batch, at least 1.
    """
    waiting: list[T] = []
    while True:
        while len(waiting) < size:
            waiting.extend(refill())
        yield waiting[:size]
        del waiting[:size]


def rise_and_fall(optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """The learning rate rises over the first tenth of the steps, then falls to zero; straight lines both."""
    warm = max(1, steps // 10)
    return torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm))
    )


def one_cycle(optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """`OneCycleLR`: the rate rises over the first tenth of the steps, then falls, as cosines; Adam's β₁ opposes it."""
    rates = [group["lr"] for group in optimiser.param_groups]
    return torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps, pct_start=0.1)


def _weights(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [weight for group in optimiser.param_groups for weight in group["params"]]


def by_steps(
    optimiser: torch.optim.Optimizer,
    loss: Callable[[int], Tensor],
    steps: int,
    schedule: Schedule = rise_and_fall,
    after: Callable[[int], None] = lambda step: None,
    title: str = "training",
    progress: bool = True,
) -> list[float]:
    """Make so many steps; the norm of the gradient over all weights is at most 1. Call it under `seeded`.

    Args:
        optimiser: of the weights that learn.
        loss: makes a batch and gives its loss. It is called with the number of the step, from 0.
        steps: how many. `pace.steps` is asked here; a caller who needs the number too may have asked it before.
        schedule: of the learning rate.
        after: called with the number of the step once it is made.
        title, progress: of the bar, and whether to show one.

    Returns:
        The loss of each step.
    """
    steps = pace.steps(steps)
    rates = schedule(optimiser, steps)
    losses: list[float] = []
    bar = tqdm(range(steps), desc=title, disable=not progress, leave=False)
    for step in bar:
        found = loss(step)
        optimiser.zero_grad()
        found.backward()
        nn.utils.clip_grad_norm_(_weights(optimiser), 1.0)
        optimiser.step()
        rates.step()
        losses.append(found.item())
        if step % 25 == 0:
            bar.set_postfix(loss=f"{losses[-1]:.2f}")
        after(step)
    return losses


@dataclasses.dataclass
class History:
    """What was seen while a model was trained.

    Args:
        losses: the loss of every step, in nats per character or word.
        validation: (step, bits per character on the held-out text), if one was given.
        seconds: how long the training took, without the scoring of the held-out text.
        steps: how many steps it had.
    """

    losses: list[float] = dataclasses.field(default_factory=list)
    validation: list[tuple[int, float]] = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    steps: int = 0


def by_budget(
    model: nn.Module,
    optimisers: Sequence[torch.optim.Optimizer],
    loss: Callable[[], Tensor],
    steps: int | None,
    seconds: float | None,
    rate: float,
    clip: float = 1.0,
    seed: int = 0,
    progress: bool = True,
    after: Callable[[History], None] = lambda history: None,
) -> History:
    """Train a model in place until its steps or its seconds are spent; see `seeded` for what is left as it was.

    The learning rate rises over the first twentieth of the budget, then falls as a cosine.

    Args:
        model: left in evaluation mode.
        optimisers: of its weights.
        loss: makes a batch and gives its loss.
        steps: how many steps; the result is then the same on every run.
        seconds: how long instead, in seconds of the wall clock. Give one of the two.
        rate: the highest learning rate.
        clip: the largest norm of the gradient over all weights of the first optimiser.
        seed: of everything random.
        progress: whether to show a bar with the loss.
        after: called after every step; the time it takes is not counted.

    Raises:
        ValueError: a budget that is missing, given twice, or not positive; a loss that is no longer a number.
    """
    if (steps is None) == (seconds is None):
        raise ValueError(f"Give either steps or seconds, not steps={steps} and seconds={seconds}.")
    budget = steps if steps is not None else seconds
    if budget is None or not budget > 0:
        raise ValueError(f"The budget must be positive, not {budget}.")
    if pace.quick():
        budget = steps = pace.steps(pace.QUICK_STEPS if steps is None else steps)
    history = History()
    form = "{desc} {bar} {n:.0f} %{postfix}"
    with seeded(seed), tqdm(total=100, desc="training", disable=not progress, bar_format=form) as bar:
        model.train()
        start = time.perf_counter()
        while (share := (history.seconds if steps is None else history.steps) / budget) < 1:
            for group in (group for optimiser in optimisers for group in optimiser.param_groups):
                group["lr"] = rate * _rate_share(share)
            found = loss()
            model.zero_grad(set_to_none=True)
            found.backward()
            nn.utils.clip_grad_norm_(_weights(optimisers[0]), clip)
            for optimiser in optimisers:
                optimiser.step()
            history.steps += 1
            history.losses.append(found.item())
            history.seconds = time.perf_counter() - start
            if not math.isfinite(history.losses[-1]):
                model.eval()
                raise ValueError(
                    f"The loss is {history.losses[-1]} after {history.steps} steps: use a lower rate, or clip harder."
                )
            if history.steps % 10 == 0:
                _show(bar, history, (history.seconds if steps is None else history.steps) / budget)
            after(history)
            start = time.perf_counter() - history.seconds
        _show(bar, history, 1.0)
    model.eval()
    return history


def _rate_share(share: float, rise: float = 0.05, floor: float = 0.02) -> float:
    """The learning rate as a part of the highest, when this share of the budget is spent: it rises, then falls.

    Args:
        share: spent of the budget of steps or seconds, from 0 to 1.
        rise: the share in which the rate rises on a straight line; after it, it falls as a cosine.
        floor: what is left of the rate at the end.
    """
    if share < rise:
        return (share + 0.1 * rise) / (1.1 * rise)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * (share - rise) / (1 - rise)))


def _show(bar: Any, history: History, share: float) -> None:
    recent = history.losses[-50:]
    bar.set_postfix_str(f"loss {sum(recent) / len(recent):.2f} nats, step {history.steps}", refresh=False)
    bar.update(min(100.0 * share, 100.0) - bar.n)
