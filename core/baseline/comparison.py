"""What fine-tuning gains over a baseline, row by row, from the predictions of both on the validation rows."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.runs.baselines import best_baseline, comparable
from core.runs.figures import AgainstBaseline
from core.runs.folder import RunFolder
from core.statistics.paired import compare_accuracy, count_outcomes

_MOST_RUNS = 50
"""The most fine-tuned runs that a new baseline is compared with, the newest."""


def against(run: RunFolder) -> tuple[AgainstBaseline, ...]:
    """Compare a fine-tuned run whose model has just been written with the best baseline on its data, if any."""
    best = best_baseline(run)
    if best is None:
        return ()
    found = _compare(run, RunFolder(run.path.parent / best.run), best.seconds)
    return (found,) if found is not None else ()


def against_all(baseline: RunFolder, seconds: float) -> tuple[AgainstBaseline, ...]:
    """Compare a baseline whose model has just been written with the fine-tuned runs on its data.

    Args:
        seconds: What the baseline took.
    """
    runs = islice(comparable(baseline, "fine-tuning"), _MOST_RUNS)
    return tuple(found for run in runs if (found := _compare(run, baseline, seconds)) is not None)


def _compare(run: RunFolder, baseline: RunFolder, seconds: float) -> AgainstBaseline | None:
    """Compare on the rows that both have predicted, by the hash of their texts; None if there are none."""
    try:
        (hashes, right), (hashes_of_baseline, right_of_baseline) = _right(run), _right(baseline)
    except (OSError, KeyError, ValueError, pa.ArrowException):  # no predictions yet, or damaged ones
        return None
    _, own, other = np.intersect1d(hashes, hashes_of_baseline, return_indices=True)
    if not len(own):
        return None
    found = compare_accuracy(count_outcomes(right[own], right_of_baseline[other]))
    return AgainstBaseline(
        run=run.id,
        baseline=baseline.id,
        seconds=seconds,
        rows=len(own),
        difference=found.difference,
        low=found.low,
        high=found.high,
    )


def _right(run: RunFolder) -> tuple[np.ndarray, np.ndarray]:
    """Return the text hashes [N] of a run's validation rows, and whether its model was right."""
    table = pq.read_table(run.predictions, columns=["text_hash", "label", "logits"])
    logits = np.array(table["logits"].to_pylist(), dtype=np.float32)
    return table["text_hash"].to_numpy(), logits.argmax(axis=1) == table["label"].to_numpy()
