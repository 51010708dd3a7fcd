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
    preset: str = "balanced"
    typed: dict[str, str] = field(default_factory=dict)
    """Setting → what the person typed, where it differs from the preset."""
    name: str = ""
    """The name that the person gave the run; empty takes the suggested one."""
    lengths: LengthReport | None = None
    """The token lengths of some reviews with some model's tokenizer; read them through `lengths_with`."""
    lengths_of: tuple[str, str] = "", ""
    """Hash of the reviews, and the model as the settings name it, that `lengths` belong to."""

    def lengths_with(self, model: str) -> LengthReport | None:
        """Return the token lengths of the reviews as they are read now; None before they are counted."""
        return self.lengths if self.report is not None and self.lengths_of == self._counted(model) else None

    def keep_lengths(self, lengths: LengthReport, model: str) -> None:
        """Keep the token lengths that the engine counted of the reviews as they are read now."""
        self.lengths, self.lengths_of = lengths, self._counted(model)

    def _counted(self, model: str) -> tuple[str, str]:
        return (self.report.data_hash if self.report is not None else ""), model
