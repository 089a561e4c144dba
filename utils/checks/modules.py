"""Help for exercises whose answer is an `nn.Module`: the reference's weights by name, gradients as plain values."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from utils.checks.model import Told


def load_by_name(module: Any, weights: Mapping[str, Tensor]) -> nn.Module:
    """Gives `module` the reference's `weights`, strictly by name and shape.

    Args:
        module: what the learner's class made.
        weights: name → tensor, as in the reference's `state_dict()`.

    Raises:
        Told: one sentence that names the parameter which is missing, too many, or of another shape.
    """
    if not isinstance(module, nn.Module):
        raise Told(f"The class must derive from `nn.Module`; an object of type {type(module).__name__} was made.")
    try:
        own = module.state_dict()
    except AttributeError:
        raise Told("`__init__` must call `super().__init__()` before it makes layers.") from None
    missing = [name for name in weights if name not in own]
    extra = [name for name in own if name not in weights]
    if missing:
        close = difflib.get_close_matches(missing[0], extra, 1, 0.3)
        near = f" You have `{close[0]}`: rename it." if close else f" Yours are: {_list(own)}."
        raise Told(f"The parameter `{missing[0]}`, of shape {tuple(weights[missing[0]].shape)}, is missing.{near}")
    if extra:
        raise Told(f"There is a parameter too many: `{extra[0]}`. Expected are: {_list(weights)}.")
    for name, value in weights.items():
        if own[name].shape != value.shape:
            raise Told(f"The parameter `{name}` has the shape {tuple(own[name].shape)}; expected {tuple(value.shape)}.")
    module.load_state_dict({name: value.clone() for name, value in weights.items()})
    return module


def _list(names: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def gradients(output: Tensor, projection: Tensor, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """d⟨output, projection⟩ / d tensor for each named tensor, as {"gradient of NAME": ...}.

    Args:
        output: any shape.
        projection: the same shape; fixed, so that reference and answer are asked the same question.
        tensors: leaves (inputs with `requires_grad`, or parameters).

    Raises:
        Told: if `output` has another shape, or no gradient reaches a tensor (a `.detach()`, `.item()` or NumPy on the
            way).
    """
    if not isinstance(output, Tensor):
        raise Told(f"Expected a tensor as output, got an object of type {type(output).__name__}.")
    if output.shape != projection.shape:
        raise Told(f"Expected an output of shape {tuple(projection.shape)}, got {tuple(output.shape)}.")
    if not output.requires_grad:
        raise Told(
            "No gradient flows through the output: a `.detach()`, `.data`, `torch.no_grad()` or NumPy is in the way."
        )
    found = torch.autograd.grad((output * projection).sum(), list(tensors.values()), allow_unused=True)
    for name, gradient in zip(tensors, found):
        if gradient is None:
            raise Told(
                f"No gradient reaches `{name}`: the output does not depend on it, or the way is cut by `.detach()`."
            )
    return {f"gradient of {name}": g for name, g in zip(tensors, found) if g is not None}
