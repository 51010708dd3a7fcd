"""The roles of a source's columns: from its first rows, before it is read, and from all rows, after it was.

Where the first rows were misleading, the source is read again.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.base.errors import InputError
from core.reviews.detect.columns import NoTextError, Roles, find_roles
from core.reviews.detect.counting import ColumnCounter, Facts, facts_of
from core.reviews.formats.part_column import first_own
from core.reviews.formats.table import Chunk, Table
from core.reviews.options import ReadingOptions

_SAMPLE_ROWS = 1_000
_SAMPLED_FILES = 10
"""How many files after the first are sampled."""
_GROWING = ("json", "jsonl", "xml")
"""Formats in which a later row may have a column that the first ones do not have."""


class RoleSearch:
    """Finds the roles of columns.

    Attributes:
        roles: What the first rows suggest, or what is known.
        counters: Column → the counter of its values.
    """

    def __init__(self, tables: Sequence[Table], options: ReadingOptions, known: Roles | None, shown: str) -> None:
        """Look at the first rows.

        Args:
            known: The roles, if all rows have been seen before.
            shown: What messages call the source.

        Raises:
            InputError: There are no rows, or no column can be the text.
        """
        self._options, self._shown, self._final = options, shown, known is not None
        number, table, chunk = _first_rows(tables, shown)
        self._headed = table.header is not False
        self.counters = {name: ColumnCounter(name) for name in table.columns}
        self.roles = known or self._first_roles(tables, number, table, chunk)

    def better(self) -> Roles | None:
        """Return the roles that all rows suggest if they are not those that were used; the rows must be read again.

        Raises:
            InputError: No column is text.
        """
        if self._final:
            return None
        found = self._roles_of([one.facts() for one in self.counters.values()])
        same, self.roles = found.columns == self.roles.columns, found
        return None if same else found

    def _first_roles(self, tables: Sequence[Table], number: int, table: Table, chunk: Chunk) -> Roles:
        """Return what the first rows of a table suggest; some rows of other files with the same columns join them, as
        files may be sorted by label."""
        columns = chunk.columns
        for other in _spread([one for one in tables[number:] if one.columns == table.columns]):
            more = first_own(other, _SAMPLE_ROWS // _SAMPLED_FILES)
            columns = columns if more is None else [a + b for a, b in zip(columns, more.columns, strict=True)]
        samples = [facts_of(name, cells) for name, cells in zip(table.columns, columns, strict=True)]
        try:
            return self._roles_of(samples)
        except InputError as error:
            could_change = isinstance(error, NoTextError) or table.format in _GROWING
            if not could_change or (len(tables) == 1 and not _goes_on(table)):
                raise
        return Roles(texts=(table.columns[0],), title=None, label=None)  # later rows may show what it is

    def _roles_of(self, facts: Sequence[Facts]) -> Roles:
        return find_roles(facts, self._options, self._headed, self._shown)


def _first_rows(tables: Sequence[Table], shown: str) -> tuple[int, Table, Chunk]:
    """Return the first table that has rows, with the number of tables up to it and its first rows.

    Raises:
        InputError: None has any.
    """
    found = None
    for number, table in enumerate(tables, start=1):
        chunk = first_own(table, _SAMPLE_ROWS)
        found = (number, table, chunk) if chunk is not None else found
        if chunk is not None and len(chunk.lines):
            break
    if found is None:
        raise InputError(f"{shown} has no rows; give a file with reviews.")
    return found


def _goes_on(table: Table) -> bool:
    """Return whether a table has more rows than the sample."""
    chunks = table.chunks(_SAMPLE_ROWS)
    return next(chunks, None) is not None and next(chunks, None) is not None


def _spread(tables: list[Table]) -> list[Table]:
    """Return a few of `tables`, evenly spread."""
    return tables[:: max(-(-len(tables) // _SAMPLED_FILES), 1)]
