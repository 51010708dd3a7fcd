"""What is made of the times of some micro-batches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.worker.probe import _line, _proportion

OPERATIONS = st.lists(st.floats(1e6, 1e13), min_size=2, max_size=8, unique=True)


@given(OPERATIONS, st.floats(1e8, 1e15), st.floats(0, 1))
def test_times_on_a_line_are_found_again(operations: list[float], rate: float, besides: float) -> None:
    operations.sort(reverse=True)
    seconds = [done / rate + besides for done in operations]
    found = _line(operations, seconds)
    for done, taken in zip(operations, seconds, strict=True):
        assert done / found[0] + found[1] == pytest.approx(taken, rel=0.03, abs=0.02 * max(seconds))


@given(OPERATIONS, st.lists(st.floats(1e-4, 10), min_size=8, max_size=8))
def test_whatever_was_measured_a_rate_is_positive_and_nothing_takes_less_than_no_time(
    operations: list[float], seconds: list[float]
) -> None:
    for form in (_line, _proportion):
        rate, besides = form(operations, seconds[: len(operations)])
        assert 0 < rate < float("inf") and 0 <= besides < 100


def test_a_gpu_that_takes_as_long_for_little_as_for_much_is_waited_for_not_counted() -> None:
    rate, besides = _line([1e12, 1e11, 1e10], [0.024, 0.024, 0.024])
    assert besides == pytest.approx(0.024) and 1e12 / rate < 0.002
