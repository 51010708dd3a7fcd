"""The folder next to an output that holds the answers so far: `.answers.csv.partial/` for `answers.csv`.

    lock             held with `flock` by the process that writes the output; contains its pid
    manifest.json    describes the job; answers are continued only by the same job
    data             the answers, chunk after chunk
    index.jsonl      one line per chunk; see `core/bulk/chunk_log.py`

The folder has mode 0700 and its files 0600. It is removed when the output is complete, or if it holds no answers.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.base.errors import ReviewtuiError
from core.base.files import PRIVATE_FOLDER, open_private, sync_path, write_json
from core.base.text import clean_line
from core.bulk.job import difference

_TRIES = 20
_LOCK = "lock"


class Partial:
    """The folder of a partial output, locked until the end of the `with` block."""

    def __init__(self, output: Path) -> None:
        """Create and lock the folder next to `output`.

        Raises:
            ReviewtuiError: Another process holds the lock, or the folder cannot be created.
        """
        self.output = output
        self.path = output.with_name(f".{output.name}.partial")
        self.data, self.index = self.path / "data", self.path / "index.jsonl"
        self.manifest = self.path / "manifest.json"
        try:
            self._take_lock()
        except OSError as error:
            reason = clean_line(error.strerror or error, 120)
            raise ReviewtuiError(
                f"Cannot write {clean_line(output, 120)} ({reason}); choose another --output."
            ) from error

    def __enter__(self) -> Partial:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_mine() and not self._has_chunks():
            self.remove()
        os.close(self._descriptor)

    def begin(self, job: dict[str, Any]) -> str:
        """Prepare the folder for `job`, and discard the answers of any other job.

        Returns:
            How the other job differs, for the user; empty if no answers were discarded.
        """
        other = difference(self.manifest, job)
        if other is None:
            return ""
        lost = self._has_chunks()
        self.manifest.unlink(missing_ok=True)
        self._clear()
        write_json(self.manifest, job)
        return other if lost else ""

    def put_in_place(self, complete: Path) -> None:
        """Rename `complete`, a synced file in the folder, to the output, and sync the rename."""
        complete.replace(self.output)
        sync_path(self.output.parent)

    def remove(self) -> None:
        """Remove the folder, the lock last. A process that waits for the lock creates a new folder."""
        with suppress(OSError):
            self._clear()
            (self.path / _LOCK).unlink()
            self.path.rmdir()

    def _clear(self) -> None:
        for entry in self.path.iterdir():
            if entry.name != _LOCK:
                entry.unlink()

    def _has_chunks(self) -> bool:
        return self.index.is_file() and self.index.stat().st_size > 0

    def _is_mine(self) -> bool:
        """Return whether the file that this process has locked is still the one in the folder."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), (self.path / _LOCK).lstat())
        except FileNotFoundError:
            return False

    def _take_lock(self) -> None:
        """Create the folder and lock it; try again if another process has just removed both."""
        for _ in range(_TRIES):
            try:
                self._make()
                self._descriptor = open_private(self.path / _LOCK, os.O_RDWR | os.O_CREAT)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace")
                os.close(self._descriptor)
                raise self._taken(holder) if isinstance(error, BlockingIOError) else error from None
            if self._is_mine():
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)
                return
            os.close(self._descriptor)
        raise self._taken("")

    def _taken(self, holder: str) -> ReviewtuiError:
        return ReviewtuiError(
            f"Another process (pid {clean_line(holder) or 'unknown'}) is writing {clean_line(self.output, 120)}; wait "
            "until it has finished, or choose another --output."
        )

    def _make(self) -> None:
        try:
            self.path.mkdir(mode=PRIVATE_FOLDER)
        except FileExistsError:
            state = self.path.lstat()
            if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
                raise ReviewtuiError(
                    f"{clean_line(self.path, 160)} is in the way and is not your folder; remove it, or choose "
                    "another --output."
                ) from None
        self.path.chmod(PRIVATE_FOLDER)
