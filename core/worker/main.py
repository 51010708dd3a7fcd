"""The training worker: `python -m core.worker RUN_FOLDER [--resume]`, one per run, detached from its starter.

The process takes the run's lock and forks, so that no parent waits for it. The fork holds the lock and supervises a
child that does the work (`core/worker/supervisor.py`). Both ignore SIGHUP; SIGTERM to either means stop and save. The
child records how it ended. Everything that it or its libraries print goes to the run's `worker.log`. If the user asked
for it, the supervisor tells what happens to the run by the user's command (`core/notifications/teller.py`).
"""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.text import clean
from core.experiments.continuing import run_ended
from core.notifications.teller import RunTeller
from core.runs.control import ControlReader
from core.runs.extension import begin_extension, unfinished_extension
from core.runs.folder import RunFolder
from core.runs.heartbeat import Heartbeat
from core.runs.journal import JournalWriter
from core.runs.lock import RunLock
from core.runs.outline import read_outline
from core.runs.queue import leave
from core.runs.records import FailedRecord, KilledRecord, StartedRecord
from core.worker.supervisor import MAX_RESTARTS, supervise

ADVICE = (
    "Lower max_length, freeze_layers more, or take a smaller model; `reviewtui forecast` shows what each would save. "
    "`resume` continues from the last checkpoint."
)


def main(arguments: list[str]) -> int:
    """Run the worker; return the exit status of the process that starts it."""
    run = RunFolder(Path(arguments[0]))
    os.umask(0o077)
    try:
        lock = RunLock(run.lock, run.journal)
    except ReviewtuiError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    epochs = [word.removeprefix("--extend=") for word in arguments if word.startswith("--extend=")]
    extend = int(epochs[0]) if epochs else None
    control = ControlReader(run.control)  # before the lock names this worker, so that it misses no request
    terminated = threading.Event()
    lock.sign()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.fork() > 0:
        return 0

    def work(restarts: int) -> None:
        lock.sign()
        resume = restarts > 0 or "--resume" in arguments or extend is not None
        _work(run, control, terminated, resume=resume, restarts=restarts, extend=extend)

    teller = RunTeller(run)
    if not supervise(work, terminated=terminated, meanwhile=teller.look):
        journal = JournalWriter(run.journal)
        message = f"The kernel ended the worker {MAX_RESTARTS + 1} times. {ADVICE}"
        journal.write(FailedRecord(message=message), sync=True)
        journal.close()
    lock.release()
    teller.look()  # after the release: only now is a worker that was killed known to be dead
    _start_next(run)
    teller.finish()
    os._exit(0)


def _start_next(run: RunFolder) -> None:
    """Leave the queue, and start the next run that waits in it."""
    try:
        leave(run)
        outline = read_outline(run.settings)
        run_ended(outline.group if outline is not None else None)
    except (OSError, ReviewtuiError) as error:
        print(f"The next run in the queue was not started: {clean(error)}", file=sys.stderr, flush=True)


def _work(
    run: RunFolder,
    control: ControlReader,
    terminated: threading.Event,
    *,
    resume: bool,
    restarts: int = 0,
    extend: int | None = None,
) -> None:
    """Do the work of a run.

    Args:
        restarts: How often the kernel has killed an earlier worker because memory ran out.
        extend: Total epochs of the run from now on.
    """
    faulthandler.enable()
    journal = JournalWriter(run.journal)
    awake = Heartbeat().read().awake
    journal.write(StartedRecord(pid=os.getpid(), host=socket.gethostname(), awake=awake), sync=True)
    if restarts:
        journal.write(KilledRecord(restarts=restarts, most=MAX_RESTARTS), sync=True)
    try:
        if extend is None and resume:
            extend = unfinished_extension(run)
        if extend is not None:
            begin_extension(run, journal, extend)

        from core.worker.methods import work_of  # after the first record: this loads torch

        work_of(run, journal, control, terminated).work(resume=resume, restarts=restarts)
    except ReviewtuiError as error:
        journal.write(FailedRecord(message=str(error)), sync=True)
    except BaseException as error:
        print(clean(traceback.format_exc()), file=sys.stderr)
        journal.write(FailedRecord(message=_exit_message(error, run)), sync=True)
    journal.close()
    sys.stdout.flush()
    sys.stderr.flush()


def _exit_message(error: BaseException, run: RunFolder) -> str:
    """Return a message about an unexpected failure; the traceback is in worker.log."""
    from core.base.out_of_memory import is_out_of_memory

    if is_out_of_memory(error):
        return f"Out of memory. {ADVICE}"
    return f"An unexpected {type(error).__name__} ended the run; {run.log} has the details."
