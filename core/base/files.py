"""Folders and files on disk: the home folder, atomic replacement, and private permissions.

Folders are created with mode 0700 and files with 0600, whatever the umask; only what is handed over follows it. A file
is written under a temporary name, synced, and renamed, so that a reader sees either the old or the new content.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.base.errors import ReviewtuiError
from core.base.text import clean_line

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def home() -> Path:
    """Return the folder for runs and caches: `$REVIEWTUI_HOME`, or the platform's data folder."""
    if chosen := os.environ.get("REVIEWTUI_HOME"):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("reviewtui", appauthor=False))


def private_folder(path: Path) -> Path:
    """Create `path` and its parents if they are missing, readable by the owner only, and return it.

    Raises:
        ReviewtuiError: The folder cannot be created or written to.
    """
    try:
        if not path.is_dir():
            private_folder(path.parent) if not path.parent.exists() else None
            path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            path.chmod(PRIVATE_FOLDER)
        if not os.access(path, os.W_OK | os.X_OK):
            number = errno.EROFS if os.statvfs(path).f_flag & os.ST_RDONLY else errno.EACCES
            raise OSError(number, os.strerror(number))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReviewtuiError(f"Cannot write in {path} ({reason}); set REVIEWTUI_HOME to a folder you own.") from error
    return path


def open_private(path: Path, flags: int) -> int:
    """Open `path` and return its file descriptor. A new file gets mode 0600.

    Raises:
        ReviewtuiError: `path` is a symbolic link. Links are not followed.
        OSError: The file cannot be opened for another reason.
    """
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise ReviewtuiError(
            f"{clean_line(path)} is a symbolic link. Links are not followed; nothing was changed."
        ) from error
    if flags & os.O_CREAT:
        os.fchmod(descriptor, PRIVATE_FILE)
    return descriptor


def sync_path(path: Path) -> None:
    """Sync a file's content to disk, or, for a folder, its entries after files were created or renamed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(file: Path) -> str:
    """Return the sha256 of a file in hexadecimal.

    Raises:
        ReviewtuiError: The file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ReviewtuiError(f"Cannot read {clean_line(file)} ({error.strerror}).") from error


def write_whole(path: Path, content: bytes | str, *, private: bool = True) -> None:
    """Write `content` to `path` atomically, so that neither a reader nor a crash leaves part of it visible.

    Args:
        private: Whether only its owner may read it; if not, whoever the umask lets.

    Raises:
        ReviewtuiError: The file cannot be written.
    """
    write_parts(path, [content.encode() if isinstance(content, str) else content], private=private)


def write_parts(path: Path, parts: Iterable[bytes], *, private: bool = True, new: bool = False) -> None:
    """Write `parts`, one after the other, to `path` atomically; not all of them need to be in memory.

    Args:
        private: Whether only its owner may read it; if not, whoever the umask lets.
        new: Whether nothing may be there yet; otherwise, what is there is replaced.

    Raises:
        FileExistsError: Something is there, and `new` is True.
        ReviewtuiError: The file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = open_private(temporary, flags) if private else os.open(temporary, flags | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        if new:
            _place(temporary, path)
        else:
            temporary.replace(path)
    except FileExistsError:
        temporary.unlink(missing_ok=True)
        raise
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ReviewtuiError(f"Cannot write {path} ({error.strerror or error}).") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_path(path.parent)


def _place(temporary: Path, path: Path) -> None:
    """Rename a file to a name that nothing has.

    Raises:
        FileExistsError: Something has it.
    """
    try:
        os.link(temporary, path)
        temporary.unlink()
    except FileExistsError:
        raise
    except OSError:  # the file system has no hard links: take the name first
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE))
        temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` atomically as indented JSON.

    Raises:
        ReviewtuiError: The file cannot be written.
    """
    write_whole(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
