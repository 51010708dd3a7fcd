"""Train: a run as it happens, or as it happened: its state, loss, memory and log, read from its folder alone."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import RichLog, Static

from core.base.errors import ReviewtuiError
from core.runs.control import ControlRequest, send
from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.launch import launch_worker
from core.runs.records import MemoryRecord, Record
from core.runs.start import forecast_peak_bytes
from core.runs.status import OVER
from core.runs.summary import RunSummary, summary_of
from tui.keys.bindings import bindings
from tui.screens.base import Place
from tui.screens.train.continue_run import branch, extend
from tui.screens.train.header import RunHeader
from tui.screens.train.keys import TRAIN
from tui.screens.train.log import log_lines
from tui.screens.train.memory_bar import MemoryBar
from tui.screens.train.plan import RunPlan
from tui.widgets.chart.series import Series
from tui.widgets.chart.units import BYTES
from tui.widgets.chart.widget import Chart

if TYPE_CHECKING:
    from tui.workbench import Workbench

_POLL_SECONDS = 0.25
"""At most four looks, and so four repaints, a second."""

_LOG_LINES = 2000

_EMPTY = """\
No run is open.

  g r   choose one from the list of runs
  g d   start a new one from a file of reviews"""


class TrainScreen(Place):
    """One run, live or past."""

    PLACE = "train"
    CSS_PATH = "screen.tcss"
    HELP = """\
Train: one run, live or past. Everything shown is read from the run's folder, so a run looks the same while it works, \
after it ended, and after you closed the workbench and came back. The line under the figures says what computes the \
run and why; where frozen layers are computed only once, one more says so. The time left is an estimate from the \
pace of the last 50 steps. The loss chart shows the training loss of every step and the validation loss of every \
evaluation; the memory chart what the worker holds, beside what was foretold. In the memory bar █ is the run's, ▓ held \
in reserve for it, ▒ others' (on a GPU with what its driver takes for each process), ░ free. tab moves between the \
charts and the log."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TRAIN)

    app: Workbench

    def __init__(self) -> None:
        super().__init__()
        self._run: RunFolder | None = None
        self._history = RunHistory()
        self._summary: RunSummary | None = None
        self._forecast_bytes: int | None = None

    def body(self) -> ComposeResult:
        yield Static(_EMPTY, id="train-empty", markup=False)
        yield RunHeader(id="train-header")
        yield RunPlan(id="train-plan")
        yield MemoryBar(id="train-memory")
        with Container(id="train-charts"):
            yield Chart("Loss", empty="No loss yet: the first step is still to come.", id="loss")
            yield Chart("Memory", unit=BYTES, empty="No memory sample yet.", id="memory")
        yield RichLog(id="train-log", max_lines=_LOG_LINES, wrap=True, markup=False, highlight=False, min_width=20)

    def on_mount(self) -> None:
        self._take(self.app.run_in_view)

    def on_screen_resume(self) -> None:
        if self.app.run_in_view != self._run:
            self._take(self.app.run_in_view)

    def _take(self, run: RunFolder | None) -> None:
        """Show `run` from its beginning."""
        self._run, self._history, self._summary = run, RunHistory(), None
        self.set_class(run is None, "-empty")
        self.say_subject("" if run is None else run.id)
        self.query_one("#train-log", RichLog).clear()
        self.query_one(RunPlan).show_plan(None)
        self.query_one(MemoryBar).show_sample(None, "", None)
        self._forecast_bytes = forecast_peak_bytes(run) if run is not None else None
        for chart in self.query(Chart):
            chart.show([])
        if run is not None:
            self.query_one(RunHeader).say_loading()
            self._watch(run)
            self.query_one("#loss", Chart).focus()
        self.refresh_bindings()

    @work(exclusive=True, exit_on_error=False, group="watch")
    async def _watch(self, run: RunFolder) -> None:
        """Read what the run's journal gained, a few times a second, and show it; go on until another run is taken."""
        reader, history = JournalReader(run.journal), self._history

        def look() -> tuple[list[Record], RunSummary]:
            records = reader.read_new()
            history.update(records)
            return records, summary_of(run, history)

        while True:
            if self.is_current or self._summary is None:  # unseen, it takes no time from what is seen
                try:
                    records, summary = await asyncio.to_thread(look)
                except OSError as error:
                    self.query_one(RunHeader).say_trouble(f"The run cannot be read ({error.strerror}).")
                    return
                self._show(records, summary)
            await asyncio.sleep(_POLL_SECONDS)

    def _show(self, records: list[Record], summary: RunSummary) -> None:
        before, self._summary = self._summary, summary
        history = self._history
        self.query_one(RunHeader).show(summary, history, time.time())
        self.query_one(RunPlan).show_plan(history.plan)
        if records or before is None:
            self._draw_charts()
            log = self.query_one("#train-log", RichLog)
            for line in log_lines(records):
                log.write(line, width=log.scrollable_content_region.width or None)
        if before is None:
            self.say_subject(summary.name)
        if before is None or before.state != summary.state or before.has_model != summary.has_model:
            self.refresh_bindings()

    def _draw_charts(self) -> None:
        history = self._history
        steps, evaluations = history.steps, history.evaluations
        loss = [Series("training", [float(one.step) for one in steps], [one.loss for one in steps])]
        if evaluations:
            xs, ys = [float(one.step) for one in evaluations], [one.loss for one in evaluations]
            loss.append(Series("validation", xs, ys, style="points", colour="warning"))
        chart = self.query_one("#loss", Chart)
        best = history.best
        chart.title = "Loss" if best is None else f"Loss · best at step {best.step}"
        chart.show(loss)
        self._draw_memory(history)

    def _draw_memory(self, history: RunHistory) -> None:
        """The worker's memory, or each GPU's where the run uses one, against seconds since the run began."""
        samples = history.memory
        if not samples:
            return
        begun = history.begun or samples[0].time
        seconds = [sample.time - begun for sample in samples]
        chart = self.query_one("#memory", Chart)
        last = samples[-1]
        device = history.plan.device if history.plan is not None else ""
        if self._forecast_bytes is None and self._run is not None:  # a worker writes it only before its first step
            self._forecast_bytes = forecast_peak_bytes(self._run)
        self.query_one(MemoryBar).show_sample(last, device, self._forecast_bytes)
        series = [Series("worker", seconds, [float(sample.process) for sample in samples])]
        references = []
        if device.startswith("cuda"):
            series = []
            for index, gpu in enumerate(last.devices):
                ours = [_gpu_figure(sample, index, "ours_reserved") for sample in samples]
                other = [_gpu_figure(sample, index, "other") for sample in samples]
                if not any(ours) and len(last.devices) > 1:
                    continue  # the bars name it; its line would only stand in the way
                series += [Series(f"GPU {index} ours", seconds, ours), Series(f"GPU {index} others", seconds, other)]
                references.append((f"GPU {index} all", float(gpu.total)))
            chart.title = "GPU memory"
        else:
            limit = last.limit or last.system_total
            chart.title = "Memory of the worker (CPU run)"
            if last.process_peak > limit / 3:  # nearer than that, the ceiling matters more than the detail
                references = [("limit" if last.limit else "system", float(limit))]
        if self._forecast_bytes:
            references.append(("foretold", float(self._forecast_bytes)))
        chart.show(series, references=references, x_label="seconds")

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing now are not offered."""
        summary = self._summary
        state = summary.state if summary is not None else None
        if action in ("pause", "stop"):
            return state is not None and state not in OVER
        if action == "resume":
            return state in ("stopped", "failed", "interrupted")
        if action == "extend":
            return state in OVER and bool(summary and summary.step)
        if action == "branch":
            return bool(summary and summary.checkpoint_step)
        if action == "classify":
            return summary is not None and summary.has_model
        return True

    def action_pause(self) -> None:
        """Pause the run, or let it go on."""
        if self._summary is not None:
            self._send("continue" if self._summary.state == "paused" else "pause")

    @work(exit_on_error=False)
    async def action_stop(self) -> None:
        """Ask how to stop, then ask the run."""
        from tui.widgets.dialogs import Choose

        choices = [
            Content("Go on training"),
            Content("Stop and save: evaluate, keep the best weights, write the model"),
            Content("Stop now: leave the last checkpoint, write nothing more"),
        ]
        chosen = await self.app.push_screen_wait(Choose("Stop this run?", choices))
        if chosen in (1, 2):
            self._send("stop_and_save" if chosen == 1 else "stop")

    @work(exit_on_error=False)
    async def _send(self, wish: ControlRequest) -> None:
        if self._run is None:
            return
        try:
            await asyncio.to_thread(send, self._run.control, wish)
        except OSError as error:
            self.app.say(f"The run could not be asked ({error.strerror}).", "error")
        else:
            words = {"pause": "pause", "continue": "go on", "stop": "stop now", "stop_and_save": "stop and save"}
            self.app.say(f"Asked to {words[wish]}; it answers after its step.")

    @work(exit_on_error=False)
    async def action_resume(self) -> None:
        """Start a worker that goes on from the last checkpoint."""
        run = self._run
        if run is None:
            return
        try:
            await asyncio.to_thread(lambda: launch_worker(run, resume=True))
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.app.say("It goes on from its last checkpoint.")

    @work(exit_on_error=False)
    async def action_extend(self) -> None:
        """Ask for how many epochs in all, say what that means, and go on."""
        if self._run is not None:
            await extend(self.app, self._run)

    @work(exit_on_error=False)
    async def action_branch(self) -> None:
        """Ask for what shall be different, and start a new run from the last checkpoint."""
        if self._run is not None and (made := await branch(self.app, self._run)) is not None:
            self.app.run_in_view = made
            self._take(made)

    def action_classify(self) -> None:
        """Classify reviews with this run's model."""
        self.app.open_classify(self._run)

    def action_view(self) -> None:
        """On a small screen: the log instead of the charts, or back."""
        self.toggle_class("-log")
        (self.query_one("#train-log") if self.has_class("-log") else self.query_one("#loss")).focus()


def _gpu_figure(sample: MemoryRecord, index: int, name: Literal["ours_reserved", "other"]) -> float | None:
    """Bytes of one GPU in a sample; None where it was not there, or could not be read."""
    if index >= len(sample.devices) or sample.devices[index].error:
        return None
    return float(getattr(sample.devices[index], name))
