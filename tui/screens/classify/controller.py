"""The half of the Classify screen that waits: for the engine, and for the disk. What is drawn is the other half.

Every key's work on the pile is a worker; the workers queue at one lock, so keys are worked off in their order, each on
the review that is then in view, and none of them holds up the screen.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

from textual import work
from textual.timer import Timer

from core.base.errors import ReviewtuiError
from core.engine.client import Progress
from core.engine.data_requests import Rows
from core.engine.requests import A, EngineRequest
from core.inference.classification import Classification
from core.reviews.options import ReadingOptions
from core.reviews.page import Page
from core.runs.folder import RunFolder
from core.triage.history import Decision
from core.triage.queue import Pile, PileChangedError, Review
from tui.screens.base import Place
from tui.screens.classify.model import ModelInUse, first_candidate, has_model

if TYPE_CHECKING:
    from core.reviews.options import ReadingOptions
    from tui.workbench import Workbench

_BATCH = 8
"""Reviews that the model is asked about at once, ahead of the one in view."""
_AHEAD = 24


class ClassifyWork(Place):
    """What is classified, with which model, and what is under way. Subclasses draw it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = ModelInUse(self._ask)
        self.pile: Pile | None = None
        self.typed = False
        """Whether a typed review is in view instead of the pile."""
        self.blind = False
        """Whether the model's word is hidden until the person has said theirs."""
        self.last_guess: Decision | None = None
        """What was decided last without seeing the model's word."""
        self.typed_prediction: Classification | None = None
        self._typed_text = ""
        self._problem = ""
        """Why the pile could not be opened."""
        self._opening = ""
        """The file being opened."""
        self._looked = False
        self._run_seen: RunFolder | None = None
        self._source_seen: tuple[str | None, ReadingOptions | None] = None, None
        """The pile and its reading that this screen last opened."""
        self._predicting = False
        self._deciding = asyncio.Lock()
        self._in_view: tuple[Pile, int] | None = None
        self._shown_at = time.monotonic()
        self._typing_timer: Timer | None = None

    @property
    def workbench(self) -> Workbench:
        """The app, typed."""
        return cast("Workbench", self.app)

    @property
    def prediction(self) -> Classification | None:
        """What the model says of the review in view."""
        if self.typed:
            return self.typed_prediction
        review = self._review()
        return self.model.said(review.hash) if review is not None else None

    @property
    def guessing(self) -> bool:
        """Whether the review in view is to be decided before the model's word is shown."""
        return self.blind and not self.typed and self._review() is not None and self.pile_decision is None

    @property
    def pile_decision(self) -> Decision | None:
        """What was decided about the review in view."""
        return self.pile.decision if self.pile is not None and not self.typed and self._review() is not None else None

    def _review(self) -> Review | None:
        """The review of the pile that is in view and can be decided."""
        return self.pile.review if self.pile is not None and not self.pile.finished else None

    def draw(self) -> None:
        """Show the state as it is now."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Take up what another place has chosen meanwhile: a pile, a run, a first model."""
        app = self.workbench
        news = (app.pile, app.pile_reading) != self._source_seen or app.run_in_view is not self._run_seen
        if not self._looked or news or self.model.state in ("none", "failed"):
            self._looked = True
            self._look()

    async def on_unmount(self) -> None:
        if self.pile is not None:
            await self.pile.close()

    async def _ask(self, request: EngineRequest[A], progress: Progress | None = None) -> A:
        return await self.workbench.ask(request, progress)

    @work(exclusive=True, exit_on_error=False, group="look")
    async def _look(self) -> None:
        """Find the model, open the pile, then load the model: the text can be read before the model is there."""
        app = self.workbench
        run, self._run_seen = app.run_in_view, app.run_in_view
        try:
            if self.model.candidate is None or (run is not None and await asyncio.to_thread(has_model, run)):
                found = await asyncio.to_thread(first_candidate, run)
                if self.model.run_id != (found.run.id if found else None) or found is None:
                    self.model.use(found)
        except ReviewtuiError as error:
            self.model.use(None)
            app.say(error, "error")
        self.draw()
        if app.pile is not None and (app.pile, app.pile_reading) != self._source_seen:
            await self._open_now(app.pile, app.pile_reading)
        if self.model.state in ("loading", "failed"):
            await self._load_now()

    @work(exclusive=True, exit_on_error=False, group="look")
    async def _open(self, source: str, reading: ReadingOptions | None = None) -> None:
        await self._open_now(source, reading)
        if self.model.state == "loading":
            await self._load_now()

    async def _open_now(self, source: str, reading: ReadingOptions | None = None) -> None:
        app = self.workbench
        self._opening, self._problem, self.typed = source, "", False
        app.pile, app.pile_reading = self._source_seen = source, reading
        self._in_view = None
        before, self.pile = self.pile, None
        self.draw()
        if before is not None:
            await before.close()

        async def read_page(offset: int, limit: int) -> Page:
            # An empty label column means: read without labels, so that no row is left out for its label.
            without = {"label": "", "scheme": "auto", "label_names": {}}
            unlabelled = (reading or ReadingOptions()).model_copy(update=without)
            return await self._ask(Rows(source=source, reading=unlabelled, offset=offset, limit=limit))

        pile = Pile(source, read_page)
        try:
            await pile.open()
        except ReviewtuiError as error:
            self._problem = str(error)
        else:
            self.pile = pile
            self._tell(pile)
        finally:
            self._opening = ""
            self.draw()
        self._predict_soon()

    def _tell(self, pile: Pile) -> None:
        """What is worth knowing about a pile that was opened."""
        if pile.damaged:
            records = "record" if pile.damaged == 1 else "records"
            self.workbench.say(f"{pile.damaged} damaged {records} in the decision log passed over.", "warning")
        if pile.returned:
            self.workbench.say(f"The file has changed: {pile.returned} decided reviews were found elsewhere in it.")

    @work(exclusive=True, exit_on_error=False, group="look")
    async def _load(self) -> None:
        await self._load_now()

    async def _load_now(self) -> None:
        def progress(what: str, fraction: float | None) -> None:
            self.model.message = what if fraction is None else f"{what} {fraction:.0%}"
            self.draw()

        try:
            await self.model.load(progress)
        except ReviewtuiError:
            self.draw()  # the panel says why
            return
        self.draw()
        self._predict_soon()
        if self.typed and self._typed_text.strip():
            self._classify_typed()

    def _predict_soon(self) -> None:
        if not self._predicting and self.model.state in ("warm", "failed") and self._wanted():
            self._predicting = True
            self._predict()

    def _wanted(self) -> list[Review]:
        """The review in view if it has no prediction, alone, so that it comes first; else the next few without one."""
        if self.pile is None or self.pile.finished:
            return []
        ahead = self.pile.ahead(_AHEAD)
        missing = [review for review in ahead if self.model.said(review.hash) is None]
        if not missing or missing[0].row == self.pile.row:
            return missing[:1]
        return missing[:_BATCH] if len(missing) >= _BATCH or missing[0].row - self.pile.row < _BATCH else []

    @work(exit_on_error=False, group="predict")
    async def _predict(self) -> None:
        try:
            while wanted := self._wanted():
                await self.model.classify([review.text for review in wanted], [review.hash for review in wanted])
                self.draw()
        except ReviewtuiError:
            self.draw()  # the panel says why; the next step through the pile tries again
        finally:
            self._predicting = False

    @work(exclusive=True, exit_on_error=False, group="fetch")
    async def _prefetch(self) -> None:
        if self.pile is not None:
            try:
                await self.pile.prefetch()
            except PileChangedError as changed:
                self._reopen(changed)
            except ReviewtuiError:
                return  # it is asked for again, and answered for, when the person gets there
            self._predict_soon()

    def _reopen(self, changed: PileChangedError) -> None:
        if self.pile is not None:
            self.workbench.say(changed, "warning")
            self._open(self.pile.source, self.workbench.pile_reading)

    @work(exit_on_error=False, group="decide")
    async def _step(self, do: str, label: str | None = None, row: int = 0) -> None:
        """One key's work on the pile. Keys are worked off in their order, each on the review then in view."""
        async with self._deciding:
            pile = self.pile
            if pile is None:
                return
            try:
                if do == "go":
                    await pile.go(row)
                elif do in ("undo", "redo"):
                    await self._back_and_forth(pile, do)
                else:
                    await self._decide(pile, do, label)
            except PileChangedError as changed:
                self._reopen(changed)
            except ReviewtuiError as error:
                self.workbench.say(error, "error")
            self.draw()
        self._predict_soon()
        self._prefetch()

    async def _decide(self, pile: Pile, do: str, label: str | None) -> None:
        prediction = self.prediction
        if self._review() is None:
            self.workbench.say("Every review is decided; p walks back to one, u takes the last decision back.")
            return
        if do == "agree":
            if self.guessing:
                self.workbench.say("You guess first: a digit gives your label; b shows the model's word.")
                return
            if prediction is None:
                self.workbench.say("There is no prediction to agree with yet; a digit gives a label.", "warning")
                return
            label = prediction.label
        seconds, blind = time.monotonic() - self._shown_at, self.guessing
        decision = await pile.decide(label, prediction, self.model.run_id, seconds, blind)
        self.last_guess = decision if blind else None

    async def _back_and_forth(self, pile: Pile, do: str) -> None:
        found = await (pile.undo() if do == "undo" else pile.redo())
        self.last_guess = None
        if found is None:
            self.workbench.say(f"There is nothing to {do}.")
        elif found.row < 0:
            self.workbench.say("That decision was about a review that is no longer in the file.")

    @work(exclusive=True, exit_on_error=False, group="typed")
    async def _classify_typed(self) -> None:
        text = self._typed_text
        try:
            found = await self.model.classify([text])
        except ReviewtuiError:
            found = []  # the panel says why
        self.typed_prediction = found[0] if found else None
        self.draw()
