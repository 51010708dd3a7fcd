"""Reading the folders of all runs, for the list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.runs.disk_usage import bytes_on_disk
from core.runs.folder import list_runs
from core.runs.summary import RunSummary, summarize
from core.runs.tree import as_tree
from tui.formatting import settings_text


@dataclass(frozen=True)
class RunRow:
    """A run as the list shows it."""

    summary: RunSummary
    depth: int
    """The number of listed runs that it descends from."""
    settings: str = ""
    """Its preset, and the settings that differ from it; empty while they are not known."""
    bytes_on_disk: int | None = None
    """Its size on disk; None while unknown."""


class RunListing:
    """Reads all runs repeatedly. What depends only on a run's summary is read once per summary."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[RunSummary, str, int]] = {}

    def read(self, *, quick: bool = False) -> list[RunRow]:
        """Return all runs in the order of the list. Takes some time: call it in a thread.

        Args:
            quick: leave out what takes the longest, for the first list of all: settings and disk space.

        Raises:
            OSError: The folder of runs cannot be read.
        """
        tree = as_tree([summarize(run) for run in list_runs()])
        if quick:
            return [RunRow(summary, depth) for summary, depth in tree]
        self._known = {summary.id: self._read(summary) for summary, _ in tree}
        return [RunRow(summary, depth, *self._known[summary.id][1:]) for summary, depth in tree]

    def _read(self, summary: RunSummary) -> tuple[RunSummary, str, int]:
        known = self._known.get(summary.id)
        if known is not None and known[0] == summary:
            return known
        outline = summary.outline
        settings = settings_text(outline.recipe, outline.changed_settings()) if outline is not None else "?"
        return summary, settings, bytes_on_disk(Path(summary.folder))
