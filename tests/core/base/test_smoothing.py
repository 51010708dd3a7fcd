"""The moving average: what it equals, and that it never stumbles over what is not a number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.smoothing import exponential_average

ANY = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 5e-324, 1.7e308, -1.7e308]))


@given(st.lists(st.floats(-1e6, 1e6), max_size=60), st.floats(0, 0.99))
def test_average_equals_the_weighted_mean_written_out(ys: list[float], weight: float) -> None:
    for n, average in enumerate(exponential_average(ys, weight), start=1):
        weights = [weight ** (n - 1 - i) for i in range(n)]
        expected = math.fsum(w * y for w, y in zip(weights, ys[:n], strict=True)) / math.fsum(weights)
        assert average == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(map(abs, ys), default=0))


@given(st.lists(ANY, max_size=80), st.sampled_from([0.0, 0.6, 0.9, 0.97]))
def test_average_passes_over_what_is_not_finite(ys: list[float | None], weight: float) -> None:
    averages = exponential_average(ys, weight)
    assert [math.isfinite(a) for a in averages] == [y is not None and math.isfinite(y) for y in ys]
    finite = [y for y in ys if y is not None and math.isfinite(y)]
    assert [a for a in averages if math.isfinite(a)] == exponential_average(finite, weight)


def test_average_of_weight_zero_is_the_values() -> None:
    assert exponential_average([3.0, -1.0, 0.25], 0) == [3.0, -1.0, 0.25]


@pytest.mark.parametrize("weight", [-0.1, 1.0, 1.5, math.nan])
def test_average_refuses_a_weight_that_means_nothing(weight: float) -> None:
    with pytest.raises(ValueError, match="weight"):
        exponential_average([1.0], weight)
