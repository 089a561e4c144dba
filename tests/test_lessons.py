"""The lessons as committed: what their sources give, executed, and within the limits of style that can be counted."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from utils import builder
from utils.builder import Lesson
from utils.checks.registry import records

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOURCES = sorted((NOTEBOOKS / "source").glob("[0-9][0-9]_*.md"))
NAMES = [source.stem for source in SOURCES]
ROWS = builder.curriculum(NOTEBOOKS / "source/curriculum.md")
lessons = pytest.mark.parametrize("name", NAMES)

MOST_WORDS, MOST_LINES, MOST_SETUP_LINES = 110, 20, 6


@cache
def built(name: str) -> Lesson:
    """A lesson, built now."""
    return builder.build(NOTEBOOKS / f"source/{name}.md", ROWS, records())


@cache
def committed(name: str, solution: bool = False) -> NotebookNode:
    """A lesson as it lies in the repository."""
    return nbformat.read(NOTEBOOKS / ("solutions" if solution else "") / f"{name}.ipynb", as_version=4)


def code_cells(book: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def checks(book: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("points")]


def prose_words(text: str) -> int:
    """The words of a markdown cell without code, formulas, tags and addresses."""
    text = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$]*\$|<[^>]+>|\]\([^)\s]*\)", " ", text, flags=re.S)
    return len(re.findall(r"\w+", text))


# ------------------------------------------------------------------------------------------------------ the curriculum


def test_the_curriculum_has_sixteen_rows() -> None:
    assert list(ROWS) == [f"{n:02}" for n in range(1, 17)]
    assert all(ROWS.values())


@lessons
def test_a_lesson_lists_every_concept_of_its_row(name) -> None:
    listed = built(name).student.metadata["course"]["concepts"]
    assert sorted(listed) == sorted(ROWS[name[:2]])


def test_every_exercise_has_its_lesson() -> None:
    assert {exercise.lesson for exercise in records().values()} <= {name[:2] for name in NAMES}


# ------------------------------------------------------------------------------------------ what is committed is built


@lessons
def test_the_student_edition_is_what_the_source_gives(name) -> None:
    """Byte for byte; if this fails, run `make notebooks`."""
    file = NOTEBOOKS / f"{name}.ipynb"
    assert file.read_text("utf-8") == nbformat.writes(built(name).student) + "\n"


@lessons
def test_the_solution_edition_is_what_the_source_gives(name) -> None:
    """All but the outputs; if this fails, run `make solutions`."""
    new, old = built(name).solution, committed(name, solution=True)
    assert new.metadata == old.metadata
    assert [(c.id, c.source, c.metadata) for c in new.cells] == [(c.id, c.source, c.metadata) for c in old.cells]


def test_there_is_no_notebook_without_a_source() -> None:
    for folder in (NOTEBOOKS, NOTEBOOKS / "solutions"):
        assert [file.stem for file in sorted(folder.glob("[0-9][0-9]_*.ipynb"))] == NAMES


# --------------------------------------------------------------------------------------------------- what was executed


@lessons
def test_every_cell_of_the_solution_ran_without_an_error(name) -> None:
    cells = code_cells(committed(name, solution=True))
    counts = [cell.execution_count for cell in cells]
    assert counts == list(range(1, len(cells) + 1)), "run from top to bottom, once"
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert "Warning" not in output.get("text", ""), output.text


@lessons
def test_every_check_of_the_solution_says_right(name) -> None:
    cells = checks(committed(name, solution=True))
    assert len(cells) == sum(exercise.lesson == name[:2] for exercise in records().values())
    for cell in cells:
        cards = [output["data"]["text/html"] for output in cell.outputs if "text/html" in output.get("data", {})]
        assert len(cards) == 1 and 'data-outcome="right"' in cards[0], cell.source


@lessons
def test_the_solution_edition_asserts_its_claims(name) -> None:
    claims = [cell for cell in committed(name, solution=True).cells if "solution" in cell.metadata.get("tags", ())]
    assert claims and all("assert" in cell.source for cell in claims)


# ------------------------------------------------------------------------------------------------- the student edition


@lessons
def test_the_student_edition_has_no_outputs_and_no_answers(name) -> None:
    for cell in committed(name).cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        assert "BEGIN SOLUTION" not in cell.source and "HIDDEN TESTS" not in cell.source
    solved = {cell.id: cell.source for cell in committed(name, solution=True).cells}
    for cell in committed(name).cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            assert "raise NotImplementedError()" in cell.source and cell.source != solved[cell.id]


@lessons
def test_every_cell_of_the_student_edition_parses(name) -> None:
    for cell in code_cells(committed(name)):
        ast.parse(TransformerManager().transform_cell(cell.source))


@lessons
def test_the_frame(name) -> None:
    """A title and the badge first, then the set-up cell before any other code, `progress()` last."""
    cells = committed(name).cells
    assert cells[0].source.startswith("# ") and "colab-badge.svg" in cells[0].source
    assert code_cells(committed(name))[0].id == "setup"
    assert len(code_cells(committed(name))[0].source.splitlines()) <= MOST_SETUP_LINES
    assert cells[-1].source.strip() == "progress()"


# --------------------------------------------------------------------------------------------------------------- style


@lessons
def test_cells_stay_short(name) -> None:
    for cell in committed(name, solution=True).cells:
        if cell.cell_type == "markdown":
            assert prose_words(cell.source) <= MOST_WORDS, cell.source
        elif not cell.metadata.get("nbgrader"):
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= MOST_LINES, cell.source


@lessons
def test_every_image_has_a_text_alternative(name) -> None:
    for cell in committed(name, solution=True).cells:
        assert not re.search(r"!\[\s*\]\(", cell.source), cell.source
        for tag in re.findall(r"<img[^>]*>", cell.source):
            assert re.search(r'alt\s*=\s*"[^"]+', tag), tag
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                assert output.metadata.get("image/png", {}).get("alt"), cell.source
            for tag in re.findall(r"<img[^>]*>", output.get("data", {}).get("text/html", "")):
                assert re.search(r'alt\s*=\s*"[^"]+', tag), cell.source


@lessons
def test_code_names_no_web_address_but_the_courses_own(name) -> None:
    for cell in code_cells(committed(name))[1:]:
        assert not re.search(r"https?://", cell.source), cell.source


# ----------------------------------------------------------------------------------- cells that can be run once more


def _bound(tree: ast.AST) -> set[str]:
    """The names that a cell binds at its top level: not those inside its functions, classes and comprehensions."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.split(".")[0])
        elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            if isinstance(node, ast.ExceptHandler) and node.name:
                found.add(node.name)
            found |= _bound(node)
    return found


def _read_by_functions(tree: ast.Module) -> dict[str, set[str]]:
    """Function of a cell → the names that it reads and does not bind itself."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            inside = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
            own = {n.id for n in inside if isinstance(n.ctx, ast.Store)}
            own |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
            found[node.name] = {n.id for n in inside if isinstance(n.ctx, ast.Load)} - own
    return found


def rebound_names(sources: list[str]) -> list[str]:
    """What a function of one cell reads and a later cell binds anew: run that function again, and it breaks."""
    reads: dict[str, str] = {}
    complaints = []
    for source in sources:
        tree = ast.parse(TransformerManager().transform_cell(source))
        bound = _bound(tree)
        complaints += [f"{name}, which {reads[name]} reads" for name in sorted(bound & set(reads))]
        for function, names in _read_by_functions(tree).items():
            reads.update(dict.fromkeys(names, f"{function}()"))
    return complaints


def test_rebound_names_are_found() -> None:
    first = "scale = 2\n\ndef twice(x):\n    y = x\n    return y * scale"
    assert rebound_names([first, "for scale in range(3):\n    print(scale)"]) == ["scale, which twice() reads"]
    assert rebound_names([first, "y = [scale for scale in (1, 2)]\nother = lambda scale: scale"]) == []


COURSE = {"check", "hint", "progress", "judge"}
"""What the set-up cell brings, and what a lesson may import besides: a loop variable of the name would hide it."""


def hidden_names(source: str) -> set[str]:
    """The course's own functions that a cell binds to something else."""
    tree = ast.parse(TransformerManager().transform_cell(source))
    brought = {alias.asname or alias.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for alias in n.names}
    return (_bound(tree) & COURSE) - brought


def test_hidden_names_are_found() -> None:
    assert hidden_names("for name, (hint, codes) in hints.items():\n    print(hint)") == {"hint"}
    assert hidden_names("try:\n    1 / 0\nexcept ZeroDivisionError as check:\n    pass") == {"check"}
    assert hidden_names("from utils.checks import judge\njudged = [check for check in (1, 2)]") == set()


@lessons
def test_no_cell_hides_the_courses_own_functions(name) -> None:
    """Who goes back to an exercise after that cell would have no check, or no hints."""
    hidden = [name for cell in code_cells(committed(name, solution=True))[1:] for name in hidden_names(cell.source)]
    assert hidden == []


@lessons
def test_no_later_cell_rebinds_what_an_earlier_function_reads(name) -> None:
    """Exercises aside: their check binds the learner's own function under its name, and that is meant."""
    cells = [cell for cell in code_cells(committed(name, solution=True)) if not cell.metadata.get("nbgrader")]
    assert rebound_names([cell.source for cell in cells]) == []
