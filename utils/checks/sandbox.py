"""Runs an answer where it can do no harm: in a forked process where there is one, under a guard everywhere.

The answer's process can loop, exit, print ten megabytes, eat memory, patch libraries or change global state: nothing
of it reaches the notebook. Where the system has no `fork` that is safe (Windows, macOS, a process that uses a GPU), the
same code runs in the notebook's own process: a timer ends endless Python loops, and the guard puts global state back.
"""

from __future__ import annotations

import _thread
import builtins
import contextlib
import dataclasses
import io
import linecache
import os
import pickle
import random
import select
import signal
import struct
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

PRINTED = 2_000  # characters of the learner's prints that a card shows
MEMORY = 4 << 30  # bytes an answer may take beyond what the notebook has
GRACE = 3.0  # seconds in which a forked process must have begun; else the answer runs in this process


class Forbidden(BaseException):
    """Raised inside an answer that calls what its exercise asks to write; no `except Exception` eats it."""


class TimeUp(BaseException):
    """Raised inside an answer that runs too long in the notebook's own process."""


@dataclasses.dataclass(frozen=True)
class Failure:
    """What is known of an exception: told by values only, so that it can cross from one process to another.

    Args:
        type_name: such as "ZeroDivisionError".
        text: the exception's own message.
        line: the learner's line that raised, stripped; empty when its text is not known.
        number: that line's number within its cell or file; 0 when the error was raised outside their code.
        forbidden: the dotted name of the forbidden call, if it was one.
        told: a sentence for the learner about what the answer returned, if the check's own code stumbled over that.
        not_written: the error is the `NotImplementedError` of a stub that nobody has filled in.
    """

    type_name: str
    text: str
    line: str = ""
    number: int = 0
    forbidden: str = ""
    told: str = ""
    not_written: bool = False


@dataclasses.dataclass(frozen=True)
class Run:
    """What came of running an answer on all cases.

    Args:
        results: one entry a case, in order, for the cases that were finished: ("value", plain value, changed inputs) or
            ("failure", Failure). Shorter than the cases if the time ran out or the process died.
        timed_out: the time limit was reached in case number `len(results)`.
        died: the process ended in case number `len(results)`, in words ("signal 11"); empty otherwise.
        printed: the first characters of what the answer printed.
    """

    results: Sequence[tuple]
    timed_out: bool = False
    died: str = ""
    printed: str = ""


# ------------------------------------------------------------------------------------------------------- the clean
# state

_WATCHED: dict[str, tuple[Any, dict[str, Any]]] = {}


def remember_libraries() -> None:
    """Keeps the present contents of the libraries that answers and references use, to judge in a clean state later.

    Called when the engine is imported: that is in a lesson's first cell, before any code of the learner's.
    """
    import collections
    import functools
    import itertools
    import math

    places: list[Any] = [builtins, collections, functools, itertools, math, random, time, np, np.linalg, np.random]
    places += [torch, torch.nn, torch.nn.functional, torch.linalg, torch.Tensor, torch.nn.Module, torch.nn.Linear]
    places += [m for name, m in list(sys.modules.items()) if name.startswith("utils.") and m is not None]
    for place in places:
        _WATCHED.setdefault(getattr(place, "__name__", str(place)), (place, dict(vars(place))))


@contextlib.contextmanager
def clean_libraries() -> Iterator[None]:
    """Undoes what was monkeypatched in the watched libraries, and does it again afterwards: it is the learner's own."""
    patched = []
    for place, kept in _WATCHED.values():
        now = vars(place)
        for name, value in kept.items():
            if callable(value) and (name not in now or now[name] is not value):
                patched.append((place, name, now.get(name, _WATCHED)))
                _put(place, name, value)
    try:
        yield
    finally:
        for place, name, value in patched:
            with contextlib.suppress(AttributeError, TypeError):
                if value is _WATCHED:
                    delattr(place, name)
                else:
                    _put(place, name, value)


def _put(place: Any, name: str, value: Any) -> None:
    with contextlib.suppress(AttributeError, TypeError):
        setattr(place, name, value)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Whatever happens inside, global state is as it was afterwards: random numbers, default dtype, streams, folder."""
    kept = (torch.get_rng_state(), random.getstate(), np.random.get_state(), torch.get_default_dtype())
    grad, threads, limit = torch.is_grad_enabled(), torch.get_num_threads(), sys.getrecursionlimit()
    streams, folder, errors = (sys.stdin, sys.stdout, sys.stderr), _folder(), np.geterr()
    environment, options = dict(os.environ), np.get_printoptions()
    deterministic = torch.are_deterministic_algorithms_enabled()
    with clean_libraries(), warnings.catch_warnings():
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        torch.set_num_threads(1)  # for tensors this small a second thread only waits, on a busy machine for long
        np.seterr(all="ignore")
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
            torch.set_rng_state(kept[0])
            random.setstate(kept[1])
            np.random.set_state(kept[2])
            torch.set_default_dtype(kept[3])
            torch.set_grad_enabled(grad)
            if torch.are_deterministic_algorithms_enabled() != deterministic:
                torch.use_deterministic_algorithms(deterministic)  # the first such call imports half of torch
            if torch.get_num_threads() != threads:
                torch.set_num_threads(threads)
            sys.setrecursionlimit(limit)
            np.seterr(**errors)
            np.set_printoptions(**options)
            if dict(os.environ) != environment:
                os.environ.clear()
                os.environ.update(environment)
            if folder and _folder() != folder:
                with contextlib.suppress(OSError):
                    os.chdir(folder)


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


# ------------------------------------------------------------------------------------------------------ forbidden calls


class _NoSuchCall(TorchFunctionMode):
    """Sees every call of torch's API while it is active, under whatever name it was imported."""

    def __init__(self, names: dict[Any, str], seen: list[str]) -> None:
        super().__init__()
        self.names, self.seen = names, seen

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        try:
            name = self.names.get(func)
        except TypeError:  # an unhashable callable is none of ours
            name = None
        if not name and isinstance(func, (torch._ops.OpOverload, torch._ops.OpOverloadPacket)) and _by_hand():
            name = f"torch.ops.{str(func).replace('::', '.')}"  # the kernels themselves, under names of their own
        if name:
            self.seen.append(name)
            raise Forbidden(name)
        return func(*args, **(kwargs or {}))


def _by_hand() -> bool:
    """Whether code outside torch asked for one of `torch.ops`; torch's own modules may."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_globals.get("__name__") == "torch._ops":
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")).split(".")[0] != "torch"


@contextlib.contextmanager
def forbidding(names: Sequence[str], reference: Any, answer: Any, seen: list[str]) -> Iterator[None]:
    """Lets the calls named in `names`, and the course's own `reference`, raise `Forbidden` while the block runs.

    Args:
        names: dotted names, such as "torch.nn.functional.scaled_dot_product_attention".
        reference: the course's function or class; left alone if it is itself the answer.
        answer: the learner's function or class: names imported into its module are covered too.
        seen: receives each forbidden name that was called, even if the answer swallowed the exception.
    """
    targets = {name: _resolve(name) for name in names}
    torch_calls = {target: name for name, target in targets.items() if _is_hashable(target)}
    undo: list[Callable[[], None]] = []
    if _unwrapped(answer) is not reference:
        targets[f"{reference.__module__}.{reference.__name__}"] = reference
    try:
        _block(targets, answer, seen, undo)
        with _NoSuchCall(torch_calls, seen):
            yield
    finally:
        for step in reversed(undo):
            step()


def _unwrapped(answer: Any) -> Any:
    return getattr(answer, "__wrapped__", answer)


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _resolve(dotted: str) -> Any:
    import importlib

    module = dotted
    rest: list[str] = []
    while module:
        try:
            found: Any = importlib.import_module(module)
            break
        except ImportError:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
    else:
        raise ValueError(f"forbids: there is no {dotted!r}.")
    for part in rest:
        found = getattr(found, part)
    return found


def _block(targets: dict[str, Any], answer: Any, seen: list[str], undo: list[Callable[[], None]]) -> None:
    by_id: dict[int, tuple[Any, Callable[..., Any]]] = {}  # what can only be replaced wherever it has a name
    for name, target in targets.items():
        refuse = _refusal(name, seen)
        if not _changed(target, refuse, undo):
            by_id[id(target)] = (target, refuse)
    if not by_id:
        return
    # One look through all modules, whatever the number of targets: it is most of what a quick check costs.
    for space in [*(vars(module) for module in list(sys.modules.values()) if _near(module)), _globals_of(answer)]:
        for key in [key for key, value in space.items() if id(value) in by_id]:
            target, space[key] = by_id[id(space[key])]
            undo.append(lambda space=space, key=key, target=target: space.__setitem__(key, target))  # type: ignore[misc]


def _refusal(name: str, seen: list[str]) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        seen.append(name)
        raise Forbidden(name)

    return refuse


def _changed(target: Any, refuse: Callable[..., Any], undo: list[Callable[[], None]]) -> bool:
    """Makes the class or function itself refuse, under whatever name it is called; False if it is not one of Python."""
    if isinstance(target, type):
        kept = vars(target).get("__init__")
        try:
            target.__init__ = refuse  # type: ignore[misc]
        except TypeError:  # a built-in class
            return False
        undo.append((lambda: setattr(target, "__init__", kept)) if kept else (lambda: delattr(target, "__init__")))
        return True
    if isinstance(target, types.FunctionType) and not target.__code__.co_freevars:
        code = target.__code__
        number = len(_REFUSALS)
        _REFUSALS.append(refuse)
        scope: dict[str, Any] = {}
        exec(
            f"def refused(*args, **kwargs):\n    return __import__('sys').modules[{__name__!r}]._REFUSALS[{number}]()",
            scope,
        )
        target.__code__ = scope["refused"].__code__
        undo.append(lambda: setattr(target, "__code__", code))
        return True
    return False


_REFUSALS: list[Callable[..., Any]] = []


_NEAR = {"utils", "torch", "numpy", "math", "collections", "statistics", "scipy", "nltk", "__main__"}


def _near(module: Any) -> bool:
    return isinstance(module, types.ModuleType) and module.__name__.partition(".")[0] in _NEAR


def _globals_of(answer: Any) -> dict[str, Any]:
    code = _unwrapped(answer)
    if isinstance(code, type):
        for value in vars(code).values():
            if isinstance(value, types.FunctionType):
                return value.__globals__
    return getattr(code, "__globals__", {})


# ---------------------------------------------------------------------------------------------------------- the running

Task = Callable[[int], tuple]  # runs case number i and returns its entry of `Run.results`; may raise anything


def run_cases(
    task: Task,
    count: int,
    seconds: float,
    read_failure: Callable[[BaseException], Failure],
    within: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext,
) -> Run:
    """Runs `task(0) … task(count - 1)` under a time limit for all of them together.

    Args:
        task: see `Task`. Called in the forked process, or here under `guarded()`. Whatever it runs of the learner's,
            it runs through `interruptible`.
        count: number of cases.
        seconds: the limit.
        read_failure: turns an exception that the task raised into a `Failure`, at the place where it was raised.
        within: makes the context in which all the cases run, such as `forbidding`; entered once, as that is not cheap.
    """
    if _fork_is_safe():
        run = _in_child(task, count, seconds, read_failure, within)
        if run is not None:
            return run
    return _in_place(task, count, seconds, read_failure, within)


def _fork_is_safe() -> bool:
    wanted = os.environ.get("COURSE_CHECK_ISOLATION", "")
    if wanted == "none" or not hasattr(os, "fork"):
        return False
    if wanted == "fork":
        return True
    # macOS: its frameworks do not survive a fork. GPU: neither CUDA nor autograd's device threads do.
    return sys.platform == "linux" and not torch.cuda.is_available()


def _results(
    task: Task,
    count: int,
    read_failure: Callable[[BaseException], Failure],
    within: Callable[[], contextlib.AbstractContextManager[Any]],
) -> Generator[tuple, None, None]:
    with within():
        yield from _each_result(task, count, read_failure)


def _each_result(task: Task, count: int, read_failure: Callable[[BaseException], Failure]) -> Iterator[tuple]:
    for i in range(count):
        try:
            result = task(i)
        except TimeUp:
            raise
        except GeneratorExit:
            result = ("failure", Failure("GeneratorExit", ""))
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt of the answer included
            result = ("failure", read_failure(error))
        yield result


def interruptible(call: Callable[[], Any]) -> Any:
    """Calls `call`. In place, the alarm interrupts only what runs below this frame, never the engine itself."""
    return call()


class Shortened(io.TextIOBase):
    """A stream that keeps the first characters and forgets the rest, so that ten megabytes of prints cost nothing."""

    encoding = "utf-8"

    def __init__(self, limit: int = PRINTED) -> None:
        self.limit, self.kept, self.total = limit, "", 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        text = str(text)
        self.total += len(text)
        if len(self.kept) < self.limit:
            self.kept += text[: self.limit - len(self.kept)]
        return len(text)

    def text(self) -> str:
        cut = self.total - len(self.kept)
        return self.kept + (f"\n... and {cut:,} characters more" if cut else "")


def _in_child(
    task: Task,
    count: int,
    seconds: float,
    read_failure: Callable[[BaseException], Failure],
    within: Callable[[], contextlib.AbstractContextManager[Any]],
) -> Run | None:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of forking beside threads; the child touches none of theirs
        pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            _child(task, count, writing, read_failure, within)
        finally:
            os._exit(0)
    os.close(writing)
    try:
        return _listen(reading, count, seconds)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _child(
    task: Task,
    count: int,
    writing: int,
    read_failure: Callable[[BaseException], Failure],
    within: Callable[[], contextlib.AbstractContextManager[Any]],
) -> None:
    exit_now, dump, pack, write = os._exit, pickle.dumps, struct.pack, os.write  # the answer may patch the modules

    def send(kind: str, value: Any) -> None:
        data = memoryview(dump((kind, value)))
        for block in (pack("<q", len(data)), data):
            view = memoryview(block)
            while view:
                view = view[write(writing, view) :]

    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    _limit_memory()
    torch.set_num_threads(1)
    out = Shortened()
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), out, out
    send("begun", None)
    with guarded():
        sys.stdin, sys.stdout, sys.stderr = io.StringIO(), out, out
        for result in _results(task, count, read_failure, within):
            try:
                send("result", result)
            except BaseException as error:  # noqa: BLE001 - a value that does not pickle
                send("result", ("failure", Failure(type(error).__name__, "the returned value could not be read")))
    send("printed", out.text())
    exit_now(0)


def _limit_memory() -> None:
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass


def _listen(reading: int, count: int, seconds: float) -> Run | None:
    data, printed, begun = bytearray(), "", False
    results: list[tuple] = []
    deadline = time.monotonic() + GRACE
    while True:
        left = deadline - time.monotonic()
        ready = select.select([reading], [], [], max(0.0, left))[0] if left > 0 else []
        if not ready:
            return Run(results, timed_out=True) if begun else None
        block = os.read(reading, 1 << 20)
        if not block:
            break
        data += block
        while len(data) >= 8 and len(data) >= 8 + (size := struct.unpack("<q", data[:8])[0]):
            kind, value = pickle.loads(bytes(data[8 : 8 + size]))
            del data[: 8 + size]
            if kind == "begun":
                begun, deadline = True, time.monotonic() + seconds
            elif kind == "result":
                results.append(value)
            else:
                printed = value
    if not begun:
        return None
    return Run(results, died="" if len(results) == count else "the process ended", printed=printed)


def _in_place(
    task: Task,
    count: int,
    seconds: float,
    read_failure: Callable[[BaseException], Failure],
    within: Callable[[], contextlib.AbstractContextManager[Any]],
) -> Run:
    results: list[tuple] = []
    out = Shortened()
    entries = _results(task, count, read_failure, within)
    with guarded(), contextlib.closing(entries), _alarm(seconds) as rung:  # closed: what `within` changed is put back
        sys.stdin, sys.stdout, sys.stderr = io.StringIO(), out, out
        try:
            for result in entries:
                if rung:
                    return Run(results, timed_out=True, printed=out.text())
                results.append(result)
                if result[0] == "failure" and result[1].type_name == "KeyboardInterrupt":
                    results += [result] * (
                        count - len(results)
                    )  # perhaps the learner's own: the other cases would go on
                    break
        except TimeUp:
            return Run(results, timed_out=True, printed=out.text())
    return Run(results, printed=out.text())


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[list[bool]]:
    """Interrupts the main thread's Python code after `seconds`; the list it gives is then no longer empty."""
    rung: list[bool] = []
    if threading.current_thread() is not threading.main_thread():
        yield rung  # only the main thread can be interrupted
    elif hasattr(signal, "setitimer"):

        def strike(frame: Any, event: str, argument: Any) -> Any:
            if event == "line":
                raise TimeUp
            return strike

        def ring(signum: int, frame: Any) -> None:
            answers = []
            while frame is not None and frame.f_code is not interruptible.__code__:
                answers.append(frame)
                frame = frame.f_back
            if frame is None:
                return
            # An answer may catch what is raised here. Its next line, which is then outside that `try`, is struck again.
            for inner in answers:
                inner.f_trace = strike
            sys.settrace(lambda *event: None)
            rung.append(True)
            raise TimeUp

        tracing = sys.gettrace()
        kept = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
        try:
            yield rung
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, kept)
            if rung:
                sys.settrace(tracing)
    else:

        def interrupt() -> None:
            rung.append(True)
            _thread.interrupt_main()

        timer = threading.Timer(seconds, interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield rung
        finally:
            timer.cancel()


# ------------------------------------------------------------------------------------------------------------- failures


def files_of(answer: Any) -> set[str]:
    """The files (or cells) in which the code of a function or class stands."""
    code = _unwrapped(answer)
    if isinstance(code, type):
        codes = [v for c in code.__mro__ for v in vars(c).values()]
    else:
        codes = [code, getattr(code, "func", None), vars(type(code)).get("__call__")]
    found = {getattr(getattr(c, "__code__", None), "co_filename", "") for c in codes}
    return {f for f in found if f and f"{os.sep}torch{os.sep}" not in f}


def read_traceback(error: BaseException, files: set[str], skip: Any = None) -> tuple[str, int]:
    """The learner's line that raised: its text and its number; ("", 0) if none of their lines took part.

    The innermost line in one of `files` or in another cell of the notebook counts. The function `skip` is the check's
    own.
    """
    line, number = "", 0
    trace = error.__traceback__
    while trace:
        name = trace.tb_frame.f_code.co_filename
        theirs = name in files or name.startswith("<ipython-input") or "ipykernel_" in name
        if theirs and trace.tb_frame.f_code is not getattr(skip, "__code__", None):
            number = trace.tb_lineno
            line = linecache.getline(name, number).strip()
        trace = trace.tb_next
    return line, number
