"""The start of a group of runs from the Setup screen: planned, every model checked by the engine, then queued."""

from __future__ import annotations

import asyncio

from textual import work

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.engine.data_requests import Inspect, Prepare
from core.experiments.continuing import start_group
from core.experiments.sweep_spec import require_testable
from core.runs.request import Request
from core.runs.start import plan_run
from tui.screens.setup.start import CALL_OFF, StartsRuns
from tui.screens.setup.varying import Group
from tui.state import Draft


class StartsGroups(StartsRuns):
    """A screen that also starts the group of runs that the app's draft comes to."""

    def begin_group(self, draft: Draft, group: Group, name: str) -> None:
        """Start a group, cancelling any measurements.

        Args:
            draft: The run being set up.
            group: What its settings that vary come to; nothing of it is refused.
            name: What the group is called.
        """
        self.stop_measuring()
        self.begin(f"Looking at the reviews …   {CALL_OFF}")
        self._start_group(draft, group, name)

    @work(exclusive=True, exit_on_error=False, group="start")
    async def _start_group(self, draft: Draft, group: Group, name: str) -> None:
        try:
            requests = await asyncio.to_thread(_requests, draft, group, name)
            for request in requests:
                await self.app.ask(Prepare(request=request), self.preparing)
            spec = dict(group.spec or {})
            if group.kind == "versus":
                spec["models"] = [request.located().settings.model for request in requests]
            if test := spec.get("test"):
                await self._look_at(test, draft)
            self.launch("Planning the first runs …")
            started = await asyncio.to_thread(start_group, name, group.kind, requests[0], spec)
        except ReviewtuiError as error:
            self.start_failed(str(error))
        else:
            draft.name = draft.hypothesis = ""
            self.started()
            self.app.open_group(started)
            self.app.say(f"Started {clean_line(name)}: its runs train one after the other, without this screen.")

    async def _look_at(self, test: str, draft: Draft) -> None:
        """Check that the winner can be tested on reviews: they are read like the others, or else as they look.

        Raises:
            ReviewtuiError: They cannot be read, or none has a label of the reviews that are learned from.
        """
        try:
            found = await self.app.ask(Inspect(source=test, reading=draft.reading), self.preparing)
        except InputError:
            found = await self.app.ask(Inspect(source=test), self.preparing)
        known = draft.report.class_counts if draft.report is not None else {}
        require_testable(test, known, found.report.class_counts)


def _requests(draft: Draft, group: Group, name: str) -> list[Request]:
    """Return the request that the runs of a group begin with, for each of its models.

    Raises:
        InputError: Another run is called `name`.
    """
    models = (group.spec or {}).get("models", [group.base.model])
    return [
        plan_run(
            draft.source,
            draft.reading,
            draft.preset,
            group.base.changed({"model": model}),
            name=name,
            hypothesis=draft.hypothesis,
        )
        for model in models
    ]
