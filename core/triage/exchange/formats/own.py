"""CSV and JSON Lines with all that the log knows, one review a row, which training reads as they are.

JSON Lines hold every text unchanged. So does CSV, except for cells that a spreadsheet would run or a terminal would
obey: `core/base/text.py` makes those inert. The columns of the pile's file come last, so that decisions can be joined
back; `agreed` follows from two others and is not read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from core.base.text import clean_cell, original_cell
from core.reviews.source_columns import PREFIX
from core.triage.exchange.formats.base import Entry, as_record, json_lines, read_objects, write_lines
from core.triage.exchange.record import FIELDS, Record, written_time

TEXT = "reviewText"
COLUMNS = (
    *(TEXT, "label", "state", "note", "predicted", "probability", "calibrated", "agreed"),
    *("model", "model_name", "model_hash", "order", "audit", "blind", "revealed", "source", "seconds", "time"),
    *("hash", "file", "line"),
)
_NUMBERS = frozenset(("probability", "calibrated", "seconds", "line"))
_TRUTHS = {"true": True, "false": False}
_LONGEST_CELL = 1 << 30


def write_jsonl(records: Sequence[Record]) -> str:
    """Return records as JSON Lines."""
    return write_lines(map(_values, records))


def read_jsonl(content: str) -> Iterator[Entry]:
    """Yield what JSON Lines say."""
    return read_objects(json_lines(content), lambda item: as_record(item[TEXT], _known(item)))


def write_csv(records: Sequence[Record]) -> str:
    """Return records as CSV."""
    target = io.StringIO(newline="")
    columns = [*COLUMNS, *dict.fromkeys(PREFIX + name for one in records for name in one.columns)]
    rows = csv.writer(target, lineterminator="\n")
    rows.writerow(_unique([clean_cell(name) for name in columns]))
    for one in records:
        values = _values(one)
        rows.writerow([_cell(values.get(name)) for name in columns])
    return target.getvalue()


def read_csv(content: str) -> Iterator[Entry]:
    """Yield what CSV says.

    Raises:
        ValueError: Its first row does not name the columns `reviewText` and `label`.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    rows = csv.reader(io.StringIO(content, newline=""))
    header = next(rows, [])
    if TEXT not in header or "label" not in header:
        raise ValueError(f"its first row names no columns {TEXT} and label")
    yield from read_objects(_items(rows, header), lambda item: as_record(item[TEXT], _typed(item)))


def _items(rows: Any, header: list[str]) -> Iterator[tuple[int, Any]]:
    """Yield the line on which each row begins, and its cells by column; None in place of a row that is cut short."""
    before = rows.line_num
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            row = []
        line, before = before + 1, rows.line_num
        if len(row) == len(header):
            yield line, {name: original_cell(cell) for name, cell in zip(header, row, strict=True)}
        elif row != []:
            yield line, None


def _typed(cells: dict[str, str]) -> dict[str, Any]:
    """Return the values that cells hold; those of empty cells are left out, except for the source's."""
    values: dict[str, Any] = {}
    for name, cell in cells.items():
        if name.startswith(PREFIX):
            values[name] = cell
        elif name in _NUMBERS and cell:
            values[name] = int(cell) if name == "line" else float(cell)
        elif name in ("audit", "blind", "revealed") and cell:
            values[name] = _TRUTHS[cell.lower()]
        elif cell:
            values[name] = cell
    return values


def _values(record: Record) -> dict[str, Any]:
    agreed = record.label == record.predicted if record.label and record.predicted is not None else None
    own = {name: getattr(record, name) for name in FIELDS}
    values = {**own, TEXT: record.text, "agreed": agreed, "time": written_time(record.time)}
    ordered = {name: values[name] for name in COLUMNS}
    return ordered | {PREFIX + name: cell for name, cell in record.columns.items()}


def _known(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if value is not None}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else clean_cell(value)


def _unique(names: list[str]) -> list[str]:
    """Return names of which two that look the same once cleaned are told apart by a number."""
    taken: dict[str, None] = {}
    for name in names:
        unlike, number = name, 2
        while unlike in taken:
            unlike, number = f"{name} {number}", number + 1
        taken[unlike] = None
    return list(taken)


def is_own_jsonl(first: Any) -> bool:
    """Return whether a JSON value is a line that `write_jsonl` wrote."""
    return isinstance(first, dict) and TEXT in first
