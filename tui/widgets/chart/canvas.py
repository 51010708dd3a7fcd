"""The canvas of a chart: lines, dots, cursor and reference lines drawn onto character cells.

plotext draws the lines. It is called from one function, `_plotted`, and only ever gets finite numbers inside the unit
square, because plotext 6.1 does not survive a NaN. It has one global figure, so one drawing waits for another.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import ModuleType

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text

from tui.widgets.chart.bundle import Bundle
from tui.widgets.chart.curve import Curve
from tui.widgets.chart.scale import Window, cell_at
from tui.widgets.chart.series import Points
from tui.widgets.chart.trace import beyond, scatter, trace

Row = list[tuple[str, str]]
"""Pieces of one line of text: (text, component class without its `chart--`)."""
Cells = list[list[tuple[str, str]]]
"""The canvas: (character, component) of every cell."""

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Layer:
    """One series to draw: its curve, the glyph that marks it and the component that styles it.

    `kind` is "line", "points", or "dots" for the raw values behind a smoothed line.
    """

    curve: Curve
    glyph: str
    component: str
    kind: str
    bundle: Bundle | None = None
    """The runs of which the curve is the mean."""


class Drawing:
    """The curves as they were drawn last: they are not drawn again if only the cursor or a line beside them moves."""

    def __init__(self) -> None:
        self._drawn: tuple[object, Cells] = (None, [])

    def cells(self, layers: Sequence[Layer], window: Window, columns: int, rows: int) -> Cells:
        """Return the curves of the layers."""
        looks = tuple((one.curve, len(one.curve), one.glyph, one.component, one.kind) for one in layers)
        key = (looks, window, columns, rows)
        if self._drawn[0] != key:
            self._drawn = (key, _drawn(layers, window, columns, rows))
        return self._drawn[1]


def canvas(
    drawing: Drawing,
    layers: Sequence[Layer],
    window: Window,
    columns: int,
    rows: int,
    *,
    cursor: float | None,
    references: Iterable[tuple[str, float]],
) -> Cells:
    """Draw what `window` shows of the layers onto `columns` × `rows` cells.

    `cursor` is the x of a vertical line; `references` are (text, y) of horizontal lines. Both stay behind the data, and
    so does the range of bundles. Arrows at the edge point to what lies beyond it.
    """
    cells = [list(line) for line in drawing.cells(layers, window, columns, rows)]
    if cursor is not None and window.x_low <= cursor <= window.x_high:
        column = cell_at(window.across(cursor), columns)
        for line in cells:
            if line[column][0] == " ":
                line[column] = ("│", "cursor")
    for text, value in references:
        _add_reference(cells, text, value, window)
    for layer in layers:
        if layer.bundle is not None:
            _shade(cells, layer.bundle, layer.component, window)
        _add_arrows(cells, layer, window)
    return cells


def _shade(cells: Cells, bundle: Bundle, component: str, window: Window) -> None:
    """Fill what is free between the lowest and the highest of several runs."""
    rows, columns = len(cells), len(cells[0])
    for column in range(columns):
        x = window.x_low + (window.x_high - window.x_low) * ((column + 0.5) / columns)
        found = bundle.range_at(x)
        if found is None or (window.log and found[0] <= 0):
            continue
        low, high = (min(max(window.up(y), 0.0), 1.0) for y in found)
        for row in range(cell_at(1 - high, rows), cell_at(1 - low, rows) + 1):
            if cells[row][column][0] in " ╌":
                cells[row][column] = ("░", component)


def _add_arrows(cells: Cells, layer: Layer, window: Window) -> None:
    """Point to what lies above or below the window."""
    for line, arrow, shares in zip(
        (cells[0], cells[-1]), "↑↓", beyond(layer.curve, window, len(cells[0])), strict=True
    ):
        for share in shares:
            if 0 <= share <= 1:
                line[cell_at(share, len(line))] = (arrow, layer.component)


def _drawn(layers: Sequence[Layer], window: Window, columns: int, rows: int) -> Cells:
    cells = _plotted([layer for layer in layers if layer.kind != "dots"], window, columns, rows)
    raw = [layer for layer in layers if layer.kind == "dots"]
    if not raw:
        return cells
    behind = _plotted(raw, window, columns, rows)  # in one braille cell, the dots would join the line and its colour
    return [[b if f[0] == " " else f for f, b in zip(*both, strict=True)] for both in zip(cells, behind, strict=True)]


def joined(cells: Iterable[tuple[str, str]]) -> Row:
    """Merge neighbours of the same component into one piece."""
    row: Row = []
    for character, component in cells:
        if row and row[-1][1] == component:
            row[-1] = (row[-1][0] + character, component)
        else:
            row.append((character, component))
    return row


def row_width(row: Row) -> int:
    """Return the width of `row` in cells."""
    return sum(cell_len(text) for text, _ in row)


def fitted(row: Row, width: int) -> Row:
    """Return `row` cut to `width` cells; a cut row ends in an ellipsis."""
    if row_width(row) <= width:
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


def _plotted(layers: Sequence[Layer], window: Window, columns: int, rows: int) -> Cells:
    """Draw all layers with plotext, one drawing at a time. Nothing else calls it.

    Each layer gets a palette colour that stands for its component. The colours are translated back here, so the
    theme decides what they look like.
    """
    import plotext

    with _ONE_AT_A_TIME:
        return _on_global_figure(plotext, layers, window, columns, rows)


def _on_global_figure(plotext: ModuleType, layers: Sequence[Layer], window: Window, columns: int, rows: int) -> Cells:
    plotext.terminal.limit(False, False)  # before clear(), which resets to the terminal's size
    figure = plotext.figure
    figure.clear()
    figure.plot_size(columns, rows)
    figure.canvas("default")
    figure.axes(False)
    figure.legend(False)
    for axis in ("x", "y"):
        figure.ruler(axis).ticks([], []).lim(0, 1).alignment(lim="edge")
    components: dict[int, str] = {}

    def draw(points: Points, marker: str, layer: Layer, starts: Iterable[int] | None = None) -> None:
        """Draw points or, with `starts`, lines that begin at those indices."""
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

    marks: list[tuple[Layer, list[Points]]] = []
    for layer in layers:
        if layer.kind in ("points", "dots"):
            draw(scatter(layer.curve, window, columns), layer.glyph or "braille", layer)
            continue
        lines = trace(layer.curve, window, columns)
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
    """Choose about `count` points (at least one) along the lines, to carry the glyphs that tell series apart."""
    chosen: Points = []
    due = phase / count
    for x, y in (point for line in lines for point in line):
        if x >= due:
            chosen.append((x, y))
            due = (math.floor(x * count - phase) + 1 + phase) / count
    return chosen or [line[-1] for line in lines[-1:]]


def _add_reference(cells: Cells, text: str, value: float, window: Window) -> None:
    """Draw a dashed line at `value` behind the data, with its name where that covers least.

    Where `value` is outside the window, an arrow points to it.
    """
    if not math.isfinite(value) or (window.log and value <= 0):
        return
    rows, columns = len(cells), len(cells[0])
    up = window.up(value)
    row = cells[cell_at(1 - up, rows)]
    if 0 <= up <= 1:
        row[:] = [("╌", "reference") if cell == " " else (cell, part) for cell, part in row]
    else:
        text = f" {'↑' if up > 1 else '↓'}{text}"
    if not 0 < cell_len(text) == len(text) <= columns:
        return
    starts = (columns - len(text), 0)
    start = min(starts, key=lambda at: sum(cell not in " ╌" for cell, _ in row[at : at + len(text)]))
    row[start : start + len(text)] = [(character, "reference") for character in text]
