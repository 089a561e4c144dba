"""How long the lessons take: to run, to begin, and to build."""

from __future__ import annotations

import contextlib
import copy
import datetime
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measure import NotMeasured, fresh_python, seconds
from bench.table import Row, Target, summary, unmeasured
from utils import paths

MOST, MOST_FIRST, MOST_ALL, MOST_BUILDER = Target("≤", 120.0), Target("≤", 5.0), Target("≤", 900.0), Target("≤", 10.0)


def sources() -> list[Path]:
    """The lessons' sources, in order.

    Raises:
        NotMeasured: there are none.
    """
    found = sorted((paths.root() / "notebooks" / "source").glob("[0-9][0-9]_*.md"))
    if not found:
        raise NotMeasured("there is no lesson in notebooks/source.")
    return found


@contextlib.contextmanager
def learner() -> Iterator[dict[str, str]]:
    """The environment of a kernel that leaves the progress and the scoreboard of the checkout alone."""
    dropped = {"NBGRADER_EXECUTION", "COURSE_SCOREBOARD", "OMP_NUM_THREADS"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    path = os.pathsep.join(filter(None, [str(paths.root()), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryDirectory() as folder:
        yield environment | {
            "COURSE_PROGRESS": str(Path(folder) / "progress.json"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONPATH": path,
        }


def cell_seconds(cell: Any) -> float:
    """How long a cell ran, from the times that nbclient notes in its metadata: from "busy" to the reply."""
    times = cell.metadata.get("execution", {})
    start, end = (
        datetime.datetime.fromisoformat(times[key].replace("Z", "+00:00"))
        for key in ("iopub.status.busy", "shell.execute_reply")
    )
    return (end - start).total_seconds()


def run(book: Any, timeout: int) -> float:
    """Runs a notebook in a fresh kernel, in place; seconds from before the kernel's start to after its end.

    Raises:
        NotMeasured: a cell raised, or took too long.
    """
    import nbclient

    from utils.headless import HeadlessClient

    folder = str(paths.root() / "notebooks")
    client = HeadlessClient(
        book,
        timeout=timeout,
        record_timing=True,
        resources={"metadata": {"path": folder}},
        extra_arguments=["--log-level=ERROR"],
    )
    with learner() as environment:
        start = time.perf_counter()
        try:
            client.execute(env=environment)
        except nbclient.exceptions.CellExecutionError as error:
            raise NotMeasured(f"a cell raised {error.ename}: {error.evalue}") from None
        except nbclient.exceptions.CellTimeoutError:
            raise NotMeasured(f"{running(book)} ran for more than {timeout} s.") from None
        except nbclient.exceptions.DeadKernelError:
            raise NotMeasured(f"the kernel died in {running(book)}.") from None
        return time.perf_counter() - start


def running(book: Any) -> str:
    """Which cell a run that broke off was in: the last one that began, by its number and its first line."""
    began = [i for i, cell in enumerate(book.cells) if "iopub.execute_input" in cell.metadata.get("execution", {})]
    return f"cell {began[-1] + 1}, {first_line(book.cells[began[-1]])}," if began else "the first cell"


def first_line(cell: Any) -> str:
    """The beginning of a cell, as a name for it."""
    return f"`{cell.source.strip().splitlines()[0][:70]}`"


def slowest_cells(book: Any, most: int = 3) -> str:
    """Where the time of an executed notebook went, in a sentence that names the slowest cells by their first line."""
    code = [cell for cell in book.cells if cell.cell_type == "code" and "execution" in cell.metadata]
    ordered = sorted(code, key=cell_seconds, reverse=True)[:most]
    named = [f"{cell_seconds(cell):.1f} s {first_line(cell)}" for cell in ordered]
    return f"the slowest cells are {', '.join(named)}."


def measure_runs(quick: bool) -> list[Row]:
    """Each lesson's solution edition from top to bottom, and its first cell. A quick run stops after the first cell."""
    from utils import builder
    from utils.checks.registry import records

    rows, total = [], 0.0
    concepts = builder.curriculum(paths.root() / "notebooks" / "source" / "curriculum.md")
    for source in sources():
        number = source.stem[:2]
        try:
            book = copy.deepcopy(builder.build(source, concepts, records()).solution)
            first = next(cell for cell in book.cells if cell.cell_type == "code")
            if quick:
                book.cells = [first]
            taken = run(book, timeout=300)
        except (NotMeasured, builder.BuildError) as error:
            rows.append(unmeasured(f"lesson {number}", str(error)))
            continue
        total += taken
        if not quick:
            rows.append(Row(f"lesson {number}, executed", taken, "s", MOST, note=slowest_cells(book)))
        rows.append(Row(f"lesson {number}, first cell", cell_seconds(first), "s", MOST_FIRST))
    if not quick and all(row.value is not None for row in rows):
        rows.append(Row("all lessons, executed", total, "s", MOST_ALL, detail=f"{len(sources())} lessons"))
    return rows


def measure_builder(quick: bool) -> list[Row]:
    """`python -m utils.builder` for all lessons, with the start of its process, in a copy of the course.

    The copy has no notebooks, so the builder writes them all; the checkout itself is left alone.
    """
    taken = []
    with tempfile.TemporaryDirectory() as temporary:
        copied = Path(temporary) / "course"
        leave = shutil.ignore_patterns("__pycache__", "cache", "*.ipynb", "solutions", ".ipynb_checkpoints")
        for name in ("utils", "data", "notebooks"):
            shutil.copytree(paths.root() / name, copied / name, ignore=leave)
        shutil.copy(paths.root() / "pyproject.toml", copied)
        environment = {"PYTHONPATH": str(copied)}
        for _ in range(1 if quick else 3):
            taken.append(seconds(lambda: fresh_python(["-m", "utils.builder"], environment, copied)))
            built = sorted(file.stem for file in (copied / "notebooks").glob("*.ipynb"))
            if built != [source.stem for source in sources()]:
                raise NotMeasured(f"the builder wrote {len(built)} of {len(sources())} lessons.")
            for file in (copied / "notebooks").glob("*.ipynb"):
                file.unlink()
    return [summary("builder, all lessons, not executed", taken, target=MOST_BUILDER, detail=f"{len(built)} lessons")]
