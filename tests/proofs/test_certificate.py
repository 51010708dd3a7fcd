"""The promise of a certificate, simulated on thousands of piles, and what it covers for how many audits.

Every figure here is printed, so that the documentation can quote it: `make proof`, or `pytest -s` on this file.
"""

from __future__ import annotations

import numpy as np
import pytest

from core.statistics.auto_labels import certified_thresholds
from core.statistics.error_evidence import log_evidence
from core.statistics.error_rate import fixed_p
from core.statistics.fixed_sequence import fewest_audits, first_coverage, leading, threshold_grid
from tests.core.statistics.audited_piles import CONFIDENCE, LIMIT, border_pile, true_rate, usual_pile

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

PILES = 4000
LEVEL = 1 - CONFIDENCE


@pytest.mark.parametrize("reviews", [1000, 10_000])
def test_false_certificates_at_the_border(reviews: int) -> None:
    """Exactly 2 % of the reviews are wrong at every threshold; one looks after every audit, until all are done."""
    generator = np.random.default_rng(reviews)
    first = first_coverage(reviews, reviews // 10, fewest_audits(LIMIT, CONFIDENCE))
    false = peeking = 0
    for _ in range(PILES):
        confidence, wrong = border_pile(generator, reviews)
        grid = threshold_grid(confidence, first)
        false += certified_thresholds(grid, confidence, wrong, LIMIT, CONFIDENCE) > 0
        accepted = wrong[confidence >= grid[0]]
        peeking += fixed_p(np.cumsum(accepted), np.arange(1, len(accepted) + 1), LIMIT).min() <= LEVEL
    print(f"\n{reviews:,} reviews: {false / PILES:.1%} falsely certified; by a fixed sample {peeking / PILES:.1%}")
    assert 0 < false / PILES <= LEVEL
    assert peeking > false


def test_false_certificates_of_independent_reviews() -> None:
    """Without end to the pile: 2,000 audits of reviews that are wrong with a probability of exactly 2 %."""
    generator = np.random.default_rng(2)
    audited = np.arange(1, 2001)
    errors = np.cumsum(generator.random((PILES, 2000)) < LIMIT, axis=1)
    anytime = (log_evidence(audited, errors, LIMIT) >= -np.log(LEVEL)).any(axis=1).mean()
    peeking = (fixed_p(errors, audited, LIMIT) <= LEVEL).any(axis=1).mean()
    print(f"\none threshold, independent reviews: {anytime:.1%}; by a fixed sample's test {peeking:.1%}")
    assert anytime <= LEVEL
    assert peeking > 0.15


@pytest.mark.parametrize(("audits", "published"), [(500, 0.14), (1000, 0.21), (2000, 0.33), (5000, 0.42)])
def test_coverage(audits: int, published: float) -> None:
    """A model with accuracy 0.889 whose more confident half is wrong in 2 %: the most that can be certified is 0.50.

    A fixed sample that is read once, from the first threshold that accepts 149 audits on; and what `auto-label` uses.
    """
    generator = np.random.default_rng(audits)
    once: list[float] = []
    watched: list[float] = []
    false = {"once": 0, "watched": 0}
    for _ in range(400):
        confidence, wrong = usual_pile(generator, audits)
        shares = np.arange(1, 21) / 20
        enough = [share for share in shares if (confidence >= 1 - share).sum() >= 149]
        accepted = [wrong[confidence >= 1 - share] for share in enough]
        passed = leading(fixed_p(int(one.sum()), len(one), LIMIT) <= LEVEL for one in accepted)
        once.append(float(enough[passed - 1]) if passed else 0.0)
        grid = 1 - shares[3:]
        passed = certified_thresholds(grid, confidence, wrong, LIMIT, CONFIDENCE)
        watched.append(float(1 - grid[passed - 1]) if passed else 0.0)
        false["once"] += true_rate(once[-1]) > LIMIT + 1e-9
        false["watched"] += true_rate(watched[-1]) > LIMIT + 1e-9
    print(
        f"\n{audits:,} audits: coverage {np.mean(once):.2f} read once, {np.mean(watched):.2f} watched; "
        f"false {false['once'] / 400:.1%} and {false['watched'] / 400:.1%}"
    )
    assert max(false.values()) / 400 <= LEVEL
    assert np.mean(once) == pytest.approx(published, abs=0.04)
    assert np.mean(watched) > np.mean(once) - 0.15


def test_audits_until_a_certificate() -> None:
    """Of one threshold whose answers are wrong in 0.5 %: how many accepted audits it takes."""
    generator = np.random.default_rng(4)
    audited = np.arange(1, 5001)
    errors = np.cumsum(generator.random((2000, 5000)) < 0.005, axis=1)
    over = log_evidence(audited, errors, LIMIT) >= -np.log(LEVEL)
    assert over.any(axis=1).all()
    took = over.argmax(axis=1) + 1
    median, most = np.quantile(took, [0.5, 0.9])
    print(f"\ntrue errors 0.5 %: {median:.0f} audits (median), {most:.0f} (nine of ten)")
    assert median == 323
    assert most == pytest.approx(819, rel=0.05)
