"""Answers to the exercises of lesson 12, written otherwise than the references: right ones and wrong ones."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.attention import FusedAttention, MultiHeadAttention
from utils.bert import BertConfig, BertEmbeddings, BertForPreTraining, bert_layer, visible

# ---- who sees whom


def visible_loop(real: Tensor, causal: bool = False) -> Tensor:
    batch, length = real.shape
    table = torch.zeros(batch, 1, length, length, dtype=torch.bool)
    for b in range(batch):
        for i in range(length):
            for j in range(length):
                table[b, 0, i, j] = bool(real[b, j]) and (not causal or j <= i)
    return table


def visible_by_places(real: Tensor, causal: bool = False) -> Tensor:
    places = torch.arange(real.size(1))
    earlier = (
        places[None, :] <= places[:, None] if causal else torch.ones_like(places[:, None] + places, dtype=torch.bool)
    )
    return torch.logical_and(real.unsqueeze(1).unsqueeze(1), earlier)


def visible_minus_infinity(real: Tensor, causal: bool = False) -> Tensor:
    table = visible_loop(real, causal)
    return torch.zeros(table.shape).masked_fill(~table, -math.inf)


def visible_first_sentence(real: Tensor, causal: bool = False) -> Tensor:
    return visible_loop(real[:1], causal).expand(len(real), -1, -1, -1).clone()


def visible_in_place(real: Tensor, causal: bool = False) -> Tensor:
    table = visible_loop(real.clone(), causal)
    real.logical_not_()
    return table


def visible_no_default(real: Tensor, causal: bool) -> Tensor:
    return visible_loop(real, causal)


def visible_transposed(real: Tensor, causal: bool = False) -> Tensor:
    return visible_loop(real, causal).mT


# ---- blanks


def corrupt_loop(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> tuple[Tensor, Tensor]:
    inputs, labels = ids.clone(), torch.full_like(ids, -100)
    for b in range(ids.shape[0]):
        for t in range(ids.shape[1]):
            if not allowed[b, t] or float(chance[b, t]) >= probability:
                continue
            labels[b, t] = ids[b, t]
            if action[b, t] < 0.8:
                inputs[b, t] = mask_id
            elif action[b, t] < 0.9:
                inputs[b, t] = strangers[b, t]
    return inputs, labels


def corrupt_indexed(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> list[Tensor]:
    labels, inputs = ids.clone(), ids.clone()
    chosen = torch.logical_and(allowed, chance < probability)
    labels[~chosen] = -100
    inputs[chosen & (action < 0.9)] = strangers[chosen & (action < 0.9)]
    inputs[chosen & (action < 0.8)] = mask_id
    return [inputs, labels]


def corrupt_in_place(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> tuple[Tensor, Tensor]:
    chosen = allowed & (chance < probability)
    labels = torch.where(chosen, ids, -100)
    ids[chosen & (action < 0.8)] = mask_id
    swap = chosen & (action >= 0.8) & (action < 0.9)
    ids[swap] = strangers[swap]
    return ids, labels


def corrupt_labels_of_the_changed(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> tuple[Tensor, Tensor]:
    inputs = ids
    chosen = allowed & (chance < probability)
    inputs = inputs.masked_fill(chosen & (action < 0.8), mask_id)
    inputs = torch.where(chosen & (action >= 0.8) & (action < 0.9), strangers, inputs)
    return inputs, inputs.masked_fill(~chosen, -100)


def corrupt_kept_without_label(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> tuple[Tensor, Tensor]:
    inputs, labels = corrupt_loop(ids, allowed, chance, action, strangers, mask_id, probability)
    return inputs, labels.masked_fill(action >= 0.9, -100)


def corrupt_fixed_mask(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> tuple[Tensor, Tensor]:
    return corrupt_loop(ids, allowed, chance, action, strangers, 4, probability)


def corrupt_new_draws(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> tuple[Tensor, Tensor]:
    return corrupt_loop(ids, allowed, torch.rand(ids.shape), torch.rand(ids.shape), strangers, mask_id, probability)


def corrupt_no_default(
    ids: Tensor, allowed: Tensor, chance: Tensor, action: Tensor, strangers: Tensor, mask_id: int, probability: float
) -> tuple[Tensor, Tensor]:
    return corrupt_loop(ids, allowed, chance, action, strangers, mask_id, probability)


def corrupt_80_10_10_of_all(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> tuple[Tensor, Tensor]:
    inputs, _ = corrupt_loop(ids, allowed, chance, action, strangers, mask_id, probability)
    return inputs, torch.where(allowed & (action < 0.9), ids, -100)


# ---- inputs


def inputs_appended(first: list, second: list | None = None, classify: int = 2, separate: int = 3) -> tuple[list, list]:
    ids, segments = [], []
    for number, sentence in enumerate([first] if second is None else [first, second]):
        row = ([classify] if number == 0 else []) + list(sentence) + [separate]
        ids.extend(row)
        segments.extend(number for _ in row)
    return ids, segments


def inputs_marked(first: list, second: list | None = None, classify: int = 2, separate: int = 3) -> tuple[list, list]:
    ids = [classify] + list(first) + [separate]
    border = len(ids)
    if second is not None:
        ids = ids + list(second) + [separate]
    return ids, [int(place >= border) for place in range(len(ids))]


def inputs_counting_separators(first: list, second: list | None = None, classify: int = 2, separate: int = 3) -> Any:
    ids, _ = inputs_marked(first, second, classify, separate)
    segments, segment = [], 0
    for number in ids:
        segment += number == separate
        segments.append(int(min(segment, 1)))
    return ids, segments


def inputs_without_star(first: list, second: list | None = None, classify: int = 2, separate: int = 3) -> Any:
    ids = [classify] + first + [separate] + ([] if second is None else second + [separate])
    return ids, [0] * (len(first) + 2) + ([] if second is None else [1] * (len(second) + 1))


def inputs_in_place(first: list, second: list | None = None, classify: int = 2, separate: int = 3) -> Any:
    ids, segments = inputs_marked(first, second, classify, separate)
    first.append(separate)
    return ids, segments


def inputs_if_second(first: list, second: list | None = None, classify: int = 2, separate: int = 3) -> Any:
    return inputs_marked(first, second or None, classify, separate)


def inputs_always_a_pair(first: list, second: list | None = None, classify: int = 2, separate: int = 3) -> Any:
    return inputs_marked(first, second or [], classify, separate)


def inputs_needs_second(first: list, second: list | None, classify: int = 2, separate: int = 3) -> Any:
    return inputs_marked(first, second, classify, separate)


# ---- pairs


def pairs_by_index(documents: list, follows: list, picks: list) -> list[tuple]:
    found: list[tuple] = []
    for d, document in enumerate(documents):
        strangers: list = []
        for other in documents[:d] + documents[d + 1 :]:
            strangers.extend(other)
        for i in range(len(document) - 1):
            n = len(found)
            if follows[n]:
                found.append((document[i], document[i + 1], 0))
                continue
            if len(strangers) == 0:
                raise ValueError(f"there is only document {d}")
            found.append((document[i], strangers[math.floor(picks[n] * len(strangers))], 1))
    return found


def pairs_by_iterator(documents: list, follows: list, picks: list) -> list[tuple]:
    draws = iter(list(zip(follows, picks, strict=True)))
    found = []
    for d, document in enumerate(documents):
        rest = [s for k in range(len(documents)) if k != d for s in documents[k]]
        for a, b in pairwise(document):
            coin, pick = next(draws)
            if not coin and not rest:
                raise ValueError(f"document {d} has no strangers")
            found.append((a, b, 0) if coin else (a, rest[int(len(rest) * pick)], 1))
    return found


def pairs_true_labels(documents: list, follows: list, picks: list) -> list[tuple]:
    return [(a, b, label == 0) for a, b, label in pairs_by_index(documents, follows, picks)]


def pairs_index_error(documents: list, follows: list, picks: list) -> list[tuple]:
    if len([d for d in documents if d]) == 1 and not all(follows):
        raise IndexError("no strangers")
    return pairs_by_index(documents, follows, picks)


def pairs_random(documents: list, follows: list, picks: list) -> list[tuple]:
    import random

    return pairs_by_index(documents, follows, [random.random() for _ in picks])


def pairs_unnumbered(documents: list, follows: list, picks: list) -> list[tuple]:
    try:
        return pairs_by_index(documents, follows, picks)
    except ValueError:
        raise ValueError("document 0 is alone") from None


def pairs_of_one_document(documents: list, follows: list, picks: list) -> list[tuple]:
    if len(documents) == 1 and not all(follows):
        raise ValueError("there is only document 0")
    found: list[tuple] = []
    for d, document in enumerate(documents):
        rest = [s for k, other in enumerate(documents) if k != d for s in other]
        for a, b in pairwise(document):
            n = len(found)
            found.append((a, b, 0) if follows[n] else (a, rest[int(picks[n] * len(rest))], 1))
    return found


def pairs_by_looking_up(documents: list, follows: list, picks: list) -> list[tuple]:
    found: list[tuple] = []
    for d, document in enumerate(documents):
        rest = [s for k, other in enumerate(documents) if k != d for s in other]
        for a in document[:-1]:
            n = len(found)
            if not follows[n] and not rest:
                raise ValueError(f"document {d}")
            b = document[document.index(a) + 1]
            found.append((a, b, 0) if follows[n] else (a, rest[int(picks[n] * len(rest))], 1))
    return found


def pairs_document_by_index(documents: list, follows: list, picks: list) -> list[tuple]:
    found: list[tuple] = []
    for document in documents:
        place = documents.index(document)
        rest = [s for k, other in enumerate(documents) if k != place for s in other]
        for a, b in pairwise(document):
            n = len(found)
            if not follows[n] and not rest:
                raise ValueError(f"document {place}")
            found.append((a, b, 0) if follows[n] else (a, rest[int(picks[n] * len(rest))], 1))
    return found


def pairs_positives_only(documents: list, follows: list, picks: list) -> list[tuple]:
    return [pair for pair in pairs_by_index(documents, follows, picks) if pair[2] == 0]


def pairs_by_values(documents: list, follows: list, picks: list) -> list[tuple]:
    found: list[tuple] = []
    for document in documents:
        strangers = [s for other in documents if other != document for s in other]
        for a, b in pairwise(document):
            n = len(found)
            if not follows[n] and not strangers:
                raise ValueError("document 0 is alone")
            found.append((a, b, 0) if follows[n] else (a, strangers[int(picks[n] * len(strangers))], 1))
    return found[::-1]


# ---- embeddings


class EmbeddingsByIndex(nn.Module):
    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.segments = nn.Embedding(config.segments, config.width)
        self.words = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.norm = nn.LayerNorm(config.width, eps=config.eps)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        length = ids.shape[1]
        if length > len(self.positions.weight):
            raise ValueError(f"{length} tokens")
        total = self.words.weight[ids] + self.positions.weight[:length]
        total = total + self.segments.weight[torch.zeros_like(ids) if segments is None else segments]
        return self.dropout(self.norm(total))


class EmbeddingsExpanded(EmbeddingsByIndex):
    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        places = torch.arange(ids.shape[1]).expand_as(ids)
        if ids.shape[1] > self.positions.num_embeddings:
            raise ValueError(f"no position for token {ids.shape[1]}")
        segments = ids * 0 if segments is None else segments
        parts = torch.stack([self.words(ids), self.positions(places), self.segments(segments)])
        return F.dropout(self.norm(parts.sum(0)), self.dropout.p, self.training)


class EmbeddingsSegmentsRequired(EmbeddingsByIndex):
    def forward(self, ids: Tensor, segments: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(ids, segments)


class EmbeddingsKeptSegments(EmbeddingsByIndex):
    kept: Tensor | None = None

    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        if self.kept is None:
            self.kept = self.positions.weight[: ids.shape[1]].detach()
        total = (
            self.words(ids)
            + self.kept[: ids.shape[1]].mean(0)
            + self.segments(ids * 0 if segments is None else segments)
        )
        return self.norm(total)


class EmbeddingsTruncating(EmbeddingsByIndex):
    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        most = self.positions.num_embeddings
        return super().forward(ids[:, :most], None if segments is None else segments[:, :most])


class EmbeddingsOtherNames(EmbeddingsByIndex):
    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.tokens = self.words
        del self.words


class EmbeddingsWithoutDropoutConfig(EmbeddingsByIndex):
    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.dropout = nn.Dropout(0.1)


class EmbeddingsPositionsFrozen(EmbeddingsByIndex):
    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        if ids.shape[1] > self.positions.num_embeddings:
            raise ValueError(f"{ids.shape[1]} tokens")
        total = self.words(ids) + self.positions.weight[: ids.shape[1]].detach()
        return self.dropout(self.norm(total + self.segments(ids * 0 if segments is None else segments)))


# ---- the model


class BertByLoop(nn.Module):
    def __init__(self, config: BertConfig, attention: Any = MultiHeadAttention) -> None:
        super().__init__()
        self.config = config
        self.pooler = nn.Linear(config.width, config.width)
        self.layers = nn.ModuleList()
        for _ in range(config.layers):
            self.layers.append(bert_layer(config, attention))
        self.embeddings = BertEmbeddings(config)

    def forward(
        self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None, causal: bool = False
    ) -> tuple[list[Tensor], Tensor]:
        if real is None:
            real = torch.full(ids.shape, True)
        mask = visible(real, causal=causal)
        state = self.embeddings(ids, segments)
        states = [state]
        for number in range(len(self.layers)):
            state = self.layers[number](state, mask)[0]
            states = [*states, state]
        return states, self.pooler(state.select(1, 0)).tanh()


class BertFused(BertByLoop):
    """Right: the default attention is the fused one."""

    def __init__(self, config: BertConfig, attention: Any = FusedAttention) -> None:
        super().__init__(config, attention)

    def forward(
        self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None, causal: bool = False
    ) -> tuple[list[Tensor], Tensor]:
        if not causal:  # a mask that broadcasts over the queries will do
            mask = None if real is None else real[:, None, None]
        else:
            mask = visible(torch.ones_like(ids) > 0 if real is None else real, True)
        states = [self.embeddings(ids, segments)]
        for layer in self.layers:
            states += [layer(states[-1], mask)[0]]
        return states, torch.tanh(self.pooler(states[-1])[:, 0])


class BertTupleStates(BertByLoop):
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        states, pooled = super().forward(*args, **kwargs)
        return [*states, pooled]


class BertWeightsInState(BertByLoop):
    def forward(
        self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None, causal: bool = False
    ) -> Any:
        states: list[Any] = [self.embeddings(ids, segments)]
        for layer in self.layers:
            states.append(layer(states[-1]))
        return states, None


class BertPositionsTwice(BertByLoop):
    def forward(
        self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None, causal: bool = False
    ) -> Any:
        mask = visible(torch.ones_like(ids) > 0 if real is None else real, causal)
        states = [self.embeddings(ids, segments)]
        for layer in self.layers:
            states.append(layer(states[-1] + self.embeddings.positions.weight[: ids.shape[1]], mask)[0])
        return states, torch.tanh(self.pooler(states[-1][:, 0]))


class BertOneLayerShared(nn.Module):
    def __init__(self, config: BertConfig, attention: Any = MultiHeadAttention) -> None:
        super().__init__()
        self.config = config
        self.embeddings = BertEmbeddings(config)
        self.layers = nn.ModuleList([bert_layer(config, attention)] * config.layers)
        self.pooler = nn.Linear(config.width, config.width)

    forward = BertByLoop.forward


class BertPlainList(nn.Module):
    def __init__(self, config: BertConfig, attention: Any = MultiHeadAttention) -> None:
        super().__init__()
        self.config = config
        self.embeddings = BertEmbeddings(config)
        self.layers = [bert_layer(config, attention) for _ in range(config.layers)]
        self.pooler = nn.Linear(config.width, config.width)

    forward = BertByLoop.forward


class BertOwnAttention(BertByLoop):
    def __init__(self, config: BertConfig, attention: Any = MultiHeadAttention) -> None:
        super().__init__(config)


class BertEmbeddedTwice(BertByLoop):
    def forward(self, ids: Tensor, segments: Tensor | None = None, *args: Any, **kwargs: Any) -> Any:
        states, pooled = super().forward(ids, segments, *args, **kwargs)
        return [self.embeddings(ids, segments), *states[1:]], pooled


class BertWithoutConfig(BertByLoop):
    def __init__(self, config: BertConfig, attention: Any = MultiHeadAttention) -> None:
        super().__init__(config, attention)
        del self.config


class BertCutting(BertByLoop):
    def forward(
        self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None, causal: bool = False
    ) -> Any:
        most = self.config.positions
        cut = (t if t is None else t[:, :most] for t in (ids, segments, real))
        return super().forward(*cut, causal)  # type: ignore[arg-type]


class BertDropsNothing(BertByLoop):
    def __init__(self, config: BertConfig, attention: Any = MultiHeadAttention) -> None:
        super().__init__(config, attention)
        for layer in self.layers:
            layer.dropout.p = 0.0


class BertDetached(BertByLoop):
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        states, pooled = super().forward(*args, **kwargs)
        return [state.detach() for state in states], pooled


class BertSegmentsByName(BertByLoop):
    def forward(
        self, ids: Tensor, real: Tensor | None = None, segments: Tensor | None = None, causal: bool = False
    ) -> Any:  # type: ignore[override]
        return super().forward(ids, segments, real, causal)


# ---- the head


class HeadByF(nn.Module):
    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))
        self.norm = nn.LayerNorm(config.width, config.eps)
        self.transform = nn.Linear(config.width, config.width)

    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        x = self.transform(states)
        x = x * 0.5 * (1 + torch.erf(x / 2**0.5))
        return F.linear(self.norm(x), table, self.bias)


class HeadByEinsum(HeadByF):
    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        return torch.einsum("...w,vw->...v", self.norm(F.gelu(self.transform(states))), table) + self.bias


class HeadOwnDecoder(HeadByF):
    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.decoder = nn.Linear(config.width, config.vocabulary, bias=False)

    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        return self.decoder(self.norm(F.gelu(self.transform(states)))) + self.bias


class HeadBiasAsNumber(HeadByF):
    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.bias = nn.Parameter(torch.zeros(1))


class HeadBiasOfOnes(HeadByF):
    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        nn.init.ones_(self.bias)


class HeadBiasBuffer(HeadByF):
    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        del self.bias
        self.register_buffer("bias", torch.zeros(config.vocabulary))


class HeadBiasFrozen(HeadByF):
    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.bias.requires_grad_(False)


class HeadTwoNorms(HeadByF):
    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        return F.linear(self.norm(self.norm(F.gelu(self.transform(states)))), table, self.bias)


class HeadTableNormed(HeadByF):
    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        return F.linear(self.norm(F.gelu(self.transform(states))), F.normalize(table, dim=1), self.bias)


class HeadTransposed(HeadByF):
    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        return (table @ self.norm(F.gelu(self.transform(states))).mT).mT + self.bias


# ---- counting


def count_by_building(
    vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2
) -> Any:
    with torch.device("meta"):
        linear = {
            "square": nn.Linear(width, width),
            "wide": nn.Linear(width, hidden),
            "back": nn.Linear(hidden, width),
            "norm": nn.LayerNorm(width),
            "two": nn.Linear(width, 2),
        }
    size = {name: sum(p.numel() for p in module.parameters()) for name, module in linear.items()}
    return {
        "embeddings": vocabulary * width + positions * width + segments * width + size["norm"],
        "layers": sum(4 * size["square"] + size["wide"] + size["back"] + size["norm"] * 2 for _ in range(layers)),
        "pooler": size["square"],
        "masked_words": size["square"] + size["norm"] + vocabulary,
        "next_sentence": size["two"],
    }


def count_expanded(
    vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2
) -> Any:
    w = width
    return dict(
        next_sentence=2 * (w + 1),
        masked_words=w * (w + 3) + vocabulary,
        pooler=w * (w + 1),
        layers=layers * (4 * w * w + 9 * w + 2 * w * hidden + hidden),
        embeddings=w * (vocabulary + positions + segments + 2),
    )


def count_model(vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2) -> Any:
    config = BertConfig(vocabulary, width, layers, 1, hidden, positions, segments)
    with torch.device("meta"):
        model = BertForPreTraining(config)
    return {
        "embeddings": sum(p.numel() for p in model.bert.embeddings.parameters()),
        "layers": sum(p.numel() for p in model.bert.layers.parameters()),
        "pooler": sum(p.numel() for p in model.bert.pooler.parameters()),
        "masked_words": sum(p.numel() for p in model.masked_words.parameters()),
        "next_sentence": sum(p.numel() for p in model.next_sentence.parameters()),
    }


def count_list(vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2) -> Any:
    return list(count_expanded(vocabulary, width, layers, hidden, positions, segments).values())


def count_heads(vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2) -> Any:
    parts = count_expanded(vocabulary, width, layers, hidden, positions, segments)
    return {**parts, "layers": parts["layers"] + layers * width // 64}


def count_fixed_positions(
    vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2
) -> Any:
    return count_expanded(vocabulary, width, layers, hidden)


def count_large_only(
    vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2
) -> Any:
    return count_expanded(vocabulary, width, layers, 4 * width, positions, segments)


def count_no_value_bias(
    vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2
) -> Any:
    parts = count_expanded(vocabulary, width, layers, hidden, positions, segments)
    return {**parts, "layers": parts["layers"] - layers * width}


def count_other_names(
    vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2
) -> Any:
    parts = count_expanded(vocabulary, width, layers, hidden, positions, segments)
    return {name.upper(): number for name, number in parts.items()}


# ---- the loss


def loss_by_full_scores(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    ids, segments, real = inputs
    states, pooled = model.bert(ids, segments=segments, real=real)
    scores = model.masked_words(states[-1], model.bert.embeddings.words.weight)
    each = F.cross_entropy(scores.mT, labels, reduction="none", ignore_index=-100)
    masked = each.sum() / (labels != -100).sum().clamp(min=1)
    return [masked, F.nll_loss(model.next_sentence(pooled).log_softmax(1), strangers)]


def loss_by_loop(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    words, pairs = model(*inputs)
    terms = [
        -words[b, t].log_softmax(0)[labels[b, t]]
        for b in range(labels.shape[0])
        for t in range(labels.shape[1])
        if labels[b, t] != -100
    ]
    masked = torch.stack(terms).mean() if terms else words.sum() * 0
    return masked, -pairs.log_softmax(1)[torch.arange(len(strangers)), strangers].mean()


def loss_mean(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    words, pairs = model(*inputs)
    return F.cross_entropy(words.flatten(0, 1), labels.flatten()), F.cross_entropy(pairs, strangers)


def loss_in_bits(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    return tuple(part / math.log(2) for part in loss_by_loop(model, inputs, labels, strangers))


def loss_items(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    return tuple(part.item() for part in loss_by_loop(model, inputs, labels, strangers))


def loss_of_masks_only(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    return loss_by_loop(model, inputs, labels.masked_fill(inputs[0] != 4, -100), strangers)


def loss_of_shifted_places(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    return loss_by_loop(model, inputs, labels.roll(1, 1), strangers)


def loss_by_name(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    states, pooled = model.bert(inputs.ids, inputs.segments, inputs.real)
    asked = labels >= 0
    masked = F.cross_entropy(model.word_scores(states[-1][asked]), labels[asked]) if asked.any() else 0.0
    return masked, F.cross_entropy(model.next_sentence(pooled), strangers)


def loss_in_training_mode(model: Any, *rest: Any) -> Any:
    model.train()
    return loss_by_full_scores(model, *rest)


def loss_left_in_evaluation(model: Any, *rest: Any) -> Any:
    model.eval()
    return loss_by_full_scores(model, *rest)


def loss_with_backward(model: Any, *rest: Any) -> Any:
    found = loss_by_full_scores(model, *rest)
    (found[0] + found[1]).backward(retain_graph=True)
    return found


def loss_with_zero_grad(model: Any, *rest: Any) -> Any:
    model.zero_grad()
    return loss_by_full_scores(model, *rest)


def loss_reading_twice(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    pooled = model.bert(*inputs)[1]
    masked, _ = loss_by_full_scores(model, inputs, labels, strangers)
    return masked, F.cross_entropy(model.next_sentence(pooled), strangers)


# ---- the tagger


class TaggerBySelf(nn.Module):
    def __init__(self, bert: Any, tags: int = 2, layer: int = -1, frozen: bool = False) -> None:
        super().__init__()
        self.output = nn.Linear(bert.config.width, tags)
        self.bert = type(bert)(bert.config)
        self.bert.load_state_dict(bert.state_dict())
        self.which, self.frozen = layer, frozen
        for parameter in self.bert.parameters():
            parameter.requires_grad = not frozen
        self.amiss(bert)

    def amiss(self, bert: Any) -> None:
        """What a wrong tagger does besides, with its own parts or with the encoder that was given."""

    def forward(self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None) -> Tensor:
        return F.linear(self.bert(ids, segments, real)[0][self.which], self.output.weight, self.output.bias)


class TaggerDetached(TaggerBySelf):
    """Right: the weights may learn, but no gradient reaches them."""

    def __init__(self, bert: Any, tags: int = 2, layer: int = -1, frozen: bool = False) -> None:
        super().__init__(bert, tags, layer)
        self.frozen = frozen

    def forward(self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None) -> Tensor:
        with torch.set_grad_enabled(not self.frozen and torch.is_grad_enabled()):
            states, _ = self.bert(ids, segments, real)
        return self.output(states[self.which])


class TaggerFresh(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        for parameter in self.bert.parameters():
            nn.init.normal_(parameter)


class TaggerFreezesTheStart(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        bert.requires_grad_(not self.frozen)


class TaggerAlwaysDetached(TaggerBySelf):
    def forward(self, *args: Any) -> Tensor:
        with torch.no_grad():
            states, _ = self.bert(*args)
        return self.output(states[self.which])


class TaggerOfTheGiven(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        self.bert = bert


class TaggerNeverFrozen(TaggerBySelf):
    def __init__(self, bert: Any, tags: int = 2, layer: int = -1, frozen: bool = False) -> None:
        super().__init__(bert, tags, layer)


class TaggerLastLayer(TaggerBySelf):
    def __init__(self, bert: Any, tags: int = 2, layer: int = -1, frozen: bool = False) -> None:
        super().__init__(bert, tags, frozen=frozen)


class TaggerTurnedRound(TaggerBySelf):
    def __init__(self, bert: Any, tags: int = 2, layer: int = -1, frozen: bool = False) -> None:
        super().__init__(bert, tags, layer, not frozen)


class TaggerTwoLayers(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        self.hidden = nn.Linear(bert.config.width, bert.config.width)


class TaggerCopyInEvaluation(TaggerBySelf):
    """Right: whoever trains the tagger sets its mode."""

    def amiss(self, bert: Any) -> None:
        self.bert.eval()


class TaggerSharingMemory(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        for own, given in zip(self.bert.parameters(), bert.parameters(), strict=True):
            own.data = given.data


class TaggerAssigned(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        self.bert.load_state_dict(bert.state_dict(), assign=True)


class TaggerStartInEvaluation(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        bert.eval()


class TaggerStartInTraining(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        bert.train()


class TaggerKeepsTheStart(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        self.start = bert


class TaggerIdleCopy(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        self.hidden = [bert]

    def forward(self, *args: Any) -> Tensor:
        return self.output(self.hidden[0](*args)[0][self.which])


class TaggerWordsFrozen(TaggerBySelf):
    def amiss(self, bert: Any) -> None:
        self.bert.embeddings.requires_grad_(False)


class BertAlwaysFused(BertByLoop):
    def __init__(self, config: BertConfig, attention: Any = MultiHeadAttention) -> None:
        super().__init__(config, FusedAttention)


RIGHT = {
    "bert.visible": [visible_loop, visible_by_places],
    "masked_lm.corrupt": [corrupt_loop, corrupt_indexed],
    "bert_inputs.make_inputs": [inputs_appended, inputs_marked],
    "bert_inputs.next_sentence_pairs": [pairs_by_index, pairs_by_iterator],
    "bert.embeddings": [EmbeddingsByIndex, EmbeddingsExpanded],
    "bert.bert": [BertByLoop, BertFused],
    "bert.masked_word_head": [HeadByF, HeadByEinsum],
    "masked_lm.pretraining_loss": [loss_by_full_scores, loss_by_loop, loss_by_name],
    "bert.count_parameters": [count_by_building, count_expanded],
    "bert_tuning.bert_tagger": [TaggerBySelf, TaggerDetached, TaggerCopyInEvaluation],
}

WRONG = {
    "bert.visible": [
        (visible_minus_infinity, "minus_infinity"),
        (lambda real, causal=True: visible_loop(real, causal), "causal_by_default"),
        (visible_first_sentence, None),
        (visible_in_place, None),
        (visible_no_default, None),
        (visible_transposed, None),
        (lambda real, causal=False: ~visible_loop(real, causal), "true_means_hidden"),
        (lambda real, causal=False: visible_loop(real, causal)[:, 0], "no_heads"),
        (lambda real, causal=False: visible_loop(real, causal).int(), None),
        (lambda real, causal=False: visible_loop(torch.ones_like(real), causal), "padding_visible"),
        (lambda real, causal=False: visible_loop(real, True), "always_causal"),
    ],
    "masked_lm.corrupt": [
        (corrupt_kept_without_label, "labels_where_changed"),
        (corrupt_in_place, None),
        (corrupt_labels_of_the_changed, "labels_are_inputs"),
        (corrupt_fixed_mask, None),
        (corrupt_new_draws, None),
        (corrupt_no_default, None),
        (corrupt_80_10_10_of_all, None),
        (lambda *args, **kwargs: corrupt_loop(*args, **kwargs)[::-1], "results_swapped"),
        (lambda *args, **kwargs: corrupt_loop(*args, **kwargs)[0], "inputs_only"),
        (lambda ids, allowed, *rest: corrupt_loop(ids, torch.ones_like(allowed), *rest), "special_tokens_too"),
        (
            lambda ids, allowed, chance, action, strangers, mask_id, probability=0.15: corrupt_loop(
                ids, allowed, chance, action, strangers, mask_id
            ),
            "always_15_percent",
        ),
    ],
    "bert_inputs.make_inputs": [
        (lambda *args: tuple(map(torch.tensor, inputs_marked(*args))), None),
        (lambda *args: tuple(torch.tensor(part).numpy() for part in inputs_marked(*args)), None),
        (inputs_without_star, None),
        (inputs_counting_separators, None),
        (inputs_in_place, None),
        (inputs_if_second, "empty_is_none"),
        (inputs_always_a_pair, "none_is_empty"),
        (inputs_needs_second, None),
        (lambda first, second=None, classify=2, separate=3: inputs_marked(first, second), "fixed_numbers"),
        (lambda *args: inputs_marked(*args)[::-1], "results_swapped"),
        (lambda *args: inputs_marked(*args)[0], "ids_only"),
    ],
    "bert_inputs.next_sentence_pairs": [
        (pairs_unnumbered, None),
        (pairs_of_one_document, None),
        (pairs_by_looking_up, "looked_up"),
        (pairs_document_by_index, None),
        (pairs_true_labels, None),
        (pairs_index_error, None),
        (pairs_random, None),
        (pairs_positives_only, None),
        (pairs_by_values, None),
        (
            lambda documents, follows, picks: [(a, b, 1 - n) for a, b, n in pairs_by_index(documents, follows, picks)],
            "labels_exchanged",
        ),
        (
            lambda documents, follows, picks: [(b, a, n) for a, b, n in pairs_by_index(documents, follows, picks)],
            "b_before_a",
        ),
    ],
    "bert.embeddings": [
        (EmbeddingsSegmentsRequired, None),
        (EmbeddingsKeptSegments, None),
        (EmbeddingsTruncating, "no_error"),
        (EmbeddingsOtherNames, None),
        (EmbeddingsWithoutDropoutConfig, None),
        (EmbeddingsPositionsFrozen, None),
    ],
    "bert.bert": [
        (BertAlwaysFused, None),
        (BertOwnAttention, None),
        (BertEmbeddedTwice, None),
        (BertWithoutConfig, None),
        (BertCutting, "too_long_is_cut"),
        (BertDropsNothing, "layers_without_dropout"),
        (BertTupleStates, None),
        (BertWeightsInState, None),
        (BertPositionsTwice, None),
        (BertOneLayerShared, None),
        (BertPlainList, None),
        (BertDetached, None),
        (BertSegmentsByName, None),
    ],
    "bert.masked_word_head": [
        (HeadBiasOfOnes, None),
        (HeadBiasBuffer, None),
        (HeadBiasFrozen, None),
        (HeadOwnDecoder, None),
        (HeadBiasAsNumber, None),
        (HeadTwoNorms, None),
        (HeadTableNormed, "table_normalised"),
        (HeadTransposed, None),
    ],
    "bert.count_parameters": [
        (count_model, None),
        (count_list, None),
        (count_heads, None),
        (count_fixed_positions, "fixed_positions"),
        (count_large_only, "four_times_width"),
        (count_no_value_bias, None),
        (count_other_names, None),
        (lambda *sizes: sum(count_expanded(*sizes).values()), "total"),
    ],
    "masked_lm.pretraining_loss": [
        (loss_mean, "nan_without_blanks"),
        (loss_in_training_mode, None),
        (loss_left_in_evaluation, None),
        (loss_with_backward, None),
        (loss_with_zero_grad, None),
        (loss_reading_twice, None),
        (loss_in_bits, None),
        (loss_items, "plain_numbers"),
        (loss_of_masks_only, None),
        (loss_of_shifted_places, None),
        (lambda *args: loss_by_loop(*args)[::-1], "swapped"),
        (lambda *args: sum(loss_by_loop(*args)), "added"),
        (lambda model, inputs, *rest: loss_by_loop(model, (inputs[0], None, None), *rest), "ids_alone"),
        (
            lambda model, inputs, labels, strangers: loss_by_loop(model, inputs, labels, 1 - strangers),
            "labels_turned_round",
        ),
    ],
    "bert_tuning.bert_tagger": [
        (TaggerSharingMemory, None),
        (TaggerAssigned, None),
        (TaggerStartInEvaluation, None),
        (TaggerStartInTraining, None),
        (TaggerKeepsTheStart, None),
        (TaggerIdleCopy, None),
        (TaggerWordsFrozen, None),
        (TaggerFresh, None),
        (TaggerFreezesTheStart, None),
        (TaggerAlwaysDetached, "always_frozen"),
        (TaggerOfTheGiven, "not_copied"),
        (TaggerTwoLayers, None),
        (TaggerNeverFrozen, "never_frozen"),
        (TaggerLastLayer, "always_the_last"),
        (TaggerTurnedRound, "frozen_turned_round"),
    ],
}
