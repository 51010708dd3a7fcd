"""Which settings a baseline has: those about the model's input, the classes' weights, and the machine."""

from __future__ import annotations

from collections.abc import Iterable

from core.base.errors import InputError
from core.base.text import clean_line
from core.settings.schema import Settings

OF_BASELINE = (
    *("model", "max_length", "truncation", "class_weights", "validation_fraction"),
    *("precision", "device", "deterministic", "seed"),
)
"""Names of the settings that change what a baseline computes."""


def baseline_settings(settings: Settings) -> Settings:
    """Return the settings of a baseline that is computed beside a run with `settings`."""
    kept = {name: getattr(settings, name) for name in OF_BASELINE}
    return Settings().changed({**kept, "freeze_layers": "encoder"})


def require_of_baseline(names: Iterable[str]) -> None:
    """Check settings that the user named.

    Raises:
        InputError: One of them has no effect on a baseline.
    """
    for name in names:
        if name not in OF_BASELINE and name in Settings.model_fields:
            has = ", ".join(OF_BASELINE[:-1])
            raise InputError(
                f"A baseline makes no optimizer steps: {clean_line(name, 40)} does not change it. It has {has} and "
                f"{OF_BASELINE[-1]}."
            )
