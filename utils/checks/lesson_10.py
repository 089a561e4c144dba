"""The exercises of lesson 10, self-attention: cases, known mistakes and what to say about them, hints.

Every answer that works on tensors is judged by its values and by its gradients: `values_and_gradients` sums the
output against fixed random numbers and differentiates. The sizes in a case are pairwise different, so that √length
never equals √d.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from utils import attention, positions
from utils.checks.compare import compare
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property
from utils.checks.modules import changed, load_by_name, run_module
from utils.checks.tensors import floating, judge_tensors, normal, random_mask, values_and_gradients

FUSED = (
    "torch.nn.functional.scaled_dot_product_attention",
    "torch.nn.functional.multi_head_attention_forward",
    "torch.nn.MultiheadAttention",
)
INFINITY = float("inf")

# --------------------------------------------------------------------------------------- 1 · one query


def _one_query(d: int, length: int, rng: np.random.Generator, std: float = 1.0) -> dict[str, Tensor]:
    return {"query": normal(rng, d, std=std), "keys": normal(rng, length, d, std=std)}


def _query_cases(rng: np.random.Generator) -> list[Case]:
    lecture = {"query": torch.zeros(64), "keys": torch.zeros(2, 64)}
    lecture["query"][0], lecture["keys"][:, 0] = 16.0, torch.tensor([7.0, 6.0])
    steep = _one_query(6, 3, rng)
    steep["query"] *= math.sqrt(6) / steep["query"].norm()  # the scores are then the same for every seed
    steep["keys"] = steep["query"] * torch.tensor([[300.0], [500.0], [-400.0]])
    double = {name: value.double() for name, value in _one_query(7, 4, rng).items()}
    return [
        Case(_one_query(3, 2, rng), "two keys", {"length_k": 2, "d": 3}),
        Case(_one_query(5, 1, rng), "a single key", {"length_k": 1, "d": 5}),
        Case(_one_query(3, 7, rng), "more keys than dimensions", {"length_k": 7, "d": 3}),
        Case(_one_query(9, 4, rng), "more dimensions than keys", {"length_k": 4, "d": 9}),
        Case(lecture, "the lecture's scores 112 and 96", {"length_k": 2, "d": 64}),
        Case(steep, "very large scores", {"length_k": 3, "d": 6}),
        Case(double, "float64", {"length_k": 4, "d": 7}),
    ]


def _naive_softmax(scores: Tensor) -> Tensor:
    return scores.exp() / scores.exp().sum()


QUERY_WEIGHTS = Exercise(
    id="attention.query_weights",
    lesson="10",
    title="One query looks at its keys",
    reference=attention.query_weights,
    cases=_query_cases,
    run=values_and_gradients,
    judge=judge_tensors("weights"),
    points=1,
    minutes=5,
    difficulty=1,
    forbids=FUSED,
    misconceptions=(
        Misconception(
            "no_scaling",
            lambda query, keys: torch.softmax(keys @ query, dim=0),
            "Your weights are too extreme: with the lecture's scores 112 and 96 the first key gets everything. The"
            " scores go into the softmax undivided. Look again at section 1, where 112 / √64 became 14.",
        ),
        Misconception(
            "divides_by_d",
            lambda query, keys: torch.softmax(keys @ query / query.shape[0], dim=0),
            "Your weights are too even. The scores are divided by d itself. Their standard deviation grows like"
            " √d, not like d, so this makes them too small: 112 should become 14 with d = 64.",
        ),
        Misconception(
            "root_of_length",
            lambda query, keys: torch.softmax(keys @ query / math.sqrt(keys.shape[0]), dim=0),
            "The scores are divided by the square root of the number of keys. More words in the sentence do not"
            " make a dot product larger; more components in the vectors do. Which size counts the components?",
        ),
        Misconception(
            "multiplied_by_root",
            lambda query, keys: torch.softmax(keys @ query * math.sqrt(query.shape[0]), dim=0),
            "The scores have grown by √d where they should have shrunk by it. Compare 112 with 14.",
        ),
        Misconception(
            "no_softmax",
            lambda query, keys: keys @ query / math.sqrt(query.shape[0]),
            "You return the scaled scores themselves. Some are negative and they do not sum to one; one step is"
            " still to come.",
        ),
        Misconception(
            "shares_without_exp",
            lambda query, keys: (
                (keys @ query / math.sqrt(query.shape[0])) / (keys @ query / math.sqrt(query.shape[0])).sum()
            ),
            "Your weights sum to one, but some are negative or above one: each score was divided by the sum of"
            " scores. A softmax takes the exponential of each score first.",
        ),
        Misconception(
            "scaled_after_softmax",
            lambda query, keys: torch.softmax(keys @ query, dim=0) / math.sqrt(query.shape[0]),
            "Your weights do not sum to one: they sum to 1/√d. The division belongs to the scores, before the softmax.",
        ),
        Misconception(
            "sigmoid",
            lambda query, keys: torch.sigmoid(keys @ query / math.sqrt(query.shape[0])),
            "Each weight lies between 0 and 1, but together they do not sum to one: each key was judged alone. The"
            " keys have to compete for the query's attention.",
        ),
        Misconception(
            "whole_root",
            lambda query, keys: torch.softmax(keys @ query / int(math.sqrt(query.shape[0])), dim=0),
            "Right where d is a square number, too extreme elsewhere: the root was cut down to a whole number. The"
            " root of 3 is 1.73, not 1.",
        ),
        Misconception(
            "cosine",
            lambda query, keys: torch.softmax(keys @ query / (query.norm() * keys.norm(dim=1)), dim=0),
            "Your scores lie between −1 and 1: the dot products are divided by the lengths of the vectors, which"
            " makes them cosines. Divide by √d, the same for all keys; a long key may shout.",
        ),
        Misconception(
            "norm_of_query",
            lambda query, keys: torch.softmax(keys @ query / query.norm(), dim=0),
            "The scores are divided by the length of the query as an arrow, its norm. √d is the root of the number"
            " of its components.",
        ),
        Misconception(
            "naive_softmax",
            lambda query, keys: _naive_softmax(keys @ query / math.sqrt(query.shape[0])),
            "Right for small scores, but large ones give nan: exp of a number above 88 is infinite in float32."
            " Subtract the largest score first (the result stays the same), or let PyTorch do it.",
        ),
    ),
    properties=(
        Property(
            "sums_to_one",
            lambda case, output: abs(float(output["value"].sum()) - 1) < 1e-4,
            "The weights of a query sum to one.",
        ),
    ),
    hints=(
        "Three steps: compare the query with each key, make the scores smaller, turn them into shares. Each is one"
        " operation.",
        "`keys @ query` compares the query with all keys at once. How many components does a vector have: which"
        " entry of `query.shape` says so?",
        "`scores = keys @ query / math.sqrt(query.shape[0])`, and the shares are `torch.softmax(scores, dim=0)`.",
    ),
)

# ------------------------------------------------------------------------------------- 2 · matrix form


def _sentence(rng: np.random.Generator, length: int, d_model: int, d: int, d_value: int) -> Case:
    inputs = {
        "x": normal(rng, length, d_model),
        "w_query": normal(rng, d_model, d),
        "w_key": normal(rng, d_model, d),
        "w_value": normal(rng, d_model, d_value),
    }
    sizes = {"length": length, "d_model": d_model, "d": d, "d_value": d_value}
    return Case(inputs, "one token" if length == 1 else f"{length} tokens", sizes)


def _sentence_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _sentence(rng, 2, 3, 4, 5),
        _sentence(rng, 1, 4, 3, 2),
        _sentence(rng, 6, 3, 2, 5),
        _sentence(rng, 5, 7, 3, 8),
        Case(_loud_sentence(rng), "very large scores", {"length": 4, "d_model": 3, "d": 2, "d_value": 5}),
    ]


def _loud_sentence(rng: np.random.Generator) -> dict[str, Tensor]:
    """Four tokens whose scores are whole numbers times 1200 / √2: ties are exact, and exp of the others overflows."""
    return {
        "x": 20.0 * torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]),
        "w_query": 3.0 * torch.tensor([[1.0, 0], [0, 1], [-1, 1]]),
        "w_key": torch.tensor([[1.0, 0], [0, 1], [-1, -1]]),
        "w_value": normal(rng, 3, 5),
    }


def _sentence_variant(
    scale: Callable[[Tensor, Tensor], float] = lambda x, w: math.sqrt(w.shape[1]),
    swap: bool = False,
    dim: int = 1,
    value: Callable[..., Tensor] = lambda x, w_query, w_key, w_value: x @ w_value,
    weights: Callable[[Tensor], Tensor] | None = None,
    finish: Callable[[Tensor, Tensor], Tensor] = lambda weights, value: weights @ value,
) -> Callable[..., Tensor]:
    def answer(x: Tensor, w_query: Tensor, w_key: Tensor, w_value: Tensor) -> Tensor:
        query, key = (x @ w_key, x @ w_query) if swap else (x @ w_query, x @ w_key)
        scores = query @ key.T / scale(x, w_query)
        shares = torch.softmax(scores, dim=dim) if weights is None else weights(scores)
        return finish(shares, value(x, w_query, w_key, w_value))

    return answer


SELF_ATTENTION = Exercise(
    id="attention.self_attention",
    lesson="10",
    title="A whole sentence in matrix form",
    reference=attention.self_attention,
    cases=_sentence_cases,
    run=values_and_gradients,
    judge=judge_tensors("output"),
    points=2,
    minutes=8,
    difficulty=1,
    forbids=FUSED,
    misconceptions=(
        Misconception(
            "no_scaling",
            _sentence_variant(scale=lambda x, w: 1.0),
            "Almost: the weights are sharper than they should be, because Q Kᵀ goes into the softmax undivided.",
        ),
        Misconception(
            "root_of_d_model",
            _sentence_variant(scale=lambda x, w: math.sqrt(x.shape[1])),
            "The scores are divided by √d_model, the width of X. The dot products are taken between rows of Q and"
            " K: how wide are those?",
        ),
        Misconception(
            "root_of_length",
            _sentence_variant(scale=lambda x, w: math.sqrt(x.shape[0])),
            "The scores are divided by the root of the number of tokens. A dot product grows with the number of"
            " components in the two vectors, not with the length of the sentence.",
        ),
        Misconception(
            "divides_by_d",
            _sentence_variant(scale=lambda x, w: float(w.shape[1])),
            "The scores are divided by d; the formula has the square root of d.",
        ),
        Misconception(
            "queries_and_keys_swapped",
            _sentence_variant(swap=True),
            "Your scores are the right ones with rows and columns exchanged: the keys ask and the queries answer."
            " A row of the scores belongs to the token that asks, so Q stands on the left. (Or are the arguments in"
            " another order? It is x, w_query, w_key, w_value.)",
        ),
        Misconception(
            "softmax_over_queries",
            _sentence_variant(dim=0),
            "Your softmax runs down the columns: for each key the shares of all queries sum to one. Each query has"
            " its own shares to give, so the rows have to sum to one.",
        ),
        Misconception(
            "values_not_projected",
            _sentence_variant(value=lambda x, w_query, w_key, w_value: x),
            "The weights are right, but they mix the tokens of X themselves. What is mixed has its own projection,"
            " W_value.",
        ),
        Misconception(
            "keys_as_values",
            _sentence_variant(value=lambda x, w_query, w_key, w_value: x @ w_key),
            "The weights are right, but they mix the keys. Keys are for being found; what a token passes on is its"
            " value.",
        ),
        Misconception(
            "weights_returned",
            _sentence_variant(finish=lambda weights, value: weights),
            "You return the weights, one number for each pair of tokens. The last step is missing: the weighted"
            " sum of the values.",
        ),
        Misconception(
            "no_softmax",
            _sentence_variant(weights=lambda scores: scores),
            "The values are mixed with the raw scores, which may be negative and sum to anything. The softmax is"
            " missing.",
        ),
        Misconception(
            "root_of_d_value",
            lambda x, w_query, w_key, w_value: _sentence_variant(scale=lambda x, w: math.sqrt(w_value.shape[1]))(
                x, w_query, w_key, w_value
            ),
            "The scores are divided by √d_value, the width of the values. The values take no part in the scores.",
        ),
        Misconception(
            "columns_and_d_model",
            _sentence_variant(scale=lambda x, w: math.sqrt(x.shape[1]), dim=0),
            "Two things at once: your softmax runs down the columns (each query's row has to sum to one), and the"
            " root is that of d_model, where it should be that of a query's width.",
        ),
        Misconception(
            "scaled_after_softmax",
            lambda x, w_query, w_key, w_value: (
                _sentence_variant(scale=lambda x, w: 1.0)(x, w_query, w_key, w_value) / math.sqrt(w_query.shape[1])
            ),
            "The division by √d comes after the softmax, so the weights sum to 1/√d. The scores are what has to"
            " become smaller.",
        ),
        Misconception(
            "queries_twice",
            lambda x, w_query, w_key, w_value: _sentence_variant()(x, w_query, w_query, w_value),
            "Your keys are made with W_query too, so every token asks for what it has itself. W_key is never used.",
        ),
        Misconception(
            "weights_turned",
            _sentence_variant(finish=lambda weights, value: weights.T @ value),
            "The weights are right, but they are turned before the values are mixed: each token gets what others"
            " asked of it. Row i of the weights belongs to output row i.",
        ),
        Misconception(
            "sum_without_keepdim",
            _sentence_variant(weights=lambda s: (s - s.max()).exp() / (s - s.max()).exp().sum(1)),
            "Your rows do not sum to one: the sums of the rows lie flat, as (length,), so that broadcasting divides"
            " each *column* by one of them. Keep the dimension, as (length, 1).",
        ),
        Misconception(
            "naive_softmax",
            _sentence_variant(weights=lambda s: s.exp() / s.exp().sum(1, keepdim=True)),
            "Right for small scores, but large ones give nan: in float32 exp is infinite above 88.7. Subtract each"
            " row's largest score first, or let PyTorch do it.",
        ),
        Misconception(
            "uniform_weights",
            _sentence_variant(weights=lambda scores: torch.full_like(scores, 1 / scores.shape[1])),
            "Every token gets the plain mean of all values: your weights do not depend on what is written in the"
            " sentence.",
        ),
    ),
    hints=(
        "Make Q, K and V first, all from the same X. Then the previous exercise for all queries at once.",
        "`query @ key.T` holds the dot product of query i with key j in row i, column j. Along which dimension"
        " must the shares sum to one?",
        "`torch.softmax(query @ key.T / math.sqrt(query.shape[1]), dim=1) @ value` with `query = x @ w_query`, and"
        " so on.",
    ),
)

# ------------------------------------------------------------------------------------- 3 · causal mask


def _length_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"length": n}, f"{n} tokens" if n > 1 else "one token", {"length": n})
        for n in (2, 1, 3, int(rng.integers(5, 12)))
    ]


def _ones(length: int) -> Tensor:
    return torch.ones(length, length, dtype=torch.bool)


CAUSAL_MASK = Exercise(
    id="attention.causal_mask",
    lesson="10",
    title="A mask that hides the future",
    reference=attention.causal_mask,
    cases=_length_cases,
    points=1,
    minutes=3,
    difficulty=1,
    misconceptions=(
        Misconception(
            "slides_formula",
            lambda length: _ones(length).triu(),
            "Each token may look at itself and at the future, but not back. This is what the slide's formula says"
            " (0 for i ≤ j); its picture is right. Row i is the token that looks: which columns has it already"
            " read?",
        ),
        Misconception(
            "true_means_hidden",
            lambda length: _ones(length).triu(1),
            'Your mask marks what is forbidden. In this course True means "may look" (nn.MultiheadAttention'
            " means the opposite).",
        ),
        Misconception(
            "not_even_itself",
            lambda length: _ones(length).tril(-1),
            "A token may not look at itself in your mask, so the first token may look nowhere. The present is not"
            " the future: the diagonal is allowed.",
        ),
        Misconception(
            "sees_one_ahead",
            lambda length: _ones(length).tril(1),
            "Each token sees one place too far: the very word it is to predict.",
        ),
        Misconception(
            "all_allowed",
            _ones,
            "Everything is allowed in your mask: the first token may look at the last.",
        ),
        Misconception(
            "only_itself",
            lambda length: torch.eye(length, dtype=torch.bool),
            "Each token sees only itself. It may also look at everything before it.",
        ),
        Misconception(
            "numbers",
            lambda length: torch.ones(length, length).tril(),
            "The places are right, but your mask is made of numbers. A boolean mask says plainly what it means:"
            " True = may look.",
        ),
        Misconception(
            "minus_infinity",
            lambda length: torch.full((length, length), -INFINITY).triu(1),
            "This is the M of the formula, zeros and −∞, to be added to the scores. The exercise asks for the"
            " boolean mask that says which places are allowed.",
        ),
    ),
    hints=(
        "Write down the mask for three tokens on paper: row = who looks, column = at whom.",
        "Row i has True in the columns 0 … i: a lower triangle with its diagonal. PyTorch can cut a triangle out"
        " of a matrix.",
        "`torch.ones(length, length, dtype=torch.bool).tril()`.",
    ),
)

# -------------------------------------------------------------------- 4 · scaled dot-product attention


def _attention_case(
    rng: np.random.Generator,
    about: str,
    sizes: Mapping[str, int],
    mask: Tensor | None = None,
    leading: Sequence[str] = ("batch",),
    std: float = 1.0,
) -> Case:
    lead = [sizes[name] for name in leading]
    inputs = {
        "query": normal(rng, *lead, sizes["length_q"], sizes["d"], std=std),
        "key": normal(rng, *lead, sizes["length_k"], sizes["d"]),
        "value": normal(rng, *lead, sizes["length_k"], sizes["d_value"]),
        "mask": mask,
    }
    return Case(inputs, about, dict(sizes))


def _attention_cases(rng: np.random.Generator) -> list[Case]:
    def sized(*numbers: int) -> dict[str, int]:
        return dict(zip(("batch", "length_q", "length_k", "d", "d_value", "heads"), numbers, strict=False))

    blind = random_mask(rng, 4, 6)
    blind[1] = False  # the second query may look nowhere
    steep = _attention_case(rng, "very large scores, random mask", sized(2, 4, 5, 3, 6), random_mask(rng, 4, 5))
    steep.inputs["query"].abs_().add_(0.5).mul_(3e4)
    steep.inputs["key"].abs_().add_(0.5)[0].neg_()  # in the first sentence every score is far below −10,000
    loud = _attention_case(
        rng, "the highest score is masked", sized(3, 2, 4, 5, 6), torch.tensor([True, False, True, True])
    )
    key = loud.inputs["key"]  # the hidden key shouts: its score is near 30,000, all others near 0
    key[:, 1] = 3e4 * loud.inputs["query"].sum(dim=1) / loud.inputs["query"].sum(dim=1).pow(2).sum(-1, keepdim=True)
    double = _as_double(_attention_case(rng, "a random mask", sized(2, 3, 4, 5, 6), random_mask(rng, 3, 4)))
    unasked = _attention_case(rng, "called without a mask", sized(3, 4, 2, 5, 6))
    hidden = torch.tensor([[True, False, True], [True, True, False]])
    return [
        Case({n: v for n, v in unasked.inputs.items() if n != "mask"}, unasked.about, unasked.sizes),
        _attention_case(rng, "two queries, no mask", sized(1, 2, 3, 4, 5), leading=()),
        _attention_case(rng, "each of two queries has one key hidden", sized(1, 2, 3, 4, 5), hidden, leading=()),
        _attention_case(rng, "one query, one key", sized(2, 1, 1, 3, 4)),
        _attention_case(rng, "a batch, no mask", sized(2, 4, 3, 6, 5)),
        _attention_case(rng, "self-attention, no mask", sized(2, 5, 5, 3, 4)),
        _attention_case(rng, "a random mask", sized(2, 3, 5, 4, 6), random_mask(rng, 2, 3, 5)),
        _attention_case(rng, "one query may look nowhere", sized(2, 4, 6, 3, 5), blind),
        _attention_case(
            rng, "a mask of the keys, the same for all queries", sized(4, 3, 6, 2, 5), random_mask(rng, 4, 1, 6)
        ),
        _attention_case(
            rng, "heads, causal mask", sized(2, 6, 6, 5, 4, 3), attention.causal_mask(6), leading=("batch", "heads")
        ),
        steep,
        loud,
        double,
    ]


def _attend(
    scale: Callable[[Tensor, Tensor, Tensor], float] = lambda query, key, value: math.sqrt(query.shape[-1]),
    dim: int = -1,
    hide: Callable[[Tensor, Tensor], Tensor] = lambda scores, mask: scores.masked_fill(~mask, -INFINITY),
    blind: Callable[[Tensor, Tensor], Tensor] = lambda weights, mask: weights.masked_fill(~mask, 0.0),
    share: Callable[[Tensor, int], Tensor] = lambda scores, dim: torch.softmax(scores, dim=dim),
    finish: Callable[[Tensor, Tensor, Tensor], Any] = lambda weights, key, value: (weights @ value, weights),
) -> Callable[..., Any]:
    """The reference with one part exchanged."""

    def answer(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Any:
        scores = query @ key.transpose(-2, -1) / scale(query, key, value)
        if mask is not None:
            scores = hide(scores, mask)
        weights = share(scores, dim)
        if mask is not None:
            weights = blind(weights, mask)
        return finish(weights, key, value)

    return answer


def _as_is(weights: Tensor, mask: Tensor) -> Tensor:
    del mask
    return weights


def _roles_swapped(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    return _attend()(key, query, value, mask)


def _scores_returned(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    output, _ = _attend()(query, key, value, mask)
    return output, query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])


ATTENTION_NAMES = ("output", "weights")

SCALED_DOT_PRODUCT = Exercise(
    id="attention.scaled_dot_product",
    lesson="10",
    title="Scaled dot-product attention",
    reference=attention.scaled_dot_product_attention,
    cases=_attention_cases,
    run=values_and_gradients,
    judge=judge_tensors(*ATTENTION_NAMES),
    points=3,
    minutes=15,
    difficulty=2,
    forbids=FUSED,
    misconceptions=(
        Misconception(
            "no_scaling",
            _attend(scale=lambda query, key, value: 1.0),
            "The weights are too sharp: the scores go into the softmax undivided. With d components their standard"
            " deviation is about √d.",
        ),
        Misconception(
            "divides_by_d",
            _attend(scale=lambda query, key, value: float(query.shape[-1])),
            "The weights are too even: the scores are divided by d, and the formula has its square root.",
        ),
        Misconception(
            "root_of_length",
            _attend(scale=lambda query, key, value: math.sqrt(key.shape[-2])),
            "The scores are divided by the root of the number of keys (the last but one size of `key`). A dot"
            " product has as many summands as the vectors have components: that is another size.",
        ),
        Misconception(
            "root_of_length_q",
            _attend(scale=lambda query, key, value: math.sqrt(query.shape[-2])),
            "The scores are divided by the root of the number of queries. How many products are summed in one dot"
            " product?",
        ),
        Misconception(
            "root_of_d_value",
            _attend(scale=lambda query, key, value: math.sqrt(value.shape[-1])),
            "The scores are divided by the root of the values' width. The values take no part in the scores.",
        ),
        Misconception(
            "softmax_over_queries",
            _attend(dim=-2),
            "In your weights the columns sum to one, not the rows: the softmax runs over the queries. Each query"
            " shares out its attention among the keys.",
        ),
        Misconception(
            "roles_swapped",
            _roles_swapped,
            "Query and key have changed places: your rows belong to the keys. Row i of the scores is for query i,"
            " so the queries stand on the left of the product.",
        ),
        Misconception(
            "mask_ignored",
            _attend(hide=lambda scores, mask: scores, blind=_as_is),
            "Without a mask you are right, with one the forbidden places still get weight: the mask is not used.",
        ),
        Misconception(
            "mask_inverted",
            _attend(
                hide=lambda scores, mask: scores.masked_fill(mask, -INFINITY),
                blind=lambda weights, mask: weights.masked_fill(mask, 0.0),
            ),
            'Your queries look exactly where they may not. Here True means "may look"; masked_fill fills where'
            " its mask is True.",
        ),
        Misconception(
            "mask_after_softmax",
            _attend(hide=lambda scores, mask: scores),
            "The forbidden places are zero, but the rows no longer sum to one: the hidden keys took their share"
            " before they were hidden. They have to be out of the race before the softmax.",
        ),
        Misconception(
            "renormalised_after",
            _attend(
                hide=lambda scores, mask: scores,
                blind=lambda weights, mask: weights * mask / (weights * mask).sum(dim=-1, keepdim=True),
            ),
            "Masking after the softmax and dividing by the new sum is right on paper. Where a hidden key has by"
            " far the highest score, the others have already become 0, and you divide 0 by 0. Hide before the"
            " softmax.",
        ),
        Misconception(
            "mask_added_as_numbers",
            _attend(hide=lambda scores, mask: scores + mask.to(scores.dtype), blind=_as_is),
            "The mask is added as 0 and 1: forbidden keys are only one point worse than the others. What has to be"
            " added so that exp gives exactly zero?",
        ),
        Misconception(
            "scores_times_mask",
            _attend(hide=lambda scores, mask: scores * mask, blind=_as_is),
            "Forbidden scores become 0, and exp(0) is 1: those keys still get weight, sometimes more than the"
            " others. Zero is an ordinary score.",
        ),
        Misconception(
            "minus_ten_thousand",
            _attend(hide=lambda scores, mask: scores.masked_fill(~mask, -1e4), blind=_as_is),
            "−10,000 is low, but not lower than every score: where the allowed scores lie below it, the hidden"
            " keys win. And a query that may look nowhere gets something, where it should get zeros.",
        ),
        Misconception(
            "very_low_number",
            _attend(hide=lambda scores, mask: scores.masked_fill(~mask, -1e9), blind=_as_is),
            "All right but one case: a query that may look nowhere. A large negative number is the same for all"
            " its keys, so it looks at all of them evenly; the contract asks for zeros.",
        ),
        Misconception(
            "mask_inverted_with_nan",
            _attend(hide=lambda scores, mask: scores.masked_fill(mask, -INFINITY), blind=_as_is),
            "Your queries look exactly where they may not: masked_fill fills where its argument is True, and here"
            ' True means "may look". The nan stand where a query may look everywhere: all of its scores became −∞.',
        ),
        Misconception(
            "first_fill_inverted",
            _attend(hide=lambda scores, mask: scores.masked_fill(mask, -INFINITY)),
            "The first of your two fills is turned round: it hides the allowed keys, and the second one then hides"
            " the others, so nothing is left. Both fill where looking is forbidden.",
        ),
        Misconception(
            "second_fill_inverted",
            _attend(blind=lambda weights, mask: weights.masked_fill(mask, 0.0)),
            "Up to the softmax you are right. The last fill is turned round: it sets the *allowed* weights to zero."
            " Fill where looking is forbidden.",
        ),
        Misconception(
            "penalty_of_10",
            _attend(hide=lambda scores, mask: scores - 10 * (~mask).to(scores.dtype), blind=_as_is),
            "A forbidden score is lowered by 10 only: its key keeps a little weight, and a large score wins in spite"
            " of it. Which number makes exp exactly zero?",
        ),
        Misconception(
            "finite_penalty",
            _attend(hide=lambda scores, mask: scores - 50 * (~mask).to(scores.dtype), blind=_as_is),
            "A forbidden score is lowered by a fixed number. That hides a key among ordinary scores, but a very high"
            " score wins in spite of it. Which number makes exp exactly zero, whatever it is taken from?",
        ),
        Misconception(
            "renormalised_with_care",
            _attend(
                hide=lambda scores, mask: scores,
                blind=lambda weights, mask: weights * mask / (weights * mask).sum(-1, keepdim=True).clamp(min=1e-12),
            ),
            "You mask after the softmax and share out anew. Where a hidden key has by far the highest score, the"
            " others have become 0 before, and there is nothing left to share. Hide before the softmax.",
        ),
        Misconception(
            "softmax_over_dimension_1",
            _attend(dim=1),
            "Right without leading dimensions, wrong with them: dimension 1 is the keys in (length_q, length_k), but"
            " the queries in (batch, length_q, length_k). Counted from the end it is always the same one.",
        ),
        Misconception(
            "root_of_dimension_1",
            _attend(scale=lambda query, key, value: math.sqrt(query.shape[1])),
            "Right without leading dimensions, wrong with them: `query.shape[1]` is then the length or the number of"
            " heads. Count the dimensions from the end.",
        ),
        Misconception(
            "transposed_1_and_2",
            lambda query, key, value, mask=None: (
                torch.softmax(query @ key.transpose(1, 2) / math.sqrt(query.shape[-1]), -1) @ value
            ),
            "You exchange the dimensions 1 and 2. That fits (batch, length, d) alone; the contract allows any number"
            " of leading dimensions. Count from the end, and the last two are meant, whatever comes before.",
        ),
        Misconception(
            "nan_in_weights",
            _attend(blind=_as_is, finish=lambda weights, key, value: ((weights @ value).nan_to_num(), weights)),
            "The output is clean, but in the weights of a query that may look nowhere there is still nan. Mend the"
            " weights; the output follows from them.",
        ),
        Misconception(
            "minus_infinity_added",
            _attend(
                hide=lambda scores, mask: scores + torch.zeros(mask.shape).masked_fill(~mask, -INFINITY),
                blind=lambda weights, mask: weights.nan_to_num(),
            ),
            "The numbers are right, but the gradient of a query that may look nowhere is nan, and one nan spoils"
            " every weight of a model. Adding −∞ lets the gradient through to the scores; `masked_fill` does not.",
        ),
        Misconception(
            "nan_row",
            _attend(blind=_as_is),
            "All right but one case: a query that may look nowhere gets nan, because exp(−∞) summed is 0 and 0/0"
            " is undefined. The contract asks for zeros there.",
        ),
        Misconception(
            "uniform_weights",
            _attend(
                share=lambda scores, dim: torch.softmax(scores * 0, dim=dim),
                hide=lambda scores, mask: scores,
                blind=_as_is,
            ),
            "Every weight is 1/length_k: your weights do not depend on the queries and keys at all.",
        ),
        Misconception(
            "keys_as_values",
            _attend(finish=lambda weights, key, value: (weights @ key, weights)),
            "The weights are right, but they mix the keys. The output is as wide as a value.",
        ),
        Misconception(
            "weights_ignored",
            _attend(
                finish=lambda weights, key, value: (
                    value.mean(dim=-2, keepdim=True).expand(*weights.shape[:-1], value.shape[-1]),
                    weights,
                )
            ),
            "The weights are right, but the output is the plain mean of the values: it makes no use of them.",
        ),
        Misconception(
            "order_of_results",
            _attend(finish=lambda weights, key, value: (weights, weights @ value)),
            "Both results are right, in the other order: the output comes first, then the weights.",
        ),
        Misconception(
            "output_only",
            _attend(finish=lambda weights, key, value: weights @ value),
            "The output is right. Hand back the weights too: they are what the heatmaps of this lesson show.",
        ),
        Misconception(
            "naive_softmax",
            _attend(share=lambda scores, dim: scores.exp() / scores.exp().sum(dim=dim, keepdim=True)),
            "Right for small scores; large ones give nan: in float32 exp is infinite above 88, and 0 below −104,"
            " so that the sum is infinite or 0. Subtract each row's largest score first (the result stays the"
            " same), or let PyTorch do it.",
        ),
        Misconception(
            "scores_returned",
            _scores_returned,
            "The output is right, but what you return as weights are the scores: they do not sum to one.",
        ),
    ),
    properties=(
        Property(
            "rows_sum_to_one_or_zero",
            lambda case, output: bool(
                ((output["value"][1].sum(-1) - 1).abs() < 1e-4)
                .logical_or(output["value"][1].abs().sum(-1) < 1e-6)
                .all()
            ),
            "The weights of a query sum to one, or are all zero when it may look nowhere.",
        ),
        Property(
            "nothing_where_masked",
            lambda case, output: (
                case.inputs.get("mask") is None
                or not bool(output["value"][1].masked_fill(case.inputs["mask"], 0.0).any())
            ),
            "Where the mask is False the weight is exactly zero.",
        ),
    ),
    hints=(
        "It is the matrix form of the previous exercise; `transpose(-2, -1)` turns the last two dimensions,"
        " whatever comes before. The mask enters between the scores and the softmax.",
        "A forbidden score has to be so low that its exponential is exactly 0: −∞. A row of −∞ alone makes nan; set"
        " the forbidden weights to 0 once more after the softmax.",
        "`scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])`, `scores.masked_fill(~mask,"
        " float('-inf'))`, `torch.softmax(scores, dim=-1)`, `weights.masked_fill(~mask, 0.0)`, and return `weights"
        " @ value, weights`.",
    ),
)

# ------------------------------------------------------------------------------ 5, 6 · split and merge


def _split_case(rng: np.random.Generator, batch: int, length: int, heads: int, d_head: int) -> Case:
    sizes = {"batch": batch, "length": length, "heads": heads, "d_head": d_head, "d_model": heads * d_head}
    return Case({"x": normal(rng, batch, length, heads * d_head), "heads": heads}, _in_words(sizes), sizes)


def _in_words(sizes: Mapping[str, int]) -> str:
    heads = "one head" if sizes["heads"] == 1 else f"{sizes['heads']} heads"
    return f"{heads} of width {sizes['d_head']}"


def _split_cases(rng: np.random.Generator) -> list[Case]:
    sizes = ((1, 2, 3, 4), (2, 1, 3, 5), (3, 4, 1, 2), (2, 5, 3, 4), (3, 4, 5, 2))
    return [*(_split_case(rng, *numbers) for numbers in sizes), _as_double(_split_case(rng, 3, 5, 2, 4))]


def _as_double(case: Case) -> Case:
    inputs = {name: value.double() if floating(value) else value for name, value in case.inputs.items()}
    return Case(inputs, f"{case.about}, float64", case.sizes, case.extra)


def _cut(x: Tensor, heads: int) -> Tensor:
    return x.reshape(x.shape[0], x.shape[1], heads, x.shape[2] // heads)  # (batch, length, heads, d_head)


def _interleaved(x: Tensor, heads: int) -> Tensor:
    batch, length, d_model = x.shape
    return x.reshape(batch, length, d_model // heads, heads).permute(0, 3, 1, 2)


SPLIT_HEADS = Exercise(
    id="attention.split_heads",
    lesson="10",
    title="Cut the vectors into heads",
    reference=attention.split_heads,
    cases=_split_cases,
    run=values_and_gradients,
    judge=judge_tensors("heads"),
    points=1,
    minutes=6,
    difficulty=2,
    misconceptions=(
        Misconception(
            "reshape_without_transpose",
            lambda x, heads: x.reshape(x.shape[0], heads, x.shape[1], x.shape[2] // heads),
            "The shape is right, the contents are not: one `reshape` to the final shape cuts across tokens, so a"
            " head holds pieces of different words. A reshape never changes the order in which numbers lie in"
            " memory; something else has to.",
        ),
        Misconception(
            "not_transposed",
            _cut,
            "The cut is right. Length and heads still have to change places, so that each head sees a whole sentence.",
        ),
        Misconception(
            "interleaved",
            _interleaved,
            "The shape is right, but head 0 holds every heads-th component instead of the first d_head ones: the"
            " cut was made as (d_head, heads) instead of (heads, d_head).",
        ),
        Misconception(
            "transposed_first",
            lambda x, heads: x.transpose(1, 2).reshape(x.shape[0], heads, x.shape[1], x.shape[2] // heads),
            "The shape is right, the contents are not: you turn first and cut then, so a head's rows are pieces of"
            " columns. Cut each token's vector first.",
        ),
        Misconception(
            "heads_in_reverse",
            lambda x, heads: _cut(x, heads).transpose(1, 2).flip(1),
            "Each head is cut rightly, but the last one comes first: head 0 has the first d_head components.",
        ),
        Misconception(
            "heads_as_width",
            lambda x, heads: x.reshape(x.shape[0], x.shape[1], -1, heads).transpose(1, 2),
            "You made heads of width `heads`; asked are `heads` heads. The new sizes of the last dimension stand"
            " the wrong way round.",
        ),
        Misconception(
            "length_last",
            lambda x, heads: _cut(x, heads).permute(0, 2, 3, 1),
            "Length and d_head have changed places. The order is batch, heads, length, d_head.",
        ),
        Misconception(
            "heads_first",
            lambda x, heads: _cut(x, heads).permute(2, 0, 1, 3),
            "The heads stand before the batch. The order is batch, heads, length, d_head.",
        ),
        Misconception(
            "list_of_heads",
            lambda x, heads: list(_cut(x, heads).unbind(2)),
            "You return a list with one tensor a head. Asked is one tensor with a dimension for the heads.",
        ),
    ),
    hints=(
        "Two steps: give the last dimension two sizes, then move the heads in front of the length.",
        "After `reshape(batch, length, heads, d_head)`, which two dimensions have to change places?",
        "`x.reshape(batch, length, heads, d_model // heads).transpose(1, 2)`.",
    ),
)


def _merge_case(rng: np.random.Generator, batch: int, length: int, heads: int, d_head: int) -> Case:
    sizes = {"batch": batch, "heads": heads, "length": length, "d_head": d_head}
    return Case({"x": normal(rng, batch, heads, length, d_head)}, _in_words(sizes), sizes)


def _merge_cases(rng: np.random.Generator) -> list[Case]:
    sizes = ((1, 2, 3, 4), (2, 1, 3, 5), (3, 4, 1, 2), (2, 5, 3, 4), (3, 4, 5, 2))
    return [*(_merge_case(rng, *numbers) for numbers in sizes), _as_double(_merge_case(rng, 3, 5, 2, 4))]


MERGE_HEADS = Exercise(
    id="attention.merge_heads",
    lesson="10",
    title="Put the heads together again",
    reference=attention.merge_heads,
    cases=_merge_cases,
    run=values_and_gradients,
    judge=judge_tensors("vectors"),
    points=1,
    minutes=5,
    difficulty=1,
    misconceptions=(
        Misconception(
            "reshape_without_transpose",
            lambda x: x.reshape(x.shape[0], x.shape[2], x.shape[1] * x.shape[3]),
            "The shape is right, but the words are mixed: without moving the heads back first, the reshape joins"
            " pieces of neighbouring tokens of one head. First the order of the dimensions, then the shape.",
        ),
        Misconception(
            "interleaved",
            lambda x: x.permute(0, 2, 3, 1).reshape(x.shape[0], x.shape[2], -1),
            "The heads are shuffled into one another: component 0 of every head, then component 1 of every head."
            " Each head's vector has to stay together.",
        ),
        Misconception(
            "heads_in_reverse",
            lambda x: x.flip(1).transpose(1, 2).flatten(2),
            "The heads lie side by side, but the last one comes first.",
        ),
        Misconception(
            "sum_of_heads",
            lambda x: x.sum(dim=1),
            "You add the heads up: the result is only d_head wide, and what each head found can no longer be told"
            " apart. They are to be laid side by side.",
        ),
        Misconception(
            "mean_of_heads",
            lambda x: x.mean(dim=1),
            "You average the heads. That is another way to join them (it comes later in this lesson); here they"
            " lie side by side.",
        ),
        Misconception(
            "one_after_the_other",
            lambda x: x.reshape(x.shape[0], x.shape[1] * x.shape[2], x.shape[3]),
            "The heads stand one after the other along the length, as if the sentence had grown. They belong side"
            " by side, in the last dimension.",
        ),
        Misconception(
            "only_transposed",
            lambda x: x.transpose(1, 2),
            "The order of the dimensions is right now. The last two of them still have to become one.",
        ),
    ),
    hints=(
        "Walk the road of `split_heads` backwards.",
        "First bring heads and d_head next to each other, then make one dimension of the two.",
        "`x.transpose(1, 2).reshape(batch, length, heads * d_head)`; `view` would complain, because a transposed"
        " tensor does not lie in one piece.",
    ),
)

# -------------------------------------------------------------------------------------- 7 · the module


def _module_case(
    rng: np.random.Generator,
    about: str,
    sizes: Mapping[str, int],
    mask: Tensor | None = None,
    memory: bool = False,
    bias: bool = True,
    training: bool = True,
) -> Case:
    d_model = sizes["heads"] * sizes["d_head"]
    state = {}
    for part in ("query", "key", "value", "output"):
        state[f"{part}.weight"] = normal(rng, d_model, d_model, std=1.2 / math.sqrt(sizes["d_head"]))
        if bias:
            state[f"{part}.bias"] = normal(rng, d_model, std=0.5)
    inputs = {
        "d_model": d_model,
        "heads": sizes["heads"],
        "bias": bias,
        "x": normal(rng, sizes["batch"], sizes["length_q"], d_model),
        "mask": mask,
        "memory": normal(rng, sizes["batch"], sizes["length_k"], d_model) if memory else None,
    }
    return Case(inputs, about, {**sizes, "d_model": d_model}, {"state": state, "training": training})


def _module_cases(rng: np.random.Generator) -> list[Case]:
    def sized(*numbers: int) -> dict[str, int]:
        return dict(zip(("batch", "length_q", "length_k", "heads", "d_head"), numbers, strict=True))

    blind = random_mask(rng, 5, 5)
    blind[2] = False
    return [
        _module_case(rng, "one sentence of two words", sized(1, 2, 2, 3, 4)),
        _module_case(rng, "self-attention, no mask", sized(2, 5, 5, 3, 4)),
        _module_case(rng, "one head, one word", sized(2, 1, 1, 1, 3)),
        _module_case(rng, "causal mask, no bias", sized(3, 5, 5, 2, 4), attention.causal_mask(5), bias=False),
        _module_case(rng, "one query may look nowhere", sized(2, 5, 5, 3, 4), blind),
        _module_case(rng, "a memory as long as x", sized(2, 4, 4, 3, 5), memory=True),
        _module_case(
            rng, "another sentence as memory, after .eval()", sized(2, 3, 6, 4, 5), memory=True, training=False
        ),
        _module_case(
            rng, "memory with padding, masked", sized(3, 4, 6, 2, 5), random_mask(rng, 3, 1, 1, 6), memory=True
        ),
        _module_case(rng, "a mask for each head", sized(4, 2, 5, 3, 6), random_mask(rng, 4, 3, 2, 5), memory=True),
    ]


def _run_module(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Makes and calls the layer as a lesson would: arguments by place, and left out where they have their default."""
    places = (inputs["d_model"], inputs["heads"])
    layer = answer(*places) if inputs["bias"] else answer(*places, bias=False)
    return run_module(layer, inputs, case, _call_layer)


def _call_layer(layer: Any, given: Mapping[str, Any]) -> Any:
    x, mask, memory = given["x"], given["mask"], given["memory"]
    if memory is None:
        return layer(x) if mask is None else layer(x, mask)
    return layer(x, memory=memory) if mask is None else layer(x, mask, memory)


class _Wrong(nn.Module):
    """The reference's parameters, for wrong modules to inherit; each overrides one method."""

    def __init__(self, d_model: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.d_model, self.heads = d_model, heads
        self.query = nn.Linear(d_model, d_model, bias=bias)
        self.key = nn.Linear(d_model, d_model, bias=bias)
        self.value = nn.Linear(d_model, d_model, bias=bias)
        self.output = nn.Linear(d_model, d_model, bias=bias)

    def split(self, x: Tensor) -> Tensor:
        return attention.split_heads(x, self.heads)

    def merge(self, x: Tensor) -> Tensor:
        return attention.merge_heads(x)

    def attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        return attention.scaled_dot_product_attention(query, key, value, mask)

    def project(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.query(x), self.key(memory), self.value(memory)

    def finish(self, x: Tensor) -> Tensor:
        return self.output(x)

    def weigh(self, weights: Tensor) -> Tensor:
        return weights

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        query, key, value = (self.split(part) for part in self.project(x, x if memory is None else memory))
        found, weights = self.attend(query, key, value, mask)
        return self.finish(self.merge(found)), self.weigh(weights)


class _SplitByReshape(_Wrong):
    def split(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], self.heads, x.shape[1], -1)

    def merge(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], x.shape[2], -1)


class _MemoryIgnored(_Wrong):
    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        return super().forward(x, mask)


class _NotSplit(_Wrong):
    def split(self, x: Tensor) -> Tensor:
        return x

    def merge(self, x: Tensor) -> Tensor:
        return x


class _MaskLostWithMemory(_Wrong):
    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        return super().forward(x, mask if memory is None else None, memory)


class _ResultsSwapped(_Wrong):
    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        return super().forward(x, mask, memory)[::-1]


class _RootOfHeads(_Wrong):
    def attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        other = math.sqrt(query.shape[-1] / self.heads)
        return attention.scaled_dot_product_attention(query * other, key, value, mask)


class _OneHead(_Wrong):
    def split(self, x: Tensor) -> Tensor:
        return x[:, None]

    def attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        if mask is not None and mask.dim() == 4:
            mask = mask[:, :1]
        return attention.scaled_dot_product_attention(query, key, value, mask)


class _OutputOnly(_Wrong):
    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Tensor | None = None) -> Any:
        return super().forward(x, mask, memory)[0]


MULTI_HEAD = Exercise(
    id="attention.multi_head",
    lesson="10",
    title="Multi-head attention, the module",
    reference=attention.MultiHeadAttention,
    cases=_module_cases,
    run=_run_module,
    judge=judge_tensors(*ATTENTION_NAMES),
    points=4,
    minutes=15,
    difficulty=2,
    forbids=FUSED[1:],  # the module may use the fused function, if it gives the weights as well
    misconceptions=(
        Misconception(
            "no_output_projection",
            changed(_Wrong, finish=lambda self, x: x),
            "The weights are right; the output is the heads side by side, as they are. One linear layer is still"
            " to come: it lets the heads' findings mix.",
        ),
        Misconception(
            "root_of_d_model",
            changed(
                _Wrong,
                attend=lambda self, query, key, value, mask: attention.scaled_dot_product_attention(
                    query / math.sqrt(self.heads), key, value, mask
                ),
            ),
            "The scores are divided by √d_model. Each head compares vectors that are d_head wide, so it needs"
            " √d_head. (The two slides write the same letter d for both.)",
        ),
        Misconception(
            "no_scaling",
            changed(
                _Wrong,
                attend=lambda self, query, key, value, mask: attention.scaled_dot_product_attention(
                    query * math.sqrt(query.shape[-1]), key, value, mask
                ),
            ),
            "The weights are too sharp in every head: the scores are not divided by √d_head.",
        ),
        Misconception(
            "scaled_twice",
            changed(
                _Wrong,
                attend=lambda self, query, key, value, mask: attention.scaled_dot_product_attention(
                    query / math.sqrt(query.shape[-1]), key, value, mask
                ),
            ),
            "The weights are too even: the scores are divided by √d_head twice. `scaled_dot_product_attention`"
            " divides already.",
        ),
        Misconception(
            "split_by_reshape",
            _SplitByReshape,
            "The shapes fit, but your heads hold pieces of different words: they are cut with one reshape. Use"
            " `split_heads` and `merge_heads`.",
        ),
        Misconception(
            "only_split_by_reshape",
            changed(_Wrong, split=lambda self, x: x.reshape(x.shape[0], self.heads, x.shape[1], -1)),
            "The shapes fit, but one reshape cuts across tokens: your heads hold pieces of different words. The"
            " merging is right. `split_heads` cuts rightly too.",
        ),
        Misconception(
            "not_split",
            _NotSplit,
            "The heads are missing: you attend once, in the full width. `split_heads` gives the projections a"
            " dimension for the heads; `merge_heads` takes it away at the end.",
        ),
        Misconception(
            "keys_from_x",
            changed(_Wrong, project=lambda self, x, memory: (self.query(x), self.key(x), self.value(memory))),
            "With a memory, your keys still come from x, only the values from the memory. Both come from the memory.",
        ),
        Misconception(
            "values_from_x",
            changed(_Wrong, project=lambda self, x, memory: (self.query(x), self.key(memory), self.value(x))),
            "With a memory, your values still come from x, only the keys from the memory. Both come from the memory.",
        ),
        Misconception(
            "roles_exchanged",
            changed(_Wrong, project=lambda self, x, memory: (self.query(memory), self.key(x), self.value(x))),
            "With a memory, x and memory have changed parts: the memory asks, and x answers. The queries come from x.",
        ),
        Misconception(
            "mask_lost_with_memory",
            _MaskLostWithMemory,
            "In self-attention your mask works; with a memory it is lost. Padding in a memory has to be hidden too.",
        ),
        Misconception(
            "results_swapped",
            _ResultsSwapped,
            "Both results are right, in the other order: the output comes first, then the weights.",
        ),
        Misconception(
            "key_and_value_exchanged",
            changed(
                _Wrong,
                attend=lambda self, query, key, value, mask: attention.scaled_dot_product_attention(
                    query, value, key, mask
                ),
            ),
            "Keys and values have changed places on the way into the attention: its arguments are query, key, value,"
            " mask.",
        ),
        Misconception(
            "root_of_heads",
            _RootOfHeads,
            "The scores are divided by the root of the number of heads. Each head compares vectors of d_head"
            " components: that is the size under the root.",
        ),
        Misconception(
            "nan_for_the_blind",
            changed(
                _Wrong, attend=lambda self, query, key, value, mask: _attend(blind=_as_is)(query, key, value, mask)
            ),
            "All right but one case: a query that may look nowhere gets nan. `scaled_dot_product_attention` gives"
            " zeros there.",
        ),
        Misconception(
            "even_for_the_blind",
            changed(
                _Wrong,
                attend=lambda self, query, key, value, mask: _attend(
                    hide=lambda scores, hide: scores.masked_fill(~hide, -1e30), blind=_as_is
                )(query, key, value, mask),
            ),
            "All right but one case: a query that may look nowhere looks at every key alike. It should get zero"
            " weights, as from `scaled_dot_product_attention`.",
        ),
        Misconception(
            "merged_by_reshape",
            changed(_Wrong, merge=lambda self, x: x.reshape(x.shape[0], x.shape[2], -1)),
            "The weights are right in every head, the output is not: the heads are merged without moving their"
            " dimension back first, so the words get mixed.",
        ),
        Misconception(
            "merged_interleaved",
            changed(_Wrong, merge=lambda self, x: x.permute(0, 2, 3, 1).reshape(x.shape[0], x.shape[2], -1)),
            "The weights are right in every head, but the merged vector takes one component of each head in turn."
            " Each head's vector has to stay together.",
        ),
        Misconception(
            "memory_ignored",
            _MemoryIgnored,
            "Self-attention is right, but with a memory your layer still looks at x. Keys and values come from the"
            " memory.",
        ),
        Misconception(
            "queries_from_memory",
            changed(_Wrong, project=lambda self, x, memory: (self.query(memory), self.key(memory), self.value(memory))),
            "With a memory, your output has one row for each of its tokens. The questions come from x: its tokens"
            " want to know.",
        ),
        Misconception(
            "mask_ignored",
            changed(
                _Wrong,
                attend=lambda self, query, key, value, mask: attention.scaled_dot_product_attention(query, key, value),
            ),
            "Without a mask you are right. With one, forbidden places still get weight: pass the mask on.",
        ),
        Misconception(
            "mask_inverted",
            changed(
                _Wrong,
                attend=lambda self, query, key, value, mask: attention.scaled_dot_product_attention(
                    query, key, value, None if mask is None else ~mask
                ),
            ),
            'Your heads look exactly where they may not. True means "may look", here and in'
            " `scaled_dot_product_attention`.",
        ),
        Misconception(
            "keys_as_values",
            changed(_Wrong, project=lambda self, x, memory: (self.query(x), self.key(memory), self.key(memory))),
            "The weights are right, but what is mixed comes from the key layer. The value layer takes no part in"
            " your output.",
        ),
        Misconception(
            "values_not_projected",
            changed(_Wrong, project=lambda self, x, memory: (self.query(x), self.key(memory), memory)),
            "The weights are right, but the tokens themselves are mixed. The value layer takes no part in your output.",
        ),
        Misconception(
            "layers_swapped",
            changed(_Wrong, project=lambda self, x, memory: (self.key(x), self.query(memory), self.value(memory))),
            "The layers `query` and `key` have changed places. It would train as well, but with given weights the"
            " tokens ask with what they should answer with.",
        ),
        Misconception(
            "one_head",
            _OneHead,
            "Your layer attends once, in the full width. The weights should come with one map for each head: cut"
            " before you attend.",
        ),
        Misconception(
            "weights_averaged",
            changed(_Wrong, weigh=lambda self, weights: weights.mean(dim=1)),
            "The output is right, but the weights are averaged over the heads (nn.MultiheadAttention does so by"
            " default). Return every head's own map.",
        ),
        Misconception(
            "output_only",
            _OutputOnly,
            "The output is right. Return the weights too: (output, weights).",
        ),
    ),
    hints=(
        "In `__init__`: four linear layers of the same size, named as the docstring says. In `forward`: project,"
        " split, attend, merge, project. You have written all the parts already.",
        "The queries come from x, keys and values from memory. `scaled_dot_product_attention` works on (batch,"
        " heads, length, d_head) as it is, and divides by the right root by itself.",
        "`query = split_heads(self.query(x), self.heads)`, the same for key and value with memory; `found, weights ="
        " scaled_dot_product_attention(query, key, value, mask)`; return `self.output(merge_heads(found)), weights`.",
    ),
)

# --------------------------------------------------------------------------------------- 8 · averaging


AVERAGE_HEADS = Exercise(
    id="attention.average_heads",
    lesson="10",
    title="Average the heads",
    reference=attention.average_heads,
    cases=_merge_cases,
    run=values_and_gradients,
    judge=judge_tensors("vectors"),
    points=1,
    minutes=3,
    difficulty=1,
    misconceptions=(
        Misconception(
            "sum_of_heads",
            lambda x: x.sum(dim=1),
            "Your numbers grow with the number of heads: you add them up, and the 1/K of the formula is missing.",
        ),
        Misconception(
            "divided_by_width",
            lambda x: x.sum(dim=1) / x.shape[-1],
            "You add up the heads and divide by d_head, the width of one. Divide by how many there are.",
        ),
        Misconception(
            "divided_by_batch",
            lambda x: x.sum(dim=1) / x.shape[0],
            "You add up the heads and divide by the batch size, the first dimension. Divide by the number of heads.",
        ),
        Misconception(
            "divided_by_two",
            lambda x: x.sum(dim=1) / 2,
            "You always divide by 2, as in the worked example. There can be any number of heads.",
        ),
        Misconception(
            "mean_over_batch",
            lambda x: x.mean(dim=0),
            "You average over the first dimension, the batch: different sentences are mixed. Which dimension holds"
            " the heads?",
        ),
        Misconception(
            "mean_over_length",
            lambda x: x.mean(dim=2),
            "You average over the tokens of the sentence; all words become one. Which dimension holds the heads?",
        ),
        Misconception(
            "mean_over_width",
            lambda x: x.mean(dim=3),
            "You average the components of each vector into one number. Which dimension holds the heads?",
        ),
        Misconception(
            "first_head",
            lambda x: x[:, 0],
            "You return the first head alone. With one head that is the mean, with more it is not.",
        ),
        Misconception(
            "largest",
            lambda x: x.amax(dim=1),
            "You take the largest value over the heads, not their mean.",
        ),
        Misconception(
            "kept_dimension",
            lambda x: x.mean(dim=1, keepdim=True),
            "The numbers are right; a dimension of size 1 is left where the heads were.",
        ),
        Misconception(
            "concatenated",
            attention.merge_heads,
            "You lay the heads side by side. Here they are averaged: the result is as wide as one head.",
        ),
    ),
    hints=(
        "It is a mean over one dimension.",
        "In (batch, heads, length, d_head) the heads are dimension number 1, counted from 0.",
        "`x.mean(dim=1)`.",
    ),
)

# --------------------------------------------------------------------------------------- 9 · sinusoids


def _table_cases(rng: np.random.Generator) -> list[Case]:
    shapes = [(2, 4), (1, 6), (5, 8), (7, 6), (4, 5), (3, 1), (int(rng.integers(20, 60)), 10), (1100, 2)]
    return [Case({"length": n, "d": d}, f"{n} positions, width {d}", {"length": n, "d": d}) for n, d in shapes]


def _waves(
    rate: Callable[[int, int], float] = lambda j, d: 10000.0 ** (-2 * (j // 2) / d),
    wave: Callable[[int, int], Callable[[Tensor], Tensor]] = lambda j, d: torch.cos if j % 2 else torch.sin,
    first: int = 0,
) -> Callable[..., Tensor]:
    """The reference column by column, with one part exchanged; j is the column."""

    def answer(length: int, d: int) -> Tensor:
        pos = torch.arange(first, first + length, dtype=torch.float64)
        return torch.stack([wave(j, d)(pos * rate(j, d)) for j in range(d)], dim=1).float()

    return answer


def _halves_side_by_side(length: int, d: int) -> Tensor:
    angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def _odd_width(length: int, d: int) -> Tensor:
    angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
    table = torch.zeros(length, d)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


SINUSOIDAL = Exercise(
    id="positions.sinusoidal",
    lesson="10",
    title="Sinusoidal positions",
    reference=positions.sinusoidal_positions,
    cases=_table_cases,
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "halves",
            _waves(
                rate=lambda j, d: 10000.0 ** (-2 * (j if j < (d + 1) // 2 else j - (d + 1) // 2) / d),
                wave=lambda j, d: torch.sin if j < (d + 1) // 2 else torch.cos,
            ),
            "All sines come first, then all cosines. That works as well (some libraries do it), but the formula"
            " alternates them: sine in the even columns, cosine in the odd ones.",
        ),
        Misconception(
            "a_rate_for_each_column",
            _waves(rate=lambda j, d: 10000.0 ** (-j / d)),
            "The even columns are right. A sine and its cosine must share one frequency: column 2i + 1 has the"
            " exponent 2i/d, not (2i + 1)/d.",
        ),
        Misconception(
            "halves_side_by_side",
            _halves_side_by_side,
            "All sines come first, then all cosines, and an odd d gets a column too many. The formula alternates"
            " them: sine in the even columns, cosine in the odd ones.",
        ),
        Misconception(
            "exponent_of_column",
            _waves(rate=lambda j, d: 10000.0 ** (-2 * j / d)),
            "Your exponent is twice the number of the column over d. The factor 2 belongs to i, the number of the"
            " pair: the columns 2i and 2i + 1 both have the exponent 2i/d.",
        ),
        Misconception(
            "base_1000",
            _waves(rate=lambda j, d: 1000.0 ** (-2 * (j // 2) / d)),
            "The waves are too fast: your base is 1000. The formula has 10000.",
        ),
        Misconception(
            "last_pair_at_10000",
            _waves(rate=lambda j, d: 10000.0 ** (-(j // 2) / max(d // 2 - 1, 1))),
            "Your last pair has the wave 10000 exactly: the exponent is i / (d/2 − 1), as in some libraries. The"
            " formula has 2i/d, which stops short of it.",
        ),
        Misconception(
            "odd_width",
            _odd_width,
            "Right for an even d. An odd d has one cosine fewer than sines: the last pair has no second column.",
        ),
        Misconception(
            "exponent_halved",
            _waves(rate=lambda j, d: 10000.0 ** (-(j // 2) / d)),
            "The waves get longer too slowly: your exponent is i/d, with i the number of the pair. The formula has"
            " 2i/d, so that the last pair comes near 10000.",
        ),
        Misconception(
            "exponent_doubled",
            _waves(rate=lambda j, d: 10000.0 ** (-4 * (j // 2) / d)),
            "The waves get longer too fast: the factor 2 is there twice. If your range already steps by 2, it"
            " counts 2i, not i.",
        ),
        Misconception(
            "multiplied",
            _waves(rate=lambda j, d: 10000.0 ** (2 * (j // 2) / d)),
            "The position is multiplied by 10000^(2i/d); it is to be divided. Your waves get shorter and look like"
            " noise.",
        ),
        Misconception(
            "cosine_first",
            _waves(wave=lambda j, d: torch.sin if j % 2 else torch.cos),
            "Sine and cosine have changed places: position 0 should begin with 0 (sin 0), then 1 (cos 0).",
        ),
        Misconception(
            "only_sines",
            _waves(wave=lambda j, d: torch.sin),
            "The even columns are right, the odd ones are sines too. They should be cosines.",
        ),
        Misconception(
            "counted_from_one",
            _waves(first=1),
            "Your first row is position 1. Positions count from 0: the first row reads 0, 1, 0, 1, …",
        ),
        Misconception(
            "turned",
            lambda length, d: _waves()(length, d).T,
            "Rows and columns are exchanged: one row a position, one column a component.",
        ),
    ),
    properties=(
        Property(
            "pairs_lie_on_a_circle",
            lambda case, output: (
                case.inputs["d"] % 2 == 1
                or bool(((output[:, 0::2] ** 2 + output[:, 1::2] ** 2 - 1).abs() < 1e-3).all())
            ),
            "sin² + cos² is 1 in every pair of columns 2i and 2i + 1: the two share their angle.",
        ),
    ),
    hints=(
        "First a table of angles: rows are positions, columns are pairs. Then sines into the even columns, cosines"
        " into the odd ones.",
        "`torch.arange(0, d, 2)` is 2i for every pair. `torch.outer(a, b)` multiplies each with each. `table[:,"
        " 0::2]` is every second column.",
        "`rates = 10000.0 ** (-torch.arange(0, d, 2) / d)`; `angles = torch.outer(torch.arange(length).float(),"
        " rates)`; `table[:, 0::2] = angles.sin()`; `table[:, 1::2] = angles.cos()[:, : d // 2]`.",
    ),
)

# ------------------------------------------------------------------------------ 10 · learned positions


def _learned_case(rng: np.random.Generator, batch: int, length: int, max_length: int, d: int) -> Case:
    about = f"{length} tokens, room for {max_length}"
    sizes = {"batch": batch, "length": length, "max_length": max_length, "d": d}
    inputs = {"max_length": max_length, "d": d, "x": normal(rng, batch, length, d)}
    return Case(inputs, about, sizes, {"state": {"table.weight": normal(rng, max_length, d)}})


def _learned_cases(rng: np.random.Generator) -> list[Case]:
    sizes = ((1, 2, 4, 3), (3, 1, 5, 2), (2, 4, 6, 3), (5, 2, 4, 3), (4, 5, 5, 7), (2, 6, 5, 3))
    return [_learned_case(rng, *numbers) for numbers in sizes]


def _run_learned(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    layer = answer(inputs["max_length"], inputs["d"])
    if case.sizes["length"] > case.sizes["max_length"]:
        return _result_or_error(load_by_name(layer, case.extra["state"]), inputs["x"])
    return run_module(layer, inputs, case, lambda layer, given: layer(given["x"]))


def _result_or_error(layer: Any, x: Tensor) -> Any:
    """What the layer returns, or the name of the error that it raises."""
    try:
        return layer(x)
    except NotImplementedError:
        raise
    except ValueError as error:
        return "ValueError" if str(error).strip() else "a ValueError without a message"
    except Exception as error:
        return type(error).__name__


class _WrongPositions(nn.Module):
    def __init__(self, max_length: int, d: int) -> None:
        super().__init__()
        self.table = nn.Embedding(max_length, d)

    def places(self, x: Tensor) -> Tensor:
        return torch.arange(x.shape[1])

    def join(self, x: Tensor, found: Tensor) -> Tensor:
        return x + found

    def limit(self, x: Tensor) -> None:
        if x.shape[1] > self.table.num_embeddings:
            raise ValueError("too long")

    def forward(self, x: Tensor) -> Tensor:
        self.limit(x)
        return self.join(x, self.table(self.places(x)))


class _Clamped(_WrongPositions):
    def limit(self, x: Tensor) -> None:
        pass

    def places(self, x: Tensor) -> Tensor:
        return torch.arange(x.shape[1]).clamp(max=self.table.num_embeddings - 1)


class _Unlimited(_WrongPositions):
    def limit(self, x: Tensor) -> None:
        pass


class _CutOff(_WrongPositions):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x[:, : self.table.num_embeddings])


class _OneTooStrict(_WrongPositions):
    def limit(self, x: Tensor) -> None:
        if x.shape[1] >= self.table.num_embeddings:
            raise ValueError("too long")


class _WidthTested(_WrongPositions):
    def limit(self, x: Tensor) -> None:
        if x.shape[2] > self.table.num_embeddings:
            raise ValueError("too long")


class _BatchTested(_WrongPositions):
    def limit(self, x: Tensor) -> None:
        if x.shape[0] > self.table.num_embeddings:
            raise ValueError("too long")


class _Asserted(_WrongPositions):
    def limit(self, x: Tensor) -> None:
        assert x.shape[1] <= self.table.num_embeddings, "too long"


class _AnyException(_WrongPositions):
    def limit(self, x: Tensor) -> None:
        if x.shape[1] > self.table.num_embeddings:
            raise Exception("too long")


class _Returned(_WrongPositions):
    def forward(self, x: Tensor) -> Any:
        return ValueError("too long") if x.shape[1] > self.table.num_embeddings else super().forward(x)


class _WithoutMessage(_WrongPositions):
    def limit(self, x: Tensor) -> None:
        if x.shape[1] > self.table.num_embeddings:
            raise ValueError


class _FirstPlaceFixed(_WrongPositions):
    def __init__(self, max_length: int, d: int) -> None:
        super().__init__(max_length, d)
        self.table = nn.Embedding(max_length, d, padding_idx=0)


LEARNED = Exercise(
    id="positions.learned",
    lesson="10",
    title="Learned positions",
    reference=positions.LearnedPositions,
    cases=_learned_cases,
    run=_run_learned,
    judge=judge_tensors("output"),
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "table_alone",
            changed(_WrongPositions, join=lambda self, x, found: found),
            "You return the positions' vectors alone, without the tokens: every sentence would look the same. Add"
            " them to x.",
        ),
        Misconception(
            "tokens_lost",
            changed(_WrongPositions, join=lambda self, x, found: found.expand_as(x)),
            "The shape is right, but your output does not depend on x: only the positions are left. The two are added.",
        ),
        Misconception(
            "same_place",
            changed(_WrongPositions, places=lambda self, x: torch.zeros(x.shape[1], dtype=torch.long)),
            "Every token gets the vector of place 0, so nothing tells them apart. The first token needs place 0,"
            " the second place 1, …",
        ),
        Misconception(
            "counted_from_one",
            changed(_WrongPositions, places=lambda self, x: (torch.arange(x.shape[1]) + 1) % self.table.num_embeddings),
            "The first token gets the vector of place 1. Places count from 0.",
        ),
        Misconception(
            "counted_backwards",
            changed(_WrongPositions, places=lambda self, x: torch.arange(x.shape[1]).flip(0)),
            "The last token gets place 0. Then a word's place would change when the sentence goes on.",
        ),
        Misconception(
            "along_the_batch",
            changed(
                _WrongPositions, places=lambda self, x: (torch.arange(x.shape[0]) % self.table.num_embeddings)[:, None]
            ),
            "The places are counted along the batch: all words of one sentence get the same vector. Which"
            " dimension of x is the length?",
        ),
        Misconception(
            "multiplied",
            changed(_WrongPositions, join=lambda self, x, found: x * found),
            "Tokens and positions are multiplied; they are added.",
        ),
        Misconception(
            "concatenated",
            changed(_WrongPositions, join=lambda self, x, found: torch.cat([x, found.expand_as(x)], dim=-1)),
            "The output is twice as wide: positions lie beside the tokens. They are added, so that the width stays.",
        ),
        Misconception(
            "first_place_fixed",
            _FirstPlaceFixed,
            "The numbers are right, but place 0 gets no gradient: `padding_idx` shields that row from training. Place"
            " 0 is a place like any other.",
        ),
        Misconception(
            "frozen",
            changed(_WrongPositions, join=lambda self, x, found: x + found.detach()),
            "The numbers are right, but no gradient reaches the table: these positions would never be learned.",
        ),
        Misconception(
            "cut_off",
            _CutOff,
            "A sentence that is too long loses its end, and nobody is told. The contract asks for a ValueError.",
        ),
        Misconception(
            "one_too_strict",
            _OneTooStrict,
            "A sentence of exactly max_length tokens still fits: your test refuses it. Only a longer one has places"
            " beyond the table.",
        ),
        Misconception(
            "width_tested",
            _WidthTested,
            "Your test compares the width of x, its last dimension, with max_length. The length is another dimension.",
        ),
        Misconception(
            "batch_tested",
            _BatchTested,
            "Your test compares the number of sentences with max_length: `len(x)` is the first dimension of (batch,"
            " length, d).",
        ),
        Misconception(
            "asserted",
            _Asserted,
            "An assert stops the long sentence with an AssertionError, and Python leaves asserts out when it runs"
            " with -O. The contract asks for a ValueError.",
        ),
        Misconception(
            "any_exception",
            _AnyException,
            "You raise a bare Exception, which a caller can hardly tell from any other fault. The contract asks for a"
            " ValueError.",
        ),
        Misconception(
            "returned",
            _Returned,
            "You make a ValueError and hand it back as the result: nobody notices. An error has to be raised.",
        ),
        Misconception(
            "without_message",
            _WithoutMessage,
            "You raise a ValueError that says nothing. Give it a sentence: what is too long, and how long may it be?",
        ),
        Misconception(
            "clamped",
            _Clamped,
            "A sentence that is too long gets the last vector again and again, and nobody is told. The contract"
            " asks for a ValueError.",
        ),
        Misconception(
            "unlimited",
            _Unlimited,
            "Right for every sentence that fits. For one that is too long the table raises its own IndexError"
            ' ("index out of range in self"), which helps nobody: the contract asks for a ValueError that says'
            " what is wrong.",
        ),
    ),
    hints=(
        'An embedding table whose "words" are the places 0, 1, 2, …',
        "`torch.arange(length)` names the places. The table gives (length, d); adding it to (batch, length, d)"
        " works by itself.",
        "`self.table = nn.Embedding(max_length, d)`; in forward, after the test of the length: `x +"
        " self.table(torch.arange(x.shape[1], device=x.device))`.",
    ),
)

# ------------------------------------------------------------------------- 11 · heads as a convolution


def _offset_case(rng: np.random.Generator, about: str, length_q: int, length_k: int, dim: int, alpha: float) -> Case:
    def places(length: int) -> Tensor:
        return torch.tensor(rng.integers(0, 6, size=(length, dim)), dtype=torch.float32)

    offset = torch.tensor(rng.choice([-2.0, -1.0, 1.0, 2.0], size=dim), dtype=torch.float32)
    inputs = {"query_positions": places(length_q), "key_positions": places(length_k), "offset": offset, "alpha": alpha}
    return Case(inputs, about, {"length_q": length_q, "length_k": length_k, "dim": dim})


def _offset_cases(rng: np.random.Generator) -> list[Case]:
    row = torch.arange(7.0)[:, None]
    line = {"query_positions": row[1:6], "key_positions": row, "offset": torch.tensor([1.0]), "alpha": 30.0}
    far = {"query_positions": row[:3], "key_positions": row[:4], "offset": torch.tensor([9.0]), "alpha": 40.0}
    return [
        _offset_case(rng, "two queries on a line", 2, 3, 1, 0.5),
        _offset_case(rng, "one query, one key", 1, 1, 2, 0.7),
        _offset_case(rng, "in a picture, blurred", 4, 5, 2, 0.25),
        _offset_case(rng, "in space, blurred", 5, 4, 3, 0.125),
        Case(line, "one step to the right, sharp", {"length_q": 5, "length_k": 7, "dim": 1}),
        Case(far, "the place wanted lies far outside", {"length_q": 3, "length_k": 4, "dim": 1}),
    ]


def _offset_variant(
    score: Callable[[Tensor, Tensor, float], Tensor],
    finish: Callable[[Tensor], Tensor] = lambda scores: torch.softmax(scores, dim=-1),
) -> Callable[..., Tensor]:
    def answer(query_positions: Tensor, key_positions: Tensor, offset: Tensor, alpha: float) -> Tensor:
        delta = key_positions[None, :, :] - query_positions[:, None, :]
        return finish(score(delta, offset, alpha))

    return answer


def _right_score(delta: Tensor, offset: Tensor, alpha: float) -> Tensor:
    return -alpha * (delta.pow(2).sum(-1) - 2 * delta @ offset)


LOOK_AT_OFFSET = Exercise(
    id="attention.look_at_offset",
    lesson="10",
    title="A head that looks one step to the side",
    reference=attention.look_at_offset,
    cases=_offset_cases,
    run=values_and_gradients,
    judge=judge_tensors("weights", floor=1e-3),
    points=2,
    minutes=15,
    difficulty=3,
    misconceptions=(
        Misconception(
            "other_direction",
            _offset_variant(lambda delta, offset, alpha: _right_score(delta, -offset, alpha)),
            "Your head looks the same distance to the other side. δ is key minus query: where the key stands, seen"
            " from the query. Check the order of that difference, and the sign before 2⟨Δ, δ⟩.",
        ),
        Misconception(
            "looks_far_away",
            _offset_variant(lambda delta, offset, alpha: -_right_score(delta, offset, alpha)),
            "Your head looks as far away from the offset as it can. The minus before α turns a large distance into"
            " a low score.",
        ),
        Misconception(
            "no_two",
            _offset_variant(lambda delta, offset, alpha: -alpha * (delta.pow(2).sum(-1) - delta @ offset)),
            "Your head looks half way between itself and the offset: the factor 2 before the inner product is missing.",
        ),
        Misconception(
            "no_alpha",
            _offset_variant(lambda delta, offset, alpha: _right_score(delta, offset, 1.0)),
            "Your weights do not change with alpha. It multiplies the whole score.",
        ),
        Misconception(
            "alpha_in_one_part",
            _offset_variant(lambda delta, offset, alpha: -alpha * delta.pow(2).sum(-1) + 2 * delta @ offset),
            "alpha multiplies only the first part of your score. It stands before the bracket.",
        ),
        Misconception(
            "not_squared",
            _offset_variant(
                lambda delta, offset, alpha: -alpha * (delta.pow(2).sum(-1).add(1e-24).sqrt() - 2 * delta @ offset)
            ),
            "Your score has ‖δ‖ where the formula has ‖δ‖². Without the square it is no parabola and has no peak"
            " at the offset.",
        ),
        Misconception(
            "distance_not_squared",
            _offset_variant(lambda delta, offset, alpha: -alpha * (delta - offset).pow(2).sum(-1).add(1e-24).sqrt()),
            "Your score falls with the distance from the offset, and should fall with its square.",
        ),
        Misconception(
            "mean_over_coordinates",
            _offset_variant(lambda delta, offset, alpha: -alpha * (delta - offset).pow(2).mean(-1)),
            "Right on a line; in a picture your head is too blurred: the coordinates are averaged. A squared distance"
            " is their sum.",
        ),
        Misconception(
            "divided_by_alpha",
            _offset_variant(lambda delta, offset, alpha: _right_score(delta, offset, 1 / alpha)),
            "You divide by alpha: a larger one makes your head more blurred. It has to make it sharper.",
        ),
        Misconception(
            "alpha_outside",
            _offset_variant(
                lambda delta, offset, alpha: torch.softmax(_right_score(delta, offset, 1.0), -1) * alpha,
                lambda weights: weights,
            ),
            "alpha multiplies the weights, so they no longer sum to one. It belongs to the score, inside the softmax.",
        ),
        Misconception(
            "naive_softmax",
            _offset_variant(_right_score, lambda scores: scores.exp() / scores.exp().sum(-1, keepdim=True)),
            "Right while the scores are small. A place wanted far away, with a large alpha, makes scores above 88.7,"
            " and exp of those is infinite: nan. Let `torch.softmax` do it; it subtracts the largest score first.",
        ),
        Misconception(
            "naive_softmax_of_distance",
            _offset_variant(
                lambda delta, offset, alpha: -alpha * (delta - offset).pow(2).sum(-1),
                lambda scores: scores.exp() / scores.exp().sum(-1, keepdim=True),
            ),
            "Right while some key is near the place wanted. Where all are far, every exp becomes 0, and 0/0 is nan."
            " Let `torch.softmax` do it; it subtracts the largest score first.",
        ),
        Misconception(
            "offset_ignored",
            _offset_variant(lambda delta, offset, alpha: -alpha * delta.pow(2).sum(-1)),
            "Each query looks at its own place: the offset takes no part. (Or it stands in an inner product with the"
            " query's position: that is the same for every key, and a softmax does not notice it. It has to be δ.)",
        ),
        Misconception(
            "softmax_over_queries",
            _offset_variant(_right_score, lambda scores: torch.softmax(scores, dim=0)),
            "Your columns sum to one, not your rows: the softmax runs over the queries.",
        ),
        Misconception(
            "scores_returned",
            _offset_variant(_right_score, lambda scores: scores),
            "These are the scores, and they are right. The softmax that makes weights of them is missing.",
        ),
        Misconception(
            "turned",
            _offset_variant(_right_score, lambda scores: torch.softmax(scores, dim=-1).T),
            "The numbers are right, rows and columns are exchanged: one row for each query.",
        ),
    ),
    properties=(
        Property(
            "sums_to_one",
            lambda case, output: bool(((output["value"].sum(-1) - 1).abs() < 1e-4).all()),
            "The weights of each query sum to one.",
        ),
    ),
    hints=(
        "You need δ for every pair: a table (length_q, length_k, dim). `key_positions[None, :, :]` and"
        " `query_positions[:, None, :]` broadcast to that.",
        "‖δ‖² is `delta.pow(2).sum(dim=-1)`, and ⟨Δ, δ⟩ for all pairs at once is `delta @ offset`.",
        "`scores = -alpha * (delta.pow(2).sum(dim=-1) - 2 * delta @ offset)`, then a softmax over the last dimension.",
    ),
)


# ------------------------------------------------------------------------------------- 9 · equivariance


class _TokenByToken(nn.Module):
    """Treats every token alike: equivariant."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x @ self.weight)


class _RunningMean(_TokenByToken):
    """Looks back only: the order matters."""

    def forward(self, x: Tensor) -> Tensor:
        places = torch.arange(1, x.shape[1] + 1, dtype=x.dtype)
        return torch.tanh(x @ self.weight).cumsum(dim=1) / places[:, None]


class _FaintPlace(_TokenByToken):
    """Adds a very small number that depends on the place: the order matters a little."""

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight - 1e-4 * torch.arange(x.shape[1], dtype=x.dtype)[:, None] ** 2


class _LooksAround(_TokenByToken):
    """Self-attention without positions or mask: equivariant."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(x @ self.weight @ x.mT, dim=-1) @ x


class _PlaceAdded(_TokenByToken):
    """Adds a number that depends on the place: the order matters."""

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight - torch.arange(x.shape[1], dtype=x.dtype)[:, None] ** 2


def _equivariance_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    kinds = (_RunningMean, _TokenByToken, _PlaceAdded, _LooksAround, _RunningMean, _FaintPlace, _RunningMean)
    sizes = ((4, 3, 2, 5), (5, 3, 2, 4), (7, 5, 3, 2), (5, 4, 3, 3), (8, 6, 5, 2), (6, 5, 3, 2), (9, 7, 5, 2))
    for kind, (batch, length, d, d_out) in zip(kinds, sizes, strict=True):
        order = torch.arange(length).roll(1 + int(rng.integers(length - 2)))  # a cycle: never its own inverse
        if length > 3:
            order[:2] = order[:2].flip(0).clone()
        if kind in (_PlaceAdded, _FaintPlace):
            order = torch.arange(length).roll(-1)  # the largest difference is then below zero
        if torch.equal(order[order], torch.arange(length)):
            order = torch.arange(length).roll(1)
        # The first sentence counts little and the last still less, so that the largest gap lies between them.
        share = 2 * torch.sin(torch.linspace(0.1, math.pi - 0.03, batch))
        x, weight = normal(rng, batch, length, d) * share[:, None, None], normal(rng, d, d_out)
        inputs = {"function": kind(weight), "x": x, "order": order}
        about = "a function of " + {"_TokenByToken": "single tokens", "_RunningMean": "all tokens so far"}.get(
            kind.__name__, "all tokens, in no order" if kind is _LooksAround else "tokens and their places"
        )
        cases.append(Case(inputs, about, {"batch": batch, "length": length, "d": d}))
    return cases


def _judge_gap(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """Two gaps that are rounding only are the same, however large the one is against the other."""
    number = output.item() if isinstance(output, Tensor) and output.numel() == 1 and output.dim() == 0 else output
    if isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number - expected) < 1e-4:
        return None
    return compare(expected, output)


def _gap(function: Callable[[Tensor], Tensor], x: Tensor, order: Tensor) -> Tensor:
    return (function(x[:, order]) - function(x)[:, order]).abs()


EQUIVARIANCE_GAP = Exercise(
    id="attention.equivariance_gap",
    lesson="10",
    title="Does the output move with its token?",
    reference=attention.equivariance_gap,
    cases=_equivariance_cases,
    judge=_judge_gap,
    points=1,
    minutes=6,
    difficulty=2,
    misconceptions=(
        Misconception(
            "invariance",
            lambda function, x, order: float((function(x[:, order]) - function(x)).abs().max()),
            "You ask whether the outputs stay where they are: that would be invariance. An equivariant function moves"
            " each output with its token, so shuffle the outputs too before you compare.",
        ),
        Misconception(
            "input_not_shuffled",
            lambda function, x, order: float((function(x) - function(x)[:, order]).abs().max()),
            "The function never gets the shuffled tokens: you compare its outputs with themselves in another order.",
        ),
        Misconception(
            "shuffled_back",
            lambda function, x, order: float((function(x[:, order]) - function(x)[:, order.argsort()]).abs().max()),
            "You shuffle the outputs by the inverse order. Input and output have to be read in the same order.",
        ),
        Misconception(
            "sentences_shuffled",
            lambda function, x, order: float((function(x[order]) - function(x)[order]).abs().max()),
            "Your number is always 0: every function passes the test. That happens if the sentences of the batch, the"
            " first dimension, are shuffled, or if both sides are computed alike. Tokens are the second dimension.",
        ),
        Misconception(
            "mean_difference",
            lambda function, x, order: float(_gap(function, x, order).mean()),
            "You return the mean difference. One wrong token among many would hardly show: the largest is asked for.",
        ),
        Misconception(
            "sign_kept",
            lambda function, x, order: float((function(x[:, order]) - function(x)[:, order]).max()),
            "You take the largest difference with its sign, so one that is far below zero is not seen. Sizes are"
            " meant: absolute values.",
        ),
        Misconception(
            "norm",
            lambda function, x, order: float(_gap(function, x, order).norm()),
            "You add up the squares of all differences, so the number grows with the batch. The largest single"
            " difference is asked for.",
        ),
        Misconception(
            "first_sentence",
            lambda function, x, order: float(_gap(function, x, order)[0].max()),
            "Only the first sentence of the batch is compared. The gap is the largest over all of them.",
        ),
        Misconception(
            "yes_or_no",
            lambda function, x, order: bool(_gap(function, x, order).max() < 1e-5),
            "You answer yes or no. How large the gap is, a number, is asked for.",
        ),
    ),
    hints=(
        "There are two orders of doing things: shuffle, then apply the function; or apply it, then shuffle.",
        "`x[:, order]` shuffles the tokens of every sentence. The same works on the outputs.",
        "Subtract `function(x)[:, order]` from `function(x[:, order])`; `.abs().max().item()`.",
    ),
)

# ----------------------------------------------------------------------------------- 12 · strongest head


def _map_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for layers, heads, length in ((1, 2, 3), (3, 2, 4), (4, 3, 5), (3, 5, 7), (5, 4, 8)):
        query, key = (int(n) for n in rng.permutation(length)[:2])
        while True:  # until, in the larger cases, the plausible mistakes choose other heads
            weights = torch.softmax(normal(rng, layers, heads, length, length, std=2.0), dim=-1)
            looks, row = weights[:, :, query, key], weights[:, :, query].amax(dim=-1)
            right = _pair(looks)
            others = [_pair(row), _pair(weights.amax(dim=(2, 3))), _layer_then_head(looks)]
            if layers < 4 or (right not in others and len({*others}) == 3 and 0 < right[0] < layers - 1):
                break
        inputs = {"weights": weights, "query": query, "key": key}
        cases.append(Case(inputs, "random maps", {"layers": layers, "heads": heads, "length": length}))
    equal = torch.full((2, 3, 4, 4), 0.25)
    tied, unseen, close = equal.clone(), equal.clone(), equal.clone()
    tied[0, 1, 1, 2] = tied[1, 0, 1, 2] = 0.4
    unseen[:, :, 1, 2] = 0.0
    close[1, 1, 1, 2] += 2e-4
    maps = {"all equal": equal, "two equal": tied, "nobody looks": unseen, "nearly equal": close}
    for about, weights in maps.items():
        inputs = {"weights": weights, "query": 1, "key": 2}
        cases.append(Case(inputs, about, {"layers": 2, "heads": 3, "length": 4}))
    return cases


def _layer_then_head(looks: Tensor) -> tuple[int, int]:
    return int(looks.sum(dim=1).argmax()), int(looks.sum(dim=0).argmax())


def _pair(looks: Tensor) -> tuple[int, int]:
    layer, head = divmod(int(looks.argmax()), looks.shape[1])
    return layer, head


STRONGEST_HEAD = Exercise(
    id="attention.strongest_head",
    lesson="10",
    title="Which head looks there?",
    reference=attention.strongest_head,
    cases=_map_cases,
    points=1,
    minutes=5,
    difficulty=2,
    misconceptions=(
        Misconception(
            "query_and_key_swapped",
            lambda weights, query, key: _pair(weights[:, :, key, query]),
            "You read the maps the other way round: who of the others looks at the one who should look. Rows are"
            " queries, columns are keys.",
        ),
        Misconception(
            "head_before_layer",
            lambda weights, query, key: _pair(weights[:, :, query, key])[::-1],
            "The right head, but the pair is turned: first the layer, then the head.",
        ),
        Misconception(
            "flat_index",
            lambda weights, query, key: int(weights[:, :, query, key].argmax()),
            "`argmax` without a dimension counts through all entries, one row after the other. Layer and head are"
            " hidden in that one number.",
        ),
        Misconception(
            "divided_by_layers",
            lambda weights, query, key: divmod(int(weights[:, :, query, key].argmax()), weights.shape[0]),
            "You take the running number apart with the number of layers. A row has as many entries as there are"
            " heads.",
        ),
        Misconception(
            "last_layer_only",
            lambda weights, query, key: (len(weights) - 1, int(weights[-1, :, query, key].argmax())),
            "Only the last layer is searched. The head may stand in any of them.",
        ),
        Misconception(
            "first_layer_only",
            lambda weights, query, key: (0, int(weights[0, :, query, key].argmax())),
            "Only the first layer is searched. The head may stand in any of them.",
        ),
        Misconception(
            "mean_over_queries",
            lambda weights, query, key: _pair(weights.mean(dim=2)[:, :, key]),
            "You look for the head in which all tokens together look at the key. Only the row of the query counts.",
        ),
        Misconception(
            "sharpest_row",
            lambda weights, query, key: _pair(weights[:, :, query].amax(dim=-1)),
            "You take the head whose row has the largest weight anywhere. The weight on the key is asked for.",
        ),
        Misconception(
            "whole_map",
            lambda weights, query, key: _pair(weights.amax(dim=(2, 3))),
            "You take the head with the largest weight of its whole map. One entry of each map is asked for: the row"
            " of the query, the column of the key.",
        ),
        Misconception(
            "weakest_head",
            lambda weights, query, key: divmod(int(weights[:, :, query, key].argmin()), weights.shape[1]),
            "This is the head that looks there least.",
        ),
        Misconception(
            "layer_then_head",
            lambda weights, query, key: _layer_then_head(weights[:, :, query, key]),
            "You choose the layer and the head each for itself, from sums. The strongest layer need not hold the"
            " strongest head.",
        ),
        Misconception(
            "counted_from_one",
            lambda weights, query, key: tuple(n + 1 for n in _pair(weights[:, :, query, key])),
            "Your layer and head are both too large by one: they are counted from 0.",
        ),
    ),
    hints=(
        "First pick the one number that matters from every map: a table (layers, heads) is left.",
        "`weights[:, :, query, key]` is that table. `argmax` finds the place of its largest entry, as one number.",
        "`divmod(number, heads)` takes the number apart: the row, that is the layer, and the head within it.",
    ),
)

# ----------------------------------------------------------------------------------------------- registry


EXERCISES: tuple[Exercise, ...] = (
    QUERY_WEIGHTS,
    SELF_ATTENTION,
    CAUSAL_MASK,
    SCALED_DOT_PRODUCT,
    SPLIT_HEADS,
    MERGE_HEADS,
    MULTI_HEAD,
    AVERAGE_HEADS,
    EQUIVARIANCE_GAP,
    SINUSOIDAL,
    LEARNED,
    STRONGEST_HEAD,
    LOOK_AT_OFFSET,
)
