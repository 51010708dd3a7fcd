"""A table with columns that its file does not have: those that the names of its folders or of the file give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from core.reviews.formats.table import CHUNK_ROWS, Chunk, Table


def widened(table: Table, cells: dict[str, str]) -> Table:
    """Return `table` with further columns, each with the same value in all rows; columns of its own stay."""
    added = {name: value for name, value in cells.items() if name not in table.columns}
    return cast(Table, _Widened(table, added)) if added else table


class _Widened:
    """A table with further columns, which is like that table in everything else."""

    def __init__(self, table: Table, added: dict[str, str]) -> None:
        self._table, self._added = table, added

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    @property
    def columns(self) -> list[str]:
        return [*self._table.columns, *self._added]

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        for chunk in self._table.chunks(rows):
            chunk.columns = [*chunk.columns, *([value] * len(chunk.lines) for value in self._added.values())]
            yield chunk
