"""The memory task is what it says, its reader takes any cell, and training it is reproducible."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import memory_task
from utils.memory_task import MemoryTask, Reader


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rnn_reader(task: MemoryTask) -> Reader:
    return Reader(nn.RNN(8, 24, batch_first=True), task.vocabulary, 8, task.symbols)


# ---- the task


@pytest.mark.parametrize("symbols, distance, distractors", [(8, 20, 8), (2, 0, 1), (5, 1, 3)])
def test_a_sequence_is_letter_distractors_query(symbols: int, distance: int, distractors: int) -> None:
    task = MemoryTask(symbols, distance, distractors)
    assert task.vocabulary == symbols + distractors + 1 and task.chance == 1 / symbols
    ids, answers = task.batch(400, seeded())
    assert ids.shape == (400, distance + 2) == (400, task.length) and ids.dtype == answers.dtype == torch.int64
    assert answers.shape == (400,) and torch.equal(ids[:, 0], answers)
    assert set(answers.tolist()) == set(range(symbols)), "every letter is asked for"
    assert (ids[:, -1] == task.query).all()
    assert set(ids[:, 1:-1].flatten().tolist()) == (set(range(symbols, task.query)) if distance else set())


def test_the_distractors_say_nothing_of_the_answer() -> None:
    ids, answers = MemoryTask(symbols=4, distance=3, distractors=2).batch(8000, seeded(3))
    for letter in range(4):
        assert (ids[answers == letter, 1:-1] == 4).float().mean().item() == pytest.approx(0.5, abs=0.03)


def test_a_batch_depends_on_its_generator_alone() -> None:
    task = MemoryTask(distance=6)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = task.batch(7, seeded(5))[0]
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first, task.batch(7, seeded(5))[0]) and not torch.equal(first, task.batch(7, seeded(6))[0])
    assert task.batch(1)[0].shape == (1, 8)


@pytest.mark.parametrize("wrong", [{"symbols": 1}, {"distance": -1}, {"distractors": 0}])
def test_a_task_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    (name, value) = next(iter(wrong.items()))
    with pytest.raises(ValueError, match=f"{name}={value}"):
        MemoryTask(**wrong)


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="not 0"):
        MemoryTask().batch(0)


def test_spelling() -> None:
    task = MemoryTask(symbols=30, distance=3, distractors=2)
    assert task.spell(torch.tensor([2, 30, 31, 29, 32])) == "C a b 29 ?"
    assert repr(task) == "MemoryTask(symbols=30, distance=3, distractors=2)"


# ---- the reader


class Running(nn.Module):
    """A cell of one's own: no attribute says how wide it is, so its states are as wide as its inputs."""

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        return x.cumsum(dim=1), None


@pytest.mark.parametrize(
    "cell, hidden",
    [
        (nn.RNN(6, 5, batch_first=True), 5),
        (nn.GRU(6, 5, num_layers=2, batch_first=True), 5),
        (nn.LSTM(6, 5), 5),
        (nn.LSTM(6, 5, batch_first=True, bidirectional=True), 10),
        (Running(), 6),
    ],
)
def test_a_reader_takes_any_cell(cell: nn.Module, hidden: int) -> None:
    task = MemoryTask(symbols=3, distance=4)
    reader = Reader(cell, task.vocabulary, 6, task.symbols)
    assert reader.answer.in_features == hidden
    for count in (1, 7):
        ids, _ = task.batch(count, seeded())
        assert reader(ids).shape == (count, 3)
        torch.testing.assert_close(reader(ids)[:1], reader(ids[:1]))  # a row knows nothing of the others
    assert not torch.equal(reader(ids)[0], reader(ids.roll(1, 0))[0])


def test_a_reader_answers_from_the_last_state() -> None:
    reader = Reader(nn.RNN(4, 5, batch_first=True), 9, 4, 3)
    ids = torch.randint(9, (2, 6))
    _, last = reader.cell(reader.embedding(ids))
    torch.testing.assert_close(reader(ids), reader.answer(last[0]))


# ---- training


def test_a_short_distance_is_learnt() -> None:
    reader, accuracies = memory_task.train_reader(rnn_reader, MemoryTask(distance=3), steps=400, progress=False)
    assert accuracies[-1] > 0.99 and len(accuracies) <= 8 and not reader.training
    ids, answers = MemoryTask(distance=3).batch(300, seeded(77))
    assert memory_task.accuracy(reader, ids, answers) > 0.98


def test_training_is_reproducible_and_leaves_the_random_state_alone() -> None:
    def trained(seed: int) -> list[Tensor]:
        reader, _ = memory_task.train_reader(rnn_reader, MemoryTask(distance=4), 7, seed, progress=False)
        return [p.detach() for p in reader.parameters()]

    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    one, again, other = trained(0), trained(0), trained(1)
    assert torch.equal(state, torch.random.get_rng_state()) and torch.get_num_threads() == threads
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_accuracies_are_measured_every_so_often_and_at_the_end() -> None:
    task = MemoryTask(distance=2)
    for steps, every, count in ((1, 50, 1), (10, 5, 2), (11, 5, 3)):
        _, found = memory_task.train_reader(rnn_reader, task, steps, every=every, enough=2.0, progress=False)
        assert len(found) == count and all(0 <= a <= 1 for a in found)


def test_training_can_do_without_clipping() -> None:
    task = MemoryTask(distance=1)
    weights = [
        memory_task.train_reader(rnn_reader, task, 3, clip=clip, progress=False)[0].answer.weight for clip in (None, 0)
    ]
    assert not torch.equal(*weights)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"every": 0}])
def test_training_without_a_step_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="0"):
        memory_task.train_reader(rnn_reader, MemoryTask(), **wrong)


def test_accuracy_keeps_the_readers_mode() -> None:
    class Echo(nn.Module):
        def forward(self, ids: Tensor) -> Tensor:
            return F.one_hot(ids[:, 0], 4).float()

    reader = Echo()
    ids, answers = MemoryTask(symbols=4, distance=2).batch(8, seeded())
    assert memory_task.accuracy(reader, ids, answers) == 1.0 and reader.training
    assert memory_task.accuracy(reader.eval(), ids, (answers + (torch.arange(8) < 2)) % 4) == 0.75
    assert not reader.training


def test_solvable_distance_stops_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []

    def trained(make_reader, task, steps, seed, **options):
        given.append((task.distance, task.symbols))
        assert options == {"rate": 0.5}
        return nn.Identity(), [0.0, {1: 1.0, 4: 0.9, 6: 0.3, 9: 0.95}[task.distance]]

    monkeypatch.setattr(memory_task, "train_reader", trained)
    found = memory_task.solvable_distance(rnn_reader, [6, 1, 9, 4, 4], 3, symbols=5, rate=0.5)
    assert found == (4, {1: 1.0, 4: 0.9, 6: 0.3, 9: 0.95}), "9 is solved, but not everything before it"
    assert given == [(1, 5), (4, 5), (6, 5), (9, 5)]
    assert memory_task.solvable_distance(rnn_reader, (9, 6, 4), stop=True, rate=0.5) == (4, {4: 0.9, 6: 0.3})
    assert memory_task.solvable_distance(rnn_reader, [6], rate=0.5) == (None, {6: 0.3})
    with pytest.raises(ValueError, match="at least one"):
        memory_task.solvable_distance(rnn_reader, [])


# ---- the gradient


def test_the_gradient_by_place_is_each_sequences_own() -> None:
    torch.manual_seed(4)
    task = MemoryTask(symbols=3, distance=5)
    reader = rnn_reader(task)
    ids, answers = task.batch(4, seeded(2))
    norms = []
    for one, answer in zip(ids, answers, strict=True):
        vectors = reader.embedding(one).detach().requires_grad_()
        F.cross_entropy(reader.read(vectors[None])[0], answer).backward()
        norms.append(vectors.grad.norm(dim=1))
    reader.zero_grad(set_to_none=True)
    with torch.no_grad():  # as a notebook's cell may be
        found = memory_task.gradient_by_place(reader, ids, answers)
    torch.testing.assert_close(found, torch.stack(norms).mean(0))
    assert found.shape == (7,) and all(p.grad is None for p in reader.parameters())
    assert memory_task.gradient_by_place(reader, ids[:1], answers[:1]).shape == (7,)
