"""Makes the runs of a group: planned, then created, then queued, so that a kill in between loses and doubles none."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from core.base.files import open_private
from core.experiments.state import GroupState, MemberState, read_state
from core.runs.folder import RunFolder, create_run, list_runs
from core.runs.group import GroupFolder, read_base_request
from core.runs.group_journal import LongerRun, Made, NewRun, Planned, append
from core.runs.names import unused_name
from core.runs.outline import Value, read_outline
from core.runs.queue import enqueue
from core.runs.queue_entry import read_entry
from core.runs.request import Request


@dataclass(frozen=True)
class Train:
    """A run to make."""

    name: str
    settings: dict[str, Value | None]
    """How its settings differ from those of the group's request."""
    role: str = ""
    """What the run is for, as the kind of group calls it; empty if all its runs are for the same."""
    why: str = ""
    """Why these settings, in a few words."""
    layers: tuple[int, ...] = ()
    """The layers of its teacher that it begins with; empty for a run that is no student."""
    data: str = ""
    """What it learns from, in place of what the group's request names; empty for the same."""
    validation: str = ""
    """What it is measured on, likewise."""


@dataclass(frozen=True)
class Extend:
    """A run to train on."""

    number: int
    epochs: int
    """Its new total number of epochs."""


Step = Train | Extend


@contextmanager
def locked(group: GroupFolder) -> Iterator[None]:
    """Hold the lock of a group, under which its journal is written."""
    descriptor = open_private(group.lock, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def plan(state: GroupState, steps: Sequence[Step]) -> None:
    """Record the next steps of a group; `carry_out` does them. The caller holds the group's lock."""
    first = max((one.number for one in state.members), default=0) + 1
    trained = [step for step in steps if isinstance(step, Train)]
    new = tuple(
        NewRun(
            number=number,
            name=one.name,
            settings=one.settings,
            role=one.role,
            why=one.why,
            layers=one.layers,
            data=one.data,
            validation=one.validation,
        )
        for number, one in enumerate(trained, start=first)
    )
    longer = tuple(LongerRun(number=one.number, epochs=one.epochs) for one in steps if isinstance(one, Extend))
    append(state.group.journal, Planned(new=new, longer=longer))


def carry_out(group: GroupFolder) -> None:
    """Make and queue what was planned and has not begun. Doing it again changes nothing. The caller holds the lock.

    Raises:
        ReviewtuiError: The home cannot be written, or settings do not fit together.
    """
    state = read_state(group)
    pending = [one for one in state.members if one.member.run is None]
    if pending:
        request, orphan = read_base_request(group), _made_but_not_recorded(state)
        for place, one in enumerate(pending):
            known = orphan if place == 0 else None
            run = known if known is not None else create_run(_request_of(one, request, group))
            append(group.journal, Made(number=one.number, run=run.id))
        state = read_state(group)
    for one in state.members:
        made = one.run
        if made is not None and not one.is_begun and read_entry(made.queue_entry) is None:
            enqueue([made], extend=one.member.epochs)


def _request_of(one: MemberState, request: Request, group: GroupFolder) -> Request:
    student = request.distillation
    return request.model_copy(
        update={
            "name": unused_name(one.member.name),
            "settings": request.settings.changed(one.member.settings),
            "distillation": replace(student, layers=one.member.layers) if student is not None else None,
            "group": group.id,
            **({"data": one.member.data, "validation": one.member.validation} if one.member.data else {}),
        }
    )


def _made_but_not_recorded(state: GroupState) -> RunFolder | None:
    """Return the run of the group that a killed process made before it could record that; there is at most one."""
    known = {one.member.run for one in state.members}
    for run in list_runs():
        if run.id not in known and run.id > state.group.id[:15]:
            outline = read_outline(run.settings)
            if outline is not None and outline.group == state.group.id:
                return run
    return None
