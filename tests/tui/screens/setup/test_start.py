"""Starting a run from Setup: what is asked for, its name, and what goes wrong."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from core.base.errors import InputError, ReviewtuiError
from core.engine.requests import method_of
from core.reviews.options import ReadingOptions
from core.runs import start as launching
from core.runs.folder import RunFolder, create_run, list_runs
from core.runs.logout import Detachment
from core.runs.names import suggested_name
from core.runs.request import Request
from core.settings.presets import preset
from core.settings.schema import Settings
from tests.tui.engine_double import HOSTILE, FakeEngine, settle, until
from tests.tui.frames import frame
from tests.tui.screens.setup.bench import at_once, go_to, open_setup, workbench
from tui.app import ReviewTui


async def test_start_asks_for_the_run_that_was_shown(opened: list[RunFolder]) -> None:
    engine = FakeEngine()
    reading = ReadingOptions(text="review", scheme="stars")
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, preset="quick", typed={"epochs": "3"}, reading=reading)
        await pilot.press("enter", *"mine", "enter", "ctrl+s")
        await until(pilot, lambda: opened)
        expected = Request(
            name="mine", data="/data/reviews.csv", reading=reading, preset="quick",
            settings=preset("quick").changed({"epochs": 3}),
        )  # fmt: skip
        assert opened[0].request() == expected
        assert engine.of("prepare") == [{"request": expected.model_dump(mode="json")}]
        assert [run.id for run in list_runs()] == [opened[0].id]
        assert app.draft.typed == {"epochs": "3"}


async def test_what_is_expected_is_asked_kept_with_the_run_and_taken_back(opened: list[RunFolder]) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await go_to(pilot, "hypothesis")
        await pilot.press("enter")
        await at_once(pilot, "x" * 301)
        await pilot.pause()
        assert "at most 300 characters" in " ".join(frame(app).split())
        await pilot.press("enter", "ctrl+s")
        await settle(pilot)
        assert not opened
        await pilot.press("u", "enter", *"longer helps", "enter")
        await pilot.pause()
        await pilot.press("y")
        assert app.clipboard.endswith("--hypothesis 'longer helps'")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: opened)
        assert opened[0].request().hypothesis == "longer helps" and not app.draft.hypothesis


async def test_a_key_starts_a_baseline_with_the_settings_that_it_has(opened: list[RunFolder]) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, preset="quick", typed={"epochs": "3", "class_weights": "balanced"}, name="mine")
        await pilot.press("b")
        await until(pilot, lambda: opened)
        found = opened[0].request()
        assert (found.method, found.name) == ("baseline", "reviews-baseline")
        assert found.settings == Settings(max_length=128, class_weights="balanced", freeze_layers="encoder")
        assert (app.draft.typed["epochs"], app.draft.name) == ("3", "mine")


async def test_no_two_runs_share_a_name(opened: list[RunFolder]) -> None:
    create_run(Request(name="mine", data="x.csv"))
    create_run(Request(name="reviews-balanced", data="x.csv"))
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await until(pilot, lambda: "reviews-balanced-2" in frame(app))
        await pilot.press("enter", *"mine", "enter")
        await pilot.pause()
        assert "'mine-2' is free" in " ".join(frame(app).split())
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert not opened
        await pilot.press("enter", *"mine-2", "enter", "ctrl+s")
        await until(pilot, lambda: opened)
        assert opened[0].request().name == "mine-2"


async def test_start_by_the_button_with_keys_and_a_suggested_name_is_made_free(opened: list[RunFolder]) -> None:
    create_run(Request(name="reviews-balanced", data="x.csv"))
    async with workbench().run_test(size=(80, 24)) as pilot:
        await open_setup(pilot)
        await pilot.press("end", "down", "enter")
        await until(pilot, lambda: opened)
        assert opened[0].request().name == "reviews-balanced-2"


async def test_a_relative_path_becomes_absolute(
    opened: list[RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shoes.csv").touch()
    monkeypatch.chdir(tmp_path)
    async with workbench().run_test(size=(80, 24)) as pilot:
        await open_setup(pilot, source="shoes.csv")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: opened)
        assert opened[0].request().data == str(tmp_path / "shoes.csv")


async def test_while_it_starts_it_says_what_is_done_starts_once_and_escape_calls_it_off(
    opened: list[RunFolder],
) -> None:
    engine = FakeEngine()
    engine.held = {"prepare"}
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await pilot.press("ctrl+s", "ctrl+s")
        await until(pilot, lambda: engine.of("prepare"))
        engine.progress("reading", 0.5)
        await pilot.pause()
        assert "Reading" in frame(app) and "50%" in frame(app)
        await pilot.press("ctrl+s", "escape")
        held = next(future for request, future in engine.futures if method_of(request) == "prepare")
        await until(pilot, held.cancelled)
        assert len(engine.of("prepare")) == 1 and not opened and list_runs() == []
        assert app.current_mode == "setup"
        engine.held = set()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: opened)


@pytest.mark.parametrize("where", ["prepare", "launch", "unforeseen"])
async def test_a_start_that_fails_says_why_and_can_be_tried_again(
    where: str, opened: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    works = launching.begin

    def fails(run: RunFolder, wait: bool) -> Detachment:
        raise ReviewtuiError("Nothing [/ works.") if where == "launch" else ZeroDivisionError("Nothing [/ works.")

    if where == "prepare":
        engine.answers["prepare"] = InputError("Nothing [/ works.")
    else:
        monkeypatch.setattr(launching, "begin", fails)
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Nothing [/ works." in " ".join(frame(app).split()))
        assert not opened
        engine.answers["prepare"] = None
        monkeypatch.setattr(launching, "begin", works)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: opened)


async def test_a_start_does_not_wait_for_lengths(opened: list[RunFolder]) -> None:
    engine = FakeEngine()
    engine.held = {"lengths"}
    app = ReviewTui(data="/data/reviews.csv", engine=engine)  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: engine.of("lengths"))
        await pilot.press("c", "ctrl+s")
        await until(pilot, lambda: opened)
        assert next(future for request, future in engine.futures if method_of(request) == "lengths").cancelled()
        asked = len(engine.of("lengths"))
        app.switch_mode("data")
        await until(pilot, lambda: len(engine.of("lengths")) == asked + 1)


async def test_a_suggested_name_is_plain_whatever_the_file_is_called() -> None:
    assert suggested_name("/data/my reviews.csv", "quick") == "my-reviews-quick"
    for source in (HOSTILE, "", "/", "owner/name", "…"):
        assert set(suggested_name(source, "lab")) <= {*string.ascii_letters, *string.digits, *"._-"}
