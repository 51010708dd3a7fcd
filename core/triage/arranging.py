"""The rows of a pile in an order: decided ones first, then what is to come with audits woven in, near copies last.

Shapes: N rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.triage.audit import RESERVED, audits_until, random_sequence, weave
from core.triage.decision import Decision

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Arrangement:
    """A way through a pile."""

    rows: Array
    """Position → row, int32; [N], or fewer if a filter leaves rows out."""
    audits: Array
    """The rows that come up as random audit reviews, int32."""


@dataclass(frozen=True)
class Rows:
    """What an arrangement needs to know of N rows."""

    groups: Array
    """For each the representative of its near copies."""
    numbers: Array
    """For each its number in the random sequence; see `core/triage/audit.py`."""
    key: bytes
    """The key of the pile."""
    decisions: Sequence[Decision]
    """The current decisions about reviews in the file."""

    def __len__(self) -> int:
        return len(self.groups)

    @property
    def decided(self) -> Array:
        """The decided rows, in the order in which they were."""
        in_turn = sorted(self.decisions, key=lambda one: one.number)
        rows = np.array([one.row for one in in_turn if 0 <= one.row < len(self)], dtype=np.int64)
        return rows[np.sort(np.unique(rows, return_index=True)[1])]


def as_in_the_file(rows: int) -> Arrangement:
    """Return all rows as they come; none is an audit."""
    return Arrangement(np.arange(rows, dtype=np.int32), np.zeros(0, dtype=np.int32))


def only(ranking: Array, fits: Array) -> Arrangement:
    """Return the rows that fit a filter [N] bool, in the order of `ranking`; none is an audit, and none is left out."""
    return Arrangement(ranking[fits[ranking]].astype(np.int32), np.zeros(0, dtype=np.int32))


def at_random(rows: Rows, current: int | None = None) -> Arrangement:
    """Return the random sequence of a pile; all of it are audits, as far as nothing was chosen out of it.

    Args:
        current: The row in view, which stays in view.
    """
    sequence = random_sequence(rows.groups, rows.numbers)
    until = audits_until(rows.numbers, rows.decisions)
    parts = _Parts(rows, sequence, sequence[rows.numbers[sequence] < until], current)
    return parts.joined(parts.shown, parts.audits)


def by_ranking(rows: Rows, ranking: Array, current: int | None = None) -> Arrangement:
    """Return rows by their ranking, with one random audit review in ten.

    Args:
        ranking: All rows, the first first.
        current: The row in view, which stays in view.
    """
    sequence = random_sequence(rows.groups, rows.numbers)
    parts = _Parts(rows, ranking, sequence[rows.numbers[sequence] < RESERVED], current)
    ranked = parts.shown[~np.isin(parts.shown, parts.audits)]
    shown, is_audit = weave(ranked, parts.audits, len(parts.before) + len(parts.first), rows.key)
    return parts.joined(shown, shown[is_audit])


class _Parts:
    """The parts of an arrangement: each row is in one of `before`, `first`, `shown` and `copies`."""

    def __init__(self, rows: Rows, ranking: Array, audits: Array, current: int | None) -> None:
        """Args: audits: What may come up as an audit, in the order of the random sequence."""
        self.before = rows.decided
        waiting = np.ones(len(rows), dtype=bool)
        waiting[self.before] = False
        following = audits[waiting[audits]][:1]
        self.first = np.zeros(0, dtype=np.int64)
        if current is not None and 0 <= current < len(rows) and waiting[current]:
            self.first = np.array([current])
            waiting[current] = False
        self.first_is_audit = self.first.tolist() == following.tolist() != []
        self.audits = audits[waiting[audits]]
        stands = rows.groups == np.arange(len(rows))
        self.shown = ranking[waiting[ranking] & stands[ranking]]
        self.copies = np.flatnonzero(waiting & ~stands)

    def joined(self, shown: Array, audits: Array) -> Arrangement:
        marked = np.concatenate([self.first, audits]) if self.first_is_audit else audits
        order = np.concatenate([self.before, self.first, shown, self.copies])
        return Arrangement(order.astype(np.int32), marked.astype(np.int32))
