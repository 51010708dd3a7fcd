"""Runs as a list in which branches stand below the run that they came from."""

from __future__ import annotations

from collections.abc import Sequence

from core.runs.summary import RunSummary


def as_tree(summaries: Sequence[RunSummary]) -> list[tuple[RunSummary, int]]:
    """Each run with its depth: in the order given, but branches right below their parent, in that order too.

    A branch whose parent is not among them stands on its own. So does one of a ring, which only a hand can make.
    """
    known = {one.id for one in summaries}
    branches: dict[str, list[RunSummary]] = {}
    roots = []
    for one in summaries:
        parent = one.parent.run if one.parent else None
        if parent in known and parent != one.id:
            branches.setdefault(str(parent), []).append(one)
        else:
            roots.append(one)
    found: list[tuple[RunSummary, int]] = []
    waiting = [(one, 0) for one in reversed(roots)]
    while waiting:
        one, depth = waiting.pop()
        found.append((one, depth))
        waiting += [(below, depth + 1) for below in reversed(branches.pop(one.id, []))]
    shown = {one.id for one, _ in found}
    return found + [(one, 0) for one in summaries if one.id not in shown]


def indented(name: str, depth: int) -> str:
    """A run's name with a sign of how far below others it stands."""
    return f"{'  ' * (depth - 1)}└ {name}" if depth else name
