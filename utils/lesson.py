"""What the set-up cell of every lesson calls: `start()`, and the names `check`, `hint` and `progress`.

The set-up cell has to work in a clone of the course (from any folder in it, in JupyterLab and in VS Code), in a foreign
folder with the course installed, beside a learner's own `utils.py`, and in a bare runtime such as Colab that has torch
and this one notebook only. `setup_cell()` is its text; the builder writes it into the lessons.

This module uses the standard library only and imports the rest of the course late, because it must run where nothing
else is installed yet.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.metadata
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from utils import paths

__all__ = ["check", "hint", "progress", "setup_cell", "start"]

_RUNNING = "jupyter"  # a notebook that runs has its Jupyter already; only `make lab` needs to bring one
_CELL = """\
import pathlib, sys; here = pathlib.Path.cwd(); sys.modules.pop("utils", None)
sys.path.sort(key=["", str(here)].count)  # so that a utils.py of your own cannot hide the course
sys.path[:0] = [str(p) for p in [here, *here.parents] if (p / "utils/lesson.py").exists()][:1]
try: import utils.lesson
except ImportError: get_ipython().run_line_magic("pip", "install -q --no-deps git+{address}")
sys.modules.pop("utils", None); from utils.lesson import check, hint, progress, start; start()
"""


def setup_cell() -> str:
    """The text of the set-up cell, the same in every lesson: six lines, plain Python.

    What they do: forget a foreign `utils` that another cell may have imported; let the working folder be searched last,
    and the clone around it, if there is one, first; where the course is neither there nor installed, install it from
    its repository, without its dependencies (`start` brings those that are missing); start.
    """
    return _CELL.format(address=paths.repository_address()).rstrip("\n")


# The three names a lesson uses. They are thin, because importing `utils.checks` needs torch, and `start` has to be
# able to say in one sentence that torch is missing.


def check(exercise_id: str, answer: Any) -> Callable[..., Any]:
    """Judge an answer, show the card, and hand back a function to go on with. See `utils.checks.check`."""
    return importlib.import_module("utils.checks").check(exercise_id, answer)


def hint(exercise_id: str | None = None) -> Any:
    """Show the next hint of an exercise, by default of the one last checked. See `utils.checks.hint`."""
    return importlib.import_module("utils.checks").hint(exercise_id)


def progress() -> Any:
    """Draw the points so far and what to do next. See `utils.checks.progress`."""
    return importlib.import_module("utils.checks").progress()


def start() -> None:
    """Make the runtime ready for a lesson and say so in one line.

    Installs what is missing where the course is an installed package (never torch, and nothing that is there is
    changed); in a clone says which command does. Sets the number of threads and the style of the figures, and gives
    every exercise a placeholder, so that a check before its exercise cell says what to do instead of a NameError.
    """
    _forget_foreign_modules()
    if trouble := _bring_missing():
        print(trouble)
        return
    threads = _set_threads()
    _set_style()
    _place_placeholders()
    torch_version = re.split(r"[^0-9.]", importlib.metadata.version("torch"))[0]
    print(f"Course ready: {threads} thread{'s' * (threads != 1)}, torch {torch_version}{_gpu()} · {_progress()}")
    from utils import pace  # needs torch

    if pace.quick():
        print("COURSE_PACE=quick: models train for a dozen steps only, so what the text says of them does not hold.")


def _forget_foreign_modules() -> None:
    """Forget modules `utils.…` that another package of the same name left behind, and double entries of sys.path."""
    package = Path(__file__).resolve().parent
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.startswith("utils.") and file and package not in Path(file).resolve().parents:
            del sys.modules[name]
    sys.path[:] = dict.fromkeys(sys.path)
    importlib.invalidate_caches()


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _bring_missing() -> str | None:
    """Install what a lesson needs and this runtime lacks; return a sentence if that is not possible."""
    missing = [name for name in paths.requirements() if name != _RUNNING and not _is_installed(name)]
    if not missing:
        return None
    names = ", ".join(missing)
    if paths.ROOT is not None and "google.colab" not in sys.modules:
        return (
            f"This kernel lacks {names}. Choose the kernel of the course's .venv, or close this notebook and type "
            "`make lab` in the course's folder; then run this cell again."
        )
    if "torch" in missing:
        return "This kernel has no torch, which the course does not install by itself. Choose a runtime that has it."
    print(f"Installing {names} (once in this runtime) …", flush=True)
    wanted = [line for line in paths.requirement_lines() if re.split(r"[^\w.-]", line)[0] in missing]
    pins = _installed_versions()
    error = _pip_install(wanted, pins)
    if error:  # perhaps a new package needs a newer helper than is there; torch and numpy stay as they are
        error = _pip_install(wanted, [pin for pin in pins if pin.startswith(("torch==", "numpy=="))])
    if error:
        return f"They could not be installed: {error} Type `%pip install {' '.join(missing)}` in a cell to see more."
    return None


def _installed_versions() -> list[str]:
    """Everything that is installed, as pins "name==version"; names in lower case, the copy that is imported only."""
    pins: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        name = str(distribution.metadata["Name"] or "").lower()
        if re.fullmatch(r"[a-z0-9._-]+", name) and re.fullmatch(r"\d[\w.!+]*", distribution.version or ""):
            pins.setdefault(name, f"{name}=={distribution.version}")
    return list(pins.values())


def _pip_install(requirements: Sequence[str], pins: Sequence[str]) -> str | None:
    """Install with pip under constraints; return pip's own error in one line, or None."""
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(pins) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--constraint", str(constraints), *requirements]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    importlib.invalidate_caches()
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return errors[-1].removeprefix("ERROR:").strip() if errors else f"pip ended with code {done.returncode}."


def _set_threads() -> int:
    """One thread, or as many as the learner set in OMP_NUM_THREADS; says how many.

    At the sizes of this course a second thread gains little. And on a machine that does something else as well (a
    browser is enough) the two wait for each other: whole lessons then take two to five times as long.
    """
    chosen = os.environ.get("OMP_NUM_THREADS", "")
    threads = int(chosen) if chosen.isdigit() and int(chosen) > 0 else 1
    importlib.import_module("torch").set_num_threads(threads)
    return threads


def _gpu() -> str:
    return " with a GPU" if importlib.import_module("torch").cuda.is_available() else ""


def _set_style() -> None:
    use_style = getattr(importlib.import_module("utils.plots"), "use_style", None)
    if use_style is not None:
        use_style()


def _place_placeholders() -> None:
    """Give every exercise whose name the notebook has not defined yet an object that says so when it is checked."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    placeholder = importlib.import_module("utils.checks").NotRunYet
    exercises = importlib.import_module("utils.checks.registry").records().values()
    names = {e.name: placeholder(e.name, e.id) for e in reversed(exercises)}
    free = {name: p for name, p in names.items() if name not in shell.user_ns and not hasattr(builtins, name)}
    shell.push(free, interactive=False)  # not interactive: they do not show up among the learner's own variables


def _progress() -> str:
    """The points so far, such as "progress 3/40 points"; and what had to be done about a damaged file."""
    progress_file = importlib.import_module("utils.checks.progress_file")
    said = progress_file.load()[1]
    points, most = progress_file.points()
    return f"progress {points:g}/{most:g} points" + (f"\n{said}" if said else "")
