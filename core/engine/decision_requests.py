"""Engine requests about decisions, and their answers; see `core/engine/requests.py`."""

from __future__ import annotations

import msgspec

from core.engine.requests import EngineRequest
from core.reviews.options import ReadingOptions
from core.triage.agreement_report import DecisionFigures, PeopleFigures


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What some decisions add up to."""

    name: str
    kind: str
    """pile, log or file."""
    file: str
    """What was read."""
    damaged: int
    """Lines that cannot be read."""
    reviews: int | None
    """Reviews in the pile; None if only decisions were given, or the pile cannot be read any more."""
    figures: DecisionFigures


class CountedDecisions(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `CountDecisions`."""

    found: Figures
    other: Figures | None = None
    people: PeopleFigures | None = None
    conflicts: str | None = None
    """The file with the texts that the two labelled differently; None if there are none."""


class CountDecisions(EngineRequest[CountedDecisions], frozen=True, kw_only=True):
    """Compute the figures about decisions, and compare two people's."""

    source: str
    """A pile, a log or a file of decisions."""
    other: str | None = None
    """Those of another person."""
    reading: ReadingOptions | None = None
    """How the pile is read; None as when it was last open."""


class SourceCells(msgspec.Struct, frozen=True, kw_only=True):
    """What a pile's file holds of some reviews."""

    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    """By review, in the order in which they were asked for; empty for one that is not there any more."""


class ReadCells(EngineRequest[SourceCells], frozen=True, kw_only=True):
    """Read the columns of a pile's file that are written beside decisions."""

    source: str
    """The pile."""
    rows: tuple[tuple[int, str], ...]
    """(Row, text hash) of the reviews."""
    keep: str = "all"
    """The columns: the short ones, `all`, `none`, or names separated by commas."""
    reading: ReadingOptions | None = None
    """How the pile is read; None as when it was last open."""


class LineProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a file of which something was not taken in."""

    line: int
    text: str
    why: str
    conflict: bool


class ImportedDecisions(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file of decisions."""

    format: str
    lines: int
    """Reviews in the file."""
    decisions: int
    """Decisions that were taken in."""
    notes: int
    unchanged: int
    """Lines that said what the pile says already."""
    replaced: int
    """Decisions that took the place of others."""
    problems: tuple[LineProblem, ...]


class ImportDecisions(EngineRequest[ImportedDecisions], frozen=True, kw_only=True):
    """Take decisions from a file into a pile, as one operation."""

    source: str
    """The pile."""
    file: str
    replace: bool = False
    """Whether the file wins where the pile says otherwise."""
    reading: ReadingOptions | None = None
    """How the pile is read; None as when it was last open."""
