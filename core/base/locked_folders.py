"""Private folders that belong to a living process: it holds a lock on its own, and others remove what was abandoned."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from core.base.files import private_folder


def locked_folder(parent: Path, prefix: str) -> tuple[Path, int]:
    """Create a folder, and return it with a descriptor that holds its lock. Remove the folder, then close that.

    Raises:
        ReviewtuiError: It cannot be created.
    """
    while True:
        folder = private_folder(parent / f"{prefix}{secrets.token_hex(6)}")
        with suppress(FileNotFoundError):  # another process swept it before it was locked
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            except OSError:
                pass  # a file system without locks, where no process can sweep, either
            if folder.is_dir():
                return folder, descriptor
            os.close(descriptor)


def sweep_abandoned(parent: Path, prefix: str) -> None:
    """Remove the user's folders of that kind whose processes have ended without removing them."""
    for folder in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(descriptor).st_uid == os.getuid():
                    shutil.rmtree(folder)
            finally:
                os.close(descriptor)
