"""What BLEU does not see: sentences built to fool it.

Each function takes a sentence and makes another that shows one fault: a meaning turned round at the same score, an
order that is lost, endings that count as other words, and marks that depend on the tokenization.

Sources: Callison-Burch, Osborne and Koehn 2006, "Re-evaluating the Role of BLEU in Machine Translation Research"
(EACL), section 3, for the order; Popović 2015 (WMT) for the endings; Post 2018 (WMT) for the tokenization.
"""

from __future__ import annotations

from collections.abc import Sequence

from utils.bleu import count_ngrams, tokenize

__all__ = ["NEGATIONS", "detached", "opposite_meaning", "reverse_blocks", "wrong_endings"]

NEGATIONS = ("not", "never")


def opposite_meaning(reference: Sequence[str]) -> tuple[list[str], list[str]]:
    """Two hypotheses with the same BLEU, one of which says the opposite.

    Args:
        reference: the words of an English sentence with exactly one "is" (not at the end), and
            without "not" and "never".

    Returns:
        (affirmed, denied): each is the reference with one word put in right after "is". In `denied`
        it is "not" or "never"; in `affirmed` it is another word, one that is not in the reference
        and denies nothing. The list `reference` itself stays as it is.
    """
    ### BEGIN SOLUTION
    words = list(reference)
    after = words.index("is") + 1
    filler = next(word for word in ("very", "really", "truly", "indeed", "certainly") if word not in words)
    return words[:after] + [filler] + words[after:], words[:after] + ["not"] + words[after:]
    ### END SOLUTION


def reverse_blocks(hypothesis: Sequence[str], reference: Sequence[str]) -> list[str]:
    """The same words in another order, and no lower BLEU.

    The hypothesis is cut wherever two neighbouring words are not neighbours, in this order, anywhere
    in the reference; words are compared as they are. The blocks between the cuts are put in reverse
    order; inside each the words keep theirs.

    Args:
        hypothesis: the words of a sentence.
        reference: the words of its reference.

    Returns:
        A new list. Empty for an empty hypothesis.

    Callison-Burch et al. 2006, section 3.1.
    """
    ### BEGIN SOLUTION
    together = count_ngrams(reference, 2)
    blocks: list[list[str]] = []
    for i, word in enumerate(hypothesis):
        if i == 0 or (hypothesis[i - 1], word) not in together:
            blocks.append([])
        blocks[-1].append(word)
    return [word for block in reversed(blocks) for word in block]
    ### END SOLUTION


def wrong_endings(reference: Sequence[str]) -> list[str]:
    """A hypothesis with the right words in the right order and wrong endings: BLEU 0, chrF high.

    Args:
        reference: the words of a Russian or Portuguese sentence, each of at least three letters, in
            small letters.

    Returns:
        As many words. Each has as many letters as the word in its place, differs from it in the last
        letter only (another small letter, of any alphabet), and stands nowhere in the reference. Two
        of them may be the same word.
    """
    ### BEGIN SOLUTION
    made = []
    for word in reference:
        changed = (word[:-1] + ending for ending in ("аеиоу" if word[0] >= "а" else "aeiou"))
        made.append(next(other for other in changed if other not in reference))
    return made
    ### END SOLUTION


def detached(text: str) -> str:
    """The same text, typed otherwise: no change under the tokenization "13a", at least five points under "none".

    Args:
        text: an English text of at most 30 words, with at least one comma or full stop directly
            after a word.

    Returns:
        A text that "13a" cuts into the same tokens, and whose BLEU against `text` under "none" is at
        most 95.
    """
    ### BEGIN SOLUTION
    return " ".join(tokenize(text, "13a"))
    ### END SOLUTION
