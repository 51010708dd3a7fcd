"""Reads a run's forecast.json without what makes a forecast, so that a screen that shows a run is there at once."""

from __future__ import annotations

import json
from typing import Any

from core.runs.folder import RunFolder


def forecast_peak_bytes(run: RunFolder) -> int | None:
    """Return the peak memory in the run's forecast.json; None if there is no forecast, or it cannot be read."""
    found = _read(run).get("peak_bytes")
    return found if isinstance(found, int) and found > 0 else None


def forecast_parts(run: RunFolder) -> dict[str, int]:
    """Return what memory is needed for, in bytes, as the run's forecast.json has it; empty if there is none."""
    found = _read(run).get("parts")
    if not isinstance(found, dict):
        return {}
    return {name: size for name, size in found.items() if isinstance(size, int) and 0 < size < 1 << 53}


def _read(run: RunFolder) -> dict[str, Any]:
    try:
        found = json.loads(run.forecast.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
