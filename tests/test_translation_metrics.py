"""ROUGE, METEOR, chrF, NIST, RIBES, the stemmer and the bootstrap, against the packages people use."""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pytest

from utils import bootstrap, data
from utils.bleu import bleu_statistics, corpus_bleu, sentence_bleu, tokenize
from utils.bleu_faults import detached, opposite_meaning, reverse_blocks, wrong_endings
from utils.meteor import align, meteor, meteor_from_alignment
from utils.rouge import rouge, rouge_l, rouge_n
from utils.stemming import porter
from utils.translation_metrics import chrf, corpus_chrf, corpus_nist, nist_length_penalty, ribes


def verses(size: int = 60) -> tuple[list[str], list[list[str]]]:
    columns = [data.verses(version, "test") for version in ("bbe", "kjv", "web")]
    shared = [verse for verse in columns[0] if all(verse in column for column in columns)][:size]
    return [columns[0][v] for v in shared], [[column[v] for column in columns[1:]] for v in shared]


def small(seed: int, count: int = 150) -> list[tuple[list[str], list[list[str]]]]:
    """Short sentences over few words: full of repetitions and ties; some empty."""
    rng = random.Random(seed)
    words = ["the", "The", "cat", "cats", "sat", "sitting", "on", "a", "mat"]

    def sentence(least: int) -> list[str]:
        return [rng.choice(words) for _ in range(rng.randint(least, 9))]

    return [(sentence(0), [sentence(1) for _ in range(rng.randint(1, 3))]) for _ in range(count)]


class NoSynonyms:
    """Stands in for WordNet, which has to be downloaded: no word has a synonym."""

    def synsets(self, word: str) -> list[Any]:
        return []


# --------------------------------------------------------------------------------------------------------------- rouge


@pytest.mark.parametrize("stemmed", [False, True])
def test_rouge_is_that_of_rouge_score(stemmed: bool) -> None:
    scorer_module = pytest.importorskip("rouge_score.rouge_scorer")
    scorer = scorer_module.RougeScorer(["rouge1", "rouge2", "rouge3", "rougeL"], use_stemmer=stemmed)
    stem = scorer._tokenizer._stemmer.stem if stemmed else None
    texts = [(" ".join(own), [" ".join(other) for other in those]) for own, those in small(1)]
    texts += list(zip(*verses()))
    for hypothesis, references in texts:
        theirs = scorer.score_multi(references, hypothesis)
        ours = rouge(hypothesis, references, ("1", "2", "3", "L"), stem)
        for kind, score in ours.items():
            assert score == pytest.approx(tuple(theirs[f"rouge{kind}"]), abs=1e-12)


def test_rouge_keeps_the_letters_of_other_alphabets_and_refuses_what_is_not_there() -> None:
    assert rouge("Кот лежит.", "кот сидит", ["1"])["1"].f1 == 0.5
    assert rouge("", "a") == rouge("a", "") == {"1": (0, 0, 0), "2": (0, 0, 0), "L": (0, 0, 0)}
    assert rouge_l([], []) == (0, 0, 0) and rouge_n(["a"], ["a"], 2).f1 == 0
    assert rouge_l(["a", "b", "c", "d"], ["a", "x", "c"]) == pytest.approx((0.5, 2 / 3, 4 / 7))
    with pytest.raises(ValueError, match="no reference"):
        rouge("a", [])
    with pytest.raises(ValueError, match="no ROUGE-W"):
        rouge("a", "a", ["W"])


# -------------------------------------------------------------------------------------------------------------- meteor


@pytest.mark.parametrize("mode", ["MARTIN_EXTENSIONS", "NLTK_EXTENSIONS"])
def test_meteor_is_that_of_nltk(mode: str) -> None:
    theirs = pytest.importorskip("nltk.translate.meteor_score")
    stemmer = theirs.PorterStemmer(mode=mode)
    stem = porter if mode == "MARTIN_EXTENSIONS" else stemmer.stem
    own, those = verses()
    cut = [(tokenize(a), [tokenize(text) for text in b]) for a, b in zip(own, those)]
    for hypothesis, references in small(2) + cut:
        expected = theirs.meteor_score(references, hypothesis, stemmer=stemmer, wordnet=NoSynonyms())
        assert meteor(hypothesis, references, stem) == pytest.approx(expected, abs=1e-12)


def test_meteor_in_small() -> None:
    assert align(["the", "cats", "sat"], ["the", "cat", "sat"]) == [(0, 0), (1, 1), (2, 2)]
    assert align(["the", "cats", "sat"], ["the", "cat", "sat"], stem=None) == [(0, 0), (2, 2)]
    assert meteor_from_alignment([(0, 1), (1, 2), (3, 0)], 4, 5) == pytest.approx(
        10 * 0.75 * 0.6 / (0.6 + 9 * 0.75) * (1 - 0.5 * (2 / 3) ** 3)
    )
    assert meteor([], [["a"]]) == meteor(["a"], [[]]) == 0
    with pytest.raises(ValueError, match="no reference"):
        meteor(["a"], [])
    with pytest.raises(TypeError, match="lists of words"):
        meteor("the cat", ["the cat"])


def test_the_stemmer_is_nltks_on_every_word_of_the_verses() -> None:
    stemmer = pytest.importorskip("nltk.stem").PorterStemmer(mode="MARTIN_EXTENSIONS")
    words = set(re.findall(r"[A-Za-z']+", data.text("web") + data.text("kjv", "test")))
    words |= {"archaeology", "yyyy", "formalities", "hesitancies", "rationalization", "oed", "ing", "eed", "ll", "s"}
    assert len(words) > 12_000
    assert [word for word in words if porter(word) != stemmer.stem(word)] == []
    assert porter("Сидит") == "сидит"


# ---------------------------------------------------------------------------------------------------- chrF, NIST, RIBES


@pytest.mark.parametrize("options", [{}, {"word_n": 2}, {"max_n": 3, "beta": 1}, {"lowercase": True, "word_n": 1}])
def test_chrf_is_that_of_sacrebleu(options: dict[str, Any]) -> None:
    metrics = pytest.importorskip("sacrebleu.metrics")
    renamed = {"word_n": "word_order", "max_n": "char_order"}
    metric = metrics.CHRF(**{renamed.get(name, name): value for name, value in options.items()})
    hypotheses, references = verses()
    theirs = metric.corpus_score(hypotheses, [list(column) for column in zip(*references)]).score
    assert corpus_chrf(hypotheses, references, **options) == pytest.approx(theirs, abs=1e-9)
    for own, those in small(3, 100):
        text, others = " ".join(own), ["(" + " ".join(other) + "!" for other in those] + [""]
        theirs = metric.corpus_score([text], [[other] for other in others]).score
        assert corpus_chrf([text], [others], **options) == pytest.approx(theirs, abs=1e-9)


def test_nist_is_that_of_nltk() -> None:
    theirs = pytest.importorskip("nltk.translate.nist_score")
    own, those = verses()
    hypotheses, references = [tokenize(text) for text in own], [[tokenize(t) for t in texts] for texts in those]
    for n in (1, 3, 5):
        expected = theirs.corpus_nist(references, hypotheses, n)
        assert corpus_nist(hypotheses, references, n) == pytest.approx(expected, abs=1e-9)
    mixed = [pair for pair in small(4) if pair[0]]
    hypotheses, references = [pair[0] for pair in mixed], [pair[1] for pair in mixed]
    assert corpus_nist(hypotheses, references) == pytest.approx(theirs.corpus_nist(references, hypotheses), abs=1e-9)
    for length, other in ((2, 3), (5, 9), (9, 9), (12, 9), (0, 3)):
        assert nist_length_penalty(length, other) == pytest.approx(theirs.nist_length_penalty(other, length))
    assert nist_length_penalty(2, 3) == pytest.approx(0.5)


def test_ribes_is_that_of_nltk() -> None:
    theirs = pytest.importorskip("nltk.translate.ribes_score")
    if theirs.kendall_tau([2, 1, 0, 3]) != 0.5:
        pytest.skip("this release of NLTK counts only neighbours in Kendall's tau")
    own, those = verses(30)
    cut = [(tokenize(a), [tokenize(text) for text in b]) for a, b in zip(own, those)]
    for hypothesis, references in small(5) + cut:
        assert ribes(hypothesis, references) == pytest.approx(theirs.sentence_ribes(references, hypothesis), abs=1e-12)
    assert ribes(["Bob", "hit", "John", "yesterday"], [["John", "hit", "Bob", "yesterday"]]) == pytest.approx(0.5)
    assert ribes(["yes"], [["yes"]]) == ribes([], [["yes"]]) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: corpus_chrf([], []), "no sentences"),
        (lambda: chrf("a", []), "no reference"),
        (lambda: corpus_nist([], []), "no sentences"),
        (lambda: corpus_nist([["a"]], []), "1 hypotheses and references for 0"),
        (lambda: corpus_nist([["a"]], [[]]), "Sentence 0 has no reference"),
        (lambda: ribes(["a"], []), "no reference"),
        (lambda: bootstrap.resamples(0), "at least one sentence"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


def test_nothing_in_common_and_nothing_at_all_score_zero() -> None:
    assert chrf("abc", "xyz") == chrf("", "a") == chrf("a", "") == 0
    assert corpus_nist([[]], [[["a"]]]) == corpus_nist([["b"]], [[["a"]]]) == 0


# ----------------------------------------------------------------------------------------------------------- bootstrap


def test_the_paired_bootstrap_agrees_with_drawing_sentence_by_sentence() -> None:
    hypotheses, references = verses(25)
    worse = [" ".join(text.split()[:-2]) for text in hypotheses]
    first, second = bleu_statistics(hypotheses, references), bleu_statistics(worse, references)
    draws = bootstrap.resamples(25, 40, seed=1)
    wins = 0
    for drawn in draws:
        scores = [
            corpus_bleu([texts[i] for i in drawn], [references[i] for i in drawn]).score
            for texts in (hypotheses, worse)
        ]
        wins += scores[0] > scores[1]
    assert bootstrap.paired_bootstrap(first, second, draws) == wins / 40
    assert bootstrap.paired_bootstrap(first, first, draws) == 0
    samples = bootstrap.scores_of_samples(first, draws)
    assert samples.shape == (40,) and samples[0] == bootstrap.bleu_of(first[draws[0]].sum(axis=0))


def test_draws_are_with_replacement_and_repeatable() -> None:
    draws = bootstrap.resamples(50, 200, seed=3)
    assert draws.shape == (200, 50) and draws.min() == 0 and draws.max() == 49
    assert np.array_equal(draws, bootstrap.resamples(50, 200, seed=3))
    distinct = np.mean([len(set(row)) for row in draws]) / 50
    assert 0.6 < distinct < 0.67  # 1 − (1 − 1/50)⁵⁰ = 0.636


# -------------------------------------------------------------------------------------------------------- BLEU's faults


def test_the_constructions_show_what_they_promise() -> None:
    reference = ["the", "soup", "is", "very", "good", "and", "hot"]
    affirmed, denied = opposite_meaning(reference)
    text = " ".join(reference)
    scores = [sentence_bleu(" ".join(words), text, tokenize="none").score for words in (affirmed, denied)]
    assert scores[0] == scores[1] > 40 and "not" in denied and "very very" not in " ".join(affirmed)

    russian = ["маленькая", "девочка", "внимательно", "рассматривала", "большую", "картину"]
    bent = wrong_endings(russian)
    assert not set(bent) & set(russian)
    assert chrf(" ".join(bent), " ".join(russian)) > 50

    text = "He came, he saw, and he paid 1,000."
    assert tokenize(detached(text)) == tokenize(text)
    assert sentence_bleu(detached(text), text, tokenize="none").score < 60


def test_reversed_blocks_never_lower_bleu() -> None:
    for hypothesis, references in small(6, 200):
        turned = reverse_blocks(hypothesis, references[0])
        assert sorted(turned) == sorted(hypothesis)
        pair = [sentence_bleu(" ".join(words), " ".join(references[0])).score for words in (hypothesis, turned)]
        assert pair[1] >= pair[0] - 1e-9


def test_texts_in_place_of_lists_of_words_are_refused() -> None:
    for call in (lambda: corpus_nist(["abc"], [["abc"]]), lambda: ribes("abc", ["abc"]), lambda: ribes(["a"], ["a"])):
        with pytest.raises(TypeError, match="ists of words"):
            call()
