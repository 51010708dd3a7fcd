"""Unpacking the members of zip and tar archives that can hold reviews.

Only regular files with relative names that stay inside are unpacked: no links, no devices, no `..`, no absolute names.
What is not unpacked is told.
"""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Literal, cast

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.unpacking.streams import Readable, blocks, damaged
from core.reviews.unpacking.workspace import MAX_FILES, Workspace

_MAX_NAME = 255
_MAX_PATH = 1_000
_MAX_TAR_HEADER = 1 << 20
_DIRECTORY_END, _DIRECTORY_END_SIZE = b"PK\x05\x06", 22
_MAX_DIRECTORY = 128 << 20
_ENCRYPTED = 0x1
Why = Callable[[PurePosixPath], str | None]


@dataclass
class Members:
    """What was unpacked from an archive."""

    files: list[PurePosixPath] = field(default_factory=list)
    """Relative to the folder that they were unpacked into."""
    left: list[tuple[str, str]] = field(default_factory=list)
    """What was not unpacked, and why."""


def zip_content(path: Path, name: str) -> Literal["archive", "spreadsheet"]:
    """Return whether a zip file is an archive, or a spreadsheet, which consists of zipped parts.

    Raises:
        InputError: It is a document, a model or another file that holds no reviews, or is damaged.
    """
    with _opened(path, name) as archive:
        names = set(archive.namelist())
        if "[Content_Types].xml" in names:
            if any(one.startswith("xl/") for one in names):
                return "spreadsheet"
            what = "presentation" if any(one.startswith("ppt/") for one in names) else "document"
            raise InputError(f"{clean_line(name)} is a {what}; save its reviews as CSV, or as text with one a line.")
        if "mimetype" in names and archive.getinfo("mimetype").file_size < _MAX_NAME:
            try:
                kind = archive.read("mimetype")
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
                raise damaged(name, error) from error
            if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
                return "spreadsheet"
            if kind.startswith(b"application/vnd.oasis.opendocument"):
                raise InputError(f"{clean_line(name)} is a document; save its reviews as CSV, or as text.")
    if any(one.endswith("/data.pkl") or one == "data.pkl" for one in names):
        raise InputError(f"{clean_line(name)} is saved by torch and could run code when it is loaded: it is not read.")
    if names and all(one.endswith(".npy") for one in names):
        raise InputError(f"{clean_line(name)} holds NumPy arrays; save its reviews as CSV, JSON Lines or Parquet.")
    return "archive"


def unpack_zip(path: Path, name: str, folder: Path, why_not: Why, space: Workspace) -> Members:
    """Unpack the members of a zip file for which `why_not` returns None into `folder`.

    Raises:
        InputError: The archive is damaged, encrypted or too large.
        OSError: A file cannot be read or written.
    """
    members = Members()
    size = path.stat().st_size
    with _opened(path, name) as archive:
        wanted = []
        for info in archive.infolist():
            if info.is_dir():
                continue
            mode = info.external_attr >> 16
            regular = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
            member = _checked(members, info.filename, "" if regular else "a link", why_not)
            if member is not None:
                wanted.append((info, member))
        space.expect(sum(min(info.file_size, space.most or info.file_size) for info, _ in wanted), name)
        for info, member in wanted:
            if info.flag_bits & _ENCRYPTED:
                raise InputError(
                    f"{clean_line(name)} is protected by a password; unpack it yourself and give the folder."
                )
            try:
                stream = archive.open(info)
            except (NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
                raise damaged(name, error) from error
            with stream:
                _write(members, member, folder, _zip_blocks(stream, name), name, size, space)
            space.advance(info.compress_size)
    return members


def unpack_tar(stream: Readable, name: str, size: int, folder: Path, why_not: Why, space: Workspace) -> Members:
    """Unpack the members of a tar archive for which `why_not` returns None into `folder`, in one pass.

    Args:
        size: Bytes of the archive as it is, compressed or not.

    Raises:
        InputError: The archive is damaged or too large.
        OSError: A file cannot be written.
    """
    members = Members()
    seen = 0
    try:
        with tarfile.open(fileobj=cast(IO[bytes], _AsFile(stream)), mode="r|", tarinfo=_BoundedInfo) as archive:
            for info in archive:
                archive.members = []  # type: ignore[attr-defined]  # it would keep them all
                seen += 1
                if seen > MAX_FILES:
                    raise InputError(f"{clean_line(name)} holds more than {MAX_FILES:,} files; unpack some yourself.")
                if info.isdir():
                    continue
                problem = "a link" if info.issym() or info.islnk() else "" if info.isreg() else "no regular file"
                member = _checked(members, info.name, "a sparse file" if info.issparse() else problem, why_not)
                content = None if member is None else archive.extractfile(info)
                if member is not None and content is not None:
                    _write(members, member, folder, blocks(content), name, size, space)
    except tarfile.TarError as error:
        raise damaged(name, error) from error
    return members


def _checked(members: Members, raw: str, problem: str, why_not: Why) -> PurePosixPath | None:
    """Return the path of a member if it is to be unpacked; otherwise note why it is not."""
    path = PurePosixPath(raw)
    unsafe = _unsafe(raw)
    if not unsafe and any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
        return None
    reason = problem or unsafe or why_not(path)
    if reason is None:
        return path
    if reason:
        members.left.append((clean_line(raw, 60), reason))
    return None


def _unsafe(raw: str) -> str:
    """Return what is wrong with the name of a member; empty if it is a path inside the archive that a disk can hold."""
    path = PurePosixPath(raw)
    if path.is_absolute() or ".." in path.parts or "\\" in raw:
        return "a name that leaves the archive"
    try:
        sizes = [len(part.encode()) for part in path.parts]
    except UnicodeEncodeError:
        return "a name that is not UTF-8"
    if not sizes or max(sizes) > _MAX_NAME or len(raw) > _MAX_PATH or "\0" in raw:
        return "a name that no disk can hold"
    return ""


def _write(
    members: Members,
    member: PurePosixPath,
    folder: Path,
    content: Iterator[bytes],
    name: str,
    size: int,
    space: Workspace,
) -> None:
    try:
        space.write(folder / member, content, name, size)
    except (FileExistsError, NotADirectoryError):
        members.left.append((clean_line(member, 60), "another member has its name"))
        for _ in content:  # a stream goes on behind it
            pass
    else:
        members.files.append(member)


def _zip_blocks(stream: IO[bytes], name: str) -> Iterator[bytes]:
    try:
        yield from blocks(stream)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise damaged(name, error) from error


def _opened(path: Path, name: str) -> zipfile.ZipFile:
    """Open a zip file whose directory fits in memory.

    Raises:
        InputError: The file is damaged, or its directory is too large.
    """
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(end - (1 << 16) - _DIRECTORY_END_SIZE, 0))
        tail = file.read()
    at = tail.rfind(_DIRECTORY_END)
    if at < 0:
        raise damaged(name, EOFError("its directory is missing"))
    entries, size = int.from_bytes(tail[at + 10 : at + 12], "little"), int.from_bytes(tail[at + 12 : at + 16], "little")
    if entries == 0xFFFF or size == 0xFFFFFFFF:  # too many for these fields: wider ones come before
        wide = max(tail.rfind(b"PK\x06\x06", 0, at), 0)
        entries = int.from_bytes(tail[wide + 32 : wide + 40], "little")
        size = int.from_bytes(tail[wide + 40 : wide + 48], "little")
    if entries > MAX_FILES or size > _MAX_DIRECTORY:
        raise InputError(f"{clean_line(name)} holds more than {MAX_FILES:,} files; unpack those with reviews.")
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise damaged(name, error) from error


class _BoundedInfo(tarfile.TarInfo):
    """Refuses headers that would fill the memory: names and attributes are stored in members before a member."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _BoundedInfo:
        info = super().frombuf(buf, encoding, errors)
        extended = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, *tarfile.GNU_TYPES)
        if info.type in extended and info.type != tarfile.GNUTYPE_SPARSE and info.size > _MAX_TAR_HEADER:
            raise tarfile.ReadError("a header is too long")
        return info


class _AsFile:
    """A stream as the tarfile module wants one."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        wanted = size
        parts = []
        while wanted > 0 and (block := self._stream.read(wanted)):
            parts.append(block)
            wanted -= len(block)
        return b"".join(parts)
