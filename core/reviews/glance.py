"""A first look at a large source: its first rows, read like a source of their own before the whole is read.

Nothing of it is kept. Figures are those of the first rows only.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from core.base.errors import ReviewtuiError
from core.base.files import private_folder
from core.reviews.build import build
from core.reviews.heads import Heads
from core.reviews.opening import opened, storable
from core.reviews.options import ReadingOptions
from core.reviews.page import Row
from core.reviews.reading import Reviews
from core.reviews.report import ReadingReport
from core.reviews.sources import find_sources
from core.reviews.store import data_folder
from core.reviews.unpacking.kinds import is_archive_name, unpacked_name

LARGE = 8 << 20
"""Bytes; a smaller source is read as a whole in no time."""
_PACKED = 4
"""How many times as large a packed file is, about, when it is unpacked."""
_ROWS = 200


@dataclass(frozen=True)
class Glance:
    """What the first rows of a file show."""

    report: ReadingReport
    rows: tuple[Row, ...]


def glance(source: str, options: ReadingOptions) -> Glance | None:
    """Look at the first files of a source; None if it is small, or if its beginning says nothing."""
    folder: Path | None = None
    try:
        sources = find_sources(source)
        if not _are_large(sources.train):
            return None
        folder = private_folder(data_folder() / f".building-glance-{secrets.token_hex(4)}")
        place, name = private_folder(folder / "reading"), storable(source)
        with opened(name, sources, "train", options, lambda share: None, heads=Heads(folder)) as given:
            build(place, "", given, options, None, lambda share: None)
        return _seen(Reviews(place))
    except (ReviewtuiError, OSError, ValueError, pa.ArrowException):
        return None  # the reading of the whole file says what is wrong, if anything is
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _are_large(files: Iterable[Path]) -> bool:
    """Return whether files, and folders of files, are large together."""
    size = 0
    for file in files:
        packed = is_archive_name(file.name) or unpacked_name(file.name) != file.name
        size += _size_of(file) * (_PACKED if packed else 1)
        if size >= LARGE:
            return True
    return False


def _size_of(path: Path) -> int:
    """Return the bytes of a file, or of the files in a folder: as many as are needed to tell that they are large."""
    if not path.is_dir():
        return path.stat().st_size
    size = 0
    with os.scandir(path) as entries:
        for entry in entries:
            size += entry.stat(follow_symlinks=False).st_size
            if size >= LARGE:
                break
    return size


def _seen(reviews: Reviews) -> Glance:
    wanted = range(min(_ROWS, len(reviews)))
    names = reviews.label_names
    rows = []
    for row, text in zip(wanted, reviews.texts(wanted), strict=True):
        (file, line), label = reviews.place(row), int(reviews.labels[row])
        named = names[label] if label >= 0 else None
        shown_hash = f"{int(reviews.hashes[row]):016x}"
        rows.append(Row(row=row, file=file, line=line, text=text, label=named, hash=shown_hash))
    return Glance(reviews.report, tuple(rows))
