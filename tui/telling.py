"""Tells, through the terminal of an open workbench, what happens to runs: what the user asked for, and only then.

The runs are watched (`core/notifications/watch.py`) as long as something is asked for; otherwise nothing is done here.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from textual.app import App

from core.notifications.preferences import Notifications, read_notifications
from tui.formatting import run_title
from tui.terminal.notification import told
from tui.terminal.title import TerminalTitle

LOOK_SECONDS = 2.0


class Telling:
    """What a workbench tells through its terminal."""

    def __init__(self, app: App[Any], warn: Callable[[str], None]) -> None:
        """Args: app: The workbench; warn: Shows what goes wrong with the user's command."""
        self._app, self._warn = app, warn
        self._title = TerminalTitle(self.write)
        self._began = time.time()
        self.chosen = Notifications()
        """What the user asked for."""

    def begin(self) -> None:
        """Watch the runs if the user had asked for that."""
        self._app.run_worker(self._recall(), exclusive=True, group="telling", exit_on_error=False)

    def choose(self, chosen: Notifications) -> None:
        """Tell this from now on."""
        self.chosen = chosen
        if "title" not in chosen.ways:
            self._title.give_back()
        self._app.run_worker(self._watch(chosen), exclusive=True, group="telling", exit_on_error=False)

    def try_out(self) -> None:
        """Tell an example in every way that was chosen."""
        from core.notifications.events import EXAMPLE

        self.write(told(self.chosen.at_terminal, EXAMPLE["text"]))
        if self.chosen.by_command:
            self._app.run_worker(self._try_command(EXAMPLE), group="telling-example", exit_on_error=False)

    def end(self) -> None:
        """Give the terminal its title back."""
        self._title.give_back()

    async def _try_command(self, facts: Mapping[str, Any]) -> None:
        from core.notifications.command import RunningCommand

        running = RunningCommand(self.chosen.command, facts)
        while (outcome := running.outcome()) is None:
            await asyncio.sleep(LOOK_SECONDS / 10)
        if outcome:
            self._warn(outcome)

    async def _recall(self) -> None:
        self.chosen = await asyncio.to_thread(read_notifications)
        await self._watch(self.chosen)

    async def _watch(self, chosen: Notifications) -> None:
        if not chosen.wanted:
            return
        from core.notifications.watch import RunWatch  # the first frame does without it

        watch = RunWatch(chosen, self._began)
        while True:
            for facts in await asyncio.to_thread(watch.look):
                self.write(told(chosen.at_terminal, facts["text"]))
            if "title" in chosen.ways and watch.progress is not None:
                self._title.show(run_title(watch.progress.name, watch.progress.state, watch.progress.share))
            for sentence in watch.troubles():
                self._warn(sentence)
            await asyncio.sleep(LOOK_SECONDS)

    def write(self, sequences: str) -> None:
        """Write to the terminal as the app itself does, so that nothing comes into the middle of a frame."""
        driver: Any = self._app._driver
        if sequences and driver is not None and not self._app.is_headless and _is_terminal():
            driver.write(sequences)


def _is_terminal() -> bool:
    return sys.__stderr__ is not None and sys.__stderr__.isatty()
