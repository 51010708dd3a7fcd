"""A dialog that asks for one line and tries it. If that fails, the dialog stays open with the line and the error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.base.errors import ReviewtuiError
from core.base.text import clean, clean_line
from tui.keys.bindings import bindings
from tui.widgets.keys import ATTEMPT
from tui.widgets.line_input import LineInput
from tui.widgets.still import Still

Result = TypeVar("Result")


class AttemptDialog(ModalScreen[Result | None], Generic[Result]):
    """Shows a line to edit, an explanation of it, and any error. Returns None if it is closed."""

    DEFAULT_CSS = """
    AttemptDialog > #attempt {
        width: 78; max-width: 96%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    #attempt > Static { width: 100%; height: auto; }
    #attempt > LineInput { width: 100%; margin: 1 0; }
    #attempt > #attempt-error { color: $text-error; }
    #attempt > .help { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(ATTEMPT)

    def __init__(
        self,
        title: str,
        value: str,
        *,
        explain: Callable[[str], Content],
        attempt: Callable[[str], Result],
        complete: Callable[[str], str] = lambda text: text,
    ) -> None:
        """Create the dialog. All three functions get the current line; `explain` and `attempt` run in a thread.

        Args:
            title: What is asked for.
            value: The initial content of the line.
            explain: Returns what the line would do. May raise ReviewtuiError.
            attempt: Does it. May raise ReviewtuiError; the dialog then shows the error and stays open.
            complete: Returns the line after tab is pressed.
        """
        super().__init__()
        self._title, self._value = title, value
        self._explain, self._attempt, self._complete = explain, attempt, complete
        self._trying = False

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(id="attempt"):
            yield Static(Content.styled(clean_line(self._title), "bold"))
            yield LineInput(self._value)
            yield Still("", id="attempt-error", markup=False)
            yield Still("", id="attempt-explanation", markup=False)
            yield Static(Content("\nenter confirms · esc cancels"), classes="help")

    def on_mount(self) -> None:
        self.query_one(LineInput).focus()
        self._show_error("")
        self._show_explanation(self._value)

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._show_error("")
        self._show_explanation(message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        if not self._trying:
            self._try(message.value)

    def action_complete(self) -> None:
        """Complete the word before the cursor."""
        line = self.query_one(LineInput)
        line.value = self._complete(line.value)
        line.cursor_position = len(line.value)

    def action_close(self) -> None:
        """Close the dialog without a result."""
        self.dismiss(None)

    @work(exclusive=True, exit_on_error=False, group="explain")
    async def _show_explanation(self, text: str) -> None:
        try:
            words = await asyncio.to_thread(self._explain, text)
        except ReviewtuiError as error:
            words = Content.styled(clean(error), "$foreground-muted")
        if self.is_mounted and self.query_one(LineInput).value == text:
            self.query_one("#attempt-explanation", Static).update(words)

    @work(exit_on_error=False)
    async def _try(self, text: str) -> None:
        self._trying = True
        try:
            result = await asyncio.to_thread(self._attempt, text)
        except ReviewtuiError as error:
            self._show_error(f"✗ {clean(error)}")
        else:
            self.dismiss(result)
        finally:
            self._trying = False

    def _show_error(self, sentence: str) -> None:
        error = self.query_one("#attempt-error", Static)
        error.display = bool(sentence)
        error.update(Content(sentence))
