"""The dialog before a sweep starts: strategy, trials or minutes, metric, test reviews, and how the sweep is called.

Its rows are those of the form. What is answered lives in the draft, so that it is still there the next time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from core.base.text import clean_line
from core.experiments.sweep_spec import usual_runs
from core.forecast.facts import Facts
from core.settings.declarations import Declaration
from tui.keys.bindings import bindings
from tui.screens.setup.draft_check import DraftCheck
from tui.screens.setup.form import HYPOTHESIS, RUN_NAME
from tui.screens.setup.keys import SWEEP
from tui.screens.setup.setting_row import SettingRow
from tui.screens.setup.sweep_answers import ANSWERS, USUAL
from tui.screens.setup.varying import in_words
from tui.state import Draft
from tui.widgets.responsive import Drawn, indented, lines

_SWEEP_NAME = Declaration(
    **{**RUN_NAME.__dict__, "title": "Name of the sweep", "help": "What the sweep is called; its runs are numbered."}
)
_ROWS = {one.name: one for one in (*ANSWERS, _SWEEP_NAME, HYPOTHESIS)}


class SweepDialog(ModalScreen[bool]):
    """Asks what a sweep wants to know besides its space. Returns whether it is to start."""

    DEFAULT_CSS = """
    SweepDialog > .box > Drawn, SweepDialog > .box > SettingRow { width: 78; max-width: 100%; }
    SweepDialog > .box > #sweep-about { height: 5; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(SWEEP)
    AUTO_FOCUS = ""

    def __init__(self, draft: Draft, check: Callable[[], DraftCheck], facts: Facts | None) -> None:
        """Create the dialog.

        Args:
            draft: The run being set up; it keeps the answers.
            check: Checks the draft.
            facts: Of the model and the reviews; None before they are known.
        """
        self._draft, self._check, self._facts = draft, check, facts
        self._looked_at = "strategy"
        super().__init__()

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            yield Drawn(partial(_title, dict(self._draft.varied)))
            for declaration in _ROWS.values():
                yield SettingRow(declaration, self)
            yield Drawn(id="sweep-about")
            yield Drawn(id="sweep-state")

    def on_mount(self) -> None:
        self.set_focus(self._rows["strategy"])
        self._draw()

    @property
    def _rows(self) -> dict[str, SettingRow]:
        return {row.declaration.name: row for row in self.query(SettingRow)}

    def _draw(self) -> None:
        """Check the draft and show the answers, what the one looked at means, and how many trials there will be."""
        found, draft = self._check(), self._draft
        refused = _refused(found)
        strategy = draft.sweep.get("strategy", USUAL["strategy"])
        runs = usual_runs(strategy, 1 if draft.sweep.get("minutes") else 0)
        unsaid = {
            "runs": "all combinations" if strategy == "grid" else f"{runs:,}",
            "minutes": "no limit",
            "test": "none: fresh seeds",
            "name": found.name,
            "hypothesis": "",
        }
        said = {**USUAL, **draft.sweep, "name": draft.name, "hypothesis": draft.hypothesis}
        for name, row in self._rows.items():
            text = said[name]
            row.show(
                text,
                clean_line(text or unsaid[name]),
                preset_text=USUAL.get(name, ""),
                typed=False,
                problem=refused.get(name, ""),
            )
        about = partial(_about, _ROWS[self._looked_at], refused.get(self._looked_at, ""))
        self.query_one("#sweep-about", Drawn).show(about)
        words = next(iter(refused.values()), "") or found.checked.sentence
        runs_in_words = in_words(found.group, self._facts) if found.group is not None and not words else ""
        self.query_one("#sweep-state", Drawn).show(partial(_state, words, runs_in_words))

    # What the rows say

    def looked(self, name: str) -> None:
        """The row of an answer got the focus."""
        self._looked_at = name
        self._draw()

    def began(self) -> None:
        """An answer is about to be changed; escape takes it back."""

    def typed(self, name: str, text: str | None) -> None:
        """Take an answer as it is typed."""
        if name in USUAL:
            if text is None or text == USUAL[name]:
                self._draft.sweep.pop(name, None)
            else:
                self._draft.sweep[name] = text
        else:
            setattr(self._draft, name, text or "")
        self._draw()

    def vary(self, name: str) -> bool:
        """No answer varies."""
        return False

    # Keys

    def action_move(self, step: int) -> None:
        """Move to the next row, or the previous one."""
        rows = list(self._rows.values())
        at = next((index for index, row in enumerate(rows) if row is self.focused), 0)
        self.set_focus(rows[max(0, min(at + step, len(rows) - 1))])

    def action_start(self) -> None:
        """Start the sweep; where an answer is refused, go to it instead."""
        found = self._check()
        refused = next(iter(_refused(found)), "")
        if refused in _ROWS:
            self.set_focus(self._rows[refused])
        else:
            self.dismiss(True)

    def action_close(self) -> None:
        """Go back to the settings."""
        self.dismiss(False)


def _refused(found: DraftCheck) -> dict[str, str]:
    """Return which answers are refused, and why."""
    answers = found.group.refused if found.group is not None else {}
    return {**answers, **{name: found.checked.problems[name] for name in _ROWS if name in found.checked.problems}}


def _title(space: dict[str, str], width: int) -> Content:
    words = ", ".join(f"{name} {clean_line(text)}" for name, text in space.items())
    return Content.assemble(("Sweep ", "bold"), words).truncate(max(width, 1), ellipsis=True)


def _about(declaration: Declaration, problem: str, width: int) -> Content:
    parts = [indented(Content.styled(f"✗ {clean_line(problem)}", "$text-error"), width, 1)] if problem else []
    return lines([*parts, indented(Content.styled(declaration.help, "$foreground-muted"), width, 1)])


def _state(problem: str, runs: str, width: int) -> Content:
    state = Content.styled(" This cannot start yet.", "$text-error") if problem else Content.styled(f" {runs}", "bold")
    hint = Content.styled(" ctrl+s starts · esc goes back to the settings", "$foreground-muted")
    return lines([state.truncate(max(width, 1), ellipsis=True), hint])
