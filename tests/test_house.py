"""The house: one list of dependencies, one address, two commands, a README that tells the truth, places for files."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import utils
from utils import paths

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.md"))
VERSIONS = ["3.10", "3.11", "3.12", "3.13"]


def toml_list(key: str) -> list[str]:
    """A list of strings of pyproject.toml; Python 3.10 has no reader of TOML, and this file has one string a line."""
    block = re.search(rf"^{key} = \[\n(.*?)^\]", PYPROJECT, re.M | re.S)
    assert block, f"pyproject.toml has no list {key!r}"
    return re.findall(r'^\s*"([^"]+)"', block[1], re.M)


# --- one list of dependencies ---------------------------------------------------------------------


def test_the_list_that_the_set_up_cell_reads_is_that_of_pyproject() -> None:
    assert list(paths.requirement_lines()) == toml_list("dependencies")
    named = set(paths.requirements())
    assert named >= {"jupyter", "ipywidgets", "torch", "numpy", "matplotlib", "sentencepiece", "tqdm"}
    assert sum(name.startswith("pythonbible-") for name in paths.requirements()) >= 5


def test_students_need_no_tool_of_authors_or_developers() -> None:
    tools = {"jupytext", "nbgrader", "nbclient", "nbformat"}
    tools |= {"ruff", "mypy", "pytest", "sacrebleu", "nltk", "playwright"}
    assert not tools & set(paths.requirements())
    extras = {Requirement(line).name for key in ("author", "dev") for line in toml_list(key)}
    assert tools <= extras


def constraints() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("python", VERSIONS)
def test_constraints_pin_every_direct_dependency_once_within_its_range(python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.9"}
    pins: dict[str, str] = {}
    for line in constraints():
        if line.marker is None or line.marker.evaluate(environment):
            name = canonicalize_name(line.name)
            assert name not in pins, f"{name} is pinned twice for Python {python}"
            assert re.fullmatch(r"==[\w.!]+", str(line.specifier)), f"{line} is not one exact version"
            pins[name] = str(line.specifier)[2:]
    direct = [Requirement(line) for key in ("dependencies", "author", "dev") for line in toml_list(key)]
    for wanted in direct:
        if wanted.name != paths.NAME:
            assert pins[canonicalize_name(wanted.name)] in wanted.specifier, f"{wanted} is not met by its pin"


def test_no_file_of_the_house_names_a_registry() -> None:
    for name in ("constraints.txt", "environment.yml", "pyproject.toml", "Makefile", ".ci/run"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!github\.com/)", text), f"{name} names a host"


def test_conda_names_what_pyproject_names() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == paths.NAME
    *conda, pip_part = environment["dependencies"]
    assert pip_part["pip"] == ["--constraint constraints.txt", "--editable ."]  # the project and its pins, nothing else
    assert {re.split(r"\W", entry)[0] for entry in conda} == {"python", "pip"}
    accepted = SpecifierSet(next(e for e in conda if e.startswith("python")).removeprefix("python").strip())
    declared = re.search(r'^requires-python = "(.+)"', PYPROJECT, re.M)
    assert declared
    lowest = SpecifierSet(declared[1])
    classifiers = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PYPROJECT)
    assert classifiers == VERSIONS
    for minor in range(6, 20):
        version = f"3.{minor}"
        assert (version in accepted) == (version in classifiers), f"conda and the classifiers disagree about {version}"
        assert version not in classifiers or version in lowest


# --- one address ----------------------------------------------------------------------------------


def test_the_repository_address_is_set_once() -> None:
    address = paths.repository_address()
    assert re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", address)
    assert PYPROJECT.count(address) == 1
    named = [f.name for f in python_files() if address in f.read_text(encoding="utf-8")]
    assert not named, "read the address with utils.paths.repository_address()"
    assert set(re.findall(r"https://github\.com/[\w.-]+/sequence-[\w-]+", README)) <= {address}


def test_an_installed_course_reads_its_address_and_needs_from_its_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        importlib.metadata.version(paths.NAME)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the course is not installed here; `make test` installs it")
    address, names = paths.repository_address(), paths.requirements()
    monkeypatch.setattr(paths, "ROOT", None)
    paths.repository_address.cache_clear()
    try:
        assert paths.repository_address() == address
        assert set(paths.requirements()) == set(names)
    finally:
        paths.repository_address.cache_clear()


# --- places ---------------------------------------------------------------------------------------


def test_places_in_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COURSE_CACHE", raising=False)
    monkeypatch.delenv("COURSE_PROGRESS")
    assert paths.root() == ROOT
    assert paths.data_dir() == ROOT / "data"
    assert paths.cache_dir() == ROOT / "data" / "cache"
    assert paths.progress_file() == ROOT / "notebooks" / "progress.json"


def test_places_of_an_installed_course(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COURSE_CACHE", raising=False)
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setattr(paths, "ROOT", None)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    assert paths.data_dir().name == "_data"
    assert paths.cache_dir() == tmp_path / "cache" / paths.NAME
    assert paths.progress_file() == tmp_path / "progress.json"
    with pytest.raises(FileNotFoundError, match="git clone https://"):
        paths.root()


def test_the_learner_may_choose_the_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "mine"))
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "points.json"))
    assert paths.cache_dir() == tmp_path / "mine"
    assert paths.cache_dir().is_dir()
    assert paths.progress_file() == tmp_path / "points.json"


def test_a_cache_that_cannot_be_written_moves_to_the_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(paths, "ROOT", tmp_path / "file")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(paths.tempfile, "gettempdir", lambda: str(tmp_path))
    assert paths.cache_dir().parent == tmp_path
    monkeypatch.setattr(paths.tempfile, "gettempdir", lambda: str(tmp_path / "file"))
    with pytest.raises(OSError, match="COURSE_CACHE"):
        paths.cache_dir()


# --- the package ----------------------------------------------------------------------------------


def test_the_package_imports_its_modules_when_they_are_asked_for() -> None:
    assert utils.paths is paths
    with pytest.raises(AttributeError, match="no_such_module"):
        _ = utils.no_such_module
    assert re.fullmatch(r"\d+\.\d+\.\d+", utils.__version__)


def test_importing_the_package_and_the_lesson_module_is_light() -> None:
    code = "import sys, utils, utils.lesson, utils.paths; print([m for m in sys.modules if m.split('.')[0] in %r])"
    heavy = ("torch", "numpy", "matplotlib", "IPython", "pythonbible", "sentencepiece", "ipywidgets")
    done = subprocess.run([sys.executable, "-c", code % (heavy,)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def python_files() -> list[Path]:
    return [f for folder in ("utils", "tests", "bench") for f in sorted((ROOT / folder).rglob("*.py"))]


def test_every_file_is_python_3_10() -> None:
    for file in python_files():
        ast.parse(file.read_text(encoding="utf-8"), filename=str(file.relative_to(ROOT)), feature_version=(3, 10))


@pytest.mark.parametrize("version", VERSIONS)
def test_utils_compiles_under_every_python_found_here(version: str) -> None:
    python = shutil.which(f"python{version}")
    works = python and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    if not works:
        pytest.skip(f"there is no python{version} here")
    files = [str(f) for f in python_files()]
    code = "import sys\nfor f in sys.argv[1:]: compile(open(f, encoding='utf-8').read(), f, 'exec')"
    done = subprocess.run([str(python), "-c", code, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- README, licences, commands -------------------------------------------------------------------


def first_screen() -> str:
    return "\n".join(README.splitlines()[:48])


def test_the_first_screen_shows_both_commands_and_a_lesson() -> None:
    assert re.search(r"^make lab\b", first_screen(), re.M)
    assert re.search(r"^make test\b", first_screen(), re.M)
    assert re.search(r"!\[[^\]]{20,}\]\(docs/lesson-with-check\.png\)", first_screen())


def rows() -> dict[str, str]:
    return {m[1]: m[0] for m in re.finditer(r"^\| (\d\d) \|.*$", first_screen(), re.M)}


def test_the_table_of_lessons_lists_what_there_is() -> None:
    assert SOURCES
    for source in SOURCES:
        title = yaml.safe_load(source.read_text(encoding="utf-8").split("---\n")[1])["course"]["title"]
        row = rows()[source.stem[:2]]
        assert f"[{title}](notebooks/{source.stem}.ipynb)" in row
        assert f"[solved](notebooks/solutions/{source.stem}.ipynb)" in row
    assert list(rows()) == [f"{n:02}" for n in range(1, 17)]
    for number, row in rows().items():
        assert ("](notebooks/" in row) == any(s.stem.startswith(number) for s in SOURCES), row
        assert ("](notebooks/" in row) != ("planned" in row), row


def test_every_link_of_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", README):
        assert (ROOT / target).exists(), f"README links to {target}, which is not there"


def test_the_two_licences() -> None:
    code = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert code.startswith("MIT License")
    assert "WITHOUT WARRANTY OF ANY KIND" in code
    text = (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8")
    assert "Attribution 4.0 International" in text
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in text
    assert "](LICENSE)" in README
    assert "](LICENSE-TEXT)" in README


TARGETS = ["lab", "test", "test-browser", "lint", "notebooks", "solutions", "bench"]


def make(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    # This may itself run under `make test`.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    command = [shutil.which("make") or "make", *arguments]
    return subprocess.run(command, cwd=cwd, env={**clean, **environment}, capture_output=True, text=True, check=False)


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


@needs_make
@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_the_command(target: str) -> None:
    assert re.search(rf"(`|^)make {target}\b", README, re.M), f"README does not name {target}"
    assert make("--dry-run", target).returncode == 0


@needs_make
def test_make_says_in_one_sentence_that_python_is_missing_or_too_old(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "id", "echo", "touch"):
        os.symlink(str(shutil.which(name)), tools / name)
    done = make("lab", cwd=tmp_path, PATH=str(tools))
    assert done.returncode != 0
    assert "needs Python 3.10 or newer" in done.stderr

    fake = tools / "python3"
    fake.write_text("#!/bin/sh\nexit 1\n")  # an old Python: the version test fails
    fake.chmod(0o755)
    assert "needs Python 3.10 or newer" in make("lab", cwd=tmp_path, PATH=str(tools)).stderr

    fake.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')  # Debian's Python without python3-venv
    done = make("lab", cwd=tmp_path, PATH=str(tools))
    assert done.returncode != 0
    assert "python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_runs_make_test() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^\s*make test\b", script, re.M)
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False).returncode == 0


def test_the_tests_of_a_file_stay_in_one_process(request: pytest.FixtureRequest) -> None:
    """pytest-xdist reads the group off the test's name. Where pytest hides it, fixtures are made once a process."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("there is one process only")
    assert request.node.nodeid.endswith("@test_house")


def test_what_a_learner_makes_is_ignored_by_git() -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is not a git checkout")
    made = ["notebooks/progress.json", "notebooks/progress.damaged-1.json", "data/cache/x", ".venv/x",
            "notebooks/.ipynb_checkpoints/x"]  # fmt: skip
    done = subprocess.run(["git", "check-ignore", *made], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == made
