"""Have a few real steps measured, in a process of their own: `python -m core.worker.probe`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.subprocess_env import child_environment
from core.base.text import clean_line
from core.forecast.facts import Calibration, Facts
from core.runs.active import is_training
from core.settings.schema import Settings

_MAX_SECONDS, _LOOK_SECONDS = 120.0, 0.2


class TrainingError(ReviewtuiError):
    """A run is being trained, which a measurement would slow down and which would falsify the measurement."""


def calibrate(
    facts: Facts, settings: Settings, folder: Path, progress: Callable[[str, float | None], None]
) -> Calibration:
    """Measure a few real steps in a process of their own, which ends as soon as a run starts.

    Args:
        folder: of the model.
        progress: called several times a second; what it raises ends the measuring.

    Raises:
        TrainingError: a run is being trained, or was started meanwhile.
        ReviewtuiError: it did not come to an end, with the last thing that it said.
    """
    _require_no_training()
    question = {"facts": facts.model_dump(), "settings": settings.model_dump(), "folder": str(folder)}
    given: str | None = json.dumps(question)
    deadline = time.monotonic() + _MAX_SECONDS
    with subprocess.Popen(
        [sys.executable, "-m", "core.worker.probe"],
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
                    out, err = process.communicate(given, timeout=_LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    given = None  # it was sent
                    _require_no_training()
                    if time.monotonic() > deadline:
                        raise ReviewtuiError(f"Measuring took more than {_MAX_SECONDS:.0f} seconds.") from None
        finally:
            process.kill()
    if process.returncode:
        words = [line for line in err.splitlines() if line.strip()][-1:]
        raise ReviewtuiError(
            f"Measuring did not work here: {clean_line(words[0] if words else process.returncode, 160)}"
        )
    return Calibration.model_validate_json(out.splitlines()[-1])


def _require_no_training() -> None:
    if is_training():
        raise TrainingError("Steps are measured once no run is being trained.")
