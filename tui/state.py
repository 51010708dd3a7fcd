"""The run in the making: what the Data and Setup screens fill in, and what a started run is made from."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.data.length_report import LengthReport
from core.reviews.options import ReadingOptions
from core.reviews.report import ReadingReport


@dataclass
class Draft:
    """Everything chosen so far for the next run."""

    source: str = ""
    """A path, or a Hugging Face dataset id; empty before any was chosen."""
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    report: ReadingReport | None = None
    """What was found in the source; None until it is known, or where nothing can be trained on it."""
    lengths: LengthReport | None = None
    """Token lengths of its reviews; None until they are measured."""
    lengths_model: str = ""
    """The model, as the settings name it, whose tokenizer they were counted with."""
    preset: str = "balanced"
    typed: dict[str, str] = field(default_factory=dict)
    """Setting → what the person typed, where it differs from the preset."""
    name: str = ""
    parent: str = ""
    """Id of the run whose settings were copied, if any."""
