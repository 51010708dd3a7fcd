"""A chart as a file: its figures as CSV, the chart as SVG, or as text."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path

from core.base.errors import InputError
from core.base.files import write_parts
from core.base.text import clean_cell, clean_line
from tui.lab_journal.figures import Figure
from tui.lab_journal.plots import plot
from tui.lab_journal.svg import svg
from tui.widgets.chart.bundle import Bundle
from tui.widgets.chart.series import Series
from tui.widgets.chart.track import Values

_WIDTH, _HEIGHT = 100, 24


def write_chart(figure: Figure, path: Path) -> Path:
    """Write a chart to a new file, in the format that the suffix names; return its path.

    Raises:
        InputError: The suffix is another one, the folder does not exist, or something is there already.
        ReviewtuiError: The file cannot be written.
    """
    path = path.expanduser().absolute()
    if (content := _FORMATS.get(path.suffix.lower())) is None:
        suffix = clean_line(path.suffix or path.name, 40)
        raise InputError(f"The name must end in {', '.join(_FORMATS)}, not {suffix!r}.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(path.parent, 120)}.")
    try:
        write_parts(path, [content(figure).encode("utf-8", "replace")], private=False, new=True)
    except FileExistsError:
        raise InputError(f"{clean_line(path, 120)} is there already; choose another name.") from None
    return path


def as_csv(figure: Figure) -> str:
    """Return the figures of a chart: a row for each place on its axis, a column for each series.

    Several runs taken together have three columns: mean, lowest and highest. Nothing is smoothed or thinned out. A cell
    is empty where a series has no figure, or none that is a number.
    """
    columns = [column for series in figure.series for column in _columns(series)]
    places: dict[float, list[float]] = {}
    for number, (_, xs, ys) in enumerate(columns):
        for x, y in zip(xs, ys, strict=False):  # a run that goes on may have made a step since
            if math.isfinite(x):
                places.setdefault(x, [math.nan] * len(columns))[number] = y
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([clean_cell(clean_line(name)) for name in (figure.x_label, *(name for name, _, _ in columns))])
    for x in sorted(places):
        rows.writerow([_cell(x), *(_cell(y) if math.isfinite(y) else "" for y in places[x])])
    return text.getvalue()


def _columns(series: Series) -> list[tuple[str, Values, Values]]:
    """Return the name, the xs and the ys of each column of a series."""
    if series.style != "bundle":
        xs, ys = series.arrays
        return [(series.name, xs[: series.count], ys[: series.count])]
    together = Bundle(series)
    found = {"mean": together.ys, "lowest": together.lows, "highest": together.highs}
    return [(f"{series.name}, {name}", together.xs, ys) for name, ys in found.items()]


def _text(figure: Figure) -> str:
    return plot(figure, _WIDTH, _HEIGHT) + "\n"


def _cell(value: float) -> str:
    """Return a number so that it can be read back exactly; a whole one without a decimal point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


_FORMATS: dict[str, Callable[[Figure], str]] = {".csv": as_csv, ".svg": svg, ".txt": _text}
