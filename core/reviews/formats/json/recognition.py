"""Whether a file is JSON Lines: each line holds whole values."""

from __future__ import annotations

import json
from typing import Any

_HEAD_LINES = 20
_BETWEEN = " \t\r,\x1e"
_decode = json.JSONDecoder(strict=False).raw_decode


def is_json_lines(head: str, complete: bool) -> bool:
    """Return whether each line holds whole values: objects, or lists of plain values.

    A single line with an object around lists is a file of another shape.

    Args:
        head: The first characters of the file.
        complete: Whether they are all there are.
    """
    lines = [line.strip(_BETWEEN) for line in head.split("\n") if line.strip(_BETWEEN)]
    if not lines or (first_value(lines[0]) is None and not _cut_between_objects(lines)):
        return False
    checked = lines[: _HEAD_LINES + 1] if complete or len(lines) < 2 else lines[:-1][:_HEAD_LINES]
    values = [value for line in checked if (value := first_value(line)) is not None]
    if not values or 2 * len(values) < len(checked):
        return False
    if any(isinstance(value, list) and any(isinstance(one, dict | list) for one in value) for value in values):
        return False
    if len(lines) > 1:
        return True
    follows = checked[0][_decode(checked[0])[1] :].lstrip(_BETWEEN).startswith("{")
    return isinstance(values[0], dict) and (follows or not any(isinstance(v, list | dict) for v in values[0].values()))


def first_value(line: str) -> dict[str, Any] | list[Any] | None:
    """Return the first value on a line if it is whole and can be a record."""
    if not line.startswith(("{", "[")):
        return None
    try:
        value = _decode(line)[0]
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _cut_between_objects(lines: list[str]) -> bool:
    """Return whether the first line is an object that is broken, the second begins another, and some are whole."""
    if len(lines) < 2 or not (lines[0].startswith("{") and lines[0].endswith("}") and lines[1].startswith("{")):
        return False
    return any(map(_is_one_value, lines[1 : _HEAD_LINES + 1]))


def _is_one_value(line: str) -> bool:
    try:
        return _decode(line)[1] == len(line)
    except (ValueError, RecursionError):
        return False
