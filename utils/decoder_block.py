"""One step of a decoder with attention, in the lecture's form, in Bahdanau's and in Luong's.

All three read the word written last and their old state, look at the encoder's states, and give scores for the next
word. They differ in the order of these things:

- Lecture L0: the query is h′_t, made from the new word; then h_t = tanh(W_c [c_t, h′_t] + b_c). The next step gets h_t,
  which holds the context.
- Bahdanau: the query is the *old* state s_{t−1}; the context enters the recurrence, s_t = GRU([y_{t−1}, c_t], s_{t−1}).
- Luong: the query is the new state h_t; the context enters the output, h̃_t = tanh(W_c [c_t, h_t]). The next step gets
  h_t, which holds no context, and reads h̃_t beside the word (input feeding).

Every block has `start(h_e)`, which makes its first state from the encoder's last one; `step`, which makes the next
state; and `output`, which makes scores of words from a state (of Luong's two, from h̃_t). A whole step is
`o, state, weights = block(y, state, states, mask)`. Who knows all the words beforehand, as in training, calls `step` in
a loop and `output` once for all the states, which is faster.

Shapes: `batch`, `length` (places of the source), `d_embedding`, `d_encoder`, `d` (width of the decoder's state).

Sources: lecture L0, "Блок декодера"; Bahdanau et al. 2015, section 3.1 and appendix A.2.2; Luong et al. 2015, sections
3 (equation 5) and 3.3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from utils.attention_scores import attend

__all__ = ["BLOCKS", "BahdanauBlock", "DecoderBlock", "LuongBlock", "decoder_block"]


class DecoderBlock(nn.Module):
    """The lecture's block: h′_t = tanh(W_h [y, h_{t−1}] + b_h), h_t = tanh(W_c [c_t, h′_t] + b_c), o_t = W_o h_t + b_o.

    Args:
        words: how many words the target vocabulary has.
        d_embedding: width of a word's vector y.
        d_encoder: width of the encoder's states.
        d: width of h′_t and of h_t.
        score: a layer `score(states, query) -> (batch, length)`, such as `attention_scores.DotScore`.

    Attributes:
        hidden: `nn.Linear(d_embedding + d, d)`, W_h and b_h; the word's vector comes first.
        combine: `nn.Linear(d_encoder + d, d)`, W_c and b_c; the context comes first.
        output: `nn.Linear(d, words)`, W_o and b_o.
        score: the layer given.

    Lecture L0, "Блок декодера".
    """

    def __init__(self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> None:
        super().__init__()
        self.score = score
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(d_embedding + d, d)
        self.combine = nn.Linear(d_encoder + d, d)
        self.output = nn.Linear(d, words)
        ### END SOLUTION

    def start(self, h_e: Tensor) -> Tensor:
        """The state before the first word: the encoder's last state, (batch, d) as it is."""
        return h_e

    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """From the word written last and the old state to the new state.

        Args:
            y: (batch, d_embedding), the vectors of the words written last.
            h: (batch, d), the state h_{t−1}.
            states: (batch, length, d_encoder), what the encoder left.
            mask: (batch, length), True where a word stands.

        Returns:
            h: (batch, d), the state h_t.
            weights: (batch, length), where h′_t looked.
        """
        ### BEGIN SOLUTION
        query = torch.tanh(self.hidden(torch.cat([y, h], dim=1)))  # h′_t
        context, weights = attend(self.score(states, query), states, mask)
        return torch.tanh(self.combine(torch.cat([context, query], dim=1))), weights
        ### END SOLUTION

    def forward(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A step, and the scores of the next word: o_t (batch, words), h_t (batch, d), weights (batch, length)."""
        h, weights = self.step(y, h, states, mask)
        return self.output(h), h, weights


class BahdanauBlock(nn.Module):
    """Bahdanau's block: look with the old state first, then let word and context make the new one.

    c_t = attention with the query s_{t−1}; s_t = GRU([y, c_t], s_{t−1}); o_t = W_o s_t + b_o. (The paper makes its
    output from s_{t−1}, c_t and y with a maxout layer, and its first state from the backward encoder. Here output and
    start are those of the lecture's block.)

    Args:
        words: how many words the target vocabulary has.
        d_embedding: width of a word's vector y.
        d_encoder: width of the encoder's states.
        d: width of s_t.
        score: a layer `score(states, query) -> (batch, length)`; the paper's is `attention_scores.AdditiveScore`.

    Attributes:
        cell: `nn.GRUCell(d_embedding + d_encoder, d)`; the word's vector comes first.
        output: `nn.Linear(d, words)`.
        score: the layer given.

    Bahdanau et al. 2015, section 3.1 and appendix A.2.2.
    """

    def __init__(self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> None:
        super().__init__()
        self.score = score
        ### BEGIN SOLUTION
        self.cell = nn.GRUCell(d_embedding + d_encoder, d)
        self.output = nn.Linear(d, words)
        ### END SOLUTION

    def start(self, h_e: Tensor) -> Tensor:
        """The state before the first word: the encoder's last state, (batch, d) as it is."""
        return h_e

    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """From the word written last and the old state to the new state.

        Args:
            y: (batch, d_embedding), the vectors of the words written last.
            s: (batch, d), the state s_{t−1}.
            states: (batch, length, d_encoder), what the encoder left.
            mask: (batch, length), True where a word stands.

        Returns:
            s: (batch, d), the state s_t.
            weights: (batch, length), where s_{t−1} looked.
        """
        ### BEGIN SOLUTION
        context, weights = attend(self.score(states, s), states, mask)
        return self.cell(torch.cat([y, context], dim=1), s), weights
        ### END SOLUTION

    def forward(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A step, and the scores of the next word: o_t (batch, words), s_t (batch, d), weights (batch, length)."""
        s, weights = self.step(y, s, states, mask)
        return self.output(s), s, weights


class LuongBlock(nn.Module):
    """Luong's block: make the new state, look with it, and mix both for the output alone.

    h_t = GRU([y, h̃_{t−1}], h_{t−1}); c_t = attention with the query h_t; h̃_t = tanh(W_c [c_t, h_t]), the "attentional
    vector"; o_t = W_o h̃_t + b_o. That h̃_{t−1} is read with the word is called input feeding. (The paper has LSTM
    layers in the GRU's place.)

    Args:
        words: how many words the target vocabulary has.
        d_embedding: width of a word's vector y.
        d_encoder: width of the encoder's states.
        d: width of h_t and h̃_t.
        score: a layer `score(states, query) -> (batch, length)`.
        feeding: whether h̃_{t−1} is read with the word; without it the recurrence never sees a context.

    Attributes:
        cell: `nn.GRUCell(d_embedding + d, d)`, or without feeding `nn.GRUCell(d_embedding, d)`.
        combine: `nn.Linear(d_encoder + d, d, bias=False)`, W_c.
        output: `nn.Linear(d, words)`.
        score: the layer given.

    Luong et al. 2015, equation 5 and section 3.3.
    """

    def __init__(
        self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module, feeding: bool = True
    ) -> None:
        super().__init__()
        self.score, self.feeding = score, feeding
        self.cell = nn.GRUCell(d_embedding + d if feeding else d_embedding, d)
        self.combine = nn.Linear(d_encoder + d, d, bias=False)
        self.output = nn.Linear(d, words)

    def start(self, h_e: Tensor) -> tuple[Tensor, Tensor]:
        """The states before the first word: the encoder's last state, and zeros for h̃_0."""
        return h_e, torch.zeros_like(h_e)

    def step(
        self, y: Tensor, state: tuple[Tensor, Tensor], states: Tensor, mask: Tensor
    ) -> tuple[tuple[Tensor, Tensor], Tensor]:
        """From a word and the pair (h_{t−1}, h̃_{t−1}) to the pair (h_t, h̃_t) and the weights (batch, length)."""
        h, attentional = state
        h = self.cell(torch.cat([y, attentional], dim=1) if self.feeding else y, h)
        context, weights = attend(self.score(states, h), states, mask)
        return (h, torch.tanh(self.combine(torch.cat([context, h], dim=1)))), weights

    def forward(
        self, y: Tensor, state: tuple[Tensor, Tensor], states: Tensor, mask: Tensor
    ) -> tuple[Tensor, tuple[Tensor, Tensor], Tensor]:
        """A step, and the scores of the next word, o_t = W_o h̃_t + b_o, (batch, words)."""
        state, weights = self.step(y, state, states, mask)
        return self.output(state[1]), state, weights


BLOCKS: tuple[str, ...] = ("lecture", "bahdanau", "luong")
"""The names that `decoder_block` knows."""


def decoder_block(name: str, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> nn.Module:
    """The block of this name.

    Raises:
        ValueError: a name that is not in `BLOCKS`.
    """
    kinds: dict[str, type[nn.Module]] = {"lecture": DecoderBlock, "bahdanau": BahdanauBlock, "luong": LuongBlock}
    if name not in kinds:
        raise ValueError(f"There is no decoder block {name!r}: choose one of {', '.join(BLOCKS)}.")
    return kinds[name](words, d_embedding, d_encoder, d, score)
