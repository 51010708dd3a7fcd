"""A table in a web page: pages are saved as .html, and many exports named .xls are pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.choice import choose
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.record_table import RecordTable
from core.reviews.options import ReadingOptions

_MAX_BYTES = 256 << 20
_BLOCK = 1 << 16
_MAX_SPAN = 100
_MAX_NESTING = 20
"""The text of a table is in the cells around it, up to this depth."""
_BREAKS = ("br", "p", "div", "li")
_HIDDEN = ("script", "style")


def open_page(file: InputFile, options: ReadingOptions) -> RecordTable:
    """Open the largest table of a page, or the one whose number was asked for.

    Raises:
        InputError: The page has no table with rows, or is too large.
    """
    if file.size > _MAX_BYTES:
        raise InputError(f"{clean_line(file.name)} is a web page of more than 256 MB; save its table as CSV.")
    rows: dict[int, int] = {}
    widths: dict[int, int] = {}
    heads: dict[int, list[str]] = {}
    for table, cells in _rows(file):
        rows[table] = rows.get(table, 0) + 1
        widths[table] = max(widths.get(table, 0), len(cells))
        heads.setdefault(table, cells)
    usable = [table for table in rows if rows[table] > 1]
    if not usable:
        raise InputError(
            f"{clean_line(file.name)} is a saved web page, HTML without a table of reviews; save it as CSV."
        )
    largest = max(usable, key=lambda table: (widths[table] > 1, rows[table]))
    if options.table is None:
        chosen = largest
    else:
        chosen = int(choose({str(table): [heads[table]] for table in usable}, options.table, "table", file.name).name)
    others = ", ".join(str(table) for table in usable if table != chosen)
    more = f"; --table chooses another ({others})" if others else ""
    notices = [f"{clean_line(file.name)} is a web page; its table {chosen} was read{more}."]

    def records() -> Iterator[tuple[int, list[str]]]:
        wanted = (cells for table, cells in _rows(file) if table == chosen)
        return enumerate(wanted, start=1)

    return RecordTable(records, rows[chosen], widths[chosen], file.name, "html", options, notices)


def _rows(file: InputFile) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of all tables of a page, each with the number of its table."""
    parser = _Parser()
    with file.open() as stream:
        while block := stream.read(_BLOCK):
            parser.feed(block)
            yield from parser.taken()
    parser.close()
    parser.finish()
    yield from parser.taken()


@dataclass
class _OpenTable:
    """A table that has begun."""

    number: int
    row: list[str] | None = None
    cell: list[str] | None = None
    span: int = 1


class _Parser(HTMLParser):
    """Collects the rows of tables. A table inside a cell is a table of its own, and its text is in that cell, too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[tuple[int, list[str]]] = []
        self._tables = 0
        self._open: list[_OpenTable] = []
        self._hidden = 0

    def taken(self) -> list[tuple[int, list[str]]]:
        """Return the rows that have ended since the last call."""
        done, self._done = self._done, []
        return done

    def finish(self) -> None:
        """End whatever is still open."""
        while self._open:
            self.handle_endtag("table")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "table":
            self._add("\n")
            self._tables += 1
            self._open.append(_OpenTable(self._tables))
        elif not self._open:
            return
        elif tag == "tr":
            self._end_row()
            self._open[-1].row = []
        elif tag in ("td", "th"):
            self._end_cell()
            span = dict(attrs).get("colspan") or "1"
            table = self._open[-1]
            table.row = [] if table.row is None else table.row
            table.cell, table.span = [], min(int(span), _MAX_SPAN) if span.isascii() and span.isdecimal() else 1
        elif tag in _BREAKS:
            self._add("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(self._hidden - 1, 0)
        elif not self._open:
            return
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            self._open.pop()
            self._add("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._add(data)

    def _add(self, text: str) -> None:
        """Add text to the open cell, and to those around it."""
        for table in self._open[-_MAX_NESTING:]:
            if table.cell is not None:
                table.cell.append(text)

    def _end_cell(self) -> None:
        table = self._open[-1]
        if table.cell is not None and table.row is not None:
            lines = (" ".join(line.split()) for line in "".join(table.cell).split("\n"))
            table.row += ["\n".join(filter(None, lines)), *[""] * (table.span - 1)]
            for around in self._open[-_MAX_NESTING:-1]:
                if around.cell is not None:
                    around.cell.append("\n")
        table.cell, table.span = None, 1

    def _end_row(self) -> None:
        self._end_cell()
        table = self._open[-1]
        if table.row:
            self._done.append((table.number, table.row))
        table.row = None
