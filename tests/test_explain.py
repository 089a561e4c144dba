"""What is said of an error and of an input, in words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from tests import toy  # noqa: F401  (puts the course on the path)
from utils.checks.explain import failure_text, shape_text
from utils.checks.model import Case
from utils.checks.registry import records
from utils.checks.sandbox import Failure


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (torch.nn.RNN(2, 3), "an RNN"),
        (torch.nn.LSTM(2, 3), "an LSTM"),
        (torch.nn.GRU(2, 3), "a GRU"),
        (torch.nn.Embedding(2, 3), "an Embedding"),
        (torch.nn.Linear(2, 3), "a Linear"),
        (torch.nn.ReLU(), "a ReLU"),
    ],
)
def test_modules_get_the_article_they_are_read_with(module: torch.nn.Module, said: str) -> None:
    assert shape_text(module, {}) == said


class Forgetful(torch.nn.Module):
    def __init__(self) -> None:
        self.layer = torch.nn.Linear(2, 2)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x: Forgetful() and x, "`super().__init__()` has to run before the first layer"),
        (lambda x: torch.nn.RNN(1, 2)(x[:, None]).sum(), "A tuple holds several results"),
        (lambda x: x @ torch.ones(2, 3), "Two shapes do not fit"),
    ],
)
def test_frequent_errors_come_with_advice(answer: Callable[[torch.Tensor], torch.Tensor], said: str) -> None:
    exercise = records()["positions.sinusoidal"]
    with pytest.raises(Exception) as raised:
        answer(torch.ones(3))
    failure = Failure(raised.typename, str(raised.value), "the line", 2)
    assert said in failure_text(exercise, failure, Case({"x": torch.ones(3)}, "three ones", {}))
