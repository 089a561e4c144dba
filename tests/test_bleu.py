"""BLEU against sacrebleu: on verses, on texts made to break tokenizers, and where there is hardly anything to count."""

from __future__ import annotations

import random

import numpy as np
import pytest

from bench import bleu as measured
from bench.measure import NotMeasured
from bench.table import Target
from utils import bleu, data
from utils.bleu import corpus_bleu, corpus_score, sentence_bleu, tokenize

sacrebleu = pytest.importorskip("sacrebleu")

VERSIONS = ("kjv", "asv", "ylt", "web")
TEXT = r"""the a 5 10 1,000 2.5 . , ; : ! ? ... .. ,, ., - -- 5- -5 3-4 ( ) [ ] ' " & &amp; &quot; &lt;b&gt; <skipped> $
% € № « » — … „ “ ¿ ½ ² ٣ ١٬٠٠٠ 10. 1999. a.b a..b 5.,6 a,5 5,a .5 don't rock'n'roll Привет привет, não ção _x_ `q`
{y} ~ ^ | \ @ # * + = / a/b http://x.y 😀 こんにちは。 的"""
PIECES = [*TEXT.split(), " ", "-\n", "\n", "\t", "\u00a0", "\u3000", "x\u2028y"]


def verses(size: int = 300) -> tuple[list[str], list[list[str]]]:
    """The first verses of the test books in BBE, and in four other versions."""
    columns = [data.verses(version, "test") for version in ("bbe", *VERSIONS)]
    shared = [verse for verse in columns[0] if all(verse in column for column in columns)][:size]
    return [columns[0][v] for v in shared], [[column[v] for column in columns[1:]] for v in shared]


def wild(seed: int, count: int = 400) -> list[str]:
    rng = random.Random(seed)
    return [
        "".join(rng.choice(PIECES) + rng.choice(["", " ", " "]) for _ in range(rng.randint(0, 14)))
        for _ in range(count)
    ]


def theirs(hypotheses: list[str], references: list[list[str]], **options: object) -> object:
    metric = sacrebleu.metrics.BLEU(force=True, **options)
    return metric.corpus_score(hypotheses, [list(column) for column in zip(*references)])


def assert_same(ours: bleu.BleuScore, other: object) -> None:
    assert ours.score == pytest.approx(other.score, abs=1e-9)
    assert ours.precisions == pytest.approx(other.precisions, abs=1e-9)
    assert ours.brevity == pytest.approx(other.bp, abs=1e-12)
    assert (ours.length, ours.reference_length) == (other.sys_len, other.ref_len)


@pytest.mark.parametrize("scheme", bleu.TOKENIZATIONS)
def test_every_tokenization_cuts_like_sacrebleus(scheme: str) -> None:
    tokenizer = sacrebleu.metrics.BLEU(tokenize=scheme).tokenizer
    texts = wild(1, 3000) + verses()[0] + ["", " ", "a", "5"]
    for text in texts:
        assert tokenize(text, scheme) == tokenizer(text.rstrip()).split(), repr(text)


def test_long_runs_of_marks_are_cut_like_sacrebleus() -> None:
    """Every string of up to five characters over an alphabet in which the rules of 13a meet."""
    import itertools

    tokenizer = sacrebleu.metrics.BLEU(tokenize="13a").tokenizer
    for size in range(1, 6):
        for letters in itertools.product("5a.,- (", repeat=size):
            text = "".join(letters)
            assert tokenize(text, "13a") == tokenizer(text.rstrip()).split(), repr(text)


@pytest.mark.parametrize("scheme", bleu.TOKENIZATIONS)
@pytest.mark.parametrize("number", [1, 2, 4])
def test_corpus_bleu_is_sacrebleus_on_verses_with_several_references(scheme: str, number: int) -> None:
    hypotheses, references = verses()
    references = [those[:number] for those in references]
    assert_same(corpus_bleu(hypotheses, references, tokenize=scheme), theirs(hypotheses, references, tokenize=scheme))


@pytest.mark.parametrize("smooth", bleu.SMOOTHINGS)
@pytest.mark.parametrize("effective", [False, True])
@pytest.mark.parametrize("value", [None, 0.3])
def test_every_smoothing_is_sacrebleus_on_single_sentences(smooth: str, effective: bool, value: float | None) -> None:
    options = {"smooth_method": smooth, "smooth_value": value, "effective_order": effective}
    hypotheses, references = verses(60)
    short = ["", "a", "a b", "a b c", "b a", "the cat", "c c c c c", "x y z w", "a b c d e"]
    for text in short:
        hypotheses += [text] * len(short)
        references += [[other, "b a a"] for other in short]
    for hypothesis, those in zip(hypotheses, references):
        ours = sentence_bleu(hypothesis, those, smooth=smooth, smooth_value=value, effective_order=effective)
        assert_same(ours, theirs([hypothesis], [those], **options))


def test_case_orders_and_wild_texts_are_sacrebleus() -> None:
    hypotheses, references = wild(2), [list(pair) for pair in zip(wild(3), wild(4))]
    for options in ({"lowercase": True}, {"max_ngram_order": 2}, {"max_ngram_order": 6}, {"tokenize": "intl"}):
        renamed = {"max_ngram_order": "max_n"}
        ours = corpus_bleu(hypotheses, references, **{renamed.get(k, k): v for k, v in options.items()})
        assert_same(ours, theirs(hypotheses, references, **options))


def test_ties_between_lengths_go_to_the_shorter() -> None:
    for those in (["a b", "a b c d"], ["a b c d", "a b"]):
        ours = corpus_bleu(["a b c"], [those])
        assert ours.reference_length == 2
        assert_same(ours, theirs(["a b c"], [those]))


def test_one_reference_may_be_given_as_a_text() -> None:
    hypotheses, references = verses(20)
    first = [those[0] for those in references]
    assert corpus_bleu(hypotheses, first) == corpus_bleu(hypotheses, [[text] for text in first])
    assert sentence_bleu(hypotheses[0], first[0]) == sentence_bleu(hypotheses[0], [first[0]])


def test_the_exercises_agree_with_the_library() -> None:
    hypotheses, references = verses(100)
    cut = [tokenize(text) for text in hypotheses], [[tokenize(text) for text in those] for those in references]
    assert corpus_score(*cut) == pytest.approx(corpus_bleu(hypotheses, references, smooth="none").score, abs=1e-9)
    short = [["x", "b", "c", "y"]], [[["b", "c"], ["c", "z", "z"]]]
    ours = corpus_score(*short, smooth=True)
    assert ours > 0
    assert ours == pytest.approx(corpus_bleu(["x b c y"], [["b c", "c z z"]]).score, abs=1e-9)
    with pytest.raises(ValueError, match="2 hypotheses and references for 1"):
        corpus_score([["a"], ["b"]], [[["a"]]])


def test_the_lectures_example() -> None:
    hypothesis = ["рыжий", "кот", "прилег", "на", "лавку"]
    references = [["кот", "лежит", "на", "лавке"], ["на", "лавку", "легла", "кошка"]]
    assert bleu.clipped_matches(hypothesis, references, 1) == (3, 5)
    assert bleu.clipped_matches(hypothesis, references, 2) == (1, 4)
    assert bleu.clipped_matches(["the"] * 4, [["the", "cat", "the"]], 1) == (2, 4)
    assert bleu.clipped_matches([], [["a"]], 1) == (0, 0)


def test_statistics_add_up() -> None:
    hypotheses, references = verses(50)
    rows = bleu.bleu_statistics(hypotheses, references)
    assert rows.shape == (50, 10) and rows.dtype == np.int64
    assert bleu.score_statistics(rows.sum(axis=0)) == corpus_bleu(hypotheses, references)
    assert bleu.score_statistics(rows[:7].sum(axis=0)) == corpus_bleu(hypotheses[:7], references[:7])


def test_a_score_can_be_read() -> None:
    said = str(corpus_bleu(["a b c d"], ["a b c d e"]))
    assert said == "BLEU 77.88 = 100.0/100.0/100.0/100.0 (BP 0.779, ratio 0.800: 4 words for 5)"
    assert corpus_bleu(["a"], [""]).ratio == 0


def test_empty_texts_score_as_in_sacrebleu() -> None:
    for pair in ((["", "a b c d"], [["a"], ["a b c d"]]), ([""], [[""]]), (["a b"], [[""]]), ([""], [["a b"]])):
        assert_same(corpus_bleu(*pair), theirs(*pair))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: corpus_bleu([], []), ValueError, "no sentences to score"),
        (lambda: corpus_bleu(["a"], [[]]), ValueError, "Sentence 0 has no reference"),
        (lambda: corpus_bleu(["a", "b"], ["a"]), ValueError, "2 hypotheses and references for 1"),
        (lambda: corpus_bleu(["a", "b"], [["a", "b"]]), ValueError, r"set by set: turn them with list\(zip"),
        (lambda: corpus_bleu("a b", ["a b"]), TypeError, "hypotheses must be a list of texts"),
        (lambda: corpus_bleu(["a b"], "a b"), TypeError, "references must be a list of texts"),
        (lambda: corpus_bleu([["a", "b"]], ["a b"]), TypeError, "Sentence 0 holds list where a text"),
        (lambda: corpus_bleu(["a"], [[None]]), TypeError, "Sentence 0 holds NoneType"),
        (lambda: corpus_bleu(["a"], ["a"], tokenize="zh"), ValueError, "no tokenization 'zh' here: choose from 13a"),
        (lambda: corpus_bleu(["a"], ["a"], smooth="add"), ValueError, "no smoothing 'add': choose from none"),
        (lambda: corpus_bleu(["a"], ["a"], max_n=0), ValueError, "at least 1, not 0"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


def test_the_comparison_of_speed_compares_only_what_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = measured.measure(quick=True)
    assert [row.unit for row in rows] == ["s", "s", "×"] * 2
    assert rows[2].target == Target("≥", 1.0) and rows[2].value == pytest.approx(rows[0].value / rows[1].value)
    monkeypatch.setattr(measured, "corpus_bleu", lambda hypotheses, references: corpus_bleu(hypotheses, hypotheses))
    with pytest.raises(NotMeasured, match="scores differ"):
        measured.measure(quick=True)
