"""Which files of a folder can hold reviews, by their names, and which of them hold the same."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core.reviews.folders.part_names import is_class_word, part_of, words_of
from core.reviews.formats.registry import SUFFIXES
from core.reviews.unpacking.kinds import ARCHIVE_SUFFIXES, COMPRESSED_SUFFIXES, is_archive_name, unpacked_name

_NOT_REVIEWS = re.compile(
    r"(readme|license|licence|notice|changelog|requirements|manifest|citation)\b.*"
    r"|thumbs\.db|desktop\.ini|(dataset_infos?|dataset_dict|state|package|metadata|schema)\.json",
    re.IGNORECASE,
)
KEEPS_ORDER = frozenset(("state.json",))
"""Files that say which others are data; see `listed_files`."""
_UNNAMED = re.compile(r"part-\d+.*|\d{6}_\d+", re.ASCII)
"""Files without a suffix that Hadoop, Hive and Spark write."""
_CACHE = re.compile(r"cache-[0-9a-f]{8,}.*\.arrow")
_OF_ANYTHING = frozenset(("", ".dat", ".data", ".psv", ".ssv", ".asc", ".raw", ".xml", ".rss", ".atom"))
"""Suffixes of files with any content, which are read if nothing else in a folder can be."""
_UNSAID = frozenset((".md", ".py", ".ipynb", ".yml", ".yaml", ".toml", ".crc", ".lock", ".log", ".cfg", ".sh", ".bib"))
"""Suffixes of files that nobody expects to be read as reviews."""


def why_not_data(name: str) -> str | None:
    """Return why a file of this name holds no reviews; None if it can hold some.

    It can by its suffix, with or without that of a compression. The reason is empty where none need be told.
    """
    if name.startswith((".", "~$")) or _NOT_REVIEWS.fullmatch(name):
        return ""
    if _CACHE.fullmatch(name):
        return "a cache, not the data"
    if "submission" in name.casefold() and "submission" in words_of(name):
        return "a form for the answers of a competition"
    stem, dot, last = unpacked_name(name).rpartition(".")
    suffix = f"{dot}{last}".casefold() if stem else ""
    if suffix in SUFFIXES or name.casefold().endswith((*COMPRESSED_SUFFIXES, *ARCHIVE_SUFFIXES)):
        return None
    if is_class_word(suffix[1:]) or part_of(suffix[1:]) is not None or _UNNAMED.fullmatch(name):
        return None
    return "" if suffix in _UNSAID or (name.startswith("_") and not suffix) else "not a format that is read"


def may_hold_lines(name: str) -> bool:
    """Return whether a file without a known suffix may be a text with reviews: `SMSSpamCollection`, `ratings.dat`."""
    if name.startswith((".", "_")) or _NOT_REVIEWS.fullmatch(name):
        return False
    return PurePosixPath(name).suffix.casefold() in _OF_ANYTHING


def is_text(path: Path) -> bool:
    """Return whether a file starts as text does, and not empty.

    Raises:
        OSError: The file cannot be opened.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    return bool(head.strip()) and b"\0" not in head


def listed_files(root: Path, files: Sequence[PurePosixPath]) -> dict[PurePosixPath, frozenset[str]]:
    """Return the folders that `datasets.save_to_disk` wrote → the names of their data files, as `state.json` has them.

    Other Arrow files in such a folder are caches of operations on the data.
    """
    found: dict[PurePosixPath, frozenset[str]] = {}
    for file in files:
        if file.name == "state.json":
            try:
                state = json.loads((root / file).read_bytes()[: 1 << 20])
                names = frozenset(str(one["filename"]) for one in state["_data_files"])
            except (OSError, ValueError, KeyError, TypeError):
                continue
            if names:
                found[file.parent] = names
    return found


def copies(files: Sequence[PurePosixPath]) -> dict[PurePosixPath, PurePosixPath]:
    """Return the files that have the same name as another but for their format → that other.

    Of `train.csv`, `train.csv.gz` and `train.parquet`, only the first is kept: unpacked before packed, then by name.
    """
    groups: dict[tuple[PurePosixPath, str], list[PurePosixPath]] = defaultdict(list)
    for file in files:
        inner = PurePosixPath(unpacked_name(file.name))
        stem = inner.stem if inner.suffix.casefold() in SUFFIXES or is_archive_name(file.name) else inner.name
        groups[(file.parent, stem.casefold())].append(file)
    found: dict[PurePosixPath, PurePosixPath] = {}
    for group in groups.values():
        first, *others = sorted(group, key=lambda file: (_is_packed(file.name), file))
        found |= dict.fromkeys(others, first)
    return found


def _is_packed(name: str) -> bool:
    return is_archive_name(name) or unpacked_name(name) != name
