"""The mid-p test: that of scipy's binomial distribution, and never above its level on rows that models differ on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from core.statistics.mcnemar import at_most, critical_counts, mid_p
from core.statistics.power import row_power


@settings(max_examples=1000)
@given(st.integers(0, 3000), st.integers(0, 3000))
def test_p_is_the_exact_test_without_half_of_what_was_seen(only_a: int, only_b: int) -> None:
    if discordant := only_a + only_b:
        exact = binomtest(only_a, discordant).pvalue
        seen = binom.pmf(only_a, discordant, 0.5)  # both tails hold it, unless there is but one
        expected = exact - (seen / 2 if only_a == only_b else seen)
        assert mid_p(only_a, only_b) == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert mid_p(only_a, only_b) == mid_p(only_b, only_a)


@settings(max_examples=300)
@given(st.integers(0, 60), st.integers(0, 60))
def test_p_counts_the_tables_that_are_at_least_as_far_apart(only_a: int, only_b: int) -> None:
    counts = np.arange(only_a + only_b + 1)
    apart, chances = abs(2 * counts - counts[-1]), binom.pmf(counts, counts[-1], 0.5)
    seen = abs(only_a - only_b)
    if counts[-1]:
        assert mid_p(only_a, only_b) == pytest.approx(chances[apart > seen].sum() + chances[apart == seen].sum() / 2)


def test_nothing_to_compare_is_no_evidence() -> None:
    assert mid_p(0, 0) == 1


@given(st.integers(0, 500), st.integers(0, 500))
def test_p_falls_as_models_move_apart(only_a: int, more: int) -> None:
    assert mid_p(only_a, only_a + more + 1) < mid_p(only_a, only_a + more)


@settings(max_examples=300)
@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=30))
def test_a_critical_count_is_the_last_that_the_test_rejects(discordant: list[int]) -> None:
    for number, count in zip(discordant, critical_counts(np.array(discordant)).tolist(), strict=True):
        assert count == -1 or mid_p(count, number - count) < 0.05
        assert mid_p(count + 1, number - count - 1) >= 0.05


@settings(max_examples=300)
@given(st.integers(-1, 1000), st.integers(0, 1000), st.floats(0.01, 0.99))
def test_probabilities_are_scipys(count: int, trials: int, probability: float) -> None:
    found = at_most(np.array([count]), np.array([trials]), probability)
    assert found == pytest.approx(binom.cdf([count], trials, probability), rel=1e-9, abs=1e-300)


def test_equal_models_are_told_apart_in_at_most_one_of_twenty() -> None:
    """Exactly, not simulated: the sum over all tables; 0.01 points above 5 % is what mid-p may take."""
    for rows in (5, 16, 50, 113, 377, 1000, 5000):
        for discordant in np.geomspace(0.002, 0.5, 25):
            assert 2 * row_power(rows, float(discordant), 0.0) <= 0.0501
