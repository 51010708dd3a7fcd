"""What the user can do with the run on the Train screen: pause, stop, resume, extend, branch, classify."""

from __future__ import annotations

import asyncio

from textual import work
from textual.content import Content

from core.base.errors import ReviewtuiError
from core.diagnosis.finding import Finding
from core.runs.control import ControlRequest, send
from core.runs.folder import RunFolder
from core.runs.queue import begin, take_out
from core.runs.resume import require_resumable
from core.runs.status import OVER
from core.runs.summary import RunSummary
from tui.navigation.distil import Distils
from tui.screens.train.diagnosis import changed
from tui.widgets.turn import ask_turn

_ASKED: dict[ControlRequest, str] = {
    "pause": "pausing after this step",
    "continue": "continuing",
    "stop": "stopping after this step",
    "stop_and_save": "stopping after this step, then saving",
}
_NEEDS_A_RUN = {
    "resume": "worker to resume, and begins anew with `reviewtui demo`",
    "extend": "weights to train further",
    "branch": "checkpoint to branch from",
    "distil": "model to distil",
    "classify": "model to classify with",
}
"""What a recording cannot do → why not."""


class ActsOnRun(Distils):
    """A screen about one run. A subclass shows the run and implements `open`."""

    def __init__(self) -> None:
        super().__init__()
        self.run_shown: RunFolder | None = None
        self.summary: RunSummary | None = None
        """The summary of the run when it was last read."""
        self.asked = ""
        """The request to the worker that its journal does not show yet."""
        self.findings: tuple[Finding, ...] = ()
        """What the figures say about the run."""

    def open(self, run: RunFolder | None) -> None:
        """Show another run."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        if self.app.replays and action in _NEEDS_A_RUN:
            return False
        summary = self.summary
        state = summary.state if summary is not None else None
        living = state is not None and state not in OVER
        allowed = {
            "pause": living and state not in ("paused", "queued") and not self._is_baseline,
            "unpause": state == "paused",
            "stop": living,
            "resume": state in ("stopped", "failed", "interrupted"),
            "extend": state in OVER and bool(summary and summary.step),
            "branch": bool(summary and summary.checkpoint_step),
            "classify": summary is not None and summary.has_model,
            "distil": state in OVER and summary is not None and summary.has_model,
            "settings": self.run_shown is not None,
            "try": changed(self.findings) is not None,
        }
        return allowed.get(action, True)

    def why_not(self, action: str) -> str:
        summary = self.summary
        if summary is None:
            return "No run is open: g r leads to the list of runs."
        if self.app.replays and action in _NEEDS_A_RUN:
            return f"This is the recording of a run, replayed: it has no {_NEEDS_A_RUN[action]}."
        if self._is_baseline and action in ("pause", "extend", "branch"):
            return "A baseline makes no steps: it cannot be paused, extended or branched."
        over = f"This run is {summary.state}: nothing is left to {action}."
        return {
            "pause": over if summary.state in OVER else f"This run is {summary.state}: it has no step to finish.",
            "stop": over,
            "resume": f"This run is {summary.state}: only a stopped, failed or interrupted run can be resumed.",
            "extend": "A run can be extended once it is over and has trained at least one step.",
            "branch": "This run has no checkpoint yet to branch from.",
            "distil": "A model can be distilled once its run is over and has written it.",
            "try": "Nothing is said about this run that another setting may help.",
            "classify": "This run has no model yet: it is written when the run finishes, or when it is stopped.",
        }.get(action, "")

    def teacher(self) -> RunFolder | None:
        return self.run_shown

    @property
    def _is_baseline(self) -> bool:
        outline = self.summary.outline if self.summary is not None else None
        return outline is not None and outline.method == "baseline"

    def action_pause(self) -> None:
        """Pause the run after its current step."""
        self._send("pause")

    def action_unpause(self) -> None:
        """Let a paused run continue."""
        self._send("continue")

    @work(exit_on_error=False)
    async def action_stop(self) -> None:
        """Ask how to stop, then ask the worker to."""
        from tui.widgets.dialogs import Choose

        if self.run_shown is not None and self.summary is not None and self.summary.state == "queued":
            await asyncio.to_thread(take_out, self.run_shown)
            self.app.say("Taken out of the queue. r puts it back.")
            return
        if self._is_baseline:  # there is nothing to save before it has ended
            self._send("stop")
            return
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
        if self.run_shown is None:
            return
        self.asked = _ASKED[request]
        try:
            await asyncio.to_thread(send, self.run_shown.control, request)
        except OSError as error:
            self.asked = ""
            self.app.say(f"The worker could not be reached ({error.strerror}).", "error")

    @work(exit_on_error=False)
    async def action_resume(self) -> None:
        """Start a worker that resumes from the last checkpoint."""
        if self.run_shown is None:
            return
        run = self.run_shown
        try:
            await asyncio.to_thread(require_resumable, run)
            if (wait := await ask_turn(self.app)) is None:
                return
            await asyncio.to_thread(lambda: begin(run, wait=wait, resume=True))
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.asked = "" if wait else "resuming from the last checkpoint"

    @work(exit_on_error=False)
    async def action_extend(self) -> None:
        """Ask for the total number of epochs, explain the effect, and extend the run."""
        from tui.screens.train.extend import extend

        if self.run_shown is not None:
            self._open_other(await extend(self.app, self.run_shown))

    @work(exit_on_error=False)
    async def action_branch(self) -> None:
        """Ask which settings to change, and start a new run from a checkpoint."""
        from tui.screens.train.branch import branch

        if self.run_shown is not None:
            self._open_other(await branch(self.app, self.run_shown))

    @work(exit_on_error=False)
    async def action_try(self) -> None:
        """Set up a new run like this one, with the change that may help."""
        from tui.navigation.repeat import repeat

        if self.run_shown is not None and (finding := changed(self.findings)) is not None:
            await repeat(self, self.run_shown, finding.changes)

    def _open_other(self, run: RunFolder | None) -> None:
        if run is not None and run != self.run_shown:
            self.app.run_in_view = run
            self.open(run)

    @work(exit_on_error=False)
    async def action_settings(self) -> None:
        """Show all settings of the run."""
        from tui.widgets.run_settings import run_settings

        if self.run_shown is None:
            return
        try:
            request = await asyncio.to_thread(self.run_shown.request)
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.app.push_screen(run_settings(request))

    def action_classify(self) -> None:
        """Classify reviews with this run's model."""
        self.app.open_classify(self.run_shown)
