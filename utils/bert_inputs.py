"""What BERT reads: [CLS] A [SEP] B [SEP], with segments; pairs of sentences to learn from; labels for tagging.

Sentences are lists of piece numbers, as `WordPiece.encode` gives them. Padding stands at the end of a row, and a mask
`real` is True where there is a token, special ones included.

Source: Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding" (NAACL,
arXiv:1810.04805), section 3 and figure 2; section 3.1, task 2, for pairs; figure 4 for the tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

__all__ = [
    "IGNORED",
    "Inputs",
    "Pair",
    "in_batch",
    "make_inputs",
    "next_sentence_pairs",
    "tag_labels",
    "truncate_pair",
]

IGNORED = -100
"""The label of a place about which nothing is asked; PyTorch's cross-entropy leaves it out by default."""


def truncate_pair(first: Sequence[Any], second: Sequence[Any], room: int) -> tuple[list[Any], list[Any]]:
    """Shorten two sentences until they fit together: one token at a time, from the end of the longer one.

    Args:
        first, second: the sentences; either may be empty.
        room: how many tokens there may be in both together, at least 0.

    Returns:
        The beginnings of the two that are kept. Where both are equally long, the second loses a token.

    Raises:
        ValueError: a negative room.

    The authors' published code for fine-tuning does it so ("_truncate_seq_pair"); for pre-training, theirs takes the
    token from the front or the end by chance.
    """
    if room < 0:
        raise ValueError(f"There cannot be room for {room} tokens.")
    first, second = list(first), list(second)
    while len(first) + len(second) > room:
        (first if len(first) > len(second) else second).pop()
    return first, second


def make_inputs(
    first: Sequence[int], second: Sequence[int] | None = None, classify: int = 2, separate: int = 3
) -> tuple[list[int], list[int]]:
    """The tokens and the segments of one input: [CLS] A [SEP], or [CLS] A [SEP] B [SEP].

    Args:
        first: the piece numbers of sentence A; it may be empty.
        second: those of B; None for a single sentence. (An empty B is a sentence too, and gets its [SEP].)
        classify: the number of [CLS].
        separate: the number of [SEP].

    Returns:
        ids: the numbers in order.
        segments: as many: 0 from [CLS] to the first [SEP], both included; 1 after it.

    Devlin et al. 2019, section 3, "Input/Output Representations", and figure 2.
    """
    ### BEGIN SOLUTION
    ids = [classify, *first, separate]
    segments = [0] * len(ids)
    if second is not None:
        ids += [*second, separate]
        segments += [1] * (len(second) + 1)
    return ids, segments
    ### END SOLUTION


def next_sentence_pairs(
    documents: Sequence[Sequence[Any]], follows: Sequence[bool], picks: Sequence[float]
) -> list[tuple[Any, Any, int]]:
    """Pairs for next sentence prediction: each sentence with the one behind it, or with a stranger.

    Every sentence that has a next one in its own document is the A of one pair; the pairs come in the order of the
    text. What is random is drawn beforehand and given, one number for each pair, so that the result can be checked.

    Args:
        documents: each a list of sentences (strings or lists of numbers) in their order.
        follows: for each pair whether B is the sentence that follows A; in training a fair coin.
        picks: for each pair a number from 0 to 1 (1 excluded), which picks the stranger: lay the sentences of all
            *other* documents end to end, in order; the stranger is number ⌊pick · how many there are⌋, from 0.

    Returns:
        (A, B, label) for each pair; the label is 0 where B follows A and 1 where it is a stranger. (The published code
        counts so: 1 means "random".)

    Raises:
        ValueError: a stranger is asked for, and no other document has a sentence.

    Devlin et al. 2019, section 3.1, task 2, and appendix A.1.
    """
    ### BEGIN SOLUTION
    pairs: list[tuple[Any, Any, int]] = []
    everything, start = [sentence for document in documents for sentence in document], 0
    for number, document in enumerate(documents):
        others = everything[:start] + everything[start + len(document) :]
        start += len(document)
        for sentence, following in pairwise(document):
            if follows[len(pairs)]:
                pairs.append((sentence, following, 0))
            elif others:
                pairs.append((sentence, others[int(picks[len(pairs)] * len(others))], 1))
            else:
                raise ValueError(f"Document {number} needs a stranger, and there is no other document to take it from.")
    return pairs
    ### END SOLUTION


class Pair(NamedTuple):
    """Two sentences as piece numbers, and whether B is a stranger (1) or follows A (0)."""

    first: Sequence[int]
    second: Sequence[int]
    label: int = 0


class Inputs(NamedTuple):
    """A batch: ids and segments, int64, and `real`, boolean, True at tokens; each is (batch, length)."""

    ids: Tensor
    segments: Tensor
    real: Tensor


def in_batch(
    sentences: Sequence[Sequence[int] | Pair],
    classify: int = 2,
    separate: int = 3,
    limit: int = 512,
    pad: int = 0,
) -> Inputs:
    """Single sentences and pairs as one table, cut to a limit and padded.

    Args:
        sentences: piece numbers of a single sentence, or a `Pair`; at least one.
        classify, separate, pad: the numbers of [CLS], [SEP] and [PAD].
        limit: how many tokens a row may have, special ones included, at least 3. A pair that is longer is cut by
            `truncate_pair`, a single sentence at its end.

    Raises:
        ValueError: no sentence, or a limit below 3.
    """
    if not sentences:
        raise ValueError("There is no sentence to put into a batch.")
    if limit < 3:
        raise ValueError(f"A limit of {limit} leaves no room for [CLS], [SEP] and [SEP].")
    rows = []
    for sentence in sentences:
        if isinstance(sentence, Pair):
            rows.append(make_inputs(*truncate_pair(sentence.first, sentence.second, limit - 3), classify, separate))
        else:
            rows.append(make_inputs(list(sentence)[: limit - 2], None, classify, separate))
    length = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([[*row, *[pad] * (length - len(row))] for row, _ in rows])
    segments = torch.tensor([[*row, *[0] * (length - len(row))] for _, row in rows])
    lengths = torch.tensor([len(row) for row, _ in rows])
    return Inputs(ids, segments, torch.arange(length) < lengths[:, None])


def tag_labels(lengths: Sequence[int], tags: Sequence[int]) -> list[int]:
    """Labels for tagging: each word's tag at its first piece, nothing asked elsewhere.

    Args:
        lengths: into how many pieces each word was cut, at least 1 each.
        tags: the right tag of each word.

    Returns:
        One label for each token of [CLS] A [SEP]: the tag where a word begins, `IGNORED` at [CLS], [SEP] and at the
        other pieces.

    Raises:
        ValueError: there are not as many tags as words.

    Devlin et al. 2019, section 5.3: the first piece of a word is what the tagger reads.
    """
    if len(lengths) != len(tags):
        raise ValueError(f"There are {len(lengths)} words and {len(tags)} tags.")
    labels = [IGNORED]
    for pieces, tag in zip(lengths, tags):
        labels += [tag, *[IGNORED] * (pieces - 1)]
    return [*labels, IGNORED]
