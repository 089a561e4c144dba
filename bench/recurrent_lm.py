"""Recurrent language models: the reader's LSTM against `nn.LSTM`, and a minute of training against small Transformers.

The two Transformers are written here with torch's own layers, after the published settings of two well-known programs
for small machines (nanoGPT's example for a CPU, makemore's defaults). They are not those programs: the sizes, batches,
optimisers and schedules are theirs, the text, the budget, the thread and the score are the course's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.measure import in_turns
from bench.table import Row, Target, summary
from utils import language_models as lm
from utils.data import text
from utils.gated_rnn import LSTM, RecurrentLM
from utils.gpt import GPTLanguageModel, train_gpt
from utils.training import seeded

WIDTH = 256


def measure_cells(quick: bool) -> list[Row]:
    """A language model trained with the LSTM that the reader writes, and the same with `nn.LSTM`, in turns."""
    training = text("bbe", "train")[: 20_000 if quick else 1_000_000]
    alphabet = lm.Alphabet(training)
    ids = alphabet.encode(training)
    width, steps = (32, 3) if quick else (WIDTH, 20)

    def taken(cell: Callable[[], nn.Module]) -> float:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = RecurrentLM(len(alphabet), width, cell())
        return lm.train(model, ids, steps=steps, progress=False).seconds

    takers = [
        partial(taken, partial(LSTM, width, width)),
        partial(taken, partial(nn.LSTM, width, width, batch_first=True)),
    ]
    in_turns(takers, 1)  # the first step of a size allocates
    mine, theirs = in_turns(takers, 1 if quick else 5)
    shape = f"1 × {width}, batch 32, length 64, {steps} steps"
    ratios = [a / b for a, b in zip(mine, theirs)]
    return [summary("training with the hand-written LSTM over nn.LSTM", ratios, "×", Target("≤", 2.0), shape)]


class SmallTransformer(nn.Module):
    """A causal Transformer with learned positions and norms in front, from torch's own layers, without dropout.

    Args:
        symbols: how many characters.
        width, heads, layers: sizes.
        block: the longest context; what lies farther back is not seen.
        tied: whether the output layer has the embedding's table, as in GPT-2.
    """

    def __init__(self, symbols: int, width: int, heads: int, layers: int, block: int, tied: bool) -> None:
        super().__init__()
        self.block = block
        self.embedding, self.places = nn.Embedding(symbols, width), nn.Embedding(block, width)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.output = nn.Linear(width, symbols, bias=False)
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)
        if tied:
            self.output.weight = self.embedding.weight

    def forward(self, ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The form of `utils.language_models`: what was read before, up to `block` − 1 characters, is the state."""
        seen = ids if state is None else torch.cat([state, ids], dim=1)
        if seen.shape[1] <= self.block:
            logits = self.read(seen)[:, -ids.shape[1] :]
        else:
            logits = self.slide(seen, ids.shape[1])
        return logits, seen[:, -(self.block - 1) :]

    def read(self, ids: Tensor) -> Tensor:
        """(batch, length ≤ block) → (batch, length, symbols)."""
        length = ids.shape[1]
        x = self.embedding(ids) + self.places(torch.arange(length, device=ids.device))
        mask = nn.Transformer.generate_square_subsequent_mask(length, device=ids.device)
        hidden = self.layers(x, mask=mask, is_causal=True)
        logits: Tensor = self.output(hidden)
        return logits

    def slide(self, seen: Tensor, wanted: int) -> Tensor:
        """The last `wanted` places of a longer text, each with half a block before it where there is so much."""
        half, rows = self.block // 2, seen.shape[0]
        first = seen.shape[1] - wanted
        parts = []
        place = first
        while place < seen.shape[1]:
            start = max(0, place - half)
            end = min(start + self.block, seen.shape[1])
            parts.append(self.read(seen[:, start:end])[:, place - start :])
            place = end
        return torch.cat(parts, dim=1).view(rows, wanted, -1)


def train_as_published(
    model: SmallTransformer,
    ids: Tensor,
    seconds: float,
    batch: int,
    rate: float,
    floor: float,
    betas: tuple[float, float],
    decay: float,
    warm_up: int,
    clip: float | None,
) -> float:
    """Train on random blocks with AdamW for some seconds of the wall clock; returns the seconds it took.

    Args:
        model, ids, seconds, batch: what, on which text, how long, how many blocks a step.
        rate, floor: the learning rate falls from one to the other as a cosine over the budget.
        betas, decay: of AdamW.
        warm_up: steps in which the rate rises from 0.
        clip: the largest norm of the gradient; None = any.
    """
    with seeded(0):
        optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=betas, weight_decay=decay)
        begin, step, spent = time.perf_counter(), 0, 0.0
        block = torch.arange(model.block)
        while spent < seconds:
            now = floor + (rate - floor) * 0.5 * (1 + math.cos(math.pi * spent / seconds))
            for group in optimiser.param_groups:
                group["lr"] = now * min(1.0, (step + 1) / max(warm_up, 1))
            places = torch.randint(len(ids) - model.block, (batch, 1)) + block
            loss = F.cross_entropy(model.read(ids[places]).flatten(0, 1), ids[places + 1].flatten())
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimiser.step()
            step, spent = step + 1, time.perf_counter() - begin
    model.eval()
    return spent


NANOGPT: dict[str, Any] = {
    "batch": 12,
    "rate": 1e-3,
    "floor": 1e-4,
    "betas": (0.9, 0.99),
    "decay": 0.1,
    "warm_up": 100,
    "clip": 1.0,
}
MAKEMORE: dict[str, Any] = {
    "batch": 32,
    "rate": 5e-4,
    "floor": 5e-4,
    "betas": (0.9, 0.99),
    "decay": 0.01,
    "warm_up": 0,
    "clip": None,
}


def measure_minute(quick: bool) -> list[Row]:
    """Five models, the same text, the same seconds on one thread, one after the other; bits on the dev books."""
    training = text("bbe", "train")[: 50_000 if quick else None]
    dev = text("bbe", "dev")[: 4_000 if quick else None]
    alphabet = lm.Alphabet(training)
    ids, held_out = alphabet.encode(training), alphabet.encode(dev)
    seconds, width = (0.5, 32) if quick else (60.0, WIDTH)
    symbols = len(alphabet)

    def recurrent(batch: int, rate: float, **options: Any) -> Callable[[], nn.Module]:
        def make() -> nn.Module:
            model = RecurrentLM(symbols, width, **options)
            lm.train(model, ids, seconds=seconds, batch=batch, rate=rate, progress=False)
            return model

        return make

    def transformer(sizes: tuple[int, int, int, int, bool], settings: dict[str, Any]) -> Callable[[], nn.Module]:
        def make() -> nn.Module:
            model = SmallTransformer(symbols, *sizes)
            train_as_published(model, ids, seconds, **settings)
            return model

        return make

    layers = 1 if quick else 4

    def gpt() -> nn.Module:
        sizes = {"d_model": 32, "rows": 999} if quick else {"d_model": 96}
        model = GPTLanguageModel(symbols, heads=4, layers=1, block=64, grams=(2, 3, 4, 5), **sizes)
        train_gpt(model, ids, seconds=seconds, progress=False)
        return model

    makers = {
        f"nn.LSTM 1 × {width}": recurrent(32, 4e-3),
        f"LSTM 1 × {width} with a bigram embedding": recurrent(32, 4e-3, bigram=True),
        "Transformer, nanoGPT's CPU preset": transformer((128, 4, layers, 64, True), NANOGPT),
        "Transformer, makemore's defaults": transformer((64, 4, layers, 64, False), MAKEMORE),
        "lesson 14's GPT with tables of n-grams": gpt,
    }
    rows, bits = [], []
    for name, make in makers.items():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = make()
        bits.append(lm.bits_per_character(model, held_out))
        rows.append(Row(f"{name}, after {seconds:g} s", bits[-1], "bits", detail=f"{lm.parameters(model):,} weights"))
    plain, pairs, *transformers, own = bits
    rows.append(Row("bigram embedding: bits less than the plain LSTM", plain - pairs, "bits", Target("≥", 0.05)))
    ahead = min(transformers) - pairs
    rows.append(Row("bigram embedding: bits less than the better Transformer", ahead, "bits", Target("≥", 0.05)))
    rows.append(
        Row("lesson 14's GPT: bits less than nanoGPT's preset", transformers[0] - own, "bits", Target("≥", 0.5))
    )
    return rows
