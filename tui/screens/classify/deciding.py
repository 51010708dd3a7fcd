"""What keys decide about the pile of Classify: labels and states, undo, notes, labels that are added."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from textual import work

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.triage.circumstances import Circumstances
from core.triage.decision import Decision, State
from core.triage.queue import Pile
from core.triage.review import Review
from tui.screens.classify import sentences
from tui.screens.classify.decision_list import listed
from tui.screens.classify.keys import MAX_DIGITS
from tui.screens.classify.pile_questions import (
    ask_copies,
    ask_decision,
    ask_label,
    ask_new_label,
    ask_requeue,
)
from tui.screens.classify.walking import Walking


class Deciding(Walking):
    """A pile whose reviews are decided."""

    def __init__(self) -> None:
        super().__init__()
        self.last_guess: Decision | None = None
        """The latest decision that was made before the model's answer was shown."""
        self.note_drafts: dict[tuple[int, str], str] = {}
        """Notes that the user left without keeping them, by row and hash."""
        self._shown_at = time.monotonic()
        self._answers_seen: set[str] = set()
        """Hashes of the undecided texts whose prediction was on the screen."""
        self._came_hidden: set[str] = set()
        """Hashes of those that came up with their prediction hidden."""

    @property
    def label_first(self) -> bool:
        """Whether the current review must be labelled before the model's answer is shown."""
        decision = self.pile_decision
        undecided = decision is None or not decision.labelled
        return self.blind and not self.typed and self._review() is not None and undecided

    @property
    def pile_decision(self) -> Decision | None:
        """The decision about the current review."""
        return self.pile.decision if self.pile is not None and not self.typed and self._review() is not None else None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels to choose from, in the order of their keys: those of the model, and those added to the pile.

        Where labels of a file are corrected, its own come first."""
        if self.typed:
            return self.model.labels
        added = self.pile.history.labels if self.pile is not None else ()
        if self.suspects is None:
            return tuple(dict.fromkeys((*self.model.labels, *added)))
        of_model = self.model.labels if self.model.candidate is not None else ()
        return tuple(dict.fromkeys((*self.suspects.classes, *of_model, *added)))

    def _is_shown(self, pile: Pile, review: Review) -> None:
        """Keep what the user sees of a review that is drawn now, and since when."""
        if self._in_view != (pile, review.row):
            self._in_view, self._shown_at = (pile, review.row), time.monotonic()
            self._look_for_copies(pile)
        if self.label_first:
            if review.hash not in self._answers_seen:
                self._came_hidden.add(review.hash)
        elif self.prediction is not None:
            self._answers_seen.add(review.hash)

    @work(exclusive=True, exit_on_error=False, group="copies")
    async def _look_for_copies(self, pile: Pile) -> None:
        """Find the copies of the review in view, before it is decided."""
        with suppress(ReviewtuiError):  # it is then decided by itself, and each copy says so when it comes up
            if await pile.look_for_copies():
                self.draw()

    # Decisions

    def action_agree(self) -> None:
        """Give the review the label that the model predicts."""
        self._step(self._agree)

    def action_label(self, number: int) -> None:
        """Give the review a label."""
        self.give_label(self.labels[number])

    def give_label(self, label: str) -> None:
        """Give the review in view a label."""
        self._step(partial(self._decide, "label", label))

    def action_decide(self, state: State) -> None:
        """Give the review a state without a label."""
        self._step(partial(self._decide, state, ""))

    async def _agree(self, pile: Pile) -> None:
        prediction = self.prediction
        if self._review() is None:
            self._say_finished()
        elif prediction is None:
            self.said = "There is no prediction to agree with yet; a digit gives a label."
        elif not self.label_first:  # several keys may be typed at once; a hidden answer was never seen
            await self._decide("label", prediction.label, pile)

    async def _decide(self, state: State, label: str, pile: Pile) -> None:
        review = self._review()
        if review is None:
            self._say_finished()
            return
        along = await self._copies_along(pile, review)
        if along is None:
            return
        prediction, hidden = self.prediction, self.label_first
        how = Circumstances(
            prediction,
            calibrated=self.model.calibrated(prediction),
            model=self.model.run_id,
            model_hash=self.model.hash,
            blind=hidden and review.hash not in self._answers_seen,
            revealed=review.hash in self._came_hidden and review.hash in self._answers_seen,
            seconds=time.monotonic() - self._shown_at,
        )
        done = await pile.decide(state, label, how, along)
        if done is not None:
            decision = done.decisions[0]
            self.last_guess = decision if hidden and decision.labelled else None
            seen = hidden and decision.labelled and not how.blind
            self.said = sentences.saved(done)
            if seen:
                self.said += " Not counted as blind: the answer was seen."

    async def _copies_along(self, pile: Pile, review: Review) -> Sequence[Review] | None:
        """Return the copies to decide along with a review, as the user wants it; None if the user cancels."""
        if not pile.copies or self.copies_choice == "each":
            return ()
        copies = await pile.read_copies()
        if not self.copies_choice:
            choice = await ask_copies(self.app, review, copies)
            if choice is None:
                return None
            self.copies_choice = choice
            await self._keep_bookmark()
        return copies if self.copies_choice == "along" else ()

    def _say_finished(self) -> None:
        back, undo = self.key("classify.previous"), self.key("classify.undo")
        self.said = f"Every review is decided; {back} walks back to one, {undo} undoes the latest decision."

    def action_undo(self) -> None:
        """Undo the latest operation."""
        self._step(self._undo)

    async def _undo(self, pile: Pile) -> None:
        found = await pile.undo()
        self.last_guess = None
        self.said = sentences.undone(found, pile.history) if found is not None else "There is nothing to undo."

    def action_redo(self) -> None:
        """Redo what was undone last."""
        self._step(self._redo)

    async def _redo(self, pile: Pile) -> None:
        found = await pile.redo()
        self.last_guess = None
        self.said = sentences.redone(found, pile.history) if found is not None else "There is nothing to redo."

    def action_blind(self) -> None:
        """Turn blind mode on or off."""
        self.blind, self.last_guess = not self.blind, None
        hidden = "The model's answer is hidden until you have labelled a review."
        self.said = hidden if self.blind else "The model's answer is shown again."
        self.draw()
        self._keep_place()

    # More than decisions

    async def _note(self, text: str, pile: Pile) -> None:
        done = await pile.note(text)
        if done is not None:
            self.said = "Saved: the note." if text else "Saved: no note."

    @work(exit_on_error=False, group="dialog")
    async def action_new_label(self) -> None:
        """Add a label to those of the pile."""
        if (name := await ask_new_label(self.app, self.labels)) is not None:
            self._step(partial(self._add_label, name))

    async def _add_label(self, name: str, pile: Pile) -> None:
        await pile.add_label(name)
        number = self.labels.index(name) + 1
        how = str(number) if number <= MAX_DIGITS else self.key("classify.labels")
        self.said = f"Saved: the label “{clean_line(name, 30)}”; {how} gives it."

    @work(exit_on_error=False, group="dialog")
    async def action_all_labels(self) -> None:
        """Find a label by its letters."""
        await self._settled()
        prediction = None if self.label_first else self.prediction
        shares = prediction.probabilities if prediction is not None else {}
        predicted = prediction.label if prediction is not None else None
        if (label := await ask_label(self.app, self.labels, shares, predicted)) is not None:
            self.give_label(label)

    @work(exit_on_error=False, group="dialog")
    async def action_requeue(self) -> None:
        """Make this review, or all that are skipped, flagged or ambiguous, undecided again."""
        await self._settled()
        if self.pile is None:
            return
        chosen = await ask_requeue(self.app, self.pile.history, self.pile_decision)
        if chosen:
            self._step(partial(self._requeue, chosen))

    async def _requeue(self, decisions: Sequence[Decision], pile: Pile) -> None:
        done = await pile.requeue(decisions)
        if done is not None:
            self.said = sentences.saved(done)

    def action_copies(self) -> None:
        """Decide copies along with a review, or each by itself."""
        self._step(self._change_copies)

    async def _change_copies(self, pile: Pile) -> None:
        self.copies_choice = "each" if self.copies_choice == "along" else "along"
        await self._keep_bookmark()
        along = self.copies_choice == "along"
        self.said = "Copies are decided along with a review." if along else "Each copy is decided by itself."

    @work(exit_on_error=False, group="dialog")
    async def action_list(self) -> None:
        """Show the decisions, and go to the one that is chosen."""
        await self._settled()
        pile = self.pile
        if pile is None:
            return
        found = await asyncio.to_thread(listed, pile.history)
        review = self._review() if self.label_first else None
        row = await ask_decision(self.app, found, pile.source, hidden=review.hash if review is not None else "")
        if row is not None:
            self._step(partial(self._stand_at, row))
