"""Whether files have changed since they were read."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[tuple[int, int, int], ...]
"""Inode, time of the last change in nanoseconds, and size of some files; zeros for one that is missing."""


def stamp_of_files(*files: Path) -> Stamp:
    """Return what changes whenever one of these files or folders does."""
    return tuple(_changes_of(path) for path in files)


def _changes_of(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size
