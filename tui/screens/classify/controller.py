"""The part of Classify that opens a pile and finds its model; `screen.py` draws and binds the keys.

What keys do with the pile is in `deciding.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from textual import work
from textual.timer import Timer

from core.base.errors import ReviewtuiError
from core.engine.data_requests import Rows
from core.engine.pile_requests import FindCopies
from core.reviews.options import ReadingOptions
from core.reviews.page import Page
from core.suspicion.listing import KeptSuspects
from core.suspicion.pile import suspects_of
from core.triage.bookmark import Bookmark, read_bookmark, write_bookmark
from core.triage.decisions import recent_piles
from core.triage.orders import ORDERS
from core.triage.queue import Pile, PileChangedError
from tui.screens.classify.model_choice import Candidate, choose_model
from tui.screens.classify.predictions import Predictions


class ClassifyWork(Predictions):
    """The open pile, its model, and the work in progress. Subclasses draw them."""

    def __init__(self) -> None:
        super().__init__()
        self._problem = ""
        """Why the pile could not be opened."""
        self._opening = ""
        """The file being opened."""
        self._looked = False
        """Whether this screen has looked for a model and a pile before."""
        self._source_seen: tuple[str | None, ReadingOptions | None] = None, None
        """The pile, and how it is read, that this screen opened last."""
        self._reading: ReadingOptions | None = None
        self._bookmark: Bookmark | None = None
        self.suspects: KeptSuspects | None = None
        """What was suspected of the source whose doubted labels the open pile holds; None for any other pile."""
        self.blind = False
        """Whether the model's answer is hidden until the user has labelled."""
        self.copies_choice = ""
        """Whether copies are decided along with a review; see `Bookmark.copies`."""
        self.order = "file"
        """Name of the order that the user wants the reviews in; `pile.way` is the one that they come in."""
        self._in_view: tuple[Pile, int] | None = None
        self._typing_timer: Timer | None = None

    def begin_typing(self) -> None:
        """Show a typed review, with the cursor in its text."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Use what another screen has chosen in the meantime: a pile, a run, a first model."""
        app = self.app
        news = (app.pile, app.pile_reading) != self._source_seen or app.run_to_classify is not None
        if not self._looked or news or self.model.state in ("none", "failed"):
            self._look()

    async def on_unmount(self) -> None:
        await self._close_pile()

    # The model and the pile

    @work(exclusive=True, exit_on_error=False, group="look")
    async def _look(self) -> None:
        """Find the pile and the model, open the pile, then load the model while the user can already read."""
        app = self.app
        first, self._looked = not self._looked, True
        if first and app.pile is None and (recent := await asyncio.to_thread(recent_piles, 1)):
            app.pile = recent[0].source
        if app.pile is None:
            if first:
                self.begin_typing()
            await self._find_model(None)
        elif (app.pile, app.pile_reading) != self._source_seen:
            await self._open_now(app.pile, app.pile_reading)
        else:
            await self._find_model(app.pile)
            await self._keep_bookmark()
        if self.model.state in ("loading", "failed"):
            await self._load_now()

    async def _find_model(self, source: str | None) -> None:
        """Use the requested model, or the previous one of this pile, and report a change."""
        app = self.app
        asked_for, app.run_to_classify = app.run_to_classify, None
        try:
            another = source is not None and source != self._source_seen[0]
            self._bookmark = await asyncio.to_thread(read_bookmark, source) if source is not None else None
            if self.model.candidate is None or asked_for is not None or another:
                choice = await asyncio.to_thread(choose_model, asked_for, self._bookmark, app.run_in_view)
                found = choice.candidate
                if found is None or self.model.run_id != found.run.id:
                    self.model.use(found, unchosen=bool(choice.notice))
                if choice.notice:
                    app.say(choice.notice, "warning")
        except ReviewtuiError as error:
            self.model.use(None)
            app.say(error, "error")
        self.draw()

    @work(exclusive=True, exit_on_error=False, group="look")
    async def open_pile(self, source: str, reading: ReadingOptions | None = None) -> None:
        """Open another pile, with the model used for it before."""
        await self._open_now(source, reading)
        if self.model.state == "loading":
            await self._load_now()

    async def _open_now(self, source: str, reading: ReadingOptions | None) -> None:
        app = self.app
        self._opening, self._problem, self.typed = source, "", False
        self._in_view = None
        self.draw()
        await self._close_pile()
        await self._find_model(source)
        app.pile, app.pile_reading = self._source_seen = source, reading
        self.suspects = await asyncio.to_thread(suspects_of, source)
        mark = self._bookmark or Bookmark()
        self._reading, self.copies_choice, self.blind = reading or mark.reading, mark.copies, mark.blind
        self.order = mark.order if mark.order in ORDERS and ORDERS[mark.order].lasts else "file"
        wanted = Rows(source=source, reading=self._reading or ReadingOptions(), without_labels=True)

        async def read_rows(rows: Sequence[int]) -> Page:
            if isinstance(rows, range):
                return await self._ask(msgspec.structs.replace(wanted, offset=rows.start, limit=len(rows)))
            return await self._ask(msgspec.structs.replace(wanted, at=tuple(rows)))

        async def find_copies(row: int) -> Sequence[int]:
            return (await self._ask(FindCopies(source=source, row=row, reading=wanted.reading))).rows

        pile = Pile(source, read_rows)
        pile.find_copies = find_copies
        try:
            await pile.open(mark.row, mark.hash)
        except ReviewtuiError as error:
            self._problem = str(error)
        else:
            self.pile = pile
            await self._keep_bookmark()
            self._tell(pile)
        finally:
            self._opening = ""
            self.draw()
        self._predict_soon()

    async def _close_pile(self) -> None:
        before = self.pile
        if before is not None:
            await self._keep_bookmark()
            self.pile = None
            await before.close()

    async def _keep_bookmark(self) -> None:
        """Save the position in the pile, and the model in use."""
        pile = self.pile
        if pile is None:
            return
        review, candidate = self._review(), self.model.candidate
        row, text_hash = (review.row, review.hash) if review is not None else (0, "")
        mark = replace(
            self._bookmark or Bookmark(),
            row=row,
            hash=text_hash,
            reading=self._reading,
            copies=self.copies_choice,
            blind=self.blind,
            order=self.order,
        )
        if candidate is not None:
            mark = replace(mark, model=candidate.run.id, model_name=candidate.summary.name)
        if mark != self._bookmark:
            self._bookmark = mark
            try:
                await asyncio.to_thread(write_bookmark, pile.source, mark)
            except ReviewtuiError as error:
                self.app.say(error, "warning")

    @work(exit_on_error=False, group="bookmark")
    async def _keep_place(self) -> None:
        await self._keep_bookmark()

    def _tell(self, pile: Pile) -> None:
        """Show notices about a pile that was opened."""
        if pile.damaged:
            records = "record" if pile.damaged == 1 else "records"
            self.app.say(f"{pile.damaged} damaged {records} of the decision log could not be read.", "warning")
        if pile.returned:
            self.app.say(f"The file has changed: {pile.returned} decided reviews were found elsewhere in it.")

    @work(exclusive=True, exit_on_error=False, group="look")
    async def use_model(self, candidate: Candidate) -> None:
        """Use another model from now on."""
        self.model.use(candidate)
        self.typed_prediction = self.typed_places = None
        self.draw()
        await self._keep_bookmark()
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

    # The pile, page by page

    @work(exclusive=True, exit_on_error=False, group="fetch")
    async def _prefetch(self) -> None:
        if self.pile is not None:
            try:
                await self.pile.prefetch()
            except PileChangedError as changed:
                self._reopen(changed)
            except ReviewtuiError:
                return  # the page is fetched again, and an error told, when the user gets there
            self._predict_soon()

    def _reopen(self, changed: PileChangedError) -> None:
        if self.pile is not None:
            self.app.say(changed, "warning")
            self.open_pile(self.pile.source, self.app.pile_reading)
