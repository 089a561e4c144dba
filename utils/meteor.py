"""METEOR: match words one to one, also by their stems, and ask how many pieces the matches form.

Sources: Banerjee and Lavie 2005, "METEOR: An Automatic Metric for MT Evaluation with Improved Correlation with Human
Judgments" (ACL workshop), section 2; Lavie and Agarwal 2007, "METEOR: An Automatic Metric for MT Evaluation with High
Levels of Correlation with Human Judgments" (WMT), which names the weights α, β, γ. Stages here: the same word, the same
stem. The third stage, synonyms, needs a dictionary (WordNet) and is left out. The numbers are those of NLTK's
`meteor_score` without WordNet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from utils.stemming import porter

__all__ = ["align", "meteor", "meteor_from_alignment"]


def meteor_from_alignment(alignment: Sequence[tuple[int, int]], length: int, reference_length: int) -> float:
    """METEOR, from 0 to 1, once it is known which word matches which.

    With m matches, P = m / length, R = m / reference_length and c chunks (runs of matches that are
    neighbours, in the same order, in both sentences):
    METEOR = 10·P·R / (R + 9·P) · (1 − 0.5 · (c / m)³).

    Args:
        alignment: pairs (place in the hypothesis, place in the reference), counted from 0, sorted by
            the first; each place is in one pair at most.
        length: words in the hypothesis.
        reference_length: words in the reference.

    Returns:
        The score; 0 if nothing matches.

    Banerjee and Lavie 2005, section 2.2.
    """
    ### BEGIN SOLUTION
    matches = len(alignment)
    if matches == 0:
        return 0.0
    chunks = sum((i - 1, j - 1) not in alignment for i, j in alignment)  # pairs that nothing leads up to
    precision, recall = matches / length, matches / reference_length
    mean = 10 * precision * recall / (recall + 9 * precision)
    return mean * (1 - 0.5 * (chunks / matches) ** 3)
    ### END SOLUTION


def align(
    hypothesis: Sequence[str], reference: Sequence[str], stem: Callable[[str], str] | None = porter
) -> list[tuple[int, int]]:
    """Which word matches which: first the same words, then, of those left over, the same stems.

    Case is ignored. Both sentences are walked from the end, and a word takes the last place in the reference that is
    still free. That is NLTK's way; the paper asks for the alignment with the fewest crossings, which differs when a
    word stands in a sentence twice.

    Args:
        hypothesis, reference: the words of two sentences.
        stem: makes a stem of a word; None leaves the second stage out.

    Returns:
        Pairs (place in the hypothesis, place in the reference), counted from 0, sorted.
    """
    own, other = ([word.lower() for word in sentence] for sentence in (hypothesis, reference))
    pairs: dict[int, int] = {}
    for stage in (str, stem) if stem else (str,):
        taken = set(pairs.values())
        places = defaultdict(list)
        for j, word in enumerate(other):
            if j not in taken:
                places[stage(word)].append(j)
        for i in reversed(range(len(own))):
            if i not in pairs and (free := places.get(stage(own[i]))):
                pairs[i] = free.pop()
    return sorted(pairs.items())


def meteor(
    hypothesis: Sequence[str], references: Sequence[Sequence[str]], stem: Callable[[str], str] | None = porter
) -> float:
    """METEOR of one sentence, from 0 to 1; of several references the best counts.

    Args:
        hypothesis: a list of words.
        references: one or more lists of words.
        stem: as in `align`.

    Raises:
        ValueError: no reference.
        TypeError: a text in place of a list of words.

    >>> round(meteor("the cats sat".split(), ["the cat sat".split()]), 3)
    0.981
    """
    if any(isinstance(sentence, str) for sentence in (hypothesis, references, *references)):
        raise TypeError("METEOR takes lists of words: cut the texts first, and give a list of references.")
    if not len(references):
        raise ValueError("There is no reference to compare with.")
    return max(
        meteor_from_alignment(align(hypothesis, reference, stem), len(hypothesis), len(reference))
        for reference in references
    )
