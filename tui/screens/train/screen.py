"""The Train screen: state, loss, memory and log of one run, live or past, read from the run's folder alone."""

from __future__ import annotations

import asyncio
import math
import os
import time
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Static
from textual.worker import Worker

from core.base.text import clean_line
from core.runs.folder import RunFolder
from core.runs.forecast_file import forecast_parts
from core.runs.history import RunHistory
from core.runs.records import Record
from core.runs.status import OVER
from core.runs.summary import RunSummary
from tui.keys.bindings import bindings
from tui.screens.train.chart_data import Charted
from tui.screens.train.diagnosis import RunDiagnosis, changed
from tui.screens.train.header import RunHeader, ToBeat
from tui.screens.train.keys import TRAIN
from tui.screens.train.log import Narrator, RunLog
from tui.screens.train.memory_bar import MemoryBar
from tui.screens.train.memory_details import memory_details
from tui.screens.train.panes import CHART_PANES, HasPanes
from tui.screens.train.plan import RunPlan
from tui.screens.train.reader import RunReader
from tui.screens.train.telling import Tells
from tui.screens.train.time_bar import TimeBar
from tui.time_text import spent_time
from tui.widgets.chart.widget import Chart
from tui.widgets.details import Details

_POLL_SECONDS = 0.5
"""The journal is read, and what has changed drawn, twice a second."""
_POLL_SECONDS_OVER_SSH = 1.0
"""The same on a line that may be slow."""

_EMPTY = """\
No run is open.

  g r   choose one from the list of runs
  g d   start a new one from a file of reviews"""


class TrainScreen(HasPanes, Tells):
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

The loss chart shows the smoothed training loss, its raw values as dots, and the validation loss of every \
evaluation. v and V put other charts in its place: accuracy and F1 of every evaluation, the learning rate, the \
gradient norm with the share of clipped steps, gradients and updates by layer, reviews per second, memory with its \
forecast, how busy processors and GPUs are, and what the training waits for. 1, 2 and 4 say how many there are at \
once. Charts along the same axis have one cursor; X changes the axis to epochs, reviews, seconds or the time of day. \
O puts other runs on the same charts, and groups of runs as their mean and range; P keeps them when you open another \
run. In the memory bar █ is used by the run, ▓ reserved for it, ▒ used by others (on a GPU including what its driver \
needs for each process), ░ free; R says it in full, by process, by GPU and by what it is for. The bar below it says \
where the time went.

tab moves between the charts and the log, and z enlarges the one with the focus. On a small screen tab also swaps the \
charts, and the figures that seldom change are folded away: f shows them.

▲ says what the figures mean, with what may help; a sets up a new run with the settings of this one and that change. \
Nothing is said where a sound run could look the same."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TRAIN)

    def __init__(self) -> None:
        super().__init__()
        self._history = RunHistory()
        self._narrator: Narrator | None = None
        self._reader: RunReader | None = None

    def body(self) -> ComposeResult:
        yield Static(_EMPTY, id="train-empty", markup=False)
        yield RunHeader(id="train-header")
        yield RunPlan(id="train-plan")
        yield MemoryBar(id="train-memory")
        yield TimeBar(id="train-time")
        with Container(id="train-charts"):
            for pane in CHART_PANES:
                yield Chart("", id=pane)
        yield RunDiagnosis(id="train-diagnosis")
        yield RunLog(id="log")

    def on_mount(self) -> None:
        super().on_mount()
        self.open(self.app.run_in_view)

    def on_screen_resume(self) -> None:
        if self.app.run_in_view != self.run_shown:
            self.open(self.app.run_in_view)

    # What is shown

    def open(self, run: RunFolder | None) -> None:
        """Show `run`, reading its journal from the beginning; None shows how to choose a run."""
        self.start_overlay(run)
        self.run_shown, self._history, self.summary, self._narrator = run, RunHistory(), None, None
        self.asked, self._reader, self.findings = "", None, ()
        self.set_class(run is None, "-empty")
        self.remove_class("-enlarged")
        self.say_subject("" if run is None else run.id)
        self.query_one(RunLog).start_over()
        self.query_one(RunPlan).show_plan("", None)
        self.query_one(RunDiagnosis).show_findings((), "")
        self.query_one(MemoryBar).show_sample(None, "", None)
        self.query_one(TimeBar).show_spent(None)
        self._draw_charts(None)
        if run is not None:
            self.query_one(RunHeader).show_loading()
            self._watch(RunReader(run, self._history))
            self._show_pane("left")
        self.refresh_bindings()

    @work(exclusive=True, exit_on_error=False, group="watch")
    async def _watch(self, reader: RunReader) -> None:
        """Read and show what is new in the run's folder, a few times per second, until another run is opened."""
        drawn = -math.inf
        while True:
            if self.is_current or self.summary is None:  # a hidden screen must not slow down the visible one
                try:
                    records, summary = await asyncio.to_thread(reader.look)
                except OSError as error:
                    self.query_one(RunHeader).show_trouble(f"The run cannot be read ({error.strerror}).")
                    return
                if reader.read < 1:
                    if (now := time.monotonic()) >= drawn + _POLL_SECONDS:
                        drawn = now
                        self._show_part(reader)
                    continue
                self._show(records, summary, reader)
                await self.follow_overlay()
            await asyncio.sleep(_POLL_SECONDS_OVER_SSH if os.environ.get("SSH_CONNECTION") else _POLL_SECONDS)

    def _show_part(self, reader: RunReader) -> None:
        """Show the curves of a long journal as far as it has been read."""
        self.query_one(RunHeader).show_reading(reader.read)
        self._draw_charts(Charted(self._history, forecast_peak=reader.forecast_peak, samples=reader.samples))

    def _show(self, records: list[Record], summary: RunSummary, reader: RunReader) -> None:
        before, self.summary = self.summary, summary
        history = self._history
        if before is not None and before.state != summary.state:
            self.asked = ""
        self._reader = reader
        self.draw_header()
        self.query_one(RunPlan).show_plan(reader.settings, history.plan)
        if records or before is None:
            baseline = reader.baseline.validation if reader.baseline is not None else None
            self._draw_charts(
                Charted(history, baseline, reader.forecast_peak, reader.max_grad_norm, samples=reader.samples)
            )
            self._draw_memory(reader.forecast_peak)
            self.query_one(TimeBar).show_spent(spent_time(history))
            self._show_findings(reader)
            self._narrator = self._narrator or Narrator(reader.best_metric)
            self.query_one(RunLog).add(self._narrator.lines(records))
        if before is None:
            self.say_subject(summary.name)
        if before is None or (before.state, before.has_model) != (summary.state, summary.has_model):
            self.refresh_bindings()

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def action_memory(self) -> None:
        """Show who uses which memory, and what it is for."""
        run, reader = self.run_shown, self._reader
        if run is None or reader is None:
            return
        parts = await asyncio.to_thread(forecast_parts, run)
        title = f"Memory of {clean_line(run.id if self.summary is None else self.summary.name, 50)}"
        note = "as last recorded" if self.summary is not None and self.summary.state in OVER else "as recorded just now"
        self.app.push_screen(Details(title, memory_details(self._history, reader.forecast_peak, parts), note))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        return bool(self._history.memory) if action == "memory" else super().check_action(action, parameters)

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Show in place of the figures why they are no longer updated. Return whether that is done here."""
        if worker.group == "watch" and self.is_attached:
            self.query_one(RunHeader).show_trouble(sentence)
        return worker.group == "watch"

    def draw_header(self) -> None:
        """Draw the figures above the charts anew, at the height there is."""
        reader, summary = self._reader, self.summary
        if reader is None or summary is None:
            return
        beat = ToBeat(reader.baseline, reader.gain, reader.method)
        asked = self.asked or (self.app.replays and summary.state not in OVER) * "a recording, replayed"
        self.query_one(RunHeader).show(
            summary, self._history, time.time(), asked, reader.best_metric, beat, folded=self.folded
        )

    def _show_findings(self, reader: RunReader) -> None:
        before, self.findings = self.findings, reader.findings
        self.query_one(RunDiagnosis).show_findings(self.findings, self.key("train.try"))
        if (changed(before) is None) != (changed(self.findings) is None):
            self.refresh_bindings()

    def _draw_memory(self, forecast: int | None) -> None:
        history = self._history
        if history.memory:
            device = history.plan.device if history.plan is not None else ""
            self.query_one(MemoryBar).show_sample(history.memory[-1], device, forecast, history.peak_bytes)
