"""What `import utils` costs on top of `import torch`."""

from __future__ import annotations

from functools import partial

from bench.measure import in_turns, timed_code
from bench.table import Row, Target, summary

TORCH = "import torch"
COURSE = "import torch\nimport utils"
EVERYTHING = (
    "import torch\n"
    "from utils import attention, data, lesson, ngrams, plots, positions, referents, scoreboard\n"
    "from utils.checks import check, hint, progress\n"
    "from utils.checks.registry import records\n"
    "records()"
)


def measure(quick: bool) -> list[Row]:
    """Fresh processes in turns; each difference is taken within one turn.

    `import utils` reads next to nothing, because its modules load when they are asked for; so what a lesson may load in
    the end, every topic and every exercise, is shown below it.
    """
    programs = [TORCH, COURSE, EVERYTHING]
    takers = [partial(timed_code, program) for program in programs]
    if not quick:
        takers[-1]()  # so that the disk has been read once
    torch, course, everything = in_turns(takers, 1 if quick else 7)
    return [
        summary("import torch", torch),
        summary("import utils, over import torch", [b - a for a, b in zip(torch, course)], target=Target("≤", 0.2)),
        summary("all topics and exercises, over import torch", [b - a for a, b in zip(torch, everything)]),
    ]
