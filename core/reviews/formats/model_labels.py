"""Our own files of decisions, whose column `source` says who gave a label: rows that a model labelled are left out.

What a model said of reviews is nothing to train a model on, or to measure one by, unless that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from core.reviews.folders.part_names import Part
from core.reviews.formats.part_column import own_rows
from core.reviews.formats.table import CHUNK_ROWS, Chunk, Table

MODEL_LABEL = "labelled by a model"
"""Why such a row is left out."""
_OWN_COLUMNS = frozenset(("reviewText", "label", "state", "source", "hash"))
"""What tells our own files from others that have a column `source`; see core/triage/exchange/formats/own.py."""


def without_model_labels(table: Table, part: Part) -> Table:
    """Return `table` with the rows that a model labelled told apart from the others."""
    return cast(Table, _PeoplesRows(table, part)) if set(table.columns) >= _OWN_COLUMNS else table


class _PeoplesRows:
    """A table of which only the rows are to be read that a person labelled."""

    def __init__(self, table: Table, part: Part) -> None:
        self._table, self._part = table, part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Yield all rows; see `OnePart.chunks`."""
        at = self._table.columns.index("source")
        for chunk in self._table.chunks(rows):
            labelled = {index: MODEL_LABEL for index, cell in enumerate(chunk.columns[at]) if cell.strip() == "model"}
            chunk.others = labelled | chunk.others
            yield chunk if self._part == "train" else own_rows(chunk)
