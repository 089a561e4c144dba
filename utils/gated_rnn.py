"""Recurrent cells with gates: the LSTM and the GRU step by step, both directions, layers, and a language model.

Shapes are written as tuples of names: `batch`, `length` (steps), `input_size` (width of x_t), `hidden` (width of h_t
and of the memory c_t). Gates of several kinds lie below one another in one matrix, in PyTorch's order: i, f, g, o for
an LSTM (input gate, forget gate, candidate, output gate) and r, z, n for a GRU (reset, update, candidate). So weights
can be handed over to `nn.LSTM` and `nn.GRU` and back.

Sources: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9 (the memory, without a forget
gate); Gers, Schmidhuber and Cummins 2000, "Learning to Forget", Neural Computation 12 (the forget gate); Cho et al.
2014, "Learning Phrase Representations using RNN Encoder–Decoder" (EMNLP, arXiv:1406.1078), section 2.3 (the GRU).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

__all__ = [
    "GRU",
    "LSTM",
    "RecurrentLM",
    "StackedLSTM",
    "both_directions",
    "count_weights",
    "direct_path",
    "gate",
    "gru_step",
    "lstm_step",
    "new_memory",
    "open_forget_gates",
]


def gate(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    """One gate for a batch of rows: σ(W x_t + U h_{t−1} + b).

    Args:
        x: (batch, input_size), what is read at this step.
        h: (batch, hidden), the state after the step before.
        w: (hidden, input_size).
        u: (hidden, hidden).
        b: (hidden,).

    Returns:
        (batch, hidden): between 0 (shut) and 1 (open), for each number of the memory.
    """
    ### BEGIN SOLUTION
    return torch.sigmoid(x @ w.T + h @ u.T + b)
    ### END SOLUTION


def new_memory(c: Tensor, forget: Tensor, write: Tensor, candidate: Tensor) -> Tensor:
    """The memory after a step: c_t = f_t ⊙ c_{t−1} + i_t ⊙ c̃_t.

    Args:
        c: (batch, hidden), the memory before, c_{t−1}.
        forget: (batch, hidden), the forget gate f_t.
        write: (batch, hidden), the input gate i_t.
        candidate: (batch, hidden), the candidate c̃_t.

    Returns:
        (batch, hidden).

    Gers et al. 2000, section 3.
    """
    ### BEGIN SOLUTION
    return forget * c + write * candidate
    ### END SOLUTION


def lstm_step(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    w: Tensor,
    u: Tensor,
    b: Tensor,
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM, with the four blocks of weights below one another: i, f, g, o.

    Args:
        x: (batch, input_size), what is read at this step.
        h: (batch, hidden), the state after the step before.
        c: (batch, hidden), the memory after the step before.
        w: (4 · hidden, input_size): rows for the input gate, the forget gate, the candidate, the
            output gate.
        u: (4 · hidden, hidden), in the same order.
        b: (4 · hidden,), in the same order.

    Returns:
        h_t and c_t, both (batch, hidden).
    """
    ### BEGIN SOLUTION
    i, f, g, o = (x @ w.T + h @ u.T + b).chunk(4, dim=1)  # four times (batch, hidden)
    c = new_memory(c, torch.sigmoid(f), torch.sigmoid(i), torch.tanh(g))
    return torch.sigmoid(o) * torch.tanh(c), c
    ### END SOLUTION


class LSTM(nn.Module):
    """An LSTM layer with the parameters, the interface and the numbers of `nn.LSTM(..., batch_first=True)`.

    Args:
        input_size: width of x_t.
        hidden_size: width of h_t and of c_t.

    Attributes:
        weight_ih_l0: (4 · hidden, input_size), rows in the order i, f, g, o.
        weight_hh_l0: (4 · hidden, hidden).
        bias_ih_l0, bias_hh_l0: (4 · hidden,) each; only their sum matters.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.batch_first = input_size, hidden_size, True
        rows, bound = 4 * hidden_size, 1 / math.sqrt(hidden_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(rows, input_size).uniform_(-bound, bound))
        self.weight_hh_l0 = nn.Parameter(torch.empty(rows, hidden_size).uniform_(-bound, bound))
        self.bias_ih_l0 = nn.Parameter(torch.empty(rows).uniform_(-bound, bound))
        self.bias_hh_l0 = nn.Parameter(torch.empty(rows).uniform_(-bound, bound))

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Read a batch of sequences, step by step.

        Args:
            x: (batch, length, input_size), with a length of at least 1.
            state: h and c, both (1, batch, hidden), where the sequence before ended; the 1 counts
                layers. None = zeros.

        Returns:
            outputs: (batch, length, hidden), h_t of every step.
            state: h and c after the last step, both (1, batch, hidden).
        """
        w, u, b = self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0 + self.bias_hh_l0
        ### BEGIN SOLUTION
        if state is None:
            h = c = x.new_zeros(x.shape[0], self.hidden_size)
        else:
            h, c = state[0][0], state[1][0]
        outputs = []
        for t in range(x.shape[1]):
            h, c = lstm_step(x[:, t], h, c, w, u, b)
            outputs.append(h)
        return torch.stack(outputs, dim=1), (h[None], c[None])
        ### END SOLUTION


def direct_path(forget: Tensor) -> Tensor:
    """What is left of each step's memory at the end, along the direct path: ∂c_T/∂c_k = f_{k+1} ⊙ … ⊙ f_T.

    The gates depend on earlier states too; those detours are left out.

    Args:
        forget: (length, hidden), the forget gates of one sequence.

    Returns:
        (length, hidden): row k is the product of the rows after it; the last row is 1.
    """
    ### BEGIN SOLUTION
    left = torch.ones_like(forget)
    for k in range(len(forget) - 2, -1, -1):
        left[k] = left[k + 1] * forget[k + 1]
    return left
    ### END SOLUTION


@torch.no_grad()
def open_forget_gates(lstm: nn.LSTM, value: float = 1.0) -> None:
    """Start with open forget gates: the bias that they get in all is `value`, in every layer and direction.

    Changes the biases of the layer in place. PyTorch adds two biases, `bias_ih_…` and `bias_hh_…`: it
    is their sum that has to be `value`. All other weights and biases stay.

    Args:
        lstm: with biases; rows of a bias in the order i, f, g, o.
        value: what σ gets, if the weights add nothing; 0 is a gate half open.

    Raises:
        ValueError: if the layer has no biases.

    Gers et al. 2000, section 3; Jozefowicz et al. 2015, "An Empirical Exploration of Recurrent Network
    Architectures" (ICML), which recommends 1.
    """
    if not lstm.bias:
        raise ValueError("This LSTM was made with bias=False: there is no bias to set.")
    ### BEGIN SOLUTION
    h = lstm.hidden_size
    for name, weight in lstm.named_parameters():
        if name.startswith("bias_ih"):
            weight[h : 2 * h] = value
        elif name.startswith("bias_hh"):
            weight[h : 2 * h] = 0.0
    ### END SOLUTION


def gru_step(
    x: Tensor,
    h: Tensor,
    w: Tensor,
    u: Tensor,
    b_w: Tensor,
    b_u: Tensor,
    lecture: bool = False,
) -> Tensor:
    """One step of a GRU, with the three blocks of weights below one another: r, z, n.

    PyTorch's form multiplies by r after U, and z keeps the old state:
    n = tanh(W_n x + b_n + r ⊙ (U_n h + b′_n)), h_t = (1 − z) ⊙ n + z ⊙ h.
    The lecture's multiplies before, and z takes the new one:
    n = tanh(W_n x + b_n + U_n (r ⊙ h) + b′_n), h_t = (1 − z) ⊙ h + z ⊙ n.
    In both, r and z are gates: σ(W x + b + U h + b′).

    Args:
        x: (batch, input_size), what is read at this step.
        h: (batch, hidden), the state after the step before.
        w: (3 · hidden, input_size): rows for the reset gate r, the update gate z, the candidate n.
        u: (3 · hidden, hidden), in the same order.
        b_w: (3 · hidden,), the bias beside W: b.
        b_u: (3 · hidden,), the bias beside U: b′.
        lecture: which of the two.

    Returns:
        h_t: (batch, hidden).

    Cho et al. 2014, equations 5 to 8 (r before U, z keeps the old state); PyTorch's is the form that
    Cho's first version of the paper and cuDNN have.
    """
    ### BEGIN SOLUTION
    x_r, x_z, x_n = (x @ w.T + b_w).chunk(3, dim=1)  # three times (batch, hidden)
    h_r, h_z, h_n = (h @ u.T + b_u).chunk(3, dim=1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    if lecture:
        n = torch.tanh(x_n + (r * h) @ u.chunk(3)[2].T + b_u.chunk(3)[2])
        return (1 - z) * h + z * n
    n = torch.tanh(x_n + r * h_n)
    return (1 - z) * n + z * h
    ### END SOLUTION


class GRU(nn.Module):
    """A GRU layer in either form, with the parameters and the interface of `nn.GRU(..., batch_first=True)`.

    Args:
        input_size: width of x_t.
        hidden_size: width of h_t.
        lecture: the lecture's form instead of PyTorch's, see `gru_step`.

    Attributes:
        weight_ih_l0: (3 · hidden, input_size), rows in the order r, z, n.
        weight_hh_l0: (3 · hidden, hidden).
        bias_ih_l0, bias_hh_l0: (3 · hidden,) each.
    """

    def __init__(self, input_size: int, hidden_size: int, lecture: bool = False) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.batch_first, self.lecture = input_size, hidden_size, True, lecture
        rows, bound = 3 * hidden_size, 1 / math.sqrt(hidden_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(rows, input_size).uniform_(-bound, bound))
        self.weight_hh_l0 = nn.Parameter(torch.empty(rows, hidden_size).uniform_(-bound, bound))
        self.bias_ih_l0 = nn.Parameter(torch.empty(rows).uniform_(-bound, bound))
        self.bias_hh_l0 = nn.Parameter(torch.empty(rows).uniform_(-bound, bound))

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read a batch of sequences, step by step.

        Args:
            x: (batch, length, input_size), with a length of at least 1.
            state: (1, batch, hidden), where the sequence before ended. None = zeros.

        Returns:
            outputs: (batch, length, hidden); and the state after the last step, (1, batch, hidden).
        """
        h = x.new_zeros(x.shape[0], self.hidden_size) if state is None else state[0]
        weights = self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
        outputs = []
        for t in range(x.shape[1]):
            h = gru_step(x[:, t], h, *weights, lecture=self.lecture)
            outputs.append(h)
        return torch.stack(outputs, dim=1), h[None]


def count_weights(kind: str, input_size: int, hidden: int, layers: int = 1, bidirectional: bool = False) -> int:
    """How many numbers PyTorch's recurrent layers learn: `nn.RNN`, `nn.LSTM`, `nn.GRU`.

    Each gate and each candidate has a W, a U and two biases, all in every layer and direction. A layer
    above the first reads the outputs of the one below: of both directions, if there are two.

    Args:
        kind: "rnn" (one block), "lstm" (four) or "gru" (three).
        input_size: width of x_t.
        hidden: width of h_t in one direction.
        layers: how many lie above one another.
        bidirectional: whether each layer reads in both directions.

    Raises:
        ValueError: for another kind; it names the one given.

    >>> count_weights("lstm", 3, 2)
    56
    """
    if kind not in ("rnn", "lstm", "gru"):
        raise ValueError(f'kind must be "rnn", "lstm" or "gru", not {kind!r}.')
    ### BEGIN SOLUTION
    blocks, directions = {"rnn": 1, "gru": 3, "lstm": 4}[kind], 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        width = input_size if layer == 0 else directions * hidden
        total += directions * blocks * hidden * (width + hidden + 2)
    return total
    ### END SOLUTION


def both_directions(x: Tensor, forwards: nn.Module, backwards: nn.Module) -> Tensor:
    """A bidirectional layer from two recurrent ones: one reads from the left, the other from the right.

    Args:
        x: (batch, length, input_size).
        forwards: called with x like `nn.LSTM(..., batch_first=True)`: the first part of what it
            returns is (batch, length, hidden).
        backwards: another of the same kind; its hidden may differ.

    Returns:
        (batch, length, hidden + hidden of the other): at step t, what the first knows after
        x_1 … x_t, then what the second knows after x_T … x_t.

    Schuster and Paliwal 1997, "Bidirectional Recurrent Neural Networks", IEEE Transactions on Signal
    Processing 45.
    """
    ### BEGIN SOLUTION
    from_left = forwards(x)[0]
    from_right = backwards(x.flip(1))[0].flip(1)
    return torch.cat([from_left, from_right], dim=2)
    ### END SOLUTION


class StackedLSTM(nn.Module):
    """LSTM layers above one another, with layer norm before each and a skip connection around it.

    x ← x + LSTM_l(norm_l(x)), for l = 0, 1, …

    Args:
        width: of x_t and of every h_t; a skip needs them equal.
        layers: at least 1.

    Attributes:
        norms: `nn.ModuleList` of `nn.LayerNorm(width)`, one a layer.
        cells: `nn.ModuleList` of `nn.LSTM(width, width, batch_first=True)`, one a layer.
    """

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.cells = nn.ModuleList(nn.LSTM(width, width, batch_first=True) for _ in range(layers))
        ### END SOLUTION

    def forward(self, x: Tensor, states: Any = None) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Read a batch of sequences.

        Args:
            x: (batch, length, width).
            states: one (h, c) for each layer, as its cell returns it; None = a fresh start.

        Returns:
            outputs: (batch, length, width).
            states: the list of the layers' (h, c) after the last step, lowest layer first.
        """
        ### BEGIN SOLUTION
        after = []
        for number, (norm, cell) in enumerate(zip(self.norms, self.cells, strict=True)):
            found, state = cell(norm(x), None if states is None else states[number])
            x = x + found
            after.append(state)
        return x, after
        ### END SOLUTION


class RecurrentLM(nn.Module):
    """A language model of characters around a recurrent layer; see `utils.language_models` for its form.

    Args:
        symbols: how many characters there are.
        width: of the embeddings, and of the cell's input.
        cell: a recurrent layer `outputs, state = cell(x, state)` with batch_first, that reads vectors of `width`; its
            outputs must be `hidden` wide. None = `nn.LSTM(width, hidden)`.
        hidden: width of the outputs; None = `width`.
        hint: what else the model is told at each step: `hint(before, ids)`, both (batch, length) int64, the character
            before and the present one, gives numbers from 0 to `codes` − 1, of the same shape. They get an embedding of
            their own, which is added. None = nothing.
        codes: how many different numbers `hint` gives.
        bigram: take the pair of both characters as the hint: what the LSTM would have to work out from its state is
            then looked up in a table. For alphabets of more than 362 characters pairs share rows, 131,071 in all.

    Attributes:
        embedding: `nn.Embedding(symbols, width)`.
        hints: `nn.Embedding(codes, width)`, or None.
        cell, output: the layer, and `nn.Linear(hidden, symbols)`.

    Raises:
        ValueError: fewer than one symbol, or a width below 1; a hint without its number of codes, or beside `bigram`.
    """

    def __init__(
        self,
        symbols: int,
        width: int = 256,
        cell: nn.Module | None = None,
        hidden: int | None = None,
        hint: Callable[[Tensor, Tensor], Tensor] | None = None,
        codes: int = 0,
        bigram: bool = False,
    ) -> None:
        super().__init__()
        hidden = width if hidden is None else hidden
        if symbols < 1 or width < 1 or hidden < 1:
            raise ValueError(f"Symbols and widths must be at least 1, not {symbols}, {width} and {hidden}.")
        if hint is not None and (codes < 1 or bigram):
            raise ValueError(f"A hint needs its number of codes (not {codes}), and cannot stand beside bigram=True.")
        if bigram:
            codes = min(symbols**2, 131_071)
            hint = functools.partial(_pair, symbols=symbols, codes=codes)
        self.hint = hint
        self.embedding = nn.Embedding(symbols, width)
        self.hints = None if hint is None else nn.Embedding(codes, width)
        self.cell = nn.LSTM(width, hidden, batch_first=True) if cell is None else cell
        self.output = nn.Linear(hidden, symbols)
        for table in (self.embedding, self.hints):
            if table is not None:
                nn.init.normal_(table.weight, std=0.5)

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Scores for the next character: ids (batch, length) → logits (batch, length, symbols), and the state.

        The state holds the cell's own state and the last character read, (batch,).
        """
        inner, last = (None, torch.zeros_like(ids[:, 0])) if state is None else state
        x = self.embedding(ids)  # (batch, length, width)
        if self.hints is not None and self.hint is not None:
            before = torch.cat([last[:, None], ids[:, :-1]], dim=1)  # (batch, length)
            x = x + self.hints(self.hint(before, ids))
        outputs, inner = self.cell(x, inner)
        return self.output(outputs), (inner, ids[:, -1])


def _pair(before: Tensor, ids: Tensor, symbols: int, codes: int) -> Tensor:
    """One number for each pair of characters."""
    return (before * symbols + ids) % codes
