"""The draft of the next run, which the Data and Setup screens fill in."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.data.length_report import LengthReport
from core.reviews.options import ReadingOptions
from core.reviews.report import ReadingReport


@dataclass
class Draft:
    """Everything that has been chosen so far for the next run."""

    source: str = ""
    """A path or a Hugging Face dataset id; empty if none has been chosen."""
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    report: ReadingReport | None = None
    """What was found in the source; None until it is read, or if it is not suitable for training."""
    preset: str = "balanced"
    typed: dict[str, str] = field(default_factory=dict)
    """Setting → what the user typed, where it differs from the preset."""
    varied: dict[str, str] = field(default_factory=dict)
    """Setting → the range over which it varies, as `sweep --space` takes it; empty for a single run."""
    sweep: dict[str, str] = field(default_factory=dict)
    """What was said about a sweep besides its space, where it differs from what is usual."""
    name: str = ""
    """The name that the user gave the run; empty for the suggested one."""
    hypothesis: str = ""
    """What the user expects of the run; empty if nothing was said."""
    lengths: LengthReport | None = None
    """The token lengths of some reviews with some model's tokenizer; read them through `lengths_with`."""
    lengths_of: tuple[str, str] = "", ""
    """Hash of the reviews and name of the model in the settings to which `lengths` belongs."""

    def lengths_with(self, model: str) -> LengthReport | None:
        """Return the token lengths of the current reviews; None until they are counted."""
        return self.lengths if self.report is not None and self.lengths_of == self._counted(model) else None

    def keep_lengths(self, lengths: LengthReport, model: str) -> None:
        """Store the token lengths that the engine counted for the current reviews."""
        self.lengths, self.lengths_of = lengths, self._counted(model)

    def _counted(self, model: str) -> tuple[str, str]:
        return (self.report.data_hash if self.report is not None else ""), model
