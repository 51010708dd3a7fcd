"""A dialog that shows text to read, and scrolls it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys.bindings import bindings
from tui.widgets.keys import DETAILS


class Details(ModalScreen[None]):
    """A title, text, and a line about it."""

    DEFAULT_CSS = """
    Details > #details {
        width: 78; max-width: 96%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    #details > VerticalScroll { height: auto; max-height: 75vh; scrollbar-size: 1 1; }
    #details > .help { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(DETAILS)

    def __init__(self, title: str, content: Content, note: str = "") -> None:
        """Args: title, content and note: Cleaned."""
        self._title, self._content, self._note = title, content, note
        super().__init__()

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(id="details"):
            yield Static(Content.styled(self._title, "bold"))
            with VerticalScroll():
                yield Static(self._content)
            closes = "↑ ↓ scroll · esc closes"
            yield Static(Content(f"{self._note} · {closes}" if self._note else closes), classes="help")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
