"""A home that holds a recorded run, replayed, instead of runs of its own: nothing is trained there."""

from __future__ import annotations

from pathlib import Path

from core.base.errors import InputError
from core.base.files import home, write_whole

_MARK = "recording"


def mark_as_recording(place: Path) -> None:
    """Say that a home holds a recording."""
    write_whole(place / _MARK, "")


def refuse_in_recording() -> None:
    """Raise an InputError if the home holds a recording, before anything would be trained in it."""
    if (home() / _MARK).exists():
        raise InputError("This is a demo: nothing is trained here. `reviewtui` without demo is the workbench for that.")
