"""Temperatures: fitted on enough labels, kept with their date, and applied without numpy as with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from core.inference.metrics import ece_null_band, probabilities_of
from core.inference.temperature import FEWEST, Temperature, read_temperature, write_temperature
from core.inference.temperature_fit import temperature_of

NOW = 1_798_761_600.0  # 2027-01-01


def overconfident(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """[rows, 2] logits of a model that is three times too sure, and labels."""
    generator = np.random.default_rng(seed)
    honest = generator.normal(size=(rows, 2)) * 1.5
    return honest * 3, (generator.random(rows) < softmax(honest, axis=1)[:, 1]).astype(int)


def test_a_model_that_is_too_sure_is_corrected_and_the_figures_say_so() -> None:
    found = temperature_of(*overconfident(2000), "made up", NOW)
    assert found.temperature == pytest.approx(3, rel=0.15)
    assert found.ece > 0.1 > found.ece_with_temperature
    assert found.ece_null_95 is not None and found.ece_with_temperature <= found.ece_null_95
    assert (found.rows, found.fitted_on, found.day) == (2000, "made up", "2027-01-01")


def test_the_error_after_it_is_that_of_labels_it_was_not_fitted_on() -> None:
    """On few labels a temperature learns their noise; measured on the same labels, it would look better than it is."""
    worse = 0
    for seed in range(20):
        logits, labels = overconfident(40, seed)
        found = temperature_of(logits / 3, labels, "", NOW)  # the model is calibrated already
        from_all = probabilities_of(logits / 3 / found.temperature)
        loss = -np.log(from_all[np.arange(40), labels]).mean()
        assert loss <= -np.log(probabilities_of(logits / 3)[np.arange(40), labels]).mean() + 1e-6
        worse += found.ece_with_temperature > found.ece
    assert worse >= 5


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=5), st.floats(0.05, 20))
def test_is_applied_as_logits_would_be_divided(logits: list[float], divisor: float) -> None:
    given_by_model = probabilities_of(np.array([logits]))[0]
    names = [f"class {number}" for number in range(len(logits))]
    temperature = Temperature(temperature=divisor, rows=200, ece=0, ece_with_temperature=0, fitted_on="")
    found = temperature.calibrated(dict(zip(names, given_by_model.tolist(), strict=True)))
    expected = probabilities_of(np.array([logits]) / divisor)[0]
    assert list(found.values()) == pytest.approx(expected.tolist(), abs=1e-6)


def test_what_says_nothing_stays_as_it_is() -> None:
    temperature = Temperature(temperature=2, rows=200, ece=0, ece_with_temperature=0, fitted_on="")
    assert temperature.calibrated({"a": 1.0, "b": 0.0}) == {"a": 1.0, "b": 0.0}
    assert temperature.calibrated({}) == {}
    diverged = temperature.calibrated({"a": float("nan"), "b": float("nan")})
    assert list(diverged) == ["a", "b"]


def test_is_kept_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    found = temperature_of(*overconfident(FEWEST), "made up", NOW)
    write_temperature(file, found)
    assert read_temperature(file) == found
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"temperature": "x"}', b"[" * 5000, b"\xff\xfe"])
def test_a_damaged_file_is_no_temperature(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "calibration.json").write_bytes(content)
    assert read_temperature(tmp_path / "calibration.json") is None
    assert read_temperature(tmp_path / "missing.json") is None


def test_too_few_labels_are_no_temperature_and_old_files_have_no_date(tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    write_temperature(file, temperature_of(*overconfident(FEWEST - 1), "made up", NOW))
    assert read_temperature(file) is None
    old = {"temperature": 1.2, "rows": 300, "ece": 0.1, "ece_with_temperature": 0.05, "fitted_on": "rows"}
    file.write_text(json.dumps(old))
    found = read_temperature(file)
    assert found is not None and (found.temperature, found.day) == (1.2, "")
    file.write_text(json.dumps(old | {"temperature": 0.0}))
    assert read_temperature(file) is None


def test_the_null_band_is_that_of_the_probabilities_after_it() -> None:
    logits, labels = overconfident(400)
    found = temperature_of(logits, labels, "", NOW)
    assert found.ece_null_95 == pytest.approx(ece_null_band(probabilities_of(logits / found.temperature))[1], rel=0.15)
