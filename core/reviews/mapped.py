"""A memory-mapped file that gives its pages back: reading all of it needs no more memory than reading a part."""

from __future__ import annotations

import mmap
from pathlib import Path

import pyarrow as pa

_MOST = 48 << 20
"""Bytes that may have been read before pages are given back."""


class MappedFile:
    """The content of a file as `buffer`, which is read when it is used, and stays valid after `release`."""

    def __init__(self, path: Path) -> None:
        """Map a file.

        Raises:
            OSError: It cannot be opened.
            ValueError: It is empty.
        """
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.buffer = pa.py_buffer(self._map)
        self._touched = 0

    def touched(self, size: int) -> None:
        """Note that `size` more bytes have been read, and give pages back if those are many."""
        self._touched += size
        if self._touched >= _MOST:
            self.release()

    def release(self) -> None:
        """Give all pages back to the system, which keeps them as long as it has room."""
        self._touched = 0
        self._map.madvise(mmap.MADV_DONTNEED)
