"""The pass over a source: rows go to the store, rows left out to a list, statistics to the report.

One chunk of texts is in memory at a time. Labels are stored as codes of their raw values, and become classes in
`finish.py`, when all raw values are known.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import TypeVar

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.detect.cells import answered
from core.reviews.detect.columns import Roles
from core.reviews.finish import Pass, classes_of, finish
from core.reviews.formats.encoding_evidence import TITLES
from core.reviews.formats.own_exports import is_own_export
from core.reviews.formats.part_column import OnePart
from core.reviews.formats.table import INSIDE, BadRow, Chunk, Counted, Doubting, ReadAgainError, Table, excerpt
from core.reviews.input import Input, Progress
from core.reviews.joining import join_halves, with_titles
from core.reviews.label_codes import MISSING_CODE, NO_LABEL, LabelCodes
from core.reviews.options import ReadingOptions
from core.reviews.report import Account, Doubt
from core.reviews.role_search import RoleSearch
from core.reviews.skipped import SkipList
from core.reviews.source_columns import stored_columns
from core.reviews.store import RowWriter
from core.reviews.usable import digests_of, unusable

_SOME = 1_000
"""The most different labels of which classes are counted while rows are read."""
_COLLECTED = 20_000
"""Objects after which the garbage collector looks for cycles: several chunks' worth of rows, none of which has any."""
T = TypeVar("T")


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
    with _rare_collections():
        while True:
            reading = _Reading(folder, given, options, roles, model_labels)
            try:
                reading.read(progress)
            except ReadAgainError:
                continue
            finally:
                reading.close()
            roles = reading.search.better()
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

    def __init__(
        self,
        folder: Path,
        given: Input,
        options: ReadingOptions,
        roles: Roles | None,
        model_labels: Sequence[str] | None,
    ) -> None:
        """Args: roles: The roles of the columns, if all rows have been seen before."""
        self.folder, self.given, self.options, self.model_labels = folder, given, options, model_labels
        self.shown = clean_line(given.source)
        self.rows = 0
        self.codes = LabelCodes()
        self.notices = list(given.notices)
        self.said_of_parts: list[str] = []
        """Those notices that do not matter to a reading of all parts."""
        self.accounts: list[Account] = []
        self.doubts: list[Doubt] = []
        self.search = RoleSearch(given.tables, options, roles, self.shown)
        self.roles = self.search.roles
        self.passed = stored_columns(given.tables, self.roles.text, self.roles.title, given.storing.keep)
        self.writer = RowWriter(folder, self.passed)
        self.skips = SkipList(folder)

    def read(self, progress: Progress) -> None:
        total = max(sum(self.given.weights), 1)
        done = 0
        for index, (table, weight) in enumerate(zip(self.given.tables, self.given.weights, strict=True)):
            places = self._places(table)
            units = 0
            for chunk in table.chunks():
                units += self._add(index, table.columns, chunk, places)
                self.given.storing.counted(self.rows, self.skips.left_out.total(), self._classes)
                progress(min((done + weight * table.fraction()) / total, 1.0))
            done += weight
            self.accounts.append(_account(table, units))
            said = [table.said] if isinstance(table, OnePart) else []
            self.said_of_parts += said
            self.notices += table.notices + said + self._guesses(table)
            self.doubts += table.doubts if isinstance(table, Doubting) else []
        if not self.rows:
            raise InputError(f"{self.shown} has a header but no rows below it; give a file with reviews.")

    def close(self) -> None:
        self.writer.close()
        self.skips.close()

    def _classes(self) -> Mapping[str, int]:
        """Return how many rows there are of each class so far, if that can be told."""
        if self.roles.label is None or self.codes.too_many or len(self.codes.raws) > _SOME:
            return {}
        return classes_of(self.codes.counted(), self.roles, self.options, self.model_labels)

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
        roles = self.search.roles
        return Pass(
            folder=self.folder,
            given=self.given,
            options=self.options,
            roles=roles,
            columns=[counter.column() for counter in self.search.counters.values()],
            rows=self.rows,
            codes=self.codes,
            skips=self.skips,
            notices=self.notices + roles.notices,
            said_of_parts=self.said_of_parts,
            accounts=self.accounts,
            doubts=self.doubts + roles.doubts,
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
                self.notices.append(f"{name} has no column “{clean_line(column)}”.{self._about_labels(column, table)}")
        title, label, answer = (
            table.columns.index(column) if column in table.columns else -1
            for column in (roles.title, roles.label, roles.answer)
        )
        return _Places([table.columns.index(text) for text in roles.texts], title, label, answer)

    def _about_labels(self, column: str, table: Table) -> str:
        """Return what follows from a table's lacking a column: no row of it is learned from if that is the label."""
        if column != self.roles.label:
            return ""
        decisions = any(is_own_export(one.columns) for one in self.given.tables)
        way = "; `reviewtui learn` joins decisions to the data of a run" if decisions else ""
        return f" So none of its rows has a label{way}."

    def _add(self, file: int, names: list[str], chunk: Chunk, places: _Places) -> int:
        """Add a chunk: good rows to the store, the others to the list of rows left out; return its units."""
        self._count(names, chunk)
        self.rows += len(chunk.lines) + len(chunk.bad)
        bodies = texts = join_halves(self.roles.texts, [chunk.columns[text] for text in places.texts])
        if places.title >= 0:
            texts = with_titles(chunk.columns[places.title], bodies)
        codes = self._codes(chunk, places)
        sizes = [1] * len(chunk.lines) if chunk.units is None else list(chunk.units)
        bad = chunk.bad
        total = sum(sizes) + sum(row.units for row in bad)
        lines, digests = list(chunk.lines), digests_of(texts)
        passed = [chunk.columns[names.index(name)] if name in names else [""] * len(lines) for name in self.passed]
        gone = unusable(bodies, digests)
        if gone:
            bad += [
                BadRow(lines[row], reason, excerpt(texts[row]), units=sizes[row], part=chunk.others.get(row, ""))
                for row, reason in gone.items()
            ]
            kept = [row for row in range(len(lines)) if row not in gone]
            texts, digests = _chosen(texts, kept), _chosen(digests, kept)
            lines, sizes, codes = _chosen(lines, kept), _chosen(sizes, kept), _chosen(codes, kept)
            passed = [_chosen(column, kept) for column in passed]
        self.writer.add(texts, file, lines, sizes, codes, digests, passed)
        self.codes.counts.update(codes)
        self.skips.add(file, bad)
        return total

    def _count(self, names: Sequence[str], chunk: Chunk) -> None:
        """Count the cells of each column, without those of other parts."""
        own = [index not in chunk.others for index in range(len(chunk.lines))] if chunk.others else None
        for name, cells in zip(names, chunk.columns, strict=True):
            if name in self.search.counters:
                self.search.counters[name].add(cells if own is None else list(compress(cells, own)))

    def _codes(self, chunk: Chunk, places: _Places) -> list[int]:
        """Return the code of each row's raw label."""
        if self.roles.label is None or places.label < 0:
            code = NO_LABEL if self.roles.label is None else MISSING_CODE
            return self.codes.without_labels(code, len(chunk.lines), chunk.others)
        cells = chunk.columns[places.label]
        if places.answer >= 0:
            cells = [answered(cell, answer) for cell, answer in zip(cells, chunk.columns[places.answer], strict=True)]
        return self.codes.of(cells, chunk.others)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let the garbage collector look less often: the rows of a chunk are thousands of lists that it would go through
    several times, a tenth of the time that reading takes."""
    before = gc.get_threshold()
    gc.set_threshold(before[0] and max(before[0], _COLLECTED), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


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


def _chosen(values: Sequence[T], rows: Sequence[int]) -> list[T]:
    return [values[row] for row in rows]
