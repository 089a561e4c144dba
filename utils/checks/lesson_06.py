"""The exercises of lesson 06, gradients through time: cases, known mistakes and what to say about them, hints.

Every case is a network that has really been run: its states are those of its own U, so that a mistake cannot hide in
numbers that no network would produce. h_0 is not zero, for a zero would hide the first step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from utils import rnn_gradients
from utils.checks.compare import compare, kind
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.checks.tensors import judge_tensors, normal
from utils.rnn_gradients import ACTIVATIONS, direct_term, slope, state_jacobian, step_jacobian

AUTOGRAD = (
    "torch.autograd.grad",
    "torch.autograd.backward",
    "torch.autograd.functional.jacobian",
    "torch.func.jacrev",
    "torch.func.jacfwd",
    "torch.func.grad",
    "torch.func.vjp",
)

# ----------------------------------------------------------------------------------------- inputs, runs, judgement


def _network(rng: np.random.Generator, hidden: int, steps: int, activation: str = "sigmoid") -> tuple[Tensor, Tensor]:
    """U and the states (steps + 1, hidden) of a network with that U; no ReLU state is all zeros, nor all above.

    The inputs decide that: what they add puts zero midway between the smallest and the largest number, as drawing them
    again until it happens may take for ever once the states have grown.
    """
    U = normal(rng, hidden, hidden, std=1.2)
    states = [ACTIVATIONS[activation](normal(rng, hidden))]
    for _ in range(steps + 1):
        sums = U @ states[-1] + normal(rng, hidden)
        if activation == "relu" and hidden > 1 and (sums.min() >= 0 or sums.max() <= 0):
            sums = sums - (sums.min() + sums.max()) / 2
        states.append(ACTIVATIONS[activation](sums))
    return U, torch.stack(states[1:])  # the first was only an occasion for h_0 to be like the others


_judge = judge_tensors()


def _double(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.double() if isinstance(value, Tensor) and value.is_floating_point() else value
        for name, value in inputs.items()
    }


# --------------------------------------------------------------------------------------------- 1 · output gradients


def _output_case(rng: np.random.Generator, steps: int, vocabulary: int, about: str, std: float = 1.5) -> Case:
    outputs = normal(rng, steps, vocabulary, std=std)
    targets = torch.tensor(rng.permutation(max(steps, vocabulary))[:steps] % vocabulary)
    return Case({"outputs": outputs, "targets": targets}, about, {"m": steps, "vocabulary": vocabulary})


def _output_cases(rng: np.random.Generator) -> list[Case]:
    steep = _output_case(rng, 4, 3, "very large outputs")
    steep.inputs["outputs"][:, 0] += 1000.0
    steep.inputs["outputs"][1] -= 3000.0
    repeated = _output_case(rng, 5, 6, "the same token asked for at every step")
    repeated.inputs["targets"][:] = int(rng.integers(6))
    double = _output_case(rng, 3, 5, "float64")
    return [
        _output_case(rng, 2, 3, "two steps"),
        _output_case(rng, 1, 4, "one step"),
        _output_case(rng, 7, 3, "more steps than tokens"),
        _output_case(rng, 3, 8, "more tokens than steps"),
        repeated,
        steep,
        Case(_double(double.inputs), double.about, double.sizes),
    ]


def _one_hot(outputs: Tensor, targets: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(targets, outputs.shape[1]).to(outputs.dtype)


OUTPUT_GRADIENTS = Exercise(
    id="rnn_gradients.output_gradients",
    lesson="06",
    title="From the loss to the output",
    reference=rnn_gradients.output_gradients,
    cases=_output_cases,
    judge=_judge,
    forbids=AUTOGRAD,
    points=1,
    minutes=5,
    difficulty=1,
    misconceptions=(
        Misconception(
            "probabilities_only",
            lambda outputs, targets: torch.softmax(outputs, dim=1),
            "These are the probabilities, and each row sums to one. A gradient row sums to zero: what is pushed down"
            " in one place is pulled up in another. The token asked for is not treated specially yet.",
        ),
        Misconception(
            "sign_turned",
            lambda outputs, targets: _one_hot(outputs, targets) - torch.softmax(outputs, dim=1),
            "Every number has the wrong sign. A step *against* the gradient should raise the output of the token"
            " asked for, so its entry must be negative.",
        ),
        Misconception(
            "no_softmax",
            lambda outputs, targets: outputs - _one_hot(outputs, targets),
            "The raw outputs stand where probabilities should: your rows do not sum to zero. The derivative of the"
            " logarithm of the sum of exponentials is the softmax.",
        ),
        Misconception(
            "softmax_over_steps",
            lambda outputs, targets: torch.softmax(outputs, dim=0) - _one_hot(outputs, targets),
            "Your softmax runs down the columns, so the steps compete with each other. At each step the tokens of the"
            " vocabulary compete: a row is one step.",
        ),
        Misconception(
            "mean_over_steps",
            lambda outputs, targets: (torch.softmax(outputs, dim=1) - _one_hot(outputs, targets)) / len(targets),
            "Your numbers are too small by a factor of m, the number of steps: this is the gradient of the mean loss."
            " L is the sum of the L_t here, and ∂L_t/∂o_t belongs to one of them alone.",
        ),
        Misconception(
            "log_probabilities",
            lambda outputs, targets: torch.log_softmax(outputs, dim=1) - _one_hot(outputs, targets),
            "Logarithms of probabilities stand where probabilities should. The loss is a logarithm; its derivative is"
            " not.",
        ),
        Misconception(
            "one_off_everything",
            lambda outputs, targets: torch.softmax(outputs, dim=1) - 1,
            "One is taken off every entry. Only the token asked for occurs in the numerator of the softmax on its"
            " own; the one belongs there alone.",
        ),
        Misconception(
            "target_column_only",
            lambda outputs, targets: (torch.softmax(outputs, dim=1) - 1) * _one_hot(outputs, targets),
            "Right at the token asked for, zero elsewhere. The other tokens are in the denominator of the softmax, so"
            " the loss depends on their outputs as well.",
        ),
        Misconception(
            "same_columns_in_every_row",
            lambda outputs, targets: (
                torch.softmax(outputs, dim=1)
                - (torch.zeros(outputs.shape[1], dtype=outputs.dtype).index_fill(0, targets, 1.0))
            ),
            "One is taken off whole columns: each row loses it at every token that is asked for at *any* step."
            " `x[:, targets]` picks columns; each row has its own target.",
        ),
        Misconception(
            "targets_shifted",
            lambda outputs, targets: torch.softmax(outputs, dim=1) - _one_hot(outputs, targets.roll(-1)),
            "Each row is compared with the target of the row after it. `targets` holds y_t already: row t − 1 of both"
            " belongs to the same step.",
        ),
        Misconception(
            "tokens_counted_from_one",
            lambda outputs, targets: (
                torch.softmax(outputs, dim=1) - _one_hot(outputs, (targets - 1) % outputs.shape[1])
            ),
            "One is taken off one column to the left of the token asked for (for token 0 in the last column). Tokens"
            " are counted from 0 here, as columns are: token v has the column v.",
        ),
        Misconception(
            "naive_softmax",
            lambda outputs, targets: (
                outputs.exp() / outputs.exp().sum(dim=1, keepdim=True) - _one_hot(outputs, targets)
            ),
            "Right for small outputs, but large ones give nan: exp of a number above 88 is infinite in float32. Let"
            " PyTorch's softmax do it; it subtracts the largest first.",
        ),
        Misconception(
            "sigmoid_for_softmax",
            lambda outputs, targets: torch.sigmoid(outputs) - _one_hot(outputs, targets),
            "You squash each output by itself with a sigmoid: your rows do not sum to zero. The tokens compete for one"
            " probability of 1, which is what softmax shares out.",
        ),
        Misconception(
            "likeliest_for_target",
            lambda outputs, targets: torch.softmax(outputs, dim=1) - _one_hot(outputs, outputs.argmax(dim=1)),
            "One is taken off at the largest output of each row, not at the token asked for: such a network would be"
            " taught whatever it says already.",
        ),
        Misconception(
            "one_hot_too_narrow",
            lambda outputs, targets: torch.softmax(outputs, dim=1) - torch.nn.functional.one_hot(targets),
            "`one_hot` without a number of classes makes rows just long enough for the largest target it sees. Tell it"
            " how many tokens there are: `outputs.shape[1]`.",
        ),
        Misconception(
            "slope_of_softmax",
            lambda outputs, targets: (
                torch.softmax(outputs, dim=1) * (1 - torch.softmax(outputs, dim=1)) - _one_hot(outputs, targets)
            ),
            "You differentiate the softmax, p(1 − p), where the probability p itself belongs. That slope has already"
            " met the logarithm's 1/p in the derivation.",
        ),
    ),
    properties=(
        Property(
            "sums_to_zero",
            lambda case, output: float(output.sum(dim=1).abs().max()) < 1e-4,
            "Each row of the gradient should sum to zero, and not all of yours do: adding the same number to all"
            " outputs of a step does not change its loss.",
        ),
    ),
    hints=(
        "Write L_t out: −o_y + log Σ exp(o_v). Differentiate both parts by one entry of o.",
        "The second part gives the softmax, the first part −1 at the token asked for and 0 elsewhere.",
        "`torch.softmax(outputs, dim=1)`, then one less at the rows `torch.arange(len(targets))` and the columns"
        " `targets`.",
    ),
)

# -------------------------------------------------------------------------------------------------------- 2 · slope


def _slope_cases(rng: np.random.Generator) -> list[Case]:
    def states(activation: str, *shape: int) -> Tensor:
        return ACTIVATIONS[activation](normal(rng, *shape, std=1.5))

    relu = states("relu", 7)
    relu[:4] = torch.tensor([0.0, 2.5, 0.3, 1e-6])  # on is on, by however little
    return [
        Case({"state": states("sigmoid", 3)}, "no activation named", {"hidden": 3}),
        Case({"state": states("tanh", 4), "activation": "tanh"}, "tanh", {"hidden": 4}),
        Case({"state": relu, "activation": "relu"}, "ReLU, some units off", {"hidden": 7}),
        Case({"state": states("sigmoid", 1), "activation": "sigmoid"}, "one unit", {"hidden": 1}),
        Case({"state": states("tanh", 5, 2), "activation": "tanh"}, "a batch of states", {"batch": 5, "hidden": 2}),
        Case({"state": torch.tensor([0.0, 1.0, 0.5])}, "saturated units", {"hidden": 3}),
        Case({"state": states("sigmoid", 6).double()}, "float64", {"hidden": 6}),
        Case({"state": states("relu", 2, 8).double(), "activation": "relu"}, "float64, ReLU", {"hidden": 8}),
        *(
            Case({"state": states("sigmoid", 2), "activation": name}, "an activation that is not known")
            for name in ("softplus", "linear", "Sigmoid", "")
        ),
    ]


def _run_slope(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    if inputs.get("activation") not in (None, *ACTIVATIONS):
        try:
            answer(*inputs.values())
        except ValueError as error:
            return "ValueError" + (" with the name" if str(inputs["activation"]) in str(error) else "")
        return "no error"
    return answer(*inputs.values())


def _slope_variant(known: bool = True, **formulas: Callable[[Tensor], Any]) -> Callable[..., Any]:
    """The right slopes, with other formulas for some activations. No misconception may call its own reference."""
    right: dict[str, Callable[[Tensor], Any]] = {
        "sigmoid": lambda h: h * (1 - h),
        "tanh": lambda h: 1 - h**2,
        "relu": lambda h: (h > 0).to(h.dtype),
    }

    def answer(state: Tensor, activation: str = "sigmoid") -> Any:
        if known and activation not in right:
            raise ValueError(f"not {activation!r}")
        return {**right, **formulas}.get(activation, right["relu"])(state)

    return answer


SLOPE = Exercise(
    id="rnn_gradients.slope",
    lesson="06",
    title="The slope, from the state alone",
    reference=rnn_gradients.slope,
    cases=_slope_cases,
    run=_run_slope,
    judge=_judge,
    forbids=AUTOGRAD,
    points=1,
    minutes=5,
    difficulty=1,
    misconceptions=(
        Misconception(
            "activation_twice",
            _slope_variant(
                sigmoid=lambda h: torch.sigmoid(h) * (1 - torch.sigmoid(h)), tanh=lambda h: 1 - torch.tanh(h) ** 2
            ),
            "This is the slope at z = h: a formula for z is given the state, which is h = σ(z). The activation has been"
            " at work already; written with h, the slope needs no exponential.",
        ),
        Misconception(
            "always_sigmoid",
            _slope_variant(tanh=lambda h: h * (1 - h), relu=lambda h: h * (1 - h)),
            "Right for the sigmoid, but tanh and ReLU get the sigmoid's formula: h(1 − h) is even negative for h < 0,"
            " and no activation here ever falls.",
        ),
        Misconception(
            "one_minus_state",
            _slope_variant(sigmoid=lambda h: 1 - h),
            "The sigmoid's slope is a product of two factors and one is missing: yours is 1 at h = 0, where the"
            " sigmoid is flat.",
        ),
        Misconception(
            "tanh_not_squared",
            _slope_variant(tanh=lambda h: 1 - h),
            "Your slope of tanh is 2 at h = −1, where tanh is flat. It should be the same at h and −h: a square is"
            " missing.",
        ),
        Misconception(
            "tanh_and_sigmoid_swapped",
            _slope_variant(sigmoid=lambda h: 1 - h**2, tanh=lambda h: h * (1 - h)),
            "The formulas of sigmoid and tanh are exchanged: a sigmoid is never steeper than 1/4.",
        ),
        Misconception(
            "steepest",
            _slope_variant(sigmoid=lambda h: torch.full_like(h, 0.25), tanh=torch.ones_like),
            "You return the largest slope there is, the same for every unit. The slope depends on where the unit"
            " stands: a saturated one is flat.",
        ),
        Misconception(
            "relu_keeps_value",
            _slope_variant(relu=lambda h: h),
            "For ReLU you return the state itself. Its slope is 1 wherever it lets something through, however much.",
        ),
        Misconception(
            "relu_always_on",
            _slope_variant(relu=torch.ones_like),
            "ReLU's slope is 1 everywhere in your answer, also where the unit is off: h = 0 there. A ReLU state is"
            " never negative, so `>= 0` tells nothing.",
        ),
        Misconception(
            "relu_booleans",
            _slope_variant(relu=lambda h: h > 0),
            "For ReLU you return truth values. Numbers of the state's own type are needed, to multiply with.",
        ),
        Misconception(
            "names_not_checked",
            _slope_variant(known=False),
            "Right for the three activations. But a name that nobody knows, such as 'softplus', must raise a"
            " ValueError that mentions it; a silent guess costs somebody an afternoon.",
        ),
        Misconception(
            "capitals_forgiven",
            lambda state, activation="sigmoid": _slope_variant()(state, activation.strip().lower()),
            "Right for the three activations. But you take 'Sigmoid' for \"sigmoid\": the given lines raise ValueError"
            " for every other name, also for one with a capital letter. Leave the name as it is.",
        ),
        Misconception(
            "relu_whole_numbers",
            _slope_variant(relu=lambda h: (h > 0).int()),
            "For ReLU your slopes are whole numbers in type. They will be multiplied with U, which takes floats: give"
            " them the state's own type.",
        ),
        Misconception(
            "sigmoid_twice",
            _slope_variant(sigmoid=lambda h: torch.sigmoid(h) * (1 - torch.sigmoid(h))),
            "For the sigmoid this is the slope at z = h: the activation is applied once more. The state is σ(z)"
            " already; written with h, the slope needs no exponential.",
        ),
        Misconception(
            "tanh_twice",
            _slope_variant(tanh=lambda h: 1 - torch.tanh(h) ** 2),
            "For tanh this is the slope at z = h: the activation is applied once more. The state is tanh(z) already;"
            " written with h, the slope needs no exponential.",
        ),
        Misconception(
            "tanh_by_default",
            lambda state, activation="tanh": _slope_variant()(state, activation),
            "Right whenever the activation is named. Without a name you take tanh; the default is the sigmoid.",
        ),
        Misconception(
            "relu_half_at_zero",
            _slope_variant(relu=lambda h: (h > 0).to(h.dtype) + 0.5 * (h == 0).to(h.dtype)),
            "For ReLU you give the slope 1/2 where h = 0. All units that are off stand there, and nothing gets through"
            " them: their slope is 0.",
        ),
        Misconception(
            "key_error",
            lambda state, activation="sigmoid": {
                "sigmoid": lambda h: h * (1 - h),
                "tanh": lambda h: 1 - h**2,
                "relu": lambda h: (h > 0).to(h.dtype),
            }[activation](state),
            "Right for the three activations. For a name that nobody knows your dictionary raises KeyError: keep the"
            " given lines, which raise ValueError first.",
        ),
    ),
    hints=(
        "For the sigmoid, dσ/dz = σ(z)(1 − σ(z)): the state is σ(z).",
        "For tanh, the slope is 1 − tanh(z)². For ReLU it is 1 where the unit is on.",
        "`state * (1 - state)`, `1 - state**2`, `(state > 0).to(state.dtype)`.",
    ),
)

# ------------------------------------------------------------------------------------------------- 3 · one Jacobian


def _step_cases(rng: np.random.Generator) -> list[Case]:
    def case(hidden: int, about: str, activation: str | None = None) -> Case:
        U, states = _network(rng, hidden, 1, activation or "sigmoid")
        inputs: dict[str, Any] = {"state": states[1], "U": U}
        if activation:
            inputs["activation"] = activation
        return Case(inputs, about, {"hidden": hidden})

    double, turned = case(4, "float64", "tanh"), case(6, "U is a transposed view")
    turned.inputs["U"] = turned.inputs["U"].T.clone().T  # type: ignore[index]
    positive = case(7, "tanh, all states between 0 and 1", "tanh")  # they could be a sigmoid's
    positive.inputs["state"] = positive.inputs["state"].abs().clamp(0.05, 0.95)  # type: ignore[index]
    return [
        case(2, "two units, no activation named"),
        case(1, "one unit"),
        case(3, "tanh", "tanh"),
        case(3, "tanh, the same sizes with other numbers", "tanh"),
        case(5, "ReLU", "relu"),
        turned,
        positive,
        Case(_double(double.inputs), double.about, double.sizes),
    ]


def _double_slope(state: Tensor, activation: str) -> Tensor:
    again = ACTIVATIONS[activation](state)
    return slope(again, activation)


STEP_JACOBIAN = Exercise(
    id="rnn_gradients.step_jacobian",
    lesson="06",
    title="One step back: diag(σ′) U",
    reference=rnn_gradients.step_jacobian,
    cases=_step_cases,
    judge=_judge,
    forbids=AUTOGRAD,
    points=1,
    minutes=6,
    difficulty=1,
    misconceptions=(
        Misconception(
            "columns_scaled",
            lambda state, U, activation="sigmoid": U @ torch.diag(slope(state, activation)),
            "Your slopes scale the columns of U: this is U diag(σ′). The slope belongs to the unit that comes *out*,"
            " and outputs are rows. (`slope * U` broadcasts along the rows and scales columns too.)",
        ),
        Misconception(
            "transposed",
            lambda state, U, activation="sigmoid": (torch.diag(slope(state, activation)) @ U).T,
            "Rows and columns are exchanged: row i is the new unit i, column l the old unit l.",
        ),
        Misconception(
            "u_transposed",
            lambda state, U, activation="sigmoid": torch.diag(slope(state, activation)) @ U.T,
            "The slopes are at the right side, but U is transposed. In z = W x + U h, how does old unit l reach new"
            " unit i?",
        ),
        Misconception(
            "no_slope",
            lambda state, U, activation="sigmoid": U.clone(),
            "This is U alone: the Jacobian of z_j. The activation between z_j and h_j has a slope of its own.",
        ),
        Misconception(
            "slope_alone",
            lambda state, U, activation="sigmoid": torch.diag(slope(state, activation)),
            "These are the slopes on a diagonal, without U: the way from z_j to h_j. Before that comes the way from"
            " h_{j−1} to z_j.",
        ),
        Misconception(
            "activation_twice",
            lambda state, U, activation="sigmoid": torch.diag(_double_slope(state, activation)) @ U,
            "The slopes are taken at σ(h), as if h were z. `state` is h_j, and your `slope` takes h.",
        ),
        Misconception(
            "always_sigmoid",
            lambda state, U, activation="sigmoid": torch.diag(state * (1 - state)) @ U,
            "Right for the sigmoid. For the others you still use the sigmoid's slope: `activation` has to be handed"
            " on.",
        ),
        Misconception(
            "vector",
            lambda state, U, activation="sigmoid": slope(state, activation) @ U,
            "You return a vector: the slopes times U, summed over the units. A Jacobian keeps a row for each of them.",
        ),
        Misconception(
            "vector_on_the_right",
            lambda state, U, activation="sigmoid": U @ slope(state, activation),
            "You return a vector: U applied to the slopes. A Jacobian is a matrix; nothing is summed up.",
        ),
        Misconception(
            "state_for_slope",
            lambda state, U, activation="sigmoid": torch.diag(state) @ U,
            "The states themselves scale the rows of U. It is their slopes that should: a unit at 0.9 lets little"
            " through, for it is nearly sure of itself.",
        ),
        Misconception(
            "entrywise",
            lambda state, U, activation="sigmoid": torch.diag(slope(state, activation)) * U,
            "`*` multiplies entry by entry, so only the diagonal of U is left. diag(σ′) U is a product of matrices,"
            " `@`.",
        ),
        Misconception(
            "slopes_on_both_sides",
            lambda state, U, activation="sigmoid": (
                torch.diag(slope(state, activation)) @ U @ torch.diag(slope(state, activation))
            ),
            "The slopes scale both rows and columns. Only the unit that comes out passes through the activation in"
            " this step.",
        ),
        Misconception(
            "steepest",
            lambda state, U, activation="sigmoid": rnn_gradients.STEEPEST[activation] * U,
            "Every row is scaled by the largest slope there is. That is the bound of section 5; here the slope of each"
            " unit is asked for.",
        ),
        Misconception(
            "tanh_by_default",
            lambda state, U, activation="tanh": torch.diag(slope(state, activation)) @ U,
            "Right whenever the activation is named. Without a name you take tanh; the default is the sigmoid.",
        ),
        Misconception(
            "relu_by_default",
            lambda state, U, activation="relu": torch.diag(slope(state, activation)) @ U,
            "Right whenever the activation is named. Without a name you take ReLU; the default is the sigmoid.",
        ),
        Misconception(
            "slope_of_u_state",
            lambda state, U, activation="sigmoid": (
                torch.diag(slope(ACTIVATIONS[activation](U @ state), activation)) @ U
            ),
            "You go one step further and take the slopes there. `state` is h_j, *after* the step: its slopes are those"
            " you need.",
        ),
    ),
    hints=(
        "h_{j−1} moves z_j through U, and z_j moves h_j, each unit by itself, through the activation. A chain rule of"
        " two links.",
        "Row i of the result is row i of U times the slope of unit i.",
        "`torch.diag(slope(state, activation)) @ U`, or `slope(state, activation)[:, None] * U`.",
    ),
)

# -------------------------------------------------------------------------------------------- 4 · product of Jacobians


def _gentle_network(rng: np.random.Generator, hidden: int, steps: int) -> tuple[Tensor, Tensor]:
    """U and the states (steps + 1, hidden) of a tanh network through which a gradient survives: every step counts.

    U is a rotation and a little more, and the inputs are so small that tanh is nearly straight.
    """
    U = 1.02 * torch.linalg.qr(normal(rng, hidden, hidden))[0]
    states = [0.2 * normal(rng, hidden)]
    for _ in range(steps):
        states.append(torch.tanh(U @ states[-1] + normal(rng, hidden, std=0.05)))
    return U, torch.stack(states)


def _path_case(
    rng: np.random.Generator,
    hidden: int,
    steps: int,
    t: int,
    k: int,
    about: str,
    activation: str | None = None,
    gradient: bool = False,
    gentle: bool = False,
) -> Case:
    U, states = _gentle_network(rng, hidden, steps) if gentle else _network(rng, hidden, steps, activation or "sigmoid")
    inputs: dict[str, Any] = {"state_gradient": normal(rng, hidden)} if gradient else {}
    inputs |= {"states": states, "U": U, "t": t, "k": k}
    if activation:
        inputs["activation"] = activation
    return Case(inputs, about, {"hidden": hidden, "m + 1": steps + 1})


def _path_cases(rng: np.random.Generator) -> list[Case]:
    doubles = [
        _path_case(rng, 2, 6, 4, 1, "float64", "tanh"),
        _path_case(rng, 3, 5, 4, 4, "float64, t = k"),
        _path_case(rng, 2, 4, 0, 3, "float64, k > t"),
    ]
    return [
        _path_case(rng, 2, 3, 3, 1, "two steps back"),
        _path_case(rng, 3, 4, 2, 2, "t = k"),
        _path_case(rng, 2, 2, 1, 0, "one step, back to h_0"),
        _path_case(rng, 4, 5, 1, 4, "k > t"),
        _path_case(rng, 3, 4, 2, 3, "k = t + 1"),
        _path_case(rng, 2, 3, 3, 1, "two steps back, the same sizes with other numbers"),
        _path_case(rng, 3, 6, 5, 1, "four steps, tanh", "tanh"),
        _path_case(rng, 4, 6, 5, 2, "three steps, ReLU", "relu"),
        _path_case(rng, 1, 5, 4, 0, "one unit"),
        _path_case(rng, 5, 7, 7, 4, "from the last state"),
        _path_case(rng, 3, 24, 24, 1, "23 steps, tanh", "tanh", gentle=True),
        *(Case(_double(double.inputs), double.about, double.sizes) for double in doubles),
    ]


def _refuse() -> Tensor:
    raise ValueError("k must not be larger than t")


def _chain(
    first: int = 1,
    last: int = 1,
    shift: int = 0,
    turned: bool = False,
    join: Callable[[Tensor, Tensor], Tensor] = torch.matmul,
    future: Callable[[Tensor], Tensor] = torch.zeros_like,
    factor: Callable[..., Tensor] = step_jacobian,
    start: Callable[[Tensor], Tensor] = lambda U: torch.eye(len(U), dtype=U.dtype),
    finish: Callable[[Tensor], Tensor] = lambda product: product,
) -> Callable[..., Tensor]:
    """The product over j = k + first … t + last − 1, with one thing or another done differently."""

    def answer(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
        if k > t:
            return future(U)
        product = start(U)
        for j in range(k + first, t + last):
            one = factor(states[max(j + shift, 0)], U, activation)
            product = join(product, one) if turned else join(one, product)
        return finish(product)

    return answer


STATE_JACOBIAN = Exercise(
    id="rnn_gradients.state_jacobian",
    lesson="06",
    title="Many steps back: a product",
    reference=rnn_gradients.state_jacobian,
    cases=_path_cases,
    judge=_judge,
    forbids=AUTOGRAD,
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "order_turned",
            _chain(turned=True),
            "The factors are right, their order is turned round: the earliest step stands on the left. Matrices do not"
            " commute. Read the slide's expanded line: the latest step comes first.",
        ),
        Misconception(
            "one_factor_too_many",
            _chain(first=0),
            "There is one factor too many: the product begins at j = k, and that step leads to h_{k−1}. It should end"
            " at h_k, so ∂h_t/∂h_t is the identity.",
        ),
        Misconception(
            "last_step_missing",
            _chain(last=0),
            "The last step, j = t, is missing: a Python range stops before its end. For t = k + 1 you return the"
            " identity.",
        ),
        Misconception(
            "slopes_one_step_early",
            _chain(shift=-1),
            "The factor of step j uses the slopes of h_{j−1}. ∂h_j/∂h_{j−1} needs those of the state that comes *out*"
            " of step j.",
        ),
        Misconception(
            "one_factor_repeated",
            lambda states, U, t, k, activation="sigmoid": (
                torch.linalg.matrix_power(step_jacobian(states[t], U, activation), t - k)
                if k <= t
                else torch.zeros_like(U)
            ),
            "You take one Jacobian to the power of t − k. U is the same at every step, but the slopes are not: each"
            " step has its own.",
        ),
        Misconception(
            "u_only",
            lambda states, U, t, k, activation="sigmoid": (
                torch.linalg.matrix_power(U, t - k) if k <= t else torch.zeros_like(U)
            ),
            "This is a power of U alone. Each step also passes through the activation, with slopes of its own.",
        ),
        Misconception(
            "entrywise",
            _chain(join=torch.mul, start=torch.ones_like),
            "The factors are multiplied entry by entry. A chain rule of vectors is a product of matrices, `@`.",
        ),
        Misconception(
            "steps_exchanged",
            lambda states, U, t, k, activation="sigmoid": _chain()(states, U, k, t, activation),
            "t and k are exchanged: you get zeros for every step back and something for a step ahead. This is"
            " ∂h_k/∂h_t, with its indices turned.",
        ),
        Misconception(
            "future_is_identity",
            _chain(future=lambda U: torch.eye(len(U), dtype=U.dtype)),
            "Right for k ≤ t. For k > t you return the identity, because the loop does not run. h_t does not depend on"
            " a later state at all: the derivative is zero.",
        ),
        Misconception(
            "starts_from_zero",
            _chain(start=torch.zeros_like),
            "Everything is zero: the product starts from zeros, and a product with zero stays there. What is the one"
            " among matrices?",
        ),
        Misconception(
            "starts_from_ones",
            _chain(start=torch.ones_like),
            "The product starts from a matrix full of ones, which sums up rows. The matrix that changes nothing has"
            " ones on its diagonal only: look at t = k.",
        ),
        Misconception(
            "transposed",
            _chain(finish=lambda product: product.T),
            "The result is transposed: row i belongs to unit i of h_t, column l to unit l of h_k.",
        ),
        Misconception(
            "sum_of_factors",
            _chain(join=torch.add, start=torch.zeros_like),
            "The factors are added up. Steps that follow each other multiply; only different ways are added.",
        ),
        Misconception(
            "always_sigmoid",
            lambda states, U, t, k, activation="sigmoid": _chain()(states, U, t, k),
            "Right for the sigmoid. For the others the sigmoid's slope is used: hand `activation` on.",
        ),
        Misconception(
            "columns_scaled",
            _chain(factor=lambda state, U, activation: U * slope(state, activation)),
            "Your slopes scale the columns of U in every factor; they belong to its rows. Your `step_jacobian` does it"
            " rightly: use it.",
        ),
        Misconception(
            "one_step_only",
            lambda states, U, t, k, activation="sigmoid": (
                step_jacobian(states[t], U, activation)
                if k < t
                else torch.eye(len(U), dtype=U.dtype) * (1.0 if k == t else 0.0)
            ),
            "You return the Jacobian of the last step alone, however far back k is. Each step between has its own"
            " factor.",
        ),
        Misconception(
            "same_step_is_zero",
            lambda states, U, t, k, activation="sigmoid": (
                _chain()(states, U, t, k, activation) if k < t else torch.zeros_like(U)
            ),
            "Right for k < t. For t = k you return zeros, but a state depends on itself: ∂h_t/∂h_t is the identity.",
        ),
        Misconception(
            "always_from_the_start",
            lambda states, U, t, k, activation="sigmoid": (
                _chain()(states, U, t, 0, activation) if k <= t else torch.zeros_like(U)
            ),
            "Your product runs over all steps down to j = 1, as if k were always 0: this is ∂h_t/∂h_0. It should stop"
            " at j = k + 1.",
        ),
        Misconception(
            "never_reaches_h_0",
            lambda states, U, t, k, activation="sigmoid": _chain()(states, U, t, max(k, 1) if t else k, activation),
            "Right unless k = 0: then the step from h_0 to h_1 is missing.",
        ),
        Misconception(
            "future_refused",
            _chain(future=lambda U: _refuse()),
            "Right for k ≤ t. For k > t you raise ValueError, but the question has an answer: nothing depends on its"
            " future, so the derivative is zero.",
        ),
        Misconception(
            "float32_where_empty",
            lambda states, U, t, k, activation="sigmoid": (
                _chain()(states, U, t, k, activation) if k < t else torch.eye(len(U)) * (1.0 if k == t else 0.0)
            ),
            "Right for float32. With float64 inputs the identity (t = k) and the zeros (k > t) come out as float32:"
            " give them `dtype=U.dtype`.",
        ),
        Misconception(
            "float32_throughout",
            _chain(start=lambda U: torch.eye(len(U)), future=lambda U: torch.zeros(len(U), len(U))),
            "Right for float32. With float64 inputs the product starts from `torch.eye` in float32, which does not"
            " multiply with them: give every tensor that you make `dtype=U.dtype`.",
        ),
        Misconception(
            "tanh_by_default",
            lambda states, U, t, k, activation="tanh": _chain()(states, U, t, k, activation),
            "Right whenever the activation is named. Without a name you take tanh; the default is the sigmoid.",
        ),
    ),
    hints=(
        "Start from the matrix that changes nothing, and multiply by one step after the other, from k + 1 to t.",
        "Row j of `states` is h_j, and the factor of step j is `step_jacobian(states[j], U, activation)`. A later step"
        " goes to the left of what you have.",
        "`for j in range(k + 1, t + 1): product = step_jacobian(states[j], U, activation) @ product`, from"
        " `torch.eye(len(U), dtype=U.dtype)`; zeros if k > t.",
    ),
)

# ---------------------------------------------------------------------------------------------- 5 · the direct term


def _direct_cases(rng: np.random.Generator) -> list[Case]:
    def case(hidden: int, about: str, activation: str | None = None) -> Case:
        _, states = _network(rng, hidden, 1, activation or "sigmoid")
        inputs: dict[str, Any] = {"state": states[1], "previous": states[0]}
        if activation:
            inputs["activation"] = activation
        return Case(inputs, about, {"hidden": hidden})

    double, twice = case(5, "float64"), case(6, "called twice")
    twice = Case(twice.inputs, twice.about, twice.sizes, extra={"again": True})
    return [
        case(2, "two units, no activation named"),
        case(1, "one unit"),
        case(3, "tanh", "tanh"),
        case(4, "ReLU", "relu"),
        Case(_double(double.inputs), double.about, double.sizes),
        twice,
    ]


def _run_direct(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """One call; in one case a second one with other numbers, which must leave the first result alone."""
    first = answer(*inputs.values())
    if case.extra.get("again") and isinstance(first, Tensor):
        before = first.clone()
        answer(inputs["previous"], inputs["state"])
        if not torch.equal(before, first):
            raise Told(
                "The result of a first call changed when your function was called a second time: both calls hand out"
                " the same tensor. Make a new one at every call."
            )
    return first


def _direct(state: Tensor, previous: Tensor, activation: str = "sigmoid") -> Tensor:
    return torch.diag(slope(state, activation))[:, :, None] * previous


DIRECT_TERM = Exercise(
    id="rnn_gradients.direct_term",
    lesson="06",
    title="What U does within one step",
    reference=rnn_gradients.direct_term,
    cases=_direct_cases,
    run=_run_direct,
    judge=_judge,
    forbids=AUTOGRAD,
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "outer_product",
            lambda state, previous, activation="sigmoid": torch.outer(slope(state, activation), previous),
            "You return a matrix: the entries that are not zero, without the zeros around them. The derivative of a"
            " vector by a matrix has three indices; entry [i, a, b] is zero unless i = a.",
        ),
        Misconception(
            "no_zeros",
            lambda state, previous, activation="sigmoid": (
                torch.outer(slope(state, activation), previous)[:, None, :].expand(-1, len(state), -1).clone()
            ),
            "In your answer every weight moves every unit. U_{ab} takes part in z_a alone: where i and a differ, there"
            " is nothing.",
        ),
        Misconception(
            "current_state",
            lambda state, previous, activation="sigmoid": torch.diag(slope(state, activation))[:, :, None] * state,
            "The weights meet h_k in your answer. In z_k = W x_k + U h_{k−1} they meet the state before.",
        ),
        Misconception(
            "no_slope",
            lambda state, previous, activation="sigmoid": (
                torch.eye(len(state), dtype=state.dtype)[:, :, None] * previous
            ),
            "This is ∂z_k/∂U. From z_k to h_k the activation's slope is still to come.",
        ),
        Misconception(
            "slope_of_previous",
            lambda state, previous, activation="sigmoid": (
                torch.diag(slope(previous, activation))[:, :, None] * previous
            ),
            "The slopes are those of h_{k−1}. Step k passes through the activation that made h_k.",
        ),
        Misconception(
            "arguments_exchanged",
            lambda state, previous, activation="sigmoid": _direct(previous, state, activation),
            "The two states have changed places: slopes come from h_k, the numbers they multiply from h_{k−1}.",
        ),
        Misconception(
            "a_and_b_exchanged",
            lambda state, previous, activation="sigmoid": _direct(state, previous, activation).transpose(1, 2),
            "The last two indices are exchanged (or the unit's index stands last, which gives the same numbers). U_{ab}"
            " takes from old unit b and gives to new unit a.",
        ),
        Misconception(
            "weight_first",
            lambda state, previous, activation="sigmoid": _direct(state, previous, activation).permute(2, 0, 1),
            "The index b stands first. The shape cannot tell, all three sizes are equal: [i, a, b] begins with the unit"
            " of h_k.",
        ),
        Misconception(
            "slope_of_b",
            lambda state, previous, activation="sigmoid": (
                torch.eye(len(state), dtype=state.dtype)[:, :, None] * (slope(state, activation) * previous)
            ),
            "The slope is that of unit b, where the weight starts. It should be that of unit a, where it ends.",
        ),
        Misconception(
            "always_sigmoid",
            lambda state, previous, activation="sigmoid": _direct(state, previous),
            "Right for the sigmoid. For the others its slope is still used: hand `activation` on.",
        ),
        Misconception(
            "activation_twice",
            lambda state, previous, activation="sigmoid": (
                torch.diag(_double_slope(state, activation))[:, :, None] * previous
            ),
            "The slopes are taken at σ(h), as if h were z. `state` is h_k, and your `slope` takes h.",
        ),
        Misconception(
            "every_unit_moved",
            lambda state, previous, activation="sigmoid": (
                torch.outer(slope(state, activation), previous).expand(len(state), -1, -1).clone()
            ),
            "You repeat the same matrix for every unit i. U_{ab} gives to unit a alone: slice [i] has numbers in its"
            " row a = i and zeros elsewhere.",
        ),
        Misconception(
            "previous_of_a",
            lambda state, previous, activation="sigmoid": (
                torch.diag(slope(state, activation) * previous)[:, :, None].expand(-1, -1, len(state)).clone()
            ),
            "The number multiplied is h_{k−1,a}, the same for every b. U_{ab} takes from old unit b: it meets"
            " h_{k−1,b}.",
        ),
        Misconception(
            "zeros_where_a_is_not_b",
            lambda state, previous, activation="sigmoid": (
                slope(state, activation)[:, None, None] * torch.diag(previous)
            ),
            "Your zeros stand where a and b differ. They belong where i and a differ: the weight U_{ab} may well lead"
            " from one unit to another.",
        ),
        Misconception(
            "state_for_slope",
            lambda state, previous, activation="sigmoid": torch.diag(state)[:, :, None] * previous,
            "The state h_k stands where its slope should: σ′ is missing. Your `slope` makes one of the other.",
        ),
        Misconception(
            "both_slopes",
            lambda state, previous, activation="sigmoid": (
                torch.diag(slope(state, activation))[:, :, None] * slope(previous, activation)
            ),
            "h_{k−1} comes in through its slope. Within step k it is a number that the weight multiplies, and stays as"
            " it is.",
        ),
        Misconception(
            "tanh_by_default",
            lambda state, previous, activation="tanh": _direct(state, previous, activation),
            "Right whenever the activation is named. Without a name you take tanh; the default is the sigmoid.",
        ),
    ),
    hints=(
        "Write one entry: h_{k,i} = σ(Σ_b U_{ib} h_{k−1,b} + …). By which U_{ab} can it be moved?",
        "For i = a the entry is σ′(z_{k,i}) h_{k−1,b}. A diagonal matrix of slopes with one more dimension behind it"
        " does this for all.",
        "`torch.diag(slope(state, activation))[:, :, None] * previous`.",
    ),
)

# ------------------------------------------------------------------------------------------------ 6 · a term (t, k)


def _term_cases(rng: np.random.Generator) -> list[Case]:
    doubles = [
        _path_case(rng, 3, 5, 4, 2, "float64", "tanh", gradient=True),
        _path_case(rng, 2, 4, 1, 3, "float64, k > t", gradient=True),
    ]
    return [
        _path_case(rng, 2, 4, 3, 2, "one step back", gradient=True),
        _path_case(rng, 3, 3, 2, 2, "t = k", gradient=True),
        _path_case(rng, 3, 4, 2, 3, "k > t", gradient=True),
        _path_case(rng, 3, 5, 4, 1, "back to the first step, tanh", "tanh", gradient=True),
        _path_case(rng, 4, 6, 6, 3, "three steps back, ReLU", "relu", gradient=True),
        _path_case(rng, 1, 5, 4, 1, "one unit", gradient=True),
        _path_case(rng, 5, 7, 6, 2, "four steps back", gradient=True),
        _path_case(rng, 2, 22, 22, 1, "21 steps back, tanh", "tanh", gradient=True, gentle=True),
        *(Case(_double(double.inputs), double.about, double.sizes) for double in doubles),
    ]


def _term(
    jacobian: Callable[..., Tensor] = state_jacobian,
    arrive: Callable[[Tensor, Tensor], Tensor] = torch.matmul,
    own: Callable[..., Tensor] = lambda states, k, a: direct_term(states[k], states[k - 1], a),
    join: Callable[[Tensor, Tensor], Tensor] = lambda arrived, direct: torch.einsum("i,iab->ab", arrived, direct),
    share: Callable[[int, int], float] = lambda t, k: 1.0,
) -> Callable[..., Tensor]:
    """The reference in steps; `share` is how much of the term is kept."""

    def answer(
        state_gradient: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid"
    ) -> Tensor:
        arrived = arrive(state_gradient, jacobian(states, U, t, k, activation))
        return join(arrived, own(states, k, activation)) * share(t, k)

    return answer


BPTT_TERM = Exercise(
    id="rnn_gradients.bptt_term",
    lesson="06",
    title="One term of the double sum",
    reference=rnn_gradients.bptt_term,
    cases=_term_cases,
    judge=_judge,
    forbids=AUTOGRAD,
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "no_way_back",
            _term(jacobian=lambda states, U, t, k, a: torch.eye(len(U), dtype=U.dtype) * (k <= t)),
            "Rung ∂h_t/∂h_k: the gradient at h_t is used as if it were that at h_k. Right for t = k; for every other"
            " pair the Jacobian of the steps between is missing.",
        ),
        Misconception(
            "jacobian_on_the_left",
            _term(arrive=lambda gradient, jacobian: jacobian @ gradient),
            "The rungs are right, their product is not: the Jacobian meets the gradient with the wrong side. The"
            " gradient is a row and stands on the left; its entries meet the rows of ∂h_t/∂h_k.",
        ),
        Misconception(
            "order_turned",
            _term(jacobian=_chain(turned=True)),
            "Rung ∂h_t/∂h_k is the first wrong one: its factors are multiplied in the wrong order. With one step"
            " between there is only one factor, and there you are right.",
        ),
        Misconception(
            "one_factor_too_many",
            _term(jacobian=_chain(first=0)),
            "Rung ∂h_t/∂h_k is the first wrong one: there is a factor too many, the way goes on to h_{k−1}. The step"
            " from h_{k−1} to h_k is the direct term's.",
        ),
        Misconception(
            "last_step_missing",
            _term(jacobian=_chain(last=0)),
            "Rung ∂h_t/∂h_k is the first wrong one: the factor of step t is missing.",
        ),
        Misconception(
            "steps_exchanged",
            _term(jacobian=lambda states, U, t, k, a: state_jacobian(states, U, k, t, a)),
            "Rung ∂h_t/∂h_k is the first wrong one: t and k are exchanged. The past gets nothing from the loss and the"
            " future something.",
        ),
        Misconception(
            "future_counted",
            _term(jacobian=_chain(future=lambda U: torch.eye(len(U), dtype=U.dtype))),
            "Right for k ≤ t. For k > t you return numbers, but what U does after step t cannot change L_t: that term"
            " is zero.",
        ),
        Misconception(
            "current_state",
            _term(own=lambda states, k, a: torch.diag(slope(states[k], a))[:, :, None] * states[k]),
            "Rung ∂⁺h_k/∂U is the first wrong one: the weights meet h_k, where they should meet the state before it.",
        ),
        Misconception(
            "no_slope",
            _term(own=lambda states, k, a: torch.eye(states.shape[1], dtype=states.dtype)[:, :, None] * states[k - 1]),
            "Rung ∂⁺h_k/∂U is the first wrong one: the slope of the activation at step k is missing.",
        ),
        Misconception(
            "slope_of_previous",
            _term(own=lambda states, k, a: torch.diag(slope(states[k - 1], a))[:, :, None] * states[k - 1]),
            "Rung ∂⁺h_k/∂U is the first wrong one: its slopes are those of h_{k−1}. Step k passes through the"
            " activation that made h_k.",
        ),
        Misconception(
            "direct_term_one_early",
            _term(own=lambda states, k, a: direct_term(states[k - 1], states[max(k - 2, 0)], a)),
            "Rung ∂⁺h_k/∂U is the first wrong one: it is that of step k − 1. Row k of `states` is h_k, because row 0"
            " is h_0.",
        ),
        Misconception(
            "direct_term_of_t",
            lambda state_gradient, states, U, t, k, activation="sigmoid": torch.einsum(
                "i,iab->ab",
                state_gradient @ state_jacobian(states, U, t, k, activation),
                direct_term(states[t], states[t - 1], activation),
            ),
            "Rung ∂⁺h_k/∂U is the first wrong one: it is taken at step t. U acted at step k, that is where it meets a"
            " state.",
        ),
        Misconception(
            "transposed",
            _term(join=lambda arrived, direct: torch.einsum("i,iab->ba", arrived, direct)),
            "The term is transposed: entry [a, b] belongs to U_{ab}, which takes from unit b and gives to unit a.",
        ),
        Misconception(
            "per_unit",
            _term(join=lambda arrived, direct: arrived[:, None, None] * direct),
            "You keep the units of h_k apart, as a third dimension. All of them change the loss: sum over them.",
        ),
        Misconception(
            "always_sigmoid",
            lambda state_gradient, states, U, t, k, activation="sigmoid": _term()(state_gradient, states, U, t, k),
            "Right for the sigmoid. For the others its slopes are used: hand `activation` on to both.",
        ),
        Misconception(
            "columns_scaled",
            _term(jacobian=_chain(factor=lambda state, U, activation: U * slope(state, activation))),
            "Rung ∂h_t/∂h_{t−1} is the first wrong one: in every factor the slopes scale the columns of U. They belong"
            " to its rows.",
        ),
        Misconception(
            "same_step_only",
            _term(share=lambda t, k: 1.0 if t == k else 0.0),
            "Right for t = k. For every other pair you return zeros, but U at an earlier step does change the loss at"
            " t: that is what the Jacobian between is for.",
        ),
        Misconception(
            "same_step_is_zero",
            _term(share=lambda t, k: 0.0 if t == k else 1.0),
            "Right for k < t. For t = k you return zeros, but U has just acted there, and nothing stands between:"
            " ∂h_t/∂h_t is the identity.",
        ),
        Misconception(
            "t_and_k_exchanged",
            lambda state_gradient, states, U, t, k, activation="sigmoid": _term()(
                state_gradient, states, U, k, t, activation
            ),
            "t and k are exchanged everywhere: the loss is taken at step k and U at step t. Right for t = k alone; the"
            " past gets zeros and the future something.",
        ),
        Misconception(
            "bracket_up_to_k",
            lambda state_gradient, states, U, t, k, activation="sigmoid": sum(
                (_term()(state_gradient, states, U, t, j, activation) for j in range(1, k + 1) if k <= t),
                torch.zeros_like(U),
            ),
            "You add up the terms of all steps from 1 to k. One term is asked for, that of this k.",
        ),
        Misconception(
            "whole_bracket",
            lambda state_gradient, states, U, t, k, activation="sigmoid": sum(
                (_term()(state_gradient, states, U, t, j, activation) for j in range(1, t + 1)), torch.zeros_like(U)
            ),
            "You add up the terms of all k from 1 to t, the whole bracket of the formula. One term is asked for, that"
            " of this k.",
        ),
        Misconception(
            "first_step_is_zero",
            _term(share=lambda t, k: 0.0 if k == 1 else 1.0),
            "Right unless k = 1: there you return zeros, as if U had met a state of zeros. h_0 is row 0 of `states`,"
            " and it need not be zero.",
        ),
        Misconception(
            "states_exchanged",
            _term(own=lambda states, k, a: direct_term(states[k - 1], states[k], a)),
            "Rung ∂⁺h_k/∂U is the first wrong one: its two states have changed places. h_k comes first, with its"
            " slopes; h_{k−1} is what the weights meet.",
        ),
        Misconception(
            "direct_term_one_late",
            _term(own=lambda states, k, a: direct_term(states[k + 1], states[k], a)),
            "Rung ∂⁺h_k/∂U is the first wrong one: it is that of step k + 1. Row k of `states` is h_k.",
        ),
        Misconception(
            "summed_over_b",
            _term(join=lambda arrived, direct: torch.einsum("b,iab->ia", arrived, direct)),
            "The gradient at h_k meets the last index of the direct term, where the weight starts. It belongs to the"
            " first index, the unit of h_k that is moved.",
        ),
        Misconception(
            "activation_to_the_jacobian_only",
            _term(own=lambda states, k, a: direct_term(states[k], states[k - 1])),
            "Rung ∂⁺h_k/∂U is the first wrong one, and right for the sigmoid: `direct_term` is not told the"
            " activation.",
        ),
        Misconception(
            "activation_to_the_direct_term_only",
            _term(jacobian=lambda states, U, t, k, a: state_jacobian(states, U, t, k)),
            "Rung ∂h_t/∂h_k is the first wrong one, and right for the sigmoid: `state_jacobian` is not told the"
            " activation.",
        ),
    ),
    hints=(
        "Three links of a chain: what the loss says to h_t, how h_k reached h_t, how U reached h_k. You have written"
        " the last two.",
        "`state_gradient @ state_jacobian(...)` is ∂L_t/∂h_k, a row of `hidden` numbers. Then sum over the unit i of"
        " the direct term.",
        '`torch.einsum("i,iab->ab", arrived, direct_term(states[k], states[k - 1], activation))` with'
        " `arrived = state_gradient @ state_jacobian(states, U, t, k, activation)`.",
    ),
)

# ------------------------------------------------------------------------------------------------ 7 · one pass back


def _pass_case(rng: np.random.Generator, hidden: int, steps: int, about: str, activation: str | None = None) -> Case:
    U, states = _network(rng, hidden, steps, activation or "sigmoid")
    inputs: dict[str, Any] = {"state_gradients": normal(rng, steps, hidden), "states": states, "U": U}
    if activation:
        inputs["activation"] = activation
    return Case(inputs, about, {"m": steps, "hidden": hidden, "m + 1": steps + 1})


SHORT, LONG = 10, 40


def _long_case(rng: np.random.Generator) -> Case:
    """Forty steps through which the gradient survives, so that every term counts; its operations are counted too."""
    U, states = _gentle_network(rng, 3, LONG)
    inputs = {"state_gradients": normal(rng, LONG, 3), "states": states, "U": U, "activation": "tanh"}
    return Case(inputs, "forty steps", {"m": LONG, "hidden": 3, "m + 1": LONG + 1}, extra={"count": True})


class _Counting(TorchFunctionMode):
    """Counts the calls of PyTorch."""

    calls = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls += 1
        return func(*args, **(kwargs or {}))


def _run_pass(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """The result; for the long case also how many times more operations it took than its first ten steps do."""
    if not case.extra.get("count"):
        return {"dL/dU": answer(*inputs.values())}
    few = {**inputs, "state_gradients": inputs["state_gradients"][:SHORT], "states": inputs["states"][: SHORT + 1]}
    with _Counting() as short:
        answer(*few.values())
    with _Counting() as long:
        total = answer(*inputs.values())
    return {"dL/dU": total, "growth": long.calls / max(short.calls, 1)}


def _judge_pass(case: Case, output: Any, expected: Any) -> Mismatch | None:
    found = _judge(case, output["dL/dU"], expected["dL/dU"])
    if found or "growth" not in expected:
        return found
    one_pass = 2 * LONG / SHORT  # of four times as many steps, twice as much as their number explains
    if (output["growth"] > one_pass) != (expected["growth"] > one_pass):
        return Mismatch(
            f"The numbers are right. But {LONG} steps cost {output['growth']:.0f} times as many operations as"
            f" {SHORT} steps do; in one pass it is about {LONG // SHORT} times.",
            "growth",
        )
    return None


def _without_loss(case: Case, rows: Any, about: str) -> Case:
    """The same case with no loss at some of its steps."""
    case.inputs["state_gradients"][rows] = 0
    return Case(case.inputs, about, case.sizes)


def _pass_cases(rng: np.random.Generator) -> list[Case]:
    double = _pass_case(rng, 2, 5, "float64", "tanh")
    return [
        _pass_case(rng, 2, 3, "three steps"),
        _pass_case(rng, 3, 1, "one step"),
        _pass_case(rng, 3, 5, "tanh", "tanh"),
        _pass_case(rng, 4, 6, "ReLU", "relu"),
        _without_loss(_pass_case(rng, 3, 4, ""), slice(None, -1), "a loss at the last step only"),
        _without_loss(_pass_case(rng, 4, 6, "", "tanh"), slice(-2, None), "no loss at the last two steps"),
        _without_loss(_pass_case(rng, 2, 5, "", "tanh"), 2, "no loss at one step between"),
        _pass_case(rng, 1, 3, "one unit"),
        _pass_case(rng, 5, 8, "eight steps"),
        Case(_double(double.inputs), double.about, double.sizes),
        _long_case(rng),
    ]


def _pass(
    keep: float = 1.0,
    back: Callable[[Tensor, Tensor], Tensor] = torch.matmul,
    steps: Callable[[int], range] = lambda m: range(m, 0, -1),
    read: int = -1,
    row: int = -1,
    own: float = 1.0,
    slope_of: Callable[[Tensor, str], Tensor] = slope,
    bypass: bool = False,
    own_after_slope: bool = False,
    finish: Callable[[Tensor, int], Tensor] = lambda total, m: total,
) -> Callable[..., Tensor]:
    """The pass back, with one thing or another done differently."""

    def answer(state_gradients: Tensor, states: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
        m = len(state_gradients)
        total, carried = torch.zeros_like(U), torch.zeros_like(states[0])
        for k in steps(m):
            here = state_gradients[min(k + row, m - 1)] * (own if k < m else 1.0)
            slopes = slope_of(states[k], activation)
            before = carried * slopes + here if own_after_slope else (carried + here) * slopes
            total = total + torch.outer(before, states[k + read])
            carried = keep * back((carried + here) if bypass else before, U)
        return finish(total, m)

    return answer


def _unusual_pass(
    arrive: Callable[[Tensor, Tensor, Tensor], Tensor], pile: bool = False, last: bool = False, again: bool = False
) -> Callable[..., Tensor]:
    """The pass back, with other mistakes than those of `_pass`."""

    def answer(state_gradients: Tensor, states: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
        total, carried = torch.zeros_like(U), torch.zeros_like(states[0])
        for k in range(len(state_gradients), 0, -1):
            slopes = slope(states[k], activation)
            before = arrive(carried, state_gradients[k - 1], slopes)
            part = torch.outer(before, states[k - 1])
            total = part if last else total + part
            handed = (before * slopes if again else before) @ U
            carried = carried + handed if pile else handed
        return total

    return answer


def _pass_that_stumbles(at_no_loss: str) -> Callable[..., Tensor]:
    """The pass back, which does something odd at a step without a gradient: "stop", "skip" or "forget"."""

    def answer(state_gradients: Tensor, states: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
        total, carried = torch.zeros_like(U), torch.zeros_like(states[0])
        for k in range(len(state_gradients), 0, -1):
            own = state_gradients[k - 1]
            if at_no_loss == "stop" and not (own + carried).any():
                break
            if at_no_loss == "skip" and not own.any():
                continue
            if at_no_loss == "forget" and not own.any():
                carried = torch.zeros_like(carried)
            before = (own + carried) * slope(states[k], activation)
            total = total + torch.outer(before, states[k - 1])
            carried = before @ U
        return total

    return answer


BPTT = Exercise(
    id="rnn_gradients.bptt",
    lesson="06",
    title="The whole sum in one pass",
    reference=rnn_gradients.bptt,
    cases=_pass_cases,
    run=_run_pass,
    judge=_judge_pass,
    forbids=AUTOGRAD,
    points=3,
    minutes=15,
    difficulty=3,
    misconceptions=(
        Misconception(
            "nothing_carried",
            _pass(keep=0.0),
            "Only the terms with t = k are there: right for one step. What later losses say about an earlier state is"
            " lost; something has to be carried from step to step.",
        ),
        Misconception(
            "back_through_transpose",
            _pass(back=lambda before, U: U @ before),
            "The gradient goes back through U from the wrong side. Forward, U h takes old to new; backward, the row of"
            " gradients stands on the left of U.",
        ),
        Misconception(
            "slope_missing_on_the_way",
            _pass(bypass=True),
            "Each step's own part is right, but what is carried back has not passed through the activation: the slope"
            " is missing on the way. The terms with t = k are right, the others are not.",
        ),
        Misconception(
            "no_slope",
            _pass(slope_of=lambda state, activation: torch.ones_like(state)),
            "The slope of the activation is missing everywhere, as if the network were linear.",
        ),
        Misconception(
            "last_loss_only",
            _pass(own=0.0),
            "Only the last step's loss is carried back. Each step has a loss of its own, which joins what is carried:"
            " add it at every step.",
        ),
        Misconception(
            "own_loss_without_slope",
            _pass(own_after_slope=True),
            "What is carried passes through the slope, the step's own gradient does not. Both arrive at h_k, and both"
            " have to get back to z_k.",
        ),
        Misconception(
            "current_state",
            _pass(read=0),
            "In each step the weights meet h_k. They met the state before it when the step was computed.",
        ),
        Misconception(
            "forward_order",
            _pass(steps=lambda m: range(1, m + 1)),
            "The pass runs from the first step to the last, so that early losses are carried into the future. Losses"
            " look back: begin at the end.",
        ),
        Misconception(
            "first_step_missing",
            _pass(steps=lambda m: range(m, 1, -1)),
            "Step 1 is missing: with one step alone you return zeros. It would not show if h_0 were zero, but a carried"
            " state is not.",
        ),
        Misconception(
            "last_step_missing",
            _pass(steps=lambda m: range(m - 1, 0, -1)),
            "The last step is missing: with one step alone you return zeros, and a loss at the end reaches nothing."
            " `states` has one row more than there are steps.",
        ),
        Misconception(
            "rows_shifted",
            _pass(row=0),
            "The gradients of the next step are used at each step (and the last one's twice). Row t − 1 of"
            " `state_gradients` belongs to step t, since there is no row for step 0.",
        ),
        Misconception(
            "slope_of_previous",
            lambda state_gradients, states, U, activation="sigmoid": _slopes_one_early(
                state_gradients, states, U, activation
            ),
            "Each step uses the slopes of the state before it. Step k passed through the activation that made h_k.",
        ),
        Misconception(
            "transposed",
            _pass(finish=lambda total, m: total.T),
            "The result is transposed: entry [a, b] belongs to the weight from unit b to unit a.",
        ),
        Misconception(
            "mean_over_steps",
            _pass(finish=lambda total, m: total / m),
            "Your result is too small by a factor of m, the number of steps: L is the sum of the losses, not their"
            " mean.",
        ),
        Misconception(
            "always_sigmoid",
            _pass(slope_of=lambda state, activation: slope(state)),
            "Right for the sigmoid. For the others its slope is used: hand `activation` on.",
        ),
        Misconception(
            "double_sum",
            lambda state_gradients, states, U, activation="sigmoid": sum(
                (
                    _term()(state_gradients[t - 1], states, U, t, k, activation)
                    for t in range(1, len(states))
                    for k in range(1, t + 1)
                ),
                torch.zeros_like(U),
            ),
            "The numbers are right, but this is still the double sum, or a walk back for each loss anew: the work grows"
            " with the square of the number of steps, or faster. All losses share the way back; one vector can carry"
            " what they have to say together.",
        ),
        Misconception(
            "slope_on_own_only",
            _unusual_pass(lambda carried, own, slopes: carried + own * slopes),
            "The step's own gradient passes through the slope, what is carried does not. Both arrive at h_k, and both"
            " have to get back to z_k.",
        ),
        Misconception(
            "two_steps_only",
            lambda state_gradients, states, U, activation="sigmoid": sum(
                (
                    _term()(state_gradients[t - 1], states, U, t, k, activation)
                    for t in range(1, len(states))
                    for k in range(max(t - 1, 1), t + 1)
                ),
                torch.zeros_like(U),
            ),
            "Each loss reaches its own step and the one before, no further: what is carried gets replaced by the step's"
            " own gradient. It should be added to what came from later.",
        ),
        Misconception(
            "carried_piles_up",
            _unusual_pass(lambda carried, own, slopes: (carried + own) * slopes, pile=True),
            "What is carried is added to what was carried before. The new vector is all there is to hand on: the old"
            " one is already in it.",
        ),
        Misconception(
            "first_step_alone",
            _unusual_pass(lambda carried, own, slopes: (carried + own) * slopes, last=True),
            "Only step 1's part is left: each step overwrites the total of the others. Add them up.",
        ),
        Misconception(
            "slope_twice",
            _unusual_pass(lambda carried, own, slopes: (carried + own) * slopes, again=True),
            "The slope is applied twice on the way back. Once is enough to get from h_k to z_k; from there U leads to"
            " h_{k−1}.",
        ),
        Misconception(
            "stops_at_zero",
            _pass_that_stumbles("stop"),
            "Right unless the last steps have no loss: there your pass ends, as nothing has arrived yet. Earlier steps"
            " may have losses of their own; go on to step 1.",
        ),
        Misconception(
            "steps_without_loss_skipped",
            _pass_that_stumbles("skip"),
            "Steps whose own gradient is zero are left out. What later losses say still passes through them: through"
            " their activation, into U, and on to the step before.",
        ),
        Misconception(
            "carry_forgotten_without_loss",
            _pass_that_stumbles("forget"),
            "At a step whose own gradient is zero you also drop what is carried. It tells what later losses want, and"
            " they are not gone because this step has no loss.",
        ),
        Misconception(
            "tanh_by_default",
            lambda state_gradients, states, U, activation="tanh": _pass()(state_gradients, states, U, activation),
            "Right whenever the activation is named. Without a name you take tanh; the default is the sigmoid.",
        ),
    ),
    hints=(
        "Go backwards with one vector: the gradient of all losses from here on with respect to h_k. Which two sources"
        " feed it?",
        "At step k: add the step's own gradient to what is carried; pass the activation; that is dL/dz_k. It meets"
        " h_{k−1} for dL/dU, and U on its way to h_{k−1}.",
        "`before = (carried + state_gradients[k - 1]) * slope(states[k], activation)`; add"
        " `torch.outer(before, states[k - 1])`; `carried = before @ U`.",
    ),
)


def _slopes_one_early(state_gradients: Tensor, states: Tensor, U: Tensor, activation: str) -> Tensor:
    total, carried = torch.zeros_like(U), torch.zeros_like(states[0])
    for k in range(len(state_gradients), 0, -1):
        before = (carried + state_gradients[k - 1]) * slope(states[k - 1], activation)
        total = total + torch.outer(before, states[k - 1])
        carried = before @ U
    return total


# ---------------------------------------------------------------------------------------------- 8 · the norm's bound


def _bound_cases(rng: np.random.Generator) -> list[Case]:
    def case(hidden: int, steps: int, about: str, activation: str | None = None, std: float = 1.0) -> Case:
        inputs: dict[str, Any] = {"U": normal(rng, hidden, hidden, std=std), "steps": steps}
        if activation:
            inputs["activation"] = activation
        return Case(inputs, about, {"hidden": hidden})

    shear = Case(
        {"U": torch.tensor([[0.0, 2.0], [0.0, 0.0]]), "steps": 3, "activation": "tanh"}, "only zeros as eigenvalues"
    )
    turn = torch.linalg.qr(normal(rng, 6, 6))[0]
    return [
        case(2, 1, "one step, no activation named"),
        case(3, 0, "no step"),
        case(3, 4, "four steps, tanh", "tanh"),
        case(4, 3, "ReLU", "relu", std=0.3),
        Case({"U": turn, "steps": 5}, "an orthogonal U", {"hidden": 6}),
        case(1, 2, "one unit"),
        shear,
        Case({"U": torch.zeros(3, 3), "steps": 2}, "U is zero", {"hidden": 3}),
        case(5, 6, "a large bound", "tanh", std=2.0),
        Case({"U": normal(rng, 5, 5).double(), "steps": 7, "activation": "sigmoid"}, "float64", {"hidden": 5}),
    ]


def _bound(
    norm: Callable[[Tensor], Tensor] = lambda U: torch.linalg.matrix_norm(U, ord=2),
    gamma: Callable[[str], float] = lambda activation: rnn_gradients.STEEPEST[activation],
    join: Callable[[float, float, int], float] = lambda gamma, norm, steps: (gamma * norm) ** steps,
) -> Callable[..., float]:
    def answer(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
        return join(gamma(activation), float(norm(U)), steps)

    return answer


NORM_BOUND = Exercise(
    id="rnn_gradients.norm_bound",
    lesson="06",
    title="How large can it be?",
    reference=rnn_gradients.norm_bound,
    cases=_bound_cases,
    points=1,
    minutes=6,
    difficulty=2,
    misconceptions=(
        Misconception(
            "slope_below_one",
            _bound(gamma=lambda activation: 1.0),
            "For the sigmoid your bound is too generous, by a factor of 4 at every step. The slide says the slope is"
            " below 1; how steep can a sigmoid be at most?",
        ),
        Misconception(
            "quarter_for_all",
            _bound(gamma=lambda activation: 0.25),
            "Right for the sigmoid. tanh and ReLU are steeper: their largest slope is 1, and a bound that can be broken"
            " is none.",
        ),
        Misconception(
            "half",
            _bound(gamma=lambda activation: 0.5 if activation == "sigmoid" else 1.0),
            "The sigmoid's largest slope is not 1/2. 1/2 is its *value* where it is steepest; put it into h(1 − h).",
        ),
        Misconception(
            "frobenius",
            _bound(norm=lambda U: U.norm()),
            "You take the root of the sum of squares, the Frobenius norm. It bounds too, but loosely: an orthogonal"
            " U of 6 units gets √6, though it stretches nothing. Choose the norm that asks for the largest stretch.",
        ),
        Misconception(
            "largest_eigenvalue",
            _bound(norm=lambda U: torch.linalg.eigvals(U).abs().max()),
            "You take the largest eigenvalue, in size. It does not bound a step: ((0, 2), (0, 0)) has only zeros for"
            " eigenvalues and still doubles a vector. Singular values say how far a matrix stretches.",
        ),
        Misconception(
            "largest_entry",
            _bound(norm=lambda U: U.abs().max()),
            "You take the largest entry. Many small entries together can stretch a vector further than each of them.",
        ),
        Misconception(
            "row_sums",
            _bound(norm=lambda U: torch.linalg.matrix_norm(U, ord=float("inf"))),
            "You take the largest sum of a row. That is the norm for vectors measured by their largest entry; ours are"
            " measured by their length.",
        ),
        Misconception(
            "smallest_singular_value",
            _bound(norm=lambda U: torch.linalg.matrix_norm(U, ord=-2)),
            "This is the *smallest* factor by which U stretches a vector; a bound from above needs the largest.",
        ),
        Misconception(
            "slope_once",
            _bound(join=lambda gamma, norm, steps: gamma * norm**steps),
            "The slope stands in your bound once, whatever the number of steps. Every step passes through the"
            " activation: look at no step, where the bound is 1.",
        ),
        Misconception(
            "times_steps",
            _bound(join=lambda gamma, norm, steps: gamma * norm * steps),
            "Your bound grows with the number of steps in a straight line. Steps multiply, so the number of steps is"
            " an exponent.",
        ),
        Misconception(
            "one_step_too_many",
            _bound(join=lambda gamma, norm, steps: (gamma * norm) ** (steps + 1)),
            "There is one factor too many: for no step the Jacobian is the identity, and the bound is 1.",
        ),
        Misconception(
            "squared_norm",
            _bound(norm=lambda U: torch.linalg.matrix_norm(U, ord=2) ** 2),
            "Your norm is squared: the largest eigenvalue of UᵀU is the square of the largest singular value of U.",
        ),
        Misconception(
            "column_sums",
            _bound(norm=lambda U: torch.linalg.matrix_norm(U, ord=1)),
            "You take the largest sum of a column. That is the norm for vectors measured by the sum of their entries;"
            " ours are measured by their length.",
        ),
        Misconception(
            "nuclear",
            _bound(norm=lambda U: torch.linalg.matrix_norm(U, ord="nuc")),
            "You add up the singular values. A vector is stretched by one of them at most: by the largest.",
        ),
        Misconception(
            "as_if_symmetric",
            _bound(norm=lambda U: torch.linalg.eigvalsh(U).abs().max()),
            "You take eigenvalues by a function for symmetric matrices, which reads one half of U and assumes the"
            " other. Singular values are asked for; they exist for every matrix.",
        ),
        Misconception(
            "norm_once",
            _bound(join=lambda gamma, norm, steps: gamma**steps * norm),
            "‖U‖ stands in your bound once, whatever the number of steps. U is at work in every step: look at no step,"
            " where the bound is 1.",
        ),
        Misconception(
            "norm_of_the_power",
            lambda U, steps, activation="sigmoid": (
                rnn_gradients.STEEPEST[activation] ** steps
                * float(torch.linalg.matrix_norm(torch.linalg.matrix_power(U, steps), ord=2))
            ),
            "You take the norm of Uⁿ, not ‖U‖ⁿ. Between two U stands a diagonal matrix of slopes, which can turn a"
            " vector where the next U stretches most: your number can be exceeded.",
        ),
        Misconception(
            "one_step_too_few",
            _bound(join=lambda gamma, norm, steps: (gamma * norm) ** (steps - 1)),
            "There is one factor too few: one step is one Jacobian, with one slope and one U.",
        ),
        Misconception(
            "capped",
            _bound(join=lambda gamma, norm, steps: min(1.0, (gamma * norm) ** steps)),
            "You cut the bound off at 1. With a U that stretches enough the gradient can grow, and then 1 is no bound.",
        ),
        Misconception(
            "zero_for_no_step",
            _bound(join=lambda gamma, norm, steps: (gamma * norm) ** steps if steps else 0.0),
            "Right unless there is no step: the Jacobian of no step is the identity, whose norm is 1.",
        ),
        Misconception(
            "longest_row",
            _bound(norm=lambda U: U.norm(dim=1).max()),
            "You take the length of the longest row. That is how far one entry of U h can get; all entries together"
            " can make U h longer.",
        ),
        Misconception(
            "longest_column",
            _bound(norm=lambda U: U.norm(dim=0).max()),
            "You take the length of the longest column. That is how far U stretches a vector along one axis; another"
            " direction may be stretched further.",
        ),
        Misconception(
            "root_mean_square",
            _bound(norm=lambda U: U.norm() / len(U) ** 0.5),
            "You divide the root of the sum of squares by √hidden: that is how far U stretches on the average, the root"
            " of the mean square of its singular values. A bound needs the largest.",
        ),
        Misconception(
            "mean_singular_value",
            _bound(norm=lambda U: torch.linalg.svdvals(U).mean()),
            "You take the mean of the singular values. Some vector is stretched by the largest; a bound must cover it.",
        ),
        Misconception(
            "symmetric_part",
            _bound(norm=lambda U: torch.linalg.matrix_norm((U + U.T) / 2, ord=2)),
            "You measure the symmetric part of U, (U + Uᵀ)/2. Its norm can be smaller than that of U: the part that"
            " turns stretches too.",
        ),
        Misconception(
            "at_least_one_step",
            _bound(join=lambda gamma, norm, steps: (gamma * norm) ** max(steps, 1)),
            "Right unless there is no step: then you give the bound of one step. The Jacobian of no step is the"
            " identity, whose norm is 1.",
        ),
        Misconception(
            "tanh_by_default",
            lambda U, steps, activation="tanh": _bound()(U, steps, activation),
            "Right whenever the activation is named. Without a name you take tanh; the default is the sigmoid.",
        ),
    ),
    hints=(
        "The norm of a product is at most the product of the norms. Every step has two factors: diag(σ′) and U.",
        "The norm of a diagonal matrix is its largest entry. For the sigmoid, h(1 − h) is largest at h = 1/2.",
        "`(steepest * torch.linalg.matrix_norm(U, ord=2)) ** steps` with 0.25 for the sigmoid and 1 for the others.",
    ),
)

# ------------------------------------------------------------------------------------------------ 9 · clip a vector


def _of_norm(vector: Tensor, norm: float) -> Tensor:
    return vector * (norm / vector.norm())


def _vector_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"gradient": torch.tensor([3.0, 4.0]), "max_norm": 1.0}, "above the limit", {"n": 2}),
        Case({"gradient": torch.tensor([0.3, -0.4]), "max_norm": 1.0}, "below the limit", {"n": 2}),
        Case({"gradient": _of_norm(normal(rng, 5), 7.0), "max_norm": 2.5}, "above another limit", {"n": 5}),
        Case({"gradient": _of_norm(normal(rng, 6), 2.0), "max_norm": 3.0}, "below another limit", {"n": 6}),
        Case({"gradient": torch.tensor([0.0, -3.0, 4.0]), "max_norm": 5.0}, "exactly at the limit", {"n": 3}),
        Case({"gradient": torch.zeros(4), "max_norm": 0.5}, "a zero gradient", {"n": 4}),
        Case({"gradient": torch.tensor([-float(rng.uniform(8, 9))]), "max_norm": 4.0}, "one number", {"n": 1}),
        Case({"gradient": _of_norm(normal(rng, 7), 0.02), "max_norm": 0.01}, "a small limit", {"n": 7}),
        Case({"gradient": _of_norm(normal(rng, 9), 1e-4), "max_norm": 0.7}, "a very short gradient", {"n": 9}),
        Case({"gradient": _of_norm(normal(rng, 8), 30.0).double(), "max_norm": 20.0}, "float64", {"n": 8}),
    ]


def _judge_vector(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """As `_judge`; below the limit nothing may change, so there the comparison leaves room for rounding alone."""
    found = _judge(case, output, expected)
    if found or case.inputs["gradient"].norm() >= 0.99 * case.inputs["max_norm"]:
        return found
    if torch.allclose(output.double(), expected.double(), rtol=1e-5, atol=1e-9, equal_nan=True):
        return None
    return Mismatch("This gradient is below the limit and should stay as it is. Its numbers have changed a little.")


def _scaled(
    norm: Callable[[Tensor], Tensor] = torch.linalg.vector_norm, factor: Callable[[float, float], float] | None = None
) -> Callable[..., Tensor]:
    def answer(gradient: Tensor, max_norm: float) -> Tensor:
        size = float(norm(gradient))
        if size == 0:
            return gradient.clone()
        return gradient * (min(1.0, max_norm / size) if factor is None else factor(size, max_norm))

    return answer


CLIP_VECTOR = Exercise(
    id="rnn_gradients.clip_vector",
    lesson="06",
    title="Shorten a gradient",
    reference=rnn_gradients.clip_vector,
    cases=_vector_cases,
    judge=_judge_vector,
    points=1,
    minutes=5,
    difficulty=1,
    misconceptions=(
        Misconception(
            "always_rescaled",
            _scaled(factor=lambda norm, limit: limit / norm),
            "Every gradient leaves with the norm `max_norm`, short ones too: those have grown. Below the limit nothing"
            " may change.",
        ),
        Misconception(
            "max_for_min",
            _scaled(factor=lambda norm, limit: max(1.0, limit / norm)),
            "Long gradients stay long and short ones grow: the larger of the two factors is taken, not the smaller.",
        ),
        Misconception(
            "by_value",
            lambda gradient, max_norm: gradient.clamp(-max_norm, max_norm),
            "You cut off each entry at ±`max_norm`. That bends the gradient into another direction, and its norm may"
            " still be above the limit. One factor for all entries keeps the direction.",
        ),
        Misconception(
            "to_unit_length",
            _scaled(factor=lambda norm, limit: 1.0 / norm if norm > limit else 1.0),
            "Long gradients are cut to the length 1, whatever the limit is.",
        ),
        Misconception(
            "norm_not_rooted",
            _scaled(norm=lambda g: g.pow(2).sum()),
            "You compare the sum of squares with the limit. The norm is its root: (3, 4) has the norm 5, not 25.",
        ),
        Misconception(
            "sum_of_sizes",
            _scaled(norm=lambda g: g.abs().sum()),
            "You add up the sizes of the entries: (3, 4) counts as 7. Its length as an arrow is 5.",
        ),
        Misconception(
            "largest_entry",
            _scaled(norm=lambda g: g.abs().max()),
            "You measure the largest entry only: (3, 4) counts as 4. Its length as an arrow is 5.",
        ),
        Misconception(
            "factor_turned",
            _scaled(factor=lambda norm, limit: norm / limit if norm > limit else 1.0),
            "Gradients above the limit grow: the factor is turned upside down.",
        ),
        Misconception(
            "thrown_away",
            _scaled(factor=lambda norm, limit: 0.0 if norm > limit else 1.0),
            "A gradient above the limit becomes zero: the step is thrown away. Clipping keeps its direction.",
        ),
        Misconception(
            "zero_divided",
            lambda gradient, max_norm: gradient / gradient.norm() * gradient.norm().clamp(max=max_norm),
            "Right, except for a zero gradient: 0/0 is nan, and one nan in the weights spoils everything. What should"
            " happen below the limit?",
        ),
        Misconception(
            "in_place",
            lambda gradient, max_norm: gradient.mul_(min(1.0, max_norm / max(float(gradient.norm()), 1e-12))),
            "The numbers are right, but you change the gradient you were given. Return a new tensor here; the next"
            " exercise works in place.",
        ),
        Misconception(
            "always_rescaled_even_zero",
            lambda gradient, max_norm: gradient * (max_norm / gradient.norm()),
            "Every gradient leaves with the norm `max_norm`: short ones have grown, and a zero gradient, which has no"
            " direction, has become 0/0 = nan. Below the limit nothing may change.",
        ),
        Misconception(
            "root_mean_square",
            _scaled(norm=lambda g: g.pow(2).mean().sqrt()),
            "You take the root of the *mean* square. The length of an arrow is the root of the sum: (3, 4) has the"
            " norm 5.",
        ),
        Misconception(
            "times_limit",
            _scaled(factor=lambda norm, limit: limit if norm > limit else 1.0),
            "Long gradients are multiplied by the limit. To give them that length, divide by their own first.",
        ),
        Misconception(
            "factor_squared",
            _scaled(factor=lambda norm, limit: (limit / norm) ** 2 if norm > limit else 1.0),
            "Long gradients become too short: the factor max_norm / ‖g‖ is squared. Once is enough to bring the norm to"
            " the limit.",
        ),
        Misconception(
            "factor_rooted",
            _scaled(factor=lambda norm, limit: (limit / norm) ** 0.5 if norm > limit else 1.0),
            "Long gradients stay too long: you take the root of the factor max_norm / ‖g‖. A norm grows in proportion"
            " to its vector; there is nothing to root.",
        ),
        Misconception(
            "limit_squared",
            _scaled(factor=lambda norm, limit: limit / norm if norm > limit**2 else 1.0),
            "You compare the norm with the square of the limit. Either both are squared or none.",
        ),
        Misconception(
            "zeros_below",
            _scaled(factor=lambda norm, limit: limit / norm if norm > limit else 0.0),
            "Right above the limit. Below it you return zeros: a short gradient is kept as it is.",
        ),
    ),
    hints=(
        "How long is the gradient? If it is short enough, nothing happens.",
        "`gradient.norm()` is its length. A factor of max_norm / norm brings it to the limit.",
        "`gradient * (max_norm / norm) if norm > max_norm else gradient.clone()`.",
    ),
)

# ------------------------------------------------------------------------------------------------- 10 · clip a model


def _model_case(
    rng: np.random.Generator,
    shapes: list[tuple[int, ...] | None],
    norm: float,
    limit: float,
    about: str,
    once: bool = False,
    double: bool = False,
    frozen: tuple[int, ...] = (),
    turned: bool = False,
) -> Case:
    """Gradients of these shapes (None: no gradient), together of this norm.

    `frozen` are the numbers of parameters with `requires_grad` False (they keep the gradient they have); `turned`:
    gradients with two dimensions lie in memory column by column.
    """
    gradients = [None if shape is None else normal(rng, *shape) for shape in shapes]
    parts = [torch.linalg.vector_norm(g) for g in gradients if g is not None]
    whole = torch.stack(parts).norm() if parts else torch.ones(())
    scaled = [
        None if g is None else (g * (norm / whole)).to(torch.float64 if double else torch.float32) for g in gradients
    ]
    weights = [normal(rng, *(shape or (3,))) for shape in shapes]
    extra: dict[str, Any] = {"weights": [w.double() for w in weights] if double else weights, "once": once}
    extra |= {"frozen": frozen, "turned": turned}
    return Case({"parameters": scaled, "max_norm": limit}, about, extra=extra)


def _model_cases(rng: np.random.Generator) -> list[Case]:
    by_hand = Case(
        {"parameters": [torch.tensor([3.0]), torch.tensor([4.0])], "max_norm": 1.0},
        "two parameters with the gradients 3 and 4",
        extra={"weights": [torch.tensor([0.7]), torch.tensor([-1.1])], "once": False},
    )
    zeros = _model_case(rng, [(3,), (2, 4)], 0.0, 0.5, "zero gradients")
    return [
        by_hand,
        _model_case(rng, [(2,), (3, 2)], 0.6, 1.5, "together below the limit"),
        _model_case(rng, [(2, 3), None, (4,)], 9.0, 2.0, "one parameter has no gradient"),
        _model_case(rng, [(5, 2), (5,), (3, 5)], 40.0, 0.25, "a generator, as `model.parameters()`", once=True),
        _model_case(rng, [(3, 4), (2, 2), (6,)], 1.2, 1.0, "each below the limit, together above"),
        zeros,
        _model_case(rng, [None, None], 1.0, 1.0, "no gradients at all"),
        _model_case(rng, [(4, 3)], 8.0, 3.0, "one parameter"),
        _model_case(rng, [(2, 5), (3,)], 0.3, 6.0, "a generator, below the limit", once=True),
        _model_case(rng, [(3, 2), (7,)], 11.0, 5.0, "float64", double=True),
        _model_case(rng, [(2, 3), (4,), None, (3, 5), (1,), (5, 2), (6,)], 7.0, 3.5, "many parameters"),
        _model_case(rng, [(4, 2), (5,)], 2.1, 2.0, "just above the limit"),
        _model_case(rng, [(3, 3), (4, 2), (2,)], 6.0, 1.5, "gradients stored column by column", turned=True),
        _model_case(rng, [(5,), (2, 4), (3,)], 5.0, 4.0, "a frozen parameter that has a gradient", frozen=(1,)),
    ]


def _run_clip(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> dict[str, Any]:
    parameters = [nn.Parameter(weight.clone()) for weight in case.extra["weights"]]
    held = [None if gradient is None else gradient.clone() for gradient in inputs["parameters"]]
    if case.extra.get("turned"):
        held = [g.T.contiguous().T if g is not None and g.dim() == 2 else g for g in held]
    for number, (parameter, gradient) in enumerate(zip(parameters, held, strict=True)):
        parameter.requires_grad_(number not in case.extra.get("frozen", ()))
        parameter.grad = gradient
    given = (parameter for parameter in parameters) if case.extra["once"] else parameters
    norm = answer(given, inputs["max_norm"])
    after = [parameter.grad for parameter in parameters]
    trained = [p.requires_grad for p in parameters]
    weights = [p.detach() for p in parameters]
    return {"norm": norm, "after": after, "held": held, "weights": weights, "trained": trained}


def _judge_clip(case: Case, output: Any, expected: Any) -> Mismatch | None:
    for name, said in (("weights", "The parameters themselves"), ("after", "The gradients afterwards")):
        for number, (right, got) in enumerate(zip(expected[name], output[name], strict=True)):
            if right is None and got is not None:
                return Mismatch(f"Parameter number {number + 1} had no gradient (None) and has one now.", name)
            found = compare(right, got, 1e-4, f"{'.grad of ' if name == 'after' else ''}parameter {number + 1}")
            if found:
                return Mismatch(f"{said} are not what they should be. {found.text}", found.where)
            if isinstance(got, Tensor) and got.dtype != right.dtype:
                return Mismatch(f"The gradient of parameter {number + 1} has changed its type to {got.dtype}.", name)
    if compare(expected["held"], output["held"], 1e-4):
        return Mismatch(
            "The parameters have the right gradients, but in new tensors: whoever holds the old ones (an optimiser may)"
            " still sees what was too long. Change the numbers in place, as with `mul_`.",
            "held",
        )
    for number, (right, got) in enumerate(zip(expected["trained"], output["trained"], strict=True)):
        if right != got:
            return Mismatch(
                f"Parameter {number + 1} had `requires_grad` {right}, and has {got} afterwards. Only the numbers in"
                " `.grad` may change.",
                "requires_grad",
            )
    found = compare(expected["norm"], output["norm"], 1e-3, "the returned norm")
    if not found and isinstance(expected["norm"], Tensor) and not isinstance(output["norm"], Tensor):
        return Mismatch(
            f"The returned norm is right, but it is {kind(output['norm'])}; the exercise asks for a tensor with one"
            " number, as PyTorch's own function returns.",
            "norm",
        )
    if not found and isinstance(expected["norm"], Tensor) and expected["norm"].dtype == torch.float64:
        if output["norm"].dtype != torch.float64:
            got = str(output["norm"].dtype).removeprefix("torch.")
            return Mismatch(
                f"The gradients are float64, the norm that you return is {got}: half its digits are lost. Give it the"
                " gradients' own type.",
                "norm",
            )
    return found


def _together(gradients: list[Tensor]) -> Tensor:
    return torch.stack([gradient.norm() for gradient in gradients]).norm()


def _shorten(parameter: Tensor, scale: float) -> None:
    assert parameter.grad is not None
    parameter.grad.mul_(scale)


def _clipping(
    factor: Callable[[float, float], float] = lambda norm, limit: min(1.0, limit / norm) if norm else 1.0,
    measure: Callable[[list[Tensor]], Tensor] = _together,
    give: Callable[[float, float], Any] = lambda norm, scale: torch.tensor(norm),
    apply: Callable[[Tensor, float], Any] = _shorten,
) -> Callable[..., Any]:
    """Clipping, with one thing or another done differently."""

    def answer(parameters: Any, max_norm: float) -> Any:
        kept = [p for p in parameters if p.grad is not None]
        norm = float(measure([p.grad for p in kept])) if kept else 0.0
        scale = factor(norm, max_norm)
        for parameter in kept:
            apply(parameter, scale)
        return give(norm, scale)

    return answer


def _clip_each(parameters: Any, max_norm: float) -> Tensor:
    squares = 0.0
    for parameter in parameters:
        if parameter.grad is not None:
            norm = float(parameter.grad.norm())
            squares += norm**2
            if norm > max_norm:
                parameter.grad.mul_(max_norm / norm)
    return torch.tensor(squares**0.5)


def _clip_values(parameters: Any, max_norm: float) -> Tensor:
    kept = [p for p in parameters if p.grad is not None]
    norm = sum(float(p.grad.norm()) ** 2 for p in kept) ** 0.5
    for parameter in kept:
        parameter.grad.clamp_(-max_norm, max_norm)
    return torch.tensor(norm)


def _clip_after_reading_twice(parameters: Any, max_norm: float) -> Tensor:
    norm = sum(float(p.grad.norm()) ** 2 for p in parameters if p.grad is not None) ** 0.5
    for parameter in parameters:
        if parameter.grad is not None and norm > max_norm:
            parameter.grad.mul_(max_norm / norm)
    return torch.tensor(norm)


def _clip_none_to_zero(parameters: Any, max_norm: float) -> Tensor:
    kept = list(parameters)
    for parameter in kept:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    return _clipping()(kept, max_norm)


def _clip_zeros_to_none(parameters: Any, max_norm: float) -> Tensor:
    kept = list(parameters)
    norm = _clipping()(kept, max_norm)
    for parameter in kept:
        if parameter.grad is not None and not parameter.grad.any():
            parameter.grad = None
    return norm


def _clip_long_ones(parameters: Any, max_norm: float) -> Tensor:
    """The common factor, for those gradients alone that are above the limit by themselves."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _together(gradients) if gradients else torch.tensor(0.0)
    for gradient in gradients:
        if gradient.norm() > max_norm:
            gradient.mul_(max_norm / norm)
    return norm.float()


def _clip_each_then_all(parameters: Any, max_norm: float) -> Tensor:
    kept = list(parameters)
    norm = _clip_each(kept, max_norm)
    _clipping()(kept, max_norm)
    return norm


def _clip_trained(parameters: Any, max_norm: float) -> Tensor:
    return _clipping()([p for p in parameters if p.requires_grad], max_norm)


def _clip_new_tensors(parameter: Tensor, scale: float) -> None:
    assert parameter.grad is not None
    parameter.grad = parameter.grad * scale


def _clip_weights(parameter: Tensor, scale: float) -> None:
    parameter.data.mul_(scale)


def _clip_all_weights(parameters: Any, max_norm: float) -> Tensor:
    """By the norm of the gradients, also the weights that have none."""
    kept = list(parameters)
    gradients = [p.grad for p in kept if p.grad is not None]
    norm = _together(gradients) if gradients else torch.tensor(0.0)
    for parameter in kept:
        parameter.data.mul_(min(1.0, max_norm / float(norm)) if norm else 1.0)
    return norm.float()  # so that the norm's type does not hide what is worse


def _clip_by_weights(parameters: Any, max_norm: float) -> Tensor:
    """Nothing but the weights, by their own norm."""
    kept = list(parameters)
    norm = _together([p.detach() for p in kept])
    for parameter in kept:
        parameter.data.mul_(min(1.0, max_norm / float(norm)))
    return norm.float()


def _clip_until_none(parameters: Any, max_norm: float) -> Tensor:
    kept = []
    for parameter in parameters:
        if parameter.grad is None:
            break
        kept.append(parameter)
    return _clipping()(kept, max_norm)


def _clip_all(parameters: Any, max_norm: float) -> Tensor:
    """As if every parameter had a gradient."""
    kept = list(parameters)
    norm = _together([p.grad for p in kept])
    for parameter in kept:
        if norm > max_norm:
            parameter.grad.mul_(max_norm / norm)
    return norm.float()


def _clip_at_least_one(parameters: Any, max_norm: float) -> Tensor:
    """As if some parameter had a gradient."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = _together(gradients)
    for gradient in gradients:
        if norm > max_norm:
            gradient.mul_(max_norm / norm)
    return norm


CLIP_GRADIENTS = Exercise(
    id="rnn_gradients.clip_gradients",
    lesson="06",
    title="Clip a whole model",
    reference=rnn_gradients.clip_gradients,
    cases=_model_cases,
    run=_run_clip,
    judge=_judge_clip,
    forbids=tuple(
        f"torch.nn.utils.{name}"
        for name in ("clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm")
        if hasattr(torch.nn.utils, name)  # the last two are younger than the oldest torch we support
    ),
    mutates=("parameters",),
    points=2,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "each_alone",
            _clip_each,
            "Each parameter is clipped by its own norm. That changes the direction of the whole step: 3 and 4 become 1"
            " and 1. All parameters share one norm and one factor.",
        ),
        Misconception(
            "always_rescaled",
            _clipping(factor=lambda norm, limit: limit / norm if norm else 1.0),
            "Gradients below the limit are rescaled too: they have grown. If the norm is small enough, nothing may"
            " change.",
        ),
        Misconception(
            "by_value",
            _clip_values,
            "Each number is cut off at ±`max_norm`, by itself. That bends the step into another direction; one factor"
            " for all keeps it.",
        ),
        Misconception(
            "each_then_all",
            _clip_each_then_all,
            "Each parameter is clipped by its own norm first, and all of them together afterwards. The first cut bends"
            " the step already; one norm and one factor for all is enough.",
        ),
        Misconception(
            "long_ones_only",
            _clip_long_ones,
            "The common factor is given only to those gradients that are longer than the limit by themselves. If the"
            " norm of all together is above it, all of them are multiplied, the short ones too.",
        ),
        Misconception(
            "zeros_become_none",
            _clip_zeros_to_none,
            "A gradient of zeros has become None. An optimiser treats the two differently: None is passed over, zeros"
            " may move a weight by decay and momentum. Leave it alone.",
        ),
        Misconception(
            "frozen_passed_over",
            _clip_trained,
            "A parameter with `requires_grad` False is passed over although it has a gradient. What counts is `.grad`:"
            " only where that is None is there nothing to do.",
        ),
        Misconception(
            "norm_in_float32",
            _clipping(),
            "The gradients are right. But with float64 gradients the norm you return is float32, as `torch.tensor` of"
            " a Python number is: give it the gradients' type.",
        ),
        Misconception(
            "norm_afterwards",
            _clipping(give=lambda norm, scale: torch.tensor(norm * scale)),
            "The gradients are right, but you return the norm after clipping, which is never above the limit. The norm"
            " *before* is worth watching: it tells when gradients explode.",
        ),
        Misconception(
            "factor_returned",
            _clipping(give=lambda norm, scale: torch.tensor(scale)),
            "The gradients are right, but you return the factor. The norm before clipping is asked for.",
        ),
        Misconception(
            "nothing_returned",
            _clipping(give=lambda norm, scale: None),
            "The gradients are right, but nothing is returned. The norm before clipping is asked for.",
        ),
        Misconception(
            "new_tensors",
            _clipping(apply=_clip_new_tensors),
            "The parameters get new gradient tensors. Whoever holds the old ones still sees what was too long: change"
            " the numbers in place.",
        ),
        Misconception(
            "not_applied",
            _clipping(apply=lambda parameter, scale: None),
            "The norm is right, but no gradient has changed. `gradient * factor` makes a new tensor; who gets it?",
        ),
        Misconception(
            "weights_scaled",
            _clipping(apply=_clip_weights),
            "You scale the weights and leave their gradients alone. Clipping shortens the step, not the model.",
        ),
        Misconception(
            "sum_of_norms",
            _clipping(measure=lambda gradients: torch.stack([g.norm() for g in gradients]).sum()),
            "The norms of the parameters are added up: 3 and 4 count as 7. As one long vector they have the norm 5.",
        ),
        Misconception(
            "largest_norm",
            _clipping(measure=lambda gradients: torch.stack([g.norm() for g in gradients]).max()),
            "Only the largest of the parameters' norms counts in your answer: 3 and 4 count as 4. As one long vector"
            " they have the norm 5.",
        ),
        Misconception(
            "norm_not_rooted",
            _clipping(measure=lambda gradients: torch.stack([g.norm() ** 2 for g in gradients]).sum()),
            "The sum of the squares is used as it is; the norm is its root. 3 and 4 have the norm 5, not 25.",
        ),
        Misconception(
            "read_twice",
            _clip_after_reading_twice,
            "Your clipping has no effect for `model.parameters()`: a generator can be read once only, and your"
            " second loop gets nothing. Keep what you read in a list.",
        ),
        Misconception(
            "none_becomes_zero",
            _clip_none_to_zero,
            "A parameter without a gradient (None) gets one of zeros. An optimiser treats the two differently: None is"
            " passed over, zeros may move a weight by decay and momentum. Leave it alone.",
        ),
        Misconception(
            "zero_divided",
            lambda parameters, max_norm: _clipping(
                factor=lambda norm, limit: min(norm, limit) / norm if norm else float("nan")
            )(parameters, max_norm),
            "Zero gradients become 0/0 = nan, and the next step puts it into the weights. Below the limit there is"
            " nothing to divide.",
        ),
        Misconception(
            "number_returned",
            _clipping(give=lambda norm, scale: norm),
            "Everything is right but the type of what you return: a Python number. Callers expect a tensor with one"
            " number, as from PyTorch's own function; `torch.tensor(norm)` makes one.",
        ),
        Misconception(
            "always_rescaled_even_zero",
            _clipping(factor=lambda norm, limit: limit / norm if norm else math.nan),
            "Gradients below the limit are rescaled too: they have grown, and zeros have become 0/0 = nan. If the norm"
            " is small enough, nothing may change.",
        ),
        Misconception(
            "to_unit_length",
            _clipping(factor=lambda norm, limit: 1 / norm if norm > limit else 1.0),
            "Long gradients are cut to the length 1, whatever the limit is.",
        ),
        Misconception(
            "root_mean_square",
            _clipping(measure=lambda gradients: torch.cat([g.flatten() for g in gradients]).pow(2).mean().sqrt()),
            "You take the root of the *mean* square. The norm is the root of the sum: 3 and 4 have the norm 5.",
        ),
        Misconception(
            "all_weights_scaled",
            _clip_all_weights,
            "You scale the weights and leave their gradients alone. Clipping shortens the step, not the model: it is"
            " `.grad` that has to change.",
        ),
        Misconception(
            "weights_for_gradients",
            _clip_by_weights,
            "You measure and shorten the weights themselves. What is too long is their gradient, `.grad`; the weights"
            " stay as they are.",
        ),
        Misconception(
            "stops_at_none",
            _clip_until_none,
            "Your loop ends at the first parameter without a gradient (None), and forgets those after it. Pass over"
            " that one alone.",
        ),
        Misconception(
            "none_not_passed_over",
            _clip_all,
            "A parameter that took no part in the loss has `.grad` None, and None has no norm. Pass over it.",
        ),
        Misconception(
            "no_gradient_at_all",
            _clip_at_least_one,
            "Right as long as some parameter has a gradient. If none has, there is nothing to stack: return 0, in a"
            " tensor.",
        ),
    ),
    hints=(
        "First a list of the gradients that exist; then one number for all of them; then one factor for all of them.",
        "The square of the whole norm is the sum of the squares of the parts' norms.",
        "`torch.stack([g.norm() for g in gradients]).norm()` is the norm of the whole; `gradient.mul_(max_norm / norm)`"
        " changes in place.",
    ),
)

# ----------------------------------------------------------------------------------------------------------- registry

EXERCISES: tuple[Exercise, ...] = (
    OUTPUT_GRADIENTS,
    SLOPE,
    STEP_JACOBIAN,
    STATE_JACOBIAN,
    DIRECT_TERM,
    BPTT_TERM,
    BPTT,
    NORM_BOUND,
    CLIP_VECTOR,
    CLIP_GRADIENTS,
)
