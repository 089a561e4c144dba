"""Every check is proved: right answers pass, wrong ones are rejected, and each known mistake gets its own sentence."""

from __future__ import annotations

import re
import signal
import zlib

import numpy as np
import proof
import pytest

from utils.checks import compare, engine, exercises
from utils.checks.registry import records

EXERCISES = list(records().values())
SEEDS = (0, 1, 2)
RIGHT = list(proof.right_answers())
WRONG = list(proof.wrong_answers())


def _ids(exercise):
    return exercise.id


def test_there_are_exercises():
    assert {e.lesson for e in EXERCISES} >= {"03", "10"}
    assert [e.id for e in exercises()] == [e.id for e in EXERCISES]


@pytest.mark.parametrize(("exercise", "label", "answer"), RIGHT, ids=[f"{e.id}-{label}" for e, label, _ in RIGHT])
def test_right_answers_are_accepted(exercise, label, answer, monkeypatch):
    """With the first seed in a process of its own, as learners have it; with the others here, in half the time."""
    for seed in SEEDS:
        if seed != SEEDS[0]:
            monkeypatch.setenv("COURSE_CHECK_ISOLATION", "none")
        verdict = proof.judged(exercise, answer, seed)
        assert (verdict.outcome, verdict.points) == ("right", exercise.points), verdict.message


@pytest.mark.parametrize("wrong", WRONG, ids=[f"{w.exercise.id}-{w.label}" for w in WRONG])
def test_wrong_answers_are_rejected_and_named(wrong, request, monkeypatch):
    """With one seed each, and fifteen of sixteen in this very process, in half the time: there are thousands of them.

    With every seed, and each in a process of its own as learners have it, if `--all-seeds` asks for it.
    """
    everything = request.config.getoption("--all-seeds")
    number = zlib.crc32(f"{wrong.exercise.id} {wrong.label}".encode())
    if not everything and number // len(SEEDS) % 16:
        monkeypatch.setenv("COURSE_CHECK_ISOLATION", "none")
    for seed in SEEDS if everything else (SEEDS[number % len(SEEDS)],):
        verdict = proof.judged(wrong.exercise, wrong.answer, seed)
        assert verdict.outcome in ("wrong", "raised", "too long"), f"accepted with seed {seed}"
        assert verdict.points == 0 and verdict.message
        if wrong.diagnosis:
            assert verdict.diagnosis == wrong.diagnosis, verdict.message
            sentence = next(m.sentence for m in wrong.exercise.misconceptions if m.name == wrong.diagnosis)
            assert sentence in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES, ids=_ids)
def test_each_exercise_has_a_different_right_answer_and_four_misconceptions(exercise):
    assert proof.answers(exercise.lesson).RIGHT.get(exercise.id)
    assert len(exercise.misconceptions) >= 4
    sentences = [m.sentence for m in exercise.misconceptions]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("exercise", EXERCISES, ids=_ids)
def test_sentences_are_a_teachers(exercise):
    """Sentences, not labels; none holds the line of the solution."""
    solution = _solution_lines(exercise.reference)
    for m in exercise.misconceptions:
        assert len(m.sentence.split()) >= 8, m.name
        assert m.sentence.rstrip().endswith((".", "?", "…", ")")), m.name
        code = re.findall(r"`([^`]+)`", m.sentence)
        assert not any(line in piece for piece in code for line in solution), m.name
    for hint in exercise.hints:
        assert hint.strip()


def _solution_lines(reference):
    import inspect

    lines, inside = [], False
    for line in inspect.getsource(reference).splitlines():
        if "BEGIN SOLUTION" in line:
            inside = True
        elif "END SOLUTION" in line:
            inside = False
        elif inside and len(line.split("#")[0].strip()) > 25:
            lines.append(line.split("#")[0].strip())
    assert lines or inside is False
    return lines


@pytest.mark.parametrize("exercise", EXERCISES, ids=_ids)
def test_properties_hold_for_the_reference(exercise):
    for seed in SEEDS:
        for case in exercise.cases(np.random.default_rng(seed)):
            kind, value, *_ = engine._attempt(exercise, exercise.reference, case)
            assert kind == "value"
            for rule in exercise.properties:
                assert rule.holds(case, value), rule.name


@pytest.mark.parametrize("exercise", EXERCISES, ids=_ids)
def test_cases_are_fresh_deterministic_and_have_distinct_sizes(exercise):
    def outputs(seed):
        return [
            engine._attempt(exercise, exercise.reference, c)[1] for c in exercise.cases(np.random.default_rng(seed))
        ]

    same = zip(outputs(1), outputs(1), strict=True)
    assert all(compare.compare(a, b, 1e-9) is None for a, b in same)
    first, second = outputs(1), outputs(2)
    takes_nothing_random = exercise.id in {"attention.causal_mask", "positions.sinusoidal"}
    assert takes_nothing_random or any(
        compare.compare(a, b, 1e-9) is not None for a, b in zip(first, second, strict=False)
    )
    sized = [
        [s for s in case.sizes.values() if s > 1] for case in exercise.cases(np.random.default_rng(1)) if case.sizes
    ]
    # An edge case may have two equal sizes (as many tokens as there is room for); never all cases.
    assert not sized or any(large and len(set(large)) == len(large) for large in sized)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarm")
@pytest.mark.parametrize("exercise", EXERCISES, ids=_ids)
def test_cases_can_be_made_from_any_seed(exercise):
    """A case drawn again and again until it is fit may never be: that would hang a right answer's check."""

    def ring(signum, frame):
        raise TimeoutError(f"seed {seed} gives no cases")

    kept = signal.signal(signal.SIGALRM, ring)
    try:
        for seed in range(100, 150):
            signal.setitimer(signal.ITIMER_REAL, 20)
            assert exercise.cases(np.random.default_rng(seed))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, kept)


@pytest.mark.parametrize("exercise", EXERCISES, ids=_ids)
def test_a_blanked_answer_is_not_attempted(exercise):
    def blank(*args, **kwargs):
        # YOUR CODE HERE
        raise NotImplementedError()

    if isinstance(exercise.reference, type):
        blank = type(exercise.name, (), {"__init__": blank})
    verdict = proof.judged(exercise, blank)
    assert verdict.outcome == "not attempted" and verdict.points == 0
