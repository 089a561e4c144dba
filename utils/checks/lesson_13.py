"""The exercises of lesson 13: BLEU from its counts, sentences that fool it, ROUGE-L, METEOR, the paired bootstrap."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utils import bleu, bleu_faults, bootstrap, meteor, rouge
from utils.bleu import count_ngrams, sentence_bleu, tokenize
from utils.checks import compare
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Told
from utils.checks.tensors import or_error

Words = list[str]
VOCABULARY = ("the", "a", "cat", "dog", "sat", "ran", "on", "under", "mat", "red", "big", "and", "saw", "home")


def _sentence(rng: np.random.Generator, length: int, words: Sequence[str] = VOCABULARY) -> Words:
    return [str(words[i]) for i in rng.integers(0, len(words), size=length)]


def _like(rng: np.random.Generator, sentence: Words, changes: int, longer: int = 0) -> Words:
    """The sentence with some words replaced, and with some cut off (longer < 0) or put in (longer > 0)."""
    made = list(sentence)
    for place in rng.permutation(len(made))[:changes]:
        made[place] = str(rng.choice(VOCABULARY))
    for _ in range(max(0, longer)):
        made.insert(int(rng.integers(0, len(made) + 1)), str(rng.choice(VOCABULARY)))
    for _ in range(max(0, -longer)):
        del made[int(rng.integers(0, len(made)))]
    return made


# ----------------------------------------------------------------------------------------- 1 · clipped matches


def _matches_cases(rng: np.random.Generator) -> list[Case]:
    lecture = ["рыжий", "кот", "прилег", "на", "лавку"]
    two = [["кот", "лежит", "на", "лавке"], ["на", "лавку", "легла", "кошка"]]

    def case(about: str, hypothesis: Words, references: list[Words], n: int) -> Case:
        return Case({"hypothesis": hypothesis, "references": references, "n": n}, about)

    long = _sentence(rng, 11, VOCABULARY[:5])
    many = [_sentence(rng, size, VOCABULARY[:5]) for size in (13, 9, 10)]
    return [
        case("one word in common", ["a", "b", "c"], [["d", "b"]], 1),
        case("the lecture's words", lecture, two, 1),
        case("the lecture's pairs", lecture, two, 2),
        case("one word four times", ["the"] * 4, [["the", "cat", "sat", "on", "the", "mat"]], 1),
        case("two references, each with more of one word", [*"aaabbb"], [[*"abb"], [*"aabc"]], 1),
        case("two references, the first one better", [*"abcde"], [[*"abcd"], [*"ae"]], 1),
        case("a word twice in the hypothesis, four times in the reference", [*"aab"], [[*"aaaacb"]], 1),
        case("the same words in another order", [*"abc"], [[*"cba"]], 2),
        case("words that run together", ["ab", "c", "x"], [["a", "bc", "x"]], 2),
        case("capital letters", ["The", "cat", "sat"], [["the", "cat", "sat"]], 2),
        case("one word repeated, in pairs", [*"aaaaa"], [[*"aaab"]], 2),
        case("three references", long, many, 1),
        case("three references, pairs", long, many, 2),
        case("three words at a time", long, [_like(rng, long, 2), many[0]], 3),
        case("fewer words than n", ["a", "b"], [["a", "b", "c", "d"]], 3),
        case("as many words as n", [*"abcd"], [[*"xabcdy"], [*"abc"]], 4),
        case("five words at a time", [*"abcdef"], [[*"xabcde"], [*"bcdf"]], 5),
        case("two words, four asked for", ["a", "b"], [["a", "b", "c", "d", "e"]], 4),
        case("an empty hypothesis", [], [["a", "b"]], 2),
        case("an empty reference beside another", [*"abca"], [[], [*"bca"]], 2),
    ]


def _matched(
    clip: Callable[[int, list[int]], int] = lambda own, theirs: min(own, max(theirs)),
    grams: Callable[[Sequence[str], int], Counter] = count_ngrams,
    give: Callable[[int, int], Any] = lambda matches, total: (matches, total),
) -> Callable[..., Any]:
    def answer(hypothesis: Words, references: list[Words], n: int) -> Any:
        own, others = grams(hypothesis, n), [grams(reference, n) for reference in references]
        matches = sum(clip(count, [other[gram] for other in others]) for gram, count in own.items())
        return give(matches, sum(own.values()))

    return answer


def _best_reference(hypothesis: Words, references: list[Words], n: int) -> tuple[int, int]:
    return max(_matched()(hypothesis, [reference], n) for reference in references)


def _up_to_n(tokens: Sequence[str], n: int) -> Counter:
    return sum((count_ngrams(tokens, k) for k in range(1, n + 1)), Counter())


def _all_of_the_references(hypothesis: Words, references: list[Words], n: int) -> tuple[int, int]:
    allowed: Counter = Counter()
    for reference in references:
        allowed |= count_ngrams(reference, n)
    return _matched()(hypothesis, references, n)[0], sum(allowed.values())


def _total(count: Callable[[Words, int], int]) -> Callable[..., Any]:
    """Right matches, and another total."""
    return lambda hypothesis, references, n: (_matched()(hypothesis, references, n)[0], count(hypothesis, n))


def _of_the_references(hypothesis: Words, references: list[Words], n: int) -> tuple[int, int]:
    return _matched()(hypothesis, references, n)[0], max(max(0, len(r) - n + 1) for r in references)


CLIPPED_MATCHES = Exercise(
    id="bleu.clipped_matches",
    lesson="13",
    title="N-grams that match, clipped",
    reference=bleu.clipped_matches,
    cases=_matches_cases,
    points=2,
    minutes=12,
    difficulty=1,
    misconceptions=(
        Misconception(
            "not_clipped",
            _matched(lambda own, theirs: own * any(theirs)),
            'Every copy of an n-gram counts with you: "the the the the" has four matches where the reference has two'
            " of it. An n-gram can match only as often as a reference has it.",
        ),
        Misconception(
            "sum_over_references",
            _matched(lambda own, theirs: min(own, sum(theirs))),
            "You clip by the counts of all references added up. A translation may take a word as often as one reference"
            " has it, not as often as all of them together.",
        ),
        Misconception(
            "in_every_reference",
            _matched(lambda own, theirs: min(own, min(theirs))),
            "An n-gram counts with you only as often as it stands in every reference. The lecture's Russian sentence"
            ' then matches only "на". One reference that has it is enough.',
        ),
        Misconception(
            "first_reference_only",
            lambda hypothesis, references, n: _matched()(hypothesis, references[:1], n),
            "Only the first reference is looked at. With several, each n-gram may find its match in any of them.",
        ),
        Misconception(
            "best_reference",
            _best_reference,
            "You take the one reference with the most matches. Each n-gram looks for itself: one may match in the first"
            " reference and the next in the second, as in the lecture's example.",
        ),
        Misconception(
            "distinct_only",
            _matched(lambda own, theirs: int(any(theirs))),
            "An n-gram that stands twice in the hypothesis and twice in a reference counts once with you. Sets forget"
            " how often; a Counter remembers.",
        ),
        Misconception(
            "distinct_in_both",
            lambda hypothesis, references, n: (
                sum(any(gram in count_ngrams(r, n) for r in references) for gram in count_ngrams(hypothesis, n)),
                len(count_ngrams(hypothesis, n)),
            ),
            "Both your numbers count different n-grams, each once. Repeated n-grams count as often as they stand there,"
            " in the total too.",
        ),
        Misconception(
            "counts_of_the_reference",
            _matched(lambda own, theirs: max(theirs)),
            "For each n-gram you add how often the reference has it, even where the hypothesis has it less often. The"
            " smaller of the two numbers counts.",
        ),
        Misconception(
            "swapped",
            _matched(give=lambda matches, total: (total, matches)),
            "Both numbers are right, in the other order: matches first, then the total.",
        ),
        Misconception(
            "divided",
            _matched(give=lambda matches, total: matches / total if total else 0.0),
            "You return the precision itself. Return the two numbers: a corpus adds up both before it divides.",
        ),
        Misconception(
            "matches_only",
            _matched(give=lambda matches, total: matches),
            "The matches are right. Return the total too: how many n-grams the hypothesis has.",
        ),
        Misconception(
            "words_only",
            lambda hypothesis, references, n: _matched()(hypothesis, references, 1),
            "You count single words whatever n is. An n-gram is n words in a row.",
        ),
        Misconception(
            "up_to_n",
            _matched(grams=_up_to_n),
            "You count the n-grams of all lengths from 1 to n together. Here only those of exactly n words count.",
        ),
        Misconception(
            "one_too_few",
            _matched(grams=lambda tokens, n: Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n))),
            "The last n-gram of each sentence is missing: a sentence of five words has four pairs. Look at where your"
            " range ends.",
        ),
        Misconception(
            "shorter_at_the_end",
            _matched(grams=lambda tokens, n: Counter(tuple(tokens[i : i + n]) for i in range(len(tokens)))),
            "At the end of a sentence you count pieces shorter than n as well. A sentence of five words has four pairs,"
            " not five.",
        ),
        Misconception(
            "order_forgotten",
            _matched(grams=lambda tokens, n: Counter(tuple(sorted(g)) for g in zip(*(tokens[k:] for k in range(n))))),
            "The pair (a, b) matches (b, a) with you. The order within an n-gram counts.",
        ),
        Misconception(
            "glued",
            _matched(grams=lambda tokens, n: Counter("".join(g) for g in zip(*(tokens[k:] for k in range(n))))),
            'Words glued together without a gap can no longer be told apart: "ab" + "c" is "a" + "bc". Use tuples.',
        ),
        Misconception(
            "lowercased",
            lambda hypothesis, references, n: _matched()(
                [word.lower() for word in hypothesis], [[word.lower() for word in r] for r in references], n
            ),
            '"The" matches "the" with you. Here words are compared as they are.',
        ),
        Misconception(
            "total_of_the_reference",
            _of_the_references,
            "Your total counts the n-grams of a reference. Precision asks of what the system wrote: the total is that"
            " of the hypothesis.",
        ),
        Misconception(
            "total_of_all_references",
            _all_of_the_references,
            "Your total counts what the references allow, all of them together: divided by it the matches would be a"
            " recall. The total of precision is that of the hypothesis.",
        ),
        Misconception(
            "total_of_words",
            _total(lambda hypothesis, n: len(hypothesis)),
            "Your total is the number of words, whatever n is. A sentence of five words has four pairs and three"
            " triples.",
        ),
        Misconception(
            "total_one_too_small",
            _total(lambda hypothesis, n: max(0, len(hypothesis) - n)),
            "Your total is one too small: five words hold four pairs, and five single words. Count the places at which"
            " an n-gram may begin.",
        ),
        Misconception(
            "total_below_zero",
            _total(lambda hypothesis, n: len(hypothesis) - n + 1),
            "For a hypothesis that is shorter than n your total is negative, or would be for a shorter one still."
            " Nothing can be counted there: the total is 0.",
        ),
        Misconception(
            "total_at_least_one",
            _total(lambda hypothesis, n: max(1, len(hypothesis) - n + 1)),
            "A hypothesis shorter than n has one n-gram with you. It has none, and says so: (0, 0).",
        ),
        Misconception(
            "total_of_types",
            _total(lambda hypothesis, n: len(count_ngrams(hypothesis, n))),
            "Your total counts different n-grams, each once, while your matches count repetitions. The total counts"
            " every place.",
        ),
        Misconception(
            "last_reference_only",
            lambda hypothesis, references, n: _matched()(hypothesis, references[-1:], n),
            "Only the last reference counts with you. Perhaps a loop starts anew for each reference, and keeps what"
            " the last one left. Each n-gram may find its match in any of them.",
        ),
        Misconception(
            "shortest_reference",
            lambda hypothesis, references, n: _matched()(hypothesis, [min(references, key=len)], n),
            "Matches are looked for in the shortest reference alone. All of them are to be looked at.",
        ),
        Misconception(
            "first_that_has_it",
            _matched(lambda own, theirs: min(own, next(filter(None, theirs), 0))),
            "For each n-gram you stop at the first reference that has it. A later one may have it more often: the"
            " largest count is asked for.",
        ),
        Misconception(
            "least_that_has_it",
            _matched(lambda own, theirs: min(own, min(filter(None, theirs), default=0))),
            "Of the references that have an n-gram you take the one that has it least often. Take the one that has"
            " most of it.",
        ),
        Misconception(
            "matches_of_each_reference_added",
            _matched(lambda own, theirs: sum(min(own, other) for other in theirs)),
            "You clip by each reference and add up the results, so that an n-gram that stands in two references counts"
            " twice. It counts once for every place in the hypothesis, at most.",
        ),
        Misconception(
            "references_that_have_it",
            _matched(lambda own, theirs: min(own, sum(map(bool, theirs)))),
            "You count in how many references an n-gram stands. Asked for is how often it stands in that one which has"
            " most of it.",
        ),
        Misconception(
            "n_words_are_too_few",
            lambda hypothesis, references, n: _matched()(hypothesis, references, n) if len(hypothesis) > n else (0, 0),
            "A hypothesis of exactly n words counts as too short with you. It has one n-gram: itself.",
        ),
        Misconception(
            "found_as_text",
            lambda hypothesis, references, n: (
                sum(
                    min(count, max(" ".join(r).count(" ".join(gram)) for r in references))
                    for gram, count in count_ngrams(hypothesis, n).items()
                ),
                max(0, len(hypothesis) - n + 1),
            ),
            "You count with `count` in the text of the reference. That finds pieces of words too, and where an n-gram"
            " overlaps with itself (a a in a a a) it finds too few. Compare words, place by place.",
        ),
        Misconception(
            "longest_reference",
            lambda hypothesis, references, n: _matched()(hypothesis, [max(references, key=len)], n),
            "Matches are looked for in the longest reference alone. Each n-gram may find its match in any of them.",
        ),
    ),
    hints=(
        "`count_ngrams` gives the counts of one sentence. You need them for the hypothesis and for every reference.",
        "For each n-gram of the hypothesis: find the largest count that any reference has for it. It matches as often"
        " as the smaller of that and its own count says.",
        "`sum(min(count, max(other[gram] for other in theirs)) for gram, count in own.items())`; the total is"
        " `sum(own.values())`.",
    ),
)

# ----------------------------------------------------------------------------------- 2 · a score from counts


def _score_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, matches: Sequence[int], totals: Sequence[int], c: int, r: int, *smooth: bool) -> Case:
        inputs = {"matches": matches, "totals": totals, "length": c, "reference_length": r}
        return Case({**inputs, **({"smooth": smooth[0]} if smooth else {})}, about)

    totals = [int(total) for total in 40 + rng.integers(0, 9) - np.arange(4) * rng.integers(2, 5)]
    matches = [int(total * share) for total, share in zip(totals, (0.8, 0.55, 0.35, 0.25))]
    return [
        case("words only", [3], [5], 5, 5),
        case("words and pairs", [3, 1], [5, 4], 5, 5),
        case("one word too few", [4, 3], [4, 3], 4, 5),
        case("half the length", [2], [2], 2, 4),
        case("longer than the references", [5, 3], [8, 7], 8, 6),
        case("four orders", matches, totals, totals[0], totals[0] - 3),
        case("four orders, too short", matches, totals, totals[0], totals[0] + 7, False),
        case("everything right", [7, 6, 5, 4], [7, 6, 5, 4], 7, 7),
        case("no match of four words", [5, 3, 1, 0], [7, 6, 5, 4], 7, 7),
        case("the same, smoothed", [5, 3, 1, 0], [7, 6, 5, 4], 7, 7, True),
        case("two orders without a match, smoothed", [4, 2, 0, 0], [9, 8, 7, 6], 9, 10, True),
        case("a hole in the middle, smoothed", [4, 0, 1], [9, 8, 7], 9, 9, True),
        case("three orders without a match, smoothed", [3, 0, 0, 0], [8, 7, 6, 5], 8, 8, True),
        case("a hole in the middle, not smoothed", [4, 0, 1], [9, 8, 7], 9, 9, False),
        case("words without a match, a pair with one, smoothed", [0, 1], [6, 5], 6, 6, True),
        case("a hole, a match and a hole, smoothed", [4, 0, 1, 0], [9, 8, 7, 6], 9, 9, True),
        case("smoothed, and nothing to smooth", matches, totals, totals[0], totals[0], True),
        case("three orders", [6, 4, 1], [8, 7, 6], 8, 11),
        case("no match at all, smoothed", [0, 0], [6, 5], 6, 6, True),
        case("too short for three words in a row", [2, 1, 0], [2, 1, 0], 2, 2),
        case("the same, smoothed", [2, 1, 0], [2, 1, 0], 2, 2, True),
        case("empty hypotheses", [0, 0, 0], [0, 0, 0], 0, 6),
        case("empty hypotheses and references", [0], [0], 0, 0, True),
        case("tuples", (6, 2), (9, 8), 9, 9),
    ]


def _brevity(c: float, r: float) -> float:
    return min(1.0, math.exp(1 - r / c)) if c else 0.0


def _scored(
    combine: Callable[[list[float]], float] = lambda ps: math.prod(ps) ** (1 / len(ps)),
    brevity: Callable[[float, float], float] = _brevity,
    fill: Callable[[int, int, int], float] = lambda zeros, order, total: 0.5**zeros / total,
    scale: float = 100.0,
    always: bool = False,
    hopeless: bool = True,
    empty: bool = True,
) -> Callable[..., Any]:
    """A score with one thing done otherwise; `fill(number of zeros so far, order, total)` smooths a precision."""

    def answer(
        matches: Sequence[int], totals: Sequence[int], length: int, reference_length: int, smooth: bool = False
    ) -> float:
        if (hopeless and not any(matches)) or not any(totals) or (empty and not all(totals)):
            return 0.0
        zeros, precisions = 0, []
        for order, (match, total) in enumerate(zip(matches, totals), 1):
            if not total:
                continue
            zeros += match == 0
            filled = match == 0 and (smooth or always)
            precisions.append(fill(zeros, order, total) if filled else match / total)
        return scale * brevity(length, reference_length) * combine(precisions)

    return answer


def _add_one(first: int) -> Callable[..., Any]:
    """Smooths by one more match and one more n-gram, from order number `first` on, counted from 0."""

    def answer(matches: Any, totals: Any, length: int, reference_length: int, smooth: bool = False) -> float:
        if smooth and any(matches) and all(totals):
            more = [int(order >= first) for order in range(len(matches))]
            matches, totals = ([count + one for count, one in zip(counts, more)] for counts in (matches, totals))
        return _scored()(matches, totals, length, reference_length)

    return answer


def _zero_stays(combine: Callable[[list[float]], float]) -> Callable[..., Any]:
    """Another mean, in which one zero still makes the score 0."""
    return _scored(lambda ps: combine(ps) if all(ps) else 0.0)


def _starts_again(matches: Any, totals: Any, length: int, reference_length: int, smooth: bool = False) -> float:
    """The halving begins anew after each order that has a match."""
    run, halves = 0, []
    for match in matches:
        run = 0 if match else run + 1
        halves.append(run)
    return _scored(fill=lambda zeros, order, total: 0.5 ** halves[order - 1] / total)(
        matches, totals, length, reference_length, smooth
    )


def _penalty_in_the_mean(matches: Any, totals: Any, length: int, reference_length: int, smooth: bool = False) -> float:
    brevity = _brevity(length, reference_length)
    combine = lambda ps: (math.prod(ps) * brevity) ** (1 / (len(ps) + 1))  # noqa: E731
    return _scored(combine, brevity=lambda c, r: 1.0)(matches, totals, length, reference_length, smooth)


def _tiny(value: float) -> Callable[..., Any]:
    def answer(matches: Any, totals: Any, length: int, reference_length: int, smooth: bool = False) -> float:
        if smooth:
            return _scored()(matches, totals, length, reference_length, True)
        precisions = [max(match, value) / max(total, value) for match, total in zip(matches, totals)]
        mean = math.exp(sum(map(math.log, precisions)) / len(precisions))
        return 100 * min(1.0, math.exp(1 - reference_length / max(length, 1))) * mean

    return answer


def _without_zeros(matches: Any, totals: Any, length: int, reference_length: int, smooth: bool = False) -> float:
    if smooth:
        return _scored()(matches, totals, length, reference_length, True)
    kept = [(match, total) for match, total in zip(matches, totals) if match]
    if not kept or not all(totals):
        return 0.0
    return _scored()([m for m, _ in kept], [t for _, t in kept], length, reference_length)


SCORE_FROM_COUNTS = Exercise(
    id="bleu.score_from_counts",
    lesson="13",
    title="From counts to a score",
    reference=bleu.score_from_counts,
    cases=_score_cases,
    points=3,
    minutes=20,
    difficulty=2,
    misconceptions=(
        Misconception(
            "arithmetic_mean",
            _scored(lambda ps: sum(ps) / len(ps)),
            "You add the precisions and divide by their number. BLEU takes the geometric mean, the N-th root of the"
            " product, so that one order without a match brings the whole score to zero.",
        ),
        Misconception(
            "arithmetic_mean_of_what_matches",
            _zero_stays(lambda ps: sum(ps) / len(ps)),
            "You take the plain mean of the precisions. BLEU's is the geometric one, the N-th root of their product: it"
            " stays near the smallest of them.",
        ),
        Misconception(
            "pooled_of_what_matches",
            lambda matches, totals, length, reference_length, smooth=False: (
                100 * _brevity(length, reference_length) * sum(matches) / sum(totals)
                if any(matches) and all(totals) and (smooth or all(matches))
                else 0.0
            ),
            "You divide all matches by all n-grams, so that single words, of which there are most, weigh most. Make a"
            " precision of each order first, then their geometric mean.",
        ),
        Misconception(
            "two_logarithms",
            _zero_stays(lambda ps: math.exp(sum(map(math.log2, ps)) / len(ps))),
            "You take logarithms to base 2 and undo them with e: scores below 100 come out too low. The logarithm and"
            " the power must have one base.",
        ),
        Misconception(
            "logarithm_to_base_10",
            _zero_stays(lambda ps: math.exp(sum(map(math.log10, ps)) / len(ps))),
            "You take logarithms to base 10 and undo them with e: scores below 100 come out too high. The logarithm and"
            " the power must have one base.",
        ),
        Misconception(
            "power_of_two",
            _zero_stays(lambda ps: 2 ** (sum(map(math.log, ps)) / len(ps))),
            "You take natural logarithms and undo them with a power of 2: scores below 100 come out too high. The"
            " logarithm and the power must have one base.",
        ),
        Misconception(
            "harmonic_mean",
            _zero_stays(lambda ps: len(ps) / sum(1 / p for p in ps)),
            "You take the harmonic mean of the precisions, as F1 does. BLEU's is the geometric one, the N-th root of"
            " their product.",
        ),
        Misconception(
            "penalty_in_the_mean",
            _penalty_in_the_mean,
            "The brevity penalty stands among the precisions with you, as one factor more under the root. It is"
            " multiplied to their mean.",
        ),
        Misconception(
            "no_root",
            _scored(math.prod),
            "You multiply the precisions and leave it at that. The weights are 1/N each: take the N-th root of the"
            " product.",
        ),
        Misconception(
            "halving_weights",
            _scored(lambda ps: math.prod(p ** (0.5 ** (i + 1)) for i, p in enumerate(ps))),
            "Your weights are 1/2, 1/4, 1/8, … In BLEU all orders weigh the same: 1/N each.",
        ),
        Misconception(
            "root_of_four",
            _scored(lambda ps: math.prod(ps) ** 0.25),
            "You always take the fourth root. With N orders it is the N-th: count how many precisions there are.",
        ),
        Misconception(
            "pooled",
            lambda matches, totals, length, reference_length, smooth=False: (
                100 * _brevity(length, reference_length) * sum(matches) / sum(totals) if sum(totals) else 0.0
            ),
            "You add the matches of all orders before you divide. Each order has its own precision; then comes their"
            " geometric mean.",
        ),
        Misconception(
            "no_brevity_penalty",
            _scored(brevity=lambda c, r: 1.0),
            "Texts that are too short get no penalty with you: a single sure word would score 100. Multiply by the"
            " brevity penalty.",
        ),
        Misconception(
            "brevity_rewards_length",
            _scored(brevity=lambda c, r: math.exp(1 - r / c) if c else 0.0),
            "Texts longer than the references get more than their precision with you. The penalty is never above 1.",
        ),
        Misconception(
            "long_texts_punished",
            _scored(brevity=lambda c, r: 1.0 if c <= r else math.exp(1 - c / r)),
            "Long texts are punished with you, and short ones are not. Precision already punishes what is too much; the"
            " penalty is for what is too short.",
        ),
        Misconception(
            "brevity_upside_down",
            _scored(brevity=lambda c, r: math.exp(1 - c / r) if c < r else 1.0),
            "Your penalty is above 1 for short texts: the fraction is upside down. The longer length belongs above,"
            " that of the references.",
        ),
        Misconception(
            "brevity_other_sign",
            _scored(brevity=lambda c, r: math.exp(r / c - 1) if c < r else 1.0),
            "Your penalty is above 1 for short texts: the exponent has the wrong sign. It is one minus the fraction,"
            " which is below 0 there.",
        ),
        Misconception(
            "brevity_by_the_difference",
            _scored(brevity=lambda c, r: math.exp(c - r) if c < r else 1.0),
            "Your penalty goes by the difference of the lengths, so that five words missing cost a long text as much as"
            " a short one. It goes by their ratio.",
        ),
        Misconception(
            "brevity_both_ways",
            _scored(brevity=lambda c, r: math.exp(1 - max(c, r) / min(c, r)) if c and r else 0.0),
            "Long texts get a penalty with you as well as short ones. Precision already punishes what is too much: from"
            " the full length on the factor is 1.",
        ),
        Misconception(
            "brevity_is_the_ratio",
            _scored(brevity=lambda c, r: min(1.0, c / r) if r else 1.0),
            "Your penalty is the ratio of the lengths. It falls faster: at half the length it is e⁻¹ = 0.37, not 0.5.",
        ),
        Misconception(
            "fraction",
            _scored(scale=1.0),
            "Your score lies between 0 and 1. Here, as in nearly every paper, it is given times 100.",
        ),
        Misconception(
            "zeros_left_out",
            _without_zeros,
            "An order without a match is left out of the mean with you. Without smoothing it is a zero in a product:"
            " the score is 0.",
        ),
        Misconception(
            "always_smoothed",
            _scored(always=True),
            "You smooth also where nobody asked for it: with smooth=False an order without a match makes the score 0.",
        ),
        Misconception(
            "smoothed_by_default",
            lambda matches, totals, length, reference_length, smooth=True: _scored()(
                matches, totals, length, reference_length, smooth
            ),
            "You smooth where `smooth` is not given. Its default is False, as in the line with `def` that was given.",
        ),
        Misconception(
            "never_smoothed",
            lambda matches, totals, length, reference_length, smooth=False: _scored()(
                matches, totals, length, reference_length
            ),
            "`smooth` changes nothing with you. If it is True, an order without a match gets a small precision instead"
            " of 0.",
        ),
        Misconception(
            "same_half_each_time",
            _scored(fill=lambda zeros, order, total: 0.5 / total),
            "Every order without a match gets 1/2 of a match with you. The second one gets 1/4, the third 1/8: the"
            " halving goes on.",
        ),
        Misconception(
            "one_more_each_time",
            _scored(fill=lambda zeros, order, total: 1 / ((zeros + 1) * total)),
            "Your first order without a match is right; the second gets 1/3 of a match with you, the third 1/4. Each"
            " gets half of the one before: 1/2, 1/4, 1/8.",
        ),
        Misconception(
            "all_like_the_last",
            lambda matches, totals, length, reference_length, smooth=False: _scored(
                fill=lambda zeros, order, total: 0.5 ** list(matches).count(0) / total
            )(matches, totals, length, reference_length, smooth),
            "All orders without a match get the same with you, what only the last of them should get. k counts them one"
            " by one: 1/2 for the first, 1/4 for the second.",
        ),
        Misconception(
            "halved_by_order",
            _scored(fill=lambda zeros, order, total: 0.5**order / total),
            "You halve once for each order, also for those that have matches. Count only the orders without a match:"
            " the first of them gets 1/2.",
        ),
        Misconception(
            "twice_the_number",
            _scored(fill=lambda zeros, order, total: 1 / (2 * zeros * total)),
            "Your first two orders without a match are right; the third gets 1/6 of a match with you. Each gets half of"
            " the one before: 1/2, 1/4, 1/8.",
        ),
        Misconception(
            "halving_starts_again",
            _starts_again,
            "After an order that has a match your halving begins anew. The k-th order without a match is counted over"
            " all of them: what lies between does not matter.",
        ),
        Misconception(
            "tiny_for_zero",
            _tiny(1e-10),
            "You put a tiny number in the place of every zero, also where nobody asked for smoothing. There the score"
            " is 0, exactly.",
        ),
        Misconception(
            "one_added_everywhere",
            _add_one(0),
            "With `smooth` you add one to all matches and all totals. Here orders that have matches stay as they are,"
            " and the others get 1/2, 1/4, … of a match.",
        ),
        Misconception(
            "one_match_put_in",
            _scored(fill=lambda zeros, order, total: 0.5 ** (zeros - 1) / total),
            "The first order without a match gets a whole match with you. It gets half a one, the next a quarter.",
        ),
        Misconception(
            "total_forgotten",
            _scored(fill=lambda zeros, order, total: 0.5**zeros),
            "The smoothed precision is 1/2 itself with you, more than many real ones. Half a match is meant: divide by"
            " the total of that order.",
        ),
        Misconception(
            "add_one",
            _add_one(1),
            "You add one to the counts from pairs on. That is another smoothing (add-one); here only orders without a"
            " match are changed.",
        ),
        Misconception(
            "rounded",
            lambda matches, totals, length, reference_length, smooth=False: round(
                _scored()(matches, totals, length, reference_length, smooth), 2
            ),
            "Your score is rounded to two digits. Return all of them; who prints it may round.",
        ),
        Misconception(
            "something_from_nothing",
            _scored(hopeless=False),
            "With no match in any order your smoothed score is above 0. There is nothing to smooth then: 0.",
        ),
        Misconception(
            "empty_orders_skipped",
            _scored(empty=False),
            "An order that has no n-grams (a total of 0) is left out with you. Here the score is 0 then.",
        ),
    ),
    hints=(
        "Two questions: how long is the text (a penalty), and how much of it is right (a mean of N precisions)?",
        "First the cases that give 0: no match in any order; an order whose total is 0; an order without a match, if"
        " `smooth` is not set. After that every precision is above 0, and you may take logarithms.",
        "With `logs` the sum of the ln p_n: `100 * min(1.0, math.exp(1 - reference_length / length)) * math.exp(logs /"
        " len(matches))`. Smoothing: keep a number that starts at 1 and is halved at each order without a match; it"
        " takes the place of the match.",
    ),
)

# --------------------------------------------------------------------------------------- 3 · the corpus


def _corpus_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, sentences: list[tuple[Words, list[Words]]], **more: Any) -> Case:
        inputs = {"hypotheses": [h for h, _ in sentences], "references": [r for _, r in sentences]}
        return Case({**inputs, **more}, about, {"sentences": len(sentences)})

    def one(size: int, changes: int, longer: int = 0, references: int = 1, others: Sequence[int] = ()) -> Any:
        reference = _sentence(rng, size)
        extra = [_like(rng, reference, 2, k) for k in (others or range(1, references))]
        return _like(rng, reference, changes, longer), [reference, *extra]

    same = _sentence(rng, 6)
    # Two references of 4 and 8 words for a hypothesis of 6: equally near, so the shorter counts.
    tie = (_sentence(rng, 6), [_sentence(rng, 8), _sentence(rng, 4)])
    shorts = [(_sentence(rng, 2), [_sentence(rng, 2)]) for _ in range(3)]
    unequal = case("three hypotheses, references for two", [one(5, 1), one(4, 0)])
    unequal.inputs["hypotheses"].append(["home"])
    lost = case("two hypotheses, references for three", [one(5, 1), one(4, 0), one(6, 1)])
    del lost.inputs["hypotheses"][-1]
    return [
        case("equally near, the longer first", [([*"abcdef"], [[*"abcdefgh"], [*"abcd"]])], max_n=2),
        case("equally near, in letters", [([*"abcdef"], [[*"abcd"], [*"abcdefgh"]])], max_n=2),
        case("one too short, one too long", [([*"abcd"], [[*"abcdxy"]]), ([*"pqrst"], [[*"pqrs"]])], max_n=2),
        case(
            "one set too long, the other too short",
            [([*"abcd"], [[*"abcde"], [*"abcdefghi"]]), ([*"pq"], [[*"pqrstuv"], [*"pqr"]])],
            max_n=2,
        ),
        case("three words, four in a row asked for", [([*"abc"], [[*"abc"]])]),
        case("two short sentences, smoothed", [([*"abc"], [[*"abc"]]), ([*"pq"], [[*"pqr"]])], smooth=True),
        case("a word of another sentence's reference", [([*"abx"], [[*"abc"]]), ([*"pqr"], [[*"pqx"]])], max_n=1),
        case("one sentence, the same as its reference", [(same, [same])]),
        case("one sentence", [one(9, 2)], max_n=2),
        case("two sentences of different length", [one(5, 0), one(14, 5)]),
        case("too short", [one(12, 1, -3), one(9, 1, -2)]),
        case("the first too short, the second too long", [one(11, 0, -4), one(8, 0, 3)]),
        case("two references", [one(10, 2, -1, others=[3]), one(7, 2, 1, others=[-2])], max_n=3),
        case("references equally near", [tie, one(12, 1)], max_n=1),
        case("equally near, the shorter first", [(tie[0], tie[1][::-1]), one(10, 1)], max_n=2, smooth=True),
        case("the nearest is longer", [([*"abcdef"], [[*"abx"], [*"abcdefg"]])], max_n=2),
        case("three references of different length", [one(12, 2, -4, others=[2, -2]), one(8, 0)], max_n=2),
        case("three references, a longer hypothesis", [one(9, 2, 4, others=[-3, 2]), one(13, 1, -4)], max_n=2),
        case(
            "the nearest is shorter",
            [(_sentence(rng, 6), [_sentence(rng, 12), _sentence(rng, 5)]), one(13, 0, -4)],
            max_n=1,
        ),
        case("in each sentence another reference is near", _crossed(rng), max_n=2),
        case("sentences too short for four words in a row", [*shorts, one(9, 1)]),
        case("smoothed", [([*"abcdef"], [[*"abxdey"]]), ([*"ghi"], [[*"ghj"]])], smooth=True),
        case("the same, not smoothed", [([*"abcdef"], [[*"abxdey"]]), ([*"ghi"], [[*"ghj"]])], smooth=False),
        case("an empty hypothesis among others", [([], [_sentence(rng, 5)]), one(13, 1), one(8, 0)]),
        case("nothing but an empty hypothesis", [([], [_sentence(rng, 5)])], smooth=True),
        case("five sentences", [one(size, 2, more) for size, more in ((6, 1), (11, -2), (9, 0), (15, -1), (7, 0))]),
        Case(unequal.inputs, unequal.about, extra={"error": ""}),
        Case(lost.inputs, lost.about, extra={"error": ""}),
    ]


def _crossed(rng: np.random.Generator) -> list[tuple[Words, list[Words]]]:
    """In each sentence another of two references is near: whoever picks one set for all sentences goes wrong."""
    first, second = _sentence(rng, 9), _sentence(rng, 7)
    return [(first[:8], [first, first + second]), (second[:6], [second + first, second])]


def _nearest(length: int, others: list[int]) -> int:
    return min(others, key=lambda other: (abs(other - length), other))


def _corpus(
    near: Callable[[int, list[int]], Any] = _nearest,
    matched: Callable[..., tuple[int, int]] = bleu.clipped_matches,
    keep: Callable[[list[Any], int], list[Any]] = lambda pairs, max_n: pairs,
    orders: Callable[[int, int], int] = lambda max_n, longest: max_n,
    add_up: Callable[[NDArray[Any]], NDArray[Any]] = lambda counts: counts.sum(axis=0),
    score: Callable[..., float] = bleu.score_from_counts,
    checked: bool = True,
) -> Callable[..., Any]:
    """The score of a corpus with one thing done otherwise.

    `keep` picks pairs of a hypothesis and its references; `add_up` makes (orders, 2) out of all counts, (sentences,
    orders, 2): last come the matches and the total.
    """

    def answer(hypotheses: list[Words], references: list[list[Words]], max_n: int = 4, smooth: bool = False) -> float:
        if checked:
            _same_number(hypotheses, references)
        max_n = orders(max_n, max(map(len, hypotheses), default=0))
        if max_n < 1:
            return 0.0
        pairs = keep(list(zip(hypotheses, references)), max_n)
        counts = np.array([[matched(h, r, n) for n in range(1, max_n + 1)] for h, r in pairs]).reshape(-1, max_n, 2)
        matches, totals = add_up(counts).T.tolist()
        length = sum(len(h) for h, _ in pairs)
        reference_length = sum(near(len(h), [len(r) for r in those]) for h, those in pairs)
        return score(matches, totals, length, reference_length, smooth)

    return answer


def _mean_of_sentences(hypotheses: Any, references: Any, max_n: int = 4, smooth: bool = False) -> float:
    _same_number(hypotheses, references)
    scores = [_corpus()([h], [r], max_n, smooth) for h, r in zip(hypotheses, references)]
    return sum(scores) / len(scores)


def _same_number(hypotheses: Any, references: Any) -> None:
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses, references for {len(references)}")


def _one_long_text(hypotheses: Any, references: Any, max_n: int = 4, smooth: bool = False) -> float:
    """N-grams run on over the ends of sentences; the lengths are those of the sentences."""
    sets = [_flat(those[k] for those in references) for k in range(min(map(len, references)))]
    counts = np.array([bleu.clipped_matches(_flat(hypotheses), sets, n) for n in range(1, max_n + 1)])
    return _corpus(add_up=lambda _: counts)(hypotheses, references, max_n, smooth)


def _smoothed_by_sentence(hypotheses: Any, references: Any, max_n: int = 4, smooth: bool = False) -> float:
    """Each sentence gets its halves, and those are summed."""

    def with_halves(counts: NDArray[Any]) -> NDArray[Any]:
        missed = (counts[..., 0] == 0) & (counts[..., 1] > 0) & smooth
        halves = np.where(missed, 0.5 ** missed.cumsum(axis=1), counts[..., 0])
        return np.stack([halves, counts[..., 1]], axis=-1).sum(axis=0)

    return _corpus(add_up=with_halves)(hypotheses, references, max_n, smooth)


def _all_references_for_all(hypotheses: Any, references: Any, max_n: int = 4, smooth: bool = False) -> float:
    everything = [reference for those in references for reference in those]
    return _corpus(matched=lambda h, those, n: bleu.clipped_matches(h, everything, n))(
        hypotheses, references, max_n, smooth
    )


def _last_of_the_nearest(length: int, others: list[int]) -> int:
    return min(others[::-1], key=lambda other: abs(other - length))


def _not_longer(length: int, others: list[int]) -> int:
    return max([other for other in others if other <= length] or [min(others)])


def _not_shorter(length: int, others: list[int]) -> int:
    return min([other for other in others if other >= length] or [max(others)])


def _mean_penalty(hypotheses: Any, references: Any, max_n: int = 4, smooth: bool = False) -> float:
    pairs = list(zip(hypotheses, references))
    penalties = [_brevity(len(h), _nearest(len(h), [len(r) for r in those])) for h, those in pairs]
    return _corpus(lambda length, others: 0)(hypotheses, references, max_n, smooth) * sum(penalties) / len(penalties)


def _nearest_set(hypotheses: Any, references: Any, max_n: int = 4, smooth: bool = False) -> float:
    """One reference length for all: that of the set whose whole length is nearest."""
    length = sum(map(len, hypotheses))
    sets = [sum(len(r) for r in column) for column in zip(*references)]
    wanted = iter([_nearest(length, sets)] + [0] * len(hypotheses))
    return _corpus(lambda own, others: next(wanted))(hypotheses, references, max_n, smooth)


CORPUS_SCORE = Exercise(
    id="bleu.corpus_score",
    lesson="13",
    title="BLEU of a corpus",
    reference=bleu.corpus_score,
    cases=_corpus_cases,
    run=or_error(lambda answer, inputs, case: answer(**inputs)),
    points=3,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "mean_of_sentences",
            _mean_of_sentences,
            "You score each sentence by itself and take the mean. BLEU adds up matches, totals and lengths of all"
            " sentences first and divides once: sentences without a match of four words would each count 0.",
        ),
        Misconception(
            "mean_of_precisions",
            _corpus(
                add_up=lambda counts: np.stack(
                    [
                        (counts[..., 0] / np.maximum(counts[..., 1], 1)).sum(axis=0),
                        np.full(counts.shape[1], len(counts)),
                    ],
                    axis=1,
                )
            ),
            "You divide within each sentence and take the mean of the precisions, so a short sentence weighs as much as"
            " a long one. Add up the matches and the totals, then divide.",
        ),
        Misconception(
            "penalty_by_sentence",
            _mean_penalty,
            "Your brevity penalty is taken sentence by sentence. It belongs to the corpus: one sentence that is too"
            " long can make up for one that is too short.",
        ),
        Misconception(
            "shortest_reference",
            _corpus(lambda length, others: min(others)),
            "You compare lengths with the shortest reference. It is the nearest in length that counts, for each"
            " sentence.",
        ),
        Misconception(
            "longest_reference",
            _corpus(lambda length, others: max(others)),
            "You compare lengths with the longest reference. It is the nearest in length that counts, for each"
            " sentence.",
        ),
        Misconception(
            "first_length",
            _corpus(lambda length, others: others[0]),
            "You compare lengths with the first reference always. Of several, the nearest in length counts.",
        ),
        Misconception(
            "mean_length",
            _corpus(lambda length, others: sum(others) / len(others)),
            "You compare with the mean length of the references. BLEU takes that of the nearest one.",
        ),
        Misconception(
            "all_lengths",
            _corpus(lambda length, others: sum(others)),
            "You add up the lengths of all references of a sentence, so that every text seems too short. One of them"
            " counts: the nearest in length.",
        ),
        Misconception(
            "tie_to_the_longer",
            _corpus(lambda length, others: min(others, key=lambda other: (abs(other - length), -other))),
            "Of two references equally near in length you take the longer. The shorter one counts.",
        ),
        Misconception(
            "tie_to_the_first",
            _corpus(lambda length, others: min(others, key=lambda other: abs(other - length))),
            "Of two references equally near in length you take whichever stands first. The shorter one counts, wherever"
            " it stands.",
        ),
        Misconception(
            "tie_to_the_last",
            _corpus(_last_of_the_nearest),
            "Of two references equally near in length you take whichever stands last. Their order must not matter: the"
            " shorter one counts.",
        ),
        Misconception(
            "nearest_not_longer",
            _corpus(_not_longer),
            "You look at longer references only if there is no other. Near is near on both sides: for six words a"
            " reference of seven is nearer than one of three.",
        ),
        Misconception(
            "nearest_not_shorter",
            _corpus(_not_shorter),
            "You look at shorter references only if there is no other. Near is near on both sides: for six words a"
            " reference of five is nearer than one of twelve.",
        ),
        Misconception(
            "lengths_swapped",
            _corpus(score=lambda matches, totals, c, r, smooth: bleu.score_from_counts(matches, totals, r, c, smooth)),
            "The two lengths have changed places, so that long texts are punished: first the words written, then the"
            " words expected.",
        ),
        Misconception(
            "one_long_text",
            _one_long_text,
            "You join the sentences to one long text. N-grams then run on from one sentence into the next, and find"
            " matches in other sentences' references. Count sentence by sentence.",
        ),
        Misconception(
            "one_list_for_all",
            _corpus(add_up=lambda counts: np.tile(counts.sum(axis=(0, 1)), (counts.shape[1], 1))),  # `[[0, 0]] * max_n`
            "All orders n have the same counts with you, those of all together. A list times a number repeats the same"
            " inner list; each order needs one of its own.",
        ),
        Misconception(
            "short_left_out",
            _corpus(keep=lambda pairs, max_n: [pair for pair in pairs if len(pair[0]) >= max_n]),
            "Hypotheses shorter than max_n words are left out with you. Their shorter n-grams count, and so do their"
            " lengths.",
        ),
        Misconception(
            "always_smoothed",
            _corpus(score=lambda matches, totals, c, r, smooth: bleu.score_from_counts(matches, totals, c, r, True)),
            "Your score is smoothed even if nobody asks: hand on `smooth` as it came.",
        ),
        Misconception(
            "nearest_set",
            _nearest_set,
            "You pick one set of references for the whole corpus. The nearest length is chosen for each sentence by"
            " itself, then summed.",
        ),
        Misconception(
            "first_reference_only",
            _corpus(matched=lambda h, those, n: bleu.clipped_matches(h, those[:1], n)),
            "Matches are looked for in the first reference only. Give all of them to `clipped_matches`.",
        ),
        Misconception(
            "empty_left_out",
            _corpus(keep=lambda pairs, max_n: [pair for pair in pairs if pair[0]]),
            "An empty hypothesis is left out with you, and its reference with it. It still owes the length of its"
            " reference: silence is too short.",
        ),
        Misconception(
            "always_four",
            _corpus(orders=lambda max_n, longest: 4),
            "You count n-grams up to four words whatever `max_n` says.",
        ),
        Misconception(
            "one_order_too_few",
            _corpus(orders=lambda max_n, longest: max_n - 1),
            "The longest n-grams are missing: the orders run from 1 to max_n, both included (`range` leaves out its"
            " end).",
        ),
        Misconception(
            "one_order_too_few_but_one",
            _corpus(orders=lambda max_n, longest: max(1, max_n - 1)),
            "The longest n-grams are missing: the orders run from 1 to max_n, both included.",
        ),
        Misconception(
            "orders_from_zero",
            _corpus(orders=lambda max_n, longest: 0),
            "Your score is always 0. Is there an order n = 0 among yours? Nothing has n-grams of no words; the orders"
            " run from 1 to max_n.",
        ),
        Misconception(
            "last_order_only",
            _corpus(add_up=lambda counts: counts[:, -1:].sum(axis=0)),
            "Only the n-grams of max_n words count with you. All orders from 1 to max_n do, each with its own matches"
            " and its own total.",
        ),
        Misconception(
            "effective_order",
            _corpus(orders=lambda max_n, longest: max(1, min(max_n, longest))),
            "You leave out the orders that no sentence is long enough for. That is the effective order; here N stays"
            " max_n, and where no sentence has max_n words the score is 0.",
        ),
        Misconception(
            "last_sentence_counts",
            _corpus(add_up=lambda counts: counts[-1]),
            "Matches and totals are those of the last sentence alone, with the lengths of all: perhaps the lists are"
            " made anew for every sentence. Make them once, before the loop.",
        ),
        Misconception(
            "last_sentence_only",
            _corpus(keep=lambda pairs, max_n: pairs[-1:]),
            "Only the last sentence counts with you. Perhaps all sums start anew for every sentence: they start once,"
            " before the loop.",
        ),
        Misconception(
            "first_sentence_only",
            _corpus(keep=lambda pairs, max_n: pairs[:1]),
            "Only the first sentence counts with you. Is there a `return` inside the loop? The score is made after all"
            " sentences are counted.",
        ),
        Misconception(
            "smoothed_by_sentence",
            _smoothed_by_sentence,
            "You smooth the counts of each sentence and add them up. Add up whole counts; `score_from_counts` smooths"
            " what is still without a match in the whole corpus.",
        ),
        Misconception(
            "all_references_for_all",
            _all_references_for_all,
            "A sentence finds matches in the references of other sentences with you. Only `references[i]` belong to"
            " sentence i.",
        ),
        Misconception(
            "smooth_ignored",
            _corpus(score=lambda matches, totals, c, r, smooth: bleu.score_from_counts(matches, totals, c, r)),
            "`smooth` is not handed on: with it, an order without a match is no zero.",
        ),
        Misconception(
            "fraction",
            _corpus(score=lambda *counts: bleu.score_from_counts(*counts) / 100),
            "Your score lies between 0 and 1; here it runs from 0 to 100. `score_from_counts` gives it so.",
        ),
        Misconception(
            "unequal_accepted",
            _corpus(checked=False),
            "All right but one thing: with fewer references than hypotheses, or more, `zip` drops sentences without a"
            " word. Raise a ValueError there, as the given lines do.",
        ),
    ),
    hints=(
        "Four sums grow over the sentences: matches and totals (one for each n), words written, words expected.",
        "Two loops, over the sentences and over n. For the words expected: of the references' lengths, the one that is"
        " nearest to the hypothesis; think of two that are equally near.",
        "`min(map(len, those), key=lambda other: (abs(other - len(hypothesis)), other))` is the length expected of one"
        " sentence. At the end one call of `score_from_counts`.",
    ),
)

# --------------------------------------------------------------------------------------- 4–7 · BLEU's faults

Fault = tuple[str, str] | None


def _judge_faults(fault: Callable[[Case, Any], Fault]) -> Callable[[Case, Any, Any], Mismatch | None]:
    """Many answers are right: the judge looks for the first property that an answer breaks.

    `fault(case, output)` names it, with a sentence; None if there is none. Two outputs with the same fault are alike.
    """

    def judge(case: Case, output: Any, expected: Any) -> Mismatch | None:
        own, known = fault(case, output), fault(case, expected)
        if (own and own[0]) == (known and known[0]):
            return None
        return Mismatch(own[1] if own else "This output has what the exercise asks for.")

    return judge


def _word_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(word, str) for word in value)


def _opposite_cases(rng: np.random.Generator) -> list[Case]:
    fixed = (
        "the soup is hot",
        "this soup is very good and cheap",
        "it is really a very old and truly quiet place",
        "she is so certainly and indeed our best friend",
        "is this the way home",
        "what he wants is tea",
    )
    subjects, ends = ["the", "bread", "my", "house", "a", "dog"], ["red", "near", "big", "and", "open", "old"]
    drawn = [[*_sentence(rng, n, subjects), "is", *_sentence(rng, m, ends)] for n, m in ((3, 4), (2, 9))]
    again = {"the soup is hot", "what he wants is tea"}  # plain ones, in which every harmless word is free
    texts = [*fixed, *map(" ".join, drawn)]
    return [Case({"reference": text.split()}, text, extra={"again": text in again}) for text in texts]


def _run_opposite(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """The answer; where it is faultless in a plain case, with the answer for a reference that has its own word too."""
    reference = case.inputs["reference"]
    output = compare.plain(answer(inputs["reference"]))
    if not case.extra["again"] or _opposite_fault(case, output):
        return output
    harder = [*reference, output[0][reference.index("is") + 1]]
    try:
        then = compare.plain(answer(list(harder)))
    except Exception as error:
        said = f"Right here, but for {' '.join(harder)!r} your function raises {type(error).__name__}. A reference may"
        raise Told(f"{said} have your word itself: keep another one ready.") from error
    return {"reference": harder, "first": output, "then": then}


def _opposite_fault(case: Case, output: Any) -> Fault:
    if isinstance(output, dict) and "then" in output:
        harder = Case({"reference": output["reference"]}, extra={"again": False})
        fault = _opposite_fault(harder, output["then"])
        said = f"For this reference it is right, for {' '.join(output['reference'])!r} it is not."
        return fault and (f"then {fault[0]}", f"{said} {fault[1]}")
    reference = case.inputs["reference"]
    if not (isinstance(output, (list, tuple)) and len(output) == 2 and all(map(_word_list, output))):
        return _not_two_lists(output)
    affirmed, denied = map(list, output)
    for name, words in (("affirmed", affirmed), ("denied", denied)):
        if words == reference:
            return f"unchanged {name}", f'`{name}` is the reference itself; put one word in, right after "is".'
        if "is" not in words:
            return (
                f"gone {name} {len(words) - len(reference)}",
                f'In `{name}` the word "is" is gone; leave it.',
            )
        if len(words) != len(reference) + 1:
            said = f"The reference has {len(reference)} words, `{name}` has {len(words)}: put in exactly one."
            return f"length {name} {len(words) - len(reference)}", said
    after = reference.index("is") + 1
    for name, words in (("affirmed", affirmed), ("denied", denied)):
        if words[:after] + words[after + 1 :] != reference:
            where = "end" if words[:-1] == reference else "before" if words[after - 1] != "is" else "elsewhere"
            return f"{where} {name}", f'`{name}` is not the reference with one word put in right after "is": {words}.'
    if _denies(affirmed[after]):
        both = denied[after] in bleu_faults.NEGATIONS
        said = "Both sentences deny" if both else "The first sentence denies and the second affirms"
        return ("both deny" if both else "swapped"), (
            f"{said} ({affirmed[after]!r} in the first); return (affirmed, denied)."
        )
    if affirmed[after].split() != [affirmed[after]]:
        return "no word", f"In `affirmed` you put in {affirmed[after]!r}: put in one word, without spaces."
    if not any(map(str.isalpha, affirmed[after])):
        return "no word", f"In `affirmed` you put in {affirmed[after]!r}: a word has letters."
    if denied[after] not in bleu_faults.NEGATIONS:
        return "none denies", f'In `denied` the word after "is" must be "not" or "never", not {denied[after]!r}.'
    if affirmed[after] in reference:
        text = " ".join(reference)
        scores = [sentence_bleu(" ".join(words), text, tokenize="none").score for words in (affirmed, denied)]
        apart = (
            f" here the scores are {scores[0]:.1f} and {scores[1]:.1f}." if abs(scores[0] - scores[1]) > 0.05 else ""
        )
        return "word taken", (
            f"The word {affirmed[after]!r} that you put in stands in the reference {text!r} already, so it can match"
            f"{':' + apart if apart else ', and the two scores need not be equal.'}"
        )
    return None


def _not_two_lists(output: Any) -> tuple[str, str]:
    pair = isinstance(output, (list, tuple)) and len(output) == 2
    if pair and None in output:
        got = "None twice" if output[0] is output[1] is None else "None and " + compare.kind(output[output[0] is None])
        return "none in it", f"Expected two lists of words, got {got}."
    if pair and all(isinstance(text, str) for text in output):
        return "texts", "Expected two lists of words, got two texts."
    return ("one list" if _word_list(output) else "shape"), f"Expected two lists of words, got {compare.kind(output)}."


def _denies(word: str) -> bool:
    return word.casefold() in _DENYING or word.casefold().endswith(("n't", "n’t"))


_DENYING = {
    *bleu_faults.NEGATIONS,
    *("no", "non", "nor", "nay", "nope", "neither", "none", "nobody", "nothing", "nowhere", "without", "cannot"),
    *("hardly", "barely", "scarcely", "seldom", "rarely", "unlikely", "isnt", "aint"),
}


def _free(reference: Words) -> str:
    return next(word for word in ("quite", "surely", "yes") if word not in reference)


def _inserted(affirm: str | None, deny: str, shift: int = 1) -> Callable[..., Any]:
    def answer(reference: Words) -> Any:
        at = reference.index("is") + shift
        return [[*reference[:at], word, *reference[at:]] for word in (affirm or _free(reference), deny)]

    return answer


OPPOSITE_MEANING = Exercise(
    id="bleu_faults.opposite_meaning",
    lesson="13",
    title="The same score, the opposite meaning",
    reference=bleu_faults.opposite_meaning,
    cases=_opposite_cases,
    run=_run_opposite,
    judge=_judge_faults(_opposite_fault),
    points=1,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "always_very",
            _inserted("very", "not"),
            "The word that you put in stands in some of the references already. There it can match, and the two scores"
            " part: choose it anew for each reference.",
        ),
        Misconception(
            "always_really",
            _inserted("really", "not"),
            "The word that you put in stands in one of the references already. Look at the reference before you choose"
            " one.",
        ),
        Misconception(
            "always_so",
            _inserted("so", "not"),
            "One of the references has the word that you put in already: choose, for each reference, one that is not in"
            " it.",
        ),
        Misconception(
            "always_the_same",
            _inserted("quite", "not"),
            "You always put in the same word. It may stand in a reference itself, and match there: look at the"
            " reference before you choose, and have another word ready.",
        ),
        Misconception(
            "word_of_the_reference",
            lambda reference: _inserted(reference[0], "not")(reference),
            "The word that you put in is always one of the reference's own. Such a word can match; take one that is not"
            " in the reference.",
        ),
        Misconception(
            "two_words",
            lambda reference: tuple(
                [*reference[: (at := reference.index("is") + 1)], *words, *reference[at:]]
                for words in (("surely", "quite"), ("not", "at"))
            ),
            "You put in two words. One in each sentence is enough, and is what is asked for.",
        ),
        Misconception(
            "inside_words",
            lambda reference: tuple(
                " ".join(reference).replace("is", f"is {word}").split() for word in (_free(reference), "not")
            ),
            'You replace the letters "is" in the text, and find them in "this" as well. Look for the word in the list.',
        ),
        Misconception(
            "contracted",
            lambda reference: (
                _inserted(None, "not")(reference)[0],
                ["isn't" if word == "is" else word for word in reference],
            ),
            'Your second sentence says "isn\'t" in one word, and so has another length and one word less that matches.'
            ' Leave "is", and put the negation in after it.',
        ),
        Misconception(
            "fixed_place",
            lambda reference: tuple([*reference[:3], word, *reference[3:]] for word in (_free(reference), "not")),
            'You always put the words in at the same place. "is" stands elsewhere in every sentence: look for it.',
        ),
        Misconception(
            "swapped",
            lambda reference: _inserted(None, "not")(reference)[::-1],
            "The two sentences are right, in the other order: first the one that affirms, then the one that denies.",
        ),
        Misconception(
            "reference_unchanged",
            lambda reference: (list(reference), _inserted(None, "not")(reference)[1]),
            "Your first sentence is the reference itself. It scores 100, the one with a negation does not. Put a"
            " harmless word in, in the same place.",
        ),
        Misconception(
            "before_is",
            _inserted(None, "not", 0),
            'You put the words before "is". Put them right after it: "is not hot" is English, "not is hot" is not.',
        ),
        Misconception(
            "replaced",
            lambda reference: tuple(
                [*reference[: (at := reference.index("is") + 1)], word, *reference[at + 1 :]]
                for word in ("surely", "not")
            ),
            'You put your word in the place of the one after "is". Put it in between: the sentence becomes one word'
            " longer.",
        ),
        Misconception(
            "is_replaced",
            lambda reference: tuple(
                [word if other == "is" else other for other in reference] for word in ("surely", "not")
            ),
            'Your word takes the place of "is" itself. Leave "is" where it is and put the word in after it.',
        ),
        Misconception(
            "both_deny",
            _inserted("never", "not"),
            "Your first sentence denies too: the word that you put in there says no, or nearly no. Put in one that"
            " leaves the meaning as it was.",
        ),
        Misconception(
            "none_denies",
            _inserted(None, "hardly"),
            'Your second sentence has no negation of the list: put in "not" or "never".',
        ),
        Misconception(
            "at_the_end",
            lambda reference: ([*reference, "surely"], [*reference, "not"]),
            'You put the words at the end of the sentence. They belong right after "is", wherever that stands.',
        ),
        Misconception(
            "one_word_later",
            _inserted(None, "not", 2),
            'You put the words one place too late: between "is" and your word stands another one. Right after "is" is'
            " the place after its own.",
        ),
        Misconception(
            "letters_of_is",
            lambda reference: tuple(
                [*reference[:at], word, *reference[at:]]
                for at in [next(i for i, other in enumerate(reference) if "is" in other) + 1]
                for word in (_free(reference), "not")
            ),
            'You look for the first word that holds the letters "is", and find "this" as well. Look for the word "is".',
        ),
        Misconception(
            "denied_only",
            lambda reference: _inserted(None, "not")(reference)[1],
            "You return one list of words. Two are asked for: the sentence that affirms, and the one that denies.",
        ),
        Misconception(
            "none_in_the_pair",
            lambda reference: (None, None),
            "A part of your pair is None. `insert` and `append` change the list and return None: change it first, then"
            " return the list by its name.",
        ),
        Misconception(
            "texts",
            lambda reference: tuple(" ".join(words) for words in _inserted(None, "not")(reference)),
            "The sentences are right, but they are texts. Return lists of words, like the reference.",
        ),
    ),
    hints=(
        "BLEU does not know what a word means. It knows only whether it is in the reference.",
        'Two words that both are not in the reference do equal harm in the same place. One of them is "not"; the other'
        " you choose for each reference.",
        'With `after = words.index("is") + 1`: `words[:after] + [filler] + words[after:]`; the filler is the first of'
        " some harmless words that is not in the reference.",
    ),
)

# --------------------------------------------------------------------------------------- 5 · order


def _blocks_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, hypothesis: Words, reference: Words) -> Case:
        return Case({"hypothesis": hypothesis, "reference": reference}, about)

    long = _sentence(rng, 12)
    other = _sentence(rng, 15, VOCABULARY[:6])
    return [
        case("two blocks", [*"abxy"], [*"abcxy"]),
        case("one block", [*"abc"], [*"zabcd"]),
        case("three blocks of different length", [*"abcpqz"], [*"abcdpqrz"]),
        case("a word of its own in the middle", [*"abNcd"], [*"abcd"]),
        case("a pair the other way round", [*"abc"], [*"bac"]),
        case("words of the reference, no two as there", [*"aceb"], [*"abcde"]),
        case("the same word twice", [*"ababcab"], [*"abxca"]),
        case("neighbours elsewhere in the reference", [*"abcd"], [*"cdab"]),
        case("one word in common", [*"xay"], [*"a"]),
        case("a word with two successors in the reference", [*"abxac"], [*"abac"]),
        case("the last word before the first one", [*"bxa"], [*"ab"]),
        case("two words that match nothing, side by side", [*"abpqcd"], [*"abcd"]),
        case("capital letters", ["the", "cat", "The", "Dog"], ["The", "cat", "the", "dog"]),
        case("a block that stands nowhere as a whole", [*"abcy"], [*"abxbcy"]),
        case("pieces of words", ["hat", "is", "ink", "and"], ["that", "is", "inky", "and"]),
        case("words that run together", ["ab", "c"], ["a", "bc"]),
        case("equal blocks", [*"abxab"], [*"abc"]),
        case("a long sentence", _like(rng, long, 4), long),
        case("few words, many pairs", _sentence(rng, 10, VOCABULARY[:6]), other),
        case("nothing in common", [*"pqr"], [*"abcde"]),
        case("one word", ["a"], ["a", "b"]),
        case("an empty hypothesis", [], ["a"]),
        case("an empty reference", [*"ab"], []),
    ]


def _neighbours(a: str, b: str, reference: Words) -> bool:
    return (a, b) in pairwise(reference)


def _blocks(hypothesis: Words, reference: Words, joined: Callable[[str, str, Words], bool]) -> list[Words]:
    blocks: list[Words] = []
    for i, word in enumerate(hypothesis):
        if i == 0 or not joined(hypothesis[i - 1], word, reference):
            blocks.append([])
        blocks[-1].append(word)
    return blocks


def _turned(
    give: Callable[[list[Words]], Any] = lambda blocks: _flat(reversed(blocks)),
    joined: Callable[[str, str, Words], bool] = _neighbours,
) -> Callable[..., Any]:
    """The blocks turned round, where another rule joins two words, or other things are done with the blocks."""
    return lambda hypothesis, reference: give(_blocks(hypothesis, reference, joined))


def _used_once(hypothesis: Words, reference: Words) -> Words:
    left = Counter(pairwise(reference))

    def joined(a: str, b: str, _: Words) -> bool:
        left[a, b] -= 1
        return left[a, b] >= 0

    return _turned(joined=joined)(hypothesis, reference)


def _whole_blocks(hypothesis: Words, reference: Words) -> Words:
    """A block grows only while all of it stands in the reference."""
    blocks: list[Words] = []
    for word in hypothesis:
        longer = [*(blocks[-1] if blocks else []), word]
        places = range(len(reference) - len(longer) + 1)
        if blocks and any(reference[i : i + len(longer)] == longer for i in places):
            blocks[-1] = longer
        else:
            blocks.append([word])
    return _flat(reversed(blocks))


def _cut_by_index(hypothesis: Words, reference: Words) -> Words:
    """Cuts before the first place of the word at which a block begins."""
    pairs = set(pairwise(reference))
    cuts = [0, *(hypothesis.index(b) for a, b in pairwise(hypothesis) if (a, b) not in pairs), len(hypothesis)]
    return _flat(hypothesis[a:b] for a, b in reversed(list(pairwise(cuts))))


def _round_the_end(hypothesis: Words, reference: Words) -> Words:
    blocks = _blocks(hypothesis, reference, _neighbours)
    if len(blocks) > 1 and (hypothesis[-1], hypothesis[0]) in set(pairwise(reference)):
        blocks[0] = blocks.pop() + blocks[0]
    return _flat(reversed(blocks))


def _flat(blocks: Any) -> Words:
    return [word for block in blocks for word in block]


def _same_places(hypothesis: Words, reference: Words) -> Words:
    """Cuts where two words are not those in the same two places of the reference."""
    cuts = [i for i in range(1, len(hypothesis)) if hypothesis[i - 1 : i + 1] != reference[i - 1 : i + 1]]
    return _flat(hypothesis[a:b] for a, b in reversed(list(pairwise([0, *cuts, len(hypothesis)]))))


REVERSE_BLOCKS = Exercise(
    id="bleu_faults.reverse_blocks",
    lesson="13",
    title="Another order, no lower score",
    reference=bleu_faults.reverse_blocks,
    cases=_blocks_cases,
    points=2,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "words_reversed",
            lambda hypothesis, reference: list(hypothesis)[::-1],
            "You have reversed all the words, so that pairs that matched no longer do, and the score falls. Keep the"
            " words of a block in their order.",
        ),
        Misconception(
            "reversed_inside",
            _turned(lambda blocks: _flat(block[::-1] for block in blocks)),
            "The blocks stay where they are and are reversed inside. It is the other way round: inside nothing changes,"
            " the blocks change places.",
        ),
        Misconception(
            "unchanged",
            _turned(_flat),
            "Your sentence comes out as it went in: the blocks are put together in their old order.",
        ),
        Misconception(
            "cut_where_they_match",
            _turned(joined=lambda a, b, reference: not _neighbours(a, b, reference)),
            "You cut where two words are neighbours in the reference, and so destroy what matched. Cut where they are"
            " not.",
        ),
        Misconception(
            "either_order",
            _turned(joined=lambda a, b, reference: _neighbours(a, b, reference) or _neighbours(b, a, reference)),
            "A pair that stands the other way round in the reference is not cut with you. It is no match: only the same"
            " order counts.",
        ),
        Misconception(
            "same_places",
            _same_places,
            "You compare with the words in the same places of the reference. Two words may be neighbours there"
            " anywhere.",
        ),
        Misconception(
            "cut_at_unknown_words",
            _turned(joined=lambda a, b, reference: {a, b} <= {*reference}),
            "You cut only at words that are not in the reference. Two words of the reference that are not neighbours"
            " there are to be parted too.",
        ),
        Misconception(
            "last_successor_only",
            _turned(joined=lambda a, b, reference: dict(pairwise(reference)).get(a) == b),
            "Each word of the reference has one successor with you, the last one found: a dictionary keeps one value"
            " for each key. A word that comes twice may be followed by two words.",
        ),
        Misconception(
            "first_successor_only",
            _turned(joined=lambda a, b, reference: dict(reversed([*pairwise(reference)])).get(a) == b),
            "Each word of the reference has one successor with you, the first one found. A word that comes twice may be"
            " followed by two words.",
        ),
        Misconception(
            "first_places_only",
            _turned(
                joined=lambda a, b, reference: {a, b} <= {*reference} and reference.index(b) == reference.index(a) + 1
            ),
            "You look only at the first place of each word in the reference (`index` gives that). A word may stand"
            " there twice, and have other neighbours the second time.",
        ),
        Misconception(
            "each_pair_once",
            _used_once,
            "A pair that comes twice in the hypothesis is cut the second time with you. Here it is enough that it"
            " stands in the reference somewhere: nothing is used up.",
        ),
        Misconception(
            "whole_block_in_reference",
            _whole_blocks,
            "You ask whether the whole block stands in the reference. Only the two neighbours count, wherever they"
            " stand side by side.",
        ),
        Misconception(
            "unmatched_words_together",
            _turned(joined=lambda a, b, reference: _neighbours(a, b, reference) or not {a, b} & {*reference}),
            "Neighbours that are both missing in the reference stay together with you. They are no pair of it either:"
            " cut between them.",
        ),
        Misconception(
            "round_the_end",
            _round_the_end,
            "The first word is joined to the last one with you (place 0 minus 1 is the end of a list). Nothing stands"
            " before the first word: it begins a block.",
        ),
        Misconception(
            "pairs_as_text",
            _turned(joined=lambda a, b, reference: f"{a} {b}" in " ".join(reference)),
            'You look for "a b" as letters in the text of the reference, and find it inside longer words too. Compare'
            " words.",
        ),
        Misconception(
            "lowercased",
            _turned(joined=lambda a, b, reference: _neighbours(a.lower(), b.lower(), [*map(str.lower, reference)])),
            '"The" and "the" are one word with you. Here words are compared as they are.',
        ),
        Misconception(
            "single_words_dropped",
            _turned(lambda blocks: _flat(block for block in reversed(blocks) if len(block) > 1)),
            "Blocks of a single word are gone. All words stay; only their order changes.",
        ),
        Misconception(
            "arguments_swapped",
            lambda hypothesis, reference: _turned()(reference, hypothesis),
            "You cut the reference and look for its pairs in the hypothesis. It is the other way round: the words of"
            " the hypothesis come back.",
        ),
        Misconception(
            "one_text",
            _turned(lambda blocks: " ".join(_flat(reversed(blocks)))),
            "You return one text. Return a list of words, also where it is empty.",
        ),
        Misconception(
            "rotated",
            _turned(lambda blocks: _flat(blocks[1:] + blocks[:1])),
            "Only the first block has moved, to the end. All blocks are to stand in reverse order.",
        ),
        Misconception(
            "first_and_last",
            _turned(lambda blocks: _flat([blocks[-1], *blocks[1:-1], blocks[0]]) if len(blocks) > 1 else _flat(blocks)),
            "The first and the last block have changed places, and those between stay. Reverse the order of all of"
            " them.",
        ),
        Misconception(
            "blocks_not_joined",
            _turned(lambda blocks: blocks[::-1]),
            "You return a list of blocks. Put them together again: one list of words.",
        ),
        Misconception(
            "last_block_lost",
            _turned(lambda blocks: _flat(reversed(blocks[:-1]))),
            "The last block is missing. If a loop closes a block when the next one begins, nothing closes the last: add"
            " it after the loop.",
        ),
        Misconception(
            "first_block_lost",
            _turned(lambda blocks: _flat(reversed(blocks[1:]))),
            "The first block is missing. Every word of the hypothesis comes back.",
        ),
        Misconception(
            "last_to_the_front",
            _turned(lambda blocks: _flat(blocks[-1:] + blocks[:-1])),
            "Only the last block has moved, to the front. All blocks are to stand in reverse order.",
        ),
        Misconception(
            "single_block_reversed",
            _turned(lambda blocks: _flat(reversed(blocks)) if len(blocks) != 1 else blocks[0][::-1]),
            "A sentence of a single block comes out with its words reversed. There is nothing to change places with:"
            " it stays as it is.",
        ),
        Misconception(
            "before_it_anywhere",
            _turned(joined=lambda a, b, reference: (a, b) in combinations(reference, 2)),
            "You do not cut between two words if the one stands somewhere before the other in the reference. They have"
            " to stand side by side there.",
        ),
        Misconception(
            "one_between",
            _turned(joined=lambda a, b, reference: (a, b) in {*pairwise(reference), *zip(reference, reference[2:])}),
            "You do not cut between two words that have one word between them in the reference. Side by side means"
            " nothing between.",
        ),
        Misconception(
            "glued",
            _turned(joined=lambda a, b, reference: a + b in map("".join, pairwise(reference))),
            'You glue the two words of a pair together, and then "ab" + "c" is the same as "a" + "bc". Compare pairs of'
            " words.",
        ),
        Misconception(
            "cut_by_index",
            _cut_by_index,
            "You look for the place of a cut with `index`, which gives the first place of that word. In a hypothesis"
            " that has a word twice that is another place: count the places as you walk.",
        ),
        Misconception(
            "equal_blocks_once",
            _turned(lambda blocks: _flat(list(dict.fromkeys(map(tuple, blocks)))[::-1])),
            "Of blocks that are equal you keep one. Every word comes back as often as it stands in the hypothesis.",
        ),
        Misconception(
            "none_for_empty",
            lambda hypothesis, reference: _turned()(hypothesis, reference) if hypothesis else None,
            "For an empty hypothesis you return None. Return an empty list.",
        ),
        Misconception(
            "first_word_lost",
            _turned(
                lambda blocks: _flat(reversed([blocks[0][1:], *blocks[1:]])) if blocks else [],
            ),
            "The first word of the hypothesis is missing. It begins the first block.",
        ),
    ),
    hints=(
        "A pair of words matches if it stands somewhere in the reference. Which cuts do no harm to any match?",
        "Walk through the hypothesis. A word goes on with the block of the word before it if the two are a pair of the"
        " reference; else it begins a new block.",
        "`count_ngrams(reference, 2)` knows the pairs. Collect `blocks`, a list of lists; at the end: `[word for block"
        " in reversed(blocks) for word in block]`.",
    ),
)

# --------------------------------------------------------------------------------------- 6 · endings


# Real words with nearly every last letter that the languages have: one letter for all of them is in the way somewhere.
EVERY_ENDING = (
    "страна зуб рукав снег сад море бельё нож глаз дети чай язык стол дом сон окно",
    "суп двор лес кот небу шарф воздух месяц луч камыш плащ годы ночь каноэ семью земля",
    "casa sob noite chef blog aqui rock papel homem hífen gato laptop amar mais robot tatu show tórax hobby paz",
)


def _endings_cases(rng: np.random.Generator) -> list[Case]:
    russian = ("студент", "читает", "книга", "книгу", "новую", "вечером", "подруга", "зелёное", "окно", "старый")
    texts = (
        ["кошка", "лежит"],
        ["книга", "лежит", "возле", "книги"],
        ["маленькая", "девочка", "внимательно", "рассматривала", "большую", "картину"],
        ["новая", "новое", "новые", "новый", "подарок"],
        ["кота", "коте", "коту", "коты", "мышь"],
        ["menina", "pequena", "olhava", "atentamente", "para", "aquele", "quadro"],
        ["gato"],
        ["gata", "gato", "gate", "gati"],
        ["mar", "mas", "som", "son"],  # last letters that are neighbours in the alphabet
        ["лес", "лет", "дом", "дон"],
        *(text.split() for text in EVERY_ENDING),
    )
    drawn = [str(russian[i]) for i in rng.permutation(len(russian))[:5]]
    return [Case({"reference": list(words)}, " ".join(words)) for words in (*texts, drawn)]


def _endings_fault(case: Case, output: Any) -> Fault:
    reference = case.inputs["reference"]
    if not _word_list(output):
        return (
            "text" if isinstance(output, str) else "shape"
        ), f"Expected a list of words, got {compare.kind(output)}."
    if len(output) != len(reference):
        words = f"{len(reference)} word" + "s" * (len(reference) != 1)
        return f"number {len(output) - len(reference)}", f"Expected {words}, got {len(output)}."
    kept = [i for i, (word, made) in enumerate(zip(reference, output)) if made == word]
    for word, made in zip(reference, output):
        if made in reference:
            name = f"unchanged {kept}" if made == word else "another's"
            return name, f"In the place of {word!r} you have {made!r}, which stands in the reference: it matches."
        if len(made) != len(word):
            return f"letters {len(made) - len(word)}", f"{made!r} has not as many letters as {word!r}."
        if made.lower() == word:
            return "capitals", f"{made!r} is {word!r} with a capital: the same letters. Put another letter in."
        if made[:-1] != word[:-1]:
            kind = "first" if made[1:] == word[1:] else "stem"
            kind = "last two" if made[:-2] == word[:-2] and made[-1] != word[-1] else kind
            kind = "not the last" if made[-1] == word[-1] and kind != "first" else kind
            return kind, f"{made!r} differs from {word!r} in more than the last letter, or in another one."
        if not made[-1].isalpha() or made[-1] != made[-1].lower():
            return "no letter", f"{made!r} ends in {made[-1]!r}, which is no small letter."
    return None


def _ended(end: Callable[[str], str]) -> Callable[..., Any]:
    return lambda reference: [end(word) for word in reference]


def _next_letter(word: str) -> str:
    for letters in ("abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя"):
        if word[-1] in letters:
            return word[:-1] + letters[(letters.index(word[-1]) + 1) % len(letters)]
    return word[:-1] + "a"


WRONG_ENDINGS = Exercise(
    id="bleu_faults.wrong_endings",
    lesson="13",
    title="Right words, wrong endings",
    reference=bleu_faults.wrong_endings,
    cases=_endings_cases,
    judge=_judge_faults(_endings_fault),
    points=1,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "always_a",
            _ended(lambda word: word[:-1] + ("а" if word[0] >= "а" else "a")),
            "You end every word in the same letter. Words that end in it already do not change, and match. Look at the"
            " word before you choose.",
        ),
        Misconception(
            "not_looking_around",
            _ended(lambda word: word[:-1] + next(c for c in ("аеу" if word[0] >= "а" else "aeo") if c != word[-1])),
            "Each word changes, but some become another word of the same reference, and match that one. Compare with"
            " all its words.",
        ),
        Misconception(
            "next_letter",
            _ended(_next_letter),
            "Each word changes, but now and then it becomes another word of the same reference, and matches that one."
            " Look at all its words before you choose a letter.",
        ),
        Misconception(
            "letter_added",
            _ended(lambda word: word + "щ"),
            "You add a letter at the end. Change the last one: each word keeps its number of letters.",
        ),
        Misconception(
            "letter_dropped",
            _ended(lambda word: word[:-1]),
            "You drop the last letter. Change it to another one: each word keeps its number of letters.",
        ),
        Misconception(
            "first_letter",
            _ended(lambda word: "щ" + word[1:]),
            "You change the first letter. Endings stand at the end; everything before the last letter has to stay.",
        ),
        Misconception(
            "two_letters",
            _ended(lambda word: word[:-2] + "щщ"),
            "You change the last two letters. Only the last one may differ.",
        ),
        Misconception(
            "unchanged",
            _ended(lambda word: word),
            "Your sentence is the reference itself: BLEU is 100 where it should be 0.",
        ),
        Misconception(
            "only_one_word",
            lambda reference: [*reference[:-1], reference[-1][:-1] + "щ"],
            "Only the last word has changed; the others still match. Change every word.",
        ),
        Misconception(
            "first_word_kept",
            lambda reference: reference[:1] + [word[:-1] + "ъ" for word in reference[1:]],
            "The first word stays as it is, and matches. Change every word, from place 0 on.",
        ),
        Misconception(
            "only_the_first_word",
            lambda reference: [reference[0][:-1] + "ъ", *reference[1:]],
            "Only the first word has changed; the others still match. Change every word.",
        ),
        Misconception(
            "last_word_kept",
            lambda reference: [word[:-1] + "ъ" for word in reference[:-1]] + reference[-1:],
            "The last word stays as it is, and matches. Change every word, to the end of the list.",
        ),
        Misconception(
            "every_second_word",
            lambda reference: [word[:-1] + "ъ" if i % 2 == 0 else word for i, word in enumerate(reference)],
            "Every second word stays as it is, and matches. Change all of them.",
        ),
        Misconception(
            "vowels_only",
            _ended(lambda word: word[:-1] + "ъ" if word[-1] in "aeiouаеёиоуыэюя" else word),
            "Only words that end in a vowel have changed. The others match as they are: change the last letter of every"
            " word.",
        ),
        Misconception(
            "every_copy",
            _ended(lambda word: word.replace(word[-1], "ъ")),
            "In some words you change a letter before the last one too: `replace` changes every copy of a letter, not"
            " the one at the end alone. Cut the word before its last letter.",
        ),
        Misconception(
            "no_letter",
            _ended(lambda word: word[:-1] + "*"),
            "What you put at the end is no small letter. Signs, digits, spaces and capitals are not endings: another"
            " small letter is asked for.",
        ),
        Misconception(
            "in_capitals",
            _ended(str.upper),
            "You write capitals. A capital makes another word for BLEU, but is the same letter for a reader: put"
            " another letter at the end, and leave the rest.",
        ),
        Misconception(
            "one_text",
            lambda reference: " ".join(word[:-1] + "щ" for word in reference),
            "You return one text. Return a list of words, as many as the reference has.",
        ),
    ),
    hints=(
        "BLEU compares whole words: one letter is enough to make a word wrong.",
        "For each word try some last letters until the result is not a word of the reference.",
        '`next(other for other in (word[:-1] + letter for letter in "аеиоуы") if other not in reference)` finds one'
        " for a Russian word; Portuguese ones want other letters.",
    ),
)

# --------------------------------------------------------------------------------------- 7 · tokenization


def _detached_cases(rng: np.random.Generator) -> list[Case]:
    texts = (
        "He came, he saw.",
        "And Saul said to David, Go, and the Lord be with you.",
        "They paid 1,000 shekels, and 2.5 more.",
        'He said, "Who is there?"',
        "Yes, he came today",
        'He said "Go."',
        "In the twenty-fifth year, it didn't rain.",
        "They met at the café.",
        "Saul came. His men stayed at home",
        "And the king's men (there were 300) went home; no one stayed.",
    )
    names = [str(name) for name in rng.permutation(["Saul", "David", "Ruth", "Samuel", "Hannah"])[:4]]
    drawn = ", ".join(names[:-1]) + f" and {names[-1]} went home, all of them."
    return [Case({"text": text}, text) for text in (*texts, drawn)]


def _detached_fault(case: Case, output: Any) -> Fault:
    text = case.inputs["text"]
    if not isinstance(output, str):
        return (
            "list" if _word_list(output) and len(output) > 1 else "shape"
        ), f"Expected a text, got {compare.kind(output)}."
    own, other = tokenize(output, "13a"), tokenize(text, "13a")
    if own != other:
        place = next((i for i, (a, b) in enumerate(zip(own, other)) if a != b), min(len(own), len(other)))
        there = [repr(tokens[place]) if place < len(tokens) else "the end" for tokens in (other, own)]
        kind = "fewer" if len(own) < len(other) else "more"
        if "".join(own) != "".join(other):
            bare = ["".join(filter(str.isalnum, "".join(tokens))) for tokens in (own, other)]
            gone = len("".join(own)) < len("".join(other))
            kind = ("marks gone" if gone else "marks") if bare[0] == bare[1] else "letters"
            kind = "case" if "".join(own).lower() == "".join(other).lower() else kind
        elif all(len(token) == 1 for token in own):
            kind = "spelled"
        elif any(c.isdigit() for c in there[0]):
            kind = f"digits {len(own) - len(other)}"
        was = f"where it was {there[0]}" if place < len(other) else "where the given text ends"
        found = there[1] if place < len(own) else "it ends"
        return kind, f'"13a" cuts your text into other tokens: {found} {was}.'
    if output.split() == text.split():
        kind = "unchanged" if output == text else "spaces"
        return kind, 'Under "none" too your text has the same tokens: BLEU is 100.'
    score = sentence_bleu(output, text, tokenize="none").score
    if score > 95:
        return f"score {score:.0f}", f'Under "none" your text still has a BLEU of {score:.1f} against the given one.'
    return None


def _spaced(text: str, marks: str) -> str:
    return "".join(f" {c}" if c in marks else c for c in text)


DETACHED = Exercise(
    id="bleu_faults.detached",
    lesson="13",
    title="The same tokens, another score",
    reference=bleu_faults.detached,
    cases=_detached_cases,
    judge=_judge_faults(_detached_fault),
    points=1,
    minutes=6,
    difficulty=1,
    misconceptions=(
        Misconception(
            "numbers_torn",
            lambda text: _spaced(text, ",.;?"),
            "You part every comma and full stop from what stands before it, also inside a number: 1,000 becomes three"
            ' tokens for "13a" and stays one in the given text. Leave numbers whole.',
        ),
        Misconception(
            "first_mark_only",
            lambda text: next((text[:i] + " " + text[i:] for i, c in enumerate(text) if c in ",."), text),
            "You part the first mark from its word and stop there. If it stands inside a number that tears the number;"
            " and in a longer text one space may be too little.",
        ),
        Misconception(
            "space_after",
            lambda text: text.replace(",", ", ").replace(".", ". "),
            'You put spaces after the marks. There was one already, or the text ends: "none" cuts off a mark only if a'
            " space stands before it.",
        ),
        Misconception(
            "commas_only",
            lambda text: text.replace(",", " ,"),
            "You part commas only, and those inside numbers too. A text may have full stops and no comma; and a number"
            " has to stay whole.",
        ),
        Misconception(
            "stops_only",
            lambda text: text.replace(".", " ."),
            "You part full stops only, and those inside numbers too. A text may have commas and no full stop; and a"
            " number has to stay whole.",
        ),
        Misconception(
            "last_character_only",
            lambda text: text[:-1] + " " + text[-1],
            "You part the last character from the rest, whatever it is. A text may end in a letter: look for the"
            " marks.",
        ),
        Misconception(
            "marks_before_spaces_only",
            lambda text: re.sub(r"([,.])(\s|$)", r" \1\2", text),
            'You part a mark only if a space or the end of the text follows. A mark may stand before another one: "Go."'
            " in quotation marks has a full stop too.",
        ),
        Misconception(
            "international",
            lambda text: " ".join(tokenize(text, "intl")),
            'These are the tokens of "intl", which cuts at apostrophes and hyphens as well. Keep those that "13a" has.',
        ),
        Misconception(
            "every_sign_apart",
            lambda text: "".join(c if c.isalnum() or c == " " else f" {c} " for c in text),
            'You part every sign that is no letter and no digit, also those inside words and numbers. "13a" leaves'
            ' "didn\'t" and 1,000 whole.',
        ),
        Misconception(
            "marks_dropped",
            lambda text: "".join(c for c in text if c not in ',.;?()"'),
            'You leave out the marks. They are tokens for "13a": put a space before them instead.',
        ),
        Misconception(
            "unchanged",
            lambda text: text,
            'Your text is the given one: BLEU is 100 under "none" as well. Something has to be typed otherwise.',
        ),
        Misconception(
            "more_spaces",
            lambda text: text.replace(" ", "  "),
            "You put spaces where there is one already, or at an end of the text. No tokenization minds that: put a"
            " space where there was none.",
        ),
        Misconception(
            "letters_apart",
            lambda text: " ".join("".join(text.split())),
            'You put a space after every letter. "13a" then sees letters where it saw words.',
        ),
        Misconception(
            "commas_left",
            lambda text: re.sub(r"\.(?!\d)", " .", text),
            "Full stops are parted with you, commas are not. A text may have commas and no full stop, or so many words"
            " that one space is too little.",
        ),
        Misconception(
            "stops_left",
            lambda text: re.sub(r",(?!\d)", " ,", text),
            "Commas are parted with you, full stops are not. A text may have full stops and no comma.",
        ),
        Misconception(
            "only_before_a_space",
            lambda text: re.sub(r"([,.]) ", r" \1 ", text),
            "You change something only where a space follows the mark. At the end of a text, and before another mark,"
            " none does.",
        ),
        Misconception(
            "space_after_a_mark",
            lambda text: re.sub(r"([,.])(?!\d)", r"\1 ", text),
            'The space that you put in stands after the mark. "none" sees nothing new there, unless another mark'
            " follows: the space belongs before it.",
        ),
        Misconception(
            "capitals",
            str.lower,
            'You change capital letters. That changes the tokens of "13a" too: only spaces may change.',
        ),
        Misconception(
            "tokens_returned",
            lambda text: tokenize(text, "13a"),
            "You return the list of tokens. Return a text: put them together with spaces between them.",
        ),
        Misconception(
            "glued",
            lambda text: "".join(tokenize(text, "13a")),
            "You put the tokens together without spaces, so that the whole text becomes one long word.",
        ),
    ),
    hints=(
        'Which marks does "13a" cut off by itself, and "none" not?',
        'A text that already has a space before each such mark is the same for "13a" and another one for "none". The'
        " marks inside numbers are not cut off.",
        '`tokenize(text, "13a")` tells which tokens there are; write them down with spaces between them.',
    ),
)

# --------------------------------------------------------------------------------------- 8 · ROUGE-L


def _rouge_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, hypothesis: Words, reference: Words) -> Case:
        return Case({"hypothesis": hypothesis, "reference": reference}, about)

    return [
        case("a gap in both", [*"abcd"], [*"axc"]),
        case("the same words turned round", [*"abc"], [*"cba"]),
        case("the first word late in the reference", [*"abc"], [*"bca"]),
        case("repeated words", [*"aabb"], [*"abab"]),
        case("all of a long reference's beginning", [*"ab"], [*"abcdefg"]),
        case("more words than the reference", [*"xaybzc"], [*"abc"]),
        case("a tempting early match", [*"bcda"], [*"abcd"]),
        case("a choice between two ways", [*"abcbdab"], [*"bdcaba"]),
        case("two jumps, one of them better", [*"caed"], [*"dabecb"]),
        case("a word of the reference four times", [*"adcb"], [*"acaaae"]),
        case("drawn", _sentence(rng, 8, VOCABULARY[:5]), _sentence(rng, 11, VOCABULARY[:5])),
        case("drawn, longer", _sentence(rng, 17, VOCABULARY[:7]), _sentence(rng, 13, VOCABULARY[:7])),
        case("the same", [*"abcde"], [*"abcde"]),
        case("nothing in common", [*"ab"], [*"cde"]),
        case("capital letters", ["The", "cat"], ["the", "cat", "sat"]),
        case("an empty hypothesis", [], [*"ab"]),
        case("an empty reference", [*"abc"], []),
        case("both empty", [], []),
        case("long sentences", _sentence(rng, 52), _sentence(rng, 45)),
    ]


def _table(
    match: Callable[[int, int, int], int] = lambda before, above, left: before + 1,
    other: Callable[[int, int, int], int] = lambda before, above, left: max(above, left),
) -> Callable[[Sequence[str], Sequence[str]], int]:
    """The table of longest common subsequences, or a wrong one: what a cell is if two words match, and if not.

    Rows are the words of the first text, columns those of the second; `before` is the cell before both words.
    """

    def length(a: Sequence[str], b: Sequence[str]) -> int:
        row = [0] * (len(b) + 1)
        for x in a:
            above, row = row, [0]
            for j, y in enumerate(b):
                row.append((match if x == y else other)(above[j], above[j + 1], row[j]))
        return row[-1]

    return length


_lcs = _table()


def _common_run(a: Sequence[str], b: Sequence[str]) -> int:
    row, best = [0] * (len(b) + 1), 0
    for x in a:
        row = [0] + [row[j] + 1 if x == y else 0 for j, y in enumerate(b)]
        best = max(best, *row)
    return best


def _greedy(a: Sequence[str], b: Sequence[str]) -> int:
    found, after = 0, 0
    for word in a:
        if word in b[after:]:
            after = b.index(word, after) + 1
            found += 1
    return found


def _two_pointers(a: Sequence[str], b: Sequence[str]) -> int:
    found = 0
    for word in a:
        found += found < len(b) and word == b[found]
    return found


def _without_border(a: Sequence[str], b: Sequence[str]) -> int:
    """A table without the row and column of zeros: the index −1 reads the other end of it."""
    if not a or not b:
        return 0
    table = [[0] * len(b) for _ in a]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i][j] = table[i - 1][j - 1] + 1 if x == y else max(table[i - 1][j], table[i][j - 1])
    return table[-1][-1]


def _f1(p: float, r: float) -> float:
    return 2 * p * r / (p + r) if p + r else 0.0


def _rouge(
    length: Callable[[Any, Any], int] = _lcs,
    give: Callable[[float, float], Any] = lambda p, r: (p, r, _f1(p, r)),
) -> Callable[..., Any]:
    def answer(hypothesis: Words, reference: Words) -> Any:
        common = length(hypothesis, reference)
        return give(common / len(hypothesis) if hypothesis else 0.0, common / len(reference) if reference else 0.0)

    return answer


def _over_different_words(hypothesis: Words, reference: Words) -> tuple[float, float, float]:
    common = _lcs(hypothesis, reference)
    p, r = (common / max(1, len(set(text))) for text in (hypothesis, reference))
    return p, r, _f1(p, r)


ROUGE_L = Exercise(
    id="rouge.rouge_l",
    lesson="13",
    title="ROUGE-L",
    reference=rouge.rouge_l,
    cases=_rouge_cases,
    points=3,
    minutes=20,
    difficulty=3,
    seconds=3.0,
    misconceptions=(
        Misconception(
            "common_run",
            _rouge(_common_run),
            "You look for the longest run of words without a gap. A common subsequence may have gaps: in a b c d and"
            " a x c it is a c.",
        ),
        Misconception(
            "common_words",
            _rouge(lambda a, b: sum((Counter(a) & Counter(b)).values())),
            "You count the words in common, whatever their order. That is ROUGE-1; in a subsequence the words stand in"
            " the same order in both texts.",
        ),
        Misconception(
            "common_set",
            _rouge(lambda a, b: len(set(a) & set(b))),
            "You count different words in common. Their order counts, and so do words that come twice.",
        ),
        Misconception(
            "greedy",
            _rouge(_greedy),
            "You take each word's first match and go on from there. An early match far to the right can cost all the"
            " others: compare taking a word with leaving it.",
        ),
        Misconception(
            "greedy_by_the_reference",
            _rouge(lambda a, b: _greedy(b, a)),
            "You go through the reference and take each word's first match in the hypothesis. An early match far to the"
            " right can cost all the others: compare taking a word with leaving it.",
        ),
        Misconception(
            "greedy_from_the_end",
            _rouge(lambda a, b: _greedy(a[::-1], b[::-1])),
            "You go from the end and take each word's nearest match. One that is far away can cost all the others:"
            " compare taking a word with leaving it.",
        ),
        Misconception(
            "same_places",
            _rouge(lambda a, b: sum(x == y for x, y in zip(a, b))),
            "You compare the words in the same places. One word more at the beginning, and nothing would match any"
            " more.",
        ),
        Misconception(
            "first_words_lost",
            _rouge(lambda a, b: _lcs(a[1:], b[1:])),
            "The first word of each text is never compared. Row 0 and column 0 of a table stand for no words: the first"
            " words belong to row 1 and column 1.",
        ),
        Misconception(
            "two_pointers",
            _rouge(_two_pointers),
            "You wait for the next word of the reference and never leave one out there. A subsequence may skip words on"
            " both sides.",
        ),
        Misconception(
            "two_pointers_the_other_way",
            _rouge(lambda a, b: _two_pointers(b, a)),
            "You wait for the next word of the hypothesis and never leave one out there. A subsequence may skip words"
            " on both sides.",
        ),
        Misconception(
            "one_row_for_all",
            _rouge(_table(match=lambda before, above, left: left + 1)),
            "At a match you add one to the cell beside, where one of the two words may be used already. So it comes if"
            " all rows are one list (`[row] * n` repeats the same one), or if you keep one row and write over it: the"
            " cell before both words is gone then.",
        ),
        Misconception(
            "row_above_only",
            _rouge(_table(other=lambda before, above, left: above)),
            "Without a match you look at one cell only, that of the hypothesis without its last word. Either word may"
            " be the one that is not used: the larger of two cells counts.",
        ),
        Misconception(
            "shorter_reference_only",
            _rouge(_table(other=lambda before, above, left: left)),
            "Without a match you look at one cell only, that of the reference without its last word. Either word may"
            " be the one that is not used: the larger of two cells counts.",
        ),
        Misconception(
            "smaller_of_two",
            _rouge(_table(other=lambda before, above, left: min(above, left))),
            "Without a match you take the smaller of the two cells. The longest subsequence is looked for: the larger"
            " one counts.",
        ),
        Misconception(
            "last_words_lost",
            _rouge(lambda a, b: _lcs(a[:-1], b[:-1])),
            "The last word of each text is never compared. The table has one row and one column more than there are"
            " words: its loops go one further.",
        ),
        Misconception(
            "first_word_of_the_hypothesis_lost",
            _rouge(lambda a, b: _lcs(a[1:], b)),
            "The first word of the hypothesis is never compared.",
        ),
        Misconception(
            "above_plus_one",
            _rouge(_table(match=lambda before, above, left: above + 1)),
            "At a match you add one to a cell in which one of the two words may be used already (one row written over"
            " has the same effect). Add it to the cell before both words.",
        ),
        Misconception(
            "diagonal_only",
            _rouge(_table(other=lambda before, above, left: before)),
            "Without a match you go on from the cell before both words, so that a gap must be equally long on both"
            " sides. Compare the cell above with the one to the left.",
        ),
        Misconception(
            "last_run",
            _rouge(_table(other=lambda before, above, left: 0)),
            "Your table starts at 0 again after a word that does not match, and its last cell is the run of equal words"
            " at the end. Without a match the best so far goes on.",
        ),
        Misconception(
            "without_border",
            _rouge(_without_border),
            "Your table has no row and no column of zeros: in its first row, place 0 minus 1 is the other end of the"
            " table. Make it one larger each way.",
        ),
        Misconception(
            "word_used_twice",
            _rouge(_table(match=lambda before, above, left: max(above, left) + 1)),
            "Your table adds one to the cell above or left at a match, so that one word of the reference can match"
            " several of the hypothesis. At a match the cell before both words counts.",
        ),
        Misconception(
            "swapped",
            _rouge(give=lambda p, r: (r, p, _f1(p, r))),
            "Precision and recall have changed places: precision divides by the hypothesis's length, recall by the"
            " reference's.",
        ),
        Misconception(
            "arithmetic_mean",
            _rouge(give=lambda p, r: (p, r, (p + r) / 2)),
            "Your third number is the plain mean of precision and recall. F1 is the harmonic one, 2·P·R / (P + R): it"
            " is small if either is.",
        ),
        Misconception(
            "without_the_two",
            _rouge(give=lambda p, r: (p, r, p * r / (p + r) if p + r else 0.0)),
            "Your F1 is half of what it should be: two equal texts have 1.",
        ),
        Misconception(
            "product",
            _rouge(give=lambda p, r: (p, r, p * r)),
            "Your third number is the product of precision and recall. F1 is 2·P·R / (P + R).",
        ),
        Misconception(
            "geometric_mean",
            _rouge(give=lambda p, r: (p, r, math.sqrt(p * r))),
            "Your third number is the geometric mean of precision and recall. F1 is the harmonic one, 2·P·R / (P + R).",
        ),
        Misconception(
            "meteors_mean",
            _rouge(give=lambda p, r: (p, r, 10 * p * r / (r + 9 * p) if p + r else 0.0)),
            "Your third number leans to recall, as METEOR's does. In F1 precision and recall weigh the same.",
        ),
        Misconception(
            "lengths_of_sets",
            _over_different_words,
            "You divide by the number of different words. A word that comes twice is two words of the text.",
        ),
        Misconception(
            "letters",
            lambda hypothesis, reference: _rouge()(" ".join(hypothesis), " ".join(reference)),
            "You compare letters (a text instead of a list of words). The subsequence is one of words.",
        ),
        Misconception(
            "f1_only",
            _rouge(give=_f1),
            "You return F1 alone. Precision and recall are asked for too, before it.",
        ),
        Misconception(
            "length_only",
            lambda hypothesis, reference: _lcs(hypothesis, reference),
            "You return the length of the longest common subsequence. Divide it by the two lengths, and add F1.",
        ),
        Misconception(
            "percent",
            _rouge(give=lambda p, r: (100 * p, 100 * r, 100 * _f1(p, r))),
            "Your numbers are percentages. Here they run from 0 to 1.",
        ),
        Misconception(
            "lowercased",
            _rouge(lambda a, b: _lcs([word.lower() for word in a], [word.lower() for word in b])),
            '"The" matches "the" with you. The function compares words as they are; who wants small letters makes them'
            " before.",
        ),
    ),
    hints=(
        "Let L(i, j) be the answer for the first i words of one text and the first j of the other. How does L(i, j)"
        " follow from smaller ones?",
        "If the last words are the same: L(i − 1, j − 1) + 1. If not, one of them is not used: the larger of"
        " L(i − 1, j) and L(i, j − 1). With no words on one side it is 0.",
        "One row at a time: `row.append(above[j] + 1 if word == other else max(above[j + 1], row[j]))`, beginning with"
        " `[0]`. The last number of the last row is the length.",
    ),
)

# --------------------------------------------------------------------------------------- 9 · METEOR


def _meteor_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, alignment: list[tuple[int, int]], length: int, reference_length: int) -> Case:
        names = {"alignment": alignment, "length": length, "reference_length": reference_length}
        return Case(names, about)

    own = sorted(int(i) for i in rng.permutation(14)[:9])
    theirs = sorted(int(j) for j in rng.permutation(11)[:9])
    shuffled = [int(j) for j in rng.permutation(12)[:7]]
    return [
        case("one chunk", [(0, 0), (1, 1), (2, 2)], 3, 4),
        case("two chunks, the order turned", [(0, 3), (1, 4), (2, 0), (3, 1), (4, 2)], 5, 6),
        case("a gap in the hypothesis", [(0, 0), (1, 1), (3, 2), (4, 3)], 5, 4),
        case("a gap in the reference", [(0, 0), (1, 1), (2, 3), (3, 4)], 4, 5),
        case("the same gap in both", [(0, 0), (1, 1), (3, 3), (4, 4)], 6, 5),
        case("two matches, a step on and a step back", [(0, 1), (3, 0)], 4, 2),
        case("every word a chunk, backwards", [(0, 3), (1, 2), (2, 1), (3, 0)], 4, 7),
        case("one match", [(2, 1)], 8, 3),
        case("a short hypothesis", [(0, 4), (1, 5)], 2, 9),
        case("a long hypothesis", [(4, 0), (5, 1), (6, 2)], 12, 3),
        case("drawn, in order", list(zip(own, theirs)), 14, 11),
        case("drawn, out of order", list(zip(range(7), shuffled)), 8, 12),
        case("no match", [], 5, 6),
        case("empty sentences", [], 0, 0),
    ]


def _chunks(alignment: list[tuple[int, int]]) -> int:
    return sum((i - 1, j - 1) not in alignment for i, j in alignment)


def _chunks_by_one_side(alignment: list[tuple[int, int]]) -> int:
    return 1 + sum(b[0] != a[0] + 1 and b[1] != a[1] + 1 for a, b in pairwise(alignment))


def _chunks_of_at_most_two(alignment: list[tuple[int, int]]) -> int:
    chunks, start = 0, (-9, -9)
    for i, j in alignment:
        if (i, j) != (start[0] + 1, start[1] + 1):
            chunks, start = chunks + 1, (i, j)
    return chunks


def _meteor(
    mean: Callable[[float, float], float] = lambda p, r: 10 * p * r / (r + 9 * p),
    chunks: Callable[[list[tuple[int, int]]], float] = _chunks,
    penalty: Callable[..., float] = lambda c, m, length: 0.5 * (c / m) ** 3,
    scale: float = 1.0,
) -> Callable[..., Any]:
    def answer(alignment: list[tuple[int, int]], length: int, reference_length: int) -> float:
        m = len(alignment)
        if not m:
            return 0.0
        return scale * mean(m / length, m / reference_length) * (1 - penalty(chunks(alignment), m, length))

    return answer


METEOR = Exercise(
    id="meteor.meteor_from_alignment",
    lesson="13",
    title="METEOR from an alignment",
    reference=meteor.meteor_from_alignment,
    cases=_meteor_cases,
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "f1",
            _meteor(_f1),
            "Your mean is F1, in which precision and recall weigh the same. METEOR's leans to recall, nine to one.",
        ),
        Misconception(
            "leans_to_precision",
            _meteor(lambda p, r: 10 * p * r / (p + 9 * r)),
            "Your mean leans to precision: either the 9 stands at the wrong letter or the two lengths have changed"
            " places. A translation that leaves words out should lose most.",
        ),
        Misconception(
            "without_the_ten",
            _meteor(lambda p, r: p * r / (r + 9 * p)),
            "Your mean is a tenth of what it should be: with P = R = 1 it has to be 1.",
        ),
        Misconception(
            "recall_only",
            _meteor(lambda p, r: r),
            "You take recall for the mean. Precision has a part in it, if only a tenth.",
        ),
        Misconception(
            "weighed_sum",
            _meteor(lambda p, r: 0.1 * p + 0.9 * r),
            "Your mean is a weighed sum, 0.1·P + 0.9·R. METEOR's is harmonic: 10·P·R / (R + 9·P).",
        ),
        Misconception(
            "no_penalty",
            _meteor(penalty=lambda c, m, length: 0.0),
            "You give the mean alone. The penalty for scattered matches is missing: it sees the order of words.",
        ),
        Misconception(
            "penalty_subtracted",
            lambda alignment, length, reference_length: (
                _meteor(penalty=lambda *_: 0.0)(alignment, length, reference_length)
                - 0.5 * (_chunks(alignment) / len(alignment)) ** 3
                if alignment
                else 0.0
            ),
            "You subtract the penalty from the mean. The mean is multiplied by one minus the penalty.",
        ),
        Misconception(
            "penalty_alone",
            lambda alignment, length, reference_length: _meteor(penalty=lambda c, m, length: 1 - 0.5 * (c / m) ** 3)(
                alignment, length, reference_length
            ),
            "You multiply by the penalty itself, so that scattered matches score higher. Multiply by one minus it.",
        ),
        Misconception(
            "not_cubed",
            _meteor(penalty=lambda c, m, length: 0.5 * c / m),
            "Your penalty grows in proportion to the chunks. The fraction c / m is taken to the third power.",
        ),
        Misconception(
            "whole_cube",
            _meteor(penalty=lambda c, m, length: (0.5 * c / m) ** 3),
            "The 0.5 is cubed too with you. Only the fraction c / m is.",
        ),
        Misconception(
            "whole_factor_cubed",
            _meteor(penalty=lambda c, m, length: 1 - (1 - 0.5 * c / m) ** 3),
            "You cube the whole factor, one minus the penalty. Only the fraction c / m is cubed.",
        ),
        Misconception(
            "only_the_matches_cubed",
            _meteor(penalty=lambda c, m, length: 0.5 * c / m**3),
            "Only the number of matches is cubed with you (`c / m ** 3`). The whole fraction is: it needs brackets.",
        ),
        Misconception(
            "fourth_power",
            _meteor(penalty=lambda c, m, length: 0.5 * (c / m) ** 4),
            "Your fraction is taken to another power than the third: scattered matches cost too little.",
        ),
        Misconception(
            "fraction_upside_down",
            _meteor(penalty=lambda c, m, length: 0.5 * (m / c) ** 3),
            "Your fraction is upside down: few chunks cost most with you, and scores fall below 0. It is chunks over"
            " matches.",
        ),
        Misconception(
            "one_side_is_enough",
            _meteor(chunks=_chunks_by_one_side),
            "A match goes on with a chunk with you if it is a neighbour on either side. It has to be one on both: `or`"
            " joins two reasons to break.",
        ),
        Misconception(
            "chunks_of_two",
            _meteor(chunks=lambda a: sum((i - 1, j - 1) not in a and (i + 1, j + 1) in a for i, j in a)),
            "A match that stands alone is no chunk with you. It is one, of length 1.",
        ),
        Misconception(
            "beside_the_first",
            _meteor(chunks=_chunks_of_at_most_two),
            "You compare each match with the first of its chunk, so that no chunk is longer than two. Compare with the"
            " match before it.",
        ),
        Misconception(
            "without_the_half",
            _meteor(penalty=lambda c, m, length: (c / m) ** 3),
            "Your penalty can reach 1, so that matches that all stand alone score 0. It is half of the cube.",
        ),
        Misconception(
            "breaks",
            _meteor(chunks=lambda alignment: _chunks(alignment) - 1),
            "You count the breaks between the chunks. The chunks are one more: an unbroken alignment is one chunk.",
        ),
        Misconception(
            "one_chunk_more",
            _meteor(chunks=lambda alignment: _chunks(alignment) + 1),
            "Your number of chunks is one too large: an unbroken alignment is one chunk.",
        ),
        Misconception(
            "reference_side_only",
            _meteor(chunks=lambda a: 1 + sum(y[1] != x[1] + 1 for x, y in pairwise(a))),
            "You look for breaks in the reference only. A gap in the hypothesis ends a chunk as well.",
        ),
        Misconception(
            "hypothesis_side_only",
            _meteor(chunks=lambda a: 1 + sum(y[0] != x[0] + 1 for x, y in pairwise(a))),
            "You look for breaks in the hypothesis only. A gap or a jump in the reference ends a chunk as well.",
        ),
        Misconception(
            "same_distance",
            _meteor(chunks=lambda a: 1 + sum(y[1] - y[0] != x[1] - x[0] for x, y in pairwise(a))),
            "Two matches form one chunk with you if they are moved by the same distance. They have to be neighbours"
            " too: a word between them that matches nothing ends the chunk.",
        ),
        Misconception(
            "backwards_allowed",
            _meteor(chunks=lambda a: 1 + sum(y[0] != x[0] + 1 or abs(y[1] - x[1]) != 1 for x, y in pairwise(a))),
            "Words that are neighbours in the reference in the opposite order are one chunk with you. The order has to"
            " be the same.",
        ),
        Misconception(
            "squared",
            _meteor(penalty=lambda c, m, length: 0.5 * (c / m) ** 2),
            "Your penalty takes the square of c / m. It is the third power: scattered matches cost much, a few breaks"
            " little.",
        ),
        Misconception(
            "falling_places",
            _meteor(chunks=lambda a: 1 + sum(y[1] < x[1] for x, y in pairwise(a))),
            "A new chunk begins with you only where the reference is read backwards. A word left out between two"
            " matches ends a chunk too, on either side.",
        ),
        Misconception(
            "places_without_order",
            _meteor(chunks=lambda a: len({j for _, j in a} - {j + 1 for _, j in a})),
            "You look for runs of places in the reference, in whatever order and wherever in the hypothesis their words"
            " stand. Neighbours must be neighbours on both sides.",
        ),
        Misconception(
            "single_chunk_free",
            _meteor(penalty=lambda c, m, length: 0.5 * (c / m) ** 3 if c > 1 else 0.0),
            "One chunk costs nothing with you. The formula takes a little even then: ½ · (1 / m)³.",
        ),
        Misconception(
            "later_weights",
            _meteor(lambda p, r: p * r / (0.85 * p + 0.15 * r)),
            "Your mean has later weights (0.85 in place of 0.9). Here recall weighs nine times as much as precision.",
        ),
        Misconception(
            "over_the_length",
            _meteor(penalty=lambda c, m, length: 0.5 * (c / length) ** 3),
            "You divide the chunks by the words of the hypothesis. Divide by the matches: the question is how scattered"
            " those are.",
        ),
        Misconception(
            "percent",
            _meteor(scale=100.0),
            "Your score runs to 100. METEOR is given from 0 to 1 here.",
        ),
    ),
    hints=(
        "Three numbers decide: how many matches, out of how many words on each side, and in how many pieces.",
        "A pair (i, j) goes on with a chunk if (i − 1, j − 1) is matched too. Count the pairs for which it is not.",
        "`chunks = sum((i - 1, j - 1) not in alignment for i, j in alignment)`; then the formula. Think of an alignment"
        " without pairs first.",
    ),
)

# --------------------------------------------------------------------------------------- 10 · bootstrap

Statistics = NDArray[np.int64]


def _share_of_ones(row: Any) -> float:
    """A simple score for the cases: what the second column adds up to, over the first."""
    return float(row[1]) / float(row[0]) if row[0] else 0.0


def _second_column(row: Any) -> float:
    return float(row[1])


def _full_tens(row: Any) -> float:
    """A score that a mean of rows does not have: it asks how large the sum is."""
    return float(row[1] // 10)


SCORES = {"share": _share_of_ones, "second column": _second_column, "full tens": _full_tens}
_SAID = {
    "share": "the score is column 1 over column 0",
    "second column": "the score is column 1",
    "full tens": "the score is column 1 // 10",
    None: "the score is BLEU, the default",
}


def _bootstrap_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, first: Statistics, second: Statistics, draws: Any, score: str | None) -> Case:
        inputs = {"first": first, "second": second, "draws": draws}
        sizes = {"sentences": len(first), "samples": len(draws), "columns": first.shape[1]}
        return Case(inputs, f"{about}; {_SAID[score]}", sizes, {"score": score})

    def of_bleu(sentences: int, samples: int, changes: tuple[int, int], about: str) -> Case:
        texts = [_sentence(rng, int(rng.integers(7, 13))) for _ in range(sentences)]
        sides = [
            bleu.bleu_statistics([" ".join(_like(rng, t, k)) for t in texts], [" ".join(t) for t in texts])
            for k in changes
        ]
        return case(about, sides[0], sides[1], rng.integers(0, sentences, size=(samples, sentences)), None)

    def of_shares(sentences: int, samples: int, about: str) -> Case:
        totals = rng.integers(1, 40, size=sentences)
        sides = [np.stack([totals, rng.binomial(totals, p)], axis=1) for p in (0.52, 0.5)]
        return case(about, sides[0], sides[1], rng.integers(0, sentences, size=(samples, sentences)), "share")

    small = np.array([[4, 3], [2, 0], [2, 1]])
    other = np.array([[4, 1], [2, 1], [2, 1]])
    four = np.array([[0, 1, 2], [0, 0, 1], [1, 1, 2], [2, 2, 2], [2, 2, 1]])
    long, short = np.array([[1, 1], [60, 20], [1, 1]]), np.array([[1, 0], [60, 33], [1, 0]])
    late = np.array([[9, 0], [9, 0], [9, 0], [9, 9]]), np.array([[9, 1], [9, 1], [9, 1], [9, 1]])
    return [
        case("three sentences, five draws", small, other, four, "second column"),
        case("three sentences, five draws", small, other, four, "share"),
        case("one long sentence among short ones", long, short, np.array([[0, 1, 2], [1, 1, 0], [0, 2, 2], [1, 0, 0]]),
             "share"),
        case("longer texts of the second system", np.array([[10, 5], [8, 3], [9, 4]]),
             np.array([[30, 9], [20, 9], [40, 10]]), np.array([[0, 0, 2], [0, 1, 1], [1, 1, 1], [1, 2, 1], [1, 1, 1]]),
             "share"),
        case("a sentence drawn twice decides", np.array([[6, 5], [6, 0], [6, 1]]), np.array([[6, 3], [6, 3], [6, 1]]),
             np.array([[0, 0, 1], [1, 1, 0], [2, 0, 0], [0, 1, 2]]), "second column"),
        case("full tens", np.array([[9, 8], [9, 7], [9, 6]]), np.array([[9, 6], [9, 6], [9, 6]]),
             np.array([[0, 1, 2], [0, 0, 1], [2, 2, 2], [1, 1, 1], [2, 1, 2]]), "full tens"),
        case("long texts with nearly the same score", np.array([[50000, 20003], [40000, 15001], [60000, 30000]]),
             np.array([[50000, 20000], [40000, 15003], [60000, 30001]]),
             np.array([[0, 0, 1], [1, 1, 0], [0, 1, 2], [0, 2, 0], [0, 0, 0]]), "share"),
        case("fewer draws than sentences, the last one decides", *late,
             np.array([[3, 2, 2, 3], [0, 1, 2, 3], [0, 1, 1, 0]]), "second column"),
        of_shares(7, 31, "seven sentences"),
        of_bleu(9, 23, (3, 3), "nine sentences"),
        of_bleu(12, 17, (2, 4), "twelve sentences"),
        case("twice the same system", small, small, four, "share"),
        case("one sentence", small[:1], other[:1], np.zeros((6, 1), dtype=np.int64), "share"),
        of_shares(10, 1, "a single draw"),
    ]  # fmt: skip


def _run_bootstrap(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    name = case.extra["score"]
    if name is None:
        return answer(inputs["first"], inputs["second"], inputs["draws"])
    return answer(inputs["first"], inputs["second"], inputs["draws"], score=SCORES[name])


def _bootstrapped(
    wins: Callable[[float, float], float] = lambda a, b: float(a > b),
    give: Callable[[list[float]], float] = lambda won: sum(won) / len(won),
    value: Callable[[Any, Any, Any], float] = lambda score, rows, drawn: score(rows[drawn].sum(axis=0)),
    other: Callable[[Any, int], Any] = lambda draws, k: draws[k],
    turn: Callable[[Any], Any] = lambda draws: draws,
) -> Callable[..., Any]:
    def answer(first: Any, second: Any, draws: Any, score: Any = bootstrap.bleu_of) -> float:
        draws = turn(draws)
        won = [wins(value(score, first, drawn), value(score, second, other(draws, k))) for k, drawn in enumerate(draws)]
        return give(won)

    return answer


def _more_than_the_difference(first: Any, second: Any, draws: Any, score: Any = bootstrap.bleu_of) -> float:
    whole = score(first.sum(axis=0)) - score(second.sum(axis=0))
    apart = [score(first[drawn].sum(axis=0)) - score(second[drawn].sum(axis=0)) for drawn in draws]
    return sum(difference > whole for difference in apart) / len(apart)


def _sentences_won(first: Any, second: Any, draws: Any, score: Any = bootstrap.bleu_of) -> float:
    return float(np.mean([score(first[i]) > score(second[i]) for drawn in draws for i in drawn]))


def _added_up(first: Any, second: Any, draws: Any, score: Any = bootstrap.bleu_of) -> float:
    sums = [np.cumsum(rows[draws].sum(axis=1), axis=0) for rows in (first, second)]
    return sum(score(a) > score(b) for a, b in zip(*sums)) / len(draws)


PAIRED_BOOTSTRAP = Exercise(
    id="bootstrap.paired_bootstrap",
    lesson="13",
    title="The paired bootstrap",
    reference=bootstrap.paired_bootstrap,
    cases=_bootstrap_cases,
    run=_run_bootstrap,
    points=3,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "ties_won",
            _bootstrapped(lambda a, b: float(a >= b)),
            "Draws in which both systems score the same count as won with you. They are not: twice the same system wins"
            " 0 of them.",
        ),
        Misconception(
            "ties_halved",
            _bootstrapped(lambda a, b: 0.5 if a == b else float(a > b)),
            "A draw with equal scores counts half with you. Here it is not won.",
        ),
        Misconception(
            "losses",
            _bootstrapped(lambda a, b: float(a < b)),
            "You count the draws that the second system wins. Asked for are those of the first.",
        ),
        Misconception(
            "not_won",
            _bootstrapped(lambda a, b: float(a <= b)),
            "You return the share of draws that the first system does not win. Asked for is the share that it wins.",
        ),
        Misconception(
            "mean_of_sentences",
            _bootstrapped(
                value=lambda score, rows, drawn: float(np.mean([score(row) for row in rows[drawn]])),
            ),
            "You score each drawn sentence and take the mean. A corpus score adds up the rows of the drawn sentences"
            " first and is computed once.",
        ),
        Misconception(
            "mean_of_rows",
            _bootstrapped(value=lambda score, rows, drawn: score(rows[drawn].mean(axis=0))),
            "You take the mean of the drawn rows. A score is made of sums: BLEU counts whole matches and whole words,"
            " and a fraction of one is lost on the way.",
        ),
        Misconception(
            "repeats_lost",
            _bootstrapped(value=lambda score, rows, drawn: score(rows[np.unique(drawn)].sum(axis=0))),
            "A sentence that was drawn twice counts once with you. Draws are with replacement: it counts as often as it"
            " was drawn.",
        ),
        Misconception(
            "not_paired",
            _bootstrapped(other=lambda draws, k: draws[(k + 1) % len(draws)]),
            "The two systems are scored on different draws. Pairing means the same sentences for both: otherwise an"
            " easy draw wins, not a good system.",
        ),
        Misconception(
            "not_paired_backwards",
            _bootstrapped(other=lambda draws, k: draws[-1 - k]),
            "The second system gets the draws in another order than the first. Both are scored on the same drawn"
            " sentences.",
        ),
        Misconception(
            "not_paired_one_before",
            _bootstrapped(other=lambda draws, k: draws[k - 1]),
            "The second system is scored on the draw before that of the first. Both are scored on the same drawn"
            " sentences: that is what pairs them.",
        ),
        Misconception(
            "numbers_from_one",
            _bootstrapped(turn=lambda draws: draws - 1),
            "You subtract one from the numbers in `draws`. They count from 0, as places do in Python.",
        ),
        Misconception(
            "first_not_drawn",
            lambda first, second, draws, score=bootstrap.bleu_of: (
                sum(score(first.sum(axis=0)) > score(second[drawn].sum(axis=0)) for drawn in draws) / len(draws)
            ),
            "Only the second system is drawn; the first is scored on the whole test set each time. Draw the same"
            " sentences for both.",
        ),
        Misconception(
            "rounded_scores",
            _bootstrapped(lambda a, b: float(round(a, 2) > round(b, 2))),
            "Small differences are lost with you: the scores are rounded, or a lead of some size is asked for. Any lead"
            " counts, as long as it is above 0.",
        ),
        Misconception(
            "more_than_the_difference",
            _more_than_the_difference,
            "You count draws in which the first leads by more than on the whole test set. Any lead counts: ask whether"
            " its score is higher.",
        ),
        Misconception(
            "over_a_thousand",
            _bootstrapped(give=lambda won: sum(won) / 1000),
            "You divide by 1000 always. Divide by the number of rows that `draws` has.",
        ),
        Misconception(
            "over_the_columns",
            lambda first, second, draws, score=bootstrap.bleu_of: (
                _bootstrapped(give=sum)(first, second, draws, score) / first.shape[1]
            ),
            "You divide by the number of columns. The wins are counted over the draws.",
        ),
        Misconception(
            "second_not_drawn",
            lambda first, second, draws, score=bootstrap.bleu_of: (
                sum(score(first[drawn].sum(axis=0)) > score(second.sum(axis=0)) for drawn in draws) / len(draws)
            ),
            "Only the first system is drawn; the second is scored on the whole test set each time. Draw the same"
            " sentences for both.",
        ),
        Misconception(
            "ties_left_out",
            _bootstrapped(
                lambda a, b: a - b,
                give=lambda apart: sum(lead > 0 for lead in apart) / max(1, sum(lead != 0 for lead in apart)),
            ),
            "Draws in which both score the same are left out of your count, of the wins and of the draws. They are"
            " draws that were not won.",
        ),
        Misconception(
            "sentences_won",
            _sentences_won,
            "You compare the systems sentence by sentence, and return the share of sentences won. A whole draw is won"
            " or lost, by the score of its sum.",
        ),
        Misconception(
            "columns_summed",
            _bootstrapped(value=lambda score, rows, drawn: score(rows[drawn].sum(axis=1))),
            "You add up the columns of each sentence. Add up the sentences, and keep the columns: they are what the"
            " score is made of.",
        ),
        Misconception(
            "score_not_called",
            _bootstrapped(value=lambda score, rows, drawn: float(rows[drawn].sum())),
            "You compare sums of all the numbers, and never make a score of them. Give the summed row to `score`.",
        ),
        Misconception(
            "difference_scored",
            lambda first, second, draws, score=bootstrap.bleu_of: (
                sum(score((first - second)[drawn].sum(axis=0)) > 0 for drawn in draws) / len(draws)
            ),
            "You subtract the counts of the systems and score the difference. Score each system, then compare the two"
            " scores.",
        ),
        Misconception(
            "sums_run_on",
            _added_up,
            "Your sums run on from draw to draw: each one holds all those before it. Begin at zero for each draw.",
        ),
        Misconception(
            "majority",
            _bootstrapped(give=lambda won: float(sum(won) > len(won) / 2)),
            "You say who won more draws, 0 or 1. Asked for is the share of draws that the first wins.",
        ),
        Misconception(
            "draws_turned",
            _bootstrapped(turn=lambda draws: draws.T),
            "You walk along the columns of `draws`. Each row is one drawn test set.",
        ),
        Misconception(
            "score_ignored",
            lambda first, second, draws, score=bootstrap.bleu_of: _bootstrapped()(first, second, draws),
            "You score by BLEU whatever `score` was given. Use the function that comes as the fourth argument.",
        ),
        Misconception(
            "whole_test_set",
            _bootstrapped(turn=lambda draws: np.arange(draws.shape[1])[None]),
            "You compare the two systems once, on the whole test set, so the result is 0 or 1. Compare them on each"
            " drawn one.",
        ),
        Misconception(
            "number_of_wins",
            _bootstrapped(give=sum),
            "You return how many draws were won. Divide by how many there are.",
        ),
        Misconception(
            "percent",
            _bootstrapped(give=lambda won: 100 * sum(won) / len(won)),
            "Your share runs to 100. Here it runs from 0 to 1.",
        ),
        Misconception(
            "over_the_sentences",
            lambda first, second, draws, score=bootstrap.bleu_of: (
                _bootstrapped(give=sum)(first, second, draws, score) / len(first)
            ),
            "You divide by the number of sentences. The wins are counted over the draws.",
        ),
        Misconception(
            "mean_difference",
            _bootstrapped(lambda a, b: a - b),
            "You return the mean difference of the scores. Asked for is how often the first is higher, whatever the"
            " distance.",
        ),
    ),
    hints=(
        "What happens to one row of `draws`? Do that first, then repeat it for all rows and count.",
        "`first[drawn]` picks rows, those drawn twice twice. Sum them over the sentences, score the sum; do the same"
        " with `second`, and compare.",
        "`score(first[drawn].sum(axis=0)) > score(second[drawn].sum(axis=0))` for each `drawn` in `draws`; the share of"
        " True is the answer.",
    ),
)

EXERCISES = (
    CLIPPED_MATCHES,
    SCORE_FROM_COUNTS,
    CORPUS_SCORE,
    OPPOSITE_MEANING,
    REVERSE_BLOCKS,
    WRONG_ENDINGS,
    DETACHED,
    ROUGE_L,
    METEOR,
    PAIRED_BOOTSTRAP,
)
