"""The optimism of the best: exact for normal scores, and what simulated runs on common rows show."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.power import discordant_share
from core.statistics.winner import optimism_of_best, optimism_of_equals

TYPICAL = discordant_share(0.9, 0.6)


@pytest.mark.parametrize(("rows", "points"), [(1000, (0.9, 1.1, 1.2)), (200, (2.1, 2.5, 2.8))])
def test_published_figures(rows: int, points: tuple[float, ...]) -> None:
    """Of 10, 20 and 30 equal runs, from an independent simulation."""
    found = [100 * optimism_of_equals(runs, rows, TYPICAL) for runs in (10, 20, 30)]
    assert found == pytest.approx(points, abs=0.06)


def test_the_largest_of_two_and_three_normal_numbers() -> None:
    assert optimism_of_equals(2, 1, 2.0) == pytest.approx(1 / sqrt(pi), abs=1e-6)
    assert optimism_of_equals(3, 1, 2.0) == pytest.approx(1.5 / sqrt(pi), abs=1e-6)


@given(st.integers(1, 300), st.integers(50, 100_000), st.floats(0.001, 0.5))
def test_more_runs_and_fewer_rows_are_more_optimistic(runs: int, rows: int, discordant: float) -> None:
    found = optimism_of_equals(runs, rows, discordant)
    assert optimism_of_equals(runs + 1, rows, discordant) > found
    assert optimism_of_equals(runs, 4 * rows, discordant) == pytest.approx(found / 2, abs=1e-12)


@given(st.lists(st.floats(0.5, 1), min_size=1, max_size=30), st.integers(50, 10_000))
def test_only_contenders_count(accuracies: list[float], rows: int) -> None:
    found = optimism_of_best(accuracies, rows, TYPICAL)
    assert 1 <= found.contenders <= len(accuracies)
    assert (found.optimism == 0) == (found.contenders == 1)
    failed = optimism_of_best([*accuracies, 0.1], rows, TYPICAL)
    assert failed == found
    assert optimism_of_best(accuracies[::-1], rows, TYPICAL) == found


def test_contenders_are_the_runs_within_reach_of_the_best() -> None:
    """Two equal runs differ by more than 1.7 points on 1,000 such rows in one of twenty cases."""
    found = optimism_of_best([0.92, 0.904, 0.903, 0.9], 1000, TYPICAL)
    assert found.contenders == 2 and found.optimism == optimism_of_equals(2, 1000, TYPICAL)


@pytest.mark.parametrize("failed", [0, 4])
def test_the_best_of_equal_runs_is_as_much_too_good_as_estimated(failed: int) -> None:
    """Simulated row by row: 62 % of rows are easy, 8 % hard, and what a run makes of the others is its own.

    What rows do to all runs alike is taken out by their mean, so that 300 repetitions are enough for a tenth.
    """
    generator, rows, own = np.random.default_rng(failed), 1000, 0.28 / 0.3
    excess, estimates = [], []
    for _ in range(300):
        kind = generator.choice(3, rows, p=[0.62, 0.08, 0.3])
        right = (kind == 0) | ((kind == 2) & (generator.random((12, rows)) < own))
        accuracies = right.mean(axis=1)
        excess.append(accuracies.max() - accuracies.mean())
        found = optimism_of_best([*accuracies.tolist(), *[0.6] * failed], rows, 0.3 * 2 * own * (1 - own))
        estimates.append(found.optimism)
    assert np.mean(estimates) == pytest.approx(np.mean(excess), rel=0.1)
