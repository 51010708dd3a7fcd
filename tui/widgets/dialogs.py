"""Small dialogs: choose one of a few, find one of many, and ask for one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from tui.keys.bindings import bindings
from tui.widgets.keys import ASK, CHOOSE, FIND, MAX_DIGITS
from tui.widgets.line_input import LineInput
from tui.widgets.marked_list import MarkedList


class Choose(ModalScreen[int | None]):
    """A list to choose from. Returns the index of the choice, or None. Digits choose the first nine immediately."""

    DEFAULT_CSS = """
    Choose > .box > OptionList { width: 70; max-width: 100%; height: auto; max-height: 60vh; border: none; padding: 0; }
    Choose > .box > .help { width: 70; max-width: 100%; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(CHOOSE)

    def __init__(self, title: str, choices: Sequence[Content], current: int | None = None, help: str = "") -> None:
        """Args: choices: As they are shown, cleaned; current: The present choice; help: A sentence below the list."""
        self._title, self._choices, self._current, self._help = title, choices, current, help
        super().__init__()

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        options = []
        for index, choice in enumerate(self._choices):
            mark = "• " if index == self._current else "  "
            digit = f"{index + 1}" if index < MAX_DIGITS else " "
            options.append(Content.assemble((f"{digit} ", "$text-primary"), mark, choice))
        with Vertical(classes="box"):
            yield Static(Content.styled(self._title, "bold"))
            yield MarkedList(options)
            hint = "enter confirms · esc cancels"
            yield Static(Content(f"{self._help}\n{hint}" if self._help else hint), classes="help")

    def on_mount(self) -> None:
        chosen = self.query_one(MarkedList)
        chosen.highlighted = self._current or 0
        self.set_focus(chosen)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.dismiss(message.option_index)

    def action_pick(self, index: int) -> None:
        """Choose with a digit."""
        if index < len(self._choices):
            self.dismiss(index)

    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(None)


class Ask(ModalScreen[str | None]):
    """A question with a line for the answer. Returns what was typed, or None."""

    DEFAULT_CSS = """
    Ask > .box > LineInput { width: 60; max-width: 100%; margin: 1 0; }
    Ask > .box > .help { width: 60; max-width: 100%; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(ASK)

    def __init__(self, title: str, value: str = "", help: str = "") -> None:
        self._title, self._value, self._help = title, value, help
        super().__init__()

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            yield Static(Content.styled(self._title, "bold"))
            yield LineInput(self._value)
            hint = "enter confirms · esc cancels"
            yield Static(Content(f"{self._help}\n{hint}" if self._help else hint), classes="help")

    def on_mount(self) -> None:
        self.set_focus(self.query_one(LineInput))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.dismiss(message.value)

    def action_close(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)


class Find(ModalScreen[str | None]):
    """A search line above a list of matches. Returns the name of the choice, or None."""

    DEFAULT_CSS = """
    Find > .box > LineInput { width: 70; max-width: 100%; margin: 1 0; }
    Find > .box > OptionList { width: 70; max-width: 100%; height: 12; max-height: 60vh; border: none; padding: 0; }
    Find > .box > .help { width: 70; max-width: 100%; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(FIND)

    def __init__(self, title: str, find: Callable[[str], Sequence[tuple[str, Content]]]) -> None:
        """Create the dialog.

        Args:
            title: What is looked for.
            find: From the words typed to the choices that have them: name, and how it is shown.
        """
        self._title, self._find = title, find
        self._found: list[str] = []
        super().__init__()

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            yield Static(Content.styled(self._title, "bold"))
            yield LineInput()
            yield MarkedList()
            yield Static(Content("enter confirms · esc cancels"), classes="help")

    def on_mount(self) -> None:
        self.query_one(MarkedList).can_focus = False
        self.set_focus(self.query_one(LineInput))
        self._list("")

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._list(message.value)

    def _list(self, words: str) -> None:
        found = self._find(words)
        self._found = [name for name, _ in found]
        self.query_one(MarkedList).show([choice for _, choice in found])

    def action_move(self, way: str) -> None:
        """Move the cursor in the list."""
        chooser = self.query_one(MarkedList)
        chooser.action_cursor_down() if way == "down" else chooser.action_cursor_up()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        at = self.query_one(MarkedList).highlighted
        if at is not None:
            self.dismiss(self._found[at])

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.dismiss(self._found[message.option_index])

    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(None)
