"""Checks everything that was typed into the form: values, ranges, the name of the run and what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass

from core.base.errors import InputError
from core.base.text import clean_line
from core.runs.group import Kind
from core.runs.names import require_unused, suggested_name, unused_name
from core.runs.notes import hypothesis_line
from core.settings.schema import Settings
from tui.form_values import Checked, check, preset
from tui.screens.setup.sweep_answers import USUAL
from tui.screens.setup.varying import SEEDS_OF_VERSUS, Group, group_of, in_order
from tui.shell_command import seeds_command, sweep_command, train_command, versus_command
from tui.state import Draft

_NAMED_BY_KIND: dict[Kind, str] = {"sweep": "-sweep", "versus": "-versus"}
"""How the suggested name of a group ends, as the command has it."""


@dataclass(frozen=True)
class DraftCheck:
    """The result of `check_draft`."""

    checked: Checked
    """The settings, and everything that is refused."""
    group: Group | None
    """What the settings that vary come to; None for a single run."""
    name: str
    """The name that the run or the group will have."""
    name_problem: str
    """Why it cannot have this name; empty if it can."""

    @property
    def settings(self) -> Settings | None:
        """The settings whose forecast is shown; None while a value is refused."""
        if self.group is None or self.checked.settings is None:
            return self.checked.settings
        return self.group.middle


def check_draft(draft: Draft, taken: frozenset[str]) -> DraftCheck:
    """Check a draft; what was typed and equals the preset is dropped from it.

    Args:
        draft: The run being set up.
        taken: Names that other runs have.
    """
    found = check(draft.preset, draft.typed)
    draft.typed, draft.varied = found.typed, in_order(draft.varied)
    group = group_of(draft.varied, draft.sweep, found.settings or preset(draft.preset))
    name, name_problem = _name_of(draft, group, taken)
    more = {"name": name_problem, "hypothesis": _too_long(draft.hypothesis), **(group.problems if group else {})}
    problems = {row: sentence for row, sentence in more.items() if sentence} | found.problems
    sentence = found.sentence or next(iter(problems.values()), "")
    return DraftCheck(Checked(found.settings, found.typed, problems, sentence), group, name, name_problem)


def command_of(draft: Draft, group: Group | None) -> list[str]:
    """Return the words of the command that starts what is set up."""
    compared = group is not None and group.kind == "versus"
    typed = {name: text for name, text in draft.typed.items() if not compared or name != "model"}
    said = clean_line(draft.name), clean_line(draft.hypothesis)
    run = train_command(draft.source, draft.reading, draft.preset, typed, *said)
    if group is None:
        return run
    if group.kind == "sweep":
        answers = {name: text for name, text in draft.sweep.items() if text != USUAL[name]}
        return sweep_command(run, draft.varied, answers)
    if group.kind == "seeds":
        return seeds_command(run, draft.varied["seed"])
    models = [word.strip() for word in draft.varied["model"].split(",")]
    return versus_command(run, models, draft.varied.get("seed", SEEDS_OF_VERSUS))


def _name_of(draft: Draft, group: Group | None, taken: frozenset[str]) -> tuple[str, str]:
    if not draft.name:
        suffix = _NAMED_BY_KIND.get(group.kind, "") if group is not None else ""
        return unused_name(f"{suggested_name(draft.source, draft.preset)}{suffix}", taken), ""
    try:
        return require_unused(draft.name, taken), ""
    except InputError as error:
        return draft.name, str(error)


def _too_long(hypothesis: str) -> str:
    """Return why a hypothesis cannot be kept; empty if it can."""
    try:
        hypothesis_line(hypothesis)
    except InputError as error:
        return str(error)
    return ""
