"""Recurrent networks: one step, a whole sequence, a language model, and batches of sequences of different lengths.

Shapes are written as tuples of names: `batch`, `length` (steps of a sequence), `input_size` (width of x_t), `hidden`
(width of h_t), `symbols` (size of the vocabulary), `width` (of an embedding). Steps and rows count from 0 in code.

The letters are those of lecture L0 (Elman's network with another nonlinearity): h_t = tanh(W x_t + U h_{t−1} + b) and
o_t = V h_t + b_v. L2 writes U for W and W for U. L3 writes W_x or W_e for W, W_h for U, and U for V. PyTorch calls W
`weight_ih_l0`, U `weight_hh_l0`, and b is the sum of its `bias_ih_l0` and `bias_hh_l0`.

Sources: Elman 1990, "Finding Structure in Time" (Cognitive Science 14), for the network; Mikolov et al. 2010,
"Recurrent neural network based language model" (Interspeech), for the language model; Williams and Peng 1990,
"An efficient gradient-based algorithm for on-line training of recurrent network trajectories" (Neural Computation 2),
for training in chunks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "RNN",
    "RNNLanguageModel",
    "corpus_loss",
    "count_weights",
    "generate",
    "last_state",
    "nearest_rows",
    "pad_batch",
    "rnn_step",
    "run_in_chunks",
    "similar_batches",
    "wasted",
]


def rnn_step(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    """One step of a recurrent network: h_t = tanh(W x_t + U h_{t−1} + b), for a batch of rows.

    Args:
        x: (batch, input_size), what is read at this step.
        h: (batch, hidden), the state after the step before.
        w: (hidden, input_size).
        u: (hidden, hidden).
        b: (hidden,).

    Returns:
        (batch, hidden): the new state; in float64 if that is what comes in.

    Elman 1990; lecture L0 writes σ, PyTorch's `nn.RNN` takes tanh.
    """
    ### BEGIN SOLUTION
    return torch.tanh(x @ w.T + h @ u.T + b)
    ### END SOLUTION


class RNN(nn.Module):
    """A recurrent layer, with the parameters, the interface and the numbers of `nn.RNN` (one layer, tanh).

    Args:
        input_size: width of x_t.
        hidden: width of h_t.
        batch_first: whether `x` and the outputs are (batch, length, …) or (length, batch, …).

    Attributes:
        weight_ih_l0: (hidden, input_size), the lecture's W.
        weight_hh_l0: (hidden, hidden), the lecture's U.
        bias_ih_l0, bias_hh_l0: (hidden,) each; the lecture's b_h is their sum.
    """

    def __init__(self, input_size: int, hidden: int, batch_first: bool = False) -> None:
        super().__init__()
        self.hidden, self.batch_first = hidden, batch_first
        # begins as nn.RNN does: uniform within ±1/√hidden
        bound = 1 / math.sqrt(hidden)
        self.weight_ih_l0 = nn.Parameter(torch.empty(hidden, input_size).uniform_(-bound, bound))
        self.weight_hh_l0 = nn.Parameter(torch.empty(hidden, hidden).uniform_(-bound, bound))
        self.bias_ih_l0 = nn.Parameter(torch.empty(hidden).uniform_(-bound, bound))
        self.bias_hh_l0 = nn.Parameter(torch.empty(hidden).uniform_(-bound, bound))

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read whole sequences, one step after the other.

        Args:
            x: (batch, length, input_size) if `batch_first`, else (length, batch, input_size).
            state: (1, batch, hidden), whatever `batch_first` says; None = zeros, in the precision of x.

        Returns:
            outputs: h_1 … h_length, (batch, length, hidden) if `batch_first`, else
                (length, batch, hidden).
            last: (1, batch, hidden), the state after the last step.

        Raises:
            ValueError: if `x` has not three dimensions, or there is no step to take; its text names the shape.
        """
        if x.dim() != 3 or 0 in x.shape[:2]:
            raise ValueError(f"x must have a batch, a length and a width, none empty; got {tuple(x.shape)}.")
        ### BEGIN SOLUTION
        if self.batch_first:
            x = x.transpose(0, 1)  # (length, batch, input_size): the loop runs over the first dimension
        driven = x @ self.weight_ih_l0.T + (self.bias_ih_l0 + self.bias_hh_l0)  # needs no state: all steps at once
        h = x.new_zeros(x.shape[1], self.hidden) if state is None else state[0]
        states = []
        for step in driven:  # (batch, hidden)
            h = torch.tanh(torch.addmm(step, h, self.weight_hh_l0.T))
            states.append(h)
        outputs = torch.stack(states, dim=1 if self.batch_first else 0)
        return outputs, h.unsqueeze(0)
        ### END SOLUTION


def count_weights(symbols: int, width: int, hidden: int) -> int:
    """How many numbers a recurrent language model learns: embedding, `nn.RNN` with its two biases, output layer.

    Args:
        symbols: size of the vocabulary.
        width: of an embedding.
        hidden: width of the state.

    Returns:
        The count. The length of the text does not occur in it.

    >>> count_weights(3, 2, 4)  # E 6, W 8, U 16, biases 4 + 4, V 12, its bias 3
    53
    """
    embedding = symbols * width
    recurrent = hidden * width + hidden * hidden + 2 * hidden  # W, U, and the two biases of PyTorch
    output = symbols * hidden + symbols  # V, b_v
    return embedding + recurrent + output


class RNNLanguageModel(nn.Module):
    """A recurrent language model: embedding E, recurrent layer, output layer V.

    Args:
        symbols: size of the vocabulary.
        width: of an embedding.
        hidden: width of the state.
        recurrent: makes the recurrent layer, as `recurrent(width, hidden, batch_first=True)`:
            `nn.RNN`, your own `RNN`, or another with the same interface.

    Attributes:
        embedding: `nn.Embedding(symbols, width)`.
        rnn: the recurrent layer.
        output: `nn.Linear(hidden, symbols)`; its weight is the lecture's V, one row a symbol.

    After Mikolov et al. 2010, section 2. Their network reads one-hot symbols through one matrix and takes the logistic
    function; the embedding of its own is that of Bengio et al. 2003 and of lecture L3.
    """

    def __init__(
        self,
        symbols: int,
        width: int = 64,
        hidden: int = 256,
        recurrent: Callable[..., nn.Module] = nn.RNN,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(symbols, width)
        self.rnn = recurrent(width, hidden, batch_first=True)
        self.output = nn.Linear(hidden, symbols)
        ### END SOLUTION

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Score what comes after each symbol.

        Args:
            ids: (batch, length), int64.
            state: what the recurrent layer returned for the text before; None = a fresh start.

        Returns:
            logits: (batch, length, symbols); `logits[:, t]` are the scores o_t of the symbol
                that comes after `ids[:, t]`.
            state: what continues the text.
        """
        ### BEGIN SOLUTION
        outputs, state = self.rnn(self.embedding(ids), state)
        return self.output(outputs), state
        ### END SOLUTION


def corpus_loss(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """The lecture's loss of a corpus: sum over the steps of each sequence, mean over the sequences; padding is free.

    Args:
        logits: (batch, length, symbols), with a batch of at least one; scores may be hundreds apart.
        targets: (batch, length), int64: row n holds `lengths[n]` symbols, and behind them
            anything, even numbers that are no symbols.
        lengths: (batch,), int64, each from 0 to length.

    Returns:
        A tensor with one number, in nats: (1/batch) Σ_n Σ_t −ln softmax(logits[n, t])[targets[n, t]].

    Lecture L0, L(X).
    """
    ### BEGIN SOLUTION
    real = torch.arange(targets.shape[1], device=targets.device) < lengths[:, None]  # (batch, length)
    inside = targets.where(real, 0)  # behind the end may stand a number that is no symbol
    cost = -torch.log_softmax(logits, dim=-1).gather(-1, inside[..., None])[..., 0]  # (batch, length)
    return cost.where(real, 0.0).sum() / len(lengths)
    ### END SOLUTION


def pad_batch(sequences: Sequence[Sequence[int]], pad: int = 0, limit: int | None = None) -> tuple[Tensor, Tensor]:
    """Sequences of different lengths as one rectangle: cut to `limit`, filled up with `pad` on the right.

    Args:
        sequences: lists or tuples of numbers; any of them may be empty, and there may be none.
        pad: the number to fill up with.
        limit: no sequence keeps more than its first `limit` numbers, 0 or more; None = no limit.

    Returns:
        ids: (batch, longest), int64, where longest is the length of the longest row that is left
            (0 if nothing is left of any).
        lengths: (batch,), int64: how many numbers of each row are real.

    Lecture L3, "minibatches for RNN": padding and truncation.
    """
    ### BEGIN SOLUTION
    kept = [list(sequence[:limit]) for sequence in sequences]
    lengths = [len(row) for row in kept]
    longest = max(lengths, default=0)
    rows = [row + [pad] * (longest - len(row)) for row in kept]
    return torch.tensor(rows, dtype=torch.int64).reshape(len(rows), longest), torch.tensor(lengths, dtype=torch.int64)
    ### END SOLUTION


def similar_batches(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Which sequences go into a batch together, if each batch is to hold sequences of about the same length.

    Args:
        lengths: how long each sequence is.
        size: sequences in a batch, at least 1; the last batch may be smaller.

    Returns:
        Batches of places in `lengths`, the shortest sequences first; of equal lengths, the earlier
        place first.

    Raises:
        ValueError: if `size` is below 1; its text names the value.
    """
    if size < 1:
        raise ValueError(f"A batch holds at least one sequence, not {size}.")
    ### BEGIN SOLUTION
    order = sorted(range(len(lengths)), key=lambda place: lengths[place])  # stable: equal ones keep their order
    return [order[start : start + size] for start in range(0, len(order), size)]
    ### END SOLUTION


def wasted(lengths: Sequence[int], batches: Sequence[Sequence[int]]) -> float:
    """The share of padding among all positions, when every batch is as long as its longest sequence.

    >>> wasted([3, 5, 2], [[0, 1, 2]])  # 10 numbers in 3 × 5 positions
    0.33333333333333337
    """
    positions = sum(len(batch) * max(lengths[place] for place in batch) for batch in batches if batch)
    real = sum(lengths[place] for batch in batches for place in batch)
    return 1 - real / positions if positions else 0.0


def last_state(outputs: Tensor, lengths: Tensor) -> Tensor:
    """The state of each sequence after its own last step, from a padded batch.

    Args:
        outputs: (batch, length, hidden), the states of all steps, padding included; at least one step.
        lengths: (batch,), int64, each from 0 to length.

    Returns:
        (batch, hidden): row n is `outputs[n, lengths[n] − 1]`; zeros for a sequence without steps.
    """
    ### BEGIN SOLUTION
    final = (torch.arange(outputs.shape[1], device=outputs.device) == lengths[:, None] - 1)[..., None]
    return outputs.where(final, torch.zeros((), dtype=outputs.dtype, device=outputs.device)).sum(dim=1)
    ### END SOLUTION


def run_in_chunks(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Read long sequences chunk by chunk: the state is carried on, the gradient is cut between the chunks.

    Args:
        rnn: a recurrent layer with `batch_first=True` and the interface of `nn.RNN`.
        x: (batch, length, input_size).
        chunk: steps in a chunk, at least 1; the last chunk may be shorter.
        state: (1, batch, hidden), where the first chunk starts; None = zeros.

    Returns:
        outputs: (batch, length, hidden), the same numbers as in one run.
        last: (1, batch, hidden).
        No gradient passes from a chunk to the one before it. The state that comes in and the one
        that goes out are not cut.

    Raises:
        ValueError: if `chunk` is below 1; its text names the value.

    Truncated backpropagation through time: Williams and Peng 1990.
    """
    if chunk < 1:
        raise ValueError(f"A chunk has at least one step, not {chunk}.")
    ### BEGIN SOLUTION
    outputs = []
    for i, piece in enumerate(x.split(chunk, dim=1)):
        if i > 0 and state is not None:
            state = state.detach()
        output, state = rnn(piece, state)
        outputs.append(output)
    return torch.cat(outputs, dim=1), state  # type: ignore[return-value]
    ### END SOLUTION


def generate(model: nn.Module, prompt: Sequence[int], numbers: Sequence[float]) -> list[int]:
    """Let a language model write: read the prompt, draw a symbol, feed it back, and so on.

    Args:
        model: `model(ids, state) → (logits, state)`, as `RNNLanguageModel`.
        prompt: at least one symbol.
        numbers: one number from 0 to below 1 for each symbol to write. With the symbols laid side
            by side on a line in their order, each as long as its probability, the symbol on which
            the number falls is drawn; an end belongs to the symbol on its right, and what rounding
            leaves over at the end of the line to the last symbol.

    Returns:
        The new symbols, as many as there are numbers. The model reads no symbol twice.

    Raises:
        ValueError: if the prompt is empty.
    """
    if not prompt:
        raise ValueError("The prompt is empty: a model needs something to read before it can go on.")
    written: list[int] = []
    ### BEGIN SOLUTION
    ids, state = list(prompt), None
    with torch.no_grad():
        for number in numbers:
            logits, state = model(torch.tensor([ids]), state)
            ends = torch.softmax(logits[0, -1].double(), dim=-1).cumsum(dim=-1)  # where each symbol's part ends
            symbol = min(int((ends <= number).sum()), len(ends) - 1)  # rounding can leave the last end below 1
            written.append(symbol)
            ids = [symbol]
    ### END SOLUTION
    return written


def nearest_rows(weight: Tensor, row: int, count: int) -> list[int]:
    """The rows of a matrix that point most nearly in the direction of one of them.

    Args:
        weight: (symbols, width), such as the V of a language model, gradients or not; no row is zero.
        row: the row to compare with, from 0 to symbols − 1.
        count: how many others are wanted.

    Returns:
        The places of `count` other rows (fewer if there are not so many), the largest cosine
        first. Only the row itself is left out, not another that points the same way.
    """
    ### BEGIN SOLUTION
    unit = F.normalize(weight.detach(), dim=1, eps=1e-30)  # rows of length one: a dot product is a cosine
    order = (unit @ unit[row]).argsort(descending=True, stable=True).tolist()
    return [other for other in order if other != row][:count]
    ### END SOLUTION
