"""The Train screen: state, loss, memory and log of one run, live or past, read from the run's folder alone."""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar, Literal, get_args

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Static
from textual.worker import Worker

from core.runs.baselines import Baseline
from core.runs.folder import RunFolder
from core.runs.history import LOSS_SMOOTHING, RunHistory
from core.runs.records import Record
from core.runs.summary import RunSummary
from tui.keys.bindings import bindings
from tui.screens.train.actions import ActsOnRun
from tui.screens.train.charts import NO_LOSS, loss_chart, memory_chart
from tui.screens.train.header import RunHeader, ToBeat
from tui.screens.train.keys import TRAIN
from tui.screens.train.log import Narrator, RunLog
from tui.screens.train.memory_bar import MemoryBar
from tui.screens.train.plan import RunPlan
from tui.screens.train.reader import RunReader
from tui.widgets.chart.units import BYTES
from tui.widgets.chart.widget import Chart

_POLL_SECONDS = 0.25
"""The journal is read, and the screen repainted, at most four times per second."""

Pane = Literal["loss", "memory", "log"]
"""The parts of the screen that tab moves between."""
_PANES: tuple[Pane, ...] = get_args(Pane)
_SINGLE_CHART = (100, 36)
"""Columns and rows below which only one of the two charts is shown."""
_MIN_ROWS_WITH_PLAN = 20

_EMPTY = """\
No run is open.

  g r   choose one from the list of runs
  g d   start a new one from a file of reviews"""


class TrainScreen(ActsOnRun):
    """One run, live or past."""

    PLACE = "train"
    CSS_PATH = "screen.tcss"
    HELP = """\
Train: one run, live or past. Everything here is read from the run's folder, so a run looks the same while it works, \
after it has ended, and after you have closed the workbench and come back.

The training loss is smoothed, because the loss of a single step says little. The validation loss is that of the last \
evaluation. "kept" is the evaluation whose weights become the model: the best by the setting best_metric; if \
evaluations differ by no more than chance, the latest of them. "baseline" is the accuracy of the best baseline on the \
same reviews and what it took, "majority guess" the accuracy of always answering the most frequent class. The lines \
below show the settings that differ from the preset (i shows all) and what computes the run. The time left is \
estimated from the pace of the last 50 steps.

The loss chart shows the smoothed training loss, its raw values as dots, and the validation loss of every evaluation. \
The memory chart shows the memory that the worker uses, and the forecast. In the memory bar █ is used by the run, ▓ \
reserved for it, ▒ used by others (on a GPU including what its driver needs for each process), ░ free.

tab moves between the charts and the log, and z enlarges the one with the focus. On a small screen tab also swaps the \
charts."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TRAIN)

    def __init__(self) -> None:
        super().__init__()
        self._history = RunHistory()
        self._narrator: Narrator | None = None
        self._pane: Pane = "loss"
        self._moving = False
        """Whether the focus is being moved to `_pane`."""

    def body(self) -> ComposeResult:
        yield Static(_EMPTY, id="train-empty", markup=False)
        yield RunHeader(id="train-header")
        yield RunPlan(id="train-plan")
        yield MemoryBar(id="train-memory")
        with Container(id="train-charts"):
            yield Chart("Loss", empty=NO_LOSS, smoothing=LOSS_SMOOTHING, id="loss")
            yield Chart("Memory", unit=BYTES, empty="No memory sample yet.", id="memory")
        yield RunLog(id="log")

    def on_mount(self) -> None:
        self.open(self.app.run_in_view)

    def on_screen_resume(self) -> None:
        if self.app.run_in_view != self.run_shown:
            self.open(self.app.run_in_view)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        columns, rows = event.size
        self.set_class(columns < _SINGLE_CHART[0] and rows < _SINGLE_CHART[1], "-single")
        self.set_class(rows < _MIN_ROWS_WITH_PLAN, "-tight")
        if self.run_shown is not None and self.focused is None:
            self._show_pane(self._pane)  # nothing had the focus while the screen was too small

    # What is shown

    def open(self, run: RunFolder | None) -> None:
        """Show `run`, reading its journal from the beginning; None shows how to choose a run."""
        self.run_shown, self._history, self.summary, self._narrator = run, RunHistory(), None, None
        self.asked = ""
        self.set_class(run is None, "-empty")
        self.remove_class("-enlarged")
        self.say_subject("" if run is None else run.id)
        self.query_one(RunLog).start_over()
        self.query_one(RunPlan).show_plan("", None)
        self.query_one(MemoryBar).show_sample(None, "", None)
        for chart in self.query(Chart):
            chart.show([])
        if run is not None:
            self.query_one(RunHeader).show_loading()
            self._watch(RunReader(run, self._history))
            self._show_pane("loss")
        self.refresh_bindings()

    @work(exclusive=True, exit_on_error=False, group="watch")
    async def _watch(self, reader: RunReader) -> None:
        """Read and show what is new in the run's folder, a few times per second, until another run is opened."""
        while True:
            if self.is_current or self.summary is None:  # a hidden screen must not slow down the visible one
                try:
                    records, summary = await asyncio.to_thread(reader.look)
                except OSError as error:
                    self.query_one(RunHeader).show_trouble(f"The run cannot be read ({error.strerror}).")
                    return
                self._show(records, summary, reader)
            await asyncio.sleep(_POLL_SECONDS)

    def _show(self, records: list[Record], summary: RunSummary, reader: RunReader) -> None:
        before, self.summary = self.summary, summary
        history = self._history
        if before is not None and before.state != summary.state:
            self.asked = ""
        beat = ToBeat(reader.baseline, reader.gain, reader.method)
        self.query_one(RunHeader).show(summary, history, time.time(), self.asked, reader.best_metric, beat)
        self.query_one(RunPlan).show_plan(reader.settings, history.plan)
        if records or before is None:
            self._draw_charts(reader.forecast_peak, reader.baseline)
            self._narrator = self._narrator or Narrator(reader.best_metric)
            self.query_one(RunLog).add(self._narrator.lines(records))
        if before is None:
            self.say_subject(summary.name)
        if before is None or (before.state, before.has_model) != (summary.state, summary.has_model):
            self.refresh_bindings()

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Show in place of the figures why they are no longer updated. Return whether that is done here."""
        if worker.group == "watch":
            self.query_one(RunHeader).show_trouble(sentence)
        return worker.group == "watch"

    def _draw_charts(self, forecast: int | None, baseline: Baseline | None) -> None:
        history = self._history
        for id, found, x_label in (
            ("#loss", loss_chart(history, baseline.validation.loss if baseline is not None else None), "step"),
            ("#memory", memory_chart(history, forecast), "seconds"),
        ):
            chart = self.query_one(id, Chart)
            chart.title, chart.empty = found.title, found.empty
            chart.show(found.series, references=found.references, x_label=x_label)
        if history.memory:
            device = history.plan.device if history.plan is not None else ""
            self.query_one(MemoryBar).show_sample(history.memory[-1], device, forecast, history.peak_bytes)

    # Panes

    def _show_pane(self, pane: Pane) -> None:
        """Focus a pane. On a screen too small for all panes, show this one."""
        self._pane, self._moving = pane, True
        for one in _PANES:
            self.set_class(one == pane, f"-on-{one}")
        if pane != "log":
            self.set_class(pane == "memory", "-memory")
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
            "enlarge": self.run_shown is not None and not enlarged,
            "shrink": enlarged,
        }
        return allowed[action] if action in allowed else super().check_action(action, parameters)
