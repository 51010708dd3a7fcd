"""The folders and data files that the file picker lists. These functions read the disk: call them in a thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from core.base.errors import InputError
from core.base.text import clean_line
from core.base.units import in_bytes
from core.reviews.data_names import why_not_data
from core.reviews.formats.registry import SUFFIXES
from core.reviews.sources import find_sources
from core.reviews.unpacking.kinds import is_archive_name, unpacked_name

MAX_ENTRIES = 1000
"""The most entries that are listed; typing narrows them down."""

MAX_SEARCHED = 20_000
"""The most files that are searched to say what a folder contains as a whole."""


@dataclass(frozen=True)
class Entry:
    """A folder or a data file."""

    path: Path
    is_folder: bool
    note: str
    """Format and size, cleaned."""


@dataclass
class Listing:
    """The entries of a folder whose names begin with what was typed."""

    folder: Path
    entries: list[Entry] = field(default_factory=list)
    whole: str = ""
    """What the folder contains as one source of reviews; empty if it is not one."""
    problem: str = ""
    left_off: int = 0


def listing(folder: Path, typed: str) -> Listing:
    """Return the entries of the folder that `typed` names, relative to `folder`, that begin with its last part."""
    try:
        wanted, prefix = _asked(folder, typed)
        found = Listing(wanted)
        entries = [
            entry
            for path in wanted.iterdir()
            if path.name.casefold().startswith(prefix.casefold())
            and (prefix.startswith(".") or not path.name.startswith("."))
            and (entry := _entry(path)) is not None
        ]
        entries.sort(key=lambda entry: (not entry.is_folder, entry.path.name.casefold()))
        found.entries, found.left_off = entries[:MAX_ENTRIES], max(len(entries) - MAX_ENTRIES, 0)
        if not prefix:
            found.whole = _whole(wanted)
        return found
    except OSError as error:
        return Listing(folder, problem=f"{error.strerror or error}: {clean_line(typed or folder, 60)}")
    except (ValueError, RuntimeError):
        return Listing(folder, problem=f"{clean_line(typed, 60)} is not a path.")


def completion(folder: Path, typed: str) -> str | None:
    """Return `typed`, completed by the first name that begins with it; None if there is none, or it is not plain."""
    if not typed:
        return None
    entries = listing(folder, typed).entries
    name = entries[0].path.name + ("/" if entries[0].is_folder else "") if entries else ""
    head, slash, prefix = typed.rpartition("/")
    # A name with control characters can be chosen from the list, but is never put into the input.
    if not name.startswith(prefix) or clean_line(name) != name:
        return None
    return f"{head}{slash}{name}"


def existing(folder: Path, typed: str) -> tuple[Path, bool] | None:
    """Return the absolute path that `typed` names, and whether it is a folder; None if it does not exist."""
    try:
        path = _meant(folder, typed).absolute()
        return (path, path.is_dir()) if path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _asked(folder: Path, typed: str) -> tuple[Path, str]:
    if not typed:
        return folder, ""
    path = _meant(folder, typed)
    return (path, "") if typed.endswith("/") or typed == "~" else (path.parent, path.name)


def _meant(folder: Path, typed: str) -> Path:
    """Return the path that was typed, from the root if only that leads to a folder.

    The key that opens the line is a slash, so of an absolute path its first character may be missing.
    """
    path, from_root = folder / Path(typed).expanduser(), Path("/") / typed
    return from_root if not path.parent.is_dir() and from_root.parent.is_dir() else path


def _entry(path: Path) -> Entry | None:
    try:
        if path.is_dir():
            return Entry(path, True, "folder")
        if why_not_data(path.name) is None and path.is_file():
            kind = _kind(path.name)
            return Entry(path, False, f"{kind.upper() if len(kind) <= 5 else kind}  {in_bytes(path.stat().st_size)}")
    except OSError:
        return None
    return None


def _kind(name: str) -> str:
    """Return the format that a name says, or how the file is packed."""
    inner = unpacked_name(name)
    if is_archive_name(name):
        return "archive"
    kind = SUFFIXES.get(Path(inner).suffix.lower(), "text")
    return kind if inner == name else f"{kind}, packed"


def _whole(folder: Path) -> str:
    try:
        parts = find_sources(folder, MAX_SEARCHED)
    except InputError:
        return ""
    learn = parts.train
    if not learn:
        return ""
    words = [clean_line(learn[0].name, 30) if len(learn) == 1 else f"{len(learn)} files"]
    words += [
        f"{title} {len(files)}"
        for title, files in (("validation", parts.validation), ("test", parts.test), ("inbox", parts.inbox))
        if files
    ]
    return " · ".join(words)
