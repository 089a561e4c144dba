"""Word alignments: read off attention weights, scored against gold ones.

An alignment is a set of links (place in the source, place in the target), both counted from 0. Some links are *sure*;
others may be *possible* only, which no aligner is asked to find. Here every gold link is sure unless said otherwise.

Source: Och and Ney 2003, "A Systematic Comparison of Various Statistical Alignment Models", Computational Linguistics
29 (1) (sure and possible links, alignment error rate).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

import torch
from torch import Tensor

__all__ = [
    "argmax_alignment",
    "corpus_error_rate",
    "diagonal_alignment",
    "error_rate",
    "gold_matrix",
    "mass_on_gold",
]

Link = tuple[int, int]


def argmax_alignment(weights: Tensor, mask: Tensor) -> set[tuple[int, int]]:
    """Link every word of the translation with the one word of the source that it looked at most.

    Args:
        weights: (length_t, length_s), the attention weights of one sentence: a row for each word written. Its last row
            belongs to EOS, which is no word and gets no link.
        mask: (length_s,) boolean, True where a word of the source stands; padding, on the right, gets no link.

    Returns:
        The links (place in the source, place in the target), plain whole numbers. Of several equally large weights the
        leftmost counts. A source of padding alone gives no links at all.
    """
    ### BEGIN SOLUTION
    if not mask.any():
        return set()
    places = weights.masked_fill(~mask, -1.0).argmax(dim=1)  # weights are never below 0
    return {(int(place), t) for t, place in enumerate(places[:-1])}
    ### END SOLUTION


def error_rate(
    found: set[tuple[int, int]],
    sure: set[tuple[int, int]],
    possible: set[tuple[int, int]] | frozenset[tuple[int, int]] = frozenset(),
) -> float:
    """The alignment error rate of Och and Ney: AER = 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|).

    Args:
        found: A, the links to be judged.
        sure: S, the links that have to be found.
        possible: links that may be found as well. P is these and all of S.

    Returns:
        0 for a perfect alignment, 1 for one without a right link. 0 if there is nothing to find and nothing was found.

    Och and Ney 2003.
    """
    ### BEGIN SOLUTION
    if not found and not sure:
        return 0.0
    hits = len(found & sure) + len(found & (sure | possible))
    return 1 - hits / (len(found) + len(sure))
    ### END SOLUTION


def corpus_error_rate(found: Sequence[Set[Link]], sure: Sequence[Set[Link]]) -> float:
    """The error rate of many sentences: their counts are added up first, so a long one counts for more.

    Raises:
        ValueError: not as many alignments as gold ones.
    """
    if len(found) != len(sure):
        raise ValueError(f"Each sentence needs its gold alignment: there are {len(found)} and {len(sure)}.")
    total = sum(len(a) + len(s) for a, s in zip(found, sure))
    return 1 - 2 * sum(len(a & s) for a, s in zip(found, sure)) / total if total else 0.0


def diagonal_alignment(length_s: int, length_t: int) -> set[tuple[int, int]]:
    """The aligner that reads nothing: each target word is linked with the source word at the same share of the way.

    Raises:
        ValueError: a negative length.
    """
    if length_s < 0 or length_t < 0:
        raise ValueError(f"A length is not negative: {length_s}, {length_t}.")
    if not length_s:
        return set()
    return {(min(int((t + 0.5) * length_s / length_t), length_s - 1), t) for t in range(length_t)}


def gold_matrix(links: Iterable[Link], length_s: int, length_t: int) -> Tensor:
    """Links as a picture: (length_t, length_s), 1 where a link is, rows as in a map of attention.

    Raises:
        ValueError: a link that lies outside.
    """
    matrix = torch.zeros(length_t, length_s)
    for s, t in links:
        if not (0 <= s < length_s and 0 <= t < length_t):
            raise ValueError(f"The link ({s}, {t}) lies outside of {length_s} source and {length_t} target words.")
        matrix[t, s] = 1.0
    return matrix


def mass_on_gold(weights: Tensor, links: Iterable[Link]) -> float:
    """The mean weight that falls on a word's gold links, over the target words that have any; nan if none has.

    Args:
        weights: (length_t, length_s) or one row more, for EOS.
        links: gold links.
    """
    by_word: dict[int, list[int]] = {}
    for s, t in links:
        by_word.setdefault(t, []).append(s)
    sums = [float(weights[t, places].sum()) for t, places in by_word.items()]
    return sum(sums) / len(sums) if sums else float("nan")
