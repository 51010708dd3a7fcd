"""One setting as a row of the form: what it is called, its value, and a mark where it differs or is refused.

A row with the focus is looked at; enter (or a digit) opens its editor, and left and right turn a setting with choices.
The row owns no value: it posts what a person typed, and the screen tells it what to show.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input

from core.base.text import clean_line
from core.settings.declarations import Declaration
from tui.keys.bindings import bindings
from tui.screens.setup.keys import EDITOR, SETTING
from tui.widgets.line_input import LineInput
from tui.widgets.responsive import row

TITLE_WIDTH = 24
VALUE_WIDTH = 20
_BEFORE = 4 + TITLE_WIDTH
SUGGESTIONS = {
    "model": ("auto", "starter", "distilbert-base-uncased", "bert-base-uncased"),
    "device": ("auto", "cpu", "cuda"),
}
"""Text that is likely for a setting that takes any."""


class Editor(LineInput):
    """Where a value is typed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(EDITOR)

    class Closed(Message):
        """A key asks to leave: `step` rows on, what was typed kept or not."""

        def __init__(self, step: int, keep: bool) -> None:
            self.step, self.keep = step, keep
            super().__init__()

    def action_leave(self, step: int, keep: bool) -> None:
        """Ask the row to close this editor."""
        self.post_message(self.Closed(step, keep))


class SettingRow(Widget, can_focus=True):
    """A row of the form."""

    HELP = (
        "enter changes a value, left and right turn through choices, a digit begins a new number. While typing: enter "
        "takes it, escape gives it up. r puts back the preset's value."
    )
    DEFAULT_CSS = f"""
    SettingRow {{ height: 1; width: 1fr; layout: horizontal; text-wrap: nowrap; text-overflow: ellipsis; }}
    SettingRow:focus, SettingRow:focus-within {{ background: $boost; }}
    SettingRow > LineInput {{ margin-left: {_BEFORE - 1}; width: {VALUE_WIDTH + 10}; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(SETTING)

    class Looked(Message):
        """The row got the focus."""

        def __init__(self, row: SettingRow) -> None:
            self.row = row
            super().__init__()

    class Began(Message):
        """A change is about to be made: the moment that undo goes back to."""

    class Typed(Message):
        """A value as typed; None asks for the preset's."""

        def __init__(self, name: str, text: str | None) -> None:
            self.name, self.text = name, text
            super().__init__()

    class Left(Message):
        """The row was left by key while typing: go `step` rows on."""

        def __init__(self, row: SettingRow, step: int) -> None:
            self.row, self.step = row, step
            super().__init__()

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self.text = ""
        """The value as a person would type it."""
        self.value_shown = ""
        self.differs = False
        self.problem = ""
        self.preset_shown = ""
        super().__init__(id=f"setting-{declaration.name}")

    def show(self, text: str, shown: str, *, differs: bool, problem: str, preset_shown: str) -> None:
        """What the row shows from now on: the value, and whether it differs from the preset or is refused."""
        before = (self.text, self.value_shown, self.differs, self.problem, self.preset_shown)
        self.text, self.value_shown, self.differs = text, shown, differs
        self.problem, self.preset_shown = problem, preset_shown
        if before != (text, shown, differs, problem, preset_shown):
            self.refresh()

    @property
    def choices(self) -> tuple[str, ...]:
        """What left and right turn through."""
        if self.declaration.kind == "switch":
            return ("false", "true")
        return self.declaration.choices or SUGGESTIONS.get(self.declaration.name, ())

    @property
    def editor(self) -> LineInput | None:
        """The open editor, if one is."""
        return next(iter(self.query(LineInput)), None)

    def render(self) -> Content:
        looked_at = self.has_focus or self.editor is not None
        mark, style = (
            ("!", "bold $text-error") if self.problem else ("*", "bold $text-warning") if self.differs else (" ", "")
        )
        value = self.value_shown
        if self.has_focus and self.choices:
            value = f"‹ {value} ›"
        notes = [f"preset {self.preset_shown}"] if self.differs else []
        notes += [clean_line(self.declaration.unit)] if self.declaration.unit else []
        if self.problem:
            notes = ["refused"]
        notes_width = len(" · ".join(notes)) + 3
        room = self.content_size.width - _BEFORE - notes_width
        wide = max(VALUE_WIDTH, min(len(value) + 1, room))
        return row(
            (" ▸" if looked_at else "  ", 2, "bold $text-primary"),
            (mark, 2, style),
            (self.declaration.title, TITLE_WIDTH, "bold" if looked_at else ""),
            (value, wide, "bold reverse" if self.has_focus else style),
            ("  " + " · ".join(notes), max(self.content_size.width - _BEFORE - wide, 4), "$foreground-muted"),
        )

    def on_focus(self) -> None:
        self.refresh()
        self.post_message(self.Looked(self))

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        if self.editor is None and event.x >= _BEFORE:
            self.action_change()

    def on_key(self, event: events.Key) -> None:
        """A digit begins a new number."""
        numeric = self.declaration.kind in ("number", "whole number")
        if self.editor is None and numeric and event.character and event.character in "0123456789.-":
            event.stop()
            event.prevent_default()
            self._open(event.character)

    def on_editor_closed(self, message: Editor.Closed) -> None:
        message.stop()
        self._close(keep=message.keep, step=message.step)

    def action_change(self) -> None:
        """Type a value, or turn to the next choice where there is nothing to type."""
        if self.editor is not None:
            return
        if self.declaration.kind in ("choice", "switch"):
            self.action_turn(1)
        else:
            self._open(self.text)

    def action_turn(self, step: int) -> None:
        """The next or the previous choice."""
        choices = self.choices
        if not choices or self.editor is not None:
            return
        at = choices.index(self.text) + step if self.text in choices else (0 if step > 0 else -1)
        self.post_message(self.Began())
        self.post_message(self.Typed(self.declaration.name, choices[at % len(choices)]))

    def action_reset(self) -> None:
        """Back to the preset's value."""
        if self.editor is None:
            self.post_message(self.Began())
            self.post_message(self.Typed(self.declaration.name, None))

    def _open(self, text: str) -> None:
        self._before = self.text
        likely = (*SUGGESTIONS.get(self.declaration.name, ()), *self.declaration.choices)
        # The text before is selected, so that typing replaces it; a first digit is not.
        editor = Editor(
            text,
            "" if self.text else self.value_shown,
            suggester=SuggestFromList(likely) if likely else None,
            select_on_focus=text == self.text and bool(text),
        )
        self.post_message(self.Began())
        self.mount(editor)
        editor.focus()
        if text != self.text:
            self.post_message(self.Typed(self.declaration.name, text))

    def _close(self, *, keep: bool, step: int = 0) -> None:
        editor = self.editor
        if editor is None:
            return
        if not keep:
            self.post_message(self.Typed(self.declaration.name, self._before))
        editor.remove()
        self.focus()
        if step:
            self.post_message(self.Left(self, step))

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        if message.value.strip() != self.text:
            self.post_message(self.Typed(self.declaration.name, message.value.strip()))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self._close(keep=True)

    def on_descendant_blur(self) -> None:
        """The mouse went elsewhere: what was typed is kept."""
        editor = self.editor
        if editor is not None and editor.is_mounted and not self.has_focus:
            editor.remove()
            self.refresh()
