"""The exercises of lesson 14, sampling: cases, known mistakes and what to say about them, hints.

What draws is judged by the distribution of many draws, never by a single one: any right way to draw will do.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

from utils import gpt, sampling
from utils.attention import (
    FusedAttention,
    MultiHeadAttention,
    causal_mask,
    merge_heads,
    scaled_dot_product_attention,
    split_heads,
)
from utils.checks.compare import compare, kind
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.checks.modules import changed, random_state, randomised, run_module
from utils.checks.tensors import (
    integers,
    judge_tensors,
    normal,
    or_error,
    strided,
    values_and_gradients,
)
from utils.sampling import Hypothesis
from utils.transformer import EncoderLayer, LayerNorm

INFINITY = float("inf")
_SUMS_TO_ONE = Property(
    "sums_to_one",
    lambda case, output: isinstance(output, str) or bool(((output.sum(-1) - 1).abs() < 1e-4).all()),
    "Each row sums to one.",
)

# ------------------------------------------------------------------------------------------------------- greedy


def _greedy_cases(rng: np.random.Generator) -> list[Case]:
    equal = torch.tensor([[1.5, 4.0, 4.0, -2.0], [0.0, 0.0, 0.0, 0.0], [-3.0, -1.0, -7.0, -1.0]])
    below = -1 - normal(rng, 2, 3, 7).abs()
    near = torch.tensor([[3.0, 3.0001, -1.0, 3.0002, 3.0]])
    return [
        Case({"logits": normal(rng, 3, 5)}, "three rows", {"batch": 3, "symbols": 5}),
        Case({"logits": normal(rng, 6)}, "one distribution", {"symbols": 6}),
        Case({"logits": equal}, "several equal logits", {"batch": 3, "symbols": 4}),
        Case({"logits": below}, "all logits below zero", {"batch": 2, "length": 3, "symbols": 7}),
        Case({"logits": torch.tensor([[999.0, 1000.0, 998.0]])}, "large logits", {"batch": 1, "symbols": 3}),
        Case({"logits": near}, "logits close to each other, such as 3.0001 and 3.0002", {"batch": 1, "symbols": 5}),
        Case({"logits": normal(rng, 4, 1)}, "a single symbol", {"batch": 4, "symbols": 1}),
        Case({"logits": strided(normal(rng, 5, 8).double())}, "float64", {"batch": 5, "symbols": 8}),
    ]


def _last_of_equal(logits: Tensor) -> Tensor:
    return logits.shape[-1] - 1 - logits.flip(-1).argmax(dim=-1)


GREEDY = Exercise(
    id="sampling.greedy",
    lesson="14",
    title="The likeliest token",
    reference=sampling.greedy,
    cases=_greedy_cases,
    judge=judge_tensors("tokens"),
    points=1,
    minutes=3,
    difficulty=1,
    misconceptions=(
        Misconception(
            "value_returned",
            lambda logits: logits.amax(dim=-1),
            "You return how large the largest logit is. Which token has it, its number, is asked for.",
        ),
        Misconception(
            "whole_tensor",
            lambda logits: logits.argmax(),
            "You return one number for the whole tensor: without a dimension `argmax` counts through all rows. Each row"
            " is a distribution of its own and gets its own token.",
        ),
        Misconception(
            "over_the_batch",
            lambda logits: logits.argmax(dim=0),
            "You look down the columns: for each token, which row has the most of it. The symbols are the last"
            " dimension.",
        ),
        Misconception(
            "dimension_one",
            lambda logits: logits.argmax(dim=min(1, logits.dim() - 1)),
            "Right for one row or a table of rows. With one more dimension in front, the symbols are no longer number"
            " 1: count from the end.",
        ),
        Misconception(
            "kept_dimension",
            lambda logits: logits.argmax(dim=-1, keepdim=True),
            "The tokens are right, but a dimension of size 1 is left at the end. The result has one dimension less than"
            " the logits.",
        ),
        Misconception(
            "least_likely",
            lambda logits: logits.argmin(dim=-1),
            "These are the tokens with the smallest logits. A large logit means likely.",
        ),
        Misconception(
            "largest_size",
            lambda logits: logits.abs().argmax(dim=-1),
            "A logit far below zero wins with you: its sign was lost. It belongs to a token that hardly ever comes.",
        ),
        Misconception(
            "last_of_equal",
            _last_of_equal,
            "Where several logits are equal, you take the token with the highest number; the lowest is asked for.",
        ),
        Misconception(
            "one_hot",
            lambda logits: torch.zeros_like(logits).scatter(-1, logits.argmax(dim=-1, keepdim=True), 1.0),
            "You return a row of zeros with a one at the likeliest token. Its number alone is asked for.",
        ),
        Misconception(
            "second_best",
            lambda logits: logits.topk(min(2, logits.shape[-1]), dim=-1).indices[..., -1],
            "These are the second-best tokens. The best of each row is asked for.",
        ),
        Misconception(
            "rounded",
            lambda logits: logits.half().argmax(dim=-1),
            "Logits that differ by little, such as 3.0001 and 3.0002, count as equal with you: they are rounded, or"
            " compared with a tolerance. Compare them as they are.",
        ),
        Misconception(
            "whole_numbers",
            lambda logits: logits.to(torch.int64).argmax(dim=-1),
            "The logits lose what stands behind the point, so that many become equal. Compare them as they are.",
        ),
        Misconception(
            "squeezed",
            lambda logits: logits.argmax(dim=-1, keepdim=True).squeeze(),
            "`squeeze()` without a dimension drops every dimension of size 1, a batch of one as well. Name the"
            " dimension.",
        ),
    ),
    hints=(
        "You need the place of the largest entry in every row, not the entry.",
        "`max` has a brother that returns places. Tell it which dimension holds the symbols, whatever stands before.",
        "`logits.argmax(dim=-1)`.",
    ),
)

# -------------------------------------------------------------------------------------------------- temperature


def _temperature_cases(rng: np.random.Generator) -> list[Case]:
    def case(logits: Tensor, temperature: float, about: str = "") -> Case:
        sizes = {"batch": logits.shape[0], "symbols": logits.shape[-1]} if logits.dim() == 2 else {}
        return Case({"logits": logits, "temperature": temperature}, about or f"temperature {temperature:g}", sizes)

    impossible = normal(rng, 3, 7)
    impossible[0, 2] = impossible[1, 0] = impossible[2, 4:6] = -INFINITY
    tied = torch.tensor([[1.0, 3.0, 3.0, -2.0], [0.5, 0.5, 0.5, 0.5]])
    large = 500 * torch.tensor([[1.0, -1.0, 0.998], [-0.2, -0.1, -0.3]])
    near = torch.tensor([[2.0, 2.0002, 1.0, -4.0, 2.0001], [-3.0, 0.5, 0.4999, 0.5001, 0.4998]])
    return [
        case(normal(rng, 2, 4), 0.5),
        case(normal(rng, 3, 5), 2.0, "temperature 2: flatter"),
        Case({"logits": normal(rng, 4, 6)}, "the default, 1", {"batch": 4, "symbols": 6}),
        case(normal(rng, 4, 7, std=2.0), 0.0, "temperature 0: greedy"),
        case(tied, 0.0, "temperature 0, equal logits"),
        case(large, 1e-36, "a very small temperature, large logits"),
        case(near, 2e-4, "a small temperature, logits that differ in the fourth place, such as 2.0001 and 2.0002"),
        case(impossible, 0.7, "some logits are −∞"),
        case(impossible, 1e12, "a very high temperature, some logits are −∞"),
        case(impossible + 1, 0.0, "temperature 0, some logits are −∞"),
        case(normal(rng, 2, 3, 5), 1.5, "three dimensions"),
        case(strided(normal(rng, 3, 8).double()), 0.25, "float64"),
        Case({"logits": normal(rng, 2, 3), "temperature": -0.5}, "a temperature below 0", extra={"error": "-0.5"}),
    ]


def _refuse_negative(temperature: float) -> None:
    if not temperature >= 0:
        raise ValueError(f"not {temperature}")


def _all_to_the_best(logits: Tensor) -> Tensor:
    return torch.zeros_like(logits).scatter(-1, logits.argmax(dim=-1, keepdim=True), 1.0)


def _scaled(weights: Tensor) -> Tensor:
    return weights / weights.sum(dim=-1, keepdim=True)


def _careful(logits: Tensor, temperature: float) -> Tensor:
    below = logits - logits.amax(dim=-1, keepdim=True)
    return torch.softmax(below.double() / temperature, dim=-1).to(logits.dtype)


def _tempered(
    change: Callable[[Tensor, float], Tensor],
    zero: Callable[[Tensor], Tensor] | None = _all_to_the_best,
) -> Callable[..., Tensor]:
    """A variant: what happens above 0, and at 0; None = the same there."""

    def answer(logits: Tensor, temperature: float = 1.0) -> Tensor:
        _refuse_negative(temperature)
        if temperature == 0 and zero is not None:
            return zero(logits)
        return change(logits, temperature)

    return answer


def _judge_tempered(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """Values and type, and an exact 0 where the logit is −∞: a small probability is too small to be seen."""
    found = judge_tensors("probabilities", type_of="logits")(case, output, expected)
    if found or not isinstance(expected, Tensor):
        return found
    forbidden = case.inputs["logits"] == -INFINITY
    if forbidden.shape == expected.shape and bool(((expected == 0) != (output == 0))[forbidden].any()):
        largest = float(torch.where(forbidden, output, 0.0).max())
        return Mismatch(f"A token with the logit −∞ should have exactly 0, and has {largest:.1e}.")
    return None


WITH_TEMPERATURE = Exercise(
    id="sampling.with_temperature",
    lesson="14",
    title="Sharper or flatter",
    reference=sampling.with_temperature,
    cases=_temperature_cases,
    run=or_error(),
    judge=_judge_tempered,
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "of_probabilities",
            _tempered(lambda z, t: torch.softmax(torch.softmax(z, dim=-1) / t, dim=-1)),
            "This is the slide's formula: probabilities are divided by τ and exponentiated again. At τ = 1 it does not"
            " even give the model's own distribution back. What is divided by τ are the logits.",
        ),
        Misconception(
            "multiplied",
            _tempered(lambda z, t: torch.softmax((z - z.amax(-1, keepdim=True)) * t, dim=-1)),
            "A high temperature makes your distribution sharper: the logits are multiplied by τ. High is flat.",
        ),
        Misconception(
            "divided_afterwards",
            _tempered(lambda z, t: torch.softmax(z, dim=-1) / t),
            "Your rows sum to 1/τ. The division belongs to the logits, before the softmax.",
        ),
        Misconception(
            "logits_returned",
            _tempered(lambda z, t: (z - z.amax(-1, keepdim=True)) / t),
            "The largest number of each of your rows is 0, and the others lie below: these are logits over τ, made"
            " small. The softmax is still to come.",
        ),
        Misconception(
            "no_softmax",
            _tempered(lambda z, t: z / t),
            "These are the logits divided by τ. Probabilities are asked for: a softmax is still to come.",
        ),
        Misconception(
            "logarithms",
            _tempered(lambda z, t: torch.log_softmax((z - z.amax(-1, keepdim=True)) / t, dim=-1)),
            "These are the logarithms of the probabilities: all at most 0. The probabilities themselves are asked for.",
        ),
        Misconception(
            "over_the_batch",
            _tempered(lambda z, t: torch.softmax((z - z.amax(-1, keepdim=True)) / t, dim=0)),
            "Your columns sum to one. The symbols are the last dimension, and each row is a distribution.",
        ),
        Misconception(
            "nothing_at_zero",
            _tempered(lambda z, t: torch.softmax(z / t, dim=-1), zero=None),
            "At τ = 0, and where τ is very small, such as 10⁻³⁶, your rows are nan: logits over τ become infinite"
            " there, and ∞ − ∞ is undefined. τ = 0 needs a line of its own. For the rest: whatever you subtract from"
            " all logits of a row cancels, so let the largest be 0 before you divide.",
        ),
        Misconception(
            "small_overflows",
            _tempered(lambda z, t: torch.softmax(z / t, dim=-1)),
            "Right at 0, but nan for a very small τ: 500 / 10⁻³⁶ is infinite in float32, and ∞ − ∞ is undefined."
            " (Large quotients lose digits, too, and that shows even at τ = 0.0002.) Whatever you subtract from all"
            " logits of a row cancels. Let the largest be 0 before you divide.",
        ),
        Misconception(
            "zero_divides",
            _tempered(lambda z, t: torch.softmax((z - z.amax(-1, keepdim=True)) / t, dim=-1), zero=None),
            "For τ = 0 your rows are nan: 0/0. That case needs a line of its own: all to the token that `greedy`"
            " takes.",
        ),
        Misconception(
            "zero_is_one",
            _tempered(_careful, zero=lambda z: torch.softmax(z, dim=-1)),
            "For τ = 0 you return the plain softmax, as if τ were 1. Towards 0 only the likeliest is left.",
        ),
        Misconception(
            "zero_shared",
            _tempered(
                _careful,
                zero=lambda z: (z == z.amax(-1, keepdim=True)) / (z == z.amax(-1, keepdim=True)).sum(-1, keepdim=True),
            ),
            "At τ = 0 several equal logits share the probability with you. That is the limit of the formula; the"
            " contract gives all of it to the token that `greedy` takes, the one with the lowest number.",
        ),
        Misconception(
            "zero_even",
            _tempered(_careful, zero=lambda z: torch.full_like(z, 1 / z.shape[-1])),
            "For τ = 0 all tokens become equally likely with you. That is what happens for τ → ∞; towards 0 only the"
            " likeliest is left.",
        ),
        Misconception(
            "zero_a_number",
            _tempered(_careful, zero=lambda z: z.argmax(dim=-1)),
            "For τ = 0 you return the number of the token. There, too, a distribution is asked for: all of it on that"
            " token.",
        ),
        Misconception(
            "clamped",
            _tempered(lambda z, t: _careful(z, max(t, 1e-2)), zero=lambda z: _careful(z, 1e-2)),
            "Small temperatures are replaced by a larger one with you, 0 among them. With logits as close as 2.0001 and"
            " 2.0002 it shows: at τ = 0 one of them gets everything.",
        ),
        Misconception(
            "small_is_greedy",
            _tempered(lambda z, t: _all_to_the_best(z) if t < 1e-6 else torch.softmax(z / t, dim=-1)),
            "A small τ is treated as 0, which spares the overflow. But digits are lost as well: with z / τ in the"
            " thousands, float32 no longer tells close logits apart. Subtract the largest logit before you divide.",
        ),
        Misconception(
            "ignored",
            _tempered(lambda z, t: torch.softmax(z, dim=-1)),
            "Your probabilities are the plain softmax whatever τ is, but for 0: the logits are never divided by it.",
        ),
        Misconception(
            "power_of_probabilities",
            _tempered(lambda z, t: _scaled(torch.softmax(z, dim=-1) ** t)),
            "You raise the probabilities to the power τ, and scale. The right power is 1/τ.",
        ),
        Misconception(
            "not_normalised",
            _tempered(lambda z, t: ((z - z.amax(-1, keepdim=True)) / t).exp()),
            "The largest entry of each of your rows is 1: the exponentials are right, the division by their sum is"
            " missing.",
        ),
        Misconception(
            "forbidden_replaced",
            _tempered(lambda z, t: _careful(z.clamp(min=-100.0), t)),
            "A logit of −∞ is replaced by a finite one, about −100, and at a high temperature that token comes again."
            " It must never come.",
        ),
        Misconception(
            "forbidden_a_little",
            _tempered(lambda z, t: torch.softmax(((z - z.amax(-1, keepdim=True)) / t).clamp(min=-20.0), dim=-1)),
            "A token with the logit −∞ cannot come: its probability is exactly 0. With you it gets a very small one,"
            " as if something were clamped, or a small number added.",
        ),
        Misconception(
            "forbidden_comes",
            _tempered(lambda z, t: _careful(z.clamp(min=-30.0), t)),
            "A logit of −∞ is replaced by a finite one, about −30, so that this token gets a probability above 0. It"
            " must never come.",
        ),
        Misconception(
            "smallest_subtracted",
            _tempered(lambda z, t: torch.softmax((z - z.amin(-1, keepdim=True)) / t, dim=-1)),
            "You subtract the smallest logit of a row. What is left lies above 0 and can still overflow, and if the"
            " smallest is −∞, the row becomes nan. Let the largest be 0 before you divide.",
        ),
        Misconception(
            "whole_temperature",
            _tempered(
                lambda z, t: _all_to_the_best(z) if int(t) == 0 else _careful(z, int(t)),
            ),
            "τ is cut to a whole number with you: 0.5 becomes 0, and 1.5 becomes 1.",
        ),
        Misconception(
            "last_of_equal_at_zero",
            _tempered(_careful, zero=lambda z: _all_to_the_best(z.flip(-1)).flip(-1)),
            "At τ = 0 the last of several equal logits gets everything with you. `greedy` takes the first.",
        ),
        Misconception(
            "squared",
            _tempered(lambda z, t: _careful(z, t * t)),
            "Right for τ = 1, too extreme elsewhere: the logits are divided by τ twice.",
        ),
        Misconception(
            "root",
            _tempered(lambda z, t: _careful(z, math.sqrt(t))),
            "Right for τ = 1, too tame elsewhere: the logits are divided by √τ. The root belongs to attention; here it"
            " is τ itself.",
        ),
    ),
    properties=(_SUMS_TO_ONE,),
    hints=(
        "Three cases: τ = 0 (all on one token), an ordinary τ, and a τ so small that the division overflows.",
        "A softmax does not change if the same number is subtracted from all logits of a row. If the largest becomes 0,"
        " the division can only give 0 or something below. For τ = 0: `torch.zeros_like` and `scatter`, or"
        " `F.one_hot`.",
        "`below = logits - logits.amax(dim=-1, keepdim=True)`, then `torch.softmax(below / temperature, dim=-1)`;"
        " before that, for 0, `torch.zeros_like(logits).scatter(-1, logits.argmax(dim=-1, keepdim=True), 1.0)`.",
    ),
)

# --------------------------------------------------------------------------------------------------------- draw

DRAWS = 3000
"""How often each distribution of a case is drawn from."""
MANY = 40_000
"""How often the distribution is drawn from that is to show slight faults: in one call, since a loop takes seconds."""


def _draw_case(
    rng: np.random.Generator, kinds: Sequence[Sequence[float]], about: str, wide: bool = False, draws: int = DRAWS
) -> Case:
    rows = torch.tensor(kinds, dtype=torch.float64 if wide else torch.float32)
    which = torch.tensor(rng.permutation(np.repeat(np.arange(len(kinds)), draws)))
    inputs = {"probs": rows[which]}
    extra = {"rows": rows, "which": which, "seed": int(rng.integers(1_000_000))}
    return Case(inputs, about, {"batch": len(which), "symbols": rows.shape[1]}, extra)


def _draw_cases(rng: np.random.Generator) -> list[Case]:
    steep = (0.02 + rng.dirichlet(np.ones(6))) / 1.12
    certain = torch.zeros(1, 5)
    certain[0, int(rng.integers(1, 4))] = 1.0
    uneven = torch.softmax(torch.tensor([3.0, 2.2, 1.6, 1.2, -0.5, -2.0])[torch.tensor([0, 4, 1, 2, 3, 5])], dim=0)
    # In float32 the running sum of this row ends at 1 − 2⁻²⁴, the largest number below 1 that `torch.rand` can give.
    long = torch.softmax(torch.linspace(0.0, -1.0, 998, dtype=torch.float64), dim=0) * (1 - 4.5e-8)
    brim = torch.cat([torch.zeros(1), long.float(), torch.zeros(1)])[None]
    # The sum of this one is a little smaller than that number in float64, too, as after many a softmax in float32.
    short = torch.cat([torch.zeros(1), long.float() * (1 - 1.2e-7), torch.zeros(1)])[None]
    alike = torch.tensor(rng.permutation([0.15, 0.25, 0.2, 0.3, 0.1]), dtype=torch.float32).expand(16, -1)
    sizes = {"batch": 1, "symbols": 1000}
    few = {"batch": 16, "symbols": 4}
    return [
        Case({"probs": certain}, "one row, one token has all", {"batch": 1, "symbols": 5}, {"seed": 1}),
        _draw_case(rng, [[0.2, 0.5, 0.3]], "one distribution, 3,000 times"),
        _draw_case(rng, [[0.6, 0.1, 0.1, 0.2], [0.05, 0.15, 0.45, 0.35]], "two distributions, mixed"),
        _draw_case(rng, [[0.0, 0.3, 0.0, 0.45, 0.25, 0.0, 0.0]], "some tokens have probability 0"),
        _draw_case(rng, [steep.tolist()], "six symbols, float64", wide=True),
        _draw_case(rng, [uneven.tolist()], "one uneven distribution, 40,000 times", draws=MANY),
        Case({"probs": alike}, "16 equal rows, eight seeds", {"batch": 16, "symbols": 5}, {"seed": 20, "seeds": 8}),
        Case(
            {"probs": torch.full((16, 4), 0.25)}, "no generator, or one generator twice", few, {"seed": 7, "calls": 8}
        ),
        Case({"probs": brim}, "the smallest and the largest random number", sizes, {"edges": 1}),
        Case({"probs": short}, "a sum a little below 1, the largest random number", sizes, {"edges": 1}),
    ]


def _at_the_edges(answer: Callable[..., Any], probs: Tensor) -> Any:
    """What is drawn if `torch.rand` gives the smallest and the largest number that it can."""
    honest, found = torch.rand, []
    for value in (0.0, 1 - 2**-24):

        def fixed(*args: Any, value: float = value, **kwargs: Any) -> Tensor:
            drawn = honest(*args, **kwargs)
            return torch.full_like(drawn, value) if drawn.numel() == len(probs) else drawn

        with mock.patch.object(torch, "rand", fixed):
            found.append(answer(probs, torch.Generator().manual_seed(1)))
    token = [int(t) if isinstance(t, Tensor) and t.shape == (1,) else -1 for t in found]
    return {"edges": [0 <= t < probs.shape[1] and bool(probs[0, t] > 0) for t in token], "which": token}


def _with_many_seeds(answer: Callable[..., Any], probs: Tensor, seeds: range) -> Any:
    """Whether equal rows always get the same token, and whether another seed ever changes what is drawn."""
    found = [answer(probs, torch.Generator().manual_seed(seed)) for seed in seeds]
    if any(not isinstance(t, Tensor) or t.shape != (len(probs),) or t.is_floating_point() for t in found):
        return {"tokens": found[0]}
    together = all(bool((tokens == tokens[0]).all()) for tokens in found)
    return {"together": together, "varied": not all(torch.equal(tokens, found[0]) for tokens in found)}


def _call_after_call(answer: Callable[..., Any], probs: Tensor, seed: int, calls: int) -> Any:
    """Whether the random numbers go on from call to call: torch's own, which a seed repeats, and a generator's."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        own = [answer(probs) for _ in range(calls)]
        torch.manual_seed(seed)
        again = answer(probs)
    generator = torch.Generator().manual_seed(seed)
    given = [answer(probs, generator) for _ in range(calls)]
    if any(not isinstance(t, Tensor) or t.shape != (len(probs),) for t in (*own, again, *given)):
        return {"tokens": given[0]}
    return {
        "own goes on": not all(torch.equal(tokens, own[0]) for tokens in own),
        "own repeats": torch.equal(own[0], again),
        "given goes on": not all(torch.equal(tokens, given[0]) for tokens in given),
    }


def _unlike_independent(tokens: Tensor, probs: Tensor) -> str:
    """Which pairs of rows do not get their tokens independently; empty if all seem to."""
    symbols, half = len(probs), len(tokens) // 2
    product = torch.outer(probs, probs).flatten()
    freedom = int((product > 0).sum()) - 1
    pairs = {
        "rows that stand beside each other": (tokens[: 2 * half : 2], tokens[1 : 2 * half : 2]),
        "rows that stand half a batch apart": (tokens[:half], tokens[half : 2 * half]),
        "the first row and the last, the second and the last but one, and so on": (
            tokens[:half],
            tokens.flip(0)[:half],
        ),
    }
    for name, (one, other) in pairs.items():
        distance = sampling.chi_square(torch.bincount(symbols * one + other, minlength=symbols**2), product)
        if not _least_distance(freedom) < distance < 1.5 * sampling.chi_square_limit(freedom):
            return name
    return ""


def _least_distance(freedom: int) -> float:
    """What a χ² hardly ever falls short of: draws that fit better were not drawn independently."""
    part = 2 / (9 * freedom)
    return freedom * max(1 - part - 4 * math.sqrt(part), 0.0) ** 3


def _run_draw(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """How often each token was drawn from each distribution, and whether the generator decides about it."""
    if "edges" in case.extra:
        return _at_the_edges(answer, inputs["probs"])
    seed = int(case.extra["seed"])
    if "calls" in case.extra:
        return _call_after_call(answer, inputs["probs"], seed, int(case.extra["calls"]))
    if "seeds" in case.extra:
        return _with_many_seeds(answer, inputs["probs"], range(seed, seed + int(case.extra["seeds"])))
    batch, symbols = inputs["probs"].shape
    calls = (seed,) if batch >= MANY else (seed, seed, seed + 1)
    found = [answer(inputs["probs"], torch.Generator().manual_seed(s)) for s in calls]
    first = found[0]
    if not isinstance(first, Tensor) or first.shape != (batch,) or first.is_floating_point() or batch == 1:
        return {"tokens": first}
    which = case.extra.get("which", torch.zeros(batch, dtype=torch.int64))
    outside = bool(((first < 0) | (first >= symbols)).any())
    counts = torch.zeros(int(which.max()) + 1, symbols, dtype=torch.int64)
    counts.index_put_((which, first.clamp(0, symbols - 1)), torch.ones_like(which), accumulate=True)
    fits = not outside and all(
        sampling.chi_square(mine, probs) < sampling.chi_square_limit(int((probs > 0).sum()) - 1)
        for mine, probs in zip(counts, case.extra["rows"])
    )
    alone = fits and len(counts) == 1
    return {
        "counts": counts,
        "alike": bool(((counts > 0).sum(dim=1) == 1).all()),
        "fits": fits,
        "dependent": _unlike_independent(first, case.extra["rows"][0]) if alone else "",
        "outside": outside,
        "int64": first.dtype == torch.int64,
        "repeats": len(found) == 1 or torch.equal(first, found[1]),
        "moves": len(found) == 1 or not torch.equal(first, found[2]),
    }


def _judge_draw(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """Two samples are alike if a χ² test cannot tell their counts apart."""
    if "edges" in expected or "edges" in output:
        if expected.get("edges") == output.get("edges"):
            return None
        place = output["edges"].index(False) if False in output["edges"] else 0
        token = output["which"][place]
        return Mismatch(
            f"If `torch.rand` gives {('0, the smallest', '0.99999994, the largest')[place]} number that it can, token"
            f" {token} of 1,000 is drawn. "
            + ("It has probability 0." if 0 <= token < 1000 else "There is none: they are numbered 0 to 999.")
        )
    if "together" in expected and "together" in output:
        if output["together"] and not expected["together"]:
            return Mismatch(
                "All 16 rows, which are equal, got the same token, with each of eight generators: the rows do not draw"
                " for themselves."
            )
        for key in ("together", "varied"):
            if output[key] != expected[key]:
                return Mismatch("Eight generators with different seeds give the same draws: they take no part.")
        return None
    if "own goes on" in expected and "own goes on" in output:
        for key, text in (
            ("own goes on", "Without a generator, call after call draws the same."),
            ("own repeats", "Without a generator, `torch.manual_seed` does not repeat the draws: use torch's own."),
            ("given goes on", "Call after call with one and the same generator draws the same: it does not move on."),
        ):
            if output[key] != expected[key]:
                return Mismatch(text)
        return None
    if "counts" not in expected or "counts" not in output:
        right, got = (
            expected.get("tokens", torch.zeros(case.inputs["probs"].shape[0], dtype=torch.int64)),
            output.get("tokens"),
        )
        return compare(right, got) or (
            None if isinstance(got, Tensor) and got.dtype == torch.int64 else Mismatch("The tokens must be int64.")
        )
    if output["outside"] != expected["outside"]:
        return Mismatch(
            f"A token was drawn that does not exist: they are numbered 0 to {output['counts'].shape[1] - 1}."
        )
    if output["alike"] and expected["alike"]:
        return None  # which token all rows share is chance; the case of eight seeds tells how it is chosen
    far = []
    for mine, theirs in zip(output["counts"].double(), expected["counts"].double()):
        possible = mine + theirs > 0
        distance = float(((mine - theirs)[possible] ** 2 / (mine + theirs)[possible]).sum())
        far.append(distance / sampling.chi_square_limit(max(int(possible.sum()) - 1, 1)))
    if output["fits"] != expected["fits"] or max(far) > 1.3:
        number = far.index(max(far))  # of several distributions the one that was missed most
        mine, probs = output["counts"][number], case.extra["rows"][number].tolist()
        shares = ", ".join(f"{float(n) / float(mine.sum()):.3f}" for n in mine)
        return Mismatch(
            f"The distribution {', '.join(f'{p:.3f}' for p in probs)} was drawn from {int(mine.sum()):,} times; the"
            f" tokens came with the shares {shares}."
        )
    for key, text in (
        ("repeats", "Two calls with generators of the same seed give different draws: the generator is not used."),
        ("moves", "Generators of different seeds give the same draws: the random numbers do not come from them."),
        ("dependent", f"Rows do not get their tokens independently. It shows in {output['dependent']}."),
        ("int64", "The tokens must be int64, as torch's indices are."),
    ):
        if output[key] != expected[key]:
            return Mismatch(text)
    return None


def _uniform(probs: Tensor, generator: torch.Generator | None, rows: int | None = None) -> Tensor:
    return torch.rand(len(probs) if rows is None else rows, 1, dtype=torch.float64, generator=generator)


def _falls(probs: Tensor, u: Tensor, scaled: bool = True) -> Tensor:
    reached = probs.double().cumsum(dim=-1)
    return (reached <= (u * reached[:, -1:] if scaled else u)).sum(dim=-1)


def _falls_single(probs: Tensor, generator: torch.Generator | None, rows: int | None = None) -> Tensor:
    """Everything in the type of the probabilities, which mostly is float32, and nothing scaled."""
    u = torch.rand(len(probs) if rows is None else rows, 1, dtype=probs.dtype, generator=generator)
    return (probs.cumsum(dim=-1) <= u).sum(dim=-1)


def _end_included(probs: Tensor, u: Tensor, scaled: bool) -> Tensor:
    reached = (probs.double() if scaled else probs).cumsum(dim=-1)
    return (reached < (u * reached[:, -1:] if scaled else u)).sum(dim=-1)


_ONE_NUMBER = (
    "Equal rows always get the same token in one call: one random number is used for the whole batch. The draws of"
    " different rows are independent, so each needs its own."
)
_END_INCLUDED = (
    "A stretch has its beginning and not its end: from 0 to just below 0.2, from 0.2 to just below 0.7. With you the"
    " end belongs to it, so a random number of exactly 0 draws token 0 even if its probability is 0. Count the ends"
    " that are ≤ the random number (`searchsorted` does it with `right=True`)."
)


DRAW = Exercise(
    id="sampling.draw",
    lesson="14",
    title="Draw a token",
    reference=sampling.draw,
    cases=_draw_cases,
    run=_run_draw,
    judge=_judge_draw,
    forbids=("torch.multinomial", "torch.distributions.Categorical"),
    seconds=20.0,
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "likeliest",
            lambda probs, generator=None: probs.argmax(dim=-1),
            "The likeliest token comes every time: that is greedy. A token of probability 0.3 should come three times"
            " in ten.",
        ),
        Misconception(
            "all_alike",
            lambda probs, generator=None: torch.randint(probs.shape[1], (len(probs),), generator=generator),
            "All tokens come equally often, also those of probability 0: the probabilities take no part.",
        ),
        Misconception(
            "one_number_for_all",
            lambda probs, generator=None: _falls(probs, _uniform(probs, generator, 1)),
            _ONE_NUMBER,
        ),
        Misconception(
            "one_number_not_scaled",
            lambda probs, generator=None: _falls(probs, _uniform(probs, generator, 1), scaled=False),
            _ONE_NUMBER + " Then multiply it by the row's last running sum, which may be a little below 1.",
        ),
        Misconception(
            "one_number_float32",
            lambda probs, generator=None: _falls_single(probs, generator, 1),
            _ONE_NUMBER + " Then look at rounding: count in float64, and multiply by the row's last running sum.",
        ),
        Misconception(
            "end_included",
            lambda probs, generator=None: _end_included(probs, _uniform(probs, generator), scaled=True),
            _END_INCLUDED,
        ),
        Misconception(
            "end_included_float32",
            lambda probs, generator=None: _end_included(
                probs, torch.rand(len(probs), 1, dtype=probs.dtype, generator=generator), scaled=False
            ),
            _END_INCLUDED + " And if you do not yet: count in float64, and multiply the random number by the last"
            " running sum.",
        ),
        Misconception(
            "not_scaled",
            lambda probs, generator=None: _falls(probs, _uniform(probs, generator), scaled=False),
            "Probabilities in float32 may sum to a little less than 1, also if they are added in float64. A random"
            " number beyond the last sum then draws a token that does not exist or, if you clamp, the last one,"
            " whatever its probability. Multiply the random number by the last running sum.",
        ),
        Misconception(
            "no_running_sum",
            lambda probs, generator=None: (
                (probs.double() <= _uniform(probs, generator)).sum(dim=-1).clamp(max=probs.shape[1] - 1)
            ),
            "You count how many probabilities lie below the random number. Laid side by side, each stretch begins where"
            " the one before ends: compare with running sums.",
        ),
        Misconception(
            "first_larger_probability",
            lambda probs, generator=None: (probs.double() > _uniform(probs, generator)).to(torch.int64).argmax(dim=-1),
            "You take the first token whose own probability exceeds the random number. What has to exceed it is the sum"
            " of all probabilities up to that token.",
        ),
        Misconception(
            "one_too_far",
            lambda probs, generator=None: _falls(probs, _uniform(probs, generator)) + 1,
            "Every token is too large by one, and numbers come up that no token has: how many stretches end before the"
            " random number is already the number of the token, counted from 0.",
        ),
        Misconception(
            "one_too_early",
            lambda probs, generator=None: (_falls(probs, _uniform(probs, generator)) - 1).clamp(min=0),
            "You stop one token too early: the stretch that the random number falls into is the one after the last that"
            " ends before it.",
        ),
        Misconception(
            "softmax_again",
            lambda probs, generator=None: _falls(torch.softmax(probs, dim=-1), _uniform(probs, generator)),
            "Too even, and tokens of probability 0 come, too: the probabilities went through a softmax once more.",
        ),
        Misconception(
            "not_the_generator",
            lambda probs, generator=None: _falls(probs, torch.rand(len(probs), 1, dtype=torch.float64)),
            "The distribution is right, but the random numbers do not come from the generator: hand it to `torch.rand`,"
            " else nobody can repeat the draws.",
        ),
        Misconception(
            "own_seed",
            lambda probs, generator=None: _falls(probs, _uniform(probs, torch.Generator().manual_seed(0))),
            "Every call draws the same: you seed a generator yourself each time. Use the one that is handed in.",
        ),
        Misconception(
            "sorted_numbers",
            lambda probs, generator=None: _falls(probs, _uniform(probs, generator).sort(dim=0).values),
            "Each token comes as often as it should, but rows beside each other get random numbers near each other, as"
            " if these were sorted, or spread evenly over the batch. Every row draws for itself.",
        ),
        Misconception(
            "number_for_each_symbol",
            lambda probs, generator=None: (
                (probs.double().cumsum(-1) <= torch.rand(probs.shape, dtype=torch.float64, generator=generator))
                .sum(dim=-1)
                .clamp(max=probs.shape[1] - 1)
            ),
            "Each end is compared with another random number. A row needs one, which is compared with all its ends.",
        ),
        Misconception(
            "noisy_argmax",
            lambda probs, generator=None: (
                probs.double() * torch.rand(probs.shape, dtype=torch.float64, generator=generator)
            ).argmax(dim=-1),
            "Likely tokens come too often: the largest of probability times a random number is not distributed like the"
            " probabilities.",
        ),
        Misconception(
            "float32_ends",
            lambda probs, generator=None: _falls_single(probs, generator),
            "In float32 the last running sum may stay below 1, and a random number beyond it: then what is drawn does"
            " not exist, or is the last token, whatever its probability. Count in float64, and multiply the random"
            " number by the last sum.",
        ),
        Misconception(
            "kept_dimension",
            lambda probs, generator=None: _falls(probs, _uniform(probs, generator))[:, None],
            "The tokens are right, in a column. The shape should be (batch,).",
        ),
        Misconception(
            "sharpened",
            lambda probs, generator=None: _falls(probs.double() ** 2, _uniform(probs, generator)),
            "Likely tokens come too often and unlikely ones too seldom, as if the probabilities were squared.",
        ),
        Misconception(
            "one_distribution_for_all",
            lambda probs, generator=None: _falls(probs[:1].expand_as(probs), _uniform(probs, generator)),
            "All rows draw from the distribution of row 0. Each row has its own.",
        ),
        Misconception(
            "mean_of_the_batch",
            lambda probs, generator=None: _falls(
                probs.mean(0, keepdim=True).expand_as(probs), _uniform(probs, generator)
            ),
            "The shares are those of the mean over the batch: either all rows draw from that mean, or they draw from"
            " the distributions of other rows. Each row draws from its own.",
        ),
        Misconception(
            "place_among_the_sorted",
            lambda probs, generator=None: _falls(
                probs.sort(dim=-1, descending=True).values, _uniform(probs, generator)
            ),
            "The shares are right, and stand at the wrong tokens: you draw from the sorted probabilities and return a"
            " place among these, 0 for the likeliest. Draw from the row as it is.",
        ),
        Misconception(
            "seeded_without_a_generator",
            lambda probs, generator=None: _falls(
                probs, _uniform(probs, torch.Generator() if generator is None else generator)
            ),
            "With a generator all is right. Without one, call after call draws the same: a new `torch.Generator()`"
            " always begins at the same place, and so does whatever is seeded anew in each call. `torch.rand(...,"
            " generator=None)` goes on with torch's own random numbers.",
        ),
        Misconception(
            "generator_copied",
            lambda probs, generator=None: _falls(
                probs,
                _uniform(probs, None if generator is None else torch.Generator().manual_seed(generator.initial_seed())),
            ),
            "Two calls with the same generator draw the same: it does not move on, since a copy of it, or another with"
            " its seed, gives the random numbers. Hand the generator itself to `torch.rand`.",
        ),
    ),
    hints=(
        "Lay the probabilities side by side from 0 to 1. A random number between 0 and 1 falls into one of the"
        " stretches, and into a long one more often.",
        "`probs.cumsum(dim=-1)` says where each stretch ends. Count the ends that the row's random number has passed.",
        "`u = torch.rand(len(probs), 1, dtype=torch.float64, generator=generator)`, `reached ="
        " probs.double().cumsum(dim=-1)`, and `(reached <= u * reached[:, -1:]).sum(dim=-1)`: scaled by the last end,"
        " no number lies beyond it.",
    ),
)

# -------------------------------------------------------------------------------------------------------- top-k


def _probs(rng: np.random.Generator, *shape: int, std: float = 1.5) -> Tensor:
    return torch.softmax(normal(rng, *shape, std=std), dim=-1)


def _judge_kept(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """Values, and which of them are 0: a very unlikely token that was lost is too small to be seen in the values."""
    found = judge_tensors("probabilities", type_of="probs")(case, output, expected)
    if found or not isinstance(expected, Tensor):
        return found
    lost, kept = int(((expected > 0) & (output == 0)).sum()), int(((expected == 0) & (output > 0)).sum())
    if lost:
        return Mismatch(f"{lost} very unlikely token(s) should stay, and are 0.")
    if kept:
        return Mismatch(f"{kept} token(s) should be exactly 0, and are a little above.")
    return None


def _top_k_cases(rng: np.random.Generator) -> list[Case]:
    def case(probs: Tensor, k: int, about: str) -> Case:
        sizes = {"batch": probs.shape[0], "symbols": probs.shape[1], "k": k} if probs.dim() == 2 else {}
        return Case({"probs": probs, "k": k}, about, sizes)

    tied = torch.tensor([[0.1, 0.3, 0.1, 0.3, 0.2], [0.2, 0.2, 0.2, 0.2, 0.2]])
    rare = torch.tensor([[0.5, 0.0, 0.5, 0.0, 0.0, 0.0]])
    return [
        case(torch.tensor([[0.1, 0.6, 0.3]]), 2, "three symbols, two stay"),
        case(_probs(rng, 3, 7), 4, "four of seven"),
        case(_probs(rng, 4, 6), 1, "k = 1"),
        case(_probs(rng, 2, 5), 5, "k = all"),
        case(_probs(rng, 3, 4), 9, "k larger than the vocabulary"),
        case(tied, 3, "equally likely tokens at the border"),
        case(tied, 1, "equally likely tokens at the top"),
        case(torch.tensor([[0.3, 0.1999999, 0.2, 0.3, 1e-7]]), 3, "nearly equal at the border: 0.1999999 and 0.2"),
        case(rare, 4, "fewer possible tokens than k"),
        case(_probs(rng, 2, 3, 8), 5, "three dimensions"),
        case(strided(_probs(rng, 5, 9).double()), 3, "float64"),
        Case({"probs": _probs(rng, 2, 3), "k": 0}, "k = 0", extra={"error": "0"}),
    ]


def _needs_k(k: int) -> None:
    if k < 1:
        raise ValueError(f"not {k}")


def _top_k_variant(
    keep: Callable[[Tensor, int], Tensor] = lambda p, k: p >= p.topk(min(k, p.shape[-1]), dim=-1).values[..., -1:],
    finish: Callable[[Tensor], Tensor] = _scaled,
    rest: float = 0.0,
) -> Callable[..., Tensor]:
    """A variant: which tokens stay, what is done then, and what the others get."""

    def answer(probs: Tensor, k: int) -> Tensor:
        _needs_k(k)
        return finish(torch.where(keep(probs, k), probs, rest))

    return answer


def _exactly(probs: Tensor, k: int, last: bool = False) -> Tensor:
    """Where exactly the k likeliest stand, the lower (or the higher) numbers first among equals."""
    order = (
        probs.flip(-1).argsort(dim=-1, descending=True, stable=True)
        if last
        else probs.argsort(dim=-1, descending=True, stable=True)
    )
    order = probs.shape[-1] - 1 - order if last else order
    return torch.zeros_like(probs, dtype=torch.bool).scatter(-1, order[..., :k], True)


def _values_only(probs: Tensor, k: int) -> Tensor:
    _needs_k(k)
    return _scaled(probs.topk(min(k, probs.shape[-1]), dim=-1).values)


def _softmax_of_kept(kept: Tensor) -> Tensor:
    return torch.softmax(torch.where(kept > 0, kept, -INFINITY), dim=-1)


KEEP_TOP_K = Exercise(
    id="sampling.keep_top_k",
    lesson="14",
    title="Top-k",
    reference=sampling.keep_top_k,
    cases=_top_k_cases,
    run=or_error(),
    judge=_judge_kept,
    points=1,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "not_scaled",
            _top_k_variant(finish=lambda kept: kept),
            "The right tokens stay, but your rows sum to less than one: what the others had is missing. Divide by what"
            " is left.",
        ),
        Misconception(
            "softmax_again",
            _top_k_variant(finish=_softmax_of_kept),
            "The right tokens stay, but the softmax over their *probabilities* makes them nearly equal. Probabilities"
            " are scaled by a division.",
        ),
        Misconception(
            "softmax_of_all",
            _top_k_variant(finish=lambda kept: torch.softmax(kept, dim=-1)),
            "Everybody is back: a softmax gives a token of probability 0 something, since exp(0) = 1. Scale by a"
            " division.",
        ),
        Misconception(
            "least_likely",
            _top_k_variant(lambda p, k: p <= p.topk(min(k, p.shape[-1]), dim=-1, largest=False).values[..., -1:]),
            "You keep the k least likely tokens. The k likeliest are to stay.",
        ),
        Misconception(
            "k_dropped",
            _top_k_variant(lambda p, k: p < p.topk(min(k, p.shape[-1]), dim=-1).values[..., -1:]),
            "You drop the k likeliest tokens and keep the others.",
        ),
        Misconception(
            "one_too_few",
            _top_k_variant(lambda p, k: p > p.topk(min(k, p.shape[-1]), dim=-1).values[..., -1:]),
            "The k-th token itself is missing: you keep what is likelier than it. With k = 1 nothing is left, and 0/0"
            " is nan.",
        ),
        Misconception(
            "one_too_many",
            _top_k_variant(lambda p, k: p >= p.topk(min(k + 1, p.shape[-1]), dim=-1).values[..., -1:]),
            "One token too many stays. Counted from 0, the k-th of the sorted probabilities has the place k − 1.",
        ),
        Misconception(
            "exactly_k",
            _top_k_variant(_exactly),
            "Of several equally likely tokens at the border you keep those with the lower numbers, so that it is"
            " exactly k. Nothing tells such tokens apart: all of them stay.",
        ),
        Misconception(
            "exactly_k_last",
            _top_k_variant(lambda p, k: _exactly(p, k, last=True)),
            "Of several equally likely tokens at the border you keep those with the higher numbers, so that it is"
            " exactly k. Nothing tells such tokens apart: all of them stay.",
        ),
        Misconception(
            "exactly_k_topk",
            _top_k_variant(
                lambda p, k: torch.zeros_like(p, dtype=torch.bool).scatter(
                    -1, p.topk(min(k, p.shape[-1]), dim=-1).indices, True
                )
            ),
            "You keep the places that `topk` names, exactly k. Of several equally likely tokens at the border it names"
            " some, and nothing tells them apart: all of them stay. Compare with the k-th probability instead.",
        ),
        Misconception(
            "one_less",
            _top_k_variant(lambda p, k: p >= p.topk(min(max(k - 1, 1), p.shape[-1]), dim=-1).values[..., -1:]),
            "One token too few stays: your threshold is the (k − 1)-th largest probability, and should be the k-th.",
        ),
        Misconception(
            "even",
            _top_k_variant(finish=lambda kept: _scaled((kept > 0).to(kept.dtype))),
            "The right tokens stay, but all of them equally likely. Each keeps its own share.",
        ),
        Misconception(
            "scaled_over_all",
            _top_k_variant(finish=lambda kept: kept / kept.sum()),
            "The right tokens stay, but you divide by the sum over the whole batch. Each row sums to one by itself.",
        ),
        Misconception(
            "over_the_batch",
            _top_k_variant(lambda p, k: p >= p.topk(min(k, p.shape[0]), dim=0).values[-1:]),
            "The k largest of every column stay. Each row is a distribution, and the symbols are the last dimension.",
        ),
        Misconception(
            "k_in_all",
            _top_k_variant(lambda p, k: p >= p.flatten().topk(min(k, p.numel())).values[-1]),
            "k tokens stay in the whole batch together. Each row keeps its own k.",
        ),
        Misconception(
            "larger_k_refused",
            _top_k_variant(lambda p, k: p >= p.topk(k, dim=-1).values[..., -1:]),
            "A k larger than the number of symbols makes `topk` fail. Then all tokens stay.",
        ),
        Misconception(
            "values_alone",
            _values_only,
            "You return k numbers a row, in order of size: nobody knows any more which token they belong to. The shape"
            " stays, with zeros for those that had to go.",
        ),
        Misconception(
            "first_k",
            _top_k_variant(lambda p, k: (torch.arange(p.shape[-1]) < k).expand_as(p)),
            "The first k tokens of the vocabulary stay, whatever their probabilities.",
        ),
        Misconception(
            "nearly_equal",
            _top_k_variant(lambda p, k: (p >= (t := p.topk(min(k, p.shape[-1])).values[..., -1:])) | p.isclose(t)),
            "Tokens that are only nearly as likely as the k-th stay, too: 0.1999999 beside 0.2. That comes of rounding"
            " or of a tolerance. Only those exactly as likely stay.",
        ),
        Misconception(
            "argsort_as_rank",
            _top_k_variant(lambda p, k: p.argsort(dim=-1, descending=True, stable=True) < k),
            "`argsort` says which token has a place in the order, not which place a token has. Your mask belongs to"
            " the places.",
        ),
        Misconception(
            "threshold_of_row_0",
            _top_k_variant(lambda p, k: p >= p.topk(min(k, p.shape[-1]), dim=-1).values[..., -1].flatten()[0]),
            "All rows are cut where row 0 is cut. Each row has a k-th probability of its own.",
        ),
        Misconception(
            "kth_smallest",
            _top_k_variant(lambda p, k: p >= p.kthvalue(min(k, p.shape[-1]), dim=-1, keepdim=True).values),
            "Your threshold is the k-th *smallest* probability: `kthvalue` counts from the smallest. The k-th largest"
            " is needed.",
        ),
        Misconception(
            "nearly_zero",
            _top_k_variant(rest=1e-9),
            "Tokens that have to go keep a very small number, such as 10⁻⁹. They must never come: exactly 0.",
        ),
    ),
    properties=(_SUMS_TO_ONE,),
    hints=(
        "Find out how likely the k-th token is; whatever is at least as likely stays.",
        "`probs.topk(k).values[..., -1:]` is the k-th, if there are that many. Then scale what is left by its sum.",
        "`kth = probs.topk(min(k, probs.shape[-1]), dim=-1).values[..., -1:]`, `kept = torch.where(probs >= kth, probs,"
        " 0.0)`, `kept / kept.sum(dim=-1, keepdim=True)`.",
    ),
)

# -------------------------------------------------------------------------------------------------------- top-p


def _top_p_cases(rng: np.random.Generator) -> list[Case]:
    def case(probs: Tensor, p: float, about: str) -> Case:
        sizes = {"batch": probs.shape[0], "symbols": probs.shape[1]} if probs.dim() == 2 else {}
        return Case({"probs": probs, "p": p}, about, sizes)

    halves = torch.tensor([[0.125, 0.5, 0.125, 0.25], [0.25, 0.25, 0.25, 0.25], [0.0, 0.125, 0.75, 0.125]])
    tenths = torch.tensor([[0.2, 0.1, 0.7], [0.7, 0.2, 0.1]])
    tail = torch.softmax(torch.linspace(0.0, -30.0, 40), dim=0)[None]
    far = torch.full((1, 1000), 1e-20)  # in the running sum each of them is lost, in float64 as well
    far[0, int(rng.integers(0, 1000))] = 1.0
    return [
        case(torch.tensor([[0.15, 0.5, 0.05, 0.3]]), 0.7, "0.5 is not enough for 0.7, 0.5 + 0.3 is"),
        case(_probs(rng, 3, 7), 0.9, "p = 0.9"),
        case(_probs(rng, 4, 6), 0.5, "p = 0.5"),
        case(_probs(rng, 5, 8, std=0.5), 0.95, "p = 0.95, flat rows"),
        case(_probs(rng, 2, 9, std=4.0), 0.6, "p = 0.6, steep rows"),
        case(_probs(rng, 3, 5), 0.0, "p = 0: one token stays"),
        case(torch.tensor([[0.2, 0.4, 0.4], [0.4, 0.2, 0.4]]), 0.0, "p = 0, two tokens are the likeliest"),
        case(torch.tensor([[0.0001, 0.6, 0.3, 0.0002, 0.0997]]), 0.9995, "p = 0.9995, which is not 1"),
        case(_probs(rng, 2, 6), 1.0, "p = 1: all stay"),
        case(tail, 1.0, "p = 1, a long tail"),
        case(far, 1.0, "p = 1, a thousand symbols"),
        case(far.double(), 1.0, "p = 1, a thousand symbols, float64"),
        case(halves, 0.5, "a sum that is exactly p"),
        case(halves, 0.75, "a sum that is exactly p"),
        case(tenths, 0.9, "in float64 0.7 + 0.2 falls short of 0.9"),
        case(torch.tensor([[0.1, 0.5, 0.4]]), 0.9, "in float64 0.5 + 0.4 is a little more than 0.9"),
        case(_probs(rng, 2, 3, 8), 0.8, "three dimensions"),
        case(strided(_probs(rng, 6, 9).double()), 0.85, "float64"),
        Case({"probs": _probs(rng, 2, 3), "p": 1.2}, "p above 1", extra={"error": "1.2"}),
        Case({"probs": _probs(rng, 2, 3), "p": -0.1}, "p below 0", extra={"error": "-0.1"}),
    ]


def _needs_share(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"not {p}")


def _before_p(ordered: Tensor, p: float) -> Tensor:
    """True at the sorted tokens that stay: what stands before them is less than `p`."""
    return (ordered.double().cumsum(-1) - ordered < p) | (p == 1)


def _nucleus(
    stays: Callable[[Tensor, float], Tensor] = _before_p,
    back: Callable[[Tensor, Tensor], Tensor] = lambda kept, order: torch.zeros_like(kept).scatter(-1, order, kept),
    finish: Callable[[Tensor], Tensor] = _scaled,
    first: bool = True,
    sort: Callable[[Tensor], Any] = lambda probs: probs.sort(dim=-1, descending=True, stable=True),
) -> Callable[..., Tensor]:
    """A variant: which of the sorted tokens stay, how they find back to their places, and what is done then."""

    def answer(probs: Tensor, p: float) -> Tensor:
        _needs_share(p)
        ordered, order = sort(probs)
        keep = stays(ordered, p).clone()
        if first:
            keep[..., 0] = True
        return finish(back(ordered * keep, order))

    return answer


def _by_size(keep: Callable[[Tensor, float], Tensor]) -> Callable[..., Tensor]:
    """A variant that looks at each probability alone; the likeliest always stays."""

    def answer(probs: Tensor, p: float) -> Tensor:
        _needs_share(p)
        best = probs == probs.amax(dim=-1, keepdim=True)
        return _scaled(torch.where(keep(probs, p) | best, probs, 0.0))

    return answer


def _sorted_mask(probs: Tensor, p: float) -> tuple[Tensor, Tensor]:
    ordered = probs.sort(dim=-1, descending=True, stable=True).values
    keep = _before_p(ordered, p)
    keep[..., 0] = True
    return ordered, keep


def _masked_in_place(probs: Tensor, p: float) -> Tensor:
    _needs_share(p)
    return _scaled(probs * _sorted_mask(probs, p)[1])


def _ties_kept(probs: Tensor, p: float) -> Tensor:
    _needs_share(p)
    ordered, keep = _sorted_mask(probs, p)
    last = ordered.gather(-1, keep.sum(dim=-1, keepdim=True) - 1)
    return _scaled(torch.where(probs >= last, probs, 0.0))


KEEP_TOP_P = Exercise(
    id="sampling.keep_top_p",
    lesson="14",
    title="Top-p: the nucleus",
    reference=sampling.keep_top_p,
    cases=_top_p_cases,
    run=or_error(),
    judge=_judge_kept,
    points=3,
    minutes=15,
    difficulty=3,
    misconceptions=(
        Misconception(
            "crossing_dropped",
            _nucleus(lambda q, p: (q.double().cumsum(-1) <= p) | (p == 1)),
            "The token with which the sum reaches p is missing. The nucleus is the smallest set whose sum is at *least*"
            " p; yours stays below. (It is the most frequent slip in code for top-p.)",
        ),
        Misconception(
            "crossing_dropped_strictly",
            _nucleus(lambda q, p: (q.double().cumsum(-1) < p) | (p == 1)),
            "The token with which the sum reaches p is missing, even where the sum is exactly p with it. The nucleus is"
            " the smallest set whose sum is at *least* p.",
        ),
        Misconception(
            "one_too_many",
            _nucleus(lambda q, p: (q.double().cumsum(-1) - q <= p) | (p == 1)),
            "Where a sum is exactly p, you keep one token more. The set is already large enough there.",
        ),
        Misconception(
            "one_after_the_crossing",
            _nucleus(
                lambda q, p: (q.double().cumsum(-1) - q - torch.nn.functional.pad(q, (1, 0))[..., :-1] < p) | (p == 1)
            ),
            "One token too many stays: the one with which the sum reaches p is the last that belongs.",
        ),
        Misconception(
            "empty_at_zero",
            _nucleus(first=False),
            "For p = 0 nobody stays, and 0/0 is nan. The likeliest token always stays.",
        ),
        Misconception(
            "crossing_dropped_and_empty",
            _nucleus(lambda q, p: (q.double().cumsum(-1) <= p) | (p == 1), first=False),
            "You keep tokens as long as the sum is at most p. So the token that reaches p is missing, and where the"
            " first alone is above p, nobody is left: 0/0 is nan.",
        ),
        Misconception(
            "not_scaled",
            _nucleus(finish=lambda kept: kept),
            "The right tokens stay, but your rows sum to less than one. Divide by what is left.",
        ),
        Misconception(
            "left_sorted",
            _nucleus(back=lambda kept, order: kept),
            "The right probabilities, in order of size: token 0 now has the largest. Each has to go back to the place"
            " it came from.",
        ),
        Misconception(
            "back_the_wrong_way",
            _nucleus(back=lambda kept, order: kept.gather(-1, order)),
            "The probabilities are right, their places are not: they were shuffled once more instead of being put back."
            " `order` says where each came from, so it is where each goes: `scatter`, or the inverse order.",
        ),
        Misconception(
            "least_likely_first",
            _nucleus(sort=lambda probs: probs.sort(dim=-1, stable=True)),
            "You collect from the least likely end. The nucleus is the *smallest* set, so the likeliest go in first.",
        ),
        Misconception(
            "not_sorted",
            _nucleus(sort=lambda probs: (probs, torch.arange(probs.shape[-1]).expand_as(probs))),
            "The tokens are added up in the order of their numbers. The likeliest go in first, so they have to be"
            " sorted.",
        ),
        Misconception(
            "one_forgotten",
            _nucleus(lambda q, p: q.double().cumsum(-1) - q < p),
            "Only p = 1 goes wrong: the running sum reaches 1 before the last tokens, by rounding, and they are lost."
            " For p = 1 all stay.",
        ),
        Misconception(
            "one_forgotten_float32",
            _nucleus(lambda q, p: q.cumsum(-1) - q < p),
            "What goes wrong is rounding: you add in float32. There the running sum reaches 1 long before the last"
            " tokens, and for p = 1 they are lost. Add in float64, and let p = 1 be a case of its own: all stay.",
        ),
        Misconception(
            "float32_sums",
            _nucleus(lambda q, p: (q.cumsum(-1) - q < p) | (p == 1)),
            "Your sum of 0.7 and 0.2 counts as 0.9. In float64 it falls a little short, and a third token goes in. The"
            " usual reason is that you add or compare in float32, where they are one and the same number: make the"
            " probabilities `.double()` before you add. A tolerance, or rounding, does the same.",
        ),
        Misconception(
            "mask_of_the_sorted",
            _masked_in_place,
            "Which places stay was found in sorted order, and then applied to the unsorted probabilities. It has to go"
            " back to the tokens' own places first.",
        ),
        Misconception(
            "ties_kept",
            _ties_kept,
            "You cut by the size of the last token that belongs, and keep all that are as likely. Of equally likely"
            " tokens only as many go in as it takes to reach p, the lower numbers first.",
        ),
        Misconception(
            "each_alone",
            _by_size(lambda q, p: q >= p),
            "You keep tokens whose own probability is at least p. It is the sum over the set that has to reach p.",
        ),
        Misconception(
            "share_of_the_largest",
            _by_size(lambda q, p: q >= p * q.amax(dim=-1, keepdim=True)),
            "You keep what is at least p times as likely as the likeliest. There is a method like that (min-p); the"
            " nucleus is defined by the sum of its probabilities.",
        ),
        Misconception(
            "p_turned_round",
            _nucleus(lambda q, p: q.double().cumsum(-1) - q < 1 - p),
            "With p = 1 a single token stays and with p = 0 all: you cut at 1 − p.",
        ),
        Misconception(
            "equal_tokens_reversed",
            _nucleus(sort=lambda probs: [part.flip(-1) for part in probs.sort(dim=-1, stable=True)]),
            "Of equally likely tokens you take those with the higher numbers first. The contract puts the lower numbers"
            " first: a sort that is stable, with the largest first, does so.",
        ),
        Misconception(
            "over_the_batch",
            lambda probs, p: _nucleus()(probs.transpose(0, -1), p).transpose(0, -1),
            "The sums run down the columns, over different distributions. The symbols are the last dimension.",
        ),
        Misconception(
            "equals_at_zero",
            lambda probs, p: (
                _scaled(torch.where(probs == probs.amax(-1, keepdim=True), probs, 0.0))
                if p == 0
                else _nucleus()(probs, p)
            ),
            "For p = 0 all of several equally likely tokens stay with you. One stays: of equals the lowest number.",
        ),
        Misconception(
            "each_alone_bare",
            _nucleus(lambda q, p: q >= p, first=False),
            "You keep tokens whose own probability is at least p, and where there is none, 0/0 is nan. It is the sum"
            " over the set that has to reach p.",
        ),
        Misconception(
            "above_the_rest",
            _by_size(lambda q, p: q > 1 - p),
            "You keep tokens whose own probability is above 1 − p. It is the sum over the set that has to reach p.",
        ),
        Misconception(
            "divided_by_p",
            lambda probs, p: torch.where(_nucleus()(probs, p) > 0, probs, 0.0) / (p or 1.0),
            "The right tokens stay, but you divide by p. Their sum mostly is a little more: divide by what is left.",
        ),
        Misconception(
            "share_of_the_symbols",
            _nucleus(lambda q, p: (torch.arange(q.shape[-1]) < math.ceil(p * q.shape[-1])).expand_as(q)),
            "You keep the share p of the *symbols*, the same number in every row. It is the probability that has to"
            " reach p.",
        ),
        Misconception(
            "not_sorted_but_the_best",
            _by_size(lambda q, p: q.double().cumsum(-1) - q < p),
            "The likeliest token stays, but the others are added up in the order of their numbers. The likeliest go in"
            " first, so they have to be sorted.",
        ),
        Misconception(
            "crossing_dropped_float32",
            _nucleus(lambda q, p: q.cumsum(-1) <= p),
            "The token with which the sum reaches p is missing: of sorted tokens you keep those up to which the sum is"
            " at most p. Ask for the sum *before* a token instead. (Then look at rounding: add in float64.)",
        ),
    ),
    properties=(_SUMS_TO_ONE,),
    hints=(
        "Sort the likeliest to the front. A token belongs to the nucleus if those before it have not yet reached p.",
        "With `ordered, order = probs.sort(...)`, the sum *before* a token is the running sum less the token itself."
        " Add in float64. Zero"
        " those that come too late, and put the others back with `scatter` and `order`. Look at p = 0 and p = 1 last.",
        "`before = ordered.double().cumsum(dim=-1) - ordered`, `stays = (before < p) | (p == 1)`, `stays[..., 0] ="
        " True`, `kept = torch.zeros_like(probs).scatter(-1, order, ordered * stays)`, and a division by the sum.",
    ),
)

# ------------------------------------------------------------------------------------------------- repetition


def _repeated_cases(rng: np.random.Generator) -> list[Case]:
    def words(size: int, count: int) -> list[str]:
        return [str(w) for w in rng.choice(["and", "the", "king", "said", "to", "him"][:size], size=count)]

    loop = ["and", "the", "king"] * 5
    pairs = ["a", "bc", "x", "ab", "c", "x", "a", "bc"]  # without a gap, "a"+"bc" reads like "ab"+"c"
    return [
        Case({"tokens": ["to", "be", "or", "not", "to", "be"], "n": 2}, "the example"),
        Case({"tokens": words(6, 30), "n": 1}, "single words"),
        Case({"tokens": words(3, 24)}, "the default, n = 4"),
        Case({"tokens": words(4, 23), "n": 2}, "pairs of words"),
        Case({"tokens": loop, "n": 4}, "a loop"),
        Case({"tokens": pairs, "n": 2}, "words that read alike when glued together"),
        Case({"tokens": ["a b", "c", "x", "a", "b c", "x", "a b", "c"], "n": 2}, "words with a space in them"),
        Case({"tokens": ["The", "the", "the", "The", "end", "The", "end"], "n": 2}, "capital letters"),
        Case({"tokens": ["he", "said,", "he", "said", "he", "said,"], "n": 2}, "words with a comma"),
        Case({"tokens": [1, 2, "1", "2", 1, 2], "n": 2}, "numbers and words"),
        Case({"tokens": "abracadabra", "n": 3}, "a string: characters"),
        Case({"tokens": ["x", "y", "y", "x", "y", "x"], "n": 2}, "the same words in another order"),
        Case({"tokens": [int(i) for i in rng.integers(0, 3, size=17)], "n": 3}, "numbers"),
        Case({"tokens": tuple(words(2, 15)), "n": 3}, "a tuple"),
        Case({"tokens": ["well"] * 7, "n": 2}, "one word again and again"),
        Case({"tokens": words(6, 4), "n": 4}, "exactly one n-gram"),
        Case({"tokens": words(6, 3), "n": 4}, "a text shorter than n"),
        Case({"tokens": [], "n": 2}, "no tokens"),
        Case({"tokens": words(3, 5), "n": 0}, "n = 0", extra={"error": "0"}),
    ]


def _grams(tokens: Sequence[Any], n: int) -> list[tuple[Any, ...]]:
    if n < 1:
        raise ValueError(f"not {n}")
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _share(grams: Sequence[Any]) -> float:
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def _repeated_variant(measure: Callable[[list[tuple[Any, ...]], Sequence[Any], int], float]) -> Callable[..., float]:
    def answer(tokens: Sequence[Any], n: int = 4) -> float:
        grams = _grams(tokens, n)
        return measure(grams, tokens, n) if grams else 0.0

    return answer


def _other_n(shift: int) -> Callable[..., float]:
    def answer(tokens: Sequence[Any], n: int = 4) -> float:
        _grams(tokens, n)
        return _share(_grams(tokens, max(n + shift, 1)))

    return answer


def _several_times(grams: list[tuple[Any, ...]], tokens: Sequence[Any], n: int) -> float:
    return sum(grams.count(g) > 1 for g in grams) / len(grams)


def _in_a_row(grams: list[tuple[Any, ...]], tokens: Sequence[Any], n: int) -> float:
    return sum(a == b for a, b in itertools.pairwise(grams)) / len(grams)


def _no_short_text(tokens: Sequence[Any], n: int = 4) -> float:
    grams = _grams(tokens, n)
    return 1 - len(set(grams)) / len(grams)


def _judge_number(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """A share: any kind of number will do, to rounding."""
    if isinstance(output, Tensor) and output.dim() == 0:
        output = output.item()
    if isinstance(expected, (int, float)) and isinstance(output, (int, float)) and not isinstance(output, bool):
        if abs(output - expected) < 1e-6:
            return None
        return Mismatch(f"Expected {expected:.4f}, got {output:.4f}.")
    return compare(expected, output)


REPEATED_SHARE = Exercise(
    id="sampling.repeated_share",
    lesson="14",
    title="How much is said again",
    reference=sampling.repeated_share,
    cases=_repeated_cases,
    run=or_error(),
    judge=_judge_number,
    points=1,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "distinct",
            _repeated_variant(lambda grams, tokens, n: len(set(grams)) / len(grams)),
            "This is the share of *different* n-grams: 1 for a text without repetition. What is asked for is what is"
            " left to 1.",
        ),
        Misconception(
            "all_copies",
            _repeated_variant(_several_times),
            "You count every n-gram that occurs more than once, its first time too. The first time it is new: of two"
            " copies one is a repetition.",
        ),
        Misconception(
            "kinds",
            _repeated_variant(lambda grams, tokens, n: sum(grams.count(g) > 1 for g in set(grams)) / len(set(grams))),
            "You ask which share of the *different* n-grams comes again. An n-gram that comes ten times counts as nine"
            " repetitions, among all n-grams of the text.",
        ),
        Misconception(
            "in_a_row",
            _repeated_variant(_in_a_row),
            "You compare each n-gram with the one just before it. It may have stood anywhere before.",
        ),
        Misconception(
            "last_one_missing",
            _repeated_variant(lambda grams, tokens, n: _share(grams[:-1])),
            "The last n-gram of the text is missing: among 6 words there are 5 pairs, not 4.",
        ),
        Misconception(
            "cut_into_pieces",
            _repeated_variant(lambda grams, tokens, n: _share(grams[::n])),
            "You cut the text into pieces of n. n-grams overlap: one begins at every token.",
        ),
        Misconception(
            "order_ignored",
            _repeated_variant(lambda grams, tokens, n: _share([tuple(sorted(g, key=str)) for g in grams])),
            'n-grams of the same words in another order count as the same with you. "x y" and "y x" are two.',
        ),
        Misconception(
            "as_a_set",
            _repeated_variant(lambda grams, tokens, n: _share([frozenset(g) for g in grams])),
            "Your n-grams are sets: they forget the order, and that a word comes twice. Keep them as tuples.",
        ),
        Misconception(
            "glued",
            _repeated_variant(lambda grams, tokens, n: _share(["".join(map(str, g)) for g in grams])),
            'You glue the words of an n-gram together, and then "a" + "bc" reads like "ab" + "c". Keep them as tuples.',
        ),
        Misconception(
            "glued_with_spaces",
            _repeated_variant(lambda grams, tokens, n: _share([" ".join(map(str, g)) for g in grams])),
            'You glue the tokens of an n-gram together, and then "a b" + "c" reads like "a" + "b c", and the number 1'
            ' like the word "1". Keep them as tuples.',
        ),
        Misconception(
            "case_folded",
            _repeated_variant(lambda grams, tokens, n: _share([tuple(str(t).lower() for t in g) for g in grams])),
            '"The" and "the" count as the same with you. They are two tokens.',
        ),
        Misconception(
            "fixed_at_four",
            lambda tokens, n=4: _share(_grams(tokens, 4)) if _grams(tokens, n) is not None else 0.0,
            "Your n-grams have four tokens whatever n is.",
        ),
        Misconception(
            "over_tokens",
            _repeated_variant(lambda grams, tokens, n: (len(grams) - len(set(grams))) / len(tokens)),
            "You count as many n-grams as there are tokens. None begins at the last n − 1 tokens: there are fewer,"
            " by n − 1.",
        ),
        Misconception(
            "counted",
            _repeated_variant(lambda grams, tokens, n: float(len(grams) - len(set(grams)))),
            "You return how many repetitions there are. Their share among all n-grams is asked for.",
        ),
        Misconception(
            "shorter_n",
            _other_n(-1),
            "Your n-grams have one token too few: of n = 4 they have three.",
        ),
        Misconception(
            "longer_n",
            _other_n(1),
            "Your n-grams have one token too many: `tokens[i : i + n]` has n of them, the end is not included.",
        ),
        Misconception(
            "nothing_to_divide",
            _no_short_text,
            "A text of fewer than n tokens has no n-grams, and 0/0 stops the program. It repeats nothing: 0.",
        ),
        Misconception(
            "punctuation_stripped",
            _repeated_variant(
                lambda grams, tokens, n: _share(
                    [tuple(t.strip(".,;:!?") if isinstance(t, str) else t for t in g) for g in grams]
                )
            ),
            '"said," and "said" count as the same with you. Tokens are compared as they are.',
        ),
        Misconception(
            "circular",
            _repeated_variant(lambda grams, tokens, n: _share(_grams([*tokens, *tokens[: n - 1]], n))),
            "Your n-grams go on from the end of the text to its beginning. The last one begins n − 1 tokens before the"
            " last token.",
        ),
        Misconception(
            "over_kinds",
            _repeated_variant(lambda grams, tokens, n: (len(grams) - len(set(grams))) / len(set(grams))),
            "You divide by the number of *different* n-grams. The share among all n-grams is asked for.",
        ),
    ),
    hints=(
        "How many n-grams has the text, and how many different ones? The difference was said again.",
        "An n-gram begins at each of the places 0 to len(tokens) − n. As tuples they fit into a `set`.",
        "`ngrams = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]`, `1 - len(set(ngrams)) /"
        " len(ngrams)`,"
        " and 0 if there are none.",
    ),
)


# ---------------------------------------------------------------------------------------------- one step of a beam


def _extend_cases(rng: np.random.Generator) -> list[Case]:
    def case(beams: int, symbols: int, k: int, about: str, dtype: torch.dtype = torch.float64) -> Case:
        inputs = {
            "log_probs": torch.log_softmax(normal(rng, beams, symbols).to(dtype), dim=1),
            "totals": -2 * normal(rng, beams).abs().to(dtype) - 0.1,
            "k": k,
        }
        return Case(inputs, about, {"beams": beams, "symbols": symbols, "k": k})

    half = torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]], dtype=torch.float64).log()
    tied = Case({"log_probs": half, "totals": torch.tensor([-1.0, -1.0], dtype=torch.float64), "k": 5}, "equal sums")
    gone = case(2, 5, 8, "some tokens cannot come")
    gone.inputs["log_probs"][0, 1:4] = -INFINITY
    gone.inputs["log_probs"][1, 0] = -INFINITY
    late = case(3, 4, 5, "long texts: sums far below 0")
    late.inputs["totals"][:] -= 20_000
    never = case(3, 4, 9, "a text that cannot come at all")
    never.inputs["totals"][1] = -INFINITY
    close = case(2, 4, 5, "sums that differ in the eighth decimal place")
    steps = torch.tensor(rng.permutation([3, 0, 6, 1, 4, 7, 2, 5]), dtype=torch.float64).view(2, 4)
    close.inputs["log_probs"][:] = -1.5 - 1e-8 * steps
    close.inputs["totals"][:] = -2.5
    strong = case(3, 7, 4, "one text far ahead of the others")
    strong.inputs["totals"][1:] -= 30
    return [
        case(2, 3, 2, "two texts, three symbols"),
        case(1, 6, 3, "the first step: one text"),
        case(4, 7, 3, "four texts", torch.float32),
        strong,
        tied,
        gone,
        never,
        close,
        case(1, 3, 7, "k larger than all candidates"),
        late,
        case(5, 4, 1, "k = 1"),
        case(3, 1, 2, "a single symbol"),
    ]


def _extended(
    sums: Callable[[Tensor, Tensor], Tensor] = lambda logs, totals: totals[:, None] + logs,
    divide_by: int = 1,
    possible: bool = True,
    largest: bool = True,
    finish: Callable[..., Any] = lambda rows, tokens, sums, logs, totals: (rows, tokens, sums),
    columns: bool = False,
) -> Callable[..., Any]:
    """A variant. `divide_by` is the dimension whose size takes places apart; `columns` flattens column by column."""

    def answer(log_probs: Tensor, totals: Tensor, k: int) -> Any:
        table = sums(log_probs, totals)
        flat = table.T.flatten() if columns else table.flatten()
        found, places = flat.sort(descending=largest, stable=True)
        if possible:
            places, found = places[found > -INFINITY], found[found > -INFINITY]
        places, found = places[:k], found[:k]
        if columns:
            rows, tokens = places % len(totals), places // len(totals)
        else:
            size = log_probs.shape[divide_by]
            rows, tokens = places // size, places % size
        return finish(rows, tokens, found, log_probs, totals)

    return answer


def _each_its_best(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    best, tokens = (totals[:, None] + log_probs).max(dim=1)
    order = best.argsort(descending=True, stable=True)[:k]
    return order, tokens[order], best[order]


def _topk(capped: bool, possible: bool = False) -> Callable[..., Any]:
    """By `topk`, which breaks ties as it likes and fails where there are fewer than k."""

    def answer(log_probs: Tensor, totals: Tensor, k: int) -> Any:
        flat = (totals[:, None] + log_probs).flatten()
        sums, places = flat.topk(min(k, len(flat)) if capped else k)
        if possible:
            places, sums = places[sums > -INFINITY], sums[sums > -INFINITY]
        return places // log_probs.shape[1], places % log_probs.shape[1], sums

    return answer


def _extended_possible(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    """−∞ is looked for in what is new alone."""
    sums, places = (totals[:, None] + log_probs).flatten().sort(descending=True, stable=True)
    possible = log_probs.flatten()[places] > -INFINITY
    places, sums = places[possible][:k], sums[possible][:k]
    return places // log_probs.shape[1], places % log_probs.shape[1], sums


def _cut(kept: Callable[[int, Tensor], int]) -> Callable[..., Any]:
    """A variant that keeps another number of candidates."""
    return lambda log_probs, totals, k: _extended()(log_probs, totals, kept(k, log_probs))


def _extended_squeezed(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    return tuple(part.squeeze() for part in _extended()(log_probs, totals, k))


def _best_text_only(log_probs: Tensor, totals: Tensor, k: int) -> Any:
    row = int(totals.argmax())
    sums = totals[row] + log_probs[row]
    sums, tokens = sums.sort(descending=True, stable=True)
    kept = (sums > -INFINITY).nonzero()[:, 0][:k]
    return torch.full_like(tokens[kept], row), tokens[kept], sums[kept]


EXTEND_BEAM = Exercise(
    id="sampling.extend_beam",
    lesson="14",
    title="One step of beam search",
    reference=sampling.extend_beam,
    cases=_extend_cases,
    judge=judge_tensors("rows", "tokens", "totals"),
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "past_ignored",
            _extended(sums=lambda logs, totals: logs),
            "You compare the new tokens alone, as if all texts were equally likely so far. What counts is the whole"
            " text: its sum so far plus the new log-probability.",
        ),
        Misconception(
            "multiplied",
            _extended(sums=lambda logs, totals: totals[:, None] * logs),
            "You multiply. Probabilities are multiplied; their logarithms are added.",
        ),
        Misconception(
            "increments_returned",
            _extended(finish=lambda rows, tokens, sums, logs, totals: (rows, tokens, logs[rows, tokens])),
            "The right candidates, but the third part is the log-probability of the new token alone. The new sum is"
            " asked for.",
        ),
        Misconception(
            "old_totals_returned",
            _extended(finish=lambda rows, tokens, sums, logs, totals: (rows, tokens, totals[rows])),
            "The right candidates, but the third part is the sum of the old text: the new token is not in it yet.",
        ),
        Misconception(
            "probabilities_returned",
            _extended(finish=lambda rows, tokens, sums, logs, totals: (rows, tokens, sums.exp())),
            "The third part has probabilities. They become 0 in any float after some hundred tokens: stay in the"
            " logarithms.",
        ),
        Misconception(
            "each_text_its_best",
            _each_its_best,
            "Each text goes on with its best token only. A likely text may deserve several places, and another none:"
            " all candidates compete with each other.",
        ),
        Misconception(
            "best_text_only",
            _best_text_only,
            "All your candidates go on from the best text. The others have candidates, too.",
        ),
        Misconception(
            "rows_and_tokens_exchanged",
            _extended(finish=lambda rows, tokens, sums, logs, totals: (tokens, rows, sums)),
            "Rows and tokens are exchanged: first from which text, then with which token.",
        ),
        Misconception(
            "divided_by_beams",
            _extended(divide_by=0),
            "The right sums, but the places are taken apart with the number of texts. Row after row, a row is as long"
            " as there are symbols.",
        ),
        Misconception(
            "unlikely_first",
            _extended(largest=False),
            "You keep the least likely candidates. Log-probabilities are negative, and the largest is the one nearest"
            " to 0.",
        ),
        Misconception(
            "impossible_kept",
            _extended(possible=False),
            "Candidates with a sum of −∞ stay in the beam: they cannot come at all, whatever follows. There may be"
            " fewer than k.",
        ),
        Misconception(
            "too_few_candidates",
            _topk(capped=False),
            "Where there are fewer than k candidates, `topk` fails; and it keeps those with a sum of −∞. Take as many"
            " as are possible.",
        ),
        Misconception(
            "topk_of_what_there_is",
            _topk(capped=True),
            "`topk` promises no order among equals, and it keeps candidates with a sum of −∞. Use a stable sort, and"
            " leave out what cannot come.",
        ),
        Misconception(
            "order_of_equals",
            _topk(capped=True, possible=True),
            "All is right but the order of equal sums: `topk` promises none. Among equals the lower row comes first,"
            " then the lower token: a stable sort keeps that order.",
        ),
        Misconception(
            "one_fewer",
            _extended(finish=lambda rows, tokens, sums, logs, totals: (rows[:-1], tokens[:-1], sums[:-1])),
            "The last of the candidates is missing: k are to stay.",
        ),
        Misconception(
            "ties_by_token",
            _extended(columns=True),
            "Of equally likely candidates you take the one with the lower token first. The contract looks at the row"
            " first, then at the token.",
        ),
        Misconception(
            "mean",
            _extended(sums=lambda logs, totals: (totals[:, None] + logs) / 2),
            "Your third part is half of what it should be: a mean where a sum is asked for.",
        ),
        Misconception(
            "in_float32",
            _extended(
                sums=lambda logs, totals: (totals[:, None] + logs).float(),
                finish=lambda rows, tokens, sums, logs, totals: (rows, tokens, totals[rows] + logs[rows, tokens]),
            ),
            "You compare in float32, where sums that differ in the eighth decimal place are equal. Keep the type of"
            " the inputs, float64.",
        ),
        Misconception(
            "impossible_texts_kept",
            _extended_possible,
            "You leave out the tokens that cannot come. But a text may itself be impossible, with a total of −∞: look"
            " at the sums, not at the log-probabilities.",
        ),
        Misconception(
            "impossible_replaced",
            _extended(sums=lambda logs, totals: totals[:, None] + logs.clamp(min=-1e6)),
            "−∞ is replaced by a large negative number, so candidates that cannot come stay in the beam.",
        ),
        Misconception(
            "k_for_each_text",
            _cut(lambda k, log_probs: k * len(log_probs)),
            "You keep k times as many candidates as there are texts. k is how many stay in all.",
        ),
        Misconception(
            "at_most_the_symbols",
            _cut(lambda k, log_probs: min(k, log_probs.shape[1])),
            "You never keep more candidates than there are symbols. Each text has that many: there may be more in all.",
        ),
        Misconception(
            "at_most_the_texts",
            _cut(lambda k, log_probs: min(k, len(log_probs))),
            "You never keep more candidates than there are texts. At the first step there is one text, and the beam"
            " has to grow.",
        ),
        Misconception(
            "squeezed",
            _extended_squeezed,
            "`squeeze()` makes a single number of a vector of length 1. The three parts stay vectors, for k = 1, too.",
        ),
    ),
    hints=(
        "Make the table of all sums, one row a text and one column a token. Then only its k largest entries matter.",
        "`totals[:, None] + log_probs` is the table. Flatten it and sort it with `stable=True`: row and token of a"
        " place are its quotient and its remainder by the number of symbols.",
        "`sums, places = (totals[:, None] + log_probs).flatten().sort(descending=True, stable=True)`; leave out those"
        " that are −∞, take `[:k]`, return `places // symbols, places % symbols, sums`.",
    ),
)

# ---------------------------------------------------------------------------------------------------- beam search


class _Language:
    """A little language: what comes next depends on the number of tokens so far and on the last one.

    Args:
        tables: (limit, symbols + 1, symbols) log-probabilities; row −1 of each is for the empty text.
    """

    def __init__(self, tables: Tensor) -> None:
        self.tables = tables
        self.asked = -1

    def __call__(self, texts: Sequence[tuple[int, ...]]) -> Tensor:
        if isinstance(texts, Tensor) or not all(isinstance(text, tuple) for text in texts):
            raise Told("`step` wants a list of tuples of tokens, one for each text in the beam.")
        if len({len(text) for text in texts}) != 1:
            raise Told(f"`step` wants texts of one length, at least one of them; it was asked for {list(texts)!r:.80}.")
        length = len(texts[0])
        self.asked += 1
        if length != self.asked:
            raise Told(
                f"Call number {self.asked + 1} of `step` should be about texts of {self.asked} tokens, and was about"
                f" {tuple(texts[0])!r:.40}. Ask once a turn, about all texts of the beam, with all their tokens."
            )
        if length >= len(self.tables):
            raise Told(f"`step` was asked for token number {length + 1}, and the limit is {len(self.tables)}.")
        return torch.stack([self.tables[length, text[-1] if text else -1] for text in texts])

    def __repr__(self) -> str:
        return f"a language of {self.tables.shape[2]} symbols"


def _language(rng: np.random.Generator, limit: int, symbols: int, std: float = 1.5) -> _Language:
    return _Language(torch.log_softmax(normal(rng, limit, symbols + 1, symbols, std=std).double(), dim=-1))


def _crossroads() -> _Language:
    """Greedy takes 0.5 · 0.4 · 0.4; the better way begins with 0.4 and goes on with 0.9 · 0.9."""
    near, far = [0.2, 0.4, 0.4], [0.05, 0.05, 0.9]
    first = [[0.1, 0.5, 0.4]] * 4
    second = [near, near, far, near]
    return _Language(torch.tensor([first, second, second], dtype=torch.float64).log())


def _short_or_long() -> _Language:
    """To end at once is likelier than any longer text, though each token of the longer one is likelier."""
    first = [[0.35, 0.6, 0.05]] * 4
    later = [[0.2, 0.75, 0.05]] * 4
    last = [[0.9, 0.05, 0.05]] * 4
    return _Language(torch.tensor([first, later, later, last], dtype=torch.float64).log())


def _level() -> _Language:
    """Texts that end at different times, and texts that never end, have equal probabilities."""
    first = [[0.25, 0.25, 0.5]] * 4
    later = [[0.5, 0.25, 0.25]] * 4
    return _Language(torch.tensor([first, later, later], dtype=torch.float64).log())


def _dead_end() -> _Language:
    """The likeliest beginning cannot go on, and no token can be its end."""
    first = [[0.5, 0.3, 0.2]] * 4
    later = [[0.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.0, 0.0, 0.0]]
    return _Language(torch.tensor([first, later, later], dtype=torch.float64).log())


def _nearly_level() -> _Language:
    """Two texts whose sums differ in the ninth decimal place, one after each step; float32 sees it only once."""
    first = [[-0.7, -0.7 - 3e-9]] * 3
    second = [[-1.0, -3.0], [-1.0 + 1e-9, -3.0], [-1.0, -3.0]]
    return _Language(torch.tensor([first, second], dtype=torch.float64))


def _beam_cases(rng: np.random.Generator) -> list[Case]:
    def case(step: _Language, k: int, about: str, **more: Any) -> Case:
        limit, _, symbols = step.tables.shape
        inputs = {"step": step, "k": k, "limit": limit, "end": None, "alpha": 0.0} | more
        return Case(inputs, about, {"k": k, "limit": limit, "symbols": symbols})

    sure = _language(rng, 5, 3)
    sure.tables[:, :, 1:] = -INFINITY
    sure.tables[:, :, 0] = 0.0
    plain = case(_language(rng, 4, 6), 3, "no end token, the defaults")
    short = {name: plain.inputs[name] for name in ("step", "k", "limit")}
    return [
        case(_crossroads(), 2, "the second-best beginning goes on best"),
        case(_crossroads(), 1, "k = 1: greedy"),
        Case(short, plain.about, plain.sizes),
        case(_short_or_long(), 4, "short texts can win", end=0),
        case(_short_or_long(), 4, "length normalised", end=0, alpha=1.0),
        case(_level(), 6, "equal scores: those that ended earlier come first", end=0),
        case(_level(), 5, "equal scores: those that ended earlier come first", end=1),
        case(_language(rng, 6, 4), 3, "texts end at different lengths", end=2, alpha=0.6),
        case(_language(rng, 5, 7), 4, "texts end at different lengths", end=6),
        case(_language(rng, 3, 4), 70, "wider than everything: exhaustive", end=1, alpha=0.7),
        case(_language(rng, 3, 2), 5, "a beam wider than the vocabulary"),
        case(_language(rng, 1, 5), 3, "a limit of one token", end=4, alpha=1.0),
        case(sure, 3, "one possible text", end=0),
        case(_nearly_level(), 3, "two sums differ in the ninth decimal place"),
        case(_dead_end(), 3, "nothing can follow token 0"),
        Case({"step": _language(rng, 2, 3), "k": 0, "limit": 2}, "k = 0", extra={"error": "0"}),
        Case({"step": _language(rng, 2, 3), "k": 2, "limit": -3}, "a limit below 1", extra={"error": "-3"}),
    ]


def _run_beam(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """What was found, as a list of (tokens, log-probability, score)."""
    found = answer(*inputs.values())
    if not isinstance(found, (list, tuple)):
        return found
    plain = []
    for hypothesis in found:
        if not isinstance(hypothesis, tuple) or len(hypothesis) != 3:
            return list(found)
        if getattr(hypothesis, "_fields", ()) != Hypothesis._fields:
            raise Told("Each text is a `Hypothesis(tokens, log_prob, score)`; yours is a tuple without these names.")
        for name, value in zip(Hypothesis._fields[1:], hypothesis[1:]):
            if isinstance(value, bool) or not isinstance(value, (float, int)):
                raise Told(f"`{name}` of a `Hypothesis` is a float, not {kind(value)}.")
        tokens = hypothesis[0]
        if not isinstance(tokens, tuple):
            raise Told(f"`tokens` of a `Hypothesis` is a tuple, which can be a key of a dict, not {kind(tokens)}.")
        if not all(isinstance(token, (int, np.integer)) for token in tokens):
            raise Told(f"`tokens` of a `Hypothesis` is a tuple of whole numbers, not of things like {tokens[0]!r:.40}.")
        plain.append((tuple(int(t) for t in tokens), float(hypothesis[1]), float(hypothesis[2])))
    return plain


def _judge_beam(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if (
        isinstance(expected, str)
        or not isinstance(output, list)
        or not all(isinstance(h, tuple) and len(h) == 3 for h in output)
    ):
        return compare(expected, output)
    if len(output) != len(expected):
        return Mismatch(f"Expected {len(expected)} text(s), got {len(output)}: {[h[0] for h in output]!r:.120}.")
    for number, (right, got) in enumerate(zip(expected, output)):
        if tuple(right[0]) != tuple(got[0]):
            return Mismatch(
                f"Text number {number} should be {right[0]} (log-probability {right[1]:.3f}, score {right[2]:.3f}), and"
                f" is {got[0]} (log-probability {got[1]:.3f}, score {got[2]:.3f})."
            )
        for name, a, b in zip(("log-probability", "score"), right[1:], got[1:]):
            if not (abs(a - b) < 1e-5 * (1 + abs(a)) or a == b):
                return Mismatch(f"The {name} of the text {right[0]} should be {a:.4f}, and is {b:.4f}.")
    return None


def _whole_texts(beam: list[Hypothesis]) -> list[tuple[int, ...]]:
    return [h.tokens for h in beam]


def _search(
    width: Callable[[int, int], int] = lambda k, finished: k - finished,
    score: Callable[[float, int, float], float] = lambda total, length, alpha: total / length**alpha,
    ends: bool = True,
    first_end_stops: bool = False,
    keep_unfinished: bool = True,
    order: Callable[[list[Hypothesis]], list[Hypothesis]] = lambda found: sorted(found, key=lambda h: -h.score),
    extend: Callable[..., Any] = sampling.extend_beam,
    add_up: bool = True,
    steps: int = 0,
    return_: Callable[[list[Hypothesis]], Any] = lambda found: found,
    keep_finished: bool = True,
    cut: bool = False,
    dead_ends: bool = False,
    end_counts: bool = True,
    end_zero: bool = True,
    end_stays: bool = False,
    end_stripped: bool = False,
    finished_apart: bool = False,
    sums: torch.dtype = torch.float64,
    overtaken_stops: bool = False,
    texts: Callable[[list[Hypothesis]], Any] = _whole_texts,
) -> Callable[..., Any]:
    """A variant of the search."""

    def answer(step: Any, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> Any:
        if k < 1 or limit < 1:
            raise ValueError(f"not {k}, {limit}")
        beam, finished, lost = [Hypothesis((), 0.0, 0.0)], list[Hypothesis](), list[Hypothesis]()
        while beam and len(beam[0].tokens) < limit + steps:
            totals = torch.tensor([h.log_prob if add_up else 0.0 for h in beam], dtype=sums)
            room = width(k, len(finished))
            grown = []
            log_probs = step(texts(beam))
            if dead_ends:
                stuck = (log_probs == -INFINITY).all(dim=1).tolist()
                lost += [h for h, over in zip(beam, stuck) if over and h.tokens]
            for row, token, total in zip(*(part.tolist() for part in extend(log_probs, totals, room))):
                tokens = (*beam[row].tokens, token)
                length = len(tokens) - (not end_counts and token == end and len(tokens) > 1)
                grown.append(Hypothesis(tokens, total, score(total, length, alpha)))
            ended = [ends and (end_zero or bool(end)) and h.tokens[-1] == end for h in grown]
            finished += [h for h, over in zip(grown, ended) if over]
            beam = [h for h, over in zip(grown, ended) if end_stays or not over]
            if first_end_stops and finished:
                break
            if overtaken_stops and finished and beam:
                if max(h.log_prob for h in finished) >= max(h.log_prob for h in beam):
                    break
        if end_stripped:
            finished = [h._replace(tokens=h.tokens[:-1]) for h in finished]
        found = (finished if keep_finished else []) + lost + (beam if keep_unfinished or not finished else [])
        if finished_apart:
            return return_(order(finished) + order(beam))
        return return_(order(found)[: k if cut else None])

    return answer


def _without_end(total: float, length: int, alpha: float) -> float:
    return total / max(length - 1, 1) ** alpha


BEAM_SEARCH = Exercise(
    id="sampling.beam_search",
    lesson="14",
    title="Beam search",
    reference=sampling.beam_search,
    cases=_beam_cases,
    run=or_error(_run_beam),
    judge=_judge_beam,
    points=4,
    minutes=25,
    difficulty=3,
    misconceptions=(
        Misconception(
            "always_greedy",
            _search(width=lambda k, finished: 1 - finished),
            "You follow a single text whatever k is: that is greedy.",
        ),
        Misconception(
            "past_forgotten",
            _search(add_up=False),
            "A text's sum is forgotten at every step: only the last token decides. Hand the sums so far to"
            " `extend_beam`.",
        ),
        Misconception(
            "end_ignored",
            _search(ends=False),
            "Your texts go on after the token `end`. A text that ends with it is finished and leaves the beam.",
        ),
        Misconception(
            "places_given_again",
            _search(width=lambda k, finished: k),
            "You find more than k texts: the place of a finished text is given to another one. It stays empty: there"
            " are k places for finished and unfinished together.",
        ),
        Misconception(
            "first_end_stops",
            _search(first_end_stops=True),
            "You stop as soon as one text is finished. The others may still become better: go on until the beam is"
            " empty or the limit is reached.",
        ),
        Misconception(
            "unfinished_lost",
            _search(keep_unfinished=False),
            "Texts that had not ended at the limit are missing. They are returned, too, with their scores.",
        ),
        Misconception(
            "length_ignored",
            _search(score=lambda total, length, alpha: total),
            "Your scores are the log-probabilities, whatever alpha is. Divide by length ** alpha.",
        ),
        Misconception(
            "length_multiplied",
            _search(score=lambda total, length, alpha: total * length**alpha),
            "You multiply by length ** alpha. Log-probabilities are negative: that makes long texts worse still.",
        ),
        Misconception(
            "length_times_alpha",
            _search(score=lambda total, length, alpha: total / (length * alpha) if alpha else total),
            "You divide by length · alpha. alpha is an exponent: length ** alpha.",
        ),
        Misconception(
            "end_not_counted",
            _search(score=_without_end),
            "Your lengths are short by one: the token `end` counts like any other.",
        ),
        Misconception(
            "end_of_the_finished_not_counted",
            _search(end_counts=False),
            "The lengths of finished texts are short by one: the token `end` counts like any other.",
        ),
        Misconception(
            "dead_ends_returned",
            _search(dead_ends=True),
            "You return texts that nothing can follow and that ended neither with `end` nor at the limit. Such a text"
            " is lost: it leaves the beam, and is no result.",
        ),
        Misconception(
            "googles_power",
            _search(score=lambda total, length, alpha: total / ((5 + length) / 6) ** alpha),
            "You divide by ((5 + length) / 6) ** alpha, as Wu et al. did. Here it is length ** alpha.",
        ),
        Misconception(
            "always_the_mean",
            _search(score=lambda total, length, alpha: total / length),
            "You divide by the length, whatever alpha is. With alpha = 0 the score is the log-probability itself.",
        ),
        Misconception(
            "only_the_best",
            _search(return_=lambda found: found[:1]),
            "You return the best text alone, in a list. All that were found are asked for, at most k.",
        ),
        Misconception(
            "bare_best",
            _search(return_=lambda found: found[0]),
            "You return the best text alone. A list of all that were found is asked for, the highest score first.",
        ),
        Misconception(
            "worst_first",
            _search(order=lambda found: sorted(found, key=lambda h: h.score)),
            "The worst text comes first. Scores are negative, and the highest is the one nearest to 0.",
        ),
        Misconception(
            "turned_round",
            _search(order=lambda found: sorted(found, key=lambda h: -h.score)[::-1]),
            "Your list is turned round: the worst text comes first. Scores are negative, and the highest is the one"
            " nearest to 0.",
        ),
        Misconception(
            "not_sorted",
            _search(order=lambda found: found),
            "Your texts stand in the order in which they were finished. The highest score comes first.",
        ),
        Misconception(
            "sorted_by_probability",
            _search(order=lambda found: sorted(found, key=lambda h: -h.log_prob)),
            "The scores are right, but the order is that of the log-probabilities. The highest score comes first: that"
            " is what the length was taken out for.",
        ),
        Misconception(
            "unfinished_first",
            _search(order=lambda found: sorted(found, key=lambda h: h.score)[::-1]),
            "Among equal scores your order is turned round: those that finished earlier come first, unfinished ones"
            " last.",
        ),
        Misconception(
            "equals_by_tokens",
            _search(order=lambda found: sorted(found, key=lambda h: (-h.score, h.tokens))),
            "Equal scores are ordered by their tokens with you. Those that finished earlier come first, unfinished ones"
            " last.",
        ),
        Misconception(
            "places_given_again_then_cut",
            _search(width=lambda k, finished: k, cut=True),
            "Finished texts give their places away with you, and at the end k are chosen of all. Here a place stays"
            " empty: what is found differs.",
        ),
        Misconception(
            "finished_lost",
            _search(order=lambda found: sorted(found, key=lambda h: -h.score), keep_finished=False),
            "The texts that ended with `end` are missing. They leave the beam, not the result.",
        ),
        Misconception(
            "one_step_short",
            _search(steps=-1),
            "Your texts end one token before the limit.",
        ),
        Misconception(
            "newest_tokens_only",
            _search(texts=lambda beam: [tokens[-1:] for tokens in _whole_texts(beam)]),
            "You give `step` the newest token of each text. The toy language needs no more, but a model reads the"
            " whole text: give it all tokens.",
        ),
        Misconception(
            "overtaken_stops",
            _search(overtaken_stops=True),
            "You stop when the best finished text is at least as likely as everything in the beam. That finds the"
            " likeliest, but the other texts of the list are still missing, and with alpha above 0 a longer one may"
            " win. Go on until the beam is empty or the limit is reached.",
        ),
        Misconception(
            "finished_first",
            _search(
                order=lambda found: sorted(found, key=lambda h: -h.score),
                finished_apart=True,
            ),
            "All finished texts stand before all unfinished ones with you. The score decides; only among equal scores"
            " the unfinished come last.",
        ),
        Misconception(
            "end_zero_ignored",
            _search(end_zero=False),
            "All is right but for `end=0`: `if end` is false there. Ask whether it is None.",
        ),
        Misconception(
            "end_stays",
            _search(end_stays=True),
            "Texts that ended with `end` stay in the beam as well and go on. They leave it.",
        ),
        Misconception(
            "end_stripped",
            _search(end_stripped=True),
            "The token `end` is missing in the finished texts. It belongs to them, as their last token.",
        ),
        Misconception(
            "one_longer",
            _search(score=lambda total, length, alpha: total / (length + 1) ** alpha),
            "Your lengths are larger by one than the number of tokens.",
        ),
        Misconception(
            "probability_as_score",
            _search(score=lambda total, length, alpha: math.exp(total) / length**alpha),
            "Your score begins with the probability. It is the *log*-probability, divided by length ** alpha.",
        ),
        Misconception(
            "sums_in_float32",
            _search(sums=torch.float32),
            "All is right but the digits: your sums so far are float32, and so texts whose sums differ in the ninth"
            " decimal place change their order. `torch.tensor(..., dtype=torch.float64)` keeps them.",
        ),
    ),
    hints=(
        "Keep two lists: the beam (unfinished texts, all of one length) and the finished ones. One turn of the loop"
        " adds one token to everything in the beam.",
        "In a turn: ask `step` about the tokens of the beam, give `extend_beam` the sums so far and k − len(finished)"
        " places, make a `Hypothesis` of each row, token and sum it returns, and sort them by whether the last token is"
        " `end`.",
        "`while beam and len(beam[0].tokens) < limit:` … `tokens = (*beam[row].tokens, token)`, `Hypothesis(tokens,"
        " total, total / len(tokens) ** alpha)` … at last `sorted(finished + beam, key=lambda h: -h.score)`.",
    ),
)

# ----------------------------------------------------------------------------------------------------------- GPT


def _gpt_case(rng: np.random.Generator, about: str, batch: int, length: int, wide: bool = False, **sizes: int) -> Case:
    inputs: dict[str, Any] = dict(sizes) | {"ids": integers(rng, sizes["symbols"], batch, length)}
    model = gpt.GPT(sizes["symbols"], sizes["d_model"], sizes["heads"], sizes["layers"], sizes["block"])
    state = {name: weight.double() if wide else weight for name, weight in random_state(rng, model).items()}
    return Case(inputs, about, {"batch": batch, "length": length, **sizes}, {"state": state})


def _gpt_cases(rng: np.random.Generator) -> list[Case]:
    too_long = _gpt_case(
        rng, "longer than the table of positions", 1, 6, symbols=4, d_model=6, heads=2, layers=1, block=5
    )
    asked = _gpt_case(rng, "another class for the attention", 2, 5, symbols=6, d_model=8, heads=4, layers=2, block=7)
    return [
        _gpt_case(rng, "two layers, one text", 1, 5, symbols=7, d_model=8, heads=2, layers=2, block=9),
        _gpt_case(rng, "one layer", 2, 3, symbols=5, d_model=8, heads=2, layers=1, block=7),
        _gpt_case(rng, "a single token", 1, 1, symbols=7, d_model=6, heads=3, layers=2, block=5),
        _gpt_case(rng, "two layers", 3, 5, symbols=9, d_model=12, heads=4, layers=2, block=10),
        _gpt_case(rng, "a full table of positions", 2, 6, symbols=4, d_model=10, heads=5, layers=3, block=6),
        _gpt_case(rng, "float64", 2, 4, wide=True, symbols=6, d_model=9, heads=3, layers=1, block=8),
        _gpt_case(rng, "no layers at all", 3, 4, symbols=5, d_model=8, heads=2, layers=0, block=9),
        Case(asked.inputs, asked.about, asked.sizes, {**asked.extra, "attention": True}),
        Case(too_long.inputs, too_long.about, too_long.sizes, {**too_long.extra, "error": ("6", "5")}),
    ]


def _run_gpt(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    fused = "attention" in case.extra
    sizes = [inputs[name] for name in ("symbols", "d_model", "heads", "layers", "block")]
    made = answer(*sizes, FusedAttention) if fused else answer(*sizes)
    if fused and isinstance(made, nn.Module):
        parts = sum(isinstance(part, FusedAttention) for part in made.modules())
        if parts != inputs["layers"]:
            raise Told(
                f"The class given as `attention` is used {parts} times in a model of {inputs['layers']} layers: hand it"
                " on to each layer."
            )
    if isinstance(made, nn.Module) and isinstance(getattr(made, "layers", None), list):
        raise Told(
            "`layers` is a plain list, so PyTorch does not see the layers in it. Put them in an `nn.ModuleList`."
        )
    return run_module(made, inputs, case, lambda model, given: model(given["ids"]), {"ids": inputs["ids"] * 0})


def _layer(
    d_model: int, heads: int, attention: Any, *, wide: int = 4, norm_first: bool = True, activation: Any = "gelu"
) -> EncoderLayer:
    return EncoderLayer(
        d_model, heads, wide * d_model, norm_first=norm_first, activation=activation, attention=attention
    )


class _GPT(nn.Module):
    """A GPT in steps, for wrong models to change one of them."""

    def __init__(
        self, symbols: int, d_model: int, heads: int, layers: int, block: int, attention: Any = MultiHeadAttention
    ) -> None:
        super().__init__()
        self.block = block
        self.embedding = nn.Embedding(symbols, d_model)
        self.positions = nn.Embedding(block, d_model)
        self.layers = nn.ModuleList(self.layer(d_model, heads, attention) for _ in range(layers))
        self.norm = LayerNorm(d_model)
        self.output = self.last(d_model, symbols)

    def layer(self, d_model: int, heads: int, attention: Any) -> nn.Module:
        return _layer(d_model, heads, attention)

    def last(self, d_model: int, symbols: int) -> nn.Linear:
        return nn.Linear(d_model, symbols, bias=False)

    def read(self, ids: Tensor) -> Any:
        return self.embedding(ids) + self.positions.weight[: ids.shape[1]]

    def mask(self, length: int) -> Tensor | None:
        return causal_mask(length)

    def order(self) -> Any:
        return self.layers

    def step(self, number: int, layer: nn.Module, x: Tensor, mask: Tensor | None) -> Any:
        return layer(x, mask)[0]

    def through(self, x: Tensor, mask: Tensor | None) -> Any:
        for number, layer in enumerate(self.order()):
            x = self.step(number, layer, x, mask)
        return x

    def finish(self, x: Tensor) -> Any:
        return self.output(self.norm(x))

    def forward(self, ids: Tensor) -> Any:
        if ids.shape[1] > self.block:
            raise ValueError(f"{ids.shape[1]} {self.block}")
        return self.finish(self.through(self.read(ids), self.mask(ids.shape[1])))


GPT = Exercise(
    id="gpt.gpt",
    lesson="14",
    title="A GPT",
    reference=gpt.GPT,
    cases=_gpt_cases,
    run=_run_gpt,
    judge=judge_tensors("logits", floor=1e-5),
    points=3,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "no_mask",
            changed(_GPT, mask=lambda self, length: None),
            "Every token sees the future: the layers get no mask. Such a model would have a wonderful loss and could"
            " write nothing.",
        ),
        Misconception(
            "mask_turned",
            changed(_GPT, mask=lambda self, length: causal_mask(length).T),
            "Your mask is turned round: each token sees itself and the future, and not the past. Rows ask, columns are"
            " looked at.",
        ),
        Misconception(
            "mask_means_the_opposite",
            changed(_GPT, mask=lambda self, length: ~causal_mask(length)),
            'Your mask is negated. In this course True means "may look".',
        ),
        Misconception(
            "not_itself",
            changed(_GPT, mask=lambda self, length: causal_mask(length).tril(-1)),
            "With your mask a token does not see itself, and the first one sees nothing. It may look at j ≤ i.",
        ),
        Misconception(
            "post_norm",
            changed(_GPT, layer=lambda self, *sizes: _layer(*sizes, norm_first=False)),
            "Your layers normalise after the sum, as in the first Transformer. GPT-2 normalises before each sublayer:"
            " `norm_first`.",
        ),
        Misconception(
            "relu",
            changed(_GPT, layer=lambda self, *sizes: _layer(*sizes, activation="relu")),
            "Your layers bend with ReLU. GPT has the GELU.",
        ),
        Misconception(
            "output_bias",
            changed(_GPT, last=lambda self, d_model, symbols: nn.Linear(d_model, symbols)),
            "Your output layer has a bias; here it has none.",
        ),
        Misconception(
            "narrow",
            changed(_GPT, layer=lambda self, *sizes: _layer(*sizes, wide=1)),
            "The feed-forward nets should be 4 · d_model wide inside.",
        ),
        Misconception(
            "no_positions",
            changed(_GPT, read=lambda self, ids: self.embedding(ids) + 0 * self.positions.weight.sum()),
            "The positions are never added. Only the mask tells your model about order, and not enough.",
        ),
        Misconception(
            "one_position",
            changed(_GPT, read=lambda self, ids: self.embedding(ids) + self.positions.weight[0]),
            "Every token gets the same row of the positions. Token t needs row t.",
        ),
        Misconception(
            "positions_by_row",
            changed(
                _GPT,
                read=lambda self, ids: (
                    self.embedding(ids) + self.positions(torch.arange(len(ids))[:, None] % self.block)
                ),
            ),
            "Each text of the batch gets one row of the positions, the same for all its tokens: batch and length are"
            " mixed up.",
        ),
        Misconception(
            "positions_from_the_end",
            changed(_GPT, read=lambda self, ids: self.embedding(ids) + self.positions.weight[-ids.shape[1] :]),
            "You take the last rows of the positions. Place 0 has row 0, however long the text is.",
        ),
        Misconception(
            "positions_of_tokens",
            changed(_GPT, read=lambda self, ids: self.embedding(ids) + self.positions(ids % self.block)),
            "You look up the positions with the tokens' numbers. What counts is where a token stands, not which it is.",
        ),
        Misconception(
            "no_last_norm",
            changed(_GPT, finish=lambda self, x: self.output(x) + 0 * (self.norm.weight.sum() + self.norm.bias.sum())),
            "The norm after the last layer is missing. With the norms in front, nothing else bounds the sum that"
            " reaches the output.",
        ),
        Misconception(
            "first_layer_again",
            changed(_GPT, order=lambda self: [*self.layers][:1] * len(self.layers)),
            "The first layer is applied again and again, and the others never.",
        ),
        Misconception(
            "side_by_side",
            changed(_GPT, through=lambda self, x, mask: [x, *(layer(x, mask)[0] for layer in self.layers)][-1]),
            "Each layer reads the embeddings, and only the last one's output counts. A layer reads what the one before"
            " it wrote.",
        ),
        Misconception(
            "backwards",
            changed(_GPT, order=lambda self: reversed(self.layers)),
            "Your layers are applied in the wrong order, the last one first.",
        ),
        Misconception(
            "mask_in_the_first_layer_only",
            changed(_GPT, step=lambda self, number, layer, x, mask: layer(x, None if number else mask)[0]),
            "The mask is missing in the layers above the first: each layer needs it, else the future comes in there.",
        ),
        Misconception(
            "positions_from_one",
            changed(
                _GPT, read=lambda self, ids: self.embedding(ids) + self.positions.weight.roll(-1, 0)[: ids.shape[1]]
            ),
            "Your positions begin with row 1. Place 0 has row 0.",
        ),
        Misconception(
            "norm_in_front",
            changed(
                _GPT, read=lambda self, ids: self.norm(_GPT.read(self, ids)), finish=lambda self, x: self.output(x)
            ),
            "Your norm stands before the layers. It belongs after the last one, before the output.",
        ),
        Misconception(
            "norm_after_each",
            changed(
                _GPT,
                step=lambda self, number, layer, x, mask: self.norm(layer(x, mask)[0]),
                finish=lambda self, x: self.output(x if len(self.layers) else self.norm(x)),
            ),
            "The model's norm is applied after each layer. It belongs after the last one only: each layer has norms of"
            " its own.",
        ),
        Misconception(
            "positions_in_each_layer",
            changed(
                _GPT,
                read=lambda self, ids: self.embedding(ids) if len(self.layers) else _GPT.read(self, ids),
                step=lambda self, number, layer, x, mask: layer(x + self.positions.weight[: x.shape[1]], mask)[0],
            ),
            "The positions are added again before each layer. They are added once, to the embeddings.",
        ),
        Misconception(
            "positions_multiplied",
            changed(_GPT, read=lambda self, ids: self.embedding(ids) * self.positions.weight[: ids.shape[1]]),
            "The embeddings are multiplied by the positions. The two are added.",
        ),
        Misconception(
            "one_of_the_future",
            changed(_GPT, mask=lambda self, length: torch.ones(length, length).tril(1).bool()),
            "Your mask is off by one: each token sees the next one, which it is to guess.",
        ),
        Misconception(
            "first_layer_only",
            changed(_GPT, order=lambda self: self.layers[:1]),
            "Only the first layer is applied; the others are made and never asked.",
        ),
        Misconception(
            "log_softmax",
            changed(_GPT, finish=lambda self, x: _GPT.finish(self, x).log_softmax(dim=-1)),
            "You return logarithms of probabilities. Logits are asked for: the loss has a softmax of its own.",
        ),
        Misconception(
            "softmax",
            changed(_GPT, finish=lambda self, x: _GPT.finish(self, x).softmax(dim=-1)),
            "You return probabilities. Logits are asked for: the loss and the temperature have a softmax of their own.",
        ),
        Misconception(
            "last_token_only",
            changed(_GPT, finish=lambda self, x: _GPT.finish(self, x)[:, -1]),
            "You return the logits of the last token only. While it trains, a model learns from every place.",
        ),
        Misconception(
            "embedding_as_output",
            changed(_GPT, finish=lambda self, x: self.norm(x) @ self.embedding.weight.T + 0 * self.output.weight.sum()),
            "The logits come from the embedding's table. (GPT-2 ties the two; this model has a layer `output`.)",
        ),
    ),
    hints=(
        "Six steps: tokens to vectors, positions added, the layers one after the other with one mask, the norm, the"
        " output. All parts exist.",
        "`self.positions.weight[:length]` has a row for each place and is added to every text of the batch. A layer"
        " returns a pair: the vectors and the weights.",
        "`x = self.embedding(ids) + self.positions.weight[:length]`, `for layer in self.layers: x, _ = layer(x, mask)`,"
        " `return self.output(self.norm(x))`; a layer is `EncoderLayer(d_model, heads, 4 * d_model, norm_first=True,"
        ' activation="gelu", attention=attention)`.',
    ),
)

# ----------------------------------------------------------------------------------------------- keys and values kept


def _attention_with(rng: np.random.Generator, d_model: int, heads: int, wide: bool) -> MultiHeadAttention:
    made = randomised(rng, MultiHeadAttention(d_model, heads), 0.6)
    return (made.double() if wide else made).requires_grad_(False)


def _cache_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, batch: int, old: int, new: int, heads: int, d_head: int, wide: bool = False) -> Case:
        kind = torch.float64 if wide else torch.float32
        past = tuple(normal(rng, batch, heads, old, d_head).to(kind) for _ in range(2)) if old else None
        inputs = {
            "attention": _attention_with(rng, heads * d_head, heads, wide),
            "x": normal(rng, batch, new, heads * d_head).to(kind),
            "past": past,
        }
        sizes = {"batch": batch, "old": old, "new": new, "heads": heads, "d_head": d_head, "d_model": heads * d_head}
        return Case(inputs, about, {n: s for n, s in sizes.items() if n != "d_head" or heads > 1})

    without = case("nothing was read before", 2, 0, 5, 3, 4)
    short = {name: without.inputs[name] for name in ("attention", "x")}
    return [
        case("four tokens before, one new", 3, 4, 1, 2, 5),
        case("one token before, one new", 1, 1, 1, 2, 3),
        Case(short, "nothing was read before: the default", without.sizes),
        case("several new tokens", 2, 6, 3, 4, 5),
        case("more new tokens than old ones", 3, 2, 7, 1, 6),
        case("a single token, the first", 4, 0, 1, 3, 2),
        case("float64", 2, 5, 3, 4, 7, wide=True),
    ]


def _run_cache(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """(output, keys, values), and the gradient of x; the cache that was handed in must stay as it was."""
    past = inputs.get("past")
    kept = None if past is None else [part.clone() for part in past]

    def flat(attention: Any, x: Tensor) -> Any:
        found = answer(attention, x) if past is None else answer(attention, x, past)
        if isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], (tuple, list)) and len(found[1]) == 2:
            return (found[0], *found[1])
        own = f"one tensor of shape {tuple(found.shape)}" if isinstance(found, Tensor) else kind(found)
        raise Told(f"Return two things: the output, and a pair of the keys and the values of all tokens. Yours: {own}.")

    result = values_and_gradients(flat, {"attention": inputs["attention"], "x": inputs["x"]}, case)
    if past is not None and kept is not None and any(compare(a, b.detach(), 0.0) for a, b in zip(kept, past)):
        raise Told("The cache that is handed in is changed in place: a beam that goes on twice from it would be lost.")
    return result


def _cache_variant(
    join: Callable[[Tensor, Tensor], Tensor] = lambda old, new: torch.cat([old, new], dim=2),
    mask: Callable[[int, int], Tensor | None] = lambda old, new: causal_mask(old + new)[old:],
    names: tuple[str, str, str] = ("query", "key", "value"),
    split: Callable[[Tensor, int], Tensor] = split_heads,
    recall: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = lambda keys, values: (keys, values),
    attend: Callable[..., Tensor] = lambda *given: scaled_dot_product_attention(*given)[0],
    finish: Callable[[Any, Tensor], Tensor] = lambda attention, found: attention.output(merge_heads(found)),
    present: Callable[..., Any] = lambda key, value, k, v, past: (key, value),
    give: Callable[[Tensor, Any], Any] = lambda output, present: (output, present),
) -> Callable[..., Any]:
    """Attention with a cache, with one step done otherwise; `recall` takes the past apart."""

    def answer(attention: MultiHeadAttention, x: Tensor, past: Any = None) -> Any:
        query, k, v = (split(getattr(attention, name)(x), attention.heads) for name in names)
        key, value = (k, v) if past is None else map(join, recall(*past), (k, v))
        old, new = key.shape[2] - x.shape[1], x.shape[1]
        found = attend(query, key, value, mask(old, new))
        return give(finish(attention, found), present(key, value, k, v, past))

    return answer


def _new_exchanged(attention: MultiHeadAttention, x: Tensor, past: Any = None) -> Any:
    names = ("query", "key", "value") if past is None else ("query", "value", "key")
    return _cache_variant(names=names)(attention, x, past)


def _filled_with_zero(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    scores = (query @ key.mT / math.sqrt(query.shape[-1])).masked_fill(~mask, 0.0)
    return scores.softmax(dim=-1) @ value


CACHED_ATTENTION = Exercise(
    id="gpt.cached_attention",
    lesson="14",
    title="Keep keys and values",
    reference=gpt.cached_attention,
    cases=_cache_cases,
    run=_run_cache,
    judge=judge_tensors("output", "keys", "values"),
    points=3,
    minutes=20,
    difficulty=3,
    misconceptions=(
        Misconception(
            "no_mask",
            _cache_variant(mask=lambda old, new: None),
            "Right for one new token. Of several new ones the first must not see the others: a mask is missing.",
        ),
        Misconception(
            "mask_without_a_past_only",
            _cache_variant(mask=lambda old, new: None if old else causal_mask(new)),
            "Right without a past. With one, several new tokens still must not see each other's future: the mask is"
            " missing there.",
        ),
        Misconception(
            "past_keys_as_values",
            _cache_variant(recall=lambda keys, values: (keys, keys)),
            "The old keys stand where the old values belong: the second part of `past` is never used.",
        ),
        Misconception(
            "mask_from_the_corner",
            _cache_variant(mask=lambda old, new: torch.ones(new, old + new).tril().bool()),
            "Your mask lets the first new token see token 0 only, the second tokens 0 and 1. But the first new token is"
            " number `old`: it sees all the old ones and itself. Take the last rows of the square mask.",
        ),
        Misconception(
            "mask_too_late",
            _cache_variant(mask=lambda old, new: torch.ones(new, old + new).tril(old + 1).bool()),
            "Each new token sees one token of its future: your mask is off by one.",
        ),
        Misconception(
            "not_itself",
            _cache_variant(mask=lambda old, new: torch.ones(new, old + new).tril(old - 1).bool()),
            "A new token does not see itself with your mask: off by one. It looks at the tokens 0 … t, its own number"
            " included.",
        ),
        Misconception(
            "old_ones_hidden",
            _cache_variant(
                mask=lambda old, new: torch.cat([torch.zeros(new, old, dtype=torch.bool), causal_mask(new)], dim=1)
            ),
            "The cache is returned, but the new tokens look at each other only: attend with all keys"
            " and values, and see that the mask hides none of the old ones.",
        ),
        Misconception(
            "past_dropped",
            _cache_variant(join=lambda old, new: new),
            "The cache that is handed in is ignored: the new tokens look at each other only, and what is returned has"
            " forgotten the old ones.",
        ),
        Misconception(
            "new_ones_in_front",
            _cache_variant(join=lambda old, new: torch.cat([new, old], dim=2)),
            "The new keys stand before the old ones. They come after them: the order is that of reading.",
        ),
        Misconception(
            "only_new_returned",
            _cache_variant(present=lambda key, value, k, v, past: (k, v)),
            "The output is right, but you return the keys and values of the new tokens only. The next call needs those"
            " of all.",
        ),
        Misconception(
            "old_returned",
            _cache_variant(present=lambda key, value, k, v, past: past if past is not None else (key, value)),
            "The output is right, but you return the cache as it was handed in: the new tokens are missing in it.",
        ),
        Misconception(
            "keys_and_values_exchanged",
            _cache_variant(present=lambda key, value, k, v, past: (value, key)),
            "You return the values first. Keys come first, in what is handed in and in what is returned.",
        ),
        Misconception(
            "keys_as_values",
            _cache_variant(names=("query", "key", "key")),
            "The keys stand in the place of the values. A token is found by its key, and hands on its value.",
        ),
        Misconception(
            "queries_as_keys",
            _cache_variant(names=("query", "query", "value")),
            "Your keys are made by the layer `query`. Keys have a layer of their own.",
        ),
        Misconception(
            "no_output_layer",
            _cache_variant(finish=lambda attention, found: merge_heads(found)),
            "The heads are put together, but the layer `output` is missing.",
        ),
        Misconception(
            "heads_put_together_wrongly",
            _cache_variant(
                finish=lambda attention, found: attention.output(found.reshape(len(found), found.shape[2], -1))
            ),
            "The heads were put together by one `reshape`, which cuts across tokens. `merge_heads` does it.",
        ),
        Misconception(
            "not_divided_by_the_root",
            _cache_variant(
                attend=lambda query, *others: scaled_dot_product_attention(math.sqrt(query.shape[-1]) * query, *others)[
                    0
                ]
            ),
            "The scores are not divided by √d_head, so the softmax is too sharp.",
        ),
        Misconception(
            "root_of_the_model",
            _cache_variant(
                attend=lambda query, *others: scaled_dot_product_attention(query.shape[1] ** -0.5 * query, *others)[0]
            ),
            "The scores are divided by √d_model. Within a head it is √d_head.",
        ),
        Misconception(
            "output_only",
            _cache_variant(give=lambda output, present: output),
            "You return the output alone. The keys and values of all tokens are needed by the next call.",
        ),
        Misconception(
            "past_exchanged",
            _cache_variant(recall=lambda keys, values: (values, keys)),
            "The two parts of `past` are exchanged: the old values serve as keys. Keys come first in it.",
        ),
        Misconception(
            "new_exchanged",
            _new_exchanged,
            "Where there is a past, the new values are put behind the old keys, and the new keys behind the old"
            " values.",
        ),
        Misconception(
            "heads_taken_apart_wrongly",
            _cache_variant(split=lambda x, heads: x.reshape(len(x), heads, x.shape[1], -1)),
            "The heads were taken apart by one `view` or `reshape`, which cuts across tokens. `split_heads` does it.",
        ),
        Misconception(
            "filled_with_zero",
            _cache_variant(attend=_filled_with_zero),
            "Where the mask forbids, the score is 0 with you, and exp(0) = 1: these tokens are still looked at. Their"
            " score should be −∞.",
        ),
        Misconception(
            "mask_means_the_opposite",
            _cache_variant(mask=lambda old, new: ~causal_mask(old + new)[old:]),
            'Your mask is negated: the new tokens see their future, and not the past. True means "may look".',
        ),
        Misconception(
            "lengths_in_front_of_heads",
            _cache_variant(present=lambda key, value, k, v, past: (key.transpose(1, 2), value.transpose(1, 2))),
            "The output is right, but you return keys and values as (batch, length, heads, d_head). The heads stand"
            " before the length, as in `past`.",
        ),
    ),
    hints=(
        "Queries are needed for the new tokens only, keys and values for all: make the new ones, and put them behind"
        " the old ones.",
        "`torch.cat([past[0], key], dim=2)`: dimension 2 is the length. The mask is made of the last `new` rows of"
        " `causal_mask(old + new)`.",
        "`query, key, value = (split_heads(layer(x), attention.heads) for layer in (...))`, concatenate if there is a"
        " past, `found = F.scaled_dot_product_attention(query, key, value, attn_mask=causal_mask(old + new)[old:])`,"
        " return `attention.output(merge_heads(found)), (key, value)`.",
    ),
)

# ----------------------------------------------------------------------------------------------- registry


EXERCISES: tuple[Exercise, ...] = (
    GREEDY,
    DRAW,
    WITH_TEMPERATURE,
    KEEP_TOP_K,
    KEEP_TOP_P,
    GPT,
    CACHED_ATTENTION,
    EXTEND_BEAM,
    BEAM_SEARCH,
    REPEATED_SHARE,
)
