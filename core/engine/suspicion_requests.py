"""Engine requests about labels that are probably wrong, and their answers; see `core/engine/requests.py`."""

from __future__ import annotations

from core.engine.requests import EngineRequest
from core.reviews.options import ReadingOptions
from core.runs.figures import Count
from core.suspicion.report import Corrected, Suspicions


class FindSuspects(EngineRequest[Suspicions], frozen=True, kw_only=True):
    """Find the labels of a source that models which have not seen the reviews doubt; the list is kept in the home."""

    source: str
    reading: ReadingOptions = ReadingOptions()
    model: str = "auto"
    folds: Count = 5
    seed: int = 0


class PrepareFolds(EngineRequest[str], frozen=True, kw_only=True):
    """Check that models can be fine-tuned on all folds but one of a source; the answer is the hash of its reviews."""

    source: str
    reading: ReadingOptions = ReadingOptions()
    folds: Count
    seed: int


class CorrectLabels(EngineRequest[Corrected], frozen=True, kw_only=True):
    """Write a source with the labels that were decided about its texts to a new file; nothing is overwritten."""

    source: str
    reading: ReadingOptions | None = None
    """How to read the source; None reads it as when its suspects were found, else as detected."""
    decisions: str | None = None
    """What names decisions, as for the command `decisions`; None takes those about the source and its suspects."""
    output: str | None = None
    """A name ending in .csv or .jsonl; None takes the next version beside the source."""
