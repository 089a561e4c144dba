"""Small files that are never left half written and never thrown away: progress, scoreboard, cache, lessons.

Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LOCK_SECONDS = 5.0  # a lock older than this was left by a crash; nobody waits longer for one


def write_whole(file: Path, content: str | bytes) -> None:
    """Write a file in one step, so that a reader, a crash or a full disk never meets half of one.

    Raises:
        OSError: if it cannot be written; what was there is then still there.
    """
    body = content.encode("utf-8") if isinstance(content, str) else content
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name + ".", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(body)
        os.chmod(name, 0o644)
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def set_aside(file: Path) -> Path:
    """Rename a damaged file, so that a new one can be begun and nothing of it is lost; returns its new place.

    Raises:
        FileNotFoundError: if another process was quicker.
        OSError: if it cannot be moved.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = file.with_name(f"{file.name}.damaged-{stamp}")
    for number in range(2, 100):
        if not aside.exists():
            break
        aside = file.with_name(f"{file.name}.damaged-{stamp}-{number}")
    os.replace(file, aside)
    return aside


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Lets one process at a time read, change and write `file`; the others wait.

    A lock left by a crash is ignored after `LOCK_SECONDS`, and in a folder that cannot be written there is none.
    """
    lock = file.with_name(file.name + ".lock")
    deadline = time.monotonic() + LOCK_SECONDS
    held = False
    while not held and time.monotonic() < deadline:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            held = True
        except FileExistsError:
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > LOCK_SECONDS:
                    lock.unlink()
            time.sleep(0.02)
        except OSError:
            break
    try:
        yield
    finally:
        if held:
            with contextlib.suppress(OSError):
                lock.unlink()
