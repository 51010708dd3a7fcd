"""The base of tables whose files are read line by line, and whose lines are no delimited records."""

from __future__ import annotations

from collections.abc import Iterator

from core.reviews.formats.input_file import InputFile
from core.reviews.formats.table import Table, Tally


class LineTable(Table):
    """Counts the lines of a file. Subclasses make rows of them."""

    def __init__(self, file: InputFile, columns: list[str]) -> None:
        self._file, self.name = file, file.name
        self.columns, self.notices = columns, []
        self.encoding, self.doubts = file.encoding, file.encoding_doubts
        self.tally = Tally("lines")

    def fraction(self) -> float:
        return self._file.fraction()

    def numbered_lines(self) -> Iterator[tuple[int, str]]:
        """Yield the number and the text of each line, without its end. Blank lines count as skipped."""
        with self._file.open() as stream:
            for number, line in enumerate(stream, start=1):
                self.tally.total += 1
                if not line.strip():
                    self.tally.skipped["blank line"] += 1
                yield number, line.rstrip("\r\n")
