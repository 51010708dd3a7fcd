"""The place where the user left a pile, and the model in use: `bookmark.json` in the pile's folder.

The file is replaced atomically.
"""

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
    """The model, place and reading options with which a pile was last open."""

    model: str = ""
    """Id of the run whose model was used last; empty if none was."""
    model_name: str = ""
    """The run's name at that time, in case the run is deleted."""
    row: int = 0
    """Row of the current review in the file, counted from 0."""
    hash: str = ""
    """Hash of that review's text; empty if no review was shown."""
    reading: ReadingOptions | None = None
    """How the file was read; None if everything was detected."""
    copies: str = ""
    """`along`: copies of a review are decided along with it; `each`: each by itself; empty: the user was not asked."""
    blind: bool = False
    """Whether the model's answers were hidden until the user had labelled."""
    order: str = "file"
    """Name of the order in which the reviews came."""


def read_bookmark(source: str) -> Bookmark | None:
    """Return the bookmark of a pile; None if it is missing or unreadable."""
    try:
        with (pile_folder(source) / FILE_NAME).open("rb") as file:
            found = json.loads(file.read(_MAX_BYTES))
        bookmark = Bookmark(**{name: found[name] for name in ("model", "model_name", "row", "hash")})
        if found["reading"] is not None:
            bookmark = replace(bookmark, reading=ReadingOptions.model_validate(found["reading"]))
        if found.get("copies") in ("along", "each"):
            bookmark = replace(bookmark, copies=found["copies"])
        bookmark = replace(bookmark, blind=found.get("blind") is True, order=str(found.get("order", "file")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = (bookmark.model, bookmark.model_name, bookmark.hash)
    valid = isinstance(bookmark.row, int) and bookmark.row >= 0 and all(isinstance(text, str) for text in texts)
    return bookmark if valid else None


def write_bookmark(source: str, bookmark: Bookmark) -> None:
    """Save the bookmark of a pile. Only the workbench that has the pile open may call this.

    Raises:
        ReviewtuiError: The bookmark cannot be written.
    """
    reading = bookmark.reading.model_dump(exclude_defaults=True) if bookmark.reading is not None else None
    content: dict[str, Any] = {**vars(bookmark), "reading": reading}
    write_json(private_folder(pile_folder(source)) / FILE_NAME, content)
