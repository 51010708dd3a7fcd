"""Evidence that may be read after every audit: exact by enumeration and quadrature, and as published."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from core.statistics.error_evidence import (
    anytime_bound,
    anytime_p,
    audits_needed,
    log_evidence,
    log_evidence_above,
    shows_more_errors,
)
from core.statistics.error_rate import fixed_p
from tests.core.statistics.audited_piles import CONFIDENCE, LIMIT

limits = st.floats(0.005, 0.3)
answers = st.lists(st.booleans(), max_size=60).map(lambda found: np.array(found, dtype=bool))


@settings(max_examples=25)
@given(st.integers(0, 80), st.integers(0, 80), limits)
def test_the_evidence_is_the_mean_ratio_of_likelihoods(audited: int, errors: int, limit: float) -> None:
    errors = min(errors, audited)

    def ratio(p: float) -> float:
        return (p / limit) ** errors * ((1 - p) / (1 - limit)) ** (audited - errors)

    prior = beta(0.5, 2 / limit)
    whole, _ = quad(lambda root: ratio(root**2) * prior.pdf(root**2) * 2 * root, 0, limit**0.5)  # p = root², no pole
    assert exp(log_evidence(audited, errors, limit)) == pytest.approx(whole / prior.cdf(limit), rel=1e-6)
    above = beta(1, 0.4 / limit)
    if 0.4 / limit >= 2:
        whole, _ = quad(lambda p: ratio(p) * above.pdf(p), limit, 1, limit=200)
        assert exp(log_evidence_above(audited, errors, limit)) == pytest.approx(whole / above.sf(limit), rel=1e-4)


@given(st.integers(0, 2000), st.integers(0, 60), limits, st.floats(0, 1))
def test_evidence_never_rises_on_average_where_its_hypothesis_is_true(
    audited: int, errors: int, limit: float, beyond: float
) -> None:
    """If the next audit is wrong at a rate at or beyond the limit, the mean of the next evidence is at most this."""
    errors = min(errors, audited)
    for evidence, rate in ((log_evidence, limit + beyond * (1 - limit)), (log_evidence_above, limit * (1 - beyond))):
        now, right, wrong = (
            float(evidence(audited + more, errors + failed, limit)) for more, failed in ((0, 0), (1, 0), (1, 1))
        )
        if now > -600:
            assert rate * exp(wrong - now) + (1 - rate) * exp(right - now) <= 1 + 1e-6


@pytest.mark.parametrize(("errors", "audits"), [(0, 171), (1, 323), (2, 440), (3, 543)])
def test_audits_that_certify_two_percent(errors: int, audits: int) -> None:
    assert audits_needed(0, errors, LIMIT, CONFIDENCE) == audits
    assert audits_needed(audits - 1, errors, LIMIT, CONFIDENCE) == 1
    assert audits_needed(audits, errors, LIMIT, CONFIDENCE) == 0
    assert log_evidence(audits, errors, LIMIT) >= log(20) > log_evidence(audits - 1, errors, LIMIT)


@given(answers, limits)
def test_the_p_value_is_the_smallest_of_all_looks(wrong: np.ndarray, limit: float) -> None:
    looks = [exp(-float(log_evidence(n, wrong[:n].sum(), limit))) for n in range(len(wrong) + 1)]
    assert anytime_p(wrong, limit) == pytest.approx(min(1.0, *looks))


@given(answers, limits)
def test_the_bound_and_the_p_value_say_the_same(wrong: np.ndarray, limit: float) -> None:
    bound = anytime_bound(wrong, CONFIDENCE)
    assert (anytime_p(wrong, limit) <= 1 - CONFIDENCE) == (bound <= limit) or bound == pytest.approx(limit, abs=1e-6)


@settings(max_examples=20)
@given(answers)
def test_a_bound_never_rises_and_is_above_what_was_seen(wrong: np.ndarray) -> None:
    bounds = [anytime_bound(wrong[:n], CONFIDENCE) for n in range(0, len(wrong) + 1, 5)]
    assert bounds[0] == 1.0
    assert all(after <= before for before, after in pairwise(bounds))


def ever_certified(reviews: int, errors: int) -> float:
    """The exact probability that a pile with this number of errors is ever certified, if looked at after each audit."""
    paths = np.zeros(errors + 1)
    paths[0], found, certified = 1.0, np.arange(errors + 1), 0.0
    for audited in range(1, reviews + 1):
        chance = np.clip((errors - found) / (reviews - audited + 1), 0, 1)
        failed = paths * chance
        paths = paths - failed
        paths[1:] += failed[:-1]
        over = log_evidence(np.maximum(audited, found), found, LIMIT) >= -log(1 - CONFIDENCE)
        certified += paths[over].sum()
        paths[over] = 0.0
    return certified


def test_a_finite_pile_at_the_limit_is_ever_certified_in_less_than_five_percent() -> None:
    """Drawn without replacement, as the audits of a pile are; enumerated, not simulated."""
    found = [round(ever_certified(reviews, round(LIMIT * reviews)), 3) for reviews in (100, 1000, 5000)]
    assert found == [0.0, 0.025, 0.039]
    assert ever_certified(500, 15) < ever_certified(500, 10) < ever_certified(500, 5), "the rarer, the more often"


def test_a_bound_for_a_fixed_sample_fails_if_it_is_read_after_every_audit() -> None:
    """So the simulation would show a method that breaks its promise."""
    generator = np.random.default_rng(5)
    audited = np.arange(1, 1001)
    errors = np.cumsum(generator.random((500, 1000)) < LIMIT, axis=1)
    looks = fixed_p(errors, audited, LIMIT) <= 1 - CONFIDENCE
    assert 0.15 < looks.any(axis=1).mean() < 0.30
    assert looks[:, -1].mean() <= 0.08


def test_a_right_certificate_is_rarely_contradicted_and_a_wrong_one_soon() -> None:
    generator = np.random.default_rng(6)
    at_limit, far_above = (generator.random((300, 400)) < rate for rate in (LIMIT, 0.1))
    assert np.mean([shows_more_errors(one, LIMIT, CONFIDENCE) for one in at_limit]) <= 0.05
    assert np.mean([shows_more_errors(one[:150], LIMIT, CONFIDENCE) for one in far_above]) > 0.95
    assert not shows_more_errors(np.zeros(0, dtype=bool), LIMIT, CONFIDENCE)


def test_audits_needed_at_a_rate() -> None:
    assert audits_needed(100, 2, LIMIT, CONFIDENCE, rate=0.02) is None, "errors as frequent as the limit never do"
    rare, often = (audits_needed(100, 1, LIMIT, CONFIDENCE, rate) for rate in (0.001, 0.01))
    assert rare is not None and often is not None and 0 < rare < often
    assert audits_needed(0, 0, 0.5, CONFIDENCE) is not None
