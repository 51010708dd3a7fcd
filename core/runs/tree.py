"""The order of a list of runs: the newest first, branches below the run that they come from, and groups together."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.runs.summary import RunSummary

_ALONE: Mapping[str, str] = {}


def as_tree(summaries: Sequence[RunSummary], group_of: Mapping[str, str] = _ALONE) -> list[tuple[RunSummary, int]]:
    """Order runs as `_families` does, and the runs of a group together, one deeper, where the newest of them belongs.

    A branch off a run of a group stands alone, because it does not belong to the group.

    Args:
        summaries: The newest first.
        group_of: Id of a run → that of the group that it belongs to.
    """
    if not group_of:
        return _families(summaries)
    grouped: dict[str, list[RunSummary]] = {}
    alone: list[RunSummary] = []
    for one in summaries:
        group = group_of.get(one.id)
        (alone if group is None else grouped.setdefault(group, [])).append(one)
    blocks: list[list[tuple[RunSummary, int]]] = []
    for one, depth in _families(alone):
        blocks[-1].append((one, depth)) if depth else blocks.append([(one, depth)])
    together = [[(one, depth + 1) for one, depth in _families(members)] for members in grouped.values()]
    places = {one.id: place for place, one in enumerate(summaries)}
    merged = heapq.merge(blocks, together, key=lambda block: min(places[one.id] for one, _ in block))
    return [pair for block in merged for pair in block]


def _families(summaries: Sequence[RunSummary]) -> list[tuple[RunSummary, int]]:
    """Order runs, given newest first, so that branches are directly below their parent. Return each with its depth.

    A family, that is a run with all of its branches and theirs, takes the place of its newest member: a new branch
    brings its parent to the top, and is the first below it. A branch whose parent is not listed heads a family. Runs
    that descend from each other in a circle, which only an edited file can say, stand at the end.
    """
    known = {one.id: one for one in summaries}
    places: dict[str, int] = {}
    branches: dict[str, list[RunSummary]] = {}
    heads: list[RunSummary] = []
    for place, one in enumerate(summaries):
        for ancestor in _lineage(one, known):
            places.setdefault(ancestor.id, place)
        parent = _parent(one, known)
        (heads if parent is None else branches.setdefault(parent.id, [])).append(one)

    found: list[tuple[RunSummary, int]] = []
    waiting = [(one, 0) for one in _newest_last(heads, places)]
    while waiting:
        one, depth = waiting.pop()
        found.append((one, depth))
        waiting += [(branch, depth + 1) for branch in _newest_last(branches.get(one.id, []), places)]
    listed = {one.id for one, _ in found}
    return found + [(one, 0) for one in summaries if one.id not in listed]


def branch_label(name: str, depth: int) -> str:
    """Return a run's name, set in below its parent's: `└ name`."""
    return f"{'  ' * (depth - 1)}└ {name}" if depth else name


def _parent(run: RunSummary, known: dict[str, RunSummary]) -> RunSummary | None:
    return known.get(run.parent.run) if run.parent is not None else None


def _lineage(run: RunSummary, known: dict[str, RunSummary]) -> Iterator[RunSummary]:
    """Yield a run, its parent, that one's parent, and so on; each once."""
    one: RunSummary | None = run
    seen: set[str] = set()
    while one is not None and one.id not in seen:
        seen.add(one.id)
        yield one
        one = _parent(one, known)


def _newest_last(runs: list[RunSummary], places: dict[str, int]) -> list[RunSummary]:
    return sorted(runs, key=lambda run: places[run.id], reverse=True)
