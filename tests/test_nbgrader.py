"""The built lessons in the real nbgrader: generate_assignment and autograde, run as a teacher runs them.

nbgrader reads the grade off a check cell's outputs: an error or anything on stderr is zero, the first result is the
number of points, and a silent cell gets them all. Whole submissions are graded here, so it is those rules that decide.
"""

from __future__ import annotations

import copy
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from traitlets.config import PyFileConfigLoader

from tests import toy

ASSIGNMENT = "lesson"
PACED = "import os\n\nos.environ['COURSE_PACE'] = 'quick'"


pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")]  # nbgrader's own


Scores = dict[str, dict[str, list[float | None]]]
"""{student: {grade id: [score, points]}}"""


class Course:
    """An nbgrader course whose only assignment is one built solution edition."""

    def __init__(self, root: Path, code: Path, solution: Path) -> None:
        self.root, self.code, self.notebook = root, code, solution.name
        (root / "source" / ASSIGNMENT).mkdir(parents=True)
        shutil.copy(solution, root / "source" / ASSIGNMENT)
        shutil.copy(toy.ROOT / "nbgrader_config.py", root)

    def python(self, *arguments: str) -> str:
        """What `python ARGUMENTS` prints in the teacher's folder."""
        done = toy.python(self.root, *arguments, timeout=900, PYTHONPATH=str(self.code))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def release(self) -> NotebookNode:
        """What students are given."""
        self.python("-m", "nbgrader", "generate_assignment", ASSIGNMENT)
        return nbformat.read(self.root / "release" / ASSIGNMENT / self.notebook, as_version=4)

    def submit(self, submissions: Mapping[str, NotebookNode]) -> None:
        """Puts a notebook per student where nbgrader looks for what was handed in."""
        for student, book in submissions.items():
            folder = self.root / "submitted" / student / ASSIGNMENT
            folder.mkdir(parents=True)
            nbformat.write(book, folder / self.notebook)

    def autograde(self) -> Scores:
        self.python("-m", "nbgrader", "autograde", ASSIGNMENT)
        return self.scores()

    def release_and_autograde(self, monkeypatch: pytest.MonkeyPatch) -> Scores:
        """Both commands from this process: to import nbgrader takes longer than to run it."""
        monkeypatch.chdir(self.root)
        monkeypatch.setenv("PYTHONPATH", str(self.code))
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader runs alembic
        api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py").load_config())
        for result in (api.generate_assignment(ASSIGNMENT), api.autograde(ASSIGNMENT, "*")):
            assert result["success"], result
        return self.scores()

    def scores(self) -> Scores:
        """What the teacher's database says, of all that has points or got some."""
        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}") as book:
            return {
                submission.student.id: {
                    grade.name: [grade.auto_score, grade.max_score]
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                    if grade.max_score or grade.auto_score
                }
                for submission in book.assignment_submissions(ASSIGNMENT)
            }

    def graded(self, student: str) -> NotebookNode:
        """The notebook as it was run for grading, with its outputs."""
        return nbformat.read(self.root / "autograded" / student / ASSIGNMENT / self.notebook, as_version=4)


def cell_of(book: NotebookNode, grade_id: str) -> NotebookNode:
    """The first cell with this nbgrader id."""
    return next(cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def errors(book: NotebookNode) -> list[str]:
    """Every error a cell ended in."""
    found = [(cell, o) for cell in book.cells for o in cell.get("outputs", ()) if o.output_type == "error"]
    return [f"{cell.source}\n-> {o.ename}: {o.evalue}" for cell, o in found]


# --------------------------------------------------------------------------------------------------- the tiny lesson


ADD = "def add(a, b):\n    return b + a"
SCALE = "def scale(values, factor):\n    return [v * factor for v in values]"
NOISY = """\
import os, sys, warnings
def scale(values, factor):
    warnings.warn("careful")
    print("to the side", file=sys.stderr)
    os.write(2, b"from a library in C")
    return [v * factor for v in values]"""
Change = Callable[[NotebookNode], None]


def typed(**answers: str) -> Change:
    """Code typed into the answer cells, by the exercise's name."""

    def change(book: NotebookNode) -> None:
        for name, code in answers.items():
            cell_of(book, f"tiny-{name}").source = code

    return change


def doubled(grade_id: str, upper: str | None = None, lower: str | None = None) -> Change:
    """A cell split in two or copied below itself: both keep the metadata; None leaves the half as it was."""

    def change(book: NotebookNode) -> None:
        cell = cell_of(book, grade_id)
        second = copy.deepcopy(cell)
        second.id = f"{cell.id}-again"
        cell.source, second.source = (cell.source if s is None else s for s in (upper, lower))
        book.cells.insert(book.cells.index(cell) + 1, second)

    return change


def deleted(grade_id: str) -> Change:
    return lambda book: book.cells.remove(cell_of(book, grade_id))


def overwritten(grade_id: str, code: str) -> Change:
    """A locked cell changed after all, as editors that ignore locks allow."""

    def change(book: NotebookNode) -> None:
        cell_of(book, grade_id).source = code

    return change


# What a student did to the release, the points for `add` (of 2), the points for `scale` (of 3). A submission costs a
# kernel, so each tries one thing on either exercise.
SUBMISSIONS: dict[str, tuple[list[Change], float, float]] = {
    "wrong and noisy": ([typed(add="def add(a, b):\n    return a - b", scale=NOISY)], 0, 3),
    "raises and does not parse": ([typed(add="def add(a, b):\n    return c", scale="def scale(:")], 0, 0),
    "exits, and the other answer split": (
        [typed(add="def add(a, b):\n    exit()", scale=SCALE), doubled("tiny-scale", upper="# my answer")],
        0,
        3,
    ),
    "a number displayed, and a check pasted over another": (
        [typed(add=ADD, scale="print(3)\n3"), overwritten("check-tiny-scale", 'add = check("tiny.add", add)')],
        2,
        0,
    ),
    "checks silenced": ([overwritten("check-tiny-add", "pass"), overwritten("check-tiny-scale", "")], 0, 0),
    "check redefined": (
        [typed(add="check = lambda name, answer: answer\ndef add(a, b):\n    return a", scale=SCALE)],
        0,
        3,
    ),
    "check split into a silent half, and an answer deleted": (
        [typed(add="def add(a, b):\n    return a"), doubled("check-tiny-add", lower=""), deleted("tiny-scale")],
        0,
        0,
    ),
    "answer pasted, and a check deleted": (
        [typed(add=ADD, scale=SCALE), doubled("tiny-add", lower="x = 1"), deleted("check-tiny-scale")],
        2,
        0,
    ),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny lesson, built."""
    code = toy.course(tmp_path_factory.mktemp("code"))
    for arguments in ((), ("--solutions",)):
        done = toy.module(code, "utils.builder", *arguments)
        assert done.returncode == 0, done.stderr
    return Course(tmp_path_factory.mktemp("course"), code, code / "notebooks/solutions/00_tiny.ipynb")


@pytest.fixture(scope="module")
def release(course: Course) -> NotebookNode:
    return course.release()


@pytest.fixture(scope="module")
def scores(course: Course, release: NotebookNode) -> Scores:
    """What many students, who all did something else to the release, got for it."""
    books = {}
    for student, (changes, *_) in SUBMISSIONS.items():
        books[student] = copy.deepcopy(release)
        for change in changes:
            change(books[student])
    books["solution edition"] = nbformat.read(course.code / "notebooks/solutions/00_tiny.ipynb", as_version=4)
    books["student edition"] = nbformat.read(course.code / "notebooks/00_tiny.ipynb", as_version=4)
    course.submit(books)
    return course.autograde()


def test_the_solution_edition_gets_full_marks(scores) -> None:
    assert scores["solution edition"] == {"check-tiny-add": [2, 2], "check-tiny-scale": [3, 3]}


def test_the_untouched_student_edition_gets_nothing(scores) -> None:
    assert scores["student edition"] == {"check-tiny-add": [0, 2], "check-tiny-scale": [0, 3]}


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_a_submission_gets_the_points_of_its_right_answers_only(scores, student) -> None:
    _, add, scale = SUBMISSIONS[student]
    points = {name: score or 0 for name, (score, _) in scores[student].items()}
    assert points == {"check-tiny-add": add, "check-tiny-scale": scale}


@pytest.mark.parametrize(
    "student", ["wrong and noisy", "checks silenced", "check redefined", "solution edition", "student edition"]
)
def test_grading_runs_to_the_end_without_an_error(course, scores, student) -> None:
    assert errors(course.graded(student)) == []


def test_the_release_shows_neither_answers_nor_claims(release) -> None:
    text = "\n".join(cell.source for cell in release.cells)
    for secret in ("return a + b", "factor * value", "assert add(2, 3)", "BEGIN SOLUTION", "HIDDEN TESTS"):
        assert secret not in text


def test_the_release_is_the_student_edition_but_for_the_emptied_claims(course, release) -> None:
    student = nbformat.read(course.code / "notebooks/00_tiny.ipynb", as_version=4)
    given = [cell for cell in release.cells if "solution" not in cell.metadata.get("tags", ())]
    assert [(c.id, c.source, c.metadata) for c in student.cells] == [(c.id, c.source, c.metadata) for c in given]


# --------------------------------------------------------------------------------------------------- the real lessons


@pytest.mark.parametrize("name", sorted(p.stem for p in (toy.ROOT / "notebooks/solutions").glob("*.ipynb")))
def test_a_lesson_in_nbgrader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The solution edition gets full marks and the untouched student edition none; both run to the end.

    The solution edition trains its models in full, and so proves its claims again. The untouched one trains the same
    models, with the course's own functions; there a few steps will do.
    """
    notebooks = toy.ROOT / "notebooks"
    course = Course(tmp_path / "course", toy.ROOT, notebooks / f"solutions/{name}.ipynb")
    editions = {"untouched": notebooks / f"{name}.ipynb", "solved": notebooks / f"solutions/{name}.ipynb"}
    books = {student: nbformat.read(file, as_version=4) for student, file in editions.items()}
    books["untouched"].cells.insert(0, nbformat.v4.new_code_cell(PACED))
    course.submit(books)
    scores = course.release_and_autograde(monkeypatch)
    assert scores["solved"] and all(score == points for score, points in scores["solved"].values())
    assert all(score == 0 for score, _ in scores["untouched"].values())
    for student in editions:
        assert errors(course.graded(student)) == []
    for cell in course.graded("untouched").cells:
        if cell.metadata.get("nbgrader", {}).get("points"):
            said = [o["data"]["text/plain"] for o in cell.outputs if o.output_type == "display_data"]
            assert said and "not attempted" in said[0], (cell.source, said)
