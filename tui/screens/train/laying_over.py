"""Choosing what is laid over the charts of the Train screen, and following it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import work

from core.runs.folder import RunFolder
from tui.screens.train.actions import ActsOnRun
from tui.screens.train.overlay import MOST, Choice, Overlay, choices, choices_of
from tui.widgets.checklist import CheckList


class LaysOver(ActsOnRun):
    """A screen about one run that can show others on its charts. A subclass draws them."""

    def __init__(self) -> None:
        super().__init__()
        self.overlay = Overlay()
        self._pinned = False
        """Whether what is laid over stays when another run is opened."""

    def draw_overlay(self) -> None:
        """Draw the charts anew with what is laid over them."""
        raise NotImplementedError

    def start_overlay(self, run: RunFolder | None) -> None:
        """Keep what is pinned for a run that is opened now, and lay over it what another screen wants."""
        self.overlay = self.overlay.without(run) if self._pinned and run is not None else Overlay()
        wanted, self.app.runs_to_overlay = self.app.runs_to_overlay, []
        if wanted:
            self._lay_over_runs(wanted)

    @work(exclusive=True, exit_on_error=False, group="overlay")
    async def _lay_over_runs(self, runs: Sequence[RunFolder]) -> None:
        await self._lay_over(await asyncio.to_thread(choices_of, runs))

    @work(exclusive=True, exit_on_error=False, group="overlay")
    async def action_overlay(self) -> None:
        """Choose runs and groups to show on the same charts."""
        run = self.run_shown
        if run is None:
            return
        found = await asyncio.to_thread(choices, run)
        if not found:
            self.app.say("There is no other run that has made steps.")
            return
        there = {one.key for one in self.overlay.choices}
        ticked = [number for number, one in enumerate(found) if one.key in there]
        dialog = CheckList("Runs on the same charts", [one.described() for one in found], ticked)
        chosen = await self.app.push_screen_wait(dialog)
        if chosen is not None and run == self.run_shown:
            await self._lay_over([found[at] for at in chosen])

    async def _lay_over(self, chosen: Sequence[Choice]) -> None:
        if len(chosen) > MOST:
            self.app.say(f"No more than {MOST} can be told apart; the first {MOST} are shown.", "warning")
        overlay = Overlay(chosen[:MOST])
        await asyncio.to_thread(overlay.look)
        self.overlay = overlay
        self.draw_overlay()
        self.refresh_bindings()

    async def follow_overlay(self) -> None:
        """Show what is new of the other runs."""
        overlay = self.overlay
        if overlay.choices:
            news = await asyncio.to_thread(overlay.look)
            if news and overlay is self.overlay:
                self.draw_overlay()

    def action_pin(self) -> None:
        """Keep what is laid over when another run is opened, or no longer."""
        self._pinned = not self._pinned
        self.app.say(
            "What is laid over stays when you open another run."
            if self._pinned
            else "What is laid over is taken away when you open another run."
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        allowed = {"overlay": self.run_shown is not None, "pin": bool(self.overlay.choices)}
        return allowed[action] if action in allowed else super().check_action(action, parameters)
