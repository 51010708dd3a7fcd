"""A small dialog: one letter goes to one of the five places."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.screens.base import PLACES


class GoTo(ModalScreen[str | None]):
    """Answers with the name of a place, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(place[0], f"choose('{place}')", title, id=f"go_to.{place}") for place, title in PLACES.items()),
        Binding("escape,g,q", "choose('')", "Stay", id="go_to.stay"),
    ]

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        lines: list[tuple[str, str]] = [("Go to\n", "bold")]
        for number, (place, title) in enumerate(PLACES.items(), start=2):
            lines += [
                (f"\n  {place[0]} ", "bold $text-primary"),
                (f" {title:<10}", ""),
                (f" F{number} ", "$foreground-muted"),
            ]
        lines.append(("\n\n  esc  stay here", "$foreground-muted"))
        with Vertical(classes="box"):
            yield Static(Content.assemble(*lines))

    def action_choose(self, place: str) -> None:
        """Close with the chosen place."""
        self.dismiss(place or None)
