"""Word alignments read off weights, and the alignment error rate."""

from __future__ import annotations

import math

import pytest
import torch

from utils import alignment


def test_the_error_rate_of_a_small_example_worked_by_hand() -> None:
    found, sure, possible = {(0, 0), (1, 2), (2, 1)}, {(0, 0), (1, 1), (2, 1), (3, 2)}, {(1, 2)}
    assert alignment.error_rate(found, sure, possible) == pytest.approx(1 - (2 + 3) / (3 + 4))
    assert alignment.error_rate(found, sure) == pytest.approx(1 - 4 / 7)
    assert alignment.error_rate(sure, sure) == 0.0 and alignment.error_rate({(9, 9)}, sure) == 1.0


def test_with_sure_links_only_it_is_one_minus_f1() -> None:
    found, sure = {(i, i) for i in range(6)}, {(i, i) for i in range(3, 12)}
    precision, recall = 3 / 6, 3 / 9
    assert alignment.error_rate(found, sure) == pytest.approx(1 - 2 * precision * recall / (precision + recall))


def test_nothing_to_find_is_no_error_unless_something_was_found() -> None:
    assert alignment.error_rate(set(), set()) == 0.0 and alignment.error_rate({(0, 0)}, set()) == 1.0
    assert alignment.error_rate(set(), {(0, 0)}) == 1.0 and alignment.corpus_error_rate([], []) == 0.0


def test_the_corpus_error_rate_adds_counts_before_it_divides() -> None:
    found, sure = [{(0, 0)}, {(i, 0) for i in range(9)}], [{(0, 0)}, {(i, 1) for i in range(9)}]
    assert alignment.corpus_error_rate(found, sure) == pytest.approx(1 - 2 / 20)
    assert sum(map(alignment.error_rate, found, sure)) / 2 == 0.5
    with pytest.raises(ValueError, match="2 and 1"):
        alignment.corpus_error_rate(found, sure[:1])


def test_argmax_links_words_and_neither_the_end_nor_padding() -> None:
    weights = torch.tensor([[0.1, 0.2, 0.7], [0.4, 0.4, 0.2], [0.9, 0.0, 0.1]])
    mask = torch.tensor([True, True, False])
    assert alignment.argmax_alignment(weights, mask) == {(1, 0), (0, 1)}
    assert alignment.argmax_alignment(weights, torch.ones(3, dtype=torch.bool)) == {(2, 0), (0, 1)}
    assert alignment.argmax_alignment(weights, torch.zeros(3, dtype=torch.bool)) == set()
    assert alignment.argmax_alignment(weights[:1], mask) == set()


@pytest.mark.parametrize(("length_s", "length_t"), [(1, 1), (4, 4), (3, 7), (7, 3), (1, 5)])
def test_the_diagonal_links_every_target_word_once_from_end_to_end(length_s: int, length_t: int) -> None:
    links = sorted(alignment.diagonal_alignment(length_s, length_t), key=lambda link: link[1])
    places = [s for s, _ in links]
    assert [t for _, t in links] == list(range(length_t)) and places == sorted(places)
    assert places[0] >= 0 and places[-1] < length_s
    if length_s == length_t:
        assert all(s == t for s, t in links)


def test_the_diagonal_of_nothing_is_nothing_and_negative_lengths_are_refused() -> None:
    assert alignment.diagonal_alignment(0, 3) == set() == alignment.diagonal_alignment(3, 0)
    with pytest.raises(ValueError, match="-1"):
        alignment.diagonal_alignment(-1, 3)


def test_a_gold_matrix_has_target_words_as_rows() -> None:
    matrix = alignment.gold_matrix({(0, 1), (2, 0)}, 3, 2)
    assert matrix.tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(ValueError, match=r"\(3, 0\)"):
        alignment.gold_matrix({(3, 0)}, 3, 2)


def test_the_mass_on_gold_is_a_mean_over_linked_words() -> None:
    weights = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [1.0, 0.0, 0.0]])
    assert alignment.mass_on_gold(weights, {(0, 0), (1, 0), (2, 1)}) == pytest.approx((0.8 + 0.8) / 2)
    assert math.isnan(alignment.mass_on_gold(weights, set()))
