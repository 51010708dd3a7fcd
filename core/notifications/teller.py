"""Tells the events of one run by the user's command, from the process that supervises its worker.

That process outlives the terminal, the workbench and the worker. What the user asks for is read anew whenever it was
changed, so a run that is at work already can be told of, too. Nothing here may disturb the run: whatever goes wrong is
written to its `notify.log`, and nothing is waited for while the worker lives.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

from core.base.errors import ReviewtuiError
from core.base.files import open_private
from core.base.preferences import preferences_file
from core.base.text import clean
from core.notifications.command import RunningCommand
from core.notifications.followed import FollowedRun
from core.notifications.preferences import Notifications, read_notifications
from core.notifications.told import claim
from core.runs.folder import RunFolder


class RunTeller:
    """Tells what happens to a run from now on."""

    def __init__(self, run: RunFolder, clock: Callable[[], float] = time.time) -> None:
        """Args: clock: In seconds since 1970."""
        self._run, self._clock, self._began = run, clock, clock()
        self._chosen, self._changed = Notifications(), -1
        self._followed: FollowedRun | None = None
        self._commands: list[RunningCommand] = []
        self._said: set[str] = set()
        self._broken = False

    def look(self) -> None:
        """Tell what is new, and note how commands went that were started before. Never raises, never waits."""
        if self._broken:
            return
        try:
            self._read_choice()
            if self._followed is not None:
                self._tell(self._followed)
            self._commands = [one for one in self._commands if not self._over(one)]
        except Exception:  # a run must not end because it cannot be told of
            self._broken = True
            print(clean(traceback.format_exc()), file=sys.stderr, flush=True)

    def finish(self) -> None:
        """Wait for the commands that still run, each of which ends in half a minute."""
        for one in self._commands:
            one.wait()
            self._over(one)
        self._commands = []

    def _read_choice(self) -> None:
        try:
            changed = preferences_file().stat().st_mtime_ns
        except OSError:
            changed = 0
        if changed == self._changed:
            return
        self._changed, before = changed, self._chosen
        self._chosen = read_notifications()
        if not self._chosen.by_command:
            self._followed = None
        elif self._followed is None or before.asked != self._chosen.asked:
            self._followed = FollowedRun(self._run, max(self._began, self._chosen.asked))

    def _tell(self, followed: FollowedRun) -> None:
        for event in followed.look():
            if event.kind in self._chosen.events and claim(self._run, event, "command"):
                self._commands.append(RunningCommand(self._chosen.command, followed.facts(event)))

    def _over(self, command: RunningCommand) -> bool:
        """Return whether a command has ended; each way in which one fails is noted once."""
        outcome = command.outcome()
        if outcome and outcome not in self._said:
            self._said.add(outcome)
            self._note(outcome)
        return outcome is not None

    def _note(self, sentence: str) -> None:
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(self._clock()))}  {sentence}\n"
        with suppress(OSError, ReviewtuiError):
            descriptor = open_private(self._run.notify_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
