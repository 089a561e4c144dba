"""The exercises of lesson 15, graph attention: cases, known mistakes and what to say about them, hints.

Edges in the cases stand in a shuffled order, some twice, and some nodes receive nothing: whoever takes the list for
sorted, each edge for the only one, or each node for a receiver is found out. Wrong answers are made from the right one
by changing one step of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import graph_attention
from utils.checks.model import Case, Exercise, Misconception, Property, Told
from utils.checks.modules import changed, run_module
from utils.checks.tensors import (
    judge_tensors,
    normal,
    or_error,
    random_mask,
    strided,
    values_and_gradients,
)

INFINITY = float("inf")
LEAKY = 0.2
SATURATED = {"values only": True}  # a softmax that gives everything to one has gradients of rounding errors


def _edges(rng: np.random.Generator, nodes: int, count: int, blind: int | None = None) -> Tensor:
    """Shuffled edges; the first node sends to others often, `blind` receives nothing, and one edge stands there twice.

    At least one receiver has several edges, at least one of them comes late in the list.
    """
    receivers = [n for n in range(nodes) if n != blind]
    pairs = [(int(rng.integers(nodes)), receivers[int(rng.integers(len(receivers)))]) for _ in range(count - 3)]
    last = receivers[-1]
    others = [n for n in range(nodes) if n != last]
    a, b = (int(n) for n in rng.permutation(others)[:2]) if len(others) > 1 else (others[0], last)
    pairs = [(a, last), *pairs, (b, last), (a, last)]  # the first one once more, at the end
    return torch.tensor(pairs, dtype=torch.int64).T.contiguous()


def _sizes(**sizes: int) -> dict[str, int]:
    """Names for the sizes of a case with an edge list, whose 2 rows are none of them."""
    return {name: size for name, size in sizes.items() if size not in (0, 2)}


def _none() -> Tensor:
    return torch.zeros(2, 0, dtype=torch.int64)


def _mixed(scores: Tensor, edges: Tensor) -> bool:
    """Whether some receiver has a score clearly above zero and one clearly below.

    Else LeakyReLU only scales the scores of each neighbourhood, the receivers' part drops out of the softmax, and the
    gradient of v is zero on paper.
    """
    high, low = (set(edges[1][chosen].tolist()) for chosen in (scores > 0.05, scores < -0.05))
    return bool(high & low)


def _leaky(x: Tensor, slope: float = LEAKY) -> Tensor:
    return F.leaky_relu(x, slope)


def _few_edges(rng: np.random.Generator) -> Tensor:
    """Three edges among six nodes: a number of edges is no number of nodes."""
    a, b, c = (int(n) for n in rng.permutation(4)[:3])
    return torch.tensor([[a, b, c], [5, 5, 4]])


def _gradients_of_the_first(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """As `values_and_gradients`, with gradients of the first result only: nobody is told that others carry any."""
    kept: list[Any] = []

    def first(*given: Any) -> Any:
        kept.append(answer(*given))
        return kept[-1][0] if isinstance(kept[-1], (tuple, list)) and kept[-1] else kept[-1]

    return {**values_and_gradients(first, inputs, case), "value": kept[-1]}


def _values_if_no_gradients(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """As `values_and_gradients`; an answer whose own backward pass fails is judged by its numbers.

    `scatter_add` takes an index that is narrower than the messages, adds the first column, and has no gradient.
    """
    before = {name: v.clone() if isinstance(v, Tensor) else v for name, v in inputs.items()}
    try:
        return values_and_gradients(answer, inputs, case)
    except RuntimeError as error:
        if "invalid gradient" not in str(error):
            raise
    with torch.no_grad():
        return {"value": answer(*before.values()), "gradients": {}}


# ------------------------------------------------------------------------------------------------------ 1 · one edge


def _score_case(rng: np.random.Generator, d_in: int, d_out: int, sign: int, about: str, **more: Any) -> Case:
    """An edge whose total, before LeakyReLU, has the wanted sign and is not small."""
    sender, receiver, weight = normal(rng, d_in), normal(rng, d_in), normal(rng, d_out, d_in)
    u, v = normal(rng, d_out), normal(rng, d_out)
    total = u @ (weight @ sender) + v @ (weight @ receiver)
    if float(total) * sign < 0:
        u, v = -u, -v
    inputs: dict[str, Any] = {"sender": sender, "receiver": receiver, "weight": weight, "u": u, "v": v}
    return Case({**inputs, **more}, about, {"d_in": d_in, "d_out": d_out})


def _score_cases(rng: np.random.Generator) -> list[Case]:
    hand = {
        "sender": torch.tensor([1.0, 2.0]),
        "receiver": torch.tensor([3.0, 0.0]),
        "weight": torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
        "u": torch.tensor([1.0, 0.0, 1.0]),
        "v": torch.tensor([-2.0, 1.0, -1.0]),
    }
    double = _score_case(rng, 5, 3, -1, "float64")
    apart = {name: strided(value) for name, value in _score_case(rng, 4, 6, -1, "").inputs.items()}
    return [
        Case(hand, "the numbers of the text", {"d_in": 2, "d_out": 3}),
        _score_case(rng, 3, 2, 1, "a positive score"),
        _score_case(rng, 2, 5, -1, "a negative score"),
        _score_case(rng, 4, 1, -1, "one output", slope=0.01),
        _score_case(rng, 1, 3, 1, "one input"),
        _score_case(rng, 5, 4, -1, "another slope", slope=0.5),
        Case({name: value.double() for name, value in double.inputs.items()}, "float64", double.sizes),
        Case(apart, "tensors that do not lie in one piece", {"d_in": 4, "d_out": 6}),
    ]


def _score_variant(
    finish: Callable[[Tensor, float], Tensor] = _leaky,
    join: Callable[..., Tensor] = lambda i, t, u, v: u @ i + v @ t,
    project: Callable[[Tensor, Tensor], Tensor] = lambda weight, h: weight @ h,
    slope_used: bool = True,
    bends: bool = False,
) -> Callable[..., Tensor]:
    def answer(sender: Tensor, receiver: Tensor, weight: Tensor, u: Tensor, v: Tensor, slope: float = LEAKY) -> Tensor:
        more = (slope,) if bends else ()
        total = join(project(weight, sender), project(weight, receiver), u, v, *more)
        return finish(total, slope if slope_used else LEAKY)

    return answer


EDGE_SCORE = Exercise(
    id="graph_attention.edge_score",
    lesson="15",
    title="The score of one edge",
    reference=graph_attention.edge_score,
    cases=_score_cases,
    run=values_and_gradients,
    judge=judge_tensors("score"),
    points=1,
    minutes=6,
    difficulty=1,
    misconceptions=(
        Misconception(
            "sides_exchanged",
            _score_variant(join=lambda i, t, u, v: u @ t + v @ i),
            "Sender and receiver have changed places: u belongs to the node that is looked at, v to the one that looks."
            " An edge read backwards is another edge.",
        ),
        Misconception(
            "no_leaky",
            _score_variant(finish=lambda total, slope: total),
            "Right where the sum is positive, too far below zero where it is negative: the last step is missing, the"
            " LeakyReLU.",
        ),
        Misconception(
            "relu",
            _score_variant(finish=lambda total, slope: total.relu()),
            "Where the sum is negative you return 0: that is a plain ReLU. The leaky one keeps a share of a negative"
            " number.",
        ),
        Misconception(
            "slope_ignored",
            _score_variant(slope_used=False),
            "Right with the slope 0.2, wrong with another one: the argument `slope` takes no part.",
        ),
        Misconception(
            "torch_default_slope",
            _score_variant(finish=lambda total, slope: F.leaky_relu(total)),
            "Negative scores come out as 0.01 of the sum: that is the slope torch's LeakyReLU has when it is told"
            " none. Here it is the argument `slope`.",
        ),
        Misconception(
            "another_default",
            lambda sender, receiver, weight, u, v, slope=0.01: _score_variant()(sender, receiver, weight, u, v, slope),
            "Right wherever a slope is given; where none is, 0.2 is meant, and another number stands in your first"
            " line.",
        ),
        Misconception(
            "not_summed",
            _score_variant(join=lambda i, t, u, v: u * i + v * t),
            "You return d_out numbers, products of u and v with the projected vectors. A score is one number: their"
            " sum is missing.",
        ),
        Misconception(
            "slope_on_the_positive",
            _score_variant(finish=lambda total, slope: torch.where(total > 0, slope * total, total)),
            "The slope falls on the wrong side: positive sums are made smaller, negative ones are left as they are.",
        ),
        Misconception(
            "slope_everywhere",
            _score_variant(finish=lambda total, slope: slope * total),
            "Right where the sum is negative; but positive sums are made smaller as well. Those stay as they are.",
        ),
        Misconception(
            "leaky_on_each_side",
            _score_variant(
                join=lambda i, t, u, v, slope: _leaky(u @ i, slope) + _leaky(v @ t, slope),
                finish=lambda total, slope: total,
                bends=True,
            ),
            "Each side passes the LeakyReLU by itself, and then they are added. The sum of both comes first, so that"
            " the two sides can make up for each other.",
        ),
        Misconception(
            "leaky_before_u",
            _score_variant(
                join=lambda i, t, u, v, slope: u @ _leaky(i, slope) + v @ _leaky(t, slope),
                finish=lambda total, slope: total,
                bends=True,
            ),
            "The LeakyReLU bends the projected vectors, before u and v come in. Here it bends one number, the sum, at"
            " the end.",
        ),
        Misconception(
            "exponential",
            _score_variant(finish=lambda total, slope: _leaky(total, slope).exp()),
            "You return the exponential of the score. That step belongs to the softmax, which comes with the"
            " neighbourhood.",
        ),
        Misconception(
            "receiver_forgotten",
            _score_variant(join=lambda i, t, u, v: u @ i),
            "The receiver takes no part: only the sender is projected and weighed. Both ends of the edge count.",
        ),
        Misconception(
            "sender_forgotten",
            _score_variant(join=lambda i, t, u, v: v @ t),
            "The sender takes no part: only the receiver is projected and weighed. Both ends of the edge count.",
        ),
        Misconception(
            "same_vector_twice",
            _score_variant(join=lambda i, t, u, v: u @ i + u @ t),
            "Both ends are weighed with u. The receiver has a vector of its own, v.",
        ),
        Misconception(
            "dot_product",
            _score_variant(join=lambda i, t, u, v: (u * i) @ (v * t)),
            "The two ends are multiplied with each other, as query and key would be. In this score they are added.",
        ),
    ),
    hints=(
        "Three steps: project both nodes with the same matrix, make one number of each, add and bend.",
        "`weight @ sender` is W h_i, of shape (d_out,). With `u @` before it, a single number is left.",
        "`F.leaky_relu(u @ (weight @ sender) + v @ (weight @ receiver), slope)`.",
    ),
)

# -------------------------------------------------------------------------------------------------- 2 · as a table


def _table_case(
    rng: np.random.Generator, nodes: int, d_in: int, d_out: int, about: str, std: float = 1.0, **more: Any
) -> Case:
    while True:
        inputs: dict[str, Any] = {
            "x": normal(rng, nodes, d_in, std=std),
            "weight": normal(rng, d_out, d_in),
            "u": normal(rng, d_out),
            "v": normal(rng, d_out),
            "mask": random_mask(rng, nodes, nodes),
        }
        inputs |= more
        hidden, edges = inputs["x"] @ inputs["weight"].T, inputs["mask"].nonzero().T.flip(0)
        if edges.shape[1] < 2 or _mixed((hidden @ inputs["u"])[edges[0]] + (hidden @ inputs["v"])[edges[1]], edges):
            return Case(inputs, about, {"nodes": nodes, "d_in": d_in, "d_out": d_out})


def _far_below() -> dict[str, Any]:
    """Two receivers have scores below −400,000 only, far below the others'; one of them has strangers above its own.

    Whoever gives strangers −10,000, or takes one largest score off the table, loses their neighbours.
    """
    return {
        "x": torch.tensor([[-1.0], [1.0], [-1.001]]),
        "weight": torch.tensor([[1000.0], [2000.0], [-1000.0], [3000.0]]),
        "u": torch.tensor([1000.0, 0.0, 0.0, 0.0]),
        "v": torch.tensor([3000.0, 0.0, 0.0, 0.0]),
        "mask": torch.tensor([[True, True, True], [True, True, False], [True, False, False]]),
    }


def _table_cases(rng: np.random.Generator) -> list[Case]:
    lonely = random_mask(rng, 5, 5)
    lonely[3] = False
    full = torch.ones(4, 4, dtype=torch.bool)
    double = _table_case(rng, 6, 3, 2, "float64")
    loud = _table_case(rng, 7, 2, 3, "very large scores", std=60.0)
    doubled = {name: v.double() if v.is_floating_point() else v for name, v in double.inputs.items()}
    return [
        _table_case(rng, 3, 2, 4, "three nodes"),
        _table_case(rng, 1, 3, 2, "a graph of one node", mask=torch.ones(1, 1, dtype=torch.bool)),
        _table_case(rng, 4, 5, 3, "everybody sees everybody", mask=full, slope=0.2),
        _table_case(rng, 5, 3, 2, "one node may look at nobody", mask=lonely),
        _table_case(rng, 6, 4, 1, "another slope", slope=0.6),
        Case(loud.inputs, loud.about, loud.sizes, SATURATED),
        Case(
            _far_below(),
            "neighbours whose scores lie far below zero; node 0 may look at all, node 1 at 0 and 1, node 2 at 0",
            {"nodes": 3, "d_out": 4},
            SATURATED,
        ),
        Case(doubled, "float64", double.sizes),
        _table_case(rng, 2, 4, 3, "nobody sees anybody", mask=torch.zeros(2, 2, dtype=torch.bool)),
    ]


def _table_variant(
    sides: Callable[[Tensor, Tensor], Tensor] = lambda sent, received: sent[None, :] + received[:, None],
    bend: Callable[[Tensor, float], Tensor] = _leaky,
    hide: Callable[[Tensor, Tensor], Tensor] = lambda scores, mask: scores.masked_fill(~mask, -INFINITY),
    soften: Callable[[Tensor], Tensor] = lambda scores: torch.softmax(scores, dim=1),
    finish: Callable[[Tensor, Tensor], Tensor] = lambda weights, mask: weights.masked_fill(~mask, 0.0),
) -> Callable[..., Tensor]:
    def answer(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = LEAKY) -> Tensor:
        hidden = x @ weight.T
        scores = bend(sides(hidden @ u, hidden @ v), slope)
        return finish(soften(hide(scores, mask)), mask)

    return answer


def _as_is(first: Tensor, second: Any) -> Tensor:
    return first


def _naive(scores: Tensor) -> Tensor:
    return scores.exp() / scores.exp().sum(dim=1, keepdim=True)


def _by_powers(top: Callable[[Tensor, Tensor], Tensor | float]) -> Callable[..., Tensor]:
    """Exponentials, strangers out, divided by their sum, after `top` is taken off."""

    def answer(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = LEAKY) -> Tensor:
        hidden = x @ weight.T
        scores = _leaky((hidden @ u)[None, :] + (hidden @ v)[:, None], slope)
        powers = (scores - top(scores, mask)).exp() * mask
        sums = powers.sum(1, keepdim=True)
        return torch.where(sums > 0, powers / sums, torch.zeros_like(powers))

    return answer


def _renormalised(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = LEAKY) -> Tensor:
    shares = _table_variant(hide=_as_is, finish=lambda weights, mask: weights * mask)(x, weight, u, v, mask, slope)
    return (shares / shares.sum(1, keepdim=True)).nan_to_num(0.0)


NEIGHBOURHOOD_WEIGHTS = Exercise(
    id="graph_attention.neighbourhood_weights",
    lesson="15",
    title="All weights of a graph, as a table",
    reference=graph_attention.neighbourhood_weights,
    cases=_table_cases,
    run=values_and_gradients,
    judge=judge_tensors("weights", floor=1e-5),
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "sides_exchanged",
            _table_variant(sides=lambda sent, received: sent[:, None] + received[None, :]),
            "u stands with the rows and v with the columns; rows are receivers here, and u belongs to the sender. The"
            " mask is read rightly.",
        ),
        Misconception(
            "turned",
            lambda x, weight, u, v, mask, slope=LEAKY: _table_variant()(x, weight, u, v, mask, slope).T,
            "The numbers are right, rows and columns are exchanged: one row for each receiver.",
        ),
        Misconception(
            "softmax_over_receivers",
            _table_variant(soften=lambda scores: torch.softmax(scores, dim=0)),
            "Your columns share out the one, not your rows: the softmax runs over the receivers. Each receiver divides"
            " its attention among the nodes it may look at.",
        ),
        Misconception(
            "softmax_over_all_edges",
            _table_variant(soften=lambda scores: torch.softmax(scores.flatten(), dim=0).view_as(scores)),
            "All weights of the table together sum to one. Each neighbourhood has a softmax of its own.",
        ),
        Misconception(
            "no_leaky",
            _table_variant(bend=_as_is),
            "The LeakyReLU is missing. Look what follows from that: the receiver adds the same number to all scores of"
            " its row, and a softmax does not notice it.",
        ),
        Misconception(
            "relu",
            _table_variant(bend=lambda scores, slope: scores.relu()),
            "All neighbours with a negative score get the same weight: that is a plain ReLU. The leaky one still tells"
            " them apart.",
        ),
        Misconception(
            "slope_ignored",
            _table_variant(bend=lambda scores, slope: _leaky(scores)),
            "Right with the slope 0.2, wrong with another one: the argument `slope` takes no part.",
        ),
        Misconception(
            "receiver_forgotten",
            _table_variant(sides=lambda sent, received: sent[None, :].expand(len(sent), -1)),
            "The receiver has no say: receivers with the same neighbours get the same weights. Either its number is"
            " not added, or it is bent apart from the sender's, and then it is the same in the whole row and the"
            " softmax drops it. Bend the sum of both.",
        ),
        Misconception(
            "torch_default_slope",
            _table_variant(bend=lambda scores, slope: F.leaky_relu(scores)),
            "Your negative scores are 0.01 of the sum: that is the slope torch's LeakyReLU has when it is told none."
            " Here it is the argument `slope`.",
        ),
        Misconception(
            "another_default",
            lambda x, weight, u, v, mask, slope=0.01: _table_variant()(x, weight, u, v, mask, slope),
            "Right wherever a slope is given; where none is, 0.2 is meant, and another number stands in your first"
            " line.",
        ),
        Misconception(
            "renormalised_after_softmax",
            _renormalised,
            "Right for small scores. Strangers are thrown out late in yours, after a softmax over everybody, or after"
            " the largest score of the row was looked for. Where a stranger's score is far above the neighbours',"
            " nothing is left of them. Strangers go out first.",
        ),
        Misconception(
            "nothing_taken_off",
            _by_powers(lambda scores, mask: 0.0),
            "Right for small scores, but exp of a number above 88 is infinite in float32, and of one far below zero"
            " it is 0. Take each row's largest score, among the neighbours, off first, or let PyTorch do it.",
        ),
        Misconception(
            "one_maximum",
            _by_powers(lambda scores, mask: scores.max()),
            "You take one largest score off the whole table. A receiver whose own scores lie far below it is left with"
            " 0 divided by 0. Each row needs its own.",
        ),
        Misconception(
            "loops_for_the_lonely",
            lambda x, weight, u, v, mask, slope=LEAKY: _table_variant()(
                x, weight, u, v, mask | torch.diag(~mask.any(1)), slope
            ),
            "All right but one thing: a node that may look at nobody looks at itself in yours. The mask says it all:"
            " zeros are due.",
        ),
        Misconception(
            "mask_ignored",
            _table_variant(hide=_as_is, finish=_as_is),
            "Every node looks at every node: the mask takes no part.",
        ),
        Misconception(
            "mask_turned",
            lambda x, weight, u, v, mask, slope=LEAKY: _table_variant()(x, weight, u, v, mask.T, slope),
            "The mask is read with senders as rows. Its rows are receivers: row t says whom t may look at.",
        ),
        Misconception(
            "mask_inverted",
            _table_variant(
                hide=lambda scores, mask: scores.masked_fill(mask, -INFINITY),
                finish=lambda weights, mask: weights.masked_fill(mask, 0.0),
            ),
            'Your nodes look exactly where they may not: True means "may look", and `masked_fill` fills where its'
            " argument is True.",
        ),
        Misconception(
            "mask_after_softmax",
            _table_variant(hide=_as_is),
            "The rows do not sum to one: the softmax has shared out among all nodes before the mask took some away."
            " Strangers must be out before the sharing.",
        ),
        Misconception(
            "zero_score_for_strangers",
            _table_variant(hide=lambda scores, mask: scores.masked_fill(~mask, 0.0)),
            "The rows do not sum to one: a stranger's score is set to 0, and exp(0) = 1 takes a share. Which score has"
            " the exponential 0?",
        ),
        Misconception(
            "nan_for_the_lonely",
            _table_variant(finish=_as_is),
            "All right but one thing: a node that may look at nobody gets nan, 0 divided by 0. It should get zeros.",
        ),
        Misconception(
            "even_for_the_lonely",
            _table_variant(hide=lambda scores, mask: scores.masked_fill(~mask, -1e30), finish=_as_is),
            "All right but one thing: a node that may look at nobody looks at all alike. It should get zeros.",
        ),
        Misconception(
            "looks_at_itself",
            lambda x, weight, u, v, mask, slope=LEAKY: _table_variant()(
                x, weight, u, v, mask | torch.eye(len(x), dtype=torch.bool), slope
            ),
            "Your nodes look at themselves even where the mask says no. Self-loops are a choice; whoever wants them"
            " puts them into the mask.",
        ),
        Misconception(
            "no_softmax",
            _table_variant(soften=lambda scores: scores),
            "You return the scores of the neighbours; the softmax that makes weights of them is missing.",
        ),
        Misconception(
            "naive_softmax",
            _table_variant(soften=_naive),
            "Right for small scores, but large ones give nan: exp of a number above 88 is infinite in float32. Take the"
            " largest score of each row off first, or let PyTorch do it.",
        ),
    ),
    properties=(
        Property(
            "rows_sum_to_one",
            lambda case, output: (
                case.extra == SATURATED
                or bool(((output["value"].sum(1) - case.inputs["mask"].any(dim=1).float()).abs() < 1e-4).all())
            ),
            "Each row sums to one, or to zero if its node may look at nobody.",
        ),
    ),
    hints=(
        "The score of an edge is a number of the sender plus a number of the receiver. Compute both numbers for all"
        " nodes first: two vectors of shape (nodes,).",
        "A vector as a row, `[None, :]`, plus a vector as a column, `[:, None]`, gives the table of all sums. Then"
        " LeakyReLU, `masked_fill` with −∞ where the mask is False, softmax, and zeros where the mask is False.",
        "`scores = F.leaky_relu((hidden @ u)[None, :] + (hidden @ v)[:, None], slope)` with `hidden = x @ weight.T`.",
    ),
)

# ---------------------------------------------------------------------------------------------- 3 · softmax in a list


def _softmax_case(
    rng: np.random.Generator, nodes: int, count: int, about: str, heads: int = 0, std: float = 1.5, **kinds: Any
) -> Case:
    edges = _edges(rng, nodes, count, kinds.get("blind"))
    shape = (count, heads) if heads else (count,)
    inputs = {"scores": normal(rng, *shape, std=std), "receivers": edges[1].contiguous(), "nodes": nodes}
    return Case(inputs, about, _sizes(edges=count, nodes=nodes, heads=heads))


def _very_low(rng: np.random.Generator) -> dict[str, Any]:
    """Scores far below any number that stands for minus infinity half-heartedly, such as −1000.

    They lie a hundred apart, so that each receiver gives all to one edge, and no rounding shows.
    """
    ranks = torch.tensor(rng.permutation(7))
    return {"scores": -2_000_000.0 - 100.0 * ranks, "receivers": torch.tensor([2, 0, 1, 2, 1, 0, 2]), "nodes": 3}


def _softmax_cases(rng: np.random.Generator) -> list[Case]:
    hand = {"scores": torch.tensor([0.0, 5.0, math.log(3.0)]), "receivers": torch.tensor([1, 0, 1]), "nodes": 2}
    far = _softmax_case(rng, 4, 9, "scores of very different size from node to node", 0)
    lift = torch.tensor([300.0, -300.0, 0.0, 900.0])
    far_inputs = {**far.inputs, "scores": far.inputs["scores"] + lift[far.inputs["receivers"]]}
    double = _softmax_case(rng, 6, 11, "float64, three heads", 3, blind=2)
    low = _softmax_case(rng, 3, 7, "all scores far below zero", 2)
    loud = _softmax_case(rng, 5, 12, "very large scores", 4, std=300.0)
    return [
        Case(hand, "the numbers of the text", {"edges": 3, "nodes": 2}),
        _softmax_case(rng, 4, 7, "two heads", 2),
        _softmax_case(rng, 6, 10, "a node that receives nothing", 0, blind=3),
        _softmax_case(rng, 7, 5, "the last node receives nothing", 3, blind=6),
        Case({"scores": torch.zeros(0), "receivers": torch.zeros(0, dtype=torch.int64), "nodes": 3}, "no edge at all"),
        Case(
            {"scores": normal(rng, 1, 2), "receivers": torch.tensor([0]), "nodes": 1},
            "one node, one edge",
            extra=SATURATED,
        ),
        Case(loud.inputs, loud.about, loud.sizes, SATURATED),
        Case(far_inputs, far.about, far.sizes, SATURATED),
        Case({**low.inputs, "scores": low.inputs["scores"] - 400.0}, low.about, low.sizes, SATURATED),
        Case(_very_low(rng), "all scores below minus two million", {"edges": 7, "nodes": 3}, SATURATED),
        Case({**double.inputs, "scores": double.inputs["scores"].double()}, double.about, double.sizes),
        Case(
            {"scores": strided(normal(rng, 8, 3)), "receivers": torch.tensor([4, 0, 1, 4, 1, 4, 0, 1]), "nodes": 5},
            "scores that do not lie in one piece",
            {"edges": 8, "heads": 3, "nodes": 5},
        ),
    ]


def _by_receiver(scores: Tensor, receivers: Tensor, nodes: int, one: Callable[[Tensor], Tensor]) -> Tensor:
    """`one` applied to the scores of each receiver."""
    out = torch.zeros_like(scores)
    for t in range(nodes):
        chosen = receivers == t
        if chosen.any():
            out = out.index_put((chosen.nonzero()[:, 0],), one(scores[chosen]))
    return out


def _summed(powers: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    return powers.new_zeros((nodes, *powers.shape[1:])).index_add(0, receivers, powers)


def _list_softmax(
    shift: Callable[[Tensor, Tensor, int], Tensor | float],
    total: Callable[[Tensor, Tensor, int], Tensor | float] = lambda p, r, n: _summed(p, r, n)[r],
) -> Callable[..., Tensor]:
    def answer(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
        powers = (scores - shift(scores, receivers, nodes)).exp()
        return powers / total(powers, receivers, nodes)

    return answer


def _tops(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    return _by_receiver(scores.detach(), receivers, nodes, lambda s: s.amax(0, keepdim=True).expand_as(s))


def _last_power(powers: Tensor, receivers: Tensor, nodes: int, dtype: torch.dtype | None = None) -> Tensor:
    sums = powers.new_zeros((nodes, *powers.shape[1:]), dtype=dtype)
    sums[receivers] += powers
    return sums[receivers]


def _softmax_of_sorted(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    order = receivers.argsort(stable=True)
    return _by_receiver(scores[order], receivers[order], nodes, lambda s: s.softmax(0))


def _softmax_of_runs(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    parts, start = [scores[:0]], 0
    for end in range(1, len(scores) + 1):
        if end == len(scores) or receivers[end] != receivers[start]:
            parts.append(scores[start:end].softmax(0))
            start = end
    return torch.cat(parts)


def _softmax_over_table(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    return _list_softmax(_tops, lambda p, r, n: _summed(p, r, n)[r] + (n - torch.bincount(r, minlength=n))[r].view(
        -1, *[1] * (p.dim() - 1)))(scores, receivers, nodes)  # fmt: skip


def _heads_together(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    return _by_receiver(scores, receivers, nodes, lambda s: s.flatten().softmax(0).view_as(s))


def _sums_over_heads(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    powers = (scores - _tops(scores, receivers, nodes)).exp()
    sums = _summed(powers, receivers, nodes)[receivers]
    return powers / (sums if powers.dim() == 1 else sums.sum(1, keepdim=True))


def _float32_only(answer: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The answer collects in `torch.zeros(...)`, which is float32: torch refuses to add float64 to it."""

    def limited(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
        if scores.dtype == torch.float64:
            raise RuntimeError("float32 meets float64")
        return answer(scores, receivers, nodes)

    return limited


_MAXIMA_FROM_ZERO = _list_softmax(lambda s, r, n: _tops(s, r, n).clamp(min=0.0))
_SUMS_OVERWRITTEN = _list_softmax(_tops, _last_power)
_SUMS_OVERWRITTEN_FLOAT32 = _list_softmax(_tops, lambda p, r, n: _last_power(p, r, n, torch.float32))


def _over_heads(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    if scores.dim() == 1:
        return _by_receiver(scores, receivers, nodes, lambda s: s.softmax(0))
    return scores.softmax(-1)


EDGE_SOFTMAX = Exercise(
    id="graph_attention.edge_softmax",
    lesson="15",
    title="Softmax along a list of edges",
    reference=graph_attention.edge_softmax,
    cases=_softmax_cases,
    run=values_and_gradients,
    judge=judge_tensors("weights", floor=1e-5),
    points=3,
    minutes=20,
    difficulty=3,
    misconceptions=(
        Misconception(
            "over_all_edges",
            lambda scores, receivers, nodes: torch.softmax(scores, dim=0),
            "All edges of the list share one sum: the weights of the whole graph together give one. Each receiver has"
            " a softmax of its own.",
        ),
        Misconception(
            "over_heads",
            _over_heads,
            "With heads your rows sum to one: for each edge, its heads compete. Each head has to share among the edges"
            " of a receiver.",
        ),
        Misconception(
            "over_the_last_dimension",
            lambda scores, receivers, nodes: scores.softmax(-1),
            "Your softmax runs over the last dimension: with heads, an edge's heads compete with each other; without,"
            " all edges of the graph do. Each head shares among the edges of one receiver.",
        ),
        Misconception(
            "sums_over_heads",
            _sums_over_heads,
            "With heads, the exponentials of all heads go into one sum. Each head divides by a sum of its own.",
        ),
        Misconception(
            "heads_together",
            _heads_together,
            "With heads, the edges of a receiver sum to one over all heads together. Each head shares by itself.",
        ),
        Misconception(
            "mean_instead_of_sum",
            _list_softmax(
                _tops,
                lambda p, r, n: (
                    _summed(p, r, n)[r] / torch.bincount(r, minlength=n)[r].view(-1, *[1] * (p.dim() - 1)).to(p.dtype)
                ),
            ),
            "The weights of a receiver sum to the number of its edges: you divide by the mean of the exponentials, not"
            " by their sum.",
        ),
        Misconception(
            "no_normaliser",
            _list_softmax(_tops, lambda p, r, n: 1.0),
            "Each receiver's largest weight is exactly 1, whatever the others are: the division by the sum is missing.",
        ),
        Misconception(
            "sums_overwritten",
            _SUMS_OVERWRITTEN,
            "The sum of a receiver holds one of its exponentials only: `sums[receivers] += …` keeps one where a number"
            " comes twice. `index_add` adds all.",
        ),
        Misconception(
            "sums_overwritten_in_float32",
            _SUMS_OVERWRITTEN_FLOAT32,
            "Two things. The sum of a receiver holds one of its exponentials only: `sums[receivers] += …` keeps one"
            " where a number comes twice; `index_add` adds all. And of float64 scores half the digits are"
            " lost: a tensor made without `dtype=scores.dtype` is float32.",
        ),
        Misconception(
            "no_exponential",
            lambda scores, receivers, nodes: scores / _summed(scores, receivers, nodes)[receivers],
            "Each score is divided by the sum of scores: the exponential is missing. A score of 0 gets nothing"
            " in yours; in a softmax everybody gets a share.",
        ),
        Misconception(
            "not_shifted",
            _list_softmax(lambda s, r, n: 0.0),
            "Right for small scores; large ones give nan (exp overflows) and far negative ones too (0 divided by 0)."
            " Take each receiver's largest score off before the exponential.",
        ),
        Misconception(
            "shifted_by_one_maximum",
            _list_softmax(lambda s, r, n: s.detach().max() if len(s) else 0.0),
            "You take the largest score of the whole graph off. A receiver whose own scores lie far below it is left"
            " with 0 divided by 0. Each receiver needs its own largest score.",
        ),
        Misconception(
            "shifted_by_the_maximum_over_edges",
            _list_softmax(lambda s, r, n: s.detach().amax(0, keepdim=True) if len(s) else 0.0),
            "You take one number a head off, its largest score among all edges. A receiver whose own scores lie far"
            " below is left with 0 divided by 0.",
        ),
        Misconception(
            "one_maximum_and_no_empty_list",
            _list_softmax(lambda s, r, n: s.detach().max()),
            "Two things. You take the largest score of the whole graph off: a receiver whose own scores lie far below"
            " it is left with 0 divided by 0, so each receiver needs its own largest score. And there may be no edge"
            " at all: the largest of nothing is an error.",
        ),
        Misconception(
            "a_maximum_a_head_and_no_empty_list",
            _list_softmax(lambda s, r, n: s.detach().amax(0, keepdim=True)),
            "Two things. You take one number a head off, its largest score among all edges: a receiver whose own"
            " scores lie far below it is left with 0 divided by 0. And there may be no edge at all: the largest of"
            " nothing is an error.",
        ),
        Misconception(
            "no_empty_list",
            lambda scores, receivers, nodes: _list_softmax(_tops)(scores, receivers, nodes) + 0 * scores.detach().max(),
            "All right but one thing: the graph may have no edge at all, and your code fails then. The largest of"
            " nothing, or a stack of nothing, is an error; the weights of no edges are an empty tensor.",
        ),
        Misconception(
            "shifted_from_zero",
            _MAXIMA_FROM_ZERO,
            "All right but one thing: where all scores of a receiver lie far below zero, you get 0 divided by 0. The"
            " largest scores were collected in a tensor of zeros, so 0 won. Begin with something that every score"
            " beats.",
        ),
        Misconception(
            "shifted_from_zero_in_float32",
            _float32_only(_MAXIMA_FROM_ZERO),
            "Two things. Where all scores of a receiver lie far below zero, you get 0 divided by 0: the largest scores"
            " were collected in a tensor of zeros, so 0 won. Begin with something that every score beats. And float64"
            " scores end in an error: a tensor made without `dtype=scores.dtype` is float32.",
        ),
        Misconception(
            "shifted_from_a_finite_number",
            _list_softmax(lambda s, r, n: _tops(s, r, n).clamp(min=-1e4)),
            "All right but one thing: where all scores of a receiver lie below some number, you get 0 divided by 0. The"
            " largest scores were collected in a tensor that begins at this number, so it won. Only −∞ is below every"
            " score.",
        ),
        Misconception(
            "counted",
            lambda scores, receivers, nodes: _by_receiver(scores, receivers, nodes, lambda s: s * 0 + 1 / len(s)),
            "All edges of a receiver get the same weight: the scores take no part.",
        ),
        Misconception(
            "clamped",
            _list_softmax(lambda s, r, n: s - s.clamp(-80.0, 80.0)),
            "Small scores come out right; of the large ones several become equal, because all beyond a limit are cut"
            " down to it. Shift the scores, do not cut them.",
        ),
        Misconception(
            "sorted_output",
            _softmax_of_sorted,
            "The numbers are right, and in another order: sorted by receiver. Weight e has to belong to edge e of the"
            " list as it was given.",
        ),
        Misconception(
            "runs_only",
            _softmax_of_runs,
            "You take edges with the same receiver for neighbours in the list. They may stand anywhere in it.",
        ),
        Misconception(
            "empty_places_count",
            _softmax_over_table,
            "The weights of a receiver sum to less than one: nodes without an edge to it take a share, each with"
            " exp(0) = 1. Only the edges in the list count.",
        ),
        Misconception(
            "log_softmax",
            lambda scores, receivers, nodes: _by_receiver(scores, receivers, nodes, lambda s: s.log_softmax(0)),
            "Your numbers are the logarithms of the weights.",
        ),
        Misconception(
            "sums_returned",
            _list_softmax(_tops, lambda p, r, n: p / _summed(p, r, n)[r]),
            "For every edge you return its receiver's sum of exponentials. The edge's own exponential is to be divided"
            " by it.",
        ),
    ),
    properties=(
        Property(
            "shares",
            lambda case, output: not bool(((output["value"] < 0) | (output["value"] > 1 + 1e-4)).any()),  # nor is nan
            "Every weight lies between 0 and 1.",
        ),
    ),
    hints=(
        "A softmax is a shift, an exponential, a sum and a division. Here shift and sum are taken for each receiver:"
        " collect them in a tensor with one row a node, then hand them back to the edges with `[receivers]`.",
        "Sums: `torch.zeros(…).index_add(0, receivers, powers)`. Largest scores: `scatter_reduce(0, places, scores,"
        ' "amax")` on a tensor full of −∞, where `places` has the shape of the scores and says to which row each'
        " belongs. (A loop over the nodes with `receivers == t` is right too, only slow.)",
        "`powers = torch.exp(scores - largest[receivers])`, `totals = torch.zeros_like(largest).index_add(0, receivers,"
        " powers)`, and the weights are `powers / totals[receivers]`.",
    ),
)

# ------------------------------------------------------------------------------------------------------ 4 · collecting


def _collect_case(
    rng: np.random.Generator, nodes: int, count: int, d: int, about: str, heads: int = 0, blind: int | None = None
) -> Case:
    middle = (heads,) if heads else ()
    edges = _edges(rng, nodes, count, blind) if count else _none()
    signs = torch.where(torch.arange(count) % 3 == 1, -1.0, 1.0).view(-1, *[1] * len(middle))  # weights are any numbers
    inputs = {
        "values": normal(rng, nodes, *middle, d),
        "weights": (normal(rng, count, *middle).abs() + 0.1) * signs,
        "edges": edges,
    }
    return Case(inputs, about, _sizes(nodes=nodes, edges=count, d=d, heads=heads))


def _collect_cases(rng: np.random.Generator) -> list[Case]:
    hand = {
        "values": torch.tensor([[2.0, 0.0], [0.0, 4.0], [1.0, 1.0]]),
        "weights": torch.tensor([0.25, 0.75, 1.0]),
        "edges": torch.tensor([[0, 1, 2], [2, 2, 1]]),
    }
    double = _collect_case(rng, 5, 9, 2, "float64", 4)
    doubled = {name: v.double() if v.is_floating_point() else v for name, v in double.inputs.items()}
    loose = _collect_case(rng, 6, 10, 4, "values that do not lie in one piece")
    return [
        Case(hand, "the numbers of the text"),
        _collect_case(rng, 4, 6, 3, "an edge that stands there twice"),
        _collect_case(rng, 5, 8, 3, "two heads", 2),
        _collect_case(rng, 6, 9, 4, "a node that receives nothing", 3, blind=1),
        _collect_case(rng, 4, 0, 3, "no edge at all"),
        Case(
            {"values": normal(rng, 1, 3), "weights": torch.tensor([0.5]), "edges": torch.tensor([[0], [0]])},
            "one node that looks at itself",
        ),
        Case(doubled, "float64", double.sizes),
        Case({**loose.inputs, "values": strided(loose.inputs["values"])}, loose.about, loose.sizes),
    ]


def _overwritten(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    out = torch.zeros_like(values)
    out[edges[1]] = weights[..., None] * values[edges[0]]
    return out


def _last_message(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    rows = list(torch.zeros_like(values))
    for weight, (i, t) in zip(weights, edges.T.tolist(), strict=True):
        rows[t] = weight[..., None] * values[i]
    return torch.stack(rows)


def _table_of(numbers: Tensor, edges: Tensor, nodes: int, empty: float) -> Tensor:
    """(nodes, nodes, heads), receivers as rows: of two copies of an edge one number stays."""
    table = numbers.new_full((nodes, nodes, *numbers.shape[1:]), empty)
    return table.index_put((edges[1], edges[0]), numbers)


def _collected_in_a_table(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    return torch.einsum("ti...,i...d->t...d", _table_of(weights, edges, len(values), 0.0), values)


def _first_kept(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    """Without the later copies of an edge."""
    seen: dict[tuple[int, ...], int] = {}
    for e, pair in enumerate(edges.T.tolist()):
        seen.setdefault(tuple(pair), e)
    kept = torch.tensor(sorted(seen.values()), dtype=torch.int64)
    messages = weights[kept, ..., None] * values[edges[0, kept]]
    return torch.zeros_like(values).index_add(0, edges[1, kept], messages)


def _first_column_only(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    messages = weights[..., None] * values[edges[0]]
    return torch.zeros_like(values).scatter_add(0, edges[1].view(-1, *[1] * (values.dim() - 1)), messages)


def _counts(values: Tensor, edges: Tensor) -> Tensor:
    counts = torch.bincount(edges[1], minlength=len(values)).clamp(min=1)
    return counts.view(-1, *[1] * (values.dim() - 1)).to(values.dtype)


def _reached(values: Tensor, edges: Tensor) -> Tensor:
    """Which nodes an edge leads to, with as many dimensions as `values`."""
    found = torch.zeros(len(values), dtype=torch.bool).index_fill(0, edges[1], True)
    return found.view(-1, *[1] * (values.dim() - 1))


def _collect(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    return torch.zeros_like(values).index_add(0, edges[1], weights[..., None] * values[edges[0]])


AGGREGATE = Exercise(
    id="graph_attention.aggregate",
    lesson="15",
    title="What a node collects",
    reference=graph_attention.aggregate,
    cases=_collect_cases,
    run=_values_if_no_gradients,
    judge=judge_tensors("collected vectors"),
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "backwards",
            lambda values, weights, edges: _collect(values, weights, edges.flip(0)),
            "The vectors run against the arrows: the first row of the list holds the senders, and it is the receiver,"
            " in the second row, that collects.",
        ),
        Misconception(
            "own_values",
            lambda values, weights, edges: torch.zeros_like(values).index_add(
                0, edges[1], weights[..., None] * values[edges[1]]
            ),
            "Every node collects its own vector again and again: the messages are made of the receivers' values. They"
            " come from the senders.",
        ),
        Misconception(
            "no_empty_list",
            lambda values, weights, edges: _collect(values, weights, edges) + 0 * weights.detach().max(),
            "All right but one thing: the graph may have no edge at all, and your code fails then (a stack of nothing,"
            " or the largest of nothing, is an error). Every node gets zeros.",
        ),
        Misconception(
            "left_with_the_sender",
            lambda values, weights, edges: torch.zeros_like(values).index_add(
                0, edges[0], weights[..., None] * values[edges[0]]
            ),
            "The messages are right, but they are added up at the senders. They belong to the receivers.",
        ),
        Misconception(
            "overwritten",
            _overwritten,
            "Of several edges that lead to one node, only the last counts: `out[receivers] = …` writes over what was"
            " there, and `out[receivers] += …` does so too when a number comes twice. They have to be added.",
        ),
        Misconception(
            "copies_dropped",
            _first_kept,
            "An edge that stands in the list twice counts once in yours. Both copies have a weight, and both count.",
        ),
        Misconception(
            "last_message",
            _last_message,
            "Of several edges that lead to one node, only the last counts: `out[t] = …` writes over what was there."
            " They have to be added.",
        ),
        Misconception(
            "last_copy_kept",
            _collected_in_a_table,
            "An edge that stands in the list twice counts once in yours, with the weight of its last copy: a table of"
            " all pairs has one place for both, and the second is written over the first. Both count.",
        ),
        Misconception(
            "softmax_of_weights",
            lambda values, weights, edges: _collect(
                values, graph_attention.edge_softmax(weights, edges[1], len(values)), edges
            ),
            "You take a softmax of the weights once more. They are taken as they are.",
        ),
        Misconception(
            "self_loops_skipped",
            lambda values, weights, edges: _collect(
                values, weights * (edges[0] != edges[1]).view(-1, *[1] * (weights.dim() - 1)), edges
            ),
            "An edge from a node to itself is left out in yours. It is an edge like the others.",
        ),
        Misconception(
            "weights_ignored",
            lambda values, weights, edges: _collect(values, torch.ones_like(weights), edges),
            "The neighbours' vectors are added as they are: the weights take no part.",
        ),
        Misconception(
            "mean",
            lambda values, weights, edges: _collect(values, weights, edges) / _counts(values, edges),
            "Your vectors are divided by the number of edges that lead to the node. The messages are added, not"
            " averaged: the weights say already how much each counts.",
        ),
        Misconception(
            "renormalised",
            lambda values, weights, edges: (
                _collect(values, weights, edges)
                / _collect(torch.ones_like(values), weights, edges).masked_fill(~_reached(values, edges), 1.0)
            ),
            "You divide by the sum of the weights. Here they may be any numbers, and are taken as they are.",
        ),
        Misconception(
            "weights_without_sign",
            lambda values, weights, edges: _collect(values, weights.abs(), edges),
            "A negative weight counts like a positive one of the same size in yours. Weights are taken as they are.",
        ),
        Misconception(
            "negative_weights_dropped",
            lambda values, weights, edges: _collect(values, weights.clamp(min=0), edges),
            "A negative weight counts for nothing in yours. Weights are taken as they are.",
        ),
        Misconception(
            "first_column_only",
            _first_column_only,
            "Only the first column of each message is added. `scatter_add` takes its index number by number: the index"
            " needs the messages' own shape, by `.expand_as(messages)`.",
        ),
        Misconception(
            "added_to_the_values",
            lambda values, weights, edges: values + _collect(values, weights, edges),
            "Every node keeps its own vector and adds what it collects. Start from zeros: whoever is to count itself"
            " has a self-loop.",
        ),
        Misconception(
            "lonely_keep_theirs",
            lambda values, weights, edges: torch.where(
                _reached(values, edges), _collect(values, weights, edges), values
            ),
            "A node to which no edge leads keeps its own vector in yours. It collects nothing, so zeros are due.",
        ),
        Misconception(
            "first_head_only",
            lambda values, weights, edges: _collect(
                values, weights if weights.dim() == 1 else weights[:, :1].expand_as(weights), edges
            ),
            "With heads, all of them use the weights of the first one. Each head has a column of its own.",
        ),
        Misconception(
            "heads_averaged",
            lambda values, weights, edges: _collect(
                values, weights if weights.dim() == 1 else weights.mean(1, keepdim=True).expand_as(weights), edges
            ),
            "With heads, all of them use the mean of their weights. Each head has a column of its own.",
        ),
        Misconception(
            "messages_returned",
            lambda values, weights, edges: weights[..., None] * values[edges[0]],
            "You return the messages, one row for each edge. They still have to be added up at their receivers: one row"
            " for each node.",
        ),
    ),
    hints=(
        "Two steps: a message for each edge, the weight times the sender's vector; then the sum of the messages at each"
        " receiver.",
        "`values[edges[0]]` looks the senders' vectors up. `weights[..., None]` has one more dimension, so that it"
        " multiplies whole vectors, with heads or without.",
        "`torch.zeros_like(values).index_add(0, edges[1], messages)` adds each message to its receiver's row.",
    ),
)

# ----------------------------------------------------------------------------------------------------------- 5 · heads


def softmax_along_last_dimension(x: Tensor) -> Tensor:
    """A σ that looks along a vector; its name stands on the card."""
    return torch.softmax(x, dim=-1)


def _heads_case(
    rng: np.random.Generator,
    nodes: int,
    heads: int,
    d: int,
    activation: Callable[[Tensor], Tensor],
    about: str,
    *average: bool,
) -> Case:
    inputs: dict[str, Any] = {"found": normal(rng, nodes, heads, d, std=1.5), "activation": activation}
    if average:
        inputs["average"] = average[0]
    return Case(inputs, about, {"nodes": nodes, "heads": heads, "d": d})


def _heads_cases(rng: np.random.Generator) -> list[Case]:
    double = _heads_case(rng, 4, 2, 3, torch.tanh, "float64, averaged", True)
    loose = _heads_case(rng, 5, 4, 3, F.elu, "vectors that do not lie in one piece")
    return [
        _heads_case(rng, 2, 3, 4, F.elu, "ELU, side by side"),
        _heads_case(rng, 3, 2, 4, F.elu, "ELU, averaged", True),
        _heads_case(rng, 4, 3, 2, softmax_along_last_dimension, "softmax, side by side", False),
        _heads_case(rng, 5, 3, 4, softmax_along_last_dimension, "softmax, averaged", True),
        _heads_case(rng, 1, 4, 3, torch.relu, "one node, averaged", True),
        _heads_case(rng, 4, 1, 5, torch.sigmoid, "one head", True),
        _heads_case(rng, 3, 5, 1, torch.tanh, "heads of width one"),
        Case({**double.inputs, "found": double.inputs["found"].double()}, double.about, double.sizes),
        Case({**loose.inputs, "found": strided(loose.inputs["found"])}, loose.about, loose.sizes),
    ]


def _combined(
    side: Callable[[Tensor, Callable[[Tensor], Tensor]], Tensor] = lambda found, f: f(found).flatten(1),
    mean: Callable[[Tensor, Callable[[Tensor], Tensor]], Tensor] = lambda found, f: f(found.mean(1)),
) -> Callable[..., Tensor]:
    def answer(found: Tensor, activation: Callable[[Tensor], Tensor], average: bool = False) -> Tensor:
        return mean(found, activation) if average else side(found, activation)

    return answer


COMBINE_HEADS = Exercise(
    id="graph_attention.combine_heads",
    lesson="15",
    title="Side by side, or averaged",
    reference=graph_attention.combine_heads,
    cases=_heads_cases,
    run=values_and_gradients,
    judge=judge_tensors("combined vectors"),
    points=2,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "mean_of_activations",
            _combined(mean=lambda found, f: f(found).mean(1)),
            "When averaging, σ bends each head before the mean is taken. The average comes first, then σ, once.",
        ),
        Misconception(
            "bent_at_the_wrong_places",
            _combined(lambda found, f: f(found.flatten(1)), lambda found, f: f(found).mean(1)),
            "σ stands at the wrong place both times. Side by side, each head's vector gets a σ of its own before they"
            " are joined (a softmax shows the difference); averaged, the mean comes first, then σ, once.",
        ),
        Misconception(
            "sum_of_heads",
            _combined(mean=lambda found, f: f(found.sum(1))),
            "When averaging, the heads are only added up: with more heads the vectors grow. Where does 1/K stand?",
        ),
        Misconception(
            "no_activation",
            _combined(side=lambda found, f: found.flatten(1), mean=lambda found, f: found.mean(1)),
            "The heads are combined rightly, and σ is missing, both times.",
        ),
        Misconception(
            "no_activation_average",
            _combined(mean=lambda found, f: found.mean(1)),
            "Side by side you are right; averaged, σ is missing.",
        ),
        Misconception(
            "no_activation_side_by_side",
            _combined(side=lambda found, f: found.flatten(1)),
            "Averaged you are right; side by side, σ is missing.",
        ),
        Misconception(
            "activation_over_all_heads",
            _combined(side=lambda found, f: f(found.flatten(1))),
            "Right where σ bends each number for itself; a softmax runs over all heads together in yours. Each head's"
            " vector gets a σ of its own before they are laid side by side.",
        ),
        Misconception(
            "interleaved",
            _combined(side=lambda found, f: f(found).transpose(1, 2).flatten(1)),
            "Side by side, your vector takes one number of each head in turn. Head 0 comes whole, then head 1.",
        ),
        Misconception(
            "average_ignored",
            lambda found, activation, average=False: activation(found).flatten(1),
            "The heads are laid side by side even when they should be averaged: `average` takes no part.",
        ),
        Misconception(
            "always_averaged",
            lambda found, activation, average=False: activation(found.mean(1)),
            "The heads are averaged even when they should be laid side by side: `average` takes no part.",
        ),
        Misconception(
            "exchanged",
            lambda found, activation, average=False: _combined()(found, activation, not average),
            "The two ways have changed places: what `average` asks for, you do without it.",
        ),
        Misconception(
            "split_across_nodes",
            _combined(side=lambda found, f: f(found).transpose(0, 1).reshape(len(found), -1)),
            "The shapes fit, but the heads were made the first dimension before the reshape, so that each row holds"
            " pieces of several nodes. The nodes stay first.",
        ),
        Misconception(
            "averages_by_default",
            lambda found, activation, average=True: _combined()(found, activation, average),
            "Right wherever `average` is given; where it is not, the heads belong side by side.",
        ),
        Misconception(
            "first_head",
            _combined(mean=lambda found, f: f(found[:, 0])),
            "When averaging, you take the first head alone.",
        ),
        Misconception(
            "share_after_activation",
            _combined(mean=lambda found, f: f(found.sum(1)) / found.shape[1]),
            "When averaging, you divide by the number of heads after σ. The mean stands inside: sum, divide, then σ.",
        ),
        Misconception(
            "mean_over_nodes",
            _combined(mean=lambda found, f: f(found.mean(0))),
            "When averaging, you take the mean over the nodes. The heads are the second dimension.",
        ),
        Misconception(
            "mean_over_components",
            _combined(mean=lambda found, f: f(found.mean(2))),
            "When averaging, you take the mean over the components of each head's vector. The heads are the second"
            " dimension.",
        ),
        Misconception(
            "strongest_head",
            _combined(mean=lambda found, f: f(found.amax(1))),
            "When averaging, you take the largest number among the heads. The mean is asked for.",
        ),
        Misconception(
            "kept_average_dimension",
            _combined(mean=lambda found, f: f(found.mean(1, keepdim=True))),
            "When averaging, the numbers are right and there is one dimension of size 1 too many. The result is"
            " (nodes, d).",
        ),
    ),
    hints=(
        "Look at the two formulas: what stands inside σ, and what outside?",
        "`flatten(1)` lays the last two dimensions side by side, head after head. `mean(dim=1)` averages the heads.",
        "`activation(found.mean(dim=1))` if they are averaged, else `activation(found).flatten(1)`.",
    ),
)

# ------------------------------------------------------------------------------------------------------- 6 · the layer


def _layer_case(
    rng: np.random.Generator,
    about: str,
    nodes: int,
    count: int,
    d_in: int,
    d_out: int,
    heads: int,
    training: bool = True,
    double: bool = False,
    edges: Tensor | None = None,
    blind: int | None = None,
    **options: Any,
) -> Case:
    made = (_edges(rng, nodes, count, blind) if count else _none()) if edges is None else edges
    kind = torch.float64 if double else torch.float32
    while True:
        x = normal(rng, nodes, d_in).to(kind)
        state = {
            "project.weight": normal(rng, heads * d_out, d_in).to(kind),
            "u": normal(rng, heads, d_out).to(kind),
            "v": normal(rng, heads, d_out).to(kind),
        }
        hidden = (x @ state["project.weight"].T).view(nodes, heads, d_out)
        scores = (hidden * state["u"]).sum(-1)[made[0]] + (hidden * state["v"]).sum(-1)[made[1]]
        if made.shape[1] < 2 or all(_mixed(scores[:, head], made) for head in range(heads)):
            break
    if options.get("bias", True):
        state["bias"] = normal(rng, d_out if options.get("average") else heads * d_out).to(kind)
    inputs = {"x": x, "edges": made}
    sizes = _sizes(nodes=nodes, edges=made.shape[1], d_in=d_in, d_out=d_out, heads=heads)
    extra = {"places": (d_in, d_out, heads), "options": options, "state": state, "training": training}
    return Case(inputs, about, sizes, extra)


def _layer_cases(rng: np.random.Generator) -> list[Case]:
    loops = torch.tensor([[0, 1, 2, 2, 3, 1], [1, 1, 2, 0, 0, 3]])
    outside = torch.tensor([[0, 1, 5], [1, 0, 2]])
    return [
        _layer_case(rng, "one head, no bias, an edge that stands there twice", 3, 4, 2, 5, 1, bias=False),
        _layer_case(rng, "three heads", 5, 9, 4, 2, 3),
        _layer_case(rng, "four heads, averaged", 6, 10, 3, 5, 4, average=True),
        _layer_case(rng, "some self-loops there already", 4, 0, 5, 3, 2, edges=loops),
        _layer_case(rng, "no self-loops, a node that receives nothing", 5, 8, 3, 4, 2, self_loops=False, blind=2),
        _layer_case(
            rng, "fewer edges than nodes, no self-loops", 6, 0, 4, 5, 2, self_loops=False, edges=_few_edges(rng)
        ),
        _layer_case(rng, "no edge at all, self-loops", 3, 0, 2, 5, 4),
        _layer_case(rng, "no edge at all, no self-loops", 3, 0, 2, 4, 5, self_loops=False, average=True),
        _layer_case(rng, "a graph of one node", 1, 0, 3, 2, 4),
        _layer_case(rng, "another slope, after .eval()", 6, 11, 2, 3, 5, training=False, slope=0.7),
        _layer_case(rng, "float64", 5, 9, 2, 3, 4, double=True, average=True, bias=False),
        Case(
            {"x": normal(rng, 4, 3), "edges": outside},
            "an edge from a node that does not exist",
            extra={**_layer_case(rng, "", 4, 5, 3, 2, 2).extra, "error": "5"},
        ),
    ]


def _born(answer: Callable[..., Any], extra: Mapping[str, Any]) -> Any:
    """A fresh layer; what it leaves uninitialised is nan, which torch fills in when it is to be deterministic."""
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("error")  # `use_deterministic_algorithms` imports a compiler first: two seconds
    try:
        return answer(*extra["places"], **extra["options"])
    finally:
        torch.set_deterministic_debug_mode(before)


def _sensible(parameter: Tensor) -> bool:
    return bool((parameter.detach().abs() < 1000).all())  # nan is not


def _run_layer(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    layer = _born(answer, case.extra)
    for name in ("u", "v") if isinstance(layer, nn.Module) else ():
        found = getattr(layer, name, None)
        if isinstance(found, Tensor) and not isinstance(found, nn.Parameter):
            raise Told(f"`self.{name}` is a tensor, but no `nn.Parameter`: no optimiser would find it to train it.")
    first = [n for n, p in layer.named_parameters() if not _sensible(p)] if isinstance(layer, nn.Module) else []
    if first and "error" not in case.extra:
        raise Told(
            f"A new layer's `{first[0]}` holds whatever lay in memory (`torch.empty`), or numbers without measure."
            " Give it some to start from, such as those of `nn.init.xavier_uniform_`."
        )
    others = {"edges": inputs["edges"].flip(1)}
    return run_module(layer, inputs, case, lambda layer, given: layer(given["x"], given["edges"]), others, _output)


def _output(result: Any) -> Any:
    return result[0] if isinstance(result, (tuple, list)) and result else result


class _Layer(nn.Module):
    """The reference in steps, for wrong layers to change one of them."""

    def __init__(
        self,
        d_in: int,
        d_out: int,
        heads: int = 1,
        average: bool = False,
        self_loops: bool = True,
        bias: bool = True,
        slope: float = LEAKY,
    ) -> None:
        super().__init__()
        self.heads, self.d_out, self.average, self.self_loops, self.slope = heads, d_out, average, self_loops, slope
        self.bias = nn.Parameter(torch.zeros(d_out if average else heads * d_out)) if bias else None
        self.project = nn.Linear(d_in, heads * d_out, bias=False)
        self.u, self.v = self.sides(heads, d_out)

    def sides(self, heads: int, d_out: int) -> Any:
        return (nn.Parameter(torch.zeros(heads, d_out)) for _ in range(2))

    def split(self, hidden: Tensor) -> Tensor:
        return hidden.view(len(hidden), self.heads, self.d_out)

    def used(self, edges: Tensor, nodes: int) -> Tensor:
        return graph_attention.with_self_loops(edges, nodes) if self.self_loops else edges

    def total(self, hidden: Tensor, edges: Tensor) -> Tensor:
        sent, received = (hidden * self.u).sum(-1), (hidden * self.v).sum(-1)
        return sent[edges[0]] + received[edges[1]]

    def bend(self, total: Tensor) -> Tensor:
        return _leaky(total, self.slope)

    def scores(self, hidden: Tensor, edges: Tensor) -> Tensor:
        return self.bend(self.total(hidden, edges))

    def share(self, scores: Tensor, edges: Tensor, nodes: int) -> Tensor:
        return graph_attention.edge_softmax(scores, edges[1], nodes)

    def collect(self, hidden: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
        return graph_attention.aggregate(hidden, weights, edges)

    def join(self, found: Tensor) -> Tensor:
        return found.mean(1) if self.average else found.flatten(1)

    def finish(self, output: Tensor) -> Tensor:
        return output if self.bias is None else output + self.bias

    def give(self, output: Tensor, edges: Tensor, weights: Tensor, given: Tensor) -> Any:
        return output, edges, weights

    def forward(self, x: Tensor, given: Tensor) -> Any:
        graph_attention.check_edges(given, len(x))
        edges = self.used(given, len(x))
        hidden = self.split(self.project(x))
        weights = self.share(self.scores(hidden, edges), edges, len(x))
        return self.give(self.finish(self.join(self.collect(hidden, weights, edges))), edges, weights, given)


def _bent_apart(self: Any, hidden: Tensor, edges: Tensor) -> Tensor:
    sent, received = ((hidden * side).sum(-1) for side in (self.u, self.v))
    return _leaky(sent, self.slope)[edges[0]] + _leaky(received, self.slope)[edges[1]]


def _one_vector(self: Any, hidden: Tensor, edges: Tensor) -> Tensor:
    sent = (hidden * self.u).sum(-1)
    return sent[edges[0]] + sent[edges[1]] + 0 * (hidden * self.v).sum(-1)[edges[1]]


def _unique(edges: Tensor) -> Tensor:
    return edges.unique(dim=1) if edges.numel() else edges


def _shared_in_a_table(scores: Tensor, edges: Tensor, nodes: int) -> Tensor:
    return _table_of(scores, edges, nodes, -1e30).softmax(1)[edges[1], edges[0]]


SHARED_ONCE = (
    "An edge that stands in the list twice takes one share in yours: the weights of its receiver are shared out as in a"
    " table, which has one place for both. Each copy takes a share of its own."
)
COLLECTED_ONCE = (
    "The weights are right, but of an edge that stands in the list twice only one copy is collected: a table has one"
    " place for both. Both count."
)
COUNTED_ONCE = (
    "An edge that stands in the list twice counts once in yours: a table has one place for both. Here both count, each"
    " with a share of its own."
)
THROWN_OUT = "Of an edge that stands in the list twice only one is left in yours. Both count, so both stay in the list."


GAT_LAYER = Exercise(
    id="graph_attention.gat_layer",
    lesson="15",
    title="The layer",
    reference=graph_attention.GATLayer,
    cases=_layer_cases,
    run=_run_layer,
    judge=judge_tensors("output", "edges", "weights", floor=1e-5),
    points=4,
    minutes=20,
    difficulty=3,
    misconceptions=(
        Misconception(
            "interleaved",
            changed(
                _Layer, split=lambda self, hidden: hidden.view(len(hidden), self.d_out, self.heads).transpose(1, 2)
            ),
            "With several heads, your head 0 takes every K-th output of `project`. The first d_out outputs belong to"
            " head 0, the next ones to head 1.",
        ),
        Misconception(
            "split_across_nodes",
            changed(
                _Layer, split=lambda self, hidden: hidden.reshape(self.heads, len(hidden), self.d_out).transpose(0, 1)
            ),
            "The shapes fit, but one reshape to (heads, nodes, d_out) cuts across the nodes: your heads hold pieces of"
            " different nodes. The nodes stay the first dimension.",
        ),
        Misconception(
            "sides_exchanged",
            changed(_Layer, scores=lambda self, hidden, edges: _Layer.scores(self, hidden, edges.flip(0))),
            "u and v have changed places: u goes with the senders, `edges[0]`, v with the receivers, `edges[1]`.",
        ),
        Misconception(
            "no_leaky",
            changed(_Layer, bend=lambda self, total: total),
            "The scores are not bent: LeakyReLU is missing, so the receiver has no say at all.",
        ),
        Misconception(
            "slope_ignored",
            changed(_Layer, bend=lambda self, total: _leaky(total)),
            "All right with the slope 0.2, wrong with another one: `self.slope` takes no part.",
        ),
        Misconception(
            "one_score_for_all_heads",
            changed(
                _Layer,
                scores=lambda self, hidden, edges: _Layer.scores(self, hidden, edges)[:, :1].expand(-1, self.heads),
            ),
            "All heads use the weights of head 0. As the slide writes α without an index of the head, so do you; each"
            " head has its own u and v, and its own weights.",
        ),
        Misconception(
            "no_softmax",
            changed(_Layer, share=lambda self, scores, edges, nodes: scores),
            "The scores themselves are used as weights. The softmax over each neighbourhood is missing.",
        ),
        Misconception(
            "shared_by_senders",
            changed(
                _Layer, share=lambda self, scores, edges, nodes: graph_attention.edge_softmax(scores, edges[0], nodes)
            ),
            "Your weights sum to one for each sender. Each receiver shares out its attention: the softmax goes by the"
            " second row of the list.",
        ),
        Misconception(
            "shared_by_all",
            changed(_Layer, share=lambda self, scores, edges, nodes: torch.softmax(scores, dim=0)),
            "Your weights sum to one over the whole graph. Each receiver has a softmax of its own.",
        ),
        Misconception(
            "shared_by_heads",
            changed(_Layer, share=lambda self, scores, edges, nodes: scores.softmax(1)),
            "For each edge your weights sum to one over the heads. Each head shares out among the edges of a receiver.",
        ),
        Misconception(
            "nodes_counted_by_edges",
            changed(_Layer, share=lambda self, scores, edges, nodes: _Layer.share(self, scores, edges, edges.shape[1])),
            "Right where there are edges enough: `edge_softmax` wants the number of nodes, and is given the number of"
            " edges.",
        ),
        Misconception(
            "messages_collected",
            changed(
                _Layer,
                collect=lambda self, hidden, weights, edges: _Layer.collect(self, hidden[edges[0]], weights, edges),
            ),
            "`aggregate` is given one row an edge, the senders' vectors. It wants those of all nodes, and looks the"
            " senders up itself.",
        ),
        Misconception(
            "copies_share_once",
            changed(_Layer, share=lambda self, scores, edges, nodes: _shared_in_a_table(scores, edges, nodes)),
            SHARED_ONCE,
        ),
        Misconception(
            "copies_collected_once",
            changed(_Layer, collect=lambda self, hidden, weights, edges: _collected_in_a_table(hidden, weights, edges)),
            COLLECTED_ONCE,
        ),
        Misconception(
            "copies_count_once",
            changed(
                _Layer,
                share=lambda self, scores, edges, nodes: _shared_in_a_table(scores, edges, nodes),
                collect=lambda self, hidden, weights, edges: _collected_in_a_table(hidden, weights, edges),
            ),
            COUNTED_ONCE,
        ),
        Misconception(
            "copies_thrown_out",
            changed(_Layer, used=lambda self, edges, nodes: _unique(_Layer.used(self, edges, nodes))),
            THROWN_OUT,
        ),
        Misconception(
            "collected_backwards",
            changed(
                _Layer,
                collect=lambda self, hidden, weights, edges: _Layer.collect(self, hidden, weights, edges.flip(0)),
            ),
            "The weights are right, the output is not: the vectors run from receivers to senders.",
        ),
        Misconception(
            "torch_default_slope",
            changed(_Layer, bend=lambda self, total: _leaky(total, 0.01)),
            "Your negative scores are 0.01 of the sum: that is the slope torch's LeakyReLU has when it is told none."
            " Here it is `self.slope`.",
        ),
        Misconception(
            "bent_apart",
            changed(_Layer, scores=_bent_apart),
            "Sender's and receiver's numbers are bent each by itself. Then the receiver's is the same for all its"
            " edges, and the softmax drops it. Bend their sum.",
        ),
        Misconception(
            "one_set_of_weights",
            changed(
                _Layer,
                share=lambda self, scores, edges, nodes: (
                    _Layer.share(self, scores, edges, nodes).mean(1, keepdim=True).expand(-1, self.heads)
                ),
            ),
            "All heads collect with the same weights, the mean over the heads. Each head has weights of its own.",
        ),
        Misconception(
            "never_initialised",
            changed(_Layer, sides=lambda self, *shape: (nn.Parameter(torch.empty(shape)) for _ in range(2))),
            "`torch.empty` makes a parameter of whatever lay in memory. Give u and v numbers to start from, such as"
            " those of `nn.init.xavier_uniform_`.",
        ),
        Misconception(
            "one_never_initialised",
            changed(
                _Layer, sides=lambda self, *shape: (nn.Parameter(torch.zeros(shape)), nn.Parameter(torch.empty(shape)))
            ),
            "`torch.empty` makes a parameter of whatever lay in memory. u has numbers to start from; give v some too,"
            " such as those of `nn.init.xavier_uniform_`.",
        ),
        Misconception(
            "plain_tensors",
            changed(_Layer, sides=lambda self, *shape: (nn.init.xavier_uniform_(torch.empty(shape)) for _ in range(2))),
            "u and v are there and have numbers, but as plain tensors. A layer learns only what is wrapped in"
            " `nn.Parameter(…)`.",
        ),
        Misconception(
            "edges_as_given",
            changed(_Layer, give=lambda self, output, edges, weights, given: (output, given, weights)),
            "Output and weights are right; the edges you return are those that were given. Return those that were used,"
            " self-loops included, so that each weight has its edge.",
        ),
        Misconception(
            "sum_of_heads",
            changed(_Layer, join=lambda self, found: found.sum(1) if self.average else found.flatten(1)),
            "Side by side you are right; averaged heads are only added up in yours.",
        ),
        Misconception(
            "components_first",
            changed(
                _Layer, join=lambda self, found: found.mean(1) if self.average else found.transpose(1, 2).flatten(1)
            ),
            "The weights are right. Laid side by side, your output takes one component of each head in turn; each"
            " head's vector stays together.",
        ),
        Misconception(
            "bias_forgotten",
            changed(_Layer, finish=lambda self, output: output),
            "All right but one step: where there is a bias, it is not added.",
        ),
        Misconception(
            "bias_for_each_head",
            changed(
                _Layer,
                finish=lambda self, output: (
                    output if self.bias is None else output + self.bias * (self.heads if self.average else 1)
                ),
            ),
            "With averaged heads the bias comes in once for each head. It is added once, after the heads are averaged.",
        ),
        Misconception(
            "bent_output",
            changed(_Layer, finish=lambda self, output: F.elu(_Layer.finish(self, output))),
            "Your output has passed an ELU already. The layer leaves the nonlinearity to whoever uses it, so that the"
            " last layer can give scores.",
        ),
        Misconception(
            "bent_before_the_bias",
            changed(_Layer, join=lambda self, found: F.elu(found.mean(1)) if self.average else F.elu(found).flatten(1)),
            "Each head has passed an ELU before the bias came in. The layer leaves the nonlinearity to whoever uses it:"
            " combine the heads without one.",
        ),
        Misconception(
            "zeros_for_the_lonely",
            changed(
                _Layer,
                give=lambda self, output, edges, weights, given: (
                    output * torch.zeros(len(output), 1, dtype=output.dtype).index_fill(0, edges[1], 1.0),
                    edges,
                    weights,
                ),
            ),
            "A node that nobody sends to gets zeros in yours. It collects zeros, and the bias is added to them.",
        ),
        Misconception(
            "loops_returned_only",
            changed(
                _Layer,
                used=lambda self, edges, nodes: edges,
                give=lambda self, output, edges, weights, given: (
                    output,
                    _Layer.used(self, given, len(output)),
                    weights,
                ),
            ),
            "The list with self-loops is what you return; but weights and output are those of the edges that were"
            " given. Go on with the longer list.",
        ),
        Misconception(
            "always_loops",
            changed(_Layer, used=lambda self, edges, nodes: graph_attention.with_self_loops(edges, nodes)),
            "Right with self-loops; but they are there even when `self_loops` is False.",
        ),
        Misconception(
            "never_loops",
            changed(_Layer, used=lambda self, edges, nodes: edges),
            "Your nodes do not look at themselves where they should: with `self_loops=True`, or when nothing is said,"
            " the list with self-loops is the one to use.",
        ),
        Misconception(
            "loops_twice",
            changed(
                _Layer,
                used=lambda self, edges, nodes: (
                    torch.cat([edges, torch.arange(nodes).expand(2, -1)], 1) if self.self_loops else edges
                ),
            ),
            "A self-loop that stands in the list already comes twice in yours, and counts twice. `with_self_loops`"
            " takes the old ones out first.",
        ),
        Misconception(
            "even_weights",
            changed(_Layer, scores=lambda self, hidden, edges: _Layer.scores(self, hidden, edges) * 0),
            "All neighbours get the same weight: u and v take no part in your scores.",
        ),
        Misconception(
            "one_vector",
            changed(_Layer, total=_one_vector),
            "Both ends of an edge are weighed with u. The receivers have a vector of their own, v.",
        ),
        Misconception(
            "first_head_for_the_average",
            changed(_Layer, join=lambda self, found: found[:, 0] if self.average else found.flatten(1)),
            "When the heads should be averaged, you return the first one alone.",
        ),
        Misconception(
            "mean_weights",
            changed(_Layer, give=lambda self, output, edges, weights, given: (output, edges, weights.mean(1))),
            "The output is right. The weights are averaged over the heads; return each head's own, (edges, heads).",
        ),
        Misconception(
            "output_only",
            changed(_Layer, give=lambda self, output, edges, weights, given: output),
            "The output is right, and alone. Three things are asked for: output, edges, weights.",
        ),
        Misconception(
            "edges_left_out",
            changed(_Layer, give=lambda self, output, edges, weights, given: (output, weights)),
            "Output and weights are right. Three things are asked for: output, edges, weights, in this order.",
        ),
        Misconception(
            "results_swapped",
            changed(_Layer, give=lambda self, output, edges, weights, given: (output, weights, edges)),
            "All three results are right, and the last two have changed places: output, edges, weights.",
        ),
    ),
    hints=(
        "The steps are those of the exercises before: project, score, share, collect, combine, add the bias. Everything"
        " has one more dimension, the heads: (nodes, heads, d_out).",
        "`self.project(x).view(nodes, self.heads, self.d_out)`; `(hidden * self.u).sum(dim=-1)` gives u · W h for all"
        " nodes and heads, (nodes, heads). Look the two ends of every edge up, add, bend.",
        "`weights = edge_softmax(scores, edges[1], nodes)`, then `combine_heads(aggregate(hidden, weights, edges),"
        " nn.Identity(), self.average)`, then the bias, if there is one.",
    ),
)

# --------------------------------------------------------------------------------------------------- 7 · dynamic scores


def _dynamic_case(
    rng: np.random.Generator, nodes: int, count: int, d: int, about: str, heads: int = 0, **more: Any
) -> Case:
    middle = (heads,) if heads else ()
    inputs: dict[str, Any] = {
        "sent": normal(rng, nodes, *middle, d),
        "received": normal(rng, nodes, *middle, d),
        "a": normal(rng, *middle, d),
        "edges": _edges(rng, nodes, count) if count else _none(),
    }
    return Case({**inputs, **more}, about, _sizes(nodes=nodes, edges=count, d=d, heads=heads))


def _dynamic_cases(rng: np.random.Generator) -> list[Case]:
    hand = {
        "sent": torch.tensor([[1.0, -1.0], [0.0, 2.0]]),
        "received": torch.tensor([[1.0, -5.0], [-2.0, 3.0]]),
        "a": torch.tensor([1.0, -2.0]),
        "edges": torch.tensor([[0, 1], [1, 0]]),
    }
    double = _dynamic_case(rng, 5, 8, 3, "float64", 2)
    doubled = {name: v.double() if v.is_floating_point() else v for name, v in double.inputs.items()}
    return [
        Case(hand, "the numbers of the text"),
        _dynamic_case(rng, 4, 6, 3, "one head"),
        _dynamic_case(rng, 5, 7, 2, "three heads", 3),
        _dynamic_case(rng, 3, 8, 4, "another slope", 2, slope=0.5),
        _dynamic_case(rng, 6, 0, 3, "no edge at all", 2),
        _dynamic_case(rng, 4, 7, 1, "vectors of width one"),
        Case(doubled, "float64", double.sizes),
    ]


def _dynamic_variant(
    mix: Callable[[Tensor, Tensor], Tensor] = lambda i, t: i + t,
    score: Callable[[Tensor, Tensor, float], Tensor] = lambda a, mixed, slope: (a * _leaky(mixed, slope)).sum(-1),
    turned: bool = False,
) -> Callable[..., Tensor]:
    def answer(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = LEAKY) -> Tensor:
        senders, receivers = edges.flip(0) if turned else edges
        return score(a, mix(sent[senders], received[receivers]), slope)

    return answer


DYNAMIC_SCORES = Exercise(
    id="graph_attention.dynamic_scores",
    lesson="15",
    title="Scores that listen to who asks",
    reference=graph_attention.dynamic_scores,
    cases=_dynamic_cases,
    run=values_and_gradients,
    judge=judge_tensors("scores"),
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "static",
            _dynamic_variant(score=lambda a, mixed, slope: _leaky((a * mixed).sum(-1), slope)),
            "These are the scores of GAT: the product with a comes first, the bend last. Then a sum of two"
            " numbers is bent, and the order of the neighbours is the same for all who look.",
        ),
        Misconception(
            "bent_twice",
            _dynamic_variant(score=lambda a, mixed, slope: _leaky((a * _leaky(mixed, slope)).sum(-1), slope)),
            "Negative scores come out too near zero: you bend the vectors, which is right, and the score once more.",
        ),
        Misconception(
            "not_bent",
            _dynamic_variant(score=lambda a, mixed, slope: (a * mixed).sum(-1)),
            "LeakyReLU is missing: the score is then a sum of a sender's and a receiver's number again, and the softmax"
            " does not even notice the receiver.",
        ),
        Misconception(
            "bent_apart",
            lambda sent, received, a, edges, slope=LEAKY: (
                a * (_leaky(sent, slope)[edges[0]] + _leaky(received, slope)[edges[1]])
            ).sum(-1),
            "Sender and receiver are bent each by itself, before they are added. Bend the sum: only there do the two"
            " meet.",
        ),
        Misconception(
            "relu",
            _dynamic_variant(score=lambda a, mixed, slope: (a * mixed.relu()).sum(-1)),
            "Negative components vanish in yours: that is a plain ReLU.",
        ),
        Misconception(
            "tanh",
            _dynamic_variant(score=lambda a, mixed, slope: (a * mixed.tanh()).sum(-1)),
            "You bend with tanh, as additive attention does. Here the bend is LeakyReLU, with the slope that is given.",
        ),
        Misconception(
            "slope_ignored",
            _dynamic_variant(score=lambda a, mixed, slope: (a * _leaky(mixed)).sum(-1)),
            "Right with the slope 0.2, wrong with another one: the argument `slope` takes no part.",
        ),
        Misconception(
            "backwards",
            _dynamic_variant(turned=True),
            "The two rows of the edge list have changed places: `sent` is looked up with the senders, `edges[0]`.",
        ),
        Misconception(
            "product",
            _dynamic_variant(mix=lambda i, t: i * t),
            "Sender and receiver are multiplied component by component. Here they are added.",
        ),
        Misconception(
            "senders_only",
            _dynamic_variant(mix=lambda i, t: i),
            "The receivers take no part: everybody would look at a neighbour with the same score.",
        ),
        Misconception(
            "a_inside_the_bend",
            _dynamic_variant(score=lambda a, mixed, slope: _leaky(a * mixed, slope).sum(-1)),
            "The products with a are bent. Bend the sum of the two vectors first; a comes after the bend.",
        ),
        Misconception(
            "torch_default_slope",
            _dynamic_variant(score=lambda a, mixed, slope: (a * F.leaky_relu(mixed)).sum(-1)),
            "Your negative components are 0.01 of themselves: that is the slope torch's LeakyReLU has when it is told"
            " none. Here it is the argument `slope`.",
        ),
        Misconception(
            "sent_at_both_ends",
            lambda sent, received, a, edges, slope=LEAKY: (a * _leaky(sent[edges[0]] + sent[edges[1]], slope)).sum(-1),
            "`sent` is looked up at both ends. The receivers have a table of their own, `received`.",
        ),
        Misconception(
            "a_missing",
            _dynamic_variant(score=lambda a, mixed, slope: _leaky(mixed, slope).sum(-1)),
            "The bent components are added up as they are: a takes no part.",
        ),
        Misconception(
            "mean",
            _dynamic_variant(score=lambda a, mixed, slope: (a * _leaky(mixed, slope)).mean(-1)),
            "Your scores are divided by the width d: the products are averaged, not added.",
        ),
        Misconception(
            "another_default",
            lambda sent, received, a, edges, slope=0.01: _dynamic_variant()(sent, received, a, edges, slope),
            "Right wherever a slope is given; where none is, 0.2 is meant, and another number stands in your first"
            " line.",
        ),
        Misconception(
            "kept_dimension",
            _dynamic_variant(score=lambda a, mixed, slope: (a * _leaky(mixed, slope)).sum(-1, keepdim=True)),
            "The numbers are right, and there is one dimension of size 1 too many: a score is one number.",
        ),
        Misconception(
            "summed_over_heads",
            _dynamic_variant(score=lambda a, mixed, slope: (a * _leaky(mixed, slope)).sum(1)),
            "Right without heads; with them the products are added up over the heads. The last dimension is the one to"
            " sum.",
        ),
        Misconception(
            "not_summed",
            _dynamic_variant(score=lambda a, mixed, slope: a * _leaky(mixed, slope)),
            "You return d numbers for every edge: the products with a. Their sum is the score.",
        ),
    ),
    hints=(
        "Look both ends of every edge up first: two tensors with one row an edge.",
        "`sent[edges[0]] + received[edges[1]]` is (edges, …, d). What is bent: this vector, or the number made of it?",
        "`(a * F.leaky_relu(mixed, slope)).sum(dim=-1)`.",
    ),
)

# ----------------------------------------------------------------------------------------------- 8, 9 · masks and lists


def _mask_cases(rng: np.random.Generator) -> list[Case]:
    def case(mask: Tensor, about: str) -> Case:
        return Case({"mask": mask}, about, {"nodes": len(mask)})

    return [
        case(torch.tensor([[True, True], [False, True]]), "the numbers of the text"),
        case(torch.ones(5, 5, dtype=torch.bool).tril(), "a causal mask"),
        case(random_mask(rng, 4, 4), "any mask"),
        case(random_mask(rng, 7, 7, share=0.3), "a mask with few edges"),
        case(torch.zeros(3, 3, dtype=torch.bool), "nobody sees anybody"),
        case(torch.ones(1, 1, dtype=torch.bool), "one node that sees itself"),
        case(strided(random_mask(rng, 6, 6)), "a mask that does not lie in one piece"),
    ]


MASK_TO_EDGES = Exercise(
    id="graph_attention.mask_to_edges",
    lesson="15",
    title="From a mask to a graph",
    reference=graph_attention.mask_to_edges,
    cases=_mask_cases,
    judge=judge_tensors("edges"),
    points=1,
    minutes=5,
    difficulty=1,
    misconceptions=(
        Misconception(
            "rows_as_senders",
            lambda mask: mask.nonzero().T.contiguous(),
            "Every edge points the wrong way: the rows of a mask are the ones who look, the receivers. In the edge list"
            " the senders come first.",
        ),
        Misconception(
            "sorted_by_sender",
            lambda mask: torch.stack(mask.T.nonzero(as_tuple=True)),
            "The edges are right, their order is not: yours goes by sender. Go through the mask row by row.",
        ),
        Misconception(
            "inverted",
            lambda mask: (~mask).nonzero().T.flip(0),
            "These are the pairs that may *not* look. True means that an edge is there.",
        ),
        Misconception(
            "pairs_as_rows",
            lambda mask: mask.nonzero().flip(1),
            "One row for each edge: the list is to be (2, edges), senders in the first row, receivers in the second.",
        ),
        Misconception(
            "loops_left_out",
            lambda mask: (mask & ~torch.eye(len(mask), dtype=torch.bool)).nonzero().T.flip(0),
            "The diagonal is missing: a node that may look at itself has an edge to itself.",
        ),
        Misconception(
            "loops_added",
            lambda mask: (mask | torch.eye(len(mask), dtype=torch.bool)).nonzero().T.flip(0),
            "Every node has an edge to itself in yours. There is one only where the mask is True.",
        ),
        Misconception(
            "floats",
            lambda mask: mask.nonzero().T.flip(0).float(),
            "The edges are right, their type is not: node numbers are whole, int64. (An empty list makes a tensor of"
            " floats too, if no dtype is given.)",
        ),
        Misconception(
            "every_pair_once",
            lambda mask: mask.tril().nonzero().T.flip(0),
            "Only the lower half of the mask is read. An edge from i to t and one from t to i are two edges.",
        ),
        Misconception(
            "upper_half_only",
            lambda mask: mask.triu().nonzero().T.flip(0),
            "Only the upper half of the mask is read. An edge from i to t and one from t to i are two edges.",
        ),
        Misconception(
            "pairs_torn",
            lambda mask: mask.nonzero().flip(1).reshape(2, -1),
            "The pairs are torn apart: `reshape(2, …)` fills the first row with the first pairs, sender, receiver,"
            " sender, and so on. Rows and columns are to change places.",
        ),
        Misconception(
            "both_ways",
            lambda mask: (mask | mask.T).nonzero().T.flip(0),
            "Your edges go both ways wherever one way is allowed. A mask need not be symmetric: in a causal one the"
            " later word sees the earlier, not the other way round.",
        ),
        Misconception(
            "counted_from_one",
            lambda mask: mask.nonzero().T.flip(0) + 1,
            "All node numbers are too large by one: they are counted from 0.",
        ),
    ),
    hints=(
        "Where is the mask True? Each such place is an edge.",
        "`mask.nonzero(as_tuple=True)` gives the row numbers and the column numbers of all True places, row by row.",
        "`receivers, senders = mask.nonzero(as_tuple=True)`; then stack them, senders first.",
    ),
)


def _list_cases(rng: np.random.Generator) -> list[Case]:
    def case(edges: Any, nodes: int, about: str, **extra: Any) -> Case:
        made = edges if isinstance(edges, Tensor) else torch.tensor(edges, dtype=torch.int64)
        sizes = _sizes(nodes=nodes, edges=made.shape[1])
        return Case({"edges": made, "nodes": nodes}, about, sizes, extra)

    return [
        case([[0, 1, 1], [0, 0, 1]], 2, "the numbers of the text"),
        case(_edges(rng, 5, 7), 5, "an edge that stands there twice"),
        case(_edges(rng, 7, 9, 6), 7, "the last node receives nothing"),
        case([[0, 1, 3], [1, 2, 0]], 6, "the last nodes have no edge"),
        case(_none(), 3, "no edge at all"),
        case([[0], [0]], 1, "one node that sees itself"),
        case([[0, 2, 3], [1, 0, 2]], 3, "a sender that does not exist", error="3"),
        case([[0, 1, 2], [4, 0, 1]], 4, "a receiver that does not exist", error="4"),
        case([[1, -2, 3], [0, 1, 1]], 5, "a sender below zero", error="-2"),
        case([[1, 0, 4], [2, 4, -3]], 6, "a receiver below zero", error="-3"),
    ]


def _table_of_edges(edges: Tensor, nodes: int) -> Tensor:
    mask = torch.zeros(nodes, nodes, dtype=torch.bool)
    mask[edges[1], edges[0]] = True
    return mask


def _guarded(wrong: Callable[[Tensor, int], Tensor]) -> Callable[..., Tensor]:
    """The mask, with a ValueError for the numbers that `wrong` picks out, and no other guard."""

    def answer(edges: Tensor, nodes: int) -> Tensor:
        outside = edges[wrong(edges, nodes)]
        if outside.numel():
            raise ValueError(f"no node {int(outside[0])}")
        return _table_of_edges(edges, nodes)

    return answer


_list_mask = _guarded(lambda edges, nodes: (edges < 0) | (edges >= nodes))
_upper_end_only = _guarded(lambda edges, nodes: edges >= nodes)
_one_side_unguarded = _guarded(lambda edges, nodes: (edges >= nodes) | ((edges < 0) & torch.tensor([[True], [False]])))


def _no_edges_refused(edges: Tensor, nodes: int) -> Tensor:
    if not edges.numel():
        raise ValueError("no edges")
    return _list_mask(edges, nodes)


def _counting(edges: Tensor, nodes: int) -> Tensor:
    return _list_mask(edges, nodes).float().index_put((edges[1], edges[0]), torch.ones(edges.shape[1]), True) - (
        _list_mask(edges, nodes).float()
    )


def _as_large_as_needed(edges: Tensor, nodes: int) -> Tensor:
    _list_mask(edges, nodes)
    return _list_mask(edges, int(edges.max()) + 1 if edges.numel() else 0)


EDGES_TO_MASK = Exercise(
    id="graph_attention.edges_to_mask",
    lesson="15",
    title="From a graph to a mask",
    reference=graph_attention.edges_to_mask,
    cases=_list_cases,
    run=or_error(),
    judge=judge_tensors("mask"),
    points=2,
    minutes=7,
    difficulty=2,
    misconceptions=(
        Misconception(
            "turned",
            lambda edges, nodes: _list_mask(edges, nodes).T,
            "Rows and columns are exchanged: senders, the first row of the list, are the columns of a mask.",
        ),
        Misconception(
            "inverted",
            lambda edges, nodes: ~_list_mask(edges, nodes),
            'Your mask is True where there is no edge. True means "may look".',
        ),
        Misconception(
            "both_ways",
            lambda edges, nodes: _list_mask(edges, nodes) | _list_mask(edges, nodes).T,
            "Your mask is symmetric: every edge goes both ways in it. An edge goes one way.",
        ),
        Misconception(
            "loops_added",
            lambda edges, nodes: _list_mask(edges, nodes) | torch.eye(nodes, dtype=torch.bool),
            "Everybody sees itself in your mask. Only the edges of the list count.",
        ),
        Misconception(
            "numbers",
            lambda edges, nodes: _list_mask(edges, nodes).float(),
            "The ones stand in the right places, but as numbers: a mask is boolean.",
        ),
        Misconception(
            "counts",
            _counting,
            "You count how often an edge stands there. A mask is boolean: it is there, or it is not.",
        ),
        Misconception(
            "as_large_as_needed",
            _as_large_as_needed,
            "Your mask ends at the largest number in the list. Nodes without an edge are nodes too: (nodes, nodes).",
        ),
        Misconception(
            "negative_accepted",
            _upper_end_only,
            "All right but one thing: a negative node number is not refused. (torch refuses none: it takes −1 for the"
            " last one.)",
        ),
        Misconception(
            "no_empty_list",
            lambda edges, nodes: _list_mask(edges, nodes) & (edges.max() < nodes),
            "All right but one thing: a graph may have no edge at all, and your code fails then. The largest or"
            " smallest of nothing is an error, so ask first whether there is anything: `edges.numel()`.",
        ),
        Misconception(
            "no_empty_list_and_negative_accepted",
            lambda edges, nodes: _upper_end_only(edges, nodes) & (edges.max() < nodes),
            "Two things are left. A graph may have no edge at all, and the largest of nothing is an error. And a"
            " negative node number is not refused. (torch refuses none: it takes −1 for the last one.)",
        ),
        Misconception(
            "counts_as_integers",
            lambda edges, nodes: _counting(edges, nodes).long(),
            "You count, in whole numbers, how often an edge stands there. A mask is boolean: it is there, or it is"
            " not.",
        ),
        Misconception(
            "negative_receivers_accepted",
            _one_side_unguarded,
            "A negative number is refused among the senders and accepted among the receivers. Both rows of the list"
            " hold node numbers.",
        ),
        Misconception(
            "outside_dropped",
            lambda edges, nodes: _list_mask(edges[:, ((edges >= 0) & (edges < nodes)).all(0)], nodes),
            "No error is raised for an edge that points outside the graph, whichever of its ends is wrong. Somebody"
            " counted wrongly: say so, with a ValueError that names the node.",
        ),
        Misconception(
            "unguarded",
            _table_of_edges,
            "An edge with one wrong end is not refused: a number that is too large ends in an IndexError instead, and"
            " one below zero goes through. Raise a ValueError that names the node in all four cases: sender or"
            " receiver, too large or below zero.",
        ),
        Misconception(
            "the_number_of_nodes_passes",
            _guarded(lambda edges, nodes: edges < 0),
            "Numbers below zero are refused. But the number of nodes itself is not: it ends in an IndexError instead of"
            " a ValueError. Nodes are counted from 0, so the last one is nodes − 1.",
        ),
        Misconception(
            "senders_only",
            _guarded(lambda edges, nodes: ((edges < 0) | (edges >= nodes)) & torch.tensor([[True], [False]])),
            "Wrong senders are refused, wrong receivers are not. Both rows of the list hold node numbers.",
        ),
        Misconception(
            "receivers_only",
            _guarded(lambda edges, nodes: ((edges < 0) | (edges >= nodes)) & torch.tensor([[False], [True]])),
            "Wrong receivers are refused, wrong senders are not. Both rows of the list hold node numbers.",
        ),
        Misconception(
            "too_large_dropped",
            lambda edges, nodes: _guarded(lambda e, n: e < 0)(edges[:, (edges < nodes).all(0)], nodes),
            "Negative numbers are refused; but for an edge from or to a node that is too large no error is raised.",
        ),
        Misconception(
            "no_edges_refused",
            _no_edges_refused,
            "All right but one thing: for a list without edges your code ends in a ValueError. Such a graph is no"
            " mistake: its mask is False everywhere. (Python's `max` of nothing is an error, too.)",
        ),
    ),
    hints=(
        "Begin with a table that is False everywhere, and look at the node numbers before you use them.",
        "`mask[rows, columns] = True` sets many places at once. Which row of the list holds the rows of the mask?",
        "`outside = edges[(edges < 0) | (edges >= nodes)]` holds the wrong numbers; if `outside.numel()`, raise"
        ' `ValueError(f"… {int(outside[0])} …")`.',
    ),
)

# ------------------------------------------------------------------------------------------- 10 · attention along edges


def _attend_case(
    rng: np.random.Generator, nodes: int, count: int, d: int, d_value: int, about: str, heads: int = 0, **more: Any
) -> Case:
    middle = (heads,) if heads else ()
    inputs: dict[str, Any] = {
        "query": normal(rng, nodes, *middle, d),
        "key": normal(rng, nodes, *middle, d),
        "value": normal(rng, nodes, *middle, d_value),
        "edges": _edges(rng, nodes, count, more.pop("blind", None)) if count else _none(),
    }
    sizes = _sizes(nodes=nodes, edges=count, d=d, d_value=d_value, heads=heads)
    return Case({**inputs, **more}, about, sizes)


def _attend_cases(rng: np.random.Generator) -> list[Case]:
    double = _attend_case(rng, 5, 8, 3, 2, "float64", 4)
    doubled = {name: v.double() if v.is_floating_point() else v for name, v in double.inputs.items()}
    complete = graph_attention.mask_to_edges(torch.ones(4, 4, dtype=torch.bool))
    loud = _attend_case(rng, 4, 9, 5, 3, "very large scores")
    return [
        _attend_case(rng, 3, 4, 2, 5, "three nodes, an edge that stands there twice"),
        _attend_case(rng, 4, 16, 3, 2, "the complete graph", edges=complete),
        _attend_case(rng, 6, 9, 4, 3, "two heads", 2),
        _attend_case(rng, 5, 7, 3, 2, "a node that receives nothing", 4, blind=0),
        _attend_case(rng, 6, 3, 5, 4, "fewer edges than nodes", edges=_few_edges(rng)),
        _attend_case(rng, 3, 0, 5, 2, "no edge at all"),
        Case({**loud.inputs, "query": loud.inputs["query"] * 200}, loud.about, loud.sizes, SATURATED),
        Case(doubled, "float64", double.sizes),
    ]


def _attend_variant(
    scale: Callable[[Tensor, Tensor, Tensor], float] = lambda query, value, edges: math.sqrt(query.shape[-1]),
    ends: Callable[[Tensor], Tensor] = lambda edges: edges,
    share: Callable[[Tensor, Tensor, int], Tensor] = lambda s, edges, n: graph_attention.edge_softmax(s, edges[1], n),
    way: Callable[[Tensor], Tensor] = lambda edges: edges,
    give: Callable[[Tensor, Tensor], Any] = lambda output, weights: (output, weights),
    collect: Callable[[Tensor, Tensor, Tensor], Tensor] = graph_attention.aggregate,
) -> Callable[..., Any]:
    def answer(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> Any:
        senders, receivers = ends(edges)
        scores = (query[receivers] * key[senders]).sum(-1) / scale(query, value, edges)
        weights = share(scores, edges, len(query))
        return give(collect(value, weights, way(edges)), weights)

    return answer


def _lonely_keep_theirs(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    output, weights = _attend_variant()(query, key, value, edges)
    return torch.where(_reached(value, edges), output, value), weights


def _sorted_by_receiver(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    return _attend_variant()(query, key, value, edges[:, edges[1].argsort(stable=True)])


def _scores_collected(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    _, weights = _attend_variant()(query, key, value, edges)
    scores = (query[edges[1]] * key[edges[0]]).sum(-1) / math.sqrt(query.shape[-1])
    return graph_attention.aggregate(value, scores, edges), weights


def _dense_without_mask(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    """Attention over all pairs; the weights of the edges are read out of the table."""
    scores = torch.einsum("i...d,j...d->ij...", query, key) / math.sqrt(query.shape[-1])
    table = torch.softmax(scores, dim=1)
    return torch.einsum("ij...,j...d->i...d", table, value), table[edges[1], edges[0]]


def _scores_for_weights(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    output, _ = _attend_variant()(query, key, value, edges)
    return output, (query[edges[1]] * key[edges[0]]).sum(-1) / math.sqrt(query.shape[-1])


def _own_values(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    _, weights = _attend_variant()(query, key, value, edges)
    return torch.zeros_like(value).index_add(0, edges[1], weights[..., None] * value[edges[1]]), weights


EDGE_ATTENTION = Exercise(
    id="graph_attention.edge_attention",
    lesson="15",
    title="Self-attention along the edges",
    reference=graph_attention.edge_attention,
    cases=_attend_cases,
    run=_gradients_of_the_first,
    judge=judge_tensors("output", "weights", floor=1e-5),
    points=3,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "no_scaling",
            _attend_variant(scale=lambda query, value, edges: 1.0),
            "The weights are too extreme: the dot products are not divided by √d.",
        ),
        Misconception(
            "divided_by_d",
            _attend_variant(scale=lambda query, value, edges: float(query.shape[-1])),
            "The weights are too even: the dot products are divided by d, not by its root.",
        ),
        Misconception(
            "root_of_nodes",
            _attend_variant(scale=lambda query, value, edges: math.sqrt(len(query))),
            "The dot products are divided by the root of the number of nodes. More nodes do not make a dot product"
            " larger; more components do.",
        ),
        Misconception(
            "root_of_value_width",
            _attend_variant(scale=lambda query, value, edges: math.sqrt(value.shape[-1])),
            "The dot products are divided by the root of the values' width. It is queries and keys that are"
            " multiplied.",
        ),
        Misconception(
            "root_of_edges",
            _attend_variant(scale=lambda query, value, edges: math.sqrt(max(edges.shape[1], 1))),
            "The dot products are divided by the root of the number of edges. What grows with the number of"
            " components?",
        ),
        Misconception(
            "root_of_all_heads",
            _attend_variant(scale=lambda query, value, edges: math.sqrt(query[0].numel())),
            "Right without heads; with them the dot products are divided by the root of the width of all heads"
            " together. Each head multiplies vectors of width d.",
        ),
        Misconception(
            "leaky",
            _attend_variant(share=lambda s, edges, n: graph_attention.edge_softmax(_leaky(s), edges[1], n)),
            "Your scores pass a LeakyReLU. That belongs to the score of the graph attention layer; dot products go into"
            " the softmax as they are.",
        ),
        Misconception(
            "senders_ask",
            _attend_variant(ends=lambda edges: edges.flip(0)),
            "Queries and keys are looked up at the wrong ends: the receiver asks, the sender is asked.",
        ),
        Misconception(
            "shared_by_senders",
            _attend_variant(share=lambda s, edges, n: graph_attention.edge_softmax(s, edges[0], n)),
            "Your weights sum to one for each sender. A query shares out its attention, and queries are receivers.",
        ),
        Misconception(
            "shared_by_all",
            _attend_variant(share=lambda s, edges, n: torch.softmax(s, dim=0)),
            "Your weights sum to one over all edges of the graph. Each receiver has a softmax of its own.",
        ),
        Misconception(
            "scores_as_weights",
            _attend_variant(share=lambda s, edges, n: s),
            "The softmax is missing: the neighbours' values are weighed with the scores themselves.",
        ),
        Misconception(
            "collected_backwards",
            _attend_variant(way=lambda edges: edges.flip(0)),
            "The weights are right, the output is not: the values run from receivers to senders.",
        ),
        Misconception(
            "all_pairs",
            _dense_without_mask,
            "Right on the complete graph only: every node looks at every node in yours. Nodes look along the edges that"
            " there are.",
        ),
        Misconception(
            "keys_as_values",
            lambda query, key, value, edges: _attend_variant()(query, key, key, edges),
            "The weights are right, but what is collected are the keys. The values are to be handed over.",
        ),
        Misconception(
            "output_only",
            _attend_variant(give=lambda output, weights: output),
            "The output is right, and alone. Return the weights of the edges as well.",
        ),
        Misconception(
            "scores_returned",
            _scores_for_weights,
            "The output is right; what you return beside it are the scores. Return the weights, after the softmax.",
        ),
        Misconception(
            "flipped_everywhere",
            lambda query, key, value, edges: _attend_variant()(query, key, value, edges.flip(0)),
            "Every edge is read backwards, from the first step to the last: the first row of the list holds the"
            " senders, and the receivers look.",
        ),
        Misconception(
            "values_of_receivers",
            _own_values,
            "The weights are right, but each node collects its own value. The values come from the senders.",
        ),
        Misconception(
            "nodes_counted_by_edges",
            _attend_variant(share=lambda s, edges, n: graph_attention.edge_softmax(s, edges[1], edges.shape[1])),
            "Right where there are edges enough: `edge_softmax` wants the number of nodes, and is given the number of"
            " edges.",
        ),
        Misconception(
            "messages_collected",
            _attend_variant(collect=lambda v, w, edges: graph_attention.aggregate(v[edges[0]], w, edges)),
            "`aggregate` is given one row an edge, the senders' values. It wants the values of all nodes, and looks the"
            " senders up itself.",
        ),
        Misconception("copies_share_once", _attend_variant(share=_shared_in_a_table), SHARED_ONCE),
        Misconception("copies_collected_once", _attend_variant(collect=_collected_in_a_table), COLLECTED_ONCE),
        Misconception(
            "copies_count_once",
            _attend_variant(share=_shared_in_a_table, collect=_collected_in_a_table),
            COUNTED_ONCE,
        ),
        Misconception(
            "lonely_keep_theirs",
            _lonely_keep_theirs,
            "A node to which no edge leads keeps its own value in yours. It collects nothing, so zeros are due.",
        ),
        Misconception(
            "sorted_by_receiver",
            _sorted_by_receiver,
            "The output is right, and the weights are in another order: sorted by receiver. Weight e has to belong to"
            " edge e of the list as it was given.",
        ),
        Misconception(
            "scores_collected",
            _scores_collected,
            "The weights are right, but the values are collected with the scores. Hand the weights to `aggregate`.",
        ),
        Misconception(
            "shared_by_heads",
            _attend_variant(share=lambda s, edges, n: s.softmax(-1)),
            "Your softmax runs over the last dimension: with heads, an edge's heads compete; without, all edges of the"
            " graph do. `edge_softmax` shares out for each receiver and each head.",
        ),
        Misconception(
            "queries_on_both_sides",
            lambda query, key, value, edges: _attend_variant()(query, query, value, edges),
            "Queries are compared with queries; the keys take no part. The receiver's query meets the sender's key.",
        ),
        Misconception(
            "keys_on_both_sides",
            lambda query, key, value, edges: _attend_variant()(key, key, value, edges),
            "Keys are compared with keys; the queries take no part. The receiver's query meets the sender's key.",
        ),
        Misconception(
            "keys_of_receivers",
            lambda query, key, value, edges: _attend_variant(ends=lambda e: torch.stack([e[1], e[1]]))(
                query, key, value, edges
            ),
            "Query and key are both looked up at the receiver. The key is that of the sender, who is looked at.",
        ),
        Misconception(
            "not_shifted",
            _attend_variant(share=lambda s, edges, n: _list_softmax(lambda s, r, n: 0.0)(s, edges[1], n)),
            "Right for small scores; large ones give nan, for exp overflows. `edge_softmax` takes each receiver's"
            " largest score off first.",
        ),
        Misconception(
            "results_swapped",
            _attend_variant(give=lambda output, weights: (weights, output)),
            "Both results are right, in the other order: the output comes first, then the weights.",
        ),
    ),
    hints=(
        "One score for each edge, a softmax for each receiver, a sum at each receiver. Only the first of these is new.",
        "`query[receivers] * key[senders]` has one row an edge; its sum over the last dimension is the dot product.",
        "`scores = (query[receivers] * key[senders]).sum(dim=-1) / math.sqrt(query.shape[-1])`, then `edge_softmax` and"
        " `aggregate`.",
    ),
)

EXERCISES: tuple[Exercise, ...] = (
    EDGE_SCORE,
    NEIGHBOURHOOD_WEIGHTS,
    EDGE_SOFTMAX,
    AGGREGATE,
    COMBINE_HEADS,
    GAT_LAYER,
    DYNAMIC_SCORES,
    MASK_TO_EDGES,
    EDGES_TO_MASK,
    EDGE_ATTENTION,
)
