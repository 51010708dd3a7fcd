"""The Setup screen: the settings of the next run over a preset, checked as they are typed, and its start.

The form (`form.py`) is made from the settings' declarations. What was typed lives in the app's draft, so that leaving
and coming back keeps it. `side_views.py` draws the views beside the form, and `start.py` starts the run.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Center, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, ContentSwitcher, Static

from core.runs.names import taken_names
from core.runs.outline import Method
from core.settings.presets import PRESETS
from tui.form_values import as_typed, preset, shown, steps_in_words
from tui.formatting import counted
from tui.keys.bindings import bindings
from tui.screens.setup import side_views
from tui.screens.setup.draft_check import DraftCheck, check_draft, command_of
from tui.screens.setup.forecast_gauge import ForecastGauge, saving_choices
from tui.screens.setup.form import DECLARATIONS, OF_THE_RUN, SettingsForm, matching
from tui.screens.setup.history import EditHistory
from tui.screens.setup.keys import SETUP
from tui.screens.setup.ranges import proposed
from tui.screens.setup.setting_row import SettingRow
from tui.screens.setup.shows import ShowsLine
from tui.screens.setup.start_groups import StartsGroups
from tui.screens.setup.sweep_dialog import SweepDialog
from tui.screens.setup.varying import in_words, range_in_words
from tui.shell_command import quoted
from tui.state import Draft
from tui.widgets.dialogs import Choose, Find
from tui.widgets.responsive import Drawn
from tui.widgets.still import Still

_STARTS = {
    None: "▶ Start training",
    "sweep": "▶ Start the sweep",
    "seeds": "▶ Start the seeds",
    "versus": "▶ Compare models",
}
"""What the start button says, by the kind of the group; None for a single run."""
_MIDDLE = "middle of the space"
_OF_FORM = frozenset("start start_baseline choose_preset undo copy reset_all save_memory find move group edge".split())


class Side(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The views beside the form."""


class SetupScreen(StartsGroups):
    """A form of settings, and the start of a run."""

    PLACE = "setup"
    CSS_PATH = "screen.tcss"
    HELP = (
        "Set how the run learns. A preset fills in everything; each value can be changed, and what differs from the "
        "preset is marked with *. A value that is refused is marked with ! and says why; the run can start once there "
        "is none.\n\nv lets a setting vary over a range, marked with ~. Then the start is a sweep; several seeds if "
        "only the seed varies; a comparison if the model does. The line below says how many runs that are and how long "
        "they take.\n\nThe run continues without this screen, the terminal and the connection."
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(SETUP)

    AUTO_FOCUS = ""  # each stage puts the focus where keys are useful

    def __init__(self) -> None:
        super().__init__()
        self._draft: Draft | None = None
        self._history = EditHistory()
        self._check = check_draft(Draft(), frozenset())
        self._looked_at = "name"
        """The setting whose row has, or last had, the focus."""
        self._drawing = False
        """Whether the views beside the form are about to be drawn."""
        self._taken: frozenset[str] = frozenset()
        """Names that other runs have."""

    # What stands on the screen

    def body(self) -> ComposeResult:
        with ContentSwitcher(id="setup-stages", initial="nothing"):
            with Vertical(id="nothing"):
                yield Still("", id="nothing-words", markup=False)
                with Center():
                    yield Button(Content("d  Choose reviews"), "primary", id="to-data", compact=True)
            with Vertical(id="form"):
                yield Drawn(id="preset-line")
                with Horizontal(id="split"):
                    yield SettingsForm(self, id="rows")
                    with Side(id="side"):
                        yield Drawn(id="about")
                        yield Drawn(id="short-command")
                        yield Drawn(id="changes", classes="roomy")
                        yield Drawn(id="data", classes="roomy")
                        yield Drawn(id="command", classes="roomy")
                yield ForecastGauge(id="gauge")
                yield ShowsLine(id="shows")
                with Horizontal(id="start-bar"):
                    yield Button(_STARTS[None], "primary", id="start", compact=True)
                    yield Still("", id="state", markup=False)

    def on_screen_resume(self) -> None:
        draft = self.app.draft
        if draft is not self._draft:
            self._draft, self._history, self.failure = draft, EditHistory(), ""
        if draft.preset not in PRESETS:
            draft.preset = "balanced"
        self.say_subject(draft.source)
        ready = draft.report is not None
        self.query_one("#setup-stages", ContentSwitcher).current = "form" if ready else "nothing"
        self._draw()
        if not ready:
            words = side_views.nothing_to_set_up(draft.source)
            self.query_one("#nothing-words", Static).update(words)
            self.set_focus(self.query_one("#to-data"))
        elif not isinstance(self.focused, SettingRow) and (self.focused is None or not self.focused.is_on_screen):
            self.set_focus(self._form.rows["name"])
        if ready and self.app.setting_in_view:
            self._form.go(self.app.setting_in_view)
        self.app.setting_in_view = ""
        self.refresh_bindings()
        self._learn_names()

    @work(exclusive=True, exit_on_error=False, group="names")
    async def _learn_names(self) -> None:
        """Find out which names other runs have."""
        found = await asyncio.to_thread(taken_names)
        if found != self._taken:
            self._taken = found
            self._draw()

    @property
    def _form(self) -> SettingsForm:
        return self.query_one(SettingsForm)

    def _draw(self) -> DraftCheck:
        """Check what was typed and show it in the form at once; what follows from it is drawn after the keys."""
        found = self._check = check_draft(self.app.draft, self._taken)
        self._form.show(self.app.draft, found.checked, found.name, found.name_problem)
        self._draw_soon()
        return found

    def _draw_soon(self) -> None:
        if not self._drawing:
            self._drawing = True
            self.call_later(self._draw_beside)

    def _draw_beside(self) -> None:
        self._drawing = False
        draft, declaration = self.app.draft, DECLARATIONS[self._looked_at]
        checked, group = self._check.checked, self._check.group
        note = _MIDDLE if group is not None and group.kind == "sweep" else ""
        self.query_one(ForecastGauge).follow(draft, self._check.settings, note)
        self.query_one(ShowsLine).follow(draft, checked.settings)
        self.draw_start()
        base = preset(draft.preset)
        of_preset = "" if self._looked_at in OF_THE_RUN else shown(getattr(base, self._looked_at))
        problem = checked.problems.get(self._looked_at, "")
        words = self._command()
        settings = checked.settings or base
        cut = side_views.cut_in_words(draft.lengths_with(settings.model), settings.max_length)
        here = {"max_length": f"here {cut}" if cut else "", "validation_fraction": self.query_one(ShowsLine).words}
        if self._looked_at in draft.varied:
            here[self._looked_at] = range_in_words(self._looked_at, draft.varied[self._looked_at], settings)
        views = {
            "#preset-line": partial(side_views.preset_line, draft.preset, dict(draft.typed), dict(draft.varied)),
            "#about": partial(side_views.about, declaration, problem, of_preset, here.get(self._looked_at, "")),
            "#short-command": partial(side_views.command_short, words),
            "#changes": partial(
                side_views.changes, draft.preset, dict(draft.typed), dict(draft.varied), checked.problems
            ),
            "#command": partial(side_views.command, words),
        }
        if draft.report is not None:
            steps = steps_in_words(draft.report.kept, settings)
            views["#data"] = partial(side_views.data, draft.source, draft.report, steps, cut)
        for where, view in views.items():
            self.query_one(where, Drawn).show(view, about=(self._looked_at, draft.source))

    def on_shows_line_answered(self) -> None:
        self._draw_soon()

    def draw_start(self) -> None:
        """Show what prevents a start, what is being done to start, or how much there is to train."""
        start, checked, group = self.query_one("#start", Button), self._check.checked, self._check.group
        start.disabled = bool(self.starting or checked.sentence)
        begins = f"{_STARTS.get(group.kind if group is not None else None, '')}  ctrl+s"
        start.label = Content("… starting" if self.starting else begins)
        runs = in_words(group, self.query_one(ForecastGauge).facts) if group is not None else ""
        state = side_views.state(self.app.draft.report, checked, self.starting, self.failure, runs)
        said = self.query_one("#state", Static)
        if not (isinstance(said.content, Content) and said.content.is_same(state)):
            said.update(state)

    def on_forecast_gauge_known(self) -> None:
        """Say how long a group takes, now that the model is known."""
        self.draw_start()

    def _command(self) -> str:
        return quoted(command_of(self.app.draft, self._check.group))

    # What the user does to the values

    def looked(self, name: str) -> None:
        """The row of a setting got the focus."""
        self._looked_at = name
        self._draw_soon()

    def began(self) -> None:
        """A change is about to be made."""
        self._history.remember(self.app.draft)

    def typed(self, name: str, text: str | None) -> None:
        """Take a value as it is typed."""
        draft = self.app.draft
        self.failure = ""
        if name == "name":
            draft.name = text or ""
        elif name == "hypothesis":
            draft.hypothesis = text or ""
        else:
            taken = draft.varied if name in draft.varied else draft.typed
            if text is None:
                taken.pop(name, None)
            else:
                taken[name] = text
        self._draw()

    def vary(self, name: str) -> bool:
        """Let a setting vary over the range that is proposed."""
        if name in OF_THE_RUN:
            self.app.say("Only settings vary.")
            return False
        facts, settings = self.query_one(ForecastGauge).facts, self._check.checked.settings
        base = settings or preset(self.app.draft.preset)
        self.app.draft.varied[name] = proposed(DECLARATIONS[name], base, facts.shape if facts is not None else None)
        self.failure = ""
        self._draw()
        return True

    def _change(self, preset_name: str, typed: dict[str, str], varied: dict[str, str]) -> None:
        """Replace what was typed; undo brings it back."""
        self._form.end_edit()
        self._history.remember(self.app.draft)
        self.app.draft.preset, self.app.draft.typed, self.app.draft.varied = preset_name, typed, varied
        self._draw()

    def action_undo(self) -> None:
        """Undo the last change."""
        self._form.end_edit()
        if self._history.undo(self.app.draft):
            self._draw()
        else:
            self.app.say("There is nothing to undo.")

    def action_reset_all(self) -> None:
        """Set every value as the preset has it; none varies."""
        self._change(self.app.draft.preset, {}, {})

    def action_choose_preset(self) -> None:
        """Choose a preset; it replaces everything that was typed."""
        names, draft = list(PRESETS), self.app.draft

        def chosen(index: int | None) -> None:
            if index is not None:
                dropped, ranges = len(draft.typed), len(draft.varied)
                self._change(names[index], {}, {})
                words = [counted(dropped, "typed value")] * bool(dropped) + [counted(ranges, "range")] * bool(ranges)
                if words:
                    self.app.say(f"{names[index]} replaced {' and '.join(words)}; u undoes it.")

        help = "A preset replaces everything that was typed; u undoes that."
        self.app.push_screen(Choose("Presets", side_views.preset_choices(), names.index(draft.preset), help), chosen)

    def action_save_memory(self) -> None:
        """Choose a change that saves memory; it is typed in, and u undoes it."""
        found = self.query_one(ForecastGauge).choices()
        if not found:
            self.app.say("There is no forecast yet, or nothing that would save memory.")
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                draft, saving = self.app.draft, found[index]
                varied = {name: text for name, text in draft.varied.items() if name != saving.setting}
                self._change(draft.preset, {**draft.typed, saving.setting: as_typed(saving.value)}, varied)

        self.app.push_screen(Choose("What saves memory", saving_choices(found), 0, "u undoes it."), chosen)

    def action_copy(self) -> None:
        """Copy the equivalent command to the terminal's clipboard."""
        self.app.copy_to_clipboard(self._command())
        self.app.say("Copied the command. Over SSH the terminal must allow it (OSC 52).")

    # Moving

    def action_find(self) -> None:
        """Find a setting by a word of its name, title or help."""

        def chosen(name: str | None) -> None:
            if name is not None:
                self.show_setting(name)

        self.app.push_screen(Find("Find a setting", lambda typed: side_views.found(matching(typed))), chosen)

    def show_setting(self, name: str) -> None:
        """Move to the row of a setting."""
        if self.app.draft.report is not None:
            self._form.go(name)

    def action_move(self, step: int) -> None:
        """Move to the next row, or the previous one; the start button comes after the last."""
        start = self.query_one("#start", Button)
        stops: list[Any] = [*self._form.rows.values(), *([] if start.disabled else [start])]
        at = stops.index(self.focused) if self.focused in stops else -1
        stop = stops[max(0, min(at + step, len(stops) - 1))]
        if isinstance(stop, SettingRow):
            self._form.go(stop.declaration.name)
        else:
            self._form.end_edit()
            self.set_focus(stop)

    def action_group(self, step: int) -> None:
        """Move to the first row of the next group, or of the previous one."""
        at = self.focused.declaration.name if isinstance(self.focused, SettingRow) else self._looked_at
        self._form.go(self._form.first_of_group(at, step))

    def action_edge(self, index: int) -> None:
        """Move to the first row, or the last."""
        self._form.go(list(DECLARATIONS)[index])

    def action_go_to_data(self) -> None:
        """Choose reviews."""
        self.app.switch_mode("data")

    def action_back(self) -> None:
        """Cancel a start that is in progress, or go back to the reviews."""
        if self.call_off():
            self.app.say("The start was cancelled.")
        else:
            super().action_back()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action not in _OF_FORM or (self.is_mounted and self.app.draft.report is not None)

    def why_not(self, action: str) -> str:
        return "There is nothing to set up yet: d chooses reviews first."

    # The start

    def action_start_baseline(self) -> None:
        """Start a baseline on the same reviews; of the settings it has those about the model's input."""
        self.action_start("baseline")

    def action_start(self, method: Method = "fine-tuning") -> None:
        """Start the run; where a value is refused, go to it instead."""
        draft = self.app.draft
        if self.starting or draft.report is None:
            return
        checked, group = self._check.checked, self._check.group
        if checked.settings is None or checked.sentence:
            self.app.say(checked.sentence, "warning")
            self._form.go(next(iter(checked.problems), self._looked_at))
        elif group is None or method == "baseline":
            self.begin_start(draft, checked.settings, method)
        elif group.kind == "sweep":
            self._form.end_edit()
            facts = self.query_one(ForecastGauge).facts
            self.app.push_screen(SweepDialog(draft, self._draw, facts), self._begin_sweep)
        else:
            self.begin_group(draft, group, self._check.name)

    def _begin_sweep(self, agreed: bool | None) -> None:
        group = self._check.group
        if agreed and group is not None:
            self.begin_group(self.app.draft, group, self._check.name)

    def on_button_pressed(self, message: Button.Pressed) -> None:
        if message.button.id == "start":
            self.action_start()
        else:
            self.action_go_to_data()
