"""Watching over a worker: one that the kernel kills for want of memory is started again, with smaller micro-batches.

Nothing inside a process survives that, for the kernel ends all of it at once. So the process that was started for a run
keeps the run's lock, does no work, takes next to no memory, and waits for the child that does. A child that was killed
by anything else stays dead, as its journal says: a person may have meant it.

SIGTERM means stop and save, whichever of the two processes it is sent to: the one that waits hands it on, and goes on
waiting. Hang-ups are ignored by both.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

from core.base.memory import kernel_kills

MAX_RESTARTS = 3


def supervise(
    work: Callable[[int], None],
    kills: Callable[[], int] = kernel_kills,
    terminated: threading.Event | None = None,
) -> bool:
    """Do `work` in a child process, again whenever the kernel killed that for want of memory; returns when it is over.

    Args:
        work: is told how often it was begun before; what it returns is dropped, and the child ends with it.
        kills: how many processes the kernel has killed so far for want of memory.
        terminated: is set in the child by SIGTERM.

    Returns:
        False if the kernel killed the last child that may be tried, too.
    """
    terminated = threading.Event() if terminated is None else terminated
    for restarts in range(MAX_RESTARTS + 1):
        before = kills()
        _forward_sigterm(terminated)  # a child inherits that, and what was set before it was begun
        child = os.fork()
        if child == 0:
            try:
                work(restarts)
            finally:
                os._exit(0)
        _forward_sigterm(terminated, child)
        if terminated.is_set():
            os.kill(child, signal.SIGTERM)
        _, status = os.waitpid(child, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and kills() > before):
            return True
    return False


def _forward_sigterm(terminated: threading.Event, child: int | None = None) -> None:
    """Take the first SIGTERM for a wish to stop, and hand it on to `child`, if there is one."""

    def heed(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # one is enough; another inside of `set` would wait for itself
        terminated.set()
        if child is not None:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, heed)
