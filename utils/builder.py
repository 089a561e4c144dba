"""Builds the lessons: MyST sources in, notebooks out.

    python -m utils.builder                    notebooks/NN_name.ipynb: what a student opens, without outputs
    python -m utils.builder --solutions        notebooks/solutions/NN_name.ipynb: solved and executed
    python -m utils.builder 03 --solutions --force

A lesson is edited in `notebooks/source/NN_name.md` only. jupytext reads it, nbgrader's preprocessors blank the answers,
nbclient runs the solutions; what is left for this module is to put the cells together. An exercise is the source of a
function in `utils`, copied here, so that the lesson, its check and the library can never drift apart.

Building twice changes no byte. Anything wrong with a source is one line, `FILE:LINE: sentence`, and nothing is written.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import dataclasses
import difflib
import hashlib
import inspect
import os
import re
import sys
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from utils import files, paths
from utils.checks.model import Exercise

try:
    import nbclient
    import nbformat
    import yaml  # type: ignore[import-untyped]
    from jupytext.myst import MystMetadataParsingError, myst_to_notebook
    from nbformat import NotebookNode
    from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells

    from utils.headless import HeadlessClient
except ModuleNotFoundError as missing:
    raise SystemExit(
        f"The builder needs {missing.name}, which authors have and students do not: pip install -e '.[author]'"
    ) from missing

BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
COLAB = "https://colab.research.google.com/github"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
PLACEHOLDER = re.compile(r"^\{\{[ ]*(\w+)[ ]*(\S*)[ ]*\}\}[ ]*$", re.M)


class BuildError(Exception):
    """One thing wrong with a source, as `FILE:LINE: sentence`."""

    def __init__(self, file: Path | str, line: int, sentence: str) -> None:
        with contextlib.suppress(ValueError):
            file = Path(file).resolve().relative_to(Path.cwd())
        super().__init__(f"{file}:{line}: {sentence}")


@dataclasses.dataclass(frozen=True)
class Lesson:
    """A lesson as its source gives it.

    Args:
        source: the MyST file.
        student: the notebook a student opens: answers blanked, no outputs, check cells locked.
        solution: the same with the answers between nbgrader's marks, and with the cells that assert what the prose
            claims; not executed.
        lines: for each cell of `solution`, the line of the source it came from.
    """

    source: Path
    student: NotebookNode
    solution: NotebookNode
    lines: Sequence[int]


# ---------------------------------------------------------------------------------------------------------------------
# Reading


def curriculum(file: Path) -> dict[str, dict[str, str]]:
    """The concepts of each lesson, read from the table in `curriculum.md`: {"03": {"lm": "what a ...", ...}, ...}."""
    rows: dict[str, dict[str, str]] = {}
    owner: dict[str, str] = {}
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        row = re.match(r"\| (\d\d) \| \w+ \| (.*) \|$", line)
        if not row:
            continue
        lesson, concepts = row[1], rows.setdefault(row[1], {})
        for part in row[2].split(" · "):
            concept = re.match(r"`([a-z0-9-]+)`: (.+)", part)
            if not concept:
                raise BuildError(file, number, f"a concept reads `id`: what, not {part!r}.")
            if concept[1] in owner:
                raise BuildError(file, number, f"lesson {owner[concept[1]]} has a concept `{concept[1]}` already.")
            owner[concept[1]] = lesson
            concepts[concept[1]] = concept[2]
    if not rows:
        raise BuildError(file, 1, "there is no table of lessons here (rows `| 01 | name | `id`: what · ... |`).")
    return rows


def read(source: Path, rows: Mapping[str, Mapping[str, str]]) -> tuple[NotebookNode, list[int], dict[str, Any]]:
    """The cells of a source, the line of each, and its front matter under `course`, which is checked here."""
    text = source.read_text("utf-8")
    if not text.startswith("---\n"):
        raise BuildError(source, 1, "the front matter is missing: the first line must be `---`.")
    lines = text.splitlines()
    end = lines.index("---", 1) if "---" in lines[1:] else len(lines)

    def line_of(word: str, start: int = 0) -> int:
        """The line of the front matter on which `word` stands, to point at it."""
        found = (n for n in range(start, end) if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", lines[n]))
        return next(found, start) + 1

    try:
        book = myst_to_notebook(text, add_source_map=True)
    except (MystMetadataParsingError, yaml.YAMLError) as error:
        place = re.search(r"at line (\d+)", str(error)) or re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else 1
        raise BuildError(source, line, f"this is not valid YAML: {' '.join(str(error).split())}") from None
    course = book.metadata.get("course") or {}
    missing = [key for key in ("lesson", "title", "concepts") if not course.get(key)]
    if missing:
        raise BuildError(source, line_of("course"), f"the front matter lacks `{missing[0]}` under `course`.")
    if str(course["lesson"]) != source.stem[:2]:
        sentence = f'the lesson is "{course["lesson"]}" here and "{source.stem[:2]}" in the file name.'
        raise BuildError(source, line_of("lesson"), sentence)
    known = {concept: lesson for lesson, concepts in rows.items() for concept in concepts}
    for concept in course["concepts"]:
        if known.get(concept) == course["lesson"]:
            continue
        if concept in known:
            sentence = f"the concept `{concept}` belongs to lesson {known[concept]}, not to {course['lesson']}."
        else:
            sentence = f"no row of the curriculum has the concept `{concept}`." + closest(concept, known)
        raise BuildError(source, line_of(concept, line_of("concepts") - 1), sentence)

    starts = []
    for cell, start in zip(book.cells, book.metadata.pop("source_map"), strict=True):
        while cell.cell_type == "markdown" and start < len(lines) and not lines[start]:
            start += 1
        starts.append(start + (cell.cell_type == "markdown"))
    return book, starts, dict(course)


def closest(word: str, known: Mapping[str, Any]) -> str:
    """A helping half of a sentence: the known word nearest to a mistyped one."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean `{near[0]}`?" if near else ""


# ---------------------------------------------------------------------------------------------------------------------
# Putting the cells together


def answer_source(exercise: Exercise) -> str:
    """The source of an exercise's reference as it stands in `utils`, its solution marks checked."""
    reference = inspect.unwrap(exercise.reference)
    try:
        file = inspect.getsourcefile(reference) or "?"
        rows, first = inspect.getsourcelines(reference)
    except (OSError, TypeError):
        raise BuildError("utils", 1, f"the source of exercise `{exercise.id}` cannot be found.") from None
    open_at, regions = None, 0
    for line, row in enumerate(rows, first):
        if BEGIN.strip("# ") in row:
            if open_at:
                raise BuildError(file, line, f"`{BEGIN}` again before the `{END}` of line {open_at}.")
            open_at, regions = line, regions + 1
        elif END.strip("# ") in row:
            if not open_at:
                raise BuildError(file, line, f"`{END}` without a `{BEGIN}` before it.")
            open_at = None
    if open_at:
        raise BuildError(file, open_at, f"`{BEGIN}` has no `{END}`.")
    if not regions:
        sentence = f"`{exercise.name}` is exercise `{exercise.id}`, but no region in it is marked `{BEGIN}`, `{END}`."
        raise BuildError(file, first, sentence)
    return textwrap.dedent("".join(rows)).rstrip()


def heading(exercise: Exercise, place: int) -> str:
    """The head line of an exercise, such as **Exercise 03.2 · Title** — 3 points · ●●○ · about 10 minutes."""

    def many(count: float, word: str) -> str:
        return f"{count:g} {word}" + ("" if count == 1 else "s")

    dots = "●" * exercise.difficulty + "○" * (3 - exercise.difficulty)
    return (
        f"**Exercise {exercise.lesson}.{place} · {exercise.title}** — "
        f"{many(exercise.points, 'point')} · {dots} · about {many(exercise.minutes, 'minute')}"
    )


def badge(name: str) -> str:
    """The "Open in Colab" picture with its link, for the repository that pyproject.toml names."""
    address = paths.repository_address().removesuffix(".git").rstrip("/")
    repository = "/".join(address.replace(":", "/").split("/")[-2:])
    return f"[![Open in Colab]({BADGE})]({COLAB}/{repository}/blob/main/notebooks/{name}.ipynb)"


def graded(kind: str, **given: Any) -> dict[str, Any]:
    """nbgrader's metadata (schema 3) of an answer, a check, or a cell of claims."""
    meta = {"schema_version": 3, "grade": kind != "answer", "solution": kind == "answer", "locked": kind != "answer"}
    return {**meta, "task": False, **given}


def assemble(
    source: Path, rows: Mapping[str, Mapping[str, str]], records: Mapping[str, Exercise]
) -> tuple[NotebookNode, list[int]]:
    """The solution edition of one lesson, not executed, and the line of the source behind each of its cells."""
    book, starts, course = read(source, rows)
    lesson = course["lesson"]
    own = [key for key, exercise in records.items() if exercise.lesson == lesson]
    cells: list[NotebookNode] = []
    lines: list[int] = []
    taken: set[str] = set()
    headed: dict[str, int] = {}
    placed: dict[str, int] = {}

    def fail(line: int, sentence: str) -> BuildError:
        return BuildError(source, line, sentence)

    def add(kind: str, text: str, line: int, name: str, **metadata: Any) -> None:
        """Appends a cell. Its id is `name`, with a number where two cells have the same content."""
        make = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
        number, unique = 1, name
        while unique in taken:
            number += 1
            unique = f"{name}-{number}"
        taken.add(unique)
        cells.append(make(text, id=unique, metadata=metadata))
        lines.append(line)

    def known(key: str, line: int, seen: dict[str, int], what: str) -> Exercise:
        """The record of an exercise of this lesson that has not been seen before."""
        if key not in records:
            raise fail(line, f"there is no exercise `{key}`." + closest(key, records))
        if records[key].lesson != lesson:
            raise fail(line, f"exercise `{key}` belongs to lesson {records[key].lesson}, not to {lesson}.")
        if key in seen:
            raise fail(line, f"{what} of exercise `{key}` stands in line {seen[key]} already.")
        seen[key] = line
        return records[key]

    for cell, line in zip(book.cells, starts, strict=True):
        tags, key = cell.metadata.pop("tags", []), cell.metadata.pop("exercise", None)
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:10]
        if cell.cell_type == "markdown":
            text = cell.source
            for match in reversed(list(PLACEHOLDER.finditer(cell.source))):
                at = line + cell.source.count("\n", 0, match.start())
                if match[1] == "exercise":
                    exercise = known(match[2], at, headed, "the heading")
                    new = heading(exercise, own.index(match[2]) + 1)
                elif match[1] == "badge":
                    new = badge(source.stem)
                else:
                    raise fail(at, f"`{match[0].strip()}` means nothing; know `badge` and `exercise ID`.")
                text = text[: match.start()] + new + text[match.end() :]
            add("markdown", text, line, f"text-{digest}", **cell.metadata)
        elif key is not None:
            exercise = known(key, line, placed, "the answer cell")
            if key not in headed:
                raise fail(line, f"a line `{{{{ exercise {key} }}}}` is missing in the text before this cell.")
            if cell.source.strip():
                raise fail(line, f"the cell of exercise `{key}` must be empty: its code comes from utils.")
            behind = next((k for k in own[own.index(key) + 1 :] if k in placed), None)
            if behind:
                raise fail(line, f"`{key}` comes before `{behind}` in the registry; keep that order.")
            name, grade_id = exercise.name, key.replace(".", "-")
            add("code", answer_source(exercise), line, grade_id, nbgrader=graded("answer", grade_id=grade_id))
            check = graded("check", grade_id=f"check-{grade_id}", points=exercise.points)
            add("code", f'{name} = check("{key}", {name})', line, f"check-{grade_id}", nbgrader=check)
        elif "setup" in tags:
            from utils.lesson import setup_cell

            if "setup" in taken:
                raise fail(line, "a lesson has one set-up cell; this is the second.")
            add("code", setup_cell().rstrip(), line, "setup")
        elif "solution" in tags:
            add("code", claims_source(cell.source, source, line), line, f"claims-{digest}", tags=["solution"])
            # nbgrader's own way to keep a cell from the students: a locked test, worth nothing, with hidden contents.
            cells[-1].metadata.update(
                jupyter={"source_hidden": True}, nbgrader=graded("claims", grade_id=cells[-1].id, points=0)
            )
        else:
            add("code", cell.source, line, f"code-{digest}", **cell.metadata, **({"tags": tags} if tags else {}))

    if "setup" not in taken:
        raise fail(1, "there is no set-up cell: an empty code cell with `:tags: [setup]`.")
    for key in own:
        if key not in placed:
            line = headed.get(key, 1)
            raise fail(line, f"exercise `{key}` of this lesson has no answer cell (`:exercise: {key}`).")
    course = {key: course[key] for key in ("lesson", "title", "concepts")}
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "course": course}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata), lines


def claims_source(text: str, source: Path, line: int) -> str:
    """A cell that asserts what the prose claims, in nbgrader's marks for tests that students do not get to see."""
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        sentence = f"this cell does not parse: {error.msg} at `{(error.text or '').strip()}`."
        raise BuildError(source, line, sentence) from None
    if body and isinstance(body[-1], ast.Expr):
        # A value displayed by a graded cell is taken for points, and the cell is worth none.
        raise BuildError(source, line, "a cell tagged `solution` ends in an `assert`, never in a value to display.")
    return f"# What the text above claims, asserted.\n### BEGIN HIDDEN TESTS\n{text}\n### END HIDDEN TESTS"


def fingerprint(book: NotebookNode) -> str:
    """A hash of the cells' contents, outputs aside: tells whether a notebook is still what was built."""
    text = "\0".join(f"{cell.cell_type}\0{cell.source}" for cell in book.cells)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def build(source: Path, rows: Mapping[str, Mapping[str, str]], records: Mapping[str, Exercise]) -> Lesson:
    """Both editions of one lesson; nothing is written and nothing is run.

    Raises:
        BuildError: the source, or the function behind one of its exercises, breaks a convention.
    """
    solution, lines = assemble(source, rows, records)
    student = copy.deepcopy(solution)
    student.cells = [cell for cell in student.cells if "solution" not in cell.metadata.get("tags", ())]
    for preprocessor in (ClearSolutions(), LockCells(), ComputeChecksums()):
        student, _ = preprocessor.preprocess(student, {})
    for edition, book in (("student", student), ("solution", solution)):
        book.metadata["course"].update(edition=edition, fingerprint=fingerprint(book))
        nbformat.validate(book)
    return Lesson(source, student, solution, lines)


# ---------------------------------------------------------------------------------------------------------------------
# Running and writing


def load(file: Path) -> NotebookNode | None:
    """The notebook on disk, or None where there is none that can be read."""
    try:
        return nbformat.read(file, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError):
        return None


def edited(file: Path) -> bool:
    """Whether somebody wrote into a built notebook: its cells are not those that the builder put there."""
    if not file.exists():
        return False
    book = load(file)
    return book is None or book.metadata.get("course", {}).get("fingerprint") != fingerprint(book)


def write(book: NotebookNode, file: Path) -> bool:
    """Writes a notebook whole or not at all, and only if that changes something; says whether it did."""
    text = nbformat.writes(book) + "\n"
    if file.exists() and file.read_text("utf-8") == text:
        return False
    files.write_whole(file, text)
    return True


def with_outputs(book: NotebookNode, old: NotebookNode | None) -> NotebookNode | None:
    """`book` with the outputs of its last execution, or None if it has to be run: its code changed, or never ran.

    The text between the code may have changed.
    """
    new = copy.deepcopy(book)
    cells, run = ([cell for cell in b.cells if cell.cell_type == "code"] if b else [] for b in (new, old))
    if [cell.source for cell in cells] != [cell.source for cell in run]:
        return None
    for cell, before in zip(cells, run, strict=True):
        if before.execution_count is None or any(output.output_type == "error" for output in before.outputs):
            return None
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    return new


def execute(lesson: Lesson, folder: Path, timeout: int = 900) -> NotebookNode:
    """The solution edition after a run from top to bottom in a fresh kernel.

    The kernel stands in `folder`, as it does for a student; progress goes to a file of its own that is thrown away.

    Raises:
        BuildError: a cell raised; the line is that of the cell in the source.
    """
    book = copy.deepcopy(lesson.solution)
    client = HeadlessClient(
        book, timeout=timeout, record_timing=False, coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}}, extra_arguments=["--log-level=ERROR"],
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        environment = {name: value for name, value in os.environ.items() if name != "NBGRADER_EXECUTION"}
        environment |= {
            "COURSE_PROGRESS": str(Path(temporary) / "progress.json"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(folder.parent), os.environ.get("PYTHONPATH")])),
        }
        environment.setdefault("COURSE_SCOREBOARD", "official")  # a solution's models are the course's own rows
        try:
            client.execute(env=environment)
        except nbclient.exceptions.CellExecutionError as error:
            failed = [any(o.output_type == "error" for o in cell.get("outputs", ())) for cell in book.cells]
            line = lesson.lines[failed.index(True)] if True in failed else 1
            arrow = re.search(r"^-+> *\d+ +(.*)", re.sub(r"\x1b\[[\d;]*m", "", error.traceback), re.M)
            said = f"this cell raised {error.ename}: {error.evalue}".rstrip(": ")
            raise BuildError(lesson.source, line, said + (f" at `{arrow[1].strip()}`" if arrow else "")) from None
        except (nbclient.exceptions.CellTimeoutError, nbclient.exceptions.DeadKernelError) as error:
            ran = [n for n, cell in enumerate(book.cells) if cell.get("execution_count")]
            dead = isinstance(error, nbclient.exceptions.DeadKernelError)
            what = "killed the kernel" if dead else f"ran for more than {timeout} s"
            line = lesson.lines[max(ran, default=0)]
            raise BuildError(lesson.source, line, f"this cell or the next one {what}.") from None
    book.metadata.pop("widgets", None)
    book.metadata["language_info"] = {"name": "python"}
    widget = "application/vnd.jupyter.widget-view+json"
    for cell in book.cells:
        if cell.cell_type == "code":
            # A widget without its kernel shows as an error; the static figure beside it is what GitHub's readers see.
            cell.outputs = [output for output in cell.outputs if widget not in output.get("data", {})]
    return book


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.builder", description="Builds the lessons.")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="only these lessons, such as 03 (default: all)")
    parser.add_argument("--solutions", action="store_true", help="build the solution editions and run them")
    parser.add_argument("--force", action="store_true", help="run unchanged lessons too, and replace edited notebooks")
    options = parser.parse_args(arguments)

    from utils.checks.registry import records

    if paths.ROOT is None:
        print("The lessons are built in a checkout of the course, not in an installed package.", file=sys.stderr)
        return 1
    folder = paths.ROOT / "notebooks"
    wanted = [n.zfill(2) for n in options.lessons]
    sources = [s for s in sorted((folder / "source").glob("[0-9][0-9]_*.md")) if not wanted or s.stem[:2] in wanted]
    lessons, problems = [], [f"there is no lesson {n}." for n in wanted if n not in {s.stem[:2] for s in sources}]
    target = folder / "solutions" if options.solutions else folder
    try:
        rows = curriculum(folder / "source" / "curriculum.md")
        for source in sources:
            file = target / f"{source.stem}.ipynb"
            try:
                lessons.append(build(source, rows, records()))
                if edited(file) and not options.force:
                    sentence = f"somebody wrote into this notebook; move that to {source.name}, or give --force."
                    raise BuildError(file, 1, sentence)
            except BuildError as error:
                problems.append(str(error))
    except (BuildError, OSError) as error:
        problems.append(str(error))
    if not problems:
        for lesson in lessons:
            file = target / f"{lesson.source.stem}.ipynb"
            book: NotebookNode | None = lesson.student
            try:
                if options.solutions:
                    book = None if options.force else with_outputs(lesson.solution, load(file))
                    book = book or execute(lesson, folder)
                assert book is not None
                print(f"{file.relative_to(paths.ROOT)}: {'written' if write(book, file) else 'unchanged'}")
            except BuildError as error:
                problems.append(str(error))
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
