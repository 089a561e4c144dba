"""The learner's progress: a small file beside the notebooks, written so that a crash, a full disk or a bad edit loses
nothing.

The best result of an exercise stays: a later wrong answer takes no points away.
"""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

from utils import files, paths
from utils.checks.card import Card
from utils.checks.model import Verdict
from utils.checks.registry import number, records

VERSION = 1
_unsaved: dict[str, Any] = {}  # kept for this session where the file cannot be written
_checked: dict[str, tuple[str, str]] = {}  # by file: what was checked last in this session, and what came of it


def _empty() -> dict[str, Any]:
    return {"version": VERSION, "exercises": {}}


def load() -> tuple[dict[str, Any], str]:
    """The progress so far, and a sentence if the file was damaged and had to be set aside (else "")."""
    path = Path(paths.progress_file())
    kept = _unsaved or _empty()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return kept, ""
    except ValueError:  # not UTF-8, or not JSON
        return _rebuild(path, {})
    except OSError as error:
        return kept, f"The progress file {path.name} cannot be read ({error.strerror}); it is left as it is."
    entries = found.get("exercises") if isinstance(found, dict) and found.get("version") == VERSION else None
    if not isinstance(entries, dict) or not all(_is_sound(e) for e in entries.values()):
        return _rebuild(path, entries if isinstance(entries, dict) else {})
    return found, ""


def _is_sound(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("points", 0), (int, float))
        and all(isinstance(entry.get(name, 0), int) for name in ("attempts", "hints"))
        and isinstance(entry.get("outcome", ""), str)
    )


def _rebuild(path: Path, entries: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Sets a damaged file aside; what can be read of it stands in the new one."""
    whole = {name: entry for name, entry in entries.items() if _is_sound(entry)}
    state = {**_empty(), "exercises": whole}
    try:
        aside = files.set_aside(path)
    except OSError:
        return state, f"The progress file {path.name} is damaged and cannot be moved; it is left as it is."
    done = "what could be read of it is kept" if whole else "a new one is begun"
    said = f"The progress file {path.name} was damaged: it is set aside as {aside.name}, and {done}."
    return state, " ".join(s for s in (said, _save(state)) if s)


def _save(state: dict[str, Any]) -> str:
    """Writes the file whole or not at all; returns a sentence if that was impossible."""
    global _unsaved
    path = Path(paths.progress_file())
    try:
        files.write_whole(path, json.dumps(state, indent=1, ensure_ascii=False))
    except OSError as error:
        _unsaved = state
        kept = "it is kept until this kernel stops"
        return f"Your progress cannot be saved beside the notebooks ({error.strerror}); {kept}."
    _unsaved = {}
    return ""


def _change(exercise_id: str, change: Any) -> tuple[dict[str, Any], str]:
    """Applies `change` to one exercise's entry under the lock; returns the entry and what is to be said."""
    path = Path(paths.progress_file())
    with files.locked(path):
        state, said = load()
        entry = state["exercises"].setdefault(
            exercise_id, {"points": 0, "outcome": "not attempted", "attempts": 0, "hints": 0}
        )
        before = dict(entry)
        change(entry)
        if entry != before:
            said = " ".join(s for s in (said, _save(state)) if s)
    return entry, said


def note(exercise_id: str, verdict: Verdict) -> str:
    """Keeps a verdict; returns a sentence for the learner if something about the file has to be said."""
    _checked[str(paths.progress_file())] = exercise_id, verdict.outcome
    if verdict.outcome == "not attempted":
        return load()[1]

    def change(entry: dict[str, Any]) -> None:
        entry["attempts"] = entry.get("attempts", 0) + 1
        if verdict.points >= entry.get("points", 0):
            entry["points"] = verdict.points
        if entry.get("outcome") != "right":
            entry["outcome"] = verdict.outcome
        entry["last"] = datetime.datetime.now().isoformat(timespec="seconds")

    return _change(exercise_id, change)[1]


def next_hint(exercise_id: str) -> tuple[int, str]:
    """How many hints to show now: one more than the last time, at most three."""

    def change(entry: dict[str, Any]) -> None:
        entry["hints"] = min(3, entry.get("hints", 0) + 1)

    entry, said = _change(exercise_id, change)
    return entry["hints"], said


def last_open() -> str:
    """The exercise that was checked last and is not right yet; the next one to do if there is none.

    What was checked in this session comes first, even if it was right in an earlier one: whoever does a lesson again
    wants its hints, and not those of another lesson that is open elsewhere.
    """
    here, outcome = _checked.get(str(paths.progress_file()), ("", ""))
    if here and outcome != "right":
        return here
    entries = load()[0]["exercises"]
    if here:
        order = list(records())
        later = [e for e in order[order.index(here) + 1 :] if records()[e].lesson == records()[here].lesson]
        undone = [e for e in later if entries.get(e, {}).get("outcome") != "right"]
        if undone:
            return undone[0]
    begun = [e for e in records() if entries.get(e, {}).get("attempts") and entries[e].get("outcome") != "right"]
    return max(begun, key=lambda e: str(entries[e].get("last", ""))) if begun else _following(entries).id


def points() -> tuple[float, float]:
    """Points so far, and points of all exercises there are."""
    entries = load()[0]["exercises"]
    return sum(_earned(entries, e) for e in records()), sum(e.points for e in records().values())


def _earned(entries: dict[str, Any], exercise_id: str) -> float:
    most = records()[exercise_id].points
    return max(0, min(most, entries.get(exercise_id, {}).get("points", 0)))


def card() -> Card:
    """Points per lesson, and what to do next."""
    state, said = load()
    entries = state["exercises"]
    rows: list[list[str]] = [["Lesson", "Exercises right", "Points", ""]]
    for lesson in dict.fromkeys(e.lesson for e in records().values()):
        own = [e for e in records().values() if e.lesson == lesson]
        right = sum(entries.get(e.id, {}).get("outcome") == "right" for e in own)
        earned, worth = sum(_earned(entries, e.id) for e in own), sum(e.points for e in own)
        full = math.ceil(10 * earned / worth)  # the first point already fills a box
        rows.append([lesson, f"{right} of {len(own)}", f"{earned:g} of {worth:g}", "■" * full + "□" * (10 - full)])
    got, most = points()
    open_ones = [e for e in records().values() if entries.get(e.id, {}).get("outcome") != "right"]
    begun = [e for e in open_ones if entries.get(e.id, {}).get("attempts")]
    following = _following(entries)
    if not open_ones:
        advice = "Every exercise is right."
    elif begun:
        advice = (
            f"Next: Exercise {number(begun[0])}, {begun[0].title}, which you have begun. `hint({begun[0].id!r})` helps."
        )
    else:
        advice = f"Next: Exercise {number(following)}, {following.title}, about {following.minutes} minutes."
    return Card("", f"Your progress: {got:g} of {most:g} points", [p for p in (said, advice) if p], table=rows)


def _following(entries: dict[str, Any]) -> Any:
    """The first open exercise after the last one that was right; else the first open one."""
    order = list(records().values())
    done = [i for i, e in enumerate(order) if entries.get(e.id, {}).get("outcome") == "right"]
    later = [e for e in order[(done[-1] + 1 if done else 0) :] if entries.get(e.id, {}).get("outcome") != "right"]
    earlier = [e for e in order if entries.get(e.id, {}).get("outcome") != "right"]
    return (later or earlier or order)[0]
