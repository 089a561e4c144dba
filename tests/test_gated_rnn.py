"""Gated recurrent networks against PyTorch's own, values and gradients; the sentences for gates; the language model."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from utils import gate_sentences as sentences
from utils import gated_rnn as gated
from utils import language_models as lm

SIZES = [(2, 5, 3, 4), (1, 1, 1, 1), (3, 1, 4, 2), (1, 6, 2, 5), (4, 7, 5, 3)]  # batch, length, input_size, hidden


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same_gradients(one: torch.Tensor, other: torch.Tensor, mine: list, theirs: list) -> None:
    direction = torch.randn(one.shape, generator=generator(one.numel()), dtype=one.dtype)
    ours = torch.autograd.grad((one * direction).sum(), mine)
    yours = torch.autograd.grad((other * direction).sum(), theirs)
    for a, b in zip(ours, yours, strict=True):
        torch.testing.assert_close(a, b)


# ---- steps


def test_a_gate_and_a_memory_by_hand() -> None:
    one = torch.ones(1, 1)
    assert float(gated.gate(one, 0 * one, 2 * one, one, torch.tensor([-2.0]))) == 0.5
    new = gated.new_memory(torch.tensor([[2.0]]), torch.tensor([[0.5]]), torch.tensor([[0.25]]), -one)
    assert float(new) == 0.75


@pytest.mark.parametrize("sizes", SIZES)
def test_a_step_is_that_of_lstm_cell(sizes: tuple[int, ...]) -> None:
    batch, _, input_size, hidden = sizes
    cell = nn.LSTMCell(input_size, hidden).double()
    x, h, c = (torch.randn(batch, n, generator=generator(n)).double() for n in (input_size, hidden, hidden))
    ours = gated.lstm_step(x, h, c, cell.weight_ih, cell.weight_hh, cell.bias_ih + cell.bias_hh)
    torch.testing.assert_close(ours, cell(x, (h, c)))


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_the_layer_is_nn_lstm(sizes: tuple[int, ...], given: bool) -> None:
    batch, length, input_size, hidden = sizes
    theirs = nn.LSTM(input_size, hidden, batch_first=True).double()
    ours = gated.LSTM(input_size, hidden).double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(batch, length, input_size, generator=generator(1)).double().requires_grad_()
    state = tuple(torch.randn(1, batch, hidden, generator=generator(s)).double() for s in (2, 3)) if given else None
    one, (h, c) = ours(x, state)
    other, (h_t, c_t) = theirs(x, state)
    torch.testing.assert_close((one, h, c), (other, h_t, c_t))
    same_gradients(one, other, [x, *ours.parameters()], [x, *theirs.parameters()])


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_the_layer_is_nn_gru(sizes: tuple[int, ...], given: bool) -> None:
    batch, length, input_size, hidden = sizes
    theirs = nn.GRU(input_size, hidden, batch_first=True).double()
    ours = gated.GRU(input_size, hidden).double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(batch, length, input_size, generator=generator(4)).double().requires_grad_()
    state = torch.randn(1, batch, hidden, generator=generator(5)).double() if given else None
    one, h = ours(x, state)
    other, h_t = theirs(x, state)
    torch.testing.assert_close((one, h), (other, h_t))
    same_gradients(one, other, [x, *ours.parameters()], [x, *theirs.parameters()])


def test_the_lectures_gru_is_its_formula_and_not_pytorchs() -> None:
    x, h = torch.randn(3, 2, generator=generator(6)), torch.randn(3, 4, generator=generator(7))
    w, u = torch.randn(12, 2, generator=generator(8)), torch.randn(12, 4, generator=generator(9))
    b, zero = torch.randn(12, generator=generator(10)), torch.zeros(12)
    r, z = (gated.gate(x, h, w[k : k + 4], u[k : k + 4], b[k : k + 4]) for k in (0, 4))
    candidate = torch.tanh(x @ w[8:].T + (r * h) @ u[8:].T + b[8:])
    lecture = gated.gru_step(x, h, w, u, b, zero, lecture=True)
    torch.testing.assert_close(lecture, (1 - z) * h + z * candidate)
    assert float((lecture - gated.gru_step(x, h, w, u, b, zero)).abs().max()) > 0.1


def test_steps_keep_the_type_and_the_inputs() -> None:
    given = [torch.randn(n, generator=generator(0)).double() for n in ((2, 3), (2, 4), (2, 4), (16, 3), (16, 4), (16,))]
    before = [t.clone() for t in given]
    h, c = gated.lstm_step(*given)
    assert h.dtype == c.dtype == torch.float64
    assert all(torch.equal(a, b) for a, b in zip(before, given, strict=True))


# ---- the direct path


def test_the_direct_path_is_the_gradient_when_gates_do_not_look_back() -> None:
    """With U = 0 no gate depends on an earlier state: the direct path is all there is."""
    cell = gated.LSTM(3, 4).double()
    with torch.no_grad():
        cell.weight_hh_l0.zero_()
    x = torch.randn(1, 6, 3, generator=generator(11)).double()
    bias = cell.bias_ih_l0 + cell.bias_hh_l0
    h = c = torch.zeros(1, 4, dtype=torch.float64)
    memories, forget = [], []
    for t in range(6):
        forget.append(torch.sigmoid((x[:, t] @ cell.weight_ih_l0.T + bias).chunk(4, 1)[1])[0])
        h, c = gated.lstm_step(x[:, t], h, c, cell.weight_ih_l0, cell.weight_hh_l0, bias)
        c.retain_grad()
        memories.append(c)
    memories[-1].sum().backward()
    torch.testing.assert_close(gated.direct_path(torch.stack(forget)), torch.cat([m.grad for m in memories]))


def test_the_direct_path_of_one_step_and_of_a_shut_gate() -> None:
    assert gated.direct_path(torch.tensor([[0.3, 0.4]])).tolist() == [[1.0, 1.0]]
    assert gated.direct_path(torch.tensor([[0.9], [0.0], [0.5]])).tolist() == [[0.0], [0.5], [1.0]]


# ---- forget bias, weights


@pytest.mark.parametrize(("layers", "both"), [(1, False), (3, False), (2, True)])
def test_open_forget_gates_are_open_everywhere(layers: int, both: bool) -> None:
    lstm = nn.LSTM(3, 5, layers, bidirectional=both)
    before = {name: weight.clone() for name, weight in lstm.named_parameters()}
    gated.open_forget_gates(lstm, 2.5)
    for weights in lstm.all_weights:
        assert (weights[2] + weights[3])[5:10].tolist() == [2.5] * 5
    for name, weight in lstm.named_parameters():
        rows = slice(None) if name.startswith("weight") else [*range(5), *range(10, 20)]
        assert torch.equal(weight[rows], before[name][rows])
    with pytest.raises(ValueError, match="bias=False"):
        gated.open_forget_gates(nn.LSTM(3, 5, bias=False))


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_weights_are_counted_as_pytorch_has_them(kind: str, layers: int, both: bool) -> None:
    layer = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind](5, 3, layers, bidirectional=both)
    assert gated.count_weights(kind, 5, 3, layers, both) == sum(w.numel() for w in layer.parameters())


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="'transformer'"):
        gated.count_weights("transformer", 1, 1)


# ---- directions, layers


@pytest.mark.parametrize("length", [1, 6])
def test_both_directions_are_pytorchs_bidirectional_layer(length: int) -> None:
    whole = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    parts = nn.LSTM(3, 4, batch_first=True), nn.LSTM(3, 4, batch_first=True)
    weights = whole.state_dict()
    for part, ending in zip(parts, ("l0", "l0_reverse"), strict=True):
        part.load_state_dict({f"{name[:-2]}l0": weights[f"{name[:-2]}{ending}"] for name in part.state_dict()})
    x = torch.randn(2, length, 3, generator=generator(12))
    torch.testing.assert_close(gated.both_directions(x, *parts), whole(x)[0])


def test_a_stack_can_go_on_where_it_stopped() -> None:
    stack = gated.StackedLSTM(6, 3)
    x = torch.randn(2, 7, 6, generator=generator(13))
    whole, end = stack(x)
    first, states = stack(x[:, :4])
    second, states = stack(x[:, 4:], states)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(states, end)
    assert len(states) == 3


def test_without_what_the_cells_find_a_stack_is_the_identity() -> None:
    stack = gated.StackedLSTM(4, 5)
    with torch.no_grad():
        for cell in stack.cells:
            for weight in cell.parameters():
                weight.zero_()
    x = torch.randn(2, 3, 4, generator=generator(14))
    torch.testing.assert_close(stack(x)[0], x)


# ---- the language model


@pytest.mark.parametrize("bigram", [False, True])
@pytest.mark.parametrize("cell", ["none", "own", "gru", "stack"])
def test_a_language_model_reads_on_in_chunks(cell: str, bigram: bool) -> None:
    made = {
        "none": None,
        "own": gated.LSTM(8, 8),
        "gru": nn.GRU(8, 8, batch_first=True),
        "stack": gated.StackedLSTM(8, 2),
    }
    model = gated.RecurrentLM(5, 8, made[cell], bigram=bigram)
    ids = torch.randint(5, (3, 11), generator=generator(15))
    whole, _ = model(ids)
    first, state = model(ids[:, :4])
    second, _ = model(ids[:, 4:], lm.detached(state))
    assert whole.shape == (3, 11, 5)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)


def test_pairs_part_what_single_characters_do_not() -> None:
    model = gated.RecurrentLM(4, 6, bigram=True)
    assert model.hints is not None and model.hints.num_embeddings == 16 and model.hint is not None
    assert model.hint(torch.tensor([[0, 1, 3]]), torch.tensor([[1, 3, 2]])).tolist() == [[1, 7, 14]]
    told: list[torch.Tensor] = []
    model = gated.RecurrentLM(4, 6, hint=lambda before, ids: told.append(before) or before, codes=4)
    _, state = model(torch.tensor([[1, 3]]))
    model(torch.tensor([[2, 1]]), state)
    assert [t.tolist() for t in told] == [[[0, 1]], [[3, 2]]]
    for wrong in ({"hint": lambda before, ids: ids}, {"hint": lambda before, ids: ids, "codes": 4, "bigram": True}):
        with pytest.raises(ValueError, match="codes"):
            gated.RecurrentLM(4, 6, **wrong)


def test_every_text_can_be_a_corpus() -> None:
    """No letters, one word, one character; an alphabet so large that pairs share rows."""
    for text in ("!? 12 %", "word", "a"):
        alphabet = lm.Alphabet(text)
        model = gated.RecurrentLM(len(alphabet), 4, bigram=True)
        assert model(alphabet.encode(text)[None])[0].shape == (1, len(text), len(alphabet))
    large = gated.RecurrentLM(5000, 2, bigram=True)
    assert large.hints is not None and large.hints.num_embeddings == 131_071
    assert large(torch.tensor([[4999, 4998]]))[0].isfinite().all()
    with pytest.raises(ValueError, match="at least 1"):
        gated.RecurrentLM(0)


# ---- the sentences


@pytest.mark.parametrize("task", ["opinion", "subject"])
def test_sentences_are_whole_repeatable_and_not_the_lectures(task: str) -> None:
    made = sentences.sentences(task, 300, seed=1)
    assert made == sentences.sentences(task, 300, seed=1) != sentences.sentences(task, 300, seed=2)
    known = set(sentences.vocabulary(task))
    for one in made:
        assert len(one.words) == len(one.answers) == len(one.kinds) and known.issuperset(one.words)
        assert one.words not in (sentences.FOOD.words, sentences.TEACHER.words)
    example = sentences.FOOD if task == "opinion" else sentences.TEACHER
    assert known.issuperset(example.words)
    assert {answer for one in made for answer in one.answers} == set(range(len(sentences.ANSWERS[task])))


def test_an_opinion_is_turned_by_not_and_the_last_one_counts() -> None:
    for one in sentences.sentences("opinion", 300, seed=3):
        now, turned = 0, False
        for word, answer, kind in zip(one.words, one.answers, one.kinds, strict=True):
            if kind == "not":
                turned = True
            elif kind == "opinion":
                good = word in " ".join(sentences.GOOD).split() or sentences.FEELINGS.get(word) == 1
                now, turned = (1 if good != turned else 2), False
            assert answer == now


def test_gates_are_those_of_the_cell() -> None:
    reader = sentences.GateReader("subject", hidden=3)
    x = reader.embedding(reader.encode([sentences.TEACHER.words]))
    inside = sentences.gates(reader.cell, x)
    torch.testing.assert_close(inside["state"], reader.cell(x)[0])
    torch.testing.assert_close(inside["memory"][:, -1], reader.cell(x)[1][1][0])
    with pytest.raises(ValueError, match="one layer"):
        sentences.gates(nn.LSTM(2, 2, 2, batch_first=True), torch.zeros(1, 1, 2))


def test_a_reader_learns_alike_from_the_same_seed_and_says_what_it_does_not_know() -> None:
    state = torch.random.get_rng_state()
    models = [sentences.train("subject", hidden=3, steps=12, seed=5, progress=False) for _ in range(2)]
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(*(m.parameters() for m in models), strict=True))
    with pytest.raises(ValueError, match="does not know: стол"):
        models[0].encode([["стол"]])
    with pytest.raises(ValueError, match="nothing to read"):
        models[0].encode([])
    tests = sentences.sentences("subject", 20, seed=9)
    assert 0 <= sentences.accuracy(models[0], tests) <= 1
    means = sentences.gates_by_kind(models[0], tests)
    assert set(means) == {"subject", "other", "end"} and means["end"]["forget"].shape == (3,)
    for call in (lambda: sentences.sentences("weather", 1), lambda: sentences.train("subject", steps=1)):
        with pytest.raises(ValueError):
            call()
