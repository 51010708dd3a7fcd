"""A group of runs as one line of a list of runs: how far it is, and what its runs have in common or reached."""

from __future__ import annotations

import statistics
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from core.experiments.state import GroupState, state_of
from core.runs.group_list import WrittenGroup
from core.runs.listed import ListedRun, field_of
from core.runs.status import OVER, State
from core.runs.summary import RunSummary

Score = Literal["accuracy", "f1"]
_SCORES = {"accuracy": "accuracy", "f1": "macro_f1"}


@dataclass(frozen=True)
class Spread:
    """A score over the runs of a group that are over and have one."""

    mean: float
    sd: float | None
    """The standard deviation of a sample; None of a single run."""
    least: float
    greatest: float
    runs: int
    """The number of these runs."""


@dataclass(frozen=True)
class ListedGroup:
    """A group in a list of runs."""

    written: WrittenGroup
    runs: tuple[ListedRun, ...]
    """Its runs that are in the list, in its order."""
    folded: bool = True
    """Whether its runs have no lines of their own."""

    @property
    def id(self) -> str:
        return self.written.id

    @property
    def name(self) -> str:
        return self.written.outline.name

    @property
    def kind(self) -> str:
        return self.written.outline.kind

    @cached_property
    def group(self) -> GroupState:
        return state_of(self.written, {one.id: one.summary for one in self.runs})

    @property
    def state(self) -> State:
        return self.group.word

    @property
    def planned(self) -> int:
        """The number of runs that were planned so far."""
        return len(self.group.members)

    @cached_property
    def over(self) -> int:
        """The number of runs of which nothing more is to be expected."""
        return sum(one.is_over for one in self.group.members)

    @property
    def can_stop(self) -> bool:
        return self.group.is_unfinished

    @property
    def can_resume(self) -> bool:
        return self.state in ("stopped", "interrupted")

    @property
    def can_delete(self) -> bool:
        """Whether nothing works on it."""
        return self.state != "running" and all(one.state in OVER for one in self.runs)

    def spread(self, score: Score) -> Spread | None:
        """Return the mean and the spread of a score of seeds; None of another kind of group, or without scores."""
        values = self._scores(score) if self.kind == "seeds" else []
        if not values:
            return None
        sd = statistics.stdev(values) if values[1:] else None
        return Spread(statistics.fmean(values), sd, min(values), max(values), len(values))

    def best_score(self, score: Score) -> float | None:
        """Return the score of the best run; None if no run has one."""
        figures = self.best.validation if self.best is not None else None
        found: float | None = getattr(figures, _SCORES[score], None)
        return found

    @cached_property
    def best(self) -> RunSummary | None:
        """The winner of a sweep; without one the run that is ahead. None if no run has scores."""
        winner = (self.written.result or {}).get("winner")
        number = winner.get("number") if isinstance(winner, dict) else None
        won = next((one.summary for one in self.group.members if one.number == number), None)
        return won or max(self._scored, key=self._ahead, default=None)

    @property
    def began(self) -> float | None:
        """When the first of its runs began, in seconds since 1970."""
        return min((one.summary.began for one in self.runs if one.summary.began is not None), default=None)

    @property
    def bytes_on_disk(self) -> int | None:
        """The size of all its runs; None while that of one is unknown."""
        sizes = [one.bytes_on_disk for one in self.runs if one.bytes_on_disk is not None]
        return sum(sizes) if len(sizes) == len(self.runs) else None

    def shared(self, name: str) -> object:
        """Return the value of a field or setting that all runs have in common; None if they differ."""
        of = field_of(name).of
        values = {of(run) for run in self.runs}
        return values.pop() if len(values) == 1 else None

    @cached_property
    def _scored(self) -> list[RunSummary]:
        """The runs that are over and have scores: those of a run that trains are not its last."""
        over = [one.summary for one in self.group.members if one.is_over and one.summary is not None]
        return [one for one in over if one.validation is not None]

    def _scores(self, score: Score) -> list[float]:
        return [getattr(one.validation, _SCORES[score]) for one in self._scored]

    def _ahead(self, summary: RunSummary) -> float:
        """Return by how much a run is ahead, in the metric of a sweep."""
        metric = self.written.outline.spec.get("metric")
        if summary.validation is None:
            return float("-inf")
        if metric == "loss":
            return -summary.validation.loss
        return summary.validation.macro_f1 if metric == "macro_f1" else summary.validation.accuracy


Row = ListedRun | ListedGroup
"""A line of a list of runs in which groups are lines of their own."""


def listed_groups(
    written: Iterable[WrittenGroup], runs: Iterable[ListedRun], unfolded: Container[str] = ()
) -> list[ListedGroup]:
    """Return the groups with those of their runs that are listed.

    Args:
        written: The groups, in the order in which they are returned.
        runs: As `core.runs.run_list.RunList` orders them.
        unfolded: Ids of the groups whose runs have lines of their own.
    """
    groups = list(written)
    group_of = {run: group.id for group in groups for run in group.runs}
    members: dict[str, list[ListedRun]] = {}
    for run in runs:
        if (group := group_of.get(run.id)) is not None:
            members.setdefault(group, []).append(run)
    return [ListedGroup(group, tuple(members.get(group.id, ())), group.id not in unfolded) for group in groups]


def with_groups(runs: Sequence[ListedRun], groups: Sequence[ListedGroup]) -> list[Row]:
    """Return the lines of a list: each group above its runs, and one without runs where the time of its start belongs.

    Args:
        runs: As `core.runs.run_list.RunList` orders them.
        groups: The newest first.
    """
    group_of = {run.id: group for group in groups for run in group.runs}
    without = [group for group in reversed(groups) if not group.runs]
    above: set[str] = set()
    lines: list[Row] = []
    for run in runs:
        group = group_of.get(run.id)
        heads = not run.depth or (group is not None and group.id not in above)
        while heads and without and without[-1].id > run.id:
            lines.append(without.pop())
        if group is not None and group.id not in above:
            above.add(group.id)
            lines.append(group)
        if group is None or not group.folded:
            lines.append(run)
    return [*lines, *reversed(without)]
