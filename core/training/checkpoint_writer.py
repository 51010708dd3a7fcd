"""Writing checkpoints beside the training: a step waits only until its tensors have been read, never for the disk.

The tensors are those that are being trained, not copies: a forward and a backward pass change no weight, so there is
that long to read them, and only the optimizer's update has to wait for what is not read by then. Hashes, syncing and
the rename come after that, while training goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.training.checkpoints import Checkpoint, save_checkpoint


class CheckpointWriter:
    """One checkpoint at a time, in a thread of its own."""

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
        trunk, before: as `save_checkpoint` takes them.
        written: told the step of each checkpoint that is on the disk; failed: told why one is not. Both are called
            in the thread that writes.
        """
        self._folder, self._trunk, self._before = folder, trunk, before
        self._written, self._failed = written, failed
        self._thread: threading.Thread | None = None
        self._read = threading.Event()
        self._read.set()

    def begin(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint from now on; an earlier one that is still being written is waited for first."""
        self.wait()
        self._read.clear()
        self._thread = threading.Thread(target=self._write, args=(checkpoint,), name="checkpoint writer")
        self._thread.start()

    def settle(self) -> None:
        """Return once the tensors of the last checkpoint have been read: they may change now."""
        self._read.wait()

    def wait(self) -> None:
        """Return once the last checkpoint is on the disk, or has failed."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _write(self, checkpoint: Checkpoint) -> None:
        try:
            save_checkpoint(self._folder, checkpoint, trunk=self._trunk(), read=self._read.set, before=self._before)
        except ReviewtuiError as error:
            self._failed(str(error))
        except Exception as error:  # nothing in this thread may end unheard
            self._failed(f"No checkpoint could be written ({type(error).__name__}: {error}).")
        else:
            self._written(checkpoint.progress.step)
        finally:
            self._read.set()
