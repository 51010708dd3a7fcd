"""The line of Setup that says what the validation rows can show, before anything is trained."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual import work
from textual.content import Content
from textual.message import Message

from core.base.errors import ReviewtuiError
from core.engine.data_requests import Foresee
from core.settings.schema import Settings
from tui.foresight_text import shows_line
from tui.state import Draft
from tui.widgets.responsive import Drawn, fitting

if TYPE_CHECKING:
    from tui.workbench import Workbench


class ShowsLine(Drawn):
    """One line, for the reviews that are held out with the settings as they are; hidden where there are few rows."""

    DEFAULT_CSS = """
    ShowsLine { height: 1; }
    """

    class Answered(Message):
        """What can be shown is known."""

    app: Workbench

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._of: tuple[str, float] | None = None
        """What the line belongs to: hash of the reviews as they are read, and the share that is held out."""
        self.words = ""
        """What can be shown, as part of a sentence; empty while it is not known."""

    def follow(self, draft: Draft, settings: Settings | None) -> None:
        """Show what a run of `draft` could show with `settings`; None, while a value is refused, changes nothing."""
        if draft.report is None or settings is None:
            return
        of = draft.report.data_hash, settings.validation_fraction
        if of != self._of:
            self._of, self.words = of, ""
            self._ask(draft, settings)

    @work(exclusive=True, exit_on_error=False, group="shows")
    async def _ask(self, draft: Draft, settings: Settings) -> None:
        request = Foresee(source=draft.source, reading=draft.reading, validation_fraction=settings.validation_fraction)
        try:
            found = await self.app.ask(request)
        except ReviewtuiError:
            self._of = None
            self.show(lambda width: Content(""))  # the start says what is wrong with the reviews
        except asyncio.CancelledError:
            self._of = None
            raise
        else:
            words, assumed = shows_line(found)
            self.words = f"{words}, if {assumed}" if assumed else words
            self.show(partial(_line, words, assumed))
            self.post_message(self.Answered())


def _line(words: str, assumed: str, width: int) -> Content:
    first = Content.assemble((" Shows  ", "$foreground-muted"), words)
    return fitting([first, *([Content.styled(f"if {assumed}", "$foreground-muted")] if assumed else [])], width, " · ")
