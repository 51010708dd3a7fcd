"""The one-line input of the workbench. Typed or pasted text cannot control the terminal."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import BindingType
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input

from core.base.text import clean
from tui.keys.bindings import bindings
from tui.widgets.keys import LINE


class LineInput(Input):
    """An `Input` of one row. The class `-typing` lets escape leave it (see `Place.action_back`)."""

    DEFAULT_CSS = """
    LineInput.-textual-compact { padding: 0 1; background: $boost; }
    LineInput.-textual-compact:focus { background: $boost; text-style: underline; }
    """
    virtual_size = Reactive(Size(0, 0), layout=False)
    """Typing does not change its size, so no key lays the screen out again."""

    # ctrl+a stays what GNU screen needs it for: home does the same.
    BINDINGS: ClassVar[list[BindingType]] = bindings(LINE)

    def __init__(self, value: str = "", placeholder: str = "", *, compact: bool = True, **options: Any) -> None:
        super().__init__(clean(value), clean(placeholder), compact=compact, **options)
        self.add_class("-typing")

    def validate_value(self, value: str) -> str:
        """Replace control characters, pasted or completed, by visible stand-ins."""
        return clean(value).replace("\n", " ")
