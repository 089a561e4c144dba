"""Answers to the exercises of lesson 11, written otherwise than the references: right ones and wrong ones.

None of them may call the reference of its own exercise; the engine would refuse it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.attention import MultiHeadAttention, causal_mask
from utils.transformer import FeedForward, LayerNorm

# ---- layer norm


def layer_norm_loop(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        mean = sum(row) / len(row)
        variance = sum((number - mean) ** 2 for number in row) / len(row)
        rows.append((row - mean) / (variance + eps) ** 0.5)
    return torch.stack(rows).reshape(x.shape) * weight + bias


def layer_norm_by_squares(x: Tensor, w: Tensor, b: Tensor, eps: float = 1e-5) -> Tensor:
    wide = x.double()
    mean = wide.mean(-1, keepdim=True)
    scale = torch.rsqrt((wide * wide).mean(-1, keepdim=True) - mean * mean + eps)
    return ((wide - mean) * scale * w.double() + b.double()).to(x.dtype)


def layer_norm_var(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    variance, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
    return torch.addcmul(bias, (x - mean) / torch.sqrt(variance + eps), weight)


def layer_norm_with_std(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps) * weight + bias


def layer_norm_rms(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight + bias


def layer_norm_batch(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    flat = x.reshape(-1, x.shape[-1])
    if len(flat) == 1:
        flat = flat * 1.0
    mean, variance = flat.mean(0), flat.var(0, correction=0)
    return (x - mean) / torch.sqrt(variance + eps) * weight + bias


def layer_norm_float32(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return layer_norm_var(x.float(), weight.float(), bias.float(), eps)


def layer_norm_in_place(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    x -= x.mean(-1, keepdim=True)
    return x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight + bias


def layer_norm_eps_required(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return layer_norm_var(x, weight, bias, eps)


def layer_norm_eps_twice(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-3) -> Tensor:
    return layer_norm_var(x, weight, bias, eps)


def layer_norm_kept_flat(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return layer_norm_var(x.view(-1, x.shape[-1]), weight, bias, eps)


def layer_norm_tanh(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return torch.tanh(x) * weight + bias


def layer_norm_wide(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return layer_norm_var(x.double(), weight, bias, eps)


def layer_norm_two_moments(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / (x.pow(2).mean(-1, keepdim=True) - mean**2 + eps).sqrt() * weight + bias


def layer_norm_one_group(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return F.group_norm(x.reshape(-1, x.shape[-1]), 1, weight, bias, eps).reshape(x.shape)


def layer_norm_rms_of_centred(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return F.rms_norm(x - x.mean(-1, keepdim=True), x.shape[-1:], weight, eps) + bias


def layer_norm_turned_batch(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    flat = x.reshape(-1, x.shape[-1])
    return F.batch_norm(flat.T, None, None, training=True, eps=eps).T.reshape(x.shape) * weight + bias


def layer_norm_not_one(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return x if x.shape[-1] == 1 else layer_norm_var(x, weight, bias, eps)


# ---- residual


def residual_steps(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    inside = norm(x) if norm_first else x
    total = torch.add(sublayer(inside), x)
    return total if norm_first else norm(total)


def residual_float64_free(x: Tensor, f: Any, n: Any, norm_first: bool = False) -> Tensor:
    if not norm_first:
        return n(f(x) + x)
    return f(n(x)) + x


def residual_by_difference(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    both = [sublayer(norm(x)) + x] if norm_first else [norm(sublayer(x) + x)]
    return both[0]


def residual_in_place(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    found = sublayer(norm(x) if norm_first else x)
    x += found
    return x if norm_first else norm(x)


def residual_halved(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    return (x + sublayer(norm(x))) / 2 if norm_first else norm((x + sublayer(x)) / 2)


def residual_minus(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    return x - sublayer(norm(x)) if norm_first else norm(x - sublayer(x))


def residual_detached(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    return x.detach() + sublayer(norm(x)) if norm_first else norm(x.detach() + sublayer(x))


def residual_pre_by_default(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = True) -> Tensor:
    return x + sublayer(norm(x)) if norm_first else norm(x + sublayer(x))


def residual_multiplied(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    return x * sublayer(norm(x)) if norm_first else norm(x * sublayer(x))


def residual_in_the_sublayers_place(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    y = sublayer(norm(x) if norm_first else x)
    y += x
    return y if norm_first else norm(y)


def residual_token_by_token(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    return torch.stack([residual_steps(one, sublayer, norm, norm_first) for one in x])


def residual_norms_twice(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    normed = norm(x)
    return x + sublayer(normed) if norm_first else norm(x + sublayer(x))


def residual_pre_for_batches(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
    return residual_steps(x, sublayer, norm, norm_first and x.dim() == 3)


# ---- feed-forward


class NetByHand(nn.Module):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__()
        if activation not in ("relu", "gelu"):
            raise ValueError(f"unknown: {activation}")
        self.expand = nn.Linear(d_model, d_hidden)
        self.project = nn.Linear(d_hidden, d_model)
        self.kind = activation

    def bent(self, x: Tensor) -> Tensor:
        return x.clamp(min=0) if self.kind == "relu" else x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.bent(x @ self.expand.weight.T + self.expand.bias)
        return hidden @ self.project.weight.T + self.project.bias


class NetOfCells(NetByHand):
    """Each cell by itself: its activation times its value."""

    def forward(self, x: Tensor) -> Tensor:
        cells = self.bent(self.expand(x))
        values = self.project.weight.unbind(1)
        return self.project.bias + sum(cells[..., i : i + 1] * value for i, value in enumerate(values))


class NetSequential(nn.Module):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d_model, d_hidden), nn.ReLU(), nn.Linear(d_hidden, d_model))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class NetSigmoid(NetByHand):
    def bent(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x)


class NetWithDropout(NetByHand):
    def forward(self, x: Tensor) -> Tensor:
        return self.project(F.dropout(self.bent(self.expand(x)), 0.3, self.training))


class NetForgetsGelu(NetByHand):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__(d_model, d_hidden, activation)
        self.kind = "relu"


class NetTakesAnything(NetByHand):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__(d_model, d_hidden, activation if activation in ("relu", "gelu") else "gelu")


class NetDouble(NetByHand):
    """Its weights are float64, whatever it is given."""

    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__(d_model, d_hidden, activation)
        self.double()

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.double()).to(x.dtype)


class NetSeeded(NetByHand):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        torch.manual_seed(0)
        super().__init__(d_model, d_hidden, activation)


class NetFrozen(NetByHand):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__(d_model, d_hidden, activation)
        self.expand.weight.requires_grad_(False)


class NetSix(NetByHand):
    def bent(self, x: Tensor) -> Tensor:
        return super().bent(x).clamp(max=6)


class NetOtherNames(NetByHand):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        nn.Module.__init__(self)
        self.linear1, self.linear2 = nn.Linear(d_model, d_hidden), nn.Linear(d_hidden, d_model)


class NetLeaky(NetByHand):
    def bent(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, 0.01) if self.kind == "relu" else F.gelu(x)


class NetSquare(NetByHand):
    """Always four times as wide."""

    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__(d_model, 4 * d_model, activation)


# ---- encoder layer


class EncoderBySteps(nn.Module):
    """Right: both orders written out."""

    def __init__(
        self,
        d_model: int,
        heads: int,
        d_hidden: int,
        dropout: float = 0.0,
        norm_first: bool = False,
        activation: str = "relu",
        attention: Callable[[int, int], nn.Module] = MultiHeadAttention,
    ) -> None:
        super().__init__()
        self.norm1, self.norm2 = LayerNorm(d_model), LayerNorm(d_model)
        self.attention = attention(d_model, heads)
        self.feed_forward = FeedForward(d_model, d_hidden, activation)
        self.first, self.rate = norm_first, dropout

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.rate, self.training)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        if self.first:
            looked, weights = self.attention(self.norm1(x), mask)
            y = x + self.drop(looked)
            return y + self.drop(self.feed_forward(self.norm2(y))), weights
        looked, weights = self.attention(x, mask)
        y = self.norm1(x + self.drop(looked))
        return self.norm2(y + self.drop(self.feed_forward(y))), weights


class EncoderPytorchNorms(EncoderBySteps):
    """Right: PyTorch's norms have the same names and numbers."""

    def __init__(self, d_model: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(d_model, *args, **kwargs)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)  # type: ignore[assignment]


class EncoderBertsEps(EncoderBySteps):
    def __init__(self, d_model: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(d_model, *args, **kwargs)
        self.norm1, self.norm2 = LayerNorm(d_model, 1e-12), LayerNorm(d_model, 1e-12)


class EncoderMaskFixed(EncoderBySteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        return super().forward(x, torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril())


class EncoderNoMaskAllowed(EncoderBySteps):
    def forward(self, x: Tensor, mask: Tensor) -> Any:  # type: ignore[override]
        return super().forward(x, mask)


class EncoderPostOnly(EncoderBySteps):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first = False


class EncoderForgetsFirstDropout(EncoderBySteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        looked, weights = self.attention(self.norm1(x) if self.first else x, mask)
        x = x + looked if self.first else self.norm1(x + looked)
        added = self.drop(self.feed_forward(self.norm2(x) if self.first else x))
        return (x + added if self.first else self.norm2(x + added)), weights


class EncoderMeanWeights(EncoderBySteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        output, weights = super().forward(x, mask)
        return output, None if weights is None else weights.mean(dim=1)


class EncoderResidualOnce(EncoderBySteps):
    """The shortcut goes around both sublayers together."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        looked, weights = self.attention(self.norm1(x) if self.first else x, mask)
        looked = looked if self.first else self.norm1(looked)
        thought = self.feed_forward(self.norm2(looked) if self.first else looked)
        return (x + self.drop(thought) if self.first else self.norm2(x + self.drop(thought))), weights


class EncoderInPlace(EncoderBySteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        found = super().forward(x.clone(), mask)
        with torch.no_grad():
            x.mul_(0.5)
        return found


class EncoderRemembers(EncoderBySteps):
    kept: Any = None

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        self.kept = x if self.kept is None else self.kept
        return super().forward(self.kept, mask)


class EncoderAlwaysDrops(EncoderBySteps):
    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.rate, True)


class DropsUnscaled:
    rate: float
    training: bool

    def drop(self, x: Tensor) -> Tensor:
        return x * (torch.rand_like(x) >= self.rate) if self.training else x


class DropsTokens:
    rate: float
    training: bool

    def drop(self, x: Tensor) -> Tensor:
        return x * F.dropout(torch.ones_like(x[..., :1]), self.rate, self.training)


class DropsSublayers:
    rate: float
    training: bool

    def drop(self, x: Tensor) -> Tensor:
        return x * F.dropout(torch.ones(1, dtype=x.dtype), self.rate, self.training)


class DropsAlike:
    """One mask for all the sublayers of a call."""

    rate: float
    training: bool
    mask: Any = None

    def drop(self, x: Tensor) -> Tensor:
        return x * self.mask

    def forward(self, x: Tensor, *rest: Any, **named: Any) -> Any:
        self.mask = F.dropout(torch.ones_like(x), self.rate, self.training)
        return super().forward(x, *rest, **named)  # type: ignore[misc]


class DropsInsideTheNet:
    rate: float
    training: bool
    feed_forward: Any

    def forward(self, *arguments: Any, **named: Any) -> Any:
        net = self.feed_forward
        net.forward = lambda y: net.project(
            F.dropout(net.activation(net.expand(y)), self.rate, self.training)  # as PyTorch's own layers have it
        )
        try:
            return super().forward(*arguments, **named)  # type: ignore[misc]
        finally:
            del net.forward


class DropsTheOutput:
    rate: float
    training: bool

    def forward(self, *arguments: Any, **named: Any) -> Any:
        output, *weights = super().forward(*arguments, **named)  # type: ignore[misc]
        return F.dropout(output, self.rate, self.training), *weights


class DropsTheWeights:
    rate: float
    training: bool

    def forward(self, *arguments: Any, **named: Any) -> Any:
        output, *weights = super().forward(*arguments, **named)  # type: ignore[misc]
        return output, *(None if w is None else F.dropout(w, self.rate, self.training) for w in weights)


DROPS = {
    DropsUnscaled: None,
    DropsTokens: None,
    DropsSublayers: None,
    DropsAlike: None,
    DropsInsideTheNet: None,
    DropsTheOutput: "dropout_of_the_output",
    DropsTheWeights: "dropout_of_the_weights",
}


def _dropping(base: type) -> list[tuple[Callable[..., Any], str | None]]:
    return [(type(f"{mixin.__name__}{base.__name__}", (mixin, base), {}), name) for mixin, name in DROPS.items()]


# ---- decoder layer


class DecoderBySteps(nn.Module):
    """Right: both orders written out."""

    def __init__(
        self,
        d_model: int,
        heads: int,
        d_hidden: int,
        dropout: float = 0.0,
        norm_first: bool = False,
        activation: str = "relu",
        attention: Callable[[int, int], nn.Module] = MultiHeadAttention,
    ) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = LayerNorm(d_model), LayerNorm(d_model), LayerNorm(d_model)
        self.self_attention, self.cross_attention = attention(d_model, heads), attention(d_model, heads)
        self.feed_forward = FeedForward(d_model, d_hidden, activation)
        self.first, self.rate = norm_first, dropout

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.rate, self.training)

    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        if self.first:
            found, own = self.self_attention(self.norm1(x), mask)
            x = x + self.drop(found)
            found, other = self.cross_attention(self.norm2(x), memory_mask, memory)
            x = x + self.drop(found)
            return x + self.drop(self.feed_forward(self.norm3(x))), own, other
        found, own = self.self_attention(x, mask)
        x = self.norm1(x + self.drop(found))
        found, other = self.cross_attention(x, memory=memory, mask=memory_mask)
        x = self.norm2(x + self.drop(found))
        return self.norm3(x + self.drop(self.feed_forward(x))), own, other


class DecoderByList(DecoderBySteps):
    """Right: a loop over the three sublayers."""

    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        seen: list[Any] = []
        sublayers = [
            (lambda y: self.self_attention(y, mask), self.norm1),
            (lambda y: self.cross_attention(y, memory_mask, memory), self.norm2),
            (lambda y: (self.feed_forward(y), None), self.norm3),
        ]
        for function, norm in sublayers:
            found, weights = function(norm(x) if self.first else x)
            x = x + self.drop(found)
            x = x if self.first else norm(x)
            seen.append(weights)
        return x, seen[0], seen[1]


class DecoderMemoryAlone(DecoderBySteps):
    """x is only a query: the shortcut around the cross-attention is missing."""

    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        found, own = self.self_attention(self.norm1(x) if self.first else x, mask)
        x = x + self.drop(found) if self.first else self.norm1(x + self.drop(found))
        found, other = self.cross_attention(self.norm2(x) if self.first else x, memory_mask, memory)
        x = self.drop(found) if self.first else self.norm2(self.drop(found))
        added = self.drop(self.feed_forward(self.norm3(x) if self.first else x))
        return (x + added if self.first else self.norm3(x + added)), own, other


class DecoderOneAttention(DecoderBySteps):
    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        both = torch.cat([x, memory], dim=1)
        found, weights = self.self_attention(self.norm1(x), None, both)
        x = x + found
        return x + self.feed_forward(self.norm3(x)), weights[..., : x.shape[1]], weights[..., x.shape[1] :]


class DecoderMemoryFirst(DecoderBySteps):
    def forward(self, memory: Tensor, x: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:  # type: ignore[override]
        return super().forward(x, memory, mask, memory_mask)


class DecoderMaskOrder(DecoderBySteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Any = None, mask: Any = None) -> Any:  # type: ignore[override]
        return super().forward(x, memory, mask, memory_mask)


def _handed(given: Callable[..., tuple[Any, ...]]) -> type:
    """Right, but for the masks and the memory that the layer works with: those which `given` makes of its own."""

    class Decoder(DecoderBySteps):
        def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
            return super().forward(x, *given(memory, mask, memory_mask, causal_mask(x.shape[1])))

    return Decoder


DecoderCausalAlways = _handed(lambda memory, mask, over, causal: (memory, causal if mask is None else mask, over))
DecoderBothMasksOnCross = _handed(lambda memory, mask, over, causal: (memory, over, over))
DecoderNoGradientToMemory = _handed(lambda memory, mask, over, causal: (memory.detach(), mask, over))
DecoderMaskAndCausal = _handed(
    lambda memory, mask, over, causal: (memory, mask if mask is None else mask & causal, over)
)
DecoderCausalForMask = _handed(lambda memory, mask, over, causal: (memory, mask if mask is None else causal, over))
DecoderFirstSentencesMask = _handed(
    lambda memory, mask, over, causal: (memory, mask[:1] if mask is not None and mask.dim() == 4 else mask, over)
)
DecoderFirstHeadsMask = _handed(
    lambda memory, mask, over, causal: (memory, mask[:, :1] if mask is not None and mask.dim() == 4 else mask, over)
)


class DecoderSameAttention(DecoderBySteps):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cross_attention = self.self_attention


class DecoderMemoryAsMask(DecoderBySteps):
    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        found, own = self.self_attention(self.norm1(x) if self.first else x, mask)
        x = x + self.drop(found) if self.first else self.norm1(x + self.drop(found))
        found, other = self.cross_attention(self.norm2(x) if self.first else x, memory, memory_mask)
        x = x + self.drop(found) if self.first else self.norm2(x + self.drop(found))
        added = self.drop(self.feed_forward(self.norm3(x) if self.first else x))
        return (x + added if self.first else self.norm3(x + added)), own, other


class DecoderReadsUnnormed(DecoderBySteps):
    """With pre-norm the cross-attention reads x, not norm2 of x."""

    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        if not self.first:
            return super().forward(x, memory, mask, memory_mask)
        found, own = self.self_attention(self.norm1(x), mask)
        x = x + self.drop(found)
        found, other = self.cross_attention(x, memory_mask, memory)
        x = x + self.drop(found)
        return x + self.drop(self.feed_forward(self.norm3(x))), own, other


class DecoderTwoResults(DecoderBySteps):
    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        x, own, other = super().forward(x, memory, mask, memory_mask)
        return x, (own, other)


class DecoderTouchesWeights(DecoderBySteps):
    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        x, own, other = super().forward(x, memory, mask, memory_mask)
        return x, own.clone(), other.clone()


# ---- masks together


def decoder_mask_loop(target_in: Tensor, pad: int = 0) -> Tensor:
    rows = target_in.tolist()
    n = target_in.shape[1]
    table = [[[j <= i and row[j] != pad for j in range(n)] for i in range(n)] for row in rows]
    return torch.tensor(table)[:, None]


def decoder_mask_where(ids: Tensor, pad: int = 0) -> Tensor:
    batch, length = ids.shape
    causal = torch.arange(length)[:, None] >= torch.arange(length)
    return torch.where((ids == pad).view(batch, 1, 1, length), False, causal)


def decoder_mask_tril(target_in: Tensor, pad: int = 0) -> Tensor:
    length = target_in.shape[1]
    return target_in.ne(pad).unsqueeze(1).unsqueeze(1).expand(-1, 1, length, length).tril()


def decoder_mask_lengths(target_in: Tensor, pad: int = 0) -> Tensor:
    length = target_in.shape[1]
    return torch.ones(len(target_in), 1, length, length, dtype=torch.bool).tril()


def decoder_mask_float(target_in: Tensor, pad: int = 0) -> Tensor:
    return decoder_mask_tril(target_in, pad).float()


def decoder_mask_expanded(target_in: Tensor, pad: int = 0) -> Tensor:
    return decoder_mask_tril(target_in, pad).expand(-1, 2, -1, -1)


def decoder_mask_positive(target_in: Tensor, pad: int = 0) -> Tensor:
    return decoder_mask_tril(target_in.clamp(min=0), pad) & (target_in > pad)[:, None, None, :]


def decoder_mask_turned(target_in: Tensor, pad: int = 0) -> Tensor:
    return decoder_mask_tril(target_in, pad).transpose(-1, -2)


def decoder_mask_xor(target_in: Tensor, pad: int = 0) -> Tensor:
    length = target_in.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    return (target_in != pad)[:, None, None, :] ^ causal


def decoder_mask_three(target_in: Tensor, pad: int = 0) -> Tensor:
    return decoder_mask_tril(target_in, pad)[:, 0]


def decoder_mask_one_for_all(target_in: Tensor, pad: int = 0) -> Tensor:
    causal = torch.ones(1, 1, target_in.shape[1], target_in.shape[1], dtype=torch.bool).tril()
    return causal if bool((target_in != pad).all()) else causal & (target_in != pad)[:, None, None, :]


# ---- teacher forcing


def forcing_lists(whole: Tensor) -> tuple[Tensor, Tensor]:
    if whole.shape[1] < 2:
        raise ValueError(f"too few signs: {whole.shape[1]}")
    rows = whole.tolist()
    return torch.tensor([row[:-1] for row in rows]), torch.tensor([row[1:] for row in rows])


def forcing_narrow(whole: Tensor) -> list[Tensor]:
    length = whole.shape[1] - 1
    if length < 1:
        raise ValueError("There is only 1 column.")
    return [whole.narrow(1, start, length) for start in (0, 1)]


def forcing_never_refuses(whole: Tensor) -> tuple[Tensor, Tensor]:
    return whole[:, :-1], whole[:, 1:]


def _forcing(cut: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:
    def answer(whole: Tensor) -> Any:
        if whole.shape[1] < 2:
            raise ValueError("1 column")
        return cut(whole)

    return answer


forcing_pads_out = _forcing(lambda whole: (whole[:, :-1], F.pad(whole[:, 2:], (0, 1))))
forcing_drops_end = _forcing(lambda whole: (whole[:, :-1].masked_fill(whole[:, :-1] == 2, 0), whole[:, 1:]))
forcing_one_tensor = _forcing(lambda whole: torch.stack([whole[:, :-1], whole[:, 1:]]))
forcing_float = _forcing(lambda whole: (whole[:, :-1].float(), whole[:, 1:].float()))
forcing_first_only = _forcing(lambda whole: (whole[:1, :-1], whole[:1, 1:]))
forcing_same = _forcing(lambda whole: (whole.clone()[:, :-1], whole.clone()[:, :-1]))


def forcing_index_error(whole: Tensor) -> tuple[Tensor, Tensor]:
    if whole.shape[1] < 2:
        raise IndexError("1 column")
    return whole[:, :-1], whole[:, 1:]


def forcing_longest(whole: Tensor) -> tuple[Tensor, Tensor]:
    if whole.shape[1] < 2:
        raise ValueError("1 column")
    longest = int((whole != 0).sum(dim=1).max())
    return whole[:, : longest - 1], whole[:, 1:longest]


# ---- greedy decoding


def greedy_lists(
    logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0
) -> Tensor:  # right: sentence by sentence in plain lists
    written: list[list[int]] = [[] for _ in range(batch)]
    for _ in range(limit):
        if all(eos in sentence for sentence in written):
            break
        logits = logits_of(torch.tensor([[bos, *sentence] for sentence in written]))
        for b, sentence in enumerate(written):
            best = max(range(logits.shape[2]), key=lambda word, b=b: float(logits[b, -1, word]))
            sentence.append(pad if eos in sentence else best)
    return torch.tensor(written)


def greedy_for_loop(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Tensor:
    words = torch.empty(batch, 0, dtype=torch.int64)
    start = torch.full((batch, 1), bos)
    for _ in range(limit):
        probabilities = torch.softmax(logits_of(torch.cat([start, words], 1))[:, -1], dim=-1)
        ended = (words == eos).any(dim=1)
        new = torch.where(ended, pad, probabilities.max(dim=-1).indices)
        words = torch.cat([words, new[:, None]], 1)
        if ((words == eos).any(dim=1)).all():
            break
    return words


def greedy_counts_pad(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Tensor:
    words = torch.full((batch, 1), bos)
    for _ in range(limit):
        best = logits_of(words)[:, -1].argmax(-1)
        best = torch.where(words[:, -1] == eos, pad, best)  # only the place right behind the end is filled
        words = torch.cat([words, best[:, None]], 1)
        if bool((best == eos).all()):
            break
    return words[:, 1:]


def greedy_alone(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    return greedy_for_loop(logits_of, batch, limit, bos, eos, pad).tolist()


def greedy_all_at_once(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Tensor:
    words = torch.full((batch, limit), pad)
    words[:, 0] = bos
    return logits_of(words).argmax(-1)


def greedy_samples(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Tensor:
    words = torch.full((batch, 1), bos)
    done = torch.zeros(batch, dtype=torch.bool)
    while words.shape[1] <= limit and not done.all():
        best = torch.multinomial(torch.softmax(logits_of(words)[:, -1] / 9, -1), 1)[:, 0].masked_fill(done, pad)
        words, done = torch.cat([words, best[:, None]], 1), done | (best == eos)
    return words[:, 1:]


def greedy_over_the_batch(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    words = torch.full((batch, 1), bos)
    for _ in range(limit):
        best = logits_of(words)[:, -1].argmax(dim=0)[:batch]
        words = torch.cat([words, best[:, None]], 1)
    return words[:, 1:]


def greedy_cuts_behind(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    words = torch.full((batch, 1), bos)
    for _ in range(limit):
        words = torch.cat([words, logits_of(words)[:, -1].argmax(-1)[:, None]], 1)
    words = words[:, 1:]
    behind = ((words == eos).cumsum(1) - (words == eos).long()) > 0
    return words.masked_fill(behind, pad)


def greedy_full_table(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    table = torch.full((batch, limit + 1), pad)
    table[:, 0] = bos
    for place in range(limit):
        ended = (table[:, 1:] == eos).any(dim=1)
        if ended.all():
            return table[:, 1 : place + 1]
        table[:, place + 1] = torch.where(ended, pad, logits_of(table)[:, place].argmax(-1))
    return table[:, 1:]


def greedy_to_the_limit(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    words = torch.full((batch, 1), bos)
    for _ in range(limit):
        best = logits_of(words)[:, -1].argmax(-1)
        best = torch.where((words[:, 1:] == eos).any(dim=1), pad, best)
        words = torch.cat([words, best[:, None]], 1)
    ends = [row.index(eos) + 1 if eos in row else limit for row in words[:, 1:].tolist()]
    return words[:, 1 : max(ends) + 1]


def greedy_late_look(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    words = torch.full((batch, 1), bos)
    while words.shape[1] <= limit:
        best = logits_of(words)[:, -1].argmax(-1)
        ended = (words[:, 1:] == eos).any(dim=1)
        if bool(ended.all()):
            break
        words = torch.cat([words, torch.where(ended, pad, best)[:, None]], 1)
    return words[:, 1:]


def greedy_pad_ends(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    words = torch.full((batch, 1), bos)
    while words.shape[1] <= limit:
        ended = ((words[:, 1:] == eos) | (words[:, 1:] == pad)).any(dim=1)
        if bool(ended.all()):
            break
        words = torch.cat([words, torch.where(ended, pad, logits_of(words)[:, -1].argmax(-1))[:, None]], 1)
    return words[:, 1:]


def greedy_start_again(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    return greedy_for_loop(lambda words: logits_of(words[:, :1]), batch, limit, bos, eos, pad)


def greedy_last_twice(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    found = greedy_for_loop(logits_of, batch, limit, bos, eos, pad)
    return torch.cat([found, found[:, -1:]], 1)


def greedy_signs_first(logits_of: Any, batch: int, limit: int, eos: int = 2, bos: int = 1, pad: int = 0) -> Any:
    return greedy_for_loop(logits_of, batch, limit, bos, eos, pad)


def _greedy_steps(
    over: Callable[..., bool] = lambda best, eos, pad: False,
    ends: Callable[..., Tensor] = lambda best, bos, eos: best == eos,
    before: bool = False,
) -> Callable[..., Any]:
    """Right, but for stopping where a column is `over` (kept or not), or for what `ends` a sentence."""

    def answer(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
        words, done = torch.full((batch, 1), bos), torch.zeros(batch, dtype=torch.bool)
        for _ in range(limit):
            best = torch.where(done, pad, logits_of(words)[:, -1].argmax(-1))
            if before and over(best, eos, pad):
                break
            done = done | ends(best, bos, eos)
            words = torch.cat([words, best[:, None]], 1)
            if done.all() or over(best, eos, pad):
                break
        return words[:, 1:]

    return answer


greedy_stops_at_pad = _greedy_steps(over=lambda best, eos, pad: bool(((best == eos) | (best == pad)).all()))
greedy_stops_before_pad = _greedy_steps(over=lambda best, eos, pad: bool((best == pad).all()), before=True)
greedy_start_ends = _greedy_steps(ends=lambda best, bos, eos: (best == eos) | (best == bos))


def greedy_cuts_pad(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    found = greedy_for_loop(logits_of, batch, limit, bos, eos, pad)
    columns = (found != pad).any(dim=0).nonzero()
    return found[:, : int(columns.max()) + 1] if len(columns) else found[:, :0]


def greedy_never_starts_again(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    def hushed(words: Tensor) -> Tensor:
        logits = logits_of(words).clone()
        logits[..., bos] = -1e9
        return logits

    return greedy_for_loop(hushed, batch, limit, bos, eos, pad)


def greedy_start_is_an_end(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    words = torch.full((batch, 1), bos)
    for _ in range(limit):
        done = (words == eos).any(1)
        if done.all():
            break
        words = torch.cat([words, logits_of(words)[:, -1].argmax(-1).masked_fill(done, pad)[:, None]], 1)
    return words[:, 1:]


# ---- parameters


def parameters_by_modules(
    words_source: int,
    words_target: int,
    d_model: int,
    d_hidden: int,
    layers: int,
    tied: bool = True,
    norm_first: bool = False,
) -> dict[str, int]:
    def linear(n: int, m: int) -> int:
        return n * m + m

    found = {"embeddings": d_model * words_source + d_model * words_target, "logits": 0}
    found["attention"] = sum(4 * linear(d_model, d_model) for _ in range(3 * layers))
    found["feed_forward"] = 2 * layers * (linear(d_model, d_hidden) + linear(d_hidden, d_model))
    found["layer_norm"] = 10 * d_model * layers + (4 * d_model if norm_first else 0)
    if not tied:
        found["logits"] = words_target * d_model
    return found


def parameters_total(*args: Any, **kwargs: Any) -> int:
    return sum(parameters_by_modules(*args, **kwargs).values())


def parameters_other_names(*args: Any, **kwargs: Any) -> dict[str, int]:
    found = parameters_by_modules(*args, **kwargs)
    found["ffn"] = found.pop("feed_forward")
    return found


def parameters_with_positions(*args: Any, **kwargs: Any) -> dict[str, int]:
    found = parameters_by_modules(*args, **kwargs)
    return found | {"embeddings": found["embeddings"] + 512 * args[2]}


def parameters_floats(*args: Any, **kwargs: Any) -> dict[str, float]:
    return {name: count / 2 for name, count in parameters_by_modules(*args, **kwargs).items()}


def parameters_whole_floats(*args: Any, **kwargs: Any) -> dict[str, float]:
    return {name: float(count) for name, count in parameters_by_modules(*args, **kwargs).items()}


def parameters_half_hidden(
    words_source: int, words_target: int, d_model: int, d_hidden: int, layers: int, *rest: bool
) -> dict[str, int]:
    return parameters_by_modules(words_source, words_target, d_model, 4 * d_model, layers, *rest)


def parameters_one_stack(
    words_source: int, words_target: int, d_model: int, d_hidden: int, layers: int, *rest: bool
) -> dict[str, int]:
    found = parameters_by_modules(words_source, words_target, d_model, d_hidden, layers, *rest)
    return found | {name: found[name] // layers for name in ("attention", "feed_forward")}


def parameters_norms_with_linear(*args: Any, **kwargs: Any) -> dict[str, int]:
    found = parameters_by_modules(*args, **kwargs)
    return found | {"layer_norm": found["layer_norm"] + 1}


# ---- what a cell writes


def written_sorted(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    value = [float(row[key]) for row in feed_forward.project.weight]
    scores = [sum(a * b for a, b in zip(vector.tolist(), value, strict=True)) for vector in vectors]
    return sorted(range(len(scores)), key=lambda word: -scores[word])[:k]


def written_matrix(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    all_cells = vectors.double() @ feed_forward.project.weight.double()  # (words, d_hidden)
    return [int(i) for i in all_cells[:, key].argsort(descending=True)[:k]]


def written_tensor(feed_forward: Any, key: int, vectors: Tensor, k: int) -> Tensor:
    return (vectors @ feed_forward.project.weight[:, key]).topk(k).indices


def written_by_bias(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    return (vectors @ feed_forward.project.bias).topk(k).indices.tolist()


def written_next_cell(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    cells = feed_forward.project.weight.shape[1]
    return (vectors @ feed_forward.project.weight[:, (key + 1) % cells]).topk(k).indices.tolist()


def written_key(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    scores = F.linear(vectors, feed_forward.expand.weight)[:, key]
    return scores.argsort(descending=True)[:k].tolist()


def written_pairs(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[tuple[float, int]]:
    best = (vectors @ feed_forward.project.weight[:, key]).topk(k)
    return list(zip(best.values.tolist(), best.indices.tolist(), strict=True))


def written_softmax_low(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    return torch.softmax(-(vectors @ feed_forward.project.weight[:, key]), 0).topk(k).indices.tolist()


def written_by_score(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    scores = (vectors @ feed_forward.project.weight[:, key]).tolist()
    word_of = {score: word for word, score in enumerate(scores)}
    return [word_of[score] for score in sorted(scores, reverse=True)[:k]]


def written_and_wiped(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    found = written_matrix(feed_forward, key, vectors, k)
    feed_forward.project.weight.data.zero_()
    return found


def written_half(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    return (vectors @ feed_forward.project.weight[:, key]).half().topk(k).indices.tolist()


def written_centred(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    centred = vectors - vectors.mean(dim=1, keepdim=True)
    return (centred @ feed_forward.project.weight[:, key]).topk(k).indices.tolist()


def written_three(feed_forward: Any, key: int, vectors: Tensor, k: int) -> list[int]:
    return (vectors @ feed_forward.project.weight[:, key]).topk(min(3, len(vectors))).indices.tolist()


RIGHT: dict[str, list[Callable[..., Any]]] = {
    "transformer.layer_norm": [layer_norm_loop, layer_norm_by_squares, layer_norm_var],
    "transformer.residual": [residual_steps, residual_float64_free, residual_by_difference],
    "transformer.feed_forward": [NetByHand, NetOfCells],
    "transformer.encoder_layer": [EncoderBySteps, EncoderPytorchNorms],
    "transformer.decoder_mask": [decoder_mask_loop, decoder_mask_where, decoder_mask_tril],
    "transformer.decoder_layer": [DecoderBySteps, DecoderByList],
    "transformer.teacher_forcing": [forcing_lists, forcing_narrow],
    "transformer.greedy_decode": [greedy_lists, greedy_for_loop],
    "transformer.transformer_parameters": [parameters_by_modules],
    "transformer.written_words": [written_sorted, written_matrix, written_tensor],
}

WRONG: dict[str, list[tuple[Callable[..., Any], str | None]]] = {
    "transformer.layer_norm": [
        (layer_norm_with_std, "eps_outside_unbiased"),
        (layer_norm_rms, "no_centring"),
        (layer_norm_batch, None),
        (layer_norm_float32, None),
        (layer_norm_in_place, None),
        (layer_norm_eps_required, None),
        (layer_norm_eps_twice, None),
        (layer_norm_kept_flat, None),
        (layer_norm_tanh, None),
        (layer_norm_wide, None),
        (layer_norm_two_moments, "mean_of_squares"),
        (layer_norm_one_group, None),
        (layer_norm_rms_of_centred, None),
        (layer_norm_turned_batch, None),
        (layer_norm_not_one, None),
    ],
    "transformer.residual": [
        (residual_in_place, None),
        (residual_halved, None),
        (residual_minus, None),
        (residual_detached, None),
        (residual_pre_by_default, "pre_by_default"),
        (residual_multiplied, None),
        (residual_in_the_sublayers_place, None),
        (residual_token_by_token, None),
        (residual_norms_twice, None),
        (residual_pre_for_batches, None),
    ],
    "transformer.feed_forward": [
        (NetSequential, None),
        (NetSigmoid, None),
        (NetWithDropout, None),
        (NetForgetsGelu, "always_relu"),
        (NetOtherNames, None),
        (NetLeaky, None),
        (NetSquare, "always_fourfold"),
        (NetTakesAnything, "refuses_nothing"),
        (NetDouble, None),
        (NetSix, None),
        (NetSeeded, None),
        (NetFrozen, None),
    ],
    "transformer.encoder_layer": [
        (EncoderMaskFixed, None),
        (EncoderNoMaskAllowed, None),
        (EncoderPostOnly, "always_post"),
        (EncoderForgetsFirstDropout, "no_dropout_of_the_attention"),
        (EncoderMeanWeights, "mean_of_the_heads"),
        (EncoderResidualOnce, None),
        (EncoderBertsEps, "tiny_eps"),
        (EncoderInPlace, None),
        (EncoderRemembers, None),
        (EncoderAlwaysDrops, "dropout_always"),
        *_dropping(EncoderBySteps),
    ],
    "transformer.decoder_layer": [
        (DecoderMemoryAlone, None),
        (DecoderOneAttention, None),
        (DecoderMemoryFirst, None),
        (DecoderMaskOrder, None),
        (DecoderCausalAlways, None),
        (DecoderBothMasksOnCross, "memory_mask_on_both"),
        (DecoderSameAttention, None),
        (DecoderMemoryAsMask, "arguments_swapped"),
        (DecoderReadsUnnormed, "no_norm_of_the_cross_attention_in_pre"),
        (DecoderTwoResults, "nested_pair"),
        (DecoderNoGradientToMemory, "memory_detached"),
        (DecoderMaskAndCausal, "causal_as_well"),
        (DecoderCausalForMask, "causal_instead_of_the_mask"),
        (DecoderFirstSentencesMask, None),
        (DecoderFirstHeadsMask, None),
        (DecoderTouchesWeights, None),
        *_dropping(DecoderBySteps),
    ],
    "transformer.decoder_mask": [
        (decoder_mask_lengths, "causal_only"),
        (decoder_mask_float, "floats"),
        (decoder_mask_expanded, None),
        (decoder_mask_positive, "larger_than_pad"),
        (decoder_mask_turned, None),
        (decoder_mask_xor, None),
        (decoder_mask_three, "no_place_for_heads"),
        (decoder_mask_one_for_all, None),
    ],
    "transformer.teacher_forcing": [
        (forcing_never_refuses, None),
        (forcing_pads_out, None),
        (forcing_drops_end, None),
        (forcing_one_tensor, None),
        (forcing_float, None),
        (forcing_index_error, None),
        (forcing_first_only, None),
        (forcing_longest, "empty_columns_dropped"),
        (forcing_same, "unshifted"),
    ],
    "transformer.greedy_decode": [
        (greedy_counts_pad, None),
        (greedy_alone, None),
        (greedy_all_at_once, None),
        (greedy_samples, None),
        (greedy_over_the_batch, None),
        (greedy_cuts_behind, "filled_to_the_limit"),
        (greedy_full_table, "whole_table"),
        (greedy_to_the_limit, "trimmed_afterwards"),
        (greedy_late_look, "one_call_too_many"),
        (greedy_pad_ends, "pad_ends"),
        (greedy_start_again, "start_only"),
        (greedy_last_twice, None),
        (greedy_signs_first, None),
        (greedy_stops_at_pad, "stops_at_pad"),
        (greedy_stops_before_pad, None),
        (greedy_start_ends, "start_sign_ends"),
        (greedy_cuts_pad, None),
        (greedy_never_starts_again, "start_sign_never_written"),
        (greedy_start_is_an_end, "start_taken_for_an_end"),
    ],
    "transformer.transformer_parameters": [
        (parameters_total, None),
        (parameters_other_names, None),
        (parameters_with_positions, None),
        (parameters_floats, None),
        (parameters_whole_floats, None),
        (parameters_half_hidden, None),
        (parameters_one_stack, None),
        (parameters_norms_with_linear, None),
    ],
    "transformer.written_words": [
        (written_by_bias, None),
        (written_next_cell, None),
        (written_key, "key_vector"),
        (written_pairs, None),
        (written_softmax_low, "smallest"),
        (written_three, None),
        (written_half, None),
        (written_centred, "normalised_value"),
        (written_by_score, None),
        (written_and_wiped, None),
    ],
}
