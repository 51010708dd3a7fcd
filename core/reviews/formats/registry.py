"""The format of a file: by its name, then by its content; and the table that reads it."""

from __future__ import annotations

import json
from pathlib import Path

from core.reviews.detect.names import TRUTH_VALUES, is_known_name, stars_of
from core.reviews.formats.columnar import ColumnarTable
from core.reviews.formats.delimited import DelimitedTable, TextTable, read_head
from core.reviews.formats.dialect import NO_DELIMITER, find_delimiter, head_records
from core.reviews.formats.encodings import find_encoding
from core.reviews.formats.json_tables import ObjectTable
from core.reviews.formats.table import Table
from core.reviews.options import ReadingOptions
from core.reviews.sources import SUFFIXES

_STREAM_START = b"\xff\xff\xff\xff"


def open_table(path: Path, options: ReadingOptions, name: str) -> Table:
    """The reader of `path`, shown as `name`.

    Raises:
        InputError: the file is empty, binary or broken.
        OSError: it cannot be opened.
    """
    form = _find_format(path, options)
    if form in ("parquet", "arrow"):
        return ColumnarTable(path, name, form)
    if form in ("json", "jsonl"):
        return ObjectTable(path, options, name, form)
    if form == "text":
        return TextTable(path, options, name)
    return DelimitedTable(path, options, name, form)


def _find_format(path: Path, options: ReadingOptions) -> str:
    with path.open("rb") as file:
        magic = file.read(8)
    by_name = SUFFIXES.get(path.suffix.lower())
    if magic.startswith(b"PAR1"):
        return "parquet"
    if magic.startswith(b"ARROW1") or (magic.startswith(_STREAM_START) and by_name in (None, "arrow")):
        return "arrow"
    if by_name in ("parquet", "arrow", "csv", "tsv", "jsonl") and magic:
        return by_name
    head, complete, _ = read_head(path, options.encoding or find_encoding(path))
    if by_name == "json":
        return "jsonl" if _is_json_lines(head) else "json"
    if options.delimiter is not None:
        return "csv"
    if by_name == "text":
        return "tsv" if _is_labelled_text(head, complete) else "text"
    return _by_content(head, complete)


def _by_content(head: str, complete: bool) -> str:
    start = head.lstrip()
    if start.startswith("{"):
        return "jsonl" if _is_json_lines(head) else "json"
    if start.startswith("[") and start[1:].lstrip()[:1] in ("{", "]"):
        return "json"
    if find_delimiter(head, complete) != NO_DELIMITER or is_known_name(start.split("\n", 1)[0].strip().strip('"')):
        return "csv"
    return "text"


def _is_json_lines(head: str) -> bool:
    """Whether each line is an object of its own: the first one is whole, and the next begins another (or none does)."""
    lines = [line for line in head.lstrip().split("\n") if line.strip()]
    try:
        first = json.loads(lines[0])
    except (ValueError, RecursionError):
        return len(lines) > 1 and lines[0].rstrip().endswith("}") and lines[1].startswith("{")
    if not isinstance(first, dict):
        return len(lines) > 1 and lines[1].startswith("{")
    return len(lines) > 1 or not any(isinstance(value, list | dict) for value in first.values())


def _is_labelled_text(head: str, complete: bool) -> bool:
    """Whether a .txt file is lines of `review<tab>label`, as the UCI sentence sets are."""
    records = head_records(head, complete, "\t")
    if len(records) < 3 or {len(record) for record in records} != {2}:
        return False
    labels = [record[1].strip().casefold() for record in records[1:]]
    return all(label in TRUTH_VALUES or stars_of(label) is not None for label in labels)
