"""N-gram language models: the exercises of lesson 03, and the same ideas fast enough for a real corpus.

The first half is exercise-sized: plain dictionaries of counts, sentences padded with start marks, one idea a function.
The second half, `NgramIndex` and `KneserNey`, holds a whole book in sorted integer keys and scores a megabyte of text
in a second or two.

Notation: an *n-gram model* predicts a token from the n - 1 tokens before it. That history is called the *context*.

Sources:
    Chen & Goodman (1999), "An empirical study of smoothing techniques for language modeling", Computer Speech and
    Language 13, 359-394: sections 2.7 (Kneser-Ney) and 3 (modified Kneser-Ney).
    Jurafsky & Martin, "Speech and Language Processing", 3rd edition draft, chapter 3.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from utils import pace

START = "<s>"
END = "</s>"
UNKNOWN = "<unk>"

Context = tuple[str, ...]
Counts = dict[Context, Counter[str]]


# --------------------------------------------------------------------------------------------- exercise-sized functions


def pad(tokens: Iterable[str], n: int) -> list[str]:
    """Put n - 1 start marks before a sentence and one end mark behind it.

    Every token, the end mark included, then has a full context of n - 1 tokens. The end mark is
    predicted like a word, so that the probabilities of all sentences, short and long, sum to one;
    the start marks are never predicted.

    >>> pad(["the", "students"], 3)
    ['<s>', '<s>', 'the', 'students', '</s>']
    """
    if n < 1:
        raise ValueError(f"An n-gram needs n of at least 1, not {n}.")
    return [START] * (n - 1) + list(tokens) + [END]


def ngram_counts(sentences: Sequence[Sequence[str]], n: int) -> dict[tuple[str, ...], Counter[str]]:
    """Count which token follows which context of n - 1 tokens.

    Args:
        sentences: lists of tokens, not padded yet.
        n: length of the n-gram, at least 1. A context has n - 1 tokens; for n = 1 it is the empty
            tuple `()`.

    Returns:
        `counts[context][token]`: how often `token` followed `context` in the padded sentences.
        Contexts are tuples, the oldest token first. Start marks appear in contexts only; the end
        mark is counted as a token.

    >>> counts = ngram_counts([["a", "b"], ["a"]], 2)
    >>> counts[("<s>",)], counts[("a",)], counts[("b",)]
    (Counter({'a': 2}), Counter({'b': 1, '</s>': 1}), Counter({'</s>': 1}))
    """
    ### BEGIN SOLUTION
    counts: dict[tuple[str, ...], Counter[str]] = {}
    for sentence in sentences:
        padded = pad(sentence, n)
        for i in range(n - 1, len(padded)):
            context = tuple(padded[i - n + 1 : i])
            counts.setdefault(context, Counter())[padded[i]] += 1
    return counts
    ### END SOLUTION


def mle(
    counts: Mapping[tuple[str, ...], Mapping[str, int]],
    context: tuple[str, ...],
    token: str,
) -> float:
    """Relative frequency: P(token | context) = count(context, token) / count(context).

    This choice makes the training text as probable as an n-gram model can (maximum likelihood). A
    context that was never seen leaves 0 / 0; the answer is then 0.0.

    Args:
        counts: `counts[context][token]`, as `ngram_counts` returns it; a row may be a plain dict.
        context: tuple of n - 1 tokens.
        token: the token that is to follow; it need not stand in the row.

    >>> mle({("opened", "their"): {"books": 3, "laptops": 1}}, ("opened", "their"), "books")
    0.75
    """
    ### BEGIN SOLUTION
    row = counts.get(context, {})
    total = sum(row.values())
    return row.get(token, 0) / total if total else 0.0
    ### END SOLUTION


def sentence_log_prob(
    counts: Mapping[tuple[str, ...], Mapping[str, int]],
    n: int,
    tokens: Sequence[str],
) -> float:
    """Natural logarithm of a sentence's probability, by the chain rule with relative frequencies.

    log P(x_1 ... x_T) = sum over t of log P(x_t | the n - 1 tokens before it), the end mark
    included.

    Args:
        counts: `counts[context][token]` of n-grams, as `ngram_counts` returns it.
        n: the n of these counts.
        tokens: the sentence, not padded yet; it may be empty.

    Returns:
        A number of nats, 0 or less; minus infinity if a single factor is zero.

    >>> counts = ngram_counts([["a", "b"], ["a"]], 2)
    >>> round(sentence_log_prob(counts, 2, ["a"]), 4)      # log(1 * 1/2)
    -0.6931
    """
    ### BEGIN SOLUTION
    padded = pad(tokens, n)
    total = 0.0
    for i in range(n - 1, len(padded)):
        p = mle(counts, tuple(padded[i - n + 1 : i]), padded[i])
        if p == 0:
            return -math.inf
        total += math.log(p)
    return total
    ### END SOLUTION


def perplexity(log_probs: Sequence[float]) -> float:
    """Perplexity of a text: exp of the mean negative log-probability of its tokens.

    Args:
        log_probs: natural log-probabilities, one for each of the T >= 1 predicted tokens.

    Returns:
        exp(-(1/T) sum log p): the number of equally likely choices that would be as hard to guess.

    >>> round(perplexity([math.log(1 / 8), math.log(1 / 2)]), 6)
    4.0
    """
    ### BEGIN SOLUTION
    return math.exp(-sum(log_probs) / len(log_probs))
    ### END SOLUTION


def bits_per_character(log_probs: Sequence[float], characters: int) -> float:
    """Cross-entropy in bits for each character of the text, whatever the tokens of the model are.

    Args:
        log_probs: natural log-probabilities of all predicted tokens (words, pieces or characters).
        characters: how many characters these tokens cover in the text.

    Returns:
        -(sum of log2 p) / characters.

    >>> bits_per_character([math.log(1 / 8), math.log(1 / 2)], 16)  # 3 + 1 bits, 16 characters
    0.25
    """
    ### BEGIN SOLUTION
    return -sum(log_probs) / math.log(2) / characters
    ### END SOLUTION


def draw(row: Mapping[str, int], u: float) -> str:
    """Draw a token in proportion to its count, given a uniform random number u.

    The tokens stand in sorted order on a line and each takes a stretch as long as its count. The
    point at `u` times the total falls into one of them; a point on a border belongs to the token
    on its right.

    Args:
        row: token -> count, not empty, in any order.
        u: 0 <= u < 1.

    >>> [draw({"b": 1, "a": 3}, u) for u in (0.0, 0.7, 0.75)]
    ['a', 'a', 'b']
    """
    ### BEGIN SOLUTION
    point = u * sum(row.values())
    reached = 0
    for token in sorted(row):
        reached += row[token]
        if reached > point:
            return token
    raise ValueError("u must be at least 0 and less than 1, and the row must not be empty.")
    ### END SOLUTION


def generate(
    counts: Mapping[tuple[str, ...], Mapping[str, int]],
    n: int,
    numbers: Sequence[float],
) -> list[str]:
    """Write a sentence token by token: draw, append, move the context on by one.

    Args:
        counts: `counts[context][token]` of n-grams, as `ngram_counts` returns it.
        n: the n of these counts.
        numbers: uniform random numbers, one for each draw, used from the first to the last.

    Returns:
        The tokens, without marks. The sentence ends when the end mark is drawn, or when the
        numbers are used up.

    >>> generate(ngram_counts([["a", "b"]], 2), 2, [0.5, 0.5, 0.5, 0.5])
    ['a', 'b']
    """
    ### BEGIN SOLUTION
    context = (START,) * (n - 1)
    tokens: list[str] = []
    for u in numbers:
        token = draw(counts[context], u)
        if token == END:
            break
        tokens.append(token)
        context = (*context, token)[1:]
    return tokens
    ### END SOLUTION


def copied_fraction(text: str, training: str, k: int) -> float:
    """Share of the stretches of k characters in `text` that stand word for word in `training`.

    All len(text) - k + 1 stretches are looked up, one starting at each character, repeated ones as
    often as they occur. A text shorter than k has none; the answer is then 0.0.

    >>> copied_fraction("abcx", "zabcz", 2)      # ab and bc are copied, cx is not
    0.6666666666666666
    """
    ### BEGIN SOLUTION
    stretches = [text[i : i + k] for i in range(len(text) - k + 1)]
    return sum(stretch in training for stretch in stretches) / len(stretches) if stretches else 0.0
    ### END SOLUTION


def add_k(
    counts: Mapping[tuple[str, ...], Mapping[str, int]],
    context: tuple[str, ...],
    token: str,
    k: float,
    size: int,
) -> float:
    """Add-k smoothing: pretend that every token followed every context k more times.

    P(token | context) = (count(context, token) + k) / (count(context) + k |V|). A context that was
    never seen gives 1 / |V| to every token. With k = 1 this is Laplace's rule.

    Args:
        counts: `counts[context][token]`, as `ngram_counts` returns it.
        context: tuple of n - 1 tokens.
        token: a token of the vocabulary, seen after this context or not.
        k: positive number.
        size: |V|, how many different tokens can follow (the end mark among them).

    >>> add_k({("a",): {"b": 3, "c": 1}}, ("a",), "d", k=0.5, size=4)  # 0.5 / (4 + 0.5 * 4)
    0.08333333333333333
    """
    ### BEGIN SOLUTION
    row = counts.get(context, {})
    return (row.get(token, 0) + k) / (sum(row.values()) + k * size)
    ### END SOLUTION


def interpolate(
    orders: Sequence[Mapping[tuple[str, ...], Mapping[str, int]]],
    context: tuple[str, ...],
    token: str,
    weights: Sequence[float],
) -> float:
    """Linear interpolation: a weighted mean of all orders' frequencies (Jelinek & Mercer 1980).

    Args:
        orders: `orders[j]` holds the counts whose contexts have j tokens: orders[0] the unigrams,
            and so on.
        context: tuple of len(orders) - 1 tokens, the oldest first. Order j looks at the last j of
            them.
        token: the token that is to follow.
        weights: positive, `weights[j]` belongs to `orders[j]`; they sum to 1.

    Returns:
        sum over j of weights[j] * P_j(token | last j tokens). Orders whose context was never seen
        are left out, and the sum is divided by the weights of those that remain, so that
        probabilities still sum to one.

    >>> orders = [{(): {"a": 1, "b": 3}}, {("a",): {"b": 1}}]
    >>> interpolate(orders, ("a",), "b", [0.5, 0.5])      # 0.5 * 3/4 + 0.5 * 1
    0.875
    """
    ### BEGIN SOLUTION
    total = used = 0.0
    for j, (counts, weight) in enumerate(zip(orders, weights, strict=True)):
        row = counts.get(context[len(context) - j :])
        if row:
            total += weight * row.get(token, 0) / sum(row.values())
            used += weight
    return total / used
    ### END SOLUTION


def continuation_counts(
    counts: Mapping[tuple[str, ...], Mapping[str, int]],
) -> dict[tuple[str, ...], Counter[str]]:
    """In how many different surroundings was an n-gram seen? One order lower, types for tokens.

    Args:
        counts: `counts[context][token]` with contexts of m >= 1 tokens. Only which entries exist
            matters, not their size.

    Returns:
        `result[context][token]` with contexts of m - 1 tokens: the number of *different* tokens
        that stand directly before `context, token` in `counts` (Kneser & Ney 1995; Chen & Goodman
        1999 write it N1+ with a dot in the neighbour's place).

    >>> glasses = {("my",): {"glasses": 2}, ("her",): {"glasses": 1}}
    >>> continuation_counts({("san",): {"francisco": 90}, **glasses})
    {(): Counter({'glasses': 2, 'francisco': 1})}
    """
    ### BEGIN SOLUTION
    result: dict[tuple[str, ...], Counter[str]] = {}
    for context, row in counts.items():
        for token in row:
            result.setdefault(context[1:], Counter())[token] += 1
    return result
    ### END SOLUTION


class InterpolatedKneserNey:
    """Interpolated Kneser-Ney smoothing with one discount D (Chen & Goodman 1999, section 2.7).

    The highest order uses plain counts c, every lower order continuation counts:

        P(w | h) = max(c(h, w) - D, 0) / c(h)  +  D * types(h) / c(h) * P(w | h')

    where h' is h without its oldest token, c(h) is the sum of the row of h, and types(h) the number
    of different tokens in it. The recursion ends at the empty context, where P(w) is the row's
    share c(w) / c(), without a discount. A context that was never seen hands over to the shorter
    one unchanged. (Rows of lower orders at the start of a sentence hold ones only: nothing but a
    start mark comes before a start mark.)

    Args:
        sentences: lists of tokens, not padded yet.
        n: the highest order, at least 1.
        discount: D, between 0 and 1.
    """

    def __init__(self, sentences: Sequence[Sequence[str]], n: int, discount: float = 0.75) -> None:
        self.discount = discount
        # self.orders[j] holds the counts whose contexts have j tokens: n tables in all.
        ### BEGIN SOLUTION
        self.orders = [ngram_counts(sentences, n)]
        while len(self.orders) < n:
            self.orders.insert(0, continuation_counts(self.orders[0]))
        ### END SOLUTION

    def prob(self, context: tuple[str, ...], token: str) -> float:
        """P(token | context) for a context of at most n - 1 tokens, the oldest first; shorter ones are welcome."""
        ### BEGIN SOLUTION
        p = 0.0
        for j, counts in enumerate(self.orders[: len(context) + 1]):
            row = counts.get(context[len(context) - j :])
            if not row:
                break
            d = self.discount if j else 0.0
            p = (max(row[token] - d, 0.0) + d * len(row) * p) / sum(row.values())
        return p
        ### END SOLUTION


# ------------------------------------------------------------------------------------------------------ on real corpora


def longest_copy(text: str, training: str) -> str:
    """The longest stretch of `text` that stands word for word in `training` (the first one, if several).

    >>> longest_copy("he opened their books", "the students opened their laptops")
    ' opened their '
    """
    best = ""
    for start in range(len(text)):
        while len(best) < len(text) - start and text[start : start + len(best) + 1] in training:
            best = text[start : start + len(best) + 1]
    return best


@dataclasses.dataclass(frozen=True)
class _Level:
    """All n-grams of one length, sorted: an n-gram is (its context's place one level below) * |V| + (its token's code).

    Args:
        keys: (entries,) int64, ascending; the entries of one context are neighbours.
        counts: (entries,) int64, how often the n-gram occurs.
        left: (entries,) int64, how many different tokens precede it; the beginning of the text counts as one. Empty on
            the highest level, where nothing is known of longer n-grams.
        starts: (contexts + 1,) int64; context c owns the entries starts[c] ... starts[c + 1] - 1.
    """

    keys: NDArray[np.int64]
    counts: NDArray[np.int64]
    left: NDArray[np.int64]
    starts: NDArray[np.int64]


class NgramIndex:
    """Counts of all n-grams up to an order, in a text of characters or words, in sorted arrays.

    A `str` is a sequence of characters, a list of strings a sequence of words. The text is one stream without padding:
    its first tokens are seen, and scored, with the shorter contexts that they have. End lines with "\\n" and the model
    learns where lines begin.

    Args:
        order: length of the longest n-gram, at least 1.

    After `fit`: `vocabulary`, the tuple of known tokens in sorted order; `size`, their number |V|.
    """

    def __init__(self, order: int) -> None:
        if order < 1:
            raise ValueError(f"The order must be at least 1, not {order}.")
        self.order = int(order)
        self.vocabulary: tuple[str, ...] = ()
        self._codes: dict[str, int] = {}
        self._levels: list[_Level] = []

    @property
    def size(self) -> int:
        """|V|, the number of different tokens in the training text."""
        return len(self.vocabulary)

    def fit(self, text: Sequence[str]) -> NgramIndex:
        """Count; where COURSE_PACE=quick, in the first 100,000 tokens only.

        Raises ValueError if the text is empty. Returns the index itself.
        """
        if len(text) == 0:
            raise ValueError("The training text is empty: there is nothing to count.")
        text = pace.few(text, at_most=100_000)
        self.vocabulary = tuple(sorted(set(text)))
        self._codes = {token: code for code, token in enumerate(self.vocabulary)}
        codes = self.encode(text)
        self._levels = []
        place = np.zeros(len(codes) + 1, dtype=np.int64)  # place[i]: the context before token i, one level below
        contexts = 1
        lengths = range(1, min(self.order, len(codes)) + 1)
        for length, walk in zip(lengths, _alphabetical(codes, self.size), strict=False):
            # The n-grams of this length end at the tokens length - 1, length, ...
            keys, first, ids, counts = _unique(place[:-1] * self.size + codes[length - 1 :], walk)
            if self._levels:  # each n-gram of this length is one left neighbour of its last length - 1 tokens
                left = np.bincount(place[first + 1], minlength=contexts)
                left[place[0]] += 1  # the text's first n-gram has the beginning of the text on its left
                self._levels[-1] = dataclasses.replace(self._levels[-1], left=left)
            starts = np.searchsorted(keys, np.arange(contexts + 1, dtype=np.int64) * self.size)
            self._levels.append(_Level(keys, counts, np.empty(0, np.int64), starts))
            place = ids  # the n-gram just counted is the context of the token after it
            contexts = len(keys)
        return self

    def encode(self, text: Sequence[str]) -> NDArray[np.int64]:
        """Codes of the tokens, (len(text),) int64: places in `vocabulary`, -1 for tokens that training did not have."""
        if not isinstance(text, str):
            return np.fromiter((self._codes.get(token, -1) for token in text), dtype=np.int64, count=len(text))
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        known = {ord(token): code for token, code in self._codes.items() if len(token) == 1}
        table = np.full(max(max(known, default=0), int(points.max(initial=0))) + 1, -1, dtype=np.int64)
        for point, code in known.items():
            table[point] = code
        return table[points]

    def lookup(self, text: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """For each length 1 ... order: where each token of `text` is found among the n-grams of that length.

        Yields pairs (context, entry), both (len(text),) int64: the place of the token's context (the tokens before it)
        and the place of context and token together; -1 where training had no such n-gram, or where the text has fewer
        tokens than the context needs.
        """
        codes = self._known().encode(text)
        context = np.zeros(len(codes), dtype=np.int64)
        walks = _alphabetical(codes, self.size)
        for before, (level, walk) in enumerate(zip(self._levels, walks, strict=False)):
            # Questions in alphabetical order walk through the sorted keys without jumping: several times as fast.
            asked = walk + before
            key = np.where((context >= 0) & (codes >= 0), context * self.size + codes, -1)[asked]
            found = np.minimum(np.searchsorted(level.keys, key), len(level.keys) - 1)
            entry = np.full(len(codes), -1, dtype=np.int64)
            entry[asked] = np.where(level.keys[found] == key, found, -1)
            yield context, entry
            context = np.concatenate([np.full(min(1, len(codes)), -1, dtype=np.int64), entry[:-1]])

    def counts_at(self, text: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How often training had each n-gram of `text`, and how often its context was followed by anything.

        Returns:
            (found, total), both (order, len(text)) int64. Row j has contexts of j tokens: found[j, t] is
            count(context, token), total[j, t] is count(context). Their quotient is the relative frequency.
        """
        found = np.zeros((self.order, len(text)), dtype=np.int64)
        total = np.zeros_like(found)
        for j, (context, entry) in enumerate(self.lookup(text)):
            level = self._levels[j]
            found[j] = np.where(entry >= 0, level.counts[entry], 0)
            sums = np.concatenate([[0], np.cumsum(level.counts)])
            rows = sums[level.starts[1:]] - sums[level.starts[:-1]]
            total[j] = np.where(context >= 0, rows[context], 0)
        return found, total

    def distinct(self) -> list[int]:
        """How many different n-grams of each length 1 ... order the training text has."""
        counts = [len(level.keys) for level in self._known()._levels]
        return counts + [0] * (self.order - len(counts))

    def row(self, context: Sequence[str]) -> dict[str, int]:
        """The counts of what followed the last order - 1 tokens of `context`; shortened until something did."""
        places = self._known()._places(context)
        level, place = self._levels[len(places) - 1], places[-1]
        entries = slice(level.starts[place], level.starts[place + 1])
        codes = level.keys[entries] - place * self.size
        return {self.vocabulary[c]: int(n) for c, n in zip(codes, level.counts[entries], strict=True)}

    def sample(self, length: int, rng: np.random.Generator, prompt: Sequence[str] = "") -> list[str]:
        """Draw `length` tokens one after the other in proportion to the counts of the longest context seen.

        Args:
            length: number of tokens to draw.
            rng: source of the random numbers.
            prompt: the tokens before the first one drawn; "" leaves the first to the unigram counts.

        Returns:
            The drawn tokens, without the prompt. Join them with "" or " ".
        """
        tokens = list(prompt)
        for u in rng.random(length):
            tokens.append(draw(self.row(tokens[max(0, len(tokens) - self.order + 1) :]), u))
        return tokens[len(prompt) :]

    def _known(self) -> NgramIndex:
        if not self._levels:
            raise ValueError("Nothing has been counted yet: call fit(text) first.")
        return self

    def _places(self, context: Sequence[str]) -> list[int]:
        """Places of the contexts of 0, 1, 2 ... tokens that end where `context` ends, as long as something follows."""
        width = min(self.order, len(self._levels)) - 1
        recent = [self._codes.get(token, -1) for token in context[max(0, len(context) - width) :]]
        places = [0]
        for length in range(1, len(recent) + 1):
            place = 0
            for level, code in zip(self._levels, recent[-length:], strict=False):
                key = place * self.size + code
                entry = int(np.searchsorted(level.keys, key)) if code >= 0 else len(level.keys)
                place = entry if entry < len(level.keys) and level.keys[entry] == key else -1
                if place < 0:
                    return places
            if self._levels[length].starts[place] == self._levels[length].starts[place + 1]:
                return places
            places.append(place)
        return places


def _alphabetical(codes: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """For n-grams of length 1, 2, 3 ...: the places where they begin, in alphabetical order of the n-grams.

    One length gives the next: sorting by the first token, and leaving those that share it in the order of their rests.
    Codes are small integers, which numpy sorts in linear time; the n-grams themselves are never compared.
    """
    small = (codes + 1).astype(np.min_scalar_type(size))  # unknown tokens have the code -1
    walk = np.argsort(small, kind="stable")
    while True:
        yield walk
        walk = walk[walk > 0] - 1
        walk = walk[np.argsort(small[walk], kind="stable")]


def _unique(
    values: NDArray[np.int64], walk: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Sorted distinct values, the place of one occurrence of each, each value's place among them, and the counts.

    `walk` are the places of the values in ascending order, as np.argsort(values) would give them.
    """
    ordered = values[walk]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    edges = np.flatnonzero(new)
    ids = np.empty(len(values), dtype=np.int64)
    ids[walk] = np.cumsum(new) - 1
    return ordered[edges], walk[edges], ids, np.diff(np.append(edges, len(values)))


class KneserNey(NgramIndex):
    """Interpolated Kneser-Ney language model of a text, with one discount or three for each order.

    Lower orders count left neighbours instead of occurrences (`continuation_counts`). With D(c) the discount of an
    n-gram counted c times, each order mixes with the next lower one:

        P(w | h) = (c(h, w) - D(c)) / c(h)  +  (sum over w' of D(c(h, w'))) / c(h) * P(w | h without its oldest token)

    `modified=True` has D(1), D(2), D(3 and more), estimated for each order from the counts of counts n1 ... n4 (Chen &
    Goodman 1999, section 3): Y = n1 / (n1 + 2 n2), D(j) = j - (j + 1) Y n_{j+1} / n_j. Where an order has too few
    n-grams for that, D = 0.5, 1, 1.5. `modified=False` has one D = Y for each order (0.5 if n1 is zero), or `discount`
    for all of them.

    With `uniform=True` the unigrams are discounted too and mixed with the uniform distribution over the vocabulary and
    one place "<unk>", which stands for any character that training did not have (as KenLM does it). With
    `uniform=False` unigrams are plain shares of the continuation counts (as NLTK's `KneserNeyInterpolated` does it),
    and an unknown token has probability 0, log-probability minus infinity.

    NLTK's class and this one agree to rounding for contexts inside a text. NLTK differs from Chen & Goodman in three
    ways: one discount, given by hand, for all orders; no uniform distribution below the unigrams; and types(h) taken
    from occurrences even where the sum is over continuations, so that its rows at the start of padded sentences do not
    sum to one.

    Args:
        order: the n of the n-grams, at least 1.
        modified: three discounts an order, or one.
        discount: one D in [0, 1] for all orders; only with `modified=False`.
        uniform: whether unknown tokens get a share.
        continuation: False lets the lower orders count occurrences: that is absolute discounting, not Kneser-Ney.

    >>> model = KneserNey(order=2).fit("abracadabra")
    >>> round(float(model.distribution("a").sum()), 9)
    1.0
    """

    def __init__(
        self,
        order: int,
        modified: bool = True,
        discount: float | None = None,
        uniform: bool = True,
        continuation: bool = True,
    ) -> None:
        super().__init__(order)
        if discount is not None and modified:
            raise ValueError("Modified Kneser-Ney estimates its own discounts: give a discount with modified=False.")
        if discount is not None and not 0 <= discount <= 1:
            raise ValueError(f"The discount must lie between 0 and 1, not {discount}.")
        self.modified = modified
        self.discount = discount
        self.uniform = uniform
        self.continuation = continuation
        self.discounts: list[tuple[float, float, float]] = []
        self._direct: list[NDArray[np.float64]] = []
        self._lower: list[NDArray[np.float64]] = []

    def fit(self, text: Sequence[str]) -> KneserNey:
        """Count as `NgramIndex.fit` does, and prepare all probabilities.

        Raises ValueError if the text is empty. Returns the model itself.
        """
        super().fit(text)
        self.discounts, self._direct, self._lower = [], [], []
        for j, level in enumerate(self._levels):
            highest = j + 1 == len(self._levels)
            counts = level.left if self.continuation and not highest else level.counts
            discounts = (0.0, 0.0, 0.0) if j == 0 and not self.uniform else self._estimate(counts)
            self.discounts.append(discounts)
            taken = np.array(discounts)[np.minimum(counts, 3) - 1]
            context = level.keys // self.size
            contexts = len(level.starts) - 1
            total = np.bincount(context, weights=counts, minlength=contexts)
            given = np.bincount(context, weights=taken, minlength=contexts)
            self._direct.append((counts - taken) / total[context])
            # A context that nothing ever followed (the end of the text) hands over unchanged.
            self._lower.append(np.divide(given, total, out=np.ones(contexts), where=total > 0))
        return self

    def log_probs(self, text: Sequence[str]) -> NDArray[np.float64]:
        """Natural log-probability of each token given the up to order - 1 tokens before it in `text`.

        Returns:
            (len(text),) float64. The text is scored as it stands: the first token has no context.
        """
        p = np.full(len(text), 1.0 / (self.size + 1) if self.uniform else 0.0)
        for j, (context, entry) in enumerate(self.lookup(text)):
            direct = np.where(entry >= 0, self._direct[j][entry], 0.0)
            p = np.where(context >= 0, direct + self._lower[j][context] * p, p)
        with np.errstate(divide="ignore"):
            return np.log(p)

    def bits_per_char(self, text: Sequence[str], characters: int | None = None) -> float:
        """Cross-entropy of `text` in bits for each character.

        For words, mind the unknown ones: they all share the one probability of "<unk>", and how they are spelled costs
        nothing. To compare with a model of characters, add the bits that spell them.

        Args:
            text: a string, or a list of tokens; must not be empty.
            characters: how many characters the tokens cover; needed for a list of tokens.
        """
        if len(text) == 0:
            raise ValueError("An empty text has no bits per character.")
        if characters is None:
            if not isinstance(text, str):
                raise ValueError("For a list of tokens, say how many characters they cover: characters=...")
            characters = len(text)
        return float(-self.log_probs(text).sum() / math.log(2) / characters)

    def distribution(self, context: Sequence[str] = "") -> NDArray[np.float64]:
        """P(token | the last order - 1 tokens of `context`) for every token.

        Returns:
            (|V|,) float64 in the order of `vocabulary`, with the share of "<unk>" at the end if `uniform`: (|V| + 1,).
        """
        places = self._known()._places(context)
        outcomes = self.size + 1 if self.uniform else self.size
        p = np.full(outcomes, 1.0 / outcomes)
        for j, place in enumerate(places):
            level = self._levels[j]
            entries = slice(level.starts[place], level.starts[place + 1])
            p *= self._lower[j][place]
            p[level.keys[entries] - place * self.size] += self._direct[j][entries]
        return p

    def sample(self, length: int, rng: np.random.Generator, prompt: Sequence[str] = "") -> list[str]:
        """Draw `length` known tokens one after the other, each from `distribution` of those before it.

        Args and returns as in `NgramIndex.sample`. The share of "<unk>" is never drawn.
        """
        tokens = list(prompt)
        for u in rng.random(length):
            reached = np.cumsum(self.distribution(tokens[max(0, len(tokens) - self.order + 1) :])[: self.size])
            code = min(int(np.searchsorted(reached, u * reached[-1], side="right")), self.size - 1)
            tokens.append(self.vocabulary[code])
        return tokens[len(prompt) :]

    def _estimate(self, counts: NDArray[np.int64]) -> tuple[float, float, float]:
        """D(1), D(2), D(3+) from the counts of counts (Chen & Goodman 1999, section 3; D = Y if plain)."""
        if self.discount is not None:
            return (self.discount, self.discount, self.discount)
        n1, n2, n3, n4 = (int((counts == j).sum()) for j in (1, 2, 3, 4))
        y = n1 / (n1 + 2 * n2) if n1 else 0.5
        if not self.modified:
            return (y, y, y)
        fallback = (0.5, 1.0, 1.5)
        if not (n1 and n2 and n3 and n4):
            return fallback
        discounts = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
        return discounts if all(0 <= d <= j for j, d in enumerate(discounts, 1)) else fallback
