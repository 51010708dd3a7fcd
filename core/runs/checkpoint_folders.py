"""Folders of checkpoints, without their tensors: lists, verifies, creates and removes them.

    checkpoints/step-N/manifest.json   size and sha256 of every other file; written last

A folder is created under another name, synced, and then renamed, so one named `step-N` is complete. Readers verify
every hash nevertheless, because disks fail and people copy folders.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.files import PRIVATE_FILE, private_folder, sha256_of, sync_path, write_json
from core.runs.progress import Progress, read_progress

MANIFEST, STATE = "manifest.json", "state.json"
WEIGHTS, OPTIMIZER, BEST = "weights.safetensors", "optimizer.safetensors", "best.safetensors"
CHECKPOINTS_KEPT = 2
"""How many checkpoints of a run are kept: the newest to resume from, and one more in case it is damaged."""
_NEEDED = {WEIGHTS, STATE}
_NAME = re.compile(r"step-(\d+)")


def numbered(folder: Path) -> list[tuple[int, Path]]:
    """Return the checkpoints in `folder` by step, the newest first."""
    found = [(int(match[1]), entry) for entry in folder.glob("step-*") if (match := _NAME.fullmatch(entry.name))]
    return sorted(found, reverse=True)


def fault(checkpoint: Path) -> str | None:
    """Return what is wrong with a checkpoint; None if every file matches the manifest."""
    try:
        manifest = json.loads((checkpoint / MANIFEST).read_text())
        for name, expected in manifest.items():
            file = checkpoint / name
            if file.parent != checkpoint or file.is_symlink():
                return f"{name} is a link or outside the folder"
            if file.stat().st_size != expected["bytes"] or sha256_of(file) != expected["sha256"]:
                return f"{name} does not match its checksum"
        if not manifest.keys() >= _NEEDED:
            return "its manifest is incomplete"
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return "a file is missing or unreadable"
    return None


def progress_of(checkpoint: Path) -> Progress | None:
    """Return the progress in a checkpoint's state.json, or None if it cannot be read."""
    try:
        return read_progress(checkpoint / STATE)
    except (OSError, ValueError):
        return None


@contextmanager
def making(target: Path) -> Iterator[Path]:
    """Yield a folder for a checkpoint's files. It becomes `target` if the block ends without an error.

    Unfinished folders of killed writers are removed first.

    Raises:
        ReviewtuiError: The disk is full, or the folder cannot be written. Nothing has changed.
    """
    folder = target.parent
    try:
        private_folder(folder)
        for left in folder.glob(".step-*"):
            shutil.rmtree(left, ignore_errors=True)
        temporary = private_folder(folder / f".{target.name}.{secrets.token_hex(4)}")
        try:
            yield temporary
            _seal(temporary)
            shutil.rmtree(target, ignore_errors=True)
            temporary.rename(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        sync_path(folder)
    except OSError as error:
        raise ReviewtuiError(f"No checkpoint could be written in {folder} ({error.strerror or error}).") from error
    except ReviewtuiError as error:
        raise ReviewtuiError(f"No checkpoint could be written in {folder}: {error}") from error


def _seal(folder: Path) -> None:
    """Sync all files, and list them in the manifest."""
    manifest = {}
    for file in sorted(folder.iterdir()):
        file.chmod(PRIVATE_FILE)
        sync_path(file)
        manifest[file.name] = {"bytes": file.stat().st_size, "sha256": sha256_of(file)}
    write_json(folder / MANIFEST, manifest)


def retire(target: Path, trunk: int | None, newest: int = CHECKPOINTS_KEPT) -> None:
    """Remove all checkpoints except the last `newest` up to `target`, and the last intact one of the trunk.

    Checkpoints later than `target` are removed too, because the run resumed before them.

    Args:
        target: The folder of the checkpoint that was just written.
        trunk: Steps in the trunk; None if the run has no trunk to keep.
        newest: How many checkpoints to keep.
    """
    found = numbered(target.parent)
    kept = [path for _, path in found[[path for _, path in found].index(target) :]][:newest]
    if trunk is not None:
        kept += [path for step, path in found if step <= trunk and fault(path) is None][:1]
    for _, path in found:
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)
