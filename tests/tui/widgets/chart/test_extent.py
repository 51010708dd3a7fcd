"""The range of what is visible, with and without outliers."""

from __future__ import annotations

import math
from array import array

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.chart.curve import Curve
from tui.widgets.chart.extent import extent

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def part(values: list[float], *, log: bool = False) -> tuple[Curve, int, int]:
    curve = Curve(above_zero=log)
    curve.extend(array("d", range(len(values))), array("d", values))
    return curve, 0, len(curve)


@given(st.lists(st.lists(FINITE, max_size=40), max_size=4), st.booleans(), st.booleans())
def test_it_is_a_usable_range_around_everything_or_around_what_is_no_outlier(
    groups: list[list[float]], log: bool, robust: bool
) -> None:
    low, high = extent([part(values, log=log) for values in groups], [], log=log, robust=robust)
    assert math.isfinite(low) and math.isfinite(high) and low < high and (low > 0 or not log)
    if not robust:
        assert all(low <= y <= high for values in groups for y in values if y > 0 or not log)


def test_without_outliers_the_start_and_a_spike_do_not_count() -> None:
    losses = [50.0, 40.0, 30.0, 20.0, 10.0] + [0.5 + 0.1 * math.sin(place) for place in range(100)]
    losses[60] = 1e9
    assert extent([part(losses)], [], log=False, robust=True)[1] < 1
    assert extent([part(losses)], [], log=False, robust=False)[1] >= 1e9


@given(st.floats(-1e6, 1e6), st.lists(FINITE, min_size=6, max_size=30))
def test_without_outliers_three_quarters_of_the_values_are_inside(middle: float, others: list[float]) -> None:
    values = [0.0] * 5 + [middle + place / 100 for place in range(3 * len(others))] + others
    low, high = extent([part(values)], [], log=False, robust=True)
    assert all(low <= y <= high for y in values[5 : 5 + 3 * len(others)])


def test_a_loss_that_falls_for_a_twentieth_of_the_run_is_no_outlier() -> None:
    losses = [0.9] * 5 + [0.7 * math.exp(-place / 15) + 0.05 for place in range(400)]
    assert extent([part(losses)], [], log=False, robust=True)[1] > 0.6
    losses[200] = 50.0
    assert 0.6 < extent([part(losses)], [], log=False, robust=True)[1] < 1
