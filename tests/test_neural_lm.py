"""The fixed window, its loss and its training: against PyTorch, on hard inputs, and in the common form."""

from __future__ import annotations

import doctest
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from utils import language_models, neural_lm
from utils.neural_lm import (
    IGNORED,
    FixedWindow,
    cross_entropy,
    cross_entropy_gradient,
    evaluate,
    fixed_window_size,
    log_softmax,
    minibatches,
    mixture,
    text_log_probs,
    train_step,
    windows,
)


@pytest.fixture(autouse=True)
def _same_start():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def test_the_examples_of_the_docstrings() -> None:
    assert doctest.testmod(neural_lm).failed == 0 < doctest.testmod(neural_lm).attempted


# ------------------------------------------------------------------------------------------------------------ windows


@pytest.mark.parametrize(("length", "n"), [(0, 1), (1, 1), (3, 3), (2, 5), (4, 3), (20, 6)])
def test_windows_are_all_contexts_with_their_next_token(length: int, n: int) -> None:
    ids = torch.randperm(length)
    contexts, targets = windows(ids, n)
    assert contexts.shape == (max(length - n, 0), n) and contexts.dtype == targets.dtype == torch.int64
    for i, (context, target) in enumerate(zip(contexts, targets, strict=True)):
        assert context.tolist() == ids[i : i + n].tolist() and target == ids[i + n]


@pytest.mark.parametrize("n", [0, -2])
def test_a_window_of_nothing_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"at least one token, not {n}"):
        windows(torch.arange(5), n)


def test_a_text_of_two_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match=r"one row of tokens; the shape \(3, 4\)"):
        windows(torch.arange(12).view(3, 4), 1)


# -------------------------------------------------------------------------------------------------------------- losses


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_log_softmax_is_pytorchs(scale: float, dtype: torch.dtype) -> None:
    logits = scale * torch.randn(3, 4, 7, dtype=dtype)
    ours = log_softmax(logits)
    assert ours.dtype == dtype and ours.isfinite().all()
    torch.testing.assert_close(ours, torch.log_softmax(logits, -1))


@pytest.mark.parametrize("shift", [1e4, -1e4])
def test_log_softmax_does_not_mind_where_the_logits_lie(shift: float) -> None:
    logits = torch.randn(5, 9, dtype=torch.float64)
    torch.testing.assert_close(log_softmax(logits + shift), log_softmax(logits), atol=1e-9, rtol=0)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_cross_entropy_and_its_slope_are_pytorchs(reduction: str, scale: float) -> None:
    logits = (scale * torch.randn(4, 6, 5)).requires_grad_()
    targets = torch.randint(5, (4, 6))
    targets[0, 2:] = targets[3] = IGNORED
    twin = logits.detach().clone().requires_grad_()
    ours = cross_entropy(logits, targets, reduction=reduction)
    theirs = F.cross_entropy(twin.flatten(0, 1), targets.flatten(), reduction=reduction)
    torch.testing.assert_close(ours, theirs)
    ours.backward()
    theirs.backward()
    torch.testing.assert_close(logits.grad, twin.grad)


def test_padding_may_have_any_number() -> None:
    logits, targets = torch.randn(6, 4), torch.tensor([0, 3, 0, 1, 2, 0])
    torch.testing.assert_close(
        cross_entropy(logits, targets, ignore=0), F.cross_entropy(logits, targets, ignore_index=0)
    )


def test_padding_alone_costs_nothing() -> None:
    logits, targets = torch.randn(3, 4, requires_grad=True), torch.full((3,), IGNORED)
    for reduction in ("mean", "sum"):
        loss = cross_entropy(logits, targets, reduction=reduction)
        assert str(loss.item()) == "0.0"  # and not minus zero
        (slope,) = torch.autograd.grad(loss, [logits])
        assert not slope.any()
    assert not cross_entropy_gradient(logits.detach(), targets).any()


def test_a_target_that_is_no_symbol_is_refused() -> None:
    for wrong in (-1, 4):
        with pytest.raises((RuntimeError, IndexError)):
            cross_entropy(torch.zeros(1, 4), torch.tensor([wrong]))
        with pytest.raises((RuntimeError, IndexError)):
            cross_entropy_gradient(torch.zeros(1, 4), torch.tensor([wrong]))


def test_another_reduction_is_refused() -> None:
    with pytest.raises(ValueError, match="'mean' or 'sum', not 'none'"):
        cross_entropy(torch.randn(2, 3), torch.tensor([0, 1]), reduction="none")


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_the_gradient_is_that_of_autograd(scale: float) -> None:
    logits = (scale * torch.randn(7, 5)).requires_grad_()
    targets = torch.randint(5, (7,))
    targets[2] = IGNORED
    F.cross_entropy(logits, targets).backward()
    before = logits.detach().clone()
    torch.testing.assert_close(cross_entropy_gradient(logits.detach(), targets), logits.grad)
    assert torch.equal(before, logits.detach())


# --------------------------------------------------------------------------------------------------------------- model


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (10, 4, 3, 5), (64, 8, 16, 128)])
def test_the_formula_counts_the_models_weights(sizes: tuple[int, int, int, int]) -> None:
    symbols, window, width, hidden = sizes
    model = FixedWindow(symbols, window, width, hidden)
    assert language_models.parameters(model) == fixed_window_size(symbols, window, width, hidden)


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_text_in_pieces_is_the_text_at_once(window: int, batch: int) -> None:
    model, ids = FixedWindow(11, window, 3, 7), torch.randint(11, (batch, 9))
    whole, last = model(ids)
    assert whole.shape == (batch, 9, 11) and last.shape == (batch, window - 1)
    state, parts = None, []
    for piece in ids.split([1, 1, 3, 4], dim=1):
        logits, state = model(piece, state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), whole)
    assert torch.equal(state, last)
    contexts, _ = windows(ids[0], window)
    torch.testing.assert_close(model.scores(contexts), whole[0, window - 1 : -1])


def test_what_lies_outside_of_the_window_does_not_exist() -> None:
    model = FixedWindow(11, 4, 3, 7)
    ids = torch.randint(11, (1, 12))
    other = ids.clone()
    other[0, :6] = (other[0, :6] + 1) % 11
    same = (model(ids)[0] == model(other)[0]).all(-1)[0]
    assert same[9:].all() and not same[:9].any()


@pytest.mark.parametrize("sizes", [(0, 1, 1, 1), (3, 0, 2, 2), (3, 2, 0, 2), (3, 2, 2, 0)])
def test_a_size_below_one_is_refused(sizes: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        FixedWindow(*sizes)
    with pytest.raises(ValueError, match="must be at least 1"):
        fixed_window_size(*sizes)


def test_what_does_not_fit_the_window_is_refused() -> None:
    model, ids = FixedWindow(5, 4), torch.zeros(2, 3, dtype=torch.int64)
    for state in (ids[:, :2], ids[:1], torch.zeros(2, 7, dtype=torch.int64)):
        with pytest.raises(ValueError, match=r"state must have the shape \(2, 3\), not"):
            model(ids, state)
    for wrong in (ids[:, :0], ids[0]):
        with pytest.raises(ValueError, match="a length of 1 or more"):
            model(wrong)


@pytest.mark.parametrize("text", ["ab" * 200, "aaaa" * 50, "1 2 3 + - " * 30, "мама мыла раму. " * 20])
def test_the_common_loop_trains_scores_and_samples_it(text: str) -> None:
    alphabet = language_models.Alphabet(text)
    ids = alphabet.encode(text)
    model = FixedWindow(len(alphabet), 4, 5, 16)
    before = language_models.bits_per_character(model, ids)
    language_models.train(model, ids, steps=60, batch=4, length=16, rate=0.02, progress=False)
    after = language_models.bits_per_character(model, ids)
    assert after < 0.5 * before
    assert set(language_models.sample(model, alphabet, "a", 12)) <= set(text)
    log_p = text_log_probs(model, ids, chunk=7)
    assert log_p.shape == (len(ids) - 1,)
    # At the start the two fill the window differently only where a stretch begins, and there is none here.
    assert math.isclose(float(-log_p.mean()) / math.log(2), after, rel_tol=1e-3)
    torch.testing.assert_close(text_log_probs(model, ids, chunk=10_000), log_p)


def test_a_text_of_one_token_has_no_log_probabilities() -> None:
    with pytest.raises(ValueError, match="1 tokens has nothing to predict"):
        text_log_probs(FixedWindow(3, 2), torch.tensor([1]))
    with pytest.raises(ValueError, match="one token is read at a time, not 0"):
        text_log_probs(FixedWindow(3, 2), torch.tensor([1, 2]), chunk=0)


# ------------------------------------------------------------------------------------------------------------ training


@pytest.mark.parametrize(("pairs", "size"), [(0, 3), (1, 1), (5, 2), (6, 3), (4, 9)])
def test_a_pass_holds_every_pair_once(pairs: int, size: int) -> None:
    inputs = torch.arange(2 * pairs).view(pairs, 2)
    batches = list(minibatches(inputs, inputs.sum(1), size, torch.Generator().manual_seed(1)))
    assert [len(x) for x, _ in batches] == [size] * (pairs // size) + [pairs % size] * (pairs % size > 0)
    assert all(torch.equal(x.sum(1), y) for x, y in batches)
    assert sorted(int(row[0]) for x, _ in batches for row in x) == inputs[:, 0].tolist()


def test_the_generator_decides_the_order() -> None:
    data = torch.arange(50)
    orders = []
    for seed in (1, 1, 2):
        generator = torch.Generator().manual_seed(seed)
        orders += [torch.cat([x for x, _ in minibatches(data, data, 7, generator)]).tolist() for _ in range(2)]
    assert orders[0] == orders[2] and orders[1] == orders[3]
    assert orders[0] != orders[1] and orders[0] != orders[4] and orders[0] != data.tolist()


def test_batches_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one pair, not 0"):
        next(minibatches(torch.arange(3), torch.arange(3), 0))
    with pytest.raises(ValueError, match="there are 3 and 2"):
        next(minibatches(torch.arange(3), torch.arange(2), 1))


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam])
def test_steps_are_those_of_a_plain_loop(kind: type[torch.optim.Optimizer]) -> None:
    ours, theirs = nn.Linear(4, 3), nn.Linear(4, 3)
    theirs.load_state_dict(ours.state_dict())
    ours.weight.grad = torch.ones_like(ours.weight)  # it must take no part
    optimizers = kind(ours.parameters(), lr=0.1), kind(theirs.parameters(), lr=0.1)  # type: ignore[call-arg]
    for _ in range(3):
        x, y = torch.randn(5, 4), torch.randint(3, (5,))
        loss = F.cross_entropy(theirs(x), y)
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        assert math.isclose(train_step(ours, optimizers[0], x, y), loss.item(), rel_tol=1e-5)
    torch.testing.assert_close(ours.weight, theirs.weight)


@pytest.mark.parametrize("size", [1, 3, 256])
def test_the_score_does_not_depend_on_the_batches(size: int) -> None:
    model, inputs, targets = nn.Linear(4, 6), torch.randn(10, 4), torch.randint(6, (10,))
    targets[3] = IGNORED
    bits, perplexity = evaluate(model, inputs, targets, size)
    nats = F.cross_entropy(model(inputs), targets).item()
    assert math.isclose(bits, nats / math.log(2), rel_tol=1e-5) and math.isclose(
        perplexity, math.exp(nats), rel_tol=1e-5
    )


def test_a_hopeless_model_has_infinite_perplexity() -> None:
    bits, perplexity = evaluate(lambda x: torch.tensor([[1e4, -1e4]]), torch.zeros(1, 1), torch.tensor([1]))
    assert bits > 1e4 and perplexity == math.inf


@pytest.mark.parametrize("targets", [[], [IGNORED, IGNORED]])
def test_nothing_to_evaluate_is_said(targets: list[int]) -> None:
    count = len(targets)
    with pytest.raises(ValueError, match=f"none of the {count} targets"):
        evaluate(nn.Linear(2, 3), torch.zeros(count, 2), torch.tensor(targets, dtype=torch.int64))


def test_an_evaluation_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="there are 3 and 2"):
        evaluate(nn.Linear(2, 3), torch.zeros(3, 2), torch.tensor([0, 1]), size=1)
    with pytest.raises(ValueError, match="at least one pair, not 0"):
        evaluate(nn.Linear(2, 3), torch.zeros(2, 2), torch.tensor([0, 1]), size=0)


# ------------------------------------------------------------------------------------------------------------- mixture


@pytest.mark.parametrize("share", [0, 0.25, 1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_mixture_is_a_distribution(share: float, dtype: torch.dtype) -> None:
    p, q = torch.randn(3, 8, dtype=dtype).softmax(-1), torch.randn(3, 8, dtype=dtype).softmax(-1)
    mixed = mixture(p.log(), q.log(), share)
    assert mixed.dtype == dtype
    torch.testing.assert_close(mixed.exp(), share * p + (1 - share) * q)
    torch.testing.assert_close(mixed.exp().sum(-1), torch.ones(3, dtype=dtype))


def test_a_mixture_stays_in_the_logarithms() -> None:
    small = torch.tensor([-1e4, -math.inf, -math.inf])
    mixed = mixture(small, torch.tensor([-1e4, -2.0, -math.inf]), 0.5)
    torch.testing.assert_close(mixed, torch.tensor([-1e4, -2.0 - math.log(2), -math.inf]))


@pytest.mark.parametrize("share", [-0.1, 1.5, math.nan])
def test_a_share_outside_of_zero_to_one_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        mixture(torch.zeros(2), torch.zeros(2), share)
