"""The dialogs of Classify: which file to open, where to export to, and what was exported."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.base.errors import ReviewtuiError
from core.base.text import clean, clean_line
from core.triage.exchange.exporting import OutputExistsError
from tui.keys.bindings import bindings
from tui.screens.classify.keys import EXPORT, EXPORT_DONE, OPEN_PILE
from tui.widgets.line_input import LineInput
from tui.widgets.still import Still

T = TypeVar("T")


class OpenPile(ModalScreen[str | None]):
    """Asks for a file of reviews, and returns its path or None."""

    DEFAULT_CSS = """
    OpenPile > .box > * { margin-bottom: 1; }
    OpenPile > .box > Input { width: 66; max-width: 100%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(OPEN_PILE)

    def __init__(self, suggestions: Sequence[tuple[str, str]]) -> None:
        """Args: suggestions: (path, what it is); the first is the initial content of the line."""
        super().__init__()
        self._suggestions = suggestions
        self._at = 0

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            yield Static(Content("Open a file of reviews"), classes="section")
            yield LineInput(self._suggestions[0][0] if self._suggestions else "")
            yield Still(self._list(), classes="suggestions", markup=False)
            yield Static(Content("enter opens · ↑ ↓ suggestions · esc cancels"), classes="hint")

    def action_suggest(self, by: int) -> None:
        """Put another suggestion into the line."""
        if self._suggestions:
            self._at = (self._at + by) % len(self._suggestions)
            line = self.query_one(LineInput)
            line.value = self._suggestions[self._at][0]
            line.cursor_position = len(line.value)
            self.query_one(".suggestions", Static).update(self._list())

    def _list(self) -> Content:
        parts: list[tuple[str, str]] = []
        for number, (path, what) in enumerate(self._suggestions):
            mark = "▸" if number == self._at else " "
            parts.append((f"{mark} {clean_line(Path(path).name, 36):<36}", "bold" if number == self._at else ""))
            parts.append((f" {clean_line(what, 30)}\n", "$foreground-muted"))
        return Content.assemble(*parts) if parts else Content("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip() or None)


class ExportDialog(ModalScreen[T | None]):
    """Asks for a file, writes to it, and returns what was written or None."""

    DEFAULT_CSS = """
    ExportDialog > .box > * { margin-bottom: 1; }
    ExportDialog > .box > Input { width: 66; max-width: 100%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(EXPORT)

    def __init__(
        self, title: str, suggested: Path, write: Callable[[Path, bool, bool], Awaitable[T]], option: str = ""
    ) -> None:
        """Create the dialog.

        Args:
            title: What is written.
            suggested: The file to begin with.
            write: Writes a file, given whether it may replace an earlier one, and whether the option is on.
            option: What a key adds to what is written; empty for no such key.
        """
        super().__init__()
        self._title, self._suggested, self._write_to, self._option = title, suggested, write, option
        self._with_option = False
        self._confirmed: Path | None = None
        """The existing file that the user has been warned will be replaced."""

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            yield Static(Content(clean_line(self._title)), classes="section")
            yield LineInput(str(self._suggested))
            yield Static(Content(".csv for spreadsheets; .jsonl holds each text to the letter."), classes="hint")
            if self._option:
                yield Still("", classes="option", markup=False)
            yield Still("", classes="answer", markup=False)
            yield Static(Content("enter writes · esc cancels"), classes="hint")

    def on_mount(self) -> None:
        self._show_option()

    def action_option(self) -> None:
        """Turn the option on or off."""
        self._with_option = bool(self._option) and not self._with_option
        self._show_option()

    def _show_option(self) -> None:
        for shown in self.query(".option").results(Static):
            mark = "[x]" if self._with_option else "[ ]"
            shown.update(Content.assemble((f"{mark} ", "bold"), clean_line(self._option), ("  tab", "$text-primary")))

    @on(Input.Changed)
    def _changed(self) -> None:
        self._confirmed = None
        self.query_one(".answer", Static).update("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._write(Path(event.value.strip()).expanduser().absolute())

    @work(exclusive=True, exit_on_error=False, group="export")
    async def _write(self, path: Path) -> None:
        try:
            done = await self._write_to(path, path == self._confirmed, self._with_option)
        except OutputExistsError as there:
            self._confirmed = path
            self._answer(f"{there} Enter again replaces it; or change the name.")
        except ReviewtuiError as error:
            self._answer(str(error))
        else:
            self.dismiss(done)

    def _answer(self, text: str) -> None:
        self.query_one(".answer", Static).update(Content(clean(text)))


class ExportDone(ModalScreen[bool]):
    """Shows what was written and how to train on it, and returns whether to open it on the Data screen."""

    DEFAULT_CSS = """
    ExportDone > .box > * { margin-bottom: 1; }
    ExportDone > .box > Input { width: 66; max-width: 100%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(EXPORT_DONE)

    def __init__(self, lead: str, path: Path, notes: Sequence[str], command: str) -> None:
        """Args: lead: What was written, up to the name of the file. notes: More about it. command: Trains on it."""
        super().__init__()
        self._lead, self._path, self._notes, self._command = lead, path, notes, command

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        lines: list[tuple[str, str]] = [
            (f"{clean_line(self._lead)}\n", "bold"),
            (clean_line(self._path), "$text-accent"),
            (f"\n\n{clean_line(' '.join(self._notes))}\n\n", ""),
            ("Train on them:\n", "bold"),
            (clean_line(self._command), "$text-accent"),
            ("\n\nenter closes · c copies the command · d opens it on Data", "$foreground-muted"),
        ]
        with Vertical(classes="box"):
            yield Static(Content.assemble(*lines))

    def action_copy(self) -> None:
        """Copy the command to the terminal's clipboard."""
        self.app.copy_to_clipboard(self._command)
        self.notify("Copied, if the terminal allows it (OSC 52).", markup=False)
