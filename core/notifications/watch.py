"""Watches all runs that train, for a workbench that is open: what to tell through its terminal, and their progress.

A run is followed from the moment its worker is seen until it is over. What happened before the workbench was opened, or
before the user asked, is not told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.notifications.command import RunningCommand
from core.notifications.followed import FollowedRun
from core.notifications.preferences import Notifications
from core.notifications.told import claim
from core.runs.active import active_runs
from core.runs.status import OVER, State


@dataclass(frozen=True)
class Progress:
    """How far a run is, for the title of a terminal."""

    name: str
    state: State
    share: float | None
    """The share of its steps that is made; None before there is a plan."""


class RunWatch:
    """Looks at the runs again and again. Every call takes some time, so make them in a thread."""

    def __init__(self, chosen: Notifications, began: float) -> None:
        """Args: chosen: What the user asked for; began: When the workbench was opened, in seconds since 1970."""
        self._chosen = chosen
        self._since = max(began, chosen.asked)
        self._followed: dict[str, FollowedRun] = {}
        self._commands: list[RunningCommand] = []
        self._said: set[str] = set()
        self.progress: Progress | None = None
        """The run that has begun last, or the last one that has ended; None until there was one."""

    def look(self) -> list[dict[str, Any]]:
        """Return the facts of each event that is to be told through the terminal, and by nobody else."""
        for run in active_runs():
            if run.id not in self._followed:
                self._followed[run.id] = FollowedRun(run, self._since)
        told = []
        for followed in sorted(self._followed.values(), key=lambda one: one.run.id):
            try:
                told += self._look_at(followed)
            except OSError:  # deleted meanwhile
                del self._followed[followed.run.id]
        return told

    def troubles(self) -> list[str]:
        """Return what went wrong with the user's command since the last call, each sentence once."""
        outcomes = [one.outcome() for one in self._commands]
        self._commands = [one for one, outcome in zip(self._commands, outcomes, strict=True) if outcome is None]
        new = [sentence for sentence in dict.fromkeys(outcomes) if sentence and sentence not in self._said]
        self._said.update(new)
        return new

    def _look_at(self, followed: FollowedRun) -> list[dict[str, Any]]:
        events = [one for one in followed.look() if one.kind in self._chosen.events]
        told = []
        for event in events:
            # The run's supervisor tells the rest, whether a workbench is open or not.
            if event.by_death and self._chosen.by_command and claim(followed.run, event, "command"):
                self._commands.append(RunningCommand(self._chosen.command, followed.facts(event)))
            if self._chosen.at_terminal and claim(followed.run, event, "terminal"):
                told.append(followed.facts(event))
        state = followed.status.state
        if state in OVER:
            del self._followed[followed.run.id]
        if state not in OVER or self.progress is None or self.progress.state not in OVER:
            self.progress = Progress(followed.name, state, followed.progress)
        return told
