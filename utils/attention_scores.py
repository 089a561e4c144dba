"""Attention between two sentences: how well a state of the decoder fits each state of the encoder, and what follows.

Shapes: `batch`, `length` (places of the source), `d_encoder` (width of an encoder state), `d_decoder` (width of a
decoder state). The decoder's state is the query, the encoder's states are the keys and the values.

The three scores, in the notation of lecture L0, with h_E a state of the encoder and h_D one of the decoder:

- dot product ⟨h_E, h_D⟩, where both have the same width;
- bilinear h_Eᵀ W h_D, "general" in Luong et al. 2015;
- additive vᵀ tanh(W_1 h_E + W_2 h_D), Bahdanau et al. 2015; Luong's "concat" is the same with W = [W_1, W_2].

Masks are boolean, True where a word stands.

Sources: Bahdanau, Cho and Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate" (ICLR,
arXiv:1409.0473), section 3.1 and appendix A.1.2; Luong, Pham and Manning 2015, "Effective Approaches to
Attention-based Neural Machine Translation" (EMNLP, arXiv:1508.04025), section 3.1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["SCORES", "AdditiveScore", "BilinearScore", "DotScore", "attend", "bilinear_score", "dot_scores", "score"]


def bilinear_score(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    """How well one state of the encoder fits one of the decoder: s(h_E, h_D) = h_Eᵀ W h_D.

    Args:
        h_e: (d_encoder,).
        h_d: (d_decoder,).
        w: (d_encoder, d_decoder), learned.

    Returns:
        A tensor with one number, of shape ().

    Luong et al. 2015, section 3.1, "general".
    """
    ### BEGIN SOLUTION
    return h_e @ w @ h_d
    ### END SOLUTION


def dot_scores(states: Tensor, query: Tensor) -> Tensor:
    """The dot product of each sentence's query with each of its own encoder states.

    Args:
        states: (batch, length, d), the states of the encoder.
        query: (batch, d), one state of the decoder for each sentence.

    Returns:
        (batch, length): row b, column k is ⟨states[b, k], query[b]⟩. Not divided by anything.

    Luong et al. 2015, section 3.1, "dot".
    """
    ### BEGIN SOLUTION
    return (states @ query[:, :, None]).squeeze(2)
    ### END SOLUTION


def attend(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """From scores to a context vector: a softmax over the places, then the weighted sum of the values.

    Args:
        scores: (batch, length), any real numbers.
        values: (batch, length, d_value): what is summed, in a translator the states of the encoder.
        mask: (batch, length) boolean, True where a word stands; None = everywhere.

    Returns:
        context: (batch, d_value).
        weights: (batch, length): 0 where the mask is False, and each row sums to one. A row without any word gets
            zeros in both.

    Bahdanau et al. 2015, equations 5 and 6.
    """
    ### BEGIN SOLUTION
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)  # a row of −∞ alone has become NaN
    context = (weights[:, None, :] @ values).squeeze(1)  # (batch, 1, length) @ (batch, length, d_value)
    return context, weights
    ### END SOLUTION


class DotScore(nn.Module):
    """⟨h_E, h_D⟩ as a layer: it learns nothing. Both widths must be the same.

    Raises:
        ValueError: the widths differ.
    """

    def __init__(self, d_encoder: int, d_decoder: int) -> None:
        super().__init__()
        if d_encoder != d_decoder:
            raise ValueError(f"A dot product needs two vectors of one width, not {d_encoder} and {d_decoder}.")

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        """(batch, length, d) and (batch, d) give (batch, length)."""
        return dot_scores(states, query)


class BilinearScore(nn.Module):
    """h_Eᵀ W h_D as a layer, for all places at once.

    Attributes:
        w: (d_encoder, d_decoder).

    Luong et al. 2015, section 3.1, "general".
    """

    def __init__(self, d_encoder: int, d_decoder: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.empty(d_encoder, d_decoder))
        nn.init.uniform_(self.w, -1 / math.sqrt(d_decoder), 1 / math.sqrt(d_decoder))

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        """(batch, length, d_encoder) and (batch, d_decoder) give (batch, length)."""
        return dot_scores(states, query @ self.w.T)  # W h_D once, instead of h_Eᵀ W at every place


class AdditiveScore(nn.Module):
    """s(h_E, h_D) = vᵀ tanh(W_1 h_E + W_2 h_D): a network with one hidden layer as the score.

    Args:
        d_encoder: width of an encoder state.
        d_decoder: width of a decoder state.
        d_hidden: width of the hidden layer, the lecture's d_3.

    Attributes:
        w1: `nn.Linear(d_encoder, d_hidden, bias=False)`.
        w2: `nn.Linear(d_decoder, d_hidden, bias=False)`.
        v: `nn.Linear(d_hidden, 1, bias=False)`.

    Bahdanau et al. 2015, appendix A.1.2 (there v_a, W_a on the decoder's state and U_a on the encoder's).
    """

    def __init__(self, d_encoder: int, d_decoder: int, d_hidden: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.w1 = nn.Linear(d_encoder, d_hidden, bias=False)
        self.w2 = nn.Linear(d_decoder, d_hidden, bias=False)
        self.v = nn.Linear(d_hidden, 1, bias=False)
        ### END SOLUTION

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        """Score every place of every sentence.

        Args:
            states: (batch, length, d_encoder).
            query: (batch, d_decoder).

        Returns:
            (batch, length).
        """
        ### BEGIN SOLUTION
        hidden = torch.tanh(self.w1(states) + self.w2(query)[:, None, :])  # (batch, length, d_hidden)
        return self.v(hidden).squeeze(2)
        ### END SOLUTION


SCORES: tuple[str, ...] = ("dot", "bilinear", "additive")
"""The names that `score` knows."""


def score(name: str, d_encoder: int, d_decoder: int) -> nn.Module:
    """The score layer of this name; the additive one is as wide inside as the decoder's state.

    Raises:
        ValueError: a name that is not in `SCORES`, or widths that the score cannot compare.
    """
    if name == "dot":
        return DotScore(d_encoder, d_decoder)
    if name == "bilinear":
        return BilinearScore(d_encoder, d_decoder)
    if name == "additive":
        return AdditiveScore(d_encoder, d_decoder, d_decoder)
    raise ValueError(f"There is no score {name!r}: choose one of {', '.join(SCORES)}.")
