"""The content of a compressed file, block by block."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.unpacking.kinds import HEAD, Packing

_BLOCK = 1 << 20


class Readable(Protocol):
    """What blocks are read from."""

    def read(self, size: int, /) -> bytes: ...


class Peeked:
    """A stream whose first bytes are known."""

    def __init__(self, stream: Readable, name: str) -> None:
        self._stream, self._name = stream, name
        self.head = b""
        while len(self.head) < HEAD and (more := self._read(HEAD - len(self.head))):
            self.head += more
        self._waiting = self.head

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end.

        Raises:
            InputError: The content is damaged.
        """
        if self._waiting:
            block, self._waiting = self._waiting[:size], self._waiting[size:]
            return block
        return self._read(size)

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise damaged(self._name, error) from error


def damaged(name: str, error: Exception) -> InputError:
    """Return what is said of a packed file that cannot be unpacked."""
    reason = clean_line(error, 100).rstrip(".") or type(error).__name__
    if "too much memory" in reason:
        return InputError(
            f"{clean_line(name)} is compressed over distances of more than 128 MB; unpack it with zstd -d --long=31."
        )
    return InputError(f"{clean_line(name)} is damaged or incomplete ({reason}); download or pack it again.")


@contextmanager
def decompressed(path: Path, packing: Packing, name: str, advance: Callable[[int], None]) -> Iterator[Peeked]:
    """Yield the content of a compressed file.

    Args:
        name: What messages call the file.
        advance: Called with the number of compressed bytes that each read took.

    Raises:
        InputError: The file is damaged.
        OSError: The file cannot be opened.
    """
    with path.open("rb") as raw:
        yield Peeked(_Reporting(_stream(raw, packing), raw, advance), name)


def blocks(stream: Readable) -> Iterator[bytes]:
    """Yield the rest of a stream in blocks of at most a megabyte."""
    while block := stream.read(_BLOCK):
        yield block


def _stream(raw: BinaryIO, packing: Packing) -> Readable:
    if packing == "gzip":
        return cast(Readable, gzip.GzipFile(fileobj=raw))
    if packing == "bzip2":
        return bz2.BZ2File(raw)
    if packing == "xz":
        return lzma.LZMAFile(raw)
    if packing in ("zstd", "lz4"):
        import pyarrow as pa

        return cast(Readable, pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), packing))
    return raw


class _Reporting:
    """Reports how far the compressed file has been read."""

    def __init__(self, stream: Readable, raw: BinaryIO, advance: Callable[[int], None]) -> None:
        self._stream, self._raw, self._advance, self._at = stream, raw, advance, 0

    def read(self, size: int, /) -> bytes:
        block = self._stream.read(size)
        at = self._raw.tell()
        self._advance(at - self._at)
        self._at = at
        return block
