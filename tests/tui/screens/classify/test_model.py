"""Which model judges a pile, and what a pile remembers after a break."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.reviews.options import ReadingOptions
from core.runs.folder import RunFolder
from core.triage.bookmark import read_bookmark
from tests.tui.frames import frame
from tests.tui.rest import until
from tests.tui.screens.classify.bench import FakeEngine, bench, make_run, press, settled, verdicts


async def test_a_chosen_model_speaks_for_the_review_in_view(home: Path, run: RunFolder, pile: str) -> None:
    other = make_run(home, "20260202-000000-bbbb", "second", ("bad", "fair", "good"))
    engine = FakeEngine()
    async with bench(engine, pile, run).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.model.run_id == run.id, "the run in view goes before newer ones"
        engine.labels = ("bad", "fair", "good")
        await pilot.press("m")
        await until(pilot, lambda: pilot.app.screen is not screen)
        await press(pilot, "up", "enter")
        screen = await settled(pilot)
        assert screen.model.run_id == other.id
        assert engine.asked[-1][1]["folder"] == str(other.model)
        assert "▸3 good" in frame(pilot.app)
        screen = await press(pilot, "3")
        assert verdicts(screen) == [(0, "good", True)]


async def test_after_a_break_the_pile_comes_back_with_the_model_that_judged_it(
    home: Path, run: RunFolder, pile: str
) -> None:
    async with bench(FakeEngine(), pile, run).run_test() as pilot:
        await press(pilot, "enter", "1", "n")
    newer = make_run(home, "20260303-000000-cccc", "newer")
    engine = FakeEngine()
    async with bench(engine).run_test() as pilot:
        screen = await settled(pilot)
        assert not screen.typed and screen.pile is not None and screen.pile.source == pile
        assert screen.pile.position == 3 and "review number 3" in frame(pilot.app), "where one had walked to"
        assert screen.model.run_id == run.id and not pilot.app._notifications
        pilot.app.run_in_view = newer  # type: ignore[attr-defined]
        pilot.app.switch_mode("runs")
        await pilot.pause()
        pilot.app.switch_mode("classify")
        await settled(pilot)
        assert screen.model.run_id == run.id, "looking at a run does not change who judges"
        pilot.app.open_classify(newer)  # type: ignore[attr-defined]
        pilot.app.switch_mode("runs")
        await pilot.pause()
        pilot.app.switch_mode("classify")
        await settled(pilot)
        assert screen.model.run_id == newer.id
        [notice] = pilot.app._notifications
        assert notice.message.startswith("newer answers from here on; first judged this pile before.")
    assert {params["folder"] for method, params in engine.asked if method == "load"} == {
        str(run.model), str(newer.model)
    }  # fmt: skip
    async with bench(FakeEngine()).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.model.run_id == newer.id and not pilot.app._notifications


async def test_a_pile_is_read_as_data_was_told_to_also_after_a_break(run: RunFolder, pile: str, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.touch()
    reading = ReadingOptions(text="body", encoding="windows-1252", label="stars", scheme="stars")
    engine = FakeEngine()
    async with bench(engine, str(other)).run_test() as pilot:
        await press(pilot, "n", "n")
        pilot.app.open_classify(pile=pile, reading=reading)  # type: ignore[attr-defined]
        pilot.app.switch_mode("runs")
        await pilot.pause()
        pilot.app.switch_mode("classify")
        screen = await press(pilot, "enter")
        assert screen.pile is not None and screen.pile.source == pile
    again = FakeEngine()
    async with bench(again, pile).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.pile is not None and screen.pile.position == 1
    for asked in (engine.asked, again.asked):
        params = [params for method, params in asked if method == "rows" and params["source"] == pile]
        assert params and all(one["reading"]["text"] == "body" and one["without_labels"] for one in params)
        assert all(one["reading"]["encoding"] == "windows-1252" for one in params)
    mark = read_bookmark(str(other))
    assert mark is not None and mark.row == 2 and mark.reading is None, "each pile has its own"


async def test_a_model_that_is_gone_is_told_and_no_other_takes_its_place(home: Path, run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile, run).run_test() as pilot:
        await press(pilot, "enter")
    shutil.rmtree(run.path)
    make_run(home, "20260303-000000-cccc", "newer")
    engine = FakeEngine()
    async with bench(engine).run_test() as pilot:
        screen = await press(pilot, "enter")
        assert len(verdicts(screen)) == 1, "no other model's word was agreed with"
        assert "first, whose model judged this pile, is gone" in next(iter(pilot.app._notifications)).message
        assert "No model is chosen" in frame(pilot.app)
        screen = await press(pilot, "2")
        assert verdicts(screen)[1] == (1, "positive", None)
    assert not [method for method, _ in engine.asked if method in ("load", "classify")]
