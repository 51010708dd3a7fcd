"""Where the reviews of a changed file are now, found by the hashes of their texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypeVar

import msgspec

from core.triage.decision import Decision, Note
from core.triage.operation import Operation

About = TypeVar("About", Decision, Note)
Place: TypeAlias = tuple[int, str]
"""Row and text hash of a review."""


def places_of(operations: Iterable[Operation]) -> set[Place]:
    """Return the places of all reviews that operations are about."""
    places: set[Place] = set()
    for operation in operations:
        places.update((one.row, one.hash) for one in operation.decisions)
        places.update((one.row, one.hash) for one in operation.notes)
    return places


def find_moves(places: Iterable[Place], hashes: Iterable[str]) -> list[tuple[int, int]]:
    """Return (old row, new row) for each of `places` that has moved.

    A review that is still at its row stays there; copies of one text keep their order. A review that is gone gets a
    unique negative row, from which it may come back.

    Args:
        places: Each once.
        hashes: Hashes of all rows of the file, in order.
    """
    wanted: dict[str, list[int]] = defaultdict(list)
    for row, text_hash in sorted(places):
        wanted[text_hash].append(row)
    found: dict[str, list[int]] = defaultdict(list)
    for row, text_hash in enumerate(hashes):
        if text_hash in wanted:
            found[text_hash].append(row)
    gone = min((row for rows in wanted.values() for row in rows if row < 0), default=0)
    result = []
    for text_hash, rows in wanted.items():
        here = set(found[text_hash])
        free = iter(sorted(here.difference(rows)))
        for row in rows:
            if row in here:
                continue
            place = next(free, None)
            if place is not None:
                result.append((row, place))
            elif row >= 0:
                gone -= 1
                result.append((row, gone))
    return result


def elsewhere(operation: Operation, moves: Mapping[int, int]) -> Operation:
    """Return an operation about the rows where its reviews are now."""
    return msgspec.structs.replace(
        operation,
        decisions=tuple(_moved(one, moves) for one in operation.decisions),
        notes=tuple(_moved(one, moves) for one in operation.notes),
    )


def _moved(about: About, moves: Mapping[int, int]) -> About:
    return msgspec.structs.replace(about, row=moves[about.row]) if about.row in moves else about
