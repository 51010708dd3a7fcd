"""Workers that can be killed by the hundred: real processes, forked from one that has loaded torch and done nothing.

A worker's own start, which loads torch, takes seconds; what is proved here is what it leaves behind, whenever it dies.
`python -m tests.proofs.workers` is the process that they are forked from: it takes one line of JSON a worker, says the
worker's pid, and when it has ended, how.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.subprocess_env import child_environment
from core.runs.folder import RunFolder

HERE = Path(__file__).resolve().parents[2]


class Nursery:
    """The process that workers are forked from; one lives at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(),
            cwd=HERE,
            text=True,
        )

    def start(self, run: RunFolder, *, resume: bool = False, **hook: Any) -> int:
        """Begin a worker for `run`; returns its pid. `hook` names one of `HOOKS` and its argument."""
        return int(self._ask({"run": str(run.path), "resume": resume, "hook": hook, "home": str(run.path.parents[1])}))

    def ended(self) -> int:
        """Wait for the worker; its exit status, or the number of the signal that killed it, negated."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def work(self, run: RunFolder, *, resume: bool = False, **hook: Any) -> int:
        """Let a worker work until it ends; how it ended."""
        self.start(run, resume=resume, **hook)
        return self.ended()

    def killed_after(self, pid: int, seconds: float) -> bool:
        """Kill the worker after so long; False if it had ended before."""
        over = threading.Event()
        killer = threading.Timer(seconds, lambda: over.is_set() or os.kill(pid, signal.SIGKILL))
        killer.start()
        status = self.ended()
        over.set()
        killer.cancel()
        killer.join()
        assert status in (0, -signal.SIGKILL), f"the worker ended with {status}"
        return status == -signal.SIGKILL

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)

    def _ask(self, what: dict[str, Any]) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def die_at(call: int) -> None:
    """Die just before the `call`-th change of the disk from now on.

    Changes are writes, syncs, truncations, renames, folders made, modes set and removals.
    """
    made = 0

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*arguments: Any, **options: Any) -> Any:
            nonlocal made
            made += 1
            if made == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return instead

    from core.training import checkpoints

    of_os = [(os, name) for name in ("write", "fsync", "ftruncate", "rmdir", "unlink")]
    of_paths = [(Path, name) for name in ("rename", "replace", "mkdir", "chmod")]
    for owner, name in (*of_os, *of_paths, (checkpoints, "save_tensors")):
        setattr(owner, name, counting(getattr(owner, name)))


def fill_disk(place: str) -> None:
    """Fill the disk that `place` is on after step 20, and make room again after step 30."""
    filler = Path(place) / "filler"

    def full() -> None:
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(b"0" * 4096):
                    pass
            except OSError:
                pass

    _after_steps({20: full, 30: filler.unlink})


def close_folder(place: str) -> None:
    """Make a folder read-only after step 10."""

    def closed() -> None:
        subprocess.run(["mount", "--bind", place, place], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)

    _after_steps({10: closed})


def _after_steps(acts: dict[int, Callable[[], None]]) -> None:
    from core.runs.records import StepRecord
    from core.worker.session import Session

    step = Session.on_step

    def on_step(self: Session, record: StepRecord) -> None:
        step(self, record)
        if record.step in acts:
            self._writer.wait()
            acts[record.step]()

    Session.on_step = on_step  # type: ignore[method-assign]


HOOKS: dict[str, Callable[[Any], None]] = {"die_at": die_at, "fill_disk": fill_disk, "close_folder": close_folder}


def _work(asked: dict[str, Any]) -> int:
    from core.learners import budgets
    from core.runs.control import ControlReader
    from core.runs.journal import JournalWriter
    from core.runs.lock import RunLock
    from core.runs.records import StartedRecord
    from core.worker import work as work_module
    from core.worker.session import Session

    os.environ["REVIEWTUI_HOME"] = asked["home"]
    run = RunFolder(Path(asked["run"]))
    log = os.open(run.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable()
    work_module.cpu_threads = lambda: 1
    budgets.measured_budget = lambda *_: 2048
    try:
        lock = RunLock(run.lock)
        lock.sign()
        journal = JournalWriter(run.journal, sleep=lambda seconds: None)
        journal.write(StartedRecord(pid=os.getpid(), host="here", awake=0.0), sync=True)
        for name, argument in asked["hook"].items():
            HOOKS[name](argument)
        session = Session(run, journal, ControlReader(run.control), threading.Event())
        session.work(resume=asked["resume"])
        journal.close()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        return 1
    return 0


def _serve() -> None:
    import datasets  # noqa: F401 -- a worker has use for it, and for all of these
    import sklearn.metrics  # noqa: F401
    import transformers

    import core.learners.native
    import core.worker.session  # noqa: F401

    assert transformers.AutoModelForSequenceClassification and transformers.AutoTokenizer  # loaded when first named
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = _work(json.loads(line))
            finally:
                os._exit(status)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
