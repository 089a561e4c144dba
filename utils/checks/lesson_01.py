"""The exercises of lesson 01, tokens: cases, known mistakes and what to say about them, hints.

Texts are made fresh from a few words of the lesson's corpus; where a mistake would hide behind chance, a fixed text
stands beside them: ties, repeated letters, unusual Unicode, nothing at all.
"""

from __future__ import annotations

import contextlib
import copy
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from utils import tokenization
from utils.checks import compare
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.tokenization import (
    UNKNOWN,
    Pair,
    count_pairs,
    merge_pair,
    split_words,
    train_bpe,
    train_bpe_fast,
)

WORDS = ("the", "light", "night", "and", "land", "sand", "other", "then", "gathered", "day")
SYLLABLES = ("li", "ght", "th", "er", "an", "d", "s", "in", "g", "a", "no", "st")


def _text(rng: np.random.Generator, length: int, words: Sequence[str] = WORDS) -> list[str]:
    """Random words, the first ones more often."""
    places = (rng.random(length) ** 2 * len(words)).astype(int)
    return [words[i] for i in places]


def _made_up(rng: np.random.Generator, count: int) -> list[str]:
    """Words of one to four syllables that no language has, none twice."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(SYLLABLES[i] for i in rng.integers(len(SYLLABLES), size=int(rng.integers(1, 5))))] = None
    return list(found)


def _as_list(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """What the answer returns; a tuple passes for a list."""
    output = answer(*inputs.values())
    return list(output) if isinstance(output, tuple) else output


def _again_after(**between: Any) -> Callable[[Callable[..., Any], dict[str, Any], Case], Any]:
    """Asks twice, with another question between: a counter that outlives the call answers differently then."""

    def run(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
        again = copy.deepcopy(inputs)
        first = compare.plain(answer(*inputs.values()))
        with contextlib.suppress(Exception):
            answer(*copy.deepcopy(between).values())
        second = compare.plain(answer(*again.values()))
        if _speakable(first) and _speakable(second) and compare.compare(first, second) is not None:
            raise Told(
                "Asked the same twice, your function answers differently: it remembers something from a call before."
                " Make the counter inside of the function, not before it and not as a default in its first line."
            )
        return list(first) if isinstance(first, tuple) else first

    return run


def _speakable(value: Any) -> bool:
    """Whether this is a list of texts or a table of counts; anything else may differ for other reasons."""
    if isinstance(value, dict):
        return all(type(count) is int for count in value.values())
    return isinstance(value, (list, tuple)) and all(type(item) is str for item in value)


# ------------------------------------------------------------------------------------------------------- 1 · vocabulary


def _vocabulary_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"tokens": ["the", "sea", "the"], "size": 3}, "two different tokens, room for both"),
        Case({"tokens": ["sea", "day", "sea", "day", "ark"], "size": 3}, "two tokens equally frequent"),
        Case({"tokens": ["sea", "day", "ark"], "size": 3}, "three tokens equally frequent, room for two"),
        Case({"tokens": ["sea", "day", "sea", "day", "ark"], "size": 9}, "more room than tokens"),
        Case({"tokens": ["the", "sea"], "size": 1}, "room for the unknown token only"),
        Case({"tokens": [], "size": 4}, "no tokens"),
        Case(
            {"tokens": ["Day", "day", "été", "ёж", "day", "…", "ёж", "Day"], "size": 5}, "capitals, accents, Cyrillic"
        ),
        Case({"tokens": [",", "ark", "Bath", "42", ",", "ark", "Bath", "42", "and"], "size": 5}, "signs and capitals"),
        Case({"tokens": _text(rng, 25), "size": 6}, "25 tokens, size 6"),
        Case({"tokens": _text(rng, 40)[::-1], "size": 8}, "40 tokens, size 8"),
    ]


def _ranked(tokens: Iterable[str]) -> list[str]:
    counts = Counter(tokens)
    return sorted(counts, key=lambda token: (-counts[token], token))


def _most_common_then_sorted(tokens: Sequence[str], size: int) -> list[str]:
    counts = Counter(tokens)
    kept = [token for token, _ in counts.most_common(max(size - 1, 0))]
    return [UNKNOWN, *sorted(kept, key=lambda token: (-counts[token], token))]


def _in_order_of_appearance(tokens: Sequence[str]) -> list[str]:
    """From the most frequent token down; equally frequent ones as they first appear."""
    return [token for token, _ in Counter(tokens).most_common()]


VOCABULARY = Exercise(
    id="tokenization.word_vocabulary",
    lesson="01",
    title="A word vocabulary",
    reference=tokenization.word_vocabulary,
    cases=_vocabulary_cases,
    run=_as_list,
    misconceptions=(
        Misconception(
            "no_unknown",
            lambda tokens, size: _ranked(tokens)[:size],
            "The unknown token is missing. Without it, there is no number for a word that the text did not have. It"
            " stands first, and takes one of the places.",
        ),
        Misconception(
            "unknown_not_counted",
            lambda tokens, size: [UNKNOWN, *_ranked(tokens)[:size]],
            "Your list is one longer than it may be: the unknown token takes one of the `size` places.",
        ),
        Misconception(
            "unknown_last",
            lambda tokens, size: [*_ranked(tokens)[: size - 1], UNKNOWN],
            "The unknown token stands at the end. Its number should not depend on the size of the vocabulary: put it"
            " first, so that it is always 0.",
        ),
        Misconception(
            "alphabetical",
            lambda tokens, size: [UNKNOWN, *sorted(set(tokens))[: size - 1]],
            "Your list is alphabetical, so what is cut off is the end of the alphabet. The most frequent tokens are"
            " wanted: the alphabet only decides between equals.",
        ),
        Misconception(
            "ties_by_first_appearance",
            lambda tokens, size: [UNKNOWN, *_in_order_of_appearance(tokens)[: size - 1]],
            "The order of equally frequent tokens is that of their first appearance, as `most_common` has it. Asked for"
            " is the alphabetical one: then the same counts give the same vocabulary, whatever the order of the text.",
        ),
        Misconception(
            "cut_before_sorting",
            _most_common_then_sorted,
            "Your list is sorted, but it was cut off before: which of several equally frequent tokens stay is decided"
            " by their first appearance. Sort all tokens first, and cut then.",
        ),
        Misconception(
            "one_too_many_unsorted",
            lambda tokens, size: [UNKNOWN, *_in_order_of_appearance(tokens)[:size]],
            "Two things: the unknown token takes one of the `size` places, so the list is one too long; and equally"
            " frequent tokens stand in the order of their first appearance, not of the alphabet.",
        ),
        Misconception(
            "ties_without_capitals",
            lambda tokens, size: [
                UNKNOWN,
                *sorted(set(tokens), key=lambda t: (-list(tokens).count(t), t.lower(), t))[: size - 1],
            ],
            "Equally frequent tokens are sorted as if capitals were small letters. Compare strings as Python does:"
            " there, Bath comes before ark.",
        ),
        Misconception(
            "letters_only",
            lambda tokens, size: [UNKNOWN, *_ranked(t for t in tokens if t.isalpha())[: size - 1]],
            "Only tokens made of letters are in your list. Commas and numbers are tokens of the text too.",
        ),
        Misconception(
            "rare_dropped",
            lambda tokens, size: [UNKNOWN, *[t for t in _ranked(tokens) if list(tokens).count(t) > 1][: size - 1]],
            "Tokens that occur once are missing, though there is room for them. Only `size` decides what is cut off.",
        ),
        Misconception(
            "one_token_at_least",
            lambda tokens, size: [UNKNOWN, *_ranked(tokens)[: max(size - 1, 1)]],
            "With `size` 1 there is room for the unknown token only. You ask whether the list is full after adding a"
            " token; ask before.",
        ),
        Misconception(
            "ties_backwards",
            lambda tokens, size: [
                UNKNOWN,
                *sorted(set(tokens), key=lambda t: (list(tokens).count(t), t), reverse=True)[: size - 1],
            ],
            "Equally frequent tokens stand in reverse alphabetical order: turning the whole sorting round also turns"
            " the alphabet. Only the counts should fall.",
        ),
        Misconception(
            "rarest",
            lambda tokens, size: [
                UNKNOWN,
                *sorted(set(tokens), key=lambda t: (list(tokens).count(t), t))[: size - 1],
            ],
            "You keep the rarest tokens: sorting goes from small to large. The most frequent ones come first.",
        ),
        Misconception(
            "order_of_text",
            lambda tokens, size: [UNKNOWN, *list(dict.fromkeys(tokens))[: size - 1]],
            "Your tokens stand in the order in which the text brings them, and the latest are cut off. Count them"
            " first: the most frequent ones should stay.",
        ),
        Misconception(
            "size_ignored",
            lambda tokens, size: [UNKNOWN, *_ranked(tokens)],
            "Your vocabulary holds every token of the text. It may have `size` entries at most.",
        ),
        Misconception(
            "lower_case",
            lambda tokens, size: [UNKNOWN, *_ranked(t.lower() for t in tokens)[: size - 1]],
            "Capitals have become small letters. Take the tokens as they are: Day and day are two of them here.",
        ),
        Misconception(
            "numbered",
            lambda tokens, size: {token: i for i, token in enumerate([UNKNOWN, *_ranked(tokens)[: size - 1]])},
            "The tokens are right, but a list is asked for; the place in it is the number. You return a dict.",
        ),
        Misconception(
            "pairs_with_counts",
            lambda tokens, size: [
                UNKNOWN,
                *[(t, list(tokens).count(t)) for t in _ranked(tokens)[: size - 1]],
            ],
            "Your entries are pairs of a token and its count. The counts decide the order; the list holds tokens only.",
        ),
    ),
    hints=(
        "Count first. Then sort the different tokens by two things at once: the count, falling, and the token itself.",
        "`sorted` takes a key, and a key may be a tuple. A count that should fall can stand there with a minus.",
        "Sort by `(-counts[token], token)`, keep the first `size - 1`, and put UNKNOWN before them.",
    ),
    points=1,
    minutes=6,
    difficulty=1,
)


# ------------------------------------------------------------------------------------------------------------- 2 · Zipf


def _zipf_cases(rng: np.random.Generator) -> list[Case]:
    def power(length: int, top: float, a: float) -> list[int]:
        counts = [max(1, round(top * rng.uniform(0.8, 1.2) / rank**a)) for rank in range(1, length + 1)]
        return [counts[i] for i in rng.permutation(length)]

    return [
        Case({"counts": [8, 4]}, "two tokens"),
        Case({"counts": [3, 90, 10, 27]}, "four tokens in no order"),
        Case({"counts": [7]}, "one token"),
        Case({"counts": []}, "no tokens"),
        Case({"counts": [1, 1, 1]}, "each token once"),
        Case({"counts": [8, 4, 1]}, "a token that occurs once"),
        Case({"counts": [6, 2, 6, 2, 1]}, "ties"),
        Case({"counts": power(9, 300.0, 1.1)}, "nine tokens"),
        Case({"counts": power(14, 900.0, 0.7)}, "14 tokens"),
        Case({"counts": power(40, 5000.0, 1.4)}, "40 tokens"),
        Case({"counts": [2000 // rank for rank in range(1, 230)]}, "229 tokens"),
    ]


def _line(xs: Any, ys: Any) -> tuple[float, float]:
    """Slope and height, as `np.polyfit`. What it cannot fit is refused first: LAPACK would print complaints."""
    if not len(xs):
        raise TypeError("expected non-empty vector for x")
    if not (np.isfinite(xs).all() and np.isfinite(ys).all() and np.any(xs)):
        raise np.linalg.LinAlgError("SVD did not converge in Linear Least Squares")
    slope, height = np.polyfit(xs, ys, 1)
    return float(slope), float(height)


def _fit(
    counts: Iterable[int],
    x: Any = np.log,
    y: Any = np.log,
    reverse: bool = True,
    turned: bool = False,
    ranks: Callable[[list[int]], Any] = lambda frequencies: range(1, len(frequencies) + 1),
    ordered: bool = True,
) -> float:
    frequencies = sorted(counts, reverse=reverse) if ordered else list(counts)
    if len(frequencies) < 2:
        return 0.0
    with np.errstate(divide="ignore"):
        xs, ys = x(np.array(ranks(frequencies), dtype=float)), y(np.array(frequencies, dtype=float))
    return -_line(*((ys, xs) if turned else (xs, ys)))[0]


def _zipf_ends(counts: Iterable[int]) -> float:
    frequencies = sorted(counts, reverse=True)
    if len(frequencies) < 2:
        return 0.0
    return math.log(frequencies[0] / frequencies[-1]) / math.log(len(frequencies))


def _zipf_both(counts: Iterable[int]) -> Any:
    frequencies = sorted(counts, reverse=True)
    if len(frequencies) < 2:
        return 0.0
    return np.array(_line(np.log(np.arange(1, len(frequencies) + 1)), np.log(frequencies)))


def _zipf_short_raises(counts: Iterable[int]) -> float:
    frequencies = sorted(counts, reverse=True)
    return -_line(np.log(np.arange(1, len(frequencies) + 1)), np.log(frequencies))[0]


def _shared_ranks(frequencies: list[int]) -> list[int]:
    rank = {f: i for i, f in enumerate(sorted(set(frequencies), reverse=True), 1)}
    return [rank[f] for f in frequencies]


ZIPF = Exercise(
    id="tokenization.zipf_exponent",
    lesson="01",
    title="The slope of Zipf's law",
    reference=tokenization.zipf_exponent,
    cases=_zipf_cases,
    misconceptions=(
        Misconception(
            "sign",
            lambda counts: -_fit(counts),
            "Your number is the slope itself, which is below zero because frequencies fall. The exponent a is the slope"
            " turned positive: ln f = ln C − a ln r.",
        ),
        Misconception(
            "order_given",
            lambda counts: _fit(counts, ordered=False),
            "The counts come in any order, and you number them as they come. The rank 1 belongs to the largest count:"
            " sort first.",
        ),
        Misconception(
            "rarest_first",
            lambda counts: _fit(counts, reverse=False),
            "Your rank 1 is the rarest token. The most frequent one has the rank 1.",
        ),
        Misconception(
            "rarest_first_positive",
            lambda counts: -_fit(counts, reverse=False),
            "Your slope is that of a rising line: the rarest token has the rank 1. Turning its sign is not enough,"
            " because logarithms stretch the other end of the list. Sort from large to small.",
        ),
        Misconception(
            "no_logarithms",
            lambda counts: _fit(counts, x=lambda r: r, y=lambda f: f),
            "You fit a line to the frequencies themselves. The law is a curve there; it becomes a line if both the rank"
            " and the frequency are replaced by their logarithms.",
        ),
        Misconception(
            "rank_without_logarithm",
            lambda counts: _fit(counts, x=lambda r: r),
            "Only the frequencies are in logarithms. A line there means f = C·e^(−ar), a much faster fall. Take the"
            " logarithm of the ranks too.",
        ),
        Misconception(
            "frequency_without_logarithm",
            lambda counts: _fit(counts, y=lambda f: f),
            "Only the ranks are in logarithms. Take the logarithm of the frequencies too.",
        ),
        Misconception(
            "axes_exchanged",
            lambda counts: _fit(counts, turned=True),
            "You fit the rank to the frequency. `np.polyfit(x, y, 1)` wants the rank first: it says how y falls with"
            " x.",
        ),
        Misconception(
            "first_and_last",
            _zipf_ends,
            "You draw the line through the first and the last point. Least squares uses all of them: with two tokens"
            " it is the same, with more it is not.",
        ),
        Misconception(
            "intercept",
            lambda counts: _zipf_both(counts)[1] if len(list(counts)) > 1 else 0.0,
            "This is ln C, the height of the line at rank 1. `np.polyfit` returns the slope first, then the height.",
        ),
        Misconception(
            "ranks_from_two",
            lambda counts: _fit(counts, ranks=lambda f: range(2, len(f) + 2)),
            "Your first rank is 2. It is 1, whose logarithm is 0: there the line has the height ln C.",
        ),
        Misconception(
            "ranks_from_zero",
            lambda counts: _fit(counts, ranks=lambda f: range(len(f))),
            "Your first rank is 0, and its logarithm is −∞. The most frequent token has the rank 1.",
        ),
        Misconception(
            "two_logarithms",
            lambda counts: _fit(counts, x=np.log10),
            "The ranks are in logarithms to the base 10, the frequencies in natural ones, so your slope is about 2.3"
            " times too steep. Any base will do, if it is the same on both axes.",
        ),
        Misconception(
            "plus_one_frequency",
            lambda counts: _fit(counts, y=np.log1p),
            "You add 1 to the frequencies. No count is 0, so nothing has to be saved from ln 0.",
        ),
        Misconception(
            "both_coefficients",
            lambda counts: -_zipf_both(counts),
            "You return all that `np.polyfit` gives, slope and height. The exponent is made of the slope alone.",
        ),
        Misconception(
            "shared_ranks",
            lambda counts: _fit(counts, ranks=_shared_ranks) if len(set(counts)) > 1 else 0.0,
            "Equal counts share a rank in your answer. Every token has a rank of its own: two that occur 6 times have"
            " the ranks 1 and 2.",
        ),
        Misconception(
            "equal_counts_once",
            lambda counts: _fit(set(counts)),
            "Of equal counts you keep one. Each count belongs to a token, and each token is a point.",
        ),
        Misconception(
            "rare_dropped",
            lambda counts: _fit([count for count in counts if count > 1]),
            "Tokens that occur once are left out. Nearly a third of the different words are of that kind: they count.",
        ),
        Misconception(
            "too_few_tokens",
            _zipf_short_raises,
            "No line can be laid through fewer than two points. The answer is 0.0 then: ask before you fit.",
        ),
    ),
    hints=(
        "Sort the counts from large to small: then the ranks are 1, 2, 3 and so on.",
        "`np.polyfit(x, y, 1)` returns slope and height of the line. Both x and y are logarithms.",
        "`slope, _ = np.polyfit(np.log(ranks), np.log(frequencies), 1)`, and return the slope with a minus.",
    ),
    points=2,
    minutes=8,
    difficulty=2,
)


# ------------------------------------------------------------------------------------------------------------ 3 · pairs


def _pairs_cases(rng: np.random.Generator) -> list[Case]:
    made = {tuple(word): int(rng.integers(2, 9)) for word in _made_up(rng, 6)}
    pieces = {tuple(SYLLABLES[i] for i in rng.integers(6, size=n)): int(rng.integers(2, 9)) for n in (3, 5, 4, 7)}
    return [
        Case({"words": {("s", "e", "a"): 3, ("s", "e", "t"): 2}}, "two words that share a pair"),
        Case({"words": {("a", "a", "a"): 1, ("b", "a"): 4}}, "a letter three times"),
        Case({"words": {("o", "n"): 2, ("t", "o"): 5, ("n",): 3}}, "short words"),
        Case({"words": {("th", "e"): 2, ("t", "he"): 3, (" ", "the"): 7}}, "the same letters, cut in several ways"),
        Case({"words": {("n", "a", "n", "a"): 3}}, "a pair twice in one word"),
        Case({"words": {}}, "no words"),
        Case({"words": {("a", "b"): 1}}, "one word, once"),
        Case({"words": {("A", "b"): 2, ("a", "b"): 3}}, "a capital and a small letter"),
        Case({"words": {tuple("letters"): 2, ("o", "o", "n"): 3}}, "two equal letters side by side"),
        Case({"words": {tuple("honorificabilitudinitatibus"): 2}}, "a word of 27 letters"),
        Case({"words": {("ё", "ж"): 2, ("猫",): 5, (" ", "ё", "ж", "и"): 4}}, "other scripts"),
        Case({"words": made}, "six words of characters"),
        Case({"words": pieces}, "four words of longer pieces"),
    ]


def _pairs_with(
    neighbours: Callable[[tuple[str, ...]], Iterable[Any]] = pairwise,
    weight: Callable[[int], int] = lambda n: n,
) -> Callable[[Mapping[tuple[str, ...], int]], Counter[Any]]:
    def answer(words: Mapping[tuple[str, ...], int]) -> Counter[Any]:
        pairs: Counter[Any] = Counter()
        for pieces, count in words.items():
            for pair in neighbours(pieces):
                pairs[pair] += weight(count)
        return pairs

    return answer


def _pairs_across(words: Mapping[tuple[str, ...], int]) -> Counter[Any]:
    line = [piece for pieces, count in words.items() for _ in range(count) for piece in pieces]
    return Counter(pairwise(line))


def _pairs_across_once(words: Mapping[tuple[str, ...], int]) -> Counter[Any]:
    line = [piece for pieces in words for piece in pieces]
    return Counter(pairwise(line))


def _pairs_assigned(words: Mapping[tuple[str, ...], int]) -> dict[Any, int]:
    return {pair: count for pieces, count in words.items() for pair in pairwise(pieces)}


def _pairs_linked(words: Mapping[tuple[str, ...], int]) -> Counter[Any]:
    pairs = _pairs_with()(words)
    filled = [pieces for pieces in words if pieces]
    pairs.update((left[-1], right[0]) for left, right in pairwise(filled))
    return pairs


def _pairs_past_the_end(words: Mapping[tuple[str, ...], int]) -> Counter[Any]:
    if any(words):
        raise IndexError("tuple index out of range")
    return Counter()


def _no_overlap(pieces: tuple[str, ...]) -> list[Pair]:
    found: list[Pair] = []
    i = 0
    while i < len(pieces) - 1:
        pair = pieces[i], pieces[i + 1]
        same = i > 0 and found and found[-1] == pair and pieces[i - 1] == pieces[i]
        if not same:
            found.append(pair)
            i += 1
        else:
            i += 1
            if i < len(pieces) - 1 and (pieces[i], pieces[i + 1]) == pair:
                found.append(pair)
                i += 1
    return found


def _on_by_two(pieces: tuple[str, ...]) -> Iterable[Pair]:
    """Goes on by two places after two equal pieces, as a merge would."""
    i = 0
    while i < len(pieces) - 1:
        yield pieces[i], pieces[i + 1]
        i += 2 if pieces[i] == pieces[i + 1] else 1


PAIRS = Exercise(
    id="tokenization.count_pairs",
    lesson="01",
    title="Count neighbours",
    reference=tokenization.count_pairs,
    cases=_pairs_cases,
    run=_again_after(words={("z", "e"): 50}),
    misconceptions=(
        Misconception(
            "word_counts_ignored",
            _pairs_with(weight=lambda n: 1),
            "Each word counts once in your table, however often it occurs. The number beside a word says how many times"
            " all of its pairs are in the text.",
        ),
        Misconception(
            "across_words",
            _pairs_across,
            "You lay the words end to end, so that the last piece of one and the first of the next make a pair. Words"
            " are separate: finish one before the next begins.",
        ),
        Misconception(
            "across_words_once",
            _pairs_across_once,
            "You lay the words end to end and count each once. Go through them one by one: no pair reaches across, and"
            " each counts as often as its word.",
        ),
        Misconception(
            "across_words_too",
            _pairs_linked,
            "Beside the pairs inside words you count one from the last piece of a word to the first of the next. Words"
            " are separate: what stands before a word is unknown here.",
        ),
        Misconception(
            "past_the_end",
            _pairs_past_the_end,
            "The last piece of a word has no right neighbour, and your loop asks for it. A word of n pieces has n − 1"
            " pairs.",
        ),
        Misconception(
            "list_of_counts",
            lambda words: _pairs_with()(words).most_common(),
            "The counts are right, but you return a list of them. A mapping is asked for: a Counter or a dict.",
        ),
        Misconception(
            "twice_at_least",
            lambda words: Counter({pair: n for pair, n in _pairs_with()(words).items() if n > 1}),
            "Pairs that occur once are missing. Whether they are worth a merge is decided later, by another function.",
        ),
        Misconception(
            "once_per_word",
            _pairs_with(neighbours=lambda p: set(pairwise(p))),
            "A pair that stands twice in a word is counted once. Every neighbourhood counts.",
        ),
        Misconception(
            "no_overlap",
            _pairs_with(neighbours=_no_overlap),
            "In (a, a, a) you find the pair (a, a) once, because two of them overlap. For counting, each place between"
            " two pieces is a neighbourhood: here are two. (Only a merge uses a piece up.)",
        ),
        Misconception(
            "on_by_two",
            _pairs_with(neighbours=_on_by_two),
            "After two equal pieces you go on by two places, so the neighbourhood that begins at the second of them is"
            " lost: (o, o, n) holds (o, o) and (o, n). Counting uses nothing up; only a merge does.",
        ),
        Misconception(
            "capitals_alike",
            _pairs_with(neighbours=lambda p: pairwise([piece.lower() for piece in p])),
            "Capitals have become small letters in your pairs. Take the pieces as they are: (A, b) and (a, b) are two"
            " pairs.",
        ),
        Misconception(
            "order_ignored",
            _pairs_with(neighbours=lambda p: [tuple(sorted(x)) for x in pairwise(p)]),
            "You sort the two pieces of a pair, so (a, n) and (n, a) are counted together. Left and right differ.",
        ),
        Misconception(
            "turned",
            _pairs_with(neighbours=lambda p: zip(p[1:], p)),
            "Your pairs read from right to left: the left neighbour comes first.",
        ),
        Misconception(
            "joined",
            _pairs_with(neighbours=lambda p: [a + b for a, b in pairwise(p)]),
            "Your keys are joined strings. (th, e) and (t, he) become the same, though they are different pairs: keep"
            " a tuple of two.",
        ),
        Misconception(
            "overwritten",
            _pairs_assigned,
            "Whenever a pair occurs again, in the same word or in another, its new count overwrites the old one. Add to"
            " what is there.",
        ),
        Misconception(
            "last_missing",
            _pairs_with(neighbours=lambda p: pairwise(p[:-1])),
            "The last pair of each word is missing. A word of n pieces has n − 1 pairs: how far does your loop go?",
        ),
        Misconception(
            "first_missing",
            _pairs_with(neighbours=lambda p: pairwise(p[1:])),
            "The first pair of each word is missing. Counting begins at place 0.",
        ),
        Misconception(
            "characters",
            _pairs_with(neighbours=lambda p: zip("".join(p), "".join(p)[1:])),
            "You count pairs of characters. As soon as something was merged, a word consists of longer pieces: take"
            " neighbours in the tuple, and do not join it.",
        ),
        Misconception(
            "all_pairs",
            _pairs_with(neighbours=lambda p: combinations(p, 2)),
            "You pair each piece with all that follow. Only direct neighbours make a pair.",
        ),
        Misconception(
            "every_second",
            _pairs_with(neighbours=lambda p: zip(p[::2], p[1::2])),
            "You step by two, so that every second neighbourhood is left out. Each piece but the last has a right"
            " neighbour.",
        ),
    ),
    hints=(
        "Two loops: over the words with their counts, and over the neighbours within one word.",
        "`zip(pieces, pieces[1:])` goes through the neighbours of a tuple.",
        "Inside both loops: `pairs[pair] += count`, with a Counter called pairs.",
    ),
    points=1,
    minutes=6,
    difficulty=1,
)


# ------------------------------------------------------------------------------------------------------------ 4 · merge


def _merge_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, pieces: Any, left: str, right: str) -> Case:
        return Case({"pieces": pieces, "pair": (left, right)}, about)

    letters = tuple("ab"[i] for i in rng.integers(2, size=11))
    some = tuple(SYLLABLES[i] for i in rng.integers(3, size=13))
    return [
        case("once, in the middle", tuple("light"), "g", "h"),
        case("twice", tuple("banana"), "a", "n"),
        case("at the end", tuple("sand"), "n", "d"),
        case("the pair is not there", tuple("sea"), "a", "e"),
        case("three equal pieces", ("a", "a", "a"), "a", "a"),
        case("five equal pieces", ("a",) * 5, "a", "a"),
        case("another piece ends with the left one", ("th", "e", "h", "e"), "h", "e"),
        case("another piece begins with the right one", ("t", "he", "t", "h"), "t", "h"),
        case("the same letters, cut otherwise", ("a", "bc", "ab", "c"), "ab", "c"),
        case("a piece with a space", (" ", "t", "he"), " ", "t"),
        case("one piece", ("a",), "a", "a"),
        case("the pair and nothing else", ("o", "n"), "o", "n"),
        case("three times", tuple("tatata"), "t", "a"),
        case("capitals", ("O", "n", "o", "N", "o", "n"), "o", "n"),
        case("no pieces", (), "together", "ness"),  # long, so that it is not the first case to be shown
        case("a list of pieces", ["о", "н", "о", "н"], "о", "н"),
        case("a list, with pieces left over", ["s", "e", "a", "s"], "s", "e"),
        case("the right one twice", ("b", "b", "a", "b"), "a", "b"),
        case("signs", (".", "*", "a", "b"), "a", "b"),
        case("11 letters", letters, "a", "b"),
        case("13 longer pieces", some, SYLLABLES[0], SYLLABLES[1]),
    ]


def _run_merge(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    output = answer(inputs["pieces"], inputs["pair"])
    if isinstance(output, list):  # the comparison takes lists for tuples, and the next cell of the lesson does not
        raise Told("Your function returns a list. A tuple is asked for: words are keys of a mapping in this lesson.")
    return output


def _merge_loop(pieces: Sequence[str], found: Callable[[int], bool], step: int = 2, most: float = math.inf) -> Any:
    merged: list[str] = []
    i = done = 0
    while i < len(pieces):
        if i + 1 < len(pieces) and done < most and found(i):
            merged.append(pieces[i] + pieces[i + 1])
            done += 1
            i += step
        else:
            merged.append(pieces[i])
            i += 1
    return tuple(merged)


def _is_pair(pieces: Sequence[str], pair: Pair) -> Callable[[int], bool]:
    return lambda i: (pieces[i], pieces[i + 1]) == tuple(pair)


def _merged(pieces: Sequence[str], pair: Pair) -> Any:
    return _merge_loop(pieces, _is_pair(pieces, pair))


def _merge_from_right(pieces: Sequence[str], pair: Pair) -> Any:
    merged: list[str] = []
    i = len(pieces) - 1
    while i >= 0:
        width = 2 if i > 0 and (pieces[i - 1], pieces[i]) == tuple(pair) else 1
        merged.append("".join(pieces[i - width + 1 : i + 1]))
        i -= width
    return tuple(merged[::-1])


def _merge_string(pieces: Sequence[str], pair: Pair) -> Any:
    return tuple(" ".join(pieces).replace(" ".join(pair), "".join(pair)).split(" "))


def _merge_string_split(pieces: Sequence[str], pair: Pair) -> Any:
    return tuple(" ".join(pieces).replace(" ".join(pair), "".join(pair)).split())


def _merge_with(separator: str) -> Callable[[Sequence[str], Pair], Any]:
    def answer(pieces: Sequence[str], pair: Pair) -> Any:
        line = separator.join(pieces).replace(separator.join(pair), "".join(pair))
        return tuple(line.split(separator))

    return answer


def _merge_between(pieces: Sequence[str], pair: Pair) -> Any:
    """Separators on both sides guard the edges; of two occurrences that touch, the second is missed."""
    line = "\0" + "\0".join(pieces) + "\0"
    line = line.replace("\0" + "\0".join(pair) + "\0", "\0" + "".join(pair) + "\0")
    return tuple(line.strip("\0").split("\0"))


def _merge_last_again(pieces: Sequence[str], pair: Pair) -> Any:
    return (*_merge_last_lost(pieces, pair), *pieces[-1:])


def _merge_slice(pieces: Sequence[str], pair: Pair) -> Any:
    """A slice of a list is a list, and never equal to a tuple."""
    return _merged(pieces, pair) if isinstance(pieces, tuple) else tuple(pieces)


def _merge_as_tuple(pieces: Sequence[str], pair: Pair) -> Any:
    merged: list[Any] = []
    i = 0
    while i < len(pieces):
        width = 2 if tuple(pieces[i : i + 2]) == tuple(pair) else 1
        merged.append(tuple(pair) if width == 2 else pieces[i])
        i += width
    return tuple(merged)


def _merge_tuples_only(pieces: Sequence[str], pair: Pair) -> Any:
    merged = _merged(pieces, pair)
    if isinstance(pieces, list) and any(piece != "".join(pair) for piece in merged):
        raise TypeError('can only concatenate tuple (not "list") to tuple')
    return merged


def _merge_last_lost(pieces: Sequence[str], pair: Pair) -> Any:
    merged, i = [], 0
    while i < len(pieces) - 1:
        if (pieces[i], pieces[i + 1]) == tuple(pair):
            merged.append(pieces[i] + pieces[i + 1])
            i += 2
        else:
            merged.append(pieces[i])
            i += 1
    return tuple(merged)


def _merge_then_skip(pieces: Sequence[str], pair: Pair) -> Any:
    merged, i = [], 0
    while i < len(pieces):
        if i + 1 < len(pieces) and (pieces[i], pieces[i + 1]) == tuple(pair):
            merged.append(pieces[i] + pieces[i + 1])
            i += 3
        else:
            merged.append(pieces[i])
            i += 1
    return tuple(merged)


def _merge_grows(pieces: Sequence[str], pair: Pair) -> Any:
    """Looks at the piece that was just made."""
    merged: list[str] = []
    for piece in pieces:
        if merged and piece == pair[1] and merged[-1].endswith(pair[0]):
            merged[-1] += piece
        else:
            merged.append(piece)
    return tuple(merged)


MERGE = Exercise(
    id="tokenization.merge_pair",
    lesson="01",
    title="Merge a pair",
    reference=tokenization.merge_pair,
    cases=_merge_cases,
    run=_run_merge,
    misconceptions=(
        Misconception(
            "string_replace",
            _merge_string,
            'You join the pieces to a string and replace in it. Then "h e" is also found in "th e", where the piece is'
            " th and not h; and a space that belongs to a piece looks like one of yours. Compare whole pieces.",
        ),
        Misconception(
            "string_replace_and_split",
            _merge_string_split,
            'You join the pieces to a string, replace, and split it again. "h e" is also found in "th e", where the'
            " piece is th and not h; and spaces that belong to pieces are lost. Compare whole pieces.",
        ),
        Misconception(
            "string_replace_other",
            _merge_with("|"),
            'You join the pieces with a separator and replace in the string. However rare the separator is, "h|e" is'
            ' also found in "th|e", where the piece is th and not h. Compare whole pieces.',
        ),
        Misconception(
            "guarded_on_both_sides",
            _merge_between,
            "You replace in a string, with a separator on either side of the pair. Two occurrences that follow one"
            " another share a separator, so the second is missed; and no pieces at all become one empty piece.",
        ),
        Misconception(
            "a_list",
            lambda pieces, pair: list(_merged(pieces, pair)),
            "The pieces are right, but you return a list. Words are keys of a mapping in this lesson, and a list"
            " cannot be one.",
        ),
        Misconception(
            "a_list_is_never_a_tuple",
            _merge_slice,
            "With a tuple of pieces your function is right; with a list nothing is merged. A slice of a list is a list,"
            " and never equal to a tuple: make it one before you compare.",
        ),
        Misconception(
            "tuples_only",
            _merge_tuples_only,
            "Your function adds up tuples, and fails when the pieces come as a list. Any sequence may come.",
        ),
        Misconception(
            "pair_as_piece",
            _merge_as_tuple,
            "The merged piece is still a pair. It has to become one string: join its two halves.",
        ),
        Misconception(
            "last_twice",
            _merge_last_again,
            "You always add the last piece at the end, even where it has been merged already, so it stands there"
            " twice.",
        ),
        Misconception(
            "any_of_the_two",
            lambda pieces, pair: _merge_loop(pieces, lambda i: pieces[i] in pair and pieces[i + 1] in pair),
            "You merge wherever both pieces are *among* the two of the pair: b, b too, and b, a. The left one has to be"
            " the left of the pair, the right one its right.",
        ),
        Misconception(
            "by_spelling",
            lambda pieces, pair: _merge_loop(pieces, lambda i: pieces[i] + pieces[i + 1] == "".join(pair)),
            "You compare joined letters: (a, bc) looks like (ab, c) then. They are different pairs. Compare the left"
            " piece with the left, the right with the right.",
        ),
        Misconception(
            "first_only",
            lambda pieces, pair: _merge_loop(pieces, _is_pair(pieces, pair), most=1),
            "Only the first occurrence is merged. Go on to the end of the word.",
        ),
        Misconception(
            "two_pieces_left_alone",
            lambda pieces, pair: _merged(pieces, pair) if len(pieces) > 2 else tuple(pieces),
            "A word of two pieces comes back as it was, even if the two are the pair. It should become one piece then.",
        ),
        Misconception(
            "capitals_alike",
            lambda pieces, pair: _merge_loop(
                pieces, lambda i: (pieces[i].lower(), pieces[i + 1].lower()) == (pair[0].lower(), pair[1].lower())
            ),
            "You compare without regard to capitals: O and o are different pieces here. Compare them as they are.",
        ),
        Misconception(
            "right_half_kept",
            lambda pieces, pair: _merge_loop(pieces, _is_pair(pieces, pair), step=1),
            "The right half of a merged pair is there a second time: after a merge, go on behind both pieces.",
        ),
        Misconception(
            "one_too_far",
            _merge_then_skip,
            "A piece behind each merge is lost: after a merge, go on by two places, not three.",
        ),
        Misconception(
            "from_the_right",
            _merge_from_right,
            "You merge from right to left: (a, a, a) becomes (a, aa). Asked for is left to right: (aa, a).",
        ),
        Misconception(
            "last_lost",
            _merge_last_lost,
            "A word's last piece gets lost if it takes part in no merge. Your loop ends one place early: the last piece"
            " has no right neighbour, but it has to be kept.",
        ),
        Misconception(
            "grows",
            _merge_grows,
            "You compare with what has already been merged: of (a, a, a) becomes one piece, and a piece that only ends"
            " in the left half is taken for it. Look at the pieces as they were given.",
        ),
        Misconception(
            "either_order",
            lambda pieces, pair: _merge_loop(
                pieces, lambda i: (pieces[i], pieces[i + 1]) in (tuple(pair), tuple(pair)[::-1])
            ),
            "You also merge the pair the other way round. (a, n) and (n, a) are two different pairs.",
        ),
        Misconception(
            "left_only",
            lambda pieces, pair: _merge_loop(pieces, lambda i: pieces[i] == pair[0]),
            "You merge wherever the left piece stands, whatever follows it. Both have to match.",
        ),
        Misconception(
            "right_only",
            lambda pieces, pair: _merge_loop(pieces, lambda i: pieces[i + 1] == pair[1]),
            "You merge wherever the right piece follows, whatever stands before it. Both have to match.",
        ),
        Misconception(
            "nothing_merged",
            lambda pieces, pair: tuple(pieces),
            "The pieces come back as they were. Look at how you compare: a slice of a list is never equal to a tuple.",
        ),
        Misconception(
            "one_string",
            lambda pieces, pair: "".join(pieces),
            "You return one string, in which no piece can be told from another. A tuple of pieces is asked for.",
        ),
    ),
    properties=(
        Property(
            "spelling",
            lambda case, output: "".join(output) == "".join(case.inputs["pieces"]),
            "Laid end to end, the pieces must still spell the word.",
        ),
    ),
    hints=(
        "Walk through the pieces with an index. At each place there are two possibilities.",
        "If this piece and the next one are the pair, append both joined and go on by two; else append this piece and"
        " go on by one. Mind the last place.",
        "`while i < len(pieces)`: compare `tuple(pieces[i : i + 2])` with `tuple(pair)`; a slice at the end is just"
        " shorter.",
    ),
    points=2,
    minutes=8,
    difficulty=2,
)


# ------------------------------------------------------------------------------------------------------------ 5 · train


def _train_cases(rng: np.random.Generator) -> list[Case]:
    def some(count: int) -> dict[str, int]:
        return {word: int(rng.integers(1, 7)) for word in _made_up(rng, count)}

    letters = {"".join("ab"[i] for i in rng.integers(2, size=n)): int(rng.integers(1, 4)) for n in (3, 5, 6, 8)}
    ten = some(10)
    alphabets = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя")
    return [
        Case({"words": {"he": 3, "the": 2, "she": 1}, "size": 6}, "three words, room for two merges"),
        Case({"words": {"he": 3, "the": 2, "she": 1}, "size": 30}, "more room than the text can fill"),
        Case({"words": {"he": 3, "the": 2, "she": 1}, "size": 4}, "room for the characters only"),
        Case({"words": {"he": 3, "the": 2}, "size": 1}, "no room for the characters"),
        Case({"words": {"abababcab": 9, "z": 1}, "size": 3}, "one character more than there is room for"),
        Case({"words": {"th": 5, "the": 3, "he": 4}, "size": 7}, "a piece that ends like another pair begins"),
        Case({"words": {"He": 3, "he": 2, "Hem": 2}, "size": 8}, "capitals"),
        Case({"words": {"Aa": 5, "aA": 3}, "size": 3}, "a capital and its small letter, room for one merge"),
        Case({"words": {"ba": 2, "ab": 2, "cab": 1}, "size": 5}, "two pairs equally frequent"),
        Case({"words": {"ab": 2, "aba": 3, "aa": 3}, "size": 4}, "a tie of two pairs, one with a longer left piece"),
        Case({"words": {"ab": 5, "aba": 2, "ac": 2}, "size": 5}, "a tie between pairs of different lengths"),
        Case({"words": {"aaaa": 2}, "size": 9}, "one word of one letter"),
        Case({"words": {"sea": 1}, "size": 9}, "every pair occurs once"),
        Case({"words": {}, "size": 9}, "no words"),
        Case({"words": {" on": 3, "on": 1, ":": 9, " the": 2, "12": 4}, "size": 11}, "spaces, signs, digits"),
        Case({"words": letters, "size": 12}, "words of two letters"),
        Case({"words": dict.fromkeys(alphabets, 2), "size": 200}, "two alphabets, with more than 50 merges"),
        Case({"words": ten, "size": len(set("".join(ten))) + 5}, "ten words"),
        Case({"words": some(20), "size": 28}, "twenty words"),
    ]


def _train(
    words: Mapping[str, int],
    size: int,
    best: Callable[[Counter[Pair]], Pair | None] = lambda pairs: min(pairs, key=lambda p: (-pairs[p], p), default=None),
    least: int = 2,
    more: int = 0,
    weight: Callable[[int], int] = lambda n: n,
    characters: Callable[[Mapping[str, int]], int] = lambda words: len(set("".join(words))),
    counted: Callable[[Mapping[tuple[str, ...], int]], Counter[Pair]] = count_pairs,
    merged: Callable[[Sequence[str], Pair], Any] = merge_pair,
    end: tuple[str, ...] = (),
) -> list[Pair]:
    cut = {(*word, *end): weight(count) for word, count in words.items()}
    merges: list[Pair] = []
    room = size - characters(words) + more
    while len(merges) < room:
        pairs = counted(cut)
        pair = best(pairs)
        if pair is None or pairs[pair] < least:
            break
        merges.append(pair)
        cut = {merged(pieces, pair): count for pieces, count in cut.items()}
    return merges


def _train_all_then_cut(words: Mapping[str, int], size: int) -> list[Pair]:
    return _train(words, 10**6)[: size - len(set("".join(words)))]


def _train_lower(words: Mapping[str, int], size: int) -> list[Pair]:
    lower: Counter[str] = Counter()
    for word, count in words.items():
        lower[word.lower()] += count
    return _train(lower, size)


def _train_in_use(words: Mapping[str, int], size: int) -> list[Pair]:
    cut = {tuple(word): count for word, count in words.items()}
    merges: list[Pair] = []
    while len({piece for pieces in cut for piece in pieces}) < size:
        pairs = count_pairs(cut)
        pair = min(pairs, key=lambda p: (-pairs[p], p), default=None)
        if pair is None or pairs[pair] < 2:
            break
        merges.append(pair)
        cut = {merge_pair(pieces, pair): count for pieces, count in cut.items()}
    return merges


def _train_by_score(words: Mapping[str, int], size: int) -> list[Pair]:
    cut = {tuple(word): count for word, count in words.items()}
    merges: list[Pair] = []
    while len(merges) < size - len(set("".join(words))):
        alone: Counter[str] = Counter()
        for pieces, count in cut.items():
            for piece in pieces:
                alone[piece] += count
        pairs = {pair: count for pair, count in count_pairs(cut).items() if count > 1}
        if not pairs:
            break
        merges.append(min(pairs, key=lambda p: (-pairs[p] / (alone[p[0]] * alone[p[1]]), p)))
        cut = {merge_pair(pieces, merges[-1]): count for pieces, count in cut.items()}
    return merges


def _best_or_raise(pairs: Counter[Pair]) -> Pair:
    if not pairs:
        raise ValueError("min() arg is an empty sequence")
    return min(pairs, key=lambda p: (-pairs[p], p))


def _merge_first(pieces: Sequence[str], pair: Pair) -> Any:
    return _merge_loop(pieces, _is_pair(pieces, pair), most=1)


def _train_not_again(words: Mapping[str, int], size: int) -> list[Pair]:
    pairs = count_pairs({tuple(word): count for word, count in words.items()})
    room = max(size - len(set("".join(words))), 0)
    return [pair for pair in sorted(pairs, key=lambda p: (-pairs[p], p)) if pairs[pair] > 1][:room]


def _train_one_line(words: Mapping[str, int], size: int) -> list[Pair]:
    line = tuple("".join(word * count for word, count in words.items()))
    merges: list[Pair] = []
    room = size - len(set(line))
    while len(merges) < room:
        pairs = Counter(pairwise(line))
        pair = min(pairs, key=lambda p: (-pairs[p], p), default=None)
        if pair is None or pairs[pair] < 2:
            break
        merges.append(pair)
        line = merge_pair(line, pair)
    return merges


def _train_pieces(words: Mapping[str, int], size: int) -> list[str]:
    return sorted(set("".join(words))) + ["".join(pair) for pair in _train(words, size)]


TRAIN = Exercise(
    id="tokenization.train_bpe",
    lesson="01",
    title="Train byte pair encoding",
    reference=tokenization.train_bpe,
    cases=_train_cases,
    run=_as_list,
    forbids=("utils.tokenization.train_bpe_fast",),
    misconceptions=(
        Misconception(
            "characters_not_counted",
            lambda words, size: _train(words, size, characters=lambda words: 0),
            "You make `size` merges. But the characters of the text are pieces too: they fill a part of the vocabulary"
            " before the first merge.",
        ),
        Misconception(
            "characters_with_repeats",
            lambda words, size: _train(words, size, characters=lambda words: len("".join(words))),
            "You stop too early, because each letter counts as often as it stands in the words. A vocabulary holds"
            " every character once.",
        ),
        Misconception(
            "one_more",
            lambda words, size: _train(words, size, more=1),
            "You make one merge too many: characters and merges together may be `size` at most.",
        ),
        Misconception(
            "one_fewer",
            lambda words, size: _train(words, size, more=-1),
            "You make one merge too few: stop when characters and merges together are `size`, not one before.",
        ),
        Misconception(
            "merges_what_occurs_once",
            lambda words, size: _train(words, size, least=1),
            "You also merge pairs that occur once. Then a rare word becomes a piece of its own, which helps with no"
            " other word: stop when the top count is 1.",
        ),
        Misconception(
            "stops_at_two",
            lambda words, size: _train(words, size, least=3),
            "You stop when the best pair occurs twice. The lecture's rule is: stop when the top count is 1.",
        ),
        Misconception(
            "word_counts_ignored",
            lambda words, size: _train(words, size, weight=lambda n: 1),
            "Each word counts once in your training. How often it occurs in the text decides which pairs are frequent.",
        ),
        Misconception(
            "ties_first_seen",
            lambda words, size: _train(
                words, size, best=lambda pairs: max(pairs, key=lambda p: pairs[p], default=None)
            ),
            "Of equally frequent pairs you take the one that was seen first. Asked for is the first in alphabetical"
            " order; then the order of the words does not matter.",
        ),
        Misconception(
            "ties_last_in_alphabet",
            lambda words, size: _train(
                words, size, best=lambda pairs: max(pairs, key=lambda p: (pairs[p], p), default=None)
            ),
            "Of equally frequent pairs you take the last in alphabetical order: the largest count and the largest pair."
            " The counts should fall while the pairs rise.",
        ),
        Misconception(
            "ties_by_spelling",
            lambda words, size: _train(
                words, size, best=lambda pairs: min(pairs, key=lambda p: (-pairs[p], p[0] + p[1]), default=None)
            ),
            "You break ties by the joined piece. Compare the pairs themselves, as Python compares tuples: first the"
            " left pieces, then the right ones. (ab, a) comes after (a, c), though aba comes before ac.",
        ),
        Misconception(
            "ties_longer_first",
            lambda words, size: _train(
                words,
                size,
                best=lambda pairs: max(
                    pairs, key=lambda p: (pairs[p], [-ord(c) for c in p[0]], [-ord(c) for c in p[1]]), default=None
                ),
            ),
            "Of two equally frequent pairs you take the longer left piece first where one begins with the other. In"
            " the alphabet a comes before ab: Python compares the tuples rightly as they are.",
        ),
        Misconception(
            "characters_without_capitals",
            lambda words, size: _train(words, size, characters=lambda words: len(set("".join(words).lower()))),
            "A capital and its small letter share one place of the vocabulary in your reckoning, so you make too many"
            " merges. They are two characters.",
        ),
        Misconception(
            "rarest",
            lambda words, size: _train(
                words, size, best=lambda pairs: min(pairs, key=lambda p: (pairs[p], p), default=None)
            ),
            "You take the rarest pair. The most frequent one is merged.",
        ),
        Misconception(
            "string_replace",
            lambda words, size: _train(words, size, merged=_merge_with("|")),
            "You merge by replacing in a string. The end of a longer piece is then taken for a whole one, and words are"
            " cut into pieces that were never made. Use your `merge_pair`.",
        ),
        Misconception(
            "merges_once_per_word",
            lambda words, size: _train(words, size, merged=_merge_first),
            "In each word you merge the first occurrence of the pair only. It is merged everywhere.",
        ),
        Misconception(
            "counts_once_per_word",
            lambda words, size: _train(words, size, counted=_pairs_with(neighbours=lambda p: set(pairwise(p)))),
            "A pair that stands twice in a word is counted once there. Use your `count_pairs`.",
        ),
        Misconception(
            "end_of_word",
            lambda words, size: _train(words, size, end=("</w>",)),
            "You add a sign for the end of each word, and merge it. Some programs do; here a word brings the space"
            " before it along, and begins as its characters only.",
        ),
        Misconception(
            "no_pair_left_raises",
            lambda words, size: _train(words, size, best=_best_or_raise),
            "When every word is one piece, or there are no words, no pair is left, and the best of none raises an"
            " error. Training ends then.",
        ),
        Misconception(
            "pieces_in_use",
            _train_in_use,
            "You count the pieces that the words are made of *now*. A piece that was merged away keeps its place in the"
            " vocabulary: new words may need it. Count the characters and the merges.",
        ),
        Misconception(
            "by_score",
            _train_by_score,
            "You divide the count of a pair by those of its pieces. That is how WordPiece is said to train; byte pair"
            " encoding takes the most frequent pair.",
        ),
        Misconception(
            "all_then_cut",
            _train_all_then_cut,
            "You make all merges, and cut the list off. If the characters alone are more than `size`, its room is"
            " negative, and a negative end of a slice counts from the back: no merge was wanted.",
        ),
        Misconception(
            "lower_case",
            _train_lower,
            "You train on small letters. Take the words as they are: H and h are two characters.",
        ),
        Misconception(
            "never_cut_again",
            _train_not_again,
            "Your merges are the most frequent pairs of *characters*. After each merge the words have new pieces, and"
            " the pairs must be counted again: that is how longer pieces arise.",
        ),
        Misconception(
            "one_line",
            _train_one_line,
            "You lay all words end to end. Then pairs reach from one word into the next, and pieces grow across words.",
        ),
        Misconception(
            "joined",
            lambda words, size: ["".join(pair) for pair in _train(words, size)],
            "The merges are right, but you return joined pieces. To replay a merge, one has to know its two halves:"
            " return pairs.",
        ),
        Misconception(
            "vocabulary",
            _train_pieces,
            "You return the vocabulary. Asked for are the merges, in the order in which they were made.",
        ),
        Misconception(
            "backwards",
            lambda words, size: _train(words, size)[::-1],
            "The merges are right, their order is turned round. The first one made comes first.",
        ),
    ),
    hints=(
        "Begin with every word as a tuple of its characters. Then repeat: count pairs, choose one, merge it in every"
        " word. You have functions for two of these.",
        "`min` with the key `(-count, pair)` finds the most frequent pair, and among equals the first. How many merges"
        " fit is `size` less the number of different characters.",
        "In the loop: `pairs = count_pairs(cut)`, choose best, break if there is none or its count is below 2,"
        " append it, and build `cut` anew with merge_pair(pieces, best).",
    ),
    points=3,
    minutes=15,
    difficulty=2,
)


# ----------------------------------------------------------------------------------------------------------- 6 · encode


def _encode_cases(rng: np.random.Generator) -> list[Case]:
    text = " ".join(_text(rng, 14))
    learned = train_bpe(Counter(split_words(text)), len(set(text)) + 12)
    other = train_bpe(Counter(split_words(" ".join(_made_up(rng, 25)))), 30)
    low = [("l", "o"), ("lo", "w"), ("e", "r")]
    many = [(left, right) for left in "abcdefghijk" for right in "mnpqrstuvwxy"]
    return [
        Case({"text": "lower", "merges": low}, "one word"),
        Case({"text": "abc", "merges": [("b", "c"), ("a", "b")]}, "two merges want the same letter"),
        Case({"text": "abc", "merges": [("b", "c"), ("a", "b"), ("ab", "c")]}, "the same letters in another way"),
        Case({"text": "abc", "merges": [("b", "c"), ("a", "bc"), ("a", "b")]}, "first on the right, then on the left"),
        Case({"text": "low, (so)", "merges": [*low, ("w", ","), ("low", ","), ("(", "s")]}, "pairs across signs"),
        Case({"text": "abcd", "merges": [("b", "c"), ("bc", "d"), ("a", "b")]}, "a later merge begins further left"),
        Case(
            {"text": "abcd", "merges": [("a", "b"), ("c", "d"), ("b", "c"), ("bc", "d")]},
            "the longest piece is not reached",
        ),
        Case(
            {"text": "abcde", "merges": [("c", "d"), ("cd", "e"), ("a", "b"), ("b", "cde")]},
            "a longer piece was learned later",
        ),
        Case({"text": "low slow", "merges": low}, "two words"),
        Case({"text": "abcd", "merges": [("a", "b"), ("ab", "c"), ("c", "d")]}, "a longer piece was learned earlier"),
        Case({"text": "abcd", "merges": [("b", "c"), ("a", "b"), ("ab", "c")]}, "the start of a word in another way"),
        Case({"text": "low e\u0301", "merges": low}, "an e with an accent behind it"),
        Case({"text": " low  ", "merges": low}, "spaces at both ends"),
        Case({"text": "low\r\nlow\r", "merges": low}, "line ends of several kinds"),
        Case({"text": "lo" * 60, "merges": [*many, ("l", "o")]}, "a word of 120 letters, and 133 merges"),
        Case(
            {"text": "at the end", "merges": [("t", " "), ("t", "h"), ("e", " e"), (" ", "th")]},
            "pairs that cross words",
        ),
        Case({"text": "aaaaa", "merges": [("a", "a"), ("aa", "a")]}, "five equal letters"),
        Case({"text": "Lowëst 猫 low", "merges": low}, "characters that no merge knows"),
        Case({"text": "", "merges": low}, "no text"),
        Case({"text": "so low", "merges": []}, "no merges"),
        Case(
            {"text": "1, 2 …  (!)\n\tlow", "merges": [*low, ("(", "!"), ("!", ")"), (" ", "…")]},
            "signs and white space",
        ),
        Case({"text": " ".join(_text(rng, 6)), "merges": learned}, "six words"),
        Case({"text": " ".join(_made_up(rng, 9)), "merges": other}, "nine words, merges from another text"),
    ]


def _encode_words(
    text: str,
    merges: Sequence[Pair],
    cut: Callable[[str], Sequence[str]] = split_words,
    key: Callable[[Sequence[Pair], Pair], Any] = lambda merges, pair: merges.index(pair),
    most: int = 10_000,
) -> list[list[str]]:
    merges = list(merges)
    found = []
    for word in cut(text):
        pieces: tuple[str, ...] = tuple(word)
        for _ in range(most):
            known = [pair for pair in pairwise(pieces) if pair in merges]
            if not known:
                break
            pieces = merge_pair(pieces, min(known, key=lambda pair: key(merges, pair)))
        found.append(list(pieces))
    return found


def _encode(text: str, merges: Sequence[Pair], **changes: Any) -> list[str]:
    return [piece for pieces in _encode_words(text, merges, **changes) for piece in pieces]


def _encode_greedy(text: str, merges: Sequence[Pair]) -> list[str]:
    vocabulary = {a + b for a, b in merges}
    found = []
    for word in split_words(text):
        start = 0
        while start < len(word):
            end = len(word)
            while end > start + 1 and word[start:end] not in vocabulary:
                end -= 1
            found.append(word[start:end])
            start = end
    return found


def _encode_known_words(text: str, merges: Sequence[Pair]) -> list[str]:
    known = {a + b for a, b in merges}
    return [p for word in split_words(text) for p in ([word] if word in known else _encode_words(word, merges)[0])]


def _encode_replace(text: str, merges: Sequence[Pair]) -> list[str]:
    found = []
    for word in split_words(text):
        line = "\0".join(word)
        for a, b in merges:
            line = line.replace(f"{a}\0{b}", a + b)
        found += line.split("\0")
    return found


def _encode_replace_in_text(text: str, merges: Sequence[Pair]) -> list[str]:
    line = "\0".join(text)
    for a, b in merges:
        line = line.replace(f"{a}\0{b}", a + b)
    return line.split("\0") if text else []


def _encode_first_occurrence(text: str, merges: Sequence[Pair]) -> list[str]:
    found = []
    for word in split_words(text):
        pieces = list(word)
        for a, b in merges:
            for i in range(len(pieces) - 1):
                if (pieces[i], pieces[i + 1]) == (a, b):
                    pieces[i : i + 2] = [a + b]
                    break
        found += pieces
    return found


def _encode_leftmost(text: str, merges: Sequence[Pair]) -> list[str]:
    known, found = set(merges), []
    for word in split_words(text):
        pieces = list(word)
        while places := [i for i, pair in enumerate(pairwise(pieces)) if pair in known]:
            pieces[places[0] : places[0] + 2] = ["".join(pieces[places[0] : places[0] + 2])]
        found += pieces
    return found


def _encode_replay(
    text: str,
    merges: Sequence[Pair],
    cut: Callable[[str], Sequence[str]] = split_words,
    merged: Callable[[Sequence[str], Pair], Any] = merge_pair,
    stops: bool = False,
) -> list[str]:
    found: list[str] = []
    for word in cut(text):
        pieces: Sequence[str] = tuple(word)
        for pair in merges:
            before, pieces = pieces, merged(pieces, pair)
            if stops and pieces == before:
                break
        found += pieces
    return found


def _merge_spelling(pieces: Sequence[str], pair: Pair) -> Any:
    return _merge_loop(pieces, lambda i: pieces[i] + pieces[i + 1] == "".join(pair))


def _encode_unknown(text: str, merges: Sequence[Pair], instead: list[str]) -> list[str]:
    known = set("".join(a + b for a, b in merges))
    pieces = _encode(text, merges)
    return [p for piece in pieces for p in ([piece] if len(piece) > 1 or piece in known else instead)]


ENCODE = Exercise(
    id="tokenization.bpe_encode",
    lesson="01",
    title="Replay the merges",
    reference=tokenization.bpe_encode,
    cases=_encode_cases,
    run=_as_list,
    forbids=("utils.tokenization.Segmenter",),
    misconceptions=(
        Misconception(
            "leftmost_place",
            _encode_leftmost,
            "You merge at the leftmost place where any learned pair stands. The order of learning decides, not the"
            " place: of all known pairs in the word, the one learned first has its turn.",
        ),
        Misconception(
            "longest_match",
            _encode_greedy,
            "You take the longest known piece from the left. That is WordPiece, and it finds other pieces: BPE replays"
            " the merges, and a piece that the merges do not reach is not used.",
        ),
        Misconception(
            "across_words",
            lambda text, merges: _encode(text, merges, cut=lambda text: [text]),
            "Pieces grow from one word into the next. Cut the text with `split_words` first, and work on each word by"
            " itself.",
        ),
        Misconception(
            "from_left_to_right",
            lambda text, merges: _encode(text, merges, key=lambda merges, pair: 0),
            "You merge the first known pair from the left. Of all known pairs in the word, the one that was learned"
            " first has its turn, wherever it stands.",
        ),
        Misconception(
            "last_learned_first",
            lambda text, merges: _encode(text, merges, key=lambda merges, pair: -merges.index(pair)),
            "Of two possible merges you make the one that was learned later. The earlier one comes first: its pair was"
            " the more frequent one.",
        ),
        Misconception(
            "longest_first",
            lambda text, merges: _encode(
                text, merges, key=lambda merges, pair: (-len("".join(pair)), merges.index(pair))
            ),
            "Of the known pairs you merge the one that gives the longest piece. The order in which the merges were"
            " learned decides.",
        ),
        Misconception(
            "shortest_first",
            lambda text, merges: _encode(
                text, merges, key=lambda merges, pair: (len("".join(pair)), merges.index(pair))
            ),
            "Of the known pairs you merge the one that gives the shortest piece. The order in which the merges were"
            " learned decides: a long piece may be learned before a short one.",
        ),
        Misconception(
            "known_words_whole",
            _encode_known_words,
            "A word that is spelled like a learned piece is taken whole. BPE replays the merges, and they may cut this"
            " word otherwise: a piece that they do not reach is not used.",
        ),
        Misconception(
            "composed",
            lambda text, merges: _encode(unicodedata.normalize("NFC", text), merges),
            "You normalise the text: an e with an accent behind it becomes one é. They look alike and are two different"
            " texts; laid end to end, the pieces must be the text that came.",
        ),
        Misconception(
            "line_ends_changed",
            lambda text, merges: _encode(text.replace("\r\n", "\n"), merges),
            "Line ends of two characters, a carriage return and a line feed, have become one. Laid end to end, the"
            " pieces must be the text that came: change nothing in it.",
        ),
        Misconception(
            "spaces_at_the_ends_lost",
            lambda text, merges: _encode(text.strip(" "), merges),
            "Spaces at the ends of the text are gone. They belong to it: laid end to end, the pieces must be the text.",
        ),
        Misconception(
            "one_merge_a_word",
            lambda text, merges: _encode(text, merges, most=1),
            "Each word gets one merge only. Go on as long as two neighbours form a known pair.",
        ),
        Misconception(
            "string_replace",
            _encode_replace,
            "You join the pieces with a separator and replace in the string: the end of a longer piece is then taken"
            " for a whole one. Compare pieces, with `merge_pair`.",
        ),
        Misconception(
            "string_replace_in_text",
            _encode_replace_in_text,
            "You join all characters of the text with a separator and replace in the string. Pieces grow across words,"
            " and the end of a longer piece is taken for a whole one. Cut into words, and use `merge_pair`.",
        ),
        Misconception(
            "first_occurrence",
            _encode_first_occurrence,
            "Each merge is made once in a word, at its first place. It applies everywhere in the word.",
        ),
        Misconception(
            "list_backwards",
            lambda text, merges: _encode_replay(text, list(merges)[::-1]),
            "You go through the merges from the last to the first. They are replayed as they were learned.",
        ),
        Misconception(
            "list_sorted",
            lambda text, merges: _encode_replay(text, sorted(merges)),
            "You sort the merges by the alphabet. Their order is the order of learning: leave it as it is.",
        ),
        Misconception(
            "stops_at_the_first_missing",
            lambda text, merges: _encode_replay(text, merges, stops=True),
            "You stop at the first merge that does not occur in the word. Later ones may still apply: go on.",
        ),
        Misconception(
            "by_spelling",
            lambda text, merges: _encode_replay(text, merges, merged=_merge_spelling),
            "You compare joined letters: (a, bc) passes for (ab, c). They are different pairs: compare left with left,"
            " right with right.",
        ),
        Misconception(
            "own_words",
            lambda text, merges: _encode(text, merges, cut=lambda text: re.findall(r" ?\S+|\s", text)),
            "You cut the text at white space only, so a comma grows together with the word before it. `split_words`"
            " keeps signs apart.",
        ),
        Misconception(
            "split_at_spaces",
            lambda text, merges: _encode(text, merges, cut=lambda text: text.split(" ")),
            "You cut at single spaces, and the spaces are lost; line ends stay inside of words. Use `split_words`.",
        ),
        Misconception(
            "line_ends_lost",
            lambda text, merges: _encode(text, merges, cut=lambda text: [w for w in split_words(text) if w.strip()]),
            "Words that are white space only, such as line ends, are gone. Nothing of the text may be lost.",
        ),
        Misconception(
            "one_string",
            lambda text, merges: " ".join(_encode(text, merges)),
            "You return one string, in which pieces that begin with a space cannot be told from others. Return the"
            " list.",
        ),
        Misconception(
            "spaces_lost",
            lambda text, merges: _encode(text, merges, cut=str.split),
            "The spaces are gone, so nobody can put the text together again. `split_words` leaves them at the words"
            " that they stand before.",
        ),
        Misconception(
            "lists_of_pieces",
            lambda text, merges: _encode_words(text, merges),
            "You return one list for each word. The pieces of all words go into one list.",
        ),
        Misconception(
            "unknown_dropped",
            lambda text, merges: _encode_unknown(text, merges, []),
            "A character that no merge knows is dropped. It stays as a piece of its own: nothing of the text may be"
            " lost.",
        ),
        Misconception(
            "unknown_replaced",
            lambda text, merges: _encode_unknown(text, merges, [UNKNOWN]),
            "A character that no merge knows becomes the unknown token. Here it stays as a piece of its own: nothing of"
            " the text may be lost.",
        ),
        Misconception(
            "last_word_only",
            lambda text, merges: [*([[]] + _encode_words(text, merges))[-1]],
            "Only the last word is in your list. Where is the empty list made, inside the loop or before it?",
        ),
        Misconception(
            "characters_only",
            lambda text, merges: list(text),
            "Nothing is merged: the pieces are the characters. Does your function use what `merge_pair` returns?",
        ),
    ),
    properties=(
        Property(
            "lossless",
            lambda case, output: "".join(output) == case.inputs["text"],
            "Laid end to end, the pieces must be the text again.",
        ),
    ),
    hints=(
        "One word at a time: begin with its characters, and merge for as long as there is something to merge.",
        "A dict from pair to rank, made once, says which pairs are known and which was learned first. Applying the"
        " merges one after the other, each with `merge_pair`, does the same, only slower.",
        "In each step: `known = [pair for pair in zip(cut, cut[1:]) if pair in ranks]`; stop if it is empty, else merge"
        " the one of lowest rank.",
    ),
    points=2,
    minutes=12,
    difficulty=2,
)


# -------------------------------------------------------------------------------------------------------- 7 · WordPiece


def _wordpiece_cases(rng: np.random.Generator) -> list[Case]:
    made = _made_up(rng, 12)
    starts = {word[:n] for word in made[:8] for n in (1, 2, 4)}
    inside = {
        "##" + word[i : i + n] for word in made for i in range(1, len(word)) for n in (1, 2, 3) if i + n <= len(word)
    }
    long = max(made[:8], key=len)

    def case(about: str, word: str, *pieces: str) -> Case:
        return Case({"word": word, "vocabulary": sorted(pieces)}, about)

    light = ("light", "l", "li", "##ning", "##n", "##ing", "##s", "##i", "##g", "night")
    return [
        case("two pieces", "lightning", *light),
        case("a whole word", "light", *light),
        case("three pieces", "lightnings", *light),
        case("nothing fits at some place", "lighter", *light),
        case("nothing fits at the start", "ninglight", *light),
        case("the longest piece leads to a dead end", "abc", "a", "ab", "##bc", "##b"),
        case("a piece that is known in the other form only", "gold", "g", "old", "##o", "##l", "##d", "##gold"),
        case("no letters", "", *light),
        case("one letter", "l", *light),
        case("a shorter piece from the right", "abcde", "ab", "a", "##cd", "##c", "##e", "##de", "##cdef"),
        case("fewer pieces from the right", "abcde", "abc", "##de", "a", "##b", "##cde"),
        case("fewer pieces with a shorter start", "abcde", "abc", "##d", "##e", "ab", "##cde"),
        case("a capital", "Bath", "B", "Ba", "##th", "##ath", "ba", "bath"),
        case("a long whole word", "lightning", "lightning", "l", *(f"##{letter}" for letter in "ightning")),
        case("a long piece inside", "unfathomable", "un", "##fathomable", "##f", "##a", "##thom", "##able"),
        Case({"word": "lights", "vocabulary": ["##s", "light", "l", "##ights", "##i"]}, "the longest one listed first"),
        case("an empty vocabulary", "ab"),
        case("the mark as a piece", "ab", "a", "##", "b"),
        case("120 letters", "ha" * 60, "ha", "##ha", "h", "##a"),
        case("Cyrillic", "ёжики", "ёж", "##и", "##ик", "##ки", "ё", *light),
        Case({"word": "zebra", "vocabulary": list(light), "unknown": "<unk>"}, "another sign for the unknown"),
        Case({"word": long, "vocabulary": sorted(starts | inside)}, "a random word"),
        Case({"word": made[9] + made[10], "vocabulary": starts | inside | set(made)}, "the vocabulary as a set"),
    ]


def _piece_by_piece(
    word: str,
    vocabulary: Collection[str],
    unknown: str = "[UNK]",
    mark: Callable[[int], str] = lambda start: "##" if start else "",
    shown: Callable[[str, str], str] = lambda mark, piece: mark + piece,
    shortest: bool = False,
    dead_end: Callable[[list[str], str], list[str]] = lambda pieces, unknown: [unknown],
    least: int = 1,
) -> list[str]:
    pieces: list[str] = []
    start = 0
    while start < len(word):
        ends = range(start + least, len(word) + 1)
        for end in ends if shortest else reversed(ends):
            if mark(start) + word[start:end] in vocabulary:
                pieces.append(shown(mark(start), word[start:end]))
                start = end
                break
        else:
            return dead_end(pieces, unknown)
    return pieces


def _wordpiece_any_cut(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    def cut(start: int) -> list[str] | None:
        if start == len(word):
            return []
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary and (rest := cut(end)) is not None:
                return [piece, *rest]
        return None

    found = cut(0)
    return [unknown] if found is None else found


def _wordpiece_from_right(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    pieces: list[str] = []
    end = len(word)
    while end > 0:
        starts = [s for s in range(end) if ("##" if s else "") + word[s:end] in vocabulary]
        if not starts:
            return [unknown]
        pieces.append(("##" if starts[0] else "") + word[starts[0] : end])
        end = starts[0]
    return pieces[::-1]


def _wordpiece_fewest(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    best: dict[int, list[str]] = {0: []}
    for end in range(1, len(word) + 1):
        known = [(s, ("##" if s else "") + word[s:end]) for s in range(end) if s in best]
        cuts = [[*best[s], piece] for s, piece in known if piece in vocabulary]
        if cuts:
            best[end] = min(cuts, key=len)
    return best.get(len(word), [unknown])


def _wordpiece_either(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    pieces: list[str] = []
    start = 0
    while start < len(word):
        for end in range(len(word), start, -1):
            part = word[start:end]
            if part in vocabulary or (start and "##" + part in vocabulary):
                pieces.append("##" + part if start else part)
                start = end
                break
        else:
            return [unknown]
    return pieces


def _wordpiece_plain_lookup(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    first, *rest = _piece_by_piece(word, vocabulary, unknown, mark=lambda start: "") or [""]
    return [first, *("##" + piece for piece in rest)] if word else []


def _wordpiece_rest_kept(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    pieces: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        ends = [end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary]
        pieces.append(mark + word[start : ends[0] if ends else len(word)])
        start = ends[0] if ends else len(word)
    return pieces


def _wordpiece_never_to_the_end(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    pieces: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        ends = [end for end in range(len(word) - 1, start, -1) if mark + word[start:end] in vocabulary]
        if not ends:
            return [unknown]
        pieces.append(mark + word[start : ends[0]])
        start = ends[0]
    return pieces


def _wordpiece_first_in_list(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    pieces: list[str] = []
    start = 0
    while start < len(word):
        for piece in vocabulary:
            inside = piece.startswith("##")
            letters = piece[2:] if inside else piece
            if letters and inside == (start > 0) and word.startswith(letters, start):
                pieces.append(piece)
                start += len(letters)
                break
        else:
            return [unknown]
    return pieces


def _wordpiece_goes_on(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    pieces: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        ends = [end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary]
        pieces.append(mark + word[start : ends[0]] if ends else unknown)
        start = ends[0] if ends else start + 1
    return pieces


def _wordpiece_whole(word: str, vocabulary: Collection[str], unknown: str = "[UNK]") -> list[str]:
    if not word:
        return []
    return [word] if word in vocabulary else [unknown]


WORDPIECE = Exercise(
    id="tokenization.wordpiece_encode",
    lesson="01",
    title="WordPiece: the longest match",
    reference=tokenization.wordpiece_encode,
    cases=_wordpiece_cases,
    run=lambda answer, inputs, case: _call_wordpiece(answer, inputs),
    seconds=4.0,
    misconceptions=(
        Misconception(
            "no_marks",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(word, vocabulary, unknown, mark=lambda s: ""),
            "You never write ##, and never look for it. A piece inside a word is another entry of the vocabulary than"
            " the same letters at its start.",
        ),
        Misconception(
            "marks_everywhere",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(word, vocabulary, unknown, mark=lambda s: "##"),
            "You look for ## at the start of the word too. It means: this goes on. The first piece has none.",
        ),
        Misconception(
            "marks_dropped",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(
                word, vocabulary, unknown, shown=lambda mark, piece: piece
            ),
            "You find the right pieces, but return them without ##. The mark belongs to the piece: without it nobody"
            " could tell where the next word begins.",
        ),
        Misconception(
            "shortest",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(word, vocabulary, unknown, shortest=True),
            "You take the shortest piece that fits. Try the long ones first.",
        ),
        Misconception(
            "looks_for_another_cut",
            _wordpiece_any_cut,
            "Where the longest piece leads to a dead end, you go back and try a shorter one. WordPiece does not: it is"
            " greedy, and the word becomes unknown. (It would often be better to go back; unigram pieces do.)",
        ),
        Misconception(
            "pieces_before_unknown",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(
                word, vocabulary, unknown, dead_end=lambda pieces, unknown: [*pieces, unknown]
            ),
            "At a dead end you keep the pieces found so far. The word as a whole becomes unknown: one sign, and nothing"
            " else.",
        ),
        Misconception(
            "pieces_without_unknown",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(
                word, vocabulary, unknown, dead_end=lambda pieces, unknown: pieces
            ),
            "At a dead end you return the pieces found so far, and the rest of the word is lost. The word as a whole"
            " becomes unknown.",
        ),
        Misconception(
            "nothing_for_unknown",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(
                word, vocabulary, unknown, dead_end=lambda pieces, unknown: []
            ),
            "A word that cannot be cut disappears. The sign for the unknown has to stand in its place.",
        ),
        Misconception(
            "skips_a_letter",
            _wordpiece_goes_on,
            "Where nothing fits you put the unknown sign and go on with the next letter. The word as a whole becomes"
            " unknown: one sign, and nothing else.",
        ),
        Misconception(
            "fewest_pieces",
            _wordpiece_fewest,
            "Your cut has the fewest pieces. WordPiece does not compare cuts: it takes the longest piece from the left"
            " and never looks back, even if that needs more pieces, or ends nowhere.",
        ),
        Misconception(
            "either_form",
            _wordpiece_either,
            "Inside the word you also take pieces that the vocabulary has without ##. Those are beginnings of words:"
            " light and ##light are two entries.",
        ),
        Misconception(
            "looked_up_without_marks",
            _wordpiece_plain_lookup,
            "You look pieces up without ## and write the mark afterwards. Inside a word, look for the marked entry.",
        ),
        Misconception(
            "rest_kept",
            _wordpiece_rest_kept,
            "Where nothing fits you return the rest of the word as a piece, though the vocabulary does not have it. The"
            " whole word becomes unknown.",
        ),
        Misconception(
            "never_to_the_end",
            _wordpiece_never_to_the_end,
            "A piece that reaches to the end of the word is never found: the end of a slice stands one behind its last"
            " letter, so the largest end is `len(word)`.",
        ),
        Misconception(
            "first_in_the_list",
            _wordpiece_first_in_list,
            "You take the first piece of the vocabulary that fits. The order of the vocabulary means nothing here: the"
            " longest one that fits is wanted.",
        ),
        Misconception(
            "other_default",
            lambda word, vocabulary, unknown=UNKNOWN: _piece_by_piece(word, vocabulary, unknown),
            "Your function writes <unk> where no other sign is given. The default here is BERT's, [UNK].",
        ),
        Misconception(
            "lower_case",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(word.lower(), vocabulary, unknown),
            "You cut the word in small letters. Take it as it is: Ba and ba are two pieces.",
        ),
        Misconception(
            "hundred_letters",
            lambda word, vocabulary, unknown="[UNK]": (
                [unknown] if len(word) > 100 else _piece_by_piece(word, vocabulary, unknown)
            ),
            "Long words are unknown to your function. BERT's published code has such a limit, 100 letters; here none is"
            " asked for.",
        ),
        Misconception(
            "from_the_right",
            _wordpiece_from_right,
            "You begin at the end of the word. The longest match is taken from the left.",
        ),
        Misconception(
            "unknown_fixed",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(word, vocabulary),
            "You always write [UNK]. The sign comes as an argument, and may be another one.",
        ),
        Misconception(
            "unknown_as_string",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(
                word,
                vocabulary,
                unknown,
                dead_end=lambda pieces, unknown: unknown,  # type: ignore[arg-type,return-value]
            ),
            "For an unknown word you return a string. It is a list here too, with one entry.",
        ),
        Misconception(
            "empty_word_unknown",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(word, vocabulary, unknown) or [unknown],
            "The empty word has nothing unknown in it: no letters, no pieces.",
        ),
        Misconception(
            "whole_words_only",
            _wordpiece_whole,
            "A word that is not in the vocabulary as a whole becomes unknown at once. Try shorter beginnings of it, and"
            " go on behind the one that fits.",
        ),
        Misconception(
            "no_single_letters",
            lambda word, vocabulary, unknown="[UNK]": _piece_by_piece(word, vocabulary, unknown, least=2),
            "A piece of one letter is never found: your range of ends stops one too early.",
        ),
    ),
    hints=(
        "Keep a place where the next piece begins. From there try the whole rest of the word, then one letter less, and"
        " so on.",
        "What you look up is `mark + word[start:end]`, with mark empty at the start of the word and ## later. If no end"
        " fits, the answer is `[unknown]`.",
        "`[end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary]`: the first of these"
        " ends is the longest match; an empty list is a dead end.",
    ),
    points=2,
    minutes=10,
    difficulty=2,
)


def _call_wordpiece(answer: Callable[..., Any], inputs: dict[str, Any]) -> Any:
    word, vocabulary, *_ = inputs.values()
    named = {"unknown": inputs["unknown"]} if "unknown" in inputs else {}
    output = answer(word, vocabulary, **named)
    return list(output) if isinstance(output, tuple) else output


# ---------------------------------------------------------------------------------------------------------- 8 · unigram


def _unigram_cases(rng: np.random.Generator) -> list[Case]:
    def table(letters: str, longest: int, share: float) -> dict[str, float]:
        pieces = list(letters)
        for n in range(2, longest + 1):
            every = {a + b for a in pieces if len(a) == n - 1 for b in letters}
            pieces += [piece for piece in sorted(every) if rng.random() < share]
        return {piece: float(-rng.uniform(1.0, 3.0) - 0.6 * len(piece)) for piece in pieces}

    def text(letters: str, length: int) -> str:
        return "".join(letters[i] for i in rng.integers(len(letters), size=length))

    def case(about: str, text: str, **log_probs: float) -> Case:
        return Case({"text": text, "log_probs": log_probs}, about)

    whole = "pneumonoultramicroscopicsilicovolcanoconiosis"
    rare = {"abc": -5.0, "def": -5.5, "abcd": -2.0, "e": -1.0, "f": -1.1, "a": -2.1, "b": -2.2, "cdef": -3.0}
    spaced = {" the": -3.0, " ": -2.0, "th": -4.0, "t": -5.0, "h": -5.5, "e": -4.5, "ёж": -9.0, "ё": -4.0, "ж": -4.4}
    return [
        case("two ways", "ab", a=-1.0, b=-1.5, ab=-2.0),
        case("two short pieces beat a long one", "ab", a=-1.0, b=-1.5, ab=-3.0),
        case("the longest first piece is not the best", "abc", a=-2.0, b=-2.5, c=-4.0, ab=-1.9, bc=-1.7),
        case("the longest first piece leads nowhere", "abc", a=-2.0, ab=-0.5, bc=-2.5),
        case("more pieces, more probable", "abab", a=-0.4, b=-0.3, ab=-1.2, aba=-2.9, abab=-3.1, bab=-2.2),
        case("one letter", "a", a=-1.0, b=-0.5),
        case("no text", "", a=-1.0),
        case("a letter that no piece has", "abz", a=-1.0, b=-1.5, ab=-2.0),
        case("known letters in an order that cannot be cut", "ba", ab=-1.0),
        case("no text and no pieces", ""),
        case("two sums that are near one another", "ab", a=-0.6, b=-0.6, ab=-1.4),
        case("the fewest pieces are rare", "abcdef", **rare),
        case("no pieces that reach the end", "abc", ab=-1.0, a=-2.0, b=-1.5),
        case("two cuts of two pieces", "abc", a=-3.0, b=-2.5, c=-1.0, ab=-1.2, bc=-3.1),
        case("frequent pieces and a rare one", "abc", a=-1.0, b=-1.1, c=-3.0, abc=-2.0),
        case("a rare whole", "abc", a=-1.0, b=-5.0, c=-5.5, bc=-2.0, abc=-9.0),
        case("a frequent last piece", "abc", a=-1.5, b=-6.0, c=-1.0, ab=-3.0, bc=-2.0),
        case("a piece that is certain", "a", a=0.0, b=-1.0),
        Case({"text": "of the", "log_probs": {"of the": -3.0, "of": -2.0, " the": -2.5}}, "a piece with a space in it"),
        Case({"text": whole, "log_probs": {whole: -9.0, **dict.fromkeys(whole, -4.0)}}, "one piece of 45 letters"),
        Case({"text": " the ёж", "log_probs": spaced}, "spaces and other scripts"),
        Case({"text": text("abc", 9), "log_probs": table("abc", 3, 0.7)}, "nine letters"),
        Case({"text": text("abcd", 14), "log_probs": table("abcd", 4, 0.5)}, "14 letters"),
        Case(
            {"text": "ba" * 45, "log_probs": {"a": -17.0, "b": -17.5, "ab": -19.0, "ba": -18.0, "bab": -37.5}},
            "90 letters, with more cuts than could ever be tried",
        ),
        Case(
            {"text": "ab" * 45, "log_probs": {"a": -25.0, "b": -25.5, "ab": -26.0, "ba": -28.0, "aba": -55.0}},
            "90 letters, and a cut of very low probability",
        ),
    ]


def _run_unigram(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """What came back, and how: ("returned", pieces) or ("raised", whether the ValueError says anything)."""
    try:
        output = answer(inputs["text"], inputs["log_probs"])
    except ValueError as error:
        return "raised", bool(str(error).strip())
    return "returned", list(output) if isinstance(output, tuple) else output


def _judge_unigram(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if output[0] != expected[0]:
        if expected[0] == "raised":
            return Mismatch(f"A ValueError should be raised here; your function returned {compare.show(output[1])}.")
        return Mismatch(f"Expected {compare.show(expected[1])}; your function raised a ValueError.")
    if expected[0] == "raised":
        return None if output[1] == expected[1] else Mismatch("The ValueError that you raise has no text.")
    return compare.compare(expected[1], output[1])


Cut = list[str]


def _chain(
    text: str,
    pieces: Collection[str],
    add: Callable[[float, str], float],
    start: float = 0.0,
    better: Callable[[float, float], bool] = lambda new, old: new > old,
) -> tuple[float, Cut]:
    """Dynamic programming with any way to add a piece to a sum, and any way to compare two sums."""
    best: dict[int, tuple[float, Cut]] = {0: (start, [])}
    for end in range(1, len(text) + 1):
        for s in range(end):
            if s in best and (piece := text[s:end]) in pieces:
                new = add(best[s][0], piece)
                if end not in best or better(new, best[end][0]):
                    best[end] = new, [*best[s][1], piece]
    if len(text) not in best:
        raise ValueError("cannot be cut")
    return best[len(text)]


def _unigram_by(
    add: Callable[[float, str, Mapping[str, float]], float], start: float = 0.0, **how: Any
) -> Callable[[str, Mapping[str, float]], Cut]:
    return lambda text, log_probs: _chain(text, log_probs, lambda b, piece: add(b, piece, log_probs), start, **how)[1]


def _best_cut(text: str, log_probs: Mapping[str, float]) -> Cut:
    return _chain(text, log_probs, lambda b, piece: b + log_probs[piece])[1]


def _fewest_then_best(text: str, log_probs: Mapping[str, float]) -> Cut:
    return _chain(text, log_probs, lambda b, piece: b - 1e6 + log_probs[piece])[1]


def _unigram_mean(text: str, log_probs: Mapping[str, float]) -> Cut:
    """The highest mean of all cuts: for each end and number of pieces the best sum."""
    best: dict[tuple[int, int], tuple[float, Cut]] = {(0, 0): (0.0, [])}
    for end in range(1, len(text) + 1):
        for s in range(end):
            if text[s:end] not in log_probs:
                continue
            for n in range(s + 1):
                if (s, n) in best:
                    new = best[s, n][0] + log_probs[text[s:end]], [*best[s, n][1], text[s:end]]
                    best[end, n + 1] = max(best.get((end, n + 1), new), new)
    found = [(total / max(n, 1), cut) for (end, n), (total, cut) in best.items() if end == len(text)]
    if not found:
        raise ValueError("cannot be cut")
    return max(found)[1]


def _unigram_greedy(
    choose: Callable[[str, Mapping[str, float]], Any],
) -> Callable[[str, Mapping[str, float]], list[str]]:
    def answer(text: str, log_probs: Mapping[str, float]) -> list[str]:
        pieces: list[str] = []
        while text:
            fitting = [text[:end] for end in range(1, len(text) + 1) if text[:end] in log_probs]
            if not fitting:
                raise ValueError("cannot be cut")
            pieces.append(max(fitting, key=lambda piece: choose(piece, log_probs)))
            text = text[len(pieces[-1]) :]
        return pieces

    return answer


def _unigram_otherwise(instead: Callable[[str], Any]) -> Callable[[str, Mapping[str, float]], Any]:
    """Right, but for a text that cannot be cut."""

    def answer(text: str, log_probs: Mapping[str, float]) -> Any:
        try:
            return _best_cut(text, log_probs)
        except ValueError:
            return instead(text)

    return answer


def _unigram_dead_end(text: str, log_probs: Mapping[str, float]) -> Cut:
    if set(text) - set("".join(log_probs)):
        raise ValueError("a character is unknown")
    try:
        return _best_cut(text, log_probs)
    except ValueError:
        return []


def _raise(error: BaseException) -> Any:
    raise error from None


def _unigram_looks_all_up(text: str, log_probs: Mapping[str, float]) -> Cut:
    for end in range(1, len(text) + 1):
        for start in range(end):
            log_probs[text[start:end]]  # raises KeyError for what is no piece
    return _best_cut(text, log_probs)


def _unigram_with_default(price: float) -> Callable[[str, Mapping[str, float]], Cut]:
    """Every stretch of the text passes for a piece."""

    def answer(text: str, log_probs: Mapping[str, float]) -> Cut:
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(text) + 1):
            sums = [best[s][0] + log_probs.get(text[s:end], price) for s in range(end)]
            top = max(sums)
            best.append((top, sums.index(top)))
        return _walked_back(text, [start for _, start in best])

    return answer


def _walked_back(text: str, starts: Sequence[int]) -> Cut:
    cut: Cut = []
    end = len(text)
    while end > 0:
        cut.append(text[starts[end] : end])
        end = starts[end]
    return cut[::-1]


def _unigram_zeros(text: str, log_probs: Mapping[str, float]) -> Cut:
    """The table of best sums begins with zeros, which no sum of logarithms exceeds."""
    return [text] if text else []


def _unigram_last_piece(text: str, log_probs: Mapping[str, float]) -> Cut:
    """Compares the last pieces of two cuts, and not the cuts."""
    return _chain(text, log_probs, lambda b, piece: log_probs[piece], -math.inf)[1]


def _unigram_products(text: str, log_probs: Mapping[str, float]) -> Cut:
    best, starts = [1.0] + [0.0] * len(text), [0] * (len(text) + 1)
    for end in range(1, len(text) + 1):
        for s in range(end):
            if text[s:end] in log_probs and (new := best[s] * math.exp(log_probs[text[s:end]])) > best[end]:
                best[end], starts[end] = new, s
    if text and best[-1] == 0.0:
        raise ValueError("cannot be cut")
    return _walked_back(text, starts)


def _unigram_words_first(text: str, log_probs: Mapping[str, float]) -> Cut:
    return [piece for word in split_words(text) for piece in _best_cut(word, log_probs)]


def _unigram_window(text: str, log_probs: Mapping[str, float]) -> Cut:
    return _best_cut(text, {piece: p for piece, p in log_probs.items() if len(piece) <= 16})


def _unigram_certain_missed(text: str, log_probs: Mapping[str, float]) -> Cut:
    return _best_cut(text, {piece: p for piece, p in log_probs.items() if p})


def _unigram_thousand(text: str, log_probs: Mapping[str, float]) -> Cut:
    total, cut = _chain(text, log_probs, lambda b, piece: b + log_probs[piece])
    if total <= -1000:
        raise ValueError("cannot be cut")
    return cut


def _unigram_empty_raises(text: str, log_probs: Mapping[str, float]) -> Cut:
    if not text:
        raise ValueError("no text")
    return _best_cut(text, log_probs)


def _last_end_missing(text: str, log_probs: Mapping[str, float]) -> Cut:
    if text:
        raise ValueError("cannot be cut")
    return []


UNIGRAM = Exercise(
    id="tokenization.unigram_encode",
    lesson="01",
    title="The most probable cut",
    reference=tokenization.unigram_encode,
    cases=_unigram_cases,
    run=_run_unigram,
    judge=_judge_unigram,
    seconds=4.0,
    misconceptions=(
        Misconception(
            "longest_match",
            _unigram_greedy(lambda piece, log_probs: len(piece)),
            "You take the longest piece from the left and never look back. The whole cut has to be the most probable"
            " one, and a long beginning may leave a bad rest, or one that cannot be cut at all.",
        ),
        Misconception(
            "most_probable_piece",
            _unigram_greedy(lambda piece, log_probs: log_probs[piece]),
            "At each place you take the most probable piece and never look back. What it leaves may be improbable:"
            " compare whole cuts by their sums.",
        ),
        Misconception(
            "last_piece_only",
            _unigram_last_piece,
            "Of two cuts that end at the same place you compare the last pieces only. What stands before them counts"
            " too: the sum is b_s and the logarithm of the last piece.",
        ),
        Misconception(
            "per_letter",
            _unigram_by(lambda b, piece, log_probs: b + log_probs[piece] / len(piece)),
            "You divide a piece's log-probability by its letters. A long piece is one event with one probability: add"
            " the log-probabilities as they are.",
        ),
        Misconception(
            "fewest_pieces",
            _fewest_then_best,
            "Your cut has the fewest pieces. Two frequent pieces can be more probable than one rare piece: add the"
            " log-probabilities.",
        ),
        Misconception(
            "fewest_pieces_first_found",
            _unigram_by(lambda b, piece, log_probs: b - 1),
            "Your cut has the fewest pieces, whatever their probabilities. Two frequent pieces can be more probable"
            " than one rare piece: add the log-probabilities.",
        ),
        Misconception(
            "fewest_pieces_last_found",
            _unigram_by(lambda b, piece, log_probs: b - 1, better=lambda new, old: new >= old),
            "Fewest pieces win with you, and of several such cuts the one found last. Two frequent pieces can be more"
            " probable than one rare piece: add the log-probabilities.",
        ),
        Misconception(
            "least_probable",
            _unigram_by(lambda b, piece, log_probs: b - log_probs[piece]),
            "This is the least probable cut. Log-probabilities are negative: the largest sum is the one nearest to 0.",
        ),
        Misconception(
            "mean",
            _unigram_mean,
            "You compare the mean log-probability of a piece. A product has no mean: each further piece makes a cut"
            " less probable. Compare the sums.",
        ),
        Misconception(
            "probabilities_added",
            _unigram_by(lambda b, piece, log_probs: b + math.exp(log_probs[piece])),
            "You add probabilities. The pieces are independent, so their probabilities are multiplied: add the"
            " logarithms as they are.",
        ),
        Misconception(
            "logs_multiplied",
            _unigram_by(lambda b, piece, log_probs: b * log_probs[piece], 1.0),
            "You multiply logarithms. Probabilities are multiplied, and their logarithms added.",
        ),
        Misconception(
            "best_worst_piece",
            _unigram_by(lambda b, piece, log_probs: min(b, log_probs[piece])),
            "You look at the least probable piece of each cut only. All pieces count: add their log-probabilities.",
        ),
        Misconception(
            "backwards",
            lambda text, log_probs: _best_cut(text, log_probs)[::-1],
            "The pieces are right, their order is turned round: walking back from the end finds the last piece first.",
        ),
        Misconception(
            "score",
            lambda text, log_probs: sum(log_probs[p] for p in _best_cut(text, log_probs)),
            "You return the log-probability of the best cut. Its pieces are asked for: remember, for each end, where"
            " the last piece started.",
        ),
        Misconception(
            "joined_score",
            lambda text, log_probs: (
                _best_cut(text, log_probs),
                sum(log_probs[p] for p in _best_cut(text, log_probs)),
            ),
            "You return the pieces and their score. Only the pieces are asked for.",
        ),
        Misconception(
            "letters",
            lambda text, log_probs: list(text),
            "Your cut is always into single letters. Longer pieces are in the table too, and often more probable.",
        ),
        Misconception(
            "nothing_for_unknown",
            _unigram_otherwise(lambda text: []),
            "A text that cannot be cut gives an empty list, and is lost without a word. Raise a ValueError instead.",
        ),
        Misconception(
            "only_letters_asked",
            _unigram_dead_end,
            "A letter that is in no piece raises your error. But known letters may stand in an order that no pieces"
            " give, and such a text comes back as an empty list. Ask at the end whether the last place was reached.",
        ),
        Misconception(
            "none_for_unknown",
            _unigram_otherwise(lambda text: None),
            "A text that cannot be cut gives None. Raise a ValueError, with a sentence that says what is wrong.",
        ),
        Misconception(
            "unknown_for_unknown",
            _unigram_otherwise(lambda text: [UNKNOWN]),
            "A text that cannot be cut becomes the unknown token here. Raise a ValueError instead, with a sentence.",
        ),
        Misconception(
            "error_returned",
            _unigram_otherwise(lambda text: "ValueError"),
            "You return the name of the error as a text. An error has to be raised: the statement is `raise`.",
        ),
        Misconception(
            "pieces_looked_up_unasked",
            _unigram_looks_all_up,
            "You look up every stretch of the text, and most of them are no pieces. Ask first whether the table has"
            " it.",
        ),
        Misconception(
            "missing_pieces_are_free",
            _unigram_with_default(0.0),
            "A stretch of the text that is no piece costs you nothing, so the cheapest cut is one of no pieces at all:"
            " 0 is the logarithm of probability 1. What is not in the table may not be used.",
        ),
        Misconception(
            "missing_pieces_have_a_price",
            _unigram_with_default(-100.0),
            "A stretch of the text that is no piece has a price with you, so a text that cannot be cut comes back all"
            " the same. Leave out what the table does not have; if nothing is left, raise a ValueError.",
        ),
        Misconception(
            "sums_begin_at_zero",
            _unigram_zeros,
            "The text comes back uncut. If the best sums begin at 0, no sum of negative numbers is ever better: an end"
            " that was not reached yet has −∞.",
        ),
        Misconception(
            "probabilities_multiplied",
            _unigram_products,
            "You multiply probabilities. That is right in theory, and with 90 letters the product is smaller than the"
            " smallest float: it becomes 0. Add logarithms.",
        ),
        Misconception(
            "a_thousand_for_infinity",
            _unigram_thousand,
            "A long text is called impossible as soon as its sum falls below −1,000. An end that cannot be reached"
            " needs −∞, which no sum of finite numbers can reach.",
        ),
        Misconception(
            "words_first",
            _unigram_words_first,
            "You cut the text into words first. A piece may hold a space in its middle here: take the text as it is.",
        ),
        Misconception(
            "short_pieces_only",
            _unigram_window,
            "A long piece, one of 45 letters, is never found. The table may hold pieces of any length.",
        ),
        Misconception(
            "certain_piece_missed",
            _unigram_certain_missed,
            "A piece with ln P = 0 is in the table, and `if log_probs.get(piece)` takes its 0 for nothing. Ask with"
            " `in`.",
        ),
        Misconception(
            "empty_text_raises",
            _unigram_empty_raises,
            "The empty text raises an error. It can be cut: into no pieces.",
        ),
        Misconception(
            "last_end_missing",
            _last_end_missing,
            "No text can be cut: the place behind the last letter, `len(text)`, is an end as well. How far does your"
            " loop go?",
        ),
        Misconception(
            "letters_for_unknown",
            _unigram_otherwise(list),
            "A text that cannot be cut comes back in letters that the table does not know. Raise a ValueError instead.",
        ),
        Misconception(
            "another_error",
            _unigram_otherwise(lambda text: _raise(KeyError(text))),
            "A text that cannot be cut ends in a KeyError. The contract says ValueError, with a sentence: ask whether a"
            " piece is known before you look it up.",
        ),
        Misconception(
            "error_without_words",
            _unigram_otherwise(lambda text: _raise(ValueError())),
            "Your ValueError says nothing. Give it a sentence: which text could not be cut?",
        ),
    ),
    properties=(
        Property(
            "spelling",
            lambda case, output: output[0] == "raised" or "".join(output[1]) == case.inputs["text"],
            "Laid end to end, the pieces must be the text again.",
        ),
    ),
    hints=(
        "Solve it for the first letter, then for the first two, and so on. The best cut of the first `end` letters ends"
        " with some piece text[start:end], and what stands before it is already solved.",
        "Keep a list: for each end the best sum and the start of the last piece. For end 0 the sum is 0. An end that"
        " cannot be reached has the sum −∞.",
        "Of all starts with text[start:end] in log_probs take the largest `best[start][0] +"
        " log_probs[text[start:end]]`. Then walk back from the end, from start to start, and turn the pieces round.",
    ),
    points=3,
    minutes=18,
    difficulty=3,
)


# -------------------------------------------------------------------------------------------------------- 9 · the class


_PROBES = (
    "",
    " ",
    "\n a \t",
    "the day",
    "Ёж, 猫!",
    "e\u0301 \u202bשלום\u202c",
    "a\n\t  b",
    "👩‍🚀▁<0x41>",
    "\0\ufeff\ufffd",
    "\ufeffa",
    "a\r\nb\r",
)
_BROKEN = [0xD0, 0x91, 0x20, 0xD0, 0x74, 0xFF]
_TWO_BROKEN = [0xD0, 0xD0, 0x74]
_HALF = "\ud83d"  # the first half of a surrogate pair


def _has_half(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _class_case(about: str, text: str, size: int, *probes: str) -> Case:
    right = tokenization.BPETokenizer(text, size)
    numbers = [right.encode(probe) for probe in probes if not _has_half(probe)] + [_BROKEN, _TWO_BROKEN]
    return Case({"text": text, "size": size, "to_encode": list(probes), "to_decode": numbers}, about)


def _class_cases(rng: np.random.Generator) -> list[Case]:
    text, made = " ".join(_text(rng, 20)), " ".join(_made_up(rng, 15))
    return [
        _class_case("a short text", "the light, the night", 272, "the", "a Ж", "light: 猫"),
        _class_case("trained on nothing", "", 256, *_PROBES),
        _class_case("another script", "ёж и ёж", 300, "ёж", "the еж", *_PROBES),
        _class_case("a text that looks like bytes", "<0x41> <0x41>", 300, "<0x41>", "A<0x4"),
        _class_case("the order of the merges decides", "bc\nbc\nbc\nab\nab", 300, "abc", "ab\ncab"),
        _class_case("room for two merges", "the light, the night", 267, "the light", "night, the"),
        _class_case("one letter, no room", "a", 256, "aa", "ab"),
        _class_case("unknown letters with small code points", "a", 257, "é", "\u00a0a", "ÿ", "a\u0080"),
        _class_case("half of a surrogate pair", "day after day " * 12, 275, "a" + _HALF),
        _class_case("20 words", text, 290, text, made, *_PROBES),
        _class_case("15 made-up words", made, 280, made + "…", text),
    ]


def _run_class(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    tokenizer = answer(inputs["text"], inputs["size"])
    numbers = [_encoded(tokenizer, probe) for probe in inputs["to_encode"]]
    numbers = [list(n) if isinstance(n, (tuple, bytes)) else n for n in numbers]
    return {
        "encoded": numbers,
        # Texts come from the right numbers, so that a mistake in `encode` is not told twice.
        "decoded": [tokenizer.decode(n) for n in inputs["to_decode"]],
        "merges": getattr(tokenizer, "merges", None),
        "pieces": getattr(tokenizer, "pieces", None),
    }


def _encoded(tokenizer: Any, probe: str) -> Any:
    """What `encode` returns; the error that the contract promises for half of a surrogate pair, as a text."""
    try:
        return tokenizer.encode(probe)
    except UnicodeEncodeError:
        if not _has_half(probe):
            raise
        return "UnicodeEncodeError"


def _judge_class(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """Says which text was encoded, or which numbers were decoded: they are the learner's to try."""
    for method, done, given in (("encode", "encoded", "to_encode"), ("decode", "decoded", "to_decode")):
        for one, right, own in zip(case.inputs[given], expected[done], output[done]):
            found = compare.compare(right, own)
            if found and right == "UnicodeEncodeError" and method == "encode":
                return Mismatch(
                    f"`encode({compare.show(one, 60)})` should raise a UnicodeEncodeError: half of a surrogate pair has"
                    f" no UTF-8 form. Your method returned {compare.show(own)}."
                )
            if found:
                return Mismatch(f"`{method}({compare.show(one, 60)})`: {found.text}", found.where)
    for name in ("merges", "pieces"):
        found = compare.compare(expected[name], output[name])
        if found:
            return Mismatch(f"The attribute `{name}` is not what the given code made: {found.text}", found.where)
    return None


class _WrongTokenizer:
    """The right class, with one thing to change in each of its descendants."""

    def __init__(self, text: str, size: int) -> None:
        self.merges = train_bpe_fast(Counter(split_words(text)), size - 256)
        self.pieces = [f"<0x{byte:02X}>" for byte in range(256)]
        self.pieces += sorted(set(text)) + [left + right for left, right in self.merges]
        self.own = {piece: n for n, piece in enumerate(self.pieces) if n >= 256}

    def unknown(self, piece: str) -> list[int]:
        return list(piece.encode("utf-8"))

    def number(self, piece: str) -> int:
        return self.own[piece]

    def cut(self, text: str) -> list[str]:
        return tokenization.bpe_encode(text, self.merges)

    def encode(self, text: str) -> list[int]:
        numbers: list[int] = []
        for piece in self.cut(text):
            numbers += [self.number(piece)] if piece in self.own else self.unknown(piece)
        return numbers

    def decode(self, numbers: Sequence[int]) -> str:
        raw = b"".join(bytes([n]) if n < 256 else self.pieces[n].encode("utf-8") for n in numbers)
        return raw.decode("utf-8", errors="replace")


class _Dropped(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return []


class _Zero(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return [0]


class _NoOffset(_WrongTokenizer):
    def number(self, piece: str) -> int:
        return self.own[piece] - 256


class _CodePoint(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return [ord(piece)]


class _SmallCodePoint(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return [ord(piece)] if ord(piece) < 256 else list(piece.encode("utf-8"))


class _LineEnds(_WrongTokenizer):
    def encode(self, text: str) -> list[int]:
        return super().encode(text.replace("\r\n", "\n"))


class _HalfPassed(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return list(piece.encode("utf-8", "surrogatepass"))


class _HalfReplaced(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return list(piece.encode("utf-8", "replace"))


class _HalfIgnored(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return list(piece.encode("utf-8", "ignore"))


class _DecodeMark(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return super().decode(numbers).removeprefix("\ufeff")


class _Utf16(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return list(piece.encode("utf-16-le"))


class _BytesTurned(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return list(piece.encode("utf-8"))[::-1]


class _FirstByte(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return list(piece.encode("utf-8"))[:1]


class _BytesNested(_WrongTokenizer):
    def encode(self, text: str) -> Any:
        return [self.own[p] if p in self.own else list(p.encode("utf-8")) for p in self.cut(text)]


class _AllBytes(_WrongTokenizer):
    def encode(self, text: str) -> list[int]:
        return list(text.encode("utf-8"))


class _CharactersOnly(_WrongTokenizer):
    def cut(self, text: str) -> list[str]:
        return list(text)


class _PiecesReturned(_WrongTokenizer):
    def encode(self, text: str) -> Any:
        return [self.pieces[n] for n in super().encode(text)]


class _DecodeEach(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return "".join(bytes([n]).decode("utf-8", errors="replace") if n < 256 else self.pieces[n] for n in numbers)


class _DecodeChr(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return "".join(chr(n) if n < 256 else self.pieces[n] for n in numbers)


class _DecodeNames(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return "".join(self.pieces[n] for n in numbers)


class _DecodeStrict(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return b"".join(bytes([n]) if n < 256 else self.pieces[n].encode() for n in numbers).decode("utf-8")


class _DecodeIgnores(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        raw = b"".join(bytes([n]) if n < 256 else self.pieces[n].encode() for n in numbers)
        return raw.decode("utf-8", errors="ignore")


class _DecodeSpaces(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return b" ".join(bytes([n]) if n < 256 else self.pieces[n].encode() for n in numbers).decode("utf-8", "replace")


class _DecodeSkips(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return "".join(self.pieces[n] for n in numbers if n >= 256)


class _DecodeStrips(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return super().decode(numbers).strip()


class _DecodeStripsLeft(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return super().decode(numbers).lstrip()


class _DecodeLastLost(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        kept = list(numbers)
        while kept and kept[-1] < 256:
            kept.pop()
        return super().decode(kept)


class _DecodeLatin(_WrongTokenizer):
    def decode(self, numbers: Sequence[int]) -> str:
        return b"".join(bytes([n]) if n < 256 else self.pieces[n].encode() for n in numbers).decode("latin-1")


class _EncodeLatin(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        return list(piece.encode("latin-1", errors="replace"))


class _NoFallback(_WrongTokenizer):
    def unknown(self, piece: str) -> list[int]:
        raise KeyError(piece)


class _WholeWord(_WrongTokenizer):
    def encode(self, text: str) -> list[int]:
        numbers: list[int] = []
        for word in split_words(text):
            cut = self.cut(word)
            numbers += [self.own[p] for p in cut] if all(p in self.own for p in cut) else list(word.encode("utf-8"))
        return numbers


class _WholeText(_WrongTokenizer):
    def encode(self, text: str) -> list[int]:
        cut = self.cut(text)
        return [self.own[p] for p in cut] if all(p in self.own for p in cut) else list(text.encode("utf-8"))


class _OneTooHigh(_WrongTokenizer):
    def number(self, piece: str) -> int:
        return self.own[piece] + 1


class _LongestMatch(_WrongTokenizer):
    def cut(self, text: str) -> list[str]:
        found = []
        for word in split_words(text):
            start = 0
            while start < len(word):
                end = len(word)
                while end > start + 1 and word[start:end] not in self.own:
                    end -= 1
                found.append(word[start:end])
                start = end
        return found


class _LowerCase(_WrongTokenizer):
    def encode(self, text: str) -> list[int]:
        return super().encode(text.lower())


class _Composed(_WrongTokenizer):
    def encode(self, text: str) -> list[int]:
        return super().encode(unicodedata.normalize("NFC", text))


TOKENIZER = Exercise(
    id="tokenization.byte_fallback",
    lesson="01",
    title="A tokenizer that any text survives",
    reference=tokenization.BPETokenizer,
    cases=_class_cases,
    run=_run_class,
    judge=_judge_class,
    misconceptions=(
        Misconception(
            "no_fallback",
            _NoFallback,
            "A piece without a number ends in a KeyError. That is the case this class is made for: write its bytes.",
        ),
        Misconception(
            "ends_stripped",
            _DecodeStrips,
            "White space at the ends of a text is gone after `decode`. It belongs to the text: give back all of it.",
        ),
        Misconception(
            "start_stripped",
            _DecodeStripsLeft,
            "White space at the start of a text is gone after `decode`. It belongs to the text: give back all of it.",
        ),
        Misconception(
            "last_bytes_lost",
            _DecodeLastLost,
            "Bytes at the end of the list are lost: you decode what was collected when the next piece comes, and after"
            " the last one none comes.",
        ),
        Misconception(
            "latin_1_decoded",
            _DecodeLatin,
            "You decode as Latin-1, where each byte is a character. A Cyrillic letter has two bytes: decode as UTF-8.",
        ),
        Misconception(
            "latin_1_encoded",
            _EncodeLatin,
            "You encode as Latin-1, which knows 256 characters; the others become question marks. UTF-8 knows all.",
        ),
        Misconception(
            "whole_word_in_bytes",
            _WholeWord,
            "One unknown piece, and you write the whole word in bytes. Its other pieces have numbers: use them.",
        ),
        Misconception(
            "whole_text_in_bytes",
            _WholeText,
            "One unknown piece, and you write the whole text in bytes. The other pieces have numbers: use them.",
        ),
        Misconception(
            "one_too_high",
            _OneTooHigh,
            "The numbers of your pieces are one too high. Bytes take 0 to 255, so the first character is 256.",
        ),
        Misconception(
            "longest_match",
            _LongestMatch,
            "You cut by longest match. That is WordPiece's way; cut with `bpe_encode`.",
        ),
        Misconception(
            "lower_case",
            _LowerCase,
            "Capitals come back as small letters. Encode the text as it is.",
        ),
        Misconception(
            "composed",
            _Composed,
            "You normalise the text: an e with an accent behind it comes back as one é. They look alike and are two"
            " different texts: give back what came.",
        ),
        Misconception(
            "unknown_dropped",
            _Dropped,
            "What has no number disappears: the text that comes back is shorter than the one that went in. Write its"
            " bytes instead.",
        ),
        Misconception(
            "unknown_is_zero",
            _Zero,
            "Everything unknown becomes the number 0, so that a hedgehog and a cat cannot be told apart any more. Here"
            " 0 is the byte 0: write the bytes of what you do not know.",
        ),
        Misconception(
            "no_offset",
            _NoOffset,
            "Your numbers for pieces begin at 0, where the bytes are. The first 256 numbers are taken: a piece's number"
            " is its place in `self.pieces`.",
        ),
        Misconception(
            "code_point",
            _CodePoint,
            "For an unknown character you write its code point, which may be far above 255 and is then the number of"
            " another piece, or of none. Its UTF-8 bytes are one to four numbers from 0 to 255.",
        ),
        Misconception(
            "small_code_point",
            _SmallCodePoint,
            "For an unknown character whose code point is below 256, such as é, you write the code point as a byte. In"
            " UTF-8 only the first 128 characters are one byte: é has two, and a byte 233 alone is no good UTF-8.",
        ),
        Misconception(
            "line_ends_changed",
            _LineEnds,
            "Line ends of two characters, a carriage return and a line feed, have become one. Any text should survive:"
            " give back what came.",
        ),
        Misconception(
            "half_pair_passed",
            _HalfPassed,
            "You let half of a surrogate pair pass as three bytes, which are no good UTF-8 and cannot be decoded again."
            " `encode` should raise a UnicodeEncodeError then, as Python does where nothing else is asked of it.",
        ),
        Misconception(
            "half_pair_replaced",
            _HalfReplaced,
            "Half of a surrogate pair becomes a question mark without a word. `encode` should raise a"
            " UnicodeEncodeError then, as Python does where nothing else is asked of it.",
        ),
        Misconception(
            "half_pair_dropped",
            _HalfIgnored,
            "Half of a surrogate pair disappears without a word. `encode` should raise a UnicodeEncodeError then, as"
            " Python does where nothing else is asked of it.",
        ),
        Misconception(
            "byte_order_mark_lost",
            _DecodeMark,
            "A U+FEFF at the start of a text is gone after `decode`. The encoding utf-8-sig drops it; it belongs to the"
            " text: decode as UTF-8.",
        ),
        Misconception(
            "utf_16",
            _Utf16,
            "Your bytes are those of another encoding: two for an ordinary letter. UTF-8 is asked for.",
        ),
        Misconception(
            "bytes_turned",
            _BytesTurned,
            "The bytes of a character stand in reverse order. Take them as `encode` gives them.",
        ),
        Misconception(
            "first_byte",
            _FirstByte,
            "Of each unknown character only the first byte is there. Characters beyond ASCII have two to four: add all"
            " of them to the list.",
        ),
        Misconception(
            "nested",
            _BytesNested,
            "The bytes of a character stand in a list of their own inside the list. Numbers only: `+=` adds the"
            " elements one by one, `append` does not.",
        ),
        Misconception(
            "all_bytes",
            _AllBytes,
            "You write everything in bytes, and use no piece that was learned. Bytes are for what has no number.",
        ),
        Misconception(
            "characters_only",
            _CharactersOnly,
            "You look up single characters, and use no merge. Cut the text with `bpe_encode` first.",
        ),
        Misconception(
            "pieces_returned",
            _PiecesReturned,
            "`encode` returns pieces. A model needs numbers: the places of the pieces in `self.pieces`.",
        ),
        Misconception(
            "each_byte_decoded",
            _DecodeEach,
            "You decode every byte by itself. A character beyond ASCII has several, and none of them means anything"
            " alone: join the bytes first, then decode once.",
        ),
        Misconception(
            "bytes_as_characters",
            _DecodeChr,
            "`chr(208)` is Ð, the character with the number 208. The byte 208 is something else: the first half of a"
            " Cyrillic letter. Collect bytes, and decode them as UTF-8.",
        ),
        Misconception(
            "names_of_bytes",
            _DecodeNames,
            "Your text has things like <0xD0> in it. That is the name of a byte; the byte itself is `bytes([n])`.",
        ),
        Misconception(
            "broken_bytes_raise",
            _DecodeStrict,
            "Bytes that are no good UTF-8 end in a UnicodeDecodeError. A model that writes may stop in the middle of a"
            ' character: let `decode` replace such bytes, with errors="replace".',
        ),
        Misconception(
            "broken_bytes_ignored",
            _DecodeIgnores,
            "Bytes that are no good UTF-8 disappear. They should leave a trace, the replacement character U+FFFD.",
        ),
        Misconception(
            "spaces_between",
            _DecodeSpaces,
            "There are spaces between the pieces. The pieces bring their own: lay them end to end.",
        ),
        Misconception(
            "bytes_skipped",
            _DecodeSkips,
            "`decode` leaves the bytes out, and with them everything that was unknown.",
        ),
    ),
    hints=(
        "In `__init__`: a dict from each piece to its number, but only for those from 256 on. (A text may contain"
        ' "<0x41>" literally; that is no byte.)',
        '`encode`: for each piece of bpe_encode, either its number or all of its bytes; `piece.encode("utf-8")` gives'
        " numbers from 0 to 255. `decode`: turn everything into bytes, join, and decode once.",
        '`raw = b"".join(bytes([n]) if n < 256 else self.pieces[n].encode("utf-8") for n in numbers)`, then'
        ' `raw.decode("utf-8", errors="replace")`.',
    ),
    points=4,
    minutes=18,
    difficulty=3,
)


# ------------------------------------------------------------------------------------------------------- 10 · fertility


class Tokenizer:
    """A tokenizer that cuts after every n characters."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __repr__(self) -> str:
        return f"a tokenizer that cuts after every {self.n} characters" if self.n > 1 else "each character is a token"

    def __call__(self, text: str) -> list[str]:
        return [text[i : i + self.n] for i in range(0, len(text), self.n)]


class WordTokenizer:
    """`split_words`, with a name that a learner can read."""

    def __repr__(self) -> str:
        return "split_words"

    def __call__(self, text: str) -> list[str]:
        return split_words(text)


class CapitalTokenizer:
    """A tokenizer that cuts before every capital."""

    def __repr__(self) -> str:
        return "a tokenizer that cuts before every capital"

    def __call__(self, text: str) -> list[str]:
        return [piece for piece in re.split(r"(?=[A-Z])", text) if piece]


def _fertility_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"encode": Tokenizer(1), "text": "no sea"}, "characters as tokens"),
        Case({"encode": Tokenizer(3), "text": "the light, the night"}, "three characters a token"),
        Case({"encode": Tokenizer(2), "text": "  two \n\n lines\tof  it "}, "all kinds of white space"),
        Case({"encode": WordTokenizer(), "text": "day after day after day"}, "words as tokens, some of them twice"),
        Case({"encode": CapitalTokenizer(), "text": "Light and Night and NoDay"}, "a tokenizer that sees capitals"),
        Case({"encode": Tokenizer(2), "text": "don't stop now – don't"}, "signs inside a word, and a dash for a word"),
        Case({"encode": Tokenizer(3), "text": "two\u00a0words, one\u2003more"}, "other white space"),
        Case({"encode": Tokenizer(4), "text": ""}, "no text"),
        Case({"encode": Tokenizer(1), "text": " \n "}, "white space only"),
        Case({"encode": Tokenizer(2), "text": "ёж"}, "one word"),
        Case({"encode": Tokenizer(3), "text": " ".join(_text(rng, 11))}, "11 words"),
        Case({"encode": Tokenizer(2), "text": "\n".join(_made_up(rng, 7))}, "seven lines of one word"),
    ]


def _over(text: str, upper: float, lower: float) -> float:
    return upper / lower if lower else 0.0


FERTILITY = Exercise(
    id="tokenization.fertility",
    lesson="01",
    title="Tokens per word",
    reference=tokenization.fertility,
    cases=_fertility_cases,
    misconceptions=(
        Misconception(
            "upside_down",
            lambda encode, text: _over(text, len(text.split()), len(encode(text))),
            "This is words per token. Fertility is tokens per word: what a word costs.",
        ),
        Misconception(
            "per_character",
            lambda encode, text: _over(text, len(encode(text)), len(text)),
            "You divide by the characters. A word is the unit here.",
        ),
        Misconception(
            "per_character_but_nothing",
            lambda encode, text: _over(text, len(encode(text)) if text.split() else 0, len(text)),
            "You divide by the number of characters, though you ask for words first. A word is the unit here.",
        ),
        Misconception(
            "letters_only",
            lambda encode, text: _over(text, len(encode(text)), len(re.findall(r"\w+", text))),
            "You count runs of letters: don't is two of them, and a dash by itself none. A word is what stands between"
            " white space.",
        ),
        Misconception(
            "some_white_space_only",
            lambda encode, text: _over(text, len(encode(text)), len([w for w in re.split(r"[ \t\n\r]+", text) if w])),
            "Some white space does not part words in your answer, such as the no-break space. `split` without an"
            " argument knows all of it.",
        ),
        Misconception(
            "spaces_and_one",
            lambda encode, text: len(encode(text)) / (text.count(" ") + 1) if text.strip() else 0.0,
            "You count the spaces and add one. Two spaces side by side do not make a word, and a line end parts words"
            " too.",
        ),
        Misconception(
            "ends_stripped",
            lambda encode, text: _over(text, len(encode(text.strip())), len(text.split())),
            "You cut white space off the ends before you encode. The tokenizer should see the text as it is.",
        ),
        Misconception(
            "spaces_normalised",
            lambda encode, text: _over(text, len(encode(" ".join(text.split()))), len(text.split())),
            "You put single spaces between the words before you encode. The tokenizer should see the text as it is.",
        ),
        Misconception(
            "lower_case",
            lambda encode, text: _over(text, len(encode(text.lower())), len(text.split())),
            "You make small letters of the capitals before you encode. The tokenizer should see the text as it is.",
        ),
        Misconception(
            "only_the_empty_text",
            lambda encode, text: len(encode(text)) / len(text.split()) if text else 0.0,
            "The empty text is taken care of, but a text of white space alone has no words either.",
        ),
        Misconception(
            "words_by_single_spaces",
            lambda encode, text: len(encode(text)) / len(text.split(" ")),
            '`split(" ")` cuts at single spaces only: two of them make an empty word, and a line end is none.'
            " Without an"
            " argument `split` does what is meant.",
        ),
        Misconception(
            "word_by_word",
            lambda encode, text: _over(text, sum(len(encode(word)) for word in text.split()), len(text.split())),
            "You give the tokenizer one word at a time. It should see the text as it is: with its spaces the same words"
            " may be cut otherwise.",
        ),
        Misconception(
            "different_tokens",
            lambda encode, text: _over(text, len(set(encode(text))), len(text.split())),
            "You count different tokens. A token that comes twice costs twice.",
        ),
        Misconception(
            "different_words",
            lambda encode, text: _over(text, len(encode(text)), len(set(text.split()))),
            "You count different words. A word that comes twice is to be divided by twice.",
        ),
        Misconception(
            "split_words",
            lambda encode, text: _over(text, len(encode(text)), len(split_words(text))),
            "You take the parts of `split_words` for words; there punctuation and line ends count too. Here a word"
            " is what stands between white space.",
        ),
        Misconception(
            "tokens",
            lambda encode, text: len(encode(text)),
            "You return the number of tokens. Divide by the number of words.",
        ),
        Misconception(
            "no_words_raises",
            lambda encode, text: len(encode(text)) / len(text.split()),
            "A text without words ends in a ZeroDivisionError. The answer is 0.0 then.",
        ),
        Misconception(
            "rounded_down",
            lambda encode, text: float(_over(text, len(encode(text)) // max(len(text.split()), 1), bool(text.split()))),
            "Your result is always a whole number: `//` throws the fraction away.",
        ),
        Misconception(
            "at_least_one_word",
            lambda encode, text: len(encode(text)) / max(len(text.split()), 1),
            "White space alone has tokens, but no words. You divide by one then; the answer should be 0.0.",
        ),
    ),
    hints=(
        "Two numbers and a division. The tokenizer is a function: call it with the whole text.",
        "`text.split()` without an argument cuts at any run of white space.",
        "`len(encode(text)) / words` with `words = len(text.split())`; 0.0 if there are none.",
    ),
    points=1,
    minutes=4,
    difficulty=1,
)


EXERCISES: tuple[Exercise, ...] = (
    VOCABULARY,
    ZIPF,
    PAIRS,
    MERGE,
    TRAIN,
    ENCODE,
    WORDPIECE,
    UNIGRAM,
    TOKENIZER,
    FERTILITY,
)
