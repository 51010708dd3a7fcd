"""Error rates from a fixed sample: equal to scipy's binomial distribution, and to the published numbers of audits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from core.statistics.error_rate import fixed_bound, fixed_p

limits = st.floats(0.001, 0.5)


@given(st.integers(1, 5000), st.integers(0, 5000), limits)
def test_equals_scipy(audited: int, errors: int, limit: float) -> None:
    errors = min(errors, audited)
    assert fixed_p(errors, audited, limit) == pytest.approx(binom.cdf(errors, audited, limit), abs=1e-9)
    interval = binomtest(errors, audited, alternative="less").proportion_ci(0.95, method="exact")
    assert fixed_bound(errors, audited, 0.95) == pytest.approx(interval.high, abs=1e-6)


@given(st.integers(1, 3000), st.integers(0, 60), limits)
def test_the_bound_is_where_the_p_value_is_the_level(audited: int, errors: int, limit: float) -> None:
    bound = fixed_bound(min(errors, audited), audited, 0.95)
    if bound < 1:
        assert fixed_p(min(errors, audited), audited, bound) == pytest.approx(0.05, abs=1e-6)


def test_audits_that_certify_two_percent() -> None:
    audited = np.arange(1, 600)
    fewest = [int(audited[np.argmax(fixed_p(errors, audited, 0.02) <= 0.05)]) for errors in range(4)]
    assert fewest == [149, 236, 313, 386]


def test_without_audits_nothing_is_known() -> None:
    assert fixed_bound(0, 0, 0.95) == 1.0
    assert fixed_p(0, 0, 0.02) == 1.0
