"""Reads all runs for a list, again and again; a run that has ended is read once more only if it has changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.runs.disk_usage import bytes_on_disk
from core.runs.folder import RunFolder, list_runs
from core.runs.listed import ListedRun
from core.runs.outline import Value
from core.runs.queue import read_queue
from core.runs.status import OVER
from core.runs.summary import RunSummary, summarize
from core.runs.tree import as_tree

_Stamp = tuple[tuple[int, int, int], ...]


class RunList:
    """The runs of this home."""

    def __init__(self) -> None:
        self._summaries: dict[str, tuple[_Stamp, RunSummary]] = {}
        self._details: dict[str, tuple[RunSummary, dict[str, Value | None], dict[str, Value | None], int]] = {}
        self._listed: dict[str, ListedRun] = {}
        self.queue_has_stopped = False
        """Whether runs waited although none trained, when the runs were last read."""

    def read(self, *, quick: bool = False) -> list[ListedRun]:
        """Return all runs, the newest first, with branches below the run that they come from.

        Args:
            quick: leave out what takes the longest, for the first list of all: settings that are not written down,
                and the space on the disk.

        Raises:
            OSError: A run's folder cannot be read.
            ReviewtuiError: The folder of runs cannot be read.
        """
        tree = as_tree(self._summarized(list_runs()))
        waiting = any(summary.state == "queued" for summary, _ in tree)
        queue = read_queue() if waiting else None
        places = {one.run.id: place for place, one in enumerate(queue.waiting, start=1)} if queue is not None else {}
        self.queue_has_stopped = queue is not None and queue.has_stopped
        if quick:
            return [
                ListedRun(summary, depth, places.get(summary.id), summary.outline.settings if summary.outline else {})
                for summary, depth in tree
            ]
        self._details = {summary.id: self._detailed(summary) for summary, _ in tree}
        known, self._listed = self._listed, {}
        for summary, depth in tree:
            listed = ListedRun(summary, depth, places.get(summary.id), *self._details[summary.id][1:])
            before = known.get(summary.id)
            self._listed[summary.id] = (
                before if before is not None and before == listed else listed
            )  # keeps what it has worked out
        return list(self._listed.values())

    def _summarized(self, runs: Sequence[RunFolder]) -> list[RunSummary]:
        found: dict[str, tuple[_Stamp, RunSummary]] = {}
        for run in runs:
            stamp = _stamp(run)
            known = self._summaries.get(run.id)
            if known is None or known[0] != stamp or known[1].state not in OVER:
                try:
                    known = stamp, summarize(run)
                except FileNotFoundError:  # deleted meanwhile
                    continue
            found[run.id] = known
        self._summaries = found
        return [summary for _, summary in found.values()]

    def _detailed(
        self, summary: RunSummary
    ) -> tuple[RunSummary, dict[str, Value | None], dict[str, Value | None], int]:
        known = self._details.get(summary.id)
        if known is not None and known[0] is summary:
            return known
        outline = summary.outline
        settings, changed = (outline.all_settings(), outline.changed_settings()) if outline is not None else ({}, {})
        return summary, settings, changed, bytes_on_disk(Path(summary.folder))


def _stamp(run: RunFolder) -> _Stamp:
    """Return what changes whenever a file does that a summary is read from."""
    return tuple(
        _changes_of(path)
        for path in (run.path, run.journal, run.settings, run.notes, run.lock, run.model, run.checkpoints)
    )


def _changes_of(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size
