"""What is said of an error and of an input, in words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
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


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.ones(2, 2, dtype=torch.bool), "= [[True, True], [True, True]]"),
        (torch.ones(4, 4, dtype=torch.bool).tril(), "[True, True, True, True]]"),
        (torch.arange(16).view(2, 8), "[8, 9, 10, 11, 12, 13, 14, 15]]"),
        (np.arange(15).reshape(5, 3), "[12, 13, 14]]"),
        (torch.zeros(3, 3), "of shape (3, 3)"),
        (torch.arange(16), "of shape (16)"),
    ],
)
def test_small_tables_are_printed_whole_or_by_their_shape(value: object, said: str) -> None:
    """A mask and a list of edges have to be seen to be computed by hand; half a table helps nobody."""
    text = shape_text(value, {})
    assert text.endswith(said) and "..." not in text


def test_sizes_stand_before_the_numbers() -> None:
    text = shape_text(torch.tensor([[0, 1, 2], [1, 2, 0]]), {"edges": 3})
    assert text == "of shape (2, edges = 3) = [[0, 1, 2], [1, 2, 0]]"
