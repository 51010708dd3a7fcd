"""A folder in which each text file is one review."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.folders.classes import DOCUMENT
from core.reviews.folders.part_names import class_in_name
from core.reviews.formats.encodings import BinaryFileError, find_encoding
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, Table, Tally, excerpt
from core.reviews.options import ReadingOptions

_MAX_BYTES = 16 << 20
FILE, LABEL = "file", "label"
"""The columns with the name of a review's file, and with the class that this name says, if all names say one."""
_LISTED = 5


class DocumentsTable(Table):
    """The `Table` of a folder of reviews, in order of the names of their files; the line of a row is its number."""

    format = "documents"

    def __init__(self, folder: Path, name: str, options: ReadingOptions) -> None:
        """Args: name: What reports and messages call the folder."""
        self._folder, self.name, self._given = folder, name, options.encoding
        self._names = sorted(
            entry.name
            for entry in os.scandir(folder)
            if entry.is_file(follow_symlinks=False)
            and not entry.name.startswith(".")
            and entry.name.casefold().endswith(DOCUMENT)
        )
        self.columns, self.notices = ["text", FILE], list[str]()
        classes = [class_in_name(one) for one in self._names]
        self._classes = classes if None not in classes and len(set(classes)) > 1 else []
        if self._classes:
            self.columns.append(LABEL)
            self.notices.append(f"{clean_line(name)}: the names of the files say what is {_listed(self._classes)}.")
        self.encoding = options.encoding
        self.tally = Tally("files")
        self._read = 0

    def fraction(self) -> float:
        return self._read / max(len(self._names), 1)

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self.tally.reset()
        self._read = 0
        for start in range(0, len(self._names), rows):
            names = self._names[start : start + rows]
            chunk = Chunk([], [[] for _ in self.columns])
            lines: list[int] = []
            for number, name in enumerate(names, start=start + 1):
                self.tally.total += 1
                content = self._content(number, name)
                if isinstance(content, BadRow):
                    chunk.bad.append(content)
                else:
                    lines.append(number)
                    chunk.columns[0].append(content)
                    chunk.columns[1].append(name.encode("utf-8", "replace").decode())
                    if self._classes:
                        chunk.columns[2].append(self._classes[number - 1] or "")
            chunk.lines = lines
            self._read = start + len(names)
            yield chunk

    def _content(self, number: int, name: str) -> str | BadRow:
        path = self._folder / name
        shown = excerpt(name)
        size = path.stat().st_size
        if not size:
            return BadRow(number, "empty text", shown)
        if size > _MAX_BYTES:
            return BadRow(number, "too long", shown, f"larger than {_MAX_BYTES >> 20} MB")
        try:
            encoding = self._given or find_encoding(path, name)
            return path.read_bytes().decode(encoding, "reviewtui-mark").strip("\r\n")
        except BinaryFileError:
            return BadRow(number, "undecodable bytes", shown)
        except LookupError:
            message = f"There is no text encoding “{clean_line(self._given, 40)}”; try --encoding utf-8."
            raise InputError(message) from None


def _listed(classes: Sequence[str | None]) -> str:
    return ", ".join(f"“{clean_line(one, 20)}”" for one in sorted({one for one in classes if one})[:_LISTED])
