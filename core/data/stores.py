"""A store: a folder that is whole or not there, beside the reviews it was made of, named by what decides its content.

It is written in a folder beside, `.<name>.<process>-<random>`, its manifest last, and renamed; it is removed by giving
it such a name first. So a crash leaves nothing but folders of such names, and who writes the next store removes them.

Stores are caches: before a new one is written, as many of the least recently used go, in all data folders, as the limit
asks for. On Linux a memory-mapped file stays readable when it is unlinked, so that removing a store that a run is using
loses nothing but the cache.
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
"""Bytes that all stores may take together: what frozen layers 768 wide make of 100 000 reviews of 130 tokens in bf16.
What is removed and missed again costs one pass over its reviews; a disk that is full costs a run."""
SHARE = 4
"""On a small disk they may take one part in so many of it: models, runs and whatever else is there need the rest."""
_RECENT = 3600.0
"""Seconds for which a run that has opened a store, or a writer that seems to be gone, is taken to be at work."""
_ABANDONED = 24 * 3600.0
"""Seconds after which what is half written is nobody's, even if a process has the number of the one that wrote it."""

_STORE = re.compile(r"(tokens|features)-[0-9a-f]{16}")
_HALF = re.compile(rf"\.{_STORE.pattern}\.[0-9]+-[0-9a-f]{{8}}")
_DATA = re.compile(r"[0-9a-f]+")

Read = TypeVar("Read")


@dataclass(frozen=True)
class Place:
    """Where a store is, or will be."""

    folder: Path
    files: tuple[str, ...]
    """The names of its files, but for the manifest."""
    described: dict[str, Any]
    """What its manifest says besides their sizes: what it holds, and what that was made of."""

    def open(self, read: Callable[[Path], Read]) -> Read | None:
        """What `read` makes of the store, which is used by that; None if there is none.

        One that is damaged, or not what is described, is removed. `read` may find more damage than sizes show.

        Args:
            read: given the folder; raises OSError or ValueError where it is damaged.
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
        """A private folder to write the files in, which becomes the store on success and vanishes on failure.

        Raises:
            OSError: it cannot be written.
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
    """A new private file, open for writing and mapping."""
    return os.fdopen(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL), "w+b")


def write_file(path: Path, content: Callable[[IO[bytes]], object]) -> None:
    """A new private file, on disk for good, of what `content` writes into it."""
    with new_file(path) as file:
        content(file)
        file.flush()
        os.fsync(file.fileno())


def mapped(file: IO[bytes], dtype: str) -> np.ndarray:
    """All numbers that `file` holds by now, memory-mapped."""
    size = os.fstat(file.fileno()).st_size
    if not size:  # which cannot be mapped
        return np.zeros(0, dtype=dtype)
    return np.frombuffer(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ), dtype=dtype)


def make_room(parent: Path, size: int = 0, *, clock: Callable[[], float] = time.time) -> None:
    """Remove what crashes left, and the least recently used stores until a new one in `parent` keeps to the limit.

    Stores in `parent` that were used in the last hour stay: the run that writes the new one may be using them. What
    cannot be removed stays too, and fails nothing.

    Args:
        size: bytes of the new store; 0 where that is not known, as with tokens, which are small. One that is over the
            limit by itself does not drive out the others in vain: it may be written, and goes in its turn.
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
    """A store as the limit sees it; they sort by their last use."""

    used: float
    """When, in seconds since 1970; 0 where a manifest is missing, so that it is no store."""
    bytes: int
    folder: Path


def _kept(folder: Path) -> _Kept:
    files = _stats(folder)
    used = files[MANIFEST].st_mtime if MANIFEST in files else 0.0
    return _Kept(used, sum(file.st_size for file in files.values()), folder)


def _sweep(parent: Path, now: float, *, own: bool) -> None:
    """Remove what was left half written or half removed: by a process that is gone, or more than a day ago.

    Args:
        own: whether the caller writes here; elsewhere what was touched in the last hour stays, because a process that
            seems to be gone may be one of another machine that shares the home.
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
    """Remove a store, so that no crash leaves a part of it in its place; whether it is gone."""
    half = _half_of(folder)
    with suppress(OSError):
        folder.rename(half)
        shutil.rmtree(half, ignore_errors=True)
    return not folder.is_dir()


def _half_of(folder: Path) -> Path:
    """Where this process has what is not yet, or no longer, the store `folder`."""
    return folder.with_name(f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}")


def _folders(parent: Path, name: re.Pattern[str]) -> list[Path]:
    """The folders in `parent` with such a name; a symbolic link is none."""
    try:
        with os.scandir(parent) as entries:
            found = [entry for entry in entries if name.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [Path(entry.path) for entry in found]


def _stats(folder: Path) -> dict[str, os.stat_result]:
    """Size and times of the files in `folder`, but for those that vanish meanwhile."""
    found: dict[str, os.stat_result] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                found[entry.name] = entry.stat(follow_symlinks=False)
    return found
