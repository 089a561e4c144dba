"""Skip-gram on the verses: seconds, neighbours that make sense, and how much time gensim takes for as good ones."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import torch

from bench.measure import NotMeasured, in_turns, seconds
from bench.table import Row, Target, summary
from utils import data, skipgram

WIDTH, WINDOW, NEGATIVES, MIN_COUNT = 64, 5, 5, 5
EPOCHS, GENSIMS_EPOCHS = 2, 5


def score(vectors: torch.Tensor, index: dict[str, int]) -> float:
    """The share of probe words, of both lists, with a word of their group among their five nearest."""
    return skipgram.hits(vectors, index, (*skipgram.PROBES, *skipgram.HELD_OUT_PROBES))


def ours(sentences: Sequence[Sequence[str]], seed: int, epochs: int) -> tuple[float, float]:
    """Seconds of a training by the course's trainer, and what its neighbours score."""
    made: list[skipgram.WordVectors] = []

    def train() -> None:
        made.append(
            skipgram.train(sentences, WIDTH, WINDOW, epochs, NEGATIVES, min_count=MIN_COUNT, seed=seed, progress=False)
        )

    taken = seconds(train)
    return taken, score(made[0].vectors, made[0].vocabulary.index)


def gensims(sentences: Sequence[Sequence[str]], seed: int, epochs: int) -> tuple[float, float]:
    """The same by gensim's `Word2Vec` on one thread, with its own rate and subsampling."""
    word2vec = importlib.import_module("gensim.models").Word2Vec
    made = []

    def train() -> None:
        options = dict(vector_size=WIDTH, window=WINDOW, negative=NEGATIVES, min_count=MIN_COUNT)
        made.append(word2vec(sentences, sg=1, epochs=epochs, seed=seed, workers=1, **options))

    taken = seconds(train)
    return taken, score(torch.tensor(made[0].wv.vectors), made[0].wv.key_to_index)


def measure(quick: bool) -> list[Row]:
    """The training of lesson 02."""
    sentences = skipgram.tokenize(data.text("bbe", "train"))[: 2000 if quick else None]
    found = [ours(sentences, seed, 1 if quick else 5) for seed in range(1 if quick else 3)]
    return [
        summary("skip-gram as in lesson 02, one thread", [taken for taken, _ in found], target=Target("≤", 60.0)),
        summary("its probe words with a relative among the five nearest", [100 * s for _, s in found], "%"),
    ]


def measure_against_gensim(quick: bool) -> list[Row]:
    """Both on the same text with one thread, in turns: gensim with its defaults, ours with fewer passes.

    The ratio of times says something only if our neighbours score at least as well, so that is a target of its own; in
    quick mode, on a part of the text, it is not.

    Raises:
        NotMeasured: gensim is not installed.
    """
    try:
        importlib.import_module("gensim.models")
    except ImportError as missing:
        raise NotMeasured(f"this needs gensim ({missing}): pip install gensim.") from None
    sentences = skipgram.tokenize(data.text("bbe", "train"))[: 2000 if quick else None]
    scores: dict[str, list[float]] = {"the course's": [], "gensim's": []}

    def taker(name: str) -> float:
        seed = len(scores[name])
        train, epochs = (ours, EPOCHS) if name == "the course's" else (gensims, GENSIMS_EPOCHS)
        taken, found = train(sentences, seed, 1 if quick else epochs)
        scores[name].append(100 * found)
        return taken

    mine, theirs = in_turns([lambda n=name: taker(n) for name in scores], 1 if quick else 3)  # type: ignore[misc]
    rows = []
    for name, times, epochs in (("the course's", mine, EPOCHS), ("gensim's", theirs, GENSIMS_EPOCHS)):
        rows.append(summary(f"{name} skip-gram, {epochs} passes", times))
        rows.append(summary(f"{name} probe words with a relative near", scores[name], "%"))
    gaps = [a - b for a, b in zip(scores["the course's"], scores["gensim's"])]
    ratios = [a / b for a, b in zip(mine, theirs)]
    rows.append(summary("the course's probe words less gensim's", gaps, "%", None if quick else Target("≥", 0.0)))
    rows.append(summary("the course's skip-gram over gensim's, time", ratios, "×", Target("≤", 3.0)))
    return rows
