"""Help for exercises on tensors: inputs, runs that take gradients along, judgement with words for each way to be wrong.

A case may ask, in its `extra`, for

- "values only": True: gradients are neither taken nor judged;
- "strided": True: inputs with two or more dimensions are given not contiguous;
- "error": a text or several: a ValueError is the right answer, and its message must contain them (see `or_error`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from utils.checks.compare import compare, kind, with_article
from utils.checks.model import Case, Mismatch, Told, overwritten

Run = Callable[[Callable[..., Any], dict[str, Any], Case], Any]
Judge = Callable[[Case, Any, Any], "Mismatch | None"]

# ------------------------------------------------------------------------------------------------ inputs


def normal(rng: np.random.Generator, *shape: int, std: float = 1.0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Normal numbers of mean 0."""
    return torch.tensor(std * rng.standard_normal(shape), dtype=dtype)


def integers(rng: np.random.Generator, below: int, *shape: int, low: int = 0) -> Tensor:
    """Whole numbers from `low` to `below` − 1, int64."""
    return torch.tensor(rng.integers(low, below, size=shape), dtype=torch.int64)


def random_mask(rng: np.random.Generator, *shape: int, share: float = 0.6) -> Tensor:
    """A random boolean mask in which every row has a True and, if it is wider than one, a False."""
    chosen = torch.tensor(rng.random(shape) < share)
    wide = shape[-1]
    places = torch.tensor(rng.permuted(np.tile(np.arange(wide), (*shape[:-1], 1)), axis=-1))
    chosen.scatter_(-1, places[..., :1], True)
    if wide > 1:
        chosen.scatter_(-1, places[..., 1:2], False)
    return chosen


def strided(tensor: Tensor) -> Tensor:
    """The same numbers, lying in memory in another order: `.view` fails on it, `.reshape` does not.

    A vector or a single number comes back as every second entry of a longer one.
    """
    if tensor.dim() > 1:
        return tensor.mT.contiguous().mT
    return torch.stack([tensor, torch.zeros_like(tensor)], dim=-1)[..., 0]


def floating(value: Any) -> bool:
    """Whether `value` is a tensor of floating-point numbers."""
    return isinstance(value, Tensor) and value.is_floating_point()


# -------------------------------------------------------------------------------------------------- runs


def direction(shape: Sequence[int], number: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Fixed numbers to multiply an output with before it is summed, the same at every call."""
    return torch.tensor(np.random.default_rng(1000 + number).standard_normal(tuple(shape)), dtype=dtype)


def differentiate(result: Any, leaves: Mapping[str, Tensor]) -> dict[str, Tensor | None]:
    """Gradients of the outputs, summed against fixed numbers, with respect to each leaf; None where none arrives.

    Args:
        result: a tensor, or a tuple or list; what is not a tensor in it does not count.
        leaves: tensors with `requires_grad`.
    """
    parts = result if isinstance(result, (tuple, list)) else (result,)
    total = torch.zeros(())
    for number, part in enumerate(parts):
        if floating(part) and part.requires_grad:
            total = total + (part * direction(part.shape, number, part.dtype)).sum()
    if not total.requires_grad or not leaves:
        return dict.fromkeys(leaves)
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    return dict(zip(leaves, found, strict=True))


def values_and_gradients(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """{"value": what the answer returns, "gradients": {input: gradient of the summed output}}.

    The inputs are given by place, because another name for a parameter is no mistake. Where the answer writes into one
    of them, `inputs` shows it afterwards, for the engine to see.
    """
    leaves = {name: v.clone().requires_grad_() for name, v in inputs.items() if floating(v)}
    apart = bool(case.extra.get("strided"))
    given = {name: _unlike_a_leaf(leaves[name], v, apart) if name in leaves else v for name, v in inputs.items()}
    with torch.enable_grad():
        result = answer(*given.values())
        gradients = {} if case.extra.get("values only") else differentiate(result, leaves)
    for name in leaves:  # an answer that changes its inputs in place, numbers or shape: let the engine see it
        inputs[name] = given[name].detach()
    return {"value": result, "gradients": gradients}


def _unlike_a_leaf(leaf: Tensor, original: Tensor, apart: bool) -> Tensor:
    """A copy that may be written into without an error of autograd; as the original lies in memory, or strided."""
    copy = leaf * 1
    return strided(copy) if not original.is_contiguous() or (apart and copy.dim() > 1) else copy


def or_error(run: Run | None = None) -> Run:
    """A run that, for a case with "error" in its extra, asks for a ValueError; see `refused`.

    Args:
        run: what happens in all other cases; None: the answer is called with the inputs, by place.
    """

    def wrapped(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
        if "error" not in case.extra:
            return run(answer, inputs, case) if run else answer(*inputs.values())
        return refused(lambda: answer(*inputs.values()), case)

    return wrapped


def refused(call: Callable[[], Any], case: Case) -> str:
    """ "ValueError", if `call` raises one whose text contains the case's "error", one text or several.

    Raises:
        Told: it raises none, another error, or one that does not name what it refuses.
    """
    wanted = case.extra["error"]
    texts = wanted if isinstance(wanted, (tuple, list)) else (str(wanted),)
    try:
        call()
    except ValueError as error:
        lacking = [text for text in texts if text not in str(error)]
        if not lacking:
            return "ValueError"
        named = f"it lacks “{lacking[0]}”"
        raise Told(f"A ValueError is right here; its text should name what it refuses: {named}.") from None
    except (Told, NotImplementedError):
        raise
    except Exception as error:
        advice = " It comes from a look-up: ask before you look up." if isinstance(error, LookupError) else ""
        raise Told(
            f"Here a ValueError that names what it refuses was asked for ({case.about}). Your code ended in"
            f" {with_article(type(error).__name__)} instead.{advice}"
        ) from None
    raise Told(f"Here a ValueError should be raised ({case.about}), and nothing was.")


def tell_if_changed(leaves: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    """Tells of an argument that was written into, before autograd complains of it in words of its own.

    Args:
        leaves: the tensors as they were.
        given: what the answer got, by the same names.

    Raises:
        Told: one of them has other numbers or another shape.
    """
    for name, leaf in leaves.items():
        if not torch.equal(leaf.detach().nan_to_num(), given[name].detach().nan_to_num()):
            raise Told(overwritten(f"`{name}`"))


# -------------------------------------------------------------------------------------------------- judges


def judge_tensors(*names: str, tolerance: float = 1e-4, floor: float = 0.0, type_of: str = "") -> Judge:
    """A judge for `values_and_gradients`: first the values (a tuple's parts by name), then the gradients.

    float64 has to stay float64, in type and in digits; what a layer makes of float32 has to stay float32. Values
    without gradients, as a plain run gives them, are judged as well.

    Args:
        names: what the value is called, or each part of a tuple.
        tolerance: relative to the largest number, as in `compare`; tenfold for gradients.
        floor: differences of gradients below it are rounding.
        type_of: the input whose type the values have to have, where float64 for float32 will not do either.
    """

    def judge(case: Case, output: Any, expected: Any) -> Mismatch | None:
        wrapped = isinstance(expected, Mapping) and "value" in expected
        if wrapped and not (isinstance(output, Mapping) and "value" in output):
            return compare(expected["value"], output, tolerance)
        right, got = (expected["value"], output["value"]) if wrapped else (expected, output)
        if isinstance(right, str):  # the name of an error
            what = got if isinstance(got, str) else "no error was raised"
            return None if right == got else Mismatch(f"Expected a {right}: {case.about}. Got: {what}.")
        found = _judge_values(names, right, got, tolerance, type_of, _float32_layer(case))
        parts = right if isinstance(right, (tuple, list)) else (right,)
        if found or not wrapped or not all(bool(part.isfinite().all()) for part in parts if floating(part)):
            return found  # gradients of nan and ∞ depend on how they came about
        return judge_gradients(expected["gradients"], output["gradients"], tolerance, floor)

    return judge


def _float32_layer(case: Case) -> bool:
    """Whether a case has a layer, the answer itself or one among the inputs, and all weights and inputs are float32.

    Elsewhere float64 is no mistake: a function may well compute in it. But a layer stands before the next one.
    """
    weights = [case.extra.get("state"), *(value for value in case.inputs.values() if isinstance(value, nn.Module))]
    types = [set(_float_types(part)) for part in (weights, [*case.inputs.values()])]
    return bool(types[0]) and types[0] | types[1] == {torch.float32}


def _float_types(value: Any) -> Iterator[torch.dtype]:
    if floating(value):
        yield value.dtype
    elif isinstance(value, nn.Module):
        yield from _float_types(value.state_dict())
    elif isinstance(value, Mapping):
        yield from _float_types(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _float_types(part)


def _judge_values(
    names: Sequence[str], right: Any, got: Any, tolerance: float, type_of: str, single: bool
) -> Mismatch | None:
    several = isinstance(right, (tuple, list)) and len(right) == len(names) > 1
    if not several:
        return judge_one(names[0] if len(names) == 1 else "", right, got, tolerance, type_of, single)
    if isinstance(got, (tuple, list)) and len(got) == len(right):
        each = (judge_one(n, a, b, tolerance, type_of, single) for n, a, b in zip(names, right, got))
        return next((found for found in each if found), None)
    found = compare(right, got, tolerance)
    return found and Mismatch(
        f"Return {len(names)} things: {' and '.join(names)}. You return {kind(got)}.", found.where
    )


def judge_one(
    name: str, right: Any, got: Any, tolerance: float = 1e-4, type_of: str = "", single: bool = False
) -> Mismatch | None:
    """One value: its numbers, then their kind and their digits; `single`: what should be float32 may not be float64."""
    found = compare(right, got, tolerance, name)
    if found or not (isinstance(right, Tensor) and isinstance(got, Tensor)):
        return found
    what = name.removeprefix("the ") or "output"  # it stands after "your", and may be one thing or many
    kinds = [str(tensor.dtype).removeprefix("torch.") for tensor in (right, got)]
    if right.dtype == torch.int64 and got.dtype != torch.bool and not got.is_floating_point():
        if got.dtype != torch.int64:
            return Mismatch(f"Expected int64 for your {what}, as for torch's indices; got {kinds[1]}.", name)
        return None
    if right.is_floating_point() != got.is_floating_point():
        said = f"The numbers of your {what} are right, their type is not: expected {kinds[0]}, got {kinds[1]}."
        return Mismatch(said, name)
    if right.dtype == torch.float64 and got.dtype != torch.float64:
        return Mismatch(
            f"Expected float64 for your {what}, the type of the inputs; got {kinds[1]}: half the digits are lost on the"
            " way. Look for a .float(), or a tensor made without `dtype`, that the numbers pass through.",
            name,
        )
    if right.dtype == torch.float64 and only_half_the_digits(right, got):
        return Mismatch(
            f"The type of your {what} is float64, as it should be, but only about seven digits are right. Perhaps the"
            " numbers were float32 on the way: look for a .float(), or a tensor made without `dtype`. Or a small"
            " number is added that the formula has not, or has in another size.",
            name,
        )
    if type_of and right.dtype != got.dtype:
        return Mismatch(
            f"The numbers of your {what} are right. Their type should be that of `{type_of}`, {kinds[0]}, and is"
            f" {kinds[1]}. Bring them back to it: torch multiplies no matrices of two types.",
            name,
        )
    if single and right.dim() and right.dtype == torch.float32 != got.dtype:  # a single number goes with either type
        return Mismatch(
            f"The numbers of your {what} are right, but their type is {kinds[1]}, where weights and inputs are float32:"
            " the next layer could not multiply them. Look for a .double(), a `dtype`, or an array of NumPy's.",
            name,
        )
    return None


def only_half_the_digits(right: Tensor, got: Tensor) -> bool:
    """Whether numbers in float64 agree with the right ones only as far as float32 would."""
    if not right.numel() or right.shape != got.shape or not bool(right.isfinite().all()):
        return False
    return bool((right - got).abs().max() > 1e-9 * right.abs().max())


def judge_gradients(
    right: Mapping[str, Tensor | None], got: Mapping[str, Tensor | None], tolerance: float = 1e-4, floor: float = 0.0
) -> Mismatch | None:
    """The gradients by the name of the input they belong to; None stands for one that never arrived."""
    known = [gradient for gradient in right.values() if gradient is not None and gradient.numel()]
    largest = max((float(gradient.abs().max()) for gradient in known), default=0.0)
    for name, gradient in right.items():
        mine = got.get(name)
        # Zero on paper may be rounding in one right answer and an exact zero in another.
        if gradient is None or not gradient.numel() or float(gradient.abs().max()) <= floor:
            if mine is not None and mine.numel() and float(mine.abs().max()) > max(10 * tolerance * largest, floor):
                return Mismatch(f"The numbers are right, but a gradient reaches `{name}`, where none should.", name)
            continue
        if mine is None or not mine.any():
            return Mismatch(
                f"The numbers are right, but no gradient reaches `{name}`, so nothing can be learned through it."
                " Something on the way cuts it off, usually `torch.no_grad()`, .detach() or .data, a copy that is used"
                " instead, or numbers taken out of a tensor (.item(), .tolist(), float(...), NumPy) and put into a"
                " new one (torch.tensor(...)).",
                f"gradient of {name}",
            )
        if mine.shape == gradient.shape and float((mine - gradient).abs().max()) <= max(tolerance * largest, floor):
            continue  # such as the bias of the keys: its gradient is zero on paper, and rounding in any answer
        found = compare(gradient, mine, 10 * tolerance, f"gradient of {name}")
        if found:
            return Mismatch("The numbers are right, but their gradient is not. " + found.text, found.where)
    return None
