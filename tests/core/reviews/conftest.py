"""A private home for every test, and a way to write a file and read it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews

Read = Callable[..., Reviews]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`$REVIEWTUI_HOME`, empty."""
    monkeypatch.setenv("REVIEWTUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write `content` to a new file with `suffix` and read it with the options given by name."""
    numbers = itertools.count()

    def write_and_read(
        content: str | bytes, suffix: str = ".csv", *, labels: list[str] | None = None, **options: object
    ) -> Reviews:
        path = tmp_path / f"reviews{next(numbers)}{suffix}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_reviews(path, ReadingOptions.model_validate(options), labels=labels)

    return write_and_read
