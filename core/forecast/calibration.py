"""Measurements of real steps on this machine, kept in `$REVIEWTUI_HOME/calibrations.json`.

An entry is valid for one model shape, one device and one set of library versions; if any of them changes, the steps are
measured again.
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
_FORMULA_VERSION = 6
"""Version of the formulas that a calibration completes; calibrations of other versions are ignored."""
_MAX_LENGTH_RATIO = 1.5
"""A run's calibration serves reviews up to this many times longer or shorter; beyond that, speed and memory differ."""
_GUESSES = {
    "native": Calibration(
        rest_bytes=420 << 20, rate=1.5e11, overhead=0.01, forward_rate=1.5e11, update=1e-10, start=8.0, measured=False
    ),
    "transformers": Calibration(
        rest_bytes=520 << 20, rate=8e10, overhead=0.03, forward_rate=1e11, update=2e-10, start=9.0, measured=False
    ),
}
"""Used before anything is measured: typical of a small machine."""


def key_of(shape: ModelShape, machine: str) -> str:
    """Return the key under which the calibrations of a model on a machine are kept.

    Args:
        machine: Device, threads and library versions.
    """
    words = json.dumps(
        [shape.model_dump(exclude={"classes", "dropouts", "weights"}), machine, _FORMULA_VERSION], sort_keys=True
    )
    return sha256(words.encode()).hexdigest()[:16]


def known(key: str) -> dict[str, Calibration]:
    """Return the calibrations kept under `key`, by name; entries that cannot be read are left out."""
    found = _read().get(key)
    calibrations = {}
    for name, content in (found if isinstance(found, dict) else {}).items():
        with suppress(ValidationError):
            calibrations[str(name)] = Calibration.model_validate(content)
    return calibrations


def keep(key: str, name: str, calibration: Calibration) -> None:
    """Save a calibration, unless the machine was busy. If that fails, it is measured again next time."""
    if calibration.is_busy:
        return
    everything = _read()
    of_model = everything.get(key)
    everything[key] = {**(of_model if isinstance(of_model, dict) else {}), name: calibration.model_dump()}
    with suppress(ReviewtuiError, OSError):
        write_json(private_folder(home()) / _FILE, everything)


def _read() -> dict[str, object]:
    try:
        found = json.loads((home() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def calibration_of(facts: Facts, settings: Settings, tokens: float) -> Calibration:
    """Return the best calibration for a run.

    A calibration from a run of the same kind comes first, then one from a probe. Failing both, one of the same path,
    and then a built-in one, serve as a guess.

    Args:
        tokens: Mean tokens of a review, after cutting.
    """
    probed, kind = facts.probe_name(settings), facts.calibrations.get(facts.run_kind(settings))
    if kind is not None and kind.observed is not None and _similar(kind.observed.tokens, tokens):
        return kind
    if probed in facts.calibrations:
        return facts.calibrations[probed]
    path = facts.path(settings)
    near = [found for name, found in facts.calibrations.items() if name.startswith(path)]
    return near[0].model_copy(update={"measured": False}) if near else _GUESSES[path]


def _similar(one: float, other: float) -> bool:
    return max(one, other) <= _MAX_LENGTH_RATIO * min(one, other)
