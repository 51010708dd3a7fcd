"""A labelled file with corrected labels: all rows of the source in their order, with all columns.

The label of a row whose text was decided is replaced, in the spelling of the source. Three columns say what was done:

    correction       corrected, confirmed, ambiguous, or empty
    corrected_from   the label before, where it was corrected
    corrected_on     when that was decided

A decision is about a text, so it holds for all its copies. Where a class is a range of ratings, there is no rating to
put in place of another: the ratings stay, and the classes are in a new column. Nothing is overwritten: each file is a
new one, and what is written once more is the next version.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from core.base.errors import InputError
from core.base.files import write_parts
from core.base.text import clean_cell, clean_line
from core.reviews.detect.names import is_number
from core.reviews.detect.text_columns import JOINED
from core.reviews.formats.table import Chunk, ReadAgainError, Table
from core.reviews.joining import join_halves, with_titles
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.reviews.tables import tables_of
from core.reviews.usable import digests_of
from core.suspicion.report import Corrected
from core.suspicion.versions import versions_of
from core.triage.decision import Decision

CORRECTION, FROM, ON = "correction", "corrected_from", "corrected_on"
_RANGES = "stars_binary"
"""The scheme whose classes are ranges of ratings."""
_NEW_LABEL = "label"
"""The column of the classes where they have no spelling in the source."""


def write_corrected(
    source: str,
    options: ReadingOptions,
    decisions: Iterable[Decision],
    output: Path | None,
    progress: Callable[[str, float | None], None],
) -> Corrected:
    """Write the rows of a source with corrected labels to a new file.

    Args:
        source: A labelled source.
        options: How it is read.
        decisions: What was decided about its texts, the latest last.
        output: A name ending in .csv or .jsonl; None takes the next version beside the source.

    Raises:
        InputError: The source cannot be read or has no labels, nothing was decided, or the output exists.
        ReviewtuiError: The file cannot be written.
    """
    if output is not None:
        _require_new(output)
    reviews = read_reviews(source, options, progress=lambda share: progress("reading", share))
    if reviews.report.label_column is None:
        raise InputError(f"{clean_line(source)} has no column of labels to correct; name it with --label COLUMN.")
    by_text = {one.hash: one for one in decisions if one.state in ("label", "ambiguous")}
    if not by_text:
        raise InputError(f"Nothing was decided about the labels of {clean_line(source)} yet; decide at least one.")
    spelling = _Spelling.of(source, options, reviews)
    while True:
        work = _Work(source, options, reviews, spelling, by_text, progress)
        try:
            return work.write(output)
        except ReadAgainError:  # a table knows better now how it is to be read
            continue


def _require_new(output: Path) -> None:
    if output.suffix.lower() not in _LINES:
        raise InputError(f"The name must end in {' or '.join(_LINES)}, not '{clean_line(output.name, 80)}'.")
    if not output.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(output.parent, 120)}.")
    if output.exists() or output.is_symlink():
        raise InputError(f"{clean_line(output, 120)} already exists, and nothing is overwritten; choose another name.")


@dataclass(frozen=True)
class _Spelling:
    """How the classes of a source are written in its column of labels."""

    classes: Mapping[str, str]
    """Cell → class, for cells that are labels."""
    cells: Mapping[str, str] | None
    """Class → the cell that is most frequent for it; None if a class is a range of ratings."""

    @classmethod
    def of(cls, source: str, options: ReadingOptions, reviews: Reviews) -> _Spelling:
        column = reviews.report.label_column or ""
        if column not in reviews.source_columns:
            reviews = read_reviews(source, options, keep=column)
        found = reviews.spellings(column)
        if any(len(classes) > 1 for classes in found.values()):
            raise InputError(
                f"The labels of {clean_line(source)} depend on more than the column “{clean_line(column, 40)}”, so "
                "they cannot be corrected there; export the decisions instead."
            )
        names = reviews.label_names
        classes = {cell.strip(): names[next(iter(of_cell))] for cell, of_cell in found.items()}
        cells: dict[str, str] = {}
        for cell, counts in sorted(found.items(), key=lambda one: (-one[1].total(), one[0])):
            cells.setdefault(names[next(iter(counts))], cell)
        return cls(classes, None if reviews.report.scheme == _RANGES else cells)


@dataclass
class _Work:
    """One attempt to write a corrected file."""

    source: str
    options: ReadingOptions
    reviews: Reviews
    spelling: _Spelling
    by_text: Mapping[str, Decision]
    progress: Callable[[str, float | None], None]
    done: Counter[str] = field(default_factory=Counter)
    met: set[str] = field(default_factory=set)
    rows: int = 0
    unread: int = 0

    def write(self, output: Path | None) -> Corrected:
        with tables_of(self.source, self.options, lambda share: self.progress("unpacking", share)) as tables:
            names = list(dict.fromkeys(name for table in tables for name in table.columns))
            column = self._label_column(names)
            columns = list(dict.fromkeys([*names, column, CORRECTION, FROM, ON]))
            target = self._put(tables, columns, column, output)
        report = self.reviews.report
        unknown = Counter(
            one.verdict for one in self.by_text.values() if one.labelled and one.verdict not in report.label_names
        )
        return Corrected(
            output=str(target),
            rows=self.rows,
            corrected=self.done["corrected"],
            confirmed=self.done["confirmed"],
            ambiguous=self.done["ambiguous"],
            unknown=dict(unknown),
            missing=len(self.by_text.keys() - self.met),
            unread=self.unread,
            label=column,
        )

    def _label_column(self, names: Sequence[str]) -> str:
        """Return the column of the labels in the new file."""
        if self.spelling.cells is not None:
            return self.reviews.report.label_column or ""
        numbered = (_NEW_LABEL if number == 1 else f"{_NEW_LABEL}_{number}" for number in count(1))
        return next(name for name in numbered if name not in names)

    def _put(self, tables: Sequence[Table], columns: Sequence[str], column: str, output: Path | None) -> Path:
        """Write the file, and return where."""
        json_lines = self.reviews.report.format.startswith("json")
        for path in versions_of(self.source, json_lines) if output is None else (output,):
            lines = _LINES[path.suffix.lower()](columns, self._corrected(tables, columns, column))
            try:
                write_parts(path, lines, private=False, new=True)
            except FileExistsError:
                if output is not None:
                    _require_new(output)
                continue
            return path
        raise AssertionError("versions do not end")

    def _corrected(self, tables: Sequence[Table], columns: Sequence[str], column: str) -> Iterator[list[str]]:
        """Yield the cells of every row."""
        self.done.clear()
        self.rows = self.unread = 0
        for place, table in enumerate(tables):
            for chunk in table.chunks():
                yield from self._rows_of(table.columns, chunk, columns, column)
                self.progress("writing", (place + table.fraction()) / len(tables))

    def _rows_of(self, names: Sequence[str], chunk: Chunk, columns: Sequence[str], column: str) -> Iterator[list[str]]:
        cells_of = dict(zip(names, chunk.columns, strict=True))
        empty = [""] * len(chunk.lines)
        hashes = self._hashes(cells_of, empty)
        labels = cells_of.get(self.reviews.report.label_column or "", empty)
        self.unread += len(chunk.bad)
        self.rows += len(chunk.lines)
        for row, (text_hash, label) in enumerate(zip(hashes, labels, strict=True)):
            cells = {name: cells_of[name][row] for name in names}
            if self.spelling.cells is None:
                cells[column] = self.spelling.classes.get(label.strip(), "")
            if (decision := self.by_text.get(text_hash)) is not None:
                self.met.add(text_hash)
                cells |= self._changes(decision, label, column)
            yield [cells.get(name, "") for name in columns]

    def _changes(self, decision: Decision, label: str, column: str) -> dict[str, str]:
        """Return the cells that a decision changes in a row with this label."""
        before = self.spelling.classes.get(label.strip())
        if decision.labelled and decision.verdict not in self.reviews.label_names:
            return {}
        moment = datetime.fromtimestamp(decision.time, UTC).isoformat(timespec="seconds")
        if not decision.labelled or decision.verdict == before:
            kind = "confirmed" if decision.labelled else "ambiguous"
            self.done[kind] += 1
            return {CORRECTION: kind, FROM: "", ON: moment}
        self.done["corrected"] += 1
        after = decision.verdict if self.spelling.cells is None else self.spelling.cells[decision.verdict]
        was = (before or "") if self.spelling.cells is None else label
        return {column: after, CORRECTION: "corrected", FROM: was, ON: moment}

    def _hashes(self, cells_of: Mapping[str, list[str]], empty: list[str]) -> list[str]:
        """Return the hash of each row's text, as reading makes it."""
        report = self.reviews.report
        names = [report.text_column] if report.text_column in cells_of else report.text_column.split(JOINED)
        bodies = join_halves(names, [cells_of.get(name, empty) for name in names])
        title = report.title_column
        texts = with_titles(cells_of[title], bodies) if title is not None and title in cells_of else bodies
        return [f"{int.from_bytes(digest, 'little'):016x}" if digest else "" for digest in digests_of(texts)]


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for cells in chain([columns], rows):
        writer.writerow([cell if is_number(cell) else clean_cell(cell) for cell in cells])
        if text.tell() > _BLOCK:
            yield _taken(text)
    yield _taken(text)


def _json_lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    for cells in rows:
        line = json.dumps(dict(zip(columns, cells, strict=True)), ensure_ascii=False)
        yield line.encode("utf-8", "replace") + b"\n"


_BLOCK = 1 << 20
"""Characters that are written together."""


def _taken(text: io.StringIO) -> bytes:
    """Return what `text` holds, and empty it."""
    content = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return content


_LINES: dict[str, Callable[[Sequence[str], Iterable[Sequence[str]]], Iterator[bytes]]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
}
"""Suffix → what makes the content of a file of columns and rows."""
