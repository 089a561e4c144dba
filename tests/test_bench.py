"""The benchmark: its table, its choice of rows, and each measurement on something small."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import nbformat
import pytest

from bench import __main__ as command
from bench import attention, bpe, corpora, imports, judging, kneser_ney, lessons, machine, measure, rnn, suite, table
from bench.measure import NotMeasured
from bench.suite import Benchmark
from bench.table import Row, Target

# --------------------------------------------------------------------------------------------------------------- table


@pytest.mark.parametrize(
    ("sign", "value", "status"),
    [("<", 0.9, "ok"), ("<", 1, "over"), ("≤", 1, "ok"), ("≤", 1.01, "over"), ("≥", 1, "ok"), ("≥", 0.9, "under")],
)
def test_the_status_compares_with_the_target(sign: Any, value: float, status: str) -> None:
    assert Row("x", value, "s", Target(sign, 1.0)).status == status


def test_a_row_without_target_has_no_status_and_one_without_value_says_so() -> None:
    assert Row("x", 3.0).status == ""
    assert Row("x", None, target=Target("<", 1.0)).status == "not measured"
    assert table.cells(table.unmeasured("x", "there is no x.")) == ("x", "–", "", "not measured")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"),
        (0.0996, "s", "0.10 s"),
        (-0.012, "s", "-12.0 ms"),
        (0.0, "s", "0.00 s"),
        (9.96, "s", "10.0 s"),
        (123.4, "s", "123 s"),
        (99.96, "%", "99.96 %"),
        (100.0, "%", "100 %"),
        (12345.6, "×", "12,346 ×"),
        (2.0125, "bits", "2.013 bits"),
        (3.0, "", "3.00"),
    ],
)
def test_numbers_are_short(value: float, unit: str, text: str) -> None:
    assert table.number(value, unit) == text


def test_several_measurements_give_median_and_range() -> None:
    row = table.summary("x", [3.0, 1.0, 1.5], target=Target("≤", 2.0))
    assert (row.value, row.low, row.high, row.status) == (1.5, 1.0, 3.0, "ok")
    assert table.cells(row) == ("x", "1.50 s (1.00 s … 3.00 s)", "≤ 2 s", "ok")
    assert table.cells(table.summary("x", [1.5]))[1] == "1.50 s"


def test_the_table_is_in_columns_with_the_notes_below() -> None:
    rows = [
        Row("rejected", 99.5, "%", Target("≥", 100.0), detail="199 of 200", note="a.b: zeros."),
        table.unmeasured("a longer name", "there is none."),
    ]
    assert table.table(rows).splitlines() == [
        "name           measured             target",
        "-------------  -------------------  -------  ------------",
        "rejected       99.5 % (199 of 200)  ≥ 100 %  under",
        "a longer name  –                             not measured",
        "",
        "rejected: a.b: zeros.",
        "a longer name: there is none.",
    ]


def test_json_has_the_machine_and_the_status_of_every_row() -> None:
    written = json.loads(json.dumps(table.as_json([Row("x", 2.0, "s", Target("<", 1.0))], {"cores": 2})))
    assert written["machine"] == {"cores": 2}
    assert written["rows"][0]["status"] == "over" and written["rows"][0]["target"] == {"sign": "<", "value": 1.0}


# ---------------------------------------------------------------------------------------------------- choosing, running


def test_selection_by_the_beginning_of_a_name() -> None:
    assert suite.select([]) == list(suite.BENCHMARKS)
    assert [b.name for b in suite.select(["nltk", "check"])] == ["checks", "nltk"]
    with pytest.raises(ValueError, match="no benchmark 'speed': choose from import, data"):
        suite.select(["checks", "speed"])


def test_every_benchmark_has_its_function() -> None:
    assert len({b.name for b in suite.BENCHMARKS}) == len(suite.BENCHMARKS)
    assert all(callable(b.function()) for b in suite.BENCHMARKS)


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite of three: one good, one that fails, one over its target."""

    def measure_by(name: str) -> Any:
        def good(quick: bool) -> list[Row]:
            return [Row("good one", 1.0, "s", Target("<", 2.0))]

        def failing(quick: bool) -> list[Row]:
            raise RuntimeError("no such\nthing")

        def over(quick: bool) -> list[Row]:
            return [Row("slow one", 3.0, "s", Target("<", 2.0))]

        return {"good": good, "failing": failing, "over": over}[name]

    monkeypatch.setattr(suite, "BENCHMARKS", tuple(Benchmark(name, name, name) for name in ("good", "failing", "over")))
    monkeypatch.setattr(Benchmark, "function", lambda self: measure_by(self.name))


def test_a_failure_is_a_row_and_stops_nothing(three: None) -> None:
    rows = list(suite.run(suite.select([]), quick=False))
    assert [(row.name, row.status) for row in rows] == [
        ("good one", "ok"),
        ("failing", "not measured"),
        ("slow one", "over"),
    ]
    assert rows[1].note == "RuntimeError: no such thing"


def test_a_quick_run_has_no_targets(three: None) -> None:
    assert [row.status for row in suite.run(suite.select(["good", "over"]), quick=True)] == ["", ""]


def test_the_command_prints_writes_and_ends_with_0_unless_something_failed(
    three: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "numbers.json"
    assert command.main(["--only", "good", "--only", "over", "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "slow one" in printed and "over" in printed and "torch" in printed
    assert [row["name"] for row in json.loads(file.read_text("utf-8"))["rows"]] == ["good one", "slow one"]
    assert command.main([]) == 1
    with pytest.raises(SystemExit):
        command.main(["--only", "nothing"])
    assert "There is no benchmark 'nothing'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["--json", str(tmp_path / "missing" / "numbers.json")])
    assert "There is no folder" in capsys.readouterr().err


def test_python_m_bench_says_what_it_can_do(root: Path) -> None:
    call = [sys.executable, "-m", "bench", "--help"]
    done = subprocess.run(call, cwd=root, capture_output=True, text=True, check=True)
    assert "--quick" in done.stdout and all(b.name in done.stdout for b in suite.BENCHMARKS)


def test_the_machine_is_described_without_names_or_folders(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    described = machine.describe()
    assert described["cores"] >= 1 and described["threads"] >= 1
    assert str(root) not in json.dumps(described) and str(Path.home()) not in json.dumps(described)
    assert "busy" in machine.sentence({**described, "load_before": 100.0})
    assert "busy" not in machine.sentence({**described, "load_before": 0.0})


# ------------------------------------------------------------------------------------------------------- taking times


def test_functions_take_turns() -> None:
    called: list[str] = []
    takers = [lambda: called.append("a") or 1.0, lambda: called.append("b") or 2.0]
    assert measure.in_turns(takers, 3) == [[1.0] * 3, [2.0] * 3]
    assert called == ["a", "b"] * 3


def test_code_is_timed_in_a_fresh_process_without_what_comes_before() -> None:
    taken = measure.timed_code("time.sleep(0.05); print('said')", "time.sleep(0.5)")
    assert 0.05 <= taken < 0.5
    with pytest.raises(NotMeasured, match="ZeroDivisionError"):
        measure.timed_code("1 / 0")


def test_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TORCH", "COURSE", "EVERYTHING"):  # torch itself takes seconds
        monkeypatch.setattr(imports, name, "import json")
    assert [row.unit for row in imports.measure(quick=True)] == ["s"] * 3


def test_a_corpus_is_read_once_and_cached_in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []

    def timed(code: str, before: str, environment: dict[str, str]) -> float:
        folder = Path(environment["COURSE_CACHE"])
        seen.append((code, any(folder.iterdir())))
        (folder / "cache").touch()
        return 1.0

    monkeypatch.setattr(corpora, "timed_code", timed)
    first, cached = corpora.measure(quick=True)
    assert seen == [("verses('bbe')", False), ("verses('bbe')", True)]
    assert "first" in first.name and "cache" in cached.name


def test_kneser_ney_and_its_comparison_with_nltk() -> None:
    pytest.importorskip("nltk")
    assert kneser_ney.measure_speed(quick=True)[0].value
    rows = kneser_ney.measure_against_nltk(quick=True)
    assert rows[-1].unit == "×" and rows[-1].target == Target("≥", 100.0)
    assert rows[-1].value == pytest.approx(rows[0].value / rows[1].value)


def test_models_that_disagree_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kneser_ney, "nltks", lambda training, other: kneser_ney.ours(training, other) + 1e-6)
    with pytest.raises(NotMeasured, match="differ from NLTK's"):
        kneser_ney.measure_against_nltk(quick=True)


def test_bpe_and_its_comparison_with_sentencepiece(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = bpe.measure(quick=True)
    assert rows[2].unit == "×" and rows[2].target == Target("≤", 15.0) and rows[2].value
    monkeypatch.setattr(bpe, "sentencepieces", lambda lines, size: {"quite", "other", "pieces"})
    with pytest.raises(NotMeasured, match="of the pieces are sentencepiece's too"):
        bpe.measure(quick=True)


def test_attention() -> None:
    assert all(row.unit == "×" and row.value > 0 for row in attention.measure(quick=True))


def test_a_recurrent_network_by_hand_and_its_batches() -> None:
    (ratio,) = rnn.measure_training(quick=True)
    assert ratio.target == Target("≤", 2.0) and ratio.value and "apart" in ratio.detail
    (buckets,) = rnn.measure_batches(quick=True)
    assert buckets.target == Target("≥", 1.3) and buckets.value


def test_recurrent_networks_that_disagree_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    class Louder(rnn.RNN):
        def forward(self, x, state=None):
            outputs, last = super().forward(x, state)
            return 20 * outputs, last

    monkeypatch.setattr(rnn, "RNN", Louder)
    with pytest.raises(NotMeasured, match="losses differ"):
        rnn.measure_training(quick=True)


def test_checks_are_timed_by_exercise_and_by_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = {"a.b": {"the reference": 0.1, "zeros": 0.3, "ones": 0.2}, "a.c": {"the reference": 4.0, "zeros": 0.4}}
    monkeypatch.setattr(judging, "times_of_checks", lambda quick: taken)
    middle, slowest = judging.measure_times(quick=False)
    assert (middle.value, middle.status) == (pytest.approx(1.2), "over")
    assert (slowest.value, slowest.status, slowest.detail) == (4.0, "over", "5 answers")
    assert slowest.note.startswith("the slowest are a.c the reference 4.00 s, a.c zeros 0.40 s")


def test_the_checks_of_some_exercises_are_really_judged() -> None:
    taken = judging.times_of_checks(quick=True)
    assert taken and all(len(times) == 2 and min(times.values()) > 0 for times in taken.values())


def test_the_mutation_score(monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(judging.proof().mutation_score)
    score = types.SimpleNamespace(
        tried=200,
        rejected=199,
        expected_diagnoses=50,
        right_diagnoses=49,
        missed=("a.b: zeros: wrong, None", "a.c: ones: right, None"),
    )
    monkeypatch.setattr(judging, "proof", lambda: types.SimpleNamespace(mutation_score=lambda: score))
    rejected, diagnosed = judging.measure_mutations(quick=False)
    assert (rejected.status, rejected.detail, rejected.value) == ("under", "199 of 200", 99.5)
    assert rejected.note == "a.c: ones: right, None"
    assert (diagnosed.status, diagnosed.detail, diagnosed.value) == ("under", "49 of 50", 98.0)
    assert diagnosed.note == "a.b: zeros: wrong, None"


# ------------------------------------------------------------------------------------------------------------- lessons


def notebook(*cells: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def test_a_lesson_is_run_in_a_kernel_with_times_for_each_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_SCOREBOARD", "official")
    look = "import os, time, pathlib\nassert 'COURSE_SCOREBOARD' not in os.environ"
    book = notebook(look, "time.sleep(0.3)\nassert pathlib.Path('source').is_dir()")
    total = lessons.run(book, timeout=60)
    assert 0.3 <= lessons.cell_seconds(book.cells[1]) < total
    assert lessons.slowest_cells(book, most=1).endswith("s `time.sleep(0.3)`.")


def test_a_lesson_that_hangs_or_dies_says_so() -> None:
    with pytest.raises(NotMeasured, match="ran for more than 1 s"):
        lessons.run(notebook("import time\ntime.sleep(60)"), timeout=1)
    with pytest.raises(NotMeasured, match="the kernel died in"):
        lessons.run(notebook("import os\nos._exit(1)"), timeout=60)


def test_the_cell_in_which_a_run_broke_off_is_the_last_that_began() -> None:
    book = notebook("1 + 1", "import time\ntime.sleep(60)", "2 + 2")
    assert lessons.running(book) == "the first cell"
    for cell in book.cells[:2]:
        cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    assert lessons.running(book) == "cell 2, `import time`,"


def test_a_lesson_that_fails_is_a_row_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    from utils import builder

    def run(book: Any, timeout: int) -> float:
        raise NotMeasured("a cell raised NameError: x")

    built = types.SimpleNamespace(solution=notebook("x"))
    monkeypatch.setattr(builder, "build", lambda *_: built)
    monkeypatch.setattr(lessons, "sources", lambda: [Path("03_ngrams.md")])
    monkeypatch.setattr(lessons, "run", run)
    rows = lessons.measure_runs(quick=False)
    assert (rows[0].name, rows[0].status, rows[0].note) == ("lesson 03", "not measured", "a cell raised NameError: x")
    assert len(rows) == 1, "a sum without it would not be of all lessons"


def test_the_builder_is_timed_in_a_copy_that_has_no_notebooks(monkeypatch: pytest.MonkeyPatch) -> None:
    def builds(arguments: list[str], environment: dict[str, str], folder: Path) -> str:
        assert arguments == ["-m", "utils.builder"] and not list((folder / "notebooks").glob("*.ipynb"))
        for source in (folder / "notebooks" / "source").glob("[0-9][0-9]_*.md"):
            (folder / "notebooks" / f"{source.stem}.ipynb").touch()
        return ""

    monkeypatch.setattr(lessons, "fresh_python", builds)
    assert lessons.measure_builder(quick=True)[0].detail == f"{len(lessons.sources())} lessons"
    monkeypatch.setattr(lessons, "fresh_python", lambda *_: "")
    with pytest.raises(NotMeasured, match="wrote 0 of"):
        lessons.measure_builder(quick=True)
