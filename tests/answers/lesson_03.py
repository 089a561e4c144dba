"""Other answers to the exercises of lesson 03: right ones written in another way, and more wrong ones.

`RIGHT[id]` are answers that the check must accept. `WRONG[id]` are pairs: an answer that it must reject, and the name
of the misconception that it should be told of (None where any clear rejection will do).
"""

from __future__ import annotations

import bisect
import collections
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from utils import ngrams
from utils.ngrams import END, START, pad

# ----------------------------------------------------------------------------------------------------------- 1 · counts


def counts_with_zip(sentences, n):
    counts = collections.defaultdict(dict)
    for sentence in sentences:
        padded = [START] * (n - 1) + list(sentence) + [END]
        for window in zip(*(padded[i:] for i in range(n)), strict=False):
            *context, token = window
            row = counts[tuple(context)]
            row[token] = row.get(token, 0) + 1
    return counts


def counts_with_deque(sentences, n):
    counts = {}
    for sentence in sentences:
        context = (START,) * (n - 1)
        for token in [*sentence, END]:
            counts.setdefault(context, collections.defaultdict(int))[token] += 1
            context = (*context, token)[1:]
    return counts


def counts_padded_and_joined(sentences, n):
    counts, padded = {}, []
    for sentence in sentences:
        padded += pad(sentence, n)
    for i in range(n - 1, len(padded)):
        counts.setdefault(tuple(padded[i - n + 1 : i]), collections.Counter())[padded[i]] += 1
    return counts


def counts_of_a_set(sentences, n):
    return counts_with_deque([list(s) for s in sorted({tuple(s) for s in sentences})], n)


def counts_flat(sentences, n):
    """Counts n-grams as flat tuples: another data structure than the one asked for."""
    flat = collections.Counter()
    for sentence in sentences:
        padded = pad(sentence, n)
        flat.update(tuple(padded[i : i + n]) for i in range(len(padded) - n + 1))
    return flat


def counts_with_space(sentences, n):
    """Contexts joined into one string instead of a tuple."""
    return {" ".join(context): row for context, row in counts_with_deque(sentences, n).items()}


def counts_end_padded(sentences, n):
    """As many end marks as start marks."""
    return counts_with_zip([[*s, *[END] * (n - 1)][: len(s) + max(0, n - 2)] for s in sentences], n)


def counts_longer_by_deque(sentences, n):
    return counts_with_deque(sentences, n + 1)


def counts_without_end_by_zip(sentences, n):
    counts = {}
    for sentence in sentences:
        padded = [START] * (n - 1) + list(sentence)
        for window in zip(*(padded[i:] for i in range(n)), strict=False):
            counts.setdefault(window[:-1], collections.Counter())[window[-1]] += 1
    return counts


# -------------------------------------------------------------------------------------------------------------- 2 · MLE


def mle_by_branches(counts, context, token):
    if context not in counts:
        return 0.0
    total = 0
    for count in counts[context].values():
        total = total + count
    return counts[context].get(token, 0) / total


def mle_numpy(counts, context, token):
    row = dict(counts.get(context, {}))
    p = np.array(list(row.values()), dtype=np.float64) / max(1, sum(row.values()))
    return np.float64(dict(zip(row, p, strict=True)).get(token, 0.0))


def mle_square_brackets(counts, context, token):
    """Right for Counters, which hand out 0; a plain dict raises."""
    if context not in counts:
        return 0.0
    return counts[context][token] / sum(counts[context].values())


def mle_adds_one(counts, context, token):
    row = counts.get(context, {})
    return (row.get(token, 0) + 1) / (sum(row.values()) + len(row) + 1)


def mle_largest(counts, context, token):
    row = counts.get(context, {})
    return row.get(token, 0) / max(row.values()) if row else 0.0


def mle_unseen_is_one(counts, context, token):
    row = counts.get(context)
    return row.get(token, 0) / sum(row.values()) if row else 1.0


def mle_percent(counts, context, token):
    return 100 * mle_by_branches(counts, context, token)


def mle_leaves_a_trace(counts, context, token):
    """Adds the unseen context to the table: the caller's data is changed."""
    row = counts.setdefault(context, collections.Counter())
    return row.get(token, 0) / sum(row.values()) if row else 0.0


def mle_by_types_loop(counts, context, token):
    row = counts.get(context, {})
    different = 0
    for _ in row:
        different += 1
    return row.get(token, 0) / different if different else 0.0


# ------------------------------------------------------------------------------------------------------- 3 · chain rule


def chain_by_product(counts, n, tokens):
    """The product first, its logarithm last: right for short sentences, 0 for long ones."""
    context, product = (START,) * (n - 1), 1.0
    for token in [*tokens, END]:
        product *= ngrams.mle(counts, context, token)
        context = (*context, token)[1:]
    return math.log(product) if product else float("-inf")


def chain_recursive(counts, n, tokens):
    """One factor and the rest: cut into halves, so that a page does not exhaust Python's stack."""
    padded = pad(tokens, n)

    def between(first, last):
        if last - first == 1:
            p = ngrams.mle(counts, tuple(padded[first - n + 1 : first]), padded[first])
            return math.log(p) if p else -math.inf
        middle = (first + last) // 2
        return between(first, middle) + between(middle, last)

    return between(n - 1, len(padded))


def chain_numpy(counts, n, tokens):
    padded = pad(tokens, n)
    windows = [padded[i : i + n] for i in range(len(padded) - n + 1)]
    factors = np.array([ngrams.mle(counts, tuple(w[:-1]), w[-1]) for w in windows])
    with np.errstate(divide="ignore"):
        return np.log(factors).sum()


def chain_context_free(counts, n, tokens):
    """Every factor from the start context."""
    start = (START,) * (n - 1)
    factors = [ngrams.mle(counts, start, token) for token in [*tokens, END]]
    return -math.inf if 0 in factors else sum(map(math.log, factors))


def chain_last_factor(counts, n, tokens):
    padded = pad(tokens, n)
    p = ngrams.mle(counts, tuple(padded[len(padded) - n : -1]), padded[-1])
    return math.log(p) if p else -math.inf


def chain_nan(counts, n, tokens):
    total = chain_numpy(counts, n, tokens)
    return total if np.isfinite(total) else math.nan


def chain_in_bits(counts, n, tokens):
    total = 0.0
    padded = pad(tokens, n)
    for i in range(n - 1, len(padded)):
        p = ngrams.mle(counts, tuple(padded[i - n + 1 : i]), padded[i])
        if not p:
            return -math.inf
        total += math.log2(p)
    return total


def chain_per_token(counts, n, tokens):
    return chain_numpy(counts, n, tokens) / len([*tokens, END])


# ----------------------------------------------------------------------------------------------- 4, 5 · how good is it?


def perplexity_by_root(log_probs):
    """The inverse of the geometric mean: its product falls to 0 on a long text."""
    with np.errstate(divide="ignore"):
        return np.prod(np.exp(log_probs)) ** (-1 / len(log_probs))


def perplexity_token_by_token(log_probs):
    """A product of roots, which does not underflow."""
    product = 1.0
    for x in log_probs:
        product *= math.exp(-x / len(log_probs)) if x > -math.inf else math.inf
    return product


def perplexity_base_two(log_probs):
    return 2 ** (-np.mean(log_probs) / np.log(2))


def perplexity_off_by_one(log_probs):
    return math.exp(-sum(log_probs) / (len(log_probs) + 1))


def perplexity_median(log_probs):
    return math.exp(-sorted(log_probs)[len(log_probs) // 2])


def perplexity_geometric_mean(log_probs):
    return float(np.exp(np.mean(log_probs)))


def bits_by_log2(log_probs, characters):
    return -math.fsum(x * math.log2(math.e) for x in log_probs) / characters


def bits_numpy(log_probs, characters):
    return -(np.asarray(log_probs) / np.log(2)).sum() / characters


def bits_rounded(log_probs, characters):
    return round(-sum(log_probs) / math.log(2) / characters, 1)


def bits_with_spaces(log_probs, characters):
    return -sum(log_probs) / math.log(2) / (characters + len(log_probs) - 1)


def bits_mean_nats(log_probs, characters):
    return float(-np.sum(log_probs) / characters)


# ------------------------------------------------------------------------------------------------------ 6, 7 · sampling


def draw_bisect(row, u):
    tokens = sorted(row)
    ends = list(itertools.accumulate(row[token] for token in tokens))
    return tokens[bisect.bisect_right(ends, u * ends[-1])]


def draw_searchsorted(row, u):
    tokens = np.array(sorted(row))
    ends = np.cumsum([row[token] for token in tokens])
    return str(tokens[np.searchsorted(ends, u * ends[-1], side="right")])


def draw_unrolled(row, u):
    line = [token for token in sorted(row) for _ in range(row[token])]
    return line[int(u * len(line))]


def draw_shares(row, u):
    """Adds rounded shares: ten tenths are less than 1."""
    reached = 0
    for token in sorted(row):
        reached += row[token] / sum(row.values())
        if u < reached:
            return token


def draw_rounded(row, u):
    point, reached = round(u * sum(row.values())), 0
    for token in sorted(row):
        reached += row[token]
        if point < reached:
            return token
    return token


def draw_any_case(row, u):
    point, reached = u * sum(row.values()), 0
    for token in sorted(row, key=str.lower):
        reached += row[token]
        if point < reached:
            return token


def draw_index(row, u):
    return sorted(row).index(draw_bisect(row, u))


def draw_from_above(row, u):
    return draw_bisect(row, 1 - u if u else 0.999)


def draw_bisect_left(row, u):
    tokens = sorted(row)
    ends = list(itertools.accumulate(row[token] for token in tokens))
    return tokens[bisect.bisect_left(ends, u * ends[-1])]


def draw_mode(row, u):
    del u
    return collections.Counter(dict(sorted(row.items()))).most_common(1)[0][0]


def generate_by_list(counts, n, numbers):
    written = [START] * (n - 1)
    for u in numbers:
        context = tuple(written[len(written) - n + 1 :])
        token = draw_bisect(counts[context], u)
        if token == END:
            return written[n - 1 :]
        written.append(token)
    return written[n - 1 :]


def generate_recursive(counts, n, numbers, context=None):
    context = (START,) * (n - 1) if context is None else context
    if not numbers:
        return []
    token = ngrams.draw(counts[context], numbers[0])
    return [] if token == END else [token, *generate_recursive(counts, n, numbers[1:], (*context, token)[1:])]


def generate_as_text(counts, n, numbers):
    return " ".join(generate_by_list(counts, n, numbers))


def generate_with_marks(counts, n, numbers):
    return [START] * (n - 1) + generate_by_list(counts, n, numbers)


def generate_in_front(counts, n, numbers):
    return generate_by_list(counts, n, numbers)[::-1]


def generate_with_end(counts, n, numbers):
    context, tokens = (START,) * (n - 1), []
    for u in numbers:
        token = ngrams.draw(counts[context], u)
        tokens.append(token)
        if token == END:
            break
        context = (*context, token)[1:]
    return tokens


def generate_first_context(counts, n, numbers):
    del n
    context, tokens = next(iter(counts)), []
    for u in numbers:
        token = ngrams.draw(counts[context], u)
        if token == END:
            break
        tokens.append(token)
        context = (*context, token)[1:]
    return tokens


def generate_greedy(counts, n, numbers):
    context, tokens = (START,) * (n - 1), []
    for _ in numbers:
        row = counts[context]
        token = min(row, key=lambda t: (-row[t], t))
        if token == END:
            break
        tokens.append(token)
        context = (*context, token)[1:]
    return tokens


# ---------------------------------------------------------------------------------------------------------- 8 · copying


def copied_with_set(text, training, k):
    known = {training[i : i + k] for i in range(len(training) - k + 1)}
    found = [text[i : i + k] in known for i in range(len(text) - k + 1)]
    return float(np.mean(found)) if found else 0.0


def copied_with_loop(text, training, k):
    copied = looked_up = 0
    start = 0
    while start + k <= len(text):
        looked_up += 1
        if training.find(text[start : start + k]) >= 0:
            copied += 1
        start += 1
    return copied / max(looked_up, 1)


def copied_training_cut(text, training, k):
    known = {training[i : i + k] for i in range(len(training) - k)}
    found = [text[i : i + k] in known for i in range(len(text) - k + 1)]
    return sum(found) / len(found) if found else 0.0


def copied_any_case(text, training, k):
    return copied_with_set(text.lower(), training.lower(), k)


def copied_stripped(text, training, k):
    return copied_with_set(text.strip(), training.strip(), k)


def copied_any(text, training, k):
    return float(any(text[i : i + k] in training for i in range(len(text) - k + 1)))


def copied_letters(text, training, k):
    del k
    return sum(letter in training for letter in text) / len(text) if text else 0.0


def copied_shorter(text, training, k):
    found = [text[i : i + k - 1] in training for i in range(len(text) - k + 2)]
    return sum(found) / len(found) if found else 0.0


def copied_types(text, training, k):
    found = {text[i : i + k] for i in range(len(text) - k + 1)}
    return len([s for s in found if s in training]) / len(found) if found else 0.0


# ------------------------------------------------------------------------------------------------------------ 9 · add-k


def add_k_as_mixture(counts, context, token, k, size):
    """The same as mixing the relative frequency with the uniform distribution."""
    row = counts.get(context, collections.Counter())
    total = sum(row.values())
    share = total / (total + k * size)
    return (share * row.get(token, 0) / total if total else 0.0) + (1 - share) / size


def add_k_with_zeros(counts, context, token, k, size):
    row = counts.get(context)
    if row is None:
        return 1 / size
    return (row.get(token, 0.0) + k) / (sum(count + k for count in row.values()) + k * (size - len(row)))


def add_k_vocabulary_of_row_plus_one(counts, context, token, k, size):
    del size
    row = counts.get(context, {})
    return (row.get(token, 0) + k) / (sum(row.values()) + k * (len(row) + 1))


def add_k_multiplied(counts, context, token, k, size):
    row = counts.get(context, {})
    return (row.get(token, 0) * k + 1) / (sum(row.values()) * k + size)


def add_k_laplace(counts, context, token, k, size):
    del k
    row = counts.get(context, {})
    return (row.get(token, 0) + 1) / (sum(row.values()) + size)


# --------------------------------------------------------------------------------------------------- 10 · interpolation


def interpolate_numpy(orders, context, token, weights):
    seen, p = [], []
    for j in range(len(orders)):
        history = tuple(context[i] for i in range(len(context) - j, len(context)))
        seen.append(history in orders[j])
        p.append(ngrams.mle(orders[j], history, token))
    used = np.array(weights) * np.array(seen)
    return float(used @ np.array(p) / used.sum())


def interpolate_from_longest(orders, context, token, weights):
    """Drops the oldest token step by step."""
    total = mass = 0.0
    for j in reversed(range(len(orders))):
        row = orders[j].get(context)
        if row is not None:
            total, mass = total + weights[j] * row.get(token, 0) / sum(row.values()), mass + weights[j]
        context = context[1:]
    return total / mass


def interpolate_shortest_only(orders, context, token, weights):
    del context, weights
    return ngrams.mle(orders[0], (), token)


def interpolate_maximum(orders, context, token, weights):
    del weights
    return max(ngrams.mle(orders[j], context[len(context) - j :], token) for j in range(len(orders)))


def interpolate_lost_weight(orders, context, token, weights):
    return sum(weight * ngrams.mle(orders[j], context[len(context) - j :], token) for j, weight in enumerate(weights))


def interpolate_first_tokens(orders, context, token, weights):
    total = mass = 0.0
    for j, weight in enumerate(weights):
        row = orders[j].get(tuple(context[:j]))
        if row:
            total, mass = total + weight * row.get(token, 0) / sum(row.values()), mass + weight
    return total / mass


# ---------------------------------------------------------------------------------------------------- 11 · continuation


def continuation_by_sets(counts):
    """Collects the sets of left neighbours and takes their sizes."""
    neighbours = collections.defaultdict(set)
    for (first, *rest), row in counts.items():
        for token in row:
            neighbours[tuple(rest), token].add(first)
    result = collections.defaultdict(dict)
    for (context, token), found in neighbours.items():
        result[context][token] = len(found)
    return dict(result)


def continuation_by_update(counts):
    result = {}
    for context, row in counts.items():
        result.setdefault(context[1:], collections.Counter()).update(row.keys())
    return result


def continuation_as_sets(counts):
    result = {}
    for context, row in counts.items():
        for token in row:
            result.setdefault(context[1:], {}).setdefault(token, set()).add(context[0])
    return result


def continuation_update_counts(counts):
    result = {}
    for context, row in counts.items():
        result.setdefault(context[1:], collections.Counter()).update(row)
    return result


def continuation_as_shares(counts):
    result = continuation_by_sets(counts)
    return {c: {t: x / sum(row.values()) for t, x in row.items()} for c, row in result.items()}


# ------------------------------------------------------------------------------------------------------ 12 · Kneser-Ney


class RecursiveKneserNey:
    """From the longest context down, with sets of left neighbours instead of tables of counts."""

    def __init__(self, sentences, n, discount=0.75):
        self.n, self.d = n, discount
        self.tables = [collections.defaultdict(collections.Counter) for _ in range(n)]
        seen = set()
        for sentence in sentences:
            padded = [START] * (n - 1) + list(sentence) + [END]
            for i in range(n - 1, len(padded)):
                self.tables[n - 1][tuple(padded[i - n + 1 : i])][padded[i]] += 1
                for length in range(2, n + 1):
                    gram = tuple(padded[i - length + 1 : i + 1])
                    if gram not in seen:
                        seen.add(gram)
                        self.tables[length - 2][gram[1:-1]][gram[-1]] += 1

    def prob(self, context, token):
        row = self.tables[len(context)].get(context)
        if not context:
            return row[token] / row.total()
        lower = self.prob(context[1:], token)
        if not row:
            return lower
        return max(row[token] - self.d, 0) / row.total() + self.d * len(row) / row.total() * lower


class TablesOfPlainCounts(RecursiveKneserNey):
    """Each lower table from the plain counts one order up: the same different n-grams, so the same numbers."""

    def __init__(self, sentences, n, discount=0.75):
        self.d = discount
        self.tables = [ngrams.continuation_counts(ngrams.ngram_counts(sentences, j + 2)) for j in range(n - 1)]
        self.tables.append(ngrams.ngram_counts(sentences, n))


class PreparedKneserNey:
    """All rows prepared as numpy arrays over the vocabulary, the lowest order first."""

    def __init__(self, sentences, n, discount=0.75):
        tables = [ngrams.ngram_counts(sentences, n)]
        for _ in range(n - 1):
            tables.append(ngrams.continuation_counts(tables[-1]))
        tables.reverse()
        self.vocabulary = sorted(tables[0][()])
        self.rows: dict[Any, Any] = {}
        for length, table in enumerate(tables):
            for context, row in table.items():
                counts = np.array([row[t] for t in self.vocabulary], dtype=np.float64)
                if length == 0:
                    self.rows[context] = counts / counts.sum()
                    continue
                kept = np.maximum(counts - discount, 0)
                self.rows[context] = (kept + (counts.sum() - kept.sum()) * self.lookup(context[1:])) / counts.sum()

    def lookup(self, context):
        while context not in self.rows:
            context = context[1:]
        return self.rows[context]

    def prob(self, context, token):
        return self.lookup(context)[self.vocabulary.index(token)] if token in self.vocabulary else 0.0


class AbsoluteDiscounting(RecursiveKneserNey):
    def __init__(self, sentences, n, discount=0.75):
        self.d = discount
        self.tables = [ngrams.ngram_counts(sentences, j) for j in range(1, n + 1)]


class WittenBell(RecursiveKneserNey):
    """Another smoothing that sums to one."""

    def __init__(self, sentences, n, discount=0.75):
        super().__init__(sentences, n, discount)
        self.tables = [ngrams.ngram_counts(sentences, j) for j in range(1, n + 1)]

    def prob(self, context, token):
        row = self.tables[len(context)].get(context)
        if not context:
            return row[token] / row.total()
        lower = self.prob(context[1:], token)
        return (row[token] + len(row) * lower) / (row.total() + len(row)) if row else lower


class HighestOrderOnly(RecursiveKneserNey):
    def prob(self, context, token):
        return ngrams.mle(self.tables[len(context)], context, token)


class LambdaWithoutTypes(RecursiveKneserNey):
    def prob(self, context, token):
        row = self.tables[len(context)].get(context)
        if not context:
            return row[token] / row.total()
        lower = self.prob(context[1:], token)
        return max(row[token] - self.d, 0) / row.total() + self.d / row.total() * lower if row else lower


class NewestDropped(RecursiveKneserNey):
    def prob(self, context, token):
        row = self.tables[len(context)].get(context)
        if not context:
            return row[token] / row.total()
        lower = self.prob(context[:-1], token)
        return max(row[token] - self.d, 0) / row.total() + self.d * len(row) / row.total() * lower if row else lower


class TopTableAlways(RecursiveKneserNey):
    def prob(self, context, token):
        if not context:
            return self.tables[0][()][token] / self.tables[0][()].total()
        row, lower = self.tables[-1].get(context), self.prob(context[1:], token)
        return max(row[token] - self.d, 0) / row.total() + self.d * len(row) / row.total() * lower if row else lower


class TablesAppended(RecursiveKneserNey):
    def __init__(self, sentences, n, discount=0.75):
        self.d = discount
        self.tables = [ngrams.ngram_counts(sentences, n)]
        for _ in range(n - 1):
            self.tables.append(ngrams.continuation_counts(self.tables[-1]))

    def prob(self, context, token):
        if not context:
            row = self.tables[0].get(())
            return row[token] / sum(row.values())
        return super().prob(context, token)


class SharedTables(RecursiveKneserNey):
    tables: list[Any] = []  # noqa: RUF012 - the mistake itself

    def __init__(self, sentences, n, discount=0.75):
        self.d = discount
        self.tables.clear()
        self.tables.append(ngrams.ngram_counts(sentences, n))
        for _ in range(n - 1):
            self.tables.insert(0, ngrams.continuation_counts(self.tables[0]))


class NoMethod:
    def __init__(self, sentences, n, discount=0.75):
        pass


RIGHT: dict[str, list[Callable[..., Any]]] = {
    "ngrams.ngram_counts": [counts_with_zip, counts_with_deque],
    "ngrams.mle": [mle_by_branches, mle_numpy],
    "ngrams.sentence_log_prob": [chain_recursive, chain_numpy],
    "ngrams.perplexity": [perplexity_token_by_token, perplexity_base_two],
    "ngrams.bits_per_character": [bits_by_log2, bits_numpy],
    "ngrams.draw": [draw_bisect, draw_searchsorted, draw_unrolled],
    "ngrams.generate": [generate_by_list, generate_recursive],
    "ngrams.copied_fraction": [copied_with_set, copied_with_loop],
    "ngrams.add_k": [add_k_as_mixture, add_k_with_zeros],
    "ngrams.interpolate": [interpolate_numpy, interpolate_from_longest],
    "ngrams.continuation_counts": [continuation_by_sets, continuation_by_update],
    "ngrams.kneser_ney": [RecursiveKneserNey, PreparedKneserNey, TablesOfPlainCounts],
}

WRONG: dict[str, list[tuple[Callable[..., Any], str | None]]] = {
    "ngrams.ngram_counts": [
        (counts_padded_and_joined, "windows_across"),
        (counts_of_a_set, "repeats_dropped"),
        (counts_flat, "whole_ngrams"),
        (counts_with_space, None),
        (counts_end_padded, None),
        (counts_longer_by_deque, "one_mark_more"),
        (counts_without_end_by_zip, "no_end"),
    ],
    "ngrams.mle": [
        (mle_square_brackets, "unseen_token_raises"),
        (mle_adds_one, None),
        (mle_largest, "largest_count"),
        (mle_unseen_is_one, None),
        (mle_percent, None),
        (mle_leaves_a_trace, None),
        (mle_by_types_loop, "divided_by_types"),
    ],
    "ngrams.sentence_log_prob": [
        (chain_by_product, "product_underflows"),
        (chain_context_free, None),
        (chain_last_factor, None),
        (chain_nan, None),
        (chain_in_bits, "base_two"),
        (chain_per_token, "mean_instead_of_sum"),
    ],
    "ngrams.perplexity": [
        (perplexity_by_root, "product_underflows"),
        (perplexity_off_by_one, "one_more"),
        (perplexity_median, None),
        (perplexity_geometric_mean, "no_minus"),
    ],
    "ngrams.bits_per_character": [
        (bits_rounded, None),
        (bits_with_spaces, None),
        (bits_mean_nats, "nats"),
    ],
    "ngrams.draw": [
        (draw_shares, "rounded_shares"),
        (draw_rounded, "rounded"),
        (draw_any_case, None),
        (draw_index, None),
        (draw_from_above, None),
        (draw_bisect_left, "border_to_the_left"),
        (draw_mode, "most_frequent"),
    ],
    "ngrams.generate": [
        (generate_as_text, None),
        (generate_in_front, None),
        (generate_with_end, "end_kept"),
        (generate_first_context, "first_row"),
        (generate_with_marks, "start_kept"),
        (generate_greedy, "most_frequent"),
    ],
    "ngrams.copied_fraction": [
        (copied_training_cut, None),
        (copied_any_case, None),
        (copied_stripped, None),
        (copied_any, None),
        (copied_letters, None),
        (copied_shorter, None),
        (copied_types, "types"),
    ],
    "ngrams.add_k": [
        (add_k_vocabulary_of_row_plus_one, None),
        (add_k_multiplied, None),
        (add_k_laplace, "always_one"),
    ],
    "ngrams.interpolate": [
        (interpolate_shortest_only, None),
        (interpolate_maximum, None),
        (interpolate_lost_weight, "not_rescaled"),
        (interpolate_first_tokens, "oldest_tokens"),
    ],
    "ngrams.continuation_counts": [
        (continuation_as_sets, None),
        (continuation_as_shares, None),
        (continuation_update_counts, "occurrences"),
    ],
    "ngrams.kneser_ney": [
        (SharedTables, "tables_shared"),
        (NewestDropped, "oldest_tokens"),
        (TopTableAlways, "top_table_only"),
        (TablesAppended, "tables_reversed"),
        (WittenBell, None),
        (HighestOrderOnly, None),
        (NoMethod, None),
        (AbsoluteDiscounting, "raw_counts_below"),
        (LambdaWithoutTypes, "types_forgotten"),
    ],
}
