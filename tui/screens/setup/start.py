"""The start of a run from the Setup screen: planned, checked by the engine, launched; until then it can be stopped."""

from __future__ import annotations

import asyncio
from typing import Any

from textual import work
from textual.worker import Worker

from core.base.errors import ReviewtuiError
from core.engine.data_requests import Prepare
from core.runs.outline import Method
from core.runs.start import plan_run, start_run
from core.settings.schema import Settings
from tui.navigation.place import Place
from tui.state import Draft
from tui.widgets.responsive import gauge
from tui.widgets.turn import ask_turn

CALL_OFF = "esc calls it off"


class StartsRuns(Place):
    """A screen that starts the run of the app's draft. Subclasses draw what is said about the start."""

    starting = ""
    """The current step of the start; empty if no run is being started."""
    failure = ""
    """Why the last start failed; empty once anything is changed."""
    _launching = False
    """Whether the run's folder is being created; from then on the start cannot be cancelled."""

    def draw_start(self) -> None:
        """Show what is being done to start the run, or why it failed."""
        raise NotImplementedError

    def begin_start(self, draft: Draft, settings: Settings, method: Method = "fine-tuning") -> None:
        """Start the run of `draft`, cancelling any measurements. Name and hypothesis are not for a baseline."""
        self.stop_measuring()
        self.begin(f"Looking at the reviews …   {CALL_OFF}")
        self._start(draft, settings, method)

    def stop_measuring(self) -> None:
        """Cancel what the engine is measuring for a forecast or a report: a run needs the machine for itself."""
        for worker in self.app.workers:
            if worker.group == "measure":
                worker.cancel()

    def call_off(self) -> bool:
        """Cancel a start. Return False if there is none, or it is too late."""
        if not self.starting or self._launching:
            return False
        self.workers.cancel_group(self, "start")
        self._now("")
        return True

    @work(exclusive=True, exit_on_error=False, group="start")
    async def _start(self, draft: Draft, settings: Settings, method: Method) -> None:
        name, hypothesis = (draft.name, draft.hypothesis) if method == "fine-tuning" else ("", "")
        try:
            request = await asyncio.to_thread(
                lambda: plan_run(
                    draft.source, draft.reading, draft.preset, settings, name=name, hypothesis=hypothesis, method=method
                )
            )
            await self.app.ask(Prepare(request=request), self.preparing)
            if (wait := await ask_turn(self.app)) is None:
                self._now("")
                return
            self.launch("Starting the worker …")
            run, detachment = await asyncio.to_thread(lambda: start_run(request, wait=wait))
        except ReviewtuiError as error:
            self.start_failed(str(error))
        else:
            if name:
                draft.name = ""
            if hypothesis:
                draft.hypothesis = ""
            self.started()
            self.app.open_run(run)
            if detachment is None:
                self.app.say("Queued: it starts by itself once the runs before it have ended.")
            else:
                self.app.say(detachment, "information" if detachment.survives else "warning")

    def begin(self, words: str) -> None:
        """Show the first step of a start."""
        self.failure, self._launching = "", False
        self._now(words)

    def preparing(self, what: str, share: float | None) -> None:
        """Show the progress of the engine."""
        if self.starting and not self._launching:
            self._now(f"{what[:1].upper()}{what[1:]}  {gauge(share, 12)}   {CALL_OFF}")

    def launch(self, words: str) -> None:
        """Show the last step of a start, which cannot be cancelled."""
        self._launching = True
        self._now(words)

    def started(self) -> None:
        """Show that the start is over."""
        self._launching = False
        self._now("")

    def start_failed(self, sentence: str) -> None:
        """Show why the run was not started."""
        self.failure, self._launching = sentence, False
        self._now("")

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Show next to the start button that a start failed."""
        if worker.group == "start":
            self.start_failed(sentence)
        return worker.group == "start"

    def _now(self, words: str) -> None:
        self.starting = words
        self.draw_start()
