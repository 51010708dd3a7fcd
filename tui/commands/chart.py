"""A chart of a run as text, for `status --chart`."""

from __future__ import annotations

import shutil

from core.base.errors import InputError
from core.base.text import clean_line
from core.runs.baselines import best_baseline
from core.runs.folder import RunFolder
from core.runs.forecast_file import forecast_peak_bytes
from core.runs.history import RunHistory
from core.runs.outline import read_outline
from tui.screens.train.chart_data import Charted
from tui.screens.train.charts import CHARTS
from tui.screens.train.samples import Samples
from tui.widgets.chart.picture import picture
from tui.widgets.chart.view import ChartView

_ROWS, _MOST_COLUMNS = 20, 120


def chart_lines(run: RunFolder, history: RunHistory, name: str) -> list[str]:
    """Return a chart of a run, as wide as the terminal is, in lines without colour.

    Args:
        run: The folder of the run.
        history: Its journal.
        name: A name in `CHARTS`; hyphens stand for spaces.

    Raises:
        InputError: There is no such chart.
    """
    kind = {known.casefold(): kind for known, kind in CHARTS.items()}.get(name.replace("-", " ").casefold())
    if kind is None:
        known = ", ".join(one.replace(" ", "-") for one in CHARTS)
        raise InputError(f"There is no chart {clean_line(name, 40)!r}; there are {known}.")
    baseline, outline = best_baseline(run), read_outline(run.settings)
    most = outline.all_settings().get("max_grad_norm") if outline is not None else None
    samples = Samples()
    samples.follow(history)
    found = kind.draw(
        Charted(
            history,
            baseline.validation if baseline is not None else None,
            forecast_peak_bytes(run),
            float(most) if isinstance(most, int | float) else 0.0,
            samples=samples,
        )
    )
    view = ChartView(kind.smoothing, robust=kind.robust)
    view.show(found.series, found.references, kind.x_label or "step")
    columns = min(shutil.get_terminal_size().columns, _MOST_COLUMNS)
    rows = picture(view, found.title, found.empty, kind.unit, columns, _ROWS)
    return ["".join(text for text, _ in row).rstrip() for row in rows]
