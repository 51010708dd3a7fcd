"""The form of the Setup screen: a row for each setting, under the heading of its group."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from core.base.text import clean_line
from core.settings.declarations import Declaration
from core.settings.schema import describe
from tui.form_values import Checked, as_typed, preset, shown
from tui.screens.setup.setting_row import Owner, SettingRow
from tui.state import Draft

RUN_NAME = Declaration(
    name="name",
    title="Name of the run",
    group="Run",
    unit="",
    help="What the run is called in the list of runs and on the command line. No two runs share a name.",
    default="",
    kind="text",
    choices=(),
    range="",
    decides="duration",
)
"""The run's name is not a setting, but is edited like one."""
HYPOTHESIS = Declaration(
    name="hypothesis",
    title="What you expect",
    group="Run",
    unit="",
    help="A line for the lab journal, if you like: what this run is to show, said before it is known. It stays as it "
    "is said here; later ones are dated.",
    default="",
    kind="text",
    choices=(),
    range="",
    decides="duration",
)
"""What is expected of the run is said here, too."""
OF_THE_RUN = (RUN_NAME.name, HYPOTHESIS.name)
"""Rows that are no settings."""
DECLARATIONS = {declaration.name: declaration for declaration in (RUN_NAME, HYPOTHESIS, *describe())}
"""Setting name → declaration, in the order of the rows."""


class SettingsForm(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The rows of the form. `show` draws them, and `go` moves the focus. The screen handles the arrow keys."""

    def __init__(self, owner: Owner, *, id: str) -> None:
        """Args: owner: The object that holds the values and is notified of what is typed."""
        self._owner = owner
        super().__init__(id=id)

    def compose(self) -> ComposeResult:
        yield SettingRow(RUN_NAME, self._owner)
        yield SettingRow(HYPOTHESIS, self._owner)
        group = ""
        for declaration in describe():
            if declaration.group != group:
                group = declaration.group
                yield Static(group, classes="group", markup=False)
            yield SettingRow(declaration, self._owner)

    @property
    def rows(self) -> dict[str, SettingRow]:
        """Setting name → row, from top to bottom."""
        return {child.declaration.name: child for child in self.children if isinstance(child, SettingRow)}

    def show(self, draft: Draft, checked: Checked, run_name: str, name_problem: str) -> None:
        """Show the values of a draft.

        Args:
            draft: The run being set up.
            checked: The result of checking what was typed.
            run_name: The name that the run will get.
            name_problem: Why the run cannot get this name; empty if it can.
        """
        base, rows = preset(draft.preset), self.rows
        shown_name = clean_line(draft.name) or run_name
        rows.pop("name").show(draft.name, shown_name, preset_text="", typed=False, problem=name_problem)
        rows.pop("hypothesis").show(
            draft.hypothesis,
            clean_line(draft.hypothesis),
            preset_text="",
            typed=False,
            problem=checked.problems.get("hypothesis", ""),
        )
        for name, row in rows.items():
            of_preset = as_typed(getattr(base, name))
            text = draft.typed.get(name, of_preset)
            if (span := draft.varied.get(name)) is not None:
                problem = checked.problems.get(name, "")
                row.show(span, clean_line(span), preset_text=text, typed=False, problem=problem, varies=True)
                continue
            row.show(
                text,
                shown(getattr(checked.settings, name)) if checked.settings is not None else row.in_words(text),
                preset_text=of_preset,
                typed=name in draft.typed,
                problem=checked.problems.get(name, ""),
            )

    def on_resize(self) -> None:
        """Keep the focused row in sight: what is said below the form, such as why a value is refused, takes rows."""
        focused = self.screen.focused
        if isinstance(focused, SettingRow):
            self.scroll_to_widget(focused, animate=False)

    def end_edit(self) -> None:
        """Close the editor of the row that is being edited, and keep what was typed."""
        for row in self.rows.values():
            row.end_edit()

    def go(self, name: str) -> None:
        """Focus a row. For the first row of a group, scroll the heading into view too."""
        self.end_edit()
        row = self.rows[name]
        self.screen.set_focus(row)
        siblings = list(self.children)
        before = siblings[siblings.index(row) - 1]
        if isinstance(before, Static):
            self.scroll_to_widget(before, animate=False)

    def first_of_group(self, name: str, step: int) -> str:
        """Return the name of the first setting in the group that is `step` groups after the group of `name`."""
        groups = list(dict.fromkeys(declaration.group for declaration in DECLARATIONS.values()))
        at = groups.index(DECLARATIONS[name].group) + step
        group = groups[max(0, min(at, len(groups) - 1))]
        return next(one.name for one in DECLARATIONS.values() if one.group == group)


def matching(words: str) -> Iterator[Declaration]:
    """Yield the settings that contain all of `words`: matches in name or title first, then in group or help."""
    wanted = words.lower().split()

    def has(text: str) -> bool:
        return all(word in text.lower() for word in wanted)

    by_name = [one for one in DECLARATIONS.values() if has(f"{one.title} {one.name}")]
    yield from by_name
    yield from (one for one in DECLARATIONS.values() if one not in by_name and has(f"{one.group} {one.help}"))
