"""One writer per run: a lock that names its holder, so that a later process with the same pid is not mistaken for it.

The worker holds an exclusive `flock` on the run's `lock` file while it lives; the kernel releases it however the worker
dies. The file says who holds it: the pid, when that process started, the machine's boot id and the host's name. The
start is counted in clock ticks since boot, which setting the clock does not change. On another host of a shared disk,
where `flock` may not reach, a journal that was just written to counts as a sign of life.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import psutil

from core.base.errors import ReviewtuiError
from core.base.files import open_private
from core.base.text import clean_line

_PATIENCE_SECONDS = 2.0
_PROC = Path("/proc")

SIGN_OF_LIFE_SECONDS = 60.0
"""A worker on another host counts as alive if its journal was written to within this time."""


@dataclass(frozen=True)
class Holder:
    """Who holds, or last held, a run's lock."""

    pid: int
    boot: str
    host: str
    ticks: int | None = None
    """When the process started, in clock ticks since boot."""
    started: float | None = None
    """When the process started, in seconds since 1970; used on systems without /proc."""
    over: bool = False
    """Whether it released the lock before it ended."""

    @property
    def is_here(self) -> bool:
        """Whether it is a process of this machine, started since it booted."""
        return self.host == socket.gethostname() and self.boot == boot_id()

    def __str__(self) -> str:
        return str(self.pid) if self.host == socket.gethostname() else f"{self.pid} on {self.host}"


class RunLockedError(ReviewtuiError):
    """Raised when another worker holds the run."""


class RunLock:
    """The worker's lock on its run, held until `release` or the end of the process."""

    def __init__(self, path: Path, journal: Path | None = None) -> None:
        """Take the lock. If its holder is dead, wait a moment: its supervisor is about to notice.

        Args:
            journal: What a holder writes to: its sign of life where `flock` does not reach.

        Raises:
            RunLockedError: Another worker has it.
            ReviewtuiError: The file system has no locks.
        """
        self._descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (taken := self._take(path)):
            holder = read_holder(path)
            if (holder is not None and not holder.over and _lives(holder)) or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        holder = read_holder(path)
        if not taken or (holder is not None and _writes_elsewhere(holder, journal, time.time())):
            os.close(self._descriptor)
            raise RunLockedError(f"This run already has a worker ({holder or 'unknown'}).")

    def _take(self, path: Path) -> bool:
        try:
            return _try_lock(self._descriptor, fcntl.LOCK_EX)
        except OSError as error:
            os.close(self._descriptor)
            raise ReviewtuiError(
                f"{clean_line(path)} cannot be locked ({error.strerror}): its file system has no locks, and without "
                "one two workers could write the same run. Set REVIEWTUI_HOME to a folder on another disk."
            ) from error

    def sign(self) -> None:
        """Name this process as the holder. A forked child of the one that took the lock signs again."""
        self._write(_myself())

    def release(self) -> None:
        """Release the lock, and record that in the file for readers on other hosts."""
        with suppress(OSError):  # a full disk
            self._write(replace(_myself(), over=True))
        os.close(self._descriptor)

    def _write(self, holder: Holder) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, msgspec.json.encode(holder), 0)
        os.fsync(self._descriptor)


def read_holder(path: Path) -> Holder | None:
    """Return the holder that the lock file names; None if there never was one, or the file is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, ValueError, RecursionError):
        return None


def living_worker(path: Path, journal: Path | None = None, now: float | None = None) -> Holder | None:
    """Return the worker that holds the lock now, or None. On this host the process itself is looked up.

    If a worker is dead while its lock is held, its supervisor is about to restart it or give up.

    Args:
        journal: see `RunLock`; now: seconds since 1970.
    """
    holder = read_holder(path)
    if holder is None or holder.over or (holder.host == socket.gethostname() and holder.boot != boot_id()):
        return None
    now = time.time() if now is None else now
    alive = _lives(holder) or _is_locked(path) or _writes_elsewhere(holder, journal, now)
    return holder if alive else None


def _lives(holder: Holder) -> bool:
    """Return whether the named process lives on this host."""
    if not holder.is_here:
        return False
    if holder.ticks is not None:
        return _start_ticks(holder.pid) == holder.ticks
    try:
        process = psutil.Process(holder.pid)
        began = process.create_time()
        alive = process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError, OverflowError):  # no such process, or a number that no process has
        return False
    return alive and holder.started is not None and abs(began - holder.started) < 1.0


def _start_ticks(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None if it is dead or there is no /proc."""
    try:
        text = (_PROC / str(pid) / "stat").read_bytes()
    except (OSError, ValueError):
        return None
    fields = text.rpartition(b")")[2].split()  # the name before it may contain brackets and spaces
    return int(fields[19]) if fields[0] not in (b"Z", b"X") else None


def _writes_elsewhere(holder: Holder, journal: Path | None, now: float) -> bool:
    """Return whether a holder on another host has just written to its journal."""
    if journal is None or holder.over or holder.host == socket.gethostname():
        return False
    try:
        return now - journal.stat().st_mtime < SIGN_OF_LIFE_SECONDS
    except OSError:
        return False


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # deleted just now
        return False
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def boot_id() -> str:
    """Return an id that changes with every boot of this machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"


def _myself() -> Holder:
    pid = os.getpid()
    ticks = _start_ticks(pid)
    started = psutil.Process(pid).create_time() if ticks is None else None
    return Holder(pid, boot_id(), socket.gethostname(), ticks, started)
