"""Recurrent networks: PyTorch's numbers and gradients, padding that changes nothing, gradients that stop, odd input."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from utils import rnn
from utils.language_models import Alphabet, bits_per_character, parameters, sample, train


def _twins(width: int, hidden: int, batch_first: bool) -> tuple[rnn.RNN, nn.RNN]:
    theirs = nn.RNN(width, hidden, batch_first=batch_first)
    mine = rnn.RNN(width, hidden, batch_first=batch_first)
    mine.load_state_dict(theirs.state_dict())
    return mine, theirs


# ------------------------------------------------------------------------------------------------- a step, and a layer


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_step_is_that_of_torch(dtype) -> None:
    cell = nn.RNNCell(3, 5).to(dtype)
    x, h = torch.randn(4, 3, dtype=dtype), torch.randn(4, 5, dtype=dtype)
    mine = rnn.rnn_step(x, h, cell.weight_ih, cell.weight_hh, cell.bias_ih + cell.bias_hh)
    assert mine.dtype == dtype
    torch.testing.assert_close(mine, cell(x, h))


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize(("batch", "length"), [(3, 7), (1, 6), (4, 1), (1, 1)])
def test_the_layer_is_that_of_torch_in_values_and_gradients(batch_first, with_state, batch, length) -> None:
    mine, theirs = _twins(4, 5, batch_first)
    x = torch.randn(*((batch, length) if batch_first else (length, batch)), 4)
    state = torch.randn(1, batch, 5) if with_state else None
    found = []
    for layer in (mine, theirs):
        leaves = [x.clone().requires_grad_()] + ([state.clone().requires_grad_()] if state is not None else [])
        outputs, last = layer(*leaves)
        (outputs.sin().sum() + last.pow(3).sum()).backward()
        found.append([outputs, last, *(leaf.grad for leaf in leaves), *(w.grad for w in layer.parameters())])
    for own, other in zip(*found, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-4, atol=1e-5)


def test_the_layer_begins_as_torch_does() -> None:
    torch.manual_seed(0)
    mine = rnn.RNN(30, 25)
    assert {n: p.shape for n, p in mine.named_parameters()} == {
        n: p.shape for n, p in nn.RNN(30, 25).named_parameters()
    }
    for weight in mine.parameters():
        assert weight.abs().max() <= 1 / 5 and weight.std() > 0.08


@pytest.mark.parametrize("shape", [(3, 4), (0, 2, 4), (3, 0, 4)])
def test_the_layer_says_what_it_cannot_read(shape) -> None:
    with pytest.raises(ValueError, match="x must have a batch"):
        rnn.RNN(4, 5)(torch.zeros(shape))


@pytest.mark.parametrize("sizes", [(3, 2, 4), (64, 64, 256), (2, 1, 1)])
def test_counted_weights_are_those_of_the_model(sizes) -> None:
    for layer in (nn.RNN, rnn.RNN):
        assert rnn.count_weights(*sizes) == parameters(rnn.RNNLanguageModel(*sizes, recurrent=layer))


# --------------------------------------------------------------------------------------------------- the language model


@pytest.mark.parametrize("layer", [rnn.RNN, nn.RNN, nn.GRU, nn.LSTM])
def test_a_text_may_be_read_in_pieces(layer) -> None:
    model = rnn.RNNLanguageModel(9, 4, 6, recurrent=layer)
    ids = torch.randint(9, (2, 11))
    whole, _ = model(ids)
    state, parts = None, []
    for piece in ids.split(3, dim=1):
        logits, state = model(piece, state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), whole)


def test_no_output_sees_the_future() -> None:
    model = rnn.RNNLanguageModel(9, 4, 6, recurrent=rnn.RNN)
    ids = torch.randint(9, (1, 8))
    changed = ids.clone()
    changed[0, 5:] = (changed[0, 5:] + 1) % 9
    torch.testing.assert_close(model(ids)[0][:, :5], model(changed)[0][:, :5])
    assert not torch.allclose(model(ids)[0][:, 5:], model(changed)[0][:, 5:])


@pytest.mark.parametrize("text", ["ab" * 400, "а б в 7 🙂 \n" * 60, "123 456!? " * 60])
def test_it_learns_any_text(text) -> None:
    """Text with no letters, and of other scripts, as well."""
    alphabet = Alphabet(text)
    torch.manual_seed(0)
    model = rnn.RNNLanguageModel(len(alphabet), 8, 24, recurrent=rnn.RNN)
    ids = alphabet.encode(text)
    train(model, ids, steps=120, batch=4, length=16, rate=1e-2, progress=False)
    assert bits_per_character(model, ids) < 0.3 * math.log2(len(alphabet))
    written = sample(model, alphabet, text[:12], 24, temperature=0)
    assert written == text[12:36]


def test_a_text_of_one_symbol() -> None:
    alphabet = Alphabet("aaaa")
    model = rnn.RNNLanguageModel(len(alphabet), 3, 4, recurrent=rnn.RNN)
    train(model, alphabet.encode("a" * 40), steps=80, batch=1, length=5, rate=2e-2, progress=False)
    assert rnn.generate(model, alphabet.encode("a").tolist(), [0.5] * 4) == [1, 1, 1, 1]


# ----------------------------------------------------------------------------------------- loss and padding


@pytest.mark.parametrize("pad", [-100, -1, 0, 3, 6, 10**6])
def test_padding_changes_neither_loss_nor_gradients(pad) -> None:
    model = rnn.RNNLanguageModel(7, 4, 6, recurrent=rnn.RNN)
    texts = [[1, 2, 3, 4, 5, 6], [3, 3], [2], [], [5, 0, 0, 1]]

    def learned(batch, wide=0):
        model.zero_grad()
        read, steps = rnn.pad_batch([text[:-1] for text in batch], min(max(pad, 0), 6))
        asked, _ = rnn.pad_batch([text[1:] for text in batch], pad)
        read, asked = F.pad(read, (0, wide), value=2), F.pad(asked, (0, wide), value=pad)
        loss = rnn.corpus_loss(model(read)[0], asked, steps) * len(batch)
        loss.backward()
        return [loss.detach(), *(w.grad.clone() for w in model.parameters())]

    alone = [learned([text]) for text in texts if len(text) > 1]
    for wide in (0, 3):
        for own, parts in zip(learned(texts, wide), zip(*alone)):
            torch.testing.assert_close(own, sum(parts), rtol=1e-4, atol=1e-5)


def test_the_loss_of_nothing_but_padding_is_zero_and_has_a_gradient() -> None:
    logits = torch.randn(2, 3, 4, requires_grad=True)
    loss = rnn.corpus_loss(logits, torch.full((2, 3), -1), torch.tensor([0, 0]))
    loss.backward()
    assert str(loss.item()) == "0.0" and logits.grad is not None and not logits.grad.any()


def test_the_loss_takes_very_large_scores() -> None:
    logits = torch.tensor([[[1e4, -1e4], [-1e4, 1e4]]])
    assert rnn.corpus_loss(logits, torch.tensor([[0, 1]]), torch.tensor([2])) == 0
    assert rnn.corpus_loss(logits, torch.tensor([[1, 1]]), torch.tensor([2])) == 2e4


def test_padding_and_truncation() -> None:
    ids, lengths = rnn.pad_batch([[1, 5, 3], [2, 4, 3, 6, 1], [5, 2]])
    assert ids.tolist() == [[1, 5, 3, 0, 0], [2, 4, 3, 6, 1], [5, 2, 0, 0, 0]] and lengths.tolist() == [3, 5, 2]
    ids, lengths = rnn.pad_batch([[1, 5, 3], [2, 4, 3, 6, 1], [5, 2]], pad=9, limit=4)
    assert ids.tolist() == [[1, 5, 3, 9], [2, 4, 3, 6], [5, 2, 9, 9]] and lengths.tolist() == [3, 4, 2]
    assert rnn.pad_batch([[1], [2, 3]], limit=100)[0].shape == (2, 2)
    assert rnn.pad_batch([(1,), (2, 3)], limit=0)[0].shape == (2, 0)
    for nothing in ([], [[]], [[], []]):
        ids, lengths = rnn.pad_batch(nothing)
        assert ids.shape == (len(nothing), 0) and ids.dtype == lengths.dtype == torch.int64


def test_the_last_state_is_that_of_packed_sequences() -> None:
    mine, theirs = _twins(3, 4, True)
    x, lengths = torch.randn(4, 6, 3), torch.tensor([2, 6, 1, 4])
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    torch.testing.assert_close(rnn.last_state(mine(x)[0], lengths), theirs(packed)[1][0])
    assert not rnn.last_state(torch.randn(2, 3, 4), torch.tensor([0, 0])).any()
    torch.testing.assert_close(rnn.last_state(x.fill_(math.nan), torch.tensor([0, 0, 0, 0])), torch.zeros(4, 3))


def test_batches_of_similar_length_hold_every_sequence_once() -> None:
    lengths = torch.randint(0, 50, (101,)).tolist()
    batches = rnn.similar_batches(lengths, 8)
    assert sorted(i for b in batches for i in b) == list(range(101)) and [len(b) for b in batches] == [8] * 12 + [5]
    assert [lengths[i] for b in batches for i in b] == sorted(lengths)
    assert rnn.similar_batches([], 3) == []
    with pytest.raises(ValueError, match="not 0"):
        rnn.similar_batches([1], 0)


def test_waste() -> None:
    assert rnn.wasted([3, 5, 2], [[0, 1, 2]]) == pytest.approx(1 / 3)
    assert rnn.wasted([3, 5, 2], [[0], [1], [2]]) == 0
    assert rnn.wasted([0, 0], [[0, 1]]) == rnn.wasted([], []) == rnn.wasted([4], [[], [0]]) == 0


# --------------------------------------------------------------------------------------------------- chunks, generation


@pytest.mark.parametrize("layer", [rnn.RNN, nn.RNN])
@pytest.mark.parametrize("chunk", [1, 3, 7, 50])
def test_values_pass_the_edge_of_a_chunk_and_gradients_do_not(layer, chunk) -> None:
    model = layer(2, 5, batch_first=True)
    x, state = torch.randn(1, 7, 2, requires_grad=True), torch.randn(1, 1, 5, requires_grad=True)
    outputs, last = rnn.run_in_chunks(model, x, chunk, state)
    whole, end = model(x, state)
    torch.testing.assert_close(outputs, whole)
    torch.testing.assert_close(last, end)
    for t in range(7):
        reached, start = torch.autograd.grad(outputs[0, t].sum(), (x, state), retain_graph=True, allow_unused=True)
        seen = reached[0].abs().sum(1) > 0
        assert seen.tolist() == [k // chunk == t // chunk and k <= t for k in range(7)]
        assert (start is not None and bool(start.any())) == (t < chunk)


def test_a_chunk_has_a_step() -> None:
    with pytest.raises(ValueError, match="not 0"):
        rnn.run_in_chunks(nn.RNN(2, 3, batch_first=True), torch.zeros(1, 4, 2), 0)


def test_generation_draws_in_proportion() -> None:
    torch.manual_seed(0)
    model = rnn.RNNLanguageModel(5, 4, 6)
    with torch.no_grad():
        expected = model(torch.tensor([[3, 1]]))[0][0, -1].softmax(0)
    drawn = [rnn.generate(model, [3, 1], [(i + 0.5) / 1000])[0] for i in range(1000)]
    shares = torch.bincount(torch.tensor(drawn), minlength=5) / 1000
    assert (shares - expected).abs().max() < 2e-3 and drawn == sorted(drawn)


@pytest.mark.parametrize("number", [0.0, 1 - 2**-53])
def test_generation_at_the_ends_of_the_line(number) -> None:
    model = rnn.RNNLanguageModel(5, 4, 6)
    assert rnn.generate(model, [0], [number]) == [0 if number == 0 else 4]
    assert rnn.generate(model, [0], []) == []
    with pytest.raises(ValueError, match="prompt is empty"):
        rnn.generate(model, [], [0.5])


def test_neighbours_by_cosine() -> None:
    weight = torch.tensor([[1.0, 0], [2, 2], [0, 9], [3, 1], [-5, 0]])
    assert rnn.nearest_rows(weight, 0, 9) == [3, 1, 2, 4]
    assert rnn.nearest_rows(weight, 0, 0) == [] == rnn.nearest_rows(weight[:1], 0, 3)
    assert rnn.nearest_rows(torch.eye(4), 2, 3) == [0, 1, 3]  # equally near: the earlier row first
    assert rnn.nearest_rows(nn.Parameter(weight * 1e-20), 0, 1) == [3]
    assert rnn.nearest_rows(torch.tensor([[1.0, 0], [2, 0], [0, 1], [3, 1]]), 1, 3) == [0, 3, 2]
