"""Train: one run, live or past: its state, loss, memory and log, read from its folder alone."""

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

from core.runs.folder import RunFolder
from core.runs.history import LOSS_SMOOTHING, RunHistory
from core.runs.records import Record
from core.runs.summary import RunSummary
from tui.keys.bindings import bindings
from tui.screens.train.actions import ActsOnRun
from tui.screens.train.charts import loss_chart, memory_chart
from tui.screens.train.header import RunHeader
from tui.screens.train.keys import TRAIN
from tui.screens.train.log import Narrator, RunLog
from tui.screens.train.memory_bar import MemoryBar
from tui.screens.train.plan import RunPlan
from tui.screens.train.reader import RunReader
from tui.widgets.chart.units import BYTES
from tui.widgets.chart.widget import Chart

_POLL_SECONDS = 0.25
"""At most four looks at the journal, and so four repaints, a second."""

Pane = Literal["loss", "memory", "log"]
"""The parts that tab moves between."""
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
after it ended, and after you closed the workbench and came back.

The training loss is smoothed: that of a single step says little. The validation loss is of the last evaluation. \
"kept" is the evaluation whose weights become the model: the best by the setting best_metric, where of evaluations \
that differ by less than chance the latest is kept. The lines below show the settings that differ from the preset \
(i shows all) and what computes the run. The time left is an estimate from the pace of the last 50 steps.

The loss chart shows the smoothed training loss, its raw values as dots, and the validation loss of every evaluation; \
the memory chart what the worker holds, beside the forecast. In the memory bar █ is the run's, ▓ reserved for it, ▒ \
others' (on a GPU including what its driver needs for each process), ░ free.

tab moves between the charts and the log, and z enlarges the one with the focus. On a small screen tab also swaps the \
charts."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TRAIN)

    def __init__(self) -> None:
        super().__init__()
        self._history = RunHistory()
        self._narrator: Narrator | None = None
        self._pane: Pane = "loss"
        self._moving = False
        """Whether the focus is on its way to the pane."""

    def body(self) -> ComposeResult:
        yield Static(_EMPTY, id="train-empty", markup=False)
        yield RunHeader(id="train-header")
        yield RunPlan(id="train-plan")
        yield MemoryBar(id="train-memory")
        with Container(id="train-charts"):
            empty = "No loss yet: the first step is still to come."
            yield Chart("Loss", empty=empty, smoothing=LOSS_SMOOTHING, id="loss")
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
            self._show_pane(self._pane)  # a screen that was too small had hidden everything

    # What is shown

    def open(self, run: RunFolder | None) -> None:
        """Show `run` from its beginning."""
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
        """Read what the run's folder gained, a few times a second, and show it, until another run is opened."""
        while True:
            if self.is_current or self.summary is None:  # what is not seen takes no time from what is
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
        self.query_one(RunHeader).show(summary, history, time.time(), self.asked, reader.best_metric)
        self.query_one(RunPlan).show_plan(reader.settings, history.plan)
        if records or before is None:
            self._draw_charts(reader.forecast_peak)
            self._narrator = self._narrator or Narrator(reader.best_metric)
            self.query_one(RunLog).add(self._narrator.lines(records))
        if before is None:
            self.say_subject(summary.name)
        if before is None or (before.state, before.has_model) != (summary.state, summary.has_model):
            self.refresh_bindings()

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Say in place of the figures why they are no longer kept up to date."""
        if worker.group == "watch":
            self.query_one(RunHeader).show_trouble(sentence)
        return worker.group == "watch"

    def _draw_charts(self, forecast: int | None) -> None:
        history = self._history
        for id, found, x_label in (
            ("#loss", loss_chart(history), "step"),
            ("#memory", memory_chart(history, forecast), "seconds"),
        ):
            chart = self.query_one(id, Chart)
            chart.title = found.title
            chart.show(found.series, references=found.references, x_label=x_label)
        if history.memory:
            device = history.plan.device if history.plan is not None else ""
            self.query_one(MemoryBar).show_sample(history.memory[-1], device, forecast, history.peak_bytes)

    # Panes

    def _show_pane(self, pane: Pane) -> None:
        """Give a pane the focus; where not all are shown at once, it is the one that is."""
        self._pane, self._moving = pane, True
        for one in _PANES:
            self.set_class(one == pane, f"-on-{one}")
        if pane != "log":
            self.set_class(pane == "memory", "-memory")
        self.call_after_refresh(self.query_one(f"#{pane}").focus)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Follow a click; but not the focus that leaves a pane because it is hidden."""
        if self._moving:
            self._moving = event.widget.id != self._pane
        elif event.widget.id in _PANES and event.widget.id != self._pane:
            self._show_pane(next(pane for pane in _PANES if pane == event.widget.id))

    def action_pane(self, by: int) -> None:
        """Move to the next or the previous pane."""
        self._show_pane(_PANES[(_PANES.index(self._pane) + by) % len(_PANES)])

    def action_enlarge(self) -> None:
        """Give the pane with the focus all the room, or share it again."""
        self.toggle_class("-enlarged")
        self._show_pane(self._pane)
        self.refresh_bindings()

    def action_shrink(self) -> None:
        """Share the room between the panes again."""
        self.action_enlarge()

    def action_back(self) -> None:
        """Share the room again if a pane is enlarged; otherwise go one screen back."""
        if self.has_class("-enlarged"):
            self.action_enlarge()
        else:
            super().action_back()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only keys that would do something."""
        enlarged = self.has_class("-enlarged")
        allowed = {
            "pane": self.run_shown is not None,
            "enlarge": self.run_shown is not None and not enlarged,
            "shrink": enlarged,
        }
        return allowed[action] if action in allowed else super().check_action(action, parameters)
