"""The sentences of lesson 10 are fair, and a short training finds the referent without being told where to look."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from utils import referents
from utils.referents import ADJECTIVES, BLANK, NOUNS, TEMPLATES

TRAIN = {noun for parts in NOUNS.values() for noun in parts["train"]}
HELDOUT = {noun for parts in NOUNS.values() for noun in parts["heldout"]}
KIND = {noun: kind for kind, parts in NOUNS.items() for nouns in parts.values() for noun in nouns}
REASON_WORDS = {"because", "since", "as"}


@pytest.fixture(scope="module")
def trained() -> tuple[referents.ReferentModel, list[float]]:
    return referents.train(seed=0, steps=500, progress=False)


@pytest.fixture(scope="module")
def heldout() -> list[referents.Sentence]:
    return referents.sentences("heldout", 800, seed=11)


def test_no_noun_is_in_two_places():
    nouns = [noun for parts in NOUNS.values() for nouns in parts.values() for noun in nouns]
    assert len(nouns) == len(set(nouns))
    assert not TRAIN & HELDOUT
    adjectives = [word for words in ADJECTIVES.values() for word in words]
    assert len(adjectives) == len(set(adjectives)) and not set(adjectives) & set(nouns)
    assert {"animal", "street"} <= HELDOUT, "the lecture's own sentence is held out"


def test_heldout_nouns_never_stand_in_a_training_sentence_with_two_nouns():
    for seed in (0, 1):
        for sentence in referents.sentences("train", 2000, seed):
            assert not HELDOUT & set(sentence.tokens)
    for sentence in referents.sentences("heldout", 2000):
        assert not TRAIN & set(sentence.tokens)
    for simple in referents.simple_sentences():
        assert not REASON_WORDS & set(simple.tokens)
        assert len((TRAIN | HELDOUT) & {*simple.tokens, simple.answer}) == 1


@pytest.mark.parametrize("part", ["train", "heldout"])
def test_pairs_differ_in_the_adjective_and_in_the_answer_only(part):
    made = referents.sentences(part, 1600, seed=3)
    for one, two in zip(made[::2], made[1::2], strict=True):
        differing = [i for i, (a, b) in enumerate(zip(one.tokens, two.tokens, strict=True)) if a != b]
        assert differing == [one.adjective] == [two.adjective]
        assert {one.referent, two.referent} == set(one.candidates) == set(two.candidates)
        assert one.without_adjective().tokens == two.without_adjective().tokens


def test_records_point_at_what_they_say():
    for s in referents.sentences("train", 800, seed=4):
        assert s.tokens[s.it] == "it" and s.tokens.count("it") == 1 and s.query == s.it
        assert s.candidates[0] < s.candidates[1] < s.it < s.adjective == len(s.tokens) - 2
        assert s.tokens[s.adjective] in ADJECTIVES[KIND[s.answer]]
        first, second, _, _ = TEMPLATES[s.template]
        assert [KIND[s.tokens[i]] for i in s.candidates] == [first, second] and first != second
        assert s.tokens[-1] == "." and s.text.count("  ") == 0
        assert s.without_adjective().tokens[s.adjective] == BLANK
        assert all(s.tokens.count(s.tokens[place]) == 1 for place in s.candidates)
        assert all("the" in s.tokens[max(0, place - 3) : place] for place in s.candidates)


def test_templates_kinds_and_places_are_balanced():
    made = referents.sentences("heldout", 1600, seed=5)
    assert set(Counter(s.template for s in made).values()) == {200}
    assert sum(s.referent == s.candidates[0] for s in made) == 800
    orders = Counter((first, second) for first, second, _, _ in TEMPLATES.values())
    assert all(orders[first, second] == orders[second, first] for first, second in orders)
    assert len({s.it for s in made}) >= 8 and len({s.referent for s in made}) >= 8
    assert {s.adjective - s.it for s in made} == {3, 4}
    assert {s.answer for s in made} == HELDOUT


def test_rules_that_ignore_the_adjective_are_right_half_the_time(heldout):
    chance = referents.baselines(heldout)
    assert set(chance) == {"the first noun", "the nearest noun", "the commonest kind"}
    assert all(value == pytest.approx(0.5) for value in chance.values())


def test_the_same_seed_gives_the_same_sentences():
    assert referents.sentences("train", 40, 1) == referents.sentences("train", 40, 1)
    assert referents.sentences("train", 40, 1) != referents.sentences("train", 40, 2)
    assert referents.sentences("train", 0) == []


def test_the_vocabulary_covers_everything_once():
    words = referents.vocabulary()
    used = {w for part in ("train", "heldout") for s in referents.sentences(part, 4000) for w in s.tokens}
    used |= {w for s in referents.simple_sentences() for w in (*s.tokens, s.answer)}
    assert len(words) == len(set(words)) and words[:2] == ["<pad>", "<blank>"]
    assert used | {"<pad>"} == set(words)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: referents.sentences("test", 2), "part must be"),
        (lambda: referents.sentences("train", 3), "pairs"),
        (lambda: referents.sentences("train", -2), "pairs"),
        (lambda: referents.train(steps=3), "at least 10 steps"),
        (lambda: referents.ReferentModel(referents.vocabulary(), layers=0), "at least one layer"),
        (lambda: referents.ReferentModel(referents.vocabulary(), reads="letters"), "reads"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_an_untrained_model_is_at_chance(heldout):
    torch.manual_seed(0)
    model = referents.ReferentModel(referents.vocabulary()).eval()
    numbers = referents.evaluate(model, heldout)
    assert numbers["accuracy"] < 0.1 and 0.4 < numbers["accuracy_of_two"] < 0.6 and numbers["share"] < 0.5


def test_a_short_training_finds_heldout_referents(trained, heldout):
    model, losses = trained
    numbers = referents.evaluate(model, heldout)
    assert len(losses) == 500 and np.mean(losses[-50:]) < 0.5 * losses[0]
    assert numbers["accuracy"] >= 0.95 and numbers["accuracy_of_two"] >= 0.95
    assert numbers["share"] >= 0.95 and numbers["weight"] > 0.5 and numbers["layer"] == 1
    assert numbers["accuracy_without_adjective"] == pytest.approx(0.5), "without the adjective nobody can know"
    assert (numbers["layer"], numbers["head"]) == referents.best_head(model), "the head is chosen on training nouns"


def test_the_lectures_sentence(trained):
    model, _ = trained
    head = referents.best_head(model)
    text = "The animal did not cross the street because it was too {} ."
    words = text.split()
    for adjective, noun in (("tired", "animal"), ("wide", "street")):
        weights = referents.attention(model, text.format(adjective), head)
        assert weights.shape == (13, 13)
        assert words[weights[words.index("it")].argmax()] == noun
        assert referents.answers(model, text.format(adjective))[0][0] == noun


def test_maps_are_distributions_and_ignore_padding(trained):
    model, _ = trained
    short, long = sorted(referents.sentences("heldout", 40), key=lambda s: len(s.tokens))[::39]
    _, together = model(model.encode([short.tokens, long.tokens]))
    assert together.shape == (2, 2, 4, len(long.tokens), len(long.tokens))
    torch.testing.assert_close(together.sum(-1), torch.ones(together.shape[:-1]))
    alone = referents.attention(model, short.tokens)
    n = len(short.tokens)
    assert n < len(long.tokens)
    np.testing.assert_allclose(alone, together[:, 0, :, :n, :n].detach().numpy(), atol=1e-5)


def test_unknown_words_and_sentences_without_it(trained):
    model, _ = trained
    with pytest.raises(ValueError, match="does not know: dragon, wet"):
        referents.attention(model, "The dragon was wet.")
    with pytest.raises(ValueError, match='no "it"'):
        referents.answers(model, "the dog was tired .")
    with pytest.raises(ValueError, match="nothing to read"):
        referents.attention(model, "")
    with pytest.raises(ValueError, match="no sentences"):
        referents.evaluate(model, [])


def test_training_repeats_itself_and_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    _, one = referents.train(seed=3, steps=12, batch=16, progress=False)
    _, two = referents.train(seed=3, steps=12, batch=16, progress=False)
    _, other = referents.train(seed=4, steps=12, batch=16, progress=False)
    assert one == two != other
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_number_of_threads_changes_nothing_and_comes_back():
    before = torch.get_num_threads()
    losses = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            losses.append(referents.train(seed=3, steps=12, batch=16, progress=False)[1])
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert losses[0] == losses[1]
