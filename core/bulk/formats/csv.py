"""Answers as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from core.base.text import clean_cell
from core.bulk.chunk_log import ChunkLog
from core.bulk.formats.base import Answer, columns_of


class CsvFormat:
    """CSV with cells that are inert in spreadsheets and terminals; probabilities have six decimals."""

    name = "csv"

    def __init__(self, labels: Sequence[str], kept: Sequence[str]) -> None:
        self.columns = [clean_cell(name) for name in columns_of(labels, kept)]

    def chunk(self, answers: Sequence[Answer], *, first: bool) -> bytes:
        text = io.StringIO(newline="")
        rows = csv.writer(text)
        if first:
            rows.writerow(self.columns)
        for file, line, found, cells in answers:
            rows.writerow(
                [
                    clean_cell(file),
                    line,
                    clean_cell(found.text),
                    clean_cell(found.label),
                    f"{found.probability:.6f}",
                    *(f"{share:.6f}" for share in found.probabilities.values()),
                    found.tokens,
                    str(found.truncated).lower(),
                    *map(clean_cell, cells),
                ]
            )
        return text.getvalue().encode()

    def assemble(self, log: ChunkLog, folder: Path, progress: Callable[[float], None]) -> Path:
        return log.data
