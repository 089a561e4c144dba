"""ROUGE: how much of a reference comes back in a summary.

Source: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries" (Text Summarization Branches Out, ACL
workshop), sections 2 (ROUGE-N) and 3.1 (ROUGE-L). With English text the numbers are those of the package rouge-score.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from utils.bleu import count_ngrams

__all__ = ["Rouge", "rouge", "rouge_l", "rouge_n", "words"]

Stem = Callable[[str], str]


class Rouge(NamedTuple):
    """Precision, recall and their harmonic mean F1, each from 0 to 1."""

    precision: float
    recall: float
    f1: float


def rouge_l(hypothesis: Sequence[str], reference: Sequence[str]) -> tuple[float, float, float]:
    """ROUGE-L: the longest sequence of words that both texts have in common, in order, with or without gaps.

    Args:
        hypothesis: the words of a text.
        reference: the words of another.

    Returns:
        (precision, recall, F1): the length of the longest common subsequence over that of the
        hypothesis, over that of the reference, and 2·P·R / (P + R). All three are 0 if nothing is in
        common (so too if a text has no words).

    Lin 2004, section 3.1, with equal weight for precision and recall.
    """
    ### BEGIN SOLUTION
    row = [0] * (len(reference) + 1)  # row[j]: the longest for the words so far and the first j of the reference
    for word in hypothesis:
        above, row = row, [0]
        for j, other in enumerate(reference):
            row.append(above[j] + 1 if word == other else max(above[j + 1], row[j]))
    if row[-1] == 0:
        return 0.0, 0.0, 0.0
    precision, recall = row[-1] / len(hypothesis), row[-1] / len(reference)
    return precision, recall, 2 * precision * recall / (precision + recall)
    ### END SOLUTION


def rouge_n(hypothesis: Sequence[str], reference: Sequence[str], n: int) -> Rouge:
    """ROUGE-N: the n-grams that two texts share, over those of each.

    Args:
        hypothesis, reference: the words of two texts.
        n: length of the n-gram.

    Returns:
        Precision, recall and F1; 0 where a text has no n-grams.

    Lin 2004, section 2: there recall alone is ROUGE-N.
    """
    own, other = count_ngrams(hypothesis, n), count_ngrams(reference, n)
    shared = sum(min(count, other[gram]) for gram, count in own.items())
    if shared == 0:
        return Rouge(0.0, 0.0, 0.0)
    precision, recall = shared / own.total(), shared / other.total()
    return Rouge(precision, recall, 2 * precision * recall / (precision + recall))


_WORD = re.compile(r"[^\W_]+")


def words(text: str, stem: Stem | None = None) -> list[str]:
    """The words of a text as ROUGE sees them: letters and digits in lower case, all else is a gap.

    For English this is the tokenization of rouge-score, which throws away every letter beyond a to z; letters of other
    alphabets stay here. Words of more than three letters are stemmed if there is a `stem`.
    """
    found = _WORD.findall(text.lower())
    return [stem(word) if len(word) > 3 else word for word in found] if stem else found


def rouge(
    hypothesis: str, references: str | Sequence[str], kinds: Sequence[str] = ("1", "2", "L"), stem: Stem | None = None
) -> dict[str, Rouge]:
    """ROUGE of a text; with several references that which has the highest F1, for each kind by itself.

    Args:
        hypothesis: a text.
        references: a text, or several.
        kinds: numbers n for ROUGE-N, and "L" for ROUGE-L.
        stem: for instance `utils.stemming.porter`.

    Returns:
        kind → precision, recall, F1.

    Raises:
        ValueError: no reference, or an unknown kind.

    >>> rouge("the cat sat", "the cat sat on the mat")["1"].recall
    0.5
    """
    those = [references] if isinstance(references, str) else list(references)
    if not those:
        raise ValueError("There is no reference to compare with.")
    own, others = words(hypothesis, stem), [words(text, stem) for text in those]
    found = {}
    for kind in map(str, kinds):
        if kind != "L" and not (kind.isdecimal() and int(kind) > 0):
            raise ValueError(f"There is no ROUGE-{kind}: choose L, or a number from 1 on.")
        scores = [Rouge(*rouge_l(own, t)) if kind == "L" else rouge_n(own, t, int(kind)) for t in others]
        found[kind] = max(scores, key=lambda score: score.f1)
    return found
