"""What seeds can show: scipy's noncentral t, published figures, and simulated groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nct, t, ttest_1samp

from core.statistics.seed_power import seed_power, seeds_needed, smallest_visible_over_seeds


@settings(max_examples=300)
@given(st.integers(2, 200), st.floats(0, 6))
def test_power_is_that_of_the_noncentral_t(seeds: int, difference: float) -> None:
    shift = difference * np.sqrt(seeds)
    expected = nct.sf(t.ppf(0.975, seeds - 1), seeds - 1, shift) if shift < 37 else 1
    expected = 1 if np.isnan(expected) else expected
    assert seed_power(seeds, difference) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("seeds", [2, 3, 5, 50])
def test_power_is_continuous_where_the_noncentral_t_ends(seeds: int) -> None:
    before, after = (seed_power(seeds, shift / np.sqrt(seeds)) for shift in (36.999, 37.001))
    assert after == pytest.approx(before, abs=2e-4)


def test_published_figures() -> None:
    assert [round(smallest_visible_over_seeds(seeds), 1) for seeds in (3, 5, 10)] == [3.3, 1.7, 1.0]


@given(st.floats(0.1, 12))
def test_needed_seeds_are_the_fewest(difference: float) -> None:
    seeds = seeds_needed(difference)
    assert seeds is not None and seed_power(seeds, difference) >= 0.8
    assert seeds == 2 or seed_power(seeds - 1, difference) < 0.8


def test_more_seeds_than_anyone_trains_are_not_counted() -> None:
    assert seeds_needed(0.01) is None


@given(st.integers(2, 500))
def test_more_seeds_show_smaller_differences(seeds: int) -> None:
    assert smallest_visible_over_seeds(seeds + 1) < smallest_visible_over_seeds(seeds)


@pytest.mark.parametrize("seeds", [5, 10])
def test_that_difference_is_seen_in_four_of_five_simulated_groups(seeds: int) -> None:
    groups = np.random.default_rng(seeds).normal(smallest_visible_over_seeds(seeds), 1, (4000, seeds))
    assert np.mean(ttest_1samp(groups, 0, axis=1).pvalue < 0.05) == pytest.approx(0.8, abs=0.025)
