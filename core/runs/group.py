"""Groups: runs that answer one question together, such as the seeds of one setting or the trials of a sweep.

`$REVIEWTUI_HOME/groups/<id>/` holds what was asked and what was decided. The runs themselves are runs like any other,
and name their group in `settings.toml`.

group.toml       what was asked: name, kind, the request that its runs begin with, and what the kind wants to know
members.jsonl    which runs were planned and made, append-only (core/runs/group_journal.py)
result.json      what came out, once all runs have ended
notes.jsonl      what the user says about it (core/runs/notes.py)
lock             held by the process that plans the next run
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import tomli_w

from core.base.errors import ReviewtuiError
from core.base.files import home, private_folder, write_whole
from core.base.text import clean_line
from core.runs.folder import is_run_id, new_folder
from core.runs.notes import FILE_NAME
from core.runs.outline import Outline

if TYPE_CHECKING:
    from core.runs.request import Request

Kind = Literal["seeds", "sweep", "versus", "distillation", "folds"]
"""What the runs of a group have in common, and what differs: see `core/experiments/`."""


class GroupOutline(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a group's `group.toml`, with unchecked settings."""

    name: str
    kind: Kind
    request: Outline
    """What all runs of the group begin with."""
    spec: dict[str, Any] = {}
    """What the kind of group wants to know."""


@dataclass(frozen=True)
class GroupFolder:
    """The paths in the folder of a group."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def declaration(self) -> Path:
        return self.path / "group.toml"

    @property
    def journal(self) -> Path:
        return self.path / "members.jsonl"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    @property
    def notes(self) -> Path:
        return self.path / FILE_NAME

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    def outline(self) -> GroupOutline:
        """Return what was asked.

        Raises:
            ReviewtuiError: group.toml is missing or damaged.
        """
        found = read_group(self)
        if found is None:
            raise ReviewtuiError(f"{clean_line(self.declaration)} cannot be read; the group cannot continue.")
        return found


def create_group(name: str, kind: Kind, request: dict[str, Any], spec: dict[str, Any]) -> GroupFolder:
    """Create the folder of a group.

    Args:
        name: A name that no run and no group has.
        kind: What its runs have in common.
        request: The request that its runs begin with, as `settings.toml` would hold it.
        spec: What the kind wants to know; no value may be None.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    group = GroupFolder(new_folder(private_folder(groups_home())))
    write_whole(group.declaration, tomli_w.dumps({"name": name, "kind": kind, "spec": spec, "request": request}))
    return group


def groups_home() -> Path:
    """Return the folder that holds every group's folder."""
    return home() / "groups"


def read_group(group: GroupFolder) -> GroupOutline | None:
    """Return the content of a group's group.toml; None if it is missing or damaged."""
    try:
        return msgspec.convert(tomllib.loads(group.declaration.read_text(encoding="utf-8")), GroupOutline)
    except (OSError, ValueError, RecursionError):
        return None


def read_base_request(group: GroupFolder) -> Request:
    """Return the request that all runs of a group begin with.

    Raises:
        ReviewtuiError: group.toml is missing or damaged.
    """
    from core.runs.request import Request  # pydantic; a list of groups does without it

    try:
        return Request.model_validate(tomllib.loads(group.declaration.read_text(encoding="utf-8"))["request"])
    except (OSError, ValueError, KeyError) as error:
        raise ReviewtuiError(f"{clean_line(group.declaration)} cannot be read; the group cannot continue.") from error


def list_groups() -> list[GroupFolder]:
    """Return every group's folder, the newest first."""
    try:
        entries = list(groups_home().iterdir())
    except FileNotFoundError:
        return []
    found = [GroupFolder(entry) for entry in entries if is_run_id(entry.name) and not entry.is_symlink()]
    return sorted(found, key=lambda group: group.id, reverse=True)


def find_group(word: str) -> GroupFolder | None:
    """Return the group with this id or name; None if there is none."""
    named = [(group, one) for group in list_groups() if (one := read_group(group)) is not None]
    return next((group for group, one in named if word == group.id or one.name in (word, clean_line(word))), None)
