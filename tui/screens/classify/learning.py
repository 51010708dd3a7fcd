"""Learning from the decisions about the pile of Classify: the next model is trained in the background.

One key does what is due: it offers to train the next model, says how far that is, or shows what it has gained and
switches to it. The place in the pile stays. What takes long is done by an engine of its own, so that reviews come as
fast as before.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.timer import Timer

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.learning.lesson import LessonFolder, Taught, runs_of_pile
from core.runs.folder import RunFolder
from core.runs.status import OVER
from core.runs.summary import RunSummary, summarize
from tui.learning_text import lesson_rows
from tui.screens.classify.deciding import Deciding
from tui.screens.classify.learn_dialogs import LearnDialog, LearnedDialog, LearningDialog
from tui.screens.classify.model_choice import candidate_of, has_model

if TYPE_CHECKING:
    from core.engine.learning_requests import MadeLesson
    from core.learning.outcome_report import LessonOutcome
    from tui.screens.classify.model import Progress

_LOOK_SECONDS = 3.0


@dataclass(frozen=True)
class _Latest:
    """The latest run that learned from the pile, and how it is."""

    taught: Taught
    summary: RunSummary

    @property
    def at_work(self) -> bool:
        """Whether it waits or trains."""
        return self.summary.state not in OVER

    @property
    def ready(self) -> bool:
        """Whether it has a model."""
        return not self.at_work and has_model(self.taught.run)


class Learning(Deciding):
    """A pile whose decisions the next model learns from."""

    def __init__(self) -> None:
        super().__init__()
        self._watch: Timer | None = None

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def action_learn(self) -> None:
        """Train the next model on the decisions, or show how far it is and what it has gained."""
        await self._settled()
        pile = self.pile
        if pile is None:
            return
        latest = await asyncio.to_thread(_latest, pile.source)
        if latest is not None and latest.at_work:
            await self.app.push_screen_wait(LearningDialog(_progress(latest.summary)))
            self._watch_soon()
        elif latest is not None and latest.ready and latest.taught.run.id != self.model.run_id:
            await self._show_outcome(pile.source, latest)
        else:
            await self._offer(pile.source)

    async def _offer(self, source: str) -> None:
        """Show what the next model would learn from, and have it trained."""
        candidate = self.model.candidate
        if candidate is None:
            self.app.say(f"Choose the model to begin with first: {self.key('classify.model')}.", "warning")
            return
        made = await self._make(source, candidate.run)
        if made is None:
            return
        folder = LessonFolder(Path(made.folder))
        if await self.app.push_screen_wait(LearnDialog(candidate.summary.name, lesson_rows(made.lesson))):
            await self._begin(candidate.run, folder)
        else:
            await asyncio.to_thread(shutil.rmtree, folder.path, ignore_errors=True)

    async def _make(self, source: str, run: RunFolder) -> MadeLesson | None:
        """Have the data of the next model written; None if that is not possible, which is said."""
        from core.engine.learning_requests import MakeLesson

        try:
            request = MakeLesson(source=source, run=str(run.path), reading=self._reading)
            return await self.app.ask_apart(request, self._tell_learning)
        except ReviewtuiError as error:
            self.app.say(error, "warning")
            return None
        finally:
            self._say_learning("")

    async def _begin(self, parent: RunFolder, folder: LessonFolder) -> None:
        from core.engine.data_requests import Prepare
        from core.learning.plan import plan_lesson
        from core.runs.start import start_run

        try:
            request = await asyncio.to_thread(plan_lesson, parent, folder)
            await self.app.ask_apart(Prepare(request=request), self._tell_learning)
            run, _ = await asyncio.to_thread(start_run, request, wait=True)
        except ReviewtuiError as error:
            await asyncio.to_thread(shutil.rmtree, folder.path, ignore_errors=True)
            self.app.say(error, "error")
            self._say_learning("")
            return
        summary = await asyncio.to_thread(summarize, run)
        self._say_learning(f"{_progress(summary)} {self.key('classify.learn')} shows it.")
        self._watch_soon()

    async def _show_outcome(self, source: str, latest: _Latest) -> None:
        from core.engine.learning_requests import JudgeLesson

        run = latest.taught.run

        async def judge(score: bool, progress: Progress) -> LessonOutcome:
            request = JudgeLesson(source=source, run=str(run.path), reading=self._reading, score=score)
            return await self.app.ask_apart(request, progress)

        parent = await asyncio.to_thread(_name_of, latest.taught.lesson.parent)
        dialog = LearnedDialog(latest.summary.name, parent, judge)
        answer = await self.app.push_screen_wait(dialog)
        if answer == "switch":
            self.use_model(await asyncio.to_thread(candidate_of, run))
            self._say_learning(f"{clean_line(latest.summary.name, 40)} answers from here on.")
        elif answer == "next":
            await self._offer(source)
        elif answer == "changed" and dialog.outcome is not None and dialog.outcome.flips is not None:
            self.open_pile(str(dialog.outcome.flips.file))

    # What is said meanwhile

    def _tell_learning(self, what: str, fraction: float | None) -> None:
        self._say_learning(f"Learning: {clean_line(what, 50)}{f' {fraction:.0%}' if fraction is not None else ''}…")

    def _say_learning(self, sentence: str) -> None:
        self.said = sentence
        self.draw()

    def _watch_soon(self) -> None:
        """Look every few seconds whether the next model is ready."""
        if self._watch is None:
            self._watch = self.set_interval(_LOOK_SECONDS, self._look_at_it)

    @work(exclusive=True, exit_on_error=False, group="learning")
    async def _look_at_it(self) -> None:
        pile = self.pile
        latest = await asyncio.to_thread(_latest, pile.source) if pile is not None else None
        if latest is not None and latest.at_work:
            return
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        if latest is None:
            return
        name = clean_line(latest.summary.name, 40)
        if latest.ready and latest.summary.state == "finished":
            self.app.say(f"{name} has learned from your decisions: {self.key('classify.learn')} shows what it gained.")
        else:
            self.app.say(f"{name} {latest.summary.state}: {clean_line(latest.summary.message, 120)}", "warning")


def _latest(source: str) -> _Latest | None:
    """Return the latest run that learned from a pile. Reads the disk."""
    taught = runs_of_pile(source)
    return _Latest(taught[-1], summarize(taught[-1].run)) if taught else None


def _name_of(run: str) -> str:
    """Return the name of a run, or its id once it is gone. Reads the disk."""
    from core.runs.folder import runs_home
    from core.runs.outline import read_outline

    outline = read_outline(RunFolder(runs_home() / run).settings)
    return outline.name if outline is not None else run


def _progress(summary: RunSummary) -> str:
    """Return how far a run is, in a sentence."""
    name = clean_line(summary.name, 40)
    if summary.state == "queued":
        return f"{name} waits until the run that trains now has ended."
    if summary.epochs:
        return f"{name} trains in the background: epoch {summary.epoch:.1f} of {summary.epochs:g}."
    return f"{name} trains in the background."
