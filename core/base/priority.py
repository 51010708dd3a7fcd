"""Lowers the priority of processes and threads whose work can wait."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")


def lower_process_priority(niceness: int) -> None:
    """Lower the priority of this process, and of every process that it starts from now on.

    If Linux groups processes by session (autogroup), niceness only matters within a session, and the group has its own
    niceness. It is set as well if this process leads its session; otherwise the group belongs to another process.

    Args:
        niceness: 0 to 19. A process that is already nicer does not change.
    """
    with suppress(OSError):
        _lower(0, niceness)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # not Linux, or a kernel without autogroup
            _AUTOGROUP.write_text(str(niceness))


def lower_thread_priority(niceness: int) -> None:
    """Lower the priority of the calling thread only; on Linux, where threads have their own niceness, else do nothing.

    Not for a thread that holds Python's global interpreter lock for long: all others would wait until it gets a
    processor.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            _lower(threading.get_native_id(), niceness)


def _lower(who: int, niceness: int) -> None:
    os.setpriority(os.PRIO_PROCESS, who, max(niceness, os.getpriority(os.PRIO_PROCESS, who)))
