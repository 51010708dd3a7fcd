"""The answers of every run's model to the compared rows: those stored with the run, else classified now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import InputError
from core.comparison.rows import ComparedRows, Progress
from core.comparison.stored import StoredAnswers, name_of
from core.inference.predictor import Predictor
from core.runs.folder import RunFolder

_CHUNK = 2048


@dataclass(frozen=True)
class Answers:
    """One model's answers to N rows."""

    logits: np.ndarray
    """[N, C], in the order of the compared classes."""
    classified: int
    """Rows that were classified now."""

    @property
    def predicted(self) -> np.ndarray:
        """[N] class indices."""
        best: np.ndarray = self.logits.argmax(axis=1)
        return best


def answers_of(
    run: RunFolder,
    rows: ComparedRows,
    classes: Sequence[str],
    stored: StoredAnswers | None,
    predictor: Callable[[], Predictor],
    progress: Progress,
) -> Answers:
    """Return the answers of a run's model.

    Args:
        stored: What is stored with it.
        predictor: Loads its model; called only if rows are to be classified.

    Raises:
        InputError: Rows are to be classified, and there is no model or no text.
    """
    logits = np.zeros((len(rows.hashes), len(classes)), dtype=np.float32)
    missing = np.arange(len(rows.hashes))
    if stored is not None:
        place = np.minimum(np.searchsorted(stored.hashes, rows.hashes), len(stored.hashes) - 1)
        known = stored.hashes[place] == rows.hashes
        logits[known] = stored.logits[place[known]]
        missing = np.flatnonzero(~known)
    if not len(missing):
        return Answers(logits, 0)
    if rows.texts is None:
        raise InputError(f"{name_of(run)} has to classify the rows, and their texts are gone: {rows.no_texts}")
    model = predictor()
    back = [model.labels.index(name) for name in classes]
    for start in range(0, len(missing), _CHUNK):
        part = missing[start : start + _CHUNK]

        def within(fraction: float, start: int = start, count: int = len(part)) -> None:
            progress(f"classifying with {name_of(run)}", (start + fraction * count) / len(missing))

        some, _ = model.logits(rows.texts[part], within)
        logits[part] = some[:, back]
    return Answers(logits, len(missing))
