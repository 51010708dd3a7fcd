"""The list of runs as a table. Its cursor belongs to a run, not to a row, and only rows in sight are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.runs.listed import ListedRun
from core.runs.status import State
from tui.formatting import STATE_MARKS
from tui.keys.bindings import bindings
from tui.screens.runs.columns import GAP, GUTTER, Column
from tui.screens.runs.keys import RUN_TABLE

_CURSOR, _MARK = "▸", "*"
_ARROWS = {False: "↑", True: "↓"}


class RunTable(ScrollView, can_focus=True):
    """Runs in rows below a heading, with a cursor that stays on its run when rows and columns change."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-table--head", "run-table--cursor", "run-table--marked"}
    DEFAULT_CSS = """
    RunTable { background: $background; overflow-x: hidden; scrollbar-size: 1 1; }
    RunTable > .run-table--head { text-style: bold; background: $panel; color: $foreground; }
    RunTable > .run-table--cursor { background: $surface-lighten-2; }
    RunTable:focus > .run-table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    RunTable > .run-table--marked { text-style: bold; color: $text-accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(RUN_TABLE)

    class Moved(Message):
        """The cursor is on another run."""

    class Opened(Message):
        """The run under the cursor was clicked."""

    class Headed(Message):
        """The heading of a column was clicked."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._runs: list[ListedRun] = []
        self._columns: list[Column] = []
        self._marked: frozenset[str] = frozenset()
        self._sort: tuple[str, bool] = "", False
        self._now = 0.0
        self._cursor = 0
        self._drawn: list[Strip] = []

    @property
    def chosen_id(self) -> str | None:
        """Id of the run under the cursor."""
        return self._runs[self._cursor].summary.id if self._cursor < len(self._runs) else None

    @property
    def shown_columns(self) -> Sequence[Column]:
        """The columns, from left to right."""
        return self._columns

    def show(
        self,
        runs: Sequence[ListedRun],
        columns: Sequence[Column],
        now: float,
        *,
        marked: frozenset[str] = frozenset(),
        sort: tuple[str, bool] = ("", False),
        choose: str | None = None,
    ) -> None:
        """Show runs at `now` (seconds since 1970), with the cursor on the run `choose`, if one is named.

        Otherwise the cursor stays on its run; if that is gone, it goes to the one that stood below it, else above.

        Args:
            marked: Ids of the runs that are marked.
            sort: Name of the column that the runs are sorted by, and whether the highest come first.
        """
        before = self.chosen_id
        old_ids, ids = [run.summary.id for run in self._runs], [run.summary.id for run in runs]
        chosen = choose if choose in ids else _nearest(before, old_ids, ids)
        self._runs, self._columns, self._now = list(runs), list(columns), now
        self._marked, self._sort = marked, sort
        self._cursor = ids.index(chosen) if chosen in ids else 0
        self.virtual_size = Size(1, len(runs) + 1)
        if ids != old_ids or choose is not None:
            self._keep_in_sight()
        self._redraw()
        if self.chosen_id != before:
            self.post_message(self.Moved())

    def cells(self, run: ListedRun) -> list[str]:
        """Return what the row of a run shows."""
        return [column.cell(run, self._now) for column in self._columns]

    # Drawing

    def _redraw(self) -> None:
        """Draw what is in sight, and have the lines shown that are not as they were."""
        before, self._drawn = self._drawn, self._lines()
        if len(before) != len(self._drawn):
            self.refresh()
        else:
            changed = [y for y, (old, new) in enumerate(zip(before, self._drawn, strict=True)) if old != new]
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed)) if changed else None

    def render_line(self, y: int) -> Strip:
        if len(self._drawn) != self.size.height:
            self._drawn = self._lines()
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width, self.rich_style)

    def _lines(self) -> list[Strip]:
        width, plain = self.size.width, self.rich_style
        style_of = {
            (marked, here): plain
            + (self.get_component_rich_style("run-table--marked", partial=True) if marked else Style())
            + (self.get_component_rich_style("run-table--cursor", partial=True) if here else Style())
            for marked in (False, True)
            for here in (False, True)
        }
        colours = {state: self._colour(state) for state in STATE_MARKS}
        top, rows = self.scroll_offset.y, max(self.size.height - 1, 0)
        lines = [self._head()]
        for number in range(top, min(top + rows, len(self._runs))):
            run, here = self._runs[number], number == self._cursor
            marked = run.summary.id in self._marked
            style = style_of[marked, here]
            coloured = style if here and self.has_focus else style + colours[run.summary.state]
            lines.append(self._row(run, f"{_CURSOR if here else ' '}{_MARK if marked else ' '}", style, coloured))
        blank = Strip.blank(width, plain)
        return (lines + [blank] * (rows + 1 - len(lines)))[: self.size.height]

    def _head(self) -> Strip:
        style = self.get_component_rich_style("run-table--head")
        name, descending = self._sort
        line = " " * (GUTTER - GAP)
        for one in self._columns:  # the arrow stands before the title, where no title is too long for it
            line += (f"{_ARROWS[descending]:>{GAP}}" if one.name == name else " " * GAP) + _padded(one.title, one)
        return Strip([Segment(line.ljust(self.size.width), style)]).crop(0, self.size.width)

    def _row(self, run: ListedRun, gutter: str, style: Style, coloured: Style) -> Strip:
        """Return the line of a run. Only its state is `coloured`."""
        segments = [Segment(gutter, style)]
        for place, one in enumerate(self._columns):
            text = _padded(one.cell(run, self._now), one)
            segments.append(Segment(" " * GAP + text if place else text, coloured if one.name == "state" else style))
        used = GUTTER + sum(one.width for one in self._columns) + GAP * max(len(self._columns) - 1, 0)
        segments.append(Segment(" " * max(self.size.width - used, 0), style))
        return Strip(list(Segment.simplify(segments))).crop(0, self.size.width)

    def _colour(self, state: State) -> Style:
        colour = self.app.theme_variables.get(STATE_MARKS[state][1].removeprefix("$"), "")
        # Rich knows neither alpha nor automatic colours
        return Style(color=colour) if colour.startswith("#") and len(colour) == 7 else Style()

    # The cursor

    def on_resize(self) -> None:
        """Keep the cursor in sight: the lines below the list are more for some runs than for others."""
        self.virtual_size = Size(1, len(self._runs) + 1)
        self._keep_in_sight()
        self._drawn = []

    def notify_style_update(self) -> None:
        """Draw all lines again: the focus or the theme has changed."""
        super().notify_style_update()
        self._drawn = []

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._drawn = []

    def _keep_in_sight(self) -> None:
        rows = max(self.size.height - 1, 1)
        top = min(max(self.scroll_offset.y, self._cursor - rows + 1), self._cursor)
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, immediate=True)

    def action_move(self, step: int) -> None:
        """Move the cursor by rows."""
        self._go(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by pages."""
        self._go(self._cursor + step * max(self.size.height - 2, 1))

    def action_edge(self, end: int) -> None:
        """Move the cursor to the first row, or the last."""
        self._go(end * len(self._runs))

    def _go(self, row: int) -> None:
        row = max(0, min(row, len(self._runs) - 1))
        if row != self._cursor:
            self._cursor = row
            self._keep_in_sight()
            self._redraw()
            self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Open the run under the cursor, move the cursor, or sort by the column whose heading was clicked."""
        if event.y == 0:
            at = GUTTER
            for one in self._columns:
                if at <= event.x < at + one.width:
                    self.post_message(self.Headed(one.name))
                at += one.width + GAP
            return
        row = self.scroll_offset.y + event.y - 1
        if row == self._cursor:
            self.post_message(self.Opened())
        elif row < len(self._runs):
            self._go(row)


def _padded(text: str, one: Column) -> str:
    """Return a cell cut or padded to the width of its column."""
    wide = len(text) if text.isascii() else cell_len(text)
    if wide > one.width:
        return set_cell_size(text, one.width - 1) + "…" if one.width else ""
    return " " * (one.width - wide) + text if one.right else text + " " * (one.width - wide)


def _nearest(chosen: str | None, before: list[str], after: list[str]) -> str | None:
    """Return `chosen` or, if it is gone, the next one that is left of those that stood below it, then above it."""
    if chosen is None or chosen in after or chosen not in before:
        return chosen
    place = before.index(chosen)
    left = set(after)
    return next((one for one in [*before[place + 1 :], *reversed(before[:place])] if one in left), None)
