"""Reads settings.toml for lists of runs, without pydantic, whose import takes too long."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from core.runs.notes import FILE_NAME, read_annotations

Value = bool | int | float | str

Method = Literal["fine-tuning", "baseline", "distillation"]
"""How a run trains its model: by gradient steps on labelled reviews, by logistic regression on the output of a frozen
encoder, or by gradient steps that also imitate the model of another run."""


@dataclass(frozen=True)
class Parent:
    """Where a branch begins."""

    run: str
    """Id of the run."""
    step: int
    """Step of its checkpoint."""


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """The request of a run with unchecked settings; `core.runs.request.Request` is the checked form."""

    name: str
    data: str
    preset: str = "balanced"
    settings: dict[str, Value] = {}
    method: Method = "fine-tuning"
    parent: Parent | None = None
    """Where the run branches off; None if it is not a branch."""
    group: str | None = None
    """Id of the group that the run belongs to; None if it stands alone."""
    hypothesis: str = ""

    @property
    def model(self) -> str:
        """The requested model."""
        return str(self.settings.get("model", "auto"))

    @property
    def recipe(self) -> str:
        """What its settings began with: a preset, or the method that allows no other."""
        return "baseline" if self.method == "baseline" else self.preset

    def all_settings(self) -> dict[str, Value | None]:
        """Return every setting of the run; one that is not written down has its default. Imports pydantic."""
        return _values("") | self.settings

    def changed_settings(self) -> dict[str, Value | None]:
        """Return the settings that differ from the run's preset. Imports pydantic."""
        usual = _values(self.preset)
        if self.method == "baseline":
            usual = {**usual, "freeze_layers": "encoder"}
        return {name: value for name, value in self.all_settings().items() if usual.get(name) != value}


def read_outline(file: Path) -> Outline | None:
    """Return the content of a run's settings.toml, with the name that the run has now; None if it is damaged."""
    try:
        outline = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Outline)
    except (OSError, ValueError, RecursionError):
        return None
    name = read_annotations(file.with_name(FILE_NAME)).name
    return msgspec.structs.replace(outline, name=name) if name else outline


@cache
def _values(preset_name: str) -> dict[str, Value | None]:
    """Return the settings of a preset; the defaults if there is no such preset."""
    from core.settings.presets import PRESETS, preset
    from core.settings.schema import Settings

    settings = preset(preset_name) if preset_name in PRESETS else Settings()
    found: dict[str, Value | None] = settings.model_dump(mode="json")
    return found
