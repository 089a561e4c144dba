"""A course of one tiny lesson in a temporary folder, for the tests of the builder and of grading.

It is a copy of the real `utils` with the real lessons taken out, so that everything that runs there is the real thing.
"""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import shutil
import subprocess
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent

CURRICULUM = """\
| # | lesson | concepts |
|---|---|---|
| 00 | tiny | `adding`: two numbers make one · `scaling`: a number times each of a list |
| 01 | other | `elsewhere`: taught by another lesson |
"""

MODULE = '''\
"""Arithmetic so small that a test of the machinery stays a test of the machinery."""

from __future__ import annotations


def add(a: int, b: int) -> int:
    """The sum of two whole numbers."""
    ### BEGIN SOLUTION
    return a + b
    ### END SOLUTION


def scale(values: list[int], factor: int) -> list[int]:
    """Each value times the factor, as a new list."""
    ### BEGIN SOLUTION
    return [factor * value for value in values]
    ### END SOLUTION
'''

CHECKS = '''\
"""The checks of the tiny lesson."""

from __future__ import annotations

from utils import tiny
from utils.checks.model import Case, Exercise, Misconception


def _sums(rng):
    return [Case({"a": 0, "b": 0}), *(Case({"a": int(a), "b": int(b)}) for a, b in rng.integers(3, 99, size=(5, 2)))]


def _lists(rng):
    some = [Case({"values": [], "factor": 3}), Case({"values": [2], "factor": 5})]
    return some + [Case({"values": rng.integers(3, 99, size=n).tolist(), "factor": n + 7}) for n in (3, 4)]


EXERCISES = (
    Exercise(
        id="tiny.add", lesson="00", title="Adding", points=2, minutes=1, difficulty=1, reference=tiny.add, cases=_sums,
        hints=("Two numbers make one.", "There is a sign for it.", "a + b"),
        misconceptions=(
            Misconception("difference", lambda a, b: a - b, "This subtracts."),
            Misconception("product", lambda a, b: a * b, "This multiplies."),
            Misconception("first", lambda a, b: a, "This leaves the second number out."),
            Misconception("second", lambda a, b: b, "This leaves the first number out."),
        ),
    ),
    Exercise(
        id="tiny.scale", lesson="00", title="Scaling", points=3, minutes=4, difficulty=2,
        reference=tiny.scale, cases=_lists,
        hints=("One value at a time.", "A comprehension.", "[factor * v for v in values]"),
        misconceptions=(
            Misconception("unchanged", lambda values, factor: list(values), "This forgets the factor."),
            Misconception("repeated", lambda values, factor: values * factor, "This repeats the list."),
            Misconception("added", lambda values, factor: [v + factor for v in values], "This adds the factor."),
            Misconception("total", lambda values, factor: [factor * sum(values)], "This sums the values up first."),
        ),
    ),
)
'''

SOURCE = """\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
course: {lesson: "00", title: "Tiny", concepts: [adding, scaling]}
---

# Tiny

{{ badge }}

```{code-cell} ipython3
:tags: [setup]
```

+++

{{ exercise tiny.add }}

The sum: `add(2, 3)` is 5.

```{code-cell} ipython3
:exercise: tiny.add
```

```{code-cell} ipython3
:tags: [solution]

assert add(2, 3) == 5
```

{{ exercise tiny.scale }}

Each value times the factor.

+++

More text.

```{code-cell} ipython3
:exercise: tiny.scale
```

```{code-cell} ipython3
print(add(2, 3), scale([1, 2], 3))
```

```{code-cell} ipython3
progress()
```
"""

TINY = {
    "utils/tiny.py": MODULE,
    "utils/checks/lesson_00.py": CHECKS,
    "notebooks/source/00_tiny.md": SOURCE,
    "notebooks/source/curriculum.md": CURRICULUM,
}


def course(folder: Path, files: Mapping[str, str] = TINY) -> Path:
    """Copies the machinery of the course into `folder` and adds `files` as its only lesson; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ignore = shutil.ignore_patterns("__pycache__", "lesson_[0-9][0-9].py")
    shutil.copytree(ROOT / "utils", folder / "utils", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "notebooks/source").mkdir(parents=True)
    shutil.copy(ROOT / "notebooks/source/curriculum.md", folder / "notebooks/source")
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def _environment(folder: Path) -> dict[str, str]:
    """What a process in a copied course gets: nothing of the tests, and the copy before the real course on the path."""
    clean = {k: v for k, v in os.environ.items() if k not in ("NBGRADER_EXECUTION", "PYTEST_CURRENT_TEST")}
    clean["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), clean.get("PATH", "")])  # for nbgrader
    clean |= {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "COURSE_PROGRESS": str(folder / "progress.json")}
    return clean


def python(folder: Path, *arguments: str, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `python ARGUMENTS` in a copied course."""
    command, given = [sys.executable, *arguments], _environment(folder) | environment
    return subprocess.run(command, cwd=folder, env=given, text=True, capture_output=True, timeout=timeout)


def module(folder: Path, name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What `python(folder, "-m", name, ...)` does, in this process, which has all imported but the course.

    The copied course is imported anew each time, and afterwards this process has its own again.
    """
    out, err = io.StringIO(), io.StringIO()
    status: str | int | None = 0
    before = Path.cwd()
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, _environment(folder) | environment, clear=True))
        stack.enter_context(mock.patch.object(sys, "argv", [name, *arguments]))
        stack.enter_context(mock.patch.object(sys, "path", [str(folder), *sys.path]))
        stack.enter_context(_without_the_course())
        stack.callback(os.chdir, before)
        os.chdir(folder)
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        try:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            status = end.code
    if isinstance(status, str):
        err.write(f"{status}\n")
        status = 1
    return subprocess.CompletedProcess([name, *arguments], status or 0, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _without_the_course() -> Iterator[None]:
    """As if `utils` had never been imported; what is imported of it meanwhile is forgotten."""

    def take() -> dict[str, types.ModuleType]:
        return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "utils"}

    own = take()
    try:
        yield
    finally:
        take()
        sys.modules.update(own)
