"""The list of runs and groups as a table. Its cursor belongs to a run, not to a row; only rows in sight are drawn."""

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

from core.experiments.listed_group import ListedGroup, Row
from core.runs.status import State
from tui.formatting import STATE_MARKS
from tui.keys.bindings import bindings
from tui.screens.runs.columns import GAP, GUTTER, Column
from tui.screens.runs.keys import RUN_TABLE

_CURSOR, _MARK, _SOME_MARKED = "▸", "*", "~"
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

    class Unfolded(Message):
        """A group is to be unfolded, or folded again."""

        def __init__(self, group: str, unfold: bool) -> None:
            self.group, self.unfold = group, unfold
            super().__init__()

    class Headed(Message):
        """The heading of a column was clicked."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._columns: list[Column] = []
        self._marked: frozenset[str] = frozenset()
        self._sort: tuple[str, bool] = "", False
        self._now = 0.0
        self._cursor = 0
        self._drawn: list[Strip] = []

    @property
    def chosen_id(self) -> str | None:
        """Id of the run or group under the cursor."""
        return row.id if (row := self._chosen) is not None else None

    @property
    def _chosen(self) -> Row | None:
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    @property
    def shown_columns(self) -> Sequence[Column]:
        """The columns, from left to right."""
        return self._columns

    def show(
        self,
        rows: Sequence[Row],
        columns: Sequence[Column],
        now: float,
        *,
        marked: frozenset[str] = frozenset(),
        sort: tuple[str, bool] = ("", False),
        choose: str | None = None,
    ) -> None:
        """Show rows at `now` (seconds since 1970), with the cursor on the run or group `choose`, if one is named.

        Otherwise the cursor stays on its run; if that is gone, it goes to the one that stood below it, else above.

        Args:
            marked: Ids of the runs that are marked.
            sort: Name of the column that the runs are sorted by, and whether the highest come first.
        """
        before = self.chosen_id
        old_ids, ids = [row.id for row in self._rows], [row.id for row in rows]
        chosen = choose if choose in ids else _nearest(before, old_ids, ids)
        self._rows, self._columns, self._now = list(rows), list(columns), now
        self._marked, self._sort = marked, sort
        self._cursor = ids.index(chosen) if chosen in ids else 0
        self.virtual_size = Size(1, len(rows) + 1)
        if ids != old_ids or choose is not None:
            self._keep_in_sight()
        self._redraw()
        if self.chosen_id != before:
            self.post_message(self.Moved())

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
        for number in range(top, min(top + rows, len(self._rows))):
            row, here = self._rows[number], number == self._cursor
            mark = self._mark(row)
            style = style_of[mark != " ", here]
            coloured = style if here and self.has_focus else style + colours[row.state]
            lines.append(self._row(row, f"{_CURSOR if here else ' '}{mark}", style, coloured))
        blank = Strip.blank(width, plain)
        return (lines + [blank] * (rows + 1 - len(lines)))[: self.size.height]

    def _head(self) -> Strip:
        style = self.get_component_rich_style("run-table--head")
        name, descending = self._sort
        line = " " * (GUTTER - GAP)
        for one in self._columns:  # the arrow stands before the title, where no title is too long for it
            line += (f"{_ARROWS[descending]:>{GAP}}" if one.name == name else " " * GAP) + _padded(one.title, one)
        return Strip([Segment(line.ljust(self.size.width), style)]).crop(0, self.size.width)

    def _mark(self, row: Row) -> str:
        """Return the mark of a run, or that of a group of which all or some runs are marked."""
        ids = {run.id for run in row.runs} if isinstance(row, ListedGroup) else {row.id}
        return _MARK if ids and ids <= self._marked else _SOME_MARKED if ids & self._marked else " "

    def _row(self, row: Row, gutter: str, style: Style, coloured: Style) -> Strip:
        """Return the line of a run or group. Only its state is `coloured`."""
        segments = [Segment(gutter, style)]
        for place, one in enumerate(self._columns):
            text = _padded(one.text(row, self._now), one)
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
        self.virtual_size = Size(1, len(self._rows) + 1)
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
        self._go(end * len(self._rows))

    def _go(self, row: int) -> None:
        row = max(0, min(row, len(self._rows) - 1))
        if row != self._cursor:
            self._cursor = row
            self._keep_in_sight()
            self._redraw()
            self.post_message(self.Moved())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        row = self._chosen
        if action == "unfold":
            return isinstance(row, ListedGroup) and row.folded and bool(row.runs)
        if action == "fold":
            return self._group_to_fold() is not None
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why an action would do nothing now; empty if there is nothing to say."""
        if action not in ("fold", "unfold") or self._chosen is None:
            return ""
        if isinstance(self._chosen, ListedGroup):
            if not self._chosen.runs:
                return "No run of this group is there."
            return "Its runs are shown already." if action == "unfold" else "Its runs are not shown."
        if any(isinstance(row, ListedGroup) for row in self._rows):
            return "Only groups are folded and unfolded."
        return "There is no group here: a filtered or sorted list shows runs alone."

    def _group_to_fold(self) -> ListedGroup | None:
        """Return the unfolded group that the cursor is on or in."""
        id = self.chosen_id
        groups = (row for row in self._rows if isinstance(row, ListedGroup) and not row.folded)
        return next((one for one in groups if one.id == id or any(run.id == id for run in one.runs)), None)

    def action_unfold(self) -> None:
        """Show the runs of a group below it."""
        if isinstance(self._chosen, ListedGroup):
            self.post_message(self.Unfolded(self._chosen.id, True))

    def action_fold(self) -> None:
        """Show a group without its runs again."""
        if (group := self._group_to_fold()) is not None:
            self.post_message(self.Unfolded(group.id, False))

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
        elif row < len(self._rows):
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
