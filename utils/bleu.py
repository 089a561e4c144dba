"""BLEU: how many n-grams of a translation stand in a reference, from one count to a corpus score.

The first half is exercise-sized and works on lists of tokens. The second half is the same thing for texts as they are:
`corpus_bleu` tokenizes, counts fast, and gives the numbers of sacrebleu (tested to 1e-9), so that a score of this
course can be compared with a published one.

Notation: a *hypothesis* ŷ is what a system wrote, a *reference* y what a person wrote. A sentence may have several
references, y⁽¹⁾ … y⁽ᵏ⁾. Everywhere in the course references are given **sentence by sentence**: `references[i]` holds
all those of sentence i. (sacrebleu wants them the other way round: first references of all sentences, then the second
ones. `zip(*references)` turns the one into the other.)

Sources: Papineni, Roukos, Ward and Zhu 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation" (ACL),
section 2; Chen and Cherry 2014, "A Systematic Comparison of Smoothing Techniques for Sentence-Level BLEU" (WMT); Post
2018, "A Call for Clarity in Reporting BLEU Scores" (WMT).
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SMOOTHINGS",
    "TOKENIZATIONS",
    "BleuScore",
    "bleu_statistics",
    "clipped_matches",
    "corpus_bleu",
    "corpus_score",
    "count_ngrams",
    "paired",
    "score_from_counts",
    "score_statistics",
    "sentence_bleu",
    "tokenize",
]

Tokenization = Literal["13a", "intl", "char", "none"]
Smoothing = Literal["none", "floor", "add-k", "exp"]
TOKENIZATIONS: tuple[Tokenization, ...] = ("13a", "intl", "char", "none")
SMOOTHINGS: tuple[Smoothing, ...] = ("none", "floor", "add-k", "exp")
_DEFAULT_VALUES = {"none": 0.0, "floor": 0.1, "add-k": 1.0, "exp": 0.0}


# --------------------------------------------------------------------------------------------- exercise-sized functions


def count_ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """How often each n-gram stands in a sentence.

    Args:
        tokens: the words of one sentence.
        n: length of the n-gram, at least 1.

    Returns:
        n-gram (a tuple of n words) → count; empty for a sentence of fewer than n words.

    >>> count_ngrams("the cat the cat".split(), 2)
    Counter({('the', 'cat'): 2, ('cat', 'the'): 1})
    """
    return Counter(zip(*(tokens[start:] for start in range(n))))


def clipped_matches(hypothesis: Sequence[str], references: Sequence[Sequence[str]], n: int) -> tuple[int, int]:
    """How many n-grams of a hypothesis stand in its references, and how many it has.

    Each n-gram counts at most as often as it stands in that reference which has most of it.

    Args:
        hypothesis: the words of one sentence.
        references: one or more sentences, each a list of words.
        n: length of the n-gram, at least 1.

    Returns:
        (matches, total): the clipped matches, and the number of n-grams in the hypothesis (0 if it
        has fewer than n words).

    Papineni et al. 2002, section 2.1, "modified n-gram precision" = matches / total.
    """
    ### BEGIN SOLUTION
    own = count_ngrams(hypothesis, n)
    theirs = [count_ngrams(reference, n) for reference in references]
    matches = sum(min(count, max(other[gram] for other in theirs)) for gram, count in own.items())
    return matches, sum(own.values())
    ### END SOLUTION


def score_from_counts(
    matches: Sequence[int], totals: Sequence[int], length: int, reference_length: int, smooth: bool = False
) -> float:
    """BLEU, from 0 to 100, out of the sums that a corpus leaves behind.

    BLEU = 100 · BP · (p_1 · p_2 · … · p_N)^(1/N), with p_n = matches / totals of order n, and the
    brevity penalty BP = 1 if length ≥ reference_length, else exp(1 − reference_length / length).

    Args:
        matches: clipped matches for n = 1 … N, summed over the sentences.
        totals: n-grams of the hypotheses for n = 1 … N.
        length: words in all hypotheses.
        reference_length: words in all references that lengths are compared with.
        smooth: if True, the k-th order without a match (k = 1, 2, …) gets the precision
            1 / (2^k · total) instead of 0.

    Returns:
        The score. It is 0 if no order has a match, or if some order has no n-grams at all; without
        smoothing also if some order has no match.

    Papineni et al. 2002, section 2.3; the smoothing is number 3 of Chen and Cherry 2014.
    """
    ### BEGIN SOLUTION
    if not any(matches) or not all(totals):
        return 0.0
    halved, logs = 1.0, 0.0
    for match, total in zip(matches, totals):
        if match == 0 and not smooth:
            return 0.0
        halved = halved / 2 if match == 0 else halved
        logs += math.log((match or halved) / total)
    brevity = min(1.0, math.exp(1 - reference_length / length))
    return 100 * brevity * math.exp(logs / len(matches))
    ### END SOLUTION


def corpus_score(
    hypotheses: Sequence[Sequence[str]],
    references: Sequence[Sequence[Sequence[str]]],
    max_n: int = 4,
    smooth: bool = False,
) -> float:
    """BLEU of a corpus of token lists, from 0 to 100.

    Matches, totals and lengths are summed over the sentences first; the division comes once, at the
    end. The length that a hypothesis is compared with is that of the reference nearest in length;
    of two equally near ones the shorter.

    Args:
        hypotheses: m sentences, each a list of words.
        references: for each of the m sentences a list of references, each a list of words.
        max_n: the longest n-gram counted.
        smooth: as in `score_from_counts`.

    Returns:
        The score.

    Raises:
        ValueError: if there are not as many lists of references as hypotheses.

    Papineni et al. 2002, sections 2.2 and 2.3.
    """
    if len(hypotheses) != len(references):
        raise ValueError(f"There are {len(hypotheses)} hypotheses and references for {len(references)} sentences.")
    ### BEGIN SOLUTION
    matches, totals, length, reference_length = [0] * max_n, [0] * max_n, 0, 0
    for hypothesis, those in zip(hypotheses, references):
        for n in range(1, max_n + 1):
            match, total = clipped_matches(hypothesis, those, n)
            matches[n - 1] += match
            totals[n - 1] += total
        length += len(hypothesis)
        reference_length += min(map(len, those), key=lambda other: (abs(other - len(hypothesis)), other))
    return score_from_counts(matches, totals, length, reference_length, smooth)
    ### END SOLUTION


# ---------------------------------------------------------------------------------------------------- texts as they are


@dataclasses.dataclass(frozen=True)
class BleuScore:
    """A BLEU score and what it was made of.

    Attributes:
        score: from 0 to 100.
        precisions: for n = 1 … N, in percent, after smoothing.
        brevity: the brevity penalty, from 0 to 1.
        length: words in all hypotheses.
        reference_length: words in all the references that lengths were compared with.
        matches, totals: the whole numbers that the precisions were made of, before smoothing.
    """

    score: float
    precisions: tuple[float, ...]
    brevity: float
    length: int
    reference_length: int
    matches: tuple[int, ...]
    totals: tuple[int, ...]

    @property
    def ratio(self) -> float:
        """How long the hypotheses are beside the references; 0 if the references are empty."""
        return self.length / self.reference_length if self.reference_length else 0.0

    def __str__(self) -> str:
        precisions = "/".join(f"{p:.1f}" for p in self.precisions)
        return (
            f"BLEU {self.score:.2f} = {precisions} (BP {self.brevity:.3f}, ratio {self.ratio:.3f}:"
            f" {self.length} words for {self.reference_length})"
        )


def corpus_bleu(
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    max_n: int = 4,
    tokenize: Tokenization = "13a",
    smooth: Smoothing = "exp",
    smooth_value: float | None = None,
    lowercase: bool = False,
    effective_order: bool = False,
) -> BleuScore:
    """BLEU of a corpus of texts, equal to sacrebleu's.

    Args:
        hypotheses: one text a sentence, not tokenized.
        references: for each sentence one text, or a list of texts. (Not sacrebleu's order, which is a list for each
            *set* of references: turn that with `list(zip(*sets))`.)
        max_n: the longest n-gram counted.
        tokenize: "13a" (that of the WMT contests), "intl" (knows the punctuation of all alphabets), "char" (single
            characters) or "none" (splits at spaces).
        smooth: what to do with an order without a match: "none" leaves it 0; "floor" puts `smooth_value` for the count;
            "add-k" adds `smooth_value` to both counts from n = 2 on; "exp" puts 1/2, 1/4, … for the first, second, …
            such order. They are ways 1, 2 and 3 of Chen and Cherry 2014.
        smooth_value: 0.1 for "floor" and 1 for "add-k" if nothing is said.
        lowercase: whether case is ignored.
        effective_order: whether orders for which there are no n-grams at all (a sentence of three words has no 4-gram)
            are left out of the mean. Meant for single sentences.

    Returns:
        The score with its parts.

    Raises:
        ValueError: no sentences, a sentence without references, unequal numbers of sentences, an unknown tokenization
            or smoothing.
        TypeError: something other than texts where texts are meant.
    """
    statistics = bleu_statistics(hypotheses, references, max_n, tokenize, lowercase)
    return score_statistics(statistics.sum(axis=0), smooth, smooth_value, effective_order)


def sentence_bleu(
    hypothesis: str,
    references: str | Sequence[str],
    max_n: int = 4,
    tokenize: Tokenization = "13a",
    smooth: Smoothing = "exp",
    smooth_value: float | None = None,
    lowercase: bool = False,
    effective_order: bool = True,
) -> BleuScore:
    """BLEU of one sentence, equal to sacrebleu's `sentence_bleu`; the arguments are those of `corpus_bleu`.

    With effective order, because a short sentence has no 4-grams.
    """
    those = [references] if isinstance(references, str) else references
    return corpus_bleu([hypothesis], [those], max_n, tokenize, smooth, smooth_value, lowercase, effective_order)


def bleu_statistics(
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    max_n: int = 4,
    tokenize: Tokenization = "13a",
    lowercase: bool = False,
) -> NDArray[np.int64]:
    """What BLEU needs to know of each sentence: sum some rows, and `score_statistics` gives those sentences' score.

    Args and errors: as for `corpus_bleu`.

    Returns:
        (sentences, 2 + 2·max_n), whole numbers. Columns: length of the hypothesis; length of the reference nearest in
        length (the shorter of two equally near); matches for n = 1 … max_n; totals for n = 1 … max_n.
    """
    if max_n < 1:
        raise ValueError(f"max_n must be at least 1, not {max_n}.")
    split = _tokenizer(tokenize)
    sets = paired(hypotheses, references)
    rows = np.empty((len(sets), 2 + 2 * max_n), dtype=np.int64)
    for row, hypothesis, those in zip(rows, hypotheses, sets):
        if lowercase:
            hypothesis, those = hypothesis.lower(), [text.lower() for text in those]
        row[:] = _statistics(split(hypothesis), [split(text) for text in those], max_n)
    return rows


def score_statistics(
    counts: Sequence[int] | NDArray[np.int64],
    smooth: Smoothing = "exp",
    smooth_value: float | None = None,
    effective_order: bool = False,
) -> BleuScore:
    """BLEU from one row of `bleu_statistics`, or from the sum of some.

    Args:
        counts: (2 + 2·N,): length, reference length, N matches, N totals.
        smooth, smooth_value, effective_order: as in `corpus_bleu`.
    """
    if smooth not in SMOOTHINGS:
        raise ValueError(f"There is no smoothing {smooth!r}: choose from {', '.join(SMOOTHINGS)}.")
    length, reference_length, *both = (int(count) for count in counts)
    orders = len(both) // 2
    matches, totals = tuple(both[:orders]), tuple(both[orders:])
    brevity = 1.0
    if length < reference_length:
        brevity = math.exp(1 - reference_length / length) if length else 0.0
    precisions, effective = _precisions(matches, totals, smooth, smooth_value)
    counted = precisions[: effective if effective_order else orders]
    score = 0.0
    if any(matches) and all(counted):
        score = brevity * math.exp(sum(map(math.log, counted)) / len(counted))
    return BleuScore(score, tuple(precisions), brevity, length, reference_length, matches, totals)


def _precisions(
    matches: Sequence[int], totals: Sequence[int], smooth: Smoothing, value: float | None
) -> tuple[list[float], int]:
    """The precisions in percent after smoothing, and how many orders have n-grams."""
    value = _DEFAULT_VALUES[smooth] if value is None else value
    precisions, halved = [0.0] * len(matches), 1.0
    if not any(matches):
        return precisions, len(matches)
    for place, (match, total) in enumerate(zip(matches, totals)):
        added = value if smooth == "add-k" and place > 0 else 0.0
        hits, count = match + added, total + added
        if count == 0:
            return precisions, place
        if hits == 0 and smooth == "exp":
            halved /= 2
            hits = halved
        elif hits == 0 and smooth == "floor":
            hits = value
        precisions[place] = 100 * hits / count
    return precisions, len(matches)


def _statistics(hypothesis: list[str], references: list[list[str]], max_n: int) -> list[int]:
    """One row of `bleu_statistics`. Counts like `clipped_matches`, but stops where nothing can match any more."""
    length = len(hypothesis)
    nearest = min((abs(len(other) - length), len(other)) for other in references)[1]
    matches = [0] * max_n
    for n in range(1, max_n + 1):
        own = count_ngrams(hypothesis, n)
        allowed = count_ngrams(references[0], n)
        for other in references[1:]:
            for gram, count in count_ngrams(other, n).items():
                if count > allowed[gram]:
                    allowed[gram] = count
        common = own.keys() & allowed.keys()
        if not common:  # a longer n-gram contains this one
            break
        if len(own) > length - n:  # no n-gram twice: each counts once
            matches[n - 1] = len(common)
        else:
            matches[n - 1] = sum(min(own[gram], allowed[gram]) for gram in common)
    return [length, nearest, *matches, *(max(0, length - n) for n in range(max_n))]


def paired(hypotheses: Sequence[str], references: Sequence[str] | Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The references of each sentence as a list of texts; says in one sentence what does not fit.

    Raises:
        ValueError: no sentences, a sentence without references, or unequal numbers of sentences.
        TypeError: one text in place of a list, or something other than texts.
    """
    for name, given in (("hypotheses", hypotheses), ("references", references)):
        if isinstance(given, str):
            raise TypeError(f"The {name} must be a list of texts, one for each sentence; you gave one text.")
    if not len(hypotheses):
        raise ValueError("There are no sentences to score.")
    if len(hypotheses) != len(references):
        turned = any(not isinstance(one, str) and len(one) == len(hypotheses) for one in references)
        hint = " Yours seem to lie set by set: turn them with list(zip(*sets))." if turned else ""
        raise ValueError(
            f"There are {len(hypotheses)} hypotheses and references for {len(references)} sentences:"
            f" references[i] must hold those of sentence i.{hint}"
        )
    sets: list[Sequence[str]] = [[one] if isinstance(one, str) else one for one in references]
    for place, (hypothesis, those) in enumerate(zip(hypotheses, sets)):
        if those is None or not len(those):
            raise ValueError(f"Sentence {place} has no reference.")
        for text in (hypothesis, *those):
            if not isinstance(text, str):
                raise TypeError(f"Sentence {place} holds {type(text).__name__} where a text (str) is meant.")
    return sets


# --------------------------------------------------------------------------------------------------------- tokenization


def tokenize(text: str, scheme: Tokenization = "13a") -> list[str]:
    """The tokens of a text as sacrebleu's tokenizations cut it.

    >>> tokenize("He didn't pay 1,000.50, did he?")
    ['He', "didn't", 'pay', '1,000.50', ',', 'did', 'he', '?']

    Args:
        text: one sentence.
        scheme: "13a", "intl", "char" or "none"; see `corpus_bleu`.

    Raises:
        ValueError: an unknown scheme.
    """
    return _tokenizer(scheme)(text)


def _tokenizer(scheme: str) -> Callable[[str], list[str]]:
    if scheme not in _TOKENIZERS:
        raise ValueError(
            f"There is no tokenization {scheme!r} here: choose from {', '.join(TOKENIZATIONS)}."
            " (Chinese, Japanese and Korean need tools of their own; the package sacrebleu has them.)"
        )
    return _TOKENIZERS[scheme]


# Rules of mteval-v13a, one after the other, as sacrebleu has them. They are slow (every space is matched by the first
# one), and needed only for the rare text with two full stops or commas side by side.
_RULES_13A = (
    (re.compile(r"([{-~\[-` -&(-+:-@/])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
_TWO_POINTS = re.compile(r"[.,][.,]")
# All other text is cut in one pass: a mark; a dash after a digit; a point or comma unless between digits; or a run of
# anything else.
_TOKEN_13A = re.compile(
    r"[!-&(-+:-@\[-`{-~/]|(?<=[0-9])-|[.,](?![0-9])|(?<![0-9])[.,]"
    r"|(?:[^\s!-&(-+:-@\[-`{-~/.,\-]+|(?<=[0-9])[.,](?=[0-9])|(?<![0-9])-)+"
)


def _split_13a(text: str) -> list[str]:
    text = text.rstrip()
    if "<skipped>" in text:
        text = text.replace("<skipped>", "")
    if "\n" in text:
        text = text.replace("-\n", "").replace("\n", " ")
    if "&" in text:
        for code, character in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
            text = text.replace(code, character)
    if not _TWO_POINTS.search(text):
        return _TOKEN_13A.findall(text)
    text = f" {text} "
    for rule, replacement in _RULES_13A:
        text = rule.sub(replacement, text)
    return text.split()


def _split_intl(text: str) -> list[str]:
    text = text.rstrip()
    for rule, replacement in _rules_intl():
        text = rule.sub(replacement, text)
    return text.split()


@functools.cache
def _rules_intl() -> tuple[tuple[re.Pattern[str], str], ...]:
    r"""Rules of mteval-v14: \p{P}, \p{N} and \p{S} are written out, because Python's `re` does not know them."""
    marks, numbers, symbols = (_category(letter) for letter in "PNS")
    return (
        (re.compile(f"([^{numbers}])([{marks}])"), r"\1 \2 "),
        (re.compile(f"([{marks}])([^{numbers}])"), r" \1 \2"),
        (re.compile(f"([{symbols}])"), r" \1 "),
    )


def _category(letter: str) -> str:
    """The characters of a Unicode category (P, N, S, …) as ranges for a regular expression's brackets."""
    codes = (code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == letter)
    runs = [[code for _, code in run] for _, run in groupby(enumerate(codes), key=lambda pair: pair[1] - pair[0])]
    return "".join(f"\\U{run[0]:08x}-\\U{run[-1]:08x}" for run in runs)


def _split_char(text: str) -> list[str]:
    return list("".join(text.split()))


def _split_none(text: str) -> list[str]:
    return text.split()


_TOKENIZERS = {"13a": _split_13a, "intl": _split_intl, "char": _split_char, "none": _split_none}
