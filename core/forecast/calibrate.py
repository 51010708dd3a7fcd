"""Measures a few real steps in a separate process, `python -m core.worker.probe`."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.subprocess_env import child_environment, python_module
from core.base.text import clean_line
from core.forecast.facts import Calibration, Facts
from core.runs.active import is_training
from core.settings.schema import Settings

_MAX_SECONDS, _LOOK_SECONDS = 120.0, 0.2


class RunActiveError(ReviewtuiError):
    """Raised when a run is being trained: a measurement would slow the run down, and the run would falsify it."""


def calibrate(
    facts: Facts, settings: Settings, folder: Path, progress: Callable[[str, float | None], None]
) -> Calibration:
    """Measure a few real steps in a separate process, which is stopped as soon as a run starts.

    Args:
        folder: Folder of the model.
        progress: Called several times a second; an exception from it ends the measurement.

    Raises:
        RunActiveError: A run is being trained, or started in the meantime.
        ReviewtuiError: The measurement failed or took too long. The message ends with the last line of its output.
    """
    _require_no_training()
    request = {"facts": facts.model_dump(), "settings": settings.model_dump(), "folder": str(folder)}
    unsent: str | None = json.dumps(request)
    deadline = time.monotonic() + _MAX_SECONDS
    with subprocess.Popen(
        python_module("core.worker.probe"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(),
        text=True,
    ) as process:
        try:
            while True:
                progress("measuring a few steps", None)
                try:
                    out, err = process.communicate(unsent, timeout=_LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    unsent = None  # `communicate` has taken it over
                    _require_no_training()
                    if time.monotonic() > deadline:
                        raise ReviewtuiError(f"Measuring took more than {_MAX_SECONDS:.0f} seconds.") from None
        finally:
            process.kill()
    if process.returncode:
        last = [line for line in err.splitlines() if line.strip()][-1:]
        raise ReviewtuiError(f"Measuring did not work here: {clean_line(last[0] if last else process.returncode, 160)}")
    return Calibration.model_validate_json(out.splitlines()[-1])


def _require_no_training() -> None:
    if is_training():
        raise RunActiveError("Steps are measured once no run is being trained.")
