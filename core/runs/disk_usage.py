"""The disk space that a run uses."""

from __future__ import annotations

import os
from pathlib import Path

from core.base.files import home


def bytes_on_disk(folder: Path) -> int:
    """Return the bytes that the files below `folder` take, each counted once however many names it has.

    Files that vanish or cannot be read meanwhile are not counted.
    """
    sizes: dict[tuple[int, int], int] = {}
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                        continue
                    found = entry.stat(follow_symlinks=False)
                    sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
        except OSError:
            continue
    return sum(sizes.values())


def shared_bytes() -> int:
    """Return the bytes of what runs share: reviews as they were read, their tokens, and the output of frozen layers."""
    return bytes_on_disk(home() / "data")
