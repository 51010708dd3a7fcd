"""Fits a temperature on labelled reviews, and measures what it does on labels that it was not fitted on."""

from __future__ import annotations

import numpy as np

from core.inference.metrics import ece_null_band, expected_calibration_error, fit_temperature, probabilities_of
from core.inference.temperature import Temperature, time_of_fit

_FOLDS = 5


def temperature_of(logits: np.ndarray, labels: np.ndarray, fitted_on: str, time: float) -> Temperature:
    """Return the temperature that minimizes the loss, with the calibration error before and after it.

    Args:
        logits: [N, C], N ≥ 1. labels: [N]. fitted_on: Which labels these are. time: Now, in seconds since 1970.
    """
    temperature = fit_temperature(logits, labels)
    after = _held_out(logits, labels) if len(labels) >= _FOLDS else probabilities_of(logits / temperature)
    return Temperature(
        temperature=temperature,
        rows=len(labels),
        ece=expected_calibration_error(probabilities_of(logits), labels),
        ece_with_temperature=expected_calibration_error(after, labels),
        ece_null_95=ece_null_band(after)[1],
        fitted_on=fitted_on,
        fitted=time_of_fit(time),
    )


def _held_out(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """[N, C] probabilities, those of each fold with a temperature that was fitted on the others."""
    result = np.empty(logits.shape)
    for fold in range(_FOLDS):
        held_out = np.arange(len(labels)) % _FOLDS == fold
        result[held_out] = probabilities_of(logits[held_out] / fit_temperature(logits[~held_out], labels[~held_out]))
    return result
