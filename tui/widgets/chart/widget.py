"""`Chart`: a line chart with a keyboard cursor, zoom, logarithmic scale and smoothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from core.base.text import clean_line
from tui.keys.bindings import bindings
from tui.widgets.changed import Cell, first_and_last
from tui.widgets.chart.canvas import Row
from tui.widgets.chart.picture import picture
from tui.widgets.chart.series import Series
from tui.widgets.chart.units import NUMBER, Unit
from tui.widgets.chart.view import COLOURS, ChartView, Reading
from tui.widgets.keys import CHART


class Chart(Widget, can_focus=True):
    """A chart of series over steps, with title, legend, axes, and the values at the cursor or the newest point."""

    HELP = """\
Chart: ← → move the cursor; the last line shows the exact values there. + and - zoom around it, , and . move the \
part that is shown, backspace goes back one step, 0 shows everything again. t follows the newest points, l switches \
to a logarithmic scale, s and S smooth more and less, o makes room for outliers or leaves them beyond the edge, where \
arrows point to them. y copies the values at the cursor. With several curves, n brings the next one to the front, h \
hides it or, if none is in front, shows all of them, and d takes the one in front from all others."""
    BINDINGS: ClassVar[list[BindingType]] = bindings(CHART)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"chart--{colour}" for colour in COLOURS),
        "chart--title",
        "chart--note",
        "chart--alert",
        "chart--axis",
        "chart--label",
        "chart--value",
        "chart--raw",
        "chart--cursor",
        "chart--reference",
    }
    DEFAULT_CSS = """
    Chart {
        height: 1fr;
        min-height: 1;
        & > .chart--title { text-style: bold; }
        &:focus > .chart--title { text-style: bold reverse; }
        & > .chart--note, & > .chart--label { color: $text-muted; }
        & > .chart--alert { color: $text-error; text-style: bold; }
        & > .chart--value { text-style: bold; }
        & > .chart--axis, & > .chart--raw { color: $foreground 45%; }
        & > .chart--cursor { color: $text-accent; }
        & > .chart--reference { color: $text-error; }
        & > .chart--primary { color: $text-primary; }
        & > .chart--secondary { color: $text-secondary; }
        & > .chart--success { color: $text-success; }
        & > .chart--warning { color: $text-warning; }
        & > .chart--error { color: $text-error; }
        & > .chart--accent { color: $text-accent; }
    }
    """

    class CursorMoved(Message):
        """A key has moved the cursor, or taken it away."""

        def __init__(self, chart: Chart) -> None:
            self.chart = chart
            super().__init__()

        @property
        def control(self) -> Chart:
            return self.chart

    def __init__(
        self,
        title: str,
        *,
        unit: Unit = NUMBER,
        empty: str = "Nothing to draw yet.",
        smoothing: float = 0.0,
        robust: bool = False,
        id: str | None = None,
    ) -> None:
        """Create a chart without data.

        Args:
            title: Stands above the canvas; may be changed at any time.
            unit: How the values are written.
            empty: What is said while there is nothing to draw.
            smoothing: The weight to begin with, one of `SMOOTHING`.
            robust: Whether outliers are left beyond the edge.
        """
        super().__init__(id=id)
        self.title = title
        self.unit = unit
        self.empty = empty
        self.view = ChartView(smoothing, robust=robust)
        self._cache: tuple[object, list[Row]] = (None, [])

    def look_through(self, view: ChartView, unit: Unit) -> None:
        """Show what `view` looks at from now on, in another unit."""
        self.view, self.unit = view, unit
        self.redraw()

    def show(
        self,
        series: Iterable[Series],
        *,
        references: Iterable[tuple[str, float]] = (),
        x_label: str = "step",
        x_unit: Unit = NUMBER,
    ) -> None:
        """Draw these series from now on and keep zoom, cursor and scale. `references` are (name, y) lines."""
        self.view.show(series, references, x_label, x_unit)
        self.redraw()

    def redraw(self) -> None:
        """Draw what has changed, and only that: a terminal may be at the end of a slow line."""
        (known, before), (width, height) = self._cache, self.size
        if not (known and width and height and self.is_attached and self.display and self.screen.is_current):
            self.refresh()
            return
        after = self.frame(width, height)
        if after is before:
            return
        regions = [
            Region(left, y, right - left, 1)
            for y in range(height)
            for left, right in [first_and_last(_cells(_row(before, y)), _cells(_row(after, y)), width)]
            if left < right
        ]
        if regions:
            self.refresh(*regions)

    def readings(self) -> list[Reading]:
        """Return the exact values at the cursor, one for each series that has a point at or before it."""
        return [reading for _, reading in self.view.readings()]

    def copied(self) -> str:
        """Return the figures at the cursor as text, a line for each series; empty if there are none."""
        lines = []
        for reading in self.readings():
            smoothed = f" (smoothed {reading.smoothed!r})" if reading.smoothed is not None else ""
            lines.append(f"{self.view.x_label} {reading.x!r}: {clean_line(reading.name)} {reading.y!r}{smoothed}")
        return "\n".join(lines)

    def frame(self, width: int, height: int) -> list[Row]:
        """Return the picture at this size as rows of (text, component)."""
        key = (width, height, self.title, self.empty, self.view, self.view.state())
        if self._cache[0] != key:
            self._cache = (key, picture(self.view, self.title, self.empty, self.unit, width, height))
        return self._cache[1]

    def render_line(self, y: int) -> Strip:
        rows = self.frame(self.size.width, self.size.height)
        base = self.rich_style
        if y >= len(rows):
            return Strip.blank(self.size.width, base)
        pieces = [Segment(text, self.get_component_rich_style(f"chart--{part}")) for text, part in rows[y]]
        return Strip(pieces).adjust_cell_length(self.size.width, base)

    # Actions

    def action_toggle_log(self) -> None:
        """Switch between a linear and a logarithmic scale."""
        self.view.log = not self.view.log
        self.redraw()

    def action_toggle_robust(self) -> None:
        """Leave outliers beyond the edge, or make room for them."""
        self.view.robust = not self.view.robust
        self.redraw()

    def action_smooth(self, by: int) -> None:
        """Smooth more or less."""
        self.view.smooth(by)
        self.redraw()

    def action_toggle_follow(self) -> None:
        """Show only the newest points, or everything again."""
        self.view.toggle_follow()
        self.redraw()

    def action_show_all(self) -> None:
        """Leave zoom, tail and cursor."""
        self.view.show_all()
        self.redraw()
        self.post_message(self.CursorMoved(self))

    def action_zoom(self, factor: float) -> None:
        """Scale the x range around the cursor."""
        self.view.zoom(factor)
        self.redraw()

    def action_pan(self, share: float) -> None:
        """Move the part that is shown by a share of its width."""
        self.view.pan(share)
        self.redraw()

    def action_step_back(self) -> None:
        """Show the part of before the last zoom or move."""
        self.view.go_back()
        self.redraw()

    def action_cursor(self, columns: int) -> None:
        """Move the cursor."""
        self.view.move_cursor(columns)
        self.redraw()
        self.post_message(self.CursorMoved(self))

    def action_copy(self) -> None:
        """Copy the figures at the cursor to the terminal's clipboard."""
        if text := self.copied():
            self.app.copy_to_clipboard(text)
            self.notify("Copied, if the terminal allows it (OSC 52).", markup=False)

    def action_front(self) -> None:
        """Bring the next run to the front, or none after the last."""
        out = {*self.view.hidden, self.view.against}
        names = [name for name in self.view.lines() if name not in out]
        at = names.index(self.view.front) + 1 if self.view.front in names else 0
        self.view.look_at(front=names[at] if at < len(names) else "")
        self.redraw()

    def action_hide(self) -> None:
        """Hide the run in front; if none is, show all again."""
        name = self.view.front
        if not name and not self.view.hidden:
            self._explain("n brings a curve to the front, which h then hides.")
        elif not name:
            self.view.look_at(hidden=frozenset())
        elif len(self.view.lines()) - len(self.view.hidden) > 1:
            self.action_front()
            self.view.look_at(hidden=self.view.hidden | {name})
        self.redraw()

    def action_difference(self) -> None:
        """Take the run in front from all others, or show the values again."""
        if not self.view.against and not self.view.front:
            self._explain("n brings a curve to the front, which d then takes from the others.")
        self.view.look_at(against="" if self.view.against else self.view.front, front="")
        self.redraw()

    def _explain(self, how: str) -> None:
        several = len(self.view.lines()) > 1
        self.notify(how if several else "There is one curve only.", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        return len(self.view.lines()) > 1 if action == "front" else True


def _row(rows: list[Row], number: int) -> Row:
    """Return a row of a picture; an empty one below its end."""
    return rows[number] if number < len(rows) else []


def _cells(row: Row) -> list[Cell] | None:
    """Return the characters of a row with their components; None if some are not one cell wide."""
    if any(cell_len(text) != len(text) for text, _ in row):
        return None
    return [(one, part) for text, part in row for one in text]
