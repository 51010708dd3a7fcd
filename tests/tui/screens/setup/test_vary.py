"""`v` on Setup: a setting varies and no longer varies, by keys alone, and nothing of it is lost."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from core.experiments.space import parse_dimension
from core.settings.schema import Settings, describe
from tests.tui.engine_double import HOSTILE, STEERING, FakeEngine, settle, until
from tests.tui.frames import frame
from tests.tui.screens.setup.bench import focused, go_to, open_setup, workbench
from tests.tui.screens.setup.test_ranges import ALONE, CONFLICTS
from tui.app import ReviewTui
from tui.screens.setup.screen import SetupScreen


async def vary(pilot: Pilot[None], name: str, text: str = "") -> None:
    """Let a setting vary, over what is proposed or over `text`."""
    await show(pilot, name)
    await pilot.press("v", *text, "enter")
    await pilot.pause()


async def show(pilot: Pilot[None], name: str) -> None:
    """Move to a setting at once, as `/` does."""
    assert isinstance(pilot.app.screen, SetupScreen)
    pilot.app.screen.show_setting(name)
    await pilot.pause()


async def test_v_opens_the_editor_with_a_range_that_is_checked_as_it_is_typed() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await go_to(pilot, "epochs")
        await pilot.press("v")
        await pilot.pause()
        assert app.draft.varied == {"epochs": "2..8:2"} and "~ Epochs" in frame(app)
        assert "Varies over 4 values: 2, 4, 6, 8" in frame(app) and "~ 1 varies" in frame(app)
        await pilot.press(*"9..3")
        await pilot.pause()
        assert app.draft.varied == {"epochs": "9..3"}, "the first character took the place of the proposal"
        assert "LOW..HIGH with LOW below HIGH" in " ".join(frame(app).split()) and "! Epochs" in frame(app)
        await pilot.press("backspace", "backspace", *".12", "enter")
        await pilot.pause()
        assert app.draft.varied == {"epochs": "9..12"} and "! Epochs" not in frame(app)
        await pilot.press("enter", "end", *":3", "enter")
        assert app.draft.varied == {"epochs": "9..12:3"} and app.draft.typed == {}


@pytest.mark.parametrize("back", ["v", "r", "u", "escape"])
async def test_the_single_value_comes_back(back: str) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, typed={"epochs": "9"})
        await go_to(pilot, "epochs")
        await pilot.press("v", *(() if back == "escape" else ("enter",)), back)
        await pilot.pause()
        assert app.draft.varied == {} and app.draft.typed == {"epochs": "9"}
        assert "* Epochs" in frame(app) and "Start training" in frame(app)
        await pilot.press("r")
        assert app.draft.typed == {}


async def test_escape_in_a_range_that_varied_before_leaves_it_as_it_was() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await vary(pilot, "epochs", "2,4")
        await pilot.press("enter", *"3,x", "escape")
        assert app.draft.varied == {"epochs": "2,4"}


async def test_undo_goes_back_through_ranges_values_and_presets() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await vary(pilot, "epochs")
        await vary(pilot, "batch_size", "8,16")
        await show(pilot, "seed")
        await pilot.press("7", "enter", "p", "2")
        await pilot.pause()
        assert (app.draft.preset, app.draft.typed, app.draft.varied) == ("quick", {}, {})
        both = {"epochs": "2..8:2", "batch_size": "8,16"}
        for typed, varied in (({"seed": "7"}, both), ({}, both), ({}, {"epochs": "2..8:2"}), ({}, {})):
            await pilot.press("u")
            assert (app.draft.preset, app.draft.typed, app.draft.varied) == ("balanced", typed, varied)
        await vary(pilot, "epochs")
        await pilot.press("p", "escape")
        assert list(app.draft.varied) == ["epochs"], "a preset that was not chosen changes nothing"
        await pilot.press("a")
        assert app.draft.varied == {}


async def test_leaving_and_coming_back_keeps_the_ranges() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await vary(pilot, "epochs", "2,4")
        await pilot.press("escape")
        assert app.current_mode == "data"
        app.switch_mode("setup")
        await settle(pilot)
        assert app.draft.varied == {"epochs": "2,4"} and "sweep: 2 trials" in frame(app)


async def test_a_setting_of_every_kind_varies_by_one_key_and_the_row_of_the_name_does_not() -> None:
    tried = {(one.kind, one.name in ALONE, one.name in CONFLICTS): one.name for one in describe()}.values()
    async with workbench().run_test(size=(120, 40)) as pilot:
        app = await open_setup(pilot)
        await pilot.press("home", "v", "down", "v")
        assert app.draft.varied == {} and any("Only settings vary" in one for one in told(app))
        for declaration in describe():
            await pilot.press("down")
            if declaration.name not in tried:
                continue
            await pilot.press("v", "enter")
            await pilot.pause()
            assert focused(app) == declaration.name and list(app.draft.varied) == [declaration.name]
            if declaration.name not in ALONE | CONFLICTS:
                parse_dimension(declaration.name, app.draft.varied[declaration.name], Settings())
                assert "~ 1 varies" in frame(app) and "reviewtui sweep" in frame(app)
            await pilot.press("v")
            assert app.draft.varied == {}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_number_of_runs_and_their_time_are_said_before_a_start(size: tuple[int, int]) -> None:
    engine = FakeEngine()
    async with workbench(engine).run_test(size=size) as pilot:
        app = await open_setup(pilot)
        engine.held = {"facts"}
        await vary(pilot, "model", "starter,distilbert-base-uncased")
        await pilot.press("v", "enter", *"other", "enter")  # nothing is known of it
        await vary(pilot, "learning_rate", "1e-5..2e-4:log")
        assert "sweep: 12 trials" in frame(app) and "estimate" not in frame(app)
        engine.let_go()
        await until(pilot, lambda: "sweep: 12 trials, about 3 min (an estimate)" in frame(app))
        assert "Start the sweep" in frame(app) and "middle of the space" in frame(app)
        await pilot.press("y")
        words = "--preset balanced --set model=other --space learning_rate=1e-5..2e-4:log"
        assert app.clipboard == f"reviewtui sweep /data/reviews.csv {words}"


async def test_a_choice_that_varies_is_edited_as_text_and_not_turned() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await vary(pilot, "schedule")
        assert app.draft.varied == {"schedule": "linear,cosine,constant,wsd"}
        await pilot.press("right")
        assert app.draft.varied == {"schedule": "linear,cosine,constant,wsd"} and app.draft.typed == {}
        await pilot.press("enter", *"wsd,linear", "enter")
        assert app.draft.varied == {"schedule": "wsd,linear"}


async def test_fit_takes_one_value_where_it_was_to_vary() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await vary(pilot, "max_length", "128,256")
        await vary(pilot, "epochs", "2,4")
        await settle(pilot)
        await pilot.press("f")
        await pilot.pause()
        at = next(row for row in frame(app).splitlines() if "max_length" in row and "saves" in row)
        await pilot.press(next(character for character in at if character.isdigit()))
        await pilot.pause()
        assert "max_length" in app.draft.typed and app.draft.varied == {"epochs": "2,4"}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_hostile_ranges_are_shown_as_text(size: tuple[int, int]) -> None:
    async with workbench().run_test(size=size) as pilot:
        varied = {"model": HOSTILE, "epochs": HOSTILE, "device": HOSTILE, "seed": HOSTILE}
        app = await open_setup(pilot, varied=varied, sweep={"test": HOSTILE})
        for name in varied:
            await show(pilot, name)
            for keys in ("enter", "escape", "y", "ctrl+s"):
                await pilot.press(*keys.split())
                await settle(pilot)
                assert not STEERING & set(frame(app).replace("\n", "")), (name, keys)


def told(app: ReviewTui) -> list[Any]:
    return [notice.message for notice in app._notifications]
