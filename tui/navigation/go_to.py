"""The `g` menu: the next key is the letter of a screen. A list of letters appears after a moment."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys.bindings import bindings
from tui.navigation.keys import GO_TO
from tui.navigation.table import SCREENS


class GoTo(ModalScreen[str | None]):
    """Returns the name of a screen, or None. It accepts keys immediately, and is shown after a moment."""

    DEFAULT_CSS = """
    GoTo.-hidden { background: transparent; }
    GoTo.-hidden > .box { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(GO_TO)
    SHOW_AFTER_SECONDS: ClassVar[float] = 0.2

    def compose(self) -> ComposeResult:
        self.set_classes("dialog -hidden")
        with Vertical(classes="box"):
            yield Static(self._menu())

    def _menu(self) -> Content:
        lines: list[tuple[str, str]] = [("Go to\n", "bold")]
        for screen in SCREENS:
            lines += [
                (f"\n  {screen.letter} ", "bold $text-primary"),
                (f" {screen.title:<10}", ""),
                (f" {screen.function_key.upper()} ", "$foreground-muted"),
            ]
        return Content.assemble(*lines, ("\n\n  esc  stay here", "$foreground-muted"))

    def on_mount(self) -> None:
        self.set_timer(self.SHOW_AFTER_SECONDS, self._show)

    def on_key(self, event: events.Key) -> None:
        """Show the list of letters after a key that is not one of them."""
        if event.key not in self.active_bindings:
            self._show()

    def _show(self) -> None:
        self.remove_class("-hidden")

    def action_choose(self, place: str) -> None:
        """Close with the chosen screen."""
        self.dismiss(place or None)
