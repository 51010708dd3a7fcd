"""From the lines of a delimited file to its records, where quotes may be broken.

The csv module is strict here: it stops where a quote is neither opened nor closed as the dialect has it. The line on
which such a record starts is then read on its own, if that can be done without doubt, or else given up; reading goes on
with the next line. A quote that is never closed therefore costs one line, not the rest of the file.

Many lines are parsed at once where that succeeds. From where it does not, lines are taken one by one for a while.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain

from core.reviews.formats.delimited.dialect import LINE_BREAK, NEVER_IN_TEXT, Dialect, repaired

_MAX_FIELD = 16 << 20
_MAX_RECORD_LINES = 200
"""A longer record that also has the wrong number of fields is taken to begin with a quote that was never closed."""
_SWALLOWING = 4
"""Lines of a record from which on it is no accident if each has the delimiters of a record, where texts hold those."""
_DOUBTFUL_LINES = 500
_MANY = 64
"""Records at once that make it worth trying again soon after a failure."""
_MAX_PATIENCE = 4_096

csv.field_size_limit(_MAX_FIELD)


@dataclass(slots=True)
class Broken:
    """A line with quotes that make no sense."""

    line: int
    reason: str
    text: str


@dataclass(slots=True)
class Batch:
    """Some records."""

    rows: list[list[str]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    """The line on which each record starts."""
    spans: dict[int, int] = field(default_factory=dict)
    """Index of a record of several lines → how many."""
    broken: list[Broken] = field(default_factory=list)
    blanks: list[int] = field(default_factory=list)
    """The blank lines."""
    last: bool = False


class RecordReader:
    """Parses lines.

    Attributes:
        stray: Records whose quotes were not as the dialect has them, and which could be read nevertheless.
        swallowed: Lines inside quoted fields which look like records themselves.
        doubtful: The first lines of both kinds, and of those that were given up.
    """

    def __init__(
        self, blocks: Iterable[Sequence[str]], dialect: Dialect, width: int | None, *, cut: bool = False
    ) -> None:
        """Args:
        blocks: The lines, in blocks of any size.
        width: How many fields a record has, if that is known.
        cut: Whether the last record may be incomplete, and is ignored then.
        """
        self._blocks = iter(blocks)
        self._dialect, self._width = dialect, width
        self._given_back: deque[str] = deque()
        self._recent: list[str] = []
        """The lines of the current record."""
        self._before = 0
        self._groups = dialect.join(self._held_lines())
        self._cut = cut
        self._ended = False
        self._patience, self._singly = 1, 0
        """Records to take one by one after the next failure, and before many at once are tried again."""
        self._held = 0
        """Lines that wait to be joined."""
        self._unsure = False
        """Whether the line before was given up, so that this one may be the rest of its record."""
        self.stray = 0
        self.swallowed = 0
        self.doubtful: list[str] = []

    @property
    def taken(self) -> int:
        """How many lines were taken so far."""
        return self._before + len(self._recent) + len(self._given_back) + self._held

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield all records, about `size` at a time; the last batch may be empty."""
        batch, recent = Batch(), self._recent
        going_on = True
        while going_on:
            batch = yield from self._many(batch, size)
            add, start = batch.rows.append, batch.starts.append
            room = size - len(batch.rows)
            sure, failed = not self._unsure, False
            try:
                for row in self._dialect.reader(self._joined() if self._dialect.joined else self._feed()):
                    if row and sure and len(recent) == 1:
                        self._before = before = self._before + 1
                        add(row)
                        start(before)
                        recent.clear()
                        room -= 1
                    else:
                        if not row:
                            batch.blanks.append(self._before + 1)
                        elif not self._accept(row, batch):
                            failed = True
                            break
                        self._before += len(recent)
                        recent.clear()
                        sure = not self._unsure
                        room = size - max(len(batch.rows), len(batch.broken), len(batch.blanks))
                    if room <= 0:
                        yield batch
                        batch = Batch()
                        add, start, room = batch.rows.append, batch.starts.append, size
            except csv.Error:
                failed = not (self._cut and self._ended and len(recent) <= _MAX_RECORD_LINES)
            if failed:
                self._give_up(batch)
            going_on = failed or (not self._dialect.joined and not (self._ended and not self._given_back))
        batch.last = True
        yield batch

    def _many(self, batch: Batch, size: int) -> Generator[Batch, None, Batch]:
        """Add the records of many lines at once to `batch`, as long as that succeeds; yield it when it is full.

        Returns:
            The batch to go on with.
        """
        if self._dialect.joined or self._unsure or self._singly:
            return batch
        lines: Sequence[str] | None = list(self._given_back)
        self._given_back.clear()
        records = 0
        while lines is not None:
            done = 0
            while done < len(lines):
                room = size - max(len(batch.rows), len(batch.blanks))
                taken = self._take(lines[done : done + room], batch)
                if not taken:
                    self._patience = 1 if records >= _MANY else min(2 * self._patience, _MAX_PATIENCE)
                    self._singly = self._patience
                    self._given_back.extend(lines[done:])
                    return batch
                done += taken
                records += taken
                if max(len(batch.rows), len(batch.blanks)) >= size:
                    yield batch
                    batch = Batch()
            lines = next(self._blocks, None)
        self._ended = True
        return batch

    def _take(self, lines: Sequence[str], batch: Batch) -> int:
        """Add the records of lines to `batch`, up to one that needs a closer look; return how many lines they take."""
        rows, special, end = list[list[str]](), list[tuple[int, int, int]](), 0
        add, reader = rows.append, self._dialect.reader(lines)
        with suppress(csv.Error):
            for row in reader:
                begin, end = end, end + 1
                if reader.line_num != end or not row:
                    end = reader.line_num
                    special.append((len(rows), begin, end))
                add(row)
        run = 0
        for at, begin, after in special:
            self._add_run(rows[run:at], batch)
            self._recent += lines[begin:after]
            if not rows[at]:
                batch.blanks.append(self._before + 1)
            elif not self._accept(rows[at], batch):
                self._recent.clear()
                return begin
            self._recent.clear()
            self._before += after - begin
            run = at + 1
        self._add_run(rows[run:], batch)
        return end

    def _add_run(self, rows: list[list[str]], batch: Batch) -> None:
        """Add records of one line each."""
        batch.rows += rows
        batch.starts += range(self._before + 1, self._before + 1 + len(rows))
        self._before += len(rows)

    def _feed(self) -> Iterator[str]:
        """Yield lines one by one, until many at once may be tried again between two records."""
        recent, given_back = self._recent, self._given_back
        while True:
            while given_back:
                if not recent:
                    if not self._singly and not self._unsure:
                        return
                    self._singly -= self._singly > 0
                recent.append(given_back.popleft())
                yield recent[-1]
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
                return
            given_back.extend(block)

    def _joined(self) -> Iterator[str]:
        while self._given_back:
            self._recent.append(self._given_back.popleft())
            yield self._recent[-1]
        for lines in self._groups:
            self._recent += lines
            self._held -= len(lines)
            yield "".join(lines[:-1]).replace("\r", "").replace("\n", LINE_BREAK) + lines[-1]

    def _held_lines(self) -> Iterator[str]:
        for line in chain.from_iterable(self._blocks):
            self._held += 1
            yield line

    def _accept(self, row: list[str], batch: Batch) -> bool:
        """Add a record of several lines, or one after a given-up line; return False if its quote is unclosed."""
        recent, width = self._recent, self._width
        if len(recent) > 1:
            if width is not None and not self._dialect.joined:
                if len(row) != width and len(recent) > _MAX_RECORD_LINES:
                    return False
                if width > 1 and self._look_like_records(width):
                    self.swallowed += len(recent) - 1
                    self._doubt(recent)
            batch.spans[len(batch.rows)] = len(recent)
            self._unsure = False
        elif recent[0].count('"') % 2 or (width is not None and len(row) != width):
            batch.broken.append(Broken(self._before + 1, "broken quotes", recent[0]))
            self._doubt(recent)
            return True
        else:
            self._unsure = False
        batch.rows.append(row)
        batch.starts.append(self._before + 1)
        return True

    def _look_like_records(self, width: int) -> bool:
        delimiter = self._dialect.delimiter
        enough = delimiter in NEVER_IN_TEXT or len(self._recent) >= _SWALLOWING
        return enough and all(line.count(delimiter) == width - 1 for line in self._recent)

    def _give_up(self, batch: Batch) -> None:
        """Read the first of the recent lines on its own, or give it up; give the others back."""
        recent = self._recent
        row = None
        if self._width is not None and len(recent) == 1:
            row = repaired(recent[0], self._dialect, self._width)
        self._doubt(recent)
        if row is not None:
            batch.rows.append(row)
            batch.starts.append(self._before + 1)
            self.stray += 1
        else:
            reason = "unclosed quote" if len(recent) > 1 else "broken quotes"
            batch.broken.append(Broken(self._before + 1, reason, recent[0]))
            self._unsure = self._dialect.quoting != "none"
        self._given_back.extendleft(reversed(recent[1:]))
        self._before += 1
        recent.clear()

    def _doubt(self, lines: list[str]) -> None:
        room = _DOUBTFUL_LINES - len(self.doubtful)
        if room > 0:
            self.doubtful += lines[:room]
