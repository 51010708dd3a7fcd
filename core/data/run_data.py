"""The reviews of a run: read, checked, and split into training and validation rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.arrow import numbers, strings
from core.base.errors import InputError
from core.base.files import write_whole
from core.base.text import clean_line
from core.reviews.folders.part_names import Part
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.reviews.report import ReadingReport
from core.reviews.split import find_leak
from core.reviews.trainable import VALIDATION_FRACTION, require_trainable
from core.runs.folder import RunFolder
from core.runs.request import Request

_PARTS: tuple[Part, ...] = ("test", "validation", "train")
"""The parts of a source to look for; a source that names none is its own part `train`."""


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

    The validation rows come from the requested file, or from what the data set has for validation; otherwise they are
    held out of the training data by a hash of their text.

    Raises:
        InputError: The data cannot be read, or is not suitable for training.
    """
    reviews = read_reviews(request.data, request.reading, progress=progress)
    fraction = request.settings.validation_fraction
    sides = divide(reviews, request.data, request.reading, fraction, request.validation, progress)
    notices = list(reviews.report.notices)
    if left_out := reviews.report.rows - reviews.report.kept:
        reasons = ", ".join(f"{count} {reason}" for reason, count in reviews.report.left_out.items())
        notices.append(f"{left_out} of {reviews.report.rows} rows were left out: {reasons}.")
    train_rows, held_out, validation_rows, validation = sides
    if validation is not None:
        notices += _about_validation(held_out, clean_line(validation, 120))
        if (leak := find_leak(reviews.hashes[train_rows], held_out)) is not None:
            shared = f"Leak: {leak.rows} validation reviews are also in the training data"
            notices.append(f"{shared}, so the figures are too optimistic.")
    return RunData(reviews, train_rows, held_out, validation_rows, tuple(notices), validation)


def divide(
    reviews: Reviews,
    data: str,
    reading: ReadingOptions,
    fraction: float = VALIDATION_FRACTION,
    validation: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[np.ndarray, Reviews, np.ndarray, str | None]:
    """Return the training rows of `reviews`, the reviews to validate on, their rows, and what their file is called.

    Args:
        reviews: What was read from `data`.
        fraction: The share of reviews to hold out where no file is for validation.
        validation: The file to validate on, if one was named.

    Raises:
        InputError: A run could not start with them.
    """
    beside = validation or _validation_of(reviews.report)
    split = require_trainable(reviews, fraction if beside is None else None)
    if split is not None:
        return split[0], reviews, split[1], None
    held_out = read_reviews(
        validation or data,
        reading,
        labels=reviews.label_names,
        part="train" if validation else "validation",
        progress=progress,
    )
    validation_rows = np.flatnonzero(held_out.labels >= 0)
    if not len(validation_rows):
        raise InputError(
            f"No review in {clean_line(beside or data, 120)} has a label that occurs in the training data."
        )
    return np.flatnonzero(reviews.labels >= 0), held_out, validation_rows, beside


def read_for_run(
    run: RunFolder,
    labels: Sequence[str],
    source: str,
    options: ReadingOptions | None,
    progress: Callable[[float], None],
) -> tuple[str | None, Reviews]:
    """Read a source to measure a run's model on: its test data if it names some, else its validation data, else all.

    Args:
        labels: The classes that the model knows; other rows are left out.
        options: How to read it; None reads it like the run's own data, or detects the format if that fails.

    Returns:
        Which part of the source was read, None for all of it; and its reviews.

    Raises:
        InputError: The source cannot be read.
    """
    own = run.request().reading
    detect = ReadingOptions(scheme=own.scheme, label_names=own.label_names)
    refusal: InputError | None = None
    for chosen, part in product((own, detect) if options is None else (options,), _PARTS):
        try:
            reviews = read_reviews(source, chosen, labels=labels, part=part, progress=progress)
        except InputError as error:
            refusal = error
        else:
            return None if part == "train" else part, reviews
    assert refusal is not None
    raise refusal


def _about_validation(held_out: Reviews, shown: str) -> list[str]:
    """Return notices about rows of the validation data that were left out."""
    report = held_out.report
    if not report.left_out:
        return []
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.left_out.items())
    left_out = f"{report.rows - report.kept:,} of {report.rows:,} rows of {shown} were left out: {reasons}."
    return [left_out, *(notice for notice in report.notices if "does not know" in notice)]


def _validation_of(report: ReadingReport) -> str | None:
    """Return what the validation data of a source are called; None if it has none."""
    files = report.parts.get("validation", [])
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0]}{more}" if files else None


def write_split(run: RunFolder, data: RunData, unlabelled: tuple[Reviews, np.ndarray] | None = None) -> None:
    """Write split.parquet, which lists row, text_hash and side (train or validation) of every review of the run.

    Args:
        unlabelled: Reviews that are learned from without labels, and which rows of them; their side is `unlabelled`.

    Raises:
        ReviewtuiError: The file cannot be written.
    """
    sides = [(data.train, data.train_rows, "train"), (data.validation, data.validation_rows, "validation")]
    if unlabelled is not None:
        sides.append((*unlabelled, "unlabelled"))
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
    """Return the uint64 text hashes [N] of the reviews that a run learns from; empty if split.parquet is missing."""
    if not run.split.exists():
        return np.zeros(0, dtype=np.uint64)
    table = pq.read_table(run.split, columns=["text_hash", "side"])
    side = table["side"].to_numpy(zero_copy_only=False)
    hashes: np.ndarray = table["text_hash"].to_numpy()[side != "validation"]
    return hashes
