"""What the user can do with groups on the Runs screen, and why not."""

from __future__ import annotations

from collections.abc import Sequence

from core.base.text import clean_line
from core.experiments.listed_group import ListedGroup
from tui.formatting import counted


def stop_groups(groups: Sequence[ListedGroup]) -> None:
    """Stop groups; see `core.experiments.continuing.stop_group`."""
    from core.experiments.continuing import stop_group  # pydantic; the first list does without it

    for one in groups:
        stop_group(one.written.folder)


def resume_groups(groups: Sequence[ListedGroup]) -> None:
    """Continue groups that were stopped or killed."""
    from core.experiments.continuing import resume_group

    for one in groups:
        resume_group(one.group)


def group_names(groups: Sequence[ListedGroup]) -> str:
    """Return the name of a single group, or how many there are."""
    return clean_line(groups[0].name, 40) if len(groups) == 1 else counted(len(groups), "group")


def with_runs(groups: Sequence[ListedGroup]) -> str:
    """Return `group_names` and the number of their runs."""
    return f"{group_names(groups)} with {counted(sum(len(one.runs) for one in groups), 'run')}"


def why_not_group(group: ListedGroup, action: str) -> str:
    """Return why an action would do nothing to a group now; empty if there is nothing to say."""
    name = clean_line(group.name, 40)
    one_of_its_runs = f"{name} is a group; → shows its runs, and this key works on each of them."
    return {
        "classify": one_of_its_runs,
        "settings": one_of_its_runs,
        "repeat": one_of_its_runs,
        "rename": f"{name} is a group, whose name stays; → shows its runs, which can be renamed.",
        "compare": f"No run of {name} has a model yet.",
        "stop": f"{name} is {group.state}: nothing is left to stop.",
        "resume": f"{name} is {group.state}: only a stopped or interrupted group can be resumed.",
        "delete": f"{name} is {group.state}: stop it first." if group.can_stop else f"A run of {name} is not over yet.",
    }.get(action, "")
