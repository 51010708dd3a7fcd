"""Writes checkpoints in a thread, so that training never waits for the disk.

The tensors are those being trained, not copies. Forward and backward passes change no weight, so the thread has that
long to read them; only the optimizer's update waits until they are all read. Hashing, syncing and the rename follow
while training continues, at a lower priority.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.priority import lower_thread_priority
from core.training.checkpoints import Checkpoint, save_checkpoint

_NICENESS = 10


class CheckpointWriter:
    """Writes one checkpoint at a time."""

    def __init__(
        self,
        folder: Path,
        *,
        trunk: Callable[[], int | None],
        before: Callable[[], object],
        written: Callable[[int], None],
        failed: Callable[[str], None],
    ) -> None:
        """Args:
        trunk: returns the argument of that name of `save_checkpoint`.
        before: passed to `save_checkpoint`.
        written: called with the step of each checkpoint once it is on the disk.
        failed: called with the reason if one could not be written. Both run in the writing thread.
        """
        self._folder, self._trunk, self._before = folder, trunk, before
        self._written, self._failed = written, failed
        self._thread: threading.Thread | None = None
        self._read = threading.Event()
        self._read.set()

    def begin(self, checkpoint: Checkpoint) -> None:
        """Start writing a checkpoint; blocks until the previous one is done."""
        self.wait()
        self._read.clear()
        self._thread = threading.Thread(target=self._write, args=(checkpoint,), name="checkpoint writer")
        self._thread.start()

    def settle(self) -> None:
        """Block until all tensors of the last checkpoint have been read, and may change."""
        self._read.wait()

    def wait(self) -> None:
        """Block until the last checkpoint is on the disk, or has failed."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _tensors_read(self) -> None:
        """Let the update go on; from here on nobody waits for this thread, so training has the processors first."""
        self._read.set()
        lower_thread_priority(_NICENESS)

    def _write(self, checkpoint: Checkpoint) -> None:
        try:
            save_checkpoint(self._folder, checkpoint, trunk=self._trunk(), read=self._tensors_read, before=self._before)
        except ReviewtuiError as error:
            self._failed(str(error))
        except Exception as error:  # an exception in a thread would otherwise be lost
            self._failed(f"No checkpoint could be written ({type(error).__name__}: {error}).")
        else:
            self._written(checkpoint.progress.step)
        finally:
            self._read.set()
