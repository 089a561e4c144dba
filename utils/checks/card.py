"""Cards: what a learner sees under a check, as HTML for light and dark themes and, in the same words, as text."""

from __future__ import annotations

import dataclasses
import html
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from utils.checks.model import Exercise, Outcome

# Mid-tones that reach a contrast of 3:1 against white and against JupyterLab's dark grey alike; the words inherit the
# theme's colour.
_COLOURS = {
    "right": "#2e8b57",
    "wrong": "#d9663a",
    "raised": "#c9506b",
    "too long": "#a8751f",
    "not attempted": "#5b85b5",
}
_MARKS = {"right": "✓", "wrong": "✗", "raised": "!", "too long": "…", "not attempted": "○"}
_HEADS: dict[Outcome, str] = {
    "right": "right",
    "wrong": "not right yet",
    "raised": "your code raised an error",
    "too long": "took too long",
    "not attempted": "not attempted yet",
}
_STARRED = re.compile(r"""(?<![\w*'"])\*(\w(?:[^*]*\w)?)\*(?![\w*'"])""")


@dataclasses.dataclass(frozen=True)
class Card:
    """A heading, paragraphs and small print. Text between backticks is code.

    Args:
        tone: an outcome, or "" for a neutral card.
        heading: one line.
        paragraphs: the text.
        printed: what the learner's code printed, shown as it is.
        footer: small print.
        table: rows of cells under the paragraphs, the first row being the head.
    """

    tone: str
    heading: str
    paragraphs: Sequence[str] = ()
    printed: str = ""
    footer: str = ""
    table: Sequence[Sequence[str]] = ()

    def __str__(self) -> str:
        lines = [f"[{_MARKS.get(self.tone, '·')}] {self.heading}"]
        lines += [textwrap.fill(p, 100, initial_indent="    ", subsequent_indent="    ") for p in self.paragraphs]
        if self.table:
            widths = [max(len(row[i]) for row in self.table) for i in range(len(self.table[0]))]
            lines += ["    " + "  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in self.table]
        if self.printed:
            lines += ["    Your code printed:", textwrap.indent(self.printed.rstrip("\n"), "    | ")]
        if self.footer:
            lines.append(textwrap.fill(self.footer, 100, initial_indent="    ", subsequent_indent="    "))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        colour = _COLOURS.get(self.tone, "#7a7a7a")
        box = (
            f"border-left:5px solid {colour};background:{colour}1c;color:inherit;padding:.6em 1em;margin:.4em 0;"
            "border-radius:0 4px 4px 0;max-width:54em;line-height:1.45;font-family:inherit"
        )
        parts = [
            f'<div role="status" class="course-card" data-outcome="{html.escape(self.tone)}" style="{box}">',
            f'<div style="font-weight:600"><span style="color:{colour}" aria-hidden="true">'
            f"{_MARKS.get(self.tone, '·')}</span> "
            f"{_marked(self.heading)}</div>",
        ]
        parts += [f'<p style="margin:.4em 0 0 0">{_marked(p)}</p>' for p in self.paragraphs]
        if self.table:
            parts.append(_html_table(self.table))
        if self.printed:
            parts.append(
                '<p style="margin:.4em 0 0 0">Your code printed:</p>'
                '<pre style="margin:.2em 0 0 0;background:transparent;color:inherit;white-space:pre-wrap;'
                "max-height:16em;"
                f'overflow:auto">{html.escape(self.printed.rstrip())}</pre>'
            )
        if self.footer:
            parts.append(f'<p style="margin:.5em 0 0 0;font-size:90%;opacity:.85">{_marked(self.footer)}</p>')
        return "".join(parts) + "</div>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}


def _marked(text: str) -> str:
    """Escapes for HTML; `code` between backticks becomes <code>, a *word* between stars <em>.

    A star beside a quotation mark belongs to a value that is shown, and is left.
    """
    style = "background:transparent;color:inherit;font-size:95%;padding:0"
    parts = re.split(r"`([^`]+)`", html.escape(text, quote=False))
    parts[::2] = [_STARRED.sub(r"<em>\1</em>", plain) for plain in parts[::2]]
    parts[1::2] = [f'<code style="{style}">{code}</code>' for code in parts[1::2]]
    return "".join(parts)


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        style = "padding:.15em 1em .15em 0;text-align:left;color:inherit;background:transparent"
        inside = "".join(f'<{tag} style="{style}">{_marked(c)}</{tag}>' for c in cells)
        return f'<tr style="background:transparent">{inside}</tr>'

    body = line(rows[0], "th") + "".join(line(r, "td") for r in rows[1:])
    return (
        f'<table style="margin:.5em 0 0 0;border-collapse:collapse;background:transparent;color:inherit">{body}</table>'
    )


def verdict_card(exercise: Exercise, place: str, outcome: Outcome, message: str, printed: str, goes_on: bool) -> Card:
    """The card of a verdict.

    Args:
        exercise: the exercise.
        place: its number, such as "10.3".
        outcome: of the verdict.
        message: of the verdict; its lines become paragraphs.
        printed: what the answer printed.
        goes_on: whether the lesson goes on with the course's version.
    """
    unit = "point" if exercise.points == 1 else "points"
    points = (
        f"{exercise.points:g} of {exercise.points:g} {unit}"
        if outcome == "right"
        else f"0 of {exercise.points:g} {unit}"
    )
    footer = ""
    if goes_on:
        footer = f"Until it is right, the cells below use the course's own `{exercise.name}`, so you can go on."
        if outcome not in ("not attempted",):
            footer += f" A nudge: `hint({exercise.id!r})`."
    colon = "" if exercise.title.endswith(("?", "!")) else ":"
    heading = f"Exercise {place} · {exercise.title}{colon} {_HEADS[outcome]} ({points})"
    return Card(outcome, heading, message.split("\n"), "" if outcome == "right" else printed, footer)


def show(card: Card) -> None:
    """Displays a card in a notebook; prints its text elsewhere."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    if shell is not None and getattr(shell, "kernel", None) is not None:
        from IPython.display import display

        display(card)
    else:
        print(card)
