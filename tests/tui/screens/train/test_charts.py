"""The charts that can be chosen have the figures of the journal, also with gaps, after a resume and without steps."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.figures import ValidationFigures
from core.runs.history import RunHistory
from tests.core.runs.whole_records import record
from tui.screens.train.chart_data import AXES, Charted, Overlaid
from tui.screens.train.charts import CHARTS, COUNTS, known_charts, next_chart


def history_of(made: list[dict[str, Any]], evaluated: list[dict[str, Any]] | None = None, **plan: Any) -> RunHistory:
    history = RunHistory()
    history.update([record("plan", **plan), *(record("step", **one) for one in made)])
    history.update([record("evaluation", **one) for one in evaluated or []])
    return history


figure = st.one_of(st.floats(0, 1e3), st.sampled_from([math.nan, math.inf]))
a_step = st.fixed_dictionaries(
    {"loss": figure, "learning_rate": st.floats(0, 1), "gradient_norm": figure, "reviews": st.integers(1, 64)}
)


@given(st.lists(st.tuples(a_step, st.floats(0, 5)), max_size=60), st.floats(0, 10))
def test_every_curve_has_the_figures_of_the_journal(drawn: list[tuple[dict[str, Any], float]], most: float) -> None:
    seconds, steps = 0.0, []
    for number, (fields, took) in enumerate(drawn, 1):
        seconds += took
        steps.append({**fields, "step": number, "epoch": number / 10, "seconds": seconds})
    charted = Charted(history_of(steps), max_grad_norm=most)
    numbers = [float(one["step"]) for one in steps]
    for chart, name in (("learning rate", "learning_rate"), ("gradient norm", "gradient_norm"), ("loss", "loss")):
        (series, *_) = CHARTS[chart].draw(charted).series
        assert list(series.xs) == numbers
        for got, one in zip(series.ys, steps, strict=True):
            assert got == one[name] or (got is not None and math.isnan(got) and math.isnan(one[name]))
    gradient = CHARTS["gradient norm"].draw(charted)
    if most and steps:
        clipped = sum(one["gradient_norm"] > most for one in steps) / len(steps)
        assert f"{clipped:.0%} of steps clipped" in gradient.title and gradient.references == [("clipped above", most)]
    speeds = CHARTS["speed"].draw(charted).series
    for (before, after), speed in zip(pairwise(steps), speeds[0].ys[1:], strict=True):
        took = after["seconds"] - before["seconds"]
        assert speed == after["reviews"] / took if took > 0 else math.isnan(speed or 0.0)


def test_a_step_after_a_resume_has_no_speed() -> None:
    steps = [{"step": step, "seconds": step * 0.5, "reviews": 16} for step in (1, 2, 5, 6)]
    (series,) = CHARTS["speed"].draw(Charted(history_of(steps))).series
    assert list(series.xs) == [1, 2, 5, 6] and series.gaps
    assert [y for y in series.ys if y is not None and not math.isnan(y)] == [32.0, 32.0]


def test_accuracy_stands_beside_the_guess_and_the_baseline() -> None:
    evaluations = [
        {"step": 10, "epoch": 1.0, "loss": 0.6, "accuracy": 0.7, "macro_f1": 0.65},
        {"step": 20, "epoch": 2.0, "loss": 0.5, "accuracy": 0.8, "macro_f1": 0.75},
    ]
    majority = {"label": "negative", "accuracy": 0.55, "macro_f1": 0.3}
    history = history_of([{"step": 20}], evaluations, majority=majority, validation_rows=1234)
    found = CHARTS["accuracy"].draw(Charted(history, ValidationFigures(loss=0.4, accuracy=0.77, macro_f1=0.7)))
    assert [list(series.ys) for series in found.series] == [[0.7, 0.8], [0.65, 0.75]]
    assert found.references == [("baseline", 0.77), ("majority guess", 0.55)]
    assert found.title == "Accuracy on 1,234 reviews"


@pytest.mark.parametrize("name", CHARTS)
def test_without_figures_a_chart_says_why_it_is_empty(name: str) -> None:
    for history in (RunHistory(), history_of([]), history_of([], method="baseline", steps=0)):
        found = CHARTS[name].draw(Charted(history))
        assert not any(series.xs for series in found.series) and found.empty.endswith(".")


@given(
    st.lists(st.sampled_from(list(CHARTS)), min_size=1, max_size=4, unique=True),
    st.integers(0, 3),
    st.sampled_from([1, -1]),
    st.booleans(),
)
def test_a_key_goes_through_all_charts_but_those_beside(shown: list[str], at: int, by: int, gpu: bool) -> None:
    at, beside, seen = at % len(shown), set(shown), {shown[at % len(shown)]}
    beside.discard(shown[at])
    for _ in CHARTS:
        shown[at] = next_chart(shown, at, by, gpu=gpu)
        assert len(set(shown)) == len(shown)
        seen.add(shown[at])
    offered = {name for name, kind in CHARTS.items() if gpu or not kind.on_gpu}
    assert offered - beside <= seen <= set(CHARTS) - beside


@given(st.lists(st.one_of(st.sampled_from(list(CHARTS)), st.text(max_size=5)), max_size=6))
def test_whatever_was_kept_there_is_a_chart_for_every_pane(kept: list[str]) -> None:
    found = known_charts(kept)
    assert len(set(found)) == len(found) == max(COUNTS) and set(found) <= set(CHARTS)
    assert known_charts(found) == found


@given(st.lists(st.tuples(st.integers(1, 64), st.floats(0, 5)), min_size=1, max_size=50), st.data())
def test_a_step_and_an_evaluation_lie_where_the_training_was(
    drawn: list[tuple[int, float]], data: st.DataObject
) -> None:
    steps, seen, seconds, at = [], 0, 0.0, {}
    for number, (reviews, took) in enumerate(drawn, 1):
        seen, seconds = seen + reviews, seconds + took
        time = 1e9 + 2 * seconds
        steps.append({"step": number, "epoch": number / 10, "seconds": seconds, "reviews": reviews, "time": time})
        at[number] = {"step": number, "epoch": number / 10, "reviews": seen, "seconds": seconds, "clock": time}
        at[number]["elapsed"] = time - at[1]["clock"]
    evaluated = sorted(data.draw(st.sets(st.integers(1, len(steps)), max_size=5)))
    history = history_of(
        steps, [{"step": step, "epoch": step / 10, "loss": 0.5, "time": at[step]["clock"]} for step in evaluated]
    )
    for axis in AXES:
        series = CHARTS["loss"].draw(Charted(history, axis=axis)).series
        assert list(series[0].xs) == [at[number][axis] for number in sorted(at)]
        assert [list(one.xs) for one in series[1:]] == ([[at[step][axis] for step in evaluated]] if evaluated else [])


def test_other_runs_stand_beside_with_their_own_figures_and_names() -> None:
    own = history_of([{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.4}], [{"step": 2, "accuracy": 0.8}])
    other = history_of([{"step": 1, "loss": 0.7}], [{"step": 1, "accuracy": 0.6, "loss": 0.65}])
    bare = history_of([{"step": 1, "loss": 0.9}])
    charted = Charted(own, others=(Overlaid("first", (other,), 1), Overlaid("bare", (bare,), 2)))
    loss = CHARTS["loss"].draw(charted).series
    assert [(one.name, list(one.ys)) for one in loss if one.style == "line"] == [
        ("training", [0.5, 0.4]), ("first", [0.7]), ("bare", [0.9]),
    ]  # fmt: skip
    assert [one.name for one in loss if one.style == "points"] == ["validation", "first, validation"]
    accuracy = CHARTS["accuracy"].draw(charted).series
    assert [(one.name, list(one.ys)) for one in accuracy] == [("accuracy", [0.8]), ("first", [0.6])]
    assert len({(one.colour, one.mark) for one in loss}) == 3  # one for each run, for its points as for its line
    for name in ("learning rate", "gradient norm"):
        assert [one.name for one in CHARTS[name].draw(charted).series] == [name, "first", "bare"]
