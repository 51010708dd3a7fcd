"""The Setup screen: the settings of the next run over a preset, checked as they are typed, and its start.

The form is made from the settings' declarations. What was typed lives in the app's draft, so leaving and coming back
keeps it. `form_values` checks it; `side_views` draws what stands beside the form.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Center, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, ContentSwitcher, Static
from textual.worker import Worker, WorkerState

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.engine.data_requests import Prepare
from core.reviews.sources import absolute_source
from core.runs.request import Request
from core.runs.start import start_run
from core.settings.presets import PRESETS, preset
from core.settings.schema import describe
from tui.form_values import (
    Checked,
    as_typed,
    check,
    command_line,
    differs,
    not_in_command,
    quoted,
    shown,
    steps_in_words,
    suggested_name,
)
from tui.keys.bindings import bindings
from tui.screens.base import Place
from tui.screens.setup import side_views as setup_views
from tui.screens.setup.forecast_gauge import ForecastGauge, saving_choices
from tui.screens.setup.keys import SETUP
from tui.screens.setup.setting_row import SettingRow
from tui.state import Draft
from tui.widgets.dialogs import Choose
from tui.widgets.responsive import Drawn, gauge
from tui.workbench import Workbench

_UNDO = 100
"""Changes that can be taken back."""
_Moment = tuple[str, dict[str, str], str]
"""Preset, typed values and name at one time."""


class Form(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls with the row that has the focus; the arrow keys are left to the screen, which moves that."""


class SetupScreen(Place):
    """A form of settings, and the start of a run."""

    PLACE = "setup"
    CSS_PATH = "screen.tcss"
    HELP = (
        "Say how the run shall learn. A preset fills in everything; each value can be typed over, and what differs "
        "from the preset is marked with *. A value that cannot be is marked with ! and says why; the run starts when "
        "there is none.\n\nThe run goes on without this screen, the terminal and the connection."
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(SETUP)

    AUTO_FOCUS = ""  # each stage puts the keys where they are useful
    app = getters.app(Workbench)

    def __init__(self) -> None:
        super().__init__()
        self._draft: Draft | None = None
        self._undo: list[_Moment] = []
        self._checked = Checked(None)
        self._looked_at = setup_views.RUN_NAME
        self._starting = ""
        """What is being done to start the run; empty when none is started."""
        self._failure = ""

    # What stands on the screen

    def body(self) -> ComposeResult:
        with ContentSwitcher(id="setup-stages", initial="nothing"):
            with Vertical(id="nothing"):
                yield Static("", id="nothing-words", markup=False)
                with Center():
                    yield Button(Content("d  Choose reviews"), "primary", id="to-data", compact=True)
            with Vertical(id="form"):
                yield Drawn(id="preset-line")
                with Horizontal(id="split"):
                    with Form(id="rows"):
                        yield SettingRow(setup_views.RUN_NAME)
                        group = ""
                        for declaration in describe():
                            if declaration.group != group:
                                group = declaration.group
                                yield Static(group, classes="group", markup=False)
                            yield SettingRow(declaration)
                    with Form(id="side"):
                        yield Drawn(id="about")
                        yield Drawn(id="short-command")
                        yield Drawn(id="changes", classes="roomy")
                        yield Drawn(id="data", classes="roomy")
                        yield Drawn(id="command", classes="roomy")
                yield ForecastGauge(id="gauge")
                with Horizontal(id="start-bar"):
                    yield Button(Content("▶ Start training  ctrl+s"), "primary", id="start", compact=True)
                    yield Static("", id="state", markup=False)

    def on_screen_resume(self) -> None:
        draft = self.app.draft
        if draft is not self._draft:
            self._draft, self._undo, self._failure = draft, [], ""
        if draft.preset not in PRESETS:
            draft.preset = "balanced"
        self.say_subject(draft.source)
        ready = draft.report is not None
        self.query_one("#setup-stages", ContentSwitcher).current = "form" if ready else "nothing"
        self._draw()
        if not ready:
            self._say_nothing(draft.source)
            self.query_one("#to-data").focus()
        elif not isinstance(self.focused, SettingRow) and (self.focused is None or not self.focused.is_on_screen):
            self._rows()[0].focus()
        self.refresh_bindings()

    def _say_nothing(self, source: str) -> None:
        words = "A run needs labelled reviews to learn from; choose them on the Data screen first."
        if source:
            why = "These reviews cannot be trained on as they are read now; the Data screen says why."
            words = f"{clean_line(source, 60)}\n\n{why}"
        self.query_one("#nothing-words", Static).update(Content.assemble(("Nothing to set up yet\n\n", "bold"), words))

    def _rows(self) -> list[SettingRow]:
        return list(self.query(SettingRow))

    @property
    def _run_name(self) -> str:
        draft = self.app.draft
        return draft.name or suggested_name(draft.source, draft.preset)

    # Drawing

    def _draw(self) -> None:
        """Check what was typed, and show all that follows from it."""
        draft = self.app.draft
        base = preset(draft.preset)
        self._checked = check(draft.preset, draft.typed)
        for row in self._rows():
            name = row.declaration.name
            if name == "name":
                given = clean_line(draft.name)
                row.show(draft.name, given or self._run_name, differs=False, problem="", preset_shown="")
                continue
            of_preset = getattr(base, name)
            text = draft.typed.get(name, as_typed(of_preset))
            row.show(
                text,
                self._value_shown(name, text),
                differs=name in draft.typed,
                problem=self._checked.problems.get(name, ""),
                preset_shown=shown(of_preset),
            )
        self._draw_beside()
        self._draw_state()
        self.query_one(ForecastGauge).follow(draft, self._checked.settings)

    def _value_shown(self, name: str, text: str) -> str:
        if self._checked.settings is not None:
            return shown(getattr(self._checked.settings, name))
        kind = setup_views.declared(name).kind
        return clean_line({"true": "on", "false": "off"}.get(text, text) if kind == "switch" else text)

    def _draw_beside(self) -> None:
        draft, looked_at = self.app.draft, self._looked_at
        of_preset = "" if looked_at.name == "name" else shown(getattr(preset(draft.preset), looked_at.name))
        problem = self._checked.problems.get(looked_at.name, "")
        words = self._command()
        settings = self._checked.settings or preset(draft.preset)
        cut = setup_views.cut_in_words(draft.lengths, settings.max_length)
        views = {
            "#preset-line": partial(setup_views.preset_line, draft.preset, dict(draft.typed)),
            "#about": partial(setup_views.about, looked_at, problem, of_preset, cut),
            "#short-command": partial(setup_views.command_short, words),
            "#changes": partial(setup_views.changes, draft.preset, dict(draft.typed), self._checked.problems),
            "#command": partial(setup_views.command, words, not_in_command(draft.reading)),
        }
        if draft.report is not None:
            steps = steps_in_words(draft.report.kept, settings)
            views["#data"] = partial(setup_views.data, draft.source, draft.report, steps, cut)
        for where, view in views.items():
            self.query_one(where, Drawn).show(view, about=(looked_at.name, draft.source))

    def _draw_state(self) -> None:
        """The line beside the start: what stands in its way, what is being done, or how long the run would be."""
        start = self.query_one("#start", Button)
        start.disabled = bool(self._starting or self._checked.sentence)
        start.label = Content("… starting") if self._starting else Content("▶ Start training  ctrl+s")
        state = setup_views.state(self.app.draft.report, self._checked, self._starting, self._failure)
        said = self.query_one("#state", Static)
        if not (isinstance(said.content, Content) and said.content.is_same(state)):
            said.update(state)

    def _command(self) -> str:
        draft = self.app.draft
        return quoted(command_line(draft.source, draft.reading, draft.preset, draft.typed, self._run_name))

    # What a person does to the values

    def on_setting_row_looked(self, message: SettingRow.Looked) -> None:
        self._looked_at = message.row.declaration
        self._draw_beside()

    def on_setting_row_began(self) -> None:
        self._remember()

    def on_setting_row_typed(self, message: SettingRow.Typed) -> None:
        """Take a value as it is typed; what equals the preset's is no change."""
        draft, name = self.app.draft, message.name
        self._failure = ""
        if name == "name":
            draft.name = message.text or ""
        elif message.text is None or not differs(draft.preset, name, message.text):
            draft.typed.pop(name, None)
        else:
            draft.typed[name] = message.text
        self._draw()

    def on_setting_row_left(self, message: SettingRow.Left) -> None:
        self.action_move(message.step)

    def _remember(self) -> None:
        draft = self.app.draft
        moment = (draft.preset, dict(draft.typed), draft.name)
        if not self._undo or self._undo[-1] != moment:
            self._undo = [*self._undo[-_UNDO + 1 :], moment]

    def action_undo(self) -> None:
        """Take the last change back."""
        draft = self.app.draft
        while self._undo:
            moment = self._undo.pop()
            if moment != (draft.preset, draft.typed, draft.name):
                draft.preset, draft.typed, draft.name = moment
                self._draw()
                return
        self.app.say("There is nothing to undo.")

    def action_reset_all(self) -> None:
        """Every value as the preset has it."""
        self._remember()
        self.app.draft.typed = {}
        self._draw()

    def action_choose_preset(self) -> None:
        """Choose a preset; it takes the place of everything typed."""
        names = list(PRESETS)

        def chosen(index: int | None) -> None:
            if index is None:
                return
            self._remember()
            draft = self.app.draft
            dropped = len(draft.typed)
            draft.preset, draft.typed = names[index], {}
            self._draw()
            if dropped:
                self.app.say(f"{dropped} typed value{'s' * (dropped > 1)} gave way to {names[index]}; u undoes it.")

        help = "A preset takes the place of what was typed; u undoes that."
        current = names.index(self.app.draft.preset)
        self.app.push_screen(Choose("Presets", setup_views.preset_choices(), current, help), chosen)

    def action_save_memory(self) -> None:
        """Choose a change that saves memory; it is typed in, and u takes it back."""
        found = self.query_one(ForecastGauge).choices()
        if not found:
            self.app.say("There is no forecast yet, or nothing that would save memory.")
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                self._remember()
                self.app.draft.typed[found[index].setting] = as_typed(found[index].value)
                self._draw()

        self.app.push_screen(Choose("What saves memory", saving_choices(found), 0, "u takes it back."), chosen)

    def action_copy(self) -> None:
        """Put the equivalent command into the clipboard of the terminal."""
        self.app.copy_to_clipboard(self._command())
        self.app.say("Copied the command. Over SSH the terminal must allow it (OSC 52).")

    # Moving

    def action_move(self, step: int) -> None:
        """The next row, or the one before; the start button comes after the last."""
        stops: list[Any] = [*self._rows(), self.query_one("#start", Button)]
        stops = [stop for stop in stops if not stop.disabled]
        at = stops.index(self.focused) if self.focused in stops else -1
        self._go(stops[max(0, min(at + step, len(stops) - 1))])

    def action_group(self, step: int) -> None:
        """The first row of the next group, or of the one before."""
        groups = list(dict.fromkeys(row.declaration.group for row in self._rows()))
        at = max(0, min(groups.index(self._looked_at.group) + step, len(groups) - 1))
        self._go(next(row for row in self._rows() if row.declaration.group == groups[at]))

    def action_edge(self, index: int) -> None:
        """The first row, or the last."""
        self._go(self._rows()[index])

    def _go(self, stop: Any) -> None:
        """Move the focus; the heading of a group is seen with its first row."""
        self.set_focus(stop)
        siblings = list(self.query_one("#rows").children)
        if stop in siblings[1:] and isinstance(heading := siblings[siblings.index(stop) - 1], Static):
            self.query_one("#rows", Form).scroll_to_widget(heading, animate=False)

    def action_go_to_data(self) -> None:
        """Choose reviews."""
        self.app.switch_mode("data")

    def action_back(self) -> None:
        """Call off a start, leave an input, or go to the list of runs."""
        if self._starting and not self._launching:
            self.workers.cancel_group(self, "start")
            self._starting = ""
            self._draw_state()
            self.app.say("The start was called off.")
        else:
            super().action_back()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        form = self.is_mounted and self.app.draft.report is not None
        if action in ("start", "choose_preset", "undo", "copy", "reset_all", "save_memory", "move", "group", "edge"):
            return form
        return True

    # The start

    _launching = False
    """Whether the run's folder is being made: from then on it starts."""

    def action_start(self) -> None:
        """Have the run prepared, then start it; refused while a value is."""
        draft = self.app.draft
        if self._starting or draft.report is None:
            return
        self._checked = check(draft.preset, draft.typed)
        if self._checked.settings is None:
            self.app.say(self._checked.sentence, "warning")
            self._draw_state()
            return
        for worker in self.app.workers:
            if worker.group == "measure":
                worker.cancel()  # the engine answers one at a time, and lengths may take long
        self._failure, self._starting, self._launching = "", "Looking at the reviews …   esc calls it off", False
        self._draw_state()
        self._start(bool(draft.name))

    @work(exclusive=True, exit_on_error=False, group="start")
    async def _start(self, named: bool) -> None:
        draft, settings = self.app.draft, self._checked.settings
        assert settings is not None
        data = await asyncio.to_thread(absolute_source, draft.source)
        request = Request(
            name=clean_line(self._run_name), data=data, reading=draft.reading, preset=draft.preset, settings=settings
        )
        try:
            await self.app.ask(Prepare(request=request), self._preparing)
            self._launching = True
            self._now("Starting the worker …")
            foretold = self.query_one(ForecastGauge).foretold()
            run, detachment = await asyncio.to_thread(start_run, request, named, foretold)
        except ReviewtuiError as error:
            self._failed(str(error))
        else:
            self._starting, self._launching = "", False
            draft.name = ""
            self._draw()
            self.app.open_run(run)
            self.app.say(detachment, "information" if detachment.survives else "warning")

    def _preparing(self, what: str, share: float | None) -> None:
        if self._starting and not self._launching:
            self._now(f"{what[:1].upper()}{what[1:]}  {gauge(share, 12)}   esc calls it off")

    def _now(self, words: str) -> None:
        self._starting = words
        self._draw_state()

    def _failed(self, sentence: str) -> None:
        self._starting, self._launching, self._failure = "", False, sentence
        self._draw_state()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Nothing fails in silence."""
        if event.state is WorkerState.ERROR and event.worker.group == "start":
            self._failed(f"An unforeseen {type(event.worker.error).__name__}: {clean_line(event.worker.error, 200)}")

    def on_button_pressed(self, message: Button.Pressed) -> None:
        if message.button.id == "start":
            self.action_start()
        else:
            self.action_go_to_data()
