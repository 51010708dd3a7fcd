"""A figure as SVG: self-contained, without scripts, fonts or links, readable on white paper and in grey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from core.base.text import clean_line
from tui.lab_journal.figures import Figure
from tui.widgets.chart.bundle import Bundle, track_of
from tui.widgets.chart.curve import Curve
from tui.widgets.chart.extent import extent
from tui.widgets.chart.heat import SHADES, heat_map
from tui.widgets.chart.scale import Window, ticks, widened
from tui.widgets.chart.track import Track
from tui.widgets.chart.units import number_text

_WIDTH, _HEIGHT = 680, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 44, 44
_COLOURS = ("#1b5e9b", "#c2570c", "#2e7d32", "#7b3fa0", "#8d6e00", "#b3261e")
"""Told apart in grey and by colour-blind readers with the marks and dashes beside them."""
_COLUMNS = 400
_HEAT_COLUMNS = 100
_MARKS = ("circle", "square", "diamond")


def svg(figure: Figure) -> str:
    """Return a figure as an SVG document."""
    return "\n".join(_document(figure)) + "\n"


def _document(figure: Figure) -> Iterator[str]:
    title = _text(figure.title)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'role="img" font-family="sans-serif" font-size="12">'
    )
    yield f"<title>{title}</title>"
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
    yield f'<text x="{_LEFT}" y="18" font-size="14" font-weight="bold" fill="#222">{title}</text>'
    tracks = [track_of(series) for series in figure.series]
    window = _window(figure, tracks)
    if window is None:
        yield f'<text x="{_LEFT}" y="{_HEIGHT // 2}" fill="#555">Nothing was measured.</text>'
        yield "</svg>"
        return
    if any(track.series.style == "heat" for track in tracks):
        yield from _heat(tracks, window)
        yield from _x_axis(figure, window, tracks)
        yield "</svg>"
        return
    yield from _axes(figure, window, tracks)
    for name, value in figure.references:
        if window.y_low <= value <= window.y_high:
            y = _y(window, value)
            yield f'<line x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}" stroke="#555" stroke-dasharray="6 4"/>'
            yield f'<text x="{_WIDTH - _RIGHT}" y="{y - 4:.1f}" text-anchor="end" fill="#555">{_text(name)}</text>'
    for number, track in enumerate(tracks):
        yield from _series(track, window, number, figure.smoothing)
    yield from _legend(figure)
    yield "</svg>"


def _window(figure: Figure, tracks: Sequence[Track]) -> Window | None:
    curves = [track.curve(log=False) for track in tracks]
    parts = [(curve, 0, len(curve)) for curve in curves]
    if not any(len(curve) for curve in curves):
        return None
    low = min(track.xs[0] for track in tracks if track.count)
    high = max(track.xs[track.count - 1] for track in tracks if track.count)
    others = [y for track in tracks if isinstance(track, Bundle) for y in track.extremes(low, high)]
    others += [value for _, value in figure.references]
    return Window(*widened(low, high), *extent(parts, others, log=False, robust=False))


def _axes(figure: Figure, window: Window, tracks: Sequence[Track]) -> Iterator[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    y_ticks, y_step = ticks(window.y_low, window.y_high, 5)
    for value in y_ticks:
        y = _y(window, value)
        yield f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}" stroke="#ddd"/>'
        label = _text(number_text(value, y_step))
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#333">{label}</text>'
    yield from _x_axis(figure, window, tracks)
    yield f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="#333"/>'


def _x_axis(figure: Figure, window: Window, tracks: Sequence[Track]) -> Iterator[str]:
    bottom = _HEIGHT - _BOTTOM
    x_ticks, x_step = ticks(window.x_low, window.x_high, 8, base=figure.x_unit.base)
    if all(x.is_integer() for one in tracks for x in one.xs[: one.count]):  # there is no run 1.5
        x_ticks, x_step = [value for value in x_ticks if value.is_integer()], max(x_step, 1.0)
    for value in x_ticks:
        x = _x(window, value)
        yield f'<line x1="{x}" y1="{bottom}" x2="{x}" y2="{bottom + 5}" stroke="#333"/>'
        label = _text(figure.x_unit.text(value, x_step))
        yield f'<text x="{x}" y="{bottom + 18}" text-anchor="middle" fill="#333">{label}</text>'
    middle = (_LEFT + _WIDTH - _RIGHT) // 2
    yield f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle" fill="#333">{_text(figure.x_label)}</text>'


def _series(track: Track, window: Window, number: int, smoothing: float) -> Iterator[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    if track.series.style == "points":
        for x, y in track.curve(log=False).points(window.x_low, window.x_high, _COLUMNS):
            yield _mark(_x(window, x), _y(window, y), number, colour)
        return
    smooths = smoothing if track.series.style in ("line", "bundle") else 0.0
    curve = track.curve(log=False, weight=smooths)
    if isinstance(track, Bundle):
        yield from _range(track, window, colour)
    elif smooths:
        yield from _line(track.curve(log=False), window, colour, 'stroke-opacity="0.25"')
    yield from _line(curve, window, colour, 'stroke-width="2"')


def _line(curve: Curve, window: Window, colour: str, style: str) -> Iterator[str]:
    lines, loose = curve.lines(window.x_low, window.x_high, _COLUMNS)
    for part in (*lines, *([point] for point in loose)):
        points = " ".join(f"{_x(window, x)},{_y(window, y)}" for x, y in part)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" {style}/>'


def _range(runs: Bundle, window: Window, colour: str) -> Iterator[str]:
    """Fill what lies between the lowest and the highest of several runs."""
    above = [f"{_x(window, x)},{_y(window, y)}" for x, y in zip(runs.xs, runs.highs, strict=True)]
    below = [f"{_x(window, x)},{_y(window, y)}" for x, y in zip(runs.xs, runs.lows, strict=True)]
    yield f'<polygon points="{" ".join([*above, *reversed(below)])}" fill="{colour}" fill-opacity="0.2"/>'


def _heat(tracks: Sequence[Track], window: Window) -> Iterator[str]:
    """Draw each series as a row of cells, the darker the higher the value, the first at the bottom."""
    found = heat_map(tracks, window.x_low, window.x_high, _HEAT_COLUMNS, len(tracks), None)
    height = (_HEIGHT - _TOP - _BOTTOM) / len(tracks)
    width = (_WIDTH - _LEFT - _RIGHT) / _HEAT_COLUMNS
    for number, line in enumerate(found.cells):
        y = _TOP + number * height
        name = _text(found.labels.get(number, ""))
        yield f'<text x="{_LEFT - 6}" y="{y + height / 2 + 4:.1f}" text-anchor="end" fill="#333">{name}</text>'
        for column, (shade, _) in enumerate(line):
            if shade in SHADES:
                x, opacity = _LEFT + column * width, (SHADES.index(shade) + 0.5) / len(SHADES)
                size = f'width="{width:.2f}" height="{height:.2f}"'
                yield f'<rect x="{x:.2f}" y="{y:.2f}" {size} fill="{_COLOURS[0]}" fill-opacity="{opacity:.2g}"/>'
    shades = _text(f"light {number_text(found.low)}, dark {number_text(found.high)}")
    yield f'<text x="{_WIDTH - _RIGHT}" y="36" text-anchor="end" fill="#333">{shades}</text>'


def _mark(x: float, y: float, number: int, colour: str) -> str:
    shape = _MARKS[number % len(_MARKS)]
    if shape == "circle":
        return f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'
    turn = f' transform="rotate(45 {x} {y})"' if shape == "diamond" else ""
    return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"{turn}/>'


def _legend(figure: Figure) -> Iterator[str]:
    """Name the series below the title, from left to right, as far as there is room."""
    x = float(_LEFT)
    for number, series in enumerate(figure.series):
        name = clean_line(series.name, 32)
        if x + 8 * len(name) > _WIDTH:
            return
        colour = _COLOURS[number % len(_COLOURS)]
        if series.style == "points":
            yield _mark(x + 6, 32, number, colour)
        else:
            yield f'<line x1="{x}" y1="32" x2="{x + 14}" y2="32" stroke="{colour}" stroke-width="2"/>'
        yield f'<text x="{x + 20}" y="36" fill="#222">{_text(name)}</text>'
        x += 36 + 7 * len(name)


def _x(window: Window, value: float) -> float:
    return round(_LEFT + window.across(value) * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(window: Window, value: float) -> float:
    share = min(max(window.up(value), -1.0), 2.0)
    return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)


def _text(text: str) -> str:
    """Return text for XML, without the few characters that XML 1.0 does not allow and `clean` keeps."""
    return escape("".join(one if one not in "\ufffe\uffff" else "�" for one in clean_line(text, 80)))
