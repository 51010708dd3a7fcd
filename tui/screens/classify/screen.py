"""Classify: one review at a time, typed or from a pile; one key agrees with the model or corrects it."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static, TextArea

from core.comparison.kept import answers_in
from core.data.truncation import Span, lost_characters
from core.suspicion.pile import doubt_in
from tui.keys.bindings import bindings
from tui.screens.classify import order_text, progress
from tui.screens.classify import text as words
from tui.screens.classify.certifying import Certifying
from tui.screens.classify.correcting import ask_corrected
from tui.screens.classify.keys import CLASSIFY, MAX_DIGITS
from tui.screens.classify.label_bars import LabelBars
from tui.screens.classify.learning import Learning
from tui.screens.classify.note_line import NoteLine
from tui.screens.classify.ordering import Ordering
from tui.screens.classify.panel import Panel, View
from tui.screens.classify.questions import ask_export, ask_file, ask_model
from tui.screens.classify.reasons_work import ReasonsWork
from tui.screens.classify.review_editor import ReviewEditor
from tui.screens.classify.review_text import ReviewText
from tui.widgets.line_input import LineInput
from tui.widgets.still import Still

_MAX_TRAIL = 6
"""The most past decisions that are listed."""
_OF_PILES = frozenset(
    "agree label all_labels decide undo redo note list next previous first_undecided number requeue new_label copies "
    "learn certificate blind export order filter".split()
)
_SCROLLING = frozenset(("scroll_by", "scroll_to_end"))


class ClassifyScreen(ReasonsWork, Certifying, Learning, Ordering):
    """Classifies either a review that is typed, or the reviews of a pile one by one."""

    PLACE = "classify"
    HELP = (
        "Let a run's model classify reviews, and say whether it is right.\n\n"
        "A pile is a file of reviews to go through one by one. One key agrees with the model, a digit gives another "
        "label, and others skip a review, flag it for somebody to look at, or say that it is ambiguous, so that no "
        "label is right. Each decision is saved before the next review is shown, and can be undone at any time, even "
        "after a restart. The list of decisions leads back to any of them. Labels in the file itself stay hidden. An "
        "export writes your decisions to a file that training reads.\n\n"
        "The order decides which reviews come first: those that the model is least sure of, for instance. It is ranked "
        "as the model gets through the pile in the background, and one review in ten comes at random. A filter takes "
        "words, and label:negative, predicted:positive, p<0.7, state:undecided, disagree:you, length>100, copies>0 or "
        "note:late; a minus turns a term around.\n\n"
        "Blind mode hides the model's answer until you have labelled a review, because seeing it influences the label. "
        "It counts how often you agree.\n\nA pile of doubted labels, from Data, shows the label in the file and what a "
        "model says that was trained without the review; the export then writes the file with corrected labels.\n\n"
        "A single review, typed or pasted, is classified whenever you pause typing."
    )
    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = bindings(CLASSIFY)

    def body(self) -> ComposeResult:
        with Container(id="desk"):
            with Vertical(id="reading"):
                with Horizontal(id="filter"):
                    yield Still("/", markup=False)
                    yield LineInput(placeholder="words  label:negative  p<0.7  state:undecided", id="filter-line")
                    yield Still("", id="filter-words", markup=False)
                yield Still("", id="position", markup=False)
                yield ReviewText(id="text")
                yield Still("", id="notice", markup=False)
                yield Still("", id="note", markup=False)
                yield NoteLine(id="note-line", select_on_focus=False)
                yield Still("", id="said", markup=False)
                yield Still("", id="trail", markup=False)
                yield ReviewEditor("", id="editor", classes="-typing", highlight_cursor_line=False)
                yield Still(
                    Content("ctrl+s classifies now   esc leaves the text, then o opens a file"),
                    id="editor-hint",
                    classes="hint",
                )
            yield Panel(id="panel")

    # What is shown

    _live: object = None
    """The state on which the available keys depend, as of the last update of the footer."""

    def on_mount(self) -> None:
        self.draw()

    def on_resize(self, event: Any) -> None:
        super().on_resize(event)
        self.call_after_refresh(self.draw)

    def begin_typing(self) -> None:
        self.typed = True
        self.set_focus(self.query_one("#editor"))

    def draw(self) -> None:
        if not self.is_mounted:
            return
        self.set_class(self.typed, "-typed")
        self._follow_soon()
        pile, review = self.pile, self._review()
        notice = None if self.typed else self._notice()
        self.set_class(notice is not None, "-notice")
        self.query_one("#notice", Static).update(notice or "")
        if pile is not None and review is not None and notice is None:
            self._is_shown(pile, review)
            self.query_one(ReviewText).show(review.text, *self._marks(review.text), self.reason_marks())
        self._mark_typed()
        if self.typed and self.reasons is not None:
            self.query_one(ReviewText).show(self._typed_text, *self._marks(self._typed_text), self.reason_marks())
        coming = order_text.coming(pile, self.order, self.scoring) if pile is not None else ""
        place = words.position(pile, self.key, coming) if pile is not None and review is not None else ""
        self.query_one("#position", Static).update(place)
        self.query_one("#filter-words", Static).update(self.filter_words())
        self.query_one("#said", Static).update(words.said(self.said))
        noted = pile.history.note(review.row, review.hash) if pile and review and notice is None else ""
        self.query_one("#note", Static).update(words.note(noted, self.key))
        self.set_class(bool(noted) and not self.typed, "-noted")
        trail = self.query_one("#trail", Static)
        listed = pile is not None and trail.display and pile.total > 0
        width = trail.content_region.width
        hidden = review.hash if review is not None and self.label_first else ""
        trail.update(progress.trail(pile, width, _MAX_TRAIL, self.key, hidden) if listed and pile is not None else "")
        self.query_one(Panel).show(self._view())
        self.show_reasons()
        name = self.model.candidate.summary.name if self.model.candidate is not None else "no model yet"
        subject = "a typed review" if self.typed or pile is None else words.title(pile.source, self.suspects)
        self.say_subject(subject if self.has_class("-narrow") else f"{subject} · {name}")
        live = (self.can_explain, self.typed, pile is None, len(self.labels), self.model.state, self.label_first)
        if live != self._live:
            self._live = live
            self.refresh_bindings()

    def _marks(self, text: str) -> tuple[Span | None, tuple[Span, ...]]:
        """Return the part of the review in view that the model does not read, and those that its tokenizer does not
        know, as far as its tokens are known."""
        places, model = self.places, self.model
        if places is None or model.max_length is None:
            return None, ()
        return lost_characters(places, len(text), model.max_length, model.truncation), places.unknown

    def _mark_typed(self) -> None:
        """Mark what is typed, once the model has read it as it is now."""
        editor = self.query_one(ReviewEditor)
        if self.typed_prediction is None:
            editor.mark()
        elif self.typed and self.typed_places is not None and self._marked_text == editor.text:
            editor.mark(*self._marks(editor.text))

    def _view(self) -> View:
        pile, review = None if self.typed else self.pile, self._review()
        return View(
            model=self.model,
            labels=self.labels,
            pile=pile,
            prediction=None if self.label_first else self.prediction,
            voices=answers_in(review.columns) if review is not None and pile is not None else (),
            doubt=doubt_in(review.columns) if review is not None and self.suspects is not None else None,
            places=self.places,
            decision=self.pile_decision,
            copy=pile.earlier if pile and review else None,
            same_text=bool(pile and review and pile.earlier and pile.earlier.hash == review.hash),
            copies=len(pile.copies) if pile else 0,
            copies_choice=self.copies_choice,
            hidden=self.label_first,
            last_guess=self.last_guess,
            in_view=review is not None,
            typed=self.typed,
            waiting=bool(self._typed_text.strip()) if self.typed else review is not None,
            alarm=self.withdrawn,
            key=self.key,
            tall=not self.has_class("-narrow"),
        )

    def _notice(self) -> Content | None:
        """Return the text to show in place of a review; None if there is a review to show."""
        if self._opening:
            return words.reading(self._opening, "A large file takes a moment, once.")
        if self._problem:
            return words.unreadable(self._problem, self.key)
        if self.pile is None:
            return words.no_pile(self.key) if self._looked else Content("")
        if not self.pile.total:
            return words.empty_pile(self.pile.source, self.key)
        if not self.pile.shown:
            return order_text.nothing_fits()
        if not self.pile.finished:
            return None
        return words.lines(words.alarm(self.withdrawn), progress.finished(self.pile, self.key))

    # Which keys act

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable decision keys while text is typed, and hide them where they do not apply."""
        typing = self.focused is not None and self.focused.has_class("-typing")
        on_pile = not self.typed and not typing and self.pile is not None
        if action == "label":
            return on_pile and int(str(parameters[0])) < len(self.labels)
        if action == "all_labels":
            return on_pile and len(self.labels) > MAX_DIGITS
        if action == "agree":
            return on_pile and not self.label_first
        if action in _OF_PILES or action in _SCROLLING:
            return on_pile or (action in _SCROLLING and self.reasons is not None)
        if action == "classify":
            return self.typed
        if action == "write":
            return self.typed and not typing
        if action == "train_first":
            return self.model.state == "none"
        return super().check_action(action, parameters)

    def explain(self, sentence: str) -> None:
        """Say why a key does nothing, where no notice hides the labels."""
        self.said = sentence
        self.draw()

    def why_not(self, action: str) -> str:
        if action == "train_first":
            return "There is a model already: m chooses another, g d leads to Data."
        if action == "classify":
            return "ctrl+s classifies a typed review: t types one."
        if action not in _OF_PILES:
            return super().why_not(action)
        if self.typed:
            return "This key belongs to a pile of reviews: t leads back to it." if self.focused is None else ""
        if self.pile is None:
            return "No pile of reviews is open: o opens one."
        if action == "label":
            return f"There are {len(self.labels)} labels: no such digit."
        if action == "all_labels":
            return "Every label has its own digit."
        return "Label first: a digit gives your label; b shows the model's answer." if action == "agree" else ""

    # What they do

    async def action_note(self) -> None:
        """Write a note about the review in view."""
        await self._settled()  # what is typed from here on is the note
        pile, review = self.pile, self._review()
        if pile is None or review is None:
            return
        line = self.query_one(NoteLine)
        draft = self.note_drafts.pop((review.row, review.hash), None)
        line.value = pile.history.note(review.row, review.hash) if draft is None else draft
        line.cursor_position = len(line.value)
        self.add_class("-noting")
        self.set_focus(line)
        self.said = "A note about this review: enter keeps it, esc leaves it as it was."
        self.draw()

    @on(Input.Submitted, "#note-line")
    def _note_written(self, event: Input.Submitted) -> None:
        event.stop()
        self._end_note()
        self._step(partial(self._note, " ".join(event.value.split())))

    @on(NoteLine.Left)
    def _note_left(self, event: NoteLine.Left) -> None:
        pile, review = self.pile, self._review()
        self._end_note()
        self.said = ""
        if pile is not None and review is not None and event.text != pile.history.note(review.row, review.hash):
            self.note_drafts[review.row, review.hash] = event.text
            self.said = f"The note was not saved; {self.key('classify.note')} goes on with it."
        self.draw()

    def _end_note(self) -> None:
        self.remove_class("-noting")
        self.set_focus(None)

    def action_scroll_by(self, lines: int) -> None:
        """Scroll the review."""
        self.query_one(ReviewText).scroll_relative(y=lines, animate=False)

    def action_scroll_to_end(self, end: bool) -> None:
        """Scroll to the end, or the start, of the review."""
        text = self.query_one(ReviewText)
        text.scroll_end(animate=False) if end else text.scroll_home(animate=False)

    def action_train_first(self) -> None:
        """Choose data to train a first model on."""
        self.app.switch_mode("data")

    @on(LabelBars.Chosen)
    def _label_clicked(self, message: LabelBars.Chosen) -> None:
        if self.check_action("label", (0,)):
            self.give_label(message.label)

    # Questions

    @work(exit_on_error=False, group="dialog")
    async def action_open(self) -> None:
        """Open a file of reviews."""
        if (source := await ask_file(self.app)) is not None:
            self.open_pile(source)

    @work(exit_on_error=False, group="dialog")
    async def action_model(self) -> None:
        """Choose the run whose model answers."""
        found = await ask_model(self.app, self.model.run_id)
        if found is not None and (found.run.id != self.model.run_id or self.model.state == "failed"):
            self.use_model(found)

    @work(exit_on_error=False, group="dialog")
    async def action_export(self) -> None:
        """Write the decisions, or the file whose labels they correct, to a file that training reads."""
        if self.suspects is not None:
            await self._settled()
            await ask_corrected(self.app, self.suspects)
        elif self.pile is not None:
            await ask_export(self.app, self.pile)

    # A typed review

    def action_switch(self) -> None:
        """Switch between the pile and a typed review."""
        self.typed = not self.typed
        self.set_focus(self.query_one("#editor") if self.typed else None)
        self.draw()

    def action_write(self) -> None:
        """Focus the text."""
        self.leave_reasons()
        self.query_one("#editor").focus()

    @on(TextArea.Changed)
    def _typed_on(self, event: TextArea.Changed) -> None:
        self._typed_text = event.text_area.text
        if self._typing_timer is not None:
            self._typing_timer.stop()
        if not self._typed_text.strip():
            self.typed_prediction = self.typed_places = None
            self.draw()
        elif self.model.state == "warm":
            self._typing_timer = self.set_timer(self.TYPING_PAUSE, self._classify_typed)

    def action_classify(self) -> None:
        """Classify what is typed, now."""
        if not self._typed_text.strip():
            self.app.say("Type or paste a review first.")
        elif self.model.state == "none":
            self.app.say("No run has a model yet; train one first: esc, then d.", "warning")
        elif self.model.state == "unchosen":
            self.app.say("No model is chosen: esc, then m.", "warning")
        elif self.model.state == "loading":
            self.app.say("The model is still loading; the review is classified once it is loaded.")
        else:
            self._classify_typed()
