"""What it costs to write attention out, against PyTorch's fused kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.measure import in_turns, seconds
from bench.table import Row, summary
from utils.attention import scaled_dot_product_attention

BATCH, HEADS, WIDTH = 4, 4, 32
LENGTHS = (64, 256, 1024)


def repeat(function: Callable[..., Any], inputs: Sequence[Tensor], calls: int) -> None:
    """Calls a function several times."""
    for _ in range(calls):
        function(*inputs)


def measure(quick: bool) -> list[Row]:
    """softmax(QKᵀ/√d)V by the course's function and by `F.scaled_dot_product_attention`, forward, without a mask."""
    rows = []
    generator = torch.Generator().manual_seed(0)
    for length in LENGTHS[:2] if quick else LENGTHS:
        query, key, value = (torch.randn(BATCH, HEADS, length, WIDTH, generator=generator) for _ in range(3))
        calls = 5 if quick or length > 1000 else 5000 // length  # some hundredths of a second
        with torch.inference_mode():
            functions = (scaled_dot_product_attention, F.scaled_dot_product_attention)
            takers = [partial(seconds, partial(repeat, f, (query, key, value), calls)) for f in functions]
            in_turns(takers, 1)  # the first call of a size allocates
            plain, fused = in_turns(takers, 2 if quick else 11)
        ratios = [a / b for a, b in zip(plain, fused)]
        shape = f"length {length}, batch {BATCH}, {HEADS} heads of {WIDTH}"
        rows.append(summary(f"plain attention over the fused kernel, length {length}", ratios, "×", detail=shape))
    return rows
