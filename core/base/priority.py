"""Giving way: processes and threads whose work may wait while others compute."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")


def lower_process_priority(niceness: int) -> None:
    """Lower the priority of this process, and of all that it starts from now on.

    Where Linux groups processes by session, niceness counts only among those of one session, and the group has a
    niceness of its own. That is set too if this process leads its session; else it is somebody else's group.

    Args:
        niceness: 0 to 19. A process that is nicer already stays as it is.
    """
    with suppress(OSError):
        _lower(0, niceness)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # another system, or a kernel that was built or started without it
            _AUTOGROUP.write_text(str(niceness))


def lower_thread_priority(niceness: int) -> None:
    """Lower the priority of the calling thread alone; Linux only, elsewhere niceness is of whole processes.

    Not for a thread that holds Python's lock for long: who waits for the lock waits for this thread to get a processor.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            _lower(threading.get_native_id(), niceness)


def _lower(who: int, niceness: int) -> None:
    os.setpriority(os.PRIO_PROCESS, who, max(niceness, os.getpriority(os.PRIO_PROCESS, who)))
