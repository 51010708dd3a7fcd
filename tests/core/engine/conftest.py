"""Reviews for the engine to work on."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home and files for the service that the tests of this module share."""
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def reviews(place: Path, reviews_of: Callable[..., list[tuple[str, str]]]) -> Path:
    with (place / "reviews.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("review", "label"), *reviews_of(40)])
    return place / "reviews.csv"
