"""Pieces of work in order of worth within a time limit, each result on disk as soon as it is there.

A piece is begun only if the time that its kind is expected to take is left, and stopped when the limit comes: then it
leaves no record, and the next call with the same folder does it again. So does a piece that failed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from benchmarks.data import ROOT
from benchmarks.gpu.store import Record, Store

_LOOK_SECONDS = 0.2
"""Between two looks at whether the deadline was brought forward."""


class OutOfTimeError(Exception):
    """The limit came before a piece was done."""


class PieceFailedError(Exception):
    """A piece ended without a result; the message says why."""


class Deadline:
    """A moment after which nothing may run."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self.seconds = seconds

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._began

    def left(self) -> float:
        """Seconds until the moment; never negative."""
        return max(self.seconds - self.elapsed(), 0.0)

    def come(self) -> None:
        """Make this the moment."""
        self.seconds = 0.0

    def wait(self, ready: Callable[[float], object]) -> None:
        """Wait until `ready`, which is given the seconds that it may take, returns something true.

        Raises:
            OutOfTimeError: the moment came first.
        """
        while not ready(min(self.left(), _LOOK_SECONDS)):
            if not self.left():
                raise OutOfTimeError


@dataclass(frozen=True)
class Piece:
    """One piece of work and where its result goes."""

    part: str
    """The file, `PART.jsonl`; empty for a piece whose result is not kept."""
    name: str
    """Unique within its part."""
    kind: str
    """Pieces of one kind take about as long as each other."""
    work: Callable[[Deadline], Record]
    """Do it. Raises `OutOfTimeError` at the deadline and anything else where it fails."""


@dataclass(frozen=True)
class Stage:
    """Pieces that may run side by side, and how many of them at once."""

    pieces: Sequence[Piece]
    at_once: int = 1


class Runner:
    """Runs stages one after the other."""

    def __init__(self, store: Store, deadline: Deadline, expected: float, after_each: Callable[[], None]) -> None:
        """Create a runner.

        Args:
            expected: seconds that a piece takes at most, until one of its kind was measured.
            after_each: called after every record, never twice at the same time.
        """
        self._store, self._deadline, self._after_each = store, deadline, after_each
        self._expected = expected
        self._measured: dict[str, float] = {}
        self._lock = threading.Lock()

    def run(self, stages: Sequence[Stage], session: int = 1) -> None:
        """Do every piece that has no result yet, as long as there is time."""
        for stage in stages:
            with ThreadPoolExecutor(stage.at_once) as pool:
                for done in [pool.submit(self._do, piece, session) for piece in stage.pieces if not self._has(piece)]:
                    done.result()

    def _has(self, piece: Piece) -> bool:
        record = self._store.latest(piece.part).get(piece.name) if piece.part else None
        return record is not None and "failed" not in record

    def _do(self, piece: Piece, session: int) -> None:
        needed = self._measured.get(piece.kind, self._expected)
        if self._deadline.left() <= needed:
            return self._say(f"{piece.name}: not begun, it takes up to {needed:.0f} s")
        before = self._deadline.elapsed()
        try:
            result = piece.work(self._deadline)
        except OutOfTimeError:
            return self._say(f"{piece.name}: stopped at the limit")
        except Exception as error:
            why = str(error) if isinstance(error, PieceFailedError) else traceback.format_exc()
            result = {"failed": why[-4000:]}
        took = self._deadline.elapsed() - before
        with self._lock:
            self._measured[piece.kind] = max(took, self._measured.get(piece.kind, 0.0))
            if piece.part:
                date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
                about = {"name": piece.name, "session": session, "date": date, "took": round(took, 2)}
                self._store.append(piece.part, {**about, **result})
                self._after_each()
        self._say(f"{piece.name}: {'FAILED: ' + result['failed'] if 'failed' in result else 'done'} ({took:.0f} s)")

    def _say(self, line: str) -> None:
        print(f"[{self._deadline.elapsed():4.0f} s] {line}", file=sys.stderr, flush=True)


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


def command(words: Sequence[str], env: Mapping[str, str], deadline: Deadline) -> Ended:
    """Run a command in the repository's root to its end.

    Raises:
        OutOfTimeError: the deadline came; the command and the processes it started are gone.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            words, env=dict(env), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
        try:
            deadline.wait(partial(_has_ended, process))
        except OutOfTimeError:
            kill_group(process)
            raise
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        return Ended(process.returncode, *texts)


def _has_ended(process: subprocess.Popen[Any], seconds: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.returncode is not None


def kill_group(process: subprocess.Popen[Any]) -> None:
    """Kill a process that leads a session of its own, and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
