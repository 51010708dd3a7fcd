"""What is computed of series that grow equals what is computed of them at once."""

from __future__ import annotations

import math
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.smoothing import exponential_average
from tui.widgets.chart.bundle import MOST_PLACES, Bundle, Difference
from tui.widgets.chart.series import Series, bundle
from tui.widgets.chart.track import Track

Y = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf, 0.0]))
WEIGHTS = st.sampled_from([0.0, 0.6, 0.97])


def same(one: Any, other: Any) -> bool:
    return [repr(value) for value in one] == [repr(value) for value in other]


@given(st.lists(st.tuples(st.integers(0, 9), Y), max_size=60), st.lists(st.integers(1, 20), max_size=6), WEIGHTS)
def test_a_series_that_grows_is_followed_to_the_same_values(
    pairs: list[tuple[int, float]], steps: list[int], weight: float
) -> None:
    xs, ys = array("d"), array("d")
    track = Track(Series("loss", xs, ys))
    at = 0.0
    for step in [*steps, len(pairs)]:
        for by, y in pairs[len(xs) : len(xs) + step]:
            at += by
            xs.append(at)
            ys.append(y)
        assert track.follow(Series("loss", xs, ys))
        track.curve(log=False, weight=weight)
        track.curve(log=True, weight=weight)
    fresh = Track(Series("loss", list(xs), list(ys)))
    assert track.count == len(xs) and track.diverged == fresh.diverged
    for log in (False, True):
        one, other = (each.curve(log=log, weight=weight) for each in (track, fresh))
        assert one.starts == other.starts and same(one.xs, other.xs) and same(one.ys, other.ys)
    if weight:
        assert same(track.smoothed(weight), exponential_average(ys, weight))


@given(st.lists(st.tuples(st.floats(), Y), max_size=40))
def test_places_in_any_order_are_read_in_the_order_of_x(pairs: list[tuple[float, float]]) -> None:
    track = Track(Series("loss", [x for x, _ in pairs], [y for _, y in pairs]))
    placed = sorted((pair for pair in pairs if math.isfinite(pair[0])), key=lambda pair: pair[0])
    assert same(track.xs[: track.count], [x for x, _ in placed])
    assert same(track.ys[: track.count], [y for _, y in placed])


def test_a_run_that_starts_over_is_not_followed() -> None:
    xs, ys = array("d", [1.0, 2.0]), array("d", [1.0, 2.0])
    track = Track(Series("loss", xs, ys))
    assert not track.follow(Series("loss", xs[:1], ys[:1]))
    xs.append(0.5)
    ys.append(0.5)
    assert not track.follow(Series("loss", xs, ys))


def held(series: Series, x: float, weight: float) -> float | None:
    """The oracle: what a run has at `x`, smoothed."""
    ys = exponential_average(series.ys, weight) if weight else series.ys
    found = [y for at, y in zip(series.xs, ys, strict=True) if at <= x]
    return found[-1] if found and x <= series.xs[-1] and math.isfinite(found[-1] or 0.0) else None


RUNS = st.lists(
    st.lists(st.tuples(st.integers(1, 5), Y), min_size=1, max_size=25).map(
        lambda pairs: Series(
            "run", [sum(by for by, _ in pairs[: place + 1]) for place in range(len(pairs))], [y for _, y in pairs]
        )
    ),
    min_size=2,
    max_size=5,
)


@given(RUNS, WEIGHTS)
def test_a_bundle_is_the_mean_and_the_range_wherever_two_runs_are(runs: list[Series], weight: float) -> None:
    found = Bundle(bundle("seeds", runs))
    means = found.smoothed(weight)
    expected = {}
    for x in sorted({x for run in runs for x in run.xs}):
        there = [y for run in runs if run.xs[0] <= x and (y := held(run, x, weight)) is not None]
        if len(there) >= 2:
            expected[x] = there
    assert list(found.xs) == list(expected)
    for x, mean, low, high in zip(found.xs, means, found.lows, found.highs, strict=True):
        assert mean == pytest.approx(sum(expected[x]) / len(expected[x]), abs=1e-6)
        assert (low, high) == (min(expected[x]), max(expected[x])) == found.range_at(x)


@given(RUNS, WEIGHTS)
def test_a_difference_is_one_minus_the_other_wherever_both_are(runs: list[Series], weight: float) -> None:
    one, other = runs[:2]
    found = Difference(Track(one), Track(other))
    values = found.smoothed(weight)
    expected = {}
    for x in sorted({*one.xs, *other.xs}):
        pair = [held(run, x, weight) if run.xs[0] <= x else None for run in (one, other)]
        if pair[0] is not None and pair[1] is not None:
            expected[x] = pair[0] - pair[1]
    assert dict(zip(found.xs, values, strict=True)) == pytest.approx(expected)


def test_long_runs_are_bundled_at_places_of_equal_distance_and_followed() -> None:
    arrays = [(array("d", range(5_000)), array("d", [float(run)] * 5_000)) for run in range(3)]
    found = Bundle(bundle("seeds", [Series("run", *pair) for pair in arrays]))
    assert len(found.xs) == MOST_PLACES and set(found.smoothed(0.0)) == {1.0}
    for xs, ys in arrays:
        xs.append(5_000.0)
        ys.append(4.0)
    assert found.follow(bundle("seeds", [Series("run", *pair) for pair in arrays]))
    assert found.smoothed(0.0)[-1] == pytest.approx(4.0) and found.range_at(5_000.0) == (4.0, 4.0)
    assert found.range_at(5_001.0) is None
