"""Reviews in XML: an element that repeats is a row, and what is in it are the columns.

`xml_survey` finds the element, `xml_pieces` takes the document apart, `xml_records` makes a row of a piece. A document
that declares entities is refused: what they stand for could be fetched from elsewhere, or grow without bounds.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.detect.names import CLASS_NAMES, LABEL_NAMES, RATING_NAMES, plain
from core.reviews.formats.encoding_evidence import WESTERN
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.json.records import Item, object_chunks
from core.reviews.formats.table import (
    CHUNK_ROWS,
    UNDECODABLE,
    BadRow,
    Chunk,
    ReadAgainError,
    Table,
    Tally,
    excerpt,
    unique_names,
)
from core.reviews.formats.xml_pieces import Piece, Splitter
from core.reviews.formats.xml_records import BrokenXmlError, cells_of
from core.reviews.formats.xml_survey import Records, element_names, find_records, local
from core.reviews.options import ReadingOptions

_SAMPLE = 1_000
_NAMED = 6
_MAX_COLUMNS = 500
_DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']""")
_PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|\s)*<!DOCTYPE(?P<type>.*?)(?=<[A-Za-z_])", re.DOTALL)
_REASON = "broken XML"


def open_xml(file: InputFile, options: ReadingOptions) -> XmlTable:
    """Open an XML document with reviews.

    Raises:
        InputError: No element with a text repeats, or the document declares entities.
    """
    return XmlTable(_with_declared_encoding(file, options), options)


def _with_declared_encoding(file: InputFile, options: ReadingOptions) -> InputFile:
    """Return the file to be read in the encoding that it declares, if that is true."""
    with file.path.open("rb") as stream:
        declared = _DECLARED.match(stream.read(1_000))
    if options.encoding is not None or declared is None:
        return file
    try:
        name = codecs.lookup(declared[1].decode()).name
        name = WESTERN if name == "iso8859-1" else name  # as browsers read it
        said = InputFile(file.path, file.name, name)
        return said if name not in ("utf-8", "ascii") and UNDECODABLE not in said.head else file
    except (LookupError, UnicodeError):
        return file


class XmlTable(Table):
    """The `Table` of a document. Columns are what the first 1,000 rows have; if others come later, it is read again."""

    format = "xml"

    def __init__(self, file: InputFile, options: ReadingOptions) -> None:
        self._file, self.name = file, file.name
        self.encoding, self.doubts = file.encoding, file.encoding_doubts
        self.tally = Tally("elements")
        head = file.head
        doctype = _PROLOG.match(head)
        if doctype is not None and "<!ENTITY" in doctype["type"]:
            raise InputError(
                f"{clean_line(self.name)} is XML that declares entities, which are never expanded; save it without its "
                "document type, or as CSV or JSON Lines."
            )
        self._records = self._find(head, options.table)
        self._splitter = Splitter(self._records)
        records = [item for _, item in itertools.islice(self._items(), _SAMPLE) if not isinstance(item, BadRow)]
        self._keys = list(dict.fromkeys(key for record in records for key in record))[:_MAX_COLUMNS]
        if not self._keys:
            raise InputError(self._refusal(head))
        self.columns = unique_names(self._keys)
        self.notices: list[str] = []
        self._own_notices = list(self._said())

    def _find(self, head: str, wanted: str | None) -> Records:
        found = find_records(head, wanted)
        if found is None and wanted is not None:
            listed = ", ".join(clean_line(name, 40) for name in element_names(head)[:_NAMED]) or "none that repeats"
            raise InputError(
                f"{clean_line(self.name)} has no element “{clean_line(wanted, 40)}” near its start; it has {listed}. "
                "Change --table."
            )
        if found is None:
            raise InputError(self._refusal(head))
        return found

    def _refusal(self, head: str) -> str:
        root = re.search(r"<([A-Za-z_][\w:.-]*)", head)
        shown = f" (<{clean_line(root[1], 40)}> …)" if root else ""
        return (
            f"{clean_line(self.name)} is XML{shown} in which no element with a text repeats; convert it to CSV or JSON "
            "Lines, with one record for each review."
        )

    def _said(self) -> Iterator[str]:
        """Yield what was chosen, and what is not read."""
        name, others = clean_line(self.name), [clean_line(one, 40) for one in self._records.others[:_NAMED]]
        more = f"; --table reads by another ({', '.join(others)})" if others else ""
        yield f"{name} is XML: each <{clean_line(self._records.name, 40)}> is a row{more}."
        if outside := [clean_line(one, 60) for one in self._records.outside[:_NAMED]]:
            more = ", …" if len(self._records.outside) > _NAMED else ""
            yield f"{name}: not read, since it is in no row: {', '.join(outside)}{more}."

    def fraction(self) -> float:
        return self._file.fraction()

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self.notices[:] = self._own_notices
        self.tally.reset()
        seen: set[str] = set()
        yield from object_chunks(self._items(), list(self._keys), rows, seen)
        if stray := self._splitter.stray:
            shown = clean_line(self._records.text[-1], 40)
            self.notices.append(f"{clean_line(self.name)}: {stray:,} <{shown}> in no row, not read.")
        late = sorted(seen.difference(self._keys))
        fitting = late[: _MAX_COLUMNS - len(self._keys)]
        if late != fitting:
            self.notices.append(
                f"{clean_line(self.name)} has more than {_MAX_COLUMNS} different elements; only the first are columns."
            )
        if fitting:
            self._keys += fitting
            self.columns = unique_names(self._keys)
            raise ReadAgainError

    def _items(self) -> Iterator[Item]:
        with self._file.open() as stream:
            self._splitter = Splitter(self._records)
            for piece in self._splitter.pieces(stream):
                row = self._row(piece)
                rows = [row] if isinstance(row, dict) else list(self._each(row, piece.text))
                self.tally.total += len(rows)
                yield from ((row.line if isinstance(row, BadRow) else piece.line, row) for row in rows)

    def _each(self, row: BadRow, text: str) -> Iterator[BadRow]:
        """Yield a row for each text in a piece that is left out: damage may have made one piece of several reviews."""
        names = "|".join(map(re.escape, self._records.text[-1:]))
        starts = [match.start() for match in re.finditer(rf"<(?:{names})[\s/>]", text)] if names else []
        yield row
        for start in starts[1:]:
            yield BadRow(row.line + text.count("\n", 0, start), row.reason, excerpt(text[start:]), row.detail)

    def _row(self, piece: Piece) -> dict[str, object] | BadRow:
        problem = piece.problem
        if not problem:
            try:
                cells = cells_of(piece.text, self._records.double, self._records.fields)
            except BrokenXmlError as error:
                problem = str(error)
            else:
                text = ".".join(
                    name if local(name) in self._records.double else local(name) for name in self._records.text
                )
                if isinstance(cells.get(text), list):
                    problem = f"<{self._records.text[-1]}> more than once"
        if problem:
            return BadRow(piece.line, _REASON, excerpt(piece.text), f"{_REASON}: {clean_line(problem, 80)}")
        around = {f"{key}": value for key, value in piece.around.items() if key not in cells}
        if self._records.groups and piece.group:
            known = any(plain(key) in (*LABEL_NAMES, *RATING_NAMES, *CLASS_NAMES) for key in cells)
            around["element" if known or "label" in cells else "label"] = piece.group
        return cells | around
