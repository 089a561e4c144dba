"""The exercises of lesson 09, from one vector to attention: cases, known mistakes and what to say of them, hints.

Answers that work on tensors are judged by their values and their gradients (`utils.checks.tensors`); the modules get
the reference's weights by name, are called twice, and with three kinds of scores. The sizes in a case are pairwise
different.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import alignment, attention_scores, decoder_block, seq2seq
from utils.checks.compare import compare, plain
from utils.checks.model import Case, Exercise, Misconception, Property, Told
from utils.checks.modules import changed, random_state, run_module
from utils.checks.tensors import integers, judge_tensors, normal, strided, values_and_gradients

INFINITY = float("inf")
WIDE = "very large scores"


def _mask(*lengths: int, length: int) -> Tensor:
    """(sentences, length): True at the first places of each row."""
    return torch.arange(length) < torch.tensor(lengths)[:, None]


def _double(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.double() if isinstance(v, Tensor) and v.is_floating_point() else v for k, v in inputs.items()}


# ------------------------------------------------------------------------------------- 1 · log p(y | x)


def _targets(rng: np.random.Generator, words: int, lengths: Sequence[int], length: int, unknown: bool) -> Tensor:
    """Rows of so many words, then EOS, then padding; a length of −1 is a row of padding alone."""
    rows = torch.zeros(len(lengths), length, dtype=torch.int64)
    for row, count in zip(rows, lengths, strict=True):
        if count >= 0:
            row[:count] = integers(rng, words, count, low=4)
            row[count] = seq2seq.EOS
        if unknown and count > 0:
            row[int(rng.integers(count))] = seq2seq.UNK
    return rows


def _translation_cases(rng: np.random.Generator) -> list[Case]:
    def case(
        about: str, words: int, lengths: Sequence[int], length: int, unknown: bool = False, std: float = 1.5
    ) -> Case:
        inputs = {
            "logits": normal(rng, len(lengths), length, words, std=std),
            "target_out": _targets(rng, words, lengths, length, unknown),
        }
        return Case(inputs, about, {"batch": len(lengths), "length_t": length, "words": words})

    wide = case(WIDE, 12, (4, 6, 2), 7, std=150.0)  # the largest: it is shown only if all others are right
    double = case("float64", 9, (2, 4, 1), 5)
    laid = case("a tensor that does not lie in one piece", 8, (1, 2, 4), 6)
    laid.inputs["logits"] = strided(laid.inputs["logits"])  # type: ignore[index]
    return [
        case("one sentence, no padding", 6, (2,), 3),
        case("one sentence, padding behind it", 7, (1,), 4),
        case("two short sentences", 7, (1, 2), 3),
        case("two sentences", 8, (4, 1), 5),
        case("unknown words", 9, (3, 5, 2), 6, unknown=True),
        case("a sentence that is only its end, and a row of padding alone", 10, (3, 0, -1, 2), 5),
        Case(_double(double.inputs), double.about, double.sizes),
        laid,
        wide,
    ]


def _gathered(logits: Tensor, target_out: Tensor, dim: int = -1) -> Tensor:
    return torch.log_softmax(logits, dim=dim).gather(2, target_out[:, :, None]).squeeze(2)


def _translation_variant(
    of_words: Callable[[Tensor, Tensor], Tensor] = _gathered,
    counts: Callable[[Tensor], Tensor] = lambda target: target != 0,
    finish: Callable[[Tensor, Tensor], Tensor] = lambda kept, counted: kept.sum(dim=1),
) -> Callable[[Tensor, Tensor], Tensor]:
    def answer(logits: Tensor, target_out: Tensor) -> Tensor:
        counted = counts(target_out)
        return finish(of_words(logits, target_out).masked_fill(~counted, 0.0), counted)

    return answer


def _shifted_again(logits: Tensor, target_out: Tensor) -> Tensor:
    later = F.pad(target_out[:, 1:], (0, 1))
    return _translation_variant()(logits, later)


LOG_PROBABILITY = Exercise(
    id="seq2seq.log_probability",
    lesson="09",
    title="How probable is a translation?",
    reference=seq2seq.log_probability,
    cases=_translation_cases,
    run=values_and_gradients,
    judge=judge_tensors("log-probabilities"),
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "padding_counted",
            _translation_variant(counts=lambda target: torch.ones_like(target, dtype=torch.bool)),
            "Right where nothing is padded, too low elsewhere: the padding behind a sentence is counted as if it were"
            " words. The places where `target_out` is 0 should add nothing.",
        ),
        Misconception(
            "end_left_out",
            _translation_variant(counts=lambda target: target > seq2seq.EOS),
            "The end of the sentence is not counted. It is a word like the others: a model that never stops should be"
            " punished for it. Only padding, number 0, adds nothing.",
        ),
        Misconception(
            "unknown_left_out",
            _translation_variant(counts=lambda target: (target != 0) & (target != seq2seq.UNK)),
            "Right but where a word is unknown: number 3 is left out. It was predicted as well. Only padding, number 0,"
            " adds nothing.",
        ),
        Misconception(
            "special_left_out",
            _translation_variant(counts=lambda target: target > seq2seq.UNK),
            "Neither the end of a sentence nor an unknown word is counted. Both were predicted. Only padding, number 0,"
            " adds nothing.",
        ),
        Misconception(
            "loss",
            _translation_variant(finish=lambda kept, counted: -kept.sum(dim=1)),
            "The sizes are right, the sign is not: this is the loss, −ln p. The logarithm of a probability is 0 or"
            " below.",
        ),
        Misconception(
            "per_word",
            _translation_variant(finish=lambda kept, counted: kept.sum(dim=1) / counted.sum(dim=1).clamp(min=1)),
            "You return the mean over the words. The probability of the whole translation is a product over its words,"
            " so its logarithm is their sum: a long translation is less probable.",
        ),
        Misconception(
            "mean_over_places",
            _translation_variant(finish=lambda kept, counted: kept.mean(dim=1)),
            "You divide by the number of places, padding included. The logarithm of a product is a sum, and nothing is"
            " divided.",
        ),
        Misconception(
            "probability",
            _translation_variant(finish=lambda kept, counted: kept.sum(dim=1).exp()),
            "These are the probabilities themselves. Of a long sentence hardly anything is left in float32, so their"
            " logarithms are asked for.",
        ),
        Misconception(
            "no_softmax",
            _translation_variant(lambda logits, target: logits.gather(2, target[:, :, None]).squeeze(2)),
            "You add up the scores themselves. They may be above 0, and p(y) would then be above 1: a softmax over the"
            " words comes first.",
        ),
        Misconception(
            "probabilities_added",
            _translation_variant(
                lambda logits, target: torch.softmax(logits, dim=-1).gather(2, target[:, :, None]).squeeze(2)
            ),
            "You add up probabilities. They multiply, p(y | x) = Π p(y_t | …), and only their logarithms add up.",
        ),
        Misconception(
            "naive_logarithm",
            _translation_variant(lambda logits, target: _naive_log(logits).gather(2, target[:, :, None]).squeeze(2)),
            "Right for small scores, −∞ or nan for large ones: the probability has become 0 in float32 before its"
            " logarithm is taken. Take both at once: there is a function of torch for it.",
        ),
        Misconception(
            "out_of_range",
            _translation_variant(
                lambda logits, target: torch.softmax(logits, dim=-1).log().gather(2, target[:, :, None]).squeeze(2)
            ),
            "Right for small scores, −∞ for very large ones: an exponential has left the range of float32 before the"
            " logarithm was taken. Take softmax and logarithm at once: there is a function of torch for it.",
        ),
        Misconception(
            "per_word_nan",
            _translation_variant(finish=lambda kept, counted: kept.sum(dim=1) / counted.sum(dim=1)),
            "You return the mean over the words (and 0/0 where there are none). The probability of the whole"
            " translation is a product over its words, so its logarithm is their sum.",
        ),
        Misconception(
            "commas",
            _translation_variant(finish=lambda kept, counted: kept.cumsum(dim=1).sum(dim=1)),
            "Early words count again and again: at each place you add the logarithm of everything so far. That is the"
            " slide's comma. Each factor is p(y_t | …) of one word.",
        ),
        Misconception(
            "padding_no_choice",
            _translation_variant(lambda logits, target: _without_first(logits, target)),
            "The probabilities are a little too large: number 0 takes no part in your softmax. It adds nothing to the"
            " sum, but its score stands among the others, and a model has to learn to give it little.",
        ),
        Misconception(
            "batch_mean",
            lambda logits, target_out: -F.cross_entropy(logits.mT, target_out, ignore_index=0),
            "One number for the whole batch, a mean over all words: so `cross_entropy` works unless told otherwise. A"
            " sum for each sentence is asked for.",
        ),
        Misconception(
            "reshaped",
            lambda logits, target_out: (
                -F.cross_entropy(
                    logits.reshape(logits.shape[0], logits.shape[2], logits.shape[1]),
                    target_out,
                    ignore_index=0,
                    reduction="none",
                ).sum(1)
            ),
            "The scores of different places are mixed: `reshape` reads the numbers on in their order. To exchange two"
            " dimensions takes a transposition.",
        ),
        Misconception(
            "over_sentences",
            _translation_variant(finish=lambda kept, counted: kept.sum(dim=0)),
            "You add up over the sentences of the batch, place by place. Each sentence's own words are to be added up.",
        ),
        Misconception(
            "dimension_kept",
            _translation_variant(finish=lambda kept, counted: kept.sum(dim=1, keepdim=True)),
            "The numbers are right, but a dimension of size 1 is left: (batch,) is asked for.",
        ),
        Misconception(
            "softmax_over_sentences",
            _translation_variant(lambda logits, target: _gathered(logits, target, 0)),
            "The softmax runs over the sentences of the batch. At each place the *words* compete: the last dimension.",
        ),
        Misconception(
            "decimal_logarithm",
            _translation_variant(finish=lambda kept, counted: kept.sum(dim=1) / math.log(10)),
            "All numbers are too small in size by the same factor, 2.3: this is the logarithm to base 10. Natural"
            " logarithms are asked for.",
        ),
        Misconception(
            "first_left_out",
            _translation_variant(finish=lambda kept, counted: kept[:, 1:].sum(dim=1)),
            "The first word is not counted. Row 0 of `logits` is for the first word: `<bos>` stands in `target_in`"
            " only.",
        ),
        Misconception(
            "softmax_over_places",
            _translation_variant(lambda logits, target: _gathered(logits, target, 1)),
            "The softmax runs over the places of the sentence. At each place the *words* compete: the last dimension.",
        ),
        Misconception(
            "shifted_again",
            _shifted_again,
            "Each row of scores is compared with the word after the one it is for. `target_out` is shifted already: row"
            " t of `logits` is for its word t.",
        ),
        Misconception(
            "binary_logarithm",
            _translation_variant(finish=lambda kept, counted: kept.sum(dim=1) / math.log(2)),
            "All numbers are too large by the same factor, 1.44: these are bits. Natural logarithms are asked for.",
        ),
        Misconception(
            "one_by_one",
            _translation_variant(finish=lambda kept, counted: kept),
            "These are the logarithms of the single words. The sentence's is their sum: one number a row.",
        ),
        Misconception(
            "whole_batch",
            _translation_variant(finish=lambda kept, counted: kept.sum()),
            "One number for the whole batch: the sentences have been added up too. Each has a probability of its own.",
        ),
        Misconception(
            "first_mask_for_all",
            _translation_variant(counts=lambda target: (target[:1] != 0).expand_as(target)),
            "Right for the first sentence of a batch. Where it ends, all the others are taken to end too: their words"
            " are cut off there, or their padding is counted. Each row has padding of its own.",
        ),
        Misconception(
            "first_scores_for_all",
            _translation_variant(lambda logits, target: _gathered(logits[:1].expand_as(logits), target)),
            "Right for the first sentence of a batch only: its scores are used for all the others too.",
        ),
        Misconception(
            "read_back_wrongly",
            _translation_variant(finish=lambda kept, counted: kept.reshape(kept.shape[1], kept.shape[0]).sum(dim=0)),
            "Right for one sentence. In a batch, words of different sentences are added up: a flattened batch holds"
            " sentence after sentence, and has to be read back as (batch, length_t), in that order.",
        ),
        Misconception(
            "likeliest_word",
            _translation_variant(lambda logits, target: torch.log_softmax(logits, dim=-1).amax(dim=-1)),
            "At each place you take the likeliest word's probability. Asked for is the word that stands in"
            " `target_out`.",
        ),
    ),
    properties=(
        Property(
            "finite",
            lambda case, output: bool(output["value"].isfinite().all()),
            "There is a nan or an infinity where a finite number is right.",
        ),
        Property(
            "not_above_zero",
            lambda case, output: bool((output["value"] <= 1e-6).all()),
            "The logarithm of a probability is never above 0.",
        ),
        Property(
            "not_lifted",
            lambda case, output: (
                case.about != WIDE or not bool((output["value"] > seq2seq.log_probability(**case.inputs) + 1).any())
            ),
            "Right until scores are very large, then not low enough: was a tiny probability lifted (by a clamp, or a"
            " small number added) before its logarithm was taken? Softmax and logarithm can be taken at once.",
        ),
    ),
    hints=(
        "Three steps: scores become log-probabilities, each place picks the one of its word, a row adds up.",
        "`torch.log_softmax(logits, dim=-1)`, then `.gather(2, target_out[:, :, None])` picks one number a place"
        " (F.cross_entropy with `reduction='none'` does both, with a minus and the words in dimension 1).",
        "`picked.squeeze(2).masked_fill(target_out == 0, 0.0).sum(dim=1)`.",
    ),
)


def _without_first(logits: Tensor, target: Tensor) -> Tensor:
    """Log-probabilities when number 0 cannot be chosen; where it is the target, any finite number."""
    return torch.log_softmax(logits[:, :, 1:], dim=-1).gather(2, (target - 1).clamp(min=0)[:, :, None]).squeeze(2)


def _naive_log(logits: Tensor) -> Tensor:
    exps = logits.exp()
    return (exps / exps.sum(dim=-1, keepdim=True)).log()


# ---------------------------------------------------------------------------------------- 2 · last state


def _state_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, lengths: Sequence[int], length: int, d: int) -> Case:
        inputs = {"states": normal(rng, len(lengths), length, d), "mask": _mask(*lengths, length=length)}
        return Case(inputs, about, {"batch": len(lengths), "length": length, "d": d})

    double, laid = case("float64", (3, 1, 2, 3), 5, 6), case("states that do not lie in one piece", (4, 2), 6, 3)
    laid.inputs["states"] = strided(laid.inputs["states"])  # type: ignore[index]
    return [
        case("one sentence, no padding", (3,), 3, 2),
        case("one sentence, padding behind it", (2,), 4, 3),
        case("sentences of one word", (1, 1, 1), 1, 4),
        case("three sentences, the longest fills its row", (2, 5, 4), 5, 6),
        case("padding behind all of them", (3, 1, 4, 2), 6, 5),
        case("a row without words", (2, 0, 3), 4, 5),
        Case(_double(double.inputs), double.about, double.sizes),
        laid,
    ]


def _at(states: Tensor, places: Tensor, mask: Tensor) -> Tensor:
    picked = states[torch.arange(len(states)), places]
    return picked.masked_fill(~mask.any(dim=1, keepdim=True), 0.0)


def _words(mask: Tensor) -> Tensor:
    return mask.sum(dim=1)


def _masked(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(~mask[:, :, None], 0.0)


LAST_STATE = Exercise(
    id="seq2seq.last_state",
    lesson="09",
    title="What is left of a sentence",
    reference=seq2seq.last_state,
    cases=_state_cases,
    run=values_and_gradients,
    judge=judge_tensors("last states"),
    points=1,
    minutes=7,
    difficulty=2,
    misconceptions=(
        Misconception(
            "last_place",
            lambda states, mask: states[:, -1],
            "Right for the sentences that fill their row. In the others the last place is padding: what stands there is"
            " not the state after the last word.",
        ),
        Misconception(
            "last_place_masked",
            lambda states, mask: _masked(states, mask)[:, -1],
            "Zeros come out for every sentence with padding behind it: you take the last place, where there is no"
            " word. Each sentence ends at a place of its own.",
        ),
        Misconception(
            "longest_for_all",
            lambda states, mask: _at(states, torch.full((len(states),), int(mask.sum(1).max()) - 1), mask),
            "All sentences are read at the place where the longest one ends. Each has its own last word.",
        ),
        Misconception(
            "one_too_far",
            lambda states, mask: _at(states, _words(mask).clamp(max=states.shape[1] - 1), mask),
            "You read one place behind the last word: a sentence of n words has its last one at place n − 1.",
        ),
        Misconception(
            "count_as_place",
            lambda states, mask: states[torch.arange(len(states)), _words(mask)],
            "The number of words is used as the place of the last one. That is one place too far, and beyond the end"
            " where a sentence fills its row: places are counted from 0.",
        ),
        Misconception(
            "first_length_for_all",
            lambda states, mask: _at(states, _words(mask)[:1].sub(1).clamp(min=0).expand(len(states)), mask),
            "All sentences are read at the place where the first one ends. Each has its own last word.",
        ),
        Misconception(
            "mask_inverted",
            lambda states, mask: _at(states, (_words(~mask) - 1).clamp(min=0), ~mask),
            "You count the padding instead of the words: the mask is True where a word stands.",
        ),
        Misconception(
            "every_place_for_every_sentence",
            lambda states, mask: states[:, (_words(mask) - 1).clamp(min=0)],
            "You get (batch, batch, d): every sentence at the places of *all* sentences. Each row needs its own place"
            " only, so the rows have to be numbered too.",
        ),
        Misconception(
            "first_padding",
            lambda states, mask: _at(states, mask.int().argmin(dim=1), mask),
            "You read the first padding behind a sentence, and the first word of one that fills its row: `argmin` finds"
            " the first False, and place 0 if there is none. The last word stands one place before the padding.",
        ),
        Misconception(
            "empty_rows_dropped",
            lambda states, mask: _at(states, (_words(mask) - 1).clamp(min=0), mask)[mask.any(dim=1)],
            "A sentence without words has no row in your result. It should have one, of zeros: the batch must keep its"
            " size.",
        ),
        Misconception(
            "one_number_gathered",
            lambda states, mask: (
                states.gather(1, (_words(mask) - 1).clamp(min=0)[:, None, None])[:, 0] * mask.any(1, keepdim=True)
            ),
            "Only the first number of each state comes out: `gather` takes as many as its index is wide, and the index"
            " has to be expanded to d.",
        ),
        Misconception(
            "one_too_early",
            lambda states, mask: _at(states, (_words(mask) - 2).clamp(min=0), mask),
            "You read the state before the last word. Places are counted from 0, and the last of n words stands at"
            " n − 1.",
        ),
        Misconception(
            "first_word",
            lambda states, mask: _at(states, torch.zeros(len(states), dtype=torch.int64), mask),
            "This is the state after the first word. The whole sentence is known after the last.",
        ),
        Misconception(
            "empty_row_wraps",
            lambda states, mask: states[torch.arange(len(states)), _words(mask) - 1],
            "Right but for a row without words: its length is 0, and place −1 is the last one of the row, padding. Such"
            " a row should give zeros.",
        ),
        Misconception(
            "empty_row_first",
            lambda states, mask: states[torch.arange(len(states)), (_words(mask) - 1).clamp(min=0)],
            "Right but for a row without words: it gives the state at the first padding. Nothing was read, so zeros are"
            " asked for.",
        ),
        Misconception(
            "mean",
            lambda states, mask: _masked(states, mask).sum(1) / _words(mask).clamp(min=1)[:, None],
            "This is the mean over the words. A recurrent encoder has carried everything into its last state; that one"
            " alone is asked for.",
        ),
        Misconception(
            "sum",
            lambda states, mask: _masked(states, mask).sum(1),
            "You add up the states of all words. The last one alone is asked for.",
        ),
        Misconception(
            "maximum",
            lambda states, mask: torch.nan_to_num(states.masked_fill(~mask[:, :, None], -INFINITY).amax(1), neginf=0.0),
            "Each number is the largest over the words, so they come from different places. One place is asked for: the"
            " last word's.",
        ),
        Misconception(
            "dimension_kept",
            lambda states, mask: _at(states, (_words(mask) - 1).clamp(min=0), mask)[:, None],
            "The numbers are right, but a dimension of size 1 is left: (batch, d) is asked for.",
        ),
    ),
    hints=(
        "How many words has each sentence? The mask knows: True counts as 1.",
        "`lengths = mask.sum(dim=1)`. Indexing with two lists of numbers, `states[rows, places]`, takes one place of"
        " each row. Mind lengths of 0.",
        "`states[torch.arange(len(states)), (lengths - 1).clamp(min=0)]`, then `masked_fill` with zeros where"
        " `lengths == 0`.",
    ),
)

# ------------------------------------------------------------------------------------- 3 · bilinear score


def _pair_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, d_encoder: int, d_decoder: int) -> Case:
        while True:  # a score near 0 would be what rounding leaves of larger numbers
            h_e, h_d, w = normal(rng, d_encoder), normal(rng, d_decoder), normal(rng, d_encoder, d_decoder)
            if abs(float(h_e @ w @ h_d)) > 0.3:
                return Case({"h_e": h_e, "h_d": h_d, "w": w}, about, {"d_encoder": d_encoder, "d_decoder": d_decoder})

    hand = {
        "h_e": torch.tensor([1.0, 2.0]),
        "h_d": torch.tensor([3.0, -1.0]),
        "w": torch.tensor([[0.0, 1.0], [2.0, 0.0]]),
    }
    laid = case("tensors that do not lie in one piece", 4, 3)
    for name in ("h_e", "w"):
        laid.inputs[name] = strided(laid.inputs[name])  # type: ignore[index]
    return [
        Case(hand, "the example worked by hand", {"d": 2}),
        case("two widths", 2, 3),
        case("vectors of one number", 1, 1),
        case("the same width twice", 5, 5),
        case("a wide encoder", 7, 4),
        Case(_double(case("", 3, 6).inputs), "float64", {"d_encoder": 3, "d_decoder": 6}),
        laid,
    ]


def _product(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    return h_e @ w @ h_d


def _square_only(h_e: Tensor, h_d: Tensor, w: Tensor) -> Tensor:
    return h_d @ w @ h_e  # raises where the widths differ, as the learner's does


BILINEAR_SCORE = Exercise(
    id="attention_scores.bilinear_score",
    lesson="09",
    title="How well do two states fit?",
    reference=attention_scores.bilinear_score,
    cases=_pair_cases,
    run=values_and_gradients,
    judge=judge_tensors("score"),
    points=1,
    minutes=4,
    difficulty=1,
    misconceptions=(
        Misconception(
            "roles_exchanged",
            _square_only,
            "The decoder's state stands on the left of W and the encoder's on the right: h_Dᵀ W h_E. Where the widths"
            " differ this cannot even be multiplied. W has a row for each component of h_E.",
        ),
        Misconception(
            "turned",
            lambda h_e, h_d, w: h_e @ w.reshape(w.shape[1], w.shape[0]).mT @ h_d,
            "W's numbers are read in another order than they stand: columns where rows should be. W is"
            " (d_encoder, d_decoder) already and needs no turning.",
        ),
        Misconception(
            "w_left_out",
            lambda h_e, h_d, w: h_e @ h_d,
            "This is the plain dot product: W takes no part. Where the widths differ it does not even exist; W is what"
            " brings the two together.",
        ),
        Misconception(
            "columns_multiplied",
            lambda h_e, h_d, w: (h_e * w * h_d).sum(),
            "`h_e * w` multiplies the *columns* of W with h_E (or does not fit). A row of W belongs to a component of"
            " h_E; a matrix product pairs them rightly.",
        ),
        Misconception(
            "mean",
            lambda h_e, h_d, w: (h_e @ w * h_d).mean(),
            "You take the mean of the last products. A dot product is their sum.",
        ),
        Misconception(
            "absolute",
            lambda h_e, h_d, w: _product(h_e, h_d, w).abs(),
            "Right where the score is above 0: yours is never negative. How little two states fit has a sign.",
        ),
        Misconception(
            "matrix",
            lambda h_e, h_d, w: h_e[:, None] * w * h_d,
            "You have the products of all pairs of components, a matrix. Their sum is the score.",
        ),
        Misconception(
            "vector",
            lambda h_e, h_d, w: h_e @ w,
            "You stopped half way: h_Eᵀ W is a vector, as wide as the decoder's state. A product with h_D is to come.",
        ),
        Misconception(
            "other_half",
            lambda h_e, h_d, w: w @ h_d,
            "You stopped half way: W h_D is a vector, as wide as the encoder's state. A product with h_E is to come.",
        ),
        Misconception(
            "scaled",
            lambda h_e, h_d, w: _product(h_e, h_d, w) / math.sqrt(len(h_d)),
            "The score is divided by √d. That belongs to the attention of lesson 10; here W can learn its own scale.",
        ),
        Misconception(
            "scaled_by_encoder",
            lambda h_e, h_d, w: _product(h_e, h_d, w) / math.sqrt(len(h_e)),
            "The score is divided by the root of the encoder's width. Nothing is divided here; W can learn its scale.",
        ),
        Misconception(
            "squashed",
            lambda h_e, h_d, w: torch.tanh(_product(h_e, h_d, w)),
            "Your score never leaves −1 … 1: a tanh has been applied. It belongs to the additive score, inside.",
        ),
        Misconception(
            "exponential",
            lambda h_e, h_d, w: _product(h_e, h_d, w).exp(),
            "Your score is never negative: its exponential has been taken. That is the softmax's work, later.",
        ),
        Misconception(
            "bracketed",
            lambda h_e, h_d, w: _product(h_e, h_d, w).reshape(1, 1),
            "The number is right, but it comes in a matrix of one row and column. A single number has the shape ().",
        ),
        Misconception(
            "listed",
            lambda h_e, h_d, w: _product(h_e, h_d, w).reshape(1),
            "The number is right, but it comes in a list of one. A single number has the shape ().",
        ),
    ),
    hints=(
        "Two products, from left to right or from right to left.",
        "`h_e @ w` is a vector with the width of the decoder's state.",
        "`h_e @ w @ h_d`.",
    ),
)

# ---------------------------------------------------------------------------------------- 4 · dot scores


def _dot_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, batch: int, length: int, d: int) -> Case:
        inputs = {"states": normal(rng, batch, length, d), "query": normal(rng, batch, d)}
        return Case(inputs, about, {"batch": batch, "length": length, "d": d})

    laid = case("tensors that do not lie in one piece", 3, 6, 4)
    for name in ("states", "query"):
        laid.inputs[name] = strided(laid.inputs[name])  # type: ignore[index]
    return [
        case("one sentence of two words", 1, 2, 3),
        case("sentences of one word", 3, 1, 2),
        case("vectors of one number", 2, 4, 1),
        case("two sentences", 2, 5, 3),
        case("more sentences than places", 6, 4, 5),
        case("as many sentences as places", 4, 4, 3),
        Case(_double(case("", 2, 3, 7).inputs), "float64", {"batch": 2, "length": 3, "d": 7}),
        laid,
    ]


def _dots(states: Tensor, query: Tensor) -> Tensor:
    return torch.einsum("bkd,bd->bk", states, query)


DOT_SCORES = Exercise(
    id="attention_scores.dot_scores",
    lesson="09",
    title="One query against all states",
    reference=attention_scores.dot_scores,
    cases=_dot_cases,
    run=values_and_gradients,
    judge=judge_tensors("scores"),
    points=1,
    minutes=6,
    difficulty=1,
    misconceptions=(
        Misconception(
            "scaled",
            lambda states, query: _dots(states, query) / math.sqrt(query.shape[1]),
            "All scores are too small by √d: they are divided, as in lesson 10. The plain dot product is asked for.",
        ),
        Misconception(
            "mean",
            lambda states, query: _dots(states, query) / query.shape[1],
            "All scores are too small by d: you take the mean of the products. A dot product is their sum.",
        ),
        Misconception(
            "softmaxed",
            lambda states, query: torch.softmax(_dots(states, query), dim=1),
            "Your rows sum to one: these are weights already. The scores themselves are asked for.",
        ),
        Misconception(
            "cosine",
            lambda states, query: F.cosine_similarity(states, query[:, None], dim=2),
            "Your scores lie between −1 and 1: they are divided by the lengths of the vectors, which makes cosines.",
        ),
        Misconception(
            "first_query",
            lambda states, query: torch.einsum("bkd,d->bk", states, query[0]),
            "Right for the first sentence only: its query is compared with the states of all the others too.",
        ),
        Misconception(
            "all_queries",
            lambda states, query: states @ query.T,
            "Each sentence's states are compared with the queries of *all* sentences: (batch, length, batch)."
            " Sentence b has one query, row b.",
        ),
        Misconception(
            "queries_added",
            lambda states, query: (states @ query.T).sum(dim=2),
            "Each sentence's states are compared with the sum of all queries in the batch. Sentences must not mix.",
        ),
        Misconception(
            "not_summed",
            lambda states, query: states * query[:, None],
            "These are the products of the components; their sum over the last dimension is missing.",
        ),
        Misconception(
            "dimension_kept",
            lambda states, query: _dots(states, query)[:, :, None],
            "The numbers are right, but a dimension of size 1 is left behind: (batch, length) is asked for.",
        ),
        Misconception(
            "all_squeezed",
            lambda states, query: _dots(states, query).squeeze(),
            "Right until there is one sentence, or one word: `squeeze()` without a number takes away *every* dimension"
            " of size 1, those two as well.",
        ),
        Misconception(
            "query_without_length",
            lambda states, query: (states * query).sum(dim=-1),
            "`query` is (batch, d) and `states` (batch, length, d): side by side, its sentences meet the *places*."
            " It needs a dimension of size 1 in the middle.",
        ),
        Misconception(
            "over_places",
            lambda states, query: (states * query[:, None]).sum(dim=1),
            "The products are right, but you add them up over the places. One number for each place is asked for: add"
            " up over the last dimension.",
        ),
        Misconception(
            "reshaped",
            lambda states, query: (
                query[:, None] @ states.reshape(states.shape[0], states.shape[2], states.shape[1])
            ).squeeze(1),
            "The numbers of different states are mixed: `reshape` reads them on in their order. To exchange two"
            " dimensions takes a transposition.",
        ),
        Misconception(
            "mean_query",
            lambda states, query: states @ query.mean(dim=0),
            "All sentences are compared with one query, the mean of the batch. Sentences must not mix.",
        ),
        Misconception(
            "squashed",
            lambda states, query: torch.tanh(_dots(states, query)),
            "Your scores never leave −1 … 1: a tanh has been applied. A dot product may be any number.",
        ),
        Misconception(
            "dimension_kept_in_front",
            lambda states, query: _dots(states, query)[:, None, :],
            "The numbers are right, but a dimension of size 1 is left in the middle: (batch, length) is asked for.",
        ),
        Misconception(
            "turned",
            lambda states, query: _dots(states, query).T,
            "The numbers are right, rows and columns are exchanged: one row for each sentence.",
        ),
        Misconception(
            "distance",
            lambda states, query: -(states - query[:, None]).pow(2).sum(dim=2),
            "Your scores are never above 0: you measure a distance. A dot product multiplies components and adds up.",
        ),
    ),
    hints=(
        "For one sentence it is a matrix times a vector. How can a batch of them be done at once?",
        "With `query[:, :, None]` the query is a matrix (batch, d, 1), and `@` multiplies batch by batch. `einsum` can"
        " do it too, and so can `*` with a sum.",
        "`(states @ query[:, :, None]).squeeze(2)`.",
    ),
)

# -------------------------------------------------------------------------------------------- 5 · attend


def _attend_cases(rng: np.random.Generator) -> list[Case]:
    def case(
        about: str, length: int, d_value: int, lengths: Sequence[int], masked: bool = True, std: float = 1.5
    ) -> Case:
        inputs = {
            "scores": normal(rng, len(lengths), length, std=std),
            "values": normal(rng, len(lengths), length, d_value),
        }
        if masked:
            inputs["mask"] = _mask(*lengths, length=length)
        return Case(inputs, about, {"batch": len(lengths), "length": length, "d_value": d_value})

    hand = {
        "scores": torch.tensor([[math.log(3), 0.0, 5.0]]),
        "values": torch.tensor([[[4.0, 0.0], [0.0, 8.0], [9.0, 9.0]]]),
        "mask": torch.tensor([[True, True, False]]),
    }
    holes = case("a mask with a hole", 6, 4, (6, 6))
    holes.inputs["mask"][:, 1] = False
    holes.inputs["mask"][1, 4] = False
    steep = case("very large scores", 4, 3, (3, 4), std=300.0)
    low, lowest = case("very low scores", 5, 3, (4, 2)), case("scores of about −20 000", 5, 2, (3, 4))
    low.inputs["scores"].sub_(200.0)
    lowest.inputs["scores"].sub_(20_000.0 * lowest.inputs["mask"])
    hidden = case("padding with far larger scores than the words", 6, 5, (3, 4))
    hidden.inputs["scores"].masked_fill_(~hidden.inputs["mask"], 300.0)
    bare = case("no mask", 4, 3, (4, 4), masked=False)
    bare.inputs["scores"][0, 1] = 0.0
    laid = case("tensors that do not lie in one piece", 5, 6, (5, 3, 4))
    for name in ("scores", "values"):
        laid.inputs[name] = strided(laid.inputs[name])  # type: ignore[index]
    return [
        Case(hand, "the example worked by hand", {"batch": 1, "length": 3, "d_value": 2}),
        bare,
        case("one place", 1, 2, (1, 1, 1)),
        case("padding behind the sentences", 5, 4, (3, 5, 2)),
        case("as many places as numbers in a value", 4, 4, (2, 4)),
        case("a sentence without words", 4, 5, (2, 0, 4)),
        holes,
        steep,
        low,
        lowest,
        hidden,
        Case(_double(case("", 6, 3, (4, 6)).inputs), "float64, with padding", {"batch": 2, "length": 6, "d_value": 3}),
        laid,
    ]


def _attention(
    hide: Callable[[Tensor, Tensor], Tensor] = lambda scores, mask: scores.masked_fill(~mask, -INFINITY),
    weigh: Callable[[Tensor], Tensor] = lambda scores: torch.softmax(scores, dim=1),
    clear: Callable[[Tensor, Tensor], Tensor] = lambda weights, mask: weights.masked_fill(~mask, 0.0),
    finish: Callable[..., Any] = lambda weights, values, mask: (torch.einsum("bk,bkd->bd", weights, values), weights),
) -> Callable[..., Any]:
    def answer(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> Any:
        allowed = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
        return finish(clear(weigh(hide(scores, allowed)), allowed), values, allowed)

    return answer


def _run_attend(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """As `values_and_gradients`, but a function that has to be given a mask is told so.

    Raises:
        Told: there is no mask in this case, and the answer cannot be called without one.
    """
    if "mask" not in inputs:
        try:
            inspect.signature(answer).bind(*inputs.values())
        except TypeError:
            raise Told(
                "The exercise calls `attend(scores, values, mask=None)`, here with two arguments. Your function cannot"
                " be called with two: a parameter that may be left out needs a default."
            ) from None
        except ValueError:  # nobody can tell
            pass
    return values_and_gradients(answer, inputs, case)


def _as_is(first: Tensor, mask: Tensor) -> Tensor:
    return first


def _renormalised(weights: Tensor, mask: Tensor) -> Tensor:
    return F.normalize(weights * mask, p=1, dim=1)


def _zero_times_infinity(clear: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    def answer(scores: Tensor, values: Tensor, mask: Tensor | None = None) -> Any:
        if mask is None:
            return _attention()(scores, values)
        weights = clear(torch.softmax(scores + (~mask).to(scores.dtype) * -INFINITY, dim=1))
        return torch.einsum("bk,bkd->bd", weights, values), weights

    return answer


ZERO_TIMES_INFINITY = (
    "Right without a mask only. With one, every score becomes nan: for a word you add 0 · −∞, which is nan and not 0."
    " Put −∞ in only where it belongs."
)


def _has_words(case: Case) -> Tensor | slice:
    return case.inputs["mask"].any(1) if "mask" in case.inputs else slice(None)


def _are_shares(case: Case, weights: Tensor) -> bool:
    """Whether the weights are the scores over their sum, as on the slide."""
    scores = case.inputs["scores"]
    scores = scores.masked_fill(~case.inputs["mask"], 0.0) if "mask" in case.inputs else scores
    rows = _has_words(case)
    return torch.allclose(weights[rows], (scores / scores.sum(1, keepdim=True))[rows].to(weights.dtype), atol=1e-4)


def _shares(scores: Tensor) -> Tensor:
    finite = scores.masked_fill(scores == -INFINITY, 0.0)
    return finite / finite.sum(dim=1, keepdim=True)


def _naive(scores: Tensor) -> Tensor:
    return scores.exp() / scores.exp().sum(dim=1, keepdim=True)


ATTEND = Exercise(
    id="attention_scores.attend",
    lesson="09",
    title="From scores to a context",
    reference=attention_scores.attend,
    cases=_attend_cases,
    run=_run_attend,
    judge=judge_tensors("context", "weights"),
    points=3,
    minutes=12,
    difficulty=2,
    forbids=("torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention"),
    misconceptions=(
        Misconception(
            "mask_ignored",
            _attention(hide=_as_is, clear=_as_is),
            "Right without padding. With it, places without a word get a share: the mask takes no part.",
        ),
        Misconception(
            "mask_inverted",
            lambda scores, values, mask=None: _attention()(scores, values, None if mask is None else ~mask),
            "Only the padding is looked at: the mask is read the wrong way round. True means that a word stands there.",
        ),
        Misconception(
            "hidden_after_softmax",
            _attention(hide=_as_is),
            "The padding has weight 0, but rows with padding sum to less than one: the mask came after the softmax,"
            " when the padding had already taken its share.",
        ),
        Misconception(
            "zero_scores",
            _attention(hide=lambda scores, mask: scores.masked_fill(~mask, 0.0), clear=_as_is),
            "Places without a word still get a share: their score is set to 0, and e⁰ is 1. A score of which number"
            " gets nothing?",
        ),
        Misconception(
            "zero_scores_then_hidden",
            _attention(hide=lambda scores, mask: scores.masked_fill(~mask, 0.0)),
            "The padding has weight 0, but rows with padding sum to less than one: a score of 0 takes a share in the"
            " softmax, e⁰ = 1. Only −∞ takes none.",
        ),
        Misconception(
            "empty_row_nan",
            _attention(clear=_as_is),
            "Right but for a sentence without words, which gives nan: a softmax of −∞ alone is 0/0. Such a row should"
            " be zeros.",
        ),
        Misconception(
            "empty_row_even",
            _attention(hide=lambda scores, mask: scores.masked_fill(~mask, -1e9), clear=_as_is),
            "Right but for a sentence without words: its padding shares the weight evenly, because all its scores are"
            " the same very low number. Such a row should be zeros.",
        ),
        Misconception(
            "not_low_enough",
            _attention(hide=lambda scores, mask: scores.masked_fill(~mask, -100.0)),
            "Right while scores are near 0. A score may be any number, here also −200 or −20 000: then the padding wins"
            " with the number you gave it, and nothing is left for the words: only −∞ is below every score.",
        ),
        Misconception(
            "still_not_low_enough",
            _attention(hide=lambda scores, mask: scores.masked_fill(~mask, -1e3)),
            "Right while scores are far above the number you gave the padding. A score may be any number, here also"
            " −20 000: then the padding wins, and nothing is left for the words. Only −∞ is below every score.",
        ),
        Misconception(
            "largest_in_padding",
            _attention(hide=_as_is, weigh=lambda s: torch.softmax(s, 1), clear=_renormalised),
            "Right until padding has a far larger score than the words. You share out among all places first, the"
            " words' parts become 0 in float32, and nothing is left to be scaled up: hide first, then the softmax.",
        ),
        Misconception(
            "largest_in_padding_nan",
            _attention(hide=_as_is, clear=lambda w, m: torch.nan_to_num(w * m / (w * m).sum(1, keepdim=True))),
            "You share out among all places first and scale up what the words have got. With large scores at padding"
            " that is 0 in float32, and 0/0 spoils the numbers or their gradient: hide first, then the softmax.",
        ),
        Misconception(
            "empty_row_even_subtracted",
            _attention(hide=lambda scores, mask: scores - 1e9 * ~mask, clear=_as_is),
            "Right but for a sentence without words: its padding shares the weight, because all its scores are about"
            " the same very low number. Such a row should be zeros.",
        ),
        Misconception(
            "needs_a_mask",
            lambda scores, values, mask=None: _attention()(scores, values, ~~mask),
            "Right with a mask. Without one, `mask=None`, there is nothing to negate: None means that a word stands"
            " everywhere.",
        ),
        Misconception(
            "context_unmasked",
            lambda scores, values, mask=None: (
                _attention()(scores, values)[0],
                _attention()(scores, values, mask)[1],
            ),
            "The weights are right, but the context was made with other ones: padding has a share in it. Use the same"
            " weights for both.",
        ),
        Misconception(
            "nan_in_context",
            _attention(clear=_as_is, finish=lambda w, v, m: (torch.einsum("bk,bkd->bd", w, v), w.masked_fill(~m, 0.0))),
            "The weights are right; the context of a sentence without words is nan: it was made before the weights"
            " were mended. Mend first, then sum.",
        ),
        Misconception(
            "nan_in_weights",
            _attention(
                clear=_as_is,
                finish=lambda w, v, m: (torch.einsum("bk,bkd->bd", w, v).masked_fill(~m.any(1, keepdim=True), 0.0), w),
            ),
            "The context is right; the weights of a sentence without words are still nan. Mend the weights, and the"
            " context follows.",
        ),
        Misconception(
            "scaled_by_width",
            lambda scores, values, mask=None: _attention()(scores / math.sqrt(values.shape[2]), values, mask),
            "Your weights are too even: the scores are divided by √d. That belongs to lesson 10; take them as they"
            " come.",
        ),
        Misconception(
            "hardest_weights",
            _attention(
                weigh=lambda s: F.one_hot(s.argmax(1), s.shape[1]).to(s.dtype) + 0 * s.masked_fill(s == -INFINITY, 0.0)
            ),
            "Everything goes to the largest score, 1, and nothing to the others. A softmax shares; only so every score"
            " can learn.",
        ),
        Misconception(
            "logarithms",
            _attention(finish=lambda w, v, m: (torch.einsum("bk,bkd->bd", w, v), w.log())),
            "The context is right; what you return as weights are their logarithms.",
        ),
        Misconception(
            "no_exponential",
            _attention(weigh=_shares),
            "Each score is divided by the sum of scores. Some weights are then negative, others above one: this is the"
            " lecture's norm without its exp (L2). Take a softmax.",
        ),
        Misconception(
            "naive_softmax",
            _attention(weigh=_naive),
            "Right for small scores, nan for very large or very low ones: exp overflows, or all of them are 0."
            " PyTorch's softmax subtracts the largest score first.",
        ),
        Misconception(
            "sigmoid",
            _attention(weigh=torch.sigmoid),
            "Each weight lies between 0 and 1, but a row does not sum to one: every place was judged alone.",
        ),
        Misconception(
            "softmax_twice",
            _attention(
                weigh=lambda s: torch.softmax(
                    torch.nan_to_num(torch.softmax(s, 1)).masked_fill(s == -INFINITY, -INFINITY), dim=1
                )
            ),
            "Your weights are too even: a softmax is taken of what a softmax has made. Once is enough.",
        ),
        Misconception(
            "softmax_twice_padding_after",
            _attention(weigh=lambda s: torch.softmax(torch.nan_to_num(torch.softmax(s, 1)), dim=1)),
            "A softmax is taken of what a softmax has made: your weights are too even, and padding, hidden from the"
            " first, has a share in the second. Once is enough.",
        ),
        Misconception(
            "first_mask_for_all",
            lambda scores, values, mask=None: _attention()(
                scores, values, None if mask is None else mask[:1].expand_as(mask)
            ),
            "Right for the first sentence of a batch, and without a mask: the first row of the mask is used for all"
            " sentences. Each has its own.",
        ),
        Misconception("zero_times_infinity", _zero_times_infinity(lambda weights: weights), ZERO_TIMES_INFINITY),
        Misconception(
            "zero_times_infinity_mended",
            _zero_times_infinity(torch.nan_to_num),
            "Right without a mask only. With one, every score becomes nan, and then 0: for a word you add 0 · −∞, which"
            " is nan and not 0. Put −∞ in only where it belongs.",
        ),
        Misconception(
            "weights_on_components",
            _attention(finish=lambda w, v, m: ((w[:, None] * v).sum(2), w)),
            "The weights meet the numbers inside a value and not the places, which fits only where there are as many."
            " A weight belongs to a place, the middle dimension of `values`.",
        ),
        Misconception(
            "softmax_over_sentences",
            _attention(weigh=lambda scores: torch.nan_to_num(torch.softmax(scores, dim=0))),
            "Your columns sum to one, not your rows: the softmax runs over the sentences of the batch.",
        ),
        Misconception(
            "scaled",
            _attention(weigh=lambda scores: torch.softmax(scores / math.sqrt(scores.shape[1]), dim=1)),
            "Your weights are too even: the scores are divided by the root of the length. Take them as they come.",
        ),
        Misconception(
            "mean_of_values",
            _attention(finish=lambda w, v, m: (torch.einsum("bk,bkd->bd", w, v) / w.shape[1], w)),
            "The weights are right, the context is too small by the number of places: weighted values are added up, and"
            " not averaged again.",
        ),
        Misconception(
            "weights_left_out",
            _attention(finish=lambda w, v, m: (v.masked_fill(~m[:, :, None], 0.0).mean(1), w)),
            "The weights are right, but the context is the plain mean of the values: the weights take no part in it.",
        ),
        Misconception(
            "weights_left_out_of_words",
            _attention(
                finish=lambda w, v, m: (
                    v.masked_fill(~m[:, :, None], 0.0).sum(1) / m.sum(1, keepdim=True).clamp(min=1),
                    w,
                )
            ),
            "The weights are right, but the context is the plain mean over the words: the weights take no part in it.",
        ),
        Misconception(
            "hardest",
            _attention(finish=lambda w, v, m: (v[torch.arange(len(v)), w.argmax(1)], w)),
            "The weights are right, but the context is the value of the strongest place alone. All places contribute,"
            " each with its weight; only so the weights can learn.",
        ),
        Misconception(
            "not_summed",
            _attention(finish=lambda w, v, m: (w[:, :, None] * v, w)),
            "The weighted values are right; their sum over the places is missing.",
        ),
        Misconception(
            "dimension_kept",
            _attention(finish=lambda w, v, m: (w[:, None] @ v, w)),
            "The numbers are right, but the context has a dimension of size 1 in the middle: (batch, d_value) is asked"
            " for.",
        ),
        Misconception(
            "swapped",
            _attention(finish=lambda w, v, m: (w, torch.einsum("bk,bkd->bd", w, v))),
            "Both results are right, in the wrong order: first the context, then the weights.",
        ),
        Misconception(
            "context_only",
            _attention(finish=lambda w, v, m: torch.einsum("bk,bkd->bd", w, v)),
            "You return the context alone. The weights are asked for too: return both.",
        ),
    ),
    properties=(
        Property(
            "finite",
            lambda case, output: all(bool(part.isfinite().all()) for part in output["value"]),
            "There is a nan or an infinity where finite numbers are right.",
        ),
        Property(
            "not_shares",
            lambda case, output: case.sizes["length"] == 1 or not _are_shares(case, output["value"][1]),
            "Here your weights are the scores over their sum: this is the lecture's norm without its exp (L2). Scores"
            " may be negative, and a softmax is made for them.",
        ),
        Property(
            "sums_to_one",
            lambda case, output: bool(((output["value"][1].sum(1) - 1).abs()[_has_words(case)] < 1e-4).all()),
            "The weights of a sentence with words sum to one.",
        ),
    ),
    hints=(
        "Four steps: hide, softmax, clear what a sentence without words leaves behind, sum.",
        "`scores.masked_fill(~mask, -inf)` hides, and makes a new tensor. A softmax of −∞ alone is nan:"
        " `masked_fill` the weights with 0 afterwards. Mind `mask=None`.",
        "`context = (weights[:, None, :] @ values).squeeze(1)`; return `context, weights`.",
    ),
)


# ------------------------------------------------------------------------------------ 6 · additive score


def _linear(rng: np.random.Generator, name: str, rows: int, columns: int, bias: bool = True) -> dict[str, Tensor]:
    made = {f"{name}.weight": normal(rng, rows, columns, std=1.2 / math.sqrt(columns))}
    return {**made, f"{name}.bias": normal(rng, rows, std=0.5)} if bias else made


def tell_of_layers(module: Any, state: Mapping[str, Tensor], kinds: Mapping[str, type[nn.Module]]) -> None:
    """Tells of what `load_by_name` would call a missing or superfluous parameter, and what has a better name.

    Raises:
        Told: layers hidden in a list, a layer of another type whose weights do not fit, or a bias nobody asked for.
    """
    if not isinstance(module, nn.Module) or "_modules" not in vars(module):
        return
    for name, value in vars(module).items():
        if isinstance(value, (list, tuple)) and any(isinstance(part, nn.Module) for part in value):
            raise Told(
                f"`self.{name}` is a Python list of layers. PyTorch does not look into lists, so their weights would"
                " never learn: give each layer an attribute of its own."
            )
    for name, kind in kinds.items():
        layer = getattr(module, name, None)
        wanted = {key.removeprefix(f"{name}."): v.shape for key, v in state.items() if key.startswith(f"{name}.")}
        own = {key: v.shape for key, v in layer.state_dict().items()} if isinstance(layer, nn.Module) else wanted
        if own != wanted and not isinstance(layer, kind):
            raise Told(f"`{name}` should be an `nn.{kind.__name__}`; yours is a `{type(layer).__name__}`.")
        if set(own) - set(wanted) == {"bias"}:
            raise Told(f"Your `{name}` has a bias; here it should have none: `bias=False`.")
        if "bias" in set(wanted) - set(own):
            raise Told(f"Your `{name}` has no bias; the formula has one.")


def _additive_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, batch: int, length: int, d_encoder: int, d_decoder: int, d_hidden: int) -> Case:
        sizes = {"d_encoder": d_encoder, "d_decoder": d_decoder, "d_hidden": d_hidden}
        state = {
            **_linear(rng, "w1", d_hidden, d_encoder, False),
            **_linear(rng, "w2", d_hidden, d_decoder, False),
            **_linear(rng, "v", 1, d_hidden, False),
        }
        inputs = {**sizes, "states": normal(rng, batch, length, d_encoder), "query": normal(rng, batch, d_decoder)}
        return Case(inputs, about, {"batch": batch, "length": length, **sizes}, {"state": state})

    double = case("float64", 2, 3, 5, 4, 6)
    return [
        case("one sentence of two words", 1, 2, 3, 4, 5),
        case("sentences of one word", 3, 1, 4, 2, 5),
        case("two sentences", 2, 5, 3, 6, 4),
        case("all widths the same", 3, 4, 5, 5, 5),
        case("a hidden layer of one number", 2, 3, 4, 5, 1),
        case("as many sentences as places", 4, 4, 2, 3, 6),
        _double_layer(double),
    ]


def _double_layer(case: Case) -> Case:
    """The same case with inputs and weights in float64."""
    return Case(_double(case.inputs), case.about, case.sizes, {**case.extra, "state": _double(case.extra["state"])})


def _run_additive(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    layer = answer(inputs["d_encoder"], inputs["d_decoder"], inputs["d_hidden"])
    tell_of_layers(layer, case.extra["state"], dict.fromkeys(("w1", "w2", "v"), nn.Linear))
    return run_module(layer, inputs, case, lambda layer, given: layer(given["states"], given["query"]))


class _Additive(nn.Module):
    """The reference's parameters, for wrong modules to inherit."""

    def __init__(self, d_encoder: int, d_decoder: int, d_hidden: int) -> None:
        super().__init__()
        self.w1 = nn.Linear(d_encoder, d_hidden, bias=False)
        self.w2 = nn.Linear(d_decoder, d_hidden, bias=False)
        self.v = nn.Linear(d_hidden, 1, bias=False)

    def mix(self, states: Tensor, query: Tensor) -> Tensor:
        return torch.tanh(self.w1(states) + self.w2(query)[:, None])

    def finish(self, hidden: Tensor) -> Tensor:
        return self.v(hidden).squeeze(2)

    def forward(self, states: Tensor, query: Tensor) -> Tensor:
        return self.finish(self.mix(states, query))


def _additive(
    mix: Callable[[Any, Tensor, Tensor], Tensor] | None = None, finish: Callable[[Any, Tensor], Tensor] | None = None
) -> type[_Additive]:
    class Variant(_Additive):
        pass

    if mix:
        Variant.mix = mix  # type: ignore[method-assign, assignment]
    if finish:
        Variant.finish = finish  # type: ignore[method-assign, assignment]
    return Variant


ADDITIVE_SCORE = Exercise(
    id="attention_scores.additive_score",
    lesson="09",
    title="The additive score, as a layer",
    reference=attention_scores.AdditiveScore,
    cases=_additive_cases,
    run=_run_additive,
    judge=judge_tensors("scores"),
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "no_tanh",
            _additive(lambda self, states, query: self.w1(states) + self.w2(query)[:, None]),
            "The tanh is missing. Without it the query adds the same number to every place of a sentence, and a softmax"
            " does not notice that: the decoder could not ask.",
        ),
        Misconception(
            "sigmoid",
            _additive(lambda self, states, query: torch.sigmoid(self.w1(states) + self.w2(query)[:, None])),
            "Inside stands a sigmoid. The formula has a tanh, which may be negative.",
        ),
        Misconception(
            "relu",
            _additive(lambda self, states, query: torch.relu(self.w1(states) + self.w2(query)[:, None])),
            "Inside stands a ReLU. The formula has a tanh.",
        ),
        Misconception(
            "tanh_twice",
            _additive(lambda self, states, query: torch.tanh(self.w1(states)) + torch.tanh(self.w2(query))[:, None]),
            "You take the tanh of each part and then add: W_1 h_E and W_2 h_D never meet inside it. Add first.",
        ),
        Misconception(
            "tanh_on_states",
            _additive(lambda self, states, query: torch.tanh(self.w1(states)) + self.w2(query)[:, None]),
            "The tanh stands around W_1 h_E alone. The query then adds the same number to every place of a sentence,"
            " which a softmax does not notice: add first, then take the tanh of the sum.",
        ),
        Misconception(
            "tanh_on_query",
            _additive(lambda self, states, query: self.w1(states) + torch.tanh(self.w2(query))[:, None]),
            "The tanh stands around W_2 h_D alone. The query then adds the same number to every place of a sentence,"
            " which a softmax does not notice: add first, then take the tanh of the sum.",
        ),
        Misconception(
            "tanh_outside",
            _additive(
                lambda self, states, query: self.w1(states) + self.w2(query)[:, None],
                lambda self, hidden: torch.tanh(self.v(hidden)).squeeze(2),
            ),
            "The tanh stands around the score and not around the hidden layer: no score can leave −1 … 1.",
        ),
        Misconception(
            "multiplied",
            _additive(lambda self, states, query: torch.tanh(self.w1(states) * self.w2(query)[:, None])),
            "W_1 h_E and W_2 h_D are multiplied. This score is called additive because they are added.",
        ),
        Misconception(
            "subtracted",
            _additive(lambda self, states, query: torch.tanh(self.w1(states) - self.w2(query)[:, None])),
            "W_2 h_D is subtracted; it should be added.",
        ),
        Misconception(
            "query_left_out",
            _additive(lambda self, states, query: torch.tanh(self.w1(states))),
            "The query takes no part, so every step of the decoder would look at the same words.",
        ),
        Misconception(
            "states_left_out",
            _additive(lambda self, states, query: torch.tanh(self.w2(query)[:, None] + 0 * self.w1(states))),
            "The encoder's states take no part: all places of a sentence get the same score.",
        ),
        Misconception(
            "first_query",
            _additive(lambda self, states, query: torch.tanh(self.w1(states) + self.w2(query[:1])[:, None])),
            "Right for the first sentence only: its query is used for all the others too.",
        ),
        Misconception(
            "query_without_length",
            _additive(lambda self, states, query: torch.tanh(self.w1(states) + self.w2(query))),
            "`w2(query)` is (batch, d_hidden) and `w1(states)` (batch, length, d_hidden): side by side, its sentences"
            " meet the *places*. It needs a dimension of size 1 in the middle.",
        ),
        Misconception(
            "exchanged",
            _additive(lambda self, states, query: torch.tanh(self.w2(states) + self.w1(query)[:, None])),
            "W_1 and W_2 are exchanged: `w1` belongs to the encoder's states, `w2` to the query. Where the two widths"
            " differ this does not even fit.",
        ),
        Misconception(
            "mean_for_v",
            _additive(finish=lambda self, hidden: hidden.mean(dim=2) + 0 * self.v(hidden).squeeze(2)),
            "You take the mean of the hidden layer: v, which weighs its numbers, takes no part.",
        ),
        Misconception(
            "over_places",
            _additive(finish=lambda self, hidden: self.v(hidden).squeeze(2).sum(dim=1)),
            "The scores are added up over the places. Each place keeps its own: (batch, length).",
        ),
        Misconception(
            "v_left_out",
            _additive(finish=lambda self, hidden: hidden.sum(dim=2) + 0 * self.v(hidden).squeeze(2)),
            "You add up the hidden layer as it is: v, which weighs its numbers, takes no part.",
        ),
        Misconception(
            "softmaxed",
            _additive(finish=lambda self, hidden: torch.softmax(self.v(hidden).squeeze(2), dim=1)),
            "Your rows sum to one: these are weights already. The scores themselves are asked for.",
        ),
        Misconception(
            "dimension_kept",
            _additive(finish=lambda self, hidden: self.v(hidden)),
            "The numbers are right, but a dimension of size 1 is left behind: (batch, length) is asked for.",
        ),
        Misconception(
            "all_squeezed",
            _additive(finish=lambda self, hidden: self.v(hidden).squeeze()),
            "Right until there is one sentence, or one word: `squeeze()` without a number takes away *every* dimension"
            " of size 1, those two as well.",
        ),
        Misconception(
            "scaled",
            _additive(finish=lambda self, hidden: self.v(hidden).squeeze(2) / math.sqrt(hidden.shape[2])),
            "The scores are divided by the root of the hidden width. Nothing is divided here.",
        ),
    ),
    hints=(
        "Three linear layers without bias, and one place where shapes do not fit by themselves: the query has no"
        " dimension for the length.",
        "`self.w2(query)[:, None, :]` is (batch, 1, d_hidden), and is added to every place of its own sentence.",
        "`hidden = torch.tanh(self.w1(states) + self.w2(query)[:, None, :])`, and `self.v(hidden).squeeze(2)`.",
    ),
)

# ------------------------------------------------------------------------------ 7, 8 · decoder blocks

BLOCK_SIZES = ("batch", "length", "words", "d_embedding", "d_encoder", "d")


def _block_case(
    rng: np.random.Generator,
    about: str,
    layers: Callable[[np.random.Generator, Mapping[str, int]], dict[str, Tensor]],
    score: str,
    sizes: Sequence[int],
    lengths: Sequence[int],
) -> Case:
    named = dict(zip(BLOCK_SIZES, sizes, strict=True))
    d_encoder, d = named["d_encoder"], named["d"]
    state = {f"score.{k}": v for k, v in random_state(rng, _score(score, d_encoder, d), 0.6).items()}
    inputs = {
        "y": normal(rng, named["batch"], named["d_embedding"]),
        "state": torch.tanh(normal(rng, named["batch"], d)),
        "states": torch.tanh(normal(rng, named["batch"], named["length"], d_encoder, std=2.0)),
        "mask": _mask(*lengths, length=named["length"]),
    }
    return Case(inputs, about, named, {"state": {**state, **layers(rng, named)}, "score": score})


def _score(name: str, d_encoder: int, d: int) -> nn.Module:
    return attention_scores.score(name, d_encoder, d)


def _block_cases(
    layers: Callable[[np.random.Generator, Mapping[str, int]], dict[str, Tensor]],
) -> Callable[[np.random.Generator], list[Case]]:
    def cases(rng: np.random.Generator) -> list[Case]:
        return [
            _block_case(rng, "one sentence of two words", layers, "dot", (1, 2, 5, 3, 4, 4), (2,)),
            _block_case(rng, "two sentences, no padding", layers, "bilinear", (2, 5, 7, 3, 4, 6), (5, 5)),
            _block_case(rng, "padding behind the sentences", layers, "bilinear", (3, 6, 8, 2, 5, 4), (6, 2, 4)),
            _block_case(rng, "all widths the same", layers, "bilinear", (2, 4, 6, 5, 5, 5), (4, 3)),
            _block_case(rng, "sentences of one word", layers, "additive", (3, 1, 4, 5, 6, 2), (1, 1, 1)),
            _block_case(rng, "a sentence without words", layers, "additive", (4, 3, 9, 6, 2, 5), (2, 3, 0, 1)),
            _double_layer(_block_case(rng, "float64", layers, "bilinear", (2, 3, 8, 5, 4, 6), (3, 1))),
        ]

    return cases


def _run_block(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    sizes = case.sizes
    scores = _score(case.extra["score"], sizes["d_encoder"], sizes["d"])
    block = answer(sizes["words"], sizes["d_embedding"], sizes["d_encoder"], sizes["d"], scores)
    of_cell = {"cell": nn.GRUCell} if "cell.weight_ih" in case.extra["state"] else {}
    linear = dict.fromkeys(("output",) if of_cell else ("hidden", "combine", "output"), nn.Linear)
    tell_of_layers(block, case.extra["state"], {**of_cell, **linear})
    _watch_step(block, sizes)
    return run_module(block, inputs, case, _call_block)


def _call_block(block: Any, given: Mapping[str, Any]) -> Any:
    result = block(*given.values())
    if hasattr(block, "start") and compare(plain(given["state"]), plain(block.start(given["state"] * 1)), 0.0):
        raise Told("`start` was given, and returns the encoder's last state as it is. Yours changes it.")
    return result


def _watch_step(block: nn.Module, sizes: Mapping[str, int]) -> None:
    """Looks at what the learner's `step` returns before the given `forward` takes it apart, and trips over it.

    Raises (when `step` is called):
        Told: not two results, or results whose shapes are another quantity's.
    """
    own = getattr(block, "step", None)
    if own is None:
        return
    batch, length = sizes["batch"], sizes["length"]
    state, weights = (batch, sizes["d"]), (batch, length)

    def watched(*args: Any, **kwargs: Any) -> Any:
        result = own(*args, **kwargs)
        if not isinstance(result, (tuple, list)):
            raise Told("`step` should return two things, the new state and the weights; yours returns one.")
        if len(result) != 2:
            raise Told(f"`step` should return two things, the new state and the weights; yours returns {len(result)}.")
        shapes = [tuple(part.shape) if isinstance(part, Tensor) else None for part in result]
        if shapes == [weights, state]:
            raise Told(f"Your first result has the shape {weights} of the weights, your second {state} of the state.")
        if shapes[0] == (batch, sizes["words"]):
            raise Told(
                f"Your first result has the shape {shapes[0]}, (batch, words): scores of words. `step` returns the"
                " state, (batch, d); `forward` makes the scores of it."
            )
        if shapes[1] is not None and shapes[1] != weights:
            raise Told(f"Your second result has the shape {shapes[1]}; weights have (batch, length) = {weights}.")
        return result

    block.step = watched  # type: ignore[assignment]


def _lecture_layers(rng: np.random.Generator, sizes: Mapping[str, int]) -> dict[str, Tensor]:
    d = sizes["d"]
    return {
        **_linear(rng, "hidden", d, sizes["d_embedding"] + d),
        **_linear(rng, "combine", d, sizes["d_encoder"] + d),
        **_linear(rng, "output", sizes["words"], d),
    }


class _Block(nn.Module):
    """The reference's parameters, for wrong blocks to inherit."""

    def __init__(self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> None:
        super().__init__()
        self.score = score
        self.hidden = nn.Linear(d_embedding + d, d)
        self.combine = nn.Linear(d_encoder + d, d)
        self.output = nn.Linear(d, words)

    def ask(self, y: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.hidden(torch.cat([y, h], dim=1)))

    def look(self, query: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return attention_scores.attend(self.score(states, query), states, mask)

    def mix(self, context: Tensor, query: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.combine(torch.cat([context, query], dim=1)))

    def step(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> Any:
        query = self.ask(y, h)
        context, weights = self.look(query, h, states, mask)
        return self.mix(context, query, h), weights

    def forward(self, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> Any:
        h, weights = self.step(y, h, states, mask)
        return self.output(h), h, weights


def _block(**methods: Callable[..., Any]) -> type:
    return changed(_Block, **methods)


def _by_dot(states: Tensor, query: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    return attention_scores.attend(torch.einsum("bkd,bd->bk", states, query), states, mask)


def _uncleared(scores: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    weights = torch.softmax(scores.masked_fill(~mask, -INFINITY), dim=1)
    return torch.einsum("bk,bkd->bd", weights, states), weights


def _mean_state(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(~mask[:, :, None], 0.0).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


DOT_ALONE = (
    "Right where the score is the dot product: you have written it into the block. Ask `self.score(states, query)`; it"
    " may be another one, and the widths may differ."
)
DOT_WHERE_IT_FITS = (
    "Right where the widths differ, and where the score is the dot product. Where the widths agree you multiply the"
    " vectors yourself: the block has a score of its own, `self.score`, and should always ask it."
)
OWN_SOFTMAX = (
    "Right but for a sentence without words, which gives nan. `attend` takes care of such rows: let it make context and"
    " weights."
)


def _asks_before_tanh(self: Any, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    asked = self.hidden(torch.cat([y, h], dim=1))
    context, weights = self.look(asked, h, states, mask)
    return self.mix(context, torch.tanh(asked), h), weights


def _even(states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    return attention_scores.attend(torch.zeros_like(states[:, :, 0]), states, mask)


def _forward_with(state: Callable[..., Tensor]) -> Callable[..., Any]:
    """A whole step whose output is right, while another state is handed on."""

    def forward(self: Any, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> Any:
        query = self.ask(y, h)
        context, weights = self.look(query, h, states, mask)
        new = self.mix(context, query, h)
        return self.output(new), state(query, context, h), weights

    return forward


DECODER_BLOCK = Exercise(
    id="decoder_block.lecture_block",
    lesson="09",
    title="The lecture's decoder block",
    reference=decoder_block.DecoderBlock,
    cases=_block_cases(_lecture_layers),
    run=_run_block,
    judge=judge_tensors("scores of words", "state", "weights"),
    points=4,
    minutes=20,
    difficulty=3,
    misconceptions=(
        Misconception(
            "asks_with_old_state",
            _block(
                look=lambda self, query, h, states, mask: attention_scores.attend(self.score(states, h), states, mask)
            ),
            "The weights are already wrong: you ask with h_{t−1}, the state before the new word was read. That is"
            " Bahdanau's order; in the lecture's block h′_t asks.",
        ),
        Misconception(
            "context_left_out",
            _block(mix=lambda self, context, query, h: torch.tanh(self.combine(torch.cat([0 * context, query], 1)))),
            "The weights are right, but the state does not depend on the context: c_t takes no part in h_t.",
        ),
        Misconception(
            "not_combined",
            _block(mix=lambda self, context, query, h: query),
            "The weights are right; what you hand on is h′_t. The second line of the formula, where c_t comes in, is"
            " missing.",
        ),
        Misconception(
            "combined_with_old_state",
            _block(mix=lambda self, context, query, h: torch.tanh(self.combine(torch.cat([context, h], 1)))),
            "The weights are right, but the context is combined with h_{t−1}. The formula combines it with h′_t.",
        ),
        Misconception(
            "word_second",
            _block(ask=lambda self, y, h: torch.tanh(self.hidden(torch.cat([h, y], dim=1)))),
            "The shapes fit and the numbers do not: in W_h [y, h_{t−1}] the word's vector comes first, and the columns"
            " of W_h stand in that order.",
        ),
        Misconception(
            "context_second",
            _block(mix=lambda self, context, query, h: torch.tanh(self.combine(torch.cat([query, context], 1)))),
            "The weights are right; in W_c [c_t, h′_t] the context comes first, and W_c's columns stand in that order.",
        ),
        Misconception(
            "both_orders",
            _block(
                ask=lambda self, y, h: torch.tanh(self.hidden(torch.cat([h, y], dim=1))),
                mix=lambda self, context, query, h: torch.tanh(self.combine(torch.cat([query, context], 1))),
            ),
            "The shapes fit and the numbers do not: both brackets are turned round. In W_h [y, h_{t−1}] the word comes"
            " first, in W_c [c_t, h′_t] the context.",
        ),
        Misconception(
            "no_tanh",
            _block(
                ask=lambda self, y, h: self.hidden(torch.cat([y, h], dim=1)),
                mix=lambda self, context, query, h: self.combine(torch.cat([context, query], 1)),
            ),
            "Both tanh are missing: your states may leave −1 … 1.",
        ),
        Misconception(
            "relus",
            _block(
                ask=lambda self, y, h: torch.relu(self.hidden(torch.cat([y, h], dim=1))),
                mix=lambda self, context, query, h: torch.relu(self.combine(torch.cat([context, query], 1))),
            ),
            "Your state is never negative and may leave 1: a ReLU stands where the lecture has tanh.",
        ),
        Misconception(
            "dot_alone",
            _block(look=lambda self, query, h, states, mask: _by_dot(states, query, mask)),
            DOT_ALONE,
        ),
        Misconception(
            "dot_where_it_fits",
            _block(
                look=lambda self, query, h, states, mask: (
                    _by_dot(states, query, mask)
                    if states.shape[2] == query.shape[1]
                    else _Block.look(self, query, h, states, mask)
                )
            ),
            DOT_WHERE_IT_FITS,
        ),
        Misconception(
            "asks_before_tanh",
            _block(step=_asks_before_tanh),
            "The weights are already wrong: W_h [y, h_{t−1}] asks before its tanh is taken. h′_t has the tanh in it,"
            " and h′_t asks.",
        ),
        Misconception(
            "empty_row_nan",
            _block(look=lambda self, query, h, states, mask: _uncleared(self.score(states, query), states, mask)),
            OWN_SOFTMAX,
        ),
        Misconception(
            "scaled",
            _block(
                look=lambda self, query, h, states, mask: attention_scores.attend(
                    self.score(states, query) / math.sqrt(states.shape[2]), states, mask
                )
            ),
            "Your weights are too even: the scores are divided by √d, as in lesson 10. Take them as they come.",
        ),
        Misconception(
            "context_is_mean",
            _block(
                look=lambda self, query, h, states, mask: (
                    _mean_state(states, mask),
                    attention_scores.attend(self.score(states, query), states, mask)[1],
                )
            ),
            "The weights are right, but they take no part in the context, which is the plain mean of the states.",
        ),
        Misconception(
            "context_is_last",
            _block(
                look=lambda self, query, h, states, mask: (
                    states[:, -1],
                    attention_scores.attend(self.score(states, query), states, mask)[1],
                )
            ),
            "The weights are right, but the context is the state at the last place: the weights take no part in it.",
        ),
        Misconception(
            "looks_again",
            _block(
                step=lambda self, y, h, states, mask: (
                    (new := _Block.step(self, y, h, states, mask)[0]),
                    self.look(new, new, states, mask)[1],
                )
            ),
            "The state is right, but the weights returned are those of a second look, with the new state. Return the"
            " weights that made the context.",
        ),
        Misconception(
            "no_first_tanh",
            _block(ask=lambda self, y, h: self.hidden(torch.cat([y, h], dim=1))),
            "The tanh around the first line is missing: your h′_t may leave −1 … 1.",
        ),
        Misconception(
            "no_second_tanh",
            _block(mix=lambda self, context, query, h: self.combine(torch.cat([context, query], 1))),
            "The weights are right; the tanh around the second line is missing, and your h_t may leave −1 … 1.",
        ),
        Misconception(
            "sigmoids",
            _block(
                ask=lambda self, y, h: torch.sigmoid(self.hidden(torch.cat([y, h], dim=1))),
                mix=lambda self, context, query, h: torch.sigmoid(self.combine(torch.cat([context, query], 1))),
            ),
            "Your state is never negative: σ stands where the lecture has tanh.",
        ),
        Misconception(
            "mask_ignored",
            _block(
                look=lambda self, query, h, states, mask: attention_scores.attend(self.score(states, query), states)
            ),
            "Right without padding. With it, places without a word get a share: the mask is not handed on.",
        ),
        Misconception(
            "mask_inverted",
            _block(
                look=lambda self, query, h, states, mask: attention_scores.attend(
                    self.score(states, query), states, ~mask
                )
            ),
            "Only the padding is looked at: the mask is negated on its way. `attend` expects it as it is.",
        ),
        Misconception(
            "not_asked",
            _block(look=lambda self, query, h, states, mask: _even(states, mask)),
            "All words of a sentence get the same weight: the score takes no part.",
        ),
        Misconception(
            "residual",
            _block(mix=lambda self, context, query, h: h + torch.tanh(self.combine(torch.cat([context, query], 1)))),
            "The weights are right; the old state is added to the new one. The lecture's block has no such connection.",
        ),
        Misconception(
            "candidate_handed_on",
            _block(forward=_forward_with(lambda query, context, h: query)),
            "Scores and weights are right, but h′_t is handed on as the state. The next step reads h_t.",
        ),
        Misconception(
            "old_state_handed_on",
            _block(forward=_forward_with(lambda query, context, h: h)),
            "Scores and weights are right, but the state handed on is the old one: the decoder would stand still.",
        ),
        Misconception(
            "scores_as_weights",
            _block(step=lambda self, y, h, states, mask: _scores_returned(self, y, h, states, mask)),
            "The state is right. What you return as weights are the scores: they do not sum to one.",
        ),
        Misconception(
            "steps_results_swapped",
            _block(step=lambda self, y, h, states, mask: _Block.step(self, y, h, states, mask)[::-1]),
            "`step` returns its two results in the wrong order: first the state, then the weights.",
        ),
    ),
    hints=(
        "One line for each formula: h′_t, then the context by your own `attend`, then h_t. `torch.cat([...], dim=1)`"
        " is the square bracket of the formulas.",
        "The widths: `hidden` reads a word and a state, `combine` a context and a state, and both make a state."
        " `self.score(states, query)` gives the scores.",
        "`query = torch.tanh(self.hidden(torch.cat([y, h], dim=1)))`; `context, weights = attend(self.score(states,"
        " query), states, mask)`; then the same with `combine` and `[context, query]`.",
    ),
)


def _scores_returned(self: Any, y: Tensor, h: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    query = self.ask(y, h)
    context, _ = self.look(query, h, states, mask)
    return self.mix(context, query, h), self.score(states, query)


# --------------------------------------------------------------------------------- 9 · argmax alignment


def _map_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, length_t: int, length_s: int, words: int) -> Case:
        scores = normal(rng, length_t, length_s, std=1.5)
        mask = _mask(words, length=length_s)[0]
        return Case({"weights": torch.softmax(scores, dim=1), "mask": mask}, about, _map_sizes(length_t, length_s))

    hand = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3], [0.8, 0.1, 0.1]])
    tied = torch.tensor([[0.1, 0.4, 0.1, 0.4], [0.25, 0.25, 0.25, 0.25], [0.4, 0.4, 0.1, 0.1]])
    close = torch.tensor([[0.3331, 0.3333, 0.3336], [0.504, 0.496, 0.0], [0.2, 0.3, 0.5], [0.1, 0.2, 0.7]])
    nothing = torch.zeros(4, 5)
    even = torch.softmax(normal(rng, 3, 30, std=0.15), dim=1)
    small = Case(
        {"weights": even, "mask": torch.ones(30, dtype=torch.bool)}, "weights that are all small", _map_sizes(3, 30)
    )
    return [
        Case({"weights": hand, "mask": torch.ones(3, dtype=torch.bool)}, "the example worked by hand"),
        case("no padding", 5, 4, 4),
        case("padding that holds large numbers", 6, 8, 3),
        case("one word and the end", 2, 3, 3),
        case("a source of one word", 4, 1, 1),
        Case({"weights": tied, "mask": torch.ones(4, dtype=torch.bool)}, "equal weights", _map_sizes(3, 4)),
        Case({"weights": close[:, [1, 0, 2]], "mask": torch.ones(3, dtype=torch.bool)}, "weights close to each other"),
        Case({"weights": nothing, "mask": torch.zeros(5, dtype=torch.bool)}, "a source of padding", _map_sizes(4, 5)),
        case("only the end", 1, 4, 2),
        case("a long source", 4, 9, 9),
        small,
    ]


def _run_links(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Calls the answer, and tells of links that look right and are of no use to `error_rate`.

    Raises:
        Told: pairs that hold tensors, or no set.
    """
    links = answer(*inputs.values())
    if isinstance(links, dict) and not links:
        raise Told("`{}` is an empty dict. An empty set is written `set()`.")
    pairs = list(links) if isinstance(links, (set, frozenset, list, tuple)) else []
    if pairs and all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        if any(isinstance(place, Tensor) for pair in pairs for place in pair):
            raise Told(
                "The places in your pairs are tensors. Two tensors with the same number are two different members of a"
                " set, so no link would ever be found in gold: make plain whole numbers of them, `int(...)`."
            )
        if isinstance(links, (list, tuple)):
            raise Told(f"Your links are in a {type(links).__name__}; a set is asked for, `&` does not know others.")
    return links


def _map_sizes(length_t: int, length_s: int) -> dict[str, int]:
    return {"length_t": length_t, "length_s": length_s}


def _aligner(
    place: Callable[[Tensor], int] = lambda row: int(row.argmax()),
    rows: Callable[[Tensor], Tensor] = lambda weights: weights[:-1],
    hide: Callable[[Tensor, Tensor], Tensor] = lambda weights, mask: weights.masked_fill(~mask, -1.0),
    link: Callable[[int, int], Any] = lambda s, t: (s, t),
    none: Callable[[Tensor], bool] = lambda mask: not mask.any(),
) -> Callable[[Tensor, Tensor], Any]:
    def answer(weights: Tensor, mask: Tensor) -> Any:
        if none(mask):
            return set()
        return {link(place(row), t) for t, row in enumerate(rows(hide(weights, mask)))}

    return answer


def _rightmost(row: Tensor) -> int:
    return int((row == row.max()).nonzero()[-1])


def _above(limit: float) -> Callable[[Tensor, Tensor], Any]:
    def answer(weights: Tensor, mask: Tensor) -> Any:
        seen = (weights[:-1] > limit) & mask
        return {(s, t) for t, s in seen.nonzero().tolist()}

    return answer


def _for_each_source_word(weights: Tensor, mask: Tensor) -> Any:
    if not mask.any() or len(weights) < 2:
        return set()
    best = weights[:-1].argmax(dim=0)
    return {(s, int(best[s])) for s in range(len(mask)) if mask[s]}


def _last_column_cut(weights: Tensor, mask: Tensor) -> Any:
    return _aligner()(weights[:, :-1], mask[:-1])


def _in_order(weights: Tensor, mask: Tensor) -> list[tuple[int, int]]:
    return sorted(_aligner()(weights, mask), key=lambda link: link[1])


def _one_to_one(weights: Tensor, mask: Tensor) -> Any:
    links: set[tuple[int, int]] = set()
    for t, row in enumerate(weights[:-1]):
        free = [s for s in range(len(mask)) if mask[s] and s not in {used for used, _ in links}]
        if free:
            links.add((max(free, key=lambda s, row=row: float(row[s])), t))  # type: ignore[misc]
    return links


ARGMAX_ALIGNMENT = Exercise(
    id="alignment.argmax_alignment",
    lesson="09",
    title="Which word stands for which?",
    reference=alignment.argmax_alignment,
    cases=_map_cases,
    run=_run_links,
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "end_linked",
            _aligner(rows=lambda weights: weights),
            "There is a link too many, for the last row: it belongs to EOS, the end of the sentence, and that is no"
            " word.",
        ),
        Misconception(
            "target_first",
            _aligner(link=lambda s, t: (t, s)),
            "The right words are linked, but the pairs are turned: first the place in the source, then the place in the"
            " target.",
        ),
        Misconception(
            "mask_ignored",
            _aligner(hide=lambda weights, mask: weights, none=lambda mask: not mask.any()),
            "Right without padding. With it, some words are linked with places where no word stands.",
        ),
        Misconception(
            "mask_forgotten_everywhere",
            _aligner(hide=lambda weights, mask: weights, none=lambda mask: False),
            "Padding is linked too: the mask takes no part, neither for places nor for a source of padding alone.",
        ),
        Misconception(
            "empty_source_linked",
            _aligner(none=lambda mask: False),
            "Right but for a source of padding alone: there `argmax` still finds a largest number, at place 0. No word,"
            " no link.",
        ),
        Misconception(
            "mask_inverted",
            lambda weights, mask: _aligner()(weights, ~mask),
            "Words are linked with padding: the mask is read the wrong way round. True means that a word stands there.",
        ),
        Misconception(
            "rightmost",
            _aligner(place=_rightmost),
            "Right until two weights are equal: you take the last of them, the leftmost is asked for.",
        ),
        Misconception(
            "all_largest",
            lambda weights, mask: (
                {
                    (s, t)
                    for t, row in enumerate(weights.masked_fill(~mask, -1.0)[:-1])
                    for s in (row == row.max()).nonzero().flatten().tolist()
                }
                if mask.any()
                else set()
            ),
            "Where several weights are equally large you link all of them. One link for each word: the leftmost.",
        ),
        Misconception(
            "above_half",
            _above(0.5),
            "Words that look at several places get no link: only weights above one half count for you. Every word gets"
            " one link, to where it looks most.",
        ),
        Misconception(
            "every_look",
            _above(0.0),
            "Every word is linked with every other: a softmax leaves no word quite without weight. Take the largest of"
            " a row.",
        ),
        Misconception(
            "for_each_source_word",
            _for_each_source_word,
            "You choose a target word for each word of the *source*: the largest of each column. A row belongs to one"
            " word that was written, and is to be searched.",
        ),
        Misconception(
            "first_row_dropped",
            lambda weights, mask: {(s, t) for s, t in _aligner(rows=lambda w: w)(weights, mask) if t > 0},
            "The first word has no link, and the end of the sentence has one: the row to be left out is the last one."
            " Row 0 was written first; what was read before it, BOS, has no row.",
        ),
        Misconception(
            "rows_shifted",
            lambda weights, mask: _aligner(rows=lambda w: w[1:])(weights, mask),
            "Each word has the link of the word after it: the row left out is the first. Row 0 belongs to the first"
            " word written; the last one, of `<eos>`, is to be left out.",
        ),
        Misconception(
            "dropped_at_padding",
            lambda weights, mask: {(s, t) for s, t in _aligner(hide=lambda w, m: w)(weights, mask) if mask[s]},
            "Where padding has the largest weight, the word gets no link at all. Padding is to be left out *before* the"
            " largest is looked for.",
        ),
        Misconception(
            "two_rows_cut",
            lambda weights, mask: _aligner(rows=lambda w: w[:-2])(weights, mask),
            "The last word has no link: two rows are left out at the end. Only the last row belongs to `<eos>`.",
        ),
        Misconception(
            "last_column_cut",
            _last_column_cut,
            "The last word of the source is never linked. Only the last *row*, of `<eos>`, is to be left out.",
        ),
        Misconception(
            "one_to_one",
            _one_to_one,
            "A source word is linked only once with you: a second word that looks at it is sent elsewhere. Several"
            " words may look at the same place.",
        ),
        Misconception(
            "last_link_of_a_source",
            lambda weights, mask: {(s, t) for s, t in dict(_in_order(weights, mask)).items()},
            "Where several words look at the same place, only the last of them is linked: a dict has one entry for each"
            " key. Every word that was written keeps its link.",
        ),
        Misconception(
            "first_link_of_a_source",
            lambda weights, mask: {(s, t) for s, t in dict(_in_order(weights, mask)[::-1]).items()},
            "Where several words look at the same place, only the first of them is linked. Every word that was written"
            " keeps its link, so a place may have several.",
        ),
        Misconception(
            "counted_from_one",
            _aligner(link=lambda s, t: (s + 1, t + 1)),
            "All places are too large by one: they are counted from 0.",
        ),
        Misconception(
            "least",
            _aligner(place=lambda row: int(row.masked_fill(row < 0, 2.0).argmin())),
            "These are the words that were looked at least.",
        ),
        Misconception(
            "places_only",
            lambda weights, mask: [s for s, _ in _in_order(weights, mask)],
            "You return the places in the source, one for each word. Asked for is a set of pairs, (source, target).",
        ),
    ),
    properties=(
        Property(
            "every_word_linked",
            lambda case, links: not set(links) < alignment.argmax_alignment(**case.inputs),
            "A word of the translation has no link. Each gets one, however small or equal its weights are; only the"
            " last row, of `<eos>`, gets none.",
        ),
    ),
    hints=(
        "One link a row. Which rows belong to words, and which places may be chosen?",
        "Weights are never negative: padding that is filled with −1 cannot win. `argmax(dim=1)` gives the first of"
        " several equal numbers.",
        "`places = weights.masked_fill(~mask, -1.0).argmax(dim=1)`, then `{(int(s), t) for t, s in"
        " enumerate(places[:-1])}`; and an empty set first if the mask has no True.",
    ),
)

# --------------------------------------------------------------------------------------- 10 · error rate


def _links(rng: np.random.Generator, count: int, length: int = 7) -> list[tuple[int, int]]:
    picked = rng.permutation(length * length)[:count]
    return [(int(n) // length, int(n) % length) for n in picked]


def _alignment_cases(rng: np.random.Generator) -> list[Case]:
    hand = {"found": {(0, 0), (1, 2), (2, 1)}, "sure": {(0, 0), (1, 1), (2, 1), (3, 2)}, "possible": {(1, 2)}}
    ordered, start, end = _links(rng, 24), int(rng.integers(3, 8)), int(rng.integers(11, 18))
    found, sure = set(ordered[:9]), set(ordered[start:end])
    apart = {(8, i) for i in range(5)}
    return [
        Case({"found": {(0, 0), (1, 2)}, "sure": {(0, 0), (1, 1), (2, 2)}}, "three sure links"),
        Case(hand, "the example worked by hand"),
        Case({"found": set(sure), "sure": set(sure)}, "all found"),
        Case({"found": apart, "sure": set(sure)}, "nothing right"),
        Case(
            {"found": found, "sure": sure, "possible": set(ordered[start + 1 : end + 4])},
            "possible links, some of them sure too",
        ),
        Case({"found": found, "sure": sure, "possible": set(ordered[:start])}, "possible links, all of them found"),
        Case({"found": set(), "sure": sure, "possible": found}, "nothing found"),
        Case({"found": set(), "sure": set()}, "nothing found, nothing to find"),
        Case({"found": {(1, 1), (0, 2), (2, 2)}, "sure": set(), "possible": {(1, 1)}}, "nothing sure"),
        Case({"found": {(0, 1), (2, 0)}, "sure": set()}, "links found where there is nothing to find"),
        Case({"found": set(), "sure": set(), "possible": {(0, 0), (2, 1)}}, "nothing found, nothing sure"),
    ]


def _rate(
    hits: Callable[..., float], total: Callable[..., float], empty: float = 0.0, error: bool = True
) -> Callable[..., float]:
    def answer(found: Any, sure: Any, possible: Any = frozenset()) -> float:
        below = total(found, sure, possible)
        if not below:
            return empty
        share = hits(found, sure, possible) / below
        return 1 - share if error else share

    return answer


def _right_hits(a: Any, s: Any, p: Any) -> int:
    return len(a & s) + len(a & (s | p))


def _both(a: Any, s: Any, p: Any) -> int:
    return len(a) + len(s)


ERROR_RATE = Exercise(
    id="alignment.error_rate",
    lesson="09",
    title="The alignment error rate",
    reference=alignment.error_rate,
    cases=_alignment_cases,
    points=1,
    minutes=6,
    difficulty=1,
    misconceptions=(
        Misconception(
            "accuracy",
            _rate(_right_hits, _both, empty=1.0, error=False),
            "A perfect alignment gets 1 from you: this is a share of right links. An error rate is 1 minus that.",
        ),
        Misconception(
            "accuracy_empty_zero",
            _rate(_right_hits, _both, error=False),
            "This is the share of right links, which is 1 for a perfect alignment. The error rate is 1 minus it.",
        ),
        Misconception(
            "possible_ignored",
            _rate(lambda a, s, p: 2 * len(a & s), _both),
            "Right while no link is merely possible. Such links take no part in your number: finding one should not"
            " count as an error.",
        ),
        Misconception(
            "sure_not_possible",
            _rate(lambda a, s, p: len(a & s) + len(a & p), _both),
            "A sure link that was found counts once for you, and should count twice: every sure link is possible too,"
            " so P is S and the possible links together.",
        ),
        Misconception(
            "possible_to_be_found",
            _rate(lambda a, s, p: 2 * len(a & (s | p)), lambda a, s, p: len(a) + len(s | p)),
            "You treat possible links as sure ones: not finding them costs something. Only sure links have to be"
            " found.",
        ),
        Misconception(
            "precision_only",
            _rate(lambda a, s, p: len(a & (s | p)), lambda a, s, p: len(a), 0.0),
            "You ask only how many of the found links are right. Finding a single sure link would then be perfect.",
        ),
        Misconception(
            "recall_only",
            _rate(lambda a, s, p: len(a & s), lambda a, s, p: len(s)),
            "You ask only how many of the sure links were found. Linking everything with everything would then be"
            " perfect.",
        ),
        Misconception(
            "union_below",
            _rate(lambda a, s, p: len(a & s), lambda a, s, p: len(a | s)),
            "You divide by all links that stand in either set. The formula divides by |A| + |S|, which counts the"
            " common ones twice, as the numerator does.",
        ),
        Misconception(
            "union_below_only",
            _rate(_right_hits, lambda a, s, p: len(a | s)),
            "The numerator is right. Below stands |A| + |S|: a link in both sets counts twice there, as it does above.",
        ),
        Misconception(
            "possible_below",
            _rate(_right_hits, lambda a, s, p: len(a) + len(s | p)),
            "The numerator is right. Below stands |A| + |S|: links that are merely possible need not be found.",
        ),
        Misconception(
            "found_below",
            _rate(_right_hits, lambda a, s, p: len(a)),
            "You divide by |A| alone. The formula has |A| + |S| below: links that were missed count too.",
        ),
        Misconception(
            "either_empty",
            lambda found, sure, possible=frozenset(): (
                _rate(_right_hits, _both)(found, sure, possible) if found and sure else 0.0
            ),
            "Right but where only one side is empty: there nothing was found that is sure, which is an error. The rate"
            " is 0 without a formula only if both are empty.",
        ),
        Misconception(
            "nothing_to_find",
            lambda found, sure, possible=frozenset(): (
                _rate(_right_hits, _both)(found, sure, possible) if sure | possible else 0.0
            ),
            "Right but where links were found and there was nothing to find: all of them are wrong, so the rate is 1.",
        ),
        Misconception(
            "no_guard",
            lambda found, sure, possible=frozenset(): 1 - _right_hits(found, sure, possible) / (len(found) + len(sure)),
            "Right but where nothing is to be found and nothing was: the formula divides by 0 there. The rate is 0.",
        ),
        Misconception(
            "guard_looks_at_possible",
            lambda found, sure, possible=frozenset(): (
                1 - _right_hits(found, sure, possible) / (len(found) + len(sure)) if found or sure | possible else 0.0
            ),
            "Right but where nothing was found and links are merely possible: |A| + |S| is 0 there too, because"
            " possible links stand in neither. They need not be found, so the rate is 0.",
        ),
        Misconception(
            "possible_missed",
            lambda found, sure, possible=frozenset(): (
                1.0 if not found and possible else _rate(_right_hits, _both)(found, sure, possible)
            ),
            "Right but where nothing was found and links are merely possible: you call that an error. Only sure links"
            " have to be found, so the rate is 0.",
        ),
        Misconception(
            "nothing_found_zero",
            lambda found, sure, possible=frozenset(): (
                _rate(_right_hits, _both)(found, sure, possible) if found else 0.0
            ),
            "Right but where nothing was found and something is sure: all of that is missed, so the rate is 1 there."
            " It is 0 only if nothing had to be found.",
        ),
        Misconception(
            "nothing_sure_zero",
            lambda found, sure, possible=frozenset(): _rate(_right_hits, _both)(found, sure, possible) if sure else 0.0,
            "Right but where links were found and none is sure: you return 0 there. Found links that are not even"
            " possible are errors; the formula counts them.",
        ),
        Misconception(
            "all_possible_zero",
            lambda found, sure, possible=frozenset(): (
                0.0 if found and found <= sure | possible else _rate(_right_hits, _both)(found, sure, possible)
            ),
            "You return 0 wherever every found link is possible. Sure links that were not found are errors too.",
        ),
        Misconception(
            "possible_removed",
            lambda found, sure, possible=frozenset(): _rate(_right_hits, _both)(found - (possible - sure), sure, set()),
            "You take the links that are merely possible out of `found` before you count. In the formula they stay:"
            " such a link counts once above, in A ∩ P, and once below, in |A|.",
        ),
        Misconception(
            "possible_half",
            _rate(lambda a, s, p: 2 * len(a & s) + 0.5 * len(a & (p - s)), _both),
            "A link that is merely possible adds one half above with you. It adds 1, for A ∩ P, and a sure one 2:"
            " that is how the first costs nothing.",
        ),
        Misconception(
            "possible_counted_twice",
            _rate(lambda a, s, p: len(a & s) + sum(link in a for link in [*s, *p]), _both),
            "A link that is given as sure *and* as possible counts twice with you. P is the union of both sets.",
        ),
        Misconception(
            "no_possible_no_p",
            _rate(lambda a, s, p: len(a & s) + (len(a & (s | p)) if p else 0), _both),
            "Where no link is merely possible you leave A ∩ P out. P is then all of S, and not empty.",
        ),
        Misconception(
            "half",
            _rate(_right_hits, lambda a, s, p: 2 * (len(a) + len(s))),
            "A perfect alignment gets one half from you: numerator and denominator are both sums of two counts, so"
            " nothing needs to be halved.",
        ),
        Misconception(
            "percent",
            lambda found, sure, possible=frozenset(): 100 * _rate(_right_hits, _both)(found, sure, possible),
            "Your numbers go up to 100. A rate between 0 and 1 is asked for.",
        ),
        Misconception(
            "empty_is_one",
            _rate(_right_hits, _both, empty=1.0),
            "Right but where nothing is to be found and nothing was: no error was made there, so the rate is 0.",
        ),
        Misconception(
            "wrong_links_counted",
            lambda found, sure, possible=frozenset(): float(len(found ^ sure)),
            "You count the links that stand in one set only. A rate is asked for: 1 minus a share.",
        ),
    ),
    hints=(
        "Sets know intersection, `&`, and union, `|`; `len` counts.",
        "P is `sure | possible`. Before you divide: can the denominator be 0?",
        "`1 - (len(found & sure) + len(found & (sure | possible))) / (len(found) + len(sure))`, and 0.0 if both are"
        " empty.",
    ),
)

# ---------------------------------------------------------------------------------- 8 · Bahdanau's block


def _bahdanau_layers(rng: np.random.Generator, sizes: Mapping[str, int]) -> dict[str, Tensor]:
    d, wide = sizes["d"], sizes["d_embedding"] + sizes["d_encoder"]
    return {
        "cell.weight_ih": normal(rng, 3 * d, wide, std=1.2 / math.sqrt(wide)),
        "cell.weight_hh": normal(rng, 3 * d, d, std=1.2 / math.sqrt(d)),
        "cell.bias_ih": normal(rng, 3 * d, std=0.5),
        "cell.bias_hh": normal(rng, 3 * d, std=0.5),
        **_linear(rng, "output", sizes["words"], d),
    }


class _Bahdanau(nn.Module):
    """The reference's parameters, for wrong blocks to inherit."""

    def __init__(self, words: int, d_embedding: int, d_encoder: int, d: int, score: nn.Module) -> None:
        super().__init__()
        self.score = score
        self.cell = nn.GRUCell(d_embedding + d_encoder, d)
        self.output = nn.Linear(d, words)

    def look(self, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return attention_scores.attend(self.score(states, s), states, mask)

    def turn(self, y: Tensor, context: Tensor, s: Tensor) -> Tensor:
        return self.cell(torch.cat([y, context], dim=1), s)

    def step(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> Any:
        context, weights = self.look(s, states, mask)
        return self.turn(y, context, s), weights

    def forward(self, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> Any:
        s, weights = self.step(y, s, states, mask)
        return self.output(s), s, weights


def _bahdanau(**methods: Callable[..., Any]) -> type:
    return changed(_Bahdanau, **methods)


def _looks_again(self: Any, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    context, _ = self.look(s, states, mask)
    new = self.turn(y, context, s)
    return new, self.look(new, states, mask)[1]


def _luong_order(self: Any, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    first = self.turn(y, torch.zeros(len(y), states.shape[2], dtype=y.dtype), s)
    context, weights = self.look(first, states, mask)
    return self.turn(y, context, s), weights


def _gate_turned(self: Any, y: Tensor, context: Tensor, s: Tensor) -> Tensor:
    read = F.linear(torch.cat([y, context], dim=1), self.cell.weight_ih, self.cell.bias_ih).chunk(3, 1)
    kept = F.linear(s, self.cell.weight_hh, self.cell.bias_hh).chunk(3, 1)
    z = torch.sigmoid(read[1] + kept[1])
    return (1 - z) * s + z * torch.tanh(read[2] + torch.sigmoid(read[0] + kept[0]) * kept[2])


def _bahdanau_scores(self: Any, y: Tensor, s: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    context, _ = self.look(s, states, mask)
    return self.turn(y, context, s), self.score(states, s)


BAHDANAU_BLOCK = Exercise(
    id="decoder_block.bahdanau_block",
    lesson="09",
    title="Bahdanau's block",
    reference=decoder_block.BahdanauBlock,
    cases=_block_cases(_bahdanau_layers),
    run=_run_block,
    judge=judge_tensors("scores of words", "state", "weights"),
    points=3,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "new_state_asks",
            _bahdanau(step=_luong_order),
            "The weights are already wrong: a first new state, made without a context, asks. In Bahdanau's block the"
            " old state s_{t−1} asks, and there is one new state only.",
        ),
        Misconception(
            "looks_again",
            _bahdanau(step=_looks_again),
            "The state is right, but the weights returned are those of a second look, with the new state. Return the"
            " weights that made the context.",
        ),
        Misconception(
            "context_first",
            _bahdanau(turn=lambda self, y, context, s: self.cell(torch.cat([context, y], dim=1), s)),
            "The weights are right. The cell reads [y, c_t], the word first; the shapes would fit either way.",
        ),
        Misconception(
            "state_left_out",
            _bahdanau(turn=lambda self, y, context, s: self.cell(torch.cat([y, context], dim=1))),
            "The weights are right, but the cell starts from zeros at every step: it is not given s_{t−1}.",
        ),
        Misconception(
            "context_left_out",
            _bahdanau(turn=lambda self, y, context, s: self.cell(torch.cat([y, 0 * context], dim=1), s)),
            "The weights are right, but the context does not reach the cell.",
        ),
        Misconception(
            "mask_ignored",
            _bahdanau(look=lambda self, s, states, mask: attention_scores.attend(self.score(states, s), states)),
            "Right without padding. With it, places without a word get a share: the mask is not handed on.",
        ),
        Misconception(
            "mask_inverted",
            _bahdanau(look=lambda self, s, states, mask: attention_scores.attend(self.score(states, s), states, ~mask)),
            "Only the padding is looked at: the mask is negated on its way. `attend` expects it as it is.",
        ),
        Misconception(
            "not_asked",
            _bahdanau(look=lambda self, s, states, mask: _even(states, mask)),
            "All words of a sentence get the same weight: the score takes no part.",
        ),
        Misconception(
            "gate_turned",
            _bahdanau(turn=_gate_turned),
            "The weights are right. In your GRU the gate z is turned round: PyTorch's z says how much of the *old*"
            " state stays. Let `self.cell` do it.",
        ),
        Misconception(
            "dot_alone",
            _bahdanau(look=lambda self, s, states, mask: _by_dot(states, s, mask)),
            DOT_ALONE,
        ),
        Misconception(
            "dot_where_it_fits",
            _bahdanau(
                look=lambda self, s, states, mask: (
                    _by_dot(states, s, mask) if states.shape[2] == s.shape[1] else _Bahdanau.look(self, s, states, mask)
                )
            ),
            DOT_WHERE_IT_FITS,
        ),
        Misconception(
            "empty_row_nan",
            _bahdanau(look=lambda self, s, states, mask: _uncleared(self.score(states, s), states, mask)),
            OWN_SOFTMAX,
        ),
        Misconception(
            "scaled",
            _bahdanau(
                look=lambda self, s, states, mask: attention_scores.attend(
                    self.score(states, s) / math.sqrt(states.shape[2]), states, mask
                )
            ),
            "Your weights are too even: the scores are divided by √d, as in lesson 10. Take them as they come.",
        ),
        Misconception(
            "context_is_mean",
            _bahdanau(
                look=lambda self, s, states, mask: (
                    _mean_state(states, mask),
                    attention_scores.attend(self.score(states, s), states, mask)[1],
                )
            ),
            "The weights are right, but they take no part in the context, which is the plain mean of the states.",
        ),
        Misconception(
            "squashed_query",
            _bahdanau(
                look=lambda self, s, states, mask: attention_scores.attend(
                    self.score(states, torch.tanh(s)), states, mask
                )
            ),
            "The weights are already wrong: a tanh stands around s_{t−1} before it asks. It asks as it is.",
        ),
        Misconception(
            "tanh_after",
            _bahdanau(turn=lambda self, y, context, s: torch.tanh(self.cell(torch.cat([y, context], dim=1), s))),
            "The weights are right; a tanh stands around the cell. A GRU cell has its own inside.",
        ),
        Misconception(
            "residual",
            _bahdanau(turn=lambda self, y, context, s: s + self.cell(torch.cat([y, context], dim=1), s)),
            "The weights are right; the old state is added once more. A GRU cell keeps of it what it wants to keep.",
        ),
        Misconception(
            "old_state_returned",
            _bahdanau(turn=lambda self, y, context, s: s + 0 * self.cell(torch.cat([y, context], dim=1), s)),
            "The weights are right; what you return as the new state is the old one.",
        ),
        Misconception(
            "scores_as_weights",
            _bahdanau(step=_bahdanau_scores),
            "The state is right. What you return as weights are the scores: they do not sum to one.",
        ),
        Misconception(
            "steps_results_swapped",
            _bahdanau(step=lambda self, y, s, states, mask: _Bahdanau.step(self, y, s, states, mask)[::-1]),
            "`step` returns its two results in the wrong order: first the state, then the weights.",
        ),
    ),
    hints=(
        "Two lines: look, then turn the state. Which state can ask, when the new one is not made yet?",
        "The cell reads a word and a context side by side, so its input is d_embedding + d_encoder wide;"
        " `self.cell(input, s)` gives the new state.",
        "`context, weights = attend(self.score(states, s), states, mask)`, then `self.cell(torch.cat([y, context],"
        " dim=1), s)`.",
    ),
)

# ----------------------------------------------------------------------------------------------- registry


EXERCISES: tuple[Exercise, ...] = (
    LOG_PROBABILITY,
    LAST_STATE,
    BILINEAR_SCORE,
    DOT_SCORES,
    ATTEND,
    ADDITIVE_SCORE,
    DECODER_BLOCK,
    BAHDANAU_BLOCK,
    ARGMAX_ALIGNMENT,
    ERROR_RATE,
)
