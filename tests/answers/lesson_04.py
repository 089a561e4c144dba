"""Answers to the exercises of lesson 04, written otherwise than the references: right ones and wrong ones.

None of them may call the reference of its own exercise; the engine would refuse it.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

IGNORED = -100


def nats(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean loss of the targets that count; 0 if none does."""
    total = F.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=IGNORED, reduction="sum")
    return total / max(int((targets != IGNORED).sum()), 1)


# ---- windows


def windows_loop(ids: Tensor, n: int) -> tuple[Tensor, Tensor]:
    contexts, targets = [], []
    for i in range(n, len(ids)):
        contexts.append(ids[i - n : i].tolist())
        targets.append(int(ids[i]))
    return torch.tensor(contexts, dtype=torch.int64).reshape(-1, n), torch.tensor(targets, dtype=torch.int64)


def windows_columns(ids: Tensor, n: int) -> list[Tensor]:
    count = max(len(ids) - n, 0)
    if count == 0:
        return [torch.zeros(0, n, dtype=torch.long), torch.zeros(0, dtype=torch.long)]
    return [torch.stack([ids[k : k + count] for k in range(n)], dim=1), ids[n:].clone()]


def windows_by_index(ids: Tensor, n: int) -> tuple[Tensor, Tensor]:
    starts = torch.arange(max(len(ids) - n, 0))
    return ids[starts[:, None] + torch.arange(n)], ids[starts + n]


def windows_unfold_unguarded(ids: Tensor, n: int) -> tuple[Tensor, Tensor]:
    return ids.unfold(0, n, 1)[:-1], ids[n:]


def windows_of_floats(ids: Tensor, n: int) -> tuple[Tensor, Tensor]:
    contexts, targets = windows_by_index(ids, n)
    return contexts.float(), targets


def windows_same_target(ids: Tensor, n: int) -> tuple[Tensor, Tensor]:
    contexts = windows_by_index(ids, n)[0]
    return contexts, contexts[:, -1]


def windows_shape_of_nothing(ids: Tensor, n: int) -> tuple[Tensor, Tensor]:
    if len(ids) <= n:
        return torch.tensor([]), torch.tensor([])
    return windows_by_index(ids, n)


# ---- how many numbers


def size_by_module(symbols: int, window: int, width: int, hidden: int) -> int:
    layers = [(symbols, width), (hidden, window * width), (hidden,), (symbols, hidden), (symbols,)]
    return sum(math.prod(shape) for shape in layers)


def size_expanded(symbols, window, width, hidden):
    return symbols * (width + hidden + 1) + hidden * (1 + width * window)


def size_biases_as_one(symbols, window, width, hidden):
    return symbols * width + window * width * hidden + 1 + hidden * symbols + 1


# ---- the model


class ByPlaces(nn.Module):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__()
        self.window, self.width = window, width
        self.output = nn.Linear(hidden, symbols)
        self.hidden = nn.Linear(width * window, hidden)
        self.embedding = nn.Embedding(symbols, width)

    def scores(self, contexts):
        total = self.hidden.bias
        for place in range(self.window):
            block = self.hidden.weight[:, place * self.width : (place + 1) * self.width]
            total = total + self.embedding.weight[contexts[..., place]] @ block.T
        return self.output(total.tanh())

    def forward(self, ids, state=None):
        length = ids.shape[1]
        seen = F.pad(ids, (self.window - 1, 0)) if state is None else torch.cat((state, ids), 1)
        places = [self.scores(seen[:, t : t + self.window]) for t in range(length)]
        return torch.stack(places, dim=1), seen[:, seen.shape[1] - self.window + 1 :]


class WithSequential(nn.Module):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__()
        self.window = window
        self.embedding = nn.Embedding(symbols, width)
        self.hidden = nn.Linear(window * width, hidden)
        self.output = nn.Linear(hidden, symbols)

    def scores(self, contexts):
        vectors = self.embedding(contexts)
        e = vectors.reshape(*contexts.shape[:-1], -1)
        return self.output(2 * torch.sigmoid(2 * self.hidden(e)) - 1)

    def forward(self, ids, state=None):
        if state is None:
            state = torch.zeros(len(ids), self.window - 1, dtype=torch.int64)
        seen = torch.cat([state, ids], dim=1)
        places = torch.arange(ids.shape[1])[:, None] + torch.arange(self.window)
        return [self.scores(seen[:, places]), seen[:, ids.shape[1] :].clone()]


class Misnamed(WithSequential):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__(symbols, window, width, hidden)
        self.embeddings = self.embedding
        del self.embedding


class Bag(WithSequential):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__(symbols, window, width, hidden)
        self.hidden = nn.Linear(width, hidden)

    def scores(self, contexts):
        return self.output(torch.tanh(self.hidden(self.embedding(contexts).sum(-2))))


class LogitsOnly(WithSequential):
    def forward(self, ids, state=None):
        return super().forward(ids, state)[0]


class Swapped(WithSequential):
    def forward(self, ids, state=None):
        return super().forward(ids, state)[::-1]


class RememberingRows(WithSequential):
    """Keeps the state in itself, so a fresh start is none."""

    def forward(self, ids, state=None):
        kept = getattr(self, "kept", None)
        logits, self.kept = super().forward(ids, kept if state is None and kept is not None else state)
        return logits, self.kept


class DetachedVectors(WithSequential):
    def scores(self, contexts):
        e = self.embedding(contexts).detach().flatten(-2)
        return self.output(torch.tanh(self.hidden(e)))


class TwoDimensional(WithSequential):
    def scores(self, contexts):
        e = self.embedding(contexts).flatten(1)
        return self.output(torch.tanh(self.hidden(e)))

    def forward(self, ids, state=None):
        if state is None:
            state = torch.zeros(len(ids), self.window - 1, dtype=torch.int64)
        seen = torch.cat([state, ids], dim=1)
        places = [self.scores(seen[:, t : t + self.window]) for t in range(ids.shape[1])]
        return torch.stack(places, 1), seen[:, ids.shape[1] :]


class LastOnly(WithSequential):
    def forward(self, ids, state=None):
        logits, state = super().forward(ids, state)
        return logits[:, -1], state


# ---- log-softmax


def log_softmax_loop(logits: Tensor) -> Tensor:
    rows = logits.reshape(-1, logits.shape[-1])
    out = []
    for row in rows:
        top = max(float(z) for z in row)
        total = sum(torch.exp(z - top) for z in row)
        out.append(torch.stack([z - top - torch.log(total) for z in row]))
    return torch.stack(out).reshape(logits.shape)


def log_softmax_detached_top(logits: Tensor) -> Tensor:
    top = logits.detach().max(dim=-1, keepdim=True).values
    return logits - (top + torch.log(torch.exp(logits - top).sum(dim=-1, keepdim=True)))


def log_softmax_float64(z: Tensor) -> Tensor:
    z = z.double()
    z = z - z.amax(-1, keepdim=True)
    return z - torch.log1p(torch.exp(z).sum(-1, keepdim=True) - 1)


def log_softmax_cumulative(z: Tensor) -> Tensor:
    return z - torch.logcumsumexp(z, dim=-1)[..., -1:]


def log_softmax_detached(logits: Tensor) -> Tensor:
    return log_softmax_detached_top(logits.detach())


def log_softmax_float32_always(logits: Tensor) -> Tensor:
    return log_softmax_detached_top(logits.float())


def log_softmax_smallest(z: Tensor) -> Tensor:
    low = z.amin(-1, keepdim=True)
    return z - low - (z - low).exp().sum(-1, keepdim=True).log()


def log_softmax_mean(z: Tensor) -> Tensor:
    m = z.mean(-1, keepdim=True)
    return z - m - (z - m).exp().sum(-1, keepdim=True).log()


def log_softmax_ready(logits: Tensor) -> Tensor:
    return F.log_softmax(logits, dim=-1)


# ---- cross-entropy


def cross_entropy_loop(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    rows, column = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1).tolist()
    total, count = logits.sum() * 0 if logits.abs().max() < 100 else logits.flatten()[0] * 0, 0
    for row, target in zip(rows, column, strict=True):
        if target != ignore:
            total, count = total + torch.logsumexp(row, 0) - row[target], count + 1
    return total if reduction == "sum" else total / max(count, 1)


def cross_entropy_one_hot(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    counts = (targets != ignore).to(logits.dtype)
    hot = torch.arange(logits.shape[-1]) == targets[..., None]
    losses = -torch.where(hot, torch.log_softmax(logits, -1), 0.0).sum(-1) * counts
    return losses.sum() if reduction == "sum" else losses.sum() / torch.clamp(counts.sum(), min=1)


def cross_entropy_masked(logits: Tensor, targets: Tensor, ignore: int = -100, reduction: str = "mean") -> Tensor:
    keep = targets.ne(ignore)
    logp = logits[keep].double().log_softmax(dim=1)
    losses = -logp[torch.arange(len(logp)), targets[keep]]
    if reduction == "sum":
        return losses.sum()
    return losses.mean() if keep.any() else losses.sum()


def cross_entropy_of_flat(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    logp = torch.log_softmax(logits, -1)
    keep = targets != ignore
    losses = -logp[keep, targets[keep]] if logits.dim() == 2 else -logp[keep][:, 0]
    return losses.sum() if reduction == "sum" else losses.sum() / keep.sum().clamp(min=1)


def cross_entropy_number(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> float:
    return cross_entropy_masked(logits, targets, ignore, reduction).item()


def cross_entropy_ready(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    return F.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), ignore_index=ignore, reduction=reduction
    ).nan_to_num()


def cross_entropy_brier(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    keep = targets != ignore
    p = torch.softmax(logits[keep], -1)
    losses = (p - F.one_hot(targets[keep], logits.shape[-1])).pow(2).sum(-1)
    return losses.sum() if reduction == "sum" else losses.sum() / keep.sum().clamp(min=1)


def cross_entropy_over_all(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    total = cross_entropy_masked(logits, targets, ignore, "sum")
    return total if reduction == "sum" else total / targets.numel()


def cross_entropy_exp_log(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    keep = targets != ignore
    p = torch.softmax(logits[keep], -1)
    losses = -torch.log(p[torch.arange(len(p)), targets[keep]])
    return losses.sum() if reduction == "sum" else losses.sum() / keep.sum().clamp(min=1)


# ---- its gradient


def gradient_loop(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    count = sum(int(t) != ignore for t in targets)
    out = torch.zeros(logits.shape, dtype=logits.dtype)
    for i, target in enumerate(targets.tolist()):
        if target == ignore:
            continue
        p = torch.softmax(logits[i], 0)
        for j in range(logits.shape[1]):
            out[i, j] = (p[j] - (1 if j == target else 0)) / count
    return out


def gradient_one_hot(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    keep = (targets != ignore)[:, None]
    hot = (torch.arange(logits.shape[1])[None] == targets[:, None]).double()
    return torch.where(keep, logits.double().softmax(1) - hot, 0) / keep.sum().clamp(min=1)


def gradient_sum(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    return gradient_one_hot(logits, targets, ignore) * max(int((targets != ignore).sum()), 1)


def gradient_of_ready_loss(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    leaf = logits.clone().requires_grad_()
    F.cross_entropy(leaf, targets, ignore_index=ignore).backward()
    return leaf.grad


def gradient_negated(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    return -gradient_one_hot(logits, targets, ignore)


def gradient_naive_softmax(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    keep = (targets != ignore)[:, None]
    p = logits.exp() / logits.exp().sum(1, keepdim=True)
    hot = (torch.arange(logits.shape[1])[None] == targets[:, None]).float()
    return torch.where(keep, p - hot, 0) / keep.sum().clamp(min=1)


# ---- batches


def batches_list(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> list[Any]:
    order = torch.randperm(len(inputs), generator=generator).tolist()
    return [(inputs[order[i : i + size]], targets[order[i : i + size]]) for i in range(0, len(order), size)]


def batches_sorted_keys(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    keys = torch.rand(len(targets), generator=generator, dtype=torch.float64)
    order = keys.argsort()
    for start in range(0, len(order), size):
        yield [inputs.index_select(0, order[start : start + size]), targets[order[start : start + size]]]


def batches_loader(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    data = torch.utils.data.TensorDataset(inputs, targets)
    if len(data):
        yield from torch.utils.data.DataLoader(data, batch_size=size, shuffle=True, generator=generator)


def batches_loader_plain(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    data = torch.utils.data.TensorDataset(inputs, targets)
    return torch.utils.data.DataLoader(data, batch_size=size, generator=generator)


def batches_of_whole(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    order = torch.randperm(len(inputs), generator=generator)
    for i in range(len(order) // size):
        rows = order[i * size : (i + 1) * size]
        yield inputs[rows], targets[rows]


def batches_two_orders(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    x = inputs[torch.randperm(len(inputs), generator=generator)]
    y = targets[torch.randperm(len(inputs), generator=generator)]
    yield from zip(x.split(size), y.split(size), strict=True) if len(x) else ()


def batches_reversed(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    if len(inputs):
        yield from zip(inputs.flip(0).split(size), targets.flip(0).split(size), strict=True)


def batches_seeded(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    torch.manual_seed(3)
    yield from batches_list(inputs, targets, size)


# ---- a step


def step_set_to_none(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = None
    logits = predict(inputs)
    loss = nats(logits, targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def step_cleared_late(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> Tensor:
    logits = predict(inputs)
    loss = nats(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def step_by_grad(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    logits = predict(inputs)
    loss = nats(logits, targets)
    for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = slope
    optimizer.step()
    return float(loss)


def step_accumulating(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    loss = nats(predict(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def step_frozen(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    return nats(predict(inputs), targets).item()


def step_graph_kept(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> Tensor:
    optimizer.zero_grad()
    loss = nats(predict(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss


def step_silent(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> None:
    step_set_to_none(predict, optimizer, inputs, targets)


def step_two_dimensional(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    optimizer.zero_grad()
    loss = F.cross_entropy(predict(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def step_clipped(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    optimizer.zero_grad()
    loss = nats(predict(inputs), targets)
    loss.backward()
    nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 0.1)
    optimizer.step()
    return loss.item()


def step_of_pytorch(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    optimizer.zero_grad()
    loss = F.cross_entropy(predict(inputs).flatten(0, -2), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


def step_asks_the_model(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    predict.zero_grad()
    loss = nats(predict(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def step_clears_one_group(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    for weight in optimizer.param_groups[0]["params"]:
        weight.grad = None
    loss = nats(predict(inputs), targets)
    loss.backward()
    optimizer.step()
    return float(loss)


def step_predicting_twice(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    told = nats(predict(inputs), targets).item()
    step_set_to_none(predict, optimizer, inputs, targets)
    return told


def step_leaving_gradients_off(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    loss = step_set_to_none(predict, optimizer, inputs, targets)
    torch.set_grad_enabled(False)
    return loss


def step_of_probabilities(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    return step_set_to_none(lambda x: torch.softmax(predict(x), -1), optimizer, inputs, targets)


# ---- evaluation


def evaluate_loop(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    nats, count = 0.0, 0
    with torch.inference_mode():
        for x, y in zip(inputs, targets.tolist(), strict=True):
            if y != IGNORED:
                nats -= torch.log_softmax(predict(x[None])[0].double(), -1)[y].item()
                count += 1
    mean = nats / count
    return mean / math.log(2), math.exp(mean) if mean < 700 else math.inf


@torch.no_grad()
def evaluate_collected(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[Tensor, Tensor]:
    logits = torch.cat([predict(inputs[i : i + size]) for i in range(0, len(inputs), size)])
    loss = F.cross_entropy(logits.double(), targets)
    return loss / math.log(2), torch.exp(loss)


def evaluate_means(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    with torch.no_grad():
        batches = zip(inputs.split(size), targets.split(size), strict=True)
        means = [nats(predict(x).double(), y) for x, y in batches]
    mean = torch.stack(means).mean()
    return mean.item() / math.log(2), mean.exp().item()


def evaluate_at_once(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    with torch.no_grad():
        loss = F.cross_entropy(predict(inputs).double(), targets)
    return loss.item() / math.log(2), loss.exp().item()


def evaluate_overflowing(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    bits, _ = evaluate_collected(predict, inputs, targets, size)
    return float(bits), 2.0 ** float(bits)


def evaluate_one_number(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> Tensor:
    return evaluate_collected(predict, inputs, targets, size)[0]


def evaluate_means_times_counts(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in zip(inputs.split(size), targets.split(size), strict=True):
            many = int(y.ne(IGNORED).sum())
            total, count = total + F.cross_entropy(predict(x).double(), y).item() * many, count + many
    return total / count / math.log(2), float(torch.tensor(total / count, dtype=torch.float64).exp())


def evaluate_in_float32(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    mean = evaluate_loop(predict, inputs, targets)[0] * math.log(2)
    return mean / math.log(2), torch.tensor(mean).exp().item()


def evaluate_leaving_gradients_off(
    predict: Any, inputs: Tensor, targets: Tensor, size: int = 256
) -> tuple[float, float]:
    torch.set_grad_enabled(False)
    return evaluate_loop(predict, inputs, targets, size)


def evaluate_rounded(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    bits, perplexity = evaluate_loop(predict, inputs, targets, size)
    return round(bits, 2), round(perplexity, 2) if perplexity < math.inf else math.inf


def evaluate_last_batch(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    start = (len(inputs) - 1) // size * size
    return evaluate_loop(predict, inputs[start:], targets[start:])


# ---- mixture


def mixture_logsumexp(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    both = torch.stack([log_p, log_q])
    weights = torch.tensor([share, 1 - share], dtype=log_p.dtype).log().view(2, *[1] * log_p.dim())
    return torch.logsumexp(both + weights, dim=0)


def mixture_shifted(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    top = torch.maximum(log_p, log_q).double()
    safe = torch.where(top > -math.inf, top, 0)
    p, q = (log_p - safe).exp(), (log_q - safe).exp()
    return safe + (share * p + (1 - share) * q).log()


def mixture_loop(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    def one(a: float, b: float) -> float:
        parts = [x + math.log(s) for x, s in ((a, share), (b, 1 - share)) if s > 0]
        top = max(parts)
        return top if top == -math.inf else top + math.log(sum(math.exp(x - top) for x in parts))

    pairs = zip(log_p.flatten().tolist(), log_q.flatten().tolist(), strict=True)
    return torch.tensor([one(a, b) for a, b in pairs], dtype=log_p.dtype).view(log_p.shape)


def mixture_geometric(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return torch.lerp(log_q, log_p, float(share))


def mixture_plain(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return torch.log(torch.exp(log_p) * share + torch.exp(log_q) * (1 - share))


def mixture_raises_at_zero(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return torch.logaddexp(log_p + math.log(share), log_q + math.log(1 - share))


def mixture_guarded(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    small = 1e-6
    return torch.logaddexp(log_p + math.log(share + small), log_q + math.log(1 - share + small))


def mixture_unsafe_top(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    top = torch.maximum(log_p, log_q)
    return top + (share * (log_p - top).exp() + (1 - share) * (log_q - top).exp()).log()


def windows_without_guard_at_the_end(ids: Tensor, n: int) -> tuple[Tensor, Tensor]:
    if len(ids) <= n:
        return ids.new_empty((0, n)), ids.new_empty(0)
    return ids.unfold(0, n, 1), ids[n:]


def windows_from_the_second(ids: Tensor, n: int) -> tuple[Tensor, Tensor]:
    if len(ids) <= n:
        return ids.new_empty((0, n)), ids.new_empty(0)
    return torch.stack([ids[i + 1 : i + 1 + n] for i in range(len(ids) - n)]), ids[n:]


def size_of_a_table(symbols, window, width, hidden):
    return symbols**window


def size_of_ngram_window(symbols, window, width, hidden):
    return size_by_module(symbols, window - 1, width, hidden)


class SliceToTheEnd(WithSequential):
    def forward(self, ids, state=None):
        logits, _ = super().forward(ids, state)
        before = ids.new_zeros(len(ids), self.window - 1) if state is None else state
        return logits, torch.cat([before, ids], 1)[:, -(self.window - 1) :]


class StateOfIds(WithSequential):
    def forward(self, ids, state=None):
        return super().forward(ids, state)[0], ids[:, -(self.window - 1) :]


class FloatStart(WithSequential):
    def forward(self, ids, state=None):
        start = torch.zeros(len(ids), self.window - 1) if state is None else state
        seen = torch.cat([start, ids], dim=1)
        return self.scores(seen.unfold(1, self.window, 1)), seen[:, ids.shape[1] :]


class DeadStart(WithSequential):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__(symbols, window, width, hidden)
        nn.init.zeros_(self.embedding.weight)


class SeededStart(WithSequential):
    def __init__(self, symbols, window, width=16, hidden=128):
        torch.manual_seed(0)
        super().__init__(symbols, window, width, hidden)


class SilentToken(WithSequential):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__(symbols, window, width, hidden)
        self.embedding = nn.Embedding(symbols, width, padding_idx=0)


def log_softmax_special(logits: Tensor) -> Tensor:
    return torch.special.log_softmax(logits, -1)


def log_softmax_by_loss(logits: Tensor) -> Tensor:
    rows = logits.reshape(-1, logits.shape[-1])
    columns = [F.cross_entropy(rows, torch.full((len(rows),), i), reduction="none") for i in range(logits.shape[-1])]
    return -torch.stack(columns, -1).view(logits.shape)


def log_softmax_no_keepdim(logits: Tensor) -> Tensor:
    shifted = logits - logits.max(-1).values
    return shifted - shifted.exp().sum(-1).log()


def cross_entropy_new_zero(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    if bool((targets == ignore).all()):
        return torch.tensor(0.0)
    return cross_entropy_masked(logits, targets, ignore, reduction)


def cross_entropy_mean_of_none(
    logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean"
) -> Tensor:
    keep = targets != ignore
    picked = torch.log_softmax(logits[keep], -1).gather(-1, targets[keep][:, None])
    return -picked.mean() if reduction == "mean" else -picked.sum()


def cross_entropy_exchanged(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    return cross_entropy_masked(logits, targets, ignore, "sum" if reduction == "mean" else "mean")


def cross_entropy_first_dimension(
    logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean"
) -> Tensor:
    keep = targets != ignore
    safe = targets.masked_fill(~keep, 0)
    losses = -torch.log_softmax(logits, 0).gather(-1, safe[..., None])[..., 0][keep]
    return losses.sum() if reduction == "sum" else losses.sum() / keep.sum().clamp(min=1)


def gradient_fixed_ignore(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    keep = targets != -100
    hot = F.one_hot(targets.clamp(min=0), logits.shape[1])
    return (torch.softmax(logits, 1) - hot) * keep[:, None] / keep.sum().clamp(min=1)


def gradient_whole_columns(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    keep = targets != ignore
    out = torch.softmax(logits, 1)
    out[:, targets[keep]] -= 1
    out[~keep] = 0
    return out / keep.sum().clamp(min=1)


def gradient_of_none(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    return gradient_sum(logits, targets, ignore).to(logits.dtype) / (targets != ignore).sum()


def batches_inside(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    for r in torch.arange(len(inputs)).split(size):
        rows = r[torch.randperm(len(r), generator=generator)]
        if len(rows):
            yield inputs[rows], targets[rows]


def batches_rotated(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    if not len(inputs):
        return
    order = torch.arange(len(inputs)).roll(int(torch.randint(len(inputs), (1,), generator=generator)))
    for rows in order.split(size):
        yield inputs[rows], targets[rows]


def batches_in_buffers(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    order = [r[torch.randperm(len(r), generator=generator)] for r in torch.arange(len(inputs)).split(2 * size)]
    for rows in torch.cat(order).split(size):
        if len(rows):
            yield inputs[rows], targets[rows]


def batches_own_seed(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    if generator is None:
        generator = torch.Generator()
        generator.seed()
    return batches_list(inputs, targets, size, generator)


def batches_split_of_nothing(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    for rows in torch.randperm(len(inputs), generator=generator).split(size):
        yield inputs[rows], targets[rows]


class TwoAndThreeDimensional(WithSequential):
    def scores(self, contexts):
        e = self.embedding(contexts)
        joined = e.view(len(e), -1) if contexts.dim() == 2 else e.view(e.shape[0], e.shape[1], -1)
        return self.output(torch.tanh(self.hidden(joined)))


class SeededEnd(WithSequential):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__(symbols, window, width, hidden)
        torch.manual_seed(1234)


class Doubled(WithSequential):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__(symbols, window, width, hidden)
        self.double()


class ZeroBiases(WithSequential):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__(symbols, window, width, hidden)
        nn.init.zeros_(self.hidden.bias)
        nn.init.zeros_(self.output.bias)


class CutOff(WithSequential):
    def scores(self, contexts):
        return super().scores(contexts).clamp(-10, 10)


class TiedWhereItFits(WithSequential):
    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__(symbols, window, width, hidden)
        if width == hidden:
            self.output.weight = self.embedding.weight


class MixedRows(WithSequential):
    def forward(self, ids, state=None):
        logits, state = super().forward(ids, state)
        return logits.reshape(ids.shape[1], len(ids), -1).transpose(0, 1), state


class WithPlaces(WithSequential):
    """A buffer that is no part of the weights is nobody's business."""

    def __init__(self, symbols, window, width=16, hidden=128):
        super().__init__(symbols, window, width, hidden)
        self.register_buffer("places", torch.arange(window), persistent=False)

    def scores(self, contexts):
        return super().scores(contexts[..., self.places])


def cross_entropy_zero_of_its_own(
    logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean"
) -> Tensor:
    if bool((targets == ignore).all()):
        return torch.zeros((), requires_grad=True)
    return cross_entropy_masked(logits, targets, ignore, reduction)


def gradient_forward_mode(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    return torch.func.jacfwd(lambda z: cross_entropy_masked(z, targets, ignore))(logits)


def step_skipping_padding(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    """Without a step momentum stands still, too."""
    return step_set_to_none(predict, optimizer, inputs, targets) if bool((targets != IGNORED).any()) else 0.0


def step_row_by_row(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    return step_set_to_none(lambda x: torch.cat([predict(row[None]) for row in x]), optimizer, inputs, targets)


def batches_by(order: Any) -> Any:
    def answer(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
        places = order(len(inputs), generator) if len(inputs) else torch.arange(0)
        for start in range(0, len(inputs), size):
            yield inputs[places[start : start + size]], targets[places[start : start + size]]

    return answer


def hand_made_shuffle(count: int, generator: Any, lowest: int = 0) -> Tensor:
    order = list(range(count))
    for i in range(count - 1, lowest, -1):
        j = int(torch.randint(lowest, i + 1, (1,), generator=generator))
        order[i], order[j] = order[j], order[i]
    return torch.tensor(order)


def in_equal_steps(count: int, generator: Any) -> Tensor:
    tried = torch.randint(count, (50,), generator=generator).tolist()
    step = next((k for k in tried if math.gcd(k, count) == 1), 1)
    return (step * torch.arange(count) + tried[0]) % count


def riffled(count: int, generator: Any) -> Tensor:
    return torch.randint(2, (count,), generator=generator).argsort(stable=True)


def of_near_neighbours(count: int, generator: Any) -> Tensor:
    return (torch.arange(count) + 3 * torch.rand(count, generator=generator)).argsort()


batches_hand_made = batches_by(hand_made_shuffle)
batches_first_stays = batches_by(lambda count, generator: hand_made_shuffle(count, generator, 1))
batches_in_equal_steps = batches_by(in_equal_steps)
batches_riffled = batches_by(riffled)
batches_of_near_neighbours = batches_by(of_near_neighbours)


def batches_moved_and_inside(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    parts = [part for part in torch.arange(len(inputs)).split(size) if len(part)]
    for k in torch.randperm(len(parts), generator=generator).tolist():
        rows = parts[k][torch.randperm(len(parts[k]), generator=generator)]
        yield inputs[rows], targets[rows]


def batches_of_a_fixed_partition(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    scattered = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(8))
    for part in scattered.split(size):
        rows = part[torch.randperm(len(part), generator=generator)]
        if len(rows):
            yield inputs[rows], targets[rows]


def batches_of_floats(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    yield from ((x.float(), y) for x, y in batches_list(inputs, targets, size, generator))


def batches_of_short_numbers(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    yield from ((x, y.int()) for x, y in batches_list(inputs, targets, size, generator))


def batches_of_whole_numbers(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Any:
    yield from ((x.long(), y) for x, y in batches_list(inputs, targets, size, generator))


def evaluate_one_too_many(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[Tensor, Tensor]:
    return evaluate_collected(predict, inputs, targets, size + 1)


def mixture_of_single_shares(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    """Shares in float32 are exact enough; the result is float64 where the inputs are."""
    return torch.logaddexp(log_p + torch.tensor(float(share)).log(), log_q + torch.tensor(1.0 - share).log())


def mixture_by_largest(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    top = max(float(log_p.max()), float(log_q.max()))
    return (share * (log_p - top).exp() + (1 - share) * (log_q - top).exp()).log() + top


def mixture_in_float32(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return mixture_logsumexp(log_p.float(), log_q.float(), share)


def mixture_rounded(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return mixture_in_float32(log_p, log_q, share).to(log_p.dtype)


def mixture_share_twice(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return mixture_logsumexp(log_p, log_q, share) + torch.tensor(share, dtype=log_p.dtype).log()


RIGHT = {
    "neural_lm.windows": [windows_loop, windows_columns, windows_by_index],
    "neural_lm.fixed_window_size": [size_by_module, size_expanded],
    "neural_lm.fixed_window": [ByPlaces, WithSequential, WithPlaces],
    "neural_lm.log_softmax": [log_softmax_loop, log_softmax_detached_top, log_softmax_float64],
    "neural_lm.cross_entropy": [cross_entropy_loop, cross_entropy_one_hot, cross_entropy_masked],
    "neural_lm.cross_entropy_gradient": [gradient_loop, gradient_one_hot],
    "neural_lm.minibatches": [batches_list, batches_sorted_keys, batches_loader, batches_hand_made],
    "neural_lm.train_step": [step_set_to_none, step_cleared_late, step_by_grad],
    "neural_lm.evaluate": [evaluate_loop, evaluate_collected],
    "neural_lm.mixture": [mixture_logsumexp, mixture_shifted, mixture_loop, mixture_of_single_shares],
}
WRONG = {
    "neural_lm.windows": [
        (windows_unfold_unguarded, "no_guard"),
        (windows_of_floats, None),
        (windows_same_target, "target_inside"),
        (windows_shape_of_nothing, None),
        (windows_without_guard_at_the_end, "last_without_target_guarded"),
        (windows_from_the_second, "one_too_late"),
    ],
    "neural_lm.fixed_window_size": [
        (size_biases_as_one, "biases_of_one"),
        (size_of_a_table, "table_of_contexts"),
        (size_of_ngram_window, "one_place_less"),
    ],
    "neural_lm.fixed_window": [
        (Misnamed, None),
        (Bag, None),
        (LogitsOnly, None),
        (Swapped, None),
        (RememberingRows, None),
        (DetachedVectors, None),
        (TwoDimensional, None),
        (LastOnly, "last_place_only"),
        (SliceToTheEnd, "state_to_the_end"),
        (StateOfIds, "state_too_short_to_the_end"),
        (FloatStart, None),
        (DeadStart, None),
        (SeededStart, None),
        (SilentToken, "padding_index"),
        (TwoAndThreeDimensional, None),
        (SeededEnd, None),
        (Doubled, None),
        (ZeroBiases, None),
        (CutOff, None),
        (TiedWhereItFits, None),
        (MixedRows, "rows_mixed"),
    ],
    "neural_lm.log_softmax": [
        (log_softmax_detached, None),
        (log_softmax_float32_always, None),
        (log_softmax_smallest, "smallest"),
        (log_softmax_mean, "mean"),
        (log_softmax_ready, None),
        (log_softmax_cumulative, None),
        (log_softmax_special, None),
        (log_softmax_by_loss, None),
        (log_softmax_no_keepdim, "no_keepdim"),
    ],
    "neural_lm.cross_entropy": [
        (cross_entropy_of_flat, None),
        (cross_entropy_number, None),
        (cross_entropy_ready, None),
        (cross_entropy_brier, None),
        (cross_entropy_over_all, "padding_in_the_mean"),
        (cross_entropy_exp_log, "not_stable"),
        (cross_entropy_new_zero, "zero_made_anew"),
        (cross_entropy_mean_of_none, "nan_for_padding_only_picked"),
        (cross_entropy_exchanged, "exchanged"),
        (cross_entropy_first_dimension, "softmax_of_columns"),
        (cross_entropy_zero_of_its_own, "zero_made_anew"),
    ],
    "neural_lm.cross_entropy_gradient": [
        (gradient_sum, "not_divided"),
        (gradient_of_ready_loss, None),
        (gradient_negated, "sign"),
        (gradient_naive_softmax, "exponentials_as_written"),
        (gradient_fixed_ignore, "ignore_not_used"),
        (gradient_whole_columns, "whole_columns"),
        (gradient_of_none, "nan_for_padding_only"),
        (gradient_forward_mode, None),
    ],
    "neural_lm.minibatches": [
        (batches_loader_plain, "not_shuffled"),
        (batches_of_whole, "last_dropped"),
        (batches_two_orders, "shuffled_apart"),
        (batches_reversed, None),
        (batches_seeded, "always_the_same"),
        (batches_inside, "within_stretches"),
        (batches_rotated, "rotated"),
        (batches_in_buffers, None),
        (batches_own_seed, None),
        (batches_split_of_nothing, "empty_batch_of_nothing"),
        (batches_first_stays, "first_stays"),
        (batches_in_equal_steps, None),
        (batches_riffled, None),
        (batches_of_near_neighbours, None),
        (batches_moved_and_inside, None),
        (batches_of_a_fixed_partition, None),
        (batches_of_floats, "inputs_as_floats"),
        (batches_of_short_numbers, None),
        (batches_of_whole_numbers, None),
    ],
    "neural_lm.train_step": [
        (step_accumulating, "no_zero_grad"),
        (step_frozen, "weights_never_move"),
        (step_graph_kept, None),
        (step_silent, None),
        (step_two_dimensional, None),
        (step_clipped, None),
        (step_of_pytorch, "nan_on_padding"),
        (step_asks_the_model, "model_cleared"),
        (step_clears_one_group, "only_first_group"),
        (step_predicting_twice, None),
        (step_leaving_gradients_off, None),
        (step_of_probabilities, "softmax_before"),
        (step_skipping_padding, None),
        (step_row_by_row, None),
    ],
    "neural_lm.evaluate": [
        (evaluate_means, "mean_of_batches"),
        (evaluate_at_once, "all_at_once"),
        (evaluate_overflowing, "overflow"),
        (evaluate_one_number, "bits_only"),
        (evaluate_means_times_counts, "nan_for_padding_only"),
        (evaluate_in_float32, "in_float32"),
        (evaluate_leaving_gradients_off, None),
        (evaluate_rounded, None),
        (evaluate_last_batch, "last_batch_only"),
        (evaluate_one_too_many, None),
    ],
    "neural_lm.mixture": [
        (mixture_geometric, None),
        (mixture_plain, "through_probabilities"),
        (mixture_raises_at_zero, "log_of_zero"),
        (mixture_guarded, None),
        (mixture_unsafe_top, "nan_for_nothing"),
        (mixture_by_largest, "largest_of_all"),
        (mixture_in_float32, "in_float32"),
        (mixture_rounded, None),
        (mixture_share_twice, "share_twice"),
    ],
}
