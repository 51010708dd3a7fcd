"""The list of rows that are left out: where they are, why, and how they begin.

While a source is read, rows that no reading of it can use are listed in `SKIPS`. Rows that are left out for a label,
or for the part of the data that they are of, are stored like all others, and join the list at the end.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow.compute as pc

from core.base.arrow import numbers
from core.reviews.formats.table import EXCERPT, BadRow, excerpt
from core.reviews.label_codes import LEFT_OUT, Verdicts
from core.reviews.report import SkippedRow
from core.reviews.store import SKIPPED, RowReader, numbers_of, open_new

SKIPS = "skips.jsonl"
"""Rows left out whatever their label, as [file index, line, full reason, excerpt, the part they are of, if another]."""
_SHOWN = 200
Skip = tuple[int, int, str, str, str]


class SkipList:
    """Writes `SKIPS`.

    Attributes:
        left_out: Reason → rows, in a reading of one part.
        of_all_parts: The same in a reading of all parts, where no row is left out for the part it is of.
    """

    def __init__(self, folder: Path) -> None:
        self._file = open_new(folder / SKIPS)
        self.left_out: Counter[str] = Counter()
        self.of_all_parts: Counter[str] = Counter()

    def add(self, file: int, rows: Sequence[BadRow]) -> None:
        """Append rows of a file."""
        for row in sorted(rows, key=lambda row: row.line):
            self.left_out[row.part or row.reason] += 1
            self.of_all_parts[row.reason] += 1
            _write_line(self._file, [file, row.line, row.detail or row.reason, row.excerpt, row.part])

    def close(self) -> None:
        self._file.close()


def first_skip(folder: Path) -> Skip | None:
    """Return the first row of `SKIPS`, if there is one."""
    with (folder / SKIPS).open(encoding="utf-8") as early:
        line = early.readline()
    return tuple(json.loads(line)) if line else None


def left_out_by_code(
    rows: RowReader, verdicts: Verdicts, reasons: Mapping[int, str], left_out: Counter[str]
) -> Iterator[Skip]:
    """Yield the stored rows that are not kept, in order, and count them in `left_out`; `reasons` are by code."""
    for _, batch in rows.batches():
        codes = numbers_of(batch, "label")
        inside = np.flatnonzero(verdicts.of(codes) == LEFT_OUT)
        if not len(inside):
            continue
        heads = pc.utf8_slice_codeunits(batch.column("text").take(numbers(inside)), 0, 4 * EXCERPT).to_pylist()
        files, lines = numbers_of(batch, "file")[inside], numbers_of(batch, "line")[inside]
        for code, file, line, head in zip(codes[inside].tolist(), files.tolist(), lines.tolist(), heads, strict=True):
            left_out[reasons[code]] += 1
            yield file, line, reasons[code], excerpt(head), ""


def write_skipped(
    folder: Path, early: Path, files: Sequence[str], late: Iterator[Skip], *, all_parts: bool = False
) -> list[SkippedRow]:
    """Merge both lists of rows left out, in the order of the files, into skipped.jsonl; return the first 200.

    Args:
        early: The folder with `SKIPS`.
        late: The stored rows that are left out.
        all_parts: Whether no row is left out for the part it is of.
    """
    first: list[SkippedRow] = []
    with (early / SKIPS).open(encoding="utf-8") as lines, open_new(folder / SKIPPED) as target:
        parsed: Iterator[Skip] = (tuple(json.loads(line)) for line in lines)
        for file, line, reason, shown, part in heapq.merge(parsed, late, key=lambda skip: (skip[0], skip[1])):
            row = {"file": files[file], "line": line, "reason": reason if all_parts else part or reason}
            row["excerpt"] = shown
            _write_line(target, row)
            if len(first) < _SHOWN:
                first.append(SkippedRow.model_validate(row))
    return first


def _write_line(file: IO[bytes], value: object) -> None:
    """Append `value` to `file` as a line of JSON."""
    file.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
