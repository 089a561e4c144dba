"""Every term of back-propagation through time equals autograd's, bounds hold, and clipping is PyTorch's."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import rnn_gradients as lab

OWN = ("output_gradients", "step_jacobian", "state_jacobian", "direct_term", "bptt_term", "bptt")


def a_run(
    activation: str = "sigmoid", hidden: int = 4, steps: int = 6, seed: int = 0, dtype: torch.dtype = torch.float64
) -> lab.Run:
    numbers = torch.Generator().manual_seed(seed)
    weights = lab.random_weights(hidden, 3, 5, seed, dtype=dtype)
    x = torch.randn(steps, 3, generator=numbers, dtype=dtype)
    targets = torch.randint(5, (steps,), generator=numbers)
    initial = lab.ACTIVATIONS[activation](torch.randn(hidden, generator=numbers, dtype=dtype))
    return lab.unroll(weights, x, targets, activation, initial)


# ---- the network


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_network_is_pytorchs(activation: str) -> None:
    run = a_run(activation)
    theirs = nn.RNN(3, 4, nonlinearity=activation, batch_first=True).double()
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(run.weights["W"])
        theirs.weight_hh_l0.copy_(run.weights["U"])
        theirs.bias_ih_l0.copy_(run.weights["b_h"])
        theirs.bias_hh_l0.zero_()
    states, _ = theirs(run.x[None], run.states[:1, None])
    torch.testing.assert_close(states[0], run.states[1:])
    torch.testing.assert_close(run.outputs, run.states[1:] @ run.weights["V"].T + run.weights["b_v"])
    torch.testing.assert_close(run.losses, F.cross_entropy(run.outputs, run.targets, reduction="none"))
    assert run.steps == 6


def test_unroll_starts_from_zeros_and_refuses_what_it_cannot_read() -> None:
    run = a_run()
    assert not lab.unroll(run.weights, run.x, run.targets).states[0].any()
    with pytest.raises(ValueError, match="at least one step"):
        lab.unroll(run.weights, run.x[:0], run.targets[:0])
    with pytest.raises(ValueError, match="6 steps and 5"):
        lab.unroll(run.weights, run.x, run.targets[:5])
    with pytest.raises(ValueError, match="softplus"):
        lab.unroll(run.weights, run.x, run.targets, "softplus")


@pytest.mark.parametrize("activation", lab.ACTIVATIONS)
def test_plain_rnn_is_the_network_for_a_batch(activation: str) -> None:
    run = a_run(activation)
    cell = lab.PlainRNN(3, 4, activation, U=run.weights["U"].float()).double()
    with torch.no_grad():
        cell.U.copy_(run.weights["U"])
        cell.W.copy_(run.weights["W"])
        cell.b_h.copy_(run.weights["b_h"])
    x = torch.stack([run.x, run.x.flip(0)])
    states, last = cell(x, run.states[:1].expand(2, -1)[None])
    torch.testing.assert_close(states[0], run.states[1:])
    assert states.shape == (2, 6, 4) and last.shape == (1, 2, 4)
    torch.testing.assert_close(last[0], states[:, -1])
    one_step, again = cell(x[:, :1])
    assert one_step.shape == (2, 1, 4)
    torch.testing.assert_close(cell(x)[0][:, 1:], cell(x[:, 1:], again)[0])


def test_plain_rnn_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="gelu"):
        lab.PlainRNN(3, 4, "gelu")
    with pytest.raises(ValueError, match=r"\(3, 4\)"):
        lab.PlainRNN(3, 4, U=torch.zeros(3, 4))


# ---- the terms


@pytest.mark.parametrize("activation", lab.ACTIVATIONS)
@pytest.mark.parametrize(("hidden", "steps"), [(4, 6), (1, 5), (3, 1), (5, 2)])
def test_every_rung_is_autograds(activation: str, hidden: int, steps: int) -> None:
    run = a_run(activation, hidden, steps, seed=hidden + steps)
    truth = lab.rungs_by_autograd(run)
    for functions in ({}, {name: getattr(lab, name) for name in OWN}):
        mine = lab.rungs_by_hand(run, **functions)
        assert list(mine) == list(truth) == list(lab.RUNGS)
        for name in lab.RUNGS:
            assert mine[name].dtype == torch.float64
            torch.testing.assert_close(mine[name], truth[name], msg=f"{name}, {functions.keys()}")
        assert lab.climb(mine, truth, 1e-9).first_wrong is None


@pytest.mark.parametrize("activation", lab.ACTIVATIONS)
def test_the_terms_add_up_to_what_backward_gives(activation: str) -> None:
    run = a_run(activation)
    U = run.weights["U"].clone().requires_grad_()
    lab.unroll({**run.weights, "U": U}, run.x, run.targets, activation, run.states[0]).losses.sum().backward()
    truth = lab.rungs_by_autograd(run)
    torch.testing.assert_close(U.grad, truth["dL/dU"])
    torch.testing.assert_close(truth["term (t, k)"].sum((0, 1)), truth["dL/dU"])
    assert not truth["term (t, k)"][1, 2:].any() and not truth["∂h_t/∂h_k"][1, 2:].any()


def test_autograds_rungs_leave_the_weights_alone() -> None:
    run = a_run()
    before = copy.deepcopy(dict(run.weights))
    with torch.no_grad():
        truth = lab.rungs_by_autograd(run)
    assert not any(rung.requires_grad for rung in truth.values())
    assert all(torch.equal(before[name], weight) and weight.grad is None for name, weight in run.weights.items())


def test_a_jacobian_is_what_running_the_network_gives() -> None:
    run = a_run("tanh")

    def later(state: Tensor) -> Tensor:
        return lab.unroll(run.weights, run.x[2:5], run.targets[2:5], "tanh", state).states[-1]

    exact = torch.autograd.functional.jacobian(later, run.states[2])
    torch.testing.assert_close(lab.state_jacobian(run.states, run.weights["U"], 5, 2, "tanh"), exact)


def test_slopes_are_derivatives() -> None:
    z = torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for name, f in lab.ACTIVATIONS.items():
        leaf = z.clone().requires_grad_()
        (expected,) = torch.autograd.grad(f(leaf).sum(), leaf)
        torch.testing.assert_close(lab.slope(f(z), name), expected)
        assert lab.slope(f(z), name).max() <= lab.STEEPEST[name]
    with pytest.raises(ValueError, match="softplus"):
        lab.slope(z, "softplus")


# ---- the ladder

BUGS = {
    "output_gradients": (lambda o, y: lab.output_gradients(o, y) / 2, "∂L_t/∂o_t"),
    "step_jacobian": (lambda h, U, kind: lab.slope(h, kind) * U, "∂h_t/∂h_{t−1}"),
    "state_jacobian": (lambda h, U, t, k, kind: lab.state_jacobian(h, U, t, k, kind).T, "∂h_t/∂h_k"),
    "direct_term": (lambda h, before, kind: lab.direct_term(h, h, kind), "∂⁺h_k/∂U"),
    "bptt_term": (lambda *given: lab.bptt_term(*given).T, "term (t, k)"),
    "bptt": (lambda *given: lab.bptt(*given).T, "dL/dU"),
}


@pytest.mark.parametrize("name", BUGS)
def test_the_first_wrong_rung_is_the_bug(name: str) -> None:
    wrong, rung = BUGS[name]
    run = a_run("tanh")
    ladder = lab.climb(lab.rungs_by_hand(run, **{name: wrong}), lab.rungs_by_autograd(run))
    assert ladder.first_wrong == rung
    lines = str(ladder).splitlines()
    assert len(lines) == 7 and [line for line in lines if "look here" in line] == [lines[lab.RUNGS.index(rung)]]
    below = lab.RUNGS.index(rung)
    assert all(r.right for r in ladder.rungs[:below]) and not ladder.rungs[below].right
    if name != "bptt":
        assert not ladder.rungs[-1].right, "a mistake in one rung shows in the sum"


def test_the_ladder_says_where() -> None:
    truth = {"term (t, k)": torch.ones(3, 3, 2, 2), "∂L_t/∂o_t": torch.ones(4, 2), "∂⁺h_k/∂U": torch.ones(3, 2, 2, 2)}
    mine = {name: rung.clone() for name, rung in truth.items()}
    mine["term (t, k)"][2, 0, 1, 1] = 5
    mine["∂L_t/∂o_t"][3, 1] = math.nan
    mine["∂⁺h_k/∂U"] = torch.ones(3, 2, 2)
    ladder = lab.climb(mine, truth)
    found = {rung.name: (rung.where, rung.error) for rung in ladder.rungs}
    assert found == {"term (t, k)": ("t = 3, k = 1", 4.0), "∂L_t/∂o_t": ("t = 4", math.inf), "∂⁺h_k/∂U": ("", math.inf)}
    assert "another shape" in str(ladder)
    assert lab.climb({"dL/dU": torch.zeros(2, 2)}, {"dL/dU": torch.zeros(2, 2)}).first_wrong is None
    with pytest.raises(ValueError, match="Nothing to compare"):
        lab.climb({}, truth)
    with pytest.raises(ValueError, match="'slope'"):
        lab.rungs_by_hand(a_run(), slope=lab.slope)


def test_a_far_term_counts_as_much_as_a_near_one() -> None:
    """Of fifteen steps, terms eight or more back are a 1/40000 of those with t = k: they must not be missed."""
    run = a_run(hidden=4, steps=15, seed=6, dtype=torch.float32)
    truth = lab.rungs_by_autograd(run)
    assert lab.climb(lab.rungs_by_hand(run), truth).first_wrong is None, "float32 is exact enough"
    sizes = truth["term (t, k)"].norm(dim=(2, 3))
    assert sizes.diagonal(-8).mean() < 1e-3 * sizes.diagonal().mean()
    cut = lambda g, h, U, t, k, kind: lab.bptt_term(g, h, U, t, k, kind) * (t - k < 8)  # noqa: E731
    ladder = lab.climb(lab.rungs_by_hand(run, bptt_term=cut), truth)
    assert ladder.first_wrong == "term (t, k)" and ladder.rungs[-1].error < 1e-3


# ---- norms


@pytest.mark.parametrize("activation", lab.ACTIVATIONS)
def test_no_norm_exceeds_its_bound(activation: str) -> None:
    run = a_run(activation, hidden=5, steps=9, seed=3)
    U = run.weights["U"]
    norms = lab.jacobian_norms(run.states, U, activation)
    assert norms.shape == (10, 10) and norms[2, 3:].isnan().all() and norms.tril().isfinite().all()
    for t in range(10):
        for k in range(t + 1):
            exact = torch.linalg.matrix_norm(lab.state_jacobian(run.states, U, t, k, activation), ord=2)
            assert norms[t, k].item() == pytest.approx(exact.item(), abs=1e-12)
            assert norms[t, k] <= lab.norm_bound(U, t - k, activation) * (1 + 1e-9)


def test_means_of_diagonals() -> None:
    table = torch.tensor([[1.0, math.nan, math.nan], [2.0, 3.0, math.nan], [6.0, 4.0, 5.0]])
    assert lab.mean_by_distance(table).tolist() == [3.0, 3.0, 6.0]


def test_recurrent_matrices() -> None:
    for hidden in (1, 7):
        U = lab.recurrent_matrix(hidden, "orthogonal", 1.5, seed=2)
        torch.testing.assert_close(U @ U.T, 2.25 * torch.eye(hidden), atol=1e-5, rtol=0)
    normal = lab.recurrent_matrix(200, "normal", 0.5)
    assert normal.std().item() * math.sqrt(200) == pytest.approx(0.5, rel=0.02)
    assert torch.linalg.matrix_norm(normal, ord=2).item() == pytest.approx(1.0, rel=0.05)
    assert torch.linalg.eigvals(normal).abs().max().item() == pytest.approx(0.5, rel=0.1)
    assert (
        torch.equal(normal, lab.recurrent_matrix(200, "normal", 0.5))
        and normal[0, 0] != lab.recurrent_matrix(200)[0, 0]
    )
    for wrong in ((0, "normal"), (3, "round")):
        with pytest.raises(ValueError, match=f"{wrong[0]} and '{wrong[1]}'"):
            lab.recurrent_matrix(*wrong)


# ---- clipping


def gradients_of(shapes: list[tuple[int, ...] | None], norm: float, seed: int) -> list[nn.Parameter]:
    rng = np.random.default_rng(seed)
    parameters = [nn.Parameter(torch.zeros((2,) if shape is None else shape)) for shape in shapes]
    for parameter, shape in zip(parameters, shapes, strict=True):
        if shape is not None:
            parameter.grad = torch.tensor(rng.standard_normal(shape), dtype=torch.float32)
    whole = math.sqrt(sum(float((p.grad**2).sum()) for p in parameters if p.grad is not None)) or 1.0
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad.mul_(norm / whole)
    return parameters


@pytest.mark.parametrize("norm", [0.0, 1e-8, 0.3, 1.0, 1.7, 250.0, 1e12])
@pytest.mark.parametrize("shapes", [[(3, 2), (5,)], [(4,)], [(2, 2), None, (7,)], [None], [], [(1,), (), (2, 3, 4)]])
def test_clipping_is_pytorchs(norm: float, shapes: list) -> None:
    ours, theirs = gradients_of(shapes, norm, 1), gradients_of(shapes, norm, 1)
    held, before = [p.grad for p in ours], [None if p.grad is None else p.grad.clone() for p in ours]
    found = lab.clip_gradients((p for p in ours), 1.0)
    torch.testing.assert_close(found, nn.utils.clip_grad_norm_(theirs, 1.0))
    for a, b, kept, old in zip(ours, theirs, held, before, strict=True):
        assert a.grad is kept, "in place"
        if old is None:
            assert b.grad is None and a.grad is None
        else:
            torch.testing.assert_close(a.grad, b.grad, rtol=1e-5, atol=1e-7)  # PyTorch divides by the norm + 1e-6
            assert torch.equal(a.grad, old) or norm >= 1.0, "below the limit not a bit may change"
        assert not a.detach().any(), "the weights are not touched"


def test_one_factor_for_all_keeps_the_direction() -> None:
    parameters = [nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))]
    parameters[0].grad, parameters[1].grad = torch.tensor([3.0]), torch.tensor([4.0])
    assert lab.clip_gradients(parameters, 1.0) == 5.0
    assert [p.grad.item() for p in parameters] == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize("norm", [0.0, 0.5, 2.0, 2.0001, 90.0])
def test_a_vector_is_clipped_by_both_lectures_formulas(norm: float) -> None:
    g = torch.randn(6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    g *= norm / g.norm()
    kept = g.clone()
    found = lab.clip_vector(g, 2.0)
    by_minimum = torch.clamp(2.0 / g.norm(), max=1.0) * g
    by_condition = 2.0 / g.norm() * g if g.norm() > 2.0 else g
    torch.testing.assert_close(found, by_minimum)
    torch.testing.assert_close(found, by_condition)
    assert torch.equal(g, kept) and found.data_ptr() != g.data_ptr() and found.dtype == torch.float64


# ---- the one-unit network


def test_the_cliff() -> None:
    """One unit by hand, and a place where the slope of the loss is far larger than elsewhere."""
    state = 0.62
    for _ in range(3):
        state = 1 / (1 + math.exp(-(5.0 * state - 2.0)))
    w, b = torch.tensor(5.0), torch.tensor(-2.0)
    assert lab.one_unit_loss(w, b, steps=3).item() == pytest.approx((state - 0.7) ** 2, rel=1e-5)
    grid_w, grid_b = (
        torch.linspace(4, 7, 40)[:, None].requires_grad_(),
        torch.linspace(-4, -1, 50)[None].requires_grad_(),
    )
    whole = [g.expand(40, 50).detach().requires_grad_() for g in (grid_w, grid_b)]
    loss = lab.one_unit_loss(*whole)
    assert loss.shape == lab.one_unit_loss(grid_w, grid_b).shape == (40, 50)
    steep = torch.stack(torch.autograd.grad(loss.sum(), whole)).norm(dim=0)
    assert steep.max() > 20 * steep.median()
