"""The application: its screens, the keys that work everywhere, and what every drawn line passes through."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

from textual import events, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme

from core.base.errors import ReviewtuiError
from core.base.files import home
from core.engine.client import EngineClient
from core.runs.folder import RunFolder
from core.runs.trash import empty_trash
from tui.keys.bindings import bindings
from tui.keys.keymap import FILE_NAME, read_keymap
from tui.keys.names import shown
from tui.keys.unanswered import UnansweredKeys
from tui.navigation.keys import APP
from tui.navigation.palette import SettingCommands
from tui.navigation.place import PlaceBar
from tui.navigation.table import SCREENS, ScreenEntry
from tui.preferences import read_theme, remember_theme
from tui.terminal.output_filter import OutputFilter
from tui.workbench import Workbench

_MAX_TOASTS = 3
"""The most problems with `keys.toml` that are shown one by one at the start."""


class ReviewTui(Workbench):
    """The reviewtui application."""

    TITLE = "reviewtui"
    CSS_PATH = "app.tcss"
    DEFAULT_MODE = "runs"
    COMMANDS = Workbench.COMMANDS | {SettingCommands}
    BINDINGS: ClassVar[list[BindingType]] = bindings(APP)

    def __init__(
        self,
        *,
        data: str | None = None,
        pile: str | None = None,
        run: RunFolder | None = None,
        engine: EngineClient | None = None,
        place: str | None = None,
    ) -> None:
        """Create the application; see `Workbench` for the arguments.

        Args:
            place: The screen to begin with; None takes that of `data` or `pile`, or the list of runs.
        """
        if place is not None:
            self.DEFAULT_MODE = place  # type: ignore[misc]  # the first frame need not wait for the list of runs
        super().__init__(data=data, pile=pile, run=run, engine=engine)
        self._output_filter = OutputFilter()
        self.at_hang_up: Callable[[], None] = lambda: None
        """What else has to be done if the terminal is gone, when the process ends without returning to its caller."""
        self.failure: Exception | None = None
        """The unexpected error that ended the workbench, if one did."""
        self.error_console.quiet = True  # it would print a traceback with the texts of reviews, unfiltered
        self._first = "data" if data is not None else "classify" if pile is not None else ""
        self._unanswered = UnansweredKeys(self, self.say)
        self._default_displays: dict[str, str] = {}
        """How the footer shows the default keys of actions that `keys.toml` does not change."""
        theme = read_theme()
        if theme in self.available_themes and not os.environ.get("TEXTUAL_THEME"):
            self.theme = theme
        self._theme_kept = self.theme

    def on_mount(self) -> None:
        if not self.is_headless:
            from tui.terminal.hangup import watch

            watch(self, self.hang_up)
        self.telling.begin()
        self._use_keymap()
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        if self._first:
            self.switch_mode(self._first)

    def on_unmount(self) -> None:
        self.telling.end()
        self.close_engines()
        empty_trash()

    def hang_up(self) -> None:
        """End what the workbench has started, when its terminal is gone: nothing else is done after it."""
        self.close_engines()
        self.at_hang_up()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return the filters that every drawn line of every widget passes through."""
        return [*super().get_line_filters(), self._output_filter]

    def _handle_exception(self, error: Exception) -> None:
        self.failure = self.failure or error
        super()._handle_exception(error)

    # Keys

    def _use_keymap(self) -> None:
        """Assign the keys of `keys.toml` to actions, and report its invalid lines."""
        if not (home() / FILE_NAME).exists():
            return
        from tui.registry import ACTIONS, TABLES

        keymap = read_keymap(home() / FILE_NAME, TABLES)
        for problem in keymap.problems[:_MAX_TOASTS]:
            self.say(problem, "warning")
        if (more := len(keymap.problems) - _MAX_TOASTS) > 0:
            self.say(f"{FILE_NAME}: {more} more; `reviewtui keys` says all of them.", "warning")
        if keymap.changed:
            self.changed_keys = keymap.changed
            # Every action is named: Textual drops a binding that shares a key with a remapped one and is not.
            self.set_keymap({id: ",".join(keymap.keys(action)) for id, action in ACTIONS.items()})
            kept = (action for id, action in ACTIONS.items() if id not in keymap.changed)
            self._default_displays = {action.id: action.shown_as for action in kept if action.shown_as}
            for bar in self.screen.query(PlaceBar):
                bar.draw()

    def get_key_display(self, binding: Binding) -> str:
        """Return the text that the footer shows for a key."""
        return self._default_displays.get(binding.id or "") or super().get_key_display(binding)

    async def on_key(self, event: events.Key) -> None:
        """Handle a key that no widget handled, before Textual looks up its binding."""
        if await self._unanswered.answer(event):
            event.prevent_default()

    # Actions

    def action_go(self, place: str) -> None:
        """Go to a screen."""
        self.switch_mode(place)

    def action_go_to(self) -> None:
        """Wait for the letter of a screen."""
        from tui.navigation.go_to import GoTo

        def go(place: str | None) -> None:
            if place:
                self.switch_mode(place)

        self.push_screen(GoTo(), go)

    def action_help(self) -> None:
        """Show what this screen is for, and its keys."""
        from tui.navigation.help import Help
        from tui.registry import TABLE_OF

        if not isinstance(self.screen, Help):
            self.push_screen(Help.of(self.screen, TABLE_OF))

    def action_quit_hint(self) -> None:
        """Say how to quit when ctrl+c is pressed, which would otherwise end the workbench by accident."""
        self.say("ctrl+q quits. Runs go on without the workbench.")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield the commands of the palette: every key that works now, the screens, and Textual's own commands."""
        from tui.registry import ACTIONS

        told = set()
        for key, active in screen.active_bindings.items():
            action = ACTIONS.get(active.binding.id or "")
            if action is None or not active.enabled or action.id in told or action.action == "command_palette":
                continue
            told.add(action.id)
            run = partial(self.run_action, active.binding.action, active.node)
            title = f"Go to {action.title}" if action.action.startswith("go(") else action.title
            yield SystemCommand(title, f"{shown(key)}   {action.help}".rstrip(), run)
        yield from (command for command in super().get_system_commands(screen) if command.title != "Quit")

    # The theme

    def _theme_changed(self, theme: Theme) -> None:
        if theme.name != self._theme_kept:
            self._theme_kept = theme.name
            self._remember_theme(theme.name)

    @work(thread=True, exclusive=True, group="theme", exit_on_error=False)
    def _remember_theme(self, theme: str) -> None:
        try:
            remember_theme(theme)
        except ReviewtuiError as error:
            self.call_from_thread(self.say, error, "warning")


def _load(entry: ScreenEntry) -> Screen[Any]:
    """Import a screen when it is first shown, so that the first frame waits for one screen only."""
    screen: Screen[Any] = getattr(import_module(f"tui.screens.{entry.name}.screen"), entry.class_name)()
    return screen


ReviewTui.MODES = {entry.name: partial(_load, entry) for entry in SCREENS}
