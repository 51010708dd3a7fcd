"""The Data screen: choose reviews, see what they hold, and settle how they are read before anything is trained.

Three stages: picking a source, waiting for the engine, and what was found. This file is the flow between them; what
was found is drawn by `tui/screens/data/findings.py`, and what may be chosen about the reading is in
`tui/screens/data/reading_choices.py`.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, ContentSwitcher, Static
from textual.worker import Worker

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.data.length_report import LengthReport
from core.engine.data_requests import Inspect, Inspection, MeasureLengths, Rows
from core.reviews.formats.registry import format_titles
from core.reviews.options import ReadingOptions
from core.reviews.report import ReadingReport
from core.reviews.sources import absolute_source
from core.settings.presets import preset
from core.settings.schema import Settings
from tui.form_values import check
from tui.keys.bindings import bindings
from tui.screens.base import Place
from tui.screens.data import report_views
from tui.screens.data.class_names import LabelNames
from tui.screens.data.file_listing import existing
from tui.screens.data.file_picker import FilePicker
from tui.screens.data.findings import FETCHED, SAMPLES, Findings
from tui.screens.data.keys import DATA, SECTIONS
from tui.screens.data.reading_choices import Changes, Offer, changed, offer_columns, offer_reading, offer_schemes
from tui.state import Draft
from tui.widgets.dialogs import Ask, Choose
from tui.widgets.responsive import gauge
from tui.widgets.tabs import Sections
from tui.workbench import sample_folder

_INTRO = (
    f"Reviews come from a file ({format_titles()}), a folder of them, or the Hugging Face hub. Nothing is changed in "
    "them, and nothing leaves this machine."
)


class DataScreen(Place):
    """What a source of reviews holds, and how it is read."""

    PLACE = "data"
    CSS_PATH = "screen.tcss"
    HELP = (
        "Choose reviews and see what they hold before anything is trained on them: which columns are the text, the "
        "title and the label, how many reviews each class has, which rows were left out and why, and how long reviews "
        "are in tokens.\n\nEverything was detected and everything can be changed: t text, i title, l label, s how "
        "labels become classes, n their names, e how the file is read. Left and right, or 1 to 5, turn the sections."
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(DATA)

    AUTO_FOCUS = ""  # each stage puts the keys where they are useful
    findings = getters.query_one(Findings)

    def __init__(self) -> None:
        super().__init__()
        self._draft: Draft | None = None
        """The draft that this screen shows; the app may begin another."""
        self._source = ""
        self._wanted: ReadingOptions | None = None
        """What is being asked for now; None when nothing is."""
        self._report: ReadingReport | None = None
        self._trainable = ""
        """Why a run could not learn from it; empty if it could."""
        self._refusal = ""
        self._on_disk = False
        """Whether the source is a path that exists: only then another reading may help."""
        self._lengths: LengthReport | None = None
        self._measured_for: tuple[str, int] = ("", 0)
        """Model and batch size that the lengths were, or are being, measured for."""

    # What stands on the screen

    def body(self) -> ComposeResult:
        with ContentSwitcher(id="stages", initial="picking"):
            with Vertical(id="picking"):
                yield Static(Content.assemble(("Choose reviews\n", "bold"), (_INTRO, "$foreground-muted")), id="intro")
                yield Static("", id="refusal", markup=False)
                yield FilePicker(sample_folder())
            with Vertical(id="waiting"):
                yield Static("", id="progress", markup=False)
            with Vertical(id="found"):
                yield Findings(id="findings")
                yield Static("", id="verdict", markup=False)
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
        elif self._report is not None:
            settings = self._settings()
            if self._measured_for != (settings.model, settings.batch_size):
                self._measure()
            elif self._lengths is not None:
                self.findings.show_lengths(self._lengths, settings.max_length)

    @property
    def stage(self) -> str:
        """`picking`, `waiting` or `found`."""
        return self.query_one("#stages", ContentSwitcher).current or ""

    def _stage(self, stage: Literal["picking", "waiting", "found"]) -> None:
        """Show a stage and put the keys where they are useful."""
        self.query_one("#stages", ContentSwitcher).current = stage
        self.say_subject(self._source)
        refusal = self.query_one("#refusal", Static)
        refusal.display = bool(self._refusal) and self._report is None
        if stage == "picking":
            hint = "\nPress e to say how it is read, t to name its column of text; or choose another below."
            refusal.update(Content(f"✗ {clean_line(self._refusal)}{hint if self._on_disk else ''}"))
            self.query_one(FilePicker).focus_list()
        elif stage == "found":
            self.findings.open(self.findings.section)
        else:
            self.set_focus(None)
        self.refresh_bindings()

    def _draw_verdict(self, waiting: str = "") -> None:
        """The line above the buttons: whether it can go on, or why not."""
        blocked = self.blocked
        words = Content.styled(waiting, "$foreground-muted")
        if not waiting:
            words = report_views.verdict(self._report, self._refusal, blocked)
        self.query_one("#verdict", Static).update(words)
        self.query_one("#continue", Button).disabled = bool(blocked)
        self.query_one("#work", Button).disabled = self._wanted is not None
        self.refresh_bindings()

    @property
    def blocked(self) -> str:
        """Why nothing can be trained on this; empty when it can."""
        if self._wanted is not None or self._report is None:
            return "The reviews are still being read."
        return self._trainable

    # Asking the engine

    def _begin(self, source: str, reading: ReadingOptions) -> None:
        """Look at another source."""
        self._source, self._report, self._lengths = source, None, None
        self.app.draft.lengths = None
        for group in ("rows", "measure"):
            self.workers.cancel_group(self, group)
        self.findings.open(0, focus=False)
        self._ask(reading)

    def _ask(self, reading: ReadingOptions) -> None:
        """Have the source read with `reading`; an earlier wish is dropped."""
        self._wanted, self._refusal = reading, ""
        if self._report is None:
            self._stage("waiting")
        self._progressed(reading, "reading", None)
        self._inspect(reading)

    @work(exclusive=True, exit_on_error=False, group="inspect")
    async def _inspect(self, reading: ReadingOptions) -> None:
        source = await asyncio.to_thread(absolute_source, self._source)
        self._on_disk = await asyncio.to_thread(existing, Path.cwd(), source) is not None
        if source != self._source:
            self._source = self.app.draft.source = source
        try:
            found = await self.app.ask(Inspect(source=source, reading=reading), partial(self._progressed, reading))
        except ReviewtuiError as error:
            self._refused(str(error))
        else:
            self._found(reading, found)

    def _progressed(self, reading: ReadingOptions, what: str, share: float | None) -> None:
        """Say how far the reading is; late words of a dropped wish are not heard."""
        if reading is not self._wanted:
            return
        if self._report is None:
            self.query_one("#progress", Static).update(report_views.waiting(what, self._source, share))
        else:
            self._draw_verdict(f"… {what} again  {gauge(share, 20)}")

    def _refused(self, sentence: str) -> None:
        """The source cannot be read so. What was found before stays; without it, another can be chosen."""
        self._wanted, self._refusal = None, sentence
        if self._report is None:
            self.app.draft.report = None
            self._stage("picking")
        else:
            self._draw_verdict()

    def _found(self, reading: ReadingOptions, found: Inspection) -> None:
        report = found.report
        self._wanted, self._refusal, self._report, self._trainable = None, "", report, found.trainable
        draft = self.app.draft
        draft.source, draft.reading = self._source, reading
        draft.report = None if found.trainable else report
        self.findings.show_report(report, reading)
        self._draw_verdict()
        if self.stage == "waiting":
            self._stage("found")
        self._fetch(0, then_measure=True)

    @work(exclusive=True, exit_on_error=False, group="rows")
    async def _fetch(self, start: int, then_measure: bool = False) -> None:
        """Fetch reviews from `start` on; the engine answers one at a time, so lengths wait for the first reviews."""
        wanted = Rows(source=self._source, reading=self.app.draft.reading, offset=start, limit=FETCHED)
        try:
            page = await self.app.ask(wanted)
        except ReviewtuiError as error:
            self.findings.rows_refused(str(error))
        else:
            self.findings.show_rows(page.rows, start)
        if then_measure:
            self._measure()

    @work(exclusive=True, exit_on_error=False, group="measure")
    async def _measure(self) -> None:
        """Have the tokens counted."""
        settings, draft = self._settings(), self.app.draft
        self._measured_for = (settings.model, settings.batch_size)
        self._lengths = draft.lengths = None
        request = MeasureLengths(
            source=self._source, reading=draft.reading, model=settings.model, batch_size=settings.batch_size
        )
        self._measuring("waiting for the engine", None)
        try:
            found = await self.app.ask(request, self._measuring)
        except asyncio.CancelledError:
            self._measured_for = ("", 0)  # a start came first: they are measured when this screen comes back
            raise
        except ReviewtuiError as error:
            self.findings.lengths_refused(str(error))
        else:
            self._lengths = found
            draft.keep_lengths(found, settings.model)
            self.findings.show_lengths(found, self._settings().max_length)

    def _measuring(self, what: str, share: float | None) -> None:
        if self._lengths is None:
            self.findings.measuring(what, share)

    def _settings(self) -> Settings:
        """The settings of the draft, as far as they can be taken."""
        draft = self.app.draft
        return check(draft.preset, draft.typed).settings or preset(draft.preset)

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Say why the reviews could not be read where they would be shown."""
        if worker.group == "inspect":
            self._refused(sentence)
        return worker.group == "inspect"

    # What a person does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        stage = self.stage if self.is_mounted else "picking"
        found = stage == "found"
        if action in ("choose_reading", "choose_column"):
            # A source that was refused can still be told how to be read.
            refused = stage == "picking" and self._report is None and bool(self._refusal)
            return found or (refused and (action == "choose_reading" or parameters == ("text",)))
        if action == "page":
            return found and self.findings.section == SAMPLES
        if action == "continue":
            return (None if self.blocked else True) if found else False
        if action in ("work_through", "open", "section", "open_section", "choose_scheme", "name_classes"):
            return found
        return True

    def why_not(self, action: str) -> str:
        if self.stage != "found":
            return "" if action in ("section", "open_section", "page") else "Choose reviews first."
        return self.blocked if action == "continue" else "Pages are turned in the section Samples: press 3."

    def action_continue(self) -> None:
        """On to the settings of the run."""
        if not self.blocked:
            self.app.draft.report = self._report
            self.app.switch_mode("setup")

    def action_work_through(self) -> None:
        """One review at a time, on the Classify screen."""
        if self._report is not None and self._wanted is None:
            self.app.open_classify(pile=self._source, reading=self.app.draft.reading)

    def action_open(self) -> None:
        """Choose other reviews."""
        self._stage("picking")

    def action_back(self) -> None:
        """Out of the input, back to what was found, or to the list of runs."""
        if self.focused is not None and self.focused.has_class("-typing"):
            self.query_one(FilePicker).focus_list()
        elif self.stage == "waiting":
            self.workers.cancel_group(self, "inspect")
            self._wanted = None
            self._stage("picking")
        elif self.stage == "picking" and self._report is not None:
            self._stage("found")
        else:
            super().action_back()

    def action_section(self, step: int) -> None:
        """Turn to the next section, or the one before."""
        self.action_open_section((self.findings.section + step) % len(SECTIONS))

    def action_open_section(self, index: int) -> None:
        """Open a section by its number."""
        self.findings.open(index)
        self.refresh_bindings()

    def action_page(self, step: int) -> None:
        """Turn a page of samples."""
        self.findings.turn(step)

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

    def action_choose_reading(self) -> None:
        """Choose encoding, delimiter and header."""
        offer = offer_reading(self._report, self.app.draft.reading)
        if offer.lines:
            self._offer(offer)
        else:
            self.app.say("Nothing is to be chosen: this format says itself how it is read.")

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
        """Whether there are labels to choose about; says what to do where there are none."""
        labelled = self._report is not None and bool(self._report.label_column)
        if not labelled:
            self.app.say("Choose a column of labels first: l.")
        return labelled

    def _offer(self, offer: Offer) -> None:
        """Show a list; what is chosen from it is read again at once."""

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
        """Read the source again, with `changes` to what holds or is being asked for."""
        self._ask(changed(self._wanted or self.app.draft.reading, changes))

    def on_file_picker_picked(self, message: FilePicker.Picked) -> None:
        """Begin with other reviews; the settings of the run stay as they are."""
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
