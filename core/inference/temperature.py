"""The temperature of a model: what its logits are divided by so that "90 %" is right in nine of ten cases.

It is fitted on random reviews whose labels are known: by a worker on the validation rows of its run (`calibration.json`
of the model), and for a pile on its audits (beside the decisions). It holds where it was fitted, so that of a pile is
used rather than that of the model. No predicted label changes. Screens read it, so it loads no numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import exp, isfinite, log
from pathlib import Path

import msgspec

from core.base.files import write_whole

FILE_NAME = "calibration.json"
FEWEST = 150
"""Labels below which a temperature says nothing."""
_MAX_BYTES = 64 << 10


class Temperature(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted temperature, and what it does for the calibration error (ECE) on the labels it was fitted on."""

    temperature: float
    rows: int
    """Labels it was fitted on."""
    ece: float
    """Of the probabilities as the model gives them."""
    ece_with_temperature: float
    """Of those after the temperature: that of a fifth of the labels is fitted on the others."""
    ece_null_95: float | None = None
    """95 % of perfectly calibrated models would show at most this with as many labels, with the temperature."""
    fitted_on: str
    """Which labels these were."""
    fitted: str | None = None
    """When, as ISO 8601 in UTC."""

    @property
    def usable(self) -> bool:
        """Whether there were enough labels."""
        return self.rows >= FEWEST and isfinite(self.temperature) and self.temperature > 0

    @property
    def day(self) -> str:
        """When it was fitted, as 2026-01-31; empty if that is not known."""
        try:
            return datetime.fromisoformat(self.fitted or "").date().isoformat()
        except ValueError:
            return ""

    def calibrated(self, probabilities: Mapping[str, float]) -> dict[str, float]:
        """Return the probabilities of all labels after the temperature."""
        logs = {label: log(p) / self.temperature if p > 0 else -float("inf") for label, p in probabilities.items()}
        largest = max(logs.values(), default=0.0)
        if not isfinite(largest):  # a model that diverged says nothing
            return dict(probabilities)
        powers = {label: exp(value - largest) for label, value in logs.items()}
        whole = sum(powers.values())
        return {label: power / whole for label, power in powers.items()}


def time_of_fit(seconds: float) -> str:
    """Return a time in seconds since 1970 as `Temperature.fitted` has it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def read_temperature(file: Path) -> Temperature | None:
    """Return the temperature in a file; None if there is none, it is damaged, or too few labels were at hand."""
    try:
        with file.open("rb") as stream:
            found = msgspec.json.decode(stream.read(_MAX_BYTES), type=Temperature)
    except (OSError, ValueError, RecursionError):
        return None
    return found if found.usable else None


def write_temperature(file: Path, temperature: Temperature) -> None:
    """Write a temperature, atomically.

    Raises:
        ReviewtuiError: It cannot be written.
    """
    write_whole(file, msgspec.json.format(msgspec.json.encode(temperature), indent=2) + b"\n")
