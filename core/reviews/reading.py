"""Reading reviews from any source into a memory-mapped store: the entry point of this package.

A source is a file, a folder (its `train` files), or a dataset on the Hugging Face hub. What was read is cached under
`$REVIEWTUI_HOME/data`, and reused as long as the files have not changed.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from core.base.arrow import numbers
from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.reviews.build import build
from core.reviews.folders.part_names import Part
from core.reviews.formats.hub import HubTable, hub_name
from core.reviews.formats.registry import SUFFIXES
from core.reviews.input import Counted, Input, Storing
from core.reviews.opening import notices_of, opened, storable
from core.reviews.options import ReadingOptions
from core.reviews.report import ReadingReport
from core.reviews.source_columns import PREFIX, SHORT
from core.reviews.sources import Sources, find_sources
from core.reviews.store import (
    HASHES,
    KEPT,
    LABELS,
    REPORT,
    RowReader,
    building,
    cache_key,
    data_folder,
    is_complete,
    load_array,
)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_UNPACKING = 0.2
"""The share of the time for a packed file that unpacking it takes."""


class Reviews:
    """The N reviews of a source, memory-mapped.

    Attributes:
        folder: Where they are stored.
        report: What reading found.
        label_names: The classes, by index.
        labels: [N] int64, class of each review, −1 for none.
        hashes: [N] uint64, hash of the normalized text; see `core.reviews.hashing`.
    """

    def __init__(self, folder: Path) -> None:
        """Open a stored source.

        Raises:
            OSError, ValueError: The folder is incomplete.
        """
        self.folder = folder
        self.report = ReadingReport.model_validate_json((folder / REPORT).read_bytes())
        self.label_names = list(self.report.label_names)
        self.labels: np.ndarray[Any, np.dtype[np.int64]] = load_array(folder / LABELS)
        self.hashes: np.ndarray[Any, np.dtype[np.uint64]] = load_array(folder / HASHES)
        self._rows = RowReader(folder)
        self._kept = load_array(folder / KEPT) if (folder / KEPT).exists() else None
        if not len(self.labels) == len(self.hashes) == self.report.kept:
            raise ValueError("the folder is incomplete")

    def __len__(self) -> int:
        return self.report.kept

    def text(self, row: int) -> str:
        """Return the text of review `row`, including its title if there is one."""
        batch, index = self._find(row)
        return str(batch.column("text")[index].as_py())

    def texts(self, rows: Sequence[int] | np.ndarray[Any, Any] | range) -> list[str]:
        """Return the texts of `rows`, in the given order."""
        if isinstance(rows, range) and rows.step == 1 and self._kept is None and len(rows):
            return self._slice(rows.start, rows.stop)
        return [self.text(int(row)) for row in rows]

    @property
    def source_columns(self) -> list[str]:
        """The columns of the source that are stored with the reviews."""
        return self._rows.source_columns

    def source_cells(self, row: int, columns: Sequence[str]) -> list[str]:
        """Return the cells of a review in some of `source_columns`."""
        batch, index = self._find(row)
        return [batch.column(PREFIX + name)[index].as_py() for name in columns]

    def spellings(self, column: str) -> dict[str, Counter[int]]:
        """Return how often each cell of one of `source_columns` comes with each class; −1 is no class."""
        found: dict[str, Counter[int]] = {}
        for begin, batch in self._rows.batches():
            stored = np.arange(begin, begin + batch.num_rows)
            rows = stored if self._kept is None else np.flatnonzero((self._kept >= begin) & (self._kept <= stored[-1]))
            inside = stored if self._kept is None else self._kept[rows]
            cells = batch.column(PREFIX + column).take(numbers(inside - begin)).to_pylist()
            for (cell, label), count in Counter(zip(cells, self.labels[rows].tolist(), strict=True)).items():
                found.setdefault(cell, Counter())[label] += count
        return found

    def sizes(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the size of each text in bytes [N], including its title."""
        sizes = self._rows.text_sizes()
        return sizes if self._kept is None else sizes[self._kept]

    def place(self, row: int) -> tuple[str, int]:
        """Return the file and the line on which review `row` starts."""
        batch, index = self._find(row)
        return self.report.files[batch.column("file")[index].as_py()], int(batch.column("line")[index].as_py())

    def batches(self, size: int) -> Iterator[list[str]]:
        """Yield all texts in order, `size` at a time."""
        for start in range(0, len(self), size):
            yield self.texts(range(start, min(start + size, len(self))))

    def text_arrays(self) -> Iterator[Any]:
        """Yield all texts in order, as Arrow arrays of some thousand each; one is in memory until the next one."""
        for begin, batch in self._rows.batches():
            if self._kept is None:
                yield batch.column("text")
                continue
            first, last = np.searchsorted(self._kept, (begin, begin + batch.num_rows))
            if last > first:
                yield batch.column("text").take(numbers(self._kept[first:last] - begin))

    @property
    def stored_rows(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Where each review stands among all stored rows, with those that are left out [N], ascending."""
        return np.arange(len(self), dtype=np.int64) if self._kept is None else self._kept

    def _find(self, row: int) -> tuple[Any, int]:
        if not -len(self) <= row < len(self):
            raise IndexError(f"there is no review {row} among {len(self)}")
        row %= len(self)
        return self._rows.find(row if self._kept is None else int(self._kept[row]))

    def _slice(self, start: int, stop: int) -> list[str]:
        """Return the texts of consecutive stored rows."""
        if start < 0 or stop > len(self):
            raise IndexError(f"there are no reviews {start} to {stop} among {len(self)}")
        texts: list[str] = []
        while start < stop:
            part = self._rows.slice(start, stop - start)
            texts += part
            start += len(part)
        return texts


def read_reviews(
    source: str | Path,
    options: ReadingOptions = ReadingOptions(),  # noqa: B008 (frozen)
    *,
    labels: Sequence[str] | None = None,
    part: Part = "train",
    keep: str = SHORT,
    progress: Callable[[float], None] | None = None,
    counted: Counted | None = None,
) -> Reviews:
    """Read `source`, or open it from the cache.

    Args:
        source: A file, a folder, `owner/name` or `hf:name[:config]`.
        options: What not to detect.
        labels: Classes of a model. Rows with other labels are left out as "unknown label".
        part: Which files of a folder or an archive to read, or which rows, if a column says what rows are for. Rows
            are not chosen if `options.label` is empty (they are classified) or `labels` are given (they are compared).
        keep: The columns to store beside the reviews: the short ones, all, or names separated by commas.
        progress: Called with the share that has been read, 0 to 1.
        counted: Called before it.

    Raises:
        InputError: The source cannot be read as reviews; the message says why and what to do.
        ReviewtuiError: The cache cannot be written.
    """
    report = progress or (lambda fraction: None)
    storing = Storing(keep, counted) if counted else Storing(keep)
    hub = None if isinstance(source, Path) else hub_of(source)
    if hub is not None:
        parts: object = ["hub", *hub]
        return _cached(
            parts, options, labels, storing, report, lambda: nullcontext(Input(str(source), [HubTable(*hub)], [1]))
        )
    sources = find_sources(source)
    if not sources.train and not sources.of(part):
        what = "to train on; name one, or add train.csv" if part == "train" else f"for {part}; name one"
        raise InputError(f"The folder {clean_line(source)} has no file {what}.")
    return _read_files(storable(source), sources, part, options, labels, storing, report)


def hub_of(source: str) -> tuple[str, str | None] | None:
    """Return the hub dataset that `source` names, or None if it is a path, or looks like one."""
    found = hub_name(source)
    if found is None or source.startswith("hf:"):
        return found
    path = Path(source)
    is_path = path.exists() or path.parent.exists() or path.suffix.lower() in SUFFIXES
    return None if is_path else found


def _read_files(
    source: str,
    sources: Sources,
    part: Part,
    options: ReadingOptions,
    labels: Sequence[str] | None,
    storing: Storing,
    progress: Callable[[float], None],
) -> Reviews:
    try:
        files = sources.of(part) or sources.train
        parts: list[object] = [_state(file) for file in (*files, *map(sources.labels.get, files)) if file is not None]
        parts += [part, *notices_of(sources, part)]
        phases = _Phases(progress)
        by_column = options.label != "" and (labels is None or part != "train")
        open_input = partial(opened, source, sources, part, options, phases.unpacked, by_column)
        return _cached(parts, options, labels, storing, phases.read, open_input)
    except OSError as error:
        reason = clean_line(error.strerror or error, 120)
        if error.errno in _NO_ROOM:
            raise ReviewtuiError(
                f"Cannot write in {data_folder()} ({reason}); make room, or move REVIEWTUI_HOME."
            ) from error
        raise InputError(f"Cannot read {clean_line(source)} ({reason}); check the file.") from error


class _Phases:
    """The progress of reading, if some of it is unpacking."""

    def __init__(self, progress: Callable[[float], None]) -> None:
        self._progress, self._start = progress, 0.0

    def unpacked(self, fraction: float) -> None:
        self._start = _UNPACKING
        self._progress(fraction * _UNPACKING)

    def read(self, fraction: float) -> None:
        self._progress(self._start + fraction * (1 - self._start))


def _state(file: Path) -> list[object]:
    """Return what changes when a file does, or any file in a folder of reviews."""
    state = file.stat()
    found: list[object] = [str(file.absolute()), state.st_size, state.st_mtime_ns]
    if file.is_dir():
        states = ((entry.name, entry.stat()) for entry in os.scandir(file) if entry.is_file())
        found.append(sorted((name, one.st_size, one.st_mtime_ns) for name, one in states))
    return found


def _cached(
    parts: object,
    options: ReadingOptions,
    labels: Sequence[str] | None,
    storing: Storing,
    progress: Callable[[float], None],
    open_input: Callable[[], AbstractContextManager[Input]],
) -> Reviews:
    """Return the reviews from the cache; read them first if they are missing or incomplete."""
    key = cache_key([parts, storing.keep], options, None if labels is None else list(labels))
    place = data_folder() / key
    if is_complete(place):
        try:
            reviews = Reviews(place)
        except (OSError, ValueError, pa.ArrowException):
            (place / REPORT).unlink(missing_ok=True)  # damaged: read the source again
        else:
            progress(1.0)
            return reviews
    try:
        with building(key) as folder, open_input() as given:
            given.storing = storing
            build(folder, key, given, options, labels, progress)
    except UnicodeError as error:
        if options.encoding is None:
            raise
        message = f"The file cannot be read as “{clean_line(options.encoding, 40)}”; try --encoding utf-8."
        raise InputError(message) from error
    return Reviews(place)
