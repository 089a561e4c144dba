"""What an `nn.Module` answer is told: parameters by name, shared, frozen, changed arguments, missing gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from utils.checks.model import Case, Told
from utils.checks.modules import call_unchanged, gradients, learning, load_by_name, random_state, randomised, run_module


class Pair(nn.Module):
    def __init__(self, first="first", second="second", bias=True):
        super().__init__()
        setattr(self, first, nn.Linear(2, 3, bias=bias))
        setattr(self, second, nn.Linear(3, 2))


class Other(Pair):
    """A layer whose name is close, and whose shape says that it is another."""

    def __init__(self):
        super().__init__(first="firsts")
        self.firsts = nn.Linear(7, 3)


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.ones(3)


WEIGHTS = {name: torch.randn_like(value) for name, value in Pair().state_dict().items()}


def test_a_plain_tensor_is_no_parameter():
    with pytest.raises(Told, match="`scale` is a plain tensor"):
        load_by_name(Plain(), {"scale": torch.ones(3)})


def test_weights_are_given_by_name():
    module = load_by_name(Pair(), WEIGHTS)
    assert all(torch.equal(module.state_dict()[name], value) for name, value in WEIGHTS.items())


def _shared():
    module = Pair()
    module.second = module.first
    return module


def _bare():
    module = nn.Module()
    module.first = nn.Parameter(torch.zeros(3, 2))
    return module


def _with_a_buffer_for_a_weight():
    module = Pair()
    bias = module.first.bias.detach()
    del module.first.bias
    module.first.register_buffer("bias", bias)
    return module


def _with_another():
    module = Pair()
    module.third = nn.Linear(1, 1)
    return module


def _several():
    module = Pair()
    module.first = nn.ModuleList([nn.Linear(2, 3), nn.Linear(2, 3)])
    return module


class NoSuper(nn.Module):
    def __init__(self):
        pass


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (Pair(first="firsts"), "`first.weight`, of shape (3, 2), is missing. You have `firsts.weight`: rename it."),
        (Other(), "`first.weight`, of shape (3, 2), is missing. Yours are: "),
        (Pair(bias=False), "The parameter `first.bias`, of shape (3,), is missing. Yours are: "),
        (_bare(), "Your `first` is a bare tensor; it should be a layer"),
        (_several(), "Your `first` is made of several layers; it should be one."),
        (_with_a_buffer_for_a_weight(), "`first.bias` is a buffer, so no training would ever change it."),
        (_with_another(), "There is a parameter too many: `third.weight`. Expected are: `first.weight`, "),
        (NoSuper(), "`__init__` must call `super().__init__()`"),
        (3, "must derive from `nn.Module`; an object of type int"),
    ],
)
def test_what_is_amiss_is_told_by_name(module, words):
    with pytest.raises(Told) as told:
        load_by_name(module, WEIGHTS)
    assert words in str(told.value)


def test_a_buffer_of_ones_own_is_no_parameter_too_many():
    module = Pair()
    module.register_buffer("mask", torch.ones(2))
    load_by_name(module, WEIGHTS)
    assert module.mask.tolist() == [1, 1] and torch.equal(module.first.weight, WEIGHTS["first.weight"])


def test_another_shape_and_shared_layers():
    weights = {**WEIGHTS, "first.weight": torch.zeros(3, 4)}
    with pytest.raises(Told, match=r"`first.weight` has the shape \(3, 2\); expected \(3, 4\)"):
        load_by_name(Pair(), weights)
    module = _shared()
    with pytest.raises(Told, match=r"`first.weight` and `second.weight` are one and the same"):
        load_by_name(module, module.state_dict())


def test_gradients_say_where_the_way_is_cut():
    layer, x = nn.Linear(2, 3), torch.randn(4, 2, requires_grad=True)
    found = gradients(layer(x), torch.ones(4, 3), {"x": x, "weight": layer.weight})
    assert list(found) == ["gradient of x", "gradient of weight"] and found["gradient of x"].shape == (4, 2)
    with pytest.raises(Told, match="No gradient flows through the output"):
        gradients(layer(x).detach(), torch.ones(4, 3), {"x": x})
    with pytest.raises(Told, match="No gradient reaches `x`"):
        gradients(layer(x.detach()), torch.ones(4, 3), {"x": x})
    with pytest.raises(Told, match=r"shape \(4, 3\), got \(3, 4\)"):
        gradients(layer(x).T, torch.ones(4, 3), {"x": x})
    with pytest.raises(Told, match="`weight` is frozen"):
        gradients(layer(x), torch.ones(4, 3), {"weight": layer.weight.requires_grad_(False)})


def test_a_call_that_changes_its_arguments_is_told():
    class Greedy(nn.Module):
        def forward(self, x, mask=None):
            if mask is not None:
                mask.logical_not_()
            return x.add_(1)

    with pytest.raises(Told, match="argument number 1 in place"):
        call_unchanged(Greedy(), torch.zeros(2))
    with pytest.raises(Told, match="argument number 1 in place"):
        call_unchanged(Greedy(), torch.zeros(2), mask=torch.ones(2, dtype=torch.bool))
    assert torch.equal(call_unchanged(nn.Identity(), torch.ones(2)), torch.ones(2))


class Line(nn.Module):
    """y = w x, in steps; each test exchanges one."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(3))

    def look(self, x):
        return x

    def forward(self, x):
        if x.dim() != 2:
            raise ValueError(f"{x.dim()} dimensions")
        return self.look(x) * self.w


def _run(module, inputs=None, **extra):
    inputs = inputs if inputs is not None else {"x": torch.ones(2, 3)}
    case = Case(inputs, extra={"state": {"w": torch.full((3,), 2.0)}, **extra})
    return run_module(module, inputs, case, lambda made, given: made(given["x"]))


def _line(**methods):
    return type("Changed", (Line,), methods)()


def test_a_module_is_run_with_the_weights_of_the_case():
    seen = []
    found = _run(_line(look=lambda self, x: seen.append(x.detach().clone()) or x))
    assert torch.equal(found["value"], torch.full((2, 3), 2.0)) and list(found["gradients"]) == ["x", "w"]
    assert [float(x[0, 0]) for x in seen] == [0.5, 1.0], "first with other numbers"
    assert not _run(Line(), **{"values only": True})["gradients"]
    assert _run(Line(), {"x": torch.ones(2, 3, dtype=torch.float64)})["value"].dtype == torch.float64
    assert _run(Line(), {"x": torch.ones(3)}, error="1 dim") == "ValueError"
    assert [_run(module := Line(), training=mode) and module.training for mode in (True, False)] == [True, False]


def test_a_module_that_writes_into_its_input_is_seen_or_told():
    inputs = {"x": torch.ones(2, 3)}
    _run(_line(look=lambda self, x: x.add_(1)), inputs)
    assert torch.equal(inputs["x"], torch.full((2, 3), 2.0))
    with pytest.raises(Told, match="argument `x` in place"):
        _run(_line(look=lambda self, x: x.square() + x.mul_(2)))


class Keeping(Line):
    """Remembers its last input; `goes_on` says whether that changes anything."""

    def __init__(self, goes_on):
        super().__init__()
        self.goes_on, self.calls, self.seen = goes_on, 0, []
        self.register_buffer("last", torch.zeros(3), persistent=False)

    def look(self, x):
        before = self.last.clone()
        self.calls, self.shown = self.calls + 1, x.detach()
        self.seen.append(x.detach())
        self.last += x.detach().sum(0)
        return x + before if self.goes_on else x


def test_what_a_module_keeps_is_told_if_it_changes_the_next_call():
    assert torch.equal(_run(Keeping(False))["value"], torch.full((2, 3), 2.0))
    with pytest.raises(Told, match="from one call to the next, and goes on from there"):
        _run(Keeping(True))
    for place, look in {
        "calls": lambda self, x: setattr(self, "calls", getattr(self, "calls", 0) + 1) or x * self.calls,
        "_last": lambda self, x: [x + getattr(self, "_last", 0), setattr(self, "_last", x.detach())][0],
        "seen": lambda self, x: self.__dict__.setdefault("seen", []).append(x.detach()) or sum(self.seen, 0 * x),
    }.items():
        with pytest.raises(Told, match=rf"keeps `self\.{place}`"):
            _run(_line(look=look))


def test_dropout_is_no_keeping():
    """Both calls draw the same numbers."""
    made = Line()
    made.drop, made.look = nn.Dropout(0.5), lambda x: setattr(made, "last", x) or made.drop(x)
    assert set(_run(made)["value"].detach().unique().tolist()) <= {0.0, 4.0}


def test_a_frozen_parameter_is_told():
    frozen = Line()
    frozen.w.requires_grad_(False)
    for call in (lambda: learning(frozen, ["w"]), lambda: _run(frozen)):
        with pytest.raises(Told, match="`w` is frozen"):
            call()


def test_random_weights_are_the_same_for_the_same_seed():
    net = nn.Sequential(nn.Linear(100, 50), nn.LayerNorm(50))
    state, again = (random_state(np.random.default_rng(3), net) for _ in range(2))
    assert list(state) == list(net.state_dict()) and all(torch.equal(state[name], again[name]) for name in state)
    assert abs(float(state["0.weight"].std()) - 0.13) < 0.01 and abs(float(state["1.weight"].mean()) - 1) < 0.3
    assert abs(float(random_state(np.random.default_rng(3), net, 2.0)["0.weight"].std()) - 2) < 0.1
    assert randomised(np.random.default_rng(3), net) is net and torch.equal(net[1].bias, state["1.bias"])
