"""The exercises of lesson 07, gated recurrent networks: cases, known mistakes and what to say about them, hints.

Answers on tensors are judged by their values and by their gradients, with `utils.checks.tensors`. The sizes in a case
are pairwise different, so that a matrix turned round does not fit by chance; U is square, and random.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from utils import gated_rnn
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.checks.modules import changed, randomised, run_module
from utils.checks.tensors import judge_tensors, normal, values_and_gradients

READY_MADE = (
    "torch.nn.LSTM",
    "torch.nn.LSTMCell",
    "torch.lstm_cell",
    "torch.nn.GRU",
    "torch.nn.GRUCell",
    "torch.gru_cell",
    "torch.lstm",
    "torch.gru",
    "torch.nn.RNN",
    "torch.nn.RNNCell",
    "torch.rnn_tanh",
    "torch.rnn_tanh_cell",
    "torch.rnn_relu",
    "torch.rnn_relu_cell",
)
READY_LAYERS = tuple(
    f"torch.nn.{name}" for name in ("LSTM", "GRU", "RNN", "RNNBase", "LSTMCell", "GRUCell", "RNNCell", "RNNCellBase")
)

# ------------------------------------------------------------------------------------------------- 1 · a gate


def _gate_inputs(rng: np.random.Generator, batch: int, input_size: int, hidden: int) -> dict[str, Tensor]:
    return {
        "x": normal(rng, batch, input_size),
        "h": normal(rng, batch, hidden, std=0.7),
        "w": normal(rng, hidden, input_size),
        "u": normal(rng, hidden, hidden),
        "b": normal(rng, hidden),
    }


def _gate_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for batch, input_size, hidden in ((2, 3, 4), (1, 4, 2), (5, 2, 3), (3, 7, 5)):
        about = "one row" if batch == 1 else f"{batch} rows"
        sizes = {"batch": batch, "input_size": input_size, "hidden": hidden}
        cases.append(Case(_gate_inputs(rng, batch, input_size, hidden), about, sizes))
    first = {name: torch.zeros_like(value) for name, value in _gate_inputs(rng, 2, 3, 4).items()}
    first["b"] = torch.tensor([0.0, 1.0, 100.0, -40.0])  # e^100 is more than a float32 holds
    cases.append(Case(first, "only the bias speaks", {"batch": 2, "input_size": 3, "hidden": 4}))
    double = {name: value.double() for name, value in _gate_inputs(rng, 4, 5, 2).items()}
    cases.append(Case(double, "float64", {"batch": 4, "input_size": 5, "hidden": 2}))
    return cases


def _sum(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return x @ w.T + h @ u.T + b


GATE = Exercise(
    id="gated_rnn.gate",
    lesson="07",
    title="One gate",
    reference=gated_rnn.gate,
    cases=_gate_cases,
    run=values_and_gradients,
    judge=judge_tensors("gate"),
    points=1,
    minutes=4,
    difficulty=1,
    misconceptions=(
        Misconception(
            "no_sigmoid",
            _sum,
            "You return the sum itself: some numbers are negative, some above one. A gate lies between 0 and 1, so one"
            " function is still to come.",
        ),
        Misconception(
            "tanh",
            lambda x, h, w, u, b: torch.tanh(_sum(x, h, w, u, b)),
            "Your numbers lie between −1 and 1: that is tanh, which makes candidates. A gate says which share passes,"
            " so it lies between 0 and 1.",
        ),
        Misconception(
            "softmax",
            lambda x, h, w, u, b: torch.softmax(_sum(x, h, w, u, b), dim=-1),
            "The numbers of a row sum to one: you let them compete, as in a softmax. Each entry of a gate opens for"
            " itself; all may be open at once.",
        ),
        Misconception(
            "state_weights_turned",
            lambda x, h, w, u, b: torch.sigmoid(x @ w.T + h @ u + b),
            "U is multiplied from the wrong side. It is square, so nothing complains. With rows as vectors, U h is"
            " written with U transposed, like W x.",
        ),
        Misconception(
            "state_left_out",
            lambda x, h, w, u, b: torch.sigmoid(x @ w.T + b),
            "Your gate does not depend on the state h: it sees the new word alone, and not what came before.",
        ),
        Misconception(
            "input_left_out",
            lambda x, h, w, u, b: torch.sigmoid(h @ u.T + b + 0 * (x @ w.T)),
            "Your gate does not depend on x: it knows what came before, and not the word that is being read.",
        ),
        Misconception(
            "no_bias",
            lambda x, h, w, u, b: torch.sigmoid(x @ w.T + h @ u.T + 0 * b),
            "The bias is missing. Look at the case in which everything else is zero: the gate should be σ(b), not 0.5.",
        ),
        Misconception(
            "bias_outside",
            lambda x, h, w, u, b: torch.sigmoid(x @ w.T + h @ u.T) + b,
            "The bias is added after σ, so a gate can leave the range from 0 to 1. It belongs into the sum.",
        ),
        Misconception(
            "two_sigmoids",
            lambda x, h, w, u, b: torch.sigmoid(x @ w.T) + torch.sigmoid(h @ u.T + b),
            "You add two gates, one from x and one from h, so the result goes up to 2. There is one sum and one σ.",
        ),
        Misconception(
            "one_minus",
            lambda x, h, w, u, b: 1 - torch.sigmoid(_sum(x, h, w, u, b)),
            "Your gate is shut where it should be open: you return one minus the gate.",
        ),
        Misconception(
            "minus_sign_forgotten",
            lambda x, h, w, u, b: 1 / (1 + torch.exp(_sum(x, h, w, u, b))),
            "Your gate is shut where it should be open. You wrote σ out, without the minus sign of its exponent:"
            " σ(a) = 1 / (1 + e⁻ᵃ).",
        ),
        Misconception(
            "sigmoid_twice",
            lambda x, h, w, u, b: torch.sigmoid(torch.sigmoid(_sum(x, h, w, u, b))),
            "All your numbers lie between 0.5 and 0.73: the sum goes through σ twice. Such a gate can neither shut nor"
            " open.",
        ),
        Misconception(
            "bias_subtracted",
            lambda x, h, w, u, b: torch.sigmoid(_sum(x, h, w, u, b) - 2 * b),
            "The bias is subtracted: it should be added, so that a large one opens the gate.",
        ),
        Misconception(
            "two_sigmoids_bias_outside",
            lambda x, h, w, u, b: torch.sigmoid(x @ w.T) + torch.sigmoid(h @ u.T) + b,
            "You squeeze W x and U h one by one and add the rest outside. There is one sum of three, and one σ around"
            " all of it.",
        ),
        Misconception(
            "overflow",
            lambda x, h, w, u, b: torch.exp(_sum(x, h, w, u, b)) / (1 + torch.exp(_sum(x, h, w, u, b))),
            "The formula is right on paper; but e to a large sum is too large for a float, and ∞ / ∞ is nan. Write it"
            " with e to the *minus* sum, or take `torch.sigmoid`.",
        ),
        Misconception(
            "bias_twice",
            lambda x, h, w, u, b: torch.sigmoid(_sum(x, h, w, u, b) + b),
            "The bias is counted twice, once beside W x and once beside U h. Here it is given once, for both.",
        ),
    ),
    properties=(
        Property(
            "between_0_and_1",
            lambda case, output: bool(((output["value"] >= 0) & (output["value"] <= 1)).all()),
            "Each number of a gate lies between 0 and 1.",
        ),
    ),
    hints=(
        "It is a layer with two inputs, x and h, and the function that squeezes every number into 0 to 1.",
        "Rows are the vectors of the batch: W x for all of them at once is `x @ w.T`. The same for h.",
        "`torch.sigmoid(x @ w.T + h @ u.T + b)`.",
    ),
)

# ---------------------------------------------------------------------------------------- 2 · the new memory


def _memory_inputs(rng: np.random.Generator, *shape: int) -> dict[str, Tensor]:
    return {
        "c": normal(rng, *shape, std=2.0),
        "forget": torch.sigmoid(normal(rng, *shape)),
        "write": torch.sigmoid(normal(rng, *shape)),
        "candidate": torch.tanh(normal(rng, *shape)),
    }


def _memory_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for batch, hidden in ((2, 3), (1, 1), (4, 2), (3, 5)):
        about = "one number" if batch == hidden == 1 else f"{batch} rows of {hidden} numbers"
        cases.append(Case(_memory_inputs(rng, batch, hidden), about, {"batch": batch, "hidden": hidden}))
    keep = _memory_inputs(rng, 2, 4)
    keep["forget"], keep["write"] = torch.ones(2, 4), torch.zeros(2, 4)
    cases.append(Case(keep, "keep all, write nothing", {"batch": 2, "hidden": 4}))
    fresh = _memory_inputs(rng, 3, 4)
    fresh["forget"], fresh["write"] = torch.zeros(3, 4), torch.ones(3, 4)
    cases.append(Case(fresh, "forget all, write all", {"batch": 3, "hidden": 4}))
    double = {name: value.double() for name, value in _memory_inputs(rng, 5, 2).items()}
    return [*cases, Case(double, "float64", {"batch": 5, "hidden": 2})]


NEW_MEMORY = Exercise(
    id="gated_rnn.new_memory",
    lesson="07",
    title="Forget and write",
    reference=gated_rnn.new_memory,
    cases=_memory_cases,
    run=values_and_gradients,
    judge=judge_tensors("memory"),
    points=1,
    minutes=3,
    difficulty=1,
    misconceptions=(
        Misconception(
            "gates_swapped",
            lambda c, forget, write, candidate: write * c + forget * candidate,
            "The two gates (or the memory and the candidate) have changed places: with the forget gate open and the"
            " input gate shut nothing should change, and your memory becomes the candidate.",
        ),
        Misconception(
            "forget_means_erase",
            lambda c, forget, write, candidate: (1 - forget) * c + write * candidate,
            "You read the forget gate as the share to erase. In spite of its name it is the share that stays: 1 keeps"
            " everything.",
        ),
        Misconception(
            "coupled",
            lambda c, forget, write, candidate: forget * c + (1 - forget) * candidate + 0 * write,
            "You write as much as you forget, and the input gate takes no part. That is a GRU's way; an LSTM decides"
            " the two separately.",
        ),
        Misconception(
            "ungated_candidate",
            lambda c, forget, write, candidate: forget * c + candidate + 0 * write,
            "The candidate enters whole. With the input gate shut nothing of it should reach the memory.",
        ),
        Misconception(
            "nothing_forgotten",
            lambda c, forget, write, candidate: c + write * candidate + 0 * forget,
            "The old memory always stays whole: the forget gate takes no part. (The LSTM of 1997 was like that; the"
            " gate came in 2000.)",
        ),
        Misconception(
            "candidate_forgotten_too",
            lambda c, forget, write, candidate: forget * (c + write * candidate),
            "The forget gate acts on the new part too. It decides about the old memory only.",
        ),
        Misconception(
            "gate_written",
            lambda c, forget, write, candidate: forget * c + write + 0 * candidate,
            "You add the input gate itself. A gate is how much; what is written is the candidate.",
        ),
        Misconception(
            "squeezed",
            lambda c, forget, write, candidate: torch.tanh(forget * c + write * candidate),
            "The memory goes through a tanh, which would shrink it at every step. Only what is shown, h, is squeezed;"
            " the memory itself stays as it is.",
        ),
        Misconception(
            "matrix_product",
            lambda c, forget, write, candidate: forget * c + (write @ candidate.T).mean(1, keepdim=True),
            "⊙ multiplies place by place. A matrix product mixes the rows of the batch.",
        ),
        Misconception(
            "coupled_to_the_input_gate",
            lambda c, forget, write, candidate: (1 - write) * c + write * candidate + 0 * forget,
            "As much is forgotten as is written, and the forget gate takes no part. That is a GRU's way; an LSTM"
            " decides the two separately.",
        ),
        Misconception(
            "gates_squeezed_again",
            lambda c, forget, write, candidate: torch.sigmoid(forget) * c + torch.sigmoid(write) * candidate,
            "The gates go through σ once more, so that none can open beyond 0.73. `forget` and `write` *are* gates"
            " already: use them as they are.",
        ),
        Misconception(
            "candidate_squeezed_again",
            lambda c, forget, write, candidate: forget * c + write * torch.tanh(candidate),
            "The candidate goes through tanh once more. What you are given *is* the candidate, tanh and all.",
        ),
        Misconception(
            "all_squeezed_again",
            lambda c, forget, write, candidate: (
                torch.sigmoid(forget) * c + torch.sigmoid(write) * torch.tanh(candidate)
            ),
            "Both gates go through σ once more, and the candidate through tanh. What you are given *are* gates and"
            " candidate, squeezed already: use them as they are.",
        ),
        Misconception(
            "nothing_written",
            lambda c, forget, write, candidate: forget * c + 0 * write * candidate,
            "You forget, and write nothing: the input gate and the candidate take no part.",
        ),
        Misconception(
            "subtracted",
            lambda c, forget, write, candidate: forget * c - write * candidate,
            "The new part is taken away instead of added.",
        ),
    ),
    hints=(
        "Two products, place by place, and a sum: what stays of the old, what comes in of the new.",
        "Which gate goes with c, which with the candidate? An open forget gate keeps.",
        "`forget * c + write * candidate`.",
    ),
)

# ---------------------------------------------------------------------------------------------- 3 · a step


def _step_inputs(
    rng: np.random.Generator, batch: int, input_size: int, hidden: int, blocks: int = 4
) -> dict[str, Tensor]:
    return {
        "x": normal(rng, batch, input_size),
        "h": torch.tanh(normal(rng, batch, hidden)),
        "c": normal(rng, batch, hidden),
        "w": normal(rng, blocks * hidden, input_size),
        "u": normal(rng, blocks * hidden, hidden),
        "b": normal(rng, blocks * hidden),
    }


def _step_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for batch, input_size, hidden in ((2, 4, 3), (1, 2, 5), (3, 1, 2), (5, 4, 7)):
        about = "one row" if batch == 1 else f"{batch} rows"
        sizes = {"batch": batch, "input_size": input_size, "hidden": hidden}
        cases.append(Case(_step_inputs(rng, batch, input_size, hidden), about, sizes))
    full = _step_inputs(rng, 4, 3, 2)
    full["c"] *= 8
    cases.append(Case(full, "a memory of large numbers", {"batch": 4, "input_size": 3, "hidden": 2}))
    double = {name: value.double() for name, value in _step_inputs(rng, 3, 5, 2).items()}
    return [*cases, Case(double, "float64", {"batch": 3, "input_size": 5, "hidden": 2})]


def _step_variant(
    order: str = "ifgo",
    squeeze: Callable[[Tensor], Tensor] = torch.tanh,
    show: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda o, c, old: torch.sigmoid(o) * torch.tanh(c),
    keep: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda c, f, i, g: f * c + i * g,
    sums: Callable[..., Tensor] = lambda x, h, c, w, u, b: x @ w.T + h @ u.T + b,
    split: Callable[[Tensor], Any] = lambda s: s.chunk(4, dim=1),
    give: Callable[[Tensor, Tensor], Any] = lambda h, c: (h, c),
) -> Callable[..., Any]:
    def answer(x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Any:
        part = dict(zip(order, split(sums(x, h, c, w, u, b)), strict=True))
        new = keep(c, torch.sigmoid(part["f"]), torch.sigmoid(part["i"]), squeeze(part["g"]))
        return give(show(part["o"], new, c), new)

    return answer


def _bare_gates(x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = _sum(x, h, w, u, b).chunk(4, dim=1)
    c = f * c + i * torch.tanh(g)
    return o * torch.tanh(c), c


def _candidate_shown(x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    candidate, o = _sum(x, h, w, u, b).chunk(4, dim=1)[2:]
    return torch.sigmoid(o) * torch.tanh(candidate), _step_variant()(x, h, c, w, u, b)[1]


def _interleaved(s: Tensor) -> Any:
    return s.reshape(s.shape[0], -1, 4).unbind(-1)


LSTM_STEP = Exercise(
    id="gated_rnn.lstm_step",
    lesson="07",
    title="One step of an LSTM",
    reference=gated_rnn.lstm_step,
    cases=_step_cases,
    run=values_and_gradients,
    judge=judge_tensors("h", "c"),
    points=3,
    minutes=12,
    difficulty=2,
    forbids=READY_MADE,
    misconceptions=(
        Misconception(
            "order_of_the_formulas",
            _step_variant("figo"),
            "The forget gate and the input gate do each other's work. Either you take the blocks in the order of the"
            " lecture's formulas, f first (they lie in PyTorch's order, i, f, g, o), or the arguments of new_memory"
            " are in another order than it expects.",
        ),
        Misconception(
            "candidate_last",
            _step_variant("ifog"),
            "The candidate and the output gate have changed places: the third block is g, the fourth is o.",
        ),
        Misconception(
            "candidate_second",
            _step_variant("igfo"),
            "The second and the third block have changed places (an older library orders them so). Here it is i, f, g,"
            " o.",
        ),
        Misconception(
            "sigmoid_candidate",
            _step_variant(squeeze=torch.sigmoid),
            "Your candidate is never negative: it went through σ like the gates. What is written may be negative too:"
            " tanh.",
        ),
        Misconception(
            "bare_candidate",
            _step_variant(squeeze=lambda g: g),
            "The candidate is written as it is. It should go through tanh first, or the memory could grow by any"
            " amount in one step.",
        ),
        Misconception(
            "bare_memory_shown",
            _step_variant(show=lambda o, c, old: torch.sigmoid(o) * c),
            "c is right. In h the memory appears unsqueezed: it should pass tanh before the output gate lets it out.",
        ),
        Misconception(
            "squeezed_after_the_gate",
            _step_variant(show=lambda o, c, old: torch.tanh(torch.sigmoid(o) * c)),
            "c is right. In h the tanh stands outside: first tanh of the memory, then the gate.",
        ),
        Misconception(
            "old_memory_shown",
            _step_variant(show=lambda o, c, old: torch.sigmoid(o) * torch.tanh(old)),
            "c is right. But h shows the memory of the step before, so a word just read would not be seen. Show the new"
            " one.",
        ),
        Misconception(
            "all_shown",
            _step_variant(show=lambda o, c, old: torch.tanh(c) + 0 * o),
            "c is right. h is tanh of the whole memory: the output gate takes no part.",
        ),
        Misconception(
            "output_gate_not_squeezed",
            _step_variant(show=lambda o, c, old: o * torch.tanh(c)),
            "c is right. The output gate is used without its σ, so it may be negative or above one.",
        ),
        Misconception(
            "no_bias",
            _step_variant(sums=lambda x, h, c, w, u, b: x @ w.T + h @ u.T + 0 * b),
            "The bias b is missing from all four sums.",
        ),
        Misconception(
            "bias_twice",
            _step_variant(sums=lambda x, h, c, w, u, b: x @ w.T + h @ u.T + 2 * b),
            "The bias b is counted twice, once beside W x and once beside U h. Here it is given once, for both.",
        ),
        Misconception(
            "memory_read_by_gates",
            _step_variant(sums=lambda x, h, c, w, u, b: x @ w.T + c @ u.T + b + 0 * h.sum()),
            "U is multiplied with the memory c. The gates see what was shown, h_{t−1}.",
        ),
        Misconception(
            "interleaved",
            _step_variant(split=_interleaved),
            "The rows are dealt out like cards, one to each gate in turn. A block of `hidden` rows belongs to one gate:"
            " look at what `chunk` or a slice does.",
        ),
        Misconception(
            "state_left_out",
            _step_variant(sums=lambda x, h, c, w, u, b: x @ w.T + b + 0 * h.sum() + 0 * u.sum()),
            "The sums do not depend on h: U h_{t−1} is missing, so the gates see the new word alone.",
        ),
        Misconception(
            "squeezed_memory_kept",
            _step_variant(
                keep=lambda c, f, i, g: torch.tanh(f * c + i * g), show=lambda o, c, old: torch.sigmoid(o) * c
            ),
            "h is right. But the memory that you hand on went through tanh: that is what is shown. The memory itself"
            " stays as it is, or it would shrink at every step.",
        ),
        Misconception(
            "squeezed_memory_kept_and_shown",
            _step_variant(keep=lambda c, f, i, g: torch.tanh(f * c + i * g)),
            "The memory goes through tanh twice: before it is handed on, and once more where it is shown. It is handed"
            " on as it is, or it would shrink at every step; the one tanh is for h.",
        ),
        Misconception(
            "coupled",
            _step_variant(keep=lambda c, f, i, g: f * c + (1 - f) * g + 0 * i),
            "You write as much as you forget, 1 − f, and the input gate takes no part. That is a GRU's way; an LSTM"
            " decides the two separately.",
        ),
        Misconception(
            "forget_means_erase",
            _step_variant(keep=lambda c, f, i, g: (1 - f) * c + i * g),
            "You read the forget gate as the share to erase. It is the share that stays.",
        ),
        Misconception(
            "lectures_order",
            _step_variant("fiog"),
            "The blocks are taken in the order f, i, o, g. They lie in PyTorch's order: i, f, g, o.",
        ),
        Misconception(
            "no_sigmoid",
            _bare_gates,
            "No gate has its σ: some are negative, some above one. A gate is σ of its sum; tanh is for the candidate.",
        ),
        Misconception(
            "tanh_output_gate",
            _step_variant(show=lambda o, c, old: torch.tanh(o) * torch.tanh(c)),
            "c is right. Your output gate went through tanh, so it may be negative. A gate is σ of its sum.",
        ),
        Misconception(
            "candidate_through_both",
            _step_variant(squeeze=lambda g: torch.tanh(torch.sigmoid(g))),
            "Your candidate is never negative: its sum went through σ first and then through tanh. (Did you use `gate`"
            " for all four blocks? The candidate is no gate.)",
        ),
        Misconception(
            "results_swapped",
            _step_variant(give=lambda h, c: (c, h)),
            "Both results are right, in the other order: first h, then c.",
        ),
        Misconception(
            "only_h",
            _step_variant(give=lambda h, c: h),
            "h is right, but the memory gets lost: return both, (h, c).",
        ),
        Misconception(
            "h_twice",
            _step_variant(give=lambda h, c: (h, h)),
            "h is right, and you return it in both places. The second is the memory c, before tanh and output gate.",
        ),
        Misconception(
            "candidate_shown",
            _candidate_shown,
            "c is right. But h shows the candidate: only the word just read, and nothing of what was kept. The output"
            " gate acts on tanh of the new memory.",
        ),
        Misconception(
            "nothing_forgotten",
            _step_variant(keep=lambda c, f, i, g: c + i * g + 0 * f),
            "The old memory stays whole: the forget gate takes no part.",
        ),
    ),
    hints=(
        "All four sums at once: one product with w, one with u, and the bias. Then cut the result into four.",
        "`(...).chunk(4, dim=1)` cuts (batch, 4 · hidden) into i, f, g, o. Three of them go through σ, g through tanh.",
        "`c = new_memory(c, torch.sigmoid(f), torch.sigmoid(i), torch.tanh(g))`, and h is `torch.sigmoid(o) *"
        " torch.tanh(c)`.",
    ),
)

# --------------------------------------------------------------------------------------------- 4 · the layer


def _layer_case(
    rng: np.random.Generator,
    about: str,
    batch: int,
    length: int,
    input_size: int,
    hidden: int,
    state: bool,
    double: bool = False,
) -> Case:
    kind = torch.float64 if double else torch.float32
    weights = {
        "weight_ih_l0": normal(rng, 4 * hidden, input_size),
        "weight_hh_l0": normal(rng, 4 * hidden, hidden),
        "bias_ih_l0": normal(rng, 4 * hidden),
        "bias_hh_l0": normal(rng, 4 * hidden),
    }
    inputs = {
        "input_size": input_size,
        "hidden_size": hidden,
        "x": normal(rng, batch, length, input_size).to(kind),
        "h": torch.tanh(normal(rng, 1, batch, hidden)).to(kind) if state else None,
        "c": normal(rng, 1, batch, hidden).to(kind) if state else None,
    }
    sizes = {"batch": batch, "length": length, "input_size": input_size, "hidden": hidden}
    return Case(inputs, about, sizes, {"state": {n: w.to(kind) for n, w in weights.items()}})


def _layer_cases(rng: np.random.Generator) -> list[Case]:
    silent = _layer_case(rng, "from a state whose h is 0 and whose c is not", 3, 2, 5, 4, True)
    silent.inputs["h"].zero_()
    return [
        _layer_case(rng, "two steps, a fresh start", 3, 2, 4, 5, False),
        _layer_case(rng, "a fresh start", 2, 5, 3, 4, False),
        _layer_case(rng, "one sequence of one step", 1, 1, 3, 2, False),
        _layer_case(rng, "going on from a state", 2, 4, 5, 3, True),
        _layer_case(rng, "one step from a state", 5, 1, 3, 2, True),
        _layer_case(rng, "float64, from a state", 4, 3, 2, 5, True, double=True),
        _layer_case(rng, "float64, a fresh start", 4, 6, 2, 3, False, double=True),
        _layer_case(rng, "a single hidden number, from a state", 4, 2, 3, 1, True),
        silent,
    ]


def _run_layer(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    layer = answer(inputs["input_size"], inputs["hidden_size"])
    found = run_module(layer, inputs, case, _call_layer)
    _weights_as_before(layer, case)
    return found


def _weights_as_before(module: nn.Module, case: Case) -> None:
    """Whether the weights are still those of the case.

    Raises:
        Told: one of them is not.
    """
    own = module.state_dict()
    for name, given in case.extra["state"].items():
        if not torch.equal(own[name].to(given.dtype), given):
            raise Told(
                f"Your forward changes `{name}`, a weight of its own. To read a text must leave the weights as they"
                " are: only training changes them. Work on a copy."
            )


def _call_layer(layer: Any, given: Mapping[str, Any]) -> Any:
    return _flat(_from_nothing(layer, given) if given["h"] is None else _going_on(layer, given))


def _works(call: Callable[[], Any]) -> bool:
    try:
        call()
    except Exception:
        return False
    return True


def _fresh_start(call: Callable[[], Any], with_zeros: Callable[[], Any]) -> Any:
    """What `call` gives, the forward pass without a state.

    Args:
        call: see above.
        with_zeros: the same with a state of zeros, of x's type.

    Raises:
        Told: `call` fails for the type of its tensors, and `with_zeros` does not.
    """
    try:
        return call()
    except RuntimeError as error:
        if "type" not in str(error) or not _works(with_zeros):
            raise
    raise Told(
        "Here x and the weights are float64, and the zeros that you start from are not: `torch.zeros(...)` gives"
        " float32, whatever x is, and torch multiplies no matrices of two types. The line that fails is right; make"
        " the zeros of x's own type, with `x.new_zeros(...)` or `dtype=x.dtype`."
    )


def _from_nothing(layer: nn.Module, given: Mapping[str, Any]) -> Any:
    """The layer called without a state.

    Raises:
        Told: it fails, as a state of (1, batch, hidden) makes it fail; one of (batch, hidden) does not.
    """
    x = given["x"]
    zeros = x.new_zeros(1, len(x), given["hidden_size"])

    def with_zeros() -> Any:
        return layer(x, (zeros, zeros))

    try:
        return _fresh_start(lambda: layer(x), with_zeros)
    except Told:
        raise
    except Exception:
        if _works(with_zeros) or not _works(lambda: layer(x, (zeros[0], zeros[0]))):
            raise
    raise Told(
        "Your step gets h and c as (1, batch, hidden), and takes (batch, hidden): the 1 counts layers, and is for the"
        " pair outside only. Make the zeros without it, take entry [0] of a given h and c, and put the 1 back in front"
        " at the end."
    )


def _going_on(layer: nn.Module, given: Mapping[str, Tensor]) -> Any:
    """The layer called with a state.

    Raises:
        Told: it fails, and would not if the state had no dimension for the layers.
    """
    try:
        return layer(given["x"], (given["h"], given["c"]))
    except Exception:
        if not _works(lambda: layer(given["x"], (given["h"][0], given["c"][0]))):
            raise
    raise Told(
        "Of a given state, h and c are (1, batch, hidden) each: the 1 counts layers. Your step gets them with that 1"
        " in front; take entry [0] of each first."
    )


def _flat(result: Any) -> Any:
    """(outputs, (h, c)) as (outputs, h, c); anything else as it is."""
    pair = isinstance(result, (tuple, list)) and len(result) == 2
    if pair and isinstance(result[1], (tuple, list)) and len(result[1]) == 2:
        return (result[0], *result[1])
    if isinstance(result, Tensor):
        raise Told("Your forward returns one tensor. Expected are two things: the outputs, and the pair (h, c).")
    if pair:
        raise Told("The second thing that your forward returns should be the pair (h, c) after the last step.")
    if isinstance(result, (tuple, list)) and len(result) == 3:
        raise Told("Your forward returns three things. Expected are two: the outputs, and the pair (h, c).")
    return result


class _WrongLSTM(nn.Module):
    """The reference's parameters; each wrong layer overrides a piece of the loop."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih_l0 = nn.Parameter(torch.zeros(4 * hidden_size, input_size))
        self.weight_hh_l0 = nn.Parameter(torch.zeros(4 * hidden_size, hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh_l0 = nn.Parameter(torch.zeros(4 * hidden_size))

    def start(self, x: Tensor, state: Any) -> tuple[Tensor, Tensor]:
        zeros = x.new_zeros(x.shape[0], self.hidden_size)
        return (zeros, zeros) if state is None else (state[0][0], state[1][0])

    def bias(self) -> Tensor:
        return self.bias_ih_l0 + self.bias_hh_l0

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        return gated_rnn.lstm_step(x, h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias())

    def shown(self, h: Tensor, c: Tensor) -> Tensor:
        return h

    def carried(self, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        return h, c

    def end(self, outputs: list[Tensor], h: Tensor, c: Tensor) -> Any:
        return torch.stack(outputs, dim=1), (h[None], c[None])

    def steps(self, x: Tensor) -> Any:
        return x.unbind(1)

    def forward(self, x: Tensor, state: Any = None) -> Any:
        h, c = self.start(x, state)
        outputs = []
        for row in self.steps(x):
            h, c = self.step(row, *self.carried(h, c))
            outputs.append(self.shown(h, c))
        return self.end(outputs, h, c)


class _FromTheStart(_WrongLSTM):
    """Every step takes from the start what is named in `kept`; at the end that is returned which `returned` names."""

    kept, returned = "hc", ""

    def forward(self, x: Tensor, state: Any = None) -> Any:
        first = dict(zip("hc", self.start(x, state), strict=True))
        now, outputs = dict(first), []
        for row in self.steps(x):
            taken = {name: (first if name in self.kept else now)[name] for name in "hc"}
            now = dict(zip("hc", self.step(row, taken["h"], taken["c"]), strict=True))
            outputs.append(now["h"])
        last = {name: (first if name in self.returned else now)[name] for name in "hc"}
        return self.end(outputs, last["h"], last["c"])


class _MemoryNotAssigned(_FromTheStart):
    kept = "c"


class _MemoryNotAssignedNorReturned(_FromTheStart):
    kept, returned = "c", "c"


class _StateNotAssigned(_FromTheStart):
    kept = "h"


class _StateNotAssignedNorReturned(_FromTheStart):
    kept, returned = "h", "h"


class _StartReturned(_FromTheStart):
    kept, returned = "", "hc"


class _ResultsCrossed(_WrongLSTM):
    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        h, c = super().step(x, h, c)
        return c, h


class _ShownBefore(_WrongLSTM):
    def forward(self, x: Tensor, state: Any = None) -> Any:
        h, c = self.start(x, state)
        outputs = []
        for row in self.steps(x):
            outputs.append(h)
            h, c = self.step(row, h, c)
        return self.end(outputs, h, c)


class _AllStates(_WrongLSTM):
    def forward(self, x: Tensor, state: Any = None) -> Any:
        h, c = self.start(x, state)
        pairs = []
        for row in self.steps(x):
            h, c = self.step(row, h, c)
            pairs.append((h, c))
        states, memories = (torch.stack(part) for part in zip(*pairs, strict=True))
        return states.transpose(0, 1), (states, memories)


class _FirstStateReturned(_WrongLSTM):
    def forward(self, x: Tensor, state: Any = None) -> Any:
        outputs, _ = super().forward(x, state)
        return outputs, super().forward(x[:, :1], state)[1]


class _OnlyMemoryTaken(_WrongLSTM):
    def start(self, x: Tensor, state: Any) -> tuple[Tensor, Tensor]:
        h, c = super().start(x, state)
        return 0 * h, c


class _StateIgnored(_WrongLSTM):
    def start(self, x: Tensor, state: Any) -> tuple[Tensor, Tensor]:
        return super().start(x, None)


class _MemoryIgnored(_WrongLSTM):
    def start(self, x: Tensor, state: Any) -> tuple[Tensor, Tensor]:
        h, c = super().start(x, state)
        return h, 0 * c


class _StateTwice(_WrongLSTM):
    def start(self, x: Tensor, state: Any) -> tuple[Tensor, Tensor]:
        h, _ = super().start(x, state)
        return h, h


class _StartTurned(_WrongLSTM):
    def start(self, x: Tensor, state: Any) -> tuple[Tensor, Tensor]:
        h, c = super().start(x, state)
        return c, h


class _TurnedOnBothSides(_StartTurned):
    def end(self, outputs: list[Tensor], h: Tensor, c: Tensor) -> Any:
        return torch.stack(outputs, dim=1), (c[None], h[None])


class _ArgumentsCrossed(_WrongLSTM):
    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        return super().step(x, c, h)


class _GivenStateDetached(_WrongLSTM):
    def start(self, x: Tensor, state: Any) -> tuple[Tensor, Tensor]:
        h, c = super().start(x, state)
        return h.detach(), c.detach()


class _OneStepLate(_WrongLSTM):
    """The lecture's slip: gates that read the word of the step before."""

    def steps(self, x: Tensor) -> Any:
        return torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], dim=1).unbind(1)


class _BatchAsTime(_WrongLSTM):
    def forward(self, x: Tensor, state: Any = None) -> Any:
        h, c = self.start(x.transpose(0, 1), None)
        outputs = []
        for row in x:
            h, c = self.step(row, h, c)
            outputs.append(h)
        return torch.stack(outputs, dim=0), (h[None], c[None])


class _AlongTheBatch(_WrongLSTM):
    """As `_BatchAsTime`, with a given state taken; zeros as wide as it takes to get through."""

    def start(self, x: Tensor, state: Any) -> tuple[Tensor, Tensor]:
        return super().start(x.transpose(0, 1) if state is None else x, state)

    def steps(self, x: Tensor) -> Any:
        return x.unbind(0)

    def end(self, outputs: list[Tensor], h: Tensor, c: Tensor) -> Any:
        return torch.stack(outputs, dim=0), (h[None], c[None])


class _AlongTheBatchWithItsZeros(_WrongLSTM):
    """The loop alone is wrong: it fails unless batch and length fit by chance."""

    def steps(self, x: Tensor) -> Any:
        return x.unbind(0)


LSTM = Exercise(
    id="gated_rnn.lstm",
    lesson="07",
    title="A layer that reads",
    reference=gated_rnn.LSTM,
    cases=_layer_cases,
    run=_run_layer,
    judge=judge_tensors("outputs", "h", "c"),
    points=3,
    minutes=12,
    difficulty=2,
    forbids=READY_MADE,
    misconceptions=(
        Misconception(
            "fresh_each_step",
            changed(_WrongLSTM, carried=lambda self, h, c: (0 * h, 0 * c)),
            "Every step starts from nothing: neither h nor c is handed on, so your layer remembers nothing. Assign what"
            " lstm_step returns to the names that go into it next time.",
        ),
        Misconception(
            "memory_lost",
            changed(_WrongLSTM, carried=lambda self, h, c: (h, 0 * c)),
            "h is handed on from step to step, c is not: it starts from zero each time, and the memory is what an LSTM"
            " is for.",
        ),
        Misconception(
            "state_lost",
            changed(_WrongLSTM, carried=lambda self, h, c: (0 * h, c)),
            "c is handed on from step to step, h is not: the gates cannot see what was shown before.",
        ),
        Misconception(
            "nothing_assigned",
            _FromTheStart,
            "Every step begins with the state that the sequence began with: neither h nor c is handed on. Assign what"
            " lstm_step returns to the names that go into it next time.",
        ),
        Misconception(
            "memory_not_assigned",
            _MemoryNotAssigned,
            "h is handed on from step to step. c is not: every step reads the memory that the sequence began with."
            " Assign the new c to the name that you read in the next round.",
        ),
        Misconception(
            "memory_thrown_away",
            _MemoryNotAssignedNorReturned,
            "h is handed on from step to step. The new c is thrown away: every step reads the memory that the sequence"
            " began with, and that one you return.",
        ),
        Misconception(
            "state_not_assigned",
            _StateNotAssigned,
            "c is handed on from step to step. h is not: every step reads the h that the sequence began with. Assign"
            " the new h to the name that you read in the next round.",
        ),
        Misconception(
            "state_thrown_away",
            _StateNotAssignedNorReturned,
            "c is handed on from step to step. Every step reads the h that the sequence began with, and that one you"
            " return.",
        ),
        Misconception(
            "start_returned",
            _StartReturned,
            "The outputs are right; but the pair that you return is the one the sequence began with. Return h and c"
            " after the last step.",
        ),
        Misconception(
            "results_crossed",
            _ResultsCrossed,
            "lstm_step returns h first, then c; you take them the other way round, so each becomes the other at every"
            " step.",
        ),
        Misconception(
            "arguments_crossed",
            _ArgumentsCrossed,
            "lstm_step is given the memory where it expects h, and h where it expects c: look at the order of its"
            " arguments.",
        ),
        Misconception(
            "shown_before",
            _ShownBefore,
            "Every output is the h from *before* its step: it is collected too early. Collect h after lstm_step.",
        ),
        Misconception(
            "all_states",
            _AllStates,
            "The outputs are right. As the pair you return h and c of all steps; it should be those after the last one,"
            " (1, batch, hidden) each.",
        ),
        Misconception(
            "first_state_returned",
            _FirstStateReturned,
            "The outputs are right; the pair that you return is that after the *first* step.",
        ),
        Misconception(
            "only_memory_taken",
            _OnlyMemoryTaken,
            "A fresh start is right; of a given state you take the memory c, but h starts from zero.",
        ),
        Misconception(
            "layers_second",
            changed(
                _WrongLSTM, end=lambda self, outputs, h, c: (torch.stack(outputs, dim=1), (h[:, None], c[:, None]))
            ),
            "h and c are right, but (batch, 1, hidden) each. PyTorch counts the layers in front: (1, batch, hidden).",
        ),
        Misconception(
            "memories_shown",
            changed(_WrongLSTM, shown=lambda self, h, c: c),
            "The outputs are the memories c. What a layer shows at each step is h.",
        ),
        Misconception(
            "state_ignored",
            _StateIgnored,
            "A fresh start is right; a given state is ignored. The text would begin anew in every chunk.",
        ),
        Misconception(
            "memory_ignored",
            _MemoryIgnored,
            "A fresh start is right; of a given state you take h, but the memory c starts from zero.",
        ),
        Misconception(
            "state_twice",
            _StateTwice,
            "A fresh start is right; of a given state you use h twice, for h and for c.",
        ),
        Misconception(
            "pair_turned",
            changed(_WrongLSTM, end=lambda self, outputs, h, c: (torch.stack(outputs, dim=1), (c[None], h[None]))),
            "The outputs are right; the pair at the end is turned: h comes first, then c.",
        ),
        Misconception(
            "start_turned",
            _StartTurned,
            "A fresh start is right; of a given state h and c are taken for each other. The pair is (h, c).",
        ),
        Misconception(
            "turned_on_both_sides",
            _TurnedOnBothSides,
            "The pair is turned on both sides: you read a given state as (c, h), and return (c, h). That fits your own"
            " layer only; PyTorch's order is (h, c).",
        ),
        Misconception(
            "given_state_detached",
            _GivenStateDetached,
            "The numbers are right, and such a layer could learn; but a given state is cut off from what made it"
            " (`detach`, `.data`). Whether the gradient stops between two chunks is for the caller to decide: the"
            " layer lets it through.",
        ),
        Misconception(
            "returned_state_detached",
            changed(
                _WrongLSTM,
                end=lambda self, outputs, h, c: (torch.stack(outputs, dim=1), (h[None].detach(), c[None].detach())),
            ),
            "The numbers are right, and gradients flow through the outputs; the pair that you return is cut off"
            " (`detach`, `.data`). Whether they flow from chunk to chunk is for the caller to decide.",
        ),
        Misconception(
            "stacked_first",
            changed(_WrongLSTM, end=lambda self, outputs, h, c: (torch.stack(outputs, dim=0), (h[None], c[None]))),
            "The outputs are stacked along a new first dimension: (length, batch, hidden). The batch comes first here,"
            " so the steps belong into dimension 1.",
        ),
        Misconception(
            "stacked_first_then_viewed",
            changed(
                _WrongLSTM,
                end=lambda self, outputs, h, c: (
                    torch.stack(outputs, dim=0).view(outputs[0].shape[0], len(outputs), -1),
                    (h[None], c[None]),
                ),
            ),
            "The last h and c are right, and the outputs have the right shape; but their rows are mixed up. `view` and"
            " `reshape` only cut the numbers anew, in the order in which they lie: (length, batch, …) does not become"
            " (batch, length, …) that way. Stack the steps along dimension 1, or transpose.",
        ),
        Misconception(
            "input_reshaped",
            changed(_WrongLSTM, steps=lambda self, x: x.reshape(x.shape[1], x.shape[0], -1)),
            "Your steps read rows of different texts and times. `view` and `reshape` only cut the numbers anew, in the"
            " order in which they lie: that does not turn x round. Take step t of every text, or transpose.",
        ),
        Misconception(
            "no_layer_dimension",
            changed(_WrongLSTM, end=lambda self, outputs, h, c: (torch.stack(outputs, dim=1), (h, c))),
            "h and c are right, but (batch, hidden) each. PyTorch counts the layers in front: (1, batch, hidden).",
        ),
        Misconception(
            "backwards",
            changed(_WrongLSTM, steps=lambda self, x: x.flip(1).unbind(1)),
            "Your layer reads from the last step to the first. Start with x[:, 0].",
        ),
        Misconception(
            "one_bias",
            changed(_WrongLSTM, bias=lambda self: self.bias_ih_l0 + 0 * self.bias_hh_l0),
            "bias_hh_l0 takes no part. PyTorch keeps two biases, and adds both.",
        ),
        Misconception(
            "last_only",
            changed(_WrongLSTM, end=lambda self, outputs, h, c: (h, (h[None], c[None]))),
            "You return the last h as the outputs. Collect the h of every step.",
        ),
        Misconception(
            "detached",
            changed(_WrongLSTM, carried=lambda self, h, c: (h.detach(), c.detach())),
            "The numbers are right, but the state is cut off (`detach`, `.data`) between the steps: no gradient"
            " reaches an earlier step, and the layer could not learn to remember.",
        ),
        Misconception(
            "one_step_late",
            _OneStepLate,
            "Every output comes one step late: at step t your gates read x of the step before. The lecture's slide has"
            " that slip; the gates take the present word.",
        ),
        Misconception(
            "batch_as_time",
            _BatchAsTime,
            "You walk along the first dimension, the batch: one text flows into the next. The steps are dimension 1.",
        ),
        Misconception(
            "along_the_batch",
            _AlongTheBatch,
            "You walk along the batch: what your loop takes for a step is a whole text, and its words are read side by"
            " side. The first dimension counts texts, the second one steps.",
        ),
        Misconception(
            "along_the_batch_with_its_zeros",
            _AlongTheBatchWithItsZeros,
            "Your loop goes through the first dimension of x, the texts, while h and c have a row for each text. A step"
            " is one entry of dimension 1, for all texts at once.",
        ),
    ),
    hints=(
        "A loop over the steps with two things handed on, h and c; collect the h of each step.",
        "`x[:, t]` is (batch, input_size). A fresh start is zeros (batch, hidden) of x's type: `x.new_zeros(...)`. Of a"
        " given state, `state[0][0]` is h.",
        "`h, c = lstm_step(x[:, t], h, c, w, u, b)` in the loop; at the end `torch.stack(outputs, dim=1), (h[None],"
        " c[None])`.",
    ),
)

# ---------------------------------------------------------------------------------------- 5 · the direct path


def _path_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for length, hidden in ((3, 2), (1, 4), (5, 1), (4, 7), (9, 3)):
        forget = torch.sigmoid(normal(rng, length, hidden, std=1.5))
        about = "one step" if length == 1 else f"{length} steps"
        cases.append(Case({"forget": forget}, about, {"length": length, "hidden": hidden}))
    shut = torch.sigmoid(normal(rng, 6, 4))
    shut[3, 1] = 0.0
    cases.append(Case({"forget": shut}, "one gate quite shut at step 3", {"length": 6, "hidden": 4}))
    narrow = 1e-9 * torch.sigmoid(normal(rng, 8, 5))
    cases.append(Case({"forget": narrow}, "gates so small that their product is too small for a float", {"length": 8}))
    double = torch.sigmoid(normal(rng, 5, 2)).double()
    return [*cases, Case({"forget": double}, "float64", {"length": 5, "hidden": 2})]


def _run_path(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """The numbers alone: the text asks for no gradient.

    Raises:
        Told: there is nan among them.
    """
    found = answer(inputs["forget"])
    if isinstance(found, Tensor) and found.is_floating_point() and bool(found.isnan().any()):
        raise Told(
            f"There is nan in your result ({case.about}). A gate that is 0, or a product too small for a float, makes"
            " 0 / 0, or ∞ − ∞ between logarithms. Multiply from the end instead: that needs no division."
        )
    return {"value": found, "gradients": {}}


def _beside(forget: Tensor, places: Callable[[int], slice], whole: bool = False) -> Tensor:
    """In row k the product over the rows of a slice; over all columns together if `whole`."""
    rows = [forget[places(k)] for k in range(len(forget))]
    return torch.stack([(r.prod() * torch.ones_like(forget[0])) if whole else r.prod(0) for r in rows])


def _along_the_memory(forget: Tensor) -> Tensor:
    return _after(forget.T).T.clone()


def _own_gate_for_the_next(forget: Tensor) -> Tensor:
    left = torch.ones_like(forget)
    for k in range(len(forget) - 2, -1, -1):
        left[k] = left[k + 1] * forget[k]
    return left


def _after(forget: Tensor) -> Tensor:
    rows = [forget[k + 1 :].prod(0) for k in range(len(forget))]
    return torch.stack(rows)


DIRECT_PATH = Exercise(
    id="gated_rnn.direct_path",
    lesson="07",
    title="What is left at the end",
    reference=gated_rnn.direct_path,
    cases=_path_cases,
    judge=judge_tensors("path"),
    run=_run_path,
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "own_gate_included",
            lambda forget: forget.flip(0).cumprod(0).flip(0),
            "Every row has one factor too many: its own gate. f_k decides what happens to c_{k−1}; c_k meets f_{k+1}"
            " first. So the last row is 1.",
        ),
        Misconception(
            "own_gate_included_but_in_the_last",
            lambda forget: torch.cat([forget.flip(0).cumprod(0).flip(0)[:-1], torch.ones_like(forget[:1])]),
            "The last row is right. Every other row has one factor too many, its own gate: f_k decides what happens to"
            " c_{k−1}. To mend the last row alone is not enough.",
        ),
        Misconception(
            "begun_with_the_last_gate",
            lambda forget: _after(forget) * forget[-1],
            "The last row is its own gate, and that one factor runs on into all the others. Of the last memory all is"
            " left: begin with ones.",
        ),
        Misconception(
            "last_row_its_own_gate",
            lambda forget: torch.cat([_after(forget)[:-1], forget[-1:]]),
            "All rows but the last are right. The last one is its own gate; but nothing comes after it, so all is left:"
            " 1.",
        ),
        Misconception(
            "from_the_start",
            lambda forget: forget.cumprod(0),
            "You multiply from the first step up to k: what is left of the *beginning* at step k. Asked is what is left"
            " of step k at the end.",
        ),
        Misconception(
            "from_the_start_without_own",
            lambda forget: torch.cat([torch.ones_like(forget[:1]), forget.cumprod(0)[:-1]]),
            "You multiply the gates *before* each step; row 0 is then 1. What happens to c_k is decided by the gates"
            " after it.",
        ),
        Misconception(
            "one_step_only",
            lambda forget: torch.cat([forget[1:], torch.ones_like(forget[:1])]),
            "Each row is the next gate alone: ∂c_{k+1}/∂c_k. Up to the end there are more steps, one factor each.",
        ),
        Misconception(
            "not_turned_back",
            lambda forget: _after(forget).flip(0),
            "The numbers are right, the rows stand upside down: row 0 belongs to the first step.",
        ),
        Misconception(
            "one_number_for_all",
            lambda forget: forget.prod(0).expand_as(forget).clone(),
            "Every row is the product of all gates. Only those after the row's own step count. (If your loop takes just"
            " those: does one and the same tensor lie in the list each time? `*=` changes it everywhere.)",
        ),
        Misconception(
            "sum",
            lambda forget: torch.stack([forget[k + 1 :].sum(0) for k in range(len(forget))]),
            "The gates are added up; what is left of what is left is a product.",
        ),
        Misconception(
            "mean",
            lambda forget: torch.stack(
                [
                    forget[k + 1 :].mean(0) if k + 1 < len(forget) else torch.ones_like(forget[0])
                    for k in range(len(forget))
                ]
            ),
            "Each row is the mean of the gates after it. Every step keeps its share of what the step before has left:"
            " that multiplies.",
        ),
        Misconception(
            "last_row_zero",
            lambda forget: torch.cat([_after(forget)[:-1], torch.zeros_like(forget[:1])]),
            "The last row is 0. Nothing has happened to the last memory yet, so all of it is left: an empty product is"
            " 1.",
        ),
        Misconception(
            "last_gate_left_out",
            lambda forget: torch.stack(
                [
                    forget[k + 1 : max(len(forget) - 1, 1)].prod(0)
                    if k < len(forget) - 1
                    else torch.ones_like(forget[0])
                    for k in range(len(forget))
                ]
            ),
            "The last gate is missing from the products: look at the row before the last, which should be f_T.",
        ),
        Misconception(
            "along_the_memory",
            _along_the_memory,
            "You multiply along a row, across the numbers of the memory. Each of them goes its own way through time:"
            " along dimension 0.",
        ),
        Misconception(
            "own_gate_for_the_next",
            _own_gate_for_the_next,
            "The last row is right, but row k gets its own gate f_k instead of the next one: c_k meets f_{k+1} first.",
        ),
        Misconception(
            "next_gate_skipped",
            lambda forget: _beside(forget, lambda k: slice(k + 2, None)),
            "Every row lacks its first factor, the gate of the very next step: the products begin two steps on.",
        ),
        Misconception(
            "after_the_first",
            lambda forget: _beside(forget, lambda k: slice(1, k + 1)),
            "You multiply from the first step on, up to k. Asked is what happens *after* step k: begin at the end.",
        ),
        Misconception(
            "rolled",
            lambda forget: forget.flip(0).cumprod(0).flip(0).roll(-1, 0),
            "All rows but the last are right. The last one is the product of all gates: `roll` brings round what falls"
            " off in front. There it should be 1.",
        ),
        Misconception(
            "all_numbers_together",
            lambda forget: _beside(forget, lambda k: slice(k + 1, None), whole=True),
            "You multiply over the numbers of the memory too, so that a row is one number. Each number of the memory"
            " goes its own way.",
        ),
        Misconception(
            "shares_erased",
            lambda forget: _after(1 - forget),
            "You multiply 1 − f, what is erased. Left is the product of what stays: f itself.",
        ),
        Misconception(
            "last_row_missing",
            lambda forget: _after(forget)[:-1],
            "The last row is missing. Of the last memory all is left: a row of ones.",
        ),
        Misconception(
            "logarithms",
            lambda forget: torch.log(_after(forget)),
            "You return logarithms: summing logs is fine, but the exponential is still to come.",
        ),
    ),
    hints=(
        "Begin at the end: of the last memory everything is left. And one step earlier?",
        "Row k is row k + 1 times one more gate. Which one?",
        "`left = torch.ones_like(forget)`, then for k from the last but one down to 0: `left[k] = left[k + 1] *"
        " forget[k + 1]`.",
    ),
)

# -------------------------------------------------------------------------------------- 6 · open forget gates


def _lstm(rng: np.random.Generator, input_size: int, hidden: int, layers: int = 1, **options: bool) -> nn.LSTM:
    return randomised(rng, nn.LSTM(input_size, hidden, layers, batch_first=True, **options), 1.0)


def _open_cases(rng: np.random.Generator) -> list[Case]:
    value = round(float(rng.uniform(1.5, 3.0)), 2)
    made = [
        ("one layer", _lstm(rng, 2, 3), value),
        ("one layer, the default value", _lstm(rng, 3, 4), None),
        ("three layers", _lstm(rng, 5, 2, 3), value),
        ("both directions", _lstm(rng, 3, 2, bidirectional=True), -value),
        ("two layers in both directions", _lstm(rng, 2, 5, 2, bidirectional=True), 0.0),
        ("an LSTM made with bias=False", _lstm(rng, 2, 3, bias=False), value),
    ]
    return [Case({"lstm": lstm, "value": v}, about, {"hidden": lstm.hidden_size}) for about, lstm, v in made]


def _run_open(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """What the forget gates get in all, and everything else as it was; the learner may share the value out."""
    lstm = inputs["lstm"]
    before = dict(lstm.named_parameters())
    try:
        with torch.enable_grad():
            returned = answer(lstm) if inputs["value"] is None else answer(lstm, inputs["value"])
    except ValueError:
        if lstm.bias:
            raise
        return {"error": "ValueError"}
    if not lstm.bias:
        raise Told("An LSTM made with bias=False has no bias to set: a ValueError should say so. Keep the lines given.")
    if returned is not None and returned is not lstm:
        raise Told("Nothing has to be returned: the layer that is given gets changed.")
    _still_the_same(lstm, before)
    h, found = lstm.hidden_size, {}
    for name, weight in lstm.named_parameters():
        weight = weight.detach()
        if not weight.shape or len(weight) != 4 * h:
            raise Told(f"`{name}` has the shape {tuple(weight.shape)} afterwards; only numbers in it should change.")
        if name.startswith("bias_ih"):
            twin = dict(lstm.named_parameters())[name.replace("_ih_", "_hh_")].detach()
            found[f"sum of both forget biases, {name[8:]}"] = (weight + twin)[h : 2 * h].clone()
        if name.startswith("bias"):
            found[f"the other rows of {name}"] = torch.cat([weight[:h], weight[2 * h :]])
        else:
            found[name] = weight.clone()
    return found


def _still_the_same(lstm: nn.LSTM, before: Mapping[str, nn.Parameter]) -> None:
    """Whether the parameters are the objects that they were, and can be trained; and the layer in training mode.

    Raises:
        Told: they are not.
    """
    after = dict(lstm.named_parameters())
    other = [name for name, weight in before.items() if after.get(name) is not weight]
    if other:
        raise Told(
            f"`{other[0]}` is another parameter afterwards. Change the numbers in the one that is there: an optimiser"
            " made before would go on training the old one."
        )
    frozen = [name for name, weight in after.items() if not weight.requires_grad]
    if frozen:
        raise Told(f"`{frozen[0]}` is frozen afterwards (`requires_grad` is False): it would never learn again.")
    if not lstm.training:
        raise Told("The layer was in training mode, and is in eval mode afterwards. Nothing else may change.")


def _fill(
    places: Callable[[int], slice] = lambda h: slice(h, 2 * h),
    ih: Callable[[Tensor, float], Any] | None = lambda b, v: b.fill_(v),
    hh: Callable[[Tensor, float], Any] | None = lambda b, v: b.fill_(0.0),
    which: Callable[[str], bool] = lambda name: True,
    part: Callable[[str], str] = lambda name: name[5:7] if name.startswith("bias") else "",
) -> Callable[..., None]:
    def answer(lstm: nn.LSTM, value: float = 1.0) -> None:
        if not lstm.bias:
            raise ValueError("no bias")
        with torch.no_grad():
            for name, weight in lstm.named_parameters():
                change = {"ih": ih, "hh": hh}.get(part(name))
                if change is not None and which(name):
                    change(weight[places(lstm.hidden_size)], value)

    return answer


def _halve(places: Callable[[int], slice]) -> Callable[..., None]:
    """Half the value into both biases, in the rows named."""
    return _fill(places, ih=lambda b, v: b.fill_(v / 2), hh=lambda b, v: b.fill_(v / 2))


def _fill_weights(lstm: nn.LSTM, value: float = 1.0) -> None:
    _fill()(lstm, value)
    with torch.no_grad():
        for name, weight in lstm.named_parameters():
            if name.startswith("weight"):
                weight[lstm.hidden_size : 2 * lstm.hidden_size] = 0.0


def _zero_first(zeroed: str) -> Callable[..., None]:
    """Sets whole biases to 0 before the value goes into bias_ih: those whose names begin with `zeroed`."""

    def answer(lstm: nn.LSTM, value: float = 1.0) -> None:
        _fill(lambda h: slice(None), ih=lambda b, v: b.fill_(0.0) if zeroed == "bias" else b)(lstm)
        _fill()(lstm, value)

    return answer


def _rows_of_the_input(lstm: nn.LSTM, value: float = 1.0) -> None:
    n = lstm.input_size
    _fill(lambda h: slice(n, 2 * n))(lstm, value)


def _default_three(lstm: nn.LSTM, value: float = 3.0) -> None:
    _fill()(lstm, value)


OPEN_FORGET_GATES = Exercise(
    id="gated_rnn.open_forget_gates",
    lesson="07",
    title="Start with open forget gates",
    reference=gated_rnn.open_forget_gates,
    cases=_open_cases,
    run=_run_open,
    points=2,
    minutes=8,
    difficulty=2,
    mutates=("lstm",),
    misconceptions=(
        Misconception(
            "both_biases",
            _fill(hh=lambda b, v: b.fill_(v)),
            "The forget gates get twice the value: PyTorch adds two biases, and you set both of them to it.",
        ),
        Misconception(
            "other_bias_left",
            _fill(hh=None),
            "The forget gates get the random start of bias_hh on top of the value. Either you left bias_hh as it was,"
            " and the two biases are added; or you added the value to it, where it should be set.",
        ),
        Misconception(
            "other_half_left",
            _fill(ih=lambda b, v: b.fill_(v / 2), hh=None),
            "bias_ih has half the value, and bias_hh still has its random start. Halves are fine, if both biases get"
            " one.",
        ),
        Misconception(
            "first_half_left",
            _fill(ih=None, hh=lambda b, v: b.fill_(v / 2)),
            "bias_hh has half the value, and bias_ih still has its random start. Halves are fine, if both biases get"
            " one.",
        ),
        Misconception(
            "input_gate",
            _fill(lambda h: slice(0, h)),
            "You changed the first block of rows: that is the input gate. The order is i, f, g, o.",
        ),
        Misconception(
            "input_gate_by_halves",
            _halve(lambda h: slice(0, h)),
            "To share the value out between the two biases is fine. But you did it in the first block of rows, which is"
            " the input gate; the order is i, f, g, o.",
        ),
        Misconception(
            "input_gate_of_both",
            _fill(lambda h: slice(0, h), hh=lambda b, v: b.fill_(v)),
            "Both biases have the value in their first block of rows: that is the input gate, and there the two are"
            " added. The order is i, f, g, o.",
        ),
        Misconception(
            "input_gate_of_one",
            _fill(lambda h: slice(0, h), hh=None),
            "You changed the first block of bias_ih: that is the input gate. The order is i, f, g, o; and for f both"
            " biases count, for they are added.",
        ),
        Misconception(
            "candidate",
            _fill(lambda h: slice(2 * h, 3 * h)),
            "You changed the third block of rows: those are the candidate's. Blocks are counted from 0: f is block 1.",
        ),
        Misconception(
            "candidate_by_halves",
            _halve(lambda h: slice(2 * h, 3 * h)),
            "To share the value out between the two biases is fine. But you did it in the third block of rows, which is"
            " the candidate's. Blocks are counted from 0: f is block 1.",
        ),
        Misconception(
            "all_gates",
            _fill(lambda h: slice(None)),
            "You set the whole bias, so input and output gates change as well. Only the forget gate's rows are meant.",
        ),
        Misconception(
            "all_gates_by_halves",
            _halve(lambda h: slice(None)),
            "To share the value out between the two biases is fine. But every row of both gets half of it, so the other"
            " gates and the candidate change as well.",
        ),
        Misconception(
            "all_of_both",
            _fill(lambda h: slice(None), hh=lambda b, v: b.fill_(v)),
            "Every row of both biases has the value now. Only the forget gate's rows may change, and there the two"
            " biases *together* should give it.",
        ),
        Misconception(
            "other_bias_emptied",
            _zero_first("bias_hh"),
            "The forget gates are right. But all rows of bias_hh are 0 now: the input gate, the candidate and the"
            " output gate have lost a bias of theirs. Set only the rows of f to 0.",
        ),
        Misconception(
            "both_biases_emptied",
            _zero_first("bias"),
            "The forget gates are right. But all other rows of both biases are 0 now. Only the rows of f may change.",
        ),
        Misconception(
            "only_the_second_bias",
            _fill(ih=None, hh=lambda b, v: b.fill_(v)),
            "The forget gates get the random start of bias_ih on top of the value. Either you left bias_ih as it was,"
            " and the two biases are added; or you added the value to it, where it should be set.",
        ),
        Misconception(
            "output_gate",
            _fill(lambda h: slice(3 * h, 4 * h)),
            "You changed the last block of rows: that is the output gate. The order is i, f, g, o.",
        ),
        Misconception(
            "output_gate_by_halves",
            _halve(lambda h: slice(3 * h, 4 * h)),
            "To share the value out between the two biases is fine. But you did it in the last block of rows, which is"
            " the output gate; the order is i, f, g, o.",
        ),
        Misconception(
            "from_f_on",
            _fill(lambda h: slice(h, None)),
            "You changed all rows from f on, so the candidate and the output gate as well. f ends at row 2 · hidden.",
        ),
        Misconception(
            "from_f_on_by_halves",
            _halve(lambda h: slice(h, None)),
            "To share the value out between the two biases is fine. But all rows from f on get half of it, so the"
            " candidate and the output gate as well. f ends at row 2 · hidden.",
        ),
        Misconception(
            "up_to_f",
            _fill(lambda h: slice(0, 2 * h)),
            "You changed all rows up to the end of f, so the input gate as well. f begins at row hidden.",
        ),
        Misconception(
            "up_to_f_by_halves",
            _halve(lambda h: slice(0, 2 * h)),
            "To share the value out between the two biases is fine. But all rows up to the end of f get half of it, so"
            " the input gate as well. f begins at row hidden.",
        ),
        Misconception(
            "last_row_missed",
            _fill(lambda h: slice(h, 2 * h - 1)),
            "The last row of the forget gate is unchanged: a slice ends *before* its second number.",
        ),
        Misconception(
            "rows_of_the_input",
            _rows_of_the_input,
            "You count the rows by `input_size`. A block has `hidden_size` rows, one for each number of the memory.",
        ),
        Misconception(
            "default_changed",
            _default_three,
            "A given value is right; without one it should be 1.0, as the first line of the function says.",
        ),
        Misconception(
            "first_layer_only",
            _fill(which=lambda name: "_l0" in name),
            "The lowest layer is right; those above it are unchanged. `named_parameters()` lists them all.",
        ),
        Misconception(
            "one_direction_only",
            _fill(which=lambda name: not name.endswith("_reverse")),
            "The direction from left to right is right; the other one, whose names end in `_reverse`, is unchanged.",
        ),
        Misconception(
            "first_layer_one_direction",
            _fill(which=lambda name: name.endswith("_l0")),
            "The lowest layer from left to right is right; the layers above it and the other direction are unchanged."
            " `named_parameters()` lists them all.",
        ),
        Misconception(
            "first_bias_of_the_first_layer",
            _fill(which=lambda name: name == "bias_ih_l0"),
            "One single parameter is changed, bias_ih_l0. bias_hh_l0, which is added to it, keeps its random start; and"
            " other layers and the other direction have two biases each.",
        ),
        Misconception(
            "both_biases_of_the_first_layer",
            _fill(hh=lambda b, v: b.fill_(v), which=lambda name: name.endswith("_l0")),
            "Two mistakes in one: PyTorch adds the two biases, so the forget gates get twice the value; and only the"
            " lowest layer is changed, from left to right. `named_parameters()` lists them all.",
        ),
        Misconception(
            "added",
            _fill(ih=lambda b, v: b.add_(v), hh=None),
            "You add the value to what the bias had. The sum of both biases should be the value itself.",
        ),
        Misconception(
            "one_row",
            _fill(lambda h: slice(h, h + 1)),
            "Only the first number of the memory gets it. The forget gate has `hidden` rows.",
        ),
        Misconception(
            "weights_too",
            _fill_weights,
            "The bias is right, but the weights W and U of the forget gate are changed as well, so that it sees"
            " nothing.",
        ),
        Misconception(
            "input_weights_caught",
            _fill(part=lambda name: "ih" if "ih" in name else "hh" if "bias_hh" in name else ""),
            "The biases are right. But the value stands in the rows of weight_ih too: its name also has “ih” in it. Ask"
            " for the bias as well.",
        ),
        Misconception(
            "all_weights_caught",
            _fill(part=lambda name: "ih" if "ih" in name else "hh"),
            "The biases are right. But weight_ih and weight_hh are changed like the biases: their names have “ih” and"
            " “hh” in them too. Ask for the bias as well.",
        ),
        Misconception(
            "all_weights_caught_by_halves",
            _fill(ih=lambda b, v: b.fill_(v / 2), hh=lambda b, v: b.fill_(v / 2), part=lambda name: name.split("_")[1]),
            "The biases are right. But every parameter gets half the value in the rows of f, the weights W and U too."
            " Look at the names: only the biases are meant.",
        ),
        Misconception(
            "nothing_changed",
            _fill(which=lambda name: False),
            "The layer is as it was before. Change its parameters in place, such as with `weight[1:2] = ...`; an"
            " assignment to a plain name only gives something a new name.",
        ),
        Misconception(
            "always_one",
            lambda lstm, value=1.0: _fill()(lstm, 1.0),
            "The bias is always 1, whatever `value` says.",
        ),
    ),
    hints=(
        "Go through `lstm.named_parameters()`: the names tell biases from weights. Which rows belong to f?",
        "With h = lstm.hidden_size, the rows are h up to 2h. What has to hold is that the two biases *together* are the"
        " value.",
        "For names that start with `bias_ih`: `weight[h : 2 * h] = value`; for `bias_hh` the same rows = 0.",
    ),
)

# ---------------------------------------------------------------------------------------------- 7 · the GRU


def _gru_inputs(rng: np.random.Generator, batch: int, input_size: int, hidden: int, lecture: bool) -> dict[str, Any]:
    return {
        "x": normal(rng, batch, input_size),
        "h": torch.tanh(normal(rng, batch, hidden)),
        "w": normal(rng, 3 * hidden, input_size),
        "u": normal(rng, 3 * hidden, hidden),
        "b_w": normal(rng, 3 * hidden),
        "b_u": normal(rng, 3 * hidden),
        "lecture": lecture,
    }


def _gru_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for batch, input_size, hidden, lecture in (
        (2, 4, 3, False),
        (2, 4, 3, True),
        (1, 2, 5, False),
        (5, 1, 2, True),
        (4, 5, 7, False),
        (3, 2, 4, True),
    ):
        about = f"{'the lecture' if lecture else 'PyTorch'}'s form, {batch} row{'s' if batch > 1 else ''}"
        sizes = {"batch": batch, "input_size": input_size, "hidden": hidden}
        cases.append(Case(_gru_inputs(rng, batch, input_size, hidden, lecture), about, sizes))
    for lecture in (False, True):
        inputs = _gru_inputs(rng, 3, 5, 2, lecture)
        inputs = {name: value.double() if isinstance(value, Tensor) else value for name, value in inputs.items()}
        cases.append(Case(inputs, "float64", {"batch": 3, "input_size": 5, "hidden": 2}))
    return cases


def _run_gru(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """PyTorch's form is asked for by leaving the flag out, the lecture's by name."""
    if inputs["lecture"]:
        return values_and_gradients(_with_flag(answer), _without_flag(inputs), case)
    return values_and_gradients(answer, _without_flag(inputs), case)


def _with_flag(answer: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given: answer(*given, lecture=True)


def _without_flag(inputs: dict[str, Any]) -> dict[str, Any]:
    inputs.pop("lecture")  # the same dict goes on, so that the engine sees what is changed in place
    return inputs


def _gru_variant(
    order: str = "rzn",
    after: Callable[[bool], bool] = lambda lecture: not lecture,
    z_keeps: Callable[[bool], bool] = lambda lecture: not lecture,
    squeeze: Callable[[Tensor], Tensor] = torch.tanh,
    bias_reset: Callable[[bool], bool] = lambda lecture: not lecture,
    reset: Callable[[Tensor], Tensor] = lambda r: r,
    mix: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda z, keep, take: z * keep + (1 - z) * take,
    biased: Callable[[Tensor], Tensor] = lambda b: b,
    gates_see: Callable[[Tensor, Tensor], Tensor] = lambda product, b: product + b,
    candidate_sees: Callable[[Tensor, Mapping[str, Tensor], bool], Tensor] = lambda h, us, lecture: h @ us["n"].T,
    last_bias: Callable[[Tensor, bool], Tensor] = lambda b, lecture: b,
    cut: Callable[[Tensor, int], Any] = lambda t, dim: t.chunk(3, dim),
    matrix: Callable[[str, Tensor], Tensor] = lambda name, u: u,
    first_bias: Callable[[Tensor, Tensor], Tensor] = lambda b_w, b_u: b_w,
    opened: Callable[[Tensor], Tensor] = torch.sigmoid,
    made: Callable[[Tensor, Tensor, Tensor, Tensor, bool], Tensor] = lambda n, r, from_x, from_h, lecture: n,
    mix_reset: bool = False,
) -> Callable[..., Tensor]:
    """PyTorch's or the lecture's form, with one thing changed; `after`, `z_keeps` and `bias_reset` are told which.

    `made` may make another candidate of r and the two sums, that of x and that of h, which r has not touched.
    """

    def answer(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b_w: Tensor, b_u: Tensor, lecture: bool = False) -> Tensor:
        b_w, b_u = first_bias(b_w, b_u), biased(b_u)
        xs = dict(zip(order, cut(x @ w.T + b_w, 1), strict=True))
        us, bs = dict(zip(order, cut(u, 0), strict=True)), dict(zip(order, cut(b_u, 0), strict=True))
        us = {name: matrix(name, u) for name, u in us.items()}
        r = reset(opened(xs["r"] + gates_see(h @ us["r"].T, bs["r"])))
        z = opened(xs["z"] + gates_see(h @ us["z"].T, bs["z"]))
        inner = r * candidate_sees(h, us, lecture) if after(lecture) else candidate_sees(r * h, us, lecture)
        b_n = last_bias(bs["n"], lecture)
        n = squeeze(xs["n"] + inner + (r * b_n if bias_reset(lecture) else b_n))
        n = made(n, r, xs["n"], h @ us["n"].T + b_n, lecture)
        if mix_reset and lecture:
            h = r * h
        return mix(z, h, n) if z_keeps(lecture) else mix(z, n, h)

    return answer


def _dealt_out(t: Tensor, dim: int) -> Any:
    return t.unflatten(dim, (-1, 3)).unbind(dim + 1)


def _sums_dealt_out(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b_w: Tensor, b_u: Tensor, lecture: bool = False) -> Any:
    """As `_dealt_out`, for the sums alone: the lecture's candidate takes the right third of u and b_u."""
    x_r, x_z, x_n = _dealt_out(x @ w.T + b_w, 1)
    h_r, h_z, h_n = _dealt_out(h @ u.T + b_u, 1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    if lecture:
        return torch.lerp(h, torch.tanh(x_n + (r * h) @ u.chunk(3)[2].T + b_u.chunk(3)[2]), z)
    return torch.lerp(torch.tanh(x_n + r * h_n), h, z)


def _first_bias_twice(
    x: Tensor, h: Tensor, w: Tensor, u: Tensor, b_w: Tensor, b_u: Tensor, lecture: bool = False
) -> Any:
    return _gru_variant()(x, h, w, u, b_w, b_w, lecture)


def _biases_exchanged(
    x: Tensor, h: Tensor, w: Tensor, u: Tensor, b_w: Tensor, b_u: Tensor, lecture: bool = False
) -> Any:
    return _gru_variant()(x, h, w, u, b_u, b_w, lecture)


def _gru_pair(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b_w: Tensor, b_u: Tensor, lecture: bool = False) -> Any:
    new = _gru_variant()(x, h, w, u, b_w, b_u, lecture)
    return new, new


def _always(value: bool) -> Callable[[bool], bool]:
    return lambda lecture: value


GRU_STEP = Exercise(
    id="gated_rnn.gru_step",
    lesson="07",
    title="One step of a GRU, in both forms",
    reference=gated_rnn.gru_step,
    cases=_gru_cases,
    run=_run_gru,
    judge=judge_tensors("h"),
    points=3,
    minutes=15,
    difficulty=3,
    forbids=READY_MADE,
    misconceptions=(
        Misconception(
            "flag_ignored",
            _gru_variant(after=_always(True), z_keeps=_always(True), bias_reset=_always(True)),
            "PyTorch's form is right, and you compute it in both cases: `lecture` changes nothing.",
        ),
        Misconception(
            "always_the_lectures",
            _gru_variant(after=_always(False), z_keeps=_always(False), bias_reset=_always(False)),
            "The lecture's form is right, and you compute it in both cases. PyTorch's is what is asked for unless"
            " `lecture` is True.",
        ),
        Misconception(
            "flag_turned",
            _gru_variant(
                after=lambda lecture: lecture, z_keeps=lambda lecture: lecture, bias_reset=lambda lecture: lecture
            ),
            "Both forms are there, each where the other belongs: look at which branch `lecture` takes.",
        ),
        Misconception(
            "only_z_differs",
            _gru_variant(after=_always(True), bias_reset=_always(True)),
            "PyTorch's form is right. In the lecture's you exchanged z and 1 − z, but r still acts after U; there it"
            " multiplies h before.",
        ),
        Misconception(
            "only_z_and_the_bias_differ",
            _gru_variant(after=_always(True)),
            "PyTorch's form is right. In the lecture's r acts on U h, after the product; there it multiplies h, before"
            " U. (z and the bias are right.)",
        ),
        Misconception(
            "lecture_without_reset",
            _gru_variant(made=lambda n, r, from_x, from_h, lecture: torch.tanh(from_x + from_h) if lecture else n),
            "PyTorch's form is right. In the lecture's candidate r is missing: it sees the whole old state, U h, where"
            " U (r ⊙ h) is due.",
        ),
        Misconception(
            "only_r_differs",
            _gru_variant(z_keeps=_always(True)),
            "PyTorch's form is right. In the lecture's r acts at the right place, but z still keeps the old state;"
            " there it takes the new one.",
        ),
        Misconception(
            "z_turned_in_both",
            _gru_variant(z_keeps=lambda lecture: lecture),
            "z and 1 − z are exchanged in both forms. In PyTorch's z keeps the old state, in the lecture's it takes the"
            " candidate.",
        ),
        Misconception(
            "r_before_in_pytorchs",
            _gru_variant(after=_always(False), bias_reset=_always(False)),
            "The lecture's form is right. In PyTorch's r multiplies U h + b′, after the product, not h before it.",
        ),
        Misconception(
            "z_takes_in_pytorchs",
            _gru_variant(z_keeps=_always(False)),
            "The lecture's form is right. In PyTorch's z and 1 − z are exchanged: there z keeps the old state.",
        ),
        Misconception(
            "order_of_the_formulas",
            _gru_variant("zrn"),
            "The two gates have changed places: r does what z should do, and z what r should. The blocks lie in the"
            " order r, z, n.",
        ),
        Misconception(
            "candidate_second",
            _gru_variant("rnz"),
            "The second and the third block have changed places: the order is r, z, n.",
        ),
        Misconception(
            "interleaved",
            _gru_variant(cut=_dealt_out),
            "The rows are dealt out like cards, one to each block in turn. A block is `hidden` rows that lie together:"
            " look at what `chunk` or a slice does.",
        ),
        Misconception(
            "sums_interleaved",
            _sums_dealt_out,
            "The numbers of your two sums are dealt out like cards, one to each gate in turn. A block is `hidden`"
            " numbers that lie together: look at what `chunk` or a slice does.",
        ),
        Misconception(
            "reset_places_exchanged",
            _gru_variant(after=lambda lecture: lecture, bias_reset=lambda lecture: lecture),
            "z is right in both forms. r stands in the wrong place in both: in PyTorch's it multiplies U h + b′, in the"
            " lecture's h, before U.",
        ),
        Misconception(
            "lectures_second_bias_forgotten",
            _gru_variant(last_bias=lambda b, lecture: 0 * b if lecture else b),
            "PyTorch's form is right. In the lecture's candidate the bias b_u of n is missing: both biases are added.",
        ),
        Misconception(
            "pytorchs_second_bias_forgotten",
            _gru_variant(last_bias=lambda b, lecture: b if lecture else 0 * b),
            "The lecture's form is right. In PyTorch's candidate the bias b_u of n is missing: r multiplies U h + b′.",
        ),
        Misconception(
            "candidates_second_bias_forgotten",
            _gru_variant(last_bias=lambda b, lecture: 0 * b),
            "Both gates are right. In the candidate the bias b_u of n is missing, in both forms.",
        ),
        Misconception(
            "lectures_matrix_turned",
            _gru_variant(candidate_sees=lambda h, us, lecture: h @ (us["n"] if lecture else us["n"].T)),
            "PyTorch's form is right. In the lecture's U_n is multiplied from the wrong side. It is square, so nothing"
            " complains: with rows as vectors it has to be transposed.",
        ),
        Misconception(
            "candidates_matrix_turned",
            _gru_variant(matrix=lambda name, u: u.T if name == "n" else u),
            "Both gates are right. In the candidate U_n is multiplied from the wrong side, in both forms. It is square,"
            " so nothing complains: with rows as vectors it has to be transposed.",
        ),
        Misconception(
            "matrices_turned",
            _gru_variant(matrix=lambda name, u: u.T),
            "Each block of U is multiplied from the wrong side. They are square, so nothing complains: with rows as"
            " vectors each has to be transposed, like W.",
        ),
        Misconception(
            "lectures_first_block",
            _gru_variant(candidate_sees=lambda h, us, lecture: h @ us["r" if lecture else "n"].T),
            "PyTorch's form is right. In the lecture's candidate you take the first block of u, that of r. U_n is the"
            " third.",
        ),
        Misconception(
            "lecture_keeps_the_reset_state",
            _gru_variant(mix_reset=True),
            "PyTorch's form is right. In the lecture's mixture you keep r ⊙ h. The reset gate is for the candidate"
            " alone: what is kept is h itself.",
        ),
        Misconception(
            "gates_without_second_bias",
            _gru_variant(gates_see=lambda product, b: product + 0 * b),
            "b_u is missing from the two gates: there both biases are added, as in the candidate.",
        ),
        Misconception(
            "gates_without_state",
            _gru_variant(gates_see=lambda product, b: 0 * product + 0 * b),
            "Your gates do not depend on h: U h and its bias are missing from both sums.",
        ),
        Misconception(
            "tanh_gates",
            _gru_variant(opened=torch.tanh),
            "Your gates went through tanh, so they may be negative. A gate is σ of its sum; tanh is for the candidate.",
        ),
        Misconception(
            "bare_gates",
            _gru_variant(opened=lambda s: s),
            "r and z are the sums themselves, some negative, some above one. A gate is a share: σ of its sum.",
        ),
        Misconception(
            "reset_turned",
            _gru_variant(reset=lambda r: 1 - r),
            "You multiply by 1 − r where r should stand.",
        ),
        Misconception(
            "bare_candidate",
            _gru_variant(squeeze=lambda n: n),
            "The candidate has no tanh, so the state can grow at every step.",
        ),
        Misconception(
            "biases_exchanged",
            _biases_exchanged,
            "b_w and b_u have changed places. In the gates that is all one; in the candidate r multiplies the one"
            " beside U.",
        ),
        Misconception(
            "pair_returned",
            _gru_pair,
            "You return two things. A GRU has no second vector: its state is all, one tensor.",
        ),
        Misconception(
            "candidate_first",
            _gru_variant("nzr"),
            "The blocks are taken from the wrong end: the order is r, z, n.",
        ),
        Misconception(
            "bias_not_reset",
            _gru_variant(bias_reset=_always(False)),
            "The lecture's form is right. In PyTorch's the bias b′ of the candidate stands outside: r multiplies the"
            " whole of U h + b′.",
        ),
        Misconception(
            "whole_sum_reset",
            _gru_variant(
                made=lambda n, r, from_x, from_h, lecture: n if lecture else torch.tanh(r * (from_x + from_h))
            ),
            "The lecture's form is right. In PyTorch's r multiplies too much: the whole sum, W x too. It decides about"
            " the old state only; the new word always enters whole.",
        ),
        Misconception(
            "whole_sum_reset_in_both",
            _gru_variant(
                made=lambda n, r, from_x, from_h, lecture: torch.tanh(r * (from_x + from_h)),
            ),
            "In both forms r multiplies the whole sum of the candidate, W x too. It decides about the old state only;"
            " the new word always enters whole.",
        ),
        Misconception(
            "candidate_reset",
            _gru_variant(made=lambda n, r, from_x, from_h, lecture: n if lecture else r * torch.tanh(from_x + from_h)),
            "The lecture's form is right. In PyTorch's r stands outside tanh and shrinks the whole candidate. It stands"
            " inside, and decides about the old state only.",
        ),
        Misconception(
            "bias_reset_in_lectures",
            _gru_variant(bias_reset=_always(True)),
            "PyTorch's form is right. In the lecture's r multiplies h alone; your bias b′ gets multiplied too.",
        ),
        Misconception(
            "sigmoid_candidate",
            _gru_variant(squeeze=torch.sigmoid),
            "Your candidate is never negative: it went through σ like the gates. It should be tanh.",
        ),
        Misconception(
            "no_reset",
            _gru_variant(reset=torch.ones_like),
            "The reset gate takes no part: the candidate always sees the whole old state.",
        ),
        Misconception(
            "old_kept_whole",
            _gru_variant(mix=lambda z, keep, take: keep * z + take),
            "One share is right, the other part enters whole: the two shares are z and 1 − z, and sum to one.",
        ),
        Misconception(
            "no_second_bias",
            _gru_variant(biased=torch.zeros_like),
            "b_u takes no part: both biases are added in every gate.",
        ),
        Misconception(
            "no_first_bias",
            _gru_variant(first_bias=lambda b_w, b_u: 0 * b_w),
            "b_w takes no part: the bias beside W is missing from both gates and from the candidate.",
        ),
        Misconception(
            "first_bias_twice",
            _first_bias_twice,
            "b_w is added twice, and b_u takes no part. The bias beside U is b_u.",
        ),
    ),
    hints=(
        "First the two gates, which are the same in both forms; then the candidate; then the mixture.",
        "Keep the parts apart: `(x @ w.T + b_w).chunk(3, dim=1)` and `(h @ u.T + b_u).chunk(3, dim=1)`. In PyTorch's"
        " form r multiplies the third part of the second. For the lecture's you need U_n alone: `u.chunk(3)[2]`.",
        "PyTorch: `n = torch.tanh(x_n + r * h_n)`, `(1 - z) * n + z * h`. Lecture: `n = torch.tanh(x_n + (r * h) @"
        " u_n.T + b_n)`, `(1 - z) * h + z * n`.",
    ),
)

# ---------------------------------------------------------------------------------------- 8 · counting weights


def _count_cases(rng: np.random.Generator) -> list[Case]:
    made: list[tuple[Any, ...]] = [("lstm", 3, 2), ("gru", 3, 2), ("rnn", 4, 3), ("lstm", 1, 1), ("gru", 2, 5, 3)]
    made += [("lstm", 5, 3, 1, True), ("rnn", 3, 4, 2, True), ("gru", 7, 2, 3, True), ("lstm", 2, 7, 4)]
    made.append(("lstm", 5, 3, 1))  # as one above, but for the second direction
    made.append(("lstm", int(rng.integers(20, 60)), int(rng.integers(70, 99)), int(rng.integers(2, 5)), True))
    cases = []
    for given in made:
        names = ("kind", "input_size", "hidden", "layers", "bidirectional")
        inputs = dict(zip(names, given, strict=False))
        about = f"{given[0]}, {given[1]} in, {given[2]} wide"
        about += f", {given[3]} layers" if len(given) > 3 and given[3] > 1 else ""
        about += ", both directions" if len(given) > 4 else ""
        cases.append(Case(inputs, about))
    for kind in ("transformer", "LSTM"):
        cases.append(Case({"kind": kind, "input_size": 3, "hidden": 2}, f'kind is "{kind}"'))
    return cases


def _run_count(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    if inputs["kind"] not in ("rnn", "gru", "lstm"):
        due = f"For the kind {inputs['kind']!r} a ValueError is due that names it. Keep the two lines that are given. "
        try:
            found = answer(**inputs)
        except ValueError as error:
            if inputs["kind"] in str(error):
                return "ValueError"
            raise Told(due + "Yours does not name it.") from None
        except Exception as error:
            raise Told(f"{due}Yours raises {type(error).__name__}.") from None
        raise Told(f"{due}Yours returns {found!r}.")
    given = list(inputs.values())
    found = answer(*given[:4], **({"bidirectional": True} if len(given) > 4 else {}))
    if isinstance(found, (float, np.floating, Tensor)):
        raise Told(f"A count is a whole number: return an int. Yours is of the type {type(found).__name__}.")
    return found


def _counted(
    blocks: Mapping[str, int] | None = None,
    biases: int = 2,
    width: Callable[[int, int, int, int], int] = lambda layer, n, h, d: n if layer == 0 else d * h,
    directions: Callable[[bool], int] = lambda both: 2 if both else 1,
    layered: Callable[[int], range] = range,
    inner: Callable[[int, int], int] = lambda h, d: h,
    turned: bool = False,
    first_single: bool = False,
    biases_once: bool = False,
    one: Callable[[int, int, int], int] | None = None,
) -> Callable[..., int]:
    """A count with one thing changed; `one` counts a layer in one direction, from blocks, width below and hidden."""

    def answer(kind: str, input_size: int, hidden: int, layers: int = 1, bidirectional: bool = False) -> int:
        if kind not in ("rnn", "lstm", "gru"):
            raise ValueError(f"not {kind!r}")
        each = (blocks or {"rnn": 1, "gru": 3, "lstm": 4})[kind]
        d = directions(bidirectional)
        if turned:
            input_size, hidden = hidden, input_size
        sides = [width(layer, input_size, hidden, 2 if bidirectional else 1) for layer in layered(layers)]
        if one is not None:
            return sum(d * one(each, side, hidden) for side in sides)
        if first_single:
            return sum((d if n else 1) * each * hidden * (side + hidden + 2) for n, side in enumerate(sides))
        if biases_once:
            return sum(d * each * hidden * (side + hidden) for side in sides) + 2 * each * hidden
        return sum(d * each * hidden * (side + inner(hidden, d) + biases) for side in sides)

    return answer


COUNT_WEIGHTS = Exercise(
    id="gated_rnn.count_weights",
    lesson="07",
    title="Count the weights",
    reference=gated_rnn.count_weights,
    cases=_count_cases,
    run=_run_count,
    forbids=READY_LAYERS,
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "one_bias",
            _counted(biases=1),
            "You count one bias for each block. The formula needs only one, but PyTorch keeps two and adds them.",
        ),
        Misconception(
            "no_bias",
            _counted(biases=0),
            "The biases are missing: two for each row of the weights.",
        ),
        Misconception(
            "three_gates",
            _counted({"rnn": 1, "gru": 2, "lstm": 3}),
            "You count the gates only. The candidate has a W, a U and biases of its own: one block more.",
        ),
        Misconception(
            "gru_like_lstm",
            _counted({"rnn": 1, "gru": 4, "lstm": 4}),
            "The LSTM is right; the GRU has a block too many. It has two gates and a candidate.",
        ),
        Misconception(
            "two_blocks_in_a_gru",
            _counted({"rnn": 1, "gru": 2, "lstm": 4}),
            "RNN and LSTM are right; the GRU has a block too few: two gates and a candidate are three.",
        ),
        Misconception(
            "three_blocks_in_an_lstm",
            _counted({"rnn": 1, "gru": 3, "lstm": 3}),
            "RNN and GRU are right; the LSTM has a block too few: three gates and a candidate are four.",
        ),
        Misconception(
            "kinds_exchanged",
            _counted({"rnn": 1, "gru": 4, "lstm": 3}),
            "The RNN is right; GRU and LSTM have changed places: a GRU has three blocks, an LSTM four.",
        ),
        Misconception(
            "widths_exchanged",
            _counted(turned=True),
            "input_size and hidden have changed places. W is (hidden, input_size), U (hidden, hidden).",
        ),
        Misconception(
            "no_state_weights",
            _counted(inner=lambda h, d: 0),
            "You count W and the biases; U, (hidden, hidden) in each block, is missing.",
        ),
        Misconception(
            "biases_once",
            _counted(biases_once=True),
            "The biases are counted once in all. Every layer has its own, in each direction.",
        ),
        Misconception(
            "biases_once_a_layer",
            _counted(one=lambda each, side, h: each * h * (side + h) + 2 * h),
            "The RNN is right. With gates you count two biases for a whole layer, and each block has two of its own.",
        ),
        Misconception(
            "biases_of_one_number",
            _counted(one=lambda each, side, h: each * (h * (side + h) + 2)),
            "Your two biases of a block are one number each. A bias has as many numbers as the block has rows: look at"
            " the brackets.",
        ),
        Misconception(
            "top_layer_missing",
            _counted(layered=lambda layers: range(layers - 1)),
            "One layer gives 0: the topmost is not counted. `range(n)` ends at n − 1 by itself.",
        ),
        Misconception(
            "lowest_layer_missing",
            _counted(layered=lambda layers: range(1, layers)),
            "One layer gives 0: the lowest is not counted. Layers begin at 0.",
        ),
        Misconception(
            "first_layer_single",
            _counted(first_single=True),
            "The lowest layer is counted in one direction only. With two directions every layer has all its weights"
            " twice.",
        ),
        Misconception(
            "upper_layers_always_read_both",
            _counted(width=lambda layer, n, h, d: n if layer == 0 else 2 * h),
            "Right, but for layers above one another with one direction: there a layer reads `hidden` numbers from the"
            " one below, not twice as many.",
        ),
        Misconception(
            "second_direction_ignored",
            _counted(directions=lambda both: 1, width=lambda layer, n, h, d: n if layer == 0 else h),
            "`bidirectional` changes nothing: you count one direction always.",
        ),
        Misconception(
            "one_block",
            _counted({"rnn": 1, "gru": 1, "lstm": 1}),
            "You count every layer as a plain RNN: one W, one U. Each gate has its own.",
        ),
        Misconception(
            "one_direction",
            _counted(directions=lambda both: 1),
            "The second direction is missing: it has all the weights once more.",
        ),
        Misconception(
            "upper_layers_read_the_input",
            _counted(width=lambda layer, n, h, d: n),
            "Every layer is counted as if it read x. From the second on, a layer reads the outputs of the one below.",
        ),
        Misconception(
            "lowest_layer_reads_states",
            _counted(width=lambda layer, n, h, d: d * h),
            "The lowest layer is counted as if it read outputs of a layer below. It reads x, which is input_size wide.",
        ),
        Misconception(
            "upper_layers_read_one_direction",
            _counted(width=lambda layer, n, h, d: n if layer == 0 else h),
            "Right but for layers above a bidirectional one: they read the outputs of both directions, side by side.",
        ),
        Misconception(
            "one_layer",
            _counted(layered=lambda layers: range(1)),
            "Only the lowest layer is counted: `layers` changes nothing.",
        ),
        Misconception(
            "wide_states",
            _counted(inner=lambda h, d: h * d),
            "With two directions your U is too wide: each direction reads its own state only, `hidden` numbers.",
        ),
    ),
    hints=(
        "Count one block first: W, U, and two biases. How many numbers has each?",
        "A block is hidden · (width of what it reads + hidden + 2). How many blocks has a kind? What does a second"
        " layer read?",
        "Add up over the layers: directions · blocks · hidden · (width + hidden + 2), where width is input_size for the"
        " first layer and directions · hidden above.",
    ),
)

# --------------------------------------------------------------------------------------- 9 · both directions


def _cell(rng: np.random.Generator, kind: Callable[..., nn.Module], input_size: int, hidden: int) -> nn.Module:
    return randomised(rng, kind(input_size, hidden, batch_first=True), 0.8)


def _both_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, kind: Callable[..., nn.Module], *sizes: int, double: bool = False) -> Case:
        batch, length, input_size, hidden, other = sizes
        x = normal(rng, batch, length, input_size)
        cells = _cell(rng, kind, input_size, hidden), _cell(rng, kind, input_size, other)
        if double:
            x, cells = x.double(), (cells[0].double(), cells[1].double())
        named = dict(zip(("batch", "length", "input_size", "hidden", "other"), sizes, strict=True))
        return Case({"x": x, "forwards": cells[0], "backwards": cells[1]}, about, named)

    return [
        case("two LSTMs", nn.LSTM, 2, 3, 4, 5, 5),
        case("two LSTMs of different width", nn.LSTM, 3, 4, 2, 6, 5),
        case("one sequence of one step", nn.RNN, 1, 1, 3, 2, 4),
        case("two GRUs", nn.GRU, 4, 5, 3, 2, 2),
        case("one long sequence", nn.RNN, 1, 7, 2, 3, 3),
        case("float64", nn.LSTM, 3, 5, 4, 2, 2, double=True),
    ]


def _run_both(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Values and gradients.

    Raises:
        Told: a layer is in eval mode afterwards.
    """
    found = values_and_gradients(answer, inputs, case)
    for name in ("forwards", "backwards"):
        if not inputs[name].training:
            raise Told(f"`{name}` was in training mode, and is in eval mode afterwards: only call it.")
    return found


BOTH_DIRECTIONS = Exercise(
    id="gated_rnn.both_directions",
    lesson="07",
    title="Read from both sides",
    reference=gated_rnn.both_directions,
    cases=_both_cases,
    run=_run_both,
    judge=judge_tensors("outputs"),
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "not_turned_back",
            lambda x, forwards, backwards: torch.cat([forwards(x)[0], backwards(x.flip(1))[0]], dim=2),
            "The left half is right. The right half stands in the wrong order: at step 0 it has what was known of the"
            " last word alone. Turn the outputs back after reading.",
        ),
        Misconception(
            "both_forwards",
            lambda x, forwards, backwards: torch.cat([forwards(x)[0], backwards(x)[0]], dim=2),
            "Both read from left to right. The second one should get the steps in the other order; they are dimension 1"
            " (dimension 0, the batch, only decides which text is read first).",
        ),
        Misconception(
            "only_outputs_turned",
            lambda x, forwards, backwards: torch.cat([forwards(x)[0], backwards(x)[0].flip(1)], dim=2),
            "The second one reads from left to right, and only its outputs are turned round. Turn x before, and the"
            " outputs after.",
        ),
        Misconception(
            "halves_exchanged",
            lambda x, forwards, backwards: torch.cat([backwards(x.flip(1))[0].flip(1), forwards(x)[0]], dim=2),
            "Both halves are right, and have changed places: first the one that reads from the left.",
        ),
        Misconception(
            "features_turned",
            lambda x, forwards, backwards: torch.cat([forwards(x)[0], backwards(x.flip(2))[0].flip(2)], dim=2),
            "Dimension 2 is turned round: the numbers within each vector. The steps are dimension 1.",
        ),
        Misconception(
            "features_turned_once",
            lambda x, forwards, backwards: torch.cat([forwards(x)[0], backwards(x.flip(-1))[0]], dim=2),
            "The second one reads from left to right, and of every vector the numbers from behind: the last dimension"
            " is turned. The steps are dimension 1.",
        ),
        Misconception(
            "whole_result_turned",
            lambda x, forwards, backwards: torch.cat([forwards(x)[0], backwards(x.flip(1))[0]], dim=2).flip(1),
            "The right half is right. But you turn the whole result round, and the left half was in order: turn the"
            " outputs of the second layer alone.",
        ),
        Misconception(
            "same_layer_twice",
            lambda x, forwards, backwards: torch.cat([forwards(x)[0], forwards(x.flip(1))[0].flip(1)], dim=2),
            "One layer reads in both directions, and the other takes no part. Each direction has weights of its own.",
        ),
        Misconception(
            "layers_exchanged",
            lambda x, forwards, backwards: torch.cat([backwards(x)[0], forwards(x.flip(1))[0].flip(1)], dim=2),
            "The two layers have changed places: `forwards` is to read from the left.",
        ),
        Misconception(
            "one_after_the_other",
            lambda x, forwards, backwards: (
                torch.cat([forwards(x)[0], backwards(x.flip(1))[0].flip(1)], dim=0)
                if forwards.hidden_size == backwards.hidden_size
                else torch.zeros(0)
            ),
            "The outputs are put together along the batch. Each step should get one longer vector: dimension 2.",
        ),
        Misconception(
            "last_state_everywhere",
            lambda x, forwards, backwards: torch.cat(
                [forwards(x)[0], backwards(x.flip(1))[0][:, -1:].expand(-1, x.shape[1], -1)], dim=2
            ),
            "The left half is right. On the right every step has the same vector, the second layer's last. Each step"
            " has its own.",
        ),
        Misconception(
            "other_one_turned",
            lambda x, forwards, backwards: torch.cat([forwards(x.flip(1))[0].flip(1), backwards(x)[0]], dim=2),
            "`forwards` reads from the right and `backwards` from the left: x is turned for the wrong one.",
        ),
        Misconception(
            "present_word_left_out",
            lambda x, forwards, backwards: torch.cat(
                [forwards(x)[0], backwards(x.flip(1))[0].flip(1).roll(-1, 1)], dim=2
            ),
            "The left half is right. The right half is one step off: at step t it shows what the second layer says of"
            " step t + 1. It should have read x_t too.",
        ),
        Misconception(
            "last_steps_only",
            lambda x, forwards, backwards: torch.cat([forwards(x)[0][:, -1], backwards(x.flip(1))[0][:, -1]], dim=1),
            "You return one vector for each sequence: what each layer knows at its end. Asked is one for each step.",
        ),
        Misconception(
            "two_things",
            lambda x, forwards, backwards: (forwards(x)[0], backwards(x.flip(1))[0].flip(1)),
            "Both halves are right, and lie apart: lay them side by side in one tensor.",
        ),
        Misconception(
            "left_only",
            lambda x, forwards, backwards: forwards(x)[0],
            "Only the direction from the left is there. The vector of each step should have both.",
        ),
    ),
    hints=(
        "Three things: read x, read x turned round, and lay the outputs side by side.",
        "`x.flip(1)` turns the steps round. What the second layer says of the last word stands first in its outputs:"
        " where does it belong?",
        "`torch.cat([forwards(x)[0], backwards(x.flip(1))[0].flip(1)], dim=2)`.",
    ),
)

# ------------------------------------------------------------------------------------------- 10 · the stack


def _stack_case(
    rng: np.random.Generator,
    about: str,
    batch: int,
    length: int,
    width: int,
    layers: int,
    states: bool,
    double: bool = False,
) -> Case:
    kind = torch.float64 if double else torch.float32
    weights: dict[str, Tensor] = {}
    for layer in range(layers):
        weights[f"norms.{layer}.weight"] = 1 + 0.5 * normal(rng, width)
        weights[f"norms.{layer}.bias"] = normal(rng, width, std=0.5)
        for name, shape in (("weight_ih", (width,)), ("weight_hh", (width,)), ("bias_ih", ()), ("bias_hh", ())):
            weights[f"cells.{layer}.{name}_l0"] = normal(rng, 4 * width, *shape, std=0.8)
    pairs = [tuple(0.5 * normal(rng, 1, batch, width).to(kind) for _ in range(2)) for _ in range(layers)]
    inputs = {
        "width": width,
        "layers": layers,
        "x": normal(rng, batch, length, width, std=2.0).to(kind),
        "states": pairs if states else None,
    }
    sizes = {"batch": batch, "length": length, "width": width, "layers": layers}
    return Case(inputs, about, sizes, {"state": {n: w.to(kind) for n, w in weights.items()}})


def _stack_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _stack_case(rng, "one layer", 2, 3, 4, 1, False),
        _stack_case(rng, "two layers", 3, 4, 5, 2, False),
        _stack_case(rng, "three layers, going on from states", 2, 5, 4, 3, True),
        _stack_case(rng, "one sequence of one step, from states", 1, 1, 3, 2, True),
        _stack_case(rng, "four layers", 5, 3, 6, 4, False),
        _stack_case(rng, "float64, from states", 4, 2, 5, 3, True, double=True),
        _stack_case(rng, "float64, a fresh start", 4, 3, 5, 2, False, double=True),
    ]


def _run_stack(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """As `_run_layer`; the outputs and then h and c of every layer are the value."""
    stack, states = answer(inputs["width"], inputs["layers"]), inputs["states"]
    _one_a_layer(stack)
    parts = stack.modules() if isinstance(stack, nn.Module) else ()
    if any(isinstance(cell, nn.LSTM) and not cell.batch_first for cell in parts):
        raise Told("Your LSTMs were made without `batch_first=True`: they take the batch for the steps.")

    def pairs(given: Mapping[str, Any]) -> list[Any] | None:
        return states and [(given[f"h of layer {n}"], given[f"c of layer {n}"]) for n in range(len(states))]

    def call(stack: Any, given: Mapping[str, Any]) -> Any:
        before = pairs(given)
        kept = list(before or ())
        zeros = given["x"].new_zeros(1, len(given["x"]), inputs["width"])
        result = (
            stack(given["x"], before)
            if before
            else _fresh_start(lambda: stack(given["x"]), lambda: stack(given["x"], [(zeros, zeros)] * inputs["layers"]))
        )
        if before and (len(before) != len(kept) or any(now is not then for now, then in zip(before, kept))):
            raise Told(
                "Your forward changes the list `states` that it is given. The caller's own states are lost: make a new"
                " list for those after the last step."
            )
        return _outputs_and_states(result, inputs["layers"])

    flat = {f"{of} of layer {n}": s for n, pair in enumerate(states or ()) for of, s in zip("hc", pair, strict=True)}
    flat["x"] = inputs["x"]
    found = run_module(stack, flat, case, call)
    _weights_as_before(stack, case)
    inputs.update(x=flat["x"], states=pairs(flat))
    return found


def _one_a_layer(stack: Any) -> None:
    """Whether norms and cells are kept in two lists, where renaming would not help.

    Raises:
        Told: one is a plain list, or a single module where a list is due; or both are in one list of pairs.
    """
    kinds: dict[str, type[nn.Module]] = {"norms": nn.LayerNorm, "cells": nn.LSTM}
    parts: Mapping[str, Any] = vars(stack).get("_modules", {}) if isinstance(stack, nn.Module) else {}
    for name, kind in kinds.items():
        own = getattr(stack, name, None)
        if isinstance(own, (list, tuple)):
            raise Told(
                f"`{name}` is a plain list, so PyTorch does not see the layers in it. Put them in an nn.ModuleList."
            )
        single = [other for other, part in parts.items() if isinstance(part, kind)]
        if single == [name] or (own is None and len(single) == 1):
            raise Told(
                f"`{single[0]}` is one single {kind.__name__} for the whole stack. Each layer needs one of its own:"
                f" `{name}` is an nn.ModuleList with one {kind.__name__} a layer."
            )
    for other, part in parts.items():
        inside = list(part) if isinstance(part, (nn.ModuleList, nn.Sequential)) else []
        if inside and all(any(isinstance(m, kind) for m in inside[0].modules()) for kind in kinds.values()):
            raise Told(
                f"`{other}` is one list whose entries hold a norm and a cell each. That works as well, but the exercise"
                " asks for two lists, so that the weights have the names it gives: `norms` and `cells`, each an"
                " nn.ModuleList."
            )


def _judge_stack(case: Case, output: Any, expected: Any) -> Mismatch | None:
    """As `judge_tensors`, with the states called by their layers."""
    states = [f"{of} of layer {n}" for n in range(case.inputs["layers"]) for of in "hc"]
    return judge_tensors("outputs", *states)(case, output, expected)


def _outputs_and_states(result: Any, layers: int) -> Any:
    """(outputs, [(h, c), ...]) as one flat tuple.

    Raises:
        Told: it has another form.
    """
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Told("Your forward should return two things: the outputs, and the list of the layers' states.")
    outputs, states = result
    if not isinstance(states, (tuple, list)) or len(states) != layers:
        count = f"{len(states)} things" if isinstance(states, (tuple, list)) else f"a {type(states).__name__}"
        raise Told(
            f"The second thing should be a list with one state (h, c) for each of the {layers} layers, not {count}."
        )
    if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in states):
        raise Told("Each entry of the list of states should be a pair (h, c), as the layer's cell returns it.")
    return (outputs, *(tensor for pair in states for tensor in pair))


class _WrongStack(nn.Module):
    """The reference's parts; each wrong stack overrides what happens around one layer."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.cells = nn.ModuleList(nn.LSTM(width, width, batch_first=True) for _ in range(layers))

    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        found, after = self.cells[number](self.norms[number](x), state)
        return x + found, after

    def given(self, states: Any, number: int) -> Any:
        return None if states is None else states[number]

    def end(self, x: Tensor, first: Tensor, after: list[Any]) -> Any:
        return x, after

    def forward(self, x: Tensor, states: Any = None) -> Any:
        first, after = x, []
        for number in range(len(self.cells)):
            x, state = self.around(x, number, self.given(states, number))
            after.append(state)
        return self.end(x, first, after)


class _Parallel(_WrongStack):
    """Every layer reads the first x."""

    def forward(self, x: Tensor, states: Any = None) -> Any:
        total, after = x, []
        for number in range(len(self.cells)):
            found, state = self.cells[number](self.norms[number](x), self.given(states, number))
            total = total + found
            after.append(state)
        return total, after


class _LastWithoutSkip(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        found, after = self.cells[number](self.norms[number](x), state)
        return (found if number == len(self.cells) - 1 else x + found), after


class _FirstWithoutSkip(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        found, after = self.cells[number](self.norms[number](x), state)
        return (x + found if number else found), after


class _OldStates(_WrongStack):
    def forward(self, x: Tensor, states: Any = None) -> Any:
        outputs, after = super().forward(x, states)
        return outputs, after if states is None else states


class _GivenStatesReturned(_WrongStack):
    def forward(self, x: Tensor, states: Any = None) -> Any:
        return super().forward(x, states)[0], states


class _FirstWithoutNorm(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        found, after = self.cells[number](self.norms[number](x) if number else x, state)
        return x + found, after


class _NoNorm(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        found, after = self.cells[number](x, state)
        return x + found, after


class _PostNorm(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        found, after = self.cells[number](x, state)
        return self.norms[number](x + found), after


class _NormAfterCell(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        found, after = self.cells[number](x, state)
        return x + self.norms[number](found), after


class _SkipFromNorm(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        x = self.norms[number](x)
        found, after = self.cells[number](x, state)
        return x + found, after


class _OneNorm(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        found, after = self.cells[number](self.norms[0](x), state)
        return x + found, after


class _OneCell(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        found, after = self.cells[0](self.norms[number](x), state)
        return x + found, after


class _StateFromBelow(_WrongStack):
    """Each layer begins with the state that the layer below ended with."""

    def forward(self, x: Tensor, states: Any = None) -> Any:
        after: list[Any] = []
        for number in range(len(self.cells)):
            x, state = self.around(x, number, after[-1] if after else self.given(states, number))
            after.append(state)
        return x, after


class _OneSkip(_WrongStack):
    def around(self, x: Tensor, number: int, state: Any) -> tuple[Tensor, Any]:
        return self.cells[number](self.norms[number](x), state)

    def end(self, x: Tensor, first: Tensor, after: list[Any]) -> Any:
        return first + x, after


class _SkipFromInput(_WrongStack):
    def forward(self, x: Tensor, states: Any = None) -> Any:
        first, after = x, []
        for number in range(len(self.cells)):
            found, state = self.cells[number](self.norms[number](x), self.given(states, number))
            x = first + found
            after.append(state)
        return x, after


STACKED = Exercise(
    id="gated_rnn.stacked",
    lesson="07",
    title="Layers with skips and layer norm",
    reference=gated_rnn.StackedLSTM,
    cases=_stack_cases,
    run=_run_stack,
    judge=_judge_stack,
    points=4,
    minutes=15,
    difficulty=3,
    misconceptions=(
        Misconception(
            "no_skip",
            changed(
                _WrongStack, around=lambda self, x, number, state: self.cells[number](self.norms[number](x), state)
            ),
            "Each layer replaces x by its output: the skip connection is missing. Add what the layer found to what came"
            " in.",
        ),
        Misconception(
            "no_norm",
            _NoNorm,
            "The layers read x as it is: the norms take no part.",
        ),
        Misconception(
            "first_without_norm",
            _FirstWithoutNorm,
            "The first layer reads x as it is: its norm takes no part. (With one layer it is the only one.)",
        ),
        Misconception(
            "post_norm",
            _PostNorm,
            "The norm comes last, over the sum. Here it stands before the LSTM, and the sum stays as it is, so that"
            " nothing stands in the way of x.",
        ),
        Misconception(
            "norm_after_cell",
            _NormAfterCell,
            "The norm acts on what the LSTM returns. It belongs in front: the LSTM reads norm(x).",
        ),
        Misconception(
            "skip_from_norm",
            _SkipFromNorm,
            "You add the *normed* x to the output. The skip carries x itself, untouched; only the LSTM reads the norm.",
        ),
        Misconception(
            "one_norm",
            _OneNorm,
            "One layer is right; with more, all of them use the first norm. Each has its own.",
        ),
        Misconception(
            "one_cell",
            _OneCell,
            "One layer is right; with more, all of them use the first LSTM. Each has its own.",
        ),
        Misconception(
            "states_ignored",
            changed(_WrongStack, given=lambda self, states, number: None),
            "A fresh start is right; given states are ignored, so the text would begin anew in every chunk.",
        ),
        Misconception(
            "first_state_for_all",
            changed(_WrongStack, given=lambda self, states, number: None if states is None else states[0]),
            "A fresh start is right; of the given states every layer gets the first. Layer l goes on from states[l].",
        ),
        Misconception(
            "only_first_state_used",
            changed(
                _WrongStack,
                given=lambda self, states, number: None if states is None or number else states[number],
            ),
            "A fresh start is right; of the given states only the first is used, and the layers above begin anew. Layer"
            " l goes on from states[l].",
        ),
        Misconception(
            "given_states_detached",
            changed(
                _WrongStack,
                given=lambda self, states, number: (
                    None if states is None else tuple(part.detach() for part in states[number])
                ),
            ),
            "The numbers are right, and such a stack could learn; but given states are cut off from what made them"
            " (`detach`, `.data`). Whether the gradient stops between two chunks is for the caller to decide.",
        ),
        Misconception(
            "returned_states_detached",
            changed(
                _WrongStack,
                end=lambda self, x, first, after: (x, [tuple(part.detach() for part in state) for state in after]),
            ),
            "The numbers are right, and gradients flow through the outputs; the states that you return are cut off"
            " (`detach`, `.data`). Whether they flow from chunk to chunk is for the caller to decide.",
        ),
        Misconception(
            "states_turned",
            changed(
                _WrongStack,
                given=lambda self, states, number: None if states is None else states[len(self.cells) - 1 - number],
            ),
            "A fresh start is right; the given states go to the layers in the other order. The lowest comes first.",
        ),
        Misconception(
            "state_from_below",
            _StateFromBelow,
            "One layer is right; with more, each layer begins with the state that the layer below ended with. A layer"
            " has its own state, from states or fresh. (Is one name used for both?)",
        ),
        Misconception(
            "list_turned",
            changed(_WrongStack, end=lambda self, x, first, after: (x, after[::-1])),
            "The outputs are right; the list of states is turned round. The lowest layer comes first.",
        ),
        Misconception(
            "parallel",
            _Parallel,
            "One layer is right; with more, all of them read the very first x, side by side. Each should read what the"
            " layers below have made of it.",
        ),
        Misconception(
            "last_without_skip",
            _LastWithoutSkip,
            "The last layer has no skip connection: its output replaces x. (With one layer it is the only one.)",
        ),
        Misconception(
            "first_without_skip",
            _FirstWithoutSkip,
            "The first layer has no skip connection: its output replaces x. (With one layer it is the only one.)",
        ),
        Misconception(
            "norm_at_the_end",
            changed(_WrongStack, end=lambda self, x, first, after: (self.norms[-1](x), after)),
            "There is a norm too many, over the outputs. Norms stand in front of the LSTMs only.",
        ),
        Misconception(
            "old_states_returned",
            _OldStates,
            "The outputs are right; but when states are given, you return those same states instead of the new ones.",
        ),
        Misconception(
            "given_states_returned",
            _GivenStatesReturned,
            "You return `states` as you were given them, which is None at a fresh start. Return the list of the new"
            " ones, which the cells gave back.",
        ),
        Misconception(
            "only_h_taken",
            changed(
                _WrongStack,
                given=lambda self, states, number: (
                    None if states is None else (states[number][0], 0 * states[number][1])
                ),
            ),
            "A fresh start is right; of a given state every layer takes h, but its memory c starts from zero.",
        ),
        Misconception(
            "pairs_turned",
            changed(_WrongStack, end=lambda self, x, first, after: (x, [(c, h) for h, c in after])),
            "The outputs are right; the states are turned: (c, h) where (h, c) is due.",
        ),
        Misconception(
            "one_skip",
            _OneSkip,
            "One layer is right; with more, there is one skip around all of them together. Each layer has its own.",
        ),
        Misconception(
            "skip_from_input",
            _SkipFromInput,
            "One layer is right; with more, every skip starts at the very first x, so what a layer in between found is"
            " lost. Add to the x that came into *this* layer.",
        ),
    ),
    hints=(
        "In `__init__` two lists of layers, as the docstring names them: `nn.ModuleList(...)`. In `forward` a loop over"
        " both.",
        "In the loop: norm, cell with its own state, add. Keep the state that the cell returns in a new list.",
        "`found, state = cell(norm(x), None if states is None else states[number])`, then `x = x + found`.",
    ),
)

# ----------------------------------------------------------------------------------------------- registry

EXERCISES: tuple[Exercise, ...] = (
    GATE,
    NEW_MEMORY,
    LSTM_STEP,
    LSTM,
    DIRECT_PATH,
    OPEN_FORGET_GATES,
    GRU_STEP,
    COUNT_WEIGHTS,
    BOTH_DIRECTIONS,
    STACKED,
)
