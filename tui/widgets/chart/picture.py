"""The picture of a chart as rows of text: title and legend, canvas with its axes, and the line of values below."""

from __future__ import annotations

import math

from rich.cells import cell_len, set_cell_size

from core.base.text import clean_line
from tui.widgets.chart.canvas import Cells, Row, canvas, fitted, joined, row_width
from tui.widgets.chart.heat import SHADES, heat_map, name_of, together
from tui.widgets.chart.scale import Window, cell_at, ticks
from tui.widgets.chart.units import Unit
from tui.widgets.chart.view import TAIL, ChartView, Reading

MIN_COLUMNS, MIN_ROWS = 20, 5
"""Below this size the picture is one line of text."""
NAME_WIDTH = 32
SHORT_NAME = 8
"""Width of a name that shares its line with values."""


def picture(view: ChartView, title: str, empty: str, unit: Unit, width: int, height: int) -> list[Row]:
    """Return at most `height` rows, none wider than `width`. `empty` is what a chart without data says."""
    if width < MIN_COLUMNS or height < MIN_ROWS:
        rows = [_one_line(view, title, unit, width)]
    else:
        heading, legend = _title(view, title), _legend(view)
        head = [heading]
        room = width - row_width(heading) - row_width(legend) - 1
        if legend and room > 1:
            head = [[*heading, (" " * room, "note"), *legend]]
        elif legend and height >= 10:
            head = [heading, [(" ", "note"), *legend]]
        named = len(view.series) < 2 or len(head) > 1 or len(head[0]) > len(heading)
        axis = height >= 7
        plot = _plot(view, empty, unit, width, height - len(head) - 1 - 2 * axis, axis)
        rows = [*head, *plot, _readout(view, unit, width, named)]
    return [fitted(row, width) for row in rows][: max(height, 0)]


def _one_line(view: ChartView, title: str, unit: Unit, width: int) -> Row:
    values = " · ".join(_value(unit, reading.y) for _, reading in view.readings()) or "–"
    title = f"{clean_line(title)} "
    return [(title if cell_len(title + values) <= width else "", "title"), (values, "value")]


def _title(view: ChartView, title: str) -> Row:
    row: Row = [(f" {clean_line(title)} ", "title")]
    if view.diverged is not None:
        row.append((f" diverged at {view.x_label} {view.x_unit.text(view.diverged, None)}", "alert"))
    notes = [f"minus {clean_line(view.against, NAME_WIDTH)}"] * bool(view.against)
    notes += ["log"] * view.log
    notes += [f"smoothing {view.smoothing:g}"] * bool(view.smoothing and view.smooths())
    notes += ["outliers beyond the edge"] * view.cuts_outliers()
    notes += [f"newest {TAIL}"] * view.follow + ["zoomed"] * (view.span is not None)
    notes += [f"{len(view.hidden)} hidden"] * bool(view.hidden)
    if notes:
        row.append((f"{' ·' if view.diverged is not None else ''} {' · '.join(notes)}", "note"))
    return row


def _legend(view: ChartView) -> Row:
    """Name the series next to their glyphs; a single series is named by the title, and rows of a heat map beside it."""
    row: Row = []
    for index in sorted(view.drawn()) if len(view.series) > 1 and not view.heat else ():
        name, front = view.series[index].name, view.series[index].owner == view.front
        row += [("  " if row else "", "note"), (_sample(view, index), view.colour(index))]
        row.append((f" {clean_line(name, NAME_WIDTH)}", "title" if front else "label"))
    return row


def _sample(view: ChartView, index: int) -> str:
    glyph = view.glyph(index)
    if view.series[index].style == "points":
        return glyph
    return f"⠒{glyph.strip() or '⠒'}⠒"


def _value(unit: Unit, y: float | None) -> str:
    return "–" if y is None else clean_line(unit.text(y, None))


def _readout(view: ChartView, unit: Unit, width: int, named: bool) -> Row:
    """Say where the cursor is (or the newest point) and the value of every series there, as far as there is room.

    Names are left out first where a legend shows them (`named`), then raw values.
    """
    readings = view.readings()
    if not readings:
        return []
    at = view.cursor if view.cursor is not None else max(reading.x for _, reading in readings)
    if view.heat:
        return _heat_readout(view, unit, at, readings, width)
    row: Row = []
    for detail in (5, 4, 3, 2, 1, 0):
        row = [(f" {view.x_label} " if detail > 0 else " ", "label"), (view.x_unit.text(at, None), "value")]
        for index, reading in readings:
            row += [("   " if detail > 3 else "  ", "label"), (_sample(view, index), view.colour(index))]
            name = clean_line(reading.name, NAME_WIDTH if detail > 0 else SHORT_NAME)
            row.append((f" {name} " if detail in (2, 4, 5) or not named else " ", "label"))
            row += _values(unit, reading, raw=detail > 2)
            if (there := view.x_unit.text(reading.x, None)) != view.x_unit.text(at, None):
                row.append((f" at {there}", "label"))
        if detail > 4:
            row += _range(view, unit, readings[0][0])
        if row_width(row) <= width:
            break
    return row


def _range(view: ChartView, unit: Unit, index: int) -> Row:
    """Say between which values a series is drawn, and where they lie."""
    found = view.extremes(index)
    if found is None:
        return []
    row: Row = []
    for name, (x, y) in (("lowest", found.lowest), ("highest", found.highest)):
        row += [(f"   {name} ", "label"), (_value(unit, float(f"{y:.4g}")), "value")]
        row.append((f" at {view.x_unit.text(x, None)}", "label"))
    return row


def _heat_readout(view: ChartView, unit: Unit, at: float, readings: list[tuple[int, Reading]], width: int) -> Row:
    """Say the value of every row of a heat map; where there is little room, in few words."""
    row: Row = []
    for gap, names in (("  ", _NAMES), (" ", _SHORT_NAMES)):
        row = [(f" {view.x_label} " if names is _NAMES else " ", "label"), (view.x_unit.text(at, None), "value")]
        for _, reading in readings:
            name = clean_line(reading.name, 2 * SHORT_NAME)
            for long, short in names.items():
                name = name.replace(long, short)
            value = None if reading.y is None else float(f"{reading.y:.2g}")
            row += [(f"{gap}{name} ", "label"), (_value(unit, value), "value")]
        if row_width(row) <= width:
            break
    return row


_NAMES = {"layer ": "L"}
_SHORT_NAMES = {"layer ": "L", "embeddings": "emb"}
"""Part of a model → what it is called where there is little room."""


def _values(unit: Unit, reading: Reading, *, raw: bool) -> Row:
    """Return the value, or the smoothed one where the chart smooths, with the raw one before it if wanted."""
    value = (_value(unit, reading.y), "value")
    if reading.smoothed is None or not math.isfinite(reading.smoothed):
        return [value]
    smoothed: Row = [("smoothed ", "label"), (_value(unit, float(f"{reading.smoothed:.4g}")), "value")]
    return [value, (" ", "label"), *smoothed] if raw else smoothed


def _plot(view: ChartView, empty: str, unit: Unit, width: int, rows: int, axis: bool) -> list[Row]:
    """Return the canvas with y labels on its left and, with `axis`, the x axis and its labels below."""
    if view.heat:
        return _heat_plot(view, empty, unit, width, rows, axis)
    layers = view.layers()
    if not any(len(layer.curve) for layer in layers):
        return _nothing(view, empty, width, rows + 2 * axis)
    window = view.window()
    y_ticks, y_step = ticks(window.y_low, window.y_high, max(min(rows // 3, 6), 2), log=window.log, base=unit.base)
    labels: dict[int, str] = {}
    for value in y_ticks:
        labels.setdefault(cell_at(1 - window.up(value), rows), clean_line(unit.text(value, y_step)))
    gutter = max((cell_len(label) for label in labels.values()), default=0) + 1
    if gutter > width // 3:
        labels, gutter = {}, 0
    columns = view.columns = width - gutter - 2
    references = [
        (f" {clean_line(name, NAME_WIDTH)} {clean_line(unit.text(value, None))} ", value)
        for name, value in view.references
    ]
    cells = canvas(view.drawing, layers, window, columns, rows, cursor=view.cursor, references=references)
    result = _with_labels(cells, labels, gutter)
    return [*result, *_x_axis(view, window, gutter + 1, columns)] if axis else result


def _with_labels(cells: Cells, labels: dict[int, str], gutter: int) -> list[Row]:
    """Return lines of cells with the labels of some of them, and the axis, on their left."""
    result: list[Row] = []
    for number, line in enumerate(cells):
        label = labels.get(number, "")
        edge = (f"{' ' * (gutter - cell_len(label))}{label} ", "label"), ("┤" if label else "│", "axis")
        result.append([*edge, *joined(line)])
    return result


def _heat_plot(view: ChartView, empty: str, unit: Unit, width: int, rows: int, axis: bool) -> list[Row]:
    """Return a heat map with the names of its rows and, with `axis`, the x axis and what the shades mean."""
    tracks = [view.values(index) for index in view.drawn()]
    if not any(len(track.curve(log=False)) for track in tracks):
        return _nothing(view, empty, width, rows + 2 * axis)
    names = [clean_line(name_of(group), NAME_WIDTH) for group in together(tracks, rows)]
    gutter = min(max(map(cell_len, names)) + 1, max(width // 3, 1))
    columns = view.columns = max(width - gutter - 2, 1)
    low, high = view.x_range()
    found = heat_map(tracks, low, high, columns, rows, view.cursor)
    labels = {line: _cut(clean_line(name, NAME_WIDTH), gutter) for line, name in found.labels.items()}
    result = _with_labels(found.cells, labels, gutter)
    if not axis:
        return result
    low_text, high_text = (_value(unit, float(f"{value:.2g}")) for value in (found.low, found.high))
    shades = f"{low_text} {SHADES} {high_text}"
    return [*result, *_x_axis(view, Window(low, high, 0.0, 1.0), gutter + 1, columns, shades)]


def _cut(text: str, width: int) -> str:
    """Return text of at most `width` cells."""
    return set_cell_size(text, width).rstrip() if cell_len(text) > width else text


def _nothing(view: ChartView, empty: str, width: int, rows: int) -> list[Row]:
    """Say why there is no line: nothing measured, nothing finite, or nothing above zero."""
    measured = any(view.values(index).count for index in view.drawn() if not view.series[index].gaps)
    text = clean_line(empty)
    if measured:
        text = "Nothing above zero: press l." if view.log else "No finite value to draw."
    text = set_cell_size(text, min(cell_len(text), width))
    lines: list[Row] = [[] for _ in range(rows)]
    lines[rows // 2] = [(" " * ((width - cell_len(text)) // 2) + text, "note")]
    return lines


def _x_axis(view: ChartView, window: Window, gutter: int, columns: int, note: str = "") -> list[Row]:
    """Return the axis and the line of its labels, at the end of which stand its name and, before it, a note."""
    unit, name = view.x_unit, f"{note}  {view.x_label}" if note else view.x_label
    x_ticks, step = ticks(window.x_low, window.x_high, max(min(columns // 14, 8), 2), base=unit.base)
    line = ["─"] * columns
    labels = [" "] * (gutter + columns + 1)
    end = len(labels) - cell_len(name) - 1
    taken = 0
    for value in x_ticks:
        text = unit.text(value, step)
        column = cell_at(window.across(value), columns)
        start = min(max(gutter + 1 + column - len(text) // 2, taken), len(labels) - len(text))
        off_centre = abs(start + len(text) // 2 - gutter - 1 - column) > len(text)
        if start < taken or start + len(text) > end or off_centre:
            continue
        line[column] = "┬"
        labels[start : start + len(text)] = text
        taken = start + len(text) + 2
    row: Row = [(" " * gutter + "└", "axis"), *joined([(cell, "axis") for cell in line])]
    return [row, [("".join(labels[: end + 1]) + name, "label")]]
