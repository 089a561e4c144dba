"""What every test gets: one thread, no window, and a progress file of its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported; two tests run side by side
os.environ["MPLBACKEND"] = "Agg"

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the course's own, for `make test TEST_FLAGS=...`."""
    parser.addoption(
        "--all-seeds",
        action="store_true",
        help="judge every wrong answer with every seed (thrice the time), not with one that differs between answers",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which tests stay together when several processes share the work (`--dist loadgroup`): those of one file.

    Their fixtures are then made once. The tests of single exercises and whole lessons need no fixture, so any process
    may take any of them. The whole lessons, a minute or two each, come first: begun last, one of them would keep a
    single process busy after all others have nothing left to do.
    """
    lessons, others = [], []
    for item in items:
        if item.name.startswith("test_a_lesson_in_nbgrader"):
            lessons.append(item)
            continue
        others.append(item)
        if item.path.stem != "test_checks":
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items[:] = lessons + others


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def _progress_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One file after another in one folder: a folder for each of ten thousand tests would take half a minute."""
    folder = tmp_path_factory.mktemp("progress")
    return (folder / f"{number}.json" for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_progress(_progress_files: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the learner's own progress."""
    monkeypatch.setenv("COURSE_PROGRESS", str(next(_progress_files)))
