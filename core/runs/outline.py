"""Reads settings.toml for lists of runs, without pydantic, whose import takes too long."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

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


@dataclass(frozen=True)
class Distillation:
    """What a student imitates, and how; see `core/distillation/imitation.py` for the loss."""

    teacher: str
    """Id of the run whose model is imitated."""
    layers: tuple[int, ...] = ()
    """The teacher's layers that the student begins with, counted from 1, in ascending order."""
    unlabelled: str = ""
    """Reviews without labels that are learned from, too: a path or a Hugging Face dataset id; empty for none."""
    test: str = ""
    """Labelled reviews that the student is measured on in the end; none of them is learned from."""
    temperature: float = 2.0
    """At which probabilities are compared. That of DistilBERT's recipe (Sanh et al. 2019)."""
    label_weight: float = 0.5
    """Of the labels' cross-entropy. It and `soft_weight` are 0.5 where DistilBERT is distilled for one task."""
    soft_weight: float = 0.5
    """Of the distance from the teacher's probabilities."""
    hidden_weight: float = 1.0
    """Of the distance from the teacher's hidden states."""
    variants: int = 8
    """Of each review that the teacher answers, too; see `core/distillation/variants.py`."""

    def __post_init__(self) -> None:
        weights = (self.label_weight, self.soft_weight, self.hidden_weight)
        if not 0.1 <= self.temperature <= 100:
            raise ValueError("temperature must be from 0.1 to 100")
        if not all(0 <= weight <= 1000 for weight in weights) or not self.label_weight + self.soft_weight:
            raise ValueError("weights must be from 0 to 1000, and label_weight or soft_weight above 0")
        if not 0 <= self.variants <= 100:
            raise ValueError("variants must be from 0 to 100")
        if list(self.layers) != sorted(set(self.layers)) or min(self.layers, default=1) < 1:
            raise ValueError("layers must be different numbers from 1 on, in ascending order")


DISTILLATION_SETTINGS = ("temperature", "label_weight", "soft_weight", "hidden_weight", "variants")
"""The parts of a distillation that are set like settings."""


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """The request of a run with unchecked settings; `core.runs.request.Request` is the checked form."""

    name: str
    data: str
    validation: str | None = None
    reading: dict[str, Any] = {}
    """How the data is read: the fields of `ReadingOptions`, as they are written down."""
    preset: str = "balanced"
    settings: dict[str, Value] = {}
    method: Method = "fine-tuning"
    parent: Parent | None = None
    """Where the run branches off; None if it is not a branch."""
    distillation: Distillation | None = None
    """What a student imitates; None for every other method."""
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
        return self.preset if self.method == "fine-tuning" else self.method

    def all_settings(self) -> dict[str, Value | None]:
        """Return every setting of the run; one that is not written down has its default. Imports pydantic."""
        return _values("") | self.settings

    def usual_settings(self) -> dict[str, Value | None]:
        """Return the settings of the run's preset. Imports pydantic."""
        usual = _values(self.preset)
        return {**usual, "freeze_layers": "encoder"} if self.method == "baseline" else usual

    def changed_settings(self) -> dict[str, Value | None]:
        """Return the settings that differ from the run's preset. Imports pydantic."""
        usual = self.usual_settings()
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
