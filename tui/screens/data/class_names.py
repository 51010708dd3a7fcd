"""A dialog that renames the classes of the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.base.text import clean_line
from tui.keys.bindings import bindings
from tui.screens.data.keys import NAMES
from tui.widgets.line_input import LineInput

MAX_CLASSES = 50


class LabelNames(ModalScreen[dict[str, str] | None]):
    """Answers with raw value or class → name, for those that differ; None if it was cancelled.

    Two classes of one name become one. The last line names a value that is not listed, such as one that was left out.
    """

    DEFAULT_CSS = """
    LabelNames > .box { width: 72; }
    LabelNames VerticalScroll { height: auto; max-height: 12; margin: 1 0; }
    LabelNames Horizontal { height: 1; }
    LabelNames Horizontal > Static { width: 26; }
    LabelNames Horizontal > LineInput { width: 1fr; }
    LabelNames #raw { width: 26; }
    LabelNames .help { color: $text-muted; width: 68; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(NAMES)

    def __init__(self, classes: Sequence[str], given: Mapping[str, str]) -> None:
        """Args: classes: The present names; given: Names given before, raw value → name."""
        renamed = set(given.values())
        self._rows = [*given, *(name for name in classes if name not in renamed)][:MAX_CLASSES]
        self._given = given
        super().__init__()

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            yield Static(Content.styled("Names of the classes", "bold"))
            with VerticalScroll(can_focus=False):
                for number, raw in enumerate(self._rows):
                    with Horizontal():
                        yield Static(Content(clean_line(raw, 22) + " →"))
                        yield LineInput(self._given.get(raw, ""), clean_line(raw), id=f"name-{number}")
                with Horizontal():
                    yield LineInput("", "another value", id="raw")
                    yield LineInput("", "its class", id="raw-name")
            yield Static(
                Content(
                    "Empty: as it is. Two of one name become one class.\nenter saves · up and down move · esc cancels"
                ),
                classes="help",
            )

    def on_mount(self) -> None:
        self.query(LineInput).first().focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_save()

    def action_save(self) -> None:
        """Close with the names."""
        names = {}
        for number, raw in enumerate(self._rows):
            typed = self.query_one(f"#name-{number}", LineInput).value.strip()
            if typed and typed != raw:
                names[raw] = typed
        raw, name = (self.query_one(which, LineInput).value.strip() for which in ("#raw", "#raw-name"))
        if raw and name:
            names[raw] = name
        self.dismiss(names)

    def action_close(self) -> None:
        """Close without a change."""
        self.dismiss(None)
