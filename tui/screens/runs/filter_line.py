"""The line in which the filter of the list of runs is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from tui.keys.bindings import bindings
from tui.screens.runs.keys import RUN_FILTER
from tui.widgets.line_input import LineInput


class FilterLine(LineInput):
    """A `LineInput` that is left downwards."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(RUN_FILTER)

    class Left(Message):
        """The user goes on to the list."""

    def action_leave(self) -> None:
        """Go to the list; what was typed stays."""
        self.post_message(self.Left())
