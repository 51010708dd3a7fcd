"""Which stored rows are kept, and what is stored beside them: one batch of rows after the other."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.base.arrow import numbers
from core.reviews.label_codes import LEFT_OUT, Verdicts
from core.reviews.report import Account
from core.reviews.store import HASHES, KEPT, LABELS, ArrayWriter, RowReader, load_array, numbers_of

_CHUNK = 1 << 20


@dataclass
class Kept:
    """The N rows that are kept."""

    rows: int
    classes: Counter[int] = field(default_factory=Counter)
    """Class → rows."""
    first: dict[int, int] = field(default_factory=dict)
    """Class → the first stored row of it."""
    units: list[int] = field(default_factory=list)
    """By file, the units of the rows; see `Tally`."""
    data_hash: str = ""
    """A BLAKE2b hash over texts, labels and the names of classes."""


def write_arrays(
    folder: Path, rows: RowReader, verdicts: Verdicts, kept: int, files: int, names: Sequence[str]
) -> Kept:
    """Write labels.npy, hashes.npy and, unless all rows are kept, kept.npy.

    Args:
        kept: How many rows are kept.
        files: How many files the rows are from.
        names: The names of the classes.
    """
    digest, found = hashlib.blake2b(digest_size=16), Kept(kept)
    units = np.zeros(files, dtype=np.int64)
    with ExitStack() as stack:
        labels_file = stack.enter_context(closing(ArrayWriter(folder / LABELS, kept, np.int64)))
        hashes_file = stack.enter_context(closing(ArrayWriter(folder / HASHES, kept, np.uint64)))
        kept_file = (
            stack.enter_context(closing(ArrayWriter(folder / KEPT, kept, np.int64))) if kept < len(rows) else None
        )
        for begin, batch in rows.batches():
            labels, hashes = verdicts.of(numbers_of(batch, "label")), numbers_of(batch, "hash")
            texts, file, size = batch.column("text"), numbers_of(batch, "file"), numbers_of(batch, "units")
            inside = np.flatnonzero(labels != LEFT_OUT)
            if kept_file is not None:
                kept_file.add(inside + begin)
            if len(inside) < batch.num_rows:
                labels, hashes, file, size = labels[inside], hashes[inside], file[inside], size[inside]
                texts = texts.take(numbers(inside))
            labels_file.add(labels)
            hashes_file.add(hashes)
            _hash_texts(digest, texts)
            if len(inside):
                low, high = int(file.min()), int(file.max())
                units[low : high + 1] += np.bincount(file - low, size).astype(np.int64)
                _count_classes(found, labels, inside + begin)
    labels = load_array(folder / LABELS)
    for start in range(0, kept, _CHUNK):
        digest.update(labels[start : start + _CHUNK].tobytes())
    digest.update(json.dumps(list(names)).encode())
    found.units, found.data_hash = units.tolist(), digest.hexdigest()
    return found


def settled(accounts: Sequence[Account], kept: Kept) -> list[Account]:
    """Return the accounts, given with the units of all rows, with those of rows that are not kept as `left_out`."""
    return [
        one.model_copy(update={"reviews": reviews, "left_out": one.reviews - reviews})
        for one, reviews in zip(accounts, kept.units, strict=True)
    ]


def _count_classes(found: Kept, labels: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> None:
    different, first, counts = np.unique(labels, return_index=True, return_counts=True)
    for label, place, count in zip(different.tolist(), first.tolist(), counts.tolist(), strict=True):
        found.classes[label] += count
        found.first.setdefault(label, int(rows[place]))


def _hash_texts(digest: hashlib.blake2b, texts: Any) -> None:
    _, offsets_buffer, content = texts.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int64)[: len(texts) + 1]
    digest.update(offsets.tobytes())
    if content is not None:
        digest.update(memoryview(content)[: int(offsets[-1])])
