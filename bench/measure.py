"""Taking times: functions in turns, and code in fresh processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from utils import paths


class NotMeasured(Exception):
    """Something could not be measured; the message says why in one sentence."""


def seconds(function: Callable[[], Any]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_turns(takers: Sequence[Callable[[], float]], rounds: int) -> list[list[float]]:
    """What each function says it took, in turns (A B A B): a slow minute hits all of them alike."""
    taken: list[list[float]] = [[] for _ in takers]
    for _ in range(rounds):
        for taker, times in zip(takers, taken, strict=True):
            times.append(taker())
    return taken


def fresh_python(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, folder: str | os.PathLike[str] | None = None
) -> str:
    """Runs a new Python process in the course's folder, or another, and returns what it printed.

    Raises:
        NotMeasured: it failed; the message ends with the last line of its error.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder or paths.root(),
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise NotMeasured(f"a fresh Python process ended with status {done.returncode}: {said}")
    return done.stdout


def timed_code(code: str, before: str = "", environment: Mapping[str, str] | None = None) -> float:
    """Seconds that `code` takes in a fresh Python process, without the process's own start and without `before`."""
    program = f"import time\n{before}\n_start = time.perf_counter()\n{code}\nprint(time.perf_counter() - _start)\n"
    return float(fresh_python(["-c", program], environment).split()[-1])
