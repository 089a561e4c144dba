"""Word vectors: formulas against torch, the fast trainer against the formulas, hard inputs, and the bench."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from bench import word_vectors as bench
from bench.measure import NotMeasured
from utils import data, skipgram
from utils import word_vectors as wv
from utils.skipgram import Vocabulary, WordVectors


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# ---------------------------------------------------------------------------------------------------- the exercises


def test_pairs_of_every_window_are_symmetric_and_counted() -> None:
    tokens = [f"w{i}" for i in range(9)]
    for window in range(1, 12):
        pairs = wv.window_pairs(tokens, window)
        assert sorted(pairs) == sorted((b, a) for a, b in pairs)
        assert len(pairs) == 2 * sum(max(0, 9 - distance) for distance in range(1, window + 1))
    assert wv.window_pairs([], 3) == wv.window_pairs(["a"], 3) == []


@pytest.mark.parametrize("window", [0, -2])
def test_a_window_without_reach_is_refused(window: int) -> None:
    with pytest.raises(ValueError, match=str(window)):
        wv.window_pairs(["a", "b"], window)


def test_skipgram_loss_is_torchs_cross_entropy() -> None:
    centre, table, outside = randn(5, 3), randn(7, 3, seed=1), torch.tensor([0, 6, 2, 2, 5])
    assert torch.allclose(wv.skipgram_loss(centre, table, outside), F.cross_entropy(centre @ table.T, outside))
    huge = wv.skipgram_loss(1e4 * centre, table, outside)
    assert torch.isfinite(huge)


def test_sgns_is_torchs_binary_cross_entropy_and_its_gradients_are_autograds() -> None:
    leaves = [
        randn(4, 3).requires_grad_(),
        randn(4, 3, seed=1).requires_grad_(),
        randn(4, 6, 3, seed=2).requires_grad_(),
    ]
    scores = torch.cat([leaves[1][:, None], leaves[2]], 1) @ leaves[0][:, :, None]
    truth = torch.zeros(4, 7, dtype=torch.float64)
    truth[:, 0] = 1
    expected = F.binary_cross_entropy_with_logits(scores[..., 0], truth, reduction="none").sum(1)
    loss = wv.sgns_loss(*leaves)
    assert torch.allclose(loss, expected)
    found = wv.sgns_gradients(*(leaf.detach() for leaf in leaves))
    for mine, theirs in zip(found, torch.autograd.grad(loss.sum(), leaves), strict=True):
        assert torch.allclose(mine, theirs)


def test_sgns_stays_finite_where_the_model_is_very_wrong() -> None:
    centre, outside = torch.tensor([[5e3]]), torch.tensor([[-1.0]])
    assert wv.sgns_loss(centre, outside, -outside[:, None])[0] == 1e4


def test_noise_and_subsampling_of_one_word() -> None:
    assert wv.noise_distribution(torch.tensor([7])).tolist() == [1.0]
    assert wv.keep_probability(torch.tensor([7]), 0.25).tolist() == [0.5]
    counts = torch.tensor([900, 90, 9, 1])
    assert torch.allclose(wv.keep_probability(counts, 0.009), torch.tensor([0.1, 0.3162, 1, 1]), atol=1e-4)
    assert torch.allclose(wv.noise_distribution(counts, 0.0), torch.full((4,), 0.25))


def test_nearest_agrees_with_torchs_cosine_and_bears_zeros() -> None:
    vectors, query = randn(8, 3), randn(3, seed=1)
    cosines = F.cosine_similarity(vectors, query[None], dim=1)
    found = wv.nearest(vectors, query, k=8)
    assert [i for i, _ in found] == cosines.argsort(descending=True).tolist()
    assert all(cosine == pytest.approx(float(cosines[i])) for i, cosine in found)
    assert wv.nearest(torch.zeros(3, 2), torch.ones(2), k=2) == [(0, 0.0), (1, 0.0)]
    assert wv.nearest(vectors, torch.zeros(3, dtype=torch.float64), k=1) == [(0, 0.0)]
    assert wv.nearest(vectors, query, 3, exclude=range(8)) == []


def test_an_exact_analogy_is_solved() -> None:
    angles = torch.tensor([0.0, 0.5, 1.6, 2.1, 4.0])
    circle = torch.stack([angles.cos(), angles.sin()], 1)
    assert wv.analogy(3 * circle, 0, 1, 2) == 3


def test_character_ngrams_of_the_paper_and_of_odd_words() -> None:
    assert wv.character_ngrams("where", 3, 3) == ["<wh", "whe", "her", "ere", "re>", "<where>"]
    assert wv.character_ngrams("") == ["<>"] and wv.character_ngrams("a") == ["<a>"]
    for word in ("", "ё", "banana", "👩‍💻", "aaaa"):
        grams = wv.character_ngrams(word, 2, 4)
        assert len(grams) == len(set(grams)) and f"<{word}>" in grams
        assert all(gram in f"<{word}>" for gram in grams)


def test_the_subword_module_learns() -> None:
    module = wv.SubwordEmbedding(["<to", "to>", "xyz"], 2)
    module(["to", "too", "?"]).sum().backward()
    assert module.vectors.weight.grad is not None
    assert module.vectors.weight.grad.tolist() == [[1.5, 1.5], [0.5, 0.5], [0.0, 0.0]]
    assert module(["?"]).tolist() == [[0.0, 0.0]] and module([]).shape == (0, 2)


# ------------------------------------------------------------------------------------------------------ text to pairs


def test_tokenize_takes_letters_of_any_alphabet() -> None:
    assert skipgram.tokenize("Ёлка’s well-known --\n12:7 !\nnaïve") == [["ёлка’s", "well-known"], [], ["naïve"]]
    assert skipgram.tokenize("") == []


def test_the_vocabulary_is_sorted_by_count_then_alphabet() -> None:
    vocabulary = Vocabulary([["b", "a", "c"], ["c", "a", "b", "c"]], min_count=2)
    assert vocabulary.words == ["c", "a", "b"] and vocabulary.counts.tolist() == [3, 2, 2]
    ids, place = vocabulary.encode([["x"], ["a", "x", "c"]])
    assert (ids.tolist(), place.tolist()) == ([1, 0], [1, 1])


def test_pairs_are_those_of_the_exercise() -> None:
    """With reach 1 nothing is drawn; with more, the pairs are a part of the exercise's, the near ones all of them."""
    sentences = [["a", "b", "c", "a", "d"], ["e"], ["b", "a"]]
    vocabulary = Vocabulary(sentences, min_count=1)
    ids, place = vocabulary.encode(sentences)
    for window in (1, 3):
        centre, outside = skipgram.pairs(ids, place, window, torch.Generator().manual_seed(1))
        words = vocabulary.words
        found = Counter((words[c], words[o]) for c, o in zip(centre.tolist(), outside.tolist()))
        near, far = (Counter(p for s in sentences for p in wv.window_pairs(s, w)) for w in (1, window))
        assert near <= found <= far
        assert window > 1 or found == near


def test_frequent_words_are_dropped_as_often_as_they_should() -> None:
    ids = torch.tensor([0, 0, 0, 1] * 5000)
    keep = torch.tensor([0.25, 1.0])
    place = torch.arange(len(ids)) // 4
    centre, _ = skipgram.pairs(ids, place, 3, torch.Generator().manual_seed(0), keep)
    assert 0.35 < float((centre == 0).double().mean()) < 0.6


# ---------------------------------------------------------------------------------------------------------- training


def test_a_batch_has_the_gradients_of_the_formula() -> None:
    inner, outer = randn(9, 4).requires_grad_(), randn(9, 4, seed=1).requires_grad_()
    centre, outside, pool = torch.tensor([0, 3, 3, 8]), torch.tensor([5, 3, 7, 5]), torch.tensor([1, 4, 4, 2, 0, 6])
    scores = inner[centre] @ outer[pool].T
    loss = F.softplus(-(inner[centre] * outer[outside]).sum(1)) + 3 / 6 * F.softplus(scores).sum(1)
    expected = torch.autograd.grad(loss.sum(), (inner, outer))
    with torch.no_grad():
        mean, slopes, outer_slopes = skipgram.batch_gradients(inner, outer, centre, outside, pool, negatives=3)
    assert torch.allclose(mean, loss.mean())
    assert torch.allclose(slopes, expected[0]) and torch.allclose(outer_slopes, expected[1])


@pytest.fixture(scope="module")
def verses() -> list[list[str]]:
    return skipgram.tokenize(data.text("bbe", "dev"))


@pytest.fixture(scope="module")
def small(verses: list[list[str]]) -> WordVectors:
    return skipgram.train(verses, d=24, epochs=4, subwords=(3, 4), batch=512, pool=32, progress=False)


def test_training_is_reproducible_and_leaves_the_random_state_and_threads_alone(verses: list[list[str]]) -> None:
    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    one, two, other = (
        skipgram.train(verses[:400], d=8, epochs=1, min_count=2, seed=seed, progress=False) for seed in (1, 1, 2)
    )
    assert torch.equal(one.vectors, two.vectors) and not torch.equal(one.vectors, other.vectors)
    assert torch.equal(before, torch.get_rng_state()) and torch.get_num_threads() == threads


def test_training_lowers_the_loss_and_finds_relatives(verses: list[list[str]]) -> None:
    made = skipgram.train(verses, d=32, epochs=8, rate=0.3, progress=False)
    assert made.losses[-1] < made.losses[0] < 6 * math.log(2) + 0.05 and len(made.losses) == 20
    found = skipgram.hits(made.vectors, made.vocabulary.index, skipgram.PROBES)
    random = randn(*made.vectors.shape)
    blind = skipgram.hits(random, made.vocabulary.index, skipgram.PROBES)
    assert found > 0.22 > 0.1 > blind


def test_subword_vectors_are_the_mean_of_ngrams(small: WordVectors) -> None:
    module = wv.SubwordEmbedding(list(small.ngrams), 24, 3, 4)
    with torch.no_grad():
        module.vectors.weight.copy_(small.ngram_vectors)
        assert torch.allclose(module(small.vocabulary.words), small.vectors, atol=1e-5)
        assert torch.allclose(module(["kingg"])[0], small.vector("kingg"), atol=1e-6)
    assert not small.vector("ъъъъъ").any()
    assert len(small.neighbours("ъъъъъ")) == 5
    assert "king" not in dict(small.neighbours("king"))


def test_misspellings_are_one_letter_away_and_found_far_above_chance(small: WordVectors) -> None:
    asked = skipgram.misspellings(small.vocabulary, 80, least=8)
    assert asked == skipgram.misspellings(small.vocabulary, 80, least=8) and len(asked) == 80
    for right, wrong in asked:
        assert wrong not in small.vocabulary and abs(len(right) - len(wrong)) <= 1
        assert sum((Counter(right) - Counter(wrong)).values()) <= 1
    found = skipgram.ranks(small, asked)
    assert float((found == 1).double().mean()) > 0.3 and found.double().mean() < len(small.vocabulary) / 4


def test_an_unknown_word_of_whole_word_vectors_is_named() -> None:
    made = skipgram.train([["a", "b"] * 5], d=2, window=1, epochs=1, threshold=0, progress=False)
    with pytest.raises(KeyError, match="zzz"):
        made.vector("zzz")


@pytest.mark.parametrize("subwords", [None, (3, 6)])
def test_the_smallest_corpora(subwords: tuple[int, int] | None) -> None:
    options: dict[str, Any] = dict(min_count=1, threshold=0, subwords=subwords, progress=False)
    lonely = skipgram.train([["amen"] * 6], d=3, window=9, epochs=2, **options)
    assert lonely.vectors.shape == (1, 3) and lonely.neighbours("amen") == []
    short = skipgram.train([["a", "b"]], d=2, window=50, epochs=1, **options)
    single = skipgram.train([["a", "b", "c"]] * 3, d=2, epochs=1, batch=1, pool=1, **options)
    for made in (lonely, short, single):
        assert made.losses and all(map(math.isfinite, made.losses)) and torch.isfinite(made.vectors).all()


def test_a_text_that_subsampling_empties_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="threshold=0"):
        skipgram.train([["amen"] * 9], progress=False)


def test_passes_without_pairs_are_left_out() -> None:
    """Subsampling empties most passes over so short a text; what is trained is finite all the same."""
    text = [[f"w{i}" for i in range(5)]] * 6
    for seed in range(3):
        made = skipgram.train(text, d=3, epochs=40, batch=1, seed=seed, progress=False)
        assert made.steps and all(map(math.isfinite, made.losses)) and torch.isfinite(made.vectors).all()


@pytest.mark.parametrize("text", ["", "12:7 -- !\n\n", "one word each only once", "a\n" * 9])
def test_texts_without_pairs_get_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"No (word occurs|two known words)"):
        skipgram.train(skipgram.tokenize(text), progress=False)


@pytest.mark.parametrize("name", ["d", "window", "epochs", "negatives", "batch", "pool", "min_count"])
def test_numbers_out_of_range_are_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        skipgram.train([["a", "b"] * 9], progress=False, **{name: 0})


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": -1.0},
        {"rate": math.nan},
        {"threshold": -0.1},
        {"threshold": math.inf},
        {"subwords": (6, 3)},
        {"subwords": (3,)},
    ],
)
def test_settings_that_make_no_sense_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        skipgram.train([["a", "b"] * 9], progress=False, **wrong)


def test_vectors_of_whole_words_have_no_places_for_misspellings() -> None:
    made = skipgram.train([["aaaaa", "bbbbb"] * 9], d=2, epochs=1, threshold=0, progress=False)
    with pytest.raises(ValueError, match="subwords"):
        skipgram.ranks(made, [("aaaaa", "aaaab")])


def test_misspellings_use_the_letters_of_the_text() -> None:
    vocabulary = Vocabulary([["письмо", "привет", "дорога"]] * 20)
    letters = set("".join(vocabulary.words))
    assert all(set(wrong) <= letters for _, wrong in skipgram.misspellings(vocabulary, 3, least=1))


def test_probe_lists_share_no_word_and_hits_need_a_group() -> None:
    first, second = (
        set(itertools.chain.from_iterable(groups)) for groups in (skipgram.PROBES, skipgram.HELD_OUT_PROBES)
    )
    assert not first & second and len(first) > 80 and len(second) > 60
    with pytest.raises(ValueError, match="two words"):
        skipgram.hits(torch.eye(2), {"gold": 0, "x": 1}, skipgram.PROBES)
    assert skipgram.hits(torch.eye(3), {"gold": 0, "silver": 1, "x": 2}, skipgram.PROBES, k=2) == 1.0


def test_contexts_that_cannot_be_compared_are_refused(small: WordVectors) -> None:
    with pytest.raises(ValueError, match="None of these words"):
        skipgram.context_accuracy(small, [["king"]], {"nobody"})
    won, asked = skipgram.context_accuracy(small, [["kingg", "horses", "brother"]], {"kingg"})
    assert 0 <= won <= 1 and asked == 2


# ------------------------------------------------------------------------------------------------------------ bench


def test_the_bench_measures_the_training() -> None:
    assert [row.unit for row in bench.measure(quick=True)] == ["s", "%"]


def test_the_bench_compares_with_gensim_or_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "gensims", lambda sentences, seed, epochs: (0.5, 0.0))
    monkeypatch.setattr(bench.importlib, "import_module", lambda name: None)
    rows = bench.measure_against_gensim(quick=True)
    assert rows[-1].unit == "×" and rows[-1].target is not None and len(rows) == 6

    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'gensim'", name="gensim")

    monkeypatch.setattr(bench.importlib, "import_module", missing)
    with pytest.raises(NotMeasured, match="gensim"):
        bench.measure_against_gensim(quick=True)
