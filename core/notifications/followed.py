"""A run that is followed for its events: its journal, its state, and what is known about an event of it."""

from __future__ import annotations

from typing import Any

from core.notifications.events import Event, EventFinder, facts_of
from core.runs.folder import RunFolder
from core.runs.journal import JournalReader
from core.runs.outline import read_outline
from core.runs.status import OVER, RunStatus, run_status


class FollowedRun:
    """Reads what is new of a run, and finds the events in it."""

    def __init__(self, run: RunFolder, since: float) -> None:
        """Args: since: Seconds since 1970; what happened before is no event."""
        self.run = run
        self._finder, self._journal = EventFinder(since), JournalReader(run.journal)
        self.history = self._finder.history
        self.status = RunStatus("starting")
        """The state of the run when it was last looked at."""

    def look(self) -> list[Event]:
        """Return the events since the last look.

        Raises:
            OSError: The run's folder is gone.
        """
        found = self._finder.read(self._journal.read_new())
        self.status = run_status(self.run, self.history)
        if self.status.state in OVER:  # what was written between the two
            found += self._finder.read(self._journal.read_new())
        return found + self._finder.see(self.status)

    def facts(self, event: Event) -> dict[str, Any]:
        """Return what is known about an event, as the JSON object that a command gets."""
        run = self.run
        return facts_of(event, run.id, self.name, str(run.path), self.history, self.status.state)

    @property
    def name(self) -> str:
        """What the run is called now."""
        outline = read_outline(self.run.settings)
        return outline.name if outline is not None else self.run.id

    @property
    def progress(self) -> float | None:
        """The share of its steps that is made; None before there is a plan."""
        planned = self.history.planned_steps
        return min(self.history.step / planned, 1.0) if planned else None
