"""The Data screen: choose reviews, see what they contain, and decide how they are read before training.

It has three stages: picking a source, waiting for the engine, and what was found. This file has the stages and keys;
`reader.py` asks the engine, `findings.py` draws what was found, `lens.py` shows what a limit cuts off, and
`reading_choices.py` lists what can be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, ContentSwitcher, Static

from core.base.text import clean_line
from core.reviews.options import ReadingOptions
from tui.keys.bindings import bindings
from tui.screens.data import report_views
from tui.screens.data.class_names import LabelNames
from tui.screens.data.doubt_views import offer_answers
from tui.screens.data.file_picker import FilePicker
from tui.screens.data.findings import LENGTHS, SAMPLES, Findings
from tui.screens.data.judging import JudgesLabels
from tui.screens.data.keys import DATA, SECTIONS
from tui.screens.data.reader import Stage
from tui.screens.data.reading_choices import Changes, Offer, changed, offer_columns, offer_reading, offer_schemes
from tui.widgets.dialogs import Ask, Choose
from tui.widgets.still import Still
from tui.widgets.tabs import Sections
from tui.workbench import sample_folder

_INTRO = (
    "Reviews come from a file (a table, a spreadsheet, a database, JSON or plain text, compressed or not), from a "
    "folder of files, or from the Hugging Face hub. No file is changed, and nothing leaves this machine."
)


class DataScreen(JudgesLabels):
    """Shows what a source of reviews contains, and how it is read."""

    PLACE = "data"
    CSS_PATH = "screen.tcss"
    HELP = (
        "Choose reviews and see what they contain before training: which columns are the text, the title and the "
        "label, how many reviews each class has, which rows were left out and why, and how long reviews are in "
        "tokens.\n\nLengths shows long reviews as a model would read them: what max_length cuts off is struck through, "
        "between ⟦ and ⟧, while + and − move it and p keeps another part; what the tokenizer does not know is between "
        "⟪ and ⟫. Both are settings of the run, and stay as you leave them.\n\nEverything was detected and everything "
        "can be changed: t text, i title, l label, s how labels become classes, n their names, e how the file is read. "
        "Left and right, or 1 to 5, switch between sections.\n\nv verifies "
        "labels: every review is judged by models that have not seen it, which takes a little longer than classifying "
        "the file once. Those that are probably wrong open as a pile in Classify, where x writes a corrected file."
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(DATA)

    AUTO_FOCUS = ""  # each stage focuses what is useful

    # What stands on the screen

    def body(self) -> ComposeResult:
        with ContentSwitcher(id="stages", initial="picking"):
            with Vertical(id="picking"):
                yield Static(Content.assemble(("Choose reviews\n", "bold"), (_INTRO, "$foreground-muted")), id="intro")
                yield Still("", id="refusal", markup=False)
                yield FilePicker(sample_folder())
            with Vertical(id="waiting"):
                yield Still("", id="progress", markup=False)
            with Vertical(id="found"):
                yield Findings(id="findings")
                yield Still("", id="verdict", markup=False)
                with Horizontal(id="acts"):
                    yield Button(Content("c  Continue to Setup"), "primary", id="continue", compact=True)
                    yield Button(Content("w  Review one by one"), id="work", compact=True)
                    yield Button(Content("o  Open others"), id="open", compact=True)

    def on_screen_resume(self) -> None:
        draft = self.app.draft
        if draft is not self._draft or draft.source != self._source:
            self._draft = draft
            if draft.source:
                self._begin(draft.source, draft.reading)
            else:
                self._source, self._report, self._refusal = "", None, ""
                self._stage("picking")
        elif self._report is not None and not self._preliminary:
            settings = self._settings()
            if self._measured_for != (settings.model, settings.batch_size):
                self._measure()
            elif self._lengths is not None:
                self._draw_lens()

    @property
    def stage(self) -> str:
        """`picking`, `waiting` or `found`."""
        return self.query_one("#stages", ContentSwitcher).current or ""

    def _stage(self, stage: Stage) -> None:
        """Show a stage and focus what is useful there."""
        self.query_one("#stages", ContentSwitcher).current = stage
        self.say_subject(self._source)
        refusal = self.query_one("#refusal", Static)
        refusal.display = bool(self._refusal) and self._report is None
        if stage == "picking":
            hint = "\nPress e to say how it is read, t to name its column of text; or choose another below."
            helps = self._on_disk and "--" in self._refusal  # what flags decide, these keys decide here
            refusal.update(Content(f"✗ {clean_line(self._refusal)}{hint if helps else ''}"))
            self.query_one(FilePicker).focus_list()
        elif stage == "found":
            self.findings.open(self.findings.section)
        else:
            self.set_focus(None)
        self.refresh_bindings()

    def _draw_progress(self, what: str, share: float | None, detail: str, classes: Mapping[str, int]) -> None:
        self.query_one("#progress", Static).update(report_views.waiting(what, self._source, share, detail, classes))

    def _draw_verdict(self, waiting: str = "") -> None:
        """Draw the line above the buttons: whether a run could learn from the reviews, or why not."""
        blocked, waiting = self.blocked, waiting or self.judging
        words = Content.styled(waiting, "$foreground-muted")
        if not waiting:
            words = report_views.verdict(self._report, self._refusal, blocked)
        self.query_one("#verdict", Static).update(words)
        self.query_one("#continue", Button).disabled = bool(blocked)
        self.query_one("#work", Button).disabled = self._wanted is not None
        self.refresh_bindings()

    # What the user does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        stage = self.stage if self.is_mounted else "picking"
        found = stage == "found"
        if action in ("choose_reading", "choose_column"):
            # A source that was refused may be readable with other options.
            refused = stage == "picking" and self._report is None and bool(self._refusal)
            return found or (refused and (action == "choose_reading" or parameters == ("text",)))
        if action == "page":
            return found and self.findings.section in (SAMPLES, LENGTHS)
        if action in ("limit", "truncation"):
            return found and self._lens is not None and self.findings.section == LENGTHS
        if action == "continue":
            return (None if self.blocked else True) if found else False
        if action in (
            "work_through",
            "verify_labels",
            "open",
            "section",
            "open_section",
            "choose_scheme",
            "name_classes",
            "answer",
        ):
            return found
        return True

    def why_not(self, action: str) -> str:
        if self.stage != "found":
            return "" if action in ("section", "open_section", "page") else "Choose reviews first."
        if action in ("limit", "truncation"):
            return "The limit is moved in the section Lengths: press 5."
        return self.blocked if action == "continue" else "Pages are turned in the sections Samples and Lengths."

    def action_continue(self) -> None:
        """Go to the settings of the run."""
        if not self.blocked:
            self.app.draft.report = self._report
            self.app.switch_mode("setup")

    def action_work_through(self) -> None:
        """Review one by one, on the Classify screen."""
        if self._report is not None and self._wanted is None:
            self.app.open_classify(pile=self._source, reading=self.app.draft.reading)

    def action_open(self) -> None:
        """Choose other reviews."""
        self._stage("picking")

    def action_back(self) -> None:
        """Leave the input, cancel a reading, or go back to what was found or to the previous screen."""
        if self.focused is not None and self.focused.has_class("-typing"):
            self.query_one(FilePicker).focus_list()
        elif self.stage == "waiting" or self._preliminary:
            self.workers.cancel_group(self, "inspect")
            self._wanted = None
            if self._preliminary:
                self._report, self._preliminary = None, False
            self._stage("picking")
        elif self.stage == "picking" and self._report is not None:
            self._stage("found")
        else:
            super().action_back()

    def action_section(self, step: int) -> None:
        """Open the next section, or the previous one."""
        self.action_open_section((self.findings.section + step) % len(SECTIONS))

    def action_open_section(self, index: int) -> None:
        """Open a section by its number."""
        self.findings.open(index)
        if index == LENGTHS:
            self.open_lens()
        self.refresh_bindings()

    def action_page(self, step: int) -> None:
        """Turn a page of samples, or show another long review."""
        if self.findings.section == LENGTHS:
            self.show_other(step)
        else:
            self.findings.turn(step)

    def action_limit(self, by: int) -> None:
        """Raise or lower the limit on tokens."""
        self.change_limit(by)

    def action_truncation(self) -> None:
        """Keep another part of long reviews."""
        self.change_truncation()

    def action_choose_column(self, role: str) -> None:
        """Choose the column of the text, the title or the label."""
        if self._report is not None:
            self._offer(offer_columns(self._report, role))
        else:
            title = "The name of the column that holds the reviews"
            self.app.push_screen(Ask(title), lambda name: self._change({"text": name}) if name else None)

    def action_choose_scheme(self) -> None:
        """Choose how labels become classes."""
        if self._report is not None and self._has_labels():
            self._offer(offer_schemes(self._report))

    def action_answer(self) -> None:
        """Decide a close call of reading otherwise."""
        offer = offer_answers(self._report) if self._report is not None else None
        if offer is not None and offer.lines:
            self._offer(offer)
        else:
            self.app.say("There are no questions about how this is read.")

    def action_choose_reading(self) -> None:
        """Choose encoding, delimiter and header."""
        offer = offer_reading(self._report, self.app.draft.reading)
        if offer.lines:
            self._offer(offer)
        else:
            self.app.say("There is nothing to choose: this format defines how it is read.")

    def action_name_classes(self) -> None:
        """Give the classes other names."""
        if self._report is None or not self._has_labels():
            return
        given = self.app.draft.reading.label_names

        def named(names: dict[str, str] | None) -> None:
            if names is not None and names != given:
                self._change({"label_names": names})

        self.app.push_screen(LabelNames(self._report.label_names, given), named)

    def _has_labels(self) -> bool:
        """Return whether there is a label column; say what to do if there is none."""
        labelled = self._report is not None and bool(self._report.label_column)
        if not labelled:
            self.app.say("Choose a column of labels first: l.")
        return labelled

    def _offer(self, offer: Offer) -> None:
        """Show a list of choices; the source is read again with what is chosen."""

        def chosen(index: int | None) -> None:
            if index is None:
                return
            changes = offer.changes[index]
            name = next(iter(changes))
            if changes[name] is not ...:
                self._change(changes)
            else:
                self.app.push_screen(Ask(f"The {name}"), lambda text: self._change({name: text}) if text else None)

        self.app.push_screen(Choose(offer.title, offer.lines, offer.current, offer.help), chosen)

    def _change(self, changes: Changes) -> None:
        """Read the source again with `changes` to the options in use."""
        self._ask(changed(self._wanted or self.app.draft.reading, changes))

    def on_file_picker_picked(self, message: FilePicker.Picked) -> None:
        """Begin with other reviews; the settings of the run stay."""
        draft = self.app.draft
        draft.source, draft.reading, draft.report, draft.name = message.source, ReadingOptions(), None, ""
        self._begin(message.source, draft.reading)

    def on_findings_rows_wanted(self, message: Findings.RowsWanted) -> None:
        self._fetch(message.start)

    def on_sections_chosen(self, message: Sections.Chosen) -> None:
        self.action_open_section(message.index)

    def on_button_pressed(self, message: Button.Pressed) -> None:
        actions = {"continue": self.action_continue, "work": self.action_work_through, "open": self.action_open}
        actions[message.button.id or ""]()
