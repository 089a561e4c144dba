"""Gradients of a recurrent network, term by term: back-propagation through time, its Jacobians, clipping.

The network and the letters are the lecture's. A state h_t reads an input x_t, an output o_t is made of the state, and a
loss L_t asks the output for the token y_t (in a language model, the next one: y_t = x_{t+1}):

    h_t = σ(W x_t + U h_{t−1} + b_h)      o_t = V h_t + b_v      L_t = −log softmax(o_t)_{y_t}      L = Σ_t L_t

`hidden` is the width of h, `inputs` that of x, `vocabulary` that of o, and m the number of steps. So U is (hidden,
hidden), W (hidden, inputs), V (vocabulary, hidden). Steps are counted from 1 as in the lecture: row t of `states`
(m + 1, hidden) is h_t, because row 0 is h_0. What has no step 0 (outputs, losses, their gradients) has m rows, and row
t − 1 belongs to step t.

σ stands for any activation here: "sigmoid", "tanh" or "relu". The gradient of a number has the shape of what it is
taken by. A Jacobian ∂a/∂b has a row for each entry of a and a column for each of b.

Sources: Werbos 1990, "Backpropagation Through Time: What It Does and How to Do It" (Proceedings of the IEEE 78);
Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks" (ICML, arXiv:1211.5063),
sections 1.1, 2 and 3.2.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "ACTIVATIONS",
    "RUNGS",
    "STEEPEST",
    "Ladder",
    "PlainRNN",
    "Run",
    "Rung",
    "bptt",
    "bptt_term",
    "climb",
    "clip_gradients",
    "clip_vector",
    "direct_term",
    "jacobian_norms",
    "mean_by_distance",
    "norm_bound",
    "one_unit_loss",
    "output_gradients",
    "random_weights",
    "recurrent_matrix",
    "rungs_by_autograd",
    "rungs_by_hand",
    "slope",
    "state_jacobian",
    "step_jacobian",
    "unroll",
]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
}
STEEPEST: dict[str, float] = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}
"""The largest slope of each activation, γ in Pascanu et al. 2013, section 2.1."""

# ------------------------------------------------------------------------------------------ exercises: the double sum


def output_gradients(outputs: Tensor, targets: Tensor) -> Tensor:
    """∂L_t/∂o_t at every step, for L_t = −log softmax(o_t)_{y_t}.

    Args:
        outputs: (m, vocabulary), row t − 1 is o_t.
        targets: (m,), int64, the tokens y_t asked for.

    Returns:
        (m, vocabulary): the probabilities softmax(o_t), less one at the token asked for.
    """
    ### BEGIN SOLUTION
    gradients = torch.softmax(outputs, dim=1)  # a new tensor: the outputs stay as they are
    gradients[torch.arange(len(targets)), targets] -= 1
    return gradients
    ### END SOLUTION


def slope(state: Tensor, activation: str = "sigmoid") -> Tensor:
    """σ′(z), written with the state h = σ(z) alone: what the forward pass has kept is enough.

    Args:
        state: any shape, values of the activation.
        activation: "sigmoid" (h(1 − h)), "tanh" (1 − h²) or "relu" (1 where h > 0, else 0).

    Returns:
        The same shape and type as `state`.

    Raises:
        ValueError: for another activation.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"The activation must be one of {', '.join(ACTIVATIONS)}, not {activation!r}.")
    ### BEGIN SOLUTION
    if activation == "sigmoid":
        return state * (1 - state)
    if activation == "tanh":
        return 1 - state**2
    return (state > 0).to(state.dtype)
    ### END SOLUTION


def step_jacobian(state: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    """∂h_j/∂h_{j−1} = diag(σ′(z_j)) U: how one step back moves the state.

    Args:
        state: (hidden,), h_j, the state *after* the step.
        U: (hidden, hidden).
        activation: as in `slope`.

    Returns:
        (hidden, hidden): row i, column l is ∂h_{j,i}/∂h_{j−1,l}.

    Pascanu et al. 2013, section 2.1, for the lecture's form of the network.
    """
    ### BEGIN SOLUTION
    return torch.diag(slope(state, activation)) @ U
    ### END SOLUTION


def state_jacobian(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    """∂h_t/∂h_k = (∂h_t/∂h_{t−1}) (∂h_{t−1}/∂h_{t−2}) … (∂h_{k+1}/∂h_k): the product over j = k + 1 … t.

    The latest step stands on the left: matrices do not commute.

    Args:
        states: (m + 1, hidden), row j is h_j.
        U: (hidden, hidden).
        t, k: two steps, from 0 to m.
        activation: as in `slope`.

    Returns:
        (hidden, hidden): the identity for t = k; zeros for k > t, since nothing depends on its future.

    Pascanu et al. 2013, section 1.1, equation 5 (there transposed).
    """
    ### BEGIN SOLUTION
    if k > t:
        return torch.zeros_like(U)
    product = torch.eye(len(U), dtype=U.dtype)
    for j in range(k + 1, t + 1):
        product = step_jacobian(states[j], U, activation) @ product
    return product
    ### END SOLUTION


def direct_term(state: Tensor, previous: Tensor, activation: str = "sigmoid") -> Tensor:
    """∂⁺h_k/∂U: how U moves h_k within step k alone, with h_{k−1} held fixed.

    The lecture writes ∂h_k/∂U with a round ∂, and dh_k/dU for the whole. Entry [i, a, b] is ∂⁺h_{k,i}/∂U_{ab}: the
    weight U_{ab} reaches unit a only, so it is σ′(z_{k,i}) h_{k−1,b} for i = a, and 0 otherwise.

    Args:
        state: (hidden,), h_k.
        previous: (hidden,), h_{k−1}.
        activation: as in `slope`.

    Returns:
        (hidden, hidden, hidden).

    Pascanu et al. 2013, section 1.1: the "immediate" partial derivative.
    """
    ### BEGIN SOLUTION
    return torch.diag(slope(state, activation))[:, :, None] * previous
    ### END SOLUTION


def bptt_term(state_gradient: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    """One term of the double sum: (∂L_t/∂h_t) (∂h_t/∂h_k) (∂⁺h_k/∂U), what U did at step k to the loss at step t.

    Args:
        state_gradient: (hidden,), ∂L_t/∂h_t for this t.
        states: (m + 1, hidden), row j is h_j.
        U: (hidden, hidden).
        t, k: the step of the loss and the step at which U acted, from 1 to m.
        activation: as in `slope`.

    Returns:
        (hidden, hidden), the shape of U; zeros for k > t.
    """
    ### BEGIN SOLUTION
    arrived = state_gradient @ state_jacobian(states, U, t, k, activation)  # (hidden,): ∂L_t/∂h_k
    return torch.einsum("i,iab->ab", arrived, direct_term(states[k], states[k - 1], activation))
    ### END SOLUTION


def bptt(state_gradients: Tensor, states: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    """dL/dU, all terms of the double sum together, in one pass from the last step to the first.

    On its way back the pass carries one vector: the gradient of all losses from step k on with respect to h_k.

    Args:
        state_gradients: (m, hidden), row t − 1 is ∂L_t/∂h_t, through o_t alone.
        states: (m + 1, hidden), row j is h_j.
        U: (hidden, hidden).
        activation: as in `slope`.

    Returns:
        (hidden, hidden), the shape of U.

    Werbos 1990; the cost grows with m, while that of the double sum grows with m² and more.
    """
    ### BEGIN SOLUTION
    total, carried = torch.zeros_like(U), torch.zeros_like(states[0])
    for k in range(len(states) - 1, 0, -1):
        before = (carried + state_gradients[k - 1]) * slope(states[k], activation)  # (hidden,): dL/dz_k
        total = total + torch.outer(before, states[k - 1])
        carried = before @ U  # (hidden,): what reaches h_{k−1} through step k
    return total
    ### END SOLUTION


# --------------------------------------------------------------------------------------- exercises: norms and clipping


def norm_bound(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
    """What ‖∂h_t/∂h_k‖ cannot exceed for t − k = steps, whatever is read: (γ ‖U‖)^steps.

    ‖U‖ is the spectral norm, the largest factor by which U stretches a vector; γ is the largest slope of the
    activation, 1/4 for the sigmoid and 1 for tanh and ReLU.

    Args:
        U: (hidden, hidden).
        steps: t − k, 0 or more.
        activation: "sigmoid", "tanh" or "relu".

    Returns:
        A number; 1 for no steps.

    Pascanu et al. 2013, section 2.1.
    """
    ### BEGIN SOLUTION
    steepest = 0.25 if activation == "sigmoid" else 1.0
    return (steepest * float(torch.linalg.matrix_norm(U, ord=2))) ** steps
    ### END SOLUTION


def clip_vector(gradient: Tensor, max_norm: float) -> Tensor:
    """g ← min(1, max_norm / ‖g‖) · g: shorten a gradient that is too long, and keep its direction.

    Args:
        gradient: (n,).
        max_norm: the length allowed, above 0.

    Returns:
        (n,): the gradient itself if its norm is max_norm or less (also if it is zero), else a new tensor of norm
        max_norm. `gradient` is not changed.

    Pascanu et al. 2013, algorithm 1.
    """
    ### BEGIN SOLUTION
    norm = gradient.norm()
    return gradient * (max_norm / norm) if norm > max_norm else gradient.clone()
    ### END SOLUTION


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> Tensor:
    """Clip the gradients of a whole model, in place: all of them together count as one long vector.

    Args:
        parameters: what has been through `backward()`, such as `model.parameters()`; possibly a generator, which can
            be read once only. A parameter whose `.grad` is None is passed over.
        max_norm: the length allowed, above 0.

    Returns:
        The norm of all gradients together *before* clipping, a tensor with one number; 0 if there are none.

    Pascanu et al. 2013, algorithm 1; as `torch.nn.utils.clip_grad_norm_`, which divides by the norm + 1e-6.
    """
    ### BEGIN SOLUTION
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()  # a norm of norms is that of the whole
    if norm > max_norm:
        for gradient in gradients:
            gradient.mul_(max_norm / norm)
    return norm
    ### END SOLUTION


# ---------------------------------------------------------------------------------------------- the network, unrolled


@dataclasses.dataclass(frozen=True)
class Run:
    """A network that has read a sequence, with everything that its gradients are made of.

    Attributes:
        weights: "U", "W", "V", "b_h", "b_v".
        x: (m, inputs).
        targets: (m,), int64.
        activation: "sigmoid", "tanh" or "relu".
        states: (m + 1, hidden), row t is h_t.
        outputs: (m, vocabulary), row t − 1 is o_t.
        losses: (m,), entry t − 1 is L_t.
    """

    weights: Mapping[str, Tensor]
    x: Tensor
    targets: Tensor
    activation: str
    states: Tensor
    outputs: Tensor
    losses: Tensor

    @property
    def steps(self) -> int:
        """m."""
        return len(self.x)


def random_weights(
    hidden: int, inputs: int, vocabulary: int, seed: int = 0, spread: float = 1.0, dtype: torch.dtype = torch.float32
) -> dict[str, Tensor]:
    """Weights of a network: normal numbers, divided by the root of what they are summed over; biases are small.

    Args:
        hidden, inputs, vocabulary: the sizes, each at least 1.
        seed: the same seed gives the same weights.
        spread: multiplies U.
        dtype: of all of them.
    """
    numbers = torch.Generator().manual_seed(seed)

    def normal(*shape: int, scale: float = 1.0) -> Tensor:
        return scale * torch.randn(*shape, generator=numbers, dtype=dtype) / math.sqrt(shape[-1])

    return {
        "U": normal(hidden, hidden, scale=spread),
        "W": normal(hidden, inputs),
        "V": normal(vocabulary, hidden),
        "b_h": 0.1 * normal(hidden),
        "b_v": 0.1 * normal(vocabulary),
    }


def unroll(
    weights: Mapping[str, Tensor],
    x: Tensor,
    targets: Tensor,
    activation: str = "sigmoid",
    initial: Tensor | None = None,
) -> Run:
    """Read one sequence: h_t = σ(W x_t + U h_{t−1} + b_h), o_t = V h_t + b_v, L_t = −log softmax(o_t)_{y_t}.

    Args:
        weights: "U" (hidden, hidden), "W" (hidden, inputs), "V" (vocabulary, hidden), "b_h" (hidden,), "b_v"
            (vocabulary,).
        x: (m, inputs), at least one step.
        targets: (m,), int64, y_t.
        activation: "sigmoid", "tanh" or "relu".
        initial: (hidden,), h_0; zeros if None.

    Raises:
        ValueError: for no steps, another number of targets, or another activation.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"The activation must be one of {', '.join(ACTIVATIONS)}, not {activation!r}.")
    if len(x) < 1 or len(targets) != len(x):
        raise ValueError(f"Needs at least one step and a target for each, not {len(x)} steps and {len(targets)}.")
    U, W, V, b_h, b_v = (weights[name] for name in ("U", "W", "V", "b_h", "b_v"))
    states = [torch.zeros_like(b_h) if initial is None else initial]
    for step in x:
        states.append(ACTIVATIONS[activation](W @ step + U @ states[-1] + b_h))
    path = torch.stack(states)
    outputs = path[1:] @ V.T + b_v
    losses = F.cross_entropy(outputs, targets, reduction="none")
    return Run(weights, x, targets, activation, path, outputs, losses)


# --------------------------------------------------------------------------------------------------------- the ladder

RUNGS = ("∂L_t/∂o_t", "∂L_t/∂h_t", "∂h_t/∂h_{t−1}", "∂h_t/∂h_k", "∂⁺h_k/∂U", "term (t, k)", "dL/dU")
"""The intermediates of back-propagation through time: none is made of one that stands after it."""


def rungs_by_autograd(run: Run) -> dict[str, Tensor]:
    """What PyTorch finds for every rung of the ladder.

    PyTorch gives dL/dU as one sum. To see its terms, each step k gets a copy U_k of the matrix, with the same numbers:
    the gradient of L_t with respect to U_k is then the term (t, k), and nothing else.

    Returns:
        rung → tensor: "∂L_t/∂o_t" (m, vocabulary), "∂L_t/∂h_t" (m, hidden), "∂h_t/∂h_{t−1}" (m, hidden, hidden),
        "∂h_t/∂h_k" (m, m, hidden, hidden), "∂⁺h_k/∂U" (m, hidden, hidden, hidden), "term (t, k)" (m, m, hidden,
        hidden), "dL/dU" (hidden, hidden). Row t − 1 and column k − 1 belong to the steps t and k.
    """
    U, W, V, b_h, b_v = (run.weights[name].detach() for name in ("U", "W", "V", "b_h", "b_v"))
    m, activate = run.steps, ACTIVATIONS[run.activation]
    with torch.enable_grad():
        copies = [U.clone().requires_grad_() for _ in range(m)]
        states = [run.states[0].detach().clone().requires_grad_()]
        for copy, step in zip(copies, run.x.detach()):
            states.append(activate(W @ step + copy @ states[-1] + b_h))
        outputs = [V @ state + b_v for state in states[1:]]
        losses = [F.cross_entropy(o[None], y[None]) for o, y in zip(outputs, run.targets)]

        def each(loss: Tensor, places: list[Tensor]) -> Tensor:
            return torch.stack([_gradient(loss, place) for place in places])

        def jacobian(state: Tensor, place: Tensor) -> Tensor:
            return torch.stack([_gradient(entry, place) for entry in state])

        shared = U.clone().requires_grad_()
        whole = unroll({**run.weights, "U": shared}, run.x, run.targets, run.activation, run.states[0]).losses.sum()
        return {
            "∂L_t/∂o_t": torch.stack([_gradient(loss, o) for loss, o in zip(losses, outputs)]),
            "∂L_t/∂h_t": torch.stack([_gradient(loss, h) for loss, h in zip(losses, states[1:])]),
            "∂h_t/∂h_{t−1}": torch.stack([jacobian(states[t], states[t - 1]) for t in range(1, m + 1)]),
            "∂h_t/∂h_k": torch.stack(
                [torch.stack([jacobian(state, earlier) for earlier in states[1:]]) for state in states[1:]]
            ),
            "∂⁺h_k/∂U": torch.stack([jacobian(state, copy) for state, copy in zip(states[1:], copies)]),
            "term (t, k)": torch.stack([each(loss, copies) for loss in losses]),
            "dL/dU": _gradient(whole, shared),
        }


def _gradient(number: Tensor, place: Tensor) -> Tensor:
    """∂number/∂place, zeros where it does not depend on it."""
    if number is place:
        return torch.ones_like(place)
    (found,) = torch.autograd.grad(number, place, retain_graph=True, allow_unused=True)
    return torch.zeros_like(place) if found is None else found


def rungs_by_hand(run: Run, **functions: Callable[..., Any]) -> dict[str, Tensor]:
    """The same rungs from the formulas of this module, or from yours: each is made of rungs before it in `RUNGS`.

    Args:
        run: from `unroll`.
        functions: your versions of `output_gradients`, `step_jacobian`, `state_jacobian`, `direct_term`, `bptt_term`
            or `bptt`, by name. What is not given is put together from the rungs before it, so that a mistake in one
            shows in all that are made of it.

    Returns:
        As `rungs_by_autograd`.

    Raises:
        ValueError: for a function of another name.
    """
    known = ("output_gradients", "step_jacobian", "state_jacobian", "direct_term", "bptt_term", "bptt")
    unknown = sorted(set(functions) - set(known))
    if unknown:
        raise ValueError(f"There is no rung made by {unknown[0]!r}: choose from {', '.join(known)}.")
    states, U, kind, m = run.states.detach(), run.weights["U"].detach(), run.activation, run.steps
    asked = functions.get("output_gradients", output_gradients)(run.outputs.detach(), run.targets)
    pulls = asked @ run.weights["V"].detach()
    one = functions.get("step_jacobian", step_jacobian)
    steps = torch.stack([one(states[t], U, kind) for t in range(1, m + 1)])
    several = functions.get("state_jacobian", lambda states, U, t, k, kind: _product(steps, t, k))
    products = torch.stack(
        [torch.stack([several(states, U, t, k, kind) for k in range(1, m + 1)]) for t in range(1, m + 1)]
    )
    own = functions.get("direct_term", direct_term)
    direct = torch.stack([own(states[k], states[k - 1], kind) for k in range(1, m + 1)])
    if "bptt_term" in functions:
        term = functions["bptt_term"]
        terms = torch.stack(
            [torch.stack([term(pulls[t - 1], states, U, t, k, kind) for k in range(1, m + 1)]) for t in range(1, m + 1)]
        )
    else:
        terms = torch.einsum("ti,tkij,kjab->tkab", pulls, products, direct)
    total = functions["bptt"](pulls, states, U, kind) if "bptt" in functions else terms.sum(dim=(0, 1))
    return dict(zip(RUNGS, (asked, pulls, steps, products, direct, terms, total)))


def _product(steps: Tensor, t: int, k: int) -> Tensor:
    """The product of the Jacobians of the steps k + 1 … t, the latest on the left; zeros for k > t."""
    product = torch.eye(steps.shape[-1], dtype=steps.dtype) * (k <= t)
    for j in range(k + 1, t + 1):
        product = steps[j - 1] @ product
    return product


@dataclasses.dataclass(frozen=True)
class Rung:
    """One rung: its name, its largest error, and whether that is small.

    The error is a share: at each step, or pair of steps, the largest difference over the largest number expected there.
    So a far term, small as it is, counts as much as a near one. `where` is the step of the largest error, such as "t =
    3, k = 1"; empty for a rung without steps, or one of another shape.
    """

    name: str
    error: float
    right: bool
    where: str = ""


@dataclasses.dataclass(frozen=True)
class Ladder:
    """All rungs compared, from the loss to dL/dU. The first wrong one is where the bug is."""

    rungs: tuple[Rung, ...]

    @property
    def first_wrong(self) -> str | None:
        """The name of the first rung that differs; None if all agree."""
        return next((rung.name for rung in self.rungs if not rung.right), None)

    def __str__(self) -> str:
        lines = []
        for rung in self.rungs:
            size = "another shape" if math.isinf(rung.error) else f"off by {rung.error:.0e}"
            where = f" at {rung.where}" if rung.where and not rung.right else ""
            mark = "ok   " if rung.right else "WRONG"
            bug = "   <- look here" if rung.name == self.first_wrong else ""
            lines.append(f"{mark} {rung.name:14} {size}{where}{bug}")
        return "\n".join(lines)


def climb(mine: Mapping[str, Tensor], theirs: Mapping[str, Tensor], tolerance: float = 1e-4) -> Ladder:
    """Compare two computations of the same gradients, rung by rung.

    Args:
        mine: rung → tensor, such as `rungs_by_hand(run)`; rungs may be left out.
        theirs: rung → tensor, such as `rungs_by_autograd(run)`.
        tolerance: a rung is right if nowhere its error, as in `Rung`, is larger.

    Raises:
        ValueError: if the two have no rung in common.
    """
    shared = [name for name in theirs if name in mine]
    if not shared:
        raise ValueError(f"Nothing to compare: expected some of {', '.join(theirs)}.")
    return Ladder(tuple(_compare(name, mine[name], theirs[name], tolerance) for name in shared))


def _compare(name: str, mine: Tensor, theirs: Tensor, tolerance: float) -> Rung:
    if mine.shape != theirs.shape:
        return Rung(name, math.inf, False)
    pairs = name in ("∂h_t/∂h_k", "term (t, k)")
    steps = 2 if pairs else 0 if name == "dL/dU" else 1  # how many of the dimensions count steps
    gap = (mine - theirs).abs().nan_to_num(nan=math.inf).flatten(steps).amax(dim=-1)
    largest = theirs.abs().flatten(steps).amax(dim=-1)
    errors = gap / largest.where(largest > 0, 1.0)  # where nothing is expected, the difference itself
    error = float(errors.max())
    place = [int(n) + 1 for n in torch.unravel_index(errors.argmax(), errors.shape)]
    letters = "tk" if pairs else "k" if "k" in name else "t"
    where = ", ".join(f"{letter} = {step}" for letter, step in zip(letters, place))  # no steps: nothing to say
    return Rung(name, error, error <= tolerance, where)


# ------------------------------------------------------------------------------------------------------------- norms


def recurrent_matrix(hidden: int, kind: str = "normal", scale: float = 1.0, seed: int = 0) -> Tensor:
    """A random U: (hidden, hidden).

    Args:
        hidden: its size, at least 1.
        kind: "orthogonal" (U Uᵀ = I, times scale: every vector is stretched by exactly `scale`) or "normal" (entries
            of standard deviation scale / √hidden: the largest eigenvalues have a size of about `scale`, the spectral
            norm is about twice that).
        scale: a factor.
        seed: the same seed gives the same matrix.

    Raises:
        ValueError: for another kind or a size below 1.
    """
    if hidden < 1 or kind not in ("orthogonal", "normal"):
        raise ValueError(f'Needs a size of at least 1 and "orthogonal" or "normal", not {hidden} and {kind!r}.')
    drawn = torch.randn(hidden, hidden, generator=torch.Generator().manual_seed(seed))
    if kind == "normal":
        return scale * drawn / math.sqrt(hidden)
    q, r = torch.linalg.qr(drawn)
    return scale * q * r.diagonal().sign()  # with these signs every orthogonal matrix is equally likely


def jacobian_norms(states: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    """The spectral norm of ∂h_t/∂h_k for every pair of steps.

    Args:
        states: (m + 1, hidden), row t is h_t.
        U: (hidden, hidden).
        activation: as in `slope`.

    Returns:
        (m + 1, m + 1): row t, column k; 1 on the diagonal, NaN for k > t.
    """
    m = len(states) - 1
    norms = torch.full((m + 1, m + 1), math.nan, dtype=U.dtype)
    for k in range(m + 1):
        product = torch.eye(len(U), dtype=U.dtype)
        for t in range(k, m + 1):
            if t > k:
                product = step_jacobian(states[t], U, activation) @ product
            norms[t, k] = torch.linalg.matrix_norm(product, ord=2)
    return norms


def mean_by_distance(table: Tensor) -> Tensor:
    """The mean of each diagonal: entry d is the mean of table[t, k] over t − k = d. (n, n) → (n,)."""
    return torch.stack([table.diagonal(-d).mean() for d in range(len(table))])


# ----------------------------------------------------------------------------------------- cells and losses to look at


class PlainRNN(nn.Module):
    """h_t = σ(W x_t + U h_{t−1} + b_h), with any of the three activations, and called as `nn.RNN(batch_first=True)`.

    `nn.RNN` has no sigmoid. This one is for experiments: U starts as you want it.

    Args:
        inputs: width of x.
        hidden: width of h.
        activation: "sigmoid", "tanh" or "relu".
        U: (hidden, hidden), where it starts; None draws all weights evenly between ±1/√hidden, as `nn.RNN` does.

    Attributes:
        U, W, b_h: as in the formula; `hidden_size`: the width of h.

    Raises:
        ValueError: for another activation, or a U of another shape.
    """

    def __init__(self, inputs: int, hidden: int, activation: str = "tanh", U: Tensor | None = None) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"The activation must be one of {', '.join(ACTIVATIONS)}, not {activation!r}.")
        if U is not None and U.shape != (hidden, hidden):
            raise ValueError(f"U must have the shape {(hidden, hidden)}, not {tuple(U.shape)}.")
        self.hidden_size, self.activation = hidden, activation
        self.U, self.W = nn.Parameter(torch.empty(hidden, hidden)), nn.Parameter(torch.empty(hidden, inputs))
        self.b_h = nn.Parameter(torch.empty(hidden))
        for weight in (self.U, self.W, self.b_h):
            nn.init.uniform_(weight, -1 / math.sqrt(hidden), 1 / math.sqrt(hidden))
        if U is not None:
            with torch.no_grad():
                self.U.copy_(U)

    def forward(self, x: Tensor, initial: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read a batch.

        Args:
            x: (batch, length, inputs), at least one step.
            initial: (1, batch, hidden), h_0; zeros if None.

        Returns:
            states: (batch, length, hidden).
            last: (1, batch, hidden).
        """
        state = x.new_zeros(x.shape[0], self.hidden_size) if initial is None else initial[0]
        activate, turned, states = ACTIVATIONS[self.activation], self.U.T, []
        for read in (x @ self.W.T + self.b_h).unbind(dim=1):
            state = activate(torch.addmm(read, state, turned))  # two operations a step: this loop is the whole cost
            states.append(state)
        return torch.stack(states, dim=1), state[None]


def one_unit_loss(w: Tensor, b: Tensor, steps: int = 50, start: float = 0.62, target: float = 0.7) -> Tensor:
    """The loss of the smallest recurrent network: one unit without input, h_t = σ(w h_{t−1} + b), and (h_m − target)².

    Args:
        w, b: any shapes that broadcast.
        steps: m.
        start: h_0; 0.62 is σ(0.5).
        target: where h_m should be.

    Returns:
        The broadcast shape. Differentiable.

    The picture of Pascanu et al. 2013, section 2.3, where the unit is written with the activation inside.
    """
    state = torch.full_like(w + b, start)
    for _ in range(steps):
        state = torch.sigmoid(w * state + b)
    return (state - target) ** 2
