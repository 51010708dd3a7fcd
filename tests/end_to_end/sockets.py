"""Whether a process, or any that it started, can be reached or reaches out over a network."""

from __future__ import annotations

import contextlib

import psutil


def open_to_others(*processes: int) -> list[str]:
    """Every internet socket, and every named one, of these processes and their descendants."""
    found = []
    for number in processes:
        root = psutil.Process(number)
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                sockets = [*process.net_connections("inet"), *(s for s in process.net_connections("unix") if s.laddr)]
                found += [f"{process.pid} {' '.join(process.cmdline()[:4])}: {socket}" for socket in sockets]
    return found
