"""Tabs: a line that names the sections of a screen and marks the open one, and the pane of a section."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.keys.bindings import bindings
from tui.widgets.keys import PANE


class Sections(Static):
    """`[1 Overview] 2 Columns …`: brackets and reverse mark the open section, with or without colour."""

    DEFAULT_CSS = """
    Sections { height: 1; color: $text-muted; }
    """

    class Chosen(Message):
        """A section was clicked."""

        def __init__(self, index: int) -> None:
            self.index = index
            super().__init__()

    def __init__(self, titles: Sequence[str], *, id: str | None = None) -> None:
        self._titles = list(titles)
        self._notes: dict[int, str] = {}
        self.current = 0
        super().__init__(markup=False, id=id)

    def on_mount(self) -> None:
        self._redraw()

    def open(self, index: int) -> None:
        """Mark a section as open."""
        self.current = index
        self._redraw()

    def note(self, index: int, words: str) -> None:
        """Show a short note, such as a count, after a title."""
        self._notes[index] = words
        self._redraw()

    def _labels(self) -> list[str]:
        titles = [
            f"{number + 1} {title}" + (f" {note}" if (note := self._notes.get(number)) else "")
            for number, title in enumerate(self._titles)
        ]
        return [f"[{title}]" if number == self.current else f" {title} " for number, title in enumerate(titles)]

    def _redraw(self) -> None:
        parts = [
            (label, "bold reverse" if number == self.current else "") for number, label in enumerate(self._labels())
        ]
        self.update(Content.assemble(" ", *parts))

    def on_click(self, event: events.Click) -> None:
        column = 1
        for number, label in enumerate(self._labels()):
            if column <= event.x < column + len(label):
                self.post_message(self.Chosen(number))
                return
            column += len(label)


class Pane(VerticalScroll, can_focus=True, inherit_bindings=False):
    """The content of a section. It scrolls up and down; left and right are left to the screen, which turns sections."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(PANE)
