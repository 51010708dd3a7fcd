"""Classify: one review at a time, typed or from a pile; one key agrees with the model or corrects it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static, TextArea

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.inference.classification import Classification
from core.triage.decisions import recent_piles
from core.triage.decisions_file import DecisionsFile, free_name
from tui.keys.bindings import bindings
from tui.screens.classify import text as words
from tui.screens.classify.controller import ClassifyWork
from tui.screens.classify.dialogs import Choice, ExportDialog, ExportDone, OpenPile
from tui.screens.classify.keys import CLASSIFY
from tui.screens.classify.label_bars import LabelBars, percent
from tui.screens.classify.model import Candidate, candidates
from tui.screens.classify.review_editor import ReviewEditor
from tui.screens.classify.review_text import ReviewText
from tui.shell_command import quoted

_TRAIL = 6
"""Past decisions that are listed where there is room."""
_OF_PILES = frozenset(
    "agree label all_labels skip undo redo next previous first_undecided blind export scroll_by scroll_to_end".split()
)
_OF_TYPING = frozenset(("classify", "write"))


class ClassifyScreen(ClassifyWork):
    """Two ways: a review that you type, and a pile that you walk through."""

    PLACE = "classify"
    HELP = (
        "Let a finished run's model judge reviews, and say whether it is right.\n\n"
        "A pile is a file of reviews, walked through one at a time. Enter agrees with the model, a digit gives a label "
        "of your own, s skips. Each decision is on the disk before the next review shows; u takes decisions back "
        "without limit, also tomorrow. Labels that a file brings with it stay hidden. x writes your decisions to a "
        "file that training reads.\n\n"
        "b hides the model's word until you have said yours, and keeps score: what one sees first sways what one says."
        "\n\nt changes to a single review, typed or pasted, which is classified as you pause."
    )
    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = ""
    TYPING_PAUSE: ClassVar[float] = 0.3
    """Seconds after the last key until a typed review is classified."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(CLASSIFY)

    def body(self) -> ComposeResult:
        with Container(id="desk"):
            with Vertical(id="reading"):
                yield Static("", id="position", markup=False)
                yield ReviewText(id="text")
                yield Static("", id="notice", markup=False)
                yield Static("", id="trail", markup=False)
                yield ReviewEditor("", id="editor", classes="-typing", soft_wrap=True, show_line_numbers=False)
                yield Static(Content("ctrl+s classifies now   esc leaves the text"), id="editor-hint", classes="hint")
            with Vertical(id="panel"):
                yield Static("", id="says", markup=False)
                yield LabelBars(id="bars")
                yield Static("", id="facts", markup=False)
                yield Static("", id="tally", markup=False)
                yield Static("", id="legend", markup=False)
                yield Static("", id="model", markup=False)

    # What is shown

    _live: object = None
    """What decides which keys are live, as the footer last showed them."""

    def on_mount(self) -> None:
        self.typed = self.workbench.pile is None
        if self.typed:
            self.query_one("#editor").focus()
        self.draw()

    def on_resize(self, event: Any) -> None:
        super().on_resize(event)
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        if not self.is_mounted:
            return
        self.set_class(self.typed, "-typed")
        pile, review, prediction = self.pile, self._review(), self.prediction
        tall = not self.has_class("-narrow")
        notice = None if self.typed else self._notice()
        self.set_class(notice is not None, "-notice")
        self.query_one("#notice", Static).update(notice or "")
        if pile is not None and review is not None and notice is None and self._in_view != (pile, review.row):
            self._in_view, self._shown_at = (pile, review.row), time.monotonic()
            self.query_one(ReviewText).show(review.text)
        decision = self.pile_decision
        copy = pile.history.copy_of(review.row, review.hash) if pile and review and not self.typed else None
        waiting = bool(self._typed_text.strip()) if self.typed else review is not None
        self.query_one("#position", Static).update(words.position(pile) if pile and review else "")
        if self.guessing:
            prediction = None  # nothing of it is drawn, anywhere
            self.query_one("#says", Static).update(words.guess_first(self.last_guess, tall=tall))
        else:
            self.query_one("#says", Static).update(
                words.fields(self.model, prediction, waiting=waiting, typed=self.typed)
            )
        self.query_one(LabelBars).show(
            self.model.labels,
            prediction.probabilities if prediction is not None else None,
            prediction.label if prediction is not None else None,
            decision.verdict if decision is not None and not decision.skipped else None,
        )
        self.query_one("#facts", Static).update(words.facts(self.model, prediction, copy, with_name=not tall))
        self._draw_around(prediction)
        live = (self.typed, pile is None, len(self.model.labels), self.model.state == "none")
        if live != self._live:
            self._live = live
            self.refresh_bindings()

    def _draw_around(self, prediction: Classification | None) -> None:
        """The counts, the keys, the model and the top line."""
        pile, panel = self.pile, self.query_one("#panel")
        has_counts = pile is not None and not self.typed and pile.total > 0
        tally = self.query_one("#tally", Static)
        tally.display = has_counts
        if has_counts and pile is not None:
            width = max(panel.content_region.width, 10)
            tally.update(words.tally(pile, width, tall=not self.has_class("-narrow")))
        trail = self.query_one("#trail", Static)
        trail.update(words.trail(pile, trail.content_region.width, _TRAIL) if has_counts and pile is not None else "")
        legend = words.legend(prediction, len(self.model.labels), guessing=self.guessing)
        self.query_one("#legend", Static).update(legend if self._review() is not None and not self.typed else "")
        self.query_one("#model", Static).update(words.model_line(self.model))
        name = self.model.candidate.summary.name if self.model.candidate is not None else "no model yet"
        subject = "a typed review" if self.typed or pile is None else Path(pile.source).name
        self.say_subject(subject if self.has_class("-narrow") else f"{subject} · {name}")

    def _notice(self) -> Content | None:
        """What stands in the place of a review where there is none to show."""
        if self._opening:
            return words.reading(self._opening, "A large file takes a moment, once.")
        if self._problem:
            return words.unreadable(self._problem)
        if self.pile is None:
            return words.no_pile()
        if not self.pile.total:
            return words.empty_pile(self.pile.source)
        return words.finished(self.pile) if self.pile.finished else None

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Decision keys are dead while something is typed, and absent where they mean nothing."""
        typing = self.focused is not None and self.focused.has_class("-typing")
        if action in _OF_PILES:
            known = len(self.model.labels)
            if action == "label":
                known -= int(str(parameters[0]))
            elif action == "all_labels":
                known -= 9
            return bool(not self.typed and not typing and self.pile is not None and known > 0)
        if action in _OF_TYPING:
            return self.typed and (action == "classify" or not typing)
        if action == "train_first":
            return self.model.state == "none"
        return True

    def action_agree(self) -> None:
        """Give the review the label that the model predicts."""
        self._step("agree")

    def action_blind(self) -> None:
        """Guess first: hide the model's word until a review is decided, and keep score."""
        self.blind, self.last_guess = not self.blind, None
        self.draw()

    def action_label(self, number: int) -> None:
        """Give the review a label."""
        self._step("label", self.model.labels[number])

    def action_skip(self) -> None:
        """Pass the review over, on purpose."""
        self._step("skip")

    def action_undo(self) -> None:
        """Take the last decision back."""
        self._step("undo")

    def action_redo(self) -> None:
        """Bring back what was undone last."""
        self._step("redo")

    def action_next(self) -> None:
        """Go on without a decision."""
        self._walk(1)

    def action_previous(self) -> None:
        """Go back without a decision."""
        self._walk(-1)

    def _walk(self, by: int) -> None:
        if self.pile is None or (by > 0 and self.pile.finished):
            return
        row = self.pile.row if self.pile.finished else self.pile.row + by
        if 0 <= row < self.pile.total:
            self._step("go", row=row)
        else:
            self.workbench.say("That was the last review." if by > 0 else "This is the first review.")

    def action_first_undecided(self) -> None:
        """Go to the first review without a decision."""
        if self.pile is not None:
            row = self.pile.history.first_undecided(self.pile.total)
            if row is None:
                self.workbench.say("Every review is decided; x exports.")
            else:
                self._step("go", row=row)

    def action_scroll_by(self, lines: int) -> None:
        """Scroll the review."""
        self.query_one(ReviewText).scroll_relative(y=lines, animate=False)

    def action_scroll_to_end(self, end: bool) -> None:
        """To the end, or the beginning, of the review."""
        text = self.query_one(ReviewText)
        text.scroll_end(animate=False) if end else text.scroll_home(animate=False)

    def action_switch(self) -> None:
        """From the pile to a typed review, or back."""
        self.typed = not self.typed
        self.set_focus(self.query_one("#editor") if self.typed else None)
        self.draw()

    def action_write(self) -> None:
        """Back into the text."""
        self.query_one("#editor").focus()

    def action_train_first(self) -> None:
        """A first model needs data."""
        self.app.switch_mode("data")

    @on(LabelBars.Chosen)
    def _label_clicked(self, message: LabelBars.Chosen) -> None:
        if self.check_action("label", (0,)):
            self._step("label", message.label)

    @work(exit_on_error=False, group="dialog")
    async def action_all_labels(self) -> None:
        """Choose among more labels than there are digits."""
        labels, prediction = self.model.labels, None if self.guessing else self.prediction
        shares = prediction.probabilities if prediction is not None else {}
        options = [(label, percent(shares[label]) if label in shares else "") for label in labels]
        current = labels.index(prediction.label) if prediction is not None else 0
        chosen = await self.app.push_screen_wait(Choice("Which label?", options, current))
        if chosen is not None:
            self._step("label", labels[chosen])

    @work(exit_on_error=False, group="dialog")
    async def action_open(self) -> None:
        """Ask for a file of reviews."""
        suggestions = await asyncio.to_thread(_suggestions)
        chosen = await self.app.push_screen_wait(OpenPile(suggestions))
        if chosen is not None:
            path = Path(chosen).expanduser()
            self._open(str(path) if path.exists() else chosen)

    @work(exit_on_error=False, group="dialog")
    async def action_model(self) -> None:
        """Choose the run whose model answers."""
        try:
            found = await asyncio.to_thread(candidates)
        except ReviewtuiError as error:
            self.workbench.say(error, "error")
            return
        if not found:
            self.workbench.say("No run has a model yet; train one first.", "warning")
            return
        current = next((at for at, one in enumerate(found) if one.run.id == self.model.run_id), 0)
        chosen = await self.app.push_screen_wait(
            Choice("Which run's model?", [_described(one) for one in found], current)
        )
        if chosen is not None and (found[chosen].run.id != self.model.run_id or self.model.state == "failed"):
            self.model.use(found[chosen])
            self.typed_prediction = None
            self.draw()
            self._load()

    @work(exit_on_error=False, group="dialog")
    async def action_export(self) -> None:
        """Write the decisions to a file that training reads."""
        pile = self.pile
        if pile is None:
            return
        if not pile.history.counts.decided:
            self.workbench.say("Nothing is decided yet; an export would be empty.", "warning")
            return
        suggested = await asyncio.to_thread(free_name, Path.cwd(), clean_line(Path(pile.source).stem))
        done: DecisionsFile | None = await self.app.push_screen_wait(ExportDialog(pile.history, suggested))
        if done is not None:
            command = quoted(["reviewtui", "train", str(done.path)])
            if await self.app.push_screen_wait(ExportDone(done, command)):
                self.workbench.open_data(str(done.path))

    # A typed review

    @on(TextArea.Changed)
    def _typed_on(self, event: TextArea.Changed) -> None:
        self._typed_text = event.text_area.text
        if self._typing_timer is not None:
            self._typing_timer.stop()
        if not self._typed_text.strip():
            self.typed_prediction = None
            self.draw()
        elif self.model.state == "warm":
            self._typing_timer = self.set_timer(self.TYPING_PAUSE, self._classify_typed)

    def action_classify(self) -> None:
        """Classify what is typed, now."""
        if not self._typed_text.strip():
            self.workbench.say("Type or paste a review first.")
        elif self.model.state == "none":
            self.workbench.say("No run has a model yet; train one first: esc, then d.", "warning")
        elif self.model.state == "loading":
            self.workbench.say("The model is still loading; the review is classified when it is there.")
        else:
            self._classify_typed()


def _suggestions() -> list[tuple[str, str]]:
    """Files to offer: the sample inbox, and piles opened before; none whose name cannot be shown as it is."""
    from tui.workbench import sample_folder

    sample = str(sample_folder() / "inbox.csv")
    recent = [pile.source for pile in recent_piles() if pile.source != sample]
    offered = [(sample, "the sample inbox"), *((source, clean_line(Path(source).parent)) for source in recent)]
    return [(path, what) for path, what in offered if clean_line(path) == path and Path(path).exists()]


def _described(candidate: Candidate) -> tuple[str, str]:
    summary = candidate.summary
    score = f"{summary.validation.accuracy:.1%} right" if summary.validation else "not evaluated"
    return summary.name, f"{summary.model} · {score} · {', '.join(candidate.labels[:4])} · {summary.id}"
