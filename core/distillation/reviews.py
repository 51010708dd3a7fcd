"""What a student learns from: its teacher's labelled training reviews, and unlabelled ones.

No text of the validation or the test data enters, by its hash: those reviews are left out and counted. A text that
occurs twice among the unlabelled ones enters once, and not at all if it is a training review.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.errors import InputError
from core.base.text import clean_line
from core.data.examples import Examples, Tokens
from core.data.run_data import RunData, read_for_run, read_run_data
from core.data.tokens import SpecialTokens
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.reviews.unlabelled import read_unlabelled
from core.runs.folder import RunFolder
from core.runs.request import Request

NO_LABEL = -1

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Lesson:
    """What a student learns from."""

    data: RunData
    """The labelled reviews; its training rows hold no text of the validation or the test data."""
    unlabelled: Reviews | None
    unlabelled_rows: np.ndarray
    """[U] rows of `unlabelled`, each text once."""
    held_out: np.ndarray
    """Hashes of the texts of the validation and the test data."""

    @property
    def labels(self) -> np.ndarray:
        """The classes of all reviews, the labelled ones first."""
        return np.concatenate([self.data.train_labels, np.full(len(self.unlabelled_rows), NO_LABEL)])


def read_lesson(request: Request, teacher: RunFolder, progress: Progress) -> Lesson:
    """Read what a student learns from.

    Args:
        request: Of the student's run.
        teacher: Its options are how a test file is read.

    Raises:
        InputError: The reviews cannot be read, or none are left to learn from.
    """
    data = read_run_data(request, progress)
    validation = data.validation.hashes
    if data.validation is data.train:
        validation = validation[data.validation_rows]
    test = test_hashes(request, teacher, data, progress)
    held_out = np.concatenate([validation, test])
    kept, notices = _without_held_out(data, held_out)
    data = replace(data, train_rows=kept, notices=(*data.notices, *notices))
    if not len(kept):
        raise InputError("Every training review is also in the validation or the test data; nothing is left to learn.")
    asked = request.distillation
    if asked is None or not asked.unlabelled:
        return Lesson(data, None, np.zeros(0, dtype=np.int64), held_out)
    reviews = _read_unlabelled(asked.unlabelled, request.reading, progress)
    known = (
        ("in the validation data", validation),
        ("in the test data", test),
        ("among the training reviews", data.train.hashes[kept]),
    )
    rows, left_out = new_texts(reviews.hashes, known)
    shown = clean_line(asked.unlabelled, 120)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
    said = f"{len(rows):,} unlabelled reviews of {shown} are learned from" + (
        f"; left out: {reasons}." if reasons else "."
    )
    return Lesson(replace(data, notices=(*data.notices, said)), reviews, rows, held_out)


def test_hashes(request: Request, teacher: RunFolder, data: RunData, progress: Progress) -> np.ndarray:
    """Return the hashes of all reviews that are to be tested on: those of the file, and those that the data name.

    Raises:
        InputError: The file cannot be read.
    """
    found = [np.zeros(0, dtype=np.uint64)]
    if data.train.report.parts.get("test"):
        found.append(read_reviews(request.data, request.reading, labels=data.labels, part="test").hashes)
    if request.distillation is not None and request.distillation.test:
        found.append(read_for_run(teacher, data.labels, request.distillation.test, None, progress)[1].hashes)
    return np.concatenate(found)


def new_texts(hashes: np.ndarray, known: Sequence[tuple[str, np.ndarray]]) -> tuple[np.ndarray, dict[str, int]]:
    """Return the rows that hold a wanted text for the first time, and how many others there are.

    Args:
        hashes: [N] of all texts.
        known: What is not wanted: a reason, and the hashes of the texts that it applies to. The first reason counts.

    Returns:
        Rows in ascending order; and reason → rows left out for it.
    """
    left = np.ones(len(hashes), dtype=np.bool_)
    left_out: dict[str, int] = {}
    for reason, there in known:
        unwanted = left & np.isin(hashes, there)
        left &= ~unwanted
        if unwanted.any():
            left_out[reason] = int(unwanted.sum())
    rows = np.flatnonzero(left)
    first = np.sort(np.unique(hashes[rows], return_index=True)[1])
    if len(first) < len(rows):
        left_out["repeated"] = len(rows) - len(first)
    return rows[first], left_out


def _without_held_out(data: RunData, hashes: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return the training rows whose text is not held out, and a sentence about the others."""
    held_out = np.isin(data.train.hashes[data.train_rows], hashes)
    if not held_out.any():
        return data.train_rows, []
    said = f"{int(held_out.sum()):,} training reviews are also in the validation or the test data and were left out."
    return data.train_rows[~held_out], [said]


def _read_unlabelled(source: str, own: ReadingOptions, progress: Progress) -> Reviews:
    """Read a source like the run's own data, or detect its format if that fails."""
    try:
        return read_unlabelled(source, own, progress=progress)
    except InputError:
        return read_unlabelled(source, progress=progress)


class JoinedTokens:
    """The token ids of several sources, one after the other."""

    def __init__(self, sources: Sequence[Tokens]) -> None:
        """Args: sources: All of them complete."""
        self._sources = sources
        self._starts = np.cumsum([0, *(len(one) for one in sources)])
        self.counts = np.concatenate([one.counts for one in sources])
        """[N] tokens of each review, not truncated, without special tokens."""

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, row: int) -> np.ndarray:
        """Return the ids [L] of one review."""
        which = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._sources[which][row - int(self._starts[which])]

    def lengths(self, rows: np.ndarray, special_tokens: SpecialTokens) -> np.ndarray:
        """Return the tokens [n] of `rows` [n], truncated and with special tokens."""
        lengths: np.ndarray = special_tokens.length(self.counts[rows].astype(np.int64))
        return lengths

    def wait(self, rows: np.ndarray) -> None:
        """Return at once."""


def joined(sources: Sequence[Examples]) -> Examples:
    """Return the examples of several sources, whose tokens are complete, one after the other."""
    if len(sources) == 1:
        return sources[0]
    starts = np.cumsum([0, *(len(one.tokens) for one in sources)])
    return Examples(
        JoinedTokens([one.tokens for one in sources]),
        np.concatenate([one.rows + start for one, start in zip(sources, starts, strict=False)]),
        np.concatenate([one.labels for one in sources]),
    )
