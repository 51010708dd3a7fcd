"""The parts of the Train screen: charts of the user's choice and the log, which of them has the focus and how much
room each has."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from textual import events, on, work
from textual.content import Content

from core.base.errors import ReviewtuiError
from tui.lab_journal.figures import Figure
from tui.preferences import ChartsView, read_charts, remember_charts
from tui.screens.train.chart_data import AXES, AXIS_KINDS, Axis, Charted
from tui.screens.train.charts import CHARTS, COUNTS, known_charts, next_chart
from tui.screens.train.laying_over import LaysOver
from tui.widgets.attempt import AttemptDialog
from tui.widgets.chart.units import NUMBER
from tui.widgets.chart.view import ChartView
from tui.widgets.chart.widget import Chart

Pane = Literal["left", "right", "lower-left", "lower-right", "log"]
"""The parts of the screen that tab moves between. On a narrow screen the charts stand one above the other."""
CHART_PANES: tuple[Pane, ...] = get_args(Pane)[:-1]
_ROOM_FOR_TWO = (100, 36)
"""Columns and rows below both of which only one chart is shown."""
_ROOM_FOR_FOUR = (100, 30)
"""Columns and rows that four charts need."""
_MIN_ROWS_UNFOLDED = 36
"""Rows below which figures that seldom change are folded away, unless the user unfolds them."""
_MIN_ROWS_WITH_FOUR = 50
"""The same if there are four charts."""


class HasPanes(LaysOver):
    """A screen with charts and a log."""

    def __init__(self) -> None:
        super().__init__()
        self._pane: Pane = "left"
        self._moving = False
        """Whether the focus is being moved to `_pane`."""
        self._names: tuple[str, ...] = known_charts(())
        """Names of the charts, one for each pane, also for those that are not shown."""
        self._count = 2
        """How many charts the user wants at once."""
        self._views: dict[str, ChartView] = {}
        """How each chart is looked at: zoom, scale and smoothing come back with it."""
        self._charted: Charted | None = None
        self._axis: Axis = AXES[0]
        self._folded: bool | None = None
        """Whether the user has folded the figures away; None if the size of the screen decides."""

    @property
    def folded(self) -> bool:
        """Whether figures that seldom change are folded away."""
        needed = _MIN_ROWS_UNFOLDED if self._shown < 4 else _MIN_ROWS_WITH_FOUR
        return self.size.height < needed if self._folded is None else self._folded

    @property
    def _panes(self) -> tuple[Pane, ...]:
        """The panes that tab moves between."""
        return (*CHART_PANES[: self._shown], "log")

    @property
    def _shown(self) -> int:
        """How many charts there are to move between: not more than there is room for."""
        columns, rows = self.size
        room = columns >= _ROOM_FOR_FOUR[0] and rows >= _ROOM_FOR_FOUR[1]
        return self._count if room else min(self._count, 2)

    @property
    def _at(self) -> int:
        """The place of the chart with the focus; while the log has it, the first one's."""
        return CHART_PANES.index(self._pane) if self._pane in CHART_PANES else 0

    def draw_header(self) -> None:
        """Draw the figures above the charts anew, at the height there is."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self._recall_charts()

    @work(exit_on_error=False, group="preferences")
    async def _recall_charts(self) -> None:
        kept = await asyncio.to_thread(read_charts)
        self._count = kept.count if kept.count in COUNTS else 2
        self._choose_charts(known_charts(kept.names))
        self._arrange()
        self._fold()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._arrange()
        self._fold()
        if self.run_shown is not None and self.focused is None:
            self._show_pane(self._pane)  # nothing had the focus while the screen was too small

    def _arrange(self) -> None:
        """Show as many charts as there is room for."""
        columns, rows = self.size
        both = columns < _ROOM_FOR_TWO[0] and rows < _ROOM_FOR_TWO[1]
        self.set_class(self._shown == 1 or both, "-single")
        self.set_class(self._shown == 4, "-four")
        self.set_class(self._shown == 4 and rows < _MIN_ROWS_WITH_FOUR, "-tight")
        if self._pane not in self._panes:
            self._show_pane("left")

    # The charts

    def _choose_charts(self, names: Sequence[str]) -> None:
        """Show these charts, one for each pane."""
        self._names = tuple(names)
        for pane, name in zip(CHART_PANES, self._names, strict=True):
            kind = CHARTS[name]
            view = self._views.setdefault(name, ChartView(kind.smoothing, robust=kind.robust))
            self.query_one(f"#{pane}", Chart).look_through(view, kind.unit)
        self._draw_charts(self._charted)

    def _draw_charts(self, charted: Charted | None) -> None:
        """Draw the charts that are shown, with the other runs on them; None shows them empty."""
        if charted is not None:
            charted = replace(charted, others=self.overlay.shown, axis=self._axis)
        self._charted = charted
        for pane, name in list(zip(CHART_PANES, self._names, strict=True))[: self._shown]:
            chart, kind = self.query_one(f"#{pane}", Chart), CHARTS[name]
            if charted is None:
                chart.title = kind.title
                chart.show([])
                continue
            axis, found = AXIS_KINDS[self._axis], kind.draw(charted)
            chart.title, chart.empty = found.title, found.empty
            if kind.x_label:
                chart.show(found.series, references=found.references, x_label=kind.x_label)
            else:
                chart.show(found.series, references=found.references, x_label=axis.name, x_unit=axis.unit)

    def draw_overlay(self) -> None:
        self._draw_charts(self._charted)

    def action_chart(self, by: int) -> None:
        """Show the next or the previous chart in the pane with the focus."""
        names, shown = list(self._names), self._shown
        gpu = self._charted is not None and bool(self._charted.samples.gpus)
        chosen = next_chart(names[:shown], self._at, by, gpu=gpu)
        if chosen in names[shown:]:
            names[names.index(chosen)] = names[self._at]
        names[self._at] = chosen
        self._choose_charts(names)
        self._keep_charts(ChartsView(tuple(names), self._count))

    def action_charts(self, count: int) -> None:
        """Show one, two or four charts at once."""
        self._count = count
        if self._shown < count:
            self.app.say(f"Four charts need {_ROOM_FOR_FOUR[0]} columns and {_ROOM_FOR_FOUR[1]} rows.")
        self._arrange()
        self._fold()
        self._draw_charts(self._charted)
        self._show_pane(self._pane)
        self._keep_charts(ChartsView(self._names, count))

    def action_axis(self) -> None:
        """Let the curves go along the next axis: steps, epochs, reviews, seconds or the time of day."""
        self._axis = AXES[(AXES.index(self._axis) + 1) % len(AXES)]
        for view in self._views.values():
            view.show_all()  # a zoom and a cursor are places on the axis of before
        self._draw_charts(self._charted)

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def action_write(self) -> None:
        """Write the chart with the focus to a file."""
        run, charted = self.run_shown, self._charted
        if run is None or charted is None:
            return
        from tui.screens.train.written_chart import write_chart

        name = self._names[self._at]
        kind = CHARTS[name]
        data = kind.draw(charted)
        smoothing = self._views[name].smoothing
        axis = AXIS_KINDS[self._axis]
        along, unit = (kind.x_label, NUMBER) if kind.x_label else (axis.name, axis.unit)
        figure = Figure(data.title, along, data.series, smoothing, data.references, unit)
        dialog = AttemptDialog(
            f"Write the chart “{kind.title}” to",
            f"{run.id}-{name.replace(' ', '-')}.svg",
            explain=lambda text: Content(".svg draws it, .csv has every figure, .txt is the chart as text."),
            attempt=lambda text: write_chart(figure, Path(text.strip())),
        )
        if (path := await self.app.push_screen_wait(dialog)) is not None:
            self.app.say(f"Written to {path}.")

    @work(exclusive=True, exit_on_error=False, group="preferences")
    async def _keep_charts(self, view: ChartsView) -> None:
        try:
            await asyncio.to_thread(remember_charts, view)
        except ReviewtuiError as error:
            self.app.say(error, "warning")

    @on(Chart.CursorMoved)
    def _cursor_moved(self, message: Chart.CursorMoved) -> None:
        """Read the other charts at the same place, if they go along the same axis."""
        moved = message.chart
        for chart in self.query(Chart):
            if chart is not moved and chart.view.x_label == moved.view.x_label:
                chart.view.place_cursor(moved.view.cursor)
                chart.redraw()

    # Focus and room

    def _show_pane(self, pane: Pane) -> None:
        """Focus a pane. On a screen too small for all panes, show this one."""
        self._pane, self._moving = pane, True
        for one in (*CHART_PANES, "log"):
            self.set_class(one == pane, f"-on-{one}")
        if pane != "log":
            self.set_class(pane != "left", "-right")
        self.call_after_refresh(self.query_one(f"#{pane}").focus)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show a pane that was clicked, but ignore the focus that leaves a pane because it is hidden."""
        if self._moving:
            self._moving = event.widget.id != self._pane
        elif event.widget.id in self._panes and event.widget.id != self._pane:
            self._show_pane(next(pane for pane in self._panes if pane == event.widget.id))

    def action_pane(self, by: int) -> None:
        """Move to the next or the previous pane."""
        panes = self._panes
        self._show_pane(panes[(panes.index(self._pane) + by) % len(panes)])

    def action_fold(self) -> None:
        """Fold the figures that seldom change away, or show them again."""
        self._folded = not self.folded
        self._fold()

    def _fold(self) -> None:
        self.set_class(self.folded, "-folded")
        self.draw_header()

    def action_enlarge(self) -> None:
        """Enlarge the focused pane to the whole area, or show all panes again."""
        self.toggle_class("-enlarged")
        self._show_pane(self._pane)
        self.refresh_bindings()

    def action_shrink(self) -> None:
        """Show all panes again."""
        self.action_enlarge()

    def action_back(self) -> None:
        """Show all panes again if one is enlarged; otherwise go back one screen."""
        if self.has_class("-enlarged"):
            self.action_enlarge()
        else:
            super().action_back()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        enlarged = self.has_class("-enlarged")
        allowed = {
            "pane": self.run_shown is not None,
            "chart": self.run_shown is not None,
            "charts": self.run_shown is not None and not enlarged,
            "write": self.run_shown is not None,
            "axis": self.run_shown is not None,
            "fold": self.run_shown is not None and not enlarged,
            "enlarge": self.run_shown is not None and not enlarged,
            "shrink": enlarged,
        }
        return allowed[action] if action in allowed else super().check_action(action, parameters)
