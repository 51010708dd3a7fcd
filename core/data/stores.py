"""Stores: cached folders next to the reviews they were computed from, named by a hash of what their content depends on.

A store is complete or absent. It is written to `.<name>.<process>-<random>`, its manifest last, and renamed; to remove
it, it is renamed to such a name first. So a crash leaves only folders with such names, and the next writer of a store
removes them.

Before a new store is written, the least recently used stores of all data folders are removed until the size limit is
met. On Linux a memory-mapped file stays readable after it is unlinked, so removing a store that a run is using loses
nothing but the cache.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import numpy as np
import psutil

from core.base.errors import ReviewtuiError
from core.base.files import PRIVATE_FOLDER, open_private, sync_path
from core.reviews.store import data_folder

MANIFEST = "manifest.json"
LIMIT = 20 * 10**9
"""Bytes of all stores together: the features of 100,000 reviews of 130 tokens, 768 wide, in bf16. A store that is
missed later costs one pass over its reviews; a full disk costs a run."""
SHARE = 4
"""On a small disk the limit is this fraction of it, as 1/SHARE: models and runs need the rest."""
_RECENT = 3600.0
"""Seconds for which a store counts as in use after it was opened, and a vanished writer as still at work."""
_ABANDONED = 24 * 3600.0
"""Seconds after which a half-written store is removed even if a process with its writer's number lives."""

_STORE = re.compile(r"(tokens|features)-[0-9a-f]{16}")
_HALF = re.compile(rf"\.{_STORE.pattern}\.[0-9]+-[0-9a-f]{{8}}")
_DATA = re.compile(r"[0-9a-f]+")

Read = TypeVar("Read")


@dataclass(frozen=True)
class Place:
    """The place of a store that exists or will be written."""

    folder: Path
    files: tuple[str, ...]
    """The names of its files, without the manifest."""
    described: dict[str, Any]
    """The manifest without file sizes: what the store holds, and what that was computed from."""

    def open(self, read: Callable[[Path], Read]) -> Read | None:
        """Return what `read` returns for the store, and mark it as used; None if there is no store.

        A store that is damaged, or does not match `described`, is removed.

        Args:
            read: takes the folder; raises OSError or ValueError if a file is damaged.
        """
        if not self.folder.is_dir():
            return None
        try:
            manifest = json.loads((self.folder / MANIFEST).read_bytes())
            if manifest != {**self.described, "sizes": self._sizes(self.folder)}:
                raise ValueError("not the store that is described")
            with suppress(OSError):  # not ours to touch
                os.utime(self.folder / MANIFEST)
            return read(self.folder)
        except (OSError, ValueError):
            _remove(self.folder)
            return None

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Yield a private folder to write the files in, which becomes the store on success and is removed on failure.

        Raises:
            OSError: The store cannot be written.
        """
        half = _half_of(self.folder)
        half.mkdir(mode=PRIVATE_FOLDER)
        try:
            half.chmod(PRIVATE_FOLDER)
            yield half
            manifest = json.dumps({**self.described, "sizes": self._sizes(half)}, indent=2).encode()
            write_file(half / MANIFEST, lambda file: file.write(manifest))
            sync_path(half)
            try:
                half.rename(self.folder)
            except OSError:  # another process was faster, with the same content
                if self.open(lambda folder: folder) is None:
                    half.rename(self.folder)
            sync_path(self.folder.parent)
        finally:
            shutil.rmtree(half, ignore_errors=True)

    def _sizes(self, folder: Path) -> dict[str, int]:
        """Bytes of each file."""
        return {name: (folder / name).stat().st_size for name in self.files}


def new_file(path: Path) -> IO[bytes]:
    """Create a private file, open for writing and mapping."""
    return os.fdopen(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL), "w+b")


def write_file(path: Path, content: Callable[[IO[bytes]], object]) -> None:
    """Create a private file with what `content` writes into it, synced to disk."""
    with new_file(path) as file:
        content(file)
        file.flush()
        os.fsync(file.fileno())


def mapped(file: IO[bytes], dtype: str) -> np.ndarray:
    """Memory-map all numbers that `file` holds now."""
    size = os.fstat(file.fileno()).st_size
    if not size:  # an empty file cannot be mapped
        return np.zeros(0, dtype=dtype)
    return np.frombuffer(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ), dtype=dtype)


def make_room(parent: Path, size: int = 0, *, clock: Callable[[], float] = time.time) -> None:
    """Remove what crashes left, and the least recently used stores until a new one in `parent` is within the limit.

    Stores in `parent` that were used in the last hour stay: the run that writes the new one may be using them. Errors
    are ignored.

    Args:
        size: bytes of the new store; 0 if unknown, as for tokens, which are small. A store that exceeds the limit by
            itself removes no others, since that would not help.
    """
    with suppress(OSError, ReviewtuiError):
        data, here, now = data_folder().resolve(), parent.resolve(), clock()
        limit = min(LIMIT, shutil.disk_usage(data).total // SHARE)
        limit -= size if size <= limit else 0
        kept: list[_Kept] = []
        for folder in _folders(data, _DATA):
            _sweep(folder, now, own=folder == here)
            kept += map(_kept, _folders(folder, _STORE))
        total = sum(store.bytes for store in kept)
        for store in sorted(kept):
            if total <= limit:
                break
            in_use = store.folder.parent == here and now - store.used < _RECENT
            if not in_use and _remove(store.folder):
                total -= store.bytes


class _Kept(NamedTuple):
    """A store, its size and its last use; sorts by last use."""

    used: float
    """Seconds since 1970; 0 if it has no manifest, and so is not a store."""
    bytes: int
    folder: Path


def _kept(folder: Path) -> _Kept:
    files = _stats(folder)
    used = files[MANIFEST].st_mtime if MANIFEST in files else 0.0
    return _Kept(used, sum(file.st_size for file in files.values()), folder)


def _sweep(parent: Path, now: float, *, own: bool) -> None:
    """Remove half-written and half-removed stores whose process is gone, or that are older than a day.

    Args:
        own: Whether the caller writes here. Elsewhere what changed in the last hour stays: a process that seems to be
            gone may run on another machine that shares the home.
    """
    for half in _folders(parent, _HALF):
        with suppress(OSError):  # another process sweeps too
            idle = now - max(stat.st_mtime for stat in (half.stat(), *_stats(half).values()))
            process = int(half.name.rpartition(".")[2].partition("-")[0])
            if idle > _ABANDONED or ((own or idle >= _RECENT) and not _lives(process)):
                shutil.rmtree(half, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        return psutil.pid_exists(process)
    except OverflowError:
        return False


def _remove(folder: Path) -> bool:
    """Remove a store atomically; return whether it is gone."""
    half = _half_of(folder)
    with suppress(OSError):
        folder.rename(half)
        shutil.rmtree(half, ignore_errors=True)
    return not folder.is_dir()


def _half_of(folder: Path) -> Path:
    """Return a new name for the store `folder` while it is incomplete."""
    return folder.with_name(f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}")


def _folders(parent: Path, name: re.Pattern[str]) -> list[Path]:
    """Return the folders in `parent` whose name matches, without symbolic links."""
    try:
        with os.scandir(parent) as entries:
            found = [entry for entry in entries if name.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [Path(entry.path) for entry in found]


def _stats(folder: Path) -> dict[str, os.stat_result]:
    """Return size and times of the files in `folder`; files that vanish meanwhile are left out."""
    found: dict[str, os.stat_result] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                found[entry.name] = entry.stat(follow_symlinks=False)
    return found
