"""Reviews with the same text, found in bounded memory: one part of the hashes after the other, in ascending order.

Hashes are spread evenly, so each part has about as many texts. Copies of one text, however many, are one entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from core.reviews.report import Duplicates

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]

_PART = 1 << 19
"""Rows of a part, on average; some 60 bytes are needed for each while it is looked at."""
_CHUNK = 1 << 18
"""Rows that are looked at together."""


@dataclass(frozen=True)
class Groups:
    """G different texts."""

    keys: Hashes
    """[G], ascending."""
    sizes: Numbers
    """[G], rows with each text."""
    lowest: Numbers
    """[G], the lowest label among them."""
    highest: Numbers

    def at(self, chosen: np.ndarray[Any, Any]) -> Groups:
        """Return some of the texts."""
        return Groups(self.keys[chosen], self.sizes[chosen], self.lowest[chosen], self.highest[chosen])


class HashParts:
    """The rows of a source by hash, in parts.

    Attributes:
        bounds: The lowest and the highest key of each part, ascending.
    """

    def __init__(
        self, hashes: Hashes, labels: Numbers, key: Callable[[Hashes], Hashes] = lambda hashes: hashes
    ) -> None:
        """Args:
        hashes: [N].
        labels: [N].
        key: What rows are ordered by: a different number for each hash.
        """
        self._hashes, self._labels, self._key = hashes, labels, key
        count = max(-(-len(hashes) // _PART), 1)
        ends = [(number << 64) // count for number in range(count + 1)]
        self.bounds = [(np.uint64(low), np.uint64(high - 1)) for low, high in pairwise(ends)]

    def rows(self, low: np.uint64, high: np.uint64) -> Iterator[tuple[Numbers, Hashes]]:
        """Yield the numbers and the keys of the rows whose key is between two keys, or one of them."""
        for start in range(0, len(self._hashes), _CHUNK):
            keys = self._key(self._hashes[start : start + _CHUNK])
            inside = np.flatnonzero((keys >= low) & (keys <= high))
            yield inside + start, keys[inside]

    def groups(self, low: np.uint64, high: np.uint64) -> Groups:
        """Return the texts whose keys are between two keys."""
        parts = []
        for rows, keys in self.rows(low, high):
            labels = self._labels[rows]
            parts.append(_merged(Groups(keys, np.ones(len(keys), dtype=np.int64), labels, labels)))
        return _merged(_joined(parts)) if len(parts) > 1 else parts[0] if parts else _joined(parts)


def find_duplicates(hashes: Hashes, labels: Numbers) -> Duplicates:
    """Count texts that occur more than once; `hashes` and `labels` are [N]."""
    found, parts = Duplicates(), HashParts(hashes, labels)
    for low, high in parts.bounds:
        groups = parts.groups(low, high)
        found.rows += int(groups.sizes.sum()) - len(groups.keys)
        found.groups += int((groups.sizes > 1).sum())
        found.conflicting += int((groups.lowest != groups.highest).sum())
    return found


def classes_of_one_text(hashes: Hashes, labels: Numbers) -> list[int]:
    """Return the labels all of whose reviews have the same text; `hashes` and `labels` are [N], −1 for no label."""
    first: dict[int, np.uint64] = {}
    several: set[int] = set()
    for start in range(0, len(hashes), _CHUNK):
        keys, own = hashes[start : start + _CHUNK], labels[start : start + _CHUNK]
        for label in set(np.unique(own).tolist()) - several - {-1}:
            texts = keys[own == label]
            if (texts != first.setdefault(label, texts[0])).any():
                several.add(label)
    return sorted(first.keys() - several)


def _joined(parts: list[Groups]) -> Groups:
    def column(name: str, kind: type[np.generic]) -> np.ndarray[Any, Any]:
        return np.concatenate([np.zeros(0, dtype=kind), *(getattr(part, name) for part in parts)])

    return Groups(
        column("keys", np.uint64), column("sizes", np.int64), column("lowest", np.int64), column("highest", np.int64)
    )


def _merged(groups: Groups) -> Groups:
    """Return the groups in order of their keys, those with the same key as one."""
    order = np.argsort(groups.keys)
    groups = groups.at(order)
    starts = np.flatnonzero(np.r_[True, groups.keys[1:] != groups.keys[:-1]]) if len(order) else order
    if len(starts) == len(order):
        return groups
    return Groups(
        groups.keys[starts],
        np.add.reduceat(groups.sizes, starts),
        np.minimum.reduceat(groups.lowest, starts),
        np.maximum.reduceat(groups.highest, starts),
    )
