"""One writer per run: a lock that names its holder and cannot be mistaken for a later process of the same number.

The worker holds an exclusive `flock` on the run's `lock` file for as long as it lives; the kernel lets go of it when
the worker dies, however it dies. The file's text says who holds it: pid, the process's start time, the machine's boot
id and the host's name, so that a reader on another host of a shared disk, where `flock` may not reach, can still tell.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from core.errors import ReviewtuiError
from core.files import open_private

_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Holder:
    """Who holds, or last held, a run's lock."""

    pid: int
    started: float
    """Start time of the process, seconds since 1970."""
    boot: str
    host: str


class RunLocked(ReviewtuiError):  # noqa: N818 -- what happened, not a fault
    """Another worker holds the run."""


class RunLock:
    """The worker's hold on its run, until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        """Take the lock. One whose holder is dead is waited for a moment: its supervisor is about to notice.

        Raises:
            RunLocked: another worker has it.
        """
        self._descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _try_lock(self._descriptor, fcntl.LOCK_EX):
            holder = read_holder(path)
            if (holder is not None and _lives(holder)) or time.monotonic() > deadline:
                os.close(self._descriptor)
                raise RunLocked(f"This run already has a worker ({holder.pid if holder else 'unknown'}).")
            time.sleep(0.01)

    def sign(self) -> None:
        """Name this process as the holder; a forked child of the one that took the lock signs anew."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(asdict(_myself())).encode(), 0)
        os.fsync(self._descriptor)

    def release(self) -> None:
        """Let go."""
        os.close(self._descriptor)


def read_holder(path: Path) -> Holder | None:
    """Who the lock file names; None if nobody ever held it or its text is damaged."""
    try:
        note = json.loads(path.read_bytes())
        return Holder(int(note["pid"]), float(note["started"]), str(note["boot"]), str(note["host"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def living_worker(path: Path) -> Holder | None:
    """The worker that holds the lock now, or None. On this host the process itself is looked up, not trusted.

    A worker that is dead while its lock is held is about to be started again, or given up, by its supervisor.
    """
    holder = read_holder(path)
    if holder is None:
        return None
    if holder.host == socket.gethostname() and holder.boot != boot_id():
        return None
    return holder if _lives(holder) or _is_locked(path) else None


def _lives(holder: Holder) -> bool:
    """Whether the process that is named lives, on this host."""
    if holder.host != socket.gethostname() or holder.boot != boot_id():
        return False
    try:
        process = psutil.Process(holder.pid)
        return abs(process.create_time() - holder.started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError):  # no such process, or a number that no process has
        return False


def _is_locked(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def boot_id() -> str:
    """A word that changes with every boot of this machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"


def _myself() -> Holder:
    process = psutil.Process()
    return Holder(process.pid, process.create_time(), boot_id(), socket.gethostname())
