"""The exercises of lesson 12, BERT: cases, known mistakes and what to say about them, hints."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import bert, bert_inputs, masked_lm
from utils.bert import BertConfig
from utils.checks.model import Case, Exercise, Misconception
from utils.checks.modules import call_unchanged, load_by_name
from utils.checks.tensors import (
    differentiate,
    integers,
    judge_tensors,
    normal,
    or_error,
    random_mask,
    refused,
    values_and_gradients,
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

    extra = int(rng.integers(6, 9))
    return [case(1, 3), case(1, 4, True), case(2, 5), case(3, 4, False), case(3, 5, True), case(2, 1), case(2, extra)]


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
    all_of_them = {**_draws(rng, 3, 20), "mask_id": 39, "probability": 1}
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
            "The inputs are right. Chosen tokens that stayed as they were are asked for too, and have no label in your"
            " result.",
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

# ----------------------------------------------------------------------------------- 3 · cutting a pair


def _tokens(rng: np.random.Generator, count: int, low: int = 10) -> list[int]:
    return [int(n) for n in rng.permutation(np.arange(low, low + 60))[:count]]


def _pair_case(rng: np.random.Generator, first: int, second: int, room: int, about: str = "") -> Case:
    inputs = {"first": _tokens(rng, first), "second": _tokens(rng, second, 100), "room": room}
    return Case(inputs, about or f"{first} and {second} tokens, room for {room}")


def _truncate_cases(rng: np.random.Generator) -> list[Case]:
    sizes = (
        (3, 5, 6),
        (2, 3, 9),
        (6, 2, 5),
        (1, 8, 4),
        (9, 1, 4),
        (4, 4, 7),
        (5, 5, 6),
        (0, 4, 3),
        (7, 0, 2),
        (3, 2, 0),
    )
    words = Case(
        {"first": ["in", "the", "beginning"], "second": ["and", "the", "earth", "was", "waste"], "room": 5},
        "words as strings",
    )
    both = int(rng.integers(11, 16))
    return [*(_pair_case(rng, *size) for size in sizes), words, _pair_case(rng, 14, 9, both)]


def _popped(pick: Callable[[list, list], bool], place: int = -1) -> Callable[..., Any]:
    """One token at a time, from the first sentence where `pick` says so."""

    def answer(first: Sequence[Any], second: Sequence[Any], room: int) -> Any:
        first, second = list(first), list(second)
        while len(first) + len(second) > room:
            (first if (pick(first, second) and first) or not second else second).pop(place)
        return first, second

    return answer


def _shared(first: Sequence[Any], second: Sequence[Any], room: int) -> Any:
    if len(first) + len(second) <= room:
        return list(first), list(second)
    return list(first)[: room - room // 2], list(second)[: room // 2]


def _proportional(first: Sequence[Any], second: Sequence[Any], room: int) -> Any:
    total = len(first) + len(second)
    if total <= room:
        return list(first), list(second)
    keep = math.ceil(len(first) * room / total)
    return list(first)[:keep], list(second)[: room - keep]


def _rightly_cut(first: Sequence[Any], second: Sequence[Any], room: int) -> Any:
    return _popped(lambda a, b: len(a) > len(b))(first, second, room)


TRUNCATE = Exercise(
    id="bert_inputs.truncate_pair",
    lesson="12",
    title="Cut the longer one",
    reference=bert_inputs.truncate_pair,
    cases=_truncate_cases,
    points=1,
    minutes=6,
    difficulty=1,
    misconceptions=(
        Misconception(
            "second_only",
            _popped(lambda first, second: not second),
            "You shorten the second sentence alone, as long as there is any of it. The longer one of the two loses a"
            " token, each time anew.",
        ),
        Misconception(
            "first_only",
            _popped(lambda first, second: bool(first)),
            "You shorten the first sentence alone, as long as there is any of it. The longer one of the two loses a"
            " token, each time anew.",
        ),
        Misconception(
            "shorter_one",
            _popped(lambda first, second: len(first) < len(second)),
            "The *shorter* sentence loses tokens in your result, until nothing is left of it. The longer one can spare"
            " them.",
        ),
        Misconception(
            "ties_cut_the_first",
            _popped(lambda first, second: len(first) >= len(second)),
            "Right but for ties: where both are equally long, it is the second that loses a token.",
        ),
        Misconception(
            "by_turns",
            lambda first, second, room: _by_turns(first, second, room),
            "Your sentences lose tokens by turns, whichever is longer. A short sentence would vanish beside a long"
            " one.",
        ),
        Misconception(
            "half_each",
            _shared,
            "Each sentence gets half of the room in your result, also where one of them does not need it: a short one"
            " and a long one together then leave room unused.",
        ),
        Misconception(
            "in_proportion",
            _proportional,
            "Both sentences are shortened in proportion to their length. Here only the longer one loses tokens, until"
            " the two are equal.",
        ),
        Misconception(
            "from_the_front",
            _popped(lambda first, second: len(first) > len(second), 0),
            "The lengths are right, but the tokens are taken from the front. The beginnings are kept.",
        ),
        Misconception(
            "room_for_special_tokens",
            lambda first, second, room: _popped(lambda a, b: len(a) > len(b))(first, second, max(0, room - 3)),
            "Three tokens too few are left: `room` is what the two sentences may have together. Whoever calls has"
            " already taken off [CLS] and the two [SEP].",
        ),
        Misconception(
            "one_too_many",
            lambda first, second, room: _popped(lambda a, b: len(a) > len(b))(first, second, max(0, room - 1)),
            "One token too few is left: two sentences that fill the room exactly fit.",
        ),
        Misconception(
            "only_once",
            lambda first, second, room: _only_once(first, second, room),
            "One sentence is cut in a single step, and by all that is too much. When it has become as short as the"
            " other,"
            " they have to take turns.",
        ),
        Misconception(
            "joined",
            lambda first, second, room: [t for part in _rightly_cut(first, second, room) for t in part],
            "The right tokens are left, in a single list. Return two lists: a [SEP] will come between them.",
        ),
        Misconception(
            "swapped",
            lambda first, second, room: _popped(lambda a, b: len(a) > len(b))(first, second, room)[::-1],
            "Both are cut rightly, but they come back in the other order.",
        ),
    ),
    hints=(
        "One token at a time, as long as the two together are too long. Which of them gives it?",
        "Copy both into lists first, so that the caller's lists stay whole. `list.pop()` takes off the last token.",
        "`while len(first) + len(second) > room:` take one from the end of `first` if `len(first) > len(second)`, else"
        " from the end of `second`.",
    ),
)


def _by_turns(first: Sequence[Any], second: Sequence[Any], room: int) -> Any:
    first, second, turn = list(first), list(second), 0
    while len(first) + len(second) > room:
        (second if (turn % 2 == 0 and second) or not first else first).pop()
        turn += 1
    return first, second


def _only_once(first: Sequence[Any], second: Sequence[Any], room: int) -> Any:
    over = max(0, len(first) + len(second) - room)
    if len(first) > len(second):
        return list(first)[: max(0, len(first) - over)], list(second)
    return list(first), list(second)[: max(0, len(second) - over)]


# --------------------------------------------------------------------------------------- 4 · the inputs


def _input_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, first: int, second: int | None, *marks: int) -> Case:
        inputs: dict[str, Any] = {"first": _tokens(rng, first)}
        if second is not None or marks:
            inputs["second"] = None if second is None else _tokens(rng, second, 100)
        return Case({**inputs, **dict(zip(("classify", "separate"), marks))}, about)

    return [
        case("a pair of 2 and 3 tokens", 2, 3),
        case("a single sentence", 4, None),
        case("numbers of the published vocabulary", 3, 1, 101, 102),
        case("a single sentence, published vocabulary", 2, None, 101, 102),
        case("an empty second sentence", 3, 0),
        case("an empty first sentence", 0, 2),
        case("a single empty sentence", 0, None),
        case("a pair, longer", int(rng.integers(5, 8)), 9, 101, 102),
    ]


def _input(
    ids: Callable[[list, list | None, int, int], list] | None = None,
    segments: Callable[[list, list | None], list] | None = None,
    finish: Callable[[list, list], Any] = lambda ids, segments: (ids, segments),
) -> Callable[..., Any]:
    def usual_ids(a: list, b: list | None, c: int, s: int) -> list:
        return [c, *a, s] + ([] if b is None else [*b, s])

    def usual_segments(a: list, b: list | None) -> list:
        return [0] * (len(a) + 2) + ([] if b is None else [1] * (len(b) + 1))

    def answer(first: list, second: list | None = None, classify: int = 2, separate: int = 3) -> Any:
        made = (ids or usual_ids)(list(first), None if second is None else list(second), classify, separate)
        return finish(made, (segments or usual_segments)(first, second))

    return answer


MAKE_INPUTS = Exercise(
    id="bert_inputs.make_inputs",
    lesson="12",
    title="[CLS] A [SEP] B [SEP]",
    reference=bert_inputs.make_inputs,
    cases=_input_cases,
    points=2,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "no_last_separator",
            _input(
                lambda a, b, c, s: [c, *a, s, *(b or [])],
                lambda a, b: [0] * (len(a) + 2) + [1] * len(b or []),
            ),
            "A single sentence is right; after B a [SEP] is missing. It stands *behind* each sentence, not only between"
            " the two.",
        ),
        Misconception(
            "separator_between_only",
            _input(
                lambda a, b, c, s: [c, *a] if b is None else [c, *a, s, *b],
                lambda a, b: [0] * (len(a) + 1) if b is None else [0] * (len(a) + 2) + [1] * len(b),
            ),
            "Your [SEP] stands between two sentences only. It belongs behind each of them, a single one too.",
        ),
        Misconception(
            "no_classify",
            _input(
                lambda a, b, c, s: [*a, s] + ([] if b is None else [*b, s]),
                lambda a, b: [0] * (len(a) + 1) + ([] if b is None else [1] * (len(b) + 1)),
            ),
            "The [CLS] at the beginning is missing: its state is what the pooler reads.",
        ),
        Misconception(
            "classify_twice",
            _input(
                lambda a, b, c, s: [c, *a, s] + ([] if b is None else [c, *b, s]),
                lambda a, b: [0] * (len(a) + 2) + ([] if b is None else [1] * (len(b) + 2)),
            ),
            "Before B there is a second [CLS]. One stands at the very beginning, for the whole input.",
        ),
        Misconception(
            "first_separator_is_1",
            _input(
                segments=lambda a, b: (
                    [0] * (len(a) + 1) + [0 if b is None else 1] * (1 + (len(b) + 1 if b is not None else 0))
                )
            ),
            "The tokens are right. The first [SEP] belongs to sentence A: its segment is 0.",
        ),
        Misconception(
            "last_separator_is_0",
            _input(segments=lambda a, b: [0] * (len(a) + 2) + ([] if b is None else [1] * len(b) + [0])),
            "The tokens are right. The last [SEP] belongs to sentence B: its segment is 1.",
        ),
        Misconception(
            "segments_from_1",
            _input(segments=lambda a, b: [1] * (len(a) + 2) + ([] if b is None else [2] * (len(b) + 1))),
            "The tokens are right. Your segments are 1 and 2; they are counted from 0, since they are rows of a table"
            " with two rows.",
        ),
        Misconception(
            "segments_all_zero",
            _input(segments=lambda a, b: [0] * (len(a) + 2 + (0 if b is None else len(b) + 1))),
            "The tokens are right. All your segments are 0, so the model could not tell B from A.",
        ),
        Misconception(
            "segments_exchanged",
            _input(segments=lambda a, b: [1] * (len(a) + 2) + ([] if b is None else [0] * (len(b) + 1))),
            "The tokens are right. The segments are exchanged: A, with [CLS] and its [SEP], is 0, B is 1.",
        ),
        Misconception(
            "segments_of_words_only",
            _input(segments=lambda a, b: [0] * len(a) + [1] * len(b or [])),
            "The tokens are right. There are fewer segments than tokens: [CLS] and [SEP] need one too.",
        ),
        Misconception(
            "empty_is_none",
            _input(
                lambda a, b, c, s: [c, *a, s] + ([*b, s] if b else []),
                lambda a, b: [0] * (len(a) + 2) + ([1] * (len(b) + 1) if b else []),
            ),
            "An empty second sentence is treated as none. It is a sentence, and gets its [SEP]; only None means that"
            " there is no B. (An empty list counts as False in Python.)",
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

# ---------------------------------------------------------------------------------- 5 · next sentences


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
        Case(lonely.inputs, lonely.about, {}, {"error": "0"}),
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


def _state(rng: np.random.Generator, module: nn.Module) -> dict[str, Tensor]:
    """Weights for a module, drawn from `rng`; norms near 1, everything large enough to be missed."""
    state = {}
    for name, value in module.state_dict().items():
        if ".norm" in f".{name}" and name.endswith("weight"):
            state[name] = 1 + normal(rng, *value.shape, std=0.3)
        elif value.dim() == 1:
            state[name] = normal(rng, *value.shape, std=0.4)
        else:
            state[name] = normal(rng, *value.shape, std=1.5 / math.sqrt(value.shape[-1]))
    return state


def _run_module(
    answer: Callable[..., Any], inputs: dict[str, Any], case: Case, call: Callable[[Any, dict[str, Any]], Any]
) -> Any:
    """Makes the module, gives it the case's weights by name, calls it twice (first on other inputs), differentiates."""
    module = load_by_name(answer(_config(case)), case.extra["state"]).train(case.extra.get("training", True))
    with torch.no_grad():
        call(module, {**inputs, **case.extra["before"]})
    if "error" in case.extra:
        return refused(lambda: call(module, inputs), case)
    leaves = {
        name: v.clone().requires_grad_() for name, v in inputs.items() if torch.is_tensor(v) and v.is_floating_point()
    }
    given = {**inputs, **{name: leaf * 1 for name, leaf in leaves.items()}}
    with torch.enable_grad():
        result = call(module, given)
        parameters = {name: p for name, p in module.named_parameters() if name in case.extra["state"]}
        gradients = differentiate(_flat(result), {**leaves, **parameters})
    return {"value": result, "gradients": gradients}


def _flat(result: Any) -> list[Any]:
    """Tensors and lists of tensors, one after the other."""
    if isinstance(result, (list, tuple)):
        return [part for one in result for part in _flat(one)]
    return [result]


# -------------------------------------------------------------------------------------- 6 · embeddings

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
    state = _state(rng, bert.BertEmbeddings(BertConfig(**config)))
    return Case(
        inputs,
        about,
        {"batch": batch, "length": length, **{k: v for k, v in config.items() if isinstance(v, int)}},
        {"config": config, "state": state, "before": before, **extra},
    )


def _embedding_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _embedding_case(rng, "two sentences of four tokens", 2, 4),
        _embedding_case(rng, "called without segments", 3, 5, "left out"),
        _embedding_case(rng, "segments None", 1, 7, "None"),
        _embedding_case(rng, "one token", 4, 1),
        _embedding_case(rng, "as many tokens as there are positions", 2, 9),
        _embedding_case(rng, "three kinds of segment, another eps", 2, 5, config={"segments": 3, "eps": 1e-12}),
        _embedding_case(rng, "dropout 0.5, after .eval()", 3, 4, config={"dropout": 0.5}, training=False),
        _embedding_case(rng, "dropout 1 while training: nothing is left", 3, 4, config={"dropout": 1.0}),
        _embedding_case(rng, "one token more than there are positions", 2, 10, error="10"),
    ]


def _call_embeddings(module: Any, given: dict[str, Any]) -> Any:
    return call_unchanged(module, *(given[name] for name in ("ids", "segments") if name in given))


def _run_embeddings(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    return _run_module(answer, inputs, case, _call_embeddings)


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


def _changed(base: type, **methods: Callable[..., Any]) -> type:
    """A class with some methods exchanged."""
    return type("Changed", (base,), methods)


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
            _changed(_Embeddings, add=lambda self, words, positions, segments: words + segments),
            "Your vectors do not know where a token stands: the positions are not added.",
        ),
        Misconception(
            "no_segments",
            _changed(_Embeddings, add=lambda self, words, positions, segments: words + positions),
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
            _changed(_Embeddings, finish=lambda self, total: self.dropout(total)),
            "The three vectors are added up rightly; the layer norm after the sum is missing.",
        ),
        Misconception(
            "norm_of_each",
            _changed(_Embeddings, add=_norm_each, finish=lambda self, total: self.dropout(total)),
            "Each of the three vectors is normalised by itself. The norm comes once, after the sum.",
        ),
        Misconception(
            "norm_of_words_only",
            _changed(
                _Embeddings,
                add=lambda self, words, positions, segments: self.norm(words) + positions + segments,
                finish=lambda self, total: self.dropout(total),
            ),
            "Only the word's vector is normalised. First add all three, then the norm.",
        ),
        Misconception(
            "mean",
            _changed(_Embeddings, add=lambda self, words, positions, segments: (words + positions + segments) / 3),
            "Your sum is divided by three. A norm hides that nearly, but not quite, because of eps: add the vectors.",
        ),
        Misconception(
            "words_scaled",
            _changed(
                _Embeddings,
                add=lambda self, words, positions, segments: words * math.sqrt(words.shape[-1]) + positions + segments,
            ),
            "The word vectors are multiplied by √width, as in the first Transformer. BERT adds them as they are.",
        ),
        Misconception(
            "positions_from_1",
            _changed(
                _Embeddings,
                place=lambda self, ids: torch.arange(1, ids.shape[1] + 1).clamp(max=self.positions.num_embeddings - 1),
            ),
            "Your places begin at 1: the first token, [CLS], stands at place 0.",
        ),
        Misconception(
            "same_position",
            _changed(_Embeddings, place=lambda self, ids: torch.zeros(ids.shape[1], dtype=torch.int64)),
            "Every token gets the vector of place 0. The places of a row are 0, 1, 2, …",
        ),
        Misconception(
            "positions_of_the_batch",
            _changed(
                _Embeddings,
                place=lambda self, ids: (
                    torch.arange(ids.numel()).reshape(ids.shape).clamp(max=self.positions.num_embeddings - 1)
                ),
            ),
            "Your places go on counting from one sentence of the batch to the next. Each sentence begins at 0.",
        ),
        Misconception(
            "ids_as_positions",
            _changed(_Embeddings, place=lambda self, ids: ids.clamp(max=self.positions.num_embeddings - 1)),
            "The table of positions is asked for the numbers of the *pieces*. It wants the places 0, 1, 2, …",
        ),
        Misconception(
            "default_eps",
            _changed(_Embeddings, __init__=_own_norm(1e-5)),
            "The norm's eps is not the config's: you left the default. It makes vectors of little spread too large.",
        ),
        Misconception(
            "bessel",
            _changed(_Embeddings, finish=_plain_standard),
            "Your norm is not the course's: the deviation divides by width − 1, and eps stands outside the root. Use"
            " `LayerNorm`.",
        ),
        Misconception(
            "no_dropout",
            _changed(_Embeddings, finish=lambda self, total: self.norm(total)),
            "Right but for the dropout: with a share of 1 nothing may be left while training.",
        ),
        Misconception(
            "dropout_before_norm",
            _changed(_Embeddings, finish=lambda self, total: self.norm(self.dropout(total))),
            "Dropout comes before your norm: with a share of 1 the norm's bias is left over. It comes last.",
        ),
        Misconception(
            "dropout_always",
            _changed(
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
            _changed(
                _Embeddings,
                check=lambda self, length: None,
                place=lambda self, ids: torch.arange(ids.shape[1]).clamp(max=self.positions.num_embeddings - 1),
            ),
            "Right as long as there are positions enough. A longer input should be refused with a ValueError that says"
            " how long it is; you reuse the last position quietly.",
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

# ---------------------------------------------------------------------------------------- 7 · the model

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
    rng: np.random.Generator, about: str, batch: int, length: int, given: Sequence[str] = (), **extra: Any
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
    state = _state(rng, bert.Bert(BertConfig(**config)))
    sizes = {"batch": batch, "length": length, "width": config["width"], "hidden": config["hidden"]}
    return Case(inputs, about, sizes, {"config": config, "state": state, "before": before, **extra})


def _bert_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _bert_case(rng, "ids alone", 2, 4),
        _bert_case(rng, "with segments", 3, 5, ["segments"]),
        _bert_case(rng, "segments and padding", 3, 7, ["segments", "real"]),
        _bert_case(rng, "padding, causal", 2, 5, ["segments", "real", "causal"]),
        _bert_case(rng, "causal, nothing padded", 2, 4, ["causal"]),
        _bert_case(rng, "one token", 4, 1, config={"layers": 1}),
        _bert_case(
            rng, "three layers, after .eval()", 2, 3, ["real"], config={"layers": 3, "dropout": 0.4}, training=False
        ),
    ]


def _call_bert(module: Any, given: dict[str, Any]) -> Any:
    named = {name: given[name] for name in ("segments", "real", "causal") if name in given}
    if list(named) == ["segments", "real"]:  # by place, as the lesson does
        return call_unchanged(module, given["ids"], *named.values())
    return call_unchanged(module, given["ids"], **named)


def _run_bert(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    return _run_module(answer, inputs, case, _call_bert)


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
            _changed(_Bert, embed=lambda self, ids, segments: self.embeddings(ids)),
            "Right for a single sentence. With segments your first state is already wrong: they never reach the"
            " embeddings.",
        ),
        Misconception(
            "padding_seen",
            _changed(
                _Bert, mask=lambda self, ids, real, causal: bert.visible(torch.ones_like(ids, dtype=torch.bool), causal)
            ),
            "The states change with the padding: `real` is not used, so the words look at padding too.",
        ),
        Misconception(
            "causal_ignored",
            _changed(_Bert, mask=lambda self, ids, real, causal: _Bert.mask(self, ids, real, False)),
            "With `causal=True` nothing changes in your model. `visible` takes the flag as its second argument.",
        ),
        Misconception(
            "causal_always",
            _changed(_Bert, mask=lambda self, ids, real, causal: _Bert.mask(self, ids, real, True)),
            "Your BERT reads from left to right only, also when nobody asked for that: the states of the last token are"
            " right, those before it are not.",
        ),
        Misconception(
            "mask_only_if_real",
            _changed(_Bert, mask=lambda self, ids, real, causal: None if real is None else bert.visible(real, causal)),
            "With `real` you are right. Without it there is no mask at all, also where `causal` asks for one.",
        ),
        Misconception(
            "mask_in_first_layer",
            _changed(_Bert, through=_mask_in_first_layer),
            "The first layer is right, the later ones look at what is hidden: every layer needs the mask.",
        ),
        Misconception(
            "every_layer_from_the_start",
            _changed(_Bert, through=_same_input),
            "The first two states are right. The layers after the first read what the embeddings gave, not what the"
            " layer before them gave.",
        ),
        Misconception(
            "first_layer_again",
            _changed(_Bert, through=_first_layer_twice),
            "The first two states are right; then the first layer runs again where the next one should.",
        ),
        Misconception(
            "layers_backwards",
            _changed(_Bert, through=_backwards),
            "The first state is right; then your layers run in the wrong order, from the last to the first.",
        ),
        Misconception(
            "embeddings_left_out",
            _changed(_Bert, finish=lambda self, states, pooled: (states[1:], pooled)),
            "The states are right, but the first is missing: what the embeddings gave counts as a state too, so there"
            " is"
            " one more than there are layers.",
        ),
        Misconception(
            "last_state_only",
            _changed(_Bert, finish=lambda self, states, pooled: (states[-1], pooled)),
            "You return the last state alone. The lesson looks at all of them: return the list.",
        ),
        Misconception(
            "states_stacked",
            _changed(_Bert, finish=lambda self, states, pooled: (torch.stack(states), pooled)),
            "The numbers are right; the contract asks for a list of tensors, not for one tensor.",
        ),
        Misconception(
            "pooled_mean",
            _changed(_Bert, pool=lambda self, states: torch.tanh(self.pooler(states[-1].mean(1)))),
            "The states are right. Your pooler reads the mean of all tokens; BERT's reads the first one, [CLS].",
        ),
        Misconception(
            "pooled_last_token",
            _changed(_Bert, pool=lambda self, states: torch.tanh(self.pooler(states[-1][:, -1]))),
            "The states are right. Your pooler reads the last token, as one would in GPT; BERT's reads the first one.",
        ),
        Misconception(
            "pooled_first_state",
            _changed(_Bert, pool=lambda self, states: torch.tanh(self.pooler(states[0][:, 0]))),
            "The states are right. Your pooler reads what the embeddings gave, where [CLS] has not looked at any word"
            " yet.",
        ),
        Misconception(
            "no_tanh",
            _changed(_Bert, pool=lambda self, states: self.pooler(states[-1][:, 0])),
            "The states are right. The tanh after the pooler is missing.",
        ),
        Misconception(
            "no_pooler_layer",
            _changed(_Bert, pool=lambda self, states: torch.tanh(states[-1][:, 0])),
            "The states are right. The pooler's linear layer is not used: you take the tanh of the state itself.",
        ),
        Misconception(
            "relu",
            _changed(_Bert, layer=_other_layer(activation="relu")),
            "The first state is right. Inside your layers stands a ReLU; BERT has a GELU. `bert_layer` makes the right"
            " ones.",
        ),
        Misconception(
            "pre_norm",
            _changed(_Bert, layer=_other_layer(norm_first=True)),
            "The first state is right. Your layers normalise first; BERT's normalise after adding (post-norm)."
            " `bert_layer` makes the right ones.",
        ),
        Misconception(
            "layer_default_eps",
            _changed(_Bert, layer=_other_layer(eps=1e-5)),
            "The first state is right. The norms inside your layers have the default eps, not the config's."
            " `bert_layer`"
            " sets it.",
        ),
        Misconception(
            "results_swapped",
            _changed(_Bert, finish=lambda self, states, pooled: (pooled, states)),
            "Both results are right, in the other order: first the states, then the pooled vector.",
        ),
        Misconception(
            "states_alone",
            _changed(_Bert, finish=lambda self, states, pooled: states),
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

# ------------------------------------------------------------------------------- 8 · the head for blanks

HEAD_SIZES = {"vocabulary": 13, "width": 6, "eps": 0.1}


def _head_case(rng: np.random.Generator, about: str, *leading: int, **config: Any) -> Case:
    sizes = {**HEAD_SIZES, **config}
    inputs = {
        "states": normal(rng, *leading, sizes["width"]),
        "table": normal(rng, sizes["vocabulary"], sizes["width"]),
    }
    before = {"states": normal(rng, 2, sizes["width"]), "table": normal(rng, sizes["vocabulary"], sizes["width"])}
    state = _state(rng, bert.MaskedWordHead(BertConfig(**sizes)))
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
        answer, inputs, case, lambda module, given: call_unchanged(module, given["states"], given["table"])
    )


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
            _changed(_Head, hidden=lambda self, states: self.norm(F.gelu(states))),
            "The linear layer `transform` is not used: the state itself goes into the GELU.",
        ),
        Misconception(
            "no_gelu",
            _changed(_Head, hidden=lambda self, states: self.norm(self.transform(states))),
            "The GELU between the linear layer and the norm is missing.",
        ),
        Misconception(
            "relu",
            _changed(_Head, hidden=lambda self, states: self.norm(torch.relu(self.transform(states)))),
            "A ReLU stands where the GELU should: what is below zero is cut off, and not only damped.",
        ),
        Misconception(
            "tanh",
            _changed(_Head, hidden=lambda self, states: self.norm(torch.tanh(self.transform(states)))),
            "A tanh stands where the GELU should; the tanh belongs to the pooler.",
        ),
        Misconception(
            "tanh_gelu",
            _changed(_Head, hidden=lambda self, states: self.norm(F.gelu(self.transform(states), approximate="tanh"))),
            "Your GELU is the approximation by a tanh. The numbers are close, but BERT's is the exact one, x · Φ(x).",
        ),
        Misconception(
            "no_norm",
            _changed(_Head, hidden=lambda self, states: F.gelu(self.transform(states))),
            "The layer norm after the GELU is missing.",
        ),
        Misconception(
            "norm_before_gelu",
            _changed(_Head, hidden=lambda self, states: F.gelu(self.norm(self.transform(states)))),
            "Norm and GELU have changed places: linear layer, GELU, norm.",
        ),
        Misconception(
            "norm_first",
            _changed(_Head, hidden=lambda self, states: F.gelu(self.transform(self.norm(states)))),
            "The norm comes first in your head. The order is: linear layer, GELU, norm.",
        ),
        Misconception(
            "no_bias",
            _changed(_Head, scores=lambda self, hidden, table: hidden @ table.T + 0 * self.bias),
            "Your scores lack the bias, one number for each piece: with it a frequent piece starts ahead.",
        ),
        Misconception(
            "bias_taken_off",
            _changed(_Head, scores=lambda self, hidden, table: hidden @ table.T - self.bias),
            "The bias is subtracted in your scores; in the formula it is added.",
        ),
        Misconception(
            "probabilities",
            _changed(_Head, scores=lambda self, hidden, table: _Head.scores(self, hidden, table).softmax(-1)),
            "You return probabilities. Scores are asked for: the loss takes the softmax itself, and twice is too"
            " often.",
        ),
        Misconception(
            "log_probabilities",
            _changed(_Head, scores=lambda self, hidden, table: _Head.scores(self, hidden, table).log_softmax(-1)),
            "You return logarithms of probabilities. The contract asks for the scores as they are.",
        ),
        Misconception(
            "scaled",
            _changed(
                _Head, scores=lambda self, hidden, table: hidden @ table.T / math.sqrt(table.shape[1]) + self.bias
            ),
            "The dot products are divided by √width, as in attention. Here they stay as they are.",
        ),
        Misconception(
            "hidden_returned",
            _changed(_Head, scores=lambda self, hidden, table: hidden),
            "You return the transformed state. It is still to be compared with every word vector of the table.",
        ),
        Misconception(
            "table_detached",
            _changed(_Head, scores=lambda self, hidden, table: hidden @ table.detach().T + self.bias),
            "The scores are right, but the table is cut off from the gradient: the word vectors would learn nothing"
            " from"
            " the blanks.",
        ),
        Misconception(
            "default_eps",
            _changed(_Head, __init__=_head_default_eps),
            "The norm's eps is not the config's: you left the default.",
        ),
    ),
    hints=(
        "Four steps, in the order of the formula: linear layer, GELU, norm, and a dot product with every row of the"
        " table.",
        "All dot products at once: a product with the turned table, `table.T`. `F.gelu` is the exact GELU.",
        "`self.norm(F.gelu(self.transform(states))) @ table.T + self.bias`.",
    ),
)

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

# ------------------------------------------------------------------------------------- 10 · names of weights

LAYER_PARTS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
)
OUTER_PARTS = (
    "embeddings.word_embeddings",
    "embeddings.position_embeddings",
    "embeddings.token_type_embeddings",
    "embeddings.LayerNorm",
    "pooler.dense",
)


def _name_cases(rng: np.random.Generator) -> list[Case]:
    numbers = [int(n) for n in rng.permutation(np.arange(1, 24))[: len(LAYER_PARTS)]]
    numbers[4], numbers[6] = 11, 10  # two digits, where one part's name is inside another's
    kinds = ["weight" if n % 2 else "bias" for n in range(len(LAYER_PARTS))]
    names = [f"encoder.layer.{n}.{part}.{kind}" for n, part, kind in zip(numbers, LAYER_PARTS, kinds)]
    names += [f"{part}.weight" for part in OUTER_PARTS] + ["embeddings.LayerNorm.bias", "pooler.dense.bias"]
    names += ["encoder.layer.0.output.dense.weight", "embeddings.position_ids"]
    wrong = ("cls.predictions.bias", "encoder.layer.3.attention.self.answer.weight", "embeddings.words.weight")
    return [
        *(Case({"name": name}, name) for name in names),
        *(Case({"name": name}, f"{name}: no weight of a BERT", {}, {"error": name}) for name in wrong),
    ]


OUR_OUTER = ("embeddings.words", "embeddings.positions", "embeddings.segments", "embeddings.norm", "pooler")
OUR_LAYER = (
    "attention.query",
    "attention.key",
    "attention.value",
    "attention.output",
    "norm1",
    "feed_forward.expand",
    "feed_forward.project",
    "norm2",
)


def _named(
    inner: Mapping[str, str] = {},
    outer: Mapping[str, str] = {},
    number: Callable[[str], str] = lambda n: n,
    kind: Callable[[str], str] = lambda k: k,
    ids: Callable[[], Any] = lambda: None,
    unknown: Callable[[str], Any] | None = None,
    layers: str = "layers.",
) -> Callable[[str], Any]:
    """The reference with some names exchanged."""
    inside = {**dict(zip(LAYER_PARTS, OUR_LAYER)), **inner}
    outside = {**dict(zip(OUTER_PARTS, OUR_OUTER)), **outer}

    def answer(name: str) -> Any:
        if name == "embeddings.position_ids":
            return ids()
        part, _, last = name.rpartition(".")
        if part in outside:
            return f"{outside[part]}.{kind(last)}"
        if part.startswith("encoder.layer."):
            n, _, place = part.removeprefix("encoder.layer.").partition(".")
            if place in inside:
                return f"{layers}{number(n)}.{inside[place]}.{kind(last)}"
        if unknown:
            return unknown(name)
        raise ValueError(f"unknown: {name}")

    return answer


def _replaced(name: str) -> Any:
    """A chain of replacements in an unlucky order: "output.dense" is also the end of "attention.output.dense"."""
    if name == "embeddings.position_ids":
        return None
    before = name
    for old, new in (
        ("embeddings.word_embeddings", "embeddings.words"),
        ("embeddings.position_embeddings", "embeddings.positions"),
        ("embeddings.token_type_embeddings", "embeddings.segments"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("pooler.dense", "pooler"),
        ("encoder.layer.", "layers."),
        ("output.dense", "feed_forward.project"),
        ("output.LayerNorm", "norm2"),
        ("intermediate.dense", "feed_forward.expand"),
        ("attention.self.query", "attention.query"),
        ("attention.self.key", "attention.key"),
        ("attention.self.value", "attention.value"),
    ):
        name = name.replace(old, new)
    if name == before or "self" in name:
        raise ValueError(f"unknown: {before}")
    return name


OWN_NAME = Exercise(
    id="bert.own_name",
    lesson="12",
    title="Where a weight belongs",
    reference=bert.own_name,
    cases=_name_cases,
    run=or_error(),
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "replaced_too_early",
            _replaced,
            'Replacing "output.dense" also hits the end of "attention.output.dense", and "output.LayerNorm" that of'
            ' "attention.output.LayerNorm": the attention gets names of the feed-forward net. Compare whole parts, or'
            " replace the longer names first.",
        ),
        Misconception(
            "norms_exchanged",
            _named(inner={"attention.output.LayerNorm": "norm2", "output.LayerNorm": "norm1"}),
            "The two norms of a layer are exchanged: `norm1` stands behind the attention, `norm2` behind the"
            " feed-forward"
            " net. The shapes agree, so nothing would have complained.",
        ),
        Misconception(
            "query_and_key_exchanged",
            _named(inner={"attention.self.query": "attention.key", "attention.self.key": "attention.query"}),
            "Queries and keys are exchanged. The shapes agree, so the model would load, and answer nonsense.",
        ),
        Misconception(
            "key_and_value_exchanged",
            _named(inner={"attention.self.value": "attention.key", "attention.self.key": "attention.value"}),
            "Keys and values are exchanged. The shapes agree, so the model would load, and answer nonsense.",
        ),
        Misconception(
            "expand_and_project_exchanged",
            _named(inner={"intermediate.dense": "feed_forward.project", "output.dense": "feed_forward.expand"}),
            'The layers of the feed-forward net are exchanged: "intermediate" leads to the wide middle, which is our'
            " `expand`.",
        ),
        Misconception(
            "positions_and_segments_exchanged",
            _named(
                outer={
                    "embeddings.position_embeddings": "embeddings.segments",
                    "embeddings.token_type_embeddings": "embeddings.positions",
                }
            ),
            'Positions and segments are exchanged: "token type" is the published name for our segments.',
        ),
        Misconception(
            "layer_kept",
            _named(layers="layer."),
            'Our list of layers is called "layers", theirs "layer".',
        ),
        Misconception(
            "encoder_kept",
            _named(layers="encoder.layers."),
            'There is no "encoder" in our model: its layers are `layers.0`, `layers.1`, …',
        ),
        Misconception(
            "first_digit",
            _named(number=lambda n: n[0]),
            "Layers with a number of two digits lose one: layer 11 becomes layer 1.",
        ),
        Misconception(
            "number_from_1",
            _named(number=lambda n: str(int(n) + 1)),
            "Your layers are counted from 1. Theirs and ours begin at 0.",
        ),
        Misconception(
            "always_weight",
            _named(kind=lambda k: "weight"),
            "Biases become weights in your names: the last part of a name stays as it is.",
        ),
        Misconception(
            "kind_lost",
            lambda name: None if name == "embeddings.position_ids" else _named()(name).rpartition(".")[0],
            'The parts are right, but ".weight" or ".bias" is missing at the end.',
        ),
        Misconception(
            "dense_kept",
            _named(inner={"attention.output.dense": "attention.output.dense"}, outer={"pooler.dense": "pooler.dense"}),
            'Our `attention.output` and `pooler` are linear layers themselves: there is no "dense" inside them.',
        ),
        Misconception(
            "ids_refused",
            _named(ids=lambda: "embeddings.positions_ids"),
            '"embeddings.position_ids" is no weight, and has no place in our model: the answer is None.',
        ),
        Misconception(
            "unknown_accepted",
            _named(unknown=lambda name: name),
            "A name that no weight of a BERT has is accepted (None would be wrong too). It should be refused with a"
            " ValueError that names it: a weight that is quietly left out ruins a model.",
        ),
    ),
    hints=(
        "Two small dictionaries: what stands outside the layers, and what stands inside one. The last part of the name,"
        " weight or bias, stays.",
        '`name.rpartition(".")` splits off the last part. A name inside a layer begins with "encoder.layer."; after it'
        ' come the number and the place, which `.partition(".")` separates.',
        "If `part` is in the first dictionary, join its value and the kind by a dot. If it begins with"
        ' "encoder.layer.",'
        ' take that off, split at the first dot, and return f"layers.{number}.{inside[place]}.{kind}". Else raise a'
        " ValueError.",
    ),
)

# ----------------------------------------------------------------------------------- 11 · a vector for a sentence


def _vector_cases(rng: np.random.Generator) -> list[Case]:
    def case(batch: int, length: int, width: int, about: str = "", **extra: Any) -> Case:
        inputs = {"states": normal(rng, batch, length, width), "real": _real(rng, batch, length)}
        sizes = {"batch": batch, "length": length, "width": width}
        return Case(inputs, about or f"{batch} sentences of up to {length} tokens", sizes, extra)

    loud = case(2, 5, 3, "padding full of large numbers")
    loud.inputs["states"].masked_fill_(~loud.inputs["real"][:, :, None], 1e6)
    empty = case(3, 4, 5, "a row without tokens", **{"values only": True})
    empty.inputs["real"][1] = False
    gaps = case(2, 6, 4, "gaps between the tokens")
    gaps.inputs["real"][0, 2] = gaps.inputs["real"][0, 0] = False
    single = case(2, 4, 3, "float64")
    double = Case({**single.inputs, "states": single.inputs["states"].double()}, single.about, single.sizes)
    return [
        case(1, 3, 2, "one sentence of three tokens"),
        case(3, 5, 4),
        case(4, 1, 3, "one token each"),
        loud,
        empty,
        gaps,
        double,
        case(3, 4, 6, "states that do not lie in one piece", strided=True),
    ]


def _pooled(
    pool: Callable[[Tensor, Tensor], Tensor] = lambda states, real: (
        states.masked_fill(~real[:, :, None], 0.0).sum(1) / real.sum(1, keepdim=True).clamp(min=1)
    ),
    finish: Callable[[Tensor], Tensor] = lambda mean: F.normalize(mean, dim=1),
) -> Callable[..., Any]:
    return lambda states, real: finish(pool(states, real))


VECTORS = Exercise(
    id="bert.sentence_vectors",
    lesson="12",
    title="One vector for a sentence",
    reference=bert.sentence_vectors,
    cases=_vector_cases,
    run=values_and_gradients,
    judge=judge_tensors("vectors", floor=1e-6),
    points=1,
    minutes=8,
    difficulty=1,
    forbids=("utils.classification.masked_mean",),
    misconceptions=(
        Misconception(
            "padding_in_the_mean",
            _pooled(pool=lambda states, real: states.mean(1)),
            "Padding takes part in your mean: the mask is not used.",
        ),
        Misconception(
            "not_normalised",
            _pooled(finish=lambda mean: mean),
            "The means are right; they are not yet divided by their norm, so their dot product is no cosine.",
        ),
        Misconception(
            "first_token",
            _pooled(pool=lambda states, real: states[:, 0].masked_fill(~real.any(1, keepdim=True), 0.0)),
            "You take the first token's state. This checkpoint was trained with the mean over all tokens.",
        ),
        Misconception(
            "largest",
            _pooled(
                pool=lambda states, real: (
                    states.masked_fill(~real[:, :, None], -torch.inf)
                    .amax(1)
                    .masked_fill(~real.any(1, keepdim=True), 0.0)
                )
            ),
            "You take the largest value of each component, not the mean.",
        ),
        Misconception(
            "divided_by_the_sum",
            _pooled(finish=lambda mean: mean / mean.sum(1, keepdim=True)),
            "Your vectors are divided by the sum of their components. Their length is the root of the sum of squares.",
        ),
        Misconception(
            "divided_by_absolute_sum",
            _pooled(finish=lambda mean: F.normalize(mean, p=1, dim=1)),
            "Your vectors are divided by the sum of the absolute values. For a cosine it has to be the root of the sum"
            " of squares.",
        ),
        Misconception(
            "divided_by_the_square",
            _pooled(finish=lambda mean: mean / mean.pow(2).sum(1, keepdim=True).clamp(min=1e-12)),
            "Your vectors are divided by the sum of squares: the root of it is missing.",
        ),
        Misconception(
            "normalised_over_the_batch",
            _pooled(finish=lambda mean: F.normalize(mean, dim=0)),
            "The norm runs over the batch: each *column* of your table has length 1. Each row, a sentence, should.",
        ),
        Misconception(
            "one_norm_for_all",
            _pooled(finish=lambda mean: mean / mean.norm()),
            "All your sentences are divided by one and the same number, the norm of the whole table. Each has its own.",
        ),
        Misconception(
            "tokens_normalised_first",
            _pooled(
                pool=lambda states, real: (
                    F.normalize(states, dim=2).masked_fill(~real[:, :, None], 0.0).sum(1)
                    / real.sum(1, keepdim=True).clamp(min=1)
                )
            ),
            "Every token is brought to length 1 before the mean is taken. First the mean, then the norm.",
        ),
        Misconception(
            "nan_for_empty",
            _pooled(
                pool=lambda states, real: states.masked_fill(~real[:, :, None], 0.0).sum(1) / real.sum(1, keepdim=True)
            ),
            "Right but for a row without tokens: there your division is 0 / 0, which gives nan. The contract asks for"
            " zeros.",
        ),
        Misconception(
            "mask_turned_round",
            _pooled(
                pool=lambda states, real: (
                    states.masked_fill(real[:, :, None], 0.0).sum(1) / (~real).sum(1, keepdim=True).clamp(min=1)
                )
            ),
            "Your mean is that of the padding: True means a token here, and `masked_fill` fills where its mask is"
            " True.",
        ),
    ),
    hints=(
        "A mean over the tokens that are real, then a division by its own length.",
        "Set padding to 0 with `masked_fill` and sum over dimension 1; divide by `real.sum(dim=1, keepdim=True)`, but"
        " never by 0. `F.normalize` divides by the norm, and leaves zeros alone.",
        "`mean = states.masked_fill(~real[:, :, None], 0.0).sum(dim=1) / real.sum(dim=1, keepdim=True).clamp(min=1)`,"
        " then"
        " `F.normalize(mean, dim=1)`.",
    ),
)

EXERCISES = (
    VISIBLE,
    CORRUPT,
    TRUNCATE,
    MAKE_INPUTS,
    NEXT_SENTENCE,
    EMBEDDINGS,
    BERT,
    MASKED_WORD_HEAD,
    COUNT,
    OWN_NAME,
    VECTORS,
)
