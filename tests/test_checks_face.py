"""The public face of the checks: `check`, `hint`, `progress`, the progress file, the cards and the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import utils.checks as face
from utils.checks import __main__ as command_line
from utils.checks import card, check, engine, exercises, hint, judge, progress, progress_file
from utils.checks.model import OUTCOMES, Verdict, signature_of
from utils.checks.registry import number, record, records

ROOT = Path(__file__).resolve().parent.parent
FIRST = next(iter(records().values()))


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return path


def _wrong(*args, **kwargs):
    return None


# ------------------------------------------------------------------------------------------------------ check and judge


def test_check_hands_back_the_learners_own_function_if_it_is_right(file, capsys):
    assert check(FIRST.id, FIRST.reference) is FIRST.reference
    said = capsys.readouterr().out
    assert f"Exercise {number(FIRST)} · {FIRST.title}: right ({FIRST.points} of {FIRST.points} point" in said


def test_check_lends_the_courses_own_if_it_is_not(file, capsys):
    lent = check(FIRST.id, _wrong)
    assert engine.is_borrowed(lent) and lent.__name__ == FIRST.name
    said = " ".join(capsys.readouterr().out.split())
    assert "not right yet" in said and f"the course's own `{FIRST.name}`, so you can go on" in said
    check(FIRST.id, lent)
    assert "not attempted yet" in capsys.readouterr().out
    assert json.loads(file.read_text())["exercises"][FIRST.id]["attempts"] == 1


def test_lent_classes_work_and_are_known_again(file):
    for exercise in records().values():
        if isinstance(exercise.reference, type):
            lent = engine.borrow(exercise)
            assert issubclass(lent, exercise.reference) and lent.__name__ == exercise.name
            assert engine.examine(exercise, lent).verdict.outcome == "not attempted"


def test_a_check_before_its_exercise_cell_is_not_attempted(file, capsys):
    placeholder = face.NotRunYet(FIRST.name, FIRST.id)
    lent = check(FIRST.id, placeholder)
    assert engine.is_borrowed(lent)
    said = " ".join(capsys.readouterr().out.split())
    assert f"`{FIRST.name}` is not defined yet: run the cell of Exercise {number(FIRST)} first" in said
    with pytest.raises(NameError, match="is not defined yet"):
        placeholder(1)


def test_judge_shows_and_keeps_nothing(file, capsys):
    verdict = judge(FIRST.id, FIRST.reference)
    assert isinstance(verdict, Verdict) and verdict.outcome == "right"
    assert capsys.readouterr().out == "" and not file.exists()


@pytest.mark.parametrize("call", [lambda i: judge(i, _wrong), lambda i: check(i, _wrong), hint])
def test_an_unknown_exercise_is_named_with_a_near_one(call, file):
    with pytest.raises(ValueError, match=r"perhaps 'attention\.causal_mask' is meant"):
        call("causal_mask")
    with pytest.raises(ValueError, match=f"There is no exercise '{FIRST.id}s'; perhaps '{FIRST.id}' is meant"):
        call(FIRST.id + "s")


def test_exercises_lists_what_the_lessons_show():
    entries = exercises()
    assert [e.id for e in entries] == list(records())
    for entry in entries:
        assert len(entry.lesson) == 2 and entry.points > 0 and entry.minutes > 0 and entry.difficulty in (1, 2, 3)
        assert entry.signature.startswith(record(entry.id).name + "(")


def test_under_nbgrader_the_points_are_the_cells_result(file, monkeypatch, capsys):
    shown = []

    class Shell:
        kernel = None

        def displayhook(self, value):
            shown.append(value)

    import IPython

    monkeypatch.setattr(IPython, "get_ipython", Shell)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    check(FIRST.id, FIRST.reference)
    check(FIRST.id, _wrong)
    assert shown == [float(FIRST.points), 0.0] and not file.exists()


# -----------------------------------------------------------------------------------------------------------------
# hints


def test_hints_come_one_at_a_time(file, capsys):
    for n in (1, 2, 3, 3):
        hint(FIRST.id)
        said = capsys.readouterr().out
        assert f"hint {n} of 3" in said
        assert [f"{i}. " in said for i in (1, 2, 3)] == [i <= n for i in (1, 2, 3)]
    assert json.loads(file.read_text())["exercises"][FIRST.id]["hints"] == 3


def test_hints_by_number_and_of_what_was_checked_last(file, capsys):
    hint(number(FIRST))
    assert f"{FIRST.title}: hint 1 of 3" in capsys.readouterr().out
    second = list(records().values())[1]
    check(second.id, _wrong)
    capsys.readouterr()
    hint()
    assert f"{second.title}: hint 1 of 3" in capsys.readouterr().out


def test_hints_stay_in_the_lesson_that_is_open(file, capsys):
    last = [e for e in records().values() if e.lesson == FIRST.lesson][-1]
    for exercise in records().values():
        progress_file.note(exercise.id, Verdict("right", "", exercise.points, exercise.points))
    check(FIRST.id, _wrong)  # right once, wrong today
    hint()
    assert f"{FIRST.title}: hint 1 of 3" in capsys.readouterr().out
    file.unlink()
    elsewhere = next(e for e in records().values() if e.lesson != FIRST.lesson)
    progress_file.note(elsewhere.id, Verdict("wrong", "", 0, elsewhere.points))
    progress_file.note(FIRST.id, Verdict("right", "", FIRST.points, FIRST.points))
    hint()
    following = list(records().values())[1]
    assert following.lesson == FIRST.lesson and f"{following.title}: hint 1 of 3" in capsys.readouterr().out
    progress_file.note(last.id, Verdict("right", "", last.points, last.points))
    hint()
    assert f"{elsewhere.title}: hint 1 of 3" in capsys.readouterr().out


def test_without_anything_begun_the_hint_is_for_what_comes_next(file, capsys):
    hint()
    assert f"{FIRST.title}: hint 1 of 3" in capsys.readouterr().out


# --------------------------------------------------------------------------------------------------------------
# progress


def test_progress_keeps_the_best(file, capsys):
    check(FIRST.id, FIRST.reference)
    check(FIRST.id, _wrong)
    entry = json.loads(file.read_text())["exercises"][FIRST.id]
    assert (entry["points"], entry["outcome"], entry["attempts"]) == (FIRST.points, "right", 2)
    capsys.readouterr()
    progress()
    said = capsys.readouterr().out
    total = sum(e.points for e in exercises())
    assert f"Your progress: {FIRST.points} of {total} points" in said and "Next: Exercise" in said


def test_progress_names_what_was_begun(file, capsys):
    check(FIRST.id, _wrong)
    capsys.readouterr()
    progress()
    assert f"{FIRST.title}, which you have begun" in " ".join(capsys.readouterr().out.split())


def test_progress_when_all_is_done(file, capsys):
    for exercise in records().values():
        progress_file.note(exercise.id, Verdict("right", "", exercise.points, exercise.points))
    progress()
    assert "Every exercise is right." in capsys.readouterr().out


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b"\xff\xfe\x00",
    b'{"version": 99, "exercises": {}}',
    b'{"version": 1, "exercises": []}',
    b'{"version": 1, "exercises": {"a": 3}}',
    b'{"version": 1, "exercises": {"a": {"points": "many"}}}',
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_set_aside_and_said(file, content, capsys):
    file.write_bytes(content)
    check(FIRST.id, FIRST.reference)
    said = " ".join(capsys.readouterr().out.split())
    assert "was damaged: it is set aside as progress.json.damaged-" in said
    kept = [p for p in file.parent.iterdir() if ".damaged-" in p.name]
    assert len(kept) == 1 and kept[0].read_bytes() == content
    assert json.loads(file.read_text())["exercises"][FIRST.id]["outcome"] == "right"
    capsys.readouterr()
    check(FIRST.id, FIRST.reference)
    assert "damaged" not in capsys.readouterr().out


def test_what_is_whole_of_a_damaged_file_is_kept(file, capsys):
    whole = {"points": FIRST.points, "outcome": "right", "attempts": 2, "hints": 0}
    file.write_text(json.dumps({"version": 1, "exercises": {FIRST.id: whole, "other": 3}}))
    progress()
    said = " ".join(capsys.readouterr().out.split())
    assert "what could be read of it is kept" in said and f"Your progress: {FIRST.points} of" in said
    assert json.loads(file.read_text())["exercises"] == {FIRST.id: whole}


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    check(FIRST.id, FIRST.reference)
    assert "cannot be saved beside the notebooks" in " ".join(capsys.readouterr().out.split())
    progress()
    assert f"Your progress: {FIRST.points} of" in capsys.readouterr().out
    monkeypatch.setattr(progress_file, "_unsaved", {})


def test_unknown_exercises_in_the_file_are_kept(file):
    entry = {"points": 5, "outcome": "right", "attempts": 1, "hints": 0}
    file.write_text(json.dumps({"version": 1, "exercises": {"future.exercise": entry}}))
    check(FIRST.id, _wrong)
    assert json.loads(file.read_text())["exercises"]["future.exercise"] == entry
    assert progress_file.points()[0] == 0


def test_two_notebooks_at_once_lose_nothing(file):
    many = list(records().values())[:8]
    right = [Verdict("right", "", e.points, e.points) for e in many]
    threads = [threading.Thread(target=progress_file.note, args=(e.id, v)) for e, v in zip(many, right, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(json.loads(file.read_text())["exercises"]) == {e.id for e in many}
    assert sorted(p.name for p in file.parent.iterdir()) == ["progress.json"]


def test_a_lock_left_by_a_crash_is_ignored(file):
    lock = file.with_name(file.name + ".lock")
    lock.touch()
    os.utime(lock, (0, 0))
    check(FIRST.id, FIRST.reference)
    assert json.loads(file.read_text())["exercises"][FIRST.id]["outcome"] == "right"


# -----------------------------------------------------------------------------------------------------------------
# cards


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_cards_say_the_same_in_html_and_in_plain_text(outcome):
    message = "First `x < y` & more.\nSecond."
    made = card.verdict_card(FIRST, "03.1", outcome, message, "printed <b>", goes_on=outcome != "right")
    bundle = made._repr_mimebundle_()
    html, text = bundle["text/html"], " ".join(bundle["text/plain"].split())
    assert "<b>" not in html and "x &lt; y</code> &amp; more." in html and "x < y" in text
    words = {w for w in card.html.unescape(card.re.sub("<[^>]+>", " ", html)).split() if w.isalpha()}
    assert words <= set(text.replace("`", " ").replace(".", " ").replace(":", " ").split()) | {"printed"}
    assert 'role="status"' in html and "color:inherit" in html and "background:#fff" not in html
    assert ("printed <b>" in made.__str__()) == (outcome != "right")


def test_the_colours_of_the_cards_are_seen_on_white_and_on_dark():
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a, b):
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for colour in card._COLOURS.values():
        assert contrast(colour, "#ffffff") >= 3 and contrast(colour, "#111111") >= 3


# ---------------------------------------------------------------------------------------------------------- command
# line


def _run(*arguments, folder=ROOT):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "utils.checks", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=120)


def test_list_names_every_exercise():
    done = _run("list")
    assert done.returncode == 0 and all(e.id in done.stdout and e.signature in done.stdout for e in exercises())


def test_a_signature_is_the_same_in_every_process():
    def answer(values: list[float], *, score=max, limit=None):
        raise NotImplementedError

    assert signature_of(answer) == "answer(values, *, score=max, limit=None)"
    assert not [e.signature for e in exercises() if re.search("0x|<", e.signature)]


def test_judge_on_the_command_line(tmp_path):
    source = f"from utils.checks.registry import record\nright = record({FIRST.id!r}).reference\nwrong = print\n"
    (tmp_path / "answers.py").write_text(source)
    right, wrong = (_run("judge", FIRST.id, f"answers.py:{name}", folder=tmp_path) for name in ("right", "wrong"))
    assert right.returncode == 0 and f"({FIRST.points} of {FIRST.points} point" in right.stdout
    assert wrong.returncode == 1 and "not right yet" in wrong.stdout
    assert not list(tmp_path.glob("*progress*"))


@pytest.mark.parametrize(
    ("target", "source", "words"),
    [
        ("answers.py", "", "does not read FILE.py:NAME"),
        ("missing.py:f", "", "There is no file 'missing.py' here."),
        ("answers.py:f", "x = 1", "defines no 'f'"),
        ("answers.py:f", "def f(:", "answers.py, line 1:"),
        ("answers.py:f", "1 / 0", "Running answers.py raised ZeroDivisionError"),
        ("answers.py:f", "exit()", "Running answers.py raised SystemExit"),
        ("answers.txt:f", "", "must end in .py"),
    ],
)
def test_unusable_commands_get_one_sentence(tmp_path, target, source, words, monkeypatch, capsys):
    for name in ("answers.py", "answers.txt"):
        (tmp_path / name).write_text(source)
    monkeypatch.chdir(tmp_path)
    assert command_line.main(["judge", FIRST.id, target]) == 2
    assert words in capsys.readouterr().err


def test_an_unknown_exercise_on_the_command_line(tmp_path):
    (tmp_path / "answers.py").write_text("f = 1")
    done = _run("judge", "no.such", "answers.py:f", folder=tmp_path)
    assert done.returncode == 2 and "There is no exercise 'no.such'" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the sum is at *least* p.", "the sum is at <em>least</em> p."),
        ("(*not one word*)", "(<em>not one word</em>)"),
        ("2 * 3 * 4 and a*b*c", "2 * 3 * 4 and a*b*c"),
        ("got '*a*' and '***'", "got '*a*' and '***'"),
        ("x < *y*", "x &lt; <em>y</em>"),
    ],
)
def test_a_word_between_stars_is_emphasised_and_a_star_of_a_value_stays(text, shown):
    assert f">{shown}</p>" in card.Card("wrong", "Exercise", [text])._repr_html_()


def test_stars_between_backticks_are_code():
    page = card.Card("wrong", "Exercise", ["call `f(*x, *y)` and `g(*z)`"])._repr_html_()
    assert "f(*x, *y)</code> and <code" in page and "<em>" not in page
