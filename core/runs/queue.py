"""The queue: runs that wait for one another to end, so that one trains at a time on this machine.

No process keeps it. Every queued run has an entry in its own folder (`core/runs/queue_entry.py`); whoever ends a run,
or puts one into the queue, starts the first that waits (`start_next`). If every process was killed, nothing starts by
itself: commands and the Runs screen say that the queue has stopped, and continue it when asked.

Entries change, and runs start, only under a lock on `$REVIEWTUI_HOME/queue.lock`, so that two processes cannot start
the same run, or two runs at once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from core.base.errors import InputError, ReviewtuiError
from core.base.files import home, open_private, private_folder, write_whole
from core.runs.checkpoint_folders import numbered
from core.runs.folder import RunFolder, list_runs
from core.runs.journal import JournalWriter
from core.runs.launch import Launched, launch_worker
from core.runs.lock import RunLock, living_worker
from core.runs.logout import Detachment
from core.runs.queue_entry import QueueEntry, new_entry, read_entry
from core.runs.recorded import refuse_in_recording
from core.runs.records import EndRecord, FailedRecord, StoppedRecord
from core.runs.summary import end_of

NEVER_STARTED = "taken out of the queue before it started"


@dataclass(frozen=True)
class Waiting:
    """A run in the queue that has no worker now."""

    run: RunFolder
    entry: QueueEntry


@dataclass(frozen=True)
class Queue:
    """The runs in the queue of this machine."""

    waiting: tuple[Waiting, ...]
    """Those that wait, in the order in which they start."""
    training: RunFolder | None
    """A run that has a worker on this machine, queued or not; None if there is none."""

    @property
    def has_stopped(self) -> bool:
        """Whether runs wait although nothing trains: whoever would have started them was killed."""
        return bool(self.waiting) and self.training is None


def read_queue() -> Queue:
    """Return the queue of this machine."""
    runs = list_runs()
    training = next((run for run in runs if _has_worker_here(run)), None)
    entries = [(run, entry) for run in runs if (entry := read_entry(run.queue_entry)) is not None and entry.is_here]
    waiting = [
        Waiting(run, entry)
        for run, entry in entries
        if living_worker(run.lock, run.journal) is None and not entry.is_over(_end(run, entry))
    ]
    return Queue(tuple(sorted(waiting, key=lambda one: (one.entry.position, one.run.id))), training)


def enqueue(runs: Sequence[RunFolder], *, extend: int | None = None) -> None:
    """Put runs at the end of the queue, in this order. `start_next` then starts the first, if nothing trains.

    Args:
        runs: New runs, or runs that can be resumed.
        extend: The new total number of epochs if they are to be extended.

    Raises:
        InputError: A run is queued already, or has a worker.
        ReviewtuiError: The home cannot be written.
    """
    refuse_in_recording()
    with _locked():
        taken = [entry.position for run in list_runs() if (entry := read_entry(run.queue_entry)) is not None]
        for position, run in enumerate(runs, start=max(taken, default=0) + 1):
            if living_worker(run.lock, run.journal) is not None:
                raise InputError(f"{run.id} has a worker; it cannot wait in the queue.")
            if (entry := read_entry(run.queue_entry)) is not None and not entry.is_over(_end(run, entry)):
                raise InputError(f"{run.id} is in the queue already.")
            _write(run, new_entry(position, extend))


def begin(run: RunFolder, *, wait: bool, resume: bool = False, extend: int | None = None) -> Detachment | None:
    """Start the worker of a run now, or put the run into the queue.

    Args:
        run: A new run, or one that can be resumed or extended.
        wait: Whether it waits until no other run trains.
        resume: Whether it continues from a checkpoint.
        extend: The new total number of epochs; None does not extend it.

    Returns:
        How the worker was detached; None if the run waits.

    Raises:
        ReviewtuiError: The worker could not start, or the home cannot be written.
    """
    if not wait:
        return launch_worker(run, resume=resume, extend=extend).detachment
    enqueue([run], extend=extend)
    launched = start_next()
    return launched.detachment if launched is not None and _has_worker_here(run) else None


def reorder(run: RunFolder, place: int) -> None:
    """Move a waiting run to a place in the queue: 0 is the first, and any number past the end is the last.

    Raises:
        InputError: The run does not wait in the queue of this machine.
    """
    with _locked():
        queue = read_queue()
        waiting = list(queue.waiting)
        moved = next((one for one in waiting if one.run.id == run.id), None)
        if moved is None:
            raise InputError(f"{run.id} does not wait in the queue of this machine.")
        waiting.remove(moved)
        waiting.insert(max(place, 0), moved)
        at_work = read_entry(queue.training.queue_entry) if queue.training is not None else None
        for position, one in enumerate(waiting, start=at_work.position + 1 if at_work is not None else 1):
            if one.entry.position != position:
                _write(one.run, msgspec.structs.replace(one.entry, position=position))


def take_out(run: RunFolder) -> QueueEntry:
    """Take a waiting run out of the queue and return its entry, which `put_back` accepts.

    A run that never started is then stopped, so that it can be resumed or deleted.

    Raises:
        InputError: The run does not wait in the queue.
    """
    with _locked():
        entry = read_entry(run.queue_entry)
        if entry is None or living_worker(run.lock, run.journal) is not None:
            raise InputError(f"{run.id} does not wait in the queue.")
        if not run.journal.exists():
            _write_end(run, StoppedRecord(message=NEVER_STARTED))
        run.queue_entry.unlink(missing_ok=True)
        return entry


def put_back(run: RunFolder, entry: QueueEntry) -> None:
    """Give a run that was taken out of the queue its place back."""
    with _locked():
        if read_entry(run.queue_entry) is None and living_worker(run.lock, run.journal) is None:
            _write(run, msgspec.structs.replace(new_entry(entry.position, entry.extend), host=entry.host))


def leave(run: RunFolder) -> None:
    """Remove the entry of a run whose worker has ended."""
    run.queue_entry.unlink(missing_ok=True)


def start_next() -> Launched | None:
    """Start the first run that waits, unless a run trains on this machine.

    A run that cannot start leaves the queue; its journal says why, and the next one is tried.

    Returns:
        The new worker; None if nothing was started.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    with _locked():
        while (queue := read_queue()).has_stopped:
            run, entry = queue.waiting[0].run, queue.waiting[0].entry
            try:
                return launch_worker(run, resume=_has_begun(run), extend=entry.extend)
            except (OSError, ReviewtuiError) as error:
                if _has_worker_here(run):  # someone resumed it at the same moment
                    return None
                _write_end(run, FailedRecord(message=f"It could not start when its turn came: {error}"))
                leave(run)
    return None


@contextmanager
def _locked() -> Iterator[None]:
    """Hold the lock of the queue."""
    descriptor = open_private(private_folder(home()) / "queue.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(run: RunFolder, entry: QueueEntry) -> None:
    write_whole(run.queue_entry, msgspec.json.encode(entry))


def _has_begun(run: RunFolder) -> bool:
    """Return whether the run continues from something: its own earlier steps, or the checkpoint of another run."""
    return run.provenance.exists() or bool(numbered(run.checkpoints))


def _has_worker_here(run: RunFolder) -> bool:
    worker = living_worker(run.lock)
    return worker is not None and worker.is_here


def _end(run: RunFolder, entry: QueueEntry) -> EndRecord | None:
    """Return how the run ended, if it was written to since it was queued."""
    try:
        return end_of(run) if run.journal.stat().st_mtime >= entry.since - 1 else None
    except OSError:  # it never started
        return None


def _write_end(run: RunFolder, record: EndRecord) -> None:
    """Record how a run that has no worker ended, in a worker's place."""
    lock = RunLock(run.lock, run.journal)
    try:
        journal = JournalWriter(run.journal)
        journal.write(record, sync=True)
        journal.close()
    finally:
        lock.release()
