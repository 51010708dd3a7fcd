"""A line chart for the training screen: several series, a keyboard cursor, zoom, log scale and smoothing.

`Chart` holds the view (zoom, cursor, scale, smoothing) and lays out title, axes and readout, in the units of the data
and the colours of the theme. What stands between the axes is drawn by `tui.widgets.canvas`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from core.base.text import clean_line
from tui.widgets.canvas import Layer, Row, canvas, cell_at, fitted, joined, row_width
from tui.widgets.series import (
    NUMBER,
    Series,
    Unit,
    Window,
    exponential_average,
    limits,
    number_text,
    segments,
    ticks,
    widened,
)

SMOOTHING = (0.0, 0.6, 0.9, 0.97)
TAIL = 200  # points shown while following the tail
COLOURS = ("primary", "warning", "success", "accent", "secondary", "error")
POINT_GLYPHS = "●○◆◇"  # for series of points, in order
LINE_GLYPHS = " ▲■▼◆"  # set on lines from the second one on, so that they differ without colour
SMALLEST = (20, 5)  # columns, rows; below it one line of text
NAME_WIDTH = 32
SHORT_NAME = 8  # where names have to fit beside values

_x = itemgetter(0)


@dataclass(frozen=True)
class Reading:
    """What one series says at the cursor: its last point at or before it. `smoothed` is None without smoothing."""

    name: str
    x: float
    y: float | None
    smoothed: float | None


class Chart(Widget, can_focus=True):
    """Series over steps, with title, legend, axes and a last line that reads out the cursor or the newest values."""

    HELP = """\
## Chart

`←` `→` move the cursor, its exact values stand in the last line · `+` `-` zoom around it · `0` shows everything again ·
`t` follows the newest points · `l` log scale · `s` `S` more, less smoothing · `o` ignores outliers above.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "toggle_log", "Log scale", id="chart.log", show=False),
        Binding("s", "smooth(1)", "Smoother", id="chart.smoother", show=False),
        Binding("S", "smooth(-1)", "Less smooth", id="chart.rougher", show=False),
        Binding("left", "cursor(-1)", "Cursor left", id="chart.cursor_left", show=False),
        Binding("right", "cursor(1)", "Cursor right", id="chart.cursor_right", show=False),
        Binding("shift+left", "cursor(-10)", "Cursor far left", id="chart.cursor_far_left", show=False),
        Binding("shift+right", "cursor(10)", "Cursor far right", id="chart.cursor_far_right", show=False),
        Binding("plus,equals_sign", "zoom(0.5)", "Zoom in", id="chart.zoom_in", key_display="+", show=False),
        Binding("minus", "zoom(2)", "Zoom out", id="chart.zoom_out", key_display="-", show=False),
        Binding("0", "show_all", "Everything", id="chart.all", show=False),
        Binding("t", "toggle_follow", "Follow newest", id="chart.follow", show=False),
        Binding("o", "toggle_robust", "Ignore outliers", id="chart.outliers", show=False),
    ]
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
        """The cursor stands at `x` (None: it is gone), moved by a key on `chart`; lets charts keep in step."""

        def __init__(self, chart: Chart, x: float | None) -> None:
            super().__init__()
            self.chart = chart
            self.x = x

        @property
        def control(self) -> Chart:
            return self.chart

    def __init__(
        self,
        title: str,
        *,
        unit: Unit = NUMBER,
        empty: str = "Nothing to draw yet.",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.title = title
        self.unit = unit
        self.empty = empty
        self._series: tuple[Series, ...] = ()
        self._references: tuple[tuple[str, float], ...] = ()
        self._x_label = "step"
        self._version = 0
        self._log = False
        self._robust = False
        self._follow = False
        self._smoothing = 0.0
        self._span: tuple[float, float] | None = None  # the x range zoomed to
        self._cursor: float | None = None
        self._columns = 80  # width of the canvas last drawn: how far one press of an arrow moves the cursor
        self._averages: dict[tuple[int, int, float], list[float]] = {}
        self._places: list[list[tuple[float, int]]] = []  # per series: (x, index into xs), ascending
        self._xs: list[float] = []  # every x of every series that has a place on the axis, ascending, once
        self._diverged: float | None = None
        self._layer_cache: tuple[object, list[Layer]] = (None, [])
        self._frame_cache: tuple[object, list[Row]] = (None, [])

    # --- data ---------------------------------------------------------------------------------------------

    def show(
        self, series: Iterable[Series], *, references: Iterable[tuple[str, float]] = (), x_label: str = "step"
    ) -> None:
        """Draw these series from now on; the view (zoom, cursor, scale) stays. `references` are (name, y) lines."""
        shown = (tuple(series), tuple(references), clean_line(x_label))
        if shown == (self._series, self._references, self._x_label):
            return
        self._series, self._references, self._x_label = shown
        self._version += 1
        self._averages.clear()
        self._places = [
            sorted((x, place) for place, x in enumerate(one.xs) if math.isfinite(x)) for one in self._series
        ]
        self._xs = sorted({x for places in self._places for x, _ in places})
        self._diverged = min((x for one in self._series if (x := one.diverged_at()) is not None), default=None)
        if self._xs and self._span is not None and not self._xs[0] < self._span[1] <= self._xs[-1]:
            self._span = None  # other data: the zoom was into something that is no longer there
        if self._cursor is not None and not (self._xs and self._xs[0] <= self._cursor <= self._xs[-1]):
            self._cursor = None
        self.refresh()

    @property
    def cursor(self) -> float | None:
        """The x that is read out; None is the newest point. Setting it moves the cursor without a message."""
        return self._cursor

    @cursor.setter
    def cursor(self, x: float | None) -> None:
        self._cursor = x if x is not None and math.isfinite(x) else None
        if self._cursor is not None:
            self._pan_to(self._cursor)
        self.refresh()

    def scalars(self) -> list[Reading]:
        """The exact values at the cursor, one for each series that has a point at or before it."""
        return [reading for index in range(len(self._series)) if (reading := self._reading(index)) is not None]

    def _reading(self, index: int) -> Reading | None:
        at = math.inf if self._cursor is None else self._cursor
        place = bisect_right(self._places[index], (at, math.inf)) - 1
        if place < 0:
            return None
        x, measured = self._places[index][place]
        series, average = self._series[index], self._average(index)
        return Reading(series.name, x, series.ys[measured], average[measured] if average else None)

    # --- keys ---------------------------------------------------------------------------------------------

    def action_toggle_log(self) -> None:
        self._log = not self._log
        self.refresh()

    def action_toggle_robust(self) -> None:
        self._robust = not self._robust
        self.refresh()

    def action_smooth(self, by: int) -> None:
        place = min(max(SMOOTHING.index(self._smoothing) + by, 0), len(SMOOTHING) - 1)
        self._smoothing = SMOOTHING[place]
        self.refresh()

    def action_toggle_follow(self) -> None:
        self._follow = not self._follow
        self._span = None
        self.refresh()

    def action_show_all(self) -> None:
        self._follow, self._span, self._cursor = False, None, None
        self.post_message(self.CursorMoved(self, None))
        self.refresh()

    def action_cursor(self, columns: int) -> None:
        """Move the cursor by this many columns, always onto a point of the data; the first press sets it."""
        xs = self._xs
        if not xs:
            return
        low, high = self._x_range()
        first, last = bisect_left(xs, low), max(bisect_right(xs, high) - 1, 0)
        if self._cursor is None:
            place = first if columns > 0 else last
        else:
            aim = self._cursor + columns * (high / self._columns - low / self._columns)
            if columns > 0:
                place = max(bisect_left(xs, aim), bisect_right(xs, self._cursor))
            else:
                place = min(bisect_right(xs, aim), bisect_left(xs, self._cursor)) - 1
        self.cursor = xs[min(max(place, 0), len(xs) - 1)]
        self.post_message(self.CursorMoved(self, self._cursor))

    def action_zoom(self, factor: float) -> None:
        """Scale the shown x range by `factor` around the cursor, or around its middle where there is none."""
        xs = self._xs
        if not xs:
            return
        low, high = self._x_range()
        whole_low, whole_high = widened(xs[0], xs[-1])
        centre = low / 2 + high / 2 if self._cursor is None else self._cursor
        low, high = centre - (centre - low) * factor, centre + (high - centre) * factor
        if factor < 1 and bisect_right(xs, high) - bisect_left(xs, low) < 2:
            return  # nothing finer to see
        low, high = max(low, whole_low), min(high, whole_high)
        self._follow = False
        self._span = None if (low, high) == (whole_low, whole_high) else (low, high)
        self.refresh()

    # --- the view -----------------------------------------------------------------------------------------

    def _x_range(self) -> tuple[float, float]:
        """The x range on screen: the tail, the zoom, or everything."""
        xs = self._xs
        if not xs:
            return 0.0, 1.0
        if self._follow:
            longest = max(self._places, key=len)
            return widened(longest[-TAIL:][0][0], xs[-1])
        return widened(*(self._span or (xs[0], xs[-1])))

    def _pan_to(self, x: float) -> None:
        """Move the shown x range, width unchanged, so that `x` is inside."""
        low, high = self._x_range()
        xs = self._xs
        if not low <= x <= high and xs and xs[0] <= x <= xs[-1]:
            half = high / 2 - low / 2
            start = min(max(x - half, xs[0]), max(xs[-1] - 2 * half, xs[0]))
            self._follow, self._span = False, widened(start, min(start + 2 * half, xs[-1]))

    def _average(self, index: int) -> list[float]:
        """The smoothed values of one series, computed from all of its points; empty where nothing is smoothed."""
        series = self._series[index]
        if not self._smoothing or series.style != "line":
            return []
        key = (self._version, index, self._smoothing)
        if key not in self._averages:
            self._averages[key] = exponential_average(series.ys, self._smoothing)
        return self._averages[key]

    def _glyph(self, index: int) -> str:
        """What tells this series apart without colour."""
        series = self._series[index]
        before = sum((other.style == "points") == (series.style == "points") for other in self._series[:index])
        glyphs = POINT_GLYPHS if series.style == "points" else LINE_GLYPHS
        return glyphs[before % len(glyphs)]

    def _colour(self, index: int) -> str:
        return self._series[index].colour or COLOURS[index % len(COLOURS)]

    def _layers(self) -> list[Layer]:
        """What is drawn, back to front, with gaps and smoothing worked out; kept until data or view change."""
        key = (self._version, self._log, self._smoothing)
        if self._layer_cache[0] != key:
            raw, front = [], []
            for index, series in enumerate(self._series):
                runs = segments(series.xs, series.ys, log=self._log)
                average = self._average(index)
                if average:
                    raw.append(Layer(runs, "", "raw", "dots"))
                    runs = segments(series.xs, average, log=self._log)
                front.append(Layer(runs, self._glyph(index), self._colour(index), series.style))
            lines = [layer for layer in front if layer.kind != "points"]
            points = [layer for layer in front if layer.kind == "points"]
            self._layer_cache = (key, raw + lines + points)
        return self._layer_cache[1]

    def _window(self) -> Window:
        low, high = self._x_range()
        groups: list[list[float]] = []
        for layer in self._layers():
            visible = [
                [y for _, y in run[bisect_left(run, low, key=_x) : bisect_right(run, high, key=_x)]]
                for run in layer.runs
                if run[-1][0] >= low and run[0][0] <= high
            ]
            groups.append([y for run in visible for y in run])
        if not self._robust and any(groups):
            groups.append([y for _, y in self._references])
        return Window(low, high, *limits(groups, log=self._log, robust=self._robust), log=self._log)

    # --- the frame ----------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        rows = self.frame(self.size.width, self.size.height)
        base = self.rich_style
        if y >= len(rows):
            return Strip.blank(self.size.width, base)
        pieces = [Segment(text, self.get_component_rich_style(f"chart--{part}")) for text, part in rows[y]]
        return Strip(pieces).adjust_cell_length(self.size.width, base)

    def frame(self, width: int, height: int) -> list[Row]:
        """The whole picture at this size: at most `height` rows of (text, component), none wider than `width`."""
        key = (self._version, width, height, self._view())
        if self._frame_cache[0] != key:
            self._frame_cache = (
                key,
                [fitted(row, width) for row in self._compose_frame(width, height)][: max(height, 0)],
            )
        return self._frame_cache[1]

    def _view(self) -> tuple[object, ...]:
        return (
            self._log,
            self._robust,
            self._follow,
            self._smoothing,
            self._span,
            self._cursor,
            self.title,
            self.empty,
        )

    def _compose_frame(self, width: int, height: int) -> list[Row]:
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return [self._one_line(width)]
        title, legend = self._title_row(), self._legend_row()
        head = [title]
        room = width - row_width(title) - row_width(legend) - 1
        if legend and room > 1:
            head = [[*title, (" " * room, "note"), *legend]]
        elif legend and height >= 10:
            head = [title, [(" ", "note"), *legend]]
        named = len(self._series) < 2 or len(head) > 1 or len(head[0]) > len(title)
        axis = height >= 7
        rows = height - len(head) - 1 - 2 * axis
        return [*head, *self._plot(width, rows, axis), self._readout_row(width, named)]

    def _one_line(self, width: int) -> Row:
        values = " · ".join(self._value(reading.y) for reading in self.scalars()) or "–"
        title = f"{clean_line(self.title)} "
        return [(title if cell_len(title + values) <= width else "", "title"), (values, "value")]

    def _title_row(self) -> Row:
        row: Row = [(f" {clean_line(self.title)} ", "title")]
        if self._diverged is not None:
            row.append((f" diverged at {self._x_label} {number_text(self._diverged)}", "alert"))
        notes = ["log"] * self._log
        notes += [f"smoothing {self._smoothing:g}"] * any(self._average(index) for index in range(len(self._series)))
        notes += ["outliers ignored"] * self._robust
        notes += [f"newest {TAIL}"] * self._follow + ["zoomed"] * (self._span is not None)
        if notes:
            row.append((f" {' · '.join(notes)}", "note"))
        return row

    def _legend_row(self) -> Row:
        """The names with their glyphs; nothing for a single series, which the title names."""
        row: Row = []
        for index, series in enumerate(self._series if len(self._series) > 1 else ()):
            row += [("  " if row else "", "note"), (self._sample(index), self._colour(index))]
            row.append((f" {clean_line(series.name, NAME_WIDTH)}", "label"))
        return row

    def _sample(self, index: int) -> str:
        glyph = self._glyph(index)
        if self._series[index].style == "points":
            return glyph
        return f"⠒{glyph.strip() or '⠒'}⠒"

    def _value(self, y: float | None) -> str:
        return "–" if y is None else clean_line(self.unit.text(y, None))

    def _readout_row(self, width: int, named: bool) -> Row:
        """Where the cursor stands (or the newest point), and every series there, as much as fits the width.

        Names go last, and only shrink where no legend names the series (`named`).
        """
        scalars = [(i, reading) for i in range(len(self._series)) if (reading := self._reading(i)) is not None]
        if not scalars:
            return []
        at = self._cursor if self._cursor is not None else max(reading.x for _, reading in scalars)
        row: Row = []
        for detail in (3, 2, 1, 0):
            row = [(f" {self._x_label} " if detail > 0 else " ", "label"), (number_text(at), "value")]
            for index, reading in scalars:
                row += [("   " if detail > 1 else "  ", "label"), (self._sample(index), self._colour(index))]
                name = clean_line(reading.name, NAME_WIDTH if detail > 0 else SHORT_NAME)
                row.append((f" {name} " if detail > 0 or not named else " ", "label"))
                row.append((self._value(reading.y), "value"))
                if detail > 1 and reading.smoothed is not None and math.isfinite(reading.smoothed):
                    smoothed = self._value(reading.smoothed)
                    row.append((f" ({smoothed} smoothed)" if detail > 2 else f" ~{smoothed}", "label"))
                if reading.x != at:
                    row.append((f" at {number_text(reading.x)}", "label"))
            if row_width(row) <= width:
                break
        return row

    def _plot(self, width: int, rows: int, axis: bool) -> list[Row]:
        """The canvas with its y labels on the left and, with `axis`, the x axis and its labels below."""
        if not any(layer.runs for layer in self._layers()):
            return self._nothing(width, rows + 2 * axis)
        window = self._window()
        y_ticks, y_step = ticks(
            window.y_low, window.y_high, max(min(rows // 3, 6), 2), log=window.log, base=self.unit.base
        )
        labels: dict[int, str] = {}
        for value in y_ticks:
            labels.setdefault(cell_at(1 - window.up(value), rows), clean_line(self.unit.text(value, y_step)))
        gutter = max((cell_len(label) for label in labels.values()), default=0) + 1
        if gutter > width // 3:
            labels, gutter = {}, 0
        columns = self._columns = width - gutter - 2
        references = [
            (f" {clean_line(name, NAME_WIDTH)} {clean_line(self.unit.text(value, None))} ", value)
            for name, value in self._references
        ]
        cells = canvas(self._layers(), window, columns, rows, cursor=self._cursor, references=references)
        result: list[Row] = []
        for number, line in enumerate(cells):
            label = labels.get(number, "")
            edge = (f"{' ' * (gutter - cell_len(label))}{label} ", "label"), ("┤" if label else "│", "axis")
            result.append([*edge, *joined(line)])
        return [*result, *self._x_axis(window, gutter + 1, columns)] if axis else result

    def _nothing(self, width: int, rows: int) -> list[Row]:
        """Why there is no line: nothing measured, nothing finite, or nothing above zero."""
        measured = any(y is not None for series in self._series for y in series.ys)
        text = clean_line(self.empty)
        if measured:
            text = "Nothing above zero: press l." if self._log else "No finite value to draw."
        text = set_cell_size(text, min(cell_len(text), width))
        lines: list[Row] = [[] for _ in range(rows)]
        lines[rows // 2] = [(" " * ((width - cell_len(text)) // 2) + text, "note")]
        return lines

    def _x_axis(self, window: Window, gutter: int, columns: int) -> list[Row]:
        x_ticks, step = ticks(window.x_low, window.x_high, max(min(columns // 14, 8), 2))
        line = ["─"] * columns
        labels = [" "] * (gutter + columns + 1)
        end = len(labels) - cell_len(self._x_label) - 1
        taken = 0
        for value in x_ticks:
            text = number_text(value, step)
            column = cell_at(window.across(value), columns)
            start = min(max(gutter + 1 + column - len(text) // 2, taken), len(labels) - len(text))
            if (
                start < taken
                or start + len(text) > end
                or abs(start + len(text) // 2 - gutter - 1 - column) > len(text)
            ):
                continue
            line[column] = "┬"
            labels[start : start + len(text)] = text
            taken = start + len(text) + 2
        row: Row = [(" " * gutter + "└", "axis"), *joined([(cell, "axis") for cell in line])]
        return [row, [("".join(labels[: end + 1]) + self._x_label, "label")]]
