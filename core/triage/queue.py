"""A pile of reviews as the user walks through it: its pages from the engine, its decision log, and the position.

Only the pages around the current review are in memory. Decisions are written off the event loop, and the position
advances once they are on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from core.base.errors import ReviewtuiError
from core.reviews.page import Page, Row
from core.triage.circumstances import Circumstances, copied, decided, follows, undecided
from core.triage.decision import Decision, Note, State
from core.triage.decisions import DecisionLog
from core.triage.history import History
from core.triage.operation import Operation
from core.triage.review import Review
from core.triage.way import Way, file_way

PAGE = 64
"""Reviews that are fetched at once."""
MAX_PAGES = 5
SCAN_PAGE = 500
"""Reviews that are fetched at once where only their hashes matter."""
_AHEAD = 16
"""Reviews ahead of the current one that are fetched before they are needed."""


ReadRows: TypeAlias = Callable[[Sequence[int]], Awaitable[Page]]
"""Reads the reviews in some rows, without their labels, in the order in which the rows are named."""
FindCopies: TypeAlias = Callable[[int], Awaitable[Sequence[int]]]
"""Returns the other rows with the same text as a row, or nearly the same."""


class PileChangedError(ReviewtuiError):
    """The file changed while it was open and has to be opened again."""


class Pile:
    """The reviews of `source` in an order. Call `open` first and `close` at the end."""

    def __init__(
        self,
        source: str,
        read_rows: ReadRows,
        open_log: Callable[[str], DecisionLog] = DecisionLog,
    ) -> None:
        self.source = source
        self.total = 0
        """Reviews in the pile."""
        self.way: Way = file_way(0)
        """The order in which they come, and which of them are shown."""
        self.position = 0
        """Index of the review in view in the order, from 0."""
        self.finished = False
        """Whether every review that is shown is decided, and the user has not walked back into them."""
        self.returned = 0
        """Decided reviews that a changed file holds elsewhere, or no longer."""
        self.data_hash = ""
        """Hash of the data that is shown."""
        self._read_rows, self._open_log = read_rows, open_log
        self._log: DecisionLog | None = None
        self._pages: dict[int, list[Review]] = {}
        """Positions from `PAGE` times the number on → their reviews."""
        self.find_copies: FindCopies | None = None
        """Finds copies of the review in a row; None if nobody looks for them."""
        self._copies: dict[int, Sequence[int]] = {}
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
        """The review in view, if its page is loaded."""
        return self.at(self.position)

    @property
    def decision(self) -> Decision | None:
        """What was decided about the review in view."""
        review = self.review
        return self.history.decision(review.row, review.hash) if review is not None else None

    @property
    def shown(self) -> int:
        """How many reviews are shown: all of the pile, unless a filter leaves some out."""
        return len(self.way)

    def at(self, position: int) -> Review | None:
        """Return the review at a position, if its page is loaded."""
        if not 0 <= position < self.shown:
            return None
        page = self._pages.get(position // PAGE, ())
        return page[position % PAGE] if position % PAGE < len(page) else None

    def ahead(self, count: int) -> list[Review]:
        """Return the review in view and those after it, `count` at most, whose pages are loaded."""
        found = (self.at(position) for position in range(self.position, min(self.position + count, self.shown)))
        return [review for review in found if review is not None]

    def first_undecided(self, start: int = 0) -> int | None:
        """Return the first position without a decision at or after `start`, then before it; None when all have one."""
        return self.way.first_undecided(start)

    async def open(self, row: int = 0, text_hash: str = "") -> None:
        """Take the log, fetch the first page needed, and stand at the first undecided review.

        Args:
            row: Stand at this row instead, …
            text_hash: … if it still holds the text with this hash, and is undecided.

        Raises:
            ReviewtuiError: Another workbench has the pile, or it cannot be read.
        """
        self._log = await asyncio.to_thread(self._open_log, self.source)
        try:
            await self._begin(row if text_hash else self.history.counts.decided)
            if self.data_hash != self.history.data_hash:
                await self._find_again()
            self.way = await asyncio.to_thread(file_way, self.total, [one.row for one in self.history.decided()])
            first = self.first_undecided()
            await self.go(first or 0, finished=self.total > 0 and first is None)
            if text_hash and row < self.total:
                await self._return_to(row, text_hash)
        except BaseException:
            await self.close()
            raise

    async def _begin(self, row: int) -> None:
        """Read the page around a row, and with it how many rows there are."""
        page = row // PAGE
        found = await self._read_rows(range(page * PAGE, (page + 1) * PAGE))
        self.data_hash, self.total = found.data_hash, found.total
        self._pages[page] = [_review(one) for one in found.rows]

    async def follow(self, way: Way) -> None:
        """Go on in another order, or with other reviews shown; the one in view stays in view, if it is shown.

        Raises:
            ReviewtuiError: It cannot be read.
        """
        review = None if self.finished else self.review
        self.way, place = way, None
        self._pages.clear()
        if review is not None:
            place = way.position(review.row)
        if place is None:
            place = way.first_undecided()
        await self.go(place or 0, finished=place is None and len(way) > 0)

    def check(self, data_hash: str) -> None:
        """Make sure that something is about the data that is shown.

        Raises:
            PileChangedError: The file has changed.
        """
        if data_hash != self.data_hash:
            raise PileChangedError("The file has changed and is being read again.")

    async def _return_to(self, row: int, text_hash: str) -> None:
        before, finished = self.position, self.finished
        await self.stand_at(row)
        review = self.review
        if review is None or review.hash != text_hash or self.decision is not None:
            await self.go(before, finished=finished)

    async def go(self, position: int, *, finished: bool = False) -> None:
        """Stand at a position, with its page."""
        position = min(max(position, 0), max(self.shown - 1, 0))
        if self.shown and self.at(position) is None:
            await self._fetch(position // PAGE)
        self.position, self.finished = position, finished

    def place_of(self, row: int) -> int | None:
        """Return the position of a row of the file; None if it is not shown."""
        return self.way.position(row)

    async def stand_at(self, row: int) -> bool:
        """Stand at the review in a row of the file; return whether it is shown."""
        place = self.place_of(row)
        if place is not None:
            await self.go(place)
        return place is not None

    async def prefetch(self) -> None:
        """Fetch the page that is needed next, if it is not loaded."""
        coming = min(self.position + _AHEAD, self.shown - 1)
        if self.shown and self.at(coming) is None:
            await self._fetch(coming // PAGE)

    async def decide(
        self, state: State, verdict: str, how: Circumstances, copies: Sequence[Review] = ()
    ) -> Operation | None:
        """Record what the user says about the review in view; once it is on the disk, go to the next undecided one.

        Args:
            verdict: The label; empty unless `state` is `label`.
            copies: Reviews that are decided along with it, as one operation.

        Raises:
            ReviewtuiError: The decision could not be saved; the position has not changed.
        """
        review, log = self.review, self._log
        if review is None or log is None:
            return None
        revised = self.decision is not None
        decision = decided(
            review,
            state,
            verdict,
            how,
            order=self.way.name,
            audit=self.way.is_audit(review.row),
            seen=self.history.was_seen(review.hash),
        )
        done: Operation | None
        if copies:
            along = [decision, *(copied(decision, one) for one in copies)]
            done = await asyncio.to_thread(log.bulk, along, "copies")
        else:
            await asyncio.to_thread(log.decide, decision)
            done = log.history.last
        self._settle(done)
        await self._advance(self.position, revised)
        return done

    async def look_for_copies(self) -> bool:
        """Find the copies of the review in view; return whether they were not known before.

        Raises:
            ReviewtuiError: They cannot be found.
        """
        review = self.review
        if review is None or self.find_copies is None or review.row in self._copies:
            return False
        self._copies[review.row] = await self.find_copies(review.row)
        return True

    @property
    def copies(self) -> list[int]:
        """The rows that are decided along with the review in view, as far as its copies are known.

        These are the undecided ones, and those that were decided along with it before.
        """
        review = self.review
        if review is None:
            return []
        before = self.decision
        found = ((row, self.history.current(row)) for row in self._copies.get(review.row, ()))
        return [row for row, current in found if current is None or (before is not None and follows(current, before))]

    @property
    def earlier(self) -> Decision | None:
        """The latest decision about a copy of the review in view: about the same text, or else nearly the same."""
        review = self.review
        if review is None:
            return None
        same = self.history.copy_of(review.row, review.hash)
        near = (self.history.current(row) for row in self._copies.get(review.row, ()))
        return same or max((one for one in near if one is not None), key=lambda one: one.number, default=None)

    async def read_copies(self) -> list[Review]:
        """Return the reviews in the rows of `copies`.

        Raises:
            ReviewtuiError: They cannot be read.
        """
        rows, found = self.copies, list[Review]()
        for start in range(0, len(rows), SCAN_PAGE):
            page = await self._read_rows(rows[start : start + SCAN_PAGE])
            self.check(page.data_hash)
            found += map(_review, page.rows)
        return found

    async def note(self, text: str) -> Operation | None:
        """Keep a note about the review in view; an empty one takes it away.

        Raises:
            ReviewtuiError: The note could not be saved.
        """
        review, log = self.review, self._log
        if review is None or log is None or text == self.history.note(review.row, review.hash):
            return None
        note = Note(hash=review.hash, row=review.row, file=review.file, line=review.line, text=text)
        return await asyncio.to_thread(log.note, note)

    async def add_label(self, name: str) -> Operation | None:
        """Add a label to those of the pile.

        Raises:
            ReviewtuiError: The label could not be saved.
        """
        return await asyncio.to_thread(self._log.add_label, name) if self._log is not None else None

    async def requeue(self, decisions: Sequence[Decision]) -> Operation | None:
        """Make reviews undecided again, as one operation; the position stays.

        Raises:
            ReviewtuiError: That could not be saved.
        """
        if self._log is None or not decisions:
            return None
        operation = await asyncio.to_thread(self._log.bulk, [undecided(one) for one in decisions], "requeue")
        self._settle(operation)
        self.finished = False
        return operation

    async def undo(self) -> Operation | None:
        """Undo the latest operation and stand at its review."""
        undone = await asyncio.to_thread(self._log.undo) if self._log is not None else None
        self._settle(undone)
        if undone is not None and undone.row is not None:
            await self.stand_at(undone.row)
        return undone

    async def redo(self) -> Operation | None:
        """Redo what was undone last and continue after it."""
        redone = await asyncio.to_thread(self._log.redo) if self._log is not None else None
        self._settle(redone)
        place = self.place_of(redone.row) if redone is not None and redone.row is not None else None
        if place is not None:
            await self._advance(place, revised=False)
        return redone

    async def close(self) -> None:
        """Release the log. What was read stays readable."""
        log, self._log = self._log, None
        if log is not None:
            await asyncio.to_thread(log.close)

    def _settle(self, operation: Operation | None) -> None:
        """Keep track of which reviews are decided, after an operation or its undoing."""
        for one in operation.decisions if operation is not None else ():
            self.way.settle(one.row, self.history.current(one.row) is not None)

    async def _advance(self, position: int, revised: bool) -> None:
        following = self.first_undecided(position + 1)
        if following is None and revised and position + 1 < self.shown:
            await self.go(position + 1)  # walking through a finished pile once more
        else:
            await self.go(position if following is None else following, finished=following is None)

    async def _fetch(self, page: int) -> None:
        async with self._fetching:
            way = self.way
            if page in self._pages:
                return
            found = await self._read_rows(way.rows(page * PAGE, (page + 1) * PAGE))
            self.check(found.data_hash)
            if way is not self.way:
                return  # its positions are those of another order
            self._pages[page] = [_review(row) for row in found.rows]
            for far in sorted(self._pages, key=lambda one: abs(one - page))[MAX_PAGES:]:
                del self._pages[far]

    async def _find_again(self) -> None:
        """The file is new or has changed: record its hash, and where the decided reviews are now."""
        hashes: list[str] = []
        if self.history.events:
            while len(hashes) < self.total:
                found = await self._read_rows(range(len(hashes), min(len(hashes) + SCAN_PAGE, self.total)))
                hashes += [row.hash for row in found.rows]
                if not found.rows:
                    break
        assert self._log is not None
        self.returned = await asyncio.to_thread(self._log.found_again, self.data_hash, hashes)


_NOTHING = History()


def _review(row: Row) -> Review:
    return Review(row.row, row.file, row.line, row.text, row.hash, row.columns)
