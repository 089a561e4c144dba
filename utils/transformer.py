"""The parts of a Transformer: layer norm, the feed-forward net, residual sublayers, encoder and decoder layers.

Shapes are written as tuples of names: `batch`, `length` (or `length_t` for the sentence that is written and `length_s`
for the one that is read), `d_model` (width of a token's vector everywhere between the layers), `d_hidden` (width inside
the feed-forward net), `heads`. A mask is boolean, and **True means "may look"**, as in `utils.attention`.

A layer comes in two orders. *Post-norm* is the paper's: add, then normalise. *Pre-norm* (`norm_first=True`) normalises
what goes into a sublayer and leaves the sum alone. Both names follow `torch.nn.TransformerEncoderLayer`, and so do the
numbers.

Sources: Vaswani et al. 2017, "Attention Is All You Need", section 3 (arXiv:1706.03762); Ba, Kiros and Hinton 2016,
"Layer Normalization", section 3 (arXiv:1607.06450); Xiong et al. 2020, "On Layer Normalization in the Transformer
Architecture", section 3 (arXiv:2002.04745); Geva et al. 2021, "Transformer Feed-Forward Layers Are Key-Value Memories",
section 2 (arXiv:2012.14913).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.attention import MultiHeadAttention, causal_mask
from utils.attention import as_torch as attention_as_torch

__all__ = [
    "DecoderLayer",
    "EncoderLayer",
    "FeedForward",
    "LayerNorm",
    "as_torch",
    "decoder_mask",
    "greedy_decode",
    "layer_norm",
    "residual",
    "teacher_forcing",
    "transformer_parameters",
    "written_words",
]

# ------------------------------------------------------------------------------------------ the parts of a layer


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Bring every token's vector to mean 0 and variance 1, then stretch and shift each component.

    y = (x − μ) / √(σ² + ε) · weight + bias, where μ and σ² are the mean and the variance of the d_model components of
    one token alone. The variance divides by d_model, not by d_model − 1.

    Args:
        x: (..., d_model), any number of leading dimensions.
        weight: (d_model,), one factor a component.
        bias: (d_model,), one summand a component.
        eps: keeps the root away from zero; a vector of equal components becomes `bias`.

    Returns:
        The same shape and type as x.

    Ba, Kiros and Hinton 2016, section 3, for μ and σ (without ε), and for the gain and the bias; the numbers are those
    of `torch.nn.LayerNorm`.
    """
    ### BEGIN SOLUTION
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.pow(2).mean(dim=-1, keepdim=True)  # (..., 1)
    return centred / torch.sqrt(variance + eps) * weight + bias
    ### END SOLUTION


class LayerNorm(nn.Module):
    """`layer_norm` with a weight and a bias that are learned.

    Args:
        d_model: width of the tokens' vectors.
        eps: see `layer_norm`.

    Attributes:
        weight: (d_model,), ones at the start.
        bias: (d_model,), zeros at the start.
    """

    def __init__(self, d_model: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Tensor) -> Tensor:
        """x (..., d_model) → the same shape."""
        return layer_norm(x, self.weight, self.bias, self.eps)


class FeedForward(nn.Module):
    """Two linear layers with an activation between them, applied to every token alike.

    FFN(x) = activation(x W₁ + b₁) W₂ + b₂: it widens each token's vector to d_hidden components, and brings it back.

    Args:
        d_model: width of the tokens' vectors.
        d_hidden: width between the two layers; in the paper 4 · d_model.
        activation: "relu", as in the paper, or "gelu", as in BERT and GPT (the exact one: x · Φ(x)).

    Attributes:
        expand: `nn.Linear(d_model, d_hidden)`.
        project: `nn.Linear(d_hidden, d_model)`.

    Raises:
        ValueError: if `activation` is neither "relu" nor "gelu".

    Vaswani et al. 2017, section 3.3, equation 2; Hendrycks and Gimpel 2016 for the GELU (arXiv:1606.08415).
    """

    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__()
        if activation not in ("relu", "gelu"):
            raise ValueError(f'The activation is "relu" or "gelu", not {activation!r}.')
        self.activation = F.relu if activation == "relu" else F.gelu
        ### BEGIN SOLUTION
        self.expand = nn.Linear(d_model, d_hidden)
        self.project = nn.Linear(d_hidden, d_model)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x (..., d_model) → (..., d_model); no token sees another."""
        ### BEGIN SOLUTION
        return self.project(self.activation(self.expand(x)))
        ### END SOLUTION


def residual(
    x: Tensor,
    sublayer: Callable[[Tensor], Tensor],
    norm: Callable[[Tensor], Tensor],
    norm_first: bool = False,
) -> Tensor:
    """A sublayer with its shortcut: what goes in is added to what comes out, and a norm keeps the size.

    Post-norm, the paper's: norm(x + sublayer(x)). Pre-norm: x + sublayer(norm(x)).

    Args:
        x: (..., d_model).
        sublayer: from (..., d_model) to the same shape; called once.
        norm: likewise; a layer norm.
        norm_first: pre-norm instead of post-norm.

    Returns:
        (..., d_model). x itself is not changed.

    Vaswani et al. 2017, section 3.1; Xiong et al. 2020, table 1, for pre-norm.
    """
    ### BEGIN SOLUTION
    if norm_first:
        return x + sublayer(norm(x))
    return norm(x + sublayer(x))
    ### END SOLUTION


# ------------------------------------------------------------------------------------------------------ layers


class EncoderLayer(nn.Module):
    """Self-attention, then the feed-forward net, each with residual and norm.

    Args:
        d_model: width of the tokens' vectors.
        heads: number of heads; must divide d_model.
        d_hidden: width inside the feed-forward net.
        dropout: share of components set to zero, while training, in what a sublayer adds.
        norm_first: pre-norm instead of post-norm.
        activation: of the feed-forward net, "relu" or "gelu".
        attention: the class that makes the attention: `MultiHeadAttention`, or one with the same
            parameters, such as `FusedAttention`.

    Attributes:
        attention, norm1, feed_forward, norm2: the two sublayers, each with its norm.

    Raises:
        ValueError: if `heads` does not divide `d_model`, or the activation is unknown.

    Vaswani et al. 2017, section 3.1. Without dropout the numbers are those of `torch.nn.TransformerEncoderLayer`, which
    has one more dropout, inside its feed-forward net.
    """

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
        self.norm_first, self.dropout = norm_first, nn.Dropout(dropout)
        ### BEGIN SOLUTION
        self.attention = attention(d_model, heads)
        self.norm1 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_hidden, activation)
        self.norm2 = LayerNorm(d_model)
        ### END SOLUTION

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Let the tokens look at one another, then think each for itself.

        Args:
            x: (batch, length, d_model).
            mask: boolean, broadcastable to (batch, heads, length, length); True = may look.

        Returns:
            output: (batch, length, d_model).
            weights: (batch, heads, length, length), or what else the attention returns for them.
        """
        ### BEGIN SOLUTION
        found, weights = self.attention(self.norm1(x) if self.norm_first else x, mask)
        x = x + self.dropout(found)
        if not self.norm_first:
            x = self.norm1(x)
        return residual(x, lambda y: self.dropout(self.feed_forward(y)), self.norm2, self.norm_first), weights
        ### END SOLUTION


class DecoderLayer(nn.Module):
    """Masked self-attention, attention over the sentence that was read, then the feed-forward net.

    Args:
        d_model, heads, d_hidden, dropout, norm_first, activation, attention: as in `EncoderLayer`.

    Attributes:
        self_attention, norm1, cross_attention, norm2, feed_forward, norm3: the three sublayers, each with its norm.

    Raises:
        ValueError: if `heads` does not divide `d_model`, or the activation is unknown.

    Vaswani et al. 2017, section 3.1. Without dropout the numbers are those of `torch.nn.TransformerDecoderLayer`, which
    has one more dropout, inside its feed-forward net.
    """

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
        self.norm_first, self.dropout = norm_first, nn.Dropout(dropout)
        self.self_attention = attention(d_model, heads)
        self.norm1 = LayerNorm(d_model)
        self.cross_attention = attention(d_model, heads)
        self.norm2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_hidden, activation)
        self.norm3 = LayerNorm(d_model)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Look at what is written, then at what was read, then think.

        Args:
            x: (batch, length_t, d_model), the sentence that is written.
            memory: (batch, length_s, d_model), what the encoder made of the sentence that was read;
                no norm of this layer touches it.
            mask: boolean, broadcastable to (batch, heads, length_t, length_t); True = may look.
            memory_mask: boolean, broadcastable to (batch, heads, length_t, length_s).

        Returns:
            output: (batch, length_t, d_model).
            weights_self: (batch, heads, length_t, length_t).
            weights_cross: (batch, heads, length_t, length_s).
        """
        ### BEGIN SOLUTION
        pre = self.norm_first
        found, weights_self = self.self_attention(self.norm1(x) if pre else x, mask)
        x = x + self.dropout(found) if pre else self.norm1(x + self.dropout(found))
        found, weights_cross = self.cross_attention(self.norm2(x) if pre else x, memory_mask, memory)
        x = x + self.dropout(found) if pre else self.norm2(x + self.dropout(found))
        x = residual(x, lambda y: self.dropout(self.feed_forward(y)), self.norm3, pre)
        return x, weights_self, weights_cross
        ### END SOLUTION


# ------------------------------------------------------------------------------------------- masks and targets


def decoder_mask(target_in: Tensor, pad: int = 0) -> Tensor:
    """Where a decoder's words may look: not at the future, and not at padding.

    Args:
        target_in: (batch, length) int64, word numbers, filled up with `pad`.
        pad: the number of the filling.

    Returns:
        (batch, 1, length, length), boolean, the 1 for the heads: row i (the query), column j (the key) is True where
        j ≤ i and word j is no padding. Rows of padding follow the same rule.

    Vaswani et al. 2017, section 3.2.3, third item.
    """
    ### BEGIN SOLUTION
    words = target_in != pad  # (batch, length)
    return words[:, None, None, :] & causal_mask(target_in.shape[1]).to(words.device)
    ### END SOLUTION


def teacher_forcing(whole: Tensor) -> tuple[Tensor, Tensor]:
    """What a decoder reads and what it should answer, cut from the same sentences.

    Args:
        whole: (batch, length + 1) int64; each row is the start sign, the words, the end sign, then padding.

    Returns:
        target_in: (batch, length), what is read: the last column is left out.
        target_out: (batch, length), what should be answered: place i holds the word that follows target_in's place i.

    Raises:
        ValueError: if `whole` has fewer than two columns: there is nothing to answer.

    Williams and Zipser 1989, "A Learning Algorithm for Continually Running Fully Recurrent Neural Networks".
    """
    if whole.shape[1] < 2:
        raise ValueError(f"A sentence needs its start and one more sign; these have {whole.shape[1]} column(s).")
    ### BEGIN SOLUTION
    return whole[:, :-1], whole[:, 1:]
    ### END SOLUTION


# ------------------------------------------------------------------------------------------------- final steps


@torch.no_grad()
def greedy_decode(
    logits_of: Callable[[Tensor], Tensor],
    batch: int,
    limit: int,
    bos: int = 1,
    eos: int = 2,
    pad: int = 0,
) -> Tensor:
    """Write sentences word by word, each time the likeliest word.

    Args:
        logits_of: from the words so far, (batch, length) int64, start sign included, to the logits (batch, length,
            words) of the word after each of them.
        batch: number of sentences.
        limit: the largest number of words to write, at least 1.
        bos: the start sign, with which every sentence begins.
        eos: the end sign: a sentence that has written it is done.
        pad: what a sentence that is done is filled up with. A model that writes this number itself is not stopped.

    Returns:
        (batch, at most limit) int64, without the start sign, with the end sign, and `pad` behind it. As long as the
        longest sentence: nothing is computed once all are done.

    The lecture's final steps: logits → the largest → a word.
    """
    ### BEGIN SOLUTION
    words = torch.full((batch, 1), bos)
    done = torch.zeros(batch, dtype=torch.bool)
    while words.shape[1] <= limit and not done.all():
        best = logits_of(words)[:, -1].argmax(dim=-1)  # (batch,): only the last place is news
        best = best.masked_fill(done, pad)
        words = torch.cat([words, best[:, None]], dim=1)
        done = done | (best == eos)
    return words[:, 1:]
    ### END SOLUTION


# ------------------------------------------------------------------------------------------ looking into a model


def written_words(feed_forward: FeedForward, key: int, vectors: Tensor, k: int) -> list[int]:
    """The words that one memory cell of a feed-forward net writes.

    FFN(x) = Σᵢ mᵢ vᵢ + b₂: the activation mᵢ of cell i times its value vᵢ, that is column i of `project.weight`. Where
    the logits are dot products with the words' vectors, adding vᵢ raises most the words whose vectors fit it best.

    Args:
        feed_forward: the net.
        key: number of the cell, from 0.
        vectors: (words, d_model), the vectors that logits are made with.
        k: how many words, at most as many as there are.

    Returns:
        The numbers of the k words with the largest dot product, the largest first.

    Geva et al. 2021, sections 2 and 4.
    """
    ### BEGIN SOLUTION
    value = feed_forward.project.weight[:, key]  # (d_model,)
    return (vectors @ value).topk(k).indices.tolist()
    ### END SOLUTION


def transformer_parameters(
    words_source: int,
    words_target: int,
    d_model: int,
    d_hidden: int,
    layers: int,
    tied: bool = True,
    norm_first: bool = False,
) -> dict[str, int]:
    """How many numbers an encoder–decoder learns, part by part.

    Sinusoidal positions have none. A linear layer from n to m has n · m weights and m biases.

    Args:
        words_source, words_target: sizes of the two vocabularies.
        d_model, d_hidden: widths.
        layers: number of encoder layers, and also of decoder layers.
        tied: whether the last layer (logits, without bias) uses the target words' vectors themselves, and so has no
            weights of its own.
        norm_first: pre-norm: each of the two stacks ends with one more layer norm.

    Returns:
        {"embeddings", "attention", "feed_forward", "layer_norm", "logits"}: the sums over the whole model. Each
        sublayer has a layer norm: two in an encoder layer, three in a decoder layer.
    """
    ### BEGIN SOLUTION
    one_attention = 4 * (d_model * d_model + d_model)
    one_feed_forward = d_model * d_hidden + d_hidden + d_hidden * d_model + d_model
    return {
        "embeddings": (words_source + words_target) * d_model,
        "attention": 3 * layers * one_attention,
        "feed_forward": 2 * layers * one_feed_forward,
        "layer_norm": (5 * layers + (2 if norm_first else 0)) * 2 * d_model,
        "logits": 0 if tied else words_target * d_model,
    }
    ### END SOLUTION


# --------------------------------------------------------------------------------------------- PyTorch's layers


def as_torch(layer: EncoderLayer | DecoderLayer) -> nn.TransformerEncoderLayer | nn.TransformerDecoderLayer:
    """PyTorch's own layer with the same weights, in evaluation mode, to compare with.

    Returns:
        `nn.TransformerEncoderLayer` or `nn.TransformerDecoderLayer`, with `batch_first`. Masks mean the opposite there:
        True = may not look.
    """
    decodes = hasattr(layer, "cross_attention")  # by its parts, not its class: a reader's own layer is neither of ours
    made: Any = layer
    first, net = (made.self_attention if decodes else made.attention), layer.feed_forward
    kind: Any = nn.TransformerDecoderLayer if decodes else nn.TransformerEncoderLayer
    twin = kind(
        first.d_model,
        first.heads,
        net.expand.out_features,
        dropout=layer.dropout.p,
        activation=net.activation,
        norm_first=layer.norm_first,
        batch_first=True,
        layer_norm_eps=layer.norm1.eps,
    ).to(net.expand.weight)
    parts: list[tuple[nn.Module, nn.Module]] = [
        (twin.linear1, net.expand),
        (twin.linear2, net.project),
        (twin.self_attn, attention_as_torch(first)),
        (twin.norm1, layer.norm1),
        (twin.norm2, layer.norm2),
    ]
    if decodes:
        parts += [(twin.multihead_attn, attention_as_torch(made.cross_attention)), (twin.norm3, made.norm3)]
    for theirs, ours in parts:
        theirs.load_state_dict(ours.state_dict())
    return twin.eval()
