"""Starts that launch no process."""

from __future__ import annotations

import pytest

from core.runs import start as launching
from core.runs.folder import RunFolder
from tests.tui.screens.setup.bench import LAUNCHED
from tui.app import ReviewTui


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """Runs whose worker was started and which were shown; no process is."""
    runs: list[RunFolder] = []
    monkeypatch.setattr(launching, "begin", lambda run, wait: LAUNCHED.detachment)
    monkeypatch.setattr(ReviewTui, "open_run", lambda self, run: runs.append(run))
    return runs
