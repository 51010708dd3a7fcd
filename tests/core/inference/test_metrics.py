"""Figures: those of scikit-learn and scipy, checked by hand where a number can be, and calibration that is honest."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import metrics as sklearn_metrics

from core.inference.metrics import (
    confusion,
    ece_null_band,
    expected_calibration_error,
    fit_temperature,
    measure,
    probabilities_of,
)

NAMES = ("bad", "fine", "good")


@st.composite
def judged(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """[N, 3] logits and [N] labels; not every class need be there."""
    rows = draw(st.integers(1, 60))
    seed, spread = draw(st.integers(0, 10_000)), draw(st.sampled_from([0.0, 0.5, 3.0, 60.0]))
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, draw(st.integers(1, 3)), rows)
    return (generator.normal(size=(rows, 3)) * spread).astype(np.float32), labels


@settings(max_examples=40)
@given(judged())
def test_figures_are_those_of_scikit_learn(case: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = case
    found, predicted = measure(logits, labels, NAMES), logits.argmax(axis=1)
    assert found["accuracy"] == sklearn_metrics.accuracy_score(labels, predicted)
    assert found["macro_f1"] == pytest.approx(
        sklearn_metrics.f1_score(labels, predicted, average="macro", zero_division=0.0)
    )
    if probabilities_of(logits).min() > 1e-15:  # scikit-learn clips there
        expected = sklearn_metrics.log_loss(labels, softmax(logits.astype(float), axis=1), labels=[0, 1, 2])
        assert found["loss"] == pytest.approx(expected, rel=1e-6, abs=1e-9)
    for index, name in enumerate(NAMES):
        row = found["per_class"][name]
        assert row["rows"] == (labels == index).sum()
        assert row["precision"] == pytest.approx(
            sklearn_metrics.precision_score(labels == index, predicted == index, zero_division=0.0)
        )
        assert row["recall"] == pytest.approx(
            sklearn_metrics.recall_score(labels == index, predicted == index, zero_division=0.0)
        )


def test_figures_by_hand() -> None:
    logits = np.array([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 0.0]], dtype=np.float32)
    found = measure(logits, np.array([0, 0, 1, 1]), ("bad", "good"))
    right, wrong = math.log1p(math.exp(-2)), math.log1p(math.exp(2))
    assert found["loss"] == pytest.approx((3 * right + wrong) / 4)
    assert found["accuracy"] == 0.75
    assert found["per_class"]["bad"] == {"precision": pytest.approx(2 / 3), "recall": 1.0, "f1": 0.8, "rows": 2}
    assert found["per_class"]["good"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "rows": 2}
    assert found["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2)
    assert confusion(logits, np.array([0, 0, 1, 1]), 2) == [[2, 0], [1, 1]]


def test_a_class_that_is_not_there_does_not_lower_macro_f1() -> None:
    logits = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = measure(logits, np.array([0, 1]), NAMES)
    assert found["macro_f1"] == 1.0 and found["per_class"]["good"] == {"precision": 0, "recall": 0, "f1": 0, "rows": 0}


def test_a_loss_of_extreme_logits_is_finite_and_right() -> None:
    logits = np.array([[1e4, -1e4]], dtype=np.float32)
    assert measure(logits, np.array([0]), ("a", "b"))["loss"] == 0.0
    assert measure(logits, np.array([1]), ("a", "b"))["loss"] == 2e4


@given(judged())
def test_a_confusion_counts_every_row_once_in_its_true_class(case: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = case
    matrix = np.array(confusion(logits, labels, 3))
    assert matrix.shape == (3, 3) and matrix.sum() == len(labels)
    assert matrix.sum(axis=1).tolist() == np.bincount(labels, minlength=3).tolist()
    assert matrix.trace() == (logits.argmax(axis=1) == labels).sum()


def test_calibration_error_by_hand() -> None:
    certain = np.array([[0.99, 0.01]] * 4)
    assert expected_calibration_error(certain, np.array([0, 0, 0, 1])) == pytest.approx(0.24)
    two_bins = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    assert expected_calibration_error(two_bins, np.array([0, 0, 1, 0])) == pytest.approx((0.1 + 0.1) / 2)
    assert expected_calibration_error(np.array([[1.0, 0.0]]), np.array([0])) == 0.0


@given(judged())
def test_calibration_error_is_a_share_and_blind_to_the_order_of_rows(case: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = case
    probabilities = probabilities_of(logits)
    found = expected_calibration_error(probabilities, labels)
    order = np.random.default_rng(0).permutation(len(labels))
    assert 0 <= found <= 1
    assert expected_calibration_error(probabilities[order], labels[order]) == pytest.approx(found, abs=1e-12)


def test_the_null_band_covers_a_perfectly_calibrated_model_and_not_an_overconfident_one() -> None:
    generator = np.random.default_rng(0)
    covered = 0
    for seed in range(100):
        probabilities = softmax(generator.normal(size=(150, 2)) * 2, axis=1)
        labels = (generator.random(150) < probabilities[:, 1]).astype(int)
        mean, high = ece_null_band(probabilities, seed=seed)
        assert 0 < mean < high
        covered += expected_calibration_error(probabilities, labels) <= high
        if seed < 5:
            overconfident = softmax(np.log(probabilities) * 4, axis=1)
            assert expected_calibration_error(overconfident, labels) > ece_null_band(overconfident)[1]
    assert 88 <= covered <= 100  # 95 expected, sd 2.2


def test_the_null_band_narrows_with_more_rows() -> None:
    few = softmax(np.random.default_rng(1).normal(size=(50, 2)), axis=1)
    many = np.tile(few, (40, 1))
    assert ece_null_band(many)[1] < ece_null_band(few)[1] / 3
    assert ece_null_band(few) == ece_null_band(few)


@given(judged(), st.floats(0.05, 20))
def test_a_temperature_never_changes_what_is_predicted(case: tuple[np.ndarray, np.ndarray], temperature: float) -> None:
    logits, labels = case
    for divisor in (temperature, fit_temperature(logits, labels)):
        scaled = logits.astype(np.float64) / divisor
        assert (scaled.argmax(axis=1) == logits.argmax(axis=1)).all()


@pytest.mark.parametrize("sharpened", [0.5, 1.0, 3.0])
def test_the_fitted_temperature_undoes_how_much_too_sure_a_model_is(sharpened: float) -> None:
    generator = np.random.default_rng(2)
    honest = generator.normal(size=(20_000, 2)) * 1.5
    labels = (generator.random(20_000) < softmax(honest, axis=1)[:, 1]).astype(int)
    found = fit_temperature((honest * sharpened).astype(np.float32), labels)
    assert found == pytest.approx(sharpened, rel=0.07)


@settings(max_examples=30)
@given(judged())
def test_the_fitted_temperature_never_makes_the_loss_worse(case: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = case
    temperature = fit_temperature(logits, labels)
    before = measure(logits, labels, NAMES)["loss"]
    assert math.exp(-3) <= temperature <= math.exp(3)
    assert measure(logits.astype(np.float64) / temperature, labels, NAMES)["loss"] <= before + 1e-4


@given(judged())
def test_probabilities_are_shares_of_one(case: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities = probabilities_of(case[0])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    assert (probabilities >= 0).all() and probabilities.dtype == np.float64
