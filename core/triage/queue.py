"""A pile of reviews as it is walked through: its pages from the engine, its decision log, and where one stands.

Only the pages around the current review are held. Decisions go to the log off the event loop, and the position moves
on when they are on the disk, not before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.base.errors import ReviewtuiError
from core.inference.classification import Classification
from core.reviews.page import Page
from core.triage.decisions import Decision, DecisionLog, History

ReadPage = Callable[[int, int], Awaitable[Page]]
"""Reads at most so many reviews (the second number) from a row on, without their labels."""

PAGE = 64
PAGES_KEPT = 5
SCAN_PAGE = 500
_AHEAD = 16
"""Rows before the end of a page at which the next is asked for."""


class PileChangedError(ReviewtuiError):
    """The file changed while it was open; it has to be opened again."""


@dataclass(frozen=True)
class Review:
    """One review of the pile."""

    row: int
    file: str
    line: int
    text: str
    hash: str


class Pile:
    """The reviews of `source`. Call `open` first and `close` at the end."""

    def __init__(self, source: str, read_page: ReadPage, open_log: Callable[[str], DecisionLog] = DecisionLog) -> None:
        self.source = source
        self.total = 0
        self.row = 0
        self.finished = False
        """Whether every review is decided and the person has not walked back into them."""
        self.returned = 0
        """Decided reviews that a changed file holds elsewhere, or no longer."""
        self._read_page, self._open_log = read_page, open_log
        self._log: DecisionLog | None = None
        self._pages: dict[int, list[Review]] = {}
        self._data_hash = ""
        self._fetching = asyncio.Lock()

    @property
    def history(self) -> History:
        """What was decided so far."""
        return self._log.history if self._log is not None else _NOTHING

    @property
    def damaged(self) -> int:
        """Records of the log that cannot be read."""
        return self._log.damaged + self._log.history.unreadable if self._log is not None else 0

    @property
    def review(self) -> Review | None:
        """The review in view, if its page is here."""
        return self.at(self.row)

    @property
    def decision(self) -> Decision | None:
        """What was decided about the review in view."""
        review = self.review
        return self.history.decision(review.row, review.hash) if review is not None else None

    def at(self, row: int) -> Review | None:
        """The review at `row`, if its page is here."""
        page = self._pages.get(row // PAGE, ())
        return page[row % PAGE] if 0 <= row < self.total and row % PAGE < len(page) else None

    def ahead(self, most: int) -> list[Review]:
        """The review in view and those after it whose pages are here."""
        found = (self.at(row) for row in range(self.row, min(self.row + most, self.total)))
        return [review for review in found if review is not None]

    async def open(self) -> None:
        """Take the log, read the first page needed, and stand at the first undecided review.

        Raises:
            ReviewtuiError: another workbench has the pile, or it cannot be read.
        """
        self._log = await asyncio.to_thread(self._open_log, self.source)
        try:
            guess = self.history.first_undecided(self.history.counts.decided + 1) or 0
            await self._fetch(guess // PAGE)
            if self._data_hash != self.history.data_hash:
                await self._find_again()
            self.row = self.history.first_undecided(self.total) or 0
            self.finished = self.total > 0 and self.history.counts.decided >= self.total
            await self.go(self.row, finished=self.finished)
        except BaseException:
            await self.close()
            raise

    async def go(self, row: int, *, finished: bool = False) -> None:
        """Stand at `row`, with its page."""
        row = min(max(row, 0), max(self.total - 1, 0))
        if self.total and self.at(row) is None:
            await self._fetch(row // PAGE)
        self.row, self.finished = row, finished

    async def prefetch(self) -> None:
        """Fetch the page that will be needed next, if it is not here."""
        coming = min(self.row + _AHEAD, self.total - 1)
        if self.total and self.at(coming) is None:
            await self._fetch(coming // PAGE)

    async def decide(
        self,
        label: str | None,
        prediction: Classification | None,
        model: str | None,
        seconds: float,
        blind: bool = False,
    ) -> Decision | None:
        """Write down `label` (None: skip) for the review in view; once it is on the disk, go to the next undecided.

        Raises:
            ReviewtuiError: it could not be saved; the position has not moved.
        """
        review, log = self.review, self._log
        if review is None or log is None:
            return None
        revised = self.decision is not None
        decision = Decision(
            **vars(review),
            verdict="skip" if label is None else label,
            skipped=label is None,
            agreed=None if label is None or prediction is None else label == prediction.label,
            predicted=prediction.label if prediction is not None else None,
            probability=prediction.probability if prediction is not None else None,
            model=model if prediction is not None else None,
            blind=blind,
            seconds=round(seconds, 3),
        )
        decided = await asyncio.to_thread(log.decide, decision)
        await self._advance(review.row, revised)
        return decided

    async def undo(self) -> Decision | None:
        """Take back the last decision and stand at its review."""
        undone = await asyncio.to_thread(self._log.undo) if self._log is not None else None
        if undone is not None and 0 <= undone.row < self.total:
            await self.go(undone.row)
        return undone

    async def redo(self) -> Decision | None:
        """Bring back what was undone last and go on after it."""
        redone = await asyncio.to_thread(self._log.redo) if self._log is not None else None
        if redone is not None and 0 <= redone.row < self.total:
            await self._advance(redone.row, revised=False)
        return redone

    async def close(self) -> None:
        """Let the log go; what was read stays until the pile is forgotten."""
        log, self._log = self._log, None
        if log is not None:
            await asyncio.to_thread(log.close)

    async def _advance(self, row: int, revised: bool) -> None:
        following = self.history.first_undecided(self.total, start=row + 1)
        if following is None and revised and row + 1 < self.total:
            await self.go(row + 1)  # walking through a finished pile once more
        else:
            await self.go(row if following is None else following, finished=following is None)

    async def _fetch(self, page: int) -> None:
        async with self._fetching:
            if page in self._pages:
                return
            found = await self._read_page(page * PAGE, PAGE)
            if self._data_hash and found.data_hash != self._data_hash:
                raise PileChangedError("The file has changed; it is being read again.")
            self._data_hash, self.total = found.data_hash, found.total
            self._pages[page] = [Review(row.row, row.file, row.line, row.text, row.hash) for row in found.rows]
            for far in sorted(self._pages, key=lambda one: abs(one - page))[PAGES_KEPT:]:
                del self._pages[far]

    async def _find_again(self) -> None:
        """The file is new, or not what it was: note what it holds, and where the decided reviews are now."""
        hashes: list[str] = []
        if self.history.last is not None or self.history.next is not None:
            while len(hashes) < self.total:
                found = await self._read_page(len(hashes), SCAN_PAGE)
                hashes += [row.hash for row in found.rows]
                if not found.rows:
                    break
        assert self._log is not None
        self.returned = await asyncio.to_thread(self._log.found_again, self._data_hash, hashes)


_NOTHING = History()
