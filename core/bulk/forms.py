"""The forms that answers are written in, by the output's ending: .csv, .jsonl, .parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.bulk.chunk_log import ChunkLog
from core.clean import clean_cell, clean_line
from core.errors import InputError

if TYPE_CHECKING:
    from core.inference import Classification

Answer = tuple[str, int, "Classification"]
"""File, line, and what the model says of the review there."""


class Form(Protocol):
    """How answers become bytes: a pure function, so that a chunk made twice is the same twice."""

    @property
    def name(self) -> str:
        """csv, jsonl or parquet."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""

    def chunk(self, answers: Sequence[Answer], *, first: bool) -> bytes:
        """The bytes of a chunk; `first` says whether it is the first of the file."""

    def assemble(self, log: ChunkLog, folder: Path, progress: Callable[[float], None]) -> Path:
        """The whole file, synced, from the chunks of a synced log; what it needs for that it may write in `folder`."""


def form_of(output: Path, labels: Sequence[str]) -> Form:
    """The form that the ending of `output` asks for.

    Raises:
        InputError: it is none of those.
    """
    kind = output.suffix.lower()
    if kind == ".csv":
        return CsvForm(labels)
    if kind == ".jsonl":
        return JsonForm()
    if kind == ".parquet":
        from core.bulk.parquet import ParquetForm

        return ParquetForm(labels)
    raise InputError(f"--output must end in .csv, .jsonl or .parquet, not '{clean_line(output.name, 80)}'.")


def columns_of(labels: Sequence[str]) -> list[str]:
    """The columns of a table of answers."""
    shares = [f"p_{label}" for label in dict.fromkeys(labels)]
    return ["file", "line", "text", "label", "probability", *shares, "tokens", "truncated"]


class CsvForm:
    """Cells that neither a spreadsheet runs nor a terminal obeys; probabilities with six decimals."""

    name = "csv"

    def __init__(self, labels: Sequence[str]) -> None:
        self.columns = [clean_cell(name) for name in columns_of(labels)]

    def chunk(self, answers: Sequence[Answer], *, first: bool) -> bytes:
        text = io.StringIO(newline="")
        rows = csv.writer(text)
        if first:
            rows.writerow(self.columns)
        for file, line, found in answers:
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
                ]
            )
        return text.getvalue().encode()

    def assemble(self, log: ChunkLog, folder: Path, progress: Callable[[float], None]) -> Path:
        return log.data


class JsonForm:
    """One object a line, the text as it was."""

    name = "jsonl"

    def __init__(self) -> None:
        self.columns = ["file", "line", "text", "label", "probability", "probabilities", "tokens", "truncated"]

    def chunk(self, answers: Sequence[Answer], *, first: bool) -> bytes:
        lines = [
            json.dumps({"file": file, "line": line, **found.to_json()}, ensure_ascii=False) + "\n"
            for file, line, found in answers
        ]
        return "".join(lines).encode("utf-8", "replace")

    def assemble(self, log: ChunkLog, folder: Path, progress: Callable[[float], None]) -> Path:
        return log.data
