"""Where a person left a pile, and whose model judged it: `bookmark.json` in the pile's folder, written whole."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from core.base.files import private_folder, write_json
from core.reviews.options import ReadingOptions
from core.triage.decisions import pile_folder

FILE_NAME = "bookmark.json"
_MAX_BYTES = 64 << 10


@dataclass(frozen=True)
class Bookmark:
    """What is worth finding again."""

    model: str = ""
    """Id of the run whose model judged last; empty where none did."""
    model_name: str = ""
    """Its name then, for when the run is gone."""
    row: int = 0
    """The review that was in view: its row in the file, from 0, …"""
    hash: str = ""
    """… and the hash of its text; empty where none was in view."""
    reading: ReadingOptions | None = None
    """How the file was read; None where everything was detected."""


def read_bookmark(source: str) -> Bookmark | None:
    """Return the bookmark of a pile; None where there is none that can be read."""
    try:
        with (pile_folder(source) / FILE_NAME).open("rb") as file:
            found = json.loads(file.read(_MAX_BYTES))
        bookmark = Bookmark(**{name: found[name] for name in ("model", "model_name", "row", "hash")})
        if found["reading"] is not None:
            bookmark = replace(bookmark, reading=ReadingOptions.model_validate(found["reading"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = (bookmark.model, bookmark.model_name, bookmark.hash)
    whole = isinstance(bookmark.row, int) and bookmark.row >= 0 and all(isinstance(text, str) for text in texts)
    return bookmark if whole else None


def write_bookmark(source: str, bookmark: Bookmark) -> None:
    """Keep a bookmark. Only the workbench that has the pile open may call this.

    Raises:
        ReviewtuiError: it could not be written.
    """
    reading = bookmark.reading.model_dump(exclude_defaults=True) if bookmark.reading is not None else None
    content: dict[str, Any] = {**vars(bookmark), "reading": reading}
    write_json(private_folder(pile_folder(source)) / FILE_NAME, content)
