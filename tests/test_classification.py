"""Classification against PyTorch: convolutions, pooling, losses; padding that changes nothing; what is learned."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from utils import classification as c
from utils.reviews import TAGS, Review, reviews, simple_reviews, vocabulary


def random_batch(lengths: list[int], columns: int, vocabulary_size: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(sum(lengths))
    ids = torch.randint(1, vocabulary_size, (len(lengths), columns), generator=generator)
    mask = torch.arange(columns) < torch.tensor(lengths)[:, None]
    return ids.masked_fill(~mask, 0), mask


# ------------------------------------------------------------------------------------------------------------ batches


def test_a_batch_holds_every_sentence() -> None:
    sentences = [[3, 4], [], [5, 6, 7, 8], [9]]
    ids, mask = c.pad_batch(sentences)
    assert ids.dtype == torch.int64 and mask.dtype == torch.bool and ids.shape == mask.shape == (4, 4)
    assert [row[real].tolist() for row, real in zip(ids, mask)] == sentences
    assert not ids[~mask].any()


def test_edges_of_a_batch() -> None:
    assert c.pad_batch([[7]])[0].tolist() == [[7]]
    ids, mask = c.pad_batch([[], []])
    assert ids.tolist() == [[0], [0]] and not mask.any()
    with pytest.raises(ValueError, match="no sentence"):
        c.pad_batch([])


def test_words_get_numbers_and_unknown_ones_get_one() -> None:
    words = c.Words(["b", "a", "b", "é"])
    assert len(words) == 5 and words.encode(["a", "x", "b", "é"]) == [3, c.UNKNOWN, 2, 4]
    assert words.encode([]) == [] and c.Words([]).encode("ab") == [c.UNKNOWN, c.UNKNOWN]


def test_a_bag_counts() -> None:
    ids, mask = random_batch([5, 0, 9, 1], 11, 7)
    counts = c.bag_of_words(ids, mask, 7)
    for row, tokens, real in zip(counts, ids, mask):
        assert row.tolist() == np.bincount(tokens[real].numpy(), minlength=7).tolist()
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    assert torch.equal(c.bag_of_words(ids[2:3, :9][:, order], mask[2:3, :9], 7)[0], counts[2])


# ------------------------------------------------------------------------------------------------------- convolutions


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1, 1), (2, 3, 9, 5, 4), (3, 4, 6, 2, 6), (2, 5, 7, 3, 1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_convolve_is_conv1d_with_its_gradients(sizes: tuple[int, ...], dtype: torch.dtype) -> None:
    batch, channels, length, out, k = sizes
    torch.manual_seed(0)
    tensors = [torch.randn(*shape, dtype=dtype) for shape in ((batch, channels, length), (out, channels, k), (out,))]
    mine, theirs = ([t.clone().requires_grad_() for t in tensors] for _ in range(2))
    ours, right = c.convolve(*mine), F.conv1d(*theirs)
    assert ours.dtype == dtype and torch.allclose(ours, right, atol=1e-5)
    for value in (ours, right):
        value.square().sum().backward()
    assert all(torch.allclose(a.grad, b.grad, atol=1e-3) for a, b in zip(mine, theirs))


def test_a_kernel_longer_than_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="width 4"):
        c.convolve(torch.zeros(1, 2, 3), torch.zeros(5, 2, 4), torch.zeros(5))


MODELS = {
    "bag": lambda: c.BagOfWords(20),
    "cnn": lambda: c.TextCNN(20, 6, (2, 5, 3), 7),
    "last": lambda: c.RNNClassifier(20, 6, 5, "last"),
    "mean": lambda: c.RNNClassifier(20, 6, 5, "mean"),
    "max": lambda: c.RNNClassifier(20, 6, 5, "max"),
}


@pytest.mark.parametrize("name", MODELS)
def test_padding_and_neighbours_change_nothing(name: str) -> None:
    """Also for one word, no words, and a sentence shorter than the kernels; also with other numbers at padding."""
    torch.manual_seed(1)
    model = MODELS[name]()
    lengths = [6, 1, 0, 9, 3]
    ids, mask = random_batch(lengths, 9)
    scores = model(ids, mask)
    assert scores.shape == (5, 2) and torch.isfinite(scores).all()
    wider = model(F.pad(ids, (0, 13)), F.pad(mask, (0, 13)))
    assert torch.allclose(scores, wider, atol=1e-5)
    rubbish = model(ids.masked_fill(~mask, 13), mask)
    assert torch.allclose(scores, rubbish, atol=1e-5)
    for i, length in enumerate(lengths):
        n = max(1, length)
        assert torch.allclose(model(ids[i : i + 1, :n], mask[i : i + 1, :n])[0], scores[i], atol=1e-5)


def test_the_tagger_is_not_changed_by_padding() -> None:
    torch.manual_seed(2)
    model = c.Tagger(20, 6, 5)
    ids, mask = random_batch([6, 1, 0, 9], 9)
    tags = model(ids, mask)
    assert tags.shape == (4, 9, len(TAGS))
    wider = model(F.pad(ids, (0, 8)), F.pad(mask, (0, 8)))
    assert torch.allclose(tags[mask], wider[:, :9][mask], atol=1e-5)
    assert torch.allclose(model(ids[1:2, :1], mask[1:2, :1])[0, 0], tags[1, 0], atol=1e-5)
    assert c.Tagger(20, both=False)(ids, mask).shape == (4, 9, len(TAGS))


@pytest.mark.parametrize("name", ["bag", "mean of words", "width 1"])
def test_what_counts_words_cannot_see_their_order(name: str) -> None:
    torch.manual_seed(3)
    model = {"bag": c.BagOfWords(20), "width 1": c.TextCNN(20, 6, (1,), 7)}.get(name)
    ids, mask = random_batch([8], 8)
    shuffled = ids[:, torch.randperm(8)]
    if model is None:
        table = nn.Embedding(20, 6)
        assert torch.allclose(c.masked_mean(table(ids), mask), c.masked_mean(table(shuffled), mask), atol=1e-6)
    else:
        assert torch.allclose(model(ids, mask), model(shuffled, mask), atol=1e-6)


def test_the_cnn_is_its_recipe_without_masks_where_there_is_no_padding() -> None:
    torch.manual_seed(4)
    model = c.TextCNN(20, 6, (2, 4), 3)
    ids, mask = random_batch([9, 9], 9)
    x = model.embedding(ids).mT
    pooled = [F.relu(F.conv1d(x, conv.weight, conv.bias)).amax(2) for conv in model.convolutions]
    assert torch.allclose(model(ids, mask), model.output(torch.cat(pooled, 1)), atol=1e-5)


# ------------------------------------------------------------------------------------------------------------- pooling


def test_pooling_against_loops() -> None:
    torch.manual_seed(5)
    _, mask = random_batch([6, 1, 0, 9], 9)
    states = torch.randn(4, 9, 3, dtype=torch.float64) - 2
    for i, real in enumerate(mask):
        own = states[i][real]
        wanted = (own.mean(0), own.amax(0), own[-1]) if len(own) else (torch.zeros(3, dtype=torch.float64),) * 3
        for pool, right in zip((c.masked_mean, c.masked_max, c.last_state), wanted):
            found = pool(states, mask)
            assert found.dtype == torch.float64 and torch.allclose(found[i], right)


@pytest.mark.parametrize("pool", [c.masked_mean, c.masked_max, c.last_state])
def test_gradients_stay_finite_and_off_the_padding(pool) -> None:
    _, mask = random_batch([3, 0, 5], 6)
    states = torch.randn(3, 6, 4).requires_grad_()
    pool(states, mask).square().sum().backward()
    assert torch.isfinite(states.grad).all() and not states.grad[~mask].any() and states.grad[mask].any()


def test_the_last_state_is_that_of_a_packed_sequence() -> None:
    torch.manual_seed(6)
    model = c.RNNClassifier(20, 6, 5, "last")
    ids, mask = random_batch([6, 2, 9], 9)
    packed = nn.utils.rnn.pack_padded_sequence(model.embedding(ids), mask.sum(1), True, enforce_sorted=False)
    assert torch.allclose(model.output(model.rnn(packed)[1][0]), model(ids, mask), atol=1e-5)


def test_an_unknown_pooling_is_refused() -> None:
    with pytest.raises(ValueError, match="'sum'"):
        c.RNNClassifier(9, pooling="sum")


# ------------------------------------------------------------------------------------------------------------- tagging


def test_the_loss_is_cross_entropy_that_ignores_padding() -> None:
    torch.manual_seed(7)
    _, mask = random_batch([4, 0, 7], 8)
    tags = torch.randint(0, 5, (3, 8)).masked_fill(~mask, -100)
    for scale in (1.0, 1e4):
        logits = (scale * torch.randn(3, 8, 5)).requires_grad_()
        right = F.cross_entropy(logits.flatten(0, 1), tags.flatten(), ignore_index=-100)
        loss = c.tagging_loss(logits, tags, mask)
        assert torch.allclose(loss, right, rtol=1e-5)
        mine, theirs = torch.autograd.grad(loss, logits)[0], torch.autograd.grad(right, logits)[0]
        assert torch.allclose(mine, theirs, atol=1e-6)
    assert c.tagging_loss(logits, tags, torch.zeros_like(mask)) == 0


def test_f1_by_precision_and_recall() -> None:
    torch.manual_seed(8)
    _, mask = random_batch([9, 0, 12], 13)
    tags, predicted = torch.randint(0, 4, (2, 3, 13))
    scores = c.f1_scores(predicted, tags, mask, 6)
    for tag in range(4):
        given, there = (predicted == tag) & mask, (tags == tag) & mask
        right = (given & there).sum().item()
        precision, recall = right / given.sum().item(), right / there.sum().item()
        assert scores[tag] == pytest.approx(2 * precision * recall / (precision + recall) if right else 0, abs=1e-6)
    assert scores[4:].tolist() == [0, 0] and c.f1_scores(tags, tags, mask, 4).tolist() == [1, 1, 1, 1]
    assert c.f1_scores(tags, tags, torch.zeros_like(mask), 3 + 1).tolist() == [0, 0, 0, 0]


def test_the_table_of_tags() -> None:
    def review(tokens: str, *tags: str) -> Review:
        return Review(tuple(tokens), 1, tags, "en", "simple", "simple", 1)

    training = [review("aab", "POS", "NEG", "O"), review("ab", "NEG", "B-ASP")]
    assert c.most_frequent_tags(training, [review("abx", "O", "O", "O")]) == [["NEG", "O", "O"]]  # b: a tie
    assert c.most_frequent_tags([], [review("a", "O")]) == [["O"]]


# ------------------------------------------------------------------------------------------------------------ training


@pytest.fixture(scope="module")
def english() -> tuple[c.Words, list[Review], list[Review]]:
    training = reviews("en", "train", 3000) + simple_reviews("en", 2000)
    return c.Words(vocabulary("en")), training, reviews("en", "test", 600)


def test_a_recurrent_reader_learns_what_a_bag_cannot(english) -> None:
    words, training, test = english
    reader, history = c.fit(
        lambda: c.RNNClassifier(len(words), 12, 32, "last"), words, training, watch=test[:100], progress=False
    )
    bag, _ = c.fit(lambda: c.BagOfWords(len(words)), words, training, steps=200, progress=False)
    assert c.accuracy(reader, words, test) > 0.9 and c.accuracy(bag, words, test) == 0.5
    assert [step for step, _ in history] == list(range(40, 401, 40)) and history[-1][1] > history[0][1]


def test_a_tagger_reads_the_scope_of_negation(english) -> None:
    words, training, test = english
    tagger, _ = c.fit(lambda: c.Tagger(len(words), 12, 24), words, training, steps=300, progress=False)
    guessed, right, mask = c.guesses(tagger, words, test)
    table, _ = c.pad_batch([[TAGS.index(tag) for tag in tags] for tags in c.most_frequent_tags(training, test)])
    ours, theirs = (c.f1_scores(g, right, mask, len(TAGS)) for g in (guessed, table))
    assert (ours[3:] > theirs[3:] + 0.08).all() and ours.min() > 0.8


def test_training_repeats_and_leaves_the_random_state_and_the_threads_alone(english) -> None:
    words, training, _ = english
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    models = [
        c.fit(lambda: c.TextCNN(len(words), 6, (2,), 5), words, training[:50], steps=8, seed=s, progress=False)[0]
        for s in (3, 3, 4)
    ]
    assert torch.equal(before, torch.random.get_rng_state()) and torch.get_num_threads() == threads
    states = [torch.cat([v.flatten() for v in m.state_dict().values()]) for m in models]
    assert torch.equal(states[0], states[1]) and not torch.equal(states[0], states[2])
    assert not models[0].training


def test_small_trainings_and_bad_requests(english) -> None:
    words, training, _ = english
    c.fit(lambda: c.RNNClassifier(len(words)), words, training[:1], steps=1, batch=1, progress=False)
    for bad in (lambda: c.fit(nn.Identity, words, []), lambda: c.fit(nn.Identity, words, training, steps=0)):
        with pytest.raises(ValueError, match="needs reviews and steps"):
            bad()
    with pytest.raises(ValueError, match="of 0 reviews"):
        c.fit(nn.Identity, words, training, batch=0)
    for judge in (c.accuracy, c.guesses):
        with pytest.raises(ValueError, match="no reviews"):
            judge(c.BagOfWords(len(words)), words, [])
    with pytest.raises(ValueError, match="no words"):
        c.accuracy(c.Tagger(len(words)), words, [Review((), 1, (), "en", "simple", "simple", 1)])


def test_the_two_special_numbers_cannot_be_typed() -> None:
    words = c.Words(["<pad>", "a", "<unk>", "a"])
    assert words.words == ["<pad>", "<unk>", "a"] and words.encode(["<pad>", "<unk>", "a", "b"]) == [1, 1, 2, 1]
