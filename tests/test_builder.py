"""The builder: what it puts into a notebook, what it refuses, and that it writes nothing twice or by halves."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import pytest

from tests import toy
from utils import builder
from utils.builder import BuildError, Lesson
from utils.checks.model import Exercise

_number = itertools.count()


def load_module(file: Path, name: str):
    """A module from a file, under a name of its own so that nothing of the course is replaced."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Lesson]:
    """`tiny(source=..., module=...)` builds the tiny lesson in this process, from the files that are given."""

    def build(source: str = toy.SOURCE, module: str = toy.MODULE, name: str = "00_tiny", **more: str) -> Lesson:
        folder = tmp_path / f"course{next(_number)}"
        folder.mkdir()
        for file, text in {f"{name}.md": source, "curriculum.md": more.get("curriculum", toy.CURRICULUM)}.items():
            (folder / file).write_text(text, encoding="utf-8")
        (folder / "tiny.py").write_text(module, encoding="utf-8")
        checks_text = toy.CHECKS.replace("from utils import tiny", "import tiny")
        (folder / "lesson_00.py").write_text(checks_text, encoding="utf-8")
        monkeypatch.setitem(sys.modules, "tiny", load_module(folder / "tiny.py", f"tiny_{next(_number)}"))
        checks = load_module(folder / "lesson_00.py", f"lesson_00_{next(_number)}")
        records: Mapping[str, Exercise] = {exercise.id: exercise for exercise in checks.EXERCISES}
        return builder.build(folder / f"{name}.md", builder.curriculum(folder / "curriculum.md"), records)

    return build


def refusal(build: Callable[..., Lesson], **files: str) -> tuple[str, int, str]:
    """The file, the line and the sentence of the error that a build ends in."""
    with pytest.raises(BuildError) as caught:
        build(**files)
    parts = re.fullmatch(r"(.+?):(\d+): (.+)", str(caught.value))
    assert parts, str(caught.value)
    return Path(parts[1]).name, int(parts[2]), parts[3]


def line_of(text: str, part: str) -> int:
    """The number of the first line with this part."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def without(text: str, part: str) -> str:
    """The text without one code cell, found by a part of it."""
    cells = re.split(r"(?=```\{code-cell\})", text)
    kept = [c if part not in c else c.split("```\n", 1)[1].lstrip("\n") for c in cells]
    return "".join(kept)


# ------------------------------------------------------------------------------------------------ what a notebook holds


def test_an_exercise_becomes_a_heading_an_answer_and_a_check(tiny) -> None:
    lesson = tiny()
    cells = {cell.id: cell for cell in lesson.student.cells}
    heading = next(cell.source for cell in lesson.student.cells if "Exercise 00.2" in cell.source)
    assert heading.splitlines()[0] == "**Exercise 00.2 · Scaling** — 3 points · ●●○ · about 4 minutes"
    assert heading.splitlines()[1] == ""
    first = next(cell.source for cell in lesson.student.cells if "Exercise 00.1" in cell.source)
    assert first.splitlines()[0].endswith("2 points · ●○○ · about 1 minute")
    answer = cells["tiny-scale"].source
    assert answer.startswith("def scale(values: list[int], factor: int) -> list[int]:\n") and "BEGIN" not in answer
    assert answer.endswith("    # YOUR CODE HERE\n    raise NotImplementedError()")
    assert cells["check-tiny-scale"].source == 'scale = check("tiny.scale", scale)'
    order = [cell.id for cell in lesson.student.cells]
    assert order.index("tiny-scale") + 1 == order.index("check-tiny-scale")


def test_the_solution_edition_keeps_the_marks_and_the_claims(tiny) -> None:
    lesson = tiny()
    cells = {cell.id: cell for cell in lesson.solution.cells}
    assert "    ### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION" in cells["tiny-add"].source
    (claim,) = [cell for cell in lesson.solution.cells if "solution" in cell.metadata.get("tags", ())]
    assert "assert add(2, 3) == 5" in claim.source and claim.metadata["jupyter"]["source_hidden"] is True
    assert not any("assert" in cell.source for cell in lesson.student.cells)


def test_nbgrader_metadata(tiny) -> None:
    lesson = tiny()
    cells = {cell.id: cell.metadata["nbgrader"] for cell in lesson.solution.cells if "nbgrader" in cell.metadata}
    common = {"schema_version": 3, "task": False}
    assert cells["tiny-add"] == {**common, "grade_id": "tiny-add", "grade": False, "solution": True, "locked": False}
    check = {**common, "grade_id": "check-tiny-add", "grade": True, "solution": False, "locked": True, "points": 2}
    assert cells["check-tiny-add"] == check
    student = {cell.id: cell.metadata for cell in lesson.student.cells}
    assert student["check-tiny-add"]["editable"] is False and student["check-tiny-add"]["deletable"] is False
    assert len(student["tiny-add"]["nbgrader"]["checksum"]) == 32


def test_ids_are_unique_and_stay_when_another_cell_changes(tiny) -> None:
    twice = toy.SOURCE.replace("More text.", "More text.\n\n+++\n\nMore text.")
    ids = [cell.id for cell in tiny(twice).student.cells]
    assert len(ids) == len(set(ids))
    before = {cell.source: cell.id for cell in tiny().student.cells}
    after = {cell.source: cell.id for cell in tiny("\n".join([toy.SOURCE, "A last word."])).student.cells}
    assert all(after[source] == cell_id for source, cell_id in before.items())


def test_setup_cell_and_badge(tiny) -> None:
    cells = tiny().student.cells
    assert cells[1].id == "setup" and len(cells[1].source.splitlines()) <= 6 and "start()" in cells[1].source
    assert "https://colab.research.google.com/github/" in cells[0].source
    assert cells[0].source.rstrip().endswith("/blob/main/notebooks/00_tiny.ipynb)")


CLASS = """\
class scale:
    def __init__(self, factor):
        ### BEGIN SOLUTION
        self.factor = factor
        ### END SOLUTION

    def __call__(self, values):
        out = []
        ### BEGIN SOLUTION
        out += [self.factor * value for value in values]
        ### END SOLUTION
        return out
"""


def test_decorators_classes_and_several_marked_regions(tiny) -> None:
    module = toy.MODULE.replace("def add(", "import functools\n\n\n@functools.cache\ndef add(")
    lesson = tiny(module=module[: module.index("def scale(")] + CLASS)
    cells = {cell.id: cell.source for cell in lesson.student.cells}
    assert cells["tiny-add"].startswith("@functools.cache\ndef add(")
    assert cells["tiny-scale"].count("raise NotImplementedError()") == 2 and "self.factor" not in cells["tiny-scale"]
    assert cells["tiny-scale"].endswith("raise NotImplementedError()\n        return out")
    for source in cells["tiny-add"], cells["tiny-scale"]:
        ast.parse(source)


def test_the_notebooks_are_valid_and_carry_their_concepts(tiny) -> None:
    for book in (tiny().student, tiny().solution):
        nbformat.validate(book)
        assert book.metadata["course"]["concepts"] == ["adding", "scaling"]
        assert not any(cell.get("outputs") for cell in book.cells)


# ------------------------------------------------------------------------------------------------------ what it refuses


def test_unknown_exercise_names_the_closest(tiny) -> None:
    source = toy.SOURCE.replace(":exercise: tiny.scale", ":exercise: tiny.scal")
    file, line, sentence = refusal(tiny, source=source)
    assert (file, line) == ("00_tiny.md", line_of(source, ":exercise: tiny.scal") - 1)
    assert "`tiny.scal`" in sentence and "`tiny.scale`?" in sentence


def test_unknown_exercise_in_a_heading(tiny) -> None:
    source = toy.SOURCE.replace("{{ exercise tiny.add }}", "{{ exercise tony.add }}")
    _, line, sentence = refusal(tiny, source=source)
    assert line == line_of(source, "tony.add") and "Did you mean `tiny.add`?" in sentence


def test_an_exercise_without_marks_is_found_in_utils(tiny) -> None:
    module = toy.MODULE.replace("    ### BEGIN SOLUTION\n", "").replace("    ### END SOLUTION\n", "")
    file, line, sentence = refusal(tiny, module=module)
    assert (file, line) == ("tiny.py", line_of(module, "def add")) and "`tiny.add`" in sentence


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("    return a + b\n    ### END SOLUTION", "    return a + b", "BEGIN SOLUTION"),
        ("    ### BEGIN SOLUTION\n    return a + b", "    return a + b", "END SOLUTION"),
        ("    return a + b", "    ### BEGIN SOLUTION\n    return a + b", "return a + b"),
    ],
)
def test_marks_that_do_not_pair(tiny, old, new, at) -> None:
    module = toy.MODULE.replace(old, new, 1)
    file, line, _ = refusal(tiny, module=module)
    assert file == "tiny.py" and abs(line - line_of(module, at)) <= 1


def test_unknown_concept(tiny) -> None:
    source = toy.SOURCE.replace("concepts: [adding, scaling]", "concepts: [adding, scalling]")
    file, line, sentence = refusal(tiny, source=source)
    assert (file, line) == ("00_tiny.md", line_of(source, "scalling"))
    assert "`scalling`" in sentence and "`scaling`?" in sentence


def test_concept_of_another_lesson(tiny) -> None:
    source = toy.SOURCE.replace("[adding, scaling]", "[adding, elsewhere]")
    assert "belongs to lesson 01" in refusal(tiny, source=source)[2]


def test_a_concept_list_over_several_lines_is_pointed_at(tiny) -> None:
    new = 'course:\n  lesson: "00"\n  title: Tiny\n  concepts:\n    - adding\n    - nothing\n'
    source = re.sub(r"course: .*\n", new, toy.SOURCE)
    assert refusal(tiny, source=source)[:2] == ("00_tiny.md", line_of(source, "- nothing"))


def test_an_exercise_never_placed(tiny) -> None:
    _, line, sentence = refusal(tiny, source=without(toy.SOURCE, ":exercise: tiny.scale"))
    assert line == line_of(toy.SOURCE, "exercise tiny.scale") and "`tiny.scale`" in sentence


@pytest.mark.parametrize("what", ["{{ exercise tiny.add }}\n", "```{code-cell} ipython3\n:exercise: tiny.add\n```\n"])
def test_an_exercise_placed_twice(tiny, what) -> None:
    source = f"{toy.SOURCE}\n+++\n\n{what}"
    _, line, sentence = refusal(tiny, source=source)
    assert line > line_of(source, "progress()") and "already" in sentence and "`tiny.add`" in sentence


def test_an_answer_without_a_heading(tiny) -> None:
    source = toy.SOURCE.replace("{{ exercise tiny.add }}", "Add.")
    assert "{{ exercise tiny.add }}" in refusal(tiny, source=source)[2]


def test_exercises_in_another_order_than_the_registry(tiny) -> None:
    source = toy.SOURCE.replace("tiny.add", "tiny.x").replace("tiny.scale", "tiny.add").replace("tiny.x", "tiny.scale")
    assert "order" in refusal(tiny, source=source)[2]


@pytest.mark.parametrize("source", [toy.SOURCE.split("---\n", 2)[2].lstrip(), "# no front matter\n", ""])
def test_missing_front_matter(tiny, source) -> None:
    file, line, sentence = refusal(tiny, source=source)
    assert (file, line) == ("00_tiny.md", 1) and "front matter" in sentence


@pytest.mark.parametrize("key", ["lesson", "title", "concepts"])
def test_front_matter_without_a_key(tiny, key) -> None:
    source = toy.SOURCE.replace(f"{key}:", f"x{key}:")
    assert f"`{key}`" in refusal(tiny, source=source)[2]


def test_front_matter_that_is_not_yaml(tiny) -> None:
    assert "YAML" in refusal(tiny, source=toy.SOURCE.replace("[adding, scaling]}", "[adding, scaling}"))[2]


def test_the_number_must_be_that_of_the_file_name(tiny) -> None:
    assert '"00" here and "07"' in refusal(tiny, name="07_tiny")[2]


def test_no_setup_cell_and_two(tiny) -> None:
    assert "set-up cell" in refusal(tiny, source=without(toy.SOURCE, ":tags: [setup]"))[2]
    two = toy.SOURCE.replace("# Tiny\n", "# Tiny\n\n```{code-cell} ipython3\n:tags: [setup]\n```\n")
    assert "second" in refusal(tiny, source=two)[2]


def test_code_in_an_exercise_cell(tiny) -> None:
    source = toy.SOURCE.replace(":exercise: tiny.add\n", ":exercise: tiny.add\n\nx = 1\n")
    assert "must be empty" in refusal(tiny, source=source)[2]


def test_an_unknown_placeholder(tiny) -> None:
    source = toy.SOURCE.replace("{{ badge }}", "{{ bagde }}")
    assert refusal(tiny, source=source)[:2] == ("00_tiny.md", line_of(source, "bagde"))


@pytest.mark.parametrize("code", ["add(2, 3)", "assert add(2, 3) == 5\nadd(1, 1)", "assert add(2, 3 == 5"])
def test_claims_that_display_a_value_or_do_not_parse(tiny, code) -> None:
    """A value shown by a graded cell would be taken for points."""
    assert refusal(tiny, source=toy.SOURCE.replace("assert add(2, 3) == 5", code))[0] == "00_tiny.md"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("| 02 | third | `adding`: again |", "has a concept `adding` already"),
        ("| 02 | third | adding, without marks |", "reads `id`: what"),
    ],
)
def test_a_curriculum_that_contradicts_itself(tiny, row, sentence) -> None:
    file, line, said = refusal(tiny, curriculum=f"{toy.CURRICULUM}{row}\n")
    assert (file, line) == ("curriculum.md", 5) and sentence in said


# ---------------------------------------------------------------------------------------------------- the command line


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every built notebook: its bytes, and when it was written."""
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*.ipynb")}


def test_building_twice_changes_nothing_and_errors_write_nothing(tmp_path: Path) -> None:
    course = toy.course(tmp_path)
    source = course / "notebooks/source/00_tiny.md"
    source.write_text(toy.SOURCE.replace("tiny.scale", "tiny.skale"), encoding="utf-8")
    done = toy.module(course, "utils.builder")
    assert done.returncode == 1 and snapshot(course) == {}
    assert re.match(r"notebooks/source/00_tiny\.md:\d+: .*`tiny\.scale`\?\n$", done.stderr), done.stderr

    source.write_text(toy.SOURCE, encoding="utf-8")
    assert toy.module(course, "utils.builder").returncode == 0
    before = snapshot(course)
    assert list(before) == ["notebooks/00_tiny.ipynb"]
    # The one process of its own: the command as it is typed, and sets in another order.
    done = toy.python(course, "-m", "utils.builder", PYTHONHASHSEED="7")
    assert done.returncode == 0 and snapshot(course) == before and "unchanged" in done.stdout

    # A student's work is not overwritten, and running the cells is not editing them.
    file = course / "notebooks/00_tiny.ipynb"
    book = nbformat.read(file, as_version=4)
    book.cells[1].execution_count = 1
    nbformat.write(book, file)
    assert toy.module(course, "utils.builder").returncode == 0
    assert file.read_bytes() == before["notebooks/00_tiny.ipynb"][0]
    book.cells[4].source = "def add(a, b):\n    return b + a"
    nbformat.write(book, file)
    edited = file.read_bytes()
    done = toy.module(course, "utils.builder")
    assert done.returncode == 1 and "somebody wrote into this notebook" in done.stderr and file.read_bytes() == edited
    assert toy.module(course, "utils.builder", "--force").returncode == 0
    assert file.read_bytes() == before["notebooks/00_tiny.ipynb"][0]
    file.write_bytes(edited[:-50])  # what cannot be read may hold somebody's work, too
    assert toy.module(course, "utils.builder").returncode == 1 and file.read_bytes() == edited[:-50]
    assert "there is no lesson 09" in toy.module(course, "utils.builder", "9").stderr


WITH_WIDGET = toy.SOURCE.replace(
    "```{code-cell} ipython3\nprogress()",
    '```{code-cell} ipython3\nprint("ran", file=open("runs.txt", "a"))\n```\n\n'
    "```{code-cell} ipython3\nfrom ipywidgets import interact\ninteract(lambda n: print(n), n=(0, 9));\n```\n\n"
    "```{code-cell} ipython3\nprogress()",
)


@pytest.mark.slow
def test_solutions_are_executed_once(tmp_path: Path) -> None:
    course = toy.course(tmp_path)
    source = course / "notebooks/source/00_tiny.md"
    source.write_text(WITH_WIDGET, encoding="utf-8")
    assert toy.module(course, "utils.builder", "--solutions", NBGRADER_EXECUTION="autograde").returncode == 0
    before = snapshot(course)
    assert list(before) == ["notebooks/solutions/00_tiny.ipynb"]
    book = nbformat.read(course / "notebooks/solutions/00_tiny.ipynb", as_version=4)
    assert all(cell.execution_count for cell in book.cells if cell.cell_type == "code")
    assert not any(o.output_type == "execute_result" for c in book.cells for o in c.get("outputs", ()))
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    assert "widgets" not in book.metadata and not any("widget-view" in str(output) for output in outputs)
    assert any("5 [3, 6]" in o.get("text", "") for c in book.cells for o in c.get("outputs", ()))
    assert not (course / "progress.json").exists() and not (course / "notebooks/progress.json").exists()
    assert toy.module(course, "utils.builder", "--solutions").returncode == 0 and snapshot(course) == before

    # New words in the front matter reach the notebook without a run; the outputs stay.
    source.write_text(WITH_WIDGET.replace('title: "Tiny"', 'title: "Small"'), encoding="utf-8")
    assert toy.module(course, "utils.builder", "--solutions").returncode == 0
    renamed = nbformat.read(course / "notebooks/solutions/00_tiny.ipynb", as_version=4)
    assert renamed.metadata["course"]["title"] == "Small" and renamed.cells == book.cells

    # New words between the cells do so as well: what was run has not changed.
    source.write_text(WITH_WIDGET.replace("More text.", "Other words."), encoding="utf-8")
    assert toy.module(course, "utils.builder", "--solutions").returncode == 0
    reworded = nbformat.read(course / "notebooks/solutions/00_tiny.ipynb", as_version=4)
    assert any("Other words." in cell.source for cell in reworded.cells)
    ran = [[cell for cell in b.cells if cell.cell_type == "code"] for b in (book, reworded)]
    assert ran[0] == ran[1]
    assert (course / "notebooks/runs.txt").read_text(encoding="utf-8") == "ran\n"

    # A cell that raises is named by its line, and the last good edition stays.
    broken = toy.SOURCE.replace("print(add(2, 3)", "print(1 / 0, add(2, 3)")
    source.write_text(broken, encoding="utf-8")
    kept = snapshot(course)
    done = toy.module(course, "utils.builder", "--solutions")
    assert done.returncode == 1 and snapshot(course) == kept
    line = line_of(broken, "1 / 0") - 1
    assert f"00_tiny.md:{line}: this cell raised ZeroDivisionError: division by zero" in done.stderr
