"""The output formats by file suffix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from core.base.errors import InputError
from core.base.text import clean_line
from core.bulk.formats.base import AnswerFormat
from core.bulk.formats.csv import CsvFormat
from core.bulk.formats.jsonl import JsonLinesFormat


def _parquet(labels: Sequence[str], kept: Sequence[str]) -> AnswerFormat:
    from core.bulk.formats.parquet import ParquetFormat  # loads pyarrow.parquet, which other formats do not need

    return ParquetFormat(labels, kept)


Make = Callable[[Sequence[str], Sequence[str]], AnswerFormat]
"""Returns a format, given the label names and the columns of the source that are kept."""
FORMATS: dict[str, Make] = {
    ".csv": CsvFormat,
    ".jsonl": lambda _labels, kept: JsonLinesFormat(kept),
    ".parquet": _parquet,
}
"""Suffix of the output → its format."""


def format_of(output: Path) -> Make:
    """Return the format for the suffix of `output`.

    Raises:
        InputError: The suffix belongs to no format.
    """
    make = FORMATS.get(output.suffix.lower())
    if make is None:
        *others, last = FORMATS
        wanted = f"{', '.join(others)} or {last}"
        raise InputError(f"--output must end in {wanted}, not '{clean_line(output.name, 80)}'.")
    return make
