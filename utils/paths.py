"""Where things lie: the course's files, the data, the cache, the learner's progress. Standard library only.

The course runs from a checkout (a clone of the repository) or as an installed package (on Colab, say). Every other
module asks here, so that none of them needs to know which of the two it is.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import re
import sys
import tempfile
from pathlib import Path

NAME = "sequence-models-course"
_PACKAGE = Path(__file__).resolve().parent


def _find_root() -> Path | None:
    try:
        text = (_PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        return None
    return _PACKAGE.parent if f'name = "{NAME}"' in text else None


ROOT: Path | None = _find_root()
"""The root of the checkout, or None where the course is an installed package."""


def root() -> Path:
    """The root of the checkout, for what only makes sense there, such as building the lessons.

    Raises:
        FileNotFoundError: if the course is an installed package.
    """
    if ROOT is None:
        raise FileNotFoundError(f"This needs a clone of the course: git clone {repository_address()}")
    return ROOT


def data_dir() -> Path:
    """The folder of the data that ships with the course: `data/` in a checkout, inside the package when installed."""
    return ROOT / "data" if ROOT is not None else _PACKAGE / "_data"


def _user_cache() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / NAME


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def cache_dir() -> Path:
    """A folder that exists and can be written, for what can be computed again; deleting it loses only time.

    The first that can be written of: the environment variable `COURSE_CACHE`, `data/cache/` of the checkout, the
    user's cache folder, the system's temporary folder.

    Raises:
        OSError: if not even the temporary folder can be written.
    """
    named = os.environ.get("COURSE_CACHE")
    wanted = [Path(named).expanduser()] if named else []
    wanted.append(ROOT / "data" / "cache" if ROOT is not None else _user_cache())
    for folder in wanted:
        if _writable(folder):
            return folder
    folder = Path(tempfile.gettempdir()) / f"{NAME}-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    if not _writable(folder):
        raise OSError("No folder for the cache can be written. Set COURSE_CACHE to one that can.")
    return folder


def progress_file() -> Path:
    """The file that keeps the learner's points; it need not exist yet.

    The environment variable `COURSE_PROGRESS` names it; else it lies beside the notebooks of the checkout, or in the
    working folder where the course is an installed package.
    """
    named = os.environ.get("COURSE_PROGRESS")
    if named:
        return Path(named).expanduser()
    return (ROOT / "notebooks" if ROOT is not None else Path.cwd()) / "progress.json"


@functools.cache
def repository_address() -> str:
    """The web address of the course's repository, as set once in pyproject.toml, without a slash at the end.

    Raises:
        ValueError: if pyproject.toml, or the installed package's metadata, names none.
    """
    if ROOT is not None:
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        found = re.search(r'^\[project\.urls\][^\[]*?^Repository\s*=\s*"([^"]+)"', text, re.M)
        if found:
            return found[1].rstrip("/")
        raise ValueError("pyproject.toml names no Repository under [project.urls].")
    for line in importlib.metadata.metadata(NAME).get_all("Project-URL") or []:
        label, _, address = line.partition(",")
        if label.strip() == "Repository":
            return address.strip().rstrip("/")
    raise ValueError(f"The metadata of the installed package {NAME} names no Repository address.")


def requirements() -> tuple[str, ...]:
    """The names of the packages that a student needs, as pyproject.toml lists them, without versions.

    >>> "torch" in requirements()
    True

    Raises:
        ValueError: if the list cannot be found.
    """
    return tuple(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in requirement_lines())


def requirement_lines() -> tuple[str, ...]:
    """The same list as `requirements`, with the accepted versions, such as "torch>=2.4".

    Raises:
        ValueError: if the list cannot be found.
    """
    if ROOT is not None:  # Python 3.10 has no TOML reader, and the list is ours: one quoted string a line
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        found = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.M | re.S)
        lines = re.findall(r'^\s*"([^"]+)"', found[1], re.M) if found else []
    else:
        lines = [r for r in importlib.metadata.requires(NAME) or [] if "extra ==" not in r]
    if not lines:
        raise ValueError("The list of the course's dependencies cannot be read.")
    return tuple(lines)
