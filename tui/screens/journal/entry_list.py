"""The list of entries, and the line in which its filter is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from tui.keys.bindings import bindings
from tui.screens.journal.keys import JOURNAL_FILTER, JOURNAL_LIST
from tui.widgets.line_input import LineInput
from tui.widgets.marked_list import MarkedList


class EntryList(MarkedList, inherit_bindings=False):
    """One line for each entry."""

    class Resized(Message):
        """Posted when the list has another size, and so lines of another width."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    BINDINGS: ClassVar[list[BindingType]] = bindings(JOURNAL_LIST)

    def replace(self, lines: Sequence[Content], at: int | None) -> None:
        """Show other lines, with the cursor on line `at`, as far as possible where it was on the screen."""
        top = self.scroll_offset.y
        with self.prevent(self.OptionHighlighted):
            self.show(lines)
            self.scroll_to(y=top, animate=False, immediate=True)
            self.highlighted = at


class FilterLine(LineInput):
    """A `LineInput` that is left downwards."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(JOURNAL_FILTER)

    class Left(Message):
        """The user goes on to the list."""

    def action_leave(self) -> None:
        """Go to the list; what was typed stays."""
        self.post_message(self.Left())
