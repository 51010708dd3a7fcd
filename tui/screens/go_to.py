"""A small dialog: one letter goes to one of the five places."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys.bindings import bindings
from tui.screens.keys import GO_TO
from tui.screens.table import SCREENS


class GoTo(ModalScreen[str | None]):
    """Answers with the name of a place, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(GO_TO)

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        lines: list[tuple[str, str]] = [("Go to\n", "bold")]
        for screen in SCREENS:
            lines += [
                (f"\n  {screen.letter} ", "bold $text-primary"),
                (f" {screen.title:<10}", ""),
                (f" {screen.function_key.upper()} ", "$foreground-muted"),
            ]
        lines.append(("\n\n  esc  stay here", "$foreground-muted"))
        with Vertical(classes="box"):
            yield Static(Content.assemble(*lines))

    def action_choose(self, place: str) -> None:
        """Close with the chosen place."""
        self.dismiss(place or None)
