"""What changes the fixed window's place on the scoreboard: its size, its training, and mixing it with counts."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bench.table import Row
from utils import data
from utils.language_models import Alphabet, parameters, train
from utils.neural_lm import FixedWindow, mixture, text_log_probs
from utils.ngrams import KneserNey

SIZES = ((8, 16, 128, 2000, 1e-2), (12, 32, 512, 3000, 5e-3))
"""Window, width, hidden, steps, rate: the lesson's model, and a larger one trained for two minutes."""
SHARES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


def bits(log_p: Tensor) -> float:
    """Bits per character from natural log-probabilities."""
    return float(-log_p.mean() / math.log(2))


def measure(quick: bool) -> list[Row]:
    """Bits on the dev books, alone and mixed with Kneser-Ney of order 7.

    The share is chosen on the first half of the dev books, and the gain is that on the second.
    """
    training, dev = data.text("bbe", "train"), data.text("bbe", "dev")
    if quick:
        training, dev = training[:30_000], dev[:6000]
    alphabet = Alphabet(training)
    ids, dev_ids = alphabet.encode(training), alphabet.encode(dev)
    log_q = torch.tensor(KneserNey(7).fit(training).log_probs(dev))[1:]
    rows = []
    for window, width, hidden, steps, rate in SIZES:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = FixedWindow(len(alphabet), window, width, hidden)
        history = train(model, ids, steps=2 if quick else steps, rate=rate, progress=False)
        log_p = text_log_probs(model, dev_ids)
        first, second = (slice(0, len(log_p) // 2), slice(len(log_p) // 2, None))
        share = min(SHARES, key=lambda s: bits(mixture(log_p[first], log_q[first], s)))
        gain = bits(log_q[second]) - bits(mixture(log_p[second], log_q[second], share))
        name = f"fixed window of {window}, {hidden} hidden"
        detail = f"{parameters(model):,} parameters, {history.steps} steps in {history.seconds:.0f} s"
        rows.append(Row(f"{name}, bits per character on the dev books", bits(log_p), "bits", detail=detail))
        rows.append(Row(f"{name}, saved by mixing with Kneser-Ney 7", gain, "bits", detail=f"share {share:g}"))
    return rows
