"""utils/language_models.py: numbers of characters, streams, training, bits per character, sampling."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import language_models as lm


class Recurrent(nn.Module):
    """A small LSTM language model, in the form that the module asks for."""

    def __init__(self, symbols: int, width: int = 16) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.output = nn.Linear(width, symbols)

    def forward(self, ids: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        states, state = self.lstm(self.embedding(ids), state)
        return self.output(states), state


class Uniform(nn.Module):
    """Gives every symbol the same probability."""

    def __init__(self, symbols: int) -> None:
        super().__init__()
        self.symbols = symbols

    def forward(self, ids: Tensor, state: None = None) -> tuple[Tensor, None]:
        return torch.zeros(*ids.shape, self.symbols), None


def made(symbols: int = 7, seed: int = 0) -> Recurrent:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Recurrent(symbols)


TEXT = "and the light was good, and there was night. " * 12


@pytest.fixture
def letters() -> lm.Alphabet:
    return lm.Alphabet(TEXT)


# ------------------------------------------------------------------------------------------------------ the alphabet


@pytest.mark.parametrize("text", ["", "a", "abba", "в начале", "\ufffd?", "\n\t 💡e\u0301"])
def test_a_text_comes_back_as_it_was(text: str) -> None:
    alphabet = lm.Alphabet(text)
    assert alphabet.decode(alphabet.encode(text)) == text
    assert len(alphabet) == len(set(text) | {lm.UNKNOWN})


def test_a_character_that_was_never_seen_is_number_0() -> None:
    alphabet = lm.Alphabet("ab")
    assert alphabet.encode("bXa").tolist() == [2, 0, 1]
    assert alphabet.decode(alphabet.encode("bXa")) == "b\ufffda"


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_number_without_a_character_is_named(wrong: int) -> None:
    with pytest.raises(ValueError, match=f"0 to 2, and {wrong} is not"):
        lm.Alphabet("ab").decode([0, wrong])


def test_an_alphabet_needs_a_string() -> None:
    with pytest.raises(TypeError, match="list"):
        lm.Alphabet(["a"])  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------------------------- the streams


@pytest.mark.parametrize(("n", "batch", "length"), [(100, 7, 5), (101, 1, 9), (23, 4, 50), (8, 7, 1), (2, 1, 1)])
def test_streams_go_on_where_they_stopped(n: int, batch: int, length: int) -> None:
    ids = torch.arange(n)
    chunks = list(lm.streams(ids, batch, length))
    rows = torch.cat([inputs for inputs, _ in chunks], dim=1)
    assert rows.flatten().tolist() == list(range(batch * ((n - 1) // batch)))
    assert all(torch.equal(targets, inputs + 1) for inputs, targets in chunks)
    assert all(inputs.shape[1] <= length for inputs, _ in chunks)


@pytest.mark.parametrize(("n", "batch", "length"), [(5, 5, 2), (0, 1, 1), (1, 1, 1), (9, 0, 2), (9, 2, 0)])
def test_streams_that_cannot_be_are_refused(n: int, batch: int, length: int) -> None:
    with pytest.raises(ValueError, match=str(batch)):
        list(lm.streams(torch.arange(n), batch, length))


# ------------------------------------------------------------------------------------------------------------ the score


@pytest.mark.parametrize("n", [2, 3, 64, 65, 129, 500, 1300, 1301, 4000])
@pytest.mark.parametrize(("rows", "warm_up"), [(64, 128), (3, 10), (1, 0), (5, 0)])
def test_every_character_but_the_first_is_scored_once(n: int, rows: int, warm_up: int) -> None:
    ids = torch.arange(n) % 5
    assert lm.bits_per_character(Uniform(8), ids, rows, warm_up) == pytest.approx(3.0, abs=1e-6)


@pytest.mark.parametrize("n", [2, 70, 300, 1201])
def test_with_one_row_it_is_the_plain_cross_entropy(n: int) -> None:
    model = made().eval()
    ids = torch.randint(7, (n,), generator=torch.Generator().manual_seed(n))
    with torch.no_grad():
        logits, _ = model(ids[None, :-1])
    plain = float(F.cross_entropy(logits[0], ids[1:])) / math.log(2)
    assert lm.bits_per_character(model, ids, rows=1) == pytest.approx(plain, rel=1e-5)


def test_rows_are_warmed_up() -> None:
    """A model that remembers ten characters at most scores the same in one row or many."""

    class Window(nn.Module):
        def forward(self, ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
            past = F.pad(ids, (9, 0)) if state is None else torch.cat([state, ids], dim=1)
            sums = past.unfold(1, 10, 1).sum(-1)
            return F.one_hot(sums % 7, 7).float(), past[:, -9:]

    ids = torch.randint(7, (5000,), generator=torch.Generator().manual_seed(1))
    whole = lm.bits_per_character(Window(), ids, rows=1)
    assert lm.bits_per_character(Window(), ids, rows=13, warm_up=9) == pytest.approx(whole, rel=1e-6)
    assert lm.bits_per_character(Window(), ids, rows=13, warm_up=0) != pytest.approx(whole, rel=1e-6)


def test_scoring_leaves_the_model_as_it_was() -> None:
    model = made().train()
    lm.bits_per_character(model, torch.arange(6))
    assert model.training


@pytest.mark.parametrize("ids", [torch.arange(1), torch.arange(0)])
def test_nothing_to_predict(ids: Tensor) -> None:
    with pytest.raises(ValueError, match="at least two"):
        lm.bits_per_character(made(), ids)


# --------------------------------------------------------------------------------------------------------- the training


def test_training_learns_and_repeats(letters: lm.Alphabet) -> None:
    ids = letters.encode(TEXT)
    scores = []
    for _ in range(2):
        model = made(len(letters))
        before = lm.bits_per_character(model, ids)
        torch.manual_seed(len(scores) + 5)  # whatever the global state is
        history = lm.train(model, ids, steps=60, batch=4, length=16, rate=1e-2, held_out=ids, every=25, progress=False)
        scores.append(lm.bits_per_character(model, ids))
        assert not model.training
    assert scores[0] == scores[1] < 0.6 * before
    assert history.steps == len(history.losses) == 60
    assert [step for step, _ in history.validation] == [25, 50, 60]
    assert history.validation[-1][1] == pytest.approx(scores[1])


def test_training_by_the_clock_stops(letters: lm.Alphabet) -> None:
    history = lm.train(made(len(letters)), letters.encode(TEXT), seconds=0.2, batch=4, length=16, progress=False)
    assert 0.2 <= history.seconds < 5.0
    assert history.steps == len(history.losses) > 0


def test_training_leaves_the_random_state(letters: lm.Alphabet) -> None:
    torch.manual_seed(3)
    expected = torch.rand(())
    torch.manual_seed(3)
    lm.train(made(len(letters)), letters.encode(TEXT), steps=2, batch=2, length=4, progress=False)
    assert torch.rand(()) == expected


@pytest.mark.parametrize("carry", [True, False])
def test_a_state_is_carried_or_not(carry: bool) -> None:
    given: list[bool] = []

    class Spy(Recurrent):
        def forward(self, ids: Tensor, state: tuple[Tensor, Tensor] | None = None):  # type: ignore[no-untyped-def]
            given.append(state is not None)
            assert state is None or not state[0].requires_grad
            return super().forward(ids, state)

    lm.train(Spy(7), torch.arange(41) % 7, steps=6, batch=2, length=5, carry=carry, progress=False)
    assert given == ([False, True, True, True, False, True] if carry else [False] * 6)


@pytest.mark.parametrize("budget", [{}, {"steps": 3, "seconds": 1.0}, {"steps": 0}, {"seconds": -1.0}])
def test_a_budget_that_cannot_be(budget: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"steps=|positive"):
        lm.train(made(), torch.arange(30) % 7, batch=2, length=3, progress=False, **budget)  # type: ignore[arg-type]


def test_a_loss_that_is_no_number_stops_the_training() -> None:
    model = made()
    nn.init.constant_(model.output.bias, math.nan)
    with pytest.raises(ValueError, match="nan after 1 steps"):
        lm.train(model, torch.arange(30) % 7, steps=5, batch=2, length=3, progress=False)


def test_only_states_of_tensors_can_be_cut() -> None:
    leaf = torch.ones(2, requires_grad=True)
    cut = lm.detached((leaf * 2, [leaf * 3, None]))
    assert isinstance(cut, tuple) and not cut[0].requires_grad and not cut[1][0].requires_grad and cut[1][1] is None
    with pytest.raises(TypeError, match="dict"):
        lm.detached({})


def test_parameters_are_counted_once() -> None:
    model = made(7)
    assert lm.parameters(model) == sum(p.numel() for p in model.parameters())
    model.output.weight = model.embedding.weight
    assert lm.parameters(model) == sum(p.numel() for p in set(model.parameters()))


# --------------------------------------------------------------------------------------------------------- the sampling


def test_sampling(letters: lm.Alphabet) -> None:
    model = made(len(letters))
    lm.train(model, letters.encode(TEXT), steps=250, batch=4, length=16, rate=1e-2, progress=False)
    assert lm.sample(model, letters, "and there was nig", 3, temperature=0) == "ht."
    first, again = (lm.sample(model, letters, "and ", 30, seed=1) for _ in range(2))
    assert first == again != lm.sample(model, letters, "and ", 30, seed=2)
    assert len(first) == 30 and lm.UNKNOWN not in lm.sample(model, letters, "and ", 30, temperature=50)
    assert lm.sample(model, letters, "a", 0) == ""


@pytest.mark.parametrize("wrong", [{"prompt": ""}, {"length": -1}, {"temperature": -0.5}])
def test_sampling_that_cannot_be(letters: lm.Alphabet, wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"prompt": "a", "length": 3, **wrong}
    with pytest.raises(ValueError, match=r"prompt|negative"):
        lm.sample(made(len(letters)), letters, **values)  # type: ignore[arg-type]
