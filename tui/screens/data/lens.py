"""The truncation lens of the Data screen: a long review, and the limit that the user moves over it.

The limit is the setting `max_length` of the next run, and what is kept is its setting `truncation`: both are changed
here as they would be in Setup. The engine says where the tokens of a review are; what a limit cuts off is then known
without asking.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec
from textual import work

from core.base.errors import ReviewtuiError
from core.data.length_report import LengthReport, padding_at
from core.engine.data_requests import GatherFacts, Rows
from core.engine.requests import FindTokens
from core.forecast.facts import Facts
from core.forecast.padding import PaddingCost, padding_cost
from core.forecast.run import Run
from core.settings.schema import Settings
from tui.form_values import as_typed, check
from tui.screens.data.findings import LENGTHS
from tui.screens.data.lens_views import KEEPS, Lens
from tui.screens.data.reader import ReadsReviews

_LOWEST, _HIGHEST = 16, 8192


class LooksThroughLens(ReadsReviews):
    """Holds the lens, and moves it."""

    def __init__(self) -> None:
        super().__init__()
        self._lens: Lens | None = None
        self._facts: Facts | None = None
        """What the cost of padding follows from; None until the section was opened."""

    def _look_through(self, lengths: LengthReport) -> None:
        settings = self._settings()
        self._facts = None
        self._lens = Lens(lengths, settings.max_length, settings.truncation)
        self._draw_lens()
        self.refresh_bindings()
        if self.findings.section == LENGTHS:
            self.open_lens()

    def open_lens(self) -> None:
        """Fetch what the open section needs: a long review, and the facts behind the cost of padding."""
        if self._lens is not None and self._lens.review is None:
            self._fetch_long(self._lens.number)

    def _draw_lens(self) -> None:
        """Show the lens at the limit of the run."""
        if self._lens is not None:
            settings = self._settings()
            self._lens = self._lens.at(settings.max_length, settings.truncation, self._costs(settings))
            self.findings.show_lens(self._lens)

    def _costs(self, settings: Settings) -> dict[int, PaddingCost]:
        """Return what padding costs at the limit of the run, and at those of the table."""
        if self._facts is None or self._lens is None:
            return {}
        found = self._lens.lengths
        return {
            limit: padding_cost(self._facts, settings.changed({"max_length": limit}), padding_at(found, limit))
            for limit in (settings.max_length, *(known.max_length for known in found.limits))
        }

    def change_limit(self, by: int) -> None:
        """Raise the limit (`by` 1) or lower it (−1)."""
        self._set("max_length", next_limit(self._settings().max_length, by))

    def change_truncation(self) -> None:
        """Keep another part of long reviews."""
        ways = list(KEEPS)
        self._set("truncation", ways[(ways.index(self._settings().truncation) + 1) % len(ways)])

    def _set(self, name: str, value: object) -> None:
        """Change a setting of the next run."""
        draft = self.app.draft
        draft.typed = check(draft.preset, {**draft.typed, name: as_typed(value)}).typed
        self._draw_lens()

    def show_other(self, step: int) -> None:
        """Show another of the long reviews."""
        if self._lens is not None:
            number = self._lens.number + step
            if 0 <= number < len(self._lens.lengths.long_rows):
                self._fetch_long(number)

    @work(exclusive=True, exit_on_error=False, group="lens")
    async def _fetch_long(self, number: int) -> None:
        """Show a long review once its text and its tokens are known; after the first one, what padding costs."""
        seen, settings = self._lens, self._settings()
        if seen is None:
            return
        row = seen.lengths.long_rows[number]
        try:
            page = await self.app.ask(Rows(source=self._source, reading=self.app.draft.reading, offset=row, limit=1))
            review = page.rows[0]
            tokens = await self.app.ask(FindTokens(texts=(review.text,), model=settings.model))
            self._lens = replace(seen, number=number, review=review, places=tokens.reviews[0], refusal="")
        except ReviewtuiError as error:
            self._lens = replace(seen, number=number, refusal=str(error))
        self._draw_lens()
        if self._facts is None and self._report is not None:
            self._gather(seen.lengths, settings)

    @work(exclusive=True, exit_on_error=False, group="speed")
    async def _gather(self, lengths: LengthReport, settings: Settings) -> None:
        """Find out what padding costs on this machine; if such a run has never been measured, measure a few steps."""
        classes = max(len(lengths.class_counts), 2)
        wanted = GatherFacts(lengths=lengths, classes=classes, settings=settings)

        def say(what: str, share: float | None) -> None:
            if self._lens is not None:
                self._lens = replace(self._lens, state=f"{what} …")
                self._draw_lens()

        try:
            self._facts = await self.app.ask(wanted)
            self._draw_lens()
            if not Run(self._facts, settings).calibration.measured:
                self._facts = await self.app.ask(msgspec.structs.replace(wanted, measure=True), say)
        except ReviewtuiError:
            pass  # the cost of padding stays unknown; Setup, which needs the facts, says why
        if self._lens is not None:
            self._lens = replace(self._lens, state="")
            self._draw_lens()


def next_limit(limit: int, by: int) -> int:
    """Return the next higher limit (`by` 1) or lower one (−1): multiples of 16 up to 512, of 64 up to 2,048, …"""
    step = 16 if limit + min(by, 0) < 512 else 64 if limit + min(by, 0) < 2048 else 256
    moved = (limit // step + 1) * step if by > 0 else (-(-limit // step) - 1) * step
    return min(max(moved, _LOWEST), _HIGHEST)
