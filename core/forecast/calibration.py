"""What real steps on this machine have shown, kept in `$REVIEWTUI_HOME/calibrations.json`.

An entry belongs to one model's shape on one device with one set of libraries; another version of any asks anew.
"""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256

from pydantic import ValidationError

from core.base.errors import ReviewtuiError
from core.base.files import home, private_folder, write_json
from core.forecast.facts import Calibration, Facts
from core.planning.model_shape import ModelShape
from core.settings.schema import Settings

_FILE = "calibrations.json"
_FORM = 6
"""Of the closed form that a calibration completes; what was measured for another is not used."""
_ALIKE = 1.5
"""Reviews of so many times as many tokens are computed at another speed, and their micro-batches take other memory."""
_GUESSES = {
    "native": Calibration(
        rest_bytes=420 << 20, rate=1.5e11, overhead=0.01, forward_rate=1.5e11, update=1e-10, start=8.0, measured=False
    ),
    "transformers": Calibration(
        rest_bytes=520 << 20, rate=8e10, overhead=0.03, forward_rate=1e11, update=2e-10, start=9.0, measured=False
    ),
}
"""Before anything was measured; what a small machine gives."""


def key_of(shape: ModelShape, machine: str) -> str:
    """What calibrations of a model on a machine are kept under. Args: machine: device, threads and versions."""
    words = json.dumps([shape.model_dump(exclude={"classes", "dropouts", "weights"}), machine, _FORM], sort_keys=True)
    return sha256(words.encode()).hexdigest()[:16]


def known(key: str) -> dict[str, Calibration]:
    """Calibrations by way or kind, of one model on one machine; empty where there are none that can be read."""
    found = _read().get(key)
    calibrations = {}
    for way, content in (found if isinstance(found, dict) else {}).items():
        with suppress(ValidationError):
            calibrations[str(way)] = Calibration.model_validate(content)
    return calibrations


def keep(key: str, way: str, calibration: Calibration) -> None:
    """Write one down, unless the machine was busy; where that cannot be, it is measured again the next time."""
    if calibration.is_busy:
        return
    everything = _read()
    of_model = everything.get(key)
    everything[key] = {**(of_model if isinstance(of_model, dict) else {}), way: calibration.model_dump()}
    with suppress(ReviewtuiError, OSError):
        write_json(private_folder(home()) / _FILE, everything)


def _read() -> dict[str, object]:
    try:
        found = json.loads((home() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def calibration_of(facts: Facts, settings: Settings, tokens: float) -> Calibration:
    """The calibration for a run: of a run like it, else of a probe, else one of the same path as a guess, else a guess.

    Args:
        tokens: of the mean review, as the run reads it.
    """
    way, kind = facts.way_of(settings), facts.calibrations.get(facts.kind_of(settings))
    if kind is not None and kind.observed is not None and _alike(kind.observed.tokens, tokens):
        return kind
    if way in facts.calibrations:
        return facts.calibrations[way]
    path = facts.path(settings)
    near = [found for name, found in facts.calibrations.items() if name.startswith(path)]
    return near[0].model_copy(update={"measured": False}) if near else _GUESSES[path]


def _alike(one: float, other: float) -> bool:
    return max(one, other) <= _ALIKE * min(one, other)
