"""A review of a pile."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Review:
    """One review of the pile. Its row and the hash of its text identify it, in whatever order it comes."""

    row: int
    """Its place in the file, from 0."""
    file: str
    line: int
    text: str
    hash: str
    columns: dict[str, str] = field(default_factory=dict)
    """The columns of the file that pass through to decisions."""
