"""The two loops in which the lessons' models are trained: so many steps, or a budget of steps or of seconds.

A trainer says what its model is, how a batch becomes a loss, and what is looked at on the way; the steps themselves
(the gradient, its clipping, the learning rate, the bar) are the same everywhere. COURSE_PACE=quick shortens both loops.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from utils import pace

__all__ = ["History", "by_budget", "by_steps", "seeded"]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Work on one thread with random numbers from a seed; torch's random state and its threads are then as before."""
    with torch.random.fork_rng(devices=[]), pace.one_thread():
        torch.manual_seed(seed)
        yield


def _weights(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [weight for group in optimiser.param_groups for weight in group["params"]]


def by_steps(
    optimiser: torch.optim.Optimizer,
    loss: Callable[[int], Tensor],
    steps: int,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
    after: Callable[[int], None] = lambda step: None,
    title: str = "training",
    progress: bool = True,
) -> list[float]:
    """Make so many steps; the norm of the gradient over all weights is at most 1.

    Args:
        optimiser: of the weights that learn.
        loss: makes a batch and gives its loss. It is called with the number of the step, from 0.
        steps: how many.
        schedule: of the learning rate. By default it rises over the first tenth of the steps, then falls to zero.
        after: called with the number of the step once it is made.
        title, progress: of the bar, and whether to show one.

    Returns:
        The loss of each step.
    """
    steps = pace.steps(steps)
    warm = max(1, steps // 10)
    schedule = schedule or torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm))
    )
    losses: list[float] = []
    bar = tqdm(range(steps), desc=title, disable=not progress, leave=False)
    for step in bar:
        found = loss(step)
        optimiser.zero_grad()
        found.backward()
        nn.utils.clip_grad_norm_(_weights(optimiser), 1.0)
        optimiser.step()
        schedule.step()
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
                group["lr"] = rate * pace.rate_share(share)
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


def _show(bar: Any, history: History, share: float) -> None:
    recent = history.losses[-50:]
    bar.set_postfix_str(f"loss {sum(recent) / len(recent):.2f} nats, step {history.steps}", refresh=False)
    bar.update(min(100.0 * share, 100.0) - bar.n)
