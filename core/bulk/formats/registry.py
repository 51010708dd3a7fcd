"""The output format for a file name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from core.base.errors import InputError
from core.base.text import clean_line
from core.bulk.formats.base import Form
from core.bulk.formats.csv import CsvForm
from core.bulk.formats.jsonl import JsonForm


def _parquet(labels: Sequence[str]) -> Form:
    from core.bulk.formats.parquet import ParquetForm  # pyarrow.parquet is loaded only where it is used

    return ParquetForm(labels)


FORMATS: dict[str, Callable[[Sequence[str]], Form]] = {
    ".csv": CsvForm,
    ".jsonl": lambda _labels: JsonForm(),
    ".parquet": _parquet,
}
"""Suffix of the output → what makes its format from the label names."""


def form_of(output: Path, labels: Sequence[str]) -> Form:
    """Return the format that the suffix of `output` names.

    Raises:
        InputError: No format has that suffix.
    """
    make = FORMATS.get(output.suffix.lower())
    if make is None:
        *others, last = FORMATS
        wanted = f"{', '.join(others)} or {last}"
        raise InputError(f"--output must end in {wanted}, not '{clean_line(output.name, 80)}'.")
    return make(labels)
