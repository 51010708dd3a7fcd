"""What a reading is given: the tables of a source, and how their rows are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.reviews.formats.table import Table
from core.reviews.source_columns import SHORT

Progress = Callable[[float], None]
"""Called with the share that has been read, 0 to 1."""


class Counted(Protocol):
    """Called while rows are read."""

    def __call__(self, rows: int, left_out: int, classes: Callable[[], Mapping[str, int]]) -> None:
        """Args:
        rows: How many were read so far.
        left_out: How many of them were left out, whatever their label.
        classes: Returns how many there are of each class so far, as classes would be if there were no more rows.
        """


@dataclass(frozen=True)
class Storing:
    """How rows are stored."""

    keep: str = SHORT
    """The columns to store beside the review; see `core/reviews/source_columns.py`."""
    counted: Counted = lambda rows, left_out, classes: None


@dataclass
class Input:
    """What to read."""

    source: str
    """What messages call it."""
    tables: list[Table]
    weights: list[int]
    """Size of each table in bytes, for progress."""
    notices: list[str] = field(default_factory=list)
    """What the report should say about the source."""
    parts: dict[str, list[str]] = field(default_factory=dict)
    """Part of the data → the files of the source that belong to it and are not read; may grow while tables are read."""
    storing: Storing = field(default_factory=Storing)
