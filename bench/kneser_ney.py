"""Kneser-Ney on a real corpus: seconds, bits per character, and how many times as fast as NLTK."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.measure import NotMeasured, in_turns, seconds
from bench.table import Row, Target, summary
from utils.data import text
from utils.ngrams import START, KneserNey

ORDER, DISCOUNT = 5, 0.75


def ours(training: str, other: str) -> NDArray[np.float64]:
    """The probability of each character of `other`, by the course's model with one discount, as NLTK has it."""
    model = KneserNey(ORDER, modified=False, discount=DISCOUNT, uniform=False).fit(training)
    return np.exp(model.log_probs(other))


def nltks(training: str, other: str) -> NDArray[np.float64]:
    """The same by NLTK's `KneserNeyInterpolated`, given each n-gram that ends at a character of the text."""
    from nltk.lm import KneserNeyInterpolated

    padded = [START, *training]
    model = KneserNeyInterpolated(ORDER, discount=DISCOUNT)
    windows = [tuple(padded[i - k : i + 1]) for i in range(1, len(padded)) for k in range(min(ORDER, i + 1))]
    model.fit([windows], vocabulary_text=list(training))
    scores = [model.score(other[t], tuple(other[max(0, t - ORDER + 1) : t])) for t in range(len(other))]
    return np.array(scores)


def measure_speed(quick: bool) -> list[Row]:
    """A megabyte counted and another one scored; bits per character on the dev books after all training books."""
    training = text("bbe", "train")
    size = 50_000 if quick else 1_000_000
    fitted, scored = training[:size], training[size : 2 * size]

    def fit_and_score() -> None:
        KneserNey(ORDER).fit(fitted).log_probs(scored)

    times = [seconds(fit_and_score) for _ in range(1 if quick else 5)]
    name = f"Kneser-Ney, order {ORDER}, "
    rows = [summary(name + f"{size / 1e6:g} MB fitted, {size / 1e6:g} MB scored", times, target=Target("≤", 5.0))]
    if not quick:
        dev = text("bbe", "dev")
        for order in (ORDER, 6, 7):
            bits = KneserNey(order).fit(training).bits_per_char(dev)
            rows.append(Row(f"Kneser-Ney, order {order}, bits per character on the dev books", bits, "bits"))
    return rows


def measure_against_nltk(quick: bool) -> list[Row]:
    """Both models fitted on the same text and asked for each of its characters, in turns.

    The text is the one both were fitted on, because NLTK divides by zero at a context that ends its training text. Its
    time for a character grows with the number of n-grams, and ours hardly does: on a longer text the ratio is larger.

    Raises:
        NotMeasured: NLTK is not installed, or the two do not agree, so that the comparison would mean nothing.
    """
    training = text("bbe", "train")[: 1000 if quick else 8000]
    head = training[:2000]
    try:
        apart = float(np.abs(ours(head, head) - nltks(head, head)).max())
    except ModuleNotFoundError as missing:
        raise NotMeasured(f"this needs {missing.name}: pip install -e '.[dev]'.") from None
    if not apart < 1e-9:
        raise NotMeasured(f"the probabilities differ from NLTK's by {apart:.2g}.")
    takers = [partial(seconds, partial(model, training, training)) for model in (ours, nltks)]
    times = in_turns(takers, 1 if quick else 3)
    size = len(training)
    mine, theirs = times
    return [
        summary(f"NLTK's Kneser-Ney, order {ORDER}, {size:,} characters", theirs),
        summary(f"the course's, order {ORDER}, {size:,} characters", mine),
        summary(
            "the course's Kneser-Ney, times as fast as NLTK's",
            [b / a for a, b in zip(mine, theirs)],
            "×",
            Target("≥", 100.0),
            f"probabilities {apart:.0e} apart",
        ),
    ]
