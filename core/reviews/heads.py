"""The beginning of a source, for a first look: a few of its files, and of each file or table the first rows.

Files that are read from their start on are copied up to a line's or a record's end, so that nothing has to know that
the copy is not all. Parquet, Arrow and databases are opened as they are, and their first rows are taken.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, cast

from core.base.errors import InputError
from core.reviews.formats.documents import DocumentsTable
from core.reviews.formats.encodings import find_encoding
from core.reviews.formats.json.recognition import is_json_lines
from core.reviews.formats.registry import FORMATS
from core.reviews.formats.table import CHUNK_ROWS, Chunk, Table
from core.reviews.store import open_new

_BYTES, _BYTES_OF_OTHERS = 256 << 10, 32 << 10
"""What is looked at of the first file, and of each further one."""
_ROWS, _ROWS_OF_OTHERS = 1_000, 100
_FILES = 10
"""Files that are looked at: they may be sorted by label."""
_AS_THEY_ARE = ("parquet", "arrow", "sqlite")
_LARGE_WORKBOOK = 1 << 20
"""Bytes; a larger one takes longer to open than a first look may."""
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_SIGNS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
T = TypeVar("T")


class Heads:
    """Takes the beginnings of files into a private folder."""

    most = _BYTES
    """Bytes to unpack of a packed file."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, count()
        self._looked_at = self._tables = 0

    def chosen(self, files: Sequence[T]) -> list[T]:
        """Return the first of `files`, and some others, evenly spread."""
        return list(files[:: max(-(-len(files) // _FILES), 1)])

    def of(self, path: Path) -> Path:
        """Return the beginning of a file, or the file itself if its first rows can be taken.

        Raises:
            InputError: Nothing can be said from its beginning.
            OSError: The file cannot be read.
        """
        if path.is_dir():
            return path
        size, most = path.stat().st_size, _BYTES_OF_OTHERS if self._looked_at else _BYTES
        self._looked_at += 1
        with path.open("rb") as file:
            head = file.read(most)
        kind = next((one.name for one in FORMATS if head.startswith(one.magic)), None)
        if kind in _AS_THEY_ARE or (kind is not None and size < _LARGE_WORKBOOK):
            return path
        if kind is not None:
            raise InputError("A large workbook takes long to open.")
        copy = self._folder / f"{next(self._numbers)}{path.suffix}"
        _write(copy, head)
        if size > len(head) or size == self.most:  # what was unpacked was cut there
            # Signs and line ends are ASCII in all encodings but wide ones; so any bytes come back as they were.
            encoding = find_encoding(copy, path.name) if b"\0" in head or head.startswith(_WIDE) else "latin-1"
            _write(copy, _whole_records(head.decode(encoding, "ignore")).encode(encoding))
        return copy

    def table(self, table: Table) -> Table:
        """Return the first rows of a table: many of the first one, unless each is a file."""
        self._tables += 1
        many = self._tables == 1 and table.format != DocumentsTable.format
        return cast(Table, _FirstRows(table, _ROWS if many else _ROWS_OF_OTHERS))


def _write(path: Path, content: bytes) -> None:
    with open_new(path) as file:
        file.write(content)


def _whole_records(text: str) -> str:
    """Return the beginning of a cut file without the last record, which may be incomplete.

    Raises:
        InputError: There is no end of a record.
    """
    first = next(filter(None, map(str.strip, text.splitlines())), "")
    first = first.lstrip("\ufeff\xef\xbb\xbf")  # a byte order mark, decoded or not
    if first.startswith(("[", "{")) and not first.endswith(("}", "},")) and not is_json_lines(text, False):
        return _whole_json(text)
    end = (text.rfind("\n") if "\n" in text else text.rfind("\r")) + 1
    if not end:
        raise InputError("The first line is too long for a first look.")
    return text[:end]


def _whole_json(text: str) -> str:
    """Return the beginning of JSON up to the last whole record, closed like the whole: records are the members of the
    outermost array with two objects or arrays, or the values that follow one another.

    Raises:
        InputError: There are not two records.
    """
    above: list[str] = []
    """The closing signs of what is open."""
    ends: dict[int, list[int]] = {}
    """Depth → where the records end that are in an open array, or in none."""
    for match in _SIGNS.finditer(text):
        sign = match[0]
        if sign in "[{":
            above.append("]" if sign == "[" else "}")
        elif sign in "]}":
            if not above or above.pop() != sign:
                break
            ends = {depth: found for depth, found in ends.items() if depth <= len(above)}
            if not above or above[-1] == "]":
                ends.setdefault(len(above), []).append(match.end())
    else:
        depth = min((depth for depth, found in ends.items() if len(found) > 1), default=None)
        if depth is not None:
            return text[: ends[depth][-1]] + "".join(reversed(above[:depth]))
    raise InputError("The first records are too long for a first look.")


class _FirstRows:
    """The first rows of a table, which is like that table in everything else but its account."""

    def __init__(self, table: Table, rows: int) -> None:
        self._table, self._rows = table, rows

    def __getattr__(self, name: str) -> Any:
        if name == "tally":
            raise AttributeError(name)
        return getattr(self._table, name)

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        room = self._rows
        for chunk in self._table.chunks(min(rows, room)):
            room -= len(chunk.lines) + len(chunk.bad)
            yield chunk
            if room <= 0:
                return
