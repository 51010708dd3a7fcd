"""Supervises a worker: if the kernel kills it because memory ran out, it is restarted with smaller micro-batches.

No process survives such a kill. So the process started for a run holds the run's lock, uses almost no memory, and waits
for a child that does the work. A child killed by anything else is not restarted: someone may have meant it.

SIGTERM to either process means stop and save: the supervisor forwards it to the child and keeps waiting. Both ignore
SIGHUP.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

from core.base.memory import kernel_kills

MAX_RESTARTS = 3
MEANWHILE_SECONDS = 1.0
"""Seconds between two calls of what is done meanwhile."""


def supervise(
    work: Callable[[int], None],
    kills: Callable[[], int] = kernel_kills,
    terminated: threading.Event | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> bool:
    """Run `work` in a child process, and again whenever the kernel killed the child because memory ran out.

    Args:
        work: takes the number of earlier attempts. The child exits when it returns.
        kills: Returns how many processes the kernel has killed so far because memory ran out.
        terminated: Set in the child by SIGTERM.
        meanwhile: Is called about every second while the child lives. It must neither raise nor wait.

    Returns:
        Whether the last child ended otherwise; False if the kernel killed it, too.
    """
    terminated = threading.Event() if terminated is None else terminated
    for restarts in range(MAX_RESTARTS + 1):
        before = kills()
        _forward_sigterm(terminated)  # the child inherits the handler, and the event if it is set already
        child = os.fork()
        if child == 0:
            try:
                work(restarts)
            finally:
                os._exit(0)
        _forward_sigterm(terminated, child)
        if terminated.is_set():
            os.kill(child, signal.SIGTERM)
        status = _wait_for(child, meanwhile)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and kills() > before):
            return True
    return False


def _wait_for(child: int, meanwhile: Callable[[], None] | None) -> int:
    """Wait for a child to end, call `meanwhile` now and then, and return the child's status."""
    if meanwhile is None:
        return os.waitpid(child, 0)[1]
    ended = select.poll()
    try:
        descriptor = os.pidfd_open(child)
        ended.register(descriptor, select.POLLIN)
    except OSError:  # a kernel before 5.3, or a sandbox: without it, the poll below only waits
        descriptor = None
    while not (found := os.waitpid(child, os.WNOHANG))[0]:
        if not ended.poll(MEANWHILE_SECONDS * 1000):
            meanwhile()
    if descriptor is not None:
        os.close(descriptor)
    return found[1]


def _forward_sigterm(terminated: threading.Event, child: int | None = None) -> None:
    """On the first SIGTERM set `terminated`, and forward the signal to `child` if there is one."""

    def handle(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one, inside `set`, would deadlock
        terminated.set()
        if child is not None:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, handle)
