"""Answers to the exercises of lesson 06, written otherwise than the references: right ones and wrong ones.

None of them may call the reference of its own exercise; the engine would refuse it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from utils.rnn_gradients import direct_term, slope, state_jacobian, step_jacobian

# ---- output gradients


def output_gradients_loop(outputs: Tensor, targets: Tensor) -> Tensor:
    rows = []
    for output, target in zip(outputs, targets, strict=True):
        top = float(output.max())
        exps = [math.exp(float(o) - top) for o in output]
        rows.append([e / sum(exps) - (v == int(target)) for v, e in enumerate(exps)])
    return torch.tensor(rows, dtype=outputs.dtype)


def output_gradients_one_hot(o: Tensor, y: Tensor) -> Tensor:
    return (o - o.logsumexp(1, keepdim=True)).exp() - F.one_hot(y, o.shape[1])


def output_gradients_float64(outputs: Tensor, targets: Tensor) -> Tensor:
    return outputs.double().softmax(-1).scatter_add(1, targets[:, None], -torch.ones(len(targets), 1).double())


def output_gradients_by_autograd(outputs: Tensor, targets: Tensor) -> Tensor:
    leaf = outputs.clone().requires_grad_()
    F.cross_entropy(leaf, targets, reduction="sum").backward()
    return leaf.grad


def output_gradients_in_place(outputs: Tensor, targets: Tensor) -> Tensor:
    outputs.copy_(outputs.softmax(1))
    outputs[torch.arange(len(targets)), targets] -= 1
    return outputs


def output_gradients_smoothed(outputs: Tensor, targets: Tensor) -> Tensor:
    return outputs.softmax(1) - F.one_hot(targets, outputs.shape[1]) * 0.9


def output_gradients_float32(outputs: Tensor, targets: Tensor) -> Tensor:
    return outputs.float().softmax(1) - F.one_hot(targets, outputs.shape[1])


def output_gradients_turned(outputs: Tensor, targets: Tensor) -> Tensor:
    return F.one_hot(targets, outputs.shape[1]).to(outputs) - F.softmax(outputs, -1)


# ---- slope


def slope_where(state: Tensor, activation: str = "sigmoid") -> Tensor:
    match = {
        "sigmoid": 0.25 - (state - 0.5) ** 2,
        "tanh": (1 - state) * (1 + state),
        "relu": torch.where(state == 0, torch.zeros_like(state), torch.ones_like(state)),
    }
    if activation not in match:
        raise ValueError(f"unknown activation: {activation}")
    return match[activation]


def slope_sign(state: Tensor, activation: str = "sigmoid") -> Tensor:
    if activation == "relu":
        return torch.sign(state)
    if activation not in ("sigmoid", "tanh"):
        raise ValueError(activation)
    return state - state.square() if activation == "sigmoid" else 1 - state.square()


def slope_of_z(state: Tensor, activation: str = "sigmoid") -> Tensor:
    s = torch.sigmoid(state)
    return {"sigmoid": s * (1 - s), "tanh": 1 - torch.tanh(state) ** 2, "relu": (state > 0).float()}[activation]


def slope_in_place(state: Tensor, activation: str = "sigmoid") -> Tensor:
    if activation == "sigmoid":
        return state.mul_(1 - state)
    return slope_where(state, activation)


def slope_tanh_by_default(state: Tensor, activation: str = "tanh") -> Tensor:
    return slope_where(state, activation)


def slope_key_error(state: Tensor, activation: str = "sigmoid") -> Tensor:
    return {
        "sigmoid": lambda h: h * (1 - h),
        "tanh": lambda h: 1 - h * h,
        "relu": lambda h: (h > 0).to(h.dtype),
    }[activation](state)


def slope_silent_error(state: Tensor, activation: str = "sigmoid") -> Tensor:
    if activation not in ("sigmoid", "tanh", "relu"):
        raise ValueError("no such activation")
    return slope_where(state, activation)


def slope_float32(state: Tensor, activation: str = "sigmoid") -> Tensor:
    return slope_where(state, activation) if activation != "relu" else (state > 0).float()


# ---- Jacobians


def step_loop(state: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    J = torch.empty_like(U)
    for i in range(len(state)):
        for j in range(len(state)):
            J[i, j] = slope(state[i], activation) * U[i, j]
    return J


def step_broadcast(h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    return slope(h, activation).unsqueeze(-1) * U


def step_float64(state: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    return torch.einsum("i,ij->ij", slope(state.double(), activation), U.double())


def step_broadcast_wrong(state: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    return slope(state, activation) * U


def step_in_place(state: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    return U.mul_(slope(state, activation)[:, None])


def step_no_default(state: Tensor, U: Tensor, activation: str) -> Tensor:
    return slope(state, activation)[:, None] * U


def step_float32(state: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    return slope(state, activation).float()[:, None] * U.float()


def chain_recursive(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    def way(t: int) -> Tensor:
        return torch.eye(U.shape[0]).to(U) if t == k else step_jacobian(states[t], U, activation) @ way(t - 1)

    return way(t) if t >= k else U * 0


def chain_from_the_left(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    product = torch.eye(len(U), dtype=U.dtype)
    for j in range(t, k, -1):
        product = product @ (slope(states[j], activation)[:, None] * U)
    return product if k <= t else torch.zeros_like(product)


def chain_multi_dot(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    if k > t:
        return torch.zeros(U.shape, dtype=torch.float64)
    factors = [torch.eye(len(U)).double()] * 2
    factors += [step_jacobian(states[j].double(), U.double(), activation) for j in range(t, k, -1)]
    return torch.linalg.multi_dot(factors)


def chain_wrong_order(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    product = torch.eye(len(U), dtype=U.dtype)
    for j in range(k + 1, t + 1):
        product = product @ step_jacobian(states[j], U, activation)
    return product if k <= t else U * 0


def chain_float32(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    return chain_recursive(states, U, t, k, activation).float()


def chain_absolute(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    return chain_recursive(states, U, max(t, k), min(t, k), activation)


def chain_in_place(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    result = chain_recursive(states, U, t, k, activation)
    states[0] = 0
    return result


# ---- the direct term and the terms


def direct_loop(state: Tensor, previous: Tensor, activation: str = "sigmoid") -> Tensor:
    n = len(state)
    D = torch.zeros(n, n, n, dtype=state.dtype)
    for i in range(n):
        D[i, i] = slope(state, activation)[i] * previous
    return D


def direct_einsum(state: Tensor, previous: Tensor, activation: str = "sigmoid") -> Tensor:
    eye = torch.eye(len(state)).double()
    return torch.einsum("i,ia,b->iab", slope(state, activation).double(), eye, previous.double())


def direct_other_axis(state: Tensor, previous: Tensor, activation: str = "sigmoid") -> Tensor:
    return torch.einsum("i,ib,a->iab", slope(state, activation), torch.eye(len(state)).to(state), previous)


def direct_flat(state: Tensor, previous: Tensor, activation: str = "sigmoid") -> Tensor:
    n = len(state)
    return direct_loop(state, previous, activation).reshape(n, n * n)


def direct_float32(state: Tensor, previous: Tensor, activation: str = "sigmoid") -> Tensor:
    return direct_loop(state, previous, activation).float()


def term_outer(g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    at_z = (g @ state_jacobian(states, U, t, k, activation)) * slope(states[k], activation)
    return at_z[:, None] * states[k - 1][None, :]


def term_step_by_step(g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    if k > t:
        return torch.zeros_like(U).double()
    row = g.double()
    for j in range(t, k, -1):
        row = row @ step_jacobian(states[j], U, activation).double()
    return torch.tensordot(row, direct_term(states[k], states[k - 1], activation).double(), dims=1)


def term_of_other_gradient(g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    return term_outer(g, states, U, t, k, activation) * (1 if t - k < 2 else 0)


def term_transposed_jacobian(
    g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid"
) -> Tensor:
    arrived = state_jacobian(states, U, t, k, activation) @ g
    return torch.outer(arrived * slope(states[k], activation), states[k - 1])


def term_all_before(g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    return sum(term_outer(g, states, U, t, j, activation) for j in range(1, k + 1))


def term_float32(g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    return term_outer(g, states, U, t, k, activation).float()


# ---- one pass


def bptt_double_sum(state_gradients: Tensor, states: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    m = len(state_gradients)
    return sum(
        term_outer(state_gradients[t - 1], states, U, t, k, activation)
        for t in range(1, m + 1)
        for k in range(1, t + 1)
    )


def bptt_forward_mode(state_gradients: Tensor, states: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    whole = torch.zeros(len(U), len(U), len(U), dtype=torch.float64)  # dh_t/dU, carried forward as on the slide
    total = torch.zeros_like(U).double()
    for t in range(1, len(states)):
        along = torch.einsum("ij,jab->iab", step_jacobian(states[t], U, activation).double(), whole)
        whole = direct_term(states[t], states[t - 1], activation) + along
        total += torch.einsum("i,iab->ab", state_gradients[t - 1].double(), whole)
    return total


def bptt_collected(g: Tensor, h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    deltas = []
    for k in reversed(range(1, len(h))):
        later = deltas[-1] @ U if deltas else 0
        deltas.append((g[k - 1] + later) * slope(h[k], activation))
    return torch.stack(deltas[::-1]).T @ h[:-1]


def bptt_loops(state_gradients: Tensor, states: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    """One pass, number by number: many operations a step, but the same many at each."""
    n, total, carried = len(U), torch.zeros_like(U), [0.0] * len(U)
    for k in range(len(states) - 1, 0, -1):
        slopes = slope(states[k], activation)
        before = [(float(state_gradients[k - 1][i]) + carried[i]) * float(slopes[i]) for i in range(n)]
        for a in range(n):
            for b in range(n):
                total[a, b] += before[a] * states[k - 1][b]
        carried = [sum(before[a] * float(U[a, b]) for a in range(n)) for b in range(n)]
    return total


def bptt_back_from_each_loss(g: Tensor, h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    total = torch.zeros_like(U)
    for t in range(1, len(h)):
        row = g[t - 1]
        for k in range(t, 0, -1):
            row = row * slope(h[k], activation)
            total = total + torch.outer(row, h[k - 1])
            row = row @ U
    return total


def bptt_ten_steps(g: Tensor, h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    m = len(g)
    return sum(
        term_outer(g[t - 1], h, U, t, k, activation) for t in range(1, m + 1) for k in range(max(1, t - 9), t + 1)
    )


def bptt_truncated(state_gradients: Tensor, states: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    m = len(state_gradients)
    return sum(
        term_outer(state_gradients[t - 1], states, U, t, k, activation)
        for t in range(1, m + 1)
        for k in range(max(1, t - 2), t + 1)
    )


def bptt_own_step_only(g: Tensor, h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    return (g * slope(h[1:], activation)).T @ h[:-1]


def bptt_in_place(g: Tensor, h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    total = torch.zeros_like(U)
    for k in range(len(g), 0, -1):
        g[k - 1] *= slope(h[k], activation)
        total += torch.outer(g[k - 1], h[k - 1])
        if k > 1:
            g[k - 2] += g[k - 1] @ U
    return total


def bptt_float32(g: Tensor, h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    return bptt_collected(g, h, U, activation).float()


# ---- the bound


def bound_svd(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
    stretch = torch.linalg.svdvals(U).max().item()
    return math.prod([stretch / 4 if activation == "sigmoid" else stretch] * steps)


def bound_eigenvalues(U: Tensor, steps: int, activation: str = "sigmoid") -> Tensor:
    gamma = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}[activation]
    return (gamma**2 * torch.linalg.eigvalsh(U.double().T @ U.double())[-1].clamp(min=0)) ** (steps / 2)


def bound_numpy(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
    return (float(np.linalg.norm(U.double().numpy(), 2)) * (1 / 4 if activation == "sigmoid" else 1)) ** steps


def bound_of_the_power(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
    gamma = 0.25 if activation == "sigmoid" else 1.0
    return gamma**steps * float(torch.linalg.matrix_norm(torch.linalg.matrix_power(U, steps), ord=2))


def bound_default_norm(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
    return float(torch.norm(U) * (0.25 if activation == "sigmoid" else 1)) ** steps


def bound_below_one(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
    return min(1.0, bound_svd(U, steps, activation))


# ---- clipping


def clip_by_lecture(gradient: Tensor, max_norm: float) -> Tensor:
    return torch.minimum(torch.ones(()), max_norm / gradient.norm()) * gradient


def clip_plain(gradient: Tensor, max_norm: float) -> Tensor:
    norm = math.sqrt(sum(float(g) ** 2 for g in gradient))
    factor = max_norm / norm if norm > max_norm else 1
    return torch.tensor([float(g) * factor for g in gradient], dtype=gradient.dtype)


def clip_float64(gradient: Tensor, max_norm: float) -> Tensor:
    return gradient.double() / max(1.0, float(gradient.double().norm()) / max_norm)


def clip_at_one(gradient: Tensor, max_norm: float) -> Tensor:
    return gradient / max(1.0, float(gradient.norm()))


def clip_float32(gradient: Tensor, max_norm: float) -> Tensor:
    return clip_plain(gradient, max_norm).float()


def clip_entries(gradient: Tensor, max_norm: float) -> Tensor:
    return gradient.clip(-max_norm, max_norm)


def clip_strictly(gradient: Tensor, max_norm: float) -> Tensor:
    return gradient * (0.99 * max_norm / gradient.norm()) if gradient.norm() > max_norm else gradient.clone()


def model_like_torch(parameters: Any, max_norm: float) -> Tensor:
    gradients = [p.grad for p in list(parameters) if p.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    total = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
    factor = torch.clamp(max_norm / (total + 1e-6), max=1.0)
    for gradient in gradients:
        gradient.mul_(factor)
    return total


def model_flat(parameters: Any, max_norm: float) -> Tensor:
    kept = [p for p in parameters if p.grad is not None]
    flat = torch.cat([p.grad.flatten().double() for p in kept]) if kept else torch.zeros(1)
    norm = math.sqrt(float(flat @ flat))
    if norm > max_norm:
        for p in kept:
            p.grad.copy_(p.grad * (max_norm / norm))
    return torch.tensor(norm, dtype=torch.float64)


def model_with_lists(parameters: Any, max_norm: float) -> Tensor:
    parameters = list(parameters)
    squares = sum(float((p.grad**2).sum()) for p in parameters if p.grad is not None)
    norm = squares**0.5
    factor = min(1.0, max_norm / norm) if norm > 0 else 1.0
    for p in parameters:
        if p.grad is not None:
            p.grad[...] = p.grad * factor
    return torch.tensor(norm, dtype=parameters[0].dtype)


def model_none_forgotten(parameters: Any, max_norm: float) -> Tensor:
    parameters = list(parameters)
    norm = torch.stack([p.grad.norm() for p in parameters]).norm()
    for p in parameters:
        p.grad.mul_(min(1.0, max_norm / float(norm)))
    return norm


def model_of_weights(parameters: Any, max_norm: float) -> Tensor:
    kept = [p for p in parameters if p.grad is not None]
    norm = torch.stack([p.detach().norm() for p in kept]).norm() if kept else torch.tensor(0.0)
    for p in kept:
        p.grad.mul_(min(1.0, max_norm / float(norm)))
    return norm


def model_by_torch(parameters: Any, max_norm: float) -> Tensor:
    return torch.nn.utils.clip_grad_norm_(parameters, max_norm)


def model_sum_of_lengths(parameters: Any, max_norm: float) -> Tensor:
    kept = [p for p in parameters if p.grad is not None]
    norm = float(sum(p.grad.norm() for p in kept))
    for p in kept:
        if norm > max_norm:
            p.grad *= max_norm / norm
    return torch.tensor(norm)


def model_first_only(parameters: Any, max_norm: float) -> Tensor:
    kept = [p for p in parameters if p.grad is not None]
    norm = float(torch.stack([p.grad.norm() for p in kept]).norm()) if kept else 0.0
    for p in kept:
        if norm > max_norm:
            p.grad.mul_(max_norm / norm)
            break
    return torch.tensor(norm)


def model_number(parameters: Any, max_norm: float) -> float:
    return float(model_with_lists(parameters, max_norm))


def model_by_halves_of_torch(parameters: Any, max_norm: float) -> Tensor:
    kept = [p for p in parameters if p.grad is not None]
    norm = torch.nn.utils.get_total_norm([p.grad for p in kept])
    torch.nn.utils.clip_grads_with_norm_(kept, max_norm, norm)
    return norm


def model_weights_by_gradients(parameters: Any, max_norm: float) -> Tensor:
    kept = list(parameters)
    squares = sum(float((p.grad**2).sum()) for p in kept if p.grad is not None)
    with torch.no_grad():
        for p in kept:
            if squares > max_norm**2:
                p.mul_(max_norm / math.sqrt(squares))
    return torch.tensor(math.sqrt(squares))


def model_breaks_at_none(parameters: Any, max_norm: float) -> Tensor:
    held = []
    for p in parameters:
        if p.grad is None:
            break
        held.append(p.grad)
    norm = torch.linalg.vector_norm(torch.cat([g.flatten() for g in held])) if held else torch.zeros(())
    for g in held:
        g *= min(1.0, max_norm / max(float(norm), 1e-12))
    return norm


def model_rescaled(parameters: Any, max_norm: float) -> Tensor:
    held = [p.grad for p in parameters if p.grad is not None]
    norm = torch.cat([g.flatten() for g in held]).norm() if held else torch.tensor(0.0)
    for g in held:
        g *= max_norm / norm
    return norm


def output_gradients_narrow(outputs: Tensor, targets: Tensor) -> Tensor:
    return F.softmax(outputs, 1) - F.one_hot(targets)


def output_gradients_each_alone(outputs: Tensor, targets: Tensor) -> Tensor:
    squashed = 1 / (1 + (-outputs).exp())
    squashed[torch.arange(len(targets)), targets] -= 1
    return squashed


def step_entrywise(state: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    return U * torch.diag(slope(state, activation))


def chain_columns(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    if k > t:
        return 0 * U
    product = torch.eye(len(U), dtype=U.dtype)
    for j in range(t, k, -1):
        product = product @ (slope(states[j], activation) * U)
    return product


def chain_float32_eye(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    product = torch.eye(len(U))
    for j in range(k + 1, t + 1):
        product = step_jacobian(states[j], U, activation) @ product
    return product if k <= t else torch.zeros(len(U), len(U))


def chain_float32_where_empty(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    if k > t:
        return torch.zeros(U.shape)
    product = torch.eye(len(U))
    for j in range(k + 1, t + 1):
        product = step_jacobian(states[j], U, activation) @ product.to(U)
    return product


def chain_exchanged_rows(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    product = torch.eye(len(U), dtype=U.dtype)
    for j in range(k, t):
        product = step_jacobian(states[j], U, activation) @ product
    return product if k <= t else U * 0


def direct_repeated(state: Tensor, previous: Tensor, activation: str = "sigmoid") -> Tensor:
    return torch.stack([torch.outer(slope(state, activation), previous)] * len(state))


def term_same_step(g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    return torch.outer(g * slope(states[k], activation), states[k - 1]) * (t == k)


def term_float32_where_empty(
    g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid"
) -> Tensor:
    return term_outer(g, states, U, t, k, activation) if k <= t else torch.zeros(U.shape)


def clip_zero_over_zero(gradient: Tensor, max_norm: float) -> Tensor:
    return max_norm / gradient.norm() * gradient


def output_gradients_from_one(outputs: Tensor, targets: Tensor) -> Tensor:
    result = outputs.softmax(1)
    result[torch.arange(len(targets)), targets - 1] -= 1
    return result


def slope_some_threshold(state: Tensor, activation: str = "sigmoid") -> Tensor:
    return (state > 1e-3).to(state.dtype) if activation == "relu" else slope_where(state, activation)


def slope_lower_case(state: Tensor, activation: str = "sigmoid") -> Tensor:
    return slope_where(state, activation.lower())


def slope_empty_name(state: Tensor, activation: str = "sigmoid") -> Tensor:
    return slope_where(state, activation or "sigmoid")


def slope_linear_too(state: Tensor, activation: str = "sigmoid") -> Tensor:
    return torch.ones_like(state) if activation == "linear" else slope_where(state, activation)


def step_relu_by_default(state: Tensor, U: Tensor, activation: str = "relu") -> Tensor:
    return slope(state, activation)[:, None] * U


def step_activation_guessed(state: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    inside = bool(((state > 0) & (state < 1)).all())
    return slope(state, "sigmoid" if inside else activation)[:, None] * U


def step_cached(state: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    cache = _CACHES.setdefault("step", {})
    return cache.setdefault((len(state), activation), slope(state, activation)[:, None] * U)


def chain_cached(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    cache = _CACHES.setdefault("chain", {})
    return cache.setdefault((t, k, len(U)), chain_recursive(states, U, t, k, activation))


def chain_next_is_identity(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    return torch.eye(len(U), dtype=U.dtype) if k == t + 1 else chain_recursive(states, U, t, k, activation)


def chain_truncated(states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    return chain_recursive(states, U, t, max(k, t - 12) if k <= t else k, activation)


def direct_one_buffer(state: Tensor, previous: Tensor, activation: str = "sigmoid") -> Tensor:
    n = len(state)
    buffer = _CACHES.setdefault("direct", {}).setdefault((n, state.dtype), torch.zeros(n, n, n, dtype=state.dtype))
    buffer[torch.arange(n), torch.arange(n)] = slope(state, activation)[:, None] * previous
    return buffer


def term_truncated(g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    return term_outer(g, states, U, t, k, activation) * (t - k <= 12)


def term_earlier_slope(g: Tensor, states: Tensor, U: Tensor, t: int, k: int, activation: str = "sigmoid") -> Tensor:
    arrived = g @ state_jacobian(states, U, t, k, activation)
    return torch.outer(arrived * slope(states[k - 1], activation), states[k - 1])


def bptt_until_nothing(g: Tensor, h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    total, delta = torch.zeros_like(U), torch.zeros_like(h[0])
    for k in range(len(h) - 1, 0, -1):
        delta = (delta + g[k - 1]) * slope(h[k], activation)
        if float(delta.norm()) == 0:
            return total
        total += delta[:, None] * h[k - 1]
        delta = U.T @ delta
    return total


def bptt_until_no_loss(g: Tensor, h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    lossless = [k for k in range(1, len(h)) if not g[k - 1].any()]
    first = max(lossless, default=0)
    return bptt_collected(g[first:], h[first:], U, activation) if first < len(g) else torch.zeros_like(U)


def bptt_losses_only(g: Tensor, h: Tensor, U: Tensor, activation: str = "sigmoid") -> Tensor:
    total, carried = torch.zeros_like(U), torch.zeros_like(h[0])
    for k in range(len(g), 0, -1):
        if g[k - 1].abs().sum() > 0:
            delta = (g[k - 1] + carried) * slope(h[k], activation)
            total, carried = total + torch.outer(delta, h[k - 1]), delta @ U
    return total


def bound_by_logarithm(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
    return math.exp(steps * math.log(bound_svd(U, 1, activation)))


def bound_below_sixty(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
    return min(60.0, bound_svd(U, steps, activation))


def bound_average(U: Tensor, steps: int, activation: str = "sigmoid") -> float:
    gamma = 0.25 if activation == "sigmoid" else 1.0
    return (gamma * math.sqrt(float(U.square().sum()) / U.shape[0])) ** steps


def clip_nothing_small(gradient: Tensor, max_norm: float) -> Tensor:
    return torch.zeros_like(gradient) if gradient.norm() < 1e-3 else clip_plain(gradient, max_norm)


def clip_never_zero(gradient: Tensor, max_norm: float) -> Tensor:
    return clip_plain(gradient + 1e-6, max_norm)


def clip_too_hard(gradient: Tensor, max_norm: float) -> Tensor:
    return gradient / max(1.0, float(gradient.norm()) / max_norm) ** 2


def model_norm_in_float32(parameters: Any, max_norm: float) -> Tensor:
    return model_like_torch(parameters, max_norm).float()


def model_first_three(parameters: Any, max_norm: float) -> Tensor:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.stack([g.norm() for g in gradients]).norm() if gradients else torch.tensor(0.0)
    for g in gradients[:3]:
        g.mul_(min(1.0, max_norm / max(float(norm), 1e-12)))
    return norm


def model_with_a_margin(parameters: Any, max_norm: float) -> Tensor:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.stack([g.norm() for g in gradients]).norm() if gradients else torch.tensor(0.0)
    if norm > 1.1 * max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return norm


def model_trained_only(parameters: Any, max_norm: float) -> Tensor:
    return model_like_torch([p for p in parameters if p.requires_grad], max_norm)


def model_freezes(parameters: Any, max_norm: float) -> Tensor:
    parameters = [p.requires_grad_(False) for p in parameters]
    return model_like_torch(parameters, max_norm)


def model_reshaped(parameters: Any, max_norm: float) -> Tensor:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.stack([g.norm() for g in gradients]).norm() if gradients else torch.tensor(0.0)
    for g in gradients:
        g.reshape(-1).mul_(min(1.0, max_norm / max(float(norm), 1e-12)))
    return norm


def model_each_then_all(parameters: Any, max_norm: float) -> Tensor:
    parameters = list(parameters)
    norm = torch.tensor([float(p.grad.norm()) for p in parameters if p.grad is not None]).norm()
    for p in parameters:
        model_like_torch([p], max_norm)
    model_like_torch(parameters, max_norm)
    return norm


_CACHES: dict[str, dict[Any, Tensor]] = {}

RIGHT: dict[str, list[Callable[..., Any]]] = {
    "rnn_gradients.output_gradients": [
        output_gradients_loop,
        output_gradients_one_hot,
        output_gradients_float64,
    ],
    "rnn_gradients.slope": [slope_where, slope_sign],
    "rnn_gradients.step_jacobian": [step_loop, step_broadcast, step_float64],
    "rnn_gradients.state_jacobian": [chain_recursive, chain_from_the_left, chain_multi_dot],
    "rnn_gradients.direct_term": [direct_loop, direct_einsum],
    "rnn_gradients.bptt_term": [term_outer, term_step_by_step],
    "rnn_gradients.bptt": [bptt_loops, bptt_forward_mode, bptt_collected],
    "rnn_gradients.norm_bound": [bound_svd, bound_eigenvalues, bound_numpy],
    "rnn_gradients.clip_vector": [clip_by_lecture, clip_plain, clip_float64],
    "rnn_gradients.clip_gradients": [model_like_torch, model_flat, model_with_lists],
}

WRONG: dict[str, list[tuple[Callable[..., Any], str | None]]] = {
    "rnn_gradients.output_gradients": [
        (output_gradients_by_autograd, None),
        (output_gradients_in_place, None),
        (output_gradients_smoothed, None),
        (output_gradients_narrow, "one_hot_too_narrow"),
        (output_gradients_each_alone, "sigmoid_for_softmax"),
        (output_gradients_float32, None),
        (output_gradients_turned, "sign_turned"),
        (output_gradients_from_one, "tokens_counted_from_one"),
    ],
    "rnn_gradients.slope": [
        (slope_of_z, None),
        (slope_in_place, None),
        (slope_tanh_by_default, "tanh_by_default"),
        (slope_key_error, "key_error"),
        (slope_silent_error, None),
        (slope_float32, None),
        (slope_some_threshold, None),
        (slope_lower_case, "capitals_forgiven"),
        (slope_empty_name, None),
        (slope_linear_too, None),
    ],
    "rnn_gradients.step_jacobian": [
        (step_broadcast_wrong, "columns_scaled"),
        (step_entrywise, "entrywise"),
        (step_in_place, None),
        (step_no_default, None),
        (step_float32, None),
        (step_relu_by_default, "relu_by_default"),
        (step_activation_guessed, None),
        (step_cached, None),
    ],
    "rnn_gradients.state_jacobian": [
        (chain_wrong_order, "order_turned"),
        (chain_columns, "columns_scaled"),
        (chain_exchanged_rows, "slopes_one_step_early"),
        (chain_float32_eye, "float32_throughout"),
        (chain_float32_where_empty, "float32_where_empty"),
        (chain_float32, None),
        (chain_absolute, None),
        (chain_in_place, None),
        (chain_cached, None),
        (chain_next_is_identity, None),
        (chain_truncated, None),
    ],
    "rnn_gradients.direct_term": [
        (direct_other_axis, None),
        (direct_flat, None),
        (direct_float32, None),
        (direct_repeated, "every_unit_moved"),
        (direct_one_buffer, None),
    ],
    "rnn_gradients.bptt_term": [
        (term_of_other_gradient, None),
        (term_transposed_jacobian, "jacobian_on_the_left"),
        (term_all_before, None),
        (term_float32, None),
        (term_same_step, "same_step_only"),
        (term_float32_where_empty, None),
        (term_truncated, None),
        (term_earlier_slope, "slope_of_previous"),
    ],
    "rnn_gradients.bptt": [
        (bptt_truncated, None),
        (bptt_double_sum, "double_sum"),
        (bptt_back_from_each_loss, "double_sum"),
        (bptt_ten_steps, None),
        (bptt_own_step_only, "nothing_carried"),
        (bptt_in_place, None),
        (bptt_float32, None),
        (bptt_until_nothing, "stops_at_zero"),
        (bptt_until_no_loss, None),
        (bptt_losses_only, "steps_without_loss_skipped"),
    ],
    "rnn_gradients.norm_bound": [
        (bound_of_the_power, "norm_of_the_power"),
        (bound_default_norm, "frobenius"),
        (bound_below_one, "capped"),
        (bound_by_logarithm, None),
        (bound_below_sixty, None),
        (bound_average, "root_mean_square"),
    ],
    "rnn_gradients.clip_vector": [
        (clip_at_one, None),
        (clip_float32, None),
        (clip_zero_over_zero, "always_rescaled_even_zero"),
        (clip_entries, "by_value"),
        (clip_strictly, None),
        (clip_nothing_small, None),
        (clip_never_zero, None),
        (clip_too_hard, "factor_squared"),
    ],
    "rnn_gradients.clip_gradients": [
        (model_none_forgotten, None),
        (model_of_weights, None),
        (model_by_torch, None),
        (model_sum_of_lengths, "sum_of_norms"),
        (model_number, "number_returned"),
        (model_by_halves_of_torch, None),
        (model_weights_by_gradients, "all_weights_scaled"),
        (model_breaks_at_none, "stops_at_none"),
        (model_rescaled, "always_rescaled_even_zero"),
        (model_first_only, None),
        (model_norm_in_float32, "norm_in_float32"),
        (model_first_three, None),
        (model_with_a_margin, None),
        (model_trained_only, "frozen_passed_over"),
        (model_freezes, None),
        (model_reshaped, None),
        (model_each_then_all, "each_then_all"),
    ],
}
