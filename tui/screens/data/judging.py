"""Verifying labels from the Data screen: they are judged in the background, and the suspects open as a pile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from core.base.errors import ReviewtuiError
from core.engine.suspicion_requests import FindSuspects
from core.suspicion.report import in_words
from tui.screens.data.lens import LooksThroughLens
from tui.widgets.responsive import gauge

if TYPE_CHECKING:
    from core.suspicion.listing import KeptSuspects


class JudgesLabels(LooksThroughLens):
    """Has the labels of a source judged by an engine of its own, and opens those that are doubted."""

    def __init__(self) -> None:
        super().__init__()
        self.judging = ""
        """How far it is; empty if no labels are being judged."""

    def action_verify_labels(self) -> None:
        """Open the labels that are probably wrong as a pile; find them first."""
        if self._report is None or self._wanted is not None:
            self.app.say("The reviews are still being read.")
        elif not self._report.label_column:
            self.app.say("There are no labels to verify; choose their column first: l.")
        elif self.judging:
            self.app.say("The labels are being judged; the line below says how far that is.")
        else:
            self._verify(self._source, self._report.data_hash)

    @work(exit_on_error=False, exclusive=True, group="judge")
    async def _verify(self, source: str, data_hash: str) -> None:
        settings, reading = self._settings(), self.app.draft.reading
        try:
            kept = await asyncio.to_thread(_kept, source, data_hash)
            if kept is None:
                self._judged("waiting for the engine", None)
                request = FindSuspects(source=source, reading=reading, model=settings.model, seed=settings.seed)
                await self.app.ask_apart(request, self._judged)
                kept = await asyncio.to_thread(_kept, source, data_hash)
        except ReviewtuiError as error:
            self.app.say(error, "error")
            return
        finally:
            self.judging = ""
            self._draw_verdict()
        if kept is None:
            self.app.say("The file has changed meanwhile; verify its labels again.", "warning")
        else:
            self._open(source, kept)

    def _judged(self, what: str, share: float | None) -> None:
        """Show how far the judges are."""
        self.judging = f"… verifying labels: {what}  {gauge(share, 20)}"
        self._draw_verdict()

    def _open(self, source: str, kept: KeptSuspects) -> None:
        """Open suspects as a pile, unless the user is elsewhere meanwhile."""
        from core.suspicion.listing import PILE_READING  # imports pydantic, which the first frame does not need

        self.app.say(in_words(kept.found))
        if kept.found.suspects and self.app.screen is self and source == self._source:
            self.app.open_classify(pile=str(kept.pile), reading=PILE_READING)


def _kept(source: str, data_hash: str) -> KeptSuspects | None:
    """Return the suspects of a source that were found in the reviews as they are now; None if none were."""
    from core.suspicion.listing import read_kept

    kept = read_kept(source)
    return kept if kept is not None and kept.found.data_hash == data_hash and kept.pile.is_file() else None
