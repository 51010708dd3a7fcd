"""Engine requests about learning from decisions, and their answers; see `core/engine/requests.py`."""

from __future__ import annotations

import msgspec

from core.engine.requests import EngineRequest
from core.learning.lesson import Lesson
from core.learning.outcome_report import LessonOutcome
from core.reviews.options import ReadingOptions


class MadeLesson(msgspec.Struct, frozen=True, kw_only=True):
    """The data that the next model learns from."""

    folder: str
    lesson: Lesson


class MakeLesson(EngineRequest[MadeLesson], frozen=True, kw_only=True):
    """Write the data of the next model: that of a run, with the decisions about a pile."""

    source: str
    """The pile."""
    run: str
    """The folder of the run."""
    reading: ReadingOptions | None = None
    """How the pile is read; None as when it was last open."""


class JudgeLesson(EngineRequest[LessonOutcome], frozen=True, kw_only=True):
    """Compare a run that learned from decisions with the one before it."""

    source: str
    """The pile."""
    run: str
    """The folder of the run."""
    reading: ReadingOptions | None = None
    """How the pile is read; None as when it was last open."""
    score: bool = False
    """Whether to score the whole pile with both models first, where that is missing, so that flips are known."""
