"""The scoreboard: rows in, rows out, nothing lost, and no number that cannot be."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from utils import data, paths, plots, scoreboard


@pytest.fixture(autouse=True)
def own_files(tmp_path, monkeypatch):
    """A learner's file and a course's file for each test."""
    monkeypatch.delenv("COURSE_SCOREBOARD", raising=False)
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "notebooks" / "progress.json"))
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path / "data")
    yield tmp_path
    plt.close("all")


def yours(folder: Path) -> Path:
    return folder / "notebooks" / "scoreboard.json"


def test_a_row_is_kept_and_read_back(own_files):
    row = scoreboard.record("bigram", 3.24, 0.7, "03", parameters=1263)
    assert row == scoreboard.Row("bigram", 3.24, 0.7, "03", 1263, "bbe", "dev", yours=True)
    assert scoreboard.rows() == [row]
    assert json.loads(yours(own_files).read_text())["rows"][0]["bits_per_char"] == 3.24
    assert not (own_files / "data").exists()  # the course's file is not touched


def test_rows_are_sorted_by_bits_and_the_learners_are_marked():
    scoreboard.record("course", 2.0, 1, "03", official=True)
    scoreboard.record("good", 1.5, 1, "03")
    scoreboard.record("bad", 4.0, 1, "03")
    assert [(row.name, row.yours) for row in scoreboard.rows()] == [("good", True), ("course", False), ("bad", True)]


def test_the_same_name_again_replaces_the_older_row():
    scoreboard.record("mine", 3.0, 1, "03")
    scoreboard.record("mine", 2.5, 2, "04")
    scoreboard.record("mine", 2.7, 2, "04", part="test")
    assert [(row.bits_per_char, row.part) for row in scoreboard.rows()] == [(2.5, "dev"), (2.7, "test")]


def test_a_learner_does_not_replace_the_courses_row():
    scoreboard.record("mine", 3.0, 1, "03", official=True)
    scoreboard.record("mine", 2.5, 1, "03")
    assert [row.yours for row in scoreboard.rows()] == [True, False]
    assert scoreboard.remove("mine") == 1
    assert [row.yours for row in scoreboard.rows()] == [False]
    assert scoreboard.remove("mine") == 0


def test_the_environment_makes_rows_official(monkeypatch, own_files):
    monkeypatch.setenv("COURSE_SCOREBOARD", "official")
    assert not scoreboard.record("course", 2.0, 1, "03").yours
    assert (own_files / "data" / "scoreboard.json").exists() and not yours(own_files).exists()


def test_the_environment_names_another_file(monkeypatch, own_files):
    monkeypatch.setenv("COURSE_SCOREBOARD", str(own_files / "elsewhere.json"))
    assert scoreboard.record("mine", 2.0, 1, "03").yours
    assert (own_files / "elsewhere.json").exists()


@pytest.mark.filterwarnings("error")
def test_numbers_of_any_library_are_taken():
    row = scoreboard.record(" tensors ", torch.tensor(2.5, requires_grad=True), np.float32(0.5), 7, np.int64(12))
    assert (row.name, row.bits_per_char, row.seconds, row.lesson, row.parameters) == ("tensors", 2.5, 0.5, "07", 12)
    assert scoreboard.rows() == [row]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bits_per_char": 0}, "bits_per_char must be above 0, not 0"),
        ({"bits_per_char": -1.5}, "bits_per_char must be above 0, not -1.5"),
        ({"bits_per_char": float("nan")}, "bits_per_char must be a finite number, not nan"),
        ({"bits_per_char": float("inf")}, "a probability of 0 among them"),
        ({"bits_per_char": "2.1"}, "bits_per_char must be one number, not '2.1'"),
        ({"bits_per_char": None}, "bits_per_char must be one number, not None"),
        ({"bits_per_char": torch.ones(3)}, "bits_per_char must be one number"),
        ({"seconds": -1}, "seconds cannot be negative, and -1 is"),
        ({"seconds": float("nan")}, "seconds must be a finite number"),
        ({"lesson": "3"}, "lesson must be two digits, such as '03', not '3'"),
        ({"lesson": "ngrams"}, "lesson must be two digits"),
        ({"parameters": 1.5}, "parameters must be a whole number that counts them, not 1.5"),
        ({"parameters": -1}, "parameters must be a whole number"),
        ({"name": ""}, "The name of a model must be text on one line"),
        ({"name": "two\nlines"}, "The name of a model must be text on one line"),
        ({"name": "x" * 61}, "up to 60 characters"),
        ({"name": 5}, "The name of a model must be text"),
        ({"corpus": ""}, "The corpus of a model must be text"),
    ],
)
def test_a_row_that_cannot_be_is_refused_in_one_sentence(own_files, change, message):
    good = {"name": "model", "bits_per_char": 2.0, "seconds": 1.0, "lesson": "03"}
    with pytest.raises(ValueError, match=message) as error:
        scoreboard.record(**{**good, **change})
    assert "\n" not in str(error.value) and str(error.value).endswith(".")
    assert not yours(own_files).exists()


# --- the files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"rows": 5}', b'{"format": 1}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_set_aside_and_begun_anew(own_files, capsys, content):
    file = yours(own_files)
    file.parent.mkdir()
    file.write_bytes(content)
    assert scoreboard.rows() == []
    said = capsys.readouterr()
    assert said.out.count("\n") == 1 and "damaged" in said.out and said.err == ""
    aside = list(file.parent.glob("scoreboard.json.damaged-*"))
    assert [found.read_bytes() for found in aside] == [content]  # nothing is lost
    scoreboard.record("mine", 2.0, 1, "03")
    assert len(scoreboard.rows()) == 1
    assert capsys.readouterr().out == ""


def test_whole_rows_of_a_damaged_file_are_kept(own_files, capsys):
    kept = scoreboard.record("mine", 2.0, 1, "03")
    file = yours(own_files)
    content = json.loads(file.read_text())
    content["rows"] += [{"name": "broken", "bits_per_char": "?", "seconds": 1, "lesson": "03"}, 7]
    file.write_text(json.dumps(content))
    assert scoreboard.rows() == [kept]
    assert "and what could be read of it (1 row) is kept." in capsys.readouterr().out
    assert scoreboard.rows() == [kept]
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_costs_only_the_row(own_files, capsys):
    yours(own_files).mkdir(parents=True)
    row = scoreboard.record("mine", 2.0, 1, "03")
    assert row.name == "mine"
    assert "cannot be read" in (said := capsys.readouterr().out) and "not kept" in said


def _record_many(folder: str, process: int) -> None:
    os.environ["COURSE_SCOREBOARD"] = str(Path(folder) / "shared.json")
    for i in range(5):
        scoreboard.record(f"model {process}-{i}", 1 + process + i / 10, 1, "03")


def test_processes_may_record_at_once(own_files, monkeypatch):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.starmap(_record_many, [(str(own_files), process) for process in range(3)])
    monkeypatch.setenv("COURSE_SCOREBOARD", str(own_files / "shared.json"))
    assert len(scoreboard.rows()) == 15
    assert [file.name for file in own_files.iterdir()] == ["shared.json"]


def test_a_lock_left_by_a_dead_process_is_removed(own_files, monkeypatch):
    yours(own_files).parent.mkdir()
    lock = yours(own_files).with_name("scoreboard.json.lock")
    lock.touch()
    os.utime(lock, (1, 1))
    scoreboard.record("mine", 2.0, 1, "03")
    assert len(scoreboard.rows()) == 1 and not lock.exists()


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_the_table_lists_models_by_bits(capsys):
    scoreboard.record("Kneser–Ney, order 5", 1.5713, 1.84, "03", parameters=148946, official=True)
    scoreboard.record("uniform", 5.977, 0, "03", official=True)
    scoreboard.record("my bigram", 3.24, 120.4, "03")
    scoreboard.record("elsewhere", 3.0, 1, "03", corpus="mine.txt")
    assert scoreboard.table().splitlines() == [
        "Bits per character on bbe, dev books (fewer is better)",
        "   model                bits/char  seconds  parameters  lesson",
        "1  Kneser–Ney, order 5      1.571      1.8     148,946      03",
        "2  my bigram                3.240      120                  03  yours",
        "3  uniform                  5.977      0.0                  03",
        "(1 more on other texts or parts: scoreboard.rows() lists them.)",
    ]


def test_show_prints_and_draws(capsys):
    scoreboard.record("uniform", 5.977, 0, "03", official=True)
    scoreboard.record("my bigram", 3.24, 2.0, "03")
    ax = scoreboard.show()
    assert "my bigram" in capsys.readouterr().out
    assert [label.get_text() for label in ax.get_yticklabels()] == ["yours: my bigram", "uniform"]
    assert [bar.get_width() for bar in ax.patches] == [3.24, 5.977]
    assert ax.patches[0].get_facecolor() != ax.patches[1].get_facecolor()
    assert "the best is my bigram with 3.240 bits per character in 2.0 seconds" in plots.describe(ax)
    plots._png(ax.figure)


def test_an_empty_scoreboard_says_how_to_fill_it(capsys):
    assert scoreboard.show() is None
    assert "scoreboard.record(" in capsys.readouterr().out


def test_the_command_line(own_files, capsys):
    assert scoreboard._main(["record", "uniform", "5.977", "0", "03", "--parameters", "0"]) == 0
    assert scoreboard.rows() == [scoreboard.Row("uniform", 5.977, 0.0, "03", 0, yours=False)]
    assert scoreboard._main([]) == 0
    assert "uniform" in capsys.readouterr().out
    assert scoreboard._main(["record", "wrong", "-1", "0", "03"]) == 2
    assert scoreboard._main(["remove", "other"]) == 1
    assert scoreboard._main(["remove", "uniform"]) == 0
    assert scoreboard.rows() == []


# --- what is committed ------------------------------------------------------------------------------------------------


def test_the_courses_own_rows_are_sound(monkeypatch, root):
    monkeypatch.setattr(paths, "data_dir", lambda: root / "data")
    own = [row for row in scoreboard.rows() if not row.yours]
    assert own and all(row.corpus in data.VERSIONS and row.part in data.PARTS for row in own)
    assert len({row.name for row in own}) == len(own)
    alphabet = len(set(data.text("bbe")))
    uniform = next(row for row in own if row.name == "uniform over the alphabet")
    assert uniform.bits_per_char == pytest.approx(np.log2(alphabet), abs=1e-6)
    assert all(row.bits_per_char <= uniform.bits_per_char for row in own if row.corpus == "bbe")
