"""A figure as text, drawn as the charts of the screens are."""

from __future__ import annotations

from tui.lab_journal.figures import Figure
from tui.widgets.chart.picture import picture
from tui.widgets.chart.units import NUMBER
from tui.widgets.chart.view import SMOOTHING, ChartView

WIDTH, HEIGHT = 76, 11


def plot(figure: Figure, width: int = WIDTH, height: int = HEIGHT) -> str:
    """Return a figure as lines of text, `width` cells wide at most."""
    view = ChartView(figure.smoothing if figure.smoothing in SMOOTHING else 0.0)
    view.show(figure.series, figure.references, figure.x_label, figure.x_unit)
    rows = picture(view, figure.title, "Nothing was measured.", NUMBER, width, height)
    return "\n".join("".join(text for text, _ in row).rstrip() for row in rows)
