"""The exercises of lesson 03, n-grams: cases, known mistakes and what to say about them, hints.

Every case is one call, so that a message can show its input whole. Tables of counts are made fresh from random
sentences of the lesson's own words; where a mistake would hide behind chance, a fixed table stands beside them.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from utils import ngrams
from utils.checks.model import Case, Exercise, Misconception, Property
from utils.ngrams import END, START, Context, Counts, ngram_counts, pad

Table = Mapping[Context, Mapping[str, int]]

WORDS = ("the", "students", "teacher", "opened", "closed", "their", "books", "laptops")


def _sentences(rng: np.random.Generator, lengths: Sequence[int], words: Sequence[str] = WORDS[:5]) -> list[list[str]]:
    return [[words[i] for i in rng.integers(len(words), size=length)] for length in lengths]


def _row(rng: np.random.Generator, tokens: Sequence[str]) -> Counter[str]:
    """Counts from 1 to 6 in a random order of the tokens; the sum is never the number of tokens."""
    row = Counter({tokens[i]: int(rng.integers(1, 7)) for i in rng.permutation(len(tokens))})
    row[tokens[0]] += 2
    return row


# ----------------------------------------------------------------------------------------------------------- 1 · counts


def _counts_cases(rng: np.random.Generator) -> list[Case]:
    again = ["the", "students", "opened", "the", "students"]
    return [
        Case({"sentences": [["the", "books"]], "n": 2}, "one sentence, bigrams"),
        Case({"sentences": [["the", "books"], ["the"]], "n": 1}, "unigrams"),
        Case({"sentences": [["books"]], "n": 5}, "a sentence shorter than the n-gram"),
        Case({"sentences": [["the", "books"], ["the", "books"]], "n": 2}, "the same sentence twice"),
        Case({"sentences": [[], ["the"]], "n": 3}, "an empty sentence"),
        Case({"sentences": [again, again[:2]], "n": 2}, "a pair that comes back"),
        Case({"sentences": _sentences(rng, (4, 7)), "n": 3}, "trigrams"),
        Case({"sentences": _sentences(rng, (9, 3, 6), WORDS[:3]), "n": 4}, "4-grams"),
    ]


def _count(sentences: Sequence[Sequence[str]], n: int, padded: Any, first: Any, context: Any) -> Counts:
    """Counts with a way to pad, a first place, and a way to cut the context out."""
    counts: Counts = {}
    for sentence in sentences:
        tokens = padded(sentence, n)
        for i in range(first(n), len(tokens)):
            counts.setdefault(tuple(context(tokens, i, n)), Counter())[tokens[i]] += 1
    return counts


def _history(tokens: Sequence[str], i: int, n: int) -> Sequence[str]:
    return tokens[i - n + 1 : i]


def _counts_one_mark_more(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n + 1, pad, lambda n: n - 1, _history)


def _counts_longer_context(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, pad, lambda n: n, lambda t, i, n: t[i - n : i])


def _counts_no_padding(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, lambda s, n: list(s), lambda n: n - 1, _history)


def _counts_no_end(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, lambda s, n: pad(s, n)[:-1], lambda n: n - 1, _history)


def _counts_one_stream(sentences, n):  # type: ignore[no-untyped-def]
    stream = [token for sentence in sentences for token in sentence]
    return _count([stream], n, pad, lambda n: n - 1, _history)


def _counts_always_one(sentences, n):  # type: ignore[no-untyped-def]
    counts = _count(sentences, n, pad, lambda n: n - 1, _history)
    return {context: Counter(dict.fromkeys(row, 1)) for context, row in counts.items()}


def _counts_last_sentence(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences[-1:], n, pad, lambda n: n - 1, _history)


def _counts_token_in_context(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, pad, lambda n: n - 1, lambda t, i, n: t[i - n + 1 : i + 1])


def _counts_marks_predicted(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, pad, lambda n: 0, lambda t, i, n: t[max(0, i - n + 1) : i])


def _counts_one_start(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, lambda s, n: [START, *s, END], lambda n: n - 1, _history)


def _counts_joined(sentences, n):  # type: ignore[no-untyped-def]
    stream = [token for sentence in sentences for token in pad(sentence, n)]
    return _count([stream], n, lambda s, n: s, lambda n: n - 1, _history)


def _counts_minus_zero(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, pad, lambda n: n - 1, lambda t, i, n: t[:i][-(n - 1) :])


def _counts_pairs(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, pad, lambda n: 1, lambda t, i, n: t[i - 1 : i])


def _counts_turned(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, pad, lambda n: n - 1, lambda t, i, n: t[i - n + 1 : i][::-1])


def _counts_padded_twice(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences, n, lambda s, n: [START] * (n - 1) + pad(s, n), lambda n: n - 1, _history)


def _counts_first_sentence(sentences, n):  # type: ignore[no-untyped-def]
    return _count(sentences[:1], n, pad, lambda n: n - 1, _history)


def _counts_repeats_dropped(sentences, n):  # type: ignore[no-untyped-def]
    return _count(list(dict.fromkeys(map(tuple, sentences))), n, pad, lambda n: n - 1, _history)


def _counts_empty_skipped(sentences, n):  # type: ignore[no-untyped-def]
    return _count([s for s in sentences if s], n, pad, lambda n: n - 1, _history)


def _counts_flat(sentences, n):  # type: ignore[no-untyped-def]
    table = _count(sentences, n, pad, lambda n: n - 1, _history)
    return Counter({(context, token): count for context, row in table.items() for token, count in row.items()})


def _counts_whole(sentences, n):  # type: ignore[no-untyped-def]
    table = _count(sentences, n, pad, lambda n: n - 1, _history)
    return Counter({(*context, token): count for context, row in table.items() for token, count in row.items()})


def _counts_joined_context(sentences, n):  # type: ignore[no-untyped-def]
    return {" ".join(context): row for context, row in _count(sentences, n, pad, lambda n: n - 1, _history).items()}


def _counts_bare_token(sentences, n):  # type: ignore[no-untyped-def]
    table = _count(sentences, n, pad, lambda n: n - 1, _history)
    return {context[0]: row for context, row in table.items()} if n == 2 else table


COUNTS = Exercise(
    id="ngrams.ngram_counts",
    lesson="03",
    title="Count n-grams",
    reference=ngrams.ngram_counts,
    cases=_counts_cases,
    misconceptions=(
        Misconception(
            "one_mark_more",
            _counts_one_mark_more,
            "Your contexts have n tokens, so what you count are (n + 1)-grams. An n-gram has n tokens in all: the one"
            " that is predicted and the n − 1 before it. Look at where the context begins, and at the n you give to"
            " `pad`.",
        ),
        Misconception(
            "longer_context",
            _counts_longer_context,
            "Your contexts have n tokens, and the first token of each sentence is never counted. The context of an"
            " n-gram has n − 1 tokens, and `pad` puts exactly that many marks in front. Look at the first place of"
            " your loop and at the slice.",
        ),
        Misconception(
            "no_padding",
            _counts_no_padding,
            "No context contains a start mark, and nothing is known about how sentences begin or end. The first tokens"
            " of a sentence need a context too. `pad(sentence, n)` supplies it.",
        ),
        Misconception(
            "no_end",
            _counts_no_end,
            f"The end mark {END} is never counted. It is predicted like a word: without it the model does not know when"
            " to stop, and long sentences cost nothing extra. How far does your loop go?",
        ),
        Misconception(
            "one_stream",
            _counts_one_stream,
            "Some of your n-grams join the end of one sentence with the beginning of the next. Sentences are separate:"
            " pad each one by itself.",
        ),
        Misconception(
            "always_one",
            _counts_always_one,
            "Each of your counts is 1, also where a pair comes back. You note that something occurred; the exercise"
            " asks how often. Does your line add to what is there, or replace it?",
        ),
        Misconception(
            "last_sentence",
            _counts_last_sentence,
            "Only the last sentence is in your table. The others were counted and then thrown away: where is the empty"
            " table made?",
        ),
        Misconception(
            "token_in_context",
            _counts_token_in_context,
            "The last token of each of your contexts is the token it predicts. A model that may look at the answer"
            " needs no probabilities. The context ends one place before the token.",
        ),
        Misconception(
            "marks_predicted",
            _counts_marks_predicted,
            f"Your table predicts start marks {START}, after contexts that are too short. Start marks only fill"
            " contexts; the first token to count is the first one that has n − 1 tokens before it.",
        ),
        Misconception(
            "one_start",
            _counts_one_start,
            "Right for bigrams, but for larger n the first tokens of each sentence are missing. One start mark is"
            " enough for n = 2 only; a context of n − 1 tokens needs n − 1 of them. `pad(sentence, n)` does it.",
        ),
        Misconception(
            "windows_across",
            _counts_joined,
            "You pad the sentences, but then walk over all of them as one list: contexts run from the end of one"
            " sentence into the start marks of the next, and those marks are counted as tokens. Finish one"
            " sentence before the next begins.",
        ),
        Misconception(
            "minus_zero_slice",
            _counts_minus_zero,
            "Right for n ≥ 2. For n = 1 your slice reads [-0:], and −0 is 0: it keeps everything before the token"
            " instead of nothing. Say where the context begins, counted from the front.",
        ),
        Misconception(
            "pairs_only",
            _counts_pairs,
            "Right for n = 2 only: your context is always the one token before. For n it has n − 1 tokens: none"
            " for unigrams, two for trigrams.",
        ),
        Misconception(
            "context_turned",
            _counts_turned,
            "The tokens of your contexts stand in the wrong order, the newest first. The oldest comes first, as"
            " in the text.",
        ),
        Misconception(
            "padded_twice",
            _counts_padded_twice,
            "There are too many start marks: `pad` puts n − 1 of them in front, and you add as many again, so"
            " that some start marks are counted as tokens.",
        ),
        Misconception(
            "first_sentence",
            _counts_first_sentence,
            "Only the first sentence is in your table. Where does `return` stand, inside the loop or behind it?",
        ),
        Misconception(
            "repeats_dropped",
            _counts_repeats_dropped,
            "A sentence that comes twice is counted once. Repetition is what counting is about: go through all"
            " sentences, without making a set of them.",
        ),
        Misconception(
            "empty_skipped",
            _counts_empty_skipped,
            "You leave empty sentences out. An empty sentence has one token to predict, the end mark, after a"
            " context of start marks only.",
        ),
        Misconception(
            "flat_table",
            _counts_flat,
            "Your numbers are right, but in one flat table with keys (context, token). The exercise asks for a"
            " dict of dicts: the context finds a row, and the token its count in this row.",
        ),
        Misconception(
            "whole_ngrams",
            _counts_whole,
            "Your numbers are right, but the keys are whole n-grams. The exercise asks for a dict of dicts: the"
            " first n − 1 tokens find a row, and the last one its count in this row.",
        ),
        Misconception(
            "joined_context",
            _counts_joined_context,
            "Your contexts are strings. A context is a tuple of tokens: tokens may contain anything, and n − 1 of"
            " them must stay n − 1 of them.",
        ),
        Misconception(
            "bare_token",
            _counts_bare_token,
            "A bigram's context is a tuple with one token in it. Round brackets alone do not make one: `(x)` is"
            " x; the comma in `(x,)` does.",
        ),
    ),
    hints=(
        "Pad each sentence with `pad(sentence, n)`. Then walk over the places of the tokens that are to be predicted:"
        " which is the first, and which is the last?",
        "The token at place i has the context that starts at place i − (n − 1) and ends before i. Make it a tuple:"
        " lists cannot be keys of a dict.",
        "Inside the loop over i in range(n - 1, len(padded)): find or make the Counter of the context with"
        " counts.setdefault(context, Counter()), and add 1 to its entry for padded[i].",
    ),
    points=2,
    minutes=10,
    difficulty=1,
)


# -------------------------------------------------------------------------------------------------------------- 2 · MLE


def _mle_cases(rng: np.random.Generator) -> list[Case]:
    small = {
        ("their",): Counter({"books": 3, "laptops": 1}),
        ("the",): Counter({"books": 2, "students": 5, "teacher": 1}),
    }
    wide = {
        ("opened", "their"): _row(rng, ("books", "laptops", "exams")),
        ("closed", "their"): _row(rng, ("books", "minds")),
        ("closed", "the"): _row(rng, ("books", "shop", "door", "case")),
    }
    return [
        Case({"counts": small, "context": ("their",), "token": "books"}, "a bigram that was seen"),
        Case({"counts": small, "context": ("their",), "token": "teacher"}, "a bigram that was never seen"),
        Case({"counts": small, "context": ("her",), "token": "books"}, "a context that was never seen"),
        Case({"counts": wide, "context": ("opened", "their"), "token": "books"}, "a trigram"),
        Case({"counts": wide, "context": ("closed", "the"), "token": "door"}, "a trigram"),
        Case({"counts": {(): _row(rng, ("a", "b", "c"))}, "context": (), "token": "b"}, "unigrams: the empty context"),
        Case({"counts": {}, "context": ("the",), "token": "books"}, "an empty table"),
        Case({"counts": {("a",): Counter({"b": 3})}, "context": ("a",), "token": "b"}, "always the same token"),
        Case(
            {"counts": {("their",): {"books": 3, "laptops": 1}}, "context": ("their",), "token": "the"},
            "a bigram that was never seen, in a plain dict",
        ),
    ]


def _mle_types(counts, context, token):  # type: ignore[no-untyped-def]
    row = counts.get(context, {})
    return row.get(token, 0) / len(row) if row else 0.0


def _mle_joint(counts, context, token):  # type: ignore[no-untyped-def]
    total = sum(sum(row.values()) for row in counts.values())
    return counts.get(context, {}).get(token, 0) / total if total else 0.0


def _mle_unigram(counts, context, token):  # type: ignore[no-untyped-def]
    total = sum(sum(row.values()) for row in counts.values())
    return sum(row.get(token, 0) for row in counts.values()) / total if total else 0.0


def _mle_backward(counts, context, token):  # type: ignore[no-untyped-def]
    total = sum(row.get(token, 0) for row in counts.values())
    return counts.get(context, {}).get(token, 0) / total if total else 0.0


def _mle_count(counts, context, token):  # type: ignore[no-untyped-def]
    return float(counts.get(context, {}).get(token, 0))


def _mle_uniform(counts, context, token):  # type: ignore[no-untyped-def]
    if context in counts:
        return counts[context].get(token, 0) / sum(counts[context].values())
    return 1 / len({t for row in counts.values() for t in row})


def _mle_key_error(counts, context, token):  # type: ignore[no-untyped-def]
    return counts[context][token] / sum(counts[context].values())


def _mle_token_key_error(counts, context, token):  # type: ignore[no-untyped-def]
    if context not in counts:
        return 0.0
    return counts[context][token] / sum(counts[context].values())


def _mle_context_key_error(counts, context, token):  # type: ignore[no-untyped-def]
    return counts[context].get(token, 0) / sum(counts[context].values())


def _mle_of_row(formula):  # type: ignore[no-untyped-def]
    def answer(counts, context, token):  # type: ignore[no-untyped-def]
        row = counts.get(context)
        return formula(row.get(token, 0), row, counts) if row else 0.0

    return answer


def _mle_zero_division(counts, context, token):  # type: ignore[no-untyped-def]
    row = counts.get(context, {})
    return row.get(token, 0) / sum(row.values())


MLE = Exercise(
    id="ngrams.mle",
    lesson="03",
    title="From counts to probabilities",
    reference=ngrams.mle,
    cases=_mle_cases,
    misconceptions=(
        Misconception(
            "divided_by_types",
            _mle_types,
            "You divide by how many different tokens followed the context. The denominator is how often the context was"
            " followed by anything: add the counts of the row up instead of counting its entries.",
        ),
        Misconception(
            "joint_probability",
            _mle_joint,
            "You divide by all the counts of the table. That is the probability of context and token together; asked"
            " is the probability of the token when the context is already there. Divide by the counts of this context"
            " only.",
        ),
        Misconception(
            "context_ignored",
            _mle_unigram,
            "Your number does not depend on the context: it is the token's share in the whole table. Use the row of"
            " this context alone.",
        ),
        Misconception(
            "backward",
            _mle_backward,
            "You divide by how often the *token* occurs. That tells which context stood before the token. Asked is the"
            " other direction, P(token | context): divide by how often the *context* occurs.",
        ),
        Misconception(
            "count_itself",
            _mle_count,
            "You return the count. A probability is a share: what is the count to be divided by?",
        ),
        Misconception(
            "unseen_is_uniform",
            _mle_uniform,
            "For a context that was never seen you return equal shares. That is a sensible idea, and a kind of"
            " smoothing, which comes later. Relative frequency knows nothing there, and this contract says 0.0.",
        ),
        Misconception(
            "unseen_context_raises",
            _mle_key_error,
            "A context that was never seen has no row, and a token that never followed has no entry in it: square"
            " brackets raise KeyError for both. Ask with `.get`, and say what to take instead.",
        ),
        Misconception(
            "only_context_raises",
            _mle_context_key_error,
            "A context that was never seen has no row, and `counts[context]` has nothing to hand out."
            " `counts.get(context, {})` gives an empty row instead.",
        ),
        Misconception(
            "unseen_token_raises",
            _mle_token_key_error,
            "A token that never followed this context has no entry in the row. A Counter hands out 0 for it, a"
            " plain dict raises KeyError, and a row may be either: ask with `.get` and say what to take instead.",
        ),
        Misconception(
            "largest_count",
            _mle_of_row(lambda count, row, counts: count / max(row.values())),
            "You divide by the largest count of the row, so the most frequent token gets 1. A share is of the"
            " whole: what do the counts of the row add up to?",
        ),
        Misconception(
            "joined_context",
            lambda counts, context, token: 0.0,
            "You find nothing anywhere. Do you turn the context into a string, or cut it? It is a tuple, and the"
            " table's keys are such tuples: look it up as it comes.",
        ),
        Misconception(
            "whole_numbers",
            _mle_of_row(lambda count, row, counts: count // sum(row.values())),
            "Your division drops everything behind the point: // gives whole numbers. A share lies between 0 and 1.",
        ),
        Misconception(
            "odds",
            _mle_of_row(lambda count, row, counts: count / (sum(row.values()) - count) if len(row) > 1 else 1.0),
            "You divide by the counts of the *other* tokens: those are odds. A probability divides by all counts"
            " of the row, the token's own among them.",
        ),
        Misconception(
            "zero_division",
            _mle_zero_division,
            "A context that was never seen has an empty row, and its sum is 0. The contract says what to return then.",
        ),
    ),
    hints=(
        "Everything you need stands in one row of the table: `counts[context]`, if there is one.",
        "The numerator is the row's entry for the token (0 if it has none), the denominator the sum of the row.",
        "row = counts.get(context, {}); then row.get(token, 0) / sum(row.values()), and 0.0 where that sum is 0.",
    ),
    points=1,
    minutes=5,
    difficulty=1,
)


# ------------------------------------------------------------------------------------------------------- 3 · chain rule


def _chain_cases(rng: np.random.Generator) -> list[Case]:
    corpus = [["the", "students", "opened"], ["the", "students"], ["students"], ["the", "books"], []]
    bigrams = ngram_counts(corpus, 2)
    drawn = _sentences(rng, (6, 9, 5, 8), WORDS[:3])
    return [
        Case({"counts": bigrams, "n": 2, "tokens": ["the", "students", "opened"]}, "a sentence of the corpus"),
        Case({"counts": bigrams, "n": 2, "tokens": ["the", "books"]}, "a sentence of the corpus"),
        Case({"counts": bigrams, "n": 2, "tokens": []}, "the empty sentence: only the end mark"),
        Case({"counts": bigrams, "n": 2, "tokens": ["books", "the"]}, "a pair that was never seen"),
        Case({"counts": bigrams, "n": 2, "tokens": ["the", "zebra", "opened"]}, "a word that was never seen"),
        Case({"counts": ngram_counts(corpus, 1), "n": 1, "tokens": ["books", "the"]}, "unigrams"),
        Case({"counts": ngram_counts(drawn, 3), "n": 3, "tokens": drawn[0]}, "trigrams"),
        Case({"counts": ngram_counts(drawn, 2), "n": 2, "tokens": drawn[3]}, "bigrams of random sentences"),
        Case(
            {"counts": {(): Counter({"la": 1, "le": 2, END: 7})}, "n": 1, "tokens": ["la", "le"] * 220},
            "a page of 440 tokens",
        ),
    ]


def _factors(counts: Table, n: int, tokens: Sequence[str]) -> list[float]:
    padded = pad(tokens, n)
    return [ngrams.mle(counts, tuple(padded[i - n + 1 : i]), padded[i]) for i in range(n - 1, len(padded))]


def _log_sum(factors: Sequence[float]) -> float:
    return -math.inf if 0 in factors else math.fsum(math.log(p) for p in factors)


def _chain_no_end(counts, n, tokens):  # type: ignore[no-untyped-def]
    return _log_sum(_factors(counts, n, tokens)[:-1])


def _chain_no_start(counts, n, tokens):  # type: ignore[no-untyped-def]
    return _log_sum(_factors(counts, n, tokens)[n - 1 :])


def _chain_mean(counts, n, tokens):  # type: ignore[no-untyped-def]
    return _log_sum(_factors(counts, n, tokens)) / (len(tokens) + 1)


def _chain_log2(counts, n, tokens):  # type: ignore[no-untyped-def]
    return _log_sum(_factors(counts, n, tokens)) / math.log(2)


def _chain_log10(counts, n, tokens):  # type: ignore[no-untyped-def]
    return _log_sum(_factors(counts, n, tokens)) / math.log(10)


def _chain_product(counts, n, tokens):  # type: ignore[no-untyped-def]
    return math.prod(_factors(counts, n, tokens))


def _chain_log_of_sum(counts, n, tokens):  # type: ignore[no-untyped-def]
    factors = _factors(counts, n, tokens)
    return -math.inf if 0 in factors else math.log(sum(factors))


def _chain_positive(counts, n, tokens):  # type: ignore[no-untyped-def]
    return -_log_sum(_factors(counts, n, tokens))


def _chain_zeros_skipped(counts, n, tokens):  # type: ignore[no-untyped-def]
    return _log_sum([p for p in _factors(counts, n, tokens) if p > 0])


def _chain_zero_is_nothing(counts, n, tokens):  # type: ignore[no-untyped-def]
    total = _log_sum(_factors(counts, n, tokens))
    return 0.0 if total == -math.inf else total


def _chain_underflow(counts, n, tokens):  # type: ignore[no-untyped-def]
    product = math.prod(_factors(counts, n, tokens))
    return math.log(product) if product else -math.inf


def _chain_underflow_raises(counts, n, tokens):  # type: ignore[no-untyped-def]
    return math.log(math.prod(_factors(counts, n, tokens)))


def _chain_epsilon(counts, n, tokens):  # type: ignore[no-untyped-def]
    return sum(math.log(p + 1e-12) for p in _factors(counts, n, tokens))


def _chain_positive_but_zero(counts, n, tokens):  # type: ignore[no-untyped-def]
    total = _log_sum(_factors(counts, n, tokens))
    return total if total == -math.inf else -total


def _chain_first_missing(counts, n, tokens):  # type: ignore[no-untyped-def]
    return _log_sum(_factors(counts, n, tokens)[1:])


def _chain_no_padding(counts, n, tokens):  # type: ignore[no-untyped-def]
    tokens = list(tokens)
    return _log_sum([ngrams.mle(counts, tuple(tokens[i - n + 1 : i]), tokens[i]) for i in range(n - 1, len(tokens))])


def _chain_short_contexts(counts, n, tokens):  # type: ignore[no-untyped-def]
    padded = pad(tokens, n)
    contexts = [tuple(padded[max(0, i - n + 1) : i]) for i in range(len(padded))]
    return _log_sum([ngrams.mle(counts, c, token) for c, token in zip(contexts, padded)])


def _chain_minus_zero(counts, n, tokens):  # type: ignore[no-untyped-def]
    padded = pad(tokens, n)
    return _log_sum([ngrams.mle(counts, tuple(padded[:i][-(n - 1) :]), padded[i]) for i in range(n - 1, len(padded))])


def _chain_pairs(counts, n, tokens):  # type: ignore[no-untyped-def]
    padded = pad(tokens, 2)
    return _log_sum([ngrams.mle(counts, (padded[i - 1],), padded[i]) for i in range(1, len(padded))])


def _chain_log_of_zero(counts, n, tokens):  # type: ignore[no-untyped-def]
    return sum(math.log(p) for p in _factors(counts, n, tokens))


CHAIN = Exercise(
    id="ngrams.sentence_log_prob",
    lesson="03",
    title="The chain rule: how probable is a sentence?",
    reference=ngrams.sentence_log_prob,
    cases=_chain_cases,
    misconceptions=(
        Misconception(
            "no_end",
            _chain_no_end,
            "The factor of the end mark is missing: the probability that the sentence stops here. Without it the"
            " probabilities of all sentences add up to more than one. Does your loop reach the last token of the"
            " padded sentence?",
        ),
        Misconception(
            "no_start",
            _chain_no_start,
            "The factors of the first n − 1 tokens are missing. They have a context as well, made of start marks:"
            " begin at the first token after the marks that `pad` puts in front.",
        ),
        Misconception(
            "mean_instead_of_sum",
            _chain_mean,
            "You divide by the number of tokens. The chain rule multiplies the factors, so their logarithms are added"
            " and nothing else; the mean comes later, with perplexity.",
        ),
        Misconception(
            "base_two",
            _chain_log2,
            "Your numbers are 1 / ln 2 = 1.44 times too large: they are in bits (log2). This function answers in nats,"
            " with the natural logarithm; the conversion to bits has an exercise of its own.",
        ),
        Misconception(
            "base_ten",
            _chain_log10,
            "Your logarithm has base 10. This function answers in nats: the natural logarithm, `math.log`.",
        ),
        Misconception(
            "probability_not_log",
            _chain_product,
            "You return the probability itself. It is right, but for a page of text it becomes 0 on any computer."
            " Return its logarithm: the product of the factors turns into a sum.",
        ),
        Misconception(
            "log_of_sum",
            _chain_log_of_sum,
            "You add the probabilities and take the logarithm of the sum. The chain rule multiplies them; the"
            " logarithm of a product is the sum of the logarithms. Which of the two comes first in your code?",
        ),
        Misconception(
            "sign_turned",
            _chain_positive,
            "The sign is turned. The logarithm of a probability is 0 or less; minus it is a loss, which is asked for"
            " later.",
        ),
        Misconception(
            "zeros_skipped",
            _chain_zeros_skipped,
            "You leave out factors that are zero, so an impossible sentence looks better than a possible one. One zero"
            " factor makes the product zero; its logarithm is minus infinity.",
        ),
        Misconception(
            "zero_is_nothing",
            _chain_zero_is_nothing,
            "For an impossible sentence you return 0. That is the logarithm of 1, of certainty! The logarithm of 0 is"
            " minus infinity, `-math.inf`.",
        ),
        Misconception(
            "log_of_zero_raises",
            _chain_log_of_zero,
            "`math.log(0)` raises an error in Python. A factor of zero makes the whole sentence impossible: say so"
            " before the logarithm is taken. The contract names the value.",
        ),
        Misconception(
            "product_underflows",
            _chain_underflow,
            "Right for short sentences. On a page of 440 tokens your product falls below the smallest number a"
            " computer can hold and becomes 0, although every factor is possible. Take the logarithm of each"
            " factor, then add.",
        ),
        Misconception(
            "product_underflows_and_raises",
            _chain_underflow_raises,
            "You multiply first and take one logarithm at the end. An impossible factor makes that log(0), and so"
            " does a long sentence, whose product is too small for a computer. Take the logarithm of each factor,"
            " then add; treat 0 apart.",
        ),
        Misconception(
            "small_number_added",
            _chain_epsilon,
            "You add a small number inside the logarithm. It makes an impossible sentence merely improbable, by"
            " an amount that you chose. The contract wants minus infinity; how to give something to the unseen"
            " comes later.",
        ),
        Misconception(
            "sign_turned_where_possible",
            _chain_positive_but_zero,
            "The sign is turned wherever the sentence is possible. The logarithm of a probability is 0 or less;"
            " minus it is a loss, which is asked for later.",
        ),
        Misconception(
            "first_missing",
            _chain_first_missing,
            "The factor of the first word is missing. Its context consists of start marks: the first place to"
            " look at comes right after the n − 1 marks.",
        ),
        Misconception(
            "no_padding",
            _chain_no_padding,
            "Your sentence is not padded: the first words have no factor, and the end mark has none. `pad(tokens,"
            " n)` adds the marks at both ends.",
        ),
        Misconception(
            "marks_predicted",
            _chain_short_contexts,
            "You ask for the probability of the start marks too. No table predicts them, so everything becomes"
            " impossible. Which is the first token with a full context of n − 1 tokens?",
        ),
        Misconception(
            "minus_zero_slice",
            _chain_minus_zero,
            "Right for n ≥ 2. For n = 1 your slice reads [-0:], and −0 is 0: it keeps all tokens before instead"
            " of none. Say where the context begins, counted from the front.",
        ),
        Misconception(
            "pairs_only",
            _chain_pairs,
            "Right for n = 2 only: your context is always the one token before. The table has contexts of n − 1"
            " tokens.",
        ),
    ),
    hints=(
        "Pad the sentence, then walk over the same places as in the first exercise. Each place gives one factor.",
        "Each factor is `mle(counts, context, padded[i])`. Add their natural logarithms; leave early if one is zero.",
        "For i in range(n - 1, len(padded)): p = mle(counts, tuple(padded[i - n + 1 : i]), padded[i]); return"
        " -math.inf if p is 0, else add math.log(p).",
    ),
    points=2,
    minutes=10,
    difficulty=1,
)


# ----------------------------------------------------------------------------------------------- 4, 5 · how good is it?


def _logs(rng: np.random.Generator, size: int) -> list[float]:
    return np.log(rng.uniform(0.02, 0.9, size=size)).tolist()


def _perplexity_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"log_probs": [math.log(1 / 8), math.log(1 / 2)]}, "probabilities 1/8 and 1/2"),
        Case({"log_probs": [math.log(0.2)]}, "one token"),
        Case({"log_probs": [math.log(1 / 6)] * 5}, "a fair die thrown five times"),
        Case({"log_probs": [0.0, 0.0, 0.0]}, "three certain tokens"),
        Case({"log_probs": [math.log(0.5), -math.inf, math.log(0.3)]}, "one impossible token"),
        Case({"log_probs": _logs(rng, 7)}, "seven tokens"),
        Case({"log_probs": _logs(rng, 23)}, "23 tokens"),
        Case({"log_probs": [math.log(0.05)] * 300}, "a page of 300 tokens"),
    ]


def _perplexity_by_product(log_probs):  # type: ignore[no-untyped-def]
    product = math.prod(math.exp(x) for x in log_probs)
    return product ** (-1 / len(log_probs)) if product else math.inf


def _perplexity_by_product_raises(log_probs):  # type: ignore[no-untyped-def]
    return math.prod(math.exp(x) for x in log_probs) ** (-1 / len(log_probs))


def _perplexity_of_possible(log_probs):  # type: ignore[no-untyped-def]
    possible = [x for x in log_probs if x > -math.inf]
    return math.exp(-sum(possible) / len(possible))


PERPLEXITY = Exercise(
    id="ngrams.perplexity",
    lesson="03",
    title="Perplexity",
    reference=ngrams.perplexity,
    cases=_perplexity_cases,
    misconceptions=(
        Misconception(
            "no_minus",
            lambda log_probs: math.exp(sum(log_probs) / len(log_probs)),
            "Your number is at most 1: it is the (geometric) mean probability. Perplexity is its inverse, a number of"
            " choices, 1 or more. Where does the minus of the formula go?",
        ),
        Misconception(
            "no_length",
            lambda log_probs: math.exp(-sum(log_probs)),
            "Your number grows with the length of the text: it is 1 over the probability of the whole. Perplexity is"
            " per token. The mean of the log-probabilities belongs in the exponent, not their sum.",
        ),
        Misconception(
            "base_two",
            lambda log_probs: 2 ** (-sum(log_probs) / len(log_probs)),
            "You raise 2 to a power that is measured in nats. Logarithm and power need the same base: natural"
            " logarithms go with e, logarithms to base 2 with 2.",
        ),
        Misconception(
            "mean_probability",
            lambda log_probs: len(log_probs) / sum(math.exp(x) for x in log_probs),
            "You average the probabilities and take the inverse. The die is right, but a text with one impossible"
            " token has a finite value. Average the logarithms: a text's probability is a product.",
        ),
        Misconception(
            "mean_inverse",
            lambda log_probs: sum(math.exp(-x) for x in log_probs) / len(log_probs),
            "You average 1/p over the tokens. That agrees where all are equal, and is too large elsewhere. Average the"
            " logarithms first, then apply exp once.",
        ),
        Misconception(
            "cross_entropy",
            lambda log_probs: -sum(log_probs) / len(log_probs),
            "This is the cross-entropy in nats, one step before perplexity: for a fair die you return ln 6 = 1.79"
            " where 6 choices are meant. What turns a logarithm back into a number of choices?",
        ),
        Misconception(
            "divided_by_exp",
            lambda log_probs: math.exp(-sum(log_probs)) / len(log_probs),
            "You divide by the length after the exponential. The mean belongs inside, in the exponent.",
        ),
        Misconception(
            "logarithm_again",
            lambda log_probs: math.exp(-sum(math.log(x) for x in log_probs) / len(log_probs)),
            "You take the logarithm of numbers that are logarithms already; those are negative, and `math.log`"
            " refuses them.",
        ),
        Misconception(
            "impossible_left_out",
            _perplexity_of_possible,
            "You leave impossible tokens out, and the model is praised for what it got wrong. One impossible"
            " token makes the perplexity infinite, and the formula says so by itself.",
        ),
        Misconception(
            "impossible_is_certain",
            lambda log_probs: math.exp(-sum(x for x in log_probs if x > -math.inf) / len(log_probs)),
            "An impossible token adds nothing to your sum, as if it had been certain. One impossible token makes"
            " the perplexity infinite, and the formula says so by itself.",
        ),
        Misconception(
            "one_less",
            lambda log_probs: math.exp(-sum(log_probs) / max(1, len(log_probs) - 1)),
            "You divide by T − 1. The mean of T numbers divides by T: there is no correction for a sample here.",
        ),
        Misconception(
            "product_underflows",
            _perplexity_by_product,
            "Right for short texts. On a page of 300 tokens your product of probabilities falls below the"
            " smallest number a computer can hold. Stay with the logarithms: add them, and apply exp once, to the"
            " mean.",
        ),
        Misconception(
            "product_underflows_and_raises",
            _perplexity_by_product_raises,
            "You go back to probabilities and multiply them. One impossible token makes the product 0, and so"
            " does a long text, whose product is too small for a computer. Stay with the logarithms: add them, and"
            " apply exp once.",
        ),
        Misconception(
            "one_more",
            lambda log_probs: math.exp(-sum(log_probs) / (len(log_probs) + 1)),
            "You divide by T + 1. `log_probs` holds all predicted tokens, the end mark among them: the mean of T"
            " numbers divides by T.",
        ),
    ),
    hints=(
        "Try it by hand for a fair die thrown five times: every log-probability is ln(1/6), and the answer must be 6.",
        "Mean of the log-probabilities, change of sign, exponential: in that order.",
        "math.exp(-sum(log_probs) / len(log_probs)).",
    ),
    points=1,
    minutes=3,
    difficulty=1,
)


def _bits_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"log_probs": [math.log(1 / 8), math.log(1 / 2)], "characters": 16}, "two words, 16 characters"),
        Case({"log_probs": [math.log(1 / 4)], "characters": 5}, "one word"),
        Case({"log_probs": [math.log(1 / 2)] * 6, "characters": 6}, "six characters, each a token"),
        Case({"log_probs": [math.log(0.3), -math.inf], "characters": 9}, "an impossible token"),
        Case({"log_probs": _logs(rng, 7), "characters": 31}, "7 words, 31 characters"),
        Case({"log_probs": _logs(rng, 12), "characters": 47}, "12 words, 47 characters"),
        Case({"log_probs": [math.log(0.05)] * 300, "characters": 1500}, "a page of 300 words"),
    ]


def _bits_by_product(log_probs, characters):  # type: ignore[no-untyped-def]
    product = math.prod(math.exp(x) for x in log_probs)
    return -math.log2(product) / characters if product else math.inf


BITS = Exercise(
    id="ngrams.bits_per_character",
    lesson="03",
    title="Bits per character",
    reference=ngrams.bits_per_character,
    cases=_bits_cases,
    misconceptions=(
        Misconception(
            "nats",
            lambda log_probs, characters: -sum(log_probs) / characters,
            "Your numbers are ln 2 = 0.693 times the right ones: they are nats. One bit is a choice between two"
            " equally likely things, ln 2 nats. Convert.",
        ),
        Misconception(
            "times_ln2",
            lambda log_probs, characters: -sum(log_probs) * math.log(2) / characters,
            "You multiplied by ln 2 where a division was needed. Check with p = 1/2: −ln p = 0.693 nats, and that must"
            " be 1 bit.",
        ),
        Misconception(
            "per_token",
            lambda log_probs, characters: -sum(log_probs) / math.log(2) / len(log_probs),
            "You divide by the number of tokens. That makes a word model and a character model incomparable: a word is"
            " a longer stretch of text than a character. Divide the bits of the whole text by its characters.",
        ),
        Misconception(
            "no_minus",
            lambda log_probs, characters: sum(log_probs) / math.log(2) / characters,
            "The sign is turned. Log-probabilities are negative, a number of bits is not.",
        ),
        Misconception(
            "total_bits",
            lambda log_probs, characters: -sum(log_probs) / math.log(2),
            "These are the bits of the whole text, and longer texts have more. Asked is how many there are for each"
            " character.",
        ),
        Misconception(
            "per_token_and_character",
            lambda log_probs, characters: -sum(log_probs) / math.log(2) / len(log_probs) / characters,
            "You divide twice: by the tokens and by the characters. The bits of the whole text are spread over its"
            " characters once.",
        ),
        Misconception(
            "perplexity_per_character",
            lambda log_probs, characters: 2 ** (-sum(log_probs) / math.log(2) / characters),
            "You return a perplexity per character: 2 to the power of what is asked for. Stop one step earlier.",
        ),
        Misconception(
            "base_ten",
            lambda log_probs, characters: -sum(log_probs) / math.log(10) / characters,
            "You divide by ln 10, which gives decimal digits per character. For bits the base is 2.",
        ),
        Misconception(
            "logarithm_again",
            lambda log_probs, characters: -sum(math.log2(x) for x in log_probs) / characters,
            "You take log2 of numbers that are logarithms already; those are negative, and `math.log2` refuses"
            " them. To change the unit of a logarithm takes no new logarithm of it, only a division.",
        ),
        Misconception(
            "impossible_left_out",
            lambda log_probs, characters: -sum(x for x in log_probs if x > -math.inf) / math.log(2) / characters,
            "You leave impossible tokens out, and the model is praised for what it got wrong. One impossible"
            " token costs infinitely many bits, and the formula says so by itself.",
        ),
        Misconception(
            "upside_down",
            lambda log_probs, characters: characters / (-sum(log_probs) / math.log(2)),
            "Your fraction stands upside down: these are characters per bit.",
        ),
        Misconception(
            "product_underflows",
            _bits_by_product,
            "Right for short texts. On a page of 300 words your product of probabilities falls below the smallest"
            " number a computer can hold. Stay with the logarithms: add them, then change the unit.",
        ),
    ),
    hints=(
        "Three steps: the nats of the whole text, from nats to bits, from the whole to one character.",
        "The text has −sum(log_probs) nats. A bit is ln 2 nats, so there are fewer nats than bits.",
        "-sum(log_probs) / math.log(2) / characters.",
    ),
    points=1,
    minutes=4,
    difficulty=1,
)


# ------------------------------------------------------------------------------------------------------ 6, 7 · sampling


def _draw_cases(rng: np.random.Generator) -> list[Case]:
    row = Counter({"d": 1, "a": 3, "c": 6, "b": 2})  # no two counts are equal: every other order of the tokens shows
    sizes = rng.permutation(7)[:5] + 1
    drawn = Counter(dict(zip(("their", "books", "the", "laptops", "exams"), map(int, sizes))))
    total = sum(drawn.values())
    middle = [(j + 0.5) / total for j in rng.permutation(total)[:4]]
    return [
        Case({"row": Counter({"b": 1, "a": 3}), "u": 0.8}, "the last quarter"),
        Case({"row": Counter({"b": 2, "a": 1}), "u": 0.0}, "u at its least"),
        Case({"row": Counter({"b": 1, "a": 3}), "u": 0.75}, "u on a border"),
        Case({"row": row, "u": 0.25}, "u on a border"),
        Case({"row": row, "u": 0.3}, "u inside the second token's stretch"),
        Case({"row": Counter({"b": 6, "a": 1}), "u": 0.4}, "a rare token first"),
        Case({"row": Counter({"b": 6, "a": 1}), "u": 0.6}, "a rare token first"),
        Case({"row": Counter({"b": 5, "a": 3}), "u": 0.3}, "the frequent token was counted first"),
        Case({"row": row, "u": 0.99}, "u close to 1"),
        Case({"row": Counter(dict.fromkeys("abcdefghij", 1)), "u": 1 - 2.0**-53}, "the largest u there is"),
        Case({"row": Counter({"b": 2, "a": 1}), "u": 0.25}, "the point 0.75, in the first stretch"),
        Case({"row": Counter({"a": 2, "B": 1, "b": 4}), "u": 0.1}, "a capital letter sorts before small ones"),
        Case({"row": Counter({"only": 5}), "u": 0.6}, "a single token"),
        *(Case({"row": drawn, "u": u}, "a random row") for u in middle),
    ]


def _draw_most_frequent(row, u):  # type: ignore[no-untyped-def]
    return max(sorted(row), key=lambda token: row[token])


def _draw_in_order(row, u, order, border=False):  # type: ignore[no-untyped-def]
    point, reached = u * sum(row.values()), 0
    for token in order:
        reached += row[token]
        if reached > point or (border and reached >= point):
            return token
    return None


def _draw_unnormalised(row, u):  # type: ignore[no-untyped-def]
    reached = 0
    for token in sorted(row):
        reached += row[token]
        if reached > u:
            return token
    return None


def _draw_not_cumulative(row, u):  # type: ignore[no-untyped-def]
    point = u * sum(row.values())
    for token in sorted(row):
        if row[token] > point:
            return token
    return None


def _draw_shares(row, u):  # type: ignore[no-untyped-def]
    reached, total = 0.0, sum(row.values())
    for token in sorted(row):
        reached += row[token] / total
        if reached > u:
            return token
    return None


def _draw_rounded(row, u):  # type: ignore[no-untyped-def]
    point, reached = round(u * sum(row.values())), 0
    for token in sorted(row):
        reached += row[token]
        if reached > point:
            return token
    return token


def _draw_left_end(row, u):  # type: ignore[no-untyped-def]
    point, reached = u * sum(row.values()), 0
    for token in sorted(row):
        if reached > point:
            return token
        reached += row[token]
    return token


def _draw_counts_unsorted(row, u):  # type: ignore[no-untyped-def]
    point, reached = u * sum(row.values()), 0
    for token, count in zip(sorted(row), row.values()):
        reached += count
        if reached > point:
            return token
    return None


DRAW = Exercise(
    id="ngrams.draw",
    lesson="03",
    title="Draw from counts",
    reference=ngrams.draw,
    cases=_draw_cases,
    misconceptions=(
        Misconception(
            "most_frequent",
            _draw_most_frequent,
            "You always return the most frequent token, whatever u is. A draw must be able to give each token, in"
            " proportion to its count: u decides.",
        ),
        Misconception(
            "insertion_order",
            lambda row, u: _draw_in_order(row, u, row),
            "You lay the tokens out in the order in which they stand in the dict. The contract says sorted order, so"
            " that the same u gives the same token whatever order the counting had.",
        ),
        Misconception(
            "border_to_the_left",
            lambda row, u: _draw_in_order(row, u, sorted(row), border=True),
            "Only points on a border go wrong: you give them to the token on the left. Each stretch contains its left"
            " end and not its right one, since u can be 0 but never 1. Which comparison stops the walk?",
        ),
        Misconception(
            "counts_ignored",
            lambda row, u: sorted(row)[int(u * len(row))],
            "Every token is equally likely in your draw. Its stretch must be as long as its count.",
        ),
        Misconception(
            "most_frequent_first",
            lambda row, u: _draw_in_order(row, u, sorted(row, key=lambda t: -row[t])),
            "You lay the tokens out from the most to the least frequent. The chances are right, but the contract sorts"
            " by the tokens themselves, so that u alone decides.",
        ),
        Misconception(
            "not_scaled",
            _draw_unnormalised,
            "You always return the first token: u is compared with counts, and u is below 1 while counts are 1 or"
            " more. Stretch u to the length of the whole line first.",
        ),
        Misconception(
            "not_cumulative",
            _draw_not_cumulative,
            "You compare u with each token's own share. The stretches lie one after the other: compare with the sum of"
            " the shares up to and including the token.",
        ),
        Misconception(
            "backwards",
            lambda row, u: _draw_in_order(row, u, sorted(row, reverse=True)),
            "You walk from the last token to the first. Small u belong to the token that comes first in sorted order.",
        ),
        Misconception(
            "own_chance",
            lambda row, u: random.choices(list(row), list(row.values()))[0],
            "You throw your own dice: the result does not depend on u. The random number is given, so that a draw can"
            " be repeated and checked.",
        ),
        Misconception(
            "least_frequent_first",
            lambda row, u: _draw_in_order(row, u, sorted(row, key=lambda t: row[t])),
            "You lay the tokens out from the least to the most frequent. The chances are right, but the contract"
            " sorts by the tokens themselves, so that u alone decides.",
        ),
        Misconception(
            "rounded",
            _draw_rounded,
            "Your point is rounded to a whole number, which moves it into the next stretch half of the time."
            " Leave it as it is: 0.75 lies before 1.",
        ),
        Misconception(
            "left_end",
            _draw_left_end,
            "You answer one token too late: you compare the point with the sum of the counts *before* the token."
            " A stretch ends where the token's own count has been added.",
        ),
        Misconception(
            "counts_not_sorted_along",
            _draw_counts_unsorted,
            "You sorted the tokens and left the counts in the order of the dict, so that they no longer belong"
            " together. Look the count of each token up in the row.",
        ),
        Misconception(
            "rounded_shares",
            _draw_shares,
            "Right nearly always. You add up shares, which are rounded: ten tenths come to a little less than 1,"
            " and for the largest u no token is found. Add the counts, which are whole numbers, and stretch u"
            " instead.",
        ),
    ),
    hints=(
        "Draw it on paper: a line of length 4 for {'a': 3, 'b': 1}, a from 0 to 3, b from 3 to 4. Where is u = 0.8?",
        "Walk through sorted(row) and keep the sum of the counts so far. Stop as soon as that sum is beyond the point"
        " u times the total.",
        "point = u * sum(row.values()); for each token: reached += row[token]; if reached > point: return token.",
    ),
    points=2,
    minutes=8,
    difficulty=2,
)


def _generate_cases(rng: np.random.Generator) -> list[Case]:
    corpus = [
        ["the", "students", "opened", "their", "books"],
        ["the", "students", "closed", "their", "laptops"],
        ["the", "teacher", "opened", "the", "books"],
    ]
    loop = ngram_counts([["on", "and", "on", "and", "on"]], 2)
    alone = ngram_counts([["yes"]], 3)
    drawn = _sentences(rng, (5, 8, 6), WORDS[:4])
    middle = ((rng.permutation(48)[:6] + 0.5) / 48 + 1e-3).tolist()
    return [
        Case({"counts": alone, "n": 3, "numbers": [0.4, 0.9, 0.1, 0.5]}, "only one sentence is possible"),
        Case({"counts": ngram_counts(corpus, 2), "n": 2, "numbers": []}, "no numbers, no draws"),
        Case(
            {"counts": ngram_counts([[], ["yes"]], 2), "n": 2, "numbers": [0.1, 0.8, 0.2]},
            "the end mark is drawn first",
        ),
        Case({"counts": loop, "n": 2, "numbers": [0.3, 0.7, 0.4, 0.9, 0.6]}, "the numbers are used up"),
        Case(
            {"counts": ngram_counts(corpus, 2), "n": 2, "numbers": [0.2, 0.9, 0.6, 0.4, 0.1, 0.7, 0.3, 0.05]}, "bigrams"
        ),
        Case(
            {"counts": ngram_counts(corpus, 3), "n": 3, "numbers": [0.2, 0.1, 0.8, 0.4, 0.1, 0.7, 0.3, 0.9]}, "trigrams"
        ),
        Case({"counts": ngram_counts(corpus, 1), "n": 1, "numbers": [0.95, 0.35, 0.6, 0.4, 0.05, 0.5]}, "unigrams"),
        Case({"counts": ngram_counts(drawn, 2), "n": 2, "numbers": middle}, "random sentences"),
        Case(
            {"counts": {("a",): Counter({END: 1}), (START,): Counter({"a": 1})}, "n": 2, "numbers": [0.2, 0.5]},
            "a table in another order",
        ),
    ]


def _loop(counts: Table, n: int, numbers: Sequence[float], **wrong: Any) -> list[str]:
    """The loop with one thing done otherwise: how the context moves on, what is drawn, what ends it."""
    context: Context = (START,) * (n - 1)
    start, tokens = context, list[str]()
    for u in numbers:
        u = numbers[0] if "first_number" in wrong else u
        row = counts[context]
        token = max(sorted(row), key=lambda t: row[t]) if "greedy" in wrong else ngrams.draw(row, u)
        if token == END and "restart" in wrong:
            context = start
            continue
        if token == END and "no_stop" not in wrong:
            return [*tokens, END] if "keep_end" in wrong else tokens
        tokens.append(token)
        if "move" in wrong:
            context = wrong["move"](context, token)
        else:
            context = (*context, token)[1:]
    return tokens


def _generate_numbers_backwards(counts, n, numbers):  # type: ignore[no-untyped-def]
    return _loop(counts, n, numbers[::-1])


def _generate_start_kept(counts, n, numbers):  # type: ignore[no-untyped-def]
    return [START] * (n - 1) + _loop(counts, n, numbers)


def _generate_both_marks_kept(counts, n, numbers):  # type: ignore[no-untyped-def]
    return [START] * (n - 1) + _loop(counts, n, numbers, keep_end=True)


def _generate_from(start, move, numbers_used=lambda numbers: numbers):  # type: ignore[no-untyped-def]
    def answer(counts, n, numbers):  # type: ignore[no-untyped-def]
        context, tokens = start(counts, n), list[str]()
        for u in numbers_used(numbers):
            token = ngrams.draw(counts[context], u)
            if token == END:
                break
            tokens.append(token)
            context = move(context, token)
        return tokens

    return answer


def _drop_oldest(context: Context, token: str) -> Context:
    return (*context, token)[1:]


def _generate_endless(counts, n, numbers):  # type: ignore[no-untyped-def]
    return _generate_from(_marks, _drop_oldest, lambda numbers: (numbers[i] for i in range(10**9)))(counts, n, numbers)


def _marks(counts: Table, n: int) -> Context:
    return (START,) * (n - 1)


GENERATE = Exercise(
    id="ngrams.generate",
    lesson="03",
    title="Let the model write",
    reference=ngrams.generate,
    cases=_generate_cases,
    misconceptions=(
        Misconception(
            "end_kept",
            lambda counts, n, numbers: _loop(counts, n, numbers, keep_end=True),
            f"The end mark {END} is part of your sentence. It tells the loop to stop and is not a word: leave before"
            " you append it.",
        ),
        Misconception(
            "does_not_stop",
            lambda counts, n, numbers: _loop(counts, n, numbers, no_stop=True),
            f"Your loop goes on after the end mark {END} was drawn, and asks for a context that no sentence has. Stop"
            " there.",
        ),
        Misconception(
            "starts_again",
            lambda counts, n, numbers: _loop(counts, n, numbers, restart=True),
            "After the end mark you begin a new sentence with the numbers that are left. One call writes one sentence;"
            " numbers may be left over.",
        ),
        Misconception(
            "context_stands_still",
            lambda counts, n, numbers: _loop(counts, n, numbers, move=lambda context, token: context),
            "Every token is drawn after the same context, the start marks. What was just drawn must become part of the"
            " context of the next draw.",
        ),
        Misconception(
            "context_grows",
            lambda counts, n, numbers: _loop(counts, n, numbers, move=lambda context, token: (*context, token)),
            "Your context grows with each token, and the table has contexts of n − 1 tokens only. When a token comes"
            " in at the end, the oldest one has to leave.",
        ),
        Misconception(
            "newest_replaced",
            lambda counts, n, numbers: _loop(counts, n, numbers, move=lambda context, token: (*context[:-1], token)),
            "The new token takes the place of the newest one in the context, and the oldest stays for ever. It is the"
            " oldest that has to leave.",
        ),
        Misconception(
            "minus_zero_slice",
            lambda counts, n, numbers: _loop(
                counts, n, numbers, move=lambda context, token: (*context, token)[-(n - 1) :]
            ),
            "Right for n ≥ 2. For n = 1 your slice reads [-0:], and −0 is 0: it keeps everything instead of nothing."
            " Cut from the front, where the oldest token stands.",
        ),
        Misconception(
            "first_number_only",
            lambda counts, n, numbers: _loop(counts, n, numbers, first_number=True),
            "Each draw uses the first random number. There is one number for each draw: take them in turn.",
        ),
        Misconception(
            "numbers_backwards",
            _generate_numbers_backwards,
            "You use the numbers from the last to the first (`pop()` takes from the end). The contract goes from first"
            " to last.",
        ),
        Misconception(
            "most_frequent",
            lambda counts, n, numbers: _loop(counts, n, numbers, greedy=True),
            "You always take the most frequent token, and so write the same sentence each time. Draw with the given"
            " numbers.",
        ),
        Misconception(
            "start_kept",
            _generate_start_kept,
            "Your sentence begins with the start marks. They are the first context and were never drawn: keep"
            " them apart from the tokens that you return.",
        ),
        Misconception(
            "both_marks_kept",
            _generate_both_marks_kept,
            "Your sentence still has its marks, at both ends. Start marks belong to the context only, and the end"
            " mark tells the loop to stop before anything is appended.",
        ),
        Misconception(
            "one_mark_more",
            _generate_from(lambda counts, n: (START,) * n, _drop_oldest),
            "Your first context has n start marks, and the table knows contexts of n − 1 tokens only.",
        ),
        Misconception(
            "one_mark_only",
            _generate_from(lambda counts, n: (START,), lambda context, token: (token,)),
            "Right for n = 2 only: your context is always one token. The table has contexts of n − 1 tokens, from"
            " none for unigrams to two for trigrams and more.",
        ),
        Misconception(
            "first_row",
            _generate_from(lambda counts, n: next(iter(counts)), _drop_oldest),
            "You begin with whatever context stands first in the table. A sentence begins after n − 1 start marks.",
        ),
        Misconception(
            "first_number_skipped",
            _generate_from(_marks, _drop_oldest, lambda numbers: numbers[1:]),
            "The first random number is never used. The first draw, after the start marks, takes it.",
        ),
        Misconception(
            "numbers_run_out",
            _generate_endless,
            "Your loop does not stop when the numbers are used up. A sentence may end there too, without an end mark.",
        ),
        Misconception(
            "newest_in_front",
            _generate_from(_marks, lambda context, token: (token, *context)[: len(context)]),
            "You put the new token in front of the context. The oldest token stands first, the newest last, as in"
            " the text.",
        ),
    ),
    hints=(
        "Three things happen for each number: draw from the row of the context, perhaps stop, else append and move the"
        " context on.",
        "The context begins as (START,) * (n - 1). After each token: put the token behind it, drop the oldest in"
        " front.",
        "The context moves on by context = (*context, token)[1:]: it stays a tuple of n − 1 tokens, also for n = 1. Ask"
        " whether the token is END before you append it.",
    ),
    points=2,
    minutes=8,
    difficulty=2,
)


# ---------------------------------------------------------------------------------------------------------- 8 · copying


def _copy_cases(rng: np.random.Generator) -> list[Case]:
    training = "the students opened their books"
    letters = "ab"
    text = "".join(letters[i] for i in rng.integers(2, size=17))
    source = "".join(letters[i] for i in rng.integers(2, size=11))
    return [
        Case({"text": "abcx", "training": "zabcz", "k": 2}, "two of three pairs"),
        Case({"text": "ab", "training": "xyxy", "k": 3}, "a text shorter than k"),
        Case({"text": "cde", "training": "abcde", "k": 3}, "the last stretch of the training text"),
        Case({"text": " aB ", "training": "ab aB", "k": 2}, "capital letters and spaces"),
        Case({"text": "", "training": "abc", "k": 1}, "an empty text"),
        Case({"text": "abx", "training": "abab", "k": 2}, "the last pair is new"),
        Case({"text": "xab", "training": "abab", "k": 2}, "the last pair is copied"),
        Case({"text": "aaaaab", "training": "xaay", "k": 2}, "a stretch that comes back"),
        Case({"text": "students", "training": training, "k": 8}, "one stretch, as long as the text"),
        Case({"text": "their students opened a book", "training": training, "k": 5}, "words in another order"),
        Case({"text": text, "training": source, "k": 4}, "random letters"),
    ]


def _stretches(text: str, k: int) -> list[str]:
    return [text[i : i + k] for i in range(len(text) - k + 1)]


def _share(parts: Sequence[str], training: str) -> float:
    return sum(part in training for part in parts) / len(parts) if parts else 0.0


def _copy_raises(text, training, k):  # type: ignore[no-untyped-def]
    parts = _stretches(text, k)
    return sum(part in training for part in parts) / len(parts)


def _copy_by_length(text, training, k):  # type: ignore[no-untyped-def]
    return sum(part in training for part in _stretches(text, k)) / len(text) if text else 0.0


def _copy_one_too_few(text, training, k):  # type: ignore[no-untyped-def]
    parts = _stretches(text, k)
    return sum(part in training for part in parts[:-1]) / len(parts) if parts else 0.0


def _copy_occurrences(text, training, k):  # type: ignore[no-untyped-def]
    parts = _stretches(text, k)
    return sum(training.count(part) for part in parts) / len(parts) if parts else 0.0


def _copy_covered(text, training, k):  # type: ignore[no-untyped-def]
    places = {i + j for i, part in enumerate(_stretches(text, k)) if part in training for j in range(k)}
    return len(places) / len(text) if text else 0.0


def _copy_words(text, training, k):  # type: ignore[no-untyped-def]
    words, source = text.split(), training.split()
    known = {tuple(source[i : i + k]) for i in range(len(source) - k + 1)}
    found = [tuple(words[i : i + k]) in known for i in range(len(words) - k + 1)]
    return sum(found) / len(found) if found else 0.0


COPIED = Exercise(
    id="ngrams.copied_fraction",
    lesson="03",
    title="How much is copied?",
    reference=ngrams.copied_fraction,
    cases=_copy_cases,
    misconceptions=(
        Misconception(
            "types",
            lambda text, training, k: _share(sorted(set(_stretches(text, k))), training),
            "You count each different stretch once. A stretch that the text repeats is copied each time: all len(text)"
            " − k + 1 places count.",
        ),
        Misconception(
            "divided_by_length",
            _copy_by_length,
            "You divide by the number of characters. A text of L characters has L − k + 1 stretches of length k, so"
            " that a text copied whole would come out below 1.",
        ),
        Misconception(
            "last_missing",
            lambda text, training, k: _share(_stretches(text, k)[:-1], training),
            "The last stretch is never looked up: your range ends one place too early. Check with a text of exactly k"
            " characters, which has one stretch.",
        ),
        Misconception(
            "tails_too",
            lambda text, training, k: _share([text[i : i + k] for i in range(len(text))], training),
            "You also look up the stretches at the end that are shorter than k, and shorter stretches are easier to"
            " find. Stop where the last whole stretch begins.",
        ),
        Misconception(
            "side_by_side",
            lambda text, training, k: _share([text[i : i + k] for i in range(0, len(text) - k + 1, k)], training),
            "You cut the text into pieces side by side. The stretches overlap: one begins at each character.",
        ),
        Misconception(
            "other_direction",
            lambda text, training, k: _share(_stretches(training, k), text),
            "You measure how much of the training text stands in the new one. Asked is the other direction: look for"
            " the stretches of `text` in `training`.",
        ),
        Misconception(
            "count_not_share",
            lambda text, training, k: float(sum(part in training for part in _stretches(text, k))),
            "You return how many stretches are copied. Asked is their share, between 0 and 1.",
        ),
        Misconception(
            "new_not_copied",
            lambda text, training, k: 1 - _share(_stretches(text, k), training) if len(text) >= k else 0.0,
            "You return the share that is *new*. The copied share is what is left of 1.",
        ),
        Misconception(
            "zero_division",
            _copy_raises,
            "A text shorter than k has no stretch at all, and you divide by their number. The contract says what to"
            " return then.",
        ),
        Misconception(
            "last_not_looked_up",
            _copy_one_too_few,
            "The last stretch is counted and never looked up: your loop ends one place too early. Check with a"
            " text of exactly k characters, which has one stretch.",
        ),
        Misconception(
            "pieces_and_rest",
            lambda text, training, k: _share([text[i : i + k] for i in range(0, len(text), k)], training),
            "You cut the text into pieces side by side, with a shorter rest at the end. The stretches overlap:"
            " one of k characters begins at each character that has k − 1 behind it.",
        ),
        Misconception(
            "occurrences",
            _copy_occurrences,
            "You add up how often each stretch occurs in the training text. Asked is only whether it occurs: yes"
            " or no for each stretch.",
        ),
        Misconception(
            "covered_characters",
            _copy_covered,
            "You return the share of *characters* that lie in some copied stretch. Asked is the share of stretches.",
        ),
        Misconception(
            "words",
            _copy_words,
            "You look for stretches of k words. k counts characters here: slice the strings themselves.",
        ),
    ),
    hints=(
        "First make the list of stretches, then look each one up with `in`, which finds a string inside another.",
        "A stretch begins at each i from 0 to len(text) − k: text[i : i + k]. How many are there?",
        "stretches = [text[i : i + k] for i in range(len(text) - k + 1)]; then the mean of (stretch in training), or"
        " 0.0 if there is none.",
    ),
    points=1,
    minutes=5,
    difficulty=1,
)


# ------------------------------------------------------------------------------------------------------------ 9 · add-k


def _add_k_cases(rng: np.random.Generator) -> list[Case]:
    small = {("their",): Counter({"books": 3, "laptops": 1})}
    drawn = {
        ("opened", "their"): _row(rng, ("books", "laptops", "exams")),
        ("closed", "the"): _row(rng, ("books", "door")),
    }
    k = round(float(rng.uniform(0.05, 0.6)), 3)
    return [
        Case(
            {"counts": small, "context": ("their",), "token": "books", "k": 0.5, "size": 10}, "a bigram that was seen"
        ),
        Case({"counts": small, "context": ("their",), "token": "the", "k": 0.5, "size": 10}, "a bigram never seen"),
        Case({"counts": small, "context": ("her",), "token": "books", "k": 0.5, "size": 10}, "a context never seen"),
        Case({"counts": small, "context": ("their",), "token": "laptops", "k": 1, "size": 7}, "Laplace, k = 1"),
        Case(
            {"counts": {("their",): {"books": 3}}, "context": ("their",), "token": "the", "k": 0.5, "size": 10},
            "a bigram never seen, in a plain dict",
        ),
        Case({"counts": drawn, "context": ("opened", "their"), "token": "exams", "k": k, "size": 13}, "a trigram"),
        Case(
            {"counts": drawn, "context": ("closed", "the"), "token": "exams", "k": k, "size": 29},
            "a trigram never seen",
        ),
        Case({"counts": {(): _row(rng, ("a", "b"))}, "context": (), "token": "a", "k": 2.5, "size": 3}, "unigrams"),
    ]


def _pair(counts: Table, context: Context, token: str) -> tuple[int, int, int]:
    row = counts.get(context, {})
    return row.get(token, 0), sum(row.values()), len(row)


def _add_k_general(formula):  # type: ignore[no-untyped-def]
    def answer(counts, context, token, k, size):  # type: ignore[no-untyped-def]
        return formula(*_pair(counts, context, token), k, size)

    return answer


def _add_k_token_key_error(counts, context, token, k, size):  # type: ignore[no-untyped-def]
    if context not in counts:
        return 1 / size
    return (counts[context][token] + k) / (sum(counts[context].values()) + k * size)


def _add_k_context_key_error(counts, context, token, k, size):  # type: ignore[no-untyped-def]
    return (counts[context].get(token, 0) + k) / (sum(counts[context].values()) + k * size)


def _add_k_whole_table(counts, context, token, k, size):  # type: ignore[no-untyped-def]
    total = sum(sum(row.values()) for row in counts.values())
    return (counts.get(context, {}).get(token, 0) + k) / (total + k * size)


def _add_k_key_error(counts, context, token, k, size):  # type: ignore[no-untyped-def]
    return (counts[context][token] + k) / (sum(counts[context].values()) + k * size)


ADD_K = Exercise(
    id="ngrams.add_k",
    lesson="03",
    title="Add-k smoothing",
    reference=ngrams.add_k,
    cases=_add_k_cases,
    misconceptions=(
        Misconception(
            "k_once",
            _add_k_general(lambda c, total, types, k, size: (c + k) / (total + k)),
            "The denominator grew by k only once. k was added to the count of *every* token of the vocabulary; by how"
            " much did their sum grow? As it is, your probabilities add up to more than one.",
        ),
        Misconception(
            "numerator_only",
            _add_k_general(lambda c, total, types, k, size: (c + k) / total),
            "You add k above the line and nothing below it. If every count grows, so does their sum; otherwise the"
            " shares add up to more than one.",
        ),
        Misconception(
            "denominator_only",
            _add_k_general(lambda c, total, types, k, size: c / (total + k * size)),
            "Unseen tokens still have probability 0: the denominator grew, the count of the token did not. Both have"
            " to.",
        ),
        Misconception(
            "seen_types_only",
            _add_k_general(lambda c, total, types, k, size: (c + k) / (total + k * types)),
            "You add k for the tokens that were seen after this context. The point is to give something to those that"
            " were *not*: the whole vocabulary, `size` tokens, gets k each.",
        ),
        Misconception(
            "always_one",
            _add_k_general(lambda c, total, types, k, size: (c + 1) / (total + size)),
            "Right for k = 1 only: you add 1 whatever k is.",
        ),
        Misconception(
            "size_without_k",
            _add_k_general(lambda c, total, types, k, size: (c + k) / (total + size)),
            "You add k to the token but 1 for each token of the vocabulary to the sum. They must be the same amount,"
            " or the probabilities do not add up to one.",
        ),
        Misconception(
            "unseen_context_zero",
            _add_k_general(lambda c, total, types, k, size: (c + k) / (total + k * size) if total else 0.0),
            "A context that was never seen gets 0 from you. The formula needs no special case there: with counts of 0"
            " it gives every token the same share, 1 / size.",
        ),
        Misconception(
            "unseen_context_raises",
            _add_k_key_error,
            "A context that was never seen has no row, and a token that never followed has no entry in it: square"
            " brackets raise KeyError for both. Ask with `.get`, and say what to take instead; the formula does the"
            " rest.",
        ),
        Misconception(
            "seen_types_only_guarded",
            _add_k_general(lambda c, total, types, k, size: (c + k) / (total + k * types) if total else 1 / size),
            "Your sum grows by k for each token that was *seen* after this context (the unseen context is right)."
            " The whole vocabulary gets k each, `size` tokens, the unseen ones above all.",
        ),
        Misconception(
            "no_brackets_at_all",
            _add_k_general(lambda c, total, types, k, size: c + k / total + k * size),
            "Brackets are missing: division comes before addition, so only k is divided, and only by the sum of"
            " the row. Put the whole numerator in brackets, and the whole denominator.",
        ),
        Misconception(
            "no_brackets_above",
            _add_k_general(lambda c, total, types, k, size: c + k / (total + k * size)),
            "Brackets are missing above the line: division comes before addition, so only k is divided and the"
            " count is added whole. Your probabilities exceed 1.",
        ),
        Misconception(
            "no_brackets_below",
            _add_k_general(lambda c, total, types, k, size: (c + k) / total + k * size),
            "Brackets are missing below the line: division comes before addition, so you divide by the sum of the"
            " row alone and then add k |V|.",
        ),
        Misconception(
            "share_plus_k",
            lambda counts, context, token, k, size: ngrams.mle(counts, context, token) + k / size,
            "You add k / |V| to the relative frequency, so your probabilities add up to 1 + k. k is added to the"
            " *counts*, before they are divided by their sum.",
        ),
        Misconception(
            "size_times_all",
            _add_k_general(lambda c, total, types, k, size: (c + k) / ((total + k) * size)),
            "Your denominator multiplies the sum of the row by |V| as well. Only k is added |V| times; the row is"
            " summed once.",
        ),
        Misconception(
            "unseen_only",
            _add_k_general(lambda c, total, types, k, size: (c or k) / (total + k * size)),
            "Only unseen tokens get k from you. Every token of the vocabulary gets it, seen or not; otherwise the"
            " shares add up to less than one.",
        ),
        Misconception(
            "whole_table",
            _add_k_whole_table,
            "Your denominator holds the counts of all contexts. P(token | context) divides by the row of this"
            " context alone, plus k for each token of the vocabulary.",
        ),
        Misconception(
            "types_for_sum",
            _add_k_general(lambda c, total, types, k, size: (c + k) / (types + k * size)),
            "Your denominator counts how many *different* tokens followed. Add their counts up instead.",
        ),
        Misconception(
            "only_context_raises",
            _add_k_context_key_error,
            "A context that was never seen has no row, and `counts[context]` has nothing to hand out."
            " `counts.get(context, {})` gives an empty row, and the formula does the rest.",
        ),
        Misconception(
            "unseen_token_raises",
            _add_k_token_key_error,
            "A token that never followed this context has no entry in the row. A Counter hands out 0 for it, a"
            " plain dict raises KeyError, and a row may be either: ask with `.get` and say what to take instead.",
        ),
        Misconception(
            "size_plus_one",
            _add_k_general(lambda c, total, types, k, size: (c + k) / (total + k * (size + 1))),
            "Your vocabulary has one token too many: `size` already counts all that can follow, the end mark"
            " among them.",
        ),
    ),
    hints=(
        "Take the function `mle` and ask: what does the numerator become, what does the denominator become?",
        "Every token of the vocabulary is counted k times more, so the sum of the row grows by k for each of `size`"
        " tokens.",
        "(row.get(token, 0) + k) / (sum(row.values()) + k * size), with row = counts.get(context, {}).",
    ),
    points=1,
    minutes=3,
    difficulty=1,
)


# --------------------------------------------------------------------------------------------------- 10 · interpolation


def _interpolate_cases(rng: np.random.Generator) -> list[Case]:
    unigrams = {(): Counter({"books": 4, "their": 3, "the": 2, "laptops": 1})}
    bigrams = {
        ("their",): Counter({"books": 3, "laptops": 1}),
        ("the",): Counter({"books": 1, "laptops": 1}),
        ("opened",): Counter({"their": 2, "books": 3}),
    }
    trigrams = {("opened", "their"): Counter({"books": 2, "laptops": 3}), ("their", "the"): Counter({"laptops": 1})}
    small, three = [unigrams, bigrams], [unigrams, bigrams, trigrams]
    drawn = _sentences(rng, (9, 12, 7, 10), WORDS[:3])
    orders = [ngram_counts(drawn, n) for n in (1, 2, 3, 4)]
    context, w = (
        tuple(drawn[1][3:6]),
        np.round(np.sort(rng.dirichlet([3.0] * 4)) + np.array([0.0, 0.01, 0.02, 0.04]), 3),
    )
    weights = (w / w.sum()).tolist()
    unseen = ("zebra", *context[1:])
    return [
        Case({"orders": small, "context": ("their",), "token": "books", "weights": [0.4, 0.6]}, "unigrams and bigrams"),
        Case({"orders": small, "context": ("her",), "token": "books", "weights": [0.4, 0.6]}, "a context never seen"),
        Case({"orders": [unigrams], "context": (), "token": "the", "weights": [1.0]}, "unigrams alone"),
        Case(
            {"orders": three, "context": ("opened", "their"), "token": "books", "weights": [0.1, 0.3, 0.6]},
            "three orders",
        ),
        Case(
            {"orders": three, "context": ("opened", "the"), "token": "laptops", "weights": [0.1, 0.3, 0.6]},
            "the longest context was never seen",
        ),
        Case(
            {"orders": three, "context": ("their", "the"), "token": "books", "weights": [0.5, 0.3, 0.2]},
            "the trigram was never seen, its context was",
        ),
        Case({"orders": orders, "context": context, "token": drawn[1][6], "weights": weights}, "four orders"),
        Case(
            {"orders": orders, "context": unseen, "token": drawn[1][6], "weights": weights},
            "four orders, unseen context",
        ),
    ]


def _mix(
    orders: Sequence[Table], context: Context, token: str, weights: Sequence[float], cut: Any
) -> list[tuple[float, float]]:
    """(weight, relative frequency) of the orders whose context was seen."""
    pairs = []
    for j, (counts, weight) in enumerate(zip(orders, weights, strict=True)):
        row = counts.get(cut(context, j))
        if row:
            pairs.append((weight, row.get(token, 0) / sum(row.values())))
    return pairs


def _last(context: Context, j: int) -> Context:
    return context[len(context) - j :]


def _mean(pairs: Sequence[tuple[float, float]]) -> float:
    return sum(w * p for w, p in pairs) / sum(w for w, _ in pairs)


def _mix_not_rescaled(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return sum(w * p for w, p in _mix(orders, context, token, weights, _last))


def _mix_oldest(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return _mean(_mix(orders, context, token, weights, lambda c, j: c[:j]))


def _mix_minus_zero(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return _mean(_mix(orders, context, token, weights, lambda c, j: c[-j:]))


def _mix_reversed(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return _mean(_mix(orders, context, token, weights[::-1], _last))


def _mix_longest(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return _mix(orders, context, token, weights, _last)[-1][1]


def _mix_equal(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return _mean([(1.0, p) for _, p in _mix(orders, context, token, weights, _last)])


def _mix_geometric(orders, context, token, weights):  # type: ignore[no-untyped-def]
    pairs = _mix(orders, context, token, weights, _last)
    return math.prod(p**w for w, p in pairs) ** (1 / sum(w for w, _ in pairs))


def _mix_product(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return math.prod(p**w for w, p in _mix(orders, context, token, weights, _last))


def _mix_minus_zero_guarded(orders, context, token, weights):  # type: ignore[no-untyped-def]
    pairs = _mix(orders, context, token, weights, lambda c, j: c[-j:])
    return _mean(pairs) if pairs else 0.0


def _mix_minus_zero_not_rescaled(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return sum(w * p for w, p in _mix(orders, context, token, weights, lambda c, j: c[-j:]))


def _mix_longest_that_knows(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return next((p for _, p in _mix(orders, context, token, weights, _last)[::-1] if p > 0), 0.0)


def _mix_plain_mean(orders, context, token, weights):  # type: ignore[no-untyped-def]
    return sum(p for _, p in _mix(orders, context, token, weights, _last)) / len(orders)


def _mix_by_number(orders, context, token, weights):  # type: ignore[no-untyped-def]
    pairs = _mix(orders, context, token, weights, _last)
    return sum(w * p for w, p in pairs) / len(pairs)


def _mix_unigrams_last(orders, context, token, weights):  # type: ignore[no-untyped-def]
    pairs = _mix(orders, context, token, weights, _last)
    return _mean(pairs[1:] or pairs)


def _mix_step_by_step(orders, context, token, weights):  # type: ignore[no-untyped-def]
    p = 0.0
    for j, counts in enumerate(orders):
        p = weights[j] * ngrams.mle(counts, _last(context, j), token) + (1 - weights[j]) * p
    return p


def _mix_key_error(orders, context, token, weights):  # type: ignore[no-untyped-def]
    rows = [counts[_last(context, j)] for j, counts in enumerate(orders)]
    return sum(w * row.get(token, 0) / sum(row.values()) for w, row in zip(weights, rows))


def _mix_seen_ngrams(orders, context, token, weights):  # type: ignore[no-untyped-def]
    pairs = [(w, p) for w, p in _mix(orders, context, token, weights, _last) if p > 0]
    return _mean(pairs) if pairs else 0.0


INTERPOLATE = Exercise(
    id="ngrams.interpolate",
    lesson="03",
    title="Interpolation: let all orders vote",
    reference=ngrams.interpolate,
    cases=_interpolate_cases,
    misconceptions=(
        Misconception(
            "not_rescaled",
            _mix_not_rescaled,
            "Where a context was never seen, its weight is lost, and the probabilities of all tokens add up to less"
            " than one. Divide by the sum of the weights that were used.",
        ),
        Misconception(
            "oldest_tokens",
            _mix_oldest,
            "You take the first j tokens of the context, the oldest. The nearest tokens tell most: a shorter order"
            " looks at the *last* j of them.",
        ),
        Misconception(
            "minus_zero_slice",
            _mix_minus_zero,
            "The unigrams never vote: for j = 0 your slice reads [-0:], and −0 is 0, so that it takes the whole"
            " context instead of none of it. Count from the front: where do the last j tokens begin?",
        ),
        Misconception(
            "weights_reversed",
            _mix_reversed,
            "The weights are given to the orders from the wrong end. weights[0] belongs to the unigrams, orders[0].",
        ),
        Misconception(
            "longest_only",
            _mix_longest,
            "You use the longest context that was seen and nothing else. That is backing off; interpolation lets all"
            " orders vote, also where the longest one has an opinion.",
        ),
        Misconception(
            "equal_weights",
            _mix_equal,
            "All orders count the same in your mean. Each has its own weight.",
        ),
        Misconception(
            "product",
            _mix_geometric,
            "You multiply the orders' probabilities (a weighted geometric mean). One order that says 0 then silences"
            " all others, and the results do not add up to one. Interpolation is a weighted *sum*.",
        ),
        Misconception(
            "zeros_left_out",
            _mix_seen_ngrams,
            "You leave out every order that gives the token 0. An order that knows the context and has never seen the"
            " token after it votes with 0, and its weight counts; only an unknown *context* abstains.",
        ),
        Misconception(
            "minus_zero_slice_guarded",
            _mix_minus_zero_guarded,
            "The unigrams never vote: for j = 0 your slice reads [-0:], and −0 is 0, so that it takes the whole"
            " context instead of none of it. Where all longer contexts are unseen, nobody is left, and you say 0."
            " Where do the last j tokens begin?",
        ),
        Misconception(
            "minus_zero_slice_not_rescaled",
            _mix_minus_zero_not_rescaled,
            "Two things go wrong. For j = 0 your slice reads [-0:], which takes the whole context instead of"
            " none, so the unigrams never vote. And where a context was never seen, its weight is lost: divide by"
            " the weights that were used.",
        ),
        Misconception(
            "longest_that_knows_the_token",
            _mix_longest_that_knows,
            "You take the longest order that gives the token more than 0, and nothing else. That is backing off;"
            " interpolation lets all orders vote, with their weights.",
        ),
        Misconception(
            "weighted_product",
            _mix_product,
            "You multiply the orders' probabilities, each to the power of its weight. One order that says 0 then"
            " silences all others. Interpolation is a weighted *sum*.",
        ),
        Misconception(
            "divided_by_all_orders",
            _mix_plain_mean,
            "You add the probabilities up and divide by the number of orders. Each order has its own weight, and"
            " one whose context is unknown does not count.",
        ),
        Misconception(
            "divided_by_number",
            _mix_by_number,
            "You divide the weighted sum by how many orders took part. Divide by the sum of their *weights*, so"
            " that these add up to one.",
        ),
        Misconception(
            "unigrams_last_resort",
            _mix_unigrams_last,
            "The unigrams vote only when no longer context is known. They have a weight like every other order:"
            " let them vote always.",
        ),
        Misconception(
            "step_by_step",
            _mix_step_by_step,
            "You mix order by order, each time giving 1 − λ to what was there before, so the shorter orders"
            " shrink again and again. Here each weight stands for its order's share of the whole sum.",
        ),
        Misconception(
            "unseen_context_raises",
            _mix_key_error,
            "A context that was never seen has no row, and square brackets raise KeyError. Ask whether the order"
            " knows the context; if not, it abstains.",
        ),
    ),
    hints=(
        "One loop over the orders. Each asks: was my context ever seen? If so, it adds its weighted relative"
        " frequency.",
        "Order j looks at the last j tokens: they begin at place len(context) − j (a slice [-j:] fails for j = 0)."
        " Keep two sums: weighted probabilities, and weights used.",
        "row = counts.get(context[len(context) - j :]); if row: total += weight * row.get(token, 0) /"
        " sum(row.values()) and used += weight; at the end total / used.",
    ),
    points=2,
    minutes=15,
    difficulty=2,
)


# ---------------------------------------------------------------------------------------------------- 11 · continuation


def _continuation_cases(rng: np.random.Generator) -> list[Case]:
    places = {
        ("san",): Counter({"francisco": 9}),
        ("my",): Counter({"glasses": 2, "books": 1}),
        ("her",): Counter({"glasses": 1, "books": 1, "san": 4}),
        ("the",): Counter({"glasses": 3}),
    }
    drawn = _sentences(rng, (8, 6, 9, 7), WORDS[:3])
    return [
        Case({"counts": {("san",): Counter({"francisco": 5})}}, "one bigram, five times"),
        Case({"counts": places}, "bigrams"),
        Case({"counts": ngram_counts([["a", "b", "c"], ["d", "b", "c"], ["a", "b", "c"]], 3)}, "trigrams"),
        Case({"counts": ngram_counts(drawn, 2)}, "bigrams of random sentences"),
        Case({"counts": ngram_counts(drawn, 3)}, "trigrams of random sentences"),
        Case({"counts": ngram_counts(drawn, 4)}, "4-grams of random sentences"),
    ]


def _gather(counts: Table, key: Any, amount: Any) -> Counts:
    result: Counts = {}
    for context, row in counts.items():
        for token in row:
            result.setdefault(key(context), Counter())[token] += amount(row, token)
    return result


def _continuation_set_to_one(counts):  # type: ignore[no-untyped-def]
    result = _gather(counts, lambda c: c[1:], lambda row, token: 1)
    return {context: Counter(dict.fromkeys(row, 1)) for context, row in result.items()}


def _continuation_followers(counts):  # type: ignore[no-untyped-def]
    result: Counts = {}
    for context, row in counts.items():
        result.setdefault(context[:-1], Counter())[context[-1]] += len(row)
    return result


def _continuation_neighbours(counts):  # type: ignore[no-untyped-def]
    result: Counts = {}
    for context, row in counts.items():
        for _ in row:
            result.setdefault(context[1:], Counter())[context[0]] += 1
    return result


def _continuation_no_start(counts):  # type: ignore[no-untyped-def]
    inside = {context: row for context, row in counts.items() if context[0] != START}
    return _gather(inside, lambda c: c[1:], lambda row, token: 1)


def _continuation_overwritten(counts):  # type: ignore[no-untyped-def]
    return {context[1:]: Counter(dict.fromkeys(row, 1)) for context, row in counts.items()}


def _continuation_length_set(counts):  # type: ignore[no-untyped-def]
    result: Counts = {}
    for context, row in counts.items():
        for token in row:
            result.setdefault(context[1:], Counter())[token] = len(row)
    return result


def _continuation_of_token(counts):  # type: ignore[no-untyped-def]
    before: dict[str, set[str]] = {}
    for context, row in counts.items():
        for token in row:
            before.setdefault(token, set()).add(context[0])
    table = _gather(counts, lambda c: c[1:], lambda row, token: 1)
    return {context: Counter({token: len(before[token]) for token in row}) for context, row in table.items()}


CONTINUATION = Exercise(
    id="ngrams.continuation_counts",
    lesson="03",
    title="Continuation counts",
    reference=ngrams.continuation_counts,
    cases=_continuation_cases,
    misconceptions=(
        Misconception(
            "occurrences",
            lambda counts: _gather(counts, lambda c: c[1:], lambda row, token: row[token]),
            "You add up how often each n-gram occurred, which gives back the ordinary counts. The continuation count"
            " asks in how many *different* surroundings it occurred: 'san francisco' five times is still one"
            " surrounding.",
        ),
        Misconception(
            "newest_dropped",
            lambda counts: _gather(counts, lambda c: c[:-1], lambda row, token: 1),
            "You drop the newest token of the context. The lower order looks less far *back*: the oldest token, which"
            " comes first, is the one to drop. With bigrams both are the same; look at the trigrams.",
        ),
        Misconception(
            "context_kept",
            lambda counts: _gather(counts, lambda c: c, lambda row, token: 1),
            "Your contexts are as long as before, so every entry is 1. The result is one order lower: contexts that"
            " differ only in their oldest token fall together.",
        ),
        Misconception(
            "context_emptied",
            lambda counts: _gather(counts, lambda c: (), lambda row, token: 1),
            "All your entries stand under the empty context. Only the oldest token is dropped; for trigrams one token"
            " of context remains.",
        ),
        Misconception(
            "always_one",
            _continuation_set_to_one,
            "Each of your entries is 1. The contexts are right, but when a second surrounding turns up for the same"
            " entry, it has to be added to the first.",
        ),
        Misconception(
            "followers",
            _continuation_followers,
            "You count how many different tokens come *after*. That number is needed in Kneser–Ney too, in another"
            " place. The continuation count looks to the left: how many different tokens come *before*.",
        ),
        Misconception(
            "row_lengths",
            lambda counts: _gather(counts, lambda c: c[1:], lambda row, token: len(row)),
            "You add the length of the row for each token. An entry context–token is one surrounding, however many"
            " other tokens the row has: add 1.",
        ),
        Misconception(
            "followers_of_each_context",
            lambda counts: {context: len(row) for context, row in counts.items()},
            "You count how many different tokens follow each context. That number is needed in Kneser–Ney too, in"
            " another place. The continuation count looks to the left, and has the same form as the table given: a"
            " context, a token, a number.",
        ),
        Misconception(
            "neighbour_counted",
            _continuation_neighbours,
            "You count the left neighbour itself. It is what is dropped: the entry belongs to the token that was"
            " predicted, and the neighbour only adds 1 to it.",
        ),
        Misconception(
            "start_mark_refused",
            _continuation_no_start,
            "You leave out contexts that begin with a start mark. To stand at the beginning of a sentence is a"
            " surrounding like any other.",
        ),
        Misconception(
            "row_overwritten",
            _continuation_overwritten,
            "Where several contexts differ only in their oldest token, the last one wins: its row replaces those"
            " before. Add to the row that is there.",
        ),
        Misconception(
            "row_length_set",
            _continuation_length_set,
            "You write the length of the row. That says how many tokens follow this one context; asked is how"
            " many contexts come before the token. Each entry of the table adds 1.",
        ),
        Misconception(
            "middle_ignored",
            _continuation_of_token,
            "Right for bigrams. For longer n-grams your number is that of the token alone: how many tokens begin"
            " any context of it. It has to be counted for the token *and* the context that is left.",
        ),
        Misconception(
            "last_token_only",
            lambda counts: _gather(counts, lambda c: c[-1:], lambda row, token: 1),
            "You keep the last token of the context whatever its length. Only the oldest token is dropped: m"
            " tokens become m − 1.",
        ),
    ),
    hints=(
        "Each entry (context, token) of the table is one n-gram type. Which lower-order n-gram does it surround?",
        "Dropping the oldest token of the context gives the lower-order context. Each type adds 1 there, however often"
        " it occurred.",
        "Two loops, over counts.items() and over the row: result.setdefault(context[1:], Counter())[token] += 1.",
    ),
    points=2,
    minutes=8,
    difficulty=2,
)


# ------------------------------------------------------------------------------------------------------ 12 · Kneser-Ney


def _questions(sentences: Sequence[Sequence[str]], contexts: Sequence[Context]) -> dict[str, Any]:
    tokens = [*sorted({token for sentence in sentences for token in sentence} | {END}), "never seen"]
    return {"contexts": list(contexts), "tokens": tokens}


def _kneser_ney_case(
    sentences: list[list[str]], n: int, discount: float, contexts: Sequence[Context], about: str
) -> Case:
    return Case({"sentences": sentences, "n": n, "discount": discount}, about, extra=_questions(sentences, contexts))


def _kneser_ney_cases(rng: np.random.Generator) -> list[Case]:
    tiny = [["san", "francisco"], ["san", "francisco"], ["my", "glasses"], ["her", "glasses"], ["my", "my"]]
    text = [
        ["the", "students", "opened", "their", "books"],
        ["the", "students", "opened", "their", "laptops"],
        ["the", "teacher", "opened", "the", "books"],
        ["the", "teacher", "closed", "their", "books"],
        ["the", "teacher", "closed", "their", "books"],
    ]
    drawn = _sentences(rng, (9, 6, 11, 8, 7), WORDS[:4])
    d = round(float(rng.uniform(0.3, 0.7)), 2)
    pairs = [
        (START, START),
        (START, "the"),
        ("opened", "their"),
        ("closed", "the"),
        ("zebra", "their"),
        ("zebra", "yak"),
    ]
    inside = [tuple(drawn[2][i : i + 3]) for i in (0, 4, 6)]
    return [
        _kneser_ney_case(tiny, 2, 0.5, [(START,), ("san",), ("my",), ("zebra",), ()], "bigrams"),
        _kneser_ney_case(tiny, 1, 0.75, [()], "unigrams: there is no lower order"),
        _kneser_ney_case(text, 3, 0.6, [*pairs, ("their",), ()], "trigrams"),
        _kneser_ney_case(
            drawn, 3, d, [tuple(drawn[0][2:4]), tuple(drawn[4][1:3]), (WORDS[1], "zebra")], "random trigrams"
        ),
        _kneser_ney_case(drawn, 4, d, [*inside, ("zebra", *inside[0][1:])], "random 4-grams"),
    ]


def _kneser_ney_run(answer: Any, inputs: dict[str, Any], case: Case) -> dict[str, Any]:
    """The probabilities of all tokens after each context, under names that a message can show."""
    model = answer(inputs["sentences"], inputs["n"], inputs["discount"])
    answer([["yak", "yak"]], inputs["n"], 0.9)  # another model beside it must not change it
    return {
        f"P({token} | {' '.join(context) or 'empty context'})": model.prob(tuple(context), token)
        for context in case.extra["contexts"]
        for token in case.extra["tokens"]
    }


def _sums_to_one(case: Case, output: Any) -> bool:
    values, width = list(output.values()), len(case.extra["tokens"])
    return all(abs(sum(values[i : i + width]) - 1) < 1e-6 for i in range(0, len(values), width))


class _Variant:
    """Interpolated Kneser-Ney with one thing done otherwise; the subclasses say which."""

    def __init__(self, sentences: Sequence[Sequence[str]], n: int, discount: float = 0.75) -> None:
        self.discount = discount
        self.orders = self.tables(sentences, n)

    def tables(self, sentences: Sequence[Sequence[str]], n: int) -> list[Counts]:
        orders = [ngram_counts(sentences, n)]
        while len(orders) < n:
            orders.insert(0, ngrams.continuation_counts(orders[0]))
        return orders

    def history(self, context: Context, j: int) -> Context:
        return context[len(context) - j :]

    def unseen(self, p: float) -> float:
        return p

    def mix(self, j: int, count: int, total: int, types: int, d: float, p: float) -> float:
        if j == 0:
            return count / total
        return (max(count - d, 0.0) + d * types * p) / total

    def prob(self, context: Context, token: str) -> float:
        p = 0.0
        for j, counts in enumerate(self.orders[: len(context) + 1]):
            row = counts.get(self.history(context, j))
            if not row:
                return self.unseen(p)
            p = self.mix(j, row[token], sum(row.values()), len(row), self.discount, p)
        return p


class _RawLower(_Variant):
    def tables(self, sentences, n):  # type: ignore[no-untyped-def]
        return [ngram_counts(sentences, j + 1) for j in range(n)]


class _RawUnigrams(_Variant):
    def tables(self, sentences, n):  # type: ignore[no-untyped-def]
        return [ngram_counts(sentences, 1), *super().tables(sentences, n)[1:]]


class _ContinuationEverywhere(_Variant):
    def tables(self, sentences, n):  # type: ignore[no-untyped-def]
        return super().tables(sentences, n + 1)[:-1]


class _ContinuationOfCounts(_Variant):
    def tables(self, sentences, n):  # type: ignore[no-untyped-def]
        tables = super().tables(sentences, n)
        return tables if n == 1 else [*tables[:-1], {c: Counter(dict.fromkeys(r, 1)) for c, r in tables[-1].items()}]


class _NoLowerOrder(_Variant):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        return max(count - d, 0.0) / total if j else count / total


class _NoDiscount(_Variant):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        return (count + d * types * p) / total if j else count / total


class _TypesForgotten(_Variant):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        return (max(count - d, 0.0) + d * p) / total if j else count / total


class _TokensForTypes(_Variant):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        return max(count - d, 0.0) / total + d * p if j else count / total


class _UnigramsDiscounted(_Variant):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        return (max(count - d, 0.0) + d * types * p) / total


class _BackOff(_Variant):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        if j == 0:
            return count / total
        return (count - d) / total if count else d * types * p / total


class _OldestTokens(_Variant):
    def history(self, context: Context, j: int) -> Context:
        return context[:j]


class _UnseenIsZero(_Variant):
    def unseen(self, p: float) -> float:
        return 0.0


class _FixedDiscount(_Variant):
    def __init__(self, sentences, n, discount=0.75):  # type: ignore[no-untyped-def]
        super().__init__(sentences, n, 0.75)


class _NeverNegativeForgotten(_Variant):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        return (count - d + d * types * p) / total if j else count / total


class _Shared(_Variant):
    orders: list[Counts] = []  # noqa: RUF012 - the mistake itself

    def __init__(self, sentences, n, discount=0.75):  # type: ignore[no-untyped-def]
        self.discount = discount
        self.orders.clear()
        self.orders.extend(self.tables(sentences, n))

    def prob(self, context, token):  # type: ignore[no-untyped-def]
        if not context:
            return self.orders[0][()][token] / sum(self.orders[0][()].values())
        row, p = self.orders[len(context)].get(context), self.prob(context[1:], token)
        return self.mix(1, row[token], sum(row.values()), len(row), self.discount, p) if row else p


class _Recursive(_Variant):
    """As a learner often writes it: from the longest context down."""

    def unigram(self, row, token):  # type: ignore[no-untyped-def]
        return row[token] / sum(row.values()) if row else 0.0

    def row(self, context):  # type: ignore[no-untyped-def]
        return self.orders[len(context)].get(context)

    def prob(self, context, token):  # type: ignore[no-untyped-def]
        if not context:
            return self.unigram(self.orders[0].get(()), token)
        row, p = self.row(context), self.prob(context[1:], token)
        return self.mix(len(context), row[token], sum(row.values()), len(row), self.discount, p) if row else p


class _Reversed(_Recursive):
    def tables(self, sentences, n):  # type: ignore[no-untyped-def]
        return super().tables(sentences, n)[::-1]


class _ReversedRaises(_Reversed):
    def unigram(self, row, token):  # type: ignore[no-untyped-def]
        return row[token] / sum(row.values())


class _TopOnly(_Recursive):
    def row(self, context):  # type: ignore[no-untyped-def]
        return self.orders[-1].get(context)


class _AllFromTop(_Recursive):
    def tables(self, sentences, n):  # type: ignore[no-untyped-def]
        top = ngram_counts(sentences, n)
        return [ngrams.continuation_counts(top) if j < n - 1 else top for j in range(n)]


class _OnlyUnigramsContinued(_Recursive):
    def tables(self, sentences, n):  # type: ignore[no-untyped-def]
        tables = [ngram_counts(sentences, j + 1) for j in range(n)]
        return [ngrams.continuation_counts(tables[1]), *tables[1:]] if n > 1 else tables


class _UniformEnd(_Recursive):
    def unigram(self, row, token):  # type: ignore[no-untyped-def]
        return 1 / len(row)


class _ShareTaken(_Recursive):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        return (1 - d) * count / total + d * p


class _MassNotDivided(_Recursive):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        return max(count - d, 0.0) / total + d * types * p


class _WholeVocabulary(_Recursive):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        return (max(count - d, 0.0) + d * len(self.orders[0][()]) * p) / total


class _Singletons(_Recursive):
    def prob(self, context, token):  # type: ignore[no-untyped-def]
        if not context:
            return super().prob(context, token)
        row, p = self.row(context), self.prob(context[1:], token)
        once = sum(count == 1 for count in row.values()) if row else 0
        return self.mix(len(context), row[token], sum(row.values()), once, self.discount, p) if row else p


class _WhatThisTokenLost(_Recursive):
    def mix(self, j, count, total, types, d, p):  # type: ignore[no-untyped-def]
        kept = max(count - d, 0.0) / total
        return kept + (1 - kept) * p


class _UnseenScaled(_Recursive):
    def prob(self, context, token):  # type: ignore[no-untyped-def]
        return (
            super().prob(context, token)
            if not context or self.row(context)
            else self.discount * self.prob(context[1:], token)
        )


class _UnseenRaises(_Recursive):
    def row(self, context):  # type: ignore[no-untyped-def]
        return self.orders[len(context)][context]


KNESER_NEY = Exercise(
    id="ngrams.kneser_ney",
    lesson="03",
    title="Interpolated Kneser–Ney",
    reference=ngrams.InterpolatedKneserNey,
    cases=_kneser_ney_cases,
    run=_kneser_ney_run,
    misconceptions=(
        Misconception(
            "raw_counts_below",
            _RawLower,
            "The lower orders count occurrences. This is absolute discounting: a sound model whose probabilities sum"
            " to one, but not Kneser–Ney. Look at 'francisco' after an unseen context: it is frequent, yet it follows"
            " one word only. Build the lower tables with `continuation_counts`.",
        ),
        Misconception(
            "raw_unigrams",
            _RawUnigrams,
            "All orders are right except the lowest: the unigrams count occurrences. Continuation counts go all the"
            " way down; the unigram table comes from the bigram table.",
        ),
        Misconception(
            "continuation_everywhere",
            _ContinuationEverywhere,
            "The highest order uses continuation counts too. Nothing hands down to it, so it keeps the plain counts;"
            " only the orders below it count surroundings.",
        ),
        Misconception(
            "highest_order_flattened",
            _ContinuationOfCounts,
            "In the highest order every n-gram counts 1, however often it occurred. Its plain counts matter; only the"
            " orders below count surroundings.",
        ),
        Misconception(
            "no_lower_order",
            _NoLowerOrder,
            "The discount is taken and never handed out: your probabilities add up to less than one, and unseen tokens"
            " stay at 0. What was taken goes to the lower order's opinion.",
        ),
        Misconception(
            "no_discount",
            _NoDiscount,
            "You hand out what you never took: your probabilities add up to more than one. D is subtracted from every"
            " count that is not 0.",
        ),
        Misconception(
            "types_forgotten",
            _TypesForgotten,
            "Your probabilities add up to less than one. D was taken from *each* token that followed the context; all"
            " of it together, D times the number of these tokens, goes to the lower order.",
        ),
        Misconception(
            "tokens_for_types",
            _TokensForTypes,
            "The lower order gets the share D whatever the context. D is taken once from each *different* token of the"
            " row, so the mass is D times the number of entries over the sum of the counts: large where the context"
            " has many rare followers.",
        ),
        Misconception(
            "unigrams_discounted",
            _UnigramsDiscounted,
            "The unigrams are discounted as well, and nothing lies below them to receive the mass, so it is lost:"
            " everything adds up to less than one. The recursion ends with the plain shares of the unigram row.",
        ),
        Misconception(
            "back_off",
            _BackOff,
            "The lower order is asked only where the token was never seen. That is backing off. Interpolation adds the"
            " lower order's opinion always, also for tokens that were seen.",
        ),
        Misconception(
            "oldest_tokens",
            _OldestTokens,
            "Shorter contexts keep the wrong end. 'Without its oldest token' means that the first token of the tuple"
            " is dropped and the nearest ones stay.",
        ),
        Misconception(
            "unseen_context_zero",
            _UnseenIsZero,
            "A context that was never seen makes your model say 0 to everything. With no opinion of its own it hands"
            " over to the shorter context, unchanged.",
        ),
        Misconception(
            "discount_fixed",
            _FixedDiscount,
            "Your model always discounts by 0.75. The discount is an argument.",
        ),
        Misconception(
            "negative_counts",
            _NeverNegativeForgotten,
            "You subtract D also from tokens that were never seen, which makes their share negative. A count of 0"
            " stays 0: that is what max(·, 0) is for.",
        ),
        Misconception(
            "tables_shared",
            _Shared,
            "A second model destroys the first: your tables belong to the class, so all models share them. Make"
            " them in `__init__` as attributes of `self`.",
        ),
        Misconception(
            "tables_reversed",
            _ReversedRaises,
            "Your tables stand the wrong way round: orders[0] holds the longest contexts. The unigrams come"
            " first: each new table, one order lower, has to be put in front of the others.",
        ),
        Misconception(
            "tables_reversed_silently",
            _Reversed,
            "Your tables stand the wrong way round: contexts are looked up in the table of another order, so none"
            " is ever found. The unigrams come first: each new table, one order lower, has to be put in front of"
            " the others.",
        ),
        Misconception(
            "top_table_only",
            _TopOnly,
            "Every context is looked up in the highest table, where the shorter ones are never found. A context"
            " of j tokens belongs to the table of its own order.",
        ),
        Misconception(
            "all_from_the_top",
            _AllFromTop,
            "All your lower tables are made from the highest one, so they are the same table. Each is made from"
            " the one directly above it.",
        ),
        Misconception(
            "only_unigrams_continued",
            _OnlyUnigramsContinued,
            "Only your unigrams are continuation counts; the orders between them and the highest count"
            " occurrences. Every order but the highest counts surroundings. (For bigrams there is nothing in"
            " between.)",
        ),
        Misconception(
            "uniform_end",
            _UniformEnd,
            "Your recursion ends with equal shares for all tokens. It ends with each token's share of the unigram"
            " row, which is why that row counts surroundings.",
        ),
        Misconception(
            "share_taken",
            _ShareTaken,
            "You mix with fixed weights 1 − D and D: that takes a *share* of each count. Kneser–Ney takes the"
            " same *amount* D from each, and the weight of the lower order follows from how many there were.",
        ),
        Misconception(
            "mass_not_divided",
            _MassNotDivided,
            "The mass for the lower order is not divided by c(h), the sum of the row. Both parts of the formula"
            " are shares of it; your probabilities add up to more than one.",
        ),
        Misconception(
            "whole_vocabulary",
            _WholeVocabulary,
            "You give away D for each word of the vocabulary. It was taken only from the tokens that the row has:"
            " types(h) is how many of them there are.",
        ),
        Misconception(
            "unseen_context_scaled",
            _UnseenScaled,
            "A context that was never seen hands over D times the lower probability, and the rest is lost."
            " Nothing was discounted there, so everything is handed over: unchanged.",
        ),
        Misconception(
            "unseen_context_raises",
            _UnseenRaises,
            "A context that was never seen has no row, and square brackets raise KeyError. Ask with `.get`;"
            " without a row the shorter context answers.",
        ),
        Misconception(
            "singletons",
            _Singletons,
            "You count only the tokens that followed once. types(h) is the number of *all* different tokens of"
            " the row: D was taken from each.",
        ),
        Misconception(
            "one_minus_kept",
            _WhatThisTokenLost,
            "Your weight for the lower order is what *this* token leaves of 1, so it differs from token to token"
            " and the sum is not one. It is the same for all tokens of a context: everything that the discounts"
            " took in the row.",
        ),
    ),
    properties=(
        Property(
            "sums_to_one",
            _sums_to_one,
            "After some context your probabilities of all tokens do not add up to one. What the discount takes in a"
            " row must be exactly what the lower order receives.",
        ),
    ),
    hints=(
        "Two parts. The tables: the highest order with `ngram_counts`, each lower one from the one above it with"
        " `continuation_counts`. The probability: start with the unigrams and climb to longer contexts.",
        "At each order, row = the table's row of the last j tokens. If it is empty, stop: what you have is the answer."
        " Else the new P is (max(count − D, 0) + D · len(row) · old P) / sum of the row; for j = 0 there is no"
        " discount.",
        "self.orders = [ngram_counts(sentences, n)], then while it is shorter than n:"
        " self.orders.insert(0, continuation_counts(self.orders[0])). In prob: p = 0.0; for j, counts in"
        " enumerate(self.orders[: len(context) + 1]): row = counts.get(context[len(context) - j :]) …",
    ),
    points=5,
    minutes=30,
    difficulty=3,
)


EXERCISES: tuple[Exercise, ...] = (
    COUNTS,
    MLE,
    CHAIN,
    PERPLEXITY,
    BITS,
    DRAW,
    GENERATE,
    COPIED,
    ADD_K,
    INTERPOLATE,
    CONTINUATION,
    KNESER_NEY,
)
