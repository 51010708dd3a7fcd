"""A heat map: each series is a row, each column a stretch of x, and the shade of a cell says how large the value is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tui.widgets.chart.canvas import Cells
from tui.widgets.chart.scale import Window, cell_at
from tui.widgets.chart.track import Track

SHADES = "·░▒▓█"
"""From low to high. The scale is logarithmic if all values are above zero."""
_COMPONENTS = dict(zip(SHADES, ("axis", "primary", "primary", "accent", "warning"), strict=True))
"""Shade → the component that colours it."""


@dataclass(frozen=True)
class HeatMap:
    """A heat map as cells, with what stands beside them."""

    cells: Cells
    labels: dict[int, str]
    """Number of a line of cells → the name of the series that begins there."""
    low: float
    """The value of the lightest shade."""
    high: float


def heat_map(
    tracks: Sequence[Track], low: float, high: float, columns: int, rows: int, cursor: float | None
) -> HeatMap:
    """Draw series, the first at the bottom, as far as they lie between x `low` and `high`.

    A cell shows the highest value in its column or, where there is none, the last one before it. Where there are fewer
    lines than series, neighbours share one, which shows the higher value.
    """
    window = Window(low, high, 0.0, 1.0)
    groups = together(tracks, rows)
    found = [_highest_of([_row(track, window, columns) for track in group]) for group in groups]
    finite = [value for row in found for value in row if math.isfinite(value)]
    least, most = min(finite, default=0.0), max(finite, default=0.0)
    height = max(rows // max(len(groups), 1), 1)
    cells: Cells = [[(" ", "note")] * columns for _ in range(rows - height * len(groups))]
    labels: dict[int, str] = {}
    for group, row in zip(reversed(groups), reversed(found), strict=True):
        labels[len(cells) + (height - 1) // 2] = name_of(group)
        line = [(shade, _COMPONENTS.get(shade, "note")) for shade in (_shade(value, least, most) for value in row)]
        cells += [list(line) for _ in range(height)]
    if cursor is not None and low <= cursor <= high:
        column = cell_at(window.across(cursor), columns)
        for one in cells:
            one[column] = ("│", "cursor") if one[column][0] in " ·" else (one[column][0], "cursor")
    return HeatMap(cells, labels, least, most)


def together(tracks: Sequence[Track], rows: int) -> list[Sequence[Track]]:
    """Return the series that share each line, from the bottom up."""
    count = min(max(rows, 1), len(tracks))
    ends = [-(-len(tracks) * number // count) for number in range(count + 1)]
    return [tracks[start:stop] for start, stop in pairwise(ends)]


def _row(track: Track, window: Window, columns: int) -> list[float]:
    """Return the value of each column; NaN before the first point, after the last, and where nothing is measured."""
    found = [math.nan] * columns
    if not track.count:
        return found
    edges = [window.x_low + (window.x_high - window.x_low) * (column / columns) for column in range(columns + 1)]
    last = track.xs[track.count - 1]
    for column in range(columns):
        end = edges[column + 1]
        start = track.place(math.nextafter(edges[column], -math.inf))
        stop = track.place(end if column == columns - 1 else math.nextafter(end, -math.inf))
        inside = [y for y in track.ys[start:stop] if math.isfinite(y)]
        if inside:
            found[column] = max(inside)
        elif start and edges[column] <= last:
            found[column] = track.ys[start - 1]
    return found


def _highest_of(rows: Sequence[Sequence[float]]) -> list[float]:
    return [
        max((value for value in column if math.isfinite(value)), default=math.nan) for column in zip(*rows, strict=True)
    ]


def _shade(value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return " "
    if high <= low:
        return SHADES[len(SHADES) // 2]
    if low > 0:
        share = (math.log(value) - math.log(low)) / max(math.log(high) - math.log(low), 1e-12)
    else:
        share = value / (high - low) - low / (high - low)
    return SHADES[cell_at(share, len(SHADES))]


def name_of(group: Sequence[Track]) -> str:
    """Return the name of a series, or of several that share a line: `layer 1–3`."""
    first, last = group[0].series.name, group[-1].series.name
    head, space, number = first.rpartition(" ")
    if len(group) == 1:
        return first
    if space and last.startswith(f"{head} "):
        return f"{head} {number}–{last.rpartition(' ')[2]}"
    return f"{first}–{last}"
