"""What the model of a run says of some reviews of a pile: from the scores of the pile, or classified now.

Shapes: N rows of the pile that are asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.inference.metrics import probabilities_of
from core.inference.predictor import Predictor
from core.learning.root import Progress
from core.reviews.reading import Reviews
from core.runs.folder import RunFolder
from core.scores.scores import scores_of

Array = np.ndarray[Any, Any]
_CHUNK = 256


@dataclass(frozen=True)
class Said:
    """The answers of one model to N rows."""

    labels: tuple[str, ...]
    """The classes of the model."""
    best: Array
    """[N] index of the predicted class."""
    probability: Array
    """[N] probability of it."""

    def names(self) -> list[str]:
        """Return the predicted labels [N]."""
        return [self.labels[index] for index in self.best.tolist()]


def ask_model(run: RunFolder, reviews: Reviews, rows: Array, progress: Progress) -> Said:
    """Return what the model of a run says of some rows.

    Args:
        reviews: The pile, read without labels.
        rows: [N] rows of it.

    Raises:
        InputError: The model cannot be loaded.
        ReviewtuiError: The run has no model.
    """
    scores = scores_of(run.model, reviews, partial=True)
    if scores is not None and bool(scores.scored[rows].all()):
        return _said(scores.labels, np.asarray(scores.logits[rows]))
    predictor = Predictor(run.model)
    logits = np.zeros((len(rows), len(predictor.labels)), dtype=np.float32)
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        logits[part], _ = predictor.logits(reviews.texts(rows[part]))
        progress("asking the models", min((start + _CHUNK) / len(rows), 1.0))
    return _said(tuple(predictor.labels), logits)


def _said(labels: tuple[str, ...], logits: Array) -> Said:
    shares = probabilities_of(logits)
    best: Array = shares.argmax(axis=1)
    return Said(labels, best, shares[np.arange(len(best)), best])
