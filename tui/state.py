"""The run in the making: what the Data and Setup screens fill in, and what a started run is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.reviews.options import ReadingOptions


@dataclass
class Draft:
    """Everything chosen so far for the next run."""

    source: str = ""
    """A path, or a Hugging Face dataset id; empty before any was chosen."""
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    report: dict[str, Any] | None = None
    """What the engine's `inspect` found (core.reviews.report.ReadingReport, and `trainable`: empty, or why not)."""
    lengths: dict[str, Any] | None = None
    """What the engine's `lengths` found; None until the Data screen has it."""
    lengths_model: str = ""
    """The model, as the settings name it, whose tokenizer they were counted with."""
    preset: str = "balanced"
    typed: dict[str, str] = field(default_factory=dict)
    """Setting → what the person typed, where it differs from the preset."""
    name: str = ""
    parent: str = ""
    """Id of the run whose settings were copied, if any."""
