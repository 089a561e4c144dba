"""The smallest machine that translates: a dictionary learned from a text and its translation, used word for word.

Nobody says which word of a sentence was translated by which. Expectation-maximization finds out: begin with every word
of the translation equally probable, share each of them among the words of the source that may have caused it, count
the shares, divide, and repeat. A word that comes twice in a source counts once. It knows nothing of order, of phrases,
or of how many words a word needs.

Source: Brown, Della Pietra, Della Pietra and Mercer 1993, "The Mathematics of Statistical Machine Translation"
(Computational Linguistics 19), section 4.1 (Model 1), with the empty source word of section 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["learn_dictionary", "word_for_word"]

EMPTY = ""


def learn_dictionary(
    sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]], rounds: int = 5
) -> dict[str, str]:
    """For each word of the sources the word of the targets that it most probably is.

    Args:
        sources: m sentences, each a list of words.
        targets: their translations, in the same order.
        rounds: how often the shares are counted anew.

    Returns:
        word → word; of equally probable ones that which comes first in the targets.

    Raises:
        ValueError: unequal numbers of sentences, or fewer than one round.

    >>> learn_dictionary([["das", "Haus"], ["das", "Buch"]], [["the", "house"], ["the", "book"]])["Haus"]
    'house'
    """
    if len(sources) != len(targets):
        raise ValueError(f"There are {len(sources)} sources and {len(targets)} translations.")
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, not {rounds}.")
    own, other = _numbered([EMPTY], *sources), _numbered(*targets)
    keys, places, tokens = [], [], 0  # for each pair of words in a sentence: which pair, and which token it explains
    for source, target in zip(sources, targets):
        s = np.array([own[word] for word in {EMPTY: 0, **dict.fromkeys(source)}])
        t = np.array([other[word] for word in target], dtype=np.int64)
        keys.append((s[:, None] * len(other) + t).ravel())
        places.append(np.tile(np.arange(tokens, tokens + len(t)), len(s)))
        tokens += len(t)
    if not tokens:
        return {}
    pairs, key = np.unique(np.concatenate(keys), return_inverse=True)
    place = np.concatenate(places)
    word = pairs // len(other)
    chance = np.ones(len(pairs))
    for _ in range(rounds):
        share = chance[key]
        share /= np.bincount(place, share, tokens)[place]
        counted = np.bincount(key, share, len(pairs))
        chance = counted / np.bincount(word, counted, len(own))[word]
    order = np.lexsort((pairs, -chance, word))
    first = order[np.flatnonzero(np.diff(word[order], prepend=-1))]
    names, others = list(own), list(other)
    return {names[word[i]]: others[pairs[i] % len(others)] for i in first if word[i]}


def word_for_word(words: Sequence[str], dictionary: dict[str, str]) -> list[str]:
    """Each word replaced by what the dictionary says; a word that it does not know stays as it is."""
    return [dictionary.get(word, word) for word in words]


def _numbered(*sentences: Sequence[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(dict.fromkeys(w for sentence in sentences for w in sentence))}
