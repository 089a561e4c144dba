"""The exercises of lesson 05: a recurrent network, its loss, its batches, and what it writes.

Sizes within a case differ pairwise, so no two axes can be mistaken for one another.
"""

from __future__ import annotations

import bisect
import math
import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import rnn
from utils.checks.compare import compare
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.checks.modules import changed, random_state, randomised, run_module
from utils.checks.tensors import (
    differentiate,
    floating,
    integers,
    judge_one,
    judge_tensors,
    normal,
    or_error,
    refused,
    tell_if_changed,
    values_and_gradients,
)

LIBRARY = ("torch.nn.RNN", "torch.nn.RNNCell", "torch.rnn_tanh", "torch.rnn_tanh_cell")

# --------------------------------------------------------------------------------------- 1 · one step


def _step(rng: np.random.Generator, batch: int, width: int, hidden: int) -> dict[str, Any]:
    return {
        "x": normal(rng, batch, width),
        "h": normal(rng, batch, hidden, std=0.6),
        "w": normal(rng, hidden, width, std=0.5),
        "u": normal(rng, hidden, hidden, std=0.5),
        "b": normal(rng, hidden, std=0.5),
    }


def _step_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, batch: int, width: int, hidden: int) -> Case:
        sizes = {"batch": batch, "input_size": width, "hidden": hidden}
        return Case(_step(rng, batch, width, hidden), about, sizes)

    double = {name: value.double() for name, value in _step(rng, 3, 5, 2).items()}
    large = _step(rng, 3, 4, 6)
    large["b"] = torch.tensor([300.0, -250, 200, -400, 350, -150]) + 10 * large["b"]
    turned = _step(rng, 4, 3, 6)
    turned["x"], turned["u"] = turned["x"].T.contiguous().T, turned["u"].T.contiguous().T
    return [
        case("two sequences", 2, 3, 4),
        case("a batch of one", 1, 4, 3),
        case("a state of one number", 3, 2, 1),
        Case(double, "float64", {"batch": 3, "input_size": 5, "hidden": 2}),
        Case(turned, "tensors whose rows do not lie in one piece", {"batch": 4, "input_size": 3, "hidden": 6}),
        Case(large, "sums of hundreds", {"batch": 3, "input_size": 4, "hidden": 6}, {"values only": True}),
    ]


def _tanh_by_exponentials(a: Tensor) -> Tensor:
    return (a.exp() - (-a).exp()) / (a.exp() + (-a).exp())


def _tanh_by_one_exponential(a: Tensor) -> Tensor:
    return ((2 * a).exp() - 1) / ((2 * a).exp() + 1)


STEP = Exercise(
    id="rnn.step",
    lesson="05",
    title="One step",
    reference=rnn.rnn_step,
    cases=_step_cases,
    run=values_and_gradients,
    judge=judge_tensors("the new state"),
    forbids=LIBRARY,
    points=1,
    minutes=5,
    difficulty=1,
    misconceptions=(
        Misconception(
            "logistic",
            lambda x, h, w, u, b: torch.sigmoid(x @ w.T + h @ u.T + b),
            "All your states lie between 0 and 1: that is the logistic function. The exercise asks for tanh, which"
            " goes from −1 to 1.",
        ),
        Misconception(
            "no_tanh",
            lambda x, h, w, u, b: x @ w.T + h @ u.T + b,
            "What you return is the sum inside the tanh. Without a nonlinearity many steps are one matrix product.",
        ),
        Misconception(
            "relu",
            lambda x, h, w, u, b: torch.relu(x @ w.T + h @ u.T + b),
            "No number of your state is negative, some are exactly 0: that is a ReLU, and tanh is asked for.",
        ),
        Misconception(
            "u_turned",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + h @ u + b),
            "The part that comes from x is right, the part that comes from h is not: U is used turned. A square"
            " matrix fits both ways round, so no error tells you. States are rows here.",
        ),
        Misconception(
            "no_bias",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + h @ u.T),
            "The bias is missing: with x and h equal to zero, your new state would be zero, whatever b is.",
        ),
        Misconception(
            "bias_outside",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + h @ u.T) + b,
            "The bias is added after the tanh, so that your state can leave the range from −1 to 1.",
        ),
        Misconception(
            "state_forgotten",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + b),
            "Your new state does not depend on the old one: such a network remembers nothing.",
        ),
        Misconception(
            "input_forgotten",
            lambda x, h, w, u, b: torch.tanh(h @ u.T + b),
            "Your new state does not depend on x: such a network reads nothing.",
        ),
        Misconception(
            "two_tanhs",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + b) + torch.tanh(h @ u.T),
            "You squash what comes from x and what comes from h each by itself. The sum of all three parts goes"
            " through one tanh.",
        ),
        Misconception(
            "state_added",
            lambda x, h, w, u, b: h + torch.tanh(x @ w.T + h @ u.T + b),
            "Your result differs from the right one by exactly h: you add the old state. It enters through U only.",
        ),
        Misconception(
            "bias_twice",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + h @ u.T + 2 * b),
            "The bias is added twice, once with each product. There is one b for both.",
        ),
        Misconception(
            "bias_subtracted",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + h @ u.T - b),
            "The bias enters with the wrong sign: it is added.",
        ),
        Misconception(
            "u_subtracted",
            lambda x, h, w, u, b: torch.tanh(x @ w.T - h @ u.T + b),
            "What comes from the old state enters with the wrong sign: it is added.",
        ),
        Misconception(
            "exponentials_overflow",
            lambda x, h, w, u, b: _tanh_by_exponentials(x @ w.T + h @ u.T + b),
            "For small sums you are right. For a sum of hundreds you return nan, since e to that power is more than a"
            " float can hold; tanh is simply 1 there.",
        ),
        Misconception(
            "one_exponential_overflows",
            lambda x, h, w, u, b: _tanh_by_one_exponential(x @ w.T + h @ u.T + b),
            "For small sums you are right. For a sum of many hundreds you return nan: e to that power is more than a"
            " float can hold, and infinity by infinity is no number. tanh is simply 1 there.",
        ),
        Misconception(
            "old_state_cut",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + h.detach() @ u.T + b),
            "The numbers are right, but h is detached: no earlier step could learn from this one.",
        ),
        Misconception(
            "state_outside",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + b) + h @ u.T,
            "What comes from the old state is added after the tanh, so that your state can leave the range from −1 to"
            " 1. It belongs into the sum inside.",
        ),
        Misconception(
            "u_left_out",
            lambda x, h, w, u, b: torch.tanh(x @ w.T + h + b),
            "The old state enters as it is, and U changes nothing: the network could not learn what to keep of it.",
        ),
        Misconception(
            "logistic_stretched",
            lambda x, h, w, u, b: 2 * torch.sigmoid(x @ w.T + h @ u.T + b) - 1,
            "A logistic function, stretched to the range from −1 to 1, is a tanh, but of half its argument: your states"
            " are too small wherever the sum is.",
        ),
    ),
    hints=(
        "Three things are added: what x brings, what the old state brings, and the bias. Then comes the tanh.",
        "One sequence is a row, so W x becomes a product of x with W turned: (batch, input_size) times (input_size,"
        " hidden).",
        "`x @ w.T` has the shape (batch, hidden). Make the same of `h` and `u`; `b` is added to every row by itself.",
    ),
)

# --------------------------------------------------------------------------------------- 2 · a layer


def _layer_case(
    rng: np.random.Generator,
    about: str,
    sizes: tuple[int, int, int, int],
    batch_first: bool,
    with_state: bool,
    double: bool = False,
) -> Case:
    batch, length, width, hidden = sizes
    shape = (batch, length) if batch_first else (length, batch)
    inputs: dict[str, Any] = {
        "input_size": width,
        "hidden": hidden,
        "batch_first": batch_first,
        "x": normal(rng, *shape, width),
        "state": normal(rng, 1, batch, hidden, std=0.7) if with_state else None,
    }
    weights = random_state(rng, rnn.RNN(width, hidden), 0.5)
    if double:
        inputs = {k: v.double() if floating(v) else v for k, v in inputs.items()}
    named = {"batch": batch, "length": length, "input_size": width, "hidden": hidden}
    return Case(inputs, about, named, {"state": weights})


def _layer_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _layer_case(rng, "length first, a fresh start", (2, 4, 3, 5), False, False),
        _layer_case(rng, "batch first, a fresh start", (2, 5, 4, 3), True, False),
        _layer_case(rng, "length first, a state to go on from", (3, 5, 2, 4), False, True),
        _layer_case(rng, "batch first, a state to go on from", (4, 3, 5, 2), True, True),
        _layer_case(rng, "one sequence of one step", (1, 1, 4, 3), True, True),
        _layer_case(rng, "a batch of one", (1, 6, 2, 4), False, True),
        _layer_case(rng, "all in float64, a fresh start", (1, 2, 4, 3), False, False, double=True),
        _layer_case(rng, "all in float64", (2, 3, 4, 6), True, True, double=True),
        _layer_case(rng, "a state of one number", (3, 4, 2, 1), False, True),
        _layer_refused(rng, "two dimensions are too few", (4, 3)),
        _layer_refused(rng, "no step to take", (0, 2, 3)),
    ]


def _layer_refused(rng: np.random.Generator, about: str, shape: tuple[int, ...]) -> Case:
    inputs = {"input_size": 3, "hidden": 5, "batch_first": False, "x": normal(rng, *shape), "state": None}
    return Case(inputs, about, {}, {"error": str(tuple(shape)), "state": random_state(rng, rnn.RNN(3, 5), 0.5)})


def _run_layer(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    width, hidden, turned = inputs["input_size"], inputs["hidden"], inputs["batch_first"]
    layer = answer(width, hidden, batch_first=True) if turned else answer(width, hidden)
    return run_module(layer, inputs, case, _call_layer)


def _call_layer(layer: Any, given: Mapping[str, Any]) -> Any:
    result = layer(given["x"], *([] if given["state"] is None else [given["state"]]))
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        raise Told("`forward` should return two things: the outputs of all steps, and the last state.")
    return tuple(result)


class _WrongLayer(nn.Module):
    """A right layer in small pieces; each wrong one overrides a piece."""

    def __init__(self, input_size: int, hidden: int, batch_first: bool = False) -> None:
        super().__init__()
        self.hidden, self.batch_first = hidden, batch_first
        self.weight_ih_l0 = nn.Parameter(torch.zeros(hidden, input_size))
        self.weight_hh_l0 = nn.Parameter(torch.zeros(hidden, hidden))
        self.bias_ih_l0 = nn.Parameter(torch.zeros(hidden))
        self.bias_hh_l0 = nn.Parameter(torch.zeros(hidden))

    def bias(self) -> Tensor:
        return self.bias_ih_l0 + self.bias_hh_l0

    def squash(self, x: Tensor) -> Tensor:
        return torch.tanh(x)

    def start(self, x: Tensor, state: Tensor | None) -> Tensor:
        return x.new_zeros(x.shape[1], self.hidden) if state is None else state[0]

    def turn(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1) if self.batch_first else x

    def back(self, states: Tensor) -> Tensor:
        return states.transpose(0, 1) if self.batch_first else states

    def carry(self, h: Tensor, first: Tensor) -> Tensor:
        return h

    def recur(self, h: Tensor) -> Tensor:
        return h @ self.weight_hh_l0.T

    def give(self, first: Tensor, states: list[Tensor]) -> tuple[Tensor, Tensor]:
        return torch.stack(states), states[-1][None]

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        if x.dim() != 3 or 0 in x.shape[:2]:
            raise ValueError(f"{tuple(x.shape)}")
        x = self.turn(x)
        h = first = self.start(x, state)
        states = []
        for step in x:
            h = self.squash(step @ self.weight_ih_l0.T + self.recur(self.carry(h, first)) + self.bias())
            states.append(h)
        outputs, last = self.give(first, states)
        return self.back(outputs), last


class _LengthFirst(_WrongLayer):
    def turn(self, x: Tensor) -> Tensor:
        return x

    def back(self, states: Tensor) -> Tensor:
        return states


class _AlwaysBatchFirst(_WrongLayer):
    def turn(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1)

    def back(self, states: Tensor) -> Tensor:
        return states.transpose(0, 1)


class _FlagInverted(_WrongLayer):
    def turn(self, x: Tensor) -> Tensor:
        return x if self.batch_first else x.transpose(0, 1)

    def back(self, states: Tensor) -> Tensor:
        return states if self.batch_first else states.transpose(0, 1)


class _InputReshaped(_WrongLayer):
    def turn(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[1], x.shape[0], -1) if self.batch_first else x


class _OutputReshaped(_WrongLayer):
    def back(self, states: Tensor) -> Tensor:
        return states.reshape(states.shape[1], states.shape[0], -1) if self.batch_first else states


class _Reshaped(_InputReshaped, _OutputReshaped):
    pass


class _StateReadTurned(_WrongLayer):
    def start(self, x: Tensor, state: Tensor | None) -> Tensor:
        return super().start(x, state.transpose(0, 1) if self.batch_first and state is not None else state)


class _LastTurned(_WrongLayer):
    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        outputs, last = super().forward(x, state)
        return outputs, last.transpose(0, 1) if self.batch_first else last


class _LastRow(_WrongLayer):
    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        outputs, _ = super().forward(x, state)
        return outputs, outputs[-1][None]


class _StatesTurned(_StateReadTurned, _LastTurned):
    pass


class _StartCut(_WrongLayer):
    def start(self, x: Tensor, state: Tensor | None) -> Tensor:
        return super().start(x, state).detach()


class _PairSwapped(_WrongLayer):
    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        return super().forward(x, state)[::-1]


class _Keeping(_WrongLayer):
    kept: Tensor | None = None

    def start(self, x: Tensor, state: Tensor | None) -> Tensor:
        return super().start(x, self.kept if state is None else state)

    def give(self, first: Tensor, states: list[Tensor]) -> tuple[Tensor, Tensor]:
        self.kept = states[-1][None].detach()
        return super().give(first, states)


class _Backwards(_WrongLayer):
    def turn(self, x: Tensor) -> Tensor:
        return super().turn(x).flip(0)

    def back(self, states: Tensor) -> Tensor:
        return super().back(states.flip(0))


LAYER = Exercise(
    id="rnn.layer",
    lesson="05",
    title="A layer, equal to nn.RNN",
    reference=rnn.RNN,
    cases=_layer_cases,
    run=_run_layer,
    judge=judge_tensors("outputs", "last"),
    forbids=LIBRARY,
    points=4,
    minutes=20,
    difficulty=3,
    misconceptions=(
        Misconception(
            "state_reset",
            changed(_WrongLayer, carry=lambda self, h, first: torch.zeros_like(h)),
            "The first step from a fresh start is right, the later ones are not: every step starts from zeros. What"
            " one step returns has to be handed to the next.",
        ),
        Misconception(
            "state_not_updated",
            changed(_WrongLayer, carry=lambda self, h, first: first),
            "Every step starts from the state at the very beginning. The name that the loop reads is never set to the"
            " new state.",
        ),
        Misconception(
            "state_never_set",
            changed(
                _WrongLayer,
                carry=lambda self, h, first: first,
                give=lambda self, first, states: (torch.stack(states), first[None]),
            ),
            "Every step starts from the state at the very beginning, and that is also what you return as the last one:"
            " the name for the state is never set to the new state.",
        ),
        Misconception(
            "start_ignored",
            changed(_WrongLayer, start=lambda self, x, state: x.new_zeros(x.shape[1], self.hidden)),
            "From a fresh start you are right; a state that is handed in makes no difference to you.",
        ),
        Misconception(
            "batch_first_ignored",
            _LengthFirst,
            "With `batch_first` your loop runs over the sequences of the batch instead of over the steps: one reader"
            " gets what another has read.",
        ),
        Misconception(
            "not_turned_back",
            changed(_WrongLayer, back=lambda self, states: states),
            "With `batch_first` your outputs are (length, batch, hidden): turn them back before you return them.",
        ),
        Misconception(
            "logistic",
            changed(_WrongLayer, squash=lambda self, x: torch.sigmoid(x)),
            "All your states lie between 0 and 1: that is the logistic function, and tanh is asked for.",
        ),
        Misconception(
            "no_tanh",
            changed(_WrongLayer, squash=lambda self, x: x),
            "Your states are the sums inside the tanh: they leave the range from −1 to 1.",
        ),
        Misconception(
            "one_bias",
            changed(_WrongLayer, bias=lambda self: self.bias_ih_l0 + 0 * self.bias_hh_l0),
            "One of the two biases changes nothing in your output: `bias_hh_l0` has to be added as well.",
        ),
        Misconception(
            "u_turned",
            changed(_WrongLayer, recur=lambda self, h: h @ self.weight_hh_l0),
            "The first step from a fresh start is right, everything that has passed through `weight_hh_l0` is not: it"
            " is used turned. A square matrix fits both ways round.",
        ),
        Misconception(
            "gradient_cut",
            changed(_WrongLayer, carry=lambda self, h, first: first if h is first else h.detach()),
            "The numbers are right, but the gradient stops at every step: a detached state cannot teach the steps"
            " before it.",
        ),
        Misconception(
            "one_step_late",
            changed(
                _WrongLayer, give=lambda self, first, states: (torch.stack([first, *states[:-1]]), states[-1][None])
            ),
            "Your outputs begin with the initial state and lack the last one: output t is the state after step t has"
            " been read.",
        ),
        Misconception(
            "last_only",
            changed(_WrongLayer, give=lambda self, first, states: (states[-1][None], states[-1][None])),
            "Only one step is left of the outputs. All states are asked for, one for each step.",
        ),
        Misconception(
            "first_as_last",
            changed(_WrongLayer, give=lambda self, first, states: (torch.stack(states), states[0][None])),
            "The outputs are right, but the second thing you return is the state after the first step.",
        ),
        Misconception(
            "state_without_layers",
            changed(_WrongLayer, give=lambda self, first, states: (torch.stack(states), states[-1])),
            "Your last state is (batch, hidden). PyTorch's has one dimension more, in front, for the number of layers:"
            " (1, batch, hidden).",
        ),
        Misconception(
            "backwards",
            _Backwards,
            "You read from the last step to the first: each state knows the future and not the past.",
        ),
        Misconception(
            "other_bias",
            changed(_WrongLayer, bias=lambda self: self.bias_hh_l0 + 0 * self.bias_ih_l0),
            "One of the two biases changes nothing in your output: `bias_ih_l0` has to be added as well.",
        ),
        Misconception(
            "no_bias",
            changed(_WrongLayer, bias=lambda self: 0 * (self.bias_hh_l0 + self.bias_ih_l0)),
            "Neither of the two biases changes anything in your output: both have to be added.",
        ),
        Misconception(
            "same_bias_twice",
            changed(_WrongLayer, bias=lambda self: 2 * self.bias_ih_l0 + 0 * self.bias_hh_l0),
            "You add `bias_ih_l0` twice, and `bias_hh_l0` never: each of the two counts once.",
        ),
        Misconception(
            "zeros_in_float32",
            changed(
                _WrongLayer,
                start=lambda self, x, state: torch.zeros(x.shape[1], self.hidden) if state is None else state[0],
            ),
            "All is right but a fresh start in float64: your zeros are float32 there. They need the precision of x.",
        ),
        Misconception(
            "always_batch_first",
            _AlwaysBatchFirst,
            "With `batch_first` you are right. Without it x is (length, batch, …) already, and your loop runs over the"
            " sequences instead of the steps.",
        ),
        Misconception(
            "reshaped",
            _Reshaped,
            "Without `batch_first` you are right. With it the shapes fit, but numbers have moved to other sequences:"
            " `view` and `reshape` count them off in a row, and do not swap two dimensions.",
        ),
        Misconception(
            "input_reshaped",
            _InputReshaped,
            "Without `batch_first` you are right. With it the steps that you read are mixed from several sequences:"
            " `view` and `reshape` of x count its numbers off in a row, and do not swap two dimensions.",
        ),
        Misconception(
            "outputs_reshaped",
            _OutputReshaped,
            "Your last state is right, and so are the outputs without `batch_first`. With it they have the right shape,"
            " but their numbers stand in other places: `view` and `reshape` do not swap two dimensions.",
        ),
        Misconception(
            "flag_inverted",
            _FlagInverted,
            "You turn x where `batch_first` is False, and leave it where it is True: the condition is the wrong way"
            " round.",
        ),
        Misconception(
            "state_read_turned",
            _StateReadTurned,
            "From a fresh start you are right. The state that comes in is (1, batch, hidden), whatever `batch_first`"
            " says; with it you read it as (batch, 1, hidden), and all sequences start from the state of the first.",
        ),
        Misconception(
            "states_turned",
            _StatesTurned,
            "The state that comes in and the one that goes out are (1, batch, hidden), whatever `batch_first` says:"
            " that is about x and the outputs only. With it both of yours are (batch, 1, hidden).",
        ),
        Misconception(
            "start_among_outputs",
            changed(_WrongLayer, give=lambda self, first, states: (torch.stack([first, *states]), states[-1][None])),
            "You return one output too many: the state before the first step stands in front of the others. There is"
            " one output for each step.",
        ),
        Misconception(
            "last_turned",
            _LastTurned,
            "The last state is (1, batch, hidden), whatever `batch_first` says; with it yours is (batch, 1, hidden).",
        ),
        Misconception(
            "last_row_of_the_outputs",
            _LastRow,
            "Without `batch_first` you are right. With it the first dimension of the outputs counts sequences, so"
            " `outputs[-1]` is one sequence and not one step.",
        ),
        Misconception(
            "last_cut",
            changed(_WrongLayer, give=lambda self, first, states: (torch.stack(states), states[-1][None].detach())),
            "The numbers are right, but the last state is detached. Whether it is cut is for the caller to decide.",
        ),
        Misconception(
            "start_cut",
            _StartCut,
            "The numbers are right, but no gradient reaches the state that is handed in. Whether it is cut is for the"
            " caller to decide.",
        ),
        Misconception(
            "swapped",
            _PairSwapped,
            "You return the last state first and the outputs second: turn the two round.",
        ),
        Misconception(
            "state_kept",
            _Keeping,
            "The layer goes on from the text of the call before: a fresh start begins with zeros, so keep no state in"
            " `self`.",
        ),
    ),
    hints=(
        "A loop over the steps, a list of the states, `torch.stack` at the end. `batch_first` is easiest if you turn x"
        " at the beginning and the outputs at the end.",
        "`x.transpose(0, 1)` makes (length, batch, …) of (batch, length, …), and back; a loop over a tensor runs over"
        " its first dimension. `state[0]` takes the dimension of size 1 off the state that comes in; zeros with the"
        " precision of x are `x.new_zeros(...)`.",
        "In the loop: `h = torch.tanh(...)` of the step times `weight_ih_l0.T`, plus `h` times `weight_hh_l0.T`, plus"
        " both biases. The product with x needs no state: take it out of the loop, all steps at once, and it is fast.",
    ),
)

# --------------------------------------------------------------------------------------- 3 · a language model


def _model_case(
    rng: np.random.Generator,
    about: str,
    sizes: tuple[int, int, int, int, int],
    with_state: bool,
    recurrent: Callable[..., nn.Module] | None = None,
) -> Case:
    batch, length, symbols, width, hidden = sizes
    made = rnn.RNNLanguageModel(symbols, width, hidden, recurrent or nn.RNN)
    state: Any = normal(rng, 1, batch, hidden, std=0.7) if with_state else None
    if with_state and recurrent is nn.LSTM:
        state = (state, normal(rng, 1, batch, hidden, std=0.7))
    inputs = {"ids": integers(rng, symbols, batch, length), "state": state}
    named = {"batch": batch, "length": length, "symbols": symbols, "width": width, "hidden": hidden}
    extra = {"state": random_state(rng, made, 0.5), "make": (symbols, width, hidden), "recurrent": recurrent}
    return Case(inputs, about, named, extra)


def _model_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _model_case(rng, "a fresh start", (2, 4, 7, 3, 5), False),
        _model_case(rng, "a state to go on from", (3, 5, 8, 2, 4), True),
        _model_case(rng, "one character of one text", (1, 1, 6, 4, 3), True),
        _model_case(rng, "another recurrent layer, nn.GRU", (2, 3, 5, 4, 6), True, nn.GRU),
        _model_case(rng, "the hand-written layer", (4, 6, 5, 3, 2), False, rnn.RNN),
        _model_case(rng, "nn.LSTM, whose state is a pair", (2, 3, 7, 5, 4), False, nn.LSTM),
        _model_case(rng, "nn.LSTM, a state to go on from", (3, 2, 6, 4, 5), True, nn.LSTM),
        _model_case(rng, "as wide as its state", (2, 3, 6, 4, 4), False),
        _model_case(rng, "width and hidden by default", (2, 3, 5, 64, 256), False),
    ]


def _run_model(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    symbols, width, hidden = case.extra["make"]
    recurrent = case.extra["recurrent"]
    sizes = (symbols,) if (width, hidden) == (64, 256) else (symbols, width, hidden)
    made = answer(*sizes) if recurrent is None else answer(*sizes, recurrent=recurrent)
    return run_module(made, inputs, case, _call_model, {"ids": (inputs["ids"] + 1) % symbols})


def _call_model(made: Any, given: Mapping[str, Any]) -> Any:
    result = made(given["ids"], *([] if given["state"] is None else [given["state"]]))
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        raise Told("`forward` should return two things: the logits, and the state that continues the text.")
    return tuple(result)


class _WrongModel(nn.Module):
    """A right model in small pieces; each wrong one overrides a piece."""

    def __init__(
        self, symbols: int, width: int = 64, hidden: int = 256, recurrent: Callable[..., nn.Module] = nn.RNN
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, width)
        self.rnn = recurrent(width, hidden, batch_first=True)
        self.output = nn.Linear(hidden, symbols)

    def read(self, vectors: Tensor, state: Any) -> Any:
        return self.rnn(vectors, state)

    def score(self, outputs: Tensor) -> Tensor:
        return self.output(outputs)

    def give(self, logits: Tensor, state: Any, before: Any) -> Any:
        return logits, state

    def forward(self, ids: Tensor, state: Any = None) -> Any:
        outputs, after = self.read(self.embedding(ids), state)
        return self.give(self.score(outputs), after, state)


class _StateFromOutputs(_WrongModel):
    def forward(self, ids: Tensor, state: Any = None) -> Any:
        outputs, _ = self.rnn(self.embedding(ids), state)
        return self.output(outputs), outputs[:, -1][None]


class _OutputsAsState(_WrongModel):
    def forward(self, ids: Tensor, state: Any = None) -> Any:
        outputs, _ = self.rnn(self.embedding(ids), state)
        return self.output(outputs), outputs


class _AlwaysPlain(_WrongModel):
    def __init__(self, symbols: int, width: int = 64, hidden: int = 256, recurrent: Any = None) -> None:
        super().__init__(symbols, width, hidden, nn.RNN)


class _LengthTakenFirst(_WrongModel):
    def __init__(self, symbols: int, width: int = 64, hidden: int = 256, recurrent: Any = nn.RNN) -> None:
        super().__init__(symbols, width, hidden)
        self.rnn = recurrent(width, hidden)


class _AlongTheBatch(_WrongModel):
    def read(self, vectors: Tensor, state: Any) -> Any:
        outputs, last = self.rnn(vectors.transpose(0, 1))
        return outputs.transpose(0, 1), last


MODEL = Exercise(
    id="rnn.language_model",
    lesson="05",
    title="A recurrent language model",
    reference=rnn.RNNLanguageModel,
    cases=_model_cases,
    run=_run_model,
    judge=judge_tensors("logits", "state"),
    points=3,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "softmax_inside",
            changed(_WrongModel, score=lambda self, outputs: torch.softmax(self.output(outputs), dim=-1)),
            "Your rows are positive and sum to one: these are probabilities. The loss takes the softmax itself, and"
            " wants the scores before it.",
        ),
        Misconception(
            "log_softmax_inside",
            changed(_WrongModel, score=lambda self, outputs: torch.log_softmax(self.output(outputs), dim=-1)),
            "You return log-probabilities: the scores shifted so that their exponentials sum to one. The loss does"
            " that itself.",
        ),
        Misconception(
            "scores_squashed",
            changed(_WrongModel, score=lambda self, outputs: torch.tanh(self.output(outputs))),
            "Your scores stay between −1 and 1, so no symbol can be far likelier than another. The output layer has no"
            " tanh.",
        ),
        Misconception(
            "last_step_only",
            changed(_WrongModel, score=lambda self, outputs: self.output(outputs[:, -1])),
            "You score only what comes after the last symbol. In training every step is a question, so every step"
            " needs its scores.",
        ),
        Misconception(
            "start_ignored",
            changed(_WrongModel, read=lambda self, vectors, state: self.rnn(vectors)),
            "From a fresh start you are right. A state that is handed in makes no difference: the text before it is"
            " forgotten.",
        ),
        Misconception(
            "old_state_returned",
            changed(
                _WrongModel,
                give=lambda self, logits, state, before: (
                    logits,
                    torch.zeros_like(state) if before is None else before,
                ),
            ),
            "The logits are right. The state that you return is the one from before the text, not after it.",
        ),
        Misconception(
            "no_state_returned",
            changed(_WrongModel, give=lambda self, logits, state, before: (logits, None)),
            "The logits are right, but no state comes back: nobody could continue the text.",
        ),
        Misconception(
            "state_cut",
            changed(
                _WrongModel,
                give=lambda self, logits, state, before: (
                    logits,
                    tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach(),
                ),
            ),
            "The numbers are right, but the state you return is detached. Whether it is cut is for the caller to"
            " decide.",
        ),
        Misconception(
            "swapped",
            changed(_WrongModel, give=lambda self, logits, state, before: (state, logits)),
            "You return the state first and the logits second: turn the two round.",
        ),
        Misconception(
            "along_the_batch",
            _AlongTheBatch,
            "The layer takes your batch for the length and your length for the batch: one text is fed what another"
            " has read. Look at how the recurrent layer is made.",
        ),
        Misconception(
            "tensor_cut",
            changed(_WrongModel, give=lambda self, logits, state, before: (logits, state.detach())),
            "Your model detaches the state that it returns. Whether it is cut is for the caller to decide (and the"
            " state of `nn.LSTM` is a pair, which cannot be detached like a tensor).",
        ),
        Misconception(
            "batch_first_forgotten",
            _LengthTakenFirst,
            "The recurrent layer and what you hand it do not agree on which dimension comes first: it takes your batch"
            " for the length, and one text is fed what another has read. Was it made with `batch_first=True`, and are"
            " the ids, then, left as they are?",
        ),
        Misconception(
            "last_step_kept",
            changed(_WrongModel, score=lambda self, outputs: self.output(outputs[:, -1:])),
            "Your logits have one step, what comes after the last symbol. In training every step is a question, so"
            " every step needs its scores.",
        ),
        Misconception(
            "incoming_state_returned",
            changed(_WrongModel, give=lambda self, logits, state, before: (logits, before)),
            "The logits are right. The state that you return is the one that came in, not the one after the text.",
        ),
        Misconception(
            "state_from_outputs",
            _StateFromOutputs,
            "With `nn.RNN` the last output and the last state are the same numbers. With `nn.LSTM` the state is more"
            " than that: hand on what the recurrent layer returned.",
        ),
        Misconception(
            "outputs_as_state",
            _OutputsAsState,
            "The logits are right. As the state you return the states of all steps; the one after the last step, in"
            " the form in which the layer gives it, is what continues the text.",
        ),
        Misconception(
            "zeros_of_its_own",
            changed(
                _WrongModel,
                read=lambda self, vectors, state: self.rnn(
                    vectors, torch.zeros(1, len(vectors), self.output.in_features) if state is None else state
                ),
            ),
            "You make the zeros of a fresh start yourself, and `nn.LSTM` cannot use them: its state is a pair. Handed"
            " None, every recurrent layer makes its own.",
        ),
        Misconception(
            "logits_turned",
            changed(_WrongModel, score=lambda self, outputs: self.output(outputs).transpose(1, 2)),
            "Your logits are (batch, symbols, length); (batch, length, symbols) is asked for.",
        ),
        Misconception(
            "recurrent_ignored",
            _AlwaysPlain,
            "With `nn.RNN` you are right. The parameter `recurrent` says which layer to make, and changes nothing in"
            " your model.",
        ),
    ),
    hints=(
        "Three layers one after another: numbers become vectors, vectors become states, states become scores.",
        "`recurrent(width, hidden, batch_first=True)` makes the layer in the middle; it returns the states and the last"
        " one.",
        "`outputs, state = self.rnn(self.embedding(ids), state)`: the first goes through `self.output`, the second is"
        " returned as it is.",
    ),
)

# --------------------------------------------------------------------------------------- 4 · the loss


def _loss_case(
    rng: np.random.Generator,
    about: str,
    length: int,
    symbols: int,
    lengths: list[int],
    pad: int,
    double: bool = False,
    std: float = 2.0,
) -> Case:
    logits = normal(rng, len(lengths), length, symbols, std=std)
    logits = logits.abs() if std > 100 else logits  # so that every exponential overflows
    targets = integers(rng, symbols, len(lengths), length)
    for row, real in enumerate(lengths):
        targets[row, real:] = pad
    inputs = {
        "logits": logits.double() if double else logits,
        "targets": targets,
        "lengths": torch.tensor(lengths, dtype=torch.int64),
    }
    return Case(inputs, about, {"batch": len(lengths), "length": length, "symbols": symbols})


def _loss_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _loss_case(rng, "two sequences, one of them padded", 4, 3, [4, 2], 0),
        _loss_case(rng, "no padding at all", 5, 4, [5, 5, 5], 0),
        _loss_case(rng, "three lengths", 6, 5, [2, 6, 3, 5], 1),
        _loss_case(rng, "an empty sequence in the batch", 4, 6, [4, 0, 3], 2),
        _loss_case(rng, "a batch of one, a sequence of one", 1, 5, [1], 0),
        _loss_case(rng, "padding longer than any sequence, in float64", 7, 4, [3, 1], 3, double=True),
        _loss_case(rng, "nothing but padding", 11, 9, [0] * 7, 1),
        _loss_case(rng, "scores of hundreds", 5, 6, [3, 5, 4], 0, std=300.0),
        _loss_case(rng, "padding with −100, which is no symbol", 5, 7, [3, 5], -100),
        _loss_case(rng, "padding with 1000, which is no symbol", 6, 3, [1, 4], 1000),
    ]


def _nll(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log_softmax(logits, -1).gather(-1, targets[..., None])[..., 0]


def _real(targets: Tensor, lengths: Tensor) -> Tensor:
    return torch.arange(targets.shape[1]) < lengths[:, None]


def _summed(logits: Tensor, targets: Tensor, real: Tensor) -> Tensor:
    return _nll(logits, targets.where(real, 0)).where(real, 0.0).sum()


def _inside(targets: Tensor, logits: Tensor) -> Tensor:
    return targets.clamp(0, logits.shape[-1] - 1)


def _mean_of_means(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = _real(targets, lengths)
    rows = _nll(logits, targets.where(real, 0)).where(real, 0.0).sum(1)
    return (rows / lengths.clamp(min=1)).mean()


def _non_empty(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    return _summed(logits, targets, _real(targets, lengths)) / max(int((lengths > 0).sum()), 1)


def _one_step_long(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = _real(targets, lengths + 1)
    return _nll(logits, targets.where(real, 0)).where(real, 0.0).sum() / len(lengths)


def _one_step_long_in_cross_entropy(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    kept = targets.where(_real(targets, lengths + 1), -100)
    return F.cross_entropy(logits.flatten(0, 1), kept.flatten(), reduction="sum") / len(lengths)


def _number_where_empty(logits: Tensor, targets: Tensor, lengths: Tensor) -> Any:
    return rnn_loss(logits, targets, lengths) if lengths.any() else 0.0


_JUDGE_NUMBERS = judge_tensors("the loss")


def _judge_loss(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """As for any tensor; a plain number with the right value is none."""
    right, got = (v.get("value") if isinstance(v, Mapping) else v for v in (expected, output))
    found = _JUDGE_NUMBERS(case, output, expected)
    if isinstance(right, Tensor) and isinstance(got, (int, float)) and not compare(right, got):
        return Mismatch("The number is right, but it is no tensor: `.backward()` cannot start from it.")
    if isinstance(got, Tensor) and isinstance(right, (int, float)) and not found:
        return Mismatch("The loss is a tensor.")
    return found


LOSS = Exercise(
    id="rnn.corpus_loss",
    lesson="05",
    title="The loss of a corpus",
    reference=rnn.corpus_loss,
    cases=_loss_cases,
    run=values_and_gradients,
    judge=_judge_loss,
    points=3,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "padding_counted",
            lambda logits, targets, lengths: _nll(logits, targets).sum() / len(lengths),
            "Without padding you are right. With it your loss contains the steps behind the end as well: `lengths`"
            " says which steps are real.",
        ),
        Misconception(
            "padding_counted_as_symbol",
            lambda logits, targets, lengths: _nll(logits, _inside(targets, logits)).sum() / len(lengths),
            "Without padding you are right. With it the steps behind the end are counted as if they stood in the text.",
        ),
        Misconception(
            "only_targets_replaced",
            lambda logits, targets, lengths: (
                _nll(logits, targets.where(_real(targets, lengths), 0)).sum() / len(lengths)
            ),
            "Without padding you are right. Behind the end you put a 0 in place of the targets, which makes them safe"
            " to look up, and then you add what the symbol 0 costs there: those steps should cost nothing.",
        ),
        Misconception(
            "mean_over_steps",
            lambda logits, targets, lengths: (
                _summed(logits, targets, _real(targets, lengths)) / lengths.sum().clamp(min=1)
            ),
            "You divide by the number of steps. The lecture adds the steps of each sequence up, and divides by the"
            " number of sequences.",
        ),
        Misconception(
            "mean_over_positions",
            lambda logits, targets, lengths: (
                _summed(logits, targets, _real(targets, lengths)) / max(targets.numel(), 1)
            ),
            "You divide by the number of positions, the padding among them: the same text gets a smaller loss in a"
            " wider batch.",
        ),
        Misconception(
            "mean_of_means",
            _mean_of_means,
            "You take the mean over each sequence's steps before the mean over the sequences. The lecture's inner sum"
            " is a sum.",
        ),
        Misconception(
            "sum_of_all",
            lambda logits, targets, lengths: _summed(logits, targets, _real(targets, lengths)),
            "You add everything up. Divide by the number of sequences: a loss must not grow with the batch.",
        ),
        Misconception(
            "empty_not_counted",
            _non_empty,
            "An empty sequence adds nothing to the sum, and yet it is one of the |X| sequences: you leave it out of"
            " the count.",
        ),
        Misconception(
            "empty_not_counted_unguarded",
            lambda logits, targets, lengths: _summed(logits, targets, _real(targets, lengths)) / (lengths > 0).sum(),
            "An empty sequence adds nothing to the sum, and yet it is one of the |X| sequences: you leave it out of"
            " the count. Where all are empty, you divide by 0.",
        ),
        Misconception(
            "mean_of_nothing",
            lambda logits, targets, lengths: (
                rnn_loss(logits, targets, lengths) * (math.nan if bool((lengths == 0).any()) else 1.0)
            ),
            "Where each sequence has a step you are right. With an empty one your loss is nan: the mean of nothing is"
            " not a number, and times 0 it still is not. Add the steps up without a mean.",
        ),
        Misconception(
            "number_where_empty",
            _number_where_empty,
            "All is right but for a batch without a single step: nothing is added to the number 0 from which your sum"
            " starts, and so it is no tensor. What is asked for is a tensor in every case.",
        ),
        Misconception(
            "one_step_short",
            lambda logits, targets, lengths: (
                _summed(logits, targets, _real(targets, (lengths - 1).clamp(min=0))) / len(lengths)
            ),
            "The last real step of each sequence is left out: the steps 0 … length − 1 are real.",
        ),
        Misconception(
            "mask_turned",
            lambda logits, targets, lengths: (
                _nll(logits, _inside(targets, logits)).where(~_real(targets, lengths), 0.0).sum() / len(lengths)
            ),
            "Without padding your loss is 0: you count exactly the padding, and nothing else. The mask is inverted.",
        ),
        Misconception(
            "no_minus",
            lambda logits, targets, lengths: -rnn_loss(logits, targets, lengths),
            "Your loss is the right one with the other sign: a logarithm of a probability is negative.",
        ),
        Misconception(
            "bits",
            lambda logits, targets, lengths: rnn_loss(logits, targets, lengths) / math.log(2),
            "Your loss is 1.44 times the right one: you take logarithms to base 2. The natural one is asked for.",
        ),
        Misconception(
            "no_softmax",
            lambda logits, targets, lengths: (
                -logits.gather(-1, _inside(targets, logits)[..., None])[..., 0]
                .where(_real(targets, lengths), 0.0)
                .sum()
                / len(lengths)
            ),
            "You add up the scores themselves. They are no log-probabilities before a log-softmax has passed over the"
            " symbols.",
        ),
        Misconception(
            "softmax_over_steps",
            lambda logits, targets, lengths: (
                -torch.log_softmax(logits, 1)
                .gather(-1, _inside(targets, logits)[..., None])[..., 0]
                .where(_real(targets, lengths), 0.0)
                .sum()
                / len(lengths)
            ),
            "Your softmax runs over the steps: it compares moments with one another. At each step the symbols compete.",
        ),
        Misconception(
            "mean_over_steps_unguarded",
            lambda logits, targets, lengths: _summed(logits, targets, _real(targets, lengths)) / lengths.sum(),
            "You divide by the number of steps, as `cross_entropy` does unless told otherwise. The lecture adds the"
            " steps of each sequence up, and divides by the number of sequences.",
        ),
        Misconception(
            "mean_of_means_unguarded",
            lambda logits, targets, lengths: (
                _nll(logits, targets.where(_real(targets, lengths), 0)).where(_real(targets, lengths), 0.0).sum(1)
                / lengths
            ).mean(),
            "You take the mean over each sequence's steps before the mean over the sequences. The lecture's inner sum"
            " is a sum, and a sequence without steps has no mean.",
        ),
        Misconception(
            "divided_by_the_width",
            lambda logits, targets, lengths: F.cross_entropy(logits.flatten(0, 1), targets.flatten()),
            "Your mean runs over all positions (without those whose target is −100, which `cross_entropy` leaves out by"
            " itself): the padding is counted, and the steps are averaged instead of added up.",
        ),
        Misconception(
            "only_minus_100",
            lambda logits, targets, lengths: (
                F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum") / len(lengths)
            ),
            "Without padding you are right, and with −100 behind the end, which `cross_entropy` leaves out by itself."
            " Any other number behind the end is counted: `lengths` says what is real.",
        ),
        Misconception(
            "padding_by_value",
            lambda logits, targets, lengths: (
                F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0, reduction="sum") / len(lengths)
            ),
            "You leave out the targets that are 0, and count all others. 0 may be a symbol of the text, and padding may"
            " be another number: `lengths` says what is real.",
        ),
        Misconception(
            "one_step_long",
            lambda logits, targets, lengths: (
                _nll(logits, _inside(targets, logits)).where(_real(targets, lengths + 1), 0.0).sum() / len(lengths)
            ),
            "Where a row is padded, you count one step of the padding: the real steps are 0 … length − 1.",
        ),
        Misconception(
            "one_step_long_looked_up",
            _one_step_long,
            "Where a row is padded, you look up one step of the padding and count it, and fail where its target is no"
            " symbol. The real steps are 0 … length − 1.",
        ),
        Misconception(
            "one_step_long_in_cross_entropy",
            _one_step_long_in_cross_entropy,
            "Where a row is padded, one step of the padding is left in: `cross_entropy` counts it (unless its target is"
            " −100), and fails where it is no symbol. The real steps are 0 … length − 1.",
        ),
        Misconception(
            "shifted_again",
            lambda logits, targets, lengths: (
                _summed(logits[:, :-1], targets[:, 1:], _real(targets, lengths)[:, 1:]) / len(lengths)
            ),
            "You compare the scores of each step with the target of the next. The targets that you are given are"
            " shifted already: row and step of the two belong together.",
        ),
        Misconception(
            "softmax_twice",
            lambda logits, targets, lengths: rnn_loss(logits.softmax(-1), targets, lengths),
            "A softmax has passed over the scores before the log-softmax did: one of the two is enough.",
        ),
        Misconception(
            "logarithm_of_zero",
            lambda logits, targets, lengths: _log_of_softmax(logits, targets, lengths, 0.0),
            "For small scores you are right. For scores of hundreds you return infinity: an exponential is rounded to"
            " 0, or is more than a float can hold. Take softmax and logarithm in one step, with `log_softmax`.",
        ),
        Misconception(
            "logarithm_of_nearly_zero",
            lambda logits, targets, lengths: _log_of_softmax(logits, targets, lengths, 1e-8),
            "For small scores you are right. A small number added inside the logarithm hides that the softmax was"
            " rounded to 0: no symbol can cost more than the logarithm of that number. Take both in one step, with"
            " `log_softmax`.",
        ),
    ),
    hints=(
        "Find first which positions are real: a table (batch, length) of True and False.",
        "`torch.arange(length) < lengths[:, None]` is that table. Put a 0 where a target is not real before you look it"
        " up, and a 0.0 where its loss is not real before you add.",
        "Let `inside` be the targets with 0 in place of the unreal ones:"
        " `torch.log_softmax(logits, -1).gather(-1, inside[..., None])[..., 0]` looks the log-probabilities up. Sum"
        " what is real, divide by `len(lengths)`, mind the sign.",
    ),
)


def _log_of_softmax(logits: Tensor, targets: Tensor, lengths: Tensor, small: float) -> Tensor:
    real = _real(targets, lengths)
    p = torch.softmax(logits, -1).gather(-1, targets.where(real, 0)[..., None])[..., 0]
    return -torch.log(p + small).where(real, 0.0).sum() / len(lengths)


def rnn_loss(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """The right loss, for wrong answers to start from."""
    return _summed(logits, targets, _real(targets, lengths)) / len(lengths)


# --------------------------------------------------------------------------------------- 6 · padding


def _pad_cases(rng: np.random.Generator) -> list[Case]:
    def rows(*lengths: int) -> list[list[int]]:
        return [[int(n) for n in rng.integers(1, 90, size=length)] for length in lengths]

    return [
        Case({"sequences": [[1, 5, 3], [2, 4, 3, 6, 1], [5, 2]]}, "the lecture's three sequences"),
        Case({"sequences": rows(3, 1, 4, 2), "pad": 7, "limit": None}, "padding with 7"),
        Case({"sequences": rows(5, 2, 7), "pad": 0, "limit": 4}, "a limit that cuts two of three"),
        Case({"sequences": rows(2, 5, 3), "pad": -1, "limit": 9}, "a limit above every length"),
        Case({"sequences": rows(3, 0, 2), "pad": 0, "limit": None}, "an empty sequence in the batch"),
        Case({"sequences": [[4, 0, 0], [0], [8, 9]], "pad": 0, "limit": None}, "sequences that hold the number 0"),
        Case({"sequences": rows(1), "pad": 0, "limit": None}, "one sequence of one"),
        Case({"sequences": [[], []], "pad": 0, "limit": 3}, "nothing but empty sequences"),
        Case({"sequences": rows(6, 6), "pad": 5, "limit": 2}, "two cut to the same length"),
        Case({"sequences": rows(2, 3, 1), "pad": 4, "limit": 0}, "a limit of 0"),
        Case({"sequences": [], "pad": 3, "limit": None}, "a batch without rows"),
        Case({"sequences": [tuple(row) for row in rows(2, 4)], "pad": 6, "limit": 3}, "tuples instead of lists"),
    ]


def _padded(rows: list[list[int]], pad: int, width: int | None = None, left: bool = False) -> Tensor:
    wide = max(map(len, rows), default=0) if width is None else width
    fill = [[pad] * (wide - len(row)) for row in rows]
    filled = [gap + row if left else row + gap for row, gap in zip(rows, fill)]
    return torch.tensor(filled, dtype=torch.int64).reshape(len(rows), wide)


def _lengths(rows: list[list[int]]) -> Tensor:
    return torch.tensor([len(row) for row in rows], dtype=torch.int64)


def _cut(sequences: Any, limit: int | None) -> list[list[int]]:
    return [list(row[:limit]) for row in sequences]


def _pad_no_limit(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    return _padded(_cut(sequences, None), pad), _lengths(sequences)


def _pad_keeps_end(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = [list(row[-limit:]) if limit else list(row) for row in sequences]
    return _padded(rows, pad), _lengths(rows)


def _pad_left(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut(sequences, limit)
    return _padded(rows, pad, left=True), _lengths(rows)


def _pad_zero(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut(sequences, limit)
    return _padded(rows, 0), _lengths(rows)


def _pad_to_limit(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut(sequences, limit)
    return _padded(rows, pad, limit), _lengths(rows)


def _pad_old_lengths(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    return _padded(_cut(sequences, limit), pad), _lengths(sequences)


def _pad_only_ids(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    return _padded(_cut(sequences, limit), pad)


def _pad_swapped(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut(sequences, limit)
    return _lengths(rows), _padded(rows, pad)


def _pad_counted(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    ids = _padded(_cut(sequences, limit), pad)
    return ids, (ids != pad).sum(1)


def _pad_to_shortest(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut(sequences, min(map(len, sequences), default=0))
    return _padded(_cut(rows, limit), pad), _lengths(_cut(rows, limit))


def _pad_drops_empty(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut([row for row in sequences if len(row)], limit)
    return _padded(rows, pad), _lengths(rows)


def _pad_limit_truthy(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    return _pad_right(sequences, pad, limit or None)


def _pad_wide_before(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut(sequences, limit)
    return _padded(rows, pad, max(map(len, sequences), default=0)), _lengths(rows)


def _pad_one_less(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    return _pad_right(sequences, pad, None if limit is None else max(limit - 1, 0))


def _pad_all_long(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    ids, _ = _pad_right(sequences, pad, limit)
    return ids, torch.full((len(ids),), ids.shape[1])


def _pad_turned(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    ids, lengths = _pad_right(sequences, pad, limit)
    return ids.T, lengths


def _pad_sorted(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    return _pad_right(sorted(sequences, key=len, reverse=True), pad, limit)


def _pad_untyped(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    ids, lengths = _pad_right(sequences, pad, limit)
    return (ids if ids.numel() else ids.float()), (lengths if lengths.numel() else lengths.float())


def _pad_flat(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut(sequences, limit)
    filled = [row + [pad] * (max(map(len, rows)) - len(row)) for row in rows]
    return torch.tensor(filled, dtype=torch.int64), _lengths(rows)


def _pad_one_list(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut(sequences, limit)
    line = [pad] * max(map(len, rows), default=0)
    for row in rows:
        line[: len(row)] = row
    return _padded([line] * len(rows), pad), _lengths(rows)


def _pad_no_rows(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    if not len(sequences):
        raise ValueError("max() arg is an empty sequence")
    return _pad_right(sequences, pad, limit)


def _pad_floats(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    ids, lengths = _pad_right(sequences, pad, limit)
    return ids.float(), lengths


def _pad_right(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = _cut(sequences, limit)
    return _padded(rows, pad), _lengths(rows)


def _judge_padding(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not (isinstance(output, (tuple, list)) and len(output) == 2):
        found = compare(expected, output)
        return found and Mismatch(f"{found.text} Return two things: ids and lengths.", found.where)
    for name, right, got in zip(("ids", "lengths"), expected, output):
        found = judge_one(name, right, got, 0.0)
        if found:
            return found
    return None


PAD = Exercise(
    id="rnn.pad_batch",
    lesson="05",
    title="Padding and truncation",
    reference=rnn.pad_batch,
    cases=_pad_cases,
    judge=_judge_padding,
    forbids=("torch.nn.utils.rnn.pad_sequence",),
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "pad_left",
            _pad_left,
            "You fill up on the left. Then a network reads padding before the text, and its state is no longer fresh.",
        ),
        Misconception(
            "always_zero",
            _pad_zero,
            "You fill up with 0 whatever `pad` says.",
        ),
        Misconception(
            "limit_ignored",
            _pad_no_limit,
            "Your rows are longer than `limit` allows: nothing is cut.",
        ),
        Misconception(
            "keeps_the_end",
            _pad_keeps_end,
            "You keep the last numbers of a sequence that is too long. Its first ones are asked for.",
        ),
        Misconception(
            "as_wide_as_the_limit",
            _pad_to_limit,
            "Your batch is always `limit` wide. Where no row is that long, this is padding for nothing.",
        ),
        Misconception(
            "lengths_before_the_cut",
            _pad_old_lengths,
            "The ids are right; your lengths are those from before the cut, and point behind the end of the rows.",
        ),
        Misconception(
            "lengths_counted_by_value",
            _pad_counted,
            "You count what is not equal to `pad`. A sequence may hold that number itself: lengths come from the"
            " sequences, not from the rectangle.",
        ),
        Misconception(
            "cut_to_the_shortest",
            _pad_to_shortest,
            "Every row is as short as the shortest sequence: text is thrown away. The others are to be filled up.",
        ),
        Misconception(
            "empty_dropped",
            _pad_drops_empty,
            "Empty sequences have vanished from the batch. Each keeps its row, of padding alone, with the length 0.",
        ),
        Misconception(
            "ids_only",
            _pad_only_ids,
            "The rectangle alone does not say which of its numbers are real: return the lengths as well.",
        ),
        Misconception(
            "swapped",
            _pad_swapped,
            "You return the lengths first and the ids second: turn the two round.",
        ),
        Misconception(
            "floats",
            _pad_floats,
            "The numbers are right, but they are not whole-number tensors: an embedding takes int64 only.",
        ),
        Misconception(
            "limit_zero_ignored",
            _pad_limit_truthy,
            "All is right but `limit=0`, which you take for no limit: 0 counts as False. Nothing is left of any row"
            " then; only None means no limit.",
        ),
        Misconception(
            "wide_before_the_cut",
            _pad_wide_before,
            "You measure the longest row before the cut: the rectangle is wider than any row that is left.",
        ),
        Misconception(
            "limit_one_less",
            _pad_one_less,
            "Where `limit` cuts, you keep one number too few: a row may be exactly `limit` long.",
        ),
        Misconception(
            "all_as_long_as_the_rectangle",
            _pad_all_long,
            "Your lengths say that every row is as long as the rectangle: they should count the real numbers only.",
        ),
        Misconception(
            "turned",
            _pad_turned,
            "Your rectangle is (longest, batch): turn it, one sequence is one row.",
        ),
        Misconception(
            "one_list_for_all",
            _pad_one_list,
            "All your rows are the same: `[[…]] * batch` holds one and the same list again and again, and what you"
            " write into one row stands in every other.",
        ),
        Misconception(
            "sorted_rows",
            _pad_sorted,
            "Your rows stand in another order than the sequences, the longest first: row n is sequence n.",
        ),
        Misconception(
            "nothing_is_float",
            _pad_untyped,
            "All is right but where no number is left: a tensor made of nothing is float32 unless you set `dtype`.",
        ),
        Misconception(
            "no_rows_forgotten",
            _pad_flat,
            "All is right but a batch without rows: a tensor of no rows has one dimension; (0, 0) is asked for.",
        ),
        Misconception(
            "no_rows_refused",
            _pad_no_rows,
            "All is right but a batch without rows: `max` of nothing is an error. Here the longest of none is 0.",
        ),
    ),
    hints=(
        "Cut first, then measure, then fill up.",
        "`row[:limit]` cuts, and `row[:None]` cuts nothing. `max(..., default=0)` answers for a batch without rows.",
        "`row + [pad] * (longest - len(row))` is as long as the longest. `.reshape(len(rows), longest)` gives the"
        " tensor two dimensions even if nothing is in it, and `dtype=torch.int64` makes whole numbers of nothing.",
    ),
)

# --------------------------------------------------------------------------------------- 7 · batches of similar length


def _batches_cases(rng: np.random.Generator) -> list[Case]:
    def lengths(count: int, below: int) -> list[int]:
        return [int(n) for n in rng.integers(0, below, size=count)]

    return [
        Case({"lengths": [3, 5, 2], "size": 2}, "the lecture's three lengths"),
        Case({"lengths": lengths(11, 60), "size": 4}, "a last batch that is smaller"),
        Case({"lengths": lengths(12, 4), "size": 5}, "many equal lengths"),
        Case({"lengths": lengths(9, 100), "size": 3}, "three full batches"),
        Case({"lengths": lengths(3, 40), "size": 8}, "fewer sequences than a batch holds"),
        Case({"lengths": lengths(6, 30), "size": 1}, "batches of one"),
        Case({"lengths": [], "size": 3}, "no sequences"),
        Case({"lengths": [4, 1], "size": 0}, "batches of size 0", {}, {"error": "0"}),
    ]


def _sliced(order: list[int], size: int) -> list[list[int]]:
    if size < 1:
        raise ValueError(f"no batches of {size}")
    return [order[i : i + size] for i in range(0, len(order), size)]


def _order(lengths: list[int]) -> list[int]:
    return sorted(range(len(lengths)), key=lambda i: lengths[i])


def _dealt(lengths: list[int], size: int) -> list[list[int]]:
    count = len(_sliced(_order(lengths), size))
    return [_order(lengths)[i::count] for i in range(count)]


def _small_first(lengths: list[int], size: int) -> list[list[int]]:
    if size < 1:
        raise ValueError(f"no batches of {size}")
    order, rest = _order(lengths), len(lengths) % size
    return ([order[:rest]] if rest else []) + _sliced(order[rest:], size)


BATCHES = Exercise(
    id="rnn.similar_batches",
    lesson="05",
    title="Batches of similar length",
    reference=rnn.similar_batches,
    cases=_batches_cases,
    run=or_error(),
    points=2,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "not_sorted",
            lambda lengths, size: _sliced(list(range(len(lengths))), size),
            "Your batches take the sequences as they come: a long one stretches every short one beside it.",
        ),
        Misconception(
            "longest_first",
            lambda lengths, size: _sliced(sorted(range(len(lengths)), key=lambda i: -lengths[i]), size),
            "Your batches begin with the longest sequences. The shortest come first here.",
        ),
        Misconception(
            "ties_turned",
            lambda lengths, size: _sliced(sorted(range(len(lengths)), key=lambda i: (lengths[i], -i)), size),
            "Lengths that differ are in order; of equal lengths you take the later place first.",
        ),
        Misconception(
            "lengths_returned",
            lambda lengths, size: _sliced(sorted(lengths), size),
            "You return the lengths, in order. Which sequences have them? Their places are asked for.",
        ),
        Misconception(
            "last_dropped",
            lambda lengths, size: [b for b in _sliced(_order(lengths), size) if len(b) == size],
            "The last batch is missing where it is not full: those sequences would never be read.",
        ),
        Misconception(
            "dealt_out",
            _dealt,
            "The order is right, but you deal it out like cards: short and long ones lie in every batch. Neighbours in"
            " the order belong together.",
        ),
        Misconception(
            "ranks",
            lambda lengths, size: _sliced(_order(_order(lengths)), size),
            "You return each sequence's rank instead of the places in order of rank: sorted twice is turned round.",
        ),
        Misconception(
            "size_as_count",
            lambda lengths, size: _sliced(_order(lengths), max(1, -(-len(lengths) // size)) if size else 0),
            "You make `size` batches. `size` says how many sequences are in one.",
        ),
        Misconception(
            "sorted_within_batches",
            lambda lengths, size: [
                sorted(batch, key=lambda i: lengths[i]) for batch in _sliced(list(range(len(lengths))), size)
            ],
            "Each of your batches is in order, but they were made before the sorting: a long sequence still stretches"
            " the short ones beside it.",
        ),
        Misconception(
            "empty_batch_at_the_end",
            lambda lengths, size: [
                *_sliced(_order(lengths), size),
                *([[]] if len(lengths) % max(size, 1) == 0 else []),
            ],
            "Where the sequences fill their batches exactly, an empty batch follows.",
        ),
        Misconception(
            "first_of_equal_lengths",
            lambda lengths, size: _sliced([lengths.index(length) for length in sorted(lengths)], size),
            "Of equal lengths you return the first place again and again: looking a length up by its value finds the"
            " first that has it.",
        ),
        Misconception(
            "small_batch_first",
            lambda lengths, size: _small_first(lengths, size),
            "Your smaller batch stands at the beginning. The first batches are full; the last may be smaller.",
        ),
        Misconception(
            "pairs_returned",
            lambda lengths, size: _sliced([(lengths[i], i) for i in _order(lengths)], size),  # type: ignore[misc]
            "Your batches hold pairs of a length and a place. The places alone are asked for.",
        ),
        Misconception(
            "one_list",
            lambda lengths, size: [i for batch in _sliced(_order(lengths), size) for i in batch],
            "The places are in the right order, in one list: cut it into batches.",
        ),
    ),
    hints=(
        "Sort the places, not the lengths; then cut the sorted list into pieces.",
        "`sorted(range(len(lengths)), key=...)` sorts places by whatever the key says about them. Python's sort leaves"
        " equal ones in their order.",
        "The key of a place is `lengths[place]`; `order[start : start + size]` is a batch.",
    ),
)

# --------------------------------------------------------------------------------------- 8 · the last real state


def _last_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, length: int, hidden: int, lengths: list[int], double: bool = False) -> Case:
        outputs = normal(rng, len(lengths), length, hidden)
        inputs = {"outputs": outputs.double() if double else outputs, "lengths": torch.tensor(lengths)}
        return Case(inputs, about, {"batch": len(lengths), "length": length, "hidden": hidden})

    turned = case("outputs that were turned", 5, 3, [5, 2])
    turned.inputs["outputs"].copy_(turned.inputs["outputs"].transpose(0, 1).contiguous().transpose(0, 1))
    return [
        case("two sequences, one of them padded", 4, 3, [4, 2]),
        case("no padding", 3, 5, [3, 3]),
        case("four lengths", 6, 3, [1, 6, 4, 2]),
        case("a sequence without steps", 5, 2, [3, 0, 5]),
        case("a batch of one, a sequence of one", 1, 29, [1]),  # not the smallest: it hides what is wrong with rows
        case("padding longer than any sequence, in float64", 7, 2, [2, 4, 1], double=True),
        turned,
    ]


def _one_too_far(outputs: Tensor, lengths: Tensor) -> Tensor:
    return outputs[torch.arange(len(lengths)), lengths.clamp(max=outputs.shape[1] - 1)]


def _first_number(outputs: Tensor, lengths: Tensor) -> Tensor:
    return outputs.gather(1, (lengths - 1).clamp(min=0)[:, None, None])[:, 0]


LAST = Exercise(
    id="rnn.last_state",
    lesson="05",
    title="The last real state",
    reference=rnn.last_state,
    cases=_last_cases,
    run=values_and_gradients,
    judge=judge_tensors("the states"),
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "last_column",
            lambda outputs, lengths: outputs[:, -1],
            "Without padding you are right. With it you take the state after the padding, which the text did not make.",
        ),
        Misconception(
            "one_too_far",
            _one_too_far,
            "Where a row is padded, you take the state after the first padding: steps count from 0, so the last of 4"
            " real steps is number 3.",
        ),
        Misconception(
            "one_too_far_but_where_empty",
            lambda outputs, lengths: _one_too_far(outputs, lengths) * (lengths > 0)[:, None],
            "A row without steps is right, and so is one without padding. In all others you take the state after the"
            " first padding: steps count from 0, so the last of 4 real steps is number 3.",
        ),
        Misconception(
            "one_too_far_past_the_end",
            lambda outputs, lengths: outputs[torch.arange(len(lengths)), lengths],
            "You look for step number `length` of each row. Steps count from 0, so the last of 4 real steps is number"
            " 3: a padded row gives you the state after the first padding, and a full row has no such step.",
        ),
        Misconception(
            "wraps_around",
            lambda outputs, lengths: outputs[torch.arange(len(lengths)), lengths - 1],
            "All is right but for a sequence without steps: 0 − 1 is −1, and index −1 is the end of the row, in the"
            " padding. Its state should be zeros.",
        ),
        Misconception(
            "empty_gets_the_first",
            lambda outputs, lengths: outputs[torch.arange(len(lengths)), (lengths - 1).clamp(min=0)],
            "All is right but for a sequence without steps: you give it the state after step 0, which is padding. Its"
            " state should be zeros.",
        ),
        Misconception(
            "first_state",
            lambda outputs, lengths: outputs[:, 0],
            "You take the state after the first step.",
        ),
        Misconception(
            "mean_of_states",
            lambda outputs, lengths: (
                (outputs * _real(outputs, lengths)[..., None]).sum(1) / lengths.clamp(min=1)[:, None]
            ),
            "You take the mean over the real steps. That is useful too (lesson 08), but the last of them is asked for.",
        ),
        Misconception(
            "sum_of_states",
            lambda outputs, lengths: (outputs * _real(outputs, lengths)[..., None]).sum(1),
            "You add up the states of all real steps. Only the last of them is asked for.",
        ),
        Misconception(
            "detached",
            lambda outputs, lengths: rnn_last(outputs, lengths).detach(),
            "The numbers are right, but no gradient flows back from them: the network could not learn.",
        ),
        Misconception(
            "longest_for_all",
            lambda outputs, lengths: outputs[:, int(lengths.max()) - 1],
            "You take one step for all rows, the last of the longest. Each row has a last step of its own.",
        ),
        Misconception(
            "shortest_for_all",
            lambda outputs, lengths: outputs[:, int(lengths.min()) - 1],
            "You take one step for all rows, the last of the shortest. Each row has a last step of its own.",
        ),
        Misconception(
            "one_too_early",
            lambda outputs, lengths: rnn_last(outputs, (lengths - 1).clamp(min=0)),
            "You take the state one step before the last: steps count from 0, so the last of 4 real steps is number 3.",
        ),
        Misconception(
            "with_a_dimension",
            lambda outputs, lengths: rnn_last(outputs, lengths)[:, None],
            "The numbers are right, but they stand in (batch, 1, hidden): the dimension of the steps should be gone.",
        ),
        Misconception(
            "every_row_with_every_length",
            lambda outputs, lengths: outputs[:, (lengths - 1).clamp(min=0)],
            "You get (batch, batch, hidden): every row at the last step of every row. Row and step go together, so"
            " index with both.",
        ),
        Misconception(
            "every_row_with_every_step",
            lambda outputs, lengths: outputs[:, lengths - 1],
            "Your result has one dimension too many: every row at the last step of every row. Row and step go"
            " together, so index with both (and look after the row without steps, whose index would be −1).",
        ),
        Misconception(
            "first_number_only",
            lambda outputs, lengths: _first_number(outputs, lengths) * (lengths > 0)[:, None],
            "Of each state you return the first number only: `gather` gives back as many numbers as its index has, and"
            " yours has one for each row.",
        ),
        Misconception(
            "first_number_even_where_empty",
            _first_number,
            "Of each state you return the first number only: `gather` gives back as many numbers as its index has, and"
            " yours has one for each row. And a row without steps should be zeros.",
        ),
    ),
    hints=(
        "For each row one step is wanted, another one for each row: number `lengths − 1`.",
        "Either index with two tensors at once, `outputs[rows, steps]`, or mark the step in a table (batch, length) and"
        " add up what is marked. Look after the row without steps.",
        "`torch.arange(length) == lengths[:, None] - 1` marks the step; a row of length 0 has no mark: its sum is 0.",
    ),
)


def rnn_last(outputs: Tensor, lengths: Tensor) -> Tensor:
    """The right states, for a wrong answer to start from."""
    marked = torch.arange(outputs.shape[1]) == lengths[:, None] - 1
    return (outputs * marked[..., None]).sum(1)


# --------------------------------------------------------------------------------------- 9 · carried and cut


def _chunk_case(
    rng: np.random.Generator,
    about: str,
    sizes: tuple[int, int, int, int],
    chunk: int,
    with_state: bool,
    make: Callable[..., nn.Module] = nn.RNN,
    dtype: torch.dtype = torch.float32,
) -> Case:
    batch, length, width, hidden = sizes
    layer = randomised(rng, make(width, hidden, batch_first=True), 0.5).to(dtype)
    inputs = {
        "rnn": layer,
        "x": normal(rng, batch, length, width, dtype=dtype),
        "chunk": chunk,
        "state": normal(rng, 1, batch, hidden, std=0.7, dtype=dtype) if with_state else None,
    }
    return Case(inputs, about, {"batch": batch, "length": length, "input_size": width, "hidden": hidden})


def _chunk_cases(rng: np.random.Generator) -> list[Case]:
    wrong = _chunk_case(rng, "chunks of 0 steps", (1, 3, 2, 4), 0, False)
    return [
        _chunk_case(rng, "two chunks of 3", (2, 6, 4, 5), 3, False),
        _chunk_case(rng, "chunks of 3, 3 and 1, a state to go on from", (2, 7, 3, 4), 3, True),
        _chunk_case(rng, "chunks of one step", (3, 4, 2, 5), 1, True),
        _chunk_case(rng, "a chunk longer than the text", (2, 5, 3, 4), 8, True),
        _chunk_case(rng, "chunks of 4, 4 and 2", (3, 10, 2, 5), 4, True),
        _chunk_case(rng, "one sequence of one step", (1, 1, 3, 2), 4, True),
        _chunk_case(rng, "the hand-written layer", (2, 5, 4, 3), 2, True, rnn.RNN),
        _chunk_case(rng, "the hand-written layer, a fresh start", (2, 6, 3, 5), 4, False, rnn.RNN),
        _chunk_case(rng, "all in float64, a fresh start", (3, 5, 4, 2), 2, False, dtype=torch.float64),
        Case(wrong.inputs, wrong.about, wrong.sizes, {"error": "0"}),
    ]


def _run_chunks(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    if "error" in case.extra:
        return {"value": refused(lambda: answer(*inputs.values()), case), "gradients": {}}
    layer, state = inputs["rnn"], inputs["state"]
    leaves = {"x": inputs["x"].clone().requires_grad_()}
    if state is not None:
        leaves["state"] = state.clone().requires_grad_()
    weights = dict(layer.named_parameters())
    given = {name: leaf * 1 for name, leaf in leaves.items()}
    with torch.enable_grad():
        result = answer(layer, given["x"], inputs["chunk"], *list(given.values())[1:])
        if not (isinstance(result, (tuple, list)) and len(result) == 2):
            raise Told("Return two things: the outputs of all steps, and the last state.")
        if any(weight.grad is not None for weight in weights.values()):
            raise Told("Your function calls `.backward()` itself. Whether and for which loss is for the caller to say.")
        tell_if_changed(leaves, given)
        gradients = differentiate(result, {**leaves, **weights})
    return {"value": tuple(result), "gradients": gradients}


def _read_chunks(
    layer: nn.Module,
    x: Tensor,
    chunk: int,
    state: Tensor | None,
    between: Callable[[Tensor, Tensor | None], Tensor | None],
) -> Any:
    if chunk < 1:
        raise ValueError(f"no chunks of {chunk}")
    outputs, first, h = [], state, state
    for i, piece in enumerate(x.split(chunk, 1)):
        h = between(h, first) if i and h is not None else h
        found, h = layer(piece, h)
        outputs.append(found)
    return torch.cat(outputs, 1), h


def _chunks_uncut(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _read_chunks(rnn, x, chunk, state, lambda h, first: h)


def _chunks_reset(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _read_chunks(rnn, x, chunk, state, lambda h, first: None)


def _chunks_restart(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _read_chunks(rnn, x, chunk, state, lambda h, first: first)


def _chunks_ignoring_start(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _read_chunks(rnn, x, chunk, None, lambda h, first: h.detach())


def _chunks_cut_start(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    state = None if state is None else state.detach()
    return _read_chunks(rnn, x, chunk, state, lambda h, first: h.detach())


def _chunks_cut_end(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    outputs, last = _read_chunks(rnn, x, chunk, state, lambda h, first: h.detach())
    return outputs, last.detach()


def _chunks_zeros(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None, dtype: torch.dtype) -> Any:
    if state is None:
        state = torch.zeros(1, len(x), rnn.hidden_size, dtype=dtype)  # type: ignore[call-overload]
    return _read_chunks(rnn, x, chunk, state, lambda h, first: h.detach())


def _chunks_float32_zeros(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _chunks_zeros(rnn, x, chunk, state, torch.float32)


def _chunks_size_of_the_library(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _chunks_zeros(rnn, x, chunk, state, x.dtype)


def _chunks_float32_buffer(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    outputs, last = _read_chunks(rnn, x, chunk, state, lambda h, first: h.detach())
    return outputs.float(), last


def _chunks_state_rebuilt(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _read_chunks(rnn, x, chunk, state, lambda h, first: torch.tensor(h.tolist()))


def _chunks_swapped(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _read_chunks(rnn, x, chunk, state, lambda h, first: h.detach())[::-1]


def _chunks_along_the_batch(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"no chunks of {chunk}")
    return _read_pieces(rnn, list(x.split(chunk)), state)


def _chunks_none_shorter(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"no chunks of {chunk}")
    return _read_pieces(rnn, [p for p in x.split(chunk, 1) if p.shape[1] == chunk], state)


def _chunks_every_step(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _read_chunks(rnn, x, min(chunk, 1), state, lambda h, first: h.detach())


def _chunks_whole_only(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    whole = x.shape[1] // chunk * chunk if 0 < chunk <= x.shape[1] else x.shape[1]
    return _read_chunks(rnn, x[:, :whole], chunk, state, lambda h, first: h.detach())


def _chunks_number(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    length = -(-x.shape[1] // chunk) if chunk else 0
    return _read_chunks(rnn, x, length, state, lambda h, first: h.detach())


def _chunks_last_only(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    outputs, last = _read_chunks(rnn, x, chunk, state, lambda h, first: h.detach())
    return outputs[:, (x.shape[1] - 1) // chunk * chunk :], last


def _chunks_cut_outputs(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    outputs, last = _read_chunks(rnn, x, chunk, state, lambda h, first: h.detach())
    return outputs.detach(), last


def _chunks_never_carried(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return _read_chunks(rnn, x, chunk, None, lambda h, first: None)


def _chunks_cut_both(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    outputs, last = _chunks_cut_start(rnn, x, chunk, state)
    return outputs, last.detach()


def _chunks_only_last_learns(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"no chunks of {chunk}")
    pieces, outputs = x.split(chunk, 1), []
    with torch.no_grad():
        for piece in pieces[:-1]:
            found, state = rnn(piece, state)
            outputs.append(found)
    found, state = rnn(pieces[-1], state)
    return torch.cat([*outputs, found], 1), state


def _chunks_first_state(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    outputs, _ = _read_chunks(rnn, x, chunk, state, lambda h, first: h.detach())
    return outputs, rnn(x[:, :chunk], state)[1]


def _chunks_flat_state(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    outputs, last = _read_chunks(rnn, x, chunk, state, lambda h, first: h.detach())
    return outputs, last[0]


def _chunks_one_shorter(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    first = chunk - 1 if chunk > 1 else chunk
    if chunk < 1:
        raise ValueError(f"no chunks of {chunk}")
    return _read_pieces(rnn, [x[:, :first], *x[:, first:].split(chunk, 1)], state)


def _chunks_short_first(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"no chunks of {chunk}")
    rest = x.shape[1] % chunk
    return _read_pieces(rnn, [x[:, :rest], *x[:, rest:].split(chunk, 1)], state)


def _chunks_rest_merged(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"no chunks of {chunk}")
    edge = max(x.shape[1] // chunk - 1, 0) * chunk
    return _read_pieces(rnn, [*(x[:, :edge].split(chunk, 1) if edge else []), x[:, edge:]], state)


def _read_pieces(rnn: nn.Module, pieces: list[Tensor], state: Tensor | None) -> Any:
    outputs: list[Tensor] = []
    for piece in (piece for piece in pieces if piece.shape[1]):
        found, state = rnn(piece, state.detach() if outputs and state is not None else state)
        outputs.append(found)
    return torch.cat(outputs, 1), state


CHUNKS = Exercise(
    id="rnn.run_in_chunks",
    lesson="05",
    title="Carried, and cut",
    reference=rnn.run_in_chunks,
    cases=_chunk_cases,
    run=_run_chunks,
    judge=judge_tensors("outputs", "last"),
    points=3,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "not_cut",
            _chunks_uncut,
            "The numbers are right, but the gradient runs through all chunks back to the beginning: nothing is cut, and"
            " the memory needed grows with the text.",
        ),
        Misconception(
            "not_carried",
            _chunks_reset,
            "The first chunk is right. Every later one starts from zeros: not only the gradient is cut, but the memory"
            " too.",
        ),
        Misconception(
            "starts_again",
            _chunks_restart,
            "Every chunk starts from the state that was handed in at the beginning. Hand on what the chunk before"
            " returned.",
        ),
        Misconception(
            "start_ignored",
            _chunks_ignoring_start,
            "From a fresh start you are right; the state that is handed in makes no difference to you.",
        ),
        Misconception(
            "start_cut",
            _chunks_cut_start,
            "The numbers are right, but no gradient reaches the state that was handed in. Only between two chunks is"
            " the state cut; what comes in is the caller's.",
        ),
        Misconception(
            "end_cut",
            _chunks_cut_end,
            "The outputs and their gradients are right, but the last state is detached. It may be cut when a further"
            " chunk follows, and none does.",
        ),
        Misconception(
            "cut_at_every_step",
            _chunks_every_step,
            "The numbers are right, but the gradient is cut after every step, not only between chunks: `chunk` makes no"
            " difference.",
        ),
        Misconception(
            "rest_dropped",
            _chunks_whole_only,
            "The steps after the last full chunk are missing. The last chunk may be shorter.",
        ),
        Misconception(
            "count_instead_of_length",
            _chunks_number,
            "You make `chunk` chunks. `chunk` says how many steps are in one: the gradient is cut in other places.",
        ),
        Misconception(
            "last_chunk_only",
            _chunks_last_only,
            "You return the outputs of the last chunk only. Those of all chunks, one after the other, are asked for.",
        ),
        Misconception(
            "outputs_cut",
            _chunks_cut_outputs,
            "Your outputs are detached, so that nothing can be learned from them. Only the state between two chunks is"
            " to be cut.",
        ),
        Misconception(
            "never_carried",
            _chunks_never_carried,
            "Every chunk starts from zeros, the first one too: neither the state that is handed in nor the one that a"
            " chunk ends with is used.",
        ),
        Misconception(
            "both_ends_cut",
            _chunks_cut_both,
            "The outputs are right, but you cut the state that comes in and the one that goes out as well. Only between"
            " two chunks is it to be cut.",
        ),
        Misconception(
            "only_the_last_learns",
            _chunks_only_last_learns,
            "The numbers are right, but only the last chunk has gradients. Within each chunk the gradient flows; it is"
            " the state between two of them that is cut.",
        ),
        Misconception(
            "first_state_returned",
            _chunks_first_state,
            "The outputs are right, but the state you return is the one after the first chunk.",
        ),
        Misconception(
            "state_without_layers",
            _chunks_flat_state,
            "Your last state is (batch, hidden). Return it as the layer gives it, (1, batch, hidden).",
        ),
        Misconception(
            "first_chunk_shorter",
            _chunks_one_shorter,
            "The numbers are right, but the gradient is cut in other places: your first chunk is one step short.",
        ),
        Misconception(
            "short_chunk_first",
            _chunks_short_first,
            "The numbers are right, but the gradient is cut in other places: the shorter chunk comes last, not first.",
        ),
        Misconception(
            "rest_merged",
            _chunks_rest_merged,
            "The numbers are right, but the rest is read together with the chunk before it: no chunk may be longer than"
            " `chunk`.",
        ),
        Misconception(
            "zeros_of_its_own",
            _chunks_float32_zeros,
            "You make the zeros of a fresh start yourself: in float32 whatever x is, and as wide as an attribute says"
            " that your own layer does not have. Handed None, every recurrent layer makes its own.",
        ),
        Misconception(
            "size_of_the_library",
            _chunks_size_of_the_library,
            "With `nn.RNN` you are right. To make the zeros of a fresh start, you ask the layer for an attribute that"
            " your own one does not have; handed None, every recurrent layer makes its own.",
        ),
        Misconception(
            "outputs_in_float32",
            _chunks_float32_buffer,
            "All is right but in float64: the tensor that you collect the outputs in is float32 whatever x is, and half"
            " the digits are lost.",
        ),
        Misconception(
            "state_rebuilt",
            _chunks_state_rebuilt,
            "All is right but in float64: between two chunks you build the state anew out of plain numbers, and"
            " `torch.tensor` makes float32 of them. To cut the gradient, keep the tensor and detach it.",
        ),
        Misconception(
            "swapped",
            _chunks_swapped,
            "You return the last state first and the outputs second: turn the two round.",
        ),
        Misconception(
            "cut_along_the_batch",
            _chunks_along_the_batch,
            "You cut x along its first dimension, which counts the sequences: your chunks are some texts each, and not"
            " some steps of all.",
        ),
        Misconception(
            "whole_chunks_only",
            _chunks_none_shorter,
            "The steps after the last full chunk are missing, and a text shorter than one chunk is not read at all. The"
            " last chunk may be shorter.",
        ),
    ),
    hints=(
        "A loop over the chunks: read one, keep its outputs, hand its last state to the next.",
        "`x.split(chunk, dim=1)` gives the chunks, the shorter rest included. `h.detach()` has the same numbers, and"
        " no past.",
        "Detach before every chunk but the first; join the outputs with `torch.cat(..., dim=1)`.",
    ),
)

# --------------------------------------------------------------------------------------- 5 · generation


def _ends(scores: Tensor) -> list[float]:
    """Where each symbol's part of the line ends."""
    return torch.softmax(scores.double(), 0).cumsum(0).tolist()


def _writing_case(
    rng: np.random.Generator, about: str, sizes: tuple[int, int, int], prompt: int, count: int, shift: float = 0.0
) -> Case:
    """Random weights; numbers that fall well inside a symbol's part, so that rounding cannot decide.

    All scores but the first and the last symbol's are raised by `shift`, and those two, where an answer ends up that
    has lost its probabilities, by less.
    """
    symbols, width, hidden = sizes
    # weights twice as large as elsewhere: what was read before shows in what is drawn
    model = randomised(rng, rnn.RNNLanguageModel(symbols, width, hidden).eval(), 1.0)
    if shift:
        with torch.no_grad():
            model.output.bias.add_(shift)
            model.output.bias[[0, -1]] = model.output.bias[[0, -1]] - 20
    asked = [int(n) for n in rng.integers(0, symbols, size=prompt)]
    numbers: list[float] = []
    ids, state, symbol = torch.tensor([asked]), None, 0
    with torch.no_grad():
        twice = torch.tensor([[*asked, asked[-1]]])
        elsewhere = [_ends(model(ids)[0][0, 0]), _ends(model(ids[:, -1:])[0][0, -1])]  # where mistakes look
        elsewhere.append(_ends(model(twice)[0][0, -1]))
        for place in range(count):
            if place == 1:
                elsewhere = [_ends(model(torch.tensor([[*asked, symbol]]), state)[0][0, -1])]  # all read again
                elsewhere += [_ends(model(torch.tensor([asked]), known)[0][0, -1]) for known in (None, state)]
                elsewhere.append(_ends(model(torch.tensor([[symbol]]))[0][0, -1]))
            logits, state = model(ids, state)
            ends = _ends(logits[0, -1])
            sizes_of = [b - a for a, b in zip([0.0, *ends], ends)]
            best = (-1, 0, 0.0)
            for _ in range(100 if place < 2 else 1):  # the first two numbers tell the mistakes apart, if any can
                symbol = min(bisect.bisect_right(ends, rng.random()), symbols - 1)
                if sizes_of[symbol] < 1e-3:  # too narrow to aim at
                    symbol = sizes_of.index(max(sizes_of))
                number = ends[symbol] - sizes_of[symbol] * rng.uniform(0.2, 0.8)
                others = [bisect.bisect_right(line, number) for line in elsewhere]
                apart = 10 * sum(other != symbol for other in others) + len(set(others))
                best = max(best, (apart, symbol, number))
                if apart == 11 * len(elsewhere):
                    break
            _, symbol, number = best
            numbers.append(number)
            ids = torch.tensor([[symbol]])
    inputs = {"model": model, "prompt": asked, "numbers": numbers}
    return Case(inputs, about, {"symbols": symbols, "prompt": prompt, "numbers": count})


def _equal_scores_case() -> Case:
    """Four symbols, equally likely: their parts end at exactly 0.25, 0.5, 0.75 and 1, in any precision."""
    model = rnn.RNNLanguageModel(4, 2, 3).eval()
    for weight in model.parameters():
        nn.init.zeros_(weight)
    inputs = {"model": model, "prompt": [2, 1], "numbers": [0.25, 0.5, 0.75, 0.0, 0.9]}
    return Case(inputs, "four equally likely symbols", {"symbols": 4, "prompt": 2, "numbers": 5})


def _end_of_the_line_case(rng: np.random.Generator) -> Case:
    """A number so close to 1 that the ends, added up with rounding, do not reach it, in either precision."""
    symbols = 63
    model = randomised(rng, rnn.RNNLanguageModel(symbols, 3, 4).eval(), 0.5)
    number, prompt = 1 - 2.0**-53, [5, 8]
    with torch.no_grad():
        model.output.weight.zero_()
        for _ in range(400):
            model.output.bias.copy_(normal(rng, symbols))
            scores = model(torch.tensor([prompt]))[0][0, -1]
            if all(float(torch.softmax(s, 0).cumsum(0)[-1]) < number for s in (scores, scores.double())):
                break
    inputs = {"model": model, "prompt": prompt, "numbers": [number]}
    about = f"a number just below 1, {number}, which is rounded in this line"
    return Case(inputs, about, {"symbols": symbols, "prompt": 2, "numbers": 1})


def _writing_cases(rng: np.random.Generator) -> list[Case]:
    empty = _writing_case(rng, "an empty prompt", (5, 3, 4), 1, 2)
    return [
        _writing_case(rng, "one symbol to write", (5, 3, 4), 2, 1),
        _writing_case(rng, "six symbols to write", (7, 3, 5), 4, 6),
        _writing_case(rng, "a prompt of one symbol", (6, 4, 5), 1, 9),
        _writing_case(rng, "nothing to write", (4, 3, 5), 2, 0),
        _writing_case(rng, "two symbols to write", (8, 3, 6), 1, 2),
        _writing_case(rng, "three symbols to write", (9, 4, 6), 2, 3),
        _writing_case(rng, "twelve symbols to write", (9, 4, 8), 5, 12),
        _writing_case(rng, "scores of about a thousand", (7, 4, 3), 2, 4, shift=1000.0),
        _equal_scores_case(),
        _end_of_the_line_case(rng),
        Case({**empty.inputs, "prompt": []}, empty.about, {}, {"error": "empty"}),
    ]


class _Counting(nn.Module):
    """A model that counts what it has read."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.read = model, 0

    def forward(self, ids: Any, state: Any = None) -> Any:
        if not isinstance(ids, Tensor) or ids.dim() != 2 or len(ids) != 1:
            shape = tuple(ids.shape) if isinstance(ids, Tensor) else type(ids).__name__
            raise Told(f"The model reads a batch of one text, a tensor of shape (1, length); you gave it {shape}.")
        self.read += ids.shape[1]
        return self.model(ids, state)


def _run_writing(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    model = _Counting(inputs["model"])
    if "error" in case.extra:
        return {"written": refused(lambda: answer(model, inputs["prompt"], inputs["numbers"]), case), "read": 0}
    before = _chance()
    written = answer(model, inputs["prompt"], inputs["numbers"])
    return {"written": written, "read": model.read, "by chance": _chance() != before}


def _chance() -> tuple[Any, ...]:
    """Where the three generators of random numbers stand: an answer that draws from one of them moves it on."""
    by_numpy: Any = np.random.get_state()
    return bytes(torch.get_rng_state().numpy()), random.getstate(), bytes(by_numpy[1]), by_numpy[2]


def _judge_writing(case: Case, output: Any, expected: Any) -> Mismatch | None:
    found = compare(expected["written"], output["written"], 0.0)
    if found and output.get("by chance"):
        own = " Your function draws random numbers of its own: all chance is in `numbers`, one for each symbol."
        return Mismatch(found.text + own, found.where)
    if found:
        return found
    most = len(case.inputs["prompt"]) + len(case.inputs["numbers"])
    # the last symbol that was written may be read as well, though nobody asks what comes after it
    if output["read"] > max(most, expected["read"] + 1) and expected["read"] <= most:
        return Mismatch(
            f"The symbols are right, but the model has read {output['read']} symbols to write"
            f" {len(case.inputs['numbers'])} after a prompt of {len(case.inputs['prompt'])}: each should be read once."
        )
    if output["read"] <= most < expected["read"]:
        return Mismatch("The model has read each symbol once.")
    return None


def _write(
    model: Any,
    prompt: Any,
    numbers: Any,
    pick: Callable[[Tensor, float], int] | None = None,
    feed: Callable[[list[int], list[int], int], list[int]] = lambda prompt, written, symbol: [symbol],
    keep: Callable[[Any, Any, int], Any] = lambda new, old, i: new,
    place: int = -1,
    known: bool = False,
) -> list[int]:
    if not prompt:
        raise ValueError("an empty prompt")
    pick = pick or _fall
    ids, state, written = list(prompt), None, []
    with torch.no_grad():
        if known:
            ids, state = ids[-1:], model(torch.tensor([ids]))[1]
        for i, number in enumerate(numbers):
            logits, new = model(torch.tensor([ids]), state)
            state = keep(new, state, i)
            written.append(pick(logits[0, place].double(), number))
            ids = feed(list(prompt), written, written[-1])
    return written


def _never(new: Any, old: Any, i: int) -> None:
    """The state is handed on after no step."""


def _fall(scores: Tensor, number: float) -> int:
    return _on_line(torch.softmax(scores, 0), number)


def _on_line(p: Tensor, number: float) -> int:
    return min(int((p.cumsum(0) <= number).sum()), len(p) - 1)


def _largest_first(scores: Tensor, number: float) -> int:
    p, order = torch.softmax(scores, 0).sort(descending=True)
    return int(order[_on_line(p, number)])


def _logistic(scores: Tensor, number: float) -> int:
    p = torch.sigmoid(scores)
    return _on_line(p / p.sum(), number)


def _exponentials(scores: Tensor, number: float) -> int:
    p = scores.float().exp()
    return _on_line(p / p.sum(), number)


def _at_random(scores: Tensor, number: float) -> int:
    return int(torch.multinomial(torch.softmax(scores.float(), 0), 1))


def _softmax_twice(scores: Tensor, number: float) -> int:
    return _fall(torch.softmax(scores, 0), number)


def _turned_round(scores: Tensor, number: float) -> int:
    return _fall(scores, 1 - number)


def _end_to_the_left(scores: Tensor, number: float) -> int:
    return min(_end_to_the_left_unguarded(scores, number), len(scores) - 1)


def _end_to_the_left_unguarded(scores: Tensor, number: float) -> int:
    return int((torch.softmax(scores, 0).cumsum(0) < number).sum())


def _past_the_end(scores: Tensor, number: float) -> int:
    return int((torch.softmax(scores, 0).cumsum(0) <= number).sum())


def _first_beyond(scores: Tensor, number: float) -> int:
    return int((torch.softmax(scores, 0).cumsum(0) > number).int().argmax())


def _scores_as_line(scores: Tensor, number: float) -> int:
    return _on_line(scores, number)


def _next_but(scores: Tensor, number: float) -> int:
    return max(_fall(scores, number) - 1, 0)


WRITING = Exercise(
    id="rnn.generate",
    lesson="05",
    title="Let it write",
    reference=rnn.generate,
    cases=_writing_cases,
    run=_run_writing,
    judge=_judge_writing,
    points=3,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "greedy",
            lambda model, prompt, numbers: _write(model, prompt, numbers, lambda s, n: int(s.argmax())),
            "You always take the likeliest symbol: the numbers make no difference, and the text will run in circles.",
        ),
        Misconception(
            "numbers_ignored",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _at_random),
            "You draw with random numbers of your own, and `numbers` makes no difference. The chance is given to you,"
            " so that the same text can be written twice: look where each number falls.",
        ),
        Misconception(
            "softmax_twice",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _softmax_twice),
            "Two softmaxes have passed over the scores: the parts of your line are nearly equal, and unlikely symbols"
            " are drawn far too often.",
        ),
        Misconception(
            "exponentials_overflow",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _exponentials),
            "For small scores you are right. For large ones e to that power is more than a float can hold, and infinity"
            " by infinity is no number: a softmax made for the purpose first takes the largest score off all of them.",
        ),
        Misconception(
            "state_forgotten",
            lambda model, prompt, numbers: _write(model, prompt, numbers, keep=_never),
            "The first symbol is right. The later ones are drawn by a model that knows the symbol before and nothing"
            " else: the state has to be handed on.",
        ),
        Misconception(
            "prompt_forgotten",
            lambda model, prompt, numbers: _write(model, prompt, numbers, keep=lambda new, old, i: new if i else None),
            "The first symbol is right. Then the state after the prompt is lost: what follows is written as if the text"
            " began with your first new symbol.",
        ),
        Misconception(
            "state_of_the_prompt",
            lambda model, prompt, numbers: _write(model, prompt, numbers, keep=lambda new, old, i: old if i else new),
            "The first two symbols are right. Each later one is drawn from the state after the prompt and the symbol"
            " before: the state is to be replaced at every step.",
        ),
        Misconception(
            "last_of_the_prompt_twice",
            lambda model, prompt, numbers: _write(model, prompt, numbers, known=True),
            "The model reads the last symbol of the prompt twice: once with the prompt, and again to draw the first"
            " symbol. The scores for that one came with the prompt.",
        ),
        Misconception(
            "not_fed_back",
            lambda model, prompt, numbers: _write(model, prompt, numbers, feed=lambda p, w, s: p, keep=_never),
            "The model reads the prompt again and again, and never what it has written: no symbol depends on the one"
            " before it.",
        ),
        Misconception(
            "prompt_again",
            lambda model, prompt, numbers: _write(model, prompt, numbers, feed=lambda p, w, s: p),
            "The state is handed on, but what is read next is the prompt once more, not the symbol that was drawn.",
        ),
        Misconception(
            "last_of_the_prompt_again",
            lambda model, prompt, numbers: _write(model, prompt, numbers, feed=lambda p, w, s: p[-1:]),
            "The state is handed on, but what is read next is always the last symbol of the prompt, never one that was"
            " drawn.",
        ),
        Misconception(
            "everything_read_again",
            lambda model, prompt, numbers: _write(model, prompt, numbers, feed=lambda p, w, s: p + w, keep=_never),
            "The symbols are right, but for each of them the model reads the whole text again. The state already holds"
            " it: hand it on, and give the model the new symbol only.",
        ),
        Misconception(
            "read_twice",
            lambda model, prompt, numbers: _write(model, prompt, numbers, feed=lambda p, w, s: p + w),
            "You hand the state on and give the model the whole text as well: it reads everything twice and more.",
        ),
        Misconception(
            "first_step",
            lambda model, prompt, numbers: _write(model, prompt, numbers, place=0),
            "You draw the first symbol from the scores after the first symbol of the prompt. What comes after the whole"
            " prompt is asked.",
        ),
        Misconception(
            "largest_first",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _largest_first),
            "On your line the likeliest symbol lies first. The symbols lie in their own order, number 0 first.",
        ),
        Misconception(
            "logistic",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _logistic),
            "Your parts of the line are the logistic function of the scores. A softmax makes probabilities of them.",
        ),
        Misconception(
            "one_too_small",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _next_but),
            "Every symbol is the one before the right one (number 0 excepted). Count the ends that lie at or below the"
            " number: that many symbols lie entirely to its left.",
        ),
        Misconception(
            "one_too_small_inside",
            lambda model, prompt, numbers: _write(model, prompt, numbers, lambda s, n: max(_past_the_end(s, n) - 1, 0)),
            "Nearly every symbol is the one before the right one. Count the ends that lie at or below the number: that"
            " many symbols lie entirely to its left, and the next one is drawn.",
        ),
        Misconception(
            "with_prompt",
            lambda model, prompt, numbers: [*prompt, *_write(model, prompt, numbers)],
            "Your list begins with the prompt. Only the new symbols are asked for.",
        ),
        Misconception(
            "end_to_the_left",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _end_to_the_left),
            "Where a number falls exactly on the end of a symbol's part, you take that symbol. The point belongs to the"
            " next one, on its right: from 0 on, each part begins with its first point and ends before its last.",
        ),
        Misconception(
            "end_to_the_left_unguarded",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _end_to_the_left_unguarded),
            "Where a number falls exactly on the end of a symbol's part, you take that symbol; the point belongs to the"
            " next one. And just below 1, where rounding leaves no end, you draw a symbol that does not exist.",
        ),
        Misconception(
            "past_the_end",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _past_the_end),
            "For a number just below 1 you draw a symbol that does not exist. Rounding can leave the last end a little"
            " below 1; whatever lies beyond it falls on the last symbol.",
        ),
        Misconception(
            "first_beyond",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _first_beyond),
            "For a number just below 1 you draw symbol 0. Rounding can leave the last end a little below 1, so that no"
            " end lies beyond the number; it falls on the last symbol.",
        ),
        Misconception(
            "line_turned_round",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _turned_round),
            "You measure the number from the other end of the line. Number 0 lies at the left, where symbol 0 begins.",
        ),
        Misconception(
            "no_softmax",
            lambda model, prompt, numbers: _write(model, prompt, numbers, _scores_as_line),
            "You lay the scores themselves side by side. They may be negative, and do not add up to 1: a softmax makes"
            " probabilities of them.",
        ),
        Misconception(
            "prompt_without_past",
            lambda model, prompt, numbers: _write(model, prompt[-1:], numbers),
            "The model has read the last symbol of the prompt only: the whole prompt is to be read.",
        ),
        Misconception(
            "one_number_for_all",
            lambda model, prompt, numbers: _write(model, prompt, [numbers[0]] * len(numbers) if numbers else []),
            "You draw every symbol with the first number. Each has a number of its own.",
        ),
        Misconception(
            "one_too_many",
            lambda model, prompt, numbers: [*_write(model, prompt, numbers), *_write(model, prompt, numbers)[-1:]],
            "You return one symbol more than there are numbers.",
        ),
    ),
    hints=(
        "What the model reads first is the prompt; from then on it reads what it wrote last, one symbol at a time.",
        "`logits[0, -1]` are the scores of what comes next. After softmax and `cumsum` you know where each symbol's"
        " part of the line ends; how many ends lie at or below the number? (Never go beyond the last symbol: rounding"
        " may leave the last end a little below 1.)",
        "Before the loop `ids, state = list(prompt), None`. In it: `logits, state = model(torch.tensor([ids]), state)`,"
        " draw, append, and `ids = [symbol]`. All within `torch.no_grad()`.",
    ),
)

# --------------------------------------------------------------------------------------- 10 · rows of V


def _rows_case(rng: np.random.Generator, about: str, symbols: int, width: int, count: int) -> Case:
    weight = normal(rng, symbols, width) * torch.tensor(rng.uniform(0.2, 5.0, (symbols, 1)), dtype=torch.float32)
    inputs = {"weight": weight, "row": int(rng.integers(0, symbols)), "count": count}
    return Case(inputs, about, {"symbols": symbols, "width": width, "count": count})


def _rows_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _rows_case(rng, "two neighbours among seven rows", 7, 3, 2),
        _rows_case(rng, "one neighbour", 9, 4, 1),
        _rows_case(rng, "all others", 6, 8, 5),
        _rows_case(rng, "more neighbours than there are rows", 4, 3, 9),
        _rows_case(rng, "a single row", 1, 31, 3),  # not the smallest case: it shows only that the row is there
        _rows_case(rng, "five among thirty rows", 30, 6, 5),
        _rows_case(rng, "five among thirty rows, in fewer dimensions", 31, 4, 5),
        _fixed_rows("a row that points away", [[2.0, 1], [-1, 0], [0, 3]], 0, 2),
        _fixed_rows("an earlier row that points exactly the same way", [[1.0, 0], [2, 0], [0, 1], [3, 1]], 1, 3),
        _fixed_rows("a later row that points exactly the same way", [[1.0, 0], [2, 0], [0, 1], [3, 1]], 0, 3),
        _fixed_rows("an earlier row with the same numbers", [[1.0, 2], [1, 2], [0, 1], [3, 1]], 1, 3),
        _fixed_rows("two other rows with the same cosine", [[1.0, 0], [0, 3], [2, 1], [4, 2], [0, 1]], 0, 4),
        _parallel_case(rng),
        _learnable_case(rng),
    ]


def _fixed_rows(about: str, rows: list[list[float]], row: int, count: int) -> Case:
    return Case({"weight": torch.tensor(rows), "row": row, "count": count}, about)


def _parallel_case(rng: np.random.Generator) -> Case:
    """Another row points exactly the way of the one asked about: whoever drops the first of the list may drop it."""
    made = _rows_case(rng, "one other row points exactly the same way", 8, 5, 4)
    weight = made.inputs["weight"]
    row, other = (int(n) for n in rng.choice(8, 2, replace=False))
    weight[other] = weight[row] * float(rng.choice([0.5, 4.0]))
    return Case({**made.inputs, "row": row}, made.about, made.sizes)


def _learnable_case(rng: np.random.Generator) -> Case:
    made = _rows_case(rng, "a parameter, which requires gradients", 9, 3, 4)
    return Case({**made.inputs, "weight": nn.Parameter(made.inputs["weight"])}, made.about, made.sizes)


def _by(score: Tensor, row: int, count: int, keep: bool = False) -> list[int]:
    order = score.argsort(descending=True, stable=True).tolist()
    return [i for i in order if keep or i != row][:count]


def _cosines(weight: Tensor, row: int) -> Tensor:
    unit = F.normalize(weight, dim=1)
    return unit @ unit[row]


def _judge_rows(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """The places; of others with the same cosine either may come first."""
    found = compare(expected, output, 0.0)
    if not found:
        return None
    weight, row, places = case.inputs["weight"].detach(), case.inputs["row"], [int(i) for i in output]
    others = {i for i in range(len(weight)) if i != row}
    if compare(places, output, 0.0) or len(places) != len(expected) or len(set(places)) < len(places):
        return found
    if not others.issuperset(places) or not others.issuperset(expected):
        return found
    cosines = _cosines(weight.double(), row)
    return None if torch.allclose(cosines[places], cosines[expected], rtol=0, atol=1e-6) else found


def _first_equal(weight: Tensor, row: int) -> int:
    return next(i for i, other in enumerate(weight) if torch.equal(other, weight[row]))


def _in_a_dict(weight: Tensor, row: int, count: int) -> list[int]:
    places = {float(cosine): i for i, cosine in enumerate(_cosines(weight, row)) if i != row}
    return [places[cosine] for cosine in sorted(places, reverse=True)][:count]


def _itself_set_to(cosine: float) -> Callable[[Tensor, int, int], list[int]]:
    def nearest(weight: Tensor, row: int, count: int) -> list[int]:
        itself = torch.arange(len(weight)) == row
        return _by(_cosines(weight, row).where(~itself, cosine), row, count, keep=True)

    return nearest


ROWS = Exercise(
    id="rnn.nearest_rows",
    lesson="05",
    title="The rows of V as vectors",
    reference=rnn.nearest_rows,
    cases=_rows_cases,
    judge=_judge_rows,
    properties=(
        Property(
            "without_itself",
            lambda case, output: case.inputs["row"] not in output,
            "The row that was asked about stands among its own neighbours. Leave it out by its number, not by its"
            " place in the order, nor by its cosine or its values: another row may share all of these.",
        ),
    ),
    points=2,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "itself_included",
            lambda weight, row, count: _by(_cosines(weight, row), row, count, keep=True),
            "The first of your neighbours is the row itself: nothing is nearer to it.",
        ),
        Misconception(
            "itself_counted",
            lambda weight, row, count: _by(_cosines(weight, row), row, count - 1),
            "You return one neighbour too few where there are enough rows: the row itself was counted, and then taken"
            " out.",
        ),
        Misconception(
            "dot_product",
            lambda weight, row, count: _by(weight @ weight[row], row, count),
            "You compare dot products. A long row has large ones with everybody; a cosine looks at directions only.",
        ),
        Misconception(
            "distance",
            lambda weight, row, count: _by(-(weight - weight[row]).norm(dim=1), row, count),
            "You compare distances, in which a row's length plays a part. A cosine looks at directions only.",
        ),
        Misconception(
            "farthest",
            lambda weight, row, count: _by(-_cosines(weight, row), row, count),
            "These are the rows that point the other way: the smallest cosine comes first in your list.",
        ),
        Misconception(
            "either_direction",
            lambda weight, row, count: _by(_cosines(weight, row).abs(), row, count),
            "You take rows that point exactly the other way for near: the sign of the cosine has been lost.",
        ),
        Misconception(
            "columns_normalised",
            lambda weight, row, count: _by(F.normalize(weight, dim=0) @ F.normalize(weight, dim=0)[row], row, count),
            "You give every column the length one. The vectors to be compared are the rows.",
        ),
        Misconception(
            "first_dropped",
            lambda weight, row, count: _by(_cosines(weight, row), row, count + 1, keep=True)[1:],
            "You drop the first of the list, and take it for the row itself. Another row that points exactly the same"
            " way may stand there: leave the row out by its number.",
        ),
        Misconception(
            "first_dropped_after_turning",
            lambda weight, row, count: _cosines(weight, row).argsort(stable=True).flip(0)[1 : count + 1].tolist(),
            "You sort upwards, turn the list round and drop its first entry, taken for the row itself. A later row that"
            " points exactly the same way stands before it then: leave the row out by its number.",
        ),
        Misconception(
            "first_dropped_of_topk",
            lambda weight, row, count: _cosines(weight, row).topk(min(count + 1, len(weight))).indices[1:].tolist(),
            "You drop the first of the largest cosines, and take it for the row itself. Which of two equal ones `topk`"
            " puts first is not settled: leave the row out by its number.",
        ),
        Misconception(
            "equal_rows_dropped",
            lambda weight, row, count: [
                i for i in _by(_cosines(weight, row), row, len(weight)) if not torch.equal(weight[i], weight[row])
            ][:count],
            "You leave out every row with the same numbers as the one asked about. Two symbols may have equal rows:"
            " leave the row out by its number.",
        ),
        Misconception(
            "first_equal_dropped",
            lambda weight, row, count: [
                i for i in _by(_cosines(weight, row), row, len(weight), keep=True) if i != _first_equal(weight, row)
            ][:count],
            "You look the row up by its numbers, and leave out the first that has them. An earlier row may have the"
            " same; the number of the row is given to you.",
        ),
        Misconception(
            "in_a_dict",
            _in_a_dict,
            "Where two other rows have the same cosine, one of them is missing: a dict keeps one place for each key.",
        ),
        Misconception(
            "itself_put_last",
            _itself_set_to(-math.inf),
            "Where more neighbours are asked for than there are, the row itself comes last in your list: a cosine of −1"
            " or −∞ moves it to the end, and does not take it out.",
        ),
        Misconception(
            "itself_put_at_zero",
            _itself_set_to(0.0),
            "You set the cosine of the row itself to 0, which does not take it out: it stands before every row that"
            " points away, whose cosine is negative.",
        ),
        Misconception(
            "parallel_dropped",
            lambda weight, row, count: [
                i for i in _by(_cosines(weight, row), row, len(weight)) if float(_cosines(weight, row)[i]) < 0.9999
            ][:count],
            "You leave out every row whose cosine is 1, to be rid of the row itself. Another row may point exactly the"
            " same way: leave the row out by its number.",
        ),
        Misconception(
            "one_too_many",
            lambda weight, row, count: _by(_cosines(weight, row), row, count + 1),
            "You return one neighbour more than `count` where there are enough rows.",
        ),
        Misconception(
            "places_shifted",
            lambda weight, row, count: [i - (i > row) for i in _by(_cosines(weight, row), row, count)],
            "Behind the row itself your places are one too small: it was taken out before the others were numbered.",
        ),
        Misconception(
            "cosines_returned",
            lambda weight, row, count: [
                float(_cosines(weight, row)[i]) for i in _by(_cosines(weight, row), row, count)
            ],
            "You return the cosines, in order. Which rows have them? Their places are asked for.",
        ),
        Misconception(
            "positive_only",
            lambda weight, row, count: [
                i for i in _by(_cosines(weight, row), row, len(weight)) if float(_cosines(weight, row)[i]) > 0
            ][:count],
            "You leave out rows whose cosine is not positive. If `count` asks for them, they follow in order.",
        ),
    ),
    hints=(
        "A cosine is a dot product of vectors of length one.",
        "`F.normalize(weight, dim=1)` gives every row the length one; one product with the row gives all cosines.",
        "`.argsort(descending=True)` puts the largest first; leave the row itself out, then take `count`.",
    ),
)

EXERCISES: tuple[Exercise, ...] = (STEP, LAYER, MODEL, LOSS, WRITING, PAD, BATCHES, LAST, CHUNKS, ROWS)
