"""A dialog to tick some of many, in an order if that matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from tui.keys.bindings import bindings
from tui.widgets.keys import CHECK_LIST
from tui.widgets.marked_list import MarkedList


class CheckList(ModalScreen[list[int] | None]):
    """A list of choices with a box before each. Returns the indices of the ticked ones in their order, or None."""

    DEFAULT_CSS = """
    CheckList > .box > OptionList {
        width: 76; max-width: 100%; height: auto; max-height: 60vh; border: none; padding: 0;
    }
    CheckList > .box > .help { width: 76; max-width: 100%; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(CHECK_LIST)

    def __init__(
        self,
        title: str,
        choices: Sequence[Content],
        ticked: Sequence[int] = (),
        *,
        help: str = "",
        ordered: bool = False,
    ) -> None:
        """Create the dialog.

        Args:
            title: What is chosen.
            choices: As they are shown, cleaned.
            ticked: Those that are ticked at first, in their order; they stand before the others if `ordered`.
            help: A sentence below the list.
            ordered: Whether the choices can be moved.
        """
        self._title, self._choices, self._help, self._ordered = title, choices, help, ordered
        self._ticked = set(ticked)
        rest = [index for index in range(len(choices)) if index not in self._ticked]
        self._order = [*ticked, *rest] if ordered else list(range(len(choices)))
        super().__init__()

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            yield Static(Content.styled(self._title, "bold"))
            yield MarkedList(self._lines())
            moves = " · shift+↑ ↓ move" if self._ordered else ""
            hint = f"space ticks{moves} · x unticks all · enter confirms · esc cancels"
            yield Static(Content(f"{self._help}\n{hint}" if self._help else hint), classes="help")

    def on_mount(self) -> None:
        self.query_one(MarkedList).highlighted = 0
        self.set_focus(self.query_one(MarkedList))

    def _lines(self) -> list[Content]:
        return [
            Content.assemble("[x] " if index in self._ticked else "[ ] ", self._choices[index]) for index in self._order
        ]

    def _redraw(self, at: int) -> None:
        chosen = self.query_one(MarkedList)
        chosen.show(self._lines())
        chosen.highlighted = at

    def action_tick(self) -> None:
        """Tick the choice under the cursor, or untick it."""
        if (at := self.query_one(MarkedList).highlighted) is not None:
            self._ticked ^= {self._order[at]}
            self._redraw(at)

    def action_untick_all(self) -> None:
        """Untick all choices."""
        self._ticked.clear()
        self._redraw(self.query_one(MarkedList).highlighted or 0)

    def action_move(self, step: int) -> None:
        """Move the choice under the cursor up or down."""
        at = self.query_one(MarkedList).highlighted
        if not self._ordered or at is None or not 0 <= at + step < len(self._order):
            return
        self._order[at], self._order[at + step] = self._order[at + step], self._order[at]
        self._redraw(at + step)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.dismiss([index for index in self._order if index in self._ticked])

    def action_close(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)
