"""The smallest machine that translates: what its dictionary learns, and what it answers to odd texts."""

from __future__ import annotations

import numpy as np
import pytest

from utils import data
from utils.bleu import tokenize
from utils.word_translation import learn_dictionary, word_for_word

GERMAN = [["das", "Haus"], ["das", "Buch"], ["ein", "Buch"]]
ENGLISH = [["the", "house"], ["the", "book"], ["a", "book"]]


def model_one(sources: list[list[str]], targets: list[list[str]], rounds: int) -> dict[tuple[str, str], float]:
    """IBM Model 1 by loops over dictionaries, with an empty word before each source."""
    chance = {(s, t): 1.0 for own, other in zip(sources, targets) for s in {"", *own} for t in other}
    for _ in range(rounds):
        counted = dict.fromkeys(chance, 0.0)
        for own, other in zip(sources, targets):
            for t in other:
                total = sum(chance[s, t] for s in {"", *own})
                for s in {"", *own}:
                    counted[s, t] += chance[s, t] / total
        sums: dict[str, float] = {}
        for (s, _), count in counted.items():
            sums[s] = sums.get(s, 0.0) + count
        chance = {(s, t): count / sums[s] for (s, t), count in counted.items()}
    return chance


def test_the_textbook_example() -> None:
    learned = learn_dictionary(GERMAN, ENGLISH)
    assert learned == {"das": "the", "Haus": "house", "Buch": "book", "ein": "a"}
    assert word_for_word(["ein", "Haus", "!"], learned) == ["a", "house", "!"]


@pytest.mark.parametrize("rounds", [1, 4])
def test_it_is_model_one_written_out(rounds: int) -> None:
    rng = np.random.default_rng(5)
    sources, targets = (
        [[letters[i] for i in rng.integers(0, 7, size=rng.integers(1, 6))] for _ in range(40)]
        for letters in ("abcdefg", "tuvwxyz")
    )
    chance = model_one(sources, targets, rounds)
    learned = learn_dictionary(sources, targets, rounds)
    for word, found in learned.items():
        best = max(p for (s, _), p in chance.items() if s == word)
        assert chance[word, found] == pytest.approx(best, abs=1e-12)
    assert set(learned) == {word for sentence in sources for word in sentence}


def test_it_finds_what_old_words_are_today() -> None:
    pairs = data.parallel("ylt", "bbe", "train")[:600]
    ylt, bbe = ([tokenize(text) for text in side] for side in zip(*pairs))
    learned = learn_dictionary(ylt, bbe)
    assert [learned[word] for word in ("saith", "unto", "Noah")] == ["said", "to", "Noah"]


def test_odd_texts() -> None:
    assert learn_dictionary([], []) == {} and learn_dictionary([["a"]], [[]]) == {}
    assert learn_dictionary([[]], [["x"]]) == {} and word_for_word([], {}) == []
    assert learn_dictionary([["a"], []], [["x"], ["y"]], rounds=1) == {"a": "x"}
    with pytest.raises(ValueError, match="2 sources and 1 translations"):
        learn_dictionary([["a"], ["b"]], [["x"]])
    with pytest.raises(ValueError, match="at least 1, not 0"):
        learn_dictionary([["a"]], [["x"]], rounds=0)
