"""Counts the right answers on reviews that a limit had cut and on whole ones, from predictions and lengths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.runs.records import CutCounts


def count_cut(logits: np.ndarray, labels: np.ndarray, tokens: np.ndarray, max_length: int) -> CutCounts:
    """Return the counts.

    Args:
        logits: [N, C].
        labels: [N].
        tokens: [N], of each whole review, special tokens included.
        max_length: The most tokens that the model reads.
    """
    right, cut = logits.argmax(axis=1) == labels, tokens > max_length
    return CutCounts(
        max_length=max_length,
        cut_rows=int(cut.sum()),
        cut_right=int(right[cut].sum()),
        whole_rows=int((~cut).sum()),
        whole_right=int(right[~cut].sum()),
    )


def read_cut_counts(predictions: Path) -> CutCounts | None:
    """Return the counts of a run from its predictions.parquet; None if that is missing, or does not hold lengths."""
    try:
        table = pq.read_table(predictions)
        columns = [np.asarray(table[name].to_pylist()) for name in ("logits", "label", "tokens", "max_length")]
    except (OSError, KeyError, pa.ArrowException):
        return None
    logits, labels, tokens, limits = columns
    return count_cut(logits, labels, tokens, int(limits[0])) if len(labels) else None
