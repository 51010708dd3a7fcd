"""Writes the token ids of reviews to a file, in the training process and in the tokenizer process beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import IO

import numpy as np

from core.reviews.reading import Reviews

_CHARACTERS = 1 << 20
"""Characters encoded at once, which bounds the memory of encoding unless a single review is longer."""

Encode = Callable[[Sequence[str]], list[list[int]]]
"""Returns the token ids of whole texts, uncut and without special tokens."""


def write_ids(
    file: IO[bytes],
    dtype: str,
    reviews: Reviews,
    rows: np.ndarray,
    encode: Encode,
    progress: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Append the ids of ascending `rows` [n] to `file`, and flush it.

    Args:
        file: The file to append to.
        dtype: Type of an id in the file.
        reviews: The reviews.
        rows: Rows of the reviews.
        encode: Encodes texts.
        progress: Called after each part of the texts; an exception from it ends the work.

    Returns:
        [n] int32, the number of ids of each review.
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
    """Yield parts of about `_CHARACTERS` characters."""
    start = size = 0
    for end, text in enumerate(texts, start=1):
        size += len(text)
        if size >= _CHARACTERS or end == len(texts):
            yield texts[start:end]
            start, size = end, 0
