"""Walking through the pile of Classify.

Each key that acts on the pile starts a worker. The workers queue at one lock, so that keys take effect in order, each
on the review that is then shown, without blocking the screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from textual import work

from core.base.errors import ReviewtuiError
from core.triage.queue import Pile, PileChangedError
from tui.screens.classify.controller import ClassifyWork
from tui.screens.classify.pile_questions import ask_number

Step: TypeAlias = Callable[[Pile], Awaitable[None]]
"""What a key does with the pile."""


class Walking(ClassifyWork):
    """A pile through which keys lead."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""
        """What the latest key did, in a sentence; safe to show."""
        self._deciding = asyncio.Lock()

    @work(exit_on_error=False, group="decide")
    async def _step(self, step: Step) -> None:
        """Carry out the action of one key on the pile, after those of earlier keys."""
        async with self._deciding:
            pile = self.pile
            if pile is None:
                return
            self.said = ""
            try:
                await step(pile)
            except PileChangedError as changed:
                self._reopen(changed)
            except ReviewtuiError as error:
                self.app.say(error, "error")
            self.draw()
        self._predict_soon()
        self._prefetch()

    async def _settled(self) -> None:
        """Wait for what earlier keys do."""
        async with self._deciding:
            pass

    def action_next(self) -> None:
        """Go to the next review without a decision."""
        self._step(partial(self._walk, 1))

    def action_previous(self) -> None:
        """Go to the previous review without a decision."""
        self._step(partial(self._walk, -1))

    async def _walk(self, by: int, pile: Pile) -> None:
        if by > 0 and pile.finished:
            return
        position = pile.position if pile.finished else pile.position + by
        if 0 <= position < pile.shown:
            await pile.go(position)
        else:
            self.said = "That was the last review." if by > 0 else "This is the first review."

    def action_first_undecided(self) -> None:
        """Go to the first review without a decision."""
        self._step(self._continue)

    async def _continue(self, pile: Pile) -> None:
        position = pile.first_undecided()
        if position is None:
            self.said = f"Every review is decided; {self.key('classify.export')} exports."
        else:
            await pile.go(position)

    async def _stand_at(self, row: int, pile: Pile) -> None:
        if not await pile.stand_at(row):
            self.said = f"Review {row + 1:,} is not among those that are shown."

    @work(exit_on_error=False, group="dialog")
    async def action_number(self) -> None:
        """Go to a review by its number in the file."""
        await self._settled()
        if self.pile is not None and (number := await ask_number(self.app, self.pile.total)) is not None:
            self._step(partial(self._stand_at, number - 1))
