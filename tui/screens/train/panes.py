"""The parts of the Train screen: two charts of the user's choice and the log, which of them has the focus and how much
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
from core.base.text import clean_line
from core.runs.folder import RunFolder
from tui.lab_journal.figures import Figure
from tui.preferences import read_charts, remember_charts
from tui.screens.train.actions import ActsOnRun
from tui.screens.train.chart_data import AXES, AXIS_NAMES, Axis, Charted
from tui.screens.train.charts import AT_FIRST, CHARTS, known_charts, next_chart
from tui.screens.train.overlay import MOST, Overlay, candidates, described
from tui.widgets.attempt import AttemptDialog
from tui.widgets.chart.view import ChartView
from tui.widgets.chart.widget import Chart
from tui.widgets.checklist import CheckList

Pane = Literal["left", "right", "log"]
"""The parts of the screen that tab moves between. On a narrow screen, the left chart stands above the right one."""
_PANES: tuple[Pane, ...] = get_args(Pane)
CHART_PANES: tuple[Pane, Pane] = ("left", "right")
_SINGLE_CHART = (100, 36)
"""Columns and rows below which only one of the two charts is shown."""
_MIN_ROWS_UNFOLDED = 36
"""Rows below which figures that seldom change are folded away, unless the user unfolds them."""


class HasPanes(ActsOnRun):
    """A screen with two charts and a log."""

    def __init__(self) -> None:
        super().__init__()
        self._pane: Pane = "left"
        self._moving = False
        """Whether the focus is being moved to `_pane`."""
        self._shown: tuple[str, ...] = AT_FIRST
        """Names of the charts, from left to right."""
        self._views: dict[str, ChartView] = {}
        """How each chart is looked at: zoom, scale and smoothing come back with it."""
        self._charted: Charted | None = None
        self._overlay = Overlay()
        self._axis: Axis = AXES[0]
        self._folded: bool | None = None
        """Whether the user has folded the figures away; None if the size of the screen decides."""

    @property
    def folded(self) -> bool:
        """Whether figures that seldom change are folded away."""
        return self.size.height < _MIN_ROWS_UNFOLDED if self._folded is None else self._folded

    @property
    def _at(self) -> int:
        """The place of the chart with the focus; while the log has it, the left one's."""
        return CHART_PANES.index(self._pane) if self._pane in CHART_PANES else 0

    def draw_header(self) -> None:
        """Draw the figures above the charts anew, at the height there is."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self._recall_charts()

    @work(exit_on_error=False, group="preferences")
    async def _recall_charts(self) -> None:
        self._choose_charts(known_charts(await asyncio.to_thread(read_charts)))

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        columns, rows = event.size
        self.set_class(columns < _SINGLE_CHART[0] and rows < _SINGLE_CHART[1], "-single")
        self._fold()
        if self.run_shown is not None and self.focused is None:
            self._show_pane(self._pane)  # nothing had the focus while the screen was too small

    # The charts

    def _choose_charts(self, names: Sequence[str]) -> None:
        """Show these charts, from left to right."""
        self._shown = tuple(names)
        for pane, name in zip(CHART_PANES, self._shown, strict=True):
            kind = CHARTS[name]
            view = self._views.setdefault(name, ChartView(kind.smoothing))
            self.query_one(f"#{pane}", Chart).look_through(view, kind.unit)
        self._draw_charts(self._charted)

    def _draw_charts(self, charted: Charted | None) -> None:
        """Draw the charts that are shown, with the other runs on them; None shows them empty."""
        if charted is not None:
            charted = replace(charted, others=self._overlay.shown, axis=self._axis)
        self._charted = charted
        for pane, name in zip(CHART_PANES, self._shown, strict=True):
            chart, kind = self.query_one(f"#{pane}", Chart), CHARTS[name]
            if charted is None:
                chart.title = kind.title
                chart.show([])
            else:
                found = kind.draw(charted)
                chart.title, chart.empty = found.title, found.empty
                chart.show(found.series, references=found.references, x_label=kind.x_label or AXIS_NAMES[self._axis])
            chart.refresh()

    def action_chart(self, by: int) -> None:
        """Show the next or the previous chart in the pane with the focus."""
        names = list(self._shown)
        names[self._at] = next_chart(self._shown, self._at, by)
        self._choose_charts(names)
        self._keep_charts(names)

    def action_axis(self) -> None:
        """Let the curves go along steps, epochs, reviews, or seconds of training."""
        self._axis = AXES[(AXES.index(self._axis) + 1) % len(AXES)]
        for view in self._views.values():
            view.show_all()  # a zoom and a cursor are places on the axis of before
        self._draw_charts(self._charted)

    @work(exclusive=True, exit_on_error=False, group="overlay")
    async def action_overlay(self) -> None:
        """Choose runs to show on the same charts."""
        run = self.run_shown
        if run is None:
            return
        found = await asyncio.to_thread(candidates, run)
        if not found:
            self.app.say("There is no other run that has made steps.")
            return
        there = {one.path for one in self._overlay.runs}
        ticked = [number for number, (other, _) in enumerate(found) if other.path in there]
        choices = [described(one) for _, one in found]
        chosen = await self.app.push_screen_wait(CheckList("Runs on the same charts", choices, ticked))
        if chosen is None or run != self.run_shown:
            return
        if len(chosen) > MOST:
            self.app.say(f"No more than {MOST} runs can be told apart; the first {MOST} are shown.", "warning")
        await self._lay_over([(clean_line(found[at][1].name, 30), found[at][0]) for at in chosen[:MOST]])

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def action_write(self) -> None:
        """Write the chart with the focus to a file."""
        run, charted = self.run_shown, self._charted
        if run is None or charted is None:
            return
        from tui.screens.train.written_chart import write_chart

        name = self._shown[self._at]
        kind = CHARTS[name]
        data = kind.draw(charted)
        smoothing = self._views[name].smoothing
        figure = Figure(data.title, kind.x_label or AXIS_NAMES[self._axis], data.series, smoothing, data.references)
        dialog = AttemptDialog(
            f"Write the chart “{kind.title}” to",
            f"{run.id}-{name.replace(' ', '-')}.svg",
            explain=lambda text: Content(".svg draws it, .csv has every figure, .txt is the chart as text."),
            attempt=lambda text: write_chart(figure, Path(text.strip())),
        )
        if (path := await self.app.push_screen_wait(dialog)) is not None:
            self.app.say(f"Written to {path}.")

    async def _lay_over(self, runs: Sequence[tuple[str, RunFolder]]) -> None:
        overlay = Overlay(runs)
        await asyncio.to_thread(overlay.look)
        self._overlay = overlay
        self._draw_charts(self._charted)

    async def follow_overlay(self) -> None:
        """Show what is new of the other runs."""
        overlay = self._overlay
        if overlay.runs:
            news = await asyncio.to_thread(overlay.look)
            if news and overlay is self._overlay:
                self._draw_charts(self._charted)

    @work(exclusive=True, exit_on_error=False, group="preferences")
    async def _keep_charts(self, names: Sequence[str]) -> None:
        try:
            await asyncio.to_thread(remember_charts, names)
        except ReviewtuiError as error:
            self.app.say(error, "warning")

    @on(Chart.CursorMoved)
    def _cursor_moved(self, message: Chart.CursorMoved) -> None:
        """Read the other chart at the same place, if it goes along the same axis."""
        moved = message.chart
        for chart in self.query(Chart):
            if chart is not moved and chart.view.x_label == moved.view.x_label:
                chart.view.place_cursor(moved.view.cursor)
                chart.refresh()

    # Focus and room

    def _show_pane(self, pane: Pane) -> None:
        """Focus a pane. On a screen too small for all panes, show this one."""
        self._pane, self._moving = pane, True
        for one in _PANES:
            self.set_class(one == pane, f"-on-{one}")
        if pane != "log":
            self.set_class(pane == "right", "-right")
        self.call_after_refresh(self.query_one(f"#{pane}").focus)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show a pane that was clicked, but ignore the focus that leaves a pane because it is hidden."""
        if self._moving:
            self._moving = event.widget.id != self._pane
        elif event.widget.id in _PANES and event.widget.id != self._pane:
            self._show_pane(next(pane for pane in _PANES if pane == event.widget.id))

    def action_pane(self, by: int) -> None:
        """Move to the next or the previous pane."""
        self._show_pane(_PANES[(_PANES.index(self._pane) + by) % len(_PANES)])

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
            "overlay": self.run_shown is not None,
            "write": self.run_shown is not None,
            "axis": self.run_shown is not None,
            "fold": self.run_shown is not None and not enlarged,
            "enlarge": self.run_shown is not None and not enlarged,
            "shrink": enlarged,
        }
        return allowed[action] if action in allowed else super().check_action(action, parameters)
