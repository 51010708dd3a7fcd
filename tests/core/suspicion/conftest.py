"""Made-up reviews with labels that were changed on purpose."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import made_reviews

OTHER = {"positive": "negative", "negative": "positive"}
Labelled = Callable[..., Path]


@pytest.fixture
def labelled(tmp_path: Path) -> Labelled:
    """`labelled(rows, flipped, more)`: a CSV file; `flipped` are the rows whose label is the other one."""

    def write(
        rows: int = 200, flipped: tuple[int, ...] = (), more: list[tuple[str, str]] | None = None, name: str = "r.csv"
    ) -> Path:
        made = [
            (text, OTHER[label] if row in flipped else label) for row, (text, label) in enumerate(made_reviews(rows))
        ]
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([("review", "label"), *made, *(more or [])])
        return tmp_path / name

    return write
