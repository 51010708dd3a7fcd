"""The rows that runs are compared on: the same for all, none of which any of the models was trained on, each text once.

Without a file these are the validation rows that all runs share. Rows are the same if their texts have the same hash,
whatever file they came from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.comparison.stored import StoredAnswers, name_of
from core.data.run_data import read_for_run, read_run_data, train_hashes
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews
from core.runs.folder import RunFolder

TRAINED_ON = "trained on by a compared model"
REPEATED = "repeat of another row's text"
CONTRADICTED = "copy with a different label"
NOT_SHARED = "not a validation row of every run"

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Texts:
    """Where the texts of N compared rows are."""

    reviews: Reviews
    rows: np.ndarray
    """[N] rows of `reviews`."""

    def __getitem__(self, positions: np.ndarray) -> list[str]:
        return self.reviews.texts(self.rows[positions])


@dataclass(frozen=True)
class ComparedRows:
    """N rows, in the order of their hashes."""

    hashes: np.ndarray
    """[N] uint64, ascending, each once."""
    labels: np.ndarray
    """[N] class indices."""
    source: str
    texts: Texts | None
    """None if the texts are not on this machine any more."""
    no_texts: str
    """Why they are not; empty if they are."""
    left_out: dict[str, int]
    """Reason → number of rows."""
    trained_on: dict[str, int]
    """Run → how many of the rows left out it was trained on."""


def rows_of_file(
    runs: Sequence[RunFolder],
    classes: Sequence[str],
    source: str,
    options: ReadingOptions | None,
    progress: Progress,
) -> ComparedRows:
    """Return the labelled rows of a source.

    Args:
        classes: What the models know; rows with other labels are left out.
        options: How to read it; None reads it like the data of the first run.

    Raises:
        InputError: It cannot be read, or holds no row to compare on.
    """
    part, reviews = read_for_run(runs[0], classes, source, options, lambda fraction: progress("reading", fraction))
    left_out = dict(reviews.report.left_out)
    labelled = np.flatnonzero(reviews.labels >= 0)
    if not len(labelled):
        names = ", ".join(clean_line(label, 40) for label in classes)
        raise InputError(f"{clean_line(source, 120)} has no review labelled {names}; name the column with --label.")
    hashes, first, inverse = np.unique(reviews.hashes[labelled], return_index=True, return_inverse=True)
    labels = reviews.labels[labelled]
    contradicted = np.zeros(len(hashes), dtype=np.bool_)
    np.logical_or.at(contradicted, inverse, labels != labels[first][inverse])
    sizes = np.bincount(inverse, minlength=len(hashes))
    kept, trained_on = _untrained(runs, hashes)
    _count(left_out, TRAINED_ON, int(sizes[~kept].sum()))
    _count(left_out, CONTRADICTED, int(sizes[kept & contradicted].sum()))
    kept &= ~contradicted
    _count(left_out, REPEATED, int((sizes[kept] - 1).sum()))
    if not kept.any():
        raise InputError(f"No row of {clean_line(source, 120)} is left to compare on: {_reasons(left_out)}.")
    rows = labelled[first[kept]]
    return ComparedRows(
        hashes[kept],
        labels[first[kept]],
        f"{source}, its {part} data" if part else source,
        Texts(reviews, rows),
        "",
        left_out,
        trained_on,
    )


def shared_validation_rows(
    runs: Sequence[RunFolder], answers: Sequence[StoredAnswers | None], progress: Progress
) -> ComparedRows:
    """Return the validation rows that all runs share.

    Args:
        answers: What is stored with each run.

    Raises:
        InputError: They share none.
    """
    known = [one for one in answers if one is not None]
    if len(known) < len(answers):
        name = next(name_of(run) for run, one in zip(runs, answers, strict=True) if one is None)
        raise InputError(f"{name} has no stored answers to validation rows; name labelled reviews with --data FILE.")
    union = np.unique(np.concatenate([one.hashes for one in known]))
    shared = np.ones(len(union), dtype=np.bool_)
    labels = np.full(len(union), -1, dtype=np.int64)
    contradicted = np.zeros(len(union), dtype=np.bool_)
    for one in known:
        place = np.searchsorted(union, one.hashes)
        inside = np.zeros(len(union), dtype=np.bool_)
        inside[place] = True
        shared &= inside
        seen = labels[place]
        contradicted[place] |= (one.labels < 0) | ((seen >= 0) & (seen != one.labels))
        labels[place] = one.labels
    kept, trained_on = _untrained(runs, union)
    left_out: dict[str, int] = {}
    _count(left_out, TRAINED_ON, int((~kept).sum()))
    _count(left_out, NOT_SHARED, int((kept & ~shared).sum()))
    kept &= shared
    _count(left_out, CONTRADICTED, int((kept & contradicted).sum()))
    kept &= ~contradicted
    _count(left_out, REPEATED, max(one.repeated for one in known))
    if not kept.any():
        raise InputError(
            "These runs share no validation row that none of them was trained on; name labelled reviews that they "
            "have not seen with --data FILE."
        )
    hashes = union[kept]
    texts, why = _find_texts(runs, hashes, progress)
    return ComparedRows(
        hashes, labels[kept], "the validation rows that all of them share", texts, why, left_out, trained_on
    )


def _untrained(runs: Sequence[RunFolder], hashes: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """Return [N] whether no run was trained on a text, and how many each run was trained on."""
    kept, trained_on = np.ones(len(hashes), dtype=np.bool_), {}
    for run in runs:
        seen = np.isin(hashes, train_hashes(run))
        kept &= ~seen
        trained_on[run.id] = int(seen.sum())
    return kept, trained_on


def _find_texts(runs: Sequence[RunFolder], hashes: np.ndarray, progress: Progress) -> tuple[Texts | None, str]:
    """Return where the texts of validation rows are, or why they cannot be found."""
    why = ""
    for run in runs:
        try:
            data = read_run_data(run.request(), lambda fraction: progress("reading", fraction))
        except ReviewtuiError as error:
            why = why or str(error)
            continue
        order = np.argsort(data.validation.hashes, kind="stable")
        there = data.validation.hashes[order]
        place = np.minimum(np.searchsorted(there, hashes), max(len(there) - 1, 0))
        if len(there) and (there[place] == hashes).all():
            return Texts(data.validation, order[place]), ""
        why = why or f"the data of {name_of(run)} has changed since it was trained"
    return None, why


def _count(left_out: dict[str, int], reason: str, rows: int) -> None:
    if rows:
        left_out[reason] = left_out.get(reason, 0) + rows


def _reasons(left_out: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
