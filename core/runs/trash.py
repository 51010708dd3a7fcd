"""Deleting with undo: what is deleted, a run or a part of one, stays in the trash of the process that deleted it.

It is removed for good when that process exits normally. If the process was killed, the next one restores it, because an
undo was promised.

    trash/<process>/<run>/                                        a run
    trash/<process>/part-<random>/content/, and origin.json       another folder of the home, and where it was
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path, PurePosixPath

import psutil

from core.base.errors import ReviewtuiError
from core.base.files import home, private_folder, write_json
from core.runs.folder import RunFolder, is_run_id, runs_home
from core.runs.piped import remove_unneeded

_PART, _ORIGIN, _CONTENT = "part-", "origin.json", "content"


def trash_run(run: RunFolder) -> Path:
    """Move a run out of the list, and return where it is now; `restore_run` brings it back until `empty_trash`."""
    target = private_folder(_trash(os.getpid())) / run.id
    run.path.rename(target)
    return target


def restore_run(trashed: Path) -> RunFolder:
    """Bring a trashed run back to the list. If that fails, the run stays in the trash, and it can be tried again."""
    run = RunFolder(private_folder(runs_home()) / trashed.name)
    trashed.rename(run.path)
    return run


def trash_part(folder: Path) -> Path:
    """Move a folder of the home to the trash, and return where it is now; `restore_part` brings it back."""
    place = private_folder(_trash(os.getpid()) / f"{_PART}{secrets.token_hex(6)}")
    write_json(place / _ORIGIN, {"path": folder.relative_to(home()).as_posix()})
    folder.rename(place / _CONTENT)
    return place


def restore_part(trashed: Path) -> Path:
    """Bring a trashed folder back to where it was, and return that place.

    Raises:
        ReviewtuiError: What it belonged to is gone, or something new has taken its place. It stays in the trash.
    """
    try:
        origin = PurePosixPath(json.loads((trashed / _ORIGIN).read_bytes())["path"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ReviewtuiError(f"{trashed} does not say where it came from.") from error
    target = home() / origin
    inside = ".." not in origin.parts and target.parent.resolve().is_relative_to(home().resolve())
    if not inside or not target.parent.is_dir():
        raise ReviewtuiError(f"{target} cannot be restored: what it belonged to is gone.")
    if target.exists():
        raise ReviewtuiError(f"{target} cannot be restored: something new has taken its place.")
    (trashed / _CONTENT).rename(target)
    shutil.rmtree(trashed, ignore_errors=True)
    return target


def empty_trash() -> None:
    """Delete what this process moved to the trash, for good, and the piped reviews that no other run needs."""
    shutil.rmtree(_trash(os.getpid()), ignore_errors=True)
    remove_unneeded()


def recover_trash() -> list[RunFolder]:
    """Bring back what is in the trash of processes that ended without emptying it, and return the runs of it."""
    recovered = []
    trash = home() / "trash"
    for folder in sorted(trash.iterdir()) if trash.is_dir() else []:
        if folder.name.isdecimal() and not _lives(int(folder.name)):
            recovered += [restore_run(run) for run in folder.iterdir() if is_run_id(run.name)]
            for part in (content.parent for content in folder.glob(f"{_PART}*/{_CONTENT}")):
                with suppress(ReviewtuiError):  # what has another in its place is needed no longer
                    restore_part(part)
            shutil.rmtree(folder, ignore_errors=True)
    return recovered


def _lives(process: int) -> bool:
    try:
        return psutil.pid_exists(process)
    except OverflowError:
        return False


def _trash(process: int) -> Path:
    return home() / "trash" / str(process)
