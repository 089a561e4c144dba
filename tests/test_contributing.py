"""CONTRIBUTING.md, followed to the letter: its files make a lesson that builds, runs, and judges as the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

from tests import toy

PAGE = (toy.ROOT / "CONTRIBUTING.md").read_text("utf-8")
JUDGE = """\
import json
from tests.answers.lesson_00 import RIGHT, WRONG
from utils.checks import judge
verdicts = lambda answers: [(judge("warm_up.mean", answer), name) for answer, name in answers]
right = [verdict.outcome for verdict, _ in verdicts([(answer, None) for answer in RIGHT["warm_up.mean"]])]
wrong = [(verdict.outcome, verdict.diagnosis, name) for verdict, name in verdicts(WRONG["warm_up.mean"])]
print(json.dumps([right, wrong]))
"""


def files_of_the_page() -> dict[str, str]:
    """Every file the page shows: a line with its name, then a block with its text."""
    blocks = re.findall(r"^`([\w./]+)`\n\n(`{3,})\w+\n(.*?)^\2$", PAGE, re.M | re.S)
    files = {name: text for name, _, text in blocks}
    row = re.search(r"^```markdown\n(\| .*\n)```$", PAGE, re.M)
    assert row
    files["notebooks/source/curriculum.md"] = (toy.ROOT / "notebooks/source/curriculum.md").read_text("utf-8") + row[1]
    return files


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = toy.course(tmp_path_factory.mktemp("course"), files_of_the_page())
    for arguments in ((), ("--solutions",)):
        done = toy.module(folder, "utils.builder", *arguments)
        assert done.returncode == 0, done.stderr
    return folder


def said(book: nbformat.NotebookNode) -> list[str]:
    """The first line of every check's card."""
    checks = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("points")]
    return [o["data"]["text/plain"].splitlines()[0] for c in checks for o in c.outputs if "data" in o]


def test_the_page_shows_five_files() -> None:
    assert sorted(files_of_the_page()) == [
        "notebooks/source/00_warm_up.md",
        "notebooks/source/curriculum.md",
        "tests/answers/lesson_00.py",
        "utils/checks/lesson_00.py",
        "utils/warm_up.py",
    ]


def test_the_solved_lesson_is_right(course: Path) -> None:
    book = nbformat.read(course / "notebooks/solutions/00_warm_up.ipynb", as_version=4)
    (line,) = said(book)
    assert "Exercise 00.1 · The mean: right" in line
    assert any("[1, 2, 600] have the mean 201.0" in o.get("text", "") for c in book.cells for o in c.get("outputs", ()))


def test_the_untouched_lesson_runs_to_the_end(course: Path) -> None:
    run = ("-m", "nbconvert", "--execute", "--to", "notebook", "--output", "ran.ipynb", "notebooks/00_warm_up.ipynb")
    done = toy.python(course, *run)
    assert done.returncode == 0, done.stderr
    (line,) = said(nbformat.read(course / "notebooks/ran.ipynb", as_version=4))
    assert "not attempted" in line


def test_the_answers_of_the_page_are_judged_as_it_says(course: Path) -> None:
    done = toy.python(course, "-c", JUDGE)
    assert done.returncode == 0, done.stderr
    right, wrong = json.loads(done.stdout)
    assert set(right) == {"right"}
    assert all(outcome in ("wrong", "raised") and diagnosis == name for outcome, diagnosis, name in wrong), wrong


def test_every_misconception_of_the_page_is_told_by_its_own_sentence(course: Path) -> None:
    code = (
        "from utils.checks import judge\nfrom utils.checks.registry import records\n"
        "for m in records()['warm_up.mean'].misconceptions: print(m.name, judge('warm_up.mean', m.answer).diagnosis)"
    )
    lines = toy.python(course, "-c", code).stdout.splitlines()
    assert len(lines) >= 4 and all(len(set(line.split())) == 1 for line in lines), lines


def test_the_commands_of_the_page_exist() -> None:
    make = (toy.ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`make ([\w-]+)`", PAGE)):
        assert re.search(rf"^{target}:", make, re.M), target


def test_it_is_one_page() -> None:
    prose = re.sub(r"^(`{3,}).*?^\1$", "", PAGE, flags=re.M | re.S)
    assert len(prose.split()) < 700
