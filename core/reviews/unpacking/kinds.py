"""Which files are packed: by their names, to find them in a folder, and by their first bytes, to open them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Packing = Literal["gzip", "bzip2", "xz", "zstd", "lz4", "zip", "tar"]

COMPRESSED_SUFFIXES = (".gz", ".gzip", ".bz2", ".xz", ".lzma", ".zst", ".zstd", ".lz4")
"""Suffixes of one compressed file, after which its own suffix is the one before."""
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst")
SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".ods")
"""Suffixes of zipped spreadsheets."""
_MAGIC: tuple[tuple[bytes, Packing], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_TAR_MAGIC_AT, _TAR_MAGIC = 257, b"ustar"
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")
"""What follows the header of bzip2: a first block, or the end of an empty file."""
HEAD = 512


def packing_of(path: Path) -> Packing | None:
    """Return how a file is packed, by its first bytes, or None.

    Spreadsheets are zip files, too; `core.reviews.unpacking.archives` recognises them.

    Raises:
        OSError: The file cannot be opened.
    """
    with path.open("rb") as file:
        return packing_of_head(file.read(HEAD))


def packing_of_head(head: bytes) -> Packing | None:
    """Return how a file that starts with `head`, 512 bytes or all there are, is packed, or None."""
    for magic, packing in _MAGIC:
        if head.startswith(magic) and (packing != "bzip2" or head[4:10] in _BZIP2_BLOCKS):
            return packing
    if head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        return "tar"
    return None


def is_archive_name(name: str) -> bool:
    """Return whether a name is that of an archive, which holds several files."""
    folded = name.casefold()
    return folded.endswith(ARCHIVE_SUFFIXES) or unpacked_name(folded).endswith(".tar")


def unpacked_name(name: str) -> str:
    """Return the name without the suffix of its compression: `a.csv.gz` → `a.csv`; the name itself if it has none."""
    suffix = next((suffix for suffix in COMPRESSED_SUFFIXES if name.casefold().endswith(suffix)), "")
    return name[: len(name) - len(suffix)] or name
