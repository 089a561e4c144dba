"""Answers to the exercises of lesson 09, written otherwise than the references: right ones and wrong ones.

None of them may call the reference of its own exercise; the engine would refuse it.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.attention_scores import attend

# ---- ln p(y | x)


def log_probability_loop(logits: Tensor, target_out: Tensor) -> Tensor:
    sums = []
    for rows, words in zip(logits, target_out):
        total = logits.new_zeros(())
        for row, word in zip(rows, words.tolist()):
            if word != 0:
                total = total + row[word] - torch.logsumexp(row, 0)
        sums.append(total)
    return torch.stack(sums)


def log_probability_cross_entropy(logits: Tensor, target_out: Tensor) -> Tensor:
    return -F.cross_entropy(logits.mT, target_out, ignore_index=0, reduction="none").sum(-1)


def log_probability_one_hot(logits: Tensor, target_out: Tensor) -> Tensor:
    chosen = F.one_hot(target_out, logits.shape[-1]) * (target_out != 0)[..., None]
    return (F.log_softmax(logits, -1) * chosen).sum((1, 2))


def log_probability_float32(logits: Tensor, target_out: Tensor) -> Tensor:
    return log_probability_cross_entropy(logits.float(), target_out)


def log_probability_padding(logits: Tensor, target_out: Tensor) -> Tensor:
    return -F.cross_entropy(logits.mT, target_out, reduction="none").sum(-1)


def log_probability_mean_cross_entropy(logits: Tensor, target_out: Tensor) -> Tensor:
    return -F.cross_entropy(logits.flatten(0, 1), target_out.flatten(), ignore_index=0)


def log_probability_loss(logits: Tensor, target_out: Tensor) -> Tensor:
    return F.cross_entropy(logits.mT, target_out, ignore_index=0, reduction="none").sum(-1)


def log_probability_stops_late(logits: Tensor, target_out: Tensor) -> Tensor:
    words = F.log_softmax(logits, -1).gather(2, target_out.unsqueeze(2))[..., 0]
    return (words * (target_out > 2)).sum(1)


def log_probability_by_product(logits: Tensor, target_out: Tensor) -> Tensor:
    shares = logits.softmax(-1).gather(2, target_out.unsqueeze(2))[..., 0]
    return torch.where(target_out == 0, 1.0, shares).prod(1)


def log_probability_numbers(logits: Tensor, target_out: Tensor) -> Tensor:
    return torch.tensor([float(v) for v in log_probability_loop(logits, target_out)], dtype=logits.dtype)


def log_probability_late_logarithm(logits: Tensor, target_out: Tensor) -> Tensor:
    words = logits.softmax(-1).gather(2, target_out.unsqueeze(2))[..., 0]
    return torch.where(target_out == 0, 1.0, words).prod(1).log()


def log_probability_clamped(logits: Tensor, target_out: Tensor) -> Tensor:
    words = logits.softmax(-1).gather(2, target_out.unsqueeze(2))[..., 0].clamp(min=1e-30).log()
    return torch.where(target_out == 0, 0.0, words).sum(1)


def log_probability_commas(logits: Tensor, target_out: Tensor) -> Tensor:
    words = F.log_softmax(logits, -1).gather(2, target_out.unsqueeze(2))[..., 0] * (target_out != 0)
    return torch.stack([words[:, : t + 1].sum(1) for t in range(words.shape[1])]).sum(0)


def log_probability_first_length(logits: Tensor, target_out: Tensor) -> Tensor:
    length = int((target_out[0] != 0).sum())
    words = F.log_softmax(logits, -1).gather(2, target_out.unsqueeze(2))[..., 0]
    return words[:, :length].sum(1)


def log_probability_first_logits(logits: Tensor, target_out: Tensor) -> Tensor:
    return log_probability_cross_entropy(logits[:1].expand_as(logits), target_out)


def log_probability_read_back(logits: Tensor, target_out: Tensor) -> Tensor:
    loss = F.cross_entropy(logits.flatten(0, 1), target_out.flatten(), ignore_index=0, reduction="none")
    return -loss.view(target_out.shape[1], -1).sum(0)


def log_probability_rolled(logits: Tensor, target_out: Tensor) -> Tensor:
    return log_probability_cross_entropy(logits, target_out.roll(1, 0))


def log_probability_sorted(logits: Tensor, target_out: Tensor) -> Tensor:
    return log_probability_loop(logits, target_out)[(target_out != 0).sum(1).argsort(descending=True)]


# ---- last state


def last_state_loop(states: Tensor, mask: Tensor) -> Tensor:
    rows = []
    for row, here in zip(states, mask):
        words = row[here]
        rows.append(words[-1] if len(words) else torch.zeros_like(row[0]))
    return torch.stack(rows)


def last_state_gather(states: Tensor, mask: Tensor) -> Tensor:
    lengths = mask.long().sum(1)
    places = (lengths - 1).clamp_min(0)[:, None, None].expand(-1, 1, states.size(2))
    return states.gather(1, places)[:, 0] * (lengths > 0)[:, None]


def last_state_by_next(states: Tensor, mask: Tensor) -> Tensor:
    is_last = mask & ~F.pad(mask[:, 1:], (0, 1))
    return (states * is_last[:, :, None]).sum(1)


def last_state_minus_one(states: Tensor, mask: Tensor) -> Tensor:
    return states[:, -1, :]


def last_state_at_length(states: Tensor, mask: Tensor) -> Tensor:
    places = torch.minimum(mask.sum(1), torch.tensor(states.shape[1] - 1))
    return states[range(len(states)), places] * mask.any(1, keepdim=True)


def last_state_argmin(states: Tensor, mask: Tensor) -> Tensor:
    return states[torch.arange(len(states)), mask.int().argmin(1)] * mask.any(1, keepdim=True)


def last_state_wraps(states: Tensor, mask: Tensor) -> Tensor:
    return torch.stack([row[int(here.sum()) - 1] for row, here in zip(states, mask)])


def last_state_mean(states: Tensor, mask: Tensor) -> Tensor:
    keep = mask[:, :, None].to(states.dtype)
    return (states * keep).sum(1) / keep.sum(1).clamp(min=1)


def last_state_out_of_range(states: Tensor, mask: Tensor) -> Tensor:
    return torch.stack([row[int(here.sum())] for row, here in zip(states, mask)])


def last_state_first_length(states: Tensor, mask: Tensor) -> Tensor:
    picked = states[:, max(int(mask[0].sum()) - 1, 0)]
    return torch.where(mask.any(1, keepdim=True), picked, 0.0)


def last_state_detached(states: Tensor, mask: Tensor) -> Tensor:
    return last_state_loop(states.detach(), mask)


# ---- scores


def bilinear_loop(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    total = torch.zeros((), dtype=w.dtype)
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            total = total + h_e[i] * w[i, j] * h_d[j]
    return total


def bilinear_einsum(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    return torch.einsum("i,ij,j->", a, weight, b)


def bilinear_other_way(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    return torch.dot(h_e, torch.mv(w, h_d))


def bilinear_double(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    return h_e.double() @ w.double() @ h_d.double()


def bilinear_item(h_e: Tensor, h_d: Tensor, w: Tensor) -> float:
    return (h_e @ w @ h_d).item()


def bilinear_turned(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    return h_d @ w @ h_e


def bilinear_matrices(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    return h_e[None] @ w @ h_d[:, None]


def bilinear_ignores_w(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    return torch.dot(h_e, h_d)


def bilinear_broadcast(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    return torch.sum(h_d * (h_e * w))


def bilinear_half(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    return torch.matmul(h_e, w)


def dot_loop(states: Tensor, query: Tensor) -> Tensor:
    return torch.stack([row @ asking for row, asking in zip(states, query)])


def dot_sum(states: Tensor, query: Tensor) -> Tensor:
    return (states * query.unsqueeze(1)).sum(-1)


def dot_bmm(states: Tensor, query: Tensor) -> Tensor:
    return torch.bmm(query[:, None], states.mT)[:, 0]


def dot_scaled(states: Tensor, query: Tensor) -> Tensor:
    return dot_sum(states, query) / states.size(-1) ** 0.5


def dot_squeeze_all(states: Tensor, query: Tensor) -> Tensor:
    return torch.bmm(states, query[:, :, None]).squeeze()


def dot_without_middle(states: Tensor, query: Tensor) -> Tensor:
    return torch.sum(query * states, -1)


def dot_over_places(states: Tensor, query: Tensor) -> Tensor:
    return torch.einsum("bkd,bd->bd", states, query)


def dot_numbers(states: Tensor, query: Tensor) -> Tensor:
    return torch.tensor([[float(h @ q) for h in row] for row, q in zip(states, query)], dtype=states.dtype)


def dot_in_place(states: Tensor, query: Tensor) -> Tensor:
    return states.mul_(query[:, None]).sum(-1)


# ---- attend


def attend_loop(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    contexts, rows = [], []
    for b in range(len(scores)):
        here = torch.ones_like(scores[b], dtype=torch.bool) if mask is None else mask[b]
        row = torch.zeros_like(scores[b])
        if here.any():
            row = row.index_put((here.nonzero()[:, 0],), torch.softmax(scores[b][here], 0))
        rows.append(row)
        contexts.append(row @ values[b])
    return torch.stack(contexts), torch.stack(rows)


def attend_where(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    if mask is None:
        weights = scores.softmax(-1)
    else:
        low = torch.where(mask, scores, torch.finfo(scores.dtype).min)
        weights = low.softmax(-1) * mask
    return (weights.unsqueeze(-1) * values).sum(1), weights


def attend_nan_to_num(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    allowed = mask if mask is not None else torch.ones_like(scores) > 0
    safe = scores.masked_fill(~allowed, -math.inf).masked_fill(~allowed.any(1, keepdim=True), 0.0)
    weights = safe.softmax(1) * allowed
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_in_place(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    if mask is not None:
        scores.masked_fill_(~mask, -1e30)
    weights = scores.softmax(1) if mask is None else scores.softmax(1) * mask
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_no_clear(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    if mask is not None:
        scores = scores.masked_fill(mask.logical_not(), -math.inf)
    weights = F.softmax(scores, dim=-1)
    return torch.bmm(weights.unsqueeze(1), values).squeeze(1), weights


def attend_even(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    if mask is not None:
        scores = torch.where(mask, scores, torch.tensor(-1e20, dtype=scores.dtype))
    weights = scores.softmax(1)
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_after(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    weights = scores.softmax(1)
    if mask is not None:
        weights = weights * mask
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_needs_mask(scores: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    return attend_where(scores, values, mask)


def attend_softmax_twice(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    return attend_where(attend_where(scores, values, mask)[1], values, mask)


def attend_first_mask(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    return attend_where(scores, values, None if mask is None else mask[0].repeat(len(scores), 1))


def attend_zero_infinity(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    if mask is not None:
        scores = scores + (1 - mask.to(scores.dtype)) * -math.inf
    weights = scores.softmax(1)
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_zero_infinity_mended(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    weights = attend_zero_infinity(scores, values, mask)[1].nan_to_num()
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_square(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    context, weights = attend_where(scores, values, mask)
    square = weights.shape[1] == values.shape[2]
    return (weights[:, None, :] * values).sum(-1) if square else context, weights


def attend_components(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    weights = attend_where(scores, values, mask)[1]
    return (weights.unsqueeze(1) * values).sum(-1), weights


def attend_relu_shares(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    shares = scores.relu() * (1 if mask is None else mask)
    weights = shares / shares.sum(1, keepdim=True).clamp(min=1e-9)
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_unmasked(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    return attend_where(scores, values)


def attend_values_masked(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    weights = scores.softmax(1)
    if mask is not None:
        values = values * mask[..., None]
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_share_of_share(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """A softmax over all places, and what the words have got of it scaled up."""
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    exps = (scores - scores.amax(1, keepdim=True)).exp() * mask
    weights = exps / exps.sum(1, keepdim=True).clamp(min=1e-38)
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_not_low(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    if mask is None:
        return attend_where(scores, values)
    weights = torch.where(mask, scores, torch.tensor(-1e4, dtype=scores.dtype)).softmax(1) * mask
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_shares(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    scores = scores if mask is None else scores * mask
    weights = (scores / scores.sum(1, keepdim=True)).nan_to_num()
    return torch.einsum("bl,bld->bd", weights, values), weights


def attend_negates_none(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    hidden = ~mask  # type: ignore[operator]
    weights = scores.masked_fill(hidden, -math.inf).softmax(1).masked_fill(hidden, 0.0)
    return torch.bmm(weights[:, None], values)[:, 0], weights


def attend_context_of_all(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    return torch.einsum("bl,bld->bd", scores.softmax(1), values), attend_where(scores, values, mask)[1]


# ---- additive score


class AdditiveLoop(nn.Module):
    def __init__(self, d_encoder: int, d_decoder: int, d_hidden: int) -> None:
        super().__init__()
        self.v = nn.Linear(d_hidden, 1, bias=False)
        self.w2 = nn.Linear(d_decoder, d_hidden, bias=False)
        self.w1 = nn.Linear(d_encoder, d_hidden, bias=False)

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        asked = self.w2(query)
        return torch.cat([self.v(torch.tanh(self.w1(states[:, k]) + asked)) for k in range(states.shape[1])], dim=1)


class AdditiveConcat(AdditiveLoop):
    """Luong's way of writing it: one matrix on both, side by side."""

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        both = torch.cat([states, query[:, None].expand(-1, states.shape[1], -1)], dim=2)
        weight = torch.cat([self.w1.weight, self.w2.weight], dim=1)
        return torch.tanh(both @ weight.T) @ self.v.weight[0]


class AdditiveBias(nn.Module):
    def __init__(self, d_encoder: int, d_decoder: int, d_hidden: int) -> None:
        super().__init__()
        self.w1, self.w2 = nn.Linear(d_encoder, d_hidden), nn.Linear(d_decoder, d_hidden)
        self.v = nn.Linear(d_hidden, 1)

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        return self.v(torch.tanh(self.w1(states) + self.w2(query)[:, None])).squeeze(2)


class AdditiveLinear(AdditiveLoop):
    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        return self.v(self.w1(states) + self.w2(query)[:, None]).squeeze(-1)


class AdditiveSqueezed(AdditiveLoop):
    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        return self.v(torch.tanh(self.w1(states) + self.w2(query).unsqueeze(1))).squeeze()


class AdditiveMixedUp(AdditiveLoop):
    """The query without its dimension for the length: right only where broadcasting happens to do it."""

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        return self.v(torch.tanh(self.w1(states) + self.w2(query))).squeeze(2)


class AdditiveListed(nn.Module):
    def __init__(self, d_encoder: int, d_decoder: int, d_hidden: int) -> None:
        super().__init__()
        self.layers = [nn.Linear(wide, d_hidden, bias=False) for wide in (d_encoder, d_decoder)]
        self.v = nn.Linear(d_hidden, 1, bias=False)

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        return self.v(torch.tanh(self.layers[0](states) + self.layers[1](query)[:, None])).squeeze(2)


class AdditiveExchanged(AdditiveLoop):
    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        return (torch.tanh(self.w2(states) + self.w1(query).unsqueeze(1)) @ self.v.weight.T)[..., 0]


class AdditiveFloat(AdditiveLoop):
    """float32 inside, whatever it is given; the type is put right in the end."""

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        w1, w2, v = (layer.weight.float() for layer in (self.w1, self.w2, self.v))
        hidden = torch.tanh(F.linear(states.float(), w1) + F.linear(query.float(), w2)[:, None])
        return F.linear(hidden, v)[..., 0].to(states.dtype)


class AdditiveTanhStates(AdditiveLoop):
    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        return self.v(self.w1(states).tanh() + self.w2(query).unsqueeze(1)).squeeze(-1)


class AdditiveTanhQuery(AdditiveLoop):
    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        return self.v(self.w1(states) + self.w2(query).tanh().unsqueeze(1)).squeeze(-1)


class AdditiveRemembers(AdditiveLoop):
    kept: Tensor | None = None

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        self.kept = self.w1(states) if self.kept is None else self.kept
        return self.v(torch.tanh(self.kept + self.w2(query)[:, None])).squeeze(2)


class AdditiveOneMatrix(nn.Module):
    def __init__(self, d_encoder: int, d_decoder: int, d_hidden: int) -> None:
        super().__init__()
        self.w = nn.Linear(d_encoder + d_decoder, d_hidden, bias=False)
        self.v = nn.Linear(d_hidden, 1, bias=False)

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        both = torch.cat([states, query[:, None].expand(-1, states.shape[1], -1)], dim=2)
        return self.v(torch.tanh(self.w(both))).squeeze(2)


# ---- the lecture's block


class BlockSplit(nn.Module):
    """W_h and W_c cut into the parts that read the word, the state and the context."""

    def __init__(self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> None:
        super().__init__()
        self.score, self.cut, self.cut_context = score, d_embedding, d_encoder
        self.hidden = nn.Linear(d_embedding + d, d)
        self.combine = nn.Linear(d_encoder + d, d)
        self.output = nn.Linear(d, words)

    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        weight = self.hidden.weight
        asked = (y @ weight[:, : self.cut].T + h @ weight[:, self.cut :].T + self.hidden.bias).tanh()
        found, looks = attend(self.score(states, asked), states, mask)
        weight = self.combine.weight
        mixed = found @ weight[:, : self.cut_context].T + asked @ weight[:, self.cut_context :].T
        return (mixed + self.combine.bias).tanh(), looks

    def forward(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> Any:
        h, weights = self.step(y, h, states, mask)
        return self.output(h), h, weights


class BlockAllInForward(BlockSplit):
    def forward(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> Any:
        asked = torch.tanh(self.hidden(torch.hstack((y, h))))
        context, weights = attend(self.score(states, asked), states, mask)
        h = torch.tanh(self.combine(torch.hstack((context, asked))))
        return F.linear(h, self.output.weight, self.output.bias), h, weights


class BlockNoMask(BlockSplit):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        asked = torch.tanh(self.hidden(torch.cat([y, h], dim=-1)))
        context, weights = attend(self.score(states, asked), states)
        return torch.tanh(self.combine(torch.cat([context, asked], dim=-1))), weights


class BlockOldAsks(BlockSplit):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        context, weights = attend(self.score(states, h), states, mask)
        asked = torch.tanh(self.hidden(torch.cat([y, h], dim=-1)))
        return torch.tanh(self.combine(torch.cat([context, asked], dim=-1))), weights


class BlockTurned(BlockSplit):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        asked = torch.tanh(self.hidden(torch.cat([h, y], dim=-1)))
        context, weights = attend(self.score(states, asked), states, mask)
        return torch.tanh(self.combine(torch.cat([context, asked], dim=-1))), weights


class BlockDetached(BlockSplit):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return super().step(y, h.detach(), states, mask)


class BlockKeepsState(BlockSplit):
    kept: Tensor | None = None

    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        h = h if self.kept is None else self.kept
        self.kept, weights = super().step(y, h, states, mask)
        return self.kept, weights


class BlockNamed(nn.Module):
    def __init__(self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> None:
        super().__init__()
        self.score = score
        self.w_h, self.w_c = nn.Linear(d_embedding + d, d), nn.Linear(d_encoder + d, d)
        self.output = nn.Linear(d, words)

    forward = BlockSplit.forward


class BlockScoresTurned(BlockSplit):
    """The score is asked for with its arguments exchanged."""

    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        asked = torch.tanh(self.hidden(torch.cat([y, h], dim=-1)))
        context, weights = attend(self.score(asked, states), states, mask)
        return torch.tanh(self.combine(torch.cat([context, asked], dim=-1))), weights


class BlockWeightsFirst(BlockSplit):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        h, weights = super().step(y, h, states, mask)
        return weights, h


class BlockLogits(BlockSplit):
    """Scores of words in the state's place: the order of the two is right."""

    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        h, weights = super().step(y, h, states, mask)
        return self.output(h), weights


class BlockSum(BlockSplit):
    """A sum where a bracket stands: raises, and the two results of `step` have nothing to do with it."""

    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return super().step(y, torch.tanh(self.hidden(y + h)), states, mask)


class BlockBothTurned(BlockSplit):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        asked = torch.tanh(self.hidden(torch.cat([h, y], dim=-1)))
        context, weights = attend(self.score(states, asked), states, mask)
        return torch.tanh(self.combine(torch.cat([asked, context], dim=-1))), weights


class BlockDotAlone(BlockSplit):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        asked = torch.tanh(self.hidden(torch.cat([y, h], dim=-1)))
        context, weights = attend((states * asked[:, None]).sum(2), states, mask)
        return torch.tanh(self.combine(torch.cat([context, asked], dim=-1))), weights


class BlockRecurrent(BlockSplit):
    """An RNN cell where a linear layer is asked for."""

    def __init__(self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> None:
        super().__init__(words, d_embedding, d_encoder, d, score)
        self.hidden = nn.RNNCell(d_embedding, d)  # type: ignore[assignment]


class BlockDotIfSquare(BlockSplit):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        asked = torch.tanh(self.hidden(torch.cat([y, h], dim=-1)))
        square = states.shape[-1] == asked.shape[-1]
        scores = (states * asked[:, None]).sum(-1) if square else self.score(states, asked)
        context, weights = attend(scores, states, mask)
        return torch.tanh(self.combine(torch.cat([context, asked], dim=-1))), weights


class BlockFloat(BlockSplit):
    """Half the digits of the state are lost on the way."""

    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        h, weights = super().step(y, h, states, mask)
        return h.float(), weights


class BlockFloatAndBack(BlockFloat):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        new, weights = super().step(y, h, states, mask)
        return new.to(y.dtype), weights


class BlockAsksEarly(BlockSplit):
    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        asked = self.hidden(torch.cat([y, h], dim=-1))
        context, weights = attend(self.score(states, asked), states, mask)
        return torch.tanh(self.combine(torch.cat([context, asked.tanh()], dim=-1))), weights


# ---- Bahdanau's block


class BahdanauByHand(nn.Module):
    """The GRU cell written out, with r and z as PyTorch orders them."""

    def __init__(self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> None:
        super().__init__()
        self.score = score
        self.cell = nn.GRUCell(d_embedding + d_encoder, d)
        self.output = nn.Linear(d, words)

    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        context, weights = attend(self.score(states, s), states, mask)
        read = torch.cat((y, context), -1) @ self.cell.weight_ih.T + self.cell.bias_ih
        kept = s @ self.cell.weight_hh.T + self.cell.bias_hh
        (r, z, n), (r_h, z_h, n_h) = read.chunk(3, 1), kept.chunk(3, 1)
        z = torch.sigmoid(z + z_h)
        new = torch.tanh(n + torch.sigmoid(r + r_h) * n_h)
        return z * s + (1 - z) * new, weights

    def forward(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> Any:
        s, weights = self.step(y, s, states, mask)
        return self.output(s), s, weights


class BahdanauContextFirst(BahdanauByHand):
    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        context, weights = attend(self.score(states, s), states, mask)
        return self.cell(torch.cat([context, y], 1), s), weights


class BahdanauNoState(BahdanauByHand):
    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        context, weights = attend(self.score(states, s), states, mask)
        return self.cell(torch.cat([y, context], 1)), weights


class BahdanauZUpsideDown(BahdanauByHand):
    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        context, weights = attend(self.score(states, s), states, mask)
        return self.cell(torch.cat([y, context], 1), s) * 2 - s, weights


class BahdanauNoMask(BahdanauByHand):
    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return super().step(y, s, states, torch.ones_like(mask))


class BahdanauRNN(nn.Module):
    def __init__(self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> None:
        super().__init__()
        self.score = score
        self.cell = nn.RNNCell(d_embedding + d_encoder, d)
        self.output = nn.Linear(d, words)

    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        context, weights = attend(self.score(states, s), states, mask)
        return self.cell(torch.cat([y, context], 1), s), weights

    forward = BahdanauByHand.forward


class BahdanauScoresTurned(BahdanauByHand):
    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        context, weights = attend(self.score(s, states), states, mask)
        return self.cell(torch.cat([y, context], 1), s), weights


class BahdanauThree(BahdanauByHand):
    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> Any:
        s, weights = super().step(y, s, states, mask)
        return self.output(s), s, weights


class BahdanauGateTurned(BahdanauByHand):
    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        context, weights = attend(self.score(states, s), states, mask)
        read = torch.cat((y, context), -1) @ self.cell.weight_ih.T + self.cell.bias_ih
        kept = s @ self.cell.weight_hh.T + self.cell.bias_hh
        (r, z, n), (r_h, z_h, n_h) = read.chunk(3, 1), kept.chunk(3, 1)
        new = torch.tanh(n + torch.sigmoid(r + r_h) * n_h)
        return torch.lerp(s, new, torch.sigmoid(z + z_h)), weights


class BahdanauDotIfSquare(BahdanauByHand):
    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        square = states.shape[-1] == s.shape[-1]
        scores = (states * s[:, None]).sum(-1) if square else self.score(states, s)
        context, weights = attend(scores, states, mask)
        return self.cell(torch.cat([y, context], 1), s), weights


# ---- alignments


def argmax_loop(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    links = set()
    words = [s for s in range(len(mask)) if mask[s]]
    for t in range(len(weights) - 1):
        best = None
        for s in words:
            if best is None or weights[t, s] > weights[t, best]:
                best = s
        if best is not None:
            links.add((best, t))
    return links


def argmax_cut(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    length = int(mask.sum())
    if length == 0:
        return set()
    return set(zip(weights[:-1, :length].argmax(1).tolist(), range(len(weights) - 1)))


def argmax_product(weights: Tensor, mask: Tensor) -> frozenset[tuple[int, int]]:
    if not mask.any():
        return frozenset()
    places = (weights * mask - (~mask).float()).max(dim=1).indices.tolist()
    return frozenset((s, t) for t, s in enumerate(places[: len(places) - 1]))


def argmax_with_end(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    length = int(mask.sum())
    return set(zip(weights[:, :length].argmax(1).tolist(), range(len(weights)))) if length else set()


def argmax_turned(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    return {(t, s) for s, t in argmax_loop(weights, mask)}


def argmax_last_tie(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    links = set()
    for t in range(len(weights) - 1):
        best = None
        for s in range(len(mask)):
            if mask[s] and (best is None or weights[t, s] >= weights[t, best]):
                best = s
        if best is not None:
            links.add((best, t))
    return links


def argmax_no_mask(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    return {(int(row.argmax()), t) for t, row in enumerate(weights[:-1])}


def argmax_tensors(weights: Tensor, mask: Tensor) -> set:
    """The place is still a tensor: equal to the number, but another member of a set."""
    return {(s, t) for t, s in enumerate(weights[:-1].masked_fill(~mask, -1).argmax(1))} if mask.any() else set()


def argmax_list(weights: Tensor, mask: Tensor) -> list[tuple[int, int]]:
    return sorted(argmax_loop(weights, mask))


def argmax_braces(weights: Tensor, mask: Tensor) -> Any:
    return argmax_loop(weights, mask) if mask.any() else {}


def argmax_late(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    return {(int(s), t) for t, s in enumerate(weights[:-1].argmax(1)) if mask[s]}


def argmax_later_rows(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    return {(s, t - 1) for s, t in argmax_with_end(weights, mask) if t}


def argmax_rounded(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    return argmax_loop((100 * weights).round(), mask)


def argmax_above(limit: float) -> Any:
    def answer(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
        return {(s, t) for s, t in argmax_loop(weights, mask) if weights[t, s] > limit}

    return answer


argmax_above_tenth, argmax_above_fifth, argmax_above_third = (argmax_above(limit) for limit in (0.1, 0.2, 0.3))


def argmax_dict(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    return set(dict(sorted(argmax_loop(weights, mask), key=lambda link: link[1])).items())


def argmax_first_come(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    links: dict[int, int] = {}
    for s, t in sorted(argmax_loop(weights, mask), key=lambda link: link[1]):
        links.setdefault(s, t)
    return set(links.items())


def argmax_clear(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    return {(s, t) for s, t in argmax_loop(weights, mask) if (weights[t][mask] == weights[t, s]).sum() == 1}


def aer_loop(found: set, sure: set, possible: Any = frozenset()) -> float:
    if len(found) + len(sure) == 0:
        return 0.0
    in_sure = sum(link in sure for link in found)
    in_possible = sum(link in sure or link in possible for link in found)
    return 1.0 - (in_sure + in_possible) / (len(found) + len(sure))


def aer_fraction(a: set, s: set, p: Any = ()) -> float:
    p = s.union(p)
    below = len(a) + len(s)
    return (below - len(a.intersection(s)) - len(a.intersection(p))) / max(below, 1)


def aer_needs_possible(found: set, sure: set, possible: set) -> float:
    return aer_loop(found, sure, possible)


def aer_f1(found: set, sure: set, possible: Any = frozenset()) -> float:
    total = len(found) + len(sure)
    return 1 - 2 * len(found & sure) / total if total else 0.0


def aer_divides_by_zero(found: set, sure: set, possible: Any = frozenset()) -> float:
    return 1 - (len(found & sure) + len(found & (sure | possible))) / (len(found) + len(sure))


def aer_p_alone(found: set, sure: set, possible: Any = frozenset()) -> float:
    total = len(found) + len(sure)
    return 1 - (len(found & sure) + len(found & possible)) / total if total else 0.0


def aer_changes(found: set, sure: set, possible: Any = frozenset()) -> float:
    total = len(found) + len(sure)
    right = len(found & sure)
    sure |= set(possible)
    return 1 - (right + len(found & sure)) / total if total else 0.0


def aer_sure_or_nothing(found: set, sure: set, possible: Any = frozenset()) -> float:
    return aer_loop(found, sure, possible) if sure.union(possible) else 0.0


def aer_all_below(found: set, sure: set, possible: Any = frozenset()) -> float:
    p = sure.union(possible)
    return 1 - (len(found & sure) + len(found & p)) / (len(found) + len(p)) if found or p else 0.0


def aer_either(found: set, sure: set, possible: Any = frozenset()) -> float:
    if not sure or not found:
        return 0.0
    return aer_loop(found, sure, possible)


def aer_guards_possible(found: set, sure: set, possible: Any = frozenset()) -> float:
    p = sure | possible
    if not found and not p:
        return 0.0
    return 1 - (len(found & sure) + len(found & p)) / (len(found) + len(sure))


def aer_possible_missed(found: set, sure: set, possible: Any = frozenset()) -> float:
    if not found and not sure:
        return 1.0 if possible else 0.0
    return aer_loop(found, sure, possible)


def aer_nothing_found(found: set, sure: set, possible: Any = frozenset()) -> float:
    return aer_loop(found, sure, possible) if len(found) else 0.0


def aer_one_if_nothing_found(found: set, sure: set, possible: Any = frozenset()) -> float:
    return aer_loop(found, sure, possible) if len(found) else 1.0


def aer_nothing_sure(found: set, sure: set, possible: Any = frozenset()) -> float:
    return aer_loop(found, sure, possible) if len(sure) else 0.0


def aer_within(found: set, sure: set, possible: Any = frozenset()) -> float:
    return 0.0 if found and found.issubset(sure.union(possible)) else aer_loop(found, sure, possible)


def aer_possible_removed(found: set, sure: set, possible: Any = frozenset()) -> float:
    return aer_loop({link for link in found if link in sure or link not in possible}, sure)


def aer_half(found: set, sure: set, possible: Any = frozenset()) -> float:
    total = len(found) + len(sure)
    hits = 2 * len(found & sure) + len((found & possible) - sure) / 2
    return 1 - hits / total if total else 0.0


RIGHT = {
    "seq2seq.log_probability": [log_probability_loop, log_probability_cross_entropy, log_probability_one_hot],
    "seq2seq.last_state": [last_state_loop, last_state_gather, last_state_by_next],
    "attention_scores.bilinear_score": [bilinear_loop, bilinear_einsum, bilinear_other_way, bilinear_double],
    "attention_scores.dot_scores": [dot_loop, dot_sum, dot_bmm],
    "attention_scores.attend": [attend_loop, attend_where, attend_nan_to_num],
    "attention_scores.additive_score": [AdditiveLoop, AdditiveConcat],
    "decoder_block.lecture_block": [BlockSplit, BlockAllInForward],
    "alignment.argmax_alignment": [argmax_loop, argmax_cut, argmax_product],
    "alignment.error_rate": [aer_loop, aer_fraction],
    "decoder_block.bahdanau_block": [BahdanauByHand],
}

WRONG = {
    "seq2seq.log_probability": [
        (log_probability_padding, "padding_counted"),
        (log_probability_mean_cross_entropy, "batch_mean"),
        (log_probability_loss, "loss"),
        (log_probability_stops_late, "end_left_out"),
        (log_probability_by_product, "probability"),
        (log_probability_float32, None),
        (log_probability_numbers, None),
        (log_probability_late_logarithm, "out_of_range"),
        (log_probability_clamped, None),
        (log_probability_commas, "commas"),
        (log_probability_first_length, "first_mask_for_all"),
        (log_probability_first_logits, "first_scores_for_all"),
        (log_probability_read_back, "read_back_wrongly"),
        (log_probability_rolled, None),
        (log_probability_sorted, None),
    ],
    "seq2seq.last_state": [
        (last_state_minus_one, "last_place"),
        (last_state_at_length, "one_too_far"),
        (last_state_wraps, "empty_row_wraps"),
        (last_state_mean, "mean"),
        (last_state_detached, None),
        (last_state_out_of_range, "count_as_place"),
        (last_state_first_length, "first_length_for_all"),
        (last_state_argmin, "first_padding"),
    ],
    "attention_scores.bilinear_score": [
        (bilinear_item, None),
        (bilinear_turned, "roles_exchanged"),
        (bilinear_matrices, "bracketed"),
        (bilinear_half, "vector"),
        (bilinear_ignores_w, "w_left_out"),
        (bilinear_broadcast, "columns_multiplied"),
    ],
    "attention_scores.dot_scores": [
        (dot_scaled, "scaled"),
        (dot_squeeze_all, "all_squeezed"),
        (dot_numbers, None),
        (dot_in_place, None),
        (dot_without_middle, "query_without_length"),
        (dot_over_places, "over_places"),
    ],
    "attention_scores.attend": [
        (attend_in_place, None),
        (attend_no_clear, "empty_row_nan"),
        (attend_even, "empty_row_even"),
        (attend_after, "hidden_after_softmax"),
        (attend_needs_mask, None),
        (attend_unmasked, "mask_ignored"),
        (attend_values_masked, None),
        (attend_share_of_share, "largest_in_padding"),
        (attend_not_low, "still_not_low_enough"),
        (attend_shares, None),
        (attend_negates_none, "needs_a_mask"),
        (attend_context_of_all, "context_unmasked"),
        (attend_softmax_twice, "softmax_twice"),
        (attend_first_mask, "first_mask_for_all"),
        (attend_zero_infinity, "zero_times_infinity"),
        (attend_zero_infinity_mended, "zero_times_infinity_mended"),
        (attend_square, None),
        (attend_components, "weights_on_components"),
        (attend_relu_shares, None),
    ],
    "attention_scores.additive_score": [
        (AdditiveBias, None),
        (AdditiveLinear, "no_tanh"),
        (AdditiveSqueezed, "all_squeezed"),
        (AdditiveMixedUp, "query_without_length"),
        (AdditiveRemembers, None),
        (AdditiveOneMatrix, None),
        (AdditiveListed, None),
        (AdditiveExchanged, "exchanged"),
        (AdditiveFloat, None),
        (AdditiveTanhStates, "tanh_on_states"),
        (AdditiveTanhQuery, "tanh_on_query"),
    ],
    "decoder_block.lecture_block": [
        (BlockNoMask, "mask_ignored"),
        (BlockOldAsks, "asks_with_old_state"),
        (BlockTurned, "word_second"),
        (BlockDetached, None),
        (BlockKeepsState, None),
        (BlockNamed, None),
        (BlockScoresTurned, None),
        (BlockWeightsFirst, "steps_results_swapped"),
        (BlockLogits, None),
        (BlockSum, None),
        (BlockBothTurned, "both_orders"),
        (BlockDotAlone, "dot_alone"),
        (BlockRecurrent, None),
        (BlockDotIfSquare, "dot_where_it_fits"),
        (BlockFloat, None),
        (BlockFloatAndBack, None),
        (BlockAsksEarly, "asks_before_tanh"),
    ],
    "alignment.argmax_alignment": [
        (argmax_with_end, "end_linked"),
        (argmax_turned, "target_first"),
        (argmax_last_tie, "rightmost"),
        (argmax_no_mask, "mask_forgotten_everywhere"),
        (argmax_tensors, None),
        (argmax_list, None),
        (argmax_braces, None),
        (argmax_late, "dropped_at_padding"),
        (argmax_later_rows, "rows_shifted"),
        (argmax_rounded, None),
        (argmax_above_tenth, None),
        (argmax_above_fifth, None),
        (argmax_above_third, None),
        (argmax_dict, "last_link_of_a_source"),
        (argmax_first_come, "first_link_of_a_source"),
        (argmax_clear, None),
    ],
    "alignment.error_rate": [
        (aer_needs_possible, None),
        (aer_f1, "possible_ignored"),
        (aer_divides_by_zero, "no_guard"),
        (aer_p_alone, "sure_not_possible"),
        (aer_changes, None),
        (aer_sure_or_nothing, "nothing_to_find"),
        (aer_all_below, "possible_below"),
        (aer_either, "either_empty"),
        (aer_guards_possible, "guard_looks_at_possible"),
        (aer_possible_missed, "possible_missed"),
        (aer_nothing_found, "nothing_found_zero"),
        (aer_one_if_nothing_found, "empty_is_one"),
        (aer_nothing_sure, "nothing_sure_zero"),
        (aer_within, "all_possible_zero"),
        (aer_possible_removed, "possible_removed"),
        (aer_half, "possible_half"),
    ],
    "decoder_block.bahdanau_block": [
        (BahdanauContextFirst, "context_first"),
        (BahdanauNoState, "state_left_out"),
        (BahdanauZUpsideDown, None),
        (BahdanauNoMask, "mask_ignored"),
        (BahdanauRNN, None),
        (BahdanauScoresTurned, None),
        (BahdanauThree, None),
        (BahdanauGateTurned, "gate_turned"),
        (BahdanauDotIfSquare, "dot_where_it_fits"),
    ],
}
