"""The right side of Classify: the model's answer, its labels, the counts and the keys."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from core.data.truncation import TokenPlaces
from core.inference.classification import Classification
from core.suspicion.pile import Doubt
from core.triage.decision import Decision
from core.triage.queue import Pile
from tui.screens.classify import progress
from tui.screens.classify import text as words
from tui.screens.classify.label_bars import LabelBars
from tui.screens.classify.model import ModelInUse
from tui.widgets.still import Still


@dataclass(frozen=True)
class View:
    """What the panel shows."""

    model: ModelInUse
    labels: tuple[str, ...]
    """Those of the model, and those added to the pile."""
    pile: Pile | None
    """None while a typed review is in view."""
    prediction: Classification | None
    """The model's answer; None if it is hidden or missing."""
    voices: tuple[tuple[str, str, float | None], ...]
    """What two models or people say, in a pile of reviews on which they disagree: name, label and probability of each;
    of people, no probability is known."""
    doubt: Doubt | None
    """What is said of its label, in a pile of doubted labels."""
    places: TokenPlaces | None
    """Where the tokens of the review are; None if that is not known yet."""
    decision: Decision | None
    copy: Decision | None
    """An earlier decision about a copy."""
    same_text: bool
    """Whether that text is the same, and not only nearly."""
    copies: int
    """Copies that would be decided along with the review, or each by itself."""
    copies_choice: str
    """Which of these the user has chosen; see `Bookmark.copies`."""
    hidden: bool
    """Whether the answer is hidden until the user has labelled."""
    last_guess: Decision | None
    in_view: bool
    """Whether a review is in view that can be decided."""
    typed: bool
    waiting: bool
    """Whether there is a text for the model to answer about."""
    alarm: str
    """Why labels that a model gave should be taken back; empty if they should not."""
    key: words.Key
    tall: bool
    """Whether there is room to place the parts below each other."""


class Panel(Vertical):
    """Shows a `View`."""

    def compose(self) -> ComposeResult:
        yield Still("", id="answer", markup=False)
        yield Still("", id="voices", markup=False)
        yield LabelBars(id="bars")
        yield Still("", id="facts", markup=False)
        yield Still("", id="reasons", markup=False)
        yield Still("", id="tally", markup=False)
        yield Still("", id="legend", markup=False)
        yield Still("", id="model", markup=False)

    def show(self, view: View) -> None:
        """Redraw the panel."""
        model, prediction, decision, pile = view.model, view.prediction, view.decision, view.pile
        if view.hidden:
            answer = words.label_first(view.last_guess, tall=view.tall)
        else:
            answer = words.answer(model, prediction, view.key, waiting=view.waiting, typed=view.typed, tall=view.tall)
        self.query_one("#answer", Static).update(answer)
        voices = self.query_one("#voices", Static)
        voices.display = bool(view.voices or view.doubt) and not view.hidden
        voices.update(words.doubted(view.doubt) if view.doubt is not None else words.voices(view.voices))
        self.query_one(LabelBars).show(
            view.labels,
            prediction.probabilities if prediction is not None else None,
            prediction.label if prediction is not None else None,
            decision.verdict if decision is not None and decision.labelled else None,
        )
        facts = words.facts(model, prediction, view.places, with_name=not view.tall)
        copies = words.copies(
            view.copy if view.decision is None else None,
            view.copies,
            view.copies_choice,
            view.key,
            same=view.same_text,
            hidden=view.hidden,
        )
        facts = words.lines(words.alarm(view.alarm), facts, copies)
        self.query_one("#facts", Static).update(facts)
        tally = self.query_one("#tally", Static)
        tally.display = pile is not None and pile.total > 0
        if pile is not None and pile.total:
            tally.update(progress.tally(pile, max(self.content_region.width, 10), tall=view.tall))
        legend = words.legend(prediction, len(view.labels), view.key, hidden=view.hidden)
        self.query_one("#legend", Static).update(legend if view.in_view and not view.typed else "")
        self.query_one("#model", Static).update(words.model_line(model))
