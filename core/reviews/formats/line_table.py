"""The base of tables whose files are read line by line, and whose lines are no delimited records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from core.reviews.formats.input_file import InputFile
from core.reviews.formats.table import BadRow, Chunk, Table, Tally

Taken = list[str] | tuple[str, ...] | BadRow | str
"""What a line is: the cells of a row, a row that is left out, or what it is if it is no row."""


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

    def rows_of_lines(self, take: Callable[[int, str], Taken], rows: int) -> Iterator[Chunk]:
        """Yield the rows of a file in which each line is one, or none; blank lines are not asked about.

        Args:
            take: Returns what a line is, given its number and text.
        """
        self.tally.reset()
        lines, records, bad = list[int](), list[Sequence[str]](), list[BadRow]()
        for number, line in self.numbered_lines():
            if line.strip():
                taken = take(number, line)
                if isinstance(taken, str):
                    self.tally.skipped[taken] += 1
                elif isinstance(taken, BadRow):
                    bad.append(taken)
                else:
                    lines.append(number)
                    records.append(taken)
            if len(lines) + len(bad) >= rows:
                yield self._chunk(lines, records, bad)
                lines, records, bad = [], [], []
        yield self._chunk(lines, records, bad)

    def _chunk(self, lines: list[int], records: list[Sequence[str]], bad: list[BadRow]) -> Chunk:
        columns = [list(column) for column in zip(*records, strict=True)] if records else [[] for _ in self.columns]
        return Chunk(lines, columns, bad)
