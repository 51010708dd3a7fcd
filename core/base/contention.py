"""Measures how much CPU time this process loses to others, to tell a busy machine from a slow one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

MAX_LOST = 0.1
"""Share of lost CPU time above which the machine is busy, and times measured on it mean nothing."""

_THREADS = Path("/proc/self/task")
_SIGNIFICANT = 0.25
"""Threads that wanted less than this share of the busiest thread's time are ignored."""

Times = dict[str, tuple[int, int]]
"""Thread → nanoseconds spent running on a processor, and waiting for one."""


class Contention:
    """Watches how long the threads of this process wait for a processor."""

    def __init__(self, threads: Path = _THREADS, *, since_start: bool = False) -> None:
        """Args:
        threads: folder with the kernel's statistics of each thread; without one the machine's load average is used.
        since_start: count from the start of each thread instead of from now.
        """
        self._threads = threads
        self._before = {} if since_start else _times(threads)

    def lost(self) -> float:
        """Return the share of the time, 0 to 1, that a runnable thread waited for a processor since the last call.

        It is the share of the worst-off thread. The others wait for that thread, so work takes 1 / (1 - lost) times as
        long.
        """
        now = _times(self._threads)
        if not now:
            return _by_load()
        wanted = {}
        for thread, (ran, waited) in now.items():
            before = self._before.get(thread, (0, 0))
            wanted[thread] = (max(ran - before[0], 0), max(waited - before[1], 0))
        self._before = now
        most = max((sum(times) for times in wanted.values()), default=0)
        shares = [
            waited / (ran + waited) for ran, waited in wanted.values() if ran + waited > _SIGNIFICANT * most and most
        ]
        return max(shares, default=0.0)


def _times(threads: Path) -> Times:
    found: Times = {}
    with suppress(OSError):
        for thread in threads.iterdir():
            with suppress(OSError, ValueError):  # the thread has just ended
                ran, waited, _ = (thread / "schedstat").read_text().split()
                found[thread.name] = (int(ran), int(waited))
    return found


def _by_load() -> float:
    """Return the share of its time that each process loses, under a fair scheduler, at the current load average."""
    wanted, available = os.getloadavg()[0], os.cpu_count() or 1
    return max(1 - available / wanted, 0.0) if wanted else 0.0
