"""The file picker: a line for a path or a Hugging Face id, above the data files of a folder."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from core.base.text import clean_line
from tui.keys.bindings import bindings
from tui.screens.data.file_listing import Listing, completion, existing, listing
from tui.screens.data.keys import PATH, PICKER
from tui.widgets.line_input import LineInput
from tui.widgets.responsive import Drawn, cell

_NAME_WIDTH = 44


class _Completion(Suggester):
    """Suggests the rest of a path."""

    def __init__(self, picker: FilePicker) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._picker = picker

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(completion, self._picker.folder, value)


class PathInput(LineInput):
    """A line for a path. Tab and right accept the completion; down goes to the list."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(PATH)

    def action_complete(self) -> None:
        """Accept the completion, or go to the list."""
        before = self.value
        if self.cursor_position == len(before):
            self.action_cursor_right()
        if self.value == before:
            self.screen.focus_next()


class FilePicker(Vertical):
    """Posts `Picked` when a path or an id is entered, or a file is chosen from the list."""

    DEFAULT_CSS = """
    FilePicker { height: 1fr; }
    FilePicker > #where { height: 1; color: $text-muted; padding: 0 1; }
    FilePicker > OptionList { height: 1fr; max-height: 100%; border: none; padding: 0; background: $background; }
    FilePicker > OptionList:focus { background: $background; background-tint: transparent; }
    FilePicker > OptionList > .option-list--option-highlighted { color: $text-muted; background: $background; }
    FilePicker > OptionList:focus > .option-list--option-highlighted {
        color: $foreground; background: $background; text-style: reverse;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(PICKER)

    class Picked(Message):
        """A source was chosen: an absolute path, or what was typed."""

        def __init__(self, source: str) -> None:
            self.source = source
            super().__init__()

    def __init__(self, samples: Path, *, id: str | None = None) -> None:
        """Args: samples: The folder of the sample reviews."""
        self._samples = samples
        self.folder = Path.cwd()
        """The folder that is listed; typed paths are relative to it."""
        self._shown: list[tuple[str, Path]] = []
        """What enter does with each option (`open`, `enter`), and its path."""
        super().__init__(id=id)

    def compose(self) -> ComposeResult:
        yield PathInput(
            placeholder="a path, or a Hugging Face dataset id such as owner/name", suggester=_Completion(self)
        )
        yield Drawn(id="where")
        yield OptionList(markup=False, compact=True)

    def on_mount(self) -> None:
        self._list("")

    def focus_list(self) -> None:
        """Focus the list of files."""
        self.screen.set_focus(self.query_one(OptionList))

    @work(exclusive=True, exit_on_error=False, group="listing")
    async def _list(self, typed: str) -> None:
        """List the entries that match `typed`, in a thread because file systems may be slow."""
        found = await asyncio.to_thread(listing, self.folder, typed)
        self._show(found, typed)

    def _show(self, found: Listing, typed: str) -> None:
        options: list[Content] = []
        self._shown = []

        def add(act: str, path: Path, mark: str, name: str, note: str) -> None:
            self._shown.append((act, path))
            title = cell(clean_line(name), _NAME_WIDTH)
            options.append(Content.assemble((f" {mark} ", "$text-primary"), title, ("  " + note, "$foreground-muted")))

        if not typed:
            add("open", self._samples, "*", "Sample reviews", "shipped with reviewtui")
        if found.whole:
            add("open", found.folder, "=", "This folder as one source", found.whole)
        if (not typed or typed.endswith("/")) and found.folder != found.folder.parent:
            add("enter", found.folder.parent, "^", "..", "folder above")
        for entry in found.entries:
            name = entry.path.name + ("/" if entry.is_folder else "")
            add("enter" if entry.is_folder else "open", entry.path, "/" if entry.is_folder else "-", name, entry.note)
        chooser = self.query_one(OptionList)
        chooser.set_options([Option(option) for option in options])
        chooser.highlighted = 0 if options else None
        self.query_one("#where", Drawn).show(partial(where_line, found))

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._list(message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self._take(message.value.strip())

    @work(exclusive=True, exit_on_error=False, group="taking")
    async def _take(self, typed: str) -> None:
        """Enter the folder that was typed, or pick the source."""
        if not typed:
            self.focus_list()
            return
        found = await asyncio.to_thread(existing, self.folder, typed)
        if found is not None and found[1]:
            self._go(found[0])
        else:
            self.post_message(self.Picked(str(found[0]) if found is not None else typed))

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        act, path = self._shown[message.option_index]
        if act == "open":
            self.post_message(self.Picked(str(path)))
        else:
            self._go(path)

    def _go(self, folder: Path) -> None:
        """List another folder."""
        self.folder = folder
        entry = self.query_one(PathInput)
        if entry.value:
            entry.value = ""
        else:
            self._list("")
        self.focus_list()

    def action_type(self) -> None:
        """Type a path or an id."""
        self.screen.set_focus(self.query_one(PathInput))

    def action_up(self) -> None:
        """Go to the folder above."""
        self._go(self.folder.parent)

    def action_list(self) -> None:
        """Go from the line to the list."""
        self.focus_list()


def where_line(found: Listing, width: int) -> Content:
    """Draw the listed folder and its content on one line; of a long path only the end is shown."""
    if found.problem:
        return Content(clean_line(found.problem)).truncate(width, ellipsis=True)
    files = sum(not entry.is_folder for entry in found.entries)
    more = f"; {found.left_off:,} more, type to narrow" if found.left_off else ""
    rest = f"   {files} data file{'s' * (files != 1)}{more}   enter opens"
    path, room = clean_line(found.folder), max(width - len(rest), 1)
    if cell_len(path) > room:
        cells = set_cell_size(path[::-1], room - 1)[::-1]  # where half a wide character would fit, this leaves a blank
        path = f"…{cells}"
    return Content(f"{path}{rest}").truncate(width, ellipsis=True)
