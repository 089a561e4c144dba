"""The exercises of lesson 02, word vectors: cases, known mistakes and what to say about them, hints.

Losses are judged by their values and by the gradients that come out of them. The sizes in a case are pairwise
different. Ties of cosines are made of vectors along the axes whose lengths are powers of two: products and quotients
with these are exact, so every order of computing gives the same digits.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import word_vectors
from utils.checks.compare import compare
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.checks.modules import call_unchanged, gradients, load_by_name
from utils.checks.tensors import floating, normal
from utils.word_vectors import character_ngrams

# ------------------------------------------------------------------------------------------- inputs and judgement


def _word(rng: np.random.Generator, length: int) -> str:
    return "".join(rng.choice(list("abcdeghiklmnoprstuwy"), length))


def _call(answer: Callable[..., Any], inputs: Mapping[str, Any], by_name: bool) -> Any:
    """Calls by name if that is wanted and the answer knows these names: other names for parameters are no mistake."""
    if by_name and set(inputs) <= set(inspect.signature(answer).parameters):
        return answer(**inputs)
    return answer(*inputs.values())


def _loss_and_gradients(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """{"loss": what the answer returns, "gradients": {input: gradient of its sum}, None where none arrives}."""
    leaves = {name: value.clone().requires_grad_() for name, value in inputs.items() if floating(value)}
    given = {name: leaves[name] * 1 if name in leaves else value for name, value in inputs.items()}
    with torch.enable_grad():
        loss = _call(answer, given, bool(case.extra.get("by name")))
        found: dict[str, Tensor | None] = dict.fromkeys(leaves)
        if floating(loss) and loss.requires_grad:
            weights = torch.arange(1.0, loss.numel() + 1, dtype=loss.dtype).reshape(loss.shape)
            arrived = torch.autograd.grad((loss * weights).sum(), list(leaves.values()), allow_unused=True)
            found = dict(zip(leaves, arrived, strict=True))
    for name in leaves:  # an answer that changes its inputs in place: let the engine see it
        inputs[name] = given[name].detach()
    return {"loss": loss, "gradients": found}


def _too_small(case: Case, got: Any) -> str:
    """Of a case with huge scores, larger than any other and so shown only if all others are right: what they cost."""
    least = case.extra.get("least")
    if not (isinstance(least, Tensor) and isinstance(got, Tensor) and got.shape == least.shape):
        return ""
    return case.extra["too small"] if bool((got < least * (1 - 1e-4) - 1e-4).any()) else ""


def _judge_loss(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not isinstance(output, Mapping) or "loss" not in output:
        return compare(expected["loss"], output)
    right, got = expected["loss"], output["loss"]
    if isinstance(right, Tensor) and right.dim() == 0:
        wanted = "Expected a tensor with one number and no dimension"
        if isinstance(got, (int, float)):
            return Mismatch(
                f"{wanted}, got the plain number {got:.4g}: no gradient can flow through that. Is there an .item() or"
                " a float() at the end?",
                "loss",
            )
        if isinstance(got, Tensor) and got.dim():
            return Mismatch(f"{wanted}, got the shape {tuple(got.shape)}.", "loss")
        found = compare(right.reshape(1), got.reshape(1) if isinstance(got, Tensor) else got)
        found = found and Mismatch(found.text.replace(" at [0]", ""), "loss")
    else:
        found = compare(right, got)
    if found:
        return Mismatch(found.text + _too_small(case, got), found.where)
    if right.dtype == torch.float64 != got.dtype:
        return Mismatch("The inputs are float64, your loss is not: half the digits are lost on the way.", "loss")
    for name, gradient in expected["gradients"].items():
        mine = output["gradients"][name]
        if gradient is None and mine is None:  # beside a known mistake that loses it as well
            continue
        if mine is None or gradient is None:
            return Mismatch(
                f"The loss is right, but no gradient reaches `{name}`: nothing could be learned. Somewhere a tensor is"
                " taken apart into plain numbers (.item(), .tolist(), torch.tensor(...), .detach() or .data).",
                f"gradient of {name}",
            )
        found = compare(gradient, mine, 1e-3)
        if found:
            return Mismatch("The loss is right, but its gradient is not. " + found.text, found.where)
    return None


# ------------------------------------------------------------------------------------------------ 1 · window pairs


def _pair_cases(rng: np.random.Generator) -> list[Case]:
    def words(n: int) -> list[str]:
        return [f"{_word(rng, 3)}{i}" for i in range(n)]

    again = words(4)
    again = [again[0], again[1], again[0], again[0], again[2], again[1], again[3]]
    return [
        Case({"tokens": words(3), "window": 1}, "three words, window 1", {"tokens": 3, "window": 1}),
        Case({"tokens": words(7), "window": 2}, "seven words, window 2", {"tokens": 7, "window": 2}),
        Case({"tokens": words(9), "window": 3}, "nine words, window 3", {"tokens": 9, "window": 3}),
        Case({"tokens": again, "window": 2}, "a sentence that repeats words", {"tokens": 7, "window": 2}),
        Case({"tokens": words(3), "window": 5}, "a window wider than the sentence", {"tokens": 3, "window": 5}),
        Case({"tokens": words(8), "window": 7}, "a window of 7 in eight words", {"tokens": 8, "window": 7}),
        Case({"tokens": words(10), "window": 20}, "a window of 20 in ten words", {"tokens": 10, "window": 20}),
        Case({"tokens": words(1), "window": 2}, "one word", {"tokens": 1, "window": 2}),
        Case({"tokens": [], "window": 2}, "no words", {"tokens": 0, "window": 2}),
        Case({"tokens": ["Мир", "Мир", "и", "СВЕТ", ""], "window": 1}, "Cyrillic, capitals, an empty token"),
        Case({"tokens": words(4), "window": 0}, "a window of 0", {"tokens": 4}, {"refused": True}),
        Case({"tokens": words(5), "window": -2}, "a window below 0", {"tokens": 5}, {"refused": True}),
    ]


def _run_pairs(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    if not case.extra.get("refused"):
        return _call(answer, inputs, by_name=inputs["window"] == 3)
    try:
        return _call(answer, inputs, by_name=False)
    except ValueError:
        return "ValueError"


def _judge_pairs(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if isinstance(expected, str) and output != expected:
        return Mismatch(f"A window of {case.inputs['window']} should raise a ValueError; a result came back.")
    return compare(expected, output)


def _pairs(
    left: Callable[[int, int, int], int] = lambda i, window, n: max(0, i - window),
    right: Callable[[int, int, int], int] = lambda i, window, n: min(n, i + window + 1),
    take: Callable[[Sequence[str], int, int], bool] = lambda tokens, i, j: i != j,
    made: Callable[[str, str], Any] = lambda centre, outside: (centre, outside),
    centres: Callable[[int, int], range] = lambda n, window: range(n),
    refuse: bool = True,
) -> Callable[..., Any]:
    def answer(tokens: Sequence[str], window: int) -> list[Any]:
        n = len(tokens)
        if refuse and window < 1:
            raise ValueError(window)
        return [
            made(tokens[i], tokens[j])
            for i in centres(n, window)
            for j in range(left(i, window, n), right(i, window, n))
            if take(tokens, i, j)
        ]

    return answer


def _by_slices(
    before: Callable[[Sequence[str], int, int], Sequence[str]] = lambda tokens, i, window: tokens[
        max(0, i - window) : i
    ],
    order: Callable[[Sequence[str], Sequence[str]], list[str]] = lambda before, after: [*before, *after],
    place: Callable[[Sequence[str], int], int] = lambda tokens, i: i,
) -> Callable[..., Any]:
    def answer(tokens: Sequence[str], window: int) -> list[tuple[str, str]]:
        _refuse_below_one(window)
        made = []
        for number, centre in enumerate(tokens):
            i = place(tokens, number)
            made += [(centre, o) for o in order(before(tokens, i, window), tokens[i + 1 : i + 1 + window])]
        return made

    return answer


def _refuse_below_one(window: int) -> None:
    if window < 1:
        raise ValueError(window)


def _round_and_round(tokens: Sequence[str], window: int) -> list[tuple[str, str]]:
    _refuse_below_one(window)
    n = len(tokens)
    return [(c, tokens[(i + j) % n]) for i, c in enumerate(tokens) for j in range(-window, window + 1) if j]


def _off_the_end(tokens: Sequence[str], window: int, right: int = 1) -> list[tuple[str, str]]:
    _refuse_below_one(window)
    places = range(len(tokens))
    return [(tokens[i], tokens[j]) for i in places for j in range(max(0, i - window), i + window + right) if j != i]


def _near_first(tokens: Sequence[str], window: int) -> list[tuple[str, str]]:
    _refuse_below_one(window)
    made = []
    for i, centre in enumerate(tokens):
        for distance in range(1, window + 1):
            made += [(centre, tokens[j]) for j in (i - distance, i + distance) if 0 <= j < len(tokens)]
    return made


WINDOW_PAIRS = Exercise(
    id="word_vectors.window_pairs",
    lesson="02",
    title="A window that slides",
    reference=word_vectors.window_pairs,
    cases=_pair_cases,
    run=_run_pairs,
    judge=_judge_pairs,
    points=1,
    minutes=5,
    difficulty=1,
    misconceptions=(
        Misconception(
            "only_to_the_right",
            _pairs(left=lambda i, window, n: i),
            "Your windows reach to the right only. Words before the centre are outside words as well, so every pair"
            " should come back later with its two words exchanged.",
        ),
        Misconception(
            "only_to_the_left",
            _pairs(right=lambda i, window, n: i),
            "Your windows reach to the left only. Words behind the centre are outside words as well.",
        ),
        Misconception(
            "pairs_with_itself",
            _pairs(take=lambda tokens, i, j: True),
            "The centre is paired with itself. It stands in the middle of its window, but it is not one of its own"
            " outside words.",
        ),
        Misconception(
            "skips_equal_words",
            _pairs(take=lambda tokens, i, j: tokens[i] != tokens[j]),
            "A pair is missing where a word has the same word beside it. To leave out the centre, compare places, not"
            " words: two places can hold the same word.",
        ),
        Misconception(
            "exchanged",
            _pairs(made=lambda centre, outside: (outside, centre)),
            "In your pairs the outside word comes first. The centre belongs in the first place of each pair. (Or does"
            " your outer loop go over the outside words? It goes over the centres.)",
        ),
        Misconception(
            "lower_case",
            lambda tokens, window: _pairs()([token.lower() for token in tokens], window),
            "Capitals have become small letters. The words of a pair are to be taken as they are.",
        ),
        Misconception(
            "one_too_few_right",
            _pairs(right=lambda i, window, n: min(n, i + window)),
            "On the right your window ends one word early: with window 1 nothing is taken there. `range` leaves out its"
            " end.",
        ),
        Misconception(
            "one_too_many",
            _pairs(right=lambda i, window, n: min(n, i + window + 2)),
            "On the right your window reaches one word too far.",
        ),
        Misconception(
            "width_of_the_whole",
            _pairs(
                left=lambda i, window, n: max(0, i - window // 2),
                right=lambda i, window, n: min(n, i + window // 2 + 1),
            ),
            "Your windows reach half as far as they should: `window` is the reach to each side, not the width of the"
            " whole.",
        ),
        Misconception(
            "width_of_the_whole_but_one",
            _pairs(
                left=lambda i, window, n: max(0, i - max(1, window // 2)),
                right=lambda i, window, n: min(n, i + max(1, window // 2) + 1),
            ),
            "Right for window 1; from 2 on your windows reach half as far as they should: `window` is the reach to each"
            " side, not the width of the whole.",
        ),
        Misconception(
            "one_too_few_left",
            _pairs(left=lambda i, window, n: max(0, i - window + 1)),
            "On the left your window begins one word late: with window 1 nothing is taken there.",
        ),
        Misconception(
            "without_the_last",
            _pairs(right=lambda i, window, n: min(n - 1, i + window + 1)),
            "The last word of the sentence is never an outside word. `range` leaves out its end by itself, so the limit"
            " is the length of the sentence.",
        ),
        Misconception(
            "slice_begins_below_0",
            _by_slices(before=lambda tokens, i, window: tokens[i - window : i]),
            "Near the beginning of the sentence words on the left are lost: a slice that begins at a number below 0"
            " counts from the end of the list, and is mostly empty. The window must not begin before place 0.",
        ),
        Misconception(
            "place_of_the_first",
            _by_slices(place=lambda tokens, i: list(tokens).index(tokens[i])),
            "Where a word comes a second time, it gets the company of its first place: `index` finds the first one"
            " only. Go over the places, not over the words.",
        ),
        Misconception(
            "right_before_left",
            _by_slices(order=lambda before, after: [*after, *before]),
            "The pairs are the right ones in another order: of each centre yours begin with the words behind it. Let"
            " the outside words run from left to right.",
        ),
        Misconception(
            "left_part_reversed",
            _by_slices(order=lambda before, after: [*before[::-1], *after]),
            "The pairs are the right ones in another order: the words before the centre come backwards. Let the outside"
            " words of a centre run from left to right.",
        ),
        Misconception(
            "round_and_round",
            _round_and_round,
            "At the ends your window goes round: behind the last word comes the first one again. A window is cut off"
            " there.",
        ),
        Misconception(
            "off_the_end",
            _off_the_end,
            "Near the end your window asks for places behind the last word. It must end with the sentence.",
        ),
        Misconception(
            "no_refusal",
            _pairs(refuse=False),
            "A window below 1 is accepted. Keep the two lines at the top that raise a ValueError.",
        ),
        Misconception(
            "short_sentences_lost",
            lambda tokens, window: _pairs()(tokens, window) if len(tokens) >= window else _pairs()([], window),
            "A sentence shorter than the window gives no pairs. Its words still stand beside each other: the window is"
            " cut off at the ends.",
        ),
        Misconception(
            "only_full_windows",
            _pairs(centres=lambda n, window: range(window, n - window)),
            "Your windows never hang over an end of the sentence, so its first and last words are never centres. A"
            " window that is cut off is shorter, and still a window.",
        ),
        Misconception(
            "round_the_corner",
            _pairs(
                left=lambda i, window, n: i - window,
                right=lambda i, window, n: min(n, i + window + 1),
                take=lambda tokens, i, j: i != j and j >= -len(tokens),
            ),
            "The first words are paired with the last ones of the sentence: in Python the place −1 is the last word."
            " The window must not begin before place 0.",
        ),
        Misconception(
            "nearest_first",
            _near_first,
            "The pairs are the right ones in another order: yours go outwards from the centre. Let the outside words"
            " of a centre run from left to right.",
        ),
        Misconception(
            "each_once",
            lambda tokens, window: list(dict.fromkeys(_pairs()(tokens, window))),
            "A pair that occurs twice is returned once. How often two words meet is what the vectors are learned from:"
            " keep every occurrence.",
        ),
    ),
    hints=(
        "Two loops: one over the places of the centre, one over the places of its outside words.",
        "For the centre at place i, the outside words stand from i − window to i + window, but not before 0, not behind"
        " the end, and not at i.",
        "`range(max(0, i - window), min(len(tokens), i + window + 1))` are the places; leave out i itself.",
    ),
)

# ------------------------------------------------------------------------------------------ 2 · the loss of skip-gram


def _softmax_case(rng: np.random.Generator, about: str, batch: int, words: int, d: int, std: float = 1.0) -> Case:
    inputs = {
        "centre": normal(rng, batch, d, std=std),
        "outside_vectors": normal(rng, words, d, std=std),
        "outside": torch.tensor(rng.integers(0, words, batch)),
    }
    inputs["outside"][-1] = words - 1
    return Case(inputs, about, {"batch": batch, "words": words, "d": d})


def _softmax_cases(rng: np.random.Generator) -> list[Case]:
    double = _softmax_case(rng, "float64", 3, 4, 2)
    double = Case({n: v.double() if floating(v) else v for n, v in double.inputs.items()}, "float64", double.sizes)
    named = _softmax_case(rng, "called by name", 4, 6, 3)
    loud = _softmax_case(rng, "scores in the thousands", 6, 10, 5)
    loud.inputs["centre"].mul_(3000.0)
    low = _softmax_case(rng, "all scores far below zero", 5, 12, 4)
    low.inputs["outside_vectors"].abs_().add_(0.5)
    low.inputs["centre"].abs_().add_(0.5).mul_(-400.0)
    return [
        _softmax_case(rng, "two pairs", 2, 3, 4),
        _softmax_case(rng, "a batch of one", 1, 5, 3),
        _softmax_case(rng, "five pairs of three words", 5, 3, 2),
        _softmax_case(rng, "more words than dimensions", 4, 9, 3),
        _softmax_case(rng, "a vocabulary of one word", 3, 1, 2),
        Case(named.inputs, named.about, named.sizes, {"by name": True}),
        double,
        _never_below_the_gap(loud),
        _never_below_the_gap(low),
    ]


def _never_below_the_gap(case: Case) -> Case:
    said = (
        " With scores this large the loss cannot be so small: −log P is never less than the gap between the largest"
        " score of a pair and the right one. Is a score or a probability cut off somewhere, or kept away from 0 by a"
        " small number?"
    )
    return Case(case.inputs, case.about, case.sizes, {"least": _gap(case.inputs), "too small": said})


def _softmax_variant(
    each: Callable[[Tensor, Tensor], Tensor], finish: Callable[[Tensor], Tensor] = lambda x: x.mean()
) -> Callable[..., Tensor]:
    def answer(centre: Tensor, outside_vectors: Tensor, outside: Tensor) -> Tensor:
        return finish(each(centre @ outside_vectors.T, outside))

    return answer


def _gap(inputs: Mapping[str, Any]) -> Tensor:
    """By how much the largest score is above the right one, on average: the loss is at least that."""
    scores = inputs["centre"] @ inputs["outside_vectors"].T
    return (scores.max(1).values - _of(scores, inputs["outside"])).mean()


def _of(scores: Tensor, outside: Tensor) -> Tensor:
    return scores[torch.arange(len(outside)), outside]


SKIPGRAM_LOSS = Exercise(
    id="word_vectors.skipgram_loss",
    lesson="02",
    title="The loss of skip-gram",
    reference=word_vectors.skipgram_loss,
    cases=_softmax_cases,
    run=_loss_and_gradients,
    judge=_judge_loss,
    points=2,
    minutes=12,
    difficulty=2,
    forbids=("torch.nn.functional.cross_entropy", "torch.nn.functional.nll_loss", "torch.nn.CrossEntropyLoss"),
    misconceptions=(
        Misconception(
            "minus_twice",
            _softmax_variant(lambda s, o: _of(s, o) - torch.logsumexp(s, 1)),
            "Your loss is the right one with the opposite sign: it is never above zero, and falls as the model gets"
            " worse. One minus is too many, or one is missing.",
        ),
        Misconception(
            "sum",
            _softmax_variant(lambda s, o: torch.logsumexp(s, 1) - _of(s, o), lambda x: x.sum()),
            "Your loss grows with the batch: you add the pairs up. With a batch of one it is right. Take their mean.",
        ),
        Misconception(
            "one_per_pair",
            _softmax_variant(lambda s, o: torch.logsumexp(s, 1) - _of(s, o), lambda x: x),
            "You return one loss for each pair. They are right; their mean is asked for.",
        ),
        Misconception(
            "probability",
            _softmax_variant(lambda s, o: _of(torch.softmax(s, 1), o)),
            "You return the mean probability of the right words, P(o | c) itself. The loss is its negative logarithm,"
            " taken before the mean.",
        ),
        Misconception(
            "log_of_the_mean",
            _softmax_variant(lambda s, o: -_of(torch.softmax(s, 1), o).mean().log()),
            "Right for one pair only: you take the logarithm of the mean probability. Take the mean of the logarithms.",
        ),
        Misconception(
            "softmax_over_batch",
            _softmax_variant(lambda s, o: torch.logsumexp(s, 0)[o] - _of(s, o) if s.shape[1] else s),
            "Your sum in the denominator runs over the pairs of the batch instead of over the words. Each pair, a row"
            " of the scores, has its own denominator: a sum over all words, along the row.",
        ),
        Misconception(
            "no_denominator",
            _softmax_variant(lambda s, o: -_of(s, o)),
            "Only −u_o · v_c is left of your loss. Without the logarithm of the sum over all words it can fall without"
            " end: nothing stops the vectors from growing.",
        ),
        Misconception(
            "only_denominator",
            _softmax_variant(lambda s, o: torch.logsumexp(s, 1)),
            "Your loss does not depend on which word stood outside: only the logarithm of the sum is there, and the"
            " score of the right word is missing.",
        ),
        Misconception(
            "without_the_right_one",
            _softmax_variant(
                lambda s, o: (
                    torch.logsumexp(s.masked_fill(F.one_hot(o, s.shape[1]).bool(), -math.inf), 1) - _of(s, o)
                    if s.shape[1] > 1
                    else s[:, 0] * -math.inf
                )
            ),
            "In the denominator the right word itself is missing: the sum runs over *all* words w, o among them.",
        ),
        Misconception(
            "naive_softmax",
            _softmax_variant(lambda s, o: -(_of(s.exp(), o) / s.exp().sum(1)).log()),
            "Right for small scores, but large ones give nan or infinity: exp overflows above 88.7 in float32, and"
            " underflows far below zero. `torch.logsumexp` or `torch.log_softmax` subtract the largest score first.",
        ),
        Misconception(
            "naive_log_of_sum",
            _softmax_variant(lambda s, o: s.exp().sum(1).log() - _of(s, o)),
            "Right for small scores, but in the thousands the sum of exponentials is infinite, and far below zero it is"
            " 0. `torch.logsumexp` does the same without ever leaving the range.",
        ),
        Misconception(
            "log_of_softmax",
            _softmax_variant(lambda s, o: -_of(torch.softmax(s, 1).log(), o)),
            "Right unless a probability is so small that it is rounded to 0: its logarithm is then minus infinity."
            " Take both steps at once, with `torch.log_softmax` or `torch.logsumexp`.",
        ),
        Misconception(
            "infinity_replaced",
            _softmax_variant(lambda s, o: torch.nan_to_num(-_of(torch.softmax(s, 1), o).log())),
            "Right unless a probability is so small that it is rounded to 0: `nan_to_num` then puts the largest number"
            " there is where infinity was. Take the softmax and its logarithm at once, with `torch.log_softmax` or"
            " `torch.logsumexp`.",
        ),
        Misconception(
            "only_the_words_of_the_batch",
            lambda centre, outside_vectors, outside: (
                torch.logsumexp(centre @ outside_vectors[outside.unique()].T, 1)
                - (centre * outside_vectors[outside]).sum(1)
            ).mean(),
            "Your sum in the denominator runs over those words only that stand outside in this batch. It runs over all"
            " words of the vocabulary.",
        ),
        Misconception(
            "in_batch_softmax",
            lambda centre, outside_vectors, outside: (
                torch.logsumexp(centre @ outside_vectors[outside].T, 1) - (centre * outside_vectors[outside]).sum(1)
            ).mean(),
            "Your sum in the denominator runs over the outside words of the batch, one for each pair. It runs over all"
            " words of the vocabulary, each once.",
        ),
        Misconception(
            "one_softmax_for_all",
            _softmax_variant(lambda s, o: torch.logsumexp(s.flatten(), 0) - _of(s, o)),
            "Your sum in the denominator runs over all pairs and all words at once. Each pair has its own: a sum over"
            " the words, along the row.",
        ),
        Misconception(
            "every_pair_with_every_word",
            _softmax_variant(lambda s, o: torch.logsumexp(s, 1)[:, None] - s[:, o]),
            "Each pair is scored with the outside words of all pairs: `scores[:, outside]` has a column for each of"
            " them. Of each row only one score is wanted.",
        ),
        Misconception(
            "largest_not_added_back",
            _softmax_variant(lambda s, o: (s - s.max(1, keepdim=True).values).exp().sum(1).log() - _of(s, o)),
            "The largest score is taken away before exp, but not added back to the logarithm: the loss is too small by"
            " it.",
        ),
        Misconception(
            "first_term_with_plus",
            _softmax_variant(lambda s, o: torch.logsumexp(s, 1) + _of(s, o)),
            "The score of the right word is added; a good score should make the loss smaller.",
        ),
        Misconception(
            "scaled",
            lambda centre, outside_vectors, outside: _softmax_variant(lambda s, o: torch.logsumexp(s, 1) - _of(s, o))(
                centre / centre.shape[1] ** 0.5, outside_vectors, outside
            ),
            "Your scores are divided by √d, as attention does it. Here the score is the dot product itself.",
        ),
        Misconception(
            "cosine",
            lambda centre, outside_vectors, outside: _softmax_variant(lambda s, o: torch.logsumexp(s, 1) - _of(s, o))(
                F.normalize(centre, dim=1), F.normalize(outside_vectors, dim=1), outside
            ),
            "Your scores are cosines: the vectors are scaled to length 1 first. Here the score is the dot product"
            " itself.",
        ),
        Misconception(
            "row_of_the_batch",
            _softmax_variant(
                lambda s, o: torch.logsumexp(s, 1) - s[torch.arange(len(o)), torch.arange(len(o)) % s.shape[1]]
            ),
            "Your loss does not look at `outside`: pair number 0 is scored with word 0, pair 1 with word 1. Take from"
            " each row the score of the word whose number stands in `outside`.",
        ),
        Misconception(
            "bits",
            _softmax_variant(lambda s, o: (torch.logsumexp(s, 1) - _of(s, o)) / math.log(2)),
            "Your loss is 1.44 times too large: it is in bits. The natural logarithm is asked for.",
        ),
        Misconception(
            "squashed_first",
            _softmax_variant(lambda s, o: torch.logsumexp(torch.softmax(s, 1), 1) - _of(torch.softmax(s, 1), o)),
            "Two softmaxes: you turn the scores into probabilities, and then treat these as scores again.",
        ),
    ),
    properties=(
        Property(
            "not_negative",
            lambda case, output: bool(torch.as_tensor(output["loss"]).min() >= -1e-4),
            "A probability is at most one, so −log P is never below zero.",
        ),
    ),
    hints=(
        "First all scores: `centre @ outside_vectors.T` is (batch, words). Then, for each row, two terms.",
        "The logarithm of a sum of exponentials, for each row, is `torch.logsumexp(scores, dim=1)`. How do you take"
        " from"
        " each row the one score whose number is in `outside`?",
        "`right = scores[torch.arange(len(outside)), outside]`; a pair costs `torch.logsumexp(scores, dim=1) - right`;"
        " return the mean.",
    ),
)

# ---------------------------------------------------------------------------------------------------- 3 · the noise


def _counts(rng: np.random.Generator, words: int) -> Tensor:
    """Counts that differ, with a large one among them."""
    picked = rng.choice(np.arange(2, 90), words, replace=False)
    picked[rng.integers(words)] += 400
    return torch.tensor(picked)


def _noise_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"counts": torch.tensor([16, 1, 1])}, "counts 16, 1, 1", {"words": 3}),
        Case({"counts": _counts(rng, 5)}, "five words", {"words": 5}),
        Case({"counts": _counts(rng, 4), "power": 1.0}, "power 1", {"words": 4}),
        Case({"counts": _counts(rng, 6), "power": 0.0}, "power 0", {"words": 6}),
        Case({"counts": _counts(rng, 7), "power": 0.5}, "power 1/2", {"words": 7}),
        Case({"counts": _counts(rng, 3), "power": 1.5}, "power 3/2", {"words": 3}),
        Case({"counts": _counts(rng, 10), "power": -0.5}, "power −1/2", {"words": 10}),
        Case({"counts": torch.tensor([int(rng.integers(5, 60))])}, "a vocabulary of one word", {"words": 1}),
        Case({"counts": _counts(rng, 8).double()}, "counts in float64", {"words": 8}),
        Case({"counts": _counts(rng, 9) * 3000}, "large counts", {"words": 9}),
    ]


def _plain_judge(case: Case, output: Any, expected: Any) -> Mismatch | None:
    found = compare(expected, output, 1e-4)
    if found and _half(output):
        kind = str(output.dtype).removeprefix("torch.")
        return Mismatch(
            f"Your numbers are of type {kind}, which has two or three digits only. {found.text}", found.where
        )
    return found


def _half(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype in (torch.float16, torch.bfloat16)


NOISE = Exercise(
    id="word_vectors.noise_distribution",
    lesson="02",
    title="Where the noise comes from",
    reference=word_vectors.noise_distribution,
    cases=_noise_cases,
    judge=_plain_judge,
    points=1,
    minutes=3,
    difficulty=1,
    misconceptions=(
        Misconception(
            "no_power",
            lambda counts, power=0.75: counts / counts.sum(),
            "These are the plain frequencies of the words: `power` is not used. The frequent words get too much.",
        ),
        Misconception(
            "power_after",
            lambda counts, power=0.75: (counts / counts.sum()) ** power,
            "Your numbers do not sum to one: the frequencies are raised to the power, and then they are no frequencies"
            " any more. Divide by the sum after raising, not before.",
        ),
        Misconception(
            "not_divided",
            lambda counts, power=0.75: counts**power * 1.0,
            "The counts are raised to the power, but not divided by anything: probabilities sum to one.",
        ),
        Misconception(
            "divided_by_old_sum",
            lambda counts, power=0.75: counts**power / counts.sum(),
            "You divide the raised counts by the sum of the counts as they were. Divide by the sum of the raised ones.",
        ),
        Misconception(
            "always_three_quarters",
            lambda counts, power=0.75: counts**0.75 / (counts**0.75).sum(),
            "Right for the power 0.75, whatever `power` says. Use the argument.",
        ),
        Misconception(
            "inverse_power",
            lambda counts, power=0.75: (
                counts.double() ** (1 / power if power else 1) / (counts.double() ** (1 / power if power else 1)).sum()
            ).to(counts.dtype if counts.is_floating_point() else torch.float32),
            "The frequent words get more than their share, where they should get less: the counts are raised to the"
            " power 1/0.75.",
        ),
        Misconception(
            "softmax",
            lambda counts, power=0.75: torch.softmax((counts * power).double(), 0).float(),
            "The most frequent word gets nearly everything: this is a softmax of the counts. No exponential is needed"
            " here, for counts are positive already.",
        ),
        Misconception(
            "uniform",
            lambda counts, power=0.75: torch.full((len(counts),), 1 / len(counts), dtype=(counts * 1.0).dtype),
            "All words get the same, however often they occur. That is power 0.",
        ),
        Misconception(
            "power_0_taken_for_none",
            lambda counts, power=0.75: counts ** (power or 0.75) / (counts ** (power or 0.75)).sum(),
            'Right but for the power 0, which gives you that of 0.75: `power or …` takes 0 for "not given". The default'
            " in the signature is enough.",
        ),
        Misconception(
            "power_between_0_and_1",
            lambda counts, power=0.75: (
                counts ** float(min(max(power, 0), 1)) / (counts ** float(min(max(power, 0), 1))).sum()
            ),
            "Right for powers from 0 to 1; others are cut to that range. Take `power` as it is.",
        ),
        Misconception(
            "power_without_sign",
            lambda counts, power=0.75: counts ** abs(power) / (counts ** abs(power)).sum(),
            "Right but for a power below 0, of which the sign is lost: there the rare words get the most.",
        ),
        Misconception(
            "default_0",
            lambda counts, power=0: counts**power / (counts**power).sum(),
            "Right where `power` is given; left out, all words get the same. Is your default 3 // 4? That is 0.",
        ),
        Misconception(
            "default_1",
            lambda counts, power=1.0: counts**power / (counts**power).sum(),
            "Right where `power` is given; left out, you take the power 1. The default is 0.75.",
        ),
        Misconception(
            "times_power",
            lambda counts, power=0.75: counts * power / (counts * power).sum(),
            "The counts are multiplied by `power`, and dividing by the sum takes that out again. A power is meant:"
            " `**`.",
        ),
        Misconception(
            "whole_numbers",
            lambda counts, power=0.75: (counts**power).long() / (counts**power).long().sum(),
            "The raised counts are cut to whole numbers before they are divided.",
        ),
        Misconception(
            "divided_by_largest",
            lambda counts, power=0.75: counts**power / (counts**power).max(),
            "The largest of your numbers is 1, and they sum to more than one: divide by the sum, not by the largest.",
        ),
    ),
    properties=(
        Property(
            "sums_to_one",
            lambda case, output: _half(output) or abs(float(output.sum()) - 1) < 1e-4,
            "Probabilities sum to one.",
        ),
    ),
    hints=(
        "Two steps: make the large counts less large, then make all of them sum to one.",
        "`counts**power` raises every count. What do you divide the raised counts by?",
        "`raised = counts**power`, and return `raised / raised.sum()`.",
    ),
)

# ----------------------------------------------------------------------------------------------- 4 · frequent words


def _keep_cases(rng: np.random.Generator) -> list[Case]:
    exact = torch.tensor([900, 90, 9, 1])
    return [
        Case({"counts": exact, "threshold": 0.009}, "counts 900, 90, 9, 1, threshold 0.009", {"words": 4}),
        Case({"counts": _counts(rng, 6), "threshold": 0.02}, "threshold 0.02", {"words": 6}),
        Case({"counts": _counts(rng, 7)}, "the threshold left out", {"words": 7}),
        Case({"counts": _counts(rng, 5) * 1000, "threshold": 1e-5}, "large counts, a small threshold", {"words": 5}),
        Case({"counts": _counts(rng, 3), "threshold": 1.0}, "a threshold that keeps all", {"words": 3}),
        Case({"counts": torch.tensor([int(rng.integers(5, 60))])}, "a vocabulary of one word", {"words": 1}),
        Case({"counts": _counts(rng, 8).double(), "threshold": 0.04}, "counts in float64", {"words": 8}),
    ]


def _keep(
    frequency: Callable[[Tensor], Tensor] = lambda c: c / c.sum(),
    curve: Callable[[Tensor, float], Tensor] = lambda f, t: (t / f).sqrt(),
    finish: Callable[[Tensor], Tensor] = lambda p: p.clamp(max=1.0),
) -> Callable[..., Tensor]:
    def answer(counts: Tensor, threshold: float = 1e-3) -> Tensor:
        return finish(curve(frequency(counts * 1.0), threshold))

    return answer


KEEP = Exercise(
    id="word_vectors.keep_probability",
    lesson="02",
    title="Fewer of the frequent words",
    reference=word_vectors.keep_probability,
    cases=_keep_cases,
    judge=_plain_judge,
    points=1,
    minutes=4,
    difficulty=1,
    misconceptions=(
        Misconception(
            "discard",
            _keep(finish=lambda p: (1 - p).clamp(min=0.0)),
            "You return with which probability a word is *discarded*, as the paper writes it. Here it is the other one,"
            " to keep it: the two sum to one.",
        ),
        Misconception(
            "no_root",
            _keep(curve=lambda f, t: t / f),
            "The frequent words are thinned out too much: at a hundred times the threshold one in a hundred is kept,"
            " and it should be one in ten. A square root is missing.",
        ),
        Misconception(
            "not_cut",
            _keep(finish=lambda p: p),
            "Some of your probabilities are above 1, those of words rarer than the threshold. Such words are always"
            " kept.",
        ),
        Misconception(
            "counts_for_frequencies",
            _keep(frequency=lambda c: c),
            "The threshold is divided by the count itself. It is a frequency, so compare it with one: the share of all"
            " occurrences.",
        ),
        Misconception(
            "upside_down",
            _keep(curve=lambda f, t: (f / t).sqrt()),
            "The frequent words are kept and the rare ones thinned out: the fraction stands upside down.",
        ),
        Misconception(
            "share_of_the_largest",
            _keep(frequency=lambda c: c / c.max()),
            "You divide the counts by the largest count. A word's frequency is its share of *all* occurrences.",
        ),
        Misconception(
            "the_programs_formula",
            _keep(curve=lambda f, t: (t / f).sqrt() + t / f),
            "This is √(t/f) + t/f, the formula of Mikolov's program. The paper's, which is asked for, has the root"
            " alone.",
        ),
        Misconception(
            "hard_cut",
            _keep(curve=lambda f, t: (f <= t) * 1.0),
            "Your words are kept always or never. A frequent word loses some of its occurrences, not all.",
        ),
        Misconception(
            "maximum",
            _keep(finish=lambda p: p.clamp(min=1.0)),
            "None of your numbers is below 1: the larger of 1 and the root is taken, and the smaller one is asked for.",
        ),
        Misconception(
            "discard_below_0",
            _keep(finish=lambda p: 1 - p),
            "You return with which probability a word is *discarded*, and for rare words it falls below 0. Here the"
            " other one is asked for, to keep it.",
        ),
        Misconception(
            "made_to_sum_to_one",
            _keep(finish=lambda p: p.clamp(max=1.0) / p.clamp(max=1.0).sum()),
            "Your numbers sum to one. That is for choosing one of the words; here each word has a probability of its"
            " own, to be kept or not.",
        ),
        Misconception(
            "divided_by_number_of_words",
            _keep(frequency=lambda c: c / len(c)),
            "The counts are divided by the number of different words. A word's frequency is its share of all"
            " occurrences, the sum of the counts.",
        ),
        Misconception(
            "root_of_threshold_only",
            _keep(curve=lambda f, t: t**0.5 / f),
            "The root is taken of the threshold alone; it is taken of the whole fraction.",
        ),
        Misconception(
            "root_of_frequency_only",
            _keep(curve=lambda f, t: t / f.sqrt()),
            "The root is taken of the frequency alone; it is taken of the whole fraction.",
        ),
        Misconception(
            "squared",
            _keep(curve=lambda f, t: (t / f) ** 2),
            "The fraction is squared; its square root is asked for.",
        ),
        Misconception(
            "rare_words_lost",
            _keep(curve=lambda f, t: torch.where(f > t, (t / f).sqrt(), 0.0)),
            "Words up to the threshold get 0: they would all be lost. They are always kept.",
        ),
        Misconception(
            "always_a_thousandth",
            lambda counts, threshold=1e-3: (1e-3 / (counts / counts.sum())).sqrt().clamp(max=1.0),
            "Right for the threshold 0.001, whatever `threshold` says. Use the argument.",
        ),
        Misconception(
            "whole_occurrences",
            lambda counts, threshold=1e-3: (int(threshold * int(counts.sum())) / counts).sqrt().clamp(max=1.0),
            "The threshold times the number of all occurrences is cut to a whole number. It need not be one: leave the"
            " fraction as it is.",
        ),
        Misconception(
            "three_quarters",
            _keep(curve=lambda f, t: (t / f) ** 0.75),
            "The fraction is raised to 3/4. That power belongs to the noise; here it is a square root.",
        ),
    ),
    properties=(
        Property(
            "probabilities",
            lambda case, output: bool((output > 0).all() and (output <= 1).all()),
            "Every number is a probability, above 0 and at most 1.",
        ),
    ),
    hints=(
        "First the frequency of each word: its share of all occurrences. Then the formula, then the limit at 1.",
        "`counts / counts.sum()` are the frequencies f. For f = threshold the root is 1; for rarer words it is above"
        " 1.",
        "`(threshold / frequency).sqrt().clamp(max=1.0)` with `frequency = counts / counts.sum()`.",
    ),
)

# --------------------------------------------------------------------------------------------- 5 · negative sampling


def _sampled_case(rng: np.random.Generator, about: str, batch: int, negatives: int, d: int) -> Case:
    inputs = {
        "centre": normal(rng, batch, d),
        "outside": normal(rng, batch, d),
        "negatives": normal(rng, batch, negatives, d),
    }
    return Case(inputs, about, {"batch": batch, "negatives": negatives, "d": d})


def _sampled_cases(rng: np.random.Generator) -> list[Case]:
    double = _sampled_case(rng, "float64", 3, 4, 2)
    double = Case({n: v.double() for n, v in double.inputs.items()}, "float64", double.sizes)
    named = _sampled_case(rng, "called by name", 4, 2, 3)
    loud = _sampled_case(rng, "scores in the thousands, and the model is wrong", 4, 6, 5)
    for name in ("outside", "negatives"):
        loud.inputs[name].abs_().add_(0.5)
    loud.inputs["centre"].abs_().add_(0.5).mul_(900.0)
    loud.inputs["centre"][0].neg_()
    said = (
        " With scores this large the loss cannot be so small: a true word with the score −900 costs at least 900, and"
        " so does a noise word with the score 900. Is a score or a probability cut off somewhere?"
    )
    flat = _sampled_case(rng, "vectors of zeros", 2, 5, 3)
    for value in flat.inputs.values():
        value.zero_()
    return [
        _sampled_case(rng, "two pairs, three negatives", 2, 3, 4),
        _sampled_case(rng, "a batch of one", 1, 4, 3),
        _sampled_case(rng, "one negative a pair", 3, 1, 2),
        _sampled_case(rng, "five pairs, two negatives", 5, 2, 4),
        _sampled_case(rng, "six pairs of two dimensions", 6, 5, 2),
        Case(named.inputs, named.about, named.sizes, {"by name": True}),
        double,
        _sure_case(rng),
        Case(loud.inputs, loud.about, loud.sizes, {"least": _least_loss(loud.inputs), "too small": said}),
        flat,
    ]


def _sure_case(rng: np.random.Generator) -> Case:
    """Scores from 10.5 to 16 with the right signs. In float64: in float32 good formulas part in such small losses."""
    batch, negatives, d = 3, 2, 5
    case = _sampled_case(rng, "float64, and the model is right and sure of it", batch, negatives, d)
    centre, outside, others = (value.double() for value in case.inputs.values())

    def scored(vectors: Tensor, wanted: Tensor) -> Tensor:
        """The vectors moved along their centre until the scores are the wanted ones."""
        along = centre if vectors.dim() == 2 else centre[:, None]
        missing = wanted - (vectors * along).sum(-1)
        return vectors + (missing / along.square().sum(-1))[..., None] * along

    inputs = {
        "centre": centre,
        "outside": scored(outside, torch.tensor(rng.uniform(10.5, 16.0, batch))),
        "negatives": scored(others, -torch.tensor(rng.uniform(10.5, 16.0, (batch, negatives)))),
    }
    return Case(inputs, case.about, case.sizes)


def _sampled(
    right: Callable[[Tensor], Tensor] = lambda s: -F.logsigmoid(s),
    wrong: Callable[[Tensor], Tensor] = lambda s: -F.logsigmoid(-s).sum(1),
    finish: Callable[[Tensor], Tensor] = lambda loss: loss,
) -> Callable[..., Tensor]:
    """The reference with one part exchanged; `right` gets (batch,), `wrong` gets (batch, K)."""

    def answer(centre: Tensor, outside: Tensor, negatives: Tensor) -> Tensor:
        scores, others = (centre * outside).sum(1), torch.einsum("bkd,bd->bk", negatives, centre)
        return finish(right(scores) + wrong(others))

    return answer


def _sampled_softmax(with_right: bool) -> Callable[..., Tensor]:
    def answer(centre: Tensor, outside: Tensor, negatives: Tensor) -> Tensor:
        scores, others = (centre * outside).sum(1), torch.einsum("bkd,bd->bk", negatives, centre)
        everything = torch.cat([scores[:, None], others], 1) if with_right else others
        return torch.logsumexp(everything, 1) - scores

    return answer


def _negatives_of_the_first(centre: Tensor, outside: Tensor, negatives: Tensor) -> Tensor:
    return -F.logsigmoid((centre * outside).sum(1)) - F.logsigmoid(-(centre @ negatives[0].T)).sum(1)


def _noise_against_outside(centre: Tensor, outside: Tensor, negatives: Tensor) -> Tensor:
    others = torch.einsum("bkd,bd->bk", negatives, outside)
    return -F.logsigmoid((centre * outside).sum(1)) - F.logsigmoid(-others).sum(1)


def _by_library(centre: Tensor, outside: Tensor, negatives: Tensor) -> Tensor:
    words = torch.cat([outside[:, None], negatives], 1)
    said = torch.sigmoid(torch.einsum("bkd,bd->bk", words, centre))
    truth = torch.zeros_like(said)
    truth[:, 0] = 1
    return F.binary_cross_entropy(said, truth, reduction="none").sum(1)


def _least_loss(inputs: Mapping[str, Any]) -> Tensor:
    """(batch,): each term is at least as large as a wrong score: −log σ(s) > −s."""
    others = torch.einsum("bkd,bd->bk", inputs["negatives"], inputs["centre"])
    return F.relu(-(inputs["centre"] * inputs["outside"]).sum(1)) + F.relu(others).sum(1)


SGNS_LOSS = Exercise(
    id="word_vectors.sgns_loss",
    lesson="02",
    title="Negative sampling",
    reference=word_vectors.sgns_loss,
    cases=_sampled_cases,
    run=_loss_and_gradients,
    judge=_judge_loss,
    points=3,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "sampled_softmax",
            _sampled_softmax(True),
            "Your loss lets the right word compete with the noise words in one softmax. That is a sampled softmax, not"
            " Mikolov's negative sampling: there each of the K + 1 words is judged alone, by a sigmoid of its own.",
        ),
        Misconception(
            "slides_softmax",
            _sampled_softmax(False),
            "This is the slide's formula: a softmax whose denominator has only the drawn words, without the right one."
            " It can fall below zero without end. Mikolov's loss is a sum of K + 1 logistic losses.",
        ),
        Misconception(
            "noise_pulled_closer",
            _sampled(wrong=lambda s: -F.logsigmoid(s).sum(1)),
            "Your loss falls when the noise words come *closer* to the centre. For them the sigmoid should be near 0,"
            " so the score goes into it with a minus.",
        ),
        Misconception(
            "opposite_sign",
            _sampled(finish=lambda loss: -loss),
            "Your numbers are the right ones with the opposite sign: this is what the paper maximises. A loss is to"
            " fall.",
        ),
        Misconception(
            "mean_over_noise",
            _sampled(wrong=lambda s: -F.logsigmoid(-s).mean(1)),
            "The noise words of a pair are averaged. They are added up: K of them weigh K times as much as one. (With"
            " one negative yours is right.)",
        ),
        Misconception(
            "one_number",
            _sampled(finish=lambda loss: loss.mean()),
            "You return one number, the mean over the batch. One loss for each pair is asked for.",
        ),
        Misconception(
            "summed_batch",
            _sampled(finish=lambda loss: loss.sum()),
            "You return one number, the sum over the batch. One loss for each pair is asked for.",
        ),
        Misconception(
            "naive_log",
            _sampled(lambda s: -torch.sigmoid(s).log(), lambda s: -(1 - torch.sigmoid(s)).log().sum(1)),
            "Right for small scores, but where the model is very wrong the loss is infinite: the sigmoid is rounded to"
            " 0 or to 1 before its logarithm is taken. `F.logsigmoid` does both at once.",
        ),
        Misconception(
            "no_logarithm",
            _sampled(lambda s: 1 - torch.sigmoid(s), lambda s: torch.sigmoid(s).sum(1)),
            "Each of your terms lies between 0 and 1: they are probabilities of being wrong. The loss takes the"
            " negative logarithm of the probability of being right.",
        ),
        Misconception(
            "only_noise",
            _sampled(right=lambda s: s * 0),
            "Only the noise words are in your loss. The term of the word that did stand there is missing: nothing would"
            " pull the vectors together.",
        ),
        Misconception(
            "only_the_pair",
            _sampled(wrong=lambda s: s.sum(1) * 0),
            "The noise words are not in your loss. Nothing would push vectors apart: all words could have the same"
            " one.",
        ),
        Misconception(
            "only_noise_at_all",
            lambda centre, outside, negatives: -F.logsigmoid(-torch.einsum("bkd,bd->bk", negatives, centre)).sum(1),
            "`outside` takes no part in your loss: the term of the word that did stand there is missing, and nothing"
            " would pull the vectors together.",
        ),
        Misconception(
            "only_the_pair_at_all",
            lambda centre, outside, negatives: -F.logsigmoid((centre * outside).sum(1)),
            "`negatives` takes no part in your loss. Nothing would push vectors apart: all words could have the same"
            " one.",
        ),
        Misconception(
            "five_negatives",
            _sampled(wrong=lambda s: -5 * F.logsigmoid(-s).mean(1)),
            "Right for five negatives only: the mean of their terms times 5. Add up as many as there are.",
        ),
        Misconception(
            "first_negative_only",
            lambda centre, outside, negatives: _sampled()(centre, outside, negatives[:, :1]),
            "Only the first noise word of each pair is in your loss.",
        ),
        Misconception(
            "last_negative_missing",
            lambda centre, outside, negatives: _sampled()(centre, outside, negatives[:, :-1]),
            "The last noise word of each pair is missing from your loss.",
        ),
        Misconception(
            "squeezed",
            lambda centre, outside, negatives: (
                -F.logsigmoid((centre * outside).sum(1))
                - F.logsigmoid(-(negatives @ centre[:, :, None]).squeeze()).sum(-1)
            ),
            "Wrong where there is one negative a pair: `squeeze()` removes every dimension of size 1, that of the"
            " negatives too, and the sum then runs over the batch. Say which one to remove: `squeeze(2)`.",
        ),
        Misconception(
            "squeezed_too_much",
            lambda centre, outside, negatives: (
                -F.logsigmoid((centre * outside).sum(1))
                - F.logsigmoid(-(negatives @ centre[:, :, None]).squeeze()).sum(1)
            ),
            "`squeeze()` removes every dimension of size 1, also that of a batch of one, or of a single negative. Say"
            " which one to remove: `squeeze(2)`.",
        ),
        Misconception(
            "library_clamp",
            lambda centre, outside, negatives: _by_library(centre, outside, negatives),
            "Right for small scores; where the model is very wrong your loss stops at 100 a word, because"
            " `binary_cross_entropy` cuts its logarithms off there. Its sister with logits does not.",
        ),
        Misconception(
            "right_pushed_away",
            _sampled(right=lambda s: -F.logsigmoid(-s)),
            "Your loss falls when the true outside word moves *away* from the centre: its score goes into the sigmoid"
            " with a minus. That minus belongs to the noise.",
        ),
        Misconception(
            "signs_exchanged",
            _sampled(right=lambda s: -F.logsigmoid(-s), wrong=lambda s: -F.logsigmoid(s).sum(1)),
            "The two kinds of words are exchanged: your loss falls when the noise comes closer and the true word moves"
            " away.",
        ),
        Misconception(
            "noise_with_plus",
            _sampled(wrong=lambda s: F.logsigmoid(-s).sum(1)),
            "The term of the noise has the wrong sign: it makes the loss smaller the worse the model is. Both terms are"
            " minus a logarithm.",
        ),
        Misconception(
            "not_summed",
            lambda centre, outside, negatives: (
                -F.logsigmoid((centre * outside).sum(1, keepdim=True))
                - F.logsigmoid(-torch.einsum("bkd,bd->bk", negatives, centre))
            ),
            "You return a number for each noise word, and the true word's term is in each of them. Add the noise up:"
            " one number a pair.",
        ),
        Misconception(
            "column",
            lambda centre, outside, negatives: _sampled()(centre, outside, negatives)[:, None],
            "The numbers are right, but they stand in a column of shape (batch, 1). The shape is (batch,).",
        ),
        Misconception(
            "noise_of_all_pairs",
            lambda centre, outside, negatives: (
                -F.logsigmoid((centre * outside).sum(1))
                - F.logsigmoid(-torch.einsum("akd,bd->bak", negatives, centre)).sum((1, 2))
            ),
            "Every pair is compared with the noise words of all pairs. Each has its own: row b of `negatives` belongs"
            " to pair b.",
        ),
        Misconception(
            "noise_of_the_first_pair",
            _negatives_of_the_first,
            "Every pair is compared with the noise words of the first pair. Each has its own: row b of `negatives`"
            " belongs to pair b.",
        ),
        Misconception(
            "noise_against_outside",
            _noise_against_outside,
            "The noise words are scored against the outside word. What pushes them away is the centre, v_c.",
        ),
        Misconception(
            "scores_summed_first",
            _sampled(wrong=lambda s: -F.logsigmoid(-s.sum(1))),
            "The scores of the noise words are added up before the sigmoid. Each of them is judged alone: first the"
            " logarithm of the sigmoid, then the sum. (With one negative yours is right.)",
        ),
        Misconception(
            "mean_of_all",
            lambda centre, outside, negatives: _sampled()(centre, outside, negatives) / (1 + negatives.shape[1]),
            "Your losses are divided by K + 1. The terms of a pair are added up, not averaged.",
        ),
    ),
    properties=(
        Property(
            "positive",
            lambda case, output: bool((output["loss"] >= 0).all()),
            "Each term is −log of a probability, so no loss is below zero.",
        ),
    ),
    hints=(
        "K + 1 questions with answers yes and no: does this word stand beside the centre? The true one: yes. Each drawn"
        " one: no.",
        "The scores are `(centre * outside).sum(dim=1)`, one for each pair, and"
        " `(negatives * centre[:, None, :]).sum(dim=2)`, (batch, K). `F.logsigmoid` is log σ.",
        "A pair costs `-F.logsigmoid(score)`, and `-F.logsigmoid(-others).sum(dim=1)` for its noise words.",
    ),
)

# ----------------------------------------------------------------------------------------------------- 6 · gradients


def _gradient_cases(rng: np.random.Generator) -> list[Case]:
    vast = _sampled_case(rng, "scores in the billions", 3, 4, 2)
    vast.inputs["centre"].mul_(1e9)
    return [*_sampled_cases(rng), vast]


def _run_gradients(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    return _call(answer, inputs, bool(case.extra.get("by name")))


def _judge_gradients(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not isinstance(output, (tuple, list)) or len(output) != 3:
        found = compare(expected, output)
        return Mismatch(
            "Three tensors are asked for: the gradients of centre, outside and negatives. "
            + (found.text if found else "")
        )
    for name, right, got in zip(("centre", "outside", "negatives"), expected, output, strict=True):
        found = compare(right, got, 1e-4)
        if found:
            return Mismatch(f"The gradient of `{name}`: {found.text}", f"{name}{found.where}")
        if right.dtype == torch.float64 != got.dtype:
            return Mismatch(f"The inputs are float64, your gradient of `{name}` is not.", name)
    return None


def _slopes(
    right: Callable[[Tensor], Tensor] = lambda s: torch.sigmoid(s) - 1,
    wrong: Callable[[Tensor], Tensor] = torch.sigmoid,
    finish: Callable[..., Any] = lambda r, w, c, o, n: (
        r * o + (w * n).sum(1),
        r * c,
        w * c[:, None, :],
    ),
) -> Callable[..., Any]:
    """The reference with one part exchanged: r is (batch, 1), w is (batch, K, 1)."""

    def answer(centre: Tensor, outside: Tensor, negatives: Tensor) -> Any:
        score = (centre * outside).sum(1, keepdim=True)
        others = negatives @ centre[:, :, None]
        return finish(right(score), wrong(others), centre, outside, negatives)

    return answer


def _squeezed_slopes(centre: Tensor, outside: Tensor, negatives: Tensor) -> Any:
    right = torch.sigmoid((centre * outside).sum(1)) - 1
    wrong = torch.sigmoid((negatives @ centre[:, :, None]).squeeze())[..., None]
    return right[:, None] * outside + (wrong * negatives).sum(1), right[:, None] * centre, wrong * centre[:, None]


SGNS_GRADIENTS = Exercise(
    id="word_vectors.sgns_gradients",
    lesson="02",
    title="The gradients by hand",
    reference=word_vectors.sgns_gradients,
    cases=_gradient_cases,
    run=_run_gradients,
    judge=_judge_gradients,
    points=3,
    minutes=15,
    difficulty=3,
    forbids=(
        "torch.autograd.grad",
        "torch.autograd.backward",
        "torch.Tensor.backward",
        "torch.func.grad",
        "torch.autograd.forward_ad.make_dual",
    ),
    misconceptions=(
        Misconception(
            "uphill",
            _slopes(finish=lambda r, w, c, o, n: (-(r * o + (w * n).sum(1)), -r * c, -w * c[:, None, :])),
            "All three are the right gradients with the opposite sign: they point to where the loss falls. A gradient"
            " points uphill; the minus comes with the step.",
        ),
        Misconception(
            "exchanged",
            _slopes(finish=lambda r, w, c, o, n: (r * c, r * o + (w * n).sum(1), w * c[:, None, :])),
            "The first two are exchanged: `centre` comes first, then `outside`.",
        ),
        Misconception(
            "centre_without_noise",
            _slopes(finish=lambda r, w, c, o, n: (r * o, r * c, w * c[:, None, :])),
            "The gradients of `outside` and `negatives` are right; that of `centre` lacks the noise words, which push"
            " the centre away. v_c stands in all K + 1 terms.",
        ),
        Misconception(
            "noise_as_right",
            _slopes(wrong=lambda s: torch.sigmoid(s) - 1),
            "The noise words are pulled towards the centre: their factor is σ − 1, which is that of the true pair. What"
            " should the sigmoid have been for noise?",
        ),
        Misconception(
            "right_as_noise",
            _slopes(right=torch.sigmoid),
            "The true outside word is pushed away: its factor is σ(s). It should be what the model says minus what it"
            " should have said, and that is 1.",
        ),
        Misconception(
            "mean_of_batch",
            _slopes(
                finish=lambda r, w, c, o, n: (
                    (r * o + (w * n).sum(1)) / len(c),
                    r * c / len(c),
                    w * c[:, None, :] / len(c),
                )
            ),
            "Your gradients are divided by the size of the batch: they belong to the mean of the losses. The sum is"
            " asked for.",
        ),
        Misconception(
            "mean_of_noise",
            _slopes(finish=lambda r, w, c, o, n: (r * o + (w * n).mean(1), r * c, w * c[:, None, :])),
            "In the gradient of `centre` the noise words are averaged; they add up, as in the loss. (With one negative"
            " yours is right.)",
        ),
        Misconception(
            "slope_of_sigma",
            _slopes(
                right=lambda s: -torch.sigmoid(s) * (1 - torch.sigmoid(s)),
                wrong=lambda s: torch.sigmoid(s) * (1 - torch.sigmoid(s)),
            ),
            "Your factors are those of the sigmoid itself, σ(1 − σ). The loss has the logarithm of the sigmoid, whose"
            " derivative is 1 − σ.",
        ),
        Misconception(
            "own_vector",
            _slopes(finish=lambda r, w, c, o, n: (r * c + w.sum(1) * c, r * o, w * n)),
            "Each vector's gradient is a multiple of itself. The derivative of u · v with respect to u is v: each"
            " vector"
            " is moved along the other one.",
        ),
        Misconception(
            "noise_along_outside",
            _slopes(finish=lambda r, w, c, o, n: (r * o + (w * n).sum(1), r * c, w * o[:, None, :])),
            "The gradient of `negatives` points along the outside word. The noise words were scored against the"
            " centre.",
        ),
        Misconception(
            "noise_summed",
            _slopes(finish=lambda r, w, c, o, n: (r * o + (w * n).sum(1), r * c, (w * c[:, None, :]).sum(1))),
            "The gradient of `negatives` is summed over the noise words. Each of them has its own, so the shape is that"
            " of `negatives`.",
        ),
        Misconception(
            "squeezed",
            _squeezed_slopes,
            "Wrong where there is one negative a pair: `squeeze()` removes every dimension of size 1, that of the"
            " negatives too, and the factors are then spread over the wrong pairs. Say which one to remove.",
        ),
        Misconception(
            "one_after_the_other",
            lambda centre, outside, negatives: (
                (first := _slopes()(centre, outside, negatives))[0],
                *_slopes()(centre - first[0], outside, negatives)[1:],
            ),
            "The gradient of `centre` is right; for the other two you take a centre that has made its step already. All"
            " three belong to the same place: compute them first, move afterwards.",
        ),
        Misconception(
            "noise_divided",
            _slopes(finish=lambda r, w, c, o, n: (r * o + (w * n).sum(1), r * c, w * c[:, None, :] / n.shape[1])),
            "The gradient of `negatives` is divided by K. Each noise word has a term of its own, with full weight.",
        ),
        Misconception(
            "centre_without_the_pair",
            _slopes(finish=lambda r, w, c, o, n: ((w * n).sum(1), r * c, w * c[:, None, :])),
            "The gradient of `centre` lacks the true outside word, which pulls the centre. v_c stands in all K + 1"
            " terms.",
        ),
        Misconception(
            "pair_turned",
            _slopes(right=lambda s: 1 - torch.sigmoid(s)),
            "The true outside word is pushed away: its factor has the wrong sign. What the model says minus what it"
            " should have said is σ − 1.",
        ),
        Misconception(
            "noise_turned",
            _slopes(wrong=lambda s: -torch.sigmoid(s)),
            "The noise words are pulled closer: their factor has the wrong sign. What the model says minus what it"
            " should have said is σ − 0.",
        ),
        Misconception(
            "sigma_of_minus_s",
            _slopes(wrong=lambda s: torch.sigmoid(-s)),
            "Noise words that the model judges rightly get the largest gradient: their factor is σ(−s). The derivative"
            " of −log σ(−s) is σ(s).",
        ),
        Misconception(
            "outside_along_itself",
            _slopes(finish=lambda r, w, c, o, n: (r * o + (w * n).sum(1), r * o, w * c[:, None, :])),
            "The gradient of `outside` is a multiple of the outside word itself. The derivative of u · v with respect"
            " to u is v.",
        ),
        Misconception(
            "noise_along_itself",
            _slopes(finish=lambda r, w, c, o, n: (r * o + (w * n).sum(1), r * c, w * n)),
            "The gradient of `negatives` is a multiple of the noise words themselves. The derivative of u · v with"
            " respect to u is v.",
        ),
        Misconception(
            "noise_softmax",
            _slopes(wrong=lambda s: torch.softmax(s, 1)),
            "The factors of the noise words sum to 1: they are a softmax. Each is judged alone, by a sigmoid of its"
            " own.",
        ),
        Misconception(
            "naive_sigmoid",
            _slopes(
                right=lambda s: s.exp() / (1 + s.exp()) - 1,
                wrong=lambda s: s.exp() / (1 + s.exp()),
            ),
            "Right for small scores; above 88.7 exp is infinite in float32, and infinity over infinity is nan."
            " `torch.sigmoid` stays finite.",
        ),
        Misconception(
            "no_factor",
            _slopes(right=lambda s: -torch.ones_like(s), wrong=torch.ones_like),
            "Your gradients do not depend on the scores: the factors σ − 1 and σ, which make the step small where the"
            " model is right already, are missing.",
        ),
    ),
    hints=(
        "Every term is a function of one score. By the chain rule its gradient is the term's derivative times the"
        " gradient of the score, and the score is a dot product.",
        "`right = torch.sigmoid(score) - 1` and `wrong = torch.sigmoid(others)`. The gradient of u · v with respect to"
        " u is v. Where does v_c stand?",
        "outside: `right * centre`; negatives: `wrong * centre[:, None, :]`; centre: `right * outside` and the sum of"
        " `wrong * negatives` over the noise words. Keep the dimensions: right is (batch, 1), wrong (batch, K, 1).",
    ),
)

# ------------------------------------------------------------------------------------------------- 7 · neighbours


def _nearest_case(rng: np.random.Generator, about: str, words: int, d: int, **more: Any) -> Case:
    vectors = normal(rng, words, d) * torch.tensor(rng.uniform(0.3, 4.0, (words, 1)), dtype=torch.float32)
    query = 2.5 * normal(rng, d)
    return Case({"vectors": vectors, "query": query, **more}, about, {"words": words, "d": d})


def _some_left_out(rng: np.random.Generator) -> Case:
    """The nearest word is left out, and so are the two farthest."""
    case = _nearest_case(rng, "some left out, k left out", 11, 5)
    order = F.cosine_similarity(case.inputs["vectors"], case.inputs["query"][None], dim=1).argsort().tolist()
    return Case({**case.inputs, "exclude": [order[-1], *order[:2]]}, case.about, case.sizes)


def _nearest_cases(rng: np.random.Generator) -> list[Case]:
    axes = torch.tensor([[0.0, 2, 0], [0, 0, 0], [3, 0, 0], [0, 0, -4], [5, 0, 0], [-1, 0, 0], [3, 0, 0]])
    ties = {"vectors": axes, "query": torch.tensor([2.0, 0, 0]), "k": 6}
    own = _nearest_case(rng, "the query is a row, and left out", 8, 3, k=4, exclude={2, 5})
    own.inputs["query"].copy_(own.inputs["vectors"][2])
    double = _nearest_case(rng, "float64", 6, 4, k=3)
    double = Case({n: v.double() if floating(v) else v for n, v in double.inputs.items()}, double.about, double.sizes)
    blind = _nearest_case(rng, "a query of zeros", 4, 3, k=2)
    blind.inputs["query"].zero_()
    stays = _nearest_case(rng, "the query is a row, and stays", 6, 3, k=3)
    stays.inputs["query"].copy_(stays.inputs["vectors"][4])
    opposite = _nearest_case(rng, "fewer words than k, and one opposite to the query", 3, 2, k=7)
    opposite.inputs["vectors"][1] = -0.5 * opposite.inputs["query"]
    crowd = torch.zeros(40, 2)
    crowd[:, int(rng.integers(2))] = torch.arange(1.0, 41.0)
    equal = {"vectors": crowd, "query": torch.tensor([0.0, 2.0]), "k": 37}
    close = {"vectors": torch.tensor([[1, 0.041], [0, 2], [1, 0.04]]), "query": torch.tensor([3.0, 0]), "k": 2}
    return [
        _nearest_case(rng, "two of four words", 4, 3, k=2),
        _nearest_case(rng, "k left out", 9, 4),
        own,
        _some_left_out(rng),
        opposite,
        stays,
        _nearest_case(rng, "fewer words than k are left", 5, 3, k=4, exclude=(1, 2)),
        Case(ties, "equal cosines, and a vector of zeros", {"words": 7, "d": 3}),
        blind,
        _nearest_case(rng, "one word, one dimension", 1, 1, k=3),
        _nearest_case(rng, "all words left out", 3, 4, exclude={0, 1, 2}),
        _nearest_case(rng, "k = 0", 7, 2, k=0),
        Case(close, "two cosines that differ by 0.00004", {"words": 3, "d": 2}),
        Case(equal, "forty equal cosines", {"words": 40, "d": 2}),
        double,
    ]


def _run_nearest(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    named = {name: inputs[name] for name in ("k", "exclude") if name in inputs}
    found = answer(inputs["vectors"], inputs["query"], **named)
    return list(found) if isinstance(found, (list, tuple)) else found


def _lower_number_first(case: Case, output: Any) -> bool:
    """Asked only of cosines that are right, each of its word and each in its place; then only ties can be wrong."""
    true = F.cosine_similarity(case.inputs["vectors"], case.inputs["query"][None], dim=1).tolist()
    wanted = _near()(**case.inputs)
    if any(abs(true[i] - c) > 1e-5 or abs(w - c) > 1e-5 for (i, c), (_, w) in zip(output, wanted, strict=True)):
        return True
    return all(one[1] - other[1] > 1e-6 or one[0] < other[0] for one, other in itertools.pairwise(output))


def _judge_nearest(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not isinstance(output, (list, tuple)) or len(output) != len(expected):
        return compare(expected, output)
    for place, (right, got) in enumerate(zip(expected, output, strict=True)):
        if not isinstance(got, (list, tuple)) or len(got) != 2:
            return compare(right, got, path=f"[{place}]")
        found = compare(right[0], got[0], path=f"[{place}][0]")
        cosine = got[1].item() if isinstance(got[1], Tensor) and got[1].numel() == 1 else got[1]
        if not found and not (isinstance(cosine, (int, float)) and abs(cosine - right[1]) < 1e-5):
            found = compare(right[1], cosine, path=f"[{place}][1]")
        if found:
            return found
    return None


def _strike_then_cut(order: list[int], k: int, skip: Any) -> list[int]:
    return [i for i in order if i not in skip][:k]


def _near(
    score: Callable[[Tensor, Tensor], Tensor] = lambda x, q: F.cosine_similarity(x, q[None], dim=1),
    order: Callable[[list[float]], list[int]] = lambda s: sorted(range(len(s)), key=lambda i: -s[i]),
    pick: Callable[[list[int], int, Any], list[int]] = _strike_then_cut,
    show: Callable[[int, float], Any] = lambda i, s: (i, s),
    rank: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Callable[..., Any]:
    """Cosines with one part exchanged; with `rank`, words are ranked by other numbers than those that are shown."""

    def answer(vectors: Tensor, query: Tensor, k: int = 5, exclude: Any = ()) -> Any:
        scores = score(vectors, query).tolist()
        ranked = rank(vectors, query).tolist() if rank else scores
        return [show(i, scores[i]) for i in pick(order(ranked), k, exclude)]

    return answer


def _masked(value: float) -> Callable[..., Any]:
    """Excluded words are given another number, and may come back."""

    def answer(vectors: Tensor, query: Tensor, k: int = 5, exclude: Any = ()) -> Any:
        scores = F.cosine_similarity(vectors, query[None], dim=1)
        scores[list(exclude)] = value
        order = torch.sort(scores, descending=True, stable=True).indices.tolist()
        return [(i, float(scores[i])) for i in order[:k]]

    return answer


def _equal_rows_out(vectors: Tensor, query: Tensor, k: int = 5, exclude: Any = ()) -> Any:
    return _near()(vectors, query, k, {*exclude, *(i for i, row in enumerate(vectors) if torch.equal(row, query))})


def _zeros_out(vectors: Tensor, query: Tensor, k: int = 5, exclude: Any = ()) -> Any:
    return _near()(vectors, query, k, {*exclude, *(i for i, row in enumerate(vectors) if not row.any())})


def _zeros_last(vectors: Tensor, query: Tensor) -> Tensor:
    return F.cosine_similarity(vectors, query[None], dim=1).masked_fill(~vectors.any(dim=1), -1.0)


def _twins_out(vectors: Tensor, query: Tensor, k: int = 5, exclude: Any = ()) -> Any:
    rows = [tuple(row) for row in vectors.tolist()]
    return _near()(vectors, query, k, {*exclude, *(i for i, row in enumerate(rows) if row in rows[:i])})


def _renumbered(vectors: Tensor, query: Tensor, k: int = 5, exclude: Any = ()) -> Any:
    kept = [i for i in range(len(vectors)) if i not in exclude]
    return _near()(vectors[kept], query, k) if kept else []


def _as_many_as_asked(vectors: Tensor, query: Tensor, k: int = 5, exclude: Any = ()) -> Any:
    scores = F.cosine_similarity(vectors, query[None], dim=1)
    scores[list(exclude)] = -math.inf
    top = scores.topk(k)
    return list(zip(top.indices.tolist(), top.values.tolist()))


def _tensors_in_sets(vectors: Tensor, query: Tensor, k: int = 5, exclude: Any = ()) -> Any:
    return _near()(vectors, query, k, () if isinstance(exclude, (set, frozenset)) else exclude)


NEAREST = Exercise(
    id="word_vectors.nearest",
    lesson="02",
    title="The nearest words",
    reference=word_vectors.nearest,
    cases=_nearest_cases,
    run=_run_nearest,
    judge=_judge_nearest,
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "dot_product",
            _near(lambda x, q: x @ q),
            "Your similarities are dot products, some of them above 1: a long vector wins against one that points the"
            " right way. Divide by both lengths.",
        ),
        Misconception(
            "only_own_length",
            _near(lambda x, q: x @ q / x.norm(dim=1).clamp(min=1e-30)),
            "The order is right, but the numbers are no cosines: they are divided by the length of the word's vector"
            " only, not by that of the query.",
        ),
        Misconception(
            "only_length_of_query",
            _near(lambda x, q: x @ q / q.norm().clamp(min=1e-30)),
            "The dot products are divided by the length of the query only. That is the same for all words, so the order"
            " is still that of the dot products, and long vectors win.",
        ),
        Misconception(
            "distance",
            _near(lambda x, q: -(x - q).norm(dim=1)),
            "You rank by the distance between the points. The cosine looks at directions only: a vector twice as long"
            " is just as near.",
        ),
        Misconception(
            "one_minus_cosine",
            _near(show=lambda i, s: (i, 1 - s)),
            "The words are right, but the numbers are 1 minus the cosine, a distance. The cosine itself is asked for.",
        ),
        Misconception(
            "farthest",
            _near(order=lambda s: sorted(range(len(s)), key=lambda i: s[i])),
            "Your list begins with the word that points most away: it is sorted the wrong way round.",
        ),
        Misconception(
            "ties_turned",
            _near(order=lambda s: sorted(range(len(s)), key=lambda i: (-s[i], -i))),
            "Of equal cosines you put the higher number first; the lower number goes first.",
        ),
        Misconception(
            "ranked_by_rounded_cosines",
            _near(rank=lambda x, q: (F.cosine_similarity(x, q[None], dim=1) * 1e3).round()),
            "Two cosines that differ little stand in the wrong order: they are rounded before they are sorted.",
        ),
        Misconception(
            "k_or_5",
            lambda vectors, query, k=5, exclude=(): _near()(vectors, query, k or 5, exclude),
            'Right but for k = 0, which gives you five words: `k or 5` takes 0 for "not given". The default in the'
            " signature is enough.",
        ),
        Misconception(
            "twins_left_out",
            _twins_out,
            "Of words with the same vector only the first is in your list. Each of them takes part.",
        ),
        Misconception(
            "nothing_for_zeros",
            lambda vectors, query, k=5, exclude=(): _near()(vectors, query, k, exclude) if query.any() else [],
            "A query of zeros gives you no words. All cosines are 0 then, so the words with the lowest numbers come.",
        ),
        Misconception(
            "nan_for_zeros",
            _near(lambda x, q: F.normalize(x, dim=1) @ (q / q.norm())),
            "A query of zeros gives nan: 0 divided by 0. All cosines are to be 0 then.",
        ),
        Misconception(
            "cut_at_0",
            _near(lambda x, q: F.cosine_similarity(x, q[None], dim=1).clamp(min=0.0)),
            "Your cosines never fall below 0. A word that points away from the query has a negative one.",
        ),
        Misconception(
            "nan_first",
            _near(lambda x, q: torch.nan_to_num(x @ q / (x.norm(dim=1) * q.norm()), nan=math.inf)),
            "A vector of zeros comes out as the nearest of all. It has no direction, and 0/0 is undefined: its cosine"
            " is to be 0.",
        ),
        Misconception(
            "nan_among_numbers",
            _near(lambda x, q: x @ q / (x.norm(dim=1) * q.norm())),
            "A vector of zeros gives nan, 0 divided by 0, and nan spoils the order of the others too: it is neither"
            " smaller nor larger than a number. Its cosine is to be 0.",
        ),
        Misconception(
            "nan",
            _near(
                lambda x, q: x @ q / (x.norm(dim=1) * q.norm()),
                order=lambda s: torch.sort(torch.tensor(s), descending=True, stable=True).indices.tolist(),
            ),
            "A vector of zeros gives nan: 0 divided by 0. It has no direction, and its cosine is to be 0.",
        ),
        Misconception(
            "left_out_after_the_cut",
            _near(pick=lambda o, k, skip: [i for i in o[:k] if i not in skip]),
            "Your list is too short where words are left out: you take the k best first and strike words from them"
            " afterwards. Strike first.",
        ),
        Misconception(
            "nothing_left_out",
            _near(pick=lambda o, k, skip: o[:k]),
            "Words that should be left out are in your list: `exclude` is not used.",
        ),
        Misconception(
            "tensors_in_sets",
            _tensors_in_sets,
            "Words of `exclude` are in your list where it is a set: the number of a word is a tensor in your code, and"
            " a tensor is never in a set of numbers. Turn it into one with `int(i)`, or the order with `.tolist()`.",
        ),
        Misconception(
            "equal_rows_left_out",
            _equal_rows_out,
            "A word whose vector equals the query is missing from your list. What must be left out is said by `exclude`"
            " alone.",
        ),
        Misconception(
            "comes_back_as_minus_infinity",
            _masked(-math.inf),
            "Where fewer than `k` words are left, excluded ones come back with minus infinity. Leave them out, and"
            " return fewer.",
        ),
        Misconception(
            "comes_back_as_minus_1",
            _masked(-1.0),
            "Excluded words are given the cosine −1; where few words are left they come back. Leave them out, and"
            " return fewer.",
        ),
        Misconception(
            "comes_back_as_0",
            _masked(0.0),
            "Excluded words are given the cosine 0, and stand before words with a negative one. Leave them out, and"
            " return fewer if need be.",
        ),
        Misconception(
            "renumbered",
            _renumbered,
            "Where words are left out, your numbers are those of the rows that remain. Return the number that a word"
            " has in `vectors`.",
        ),
        Misconception(
            "too_many_after_leaving_out",
            _near(pick=lambda o, k, skip: [i for i in o[: k + len(skip)] if i not in skip]),
            "Your list is too long where an excluded word is not among the first: you take k + len(exclude) words and"
            " strike the excluded ones. Cut to `k` once more at the end.",
        ),
        Misconception(
            "one_too_many",
            _near(pick=lambda o, k, skip: [i for i in o if i not in skip][: k + 1]),
            "Your list has one word more than `k`.",
        ),
        Misconception(
            "ten_by_default",
            lambda vectors, query, k=10, exclude=(): _near()(vectors, query, k, exclude),
            "Right where `k` is given; left out, it is 5.",
        ),
        Misconception(
            "as_many_as_asked",
            _as_many_as_asked,
            "`topk` wants as many words as there are. Where fewer than `k` are left, return those.",
        ),
        Misconception(
            "ranked_by_distance",
            _near(rank=lambda x, q: -(x - q).norm(dim=1)),
            "The numbers are cosines, but the order is that of the distances between the points. Rank by the cosine.",
        ),
        Misconception(
            "ranked_by_dot_product",
            _near(rank=lambda x, q: x @ q),
            "The numbers are cosines, but the order is that of the dot products: long vectors win. Rank by the cosine.",
        ),
        Misconception(
            "absolute",
            _near(lambda x, q: F.cosine_similarity(x, q[None], dim=1).abs()),
            "A word that points the opposite way counts as near: your cosines have lost their sign.",
        ),
        Misconception(
            "squared_lengths",
            _near(lambda x, q: x @ q / (x.square().sum(1) * q.square().sum()).clamp(min=1e-30)),
            "The dot products are divided by the squares of the lengths: a square root is missing.",
        ),
        Misconception(
            "columns_scaled",
            _near(lambda x, q: F.normalize(x, dim=0) @ F.normalize(q, dim=0)),
            "The columns of `vectors` are scaled to length 1 instead of the rows. A word is a row.",
        ),
        Misconception(
            "zeros_left_out",
            _zeros_out,
            "A vector of zeros is missing from your list. Its cosine is 0, and it takes part like any other.",
        ),
        Misconception(
            "zeros_last",
            _near(_zeros_last),
            "A vector of zeros gets −1; its cosine is to be 0.",
        ),
        Misconception(
            "opposite_left_out",
            lambda vectors, query, k=5, exclude=(): [
                p for p in _near()(vectors, query, len(vectors), exclude) if p[1] > -1 + 1e-6
            ][:k],
            "A word that points exactly the opposite way is missing from your list. Its cosine is −1, and it takes part"
            " like any other.",
        ),
        Misconception(
            "positive_only",
            lambda vectors, query, k=5, exclude=(): [p for p in _near()(vectors, query, k, exclude) if p[1] > 0],
            "Words with a cosine of 0 or less are missing from your list. They take part like any other.",
        ),
        Misconception(
            "rounded",
            _near(show=lambda i, s: (i, round(s, 2))),
            "Your cosines are rounded to two digits. Return them as they are.",
        ),
        Misconception(
            "first_of_the_rest_left_out",
            _near(pick=lambda o, k, skip: [i for i in o if i not in skip][1 : k + 1]),
            "The nearest word of those that are allowed is missing from your list. What must be left out is said by"
            " `exclude` alone.",
        ),
        Misconception(
            "first_left_out",
            _near(pick=lambda o, k, skip: [i for i in o[1:] if i not in skip][:k]),
            "The nearest word of all is missing from your list. It need not be the query itself: what must be left out"
            " is said by `exclude`.",
        ),
        Misconception(
            "always_five",
            _near(pick=lambda o, k, skip: [i for i in o if i not in skip][:5]),
            "You always return five words; how many is said by `k`.",
        ),
        Misconception(
            "all_of_them",
            _near(pick=lambda o, k, skip: [i for i in o if i not in skip]),
            "You return all words, sorted; only the first `k` are asked for.",
        ),
        Misconception(
            "pair_turned",
            _near(show=lambda i, s: (s, i)),
            "Your pairs are turned round: the number of the word comes first, then the cosine.",
        ),
        Misconception(
            "numbers_only",
            _near(show=lambda i, s: i),
            "The words are right; with each of them its cosine is asked for, as a pair.",
        ),
    ),
    properties=(
        Property(
            "lower_number_first",
            _lower_number_first,
            "Of equal cosines the lower number goes first. `topk` and an unstable sort do not keep to that; a stable"
            " one does.",
        ),
    ),
    hints=(
        "All cosines first, then the order, then strike out, then cut.",
        "`vectors @ query` over `vectors.norm(dim=1) * query.norm()`; where that product is 0, divide by 1 instead."
        " `torch.sort(..., descending=True, stable=True)` keeps equal ones in their order.",
        "`order = torch.sort(cosines, descending=True, stable=True).indices.tolist()`, then"
        " `[(i, float(cosines[i])) for i in order if i not in exclude][:k]`.",
    ),
)

# -------------------------------------------------------------------------------------------------- 8 · analogies


def _analogy_case(rng: np.random.Generator, words: int, d: int) -> Case:
    """Many questions about one set of vectors, so that every mistake shows in some of them."""
    scale = torch.tensor(rng.uniform(0.2, 6.0, (words, 1)), dtype=torch.float32)
    asked = [tuple(map(int, rng.choice(words, 3, replace=False))) for _ in range(12)]
    case = Case({"vectors": normal(rng, words, d) * scale}, f"{len(asked)} questions", {"words": words, "d": d})
    return Case(case.inputs, case.about, case.sizes, {"asked": asked})


def _analogy_cases(rng: np.random.Generator) -> list[Case]:
    square = torch.tensor([[3.0, 0, 1], [3, 2, 1], [0.5, 0, 1], [0.5, 2, 1], [-3, -1, 0.2]])
    # Lengths are powers of two (see the top): three answers tie, in the fourth question with none along a, b or c. The
    # answer to the last has the vector of c.
    axes = torch.tensor([[2.0, 0, 0], [0, 0, 4], [0, 2, 0], [0, 0, 1], [0, 8, 0], [-2, 0, 0], [0, -1, 0], [0, -1, 0]])
    tied = [(0, 2, 3), (0, 4, 3), (0, 2, 1), (1, 3, 0), (1, 3, 6)]
    behind = torch.tensor([[2.0, 0], [0, 3], [1, 0], [0, -4]])
    four = _analogy_case(rng, 4, 3)
    double = _analogy_case(rng, 8, 5)
    return [
        Case({"vectors": square}, "five words", {"words": 5, "d": 3}, {"asked": [(0, 1, 2), (0, 2, 1), (1, 0, 3)]}),
        Case(four.inputs, "four words: only one can be the answer", four.sizes, four.extra),
        _analogy_case(rng, 9, 4),
        _analogy_case(rng, 12, 3),
        _analogy_case(rng, 15, 6),
        Case({"vectors": double.inputs["vectors"].double()}, "float64", double.sizes, double.extra),
        Case({"vectors": axes}, "equal cosines", {"words": 8, "d": 3}, {"asked": tied}),
        Case({"vectors": behind}, "the only answer lies behind", {"words": 4, "d": 2}, {"asked": [(0, 1, 2)]}),
    ]


def _run_analogy(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    found = []
    for place, (a, b, c) in enumerate(case.extra["asked"]):
        given = {"vectors": inputs["vectors"], "a": a, "b": b, "c": c}
        found.append(_call(answer, given, by_name=place % 2 == 1))
    return found


def _judge_analogy(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not isinstance(output, list) or len(output) != len(expected):
        return compare(expected, output)
    for (a, b, c), right, got in zip(case.extra["asked"], expected, output, strict=True):
        if isinstance(got, (list, tuple)) and isinstance(right, (list, tuple)) and len(got) == len(right):
            right, got = right[0], got[0]  # beside a known mistake; whatever else stands there
        found = compare(right, got)
        if found:
            of = f"With {case.sizes['words']} vectors of width {case.sizes['d']}, a = {a}, b = {b}, c = {c}"
            return Mismatch(f"{of}: {found.text[0].lower()}{found.text[1:]}", f"a = {a}, b = {b}, c = {c}")
    return None


def _solved(
    wanted: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda a, b, c: b - a + c,
    prepare: Callable[[Tensor], Tensor] = lambda x: F.normalize(x, dim=1),
    skip: Callable[[int, int, int], set[int]] = lambda a, b, c: {a, b, c},
    score: Callable[[Tensor, Tensor], Tensor] = lambda x, q: F.cosine_similarity(x, q[None], dim=1),
    finish: Callable[[int, Tensor], Any] = lambda best, vectors: best,
    mask: float = -math.inf,
    first: bool = True,
) -> Callable[..., Any]:
    def answer(vectors: Tensor, a: int, b: int, c: int) -> Any:
        x = prepare(vectors)
        scores = score(x, wanted(x[a], x[b], x[c])).clone()
        for number in skip(a, b, c):
            scores[number] = mask
        best = scores.argmax() if first else len(scores) - 1 - scores.flip(0).argmax()
        return finish(int(best), vectors)

    return answer


def _by_cosine(vectors: Tensor, a: int, b: int, c: int) -> list[int]:
    unit = F.normalize(vectors, dim=1)
    scores = F.cosine_similarity(unit, (unit[b] - unit[a] + unit[c])[None], dim=1)
    return torch.sort(scores, descending=True, stable=True).indices.tolist()


def _equal_vectors_out(vectors: Tensor, a: int, b: int, c: int) -> int:
    rows = vectors.tolist()
    return next(i for i in _by_cosine(vectors, a, b, c) if rows[i] not in (rows[a], rows[b], rows[c]))


def _first_three_only(vectors: Tensor, a: int, b: int, c: int) -> int:
    left = [i for i in _by_cosine(vectors, a, b, c)[:3] if i not in (a, b, c)]
    return left[0]


def _directions_out(vectors: Tensor, a: int, b: int, c: int) -> int:
    unit = F.normalize(vectors, dim=1)
    out = (unit @ unit[[a, b, c]].T > 0.9999).any(1).tolist()
    return next(i for i in _by_cosine(vectors, a, b, c) if not out[i])


def _counted_in_the_rest(vectors: Tensor, a: int, b: int, c: int) -> int:
    unit = F.normalize(vectors, dim=1)
    kept = [i for i in range(len(unit)) if i not in (a, b, c)]
    return int((unit[kept] @ (unit[b] - unit[a] + unit[c])).argmax())


ANALOGY = Exercise(
    id="word_vectors.analogy",
    lesson="02",
    title="Analogies",
    reference=word_vectors.analogy,
    cases=_analogy_cases,
    run=_run_analogy,
    judge=_judge_analogy,
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "nothing_left_out",
            _solved(skip=lambda a, b, c: set()),
            "Often your answer is one of the three words of the question, for the point b̂ − â + ĉ lies near b and c."
            " These three are not allowed as an answer.",
        ),
        Misconception(
            "only_c_left_out",
            _solved(skip=lambda a, b, c: {c}),
            "Sometimes your answer is a or b. All three words of the question have to be left out.",
        ),
        Misconception(
            "b_left_in",
            _solved(skip=lambda a, b, c: {a, c}),
            "Sometimes your answer is b, a word of the question. All three have to be left out.",
        ),
        Misconception(
            "a_left_in",
            _solved(skip=lambda a, b, c: {b, c}),
            "Sometimes your answer is a, a word of the question. All three have to be left out.",
        ),
        Misconception(
            "c_left_in",
            _solved(skip=lambda a, b, c: {a, b}),
            "Sometimes your answer is c, a word of the question. All three have to be left out.",
        ),
        Misconception(
            "masked_with_0",
            _solved(mask=0.0),
            "Where no other word has a cosine above 0 your answer is one of the question: its three words are given 0."
            " Give them something that cannot win.",
        ),
        Misconception(
            "masked_with_minus_1",
            _solved(mask=-1.0),
            "Where the only answer lies exactly opposite, with the cosine −1, your answer is a word of the question:"
            " its three words are given −1 too. Give them something that cannot win.",
        ),
        Misconception(
            "ties_turned",
            _solved(first=False),
            "Of equal cosines you take the higher number; the lower one wins.",
        ),
        Misconception(
            "directions_left_out",
            _directions_out,
            "Words that point the same way as a, b or c are left out too. Only the three themselves cannot be the"
            " answer.",
        ),
        Misconception(
            "equal_vectors_left_out",
            _equal_vectors_out,
            "A word with the same vector as a, b or c is left out too. Compare numbers of words, not vectors: only the"
            " three themselves cannot be the answer.",
        ),
        Misconception(
            "first_three_only",
            _first_three_only,
            "Only the three nearest words are looked at, and they may be a, b and c. Leave these out first, then take"
            " the nearest of the others.",
        ),
        Misconception(
            "half_the_way",
            _solved(lambda a, b, c: (b - a) / 2 + c),
            "You go half the way from a to b only. Add the whole difference b̂ − â to ĉ.",
        ),
        Misconception(
            "way_of_length_one",
            _solved(lambda a, b, c: F.normalize(b - a, dim=0) + c),
            "The way from a to b is scaled to length 1 before it is added. Only the three vectors are scaled; their"
            " difference is taken as it is.",
        ),
        Misconception(
            "absolute",
            _solved(score=lambda x, q: F.cosine_similarity(x, q[None], dim=1).abs()),
            "A word that points the opposite way counts as near: your cosines have lost their sign.",
        ),
        Misconception(
            "counted_in_the_rest",
            _counted_in_the_rest,
            "Your number counts only the words that remain when the three of the question are taken out. Return the"
            " number of the word in `vectors`.",
        ),
        Misconception(
            "from_a",
            _solved(lambda a, b, c: b - c + a),
            "You go the way from c to b, and start at a. The way is b − a, and it starts at c.",
        ),
        Misconception(
            "nearest_to_c",
            _solved(lambda a, b, c: c),
            "You look for the nearest word to c: a and b take no part. Go the way from a to b first.",
        ),
        Misconception(
            "nearest_to_b",
            _solved(lambda a, b, c: b),
            "You look for the nearest word to b: a and c take no part. Go the way from a to b, starting at c.",
        ),
        Misconception(
            "distance",
            lambda vectors, a, b, c: _solved(score=lambda x, q: -(vectors - q).norm(dim=1))(vectors, a, b, c),
            "You rank by the distance between points, of vectors that are not scaled. Rank by the cosine.",
        ),
        Misconception(
            "columns_scaled",
            _solved(prepare=lambda x: F.normalize(x, dim=0)),
            "The columns of `vectors` are scaled to length 1 instead of the rows. A word is a row.",
        ),
        Misconception(
            "a_pair",
            lambda vectors, a, b, c: (lambda best: (best, 0.0))(_solved()(vectors, a, b, c)),
            "You return a pair, as `nearest` does. The number of the word alone is asked for.",
        ),
        Misconception(
            "a_list",
            lambda vectors, a, b, c: [_solved()(vectors, a, b, c)],
            "You return a list with the number. The number alone is asked for.",
        ),
        Misconception(
            "turned",
            _solved(lambda a, b, c: a - b + c),
            "You add a and take b away. The way from a to b is b − a; go it from c.",
        ),
        Misconception(
            "everything_added",
            _solved(lambda a, b, c: a + b + c),
            "You add all three vectors. The way from a to b is the *difference* b − a.",
        ),
        Misconception(
            "without_c",
            _solved(lambda a, b, c: b - a),
            "c takes no part in your answer: b − a is the way, but it has to start at c.",
        ),
        Misconception(
            "c_subtracted",
            _solved(lambda a, b, c: b - a - c),
            "You subtract c. The way from a to b starts at c, so c is added.",
        ),
        Misconception(
            "roles_mixed",
            _solved(lambda a, b, c: c - a - b),
            "You take a and b away from c. Only a is taken away: b − a + c.",
        ),
        Misconception(
            "not_scaled",
            _solved(prepare=lambda x: x),
            "Right where all vectors are about equally long. Otherwise the longest of the three decides the sum: scale"
            " each to length 1 *before* you add them.",
        ),
        Misconception(
            "dot_product",
            _solved(score=lambda x, q: x @ q, prepare=lambda x: x),
            "Long vectors win: neither the three of the question nor the candidates are scaled to length 1.",
        ),
        Misconception(
            "scaled_question_only",
            lambda vectors, a, b, c: _solved(score=lambda x, q: vectors @ q)(vectors, a, b, c),
            "The three of the question are scaled, but the candidates are not: long vectors win. Rank by the cosine.",
        ),
        Misconception(
            "the_vector",
            _solved(finish=lambda best, vectors: vectors[best]),
            "You return the vector of the answer; its number is asked for.",
        ),
        Misconception(
            "farthest",
            _solved(score=lambda x, q: -F.cosine_similarity(x, q[None], dim=1)),
            "You return the word that points most away from b̂ − â + ĉ.",
        ),
    ),
    hints=(
        "Three steps: scale all vectors to length 1, build the point to look for, take the nearest word that is"
        " allowed.",
        "`torch.nn.functional.normalize(vectors, dim=1)` scales the rows. Which of your functions finds the nearest,"
        " and"
        " leaves some out?",
        "With `unit` the scaled vectors: `nearest(unit, unit[b] - unit[a] + unit[c], k=1, exclude={a, b, c})` gives a"
        " list with one pair; its number is the answer.",
    ),
)

# ------------------------------------------------------------------------------------------------- 9 · n-grams


def _gram_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"word": "where", "shortest": 3, "longest": 3}, "the paper's example", {"letters": 5}),
        Case({"word": _word(rng, 7)}, "the lengths left out", {"letters": 7}),
        Case({"word": _word(rng, 9), "shortest": 2, "longest": 4}, "n-grams of 2 to 4", {"letters": 9}),
        Case({"word": _word(rng, 4), "shortest": 5, "longest": 8}, "the marked word is an n-gram", {"letters": 4}),
        Case({"word": "to", "shortest": 3, "longest": 6}, "a short word", {"letters": 2}),
        Case({"word": _word(rng, 2), "shortest": 5, "longest": 6}, "a word too short for n-grams", {"letters": 2}),
        Case({"word": _word(rng, 5)}, "only the marks make it too long", {"letters": 5}),
        Case({"word": "a"}, "one letter"),
        Case({"word": ""}, "the empty word"),
        Case({"word": _word(rng, 2) * 4, "shortest": 2, "longest": 5}, "a word that repeats itself", {"letters": 8}),
        Case({"word": "Ёлки-Палки"}, "capitals, Cyrillic, a hyphen"),
        Case({"word": _word(rng, 3), "shortest": 1, "longest": 2}, "from single characters on"),
        Case({"word": f" {_word(rng, 3)} ", "shortest": 2, "longest": 3}, "a space at both ends", {"letters": 5}),
        Case({"word": f"{_word(rng, 3)}\n{_word(rng, 2)}", "shortest": 2, "longest": 3}, "a line break in the middle"),
        Case({"word": _word(rng, 6), "shortest": 4, "longest": 5}, "n-grams of 4 to 5", {"letters": 6}, {"before": 3}),
    ]


def _run_grams(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Asks twice: an answer that keeps something from the first call gives another one."""
    by_name = len(inputs["word"]) % 2 == 1
    other = case.extra.get("before")
    before = _call(answer, {"word": inputs["word"], "shortest": other, "longest": other}, by_name) if other else None
    first, second = (_call(answer, dict(inputs), by_name) for _ in range(2))
    if isinstance(before, (list, tuple)) and isinstance(first, (list, tuple)) and list(before) == list(first):
        raise Told(
            f"Asked for the n-grams of length {other} of a word, and then for those of {inputs['shortest']} to"
            f" {inputs['longest']} of the same word, your function gives the same list. Are both lengths used, and is"
            " nothing kept from the call before?"
        )
    if isinstance(first, (list, tuple)) and list(first) != list(second):
        raise Told(
            "Called twice with the same word, your function gives two different answers: something is kept from one"
            " call to the next. A default such as `seen=set()` is made once, not at every call."
        )
    return first


def _grams(
    mark: Callable[[str], str] = lambda w: f"<{w}>",
    lengths: Callable[[int, int], range] = lambda a, b: range(a, b + 1),
    starts: Callable[[int, int], range] = lambda size, n: range(size - n + 1),
    whole: Callable[[str], list[str]] = lambda w: [f"<{w}>"],
    finish: Callable[[list[str]], Any] = lambda grams: list(dict.fromkeys(grams)),
) -> Callable[..., Any]:
    def answer(word: str, shortest: int = 3, longest: int = 6) -> Any:
        marked = mark(word)
        grams = [marked[i : i + n] for n in lengths(shortest, longest) for i in starts(len(marked), n)]
        return finish([*grams, *whole(word)])

    return answer


def _right_grams(case: Case) -> list[str]:
    return _grams()(*case.inputs.values())


def _bare_word_added(word: str, shortest: int = 3, longest: int = 6) -> list[str]:
    grams = list(dict.fromkeys(_grams(whole=lambda w: [])(word, shortest, longest)))
    return grams if f"<{word}>" in grams else [*grams, word]


def _by_place(word: str, shortest: int = 3, longest: int = 6) -> list[str]:
    marked = f"<{word}>"
    size = len(marked)
    grams = [marked[i : i + n] for i in range(size) for n in range(shortest, longest + 1) if i + n <= size]
    return list(dict.fromkeys([*grams, marked]))


def _repeats_kept(word: str, shortest: int = 3, longest: int = 6) -> list[str]:
    grams = _grams(whole=lambda w: [], finish=list)(word, shortest, longest)
    return grams if f"<{word}>" in grams else [*grams, f"<{word}>"]


def _of_bytes(word: str, shortest: int = 3, longest: int = 6) -> list[str]:
    marked = f"<{word}>".encode()
    grams = [marked[i : i + n] for n in range(shortest, longest + 1) for i in range(len(marked) - n + 1)]
    return [gram.decode("utf-8", "replace") for gram in dict.fromkeys([*grams, marked])]


def _appended_if(long: Callable[[str, int], bool]) -> Callable[..., Any]:
    def answer(word: str, shortest: int = 3, longest: int = 6) -> list[str]:
        grams = list(dict.fromkeys(_grams(whole=lambda w: [])(word, shortest, longest)))
        return [*grams, f"<{word}>"] if long(word, longest) else grams

    return answer


CHARACTER_NGRAMS = Exercise(
    id="word_vectors.character_ngrams",
    lesson="02",
    title="The pieces of a word",
    reference=word_vectors.character_ngrams,
    cases=_gram_cases,
    run=_run_grams,
    points=2,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "no_marks",
            _grams(mark=lambda w: w),
            "The n-grams are cut from the bare word. With < and > around it, a beginning differs from a middle: <her is"
            " not the her of where.",
        ),
        Misconception(
            "no_marks_at_all",
            _grams(mark=lambda w: w, whole=lambda w: [w]),
            "There are no marks in your n-grams. Put < before the word and > behind it first.",
        ),
        Misconception(
            "without_the_whole",
            _grams(whole=lambda w: []),
            "The marked word itself is missing where it is longer than the longest n-gram, or shorter than the"
            " shortest."
            " It gets a vector of its own too.",
        ),
        Misconception(
            "whole_without_marks",
            _grams(whole=lambda w: [w]),
            "At the end stands the word without its marks. The marked one is asked for: to a table of n-grams, the word"
            " her and the n-gram her inside another word must not be the same.",
        ),
        Misconception(
            "bare_word_added",
            _bare_word_added,
            "Where the marked word is not among your n-grams, the bare word is added at the end: its marks are"
            " missing.",
        ),
        Misconception(
            "line_breaks",
            lambda word, shortest=3, longest=6: [
                gram for gram in _grams()(word, shortest, longest) if "\n" not in gram or gram == f"<{word}>"
            ],
            "N-grams with a line break in them are missing. A word is any string (in a pattern, `.` stands for every"
            " character but a line break).",
        ),
        Misconception(
            "without_the_longest",
            _grams(lengths=lambda a, b: range(a, b)),
            "The n-grams of the greatest length are missing: `range` leaves out its end.",
        ),
        Misconception(
            "only_the_shortest",
            _grams(lengths=lambda a, b: range(a, a + 1)),
            "Only the n-grams of the smallest length are there. All lengths up to `longest` are asked for.",
        ),
        Misconception(
            "without_the_last",
            _grams(starts=lambda size, n: range(size - n)),
            "Of each length the last n-gram is missing, the one that ends in >. A string of s characters has s − n + 1"
            " places where n of them can begin.",
        ),
        Misconception(
            "stumps",
            _grams(starts=lambda size, n: range(size)),
            "Near the end your n-grams are cut off: they are shorter than they should be. Begin no n-gram so late that"
            " it"
            " would hang over the end.",
        ),
        Misconception(
            "repeated",
            _grams(finish=lambda grams: grams),
            "Some n-grams stand there twice: those that the word repeats, or the marked word, where it is an n-gram"
            " itself. Each is asked for once.",
        ),
        Misconception(
            "whole_twice",
            lambda word, shortest=3, longest=6: [
                *dict.fromkeys(_grams(whole=lambda w: [], finish=list)(word, shortest, longest)),
                f"<{word}>",
            ],
            "The marked word stands there twice where it is short enough to be an n-gram. Add it only if it is not"
            " there yet.",
        ),
        Misconception(
            "by_place",
            _by_place,
            "The n-grams are the right ones in another order: yours go by where they begin. Let the shorter ones come"
            " before the longer ones.",
        ),
        Misconception(
            "longest_first",
            _grams(lengths=lambda a, b: range(b, a - 1, -1)),
            "Yours begin with the longest n-grams; the shorter ones come first.",
        ),
        Misconception(
            "sorted",
            _grams(finish=lambda grams: sorted(set(grams))),
            "Your n-grams are in alphabetical order. Those of one length keep the order in which they stand in the"
            " word.",
        ),
        Misconception(
            "lower_case",
            lambda word, shortest=3, longest=6: _grams()(word.lower(), shortest, longest),
            "Capitals have become small letters. The word is to be taken as it is.",
        ),
        Misconception(
            "whole_first",
            lambda word, shortest=3, longest=6: list(
                dict.fromkeys([f"<{word}>", *_grams(whole=lambda w: [])(word, shortest, longest)])
            ),
            "Your list begins with the marked word; it goes to the end, unless it is there already as an n-gram.",
        ),
        Misconception(
            "two_marks_each",
            _grams(mark=lambda w: f"<<{w}>>"),
            "There is a mark too many on each side of the word.",
        ),
        Misconception(
            "duplicates_kept",
            _repeats_kept,
            "A word that repeats itself has some n-grams twice in your list. Each is asked for once, where it comes"
            " first.",
        ),
        Misconception(
            "last_of_equal_ones",
            lambda word, shortest=3, longest=6: list(dict.fromkeys(_repeats_kept(word, shortest, longest)[::-1]))[::-1],
            "Of n-grams that come twice you keep the last one; the first is asked for.",
        ),
        Misconception(
            "marks_not_counted",
            lambda word, shortest=3, longest=6: _grams()(word, shortest + 2, longest + 2),
            "Your n-grams are two characters too long: the marks count as characters.",
        ),
        Misconception(
            "usual_lengths",
            lambda word, shortest=3, longest=6: _grams()(word),
            "Right for n-grams of 3 to 6 characters only: `shortest` and `longest` are not used.",
        ),
        Misconception(
            "longest_5",
            lambda word, shortest=3, longest=5: _grams()(word, shortest, longest),
            "Right where the lengths are given; left out, `longest` is 6.",
        ),
        Misconception(
            "shortest_2",
            lambda word, shortest=2, longest=6: _grams()(word, shortest, longest),
            "Right where the lengths are given; left out, `shortest` is 3.",
        ),
        Misconception(
            "nothing_for_nothing",
            lambda word, shortest=3, longest=6: _grams()(word, shortest, longest) if word else [],
            "The empty word gives nothing. With its marks it is <>, and that is its one piece.",
        ),
        Misconception(
            "short_words_whole_only",
            lambda word, shortest=3, longest=6: (
                _grams()(word, shortest, longest) if len(word) >= shortest else [f"<{word}>"]
            ),
            "A word shorter than `shortest` gives only the whole marked word. The marks count, so it may have n-grams"
            " all the same.",
        ),
        Misconception(
            "one_tail_too_many",
            lambda word, shortest=3, longest=6: list(
                dict.fromkeys(
                    [f"<{word}>"[i : i + n] for n in range(shortest, longest + 1) for i in range(len(word) + 4 - n)]
                    + [f"<{word}>"]
                )
            ),
            "Of each length your list has one piece that is too short, cut off by the end of the word. A string of s"
            " characters has s − n + 1 places where n of them can begin.",
        ),
        Misconception(
            "appended_if_marked_is_long",
            _appended_if(lambda word, longest: len(word) + 2 > longest),
            "The marked word is missing where it is shorter than the shortest n-gram: you add it only if it is longer"
            " than the longest. Ask whether it is there already.",
        ),
        Misconception(
            "appended_if_word_is_long",
            _appended_if(lambda word, longest: len(word) > longest),
            "The marked word is missing in some cases: you add it only if the bare word is longer than the longest"
            " n-gram. Ask whether it is there already.",
        ),
        Misconception(
            "stripped",
            lambda word, shortest=3, longest=6: _grams()(word.strip(), shortest, longest),
            "Spaces at the ends of the word are removed. The word is to be taken as it is.",
        ),
        Misconception(
            "bytes",
            _of_bytes,
            "Right for English letters only: your n-grams are cut from bytes, and a Cyrillic letter has two of them.",
        ),
        Misconception(
            "first_mark_only",
            _grams(mark=lambda w: f"<{w}", whole=lambda w: [f"<{w}"]),
            "The mark > at the end of the word is missing.",
        ),
    ),
    properties=(
        Property(
            "each_once",
            lambda case, output: len(set(output)) == len(output),
            "Some n-grams stand in your list twice. Each is asked for once.",
        ),
        Property(
            "in_order",
            lambda case, output: set(output) != set(_right_grams(case)) or list(output) == _right_grams(case),
            "The n-grams are the right ones in another order. (A set has no order of its own; `dict.fromkeys` keeps the"
            " first of equal ones, in order.)",
        ),
    ),
    hints=(
        "First put the marks on. Then two loops: one over the lengths, one over where an n-gram begins.",
        "A string of s characters has s − n + 1 n-grams of length n. `dict.fromkeys(...)` keeps the first of equal"
        " ones, in order.",
        "`[marked[i : i + n] for n in range(shortest, longest + 1) for i in range(len(marked) - n + 1)]`, then the"
        " marked word, then each once.",
    ),
)

# ---------------------------------------------------------------------------------------------- 10 · subwords


def _subword_case(
    rng: np.random.Generator,
    about: str,
    words: Sequence[str],
    width: int,
    lengths: tuple[int, int] | None = None,
    share: float = 0.6,
    again: Sequence[str] = (),
) -> Case:
    """A table with a share of the words' n-grams, in random order, among others that none of them has.

    With lengths of its own, the table also holds pieces of the words that are a little shorter and longer than those.
    An n-gram of the words stands in row 0 and in the last row, if there are enough of them.
    """
    shortest, longest = lengths or (3, 6)
    own = dict.fromkeys(g for word in words for g in character_ngrams(word, shortest, longest))
    table = [gram for gram in own if rng.random() < share]
    table = [table[i] for i in rng.permutation(len(table))]
    others = [f"<{_word(rng, 3)}", _word(rng, 4), "qq>"]
    if lengths:
        wider = [g for word in words for g in character_ngrams(word, shortest - 1, longest + 2) if g not in own]
        others += [gram for gram in wider if rng.random() < 0.6]
    middle = [*table[1:-1], *others]
    table = [*table[:1], *(middle[i] for i in rng.permutation(len(middle))), *table[1:][-1:]]
    table = list(dict.fromkeys(table))
    inputs: dict[str, Any] = {"ngrams": table, "width": width}
    if lengths:
        inputs |= {"shortest": shortest, "longest": longest}
    inputs["words"] = list(words)
    extra = {
        "state": {"vectors.weight": normal(rng, len(table), width)},
        "after": {"vectors.weight": normal(rng, len(table), width)},
        "again": list(again),
        "projections": [normal(rng, len(called), width) for called in (words, again)],
    }
    return Case(inputs, about, {"ngrams": len(table), "width": width, "words": len(words)}, extra)


def _subword_cases(rng: np.random.Generator) -> list[Case]:
    def words(*sizes: int) -> list[str]:
        return [_word(rng, n) for n in sizes]

    strange = words(6, 8)
    return [
        _subword_case(rng, "two words", words(4, 6), 5),
        _subword_case(rng, "one word", words(7), 4),
        _subword_case(rng, "n-grams of 2 to 3", words(5, 3, 8), 2, (2, 3), again=words(5)),
        _subword_case(rng, "n-grams of 4 to 5", words(9, 6), 3, (4, 5), again=words(7)),
        _subword_case(rng, "a word that repeats itself", [_word(rng, 2) * 4, *words(5)], 5, share=0.8),
        _subword_case(rng, "every n-gram is known", words(6, 5), 3, share=1.1, again=words(4, 4, 4)),
        _subword_case(rng, "a word of which no n-gram is known", [strange[0], "ъъъъ", strange[1]], 7, again=["ъъ"]),
        _subword_case(rng, "the same word twice, and an empty one", [*words(5) * 2, "", "a"], 6),
        _subword_case(rng, "capitals", ["Ox", "ox", "OX"], 4, share=0.9),
        _subword_case(rng, "forward([])", [], 3, again=words(6)),
    ]


def _run_subwords(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    words = inputs["words"]
    made = {name: value for name, value in inputs.items() if name != "words"}
    by_name = len(made["ngrams"]) % 2 == 1
    module = load_by_name(_call(answer, made, by_name), case.extra["state"])
    if not isinstance(getattr(module, "vectors", None), nn.Embedding):
        raise Told(f"`vectors` is to be an `nn.Embedding`, not an object of type {type(module.vectors).__name__}.")
    output = {}
    for name, called, projection in zip(("words", "again"), (words, case.extra["again"]), case.extra["projections"]):
        vectors = call_unchanged(module, list(called))
        output[f"vectors of {called}"] = vectors
        fits = isinstance(vectors, Tensor) and vectors.shape == projection.shape
        if fits and any(g in made["ngrams"] for w in called for g in _grams_of(w, made)):
            output |= {f"{k}, {name}": v for k, v in _sloped(vectors, projection, module).items()}
    load_by_name(module, case.extra["after"])
    output["vectors after the weights have changed"] = module(list(words))
    if case.about == "one word":
        _started_by_chance(answer, made)
    return output


def _started_by_chance(answer: Callable[..., Any], made: Mapping[str, Any]) -> None:
    """Tells if two modules made one after the other begin with the same vectors."""
    one, other = (_call(answer, copy.deepcopy(dict(made)), by_name=False).vectors.weight for _ in range(2))
    if torch.equal(one, other):
        raise Told(
            "Two modules made one after the other start with the same vectors: they are constants, or a random seed is"
            " set in `__init__`. Leave the start to `nn.Embedding`."
        )
    spread = float(torch.cat([one, other]).std())
    if not 0.4 < spread < 2.5:
        raise Told(
            f"The numbers of a new module's `vectors` have the standard deviation {spread:.2g}, and with PyTorch's"
            " start it is 1. Leave the start to `nn.Embedding`."
        )


def _grams_of(word: str, inputs: Mapping[str, Any]) -> list[str]:
    return _grams()(word, inputs.get("shortest", 3), inputs.get("longest", 6))


def _sloped(vectors: Tensor, projection: Tensor, module: nn.Module) -> dict[str, Tensor]:
    return gradients(vectors, projection, {"vectors.weight": module.get_parameter("vectors.weight")})


class _Subwords(nn.Module):
    """The exercise with its parts exposed, so that the known mistakes below can exchange one each."""

    lengths_used: tuple[int, int] | None = None

    def __init__(self, ngrams: Sequence[str], width: int, shortest: int = 3, longest: int = 6) -> None:
        super().__init__()
        self.rows = self.number(list(ngrams))
        self.lengths = self.lengths_used or (shortest, longest)
        self.vectors = nn.Embedding(len(self.rows), width)

    def number(self, ngrams: list[str]) -> dict[str, int]:
        return {gram: row for row, gram in enumerate(ngrams)}

    def pieces(self, word: str) -> list[str]:
        return _grams()(word, *self.lengths)

    def look_up(self, grams: list[str]) -> list[int]:
        return [self.rows[gram] for gram in grams if gram in self.rows]

    def join(self, rows: Tensor, grams: list[str]) -> Tensor:
        return rows.sum(0) / max(len(rows), 1)

    def stack(self, made: list[Tensor]) -> Tensor:
        return torch.stack(made) if made else self.vectors.weight.new_zeros(0, self.vectors.embedding_dim)

    def forward(self, words: Sequence[str]) -> Tensor:
        made = []
        for word in words:
            grams = self.pieces(word)
            made.append(self.join(self.vectors.weight[self.look_up(grams)], grams))
        return self.stack(made)


class _Summed(_Subwords):
    def join(self, rows: Tensor, grams: list[str]) -> Tensor:
        return rows.sum(0)


class _OverAll(_Subwords):
    def join(self, rows: Tensor, grams: list[str]) -> Tensor:
        return rows.sum(0) / len(grams)


class _NotANumber(_Subwords):
    def join(self, rows: Tensor, grams: list[str]) -> Tensor:
        return rows.mean(0)


class _UnknownIsFirst(_Subwords):
    def look_up(self, grams: list[str]) -> list[int]:
        return [self.rows.get(gram, 0) for gram in grams]


class _WithoutWhole(_Subwords):
    def pieces(self, word: str) -> list[str]:
        return _grams(whole=lambda w: [])(word, *self.lengths)


class _WithoutMarks(_Subwords):
    def pieces(self, word: str) -> list[str]:
        return _grams(mark=lambda w: w, whole=lambda w: [w])(word, *self.lengths)


class _UsualLengths(_Subwords):
    lengths_used = 3, 6


class _Sorted(_Subwords):
    def number(self, ngrams: list[str]) -> dict[str, int]:
        return super().number(sorted(ngrams))


class _LowerCase(_Subwords):
    def pieces(self, word: str) -> list[str]:
        return super().pieces(word.lower())


class _OnlyWhole(_Subwords):
    def pieces(self, word: str) -> list[str]:
        return [f"<{word}>"]


class _RootOfCount(_Subwords):
    def join(self, rows: Tensor, grams: list[str]) -> Tensor:
        return rows.sum(0) / max(len(rows), 1) ** 0.5


class _Largest(_Subwords):
    def join(self, rows: Tensor, grams: list[str]) -> Tensor:
        return rows.max(0).values if len(rows) else rows.sum(0)


class _LeftOut(_Subwords):
    def forward(self, words: Sequence[str]) -> Tensor:
        return super().forward([word for word in words if self.look_up(self.pieces(word))])


class _UnitLength(_Subwords):
    def join(self, rows: Tensor, grams: list[str]) -> Tensor:
        return F.normalize(rows.sum(0), dim=0)


class _LongestIgnored(_Subwords):
    def pieces(self, word: str) -> list[str]:
        return _grams()(word, self.lengths[0])


class _ShortestIgnored(_Subwords):
    def pieces(self, word: str) -> list[str]:
        return _grams()(word, longest=self.lengths[1])


class _EveryPiece(_Subwords):
    """All n-grams of the table that stand somewhere in the marked word, whatever their length."""

    def pieces(self, word: str) -> list[str]:
        return [gram for gram in self.rows if gram in f"<{word}>"]


class _Remembered(_Subwords):
    """Vectors of words are kept, and outlive the weights from which they were made."""

    def __init__(self, ngrams: Sequence[str], width: int, shortest: int = 3, longest: int = 6) -> None:
        super().__init__(ngrams, width, shortest, longest)
        self.kept: dict[str, Tensor] = {}

    def forward(self, words: Sequence[str]) -> Tensor:
        for word in words:
            if word not in self.kept:
                self.kept[word] = super().forward([word])[0]
        return self.stack([self.kept[word] for word in words])


class _UnknownIsLast(_Subwords):
    def look_up(self, grams: list[str]) -> list[int]:
        return [self.rows.get(gram, -1) for gram in grams]


class _Repeats(_Subwords):
    def pieces(self, word: str) -> list[str]:
        return _repeats_kept(word, *self.lengths)


class _OwnVectorIfKnown(_Subwords):
    def look_up(self, grams: list[str]) -> list[int]:
        return [self.rows[grams[-1]]] if grams[-1] in self.rows else super().look_up(grams)


class _Padded(_Subwords):
    def __init__(self, ngrams: Sequence[str], width: int, shortest: int = 3, longest: int = 6) -> None:
        super().__init__(ngrams, width, shortest, longest)
        self.vectors = nn.Embedding(len(self.rows), width, padding_idx=0)

    def forward(self, words: Sequence[str]) -> Tensor:
        known = [self.look_up(self.pieces(word)) for word in words]
        return self.stack([self.vectors(torch.tensor(k, dtype=torch.int64)).sum(0) / max(len(k), 1) for k in known])


class _NoEmptyList(_Subwords):
    def stack(self, made: list[Tensor]) -> Tensor:
        return torch.stack(made)


class _AllMustBeKnown(_Subwords):
    def look_up(self, grams: list[str]) -> list[int]:
        return [self.rows[gram] for gram in grams]


class _OneMoreThanThere(_Subwords):
    def join(self, rows: Tensor, grams: list[str]) -> Tensor:
        return rows.sum(0) / (len(rows) + 1)


class _EachWordOnce(_Subwords):
    def forward(self, words: Sequence[str]) -> Tensor:
        return super().forward(list(dict.fromkeys(words)))


class _FilledUpWithRow0(_Subwords):
    """The words of a batch are padded to the longest with row 0, which takes part in the mean."""

    def forward(self, words: Sequence[str]) -> Tensor:
        known = [self.look_up(self.pieces(word)) for word in words]
        most = max([1, *map(len, known)])
        return self.stack([self.vectors.weight[rows + [0] * (most - len(rows))].mean(0) for rows in known])


class _DividedByTheMost(_Subwords):
    def forward(self, words: Sequence[str]) -> Tensor:
        known = [self.look_up(self.pieces(word)) for word in words]
        most = max([1, *map(len, known)])
        return self.stack([self.vectors.weight[rows].sum(0) / most for rows in known])


class _Backwards(_Subwords):
    def number(self, ngrams: list[str]) -> dict[str, int]:
        return super().number(ngrams[::-1])


class _OneForAll(_Subwords):
    def forward(self, words: Sequence[str]) -> Tensor:
        return super().forward(words).mean(0)


SUBWORD_EMBEDDING = Exercise(
    id="word_vectors.subword_embedding",
    lesson="02",
    title="A vector for any word",
    reference=word_vectors.SubwordEmbedding,
    cases=_subword_cases,
    run=_run_subwords,
    points=3,
    minutes=15,
    difficulty=3,
    misconceptions=(
        Misconception(
            "summed",
            _Summed,
            "Your vectors are the sums over the n-grams: long words get long vectors. Take the mean.",
        ),
        Misconception(
            "divided_by_all",
            _OverAll,
            "Your vectors are too short where some n-grams of a word are unknown: the sum over the known ones is"
            " divided"
            " by the number of all. Divide by the number of those that were added.",
        ),
        Misconception(
            "nan_for_strangers",
            _NotANumber,
            "A word none of whose n-grams is known gives nan: the mean of nothing is 0/0. It should get zeros.",
        ),
        Misconception(
            "unknown_is_row_0",
            _UnknownIsFirst,
            "Unknown n-grams are given the vector in row 0, which belongs to another n-gram. Leave them out.",
        ),
        Misconception(
            "without_the_whole",
            _WithoutWhole,
            "The marked word itself takes no part in your mean where it is longer than the longest n-gram.",
        ),
        Misconception(
            "without_marks",
            _WithoutMarks,
            "Your n-grams have no marks, so they miss those of the table that begin with < or end with >."
            " `character_ngrams` puts them on.",
        ),
        Misconception(
            "usual_lengths",
            _UsualLengths,
            "Right for n-grams of 3 to 6 characters only: `shortest` and `longest` are not handed on.",
        ),
        Misconception(
            "longest_ignored",
            _LongestIgnored,
            "`longest` is not handed on: n-grams of up to 6 characters take part, whatever it says.",
        ),
        Misconception(
            "shortest_ignored",
            _ShortestIgnored,
            "`shortest` is not handed on: n-grams of 3 characters and more take part, whatever it says.",
        ),
        Misconception(
            "of_any_length",
            _EveryPiece,
            "N-grams of the table that are shorter than `shortest` or longer than `longest` take part, wherever they"
            " stand in a word.",
        ),
        Misconception(
            "remembered",
            _Remembered,
            "Right until the weights change: vectors of words are kept from one call to the next, so training would not"
            " be seen. Make them from `vectors` in every call.",
        ),
        Misconception(
            "unknown_is_the_last_row",
            _UnknownIsLast,
            "Unknown n-grams are given row −1, which is the last one and belongs to another n-gram. Leave them out.",
        ),
        Misconception(
            "repeats_counted",
            _Repeats,
            "An n-gram that a word repeats counts twice in your mean. Each counts once, as `character_ngrams` gives"
            " them.",
        ),
        Misconception(
            "own_vector_if_known",
            _OwnVectorIfKnown,
            "Where the whole marked word has a vector you return that alone. It is one n-gram among the others: the"
            " mean is over all.",
        ),
        Misconception(
            "row_0_never_learns",
            _Padded,
            "The vectors are right, but row 0 gets no gradient: `padding_idx=0` keeps it from learning. It belongs to"
            " an n-gram like any other.",
        ),
        Misconception(
            "no_empty_list",
            _NoEmptyList,
            "`torch.stack` cannot stack nothing. For no words at all the answer is an empty tensor, (0, width).",
        ),
        Misconception(
            "all_must_be_known",
            _AllMustBeKnown,
            "Most words have n-grams that are not in the table. Leave these out, and take the mean of the others.",
        ),
        Misconception(
            "one_more_than_there",
            _OneMoreThanThere,
            "Your sums are divided by one more than the number of n-grams that were added.",
        ),
        Misconception(
            "each_word_once",
            _EachWordOnce,
            "A word that is asked for twice has one row in your output. Every word gets its own, in the order of"
            " `words`.",
        ),
        Misconception(
            "filled_up_with_row_0",
            _FilledUpWithRow0,
            "Where the words of a call have different numbers of known n-grams, the shorter lists are filled up with"
            " row 0, and its vector takes part in the mean. It belongs to an n-gram of its own.",
        ),
        Misconception(
            "divided_by_the_most",
            _DividedByTheMost,
            "The sum of each word is divided by the largest number of known n-grams in the call. Each word has its own"
            " number.",
        ),
        Misconception(
            "rows_backwards",
            _Backwards,
            "Each n-gram gets the vector of another one: the rows run backwards. The first n-gram has row 0.",
        ),
        Misconception(
            "one_for_all",
            _OneForAll,
            "You return one vector, the mean over the words. Each word has one of its own.",
        ),
        Misconception(
            "rows_sorted",
            _Sorted,
            "Each n-gram gets the vector of another one: the n-grams were put in alphabetical order before they were"
            " numbered. An n-gram's row is its place in the sequence that was given.",
        ),
        Misconception(
            "lower_case",
            _LowerCase,
            "OX and ox get the same vector. Words are to be taken as they are.",
        ),
        Misconception(
            "whole_words_only",
            _OnlyWhole,
            "Only the n-gram that is the whole marked word is looked up, so that most unknown words get zeros. All"
            " n-grams take part.",
        ),
        Misconception(
            "root_of_count",
            _RootOfCount,
            "Your sums are divided by the square root of the number of n-grams. A mean divides by the number itself.",
        ),
        Misconception(
            "largest",
            _Largest,
            "In each dimension you take the largest of the n-grams' numbers. Their mean is asked for.",
        ),
        Misconception(
            "strangers_left_out",
            _LeftOut,
            "Words without a known n-gram have no row in your output, so the rows after them belong to other words than"
            " they should. Give them a row of zeros.",
        ),
        Misconception(
            "length_one",
            _UnitLength,
            "All your vectors have length 1. The mean is asked for as it is; lengths are divided out when cosines are"
            " taken.",
        ),
    ),
    hints=(
        "In `__init__` number the n-grams with a dict, and make the embedding. In `forward`, one word at a time.",
        "For a word: the rows of those of its `character_ngrams` that are in the dict, then"
        " `self.vectors.weight[rows]`, (known, width). What is the mean of none?",
        "`weight[rows].sum(dim=0) / max(len(rows), 1)` for each word, and `torch.stack` over the words; for no words"
        " at all an empty (0, width).",
    ),
)

EXERCISES = (
    WINDOW_PAIRS,
    SKIPGRAM_LOSS,
    NOISE,
    KEEP,
    SGNS_LOSS,
    SGNS_GRADIENTS,
    NEAREST,
    ANALOGY,
    CHARACTER_NGRAMS,
    SUBWORD_EMBEDDING,
)
