"""The formats of decisions: by name, by the suffix of a file to write, and by the content of one that is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.triage.exchange.formats import argilla, label_studio, own, prodigy
from core.triage.exchange.formats.base import Format, json_list

CSV = Format("csv", "CSV", ".csv", own.write_csv, own.read_csv)
JSON_LINES = Format("jsonl", "JSON Lines", ".jsonl", own.write_jsonl, own.read_jsonl)
FORMATS = {
    one.name: one
    for one in (
        CSV,
        JSON_LINES,
        Format("label-studio", "Label Studio tasks", ".json", label_studio.write, label_studio.read),
        Format("prodigy", "Prodigy tasks", ".jsonl", prodigy.write, prodigy.read),
        Format("argilla", "Argilla records", ".json", argilla.write, argilla.read),
    )
}
"""Name → format."""
_OF_LISTS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("label-studio", label_studio.is_task),
    ("argilla", argilla.is_record),
)
_OF_LINES: tuple[tuple[str, Callable[[Any], bool]], ...] = (("jsonl", own.is_own_jsonl), ("prodigy", prodigy.is_task))


def format_to_write(path: Path, name: str | None = None) -> Format:
    """Return the format in which to write `path`: the one called `name`, or the one of its suffix.

    Raises:
        InputError: There is none, or its files have another suffix.
    """
    suffix, shown = path.suffix.lower(), clean_line(path.name, 80)
    if name is None:
        found = {CSV.suffix: CSV, JSON_LINES.suffix: JSON_LINES}.get(suffix)
        if found is None:
            raise InputError(f"The name must end in .csv or .jsonl, or --format say what to write; not '{shown}'.")
        return found
    if name not in FORMATS:
        raise InputError(f"--format is one of {', '.join(FORMATS)}, not '{clean_line(name, 40)}'.")
    if suffix != FORMATS[name].suffix:
        raise InputError(f"{FORMATS[name].title} are written as {FORMATS[name].suffix}, not as '{shown}'.")
    return FORMATS[name]


def format_of(content: str) -> Format | None:
    """Return the format of a file of decisions by its first element; None if it is none of them."""
    begun = content.lstrip()
    if begun.startswith("["):
        try:
            first = next(json_list(content), (1, None))[1]
        except ValueError:
            return None
        return next((FORMATS[name] for name, fits in _OF_LISTS if fits(first)), None)
    line = begun.partition("\n")[0]
    if line.startswith("{"):
        try:
            first = json.loads(line)
        except (ValueError, RecursionError):
            return None
        return next((FORMATS[name] for name, fits in _OF_LINES if fits(first)), None)
    return CSV if own.TEXT in line and "label" in line else None
