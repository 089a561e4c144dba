"""Answers to the exercises of lesson 05, written differently: right ones, and wrong ones that a check must reject."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# ---- one step


def step_linear(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return (F.linear(x, w, b) + F.linear(h, u)).tanh()


def step_joined(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    both = torch.cat([x, h], dim=1) @ torch.cat([w, u], dim=1).mT + b
    return 2 * torch.sigmoid(2 * both) - 1


def step_exponentials_guarded(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    a = x @ w.T + h @ u.T + b
    e = torch.exp(-2 * a.abs())
    return torch.sign(a) * (1 - e) / (1 + e)


def step_always_float64(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x.double() @ w.double().T + h.double() @ u.double().T + b.double())


def step_exponentials(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    a = x @ w.T + h @ u.T + b
    return (torch.exp(2 * a) - 1) / (torch.exp(2 * a) + 1)


def step_rows(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return torch.stack([torch.tanh(w @ one + u @ state + b) for one, state in zip(x, h)])


def step_einsum(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(torch.einsum("bi,hi->bh", x, w) + torch.einsum("bk,hk->bh", h, u) + b)


def step_detached(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w.T + h.detach() @ u.T + b)


def step_first_row(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(w @ x[0] + u @ h[0] + b).expand(len(x), -1)


def step_in_place(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    h.copy_(torch.tanh(x @ w.T + h @ u.T + b))
    return h


def step_float32(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x.float() @ w.float().T + h.float() @ u.float().T + b.float())


def step_library(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    cell = nn.RNNCell(x.shape[1], h.shape[1]).to(x)
    with torch.no_grad():
        cell.weight_ih.copy_(w), cell.weight_hh.copy_(u), cell.bias_ih.copy_(b), cell.bias_hh.zero_()
    return cell(x, h)


def step_state_outside(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return F.linear(h, u) + F.linear(x, w, b).tanh()


def step_identity_for_u(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return F.linear(x, w, b + h).tanh()


def step_logistic_stretched(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    e = torch.exp(-(F.linear(x, w, b) + F.linear(h, u)))
    return 2 / (1 + e) - 1


# ---- a layer


class Weights(nn.Module):
    def __init__(self, input_size: int, hidden: int, batch_first: bool = False) -> None:
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.randn(hidden, input_size) / 5)
        self.weight_hh_l0 = nn.Parameter(torch.randn(hidden, hidden) / 5)
        self.bias_ih_l0 = nn.Parameter(torch.zeros(hidden))
        self.bias_hh_l0 = nn.Parameter(torch.zeros(hidden))
        self.batch_first = batch_first

    def refuse(self, x: Tensor) -> None:
        if x.dim() != 3 or 0 in x.shape[:2]:
            raise ValueError(f"x has the shape {tuple(x.shape)}")

    def next(self, x: Tensor, h: Tensor) -> Tensor:
        return (
            F.linear(x, self.weight_ih_l0, self.bias_ih_l0) + F.linear(h, self.weight_hh_l0, self.bias_hh_l0)
        ).tanh()


class LayerByIndex(Weights):
    """Right: a filled tensor, one index a step, no turning."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.refuse(x)
        time = 1 if self.batch_first else 0
        batch = x.shape[1 - time]
        h = torch.zeros(batch, len(self.bias_hh_l0), dtype=x.dtype) if state is None else state.squeeze(0)
        states = []
        for t in range(x.shape[time]):
            h = self.next(x.select(time, t), h)
            states.append(h.unsqueeze(time))
        return torch.cat(states, time), h[None]


class LayerRecursive(Weights):
    """Right: a function that calls itself."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.refuse(x)
        steps = list(x.unbind(1 if self.batch_first else 0))
        h = x.new_zeros(steps[0].shape[0], self.bias_hh_l0.numel()) if state is None else state[0]
        states = self.follow(steps, h)
        return torch.stack(states, 1 if self.batch_first else 0), states[-1].unsqueeze(0)

    def follow(self, steps: list[Tensor], h: Tensor) -> list[Tensor]:
        if not steps:
            return []
        new = self.next(steps[0], h)
        return [new, *self.follow(steps[1:], new)]


class LayerUnguarded(LayerByIndex):
    """Wrong: reads whatever comes."""

    def refuse(self, x: Tensor) -> None:
        pass


class LayerSqueezing(LayerByIndex):
    """Wrong: a state of one number loses two dimensions."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.refuse(x)
        if state is None:
            return super().forward(x)
        return super().forward(x, state.squeeze().unsqueeze(0))


class LayerSinglePrecision(LayerByIndex):
    """Wrong: zeros of a fixed type."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.refuse(x)
        if state is None:
            state = torch.zeros(1, x.shape[0 if self.batch_first else 1], len(self.bias_hh_l0))
        return super().forward(x, state)


class LayerKeeping(LayerByIndex):
    """Wrong: goes on from the text of the call before."""

    kept: Tensor | None = None

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        outputs, last = super().forward(x, self.kept if state is None else state)
        self.kept = last.detach()
        return outputs, last


class LayerStateBatchFirst(LayerByIndex):
    """Wrong: the last state is (batch, 1, hidden) with batch_first."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        outputs, last = super().forward(x, state)
        return outputs, last.transpose(0, 1) if self.batch_first else last


class LayerInPlace(LayerByIndex):
    """Wrong: writes the new state into the caller's."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        outputs, last = super().forward(x, None if state is None else state.clone())
        if state is not None:
            with torch.no_grad():
                state.copy_(last)
        return outputs, last


class LayerOtherNames(nn.Module):
    """Wrong: the weights have names of their own."""

    def __init__(self, input_size: int, hidden: int, batch_first: bool = False) -> None:
        super().__init__()
        self.w, self.u = nn.Linear(input_size, hidden), nn.Linear(hidden, hidden)

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        return x, state


class LayerOneThing(LayerByIndex):
    """Wrong: the outputs alone."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        return super().forward(x, state)[0]


class LayerNeverSet(Weights):
    """Wrong: the name of the state always means the first one."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        self.refuse(x)
        time = 1 if self.batch_first else 0
        h = x.new_zeros(x.shape[1 - time], len(self.bias_hh_l0)) if state is None else state[0]
        return torch.stack([self.next(step, h) for step in x.unbind(time)], time), h[None]


class LayerAlwaysLengthFirst(LayerByIndex):
    """Wrong: `batch_first` is taken, and not looked at."""

    def __init__(self, input_size: int, hidden: int, batch_first: bool = False) -> None:
        super().__init__(input_size, hidden, False)


class LayerAlwaysBatchFirst(LayerByIndex):
    """Wrong: `batch_first` is taken, and not looked at."""

    def __init__(self, input_size: int, hidden: int, batch_first: bool = False) -> None:
        super().__init__(input_size, hidden, True)


class LayerFlagTurned(LayerByIndex):
    """Wrong: the flag means its opposite."""

    def __init__(self, input_size: int, hidden: int, batch_first: bool = False) -> None:
        super().__init__(input_size, hidden, not batch_first)


class LayerViewed(LayerByIndex):
    """Wrong: x is counted off anew instead of turned."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        if self.batch_first and x.dim() == 3:
            x = x.reshape(x.shape[1], x.shape[0], x.shape[2]).transpose(0, 1)
        return super().forward(x, state)


class LayerOutputsViewed(LayerByIndex):
    """Wrong: the outputs are counted off anew instead of turned."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        outputs, last = super().forward(x, state)
        if self.batch_first:
            outputs = outputs.transpose(0, 1).contiguous().view(outputs.shape)
        return outputs, last


class LayerFirstOfTheStates(LayerByIndex):
    """Wrong: the state is read as (batch, 1, hidden)."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        if self.batch_first and state is not None:
            state = state[:, 0].expand(len(x), -1)[None]
        return super().forward(x, state)


class LayerStatesBatchFirst(LayerFirstOfTheStates):
    """Wrong: states are (batch, 1, hidden), in and out."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        outputs, last = super().forward(x, state)
        return outputs, last.permute(1, 0, 2) if self.batch_first else last


class LayerOneOutputMore(LayerByIndex):
    """Wrong: the state before the first step is among the outputs."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        outputs, last = super().forward(x, state)
        before = torch.zeros_like(last) if state is None else state
        time = 1 if self.batch_first else 0
        return torch.cat([before.transpose(0, 1) if time else before, outputs], time), last


class LayerUTurned(LayerByIndex):
    def next(self, x: Tensor, h: Tensor) -> Tensor:
        return (F.linear(x, self.weight_ih_l0, self.bias_ih_l0) + h @ self.weight_hh_l0 + self.bias_hh_l0).tanh()


class LayerBorrowed(Weights):
    """Wrong: the library inside."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        inside = nn.RNN(x.shape[2], len(self.bias_hh_l0), batch_first=self.batch_first)
        inside.load_state_dict(self.state_dict())
        return inside(x, state)


class LayerFloat32(LayerByIndex):
    """Wrong: half the digits are lost."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:
        outputs, last = super().forward(x, state)
        return outputs.float(), last.float()


# ---- a language model


class ModelWithFunctional(nn.Module):
    """Right: the same layers, used by their weights."""

    def __init__(
        self, symbols: int, width: int = 64, hidden: int = 256, recurrent: Callable[..., nn.Module] = nn.RNN
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, width)
        self.output = nn.Linear(hidden, symbols)
        self.rnn = recurrent(width, hidden, batch_first=True)

    def forward(self, ids: Tensor, state: Any = None) -> Any:
        vectors = F.one_hot(ids, len(self.embedding.weight)).float() @ self.embedding.weight
        states, state = self.rnn(vectors) if state is None else self.rnn(vectors, state)
        return F.linear(states, self.output.weight, self.output.bias), state


class ModelStepByStep(ModelWithFunctional):
    """Right: one symbol at a time."""

    def forward(self, ids: Tensor, state: Any = None) -> Any:
        found = []
        for t in range(ids.shape[1]):
            out, state = self.rnn(self.embedding(ids[:, t : t + 1]), state)
            found.append(self.output(out))
        return torch.cat(found, 1), state


class ModelTiedWeights(ModelWithFunctional):
    """Wrong: where it fits, one matrix stands for two."""

    def __init__(self, symbols: int, width: int = 64, hidden: int = 256, recurrent: Any = nn.RNN) -> None:
        super().__init__(symbols, width, hidden, recurrent)
        if width == hidden:
            self.output.weight = self.embedding.weight


class ModelOtherDefaults(ModelWithFunctional):
    def __init__(self, symbols: int, width: int = 32, hidden: int = 128, recurrent: Any = nn.RNN) -> None:
        super().__init__(symbols, width, hidden, recurrent)


class ModelStateFromOutputs(ModelWithFunctional):
    def forward(self, ids: Tensor, state: Any = None) -> Any:
        states, _ = self.rnn(self.embedding(ids), state)
        return self.output(states), states[:, -1:].transpose(0, 1)


class ModelKeeping(ModelWithFunctional):
    """Wrong: goes on from the text of the call before."""

    kept: Any = None

    def forward(self, ids: Tensor, state: Any = None) -> Any:
        start = self.kept if state is None and self.kept is not None and self.kept.shape[1] == len(ids) else state
        logits, after = super().forward(ids, start)
        self.kept = after.detach() if isinstance(after, Tensor) else None
        return logits, after


class ModelAlwaysRNN(ModelWithFunctional):
    """Wrong: `recurrent` changes nothing."""

    def __init__(self, symbols: int, width: int = 64, hidden: int = 256, recurrent: Any = None) -> None:
        super().__init__(symbols, width, hidden, nn.RNN)


class ModelTied(ModelWithFunctional):
    """Wrong: the output layer has no bias."""

    def __init__(self, symbols: int, width: int = 64, hidden: int = 256, recurrent: Any = nn.RNN) -> None:
        super().__init__(symbols, width, hidden, recurrent)
        self.output = nn.Linear(hidden, symbols, bias=False)


class ModelProbabilities(ModelWithFunctional):
    def forward(self, ids: Tensor, state: Any = None) -> Any:
        logits, state = super().forward(ids, state)
        return logits.softmax(2), state


class ModelIdsTurned(ModelWithFunctional):
    """Wrong: the layer takes the batch first, and is given the length first."""

    def forward(self, ids: Tensor, state: Any = None) -> Any:
        logits, state = super().forward(ids.T, state)
        return logits.transpose(0, 1), state


# ---- the loss


def loss_loop(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    total = logits.sum() * 0
    for n, length in enumerate(lengths.tolist()):
        for t in range(length):
            scores = logits[n, t]
            total = total + torch.logsumexp(scores, 0) - scores[targets[n, t]]
    return total / len(lengths)


def loss_cross_entropy(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(targets.shape[1])[None] < lengths[:, None]
    return F.cross_entropy(logits[real], targets[real], reduction="sum") / targets.shape[0]


def loss_ignore_index(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    marked = targets.clone()
    for row, length in zip(marked, lengths):
        row[length:] = -1
    each = F.cross_entropy(logits.transpose(1, 2), marked, ignore_index=-1, reduction="none")
    return each.sum(1).mean()


def loss_by_rows(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    rows = [
        F.cross_entropy(a[:n], b[:n], reduction="sum")
        for a, b, n in zip(logits, targets, lengths.tolist(), strict=True)
    ]
    return torch.stack(rows).mean()


def loss_mean_of_steps(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(targets.shape[1])[None] < lengths[:, None]
    return F.cross_entropy(logits[real], targets[real], reduction="sum") / max(int(real.sum()), 1)


def loss_cross_entropy_default(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    return F.cross_entropy(logits.transpose(1, 2), targets)


def loss_mean_of_real(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(targets.shape[1])[None] < lengths[:, None]
    return F.cross_entropy(logits[real], targets[real])


def loss_log_of_softmax(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(targets.shape[1])[None] < lengths[:, None]
    p = logits[real].softmax(-1)[torch.arange(int(real.sum())), targets[real]]
    return -p.log().sum() / len(lengths)


def loss_log_sum_exp(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(targets.shape[1])[None] < lengths[:, None]
    each = logits[real].exp().sum(-1).log() - logits[real][torch.arange(int(real.sum())), targets[real]]
    return each.sum() / len(lengths)


def loss_always_float64(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    return loss_cross_entropy(logits.double(), targets, lengths)


def loss_padding_by_value(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0, reduction="sum")
    return each / len(lengths)


def loss_number(logits: Tensor, targets: Tensor, lengths: Tensor) -> Any:
    return float(loss_cross_entropy(logits, targets, lengths))


def loss_naive_softmax(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    return loss_cross_entropy(logits.detach(), targets, lengths)


def loss_targets_in_place(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    for row, length in zip(targets, lengths):
        row[length:] = -100
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum") / len(lengths)


def loss_from_the_number_0(logits: Tensor, targets: Tensor, lengths: Tensor) -> Any:
    logs, total = logits.log_softmax(2), 0
    for n, length in enumerate(lengths.tolist()):
        for t in range(length):
            total = total - logs[n, t, targets[n, t]]
    return total / len(lengths)


def loss_targets_replaced(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(targets.shape[1])[None] < lengths[:, None]
    each = F.cross_entropy(logits.transpose(1, 2), targets.masked_fill(~real, 0), reduction="none")
    return each.sum(1).mean()


def loss_one_more(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(targets.shape[1])[None] <= lengths[:, None]
    each = F.cross_entropy(logits.transpose(1, 2), targets * real, reduction="none")
    return (each * real).sum() / len(lengths)


def loss_one_more_looked_up(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(targets.shape[1])[None] <= lengths[:, None]
    found = logits.log_softmax(-1).gather(2, (targets * real).unsqueeze(2)).squeeze(2)
    return -(found * real).sum(1).mean()


def loss_of_the_rest(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(targets.shape[1])[None] < lengths[:, None]
    return F.cross_entropy(logits[real], targets[real], reduction="sum") / lengths.gt(0).sum()


def loss_mean_times_length(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    rows = [n * F.cross_entropy(a[:n], b[:n]) for a, b, n in zip(logits, targets, lengths.tolist())]
    return torch.stack(rows).mean()


# ---- padding


def pad_filled(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    lengths = torch.tensor([len(s) if limit is None else min(len(s), limit) for s in sequences], dtype=torch.long)
    longest = int(lengths.max()) if len(lengths) else 0
    ids = torch.full((len(sequences), longest), pad, dtype=torch.long)
    for row, sequence, length in zip(ids, sequences, lengths.tolist()):
        row[:length] = torch.tensor(sequence[:length], dtype=torch.long)
    return ids, lengths


def pad_by_place(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    cut = [s if limit is None else s[:limit] for s in sequences]
    longest = max([0, *map(len, cut)])
    ids = torch.zeros(len(cut), longest, dtype=torch.int64)
    for n, row in enumerate(cut):
        for t in range(longest):
            ids[n, t] = row[t] if t < len(row) else pad
    return ids, torch.as_tensor([len(row) for row in cut], dtype=torch.int64)


def pad_if_limit(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    return pad_by_place([row[:limit] if limit else row for row in sequences], pad)


def pad_lists_only(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = [row[:limit] for row in sequences]
    longest = max(map(len, rows), default=0)
    filled = [row + [pad] * (longest - len(row)) for row in rows]
    return torch.tensor(filled, dtype=torch.int64).reshape(len(rows), longest), pad_by_place(rows)[1]


def pad_without_rows_flat(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    ids, lengths = pad_by_place(sequences, pad, limit)
    return (ids if len(ids) else torch.tensor([], dtype=torch.int64)), lengths


def pad_by_library(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = [torch.tensor(list(row)[:limit], dtype=torch.int64) for row in sequences]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad), torch.tensor([len(r) for r in rows])


def pad_multiplied(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    lengths = [len(row[:limit]) for row in sequences]
    rows = [[pad] * max([0, *lengths])] * len(lengths)
    for i, row in enumerate(sequences):
        rows[i][: lengths[i]] = row[: lengths[i]]
    return torch.tensor(rows).long().view(len(rows), max([0, *lengths])), torch.tensor(lengths).long()


def pad_in_place(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    found = pad_filled(sequences, pad, limit)
    for row, length in zip(sequences, found[1].tolist()):
        del row[length:]
        row.extend([pad] * (found[0].shape[1] - len(row)))
    return found


def pad_lists(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    ids, lengths = pad_filled(sequences, pad, limit)
    return ids.tolist(), lengths.tolist()


def pad_repeats_last(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    ids, lengths = pad_filled(sequences, pad, limit)
    for row, length in zip(ids, lengths.tolist()):
        if length:
            row[length:] = row[length - 1].item()
    return ids, lengths


def pad_float_when_empty(sequences: Any, pad: int = 0, limit: int | None = None) -> Any:
    rows = [row[:limit] for row in sequences]
    longest = max(map(len, rows))
    return torch.tensor([row + [pad] * (longest - len(row)) for row in rows]), torch.tensor([len(row) for row in rows])


# ---- batches of similar length


def batches_by_pairs(lengths: Any, size: int) -> list[list[int]]:
    if size < 1:
        raise ValueError(f"not {size}")
    order = [place for _, place in sorted((length, place) for place, length in enumerate(lengths))]
    found = []
    while order:
        found.append(order[:size])
        order = order[size:]
    return found


def batches_by_torch(lengths: Any, size: int) -> list[list[int]]:
    if size <= 0:
        raise ValueError(f"{size} is too small")
    order = torch.argsort(torch.tensor(lengths, dtype=torch.int64), stable=True)
    return [piece.tolist() for piece in order.split(size)] if len(order) else []


def batches_by_length_only(lengths: Any, size: int) -> list[list[int]]:
    if size < 1:
        raise ValueError(f"not {size}")
    groups: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        groups.setdefault(length, []).append(place)
    return [g[i : i + size] for _, g in sorted(groups.items()) for i in range(0, len(g), size)]


def batches_lengths_sorted_in_place(lengths: Any, size: int) -> list[list[int]]:
    found = batches_by_pairs(list(lengths), size)
    lengths.sort()
    return found


def batches_within(lengths: Any, size: int) -> list[list[int]]:
    if size < 1:
        raise ValueError(f"not {size}")
    places = list(range(len(lengths)))
    return [sorted(places[i : i + size], key=lengths.__getitem__) for i in range(0, len(places), size)]


def batches_nameless_error(lengths: Any, size: int) -> list[list[int]]:
    if size < 1:
        raise ValueError("A batch holds at least one sequence.")
    return batches_by_pairs(lengths, size)


def batches_without_error(lengths: Any, size: int) -> list[list[int]]:
    return batches_by_pairs(lengths, max(size, 1))


# ---- the last real state


def last_by_index(outputs: Tensor, lengths: Tensor) -> Tensor:
    found = outputs[torch.arange(len(outputs)), (lengths - 1).clamp(min=0)]
    return found * (lengths > 0)[:, None]


def last_by_gather(outputs: Tensor, lengths: Tensor) -> Tensor:
    steps = (lengths - 1).clamp(min=0)[:, None, None].expand(-1, 1, outputs.shape[2])
    return torch.where((lengths > 0)[:, None], outputs.gather(1, steps)[:, 0], outputs.new_zeros(()))


def last_by_loop(outputs: Tensor, lengths: Tensor) -> Tensor:
    zero = outputs.new_zeros(outputs.shape[2])
    return torch.stack([row[n - 1] if n else zero for row, n in zip(outputs, lengths.tolist())])


def last_by_packing(outputs: Tensor, lengths: Tensor) -> Tensor:
    padded = torch.cat([outputs.new_zeros(len(outputs), 1, outputs.shape[2]), outputs], dim=1)
    return padded[torch.arange(len(outputs)), lengths]


def last_of_longest(outputs: Tensor, lengths: Tensor) -> Tensor:
    return outputs[:, lengths.max() - 1]


def last_of_maximum(outputs: Tensor, lengths: Tensor) -> Tensor:
    return outputs.amax(1)


def last_float32(outputs: Tensor, lengths: Tensor) -> Tensor:
    return last_by_index(outputs, lengths).float()


def last_at_length(outputs: Tensor, lengths: Tensor) -> Tensor:
    return torch.stack([row[n] for row, n in zip(outputs, lengths.tolist())])


def last_at_length_or_the_end(outputs: Tensor, lengths: Tensor) -> Tensor:
    steps = [min(n, outputs.shape[1] - 1) for n in lengths.tolist()]
    return torch.stack([row[step] * (step > 0 or outputs.shape[1] == 1) for row, step in zip(outputs, steps)])


def last_indexed_by_steps(outputs: Tensor, lengths: Tensor) -> Tensor:
    return torch.stack([outputs[:, n - 1] for n in lengths.tolist()], dim=1)


def last_gathered_narrowly(outputs: Tensor, lengths: Tensor) -> Tensor:
    return outputs.gather(1, (lengths - 1).clamp(min=0).reshape(-1, 1, 1)).squeeze(1)


def last_gathered_narrowly_or_zero(outputs: Tensor, lengths: Tensor) -> Tensor:
    return last_gathered_narrowly(outputs, lengths).where(lengths[:, None] > 0, outputs.new_zeros(()))


# ---- carried, and cut


def chunks_by_index(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"{chunk} steps are none")
    outputs = []
    for start in range(0, x.shape[1], chunk):
        output, last = rnn(x[:, start : start + chunk], state)
        outputs.append(output)
        state = last.detach()
    return torch.cat(outputs, 1), last


def chunks_prepared(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    """Right: the states at the edges first, without gradients; then the chunks."""
    if chunk < 1:
        raise ValueError(f"{chunk}")
    pieces = torch.split(x, chunk, 1)
    starts = [state]
    with torch.no_grad():
        for piece in pieces[:-1]:
            starts.append(rnn(piece, starts[-1])[1])
    runs = [rnn(piece, start) for piece, start in zip(pieces, starts)]
    return torch.cat([run[0] for run in runs], 1), runs[-1][1]


def chunks_inputs_cut(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return chunks_by_index(rnn, x.detach(), chunk, state)


def chunks_reset(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"{chunk}")
    runs = [rnn(piece, state if i == 0 else None) for i, piece in enumerate(x.split(chunk, 1))]
    return torch.cat([run[0] for run in runs], 1), runs[-1][1]


def chunks_always_fresh(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"{chunk}")
    runs = [rnn(piece) for piece in x.split(chunk, 1)]
    return torch.cat([run[0] for run in runs], 1), runs[-1][1]


def chunks_detached_in_place(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"{chunk}")
    outputs = []
    for i, piece in enumerate(x.split(chunk, 1)):
        if i:
            state.detach_()  # type: ignore[union-attr]
        output, state = rnn(piece, state)
        outputs.append(output)
    return torch.cat(outputs, 1), state


def chunks_backward(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    found = chunks_by_index(rnn, x, chunk, state)
    found[0].sum().backward(retain_graph=True)
    return found


def chunks_one_run(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"{chunk}")
    return rnn(x, state)


def chunks_outputs_alone(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    return chunks_by_index(rnn, x, chunk, state)[0]


def chunks_recursive(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    """Right: the rest of the text is a text."""
    if chunk < 1:
        raise ValueError(f"{chunk}")
    outputs, last = rnn(x[:, :chunk], state)
    if x.shape[1] <= chunk:
        return outputs, last
    rest, last = chunks_recursive(rnn, x[:, chunk:], chunk, last.detach())
    return torch.cat([outputs, rest], 1), last


def chunks_own_zeros(rnn: Any, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    start = torch.zeros(1, x.shape[0], rnn.hidden_size) if state is None and chunk > 0 else state
    return chunks_by_index(rnn, x, chunk, start)


def chunks_own_zeros_like_x(rnn: Any, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    start = x.new_zeros(1, x.shape[0], rnn.hidden_size) if state is None and chunk > 0 else state
    return chunks_by_index(rnn, x, chunk, start)


def chunks_into_a_buffer(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"{chunk}")
    found = None
    for start in range(0, x.shape[1], chunk):
        output, last = rnn(x[:, start : start + chunk], state)
        found = torch.zeros(*x.shape[:2], output.shape[2]) if found is None else found
        found[:, start : start + chunk] = output
        state = last.detach()
    return found, last


def chunks_state_through_a_list(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"{chunk}")
    outputs = []
    for start in range(0, x.shape[1], chunk):
        output, last = rnn(x[:, start : start + chunk], state)
        outputs.append(output)
        state = torch.tensor(last.tolist())
    return torch.cat(outputs, 1), last


def chunks_swapped(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    outputs, last = chunks_by_index(rnn, x, chunk, state)
    return last, outputs


def chunks_of_the_batch(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"{chunk}")
    outputs = []
    for piece in x.split(chunk):
        output, last = rnn(piece, state)
        outputs.append(output)
        state = last.detach()
    return torch.cat(outputs), last


def chunks_rounded_down(rnn: nn.Module, x: Tensor, chunk: int, state: Tensor | None = None) -> Any:
    if chunk < 1:
        raise ValueError(f"{chunk}")
    outputs, last = [], state
    for i in range(x.shape[1] // chunk):
        output, last = rnn(x[:, i * chunk : (i + 1) * chunk], last.detach() if i else last)  # type: ignore[union-attr]
        outputs.append(output)
    return torch.cat(outputs, 1), last


# ---- generation


def write_searched(model: Any, prompt: Any, numbers: Any) -> list[int]:
    if len(prompt) == 0:
        raise ValueError("empty prompt")
    found: list[int] = []
    with torch.inference_mode():
        logits, state = model(torch.as_tensor(prompt)[None], None)
        for number in numbers:
            ends = logits[0, -1].softmax(0).cumsum(0)[:-1]  # what lies beyond the last but one is the last one's
            found.append(int(torch.searchsorted(ends, torch.tensor(number), right=True)))
            logits, state = model(torch.tensor([[found[-1]]]), state)
    return found


@torch.no_grad()
def write_by_hand(model: Any, prompt: Any, numbers: Any) -> list[int]:
    if not prompt:
        raise ValueError("The prompt is empty.")
    state, todo, found = None, list(prompt), []
    for number in numbers:
        for symbol in todo:
            logits, state = model(torch.tensor([[symbol]]), state)
        scores = logits.flatten().tolist()
        top = max(scores)
        parts = [math.exp(s - top) for s in scores]
        point, symbol = number * sum(parts), 0
        while symbol < len(parts) - 1 and point >= parts[symbol]:
            point -= parts[symbol]
            symbol += 1
        found.append(symbol)
        todo = [symbol]
    return found


def write_searched_left(model: Any, prompt: Any, numbers: Any) -> list[int]:
    if len(prompt) == 0:
        raise ValueError("empty prompt")
    found: list[int] = []
    ids, state = torch.tensor([prompt]), None
    with torch.no_grad():
        for number in numbers:
            logits, state = model(ids, state)
            ends = logits[0, -1].double().softmax(0).cumsum(0)
            found.append(int(torch.searchsorted(ends, torch.tensor(number, dtype=torch.float64))))
            ids = torch.tensor([found[-1:]])
    return found


def write_beyond(model: Any, prompt: Any, numbers: Any) -> list[int]:
    if len(prompt) == 0:
        raise ValueError("empty prompt")
    found: list[int] = []
    ids, state = torch.tensor([prompt]), None
    with torch.no_grad():
        for number in numbers:
            logits, state = model(ids, state)
            found.append(int((logits[0, -1].softmax(0).cumsum(0) <= number).sum()))
            ids = torch.tensor([found[-1:]])
    return found


def write_at_random(model: Any, prompt: Any, numbers: Any) -> list[int]:
    if not prompt:
        raise ValueError("empty")
    ids, state, found = torch.tensor([list(prompt)]), None, []
    with torch.no_grad():
        for _ in numbers:
            logits, state = model(ids, state)
            ids = torch.multinomial(logits[:, -1].softmax(-1), 1)
            found.append(int(ids))
    return found


def write_prompt_emptied(model: Any, prompt: Any, numbers: Any) -> list[int]:
    found = write_by_hand(model, list(prompt), numbers)
    prompt.clear()
    return found


def write_numbers_reversed(model: Any, prompt: Any, numbers: Any) -> list[int]:
    return write_by_hand(model, prompt, numbers[::-1])


def write_without_error(model: Any, prompt: Any, numbers: Any) -> list[int]:
    return write_by_hand(model, prompt or [0], numbers)


def write_whole_text_again(model: Any, prompt: Any, numbers: Any) -> list[int]:
    if not prompt:
        raise ValueError("empty prompt")
    text = list(prompt)
    for number in numbers:
        with torch.no_grad():
            logits = model(torch.tensor([text]))[0]
        ends = logits[0, -1].double().softmax(0).cumsum(0)[:-1]
        text.append(int((ends <= number).sum()))
    return text[len(prompt) :]


def write_step_by_step(
    model: Any, prompt: Any, numbers: Any, prompt_known: bool = False, forget: Any = ()
) -> list[int]:
    """Right, unless the last symbol of the prompt is read again or the state of some steps is forgotten."""
    if not prompt:
        raise ValueError("empty prompt")
    found: list[int] = []
    with torch.no_grad():
        logits, state = model(torch.tensor([prompt]))
        if prompt_known and numbers:
            logits, state = model(torch.tensor([prompt[-1:]]), state)
        for i, number in enumerate(numbers):
            ends = logits[0, -1].double().softmax(0).cumsum(0)[:-1]
            found.append(int((ends <= number).sum()))
            logits, new = model(torch.tensor([found[-1:]]), None if i in forget else state)
            state = state if "all" in forget else new
    return found


def write_prompt_end_twice(model: Any, prompt: Any, numbers: Any) -> list[int]:
    return write_step_by_step(model, prompt, numbers, prompt_known=True)


def write_prompt_forgotten(model: Any, prompt: Any, numbers: Any) -> list[int]:
    return write_step_by_step(model, prompt, numbers, forget=(0,))


def write_from_the_prompt(model: Any, prompt: Any, numbers: Any) -> list[int]:
    return write_step_by_step(model, prompt, numbers, forget=("all",))


def write_drawn(model: Any, prompt: Any, numbers: Any, draw: Callable[[Tensor, float], int]) -> list[int]:
    if not prompt:
        raise ValueError("empty")
    ids, state, found = torch.tensor([list(prompt)]), None, []
    with torch.no_grad():
        for number in numbers:
            logits, state = model(ids, state)
            found.append(draw(logits[0, -1], number))
            ids = torch.tensor([found[-1:]])
    return found


def write_by_choices(model: Any, prompt: Any, numbers: Any) -> list[int]:
    return write_drawn(
        model, prompt, numbers, lambda s, n: random.choices(range(len(s)), s.double().softmax(0).tolist())[0]
    )


def write_exponentials(model: Any, prompt: Any, numbers: Any) -> list[int]:
    def draw(scores: Tensor, number: float) -> int:
        ends = (scores.exp() / scores.exp().sum()).cumsum(0)
        return min(int((ends <= number).sum()), len(ends) - 1)

    return write_drawn(model, prompt, numbers, draw)


def write_two_softmaxes(model: Any, prompt: Any, numbers: Any) -> list[int]:
    def draw(scores: Tensor, number: float) -> int:
        ends = scores.softmax(0).softmax(0).cumsum(0)
        return min(int((ends <= number).sum()), len(ends) - 1)

    return write_drawn(model, prompt, numbers, draw)


def write_prompt_end_for_ever(model: Any, prompt: Any, numbers: Any) -> list[int]:
    if not prompt:
        raise ValueError("empty prompt")
    ids, state, found = list(prompt), None, []
    with torch.no_grad():
        for number in numbers:
            logits, state = model(torch.tensor([ids]), state)
            ends = logits[0, -1].double().softmax(0).cumsum(0)[:-1]
            found.append(int((ends <= number).sum()))
            ids = ids[-1:]
    return found


# ---- rows of V


def rows_one_by_one(weight: Tensor, row: int, count: int) -> list[int]:
    own = weight[row]
    scored = [
        (float(other @ own / (other.norm() * own.norm())), place) for place, other in enumerate(weight) if place != row
    ]
    return [place for _, place in sorted(scored, reverse=True)][:count]


def rows_by_topk(weight: Tensor, row: int, count: int) -> list[int]:
    cosines = F.cosine_similarity(weight, weight[row : row + 1], dim=1)
    cosines[row] = -math.inf
    return cosines.topk(min(count, len(weight) - 1)).indices.tolist()


def rows_by_distance_of_units(weight: Tensor, row: int, count: int) -> list[int]:
    unit = (weight / weight.norm(dim=1, keepdim=True)).double()
    order = (unit - unit[row]).norm(dim=1).argsort().tolist()
    order.remove(row)
    return order[:count]


def rows_by_columns(weight: Tensor, row: int, count: int) -> list[int]:
    unit = F.normalize(weight, dim=0)
    order = (unit @ unit[row]).argsort(descending=True).tolist()
    return [i for i in order if i != row][:count]


def rows_first_taken_off(weight: Tensor, row: int, count: int) -> list[int]:
    return (weight @ weight[row]).argsort(descending=True).tolist()[1 : count + 1]


def rows_first_cosine_off(weight: Tensor, row: int, count: int) -> list[int]:
    return F.cosine_similarity(weight, weight[row], dim=1).argsort(descending=True, stable=True).tolist()[1 : count + 1]


def rows_by_numpy(weight: Tensor, row: int, count: int) -> list[int]:
    return rows_one_by_one(torch.from_numpy(weight.numpy()), row, count)


def rows_as_tensor(weight: Tensor, row: int, count: int) -> Any:
    return torch.tensor(rows_one_by_one(weight, row, count))


def rows_normalised_in_place(weight: Tensor, row: int, count: int) -> list[int]:
    weight /= weight.norm(dim=1, keepdim=True)
    return rows_one_by_one(weight, row, count)


def rows_later_of_equals_first(weight: Tensor, row: int, count: int) -> list[int]:
    """Right: of equal cosines the later row comes first."""
    unit = F.normalize(weight.detach(), dim=1)
    return [i for i in (unit @ unit[row]).argsort(stable=True).flip(0).tolist() if i != row][:count]


def rows_of_the_others(weight: Tensor, row: int, count: int) -> list[int]:
    """Right: the row is taken out beforehand, and the places behind it are moved on."""
    unit = F.normalize(weight.detach(), dim=1)
    others = torch.cat([unit[:row], unit[row + 1 :]])
    return [i + (i >= row) for i in (others @ unit[row]).argsort(descending=True).tolist()][:count]


def rows_last_off(weight: Tensor, row: int, count: int) -> list[int]:
    unit = F.normalize(weight.detach(), dim=1)
    cosines = (unit @ unit[row]).tolist()
    return sorted(range(len(cosines)), key=cosines.__getitem__)[:-1][::-1][:count]


def rows_topk_first_off(weight: Tensor, row: int, count: int) -> list[int]:
    unit = F.normalize(weight.detach(), dim=1)
    return torch.topk(unit @ unit[row], min(1 + count, weight.shape[0]))[1].tolist()[1:]


def rows_unlike(weight: Tensor, row: int, count: int) -> list[int]:
    numbers = weight.tolist()
    return [i for i in rows_by_topk(weight.detach(), row, len(weight)) if numbers[i] != numbers[row]][:count]


def rows_by_index(weight: Tensor, row: int, count: int) -> list[int]:
    unit, numbers = F.normalize(weight.detach(), dim=1), weight.tolist()
    order = (unit @ unit[row]).argsort(descending=True, stable=True).tolist()
    order.remove(numbers.index(numbers[row]))
    return order[:count]


def rows_by_cosine(weight: Tensor, row: int, count: int) -> list[int]:
    unit = F.normalize(weight.detach(), dim=1)
    found = {cosine: i for i, cosine in enumerate((unit @ unit[row]).tolist()) if i != row}
    return [i for _, i in sorted(found.items(), reverse=True)][:count]


def rows_itself(cosine: float) -> Callable[..., Any]:
    def rows_itself_put(weight: Tensor, row: int, count: int) -> list[int]:
        cosines = F.cosine_similarity(weight.detach(), weight.detach()[row], dim=1)
        cosines[row] = cosine
        return cosines.argsort(descending=True, stable=True).tolist()[:count]

    return rows_itself_put


def rows_negative_places(weight: Tensor, row: int, count: int) -> list[int]:
    return [i - len(weight) for i in rows_one_by_one(weight, row, count)]


def rows_as_text(weight: Tensor, row: int, count: int) -> Any:
    return [str(i) for i in rows_one_by_one(weight, row, count)]


def rows_nearest_again(weight: Tensor, row: int, count: int) -> list[int]:
    found = rows_one_by_one(weight, row, count)
    return found[:1] * len(found)


RIGHT: dict[str, list[Callable[..., Any]]] = {
    "rnn.step": [
        step_linear,
        step_joined,
        step_rows,
        step_einsum,
        step_exponentials_guarded,
        step_always_float64,
    ],
    "rnn.layer": [LayerByIndex, LayerRecursive],
    "rnn.language_model": [ModelWithFunctional, ModelStepByStep],
    "rnn.corpus_loss": [loss_loop, loss_cross_entropy, loss_ignore_index, loss_by_rows, loss_always_float64],
    "rnn.pad_batch": [pad_filled, pad_by_place],
    "rnn.similar_batches": [batches_by_pairs, batches_by_torch],
    "rnn.last_state": [last_by_index, last_by_gather, last_by_loop, last_by_packing],
    "rnn.run_in_chunks": [chunks_by_index, chunks_prepared, chunks_recursive],
    "rnn.generate": [write_searched, write_by_hand, write_step_by_step],
    "rnn.nearest_rows": [
        rows_one_by_one,
        rows_by_topk,
        rows_by_distance_of_units,
        rows_as_tensor,
        rows_later_of_equals_first,
        rows_of_the_others,
    ],
}

WRONG: dict[str, list[tuple[Callable[..., Any], str | None]]] = {
    "rnn.step": [
        (step_detached, "old_state_cut"),
        (step_exponentials, "one_exponential_overflows"),
        (step_first_row, None),
        (step_in_place, None),
        (step_float32, None),
        (step_library, None),
        (step_state_outside, "state_outside"),
        (step_identity_for_u, "u_left_out"),
        (step_logistic_stretched, "logistic_stretched"),
    ],
    "rnn.layer": [
        (LayerKeeping, "state_kept"),
        (LayerStateBatchFirst, "last_turned"),
        (LayerUnguarded, None),
        (LayerSqueezing, None),
        (LayerSinglePrecision, "zeros_in_float32"),
        (LayerInPlace, None),
        (LayerOtherNames, None),
        (LayerOneThing, None),
        (LayerBorrowed, None),
        (LayerFloat32, None),
        (LayerUTurned, "u_turned"),
        (LayerNeverSet, "state_never_set"),
        (LayerAlwaysLengthFirst, "batch_first_ignored"),
        (LayerAlwaysBatchFirst, "always_batch_first"),
        (LayerFlagTurned, "flag_inverted"),
        (LayerViewed, "input_reshaped"),
        (LayerOutputsViewed, "outputs_reshaped"),
        (LayerFirstOfTheStates, "state_read_turned"),
        (LayerStatesBatchFirst, "states_turned"),
        (LayerOneOutputMore, "start_among_outputs"),
    ],
    "rnn.language_model": [
        (ModelKeeping, None),
        (ModelAlwaysRNN, "recurrent_ignored"),
        (ModelTiedWeights, None),
        (ModelOtherDefaults, None),
        (ModelStateFromOutputs, "state_from_outputs"),
        (ModelTied, None),
        (ModelProbabilities, "softmax_inside"),
        (ModelIdsTurned, "batch_first_forgotten"),
    ],
    "rnn.corpus_loss": [
        (loss_mean_of_steps, "mean_over_steps"),
        (loss_padding_by_value, "padding_by_value"),
        (loss_cross_entropy_default, "divided_by_the_width"),
        (loss_mean_of_real, "mean_over_steps_unguarded"),
        (loss_log_of_softmax, "logarithm_of_zero"),
        (loss_log_sum_exp, "logarithm_of_zero"),
        (loss_number, None),
        (loss_naive_softmax, None),
        (loss_targets_in_place, None),
        (loss_from_the_number_0, "number_where_empty"),
        (loss_targets_replaced, "only_targets_replaced"),
        (loss_one_more, "one_step_long_in_cross_entropy"),
        (loss_one_more_looked_up, "one_step_long_looked_up"),
        (loss_of_the_rest, "empty_not_counted_unguarded"),
        (loss_mean_times_length, "mean_of_nothing"),
    ],
    "rnn.pad_batch": [
        (pad_in_place, None),
        (pad_lists, None),
        (pad_repeats_last, None),
        (pad_float_when_empty, None),
        (pad_if_limit, "limit_zero_ignored"),
        (pad_lists_only, None),
        (pad_without_rows_flat, "no_rows_forgotten"),
        (pad_by_library, None),
        (pad_multiplied, "one_list_for_all"),
    ],
    "rnn.similar_batches": [
        (batches_by_length_only, None),
        (batches_lengths_sorted_in_place, None),
        (batches_without_error, None),
        (batches_nameless_error, None),
        (batches_within, "sorted_within_batches"),
    ],
    "rnn.last_state": [
        (last_of_longest, "longest_for_all"),
        (last_of_maximum, None),
        (last_float32, None),
        (last_at_length, "one_too_far_past_the_end"),
        (last_at_length_or_the_end, "one_too_far_but_where_empty"),
        (last_indexed_by_steps, "every_row_with_every_step"),
        (last_gathered_narrowly, "first_number_even_where_empty"),
        (last_gathered_narrowly_or_zero, "first_number_only"),
    ],
    "rnn.run_in_chunks": [
        (chunks_inputs_cut, None),
        (chunks_reset, "not_carried"),
        (chunks_one_run, "not_cut"),
        (chunks_always_fresh, "never_carried"),
        (chunks_detached_in_place, None),
        (chunks_backward, None),
        (chunks_outputs_alone, None),
        (chunks_own_zeros, "zeros_of_its_own"),
        (chunks_own_zeros_like_x, "size_of_the_library"),
        (chunks_into_a_buffer, "outputs_in_float32"),
        (chunks_state_through_a_list, "state_rebuilt"),
        (chunks_swapped, "swapped"),
        (chunks_of_the_batch, "cut_along_the_batch"),
        (chunks_rounded_down, "whole_chunks_only"),
    ],
    "rnn.generate": [
        (write_at_random, "numbers_ignored"),
        (write_by_choices, None),
        (write_prompt_end_twice, "last_of_the_prompt_twice"),
        (write_prompt_forgotten, "prompt_forgotten"),
        (write_from_the_prompt, "state_of_the_prompt"),
        (write_prompt_end_for_ever, "last_of_the_prompt_again"),
        (write_two_softmaxes, "softmax_twice"),
        (write_exponentials, "exponentials_overflow"),
        (write_searched_left, "end_to_the_left_unguarded"),
        (write_beyond, "past_the_end"),
        (write_prompt_emptied, None),
        (write_numbers_reversed, None),
        (write_without_error, None),
        (write_whole_text_again, "everything_read_again"),
    ],
    "rnn.nearest_rows": [
        (rows_by_columns, "columns_normalised"),
        (rows_first_taken_off, None),
        (rows_first_cosine_off, "first_dropped"),
        (rows_by_numpy, None),
        (rows_normalised_in_place, None),
        (rows_last_off, "first_dropped_after_turning"),
        (rows_topk_first_off, "first_dropped_of_topk"),
        (rows_unlike, "equal_rows_dropped"),
        (rows_by_index, "first_equal_dropped"),
        (rows_by_cosine, "in_a_dict"),
        (rows_itself(-1.0), "itself_put_last"),
        (rows_itself(-math.inf), "itself_put_last"),
        (rows_itself(0.0), "itself_put_at_zero"),
        (rows_negative_places, None),
        (rows_as_text, None),
        (rows_nearest_again, None),
    ],
}
