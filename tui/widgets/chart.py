"""A line chart for the training screen: several series, a keyboard cursor, zoom, log scale and smoothing.

`Chart` holds the view (zoom, cursor, scale, smoothing) and lays out title, axes and readout itself, in the units of the
data and the colours of the theme. Only the lines are drawn by plotext, behind one function, `_canvas`, which hands it
numbers from `core.series.trace`: finite and inside the unit square, because plotext 6.1 does not survive a NaN.
plotext has one global figure, so drawing happens on the UI thread, where Textual renders.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from core.clean import clean_line
from core.series import (
    NUMBER,
    Points,
    Series,
    Unit,
    Window,
    exponential_average,
    limits,
    number_text,
    scatter,
    segments,
    ticks,
    trace,
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

Row = list[tuple[str, str]]  # (text, component class without its "chart--")
Cells = list[list[tuple[str, str]]]  # the canvas: one (character, component) per cell

_x = itemgetter(0)


@dataclass(frozen=True)
class Reading:
    """What one series says at the cursor: its last point at or before it. `smoothed` is None without smoothing."""

    name: str
    x: float
    y: float | None
    smoothed: float | None


@dataclass(frozen=True)
class _Layer:
    """What is drawn in one go: the gapless runs of one series, its glyph and the component that styles it."""

    runs: list[Points]
    glyph: str
    component: str
    kind: str  # "line", "step", "points", or "dots" for the raw values behind a smoothed line


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
        self._layer_cache: tuple[object, list[_Layer]] = (None, [])
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

    def readings(self) -> list[Reading]:
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

    def _layers(self) -> list[_Layer]:
        """What is drawn, back to front, with gaps and smoothing worked out; kept until data or view change."""
        key = (self._version, self._log, self._smoothing)
        if self._layer_cache[0] != key:
            raw, front = [], []
            for index, series in enumerate(self._series):
                runs = segments(series.xs, series.ys, log=self._log)
                average = self._average(index)
                if average:
                    raw.append(_Layer(runs, "", "raw", "dots"))
                    runs = segments(series.xs, average, log=self._log)
                front.append(_Layer(runs, self._glyph(index), self._colour(index), series.style))
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
                [_fitted(row, width) for row in self._compose_frame(width, height)][: max(height, 0)],
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
        room = width - _width(title) - _width(legend) - 1
        if legend and room > 1:
            head = [[*title, (" " * room, "note"), *legend]]
        elif legend and height >= 10:
            head = [title, [(" ", "note"), *legend]]
        named = len(self._series) < 2 or len(head) > 1 or len(head[0]) > len(title)
        axis = height >= 7
        rows = height - len(head) - 1 - 2 * axis
        return [*head, *self._plot(width, rows, axis), self._readout_row(width, named)]

    def _one_line(self, width: int) -> Row:
        values = " · ".join(self._value(reading.y) for reading in self.readings()) or "–"
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
        readings = [(i, reading) for i in range(len(self._series)) if (reading := self._reading(i)) is not None]
        if not readings:
            return []
        at = self._cursor if self._cursor is not None else max(reading.x for _, reading in readings)
        row: Row = []
        for detail in (3, 2, 1, 0):
            row = [(f" {self._x_label} " if detail > 0 else " ", "label"), (number_text(at), "value")]
            for index, reading in readings:
                row += [("   " if detail > 1 else "  ", "label"), (self._sample(index), self._colour(index))]
                name = clean_line(reading.name, NAME_WIDTH if detail > 0 else SHORT_NAME)
                row.append((f" {name} " if detail > 0 or not named else " ", "label"))
                row.append((self._value(reading.y), "value"))
                if detail > 1 and reading.smoothed is not None and math.isfinite(reading.smoothed):
                    smoothed = self._value(reading.smoothed)
                    row.append((f" ({smoothed} smoothed)" if detail > 2 else f" ~{smoothed}", "label"))
                if reading.x != at:
                    row.append((f" at {number_text(reading.x)}", "label"))
            if _width(row) <= width:
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
            labels.setdefault(_cell(1 - window.up(value), rows), clean_line(self.unit.text(value, y_step)))
        gutter = max((cell_len(label) for label in labels.values()), default=0) + 1
        if gutter > width // 3:
            labels, gutter = {}, 0
        columns = self._columns = width - gutter - 2
        raw = [layer for layer in self._layers() if layer.kind == "dots"]
        cells = _canvas([layer for layer in self._layers() if layer.kind != "dots"], window, columns, rows)
        if raw:  # on a canvas of its own: in one cell of braille the dots would join the line and take its colour
            behind = _canvas(raw, window, columns, rows)
            cells = [
                [b if f[0] == " " else f for f, b in zip(*both, strict=True)]
                for both in zip(cells, behind, strict=True)
            ]
        if self._cursor is not None and window.x_low <= self._cursor <= window.x_high:
            column = _cell(window.across(self._cursor), columns)
            for line in cells:
                if line[column][0] == " ":
                    line[column] = ("│", "cursor")
        for name, value in self._references:
            _add_reference(
                cells, f" {clean_line(name, NAME_WIDTH)} {clean_line(self.unit.text(value, None))} ", value, window
            )
        result: list[Row] = []
        for number, line in enumerate(cells):
            label = labels.get(number, "")
            edge = (f"{' ' * (gutter - cell_len(label))}{label} ", "label"), ("┤" if label else "│", "axis")
            result.append([*edge, *_joined(line)])
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
            column = _cell(window.across(value), columns)
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
        row: Row = [(" " * gutter + "└", "axis"), *_joined([(cell, "axis") for cell in line])]
        return [row, [("".join(labels[: end + 1]) + self._x_label, "label")]]


# --- drawing --------------------------------------------------------------------------------------------------


def _canvas(layers: Sequence[_Layer], window: Window, columns: int, rows: int) -> Cells:
    """The lines of all layers as characters, drawn by plotext. The only place that talks to it.

    Each layer is drawn in a palette colour that stands for its component; the colours are translated back here, so
    that the theme decides what they look like.
    """
    import plotext

    plotext.terminal.limit(False, False)  # before clearing, which falls back to the size of the terminal
    figure = plotext.figure
    figure.clear()
    figure.plot_size(columns, rows)
    figure.canvas("default")
    figure.axes(False)
    figure.legend(False)
    for axis in ("x", "y"):
        figure.ruler(axis).ticks([], []).lim(0, 1).alignment(lim="edge")
    components: dict[int, str] = {}

    def draw(points: Points, marker: str, layer: _Layer, starts: Iterable[int] | None = None) -> None:
        """Draw points, or with `starts` the lines that start at those places."""
        if not points:
            return
        colour = 16 + len(components)
        components[colour] = layer.component
        glyph = plotext.marker(marker, plotext.pixel(colour))
        signal = figure.signal([x for x, _ in points], [y for _, y in points], marker=glyph)
        if starts is not None:
            signal.lines()
            for start in starts:
                signal.line(start, False)
        figure.draw(signal)

    marks: list[tuple[_Layer, list[Points]]] = []
    for layer in layers:
        if layer.kind in ("points", "dots"):
            draw(scatter(layer.runs, window, columns), layer.glyph or "braille", layer)
            continue
        lines = trace(layer.runs, window, columns, steps=layer.kind == "step")
        draw([point for line in lines for point in line], "braille", layer, accumulate(map(len, lines), initial=0))
        if layer.glyph != " ":
            marks.append((layer, lines))
    for place, (layer, lines) in enumerate(marks, start=1):
        draw(_spread(lines, place / (len(marks) + 1), min(max(columns // 10, 1), 8)), layer.glyph, layer)

    cells: Cells = []
    for text in figure.build().string().split("\n")[:rows]:
        line = Text.from_ansi(text)
        row = [(character, "note") for character in line.plain.ljust(columns)[:columns]]
        for span in line.spans:
            colour = span.style.color if isinstance(span.style, Style) else None
            component = components.get(colour.number or 0, "note") if colour else "note"
            for column in range(span.start, min(span.end, columns)):
                row[column] = (row[column][0], component)
        cells.append(row)
    figure.clear()
    return cells


def _spread(lines: list[Points], phase: float, count: int) -> Points:
    """About `count` points spread over the lines, for the glyphs that tell them apart; at least one."""
    chosen: Points = []
    due = phase / count
    for x, y in (point for line in lines for point in line):
        if x >= due:
            chosen.append((x, y))
            due = (math.floor(x * count - phase) + 1 + phase) / count
    return chosen or [line[-1] for line in lines[-1:]]


def _add_reference(cells: Cells, text: str, value: float, window: Window) -> None:
    """A dashed line at `value` behind the data, named where it covers least; an arrow where it lies outside."""
    if not math.isfinite(value) or (window.log and value <= 0):
        return
    rows, columns = len(cells), len(cells[0])
    up = window.up(value)
    row = cells[_cell(1 - up, rows)]
    if 0 <= up <= 1:
        row[:] = [("╌", "reference") if cell == " " else (cell, part) for cell, part in row]
    else:
        text = f" {'↑' if up > 1 else '↓'}{text}"
    if not 0 < cell_len(text) == len(text) <= columns:
        return
    starts = (columns - len(text), 0)
    start = min(starts, key=lambda at: sum(cell not in " ╌" for cell, _ in row[at : at + len(text)]))
    row[start : start + len(text)] = [(character, "reference") for character in text]


def _cell(share: float, count: int) -> int:
    """The cell, of `count`, that holds this share of the way."""
    return min(max(math.floor(share * count), 0), count - 1)


def _joined(cells: Iterable[tuple[str, str]]) -> Row:
    """Neighbours of one component as one piece."""
    row: Row = []
    for character, component in cells:
        if row and row[-1][1] == component:
            row[-1] = (row[-1][0] + character, component)
        else:
            row.append((character, component))
    return row


def _width(row: Row) -> int:
    return sum(cell_len(text) for text, _ in row)


def _fitted(row: Row, width: int) -> Row:
    """`row`, cut to `width` cells with an ellipsis where it was longer."""
    if _width(row) <= width:
        return row
    kept: Row = []
    room = max(width - 1, 0)
    for text, component in row:
        size = cell_len(text)
        kept.append((text if size <= room else set_cell_size(text, room), component))
        room -= min(size, room)
        if not room:
            break
    return [*kept, ("…" if width > 0 else "", kept[-1][1])]
