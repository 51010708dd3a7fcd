"""Sizes of a terminal that find what a layout cannot do."""

from __future__ import annotations

import random

_COLUMNS = (1, 59, 60, 99, 100, 220)
_ROWS = (1, 15, 16, 29, 30, 70)
"""The extremes, and both sides of each border at which screens change their layout (tui/navigation/place.py)."""


def sizes_at_borders(seed: int) -> list[tuple[int, int]]:
    """Return 18 sizes in a random order; each of the columns and of the rows occurs three times."""
    generator = random.Random(seed)
    columns, rows = [*_COLUMNS] * 3, [*_ROWS] * 3
    generator.shuffle(columns)
    generator.shuffle(rows)
    return list(zip(columns, rows, strict=True))
