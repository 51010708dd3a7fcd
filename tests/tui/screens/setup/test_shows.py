"""Setup says what the validation rows can show, before anything is trained."""

from __future__ import annotations

from core.base.errors import InputError
from tests.tui.engine_double import FakeEngine, foresight, settle
from tests.tui.frames import frame
from tests.tui.screens.runs.test_screen import settled
from tests.tui.screens.setup.bench import go_to, open_setup, workbench


async def test_what_the_validation_rows_can_show_is_said_and_follows_their_share() -> None:
    engine = FakeEngine()
    engine.answers["foresee"] = lambda params: foresight(
        rows=round(1280 * params["validation_fraction"]), accuracy=0.913, accuracy_of="best"
    )
    async with workbench(engine).run_test(size=(120, 40)) as pilot:
        await open_setup(pilot)
        await settled(pilot, "Shows  differences from 6.1 points on, with 128 validation rows", "91.3 %, as best is")
        await go_to(pilot, "validation_fraction")
        await pilot.press("enter", "ctrl+u", *"0.2", "enter")
        await settle(pilot)
        await settled(pilot, "with 256 validation rows")
        engine.answers["foresee"] = foresight(smallest_visible=None, rows=4)
        await pilot.press("r")
        await settled(pilot, "no difference: 4 validation rows are too few")


async def test_on_a_small_screen_it_is_said_where_the_share_is_set() -> None:
    async with workbench(FakeEngine()).run_test(size=(80, 24)) as pilot:
        await open_setup(pilot)
        assert "Shows" not in frame(pilot.app)
        await go_to(pilot, "validation_fraction")
        await settled(pilot, "Differences from 6.1 points on, with 128 validation rows, if both are right in")


async def test_reviews_that_cannot_be_divided_leave_the_line_empty() -> None:
    engine = FakeEngine(foresee=InputError("no"))
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        await open_setup(pilot)
        assert "Shows" not in frame(pilot.app) and "Start training" in frame(pilot.app)
