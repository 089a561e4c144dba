"""The exercises of lesson 12, BERT: cases, known mistakes and what to say about them, hints."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import bert, bert_inputs, bert_tuning, masked_lm
from utils.attention import FusedAttention
from utils.bert import BertConfig
from utils.checks.compare import compare
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Told
from utils.checks.modules import call_unchanged, changed, load_by_name, random_state, randomised, run_module
from utils.checks.tensors import (
    differentiate,
    integers,
    judge_tensors,
    normal,
    or_error,
    random_mask,
)
from utils.transformer import LayerNorm

# ------------------------------------------------------------------------------------- 1 · who sees whom


def _real(rng: np.random.Generator, batch: int, length: int) -> Tensor:
    """Tokens first, padding behind; the rows have different lengths, the first is full."""
    lengths = torch.tensor([length, *(1 + (row * 2) % length for row in range(batch - 1))])
    return torch.arange(length) < lengths[:, None]


def _visible_cases(rng: np.random.Generator) -> list[Case]:
    def case(batch: int, length: int, *causal: bool) -> Case:
        inputs = {"real": _real(rng, batch, length), **dict(zip(("causal",), causal))}
        rule = "GPT's rule" if causal and causal[0] else "BERT's rule"
        return Case(inputs, f"{length} tokens, {rule}", {"batch": batch, "length": length})

    def with_gaps(batch: int, length: int, *causal: bool) -> Case:
        real = random_mask(rng, batch, length, share=0.7)
        real[0, :2] = torch.tensor([False, True])
        real[1] = torch.arange(length) != 1
        inputs = {"real": real, **dict(zip(("causal",), causal))}
        return Case(inputs, "padding in front and inside", {"batch": batch, "length": length})

    extra = int(rng.integers(6, 9))
    empty = case(3, 4, True)
    empty.inputs["real"][1] = False
    return [
        case(1, 3),
        case(1, 4, True),
        case(2, 5),
        case(3, 4, False),
        case(3, 5, True),
        case(2, 1),
        case(2, extra),
        with_gaps(3, 5),
        with_gaps(2, 4, True),
        dataclasses.replace(empty, about="a row of padding only"),
    ]


def _real_by_length(real: Tensor) -> Tensor:
    """As many tokens in each row, all of them in front."""
    return torch.arange(real.shape[1]) < real.sum(1, keepdim=True)


def _square(real: Tensor) -> Tensor:
    return torch.ones(real.shape[1], real.shape[1], dtype=torch.bool)


def _keys(real: Tensor) -> Tensor:
    return real[:, None, None, :]


VISIBLE = Exercise(
    id="bert.visible",
    lesson="12",
    title="Who sees whom",
    reference=bert.visible,
    cases=_visible_cases,
    points=1,
    minutes=6,
    difficulty=1,
    misconceptions=(
        Misconception(
            "padding_visible",
            lambda real, causal=False: (
                (_square(real).tril() if causal else _square(real)).expand(len(real), 1, -1, -1).clone()
            ),
            "Your table is the same for every sentence: padding is looked at like a word. `real` says, row by row,"
            " which columns must be False.",
        ),
        Misconception(
            "rows_of_padding",
            lambda real, causal=False: real[:, None, :, None] & (_square(real).tril() if causal else _square(real)),
            "You hide the *rows* of padding: padding may look nowhere, but all words may still look at it. Row = who"
            " looks, column = at whom; it is the columns that have to go.",
        ),
        Misconception(
            "rows_and_columns",
            lambda real, causal=False: (
                _keys(real) & real[:, None, :, None] & (_square(real).tril() if causal else _square(real))
            ),
            "Padding is rightly seen by nobody, but your padding sees nobody either. The contract has one rule for all"
            " rows (and a row without any True gives nan in many a softmax).",
        ),
        Misconception(
            "always_both_sides",
            lambda real, causal=False: _keys(real) & _square(real),
            "With `causal=True` your tokens still see what comes after them: the flag changes nothing.",
        ),
        Misconception(
            "always_causal",
            lambda real, causal=False: _keys(real) & _square(real).tril(),
            "Your BERT reads like GPT: without the flag, too, a token sees only what stands before it.",
        ),
        Misconception(
            "flag_turned_round",
            lambda real, causal=False: _keys(real) & (_square(real) if causal else _square(real).tril()),
            "The two rules have changed places: with `causal=True` your tokens see both sides, without it only one.",
        ),
        Misconception(
            "future_instead_of_past",
            lambda real, causal=False: _keys(real) & (_square(real).triu() if causal else _square(real)),
            "BERT's table is right. In your table for GPT a token sees itself and what comes *after* it. Row i is the"
            " token that looks: which columns has it already read?",
        ),
        Misconception(
            "not_even_itself",
            lambda real, causal=False: _keys(real) & (_square(real).tril(-1) if causal else _square(real)),
            "BERT's table is right. In GPT's a token may look at itself too: your diagonal is False.",
        ),
        Misconception(
            "one_place_ahead",
            lambda real, causal=False: _keys(real) & (_square(real).tril(1) if causal else _square(real)),
            "BERT's table is right. In GPT's a token sees one place too far: the very token that it has to guess.",
        ),
        Misconception(
            "padding_seen_by_gpt",
            lambda real, causal=False: (
                _square(real).tril().expand(len(real), 1, -1, -1).clone() if causal else _keys(real) & _square(real)
            ),
            "BERT's table is right. In GPT's the padding can be looked at: that rule needs both, j ≤ i *and* a token.",
        ),
        Misconception(
            "or_for_and",
            lambda real, causal=False: _keys(real) | _square(real).tril() if causal else _keys(real) & _square(real),
            "BERT's table is right. In GPT's one of two reasons is enough to look; a column has to be a token *and* to"
            " stand at or before the row.",
        ),
        Misconception(
            "causal_by_default",
            lambda real, causal=True: _keys(real) & (_square(real).tril() if causal else _square(real)),
            "Right where the flag is given. Left out, it means BERT: the default of `causal` is False.",
        ),
        Misconception(
            "each_sees_itself",
            lambda real, causal=False: (
                _keys(real) & (_square(real).tril() if causal else _square(real))
                | torch.eye(real.shape[1], dtype=torch.bool)
            ),
            "Your padding sees itself. Nobody looks at padding, not even padding.",
        ),
        Misconception(
            "lengths_alone",
            lambda real, causal=False: (
                _keys(_real_by_length(real)) & (_square(real).tril() if causal else _square(real))
            ),
            "Right where padding stands at the end. You use only how many tokens a row has; `real` says which places"
            " they stand at.",
        ),
        Misconception(
            "empty_row_sees_itself",
            lambda real, causal=False: (
                _keys(real) & (_square(real).tril() if causal else _square(real))
                | (~real.any(1)[:, None, None, None] & torch.eye(real.shape[1], dtype=torch.bool))
            ),
            "Right but for a row of padding only: there, too, nobody looks at padding, and the whole table is False.",
        ),
        Misconception(
            "minus_infinity",
            lambda real, causal=False: torch.zeros(len(real), 1, real.shape[1], real.shape[1]).masked_fill(
                ~(_keys(real) & (_square(real).tril() if causal else _square(real))), -torch.inf
            ),
            "Your table holds 0 and −∞, to be added to scores. The attention of this course takes a boolean mask.",
        ),
        Misconception(
            "true_means_hidden",
            lambda real, causal=False: ~(_keys(real) & (_square(real).tril() if causal else _square(real))),
            'Your True stand exactly where looking is forbidden. In this course True means "may look".',
        ),
        Misconception(
            "no_heads",
            lambda real, causal=False: real[:, None, :] & (_square(real).tril() if causal else _square(real)),
            "The table is right, but it has three dimensions. Attention has one for the heads as well, behind the"
            " batch;"
            " give it the size 1, so that all heads share the table.",
        ),
        Misconception(
            "one_row",
            lambda real, causal=False: _keys(real) & _square(real).tril() if causal else _keys(real),
            "BERT's table has one row where the contract asks for one a token. It would broadcast in attention; make it"
            " whole, so that both rules give the same shape.",
        ),
        Misconception(
            "numbers",
            lambda real, causal=False: (_keys(real) & (_square(real).tril() if causal else _square(real))).float(),
            "The places are right, but your table holds numbers. The attention of this course takes a boolean mask.",
        ),
    ),
    hints=(
        "Two questions for each row and column: is the column a token, and (for GPT alone) does it stand at or before"
        " the row?",
        "`real[:, None, None, :]` has the shape (batch, 1, 1, length): the columns. A lower triangle (length, length)"
        " is"
        " the second question; `&` joins the two by broadcasting.",
        "`allowed = torch.ones(length, length, dtype=torch.bool)`, `.tril()` of it if causal, and return `real[:, None,"
        " None, :] & allowed`.",
    ),
)

# ------------------------------------------------------------------------------------------ 2 · blanks

MASK = 4


def _draws(rng: np.random.Generator, batch: int, length: int, vocabulary: int = 40) -> dict[str, Any]:
    """The actions hit all three kinds several times, whatever the seed; so do the chances."""
    count = batch * length
    action = (rng.permutation(count) + rng.random(count)) / count
    chance = (rng.permutation(count) + rng.random(count)) / count
    ids = integers(rng, vocabulary, batch, length, low=5)
    strangers = torch.where(ids + 7 < vocabulary, ids + 7, ids + 7 - vocabulary + 5)  # never the token itself
    return {
        "ids": ids,
        "allowed": torch.ones(batch, length, dtype=torch.bool),
        "chance": torch.tensor(chance).reshape(batch, length),
        "action": torch.tensor(action).reshape(batch, length),
        "strangers": strangers,
        "mask_id": MASK,
    }


def _corrupt_cases(rng: np.random.Generator) -> list[Case]:
    def sized(batch: int, length: int) -> dict[str, int]:
        return {"batch": batch, "length": length}

    one = {
        "ids": torch.tensor([[2, 17, 23, 31, 12, 3]]),
        "allowed": torch.tensor([[False, True, True, True, True, False]]),
        "chance": torch.tensor([[0.01, 0.05, 0.10, 0.02, 0.50, 0.03]], dtype=torch.float64),
        "action": torch.tensor([[0.10, 0.30, 0.85, 0.95, 0.20, 0.85]], dtype=torch.float64),
        "strangers": torch.tensor([[35, 36, 37, 38, 39, 34]]),
        "mask_id": MASK,
    }
    many = _draws(rng, 9, 40)
    many["allowed"] = random_mask(rng, 9, 40, share=0.8)
    few = {**_draws(rng, 7, 12), "probability": 0.5}
    all_of_them = {**_draws(rng, 3, 20), "mask_id": 41, "probability": 1}
    all_of_them["allowed"][:, 0] = False
    none = {**_draws(rng, 2, 10), "probability": 0.0}
    none["chance"][0, 0] = 0.0
    edges = {
        "ids": torch.tensor([[11, 12, 13, 14, 15]]),
        "allowed": torch.ones(1, 5, dtype=torch.bool),
        "chance": torch.tensor([[0.25, 0.2, 0.2, 0.0, 0.24]], dtype=torch.float64),
        "action": torch.tensor([[0.1, 0.8, 0.9, 0.0, 0.79]], dtype=torch.float64),
        "strangers": torch.tensor([[21, 22, 23, 24, 25]]),
        "mask_id": MASK,
        "probability": 0.25,
    }
    return [
        Case(one, "[CLS], four words, [SEP]", sized(1, 6)),
        Case(many, "called without a probability: 15 %", sized(9, 40)),
        Case(few, "probability 0.5", sized(7, 12)),
        Case(all_of_them, "probability 1, another number for [MASK]", sized(3, 20)),
        Case(none, "probability 0", sized(2, 10)),
        Case(edges, "draws on the borders: 0.25, 0.8 and 0.9 exactly", sized(1, 5)),
        Case({**_draws(rng, 1, 1), "probability": 0.5}, "a single token", sized(1, 1)),
    ]


def _corrupted(
    chosen: Callable[[Tensor, Tensor, float], Tensor] = lambda allowed, chance, p: allowed & (chance < p),
    masked: Callable[[Tensor, Tensor], Tensor] = lambda chosen, action: chosen & (action < 0.8),
    swapped: Callable[[Tensor, Tensor], Tensor] = lambda chosen, action: chosen & (action >= 0.8) & (action < 0.9),
    labels: Callable[[Tensor, Tensor, Tensor, int], Tensor] = lambda chosen, ids, inputs, mask_id: torch.where(
        chosen, ids, -100
    ),
    finish: Callable[[Tensor, Tensor], Any] = lambda inputs, labels: (inputs, labels),
) -> Callable[..., Any]:
    def answer(
        ids: Tensor,
        allowed: Tensor,
        chance: Tensor,
        action: Tensor,
        strangers: Tensor,
        mask_id: int,
        probability: float = 0.15,
    ) -> Any:
        which = chosen(allowed, chance, probability)
        inputs = torch.where(masked(which, action), torch.tensor(mask_id), ids)
        inputs = torch.where(swapped(which, action), strangers, inputs)
        return finish(inputs, labels(which, ids, inputs, mask_id))

    return answer


def _labels_where_allowed(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> Any:
    inputs, _ = _corrupted()(ids, allowed, chance, action, strangers, mask_id, probability)
    return inputs, torch.where(allowed, ids, -100)


CORRUPT = Exercise(
    id="masked_lm.corrupt",
    lesson="12",
    title="Make the blanks",
    reference=masked_lm.corrupt,
    cases=_corrupt_cases,
    judge=judge_tensors("inputs", "labels"),
    points=3,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "special_tokens_too",
            _corrupted(chosen=lambda allowed, chance, p: chance < p),
            "Your blanks fall on special tokens and padding too: `allowed` is not used. Who has to guess [SEP] learns"
            " nothing.",
        ),
        Misconception(
            "chance_turned_round",
            _corrupted(chosen=lambda allowed, chance, p: allowed & (chance > p)),
            "You choose 85 % of the tokens instead of 15 %: those whose chance is *above* the probability.",
        ),
        Misconception(
            "always_15_percent",
            _corrupted(chosen=lambda allowed, chance, p: allowed & (chance < 0.15)),
            "Right for 15 %, but another `probability` changes nothing in your result.",
        ),
        Misconception(
            "border_of_chance",
            _corrupted(chosen=lambda allowed, chance, p: allowed & (chance <= p)),
            "Almost: a chance that *equals* the probability is not below it. With probability 0 nothing may be chosen,"
            " not even at a chance of 0.",
        ),
        Misconception(
            "mask_always",
            _corrupted(masked=lambda chosen, action: chosen, swapped=lambda chosen, action: chosen & False),
            "All chosen tokens become [MASK] in your result. A tenth of them should become another word, and a tenth"
            " stay: later, when BERT is used, there are no [MASK]s to recognise a question by.",
        ),
        Misconception(
            "nothing_stays",
            _corrupted(swapped=lambda chosen, action: chosen & (action >= 0.8)),
            "Every chosen token is changed in your result: 80 % become [MASK], 20 % a stranger. Half of those 20 %"
            " should"
            " stay as they are.",
        ),
        Misconception(
            "no_strangers",
            _corrupted(swapped=lambda chosen, action: chosen & False),
            "80 % become [MASK], all others stay: no token is exchanged for a stranger in your result.",
        ),
        Misconception(
            "last_two_exchanged",
            _corrupted(swapped=lambda chosen, action: chosen & (action >= 0.9)),
            "The last two actions have changed places: a stranger from 0.8 to 0.9, no change from 0.9 on.",
        ),
        Misconception(
            "ten_percent_masks",
            _corrupted(
                masked=lambda chosen, action: chosen & (action >= 0.2),
                swapped=lambda chosen, action: chosen & (action < 0.1),
            ),
            "The shares are right, but you count them from the other end. So that the result can be checked, [MASK]"
            " belongs to actions below 0.8, the stranger to those from 0.8 to 0.9.",
        ),
        Misconception(
            "borders_of_action",
            _corrupted(
                masked=lambda chosen, action: chosen & (action <= 0.8),
                swapped=lambda chosen, action: chosen & (action > 0.8) & (action <= 0.9),
            ),
            "Right but for the borders: an action of exactly 0.8 is no longer [MASK], one of exactly 0.9 no longer a"
            " stranger.",
        ),
        Misconception(
            "strangers_for_all",
            _corrupted(swapped=lambda chosen, action: (action >= 0.8) & (action < 0.9)),
            "Strangers stand in your inputs at places that were never chosen: the action counts for chosen tokens"
            " only.",
        ),
        Misconception(
            "masks_for_all",
            _corrupted(masked=lambda chosen, action: action < 0.8),
            "Most of your input is [MASK]: the action counts for chosen tokens only, and few are chosen.",
        ),
        Misconception(
            "labels_everywhere",
            _corrupted(labels=lambda chosen, ids, inputs, mask_id: ids.clone()),
            "The inputs are right. Your labels ask for every token, also for those that can simply be read; places that"
            " were not chosen get −100.",
        ),
        Misconception(
            "labels_at_masks_only",
            _corrupted(labels=lambda chosen, ids, inputs, mask_id: torch.where(inputs == mask_id, ids, -100)),
            "The inputs are right, but you ask only where [MASK] stands. The strangers and the tokens that stayed are"
            " asked for too: else the model could trust every word that it sees.",
        ),
        Misconception(
            "labels_where_changed",
            _corrupted(labels=lambda chosen, ids, inputs, mask_id: torch.where(inputs != ids, ids, -100)),
            "The inputs are right. The chosen tokens that stay as they are have no label in your result; they"
            " are asked for too.",
        ),
        Misconception(
            "labels_where_allowed",
            _labels_where_allowed,
            "The inputs are right. Your labels ask for every token that is allowed, not only for the chosen ones.",
        ),
        Misconception(
            "strangers_over_masks",
            _corrupted(swapped=lambda chosen, action: chosen & (action < 0.9)),
            "No [MASK] is left in your inputs: the strangers are written over it. A stranger needs an action of at"
            " least 0.8, too.",
        ),
        Misconception(
            "mask_and_stranger_exchanged",
            lambda ids, allowed, chance, action, strangers, mask_id, probability=0.15: _corrupted(
                masked=lambda chosen, action: chosen & (action >= 0.8) & (action < 0.9),
                swapped=lambda chosen, action: chosen & (action < 0.8),
            )(ids, allowed, chance, action, strangers, mask_id, probability),
            "[MASK] and strangers have changed places: 80 % of the chosen become a stranger in your result.",
        ),
        Misconception(
            "chance_and_action_exchanged",
            lambda ids, allowed, chance, action, strangers, mask_id, probability=0.15: _corrupted()(
                ids, allowed, action, chance, strangers, mask_id, probability
            ),
            "`chance` and `action` have changed roles: `chance` says whether a token is chosen, `action` what becomes"
            " of it.",
        ),
        Misconception(
            "nothing_is_chosen_first",
            _corrupted(
                masked=lambda chosen, action: action < 0.8,
                swapped=lambda chosen, action: (action >= 0.8) & (action < 0.9),
            ),
            "The labels are right, but the inputs are changed everywhere: only a *chosen* token becomes [MASK] or a"
            " stranger.",
        ),
        Misconception(
            "labels_are_inputs",
            _corrupted(labels=lambda chosen, ids, inputs, mask_id: torch.where(chosen, inputs, -100)),
            "The inputs are right, but your labels hold what the model reads ([MASK], say) instead of what stood"
            " there.",
        ),
        Misconception(
            "labels_of_the_others",
            _corrupted(labels=lambda chosen, ids, inputs, mask_id: torch.where(chosen, -100, ids)),
            "The inputs are right, but the labels are turned round: −100 stands at the chosen places, and you ask for"
            " the others.",
        ),
        Misconception(
            "labels_zero",
            _corrupted(labels=lambda chosen, ids, inputs, mask_id: torch.where(chosen, ids, 0)),
            "Where nothing is asked your labels are 0. That is the number of a piece, so the model would have to guess"
            " it; −100 is what PyTorch's cross-entropy leaves out.",
        ),
        Misconception(
            "labels_minus_one",
            _corrupted(labels=lambda chosen, ids, inputs, mask_id: torch.where(chosen, ids, -1)),
            "Where nothing is asked your labels are −1. PyTorch's cross-entropy leaves out −100, unless told"
            " otherwise.",
        ),
        Misconception(
            "chosen_returned",
            _corrupted(labels=lambda chosen, ids, inputs, mask_id: chosen),
            "The inputs are right. Instead of labels you return which places were chosen: the loss needs the tokens"
            " that"
            " stood there.",
        ),
        Misconception(
            "results_swapped",
            _corrupted(finish=lambda inputs, labels: (labels, inputs)),
            "Both results are right, in the other order: the inputs come first, then the labels.",
        ),
        Misconception(
            "inputs_only",
            _corrupted(finish=lambda inputs, labels: inputs),
            "The inputs are right. Return the labels as well: they hold what is to be guessed.",
        ),
    ),
    hints=(
        "Three boolean tables: which tokens are chosen, which of these become [MASK], which become a stranger.",
        "`chosen = allowed & (chance < probability)`. `torch.where(condition, a, b)` takes a where the condition is"
        " True"
        " and b elsewhere; it makes a new tensor, so the true tokens are still there for the labels.",
        "`torch.where(chosen & (action < 0.8), mask_id, ids)`; then once more with `(action >= 0.8) & (action < 0.9)`"
        " and"
        " `strangers`; the labels are `torch.where(chosen, ids, -100)`.",
    ),
)

# --------------------------------------------------------------------------------------- 3 · the inputs


def _tokens(rng: np.random.Generator, count: int, low: int = 10) -> list[int]:
    return [int(n) for n in rng.permutation(np.arange(low, low + 60))[:count]]


def _input_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, first: int, second: int | None, *marks: int) -> Case:
        inputs: dict[str, Any] = {"first": _tokens(rng, first)}
        if second is not None or marks:
            inputs["second"] = None if second is None else _tokens(rng, second, 110)  # [CLS] and [SEP] not by chance
        return Case({**inputs, **dict(zip(("classify", "separate"), marks))}, about)

    again = case("a piece that occurs twice in a sentence", 3, 4)
    for name in ("first", "second"):
        again.inputs[name][2] = again.inputs[name][0]
    marked = case("a B with the numbers of [CLS] and [SEP] in it", 2, 4)
    marked.inputs["second"][1:3] = [3, 2]
    given_as_tuples = case("sentences given as tuples", 2, 4)
    given_as_tuples.inputs.update({name: tuple(given_as_tuples.inputs[name]) for name in ("first", "second")})  # type: ignore[attr-defined]
    return [
        case("a pair of 2 and 3 tokens", 2, 3),
        case("a single sentence", 4, None),
        case("numbers of the published vocabulary", 3, 1, 101, 102),
        case("a single sentence, published vocabulary", 2, None, 101, 102),
        case("an empty second sentence", 3, 0),
        case("an empty first sentence", 0, 2),
        case("a single empty sentence", 0, None),
        case("a pair, longer", int(rng.integers(5, 8)), 9, 101, 102),
        given_as_tuples,
        again,
        marked,
    ]


def _input(
    a_part: Callable[[list, list | None, int, int], list] = lambda a, b, c, s: [c, *a, s],
    b_part: Callable[[list | None, int, int], list] = lambda b, c, s: [] if b is None else [*b, s],
    segments: Callable[[int, int], list] = lambda in_a, in_b: [0] * in_a + [1] * in_b,
    finish: Callable[[list, list], Any] = lambda ids, segments: (ids, segments),
) -> Callable[..., Any]:
    """The reference in steps; c and s are the numbers of [CLS] and [SEP], in_a and in_b the lengths of the parts."""

    def answer(first: list, second: list | None = None, classify: int = 2, separate: int = 3) -> Any:
        of_a = a_part(list(first), second, classify, separate)
        of_b = b_part(None if second is None else list(second), classify, separate)
        return finish(of_a + of_b, segments(len(of_a), len(of_b)))

    return answer


def _judge_lists(case: Case, output: Any, expected: Any) -> Mismatch | None:
    found = compare(expected, output)
    arrays = isinstance(output, (list, tuple)) and any(isinstance(part, (Tensor, np.ndarray)) for part in output)
    if found or not arrays:
        return found
    what = "tensors" if any(torch.is_tensor(part) for part in output) else "arrays"
    return Mismatch(f"The numbers are right; two *lists* are asked for, not {what}: rows of other lengths will follow.")


MAKE_INPUTS = Exercise(
    id="bert_inputs.make_inputs",
    lesson="12",
    title="[CLS] A [SEP] B [SEP]",
    reference=bert_inputs.make_inputs,
    cases=_input_cases,
    judge=_judge_lists,
    points=2,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "each_piece_once",
            lambda first, second=None, classify=2, separate=3: _input()(
                list(dict.fromkeys(first)),
                None if second is None else list(dict.fromkeys(second)),
                classify,
                separate,
            ),
            "Right as long as no piece occurs twice in a sentence. Yours keeps each piece once, as a set would; a"
            " sentence may repeat a word.",
        ),
        Misconception(
            "no_last_separator",
            _input(b_part=lambda b, c, s: b or []),
            "A single sentence is right; after B a [SEP] is missing. It stands *behind* each sentence, not only between"
            " the two.",
        ),
        Misconception(
            "separator_between_only",
            _input(lambda a, b, c, s: [c, *a] if b is None else [c, *a, s], lambda b, c, s: b or []),
            "Your [SEP] stands between two sentences only. It belongs behind each of them, a single one too.",
        ),
        Misconception(
            "no_classify",
            _input(lambda a, b, c, s: [*a, s]),
            "The [CLS] at the beginning is missing: its state is what the pooler reads.",
        ),
        Misconception(
            "classify_twice",
            _input(b_part=lambda b, c, s: [] if b is None else [c, *b, s]),
            "Before B there is a second [CLS]. One stands at the very beginning, for the whole input.",
        ),
        Misconception(
            "first_separator_is_1",
            _input(segments=lambda in_a, in_b: [0] * (in_a - 1) + [1 if in_b else 0] * (1 + in_b)),
            "The tokens are right. The first [SEP] belongs to sentence A: its segment is 0.",
        ),
        Misconception(
            "last_separator_is_0",
            _input(segments=lambda in_a, in_b: [0] * in_a + ([1] * (in_b - 1) + [0] if in_b else [])),
            "The tokens are right. The last [SEP] belongs to sentence B: its segment is 1.",
        ),
        Misconception(
            "segments_from_1",
            _input(segments=lambda in_a, in_b: [1] * in_a + [2] * in_b),
            "The tokens are right. Your segments are 1 and 2; they are counted from 0, since they are rows of a table"
            " with two rows.",
        ),
        Misconception(
            "segments_all_zero",
            _input(segments=lambda in_a, in_b: [0] * (in_a + in_b)),
            "The tokens are right. All your segments are 0, so the model could not tell B from A.",
        ),
        Misconception(
            "segments_exchanged",
            _input(segments=lambda in_a, in_b: [1] * in_a + [0] * in_b),
            "The tokens are right. The segments are exchanged: A, with [CLS] and its [SEP], is 0, B is 1.",
        ),
        Misconception(
            "segments_of_words_only",
            _input(segments=lambda in_a, in_b: [0] * (in_a - 2) + [1] * (in_b - 1)),
            "The tokens are right. There are fewer segments than tokens: [CLS] and [SEP] need one too.",
        ),
        Misconception(
            "empty_is_none",
            _input(b_part=lambda b, c, s: [*b, s] if b else []),
            "An empty second sentence is treated as none. It is a sentence, and gets its [SEP]; only None means that"
            " there is no B. (An empty list counts as False in Python.)",
        ),
        Misconception(
            "no_separator_if_single",
            _input(lambda a, b, c, s: [c, *a] if b is None else [c, *a, s]),
            "Pairs are right. A single sentence ends with a [SEP] as well.",
        ),
        Misconception(
            "two_separators_between",
            _input(b_part=lambda b, c, s: [] if b is None else [s, *b, s]),
            "There are two [SEP] between A and B. RoBERTa has it so; BERT has one.",
        ),
        Misconception(
            "none_is_empty",
            _input(b_part=lambda b, c, s: [*(b or []), s]),
            "Pairs are right. A single sentence (`second=None`) gets a second [SEP] in your result, as if an empty B"
            " followed.",
        ),
        Misconception(
            "classify_at_the_end",
            _input(finish=lambda ids, segments: (ids[1:] + ids[:1], segments)),
            "Your [CLS] stands at the end, as GPT's Extract does. BERT's stands at the beginning.",
        ),
        Misconception(
            "published_numbers",
            lambda first, second=None, classify=101, separate=102: _input()(first, second, classify, separate),
            "Right where [CLS] and [SEP] are given. Left out, they are 2 and 3, as in this lesson's vocabulary.",
        ),
        Misconception(
            "fixed_numbers",
            lambda first, second=None, classify=2, separate=3: _input()(first, second),
            "Right with 2 and 3, but other numbers for [CLS] and [SEP] change nothing: the last two arguments are not"
            " used.",
        ),
        Misconception(
            "exchanged_numbers",
            lambda first, second=None, classify=2, separate=3: _input()(first, second, separate, classify),
            "The numbers of [CLS] and [SEP] are exchanged: `classify` stands at the beginning, `separate` behind each"
            " sentence.",
        ),
        Misconception(
            "b_before_a",
            lambda first, second=None, classify=2, separate=3: (
                _input()(first, None, classify, separate)
                if second is None
                else _input()(second, first, classify, separate)
            ),
            "B stands before A in your pairs: the first argument comes first, behind [CLS].",
        ),
        Misconception(
            "results_swapped",
            _input(finish=lambda ids, segments: (segments, ids)),
            "Both lists are right, in the other order: the numbers of the tokens come first, then the segments.",
        ),
        Misconception(
            "ids_only",
            _input(finish=lambda ids, segments: ids),
            "The numbers are right. Return the segments as well, one for each of them.",
        ),
    ),
    hints=(
        "Write down the pair ([7, 8], [9]) on paper: six tokens, and below each its segment.",
        "`[classify, *first, separate]` is a list; segments for it are as many zeros. What has to be added where"
        " there is"
        " a second sentence?",
        "`if second is not None:` add `[*second, separate]` to the ids and `[1] * (len(second) + 1)` to the segments.",
    ),
)

# ---------------------------------------------------------------------------------- 4 · next sentences


def _story(rng: np.random.Generator, *lengths: int) -> list[list[str]]:
    letters = [chr(97 + int(n)) for n in rng.permutation(26)[: len(lengths)]]
    return [[f"{letter}{n}" for n in range(length)] for letter, length in zip(letters, lengths)]


def _pairs_case(rng: np.random.Generator, lengths: Sequence[int], about: str, follows: Sequence[bool] = ()) -> Case:
    count = sum(max(0, length - 1) for length in lengths)
    coins = list(follows) or [bool(n % 2 == 0) for n in rng.permutation(count)]
    picks = [float(p) for p in (rng.permutation(count) + rng.random(count)) / max(1, count)]
    return Case({"documents": _story(rng, *lengths), "follows": coins, "picks": picks}, about)


def _pair_cases(rng: np.random.Generator) -> list[Case]:
    last = _pairs_case(rng, (3, 4, 5), "picks near 0 and near 1", [False] * 9)
    last.inputs["picks"][:] = [0.0, 0.9999, 0.49, 0.0, 0.9999, 0.51, 0.0, 0.9999, 0.34]
    numbers = _pairs_case(rng, (4, 2, 3), "sentences as lists of numbers")
    lists = [[[ord(s[0]), int(s[1:])] for s in document] for document in numbers.inputs["documents"]]
    alone = _pairs_case(rng, (3,), "one document that needs no stranger", [True, True])
    twin = ["a", "b"]
    lonely = _pairs_case(rng, (4,), "one document alone, and a stranger is asked for", [True, False, True])
    return [
        _pairs_case(rng, (2, 3), "two documents of 2 and 3 sentences", [True, False, True]),
        _pairs_case(rng, (4, 2, 3), "three documents, all followed", [True] * 6),
        _pairs_case(rng, (4, 2, 5), "three documents"),
        _pairs_case(rng, (3, 1, 0, 6), "a document of one sentence and an empty one"),
        Case({**numbers.inputs, "documents": lists}, numbers.about),
        last,
        alone,
        Case({"documents": [], "follows": [], "picks": []}, "no documents"),
        Case(
            {
                "documents": [["x", "y", "x", "z", "x"], ["x", "v", "w", "v"]],
                "follows": [True, True, True, False, True, False, True],
                "picks": [0.1, 0.6, 0.4, 0.1, 0.9, 0.3, 0.2],
            },
            "sentences that occur more than once",
        ),
        Case(
            {
                "documents": [["a", "b"], ["c", "d", "e"], ["a", "b"]],
                "follows": [False, False, False, False],
                "picks": [0.95, 0.45, 0.3, 0.7],
            },
            "two documents with the same sentences",
        ),
        Case(
            {"documents": [twin, ["c", "d", "e"], twin], "follows": [False] * 4, "picks": [0.95, 0.45, 0.3, 0.7]},
            "one and the same list standing twice among the documents",
        ),
        Case(lonely.inputs, lonely.about, {}, {"error": "0"}),
        Case(
            {"documents": [[], [], [], ["a", "b"]], "follows": [False], "picks": [0.5]},
            "document 3 needs a stranger, and all others are empty",
            {},
            {"error": "3"},
        ),
        Case(
            {"documents": [["a", "b"], []], "follows": [False], "picks": [0.5]},
            "document 0 needs a stranger, and the other one is empty",
            {},
            {"error": "0"},
        ),
    ]


def _others(documents: list, n: int, i: int) -> list:
    return [sentence for m, document in enumerate(documents) if m != n for sentence in document]


def _paired(
    strangers: Callable[[list, int, int], list] | None = None,
    label: Callable[[bool], int] = lambda follows: 0 if follows else 1,
    index: Callable[[float, int], int] = lambda pick, count: int(pick * count),
    use: Callable[[bool], bool] = lambda follows: follows,
    order: Callable[[Any, Any, int], tuple] = lambda a, b, label: (a, b, label),
    step: int = 1,
    raises: bool = True,
) -> Callable[..., Any]:
    def answer(documents: list, follows: list, picks: list) -> Any:
        pairs: list = []
        for n, document in enumerate(documents):
            for i in range(0, len(document) - 1, step):
                coin, pick = use(follows[len(pairs)]), picks[len(pairs)]
                if coin:
                    pairs.append(order(document[i], document[i + 1], label(follows[len(pairs)])))
                    continue
                others = (strangers or _others)(documents, n, i)
                if not others:
                    if raises:
                        raise ValueError(f"document {n} is alone")
                    continue
                pairs.append(order(document[i], others[index(pick, len(others))], label(follows[len(pairs)])))
        return pairs

    return answer


def _across(documents: list, follows: list, picks: list) -> Any:
    """Documents as one long text."""
    everything = [s for d in documents for s in d]
    owner = [n for n, d in enumerate(documents) for _ in d]
    pairs: list = []
    for i in range(len(everything) - 1):
        if len(pairs) == len(follows):
            break
        if follows[len(pairs)]:
            pairs.append((everything[i], everything[i + 1], 0))
        else:
            others = [s for s, o in zip(everything, owner) if o != owner[i]]
            if not others:
                raise ValueError("document 0 is alone")
            pairs.append((everything[i], others[int(picks[len(pairs)] * len(others))], 1))
    return pairs


def _coin_of_the_sentence(documents: list, follows: list, picks: list) -> Any:
    """Counts all sentences, also those without a next one, when it looks up the draws."""
    pairs, place = [], 0
    for n, document in enumerate(documents):
        others = [s for m, d in enumerate(documents) if m != n for s in d]
        for i in range(len(document)):
            if i + 1 < len(document):
                at = place % max(1, len(follows))
                if follows[at]:
                    pairs.append((document[i], document[i + 1], 0))
                elif others:
                    pairs.append((document[i], others[int(picks[at] * len(others))], 1))
                else:
                    raise ValueError(f"document {n} is alone")
            place += 1
    return pairs


def _by_lookup(documents: list, follows: list, picks: list) -> Any:
    """Finds the next sentence by looking the sentence up, and leaves out whatever equals the last one."""
    pairs: list = []
    for n, document in enumerate(documents):
        others = _others(documents, n, 0)
        for sentence in document[:-1]:
            if follows[len(pairs)]:
                pairs.append((sentence, document[document.index(sentence) + 1], 0))
            elif others:
                pairs.append((sentence, others[int(picks[len(pairs)] * len(others))], 1))
            else:
                raise ValueError(f"document {n} is alone")
    return pairs


def _last_by_value(documents: list, follows: list, picks: list) -> Any:
    pairs: list = []
    for n, document in enumerate(documents):
        others = _others(documents, n, 0)
        for i, sentence in enumerate(document):
            if sentence == document[-1]:
                continue
            if follows[len(pairs)]:
                pairs.append((sentence, document[i + 1], 0))
            elif others:
                pairs.append((sentence, others[int(picks[len(pairs)] * len(others))], 1))
            else:
                raise ValueError(f"document {n} is alone")
    return pairs


def _draws_start_again(documents: list, follows: list, picks: list) -> Any:
    pairs: list = []
    for n, document in enumerate(documents):
        count = max(0, len(document) - 1)
        pairs += _paired()(
            [[]] * n + [document] + [[s] for s in _others(documents, n, 0)], follows[:count], picks[:count]
        )
    return pairs


NEXT_SENTENCE = Exercise(
    id="bert_inputs.next_sentence_pairs",
    lesson="12",
    title="Does B follow A?",
    reference=bert_inputs.next_sentence_pairs,
    cases=_pair_cases,
    run=or_error(),
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "labels_exchanged",
            _paired(label=lambda follows: 1 if follows else 0),
            "The pairs are right, the labels are exchanged: 0 means that B follows A, 1 that it is a stranger. (Either"
            " would do; this is how the published models count.)",
        ),
        Misconception(
            "coin_turned_round",
            _paired(use=lambda follows: not follows, label=lambda follows: 0 if not follows else 1),
            "Where `follows` is True you take a stranger, and where it is False the next sentence.",
        ),
        Misconception(
            "label_without_stranger",
            _paired(strangers=lambda documents, n, i: [documents[n][i + 1]] * 3),
            "Your B is always the next sentence, whatever the label says: no strangers are drawn.",
        ),
        Misconception(
            "stranger_from_anywhere",
            _paired(strangers=lambda documents, n, i: [s for d in documents for s in d]),
            "Your strangers are drawn from all documents, A's own among them: now and then the true next sentence would"
            " be called a stranger.",
        ),
        Misconception(
            "stranger_from_own_document",
            _paired(strangers=lambda documents, n, i: list(documents[n])),
            "Your strangers come from A's own document. They are to be drawn from the others.",
        ),
        Misconception(
            "stranger_from_next_document",
            _paired(
                strangers=lambda documents, n, i: (
                    list(documents[(n + 1) % len(documents)]) if len(documents) > 1 else []
                )
            ),
            "Your strangers all come from the document that follows. Lay the sentences of *all* other documents end to"
            " end, and pick among them.",
        ),
        Misconception(
            "across_documents",
            _across,
            "The last sentence of a document is paired with the first one of the next: they do not follow one"
            " another. A"
            " last sentence is the A of no pair.",
        ),
        Misconception(
            "every_second_sentence",
            _paired(step=2),
            "Every second sentence is missing as an A: sentence 1 follows 0, and 2 follows 1; both are pairs.",
        ),
        Misconception(
            "coin_of_the_sentence",
            _coin_of_the_sentence,
            "The first document is right; after it the draws are shifted. There is one for each *pair*, and the last"
            " sentence of a document has none.",
        ),
        Misconception(
            "draws_start_again",
            _draws_start_again,
            "The first document is right. In the next one you begin again with the first draw: the pairs are counted"
            " through all documents.",
        ),
        Misconception(
            "looked_up",
            _by_lookup,
            "Right as long as no sentence occurs twice. Looked up by `index`, a repeated sentence is found at its first"
            " place: go by places, not by what stands there.",
        ),
        Misconception(
            "last_by_value",
            _last_by_value,
            "Right as long as no sentence occurs twice. You leave out every sentence that *equals* the last one; only"
            " the last place has no next one.",
        ),
        Misconception(
            "strangers_by_value",
            _paired(strangers=lambda documents, n, i: [s for d in documents for s in d if s not in documents[n]]),
            "Right as long as no sentence occurs twice. A stranger may well read like a sentence of A's document: other"
            " documents are told apart by their number, not by what they say.",
        ),
        Misconception(
            "documents_by_value",
            _paired(strangers=lambda documents, n, i: [s for d in documents if d != documents[n] for s in d]),
            "Right as long as no two documents are equal. A document that says the same is another document all the"
            " same: tell them apart by their number.",
        ),
        Misconception(
            "documents_by_identity",
            _paired(strangers=lambda documents, n, i: [s for d in documents if d is not documents[n] for s in d]),
            "Right as long as no list stands twice among the documents. Which documents are the others is decided by"
            " their places: `is` finds the same list at another place, too.",
        ),
        Misconception(
            "strangers_from_later_documents",
            _paired(strangers=lambda documents, n, i: [s for d in documents[n + 1 :] + documents[:n] for s in d]),
            "Some strangers are others than asked for: you lay the *later* documents down first. All other documents,"
            " in their order.",
        ),
        Misconception(
            "rounded_up",
            _paired(index=lambda pick, count: min(count - 1, math.ceil(pick * count))),
            "Your strangers stand one place too far: ⌊ ⌋ means rounding down.",
        ),
        Misconception(
            "rounded",
            _paired(index=lambda pick, count: min(count - 1, round(pick * count))),
            "Some strangers are one too far: the place is rounded to the nearest whole number. ⌊ ⌋ means rounding"
            " down.",
        ),
        Misconception(
            "last_never_picked",
            _paired(index=lambda pick, count: int(pick * (count - 1))),
            "The last of the other sentences is never picked: pick times how many there are, not one fewer.",
        ),
        Misconception(
            "b_before_a",
            _paired(order=lambda a, b, label: (b, a, label)),
            "A and B have changed places in your pairs: the sentence comes first, then what may follow it.",
        ),
        Misconception(
            "label_first",
            _paired(order=lambda a, b, label: (label, a, b)),
            "The three parts are right, in another order: A, B, label.",
        ),
        Misconception(
            "no_label",
            _paired(order=lambda a, b, label: (a, b)),
            "The sentences are right; the label is missing as the third part.",
        ),
        Misconception(
            "alone_is_skipped",
            _paired(raises=False),
            "All right but one case: there is one document alone, and a stranger is asked for. Do not leave the pair"
            " out"
            " quietly; raise a ValueError that names the document's number.",
        ),
    ),
    hints=(
        "Two loops: over documents, and in each over neighbours. `len(pairs)` tells at any moment which draw is next.",
        "`itertools.pairwise(document)` gives each sentence with the next one. The strangers of document n are the"
        " sentences of all documents but number n, in order; `int(...)` rounds down.",
        "`others = [s for m, other in enumerate(documents) if m != n for s in other]`; where `follows[len(pairs)]`"
        " append"
        " `(sentence, following, 0)`, else `(sentence, others[int(picks[len(pairs)] * len(others))], 1)`, or raise a"
        " ValueError if `others` is empty.",
    ),
)

# --------------------------------------------------------------------------------- modules: how they are judged


def _config(case: Case) -> BertConfig:
    return BertConfig(**case.extra["config"])


def _run_module(
    answer: Callable[..., Any],
    inputs: dict[str, Any],
    case: Case,
    call: Callable[[Any, dict[str, Any]], Any],
    look: Callable[[nn.Module, Case], None] | None = None,
) -> Any:
    made = answer(_config(case), *case.extra.get("arguments", ()))
    if look and isinstance(made, nn.Module):
        look(made, case)
    return run_module(made, inputs, case, call, case.extra["before"], _flat)


def _flat(result: Any) -> list[Any]:
    """Tensors and lists of tensors, one after the other."""
    if isinstance(result, (list, tuple)):
        return [part for one in result for part in _flat(one)]
    return [result]


# -------------------------------------------------------------------------------------- 5 · embeddings

EMBEDDING_SIZES = {"vocabulary": 23, "width": 6, "positions": 9, "segments": 2, "eps": 0.1, "dropout": 0.0}


def _embedding_case(
    rng: np.random.Generator, about: str, batch: int, length: int, segments: str = "given", **extra: Any
) -> Case:
    config = {**EMBEDDING_SIZES, **extra.pop("config", {})}
    ids = integers(rng, config["vocabulary"], batch, length)
    inputs: dict[str, Any] = {"ids": ids}
    if segments == "given":
        start = torch.arange(length) >= (length + 1) // 2
        inputs["segments"] = start.long().expand(batch, length).clone()
        inputs["segments"][0] = integers(rng, config["segments"], length)
    elif segments == "None":
        inputs["segments"] = None
    before = {"ids": (integers(rng, config["vocabulary"], 1, 2))}
    if "segments" in inputs:
        before["segments"] = None  # type: ignore[assignment]
    state = random_state(rng, bert.BertEmbeddings(BertConfig(**config)))
    return Case(
        inputs,
        about,
        {"batch": batch, "length": length, **{k: v for k, v in config.items() if isinstance(v, int)}},
        {"config": config, "state": state, "before": before, **extra},
    )


def _embedding_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _embedding_case(rng, "two sentences of four tokens", 2, 4),
        _embedding_case(rng, "segments given by name", 2, 5, by_name=True),
        _embedding_case(rng, "called without segments", 3, 5, "left out"),
        _embedding_case(rng, "segments None", 1, 7, "None"),
        _embedding_case(rng, "one token", 4, 1),
        _embedding_case(rng, "as many tokens as there are positions", 2, 9),
        _embedding_case(rng, "three kinds of segment, another eps", 2, 5, config={"segments": 3, "eps": 1e-12}),
        _embedding_case(rng, "dropout 0.5, after .eval()", 3, 4, config={"dropout": 0.5}, training=False),
        _embedding_case(rng, "dropout 1 while training: nothing is left", 3, 4, config={"dropout": 1.0}),
        _embedding_case(rng, "one token more than there are positions", 2, 10, error="10"),
    ]


def _call_by_name(module: Any, given: dict[str, Any]) -> Any:
    return module(given["ids"], segments=given["segments"])


def _call_embeddings(module: Any, given: dict[str, Any]) -> Any:
    return module(*(given[name] for name in ("ids", "segments") if name in given))


def _run_embeddings(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    return _run_module(answer, inputs, case, _call_by_name if case.extra.get("by_name") else _call_embeddings)


class _Embeddings(nn.Module):
    """The reference's layers; wrong modules override `add` or `finish`."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.words = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.segments = nn.Embedding(config.segments, config.width)
        self.norm = LayerNorm(config.width, config.eps)
        self.dropout = nn.Dropout(config.dropout)

    def place(self, ids: Tensor) -> Tensor:
        return torch.arange(ids.shape[1])

    def add(self, words: Tensor, positions: Tensor, segments: Tensor) -> Tensor:
        return words + positions + segments

    def finish(self, total: Tensor) -> Tensor:
        return self.dropout(self.norm(total))

    def check(self, length: int) -> None:
        if length > self.positions.num_embeddings:
            raise ValueError(f"{length} tokens are too many")

    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Any:
        self.check(ids.shape[1])
        segments = torch.zeros_like(ids) if segments is None else segments
        return self.finish(self.add(self.words(ids), self.positions(self.place(ids)), self.segments(segments)))


class _NoSegmentsIfNone(_Embeddings):
    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Any:
        self.check(ids.shape[1])
        total = self.words(ids) + self.positions(self.place(ids))
        return self.finish(total if segments is None else total + self.segments(segments))


def _own_norm(eps: float) -> Callable[..., None]:
    def make(self: Any, config: BertConfig) -> None:
        _Embeddings.__init__(self, dataclasses.replace(config, eps=eps))

    return make


def _norm_each(self: Any, words: Tensor, positions: Tensor, segments: Tensor) -> Tensor:
    return self.norm(words) + self.norm(positions) + self.norm(segments)


def _plain_standard(self: Any, total: Tensor) -> Tensor:
    mean, deviation = total.mean(-1, keepdim=True), total.std(-1, keepdim=True)
    return self.dropout((total - mean) / (deviation + self.norm.eps) * self.norm.weight + self.norm.bias)


EMBEDDINGS = Exercise(
    id="bert.embeddings",
    lesson="12",
    title="Three vectors for a token",
    reference=bert.BertEmbeddings,
    cases=_embedding_cases,
    run=_run_embeddings,
    judge=judge_tensors("vectors"),
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "no_positions",
            changed(_Embeddings, add=lambda self, words, positions, segments: words + segments),
            "Your vectors do not know where a token stands: the positions are not added.",
        ),
        Misconception(
            "no_segments",
            changed(_Embeddings, add=lambda self, words, positions, segments: words + positions),
            "Your vectors do not know which sentence a token belongs to: the segments are not added.",
        ),
        Misconception(
            "no_segments_if_none",
            _NoSegmentsIfNone,
            "With segments you are right. Without them all tokens are of segment 0, and segment 0 has a vector like any"
            " other: it is added too.",
        ),
        Misconception(
            "no_norm",
            changed(_Embeddings, finish=lambda self, total: self.dropout(total)),
            "The three vectors are added up rightly; the layer norm after the sum is missing.",
        ),
        Misconception(
            "norm_of_each",
            changed(_Embeddings, add=_norm_each, finish=lambda self, total: self.dropout(total)),
            "Each of the three vectors is normalised by itself. The norm comes once, after the sum.",
        ),
        Misconception(
            "norm_of_words_only",
            changed(
                _Embeddings,
                add=lambda self, words, positions, segments: self.norm(words) + positions + segments,
                finish=lambda self, total: self.dropout(total),
            ),
            "Only the word's vector is normalised. First add all three, then the norm.",
        ),
        Misconception(
            "mean",
            changed(_Embeddings, add=lambda self, words, positions, segments: (words + positions + segments) / 3),
            "Your sum is divided by three. A norm hides that nearly, but not quite, because of eps: add the vectors.",
        ),
        Misconception(
            "words_scaled",
            changed(
                _Embeddings,
                add=lambda self, words, positions, segments: words * math.sqrt(words.shape[-1]) + positions + segments,
            ),
            "The word vectors are multiplied by √width, as in the first Transformer. BERT adds them as they are.",
        ),
        Misconception(
            "positions_from_1",
            changed(
                _Embeddings,
                place=lambda self, ids: torch.arange(1, ids.shape[1] + 1).clamp(max=self.positions.num_embeddings - 1),
            ),
            "Your places begin at 1: the first token, [CLS], stands at place 0.",
        ),
        Misconception(
            "same_position",
            changed(_Embeddings, place=lambda self, ids: torch.zeros(ids.shape[1], dtype=torch.int64)),
            "Every token gets the vector of place 0. The places of a row are 0, 1, 2, …",
        ),
        Misconception(
            "positions_of_the_batch",
            changed(
                _Embeddings,
                place=lambda self, ids: (
                    torch.arange(ids.numel()).reshape(ids.shape).clamp(max=self.positions.num_embeddings - 1)
                ),
            ),
            "Your places go on counting from one sentence of the batch to the next. Each sentence begins at 0.",
        ),
        Misconception(
            "ids_as_positions",
            changed(_Embeddings, place=lambda self, ids: ids.clamp(max=self.positions.num_embeddings - 1)),
            "The table of positions is asked for the numbers of the *pieces*. It wants the places 0, 1, 2, …",
        ),
        Misconception(
            "default_eps",
            changed(_Embeddings, __init__=_own_norm(1e-5)),
            "The norm's eps is not `config.eps`: look at what `LayerNorm` gets as its second argument.",
        ),
        Misconception(
            "bessel",
            changed(_Embeddings, finish=_plain_standard),
            "Your norm is not the course's: the deviation divides by width − 1, and eps stands outside the root. Use"
            " `LayerNorm`.",
        ),
        Misconception(
            "no_dropout",
            changed(_Embeddings, finish=lambda self, total: self.norm(total)),
            "Right but for the dropout: with a share of 1 nothing may be left while training.",
        ),
        Misconception(
            "dropout_before_norm",
            changed(_Embeddings, finish=lambda self, total: self.norm(self.dropout(total))),
            "Dropout comes before your norm: with a share of 1 the norm's bias is left over. It comes last.",
        ),
        Misconception(
            "dropout_always",
            changed(
                _Embeddings,
                finish=lambda self, total: (
                    self.norm(total)
                    if self.training and self.dropout.p == 0
                    else self.norm(total) * (1 - self.dropout.p)
                ),
            ),
            "Your vectors shrink by the dropout's share, after `.eval()` as well. `nn.Dropout` does nothing then, and"
            " scales by itself while training.",
        ),
        Misconception(
            "no_error",
            changed(
                _Embeddings,
                check=lambda self, length: None,
                place=lambda self, ids: torch.arange(ids.shape[1]).clamp(max=self.positions.num_embeddings - 1),
            ),
            "Right as long as there are positions enough. A longer input should be refused with a ValueError that says"
            " how long it is; yours is read without a word.",
        ),
    ),
    hints=(
        "Three look-ups, one sum, one norm, dropout. What are the numbers that go into the second look-up?",
        "`torch.arange(length)` are the places; their vectors (length, width) are added to (batch, length, width) by"
        " broadcasting. Without segments, `torch.zeros_like(ids)` will do.",
        "`self.dropout(self.norm(self.words(ids) + self.positions(torch.arange(length)) + self.segments(segments)))`,"
        " and"
        " before it a ValueError if `length > self.positions.num_embeddings`.",
    ),
)

# ---------------------------------------------------------------------------------------- 6 · the model

BERT_SIZES = {
    "vocabulary": 19,
    "width": 6,
    "layers": 2,
    "heads": 3,
    "hidden": 10,
    "positions": 8,
    "eps": 0.05,
    "dropout": 0.0,
}


def _bert_case(
    rng: np.random.Generator,
    about: str,
    batch: int,
    length: int,
    given: Sequence[str] = (),
    values_only: bool = False,
    **extra: Any,
) -> Case:
    config = {**BERT_SIZES, **extra.pop("config", {})}
    parts: dict[str, Any] = {
        "ids": integers(rng, config["vocabulary"], batch, length),
        "segments": (torch.arange(length) >= (length + 1) // 2).long().expand(batch, length).clone(),
        "real": _real(rng, batch, length),
        "causal": True,
    }
    inputs = {name: parts[name] for name in ("ids", *given)}
    before = {"ids": integers(rng, config["vocabulary"], 1, 3), **{name: None for name in given if name != "causal"}}
    if values_only:
        extra["values only"] = True
    state = random_state(rng, bert.Bert(BertConfig(**config)))
    sizes = {"batch": batch, "length": length, "width": config["width"], "hidden": config["hidden"]}
    return Case(inputs, about, sizes, {"config": config, "state": state, "before": before, **extra})


class _NewAttention(bert.MultiHeadAttention):
    """What no answer can have chosen by itself."""


def _bert_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _bert_case(rng, "ids alone", 2, 4),
        _bert_case(rng, "with segments", 3, 5, ["segments"]),
        _bert_case(rng, "segments and padding", 3, 7, ["segments", "real"]),
        _bert_case(rng, "padding, causal", 2, 5, ["segments", "real", "causal"]),
        _bert_case(rng, "causal, nothing padded", 2, 4, ["causal"]),
        _bert_case(rng, "one token", 4, 1, config={"layers": 1}),
        _bert_case(
            rng,
            "dropout 1 while training: every sublayer adds nothing",
            2,
            4,
            config={"dropout": 1.0},
            values_only=True,
        ),
        _bert_case(rng, "another class of attention", 2, 5, ["real"], arguments=(FusedAttention,)),
        _bert_case(rng, "a class of attention made for this check", 2, 3, arguments=(_NewAttention,)),
        _bert_case(rng, "one token more than there are positions", 2, 9, ["segments"], error="9"),
        _bert_case(
            rng, "three layers, after .eval()", 2, 3, ["real"], config={"layers": 3, "dropout": 0.4}, training=False
        ),
    ]


def _call_bert(module: Any, given: dict[str, Any]) -> Any:
    named = {name: given[name] for name in ("segments", "real", "causal") if name in given}
    if list(named) == ["segments", "real"]:  # by place, as the lesson does
        return module(given["ids"], *named.values())
    return module(given["ids"], **named)


def _look_at_bert(module: nn.Module, case: Case) -> None:
    """What values cannot show: the config is kept, and the class of attention arrives in every layer."""
    if getattr(module, "config", None) != _config(case):
        raise Told("`self.config` is missing or changed; later cells ask a model for its sizes.")
    wanted = (case.extra.get("arguments") or (bert.MultiHeadAttention,))[0]
    layers = getattr(module, "layers", None)
    if isinstance(layers, list):
        raise Told("`layers` is a plain list, so PyTorch does not see the layers in it. Use an `nn.ModuleList`.")
    for layer in layers if case.extra.get("arguments") and isinstance(layers, nn.ModuleList) else ():
        if not isinstance(getattr(layer, "attention", None), wanted):
            raise Told(
                f"The model was asked for {wanted.__name__.lstrip('_')}, and its layers have another attention: "
                "`attention` has to reach `bert_layer`."
            )


def _call_bert_counting(module: Any, given: dict[str, Any]) -> Any:
    """Tells of embeddings that are asked twice: with dropout, the second answer is another one."""
    calls: list[int] = []
    hook = module.embeddings.register_forward_hook(lambda *_: calls.append(1))
    try:
        return _call_bert(module, given)
    finally:
        hook.remove()
        if len(calls) > 1:
            raise Told(
                f"The embeddings are called {len(calls)} times for one input. With dropout each call draws anew, so the"
                " first state would not be what the first layer read: call them once and keep the result."
            )


def _run_bert(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    return _run_module(answer, inputs, case, _call_bert_counting, _look_at_bert)


class _Bert(nn.Module):
    """The reference in steps, for wrong modules to change one of them."""

    def __init__(self, config: BertConfig, attention: Any = bert.MultiHeadAttention) -> None:
        super().__init__()
        self.config = config
        self.embeddings = bert.BertEmbeddings(config)
        self.layers = nn.ModuleList(self.layer(config, attention) for _ in range(config.layers))
        self.pooler = nn.Linear(config.width, config.width)

    def layer(self, config: BertConfig, attention: Any) -> nn.Module:
        return bert.bert_layer(config, attention)

    def mask(self, ids: Tensor, real: Tensor | None, causal: bool) -> Tensor | None:
        return bert.visible(torch.ones_like(ids, dtype=torch.bool) if real is None else real, causal)

    def embed(self, ids: Tensor, segments: Tensor | None) -> Tensor:
        return self.embeddings(ids, segments)

    def through(self, state: Tensor, mask: Tensor | None) -> list[Tensor]:
        states = [state]
        for layer in self.layers:
            states.append(layer(states[-1], mask)[0])
        return states

    def pool(self, states: list[Tensor]) -> Tensor:
        return torch.tanh(self.pooler(states[-1][:, 0]))

    def finish(self, states: list[Tensor], pooled: Tensor) -> Any:
        return states, pooled

    def forward(
        self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None, causal: bool = False
    ) -> Any:
        states = self.through(self.embed(ids, segments), self.mask(ids, real, causal))
        return self.finish(states, self.pool(states))


def _same_input(self: Any, state: Tensor, mask: Tensor | None) -> list[Tensor]:
    return [state, *(layer(state, mask)[0] for layer in self.layers)]


def _first_layer_twice(self: Any, state: Tensor, mask: Tensor | None) -> list[Tensor]:
    states = [state]
    for _ in self.layers:
        states.append(self.layers[0](states[-1], mask)[0])
    return states


def _backwards(self: Any, state: Tensor, mask: Tensor | None) -> list[Tensor]:
    states = [state]
    for layer in reversed(self.layers):
        states.append(layer(states[-1], mask)[0])
    return states


def _mask_in_first_layer(self: Any, state: Tensor, mask: Tensor | None) -> list[Tensor]:
    states = [state]
    for number, layer in enumerate(self.layers):
        states.append(layer(states[-1], mask if number == 0 else None)[0])
    return states


def _forward_of_what_fits(
    self: Any, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None, causal: bool = False
) -> Any:
    most = self.config.positions
    segments, real = (part if part is None else part[:, :most] for part in (segments, real))
    return _Bert.forward(self, ids[:, :most], segments, real, causal)


def _other_layer(**changes: Any) -> Callable[..., nn.Module]:
    def layer(self: Any, config: BertConfig, attention: Any) -> nn.Module:
        settings = {"activation": "gelu", "norm_first": False, **changes}
        eps = settings.pop("eps", config.eps)
        made = bert.EncoderLayer(config.width, config.heads, config.hidden, config.dropout, **settings)
        made.norm1.eps = made.norm2.eps = eps
        return made

    return layer


BERT = Exercise(
    id="bert.bert",
    lesson="12",
    title="The whole encoder",
    reference=bert.Bert,
    cases=_bert_cases,
    run=_run_bert,
    judge=judge_tensors("states", "pooled", floor=1e-5),
    points=3,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "segments_lost",
            changed(_Bert, embed=lambda self, ids, segments: self.embeddings(ids)),
            "Right for a single sentence. With segments your first state is already wrong: they never reach the"
            " embeddings.",
        ),
        Misconception(
            "padding_seen",
            changed(
                _Bert, mask=lambda self, ids, real, causal: bert.visible(torch.ones_like(ids, dtype=torch.bool), causal)
            ),
            "The states change with the padding: `real` is not used, so the words look at padding too.",
        ),
        Misconception(
            "causal_ignored",
            changed(_Bert, mask=lambda self, ids, real, causal: _Bert.mask(self, ids, real, False)),
            "With `causal=True` nothing changes in your model. `visible` takes the flag as its second argument.",
        ),
        Misconception(
            "causal_always",
            changed(_Bert, mask=lambda self, ids, real, causal: _Bert.mask(self, ids, real, True)),
            "Your BERT reads from left to right only, also when nobody asked for that: without `causal` each token"
            " looks at what follows it, too.",
        ),
        Misconception(
            "mask_only_if_real",
            changed(_Bert, mask=lambda self, ids, real, causal: None if real is None else bert.visible(real, causal)),
            "With `real` you are right. Without it there is no mask at all, also where `causal` asks for one.",
        ),
        Misconception(
            "no_mask",
            changed(_Bert, mask=lambda self, ids, real, causal: None),
            "Right where nothing is hidden. With padding or `causal` your layers still look everywhere: no mask reaches"
            " them.",
        ),
        Misconception(
            "mask_turned_round",
            changed(
                _Bert,
                mask=lambda self, ids, real, causal: (
                    ~bert.visible(torch.ones_like(ids, dtype=torch.bool) if real is None else real, causal)
                ),
            ),
            "Your tokens look exactly where they must not: `visible` already says True for what may be seen.",
        ),
        Misconception(
            "layers_without_dropout",
            changed(
                _Bert,
                layer=lambda self, config, attention: bert.bert_layer(
                    dataclasses.replace(config, dropout=0.0), attention
                ),
            ),
            "Right without dropout. While training, your layers drop nothing: they get another config, or an eval() of"
            " their own.",
        ),
        Misconception(
            "too_long_is_cut",
            changed(
                _Bert,
                forward=_forward_of_what_fits,
            ),
            "Right as long as there are positions enough. A longer input is cut quietly; let the embeddings refuse it.",
        ),
        Misconception(
            "last_state_left_out",
            changed(_Bert, finish=lambda self, states, pooled: (states[:-1], pooled)),
            "The pooled vector is right, but the last state is missing from your list.",
        ),
        Misconception(
            "pooled_all_tokens",
            changed(_Bert, pool=lambda self, states: torch.tanh(self.pooler(states[-1]))),
            "The states are right. You pool every token; only the first one, [CLS], is asked for: (batch, width).",
        ),
        Misconception(
            "tanh_first",
            changed(_Bert, pool=lambda self, states: self.pooler(torch.tanh(states[-1][:, 0]))),
            "The states are right. The tanh stands before the pooler's linear layer; it comes after.",
        ),
        Misconception(
            "sigmoid",
            changed(_Bert, pool=lambda self, states: torch.sigmoid(self.pooler(states[-1][:, 0]))),
            "The states are right. A sigmoid stands where the tanh should.",
        ),
        Misconception(
            "mask_in_first_layer",
            changed(_Bert, through=_mask_in_first_layer),
            "The first layer is right, the later ones look at what is hidden: every layer needs the mask.",
        ),
        Misconception(
            "every_layer_from_the_start",
            changed(_Bert, through=_same_input),
            "The first two states are right. The layers after the first read what the embeddings gave, not what the"
            " layer before them gave.",
        ),
        Misconception(
            "first_layer_again",
            changed(_Bert, through=_first_layer_twice),
            "The first two states are right; then the first layer runs again where the next one should.",
        ),
        Misconception(
            "layers_backwards",
            changed(_Bert, through=_backwards),
            "The first state is right; then your layers run in the wrong order, from the last to the first.",
        ),
        Misconception(
            "embeddings_left_out",
            changed(_Bert, finish=lambda self, states, pooled: (states[1:], pooled)),
            "The states are right, but the first is missing: what the embeddings gave counts as a state too, so there"
            " is"
            " one more than there are layers.",
        ),
        Misconception(
            "last_state_only",
            changed(_Bert, finish=lambda self, states, pooled: (states[-1], pooled)),
            "You return the last state alone. The lesson looks at all of them: return the list.",
        ),
        Misconception(
            "states_stacked",
            changed(_Bert, finish=lambda self, states, pooled: (torch.stack(states), pooled)),
            "The numbers are right; the contract asks for a list of tensors, not for one tensor.",
        ),
        Misconception(
            "pooled_mean",
            changed(_Bert, pool=lambda self, states: torch.tanh(self.pooler(states[-1].mean(1)))),
            "The states are right. Your pooler reads the mean of all tokens; BERT's reads the first one, [CLS].",
        ),
        Misconception(
            "pooled_last_token",
            changed(_Bert, pool=lambda self, states: torch.tanh(self.pooler(states[-1][:, -1]))),
            "The states are right. Your pooler reads the last token, as one would in GPT; BERT's reads the first one.",
        ),
        Misconception(
            "pooled_first_state",
            changed(_Bert, pool=lambda self, states: torch.tanh(self.pooler(states[0][:, 0]))),
            "The states are right. Your pooler reads what the embeddings gave, where [CLS] has not looked at any word"
            " yet.",
        ),
        Misconception(
            "no_tanh",
            changed(_Bert, pool=lambda self, states: self.pooler(states[-1][:, 0])),
            "The states are right. The tanh after the pooler is missing.",
        ),
        Misconception(
            "no_pooler_layer",
            changed(_Bert, pool=lambda self, states: torch.tanh(states[-1][:, 0])),
            "The states are right. The pooler's linear layer is not used: you take the tanh of the state itself.",
        ),
        Misconception(
            "relu",
            changed(_Bert, layer=_other_layer(activation="relu")),
            "The first state is right. Inside your layers stands a ReLU; BERT has a GELU. `bert_layer` makes the right"
            " ones.",
        ),
        Misconception(
            "pre_norm",
            changed(_Bert, layer=_other_layer(norm_first=True)),
            "The first state is right. Your layers normalise first; BERT's normalise after adding (post-norm)."
            " `bert_layer` makes the right ones.",
        ),
        Misconception(
            "layer_default_eps",
            changed(_Bert, layer=_other_layer(eps=1e-5)),
            "The first state is right. The norms inside your layers have the default eps, not the config's."
            " `bert_layer`"
            " sets it.",
        ),
        Misconception(
            "results_swapped",
            changed(_Bert, finish=lambda self, states, pooled: (pooled, states)),
            "Both results are right, in the other order: first the states, then the pooled vector.",
        ),
        Misconception(
            "states_alone",
            changed(_Bert, finish=lambda self, states, pooled: states),
            "The states are right. Return the pooled vector as well.",
        ),
    ),
    hints=(
        "Embeddings, then one layer after the other, each fed with what the one before gave; keep every state in a"
        " list.",
        "A layer returns two things, the states and its attention weights. The mask is `visible(real, causal)`; if"
        " `real` is None, everything is real: `torch.ones_like(ids, dtype=torch.bool)`.",
        "`states = [self.embeddings(ids, segments)]`, then `state, _ = layer(states[-1], mask)` and append; at last"
        " `torch.tanh(self.pooler(states[-1][:, 0]))`.",
    ),
)

# ------------------------------------------------------------------------------- 7 · the head for blanks

HEAD_SIZES = {"vocabulary": 13, "width": 6, "eps": 0.1}


def _head_case(rng: np.random.Generator, about: str, *leading: int, **config: Any) -> Case:
    sizes = {**HEAD_SIZES, **config}
    inputs = {
        "states": normal(rng, *leading, sizes["width"]),
        "table": normal(rng, sizes["vocabulary"], sizes["width"]),
    }
    before = {"states": normal(rng, 2, sizes["width"]), "table": normal(rng, sizes["vocabulary"], sizes["width"])}
    state = random_state(rng, bert.MaskedWordHead(BertConfig(**sizes)))
    named = {"vocabulary": sizes["vocabulary"], "width": sizes["width"]}
    return Case(inputs, about, named, {"config": sizes, "state": state, "before": before})


def _head_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _head_case(rng, "two tokens", 2),
        _head_case(rng, "a batch of sentences", 3, 4),
        _head_case(rng, "a single vector"),
        _head_case(rng, "no tokens at all", 0),
        _head_case(rng, "another width and eps", 5, vocabulary=11, width=8, eps=1e-12),
        _head_case(rng, "more width than pieces", 2, 3, vocabulary=4, width=7),
    ]


def _run_head(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    return _run_module(
        answer,
        inputs,
        case,
        lambda module, given: module(given["states"], given["table"]),
        _look_at_head,
    )


def _look_at_head(module: nn.Module, case: Case) -> None:
    bias = getattr(module, "bias", None)
    if torch.is_tensor(bias) and bias.numel() and bool(bias.any()):
        raise Told("A fresh head's `bias` should be zeros: no piece starts ahead of another.")


class _Head(nn.Module):
    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.transform = nn.Linear(config.width, config.width)
        self.norm = LayerNorm(config.width, config.eps)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))

    def hidden(self, states: Tensor) -> Tensor:
        return self.norm(F.gelu(self.transform(states)))

    def scores(self, hidden: Tensor, table: Tensor) -> Tensor:
        return hidden @ table.T + self.bias

    def forward(self, states: Tensor, table: Tensor) -> Any:
        return self.scores(self.hidden(states), table)


def _logistic_gelu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


def _head_default_eps(self: Any, config: BertConfig) -> None:
    _Head.__init__(self, dataclasses.replace(config, eps=1e-5))


MASKED_WORD_HEAD = Exercise(
    id="bert.masked_word_head",
    lesson="12",
    title="From a state to a word",
    reference=bert.MaskedWordHead,
    cases=_head_cases,
    run=_run_head,
    judge=judge_tensors("scores"),
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "no_transform",
            changed(_Head, hidden=lambda self, states: self.norm(F.gelu(states))),
            "The linear layer `transform` is not used: the state itself goes into the GELU.",
        ),
        Misconception(
            "no_gelu",
            changed(_Head, hidden=lambda self, states: self.norm(self.transform(states))),
            "The GELU between the linear layer and the norm is missing.",
        ),
        Misconception(
            "relu",
            changed(_Head, hidden=lambda self, states: self.norm(torch.relu(self.transform(states)))),
            "A ReLU stands where the GELU should: what is below zero is cut off, and not only damped.",
        ),
        Misconception(
            "tanh",
            changed(_Head, hidden=lambda self, states: self.norm(torch.tanh(self.transform(states)))),
            "A tanh stands where the GELU should; the tanh belongs to the pooler.",
        ),
        Misconception(
            "tanh_gelu",
            changed(_Head, hidden=lambda self, states: self.norm(F.gelu(self.transform(states), approximate="tanh"))),
            "Your GELU is the approximation by a tanh. The numbers are close, but BERT's is the exact one, x · Φ(x).",
        ),
        Misconception(
            "no_norm",
            changed(_Head, hidden=lambda self, states: F.gelu(self.transform(states))),
            "The layer norm after the GELU is missing.",
        ),
        Misconception(
            "norm_before_gelu",
            changed(_Head, hidden=lambda self, states: F.gelu(self.norm(self.transform(states)))),
            "Norm and GELU have changed places: linear layer, GELU, norm.",
        ),
        Misconception(
            "norm_first",
            changed(_Head, hidden=lambda self, states: F.gelu(self.transform(self.norm(states)))),
            "The norm comes first in your head. The order is: linear layer, GELU, norm.",
        ),
        Misconception(
            "no_bias",
            changed(_Head, scores=lambda self, hidden, table: hidden @ table.T + 0 * self.bias),
            "Your scores lack the bias, one number for each piece: with it a frequent piece starts ahead.",
        ),
        Misconception(
            "bias_taken_off",
            changed(_Head, scores=lambda self, hidden, table: hidden @ table.T - self.bias),
            "The bias is subtracted in your scores; in the formula it is added.",
        ),
        Misconception(
            "probabilities",
            changed(_Head, scores=lambda self, hidden, table: _Head.scores(self, hidden, table).softmax(-1)),
            "You return probabilities. Scores are asked for: the loss takes the softmax itself, and twice is too"
            " often.",
        ),
        Misconception(
            "log_probabilities",
            changed(_Head, scores=lambda self, hidden, table: _Head.scores(self, hidden, table).log_softmax(-1)),
            "You return logarithms of probabilities. The contract asks for the scores as they are.",
        ),
        Misconception(
            "scaled",
            changed(_Head, scores=lambda self, hidden, table: hidden @ table.T / math.sqrt(table.shape[1]) + self.bias),
            "The dot products are divided by √width, as in attention. Here they stay as they are.",
        ),
        Misconception(
            "hidden_returned",
            changed(_Head, scores=lambda self, hidden, table: hidden),
            "You return the transformed state. It is still to be compared with every word vector of the table.",
        ),
        Misconception(
            "table_detached",
            changed(_Head, scores=lambda self, hidden, table: hidden @ table.detach().T + self.bias),
            "The scores are right, but the table is cut off from the gradient: the word vectors would learn nothing"
            " from"
            " the blanks.",
        ),
        Misconception(
            "default_eps",
            changed(_Head, __init__=_head_default_eps),
            "The norm's eps is not `config.eps`: look at what `LayerNorm` gets as its second argument.",
        ),
        Misconception(
            "logistic_gelu",
            changed(_Head, hidden=lambda self, states: self.norm(_logistic_gelu(self.transform(states)))),
            "Your GELU is the approximation x · σ(1.702 x). It is close, but BERT's is the exact one, x · Φ(x).",
        ),
        Misconception(
            "residual",
            changed(_Head, hidden=lambda self, states: self.norm(states + F.gelu(self.transform(states)))),
            "The state is added to what the GELU gives, as in an encoder layer. The head has no such way round.",
        ),
        Misconception(
            "table_normalised",
            changed(_Head, scores=lambda self, hidden, table: hidden @ F.normalize(table, dim=1).T + self.bias),
            "Your word vectors are brought to length 1 first. The table is used as it is.",
        ),
    ),
    hints=(
        "Four steps, in the order of the formula: linear layer, GELU, norm, and a dot product with every row of the"
        " table.",
        "All dot products at once: a product with the turned table, `table.T`. `F.gelu` is the exact GELU.",
        "`self.norm(F.gelu(self.transform(states))) @ table.T + self.bias`.",
    ),
)

# ------------------------------------------------------------------------- 8 · the loss of pre-training

LOSS_SIZES: dict[str, Any] = {
    "vocabulary": 13,
    "width": 6,
    "layers": 2,
    "heads": 2,
    "hidden": 7,
    "positions": 9,
    "eps": 0.05,
}


def _loss_case(
    rng: np.random.Generator,
    about: str,
    batch: int,
    length: int,
    share: float = 0.4,
    only: tuple[int, int] | None = None,
    evaluating: bool = False,
    **config: Any,
) -> Case:
    """Of the asked places each third holds [MASK], each third its own piece, as `corrupt` leaves them; one asks for 0.

    Args:
        share: about how many places are asked for; 0 for none.
        only: the one place to ask for.
        evaluating: gives the model in evaluation mode.
        config: other sizes of the model.
    """
    model = randomised(rng, bert.BertForPreTraining(BertConfig(**{**LOSS_SIZES, "dropout": 0.0, **config})))
    model.train(not evaluating)
    real = _real(rng, batch, length)
    ids = integers(rng, 13, batch, length)
    segments = (torch.arange(length) >= (length + 1) // 2).long().expand(batch, length).clone()
    asked = real & (torch.tensor(rng.random((batch, length))) < share)
    if share and only is None:
        asked[0, :] = real[0]  # the rows are asked about unequally often
        asked[-1, 0] = True
    elif only:
        asked[:] = False
        asked[only] = True
    labels = torch.where(asked, integers(rng, 13, batch, length, low=5), -100)
    for number, (row, column) in enumerate(asked.nonzero().tolist()):
        if number == 1:
            labels[row, column] = 0
        ids[row, column] = (MASK, int(ids[row, column]), int(labels[row, column]))[number % 3]
    strangers = torch.tensor([(n + 1) % 3 % 2 for n in range(batch)])
    given = bert_inputs.Inputs(ids, segments, real)
    inputs = {"model": model, "inputs": given, "labels": labels, "strangers": strangers}
    extra = {"values only": config.get("dropout") == 1.0}
    return Case(inputs, about, {"batch": batch, "length": length, "vocabulary": 13}, extra)


def _loss_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _loss_case(rng, "two pairs", 2, 5),
        _loss_case(rng, "three pairs, few blanks", 3, 8, 0.2),
        _loss_case(rng, "a single pair", 1, 4),
        _loss_case(rng, "no blank at all", 2, 4, 0.0),
        _loss_case(rng, "four pairs", 4, 7),
        _loss_case(rng, "exactly one blank", 2, 4, only=(0, 1)),
        _loss_case(rng, "a model of three layers", 2, 6, layers=3),
        _loss_case(rng, "dropout 1 while training: every sublayer adds nothing", 2, 5, dropout=1.0),
        _loss_case(rng, "a model after .eval()", 2, 4, evaluating=True, dropout=0.3, layers=1),
    ]


def _run_loss(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    model = inputs["model"]
    parameters = dict(model.named_parameters())
    for parameter in parameters.values():
        parameter.grad = torch.ones_like(parameter)
    modes = [module.training for module in model.modules()]
    rows: list[int] = []
    hook = model.bert.register_forward_hook(lambda module, given, output: rows.append(len(output[1])))
    try:
        with torch.enable_grad():
            found = answer(model, inputs["inputs"], inputs["labels"], inputs["strangers"])
    finally:
        hook.remove()
    if [module.training for module in model.modules()] != modes:
        raise Told(
            "After the call the model is in another mode: `train()` or `eval()` was called on it. The training decides"
            " that, not the loss."
        )
    if not all(p.grad is not None and torch.equal(p.grad, torch.ones_like(p)) for p in parameters.values()):
        raise Told(
            "The call changes the gradients that the model's weights hold (a `backward()` or `zero_grad()` inside?)."
            " The training does both itself; only the two numbers are asked for."
        )
    if sum(rows) > len(inputs["labels"]):
        raise Told(
            f"The encoder reads {sum(rows)} rows for a batch of {len(inputs['labels'])}: it is called again on what it"
            " has read. That costs double, and with dropout the two readings differ: keep states and pooled vector."
        )
    if isinstance(found, dict):
        raise Told("Return two numbers (tensors), first the one of the blanks, then the one of the pairs.")
    model.zero_grad(set_to_none=True)
    if case.extra["values only"]:
        return {"value": found, "gradients": {}}
    with torch.enable_grad():
        gradients = differentiate(_flat(found), parameters)
    finite = all(bool(part.isfinite().all()) for part in _flat(found) if torch.is_tensor(part))
    if finite and any(gradient is not None and bool(gradient.isnan().any()) for gradient in gradients.values()):
        raise Told(
            "The two numbers are fine, but their gradients are nan and would spoil every weight: a nan that is replaced"
            " afterwards still reaches them. Do not let it arise."
        )
    return {"value": found, "gradients": gradients}


def _lost(
    states: Callable[[list[Tensor]], Tensor] = lambda states: states[-1],
    read: Callable[[Any], tuple[Any, ...]] = tuple,
    blanks: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda scores, labels, real: (
        F.cross_entropy(scores[labels != -100], labels[labels != -100], reduction="sum")
        / max(1, int((labels != -100).sum()))
    ),
    pairs: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    pooled: Callable[[Tensor, list[Tensor]], Tensor] = lambda pooled, states: pooled,
    finish: Callable[[Tensor, Tensor], Any] = lambda masked, judged: (masked, judged),
) -> Callable[..., Any]:
    """The reference in steps, one of them exchanged."""

    def answer(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
        every, first = model.bert(*read(inputs))
        masked = blanks(model.word_scores(states(every)), labels, inputs[2])
        return finish(masked, pairs(model.next_sentence(pooled(first, every)), strangers))

    return answer


def _without_dropout(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    found = _lost()(model, inputs, labels, strangers)
    for module, mode in modes.items():
        module.training = mode
    return found


def _asked_only(which: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Any]:
    """Only those places with a label of which `which(ids, labels)` is True."""

    def answer(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
        return _lost()(model, inputs, labels.masked_fill(~which(inputs[0], labels), -100), strangers)

    return answer


def _reads_the_truth(model: Any, inputs: Any, labels: Tensor, strangers: Tensor) -> Any:
    return _lost()(model, (torch.where(labels == -100, inputs[0], labels), *inputs[1:]), labels, strangers)


def _mean_of_rows_with_blanks(scores: Tensor, labels: Tensor, real: Tensor) -> Tensor:
    each = F.cross_entropy(scores.mT, labels, reduction="none").sum(1)
    count = (labels != -100).sum(1)
    return (each / count.clamp(min=1)).sum() / (count > 0).sum().clamp(min=1)


def _total_over(count: Callable[[Tensor, Tensor], Any]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    return lambda scores, labels, real: (
        F.cross_entropy(scores.flatten(0, 1), labels.flatten(), reduction="sum") / count(labels, real)
    )


def _mean_of_rows(scores: Tensor, labels: Tensor, real: Tensor) -> Tensor:
    each = F.cross_entropy(scores.mT, labels, reduction="none").sum(1)
    return (each / (labels != -100).sum(1).clamp(min=1)).mean()


def _zero_for_none(scores: Tensor, labels: Tensor, real: Tensor) -> Tensor:
    """Where nothing is asked the label becomes piece 0, which is then asked for."""
    return F.cross_entropy(scores.flatten(0, 1), labels.clamp(min=0).flatten())


LOSS = Exercise(
    id="masked_lm.pretraining_loss",
    lesson="12",
    title="The loss of one batch",
    reference=masked_lm.pretraining_loss,
    cases=_loss_cases,
    run=_run_loss,
    judge=judge_tensors("masked", "pairs", floor=1e-5),
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "nan_without_blanks",
            _lost(blanks=lambda scores, labels, real: F.cross_entropy(scores.flatten(0, 1), labels.flatten())),
            "Right but for a batch without a blank: the mean of no numbers is nan, and it would spoil every weight. The"
            " contract asks for 0.",
        ),
        Misconception(
            "over_all_places",
            _lost(blanks=_total_over(lambda labels, real: labels.numel())),
            "The loss of the blanks is too small: you divide by all places of the batch, not by those with a label.",
        ),
        Misconception(
            "over_all_tokens",
            _lost(blanks=_total_over(lambda labels, real: real.sum())),
            "The loss of the blanks is too small: you divide by all tokens, not by those with a label.",
        ),
        Misconception(
            "over_the_batch",
            _lost(blanks=_total_over(lambda labels, real: len(labels))),
            "The loss of the blanks is divided by the number of pairs; it is a mean over the places with a label.",
        ),
        Misconception(
            "mean_of_rows",
            _lost(blanks=_mean_of_rows),
            "You take a mean for each row, and then the mean of these. A row with many blanks has to count more: one"
            " mean over all places with a label.",
        ),
        Misconception(
            "mean_of_rows_with_blanks",
            _lost(blanks=_mean_of_rows_with_blanks),
            "You take a mean for each row that has a blank, and then the mean of these. Every blank counts alike: one"
            " mean over all places with a label, whatever row they stand in.",
        ),
        Misconception(
            "two_at_least",
            _lost(blanks=_total_over(lambda labels, real: max(2, int((labels != -100).sum())))),
            "Right but for a batch with exactly one blank: its loss is halved. Only where there is none does the"
            " divisor need care.",
        ),
        Misconception(
            "label_0_left_out",
            _asked_only(lambda ids, labels: labels > 0),
            "A place whose true piece is number 0 is left out. The sign that nothing is asked is −100, not 0.",
        ),
        Misconception(
            "only_masks",
            _asked_only(lambda ids, labels: ids == MASK),
            "You ask only where [MASK] stands. A label also stands where a stranger was put in, or nothing was changed:"
            " the labels say where to ask, not the ids.",
        ),
        Misconception(
            "only_changed",
            _asked_only(lambda ids, labels: ids != labels),
            "You ask only where the piece was changed. A tenth of the chosen places stays as it was, and has a label"
            " all the same.",
        ),
        Misconception(
            "reads_the_truth",
            _reads_the_truth,
            "Your model reads the true pieces, put back from the labels: then nothing has to be guessed. It reads the"
            " ids with their blanks.",
        ),
        Misconception(
            "without_dropout",
            _without_dropout,
            "Right without dropout. While the model trains, yours switches dropout off for the call (`eval()`), so"
            " pre-training would run without it.",
        ),
        Misconception(
            "sum",
            _lost(blanks=_total_over(lambda labels, real: 1)),
            "The loss of the blanks is a sum: it grows with their number. Divide by how many places have a label.",
        ),
        Misconception(
            "sum_of_pairs",
            _lost(pairs=lambda scores, strangers: F.cross_entropy(scores, strangers, reduction="sum")),
            "The blanks are right. The loss of the pairs is a sum; the mean over the batch is asked for.",
        ),
        Misconception(
            "piece_0_is_asked_for",
            _lost(blanks=_zero_for_none),
            "Where nothing is asked you ask for piece 0. The label −100 means: leave this place out.",
        ),
        Misconception(
            "states_of_the_embeddings",
            _lost(states=lambda states: states[0]),
            "The pairs are right. Your blanks are guessed from what the embeddings gave, where no token has looked at"
            " another: take the last state.",
        ),
        Misconception(
            "one_layer_too_early",
            _lost(states=lambda states: states[-2]),
            "The pairs are right. Your blanks are guessed from the state before the last, so the last layer learns"
            " nothing from them.",
        ),
        Misconception(
            "always_state_2",
            _lost(states=lambda states: states[min(2, len(states) - 1)]),
            "Right for a model of two layers. With another number of layers, the last state has another number.",
        ),
        Misconception(
            "first_layer",
            _lost(states=lambda states: states[1]),
            "The pairs are right. Your blanks are guessed from what the first layer gave; the last state is asked for.",
        ),
        Misconception(
            "inputs_in_another_order",
            _lost(read=lambda inputs: (inputs[0], inputs[2].long(), inputs[1].bool())),
            "Segments and `real` have changed places on their way to the encoder: it takes ids, segments, real.",
        ),
        Misconception(
            "padding_seen",
            _lost(read=lambda inputs: (inputs[0], inputs[1])),
            "Your model looks at padding: `real`, the third of the inputs, does not reach it.",
        ),
        Misconception(
            "segments_lost",
            _lost(read=lambda inputs: (inputs[0], None, inputs[2])),
            "Your model cannot tell A from B: the segments, the second of the inputs, do not reach it.",
        ),
        Misconception(
            "ids_alone",
            _lost(read=lambda inputs: (inputs[0],)),
            "Only the ids reach your model; segments and `real` belong to the inputs too.",
        ),
        Misconception(
            "pairs_from_the_state",
            _lost(pooled=lambda pooled, states: states[-1][:, 0]),
            "The blanks are right. The pairs are judged from [CLS]'s state; between the two stands the pooler.",
        ),
        Misconception(
            "labels_turned_round",
            _lost(pairs=lambda scores, strangers: F.cross_entropy(scores, 1 - strangers)),
            "The blanks are right. The pairs are judged the wrong way round: class 1 is the stranger.",
        ),
        Misconception(
            "softmax_twice",
            _lost(
                blanks=lambda scores, labels, real: _lost_blanks(scores.softmax(-1), labels),
                pairs=lambda scores, strangers: F.cross_entropy(scores.softmax(-1), strangers),
            ),
            "Both losses are those of probabilities: `F.cross_entropy` takes scores, and does the softmax itself.",
        ),
        Misconception(
            "softmax_before_the_blanks",
            _lost(blanks=lambda scores, labels, real: _lost_blanks(scores.softmax(-1), labels)),
            "The pairs are right. The loss of the blanks is one of probabilities: `F.cross_entropy` takes scores, and"
            " does the softmax itself.",
        ),
        Misconception(
            "softmax_before_the_pairs",
            _lost(pairs=lambda scores, strangers: F.cross_entropy(scores.softmax(-1), strangers)),
            "The blanks are right. The loss of the pairs is one of probabilities: `F.cross_entropy` takes scores, and"
            " does the softmax itself.",
        ),
        Misconception(
            "added",
            _lost(finish=lambda masked, judged: masked + judged),
            "You return the sum, and it is right. Return both numbers; the training adds them, and the lesson draws"
            " each.",
        ),
        Misconception(
            "swapped",
            _lost(finish=lambda masked, judged: (judged, masked)),
            "Both numbers are right, in the other order: first the blanks, then the pairs.",
        ),
        Misconception(
            "plain_numbers",
            _lost(finish=lambda masked, judged: (masked.detach(), judged.detach())),
            "The numbers are right, but no gradient can flow back from them, so nothing would be learned. Leave"
            " `.item()`, `.detach()` and `no_grad` out.",
        ),
    ),
    hints=(
        "The model's encoder gives states and a pooled vector. One head reads the last state at the places that are"
        " asked about, the other the pooled vector.",
        "`asked = labels != IGNORED` picks states and labels alike: `states[-1][asked]` is (how many, width). For none,"
        " a sum is 0 where a mean is nan.",
        '`F.cross_entropy(model.word_scores(states[-1][asked]), labels[asked], reduction="sum") / max(1,'
        " int(asked.sum()))` and `F.cross_entropy(model.next_sentence(pooled), strangers)`, with `states, pooled ="
        " model.bert(*inputs)`.",
    ),
)


def _lost_blanks(scores: Tensor, labels: Tensor) -> Tensor:
    asked = labels != -100
    return F.cross_entropy(scores[asked], labels[asked], reduction="sum") / max(1, int(asked.sum()))


# -------------------------------------------------------------------------------------- 9 · how many weights


def _count_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, *numbers: int) -> Case:
        names = ("vocabulary", "width", "layers", "hidden", "positions", "segments")
        return Case(dict(zip(names, numbers)), about)

    some = [int(n) for n in rng.permutation(np.arange(20, 60))[:3]]
    return [
        case("a tiny one", 11, 4, 2, 10, 7, 3),
        case("one layer", 13, 6, 1, 5, 9, 2),
        case("BERT base, with the defaults", 30522, 768, 12, 3072),
        case("BERT large", 30522, 1024, 24, 4096),
        case("without layers", 17, 5, 0, 8, 3, 1),
        case("other sizes", some[0], some[1], 3, some[2], 15, 4),
    ]


def _counted(
    square: Callable[[int], int] = lambda w: w * w + w,
    feed: Callable[[int, int], int] = lambda w, h: 2 * w * h + h + w,
    norm: Callable[[int], int] = lambda w: 2 * w,
    projections: int = 4,
    norms: int = 2,
    change: Callable[[dict[str, int], int, int, int], dict[str, int]] = lambda parts, v, w, layers: parts,
    tables: Callable[[int, int, int], int] = lambda v, p, s: v + p + s,
) -> Callable[..., Any]:
    def answer(vocabulary: int, width: int, layers: int, hidden: int, positions: int = 512, segments: int = 2) -> Any:
        parts = {
            "embeddings": tables(vocabulary, positions, segments) * width + norm(width),
            "layers": layers * (projections * square(width) + feed(width, hidden) + norms * norm(width)),
            "pooler": square(width),
            "masked_words": square(width) + norm(width) + vocabulary,
            "next_sentence": 2 * width + 2,
        }
        return change(parts, vocabulary, width, layers)

    return answer


COUNT = Exercise(
    id="bert.count_parameters",
    lesson="12",
    title="110,106,428",
    reference=bert.count_parameters,
    cases=_count_cases,
    forbids=("utils.bert.BertForPreTraining", "utils.bert.Bert"),
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "no_biases",
            _counted(
                square=lambda w: w * w,
                feed=lambda w, h: 2 * w * h,
                change=lambda parts, v, w, layers: {**parts, "next_sentence": 2 * w},
            ),
            "The tables are right. Your linear layers have no biases: one from n to m has n · m weights and m biases.",
        ),
        Misconception(
            "no_norms",
            _counted(norm=lambda w: 0),
            'Layer norms have weights too, a factor and a summand for each component: "only dense layers" leaves them'
            " out.",
        ),
        Misconception(
            "norm_of_one",
            _counted(norm=lambda w: w),
            "Each norm has a factor *and* a summand for each component.",
        ),
        Misconception(
            "one_norm_a_layer",
            _counted(norms=1),
            "The embeddings are right. An encoder layer has two norms, one after each sublayer.",
        ),
        Misconception(
            "three_projections",
            _counted(projections=3),
            "The embeddings are right. Attention has a fourth linear layer: after queries, keys and values comes the"
            " one"
            " that mixes the heads.",
        ),
        Misconception(
            "no_embedding_norm",
            _counted(change=lambda parts, v, w, layers: {**parts, "embeddings": parts["embeddings"] - 2 * w}),
            "Your embeddings are the three tables alone; the norm after the sum belongs to them.",
        ),
        Misconception(
            "no_positions",
            _counted(tables=lambda v, p, s: v + s),
            "Your embeddings lack the positions: they are learned in BERT, a vector for each place.",
        ),
        Misconception(
            "no_segments",
            _counted(tables=lambda v, p, s: v + p),
            "Your embeddings lack the segments: a small table, but a table.",
        ),
        Misconception(
            "words_only",
            _counted(tables=lambda v, p, s: v),
            "Your embeddings hold the words alone. Positions and segments have tables of the same width.",
        ),
        Misconception(
            "feed_forward_biases",
            _counted(feed=lambda w, h: 2 * w * h + 2 * w),
            "In the feed-forward net the first layer leads to `hidden` numbers, so it has `hidden` biases, not"
            " `width`.",
        ),
        Misconception(
            "feed_forward_once",
            _counted(feed=lambda w, h: w * h + h),
            "Your feed-forward net widens the vectors and never brings them back: its second linear layer is missing.",
        ),
        Misconception(
            "fixed_positions",
            lambda vocabulary, width, layers, hidden, positions=512, segments=2: _counted()(
                vocabulary, width, layers, hidden
            ),
            "Right for 512 positions and 2 segments; the last two arguments are not used.",
        ),
        Misconception(
            "no_attention_biases",
            _counted(
                change=lambda parts, v, w, layers: {**parts, "layers": parts["layers"] - 4 * layers * w},
            ),
            "All right but the layers: the four linear layers of the attention have biases, too.",
        ),
        Misconception(
            "pairs_without_bias",
            _counted(change=lambda parts, v, w, layers: {**parts, "next_sentence": 2 * w}),
            "All right but next sentence prediction: its two outputs have a bias each.",
        ),
        Misconception(
            "table_twice",
            _counted(change=lambda parts, v, w, layers: {**parts, "masked_words": parts["masked_words"] + v * w}),
            "All right but the head for the masked words: its table *is* that of the embeddings, and is counted there."
            " (With it twice, BERT base would have 133.5 million.)",
        ),
        Misconception(
            "head_without_bias",
            _counted(change=lambda parts, v, w, layers: {**parts, "masked_words": parts["masked_words"] - v}),
            "All right but the head for the masked words: it has a bias for each piece of the vocabulary.",
        ),
        Misconception(
            "head_without_norm",
            _counted(change=lambda parts, v, w, layers: {**parts, "masked_words": parts["masked_words"] - 2 * w}),
            "All right but the head for the masked words: after the GELU it has a layer norm.",
        ),
        Misconception(
            "head_is_a_bias",
            _counted(change=lambda parts, v, w, layers: {**parts, "masked_words": v}),
            "All right but the head for the masked words: before the table comes a linear layer with a norm.",
        ),
        Misconception(
            "one_answer",
            _counted(change=lambda parts, v, w, layers: {**parts, "next_sentence": w + 1}),
            "All right but next sentence prediction: it has two outputs, each with its weights and a bias.",
        ),
        Misconception(
            "one_layer",
            lambda vocabulary, width, layers, hidden, positions=512, segments=2: _counted()(
                vocabulary, width, 1, hidden, positions, segments
            ),
            'Your "layers" holds a single layer, however many there are.',
        ),
        Misconception(
            "four_times_width",
            lambda vocabulary, width, layers, hidden, positions=512, segments=2: _counted()(
                vocabulary, width, layers, 4 * width, positions, segments
            ),
            "Right for BERT base and large, whose `hidden` is four times the width; the argument itself is not used.",
        ),
        Misconception(
            "total",
            lambda *args, **kwargs: sum(_counted()(*args, **kwargs).values()),
            "The sum is right. Return the parts by name, as the contract lists them; the lesson adds them up.",
        ),
    ),
    hints=(
        "A linear layer from n to m has n · m + m weights, a norm of width n has 2 · n, a table of k rows has k · n.",
        "Give names to what occurs again: `norm = 2 * width`, `square = width * width + width`. A layer has four"
        " squares, a feed-forward net and two norms.",
        "embeddings `(vocabulary + positions + segments) * width + norm`; layers `layers * (4 * square + 2 * width *"
        " hidden + hidden + width + 2 * norm)`; pooler `square`; masked_words `square + norm + vocabulary`;"
        " next_sentence"
        " `2 * width + 2`.",
    ),
)

# ------------------------------------------------------------------------------------- 10 · a tagger on top

TAGGER_SIZES: dict[str, Any] = {
    "vocabulary": 11,
    "width": 6,
    "layers": 3,
    "heads": 2,
    "hidden": 8,
    "positions": 7,
    "eps": 0.05,
}


def _tagger_case(
    rng: np.random.Generator,
    about: str,
    batch: int,
    length: int,
    given: int = 3,
    tags: int = 2,
    dropout: float = 0.0,
    start_trains: bool = True,
    trains: bool = True,
    **wanted: Any,
) -> Case:
    """Args:
    given: how many of ids, segments and real `forward` gets.
    dropout: of the encoder; 1 keeps it the same at every draw.
    start_trains, trains: the mode of the given encoder, and that of the tagger when it is called.
    wanted: other arguments of the tagger.
    """
    encoder = randomised(rng, bert.Bert(BertConfig(**TAGGER_SIZES, dropout=dropout)).train(start_trains))
    inputs = {"bert": encoder, **({} if tags == 2 else {"tags": tags}), **wanted}
    parts = (
        integers(rng, 11, batch, length),
        (torch.arange(length) >= (length + 1) // 2).long().expand(batch, length).clone(),
        _real(rng, batch, length),
    )
    parts[0][0, -1] = 0  # a piece like others: `real` says what padding is
    output = {"weight": normal(rng, tags, 6), "bias": normal(rng, tags)}
    extra = {"parts": parts[:given], "output": output, "trains": trains, "values only": dropout > 0}
    return Case(inputs, about, {"batch": batch, "length": length}, extra)


def _tagger_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _tagger_case(rng, "fine-tuning: last state, all weights learn", 2, 4),
        _tagger_case(rng, "frozen, last state", 2, 5, frozen=True),
        _tagger_case(rng, "frozen, layer 1", 3, 4, layer=1, frozen=True, start_trains=False),
        _tagger_case(rng, "layer 0: the embeddings", 2, 5, layer=0, start_trains=False),
        _tagger_case(rng, "layer 2, four tags", 3, 5, tags=4, layer=2),
        _tagger_case(rng, "ids alone", 1, 3, given=1, layer=-2),
        _tagger_case(rng, "layer -4 of three layers: the embeddings", 2, 3, layer=-4),
        _tagger_case(rng, "dropout 1 while training: every sublayer adds nothing", 2, 3, dropout=1.0),
        _tagger_case(rng, "dropout 0.5, after .eval()", 2, 3, dropout=0.5, trains=False),
    ]


def _tell_of_shared_weights(made: nn.Module, given: nn.Module) -> None:
    """Tells of weights of the given model in the tagger: the very objects, or others over the same memory."""
    theirs = {id(parameter) for parameter in given.parameters()}
    memory = {parameter.untyped_storage().data_ptr() for parameter in given.parameters()}
    own = dict(made.named_parameters(remove_duplicate=False))
    for name, parameter in own.items():
        if name.startswith("bert.") and id(parameter) in theirs:
            raise Told(
                "Your tagger holds the very weights of the model that was given, not copies of them. Training would"
                " change the start, and the next comparison would not begin where this one did: `copy.deepcopy`."
            )
    for name, parameter in own.items():
        if id(parameter) in theirs:
            raise Told(
                f"Besides its copy your tagger keeps the given model itself, as `{name.split('.')[0]}`: its weights are"
                " among the tagger's parameters. Keep the copy alone."
            )
        if parameter.untyped_storage().data_ptr() in memory:
            raise Told(
                f"`{name}` lies in the same memory as the given model's weight: each step of training would change the"
                " start as well. The numbers have to be copied, as `copy.deepcopy` does."
            )


def _tell_of_a_changed_start(given: nn.Module, weights: dict[str, Tensor], modes: list[bool]) -> None:
    """Tells if the model that was given is not as it was."""
    if any(not torch.equal(value, weights[name]) for name, value in given.state_dict().items()):
        raise Told("The weights of the model that was given have other numbers now. Change the copy, if anything.")
    if not all(parameter.requires_grad for parameter in given.parameters()):
        raise Told("The model that was given is frozen now. Freeze the copy, and leave the original as it was.")
    if [module.training for module in given.modules()] != modes:
        raise Told(
            "The model that was given is in another mode now: `train()` or `eval()` was called on it. It has to stay as"
            " it was."
        )


def _run_tagger(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    given = inputs["bert"]
    start = {name: value.clone() for name, value in given.state_dict().items()}
    modes = [module.training for module in given.modules()]
    made = answer(given, **{name: value for name, value in inputs.items() if name != "bert"})
    if not isinstance(made, nn.Module):
        raise Told(f"The class must derive from `nn.Module`; an object of type {type(made).__name__} was made.")
    weights = {f"bert.{name}": value for name, value in start.items()}
    own = made.state_dict()
    for name in weights:
        if name in own and own[name].shape == weights[name].shape and not torch.equal(own[name], weights[name]):
            raise Told(
                f"`{name}` does not hold the numbers of the model that was given: a fresh model, or a changed one. The"
                " start is what pre-training found."
            )
    _tell_of_shared_weights(made, given)
    _tell_of_a_changed_start(given, start, modes)
    load_by_name(made, {**weights, **{f"output.{name}": value for name, value in case.extra["output"].items()}})
    made.train(case.extra["trains"])  # as `fine_tune` does; the mode of the copy is not asked about
    used: list[int] = []
    hooks = [module.register_forward_hook(lambda *_: used.append(1)) for module in given.modules()]
    try:
        with torch.enable_grad():
            scores = call_unchanged(made, *case.extra["parts"])
            parameters = dict(made.named_parameters())
            learning = {name: p for name, p in parameters.items() if p.requires_grad}
            found = {} if case.extra["values only"] else differentiate(scores, learning)
    finally:
        for hook in hooks:
            hook.remove()
    if used:
        raise Told(
            "Your `forward` runs the model that was given, and the copy is idle: what the copy learns changes nothing"
            " in the scores."
        )
    _tell_of_a_changed_start(given, start, modes)
    gradients = {} if case.extra["values only"] else {name: found.get(name) for name in parameters}
    off = [name for name, parameter in parameters.items() if not parameter.requires_grad]
    return {"value": scores, "gradients": gradients, "off": off}


def _judge_tagger(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """As other tensors; of a weight without a gradient it says why, if its `requires_grad` is off."""
    found = judge_tensors("scores", floor=1e-5)(case, output, expected)
    name = found.where.removeprefix("gradient of ") if found and found.where.startswith("gradient of ") else ""
    if name and name in output["off"]:
        return Mismatch(
            f"The numbers are right, but `{name}` would not learn: its `requires_grad` is off, and all weights"
            f" {'of the new layer learn' if name.startswith('output.') else 'learn unless frozen=True'}.",
            name,
        )
    return found


class _Tagger(nn.Module):
    """The reference in steps."""

    def __init__(self, bert: Any, tags: int = 2, layer: int = -1, frozen: bool = False) -> None:
        super().__init__()
        self.bert = self.keep(bert)
        self.layer = layer
        self.output = nn.Linear(bert.config.width, tags)
        if frozen:
            self.freeze()

    def keep(self, encoder: Any) -> Any:
        return copy.deepcopy(encoder)

    def freeze(self) -> None:
        self.bert.requires_grad_(False)

    def pick(self, states: list[Tensor], pooled: Tensor) -> Tensor:
        return states[self.layer]

    def finish(self, scores: Tensor) -> Any:
        return scores

    def forward(self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None) -> Any:
        return self.finish(self.output(self.pick(*self.bert(ids, segments, real))))


def _two_tags(self: Any, bert: Any, tags: int = 2, layer: int = -1, frozen: bool = False) -> None:
    _Tagger.__init__(self, bert, 2, layer, frozen)


def _in_evaluation(self: Any, *given: Any) -> Any:
    self.bert.eval()
    return self.output(self.pick(*self.bert(*given)))


def _always_frozen(self: Any, encoder: Any) -> Any:
    return copy.deepcopy(encoder).requires_grad_(False)


TAGGER = Exercise(
    id="bert_tuning.bert_tagger",
    lesson="12",
    title="Fine-tuned or frozen",
    reference=bert_tuning.BertTagger,
    cases=_tagger_cases,
    run=_run_tagger,
    judge=_judge_tagger,
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "not_copied",
            changed(_Tagger, keep=lambda self, encoder: encoder),
            "Your tagger works with the very model that was given. Copy it first, so that the start stays as it was.",
        ),
        Misconception(
            "never_frozen",
            changed(_Tagger, freeze=lambda self: None),
            "Fine-tuning is right. With `frozen=True` gradients still reach the encoder: its weights would change.",
        ),
        Misconception(
            "always_frozen",
            changed(_Tagger, keep=_always_frozen),
            "Frozen features are right. Without `frozen` all weights are to learn, and nothing reaches your encoder.",
        ),
        Misconception(
            "frozen_turned_round",
            changed(_Tagger, keep=_always_frozen, freeze=lambda self: self.bert.requires_grad_(True)),
            "The flag works the other way round: `frozen=True` should stop the gradients, and False let them through.",
        ),
        Misconception(
            "everything_frozen",
            changed(_Tagger, freeze=lambda self: self.requires_grad_(False)),
            "With `frozen=True` your new layer is frozen too, so nothing at all can learn.",
        ),
        Misconception(
            "embeddings_frozen",
            changed(_Tagger, freeze=lambda self: self.bert.embeddings.requires_grad_(False)),
            "With `frozen=True` only your embeddings are frozen; the layers above them would still change.",
        ),
        Misconception(
            "always_the_last",
            changed(_Tagger, pick=lambda self, states, pooled: states[-1]),
            "Right for the last layer; another `layer` changes nothing in your scores.",
        ),
        Misconception(
            "counted_without_the_embeddings",
            changed(
                _Tagger,
                pick=lambda self, states, pooled: states[self.layer if self.layer < 0 else min(self.layer + 1, 3)],
            ),
            "Your layers are counted from 1: number 0 is what the embeddings give, number 1 the first layer.",
        ),
        Misconception(
            "layer_0_is_nothing",
            changed(_Tagger, pick=lambda self, states, pooled: states[self.layer or -1]),
            "Right but for layer 0, for which yours reads the last state: 0 counts as False in an `or` or an `if`.",
        ),
        Misconception(
            "negative_without_the_embeddings",
            changed(
                _Tagger,
                pick=lambda self, states, pooled: states[1:][self.layer] if self.layer < 0 else states[self.layer],
            ),
            "Negative layers, too, are counted in the whole list of states: with three layers, −4 is the embeddings.",
        ),
        Misconception(
            "pooled",
            changed(_Tagger, pick=lambda self, states, pooled: pooled),
            "Your scores are made from the pooled vector, one row for a whole sentence. Each token has a tag.",
        ),
        Misconception(
            "first_token",
            changed(_Tagger, pick=lambda self, states, pooled: states[self.layer][:, 0]),
            "You score [CLS] alone. Each token has a tag.",
        ),
        Misconception(
            "mean_of_layers",
            changed(_Tagger, pick=lambda self, states, pooled: torch.stack(states).mean(0)),
            "Your new layer reads the mean of all states; the one of `layer` is asked for.",
        ),
        Misconception(
            "probabilities",
            changed(_Tagger, finish=lambda self, scores: scores.softmax(-1)),
            "You return probabilities. Scores are asked for: the loss takes the softmax itself.",
        ),
        Misconception(
            "log_probabilities",
            changed(_Tagger, finish=lambda self, scores: scores.log_softmax(-1)),
            "You return logarithms of probabilities. The scores themselves are asked for, as the new layer gives them.",
        ),
        Misconception(
            "dropout_of_its_own",
            changed(
                _Tagger,
                pick=lambda self, states, pooled: F.dropout(
                    states[self.layer], self.bert.config.dropout, self.training
                ),
            ),
            "Right without dropout. While training, yours has one more dropout before the new layer, which the contract"
            " does not have: the layer reads the state as it is.",
        ),
        Misconception(
            "encoder_never_trains",
            changed(_Tagger, forward=_in_evaluation),
            "Right without dropout. While all weights train, your encoder reads in evaluation mode: no dropout.",
        ),
        Misconception(
            "causal",
            changed(
                _Tagger,
                forward=lambda self, ids, segments=None, real=None: self.output(
                    self.pick(*self.bert(ids, segments, real, True))
                ),
            ),
            "Your encoder reads from left to right only. Nobody asked for `causal`: each token sees both sides.",
        ),
        Misconception(
            "padding_guessed",
            changed(
                _Tagger,
                forward=lambda self, ids, segments=None, real=None: self.output(
                    self.pick(*self.bert(ids, segments, ids != 0 if real is None else real))
                ),
            ),
            "Right where `real` is given. Left out, it means that every token is one; yours takes piece 0 for padding.",
        ),
        Misconception(
            "padding_by_number",
            changed(
                _Tagger,
                forward=lambda self, ids, segments=None, real=None: self.output(
                    self.pick(*self.bert(ids, segments, ids != 0))
                ),
            ),
            "Your encoder takes piece 0 for padding, and `real` is not used: it alone says where tokens stand.",
        ),
        Misconception(
            "ids_alone",
            changed(
                _Tagger, forward=lambda self, ids, segments=None, real=None: self.output(self.pick(*self.bert(ids)))
            ),
            "Only the ids reach your encoder; the segments and `real` belong to what it reads, too.",
        ),
        Misconception(
            "tags_guessed",
            changed(_Tagger, finish=lambda self, scores: scores.argmax(-1)),
            "You return the best tag of each token; nothing can be learned from that. Return the scores.",
        ),
        Misconception(
            "padding_seen",
            changed(
                _Tagger,
                forward=lambda self, ids, segments=None, real=None: self.output(self.pick(*self.bert(ids, segments))),
            ),
            "Your encoder looks at padding: `real` does not reach it.",
        ),
        Misconception(
            "segments_lost",
            changed(
                _Tagger,
                forward=lambda self, ids, segments=None, real=None: self.output(self.pick(*self.bert(ids, None, real))),
            ),
            "The segments do not reach your encoder: it takes every token for one of sentence A.",
        ),
        Misconception(
            "two_tags",
            changed(_Tagger, __init__=_two_tags),
            "Your new layer always gives two scores; `tags` says how many are wanted.",
        ),
    ),
    hints=(
        "Three things to keep: a copy of the encoder, a linear layer from its width to the tags, and which state to"
        " read.",
        "`copy.deepcopy(bert)` copies a model. `module.requires_grad_(False)` freezes all weights of a module. The"
        " encoder returns the list of states and the pooled vector.",
        "In `forward`: `states, _ = self.bert(ids, segments, real)`, then `self.output(states[self.layer])`. In"
        " `__init__`: if frozen, `self.bert.requires_grad_(False)`, on the copy.",
    ),
)

EXERCISES = (
    VISIBLE,
    CORRUPT,
    MAKE_INPUTS,
    NEXT_SENTENCE,
    EMBEDDINGS,
    BERT,
    MASKED_WORD_HEAD,
    LOSS,
    COUNT,
    TAGGER,
)
