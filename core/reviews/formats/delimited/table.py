"""CSV and its relatives.

Each record keeps the physical line on which it starts, even after quoted line ends, and every line of the file is
accounted for: as part of a row, good or bad, or as what it is besides (a header, a comment, a blank line).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.delimited import layout as kinds
from core.reviews.formats.delimited.delimiters import parse_delimiter, shown_delimiter
from core.reviews.formats.delimited.detection import DELIMITERS, Fit, dialects, find_dialect, measure
from core.reviews.formats.delimited.dialect import NO_DELIMITER, Dialect
from core.reviews.formats.delimited.layout import is_total, same_header
from core.reviews.formats.delimited.records import Batch, RecordReader
from core.reviews.formats.delimited.surplus import find_surplus
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.lines import ANY_END, Lines
from core.reviews.formats.own_exports import is_made_inert, is_own_export, original_cells
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, ReadAgainError, Tally, excerpt, unique_names
from core.reviews.options import Quoting, ReadingOptions
from core.reviews.report import Doubt

_MAX_FOOTERS = 5
_MOST_COLUMNS = 20_000
_WRONG_NUMBER = "wrong number of fields"
_NUL = "NUL character"
_CLOSE = 2
"""Lines by which another way to read quotes may be worse and still be told."""
_QUOTING_SHOWN: dict[Quoting, str] = {
    "standard": 'with "" inside quoted fields',
    "backslash": 'with \\" inside quoted fields',
    "none": "with quotes as characters",
}


def open_csv(file: InputFile, options: ReadingOptions) -> DelimitedTable:
    """Open a CSV file, whatever its delimiter."""
    return DelimitedTable(file, options)


def open_tsv(file: InputFile, options: ReadingOptions) -> DelimitedTable:
    """Open a TSV file."""
    return DelimitedTable(file, options, preferred="\t")


class DelimitedTable:
    """The `Table` of a CSV or TSV file."""

    def __init__(self, file: InputFile, options: ReadingOptions, preferred: str = ",") -> None:
        """Args: preferred: The delimiter to choose when several fit equally well.

        Raises:
            InputError: The file has no rows, or the delimiter that the user named cannot be one.
        """
        self._file, self.name, self._options = file, file.name, options
        self.tally = Tally("lines")
        self.notices: list[str] = []
        self.doubts = file.encoding_doubts
        self.encoding: str | None = file.encoding
        said = options.model_copy(update={"delimiter": parse_delimiter(options.delimiter)})
        choice = find_dialect(file.head, file.complete, said, preferred)
        if choice is None:
            raise InputError(f"{clean_line(self.name)} has no rows; give a file with reviews.")
        self._dialect, self._layout = choice.dialect, choice.layout
        self.delimiter = None if self._dialect.delimiter == NO_DELIMITER else self._dialect.delimiter
        self.format = "tsv" if "\t" in (preferred, self.delimiter) else "csv"
        self.header: bool | None = self._layout.names is not None
        self.columns = unique_names(self._layout.names or [""] * self._layout.width)
        if len(self.columns) > _MOST_COLUMNS:
            raise InputError(
                f"{clean_line(self.name)} has {len(self.columns):,} columns, too many for a table of reviews; check "
                "its line ends, and --delimiter."
            )
        self._judged = options.quoting is not None
        """Whether nothing can change the dialect any more."""
        plain = not self._dialect.rewritten and self._dialect.quoting != "backslash"
        width, rows = self._layout.width, self._layout.rows
        self._surplus = find_surplus(rows, width, self.delimiter) if plain and self.delimiter and self.header else None
        own = is_own_export(self.columns)
        self._is_inert = own or is_made_inert(self._layout.rows)
        self._signs = _signs(self._layout.names)
        self._said: list[str] = []
        """Notices about the dialect."""
        usual = choice.other if choice.other is not None and choice.other.dialect.quoting == "standard" else None
        self._say_dialect(usual)
        if self._is_inert and not own:
            inert = "Cells that a spreadsheet would run have an apostrophe before them"
            self._said.append(f"{inert} in {clean_line(self.name)}; it is taken off.")
        if choice.other is not None and options.quoting is None:
            self.doubts += _doubt(clean_line(self.name), choice.fit, choice.other)

    def fraction(self) -> float:
        return self._file.fraction()

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Yield all rows.

        Raises:
            InputError: The file cannot be read.
            ReadAgainError: Quotes later in the file show that another dialect accounts for more of it.
        """
        self.tally.reset()
        self._last_blank = self._rejoined = misfits = 0
        with self._file.open(self._dialect.newline) as stream:
            self._lines = Lines(stream, self._dialect.newline)
            reader = RecordReader(self._checked(), self._dialect, self._layout.width)
            self._reader = reader
            for batch in reader.batches(rows):
                chunk = self._chunk(batch)
                misfits += len(chunk.bad)
                yield chunk
            self.tally.total = self._lines.counted
        if not self._judged:
            self._judge(reader, misfits)
        self._say(reader)

    def _checked(self) -> Iterator[list[str]]:
        """Yield all lines, in blocks; after each block, compare how many it has with how many were taken."""
        for block in self._lines.blocks():
            yield block
            if self._reader.taken != self._lines.counted:
                where = f"{clean_line(self.name)} line {self._reader.taken:,}"
                raise InputError(f"{where}: a line is lost here while reading; save the file in another format.")

    def _chunk(self, batch: Batch) -> Chunk:
        """Sort records into rows, rows left out, and lines that are no rows."""
        rows, spans, width = batch.rows, batch.spans, self._layout.width
        bad = [BadRow(one.line, one.reason, excerpt(one.text)) for one in batch.broken]
        if batch.blanks:
            self.tally.skipped[kinds.BLANK] += len(batch.blanks)
            self._last_blank = batch.blanks[-1]
        others = self._besides(batch)
        for index, kind in others.items():
            self.tally.skipped[kind] += spans.get(index, 1)
        gone = set(others)
        if self._surplus is not None and max(map(len, rows), default=0) > width:
            for index, row in enumerate(rows):
                if len(row) > width and index not in gone and (joined := self._surplus.joined(row)) is not None:
                    rows[index] = joined
                    self._rejoined += 1
        if set(map(len, rows)) - {width}:
            misfits = [index for index, row in enumerate(rows) if len(row) != width and index not in gone]
            bad += [self._misfit(batch, index) for index in misfits]
            gone.update(misfits)
        if self._lines.nul:
            hurt = [index for index, row in enumerate(rows) if index not in gone and any("\0" in cell for cell in row)]
            for index in hurt:
                shown = excerpt(" ".join(rows[index]))
                bad.append(BadRow(batch.starts[index], _NUL, shown, units=spans.get(index, 1)))
            gone.update(hurt)
        starts, units = batch.starts, None
        if spans:
            units = [1] * len(rows)
            for index, span in spans.items():
                units[index] = span
            units = [span for index, span in enumerate(units) if index not in gone] if gone else units
        if gone:
            starts = [start for index, start in enumerate(starts) if index not in gone]
            rows = [row for index, row in enumerate(rows) if index not in gone]
        columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
        if self._dialect.rewritten:
            columns = [self._dialect.restore(column) for column in columns]
        if self._is_inert:
            columns = [original_cells(column) for column in columns]
        return Chunk(starts, columns, bad, units)

    def _besides(self, batch: Batch) -> dict[int, str]:
        """Return the records that are no rows, by index, and what they are."""
        layout, rows, starts = self._layout, batch.rows, batch.starts
        lead, names = layout.lead, layout.names
        found: dict[int, str] = {}
        if starts and lead and starts[0] <= max(lead):
            found = {index: lead[start] for index, start in enumerate(starts) if start in lead}
        if names is not None and not self._signs.isdisjoint([row[0] for row in rows]):
            for index, row in enumerate(rows):
                if index not in found and row[0] in self._signs and self._is_header(row, starts[index], names):
                    found[index] = kinds.REPEATED_HEADER
        if kinds.COMMENT in lead.values() and any(len(row) != layout.width for row in rows):
            for index, row in enumerate(rows):
                if len(row) != layout.width and row[0].startswith("#"):
                    found.setdefault(index, kinds.COMMENT)
        if batch.last:
            below = self._last_blank or (1 if kinds.TITLE in lead.values() else 0)
            for index in range(len(rows) - 1, max(len(rows) - 1 - _MAX_FOOTERS, -1), -1):
                row = rows[index]
                if row == [kinds.END_OF_COPY]:
                    found.setdefault(index, kinds.FOOTER)
                    continue
                if not 0 < below < starts[index] or not (is_total(row) or len(row) == 1 < layout.width):
                    break
                found.setdefault(index, kinds.FOOTER)
        return found

    def _is_header(self, row: list[str], line: int, names: list[str]) -> bool:
        """Return whether a record repeats the header.

        Raises:
            InputError: It has the same names in another order.
        """
        if same_header(row, names):
            return True
        cells = [row[0].removeprefix(kinds.MARK).strip('"'), *row[1:]]
        if len(row) == len(names) > 1 and sorted(cells) == sorted(names):
            other = excerpt(", ".join(cells))
            raise InputError(
                f"{clean_line(self.name)} line {line:,} holds another header ({other}): files with different columns "
                "were joined; read them one by one, from a folder."
            )
        return False

    def _misfit(self, batch: Batch, index: int) -> BadRow:
        row, width = batch.rows[index], self._layout.width
        shown = excerpt((self.delimiter or " ").join(field[:80] for field in row[:20]))
        detail = f"{_WRONG_NUMBER} (got {len(row)}, expected {width})"
        return BadRow(batch.starts[index], _WRONG_NUMBER, shown, detail, units=batch.spans.get(index, 1))

    def _judge(self, reader: RecordReader, misfits: int) -> None:
        """Change the dialect if lines were lost to quotes of which another dialect makes sense.

        Raises:
            ReadAgainError: It was changed.
        """
        self._judged = True
        own = Fit(self._dialect, misfits=misfits, stray=reader.stray, swallowed=reader.swallowed)
        if not own.loss or not reader.doubtful:
            return
        better = own
        for newline in (self._dialect.newline, *(ANY_END for line in reader.doubtful if "\r" in line[:-2]))[:2]:
            for found in dialects(reader.doubtful, self._dialect.delimiter, newline, self._options):
                dialect = replace(found, wrapped=self._dialect.wrapped)
                if replace(dialect, width=0) == replace(self._dialect, width=0):
                    continue
                if measure([reader.doubtful], dialect, self._layout.width).loss * 2 > len(reader.doubtful):
                    continue
                fit = self._measure(dialect)
                better = fit if fit.loss * 2 < better.loss else better
        if better is not own:
            self._dialect = replace(better.dialect, width=self._layout.width)
            self._say_dialect(own)
            raise ReadAgainError

    def _measure(self, dialect: Dialect) -> Fit:
        """Return how well `dialect` reads the whole file."""
        with self._file.open(dialect.newline) as stream:
            return measure(Lines(stream, dialect.newline).blocks(), dialect, self._layout.width)

    def _say_dialect(self, usual: Fit | None) -> None:
        """Add a notice about unusual quotes or line ends; `usual` is how the usual ones fit, and its loss is said."""
        name, dialect = clean_line(self.name), self._dialect
        if dialect.delimiter not in (*DELIMITERS, NO_DELIMITER) and self._options.delimiter is None:
            shown = shown_delimiter(dialect.delimiter)
            self._said.append(f"{name} is read with “{shown}” between its fields (--delimiter '{shown}').")
        if dialect.newline == ANY_END and "\n" in self._file.head:
            self._said.append(f"The lines of {name} end in different ways, also with a carriage return alone.")
        if dialect.wrapped:
            self._said.append(f"Whole lines of {name} are in quotes, which were taken off before they were read.")
        if dialect.joined:
            self._said.append(f"Texts of {name} that are broken into lines without quotes are joined again.")
        if dialect.quoting == "standard" or self._options.quoting is not None:
            return
        lost = f": with the usual quotes, {_lines(usual.loss)} would be lost" if usual and usual.loss else ""
        self._said.append(f"{name} is read {_QUOTING_SHOWN[dialect.quoting]} (--quoting {dialect.quoting}){lost}.")

    def _say(self, reader: RecordReader) -> None:
        """Set the notices for the pass that has ended."""
        name = clean_line(self.name)
        said = list(self._said)
        if self._rejoined:
            said.append(
                f"Texts in {_lines(self._rejoined)} of {name} hold “{shown_delimiter(self.delimiter or ' ')}” without "
                "quotes; their parts were joined again."
            )
        if reader.stray:
            said.append(f"Quotes in {_lines(reader.stray)} of {name} are neither doubled nor escaped, and are kept.")
        skipped = {kind: count for kind, count in self.tally.skipped.items() if kind not in (kinds.HEADER, kinds.BLANK)}
        if skipped:
            listed = ", ".join(f"{count:,} × {kind}" for kind, count in skipped.items())
            said.append(f"Lines of {name} that are no rows were skipped: {listed}.")
        self.notices = said


def _signs(names: list[str] | None) -> frozenset[str]:
    """Return the first cells by which a record may be a repeated header, in any order of its columns."""
    if names is None:
        return frozenset()
    return frozenset(chain(names, (kinds.MARK + name for name in names), (f'{kinds.MARK}"{name}"' for name in names)))


def _doubt(name: str, chosen: Fit, other: Fit) -> list[Doubt]:
    """Return the doubt about quotes, if another reading loses no more lines and gives other reviews."""
    differs = _difference(chosen, other)
    if not differs or other.misfits > chosen.misfits or other.loss > chosen.loss + _CLOSE:
        return []
    counted = other.records != chosen.records
    ways: dict[str, dict[str, str]] = {
        _QUOTING_SHOWN[fit.dialect.quoting] + f": {fit.records:,} records" * counted: {"quoting": fit.dialect.quoting}
        for fit in (chosen, other)
    }
    sentence = (
        f"{name} is read {_QUOTING_SHOWN[chosen.dialect.quoting]}; {_QUOTING_SHOWN[other.dialect.quoting]} "
        f"(--quoting {other.dialect.quoting}), {differs}."
    )
    return [Doubt(about="quoting", sentence=sentence, ways=ways)]


def _difference(chosen: Fit, other: Fit) -> str:
    """Return what another reading would change, as the end of a sentence; empty if that is not in sight."""
    if other.records != chosen.records:
        return f"it would have {other.records:,} records instead of {chosen.records:,}"
    for (line, ours), (_, theirs) in zip(chosen.first, other.first, strict=False):
        cells = next((pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]), None)
        if cells is not None:
            mine, yours = (excerpt(cell) for cell in cells)
            return f"line {line:,} would hold “{yours}” instead of “{mine}”"
    return ""


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"
