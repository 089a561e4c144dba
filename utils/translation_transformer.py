"""A Transformer that translates: encoder and decoder from the layers of `utils.transformer`.

It fits the form of `utils.seq2seq`, so the loop that trains the recurrent models of lesson 09 trains it too, and the
same functions score it.

Source: Vaswani et al. 2017, "Attention Is All You Need", sections 3.1 and 3.4 (arXiv:1706.03762).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from utils.attention import MultiHeadAttention
from utils.positions import sinusoidal_positions
from utils.seq2seq import BOS, EOS, PAD
from utils.transformer import DecoderLayer, EncoderLayer, LayerNorm, decoder_mask, greedy_decode

__all__ = ["TranslationTransformer"]


class TranslationTransformer(nn.Module):
    """Reads a sentence with encoder layers, writes another with decoder layers.

    Word vectors are multiplied by √d_model, and the vector of the place, a fixed sinusoid, is added (section 3.4 and
    3.5 of the paper). With pre-norm each stack ends with a layer norm of its own, because nothing else would bring the
    sum of its sublayers to one size.

    Args:
        words_source, words_target: sizes of the two vocabularies; 0 is padding, 1 and 2 begin and end a sentence.
        d_model, heads, d_hidden: as in `EncoderLayer`.
        layers: number of encoder layers, and also of decoder layers.
        dropout: share of components set to zero while training, in what each sublayer adds and in what the first layers
            read.
        norm_first: pre-norm instead of post-norm.
        activation: of the feed-forward nets.
        tied: whether the logits are dot products with the target words' own vectors; else a linear layer makes them.
        max_length: number of places in the table of positions.
        positions: whether places are told at all (without them, the encoder reads a set of words).
        attention: the class of the attentions: `MultiHeadAttention`, or `FusedAttention`, which is faster and shows no
            weights.
        encoder_layer, decoder_layer: the classes of the layers.

    Attributes:
        source_words, target_words: the embeddings.
        encoder, decoder: `nn.ModuleList`s of layers.

    Raises:
        ValueError: if `heads` does not divide `d_model`, or there is no layer.
    """

    table: Tensor

    def __init__(
        self,
        words_source: int,
        words_target: int,
        d_model: int = 128,
        heads: int = 4,
        d_hidden: int = 256,
        layers: int = 2,
        dropout: float = 0.0,
        norm_first: bool = True,
        activation: str = "relu",
        tied: bool = True,
        max_length: int = 64,
        positions: bool = True,
        attention: Callable[[int, int], nn.Module] = MultiHeadAttention,
        encoder_layer: Callable[..., nn.Module] = EncoderLayer,
        decoder_layer: Callable[..., nn.Module] = DecoderLayer,
    ) -> None:
        super().__init__()
        if layers < 1:
            raise ValueError(f"A Transformer needs at least one layer, not {layers}.")
        self.settings: dict[str, Any] = {
            "words_source": words_source, "words_target": words_target, "d_model": d_model, "heads": heads,
            "d_hidden": d_hidden, "layers": layers, "dropout": dropout, "norm_first": norm_first,
            "activation": activation, "tied": tied, "max_length": max_length, "positions": positions,
            "encoder_layer": encoder_layer, "decoder_layer": decoder_layer,
        }  # fmt: skip
        self.source_words = nn.Embedding(words_source, d_model)
        self.target_words = nn.Embedding(words_target, d_model)
        for words in (self.source_words, self.target_words):
            nn.init.normal_(words.weight, std=d_model**-0.5)
        sizes = (d_model, heads, d_hidden, dropout, norm_first, activation, attention)
        self.encoder = nn.ModuleList(encoder_layer(*sizes) for _ in range(layers))
        self.decoder = nn.ModuleList(decoder_layer(*sizes) for _ in range(layers))
        self.encoder_norm: nn.Module = LayerNorm(d_model) if norm_first else nn.Identity()
        self.decoder_norm: nn.Module = LayerNorm(d_model) if norm_first else nn.Identity()
        self.logits: nn.Linear | None = None if tied else nn.Linear(d_model, words_target, bias=False)
        self.dropout, self.scale = nn.Dropout(dropout), math.sqrt(d_model)
        table = sinusoidal_positions(max_length, d_model) * (1.0 if positions else 0.0)
        self.register_buffer("table", table, persistent=False)

    @property
    def max_length(self) -> int:
        """How many places the table of positions has."""
        return len(self.table)

    def embed(self, words: nn.Embedding, ids: Tensor) -> Tensor:
        """Word vectors with their places: ids (batch, length) → (batch, length, d_model).

        Raises:
            ValueError: if the sentence is longer than the table of positions.
        """
        length = ids.shape[1]
        if length > self.max_length:
            raise ValueError(
                f"A sentence of {length} places does not fit: the table of positions has {self.max_length}. Make the"
                " model with a larger max_length."
            )
        return self.dropout(words(ids) * self.scale + self.table[:length])

    def encode(self, source: Tensor, source_mask: Tensor) -> Tensor:
        """What the encoder makes of each word: (batch, length_s) twice, ids and mask → (batch, length_s, d_model)."""
        x = self.embed(self.source_words, source)
        for layer in self.encoder:
            x, _ = layer(x, source_mask[:, None, None, :])
        return self.encoder_norm(x)

    def decode(self, target_in: Tensor, memory: Tensor, source_mask: Tensor) -> tuple[Tensor, list[Any]]:
        """Logits for the word after each word of `target_in`, and each layer's weights over the source.

        Args:
            target_in: (batch, length_t) int64, beginning with BOS.
            memory: (batch, length_s, d_model), from `encode`.
            source_mask: (batch, length_s) boolean, True at words.

        Returns:
            logits (batch, length_t, words), and for each layer (batch, heads, length_t, length_s), or None.
        """
        x, looks = self.embed(self.target_words, target_in), []
        mask, memory_mask = decoder_mask(target_in, PAD), source_mask[:, None, None, :]
        for layer in self.decoder:
            x, _, weights = layer(x, memory, mask, memory_mask)
            looks.append(weights)
        x = self.decoder_norm(x)
        return (x @ self.target_words.weight.T if self.logits is None else self.logits(x)), looks

    def forward(self, source: Tensor, source_mask: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor | None]:
        """Logits (batch, length_t, words) and, averaged over layers and heads, weights (batch, length_t, length_s)."""
        logits, looks = self.decode(target_in, self.encode(source, source_mask), source_mask)
        return logits, None if looks[0] is None else torch.stack(looks).mean(dim=(0, 2))

    @torch.no_grad()
    def translate(self, source: Tensor, source_mask: Tensor, limit: int) -> tuple[Tensor, Tensor | None]:
        """The likeliest word, one after the other.

        Args:
            source: (batch, length_s) int64.
            source_mask: (batch, length_s) boolean, True at words.
            limit: how many words at most; never more than the table of positions has places.

        Returns:
            ids: (batch, at most limit) int64, PAD behind each EOS.
            weights: (batch, the same, length_s), or None; as in `forward`.

        Raises:
            ValueError: if a source is longer than the table of positions, or the limit is below one.
        """
        if limit < 1:
            raise ValueError(f"A translation has room for at least one word, not {limit}.")
        memory = self.encode(source, source_mask)
        looks: list[Any] = [None]

        def logits_of(words: Tensor) -> Tensor:
            logits, looks[:] = self.decode(words, memory, source_mask)
            return logits

        ids = greedy_decode(logits_of, len(source), min(limit, self.max_length), BOS, EOS, PAD)
        return ids, None if looks[0] is None else torch.stack(looks).mean(dim=(0, 2))

    def opened(self) -> TranslationTransformer:
        """The same model, with copied weights, whose attentions show their weights; in evaluation mode."""
        twin = TranslationTransformer(**self.settings, attention=MultiHeadAttention).to(self.target_words.weight)
        twin.load_state_dict(self.state_dict())
        return twin.eval()
