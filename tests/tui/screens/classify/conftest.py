"""A run with a model, and a pile."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.runs.folder import RunFolder
from tests.tui.screens.classify.bench import make_run


@pytest.fixture
def run(home: Path) -> RunFolder:
    """A run with a model, as far as this process looks into it."""
    return make_run(home, "20260101-000000-aaaa", "first")


@pytest.fixture
def pile(tmp_path: Path) -> str:
    path = tmp_path / "inbox.csv"
    path.touch()
    return str(path)
