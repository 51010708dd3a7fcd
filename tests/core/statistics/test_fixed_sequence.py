"""Grids of thresholds, and the promise of testing them in sequence while the audits grow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.statistics.auto_labels import certified_thresholds, judge_thresholds
from core.statistics.error_rate import fixed_p
from core.statistics.fixed_sequence import fewest_audits, first_coverage, leading, threshold_grid
from tests.core.statistics.audited_piles import CONFIDENCE, LIMIT, border_pile, true_rate, usual_pile

confidences = st.lists(st.floats(0.5, 1), min_size=1, max_size=80).map(np.array)


def test_only_hypotheses_before_the_first_that_stands_are_rejected() -> None:
    assert [leading(one) for one in ([True, True, False, True], [False, True], [True], [])] == [2, 0, 1, 0]


@given(confidences, st.sampled_from([0.2, 0.4, 0.55, 1.0]))
def test_thresholds_accept_at_least_their_share_strictest_first(found: np.ndarray, first: float) -> None:
    grid = threshold_grid(found, first)
    assert (np.diff(grid) < 0).all()
    assert np.mean(found >= grid[0]) >= first - 1e-9
    assert grid[-1] == found.min(), "the loosest accepts everything"
    assert len(grid) <= round(20 * (1 - first)) + 1


def test_the_first_threshold_is_one_that_the_audits_at_hand_can_certify() -> None:
    fewest = fewest_audits(LIMIT, CONFIDENCE)
    assert fewest == 171
    for reviews in (200, 300, 1000, 5000, 20_000, 100_000):
        first = first_coverage(reviews, reviews // 10, fewest)
        assert first * 20 == pytest.approx(round(first * 20))
        assert 0.2 <= first <= 1 and first * reviews >= fewest
    assert first_coverage(1000, 100, fewest) == 0.4
    assert first_coverage(10_000, 1000, fewest) == 0.2
    assert first_coverage(50, 5, fewest) == 1.0, "too small for any certificate"


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_the_grid_does_not_depend_on_what_is_audited_or_found(seed: int, audits: int) -> None:
    generator = np.random.default_rng(seed)
    pile, wrong = usual_pile(generator, 100)
    grid = threshold_grid(pile, 0.4)
    some = judge_thresholds(grid, pile, pile[:audits], wrong[:audits], LIMIT, CONFIDENCE)
    assert [one.threshold for one in some.thresholds] == grid.tolist()
    assert [one.audited for one in some.thresholds] == [int((pile[:audits] >= one).sum()) for one in grid]
    assert [one.errors for one in some.thresholds] == [int((wrong[:audits] & (pile[:audits] >= t)).sum()) for t in grid]


def test_piles_at_the_border_are_falsely_certified_in_at_most_five_percent() -> None:
    """2,000 piles, exactly 2 % wrong at every threshold, looked at after every audit until all are audited."""
    generator = np.random.default_rng(1)
    false, of_fixed = 0, 0
    for number in range(2000):
        confidence, wrong = border_pile(generator, 1000)
        grid = threshold_grid(confidence, 0.4)
        false += certified_thresholds(grid, confidence, wrong, LIMIT, CONFIDENCE) > 0
        if number < 300:
            of_fixed += fixed_p(np.cumsum(wrong), np.arange(1, 1001), LIMIT).min() <= 1 - CONFIDENCE
    assert 0 < false / 2000 <= 0.05
    assert of_fixed / 300 > 0.05, "a fixed sample's test breaks its promise here, so this simulation can tell"


def test_an_ordinary_pile_is_certified_up_to_its_true_border() -> None:
    generator = np.random.default_rng(3)
    coverage, false = [], 0
    for _ in range(60):
        confidence, wrong = usual_pile(generator, 5000)
        judged = certified_thresholds(grid := threshold_grid(confidence, 0.2), confidence, wrong, LIMIT, CONFIDENCE)
        share = float(np.mean(confidence >= grid[judged - 1])) if judged else 0.0
        coverage.append(share)
        false += true_rate(share) > LIMIT
    assert np.mean(coverage) == pytest.approx(0.38, abs=0.03)
    assert false / 60 <= 0.05


def test_looser_thresholds_are_never_certified_over_one_that_is_not() -> None:
    confidence = np.linspace(1, 0, 1000)
    wrong = np.zeros(1000, dtype=bool)
    wrong[:20] = True  # the most confident answers are the wrong ones
    judged = judge_thresholds(threshold_grid(confidence, 0.2), confidence, confidence, wrong, LIMIT, CONFIDENCE)
    assert judged.thresholds[0].contradicted and judged.certified == 0
    assert judged.best is None and judged.next is judged.thresholds[0]


def test_a_certificate_is_withdrawn_once_audits_contradict_it() -> None:
    confidence = np.full(400, 0.99)
    right = np.zeros(200, dtype=bool)
    grid = threshold_grid(confidence, 0.4)
    assert certified_thresholds(grid, confidence[:200], right, LIMIT, CONFIDENCE) == 1
    few, many = (np.concatenate([right, np.arange(60) < errors]) for errors in (1, 20))
    assert certified_thresholds(grid, confidence[:260], few, LIMIT, CONFIDENCE) == 1
    assert certified_thresholds(grid, confidence[:260], many, LIMIT, CONFIDENCE) == 0


def test_what_is_still_needed_counts_audits_of_random_reviews() -> None:
    confidence = np.linspace(0.5, 1, 1000)
    nothing = np.zeros(0)
    judged = judge_thresholds(
        threshold_grid(confidence, 0.4), confidence, nothing, nothing.astype(bool), LIMIT, CONFIDENCE
    )
    first = judged.next
    assert first is not None and judged.best is None
    assert (first.coverage, first.needed, first.bound) == (0.4, 428, 1.0)  # 171 / 0.4
