"""A first look at a large text file: its first rows, read like a file of their own before the whole is read.

Nothing of it is kept. Figures are those of the first rows only.
"""

from __future__ import annotations

import codecs
import secrets
import shutil
from dataclasses import dataclass

import pyarrow as pa

from core.base.errors import InputError
from core.base.files import private_folder
from core.reviews.build import build
from core.reviews.opening import opened, storable
from core.reviews.options import ReadingOptions
from core.reviews.page import Row
from core.reviews.reading import Reviews
from core.reviews.report import ReadingReport
from core.reviews.sources import find_sources
from core.reviews.store import data_folder, open_new

LARGE = 8 << 20
"""Bytes; a smaller file is read as a whole in no time."""
_HEAD = 256 << 10
"""Bytes that are looked at."""
_ROWS = 200
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
"""How texts begin whose lines cannot be told by their bytes."""


@dataclass(frozen=True)
class Glance:
    """What the first rows of a file show."""

    report: ReadingReport
    rows: tuple[Row, ...]


def glance(source: str, options: ReadingOptions) -> Glance | None:
    """Look at the first file of a source; None if it is small, packed or no file of lines, or cannot be read so."""
    try:
        file = find_sources(source).train[0]
        with file.open("rb") as stream:
            size, head = file.stat().st_size, stream.read(_HEAD)
    except (InputError, OSError, IndexError):
        return None
    end = head.rfind(b"\n") + 1
    if size < LARGE or not end or b"\0" in head or head.startswith(_WIDE):
        return None
    folder = private_folder(data_folder() / f".building-glance-{secrets.token_hex(4)}")
    try:
        copy = folder / f"head{file.suffix}"
        with open_new(copy) as target:
            target.write(head[:end])
        place = private_folder(folder / "reading")
        with opened(source, find_sources(copy), "train", options, lambda share: None) as given:
            build(place, "", given, options, None, lambda share: None)
        return _seen(Reviews(place), source, storable(file))
    except (InputError, OSError, ValueError, pa.ArrowException):
        return None  # the reading of the whole file says what is wrong, if anything is
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _seen(reviews: Reviews, source: str, file: str) -> Glance:
    wanted = range(min(_ROWS, len(reviews)))
    names, report = reviews.label_names, reviews.report
    rows = tuple(
        Row(
            row=row,
            file=file,
            line=reviews.place(row)[1],
            text=text,
            label=names[int(reviews.labels[row])] if reviews.labels[row] >= 0 else None,
            hash=f"{int(reviews.hashes[row]):016x}",
        )
        for row, text in zip(wanted, reviews.texts(wanted), strict=True)
    )
    skipped = [row.model_copy(update={"file": file}) for row in report.skipped]
    return Glance(report.model_copy(update={"source": source, "files": [file], "skipped": skipped}), rows)
