"""Which temperature holds in a pile: the one fitted on its audits, else the one of the model. It loads no numpy."""

from __future__ import annotations

from pathlib import Path

from core.inference.temperature import FILE_NAME, Temperature, read_temperature
from core.triage.decisions import pile_folder

_DIGITS = 16


def temperature_file(source: str, model_hash: str) -> Path:
    """Return where the temperature of a model in a pile is kept, beside its decisions."""
    return pile_folder(source) / f"temperature-{model_hash[:_DIGITS]}.json"


def temperature_in(source: str, model: Path, model_hash: str | None) -> Temperature | None:
    """Return the temperature of a model in a pile; None if it is not calibrated.

    Args:
        model: The model's folder. model_hash: Its hash, None if that is not known.
    """
    of_pile = read_temperature(temperature_file(source, model_hash)) if model_hash else None
    return of_pile or read_temperature(model / FILE_NAME)
