"""The order in which the reviews of a pile come on Classify, and the filter that shows a part of them.

An engine arranges the rows; the review in view stays in view. What a model says of the whole pile is computed by a
process in the background, and the pile is ranked anew whenever twice as much is known, and once all is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.widgets import Input

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.engine.pile_requests import ArrangePile, CountFound, FindCopies, Found
from core.reviews.options import ReadingOptions
from core.scores.folder import ScoringProgress, progress_of, scores_folder
from core.triage.orders import ORDERS
from core.triage.queue import Pile
from core.triage.way import Way, arranged_way, file_way
from tui.screens.classify.deciding import Deciding
from tui.screens.classify.model_choice import Candidate
from tui.screens.classify.order_questions import ask_order, ask_second_model
from tui.widgets.line_input import LineInput

FILTERED = "filter"
"""The order of decisions about reviews that were looked for."""
_TRIES = 3
"""How often a pile is arranged again because another review is in view by now."""


class Ordering(Deciding):
    """A pile whose reviews come in an order, or only some of them."""

    SCORES_SECONDS: ClassVar[float] = 2.0
    """Between two looks at how far the scores are."""

    def __init__(self) -> None:
        super().__init__()
        self.order = "file"
        """Name of the order in which the reviews come."""
        self.query = ""
        """The filter that the reviews in view fit; empty for none."""
        self.second_model: Candidate | None = None
        """The run that the model is compared with."""
        self.scoring = ScoringProgress()
        """How far the scores of the pile are."""
        self.found: Found | None = None
        """How many reviews fit what stands in the line of the filter."""
        self.filter_problem = ""
        """What is wrong with it."""
        self._like: int | None = None
        """The row that others are compared with."""
        self._waits = ""
        """An order that takes effect once something is scored; empty for none."""
        self._scored_then = 0
        """How much was scored when the pile was arranged."""

    @property
    def filtering(self) -> bool:
        """Whether only some of the reviews are shown."""
        return bool(self.query)

    async def _open_now(self, source: str, reading: ReadingOptions | None) -> None:
        self.order, self.query, self._like, self._waits = "file", "", None, ""
        self.scoring, self._scored_then = ScoringProgress(), 0
        self._show_filter("")
        await super()._open_now(source, reading)
        if (pile := self.pile) is None:
            return
        pile.find_copies = partial(self._find_copies, pile.source)
        wanted = self._bookmark.order if self._bookmark is not None else "file"
        if wanted in ORDERS and wanted not in ("file", "similarity", "disagreement"):
            self._arrange(wanted, "")

    async def _load_now(self) -> None:
        await super()._load_now()
        self._scored_then = 0
        self._follow_scores()
        if self.pile is not None and (self.query or "model" in ORDERS[self.order].needs):
            self._arrange(self.order, self.query)

    async def _find_copies(self, source: str, row: int) -> Sequence[int]:
        found = await self._ask(FindCopies(source=source, reading=self._reading or ReadingOptions(), row=row))
        return found.rows

    # The order

    @work(exit_on_error=False, group="dialog")
    async def action_order(self) -> None:
        """Choose the order in which the reviews come."""
        await self._settled()
        if self.pile is None:
            return
        chosen = await ask_order(self.app, self._waits or self.order, with_model=self.model.candidate is not None)
        if chosen is None:
            return
        if "second model" in ORDERS[chosen].needs:
            self.second_model = await ask_second_model(self.app, self.model.candidate)
            if self.second_model is None:
                return
            self._follow_scores()
        review = self._review()
        if chosen == "similarity" and review is None:
            return
        self._like = review.row if review is not None else None
        self._arrange(chosen, self.query)

    @work(exclusive=True, exit_on_error=False, group="arrange")
    async def _arrange(self, order: str, query: str) -> None:
        """Show the reviews that fit a filter in an order; the one in view stays."""
        for last in (*[False] * (_TRIES - 1), True):
            pile, row = self.pile, self._row_in_view()
            if pile is None:
                return
            try:
                way = await self._way(pile, order, query, row)
            except ReviewtuiError as error:
                self._cannot_arrange(order, query, error)
                return
            async with self._deciding:
                if self.pile is not pile:
                    return
                if self._row_in_view() == row or last:
                    await self._take(pile, way, order, query)
                    break
        self.draw()
        self._predict_soon()
        self._prefetch()

    async def _take(self, pile: Pile, way: Way, order: str, query: str) -> None:
        changed = (order, query) != (self.order, self.query)
        self.order, self.query, self._waits = order, query, ""
        await pile.follow(way)
        if changed:
            await self._keep_bookmark()
        if not len(way):
            self.said = "No review fits the filter; esc shows all."

    async def _way(self, pile: Pile, order: str, query: str, row: int | None) -> Way:
        """Return a way through the pile.

        Raises:
            ReviewtuiError: The order or the filter needs what there is not.
        """
        decided = [one.row for one in pile.history.decided()]
        if order == "file" and not query:
            return await asyncio.to_thread(file_way, pile.total, decided)
        candidate, second = self.model.candidate, self.second_model
        found = await self._ask(
            ArrangePile(
                source=pile.source,
                order=order,
                reading=self._reading or ReadingOptions(),
                model=str(candidate.run.model) if candidate is not None else "",
                second_model=str(second.run.model) if second is not None else "",
                query=query,
                like=self._like,
                current=row,
            )
        )
        pile.check(found.data_hash)
        self._scored_then = found.scored
        name = FILTERED if query else order
        decided = [one.row for one in pile.history.decided()]
        return await asyncio.to_thread(arranged_way, name, found.rows, found.places, found.audits, decided)

    def _cannot_arrange(self, order: str, query: str, error: ReviewtuiError) -> None:
        if "model" in ORDERS[order].needs and not self.scoring.done and self.model.candidate is not None and not query:
            self._waits = order
            self.said = "The model has scored nothing yet; this order comes as soon as it has."
        elif query:
            self.filter_problem = str(error)
        else:
            self.app.say(error, "warning")
        self.draw()

    def _row_in_view(self) -> int | None:
        review = self._review()
        return review.row if review is not None else None

    # Scores

    @work(exclusive=True, exit_on_error=False, group="scores")
    async def _follow_scores(self) -> None:
        """Have the pile scored in the background, and rank it anew when more is known."""
        pile, candidate, model = self.pile, self.model.candidate, self.model.hash
        if pile is None or candidate is None or model is None or not self.app.scores_piles:
            return
        folder, begun = scores_folder(model, pile.data_hash), False
        runs = [one.run.model for one in (candidate, self.second_model) if one is not None]
        while self.pile is pile and self.model.hash == model:
            self.scoring = await asyncio.to_thread(progress_of, folder)
            missing = not self.scoring.complete or (len(runs) > 1 and not begun)
            if missing and not begun and not self.scoring.working:
                begun = True
                try:
                    await asyncio.to_thread(
                        self.app.start_scoring, runs, pile.source, self._reading or ReadingOptions()
                    )
                except ReviewtuiError as error:
                    self.app.say(error, "warning")
                    return
            self._more_is_known()
            if self.scoring.complete or (self.scoring.problem and begun):
                break
            await asyncio.sleep(self.SCORES_SECONDS)
        self.draw()

    def _more_is_known(self) -> None:
        """Rank the pile anew if twice as much is known as when it was ranked, or all."""
        done = self.scoring.done
        if self._waits and done:
            self._arrange(self._waits, self.query)
        elif "model" in ORDERS[self.order].needs or self.query:
            if done >= 2 * max(self._scored_then, 1) or (self.scoring.complete and done > self._scored_then):
                self._arrange(self.order, self.query)
        self.draw()

    # The filter

    async def action_filter(self) -> None:
        """Type what the reviews must have."""
        await self._settled()
        if self.pile is None:
            return
        self.add_class("-filtering")
        line = self.query_one("#filter-line", LineInput)
        line.cursor_position = len(line.value)
        self.set_focus(line)

    @on(Input.Changed, "#filter-line")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.filter_problem = ""
        self._count(event.value.strip())

    @work(exclusive=True, exit_on_error=False, group="count")
    async def _count(self, query: str) -> None:
        """Count the reviews that fit what is typed."""
        pile = self.pile
        if pile is None:
            return
        self.found = None
        if query:
            candidate, second = self.model.candidate, self.second_model
            try:
                self.found = await self._ask(
                    CountFound(
                        source=pile.source,
                        query=query,
                        reading=self._reading or ReadingOptions(),
                        model=str(candidate.run.model) if candidate is not None else "",
                        second_model=str(second.run.model) if second is not None else "",
                    )
                )
            except InputError as error:
                self.filter_problem = str(error)
        self.draw()

    @on(Input.Submitted, "#filter-line")
    def _filter_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        query = event.value.strip()
        if query and self.filter_problem:
            return  # the line says what is wrong
        self.set_focus(None)
        if not query:
            self.clear_filter()
        elif query != self.query:
            self._arrange(self.order, query)

    def clear_filter(self) -> bool:
        """Show all reviews again; return False if all are shown."""
        if not self.has_class("-filtering") and not self.query:
            return False
        self._show_filter("")
        self.set_focus(None)
        if self.query:
            self._arrange(self.order, "")
        self.draw()
        return True

    def _show_filter(self, query: str) -> None:
        """Show the line of the filter with a text, or hide it."""
        self.found, self.filter_problem = None, ""
        if self.is_mounted:
            with self.prevent(Input.Changed):
                self.query_one("#filter-line", LineInput).value = query
            self.set_class(bool(query), "-filtering")

    def action_back(self) -> None:
        """Show all reviews again; then stop typing, or go back one screen."""
        if not self.typed and self.clear_filter():
            return
        super().action_back()

    def filter_words(self) -> str:
        """Return what stands beside the line of the filter: how many reviews fit, or what is wrong with it."""
        if self.filter_problem:
            return clean_line(self.filter_problem)
        if self.found is None:
            return "enter shows them · esc shows all" if self.has_class("-filtering") else ""
        found = self.found
        unscored = "" if found.scored is None or found.scored == found.total else f" of {found.scored:,} scored"
        return f"{found.rows:,}{unscored}, {found.undecided:,} undecided · esc shows all"
