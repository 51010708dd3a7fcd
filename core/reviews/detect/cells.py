"""Labels inside their cells: lists with one label or several, labels between commas, and answers of annotators."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from core.reviews.detect.ratings import rating_of
from core.reviews.detect.words import sentiment_of

_LONGEST = 400
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_PYTHON_LIST = re.compile(rf"[\[(]\s*(?:(?:{_QUOTED.pattern})\s*,?\s*)*[\])]")
_SEPARATORS = (",", ";", "|", "/")
_MOST_WORDS = 3
_FEW = 200
"""Different cells of a column up to which they are searched for several labels."""
_ACCEPTED, _REJECTED = ("accept", "accepted"), ("reject", "rejected")
IGNORED = "(ignored)"
"""The label of a row that an annotator has skipped."""
NOT = "not "
"""What comes before the label of a row that an annotator has rejected."""


def opened(cell: str) -> tuple[str, ...] | None:
    """Return the labels in a cell that holds a list, as JSON or as Python writes it; None if it holds none."""
    if not cell.startswith(("[", "(")) or not cell.endswith(("]", ")")) or len(cell) > _LONGEST:
        return None
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError):
        if _PYTHON_LIST.fullmatch(cell) is None or cell == "()":
            return None
        values = [single or double for single, double in _QUOTED.findall(cell)]
    if not isinstance(values, list) or any(isinstance(value, list | dict) for value in values):
        return None
    return tuple(_spelled(value) for value in values if value is not None)


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def label_counts(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Return `counts` with lists of one label opened; lists of none or of several are left as they are."""
    separator = separator_of(counts) if len(counts) <= _FEW else None
    if separator is None and not any(raw.startswith(("[", "(")) for raw in counts):
        return counts
    result: Counter[str] = Counter()
    for raw, n in counts.items():
        labels = opened(raw)
        only = labels[0] if labels is not None and len(labels) == 1 else repeated(raw, separator)
        result[raw if only is None else only] += n
    return result


def repeated(cell: str, separator: str | None) -> str | None:
    """Return the label that a cell repeats, as annotators who agree do; None if it holds one, or several."""
    if separator is None or separator not in cell:
        return None
    parts = {part.strip() for part in cell.split(separator)}
    return parts.pop() if len(parts) == 1 else None


def separator_of(values: Iterable[str]) -> str | None:
    """Return the character between several labels in a cell, if cells have several.

    The parts of such cells must be short, at least half of them must occur in other cells as well, and one alone; or
    all of them must be opinions. A rating such as `4,5` is one label.
    """
    cells = [value for value in values if rating_of(value) is None]
    for separator in _SEPARATORS:
        several = [cell for cell in cells if separator in cell]
        if not several or len(cells) < 3:
            continue
        parts = Counter(part for cell in cells for part in {one.strip() for one in cell.split(separator)})
        inside = {part.strip() for cell in several for part in cell.split(separator)}
        again = sum(parts[part] > 1 for part in inside)
        short = all(0 < len(part.split()) <= _MOST_WORDS for part in inside)
        opinions = all(sentiment_of(part) is not None for part in inside)
        if opinions or (short and 2 * again >= len(inside) > 1 and not inside.isdisjoint(cells)):
            return None if all(re.fullmatch(r"[\d.]*", part) for part in inside) else separator
    return None


def answered(label: str, answer: str) -> str:
    """Return the label of a row, given what an annotator answered when it was proposed: accept, reject, or another."""
    said = answer.strip().casefold()
    if said in _ACCEPTED:
        return label
    return f"{NOT}{label}" if said in _REJECTED and label.strip() else IGNORED


def is_answer(value: str) -> bool:
    """Return whether a value is the answer of an annotator to a proposed label."""
    return value.casefold() in (*_ACCEPTED, *_REJECTED, "ignore", "ignored", "skip")
