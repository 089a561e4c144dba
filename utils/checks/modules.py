"""Help for exercises whose answer is an `nn.Module`: the reference's weights by name, gradients as plain values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from utils.checks.compare import compare, plain
from utils.checks.model import Case, Told, overwritten
from utils.checks.tensors import differentiate, floating, normal, refused, tell_if_changed

Module = TypeVar("Module", bound=nn.Module)


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
    buffers = {name: value for name, value in module.named_buffers(remove_duplicate=False) if name in own}
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
    for name, value in weights.items():  # a third of the time of `load_state_dict`, which asks every submodule
        own[name].copy_(value)
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


def random_state(rng: np.random.Generator, module: nn.Module, std: float | None = None) -> dict[str, Tensor]:
    """Weights for a module by name, drawn from `rng`, each large enough to be missed where it is left out.

    Args:
        rng: of the case.
        module: tells the names and shapes.
        std: of all weights. None: matrices keep the size of what they multiply, and the gains of norms are near 1.
    """
    state = {}
    for name, value in module.state_dict().items():
        own = 1.3 / value.shape[-1] ** 0.5 if value.dim() > 1 else 0.5
        state[name] = normal(rng, *value.shape, std=own if std is None else std)
        if std is None and value.dim() == 1 and name.endswith("weight"):
            state[name] += 1
    return state


def randomised(rng: np.random.Generator, module: Module, std: float | None = None) -> Module:
    """The module with weights of `random_state`."""
    module.load_state_dict(random_state(rng, module, std))
    return module


def learning(module: nn.Module, names: Iterable[str]) -> dict[str, nn.Parameter]:
    """The parameters of a module that `load_by_name` gave these `names`, by name.

    Raises:
        Told: one of them is frozen.
    """
    own = dict(module.named_parameters())
    parameters = {name: own[name] for name in names}
    _tell_of_frozen(parameters)
    return parameters


def _tell_of_frozen(tensors: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if not tensor.requires_grad:
            raise Told(f"`{name}` is frozen (its `requires_grad` is False), so it would never learn.")


def run_module(
    module: Any,
    inputs: dict[str, Any],
    case: Case,
    call: Callable[[Any, dict[str, Any]], Any],
    before: Mapping[str, Any] | None = None,
    spoken_of: Callable[[Any], Any] = lambda result: result,
) -> Any:
    """{"value": what `call` returns, "gradients": {input or parameter: gradient of the summed output}}.

    The module gets the case's weights, "state" in its `extra`, and is called twice, first with other numbers: what it
    keeps from call to call shows. It trains unless "training" is False there, and is made float64 if a weight or an
    input is. "values only" and "error" mean what they mean in `utils.checks.tensors`. Where the module writes into an
    input, `inputs` shows it afterwards, for the engine to see.

    Args:
        module: what the learner's class made.
        inputs: the case's; those that are tensors of floating-point numbers get gradients.
        case: see above.
        call: `call(module, inputs)`, the forward pass as a lesson would write it.
        before: what the first call is given instead, by name; of tensors with fractions other numbers by default.
        spoken_of: the part of the result that gradients are taken of.

    Raises:
        Told: as `load_by_name` and `learning`; an input was written into, and the gradient did not survive it; or what
            the module keeps of a call changes the next.
    """
    state = case.extra["state"]
    load_by_name(module, state).train(case.extra.get("training", True))
    if "error" in case.extra:
        return refused(lambda: call(module, inputs), case)
    leaves = {name: value.clone().requires_grad_() for name, value in inputs.items() if floating(value)}
    if any(tensor.dtype == torch.float64 for tensor in (*leaves.values(), *state.values())):
        module.double()
    parameters = learning(module, state)
    at_first = _attributes(module)
    with torch.no_grad():
        others = {name: 1 - inputs[name] / 2 for name in leaves}
        call(module, {**inputs, **others, **(before or {})})
    kept = _written(module, at_first)
    drawn = torch.get_rng_state()
    given = {name: leaf * 1 for name, leaf in leaves.items()}
    with torch.enable_grad():
        result = call(module, {**inputs, **given})
        try:
            wanted = {} if case.extra.get("values only") else {**leaves, **parameters}
            gradients = differentiate(spoken_of(result), wanted)
        except RuntimeError:
            tell_if_changed(leaves, given)
            raise
    if kept:
        torch.set_rng_state(drawn)
        with torch.no_grad():
            again = call(module, {**inputs, **leaves})
        if compare(plain(result), plain(again), 1e-4):
            raise Told(
                f"Your class keeps `self.{kept[0]}` from one call to the next, and goes on from there: the same call"
                " gives something else the second time. Every call has to begin anew, with what it is given."
            )
    inputs.update({name: tensor.detach() for name, tensor in given.items()})
    return {"value": result, "gradients": gradients}


_OF_EVERY_MODULE = frozenset(vars(nn.Module()))


def _attributes(module: nn.Module) -> dict[str, tuple[Any, int]]:
    """What a module and its parts hold besides parameters, by name: each with a number that grows as it is written."""
    found = {}
    for path, part in module.named_modules():
        own = {name: value for name, value in vars(part).items() if name not in _OF_EVERY_MODULE}
        for name, value in {**own, **dict(part.named_buffers(recurse=False))}.items():
            written = (
                value._version if isinstance(value, Tensor) else len(value) if isinstance(value, (list, dict)) else 0
            )
            found[f"{path}.{name}".removeprefix(".")] = value, written
    return found


def _written(module: nn.Module, before: Mapping[str, tuple[Any, int]]) -> list[str]:
    """Which of a module's attributes are not what they were when `_attributes` looked."""
    now = _attributes(module).items()
    return [
        name for name, (value, n) in now if name not in before or before[name][0] is not value or before[name][1] != n
    ]


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
    _tell_of_frozen(tensors)
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
