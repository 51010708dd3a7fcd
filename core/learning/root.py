"""The data that lessons begin with: a run's reviews, which of them it learned from, and which only measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.data.run_data import RunData, read_run_data
from core.learning.lesson import lesson_of
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.sources import find_sources
from core.runs.folder import RunFolder
from core.runs.request import Request, read_request

Progress = Callable[[str, float | None], None]
Hashes = np.ndarray[Any, np.dtype[np.uint64]]
_MOST_BESIDE = 2_000
"""Files and folders beside the data that are looked at for test data."""


@dataclass(frozen=True)
class Root:
    """The data of a run, read again."""

    id: str
    """Of the run."""
    request: Request
    split: Path
    """Its split.parquet, or a copy."""
    data: RunData
    learned: Hashes
    """Hashes of the texts that it learned from."""
    validated: Hashes
    """Hashes of those that it was validated on."""
    test: Hashes
    """Hashes of those that its data says are for testing."""
    notices: tuple[str, ...]


def open_root(parent: RunFolder, pile: str, progress: Progress) -> Root:
    """Read the data of a run again.

    If that is itself a lesson of this pile, the data before it is read: a lesson holds decisions that may have been
    undone since.

    Raises:
        InputError: The data cannot be read any more.
    """
    lesson = lesson_of(parent, pile)
    facts = lesson.read() if lesson is not None else None
    if lesson is not None and facts is not None:
        id, request, split = facts.root, read_request(lesson.root_request), lesson.root_split
    else:
        id, request, split = parent.id, parent.request(), parent.split
    name = clean_line(request.name, 60)
    if not split.is_file():
        raise InputError(f"{name} never read its data, so it is not known what it learned from; name another run.")
    try:
        data = read_run_data(request, lambda fraction: progress("reading the data of the run", fraction))
    except InputError as error:
        raise InputError(f"The data of {name} cannot be read again: {error}") from error
    learned, validated = _sides(split)
    test, notices = _test_hashes(request, progress)
    return Root(id, request, split, data, learned, validated, test, notices)


def _sides(split: Path) -> tuple[Hashes, Hashes]:
    """Return the hashes of the texts that a run learned from, and of those that it was validated on."""
    try:
        table = pq.read_table(split, columns=["text_hash", "side"])
        sides = table["side"].to_numpy(zero_copy_only=False)
        hashes = table["text_hash"].to_numpy()
    except (OSError, ValueError, KeyError) as error:
        raise ReviewtuiError(f"{clean_line(split)} cannot be read; the run's split is not known any more.") from error
    return hashes[sides == "train"], hashes[sides == "validation"]


def _test_hashes(request: Request, progress: Progress) -> tuple[Hashes, tuple[str, ...]]:
    """Return the hashes of the test data that belongs to a run's data by its name, and what is to be said about it."""
    found, notices = [np.zeros(0, dtype=np.uint64)], []
    reading = ReadingOptions(text=request.reading.text, title=request.reading.title, label="")
    for source, is_part in _test_sources(request):
        try:
            reviews = read_reviews(
                source,
                reading,
                part="test" if is_part else "train",
                progress=lambda fraction: progress("reading the test data", fraction),
            )
        except InputError as error:
            notices.append(f"Test data could not be read, so that decisions about it cannot be left out: {error}")
        else:
            found.append(np.asarray(reviews.hashes))
    return np.unique(np.concatenate(found)), tuple(notices)


def _test_sources(request: Request) -> Iterator[tuple[str, bool]]:
    """Yield what has a run's test data, and whether it is a part of a larger source."""
    if request.distillation is not None and request.distillation.test:
        yield request.distillation.test, False
    try:
        path = Path(request.data).expanduser()
        if path.is_dir():
            if find_sources(path).test:
                yield request.data, True
        elif path.is_file():
            for file in find_sources(path.parent, _MOST_BESIDE).test:
                if file != path:
                    yield str(file), False
    except (InputError, OSError):
        return
