"""`Chart`: a line chart with a keyboard cursor, zoom, logarithmic scale and smoothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from core.base.text import clean_line
from tui.keys.bindings import bindings
from tui.widgets.chart.canvas import Row
from tui.widgets.chart.picture import picture
from tui.widgets.chart.series import Series
from tui.widgets.chart.units import NUMBER, Unit
from tui.widgets.chart.view import COLOURS, ChartView, Reading
from tui.widgets.keys import CHART


class Chart(Widget, can_focus=True):
    """A chart of series over steps, with title, legend, axes, and the values at the cursor or the newest point."""

    HELP = """\
Chart: ← → move the cursor; the last line shows the exact values there. + and - zoom around it, 0 shows everything \
again. t follows the newest points, l switches to a logarithmic scale, s and S smooth more and less, o ignores \
outliers above, y copies the values at the cursor."""
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
        id: str | None = None,
    ) -> None:
        """Create a chart without data.

        Args:
            title: Stands above the canvas; may be changed at any time.
            unit: How the values are written.
            empty: What is said while there is nothing to draw.
            smoothing: The weight to begin with, one of `SMOOTHING`.
        """
        super().__init__(id=id)
        self.title = title
        self.unit = unit
        self.empty = empty
        self.view = ChartView(smoothing)
        self._cache: tuple[object, list[Row]] = (None, [])

    def look_through(self, view: ChartView, unit: Unit) -> None:
        """Show what `view` looks at from now on, in another unit."""
        self.view, self.unit = view, unit
        self.refresh()

    def show(
        self, series: Iterable[Series], *, references: Iterable[tuple[str, float]] = (), x_label: str = "step"
    ) -> None:
        """Draw these series from now on and keep zoom, cursor and scale. `references` are (name, y) lines."""
        if self.view.show(series, references, x_label):
            self.refresh()

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
        self.refresh()

    def action_toggle_robust(self) -> None:
        """Ignore outliers above, or show them again."""
        self.view.robust = not self.view.robust
        self.refresh()

    def action_smooth(self, by: int) -> None:
        """Smooth more or less."""
        self.view.smooth(by)
        self.refresh()

    def action_toggle_follow(self) -> None:
        """Show only the newest points, or everything again."""
        self.view.toggle_follow()
        self.refresh()

    def action_show_all(self) -> None:
        """Leave zoom, tail and cursor."""
        self.view.show_all()
        self.refresh()
        self.post_message(self.CursorMoved(self))

    def action_cursor(self, columns: int) -> None:
        """Move the cursor."""
        self.view.move_cursor(columns)
        self.refresh()
        self.post_message(self.CursorMoved(self))

    def action_copy(self) -> None:
        """Copy the figures at the cursor to the terminal's clipboard."""
        if text := self.copied():
            self.app.copy_to_clipboard(text)
            self.notify("Copied, if the terminal allows it (OSC 52).", markup=False)

    def action_zoom(self, factor: float) -> None:
        """Scale the x range around the cursor."""
        self.view.zoom(factor)
        self.refresh()
