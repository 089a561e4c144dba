"""A neural language model with a fixed window, its loss, and its training: lesson 04.

The model is that of Bengio, Ducharme, Vincent and Jauvin 2003, "A neural probabilistic language model", JMLR 3, pages
1137-1155, without the direct connections: the vectors of the last tokens side by side, a hidden layer, a softmax.
Tokens are numbers; contexts are rows of them. Every logarithm is natural unless a name says bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from utils.pace import one_thread

IGNORED = -100
"""The target that says "this place is padding"; PyTorch's own losses use the same number."""


def windows(ids: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """All pairs of n tokens in a row and the token that follows them.

    Args:
        ids: (length,) int64, a text.
        n: how many tokens a context holds, at least 1.

    Returns:
        contexts: (length - n, n), row i starts at token i; targets: (length - n,). A text of n tokens or fewer has
        none: the shapes are then (0, n) and (0,).

    Raises:
        ValueError: n is below 1, or `ids` is not one row of tokens.

    >>> contexts, targets = windows(torch.tensor([5, 6, 7, 8]), 2)
    >>> contexts.tolist(), targets.tolist()
    ([[5, 6], [6, 7]], [7, 8])
    """
    if n < 1:
        raise ValueError(f"A window holds at least one token, not {n}.")
    if ids.dim() != 1:
        raise ValueError(f"A text is one row of tokens; the shape {tuple(ids.shape)} was given.")
    ### BEGIN SOLUTION
    if len(ids) <= n:
        return ids.new_empty((0, n)), ids.new_empty(0)
    return ids.unfold(0, n, 1)[:-1], ids[n:]
    ### END SOLUTION


def fixed_window_size(symbols: int, window: int, width: int, hidden: int) -> int:
    """How many numbers a `FixedWindow` of these sizes learns: the table of vectors, W and b1, U and b2.

    Raises:
        ValueError: a size below 1.

    >>> fixed_window_size(symbols=10, window=4, width=3, hidden=5)
    155
    """
    if min(symbols, window, width, hidden) < 1:
        raise ValueError(f"Every size must be at least 1, not {(symbols, window, width, hidden)}.")
    ### BEGIN SOLUTION
    return symbols * width + (window * width + 1) * hidden + (hidden + 1) * symbols
    ### END SOLUTION


class FixedWindow(nn.Module):
    """The lecture's fixed-window model: e = [e1; ...; en], h = tanh(W e + b1), logits = U h + b2.

    Its three layers are `embedding` (symbols, width), `hidden` (W and b1) and `output` (U and b2).

    Args:
        symbols: how many different tokens there are.
        window: n, how many tokens it sees, at least 1.
        width: how many numbers a token's vector has.
        hidden: how many numbers the hidden layer has.

    Raises:
        ValueError: a size below 1.
    """

    def __init__(self, symbols: int, window: int, width: int = 16, hidden: int = 128) -> None:
        super().__init__()
        if min(symbols, window, width, hidden) < 1:
            raise ValueError(f"Every size must be at least 1, not {(symbols, window, width, hidden)}.")
        self.window = window
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(symbols, width)
        self.hidden = nn.Linear(window * width, hidden)
        self.output = nn.Linear(hidden, symbols)
        ### END SOLUTION

    def scores(self, contexts: Tensor) -> Tensor:
        """Contexts (..., window) int64, oldest token first → logits (..., symbols)."""
        ### BEGIN SOLUTION
        e = self.embedding(contexts).flatten(-2)  # (..., window * width)
        h = torch.tanh(self.hidden(e))  # (..., hidden)
        return self.output(h)
        ### END SOLUTION

    def forward(self, ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Every place of a text at once.

        Args:
            ids: (batch, length) int64, at least one token a row.
            state: (batch, window - 1), the tokens before `ids`; None stands for that many tokens 0.

        Returns:
            logits: (batch, length, symbols); `logits[:, t]` come from the last `window` tokens up to and including
            `ids[:, t]`, and are for the token after it. And the next state: the last `window - 1` tokens read.

        Raises:
            ValueError: `ids` without tokens, or a state of another shape.
        """
        if ids.dim() != 2 or ids.shape[1] < 1:
            raise ValueError(f"The ids must be (batch, length) with a length of 1 or more, not {tuple(ids.shape)}.")
        if state is not None and state.shape != (len(ids), self.window - 1):
            fitting = (len(ids), self.window - 1)
            raise ValueError(f"The state must have the shape {fitting}, not {tuple(state.shape)}.")
        ### BEGIN SOLUTION
        if state is None:
            state = ids.new_zeros(ids.shape[0], self.window - 1)
        seen = torch.cat([state, ids], dim=1)  # (batch, window - 1 + length)
        logits = self.scores(seen.unfold(1, self.window, 1))
        return logits, seen[:, ids.shape[1] :]
        ### END SOLUTION


def log_softmax(logits: Tensor) -> Tensor:
    """The logarithm of the softmax over the last dimension, finite also for logits of ±10,000.

    log softmax(z)_i = z_i - log sum_j exp(z_j). The largest logit is subtracted first: that changes no result, and no
    exponential can overflow any more (Goodfellow, Bengio and Courville 2016, "Deep learning", section 4.1).

    Args:
        logits: (..., symbols).

    Returns:
        (..., symbols); float64 stays float64.
    """
    ### BEGIN SOLUTION
    shifted = logits - logits.amax(dim=-1, keepdim=True)
    return shifted - shifted.exp().sum(dim=-1, keepdim=True).log()
    ### END SOLUTION


def cross_entropy(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    """The negative log-likelihood of the targets, in nats: for each token that counts, or in all.

    Args:
        logits: (..., symbols).
        targets: (...) int64; where it equals `ignore` there is padding, which takes no part.
        ignore: see targets.
        reduction: "mean", over the targets that count, or "sum".

    Returns:
        A tensor with one number, through which gradients flow. If nothing counts it is 0 (PyTorch's mean is nan
        there), and `backward` may still be called: the sum over no losses is such a 0.

    Raises:
        ValueError: another reduction.
    """
    if reduction not in ("mean", "sum"):
        raise ValueError(f"The reduction must be 'mean' or 'sum', not {reduction!r}.")
    ### BEGIN SOLUTION
    counted = targets != ignore
    picked = log_softmax(logits[counted]).gather(-1, targets[counted].unsqueeze(-1))
    total = picked.neg().sum()  # not -picked.sum(), which is minus zero for nothing
    return total / counted.sum().clamp(min=1) if reduction == "mean" else total
    ### END SOLUTION


def cross_entropy_gradient(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    """The gradient of the mean cross-entropy with respect to the logits: (softmax - one-hot) / how many count.

    Args:
        logits: (rows, symbols).
        targets: (rows,) int64; rows whose target is `ignore` are padding.
        ignore: see targets.

    Returns:
        (rows, symbols); rows of padding are zero.
    """
    ### BEGIN SOLUTION
    rows = (targets != ignore).nonzero()[:, 0]
    gradient = torch.zeros_like(logits)
    gradient[rows] = log_softmax(logits[rows]).exp() - nn.functional.one_hot(targets[rows], logits.shape[1])
    return gradient / max(len(rows), 1)
    ### END SOLUTION


def minibatches(
    inputs: Tensor, targets: Tensor, size: int, generator: torch.Generator | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """One pass over the data in a new random order: every pair once, the last batch as short as it must be.

    Args:
        inputs: (pairs, ...).
        targets: (pairs, ...).
        size: how many pairs a batch has, at least 1.
        generator: where the order comes from; None takes torch's own random state.

    Yields:
        inputs and targets of a batch.

    Raises:
        ValueError: size below 1, or another number of targets than of inputs (at the first batch).
    """
    if size < 1:
        raise ValueError(f"A batch holds at least one pair, not {size}.")
    if len(inputs) != len(targets):
        raise ValueError(f"Each input needs its target: there are {len(inputs)} and {len(targets)}.")
    ### BEGIN SOLUTION
    order = torch.randperm(len(inputs), generator=generator)
    for rows in order.split(size):
        if len(rows):  # the split of nothing is one empty part
            yield inputs[rows], targets[rows]
    ### END SOLUTION


def train_step(
    predict: Callable[[Tensor], Tensor], optimizer: torch.optim.Optimizer, inputs: Tensor, targets: Tensor
) -> float:
    """One step of training: forget the old gradient, compute the loss, differentiate it, move the weights.

    Args:
        predict: from inputs to logits (..., symbols), such as `model.scores`.
        optimizer: holds the weights that `predict` uses.
        inputs: a batch.
        targets: (...) int64, see `cross_entropy`.

    Returns:
        The mean loss of the batch in nats, before the step, as a plain number. 0 if the batch is padding alone.
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    loss = cross_entropy(predict(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


def evaluate(
    predict: Callable[[Tensor], Tensor], inputs: Tensor, targets: Tensor, size: int = 256
) -> tuple[float, float]:
    """Bits per token and perplexity on held-out data, without gradients.

    Args:
        predict: from inputs to logits (..., symbols).
        inputs: (pairs, ...), taken in batches of `size`.
        targets: (pairs,) int64; `IGNORED` is not counted.
        size: how many pairs at a time; the result does not depend on it.

    Returns:
        Bits per counted token, and perplexity (`inf` if it is too large for a float).

    Raises:
        ValueError: nothing to evaluate, another number of targets than of inputs, or a size below 1.
    """
    if size < 1:
        raise ValueError(f"A batch holds at least one pair, not {size}.")
    if len(inputs) != len(targets):
        raise ValueError(f"Each input needs its target: there are {len(inputs)} and {len(targets)}.")
    if not (targets != IGNORED).any():
        raise ValueError(f"There is nothing to evaluate: none of the {targets.numel()} targets counts.")
    ### BEGIN SOLUTION
    total, count = torch.zeros((), dtype=torch.float64), 0
    with torch.no_grad():
        for x, y in zip(inputs.split(size), targets.split(size)):
            total += cross_entropy(predict(x), y, reduction="sum")
            count += int((y != IGNORED).sum())
    nats = total / count
    return float(nats / math.log(2)), float(nats.exp())
    ### END SOLUTION


def mixture(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    """log(share p + (1 - share) q) from log p and log q, without leaving the logarithms.

    Args:
        log_p, log_q: natural log-probabilities of the same events by two models, of one shape. -inf is allowed.
        share: of the first model, 0 to 1.

    Returns:
        The log-probabilities of the mixed model, of the same shape; float64 stays float64.

    Raises:
        ValueError: a share outside of 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"The share must lie between 0 and 1, not at {share}.")
    ### BEGIN SOLUTION
    shares = torch.tensor([share, 1 - share], dtype=torch.float64).log()
    return torch.logaddexp(log_p + shares[0], log_q + shares[1])
    ### END SOLUTION


@torch.no_grad()
def text_log_probs(model: nn.Module, ids: Tensor, chunk: int = 4096) -> Tensor:
    """The natural log-probability of every token of a text but the first, each given the tokens before it.

    Args:
        model: a language model in the form of `utils.language_models`: `logits, state = model(ids, state)`.
        ids: (length,) int64, at least two.
        chunk: how many tokens are read at a time; the result does not depend on it.

    Returns:
        (length - 1,) float64.

    Raises:
        ValueError: a text of fewer than two tokens, or a chunk below 1.
    """
    if chunk < 1:
        raise ValueError(f"At least one token is read at a time, not {chunk}.")
    if len(ids) < 2:
        raise ValueError(f"A text of {len(ids)} tokens has nothing to predict: at least two are needed.")
    was_training = model.training
    model.eval()
    found: list[Tensor] = []
    state: Any = None
    try:
        with one_thread():
            for x, y in zip(ids[:-1].split(chunk), ids[1:].split(chunk)):
                logits, state = model(x[None], state)
                found.append(log_softmax(logits[0].double()).gather(-1, y[:, None])[:, 0])
    finally:
        model.train(was_training)
    return torch.cat(found)
