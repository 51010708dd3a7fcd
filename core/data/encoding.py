"""Reviews become token ids in a file: what the process that trains, and the one that tokenizes beside it, both do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import IO

import numpy as np

from core.reviews.reading import Reviews

_CHARACTERS = 1 << 20
"""Text that is encoded at once: the memory that encoding takes is bounded, whatever the length of the reviews."""

Encode = Callable[[Sequence[str]], list[list[int]]]
"""Gives the token ids of whole texts, without special tokens and uncut."""


def write_ids(
    file: IO[bytes],
    dtype: str,
    reviews: Reviews,
    rows: np.ndarray,
    encode: Encode,
    progress: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Append the ids of `rows` [n], which ascend, to `file`, and flush it.

    Args:
        progress: called after each part of the texts; what it raises ends the work.

    Returns:
        [n] int32, how many ids each review has.
    """
    counts: list[int] = []
    for texts in _parts(_texts(reviews, rows)):
        ids = encode(texts)
        counts += map(len, ids)
        file.write(np.fromiter(chain.from_iterable(ids), dtype=dtype).data)
        progress()
    file.flush()
    return np.array(counts, dtype=np.int32)


def _texts(reviews: Reviews, rows: np.ndarray) -> list[str]:
    first, last = int(rows[0]), int(rows[-1])
    return reviews.texts(range(first, last + 1) if last - first + 1 == len(rows) else rows)


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Parts of about `_CHARACTERS` characters."""
    start = size = 0
    for end, text in enumerate(texts, start=1):
        size += len(text)
        if size >= _CHARACTERS or end == len(texts):
            yield texts[start:end]
            start, size = end, 0
