"""Starts groups, and continues them and the queue, from processes that must stay light."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from core.base.errors import ReviewtuiError
from core.base.subprocess_env import child_environment, python_module
from core.experiments.making import locked
from core.experiments.state import GroupState, read_state
from core.runs.control import send
from core.runs.folder import RunFolder, runs_home
from core.runs.group import GroupFolder, Kind, create_group, groups_home, list_groups
from core.runs.group_journal import Continued, Stopped, append
from core.runs.launch import Launched
from core.runs.names import require_unused
from core.runs.queue import enqueue, read_queue, start_next, take_out
from core.runs.request import Request


def start_group(name: str, kind: Kind, request: Request, spec: dict[str, Any]) -> GroupFolder:
    """Create a group, plan and queue its first runs, and start one unless a run trains on this machine.

    Raises:
        InputError: The name is taken, or the kind refuses what was asked.
        ReviewtuiError: The home cannot be written.
    """
    fields = request.located().model_dump(mode="json", exclude_none=True)
    group = create_group(require_unused(name), kind, fields, spec)
    advance_apart(group)
    start_next()
    return group


def advance_apart(*groups: GroupFolder) -> None:
    """Do what is to be done in these groups, or in all if none is named, in a process of its own, and wait for it.

    Raises:
        ReviewtuiError: A group cannot continue.
    """
    done = subprocess.run(
        python_module("core.experiments.advance", *(group.id for group in groups)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=child_environment(),
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise ReviewtuiError(lines[-1] if lines else "The group could not continue.")


def stalled_groups() -> list[GroupState]:
    """Return the groups in which something is to be done that no process is doing."""
    return [state for state in _states() if state.is_stalled]


def _states() -> list[GroupState]:
    """Return the state of every group whose declaration can be read."""
    found = []
    for group in list_groups():
        with suppress(ReviewtuiError):
            found.append(read_state(group))
    return found


def continue_all() -> Launched | None:
    """Do what is left to do in every group, then start the first run that waits, unless a run trains.

    Raises:
        ReviewtuiError: A group cannot continue; the queue has nevertheless.
    """
    try:
        if any(state.is_idle for state in _states()):
            advance_apart()
    finally:
        launched = start_next()
    return launched


def run_ended(group: str | None) -> None:
    """Plan what comes after a run that has just ended, and start the next run.

    Args:
        group: Id of the group that the run belongs to; None if it stands alone.

    Raises:
        ReviewtuiError: The group cannot continue, or the home cannot be written.
    """
    try:
        if group is not None and (folder := GroupFolder(groups_home() / group)).declaration.is_file():
            advance_apart(folder)
    finally:
        start_next()


def stop_group(group: GroupFolder) -> None:
    """Stop a group: its waiting runs leave the queue, one that trains is asked to stop and save, none is planned."""
    with locked(group):
        append(group.journal, Stopped())
        waiting = {one.run.id for one in read_queue().waiting}
        for one in read_state(group).members:
            if one.run is not None and one.run.id in waiting:
                take_out(one.run)
            elif one.run is not None and not one.is_over:
                send(one.run.control, "stop_and_save")


def continue_group(group: GroupFolder) -> None:
    """Continue a group that was stopped, with those of its runs that were stopped.

    Raises:
        ReviewtuiError: The group cannot continue.
    """
    with locked(group):
        append(group.journal, Continued())
        for one in read_state(group).members:
            if one.run is not None and one.summary is not None and one.summary.state == "stopped":
                enqueue([one.run], extend=one.member.epochs)
    advance_apart(group)
    start_next()


def resume_group(state: GroupState) -> None:
    """Continue a group that was stopped, or one all of whose processes were killed.

    Raises:
        ReviewtuiError: The group cannot continue.
    """
    if state.stopped:
        continue_group(state.group)
    else:
        continue_all()


def runs_of(state: GroupState) -> Sequence[RunFolder]:
    """Return the runs of a group that exist, in the order in which they were planned."""
    return [RunFolder(runs_home() / one.member.run) for one in state.members if one.run is not None and one.member.run]
