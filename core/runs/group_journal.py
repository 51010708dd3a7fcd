"""The journal of a group: `members.jsonl`, one checksummed record a line, written under the group's lock.

A run is planned before it is made, so that whoever is killed in between, the next process makes the same run: nothing
is planned twice and nothing is lost.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from core.base.checked_lines import checked, encode
from core.base.files import open_private
from core.runs.outline import Value


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    time: float = 0.0
    """When it was written, in seconds since 1970; set by `append`."""


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is to be made."""

    number: int
    """Counted from 1 within the group."""
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


class LongerRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is to train on."""

    number: int
    epochs: int
    """Its new total number of epochs."""


class Planned(_Line, frozen=True, kw_only=True, tag="planned"):
    """What the group trains next. One record, so that a plan is there as a whole or not at all."""

    new: tuple[NewRun, ...] = ()
    longer: tuple[LongerRun, ...] = ()


class Made(_Line, frozen=True, kw_only=True, tag="made"):
    """The folder of a planned run exists."""

    number: int
    run: str


class Stopped(_Line, frozen=True, kw_only=True, tag="stopped"):
    """No further run is planned until the group is continued."""


class Continued(_Line, frozen=True, kw_only=True, tag="continued"):
    """A stopped group continues."""


Entry = Planned | Made | Stopped | Continued
_DECODER: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


@dataclass(frozen=True)
class Member:
    """A run of a group."""

    number: int
    name: str
    settings: dict[str, Value | None]
    role: str
    why: str
    run: str | None = None
    """Id of the run; None before it is made."""
    layers: tuple[int, ...] = ()
    """See `NewRun`, as for the next two."""
    data: str = ""
    validation: str = ""
    epochs: int | None = None
    """The total number of epochs that it is to be extended to; None if it was never extended."""


@dataclass
class GroupHistory:
    """Everything in the journal of a group so far."""

    members: dict[int, Member] = field(default_factory=dict)
    """By number, in the order in which they were planned."""
    stopped: bool = False

    def add(self, entry: Entry) -> None:
        """Fold in a record. What is about members that were never planned is ignored."""
        if isinstance(entry, Planned):
            for one in entry.new:
                self.members[one.number] = Member(
                    one.number,
                    one.name,
                    one.settings,
                    one.role,
                    one.why,
                    layers=one.layers,
                    data=one.data,
                    validation=one.validation,
                )
            for longer in entry.longer:
                self._change(longer.number, epochs=longer.epochs)
        elif isinstance(entry, Made):
            self._change(entry.number, run=entry.run)
        else:
            self.stopped = isinstance(entry, Stopped)

    def _change(self, number: int, **fields: Any) -> None:
        if (member := self.members.get(number)) is not None:
            self.members[number] = replace(member, **fields)


def read_group_journal(file: Path) -> GroupHistory:
    """Return the history of a group. Damaged lines, such as one that a crash tore, are skipped."""
    history = GroupHistory()
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError:
        return history
    for line in lines:
        try:
            whole = checked(line)
            if whole is not None:
                history.add(_DECODER.decode(whole))
        except (ValueError, RecursionError):
            continue
    return history


def append(file: Path, entry: Entry) -> None:
    """Append a record, and return when it is on the disk. The caller holds the group's lock."""
    fields = msgspec.to_builtins(msgspec.structs.replace(entry, time=round(time.time(), 3)))
    descriptor = open_private(file, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        size = os.fstat(descriptor).st_size
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (b"\n" if torn else b"") + encode(fields))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
