"""Help for exercises whose answer is an `nn.Module`: the reference's weights by name, gradients as plain values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from utils.checks.compare import compare, plain
from utils.checks.model import Told, overwritten


def load_by_name(module: Any, weights: Mapping[str, Tensor]) -> nn.Module:
    """Gives `module` the reference's `weights`, strictly by name and shape.

    Args:
        module: what the learner's class made. Buffers of its own, such as a mask, stay as they are.
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
    buffers = {name: value for name, value in module.named_buffers() if name in own}
    extra = [name for name in own if name not in weights and name not in buffers]
    if missing:
        attribute = getattr(module, missing[0], None)
        if isinstance(attribute, Tensor) and not isinstance(attribute, nn.Parameter):
            raise Told(f"`{missing[0]}` is a plain tensor: no optimiser finds it. Wrap it in `nn.Parameter(...)`.")
        raise Told(_missing_text(missing[0], weights[missing[0]], own, extra))
    if extra:
        raise Told(f"There is a parameter too many: `{extra[0]}`. Expected are: {_list(weights)}.")
    for name, value in weights.items():
        if name in buffers:
            raise Told(f"`{name}` is a buffer, so no training would ever change it. Make it an `nn.Parameter`.")
        if own[name].shape != value.shape:
            raise Told(f"The parameter `{name}` has the shape {tuple(own[name].shape)}; expected {tuple(value.shape)}.")
    owners: dict[int, str] = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        if id(parameter) in owners:
            raise Told(f"`{owners[id(parameter)]}` and `{name}` are one and the same; each needs weights of its own.")
        owners[id(parameter)] = name
    module.load_state_dict({name: value.clone() for name, value in {**buffers, **weights}.items()})
    return module


def changed(base: type, **methods: Callable[..., Any]) -> type:
    """A wrong class: a right one, written in steps, with some of its methods exchanged."""
    return type("Changed", (base,), methods)


def _missing_text(name: str, weight: Tensor, own: Mapping[str, Any], extra: Sequence[str]) -> str:
    said = f"The parameter `{name}`, of shape {tuple(weight.shape)}, is missing."
    layer, dot, _ = name.rpartition(".")
    if dot and layer in own:
        return f"{said} Your `{layer}` is a bare tensor; it should be a layer (such as `nn.Linear` or `nn.Embedding`)."
    if dot and any(re.match(rf"{re.escape(layer)}\.\d+\.", one) for one in extra):
        return f"{said} Your `{layer}` is made of several layers; it should be one."
    fitting = [one for one in extra if tuple(own[one].shape) == tuple(weight.shape)]  # another layer has other shapes
    close = difflib.get_close_matches(name, fitting, 1, 0.6)
    return f"{said} You have `{close[0]}`: rename it." if close else f"{said} Yours are: {_list(own)}."


def call_unchanged(module: Any, *args: Any, **kwargs: Any) -> Any:
    """Calls `module`, and tells if that changed one of its arguments.

    Raises:
        Told: if a tensor among the arguments has other numbers or another shape afterwards.
    """
    before = [plain(a) for a in (*args, *kwargs.values())]
    output = module(*args, **kwargs)
    for i, value in enumerate((*args, *kwargs.values())):
        if isinstance(value, Tensor) and compare(before[i], plain(value), 0.0):
            what = f"`{list(kwargs)[i - len(args)]}`" if i >= len(args) else f"number {i + 1}"
            raise Told(overwritten(what))
    return output


def _list(names: Mapping[str, Any]) -> str:
    shown = [f"`{name}`" for name in names]
    return ", ".join(shown[:12] + ["…"] * (len(shown) > 12)) or "none"


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
    frozen = [name for name, tensor in tensors.items() if not tensor.requires_grad]
    if frozen:
        raise Told(f"`{frozen[0]}` is frozen (its `requires_grad` is False), so it would never learn.")
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
