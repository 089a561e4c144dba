"""The exercises of lesson 11, the Transformer: cases, known mistakes and what to say about them, hints.

The layers are judged under random weights, given by name, by their values and by the gradients of their inputs and
parameters. A norm whose weight is one and whose bias is zero would hide which of two norms was used. A dropout of 1
while training leaves nothing of what a sublayer adds: without any randomness it shows where the dropout stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import transformer
from utils.attention import FusedAttention, MultiHeadAttention, causal_mask
from utils.checks.compare import compare
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.checks.modules import changed, load_by_name, random_state, randomised, run_module
from utils.checks.tensors import (
    integers,
    judge_tensors,
    normal,
    or_error,
    random_mask,
    refused,
    strided,
    values_and_gradients,
)
from utils.transformer import FeedForward, LayerNorm

WHOLE_LAYERS = ("torch.nn.TransformerEncoderLayer", "torch.nn.TransformerDecoderLayer")
NORMS = (
    *(f"torch.nn.functional.{kind}_norm" for kind in ("layer", "group", "batch", "instance", "rms")),
    *(f"torch.{kind}_norm" for kind in ("layer", "native_layer", "group", "batch", "instance", "rms")),
    "torch.nn.LayerNorm",
)

# ----------------------------------------------------------------------------------------------- layer norm


def _norm_case(rng: np.random.Generator, about: str, *shape: int, eps: float | None = None, std: float = 1.0) -> Case:
    names = {1: ("d_model",), 2: ("length", "d_model"), 3: ("batch", "length", "d_model")}[len(shape)]
    inputs: dict[str, Any] = {
        "x": normal(rng, *shape, std=std) + 1.5 * std,
        "weight": 1.0 + normal(rng, shape[-1], std=0.5),
        "bias": normal(rng, shape[-1], std=0.5),
    }
    return Case(inputs if eps is None else {**inputs, "eps": eps}, about, dict(zip(names, shape, strict=True)))


def _norm_cases(rng: np.random.Generator) -> list[Case]:
    even = _norm_case(rng, "a token whose components are all equal", 3, 4)
    even.inputs["x"][1] = 2.5
    double = _norm_case(rng, "float64", 2, 5, 3)
    cut = _norm_case(rng, "not contiguous in memory", 3, 2, 6)
    far = _norm_case(rng, "numbers far from zero, close together", 2, 5, 6)
    return [
        _norm_case(rng, "two tokens", 2, 5),
        _norm_case(rng, "one vector, no other dimension", 6),
        _norm_case(rng, "a batch of one, with one token", 1, 1, 4),
        _norm_case(rng, "a batch of sentences", 3, 4, 7),
        even,
        _norm_case(rng, "tiny numbers, the usual eps", 4, 3, std=0.003),
        _norm_case(rng, "a large eps", 3, 8, eps=0.5),
        _norm_case(rng, "a batch of sentences, another eps", 2, 3, 5, eps=0.04),
        Case({k: v.double() for k, v in double.inputs.items()}, double.about, double.sizes),
        Case({**cut.inputs, "x": strided(cut.inputs["x"])}, cut.about, cut.sizes),
        Case({**far.inputs, "x": far.inputs["x"] + 200.0}, far.about, far.sizes),
        _norm_case(rng, "a single component", 3, 8, 1),
    ]


def _norm_variant(
    dims: Callable[[Tensor], Any] = lambda x: -1,
    correction: int = 0,
    centre: bool = True,
    root: Callable[[Tensor, float], Tensor] = lambda variance, eps: torch.sqrt(variance + eps),
    finish: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, weight, bias: x * weight + bias,
    frozen: bool = False,
) -> Callable[..., Tensor]:
    """The reference with one part exchanged."""

    def answer(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
        dim = dims(x)
        mean = x.mean(dim=dim, keepdim=True)
        if centre:
            variance = x.var(dim=dim, keepdim=True, correction=correction)
        else:
            variance, mean = x.pow(2).mean(dim=dim, keepdim=True), torch.zeros_like(mean)
        if frozen:
            mean, variance = mean.detach(), variance.detach()
        return finish((x - mean) / root(variance, eps), weight, bias)

    return answer


def _others(x: Tensor) -> list[int]:
    return list(range(x.dim() - 1)) or [0]


LAYER_NORM = Exercise(
    id="transformer.layer_norm",
    lesson="11",
    title="Layer norm",
    reference=transformer.layer_norm,
    cases=_norm_cases,
    run=values_and_gradients,
    judge=judge_tensors("output", type_of="x"),
    points=2,
    minutes=8,
    difficulty=1,
    forbids=NORMS,
    misconceptions=(
        Misconception(
            "batch_statistics",
            _norm_variant(dims=_others),
            "Each component is normalised over all the tokens, as a batch norm does: what one token becomes depends on"
            " its company. A layer norm takes mean and variance over the components of one token.",
        ),
        Misconception(
            "first_dimension",
            _norm_variant(dims=lambda x: 0),
            "Right for a single vector. For several, mean and variance run along the first dimension, over tokens or"
            " over sentences. They belong to the components of one token: the last dimension.",
        ),
        Misconception(
            "over_the_length",
            _norm_variant(dims=lambda x: -2 if x.dim() > 1 else -1),
            "Mean and variance run over the words of a sentence. They belong to the components of one token: the last"
            " dimension.",
        ),
        Misconception(
            "over_everything",
            _norm_variant(dims=lambda x: list(range(x.dim()))),
            "Right for a single vector, wrong for several: one mean and one variance are taken of all numbers together."
            " Each token has its own; along which dimension do a token's numbers lie?",
        ),
        Misconception(
            "over_a_sentence",
            _norm_variant(dims=lambda x: [-2, -1] if x.dim() > 1 else -1),
            "Each sentence gets one mean and one variance for all its words. Each token has its own.",
        ),
        Misconception(
            "dimension_1",
            _norm_variant(dims=lambda x: 1 if x.dim() > 1 else 0),
            "Right for (length, d_model), wrong with a batch in front: dimension 1 is then the length. Counted from the"
            " end, the components are always the same dimension.",
        ),
        Misconception(
            "dimension_1_only",
            _norm_variant(dims=lambda x: 1),
            "You name dimension 1. A single vector has none; and with a batch in front it is the length. Counted from"
            " the end, the components are always the same dimension.",
        ),
        Misconception(
            "keepdim_forgotten",
            lambda x, weight, bias, eps=1e-5: (
                (x - x.mean(-1)) / torch.sqrt(x.var(-1, correction=0) + eps) * weight + bias
            ),
            "Mean and variance have lost the last dimension, so they no longer stand beside their own tokens: with"
            " `keepdim=True` it stays, with size 1.",
        ),
        Misconception(
            "unbiased_variance",
            _norm_variant(correction=1),
            "Your numbers are too small by the factor √((d_model − 1)/d_model): the squares are divided by"
            " d_model − 1, which is what `var` and `std` do by default. A layer norm divides by d_model.",
        ),
        Misconception(
            "eps_outside_the_root",
            _norm_variant(root=lambda variance, eps: torch.sqrt(variance) + eps),
            "eps is added to the standard deviation, after the root. It belongs to the variance, under the root: with"
            " small numbers or a large eps the difference shows.",
        ),
        Misconception(
            "eps_added_to_std",
            lambda x, weight, bias, eps=1e-5: (
                (x - x.mean(-1, keepdim=True)) / (x.std(-1, correction=0, keepdim=True) + eps) * weight + bias
            ),
            "Divided by d_model, as it should be; but eps is added to what `std` gives, and that is a root already. It"
            " belongs under the root, to the variance.",
        ),
        Misconception(
            "eps_squared",
            _norm_variant(root=lambda variance, eps: torch.sqrt(variance + eps**2)),
            "eps is squared before it is added to the variance. It is added as it is; with the usual one the difference"
            " shows in small numbers only.",
        ),
        Misconception(
            "smaller_eps",
            lambda x, weight, bias, eps=1e-6: _norm_variant()(x, weight, bias, eps),
            "Right where eps is given. Left out, it should be 1e-5, as the signature says; yours is smaller.",
        ),
        Misconception(
            "eps_outside_unbiased",
            lambda x, weight, bias, eps=1e-5: (
                (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps) * weight + bias
            ),
            "Two things: the variance is divided by d_model − 1 (that is what `std` does by default), and eps stands"
            " outside the root. Divide by d_model, and add eps to the variance.",
        ),
        Misconception(
            "eps_ignored",
            _norm_variant(root=lambda variance, eps: torch.sqrt(variance)),
            "eps takes no part. A token whose components are all equal then gives 0/0, which is nan.",
        ),
        Misconception(
            "eps_fixed",
            _norm_variant(root=lambda variance, eps: torch.sqrt(variance + 1e-5)),
            "Right with the usual eps, wrong with another: a number of your own stands in its place.",
        ),
        Misconception(
            "mean_of_squares",
            lambda x, weight, bias, eps=1e-5: (
                (x - x.mean(-1, keepdim=True))
                / (x.pow(2).mean(-1, keepdim=True) - x.mean(-1, keepdim=True) ** 2 + eps).sqrt()
                * weight
                + bias
            ),
            "Right on paper, and right near zero: the variance as the mean of the squares minus the square of the mean."
            " Far from zero these are two large, nearly equal numbers, and float32 loses the digits in which they"
            " differ. Subtract the mean first, then square.",
        ),
        Misconception(
            "mean_kept",
            lambda x, weight, bias, eps=1e-5: (
                x / torch.sqrt(x.var(-1, correction=0, keepdim=True) + eps) * weight + bias
            ),
            "You divide by the right number, but the mean is still in what you divide: subtract it first.",
        ),
        Misconception(
            "squares_not_averaged",
            lambda x, weight, bias, eps=1e-5: (
                (x - x.mean(-1, keepdim=True))
                / torch.sqrt((x - x.mean(-1, keepdim=True)).pow(2).sum(-1, keepdim=True) + eps)
                * weight
                + bias
            ),
            "The squares are added up and not divided by d_model, so every token becomes a vector of length about 1."
            " The variance is their mean.",
        ),
        Misconception(
            "no_root",
            _norm_variant(root=lambda variance, eps: variance + eps),
            "You divide by the variance. Its root, the standard deviation, has the size of the numbers themselves.",
        ),
        Misconception(
            "no_centring",
            _norm_variant(centre=False),
            "The mean is not subtracted: the numbers are divided by the root of their mean square. That is another"
            " norm, RMSNorm. A layer norm moves each token's mean to 0 first.",
        ),
        Misconception(
            "not_divided",
            _norm_variant(root=lambda variance, eps: torch.ones_like(variance)),
            "The mean is 0 now, but the size is still that of the input: nothing divides by the root of the variance.",
        ),
        Misconception(
            "weight_ignored",
            _norm_variant(finish=lambda x, weight, bias: x + bias),
            "The weight takes no part: each component is stretched by its own factor before the bias is added.",
        ),
        Misconception(
            "bias_ignored",
            _norm_variant(finish=lambda x, weight, bias: x * weight),
            "The bias takes no part: each component is shifted by its own summand at the end.",
        ),
        Misconception(
            "neither_weight_nor_bias",
            _norm_variant(finish=lambda x, weight, bias: x),
            "Normalised rightly. Weight and bias are still to come; without them every token would have mean 0 and"
            " variance 1 for ever.",
        ),
        Misconception(
            "bias_first",
            _norm_variant(finish=lambda x, weight, bias: (x + bias) * weight),
            "The bias is added before the stretching, so the weight stretches it too. First multiply, then add.",
        ),
        Misconception(
            "weight_and_bias_swapped",
            _norm_variant(finish=lambda x, weight, bias: x * bias + weight),
            "Weight and bias have changed places: you multiply by the bias and add the weight.",
        ),
        Misconception(
            "statistics_detached",
            _norm_variant(frozen=True),
            "The numbers are right, the gradient is not: mean and variance are treated as fixed numbers. They depend on"
            " x, and the gradient has to flow through them as well.",
        ),
    ),
    properties=(
        Property(
            "same_shape",
            lambda case, output: output["value"].shape == case.inputs["x"].shape,
            "The output has the shape of x.",
        ),
    ),
    hints=(
        "Everything happens along one dimension: the components of one token. `keepdim=True` lets the means fit x"
        " again.",
        "Subtract the mean; the variance is the mean of the squares of what is left. `var` and `std` divide by one less"
        " unless you tell them not to (`correction=0`).",
        "`centred = x - x.mean(dim=-1, keepdim=True)`, `variance = centred.pow(2).mean(dim=-1, keepdim=True)`, then"
        " `centred / torch.sqrt(variance + eps) * weight + bias`.",
    ),
)

# ------------------------------------------------------------------------------------ modules: cases and runs


def _differentiated(layer: Any, inputs: dict[str, Any], case: Case, call: Callable[..., Any]) -> Any:
    """As `run_module`, for a layer that has float32 weights to start with."""
    for name, weight in layer.named_parameters() if isinstance(layer, nn.Module) else ():
        if weight.dtype != torch.float32:
            raise Told(f"`{name}` is {str(weight.dtype)[6:]}; without being told otherwise, weights are float32.")
    return run_module(layer, inputs, case, call)


# ------------------------------------------------------------------------------------------------ feed-forward


def _ffn_case(
    rng: np.random.Generator,
    about: str,
    shape: tuple[int, ...],
    d_hidden: int,
    activation: str | None = None,
    double: bool = False,
    std: float = 1.0,
) -> Case:
    inputs: dict[str, Any] = {"d_model": shape[-1], "d_hidden": d_hidden}
    if activation is not None:
        inputs["activation"] = activation
    x = normal(rng, *shape, std=std)
    inputs["x"] = x.double() if double else x
    sizes = {"d_model": shape[-1], "d_hidden": d_hidden}
    if len(shape) == 3:
        sizes = {"batch": shape[0], "length": shape[1], **sizes}
    state = random_state(rng, FeedForward(shape[-1], d_hidden))
    return Case(inputs, about, sizes, {"state": state})


def _ffn_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _ffn_case(rng, "one token", (1, 1, 3), 5),
        _ffn_case(rng, "a batch of sentences", (2, 4, 3), 7),
        _ffn_case(rng, "with GELU", (3, 2, 5), 8, "gelu"),
        _ffn_case(rng, "ReLU by name, narrower than d_model, large numbers", (3, 5, 6), 4, "relu", std=9.0),
        _ffn_case(rng, "tokens without a batch", (4, 7), 9, "gelu"),
        _ffn_case(rng, "float64", (2, 3, 4), 11, "gelu", double=True),
        Case({"d_model": 4, "d_hidden": 6, "activation": "tanh"}, "an unknown activation", {}, {"error": "tanh"}),
    ]


def _run_ffn(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Makes and calls the module as a lesson would: the activation left out, by place or by name."""
    places = [inputs["d_model"], inputs["d_hidden"]]
    if "error" in case.extra:
        return refused(lambda: answer(*places, inputs["activation"]), case)
    if "activation" not in inputs:
        layer = answer(*places)
    elif inputs["x"].dim() == 2:
        layer = answer(*places, activation=inputs["activation"])
    else:
        layer = answer(*places, inputs["activation"])
    starts = [weight.detach().clone() for weight in layer.parameters()] if isinstance(layer, nn.Module) else []
    found = _differentiated(layer, inputs, case, lambda made, given: made(given["x"]))
    if any(w.dim() > 1 and torch.equal(w, v) for w, v in zip(starts, answer(*places).parameters())):
        raise Told(
            "Two nets made one after the other begin with the very same weights. Each layer should begin elsewhere:"
            " leave the weights as `nn.Linear` makes them, and set no seed inside a layer."
        )
    return found


class _Ffn(nn.Module):
    """The reference's parameters, for wrong modules to inherit."""

    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__()
        if activation not in ("relu", "gelu"):
            raise ValueError(f'The activation is "relu" or "gelu", not {activation!r}.')
        self.kind = activation
        self.activation: Callable[..., Tensor] = F.relu if activation == "relu" else F.gelu
        self.expand = nn.Linear(d_model, d_hidden)
        self.project = nn.Linear(d_hidden, d_model)

    def forward(self, x: Tensor) -> Any:
        return self.project(self.activation(self.expand(x)))


class _FfnNamesSwapped(_Ffn):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__(d_hidden, d_model, activation)


class _FfnNoBias(_Ffn):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__(d_model, d_hidden, activation)
        self.expand = nn.Linear(d_model, d_hidden, bias=False)
        self.project = nn.Linear(d_hidden, d_model, bias=False)


class _FfnFourfold(_Ffn):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__(d_model, 4 * d_model, activation)


class _FfnGeluByDefault(_Ffn):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "gelu") -> None:
        super().__init__(d_model, d_hidden, activation)


class _FfnTakesAll(_Ffn):
    def __init__(self, d_model: int, d_hidden: int, activation: str = "relu") -> None:
        super().__init__(d_model, d_hidden, "relu" if activation == "relu" else "gelu")


FEED_FORWARD = Exercise(
    id="transformer.feed_forward",
    lesson="11",
    title="The feed-forward net",
    reference=transformer.FeedForward,
    cases=_ffn_cases,
    run=_run_ffn,
    judge=judge_tensors("output"),
    points=2,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "no_activation",
            changed(_Ffn, forward=lambda self, x: self.project(self.expand(x))),
            "Nothing bends between the two layers, and two linear layers in a row are one linear layer. The activation"
            " belongs between them.",
        ),
        Misconception(
            "activation_last",
            changed(_Ffn, forward=lambda self, x: self.activation(self.project(self.expand(x)))),
            "The activation stands behind the second layer, where it cuts off what the net says. It belongs between the"
            " two.",
        ),
        Misconception(
            "activation_twice",
            changed(_Ffn, forward=lambda self, x: self.activation(self.project(self.activation(self.expand(x))))),
            "The activation is applied twice; the second one cuts off what the net says. Only what lies between the two"
            " layers is bent.",
        ),
        Misconception(
            "activation_first",
            changed(_Ffn, forward=lambda self, x: self.project(self.expand(self.activation(x)))),
            "The activation is applied to x, before the first layer. It belongs between the two layers.",
        ),
        Misconception(
            "always_relu",
            changed(_Ffn, forward=lambda self, x: self.project(F.relu(self.expand(x)))),
            'Right with "relu", wrong with "gelu": you always take the ReLU. `self.activation` is already the right'
            " one.",
        ),
        Misconception(
            "always_gelu",
            changed(_Ffn, forward=lambda self, x: self.project(F.gelu(self.expand(x)))),
            'Right with "gelu", wrong with "relu": you always take the GELU. `self.activation` is already the right'
            " one.",
        ),
        Misconception(
            "tanh_gelu",
            changed(
                _Ffn,
                forward=lambda self, x: self.project(
                    F.relu(self.expand(x)) if self.kind == "relu" else F.gelu(self.expand(x), approximate="tanh")
                ),
            ),
            "Right with the ReLU. Your GELU is the approximation by tanh, good to three digits; the contract asks for"
            " the exact one, which `self.activation` already is.",
        ),
        Misconception(
            "residual_inside",
            changed(_Ffn, forward=lambda self, x: x + self.project(self.activation(self.expand(x)))),
            "x itself is added to the result. That is the residual, and the layer around this net will add it; here it"
            " would come twice.",
        ),
        Misconception(
            "widths_swapped",
            _FfnNamesSwapped,
            "`expand` has the widths that `project` should have, and the other way round. Either the two names have"
            " changed places, or the two widths have: `nn.Linear` takes the width of its input first.",
        ),
        Misconception(
            "always_fourfold",
            _FfnFourfold,
            "Your net is always 4 · d_model wide inside, as the paper's is. Here the width is an argument, d_hidden.",
        ),
        Misconception(
            "gelu_by_default",
            _FfnGeluByDefault,
            "Right where an activation is named. Where none is, the signature says the ReLU, and yours is the GELU.",
        ),
        Misconception(
            "refuses_nothing",
            _FfnTakesAll,
            "Right for ReLU and GELU. The stub's ValueError for any other name is gone: a typing mistake would silently"
            " become another net.",
        ),
        Misconception(
            "silu",
            changed(
                _Ffn,
                forward=lambda self, x: self.project(
                    F.relu(self.expand(x)) if self.kind == "relu" else F.silu(self.expand(x))
                ),
            ),
            "Right with the ReLU. In place of the GELU, x · Φ(x), you take x · sigmoid(x), the SiLU: a curve of the"
            " same kind, but another one. `self.activation` is already the right one.",
        ),
        Misconception(
            "sigmoid_gelu",
            changed(
                _Ffn,
                forward=lambda self, x: self.project(
                    F.relu(self.expand(x))
                    if self.kind == "relu"
                    else self.expand(x) * torch.sigmoid(1.702 * self.expand(x))
                ),
            ),
            "Right with the ReLU. Your GELU is the approximation by a sigmoid, good to about two digits; the contract"
            " asks for the exact one, which `self.activation` already is.",
        ),
        Misconception(
            "no_bias",
            _FfnNoBias,
            "Your linear layers have no bias. The formula adds b₁ and b₂, and `nn.Linear` makes them unless it is told"
            " not to.",
        ),
        Misconception(
            "expand_only",
            changed(_Ffn, forward=lambda self, x: self.activation(self.expand(x))),
            "The result is d_hidden wide: the layer that brings it back to d_model is not used.",
        ),
    ),
    hints=(
        "Two `nn.Linear`, made in `__init__`; their names and widths stand in the docstring.",
        "`nn.Linear(width of the input, width of the output)`. In `forward`: widen, bend, bring back.",
        "`self.expand = nn.Linear(d_model, d_hidden)`, `self.project = nn.Linear(d_hidden, d_model)`, and"
        " `self.project(self.activation(self.expand(x)))`.",
    ),
)

# ------------------------------------------------------------------------------------------------ memory cells


def _written_case(rng: np.random.Generator, d_model: int, d_hidden: int, words: int, key: int, k: int) -> Case:
    net = randomised(rng, FeedForward(d_model, d_hidden))
    sizes = {"words": words, "d_model": d_model, "d_hidden": d_hidden, "k": k}
    about = f"cell {key} of {d_hidden}, " + ("one word" if k == 1 else f"{k} words")
    return Case({"feed_forward": net, "key": key, "vectors": normal(rng, words, d_model), "k": k}, about, sizes)


def _written_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _written_case(rng, 3, 5, 4, 1, 2),
        _written_case(rng, 4, 7, 9, 0, 3),
        _written_case(rng, 6, 11, 13, 10, 5),
        _written_case(rng, 5, 3, 8, 2, 1),
        _written_case(rng, 7, 12, 10, 4, 10),
        _written_case(rng, 8, 6, 15, 5, 11),
        _twins(_written_case(rng, 6, 8, 10, 3, 9)),
        _close(rng, _written_case(rng, 5, 7, 14, 4, 6)),
    ]


def _close(rng: np.random.Generator, case: Case) -> Case:
    """The same case with dot products near 2 that are 0.0002 apart: float32 tells them apart, half of it does not."""
    value = case.inputs["feed_forward"].project.weight[:, case.inputs["key"]].detach().double()
    vectors = case.inputs["vectors"].double()
    wanted = 2.0 + 2e-4 * torch.tensor(rng.permutation(len(vectors)))
    vectors += ((wanted - vectors @ value) / (value @ value))[:, None] * value
    return Case({**case.inputs, "vectors": vectors.float()}, "dot products that hardly differ", case.sizes)


def _twins(case: Case) -> Case:
    """The same case with two words that share one vector, both of them among the best."""
    vectors, net = case.inputs["vectors"], case.inputs["feed_forward"]
    first, second = (
        (vectors @ net.project.weight[:, case.inputs["key"]].detach()).topk(2).indices.sort().values.tolist()
    )
    vectors[second] = vectors[first]
    return Case(case.inputs, "two words with the same vector", case.sizes, {"twins": (first, second)})


def _run_written(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    before = {name: weight.clone() for name, weight in inputs["feed_forward"].state_dict().items()}
    result = answer(*inputs.values())
    for name, weight in inputs["feed_forward"].state_dict().items():
        if not torch.equal(weight, before[name]):
            raise Told(f"Your function changes the net it only has to look into: `{name}` has other numbers now.")
    return result


def _judge_written(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """Twins may stand in either order, but each has to be there."""
    if "twins" in case.extra and isinstance(output, list) and all(isinstance(word, int) for word in output):
        if len(set(output)) < len(output):
            return Mismatch(f"A word stands twice in {output}. Two words can have the same score, and are still two.")
        first, second = case.extra["twins"]
        output, expected = ([first if word == second else word for word in words] for words in (output, expected))
    return compare(expected, output, 1e-4)


def _written_variant(
    value: Callable[[Any, int], Tensor] = lambda net, key: net.project.weight[:, key],
    score: Callable[[Tensor, Tensor], Tensor] = lambda vectors, value: vectors @ value,
    choose: Callable[[Tensor, int], Any] = lambda scores, k: scores.topk(k).indices.tolist(),
) -> Callable[..., Any]:
    def answer(feed_forward: Any, key: int, vectors: Tensor, k: int) -> Any:
        return choose(score(vectors, value(feed_forward, key)), k)

    return answer


WRITTEN_WORDS = Exercise(
    id="transformer.written_words",
    lesson="11",
    title="What a memory cell writes",
    reference=transformer.written_words,
    cases=_written_cases,
    run=_run_written,
    judge=_judge_written,
    points=1,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "key_vector",
            _written_variant(value=lambda net, key: net.expand.weight[key]),
            "You compare the words with the cell's *key*, row `key` of `expand.weight`: that is what the cell reads."
            " What it writes is its value.",
        ),
        Misconception(
            "row_instead_of_column",
            _written_variant(value=lambda net, key: net.project.weight[key]),
            "`project.weight` has the shape (d_model, d_hidden), and `project.weight[key]` is one of its rows: one"
            " component of all the values. A cell's value has d_model components.",
        ),
        Misconception(
            "bias_added",
            _written_variant(value=lambda net, key: net.project.weight[:, key] + net.project.bias),
            "The bias of `project` is counted in. It is written whichever cell fires, so it says nothing about this"
            " one.",
        ),
        Misconception(
            "cosine",
            _written_variant(score=lambda vectors, value: F.cosine_similarity(vectors, value[None], dim=1)),
            "You take cosines. A logit is the dot product itself: a long word vector gains more from the same value.",
        ),
        Misconception(
            "distance",
            _written_variant(score=lambda vectors, value: -(vectors - value).norm(dim=1)),
            "You take the words whose vectors lie nearest to the value. Logits are dot products, so the direction and"
            " the length of a word's vector count, not its distance.",
        ),
        Misconception(
            "absolute",
            _written_variant(score=lambda vectors, value: (vectors @ value).abs()),
            "Signs are lost: words whose logits fall most are listed among those that rise.",
        ),
        Misconception(
            "smallest",
            _written_variant(choose=lambda scores, k: scores.topk(k, largest=False).indices.tolist()),
            "These are the words whose logits fall most: the smallest dot products instead of the largest.",
        ),
        Misconception(
            "smallest_of_the_best_first",
            _written_variant(choose=lambda scores, k: scores.topk(k).indices.flip(0).tolist()),
            "The right words in the reverse order: the largest comes first.",
        ),
        Misconception(
            "unordered",
            _written_variant(choose=lambda scores, k: sorted(scores.topk(k).indices.tolist())),
            "The right words, but ordered by number. The one that rises most comes first.",
        ),
        Misconception(
            "scores_returned",
            _written_variant(choose=lambda scores, k: scores.topk(k).values.tolist()),
            "You return the dot products themselves. The numbers of the words are asked for: `topk` gives both.",
        ),
        Misconception(
            "one_too_many",
            _written_variant(choose=lambda scores, k: scores.argsort(descending=True)[: k + 1].tolist()),
            "Right, but for the number of words: it is never k.",
        ),
        Misconception(
            "counted_from_one",
            _written_variant(value=lambda net, key: net.project.weight[:, key - 1]),
            "You look at the cell before the one asked for: cells are counted from 0, so cell `key` is column `key`.",
        ),
        Misconception(
            "always_the_first_cell",
            _written_variant(value=lambda net, key: net.project.weight[:, 0]),
            "Right for cell 0, and the same words for every other one: `key` takes no part.",
        ),
        Misconception(
            "all_words",
            _written_variant(choose=lambda scores, k: scores.argsort(descending=True).tolist()),
            "The order is right, but all the words are listed: only the first k are asked for.",
        ),
        Misconception(
            "activated_value",
            _written_variant(value=lambda net, key: net.activation(net.project.weight[:, key])),
            "The activation is applied to the value. It belongs to the cell's coefficient; a value is written as it is,"
            " negative components included.",
        ),
        Misconception(
            "normalised_value",
            _written_variant(
                value=lambda net, key: F.layer_norm(net.project.weight[:, key], (net.project.out_features,))
            ),
            "The value, or the words' vectors, are centred or normalised before they are compared. Take both as they"
            " come: where the lesson wants its vectors centred, its own cell does that before it calls you.",
        ),
        Misconception(
            "positive_only",
            _written_variant(
                choose=lambda scores, k: [i for i in scores.topk(k).indices.tolist() if float(scores[i]) > 0]
            ),
            "Words whose dot product is negative are left out, so there are sometimes fewer than k. The k largest are"
            " asked for, whatever their sign.",
        ),
        Misconception(
            "best_only",
            _written_variant(choose=lambda scores, k: int(scores.argmax())),
            "You return one word, as a bare number. A list of k words is asked for, even if k is 1.",
        ),
    ),
    hints=(
        "First find the value of the cell: d_model numbers, somewhere in `feed_forward.project.weight`.",
        "`nn.Linear` keeps its weight as (outputs, inputs): the cells are the inputs of `project`, so a cell is a"
        " column. One matrix product compares its value with all words.",
        "`value = feed_forward.project.weight[:, key]`, then `(vectors @ value).topk(k).indices.tolist()`.",
    ),
)

# ---------------------------------------------------------------------------------------------------- residual


class _Net(nn.Module):
    """A sublayer that is given: something nonlinear."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return torch.tanh(x @ self.weight) * 1.5


class _Mixing(_Net):
    """A sublayer in which the words of a sentence hear of one another, as attention has it."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x + 2 * x.mean(dim=1, keepdim=True))


class _HandsThrough(_Net):
    """A sublayer that returns the very tensor it is given, as a dropout does after .eval()."""

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x


class _CountedNorm(LayerNorm):
    """A norm that counts how often it is called."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(x)


_judge_sum = judge_tensors("output")


def _judge_residual(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """As `judge_tensors`; then one norm is enough."""
    found = _judge_sum(case, output, expected)
    if not found and output["norms"] != expected["norms"]:
        return Mismatch(
            f"The numbers are right, but `norm` is called {output['norms']}, and once is enough: ask first which"
            " order is wanted."
        )
    return found


def _run_residual(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    found = values_and_gradients(answer, inputs, case)
    found["norms"] = f"{inputs['norm'].calls} times"  # in words: no number of the answer
    calls = inputs["sublayer"].calls
    if calls > 1:
        raise Told(
            f"`sublayer` is called {calls} times. Once is enough: it may be expensive, and a dropout inside would fall"
            " differently each time."
        )
    return found


def _residual_case(
    rng: np.random.Generator,
    about: str,
    *shape: int,
    first: bool | None = None,
    std: float = 1,
    sublayer: type[_Net] = _Net,
) -> Case:
    norm = randomised(rng, _CountedNorm(shape[-1]).requires_grad_(False))
    inputs: dict[str, Any] = {
        "x": normal(rng, *shape, std=std) + 0.7,
        "sublayer": sublayer(normal(rng, shape[-1], shape[-1])),
        "norm": norm,
    }
    if first is not None:
        inputs["norm_first"] = first
    names = ("batch", "length", "d_model")
    return Case(inputs, about, dict(zip(names[-len(shape) :], shape, strict=True)))


def _residual_cases(rng: np.random.Generator) -> list[Case]:
    double = _residual_case(rng, "float64, pre-norm", 2, 3, 6, first=True)
    inputs = {k: v.double() if isinstance(v, (Tensor, nn.Module)) else v for k, v in double.inputs.items()}
    return [
        _residual_case(rng, "post-norm, by default", 1, 2, 3),
        _residual_case(rng, "pre-norm", 1, 2, 4, first=True),
        _residual_case(rng, "post-norm, said", 3, 2, 5, first=False),
        _residual_case(rng, "pre-norm, a batch", 2, 5, 3, first=True, std=2.0, sublayer=_Mixing),
        _residual_case(rng, "post-norm, a sublayer that hands x through", 2, 4, 5, sublayer=_HandsThrough),
        _residual_case(rng, "post-norm, tokens without a batch", 4, 3),
        _residual_case(rng, "pre-norm, tokens without a batch", 3, 5, first=True),
        _residual_case(rng, "pre-norm, one vector", 6, first=True),
        Case(inputs, double.about, double.sizes),
    ]


def _residual_variant(
    post: Callable[..., Tensor] = lambda x, f, norm: norm(x + f(x)),
    pre: Callable[..., Tensor] = lambda x, f, norm: x + f(norm(x)),
) -> Callable[..., Tensor]:
    def answer(x: Tensor, sublayer: Any, norm: Any, norm_first: bool = False) -> Tensor:
        return pre(x, sublayer, norm) if norm_first else post(x, sublayer, norm)

    return answer


RESIDUAL = Exercise(
    id="transformer.residual",
    lesson="11",
    title="A residual sublayer, in two orders",
    reference=transformer.residual,
    cases=_residual_cases,
    run=_run_residual,
    judge=_judge_residual,
    points=2,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "orders_exchanged",
            lambda x, sublayer, norm, norm_first=False: norm(x + sublayer(x)) if norm_first else x + sublayer(norm(x)),
            "Both orders are right, but each where the other is asked for: pre-norm belongs to `norm_first=True`.",
        ),
        Misconception(
            "always_post",
            _residual_variant(pre=lambda x, f, norm: norm(x + f(x))),
            "Right with post-norm. With `norm_first=True` the norm is still taken at the end, of the sum.",
        ),
        Misconception(
            "always_pre",
            _residual_variant(post=lambda x, f, norm: x + f(norm(x))),
            "Right with pre-norm. Without `norm_first` the norm belongs at the end, around the sum.",
        ),
        Misconception(
            "no_residual",
            _residual_variant(lambda x, f, norm: norm(f(x)), lambda x, f, norm: f(norm(x))),
            "x itself is lost: only what the sublayer makes of it goes on. The shortcut adds x.",
        ),
        Misconception(
            "normed_shortcut",
            _residual_variant(pre=lambda x, f, norm: norm(x) + f(norm(x))),
            "Right with post-norm. With pre-norm you add the *normalised* x: then nothing runs through the layers"
            " unchanged. What is added is x as it came.",
        ),
        Misconception(
            "norm_of_the_sublayer",
            _residual_variant(lambda x, f, norm: x + norm(f(x)), lambda x, f, norm: x + f(norm(x))),
            "Right with pre-norm. In post-norm you normalise what the sublayer adds, and the sum keeps growing; the"
            " norm goes around the whole sum.",
        ),
        Misconception(
            "norm_twice",
            _residual_variant(pre=lambda x, f, norm: norm(x + f(norm(x)))),
            "Right with post-norm. With pre-norm the sum is normalised a second time; it is left as it is.",
        ),
        Misconception(
            "both_norms_in_post",
            _residual_variant(post=lambda x, f, norm: norm(x + f(norm(x)))),
            "Right with pre-norm. In post-norm the sublayer should read x as it came; the only norm is the one around"
            " the sum.",
        ),
        Misconception(
            "pre_by_default",
            lambda x, sublayer, norm, norm_first=True: x + sublayer(norm(x)) if norm_first else norm(x + sublayer(x)),
            "Right wherever `norm_first` is given. Left out, it should be False, as the signature says: post-norm is"
            " the paper's.",
        ),
        Misconception(
            "norm_of_x_alone",
            _residual_variant(post=lambda x, f, norm: norm(x) + f(x)),
            "Right with pre-norm. In post-norm you normalise x and then add what the sublayer found: the norm goes"
            " around the sum of both.",
        ),
        Misconception(
            "both_orders_computed",
            lambda x, sublayer, norm, norm_first=False: (
                x + sublayer(norm(x)),
                norm(x + sublayer(x)),
            )[0 if norm_first else 1],
            "Both orders are computed, and one is thrown away. Ask first which one is wanted: the work is then done"
            " once.",
        ),
        Misconception(
            "no_norm",
            _residual_variant(lambda x, f, norm: x + f(x), lambda x, f, norm: x + f(x)),
            "The norm takes no part: the sum grows from layer to layer.",
        ),
        Misconception(
            "input_counted_twice",
            _residual_variant(lambda x, f, norm: norm(2 * x + f(x)), lambda x, f, norm: 2 * x + f(norm(x))),
            "x is added twice, and once is enough: the shortcut carries x itself.",
        ),
        Misconception(
            "sublayer_of_the_norm_of_the_sum",
            _residual_variant(pre=lambda x, f, norm: x + norm(f(x))),
            "Right with post-norm. With pre-norm the norm comes *before* the sublayer: what goes in is normalised, not"
            " what comes out.",
        ),
    ),
    hints=(
        "Draw two arrows from x: one through the sublayer, one past it. Where they meet they are added.",
        "The only question is where the norm stands: around the sum, or on the way into the sublayer.",
        "`norm(x + sublayer(x))`; with `norm_first`, `x + sublayer(norm(x))`.",
    ),
)

# ----------------------------------------------------------------------------------------------- encoder layer


def _layer_case(
    rng: np.random.Generator,
    about: str,
    reference: Callable[..., nn.Module],
    sizes: Mapping[str, int],
    tensors: Mapping[str, Tensor | None],
    options: Mapping[str, Any] | None = None,
    training: bool = True,
    double: bool = False,
    tiny: bool = False,
) -> Case:
    """A case of a layer: `tensors` are the arguments of the call, `options` the constructor's beside the sizes."""
    d_model = sizes["heads"] * sizes["d_head"]
    settings = {"d_model": d_model, "heads": sizes["heads"], "d_hidden": sizes["d_hidden"], **(options or {})}
    state = random_state(rng, reference(**settings))
    if tiny:  # so small that the eps of the norms counts, in what is added as well as in x
        state = {k: v if "norm" in k else 0.003 * v for k, v in state.items()}
        tensors = {**tensors, "x": None if tensors["x"] is None else 0.003 * tensors["x"]}
    given = {k: v.double() if double and v is not None and v.is_floating_point() else v for k, v in tensors.items()}
    extra = {"state": state, "training": training}
    return Case({**settings, **given}, about, {**sizes, "d_model": d_model}, extra)


OPTIONS = ("dropout", "norm_first", "activation", "attention")


def _made(answer: Callable[..., Any], inputs: Mapping[str, Any]) -> Any:
    """Constructs a layer: all by place where every option is given, else the options by name."""
    places = [inputs[name] for name in ("d_model", "heads", "d_hidden")]
    options = {name: inputs[name] for name in OPTIONS if name in inputs}
    return answer(*places, *options.values()) if len(options) == len(OPTIONS) else answer(*places, **options)


def _half_dropped(case: Case, reference: Callable[..., nn.Module], constant: bool, *attentions: str) -> Case:
    """The case for a dropout of 0.5: `parts` in its extra are what the sublayers add without it, with known numbers.

    Args:
        case: in pre-norm, with this dropout.
        reference: the layer.
        constant: every sublayer adds the same to each token, each another size; else the attentions add nothing.
        attentions: their names.
    """
    state = case.extra["state"]
    for number, name in enumerate([*(f"{name}.output" for name in attentions), "feed_forward.project"]):
        if constant or name != "feed_forward.project":
            state[f"{name}.weight"].zero_()
            state[f"{name}.bias"].copy_((1 + state[f"{name}.bias"].abs().clamp(max=2.0)) * 10**number * constant)
    if constant:
        parts = [state[f"{name}.output.bias"] for name in attentions] + [state["feed_forward.project.bias"]]
    else:
        layer = load_by_name(_made(reference, case.inputs), state).eval()
        with torch.no_grad():
            tensors = [case.inputs[name] for name in ("x", "memory") if name in case.inputs]
            parts = [layer(*tensors)[0] - tensors[0]]
    return Case(case.inputs, case.about, case.sizes, {**case.extra, "parts": parts})


def _dropped(layer: nn.Module, inputs: Mapping[str, Any], case: Case, call: Callable[..., Any]) -> str:
    """Whether a dropout of 0.5 leaves of each part, in each component by itself, nothing or the double.

    Raises:
        Told: it does not.
    """
    parts: list[Tensor] = case.extra["parts"]
    load_by_name(layer, case.extra["state"]).train()
    with torch.no_grad():
        output = call(layer, inputs)[0]
    if not isinstance(output, Tensor) or output.shape != inputs["x"].shape:
        raise Told("The first thing that is returned should be the output, of the shape of x.")
    added = output - inputs["x"]
    choices = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * len(parts)).view(-1, len(parts))
    sums = torch.stack([sum((c * p for c, p in zip(row, parts)), torch.zeros_like(added)) for row in choices])

    def fits(factor: float) -> Tensor:
        return ((added - factor * sums).abs() < 1e-3).any(dim=0)

    if not bool(fits(2.0).all()):
        if bool(fits(1.0).all()) and bool(((added - sums[0]).abs() < 1e-3).any()):
            raise Told(
                "While training, what the dropout keeps should be divided by 1 − p, as `nn.Dropout` does: then its mean"
                " is that of the layer after .eval(). Yours is left as it is."
            )
        raise Told(
            "With a dropout of 0.5 while training, each component of what a sublayer adds should be either 0 or twice"
            " what it is after .eval(). Yours has other numbers. Perhaps a dropout is missing, stands elsewhere, or"
            " there is one too many (inside the feed-forward net there is none here)."
        )
    kept = choices[(added - 2.0 * sums).abs().argmin(dim=0)].bool()  # (batch, length, d_model, parts)
    if not bool((kept.any(dim=2) & ~kept.all(dim=2)).flatten(0, 1).any(dim=0).all()):
        raise Told(
            "With a dropout of 0.5 while training, the components of a token are all kept or all set to zero together."
            " The dropout should fall on each component by itself."
        )
    if len(kept.flatten(0, 2).unique(dim=0)) < len(choices):
        raise Told(
            "With a dropout of 0.5 while training, the same components are set to zero in one sublayer as in another."
            " Each sublayer should draw its own."
        )
    return "dropped rightly"


def _encoder_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, *numbers: int, mask: Tensor | None = None, **more: Any) -> Case:
        sizes = dict(zip(("batch", "length", "heads", "d_head", "d_hidden"), numbers, strict=True))
        d_model = sizes["heads"] * sizes["d_head"]
        options = {name: more.pop(name) for name in OPTIONS if name in more}
        tensors = {"x": normal(rng, sizes["batch"], sizes["length"], d_model), "mask": mask}
        return _layer_case(rng, about, transformer.EncoderLayer, sizes, tensors, options, **more)

    padding = torch.tensor([[True, True, True, True], [True, True, False, False], [True, False, False, False]])
    everything = {"dropout": 0.0, "norm_first": True, "activation": "gelu", "attention": MultiHeadAttention}
    return [
        case("post-norm, no mask", 1, 2, 3, 2, 5),
        case("tiny numbers", 1, 3, 2, 2, 5, tiny=True),
        case("post-norm, said, padding hidden", 3, 4, 2, 5, 7, mask=padding[:, None, None, :], norm_first=False),
        case("pre-norm, causal mask", 2, 5, 3, 2, 8, mask=causal_mask(5), norm_first=True),
        case("one word, pre-norm", 2, 1, 1, 3, 4, norm_first=True),
        case("a mask for each head, all options", 2, 4, 3, 5, 6, mask=random_mask(rng, 2, 3, 4, 4), **everything),
        case("post-norm with GELU, after .eval()", 3, 2, 2, 4, 5, activation="gelu", dropout=0.5, training=False),
        case("post-norm, a dropout of 1 while training", 2, 3, 2, 4, 7, dropout=1.0),
        case("pre-norm, a dropout of 1 while training", 2, 4, 3, 3, 5, dropout=1.0, norm_first=True),
        case("the fused attention, which shows no weights", 2, 5, 2, 3, 4, attention=FusedAttention),
        case("float64", 2, 3, 1, 5, 4, norm_first=True, double=True),
        *(
            _half_dropped(
                case("pre-norm, a dropout of 0.5 while training", 5, 17, 2, 4, 7, dropout=0.5, norm_first=True),
                transformer.EncoderLayer,
                constant,
                "attention",
            )
            for constant in (True, False)
        ),
    ]


def _call_encoder(layer: Any, given: Mapping[str, Any]) -> Any:
    x, mask = given["x"], given["mask"]
    if mask is None:
        return layer(x)
    return layer(x, mask=mask) if mask.dim() == 2 else layer(x, mask)


def _run_encoder(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    if "parts" in case.extra:
        return _dropped(_made(answer, inputs), inputs, case, _call_encoder)
    return _differentiated(_made(answer, inputs), inputs, case, _call_encoder)


class _Sublayers(nn.Module):
    """The reference in steps, for wrong encoder and decoder layers: what they do amiss is one of its methods."""

    attentions: tuple[str, ...]
    attention: Any
    self_attention: Any
    cross_attention: Any
    norm1: Any
    norm2: Any
    norm3: Any
    start: Tensor  # the layer's input
    place = 0  # which sublayer is at work

    def __init__(
        self,
        d_model: int,
        heads: int,
        d_hidden: int,
        dropout: float = 0.0,
        norm_first: bool = False,
        activation: str = "relu",
        attention: Callable[[int, int], nn.Module] = MultiHeadAttention,
    ) -> None:
        super().__init__()
        self.norm_first, self.dropout = norm_first, nn.Dropout(dropout)
        for number, name in enumerate(self.attentions, 1):
            setattr(self, name, attention(d_model, heads))
            setattr(self, f"norm{number}", LayerNorm(d_model))
        setattr(self, f"norm{len(self.attentions) + 1}", LayerNorm(d_model))
        self.feed_forward = FeedForward(d_model, d_hidden, activation)

    def read(self, x: Tensor, norm: nn.Module) -> Any:
        return norm(x) if self.norm_first else x

    def add(self, x: Tensor, found: Tensor, norm: nn.Module) -> Any:
        return x + self.dropout(found)

    def close(self, x: Tensor, norm: nn.Module) -> Any:
        return x if self.norm_first else norm(x)

    def sub(self, x: Tensor, f: Callable[[Tensor], tuple[Tensor, Any]], norm: nn.Module) -> tuple[Tensor, Any]:
        found, extra = f(self.read(x, norm))
        return self.close(self.add(x, found, norm), norm), extra

    def one_after_the_other(self, x: Tensor, *pairs: tuple[Callable[..., Any], nn.Module]) -> Any:
        """All sublayers, each given as what it does and its norm."""
        self.start, extras = x, []
        for self.place, (f, norm) in enumerate(pairs):
            x, extra = self.sub(x, f, norm)
            extras.append(extra)
        return self.hand_back(x, *extras[:-1])

    def think(self, x: Tensor) -> tuple[Tensor, Any]:
        return self.feed_forward(x), None

    def hand_back(self, *results: Any) -> Any:
        return results


class _Encoder(_Sublayers):
    attentions = ("attention",)

    def look(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Any]:
        return self.attention(x, mask)

    def norms(self) -> tuple[nn.Module, nn.Module]:
        return self.norm1, self.norm2

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        first, second = self.norms()
        return self.one_after_the_other(x, (lambda y: self.look(y, mask), first), (self.think, second))


def _as_it_is(self: Any, x: Tensor, norm: nn.Module) -> Tensor:
    return x


def _without_dropout(self: Any, x: Tensor, found: Tensor, norm: nn.Module) -> Tensor:
    return x + found


def _without_shortcut(self: Any, x: Tensor, found: Tensor, norm: nn.Module) -> Any:
    return self.dropout(found)


def _partly(base: type, place: int | None = None, first: bool | None = None, **methods: Callable[..., Any]) -> type:
    """As `changed`, but wrong only in one sublayer, or only in one of the two orders."""

    def partly(right: Callable[..., Any], wrong: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: Any, *args: Any) -> Any:
            chosen = place in (None, self.place) and first in (None, self.norm_first)
            return (wrong if chosen else right)(self, *args)

        return method

    return changed(base, **{name: partly(getattr(base, name), wrong) for name, wrong in methods.items()})


def _encoder_of_sizes(sizes: Callable[[int, int, int], tuple[int, int]]) -> type:
    """Makes its parts with other numbers than those it is given."""

    def start(self: Any, d_model: int, heads: int, d_hidden: int, *options: Any, **more: Any) -> None:
        _Encoder.__init__(self, d_model, *sizes(d_model, heads, d_hidden), *options, **more)

    return changed(_Encoder, __init__=start)


def _encoder_with(parts: Callable[[int, int, int], dict[str, nn.Module]]) -> type:
    """Makes some of its parts otherwise."""

    def start(self: Any, d_model: int, heads: int, d_hidden: int, *options: Any, **more: Any) -> None:
        _Encoder.__init__(self, d_model, heads, d_hidden, *options, **more)
        for name, part in parts(d_model, heads, d_hidden).items():
            setattr(self, name, part)

    return changed(_Encoder, __init__=start)


class _EncoderThinksFirst(_Encoder):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        x, _ = self.sub(x, self.think, self.norm1)
        return self.sub(x, lambda y: self.look(y, mask), self.norm2)


class _EncoderSideBySide(_Encoder):
    """Both sublayers read the same x, and both are added: what is looked up is not thought about."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        y, weights = self.sub(x, lambda y: self.look(y, mask), self.norm1)
        thought = self.feed_forward(self.norm2(x) if self.norm_first else x)
        y = y + self.dropout(thought)
        return (y if self.norm_first else self.norm2(y)), weights


class _EncoderNoThinking(_Encoder):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        x, weights = self.sub(x, lambda y: self.look(y, mask), self.norm1)
        return (x if self.norm_first else self.norm2(x)), weights


class _EncoderOtherDefaults(_Encoder):
    def __init__(
        self,
        d_model: int,
        heads: int,
        d_hidden: int,
        dropout: float = 0.0,
        norm_first: bool = True,
        *rest: Any,
        **more: Any,
    ) -> None:
        super().__init__(d_model, heads, d_hidden, dropout, norm_first, *rest, **more)


ORDERS: dict[str, bool | None] = {"": None, "_in_pre": True, "_in_post": False}
"""Endings of the names of mistakes that are made in both orders, or in one of them only."""


def _by_place(base: type, *sublayers: str) -> list[Misconception]:
    """One sublayer alone is wrong: without dropout, shortcut or norm."""
    found = []
    for place, what in enumerate(sublayers):
        ending, norm = what.replace("-", "_").replace(" ", "_"), f"norm{place + 1}"
        found.append(
            Misconception(
                f"no_dropout_of_the_{ending}",
                _partly(base, place, add=_without_dropout),
                f"Right but for one dropout: while training, what the {what} adds is not touched by `self.dropout`. All"
                " the sublayers are treated alike.",
            )
        )
        for order, first in ORDERS.items():
            right = "" if first is None else f"Right with {'post' if first else 'pre'}-norm. "
            found.append(
                Misconception(
                    f"no_shortcut_of_the_{ending}{order}",
                    _partly(base, place, first, add=_without_shortcut),
                    f"{right}The {what} has no shortcut: its result replaces x where it should be added to x.",
                )
            )
            found.append(
                Misconception(
                    f"no_norm_of_the_{ending}{order}",
                    _partly(base, place, first, read=_as_it_is, close=_as_it_is),
                    f"{right}The norm of the {what}, `{norm}`, takes no part: each sublayer has one, around the sum"
                    " (post-norm) or on its way in (pre-norm).",
                )
            )
    return found


def _shared_misconceptions(base: type, *sublayers: str) -> tuple[Misconception, ...]:
    """The mistakes in residuals, norms and dropout that encoder and decoder layers share."""
    old = [
        Misconception(
            f"old_shortcut{order}",
            _partly(base, None, first, add=lambda self, x, found, norm: self.start + self.dropout(found)),
            ("" if first is None else f"Right with {'post' if first else 'pre'}-norm. ")
            + "Every shortcut starts at the layer's input. A later one starts where the sublayer before it ended, so"
            " that what was found there stays in the sum.",
        )
        for order, first in ORDERS.items()
    ]
    return (
        *_by_place(base, *sublayers),
        *old,
        Misconception(
            "dropout_always",
            changed(base, add=lambda self, x, found, norm: x + F.dropout(found, self.dropout.p)),
            "Right while training. After .eval() your dropout goes on: `F.dropout` does not know about that unless you"
            " tell it (`training=self.training`); `self.dropout` does.",
        ),
        Misconception(
            "dropout_of_the_input",
            changed(
                base, read=lambda self, x, norm: self.dropout(norm(x) if self.norm_first else x), add=_without_dropout
            ),
            "The dropout acts on what a sublayer reads. It belongs to what the sublayer adds.",
        ),
        Misconception(
            "dropout_of_the_norm",
            _partly(base, None, False, add=_without_dropout, close=lambda self, x, norm: self.dropout(norm(x))),
            "Right with pre-norm. With post-norm the dropout acts on the norm's result, x included. It belongs to what"
            " a sublayer adds, before it is added.",
        ),
        Misconception(
            "dropout_of_the_output",
            changed(base, hand_back=lambda self, output, *weights: (self.dropout(output), *weights)),
            "A dropout too many acts on what the layer returns, x included. Only what each sublayer adds is dropped,"
            " before it is added.",
        ),
        Misconception(
            "dropout_of_the_weights",
            changed(
                base,
                hand_back=lambda self, output, *weights: (
                    output,
                    *(w if w is None else self.dropout(w) for w in weights),
                ),
            ),
            "The output is right. The dropout also acts on the weights that you return; hand them back as the attention"
            " gave them.",
        ),
        Misconception(
            "norm_behind_in_pre",
            _partly(base, None, True, read=_as_it_is, add=lambda self, x, found, norm: x + self.dropout(norm(found))),
            "Right with post-norm. With pre-norm you normalise what a sublayer returns; the norm belongs on its way"
            " in.",
        ),
        Misconception(
            "always_post",
            changed(base, read=_as_it_is, close=lambda self, x, norm: norm(x)),
            "Right with post-norm; `norm_first` changes nothing in your layer.",
        ),
        Misconception(
            "always_pre",
            changed(base, read=lambda self, x, norm: norm(x), close=_as_it_is),
            "Right with pre-norm; without `norm_first` the norm of each sublayer belongs around the sum.",
        ),
        Misconception(
            "orders_exchanged",
            changed(
                base,
                read=lambda self, x, norm: x if self.norm_first else norm(x),
                close=lambda self, x, norm: norm(x) if self.norm_first else x,
            ),
            "Pre-norm and post-norm have changed places: `norm_first=True` means that the norm comes before the"
            " sublayer.",
        ),
        Misconception(
            "no_residual",
            changed(base, add=_without_shortcut),
            "The shortcuts are missing: each sublayer's result replaces x where it should be added to x.",
        ),
        Misconception(
            "normed_shortcut",
            _partly(base, None, True, add=lambda self, x, found, norm: norm(x) + self.dropout(found)),
            "Right with post-norm. With pre-norm your shortcut carries the normalised x; what is added to a sublayer's"
            " result is x as it came.",
        ),
        Misconception(
            "no_dropout",
            changed(base, add=_without_dropout),
            "Right but for the dropout, which takes no part. While training, `self.dropout` acts on what each sublayer"
            " adds.",
        ),
        Misconception(
            "dropout_of_the_sum",
            changed(base, add=lambda self, x, found, norm: self.dropout(x + found)),
            "The dropout acts on the sum, x included. It belongs to what a sublayer adds; with a dropout of 1, x itself"
            " has to come through.",
        ),
    )


ENCODER_LAYER = Exercise(
    id="transformer.encoder_layer",
    lesson="11",
    title="The encoder layer",
    reference=transformer.EncoderLayer,
    cases=_encoder_cases,
    run=_run_encoder,
    judge=judge_tensors("output", "weights"),
    points=4,
    minutes=20,
    difficulty=2,
    forbids=WHOLE_LAYERS,
    misconceptions=(
        *_shared_misconceptions(_Encoder, "attention", "feed-forward net"),
        Misconception(
            "mask_ignored_in_pre",
            changed(_Encoder, look=lambda self, x, mask: self.attention(x, None if self.norm_first else mask)),
            "Right with post-norm. With pre-norm the mask does not reach the attention.",
        ),
        Misconception(
            "keys_of_the_stream",
            changed(_Encoder, look=lambda self, x, mask: self.attention(x, mask, self.start)),
            "Right with post-norm. With pre-norm only the queries come from the normalised x, keys and values from x as"
            " it came: the attention reads norm1 of x, for all three.",
        ),
        Misconception(
            "mean_of_the_heads",
            changed(_Encoder, hand_back=lambda self, x, weights: (x, None if weights is None else weights.mean(dim=1))),
            "The output is right. Of the weights you return the mean over the heads; the lesson draws each head, so"
            " hand them back as they are.",
        ),
        Misconception(
            "looks_twice",
            changed(
                _Encoder, look=lambda self, x, mask: (self.attention(x, mask)[0], self.attention(self.start, mask)[1])
            ),
            "The output is right. The weights come from a second look, at x as it came; with pre-norm the attention"
            " read something else. Keep the weights of the first call.",
        ),
        Misconception(
            "one_head",
            _encoder_of_sizes(lambda d_model, heads, d_hidden: (1, d_hidden)),
            "Right with one head. With more, yours still has one: `heads` does not reach the attention.",
        ),
        Misconception(
            "four_heads",
            _encoder_of_sizes(lambda d_model, heads, d_hidden: (4, d_hidden)),
            "Your attention always has four heads. Their number is an argument, `heads`.",
        ),
        Misconception(
            "always_fourfold",
            _encoder_of_sizes(lambda d_model, heads, d_hidden: (heads, 4 * d_model)),
            "Your feed-forward net is always 4 · d_model wide inside, as the paper's is. Here the width is an argument,"
            " `d_hidden`.",
        ),
        Misconception(
            "sizes_swapped",
            _encoder_with(lambda d_model, heads, d_hidden: {"attention": MultiHeadAttention(heads, d_model)}),
            "The attention gets its two numbers in the wrong order: first d_model, then heads.",
        ),
        Misconception(
            "pre_by_default",
            _EncoderOtherDefaults,
            "Right wherever `norm_first` is given. Left out, it should be False, as the signature says.",
        ),
        Misconception(
            "tiny_eps",
            _encoder_with(lambda d_model, heads, d_hidden: {n: LayerNorm(d_model, 1e-12) for n in ("norm1", "norm2")}),
            "Right but where numbers are tiny: the eps of your norms is 1e-12, as BERT has it. Here it is LayerNorm's"
            " own, 1e-5.",
        ),
        Misconception(
            "small_eps",
            _encoder_with(lambda d_model, heads, d_hidden: {n: LayerNorm(d_model, 1e-6) for n in ("norm1", "norm2")}),
            "Right but where numbers are tiny: the eps of your norms is 1e-6. Here it is LayerNorm's own, 1e-5.",
        ),
        Misconception(
            "mask_ignored",
            changed(_Encoder, look=lambda self, x, mask: self.attention(x)),
            "Right without a mask; with one, words look where they may not. Hand the mask to the attention.",
        ),
        Misconception(
            "mask_inverted",
            changed(_Encoder, look=lambda self, x, mask: self.attention(x, None if mask is None else ~mask)),
            "Your words look exactly where they may not: the mask is negated on the way. Here, and in"
            " `MultiHeadAttention`, True means that a word may look.",
        ),
        Misconception(
            "norms_swapped",
            changed(_Encoder, norms=lambda self: (self.norm2, self.norm1)),
            "`norm1` and `norm2` have changed places: the first belongs to the attention, the second to the"
            " feed-forward net.",
        ),
        Misconception(
            "one_norm",
            changed(_Encoder, norms=lambda self: (self.norm1, self.norm1)),
            "`norm1` is used for both sublayers, and `norm2` never: each sublayer has a norm of its own.",
        ),
        Misconception(
            "thinks_first",
            _EncoderThinksFirst,
            "The feed-forward net comes first in your layer. First the words look at one another, then each thinks"
            " about what it has found.",
        ),
        Misconception(
            "side_by_side",
            _EncoderSideBySide,
            "Both sublayers read the layer's input. The feed-forward net should read what came out of the first"
            " sublayer: otherwise it knows nothing of the other words.",
        ),
        Misconception(
            "no_feed_forward",
            _EncoderNoThinking,
            "The attention is right; the feed-forward net adds nothing.",
        ),
        Misconception(
            "own_attention",
            _encoder_with(lambda d_model, heads, d_hidden: {"attention": MultiHeadAttention(d_model, heads)}),
            "Right but for `attention=`: a `MultiHeadAttention` is made whatever class is asked for. Call the class"
            " that is given.",
        ),
        Misconception(
            "own_activation",
            _encoder_with(lambda d_model, heads, d_hidden: {"feed_forward": FeedForward(d_model, d_hidden)}),
            'Right but for `activation="gelu"`: the feed-forward net is made without being told which one.',
        ),
        Misconception(
            "output_only",
            changed(_Encoder, hand_back=lambda self, x, weights: x),
            "The output is right. Hand back the attention's weights too: the lesson draws them.",
        ),
        Misconception(
            "results_swapped",
            changed(_Encoder, hand_back=lambda self, x, weights: (weights, x)),
            "Both results are right, in the other order: the output comes first, then the weights.",
        ),
    ),
    hints=(
        "Two residual sublayers, one after the other. The second one is `residual(...)` with a function that applies"
        " the net and the dropout. The attention returns a pair, so write its residual out.",
        "Attention: choose what it reads (x, or norm1 of x), call it with the mask, add `self.dropout(found)` to x, and"
        " with post-norm take norm1 of the sum.",
        "`found, weights = self.attention(self.norm1(x) if self.norm_first else x, mask)`, `x = x +"
        " self.dropout(found)`, `if not self.norm_first: x = self.norm1(x)`, then `residual(x, lambda y:"
        " self.dropout(self.feed_forward(y)), self.norm2, self.norm_first)`.",
    ),
)

# ----------------------------------------------------------------------------------------------- decoder mask


def _decoder_mask_case(rng: np.random.Generator, lengths: list[int], about: str, pad: int | None = None) -> Case:
    longest = max(lengths)
    numbers = integers(rng, 20, len(lengths), longest, low=4)
    numbers[:, 0] = 1  # as a batch has them: a start sign, and an end sign before the padding
    for row, length in enumerate(lengths):
        numbers[row, length - 1] = 2 if length > 1 else 1
    filled = torch.arange(longest) >= torch.tensor(lengths)[:, None]
    if pad:
        numbers = torch.where(numbers == pad, 3, numbers)
        numbers[0, 0] = 0  # an ordinary word here
    inputs: dict[str, Any] = {"target_in": numbers.masked_fill(filled, pad or 0)}
    if pad is not None:
        inputs["pad"] = pad
    return Case(inputs, about, {"batch": len(lengths), "length": longest})


def _decoder_mask_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _decoder_mask_case(rng, [3, 2], "two sentences, the second with padding"),
        _decoder_mask_case(rng, [4], "one sentence, no padding"),
        _decoder_mask_case(rng, [1], "a single word"),
        _decoder_mask_case(rng, [5, 2, 4], "three sentences of different lengths"),
        _decoder_mask_case(rng, [4, 4, 4], "three sentences of one length, no padding"),
        _decoder_mask_case(rng, rng.permutation(np.arange(1, 8))[:5].tolist() + [8], "six sentences, in any order"),
        _decoder_mask_case(rng, [4, 6], "another number for padding", pad=7),
        _decoder_mask_case(rng, [3, 5, 1, 4], "padding is 0, said", pad=0),
        Case({"target_in": torch.tensor([[1, 9, 5, 0], [0, 0, 0, 0]])}, "an empty sentence", {"batch": 2, "length": 4}),
        Case({"target_in": torch.tensor([[1, 0, 9, 6, 0, 8]])}, "padding in the middle", {"batch": 1, "length": 6}),
    ]


def _mask_variant(
    look: Callable[[int], Tensor] = lambda n: torch.ones(n, n, dtype=torch.bool).tril(),
    join: Callable[[Tensor, Tensor], Tensor] = lambda words, causal: words[:, None, None, :] & causal,
    words: Callable[[Tensor, int], Tensor] = lambda target_in, pad: target_in != pad,
) -> Callable[..., Any]:
    def answer(target_in: Tensor, pad: int = 0) -> Any:
        return join(words(target_in, pad), look(target_in.shape[1]))

    return answer


DECODER_MASK = Exercise(
    id="transformer.decoder_mask",
    lesson="11",
    title="Two masks together",
    reference=transformer.decoder_mask,
    cases=_decoder_mask_cases,
    judge=judge_tensors("mask"),
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "causal_only",
            _mask_variant(join=lambda words, causal: causal.expand(len(words), 1, -1, -1)),
            "The future is hidden, padding is not: words look at the filling of shorter sentences.",
        ),
        Misconception(
            "padding_only",
            _mask_variant(join=lambda words, causal: words[:, None, None, :].expand(-1, 1, causal.shape[0], -1)),
            "Padding is hidden, the future is not: each word sees the one it is asked to guess.",
        ),
        Misconception(
            "or_instead_of_and",
            _mask_variant(join=lambda words, causal: words[:, None, None, :] | causal),
            "A place may be looked at if *either* mask allows it. Both have to.",
        ),
        Misconception(
            "inverted",
            _mask_variant(join=lambda words, causal: ~(words[:, None, None, :] & causal)),
            "Your mask is True where nobody may look. In this course True means that one may.",
        ),
        Misconception(
            "padding_rows",
            _mask_variant(join=lambda words, causal: words[:, None, :, None] & causal),
            "Padding is hidden as a *query*: its rows are False, and its columns are not. A word that must not be"
            " looked at is a column.",
        ),
        Misconception(
            "rows_and_columns",
            _mask_variant(join=lambda words, causal: words[:, None, None, :] & words[:, None, :, None] & causal),
            "The rows of padding are False too. It does no harm (nobody reads them), but the contract lets them follow"
            " the same rule as all rows.",
        ),
        Misconception(
            "sees_the_future",
            _mask_variant(look=lambda n: torch.ones(n, n, dtype=torch.bool).triu()),
            "Padding is hidden, but row i may look at the columns from i on: at the future. That is the mask the"
            " slide's formula gives, turned round.",
        ),
        Misconception(
            "not_itself",
            _mask_variant(look=lambda n: torch.ones(n, n, dtype=torch.bool).tril(-1)),
            "A word may not look at itself in your mask, and the first one at nobody. A word at place i has been read"
            " when the one after it is guessed: j ≤ i.",
        ),
        Misconception(
            "one_word_ahead",
            _mask_variant(look=lambda n: torch.ones(n, n, dtype=torch.bool).tril(1)),
            "Each word sees one word ahead: the very one it is asked to guess.",
        ),
        Misconception(
            "no_place_for_heads",
            _mask_variant(join=lambda words, causal: words[:, None, :] & causal),
            "The entries are right, the shape is (batch, length, length): beside (batch, heads, length, length) the"
            " batch would be taken for heads. Add a dimension of size 1.",
        ),
        Misconception(
            "padding_is_always_0",
            _mask_variant(words=lambda target_in, pad: target_in != 0),
            "Right as long as padding is 0. The number of the filling is an argument.",
        ),
        Misconception(
            "larger_than_pad",
            _mask_variant(words=lambda target_in, pad: target_in > pad),
            "Right as long as padding is 0. With another number for it, all words with smaller numbers are hidden too:"
            " you ask which are larger.",
        ),
        Misconception(
            "only_padding",
            _mask_variant(words=lambda target_in, pad: target_in == pad),
            "Your words may look at padding and at nothing else: the comparison with `pad` is the wrong way round.",
        ),
        Misconception(
            "end_sign_hidden",
            _mask_variant(words=lambda target_in, pad: (target_in != pad) & (target_in != 2)),
            "The end sign, 2, is hidden as well. It is a word like any other here; only the filling is closed.",
        ),
        Misconception(
            "first_sentence_for_all",
            _mask_variant(words=lambda target_in, pad: (target_in[:1] != pad).expand(len(target_in), -1)),
            "Right for the first sentence. The others are given its padding: each row of the batch has its own.",
        ),
        Misconception(
            "diagonal_open",
            _mask_variant(
                join=lambda words, causal: (
                    (words[:, None, None, :] & causal) | torch.eye(causal.shape[0], dtype=torch.bool)
                )
            ),
            "The diagonal is open everywhere: a place of padding may look at itself. Its column is closed, for its own"
            " row too.",
        ),
        Misconception(
            "first_column_open",
            _mask_variant(
                join=lambda words, causal: torch.cat(
                    [
                        torch.ones(len(words), 1, len(causal), 1, dtype=torch.bool),
                        (words[:, None, None, :] & causal)[..., 1:],
                    ],
                    dim=-1,
                )
            ),
            "The first column is always open, even where padding stands there. An empty sentence may not be looked at"
            " at all.",
        ),
        Misconception(
            "batch_and_heads_exchanged",
            _mask_variant(join=lambda words, causal: words[None, :, None, :] & causal),
            "The entries are right, the shape is (1, batch, length, length): the sentences stand where the heads"
            " belong.",
        ),
        Misconception(
            "one_row",
            _mask_variant(join=lambda words, causal: words[:, None, None, :]),
            "Padding is hidden, the future is not: the mask has one row, the same for all places. Each row of its own"
            " may look up to itself.",
        ),
        Misconception(
            "floats",
            _mask_variant(join=lambda words, causal: (words[:, None, None, :] & causal).float()),
            "The entries are 0.0 and 1.0, and should be False and True. Your mask has become a table of numbers; an"
            " attention takes boolean ones only.",
        ),
        Misconception(
            "numbers",
            _mask_variant(join=lambda words, causal: (words[:, None, None, :] & causal).long()),
            "The entries are 0 and 1, and should be False and True: an attention takes boolean masks only.",
        ),
        Misconception(
            "scores",
            _mask_variant(
                join=lambda words, causal: torch.zeros(len(words), 1, *causal.shape).masked_fill(
                    ~(words[:, None, None, :] & causal), float("-inf")
                )
            ),
            "You return what is added to scores, 0 and −∞. Asked is the boolean mask; the attention does the rest.",
        ),
    ),
    hints=(
        "Two questions about each pair (row i, column j): is j in the past, and is j a word? Both must be yes.",
        "`target_in != pad` is (batch, length) and speaks about columns; `causal_mask(length)` is (length, length)."
        " They broadcast if the first becomes (batch, 1, 1, length).",
        "`(target_in != pad)[:, None, None, :] & causal_mask(target_in.shape[1])`.",
    ),
)

# ----------------------------------------------------------------------------------------------- decoder layer


def _decoder_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, *numbers: int, mask: Any = None, memory_mask: Any = None, **more: Any) -> Case:
        sizes = dict(zip(("batch", "length_t", "length_s", "heads", "d_head", "d_hidden"), numbers, strict=True))
        d_model = sizes["heads"] * sizes["d_head"]
        options = {name: more.pop(name) for name in OPTIONS if name in more}
        tensors = {
            "x": normal(rng, sizes["batch"], sizes["length_t"], d_model),
            "memory": normal(rng, sizes["batch"], sizes["length_s"], d_model),
            "mask": mask,
            "memory_mask": memory_mask,
        }
        return _layer_case(rng, about, transformer.DecoderLayer, sizes, tensors, options, **more)

    def words(*lengths: int) -> Tensor:
        return (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None])[:, None, None, :]

    # As a batch of sentences has it: no padding is read; and one word may look ahead, as no causal mask would let it.
    own = torch.tensor([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 0]]).bool()[:, None, None, :] & causal_mask(4)
    own[0, 0, 1, 3] = True
    pre = {"norm_first": True}
    everything = {"dropout": 0.0, "norm_first": True, "activation": "gelu", "attention": MultiHeadAttention}
    return [
        case("post-norm, no masks", 1, 2, 3, 2, 2, 5),
        case("pre-norm, no masks", 1, 3, 2, 2, 2, 5, norm_first=True),
        case("post-norm, both masks", 3, 4, 6, 2, 5, 7, mask=causal_mask(4), memory_mask=words(6, 2, 4)),
        case("as long as the memory, both masks", 2, 4, 4, 3, 5, 7, mask=causal_mask(4), memory_mask=words(4, 2)),
        case("pre-norm, both masks", 2, 5, 3, 4, 2, 6, mask=causal_mask(5), memory_mask=words(1, 3), norm_first=True),
        case("a memory mask alone", 2, 3, 5, 1, 4, 6, memory_mask=words(5, 3), norm_first=True),
        case("one word over one word", 2, 1, 1, 1, 3, 4),
        case("a mask for each head", 2, 4, 5, 3, 2, 8, memory_mask=random_mask(rng, 2, 3, 4, 5), **everything),
        case("post-norm, a dropout of 1 while training", 2, 3, 4, 2, 4, 7, dropout=1.0),
        case("pre-norm, a dropout of 1 while training", 2, 5, 4, 3, 3, 7, dropout=1.0, norm_first=True),
        case("float64, after .eval()", 2, 3, 4, 1, 5, 6, dropout=0.5, training=False, double=True),
        case("each sentence its own mask", 3, 4, 2, 3, 2, 5, mask=own),
        case("written words with a mask for each head", 2, 3, 5, 4, 2, 6, mask=random_mask(rng, 2, 4, 3, 3), **pre),
        case("the fused attention, which shows no weights", 2, 4, 3, 2, 3, 5, attention=FusedAttention),
        *(
            _half_dropped(
                case("pre-norm, a dropout of 0.5 while training", 5, 17, 3, 2, 4, 7, dropout=0.5, norm_first=True),
                transformer.DecoderLayer,
                constant,
                "self_attention",
                "cross_attention",
            )
            for constant in (True, False)
        ),
    ]


def _call_decoder(layer: Any, given: Mapping[str, Any]) -> Any:
    x, memory, mask, memory_mask = (given[name] for name in ("x", "memory", "mask", "memory_mask"))
    if mask is None and memory_mask is None:
        return layer(x, memory)
    if mask is None:
        return layer(x, memory, memory_mask=memory_mask)
    return layer(x, memory, mask, memory_mask)


def _run_decoder(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    if "parts" in case.extra:
        return _dropped(_made(answer, inputs), inputs, case, _call_decoder)
    return _differentiated(_made(answer, inputs), inputs, case, _call_decoder)


class _Decoder(_Sublayers):
    attentions = ("self_attention", "cross_attention")

    def look(self, x: Tensor, memory: Tensor, mask: Any, memory_mask: Any) -> tuple[Tensor, Any]:
        return self.self_attention(x, mask)

    def cross(self, x: Tensor, memory: Tensor, mask: Any, memory_mask: Any) -> tuple[Tensor, Any]:
        return self.cross_attention(x, memory_mask, memory)

    def norms(self) -> tuple[nn.Module, nn.Module, nn.Module]:
        return self.norm1, self.norm2, self.norm3

    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        first, second, third = self.norms()
        return self.one_after_the_other(
            x,
            (lambda y: self.look(y, memory, mask, memory_mask), first),
            (lambda y: self.cross(y, memory, mask, memory_mask), second),
            (self.think, third),
        )


class _CrossFirst(_Decoder):
    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        x, other = self.sub(x, lambda y: self.cross(y, memory, mask, memory_mask), self.norm1)
        x, own = self.sub(x, lambda y: self.look(y, memory, mask, memory_mask), self.norm2)
        x, _ = self.sub(x, self.think, self.norm3)
        return x, own, other


class _CrossFirstOwnNorms(_Decoder):
    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        x, other = self.sub(x, lambda y: self.cross(y, memory, mask, memory_mask), self.norm2)
        x, own = self.sub(x, lambda y: self.look(y, memory, mask, memory_mask), self.norm1)
        x, _ = self.sub(x, self.think, self.norm3)
        return x, own, other


class _ThinksBeforeCross(_Decoder):
    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        x, own = self.sub(x, lambda y: self.look(y, memory, mask, memory_mask), self.norm1)
        x, _ = self.sub(x, self.think, self.norm3)
        x, other = self.sub(x, lambda y: self.cross(y, memory, mask, memory_mask), self.norm2)
        return x, own, other


class _SideBySide(_Decoder):
    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        pre, start = self.norm_first, x
        x, own = self.sub(start, lambda y: self.look(y, memory, mask, memory_mask), self.norm1)
        found, other = self.cross(self.norm2(start) if pre else start, memory, mask, memory_mask)
        x = x + self.dropout(found) if pre else self.norm2(x + self.dropout(found))
        x, _ = self.sub(x, self.think, self.norm3)
        return x, own, other


class _NoCross(_Decoder):
    def forward(self, x: Tensor, memory: Tensor, mask: Any = None, memory_mask: Any = None) -> Any:
        x, own = self.sub(x, lambda y: self.look(y, memory, mask, memory_mask), self.norm1)
        _, other = self.cross(self.norm2(x) if self.norm_first else x, memory, mask, memory_mask)
        x, _ = self.sub(x, self.think, self.norm3)
        return x, own, other


DECODER_LAYER = Exercise(
    id="transformer.decoder_layer",
    lesson="11",
    title="The decoder layer",
    reference=transformer.DecoderLayer,
    cases=_decoder_cases,
    run=_run_decoder,
    judge=judge_tensors("output", "weights_self", "weights_cross"),
    points=4,
    minutes=20,
    difficulty=3,
    forbids=WHOLE_LAYERS,
    misconceptions=(
        *_shared_misconceptions(_Decoder, "self-attention", "cross-attention", "feed-forward net"),
        Misconception(
            "arguments_swapped",
            changed(
                _Decoder, cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(x, memory, memory_mask)
            ),
            "Your memory arrives as the mask: `MultiHeadAttention.forward` takes the mask second and the memory last.",
        ),
        Misconception(
            "mask_on_both",
            changed(_Decoder, cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(x, mask, memory)),
            "`mask` is handed to both attentions. It speaks about the written words; the look at the memory has its"
            " own, `memory_mask`.",
        ),
        Misconception(
            "memory_mask_on_both",
            changed(_Decoder, look=lambda self, x, memory, mask, memory_mask: self.self_attention(x, memory_mask)),
            "`memory_mask` is handed to both attentions. It speaks about the memory; the written words among themselves"
            " have their own, `mask`.",
        ),
        Misconception(
            "masks_inverted",
            changed(
                _Decoder,
                look=lambda self, x, memory, mask, memory_mask: self.self_attention(x, None if mask is None else ~mask),
                cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(
                    x, None if memory_mask is None else ~memory_mask, memory
                ),
            ),
            "Right without masks. With them your words look exactly where they may not: here, and in"
            " `MultiHeadAttention`, True means that a word may look.",
        ),
        Misconception(
            "own_causal_mask",
            changed(
                _Decoder,
                look=lambda self, x, memory, mask, memory_mask: self.self_attention(x, causal_mask(x.shape[1])),
            ),
            "Right with a causal mask, because you always make one yourself. The mask is an argument: without it, every"
            " written word may look at all of them.",
        ),
        Misconception(
            "causal_instead_of_the_mask",
            changed(
                _Decoder,
                look=lambda self, x, memory, mask, memory_mask: self.self_attention(
                    x, None if mask is None else causal_mask(x.shape[1])
                ),
            ),
            "Right where the mask is the causal one: whichever is given, the self-attention gets a causal mask that you"
            " make yourself. Padding, too, is hidden by the mask that is given; hand that one over.",
        ),
        Misconception(
            "causal_as_well",
            changed(
                _Decoder,
                look=lambda self, x, memory, mask, memory_mask: self.self_attention(
                    x, None if mask is None else mask & causal_mask(x.shape[1])
                ),
            ),
            "You hide the future beside what the mask hides. The mask that is given is the whole rule: where it is"
            " True, a word may look, even ahead.",
        ),
        Misconception(
            "memory_normed_in_both_orders",
            changed(
                _Decoder,
                cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(
                    x, memory_mask, self.norm2(memory)
                ),
            ),
            "The memory goes through `norm2` before it is looked at, in both orders. It is read as it came; a decoder"
            " layer's norms are for its own x.",
        ),
        Misconception(
            "memory_normed_by_norm1",
            changed(
                _Decoder,
                cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(
                    x, memory_mask, self.norm1(memory) if self.norm_first else memory
                ),
            ),
            "Right with post-norm. With pre-norm you send the memory through `norm1`; it is read as it came.",
        ),
        Misconception(
            "old_queries",
            changed(
                _Decoder,
                cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(self.start, memory_mask, memory),
            ),
            "The cross-attention's queries are the layer's input. They should come from x as it is after the"
            " self-attention: otherwise what was found there is not asked about.",
        ),
        Misconception(
            "one_attention",
            changed(
                _Decoder, cross=lambda self, x, memory, mask, memory_mask: self.self_attention(x, memory_mask, memory)
            ),
            "`self_attention` does both looks, and `cross_attention` is never used: the second look has weights of its"
            " own.",
        ),
        Misconception(
            "memory_detached",
            changed(
                _Decoder,
                cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(x, memory_mask, memory.detach()),
            ),
            "The numbers are right, but no gradient reaches the memory: it is detached. Through it the whole encoder"
            " learns.",
        ),
        Misconception(
            "attentions_side_by_side",
            _SideBySide,
            "Both attentions read the layer's input. The cross-attention should read what came out of the"
            " self-attention.",
        ),
        Misconception(
            "cross_first_own_norms",
            _CrossFirstOwnNorms,
            "The memory is looked at first, with its own norm. The written words come first: they look at one another,"
            " then at the memory.",
        ),
        Misconception(
            "thinks_before_cross",
            _ThinksBeforeCross,
            "The feed-forward net comes before the cross-attention. It comes last: it thinks about what was found in"
            " the memory, too.",
        ),
        Misconception(
            "norm1_everywhere",
            changed(_Decoder, norms=lambda self: (self.norm1, self.norm1, self.norm1)),
            "`norm1` is used for all three sublayers; each has a norm of its own.",
        ),
        Misconception(
            "norm2_twice",
            changed(_Decoder, norms=lambda self: (self.norm1, self.norm2, self.norm2)),
            "`norm2` is used for the cross-attention and for the net; the net has a norm of its own, `norm3`.",
        ),
        Misconception(
            "output_only",
            changed(_Decoder, hand_back=lambda self, x, own, other: x),
            "The output is right. Hand back both attentions' weights too: the lesson draws them.",
        ),
        Misconception(
            "self_weights_only",
            changed(_Decoder, hand_back=lambda self, x, own, other: (x, own)),
            "The output and the first weights are right. The weights over the memory are missing: three things come"
            " back.",
        ),
        Misconception(
            "nested_pair",
            changed(_Decoder, hand_back=lambda self, x, own, other: (x, (own, other))),
            "All three results are there, but the weights sit in a pair of their own. Return the three side by side.",
        ),
        Misconception(
            "mean_of_the_heads",
            changed(_Decoder, hand_back=lambda self, x, own, other: (x, own.mean(dim=1), other.mean(dim=1))),
            "The output is right. Of the weights you return the means over the heads; the lesson draws each head, so"
            " hand them back as they are.",
        ),
        Misconception(
            "cross_looks_at_itself",
            changed(_Decoder, cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(x, mask)),
            "The second attention looks at the sentence that is written, as the first one does: the memory is never"
            " read. Keys and values come from the memory.",
        ),
        Misconception(
            "cross_turned",
            changed(
                _Decoder, cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(memory, memory_mask, x)
            ),
            "The cross-attention is turned round: the memory asks, the written words answer. The decoder asks (query),"
            " the encoder's memory answers (keys and values).",
        ),
        Misconception(
            "memory_normed",
            changed(
                _Decoder,
                cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(
                    x, memory_mask, self.norm2(memory) if self.norm_first else memory
                ),
            ),
            "Right with post-norm. With pre-norm you normalise the memory as well; a decoder layer's norms are for its"
            " own x, and the memory is read as it came.",
        ),
        Misconception(
            "masks_swapped",
            changed(
                _Decoder,
                look=lambda self, x, memory, mask, memory_mask: self.self_attention(x, memory_mask),
                cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(x, mask, memory),
            ),
            "The two masks have changed places: `mask` is for the written words among themselves, `memory_mask` for"
            " their look at the memory.",
        ),
        Misconception(
            "mask_ignored",
            changed(_Decoder, look=lambda self, x, memory, mask, memory_mask: self.self_attention(x)),
            "Right without `mask`; with it, written words still see what comes after them. It belongs to the"
            " self-attention.",
        ),
        Misconception(
            "memory_mask_ignored",
            changed(_Decoder, cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(x, None, memory)),
            "Right without `memory_mask`; with it, the padding of the memory is still looked at. It belongs to the"
            " cross-attention.",
        ),
        Misconception(
            "masks_ignored",
            changed(
                _Decoder,
                look=lambda self, x, memory, mask, memory_mask: self.self_attention(x),
                cross=lambda self, x, memory, mask, memory_mask: self.cross_attention(x, None, memory),
            ),
            "Right without masks. With them nothing changes: neither reaches its attention.",
        ),
        Misconception(
            "attentions_swapped",
            changed(
                _Decoder,
                look=lambda self, x, memory, mask, memory_mask: self.cross_attention(x, mask),
                cross=lambda self, x, memory, mask, memory_mask: self.self_attention(x, memory_mask, memory),
            ),
            "The two attentions have changed places: the module named `cross_attention` looks at the written words, and"
            " `self_attention` at the memory. They have weights of their own.",
        ),
        Misconception(
            "cross_first",
            _CrossFirst,
            "The memory is looked at first. First come the written words among themselves, then the memory, then the"
            " feed-forward net.",
        ),
        Misconception(
            "norms_2_and_3_swapped",
            changed(_Decoder, norms=lambda self: (self.norm1, self.norm3, self.norm2)),
            "`norm2` and `norm3` have changed places: the second belongs to the cross-attention, the third to the"
            " feed-forward net.",
        ),
        Misconception(
            "norm1_twice",
            changed(_Decoder, norms=lambda self: (self.norm1, self.norm1, self.norm3)),
            "`norm1` is used for both attentions: the cross-attention has a norm of its own, `norm2`.",
        ),
        Misconception(
            "cross_not_added",
            _NoCross,
            "The cross-attention is computed, but what it found is never added to x: the decoder does not read the"
            " source.",
        ),
        Misconception(
            "weights_swapped",
            changed(_Decoder, hand_back=lambda self, x, own, other: (x, other, own)),
            "The output is right; the two kinds of weights have changed places. First those over the written words,"
            " then those over the memory.",
        ),
        Misconception(
            "cross_weights_only",
            changed(_Decoder, hand_back=lambda self, x, own, other: (x, other)),
            "Two things come back, the output and the weights over the memory. The weights over the written words"
            " belong between them.",
        ),
        Misconception(
            "weights_twice",
            changed(_Decoder, hand_back=lambda self, x, own, other: (x, other, other)),
            "The weights over the memory come back twice: the second result overwrote the first. Give the two different"
            " names.",
        ),
    ),
    hints=(
        "It is the encoder layer with one more sublayer in the middle. `MultiHeadAttention` takes a memory as its third"
        " argument.",
        "Write the residual of each attention out, as in the encoder layer: choose what it reads, call it, add, and"
        " with post-norm normalise. Only x is normalised, never the memory.",
        "`found, weights_cross = self.cross_attention(self.norm2(x) if self.norm_first else x, memory_mask, memory)`;"
        " before it the same with `self_attention`, `norm1` and `mask`, after it `residual(...)` with the net and"
        " `norm3`.",
    ),
)

# ---------------------------------------------------------------------------------------------- teacher forcing


def _forcing_case(rng: np.random.Generator, lengths: list[int], about: str) -> Case:
    rows = []
    for length in lengths:
        words = [1, *rng.permutation(np.arange(4, 30))[: length - 2].tolist(), 2][:length]
        rows.append(words + [0] * (max(lengths) - length))
    sizes = {"batch": len(lengths), "length + 1": max(lengths)}
    return Case({"whole": torch.tensor(rows)}, about, sizes)


def _forcing_cases(rng: np.random.Generator) -> list[Case]:
    short = Case({"whole": torch.ones(3, 1, dtype=torch.int64)}, "a start sign and nothing more", {}, {"error": "1"})
    return [
        _forcing_case(rng, [5], "one sentence"),
        _forcing_case(rng, [6, 4], "two sentences, the second with padding"),
        _forcing_case(rng, [2], "an empty sentence: start and end"),
        _forcing_case(rng, [7, 3, 5], "three sentences"),
        Case({"whole": strided(_forcing_case(rng, [4, 8, 5], "").inputs["whole"])}, "not contiguous in memory"),
        Case({"whole": F.pad(_forcing_case(rng, [5, 4], "").inputs["whole"], (0, 2))}, "padding in every row"),
        short,
    ]


def _forcing_variant(cut: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:
    def answer(whole: Tensor) -> Any:
        if whole.shape[1] < 2:
            raise ValueError(f"A sentence needs its start and one more sign; these have {whole.shape[1]} column(s).")
        return cut(whole)

    return answer


TEACHER_FORCING = Exercise(
    id="transformer.teacher_forcing",
    lesson="11",
    title="What is read, and what is answered",
    reference=transformer.teacher_forcing,
    cases=_forcing_cases,
    run=or_error(),
    judge=judge_tensors("target_in", "target_out"),
    points=1,
    minutes=5,
    difficulty=1,
    misconceptions=(
        Misconception(
            "unshifted",
            _forcing_variant(lambda whole: (whole[:, :-1], whole[:, :-1])),
            "Both tensors hold the same words: the decoder is asked for the word it has just read. It would learn to"
            " copy, with a loss near 0, and write nothing of its own.",
        ),
        Misconception(
            "unshifted_without_start",
            _forcing_variant(lambda whole: (whole[:, 1:], whole[:, 1:])),
            "Both tensors hold the words without the start sign: the decoder reads each word when it is asked for it.",
        ),
        Misconception(
            "results_swapped",
            _forcing_variant(lambda whole: (whole[:, 1:], whole[:, :-1])),
            "The two have changed places: your decoder reads the sentence from its second sign on, and is asked for the"
            " word *before*.",
        ),
        Misconception(
            "nothing_cut",
            _forcing_variant(lambda whole: (whole, whole)),
            "Nothing is cut off: both are the whole rows. Each has one column less.",
        ),
        Misconception(
            "start_kept_in_both",
            _forcing_variant(lambda whole: (whole, whole[:, 1:])),
            "What should be answered is right. What is read has one column too many: nothing is left to answer after"
            " the last one.",
        ),
        Misconception(
            "rolled",
            _forcing_variant(lambda whole: (whole, whole.roll(-1, dims=1))),
            "`roll` brings the start sign round to the end, where it would have to be predicted. Cut, do not turn.",
        ),
        Misconception(
            "two_ahead",
            _forcing_variant(lambda whole: (whole[:, :-2], whole[:, 2:])),
            "Each place should answer the word after the *next*: the shift is two.",
        ),
        Misconception(
            "both_ends_cut",
            _forcing_variant(lambda whole: (whole[:, :-1], whole[:, 1:-1])),
            "The last column is missing in what should be answered: the longest sentence never learns where it ends.",
        ),
        Misconception(
            "rolled_and_cut",
            _forcing_variant(lambda whole: (whole[:, :-1], whole.roll(1, dims=1)[:, :-1])),
            "What should be answered is shifted the other way: each place is asked for the word *before* the one it has"
            " read.",
        ),
        Misconception(
            "middle_only",
            _forcing_variant(lambda whole: (whole[:, 1:-1], whole[:, 1:-1])),
            "Both ends are cut off in both: the same words are read and answered, and neither the start sign nor the"
            " last column takes part.",
        ),
        Misconception(
            "first_row_only",
            _forcing_variant(lambda whole: (whole[0, :-1], whole[0, 1:])),
            "Only the first sentence is cut; the dimension of the batch is gone. All rows are cut alike.",
        ),
        Misconception(
            "empty_columns_dropped",
            _forcing_variant(
                lambda whole: (whole[:, (whole != 0).any(dim=0)][:, :-1], whole[:, (whole != 0).any(dim=0)][:, 1:])
            ),
            "Right unless every row ends in padding: then you leave out whole columns. One column is cut off each time,"
            " whatever stands in it.",
        ),
        Misconception(
            "sentences_instead_of_words",
            _forcing_variant(lambda whole: (whole[:-1], whole[1:])),
            "You cut along the first dimension, so sentences are left out. The words of a sentence are the second one.",
        ),
        Misconception(
            "last_word_only",
            _forcing_variant(lambda whole: (whole[:, :-1], whole[:, -1])),
            "Only the last column is to be answered. A Transformer answers at every place at once; that is the point.",
        ),
    ),
    hints=(
        "Write one sentence twice, below itself, the second time one place to the left. Which ends stick out?",
        "What is read lacks the last column; what is answered lacks the first.",
        "`whole[:, :-1]` and `whole[:, 1:]`.",
    ),
)

# ---------------------------------------------------------------------------------------------- greedy decoding


class _Speaker(nn.Module):
    """A made-up model: its logits depend on every word so far, on the place and on the sentence.

    `ends[b]` is the place at which sentence b writes the end sign; it may lie beyond the limit. Nothing but that place
    makes it write one.
    """

    def __init__(self, after: Tensor, places: Tensor, ends: list[int], eos: int) -> None:
        super().__init__()
        self.after, self.places, self.eos = after, places, eos
        self.ends = torch.tensor(ends)
        self.given: list[tuple[int, int]] = []  # at each call: how many words it was given, and the first of them

    def forward(self, words: Tensor) -> Tensor:
        batch, length = words.shape
        self.given.append((length, int(words[0, 0]) if length else -1))
        carried = self.after[words].cumsum(dim=1)  # (batch, length, words): all words so far have their say
        logits = carried + self.places[:batch, :length]
        logits[..., self.eos] = -60.0
        now = torch.arange(length)[None] == self.ends[:batch, None]
        logits[..., self.eos] = torch.where(now, 60.0, logits[..., self.eos])
        return logits


def _greedy_case(
    rng: np.random.Generator,
    about: str,
    ends: list[int],
    limit: int,
    words: int,
    signs: tuple[int, int, int] | None = None,
    says: tuple[tuple[int, int, int], ...] = (),
) -> Case:
    """`says`: sentence, place and a number that the model itself writes there: that of a sign, for example."""
    bos, eos, pad = signs or (1, 2, 0)
    after, places = normal(rng, words, words, std=2.0), normal(rng, len(ends), limit + 3, words, std=2.0)
    for sign in (bos, pad):  # neither is ever the likeliest
        after[:, sign], places[..., sign] = -8.0, 0.0
    for sentence, place, number in says:
        places[sentence, place, number] = 150.0
    inputs: dict[str, Any] = {"logits_of": _Speaker(after, places, ends, eos), "batch": len(ends), "limit": limit}
    if signs:
        inputs |= {"bos": bos, "eos": eos, "pad": pad}
    return Case(inputs, about, {"batch": len(ends), "limit": limit, "words": words})


def _greedy_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _greedy_case(rng, "one sentence that ends early", [2], 5, 7),
        _greedy_case(rng, "one sentence that reaches the limit", [9], 4, 8),
        _greedy_case(rng, "two sentences, the first ends sooner", [1, 3], 7, 9),
        _greedy_case(rng, "three sentences, one never ends", [4, 20, 2], 6, 10),
        _greedy_case(rng, "room for one word", [5, 6], 1, 9),
        _greedy_case(rng, "all end at once, at the limit", [4, 4, 4], 5, 11),
        _greedy_case(rng, "sentences that are over at once", [0, 0], 4, 6),
        _greedy_case(rng, "other signs", [3, 1, 5, 2], 8, 12, (5, 7, 3)),
        _greedy_case(rng, "the model itself writes the number of the filling", [4, 2], 6, 8, says=((0, 1, 0),)),
        _greedy_case(rng, "the first word is the number of the filling", [2], 5, 7, says=((0, 0, 0),)),
        _greedy_case(rng, "in one step all write the number of the filling, or end", [2, 1], 4, 9, says=((0, 1, 0),)),
        _greedy_case(rng, "nothing but filling up to the limit", [8], 4, 7, says=((0, 1, 0), (0, 2, 0), (0, 3, 0))),
        _greedy_case(rng, "the model itself writes the start sign", [3], 6, 8, says=((0, 1, 1),)),
        _greedy_case(rng, "one sign for start and end", [3, 1], 5, 9, (2, 2, 0)),
    ]


def _run_greedy(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Calls the answer, and looks at what it handed to `logits_of`: all the words so far, as often as needed."""
    words = answer(*inputs.values())
    given = inputs["logits_of"].given
    for call, (width, first) in reversed(list(enumerate(given, 1))):  # the later, the more it shows
        if width != call:
            sign = "begins with the start sign" if first == inputs.get("bos", 1) else "has no start sign in front"
            raise Told(
                f"At call {call} of `logits_of` there are {call} words so far, the start sign included. What your code"
                f" hands over has the length {width} and {sign}. The model needs all the words so far, and nothing"
                " else."
            )
    if isinstance(words, Tensor) and words.dim() == 2 and len(given) > words.shape[1]:
        raise Told(
            f"`logits_of` is called {len(given)} times, and your result has {words.shape[1]} columns. Each call gives"
            " one column, and none is made once all sentences are done."
        )
    return words


def _greedy_variant(
    choose: Callable[[Tensor], Tensor] = lambda logits: logits[:, -1].argmax(dim=-1),
    feed: Callable[[Tensor], Tensor] = lambda words: words,
    extra: int = 0,
    stop: Callable[[Tensor], bool] = lambda done: bool(done.all()),
    fill: bool | str = True,
    finish: Callable[..., Any] = lambda words, bos, eos, pad: words[:, 1:],
    signs: Callable[[int, int, int], tuple[int, int, int]] = lambda bos, eos, pad: (bos, eos, pad),
    ended: Callable[[Tensor, Tensor, int, int], Tensor] = lambda done, best, eos, pad: done | (best == eos),
) -> Callable[..., Any]:
    """The reference with one part exchanged."""

    def answer(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
        bos, eos, pad = signs(bos, eos, pad)
        words = torch.full((batch, 1), bos)
        done = torch.zeros(batch, dtype=torch.bool)
        while words.shape[1] <= limit + extra and not stop(done):
            best = choose(logits_of(feed(words)))
            best = best.masked_fill(done, eos if fill == "eos" else pad) if fill else best
            words = torch.cat([words, best[:, None]], dim=1)
            done = ended(done, best, eos, pad)
        return finish(words, bos, eos, pad)

    return answer


def _greedy_trimmed(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    found = _greedy_variant(stop=lambda done: False)(logits_of, batch, limit, bos, eos, pad)
    places = (found == eos).int().argmax(dim=1)  # of the end signs, where there is one
    return found[:, : int(torch.where((found == eos).any(dim=1), places, limit - 1).max()) + 1]


def _greedy_late(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    words, done = torch.full((batch, 1), bos), torch.zeros(batch, dtype=torch.bool)
    for _ in range(limit):
        best = logits_of(words)[:, -1].argmax(dim=-1).masked_fill(done, pad)
        if done.all():
            break
        words, done = torch.cat([words, best[:, None]], dim=1), done | (best == eos)
    return words[:, 1:]


def _greedy_in_the_table(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    words = torch.full((batch, 1), bos)
    while words.shape[1] <= limit and not (words == eos).any(dim=1).all():
        best = logits_of(words)[:, -1].argmax(dim=-1).masked_fill((words == eos).any(dim=1), pad)
        words = torch.cat([words, best[:, None]], dim=1)
    return words[:, 1:]


def _greedy_until(over: Callable[[Tensor, int, int], bool]) -> Callable[..., Any]:
    """The reference, but it also stops where a column of words is `over`."""
    return _greedy_variant(ended=lambda done, best, eos, pad: done | (best == eos) | over(best, eos, pad))


def _until_all_at_once(words: Tensor, eos: int) -> Tensor:
    """What is left of a table that was filled up to the limit, if writing stops where a whole column is `eos`."""
    whole = (words[:, 1:] == eos).all(dim=0)
    return words[:, 1 : int(whole.int().argmax()) + 2] if bool(whole.any()) else words[:, 1:]


def _greedy_table(read_last: bool) -> Callable[..., Any]:
    """A table that is filled up with `pad` from the start, and handed over whole."""

    def answer(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
        words = torch.full((batch, limit + 1), pad)
        words[:, 0] = bos
        done = torch.zeros(batch, dtype=torch.bool)
        for place in range(limit):
            if done.all():
                return words[:, 1 : place + 1]
            best = logits_of(words)[:, -1 if read_last else place].argmax(dim=-1).masked_fill(done, pad)
            words[:, place + 1] = best
            done = done | (best == eos)
        return words[:, 1:]

    return answer


def _greedy_padded(logits_of: Any, batch: int, limit: int, bos: int = 1, eos: int = 2, pad: int = 0) -> Any:
    found = _greedy_variant()(logits_of, batch, limit, bos, eos, pad)
    return F.pad(found, (0, limit - found.shape[1]), value=pad)


GREEDY = Exercise(
    id="transformer.greedy_decode",
    lesson="11",
    title="Greedy decoding",
    reference=transformer.greedy_decode,
    cases=_greedy_cases,
    run=_run_greedy,
    judge=judge_tensors("words"),
    points=3,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "never_stops",
            _greedy_variant(stop=lambda done: False, fill=False),
            "Every sentence is written up to the limit: the end sign stops nothing.",
        ),
        Misconception(
            "goes_on_behind_the_end",
            _greedy_variant(fill=False),
            "You stop when all sentences have ended, but one that ended sooner goes on writing behind its end sign"
            " until then. Fill it up with `pad`.",
        ),
        Misconception(
            "filled_to_the_limit",
            _greedy_padded,
            "The words are right, but the result always has `limit` columns. It is as long as the longest sentence.",
        ),
        Misconception(
            "stops_with_the_first",
            _greedy_variant(stop=lambda done: bool(done.any())),
            "Writing stops as soon as *one* sentence has ended: the others are cut off. All have to be done.",
        ),
        Misconception(
            "start_kept",
            _greedy_variant(finish=lambda words, bos, eos, pad: words),
            "The start sign is still there. It was given, not written.",
        ),
        Misconception(
            "end_dropped",
            _greedy_variant(finish=lambda words, bos, eos, pad: words[:, 1:].masked_fill(words[:, 1:] == eos, pad)),
            "The end signs are gone: `pad` stands in their place. Keep them; they tell a finished sentence from one"
            " that was cut off at the limit.",
        ),
        Misconception(
            "first_place",
            _greedy_variant(choose=lambda logits: logits[:, 0].argmax(dim=-1)),
            "You always read the logits of the first place, which is asked for the first word. The news stands at the"
            " last place.",
        ),
        Misconception(
            "start_only",
            _greedy_variant(feed=lambda words: words[:, :1]),
            "The start sign alone is handed to the model, every time: it is asked for the first word again and again."
            " Hand over what was written, too.",
        ),
        Misconception(
            "whole_table",
            _greedy_table(read_last=False),
            "You hand over a table of the full length, filled up with `pad`. The model reads the words so far and"
            " nothing else; let them grow by one column a step.",
        ),
        Misconception(
            "trimmed_afterwards",
            _greedy_trimmed,
            "The words are right, but all `limit` steps are computed, and the columns behind the last end sign are cut"
            " off afterwards. Stop once all sentences are done.",
        ),
        Misconception(
            "one_call_too_many",
            _greedy_late,
            "The words are right, but you ask the model once more after all the sentences are done, and throw the"
            " answer away. Look at `done` before you call it.",
        ),
        Misconception(
            "pad_never_written",
            _greedy_variant(choose=lambda logits: logits[:, -1].index_fill(1, torch.tensor([0]), -1e9).argmax(dim=-1)),
            "You forbid the model a word: `pad`. It is filling for sentences that are done; if a model writes the"
            " number itself, it is the largest logit like any other.",
        ),
        Misconception(
            "pad_ends",
            _greedy_variant(ended=lambda done, best, eos, pad: done | (best == eos) | (best == pad)),
            "A sentence in which the model writes `pad` counts as done. Only the end sign ends a sentence.",
        ),
        Misconception(
            "stops_at_pad",
            _greedy_until(lambda best, eos, pad: bool(((best == eos) | (best == pad)).all())),
            "Writing stops when every sentence's last word is `pad` or the end sign. A model may write the number of"
            " `pad` itself, in a sentence that is not done: remember who has written the end sign.",
        ),
        Misconception(
            "start_sign_ends",
            lambda logits_of, batch, limit, bos=1, eos=2, pad=0: _greedy_variant(
                ended=lambda done, best, eos, pad: done | (best == eos) | (best == bos)
            )(logits_of, batch, limit, bos, eos, pad),
            "A sentence in which the model writes the start sign counts as done. Only the end sign ends a sentence.",
        ),
        Misconception(
            "start_sign_never_written",
            lambda logits_of, batch, limit, bos=1, eos=2, pad=0: _greedy_variant(
                choose=lambda logits: logits[:, -1].index_fill(1, torch.tensor([bos]), -1e9).argmax(dim=-1)
            )(logits_of, batch, limit, bos, eos, pad),
            "You forbid the model a word: the start sign. If a model writes that number, it is the largest logit like"
            " any other.",
        ),
        Misconception(
            "start_taken_for_an_end",
            _greedy_in_the_table,
            "Right while start sign and end sign are two numbers. Where one sign stands for both, you find the end in"
            " the column that was given, before a word is written: only what was *written* ends a sentence.",
        ),
        Misconception(
            "done_forgotten",
            _greedy_variant(ended=lambda done, best, eos, pad: best == eos),
            "You only remember who has written the end sign in the *last* step. A sentence that ended before goes on"
            " writing: once done, it stays done.",
        ),
        Misconception(
            "all_in_the_same_step",
            _greedy_variant(
                stop=lambda done: False, finish=lambda words, bos, eos, pad: _until_all_at_once(words, eos)
            ),
            "You stop only if all sentences write the end sign in the same step. They may end at different steps; keep"
            " in mind who is done.",
        ),
        Misconception(
            "filled_with_the_end_sign",
            _greedy_variant(fill="eos"),
            "A sentence that is done is filled up with more end signs. Behind the first one `pad` belongs.",
        ),
        Misconception(
            "last_column_lost",
            _greedy_variant(finish=lambda words, bos, eos, pad: words[:, 1:-1]),
            "The last column is missing: the word of the last step was not kept, in every sentence.",
        ),
        Misconception(
            "end_lost_when_all_are_done",
            _greedy_variant(
                finish=lambda words, bos, eos, pad: (
                    words[:, 1:-1] if bool(((words == eos).any(dim=1)).all()) else words[:, 1:]
                )
            ),
            "Right where a sentence never ends. Else the last column is missing: you leave the loop before the last end"
            " sign is kept.",
        ),
        Misconception(
            "first_sentence_for_all",
            _greedy_variant(choose=lambda logits: logits[:1, -1].argmax(dim=-1).expand(len(logits))),
            "Right for one sentence. With several, all get the first one's words: each row has logits of its own.",
        ),
        Misconception(
            "best_of_all_places",
            _greedy_variant(choose=lambda logits: logits.max(dim=1).values.argmax(dim=-1)),
            "You take the word with the largest logit at *any* place. Only the last place speaks of the next word.",
        ),
        Misconception(
            "places_for_words",
            _greedy_variant(choose=lambda logits: logits.max(dim=2).values.argmax(dim=-1)),
            "`argmax` runs over the places, so you write the number of a place. The words are the last dimension.",
        ),
        Misconception(
            "start_fixed",
            _greedy_variant(signs=lambda bos, eos, pad: (1, eos, pad)),
            "Right while the start sign is 1. Its number is an argument, `bos`.",
        ),
        Misconception(
            "end_fixed",
            _greedy_variant(signs=lambda bos, eos, pad: (bos, 2, pad)),
            "Right while the end sign is 2. Its number is an argument, `eos`.",
        ),
        Misconception(
            "filling_fixed",
            _greedy_variant(signs=lambda bos, eos, pad: (bos, eos, 0)),
            "Right while the filling is 0. Its number is an argument, `pad`.",
        ),
        Misconception(
            "floats",
            _greedy_variant(finish=lambda words, bos, eos, pad: words[:, 1:].float()),
            "The words are right, but they are numbers with a fraction now. An embedding asks for int64.",
        ),
        Misconception(
            "last_word_only",
            _greedy_variant(feed=lambda words: words[:, -1:]),
            "Only the last word is handed to the model, so it has forgotten all others. A Transformer has no state: it"
            " needs all the words so far, start sign included.",
        ),
        Misconception(
            "without_the_start",
            _greedy_variant(feed=lambda words: words[:, 1:] if words.shape[1] > 1 else words),
            "From the second step on the start sign is not handed to the model. It is the first word it reads, every"
            " time.",
        ),
        Misconception(
            "one_too_many",
            _greedy_variant(extra=1),
            "A sentence that does not end has one word more than the limit. The start sign does not count as written.",
        ),
        Misconception(
            "one_too_few",
            _greedy_variant(extra=-1),
            "A sentence that does not end has one word less than the limit: the start sign was counted in.",
        ),
        Misconception(
            "least_likely",
            _greedy_variant(choose=lambda logits: logits[:, -1].argmin(dim=-1)),
            "You take the word with the smallest logit. The likeliest word has the largest.",
        ),
        Misconception(
            "signs_fixed",
            _greedy_variant(signs=lambda bos, eos, pad: (1, 2, 0)),
            "Right with the usual signs 1, 2 and 0, wrong with others: they are arguments.",
        ),
    ),
    properties=(
        Property(
            "not_longer_than_the_limit",
            lambda case, output: output.shape[1] <= case.inputs["limit"],
            "No sentence has more words than the limit.",
        ),
    ),
    hints=(
        "Keep two things: the words so far, (batch, length), beginning with a column of start signs; and which"
        " sentences are done.",
        "In each round: logits of all the words so far, the last place of them, its largest entry. A sentence that is"
        " done gets `pad` instead. Then append the column, and note who has just written the end sign.",
        "`best = logits_of(words)[:, -1].argmax(dim=-1)`, `best.masked_fill(done, pad)`,"
        " `torch.cat([words, best[:, None]], dim=1)`, `done | (best == eos)`; a `while` with two conditions around it,"
        " and `words[:, 1:]` at the end.",
    ),
)

# --------------------------------------------------------------------------------------------------- parameters


def _parameter_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for number, layers in enumerate((1, 2, 3, 4, 6)):
        d_model = int(rng.integers(4, 40)) * 2
        inputs: dict[str, Any] = {
            "words_source": int(rng.integers(50, 300)),
            "words_target": int(rng.integers(301, 700)),
            "d_model": d_model,
            "d_hidden": 4 * d_model if number == 3 else int(rng.integers(90, 200)),
            "layers": layers,
        }
        if number > 0:
            inputs["tied"] = number % 2 == 0
        if number > 1:
            inputs["norm_first"] = number != 3
        cases.append(Case(inputs, f"{layers} layer{'s' if layers > 1 else ''} each way"))
    base = {"words_source": 37000, "words_target": 37000, "d_model": 512, "d_hidden": 2048, "layers": 6}
    return [*cases, Case(base, "the paper's base model")]


def _judge_parameters(case: Case, output: Any, expected: Any) -> Mismatch | None:
    found = compare(expected, output, 1e-9)
    fractions = [] if found else [name for name, count in output.items() if isinstance(count, float)]
    if fractions:
        said = (
            f"The numbers are right, but `{fractions[0]}` is a float. Counts are whole numbers (int): use // or no /."
        )
        return Mismatch(said, fractions[0])
    return found


def _parameter_variant(**parts: Callable[..., Any]) -> Callable[..., Any]:
    """The reference with some parts counted otherwise; each part is a function of the arguments."""

    def answer(
        words_source: int,
        words_target: int,
        d_model: int,
        d_hidden: int,
        layers: int,
        tied: bool = True,
        norm_first: bool = False,
    ) -> dict[str, int]:
        counted = {
            "embeddings": (words_source + words_target) * d_model,
            "attention": 3 * layers * 4 * (d_model * d_model + d_model),
            "feed_forward": 2 * layers * (2 * d_model * d_hidden + d_hidden + d_model),
            "layer_norm": (5 * layers + 2 * norm_first) * 2 * d_model,
            "logits": 0 if tied else words_target * d_model,
        }
        known = {"source": words_source, "target": words_target, "d": d_model, "h": d_hidden, "n": layers}
        return counted | {name: part({**known, "tied": tied, "first": norm_first}) for name, part in parts.items()}

    return answer


PARAMETERS = Exercise(
    id="transformer.transformer_parameters",
    lesson="11",
    title="Count the weights",
    reference=transformer.transformer_parameters,
    cases=_parameter_cases,
    judge=_judge_parameters,
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "attention_without_bias",
            _parameter_variant(attention=lambda k: 3 * k["n"] * 4 * k["d"] ** 2),
            "Only your attention is short: each of its linear layers has a bias too, d_model numbers.",
        ),
        Misconception(
            "two_attentions_a_pair",
            _parameter_variant(attention=lambda k: 2 * k["n"] * 4 * (k["d"] ** 2 + k["d"])),
            "Only your attention is short, by a third: a decoder layer has two of them, one over its own words and one"
            " over the memory.",
        ),
        Misconception(
            "three_projections",
            _parameter_variant(attention=lambda k: 3 * k["n"] * 3 * (k["d"] ** 2 + k["d"])),
            "Only your attention is short, by a quarter: beside query, key and value it has the output projection.",
        ),
        Misconception(
            "feed_forward_without_bias",
            _parameter_variant(feed_forward=lambda k: 2 * k["n"] * 2 * k["d"] * k["h"]),
            "Only your feed-forward nets are short: their two layers have biases, d_hidden and d_model numbers.",
        ),
        Misconception(
            "feed_forward_biases_equal",
            _parameter_variant(feed_forward=lambda k: 2 * k["n"] * (2 * k["d"] * k["h"] + 2 * k["h"])),
            "Only your feed-forward nets are wrong: both biases are counted as d_hidden. The second layer ends at"
            " d_model.",
        ),
        Misconception(
            "one_feed_forward_a_pair",
            _parameter_variant(feed_forward=lambda k: k["n"] * (2 * k["d"] * k["h"] + k["h"] + k["d"])),
            "Only your feed-forward nets are half of what they should be: encoder layers and decoder layers have one"
            " each.",
        ),
        Misconception(
            "no_layer_norm",
            _parameter_variant(layer_norm=lambda k: 0),
            "Your layer norms have no weights. They do: that is what this exercise is about. A weight and a bias for"
            " each component.",
        ),
        Misconception(
            "norm_without_bias",
            _parameter_variant(layer_norm=lambda k: (5 * k["n"] + 2 * k["first"]) * k["d"]),
            "Only your layer norms are half of what they should be: each has a weight *and* a bias for every"
            " component.",
        ),
        Misconception(
            "four_norms_a_pair",
            _parameter_variant(layer_norm=lambda k: (4 * k["n"] + 2 * k["first"]) * 2 * k["d"]),
            "Only your layer norms are too few: a decoder layer has three sublayers, so it has three of them.",
        ),
        Misconception(
            "no_final_norms",
            _parameter_variant(layer_norm=lambda k: 5 * k["n"] * 2 * k["d"]),
            "Right with post-norm. With pre-norm each of the two stacks ends with one more layer norm.",
        ),
        Misconception(
            "one_final_norm",
            _parameter_variant(layer_norm=lambda k: (5 * k["n"] + k["first"]) * 2 * k["d"]),
            "Right with post-norm. With pre-norm both stacks, encoder and decoder, end with a norm; you count one.",
        ),
        Misconception(
            "norms_of_the_wrong_order",
            _parameter_variant(layer_norm=lambda k: (5 * k["n"] + 2 * (not k["first"])) * 2 * k["d"]),
            "The norms at the ends of the stacks are counted with post-norm. They belong to pre-norm: there nothing"
            " else normalises the last sum.",
        ),
        Misconception(
            "tied_turned_round",
            _parameter_variant(logits=lambda k: k["target"] * k["d"] if k["tied"] else 0),
            "The last layer is counted where it is tied, and not where it is free: tied weights are the embeddings'"
            " own.",
        ),
        Misconception(
            "never_tied",
            _parameter_variant(logits=lambda k: k["target"] * k["d"]),
            "Right for a free last layer. A tied one uses the target words' vectors, which are counted already.",
        ),
        Misconception(
            "logits_with_bias",
            _parameter_variant(logits=lambda k: 0 if k["tied"] else k["target"] * (k["d"] + 1)),
            "Only your last layer is too large: it has no bias here.",
        ),
        Misconception(
            "no_biases",
            _parameter_variant(
                attention=lambda k: 3 * k["n"] * 4 * k["d"] ** 2,
                feed_forward=lambda k: 2 * k["n"] * 2 * k["d"] * k["h"],
            ),
            "The biases are missing, in attention and in the nets: a linear layer from n to m has n · m weights and m"
            " biases.",
        ),
        Misconception(
            "feed_forward_biases_narrow",
            _parameter_variant(feed_forward=lambda k: 2 * k["n"] * (2 * k["d"] * k["h"] + 2 * k["d"])),
            "Only your feed-forward nets are wrong: both biases are counted as d_model. The first layer ends at"
            " d_hidden.",
        ),
        Misconception(
            "one_matrix_a_net",
            _parameter_variant(feed_forward=lambda k: 2 * k["n"] * (k["d"] * k["h"] + k["d"] + k["h"])),
            "Only your feed-forward nets are short: each has two matrices, one to widen and one to bring back.",
        ),
        Misconception(
            "always_fourfold",
            _parameter_variant(feed_forward=lambda k: 2 * k["n"] * (8 * k["d"] ** 2 + 5 * k["d"])),
            "Your feed-forward nets are counted 4 · d_model wide, as in the paper. The width is an argument, d_hidden.",
        ),
        Misconception(
            "encoder_only",
            _parameter_variant(
                attention=lambda k: k["n"] * 4 * (k["d"] ** 2 + k["d"]),
                feed_forward=lambda k: k["n"] * (2 * k["d"] * k["h"] + k["h"] + k["d"]),
                layer_norm=lambda k: (2 * k["n"] + k["first"]) * 2 * k["d"],
            ),
            "The encoder is counted, the decoder is not: it has as many layers, each with one attention and one norm"
            " more.",
        ),
        Misconception(
            "one_layer",
            _parameter_variant(
                attention=lambda k: 3 * 4 * (k["d"] ** 2 + k["d"]),
                feed_forward=lambda k: 2 * (2 * k["d"] * k["h"] + k["h"] + k["d"]),
                layer_norm=lambda k: (5 + 2 * k["first"]) * 2 * k["d"],
            ),
            "Right for one layer each way. With more, each layer has weights of its own: `layers` takes no part.",
        ),
        Misconception(
            "final_norms_always",
            _parameter_variant(layer_norm=lambda k: (5 * k["n"] + 2) * 2 * k["d"]),
            "Right with pre-norm. With post-norm the last sublayer's norm is the end of each stack: no other follows.",
        ),
        Misconception(
            "final_norms_per_layer",
            _parameter_variant(layer_norm=lambda k: (5 + 2 * k["first"]) * k["n"] * 2 * k["d"]),
            "The norms at the end of pre-norm stacks are counted once for every layer. Each *stack* has one.",
        ),
        Misconception(
            "never_free",
            _parameter_variant(logits=lambda k: 0),
            "Right for a tied last layer. A free one has weights of its own, d_model for each target word.",
        ),
        Misconception(
            "logits_of_the_source",
            _parameter_variant(logits=lambda k: 0 if k["tied"] else k["source"] * k["d"]),
            "Only your last layer is wrong: it is counted with the source's words. The model writes target words.",
        ),
        Misconception(
            "logits_of_both",
            _parameter_variant(logits=lambda k: 0 if k["tied"] else (k["source"] + k["target"]) * k["d"]),
            "Only your last layer is too large: it has logits for the target's words alone.",
        ),
        Misconception(
            "untied_without_embeddings",
            _parameter_variant(embeddings=lambda k: (k["source"] + k["tied"] * k["target"]) * k["d"]),
            "Right where tied. A free last layer comes *beside* the target words' vectors; the decoder still reads"
            " them.",
        ),
        Misconception(
            "tied_counted_as_logits",
            _parameter_variant(
                embeddings=lambda k: (k["source"] + (not k["tied"]) * k["target"]) * k["d"],
                logits=lambda k: k["target"] * k["d"],
            ),
            "The sum is right. Tied vectors are counted under the logits; the contract counts them where they are first"
            " used, under the embeddings.",
        ),
        Misconception(
            "source_vocabulary_only",
            _parameter_variant(embeddings=lambda k: k["source"] * k["d"]),
            "Only your embeddings are short: the target has words of its own, and its own vectors.",
        ),
        Misconception(
            "one_vocabulary",
            _parameter_variant(embeddings=lambda k: k["target"] * k["d"]),
            "Only your embeddings are short: the source has words of its own, and its own vectors.",
        ),
    ),
    hints=(
        "A linear layer from n to m has n · m + m numbers. How many linear layers has an attention, and how many"
        " attentions has an encoder layer, and a decoder layer?",
        "One encoder layer and one decoder layer together: three attentions, two feed-forward nets, five layer norms.",
        "An attention has 4 · (d_model² + d_model), a net 2 · d_model · d_hidden + d_hidden + d_model, a norm 2 ·"
        " d_model; with pre-norm there are two more norms in all.",
    ),
)

# ----------------------------------------------------------------------------------------------- registry


EXERCISES: tuple[Exercise, ...] = (
    LAYER_NORM,
    RESIDUAL,
    FEED_FORWARD,
    ENCODER_LAYER,
    DECODER_MASK,
    DECODER_LAYER,
    TEACHER_FORCING,
    GREEDY,
    PARAMETERS,
    WRITTEN_WORDS,
)
