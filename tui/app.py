"""The application: the five screens, the keys that work everywhere, and the guard in front of the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from core.base.text import clean_line
from core.engine.client import EngineClient
from core.runs.folder import RunFolder
from core.runs.trash import empty_trash
from tui.keys.bindings import bindings
from tui.screens.keys import APP
from tui.screens.table import SCREENS, ScreenEntry
from tui.terminal.output_filter import OutputFilter
from tui.workbench import Workbench


class ReviewTui(Workbench):
    """The reviewtui application."""

    TITLE = "reviewtui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    DEFAULT_MODE = "runs"

    BINDINGS: ClassVar[list[BindingType]] = bindings(APP)

    def __init__(
        self,
        *,
        data: str | None = None,
        pile: str | None = None,
        run: RunFolder | None = None,
        engine: EngineClient | None = None,
    ) -> None:
        """Args: data: what the Data screen opens on; pile: what Classify opens on; run: to watch or classify with."""
        super().__init__(data=data, pile=pile, run=run, engine=engine)
        self._guard = OutputFilter()
        self.failure: Exception | None = None
        """What nobody foresaw and ended the workbench, if anything did."""
        self.error_console.quiet = True  # it would print a traceback with the texts of reviews, as they are
        self._first = "data" if data is not None else "classify" if pile is not None else "runs"

    def on_mount(self) -> None:
        if not self.is_headless:
            from tui.terminal.hangup import watch

            watch(self, self.engine.close)
        if self._first != "runs":
            self.switch_mode(self._first)

    def on_unmount(self) -> None:
        self.engine.close()
        empty_trash()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every drawn line of every widget passes through."""
        return [*super().get_line_filters(), self._guard]

    def _handle_exception(self, error: Exception) -> None:
        self.failure = self.failure or error
        super()._handle_exception(error)

    # Actions

    def action_go(self, place: str) -> None:
        """Go to a place."""
        self.switch_mode(place)

    def action_go_to(self) -> None:
        """Offer the five places."""
        from tui.screens.go_to import GoTo

        def go(place: str | None) -> None:
            if place:
                self.switch_mode(place)

        self.push_screen(GoTo(), go)

    def action_help(self) -> None:
        """What this screen is for, and every key that works on it now."""
        from tui.screens.help import Help

        if not isinstance(self.screen, Help):
            self.push_screen(Help.of(self.screen))

    def action_quit_hint(self) -> None:
        """ctrl+c does not end the workbench by accident."""
        self.say("ctrl+q quits. A run goes on without the workbench.")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: every live key of the screen, the five places, and Textual's own."""
        for active in screen.active_bindings.values():
            if active.enabled and active.binding.description and active.node is screen:
                action = active.binding.action
                yield SystemCommand(
                    active.binding.description,
                    clean_line(active.binding.tooltip or f"Key {self.get_key_display(active.binding)}"),
                    partial(screen.run_action, action),
                )
        for entry in SCREENS:
            yield SystemCommand(f"Go to {entry.title}", "A screen", partial(self.switch_mode, entry.name))
        yield from self._settings(screen)
        yield from super().get_system_commands(screen)

    def _settings(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every setting, which the Setup screen then shows."""
        from core.settings.schema import describe

        for declaration in describe():
            words = f"{declaration.title} ({declaration.name})"
            yield SystemCommand(words, f"A setting: {declaration.help}", partial(self.open_setting, declaration.name))


def _load(entry: ScreenEntry) -> Screen[Any]:
    """Import a screen when it is first shown: the first frame waits for one only."""
    screen: Screen[Any] = getattr(import_module(f"tui.screens.{entry.name}.screen"), entry.class_name)()
    return screen


ReviewTui.MODES = {entry.name: partial(_load, entry) for entry in SCREENS}
