"""What the tests of screens share."""

from __future__ import annotations

import pytest

from tui.widgets import forecast_gauge

FREE = 16 << 30


@pytest.fixture(autouse=True)
def known_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames do not depend on the machine's memory."""
    monkeypatch.setattr(forecast_gauge, "free_bytes", lambda: FREE)
