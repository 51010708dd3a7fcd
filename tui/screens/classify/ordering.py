"""The order in which the reviews of a pile come on Classify, and the filter that shows a part of them.

An engine arranges the rows; the review in view stays in view. What a model says of the whole pile is computed by a
process in the background, and the pile is ranked anew whenever twice as much is known, and once all is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import on, work
from textual.widgets import Input

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.engine.pile_requests import ArrangePile, CountFound, Found
from core.reviews.options import ReadingOptions
from core.scores.folder import ScoringProgress, progress_of, scores_folder
from core.triage.decision import Decision
from core.triage.filters import parse_filter
from core.triage.orders import ORDERS
from core.triage.queue import Pile, PileChangedError
from core.triage.way import Way, arranged_way, file_way
from tui.screens.classify import order_text
from tui.screens.classify.deciding import Deciding
from tui.screens.classify.model_choice import Candidate
from tui.screens.classify.order_questions import ask_order, ask_second_model
from tui.widgets.line_input import LineInput

FILTERED = "filter"
"""The order of decisions about reviews that were looked for."""
_SCORES_SECONDS = 2.0
"""Between two looks at how far the scores are."""
_LEAVING = "Everything is saved. Esc again leads to the list of runs."
_TRIES = 3
"""How often a pile is arranged again because another review is in view by now."""


class Ordering(Deciding):
    """A pile whose reviews come in an order, or only some of them."""

    def __init__(self) -> None:
        super().__init__()
        self.filter_text = ""
        """The filter that the user wants; empty for none."""
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
        self._scored_then = 0
        """How much was scored when the pile was arranged."""

    async def _open_now(self, source: str, reading: ReadingOptions | None) -> None:
        self.filter_text, self._like, self.second_model = "", None, None
        self.scoring, self._scored_then = ScoringProgress(), 0
        self._show_filter("")
        await super()._open_now(source, reading)
        if self.pile is not None and self.order != "file":
            self._arrange()

    async def _load_now(self) -> None:
        await super()._load_now()
        self._scored_then = 0
        self._follow_scores()
        if self.pile is not None and self._asks_the_model:
            self._arrange()

    @property
    def _asks_the_model(self) -> bool:
        """Whether the order or the filter goes by what the model says."""
        return parse_filter(self.filter_text, ()).needs_scores or "model" in ORDERS[self.order].needs

    # The order

    @work(exit_on_error=False, group="dialog")
    async def action_order(self) -> None:
        """Choose the order in which the reviews come."""
        await self._settled()
        if self.pile is None:
            return
        chosen = await ask_order(self.app, self.order)
        if chosen is None:
            return
        if "model" in ORDERS[chosen].needs and self.model.candidate is None:
            self.said = f"This order asks a model, and there is none: {self.key('classify.model')} chooses one."
            self.draw()
            return
        if "second model" in ORDERS[chosen].needs:
            second = await ask_second_model(self.app, self.model.candidate)
            if second is None:
                return
            self.second_model = second
            self._follow_scores()
        self.order, self._like = chosen, self._row_in_view()
        title = ORDERS[chosen].title
        self.said = f"From here on: {title[0].lower()}{title[1:]}. This review stays."
        self._arrange()

    @work(exclusive=True, exit_on_error=False, group="arrange")
    async def _arrange(self) -> None:
        """Show the reviews that fit the filter in the order that is wanted; the one in view stays in view."""
        for last in (*[False] * (_TRIES - 1), True):
            pile, row = self.pile, self._row_in_view()
            if pile is None:
                return
            try:
                way = await self._way(pile, row)
                async with self._deciding:
                    if self.pile is not pile:
                        return
                    if self._row_in_view() == row or last:
                        await pile.follow(way)
                        break
            except PileChangedError as changed:
                self._reopen(changed)
                return
            except ReviewtuiError as error:
                self._cannot_arrange(pile, error)
                return
        await self._keep_bookmark()
        self.draw()
        self._predict_soon()
        self._prefetch()

    async def _way(self, pile: Pile, row: int | None) -> Way:
        """Return the way through the pile that is wanted.

        Args:
            row: The row in view.

        Raises:
            ReviewtuiError: The order or the filter needs what there is not.
        """
        if self.order == "file" and not self.filter_text:
            return await asyncio.to_thread(file_way, pile.total, _rows_of(pile.history.decided()))
        candidate, second = self.model.candidate, self.second_model
        name = FILTERED if self.filter_text else self.order
        found = await self._ask(
            ArrangePile(
                source=pile.source,
                order=self.order,
                reading=self._reading or ReadingOptions(),
                model=str(candidate.run.model) if candidate is not None else "",
                second_model=str(second.run.model) if second is not None else "",
                query=self.filter_text,
                like=self._like,
                current=row,
            )
        )
        pile.check(found.data_hash)
        self._scored_then = found.scored
        decided = _rows_of(pile.history.decided())
        return await asyncio.to_thread(arranged_way, name, found.rows, found.places, found.audits, decided)

    def _cannot_arrange(self, pile: Pile, error: ReviewtuiError) -> None:
        """Keep the order that the reviews come in, and say why; the wanted one may come once something is scored."""
        if self._asks_the_model and not self.scoring.done and self.app.scores_piles and not self.filter_text:
            self.said = "Nothing is scored yet: this order comes as soon as something is."
        else:
            self.app.say(error, "warning")
            self.order = pile.way.name if pile.way.name in ORDERS else "file"
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
        second, folder = self.second_model, scores_folder(model, pile.data_hash)
        runs = [one.run.model for one in (candidate, second) if one is not None]
        reading, begun = self._reading or ReadingOptions(), False
        while self.pile is pile and self.model.hash == model:
            before, self.scoring = self.scoring, await asyncio.to_thread(progress_of, folder)
            if not begun and not self.scoring.working and (second is not None or not self.scoring.complete):
                begun = True
                try:
                    await asyncio.to_thread(self.app.start_scoring, runs, pile.source, reading)
                except ReviewtuiError as error:
                    self.app.say(error, "warning")
                    return
            self._more_is_known()
            if order_text.scored(before) != order_text.scored(self.scoring):
                self.draw()
            if self.scoring.complete or (begun and self.scoring.problem):
                break
            await self._until_next_look()

    async def _until_next_look(self) -> None:
        await asyncio.sleep(_SCORES_SECONDS)

    def _more_is_known(self) -> None:
        """Rank the pile anew if twice as much is known as when it was ranked, or all."""
        done, then = self.scoring.done, self._scored_then
        if self._asks_the_model and done > then and (done >= 2 * then or self.scoring.complete):
            self._scored_then = done  # so that the next look does not begin it again while it is under way
            self._arrange()

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
            except ReviewtuiError as error:
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
        elif query != self.filter_text:
            self.filter_text = query
            self._arrange()

    def clear_filter(self) -> bool:
        """Show all reviews again; return False if all are shown."""
        if not self.has_class("-filtering") and not self.filter_text:
            return False
        self._show_filter("")
        self.set_focus(None)
        if self.filter_text:
            self.filter_text = ""
            self._arrange()
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
        typing = self.focused is not None and self.focused.has_class("-typing")
        if self.pile is not None and not self.typed and not typing and self.said != _LEAVING:
            self.said = _LEAVING
            self.draw()
            return
        super().action_back()

    def filter_words(self) -> str:
        """Return what stands beside the line of the filter: how many reviews fit, or what is wrong with it."""
        pile, typing = self.pile, self.is_mounted and self.query_one("#filter-line", LineInput).has_focus
        if self.filter_problem:
            return clean_line(self.filter_problem)
        if not typing and pile is not None and pile.way.name == FILTERED:
            return f"{pile.shown:,} of {pile.total:,}, {pile.way.undecided:,} undecided · esc shows all"
        if self.found is None:
            return "enter shows them · esc shows all" if typing else ""
        found = self.found
        part = found.scored is not None and found.scored < found.total
        among = f" of the {found.scored:,} scored" if part else f" of {found.total:,}"
        return f"{found.rows:,}{among}, {found.undecided:,} undecided"


def _rows_of(decisions: Sequence[Decision]) -> list[int]:
    return [one.row for one in decisions]
