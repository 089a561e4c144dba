"""Three more scores for translations, each made to mend something in BLEU: chrF, NIST and RIBES.

Sources: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation" (WMT) and 2017, "chrF++: words
helping character n-grams" (WMT); Doddington 2002, "Automatic Evaluation of Machine Translation Quality Using N-gram
Co-Occurrence Statistics" (HLT); Isozaki, Hirao, Duh, Sudoh and Tsukada 2010, "Automatic Evaluation of Translation
Quality for Distant Language Pairs" (EMNLP).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from utils.bleu import count_ngrams, paired

__all__ = ["chrf", "corpus_chrf", "corpus_nist", "nist_length_penalty", "ribes"]


# ----------------------------------------------------------------------------------------------------------------- chrF


def corpus_chrf(
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    max_n: int = 6,
    word_n: int = 0,
    beta: float = 2.0,
    lowercase: bool = False,
) -> float:
    """chrF of a corpus, from 0 to 100, equal to sacrebleu's; chrF++ with `word_n=2`.

    Character n-grams (spaces left out) are matched for n = 1 … max_n, with chrF++ word n-grams besides. Matches and
    totals are summed over the sentences; precision and recall are averaged over the n for which both sides have
    n-grams; then F_β, which weighs recall β² times as much. Of several references of a sentence the one with the best
    score of its own counts.

    Args:
        hypotheses: one text a sentence.
        references: for each sentence one text, or a list of texts.
        max_n: the longest character n-gram.
        word_n: the longest word n-gram; 0 leaves words out.
        beta: the β of F_β.
        lowercase: whether case is ignored.

    Raises:
        ValueError, TypeError: as in `utils.bleu.corpus_bleu`.
    """
    orders = max_n + word_n
    sums = [[0, 0, 0] for _ in range(orders)]
    for hypothesis, those in zip(hypotheses, paired(hypotheses, references)):
        if lowercase:
            hypothesis, those = hypothesis.lower(), [text.lower() for text in those]
        own = _grams(hypothesis, max_n, word_n)
        rows = [[_match(a, b) for a, b in zip(own, _grams(text, max_n, word_n))] for text in those]
        best = max(rows, key=lambda row: _f_score(row, beta))
        for total, one in zip(sums, best):
            total[:] = [a + b for a, b in zip(total, one)]
    return _f_score(sums, beta)


def chrf(hypothesis: str, references: str | Sequence[str], max_n: int = 6, word_n: int = 0, beta: float = 2.0) -> float:
    """chrF of one sentence, from 0 to 100; the arguments are those of `corpus_chrf`."""
    those = [references] if isinstance(references, str) else references
    return corpus_chrf([hypothesis], [those], max_n, word_n, beta)


def _grams(text: str, max_n: int, word_n: int) -> list[Counter]:
    letters = "".join(text.split())
    counts: list[Counter] = [
        Counter([letters[i : i + n] for i in range(len(letters) - n + 1)]) for n in range(1, max_n + 1)
    ]
    if word_n:
        tokens = _without_marks(text)
        counts += [count_ngrams(tokens, n) for n in range(1, word_n + 1)]
    return counts


_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def _without_marks(text: str) -> list[str]:
    """Words, with a mark at the end, or else at the beginning, cut off: the way of Popović's own program."""
    tokens = []
    for word in text.split():
        if len(word) > 1 and word[-1] in _MARKS:
            tokens += [word[:-1], word[-1]]
        elif len(word) > 1 and word[0] in _MARKS:
            tokens += [word[0], word[1:]]
        else:
            tokens.append(word)
    return tokens


def _match(own: Counter, other: Counter) -> list[int]:
    """N-grams of the hypothesis (0 if the reference has none), of the reference, and of both."""
    shared = sum(min(own[gram], other[gram]) for gram in own.keys() & other.keys())
    return [sum(own.values()) if other else 0, sum(other.values()), shared]


def _f_score(rows: Sequence[Sequence[int]], beta: float) -> float:
    counted = [(shared / own, shared / other) for own, other, shared in rows if own and other]
    if not any(precision for precision, _ in counted):
        return 0.0
    precision, recall = (sum(column) / len(counted) for column in zip(*counted))
    return 100 * (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


# ----------------------------------------------------------------------------------------------------------------- NIST


def corpus_nist(
    hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]], max_n: int = 5
) -> float:
    """NIST of a corpus: like BLEU, but rare n-grams count more. Equal to NLTK's `corpus_nist`.

    An n-gram is worth log₂(count of its first n − 1 words / its own count) bits, counted in all references. Matched
    bits over the number of n-grams, added over n (where BLEU multiplies, so an order without a match does not end
    all), times a penalty for shortness.

    Args:
        hypotheses: m sentences, each a list of words.
        references: for each of the m sentences one or more lists of words. Of several, the best counts, for each n by
            itself (NLTK's way; Doddington compares with the mean length of the references).
        max_n: the longest n-gram.

    Returns:
        The score, from 0 on; it has no upper end, because it depends on how surprising the references are.

    Raises:
        ValueError: no sentences, a sentence without references, or unequal numbers of sentences.
        TypeError: a text in place of a list of words.

    Doddington 2002, equations 2 and 3.
    """
    _check(hypotheses, references)
    counts: Counter = Counter()
    for those in references:
        for reference in those:
            for n in range(1, max_n + 1):
                counts.update(count_ngrams(reference, n))
            counts[()] += len(reference)
    score, lengths = 0.0, [0, 0]
    for n in range(1, max_n + 1):
        bits = grams = 0.0
        for hypothesis, those in zip(hypotheses, references):
            own = count_ngrams(hypothesis, n)
            total = sum(own.values())
            found = []
            for reference in those:
                shared = own & count_ngrams(reference, n)
                worth = sum(math.log2(counts[gram[:-1]] / counts[gram]) * count for gram, count in shared.items())
                found.append((worth / total if total else 0.0, worth, len(reference)))
            _, worth, reference_length = max(found)
            bits, grams = bits + worth, grams + total
            lengths = [lengths[0] + len(hypothesis), lengths[1] + reference_length]
        score += bits / grams if grams else 0.0
    return score * nist_length_penalty(*lengths)


def nist_length_penalty(length: int, reference_length: int) -> float:
    """exp(β · ln²(length / reference_length)) for a text that is too short, else 1.

    β is such that two thirds of the length halve the score. It is gentler than BLEU's penalty near the full length.

    Doddington 2002, equation 3.
    """
    if length >= reference_length:
        return 1.0
    if length == 0:
        return 0.0
    beta = math.log(0.5) / math.log(1.5) ** 2
    return math.exp(beta * math.log(length / reference_length) ** 2)


def _check(hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]) -> None:
    if not len(hypotheses):
        raise ValueError("There are no sentences to score.")
    if len(hypotheses) != len(references):
        raise ValueError(f"There are {len(hypotheses)} hypotheses and references for {len(references)} sentences.")
    for place, those in enumerate(references):
        if not len(those):
            raise ValueError(f"Sentence {place} has no reference.")
        _check_words(hypotheses[place], those)


def _check_words(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    if any(isinstance(sentence, str) for sentence in (hypothesis, references, *references)):
        raise TypeError("Lists of words are meant here: cut the texts first, and give a list of references.")


# ---------------------------------------------------------------------------------------------------------------- RIBES


def ribes(
    hypothesis: Sequence[str], references: Sequence[Sequence[str]], alpha: float = 0.25, beta: float = 0.10
) -> float:
    """RIBES of one sentence, from 0 to 1: are the words in the right order? Equal to NLTK's `sentence_ribes`.

    Each word of the hypothesis looks for its place in the reference; the share of pairs that stand in the same order
    (Kendall's τ, moved to 0 … 1) is multiplied by precision^α and by BLEU's brevity penalty^β. Fewer than two words
    found give 0, so a sentence of one word always has 0.

    Args:
        hypothesis: a list of words.
        references: one or more lists of words; the best counts.

    Raises:
        ValueError: no reference.
        TypeError: a text in place of a list of words.

    Isozaki et al. 2010, with Kendall's τ (they try Spearman's ρ as well). The factor with β is not in that paper; it is
    NLTK's, as in the program that came later.
    """
    _check_words(hypothesis, references)
    if not len(references):
        raise ValueError("There is no reference to compare with.")
    scores = [0.0]
    for reference in references if len(hypothesis) else ():
        order = _ranks(hypothesis, reference)
        if len(order) > 1:
            rising = sum(a < b for a, b in combinations(order, 2))
            tau = rising / math.comb(len(order), 2)
            brevity = min(1.0, math.exp(1 - len(reference) / len(hypothesis)))
            scores.append(tau * (len(order) / len(hypothesis)) ** alpha * brevity**beta)
    return max(scores)


def _ranks(hypothesis: Sequence[str], reference: Sequence[str]) -> list[int]:
    """Where the words of the hypothesis stand in the reference, for those whose place is beyond doubt.

    A word that stands once in each sentence is; another one looks at longer and longer stretches to its right and left
    until one stands once in each. How far it looks is NLTK's choice.
    """
    hypothesis, reference = list(hypothesis), list(reference)
    size, ranks = len(hypothesis), []

    def only_place(start: int, end: int) -> int:
        """Where hypothesis[start:end] stands in the reference, or −1 if it is not once in each."""
        part = hypothesis[start:end]
        width = len(part)
        if sum(hypothesis[k : k + width] == part for k in range(size - width + 1)) != 1:
            return -1
        found = [k for k in range(len(reference) - width + 1) if reference[k : k + width] == part]
        return found[0] if len(found) == 1 else -1

    for i in range(size):
        place = only_place(i, i + 1)
        for reach in range(1, min(max(i, size - i + 1), len(reference))) if place < 0 else ():
            if i + reach < size and (place := only_place(i, i + reach + 1)) >= 0:
                break
            if reach <= i and (place := only_place(i - reach, i + 1)) >= 0:
                place += reach
                break
        if place >= 0 and hypothesis[i] in reference:
            ranks.append(place)
    return ranks
