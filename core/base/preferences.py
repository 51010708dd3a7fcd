"""The file of preferences, `workbench.json` in the home: one JSON object with one value under each name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.base.files import home, private_folder, write_json

FILE_NAME = "workbench.json"
_MAX_BYTES = 64 << 10


def preferences_file() -> Path:
    """Return the path of the file; it exists once something has been chosen."""
    return home() / FILE_NAME


def read_preferences() -> dict[str, Any]:
    """Return all preferences; empty if there are none, or the file cannot be read."""
    try:
        with preferences_file().open("rb") as stream:
            found = json.loads(stream.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def remember_preference(name: str, value: object) -> None:
    """Save one preference and keep the others.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    private_folder(home())
    write_json(preferences_file(), {**read_preferences(), name: value})
