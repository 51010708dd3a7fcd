"""Deleting runs with undo: a deleted run stays in the trash of the process that deleted it.

It is removed for good when that process exits normally. If the process was killed, the next one restores the run,
because an undo was promised.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil

from core.base.files import home, private_folder
from core.runs.folder import RunFolder, is_run_id, runs_home
from core.runs.piped import remove_unneeded


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


def empty_trash() -> None:
    """Delete what this process moved to the trash, for good, and the piped reviews that no other run needs."""
    shutil.rmtree(_trash(os.getpid()), ignore_errors=True)
    remove_unneeded()


def recover_trash() -> list[RunFolder]:
    """Bring back the runs in the trash of processes that ended without emptying it."""
    recovered = []
    trash = home() / "trash"
    for folder in sorted(trash.iterdir()) if trash.is_dir() else []:
        if folder.name.isdecimal() and not _lives(int(folder.name)):
            recovered += [restore_run(run) for run in folder.iterdir() if is_run_id(run.name)]
            shutil.rmtree(folder, ignore_errors=True)
    return recovered


def _lives(process: int) -> bool:
    try:
        return psutil.pid_exists(process)
    except OverflowError:
        return False


def _trash(process: int) -> Path:
    return home() / "trash" / str(process)
