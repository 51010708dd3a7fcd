"""Unpacking one packed file, whatever it is packed with: to one file, or to a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.unpacking.archives import Members, Why, unpack_tar, unpack_zip, zip_content
from core.reviews.unpacking.kinds import SPREADSHEETS, Packing, packing_of, packing_of_head, unpacked_name
from core.reviews.unpacking.streams import blocks, decompressed
from core.reviews.unpacking.workspace import Workspace


@dataclass
class Unpacked:
    """What was in a packed file."""

    path: Path
    """The file that was compressed, or the folder of an archive's members."""
    is_archive: bool
    files: list[PurePosixPath] = field(default_factory=list)
    """The members that were unpacked, relative to `path`."""
    left: list[tuple[str, str]] = field(default_factory=list)
    """The members that were not, and why."""


def packing_to_undo(path: Path, name: str) -> Packing | None:
    """Return how a file is packed if it has to be unpacked before it can be read; None if not, as for a spreadsheet.

    Raises:
        InputError: It is a zipped document, model or the like.
        OSError: The file cannot be opened.
    """
    packing = packing_of(path)
    if packing == "zip" and (name.casefold().endswith(SPREADSHEETS) or zip_content(path, name) == "spreadsheet"):
        return None
    return packing


def unpack(path: Path, packing: Packing, name: str, why_not: Why, space: Workspace) -> Unpacked:
    """Unpack a file into a new folder of a workspace.

    Args:
        name: What messages call the file.
        why_not: Why a member of an archive is not unpacked: None if it is, an empty reason if that need not be told.

    Raises:
        InputError: It is damaged, encrypted or too large, or nothing in it can be read.
        OSError: A file cannot be read or written.
    """
    folder = space.new_folder()
    if packing == "zip":
        return _archive(folder, name, unpack_zip(path, name, folder, why_not, space))
    size = path.stat().st_size
    with decompressed(path, packing, name, space.advance) as stream:
        if packing_of_head(stream.head) == "tar":
            if space.most is not None:
                raise InputError(f"What {clean_line(name)} holds is known only when all of it has been unpacked.")
            return _archive(folder, name, unpack_tar(stream, name, size, folder, why_not, space))
        target = folder / (unpacked_name(path.name) or "file")
        space.write(target, blocks(stream), name, size)
        return Unpacked(target, is_archive=False)


def _archive(folder: Path, name: str, members: Members) -> Unpacked:
    if not members.files:
        held = ", ".join(f"{one} ({reason})" for one, reason in members.left[:3])
        what = f"has no data files, only {held}" if held else "is empty: it has no data files"
        raise InputError(f"The archive {clean_line(name)} {what}; give a file with reviews.")
    return Unpacked(folder, True, members.files, members.left)
