"""The fit against scikit-learn's own, and what must hold for any reviews."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from core.baseline.fit import FOLDS, GRID, assign_folds, fit, sample
from core.inference.metrics import probabilities_of


def _made(rows: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features [N, 6] of clusters that overlap, of very different scale, one of them constant; and their classes."""
    generator = np.random.default_rng(seed)
    labels = np.arange(rows) % classes
    features = generator.normal(size=(rows, 6)) + generator.normal(size=(classes, 6))[labels]
    scaled = features * np.array([1, 100, 1e-3, 1, 1, 0]) + 3
    return scaled.astype(np.float32), labels


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("weighting", ["none", "balanced"])
def test_it_is_the_librarys_regression_with_the_chosen_regularization(classes: int, weighting: str) -> None:
    features, labels = _made(90, classes)
    found = fit(features, labels, classes, class_weights=weighting, seed=1)
    scale = features.std(axis=0)
    scale[scale < 1e-6] = np.inf
    wide = (features.astype(np.float64) - features.mean(axis=0)) / scale
    model = LogisticRegression(C=found.c, class_weight=None if weighting == "none" else weighting, max_iter=1000)
    expected = model.fit(wide, labels).predict_proba(wide)
    np.testing.assert_allclose(probabilities_of(found.logits(features)), expected, atol=1e-3)


def test_the_chosen_regularization_has_the_lowest_loss_on_the_folds() -> None:
    features, labels = _made(200, 2)
    found = fit(features, labels, 2, class_weights="none", seed=3)
    wide = features.astype(np.float64)
    wide = (wide - wide.mean(axis=0)) / np.where(wide.std(axis=0) > 1e-6, wide.std(axis=0), np.inf)
    fold_of, losses = assign_folds(labels, 3), {}
    for c in GRID:
        right = np.zeros(len(labels))
        for number in range(FOLDS):
            model = LogisticRegression(C=c, max_iter=1000).fit(wide[fold_of != number], labels[fold_of != number])
            out = fold_of == number
            right[out] = model.predict_proba(wide[out])[np.arange(out.sum()), labels[out]]
        losses[c] = -np.log(right).mean()
    assert found.folds == FOLDS and found.loss == pytest.approx(losses[found.c], abs=1e-4)
    assert losses[found.c] <= min(losses.values()) + 1e-4


@settings(max_examples=25, deadline=None)
@given(
    labels=st.lists(st.integers(0, 4), min_size=2, max_size=40).filter(lambda found: len(set(found)) > 1),
    seed=st.integers(0, 99),
    weighting=st.sampled_from(["none", "balanced"]),
)
def test_any_classes_can_be_fitted_twice_the_same(labels: list[int], seed: int, weighting: str) -> None:
    features = np.random.default_rng(seed).normal(size=(len(labels), 3)).astype(np.float32)
    told: list[float] = []
    fits = [
        fit(features, np.array(labels), 5, class_weights=weighting, seed=seed, progress=told.append) for _ in range(2)
    ]
    assert fits[0].weights.shape == (5, 3) and np.isfinite(fits[0].weights).all() and np.isfinite(fits[0].bias).all()
    assert (fits[0].weights == fits[1].weights).all() and fits[0].c == fits[1].c
    assert all(0 <= one <= 1 for one in told) and told[-1] == 1
    absent = [label for label in range(5) if label not in labels]
    if absent and weighting == "none":
        assert probabilities_of(fits[0].logits(np.zeros((1, 3))))[0, absent].max() < 1 / len(labels)


@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=60), seed=st.integers(0, 9))
def test_folds_are_stratified_and_every_class_is_always_learned(labels: list[int], seed: int) -> None:
    found = np.array(labels)
    fold_of = assign_folds(found, seed)
    for label in set(labels):
        counts = np.bincount(fold_of[found == label] + 1, minlength=FOLDS + 1)
        assert counts[0] == (1 if counts.sum() == 1 else 0)
        assert np.ptp(counts[1:]) <= 1
        assert all((found[fold_of != number] == label).any() for number in range(FOLDS))


@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=200), most=st.integers(1, 100), seed=st.integers(0, 9))
def test_a_sample_keeps_every_class_and_its_share(labels: list[int], most: int, seed: int) -> None:
    found = np.array(labels)
    chosen = sample(found, most, seed)
    assert (np.diff(chosen) > 0).all() and set(found[chosen]) == set(labels)
    assert len(chosen) <= max(most, len(set(labels)) + most)
    for label in set(labels):
        has, kept = (found == label).sum(), (found[chosen] == label).sum()
        assert kept == has if len(found) <= most else kept == max(int(has * (most / len(found))), 1)


def test_an_exception_from_progress_ends_the_fit() -> None:
    def stop(fraction: float) -> None:
        raise KeyboardInterrupt

    features, labels = _made(40, 2)
    with pytest.raises(KeyboardInterrupt):
        fit(features, labels, 2, class_weights="none", seed=1, progress=stop)
