"""Starting several runs from Setup: the dialog before a sweep, what is asked for, and what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.base.errors import InputError, ReviewtuiError
from core.engine.requests import method_of
from core.runs.folder import create_run
from core.runs.group import GroupFolder, groups_home
from core.runs.request import Request
from core.settings.presets import preset
from tests.tui.engine_double import HOSTILE, STEERING, FakeEngine, inspection, settle, until
from tests.tui.frames import frame
from tests.tui.screens.setup.bench import open_setup, workbench
from tui.app import ReviewTui
from tui.screens.setup import start_groups
from tui.screens.setup.sweep_dialog import SweepDialog

Started = list[tuple[str, str, Request, dict[str, Any]]]
SPACE = {"learning_rate": "1e-5..2e-4:log", "freeze_layers": "none,2,4"}
NEW = "20260101-000000-aaaa"
"""Id of the group that is started."""
IN_WORDS = {"learning_rate": "1e-05..0.0002:log", "freeze_layers": "none,2,4"}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Groups that were started; no process is."""
    found: Started = []

    def start(*group: Any) -> GroupFolder:
        found.append(group)
        return GroupFolder(groups_home() / NEW)

    monkeypatch.setattr(start_groups, "start_group", start)
    return found


async def ask(pilot: Pilot[None], *keys: str) -> None:
    """Open the dialog before a sweep, and press keys in it."""
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, SweepDialog))
    await pilot.press(*keys)
    await pilot.pause()


def words(app: ReviewTui) -> str:
    return " ".join(frame(app).replace("│", " ").split())


async def test_a_sweep_starts_as_it_was_shown_and_its_group_is_shown(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(ReviewTui, "open_group", lambda self, group: opened.append(group.id))
    engine = FakeEngine()
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, preset="quick", typed={"seed": "3"}, varied=dict(SPACE))
        await ask(pilot)
        assert "sweep: 12 trials" in frame(app) and "reviews-quick-sweep" in frame(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: opened == [NEW])
        [(name, kind, request, spec)] = started
        assert (name, kind) == ("reviews-quick-sweep", "sweep")
        assert request.settings == preset("quick").changed({"seed": 3}) and request.data == "/data/reviews.csv"
        assert spec == {
            "space": IN_WORDS, "strategy": "search", "metric": "macro_f1", "runs": 12, "minutes": 0.0, "test": "",
        }  # fmt: skip
        assert engine.of("prepare") == [{"request": request.model_dump(mode="json")}]
        assert app.draft.varied == SPACE


async def test_answers_are_given_by_keys_and_are_there_the_next_time(started: Started) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, typed={"epochs": "9"}, varied=dict(SPACE))
        await ask(pilot, "left", "down", "2", "7", "down", "down", "right")  # halving, 27 trials, the next metric
        assert app.draft.sweep == {"strategy": "halving", "runs": "27", "metric": "loss"}
        assert "sweep: 27 trials" in frame(app)
        await pilot.press("down", "down", "enter", *"mine", "enter", "escape")
        await until(pilot, lambda: not isinstance(app.screen, SweepDialog))
        assert not started and "sweep: 27 trials" in frame(app) and "mine" in frame(app)
        await pilot.press("y")
        assert "--name mine" in app.clipboard and "--strategy halving --runs 27 --metric loss" in app.clipboard
        await ask(pilot, "ctrl+s")
        await until(pilot, lambda: started)
        assert started[0][0] == "mine" and started[0][3]["runs"] == 27 and started[0][3]["metric"] == "loss"
        assert app.draft.name == "" and app.draft.sweep["strategy"] == "halving"


async def test_r_and_escape_take_an_answer_back(started: Started) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied=dict(SPACE), sweep={"runs": "5", "minutes": "30"})
        await ask(pilot, "down", "7", "escape")
        assert app.draft.sweep["runs"] == "5" and isinstance(app.screen, SweepDialog)
        await pilot.press("r", "down", "v", "r")
        assert app.draft.sweep == {}, "and no answer varies"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"strategy": "grid"}, "A grid needs finitely many values"),
        ({"strategy": "halving", "metric": "accuracy-and-seconds"}, "Halving ranks by one figure"),
        ({"runs": "1"}, "a whole number from 2 to 1000"),
        ({"minutes": "soon"}, "minutes cannot be 'soon'"),
        ({"test": "/nowhere/test.csv"}, "There is no '/nowhere/test.csv'"),
    ],
)
async def test_an_answer_that_is_refused_says_why_at_its_row_and_nothing_starts(
    answers: dict[str, str], sentence: str, started: Started
) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied=dict(SPACE), typed={"epochs": "9"}, sweep=dict(answers))
        assert sentence in words(app), "it is said beside the start, too"
        await ask(pilot, "ctrl+s")
        assert isinstance(app.screen, SweepDialog) and not started
        assert sentence in words(app) and "refused" in words(app) and "cannot start yet" in words(app)
        await pilot.press("r")
        await pilot.pause()
        assert "cannot start yet" not in words(app)


async def test_a_range_that_is_refused_is_shown_instead_of_the_dialog(started: Started) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied={**SPACE, "epochs": "9..3"})
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert not isinstance(app.screen, SweepDialog) and app.focused is not None
        assert app.focused.id == "setting-epochs" and not started


async def test_seeds_start_without_a_dialog(started: Started) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied={"seed": "1,5,9"})
        assert "seeds: 3 runs, about" in frame(app) and "Start the seeds" in frame(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: started)
        [(name, kind, request, spec)] = started
        assert (name, kind, spec) == ("reviews-balanced", "seeds", {"seeds": [1, 5, 9]})
        assert request.settings == preset("balanced")


async def test_every_model_is_checked_before_any_trains(started: Started, tmp_path: Path) -> None:
    engine = FakeEngine()
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied={"model": f"starter,{tmp_path}", "seed": "2"})
        assert "versus: 2 models with 2 seeds each, 4 runs" in frame(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: started)
        [(name, kind, request, spec)] = started
        assert (name, kind, request.settings.model) == ("reviews-balanced-versus", "versus", "starter")
        assert spec == {"models": ["starter", str(tmp_path)], "seeds": [1, 2], "epochs": [], "minutes": 0.0}
        assert [one["request"]["settings"]["model"] for one in engine.of("prepare")] == ["starter", str(tmp_path)]


async def test_a_model_that_cannot_be_loaded_starts_nothing(started: Started) -> None:
    def refuses(params: dict[str, Any]) -> None:
        if params["request"]["settings"]["model"] == "second":
            raise InputError("There is no model second.")

    async with workbench(FakeEngine(prepare=refuses)).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied={"model": "starter,second"})
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is no model second." in words(app))
        assert not started and app.current_mode == "setup"


async def test_test_reviews_are_read_before_anything_trains(started: Started, tmp_path: Path) -> None:
    test = tmp_path / "test.csv"
    test.touch()
    engine = FakeEngine(inspect=inspection(class_counts={"other": 9}, label_names=["other"]))
    async with workbench(engine).run_test(size=(120, 40)) as pilot:
        app = await open_setup(pilot, varied=dict(SPACE), sweep={"test": str(test)})
        await ask(pilot, "ctrl+s")
        await until(pilot, lambda: "has no review labelled negative, positive" in words(app))
        assert not started
        engine.answers["inspect"] = inspection()
        await ask(pilot, "ctrl+s")
        await until(pilot, lambda: started)
        assert started[0][3]["test"] == str(test) and engine.of("inspect")[-1]["source"] == str(test)


async def test_a_group_that_cannot_start_says_why_and_keeps_its_name(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*group: Any) -> None:
        raise ReviewtuiError("No space left [/ on device.")

    monkeypatch.setattr(start_groups, "start_group", fails)
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied={"seed": "3"}, name="mine")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "No space left [/ on device." in words(app))
        assert app.draft.name == "mine" and app.current_mode == "setup"


async def test_escape_calls_the_start_of_a_group_off(started: Started) -> None:
    engine = FakeEngine()
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied={"seed": "3"})
        engine.held = {"prepare"}
        await pilot.press("ctrl+s")
        await until(pilot, lambda: engine.of("prepare"))
        await pilot.press("ctrl+s", "escape")
        held = next(future for request, future in engine.futures if method_of(request) == "prepare")
        await until(pilot, held.cancelled)
        assert len(engine.of("prepare")) == 1 and not started and app.current_mode == "setup"


async def test_a_name_that_is_taken_is_refused_in_the_dialog(started: Started) -> None:
    create_run(Request(name="mine", data="x.csv"))
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied=dict(SPACE))
        await ask(pilot, *["down"] * 5, "enter", *"mine", "enter", "ctrl+s")
        assert "'mine-2' is free" in words(app) and not started
        await pilot.press("enter", "end", *"-2", "enter", "ctrl+s")
        await until(pilot, lambda: started)
        assert started[0][0] == "mine-2"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_hostile_answers_are_shown_as_text(size: tuple[int, int], started: Started) -> None:
    async with workbench().run_test(size=size) as pilot:
        app = await open_setup(
            pilot, varied=dict(SPACE), sweep={"test": f"/{HOSTILE}", "runs": HOSTILE, "minutes": HOSTILE}
        )
        await ask(pilot)
        for keys in ("down", "enter", "escape", "down", "enter", "escape", "down", "down", "enter", "ctrl+s"):
            await pilot.press(keys)
            await pilot.pause()
            assert not STEERING & set(frame(app).replace("\n", "")), keys


async def test_any_size_is_drawn() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, varied=dict(SPACE))
        await ask(pilot)
        for size in ((60, 16), (61, 17), (80, 20), (220, 70), (20, 5), (100, 30)):
            await pilot.resize_terminal(*size)
            await pilot.press("down")
            frame(app)
