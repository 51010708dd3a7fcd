"""The Groups screen: nothing, seeds, models, a sweep, a group that was killed; and what its keys do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.experiments import continuing
from core.experiments.state import read_result, read_state
from core.runs.group_journal import Stopped, append
from tests.hostile import SOUND, steering
from tests.tui.frames import frame
from tests.tui.made_runs import hold
from tests.tui.screens.groups.made_groups import SEEDS_RESULT, SWEEP_RESULT, make_group
from tests.tui.screens.runs.test_screen import settled
from tui.app import ReviewTui
from tui.screens.groups import views
from tui.screens.groups.views import Shown

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
async def test_without_groups_it_says_what_one_is_and_how_to_start_one(size: tuple[int, int]) -> None:
    async with ReviewTui().run_test(size=size) as pilot:
        await pilot.press("f8")
        await settled(pilot, "[Groups]", "No groups yet", "several runs", "--seeds 3")


@pytest.mark.parametrize("size", SIZES)
async def test_a_sweep_shows_its_winner_what_it_is_worth_the_effects_and_all_runs(size: tuple[int, int]) -> None:
    make_group(result=SWEEP_RESULT)
    async with ReviewTui().run_test(size=size) as pilot:
        await pilot.press("f8")
        shown = await settled(pilot, "✓ finished", "hill", "sweep", "3/3 runs", "▲ hill-02", "learning_rate 3e-5")
        assert "probably 1.2 points too high" in shown and "with fresh seeds: accuracy 0.8850" in shown
        await pilot.press("pagedown")
        shown = await settled(pilot, "+3.10", "hill-03")
        assert "╋" in shown or size[0] < 100


async def test_seeds_show_mean_and_spread() -> None:
    make_group("seeds", "three", settings=({"seed": 1}, {"seed": 2}), result=SEEDS_RESULT, seeds=[1, 2])
    async with ReviewTui().run_test(size=(80, 24)) as pilot:
        await pilot.press("f8")
        await settled(pilot, "three", "seeds", "2/2 runs", "0.9000 ± 0.0120", "0.8880 to 0.9120", "three-01")


async def test_models_show_each_ones_scores_and_the_verdict() -> None:
    spread = {name: SEEDS_RESULT[name] for name in ("accuracy", "macro_f1", "loss")}
    result = {
        "kind": "versus", "name": "rivals", "minutes": 0.0, "comparison": "x",
        "models": [{"model": "starter", **spread}, {"model": "org/big\x1b[31m", **spread}],
        "sentences": ["+0.4 points over 2 seeds: not distinguishable"],
    }  # fmt: skip
    make_group("versus", "rivals", settings=({"model": "starter"}, {"model": "big"}), result=result)
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await pilot.press("f8")
        await settled(pilot, "+0.4 points over 2 seeds: not distinguishable", "starter", "org/big")


async def test_the_cursor_stays_on_its_group_and_enter_opens_the_winner() -> None:
    make_group("seeds", "three", settings=({"seed": 1},), result=SEEDS_RESULT)
    _, runs = make_group(result=SWEEP_RESULT, first=5)
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await pilot.press("f8")
        await settled(pilot, "hill-02", "three")
        await pilot.press("down")
        await settled(pilot, "three-01")
        make_group("seeds", "newest", settings=({"seed": 1},), first=9, result=SEEDS_RESULT)
        await settled(pilot, "newest", "three-01")
        await pilot.press("up", "enter")
        await settled(pilot, "[Train]", "✓ finished")
        assert pilot.app.run_in_view == runs[1]  # type: ignore[attr-defined]


async def test_a_killed_group_says_so_and_goes_on_with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    make_group(ends=("finished", None))
    asked: list[str] = []
    monkeypatch.setattr("core.experiments.state._PLANNING_SECONDS", -1.0)
    monkeypatch.setattr("core.experiments.continuing.continue_all", lambda: asked.append("all"))
    async with ReviewTui().run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("f8")
        await settled(pilot, "! interrupted", "Every process of this group was killed; r continues")
        await pilot.press("r")
        await settled(pilot, "hill continues.")
    assert asked == ["all"]


async def test_a_running_group_stops_and_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    group, runs = make_group(ends=("finished", "finished", None))
    lock = hold(runs[2])
    monkeypatch.setattr("core.experiments.continuing.continue_group", lambda group: None)
    async with ReviewTui().run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("f8")
        await settled(pilot, "● running", "2/3 runs")
        await pilot.press("x")
        await settled(pilot, "■ stopped", "It was stopped; r continues.", "Stopping hill.")
        await pilot.press("r")
        await settled(pilot, "hill continues.")
    assert read_state(group).stopped and b"stop_and_save" in runs[2].control.read_bytes()
    lock.release()


async def test_one_of_its_runs_is_chosen_by_its_settings() -> None:
    _, runs = make_group(result=SWEEP_RESULT)
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await pilot.press("f8")
        await settled(pilot, "hill-02")
        await pilot.press("o")
        await settled(pilot, "Open which run?")
        await pilot.press(*"0.001", "enter")
        await settled(pilot, "[Train]")
        assert pilot.app.run_in_view == runs[2]  # type: ignore[attr-defined]


async def test_its_runs_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    _, runs = make_group(result=SWEEP_RESULT)
    compared: list[list[str]] = []
    monkeypatch.setattr(ReviewTui, "open_compare", lambda self, found: compared.append([run.id for run in found]))
    async with ReviewTui().run_test(size=(80, 24)) as pilot:
        await pilot.press("f8")
        await settled(pilot, "hill-02")
        await pilot.press("c")
    assert compared == [[run.id for run in runs]]


async def test_a_damaged_group_is_left_out() -> None:
    group, _ = make_group(result=SWEEP_RESULT)
    other, _ = make_group("seeds", "three", settings=({"seed": 1},), first=7, result=SEEDS_RESULT)
    group.declaration.write_bytes(b"\xff")
    other.result.write_bytes(b"[")
    async with ReviewTui().run_test(size=(80, 24)) as pilot:
        await pilot.press("f8")
        shown = await settled(pilot, "three")
        assert "hill" not in shown


@given(st.sampled_from([40, 60, 80, 120, 200]), st.sampled_from(SOUND))
def test_no_width_and_no_name_breaks_a_line(width: int, name: str) -> None:
    import tempfile
    from unittest.mock import patch

    with tempfile.TemporaryDirectory() as home, patch.dict("os.environ", {"REVIEWTUI_HOME": home}):
        result = {**SWEEP_RESULT, "winner": {**SWEEP_RESULT["winner"], "name": name}}
        group, _ = make_group(name=f"n{name}", result=result, settings=({"learning_rate": 1e-5, "optimizer": name},))
        shown = Shown(read_state(group), read_result(group))
        for content in (views.body(shown, width), views.choice(shown, 1e9, width), views.empty(width)):
            assert not steering(content.plain.replace("\n", ""))
        assert not steering(views.plain(shown).replace("\n", ""))


async def test_frames_of_many_groups() -> None:
    for number in range(12):
        make_group("seeds", f"group-{number}", settings=({"seed": 1},), first=3 * number + 1, result=SEEDS_RESULT)
    append(make_group("seeds", "last", settings=({"seed": 1},), first=90)[0].journal, Stopped())
    async with ReviewTui().run_test(size=(80, 24)) as pilot:
        await pilot.press("f8")
        await settled(pilot, "last", "group-11", "■ stopped")
        assert "group-0" not in frame(pilot.app), "the list takes two fifths of the screen"
    assert continuing.stalled_groups() == []
