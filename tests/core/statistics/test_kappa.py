"""Kappa is what scikit-learn computes, its interval covers what it says, and perfect agreement is not certainty."""

from __future__ import annotations

from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from core.statistics.kappa import agreement

LABELS = ("negative", "neutral", "positive")
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60)


@given(PAIRS)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    found = agreement(pairs)
    one, other = zip(*pairs, strict=True)
    if {*one} == {*other} and len({*one}) == 1:
        assert found.kappa is None and found.kappa_interval is None  # it divides 0 by 0 there
    else:
        assert found.kappa == pytest.approx(cohen_kappa_score(one, other), abs=1e-12)
    assert found.share == fmean(a == b for a, b in pairs) and found.rows == len(pairs)


@given(PAIRS)
def test_the_interval_holds_the_estimate_and_does_not_depend_on_who_is_named_first(
    pairs: list[tuple[str, str]],
) -> None:
    found, turned = agreement(pairs), agreement([(b, a) for a, b in pairs])
    if found.kappa is None or found.kappa_interval is None:
        return
    low, high = found.kappa_interval
    assert low <= found.kappa <= high <= 1
    assert turned.kappa == pytest.approx(found.kappa)
    assert turned.kappa_interval == pytest.approx(found.kappa_interval)


def test_the_interval_is_that_of_the_published_formula_where_rows_are_many() -> None:
    # Three diagnoses of 100 patients (Fleiss 1971: kappa 0.43). A hundred times as many rows leave a tenth of the
    # standard error, and the two added rows do not matter.
    shares = [[53, 5, 2], [11, 14, 5], [1, 6, 3]]
    names = ("personality", "neurosis", "psychosis")
    pairs = [
        pair
        for one, row in zip(names, shares, strict=True)
        for other, count in zip(names, row, strict=True)
        for pair in [(one, other)] * count * 100
    ]
    found = agreement(pairs)
    assert found.kappa is not None and found.kappa_interval is not None
    assert found.kappa == pytest.approx(0.429, abs=5e-4)
    assert found.kappa_interval[1] - found.kappa_interval[0] == pytest.approx(
        2 * 1.96 * _published(shares) / 10, rel=0.01
    )


def _published(table: list[list[int]]) -> float:
    """The standard error by the delta method: the gradient of kappa in every cell, by finite differences."""
    counts = np.array(table, dtype=np.float64)
    shares = counts / counts.sum()

    def kappa(cells: np.ndarray) -> float:
        cells = cells / cells.sum()
        chance = float(cells.sum(axis=1) @ cells.sum(axis=0))
        return (float(np.trace(cells)) - chance) / (1 - chance)

    gradient = np.zeros_like(shares)
    for index in np.ndindex(shares.shape):
        moved = shares.copy()
        moved[index] += 1e-6
        gradient[index] = (kappa(moved) - kappa(shares)) / 1e-6
    mean = float((shares * gradient).sum())
    return float(np.sqrt((shares * (gradient - mean) ** 2).sum() / counts.sum()))


@pytest.mark.parametrize(("rows", "accuracy", "classes"), [(30, 0.95, 2), (60, 0.8, 3), (200, 0.9, 2)])
def test_the_interval_covers_the_truth(rows: int, accuracy: float, classes: int) -> None:
    names = LABELS[:classes]
    table = np.full((classes, classes), (1 - accuracy) / classes / (classes - 1))
    np.fill_diagonal(table, accuracy / classes)
    true = (accuracy - 1 / classes) / (1 - 1 / classes)
    generator, covered = np.random.default_rng(3), 0
    for _ in range(400):
        counts = generator.multinomial(rows, table.ravel()).reshape(classes, classes)
        pairs = [(names[a], names[b]) for a in range(classes) for b in range(classes) for _ in range(int(counts[a, b]))]
        interval = agreement(pairs).kappa_interval
        covered += interval is not None and interval[0] <= true <= interval[1]
    assert covered >= 0.91 * 400


def test_perfect_agreement_on_few_rows_is_not_certainty() -> None:
    few, many = (agreement([("positive", "positive"), ("negative", "negative")] * n) for n in (5, 500))
    assert few.kappa == many.kappa == 1
    assert few.kappa_interval is not None and many.kappa_interval is not None
    assert few.kappa_interval[0] < 0.75 and many.kappa_interval[0] > 0.99


def test_without_rows_nothing_is_said() -> None:
    found = agreement([])
    assert (found.rows, found.share, found.kappa, found.kappa_interval) == (0, None, None, None)
    assert found.share_interval == (0.0, 1.0)
