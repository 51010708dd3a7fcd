"""Reviews that were piped into a command: a private copy in `$REVIEWTUI_HOME/standard-input`, kept only while needed.

The engine and a detached worker read files, so what comes through a pipe is copied to one. A run reads its data again
when it is resumed: its copy lives as long as the run does, in the list or in the trash. Any other copy lives as long as
the process that was given the pipe, which holds a lock on it. A copy that is no longer needed is removed together with
what was read from it under `data/`: when that process ends, when the trash is emptied, and, after a crash, by the next
process that keeps a copy.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import json
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from core.base.errors import ReviewtuiError
from core.base.files import home, open_private, private_folder
from core.runs.folder import runs_home

_BLOCK = 1 << 20
_MARGIN = 1 << 30
"""Bytes of the disk that stay free."""
_held: list[int] = []
"""Descriptors of the copies of this process, each with a lock."""


def keep_piped(stream: BinaryIO) -> Path:
    """Copy `stream` to a new private file, which lives at least as long as this process.

    Raises:
        ReviewtuiError: The copy cannot be written.
    """
    remove_unneeded()
    path = private_folder(_folder()) / secrets.token_hex(8)
    descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if not _held:
        atexit.register(release_piped)
    _held.append(descriptor)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        try:
            while block := stream.read(_BLOCK):
                if shutil.disk_usage(path.parent).free < _MARGIN:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                file.write(block)
        except OSError as error:
            path.unlink(missing_ok=True)
            reason = error.strerror or error
            raise ReviewtuiError(
                f"Cannot keep what is piped in, in {path.parent} ({reason}); make room, or move REVIEWTUI_HOME."
            ) from error
    return path


def release_piped() -> None:
    """Remove the copies that this process has kept, except those that a run needs."""
    while _held:
        os.close(_held.pop())
    remove_unneeded()


def remove_unneeded() -> None:
    """Remove every copy that neither a run nor a living process needs."""
    with suppress(OSError):
        for copy in _folder().iterdir() if _folder().is_dir() else []:
            if not _is_in_use(copy) and not _is_data_of_a_run(copy):
                _remove_stores(copy)
                copy.unlink(missing_ok=True)


def _folder() -> Path:
    return home() / "standard-input"


def _is_in_use(copy: Path) -> bool:
    """Return whether a living process holds the lock on a copy."""
    descriptor = open_private(copy, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_data_of_a_run(copy: Path) -> bool:
    """Return whether any run's settings name the copy; runs in the trash and damaged settings are searched, too."""
    settings = [*runs_home().glob("*/settings.toml"), *(home() / "trash").glob("*/*/settings.toml")]
    return any(copy.name.encode() in file.read_bytes() for file in settings)


def _remove_stores(copy: Path) -> None:
    """Remove the data that was read from a copy."""
    for report in (home() / "data").glob("*/report.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            if json.loads(report.read_bytes())["source"] == str(copy):
                shutil.rmtree(report.parent)
