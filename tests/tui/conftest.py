"""What the tests of screens share."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.color import Color

from tests.tui import rest
from tui.screens.setup import forecast_gauge
from tui.terminal.output_filter import OutputFilter

FREE = 16 << 30


@pytest.fixture(autouse=True)
def waits_end_with_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests press thousands of keys, and most of their time would be spent asleep."""
    rest.install(monkeypatch)


@pytest.fixture(autouse=True)
def known_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames do not depend on the machine's memory."""
    monkeypatch.setattr(forecast_gauge, "free_bytes", lambda: FREE)


@pytest.fixture(autouse=True)
def nothing_is_left_to_the_last_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen that forgot to clean a text fails here, though the guard behind it would have caught that."""
    guarded = OutputFilter.apply

    def strict(self: OutputFilter, segments: list[Segment], background: Color) -> list[Segment]:
        found = guarded(self, segments, background)
        assert found == segments, [one.text for one in segments]
        return found

    monkeypatch.setattr(OutputFilter, "apply", strict)
