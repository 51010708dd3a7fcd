"""The files of a folder and its sub-folders, with bounds, and without leaving the folder.

A link is followed only if it leads to a file inside the folder. The one exception is the cache of the Hugging Face hub,
where `snapshots/…` consists of links to the `blobs` beside it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core.base.errors import InputError
from core.base.text import clean_line

MAX_DEPTH = 8
MAX_ENTRIES = 400_000
_SNAPSHOTS, _BLOBS = "snapshots", "blobs"


@dataclass
class Tree:
    """What is in a folder: paths relative to it, sorted. Hidden files and folders are not listed."""

    files: list[PurePosixPath] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    """What was not entered or followed, and why."""


def walk(root: Path, most: int = MAX_ENTRIES) -> Tree:
    """Return the files in `root`, at most `MAX_DEPTH` folders deep.

    Args:
        most: The most files and folders to look at.

    Raises:
        InputError: There are more than `most`.
        OSError: A folder cannot be read.
    """
    tree = Tree()
    inside = root.resolve()
    blobs = _blobs_of(inside)
    waiting = [PurePosixPath()]
    seen = 0
    while waiting:
        here = waiting.pop()
        with os.scandir(root / here) as entries:
            found = []
            for entry in entries:
                seen += 1
                if seen > most:
                    message = f"{clean_line(root)} holds more than {most:,} files; name the sub-folder with reviews."
                    raise InputError(message)
                if not entry.name.startswith(".") and entry.name != "__MACOSX":
                    found.append(entry)
        found.sort(key=lambda entry: entry.name)
        if {_SNAPSHOTS, _BLOBS} <= {entry.name for entry in found}:
            snapshot, others = _newest_snapshot(root / here)
            if snapshot is not None:
                waiting.append(here / _SNAPSHOTS / snapshot)
                tree.left += [(str(here / _SNAPSHOTS / name), "an older snapshot") for name in others]
                continue
        for entry in found:
            path = here / entry.name
            if entry.is_symlink():
                reason = _refusal(root / path, inside, blobs)
                if reason:
                    tree.left.append((str(path), reason))
                else:
                    tree.files.append(path)
            elif entry.is_file():
                tree.files.append(path)
            elif entry.is_dir():
                if len(path.parts) > MAX_DEPTH:
                    tree.left.append((str(path), f"more than {MAX_DEPTH} folders deep"))
                else:
                    waiting.append(path)
    tree.files.sort()
    return tree


def _refusal(link: Path, inside: Path, blobs: Path | None) -> str:
    """Return why a link is not followed; empty if it is."""
    try:
        target = link.resolve()
    except (OSError, RuntimeError):
        return "a link to itself"
    if target.is_dir():
        return "a link to a folder"
    if not target.is_file():
        return "a link to nothing"
    if target.is_relative_to(inside) or (blobs is not None and target.parent == blobs):
        return ""
    return "a link out of the folder"


def _blobs_of(inside: Path) -> Path | None:
    """Return the folder that the links of a hub snapshot lead to, if `inside` is one or lies in one."""
    for folder in inside.parents:
        if folder.name == _SNAPSHOTS:
            blobs = folder.parent / _BLOBS
            return blobs if blobs.is_dir() and not blobs.is_symlink() else None
    return None


def _newest_snapshot(folder: Path) -> tuple[str | None, list[str]]:
    """Return the snapshot of a hub cache that `refs/main` names, or else the newest, and the names of the others."""
    names = {path.name: path.stat().st_mtime for path in (folder / _SNAPSHOTS).iterdir() if path.is_dir()}
    if not names:
        return None, []
    reference = folder / "refs" / "main"
    named = reference.read_text(errors="replace")[:100].strip() if reference.is_file() else ""
    chosen = named if named in names else max(names, key=lambda name: names[name])
    return chosen, sorted(set(names) - {chosen})
