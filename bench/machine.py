"""The machine on which something was measured, in words."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The processor's name, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def load() -> float | None:
    """How many processes wanted to compute in the last minute, on average; None where the system does not say."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def describe() -> dict[str, Any]:
    """What matters for the numbers. No names of people, computers or folders."""
    import torch

    return {
        "processor": processor(),
        "cores": cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": importlib.metadata.version("numpy"),
        "threads": torch.get_num_threads(),
        "load_before": load(),
    }


def sentence(machine: dict[str, Any]) -> str:
    """The same in one line, with a warning if others were computing before the benchmark began."""
    text = (
        f"{machine['processor']}, {machine['cores']} core{'s' * (machine['cores'] != 1)}, {machine['system']}; "
        f"Python {machine['python']}, torch {machine['torch']} with {machine['threads']} "
        f"thread{'s' * (machine['threads'] != 1)}, numpy {machine['numpy']}"
    )
    before = machine.get("load_before")
    if before is not None and before > machine["cores"] / 2:
        text += f". The machine was busy (load {before:g} before the start): take the times as provisional"
    return text + "."
