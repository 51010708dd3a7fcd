"""Labelling the pile of Classify automatically: the certificate, doing it and taking it back, and what becomes of it.

How earlier certificates do is looked at whenever a decision may have changed it. One that is withdrawn is told at once,
and stays in view until its labels are taken back.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from core.base.errors import ReviewtuiError
from core.reviews.options import ReadingOptions
from core.triage.certificate.temperatures import temperature_in
from core.triage.certificate.watching import certificate_of, labelled_automatically, still_labelled, watch
from core.triage.decisions import pile_folder
from core.triage.history import History
from core.triage.queue import Pile
from tui import certificate_text as words
from tui.formatting import counted
from tui.screens.classify.certificate_view import CertificateView, Labelled, Wanted
from tui.screens.classify.deciding import Deciding

if TYPE_CHECKING:
    from core.engine.certificate_requests import AutoLabel, AutoLabelled


class Certifying(Deciding):
    """A pile that a model may label."""

    def __init__(self) -> None:
        super().__init__()
        self.labelled = Labelled()
        """How the pile was labelled automatically."""
        self._followed: tuple[object, ...] = ()
        """The pile, its last event and the model when that was looked at."""
        self._told: set[str] = set()
        """Certificates whose withdrawal was told."""

    @property
    def withdrawn(self) -> str:
        """What is to be said as long as labels of a withdrawn certificate stand; empty otherwise."""
        found = next((one for one in self.labelled.watches if one.withdrawn), None)
        if found is None or not self.labelled.still:
            return ""
        return f"certificate {words.watched(found)}; {self.key('classify.certificate')} shows it"

    def _follow_soon(self) -> None:
        """Look at earlier certificates, if something may have changed them."""
        pile, model = self.pile, self.model
        if pile is None or pile.total == 0:
            return
        history = pile.history
        state = (pile, history.events, model.hash)
        if state != self._followed:
            opened, self._followed = self._followed[::2] != state[::2], state
            if opened or self._may_matter(history):
                self._follow(pile)

    def _may_matter(self, history: History) -> bool:
        last = history.last
        if last is None or last.kind != "decide":
            return bool(self.labelled.watches) or (last is not None and last.why == "auto-label")
        return any(last.decisions[0].hash in one.certificate.watched for one in self.labelled.watches)

    @work(exclusive=True, exit_on_error=False, group="certificate")
    async def _follow(self, pile: Pile) -> None:
        found = await asyncio.to_thread(_looked_at, pile)
        model, candidate = self.model, self.model.candidate
        if candidate is not None and model.hash is not None:
            temperature = await asyncio.to_thread(temperature_in, pile.source, candidate.run.model, model.hash)
            if model.candidate is candidate:
                model.temperature = temperature
        if pile is not self.pile:
            return
        self.labelled = found
        for one in found.watches:
            if one.withdrawn and found.still and one.certificate.id not in self._told:
                self._told.add(one.certificate.id)
                self.app.say(f"The certificate is {words.watched(one)}.", "error")
        self.draw()

    @work(exit_on_error=False, group="dialog")
    async def action_certificate(self) -> None:
        """Show how much the model may label, and label it or take it back."""
        from core.engine.certificate_requests import AutoLabel

        await self._settled()
        pile, candidate = self.pile, self.model.candidate
        if pile is None:
            return
        if candidate is None:
            self.app.say("No model is chosen that could label anything: m chooses one.", "warning")
            return
        reading = self._reading or ReadingOptions()
        asked = AutoLabel(source=pile.source, run=str(candidate.run.path), reading=reading, score=False)
        before = await asyncio.to_thread(_looked_at, pile)
        name = candidate.summary.name
        wanted: Wanted | None = await self.app.push_screen_wait(
            CertificateView(asked, self._ask, before, name, self.key, blind=self.blind)
        )
        self._followed = ()  # a temperature may have been fitted
        if wanted is None:
            self.draw()
        elif wanted.do == "take back":
            self._step(self._take_back)
        else:
            self._label_automatically(pile, asked, wanted.max_error)

    async def _take_back(self, pile: Pile) -> None:
        decisions = await asyncio.to_thread(still_labelled, pile.history)
        if await pile.requeue(decisions) is not None:
            self.said = (
                f"{counted(len(decisions), 'label')} of the model taken back; {self.key('classify.undo')} undoes."
            )

    @work(exclusive=True, exit_on_error=False, group="look")
    async def _label_automatically(self, pile: Pile, asked: AutoLabel, max_error: float) -> None:
        """Have the engine label the pile, which it has to itself meanwhile."""
        import msgspec

        request = msgspec.structs.replace(asked, max_error=max_error, record=True)
        async with self._deciding:
            await self._close_pile()
            done: AutoLabelled | None = None
            try:
                done = await self._ask(request)
            except ReviewtuiError as error:
                self.app.say(error, "error")
            await self._open_now(asked.source, self.app.pile_reading)
        if done is not None:
            self.said = self._what_was_labelled(done)
        self.draw()

    def _what_was_labelled(self, done: AutoLabelled) -> str:
        if not done.recorded:
            return "Nothing was labelled: the evidence has changed." if not done.labelled else "It was labelled before."
        again = f"; {done.watched:,} more come up again" if done.watched else ""
        return f"The model labelled {counted(done.recorded, 'review')}{again}; {self.key('classify.undo')} undoes it."


def _looked_at(pile: Pile) -> Labelled:
    """Return how a pile was labelled automatically. Reads the disk."""
    history, folder = pile.history, pile_folder(pile.source)
    watches = []
    for operation in labelled_automatically(history):
        certificate = certificate_of(folder, operation)
        if certificate is not None:
            watches.append(watch(certificate, operation, history))
    return Labelled(tuple(watches), history.counts.by_model)
