"""The state of a group: what was asked, its runs as they are now, and whether anything is left to do."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.runs.folder import RunFolder, runs_home
from core.runs.group import GroupFolder, GroupOutline
from core.runs.group_journal import Member, read_group_journal
from core.runs.group_list import WrittenGroup
from core.runs.status import OVER
from core.runs.summary import RunSummary, summarize

_PLANNING_SECONDS = 20.0
"""The next run is planned in a process of its own, which has to start, and may have to load a model."""
_MAX_WORKERS = 50
"""With this many workers, a run that is interrupted again counts as ended: something kills each of them."""


@dataclass(frozen=True)
class MemberState:
    """A member of a group and its run."""

    member: Member
    summary: RunSummary | None
    """Its run as it is now; None if it was not made yet, or was deleted."""

    @property
    def number(self) -> int:
        return self.member.number

    @property
    def run(self) -> RunFolder | None:
        """Its run; None if it was not made yet, or was deleted."""
        return RunFolder(runs_home() / self.member.run) if self.summary is not None and self.member.run else None

    @property
    def is_deleted(self) -> bool:
        return self.member.run is not None and self.summary is None

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be expected of its run."""
        if self.summary is None:
            return self.is_deleted
        if self.summary.state == "interrupted":
            return self.summary.workers >= _MAX_WORKERS
        extended = self.member.epochs is None or (self.summary.epochs or 0) >= self.member.epochs
        return self.summary.state in OVER and (extended or self.summary.state == "failed")

    @property
    def is_begun(self) -> bool:
        """Whether its run waits, trains or is over: a process takes care of it, or none has to."""
        return self.is_over or (
            self.summary is not None and (self.summary.state == "queued" or self.summary.pid is not None)
        )


@dataclass(frozen=True)
class GroupState:
    """A group as it is now."""

    group: GroupFolder
    outline: GroupOutline
    members: tuple[MemberState, ...]
    stopped: bool
    """Whether the user has stopped it."""
    concluded: bool
    """Whether all its runs have ended and its result is written."""

    @property
    def is_unfinished(self) -> bool:
        """Whether runs are still to be made or to end."""
        return not self.stopped and not self.concluded

    @property
    def is_idle(self) -> bool:
        """Whether something is to be planned or queued, and none of its runs waits or trains."""
        waits = any(one.summary is not None and not one.is_over and one.is_begun for one in self.members)
        return self.is_unfinished and not waits

    @property
    def is_stalled(self) -> bool:
        """Whether it has been idle for so long that whoever should have planned the next run was killed."""
        return self.is_idle and time.time() - self._last_change() > _PLANNING_SECONDS

    def _last_change(self) -> float:
        """Return when its journal or one of its runs last changed, in seconds since 1970."""
        ends = [one.summary.ended for one in self.members if one.summary is not None and one.summary.ended is not None]
        try:
            written = self.group.journal.stat().st_mtime
        except OSError:
            written = 0.0
        return max([written, *ends])

    @property
    def word(self) -> Literal["finished", "stopped", "interrupted", "running"]:
        """Its state in a word."""
        if self.concluded:
            return "finished"
        if self.stopped:
            return "stopped"
        return "interrupted" if self.is_stalled else "running"


def read_state(group: GroupFolder) -> GroupState:
    """Return the state of a group.

    Raises:
        ReviewtuiError: Its declaration cannot be read.
    """
    history = read_group_journal(group.journal)
    members = tuple(MemberState(member, _summary(member)) for member in history.members.values())
    return GroupState(group, group.outline(), members, history.stopped, group.result.exists())


def state_of(written: WrittenGroup, summaries: Mapping[str, RunSummary]) -> GroupState:
    """Return the state of a group whose files have been read, as have all runs that there are.

    Args:
        summaries: Id → summary.
    """
    members = tuple(
        MemberState(one, summaries.get(one.run) if one.run is not None else None) for one in written.members
    )
    concluded = written.result is not None
    return GroupState(written.folder, written.outline, members, written.stopped, concluded)


def read_result(group: GroupFolder) -> dict[str, Any] | None:
    """Return what came out of a group; None if it has not ended, or the file is damaged."""
    try:
        found = json.loads(group.result.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _summary(member: Member) -> RunSummary | None:
    run = RunFolder(runs_home() / member.run) if member.run is not None else None
    return summarize(run) if run is not None and run.path.is_dir() else None
