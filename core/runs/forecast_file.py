"""Reads a run's forecast.json without what makes a forecast, so that a screen that shows a run is there at once."""

from __future__ import annotations

import json

from core.runs.folder import RunFolder


def forecast_peak_bytes(run: RunFolder) -> int | None:
    """Return the peak memory in the run's forecast.json; None if there is no forecast, or it cannot be read."""
    try:
        found = json.loads(run.forecast.read_text(encoding="utf-8"))["peak_bytes"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if isinstance(found, int) and found > 0 else None
