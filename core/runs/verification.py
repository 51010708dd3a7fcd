"""Checks on this machine that a killed and resumed run equals an uninterrupted one: `reviewtui verify-resume DATA`.

Both are trained by real workers in a temporary home. The second is killed at random steps, as by a power cut, and
resumed each time.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.files import home, private_folder
from core.runs.fingerprint import fingerprint
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.launch import launch_worker
from core.runs.lock import living_worker, read_holder
from core.runs.request import Request
from core.runs.status import OVER, state_of

_POLL_SECONDS = 0.02

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Verification:
    """The fingerprints of both runs, and where the second was killed."""

    steps: int
    kills: tuple[int, ...]
    """Steps that were done when the worker was killed."""
    control: dict[str, str]
    resumed: dict[str, str]

    @property
    def equal(self) -> bool:
        return self.control == self.resumed and bool(self.control["weights"])


def verify_resume(request: Request, kills: int, progress: Progress, chance: random.Random) -> Verification:
    """Train twice, the second time with `kills` kills, and compare.

    Raises:
        ReviewtuiError: One of the runs did not finish.
    """
    with _own_home():
        control = create_run(request)
        launch_worker(control)
        steps = _to_the_end(control, "undisturbed", progress)
        disturbed = create_run(request)
        launch_worker(disturbed)
        killed = []
        for target in sorted(chance.sample(range(1, max(steps, 2)), k=min(kills, max(steps - 1, 1)))):
            if (reached := _kill_at(disturbed, target)) is None:
                break
            killed.append(reached)
            progress(f"killed at step {reached} and resumed", reached / steps)
            launch_worker(disturbed, resume=True)
        _to_the_end(disturbed, "killed and resumed", progress)
        return Verification(steps, tuple(killed), fingerprint(control), fingerprint(disturbed))


@contextmanager
def _own_home() -> Iterator[None]:
    """Provide a home for the runs, inside the user's own; it is removed at the end."""
    before = os.environ.get("REVIEWTUI_HOME")
    place = Path(tempfile.mkdtemp(prefix="verify-", dir=private_folder(home())))
    os.environ["REVIEWTUI_HOME"] = str(place)
    try:
        yield
    finally:
        if before is None:
            del os.environ["REVIEWTUI_HOME"]
        else:
            os.environ["REVIEWTUI_HOME"] = before
        shutil.rmtree(place, ignore_errors=True)


def _to_the_end(run: RunFolder, what: str, progress: Progress) -> int:
    """Wait until a run is finished; returns its steps."""
    history = RunHistory()
    for history in _watched(run):
        planned = history.planned_steps
        progress(f"{what}, step {history.step}", history.step / planned if planned else None)
        if state_of(run, history) in OVER and living_worker(run.lock) is None:
            break
    state = state_of(run, history)
    if state != "finished":
        why = history.end.message if history.end is not None and history.end.message else f"it is {state}"
        raise ReviewtuiError(f"The run that was to be {what} did not finish: {why}")
    return history.step


def _kill_at(run: RunFolder, step: int) -> int | None:
    """Kill a run's worker after `step` steps; return how many it has made, or None if the run was over before."""
    for history in _watched(run):
        if state_of(run, history) in OVER:
            return None
        holder = read_holder(run.lock)
        if history.step >= step and not _is_saving(history) and holder is not None:
            os.kill(holder.pid, signal.SIGKILL)
            while living_worker(run.lock) is not None:
                time.sleep(_POLL_SECONDS)
            return history.step
    raise AssertionError("a run is watched until it is over")


def _is_saving(history: RunHistory) -> bool:
    return history.phase is not None and history.phase.name == "saving"


def _watched(run: RunFolder) -> Iterator[RunHistory]:
    """Yield a run's history repeatedly."""
    history, reader = RunHistory(), JournalReader(run.journal)
    while True:
        history.update(reader.read_new())
        yield history
        time.sleep(_POLL_SECONDS)
