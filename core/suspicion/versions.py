"""The names of corrected files. It loads no heavy library."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path


def versions_of(source: str, json_lines: bool) -> Iterator[Path]:
    """Yield the names that corrected versions of a source have: `reviews-corrected-1.csv` and so on, beside it."""
    path = Path(source).expanduser()
    folder = path.absolute().parent if path.exists() else Path.cwd()
    stem = path.name.partition(".")[0] or "reviews"
    before, found, number = stem.rpartition("-corrected-")
    if found and number.isdecimal():
        stem = before
    for version in count(1):
        yield folder / f"{stem}-corrected-{version}{'.jsonl' if json_lines else '.csv'}"


def next_version(source: str) -> Path:
    """Return the first of these names that is free, for a source that is a file. Reads the disk."""
    json_lines = ".json" in Path(source).name.lower() or source.lower().endswith(".ndjson")
    return next(path for path in versions_of(source, json_lines) if not path.exists())
