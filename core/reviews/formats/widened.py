"""A table with columns that its file does not have: those that the names of its folders or of the file give."""

from __future__ import annotations

from collections.abc import Iterator

from core.reviews.formats.table import CHUNK_ROWS, Chunk, Counted, Table, Tally


def widened(table: Table, cells: dict[str, str]) -> Table:
    """Return `table` with further columns, each with the same value in all rows; columns of its own stay."""
    added = {name: value for name, value in cells.items() if name not in table.columns}
    if not added:
        return table
    return _CountedWidened(table, table.tally, added) if isinstance(table, Counted) else _Widened(table, added)


class _Widened:
    """See `widened`."""

    def __init__(self, table: Table, added: dict[str, str]) -> None:
        self._table, self._added = table, added
        self.name, self.format, self.notices = table.name, table.format, table.notices
        self.columns = [*table.columns, *added]
        self.encoding, self.delimiter, self.header = table.encoding, table.delimiter, table.header

    def fraction(self) -> float:
        return self._table.fraction()

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        for chunk in self._table.chunks(rows):
            chunk.columns = [*chunk.columns, *([value] * len(chunk.lines) for value in self._added.values())]
            yield chunk


class _CountedWidened(_Widened):
    """A widened table that accounts for everything in its file."""

    def __init__(self, table: Table, tally: Tally, added: dict[str, str]) -> None:
        super().__init__(table, added)
        self.tally = tally
