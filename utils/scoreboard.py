"""The scoreboard: how well each language model of the course predicts text, and how long that took.

Every model is judged by the same number: bits per character (cross-entropy to base 2, divided by the number of
characters) on books that it has not seen. Models of words, of pieces and of characters can be compared by it, which
perplexity per token does not allow. A row counts only beside rows on the same text, so each carries its text and part.

    from utils import scoreboard
    scoreboard.record("my Kneser-Ney, order 6", bits_per_char=1.93, seconds=4.2, lesson="03")
    scoreboard.show()

The course's own rows lie in `data/scoreboard.json`; yours in a file beside the notebooks, where nobody overwrites them.

On the command line:

    python -m utils.scoreboard                                    print the table
    python -m utils.scoreboard record NAME BITS SECONDS LESSON    write a row of the course's own file
    python -m utils.scoreboard remove NAME                        take one out of it
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utils import files, pace, paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FORMAT = 1


@dataclasses.dataclass(frozen=True)
class Row:
    """One measured model.

    Args:
        name: what it is, such as "modified Kneser-Ney, order 5".
        bits_per_char: cross-entropy in bits, per character of the text, line ends included.
        seconds: to fit the model and score the text.
        lesson: two digits.
        parameters: how many numbers the model learned (weights, or counts kept), if known.
        corpus, part: the text it was scored on, such as "bbe" and "dev".
        yours: whether the learner recorded it; False for the course's own rows.
    """

    name: str
    bits_per_char: float
    seconds: float
    lesson: str
    parameters: int | None = None
    corpus: str = "bbe"
    part: str = "dev"
    yours: bool = True


def record(
    name: str,
    bits_per_char: float,
    seconds: float,
    lesson: str | int,
    parameters: int | None = None,
    corpus: str = "bbe",
    part: str = "dev",
    official: bool | None = None,
) -> Row:
    """Put a model on the scoreboard. The same name on the same text again replaces the older row.

    Args:
        name, bits_per_char, seconds, lesson, parameters, corpus, part: as in `Row`.
        official: write into the course's own file. None does so if the environment variable COURSE_SCOREBOARD is
            "official", which the course's makers set; you need neither.

    Returns:
        The row as it was written. With COURSE_PACE=quick (see `utils.pace`) nothing is written.

    Raises:
        ValueError: a number or a name that cannot be; nothing is written.
    """
    if official is None:
        official = os.environ.get("COURSE_SCOREBOARD") == "official"
    row = _checked(
        {
            "name": name,
            "bits_per_char": bits_per_char,
            "seconds": seconds,
            "lesson": lesson,
            "parameters": parameters,
            "corpus": corpus,
            "part": part,
        },
        yours=not official,
    )
    if not pace.quick():  # a model trained for a moment is no entry
        _change(official, lambda old: [*(r for r in old if _key(r) != _key(row)), row])
    return row


def remove(name: str, official: bool = False) -> int:
    """Take all rows of this name out of your file (or the course's), and return how many there were."""
    removed = [row for row in _read(_file(official), yours=not official) if row.name == name]
    if removed:
        _change(official, lambda old: [row for row in old if row.name != name])
    return len(removed)


def rows(corpus: str | None = None, part: str | None = None) -> list[Row]:
    """All rows, the course's and yours, the fewest bits first; only those of one text or part, if named."""
    both = [*_read(_file(official=True), yours=False), *_read(_file(official=False), yours=True)]
    chosen = [row for row in both if corpus in (None, row.corpus) and part in (None, row.part)]
    return sorted(chosen, key=lambda row: (row.bits_per_char, row.seconds, row.name))


def table(corpus: str = "bbe", part: str = "dev") -> str:
    """The scoreboard of one text as lines of text."""
    chosen = rows(corpus, part)
    others = len(rows()) - len(chosen)
    lines = [f"Bits per character on {corpus}, {part} books (fewer is better)"]
    if chosen:
        cells = [("", "model", "bits/char", "seconds", "parameters", "lesson", "")]
        for place, row in enumerate(chosen, 1):
            parameters = "" if row.parameters is None else f"{row.parameters:,}"
            yours = "yours" if row.yours else ""
            bits, seconds = f"{row.bits_per_char:.3f}", _seconds(row.seconds)
            cells.append((f"{place}", row.name, bits, seconds, parameters, row.lesson, yours))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for line in cells:
            padded = [
                c.ljust(w) if i in (1, 6) else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))
            ]
            lines.append("  ".join(padded).rstrip())
    else:
        lines.append(
            "No model has been measured yet: scoreboard.record(name, bits_per_char, seconds, lesson) adds one."
        )
    if others:
        lines.append(f"({others} more on other texts or parts: scoreboard.rows() lists them.)")
    return "\n".join(lines)


def show(corpus: str = "bbe", part: str = "dev") -> Axes | None:
    """Print the scoreboard of one text and draw it: bits per character and seconds, the best model at the top.

    Returns:
        The axes of the bits, or None if there is nothing to draw.
    """
    print(table(corpus, part))
    chosen = rows(corpus, part)
    if not chosen:
        return None
    from utils import plots

    names = [("yours: " if row.yours else "") + row.name for row in chosen]
    ours, yours = plots.COLOURS[0], plots.COLOURS[1]
    left, right = plots.panels(2, size=(4.9, min(9.0, 1.3 + 0.34 * len(chosen))))
    best = chosen[0]
    alt = (
        f"Bars: {_counted(len(chosen))} on {corpus}, {part} books; the best is {best.name} with "
        f"{best.bits_per_char:.3f} bits per character in {_seconds(best.seconds)} seconds. The table has all numbers."
    )
    plots.bars(
        names,
        [row.bits_per_char for row in chosen],
        title="Bits per character",
        xlabel="bits (fewer is better)",
        alt=alt,
        ax=left,
        horizontal=True,
        numbers=False,
    )
    bits: Any = left.containers[0]
    left.bar_label(bits, [f"{row.bits_per_char:.3f}" for row in chosen], padding=2, fontsize=8.5)
    left.margins(x=0.15)
    plots.bars(
        [""] * len(chosen),
        [row.seconds or math.nan for row in chosen],
        title="Time",
        xlabel="seconds to fit and score (logarithmic)",
        alt=alt,
        ax=right,
        horizontal=True,
        numbers=False,
    )
    if any(row.seconds for row in chosen):
        right.set_xscale("log")
        right.margins(x=0.2)
    drawn: Any = right.containers[0]
    right.bar_label(drawn, [_seconds(row.seconds) for row in chosen], padding=2, fontsize=8.5)
    right.set_yticks([])
    right.set_xticks([])  # each bar says its seconds; labels of a short logarithmic axis would overlap
    right.set_xticks([], minor=True)
    for axes in (left, right):
        for patch, row in zip(axes.patches, chosen, strict=True):
            patch.set_facecolor(yours if row.yours else ours)
    return left


# --- the files --------------------------------------------------------------------------------------------------------


def _file(official: bool) -> Path:
    """The course's own file, or the learner's, which COURSE_SCOREBOARD may name."""
    if official:
        return paths.data_dir() / "scoreboard.json"
    named = os.environ.get("COURSE_SCOREBOARD", "")
    if named and named != "official":
        return Path(named).expanduser()
    return paths.progress_file().with_name("scoreboard.json")


def _key(row: Row) -> tuple[str, str, str]:
    return row.name, row.corpus, row.part


def _checked(values: Any, yours: bool) -> Row:
    """A row from what a learner typed or a file holds.

    Raises:
        ValueError: one sentence with the value seen.
    """
    if not isinstance(values, dict):
        raise ValueError(f"A row of the scoreboard must be an object with names and values, not {values!r}.")
    words = {}
    for key, default in (("name", None), ("corpus", "bbe"), ("part", "dev")):
        word = values.get(key, default)
        if not isinstance(word, str) or not word.strip() or len(word) > 60 or not word.isprintable():
            raise ValueError(f"The {key} of a model must be text on one line, up to 60 characters, not {word!r}.")
        words[key] = word.strip()
    bits = _to_float(values.get("bits_per_char"), "bits_per_char")
    if not bits > 0:
        raise ValueError(f"bits_per_char must be above 0, not {bits:g}: it is the average of −log2 of probabilities.")
    seconds = _to_float(values.get("seconds"), "seconds")
    if seconds < 0:
        raise ValueError(f"seconds cannot be negative, and {seconds:g} is.")
    lesson = values.get("lesson")
    lesson = f"{lesson:02d}" if isinstance(lesson, int) else str(lesson)
    if not (len(lesson) == 2 and lesson.isdigit()):
        raise ValueError(f"lesson must be two digits, such as '03', not {lesson!r}.")
    parameters = values.get("parameters")
    if parameters is not None:
        count = _to_float(parameters, "parameters")
        if count < 0 or count != int(count):
            raise ValueError(f"parameters must be a whole number that counts them, not {count:g}.")
        parameters = int(count)
    return Row(words["name"], bits, seconds, lesson, parameters, words["corpus"], words["part"], yours)


def _to_float(value: Any, name: str) -> float:
    """A finite number from an int, a float, or anything that converts to one (a tensor of one number, numpy)."""
    try:
        if isinstance(value, (str, bool)):
            raise TypeError
        number = float(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"{name} must be one number, not {value!r}.") from None
    if not math.isfinite(number):
        reason = "a probability of 0 among them gives that" if name == "bits_per_char" else "measure it anew"
        raise ValueError(f"{name} must be a finite number, not {number}: {reason}.")
    return number


def _read(file: Path, yours: bool) -> list[Row]:
    """The rows of a file. A damaged one is set aside, and what can still be read of it is kept."""
    try:
        content = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        content = ""
    except OSError as error:
        print(f"The scoreboard file {file} cannot be read ({error.strerror}); its rows are left out.")
        return []
    good: list[Row] = []
    damaged = False
    try:
        entries = json.loads(content)["rows"]
        if not isinstance(entries, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        entries, damaged = [], True
    for entry in entries:
        try:
            good.append(_checked(entry, yours))
        except ValueError:
            damaged = True
    if damaged:
        _set_aside(file, good)
    return good


def _set_aside(file: Path, good: Sequence[Row]) -> None:
    """Rename a damaged file, write the rows that are whole into a new one, and say so (on stdout: see `utils.data`)."""
    kept = f"what could be read of it ({_counted(len(good), 'row')}) is kept" if good else "a new one is begun"
    try:
        aside = files.set_aside(file)
        _write(file, good)
        print(f"The scoreboard file {file.name} was damaged: it is set aside as {aside.name}, and {kept}.")
    except OSError as error:
        print(f"The scoreboard file {file} is damaged and could not be set aside ({error.strerror}).")


def _write(file: Path, new: Sequence[Row]) -> None:
    """Write a file in one step: whole, or not at all."""
    entries = []
    for row in sorted(new, key=lambda row: (row.corpus, row.part, row.bits_per_char, row.name)):
        entry = dataclasses.asdict(row)
        del entry["yours"]
        entries.append(f"  {json.dumps(entry, ensure_ascii=False)}")
    content = f'{{"format": {_FORMAT}, "rows": [\n' + ",\n".join(entries) + "\n]}\n" if entries else ""
    content = content or f'{{"format": {_FORMAT}, "rows": []}}\n'
    files.write_whole(file, content)


def _change(official: bool, change: Any) -> None:
    """Read, change and write a file while no other process does."""
    file = _file(official)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with files.locked(file):
            _write(file, change(_read(file, yours=not official)))
    except OSError as error:
        print(f"The scoreboard could not be written to {file} ({error.strerror}); this row is not kept.")


def _seconds(seconds: float) -> str:
    return (
        f"{seconds:.0f}" if seconds >= 100 else f"{seconds:.1f}" if seconds >= 1 or seconds == 0 else f"{seconds:.2g}"
    )


def _counted(count: int, noun: str = "model") -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _main(arguments: Sequence[str] | None = None) -> int:
    import argparse

    parser = argparse.ArgumentParser(prog="python -m utils.scoreboard", description="The course's scoreboard.")
    commands = parser.add_subparsers(dest="command")
    add = commands.add_parser("record", help="write a row of the course's own file")
    add.add_argument("name")
    add.add_argument("bits_per_char", type=float)
    add.add_argument("seconds", type=float)
    add.add_argument("lesson")
    add.add_argument("--parameters", type=int)
    add.add_argument("--corpus", default="bbe")
    add.add_argument("--part", default="dev")
    take = commands.add_parser("remove", help="take a row out of the course's own file")
    take.add_argument("name")
    chosen = vars(parser.parse_args(arguments))
    command = chosen.pop("command")
    try:
        if command == "record":
            record(**chosen, official=True)
        elif command == "remove" and not remove(chosen["name"], official=True):
            print(f"The course's scoreboard has no row named {chosen['name']!r}.")
            return 1
    except ValueError as error:
        print(error)
        return 2
    print(table())
    return 0


if __name__ == "__main__":
    raise SystemExit(_main())
