"""The maths of a chart: each test attacks one property, with numbers of every kind."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.series import (
    BYTES,
    NUMBER,
    PERCENT,
    Series,
    Window,
    downsample,
    exponential_average,
    limits,
    scatter,
    segments,
    ticks,
    trace,
    widened,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 5e-324, 1.7e308, -1.7e308]))
POINTS = st.lists(st.tuples(FINITE, FINITE), max_size=200).map(lambda points: sorted(points, key=lambda p: p[0]))


def drawable(y: float | None, log: bool) -> bool:
    return y is not None and math.isfinite(y) and (y > 0 or not log)


@given(st.lists(st.floats(-1e6, 1e6), max_size=60), st.floats(0, 0.99))
def test_average_equals_the_weighted_mean_written_out(ys: list[float], weight: float) -> None:
    for n, average in enumerate(exponential_average(ys, weight), start=1):
        weights = [weight ** (n - 1 - i) for i in range(n)]
        expected = math.fsum(w * y for w, y in zip(weights, ys[:n], strict=True)) / math.fsum(weights)
        assert average == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(map(abs, ys), default=0))


@given(st.lists(ANY, max_size=80), st.sampled_from([0.0, 0.6, 0.9, 0.97]))
def test_average_passes_over_what_is_not_finite(ys: list[float | None], weight: float) -> None:
    averages = exponential_average(ys, weight)
    assert [math.isfinite(a) for a in averages] == [drawable(y, False) for y in ys]
    finite = [y for y in ys if y is not None and math.isfinite(y)]
    assert [a for a in averages if math.isfinite(a)] == exponential_average(finite, weight)


def test_average_of_weight_zero_is_the_values() -> None:
    assert exponential_average([3.0, -1.0, 0.25], 0) == [3.0, -1.0, 0.25]


@pytest.mark.parametrize("weight", [-0.1, 1.0, 1.5, math.nan])
def test_average_refuses_a_weight_that_means_nothing(weight: float) -> None:
    with pytest.raises(ValueError, match="weight"):
        exponential_average([1.0], weight)


@given(st.lists(st.tuples(st.floats(), ANY), max_size=100), st.booleans())
def test_segments_hold_exactly_the_drawable_points_in_order(pairs: list[tuple[float, Any]], log: bool) -> None:
    runs = segments([x for x, _ in pairs], [y for _, y in pairs], log=log)
    placed = sorted((pair for pair in pairs if math.isfinite(pair[0])), key=lambda pair: pair[0])
    assert [point for run in runs for point in run] == [pair for pair in placed if drawable(pair[1], log)]
    assert all(runs)
    starts = [i for i, pair in enumerate(placed) if drawable(pair[1], log)]
    breaks = sum(later - earlier > 1 for earlier, later in pairwise(starts))
    assert len(runs) == (breaks + 1 if starts else 0)


@given(POINTS, st.integers(-2, 90))
def test_downsampling_keeps_the_extremes_and_the_bound(points: list[tuple[float, float]], columns: int) -> None:
    thin = downsample(points, columns)
    assert len(thin) <= 2 * max(columns, 2)
    assert [x for x, _ in thin] == sorted(x for x, _ in thin)
    assert set(thin) <= set(points)
    if points:
        assert (thin[0], thin[-1]) == (points[0], points[-1])
        ys, thin_ys = [y for _, y in points], [y for _, y in thin]
        assert (min(thin_ys), max(thin_ys)) == (min(ys), max(ys))


def test_a_single_spike_among_many_points_survives_downsampling() -> None:
    points = [(float(i), 99.0 if i == 3_217 else 0.0) for i in range(5_000)]
    assert (3_217.0, 99.0) in downsample(points, 80)


@given(st.lists(st.lists(ANY, max_size=40), max_size=4), st.booleans(), st.booleans())
def test_limits_are_a_usable_range(groups: list[list[float | None]], log: bool, robust: bool) -> None:
    low, high = limits(groups, log=log, robust=robust)
    assert math.isfinite(low) and math.isfinite(high) and low < high
    assert low > 0 or not log
    if not robust:
        assert all(low <= y <= high for group in groups for y in group if y is not None and drawable(y, log))


def test_robust_limits_ignore_the_start_and_a_spike() -> None:
    losses = [50.0, 40.0, 30.0, 20.0, 10.0] + [0.5 + 0.1 * math.sin(i) for i in range(100)]
    losses[60] = 1e9
    assert limits([losses], robust=True)[1] < 1
    assert limits([losses])[1] >= 1e9


def test_limits_of_empty_and_constant_series_are_sane() -> None:
    assert limits([]) == (0.0, 1.0)
    low, high = limits([[0.7, 0.7]])
    assert 0.5 < low < 0.7 < high < 1
    assert limits([[0.0]]) == (0.0, 1.0)


@given(FINITE, FINITE, st.integers(1, 9), st.booleans(), st.sampled_from([2, 10]))
def test_ticks_are_few_ordered_and_inside(a: float, b: float, count: int, log: bool, base: Any) -> None:
    low, high = limits([[a, b]], log=log)
    values, step = ticks(low, high, count, log=log, base=base)
    assert values == sorted(set(values))
    assert all(low <= value <= high for value in values)
    assert len(values) <= max(count + 3, 4)
    for unit in (NUMBER, BYTES, PERCENT):
        assert all(unit.text(value, step) and len(unit.text(value, None)) < 40 for value in values)


def test_tick_labels_are_distinct_and_round() -> None:
    values, step = ticks(0.201, 0.2596, 6)
    assert [NUMBER.text(value, step) for value in values] == ["0.21", "0.22", "0.23", "0.24", "0.25"]
    values, step = ticks(0, 5 * 2**30, 5, base=2)
    assert [BYTES.text(value, step) for value in values] == ["0 B", "1 GiB", "2 GiB", "3 GiB", "4 GiB", "5 GiB"]
    values, step = ticks(1e-5, 2e-3, 3, log=True)
    assert [NUMBER.text(value, step) for value in values] == ["1e-5", "0.0001", "0.001"]


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (NUMBER, 2345.0, "2,345"),
        (NUMBER, 0.43211999, "0.43212"),
        (NUMBER, 2e-5, "2e-5"),
        (NUMBER, math.nan, "nan"),
        (BYTES, 1.2 * 2**30, "1.2 GiB"),
        (BYTES, 512.0, "512 B"),
        (BYTES, 0.0, "0 B"),
        (PERCENT, 0.9125, "91.25%"),
    ],
)
def test_values_are_written_in_their_unit(unit: Any, value: float, text: str) -> None:
    assert unit.text(value, None) == text


@given(st.lists(st.tuples(st.floats(), ANY), max_size=120), st.booleans(), st.booleans(), st.integers(1, 60), st.data())
def test_whatever_comes_in_only_the_unit_square_comes_out(
    pairs: list[tuple[float, Any]], log: bool, steps: bool, columns: int, data: st.DataObject
) -> None:
    runs = segments([x for x, _ in pairs], [y for _, y in pairs], log=log)
    xs = sorted(data.draw(st.tuples(FINITE, FINITE)))
    window = Window(*widened(*xs), *limits([[data.draw(ANY)]], log=log), log=log)
    lines = [*trace(runs, window, columns, steps=steps), scatter(runs, window, columns)]
    assert all(0 <= u <= 1 and 0 <= v <= 1 for line in lines for u, v in line)
    assert sum(map(len, lines)) <= 40 * (columns + 2)


def test_a_line_leaves_the_window_where_it_crosses_the_edge() -> None:
    window = Window(0, 10, 0, 1)
    (line,) = trace([[(0.0, 0.0), (10.0, 2.0)]], window, 80)
    assert line == [(0.0, 0.0), (pytest.approx(0.5), pytest.approx(1.0))]


def test_log_position_is_the_logarithm() -> None:
    window = Window(0, 1, 1e-4, 1.0, log=True)
    assert window.up(1e-2) == pytest.approx(0.5)


def test_a_gap_stays_a_gap_when_thousands_of_points_are_thinned() -> None:
    xs = [float(i) for i in range(5_000)]
    runs = segments(xs, [math.nan if 2_000 < x < 3_000 else 1.0 for x in xs])
    lines = trace(runs, Window(0, 4_999, 0, 2), 80)
    assert [line[0][0] for line in lines] == pytest.approx([0, 3_000 / 4_999])
    assert lines[0][-1][0] == pytest.approx(2_000 / 4_999)


def test_alternating_gaps_do_not_multiply_the_work() -> None:
    ys = [math.nan if i % 3 == 2 else float(i) for i in range(9_000)]
    lines = trace(segments(range(9_000), ys), Window(0, 8_999, 0, 9_000), 80)
    assert sum(map(len, lines)) <= 160


def test_series_copies_its_values_and_refuses_a_missing_one() -> None:
    ys: list[float | None] = [1.0, None]
    series = Series("loss", [0, 1], ys)
    ys.append(3.0)
    assert series.ys == (1.0, None)
    assert Series("huge", [0], [10**400]).ys == (math.inf,)
    with pytest.raises(ValueError, match="each x needs one y"):
        Series("loss", [0, 1], [1.0])


def test_divergence_is_the_first_value_that_is_not_finite() -> None:
    assert Series("loss", [10, 20, 30], [None, 1.0, math.inf]).diverged_at() == 30
    assert Series("loss", [10, 20], [None, 1.0]).diverged_at() is None
