"""Close calls of reading are asked, and the answers read the source again."""

from __future__ import annotations

import pytest

from tests.tui.engine_double import FakeEngine, inspection, settle, until
from tests.tui.frames import frame
from tests.tui.screens.data.bench import SIZES, chosen, workbench
from tui.screens.data.screen import DataScreen

DOUBT = {
    "about": "scheme",
    "sentence": "The highest “rating” is 4.",
    "ways": {"the scale is 1–5": {"scale": "1-5"}, "4 is good": {"label_names": {"4": "good"}}},
}


@pytest.mark.parametrize("size", SIZES)
async def test_a_question_is_shown_and_answered_by_reading_again(size: tuple[int, int]) -> None:
    engine = FakeEngine(inspect=inspection(doubts=[DOUBT]))
    app = workbench(engine)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert "1 question: d" in frame(app)
        await pilot.press("d", "2")
        await until(pilot, lambda: len(engine.of("inspect")) == 2)
        assert engine.of("inspect")[1]["reading"] == chosen(label_names={"4": "good"})


async def test_without_doubts_there_is_nothing_to_answer() -> None:
    engine = FakeEngine()
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("d")
        await settle(pilot)
        assert isinstance(app.screen, DataScreen)
        assert len(engine.of("inspect")) == 1
