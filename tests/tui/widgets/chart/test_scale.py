"""Ranges and ticks, with numbers of every kind."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.chart.scale import Window, limits, steady, ticks
from tui.widgets.chart.units import BYTES, NUMBER

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 5e-324, 1.7e308, -1.7e308]))


def drawable(y: float | None, log: bool) -> bool:
    return y is not None and math.isfinite(y) and (y > 0 or not log)


@given(st.lists(ANY, max_size=80), st.booleans())
def test_limits_are_a_usable_range(values: list[float | None], log: bool) -> None:
    low, high = limits(values, log=log)
    assert math.isfinite(low) and math.isfinite(high) and low < high
    assert low > 0 or not log
    assert all(low <= y <= high for y in values if y is not None and drawable(y, log))


def test_limits_of_empty_and_constant_series_are_sane() -> None:
    assert limits([]) == (0.0, 1.0)
    low, high = limits([0.7, 0.7])
    assert 0.5 < low < 0.7 < high < 1
    assert limits([0.0]) == (0.0, 1.0)


@given(FINITE, FINITE, st.integers(1, 9), st.booleans(), st.sampled_from([2, 10, 60]))
def test_ticks_are_few_ordered_and_inside(a: float, b: float, count: int, log: bool, base: Any) -> None:
    low, high = limits([a, b], log=log)
    values, step = ticks(low, high, count, log=log, base=base)
    assert values == sorted(set(values))
    assert all(low <= value <= high for value in values)
    assert len(values) <= max(count + 3, 4)
    for unit in (NUMBER, BYTES):
        assert all(unit.text(value, step) and len(unit.text(value, None)) < 40 for value in values)


def test_tick_labels_are_distinct_and_round() -> None:
    values, step = ticks(0.201, 0.2596, 6)
    assert [NUMBER.text(value, step) for value in values] == ["0.21", "0.22", "0.23", "0.24", "0.25"]
    values, step = ticks(0, 5 * 2**30, 5, base=2)
    assert [BYTES.text(value, step) for value in values] == ["0 B", "1 GiB", "2 GiB", "3 GiB", "4 GiB", "5 GiB"]
    values, step = ticks(1e-5, 2e-3, 3, log=True)
    assert [NUMBER.text(value, step) for value in values] == ["1e-5", "0.0001", "0.001"]


def test_log_position_is_the_logarithm() -> None:
    window = Window(0, 1, 1e-4, 1.0, log=True)
    assert window.up(1e-2) == pytest.approx(0.5)


@given(st.lists(st.floats(0.001, 50), min_size=2, max_size=60), st.booleans())
def test_a_window_that_is_kept_steady_shows_all_there_is_and_little_else(steps: list[float], log: bool) -> None:
    at, window = 0.0, Window(0.0, 1.0, 0.5, 1.0, log)
    for number, step in enumerate(steps):
        at += step
        now = Window(0.0, 1.0 + at, 0.5, 1.0 + number % 3 / 10, log)
        window = steady(window, now)
        assert window.x_low <= now.x_low and now.x_high <= window.x_high
        assert window.y_low <= now.y_low and now.y_high <= window.y_high
        assert window.x_high - window.x_low <= (now.x_high - now.x_low) * 1.21
        assert window.up(now.y_high) - window.up(now.y_low) >= 0.74


def test_a_curve_that_grows_step_by_step_gets_another_window_seldom() -> None:
    window, seen = Window(0.0, 100.0, 0.0, 1.0), set()
    for step in range(101, 1_001):
        window = steady(window, Window(0.0, float(step), 0.0, 1.0))
        seen.add(window)
    assert len(seen) <= 65


def test_a_tail_that_is_followed_moves_on_in_jumps() -> None:
    window, seen = Window(100.0, 300.0, 0.0, 1.0), set()
    for step in range(301, 401):
        now = Window(step - 200.0, float(step), 0.0, 1.0)
        window = steady(window, now)
        assert window.x_low <= now.x_low and now.x_high <= window.x_high
        seen.add(window)
    assert len(seen) <= 15
