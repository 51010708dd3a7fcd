"""The list of runs as a table. Its cursor belongs to a run, not to a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widgets import DataTable

from core.base.text import clean_line
from core.runs.summary import RunSummary
from core.runs.tree import branch_label
from tui.formatting import STATE_MARKS, ago, in_bytes
from tui.keys.bindings import bindings
from tui.screens.runs.keys import RUN_TABLE
from tui.screens.runs.listing import RunRow

_PADDING, _SCROLLBAR = 2, 1
_MIN_NAME, _MAX_NAME = 20, 40
_MIN_SETTINGS = 24


@dataclass(frozen=True)
class _Column:
    title: str
    width: int
    """Width in cells; 0 for the name, which takes the remaining width."""
    cell: Callable[[RunRow, float], str]
    """Returns what to show, given a row and the current time in seconds since 1970."""


class RunTable(DataTable[Text]):
    """Runs in rows, as many columns as fit, and a cursor that stays on its run when rows and columns change."""

    DEFAULT_CSS = """
    RunTable { background: $background; overflow-x: hidden; scrollbar-size: 1 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(RUN_TABLE)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
        self._rows: list[RunRow] = []
        self._shown_columns: list[_Column] = []

    @property
    def chosen_id(self) -> str | None:
        """Id of the run under the cursor."""
        if not self.is_valid_row_index(self.cursor_row):
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value

    def show(self, rows: Sequence[RunRow], now: float, choose: str | None = None) -> None:
        """Show these rows at `now` (seconds since 1970) and put the cursor on the run `choose`, if one is named.

        Otherwise the cursor stays on its run; if that is gone, it goes to the one that stood below it, else above.
        """
        before, self._rows = self._rows, list(rows)
        ids = [row.summary.id for row in rows]
        old_ids = [row.summary.id for row in before]
        if ids == old_ids and choose is None and self._shown_columns:
            self._update_cells(now)
            return
        chosen = choose if choose in ids else _nearest(self.chosen_id, old_ids, ids)
        self._fill(now, chosen)

    def lay_out(self, width: int, now: float) -> None:
        """Choose the columns for a table of `width` cells."""
        columns = _columns(width - _SCROLLBAR)
        if [(one.title, one.width) for one in columns] == [(one.title, one.width) for one in self._shown_columns]:
            return
        chosen = self.chosen_id
        self._shown_columns = columns
        self.clear(columns=True)
        for column in columns:
            self.add_column(column.title, width=column.width, key=column.title)
        self._fill(now, chosen)

    def on_resize(self) -> None:
        """Keep the cursor in sight: the lines below the list are more for some runs than for others."""
        self.move_cursor(row=self.cursor_row, scroll=True)

    def _fill(self, now: float, chosen: str | None) -> None:
        """Rebuild all rows, with the cursor on the run `chosen` and the list scrolled to where it was."""
        offset = self.scroll_offset.y
        self.clear()
        if not self._shown_columns:
            return
        for row in self._rows:
            self.add_row(*self._cells(row, now), key=row.summary.id)
        self.scroll_to(y=offset, animate=False, immediate=True)
        ids = [row.summary.id for row in self._rows]
        self.move_cursor(row=ids.index(chosen) if chosen in ids else 0)

    def _update_cells(self, now: float) -> None:
        for number, row in enumerate(self._rows):
            for column, cell in enumerate(self._cells(row, now)):
                if self.get_cell_at((number, column)) != cell:  # type: ignore[arg-type]
                    self.update_cell_at((number, column), cell)  # type: ignore[arg-type]

    def _cells(self, row: RunRow, now: float) -> list[Text]:
        cells = [Text(column.cell(row, now)) for column in self._shown_columns]
        colour = self.app.theme_variables.get(STATE_MARKS[row.summary.state][1].removeprefix("$"), "")
        if colour.startswith("#") and len(colour) == 7:  # Rich knows neither alpha nor automatic colours
            cells[0].stylize(colour)
        return cells


def _nearest(chosen: str | None, before: list[str], after: list[str]) -> str | None:
    """Return `chosen` or, if it is gone, the next one that is left of those that stood below it, then above it."""
    if chosen is None or chosen in after or chosen not in before:
        return chosen
    place = before.index(chosen)
    left = set(after)
    return next((one for one in [*before[place + 1 :], *reversed(before[:place])] if one in left), None)


def _columns(width: int) -> list[_Column]:
    """Return the columns for `width` cells: first those that always stand there, then more as there is room."""
    columns = [
        _Column("state", 14, lambda row, now: f"{STATE_MARKS[row.summary.state][0]} {row.summary.state}"),
        _Column("name", 0, lambda row, now: branch_label(clean_line(row.summary.name, 60), row.depth)),
        _Column("accuracy", 8, lambda row, now: _figure(row.summary, "accuracy")),
        _Column("F1", 5, lambda row, now: _figure(row.summary, "macro_f1")),
        _Column("steps", 9, lambda row, now: _steps(row.summary)),
        _Column("began", 10, lambda row, now: ago(row.summary.began, now)),
    ]
    room = width - _MIN_NAME - sum(one.width + _PADDING for one in columns)
    for more in (
        _Column("size", 9, lambda row, now: "" if row.bytes_on_disk is None else in_bytes(row.bytes_on_disk)),
        _Column("model", 22, lambda row, now: clean_line(row.summary.model, 60)),
    ):
        if room < more.width + _PADDING:
            break
        columns.append(more)
        room -= more.width + _PADDING
    name = min(_MIN_NAME + max(room, 0), _MAX_NAME)
    rest = room - (name - _MIN_NAME) - _PADDING
    if rest >= _MIN_SETTINGS:
        columns.append(_Column("settings", rest, lambda row, now: clean_line(row.settings, 200)))
    return [one if one.width else _Column(one.title, name, one.cell) for one in columns]


def _figure(summary: RunSummary, name: str) -> str:
    return f"{getattr(summary.validation, name):.3f}" if summary.validation is not None else "-"


def _steps(summary: RunSummary) -> str:
    return f"{summary.step}/{summary.steps}" if summary.steps else "-"
