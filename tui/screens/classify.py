"""Classify: one review at a time, typed or from a pile; one key agrees with the model or corrects it."""

from __future__ import annotations

import asyncio
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static, TextArea
from textual.worker import Worker, WorkerState

from core.clean import clean_line
from core.errors import ReviewtuiError
from core.runs.folder import RunFolder
from core.triage.decisions import recent_piles
from core.triage.export import Exported, free_name
from tui.places import Place
from tui.widgets import classify_words as words
from tui.widgets.classify_dialogs import Choice, ExportDialog, ExportDone, OpenPile
from tui.widgets.label_bars import LabelBars, percent
from tui.widgets.model_in_use import Candidate, ModelInUse, candidates, first_candidate, has_model
from tui.widgets.pile import Pile, PileChanged, Prediction, Review
from tui.widgets.review_editor import ReviewEditor
from tui.widgets.review_text import ReviewText

if TYPE_CHECKING:
    from tui.app import Workbench

_BATCH = 8
"""Reviews that the model is asked about at once, ahead of the one in view."""
_AHEAD = 24
_OF_PILES = frozenset(
    "agree label all_labels skip undo redo next previous first_undecided export scroll_by scroll_to_end".split()
)
_OF_TYPING = frozenset(("classify", "write"))


class ClassifyScreen(Place):
    """Two ways: a review that you type, and a pile that you walk through."""

    PLACE = "classify"
    HELP = """
Let a finished run's model judge reviews, and say whether it is right.

A pile is a file of reviews, walked through one at a time. Enter agrees with the model, a digit gives a label of your
own, s skips. Each decision is on the disk before the next review shows; u takes decisions back without limit, also
tomorrow. Labels that a file brings with it stay hidden. x writes your decisions to a file that training reads.

t changes to a single review, typed or pasted, which is classified as you pause.
"""
    CSS_PATH = "classify.tcss"
    AUTO_FOCUS = ""
    TYPING_PAUSE: ClassVar[float] = 0.3
    """Seconds after the last key until a typed review is classified."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,a", "agree", "Agree", id="classify.agree"),
        *(
            Binding(str(number), f"label({number - 1})", f"Label {number}", id=f"classify.label_{number}", show=False)
            for number in range(1, 10)
        ),
        Binding("l", "all_labels", "Labels", id="classify.labels"),
        Binding("s", "skip", "Skip", id="classify.skip"),
        Binding("u", "undo", "Undo", id="classify.undo"),
        Binding("r,ctrl+y", "redo", "Redo", id="classify.redo", show=False),
        Binding("n,j,right", "next", "Next", id="classify.next", show=False),
        Binding("p,k,left", "previous", "Previous", id="classify.previous", show=False),
        Binding("f", "first_undecided", "First undecided", id="classify.first_undecided", show=False),
        Binding("ctrl+s", "classify", "Classify", id="classify.classify"),
        Binding("enter,i", "write", "Write", id="classify.write"),
        Binding("x", "export", "Export", id="classify.export"),
        Binding("o", "open", "Open", id="classify.open"),
        Binding("t", "switch", "Type", id="classify.switch", tooltip="A typed review, or back to the pile"),
        Binding("m", "model", "Model", id="classify.model"),
        Binding("d", "train_first", "Data", id="classify.data", tooltip="Choose data to train a first model on"),
        Binding("down", "scroll_by(1)", "Scroll down", id="classify.down", show=False),
        Binding("up", "scroll_by(-1)", "Scroll up", id="classify.up", show=False),
        Binding("pagedown,space", "scroll_by(10)", "Page down", id="classify.page_down", show=False),
        Binding("pageup", "scroll_by(-10)", "Page up", id="classify.page_up", show=False),
        Binding("home", "scroll_to_end(False)", "Beginning of the review", id="classify.home", show=False),
        Binding("end", "scroll_to_end(True)", "End of the review", id="classify.end", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.model = ModelInUse(self._ask)
        self.pile: Pile | None = None
        self.typed = False
        """Whether a typed review is in view instead of the pile."""
        self.typed_prediction: Prediction | None = None
        self._typed_text = ""
        self._problem = ""
        """Why the pile could not be opened."""
        self._opening = ""
        """The file being opened."""
        self._looked = False
        self._run_seen: RunFolder | None = None
        self._source_seen: str | None = None
        self._predicting = False
        self._deciding = asyncio.Lock()
        self._in_view: object = None
        self._shown_at = time.monotonic()
        self._typing_timer: Timer | None = None

    @property
    def workbench(self) -> Workbench:
        """The app, typed."""
        return cast("Workbench", self.app)

    def body(self) -> ComposeResult:
        with Container(id="desk"):
            with Vertical(id="reading"):
                yield Static("", id="position", markup=False)
                yield ReviewText(id="text")
                yield Static("", id="notice", markup=False)
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

    def on_mount(self) -> None:
        self.typed = self.workbench.pile is None
        if self.typed:
            self.query_one("#editor").focus()
        self._draw()

    def on_screen_resume(self) -> None:
        """Take up what another place has chosen meanwhile: a pile, a run, a first model."""
        app = self.workbench
        news = app.pile != self._source_seen or app.run_in_view is not self._run_seen
        if not self._looked or news or self.model.state in ("none", "failed"):
            self._looked = True
            self._look()

    async def on_unmount(self) -> None:
        if self.pile is not None:
            await self.pile.close()

    def on_resize(self, event: Any) -> None:
        super().on_resize(event)
        self.call_after_refresh(self._draw)

    @property
    def prediction(self) -> Prediction | None:
        """What the model says of the review in view."""
        if self.typed:
            return self.typed_prediction
        review = self._review()
        return self.model.said(review.hash) if review is not None else None

    def _review(self) -> Review | None:
        """The review of the pile that is in view and can be decided."""
        return self.pile.review if self.pile is not None and not self.pile.finished else None

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        self.set_class(self.typed, "-typed")
        pile, review, prediction = self.pile, self._review(), self.prediction
        notice = None if self.typed else self._notice()
        self.set_class(notice is not None, "-notice")
        self.query_one("#notice", Static).update(notice or "")
        if review is not None and notice is None and self._in_view != (self.pile, review.row):
            self._in_view, self._shown_at = (self.pile, review.row), time.monotonic()
            self.query_one(ReviewText).show(review.text)
        decision = pile.decision if pile is not None and review is not None and not self.typed else None
        copy = pile.history.copy_of(review.row, review.hash) if pile and review and not self.typed else None
        waiting = review is not None or (self.typed and bool(self._typed_text.strip()))
        self.query_one("#position", Static).update(words.position(pile) if pile and review else "")
        self.query_one("#says", Static).update(words.says(self.model, prediction, waiting=waiting))
        self.query_one(LabelBars).show(
            self.model.labels,
            prediction.probabilities if prediction is not None else None,
            prediction.label if prediction is not None else None,
            decision.verdict if decision is not None and not decision.skipped else None,
        )
        self.query_one("#facts", Static).update(words.facts(self.model, prediction, copy))
        self._draw_around(prediction)
        self.refresh_bindings()

    def _draw_around(self, prediction: Prediction | None) -> None:
        """The counts, the keys, the model and the top line."""
        pile, panel = self.pile, self.query_one("#panel")
        has_counts = pile is not None and not self.typed and pile.total > 0
        tally = self.query_one("#tally", Static)
        tally.display = has_counts
        if has_counts and pile is not None:
            width = max(panel.content_region.width, 10)
            tally.update(words.tally(pile, width, tall=not self.has_class("-narrow")))
        self.query_one("#legend", Static).update(
            words.legend(prediction, len(self.model.labels)) if self._review() is not None and not self.typed else ""
        )
        self.query_one("#model", Static).update(words.model_line(self.model))
        name = self.model.candidate.summary.name if self.model.candidate is not None else "no model yet"
        subject = "a typed review" if self.typed or pile is None else Path(pile.source).name
        self.say_subject(f"{subject} · {name}")

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

    # Work that waits for the engine or the disk

    async def _ask(self, method: str, params: dict[str, Any], progress: Any = None) -> Any:
        return await self.workbench.ask(method, params, progress)

    @work(exclusive=True, exit_on_error=False, group="look")
    async def _look(self) -> None:
        """Find the model, open the pile, then load the model: the text can be read before the model is there."""
        app = self.workbench
        run, self._run_seen = app.run_in_view, app.run_in_view
        try:
            if self.model.candidate is None or (run is not None and await asyncio.to_thread(has_model, run)):
                found = await asyncio.to_thread(first_candidate, run)
                if self.model.run_id != (found.run.id if found else None) or found is None:
                    self.model.use(found)
        except ReviewtuiError as error:
            self.model.use(None)
            app.say(error, "error")
        self._draw()
        if app.pile is not None and app.pile != self._source_seen:
            await self._open_now(app.pile)
        if self.model.state in ("loading", "failed"):
            await self._load_now()

    @work(exclusive=True, exit_on_error=False, group="look")
    async def _open(self, source: str) -> None:
        await self._open_now(source)
        if self.model.state == "loading":
            await self._load_now()

    async def _open_now(self, source: str) -> None:
        app = self.workbench
        self._opening, self._problem, self.typed = source, "", False
        app.pile = self._source_seen = source
        self._in_view = None
        before, self.pile = self.pile, None
        self._draw()
        if before is not None:
            await before.close()
        pile = Pile(source, self._ask)
        try:
            await pile.open()
        except ReviewtuiError as error:
            self._problem = str(error)
        else:
            self.pile = pile
            self._tell(pile)
        finally:
            self._opening = ""
            self._draw()
        self._predict_soon()

    def _tell(self, pile: Pile) -> None:
        """What is worth knowing about a pile that was opened."""
        if pile.damaged:
            records = "record" if pile.damaged == 1 else "records"
            self.workbench.say(f"{pile.damaged} damaged {records} in the decision log passed over.", "warning")
        if pile.returned:
            self.workbench.say(f"The file has changed: {pile.returned} decided reviews were found elsewhere in it.")

    @work(exclusive=True, exit_on_error=False, group="look")
    async def _load(self) -> None:
        await self._load_now()

    async def _load_now(self) -> None:
        def progress(what: str, fraction: float | None) -> None:
            self.model.message = what if fraction is None else f"{what} {fraction:.0%}"
            self._draw()

        try:
            await self.model.load(progress)
        except ReviewtuiError:
            self._draw()  # the panel says why
            return
        self._draw()
        self._predict_soon()
        if self.typed and self._typed_text.strip():
            self._classify_typed()

    def _predict_soon(self) -> None:
        if not self._predicting and self.model.state in ("warm", "failed") and self._wanted():
            self._predicting = True
            self._predict()

    def _wanted(self) -> list[Review]:
        """The review in view if it has no prediction, alone, so that it comes first; else the next few without one."""
        if self.pile is None or self.pile.finished:
            return []
        ahead = self.pile.ahead(_AHEAD)
        missing = [review for review in ahead if self.model.said(review.hash) is None]
        if not missing or missing[0].row == self.pile.row:
            return missing[:1]
        return missing[:_BATCH] if len(missing) >= _BATCH or missing[0].row - self.pile.row < _BATCH else []

    @work(exit_on_error=False, group="predict")
    async def _predict(self) -> None:
        try:
            while wanted := self._wanted():
                await self.model.classify([review.text for review in wanted], [review.hash for review in wanted])
                self._draw()
        except ReviewtuiError:
            self._draw()  # the panel says why; the next step through the pile tries again
        finally:
            self._predicting = False

    @work(exclusive=True, exit_on_error=False, group="fetch")
    async def _prefetch(self) -> None:
        if self.pile is not None:
            try:
                await self.pile.prefetch()
            except PileChanged as changed:
                self._reopen(changed)
            except ReviewtuiError:
                return  # it is asked for again, and answered for, when the person gets there
            self._predict_soon()

    def _reopen(self, changed: PileChanged) -> None:
        if self.pile is not None:
            self.workbench.say(changed, "warning")
            self._open(self.pile.source)

    @work(exit_on_error=False, group="decide")
    async def _step(self, do: str, label: str | None = None, row: int = 0) -> None:
        """One key's work on the pile. Keys are worked off in their order, each on the review then in view."""
        async with self._deciding:
            pile = self.pile
            if pile is None:
                return
            try:
                if do == "go":
                    await pile.go(row)
                elif do in ("undo", "redo"):
                    await self._back_and_forth(pile, do)
                else:
                    await self._decide(pile, do, label)
            except PileChanged as changed:
                self._reopen(changed)
            except ReviewtuiError as error:
                self.workbench.say(error, "error")
            self._draw()
        self._predict_soon()
        self._prefetch()

    async def _decide(self, pile: Pile, do: str, label: str | None) -> None:
        prediction = self.prediction
        if self._review() is None:
            self.workbench.say("Every review is decided; p walks back to one, u takes the last decision back.")
            return
        if do == "agree":
            if prediction is None:
                self.workbench.say("There is no prediction to agree with yet; a digit gives a label.", "warning")
                return
            label = prediction.label
        await pile.decide(label, prediction, self.model.run_id, time.monotonic() - self._shown_at)

    async def _back_and_forth(self, pile: Pile, do: str) -> None:
        found = await (pile.undo() if do == "undo" else pile.redo())
        if found is None:
            self.workbench.say(f"There is nothing to {do}.")
        elif found.row < 0:
            self.workbench.say("That decision was about a review that is no longer in the file.")

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
            return not self.typed and not typing and self.pile is not None and known > 0
        if action in _OF_TYPING:
            return self.typed and (action == "classify" or not typing)
        if action == "train_first":
            return self.model.state == "none"
        return True

    def action_agree(self) -> None:
        """Give the review the label that the model predicts."""
        self._step("agree")

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
        self._draw()

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
        labels, prediction = self.model.labels, self.prediction
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
            self._draw()
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
        done: Exported | None = await self.app.push_screen_wait(ExportDialog(pile.history, suggested))
        if done is not None:
            command = f"reviewtui train {shlex.quote(str(done.path))}"
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
            self._draw()
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

    @work(exclusive=True, exit_on_error=False, group="typed")
    async def _classify_typed(self) -> None:
        text = self._typed_text
        try:
            found = await self.model.classify([text])
        except ReviewtuiError:
            found = []  # the panel says why
        self.typed_prediction = found[0] if found else None
        self._draw()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What no one foresaw is said, not swallowed."""
        if event.state == WorkerState.ERROR:
            self.workbench.say(f"An unforeseen {type(event.worker.error).__name__}: {event.worker.error}", "error")


def _suggestions() -> list[tuple[str, str]]:
    """Files to offer: the sample inbox, and piles opened before; none whose name cannot be shown as it is."""
    from tui.app import sample_folder

    sample = str(sample_folder() / "inbox.csv")
    recent = [pile.source for pile in recent_piles() if pile.source != sample]
    offered = [(sample, "the sample inbox"), *((source, clean_line(Path(source).parent)) for source in recent)]
    return [(path, what) for path, what in offered if clean_line(path) == path and Path(path).exists()]


def _described(candidate: Candidate) -> tuple[str, str]:
    summary = candidate.summary
    score = f"{summary.validation['accuracy']:.1%} right" if summary.validation else "not evaluated"
    return summary.name, f"{summary.model} · {score} · {', '.join(candidate.labels[:4])} · {summary.id}"
