"""What the loss chart says is what the journal says: with gaps, NaN, resumes and extensions, and for a million steps.

The oracle knows lists and formulas only: no columns, no blocks, nothing that is kept from one look to the next.
"""

from __future__ import annotations

import math
import random
from array import array
from bisect import bisect_right
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.runs.history import RunHistory
from tests.core.runs.whole_records import record
from tui.screens.train.chart_data import AXIS_KINDS, Axis, Charted
from tui.screens.train.charts import CHARTS
from tui.widgets.chart.series import Series
from tui.widgets.chart.view import ChartView

Step = dict[str, Any]
LOSS = st.one_of(st.floats(1e-6, 1e3), st.sampled_from([math.nan, math.inf, 0.0]))
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("step"), LOSS, st.floats(0.01, 5)),
        st.tuples(st.just("resume"), st.floats(0, 1), st.just(0.0)),
        st.tuples(st.just("extend"), st.just(0.0), st.just(0.0)),
    ),
    min_size=1,
    max_size=60,
)
AXES: list[Axis] = ["step", "epoch", "reviews", "seconds"]


def average(losses: list[float], weight: float) -> list[float]:
    """The debiased moving average of the finite values, as a sum."""
    found = []
    for end in range(1, len(losses) + 1):
        finite = [loss for loss in losses[:end] if math.isfinite(loss)]
        weights = [weight ** (len(finite) - 1 - place) for place in range(len(finite))]
        known = bool(finite) and math.isfinite(losses[end - 1])
        total = sum(one * loss for one, loss in zip(weights, finite, strict=True))
        found.append(total / sum(weights) if known else math.nan)
    return found


def places(steps: list[Step], axis: Axis) -> list[float]:
    if axis == "reviews":
        return [float(sum(one["reviews"] for one in steps[: end + 1])) for end in range(len(steps))]
    return [float(one[axis]) for one in steps]


def close(one: float | None, other: float) -> bool:
    return one is not None and (one == pytest.approx(other, rel=1e-9) or (math.isnan(one) and math.isnan(other)))


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.sampled_from(AXES), st.sampled_from([0.0, 0.6, 0.9]), st.booleans(), st.data())
def test_readings_and_extremes_are_those_of_the_journal(
    events: list[tuple[str, float, float]], axis: Axis, weight: float, log: bool, data: st.DataObject
) -> None:
    history, steps, view = RunHistory(), list[Step](), ChartView(weight, log=log)
    history.update([record("started"), record("plan")])
    for kind, value, took in events:
        if kind == "step":
            number, seconds = (steps[-1]["step"] + 1, steps[-1]["seconds"] + took) if steps else (1, took)
            reviews = number % 5 + 1
            steps.append({"step": number, "epoch": number / 8, "loss": value, "seconds": seconds, "reviews": reviews})
            history.update([record("step", **steps[-1])])
        elif kind == "resume":
            kept = int(value * len(steps))
            history.update([record("started"), record("resumed", step=kept, reached=len(steps))])
            del steps[kept:]
        else:
            history.update([record("finished"), record("extended", from_epochs=1, from_steps=len(steps), epochs=9)])
        if data.draw(st.booleans()):
            show(view, history, axis)
    show(view, history, axis)
    xs, losses = places(steps, axis), [one["loss"] for one in steps]
    if not steps:
        assert view.readings() == []
        return
    smooth = average(losses, weight) if weight else losses
    cursor = data.draw(st.one_of(st.sampled_from(xs), st.floats(xs[0], xs[-1])))
    view.place_cursor(cursor)
    at = bisect_right(xs, cursor) - 1
    (_, reading) = view.readings()[0]
    assert reading.x == xs[at] and close(reading.y, losses[at])
    assert reading.smoothed is None if not weight else close(reading.smoothed, smooth[at])

    if data.draw(st.booleans()):
        view.zoom(0.5)
    low, high = view.x_range()
    drawn = [
        (x, y) for x, y in zip(xs, smooth, strict=True) if low <= x <= high and math.isfinite(y) and (y > 0 or not log)
    ]
    found = view.extremes(0)
    assert (found is None) == (not drawn)
    if found is not None:
        assert close(found.lowest[1], min(y for _, y in drawn)) and close(found.highest[1], max(y for _, y in drawn))
    diverged = [x for x, loss in zip(xs, losses, strict=True) if not math.isfinite(loss)]
    assert view.diverged == (diverged[0] if diverged else None)


def show(view: ChartView, history: RunHistory, axis: Axis) -> None:
    series = CHARTS["loss"].draw(Charted(history, axis=axis)).series
    view.show(series, [], AXIS_KINDS[axis].name)


def test_a_million_steps_are_read_and_drawn_exactly() -> None:
    chance, count = random.Random(3), 1_000_000
    ys = array("d", (chance.random() for _ in range(count)))
    ys[654_321], ys[123_456] = -7.0, math.nan
    view = ChartView(0.0)
    view.show([Series("training", array("d", range(1, count + 1)), ys)], [], "step")
    for _ in range(20):
        at = chance.randrange(count)
        view.place_cursor(at + 1.0)
        (_, reading) = view.readings()[0]
        assert reading.x == at + 1 and (reading.y == ys[at] or math.isnan(ys[at]))
    assert view.diverged == 123_457
    view.show_all()
    for _ in range(12):
        low, high = (int(end) for end in view.x_range())
        part = [y for y in ys[low - 1 : high] if not math.isnan(y)]
        found = view.extremes(0)
        assert found is not None and (found.lowest[1], found.highest[1]) == (min(part), max(part))
        view.place_cursor(654_322.0)
        view.zoom(0.5)
    assert found.lowest == (654_322.0, -7.0)
