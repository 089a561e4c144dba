"""Plain values: how an answer's output is freed of the learner's objects, shown, and compared with the reference's.

The comparison is strict where broadcasting is generous: shapes must be equal, lengths must be equal, a not-a-number is
never close to anything, and no method of the learner's objects is ever asked for its opinion.
"""

from __future__ import annotations

import dataclasses
import decimal
import fractions
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from utils.checks.model import Mismatch, name_of

LARGEST = 4_000_000  # elements; an output larger than this is not carried to the judge
LONGEST = 12  # items of a list or numbers of a tensor; of a longer one only so many are written
DEEPEST = 24


@dataclasses.dataclass(frozen=True)
class Opaque:
    """Stands for an output that is not plain: its type's name and a shortened text."""

    type_name: str
    text: str = ""


def plain(value: Any, depth: int = 0) -> Any:
    """A copy of `value` made of plain types only: tensors (detached, on the CPU), arrays, numbers, strings, lists,
    dicts, sets.

    Everything else (generators, modules, the learner's own classes) becomes an `Opaque`. Subclasses lose their
    behaviour: a `float` with its own `__eq__` comes back as a `float`, a `Counter` as a `dict`.
    """
    if depth > DEEPEST:
        return Opaque(type(value).__name__, "nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, torch.Tensor):
        return _plain_tensor(value)
    if isinstance(value, np.generic):
        return plain(value.item(), depth + 1)
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufcUS":
            return plain(value.tolist(), depth + 1) if value.size < LARGEST else Opaque("ndarray", "too large")
        return np.array(value, copy=True, subok=False)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, (fractions.Fraction, decimal.Decimal)):
        return float(value)
    if isinstance(value, str):
        return "".join(str.__iter__(value))
    if isinstance(value, complex):
        return complex(value.real, value.imag)
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, Mapping):
        if len(value) > LARGEST:
            return Opaque(type(value).__name__, "too large")
        return {_key(k): plain(value[k], depth + 1) for k in list(value)}
    if isinstance(value, (list, tuple)):
        if len(value) > LARGEST:
            return Opaque(type(value).__name__, "too large")
        items = [plain(v, depth + 1) for v in value]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, (set, frozenset)):
        return frozenset(_key(v) for v in value)
    return Opaque(type(value).__name__, _safe_repr(value))


def _plain_tensor(value: torch.Tensor) -> Any:
    if value.is_nested or value.is_meta or value.is_quantized:
        return Opaque("Tensor", "of a special kind, without plain numbers")
    if value.numel() > LARGEST:
        return Opaque("Tensor", f"shape {tuple(value.shape)}: too large")
    with torch.no_grad():
        dense = value.to_dense() if value.layout != torch.strided else value
        return torch.Tensor.clone(dense.detach()).as_subclass(torch.Tensor).cpu()


def _key(value: Any) -> Any:
    """A plain, hashable form of a dictionary key or set element."""
    made = plain(value)
    if isinstance(made, (torch.Tensor, np.ndarray)):
        return (
            made.item() if made.size == 1 or getattr(made, "numel", lambda: 0)() == 1 else Opaque(type(value).__name__)
        )
    if isinstance(made, list):
        return tuple(_key(v) for v in made)
    if isinstance(made, tuple):
        return tuple(_key(v) for v in made)
    return made


def _safe_repr(value: Any) -> str:
    if (name := name_of(value)) is not None:
        return name
    try:
        text = object.__repr__(value) if type(value).__repr__ is object.__repr__ else repr(value)
    except BaseException as error:  # noqa: BLE001 - a learner's __repr__ may do anything
        return f"its repr raises {type(error).__name__}"
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)  # the address, another one at every call
    return text if len(text) <= 60 else text[:57] + "..."


# ---------------------------------------------------------------------------------------------------------------- words


def with_article(name: str) -> str:
    """A class's name with "a" or "an", by the sound it begins with: an RNN, an LSTM, a GRU, an Embedding, a Linear."""
    spelled_out = name[:2].isupper()  # read letter by letter
    return f"{'an' if name[:1].upper() in ('AEFHILMNORSX' if spelled_out else 'AEIO') else 'a'} {name}"


def kind(value: Any) -> str:
    """The value's type in words a learner reads, with its shape or length: "a tensor of shape (2, 3)"."""
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        named = {torch.bool: "a boolean", torch.float32: "a", torch.float64: "a", torch.int64: "an integer"}
        what = f"{named.get(value.dtype, 'a ' + str(value.dtype).removeprefix('torch.'))} tensor"
        return (
            f"{what} of shape {tuple(value.shape)}" if value.dim() else f"{what} with one number, {show(value.item())}"
        )
    if isinstance(value, np.ndarray):
        return f"a NumPy array of shape {value.shape}"
    if isinstance(value, bool):
        return f"the truth value {value}"
    if isinstance(value, (int, float, complex)):
        return f"the number {show(value)}"
    if isinstance(value, str):
        return f"the text {show(value)}" if len(value) <= 60 else f"a text of {len(value)} characters"
    if isinstance(value, (list, tuple)):
        return f"a {'list' if isinstance(value, list) else 'tuple'} of {_items(value)}"
    if isinstance(value, Mapping):
        return f"a dict with {len(value)} " + ("key" if len(value) == 1 else "keys")
    if isinstance(value, frozenset):
        return f"a set of {len(value)}"
    if isinstance(value, Opaque):
        if value.type_name in (
            "generator",
            "map",
            "filter",
            "zip",
            "enumerate",
            "reversed",
            "range",
            "dict_keys",
            "dict_values",
            "dict_items",
        ):
            return f"a {value.type_name} (its items were not computed yet; `list(...)` around it does so)"
        if value.type_name in ("function", "method", "builtin_function_or_method"):
            return f"the function `{value.text}` itself (are the brackets of a call missing?)"
        return f"an object of type {value.type_name}" + (f", {value.text}" if "too" in value.text else "")
    return f"a {type(value).__name__}"


def _items(values: Sequence[Any]) -> str:
    return f"{len(values)} item{'s' * (len(values) != 1)}"


def show(value: Any, limit: int = 80, digits: int | None = None) -> str:
    """A short text of a plain value, long things cut.

    Args:
        value: see `plain`.
        limit: the longest text.
        digits: significant digits of fractions; by default four, or five or six where it takes them for
            different numbers side by side to look different.
    """
    if digits is None:
        digits = _digits(list(_fractions(value)))
    if isinstance(value, bool) or value is None:
        text = str(value)
    elif isinstance(value, float):
        value += 0.0  # minus zero becomes zero
        text = f"{value:.{digits if abs(value) < 1e5 else max(digits, 6)}g}"
    elif isinstance(value, int) and abs(value) >= 10**40:  # Python itself refuses to write the longest ones
        text = f"a number of about {round(value.bit_length() * math.log10(2))} digits"
    elif isinstance(value, torch.Tensor):
        text = show(value.tolist(), limit, digits) if value.numel() <= LONGEST else f"tensor{tuple(value.shape)}"
    elif isinstance(value, np.ndarray):
        text = show(value.tolist(), limit, digits) if value.size <= LONGEST else f"array{value.shape}"
    elif isinstance(value, list):
        inner = ", ".join(show(v, limit, digits) for v in value[:LONGEST])
        text = f"[{inner}{', ...' if len(value) > LONGEST else ''}]"
    elif isinstance(value, tuple):
        inner = ", ".join(show(v, limit, digits) for v in value[:LONGEST]) + (", ..." if len(value) > LONGEST else "")
        text = f"({inner},)" if len(value) == 1 else f"({inner})"
    elif isinstance(value, Mapping):
        shown = [f"{show(k, limit, digits)}: {show(v, limit, digits)}" for k, v in list(value.items())[:6]]
        text = "{" + ", ".join(shown) + (", ...}" if len(value) > 6 else "}")
    elif isinstance(value, frozenset):
        text = (
            "{"
            + ", ".join(sorted(show(v, limit, digits) for v in list(value)[:LONGEST]))
            + (", ...}" if len(value) > LONGEST else "}")
        )
    elif isinstance(value, Opaque):
        text = kind(value)
    elif (name := name_of(value)) is not None:
        text = f"`{name}`"
    else:
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _fractions(value: Any) -> Iterator[float]:
    """The fractions that `show` would write, also those in lists within lists."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, (torch.Tensor, np.ndarray)):
        if math.prod(value.shape) <= LONGEST:
            yield from _fractions(value.tolist())
    elif isinstance(value, (list, tuple)):
        for part in value[:LONGEST]:
            yield from _fractions(part)
    elif isinstance(value, Mapping):
        yield from _fractions(list(value.values()))


def _digits(numbers: Sequence[float]) -> int:
    """Six digits at most: what differs further behind is float32's rounding."""

    def distinct(digits: int) -> int:
        return len({f"{number:.{digits}g}" for number in numbers})

    return next(digits for digits in (4, 5, 6) if distinct(digits) == distinct(6))


# ----------------------------------------------------------------------------------------------------------- comparison


def compare(expected: Any, got: Any, tolerance: float = 1e-4, path: str = "") -> Mismatch | None:
    """The first place in which `got` differs from `expected`, or None when they agree.

    Lists and tuples are the same to it, and so are a number and a tensor with one number and no dimension. Shapes are
    never broadcast. A tensor's numbers may differ by `tolerance` times the largest expected absolute value
    (never less than 1e-6); a number by a tenth of the tolerance times its own size.

    Args:
        expected: plain value of the reference.
        got: plain value of the answer.
        tolerance: see above.
        path: where in the output the two stand, for the message.
    """
    at = _at(path)
    if isinstance(expected, (torch.Tensor, np.ndarray)) and np.ndim(expected) > 0:
        return _compare_arrays(expected, got, tolerance, path)
    if isinstance(expected, (torch.Tensor, np.ndarray)):
        expected = expected.item()
    if isinstance(got, (torch.Tensor, np.ndarray)) and np.ndim(got) == 0:
        got = got.item()
    if expected is None or isinstance(expected, (str, bytes, Opaque)):
        if type(expected) is type(got) and expected == got:
            return None
        if isinstance(expected, str) and isinstance(got, str):
            n = next((i for i, (a, b) in enumerate(zip(expected, got)) if a != b), min(len(expected), len(got)))
            near = f" They part at character {n}." if max(len(expected), len(got)) > 12 else ""
            return Mismatch(f"Expected{at} {show(expected)}, got {show(got)}.{near}", path)
        return _unlike(expected, got, at, path)
    if isinstance(expected, (bool, int, float, complex)):
        return _compare_numbers(expected, got, tolerance, path)
    if isinstance(expected, Mapping):
        return _compare_dicts(expected, got, tolerance, path)
    if isinstance(expected, (list, tuple)):
        return _compare_lists(expected, got, tolerance, path)
    if isinstance(expected, frozenset):
        return _compare_sets(expected, got, path)
    raise TypeError(f"a reference returned {kind(expected)}, which no comparison is written for")


def _unlike(expected: Any, got: Any, at: str, path: str) -> Mismatch:
    if got is None:
        return Mismatch(f"Expected{at} {kind(expected)}, got None. Is a `return` missing?", path)
    if isinstance(expected, torch.Tensor) and isinstance(got, torch.Tensor):
        types = [str(t.dtype).removeprefix("torch.") for t in (expected, got)]
        return Mismatch(f"Expected{at} a tensor of type {types[0]}, got one of type {types[1]}.", path)
    return Mismatch(f"Expected{at} {kind(expected)}, got {kind(got)}.", path)


def _compare_numbers(expected: Any, got: Any, tolerance: float, path: str) -> Mismatch | None:
    at = _at(path)
    if isinstance(expected, bool) != isinstance(got, bool) or not isinstance(got, (bool, int, float, complex)):
        if not (isinstance(got, (bool, int)) and isinstance(expected, (bool, int)) and got in (0, 1)):
            return _unlike(expected, got, at, path)
    if isinstance(got, complex) and not isinstance(expected, complex):
        return _unlike(expected, got, at, path)
    if expected == got:
        return None
    if _beyond_floats(expected) or _beyond_floats(got):
        return Mismatch(f"Expected{at} {show(expected)}, got {show(got)}.", path)
    if not isinstance(expected, complex) and isinstance(expected, float) and not isinstance(got, complex):
        if math.isnan(expected) and math.isnan(got):
            return None
        if (
            math.isfinite(expected)
            and math.isfinite(got)
            and abs(expected - got) <= 0.1 * tolerance * abs(expected) + 1e-9
        ):
            return None
    if isinstance(expected, int) and isinstance(got, float) and abs(expected - got) <= 1e-9 * max(1, abs(expected)):
        return None
    if isinstance(expected, complex) and abs(expected - got) <= 0.1 * tolerance * abs(expected) + 1e-9:
        return None
    digits = (f"{expected:.9g}", f"{got:.9g}") if show(expected) == show(got) else (show(expected), show(got))
    return Mismatch(f"Expected{at} {digits[0]}, got {digits[1]}.", path)


def _at(path: str) -> str:
    """Where a value stands (" at [1]") or what it is called (" for bits"), as a sentence goes on; or nothing."""
    return path and (f" at {path}" if path.startswith("[") else f" for {path}")


def _beyond_floats(value: Any) -> bool:
    """Whether this is a whole number that no float can hold: arithmetic with floats would raise OverflowError."""
    return isinstance(value, int) and abs(value) > sys.float_info.max


def _compare_dicts(expected: Mapping[Any, Any], got: Any, tolerance: float, path: str) -> Mismatch | None:
    at = _at(path)
    if not isinstance(got, Mapping):
        return _unlike(expected, got, at, path)
    for key in expected:
        if key not in got:
            return Mismatch(f"The key {show(key)} is missing{at}; expected {show(expected[key])} there.", path)
    for key in got:
        if key not in expected:
            return Mismatch(f"There is a key too many{at}: {show(key)}, with {show(got[key])}.", path)
    for key in expected:
        found = compare(expected[key], got[key], tolerance, f"{path}[{show(key)}]")
        if found:
            return found
    return None


def _compare_lists(expected: list | tuple, got: Any, tolerance: float, path: str) -> Mismatch | None:
    at = _at(path)
    if isinstance(got, (np.ndarray, torch.Tensor)) and np.ndim(got) == 1 and isinstance(expected, list):
        got = got.tolist()
    if not isinstance(got, (list, tuple)):
        return _unlike(expected, got, at, path)
    if len(expected) != len(got):
        first = next((i for i, (a, b) in enumerate(zip(expected, got)) if compare(a, b, tolerance)), None)
        both = (show(list(expected)), show(list(got)))
        if max(len(text) for text in both) <= 60:
            return Mismatch(f"Expected{at} {both[0]}, got {both[1]}.", path)
        part = "" if first is None else f" They part at [{first}]: {show(expected[first])} against {show(got[first])}."
        return Mismatch(f"Expected{at} {_items(expected)}, got {_items(got)}.{part}", path)
    for i, (a, b) in enumerate(zip(expected, got)):
        found = compare(a, b, tolerance, f"{path}[{i}]")
        if found:
            return found
    return None


def _compare_sets(expected: frozenset, got: Any, path: str) -> Mismatch | None:
    at = _at(path)
    if not isinstance(got, (frozenset, list, tuple)):
        return _unlike(expected, got, at, path)
    if len(got) != len(frozenset(got)):
        return Mismatch(f"Expected{at} every element once; something stands there twice.", path)
    missing, extra = expected - frozenset(got), frozenset(got) - expected
    if missing:
        return Mismatch(f"Missing{at}: {show(sorted(missing, key=str)[0])}.", path)
    if extra:
        return Mismatch(f"Too many{at}: {show(sorted(extra, key=str)[0])}.", path)
    return None


def _numbers(value: torch.Tensor | np.ndarray) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        if value.dtype in (torch.bfloat16, torch.float16):
            value = value.to(torch.float32)
        return value.numpy()
    return value


def _compare_arrays(expected: Any, got: Any, tolerance: float, path: str) -> Mismatch | None:
    at = _at(path)
    if isinstance(expected, torch.Tensor) and not isinstance(got, torch.Tensor):
        return _unlike(expected, got, at, path)
    if not isinstance(got, (torch.Tensor, np.ndarray)):
        return _unlike(expected, got, at, path)
    if tuple(got.shape) != tuple(expected.shape):
        turned = np.ndim(got) == np.ndim(expected) and sorted(got.shape) == sorted(expected.shape)
        more = " The sizes are right, their order is not." if turned else ""
        return Mismatch(f"Expected{at} the shape {tuple(expected.shape)}, got {tuple(got.shape)}.{more}", path)
    a, b = _numbers(expected), _numbers(got)
    if (a.dtype.kind == "b") != (b.dtype.kind == "b"):
        return _unlike(expected, got, at, path)
    if b.dtype.kind == "c" and a.dtype.kind != "c":
        return _unlike(expected, got, at, path)
    if a.dtype.kind == "b":
        bad = a != b
        words: Callable[[Any], str] = lambda x: str(bool(x))  # noqa: E731
    else:
        a, b = a.astype(np.float64), b.astype(np.float64)
        finite = np.isfinite(a)
        scale = float(np.abs(a[finite]).max()) if finite.any() else 0.0
        close = np.abs(np.where(finite, a, 0) - np.where(np.isfinite(b), b, 0)) <= max(tolerance * scale, 1e-6)
        bad = np.where(finite, ~(close & np.isfinite(b)), ~((a == b) | (np.isnan(a) & np.isnan(b))))
        words = lambda x: show(float(x))  # noqa: E731
    if not bad.any():
        return None
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    place = f"{path}[{', '.join(map(str, index))}]"
    count = f" ({int(bad.sum())} of {bad.size} numbers differ)" if bad.size > 1 else ""
    nan = int(np.isnan(b).sum()) if b.dtype.kind == "f" else 0
    if nan and not np.isnan(a).any():
        return Mismatch(
            f"Got nan (not a number) at {place}, expected {words(a[index])}; {nan} of {b.size} numbers are nan.", place
        )
    pair = (words(a[index]), words(b[index]))
    if pair[0] == pair[1]:
        pair = (f"{a[index]:.9g}", f"{b[index]:.9g}")
    return Mismatch(f"Expected {pair[0]} at {place}, got {pair[1]}{count}.", place)


# -------------------------------------------------------------------------------------------- what two outputs have
# to do


def first_unlike(expected: Any, got: Any, tolerance: float) -> tuple[Any, Any]:
    """The first parts that differ in two outputs made of several (dicts, tuples); else the outputs themselves.

    A gradient, which a check computes beside what the answer returns, is not the answer's own number: (None, None).
    """
    if isinstance(expected, Mapping) and isinstance(got, Mapping) and list(expected) == list(got):
        differing = next((key for key in expected if compare(expected[key], got[key], tolerance)), None)
        if str(differing).startswith("gradient"):
            return None, None
        pairs = [(expected[key], got[key]) for key in expected]
    elif isinstance(expected, tuple) and isinstance(got, tuple) and len(expected) == len(got):
        pairs = list(zip(expected, got))
    else:
        return expected, got
    if not any(isinstance(a, (torch.Tensor, np.ndarray, Mapping, tuple)) for a, _ in pairs):
        return expected, got
    for a, b in pairs:
        if compare(a, b, tolerance):
            return first_unlike(a, b, tolerance)
    return expected, got


def same_form(expected: Any, got: Any) -> bool:
    """Whether two outputs are built alike: the same kinds of parts, the same shapes, whatever the numbers."""
    if isinstance(expected, (torch.Tensor, np.ndarray)):
        return isinstance(got, (torch.Tensor, np.ndarray)) and tuple(got.shape) == tuple(expected.shape)
    if isinstance(expected, Mapping):
        return isinstance(got, Mapping)
    if isinstance(expected, tuple):
        same = isinstance(got, (list, tuple)) and len(got) == len(expected)
        return same and all(same_form(a, b) for a, b in zip(expected, got))
    if isinstance(expected, (bool, int, float)):
        return isinstance(got, (bool, int, float))
    return isinstance(got, type(expected))


def handed_back(inputs: Mapping[str, Any], got: Any) -> set[str]:
    """The names of the arguments that an output equals."""
    return {name for name, value in inputs.items() if _same(value, got)}


def relations(expected: Any, got: Any, sizes: Mapping[str, int], tolerance: float) -> list[str]:
    """Sentences on how a wrong output relates to the right one, each true of this case: constant, a multiple, turned.

    The engine says one that is true of every failing case, so sizes are spoken of by name, not by number. There is none
    where the numbers are right: an exercise's own judge may have found fault with something else, such as the type.
    """
    if _same(expected, got, tolerance):
        return []
    said = []
    if isinstance(expected, torch.Tensor) and isinstance(got, torch.Tensor) and expected.dim() >= 2:
        if _same(expected.mT, got):
            said.append("It is the right answer with its last two dimensions swapped.")
    a, b = _flat(expected), _flat(got)
    if (
        a is None
        or b is None
        or a.shape != b.shape
        or a.size == 0
        or not (np.isfinite(a).all() and np.isfinite(b).all())
    ):
        return said
    if not b.any() and a.any():
        return [*said, "Every number you return is zero."]
    near = 20 * tolerance
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (b / a)[np.abs(a) > 1e-3 * np.abs(a).max()]
    if ratio.size and np.ptp(ratio) <= near * abs(ratio[0]) and abs(ratio[0] - 1) > near:
        factor = float(ratio.mean())
        said += [f"Every number is {text} the expected one." for text in _factors(factor, sizes, near)]
    gap = b - a
    if np.ptp(gap) <= near * float(np.abs(gap).max()) and float(np.abs(gap).max()) > near * float(np.abs(a).max()):
        said.append(f"Every number is {show(float(abs(gap.mean())))} too {'large' if gap.mean() > 0 else 'small'}.")
    return said


def _factors(factor: float, sizes: Mapping[str, int], near: float) -> list[str]:
    """What a constant factor may stand for: sizes by name, their roots, another base of the logarithm."""
    named = [(-1.0, "minus"), (math.log(2), "ln 2 times"), (1 / math.log(2), "1 / ln 2 times")]
    for name, size in sizes.items():
        if size > 1:
            named += [(size, f"{name} times"), (1 / size, f"1 / {name} times")]
            named += [(size**0.5, f"√{name} times"), (size**-0.5, f"1 / √{name} times")]
    close = [text for value, text in named if abs(factor - value) <= near * abs(value)]
    return close + [f"{show(factor)} times"]


def _same(a: Any, b: Any, tolerance: float = 1e-6) -> bool:
    try:
        return compare(plain(a), b, tolerance) is None
    except TypeError:
        return False


def _flat(value: Any) -> np.ndarray | None:
    if isinstance(value, bool) or value is None:
        return None
    if _beyond_floats(value):
        return None
    if isinstance(value, (int, float)):
        return np.array([float(value)])
    if isinstance(value, (torch.Tensor, np.ndarray)):
        numbers = _numbers(value)
        return numbers.astype(np.float64).ravel() if numbers.dtype.kind in "iuf" else None
    if isinstance(value, (list, tuple)) and value and all(type(v) in (int, float) for v in value):
        if any(_beyond_floats(v) for v in value):
            return None
        return np.array(value, dtype=np.float64)
    return None


def elements(values: Iterable[Any]) -> int:
    """How many numbers, characters and items stand in these inputs: the size by which failing cases are ordered."""
    total = 0
    for value in values:
        if isinstance(value, torch.Tensor):
            total += value.numel()
        elif isinstance(value, np.ndarray):
            total += value.size
        elif isinstance(value, str):
            total += len(value)
        elif isinstance(value, Mapping):
            total += elements(value.values()) + len(value)
        elif isinstance(value, (list, tuple, set, frozenset)):
            total += elements(value)
        else:
            total += 1
    return total
