"""The reviews of a run: read, checked, and split into training and validation rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.arrow import numbers, strings
from core.base.errors import InputError
from core.base.files import write_whole
from core.base.text import clean_line
from core.reviews.reading import Reviews, read_reviews, require_trainable
from core.reviews.sources import find_sources
from core.reviews.split import find_leak, split_by_hash
from core.runs.folder import RunFolder
from core.runs.request import Request


@dataclass(frozen=True)
class RunData:
    """The training rows of `train` and the validation rows of `validation`.

    Both are the same reviews if the validation rows were held out of the training data.
    """

    train: Reviews
    train_rows: np.ndarray
    validation: Reviews
    validation_rows: np.ndarray
    notices: tuple[str, ...]
    """Messages about the data, to be shown to the user."""
    validation_file: str | None = None
    """The file of the validation rows; None if they were held out of the training data by a hash of their text."""

    @property
    def labels(self) -> list[str]:
        return self.train.label_names

    @property
    def train_labels(self) -> np.ndarray:
        """The classes [N] of the training rows."""
        labels: np.ndarray = self.train.labels[self.train_rows]
        return labels

    @property
    def validation_labels(self) -> np.ndarray:
        """The classes [M] of the validation rows."""
        labels: np.ndarray = self.validation.labels[self.validation_rows]
        return labels


def read_run_data(request: Request, progress: Callable[[float], None] | None = None) -> RunData:
    """Read the data of a run.

    The validation rows come from the requested file, or from the validation files of a data folder; otherwise they are
    held out of the training data by a hash of their text.

    Raises:
        InputError: The data cannot be read, or is not suitable for training.
    """
    reviews = read_reviews(request.data, request.reading, progress=progress)
    require_trainable(reviews)
    notices = list(reviews.report.notices)
    if left_out := reviews.report.rows - reviews.report.kept:
        reasons = ", ".join(f"{count} {reason}" for reason, count in reviews.report.left_out.items())
        notices.append(f"{left_out} of {reviews.report.rows} rows were left out: {reasons}.")
    validation = request.validation or _validation_beside(request.data)
    if validation is None:
        train_rows, validation_rows = split_by_hash(reviews, request.settings.validation_fraction)
        return RunData(reviews, train_rows, reviews, validation_rows, tuple(notices))
    train_rows = np.flatnonzero(reviews.labels >= 0)
    held_out = read_reviews(
        request.validation or request.data,
        request.reading,
        labels=reviews.label_names,
        part="train" if request.validation else "validation",
        progress=progress,
    )
    validation_rows = np.flatnonzero(held_out.labels >= 0)
    if not len(validation_rows):
        raise InputError(f"No review in {clean_line(validation, 120)} has a label that occurs in the training data.")
    if (leak := find_leak(reviews.hashes[train_rows], held_out)) is not None:
        notices.append(
            f"Leak: {leak.rows} validation reviews are also in the training data, so the figures are too optimistic."
        )
    return RunData(reviews, train_rows, held_out, validation_rows, tuple(notices), validation)


def _validation_beside(data: str) -> str | None:
    """Return what the validation files of a data folder are called; None if it has none."""
    try:
        files = find_sources(data).validation
    except InputError:
        return None
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0]}{more}" if files else None


def write_split(run: RunFolder, data: RunData) -> None:
    """Write split.parquet, which lists row, text_hash and side (train or validation) of every review of the run.

    Raises:
        ReviewtuiError: The file cannot be written.
    """
    sides = ((data.train, data.train_rows, "train"), (data.validation, data.validation_rows, "validation"))
    columns = {
        "row": numbers(np.concatenate([rows for _, rows, _ in sides])),
        "text_hash": numbers(np.concatenate([reviews.hashes[rows] for reviews, rows, _ in sides])),
        "side": strings([side for _, rows, side in sides for _ in rows]),
    }
    write_table(columns, run.split)


def write_table(columns: dict[str, pa.Array], path: Path) -> None:
    """Write columns of the same length to a Parquet file, atomically.

    Raises:
        ReviewtuiError: The file cannot be written.
    """
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(list(columns.values()), names=list(columns)), buffer)
    write_whole(path, buffer.getvalue().to_pybytes())


def train_hashes(run: RunFolder) -> np.ndarray:
    """Return the uint64 text hashes [N] of the training reviews of a run; empty if split.parquet is missing."""
    if not run.split.exists():
        return np.zeros(0, dtype=np.uint64)
    table = pq.read_table(run.split, columns=["text_hash", "side"])
    side = table["side"].to_numpy(zero_copy_only=False)
    hashes: np.ndarray = table["text_hash"].to_numpy()[side == "train"]
    return hashes
