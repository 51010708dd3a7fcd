"""Distils the model of a run, from any screen that shows one."""

from __future__ import annotations

import asyncio

from textual import work
from textual.content import Content

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.runs.folder import RunFolder
from tui.formatting import counted, in_time
from tui.navigation.place import Place
from tui.widgets.dialogs import Choose


class Distils(Place):
    """A screen with a run whose model can be distilled."""

    def teacher(self) -> RunFolder | None:
        """Return the run that `D` is about."""
        raise NotImplementedError

    @work(exit_on_error=False)
    async def action_distil(self) -> None:
        """Ask for layers and unlabelled reviews, say what it takes, and train the students."""
        from core.distillation.layers import layers_of
        from core.engine.data_requests import ForecastStudents
        from core.experiments.continuing import start_group
        from tui.navigation.student_line import completed, explained, planned
        from tui.widgets.attempt import AttemptDialog

        run = self.teacher()
        if run is None:
            return
        try:
            of = await asyncio.to_thread(lambda: layers_of(run.model))
            dialog = AttemptDialog(
                "A smaller model that learns from this one",
                f"layers={max(of // 2, 1)} unlabelled=",
                explain=lambda text: explained(planned(run, text), of),
                attempt=lambda text: planned(run, text),
                complete=completed,
            )
            asked = await self.app.push_screen_wait(dialog)
            if asked is None:
                return
            self.app.say("Looking at the reviews …")
            found = await self.app.ask(ForecastStudents(request=asked.request, layers=asked.layers))
            seconds = asked.students * found.student.seconds + found.teacher_seconds
            sure = "an estimate" if found.student.measured else "a guess"
            title = f"Train {counted(asked.students, 'student')} with {counted(asked.layers, 'layer')}?"
            choices = [Content(f"Train: about {in_time(seconds)} ({sure})"), Content("Cancel")]
            if await self.app.push_screen_wait(Choose(title, choices)) != 0:
                return
            spec = {"layers": asked.layers, "margin": asked.margin / 100}
            name = asked.request.name
            await asyncio.to_thread(lambda: start_group(name, "distillation", asked.request, spec))
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.app.say(f"{clean_line(name, 60)} trains one student after the other; the screen Groups shows them.")
