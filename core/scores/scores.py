"""What a model says of every review of a pile: logits, tokens and unknown tokens by row, memory-mapped.

Shapes: N rows of the pile, read without labels, so that no row is left out for its label; C classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.base.mixing import mixed
from core.bulk.chunk_log import totals_of
from core.inference.metrics import probabilities_of
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews
from core.reviews.store import load_array
from core.reviews.unlabelled import read_unlabelled
from core.runs.folder import RunFolder
from core.runs.model_hash import model_hash
from core.scores.folder import Manifest, ScoresFolder, scores_folder

Array = np.ndarray[Any, Any]

_SEQUENCE = np.uint64(0x5C0E5)
"""What makes this order of texts another one than those of other purposes."""


@dataclass(frozen=True)
class Scores:
    """The scores of a model on a pile."""

    manifest: Manifest
    logits: Array
    """[N, C] float32; NaN where `scored` is False."""
    tokens: Array
    """[N] int32: tokens of the whole review, special tokens included."""
    unknown: Array
    """[N] int32: those that the tokenizer does not know."""
    hashes: Array
    """[N] uint64: hashes of the normalized texts, as in `Reviews.hashes`."""
    scored: Array
    """[N] bool: whether a row has its scores yet."""

    @property
    def rows(self) -> int:
        return self.manifest.rows

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the logits."""
        return self.manifest.labels

    @property
    def truncated(self) -> Array:
        """Whether the model reads only a part of a review [N]."""
        truncated: Array = self.tokens > self.manifest.max_length
        return truncated

    def probabilities(self) -> Array:
        """Return the probabilities of all classes [N, C] float64, not calibrated; NaN where there are no scores."""
        return probabilities_of(self.logits)


def open_scores(
    run: RunFolder,
    source: str | Path,
    options: ReadingOptions = ReadingOptions(),  # noqa: B008 (frozen)
    *,
    partial: bool = False,
) -> Scores | None:
    """Return the scores of a run's model on a pile; None if they are not there, or not complete.

    Args:
        options: How the pile is read.
        partial: Whether to return those that are there already.

    Raises:
        InputError: The source cannot be read as reviews.
        ReviewtuiError: The run has no model.
    """
    return scores_of(run.model, read_unlabelled(source, options), partial=partial)


def scores_of(model: Path, reviews: Reviews, *, partial: bool = False) -> Scores | None:
    """Do the same for a model's folder and reviews that were read without labels.

    Raises:
        ReviewtuiError: The folder has no model.
    """
    folder = scores_folder(model_hash(model), reviews.report.data_hash)
    for _ in range(2):  # those in the making may be completed, and put elsewhere, at this moment
        manifest = folder.read_manifest()
        if manifest is None or manifest.rows != len(reviews):
            return None
        try:
            if manifest.complete:
                return _complete(folder, manifest, reviews)
            if partial:
                return _partial(folder, manifest, reviews)
        except (OSError, ValueError):
            continue
    return None


def scoring_sequence(hashes: Array) -> Array:
    """Return the rows [N] in the order in which they are computed, given the hashes of their texts."""
    return np.argsort(mixed(hashes ^ _SEQUENCE), kind="stable")


def record_of(classes: int) -> np.dtype[Any]:
    """Return what the data file holds of each row."""
    return np.dtype([("logits", "<f4", (classes,)), ("tokens", "<i4"), ("unknown", "<i4")])


def by_row(folder: ScoresFolder, manifest: Manifest, sequence: Array) -> tuple[Array, Array, Array, Array]:
    """Return the logits, tokens, unknown tokens and whether they are there, by row, of what has been computed so far.

    Raises:
        OSError: The data file cannot be read.
    """
    size, kind = totals_of(folder.index, folder.data).size, record_of(len(manifest.labels))
    with folder.data.open("rb") as file:
        found = np.frombuffer(file.read(size), dtype=kind)
    rows = sequence[: len(found)]
    logits = np.full((manifest.rows, len(manifest.labels)), np.nan, dtype=np.float32)
    tokens, unknown = np.zeros((2, manifest.rows), dtype=np.int32)
    scored = np.zeros(manifest.rows, dtype=bool)
    logits[rows], tokens[rows], unknown[rows], scored[rows] = found["logits"], found["tokens"], found["unknown"], True
    return logits, tokens, unknown, scored


def _complete(folder: ScoresFolder, manifest: Manifest, reviews: Reviews) -> Scores:
    logits, tokens, unknown = map(load_array, (folder.logits, folder.tokens, folder.unknown))
    if logits.shape != (manifest.rows, len(manifest.labels)) or not len(tokens) == len(unknown) == manifest.rows:
        raise ValueError("the files do not belong together")
    scored = np.ones(manifest.rows, dtype=bool)
    return Scores(manifest, logits, tokens, unknown, reviews.hashes, scored)


def _partial(folder: ScoresFolder, manifest: Manifest, reviews: Reviews) -> Scores:
    logits, tokens, unknown, scored = by_row(folder, manifest, scoring_sequence(reviews.hashes))
    return Scores(manifest, logits, tokens, unknown, reviews.hashes, scored)
