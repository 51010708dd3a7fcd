"""The diagnosis says what is wrong with recorded runs, nothing about sound ones, and quotes figures that are there."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.text import clean
from core.diagnosis.finding import Figures
from core.diagnosis.rules import RULES, diagnose
from core.runs.figures import ValidationFigures
from core.runs.history import RunHistory
from core.runs.records import Record
from core.settings.schema import Settings
from tests.core.diagnosis.recording import part, read_recordings
from tests.core.runs.whole_records import record
from tests.hostile import SHORT, steering

RECORDED = read_recordings()
FAULTY = [(recipe, run) for recipe, run in RECORDED if recipe.expected]
SOUND = [(recipe, run) for recipe, run in RECORDED if not recipe.expected]


def kinds(run: Figures) -> list[str]:
    return [one.kind for one in diagnose(run)]


def test_the_fault_of_nine_runs_in_ten_is_said_first_or_second() -> None:
    assert len(FAULTY) >= 60
    missed = [
        (recipe.name, kinds(run)) for recipe, run in FAULTY if not set(kinds(run)[:2]) & set(recipe.expected.split("|"))
    ]
    assert len(missed) <= len(FAULTY) / 10, missed


def test_nothing_is_said_about_sound_runs_at_any_time() -> None:
    assert len(SOUND) >= 40 and sum(bool(run.history.layers) for _, run in SOUND) >= 20
    for recipe, run in SOUND:
        assert kinds(run) == [], recipe.name
        for steps in range(5, len(run.history.steps), 7):
            assert kinds(part(run, steps)) == [], (recipe.name, steps)


def test_a_fault_is_said_before_the_end() -> None:
    early = 0
    for recipe, run in FAULTY:
        half = part(run, int(0.6 * len(run.history.steps)))
        early += bool(set(kinds(half)) & set(recipe.expected.split("|")))
    assert early >= len(FAULTY) / 2


@pytest.mark.parametrize("recipe, run", FAULTY, ids=[recipe.name for recipe, _ in FAULTY])
def test_every_loss_and_accuracy_in_a_sentence_is_one_of_the_run(recipe: object, run: Figures) -> None:
    known = {f"{value:.3f}" for one in run.history.evaluations for value in (one.loss, one.accuracy)}
    known |= {f"{value:.3f}" for value in run.losses}
    majority = run.history.plan.majority if run.history.plan is not None else None
    known |= {f"{majority.accuracy:.3f}"} if majority is not None else set()
    known.add(f"{run.settings['max_grad_norm']:.3f}")
    for finding in diagnose(run):
        assert set(re.findall(r"\d\.\d{3}(?!\d)", finding.sentence)) <= known, finding.sentence


@pytest.mark.parametrize("recipe, run", FAULTY, ids=[recipe.name for recipe, _ in FAULTY])
def test_what_is_advised_can_be_set(recipe: object, run: Figures) -> None:
    for finding in diagnose(run):
        Settings().changed(dict(finding.changes))
        assert finding.advice


figure = st.one_of(st.floats(0, 100), st.sampled_from([math.nan, math.inf, 0.0, 1e30]))


steps = st.integers(0, 130)
seconds = st.one_of(st.floats(0, 1000), st.sampled_from([0.0, 1e10]))
shares = st.one_of(st.none(), st.floats(0, 1))
parts = st.lists(
    st.builds(
        dict, name=st.sampled_from(["embeddings", "layer 1", "head", *SHORT[:9]]), gradient_norm=figure,
        update_ratio=figure,
    ),
    max_size=4,
)  # fmt: skip
noted = st.one_of(
    st.builds(lambda step, parts: record("layers", step=step, parts=parts), steps, parts),
    st.builds(
        lambda step, elapsed, read, paused: record("time", step=step, elapsed=elapsed, input=read, paused=paused),
        steps, seconds, seconds, seconds,
    ),
    st.builds(
        lambda time, lost, ours, busy: record(
            "memory", time=time, lost=lost, processors_ours=ours, processors_busy=busy, processors=2
        ),
        st.sampled_from([0.0, 1.0]), shares, st.one_of(st.none(), seconds), st.one_of(st.none(), seconds),
    ),
)  # fmt: skip
"""What a worker, or a stranger who forged a journal, may have noted beside steps and evaluations."""


@given(
    losses=st.lists(figure, max_size=120),
    evaluations=st.lists(st.tuples(figure, st.floats(0, 1)), max_size=12),
    ended=st.booleans(),
    rows=st.integers(0, 500),
    baseline=st.booleans(),
    noted=st.lists(noted, max_size=12),
)
def test_no_history_breaks_it(
    losses: list[float],
    evaluations: list[tuple[float, float]],
    ended: bool,
    rows: int,
    baseline: bool,
    noted: list[Record],
) -> None:
    majority = {"label": "negative", "accuracy": 0.5, "macro_f1": 0.33}
    records = [record("plan", majority=majority, validation_rows=rows, steps=max(len(losses), 1))]
    records += [record("step", step=step, epoch=step / 10, loss=loss) for step, loss in enumerate(losses, 1)]
    for number, (loss, accuracy) in enumerate(evaluations, 1):
        scores = {"negative": {"precision": accuracy, "recall": accuracy, "f1": accuracy, "rows": rows // 2}}
        at = min(number * 10, max(len(losses), 1))
        records.append(
            record("evaluation", step=at, epoch=at / 10, loss=loss, accuracy=accuracy, macro_f1=accuracy, best=True,
                   per_class=scores)
        )  # fmt: skip
    records += noted
    records += [record("finished", message="")] if ended else []
    history = RunHistory()
    history.update(records)
    scores_of_baseline = ValidationFigures(loss=0.4, accuracy=0.8, macro_f1=0.8) if baseline else None
    run = Figures(history, Settings().model_dump(), scores_of_baseline)
    for finding in diagnose(run):
        assert clean(finding.sentence) == finding.sentence and finding.sentence.endswith(".")


def test_a_run_without_a_plan_and_a_baseline_are_not_diagnosed() -> None:
    assert diagnose(Figures(RunHistory(), {})) == []
    history = RunHistory()
    history.update([record("plan", method="baseline", steps=0), record("evaluation", step=0, epoch=0)])
    assert diagnose(Figures(history, {})) == []


def run_of(losses: list[float], validation: list[float]) -> Figures:
    """A run with these training losses, evaluated as often, evenly, with these validation losses."""
    history = RunHistory()
    every = max(len(losses) // max(len(validation), 1), 1)
    history.update([record("plan", validation_rows=300, steps=2 * len(losses))])
    history.update([record("step", step=step, epoch=step / every, loss=loss) for step, loss in enumerate(losses, 1)])
    for number, loss in enumerate(validation, 1):
        history.update([record("evaluation", step=number * every, epoch=float(number), loss=loss)])
    return Figures(history, {})


@given(st.integers(40, 200), st.floats(0.05, 0.4), st.floats(0.5, 2.0))
def test_a_loss_that_rises_far_is_diverging_and_one_that_falls_is_not(steps: int, low: float, rise: float) -> None:
    falling = [0.7 + (low - 0.7) * step / steps for step in range(steps)]
    rising = [low + rise * min(step / 20, 1) for step in range(80)]
    assert "diverging" in kinds(run_of([*falling, *rising], []))
    assert "diverging" not in kinds(run_of(falling, []))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_said_with_its_step_and_alone(bad: float) -> None:
    (found,) = diagnose(run_of([*([0.5] * 30), bad, *([0.5] * 9)], []))
    assert found.kind == "diverged" and "since step 31." in found.sentence


@given(st.floats(0.1, 0.6), st.integers(5, 9), st.floats(0.95, 0.99))
def test_a_plateau_is_one_where_neither_loss_moves(loss: float, epochs: int, shrinks: float) -> None:
    assert kinds(run_of([loss] * 20 * epochs, [loss] * epochs)) == ["plateau"]
    assert "plateau" not in kinds(run_of([loss] * 20 * epochs, [loss * shrinks**number for number in range(epochs)]))


def test_a_run_below_the_baseline_is_told_so_and_memory_near_its_limit() -> None:
    history = RunHistory()
    scores = {"loss": 0.6, "accuracy": 0.6, "macro_f1": 0.6, "best": True, "step": 40, "epoch": 2.0}
    history.update([record("plan", validation_rows=200), *(record("step", step=step) for step in range(1, 41))])
    history.update([record("memory", process_peak=95, system_total=100, limit=None, devices=[])])
    history.update([record("evaluation", **scores), record("finished", message="")])
    run = Figures(history, {}, ValidationFigures(loss=0.4, accuracy=0.8, macro_f1=0.8))
    assert {"below the baseline", "memory near its limit"} <= set(kinds(run))
    assert "0.600 is below that of the baseline, 0.800" in " ".join(one.sentence for one in diagnose(run))


@pytest.mark.parametrize("end", ["finished", "stopped"])
@pytest.mark.parametrize(("steps", "early"), [(30, True), (70, False), (100, False)])
def test_a_run_that_ended_far_before_its_plan_says_how_much_of_it_was_left(end: str, steps: int, early: bool) -> None:
    made = [record("step", step=step, epoch=step / 20, loss=0.3, learning_rate=4e-5) for step in range(1, steps + 1)]
    history = RunHistory()
    history.update([record("plan", steps=100, learning_rate=5e-5), *made, record(end, message="")])
    found = [one for one in diagnose(Figures(history, {"early_stopping_patience": 2})) if "far before" in one.kind]
    assert bool(found) == early
    if early:
        assert "30 of 100 planned steps" in found[0].sentence and "80% of the highest" in found[0].sentence
        assert found[0].changes == {"epochs": "2"}
        assert ("for 2 evaluations without a gain" in found[0].sentence) == (end == "finished")


def test_a_run_in_progress_or_failed_has_not_ended_before_its_plan() -> None:
    for last in ([], [record("failed")]):
        history = RunHistory()
        history.update([record("plan", steps=100), *(record("step", step=step) for step in range(1, 11)), *last])
        assert "ended far before its plan" not in kinds(Figures(history, {}))


def test_names_of_classes_do_not_steer() -> None:
    for name in SHORT[:40]:
        per_class = {
            name: {"precision": 0, "recall": 0, "f1": 0, "rows": 9},
            "other": {"precision": 0.5, "recall": 0.9, "f1": 0.6, "rows": 20},
        }
        history = RunHistory()
        history.update([record("plan"), *(record("step", step=step) for step in range(1, 41))])
        history.update([record("evaluation", step=40, epoch=2.0, best=True, per_class=per_class)])
        found = diagnose(Figures(history, {}))
        assert "class never found" in [one.kind for one in found]
        assert not steering("".join(one.sentence + one.advice for one in found))


def test_every_rule_says_what_it_looks_for() -> None:
    assert all(rule.__doc__ for rule in RULES)
