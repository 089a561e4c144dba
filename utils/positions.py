"""Telling attention where a token stands: vectors of positions, computed or learned.

Sources: Vaswani et al. 2017, "Attention Is All You Need", section 3.5 (arXiv:1706.03762); Gehring et al. 2017,
"Convolutional Sequence to Sequence Learning", section 3.1 (arXiv:1705.03122) for learned positions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["LearnedPositions", "sinusoidal_positions"]


def sinusoidal_positions(length: int, d: int) -> Tensor:
    """One vector a position, made of sines and cosines whose waves get longer from pair to pair.

    PE(pos, 2i) = sin(pos / 10000^(2i/d)) and PE(pos, 2i + 1) = cos(pos / 10000^(2i/d)): sine and
    cosine alternate, and the two of a pair share one frequency.

    Args:
        length: number of positions, counted from 0.
        d: width of the vectors; an odd d ends with a sine that has no cosine.

    Returns:
        (length, d).

    Vaswani et al. 2017, section 3.5.
    """
    ### BEGIN SOLUTION
    positions = torch.arange(length, dtype=torch.get_default_dtype())
    rates = 10000.0 ** (-torch.arange(0, d, 2) / d)  # one frequency a pair
    angles = torch.outer(positions, rates)
    table = torch.zeros(length, d)
    table[:, 0::2] = angles.sin()
    table[:, 1::2] = angles.cos()[:, : d // 2]
    return table
    ### END SOLUTION


class LearnedPositions(nn.Module):
    """Adds to every token the learned vector of its place.

    Args:
        max_length: number of places; a longer sentence has no vector for its end.
        d: width of the tokens' vectors.

    Attributes:
        table: `nn.Embedding(max_length, d)`.

    Gehring et al. 2017, section 3.1; used by BERT and GPT.
    """

    def __init__(self, max_length: int, d: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.table = nn.Embedding(max_length, d)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x (batch, length, d) → (batch, length, d).

        Raises ValueError, with a message, if length is greater than max_length.
        """
        ### BEGIN SOLUTION
        length = x.shape[1]
        if length > self.table.num_embeddings:
            raise ValueError(f"A sentence of {length} tokens needs more than {self.table.num_embeddings} places.")
        return x + self.table(torch.arange(length, device=x.device))
        ### END SOLUTION
