"""Lines that are Python dicts, `{'overall': 5.0, 'reviewText': '…'}`, as in McAuley's Amazon reviews of 2014.

They are parsed as literals and never evaluated: a line that is anything but a literal is left out.
"""

from __future__ import annotations

import ast
import itertools
import warnings
from collections.abc import Iterator
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.json.records import Item, flat, object_chunks
from core.reviews.formats.line_table import LineTable
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, excerpt, unique_names
from core.reviews.options import ReadingOptions

_MAX_LINE = 4 << 20
_MAX_BRACKETS = 10_000
"""More of them in a line may nest deeper than the parser's stack allows."""
_SAMPLE = 1_000
_SAMPLED = 10


def open_python_lines(file: InputFile, _: ReadingOptions) -> PythonLines:
    """Open a file of Python dicts, one per line."""
    return PythonLines(file)


def is_python_lines(file: InputFile) -> bool:
    """Return whether the first lines of a file are Python dicts, and not JSON."""
    lines = [line for line in file.head.split("\n")[:_SAMPLED] if line.strip()]
    if len(file.head.split("\n")) <= _SAMPLED and not file.complete and lines:
        lines.pop()
    starts = [line for line in lines if line.startswith(("{'", '{"'))]
    if not starts or not any(line.startswith("{'") for line in starts):
        return False
    return any(isinstance(_parsed(line), dict) for line in starts)


class PythonLines(LineTable):
    """The `Table` of a file of Python dicts. Its columns are the keys of the first 1,000."""

    format = "python"

    def __init__(self, file: InputFile) -> None:
        super().__init__(file, [])
        records = [item for _, item in itertools.islice(self._items(), _SAMPLE) if not isinstance(item, BadRow)]
        self._keys = list(dict.fromkeys(key for record in records for key in record))
        if not self._keys:
            raise InputError(f"{clean_line(self.name)} holds no Python dicts with columns; give CSV or JSON Lines.")
        self.columns = unique_names(self._keys)

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self.tally.reset()
        seen: set[str] = set()
        yield from object_chunks(self._items(), list(self._keys), rows, seen)
        self._keys += sorted(seen.difference(self._keys))  # columns when the file is read again
        self.columns = unique_names(self._keys)

    def _items(self) -> Iterator[Item]:
        for number, line in self.numbered_lines():
            if not line.strip():
                continue
            value = _parsed(line)
            if isinstance(value, dict):
                yield number, flat({str(key): one for key, one in value.items()})
            else:
                yield number, BadRow(number, "not a literal dict", excerpt(line))


def _parsed(line: str) -> Any:
    """Return the value of a Python literal; None if it is none, or could exhaust the parser."""
    if len(line) > _MAX_LINE or sum(map(line.count, "([{")) > _MAX_BRACKETS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes that Python does not know
            return ast.literal_eval(line.strip().rstrip(","))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
