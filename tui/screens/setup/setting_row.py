"""One setting as a row of the form: its name, its value, and a mark if it differs, varies or is refused.

In the focused row, enter or a digit starts to edit the value, and left and right cycle through choices. A setting that
varies has a range in place of its value, which is edited as text. The row edits in place and handles every key itself,
immediately, so that none is lost or overtaken. It passes what the user typed to its owner, and its owner tells it what
to show.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from core.base.text import clean_line
from core.settings.declarations import Declaration
from tui.keys.bindings import bindings
from tui.screens.setup.keys import EDITOR, SETTING
from tui.widgets.line_buffer import LineBuffer
from tui.widgets.line_view import line_view
from tui.widgets.responsive import row

TITLE_WIDTH = 24
VALUE_WIDTH = 20
_EDIT_WIDTH = VALUE_WIDTH + 10
_BEFORE = 4 + TITLE_WIDTH
SUGGESTIONS = {
    "model": ("auto", "starter", "distilbert-base-uncased", "bert-base-uncased"),
    "device": ("auto", "cpu", "cuda"),
}
"""Likely values of settings that accept any text."""


class Owner(Protocol):
    """The object that holds the values of the rows. Its methods are called directly for every key, not by message, so
    that the next key sees the changed values."""

    def looked(self, name: str) -> None:
        """Called when the row of a setting gets the focus."""

    def began(self) -> None:
        """Called before a change is made, so that undo can return to this state."""

    def typed(self, name: str, text: str | None) -> None:
        """Called with the value, or the range of a setting that varies, as it was typed; None takes it back: the range,
        or else the value, in whose place is then the preset's."""

    def vary(self, name: str) -> bool:
        """Called to let a setting vary over a range that is proposed; returns whether it can."""


class SettingRow(Widget, can_focus=True):
    """A row of the form."""

    HELP = (
        "enter edits a value, left and right cycle through choices, a digit starts a new number. While editing: enter "
        "confirms, escape cancels. r puts back the preset's value.\n\nv lets the setting vary: it then has a range, "
        "marked with ~ and edited as text: LOW..HIGH, LOW..HIGH:log, LOW..HIGH:STEP or A,B,C. v or r puts back the "
        "single value."
    )
    DEFAULT_CSS = """
    SettingRow { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    SettingRow:focus { background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SETTING), *bindings(EDITOR)]

    def __init__(self, declaration: Declaration, owner: Owner) -> None:
        self.declaration, self._owner = declaration, owner
        self.text = ""
        """The value as the user would type it."""
        self.value_shown = ""
        self.differs = False
        """Whether the value differs from the preset's."""
        self.varies = False
        """Whether the value is a range."""
        self.preset_text = ""
        """The preset's value as the user would type it."""
        self.problem = ""
        self._line: LineBuffer | None = None
        self._before: str | None = ""
        """The value before this edit; None if the setting did not vary before it."""
        super().__init__(id=f"setting-{declaration.name}")

    def show(self, text: str, shown: str, *, preset_text: str, typed: bool, problem: str, varies: bool = False) -> None:
        """Set what the row shows.

        Args:
            text: The value as the user would type it, or the range.
            shown: The value as it is shown.
            preset_text: The preset's value, as typed; where the setting varies, the value that it would have otherwise.
            typed: Whether the value differs from the preset's.
            problem: Why the value is refused; empty when it is not.
            varies: Whether the value is a range.
        """
        state = (text, shown, preset_text, typed, problem, varies)
        if state != (self.text, self.value_shown, self.preset_text, self.differs, self.problem, self.varies):
            self.text, self.value_shown, self.preset_text, self.differs, self.problem, self.varies = state
            self.refresh()

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that left and right cycle through."""
        if self.varies:
            return ()
        if self.declaration.kind == "switch":
            return ("false", "true")
        return self.declaration.choices or SUGGESTIONS.get(self.declaration.name, ())

    def in_words(self, text: str) -> str:
        """Return a typed value as the form shows it."""
        return clean_line({"true": "on", "false": "off"}.get(text, text) if self.declaration.kind == "switch" else text)

    @property
    def editing(self) -> bool:
        """Whether a value is being typed."""
        return self._line is not None

    def render(self) -> Content:
        looked_at = self.has_focus or self.editing
        mark, style = self._mark
        notes = [f"preset {self.in_words(self.preset_text)}"] if self.differs else []
        notes = [f"instead of {self.in_words(self.preset_text)}"] if self.varies else notes
        notes += [clean_line(self.declaration.unit)] if self.declaration.unit else []
        if self.problem:
            notes = ["refused"]
        note = "  " + " · ".join(notes)
        room = self.content_size.width - _BEFORE
        if self._line is not None:
            wide = min(_EDIT_WIDTH, max(room, 10))
            hint = self._suggestion or ("" if self._line.text else self.value_shown)
            value, value_style = line_view(self._line, wide, hint), ""
        else:
            shown = f"‹ {self.value_shown} ›" if self.has_focus and self.choices else self.value_shown
            wide = max(VALUE_WIDTH, min(len(shown) + 1, room - len(note) - 1))
            value, value_style = Content(shown), "bold reverse" if self.has_focus else style
        return row(
            (" ▸" if looked_at else "  ", 2, "bold $text-primary"),
            (mark, 2, style),
            (self.declaration.title, TITLE_WIDTH, "bold" if looked_at else ""),
            (value, wide, value_style),
            (note, max(room - wide, 4), "$foreground-muted"),
        )

    @property
    def _mark(self) -> tuple[str, str]:
        """Return the sign before the title, and its style."""
        if self.problem:
            return "!", "bold $text-error"
        if self.varies:
            return "~", "bold $text-accent"
        return ("*", "bold $text-warning") if self.differs else (" ", "")

    def on_focus(self) -> None:
        self._owner.looked(self.declaration.name)

    def on_blur(self) -> None:
        if self.screen.focused is not self:  # keys may have come back before this event did
            self.end_edit()

    def on_click(self, event: events.Click) -> None:
        if not self.editing and event.x >= _BEFORE:
            self.action_change()

    # Keys

    def on_key(self, event: events.Key) -> None:
        """Handle a key while editing; otherwise a digit starts a new number."""
        numeric = self.declaration.kind in ("number", "whole number")
        character = event.character if event.is_printable else None
        if self._line is not None:
            if event.key in ("right", "end") and self._suggestion and self._line.cursor == len(self._line.text):
                self._line.insert(self._suggestion)
            elif character is not None:
                self._line.insert(character)
            elif not self._line.press(event.key):
                return
            self._edited()
        elif numeric and character is not None and character in "0123456789.-":
            self._edit("")
            self._line = LineBuffer("")
            self._line.insert(character)
            self._edited()
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        if self._line is not None:
            event.stop()
            self._line.insert(event.text)
            self._edited()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("confirm", "cancel"):
            return self.editing
        if action == "turn" and self.varies:
            return False
        return not self.editing

    def why_not(self, action: str) -> str:
        """Return why an action is not available now."""
        varies = action == "turn" and self.varies
        return "It varies: enter edits its range, r puts back a single value." if varies else ""

    def action_change(self) -> None:
        """Edit the value, or go to the next choice if the setting has choices."""
        if self.declaration.kind in ("choice", "switch") and not self.varies:
            self.action_turn(1)
        else:
            self._edit(self.text)

    def end_edit(self) -> None:
        """Close the editor if it is open. The value is already what was typed."""
        self._line = None
        self.refresh()

    def action_confirm(self) -> None:
        """End the edit."""
        self._line = None
        self._keys_changed()

    def action_cancel(self) -> None:
        """Cancel the edit and restore the previous value."""
        self._line = None
        self._say(self._before)
        self._keys_changed()

    def action_vary(self) -> None:
        """Let the setting vary and edit the range that is proposed, or put back the single value."""
        self._owner.began()
        if self.varies:
            self._say(None)
        elif self._owner.vary(self.declaration.name):
            self._begin(self.text)
            self._before = None

    def action_turn(self, step: int) -> None:
        """Take the next or the previous choice."""
        choices = self.choices
        if choices:
            at = choices.index(self.text) + step if self.text in choices else (0 if step > 0 else -1)
            self._owner.began()
            self._say(choices[at % len(choices)])

    def action_reset(self) -> None:
        """Back to the single value, or to the preset's."""
        self._owner.began()
        self._say(None)

    @property
    def _suggestion(self) -> str:
        """Return the rest of the first likely value that starts with the line."""
        if self._line is None or not self._line.text or self._line.selected:
            return ""
        likely = (*SUGGESTIONS.get(self.declaration.name, ()), *self.declaration.choices)
        likely = () if self.varies else likely
        found = next((value for value in likely if value.startswith(self._line.text)), "")
        return found[len(self._line.text) :]

    def _edit(self, text: str) -> None:
        """Begin to edit; the old value is selected, so that the first character replaces it."""
        self._before = self.text
        self._owner.began()
        self._begin(text)

    def _begin(self, text: str) -> None:
        """Open the editor."""
        text = clean_line(text)
        self._line = LineBuffer(text, len(text), selected=bool(text))
        self._keys_changed()

    def _edited(self) -> None:
        if self._line is not None and self._line.text.strip() != self.text:
            self._say(self._line.text.strip())
        self.refresh()

    def _say(self, text: str | None) -> None:
        self._owner.typed(self.declaration.name, text)
        self.refresh()

    def _keys_changed(self) -> None:
        self.refresh()
        self.screen.refresh_bindings()
