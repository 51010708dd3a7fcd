"""The pass over a source: rows go to the store, rows left out to a list, statistics to the report.

One chunk of texts is in memory at a time. Labels are stored as codes of their raw values, and become classes in
`finish.py`, when all raw values are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.detect.cells import answered
from core.reviews.detect.columns import NoTextError, Roles, find_roles
from core.reviews.detect.counting import ColumnCounter, facts_of
from core.reviews.detect.words import is_placeholder
from core.reviews.finish import MISSING_CODE, NO_LABEL, SKIPS, UNDECODABLE_CODE, Pass, finish, write_line
from core.reviews.formats.encoding_evidence import TITLES
from core.reviews.formats.table import (
    INSIDE,
    UNDECODABLE,
    BadRow,
    Chunk,
    Counted,
    Doubting,
    ReadAgainError,
    Table,
    excerpt,
)
from core.reviews.hashing import text_digest
from core.reviews.joining import join_halves, lead_of
from core.reviews.options import ReadingOptions
from core.reviews.report import Account, Doubt
from core.reviews.source_columns import SHORT, stored_columns
from core.reviews.store import (
    RowWriter,
    open_new,
)

MAX_LABELS = 10_000
"""A column with more distinct values is not a label, and its rows are read without labels."""
_SAMPLE_ROWS = 1_000
_SAMPLED_FILES = 10
"""How many files after the first are sampled for the roles of columns."""
_GROWING = ("json", "jsonl")
"""Formats in which a later row may have a column that the first ones do not have."""
_LONGEST_PLACEHOLDER = 16
"""Characters; longer texts are not compared with placeholders."""
_EMPTY, _PLACEHOLDER, _UNDECODABLE = "empty text", "placeholder instead of a text", "undecodable bytes"
_BLANKS = frozenset(" \t\r\n\xa0\u3000\u200b\u200c\u200d\u2060\ufeff\xad")
_INVISIBLE = dict.fromkeys(map(ord, _BLANKS))
"""Characters of which a text that shows nothing is made, besides white space."""
Progress = Callable[[float], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Storing:
    """How rows are stored."""

    keep: str = SHORT
    """The columns to store beside the review; see `core/reviews/source_columns.py`."""
    counted: Callable[[int, int], None] = lambda rows, left_out: None
    """Called while rows are read, with how many were read so far, and how many of them were left out."""


@dataclass
class Input:
    """What to read."""

    source: str
    """What messages call it."""
    tables: list[Table]
    weights: list[int]
    """Size of each table in bytes, for progress."""
    notices: list[str] = field(default_factory=list)
    """What the report should say about the source."""
    parts: dict[str, list[str]] = field(default_factory=dict)
    """Part of the data → the files of the source that belong to it and are not read; may grow while tables are read."""
    storing: Storing = field(default_factory=Storing)


def build(
    folder: Path,
    place: str,
    given: Input,
    options: ReadingOptions,
    model_labels: Sequence[str] | None,
    progress: Progress,
) -> None:
    """Read `given` into `folder`.

    Args:
        place: Name in the data folder to which `folder` will be renamed.
        model_labels: Classes of a model; see `read_reviews`.

    Raises:
        InputError: There is no text column, no such column, or no usable row.
    """
    roles = None
    while True:
        reading = _Reading(folder, given, options, roles)
        try:
            reading.read(progress)
        except ReadAgainError:
            continue
        finally:
            reading.close()
        roles = reading.better_roles()
        if roles is None:
            break
    finish(reading.result(), place, model_labels)
    progress(1.0)


@dataclass
class _Places:
    """Indices among the columns of a table, −1 for a column that it does not have."""

    texts: list[int]
    title: int
    label: int
    answer: int


class _Reading:
    """The state of the pass over a source."""

    def __init__(self, folder: Path, given: Input, options: ReadingOptions, roles: Roles | None) -> None:
        """Args: roles: The roles of the columns, if all rows have been seen before."""
        self.folder, self.given, self.options = folder, given, options
        self.shown = clean_line(given.source)
        self.rows = 0
        self.left_out: Counter[str] = Counter()
        self.codes: dict[str, int] = {}
        self.too_many = False
        self.notices = list(given.notices)
        self.accounts: list[Account] = []
        self.doubts: list[Doubt] = []
        self.headed, self.final = True, roles is not None
        self.roles, self.counters = self._inspect(roles)
        self.passed = stored_columns(given.tables, self.roles.text, self.roles.title, given.storing.keep)
        self.writer = RowWriter(folder, self.passed)
        self.skips = open_new(folder / SKIPS)

    def _inspect(self, known: Roles | None) -> tuple[Roles, dict[str, ColumnCounter]]:
        """Find the roles of the columns from the first rows of the first file that has rows, unless they are known.

        Some rows of other files with the same columns join them: files may be sorted by label.
        """
        sample = None
        tables = self.given.tables
        for number, table in enumerate(tables, start=1):
            chunk = next(iter(table.chunks(_SAMPLE_ROWS)), None)
            sample = (number, table, chunk) if chunk is not None else sample
            if chunk is not None and len(chunk.lines):
                break
        if sample is None:
            raise InputError(f"{self.shown} has no rows; give a file with reviews.")
        number, table, chunk = sample
        self.headed = table.header is not False
        counters = {name: ColumnCounter(name) for name in table.columns}
        if known is not None:
            return known, counters
        columns = chunk.columns
        for other in _spread([one for one in tables[number:] if one.columns == table.columns]):
            more = next(iter(other.chunks(_SAMPLE_ROWS // _SAMPLED_FILES)), None)
            columns = columns if more is None else [a + b for a, b in zip(columns, more.columns, strict=True)]
        samples = [facts_of(name, cells) for name, cells in zip(table.columns, columns, strict=True)]
        try:
            return find_roles(samples, self.options, self.headed, self.shown), counters
        except InputError as error:
            could_change = isinstance(error, NoTextError) or table.format in _GROWING
            if not could_change or (len(tables) == 1 and not _goes_on(table)):
                raise
        return Roles(texts=(table.columns[0],), title=None, label=None), counters  # later rows may show what it is

    def better_roles(self) -> Roles | None:
        """Return the roles that all rows suggest if they are not those that were used; the rows must be read again.

        Raises:
            InputError: No column is text.
        """
        if self.final:
            return None
        found = find_roles([one.facts() for one in self.counters.values()], self.options, self.headed, self.shown)
        same, self.roles = found.columns == self.roles.columns, found
        return None if same else found

    def read(self, progress: Progress) -> None:
        total = max(sum(self.given.weights), 1)
        done = 0
        for index, (table, weight) in enumerate(zip(self.given.tables, self.given.weights, strict=True)):
            places = self._places(table)
            units = 0
            for chunk in table.chunks():
                units += self._add(index, table.columns, chunk, places)
                self.given.storing.counted(self.rows, self.left_out.total())
                progress(min((done + weight * table.fraction()) / total, 1.0))
            done += weight
            self.accounts.append(_account(table, units))
            self.notices += table.notices + self._guesses(table)
            self.doubts += table.doubts if isinstance(table, Doubting) else []
        if not self.rows:
            raise InputError(f"{self.shown} has a header but no rows below it; give a file with reviews.")

    def close(self) -> None:
        self.writer.close()
        self.skips.close()

    def _guesses(self, table: Table) -> list[str]:
        """Return notices about what was assumed about a file and may be wrong."""
        notices = []
        if table.encoding in TITLES and self.options.encoding is None:
            name, encoding = clean_line(table.name), TITLES[table.encoding]
            notices.append(f"{name} is not UTF-8 and was read as {encoding} (--encoding {table.encoding}).")
        if table.header is False and self.options.header is None:
            notices.append(f"{clean_line(table.name)} seems to have no header; its columns are numbered.")
        return notices

    def result(self) -> Pass:
        """Return what `finish` needs."""
        columns = [counter.column() for counter in self.counters.values()]
        raws = None if self.too_many else list(self.codes)
        given = self.given
        return Pass(
            folder=self.folder,
            source=given.source,
            tables=given.tables,
            parts=given.parts,
            options=self.options,
            roles=self.roles,
            columns=columns,
            rows=self.rows,
            raws=raws,
            left_out=self.left_out,
            notices=self.notices + self.roles.notices,
            accounts=self.accounts,
            doubts=self.doubts + self.roles.doubts,
        )

    def _places(self, table: Table) -> _Places:
        """Return where the columns of the roles are in `table`.

        Raises:
            InputError: It has no text.
        """
        name, roles = clean_line(table.name), self.roles
        for text in roles.texts:
            if text not in table.columns:
                way = "choose one file with --table" if INSIDE in table.name else "give one of the files itself"
                raise InputError(f"{name} has no column “{clean_line(text)}”, unlike other files; {way}.")
        for column in (roles.title, roles.label):
            if column is not None and column not in table.columns:
                self.notices.append(f"{name} has no column “{clean_line(column)}”.")
        title, label, answer = (
            table.columns.index(column) if column in table.columns else -1
            for column in (roles.title, roles.label, roles.answer)
        )
        return _Places([table.columns.index(text) for text in roles.texts], title, label, answer)

    def _add(self, file: int, names: list[str], chunk: Chunk, places: _Places) -> int:
        """Add a chunk: good rows to the store, the others to the list of rows left out; return its units."""
        for name, cells in zip(names, chunk.columns, strict=True):
            if name in self.counters:
                self.counters[name].add(cells)
        self.rows += len(chunk.lines) + len(chunk.bad)
        bodies = texts = join_halves(self.roles.texts, [chunk.columns[text] for text in places.texts])
        if places.title >= 0:
            heads = chunk.columns[places.title]
            texts = [f"{lead_of(head)}{body}" if head else body for head, body in zip(heads, bodies, strict=True)]
        codes = self._codes(chunk, places)
        sizes = [1] * len(chunk.lines) if chunk.units is None else list(chunk.units)
        bad = chunk.bad
        total = sum(sizes) + sum(row.units for row in bad)
        lines, digests = list(chunk.lines), _digests(texts)
        passed = [chunk.columns[names.index(name)] if name in names else [""] * len(lines) for name in self.passed]
        gone: dict[int, str] = {}
        for row, (body, digest) in enumerate(zip(bodies, digests, strict=True)):
            if not digest:
                gone[row] = _UNDECODABLE
            elif not body or body.isspace() or (body[0] in _BLANKS and not body.translate(_INVISIBLE)):
                gone[row] = _EMPTY
            elif len(body) <= _LONGEST_PLACEHOLDER and is_placeholder(body):
                gone[row] = _PLACEHOLDER
        bad += [BadRow(lines[row], reason, excerpt(texts[row]), units=sizes[row]) for row, reason in gone.items()]
        if gone:
            kept = [row for row in range(len(lines)) if row not in gone]
            texts, digests = _chosen(texts, kept), _chosen(digests, kept)
            lines, sizes, codes = _chosen(lines, kept), _chosen(sizes, kept), _chosen(codes, kept)
            passed = [_chosen(column, kept) for column in passed]
        self.writer.add(texts, file, lines, sizes, codes, digests, passed)
        self._skip(file, bad)
        return total

    def _codes(self, chunk: Chunk, places: _Places) -> list[int]:
        """Return the code of each row's raw label."""
        if self.roles.label is None:
            return [NO_LABEL] * len(chunk.lines)
        if places.label < 0:
            return [MISSING_CODE] * len(chunk.lines)
        cells = chunk.columns[places.label]
        if places.answer >= 0:
            cells = [answered(cell, answer) for cell, answer in zip(cells, chunk.columns[places.answer], strict=True)]
        codes, known = list[int](), self.codes
        for cell in cells:
            code = known.get(cell)
            codes.append(self._new_code(cell) if code is None else code)
        return codes

    def _new_code(self, cell: str) -> int:
        if not cell or cell.isspace():
            return MISSING_CODE
        if UNDECODABLE in cell or (not cell.isascii() and _is_lone(cell)):
            return UNDECODABLE_CODE
        raw = cell.strip()
        code = self.codes.get(raw)
        if code is None:
            if len(self.codes) >= MAX_LABELS:
                self.too_many = True
                return NO_LABEL
            code = self.codes[raw] = len(self.codes)
        return code

    def _skip(self, file: int, bad: list[BadRow]) -> None:
        for row in sorted(bad, key=lambda row: row.line):
            self.left_out[row.reason] += 1
            write_line(self.skips, [file, row.line, row.detail or row.reason, row.excerpt])


def _goes_on(table: Table) -> bool:
    """Return whether a table has more rows than the sample."""
    chunks = table.chunks(_SAMPLE_ROWS)
    return next(chunks, None) is not None and next(chunks, None) is not None


def _spread(tables: list[Table]) -> list[Table]:
    """Return a few of `tables`, evenly spread."""
    return tables[:: max(-(-len(tables) // _SAMPLED_FILES), 1)]


def _account(table: Table, units: int) -> Account:
    """Return where the units of a table that was read went; `finish` moves those of rows that are left out.

    Raises:
        InputError: Some are not accounted for.
    """
    if not isinstance(table, Counted):
        return Account(file=table.name, unit="rows", total=units, reviews=units, left_out=0)
    tally = table.tally
    tally.check(table.name, units)
    return Account(
        file=table.name,
        unit=tally.unit,
        total=tally.total,
        reviews=units,
        left_out=0,
        skipped=dict(tally.skipped.most_common()),
    )


def _digests(texts: Sequence[str]) -> list[bytes]:
    """Return the digests of texts, empty for one that holds what is not Unicode."""
    try:
        return [text_digest(text) for text in texts]
    except UnicodeEncodeError:
        return [b"" if _is_lone(text) else text_digest(text) for text in texts]


def _chosen(values: Sequence[T], rows: Sequence[int]) -> list[T]:
    return [values[row] for row in rows]


def _is_lone(cell: str) -> bool:
    """Return whether `cell` contains a lone surrogate, which cannot be stored."""
    return any("\ud800" <= character <= "\udfff" for character in cell)
