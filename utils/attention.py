"""Attention, from one query to a module with many heads.

Shapes are written as tuples of names: `batch`, `length_q` (number of queries), `length_k` (number of keys, which
is also the number of values), `d` (width of a query and of a key), `d_value` (width of a value), `heads`,
`d_head = d_model / heads`.

One convention holds everywhere in the course: a mask is boolean, and **True means "may look"**. PyTorch's
`F.scaled_dot_product_attention` agrees; `nn.MultiheadAttention` means the opposite, so negate a mask on the way to it.

Sources: Vaswani et al. 2017, "Attention Is All You Need", section 3.2 (NeurIPS 30, arXiv:1706.03762);
Cordonnier, Loukas and Jaggi 2020, "On the Relationship between Self-Attention and Convolutional Layers" (ICLR,
arXiv:1911.03584).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "FusedAttention",
    "MultiHeadAttention",
    "as_torch",
    "average_heads",
    "causal_mask",
    "entropy",
    "equivariance_gap",
    "heads_as_convolution",
    "look_at_offset",
    "merge_heads",
    "query_weights",
    "scaled_dot_product_attention",
    "self_attention",
    "split_heads",
    "strongest_head",
]


def query_weights(query: Tensor, keys: Tensor) -> Tensor:
    """How much one query looks at each key: softmax of the scaled dot products.

    Args:
        query: (d,).
        keys: (length_k, d), one key a row.

    Returns:
        (length_k,): positive weights that sum to one.

    Vaswani et al. 2017, equation 1, for a single query and before the values come in.
    """
    ### BEGIN SOLUTION
    scores = keys @ query / math.sqrt(query.shape[0])  # (length_k,)
    return torch.softmax(scores, dim=0)
    ### END SOLUTION


def self_attention(x: Tensor, w_query: Tensor, w_key: Tensor, w_value: Tensor) -> Tensor:
    """Self-attention of one sentence in matrix form: softmax(Q Kᵀ / √d) V.

    Args:
        x: (length, d_model), one token a row.
        w_query: (d_model, d); Q = X W_query.
        w_key: (d_model, d); K = X W_key.
        w_value: (d_model, d_value); V = X W_value.

    Returns:
        (length, d_value): for each token the weighted sum of all the values.

    Vaswani et al. 2017, equation 1, with Q, K and V made from the same X.
    """
    ### BEGIN SOLUTION
    query, key, value = x @ w_query, x @ w_key, x @ w_value
    scores = query @ key.T / math.sqrt(query.shape[1])  # (length, length): row = query, column = key
    return torch.softmax(scores, dim=1) @ value
    ### END SOLUTION


def causal_mask(length: int) -> Tensor:
    """Which position may look at which, when nobody may see the future.

    Args:
        length: number of tokens, at least 1.

    Returns:
        (length, length), boolean: row i (the query), column j (the key) is True where j ≤ i.
    """
    ### BEGIN SOLUTION
    return torch.ones(length, length, dtype=torch.bool).tril()
    ### END SOLUTION


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Attention(Q, K, V) = softmax(Q Kᵀ / √d) V, for any number of leading dimensions, with a mask.

    Args:
        query: (..., length_q, d).
        key: (..., length_k, d).
        value: (..., length_k, d_value).
        mask: boolean, broadcastable to (..., length_q, length_k); True = this query may look at
            this key. None = all may.

    Returns:
        output: (..., length_q, d_value).
        weights: (..., length_q, length_k). A masked place is exactly zero. A query that may look
        nowhere gets zeros in both, as in PyTorch's own function (since 2.5, for boolean masks).

    Raises:
        TypeError: if the mask is not boolean (a mask of numbers would be ambiguous).

    Vaswani et al. 2017, equation 1; the mask is section 3.2.3.
    """
    if mask is not None and mask.dtype != torch.bool:
        raise TypeError(f"The mask must be boolean (True = may look), not {mask.dtype}.")
    ### BEGIN SOLUTION
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (..., length_q, length_k)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)  # a row of −∞ alone has become NaN
    return weights @ value, weights
    ### END SOLUTION


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Cut every token's vector into equal parts, one a head.

    Args:
        x: (batch, length, d_model), where `heads` divides d_model.
        heads: number of heads.

    Returns:
        (batch, heads, length, d_head): head number i holds the components i·d_head …
        (i+1)·d_head − 1 of every token.
    """
    ### BEGIN SOLUTION
    batch, length, d_model = x.shape
    x = x.reshape(batch, length, heads, d_model // heads)
    return x.transpose(1, 2)  # (batch, heads, length, d_head)
    ### END SOLUTION


def merge_heads(x: Tensor) -> Tensor:
    """Lay the heads' vectors side by side again: undoes `split_heads`.

    Args:
        x: (batch, heads, length, d_head).

    Returns:
        (batch, length, heads · d_head): each token's vector is head 0, then head 1, and so on.
    """
    ### BEGIN SOLUTION
    batch, heads, length, d_head = x.shape
    return x.transpose(1, 2).reshape(batch, length, heads * d_head)
    ### END SOLUTION


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each in its own part of the vector.

    Their results are laid side by side and projected: Concat(head_1, …, head_h) W_output.

    Args:
        d_model: width of the tokens' vectors.
        heads: number of heads; must divide d_model. Each works in d_head = d_model / heads
            dimensions.
        bias: whether the four linear layers have a bias.

    Attributes:
        query, key, value, output: the four `nn.Linear(d_model, d_model)`.

    Raises:
        ValueError: if `heads` does not divide `d_model`.

    Vaswani et al. 2017, section 3.2.2.
    """

    def __init__(self, d_model: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        if heads < 1 or d_model % heads:
            raise ValueError(f"The number of heads ({heads}) must divide d_model ({d_model}).")
        self.d_model, self.heads = d_model, heads
        ### BEGIN SOLUTION
        self.query = nn.Linear(d_model, d_model, bias=bias)
        self.key = nn.Linear(d_model, d_model, bias=bias)
        self.value = nn.Linear(d_model, d_model, bias=bias)
        self.output = nn.Linear(d_model, d_model, bias=bias)
        ### END SOLUTION

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        memory: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Let every token of x look at the tokens of memory, or of x itself.

        Args:
            x: (batch, length_q, d_model): the queries come from here.
            mask: boolean, broadcastable to (batch, heads, length_q, length_k); True = may look.
            memory: (batch, length_k, d_model): keys and values come from here; None = from x
                (self-attention).

        Returns:
            output: (batch, length_q, d_model).
            weights: (batch, heads, length_q, length_k); zeros for a query that may look nowhere.
        """
        memory = x if memory is None else memory
        ### BEGIN SOLUTION
        query = split_heads(self.query(x), self.heads)  # (batch, heads, length_q, d_head)
        key = split_heads(self.key(memory), self.heads)
        value = split_heads(self.value(memory), self.heads)
        found, weights = scaled_dot_product_attention(query, key, value, mask)
        return self.output(merge_heads(found)), weights
        ### END SOLUTION


class FusedAttention(MultiHeadAttention):
    """`MultiHeadAttention` by PyTorch's fused kernel: the same parameters and numbers, but no weights to look at.

    The kernel never writes the table (length_q, length_k) of weights to memory, which makes long sentences cheaper.
    The two classes' `state_dict`s are exchangeable: train with this one, draw heatmaps with the other. A query that may
    look nowhere finds zeros, as there (in PyTorch 2.5 and later).
    """

    def forward(  # type: ignore[override]  # the weights are never made, so there is nothing to return
        self,
        x: Tensor,
        mask: Tensor | None = None,
        memory: Tensor | None = None,
    ) -> tuple[Tensor, None]:
        """As in `MultiHeadAttention`, with None in place of the weights.

        Args:
            x: (batch, length_q, d_model).
            mask: boolean, broadcastable to (batch, heads, length_q, length_k); True = may look.
            memory: (batch, length_k, d_model), or None for self-attention.

        Raises:
            TypeError: if the mask is not boolean.
        """
        if mask is not None and mask.dtype != torch.bool:
            raise TypeError(f"The mask must be boolean (True = may look), not {mask.dtype}.")
        memory = x if memory is None else memory
        parts = (self.query(x), self.key(memory), self.value(memory))
        query, key, value = (split_heads(part, self.heads) for part in parts)
        found = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.output(merge_heads(found)), None


def average_heads(x: Tensor) -> Tensor:
    """The other way to bring heads together: c_t = (1/h) Σ_i c_t^i, their mean.

    Args:
        x: (batch, heads, length, d_head).

    Returns:
        (batch, length, d_head): as wide as one head, however many there are.

    Veličković et al. 2018, "Graph Attention Networks", equation 6 (there for the last layer, with a
    nonlinearity around the mean).
    """
    ### BEGIN SOLUTION
    return x.mean(dim=1)
    ### END SOLUTION


def equivariance_gap(function: Callable[[Tensor], Tensor], x: Tensor, order: Tensor) -> float:
    """How far a function is from f(P x) = P f(x): does each output move with its token?

    Args:
        function: from (batch, length, d) to (batch, length, d_out).
        x: (batch, length, d).
        order: (length,), the places of x in the order in which they are to be read.

    Returns:
        The largest absolute difference between the outputs for the shuffled tokens and the shuffled
        outputs; 0, up to rounding, for a function that does not know the order.

    Lee et al. 2019, "Set Transformer", property 1: permutation equivariance.
    """
    ### BEGIN SOLUTION
    return (function(x[:, order]) - function(x)[:, order]).abs().max().item()
    ### END SOLUTION


def strongest_head(weights: Tensor, query: int, key: int) -> tuple[int, int]:
    """Which head, of all layers, looks most from one token at another?

    Args:
        weights: (layers, heads, length_q, length_k), the attention maps of one sentence.
        query: place of the token that looks.
        key: place of the token that is looked at.

    Returns:
        (layer, head), both counted from 0; the first of them if several are equal.
    """
    ### BEGIN SOLUTION
    looks = weights[:, :, query, key]  # (layers, heads)
    layer, head = divmod(int(looks.argmax()), looks.shape[1])
    return layer, head
    ### END SOLUTION


def look_at_offset(
    query_positions: Tensor,
    key_positions: Tensor,
    offset: Tensor,
    alpha: float,
) -> Tensor:
    """Attention weights of a head that looks a fixed step away, from positions alone.

    With δ = key position − query position and Δ = offset, the score is −α(‖δ‖² − 2⟨Δ, δ⟩). It is
    highest at δ = Δ, because it equals −α‖δ − Δ‖² up to a constant; a large α makes the weights
    one-hot.

    Args:
        query_positions: (length_q, dim), the coordinates of each query; dim is 1 for text, 2 for
            pictures.
        key_positions: (length_k, dim).
        offset: (dim,), the step Δ.
        alpha: how sharp the head is, above 0.

    Returns:
        (length_q, length_k): each row sums to one.

    Cordonnier et al. 2020, section 3, "quadratic encoding", equation 9, and Lemma 2.
    """
    ### BEGIN SOLUTION
    delta = key_positions[None, :, :] - query_positions[:, None, :]  # (length_q, length_k, dim)
    scores = -alpha * (delta.pow(2).sum(dim=-1) - 2 * delta @ offset)  # (length_q, length_k)
    return torch.softmax(scores, dim=-1)
    ### END SOLUTION


def heads_as_convolution(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None = None,
    padding: int | Sequence[int] = 0,
    alpha: float = 40.0,
) -> Tensor:
    """A convolution computed by attention heads only: one head for each place in the kernel.

    Head number h looks at offset Δ_h with weights near one-hot (`look_at_offset`), takes the value it finds there as it
    is (so a head is as wide as the input, unlike those of `MultiHeadAttention`), and its block of the output projection
    is the kernel's matrix at that place. Padding gives the heads zero vectors to look at outside the input.

    Args:
        x: (batch, channels, *sizes), with one size (text), two (pictures) or more.
        kernel: (channels_out, channels, *kernel sizes), as in `nn.Conv1d.weight`.
        bias: (channels_out,) or None.
        padding: zeros added on each side, one number or one for each dimension.
        alpha: sharpness of the heads; a head leaks about 2·dim·exp(−alpha) to its neighbours.

    Returns:
        (batch, channels_out, *new sizes), equal to the convolution (stride 1, dilation 1, one group) but for rounding.

    Raises:
        ValueError: if the numbers of dimensions or of channels disagree, or the kernel is larger than the padded input.

    Cordonnier et al. 2020, Theorem 1 and its proof (Lemmas 1 and 2).
    """
    dim = x.dim() - 2
    if dim < 1 or kernel.dim() != dim + 2 or kernel.shape[1] != x.shape[1]:
        raise ValueError(f"A kernel of shape {tuple(kernel.shape)} does not fit an input of shape {tuple(x.shape)}.")
    sides = [padding] * dim if isinstance(padding, int) else list(padding)
    if len(sides) != dim:
        raise ValueError(f"padding needs one number or {dim}, not {len(sides)}.")
    padded = nn.functional.pad(x, [n for side in reversed(sides) for n in (side, side)])
    new_sizes = [size - k + 1 for size, k in zip(padded.shape[2:], kernel.shape[2:], strict=True)]
    if min(new_sizes) < 1:
        places = tuple(padded.shape[2:])
        raise ValueError(f"The kernel {tuple(kernel.shape[2:])} is larger than the padded input {places}.")

    values = padded.flatten(2).transpose(1, 2)  # (batch, places, channels): what the heads can look at
    keys = _grid(padded.shape[2:], x)
    queries = _grid(new_sizes, x)  # a query stands where the kernel's first place lies
    offsets = _grid(kernel.shape[2:], x)  # (heads, dim)
    heads = [look_at_offset(queries, keys, offset, alpha) @ values for offset in offsets]
    found = torch.cat(heads, dim=-1)  # (batch, queries, heads · channels): concatenated, as in any multi-head attention
    w_output = kernel.flatten(2).permute(2, 1, 0).flatten(0, 1)  # (heads · channels, channels_out): the heads' blocks
    output = found @ w_output
    if bias is not None:
        output = output + bias
    return output.transpose(1, 2).reshape(x.shape[0], kernel.shape[0], *new_sizes)


def _grid(sizes: Sequence[int], like: Tensor) -> Tensor:
    """The coordinates of every place of a grid, row by row: (product of sizes, len(sizes)), typed like `like`."""
    places = list(itertools.product(*(range(size) for size in sizes)))
    return torch.tensor(places, dtype=like.dtype, device=like.device)


def entropy(weights: Tensor) -> Tensor:
    """How spread out attention weights are, in nats: −Σ w ln w over the last dimension, with 0 ln 0 = 0.

    Zero for a one-hot row, ln(length_k) for a uniform one.

    Args:
        weights: (..., length_k).

    Returns:
        (...).
    """
    return -torch.xlogy(weights, weights).sum(dim=-1)


def as_torch(layer: MultiHeadAttention) -> nn.MultiheadAttention:
    """PyTorch's own module with the same weights, to compare with.

    The three projections lie stacked in one matrix there: `in_proj_weight` is (3 · d_model, d_model), in the
    order query, key, value. Masks mean the opposite there: True = may not look.
    """
    has_bias = layer.query.bias is not None
    twin = nn.MultiheadAttention(layer.d_model, layer.heads, bias=has_bias, batch_first=True)
    twin = twin.to(layer.query.weight)  # same device and type
    parts = (layer.query, layer.key, layer.value)
    with torch.no_grad():
        twin.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        twin.out_proj.weight.copy_(layer.output.weight)
        if has_bias:
            twin.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
            twin.out_proj.bias.copy_(layer.output.bias)
    return twin
