"""The Data screen with an engine that answers from a script."""

from __future__ import annotations

from typing import Any

from core.reviews.options import ReadingOptions
from tests.tui.engine_double import FakeEngine
from tui.app import ReviewTui
from tui.screens.data.screen import DataScreen

SIZES = [(80, 24), (120, 40), (200, 60)]


def workbench(engine: FakeEngine, data: str = "/data/reviews.csv") -> ReviewTui:
    return ReviewTui(data=data, engine=engine)  # type: ignore[arg-type]


def screen_of(app: ReviewTui) -> DataScreen:
    assert isinstance(app.screen, DataScreen)
    return app.screen


def chosen(**changes: Any) -> dict[str, Any]:
    return ReadingOptions(**changes).model_dump()
