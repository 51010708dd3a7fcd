"""Replays the recording in a private home, in a thread that ends with the workbench.

The home is a temporary folder that only this process uses and that is removed with it; if the process was killed, the
next demo removes it. While the recording is played, this process holds the run's lock, as a worker would.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.files import private_folder
from core.base.locked_folders import locked_folder, sweep_abandoned
from core.runs.folder import RunFolder, new_folder, runs_home
from core.runs.journal import JournalWriter
from core.runs.lock import RunLock
from core.runs.recorded import mark_as_recording
from tui.demo.player import Player
from tui.demo.recording import NAME, RecordedRun, read_recording

_PREFIX = "reviewtui-demo-"
USUAL_SECONDS = 75.0
"""How long the recording takes unless a speed is chosen."""
_EARLIER_SECONDS = 300.0
"""How long before the run its baseline is said to have been made."""


class Replay:
    """A recording that is played in a home of its own."""

    def __init__(self, data: str, speed: float | None = None) -> None:
        """Lay out the home, and make it that of this process.

        Args:
            data: Where the reviews are that the run has learned from.
            speed: How many recorded seconds pass in one second; None takes 75 seconds for all.

        Raises:
            ReviewtuiError: No folder can be made.
        """
        place = Path(tempfile.gettempdir())
        sweep_abandoned(place, _PREFIX)
        self.home, self._descriptor = locked_folder(place, _PREFIX)
        self._before = os.environ.get("REVIEWTUI_HOME")
        os.environ["REVIEWTUI_HOME"] = str(self.home)
        mark_as_recording(self.home)
        recording = read_recording()
        self.speed = recording.run.seconds / USUAL_SECONDS if speed is None else speed
        baseline, self.run = _two_folders()
        recording = recording.renamed(self.run.id, baseline.id).told_as_one(self.speed)
        _write_at_once(recording.baseline, baseline, data)
        recording.run.lay_out(self.run, NAME, data)
        self._recording = recording
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to play. Args: clock: In seconds."""
        lock = RunLock(self.run.lock)
        lock.sign()
        player = Player(self._recording.run.records, self.run, self.speed, clock(), time.time())
        player.play(clock(), time.monotonic())  # so that the first frame has something to show

        def work() -> None:
            while not player.is_over and not self._over.wait(player.play(clock(), time.monotonic())):
                pass
            player.close()
            lock.release()

        self._thread = threading.Thread(target=work, name="replay", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End the replay, remove its home, and go back to the one before."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if self.home.exists():
            shutil.rmtree(self.home, ignore_errors=True)
            os.close(self._descriptor)
            if self._before is None:
                os.environ.pop("REVIEWTUI_HOME", None)
            else:
                os.environ["REVIEWTUI_HOME"] = self._before


def _two_folders() -> tuple[RunFolder, RunFolder]:
    """Return the folders of the baseline and of the run, in the order in which they were made."""
    place = private_folder(runs_home())
    return RunFolder(new_folder(place)), RunFolder(new_folder(place))


def _write_at_once(recorded: RecordedRun, run: RunFolder, data: str) -> None:
    """Write a run that has ended as if it had, some minutes ago."""
    recorded.lay_out(run, "recorded baseline", data)
    shift = time.time() - _EARLIER_SECONDS - recorded.records[-1].time
    now = 0.0
    journal = JournalWriter(run.journal, clock=lambda: now)
    for record in recorded.records:
        now = record.time + shift
        journal.write(record)
    if not journal.close():
        raise ReviewtuiError(f"Cannot write in {run.path}.")
