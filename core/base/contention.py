"""Whether this process gets the processors that it wants: what tells a busy machine from a slow one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

MAX_LOST = 0.1
"""Times that were measured while more was lost are not those of this machine, but of whoever else used it."""

_THREADS = Path("/proc/self/task")
_SIGNIFICANT = 0.25
"""A thread that wanted less than this share of what the busiest one wanted decides no times."""

Times = dict[str, tuple[int, int]]
"""By thread: nanoseconds on a processor, and waiting for one."""


class Contention:
    """Looks at the threads of this process."""

    def __init__(self, threads: Path = _THREADS, *, since_start: bool = False) -> None:
        """Look from now on.

        Args:
            threads: where the kernel tells of them; elsewhere than on Linux the load of the machine is taken.
            since_start: look from the start of each thread on.
        """
        self._threads = threads
        self._before = {} if since_start else _times(threads)

    def lost(self) -> float:
        """The share of the time, 0 to 1, for which a thread wanted a processor and had none, since the last call.

        It is that of the thread that was worst off: the others wait for it, so work takes 1 / (1 - lost) as long.
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
            with suppress(OSError, ValueError):  # a thread that has just ended
                ran, waited, _ = (thread / "schedstat").read_text().split()
                found[thread.name] = (int(ran), int(waited))
    return found


def _by_load() -> float:
    """What a fair scheduler takes from each of the processes that want more processors than there are."""
    wanted, there = os.getloadavg()[0], os.cpu_count() or 1
    return max(1 - there / wanted, 0.0) if wanted else 0.0
