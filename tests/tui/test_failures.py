"""A worker that crashes, on any screen and in any widget, is told in a sentence and logged."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from textual.widget import Widget

from tests.hostile import CORPUS
from tests.tui.engine_double import STEERING, FakeEngine, until
from tests.tui.frames import frame
from tui.app import ReviewTui
from tui.navigation.table import SCREENS
from tui.screens.data.file_picker import FilePicker
from tui.screens.setup.forecast_gauge import ForecastGauge


async def crash() -> None:
    raise ZeroDivisionError(f"Nothing [/ works {CORPUS[0]}")


@pytest.mark.parametrize("name", [screen.name for screen in SCREENS])
async def test_a_worker_that_crashes_is_told_on_every_screen(name: str, home: Path) -> None:
    app = ReviewTui(engine=FakeEngine())  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.switch_mode(name)
        await pilot.pause()
        nodes: list[Widget] = [app.screen, *app.screen.query(FilePicker), *app.screen.query(ForecastGauge)]
        for node in nodes:
            app.clear_notifications()
            node.run_worker(crash(), exit_on_error=False, group="any")
            await until(pilot, lambda: "An unexpected ZeroDivisionError" in " ".join(frame(app).split()))
            assert not STEERING & set(frame(app).replace("\n", ""))
        assert "ZeroDivisionError" in (home / "crash.log").read_text()


async def test_a_worker_of_the_app_itself_that_crashes_is_told(home: Path) -> None:
    app = ReviewTui(engine=FakeEngine())  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.run_worker(crash(), exit_on_error=False)
        await until(pilot, lambda: "An unexpected ZeroDivisionError" in " ".join(frame(app).split()))


def test_every_screen_of_the_table_was_tried() -> None:
    for screen in SCREENS:
        assert hasattr(importlib.import_module(f"tui.screens.{screen.name}.screen"), screen.class_name)
