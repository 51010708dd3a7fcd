"""Workers that can be killed by the hundred: real processes, forked from one that has loaded torch already.

A worker's own start, which loads torch, takes seconds; what is proved here is what it leaves behind, whenever it dies.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from core.runs.control import ControlReader
from core.runs.folder import RunFolder
from core.runs.journal import JournalWriter
from core.runs.lock import RunLock
from core.training import budgets
from core.training import session as session_module
from core.training.session import Session


def start(run: RunFolder, *, resume: bool, first: Callable[[], None] = lambda: None) -> int:
    """Fork a worker for `run`; returns its pid. Args: first: what it does before it begins."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        log = os.open(run.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        faulthandler.enable()
        session_module.cpu_threads = lambda: 1
        budgets.measured_budget = lambda *_: 2048
        lock = RunLock(run.lock)
        lock.sign()
        journal = JournalWriter(run.journal, sleep=lambda seconds: None)
        journal.write("started", sync=True, pid=os.getpid(), host="here")
        first()
        Session(run, journal, ControlReader(run.control), threading.Event()).work(resume=resume)
        journal.close()
        status = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def ended(pid: int) -> int:
    """Wait for a worker; its exit status, or the number of the signal that killed it, negated."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_after(pid: int, seconds: float) -> bool:
    """Kill a worker after so long; False if it had ended before."""
    stopped = threading.Event()
    killer = threading.Timer(seconds, lambda: stopped.is_set() or os.kill(pid, signal.SIGKILL))
    killer.start()
    status = ended(pid)
    stopped.set()
    killer.cancel()
    killer.join()
    assert status in (0, -signal.SIGKILL), f"the worker ended with {status}"
    return status == -signal.SIGKILL


def die_at(call: int, counted: list[int]) -> Callable[[], None]:
    """What makes a worker die just before its `call`-th change of the disk; `counted[0]` says how many there were.

    Changes are writes, syncs, renames, links, truncations and removals of the journal and of checkpoints.
    """

    def patch() -> None:
        made = 0

        def counting(function: Callable[..., object]) -> Callable[..., object]:
            def instead(*arguments: object, **options: object) -> object:
                nonlocal made
                made += 1
                counted[0] = made
                if made == call:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*arguments, **options)

            return instead

        from core.training import checkpoints

        for owner, name in (
            (os, "write"),
            (os, "fsync"),
            (os, "ftruncate"),
            (os, "rmdir"),
            (os, "unlink"),
            (Path, "rename"),
            (Path, "replace"),
            (Path, "mkdir"),
            (Path, "chmod"),
            (checkpoints, "save_file"),
        ):
            setattr(owner, name, counting(getattr(owner, name)))

    return patch
