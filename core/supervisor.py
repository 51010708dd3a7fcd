"""Watching over a worker: one that the kernel kills for want of memory is started again, with smaller micro-batches.

Nothing inside a process survives that, for the kernel ends all of it at once. So the process that was started for a run
keeps the run's lock, does no work, takes next to no memory, and waits for the child that does. A child that was killed
by anything else stays dead, as its journal says: a person may have meant it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from core.memory import kernel_kills

MOST_RESTARTS = 3


def supervise(work: Callable[[int], None], kills: Callable[[], int] = kernel_kills) -> bool:
    """Do `work` in a child process, again whenever the kernel killed that for want of memory; returns when it is over.

    Args:
        work: is told how often it was begun before; what it returns is dropped, and the child ends with it.
        kills: how many processes the kernel has killed so far for want of memory.

    Returns:
        False if the kernel killed the last child that may be tried, too.
    """
    for restarts in range(MOST_RESTARTS + 1):
        before = kills()
        child = os.fork()
        if child == 0:
            try:
                work(restarts)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and kills() > before):
            return True
    return False
