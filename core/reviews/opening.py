"""Opening the files of a source as tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.reviews.build import Input
from core.reviews.folders.part_names import Part
from core.reviews.formats.documents import DocumentsTable
from core.reviews.formats.registry import open_table
from core.reviews.formats.table import Table
from core.reviews.formats.widened import widened
from core.reviews.options import ReadingOptions
from core.reviews.sources import Sources


@contextmanager
def opened(source: str, sources: Sources, part: Part, options: ReadingOptions) -> Iterator[Input]:
    """Yield the files of a part of `sources` as tables.

    Args:
        source: What messages call the source.

    Raises:
        InputError: A file cannot be read.
        OSError: A file cannot be opened.
    """
    tables = [_open(file, sources, options) for file in sources.of(part)]
    weights = [file.stat().st_size for file in sources.of(part)]
    yield Input(source, tables, weights, notices_of(sources, part))


def _open(file: Path, sources: Sources, options: ReadingOptions) -> Table:
    name = storable(file)
    if file.is_dir():
        table: Table = DocumentsTable(file, name, options)
    else:
        table = open_table(file, options, name)
    return widened(table, sources.columns.get(file, {}))


def notices_of(sources: Sources, part: Part) -> list[str]:
    """Return what the report of a part says about the files of a source."""
    return sources.notices() if part == "train" else list(sources.said)


def storable(path: str | Path) -> str:
    """Return `path` as valid Unicode, even if its name is not UTF-8."""
    return str(path).encode("utf-8", "replace").decode()
