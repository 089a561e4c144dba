"""The review sentences are fair: same words, opposite labels, nothing shared between the parts, true tags."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
import torch

from utils import reviews as r
from utils.classification import BagOfWords, Words, accuracy, fit
from utils.inflection import english_be, portuguese_adjective, russian_adjective, russian_was

LANGUAGES = pytest.mark.parametrize("language", r.LANGUAGES)
PARTS = pytest.mark.parametrize("part", r.PARTS)


@pytest.mark.parametrize(
    ("lemma", "forms"),
    [
        ("вкусный", "вкусный вкусная вкусное вкусные"),
        ("плохой", "плохой плохая плохое плохие"),
        ("хороший", "хороший хорошая хорошее хорошие"),
        ("мерзкий", "мерзкий мерзкая мерзкое мерзкие"),
        ("тухлый", "тухлый тухлая тухлое тухлые"),
        ("синий", "синий синяя синее синие"),
        ("большой", "большой большая большое большие"),
        ("захватывающий", "захватывающий захватывающая захватывающее захватывающие"),
    ],
)
def test_russian_adjectives(lemma: str, forms: str) -> None:
    assert [russian_adjective(lemma, gender) for gender in ("m", "f", "n", "pl")] == forms.split()


def test_other_forms_and_what_they_refuse() -> None:
    pairs = {"limpo": "limpa", "bom": "boa", "acolhedor": "acolhedora", "ruim": "ruim", "excelente": "excelente"}
    assert all(portuguese_adjective(m, "f") == f and portuguese_adjective(m, "m") == m for m, f in pairs.items())
    assert [russian_was(g) for g in ("m", "f", "n", "pl")] == ["был", "была", "было", "были"]
    assert [english_be(n, p) for n in ("sg", "pl") for p in (False, True)] == ["is", "was", "are", "were"]
    for wrong in (
        lambda: russian_adjective("стол", "m"),
        lambda: russian_adjective("вкусный", "x"),
        lambda: portuguese_adjective("bom", "n"),
        lambda: english_be("dual"),
        lambda: russian_was("x"),
    ):
        with pytest.raises(ValueError):
            wrong()


@LANGUAGES
@PARTS
def test_a_family_has_one_bag_of_words_and_balanced_labels(language: str, part: r.Part) -> None:
    for family in r.families(language, part, 300, seed=5):
        assert len({tuple(sorted(one.tokens)) for one in family}) == 1
        assert len({one.tokens for one in family}) == len(family) == (2 if family[0].kind == "but" else 4)
        assert sum(one.label for one in family) == len(family) // 2


@LANGUAGES
def test_neither_the_order_nor_the_markers_place_tells_the_label_alone(language: str) -> None:
    """Among those of four that praise first, one is good and one bad; the same for each place of the marker."""
    for family in r.families(language, "train", 200, seed=6):
        if family[0].kind == "but":  # the exception: here the order alone tells
            assert [one.label for one in family] == [0, 1]
            continue
        by_order = [family[:2], family[2:]]
        by_marker = [family[::2], family[1::2]]
        for group in by_order + by_marker:
            assert sorted(one.label for one in group) == [0, 1]


@LANGUAGES
@PARTS
def test_pairs_stand_side_by_side(language: str, part: r.Part) -> None:
    made = r.reviews(language, part, 400, seed=3)
    assert len(made) == 400 and sum(one.label for one in made) == 200
    for one, two in zip(made[::2], made[1::2], strict=True):
        assert sorted(one.tokens) == sorted(two.tokens) and {one.label, two.label} == {0, 1}


@LANGUAGES
def test_parts_share_no_noun_and_no_adjective(language: str) -> None:
    opinions, aspects = {}, {}
    for part in r.PARTS:
        made = r.reviews(language, part, 1200, seed=1)
        tagged = [pair for one in made for pair in zip(one.tokens, one.tags, strict=True)]
        opinions[part] = {token for token, tag in tagged if tag in ("POS", "NEG")}
        aspects[part] = {_aspects(one) for one in made}
    for a, b in (("train", "dev"), ("train", "test"), ("dev", "test")):
        assert not opinions[a] & opinions[b]
        assert not set().union(*aspects[a]) & set().union(*aspects[b])


def _aspects(review: r.Review) -> frozenset[str]:
    found: list[list[str]] = []
    for token, tag in zip(review.tokens, review.tags, strict=True):
        if tag == "B-ASP":
            found.append([token])
        elif tag == "I-ASP":
            found[-1].append(token)
    return frozenset(" ".join(words) for words in found)


@LANGUAGES
def test_the_lexicon_is_consistent(language: str) -> None:
    lexicon = r.LEXICONS[language]
    polarity: dict[str, bool] = {}
    places: dict[str, str] = {}
    for domain in lexicon.domains.values():
        for words, good in ((domain.good, True), (domain.bad, False)):
            for part in r.PARTS:
                for lemma in words[part]:
                    assert polarity.setdefault(lemma, good) is good, f"{lemma} praises and blames"
                    assert places.setdefault(lemma, part) == part, f"{lemma} is in two parts"
        assert all(len(domain.nouns[part]) >= 2 for part in r.PARTS)
    assert lexicon.strong <= set(polarity)
    assert all(plain and negated for plain, negated in lexicon.degrees + lexicon.sure)


@LANGUAGES
def test_simple_reviews_teach_every_adjective(language: str) -> None:
    lexicon = r.LEXICONS[language]
    made = r.simple_reviews(language, 3000)
    stems = {
        lemma[:-2] or lemma
        for d in lexicon.domains.values()
        for w in (d.good, d.bad)
        for p in w.values()
        for lemma in p
    }
    opinions = Counter(token for one in made for token, tag in zip(one.tokens, one.tags) if tag in ("POS", "NEG"))
    assert all(any(word.startswith(stem) for word in opinions) for stem in stems)
    assert all(one.kind == "simple" and one.tags.count("POS" if one.label else "NEG") == 1 for one in made)
    negations = {"ru": {"не", "хотя", "но", "раньше"}, "en": {"not", "although", "but"}, "pt": {"não", "embora", "mas"}}
    assert not any(negations[language] & set(one.tokens) for one in made)


def test_tags_follow_the_negation() -> None:
    for family in r.families("ru", "train", 200, seed=2, kinds=["not", "degree", "think"]):
        for one in family:  # both opinions agree once the negation is read
            found = [tag for tag in one.tags if tag in ("POS", "NEG")]
            assert found == ["POS" if one.label else "NEG"] * 2
    for family in r.families("ru", "train", 200, seed=2, kinds=["although", "before", "but"]):
        for one in family:
            assert sorted(tag for tag in one.tags if tag in ("POS", "NEG")) == ["NEG", "POS"]


def test_known_sentences() -> None:
    """Every kind in Russian, word for word, with its label."""
    frames = {frame.template: frame for frame in r.LEXICONS["ru"].frames}
    soup = r._Phrase("суп/m", "вкусный", True, ("очень", "не очень"), "здесь")
    tea = r._Phrase("рыба/f", "пресный", False, ("совсем", "совсем не"), "там")
    said = {}
    for template, frame in frames.items():
        for one in r._family("ru", frame, soup, tea):
            said.setdefault(template, {})[one.text] = one.label
    assert said["not"] == {
        "суп не вкусный, а пресный": 0,
        "суп вкусный, а не пресный": 1,
        "рыба не пресная, а вкусная": 1,
        "рыба пресная, а не вкусная": 0,
    }
    assert said["degree"]["суп очень вкусный, совсем не пресный"] == 1
    assert said["degree"]["суп не очень вкусный, совсем пресный"] == 0
    assert said["think"]["не думаю, что суп вкусный здесь, думаю, что рыба там пресная"] == 0
    assert said["although"] == {
        "хотя суп вкусный, рыба пресная": 0,
        "суп вкусный, хотя рыба пресная": 1,
        "хотя рыба пресная, суп вкусный": 1,
        "рыба пресная, хотя суп вкусный": 0,
    }
    assert said["before"]["раньше суп был вкусный, теперь пресный"] == 0
    assert said["but"] == {"суп вкусный, но рыба пресная": 0, "рыба пресная, но суп вкусный": 1}


def test_english_and_portuguese_agree() -> None:
    frames = {frame.template: frame for frame in r.LEXICONS["en"].frames}
    good, bad = r._Phrase("pancakes/pl", "tasty", True), r._Phrase("soup/sg", "bland", False)
    texts = [one.text for one in r._family("en", frames["not"], good, bad)]
    assert texts[0] == "the pancakes are not tasty, they are bland"
    texts = [one.text for one in r._family("en", frames["but"], good, bad)]
    assert texts == ["the pancakes are tasty, but the soup is bland", "the soup is bland, but the pancakes are tasty"]
    frames = {frame.template: frame for frame in r.LEXICONS["pt"].frames}
    good, bad = r._Phrase("sopa/f", "bom", True), r._Phrase("bolo/m", "azedo", False)
    assert r._family("pt", frames["although"], good, bad)[0].text == "embora a sopa seja boa, o bolo é azedo"


@LANGUAGES
def test_reach_is_the_shortest_telling_stretch(language: str) -> None:
    for family in r.families(language, "test", 60, seed=9):
        for one in family:
            others = [two.tokens for two in family if two.label != one.label]

            def tells(width: int, one: r.Review = one, others: list[tuple[str, ...]] = others) -> bool:
                for i in range(len(one.tokens) - width + 1):
                    piece = one.tokens[i : i + width]
                    inside = any(o[j : j + width] == piece for o in others for j in range(len(o) - width + 1))
                    if not inside and {"POS", "NEG"} & set(one.tags[i : i + width]):
                        return True
                return False

            assert tells(one.reach) and not any(tells(width) for width in range(1, one.reach))
    assert {one.reach for one in r.reviews("ru", "test", 1000)} == {2, 3, 4, 5, 6}


@LANGUAGES
def test_the_vocabulary_has_every_word(language: str) -> None:
    known = r.vocabulary(language)
    assert known == sorted(set(known))
    made = [one for part in r.PARTS for one in r.reviews(language, part, 600)] + r.simple_reviews(language, 1000)
    assert {token for one in made for token in one.tokens} <= set(known)
    assert all(token == token.lower() and " " not in token and "{" not in token for token in known)
    assert all(r.tokenize(one.text) == list(one.tokens) for one in made)


@LANGUAGES
def test_no_family_comes_twice_and_templates_of_test_are_new(language: str) -> None:
    made = r.families(language, "train", 1500, seed=4)
    assert len({min(one.tokens for one in family) for family in made}) == 1500
    new = {f.template for f in r.LEXICONS[language].frames if f.new}
    assert new and not new & {family[0].template for family in made}
    assert new <= {one.template for one in r.reviews(language, "test", 1000)}


def test_seeds_and_hashes() -> None:
    assert (
        r.reviews("pt", "dev", 20, seed=1) == r.reviews("pt", "dev", 20, seed=1) != r.reviews("pt", "dev", 20, seed=2)
    )
    code = "from utils.reviews import *; print([x.text for x in reviews('ru', 'train', 6) + simple_reviews('en', 6)])"
    said = [
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": s}, capture_output=True, check=True).stdout
        for s in ("0", "1")
    ]
    assert said[0] == said[1] != b""


def test_bad_requests_get_a_sentence() -> None:
    for call, words in (
        (lambda: r.reviews("de", "train", 2), "'de'"),
        (lambda: r.reviews("ru", "held", 2), "'held'"),
        (lambda: r.reviews("ru", "train", 3), "even"),
        (lambda: r.reviews("ru", "train", -2), "-2"),
        (lambda: r.families("ru", "train", 2, kinds=["irony"]), "irony"),
        (lambda: r.families("ru", "dev", 2, kinds=[]), "kinds"),
        (lambda: r.families("en", "dev", 10**4, kinds=["not"]), "different families"),
        (lambda: r.simple_reviews("ru", -1), "-1"),
        (lambda: r.vocabulary("xx"), "'xx'"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
    assert r.reviews("ru", "train", 0) == [] == r.simple_reviews("ru", 0)


def test_tokens_of_other_texts() -> None:
    assert r.tokenize("хорошии\u0306") == ["хороший"]
    assert r.tokenize("") == r.tokenize("12 34 !? 😀 \n") == []
    assert r.tokenize("Ёлка — «не хуже», чем I'd-say ÇA") == ["ёлка", "не", "хуже", ",", "чем", "i'd-say", "ça"]


@LANGUAGES
def test_a_bag_of_words_is_right_in_exactly_half(language: str) -> None:
    """Not about half: whatever the weights, a pair gets one score, and one of its two labels is wrong."""
    words = Words(r.vocabulary(language))
    training = r.reviews(language, "train", 600) + r.simple_reviews(language, 2000)
    model, _ = fit(lambda: BagOfWords(len(words)), words, training, steps=300, progress=False)
    assert accuracy(model, words, r.simple_reviews(language, 300, seed=1)) > 0.9
    for part in r.PARTS:
        assert accuracy(model, words, r.reviews(language, part, 400, seed=8)) == 0.5
    torch.manual_seed(0)
    assert accuracy(BagOfWords(len(words)), words, r.reviews(language, "test", 400)) == 0.5
