"""What was measured, as rows of a table and as JSON."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Status = Literal["ok", "over", "under", "", "not measured"]


@dataclasses.dataclass(frozen=True)
class Target:
    """The number to reach.

    Args:
        sign: how the measured value must stand to it.
        value: in the unit of the row.
    """

    sign: Literal["<", "≤", "≥"]
    value: float

    def reached(self, value: float) -> bool:
        """Whether a measured value is good enough."""
        if self.sign == "<":
            return value < self.value
        return value <= self.value if self.sign == "≤" else value >= self.value


@dataclasses.dataclass(frozen=True)
class Row:
    """One measured number.

    Args:
        name: what was measured.
        value: the number, the median if there were several; None if it could not be measured.
        unit: such as "s", "×" or "%".
        target: the number to reach; None for what is only good to know.
        low, high: the smallest and the largest value, if there were several.
        detail: a few words behind the number, such as "340 of 340".
        note: sentences below the table: where the time went, or why there is no number.
    """

    name: str
    value: float | None
    unit: str = ""
    target: Target | None = None
    low: float | None = None
    high: float | None = None
    detail: str = ""
    note: str = ""

    @property
    def status(self) -> Status:
        """Whether the target was reached, or missed ("over", "under"); empty where there is none."""
        if self.value is None:
            return "not measured"
        if self.target is None:
            return ""
        if self.target.reached(self.value):
            return "ok"
        return "under" if self.target.sign == "≥" else "over"


def summary(
    name: str, values: Sequence[float], unit: str = "s", target: Target | None = None, detail: str = "", note: str = ""
) -> Row:
    """The row of several measurements of the same thing: the median, with the smallest and the largest."""
    middle = statistics.median(values)
    if len(values) == 1:
        return Row(name, middle, unit, target, detail=detail, note=note)
    return Row(name, middle, unit, target, min(values), max(values), detail, note)


def unmeasured(name: str, reason: str) -> Row:
    """The row of what could not be measured, with the reason in one sentence."""
    return Row(name, None, note=reason)


def number(value: float, unit: str = "") -> str:
    """A number with about three significant digits and its unit; seconds below a tenth in milliseconds.

    >>> number(0.0123, "s"), number(0.5, "s"), number(812.4, "×"), number(99.96, "%"), number(2.0131, "bits")
    ('12.3 ms', '0.50 s', '812 ×', '99.96 %', '2.013 bits')
    """
    if unit == "s" and 0 < abs(value) < 0.0995:
        value, unit = value * 1000, "ms"
    if unit == "%":  # 99.96 % must not read 100 %
        text = f"{value:.2f}".rstrip("0").rstrip(".")
    elif unit == "bits":
        text = f"{value:.3f}"
    else:
        text = f"{value:,.0f}" if abs(value) >= 99.5 else f"{value:.1f}" if abs(value) >= 9.95 else f"{value:.2f}"
    return f"{text} {unit}".rstrip()


def cells(row: Row) -> tuple[str, str, str, str]:
    """The four cells of a row: name, measured, target, status."""
    if row.value is None:
        return row.name, "–", "", row.status
    measured = number(row.value, row.unit)
    spread = ""
    if row.low is not None and row.high is not None:
        spread = f"{number(row.low, row.unit)} … {number(row.high, row.unit)}"
    behind = "; ".join(part for part in (spread, row.detail) if part)
    target = "" if row.target is None else f"{row.target.sign} {row.target.value:g} {row.unit}".rstrip()
    return row.name, measured + (f" ({behind})" if behind else ""), target, row.status


def table(rows: Sequence[Row]) -> str:
    """All rows under a heading, in columns, and below them the notes."""
    lines = [("name", "measured", "target", ""), *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))  # type: ignore[arg-type]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    notes = [f"{row.name}: {row.note}" for row in rows if row.note]
    return "\n".join([*text, *([""] if notes else []), *notes])


def as_json(rows: Sequence[Row], machine: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a program: the machine, and the rows with their status."""
    return {"machine": dict(machine), "rows": [{**dataclasses.asdict(row), "status": row.status} for row in rows]}
