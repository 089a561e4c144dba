"""The shared package of the course: topics, checks, and the machinery that serves every lesson.

Importing it costs nothing: a module such as `utils.attention` is read when it is first asked for.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"


def __getattr__(name: str) -> ModuleType:
    """Import the module `utils.<name>` on first use, so that `import utils; utils.plots` works.

    Raises:
        AttributeError: if there is no such module.
    """
    if not name.startswith("_"):
        try:
            return importlib.import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as missing:
            if missing.name != f"{__name__}.{name}":  # the module is there, and needs a package that is not
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
