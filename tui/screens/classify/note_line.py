"""The line in which a note about a review is written. No other key acts while it has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from tui.keys.bindings import bindings
from tui.screens.classify.keys import NOTE
from tui.widgets.line_input import LineInput


class NoteLine(LineInput):
    """A line for a note. `Input.Submitted` keeps it; `Left` says that the user left it with escape."""

    HELP = "A note about this review. Enter keeps it, esc leaves it as it was; until then no key decides anything."
    BINDINGS: ClassVar[list[BindingType]] = bindings(NOTE)

    class Left(Message):
        """The user left the line."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def action_leave(self) -> None:
        """Leave the note as it was."""
        self.post_message(self.Left(self.value))
