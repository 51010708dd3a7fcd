"""Deletes groups with all of their runs, in a way that can be taken back; see `core/runs/trash.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.experiments.making import locked
from core.experiments.state import read_state
from core.runs.group import GroupFolder
from core.runs.status import OVER
from core.runs.trash import restore_part, restore_run, trash_part, trash_run


def trash_group(group: GroupFolder, back: list[Callable[[], object]]) -> list[str]:
    """Move a group and all of its runs to the trash, and return the ids of the runs.

    Args:
        group: None of its runs may wait or train.
        back: Is given what takes back each step that was done, to be called from the last to the first.

    Raises:
        ReviewtuiError: One of its runs waits or trains, or the group cannot be read.
        OSError: Something cannot be moved.
    """
    with locked(group):
        runs = [one for one in read_state(group).members if one.summary is not None]
        for one in runs:
            if one.summary is not None and one.summary.state not in OVER:
                raise ReviewtuiError(f"{clean_line(one.member.name, 60)} is {one.summary.state}: stop the group first.")
        back.append(partial(restore_part, trash_part(group.path)))  # first: without it, no run of it is made
    gone = []
    for run in [one.run for one in runs if one.run is not None]:
        back.append(partial(restore_run, trash_run(run)))
        gone.append(run.id)
    return gone
