"""A table in a web page: pages are saved as .html, and many exports named .xls are pages."""

from __future__ import annotations

from collections.abc import Iterator
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
        name, _ = choose({str(table): [heads[table]] for table in usable}, options.table, "table", file.name)
        chosen = int(name)
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


class _Parser(HTMLParser):
    """Collects the rows of tables. A table inside a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[tuple[int, list[str]]] = []
        self._tables = 0
        self._open: list[tuple[int, list[str] | None]] = []
        self._cell: list[str] | None = None
        self._span = 1
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
            self._end_cell()
            self._tables += 1
            self._open.append((self._tables, None))
        elif tag == "tr" and self._open:
            self._end_row()
            self._open[-1] = (self._open[-1][0], [])
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            if self._open[-1][1] is None:
                self._open[-1] = (self._open[-1][0], [])
            self._cell = []
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span), _MAX_SPAN) if span.isdecimal() else 1
        elif tag in _BREAKS and self._cell:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(self._hidden - 1, 0)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table" and self._open:
            self._end_row()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None and self._open and self._open[-1][1] is not None:
            lines = (" ".join(line.split()) for line in "".join(self._cell).split("\n"))
            self._open[-1][1].extend(["\n".join(filter(None, lines)), *[""] * (self._span - 1)])
        self._cell, self._span = None, 1

    def _end_row(self) -> None:
        self._end_cell()
        if self._open and self._open[-1][1] is not None:
            table, row = self._open[-1]
            if row:
                self._done.append((table, row))
            self._open[-1] = (table, None)
