"""Preferences that the workbench keeps between starts, in `workbench.json` in the home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.base.files import home, private_folder, write_json

FILE_NAME = "workbench.json"
_MAX_BYTES = 64 << 10


def read_theme() -> str:
    """Return the theme chosen last; empty if there is none, or the file cannot be read."""
    theme = _read(home() / FILE_NAME).get("theme", "")
    return theme if isinstance(theme, str) else ""


def remember_theme(theme: str) -> None:
    """Save the theme for the next start.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    file = private_folder(home()) / FILE_NAME
    write_json(file, {**_read(file), "theme": theme})


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            found = json.loads(stream.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
