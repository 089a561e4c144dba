"""An encoder and a decoder that translate: with attention, or through one vector alone.

Both are the same network with the same number of weights. The decoder looks at a *memory*: with attention these are the
states of the encoder after every word, (batch, length, d); without, it is the last of them alone, (batch, 1, d). A
softmax over one place is 1, so the context is then the same vector at every step, whatever is asked.

Sources: Sutskever et al. 2014 (arXiv:1409.3215), section 2; Cho et al. 2014, "Learning Phrase Representations using RNN
Encoder–Decoder for Statistical Machine Translation" (arXiv:1406.1078), section 2.2, where one context vector is read at
every step; Bahdanau et al. 2015 (arXiv:1409.0473).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn

from utils import attention_scores
from utils.decoder_block import decoder_block
from utils.seq2seq import PAD, greedy, last_state

__all__ = ["Encoder", "Translator", "WordVectors"]


class WordVectors(nn.Embedding):
    """Word vectors that learn faster than the other weights: a fixed factor times a table of small numbers.

    Adam moves every weight by about the learning rate, however often it is used. A matrix gets better at every step; a
    word's vector only where the word occurs, so it needs larger steps. With the factor it makes them, and it starts as
    a vector of `nn.Embedding` does, with components of variance 1.

    Args:
        words: how many words there are, padding included.
        d: width of a vector.
        factor: how much larger the steps are. (Vaswani et al. 2017, section 3.4, have √d there.)
    """

    def __init__(self, words: int, d: int, factor: float = 4.0) -> None:
        super().__init__(words, d, padding_idx=PAD)
        self.factor = factor
        with torch.no_grad():
            self.weight.div_(factor)

    def forward(self, ids: Tensor) -> Tensor:
        """(…) int64 gives (…, d)."""
        return super().forward(ids) * self.factor


class Encoder(nn.Module):
    """Reads a sentence with a GRU and keeps its state after every word.

    Args:
        words: how many words the source vocabulary has.
        d: width of the words' vectors and of the states; even if the GRU runs both ways.
        both: whether a second GRU reads from the end; each then gives half of a state.

    Raises:
        ValueError: an odd width for two directions.
    """

    def __init__(self, words: int, d: int, both: bool = False) -> None:
        super().__init__()
        if both and d % 2:
            raise ValueError(f"Two directions share the width, so it must be even, not {d}.")
        self.both = both
        self.embedding = WordVectors(words, d)
        self.rnn = nn.GRU(d, d // 2 if both else d, batch_first=True, bidirectional=both)

    def forward(self, source: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Read a batch.

        Args:
            source: (batch, length) int64, padded on the right.
            mask: (batch, length), True where a word stands.

        Returns:
            states: (batch, length, d), the state after each place; zeros at padding.
            h_e: (batch, d), the state after the whole sentence: of each direction after the word it reads last.
        """
        embedded = self.embedding(source)
        if not self.both:
            states, _ = self.rnn(embedded)
            states = states.masked_fill(~mask[:, :, None], 0.0)
            return states, last_state(states, mask)
        # A GRU from the right would read the padding first. Packed sentences are read without it.
        lengths = mask.sum(dim=1)
        packed = nn.utils.rnn.pack_padded_sequence(
            embedded, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.rnn(packed)[0], batch_first=True, total_length=source.shape[1]
        )
        states = states.masked_fill(~mask[:, :, None], 0.0)
        forwards, backwards = states.chunk(2, dim=2)
        return states, torch.cat([last_state(forwards, mask), backwards[:, 0]], dim=1)


class _AdditiveScore(attention_scores.AdditiveScore):
    """The same score, which makes W_1 h_E once a sentence: it does not change while the decoder writes.

    Bahdanau et al. 2015, appendix A.1.2, of their U_a h_j.
    """

    _keys: Tensor | None = None

    @contextlib.contextmanager
    def reading(self, states: Tensor) -> Iterator[None]:
        """Inside, only these states, (batch, length, d_encoder), are scored."""
        self._keys = self.w1(states)
        try:
            yield
        finally:
            self._keys = None

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        """(batch, length, d_encoder) and (batch, d_decoder) give (batch, length)."""
        keys = self.w1(states) if self._keys is None else self._keys
        return self.v(torch.tanh(keys + self.w2(query)[:, None, :])).squeeze(2)


class Translator(nn.Module):
    """Encoder, memory, decoder block: a translation model in the form that `utils.seq2seq` trains and asks.

    Args:
        source_words, target_words: how many words the two vocabularies have.
        d: width of everything.
        attention: whether the decoder may look at all states of the encoder, or at the last one only.
        score: "dot", "bilinear" or "additive", see `utils.attention_scores`.
        block: "lecture", "bahdanau" or "luong", see `utils.decoder_block`.
        both: whether the encoder reads in both directions.

    Raises:
        ValueError: an unknown score or block, or an odd width for an encoder of two directions.
    """

    def __init__(
        self,
        source_words: int,
        target_words: int,
        d: int = 128,
        attention: bool = True,
        score: str = "dot",
        block: str = "lecture",
        both: bool = False,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.encoder = Encoder(source_words, d, both)
        self.embedding = WordVectors(target_words, d)
        made = _AdditiveScore(d, d, d) if score == "additive" else attention_scores.score(score, d, d)
        self.block = decoder_block(block, target_words, d, d, d, made)

    def read(self, source: Tensor, source_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the decoder gets: memory (batch, places, d), its mask (batch, places), and h^E (batch, d)."""
        states, h_e = self.encoder(source, source_mask)
        if self.attention:
            return states, source_mask, h_e
        return h_e[:, None, :], torch.ones_like(source_mask[:, :1]), h_e

    def forward(self, source: Tensor, source_mask: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor | None]:
        """Scores for every next word, when the words before it are given.

        Args:
            source: (batch, length_s) int64.
            source_mask: (batch, length_s), True where a word stands.
            target_in: (batch, length_t) int64: BOS and the words.

        Returns:
            logits: (batch, length_t, words); row t is for the word after `target_in[:, t]`.
            weights: (batch, length_t, length_s), or None without attention.
        """
        memory, mask, h_e = self.read(source, source_mask)
        block: Any = self.block
        state, tops, looks = block.start(h_e), [], []
        with self._reading(memory):
            for y in self.embedding(target_in).unbind(dim=1):
                state, weights = block.step(y, state, memory, mask)
                tops.append(state[-1] if isinstance(state, tuple) else state)
                looks.append(weights)
        logits = block.output(torch.stack(tops, dim=1))  # once for all the places: one large product is faster
        return logits, torch.stack(looks, dim=1) if self.attention else None

    def translate(self, source: Tensor, source_mask: Tensor, limit: int) -> tuple[Tensor, Tensor | None]:
        """Greedy translations, (batch, at most limit), and the weights they were written with (or None).

        Raises:
            ValueError: a limit below one.
        """
        with torch.no_grad():
            memory, mask, h_e = self.read(source, source_mask)

            def step(words: Tensor, state: Any) -> tuple[Tensor, Any, Tensor | None]:
                o, state, weights = self.block(self.embedding(words), state, memory, mask)
                return o, state, weights if self.attention else None

            with self._reading(memory):
                return greedy(step, cast(Any, self.block).start(h_e), len(source), limit, source)

    def _reading(self, memory: Tensor) -> contextlib.AbstractContextManager[None]:
        score: Any = self.block.score
        return score.reading(memory) if isinstance(score, _AdditiveScore) else contextlib.nullcontext()
