"""Answers to the exercises of lesson 15, written otherwise than the references: right ones and wrong ones.

None of them may call the reference of its own exercise; the engine would refuse it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.graph_attention import aggregate, combine_heads, edge_softmax, with_self_loops

# ---- one edge


def score_loop(sender: Tensor, receiver: Tensor, weight: Tensor, u: Tensor, v: Tensor, slope: float = 0.2) -> Tensor:
    total = sender.new_zeros(())
    for row, a, b in zip(weight, u, v, strict=True):
        total = total + a * (row * sender).sum() + b * (row * receiver).sum()
    return total if total > 0 else slope * total


def score_concatenated(h_i: Tensor, h_t: Tensor, w: Tensor, u: Tensor, v: Tensor, slope: float = 0.2) -> Tensor:
    both = torch.cat([w @ h_t, w @ h_i]).double()
    found = torch.maximum(a := torch.cat([v, u]).double() @ both, slope * a)
    return found.to(h_i.dtype)


def score_sides_exchanged(
    sender: Tensor, receiver: Tensor, weight: Tensor, u: Tensor, v: Tensor, slope: float = 0.2
) -> Tensor:
    both = torch.cat([weight @ sender, weight @ receiver])
    return nn.functional.leaky_relu(torch.cat([v, u]) @ both, slope)


def score_plain_numbers(
    sender: Tensor, receiver: Tensor, weight: Tensor, u: Tensor, v: Tensor, slope: float = 0.2
) -> Tensor:
    total = float(u @ weight @ sender + v @ weight @ receiver)
    return torch.tensor(max(total, slope * total), dtype=sender.dtype)


def score_of_a_row(
    sender: Tensor, receiver: Tensor, weight: Tensor, u: Tensor, v: Tensor, slope: float = 0.2
) -> Tensor:
    return F.leaky_relu(u @ weight @ sender + v @ weight @ receiver, slope)[None]


def score_bent_apart(
    sender: Tensor, receiver: Tensor, weight: Tensor, u: Tensor, v: Tensor, slope: float = 0.2
) -> Tensor:
    return F.leaky_relu(u @ weight @ sender, slope) + F.leaky_relu(v @ weight @ receiver, slope)


def score_sloped_everywhere(
    sender: Tensor, receiver: Tensor, weight: Tensor, u: Tensor, v: Tensor, slope: float = 0.2
) -> Tensor:
    return slope * (u @ weight @ sender + v @ weight @ receiver)


def score_bending_down(
    sender: Tensor, receiver: Tensor, weight: Tensor, u: Tensor, v: Tensor, slope: float = 0.2
) -> Tensor:
    total = u @ weight @ sender + v @ weight @ receiver
    return torch.where(total > 0, total, -slope * total)


# ---- as a table


def table_logsumexp(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2) -> Tensor:
    hidden = x @ weight.T
    z = F.leaky_relu((hidden @ u)[None] + (hidden @ v)[:, None], slope).masked_fill(~mask, -1e30)
    return (z - torch.logsumexp(z, 1, keepdim=True)).exp() * mask


def table_strangers_at_minus_10000(
    x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2
) -> Tensor:
    hidden = x @ weight.T
    z = F.leaky_relu((hidden @ u)[None] + (hidden @ v)[:, None], slope).masked_fill(~mask, -1e4)
    return z.softmax(1).masked_fill(~mask, 0.0)


def table_bent_apart(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2) -> Tensor:
    hidden = x @ weight.T
    z = F.leaky_relu(hidden @ u, slope)[None] + F.leaky_relu(hidden @ v, slope)[:, None]
    return z.masked_fill(~mask, -math.inf).softmax(1).masked_fill(~mask, 0.0)


def table_loop(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2) -> Tensor:
    hidden = [weight @ h for h in x]
    rows = []
    for t in range(len(x)):
        row = [x.new_zeros(())] * len(x)
        seen = [i for i in range(len(x)) if mask[t, i]]
        if seen:
            shares = torch.stack([F.leaky_relu(u @ hidden[i] + v @ hidden[t], slope) for i in seen]).softmax(0)
            for i, share in zip(seen, shares, strict=True):
                row[i] = share
        rows.append(torch.stack(row))
    return torch.stack(rows)


def table_of_powers(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2) -> Tensor:
    sent, received = x @ (u @ weight), x @ (v @ weight)
    scores = sent.unsqueeze(0) + received.unsqueeze(1)
    scores = torch.where(scores > 0, scores, slope * scores)
    top = scores.detach().masked_fill(~mask, -1e30).amax(1, keepdim=True)
    powers = torch.where(mask, (scores - top).clamp(max=0.0).exp(), torch.zeros_like(scores))
    return powers / powers.sum(1, keepdim=True).clamp(min=1e-30)


def table_mask_times_weights(
    x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2
) -> Tensor:
    hidden = x @ weight.T
    return F.leaky_relu((hidden @ u)[None] + (hidden @ v)[:, None], slope).softmax(1) * mask


def table_scores_times_mask(
    x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2
) -> Tensor:
    hidden = x @ weight.T
    return (F.leaky_relu((hidden @ u)[None] + (hidden @ v)[:, None], slope) * mask).softmax(1) * mask


def table_other_slope(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.01) -> Tensor:
    return table_loop(x, weight, u, v, mask, slope)


def table_by_a_list(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2) -> Tensor:
    places = mask.nonzero(as_tuple=True)
    hidden = (x @ weight.T).double()
    scores = F.leaky_relu((hidden @ v.double())[places[0]] + (hidden @ u.double())[places[1]], slope)
    shares = edge_softmax(scores, places[0], len(x))
    return torch.zeros(len(x), len(x), dtype=shares.dtype).index_put(places, shares).to(x.dtype)


def table_detached(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2) -> Tensor:
    return table_loop(x.detach(), weight, u, v, mask, slope)


# ---- softmax in a list


def softmax_loop(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    weights = torch.zeros_like(scores)
    for t in range(nodes):
        weights[receivers == t] = scores[receivers == t].softmax(dim=0)
    return weights


def softmax_by_table(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    mine = receivers[:, None] == receivers[None, :]  # (edges, edges)
    mine = mine.view(*mine.shape, *[1] * (scores.dim() - 1))
    table = scores[None].expand(len(scores), *scores.shape).masked_fill(~mine, -math.inf)
    return torch.exp(scores - torch.logsumexp(table, dim=1)) if len(scores) else scores.clone()


def softmax_double(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    place = receivers.reshape(-1, *[1] * (scores.dim() - 1)).expand(scores.shape)
    wide = scores.double()
    top = wide.new_full((nodes, *scores.shape[1:]), -1e300).scatter_reduce(0, place, wide.detach(), "amax")
    powers = torch.exp(wide - top.gather(0, place))
    sums = torch.zeros_like(top).scatter_add(0, place, powers)
    return (powers / sums.gather(0, place)).to(scores.dtype)


def softmax_unshifted(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    sums = scores.new_zeros(nodes, *scores.shape[1:]).index_add(0, receivers, scores.exp())
    return scores.exp() / sums[receivers]


def softmax_global_shift(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    if not len(scores):
        return scores
    powers = (scores - scores.max().detach()).exp()
    return powers / powers.new_zeros(nodes, *scores.shape[1:]).index_add(0, receivers, powers)[receivers]


def softmax_shift_from_zero(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    """The largest scores are collected in zeros, so that they are never below zero."""
    place = receivers.view(-1, *[1] * (scores.dim() - 1)).expand_as(scores)
    top = scores.new_zeros(nodes, *scores.shape[1:]).scatter_reduce(0, place, scores.detach(), "amax")
    powers = (scores - top[receivers]).exp()
    return powers / torch.zeros_like(top).index_add(0, receivers, powers)[receivers]


def softmax_guarded(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    return torch.nan_to_num(softmax_unshifted(scores, receivers, nodes))


def softmax_all(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    return scores.exp() / scores.exp().sum(dim=0)


def softmax_shared_out_by_count(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    return torch.ones_like(scores) / torch.bincount(receivers, minlength=nodes)[receivers].view(
        -1, *[1] * (scores.dim() - 1)
    )


def _shifted(scores: Tensor, receivers: Tensor, nodes: int, top: Tensor) -> Tensor:
    place = receivers.view(-1, *[1] * (scores.dim() - 1)).expand_as(scores)
    return (scores - top.scatter_reduce(0, place, scores.detach(), "amax")[receivers]).exp()


def softmax_largest_from(start: float) -> Callable[..., Tensor]:
    """The largest scores are collected in a table that was filled with `start`."""

    def answer(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
        powers = _shifted(scores, receivers, nodes, scores.new_full((nodes, *scores.shape[1:]), start))
        return powers / powers.new_zeros(nodes, *powers.shape[1:]).index_add(0, receivers, powers)[receivers]

    return answer


def softmax_sums_plus_equals(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    powers = _shifted(scores, receivers, nodes, scores.new_full((nodes, *scores.shape[1:]), -math.inf))
    sums = torch.zeros(nodes, *scores.shape[1:])
    sums[receivers] += powers
    return powers / sums[receivers]


def softmax_largest_from_zeros(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    powers = _shifted(scores, receivers, nodes, torch.zeros(nodes, *scores.shape[1:]))
    return powers / torch.zeros(nodes, *scores.shape[1:]).index_add(0, receivers, powers)[receivers]


def softmax_one_sum_for_all_heads(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    powers = _shifted(scores, receivers, nodes, scores.new_full((nodes, *scores.shape[1:]), -math.inf))
    one = powers if powers.dim() == 1 else powers.sum(1, keepdim=True).expand_as(powers)
    sums = powers.new_zeros(nodes, *powers.shape[1:]).index_add(0, receivers, one)
    return powers / sums[receivers]


def softmax_of_the_last(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    return torch.softmax(scores, -1)


def softmax_by_dictionary(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    places: dict[int, list[int]] = {}
    for e, t in enumerate(receivers.tolist()):
        places.setdefault(t, []).append(e)
    out = torch.zeros_like(scores)
    for own in places.values():
        powers = (scores[own] - scores[own].amax(0)).exp()
        out = out.index_put((torch.tensor(own),), powers / powers.sum(0))
    return out


# ---- collecting


def collect_loop(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    rows = [torch.zeros_like(value) for value in values]
    for weight, (i, t) in zip(weights, edges.T.tolist(), strict=True):
        rows[t] = rows[t] + weight.unsqueeze(-1) * values[i]
    return torch.stack(rows)


def collect_by_matrix(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    n = len(values)
    table = weights.new_zeros(n, n, *weights.shape[1:]).index_put((edges[1], edges[0]), weights, accumulate=True)
    return torch.einsum("ti...,i...d->t...d", table, values)


def collect_scatter(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    messages = weights.unsqueeze(-1) * values.index_select(0, edges[0])
    place = edges[1].reshape(-1, *[1] * (values.dim() - 1)).expand_as(messages)
    return torch.zeros_like(values, memory_format=torch.contiguous_format).scatter_add(0, place, messages)


def collect_plus_equals(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    out = torch.zeros_like(values)
    out[edges[1]] += weights[..., None] * values[edges[0]]
    return out


def collect_wrong_way(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    receivers, senders = edges
    return torch.zeros_like(values).index_add(0, receivers, weights[..., None] * values[senders])


def collect_by_set_matrix(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    """Of two copies of an edge only one weight is kept."""
    n = len(values)
    table = weights.new_zeros(n, n, *weights.shape[1:])
    table[edges[1], edges[0]] = weights
    return torch.einsum("ti...,i...d->t...d", table, values)


def collect_in_place(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    messages = weights[..., None] * values[edges[0]]
    return values.zero_().index_add(0, edges[1], messages)


def collect_without_sign(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    return collect_loop(values, weights.abs(), edges)


def collect_positive_only(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    return collect_loop(values, weights.relu(), edges)


def collect_narrow_index(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    messages = weights[..., None] * values[edges[0]]
    return torch.zeros_like(values).scatter_add(0, edges[1].reshape(-1, *[1] * (values.dim() - 1)), messages)


# ---- heads


def heads_loop(found: Tensor, activation: Callable[[Tensor], Tensor], average: bool = False) -> Tensor:
    heads = list(found.unbind(dim=1))
    if average:
        return activation(sum(heads) / len(heads))
    return torch.cat([activation(head) for head in heads], dim=-1)


def heads_by_einsum(found: Tensor, activation: Callable[[Tensor], Tensor], average: bool = False) -> Tensor:
    nodes, heads, d = found.shape
    if not average:
        return activation(found).reshape(nodes, heads * d)
    return activation(torch.einsum("nhd,h->nd", found, torch.full((heads,), 1 / heads, dtype=found.dtype)))


def heads_bent_first(found: Tensor, activation: Callable[[Tensor], Tensor], average: bool = False) -> Tensor:
    bent = activation(found)
    return bent.mean(dim=1) if average else bent.flatten(1)


def heads_flat_first(found: Tensor, activation: Callable[[Tensor], Tensor], average: bool = False) -> Tensor:
    return activation(found.mean(1)) if average else activation(found.reshape(len(found), -1))


def heads_wrong_dim(found: Tensor, activation: Callable[[Tensor], Tensor], average: bool = False) -> Tensor:
    return activation(found.mean(-2 if not average else 0)) if average else activation(found).flatten(1)


def heads_side_by_side_only(found: Tensor, activation: Callable[[Tensor], Tensor], average: bool = False) -> Tensor:
    return torch.cat([activation(found[:, k]) for k in range(found.shape[1])], dim=1)


# ---- the layer


class HeadByHead(nn.Module):
    def __init__(
        self,
        d_in: int,
        d_out: int,
        heads: int = 1,
        average: bool = False,
        self_loops: bool = True,
        bias: bool = True,
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        self.options = (heads, d_out, average, self_loops, slope)
        self.project = nn.Linear(d_in, heads * d_out, bias=False)
        self.v = nn.Parameter(torch.randn(heads, d_out))
        self.u = nn.Parameter(torch.randn(heads, d_out))
        self.bias = nn.Parameter(torch.zeros(d_out if average else heads * d_out)) if bias else None

    def forward(self, x: Tensor, edges: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        heads, d_out, average, self_loops, slope = self.options
        n = len(x)
        if edges.numel() and not 0 <= int(edges.min()) <= int(edges.max()) < n:
            raise ValueError(f"node numbers from {int(edges.min())} to {int(edges.max())}, but {n} nodes")
        if self_loops:
            edges = torch.cat([edges[:, edges[0] != edges[1]], torch.arange(n).repeat(2, 1)], dim=1)
        outputs, weights = [], []
        for k in range(heads):
            hidden = x @ self.project.weight[k * d_out : (k + 1) * d_out].T
            score = (hidden @ self.u[k]).index_select(0, edges[0]) + (hidden @ self.v[k]).index_select(0, edges[1])
            score = torch.maximum(score, slope * score) if slope < 1 else F.leaky_relu(score, slope)
            weights.append(softmax_loop(score, edges[1], n))
            outputs.append(collect_loop(hidden, weights[-1], edges))
        output = torch.stack(outputs).mean(0) if average else torch.cat(outputs, dim=1)
        if self.bias is not None:
            output = output + self.bias
        return output, edges, torch.stack(weights, dim=1)


class FromTheExercises(nn.Module):
    """The parts of the lesson put together; `choices` of subclasses break one of them."""

    leaky, loops, biased, softmaxed = True, True, True, True

    def __init__(
        self,
        d_in: int,
        d_out: int,
        heads: int = 1,
        average: bool = False,
        self_loops: bool = True,
        bias: bool = True,
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        self.project = nn.Linear(d_in, heads * d_out, bias=False)
        self.u, self.v = (nn.Parameter(torch.zeros(heads, d_out)) for _ in range(2))
        self.bias = nn.Parameter(torch.zeros(d_out if average else heads * d_out)) if bias else None
        self.shape, self.average, self.self_loops, self.slope = (heads, d_out), average, self_loops, slope

    def forward(self, x: Tensor, edges: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        looped = with_self_loops(edges, len(x))
        if self.self_loops and self.loops:
            edges = looped
        hidden = self.project(x).unflatten(-1, self.shape)
        i, t = edges
        score = torch.einsum("ehd,hd->eh", hidden[i], self.u) + torch.einsum("ehd,hd->eh", hidden[t], self.v)
        score = F.leaky_relu(score, self.slope) if self.leaky else score
        weights = edge_softmax(score, t, len(x)) if self.softmaxed else score
        out = combine_heads(aggregate(hidden, weights, edges), lambda found: found, self.average)
        if self.bias is not None and self.biased:
            out = out + self.bias
        return out, edges, weights


class WithoutLeaky(FromTheExercises):
    leaky = False


class WithoutLoops(FromTheExercises):
    loops = False


class WithoutBias(FromTheExercises):
    biased = False


class WithoutSoftmax(FromTheExercises):
    softmaxed = False


class BiasInTheProjection(FromTheExercises):
    def __init__(self, d_in: int, d_out: int, heads: int = 1, **options: Any) -> None:
        super().__init__(d_in, d_out, heads, **options)
        self.project = nn.Linear(d_in, heads * d_out)


class NeverInitialised(FromTheExercises):
    def __init__(self, d_in: int, d_out: int, heads: int = 1, **options: Any) -> None:
        super().__init__(d_in, d_out, heads, **options)
        self.u, self.v = (nn.Parameter(torch.empty(heads, d_out)) for _ in range(2))


class Frozen(FromTheExercises):
    def __init__(self, d_in: int, d_out: int, heads: int = 1, **options: Any) -> None:
        super().__init__(d_in, d_out, heads, **options)
        self.u.requires_grad_(False)


class OtherNames(nn.Module):
    def __init__(self, d_in: int, d_out: int, heads: int = 1, average: bool = False, **options: Any) -> None:
        super().__init__()
        self.project = nn.Linear(d_in, heads * d_out, bias=False)
        self.sender, self.receiver = (nn.Parameter(torch.zeros(heads, d_out)) for _ in range(2))

    def forward(self, x: Tensor, edges: Tensor) -> Any:
        raise AssertionError("never called")


class Flat(FromTheExercises):
    """u and v as one long vector for all heads."""

    def __init__(self, d_in: int, d_out: int, heads: int = 1, **options: Any) -> None:
        super().__init__(d_in, d_out, heads, **options)
        self.u, self.v = (nn.Parameter(torch.zeros(heads * d_out)) for _ in range(2))


def _changed(name: str, **methods: Callable[..., Any]) -> type:
    return type(name, (InSteps,), methods)


class InSteps(FromTheExercises):
    """The same layer, one method a step, for those that err in one of them."""

    def share(self, scores: Tensor, edges: Tensor, nodes: int) -> Tensor:
        return edge_softmax(scores, edges[1], nodes)

    def collect(self, hidden: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
        return aggregate(hidden, weights, edges)

    def join(self, found: Tensor) -> Tensor:
        return combine_heads(found, nn.Identity(), self.average)

    def used(self, edges: Tensor, nodes: int) -> Tensor:
        return with_self_loops(edges, nodes) if self.self_loops else edges

    def give(self, output: Tensor, edges: Tensor, weights: Tensor, given: Tensor) -> Any:
        return output, edges, weights

    def forward(self, x: Tensor, edges: Tensor) -> Any:
        with_self_loops(edges, len(x))  # which looks at the node numbers
        given, edges = edges, self.used(edges, len(x))
        hidden = self.project(x).view(-1, *self.shape)
        scores = F.leaky_relu((hidden * self.u).sum(-1)[edges[0]] + (hidden * self.v).sum(-1)[edges[1]], self.slope)
        weights = self.share(scores, edges, len(x))
        output = self.join(self.collect(hidden, weights, edges))
        return self.give(output if self.bias is None else output + self.bias, edges, weights, given)


def _pairs(numbers: Tensor, edges: Tensor, nodes: int, empty: float) -> Tensor:
    table = numbers.new_full((nodes, nodes, *numbers.shape[1:]), empty)
    return table.index_put((edges[1], edges[0]), numbers)


def share_in_a_table(scores: Tensor, edges: Tensor, nodes: int) -> Tensor:
    return torch.nan_to_num(_pairs(scores, edges, nodes, -math.inf).softmax(1))[edges[1], edges[0]]


def collect_in_a_table(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    return torch.einsum("ti...,i...d->t...d", _pairs(weights, edges, len(values), 0.0), values)


def zeros_where_nobody_sends(self: Any, output: Tensor, edges: Tensor, weights: Tensor, given: Tensor) -> Any:
    reached = torch.zeros(len(output), 1, dtype=torch.bool)
    reached[edges[1]] = True
    return output * reached, edges, weights


class OneNeverInitialised(FromTheExercises):
    def __init__(self, d_in: int, d_out: int, heads: int = 1, **options: Any) -> None:
        super().__init__(d_in, d_out, heads, **options)
        self.v = nn.Parameter(torch.Tensor(heads, d_out))


class LoopsForgotten(InSteps):
    def forward(self, x: Tensor, edges: Tensor) -> Any:
        loops = self.used(edges, len(x))
        before, self.self_loops = self.self_loops, False
        output, _, weights = super().forward(x, edges)
        self.self_loops = before
        return output, loops, weights


NodesAreEdges = _changed("NodesAreEdges", share=lambda self, s, e, n: edge_softmax(s, e[1], e.shape[1]))
HeadsCompete = _changed("HeadsCompete", share=lambda self, s, e, n: s.softmax(-1))
MessagesHandedOver = _changed("MessagesHandedOver", collect=lambda self, h, w, e: aggregate(h[e[0]], w, e))
SharedInATable = _changed("SharedInATable", share=staticmethod(share_in_a_table))
CollectedInATable = _changed("CollectedInATable", collect=staticmethod(collect_in_a_table))
AllInATable = _changed(
    "AllInATable",
    share=staticmethod(share_in_a_table),
    collect=staticmethod(collect_in_a_table),
)
Unique = _changed(
    "Unique", used=lambda self, e, n: used.unique(dim=1) if (used := InSteps.used(self, e, n)).numel() else used
)
EluInside = _changed("EluInside", join=lambda self, found: combine_heads(found, F.elu, self.average))
ZerosForTheLonely = _changed("ZerosForTheLonely", give=zeros_where_nobody_sends)
WithoutEdges = _changed("WithoutEdges", give=lambda self, output, edges, weights, given: (output, weights))
WeightsOfOutputOnly = _changed("WeightsOfOutputOnly", give=lambda self, o, e, w, given: (o, e, w.detach()))
WeightsDetached = _changed("WeightsDetached", share=lambda self, s, e, n: edge_softmax(s, e[1], n).detach())


# ---- dynamic scores


def dynamic_loop(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    rows = [(F.leaky_relu(sent[i] + received[t], slope) * a).sum(-1) for i, t in edges.T.tolist()]
    return torch.stack(rows) if rows else sent.new_zeros(0, *a.shape[:-1])


def dynamic_einsum(s: Tensor, r: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    mixed = s.index_select(0, edges[0]) + r.index_select(0, edges[1])
    return torch.einsum("e...d,...d->e...", mixed.relu() - slope * (-mixed).relu(), a)


def dynamic_bent_last(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    return F.leaky_relu((a * sent).sum(-1)[edges[0]] + (a * received).sum(-1)[edges[1]], slope)


def dynamic_turned(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    return (F.leaky_relu(sent[edges[1]] + received[edges[0]], slope) * a).sum(-1)


def dynamic_tanh(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    return (torch.tanh(sent[edges[0]] + received[edges[1]]) * a).sum(-1)


def dynamic_other_slope(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.01) -> Tensor:
    return dynamic_loop(sent, received, a, edges, slope)


def dynamic_kept_dimension(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    return dynamic_einsum(sent, received, a, edges, slope)[..., None]


def dynamic_summed_over_heads(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    return torch.sum(F.leaky_relu(sent[edges[0]] + received[edges[1]], slope) * a, dim=1)


def dynamic_without_a(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    return dynamic_loop(sent, received, torch.ones_like(a), edges, slope)


def dynamic_bent_apart(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    both = F.leaky_relu(sent, slope)[edges[0]] + F.leaky_relu(received, slope)[edges[1]]
    return (both * a).sum(-1)


def dynamic_bent_twice(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    return F.leaky_relu(dynamic_einsum(sent, received, a, edges, slope), slope)


# ---- masks and lists


def to_edges_loop(mask: Tensor) -> Tensor:
    n = len(mask)
    pairs = [(i, t) for t in range(n) for i in range(n) if mask[t, i]]
    return torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T


def to_edges_where(mask: Tensor) -> Tensor:
    rows, columns = torch.where(mask)
    return torch.stack((columns, rows), dim=0)


def to_edges_not_flipped(mask: Tensor) -> Tensor:
    return torch.stack(torch.where(mask))


def to_edges_by_column(mask: Tensor) -> Tensor:
    n = len(mask)
    pairs = [(i, t) for i in range(n) for t in range(n) if mask[t, i]]
    return torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T


def to_edges_floats(mask: Tensor) -> Tensor:
    return to_edges_loop(mask).float()


def to_edges_pairs_torn(mask: Tensor) -> Tensor:
    return torch.stack(mask.nonzero(as_tuple=True)[::-1], 1).reshape(2, -1)


def to_edges_upper_half(mask: Tensor) -> Tensor:
    return to_edges_loop(mask.triu())


def to_mask_loop(edges: Tensor, nodes: int) -> Tensor:
    rows = [[False] * nodes for _ in range(nodes)]
    for i, t in edges.T.tolist():
        for node in (i, t):
            if not 0 <= node < nodes:
                raise ValueError(f"node {node} does not exist: there are {nodes}")
        rows[t][i] = True
    return torch.tensor(rows)


def to_mask_one_hot(edges: Tensor, nodes: int) -> Tensor:
    for node in edges.flatten().tolist():
        if node not in range(nodes):
            raise ValueError(f"what is node {node}?")
    senders, receivers = F.one_hot(edges, nodes)
    return receivers.T @ senders > 0


def to_mask_unguarded(edges: Tensor, nodes: int) -> Tensor:
    mask = torch.zeros(nodes, nodes, dtype=torch.bool)
    mask[edges[1], edges[0]] = True
    return mask


def to_mask_when_torch_complains(edges: Tensor, nodes: int) -> Tensor:
    try:
        return to_mask_unguarded(edges, nodes)
    except IndexError:
        raise ValueError(f"no such node: {int(edges.max())}") from None


def to_mask_senders_guarded(edges: Tensor, nodes: int) -> Tensor:
    for i, t in edges.T.tolist():
        if i < 0 or max(i, t) >= nodes:
            raise ValueError(f"edge {i} to {t}")
    return to_mask_unguarded(edges, nodes)


def to_mask_wrapped(edges: Tensor, nodes: int) -> Tensor:
    return to_mask_unguarded(edges % nodes, nodes)


def to_mask_turned(edges: Tensor, nodes: int) -> Tensor:
    return to_mask_loop(edges, nodes).T


def to_mask_mute_error(edges: Tensor, nodes: int) -> Tensor:
    if edges.numel() and not 0 <= int(edges.min()) <= int(edges.max()) < nodes:
        raise ValueError("bad edge list")
    return to_mask_unguarded(edges, nodes)


def to_mask_symmetric(edges: Tensor, nodes: int) -> Tensor:
    return to_mask_loop(torch.cat([edges, edges.flip(0)], 1), nodes)


def _refusing(wrong: Callable[[Tensor, int], Tensor], kind: type[Exception] = ValueError) -> Callable[..., Tensor]:
    def answer(edges: Tensor, nodes: int) -> Tensor:
        bad = edges[wrong(edges, nodes).expand_as(edges)].tolist()
        if bad:
            raise kind(f"there is no node {bad[0]}")
        return to_mask_unguarded(edges, nodes)

    return answer


def _outside(edges: Tensor, nodes: int) -> Tensor:
    return (edges < 0) | (edges >= nodes)


def to_mask_too_large_dropped(edges: Tensor, nodes: int) -> Tensor:
    return _refusing(lambda e, n: e < 0)(edges[:, edges.amax(0) < nodes] if edges.numel() else edges, nodes)


def to_mask_negative_dropped(edges: Tensor, nodes: int) -> Tensor:
    return _refusing(lambda e, n: e >= n)(edges[:, (edges >= 0).all(0)], nodes)


def to_mask_no_edges_refused(edges: Tensor, nodes: int) -> Tensor:
    highest = max(edges.flatten().tolist())
    if highest >= nodes:
        raise ValueError(f"no node {highest}")
    return to_mask_loop(edges, nodes)


def to_mask_nothing_said(edges: Tensor, nodes: int) -> Tensor | None:
    return None if _outside(edges, nodes).any() else to_mask_unguarded(edges, nodes)


to_mask_index_error = _refusing(_outside, IndexError)
to_mask_key_error = _refusing(_outside, KeyError)
to_mask_only_negative = _refusing(lambda e, n: e < 0)
to_mask_one_too_many = _refusing(lambda e, n: (e < 0) | (e > n))
to_mask_both_ends_wrong = _refusing(lambda e, n: _outside(e, n).all(0, keepdim=True))
to_mask_senders_only = _refusing(lambda e, n: _outside(e, n) & torch.tensor([[True], [False]]))
to_mask_receivers_only = _refusing(lambda e, n: _outside(e, n) & torch.tensor([[False], [True]]))


# ---- attention along edges


def attend_loop(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    scores = [(query[t] * key[i]).sum(-1) / query.shape[-1] ** 0.5 for i, t in edges.T.tolist()]
    table = torch.stack(scores) if scores else query.new_zeros(0, *query.shape[1:-1])
    weights = softmax_loop(table, edges[1], len(query))
    return collect_loop(value, weights, edges), weights


def attend_by_table(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    """Every copy of an edge adds to the score's power: log of how many there are."""
    n = len(query)
    counts = torch.zeros(n, n, dtype=query.dtype).index_put(
        (edges[1], edges[0]), torch.ones(edges.shape[1], dtype=query.dtype), accumulate=True
    )
    counts = counts.view(n, n, *[1] * (query.dim() - 2))
    scores = torch.einsum("t...d,i...d->ti...", query, key) / math.sqrt(query.shape[-1])
    top = scores.detach().masked_fill(counts == 0, -1e30).amax(1, keepdim=True)
    powers = (scores - top).clamp(max=0.0).exp()
    sums = (counts * powers).sum(1, keepdim=True).clamp(min=1e-30)
    output = torch.einsum("ti...,i...d->t...d", counts * powers / sums, value)
    return output, (powers / sums)[edges[1], edges[0]]


def attend_unscaled(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    weights = edge_softmax(torch.einsum("e...d,e...d->e...", query[edges[1]], key[edges[0]]), edges[1], len(query))
    return aggregate(value, weights, edges), weights


def attend_as_senders(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    scores = (query[edges[0]] * key[edges[1]]).sum(-1) / math.sqrt(query.shape[-1])
    weights = edge_softmax(scores, edges[1], len(query))
    return aggregate(value, weights, edges), weights


def attend_leaky(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    scores = F.leaky_relu((query[edges[1]] * key[edges[0]]).sum(-1) / math.sqrt(query.shape[-1]), 0.2)
    weights = edge_softmax(scores, edges[1], len(query))
    return aggregate(value, weights, edges), weights


def attend_flat_root(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    scores = (query[edges[1]] * key[edges[0]]).sum(-1) / math.sqrt(query[0].numel())
    weights = edge_softmax(scores, edges[1], len(query))
    return aggregate(value, weights, edges), weights


def _attending(
    pick: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] = lambda q, k, e: (q[e[1]], k[e[0]]),
    share: Callable[[Tensor, Tensor, int], Tensor] = lambda s, e, n: edge_softmax(s, e[1], n),
    collect: Callable[[Tensor, Tensor, Tensor], Tensor] = aggregate,
) -> Callable[..., tuple[Tensor, Tensor]]:
    def answer(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
        asking, asked = pick(query, key, edges)
        weights = share((asking * asked).sum(-1) * query.shape[-1] ** -0.5, edges, len(query))
        return collect(value, weights, edges), weights

    return answer


attend_nodes_are_edges = _attending(share=lambda s, e, n: edge_softmax(s, e[1], e.shape[1]))
attend_heads_compete = _attending(share=lambda s, e, n: s.softmax(-1))
attend_messages = _attending(collect=lambda v, w, e: aggregate(v[e[0]], w, e))
attend_shared_in_a_table = _attending(share=share_in_a_table)
attend_collected_in_a_table = _attending(collect=collect_in_a_table)
attend_queries_only = _attending(lambda q, k, e: (q[e[1]], q[e[0]]))
attend_keys_only = _attending(lambda q, k, e: (k[e[1]], k[e[0]]))
attend_own_keys = _attending(lambda q, k, e: (q[e[1]], k[e[1]]))


def attend_sorted(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    return attend_loop(query, key, value, edges[:, torch.sort(edges[1], stable=True).indices])


def attend_lonely_keep_theirs(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    output, weights = attend_loop(query, key, value, edges)
    reached = set(edges[1].tolist())
    return torch.stack([output[t] if t in reached else value[t] for t in range(len(value))]), weights


def attend_with_scores(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    scores = (query[edges[1]] * key[edges[0]]).sum(-1) / math.sqrt(query.shape[-1])
    return aggregate(value, scores, edges), edge_softmax(scores, edges[1], len(query))


def attend_detached_weights(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    output, weights = attend_loop(query, key, value, edges)
    return output, weights.detach()


def softmax_one_maximum(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    powers = torch.exp(scores - scores.max())
    sums = powers.new_zeros((nodes, *scores.shape[1:])).index_add(0, receivers, powers)
    return powers / sums[receivers]


def softmax_stack_of_nothing(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    out: list[Tensor] = []
    for e, t in enumerate(receivers.tolist()):
        out.append((scores[e] - torch.logsumexp(scores[receivers == t], 0)).exp())
    return torch.stack(out)


def collect_stack_of_nothing(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    messages = torch.stack([w[..., None] * values[i] for w, i in zip(weights, edges[0].tolist(), strict=True)])
    return torch.zeros_like(values).index_add(0, edges[1], messages)


def heads_bent_at_the_wrong_places(found: Tensor, activation: Callable, average: bool = False) -> Tensor:
    return activation(found).mean(1) if average else activation(found.reshape(len(found), -1))


def to_mask_largest_of_nothing(edges: Tensor, nodes: int) -> Tensor:
    low, high = int(edges.min()), int(edges.max())
    if low < 0 or high >= nodes:
        raise ValueError(f"no node {low if low < 0 else high}")
    mask = torch.zeros(nodes, nodes, dtype=torch.bool)
    mask[edges[1], edges[0]] = True
    return mask


def to_mask_largest_only(edges: Tensor, nodes: int) -> Tensor:
    if edges.max() >= nodes:
        raise ValueError(f"no node {edges.max()}")
    mask = torch.zeros(nodes, nodes, dtype=torch.bool)
    mask[edges[1], edges[0]] = True
    return mask


class PlainTensors(FromTheExercises):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shape = self.u.shape
        del self.u, self.v
        self.u, self.v = nn.init.xavier_uniform_(torch.empty(shape)), nn.init.xavier_uniform_(torch.empty(shape))


RIGHT = {
    "graph_attention.edge_score": [score_loop, score_concatenated],
    "graph_attention.neighbourhood_weights": [table_loop, table_of_powers, table_logsumexp, table_by_a_list],
    "graph_attention.edge_softmax": [softmax_loop, softmax_by_table, softmax_double, softmax_by_dictionary],
    "graph_attention.aggregate": [collect_loop, collect_by_matrix, collect_scatter],
    "graph_attention.combine_heads": [heads_loop, heads_by_einsum],
    "graph_attention.gat_layer": [HeadByHead, FromTheExercises, InSteps, WeightsOfOutputOnly],
    "graph_attention.dynamic_scores": [dynamic_loop, dynamic_einsum],
    "graph_attention.mask_to_edges": [to_edges_loop, to_edges_where],
    "graph_attention.edges_to_mask": [to_mask_loop, to_mask_one_hot],
    "graph_attention.edge_attention": [attend_loop, attend_by_table, attend_detached_weights],
}

WRONG = {
    "graph_attention.edge_score": [
        (score_sides_exchanged, "sides_exchanged"),
        (score_plain_numbers, None),
        (score_of_a_row, None),
        (score_bent_apart, "leaky_on_each_side"),
        (score_sloped_everywhere, "slope_everywhere"),
        (score_bending_down, None),
    ],
    "graph_attention.neighbourhood_weights": [
        (table_mask_times_weights, "mask_after_softmax"),
        (table_scores_times_mask, "zero_score_for_strangers"),
        (table_detached, None),
        (table_strangers_at_minus_10000, None),
        (table_bent_apart, "receiver_forgotten"),
        (table_other_slope, "another_default"),
    ],
    "graph_attention.edge_softmax": [
        (softmax_unshifted, "not_shifted"),
        (softmax_global_shift, "shifted_by_one_maximum"),
        (softmax_one_maximum, "one_maximum_and_no_empty_list"),
        (softmax_stack_of_nothing, "no_empty_list"),
        (softmax_shift_from_zero, "shifted_from_zero"),
        (softmax_guarded, None),
        (softmax_all, None),
        (softmax_shared_out_by_count, "counted"),
        (softmax_largest_from(-1e3), "shifted_from_a_finite_number"),
        (softmax_largest_from(-1e6), "shifted_from_a_finite_number"),
        (softmax_sums_plus_equals, "sums_overwritten_in_float32"),
        (softmax_largest_from_zeros, "shifted_from_zero_in_float32"),
        (softmax_one_sum_for_all_heads, "sums_over_heads"),
        (softmax_of_the_last, "over_the_last_dimension"),
    ],
    "graph_attention.aggregate": [
        (collect_plus_equals, "overwritten"),
        (collect_wrong_way, "backwards"),
        (collect_by_set_matrix, "last_copy_kept"),
        (collect_stack_of_nothing, "no_empty_list"),
        (collect_in_place, None),
        (collect_without_sign, "weights_without_sign"),
        (collect_positive_only, "negative_weights_dropped"),
        (collect_narrow_index, "first_column_only"),
    ],
    "graph_attention.combine_heads": [
        (heads_bent_first, "mean_of_activations"),
        (heads_bent_at_the_wrong_places, "bent_at_the_wrong_places"),
        (heads_flat_first, "activation_over_all_heads"),
        (heads_wrong_dim, "mean_over_nodes"),
        (heads_side_by_side_only, "average_ignored"),
    ],
    "graph_attention.gat_layer": [
        (WithoutLeaky, "no_leaky"),
        (WithoutLoops, "never_loops"),
        (WithoutBias, "bias_forgotten"),
        (WithoutSoftmax, "no_softmax"),
        (BiasInTheProjection, None),
        (OtherNames, None),
        (NeverInitialised, "never_initialised"),
        (PlainTensors, "plain_tensors"),
        (Frozen, None),
        (Flat, None),
        (OneNeverInitialised, "one_never_initialised"),
        (NodesAreEdges, "nodes_counted_by_edges"),
        (HeadsCompete, "shared_by_heads"),
        (MessagesHandedOver, "messages_collected"),
        (SharedInATable, "copies_share_once"),
        (CollectedInATable, "copies_collected_once"),
        (AllInATable, "copies_count_once"),
        (Unique, "copies_thrown_out"),
        (EluInside, "bent_before_the_bias"),
        (ZerosForTheLonely, "zeros_for_the_lonely"),
        (LoopsForgotten, "loops_returned_only"),
        (WithoutEdges, "edges_left_out"),
        (WeightsDetached, None),
    ],
    "graph_attention.dynamic_scores": [
        (dynamic_bent_last, "static"),
        (dynamic_turned, "backwards"),
        (dynamic_tanh, "tanh"),
        (dynamic_other_slope, "another_default"),
        (dynamic_kept_dimension, "kept_dimension"),
        (dynamic_summed_over_heads, "summed_over_heads"),
        (dynamic_without_a, "a_missing"),
        (dynamic_bent_apart, "bent_apart"),
        (dynamic_bent_twice, "bent_twice"),
    ],
    "graph_attention.mask_to_edges": [
        (to_edges_not_flipped, "rows_as_senders"),
        (to_edges_by_column, "sorted_by_sender"),
        (to_edges_floats, "floats"),
        (to_edges_pairs_torn, "pairs_torn"),
        (to_edges_upper_half, "upper_half_only"),
    ],
    "graph_attention.edges_to_mask": [
        (to_mask_unguarded, "unguarded"),
        (to_mask_both_ends_wrong, "unguarded"),
        (to_mask_only_negative, "the_number_of_nodes_passes"),
        (to_mask_one_too_many, "the_number_of_nodes_passes"),
        (to_mask_senders_only, "senders_only"),
        (to_mask_receivers_only, "receivers_only"),
        (to_mask_too_large_dropped, "too_large_dropped"),
        (to_mask_negative_dropped, "negative_accepted"),
        (to_mask_no_edges_refused, "no_edges_refused"),
        (to_mask_nothing_said, "outside_dropped"),
        (to_mask_index_error, None),
        (to_mask_key_error, None),
        (to_mask_when_torch_complains, "negative_accepted"),
        (to_mask_largest_of_nothing, "no_empty_list"),
        (to_mask_largest_only, "no_empty_list_and_negative_accepted"),
        (to_mask_turned, "turned"),
        (to_mask_symmetric, "both_ways"),
        (to_mask_mute_error, None),
        (to_mask_senders_guarded, "negative_receivers_accepted"),
        (to_mask_wrapped, "outside_dropped"),
    ],
    "graph_attention.edge_attention": [
        (attend_unscaled, "no_scaling"),
        (attend_as_senders, "senders_ask"),
        (attend_leaky, "leaky"),
        (attend_flat_root, "root_of_all_heads"),
        (attend_nodes_are_edges, "nodes_counted_by_edges"),
        (attend_heads_compete, "shared_by_heads"),
        (attend_messages, "messages_collected"),
        (attend_shared_in_a_table, "copies_share_once"),
        (attend_collected_in_a_table, "copies_collected_once"),
        (attend_queries_only, "queries_on_both_sides"),
        (attend_keys_only, "keys_on_both_sides"),
        (attend_own_keys, "keys_of_receivers"),
        (attend_sorted, "sorted_by_receiver"),
        (attend_lonely_keep_theirs, "lonely_keep_theirs"),
        (attend_with_scores, "scores_collected"),
    ],
}
