"""BERT: embeddings with segments, encoder layers, pooler, and the two heads it is pre-trained with.

Shapes are written as tuples of names: `batch`, `length` (tokens of a row, special ones included), `width` (of a token's
vector everywhere between the layers, the paper's H), `vocabulary` (number of pieces). A mask is boolean; `real` is True
at tokens and False at padding.

A model built by `BertConfig()` is BERT base, with 110,106,428 weights. `own_name` says where each weight of a published
checkpoint belongs; `utils.bert_checkpoint` loads one.

Source: Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding" (NAACL,
arXiv:1810.04805), section 3; the pooler and the layers of the heads are in the authors' published code only.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.attention import MultiHeadAttention
from utils.transformer import EncoderLayer, LayerNorm

__all__ = [
    "BASE",
    "LARGE",
    "Bert",
    "BertConfig",
    "BertEmbeddings",
    "BertForPreTraining",
    "MaskedWordHead",
    "bert_layer",
    "count_parameters",
    "own_name",
    "sentence_vectors",
    "visible",
]


@dataclasses.dataclass(frozen=True)
class BertConfig:
    """The sizes of a BERT; those of BERT base if nothing else is said.

    Args:
        vocabulary: number of pieces.
        width: of a token's vector; the paper's H.
        layers: the paper's L.
        heads: of each layer, the paper's A; divides the width.
        hidden: width inside the feed-forward net; four times `width` in the paper.
        positions: how long an input can be.
        segments: how many kinds of segment there are.
        eps: of every layer norm.
        dropout: share of components set to zero while training.
    """

    vocabulary: int = 30522
    width: int = 768
    layers: int = 12
    heads: int = 12
    hidden: int = 3072
    positions: int = 512
    segments: int = 2
    eps: float = 1e-12
    dropout: float = 0.1


BASE = BertConfig()
"""BERT base, uncased: 12 layers, width 768, 12 heads."""

LARGE = BertConfig(width=1024, layers=24, heads=16, hidden=4096)
"""BERT large, uncased: 24 layers, width 1024, 16 heads."""


def visible(real: Tensor, causal: bool = False) -> Tensor:
    """Which token may look at which: in BERT at every token, in GPT at itself and at those before it.

    Args:
        real: (batch, length), boolean: True at tokens, False at padding.
        causal: GPT's rule instead of BERT's.

    Returns:
        (batch, 1, length, length), boolean, for all heads alike: row i (who looks), column j (at whom). Nobody looks at
        padding. (What padding looks at does not matter; its rows follow the same rule.)

    Devlin et al. 2019, section 3, footnote 4, and figure 3.
    """
    ### BEGIN SOLUTION
    length = real.shape[1]
    allowed = torch.ones(length, length, dtype=torch.bool, device=real.device)
    if causal:
        allowed = allowed.tril()
    return real[:, None, None, :] & allowed
    ### END SOLUTION


class BertEmbeddings(nn.Module):
    """A token's vector: its piece, its place and its segment, added up, then layer norm and dropout.

    Args:
        config: the sizes.

    Attributes:
        words: `nn.Embedding(vocabulary, width)`.
        positions: `nn.Embedding(positions, width)`.
        segments: `nn.Embedding(segments, width)`.
        norm: `LayerNorm(width, eps)`.
        dropout: `nn.Dropout(dropout)`.

    Devlin et al. 2019, section 3 and figure 2; norm and dropout are those of the published code.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.words = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.segments = nn.Embedding(config.segments, config.width)
        self.norm = LayerNorm(config.width, config.eps)
        self.dropout = nn.Dropout(config.dropout)
        ### END SOLUTION

    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        """Look up, add, normalise.

        Args:
            ids: (batch, length), int64, the pieces' numbers.
            segments: (batch, length), int64; None = all of them are 0.

        Returns:
            (batch, length, width).

        Raises:
            ValueError: the input is longer than the table of positions.
        """
        ### BEGIN SOLUTION
        length, places = ids.shape[1], self.positions.num_embeddings
        if length > places:
            raise ValueError(f"An input of {length} tokens is too long: there are {places} positions.")
        if segments is None:
            segments = torch.zeros_like(ids)
        positions = torch.arange(length, device=ids.device)
        total = self.words(ids) + self.positions(positions) + self.segments(segments)
        return self.dropout(self.norm(total))
        ### END SOLUTION


def bert_layer(config: BertConfig, attention: Callable[[int, int], nn.Module] = MultiHeadAttention) -> EncoderLayer:
    """One encoder layer of lesson 11 as BERT has it: post-norm, GELU, and the config's eps in both norms."""
    layer = EncoderLayer(
        config.width, config.heads, config.hidden, config.dropout, activation="gelu", attention=attention
    )
    layer.norm1.eps = layer.norm2.eps = config.eps
    return layer


class Bert(nn.Module):
    """The encoder that everything else stands on: embeddings, layers, pooler.

    Args:
        config: the sizes.
        attention: the class that makes the attention of each layer (`FusedAttention` is faster).

    Attributes:
        embeddings: `BertEmbeddings(config)`.
        layers: `nn.ModuleList` of `bert_layer(config, attention)`, one for each layer.
        pooler: `nn.Linear(width, width)`.

    Devlin et al. 2019, section 3.
    """

    def __init__(self, config: BertConfig, attention: Callable[[int, int], nn.Module] = MultiHeadAttention) -> None:
        super().__init__()
        self.config = config
        ### BEGIN SOLUTION
        self.embeddings = BertEmbeddings(config)
        self.layers = nn.ModuleList(bert_layer(config, attention) for _ in range(config.layers))
        self.pooler = nn.Linear(config.width, config.width)
        ### END SOLUTION

    def forward(
        self,
        ids: Tensor,
        segments: Tensor | None = None,
        real: Tensor | None = None,
        causal: bool = False,
    ) -> tuple[list[Tensor], Tensor]:
        """Read a batch.

        Args:
            ids: (batch, length), int64.
            segments: (batch, length), int64; None = all 0.
            real: (batch, length), boolean: True at tokens; None = all are.
            causal: GPT's rule of who sees whom, instead of BERT's.

        Returns:
            states: a list of layers + 1 tensors (batch, length, width): what the embeddings gave, then what each
            layer gave.
            pooled: (batch, width): the last state of the first token, [CLS], through the pooler and a tanh.

        Raises:
            ValueError: the input is longer than the table of positions.
        """
        ### BEGIN SOLUTION
        mask = visible(torch.ones_like(ids, dtype=torch.bool) if real is None else real, causal)
        states = [self.embeddings(ids, segments)]
        for layer in self.layers:
            state, _ = layer(states[-1], mask)
            states.append(state)
        return states, torch.tanh(self.pooler(states[-1][:, 0]))
        ### END SOLUTION


class MaskedWordHead(nn.Module):
    """From a token's last state to a score for each piece of the vocabulary.

    logits = E · LayerNorm(GELU(W h + b)) + c, where E is the table of word vectors itself ("tied"): the piece whose
    vector fits best scores highest.

    Args:
        config: the sizes.

    Attributes:
        transform: `nn.Linear(width, width)`, W and b.
        norm: `LayerNorm(width, eps)`.
        bias: `nn.Parameter` (vocabulary,), c; zeros at the start.

    Devlin et al. 2019, section 3.1, task 1; the layers are those of the published code.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.transform = nn.Linear(config.width, config.width)
        self.norm = LayerNorm(config.width, config.eps)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))
        ### END SOLUTION

    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        """Scores for each piece.

        Args:
            states: (..., width), any number of leading dimensions.
            table: (vocabulary, width), the word vectors of the embeddings.

        Returns:
            (..., vocabulary).
        """
        ### BEGIN SOLUTION
        return self.norm(F.gelu(self.transform(states))) @ table.T + self.bias
        ### END SOLUTION


class BertForPreTraining(nn.Module):
    """BERT with the two heads that it is pre-trained with: masked words and next sentence.

    Args:
        config: the sizes.
        attention: as for `Bert`.
        encoder: the class of the encoder; `encoder(config, attention)` makes one. Your own will do.
        head: the class of the head for masked words; `head(config)` makes one.

    Attributes:
        bert: the encoder.
        masked_words: the head for masked words.
        next_sentence: `nn.Linear(width, 2)` on the pooled vector; class 0 is "B follows A", class 1 "B is a stranger".
    """

    def __init__(
        self,
        config: BertConfig,
        attention: Callable[[int, int], nn.Module] = MultiHeadAttention,
        encoder: Callable[..., Any] = Bert,
        head: Callable[[BertConfig], Any] = MaskedWordHead,
    ) -> None:
        super().__init__()
        self.bert = encoder(config, attention)
        self.masked_words = head(config)
        self.next_sentence = nn.Linear(config.width, 2)

    def forward(self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Scores of all pieces at all places (batch, length, vocabulary), and of the two answers (batch, 2)."""
        states, pooled = self.bert(ids, segments, real)
        return self.word_scores(states[-1]), self.next_sentence(pooled)

    def word_scores(self, states: Tensor) -> Tensor:
        """(..., width) → (..., vocabulary)."""
        return self.masked_words(states, self.bert.embeddings.words.weight)


def count_parameters(
    vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2
) -> dict[str, int]:
    """How many weights a BERT with both heads has, part by part, without building it.

    Args:
        vocabulary, width, layers, hidden, positions, segments: as in `BertConfig`. The number of heads is not asked
            for: it does not matter.

    Returns:
        embeddings: the three tables and the norm.
        layers: all encoder layers together: four linear layers of the attention, two of the feed-forward net, two norms
            in each.
        pooler: one linear layer.
        masked_words: the head's linear layer, norm and bias; its table is that of the embeddings, and counted there.
        next_sentence: a linear layer with two outputs.

    Devlin et al. 2019, section 3, round the sums to 110 and 340 million.
    """
    ### BEGIN SOLUTION
    norm = 2 * width
    square = width * width + width  # a linear layer from width to width, with its bias
    feed_forward = width * hidden + hidden + hidden * width + width
    return {
        "embeddings": (vocabulary + positions + segments) * width + norm,
        "layers": layers * (4 * square + feed_forward + 2 * norm),
        "pooler": square,
        "masked_words": square + norm + vocabulary,
        "next_sentence": 2 * width + 2,
    }
    ### END SOLUTION


def own_name(name: str) -> str | None:
    """The name that a weight of a published checkpoint has in our `Bert`.

    Args:
        name: as in the checkpoint of a Hugging Face `BertModel`, such as
            "encoder.layer.3.attention.self.query.weight".

    Returns:
        As in the `state_dict` of `Bert`, such as "layers.3.attention.query.weight"; None for
        "embeddings.position_ids", which is no weight (the numbers 0, 1, 2, … themselves).

    Raises:
        ValueError: no weight of a BERT has this name.
    """
    if name == "embeddings.position_ids":
        return None
    outside = {
        "embeddings.word_embeddings": "embeddings.words",
        "embeddings.position_embeddings": "embeddings.positions",
        "embeddings.token_type_embeddings": "embeddings.segments",
        "embeddings.LayerNorm": "embeddings.norm",
        "pooler.dense": "pooler",
    }
    inside = {
        "attention.self.query": "attention.query",
        "attention.self.key": "attention.key",
        "attention.self.value": "attention.value",
        "attention.output.dense": "attention.output",
        "attention.output.LayerNorm": "norm1",
        "intermediate.dense": "feed_forward.expand",
        "output.dense": "feed_forward.project",
        "output.LayerNorm": "norm2",
    }
    part, _, kind = name.rpartition(".")
    if kind in ("weight", "bias") and not (kind == "bias" and part.endswith("_embeddings")):  # a table has no bias
        if part in outside:
            return f"{outside[part]}.{kind}"
        found = re.fullmatch(r"encoder\.layer\.(0|[1-9][0-9]*)\.(.+)", part)
        if found and found[2] in inside:
            return f"layers.{found[1]}.{inside[found[2]]}.{kind}"
    raise ValueError(f"No weight of a BERT is called {name!r}.")


def sentence_vectors(states: Tensor, real: Tensor) -> Tensor:
    """One vector of length 1 for each sentence: the mean of its tokens' states, divided by its norm.

    The dot product of two such vectors is the cosine of the angle between them.

    Args:
        states: (batch, length, width).
        real: (batch, length), boolean: True at tokens (special ones included), False at padding.

    Returns:
        (batch, width), float64 if the states are. Zeros for a row without tokens.

    Reimers and Gurevych 2019, "Sentence-BERT" (EMNLP, arXiv:1908.10084), section 3, "MEAN" pooling.
    """
    mean = states.masked_fill(~real[:, :, None], 0.0).sum(dim=1) / real.sum(dim=1, keepdim=True).clamp(min=1)
    return F.normalize(mean, dim=1)
