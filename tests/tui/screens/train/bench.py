"""The Train screen of a made run."""

from __future__ import annotations

from textual.pilot import Pilot

from core.runs.folder import RunFolder
from tui.app import ReviewTui


async def open_train(pilot: Pilot[None], run: RunFolder | None) -> None:
    app = pilot.app
    assert isinstance(app, ReviewTui)
    app.run_in_view = run
    app.switch_mode("train")
    await pilot.pause()
