"""Some reviews of a source at a time, for those who walk through it."""

from __future__ import annotations

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One review of a source."""

    row: int
    """Its place among the reviews that are kept, from 0 on."""
    file: str
    line: int
    text: str
    label: str | None
    hash: str
    """Hash of its normalised text."""
    columns: dict[str, str] = {}
    """The short columns of the source that pass through to decisions."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some reviews of a source, in file order."""

    rows: tuple[Row, ...]
    total: int
    """Reviews in the source."""
    data_hash: str
