"""Answers to the exercises of lesson 10, written otherwise than the references: right ones and wrong ones.

None of them may call the reference of its own exercise; the engine would refuse it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.attention import merge_heads, scaled_dot_product_attention, split_heads

# ---- one query


def query_weights_loop(query: Tensor, keys: Tensor) -> Tensor:
    scores = [sum(q * k for q, k in zip(query, key, strict=True)) / len(query) ** 0.5 for key in keys]
    top = max(float(s) for s in scores)
    exps = [torch.exp(s - top) for s in scores]
    total = sum(exps)
    return torch.stack([e / total for e in exps])


def query_weights_scaled_first(q: Tensor, k: Tensor) -> Tensor:
    return F.softmax((k * (q / q.numel() ** 0.5)).sum(dim=-1), dim=-1)


def query_weights_float64(query: Tensor, keys: Tensor) -> Tensor:
    scores = torch.einsum("d,nd->n", query.double(), keys.double()) / math.sqrt(query.shape[-1])
    return torch.exp(scores - torch.logsumexp(scores, 0))


def query_weights_python_numbers(query: Tensor, keys: Tensor) -> Tensor:
    scores = [float(query @ key) / math.sqrt(len(query)) for key in keys]
    return torch.softmax(torch.tensor(scores), dim=0)


def query_weights_normed(query: Tensor, keys: Tensor) -> Tensor:
    return torch.softmax(keys @ query / (query.norm() * keys.norm(dim=1)), dim=0)


def query_weights_column(query: Tensor, keys: Tensor) -> Tensor:
    return torch.softmax(keys @ query[:, None] / math.sqrt(len(query)), dim=0)


# ---- one sentence


def self_attention_loop(x: Tensor, w_query: Tensor, w_key: Tensor, w_value: Tensor) -> Tensor:
    rows = []
    for asking in x:
        query = asking @ w_query
        scores = torch.stack([query @ (other @ w_key) for other in x]) / w_query.shape[1] ** 0.5
        weights = scores.softmax(0)
        rows.append(sum(w * (other @ w_value) for w, other in zip(weights, x, strict=True)))
    return torch.stack(rows)


def self_attention_einsum(x: Tensor, w_query: Tensor, w_key: Tensor, w_value: Tensor) -> Tensor:
    scores = torch.einsum("id,dh,eh,je->ij", x, w_query, w_key, x) * w_key.shape[-1] ** -0.5
    return torch.einsum("ij,jd,dv->iv", scores.softmax(-1), x, w_value)


def self_attention_float64(x: Tensor, w_query: Tensor, w_key: Tensor, w_value: Tensor) -> Tensor:
    x, w_query, w_key, w_value = x.double(), w_query.double(), w_key.double(), w_value.double()
    return (torch.softmax((x @ w_query) @ (x @ w_key).T / math.sqrt(w_key.shape[1]), -1) @ x) @ w_value


def self_attention_no_weights(x: Tensor, w_query: Tensor, w_key: Tensor, w_value: Tensor) -> Tensor:
    return torch.softmax(x @ x.T / math.sqrt(x.shape[1]), dim=1) @ x @ w_value


def self_attention_causal(x: Tensor, w_query: Tensor, w_key: Tensor, w_value: Tensor) -> Tensor:
    scores = (x @ w_query) @ (x @ w_key).T / math.sqrt(w_key.shape[1])
    hidden = torch.ones_like(scores).triu(1).bool()
    return torch.softmax(scores.masked_fill(hidden, -math.inf), -1) @ (x @ w_value)


# ---- causal mask


def causal_mask_loop(length: int) -> Tensor:
    return torch.tensor([[j <= i for j in range(length)] for i in range(length)])


def causal_mask_compare(length: int) -> Tensor:
    places = torch.arange(length)
    return places[:, None] >= places[None, :]


def causal_mask_fixed(length: int) -> Tensor:
    return torch.ones(3, 3, dtype=torch.bool).tril()


def causal_mask_list(length: int) -> list[list[bool]]:
    return [[j <= i for j in range(length)] for i in range(length)]


# ---- scaled dot-product attention


def attention_loop(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    lead, length_q, length_k = query.shape[:-2], query.shape[-2], key.shape[-2]
    allowed = torch.ones(*lead, length_q, length_k, dtype=torch.bool)
    if mask is not None:
        allowed = allowed & mask
    flat_q, flat_k = query.reshape(-1, *query.shape[-2:]), key.reshape(-1, *key.shape[-2:])
    flat_v, flat_m = value.reshape(-1, *value.shape[-2:]), allowed.reshape(-1, length_q, length_k)
    weights = []
    for q, k, m in zip(flat_q, flat_k, flat_m, strict=True):
        for i in range(length_q):
            row = q.new_zeros(length_k)
            seen = m[i].nonzero()[:, 0]
            if len(seen):
                row = row.index_put((seen,), (k[seen] @ q[i] / q.shape[-1] ** 0.5).softmax(0))
            weights.append(row)
    table = torch.stack(weights).reshape(-1, length_q, length_k)
    output = torch.stack([w @ v for w, v in zip(table, flat_v, strict=True)])
    return output.reshape(*lead, length_q, value.shape[-1]), table.reshape(*lead, length_q, length_k)


def attention_einsum(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    scores = torch.einsum("...id,...jd->...ij", q * q.size(-1) ** -0.5, k)
    if mask is None:
        weights = scores.softmax(-1)
    else:
        scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
        weights = torch.where(mask, scores.softmax(-1), 0.0)
    return torch.einsum("...ij,...jv->...iv", weights, v), weights


def attention_baddbmm(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    lead = query.shape[:-2]
    q, k = query.reshape(-1, *query.shape[-2:]), key.reshape(-1, *key.shape[-2:])
    bias = torch.zeros(*lead, query.shape[-2], key.shape[-2], dtype=query.dtype)
    if mask is not None:
        bias = bias.masked_fill(~mask, -math.inf)
    bias = bias.reshape(-1, *bias.shape[-2:])
    scores = torch.baddbmm(bias, q, k.transpose(1, 2), alpha=1 / math.sqrt(q.shape[-1]))
    weights = torch.nan_to_num(scores.masked_fill((bias == -math.inf).all(-1, keepdim=True), -1e30).softmax(-1))
    weights = weights * (bias > -math.inf)
    weights = weights.reshape(*lead, *weights.shape[-2:])
    return weights @ value, weights


def attention_float64(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> list[Tensor]:
    query, key, value = query.double(), key.double(), value.double()
    scores = query @ key.mT / query.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(mask.logical_not(), -math.inf)
    top = scores.amax(-1, keepdim=True).clamp(min=-1e300)
    exps = torch.exp(scores - top)
    weights = exps / exps.sum(-1, keepdim=True).clamp(min=1e-300)
    return [weights @ value, weights]


def attention_zero_weights(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
    weights = query.new_zeros(*query.shape[:-1], key.shape[-2])
    return weights @ value, weights


def attention_detached(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
    output, weights = attention_einsum(query, key, value, mask)
    return output.detach(), weights.detach()


def attention_detached_scores(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
    _, weights = attention_einsum(query, key, value, mask)
    return weights.detach() @ value, weights.detach()


def attention_fused(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
    weights = torch.softmax(query @ key.mT / math.sqrt(query.shape[-1]), -1)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask), weights


def attention_first_of_batch(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
    scores = query @ key[:1].mT / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1).nan_to_num()
    return weights @ value, weights


def attention_no_scaling_einsum(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
    return attention_einsum(query * query.shape[-1] ** 0.5, key, value, mask)


def attention_numpy_softmax_wrong_axis(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
    scores = torch.einsum("...id,...jd->...ij", query, key) * query.shape[-1] ** -0.5
    if mask is not None:
        scores = torch.where(mask, scores, -math.inf)
    weights = (scores - scores.logsumexp(-2, keepdim=True)).exp()
    if mask is not None:
        weights = torch.where(mask, weights, 0.0)
    return weights @ value, weights


# ---- heads


def split_heads_chunks(x: Tensor, heads: int) -> Tensor:
    return torch.stack(x.chunk(heads, dim=-1), dim=1)


def split_heads_loop(x: Tensor, heads: int) -> Tensor:
    wide = x.shape[2] // heads
    return torch.stack([torch.stack([s[:, h * wide : (h + 1) * wide] for h in range(heads)]) for s in x])


def split_heads_unflatten(x: Tensor, heads: int) -> Tensor:
    return x.double().unflatten(-1, (heads, -1)).permute(0, 2, 1, 3)


def split_heads_view(x: Tensor, heads: int) -> Tensor:
    return x.view(x.shape[0], heads, x.shape[1], x.shape[2] // heads)


def split_heads_repeat(x: Tensor, heads: int) -> Tensor:
    return x[:, None, :, : x.shape[2] // heads].expand(-1, heads, -1, -1)


def merge_heads_cat(x: Tensor) -> Tensor:
    return torch.cat(list(x.unbind(1)), dim=-1)


def merge_heads_loop(x: Tensor) -> Tensor:
    return torch.stack([torch.stack([torch.cat(list(s[:, t])) for t in range(s.shape[1])]) for s in x])


def merge_heads_flatten(x: Tensor) -> Tensor:
    return x.double().permute(0, 2, 1, 3).flatten(2)


def merge_heads_view(x: Tensor) -> Tensor:
    return x.transpose(1, 2).view(x.shape[0], x.shape[2], -1)


def merge_heads_tokens(x: Tensor) -> Tensor:
    return x.transpose(2, 3).reshape(x.shape[0], x.shape[2], -1)


def average_heads_loop(x: Tensor) -> Tensor:
    total = torch.zeros_like(x[:, 0])
    for head in range(x.shape[1]):
        total = total + x[:, head]
    return total / x.shape[1]


def average_heads_einsum(x: Tensor) -> Tensor:
    return torch.einsum("bhld->bld", x.double()) / x.size(1)


def average_heads_fixed(x: Tensor) -> Tensor:
    return x.sum(1) / 3


# ---- order, and which head looks where


def gap_by_tokens(function: Any, x: Tensor, order: Tensor) -> float:
    shuffled, straight = function(x[:, order]), function(x)
    return max(float((shuffled[:, new] - straight[:, int(old)]).abs().max()) for new, old in enumerate(order))


def gap_with_a_matrix(function: Any, x: Tensor, order: Tensor) -> Tensor:
    matrix = torch.eye(len(order))[order]
    return torch.linalg.vector_norm(function(matrix @ x) - matrix @ function(x), ord=math.inf)


def gap_of_the_last_token(function: Any, x: Tensor, order: Tensor) -> float:
    return float((function(x[:, order]) - function(x)[:, order])[:, -1].abs().max())


def gap_in_place(function: Any, x: Tensor, order: Tensor) -> float:
    straight = function(x)[:, order]
    x.copy_(x[:, order].clone())
    return float((function(x) - straight).abs().max())


def strongest_by_loop(weights: Tensor, query: int, key: int) -> tuple[int, int]:
    places = [(layer, head) for layer in range(weights.shape[0]) for head in range(weights.shape[1])]
    return max(places, key=lambda place: float(weights[place][query][key]))


def strongest_unravelled(weights: Tensor, query: int, key: int) -> list[Tensor]:
    looks = weights[..., query, key]
    return list(torch.unravel_index(looks.flatten().argmax(), looks.shape))


def strongest_of_the_last_equal(weights: Tensor, query: int, key: int) -> tuple[int, int]:
    looks = weights[:, :, query, key]
    layer, head = (looks == looks.max()).nonzero()[-1].tolist()
    return layer, head


def gap_of_equal_shapes(function: Any, x: Tensor, order: Tensor) -> float:
    y = function(x)
    return 0.0 if y.shape != x.shape else float((function(x[:, order]) - y[:, order]).abs().max())


def gap_unless_close(function: Any, x: Tensor, order: Tensor) -> float:
    a, b = function(x[:, order]), function(x)[:, order]
    return 0.0 if torch.allclose(a, b, atol=1e-2) else float((a - b).abs().max())


def gap_of_the_last_sentence(function: Any, x: Tensor, order: Tensor) -> float:
    return float((function(x[:, order]) - function(x)[:, order])[-1].abs().max())


def gap_always_zero(function: Any, x: Tensor, order: Tensor) -> float:
    return 0.0


def strongest_above_zero(weights: Tensor, query: int, key: int) -> Any:
    best, at = 0.0, None
    for layer in range(weights.shape[0]):
        for head in range(weights.shape[1]):
            if weights[layer, head, query, key] > best:
                best, at = float(weights[layer, head, query, key]), (layer, head)
    return at


def strongest_heads_first(weights: Tensor, query: int, key: int) -> tuple[int, int]:
    looks = weights[:, :, query, key].T
    head, layer = divmod(int(looks.argmax()), looks.shape[1])
    return layer, head


def strongest_each_by_itself(weights: Tensor, query: int, key: int) -> tuple[int, int]:
    looks = weights[:, :, query, key]
    return int(looks.max(1).values.argmax()), int(looks.max(0).values.argmax())


def strongest_rounded(weights: Tensor, query: int, key: int) -> tuple[int, int]:
    looks = (weights[:, :, query, key] * 100).round()
    layer, head = divmod(int(looks.argmax()), looks.shape[1])
    return layer, head


# ---- the module


class HeadsOneByOne(nn.Module):
    def __init__(self, d_model: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.heads, self.d_head = heads, d_model // heads
        self.value = nn.Linear(d_model, d_model, bias)
        self.key = nn.Linear(d_model, d_model, bias)
        self.query = nn.Linear(d_model, d_model, bias)
        self.output = nn.Linear(d_model, d_model, bias)

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        memory = x if memory is None else memory
        found, maps = [], []
        shape = (x.shape[0], self.heads, x.shape[1], memory.shape[1])
        allowed = torch.ones(shape, dtype=torch.bool) if mask is None else mask.expand(shape)
        for h in range(self.heads):
            part = slice(h * self.d_head, (h + 1) * self.d_head)
            q, k, v = self.query(x)[..., part], self.key(memory)[..., part], self.value(memory)[..., part]
            scores = torch.bmm(q, k.transpose(1, 2)) / self.d_head**0.5
            weights = scores.masked_fill(~allowed[:, h], -1e30).softmax(-1) * allowed[:, h]
            found.append(torch.bmm(weights, v))
            maps.append(weights)
        return self.output(torch.cat(found, -1)), torch.stack(maps, 1)


class HeadsByEinsum(nn.Module):
    def __init__(self, d_model: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.heads = heads
        for name in ["query", "key", "value", "output"]:
            self.add_module(name, nn.Linear(d_model, d_model, bias=bias))

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        memory = x if memory is None else memory
        q, k, v = (
            layer(t).unflatten(-1, (self.heads, -1))
            for layer, t in ((self.query, x), (self.key, memory), (self.value, memory))
        )
        scores = torch.einsum("bihd,bjhd->bhij", q, k) * q.shape[-1] ** -0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        weights = F.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0.0)
        return self.output(torch.einsum("bhij,bjhd->bihd", weights, v).flatten(2)), weights


class OtherNames(nn.Module):
    def __init__(self, d_model: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.heads = heads
        self.queries, self.key, self.value, self.output = (nn.Linear(d_model, d_model, bias) for _ in range(4))

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        raise AssertionError("never called")


class NoBiasOption(nn.Module):
    def __init__(self, d_model: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(d_model, d_model) for _ in range(4))
        self.heads = heads

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        memory = x if memory is None else memory
        parts = [split_heads(a, self.heads) for a in (self.query(x), self.key(memory), self.value(memory))]
        found, weights = scaled_dot_product_attention(*parts, mask)
        return self.output(merge_heads(found)), weights


class Borrowed(nn.Module):
    def __init__(self, d_model: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(d_model, d_model, bias) for _ in range(4))
        self.d_model, self.heads, self.bias = d_model, heads, bias

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        inside = nn.MultiheadAttention(self.d_model, self.heads, bias=self.bias, batch_first=True)
        memory = x if memory is None else memory
        return inside(x, memory, memory, attn_mask=mask, average_attn_weights=False)


class RootOfModel(HeadsByEinsum):
    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        memory = x if memory is None else memory
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (t.reshape(*t.shape[:2], self.heads, -1).transpose(1, 2) for t in (q, k, v))
        scores = q @ k.mT / math.sqrt(x.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        weights = scores.softmax(-1) if mask is None else scores.softmax(-1).masked_fill(~mask, 0.0)
        return self.output((weights @ v).transpose(1, 2).flatten(2)), weights


class ResidualInside(HeadsByEinsum):
    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        output, weights = super().forward(x, mask, memory)
        return output + x, weights


class FusedInside(NoBiasOption):
    """Right: PyTorch's fused function for the output, the weights beside it."""

    def __init__(self, d_model: int, heads: int, bias: bool = True) -> None:
        nn.Module.__init__(self)
        self.query, self.key, self.value, self.output = (nn.Linear(d_model, d_model, bias) for _ in range(4))
        self.heads = heads

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        memory = x if memory is None else memory
        q, k, v = (split_heads(a, self.heads) for a in (self.query(x), self.key(memory), self.value(memory)))
        found = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.output(merge_heads(found)), scaled_dot_product_attention(q, k, v, mask)[1]


class BiasOffByDefault(FusedInside):
    def __init__(self, d_model: int, heads: int, bias: bool = False) -> None:
        super().__init__(d_model, heads, bias)


class ArgumentsInOtherOrder(FusedInside):
    def __init__(self, heads: int, d_model: int, bias: bool = True) -> None:
        super().__init__(d_model, heads, bias)


class MemoryBeforeMask(FusedInside):
    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Any:
        return super().forward(x, mask, memory)


class NoDefaults(FusedInside):
    def forward(self, x: Tensor, mask: Tensor | None, memory: Tensor | None) -> Any:  # type: ignore[override]
        return super().forward(x, mask, memory)


class KeepsTheFirst(FusedInside):
    kept: Tensor | None = None

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        self.kept = x if self.kept is None else self.kept
        return super().forward(x, mask, self.kept if memory is None else memory)


class OtherInEvaluation(FusedInside):
    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        output, weights = super().forward(x, mask, memory)
        return (output if self.training else output * 0.9), weights


class InputInPlace(FusedInside):
    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        found = super().forward(x.clone(), mask, memory)
        with torch.no_grad():
            x.mul_(2)
        return found


class MaskInPlace(FusedInside):
    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        found = super().forward(x, None if mask is None else mask.clone(), memory)
        if mask is not None:
            mask.logical_not_()
        return found


# ---- single precision, and shapes changed in place


def query_weights_float32(query: Tensor, keys: Tensor) -> Tensor:
    return torch.softmax(keys.float() @ query.float() / math.sqrt(len(query)), dim=0)


def attention_float32(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
    return attention_einsum(query.float(), key.float(), value.float(), mask)


def attention_mask_required(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Any:
    return attention_einsum(query, key, value, mask)


def attention_key_in_place(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
    found = attention_einsum(query, key.clone(), value, mask)
    key.transpose_(-2, -1)
    return found


def split_heads_float32(x: Tensor, heads: int) -> Tensor:
    return split_heads_chunks(x.float(), heads)


def split_heads_in_place(x: Tensor, heads: int) -> Tensor:
    found = split_heads_chunks(x.clone(), heads)
    x.unsqueeze_(1)
    return found


def merge_heads_float32(x: Tensor) -> Tensor:
    return merge_heads_cat(x.float())


def merge_heads_in_place(x: Tensor) -> Tensor:
    return x.transpose_(1, 2).reshape(x.shape[0], x.shape[1], -1)


def average_heads_float32(x: Tensor) -> Tensor:
    return x.float().mean(1)


def average_heads_in_place(x: Tensor) -> Tensor:
    return x.transpose_(0, 1).clone().mean(0)


# ---- positions


def sinusoids_loop(length: int, d: int) -> Tensor:
    rows = []
    for pos in range(length):
        angles = [pos / 10000 ** (2 * (j // 2) / d) for j in range(d)]
        rows.append([math.cos(a) if j % 2 else math.sin(a) for j, a in enumerate(angles)])
    return torch.tensor(rows)


def sinusoids_float64(length: int, d: int) -> Tensor:
    pos = torch.arange(length, dtype=torch.float64)[:, None]
    i = torch.arange(d, dtype=torch.float64)[None, :] // 2
    angles = pos * torch.exp(-math.log(10000.0) * 2 * i / d)
    return torch.where(torch.arange(d) % 2 == 0, angles.sin(), angles.cos())


def sinusoids_stacked(length: int, d: int) -> Tensor:
    angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :d]


def sinusoids_phase(length: int, d: int) -> Tensor:
    angles = torch.arange(length)[:, None] / 10000 ** (2 * (torch.arange(d) // 2) / d)
    return torch.sin(angles + torch.pi / 2 * (torch.arange(d) % 2))


def sinusoids_even_only(length: int, d: int) -> Tensor:
    table = torch.zeros(length, d)
    angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


def sinusoids_at_most_1000(length: int, d: int) -> Tensor:
    return sinusoids_stacked(1000, d)[:length]


def sinusoids_degrees(length: int, d: int) -> Tensor:
    return torch.sin(torch.deg2rad(torch.arange(length)[:, None] / 10000 ** (torch.arange(d) / d)))


class PlacesByIndex(nn.Module):
    def __init__(self, max_length: int, d: int) -> None:
        super().__init__()
        self.table = nn.Embedding(max_length, d)

    def forward(self, x: Tensor) -> Tensor:
        if x.size(1) > len(self.table.weight):
            raise ValueError("too long")
        return torch.stack([x[:, t] + self.table.weight[t] for t in range(x.shape[1])], dim=1)


class PlacesExpanded(nn.Module):
    def __init__(self, max_length: int, d: int) -> None:
        super().__init__()
        self.max_length = max_length
        self.table = nn.Embedding(max_length, d)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, _ = x.shape
        if length > self.max_length:
            raise ValueError(f"{length} is more than {self.max_length}")
        return self.table(torch.arange(length).expand(batch, length)) + x


class PlacesAsParameter(nn.Module):
    def __init__(self, max_length: int, d: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(max_length, d))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table[: x.shape[1]]


class PlacesComputed(nn.Module):
    def __init__(self, max_length: int, d: int) -> None:
        super().__init__()
        self.max_length, self.d = max_length, d

    def forward(self, x: Tensor) -> Tensor:
        return x + sinusoids_loop(x.shape[1], self.d)


class PlacesDoubled(PlacesExpanded):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(super().forward(x))


class PlacesInPlace(PlacesExpanded):
    def forward(self, x: Tensor) -> Tensor:
        found = super().forward(x.clone())
        with torch.no_grad():
            x.add_(1)
        return found


class PlacesInOtherOrder(PlacesExpanded):
    def __init__(self, d: int, max_length: int) -> None:
        super().__init__(max_length, d)


# ---- one step to the side


def offset_distance(query_positions: Tensor, key_positions: Tensor, offset: Tensor, alpha: float) -> Tensor:
    away = key_positions.unsqueeze(0) - (query_positions + offset).unsqueeze(1)
    return (-alpha * (away * away).sum(2)).softmax(1)


def offset_loop(query_positions: Tensor, key_positions: Tensor, offset: Tensor, alpha: float) -> Tensor:
    rows = []
    for p in query_positions:
        deltas = [k - p for k in key_positions]
        scores = torch.stack([-alpha * (sum(c * c for c in t) - 2 * sum(offset * t)) for t in deltas])
        rows.append(scores.softmax(0))
    return torch.stack(rows)


def offset_float64(query_positions: Tensor, key_positions: Tensor, offset: Tensor, alpha: float) -> Tensor:
    q, k, o = query_positions.double(), key_positions.double(), offset.double()
    scores = 2 * alpha * (q + o) @ k.T - alpha * (k * k).sum(1)  # what is the same for every key falls out
    return torch.softmax(scores, dim=1)


def offset_one_hot(query_positions: Tensor, key_positions: Tensor, offset: Tensor, alpha: float) -> Tensor:
    return (key_positions[None] - query_positions[:, None] == offset).all(-1).float()


def offset_backwards(query_positions: Tensor, key_positions: Tensor, offset: Tensor, alpha: float) -> Tensor:
    delta = query_positions[:, None] - key_positions[None]
    return torch.softmax(-alpha * (delta.pow(2).sum(-1) - 2 * delta @ offset), -1)


def offset_scaled(query_positions: Tensor, key_positions: Tensor, offset: Tensor, alpha: float) -> Tensor:
    delta = key_positions[None] - query_positions[:, None]
    scores = -alpha * (delta.pow(2).sum(-1) - 2 * delta @ offset)
    return torch.softmax(scores / math.sqrt(2), -1)


def offset_times_query(query_positions: Tensor, key_positions: Tensor, offset: Tensor, alpha: float) -> Tensor:
    distances = (key_positions[None] - query_positions[:, None]).pow(2).sum(-1)
    return torch.softmax(-alpha * (distances - 2 * (query_positions @ offset)[:, None]), -1)


RIGHT: dict[str, list[Callable[..., Any]]] = {
    "attention.query_weights": [query_weights_loop, query_weights_scaled_first, query_weights_float64],
    "attention.self_attention": [self_attention_loop, self_attention_einsum, self_attention_float64],
    "attention.causal_mask": [causal_mask_loop, causal_mask_compare],
    "attention.scaled_dot_product": [attention_loop, attention_einsum, attention_baddbmm, attention_float64],
    "attention.split_heads": [split_heads_chunks, split_heads_loop, split_heads_unflatten],
    "attention.merge_heads": [merge_heads_cat, merge_heads_loop, merge_heads_flatten],
    "attention.multi_head": [HeadsOneByOne, HeadsByEinsum, FusedInside],
    "attention.average_heads": [average_heads_loop, average_heads_einsum],
    "attention.equivariance_gap": [gap_by_tokens, gap_with_a_matrix],
    "attention.strongest_head": [strongest_by_loop, strongest_unravelled],
    "positions.sinusoidal": [sinusoids_loop, sinusoids_float64, sinusoids_stacked, sinusoids_phase],
    "positions.learned": [PlacesByIndex, PlacesExpanded],
    "attention.look_at_offset": [offset_distance, offset_loop, offset_float64],
}

WRONG: dict[str, list[tuple[Callable[..., Any], str | None]]] = {
    "attention.equivariance_gap": [
        (gap_of_the_last_token, None),
        (gap_in_place, None),
        (gap_of_equal_shapes, None),
        (gap_unless_close, None),
        (gap_of_the_last_sentence, None),
        (gap_always_zero, "sentences_shuffled"),
    ],
    "attention.strongest_head": [
        (strongest_of_the_last_equal, None),
        (strongest_above_zero, None),
        (strongest_heads_first, None),
        (strongest_each_by_itself, None),
        (strongest_rounded, None),
    ],
    "attention.query_weights": [
        (query_weights_python_numbers, None),
        (query_weights_normed, "cosine"),
        (query_weights_float32, None),
        (query_weights_column, None),
    ],
    "attention.self_attention": [(self_attention_no_weights, None), (self_attention_causal, None)],
    "attention.causal_mask": [(causal_mask_fixed, None), (causal_mask_list, None)],
    "attention.scaled_dot_product": [
        (attention_zero_weights, None),
        (attention_float32, None),
        (attention_mask_required, None),
        (attention_key_in_place, None),
        (attention_detached, None),
        (attention_detached_scores, None),
        (attention_fused, None),
        (attention_first_of_batch, None),
        (attention_no_scaling_einsum, "no_scaling"),
        (attention_numpy_softmax_wrong_axis, "softmax_over_queries"),
    ],
    "attention.split_heads": [
        (split_heads_view, "reshape_without_transpose"),
        (split_heads_repeat, None),
        (split_heads_float32, None),
        (split_heads_in_place, None),
    ],
    "attention.merge_heads": [
        (merge_heads_view, None),
        (merge_heads_tokens, None),
        (merge_heads_float32, None),
        (merge_heads_in_place, None),
    ],
    "attention.multi_head": [
        (OtherNames, None),
        (NoBiasOption, None),
        (Borrowed, None),
        (RootOfModel, "root_of_d_model"),
        (ResidualInside, None),
        (BiasOffByDefault, None),
        (ArgumentsInOtherOrder, None),
        (MemoryBeforeMask, None),
        (NoDefaults, None),
        (KeepsTheFirst, None),
        (OtherInEvaluation, None),
        (InputInPlace, None),
        (MaskInPlace, None),
    ],
    "attention.average_heads": [
        (average_heads_fixed, None),
        (average_heads_float32, None),
        (average_heads_in_place, None),
    ],
    "positions.sinusoidal": [
        (sinusoids_even_only, "odd_width"),
        (sinusoids_degrees, None),
        (sinusoids_at_most_1000, None),
    ],
    "positions.learned": [
        (PlacesAsParameter, None),
        (PlacesComputed, None),
        (PlacesDoubled, None),
        (PlacesInPlace, None),
        (PlacesInOtherOrder, None),
    ],
    "attention.look_at_offset": [
        (offset_one_hot, None),
        (offset_backwards, "other_direction"),
        (offset_scaled, None),
        (offset_times_query, "offset_ignored"),
    ],
}
