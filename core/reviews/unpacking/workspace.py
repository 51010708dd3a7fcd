"""A private folder for unpacked files, and the bounds on what is written there.

The folder lies in the data folder, so that there is one place for everything that is read. Its process holds a lock on
it; after a crash, the next process that reads anything removes it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.base.errors import InputError
from core.base.files import home, open_private, private_folder
from core.base.locked_folders import locked_folder, sweep_abandoned
from core.base.text import clean_line
from core.base.units import in_bytes

_PREFIX = ".unpacked-"
_MARGIN = 1 << 30
"""Bytes of the disk that stay free."""
_MAX_RATIO, _RATIO_COUNTS_FROM = 1_000, 1 << 30
"""No reviews are packed to less than a thousandth, at least not a gigabyte of them: that is a trap."""
MAX_FILES = 400_000


class Workspace:
    """A private folder with bounds: on bytes by what the disk has free, on files by `MAX_FILES`."""

    def __init__(self, folder: Path, progress: Callable[[int], None], most: int | None = None) -> None:
        """Args:
        progress: Called with the number of packed bytes that have been read, each time some have.
        most: Bytes of each file that are wanted; the others are not written.
        """
        self._folder, self._progress, self.most = folder, progress, most
        self._files = self._written = self._folders = 0
        self._room = max(shutil.disk_usage(folder).free - _MARGIN, 0) // 2
        """What is read from the unpacked files is stored, too, and takes about as much again."""

    def new_folder(self) -> Path:
        """Return a new, empty folder."""
        self._folders += 1
        return private_folder(self._folder / f"packed{self._folders}")

    def advance(self, packed_bytes: int) -> None:
        """Report that `packed_bytes` more have been read."""
        self._progress(packed_bytes)

    def expect(self, size: int, name: str) -> None:
        """Check that `size` more bytes may be written.

        Raises:
            InputError: There is not enough room on the disk.
        """
        if self._written + size > self._room:
            raise InputError(
                f"{clean_line(name)} needs {in_bytes(self._written + size)} or more when unpacked, and only "
                f"{in_bytes(self._room)} are free for it; make room, or move REVIEWTUI_HOME."
            )

    def write(self, path: Path, blocks: Iterable[bytes], name: str, packed_bytes: int) -> None:
        """Write a new file, and its folders, in a folder of this workspace.

        Args:
            name: What messages call what is unpacked.
            packed_bytes: The size of what is unpacked.

        Raises:
            InputError: It is too large, or there are too many files.
            FileExistsError, NotADirectoryError: There is such a file already, or its folder is a file.
            OSError: The file cannot be written.
        """
        self._files += 1
        if self._files > MAX_FILES:
            raise InputError(f"{clean_line(name)} holds more than {MAX_FILES:,} files; unpack those with reviews.")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        size = 0
        with os.fdopen(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            for block in blocks if self.most is None else _beginning(blocks, self.most):
                self.expect(len(block), name)
                self._written += len(block)
                size += len(block)
                if size > _RATIO_COUNTS_FROM and size > packed_bytes * _MAX_RATIO:
                    raise InputError(
                        f"{clean_line(name)} unpacks to more than {_MAX_RATIO:,} times its size: that is no file of "
                        "reviews, but one made to fill the disk. Nothing of it was kept."
                    )
                file.write(block)


def _beginning(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    for block in blocks:
        yield block[:size]
        size -= len(block)
        if size <= 0:
            return


@contextmanager
def workspace(progress: Callable[[int], None], most: int | None = None) -> Iterator[Workspace]:
    """Yield an empty `Workspace`, which is removed afterwards.

    Raises:
        ReviewtuiError: It cannot be created.
    """
    folder, descriptor = locked_folder(private_folder(home() / "data"), _PREFIX)
    try:
        yield Workspace(folder, progress, most)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def sweep_workspaces() -> None:
    """Remove the workspaces of processes that have ended without removing them."""
    sweep_abandoned(home() / "data", _PREFIX)
