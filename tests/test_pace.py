"""COURSE_PACE: how long the lessons' models are trained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from utils import language_models, lesson, pace, scoreboard
from utils.memory_task import MemoryTask, train_reader
from utils.ngrams import KneserNey, NgramIndex

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_PACE", "quick")


def test_steps_are_as_wanted_unless_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (None, "", "full"):
        monkeypatch.delenv("COURSE_PACE", raising=False) if value is None else monkeypatch.setenv("COURSE_PACE", value)
        assert pace.steps(3000) == 3000
    monkeypatch.setenv("COURSE_PACE", "quick")
    assert (pace.steps(3000), pace.steps(2)) == (pace.QUICK_STEPS, 2)


def test_all_items_are_tried_unless_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COURSE_PACE", raising=False)
    assert pace.few(range(1000)) == range(1000)
    monkeypatch.setenv("COURSE_PACE", "quick")
    assert pace.few(range(1000), 5) == range(5) and pace.few([1, 2], 5) == [1, 2]


def test_another_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_PACE", "fast")
    with pytest.raises(ValueError, match=r"'fast'.*'quick'"):
        pace.steps(10)


@pytest.mark.parametrize("budget", [{"steps": 5000}, {"seconds": 500.0}])
def test_a_language_model_is_trained_for_a_moment(quick: None, budget: dict) -> None:
    torch.manual_seed(0)
    model = torch.nn.ModuleDict({"e": torch.nn.Embedding(5, 4), "o": torch.nn.Linear(4, 5)})
    model.forward = lambda ids, state=None: (model["o"](model["e"](ids)), None)  # type: ignore[method-assign]
    ids = torch.randint(5, (400,))
    history = language_models.train(model, ids, **budget, batch=3, length=7, progress=False)
    assert history.steps == pace.QUICK_STEPS


def test_the_memory_task_is_learned_for_a_moment(quick: None) -> None:
    made = []

    def make(task: MemoryTask) -> torch.nn.Module:
        made.append(torch.nn.Sequential(torch.nn.Embedding(task.vocabulary, task.symbols), Last()))
        return made[0]

    _, accuracies = train_reader(make, MemoryTask(4, 3), steps=9000, every=5, progress=False)
    assert len(accuracies) == 3  # after 5, 10 and 12 steps


@pytest.mark.parametrize("model", [NgramIndex, KneserNey])
def test_ngrams_are_counted_in_the_beginning_of_a_text(model: type, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "ab" * 50_000 + "c"
    monkeypatch.delenv("COURSE_PACE", raising=False)
    assert model(2).fit(text).row("b") == {"a": 49_999, "c": 1}
    monkeypatch.setenv("COURSE_PACE", "quick")
    index = model(2).fit(text)
    assert index.vocabulary == ("a", "b") and index.row("b") == {"a": 49_999}
    assert model(2).fit("abc").vocabulary == ("a", "b", "c")


class Last(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, -1]


def test_a_model_trained_for_a_moment_is_no_entry(quick: None, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    before = scoreboard.rows()
    scoreboard.record("nothing learned", bits_per_char=5.0, seconds=0.1, lesson="05")
    assert scoreboard.rows() == before


def test_every_trainer_of_the_course_keeps_the_pace() -> None:
    """Whoever writes a loop with an optimiser in utils asks `pace` how many steps to make."""
    for file in sorted((ROOT / "utils").glob("*.py")):
        source = file.read_text(encoding="utf-8")
        if re.search(r"optimi[sz]er\.step\(\)|_adagrad\(inner", source):
            exercise = "### BEGIN SOLUTION" in source and "pace." not in source and "tqdm" not in source
            assert exercise or "pace.steps(" in source, f"{file.name} trains without asking utils.pace"


def test_one_thread_puts_the_threads_back() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), pace.one_thread():
        assert torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("chosen", "threads"), [(None, 1), ("", 1), ("many", 1), ("0", 1), ("3", 3)])
def test_a_lesson_works_with_one_thread_unless_the_learner_wants_more(
    monkeypatch: pytest.MonkeyPatch, chosen: str | None, threads: int
) -> None:
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if chosen is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", chosen)
    try:
        torch.set_num_threads(2)
        assert lesson._set_threads() == torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
