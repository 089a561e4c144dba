"""Imports flow one way: lessons -> checks -> topics -> basics."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("basics", "topics", "checks", "lessons")
BASICS = {
    f"utils{name}" for name in ("", ".files", ".paths", ".pace", ".data", ".plots", ".scoreboard", ".translations")
}
LESSONS = {"utils.lesson", "utils.builder", "utils.headless"}


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in sorted((ROOT / "utils").rglob("*.py"))}


def layer(module: str) -> str:
    if module in BASICS:
        return "basics"
    if module in LESSONS:
        return "lessons"
    return "checks" if module.startswith("utils.checks") else "topics"


def imported(file: Path) -> set[str]:
    """The modules of the course that a file imports: at its top, in a function, or by `import_module("utils.…")`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module_name(file).split(".")
            if file.name != "__init__.py":
                package = package[:-1]
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(filter(None, [base, node.module or ""]))
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            names = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        for name in names:
            while name not in MODULES and "." in name:
                name = name.rpartition(".")[0]
            if name in MODULES and name != module_name(file):
                found.add(name)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_its_own_layer_or_below(module: str) -> None:
    own = LAYERS.index(layer(module))
    upward = {other for other in imported(MODULES[module]) if LAYERS.index(layer(other)) > own}
    assert not upward, f"{module} ({layer(module)}) imports {sorted(upward)} from a layer above it"


def test_no_module_imports_the_lessons_but_the_lessons() -> None:
    users = {m for m in MODULES if "utils.lesson" in imported(MODULES[m])}
    assert users <= {"utils.builder"}


def test_topics_do_not_import_in_a_circle() -> None:
    low = {m for m in MODULES if layer(m) in ("basics", "topics")}
    below = {m: (imported(MODULES[m]) & low) - {"utils"} for m in low}
    while below:
        free = [m for m, others in below.items() if not others & below.keys()]
        assert free, f"these import one another in a circle: {sorted(below)}"
        for module in free:
            del below[module]


def test_the_reader_of_imports_sees_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above would pass on anything if `imported` overlooked a form of import."""
    file = ROOT / "utils" / "attention.py"
    forms = ["import utils.lesson", "from utils import lesson", "from utils.lesson import start"]
    forms += ["from . import lesson", "from .lesson import start", "importlib.import_module('utils.lesson')"]
    forms += ["import_module('utils.lesson')"]
    for form in forms:
        monkeypatch.setattr(Path, "read_text", lambda self, encoding, form=form: f"def f():\n    {form}\n")
        assert imported(file) == {"utils.lesson"}, form
