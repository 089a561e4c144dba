"""N-grams: the exercise functions against worked numbers, the fast models against them, against NLTK and KenLM."""

from __future__ import annotations

import doctest
import itertools
import math
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from utils import ngrams
from utils.ngrams import (
    END,
    START,
    InterpolatedKneserNey,
    KneserNey,
    NgramIndex,
    add_k,
    bits_per_character,
    continuation_counts,
    copied_fraction,
    draw,
    generate,
    interpolate,
    longest_copy,
    mle,
    ngram_counts,
    pad,
    perplexity,
    sentence_log_prob,
)

SENTENCES = [line.split() for line in (
    "the students opened their books",
    "the students opened their books",
    "the students opened their laptops",
    "the teacher closed her book",
    "the students closed their books",
)]  # fmt: skip


def babble(length: int, seed: int = 0) -> str:
    """Text with the statistics of a small alphabet: some pairs frequent, many triples unseen; ends in a newline."""
    rng = np.random.default_rng(seed)
    words = ["ab", "abba", "cad", "dac", "bead", "face", "a", "deed", "cafe"]
    text = ""
    while len(text) < length - 1:
        text += words[min(int(rng.exponential(2.5)), len(words) - 1)] + " "
    return text[: length - 1] + "\n"


def test_docstring_examples_hold() -> None:
    assert doctest.testmod(ngrams).failed == 0


# --------------------------------------------------------------------------------------------------- exercise functions


def test_padding_gives_every_token_a_full_context() -> None:
    assert pad("ab", 1) == ["a", "b", END]
    assert pad("ab", 4) == [START] * 3 + ["a", "b", END]
    with pytest.raises(ValueError, match="at least 1"):
        pad("ab", 0)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_counts_cover_every_token_once(n: int) -> None:
    counts = ngram_counts(SENTENCES, n)
    assert sum(sum(row.values()) for row in counts.values()) == sum(len(s) + 1 for s in SENTENCES)
    assert all(len(context) == n - 1 for context in counts)
    assert all(START not in row for row in counts.values())


def test_the_students_opened_their_books() -> None:
    counts = ngram_counts(SENTENCES, 5)
    assert mle(counts, ("the", "students", "opened", "their"), "books") == pytest.approx(2 / 3)
    assert mle(counts, ("the", "teacher", "opened", "their"), "books") == 0.0
    assert mle(ngram_counts(SENTENCES, 3), ("opened", "their"), "exams") == 0.0


def test_chain_rule_sums_logarithms_and_meets_zeros() -> None:
    counts = ngram_counts(SENTENCES, 2)
    expected = math.log(5 / 5 * 4 / 5 * 1 / 4 * 1 / 2 * 1 / 1)  # of a start, the, students, closed, her; then the end
    assert sentence_log_prob(counts, 2, ["the", "students", "closed", "her", "book"]) == pytest.approx(expected)
    assert sentence_log_prob(counts, 2, []) == -math.inf
    assert sentence_log_prob(counts, 2, ["zebra"]) == -math.inf


def test_sentence_probabilities_sum_to_one() -> None:
    """Over all sentences that the bigram counts can produce; the cycle-free corpus has finitely many."""
    counts = ngram_counts([["a", "b"], ["b", "c"], ["a"]], 2)
    total = sum(
        math.exp(sentence_log_prob(counts, 2, s)) for s in ("", "a", "b", "c", "ab", "bc", "ac", "abc", "ba", "cb")
    )
    assert total == pytest.approx(1.0)


def test_perplexity_and_bits() -> None:
    log_probs = [math.log(p) for p in (0.5, 0.25, 0.125)]
    assert perplexity(log_probs) == pytest.approx(4.0)
    assert bits_per_character(log_probs, 12) == pytest.approx(0.5)
    assert perplexity([-math.inf, 0.0]) == math.inf
    assert bits_per_character([-math.inf], 3) == math.inf


def test_add_k_sums_to_one_and_is_uniform_where_nothing_was_seen() -> None:
    counts = ngram_counts(SENTENCES, 3)
    vocabulary = sorted({token for row in ngram_counts(SENTENCES, 1).values() for token in row})
    for context in [("opened", "their"), ("never", "seen")]:
        p = [add_k(counts, context, token, 0.3, len(vocabulary)) for token in vocabulary]
        assert sum(p) == pytest.approx(1.0)
    assert p == pytest.approx([1 / len(vocabulary)] * len(vocabulary))


def test_interpolation_sums_to_one_even_where_long_contexts_are_unseen() -> None:
    orders = [ngram_counts(SENTENCES, n) for n in (1, 2, 3)]
    for context in [("opened", "their"), ("teacher", "their"), ("never", "seen")]:
        total = sum(interpolate(orders, context, token, [0.2, 0.3, 0.5]) for token in orders[0][()])
        assert total == pytest.approx(1.0)
    unseen = interpolate(orders, ("never", "seen"), "books", [0.2, 0.3, 0.5])
    assert unseen == pytest.approx(mle(orders[0], (), "books"))


def test_draw_follows_the_counts() -> None:
    row = Counter({"c": 1, "a": 2, "b": 1})
    assert [draw(row, u) for u in (0, 0.49, 0.5, 0.74, 0.75, 0.999)] == ["a", "a", "b", "b", "c", "c"]
    with pytest.raises(ValueError):
        draw({}, 0.5)


def test_generated_sentences_use_only_counted_ngrams() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 3):
        counts = ngram_counts(SENTENCES, n)
        for _ in range(20):
            tokens = generate(counts, n, rng.random(12).tolist())
            assert START not in tokens and END not in tokens and len(tokens) <= 12
            if len(tokens) < 12:
                assert sentence_log_prob(counts, n, tokens) > -math.inf


def test_copying_is_measured() -> None:
    assert copied_fraction("the students", "the students opened", 5) == 1.0
    assert copied_fraction("abab", "xaby", 2) == pytest.approx(2 / 3)
    assert copied_fraction("ab", "abc", 3) == 0.0
    assert longest_copy("xx opened their yy", "they opened their books") == " opened their "
    assert longest_copy("", "abc") == "" and longest_copy("xyz", "abc") == ""


def test_continuation_counts_see_types() -> None:
    counts = {("san",): {"francisco": 40}, ("my",): {"glasses": 1}, ("her",): {"glasses": 1, "book": 7}}
    assert continuation_counts(counts) == {(): Counter({"glasses": 2, "francisco": 1, "book": 1})}
    trigrams = ngram_counts(SENTENCES, 3)
    assert continuation_counts(trigrams)[("opened",)]["their"] == 1
    assert continuation_counts(trigrams)[("their",)]["books"] == 2


@pytest.mark.parametrize("n", [1, 2, 4])
def test_small_kneser_ney_sums_to_one(n: int) -> None:
    model = InterpolatedKneserNey(SENTENCES, n, 0.6)
    tokens = set(model.orders[0][()])
    contexts = [(), ("their",), ("opened", "their"), ("the", "students", "opened"), ("never", "seen", "their")]
    for context in contexts:
        context = context[max(0, len(context) - n + 1) :]
        assert sum(model.prob(context, token) for token in tokens) == pytest.approx(1.0)


# ------------------------------------------------------------------------------------------------------------ the index


def test_index_counts_as_a_loop_does() -> None:
    text, other = babble(400), babble(150, seed=1) + "?"
    index = NgramIndex(4).fit(text)
    found, total = index.counts_at(other)
    for j in range(4):
        ngram = Counter(text[i - j : i + 1] for i in range(j, len(text)))
        history = Counter(text[i - j : i] for i in range(j, len(text)))
        for t in range(len(other)):
            known = t >= j
            assert found[j, t] == (ngram[other[t - j : t + 1]] if known else 0)
            assert total[j, t] == (history[other[t - j : t]] if known else 0)
    assert index.distinct() == [len({text[i : i + n] for i in range(len(text) - n + 1)}) for n in (1, 2, 3, 4)]


def test_index_takes_words_and_shortens_contexts() -> None:
    words = [*SENTENCES[0], *SENTENCES[4]]
    index = NgramIndex(3).fit(words)
    assert index.row(["students", "opened"]) == {"their": 1}
    assert index.row(["zebra", "the"]) == {"students": 2}
    assert index.row(["zebra"]) == dict(Counter(words))
    assert index.row(["their", "books"]) == {"the": 1}
    drawn = index.sample(30, np.random.default_rng(0), prompt=["the"])
    assert len(drawn) == 30 and drawn[0] == "students"


def test_index_samples_only_what_it_has_seen() -> None:
    text = babble(500)
    drawn = "".join(NgramIndex(3).fit(text).sample(200, np.random.default_rng(1), prompt="ab"))
    assert all(drawn[i : i + 3] in text or "\n" in drawn[i : i + 3] for i in range(198))
    again = "".join(NgramIndex(3).fit(text).sample(200, np.random.default_rng(1), prompt="ab"))
    assert drawn == again


@pytest.mark.parametrize("text", ["a", "ab", "aaaa", "ы😀ы😀\n", ["word"]])
def test_tiny_and_unusual_texts(text: str | list[str]) -> None:
    model = KneserNey(5).fit(text)
    assert np.isfinite(model.log_probs(text)).all()
    assert model.distribution(text).sum() == pytest.approx(1.0)
    assert len(model.sample(7, np.random.default_rng(0))) == 7
    assert len(model.log_probs(text[:0])) == 0


def test_bad_input_is_said_in_one_sentence() -> None:
    with pytest.raises(ValueError, match="empty"):
        KneserNey(3).fit("")
    with pytest.raises(ValueError, match="at least 1"):
        NgramIndex(0)
    with pytest.raises(ValueError, match="call fit"):
        KneserNey(2).log_probs("abc")
    with pytest.raises(ValueError, match="between 0 and 1"):
        KneserNey(2, modified=False, discount=2.0)
    with pytest.raises(ValueError, match="modified=False"):
        KneserNey(2, discount=0.5)
    with pytest.raises(ValueError, match="characters"):
        KneserNey(2).fit(["a", "b"]).bits_per_char(["a"])
    with pytest.raises(ValueError, match="empty"):
        KneserNey(2).fit("ab").bits_per_char("")


# ----------------------------------------------------------------------------------------------------------- Kneser-Ney


@pytest.mark.parametrize("modified", [True, False])
@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_distributions_sum_to_one_and_are_what_is_scored(order: int, modified: bool) -> None:
    text, other = babble(600), "xfeed\n" + babble(80, seed=2)
    model = KneserNey(order, modified=modified).fit(text)
    log_probs = model.log_probs(other)
    for t in range(len(other)):
        p = model.distribution(other[:t])
        assert p.shape == (model.size + 1,) and (p >= 0).all()
        assert p.sum() == pytest.approx(1.0, abs=1e-12)
        place = model.vocabulary.index(other[t]) if other[t] in model.vocabulary else -1
        assert math.log(p[place]) == pytest.approx(log_probs[t], abs=1e-12)
    assert model.bits_per_char(other) == pytest.approx(bits_per_character(log_probs.tolist(), len(other)))


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_fast_model_is_the_exercise_class(order: int) -> None:
    """The last character of the text, which occurs nowhere else, plays the part of the end mark."""
    text = babble(300)
    small = InterpolatedKneserNey([text[:-1]], order, 0.7)
    fast = KneserNey(order, modified=False, discount=0.7, uniform=False).fit(text)
    other = "face" + babble(60, seed=3)
    expected = [
        small.prob(tuple(other[max(0, t - order + 1) : t]), END if token == "\n" else token)
        for t, token in enumerate(other)
    ]
    if order == 1:  # plain counts: nothing is discounted in either
        assert fast.discounts == [(0.0, 0.0, 0.0)]
    np.testing.assert_allclose(np.exp(fast.log_probs(other)), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_same_probabilities_as_nltk(order: int) -> None:
    """NLTK is fed each n-gram that ends at a character of the text; the start mark is a neighbour, never predicted."""
    models = pytest.importorskip("nltk.lm")
    text, discount = babble(400), 0.75
    padded = [START, *text]
    reference = models.KneserNeyInterpolated(order, discount=discount)
    windows = [tuple(padded[i - k : i + 1]) for i in range(1, len(padded)) for k in range(min(order, i + 1))]
    reference.fit([windows], vocabulary_text=list(text))
    fast = KneserNey(order, modified=False, discount=discount, uniform=False).fit(text)
    other = babble(60, seed=4)
    for t in range(len(other)):
        context = tuple(other[max(0, t - order + 1) : t])
        p = fast.distribution(context)
        for place, token in enumerate(fast.vocabulary):
            assert p[place] == pytest.approx(reference.score(token, context), abs=1e-9)


@pytest.mark.parametrize("order", [2, 3])
def test_exercise_class_has_nltks_probabilities_with_padding(order: int) -> None:
    models = pytest.importorskip("nltk.lm")
    reference = models.KneserNeyInterpolated(order, discount=0.4)
    windows = []
    for sentence in SENTENCES:
        padded = pad(sentence, order)
        windows += [tuple(padded[i - k : i + 1]) for i in range(order - 1, len(padded)) for k in range(order)]
    small = InterpolatedKneserNey(SENTENCES, order, 0.4)
    reference.fit([windows], vocabulary_text=list(small.orders[0][()]))
    for context in small.orders[-1]:
        for token in small.orders[0][()]:
            assert small.prob(context, token) == pytest.approx(reference.score(token, context), abs=1e-9)


def test_unknown_characters() -> None:
    text = babble(300)
    with_share, without = KneserNey(3).fit(text), KneserNey(3, modified=False, uniform=False).fit(text)
    assert np.isfinite(with_share.log_probs("ab%d")).all()
    assert with_share.log_probs("%")[0] == pytest.approx(math.log(with_share.distribution("")[-1]))
    assert without.log_probs("ab%d")[2] == -math.inf and without.bits_per_char("%") == math.inf
    assert without.distribution("%").shape == (without.size,)


def test_estimated_discounts_follow_the_formula() -> None:
    text = babble(3000)
    counts = Counter(text[i : i + 4] for i in range(len(text) - 3))
    n1, n2, n3, n4 = (sum(c == j for c in counts.values()) for j in (1, 2, 3, 4))
    y = n1 / (n1 + 2 * n2)
    assert KneserNey(4, modified=False).fit(text).discounts[-1] == pytest.approx((y, y, y))
    wanted = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    inside = all(0 <= d <= j for j, d in enumerate(wanted, 1))
    assert KneserNey(4).fit(text).discounts[-1] == pytest.approx(wanted if inside else (0.5, 1.0, 1.5))
    assert KneserNey(1).fit("aaaabbbb").discounts == [(0.5, 1.0, 1.5)]


def test_words_are_scored_per_character_too() -> None:
    words = babble(2000).split()
    model = KneserNey(2).fit(words)
    other = babble(200, seed=5).split()
    characters = len(" ".join(other))
    assert model.bits_per_char(other, characters) == pytest.approx(
        -model.log_probs(other).sum() / math.log(2) / characters
    )


def test_longer_contexts_help_on_real_structure() -> None:
    text, other = babble(20000), babble(2000, seed=6)
    bits = [KneserNey(order).fit(text).bits_per_char(other) for order in (1, 2, 4)]
    assert bits[0] > bits[1] > bits[2]


@pytest.mark.skipif(shutil.which("lmplz") is None, reason="KenLM's lmplz is not on PATH")
@pytest.mark.parametrize("order", [3, 5, 7])
def test_modified_kneser_ney_is_kenlms(order: int, tmp_path: Path) -> None:
    """Within 0.005 nats per character. KenLM gets the whole text as one sentence of one token a character."""
    text, other = babble(60000), babble(5000, seed=7)
    arpa = tmp_path / "model.arpa"
    command = [shutil.which("lmplz") or "", "-o", str(order), "-S", "500M", "-T", str(tmp_path), "--discount_fallback"]
    stream = " ".join(f"c{ord(c)}" for c in text)
    subprocess.run(
        [*command, "--arpa", str(arpa)], input=stream, text=True, check=True, capture_output=True, env=dict(os.environ)
    )
    table: dict[tuple[str, ...], tuple[float, float]] = {}
    for line in arpa.read_text().splitlines():
        parts = line.split("\t")
        if len(parts) >= 2 and parts[0].startswith(("-", "0")):
            table[tuple(parts[1].split(" "))] = (float(parts[0]), float(parts[2]) if len(parts) > 2 else 0.0)

    def log10(context: tuple[str, ...], token: str) -> float:
        if (*context, token) in table:
            return table[(*context, token)][0]
        if not context:
            return table[("<unk>",)][0]
        return table.get(context, (0.0, 0.0))[1] + log10(context[1:], token)

    names = [f"c{ord(c)}" for c in other]
    kenlm = [log10(tuple(names[max(0, t - order + 1) : t]), name) * math.log(10) for t, name in enumerate(names)]
    ours = KneserNey(order).fit(text).log_probs(other)
    assert abs(np.mean(kenlm) - ours.mean()) < 0.005


def test_absolute_discounting_counts_occurrences_below():
    """`continuation=False`: the lower orders are plain counts; checked against the formula, written out for bigrams."""
    text, d = "abracadabra abba", 0.6
    model = KneserNey(2, modified=False, discount=d, uniform=False, continuation=False).fit(text)
    row = Counter(after for before, after in itertools.pairwise(text) if before == "a")
    unigrams, total = Counter(text), row.total()
    p = dict(zip(model.vocabulary, model.distribution("a"), strict=True))
    for token in model.vocabulary:
        # The unigrams of the model without a uniform share are not discounted.
        expected = (max(row[token] - d, 0) + d * len(row) * unigrams[token] / len(text)) / total
        assert abs(p[token] - expected) < 1e-12
    assert abs(sum(p.values()) - 1) < 1e-12
    neighbours = KneserNey(2, modified=False, discount=d, uniform=False).fit(text)
    assert np.abs(neighbours.distribution("a") - model.distribution("a")).max() > 0.01
