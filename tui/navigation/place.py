"""The base class of all screens: the top line with their names, the footer, and going back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from core.base.text import clean_line
from tui.keys.bindings import bindings
from tui.keys.names import shown
from tui.navigation.keys import SCREEN
from tui.navigation.table import BY_NAME, SCREENS
from tui.widgets.quiet_footer import QuietFooter
from tui.widgets.still import Still
from tui.workbench import Workbench

SMALLEST = (60, 16)
"""The least columns and rows; a smaller screen asks for more space."""

_TITLE = " reviewtui "
_ROOM_FOR_TITLE = 90
"""Columns from which on the top line begins with the program's name."""
_ENOUGH = 16
"""Cells of a subject for which the names of other screens become letters."""
_DIALOG_SECONDS = 0.4
"""Seconds after a dialog closes in which esc is ignored, because it was probably meant for the dialog."""


class PlaceBar(Still):
    """The top line: the names of all screens, with the current one marked, and the subject of this one."""

    DEFAULT_CSS = """
    PlaceBar { dock: top; height: 1; background: $panel; color: $text-muted; }
    """

    class Chosen(Message):
        """Posted when the name of a screen is clicked."""

        def __init__(self, place: str) -> None:
            self.place = place
            super().__init__()

    def __init__(self, current: str) -> None:
        self._current = current
        self._subject = ""
        self._short = False
        """Whether the other screens are named by their letters."""
        super().__init__(markup=False)

    def on_mount(self) -> None:
        self.draw()

    def say(self, subject: str) -> None:
        """Show the subject of the screen: a file or a run."""
        self._subject = clean_line(subject)
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Redraw the line. Where the subject has no room beside the names of all screens, the others are letters."""
        to = " to" if self._title else ""
        hint = f"{self._key('app.help')} help  {self._key('app.go_to')} go{to} "
        self._short = False
        room = self._room(hint)
        if self._subject and room < min(cell_len(self._subject), _ENOUGH):
            self._short = True
            room = self._room(hint)
        parts: list[str | tuple[str, str]] = [(self._title, "bold $text-primary")]
        for screen, label in zip(SCREENS, self._labels(), strict=True):
            parts.append((label, "bold reverse" if screen.name == self._current else ""))
        subject = ""
        if self._subject and room > 8:
            subject = self._subject if cell_len(self._subject) <= room else "…" + self._subject[-(room - 2) :]
        parts.append((f"  {subject}", "$text-accent"))
        gap = room + 1 - cell_len(subject)
        if gap >= 0:
            parts += [" " * gap, (hint, "")]
        self.update(Content.assemble(*parts))

    def _labels(self) -> list[str]:
        """Return what stands for each screen; the brackets say where you are without colour."""
        return [
            f"[{screen.title}]"
            if screen.name == self._current
            else f" {screen.letter if self._short else screen.title} "
            for screen in SCREENS
        ]

    def _room(self, hint: str) -> int:
        """Return the cells that are left for the subject."""
        return self.size.width - len(self._title) - sum(map(len, self._labels())) - len(hint) - 3

    def _key(self, id: str) -> str:
        return self.screen.key(id) if isinstance(self.screen, Place) else ""

    @property
    def _title(self) -> str:
        """The program's name, where there is room for it beside a subject."""
        return _TITLE if self.size.width >= _ROOM_FOR_TITLE else ""

    def on_click(self, event: events.Click) -> None:
        column = len(self._title)
        for screen, label in zip(SCREENS, self._labels(), strict=True):
            column += len(label)
            if len(self._title) <= event.x < column:
                self.post_message(self.Chosen(screen.name))
                return


class Place(Screen[None]):
    """A screen of the table of screens. Subclasses set PLACE, HELP and BINDINGS and compose their `body`."""

    PLACE: ClassVar[str]
    """Its name in the table of screens."""
    HELP: ClassVar[str | None] = None
    """What the screen is for, in plain paragraphs; `?` shows it above the keys."""
    SCOPED_CSS: ClassVar[bool] = True

    BINDINGS: ClassVar[list[BindingType]] = bindings(SCREEN)

    app = getters.app(Workbench)
    clock: Callable[[], float] = staticmethod(time.monotonic)
    _under_dialog = False
    _dialog_closed = -_DIALOG_SECONDS

    def compose(self) -> ComposeResult:
        yield PlaceBar(self.PLACE)
        yield from self.body()
        yield Still("", id="too-small", markup=False)
        yield QuietFooter(show_command_palette=False, compact=True)

    def body(self) -> ComposeResult:
        """The content between the top line and the footer."""
        yield from ()

    def say_subject(self, subject: str) -> None:
        """Show the subject of the screen in the top line."""
        self.query_one(PlaceBar).say(subject)

    def why_not(self, action: str) -> str:
        """Return a message why `check_action` disables an action now."""
        return ""

    def key(self, id: str) -> str:
        """Return the current key of an action of this screen or of the app."""
        bound = (one for one in (*self.BINDINGS, *self.app.BINDINGS) if isinstance(one, Binding))
        keys = self.app.changed_keys.get(id) or next(one.key for one in bound if one.id == id)
        return shown(keys.split(",")[0])

    def on_screen_suspend(self) -> None:
        stack = self.app.screen_stack
        self._under_dialog = bool(stack) and stack[-1].is_modal

    def on_screen_resume(self) -> None:
        if self._under_dialog:
            self._under_dialog, self._dialog_closed = False, self.clock()

    def on_resize(self, event: events.Resize) -> None:
        columns, rows = event.size
        small = columns < SMALLEST[0] or rows < SMALLEST[1]
        # At once: each change of a class styles the whole screen anew
        self.update_classes({"-too-small": small, "-narrow": columns < 100, "-short": rows < 30})
        if small:
            notice = (
                f"{columns}×{rows} is too small for reviewtui.\nIt needs {SMALLEST[0]}×{SMALLEST[1]}; 80×24 is good."
            )
            self.query_one("#too-small", Static).update(Content(notice))

    def on_place_bar_chosen(self, message: PlaceBar.Chosen) -> None:
        self.app.switch_mode(message.place)

    def action_back(self) -> None:
        """Stop typing; if nothing is being typed, go back one screen."""
        if self.clock() - self._dialog_closed < _DIALOG_SECONDS:
            return  # a second esc for the dialog that the first one closed
        if self.focused is not None and self.focused.has_class("-typing"):
            self.set_focus(None)
        elif back := BY_NAME[self.PLACE].back:
            self.app.switch_mode(back)
