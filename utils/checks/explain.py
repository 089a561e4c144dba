"""Turns what Python says of an error into what a learner can use: their line, the sizes by name, where to look."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from utils.checks.compare import LONGEST, show, with_article
from utils.checks.model import Case, Exercise
from utils.checks.sandbox import Failure

_WORDS = {
    "NameError": "No cell that was run has defined this name: a typing slip, or a cell that was skipped.",
    "UnboundLocalError": "A variable is read before it got its first value inside the function.",
    "IndexError": "An index is past the end: what is the last one that there is?",
    "KeyError": "This key is not in the dictionary. What should happen for something never seen?",
    "ZeroDivisionError": "Something is divided by zero. Which count can be zero here?",
    "AttributeError": "The object has no such attribute or method. Is it of the type you think it is?",
    "RecursionError": "The function calls itself without end. When should it stop?",
    "EOFError": "The code waits for typed input, which an exercise never needs.",
    "MemoryError": "More memory was asked for than there is.",
    "SystemExit": "The code asks Python to quit (`exit()`, `quit()` or `sys.exit()`); a `return` is enough.",
    "KeyboardInterrupt": "The code was interrupted.",
    "StopIteration": "`next()` was called on something that had no item left.",
    "GeneratorExit": "The code raised GeneratorExit, which only Python itself should.",
    "AssertionError": "An `assert` in the code does not hold for this input.",
    "OverflowError": "A number grew too large for its type.",
    "UnicodeEncodeError": "A character cannot be written in the chosen encoding.",
}


def call_text(exercise: Exercise, case: Case) -> str:
    """How the check called the answer, with sizes by name: "`mle(counts, context)` with context = ('the',)"."""
    parts = [f"{name} {shape_text(value, case.sizes)}" for name, value in case.inputs.items()]
    inside = "; ".join(parts)
    about = f" ({case.about})" if case.about else ""
    return f"{inside}{about}" if inside else case.about


def shape_text(value: Any, sizes: Mapping[str, int]) -> str:
    """A tensor's shape with its sizes' names, "(batch 2, length 5)"; small values are shown themselves."""
    if isinstance(value, (torch.Tensor, np.ndarray)) and np.ndim(value) > 0:
        count = int(np.prod(value.shape))
        few = count <= (8 if _has_fractions(value) else 16)  # a mask, a list of edges: short to read
        numbers = f"= {show(value.tolist(), 180)}" if few and max(value.shape) <= LONGEST else ""
        if numbers and not sizes:
            return numbers
        names = _names(sizes)
        inside = ", ".join(f"{names[s]} = {s}" if s in names else str(s) for s in value.shape)
        return f"of shape ({inside}) {numbers}".rstrip()
    if isinstance(value, torch.nn.Module):
        return with_article(type(value).__name__)
    return f"= {show(value, 180)}"


def _has_fractions(value: Any) -> bool:
    return value.is_floating_point() if isinstance(value, torch.Tensor) else value.dtype.kind == "f"


def sizes_in(text: str, sizes: Mapping[str, int]) -> str:
    """Names for the sizes that an error message about shapes mentions: "5 is length, 7 is d_head." Else empty."""
    if not re.search(r"\b(sizes?|shapes?)\b", text) or "out of range" in text:
        return ""
    names = _names(sizes)
    numbers = re.findall(r"(?<![\w.])(?<!dimension )(?<!dim )(?<!pos )\d+(?![\w.]\d)", text)
    seen = dict.fromkeys(int(n) for n in numbers)
    told = [f"{n} is {names[n]}" for n in seen if n in names]
    return (", ".join(told) + ".") if told else ""


def _names(sizes: Mapping[str, int]) -> dict[int, str]:
    """Size → its name, where there is just one; 1 is too common to be named."""
    values = list(sizes.values())
    return {size: name for name, size in sizes.items() if size > 1 and values.count(size) == 1}


def failure_text(exercise: Exercise, failure: Failure, case: Case, advice: bool = True) -> str:
    """The message for an answer that raised an exception; without `advice` if something better is said already."""
    if failure.line:
        where = f"Line {failure.number} of your code, `{failure.line}`, raised {failure.type_name}"
    elif failure.number:
        where = f"Line {failure.number} of your code raised {failure.type_name}"
    else:
        where = f"Calling your answer raised {failure.type_name}"
    text = textwrap.shorten(failure.text.strip().splitlines()[0], 240, placeholder=" …") if failure.text.strip() else ""
    said = f"{where}: {text}" if text else where
    said += "" if said.endswith((".", "!", "?")) else "."
    more = [
        said,
        sizes_in(failure.text, case.sizes) if failure.type_name == "RuntimeError" else "",
        _words(exercise, failure) if advice else "",
        f"The input was: {call_text(exercise, case)}.",
    ]
    return " ".join(m for m in more if m)


def _words(exercise: Exercise, failure: Failure) -> str:
    text = failure.text
    if failure.type_name == "TypeError":
        if re.search(r"(takes|missing|unexpected keyword|positional argument)", text):
            return f"The exercise calls `{exercise.signature}`." if exercise.name in text or not failure.number else ""
        return ""
    if "before Module.__init__() call" in text:
        return "`super().__init__()` has to run before the first layer is made: it is the first line of `__init__`."
    if "'tuple' object has no attribute" in text:
        return "A tuple holds several results, as recurrent layers and attention give them: take it apart first."
    if failure.type_name == "RuntimeError":
        if "must match the size" in text or "shapes cannot be multiplied" in text or "expected size" in text.lower():
            return "Two shapes do not fit. Print `.shape` of both sides before this line."
        if "is invalid for input of size" in text:
            return "`view` or `reshape` asks for another number of elements than there are."
        if "same dtype" in text or "expected scalar type" in text or "expected m1 and m2" in text:
            return "Two tensors of different types meet, such as integers and floats; `.to(dtype)` converts."
        if "backward through the graph a second" in text:
            return "The same graph was used for two backward passes."
    if "numel() == 0" in text:
        return "The tensor is empty here, and nothing has no largest or smallest number. May this input be empty?"
    if failure.type_name == "IndexError" and "Dimension out of range" in text:
        return "The tensor has fewer dimensions than this line takes it to have."
    if failure.type_name == "IndexError" and "shape" in text:
        return "The mask or index has another shape than the tensor that it is used on."
    return _WORDS.get(failure.type_name, "")
