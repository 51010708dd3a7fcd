"""Reads all runs for a list, again and again; a run that has ended is read once more only if it has changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.runs.disk_usage import bytes_on_disk
from core.runs.folder import RunFolder, list_runs
from core.runs.group_list import GroupList, WrittenGroup
from core.runs.listed import ListedRun
from core.runs.outline import Value
from core.runs.queue import read_queue
from core.runs.stamps import Stamp, stamp_of_files
from core.runs.status import OVER
from core.runs.summary import RunSummary, summarize
from core.runs.tree import as_tree

_Details = tuple[RunSummary, dict[str, Value | None], dict[str, Value | None] | None, int]
"""What belongs to a summary: all settings, those that differ from the preset, if they were asked for, and the size."""
_AT_FIRST = 100
"""How many runs a quick reading reads: more than any screen shows."""


class RunList:
    """The runs of this home."""

    def __init__(self) -> None:
        self._summaries: dict[str, tuple[Stamp, RunSummary]] = {}
        self._details: dict[str, _Details] = {}
        self._listed: dict[str, ListedRun] = {}
        self._groups = GroupList()
        self.groups: list[WrittenGroup] = []
        """The groups, as they were with the latest reading, the newest first; without those whose runs it left out."""
        self.unread = 0
        """How many runs the latest reading left out."""
        self.queue_has_stopped = False
        """Whether runs waited although none trained, when the runs were last read."""

    def read(self, *, quick: bool = False, settings: bool = True) -> list[ListedRun]:
        """Return all runs, the newest first, with branches below the run that they come from, and groups together.

        Args:
            quick: Only the newest, without what takes the longest: settings that are not written down, and the space on
                the disk. For the first list of all; `unread` then says how many are missing.
            settings: Whether all settings are needed, and those that differ from the preset, which imports pydantic.

        Raises:
            OSError: A run's folder cannot be read.
            ReviewtuiError: The folder of runs cannot be read.
        """
        folders, self.groups = list_runs(), self._groups.read()
        everything = len(folders)
        if quick:
            folders, self.groups = _first(folders, self.groups)
        self.unread = everything - len(folders)
        group_of = {run: group for group in self.groups for run in group.runs}
        names = {run: group.outline.name for run, group in group_of.items()}
        tree = as_tree(self._summarized(folders), {run: group.id for run, group in group_of.items()})
        waiting = any(summary.state == "queued" for summary, _ in tree)
        queue = read_queue() if waiting else None
        places = {one.run.id: place for place, one in enumerate(queue.waiting, start=1)} if queue is not None else {}
        self.queue_has_stopped = queue is not None and queue.has_stopped
        if quick:
            return [
                ListedRun(one, depth, places.get(one.id), _written(one), group=names.get(one.id)) for one, depth in tree
            ]
        self._details = {summary.id: self._detailed(summary, settings) for summary, _ in tree}
        known, self._listed = self._listed, {}
        for summary, depth in tree:
            details = self._details[summary.id][1:]
            listed = ListedRun(summary, depth, places.get(summary.id), *details, names.get(summary.id))
            before = known.get(summary.id)
            self._listed[summary.id] = before if before is not None and before == listed else listed
        return list(self._listed.values())

    def _summarized(self, runs: Sequence[RunFolder]) -> list[RunSummary]:
        found: dict[str, tuple[Stamp, RunSummary]] = {}
        for run in runs:
            stamp = stamp_of(run)
            known = self._summaries.get(run.id)
            if known is None or known[0] != stamp or known[1].state not in OVER:
                try:
                    known = stamp, summarize(run)
                except FileNotFoundError:  # deleted meanwhile
                    continue
            found[run.id] = known
        self._summaries = found
        return [summary for _, summary in found.values()]

    def _detailed(self, summary: RunSummary, settings: bool) -> _Details:
        known = self._details.get(summary.id)
        if known is not None and known[0] is summary and (known[2] is not None or not settings):
            return known
        size, outline = bytes_on_disk(Path(summary.folder)), summary.outline
        if outline is None or not settings:
            return summary, _written(summary), None if outline is not None else {}, size
        return summary, outline.all_settings(), outline.changed_settings(), size


def _written(summary: RunSummary) -> dict[str, Value | None]:
    """Return the settings that are written down."""
    return {**summary.outline.settings} if summary.outline is not None else {}


def stamp_of(run: RunFolder) -> Stamp:
    """Return what changes whenever a file does that a summary is read from."""
    return stamp_of_files(run.path, run.journal, run.settings, run.notes, run.lock, run.model, run.checkpoints)


def _first(runs: Sequence[RunFolder], groups: Sequence[WrittenGroup]) -> tuple[list[RunFolder], list[WrittenGroup]]:
    """Return the newest runs with all that are in a group with one of them, and the groups that are then complete."""
    first = {run.id for run in runs[:_AT_FIRST]}
    for group in groups:
        if not first.isdisjoint(group.runs):
            first.update(group.runs)
    there = {run.id for run in runs}
    complete = [group for group in groups if there.isdisjoint(group.runs) or not first.isdisjoint(group.runs)]
    return [run for run in runs if run.id in first], complete
