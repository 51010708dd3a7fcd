"""Train: one run, live or past: its state, loss, memory and log, read from its folder alone."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from core.base.errors import ReviewtuiError
from core.runs.control import ControlRequest, send
from core.runs.folder import RunFolder
from core.runs.history import LOSS_SMOOTHING, RunHistory
from core.runs.records import Record
from core.runs.resume import resume_run
from core.runs.status import OVER
from core.runs.summary import RunSummary
from tui.keys.bindings import bindings
from tui.screens.base import Place
from tui.screens.train.charts import loss_chart, memory_chart
from tui.screens.train.header import RunHeader
from tui.screens.train.keys import TRAIN
from tui.screens.train.log import Narrator, RunLog
from tui.screens.train.memory_bar import MemoryBar
from tui.screens.train.plan import RunPlan
from tui.screens.train.reader import RunReader
from tui.widgets.chart.units import BYTES
from tui.widgets.chart.widget import Chart

if TYPE_CHECKING:
    pass

_POLL_SECONDS = 0.25
"""At most four looks at the journal, and so four repaints, a second."""

Pane = Literal["loss", "memory", "log"]
"""The parts that tab moves between."""
_PANES: tuple[Pane, ...] = get_args(Pane)
_SINGLE_CHART = (100, 36)
"""Columns and rows below which only one of the two charts is shown."""

_EMPTY = """\
No run is open.

  g r   choose one from the list of runs
  g d   start a new one from a file of reviews"""

_ASKED: dict[ControlRequest, str] = {
    "pause": "pausing after this step",
    "continue": "continuing",
    "stop": "stopping after this step",
    "stop_and_save": "stopping after this step, then saving",
}


class TrainScreen(Place):
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
        self._run: RunFolder | None = None
        self._history = RunHistory()
        self._summary: RunSummary | None = None
        self._narrator: Narrator | None = None
        self._asked = ""
        """What a person asked of the worker that its journal does not show yet."""
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
        self._open(self.app.run_in_view)

    def on_screen_resume(self) -> None:
        if self.app.run_in_view != self._run:
            self._open(self.app.run_in_view)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        columns, rows = event.size
        self.set_class(columns < _SINGLE_CHART[0] and rows < _SINGLE_CHART[1], "-single")
        if self._run is not None and self.focused is None:
            self._show_pane(self._pane)  # a screen that was too small had hidden everything

    # What is shown

    def _open(self, run: RunFolder | None) -> None:
        """Show `run` from its beginning."""
        self._run, self._history, self._summary, self._narrator = run, RunHistory(), None, None
        self._asked = ""
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
            if self.is_current or self._summary is None:  # what is not seen takes no time from what is
                try:
                    records, summary = await asyncio.to_thread(reader.look)
                except OSError as error:
                    self.query_one(RunHeader).show_trouble(f"The run cannot be read ({error.strerror}).")
                    return
                self._show(records, summary, reader)
            await asyncio.sleep(_POLL_SECONDS)

    def _show(self, records: list[Record], summary: RunSummary, reader: RunReader) -> None:
        before, self._summary = self._summary, summary
        history = self._history
        if before is not None and before.state != summary.state:
            self._asked = ""
        self.query_one(RunHeader).show(summary, history, time.time(), self._asked, reader.best_metric)
        self.query_one(RunPlan).show_plan(reader.settings, history.plan)
        if records or before is None:
            self._draw_charts(reader.forecast_peak)
            self._narrator = self._narrator or Narrator(reader.best_metric)
            self.query_one(RunLog).add(self._narrator.lines(records))
        if before is None:
            self.say_subject(summary.name)
        if before is None or (before.state, before.has_model) != (summary.state, summary.has_model):
            self.refresh_bindings()

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

    def action_back(self) -> None:
        """Share the room again if a pane is enlarged; otherwise go one screen back."""
        if self.has_class("-enlarged"):
            self.action_enlarge()
        else:
            super().action_back()

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only keys that would do something."""
        summary = self._summary
        state = summary.state if summary is not None else None
        living = state is not None and state not in OVER
        allowed = {
            "pause": living and state != "paused",
            "unpause": state == "paused",
            "stop": living,
            "resume": state in ("stopped", "failed", "interrupted"),
            "extend": state in OVER and bool(summary and summary.step),
            "branch": bool(summary and summary.checkpoint_step),
            "classify": summary is not None and summary.has_model,
            "settings": self._run is not None,
            "pane": self._run is not None,
            "enlarge": self._run is not None and not self.has_class("-enlarged"),
            "shrink": self.has_class("-enlarged"),
        }
        return allowed.get(action, True)

    def why_not(self, action: str) -> str:
        summary = self._summary
        if summary is None:
            return "No run is open: g r leads to the list of runs."
        over = f"This run is {summary.state}: nothing is left to {action}."
        return {
            "pause": over,
            "stop": over,
            "resume": f"This run is {summary.state}: only a stopped, failed or interrupted run can be resumed.",
            "extend": "A run can be extended once it is over and has trained at least one step.",
            "branch": "This run has no checkpoint yet to branch from.",
            "classify": "This run has no model yet: it is written when the run finishes, or when it is stopped.",
        }.get(action, "")

    def action_pause(self) -> None:
        """Pause the run after its current step."""
        self._send("pause")

    def action_unpause(self) -> None:
        """Let a paused run continue."""
        self._send("continue")

    def action_shrink(self) -> None:
        """Share the room between the panes again."""
        self.action_enlarge()

    @work(exit_on_error=False)
    async def action_stop(self) -> None:
        """Ask how to stop, then ask the worker to."""
        from tui.widgets.dialogs import Choose

        choices = [
            Content("Keep training"),
            Content("Stop and save: evaluate, keep the best weights, write the model"),
            Content("Stop now: keep the last checkpoint, write nothing more"),
        ]
        chosen = await self.app.push_screen_wait(Choose("Stop this run?", choices))
        if chosen in (1, 2):
            self._send("stop_and_save" if chosen == 1 else "stop")

    @work(exit_on_error=False)
    async def _send(self, request: ControlRequest) -> None:
        if self._run is None:
            return
        try:
            await asyncio.to_thread(send, self._run.control, request)
        except OSError as error:
            self.app.say(f"The worker could not be reached ({error.strerror}).", "error")
        else:
            self._asked = _ASKED[request]

    @work(exit_on_error=False)
    async def action_resume(self) -> None:
        """Start a worker that resumes from the last checkpoint."""
        if self._run is None:
            return
        try:
            await asyncio.to_thread(resume_run, self._run)
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self._asked = "resuming from the last checkpoint"

    @work(exit_on_error=False)
    async def action_extend(self) -> None:
        """Ask for how many epochs in total, say what that means, and train on."""
        from tui.screens.train.extend import extend

        if self._run is not None:
            self._open_other(await extend(self.app, self._run))

    @work(exit_on_error=False)
    async def action_branch(self) -> None:
        """Ask what is to be different, and start a new run from a checkpoint."""
        from tui.screens.train.branch import branch

        if self._run is not None:
            self._open_other(await branch(self.app, self._run))

    def _open_other(self, run: RunFolder | None) -> None:
        if run is not None and run != self._run:
            self.app.run_in_view = run
            self._open(run)

    @work(exit_on_error=False)
    async def action_settings(self) -> None:
        """Show all settings of the run."""
        from tui.screens.run_settings import RunSettings

        if self._run is None:
            return
        try:
            request = await asyncio.to_thread(self._run.request)
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.app.push_screen(RunSettings(request))

    def action_classify(self) -> None:
        """Classify reviews with this run's model."""
        self.app.open_classify(self._run)
