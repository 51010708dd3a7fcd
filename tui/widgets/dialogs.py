"""Two small dialogs: choose one of a few, and ask for one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.keys.bindings import bindings
from tui.widgets.keys import ASK, CHOOSE, MAX_DIGITS
from tui.widgets.line_input import LineInput


class Choose(ModalScreen[int | None]):
    """A list to choose from; answers with the index of the choice, or None. Digits choose the first nine at once."""

    DEFAULT_CSS = """
    Choose > .box > OptionList { width: 70; max-width: 100%; height: auto; max-height: 60vh; border: none; padding: 0; }
    Choose > .box > OptionList > .option-list--option-highlighted {
        color: $foreground; background: $surface; text-style: reverse;
    }
    Choose > .box > .help { width: 70; max-width: 100%; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(CHOOSE)

    def __init__(self, title: str, choices: Sequence[Content], current: int | None = None, help: str = "") -> None:
        """Args: choices: as they are shown, cleaned; current: the one that holds now; help: a sentence below."""
        self._title, self._choices, self._current, self._help = title, choices, current, help
        super().__init__()

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        options = []
        for index, choice in enumerate(self._choices):
            mark = "• " if index == self._current else "  "
            digit = f"{index + 1}" if index < MAX_DIGITS else " "
            options.append(Option(Content.assemble((f" {digit} ", "$text-primary"), mark, choice)))
        with Vertical(classes="box"):
            yield Static(Content.styled(self._title, "bold"))
            yield OptionList(*options, markup=False)
            hint = "enter chooses · esc keeps it as it is"
            yield Static(Content(f"{self._help}\n{hint}" if self._help else hint), classes="help")

    def on_mount(self) -> None:
        chosen = self.query_one(OptionList)
        chosen.highlighted = self._current or 0
        chosen.focus()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.dismiss(message.option_index)

    def action_pick(self, index: int) -> None:
        """Choose by digit."""
        if index < len(self._choices):
            self.dismiss(index)

    def action_close(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)


class Ask(ModalScreen[str | None]):
    """One question, one line; answers with what was typed, or None."""

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
            hint = "enter takes it · esc keeps it as it is"
            yield Static(Content(f"{self._help}\n{hint}" if self._help else hint), classes="help")

    def on_mount(self) -> None:
        self.query_one(LineInput).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.dismiss(message.value)

    def action_close(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)
