"""Answers to the exercises of lesson 14, written otherwise than the references: right ones and wrong ones.

None of them may call the reference of its own exercise; the engine would refuse it.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.attention import MultiHeadAttention, causal_mask, merge_heads, split_heads
from utils.sampling import Hypothesis, extend_beam
from utils.transformer import EncoderLayer

# ---- greedy


def greedy_max(logits: Tensor) -> Tensor:
    return logits.max(dim=-1).indices


def greedy_sorted(z: Tensor) -> Tensor:
    return z.sort(dim=-1, descending=True, stable=True).indices[..., 0]


def greedy_loop(logits: Tensor) -> Tensor:
    rows = logits.reshape(-1, logits.shape[-1]).tolist()
    return torch.tensor([row.index(max(row)) for row in rows]).reshape(logits.shape[:-1])


def greedy_float(logits: Tensor) -> Tensor:
    return logits.argmax(dim=-1).float()


def greedy_int32(logits: Tensor) -> Tensor:
    return logits.argmax(dim=-1).to(torch.int32)


def greedy_sum(logits: Tensor) -> Tensor:
    return logits.sum(dim=-1)


def greedy_list(logits: Tensor) -> Any:
    return logits.argmax(dim=-1).tolist()


def greedy_max_pair(logits: Tensor) -> Any:
    return logits.max(dim=-1)


def greedy_column(logits: Tensor) -> Tensor:
    return logits.max(dim=-1, keepdim=True).indices


def greedy_last(logits: Tensor) -> Tensor:
    return logits.sort(dim=-1, stable=True).indices[..., -1]


# ---- temperature


def temperature_double(logits: Tensor, temperature: float = 1.0) -> Tensor:
    if not temperature >= 0:
        raise ValueError(f"no temperature {temperature}")
    z = logits.double()
    if temperature == 0:
        return F.one_hot(z.argmax(-1), z.shape[-1]).to(logits.dtype)
    return F.softmax(z / temperature - (z / temperature).max(-1, keepdim=True)[0], dim=-1).to(logits.dtype)


def temperature_by_hand(z: Tensor, tau: float = 1.0) -> Tensor:
    if tau < 0:
        raise ValueError(f"{tau} is below 0")
    if tau == 0:
        out = torch.zeros_like(z)
        rows, flat = out.view(-1, z.shape[-1]), z.reshape(-1, z.shape[-1])
        for row, logits in zip(rows, flat, strict=True):
            row[logits.argmax()] = 1
        return out
    e = ((z - z.max(-1, keepdim=True).values) / tau).exp()
    return e / e.sum(-1, keepdim=True)


def temperature_power(logits: Tensor, temperature: float = 1.0) -> Tensor:
    """p^(1/τ), scaled: the same distribution."""
    if temperature < 0:
        raise ValueError(f"temperature {temperature}")
    logs = torch.log_softmax(logits.double(), dim=-1)
    if temperature == 0:
        return (torch.arange(logits.shape[-1]) == logs.argmax(-1, keepdim=True)).to(logits.dtype)
    logs = (logs - logs.amax(-1, keepdim=True)) / temperature
    return torch.exp(logs - logs.logsumexp(-1, keepdim=True)).to(logits.dtype)


def _zero(logits: Tensor) -> Tensor:
    return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)


def _wrong_temperature(rule):
    def answer(logits: Tensor, temperature: float = 1.0) -> Tensor:
        if temperature < 0:
            raise ValueError(f"{temperature}")
        return _zero(logits) if temperature == 0 else rule(logits, temperature)

    return answer


def temperature_accepts_negative(logits: Tensor, temperature: float = 1.0) -> Tensor:
    return _zero(logits) if temperature == 0 else temperature_by_hand(logits, abs(temperature))


def temperature_silent(logits: Tensor, temperature: float = 1.0) -> Tensor:
    if temperature < 0:
        raise ValueError("wrong temperature")
    return temperature_double(logits, temperature)


def temperature_plain(logits: Tensor, temperature: float = 1.0) -> Tensor:
    if temperature < 0:
        raise ValueError(f"{temperature}")
    return F.softmax(logits / temperature, dim=-1)


def temperature_epsilon(logits: Tensor, temperature: float = 1.0) -> Tensor:
    if temperature < 0:
        raise ValueError(f"{temperature}")
    z = (logits - logits.amax(-1, keepdim=True)) / (temperature + 1e-6)
    return F.softmax(z, dim=-1)


def temperature_of_probs_power(logits: Tensor, temperature: float = 1.0) -> Tensor:
    """The probabilities, not their power, divided by τ and scaled: nothing changes."""
    if temperature < 0:
        raise ValueError(f"{temperature}")
    if temperature == 0:
        return _zero(logits)
    p = torch.softmax(logits, -1) / temperature
    return p / p.sum(-1, keepdim=True)


def temperature_single(logits: Tensor, temperature: float = 1.0) -> Tensor:
    return temperature_double(logits, temperature).float()


# ---- draw


def draw_searchsorted(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    ends = probs.double().cumsum(-1)
    u = torch.rand(len(probs), generator=generator, dtype=torch.float64) * ends[:, -1]
    return torch.searchsorted(ends, u[:, None], right=True)[:, 0]


def draw_gumbel(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """The Gumbel trick: the largest of log p plus noise."""
    u = torch.rand(probs.shape, dtype=torch.float64, generator=generator)
    return (probs.double().log() - torch.log(-torch.log(u))).argmax(dim=-1)


def draw_loop(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    us = torch.rand(len(probs), generator=generator).tolist()
    drawn = []
    for row, u in zip(probs.tolist(), us, strict=True):
        reached, last = 0.0, 0
        for token, p in enumerate(row):
            if p == 0:
                continue
            reached, last = reached + p, token
            if u < reached:
                break
        drawn.append(last)
    return torch.tensor(drawn)


def draw_multinomial(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return torch.multinomial(probs, 1, generator=generator)[:, 0]


def draw_shared(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    u = float(torch.rand((), dtype=torch.float64, generator=generator))
    ends = probs.double().cumsum(-1)
    return (ends <= u * ends[:, -1:]).sum(-1)


def draw_own_numbers(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    u = torch.rand(len(probs), 1).double()
    return (probs.double().cumsum(-1) <= u * probs.double().sum(-1, keepdim=True)).sum(-1)


def draw_argmax(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return torch.argmax(probs, dim=-1)


def draw_normal(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Normal numbers where uniform ones belong."""
    u = torch.randn(len(probs), 1, generator=generator).double()
    return (probs.double().cumsum(-1) <= u).sum(-1).clamp(max=probs.shape[1] - 1)


def draw_top_two(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    top = probs.topk(2, dim=-1)
    u = torch.rand(len(probs), 1, generator=generator).double()
    return torch.where(u < top.values[:, :1], top.indices[:, :1], top.indices[:, 1:])[:, 0]


def draw_slightly_tempered(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return draw_searchsorted(probs.double() ** 1.25 / (probs.double() ** 1.25).sum(-1, keepdim=True), generator)


def draw_float(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return draw_searchsorted(probs, generator).float()


def draw_softmax(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return draw_searchsorted(probs.double().softmax(-1), generator)


def draw_column(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return draw_searchsorted(probs, generator).unsqueeze(1)


def draw_tempered(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return draw_searchsorted(probs.double() ** 1.1 / (probs.double() ** 1.1).sum(-1, keepdim=True), generator)


def draw_smoothed(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return draw_searchsorted(0.98 * probs.double() + 0.02 / probs.shape[1], generator)


def draw_hundred_numbers(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    u = torch.randint(100, (len(probs), 1), generator=generator) / 100
    return (probs.double().cumsum(-1) <= u.double()).sum(-1)


def draw_sorted_numbers(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    u = torch.rand(len(probs), dtype=torch.float64, generator=generator).sort().values
    ends = probs.double().cumsum(-1)
    return torch.searchsorted(ends, u[:, None] * ends[:, -1:], right=True)[:, 0]


def draw_spread_evenly(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """One random number, and the others in equal steps from it."""
    u = (torch.rand(1, dtype=torch.float64, generator=generator) + torch.arange(len(probs)) / len(probs)) % 1
    ends = probs.double().cumsum(-1)
    return torch.searchsorted(ends, u[:, None] * ends[:, -1:], right=True)[:, 0]


def draw_from_zero(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """A random number of exactly 0 falls onto token 0, even if its probability is 0."""
    ends = probs.double().cumsum(-1)
    return (ends < ends[:, -1:] * torch.rand(len(probs), 1, dtype=torch.float64, generator=generator)).sum(-1)


def draw_single(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return (probs.cumsum(-1) <= torch.rand(len(probs), 1, generator=generator)).sum(-1)


def draw_clamped(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return draw_single(probs, generator).clamp(max=probs.shape[1] - 1)


def draw_clamped_double(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Added in float64, not scaled: beyond the last sum comes the last token, whatever its probability."""
    u = torch.rand(len(probs), 1, generator=generator)
    return (probs.double().cumsum(-1) <= u).sum(-1).clamp(max=probs.shape[1] - 1)


def draw_shared_single(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return (probs.cumsum(1) <= torch.rand(1, generator=generator)).sum(1)


def draw_shared_double(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    ends = probs.double().cumsum(1)
    return (ends <= torch.rand(1, generator=generator) * ends[:, -1:]).sum(1)


def draw_left(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return torch.searchsorted(probs.cumsum(1), torch.rand(len(probs), 1, generator=generator)).squeeze(1)


def _from_numbers(probs: Tensor, u: Tensor) -> Tensor:
    ends = probs.double().cumsum(-1)
    return torch.searchsorted(ends, u.double() * ends[:, -1:], right=True)[:, 0]


def draw_exponential_race(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    waiting = -torch.log1p(-torch.rand(probs.shape, dtype=torch.float64, generator=generator))
    return (probs.double() / (waiting + 1e-300)).argmax(-1)


def draw_new_generator(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    generator = generator or torch.Generator()
    return _from_numbers(probs, torch.rand(len(probs), 1, generator=generator))


def draw_seeded_generator(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    return _from_numbers(probs, torch.rand(len(probs), 1, generator=generator))


def draw_seeded_torch(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    if generator is None:
        torch.manual_seed(0)
    return _from_numbers(probs, torch.rand(len(probs), 1, generator=generator))


def draw_from_a_copy(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """The generator that is handed in stays where it is."""
    mine = torch.Generator()
    mine.set_state(torch.get_rng_state() if generator is None else generator.get_state())
    if generator is None:
        torch.rand(len(probs), 1)
    return _from_numbers(probs, torch.rand(len(probs), 1, generator=mine))


def draw_row_seeds(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    if generator is None:
        return _from_numbers(probs, torch.rand(len(probs), 1))
    seed = generator.initial_seed()
    u = [torch.rand(1, generator=torch.Generator().manual_seed(seed + row)) for row in range(len(probs))]
    return _from_numbers(probs, torch.stack(u))


def draw_mirrored_halves(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """u for the first half of the batch, 1 − u for the second."""
    u = torch.rand((len(probs) + 1) // 2, 1, dtype=torch.float64, generator=generator)
    return _from_numbers(probs, torch.cat([u, (1 - u).clamp(max=1 - 1e-12)])[: len(probs)])


def draw_row_0(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return _from_numbers(probs[:1].expand_as(probs), torch.rand(len(probs), 1, generator=generator))


def draw_mean(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return _from_numbers(probs.mean(0, keepdim=True).expand_as(probs), torch.rand(len(probs), 1, generator=generator))


def draw_of_the_sorted(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return _from_numbers(probs.sort(-1, descending=True)[0], torch.rand(len(probs), 1, generator=generator))


# ---- top-k


def top_k_sorted(probs: Tensor, k: int) -> Tensor:
    if k <= 0:
        raise ValueError(f"k = {k}")
    ordered = probs.sort(dim=-1, descending=True).values
    border = ordered[..., min(k, ordered.shape[-1]) - 1].unsqueeze(-1)
    out = probs.clone()
    out[probs < border] = 0
    return out / out.sum(-1, keepdim=True)


def top_k_logs(probs: Tensor, k: int) -> Tensor:
    if not k >= 1:
        raise ValueError(f"k must be at least 1, not {k}")
    n = probs.shape[-1]
    kth = torch.kthvalue(probs, n - min(k, n) + 1, dim=-1, keepdim=True).values
    return torch.softmax(probs.log().masked_fill(probs < kth, -math.inf), dim=-1)


def top_k_numpy(probs: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError(str(k))
    p = probs.numpy()
    border = -np.sort(-p, axis=-1)[..., : min(k, p.shape[-1])][..., -1:]
    kept = np.where(p >= border, p, 0)
    return torch.from_numpy(kept / kept.sum(-1, keepdims=True))


def top_k_scatter(probs: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError(f"{k}")
    top = probs.topk(min(k, probs.shape[-1]), dim=-1)
    out = torch.zeros_like(probs).scatter(-1, top.indices, top.values)
    return out / out.sum(-1, keepdim=True)


def top_k_unscaled(probs: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError(f"{k}")
    return torch.where(probs < probs.topk(min(k, probs.shape[-1]), dim=-1)[0][..., -1:], 0, probs)


def top_k_in_place(probs: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError(f"{k}")
    probs[probs < probs.topk(min(k, probs.shape[-1]), dim=-1).values[..., -1:]] = 0
    return probs / probs.sum(-1, keepdim=True)


def top_k_zero_allowed(probs: Tensor, k: int) -> Tensor:
    return top_k_sorted(probs, max(k, 1))


def top_k_minus(probs: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError(f"{k}")
    border = probs.topk(min(k, probs.shape[-1]), dim=-1).values[..., -1:]
    kept = torch.where(probs > border, probs, 0)
    return kept / kept.sum(-1, keepdim=True)


def top_k_infinite(probs: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError(f"{k}")
    border = probs.topk(min(k, probs.shape[-1]), dim=-1).values[..., -1:]
    return probs.masked_fill(probs < border, -math.inf)


def top_k_strict_topk(probs: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError(f"{k}")
    kept = torch.where(probs >= torch.topk(probs, k).values[..., -1:], probs, 0.0)
    return kept / kept.sum(-1, keepdim=True)


def top_k_tolerant(probs: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError(f"{k}")
    kept = torch.where(probs >= probs.topk(min(k, probs.shape[-1]), dim=-1).values[..., -1:] - 1e-4, probs, 0)
    return kept / kept.sum(-1, keepdim=True)


def _scaled(kept: Tensor) -> Tensor:
    return kept / kept.sum(-1, keepdim=True)


def _wrong_top_k(rule):
    def answer(probs: Tensor, k: int) -> Tensor:
        if k < 1:
            raise ValueError(f"{k}")
        return _scaled(rule(probs, probs.topk(min(k, probs.shape[-1]), dim=-1).values[..., -1:], k))

    return answer


# ---- top-p


def top_p_loop(probs: Tensor, p: float) -> Tensor:
    if p < 0 or p > 1:
        raise ValueError(f"p = {p}")
    flat, out = probs.reshape(-1, probs.shape[-1]), []
    for row in flat.tolist():
        order = sorted(range(len(row)), key=lambda i: (-row[i], i))
        kept, total = [order[0]], row[order[0]]
        for token in order[1:]:
            if total >= p and p < 1:
                break
            kept.append(token)
            total += row[token]
        out.append([row[i] / math.fsum(row[j] for j in kept) if i in kept else 0.0 for i in range(len(row))])
    return torch.tensor(out, dtype=probs.dtype).reshape(probs.shape)


def top_p_inverse(probs: Tensor, p: float) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}")
    if p == 1:
        return probs / probs.sum(-1, keepdim=True)
    order = torch.argsort(probs, dim=-1, descending=True, stable=True)
    sums = probs.gather(-1, order).double().cumsum(-1)
    late = torch.cat([torch.zeros_like(sums[..., :1]), sums[..., :-1]], dim=-1) >= p
    late[..., 0] = False
    kept = probs.masked_fill(late.gather(-1, order.argsort(-1)), 0)
    return kept / kept.sum(-1, keepdim=True)


def top_p_count(probs: Tensor, p: float) -> Tensor:
    """How many belong is the number of running sums below p, and one more."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}")
    ordered, order = probs.double().sort(dim=-1, descending=True, stable=True)
    many = (ordered.cumsum(-1) < p).sum(-1, keepdim=True) + 1
    many = torch.full_like(many, probs.shape[-1]) if p == 1 else many
    kept = torch.where(torch.arange(probs.shape[-1]) < many, ordered, 0)
    kept = torch.zeros_like(kept).scatter(-1, order, kept)
    return (kept / kept.sum(-1, keepdim=True)).to(probs.dtype)


def top_p_sorted_out(probs: Tensor, p: float) -> Tensor:
    return top_p_loop(probs, p).sort(dim=-1, descending=True).values


def top_p_any(probs: Tensor, p: float) -> Tensor:
    return top_p_loop(probs, min(max(p, 0.0), 1.0))


def top_p_unscaled(probs: Tensor, p: float) -> Tensor:
    return torch.where(top_p_loop(probs, p) > 0, probs, 0)


def top_p_half_digits(probs: Tensor, p: float) -> Tensor:
    return top_p_loop(probs.float(), p)


def _wrong_top_p(rule):
    def answer(probs: Tensor, p: float) -> Tensor:
        if not 0 <= p <= 1:
            raise ValueError(f"{p}")
        return rule(probs, p)

    return answer


def _sorted_top_p(stays, first=True):
    """What `stays` says of the probabilities, sorted, given their running sums in float64 without their own."""

    def answer(probs: Tensor, p: float) -> Tensor:
        ordered, order = probs.sort(dim=-1, descending=True, stable=True)
        kept = stays(ordered, ordered.double().cumsum(-1) - ordered.double(), p)
        kept[..., 0] |= first
        return _scaled(torch.zeros_like(probs).scatter(-1, order, torch.where(kept, ordered, 0)))

    return _wrong_top_p(answer)


def _sums_in_float32(ordered: Tensor, before: Tensor, p: float) -> Tensor:
    return (F.pad(ordered.cumsum(-1)[..., :-1], (1, 0)) < p) | (p == 1)


# ---- repetition


def repeated_counter(tokens: Any, n: int = 4) -> float:
    if n < 1:
        raise ValueError(f"n = {n}")
    counts = Counter(zip(*(itertools.islice(tokens, i, None) for i in range(n))))
    total = sum(counts.values())
    return sum(count - 1 for count in counts.values()) / total if total else 0.0


def repeated_seen(tokens: Any, n: int = 4) -> float:
    if n <= 0:
        raise ValueError(f"no n-grams of {n}")
    seen, again, total = set(), 0, 0
    for end in range(n, len(tokens) + 1):
        gram = tuple(tokens[end - n : end])
        again, total = again + (gram in seen), total + 1
        seen.add(gram)
    return again / max(total, 1)


def repeated_types(tokens: Any, n: int = 4) -> float:
    if n < 1:
        raise ValueError(f"{n}")
    return 1 - len(set(tokens)) / len(tokens) if len(tokens) else 0.0


def repeated_distinct(tokens: Any, n: int = 4) -> float:
    if n < 1:
        raise ValueError(f"{n}")
    grams = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def repeated_percent(tokens: Any, n: int = 4) -> float:
    return 100 * repeated_counter(tokens, n)


def repeated_one(tokens: Any, n: int = 4) -> float:
    """A text without n-grams as one that repeats everything."""
    return repeated_counter(tokens, n) if len(tokens) >= n else 1.0


def repeated_off(tokens: Any, n: int = 4) -> float:
    if n < 1:
        raise ValueError(f"{n}")
    grams = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def repeated_always_four(tokens: Any, n: int = 4) -> float:
    if n < 1:
        raise ValueError(f"{n}")
    return repeated_counter(tokens, 4)


def repeated_default_two(tokens: Any, n: int = 2) -> float:
    return repeated_counter(tokens, n)


def repeated_any_n(tokens: Any, n: int = 4) -> float:
    return repeated_counter(tokens, max(n, 1))


# ---- one step of a beam


def extend_loop(log_probs: Tensor, totals: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    found = []
    for row, so_far in enumerate(totals.tolist()):
        for token, log_p in enumerate(log_probs[row].tolist()):
            if so_far + log_p > -math.inf:
                found.append((-(so_far + log_p), row, token))
    found = sorted(found)[:k]
    sums = torch.tensor([-s for s, _, _ in found], dtype=totals.dtype)
    return torch.tensor([r for _, r, _ in found]), torch.tensor([t for _, _, t in found]), sums


def extend_heap(log_probs: Tensor, totals: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    table = totals.view(-1, 1) + log_probs
    best = heapq.nsmallest(k, ((-float(s), i) for i, s in enumerate(table.flatten()) if s > -math.inf))
    places = torch.tensor([i for _, i in best])
    return places.div(table.shape[1], rounding_mode="floor"), places % table.shape[1], table.flatten()[places]


def extend_argsort(logs: Tensor, sums: Tensor, width: int) -> list[Tensor]:
    table = logs + sums.unsqueeze(1)
    order = torch.argsort(-table.reshape(-1), stable=True)
    order = order[torch.isfinite(table.reshape(-1)[order])][:width]
    rows = torch.arange(len(sums)).repeat_interleave(logs.shape[1])[order]
    return rows, torch.arange(logs.shape[1]).repeat(len(sums))[order], table.reshape(-1)[order]


def extend_topk(log_probs: Tensor, totals: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    values, places = torch.topk((log_probs + totals[:, None]).view(-1), k)
    return places // log_probs.size(1), places % log_probs.size(1), values


def extend_swapped(log_probs: Tensor, totals: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    rows, tokens, sums = extend_loop(log_probs, totals, k)
    return tokens, rows, sums


def extend_new_only(log_probs: Tensor, totals: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    return extend_loop(log_probs, torch.zeros_like(totals), k)


def extend_sums_first(log_probs: Tensor, totals: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    rows, tokens, sums = extend_loop(log_probs, totals, k)
    return sums, rows, tokens


def extend_pair(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    return extend_loop(log_probs, totals, k)[:2]


def extend_one_less(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    return extend_loop(log_probs, totals, k - 1)


def extend_k_each(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    """k continuations of every text, and all of them kept."""
    return extend_loop(log_probs, totals, k * len(totals))


def extend_places(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    rows, tokens, sums = extend_loop(log_probs, totals, k)
    return rows, rows * log_probs.shape[1] + tokens, sums


def extend_single(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    """Sorted in float32, the sums returned as they are."""
    table = (totals[:, None] + log_probs).flatten()
    places = table.float().argsort(descending=True, stable=True)
    places = places[table[places] > -math.inf][:k]
    return places // log_probs.shape[1], places % log_probs.shape[1], table[places]


def extend_new_possible(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    """What cannot come is looked for among the new tokens alone."""
    table = (totals[:, None] + log_probs).flatten()
    places = [i for i in table.argsort(descending=True, stable=True).tolist() if log_probs.flatten()[i] > -math.inf]
    found = torch.tensor(places[:k])
    return found // log_probs.shape[1], found % log_probs.shape[1], table[found]


def extend_squeezed(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    return tuple(part.squeeze() for part in extend_loop(log_probs, totals, k))


def extend_above_a_hundred(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    """What is very unlikely counts as impossible."""
    rows, tokens, sums = extend_loop(log_probs, totals, k)
    return rows[sums > -1000], tokens[sums > -1000], sums[sums > -1000]


def extend_topk_possible(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    sums = (log_probs + totals[:, None]).flatten()
    values, places = sums.topk(min(k, len(sums)))
    ok = values > -math.inf
    return (places // log_probs.shape[1])[ok], (places % log_probs.shape[1])[ok], values[ok]


# ---- beam search


def beam_sorted(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    """Without `extend_beam`, on lists of (sum, tokens)."""
    if k < 1:
        raise ValueError(f"k = {k}")
    if limit < 1:
        raise ValueError(f"limit = {limit}")
    beam, done = [(0.0, ())], []
    for _ in range(limit):
        rows = step([tokens for _, tokens in beam]).double().tolist()
        grown = [
            (total + log_p, row, token)
            for row, (total, _) in enumerate(beam)
            for token, log_p in enumerate(rows[row])
            if log_p > -math.inf
        ]
        grown.sort(key=lambda c: (-c[0], c[1], c[2]))
        chosen = [(total, (*beam[row][1], token)) for total, row, token in grown[: k - len(done)]]
        done += [c for c in chosen if c[1][-1] == end]
        beam = [c for c in chosen if c[1][-1] != end]
        if not beam:
            break
    found = [Hypothesis(tokens, total, total / len(tokens) ** alpha) for total, tokens in done + beam]
    return sorted(found, key=lambda h: h.score, reverse=True)


def beam_drained(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    """Texts and sums in lists of their own, filled and drained step by step."""
    if min(k, limit) < 1:
        raise ValueError(f"k = {k}, limit = {limit}")
    texts, sums, finished = [()], torch.zeros(1, dtype=torch.float64), []
    while texts:
        rows, tokens, sums = extend_beam(step(texts), sums, k - len(finished))
        texts = [(*texts[r], t) for r, t in zip(rows.tolist(), tokens.tolist())]
        ends = [text[-1] == end or len(text) == limit for text in texts]
        finished += [
            (text, float(s), float(s) * len(text) ** -alpha, text[-1] != end)
            for text, s, over in zip(texts, sums, ends)
            if over
        ]
        sums = sums[[not over for over in ends]]
        texts = [text for text, over in zip(texts, ends) if not over]
    finished.sort(key=lambda f: (-f[2], f[3]))
    return [Hypothesis(*f[:3]) for f in finished]


def _beam(change=lambda found, k: found, **other: Any):
    def answer(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
        return change(beam_sorted(step, k, limit, end, other.get("alpha", alpha)), k)

    return answer


beam_best_alone = _beam(lambda found, k: found[0])
beam_tokens_only = _beam(lambda found, k: [h.tokens for h in found])
beam_no_alpha = _beam(alpha=0.0)
beam_mean_always = _beam(alpha=1.0)
beam_turned = _beam(lambda found, k: found[::-1])
beam_log_prob_twice = _beam(lambda found, k: [h._replace(score=h.log_prob) for h in found])
beam_scores_exchanged = _beam(lambda found, k: [Hypothesis(h.tokens, h.score, h.log_prob) for h in found])


def beam_greedy(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    if min(k, limit) < 1:
        raise ValueError(f"{k} {limit}")
    return beam_sorted(step, 1, limit, end, alpha)


def beam_any_numbers(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    return beam_sorted(step, max(k, 1), max(limit, 1), end, alpha)


def beam_refilled(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    """The beam stays k wide after a text has ended, and the best k of all are returned."""
    if min(k, limit) < 1:
        raise ValueError(f"{k} {limit}")
    beam, done = [Hypothesis((), 0.0, 0.0)], []
    for _ in range(limit):
        if not beam:
            break
        sums = torch.tensor([h.log_prob for h in beam], dtype=torch.float64)
        rows, tokens, sums = extend_beam(step([h.tokens for h in beam]), sums, k)
        texts = [(*beam[r].tokens, t) for r, t in zip(rows.tolist(), tokens.tolist())]
        grown = [Hypothesis(t, float(s), float(s) / len(t) ** alpha) for t, s in zip(texts, sums)]
        done += [h for h in grown if h.tokens[-1] == end]
        beam = [h for h in grown if h.tokens[-1] != end]
    return sorted(done + beam, key=lambda h: -h.score)[:k]


def beam_start_token(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    """Begins with k copies of the empty text: the same text k times."""
    if min(k, limit) < 1:
        raise ValueError(f"{k} {limit}")
    beam, done = [Hypothesis((), 0.0, 0.0)] * k, []
    for _ in range(limit):
        if not beam:
            break
        sums = torch.tensor([h.log_prob for h in beam], dtype=torch.float64)
        rows, tokens, sums = extend_beam(step([h.tokens for h in beam]), sums, k - len(done))
        texts = [(*beam[r].tokens, t) for r, t in zip(rows.tolist(), tokens.tolist())]
        grown = [Hypothesis(t, float(s), float(s) / len(t) ** alpha) for t, s in zip(texts, sums)]
        done += [h for h in grown if h.tokens[-1] == end]
        beam = [h for h in grown if h.tokens[-1] != end]
    return sorted(done + beam, key=lambda h: -h.score)


beam_ties_by_tokens = _beam(lambda found, k: sorted(found, key=lambda h: (-h.score, h.tokens)))
beam_turned_ties = _beam(lambda found, k: sorted(found, key=lambda h: h.score)[::-1])


def beam_lists(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    """`step` is asked with lists of tokens."""
    return beam_sorted(lambda texts: step([list(text) for text in texts]), k, limit, end, alpha)


def beam_one_at_a_time(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    return beam_sorted(lambda texts: torch.cat([step([text]) for text in texts]), k, limit, end, alpha)


def beam_end_uncounted(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    def rescored(h: Hypothesis) -> Hypothesis:
        return h._replace(score=h.log_prob / max(1, len(h.tokens) - (h.tokens[-1] == end)) ** alpha)

    return sorted(map(rescored, beam_sorted(step, k, limit, end)), key=lambda h: -h.score)


def beam_dead_ends(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    """What cannot go on is returned as unfinished."""
    stuck: list[Hypothesis] = []

    def noting(texts: Any) -> Tensor:
        log_probs = step(texts)
        for text, row in zip(texts, log_probs):
            if text and not (row > -math.inf).any():
                total = sum(float(asked[text[:i]][t]) for i, t in enumerate(text))
                stuck.append(Hypothesis(text, total, total / len(text) ** alpha))
        asked.update(zip(texts, log_probs))
        return log_probs

    asked: dict[Any, Tensor] = {}
    return sorted(stuck + beam_sorted(noting, k, limit, end, alpha), key=lambda h: -h.score)


def beam_in_turns(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0, **wrong: Any) -> Any:
    """The search in short, with places for mistakes."""
    if k < 1 or limit < 1:
        raise ValueError(f"{k} and {limit}")
    asked = wrong.get("asked", lambda text: text)
    is_end = wrong.get("is_end", lambda token: token == end)
    beam, finished = [((), 0.0)], []
    for length in range(1, limit + 1):
        sums = torch.tensor([total for _, total in beam], dtype=wrong.get("sums", torch.float64))
        rows, tokens, sums = extend_beam(step([asked(text) for text, _ in beam]), sums, k - len(finished))
        grown = [((*beam[r][0], t), s) for r, t, s in zip(rows.tolist(), tokens.tolist(), sums.tolist(), strict=True)]
        finished += [Hypothesis(text, s, s / length**alpha) for text, s in grown if is_end(text[-1])]
        beam = [pair for pair in grown if wrong.get("stays") or not is_end(pair[0][-1])]
        if wrong.get("early") and beam and finished and max(h.log_prob for h in finished) >= max(s for _, s in beam):
            break
        if not beam:
            break
    running = [Hypothesis(text, s, s / len(text) ** alpha) for text, s in beam]
    if wrong.get("apart"):
        return sorted(finished, key=lambda h: -h.score) + sorted(running, key=lambda h: -h.score)
    return sorted(finished + running, key=lambda h: -h.score)


def _turned(**wrong: Any):
    def answer(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
        return beam_in_turns(step, k, limit, end, alpha, **wrong)

    return answer


def beam_if_end(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
    """Token 0 cannot be an end."""
    return beam_in_turns(step, k, limit, end or None, alpha)


# ---- GPT


class SequentialGPT(nn.Module):
    """The same parameters, other code."""

    def __init__(self, symbols, d_model, heads, layers, block, attention=MultiHeadAttention):
        super().__init__()
        self.block = block
        self.embedding, self.positions = nn.Embedding(symbols, d_model), nn.Embedding(block, d_model)
        one = dict(dropout=0.0, norm_first=True, activation="gelu", attention=attention)
        self.layers = nn.ModuleList([EncoderLayer(d_model, heads, d_model * 4, **one) for _ in range(layers)])
        self.norm, self.output = nn.LayerNorm(d_model), nn.Linear(d_model, symbols, bias=False)

    def forward(self, ids):
        batch, length = ids.shape
        if length > self.block:
            raise ValueError(f"{length} tokens, block {self.block}")
        places = torch.arange(length).expand(batch, -1)
        x = self.positions(places) + self.embedding(ids)
        i = torch.arange(length)
        mask = (i[None] <= i[:, None])[None, None]
        for layer in self.layers:
            x = layer(x, mask)[0]
        return F.linear(self.norm(x), self.output.weight)


class OneByOneGPT(SequentialGPT):
    """Reads every beginning of the text anew and keeps the last place: slow, and the same."""

    def forward(self, ids):
        if ids.shape[1] > self.block:
            raise ValueError(f"The text has {ids.shape[1]} tokens, only {self.block} fit.")
        whole = super().forward
        return torch.stack([whole(ids[:, : t + 1])[:, -1] for t in range(ids.shape[1])], dim=1)


class UnmaskedGPT(SequentialGPT):
    def forward(self, ids):
        if ids.shape[1] > self.block:
            raise ValueError(f"{ids.shape[1]} {self.block}")
        x = self.embedding(ids) + self.positions.weight[: ids.shape[1]]
        for layer in self.layers:
            x, _ = layer(x)
        return self.output(self.norm(x))


class ListGPT(SequentialGPT):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        layers = list(self.layers)
        del self.layers
        self.layers = layers


class PairGPT(SequentialGPT):
    def forward(self, ids):
        return super().forward(ids), None


class CutGPT(SequentialGPT):
    """A text that is too long is cut, and nobody is told."""

    def forward(self, ids):
        return super().forward(ids[:, -self.block :])


class RenamedGPT(SequentialGPT):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.head = self.output
        del self.output


class PostGPT(SequentialGPT):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for layer in self.layers:
            layer.norm_first = False


class DetachedGPT(SequentialGPT):
    def forward(self, ids):
        return super().forward(ids).detach()


class OwnAttentionGPT(SequentialGPT):
    """The class that is given for the attention is never used."""

    def __init__(self, symbols, d_model, heads, layers, block, attention=MultiHeadAttention):
        super().__init__(symbols, d_model, heads, layers, block)


class MaskOnceGPT(SequentialGPT):
    def forward(self, ids):
        if ids.shape[1] > self.block:
            raise ValueError(f"{ids.shape[1]} {self.block}")
        x = self.embedding(ids) + self.positions.weight[: ids.shape[1]]
        for i, layer in enumerate(self.layers):
            x, _ = layer(x, None if i else causal_mask(ids.shape[1]))
        return self.output(self.norm(x))


class NoFinalNormGPT(SequentialGPT):
    def forward(self, ids):
        if ids.shape[1] > self.block:
            raise ValueError(f"{ids.shape[1]} {self.block}")
        x = self.embedding(ids) + self.positions.weight[: ids.shape[1]]
        for layer in self.layers:
            x, _ = layer(x, causal_mask(ids.shape[1]))
        return self.output(x) + 0 * self.norm(x).sum()


class BufferGPT(SequentialGPT):
    """The mask in a buffer that is not stored with the weights."""

    stored = False

    def __init__(self, symbols, d_model, heads, layers, block, attention=MultiHeadAttention):
        super().__init__(symbols, d_model, heads, layers, block, attention)
        self.register_buffer("mask", causal_mask(block), persistent=self.stored)

    def forward(self, ids):
        length = ids.shape[1]
        if length > self.block:
            raise ValueError(f"{length} {self.block}")
        x = self.embedding(ids) + self.positions.weight[:length]
        for layer in self.layers:
            x, _ = layer(x, self.mask[:length, :length])
        return self.output(self.norm(x))


class StoredBufferGPT(BufferGPT):
    stored = True


class StepsGPT(SequentialGPT):
    """In steps, so that one may be wrong."""

    def forward(self, ids):
        length = ids.shape[1]
        if length > self.block:
            raise ValueError(f"{length} {self.block}")
        return self.read(self.embedding(ids), self.positions.weight[:length], causal_mask(length))

    def read(self, x, places, mask):
        x = x + places
        for layer in self.layers:
            x, _ = layer(x, mask)
        return self.output(self.norm(x))


class NormInFrontGPT(StepsGPT):
    def read(self, x, places, mask):
        x = self.norm(x + places)
        for layer in self.layers:
            x, _ = layer(x, mask)
        return self.output(x)


class PlacesEachGPT(StepsGPT):
    def read(self, x, places, mask):
        x = x if len(self.layers) else x + places
        for layer in self.layers:
            x, _ = layer(x + places, mask)
        return self.output(self.norm(x))


class PlacesTimesGPT(StepsGPT):
    def read(self, x, places, mask):
        return super().read(x * places, torch.zeros_like(places), mask)


class NextSeenGPT(StepsGPT):
    def read(self, x, places, mask):
        return super().read(x, places, torch.ones_like(mask).tril(1))


class WindowGPT(StepsGPT):
    def read(self, x, places, mask):
        return super().read(x, places, mask & ~mask.tril(-4))


# ---- keys and values kept


def cached_by_hand(attention: Any, x: Tensor, past: Any = None) -> Any:
    """Scores, a table of places, and a softmax."""
    q, k, v = (split_heads(layer(x), attention.heads) for layer in (attention.query, attention.key, attention.value))
    if past is not None:
        k, v = torch.cat((past[0], k), -2), torch.cat((past[1], v), -2)
    old = k.shape[2] - x.shape[1]
    rows, columns = torch.arange(x.shape[1])[:, None] + old, torch.arange(k.shape[2])
    scores = torch.einsum("bhid,bhjd->bhij", q, k) / q.shape[-1] ** 0.5
    weights = scores.masked_fill(columns > rows, -math.inf).softmax(-1)
    return attention.output(merge_heads(weights @ v)), (k, v)


def cached_one_by_one(attention: Any, x: Tensor, past: Any = None) -> Any:
    """One new token after the other, without a mask."""
    keys = [] if past is None else [past[0]]
    values = [] if past is None else [past[1]]
    outputs = []
    for t in range(x.shape[1]):
        one = x[:, t : t + 1]
        keys.append(split_heads(attention.key(one), attention.heads))
        values.append(split_heads(attention.value(one), attention.heads))
        query = split_heads(attention.query(one), attention.heads)
        found = F.scaled_dot_product_attention(query, torch.cat(keys, 2), torch.cat(values, 2))
        outputs.append(attention.output(merge_heads(found)))
    return torch.cat(outputs, 1), (torch.cat(keys, 2), torch.cat(values, 2))


def cached_lists(attention: Any, x: Tensor, past: Any = None) -> Any:
    output, (key, value) = cached_by_hand(attention, x, past)
    return output, [key, value]


def cached_causal_flag(attention: Any, x: Tensor, past: Any = None) -> Any:
    """PyTorch's own flag: its mask starts in the upper left corner."""
    q, k, v = (split_heads(layer(x), attention.heads) for layer in (attention.query, attention.key, attention.value))
    if past is not None:
        k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
    found = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return attention.output(merge_heads(found)), (k, v)


def cached_causal_at_first(attention: Any, x: Tensor, past: Any = None) -> Any:
    q, k, v = (split_heads(layer(x), attention.heads) for layer in (attention.query, attention.key, attention.value))
    if past is not None:
        k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
    found = F.scaled_dot_product_attention(q, k, v, is_causal=past is None)
    return attention.output(merge_heads(found)), (k, v)


def cached_unmasked(attention: Any, x: Tensor, past: Any = None) -> Any:
    q, k, v = (split_heads(layer(x), attention.heads) for layer in (attention.query, attention.key, attention.value))
    if past is not None:
        k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
    return attention.output(merge_heads(F.scaled_dot_product_attention(q, k, v))), (k, v)


def cached_wrong_dimension(attention: Any, x: Tensor, past: Any = None) -> Any:
    q, k, v = (split_heads(layer(x), attention.heads) for layer in (attention.query, attention.key, attention.value))
    if past is not None:
        k, v = torch.cat([past[0], k], 1), torch.cat([past[1], v], 1)
    return attention.output(merge_heads(F.scaled_dot_product_attention(q, k, v))), (k, v)


def cached_forgetful(attention: Any, x: Tensor, past: Any = None) -> Any:
    return cached_by_hand(attention, x)


def cached_three(attention: Any, x: Tensor, past: Any = None) -> Any:
    output, (key, value) = cached_by_hand(attention, x, past)
    return output, key, value


def cached_merged(attention: Any, x: Tensor, past: Any = None) -> Any:
    """The cache as (batch, length, d_model)."""
    output, (key, value) = cached_by_hand(attention, x, past)
    return output, (merge_heads(key), merge_heads(value))


def cached_value_first(attention: Any, x: Tensor, past: Any = None) -> Any:
    output, (key, value) = cached_by_hand(attention, x, past)
    return output, (value, key)


def cached_output(attention: Any, x: Tensor, past: Any = None) -> Any:
    return cached_by_hand(attention, x, past)[0]


def cached_past_exchanged(attention: Any, x: Tensor, past: Any = None) -> Any:
    return cached_by_hand(attention, x, past and past[::-1])


def cached_lengths_first(attention: Any, x: Tensor, past: Any = None) -> Any:
    output, kept = cached_by_hand(attention, x, past)
    return output, tuple(part.transpose(1, 2) for part in kept)


def cached_stacked_queries(attention: Any, x: Tensor, past: Any = None) -> Any:
    """Only the last new token answers."""
    output, kept = cached_by_hand(attention, x, past)
    return output[:, -1:], kept


RIGHT = {
    "sampling.greedy": [greedy_max, greedy_sorted, greedy_loop],
    "sampling.with_temperature": [temperature_double, temperature_by_hand, temperature_power],
    "sampling.draw": [draw_searchsorted, draw_gumbel, draw_loop, draw_exponential_race],
    "sampling.keep_top_k": [top_k_sorted, top_k_logs, top_k_numpy],
    "sampling.keep_top_p": [top_p_loop, top_p_inverse, top_p_count],
    "sampling.repeated_share": [repeated_counter, repeated_seen],
    "sampling.extend_beam": [extend_loop, extend_heap, extend_argsort],
    "sampling.beam_search": [beam_sorted, beam_drained, beam_in_turns],
    "gpt.gpt": [SequentialGPT, OneByOneGPT, BufferGPT, StoredBufferGPT],
    "gpt.cached_attention": [cached_by_hand, cached_one_by_one, cached_lists],
}
WRONG = {
    "sampling.greedy": [
        (greedy_float, None),
        (greedy_int32, None),
        (greedy_sum, None),
        (greedy_list, None),
        (greedy_max_pair, None),
        (greedy_column, "kept_dimension"),
        (greedy_last, "last_of_equal"),
        (lambda logits: logits.half().argmax(-1), "rounded"),
        (lambda logits: (logits > logits.amax(-1, keepdim=True) - 1e-3).int().argmax(-1), "rounded"),
        (lambda logits: logits.long().argmax(-1), "whole_numbers"),
        (lambda logits: logits.max(-1, keepdim=True)[1].squeeze(), "squeezed"),
        (lambda logits: (logits.exp() / logits.exp().sum(-1, keepdim=True)).argmax(-1), None),
    ],
    "sampling.with_temperature": [
        (_wrong_temperature(lambda z, t: (z.softmax(-1) / t).softmax(-1)), "of_probabilities"),
        (_wrong_temperature(lambda z, t: temperature_by_hand(z, 1 / t)), "multiplied"),
        (_wrong_temperature(lambda z, t: F.softmax(z, -1) / t), "divided_afterwards"),
        (_wrong_temperature(lambda z, t: F.softmax(z / t, -1)), "small_overflows"),
        (temperature_plain, "nothing_at_zero"),
        (temperature_accepts_negative, None),
        (temperature_silent, None),
        (temperature_epsilon, None),
        (temperature_of_probs_power, "ignored"),
        (_wrong_temperature(lambda z, t: temperature_by_hand(z.clamp(min=-100), t)), "forbidden_replaced"),
        (_wrong_temperature(lambda z, t: _zero(z) if t < 1e-6 else F.softmax(z / t, -1)), "small_is_greedy"),
        (temperature_single, None),
        (_wrong_temperature(lambda z, t: temperature_by_hand(z, t).clamp(min=1e-8)), "forbidden_a_little"),
        (_wrong_temperature(lambda z, t: temperature_by_hand(z.clamp(min=-30), t)), "forbidden_comes"),
        (_wrong_temperature(lambda z, t: ((z - z.amin(-1, keepdim=True)) / t).softmax(-1)), "smallest_subtracted"),
        (_wrong_temperature(lambda z, t: temperature_by_hand(z, int(t))), "whole_temperature"),
        (_wrong_temperature(lambda z, t: temperature_by_hand(z, t).double()), None),
    ],
    "sampling.draw": [
        (draw_multinomial, None),
        (draw_shared, "one_number_for_all"),
        (draw_own_numbers, "not_the_generator"),
        (draw_argmax, "likeliest"),
        (draw_normal, None),
        (draw_top_two, None),
        (draw_slightly_tempered, None),
        (draw_float, None),
        (draw_softmax, "softmax_again"),
        (draw_column, "kept_dimension"),
        (draw_tempered, None),
        (draw_smoothed, None),
        (draw_hundred_numbers, None),
        (draw_sorted_numbers, "sorted_numbers"),
        (draw_spread_evenly, "sorted_numbers"),
        (draw_from_zero, "end_included"),
        (draw_single, "float32_ends"),
        (draw_clamped, "float32_ends"),
        (draw_clamped_double, "not_scaled"),
        (draw_shared_single, "one_number_float32"),
        (draw_shared_double, "one_number_for_all"),
        (draw_left, "end_included_float32"),
        (draw_new_generator, "seeded_without_a_generator"),
        (draw_seeded_generator, "seeded_without_a_generator"),
        (draw_seeded_torch, "seeded_without_a_generator"),
        (draw_from_a_copy, "generator_copied"),
        (draw_row_seeds, "generator_copied"),
        (draw_mirrored_halves, None),
        (draw_row_0, "one_distribution_for_all"),
        (draw_mean, "mean_of_the_batch"),
        (draw_of_the_sorted, "place_among_the_sorted"),
    ],
    "sampling.keep_top_k": [
        (top_k_scatter, "exactly_k_topk"),
        (top_k_tolerant, "nearly_equal"),
        (
            _wrong_top_k(lambda p, kth, k: torch.where(p.round(decimals=6) >= kth.round(decimals=6), p, 0)),
            "nearly_equal",
        ),
        (_wrong_top_k(lambda p, kth, k: torch.where(p >= kth, p, 1e-9)), "nearly_zero"),
        (_wrong_top_k(lambda p, kth, k: p * (p.argsort(-1, descending=True) < k)), None),
        (_wrong_top_k(lambda p, kth, k: torch.where(p >= kth.flatten()[0], p, 0)), "threshold_of_row_0"),
        (_wrong_top_k(lambda p, kth, k: torch.where(p >= kth, p, 0).double()), None),
        (top_k_unscaled, "not_scaled"),
        (top_k_in_place, None),
        (top_k_zero_allowed, None),
        (top_k_minus, "one_too_few"),
        (top_k_infinite, None),
        (top_k_strict_topk, "larger_k_refused"),
    ],
    "sampling.keep_top_p": [
        (_sorted_top_p(lambda q, before, p: (before + q <= p) | (p == 1)), "crossing_dropped"),
        (_wrong_top_p(lambda q, p: _scaled(q * ((q >= p) | (q == q.amax(-1, keepdim=True))))), "each_alone"),
        (top_p_sorted_out, "left_sorted"),
        (top_p_any, None),
        (top_p_unscaled, "not_scaled"),
        (top_p_half_digits, None),
        (_sorted_top_p(lambda q, before, p: (before < p) | (p == 1), first=False), "empty_at_zero"),
        (_sorted_top_p(lambda q, before, p: before < p), "one_forgotten"),
        (_sorted_top_p(_sums_in_float32), "float32_sums"),
        (_sorted_top_p(lambda q, before, p: (before < p - 1e-6) | (p == 1)), "float32_sums"),
        (_wrong_top_p(lambda q, p: top_k_sorted(q, 1) if p == 0 else top_p_loop(q, p)), "equals_at_zero"),
        (_wrong_top_p(lambda q, p: _zero(q.flip(-1)).flip(-1) if p == 0 else top_p_loop(q, p)), None),
        (_wrong_top_p(lambda q, p: q.clone() if p >= 0.99 else top_p_loop(q, p)), None),
        (_wrong_top_p(lambda q, p: torch.where(top_p_loop(q, p) > 0, q, 0) / (p or 1)), "divided_by_p"),
        (_wrong_top_p(lambda q, p: _scaled(torch.where(q >= p, q, 0))), "each_alone_bare"),
        (_wrong_top_p(lambda q, p: _scaled(q * ((q > 1 - p) | (q == q.amax(-1, keepdim=True))))), "above_the_rest"),
        (_wrong_top_p(lambda q, p: top_p_loop(q, p).double()), None),
    ],
    "sampling.repeated_share": [
        (repeated_types, None),
        (repeated_distinct, "distinct"),
        (repeated_percent, None),
        (repeated_one, None),
        (repeated_off, "last_one_missing"),
        (repeated_always_four, "fixed_at_four"),
        (lambda tokens, n=4: repeated_counter([str(t).lower() for t in tokens], n), "case_folded"),
        (lambda tokens, n=4: repeated_counter([str(t) for t in tokens], n), None),
        (repeated_default_two, None),
        (repeated_any_n, None),
        (lambda tokens, n=4: repeated_counter([str(t).strip(",") for t in tokens], n), None),
        (
            lambda tokens, n=4: repeated_counter([t.strip(".,") if isinstance(t, str) else t for t in tokens], n),
            "punctuation_stripped",
        ),
    ],
    "sampling.extend_beam": [
        (extend_topk, "too_few_candidates"),
        (extend_topk_possible, "order_of_equals"),
        (extend_swapped, "rows_and_tokens_exchanged"),
        (extend_new_only, "past_ignored"),
        (extend_sums_first, None),
        (extend_pair, None),
        (extend_one_less, None),
        (extend_k_each, "k_for_each_text"),
        (extend_single, "in_float32"),
        (extend_new_possible, "impossible_texts_kept"),
        (extend_squeezed, "squeezed"),
        (lambda logs, sums, k: extend_loop(logs, sums, min(k, logs.shape[1])), "at_most_the_symbols"),
        (lambda logs, sums, k: extend_loop(logs, sums, min(k, len(logs))), "at_most_the_texts"),
        (lambda logs, sums, k: extend_loop(logs.clamp(min=-1e6), sums, k), "impossible_replaced"),
        (extend_places, None),
        (extend_above_a_hundred, None),
    ],
    "sampling.beam_search": [
        (beam_best_alone, "bare_best"),
        (beam_tokens_only, None),
        (beam_no_alpha, "length_ignored"),
        (beam_mean_always, "always_the_mean"),
        (beam_turned, "turned_round"),
        (beam_end_uncounted, "end_of_the_finished_not_counted"),
        (beam_dead_ends, "dead_ends_returned"),
        (beam_log_prob_twice, None),
        (beam_scores_exchanged, None),
        (beam_greedy, "always_greedy"),
        (beam_any_numbers, None),
        (beam_refilled, "places_given_again_then_cut"),
        (beam_ties_by_tokens, "equals_by_tokens"),
        (beam_turned_ties, "unfinished_first"),
        (beam_lists, None),
        (beam_one_at_a_time, None),
        (beam_start_token, None),
        (_turned(asked=lambda text: text[-1:]), "newest_tokens_only"),
        (_turned(asked=lambda text: (0, *text)), None),
        (_turned(early=True), "overtaken_stops"),
        (_turned(apart=True), "finished_first"),
        (_turned(stays=True), "end_stays"),
        (beam_if_end, "end_zero_ignored"),
        (_turned(sums=torch.float32), "sums_in_float32"),
        (_beam(lambda found, k: [tuple(h) for h in found]), None),
        (_beam(lambda found, k: [h._replace(tokens=list(h.tokens)) for h in found]), None),
        (_beam(lambda found, k: [h._replace(tokens=torch.tensor(h.tokens)) for h in found]), None),
        (_beam(lambda found, k: [h._replace(log_prob=torch.tensor(h.log_prob)) for h in found]), None),
    ],
    "gpt.gpt": [
        (UnmaskedGPT, "no_mask"),
        (ListGPT, None),
        (PairGPT, None),
        (CutGPT, None),
        (RenamedGPT, None),
        (PostGPT, "post_norm"),
        (DetachedGPT, None),
        (NoFinalNormGPT, "no_last_norm"),
        (OwnAttentionGPT, None),
        (MaskOnceGPT, "mask_in_the_first_layer_only"),
        (NormInFrontGPT, "norm_in_front"),
        (PlacesEachGPT, "positions_in_each_layer"),
        (PlacesTimesGPT, "positions_multiplied"),
        (NextSeenGPT, "one_of_the_future"),
        (WindowGPT, None),
    ],
    "gpt.cached_attention": [
        (cached_causal_flag, "mask_from_the_corner"),
        (cached_unmasked, "no_mask"),
        (cached_wrong_dimension, None),
        (cached_forgetful, "past_dropped"),
        (cached_causal_at_first, "mask_without_a_past_only"),
        (cached_three, None),
        (cached_merged, None),
        (cached_value_first, "keys_and_values_exchanged"),
        (cached_stacked_queries, None),
        (cached_output, "output_only"),
        (cached_past_exchanged, "past_exchanged"),
        (cached_lengths_first, "lengths_in_front_of_heads"),
    ],
}
