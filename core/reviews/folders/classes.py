"""Folders of reviews, one in each file: `pos/0_9.txt`, as in the movie review data sets of Stanford and Cornell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core.reviews.folders.part_names import is_class_word, part_of

_MIN_UNKNOWN = 5
"""Fewer files in a folder whose name is no known class are not taken to be one review each."""
_MIN_ALONE = 10
_MAX_DOCUMENT = 8 << 10
"""Bytes; files of reviews one a line are usually larger."""
_MEASURED = 50
DOCUMENT = ".txt"


def document_folders(root: Path, files: Sequence[PurePosixPath]) -> dict[PurePosixPath, str | None]:
    """Return the folders in which each file is one review → the class that the folder names, or None.

    They are sibling folders with only `.txt` files, which are named as classes (or at least hold several files each);
    and a folder of its own with many small `.txt` files.

    Args:
        root: The folder in which `files` are.
        files: Data files.
    """
    members: dict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
    for file in files:
        members[file.parent].append(file)
    plain = {
        folder: names for folder, names in members.items() if all(name.suffix.lower() == DOCUMENT for name in names)
    }
    siblings: dict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
    for folder in plain:
        if folder.parts:
            siblings[folder.parent].append(folder)
    found: dict[PurePosixPath, str | None] = {}
    for group in siblings.values():
        known = [folder for folder in group if is_class_word(folder.name)]
        unknown = [folder for folder in group if folder not in known and part_of(folder.name) is None]
        if known and unknown and all(folder.name.isdigit() for folder in (*known, *unknown)):
            known, unknown = group, []
        if known:
            unlabelled = [folder for folder in group if part_of(folder.name) == "inbox"]
            found |= dict.fromkeys(unlabelled)
            found |= {folder: folder.name for folder in known}
        elif len(unknown) > 1 and all(_are_documents(root, plain[folder], _MIN_UNKNOWN) for folder in unknown):
            found |= {folder: folder.name for folder in unknown}
    if not found and len(plain) == len(members) == 1:
        [(only, names)] = plain.items()
        named = is_class_word((root.absolute() / only).name) and len(names) > 1
        alone = _are_documents(root, names, _MIN_ALONE) and (only == PurePosixPath() or _are_of_one_line(root, names))
        if not any(part_of(name.name) for name in names) and (named or alone):
            found[only] = None
    return found


def _are_documents(root: Path, names: Sequence[PurePosixPath], fewest: int) -> bool:
    """Return whether there are enough files, most of them small."""
    if len(names) < fewest:
        return False
    measured = names[:: max(len(names) // _MEASURED, 1)]
    small = sum((root / name).stat().st_size <= _MAX_DOCUMENT for name in measured)
    return small * 2 > len(measured)


def _are_of_one_line(root: Path, names: Sequence[PurePosixPath]) -> bool:
    """Return whether most small files hold one line."""
    measured = names[:: max(len(names) // _MEASURED, 1)]
    return sum(_is_of_one_line(root / name) for name in measured) * 2 > len(measured)


def _is_of_one_line(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\n" not in file.read(_MAX_DOCUMENT).strip()
