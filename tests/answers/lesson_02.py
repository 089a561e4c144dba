"""Answers to the exercises of lesson 02, written otherwise than the references: right ones and wrong ones.

None of them may call the reference of its own exercise; the engine would refuse it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.word_vectors import character_ngrams, nearest

# ---- window pairs


def _at_least_one(window):
    if window < 1:
        raise ValueError("no window")


def window_pairs_by_distance(tokens, window):
    """All pairs of places, kept if near enough and not equal."""
    _at_least_one(window)
    n = len(tokens)
    return [(tokens[i], tokens[j]) for i in range(n) for j in range(n) if 0 < abs(i - j) <= window]


def window_pairs_by_slices(tokens, window):
    _at_least_one(window)
    pairs = []
    for i, centre in enumerate(tokens):
        before = tokens[max(i - window, 0) : i]
        pairs.extend((centre, other) for other in [*before, *tokens[i + 1 : i + 1 + window]])
    return pairs


def window_pairs_as_lists(tokens, window):
    _at_least_one(window)
    return [[tokens[i], tokens[j]] for i in range(len(tokens)) for j in range(len(tokens)) if 0 < abs(i - j) <= window]


def window_pairs_before_and_after(tokens, window):
    """Slices whose start may be negative: the words before the centre are lost near the beginning."""
    _at_least_one(window)
    pairs = []
    for i, centre in enumerate(tokens):
        for other in [*tokens[i - window : i], *tokens[i + 1 : i + 1 + window]]:
            pairs.append((centre, other))
    return pairs


def window_pairs_index(tokens, window):
    """Looks up the place of each word by value: wrong when a word occurs twice."""
    _at_least_one(window)
    pairs = []
    for word in tokens:
        i = tokens.index(word)
        pairs += [(word, tokens[j]) for j in range(max(0, i - window), min(len(tokens), i + window + 1)) if j != i]
    return pairs


def window_pairs_unguarded(tokens, window):
    n = len(tokens)
    return [(tokens[i], tokens[j]) for i in range(n) for j in range(n) if 0 < abs(i - j) <= window]


def window_pairs_asserting(tokens, window):
    assert window >= 1
    return window_pairs_unguarded(tokens, window)


# ---- skip-gram


def skipgram_loss_loop(centre: Tensor, outside_vectors: Tensor, outside: Tensor) -> Tensor:
    total = 0.0
    for v, o in zip(centre, outside):
        scores = outside_vectors @ v
        total = total + torch.logsumexp(scores, 0) - scores[o]
    return total / len(centre)


def skipgram_loss_log_softmax(v, U, o):
    return -torch.log_softmax(v @ U.T, dim=-1)[torch.arange(len(o)), o].mean()


def skipgram_loss_shifted(centre, outside_vectors, outside):
    scores = torch.einsum("bd,wd->bw", centre, outside_vectors)
    top = scores.max(dim=1, keepdim=True).values
    log_sum = (scores - top).exp().sum(1).log() + top[:, 0]
    return (log_sum - (centre * outside_vectors[outside]).sum(1)).sum() / len(outside)


def skipgram_loss_detached(centre, outside_vectors, outside):
    scores = (centre @ outside_vectors.T).detach()
    return (torch.logsumexp(scores, 1) - scores[torch.arange(len(outside)), outside]).mean()


def skipgram_loss_frozen_denominator(centre, outside_vectors, outside):
    scores = centre @ outside_vectors.T
    right = scores[torch.arange(len(outside)), outside]
    return (torch.logsumexp(scores, 1).detach() - right).mean()


def skipgram_loss_number(centre, outside_vectors, outside):
    return skipgram_loss_log_softmax(centre, outside_vectors, outside).item()


def skipgram_loss_with_a_small_number(centre, outside_vectors, outside):
    chances = torch.softmax(centre @ outside_vectors.T, 1)[torch.arange(len(outside)), outside]
    return -(chances + 1e-9).log().mean()


def skipgram_loss_kernel(centre, outside_vectors, outside):
    return torch.ops.aten.cross_entropy_loss(centre @ outside_vectors.T, outside)


def skipgram_loss_plus(centre, outside_vectors, outside):
    scores = centre @ outside_vectors.T
    return (torch.logsumexp(scores, 1) + scores[torch.arange(len(outside)), outside]).mean()


# ---- noise and subsampling


def noise_by_logarithms(counts, power=0.75):
    return torch.softmax(power * counts.log(), dim=0)


def noise_loop(counts, power=0.75):
    raised = [float(c) ** power for c in counts]
    return torch.tensor([r / math.fsum(raised) for r in raised], dtype=torch.float64)


def noise_in_single_precision(counts, power=0.75):
    return F.normalize(counts.float() ** power, p=1, dim=0)


def noise_in_half_precision(counts, power=0.75):
    raised = counts.to(torch.bfloat16) ** power
    return raised / raised.sum()


def noise_square_root(counts, power=0.75):
    raised = counts.sqrt()
    return raised / raised.sum()


def keep_minimum(counts, threshold=1e-3):
    share = counts.double() / counts.sum()
    return torch.minimum(torch.sqrt(threshold / share), torch.ones_like(share))


def keep_loop(counts, threshold=1e-3):
    total = counts.sum().item()
    return torch.tensor([min(1.0, math.sqrt(threshold * total / c)) for c in counts.tolist()], dtype=torch.float64)


def keep_never_above_threshold(counts, threshold=1e-3):
    share = counts / counts.sum()
    return torch.where(share > threshold, (threshold / share).sqrt(), torch.zeros_like(share))


# ---- negative sampling


def sgns_softplus(centre: Tensor, outside: Tensor, negatives: Tensor) -> Tensor:
    wrong = torch.einsum("bd,bkd->bk", centre, negatives)
    return F.softplus(-(centre * outside).sum(-1)) + F.softplus(wrong).sum(-1)


def sgns_cross_entropy(centre, outside, negatives):
    """K + 1 binary cross-entropies with the answers 1, 0, …, 0."""
    words = torch.cat([outside[:, None], negatives], dim=1)
    scores = (words * centre[:, None]).sum(-1)
    truth = torch.zeros_like(scores)
    truth[:, 0] = 1
    return F.binary_cross_entropy_with_logits(scores, truth, reduction="none").sum(1)


def sgns_loop(centre, outside, negatives):
    losses = []
    for v, u, noise in zip(centre, outside, negatives):
        loss = torch.logaddexp(torch.zeros((), dtype=v.dtype), -(u @ v))
        for w in noise:
            loss = loss + torch.logaddexp(torch.zeros((), dtype=v.dtype), w @ v)
        losses.append(loss)
    return torch.stack(losses)


def sgns_column(centre, outside, negatives):
    return (-F.logsigmoid((centre * outside).sum(1)) - F.logsigmoid(-(negatives @ centre[:, :, None])[:, :, 0]).sum(1))[
        :, None
    ]


def sgns_clamped(centre, outside, negatives):
    """The logarithm kept finite by force: the loss stops growing, and so does the gradient."""
    right = torch.sigmoid((centre * outside).sum(1)).clamp(1e-7, 1)
    wrong = (1 - torch.sigmoid((negatives * centre[:, None]).sum(2))).clamp(1e-7, 1)
    return -right.log() - wrong.log().sum(1)


def gradients_einsum(centre, outside, negatives):
    words = torch.cat([outside[:, None], negatives], 1)
    pull = torch.sigmoid(torch.einsum("bkd,bd->bk", words, centre))
    pull[:, 0] -= 1
    words_slope = torch.einsum("bk,bd->bkd", pull, centre)
    return [torch.einsum("bk,bkd->bd", pull, words), words_slope[:, 0], words_slope[:, 1:]]


def gradients_loop(centre, outside, negatives):
    slopes = [torch.zeros_like(t) for t in (centre, outside, negatives)]
    for b in range(len(centre)):
        factor = -1 / (1 + torch.exp((centre[b] * outside[b]).sum()))
        slopes[0][b] += factor * outside[b]
        slopes[1][b] += factor * centre[b]
        for k in range(negatives.shape[1]):
            factor = torch.sigmoid(centre[b] @ negatives[b, k])
            slopes[0][b] += factor * negatives[b, k]
            slopes[2][b, k] += factor * centre[b]
    return tuple(slopes)


def gradients_by_autograd(centre, outside, negatives):
    leaves = [t.clone().requires_grad_() for t in (centre, outside, negatives)]
    with torch.enable_grad():
        loss = F.softplus(-(leaves[0] * leaves[1]).sum(1)) + F.softplus(
            (leaves[2] @ leaves[0][:, :, None])[..., 0]
        ).sum(1)
        return torch.autograd.grad(loss.sum(), leaves)


def gradients_by_differences(centre, outside, negatives):
    leaves = [t.double().clone() for t in (centre, outside, negatives)]

    def loss():
        others = torch.einsum("bkd,bd->bk", leaves[2], leaves[0])
        return float(F.softplus(-(leaves[0] * leaves[1]).sum(1)).sum() + F.softplus(others).sum())

    slopes = [torch.zeros_like(t) for t in leaves]
    for leaf, slope in zip(leaves, slopes):
        for i in np.ndindex(*leaf.shape):
            here = float(leaf[i])
            leaf[i] = here + 1e-6
            above = loss()
            leaf[i] = here - 1e-6
            slope[i] = (above - loss()) / 2e-6
            leaf[i] = here
    return tuple(s.to(centre.dtype) for s in slopes)


def gradients_of_centre_only(centre, outside, negatives):
    return (torch.sigmoid((centre * outside).sum(1, keepdim=True)) - 1) * outside


# ---- neighbours


def nearest_numpy(vectors, query, k=5, exclude=()):
    x, q = vectors.double().numpy(), query.double().numpy()
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(q)
    cosines = np.divide(x @ q, lengths, out=np.zeros(len(x)), where=lengths > 0)
    order = [i for i in np.argsort(-cosines, kind="stable").tolist() if i not in exclude]
    return [(i, float(cosines[i])) for i in order[:k]]


def nearest_sorted(vectors, query, k=5, exclude=()):
    cosines = F.cosine_similarity(vectors, query[None], dim=1).tolist()
    ranked = sorted((-cosine, i) for i, cosine in enumerate(cosines) if i not in exclude)
    return [(i, -cosine) for cosine, i in ranked[:k]]


def nearest_tensors(vectors, query, k=5, exclude=()):
    unit, wanted = F.normalize(vectors, dim=1), F.normalize(query, dim=0)
    kept = [i for i in range(len(vectors)) if i not in set(exclude)]
    return sorted(((i, unit[i] @ wanted) for i in kept), key=lambda pair: (-pair[1].item(), pair[0]))[:k]


def nearest_compares_tensors(vectors, query, k=5, exclude=()):
    """A tensor is never in a set of numbers."""
    cosines = F.cosine_similarity(vectors, query[None], dim=1)
    order = torch.sort(cosines, descending=True, stable=True).indices
    return [(int(i), float(cosines[i])) for i in order if i not in exclude][:k]


def nearest_topk(vectors, query, k=5, exclude=()):
    cosines = F.cosine_similarity(vectors, query[None], dim=1)
    cosines[list(exclude)] = -torch.inf
    top = cosines.topk(min(k, len(vectors) - len(set(exclude))))
    return list(zip(top.indices.tolist(), top.values.tolist()))


def nearest_without_equal_rows(vectors, query, k=5, exclude=()):
    equal = [i for i, row in enumerate(vectors) if torch.equal(row, query)]
    return nearest_sorted(vectors, query, k, {*exclude, *equal})


def nearest_without_opposites(vectors, query, k=5, exclude=()):
    return [p for p in nearest_sorted(vectors, query, len(vectors), exclude) if p[1] > -1 + 1e-6][:k]


def nearest_scales_its_argument(vectors, query, k=5, exclude=()):
    found = nearest_sorted(vectors, query, k, exclude)
    vectors /= vectors.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return found


def nearest_ranks_dot(vectors, query, k=5, exclude=()):
    """Ranks by dot product, but shows cosines."""
    order = (vectors @ query).argsort(descending=True, stable=True).tolist()
    cosines = F.cosine_similarity(vectors, query[None], dim=1)
    return [(i, float(cosines[i])) for i in order if i not in exclude][:k]


def analogy_loop(vectors, a, b, c):
    unit = [v / v.norm() for v in vectors]
    point = unit[b] - unit[a] + unit[c]
    scores = {i: float(v @ point) for i, v in enumerate(unit) if i not in (a, b, c)}
    return max(scores, key=lambda i: scores[i])


def analogy_three_cosines(vectors, a, b, c):
    """The cosine with the sum is, up to a constant, the sum of three cosines (Levy and Goldberg 2014)."""
    cosines = F.normalize(vectors.double(), dim=1) @ F.normalize(vectors.double(), dim=1).T
    score = cosines[:, b] - cosines[:, a] + cosines[:, c]
    score[[a, b, c]] = -9.0
    return score.argmax()


def _analogy_masked(vectors, a, b, c, mask):
    unit = F.normalize(vectors, dim=1)
    scores = F.cosine_similarity(unit, (unit[b] - unit[a] + unit[c])[None], dim=1)
    scores[[a, b, c]] = mask
    return int(scores.argmax())


def analogy_of_equals_the_last(vectors, a, b, c):
    unit = F.normalize(vectors, dim=1)
    scores = F.cosine_similarity(unit, (unit[b] - unit[a] + unit[c])[None], dim=1).tolist()
    return max((score, i) for i, score in enumerate(scores) if i not in (a, b, c))[1]


def analogy_with_nearest_raw(vectors, a, b, c):
    return nearest(vectors, vectors[b] - vectors[a] + vectors[c], 1, (a, b, c))[0][0]


def analogy_pair(vectors, a, b, c):
    unit = F.normalize(vectors, dim=1)
    return nearest(unit, unit[b] - unit[a] + unit[c], 1, (a, b, c))[0]


def _nearest_by_the_hint(vectors, query, k=5, exclude=()):
    lengths = vectors.norm(dim=1) * query.norm()
    cosines = vectors @ query / torch.where(lengths == 0, 1.0, lengths)
    order = torch.sort(cosines, descending=True, stable=True).indices.tolist()
    return [(i, float(cosines[i])) for i in order if i not in exclude][:k]


def _nearest_in_plain_numbers(vectors, query, k=5, exclude=()):
    wanted = query.tolist()
    cosines = []
    for row in vectors.tolist():
        length = math.hypot(*row) * math.hypot(*wanted)
        cosines.append(sum(x * y for x, y in zip(row, wanted)) / length if length else 0.0)
    return [(i, cosines[i]) for i in sorted(range(len(cosines)), key=lambda i: -cosines[i]) if i not in exclude][:k]


def _analogy_on_the_raw_table(found_by):
    """The candidates are not scaled beforehand, for the cosine does that."""

    def answer(vectors, a, b, c):
        unit = vectors / vectors.norm(dim=1, keepdim=True)
        return found_by(vectors, unit[b] - unit[a] + unit[c], 1, {a, b, c})[0][0]

    return answer


def analogy_without_whole_directions(vectors, a, b, c):
    unit = F.normalize(vectors.double(), dim=1)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    for i, row in enumerate(unit):
        if max(float(row @ unit[j]) for j in (a, b, c)) > 0.9999:
            scores[i] = -torch.inf
    return int(scores.argmax())


def analogy_without_equal_vectors(vectors, a, b, c):
    unit = F.normalize(vectors.double(), dim=1)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    for asked in (a, b, c):
        scores[(vectors == vectors[asked]).all(1)] = -torch.inf
    return int(scores.argmax())


def nearest_of_rounded(vectors, query, k=5, exclude=()):
    found = nearest_sorted(vectors, query, len(vectors), exclude)
    return sorted(found, key=lambda pair: (-round(pair[1], 3), pair[0]))[:k]


def nearest_without_twins(vectors, query, k=5, exclude=()):
    found, seen = [], []
    for i, cosine in nearest_sorted(vectors, query, len(vectors), exclude):
        if not any(torch.equal(vectors[i], row) for row in seen):
            found.append((i, cosine))
            seen.append(vectors[i])
    return found[:k]


def sgns_straight_beyond_10(centre, outside, negatives):
    def softplus(x):
        return torch.where(x.abs() > 10, x.relu(), torch.log1p(x.clamp(-10, 10).exp()))

    return softplus(-(centre * outside).sum(1)) + softplus(torch.einsum("bkd,bd->bk", negatives, centre)).sum(1)


def gradients_of_cut_scores(centre, outside, negatives):
    right = torch.sigmoid((centre * outside).sum(1).clamp(-10, 10))[:, None] - 1
    wrong = torch.sigmoid(torch.einsum("bkd,bd->bk", negatives, centre).clamp(-10, 10))[..., None]
    return right * outside + (wrong * negatives).sum(1), right * centre, wrong * centre[:, None]


def gradients_forward(centre, outside, negatives):
    """Forward-mode automatic differentiation, one number after the other."""
    from torch.autograd import forward_ad

    inputs, slopes = (centre, outside, negatives), []
    for place, tensor in enumerate(inputs):
        slope = torch.zeros_like(tensor)
        for i in np.ndindex(*tensor.shape):
            along = torch.zeros_like(tensor)
            along[i] = 1
            with forward_ad.dual_level():
                given = [forward_ad.make_dual(t, along) if place == n else t for n, t in enumerate(inputs)]
                loss = sgns_softplus(*given).sum()
                slope[i] = forward_ad.unpack_dual(loss).tangent
        slopes.append(slope)
    return tuple(slopes)


# ---- n-grams and subwords


KEPT: dict[str, list[str]] = {}


def ngrams_kept_under_the_word(word, shortest=3, longest=6):
    """Kept without the lengths: right for each word until it is asked for with others."""
    if word not in KEPT:
        KEPT[word] = ngrams_slices(word, shortest, longest)
    return list(KEPT[word])


def ngrams_by_pattern(word, shortest=3, longest=6):
    """A dot does not stand for a line break."""
    marked = f"<{word}>"
    found = [gram for n in range(shortest, longest + 1) for gram in re.findall(f"(?=(.{{{n}}}))", marked)]
    return list(dict.fromkeys([*found, marked]))


def ngrams_and_the_bare_word(word, shortest=3, longest=6):
    found = ngrams_slices(word, shortest, longest)
    if len(word) + 2 > longest or len(word) + 2 < shortest:
        found[-1] = word
    return found


def ngrams_slices(word, shortest=3, longest=6):
    marked, found = "<" + word + ">", []
    for n in range(shortest, longest + 1):
        for start in range(0, len(marked)):
            piece = marked[start : start + n]
            if len(piece) == n and piece not in found:
                found.append(piece)
    return found if marked in found else found + [marked]


def ngrams_zip(word, shortest=3, longest=6):
    marked = f"<{word}>"
    found = {}
    for n in range(shortest, longest + 1):
        for gram in zip(*(marked[i:] for i in range(n))):
            found.setdefault("".join(gram))
    found.setdefault(marked)
    return tuple(found)


def ngrams_remembers(word, shortest=3, longest=6, seen=set()):  # noqa: B006 - this is the mistake
    fresh = [gram for gram in ngrams_slices(word, shortest, longest) if gram not in seen]
    seen.update(fresh)
    return fresh


def ngrams_as_set(word, shortest=3, longest=6):
    marked = f"<{word}>"
    return {marked[i : i + n] for n in range(shortest, longest + 1) for i in range(len(marked) - n + 1)} | {marked}


class EmbeddingBag(nn.Module):
    """The n-grams of all words in one call of PyTorch's bag."""

    def __init__(self, ngrams, width, shortest=3, longest=6):
        super().__init__()
        self.number = dict(zip(ngrams, range(10**9)))
        self.shortest, self.longest = shortest, longest
        self.vectors = nn.Embedding(len(self.number), width)

    def forward(self, words):
        flat, starts = [], []
        for word in words:
            starts.append(len(flat))
            pieces = character_ngrams(word, self.shortest, self.longest)
            flat += [self.number[p] for p in pieces if p in self.number]
        rows, places = (torch.tensor(x, dtype=torch.int64) for x in (flat, starts))
        return F.embedding_bag(rows, self.vectors.weight, places, mode="mean")


class OneMatrix(nn.Module):
    """A matrix of shares times the embedding."""

    def __init__(self, ngrams: Sequence[str], width: int, shortest: int = 3, longest: int = 6) -> None:
        super().__init__()
        self.table = list(ngrams)
        self.lengths = {"shortest": shortest, "longest": longest}
        self.vectors = nn.Embedding(len(self.table), width)

    def forward(self, words: Sequence[str]) -> Tensor:
        shares = torch.zeros(len(words), len(self.table))
        for i, word in enumerate(words):
            for piece in character_ngrams(word, **self.lengths):
                if piece in self.table:
                    shares[i, self.table.index(piece)] = 1
        return (shares / shares.sum(1, keepdim=True).clamp(min=1)) @ self.vectors.weight


class Misnamed(nn.Module):
    def __init__(self, ngrams, width, shortest=3, longest=6):
        super().__init__()
        self.embedding = nn.Embedding(len(ngrams), width)

    def forward(self, words):
        return self.embedding.weight[: len(words)]


class Detached(OneMatrix):
    def forward(self, words: Sequence[str]) -> Any:
        return super().forward(words).detach()


class RemembersFirstCall(OneMatrix):
    def forward(self, words: Sequence[str]) -> Any:
        if not hasattr(self, "kept"):
            self.kept = list(words)
        return super().forward(self.kept)


class RemembersVectors(OneMatrix):
    """Right until the weights change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept: dict[str, Tensor] = {}

    def forward(self, words: Sequence[str]) -> Any:
        self.kept |= {word: super(RemembersVectors, self).forward([word])[0] for word in words if word not in self.kept}
        return torch.stack([self.kept[word] for word in words]) if words else super().forward(words)


class IgnoresLongest(OneMatrix):
    def __init__(self, ngrams: Sequence[str], width: int, shortest: int = 3, longest: int = 6) -> None:
        super().__init__(ngrams, width, shortest)


class AlwaysTheSameStart(OneMatrix):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        torch.manual_seed(0)
        super().__init__(*args, **kwargs)


class StartsWithZeros(OneMatrix):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nn.init.zeros_(self.vectors.weight)


class StartsNarrow(OneMatrix):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nn.init.uniform_(self.vectors.weight, -0.5 / self.vectors.embedding_dim, 0.5 / self.vectors.embedding_dim)


class PadsWithRow0(OneMatrix):
    def forward(self, words: Sequence[str]) -> Any:
        pieces = [character_ngrams(word, **self.lengths) for word in words]
        rows = [[self.table.index(p) for p in found if p in self.table] for found in pieces]
        width = max([1, *map(len, rows)])
        padded = [row + [0] * (width - len(row)) for row in rows]
        return self.vectors(torch.tensor(padded, dtype=torch.int64).view(len(words), width)).mean(1)


class WrongLayer(OneMatrix):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vectors = nn.EmbeddingBag(len(self.table), self.vectors.embedding_dim)


class StacksNothing(OneMatrix):
    def forward(self, words: Sequence[str]) -> Any:
        return torch.stack([super(StacksNothing, self).forward([word])[0] for word in words])


RIGHT = {
    "word_vectors.window_pairs": [window_pairs_by_distance, window_pairs_by_slices, window_pairs_as_lists],
    "word_vectors.skipgram_loss": [skipgram_loss_loop, skipgram_loss_log_softmax, skipgram_loss_shifted],
    "word_vectors.noise_distribution": [noise_by_logarithms, noise_loop, noise_in_single_precision],
    "word_vectors.keep_probability": [keep_minimum, keep_loop],
    "word_vectors.sgns_loss": [sgns_softplus, sgns_cross_entropy, sgns_loop],
    "word_vectors.sgns_gradients": [gradients_einsum, gradients_loop],
    "word_vectors.nearest": [
        nearest_numpy,
        nearest_sorted,
        nearest_tensors,
        _nearest_by_the_hint,
        _nearest_in_plain_numbers,
    ],
    "word_vectors.analogy": [
        analogy_loop,
        analogy_three_cosines,
        _analogy_on_the_raw_table(_nearest_by_the_hint),
        _analogy_on_the_raw_table(_nearest_in_plain_numbers),
        _analogy_on_the_raw_table(nearest_sorted),
        _analogy_on_the_raw_table(nearest_numpy),
    ],
    "word_vectors.character_ngrams": [ngrams_slices, ngrams_zip],
    "word_vectors.subword_embedding": [EmbeddingBag, OneMatrix],
}
WRONG = {
    "word_vectors.window_pairs": [
        (window_pairs_before_and_after, "slice_begins_below_0"),
        (window_pairs_index, "place_of_the_first"),
        (window_pairs_unguarded, "no_refusal"),
        (window_pairs_asserting, None),
        (lambda tokens, window: [], None),
        (lambda tokens, window: window_pairs_by_distance(tokens, min(window, 5)), None),
        (lambda tokens, window: window_pairs_by_distance([t.lower() for t in tokens], window), "lower_case"),
        (lambda tokens, window: [(b, a) for a, b in window_pairs_by_distance(tokens, window)], "exchanged"),
    ],
    "word_vectors.skipgram_loss": [
        (skipgram_loss_detached, None),
        (skipgram_loss_frozen_denominator, None),
        (skipgram_loss_plus, "first_term_with_plus"),
        (skipgram_loss_number, None),
        (skipgram_loss_with_a_small_number, None),
        (skipgram_loss_kernel, None),
        (lambda v, U, o: F.nll_loss(torch.log_softmax(v @ U.T, 1), o), None),
        (lambda v, U, o: skipgram_loss_loop(v, U[o], torch.arange(len(o))), "in_batch_softmax"),
        (lambda v, U, o: torch.log_softmax(v @ U.T, dim=1)[range(len(o)), o].mean(), "minus_twice"),
        (lambda v, U, o: -torch.log_softmax(v @ U.T, dim=1)[range(len(o)), o].sum(), "sum"),
    ],
    "word_vectors.noise_distribution": [
        (noise_square_root, None),
        (noise_in_half_precision, None),
        (lambda counts, power=0.75: noise_by_logarithms(counts, abs(power)), "power_without_sign"),
        (lambda counts, power=0.75: noise_by_logarithms(counts, min(1, max(0, power))), "power_between_0_and_1"),
        (lambda counts, power=0.75: noise_by_logarithms(counts, power or 0.75), "power_0_taken_for_none"),
        (lambda counts, power=0.75: counts.double() / counts.double().sum(), "no_power"),
        (lambda counts, power=0.75: torch.softmax(counts.double().log() * 0.75, 0), "always_three_quarters"),
    ],
    "word_vectors.keep_probability": [
        (keep_never_above_threshold, None),
        (
            lambda counts, threshold=1e-3: torch.sqrt(max(1, round(threshold * int(counts.sum()))) / counts).clamp(
                max=1
            ),
            None,
        ),
        (lambda counts, threshold=1e-3: (1 - (threshold * counts.sum() / counts) ** 0.5).clamp(min=0), "discard"),
        (lambda counts, threshold=1e-3: (threshold * counts.sum() / counts) ** 0.5, "not_cut"),
    ],
    "word_vectors.sgns_loss": [
        (sgns_column, "column"),
        (lambda v, u, n: F.softplus(-(v * u).sum(1)), "only_the_pair_at_all"),
        (lambda v, u, n: F.softplus((n @ v[:, :, None])[..., 0]).sum(1), "only_noise_at_all"),
        (
            lambda v, u, n: (
                -F.logsigmoid((v * u).sum(1)) - F.logsigmoid(-torch.bmm(n, v.unsqueeze(2)).squeeze()).sum(-1)
            ),
            "squeezed",
        ),
        (sgns_clamped, None),
        (sgns_straight_beyond_10, None),
        (lambda v, u, n: sgns_softplus(v, u, -n), "noise_pulled_closer"),
        (lambda v, u, n: sgns_softplus(v, u, n).mean(), "one_number"),
        (
            lambda v, u, n: -torch.log_softmax(torch.cat([u[:, None], n], 1) @ v[:, :, None], 1)[:, 0, 0],
            "sampled_softmax",
        ),
        (lambda v, u, n: sgns_softplus(v, u, n).detach(), None),
    ],
    "word_vectors.sgns_gradients": [
        (gradients_by_autograd, None),
        (gradients_by_differences, None),
        (gradients_of_cut_scores, None),
        (gradients_forward, None),
        (gradients_of_centre_only, None),
        (lambda v, u, n: tuple(-g for g in gradients_loop(v, u, n)), "uphill"),
        (lambda v, u, n: tuple(gradients_loop(v, u, n)[i] for i in (1, 0, 2)), "exchanged"),
    ],
    "word_vectors.nearest": [
        (nearest_ranks_dot, "ranked_by_dot_product"),
        (nearest_compares_tensors, "tensors_in_sets"),
        (nearest_topk, None),
        (nearest_of_rounded, "ranked_by_rounded_cosines"),
        (nearest_without_twins, "twins_left_out"),
        (lambda vectors, query, k=5, exclude=(): nearest_numpy(vectors, query, k or 5, exclude), "k_or_5"),
        (nearest_without_equal_rows, "equal_rows_left_out"),
        (nearest_without_opposites, "opposite_left_out"),
        (nearest_scales_its_argument, None),
        (lambda vectors, query, k=5, exclude=(): nearest_sorted(vectors, query, k), "nothing_left_out"),
        (
            lambda vectors, query, k=5, exclude=(): [i for i, _ in nearest_sorted(vectors, query, k, exclude)],
            "numbers_only",
        ),
    ],
    "word_vectors.analogy": [
        (analogy_with_nearest_raw, "not_scaled"),
        (analogy_pair, "a_pair"),
        (lambda vectors, a, b, c: _analogy_masked(vectors, a, b, c, 0.0), "masked_with_0"),
        (lambda vectors, a, b, c: _analogy_masked(vectors, a, b, c, -1.0), "masked_with_minus_1"),
        (analogy_of_equals_the_last, "ties_turned"),
        (analogy_without_whole_directions, "directions_left_out"),
        (analogy_without_equal_vectors, "equal_vectors_left_out"),
        (lambda vectors, a, b, c: analogy_loop(vectors, b, a, c), "turned"),
    ],
    "word_vectors.character_ngrams": [
        (ngrams_as_set, None),
        (ngrams_remembers, None),
        (ngrams_kept_under_the_word, None),
        (ngrams_by_pattern, "line_breaks"),
        (ngrams_and_the_bare_word, "bare_word_added"),
        (lambda word, shortest=3, longest=6: ngrams_slices(word.strip(), shortest, longest), "stripped"),
        (lambda word, shortest=3, longest=6: ngrams_slices(word, shortest, longest - 1), "without_the_longest"),
        (lambda word, shortest=3, longest=6: ngrams_slices(word), "usual_lengths"),
    ],
    "word_vectors.subword_embedding": [
        (Misnamed, None),
        (Detached, None),
        (RemembersFirstCall, None),
        (RemembersVectors, "remembered"),
        (IgnoresLongest, "longest_ignored"),
        (AlwaysTheSameStart, None),
        (StartsWithZeros, None),
        (StartsNarrow, None),
        (PadsWithRow0, "filled_up_with_row_0"),
        (WrongLayer, None),
        (StacksNothing, "no_empty_list"),
    ],
}
