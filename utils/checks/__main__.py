"""The checks on the command line: `python -m utils.checks list` and `python -m utils.checks judge ID FILE.py:NAME`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from utils.checks import exercises, judge
from utils.checks.card import Card, verdict_card
from utils.checks.registry import number, record


class _Problem(Exception):
    """A sentence for whoever typed the command."""


def _answer(target: str) -> Any:
    """The object NAME of FILE.py, from "FILE.py:NAME"."""
    file, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier():
        raise _Problem(f"{target!r} does not read FILE.py:NAME, such as answers.py:causal_mask.")
    path = Path(file)
    if not path.is_file():
        raise _Problem(f"There is no file {file!r} here.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise _Problem(f"{file!r} is not a Python file: its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise _Problem(f"{file}, line {error.lineno}: {error.msg}.") from None
    except BaseException as error:  # noqa: BLE001 - whatever the file does when it is run
        raise _Problem(f"Running {file} raised {type(error).__name__}: {error}") from None
    if not hasattr(module, name):
        raise _Problem(f"{file} defines no {name!r}.")
    return getattr(module, name)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns 0 (listed, or right), 1 (judged, and not right) or 2 (the command is not usable)."""
    parser = argparse.ArgumentParser(prog="python -m utils.checks", description="The exercises' checks.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="all exercises: id, lesson, points, minutes, signature")
    judging = commands.add_parser("judge", help="judge an answer that stands in a file")
    judging.add_argument("id", help="the exercise, such as attention.scaled_dot_product")
    judging.add_argument("answer", metavar="FILE.py:NAME")
    given = parser.parse_args(arguments)
    if given.command == "list":
        head = ["id", "lesson", "points", "minutes", "title", "signature"]
        rows = [[str(getattr(e, h)) for h in head] for e in exercises()]
        widths = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
        for row in [head, *rows]:
            print("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip())
        return 0
    try:
        exercise = record(given.id)
        answer = _answer(given.answer)
    except (_Problem, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    verdict = judge(exercise.id, answer)
    card: Card = verdict_card(exercise, number(exercise), verdict.outcome, verdict.message, "", goes_on=False)
    print(card)
    return 0 if verdict.outcome == "right" else 1


if __name__ == "__main__":
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the list has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    sys.exit(status)
