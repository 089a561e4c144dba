"""Is one system better than another, or was it luck with the test set? Ask test sets that might have been.

A *bootstrap sample* draws as many sentences from the test set as it has, with replacement: some come twice, some not at
all. A *paired* bootstrap scores both systems on the same drawn sentences.

Source: Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation" (EMNLP).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from utils.bleu import score_statistics

__all__ = ["bleu_of", "paired_bootstrap", "resamples", "scores_of_samples"]

Score = Callable[[np.ndarray], float]


def bleu_of(counts: NDArray[np.int64]) -> float:
    """BLEU of one row of `utils.bleu.bleu_statistics`, or of the sum of some."""
    return score_statistics(counts).score


def paired_bootstrap(
    first: np.ndarray, second: np.ndarray, draws: np.ndarray, score: Callable[[np.ndarray], float] = bleu_of
) -> float:
    """In what share of the drawn test sets the first system scores higher than the second.

    Args:
        first: (sentences, columns), what is to be summed for each sentence of the first system.
        second: (sentences, columns), the same for the second system, in the same order of sentences.
        draws: (samples, sentences), whole numbers: each row holds the numbers of the drawn sentences,
            some of them several times.
        score: makes a score of the sum of some rows, (columns,).

    Returns:
        From 0 to 1. A draw in which both score the same is not won.

    Koehn 2004, paired bootstrap resampling.
    """
    ### BEGIN SOLUTION
    wins = sum(score(first[drawn].sum(axis=0)) > score(second[drawn].sum(axis=0)) for drawn in draws)
    return wins / len(draws)
    ### END SOLUTION


def resamples(sentences: int, samples: int = 1000, seed: int = 0) -> NDArray[np.int64]:
    """Bootstrap samples of a test set.

    Args:
        sentences: how many sentences the test set has, at least 1.
        samples: how many test sets to draw, at least 1.
        seed: the same seed draws the same.

    Returns:
        (samples, sentences): numbers from 0 to sentences − 1, drawn with replacement.
    """
    if sentences < 1 or samples < 1:
        raise ValueError(f"Draw at least one sample of at least one sentence, not {samples} of {sentences}.")
    return np.random.default_rng(seed).integers(0, sentences, size=(samples, sentences))


def scores_of_samples(
    statistics: NDArray[np.int64], draws: NDArray[np.int64], score: Score = bleu_of
) -> NDArray[np.float64]:
    """The score of each drawn test set: (samples,)."""
    return np.array([score(statistics[drawn].sum(axis=0)) for drawn in draws])
