"""Reads all groups for a list, again and again; what is written about a group is read once more only if it changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from core.runs.group import GroupFolder, GroupOutline, list_groups, read_group
from core.runs.group_journal import Member, read_group_journal
from core.runs.notes import Note, read_annotations
from core.runs.stamps import Stamp, stamp_of_files


@dataclass(frozen=True)
class WrittenGroup:
    """What is written in the folder of a group. What became of its runs is written in theirs."""

    folder: GroupFolder
    outline: GroupOutline
    members: tuple[Member, ...]
    """In the order in which they were planned."""
    stopped: bool
    """Whether the user has stopped it."""
    result: Mapping[str, Any] | None
    """What came out of it; None before it has ended, empty if the file is damaged."""
    notes: tuple[Note, ...] = ()
    """What the user noted about it, the oldest first."""

    @property
    def id(self) -> str:
        return self.folder.id

    @cached_property
    def runs(self) -> tuple[str, ...]:
        """Ids of its runs that were made, also of those that were deleted since."""
        return tuple(one.run for one in self.members if one.run is not None)


def read_written(folder: GroupFolder) -> WrittenGroup | None:
    """Return what is written about a group; None if its declaration is missing or damaged."""
    outline = read_group(folder)
    if outline is None:
        return None
    history = read_group_journal(folder.journal)
    members = tuple(history.members.values())
    notes = read_annotations(folder.notes).notes
    return WrittenGroup(folder, outline, members, history.stopped, _result(folder.result), notes)


class GroupList:
    """The groups of this home."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[Stamp, WrittenGroup | None]] = {}

    def read(self) -> list[WrittenGroup]:
        """Return all groups whose declaration can be read, the newest first.

        Raises:
            OSError: The folder of groups cannot be read.
        """
        found: dict[str, tuple[Stamp, WrittenGroup | None]] = {}
        for folder in list_groups():
            stamp = stamp_of_files(folder.declaration, folder.journal, folder.result, folder.notes)
            known = self._read.get(folder.id)
            found[folder.id] = known if known is not None and known[0] == stamp else (stamp, read_written(folder))
        self._read = found
        return [group for _, group in found.values() if group is not None]


def _result(file: Path) -> Mapping[str, Any] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
