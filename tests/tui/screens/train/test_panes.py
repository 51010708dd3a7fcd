"""The panes of the Train screen: charts of one's choice, room for them, one cursor, and what the figures say."""

from __future__ import annotations

import re

import pytest

from core.runs.folder import RunFolder
from core.runs.group import create_group
from tests.tui.engine_double import FakeEngine, inspection, until
from tests.tui.frames import frame
from tests.tui.made_runs import append, evaluation, hold, make_run
from tests.tui.screens.runs.test_screen import SIZES, settled
from tests.tui.screens.train.bench import open_train
from tui.app import ReviewTui
from tui.preferences import read_charts
from tui.screens.train.charts import AT_FIRST, CHARTS
from tui.widgets.chart.widget import Chart

ENOUGH = {"validation_rows": 300}


def overfitted(number: int = 1) -> RunFolder:
    """A run whose validation loss rises while its training loss falls."""
    run = make_run(number, name="too long", end=None, steps=60, plan=ENOUGH, evaluation={"loss": 0.4, "accuracy": 0.85})
    append(run, "evaluation", **{**evaluation(60), "loss": 0.9, "accuracy": 0.8, "macro_f1": 0.8, "best": False})
    append(run, "finished")
    return run


@pytest.mark.parametrize("size", SIZES)
async def test_a_key_shows_every_other_chart_and_they_are_there_the_next_time(size: tuple[int, int]) -> None:
    run = make_run(1)
    async with ReviewTui().run_test(size=size) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "Loss · kept")
        for words in ("Accuracy on", "Learning rate", "Gradient norm ·", "Gradient norm by layer"):
            await pilot.press("v")
            await settled(pilot, words)
        await pilot.press("V")
        await settled(pilot, "Gradient norm ·")
        await until(pilot, lambda: read_charts().names[:2] == ("gradient norm", "memory"))
    async with ReviewTui().run_test(size=size) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "Gradient norm ·")


async def test_a_chart_keeps_its_scale_while_another_is_in_its_place() -> None:
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "Loss · kept")
        chart = pilot.app.screen.query_one("#left", Chart)
        await pilot.press("l", "v")
        assert not chart.view.log
        await pilot.press("V")
        await settled(pilot, "Loss · kept")
        assert chart.view.log


async def test_two_charts_along_the_steps_have_one_cursor() -> None:
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "Loss · kept")
        left, right = (pilot.app.screen.query_one(f"#{pane}", Chart) for pane in ("left", "right"))
        await pilot.press("left")
        assert left.view.cursor is not None and right.view.cursor is None  # memory goes along seconds
        await pilot.press("tab", *"VVVV", "left", "left")
        assert left.view.cursor == right.view.cursor is not None
        await pilot.press("0")
        assert left.view.cursor is right.view.cursor is None


@pytest.mark.parametrize("size", SIZES)
async def test_other_runs_are_chosen_drawn_followed_and_taken_away(size: tuple[int, int]) -> None:
    make_run(1, name="first"), make_run(2, name="waits", steps=0, end=None)
    live, run = make_run(3, name="live one", steps=10, end=None), make_run(4, name="this one")
    async with ReviewTui().run_test(size=size) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "Loss · kept")
        await pilot.press("O")
        shown = await settled(pilot, "Runs on the same charts", "first", "live one")
        assert "waits" not in shown and "[ ] this one" not in shown
        await pilot.press("space", "enter")
        chart = pilot.app.screen.query_one("#left", Chart)
        await until(pilot, lambda: "live one" in [one.name for one in chart.view.series])
        drawn = next(one for one in chart.view.series if one.name == "live one")
        assert len(drawn.xs) == 10
        append(live, "step", step=11, epoch=0.55, loss=0.4321, seconds=2.75)
        await until(pilot, lambda: any(0.4321 in one.ys for one in chart.view.series))
        await pilot.press("O")
        await settled(pilot, "[x] live one")
        await pilot.press("x", "enter")
        await until(pilot, lambda: [one.name for one in chart.view.series] == ["training", "validation"])


async def test_the_axis_changes_with_a_key_and_takes_zoom_and_cursor_along() -> None:
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "Loss · kept")
        chart = pilot.app.screen.query_one("#left", Chart)
        await pilot.press("plus", "left")
        assert chart.view.cursor is not None
        kinds = ("epoch", "reviews", "seconds of training", "seconds since the first step", "time of day", "step")
        for label in kinds:
            await pilot.press("X")
            assert (chart.view.x_label, chart.view.cursor, chart.view.span) == (label, None, None)


async def test_without_another_run_there_is_nothing_to_choose() -> None:
    async with ReviewTui().run_test(size=(80, 24), notifications=True) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "Loss · kept")
        await pilot.press("O")
        await settled(pilot, "There is no other run that has made steps.")


@pytest.mark.parametrize("run", ["sound", "overfitted"])
async def test_at_80_by_24_a_chart_has_ten_rows(run: str) -> None:
    async with ReviewTui().run_test(size=(80, 24)) as pilot:
        await open_train(pilot, make_run(1, plan=ENOUGH) if run == "sound" else overfitted())
        shown = await settled(pilot, "✓ finished", "Loss · kept")
        assert sum(bool(re.match(r"^ *[\d.]* ?[┤│]", line)) for line in shown.splitlines()) >= 10, shown


async def test_figures_fold_away_where_there_is_little_room_and_a_key_shows_them() -> None:
    async with ReviewTui().run_test(size=(80, 24)) as pilot:
        await open_train(pilot, make_run(1))
        assert "settings balanced" not in await settled(pilot, "✓ finished", "Loss · kept")
        await pilot.press("f")
        await settled(pilot, "settings balanced")
        await pilot.press("f")
        await until(pilot, lambda: "settings balanced" not in frame(pilot.app))
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert "settings balanced" not in frame(pilot.app)  # as the user wants it
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "settings balanced")


@pytest.mark.parametrize("size", SIZES)
async def test_what_the_figures_say_is_said_and_a_key_sets_up_what_may_help(size: tuple[int, int]) -> None:
    engine = FakeEngine(inspect=inspection())
    async with ReviewTui(engine=engine).run_test(size=size) as pilot:  # type: ignore[arg-type]
        await open_train(pilot, overfitted())
        await settled(pilot, "▲ Overfitting since epoch 1: validation loss 0.400 → 0.900", "a Try", "epochs=1")
        await pilot.press("a")
        await until(pilot, lambda: pilot.app.current_mode == "setup")
        assert pilot.app.draft.typed["epochs"] == "1"  # type: ignore[attr-defined]


async def test_nothing_is_said_of_a_sound_run_and_the_key_says_so() -> None:
    async with ReviewTui().run_test(size=(80, 24), notifications=True) as pilot:
        await open_train(pilot, make_run(1, plan=ENOUGH))
        shown = await settled(pilot, "✓ finished")
        assert "▲" not in shown.split("smoothing")[0] and "a Try" not in shown
        await pilot.press("a")
        await settled(pilot, "Nothing is said about this run")


def test_the_charts_of_the_first_start_exist() -> None:
    assert set(AT_FIRST) <= set(CHARTS)


@pytest.mark.parametrize(("size", "shown"), [((80, 24), 1), ((120, 40), 4), ((200, 60), 4)])
async def test_one_two_or_four_charts_are_shown_where_there_is_room_and_kept(size: tuple[int, int], shown: int) -> None:
    run = make_run(1)
    async with ReviewTui().run_test(size=size, notifications=True) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "Loss · kept")
        await pilot.press("4")
        visible = lambda: [one.id for one in pilot.app.screen.query(Chart) if one.display and one.size.height]  # noqa: E731
        await until(pilot, lambda: len(visible()) == shown)
        if shown == 4:
            await settled(pilot, "Accuracy on", "Gradient norm by layer")
            for pane in ("right", "lower-left", "lower-right"):
                await pilot.press("tab")
                await until(pilot, lambda pane=pane: pilot.app.focused is not None and pilot.app.focused.id == pane)
            await pilot.press("z")
            await until(pilot, lambda: visible() == ["lower-right"])
            await pilot.press("z")
        else:
            await settled(pilot, "Four charts need 100 columns and 30 rows.")
        await pilot.press("1")
        await until(pilot, lambda: len(visible()) == 1)
        await until(pilot, lambda: read_charts().count == 1)
    async with ReviewTui().run_test(size=size) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "Loss · kept")
        await until(pilot, lambda: len([one for one in pilot.app.screen.query(Chart) if one.size.height]) == 1)


async def test_a_group_is_laid_over_as_mean_and_range_and_stays_if_it_is_pinned() -> None:
    group = create_group("three seeds", "seeds", {"name": "three seeds", "data": "/data/reviews.csv"}, {})
    runs = [make_run(number, name=f"seed {number}", group=group.id) for number in (1, 2, 3)]
    alone = make_run(4, name="alone")
    async with ReviewTui().run_test(size=(120, 40), notifications=True) as pilot:
        await open_train(pilot, alone)
        await settled(pilot, "Loss · kept")
        await pilot.press("O")
        await settled(pilot, "three seeds", "group: mean and range of 3 runs")
        await pilot.press("space", "enter")
        chart = pilot.app.screen.query_one("#left", Chart)
        await until(pilot, lambda: "bundle" in [one.style for one in chart.view.series])
        await pilot.press("P")
        await settled(pilot, "stays when you open another run")
        pilot.app.switch_mode("runs")
        await open_train(pilot, runs[0])
        await settled(pilot, "seed 1")
        await until(pilot, lambda: "bundle" in [one.style for one in chart.view.series])
        await pilot.press("P")
        pilot.app.switch_mode("runs")
        await open_train(pilot, alone)
        await until(pilot, lambda: "bundle" not in [one.style for one in chart.view.series])


@pytest.mark.parametrize("size", SIZES)
async def test_an_enlarged_chart_has_its_axis_and_its_last_line(size: tuple[int, int]) -> None:
    async with ReviewTui().run_test(size=size) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "Loss · kept")
        await pilot.press("z")
        shown = await settled(pilot, "z Shrink", "└──", "step 40", "smoothed")
        assert sum("│" in line or "┤" in line for line in shown.splitlines()) > size[1] - 14
        chart = pilot.app.screen.query_one("#left", Chart)
        assert chart.region.bottom <= size[1] and chart.size.height > size[1] - 12


async def test_marked_runs_are_shown_on_the_same_charts() -> None:
    for number in (1, 2, 3):
        make_run(number, name=f"run {number}")
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await settled(pilot, "run 1", "run 2", "run 3")
        await pilot.press("a", "V")
        await settled(pilot, "Loss · kept")
        chart = pilot.app.screen.query_one("#left", Chart)
        await until(pilot, lambda: len([one for one in chart.view.series if one.style == "line"]) == 3)


async def test_a_long_journal_is_shown_as_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.screens.train import reader, screen

    monkeypatch.setattr(reader, "_AT_ONCE", 2_000)
    monkeypatch.setattr(screen, "_POLL_SECONDS", 0.0)
    run = make_run(1, steps=400)
    said: list[str] = []
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        from tui.screens.train.header import RunHeader

        monkeypatch.setattr(RunHeader, "show_reading", lambda self, share: said.append(f"{share:.2f}"))
        await open_train(pilot, run)
        await settled(pilot, "✓ finished", "Loss · kept", "step 400", "epoch 20:", "epoch 19:")
    assert len(said) > 10 and said == sorted(said) and float(said[-1]) < 1


async def test_a_live_run_that_is_resized_a_hundred_times_looks_as_if_it_had_just_been_opened() -> None:
    sizes = [(80, 24), (200, 60), (100, 30), (40, 12), (120, 40), (20, 5), (80, 50), (160, 24), (99, 35), (3, 2)]
    run = make_run(1, end=None, steps=10)
    lock = hold(run)
    keys = ["4", "tab", "plus", "1", "0", "2", "tab", "minus", "4", "0"]
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "● running")
        for number in range(100):
            step = 11 + number
            append(run, "step", step=step, epoch=step / 20, loss=1 / step, seconds=step * 0.25)
            await pilot.resize_terminal(*sizes[number % len(sizes)])
            if number % 7 == 0:
                await pilot.press(keys[number // 7 % len(keys)])
        append(run, "finished")
        lock.release()
        await pilot.resize_terminal(120, 40)
        await settled(pilot, "✓ finished", "110/40")
        await pilot.press("1")
        while pilot.app.focused is None or pilot.app.focused.id != "left":
            await pilot.press("tab")
        await pilot.press("l", "l")  # windows that rested while the run grew fit exactly again
        await until(pilot, lambda: read_charts().count == 1)
        shown = await settled(pilot, "✓ finished", "110/40")
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished", "110/40")
        await until(pilot, lambda: len([one for one in pilot.app.screen.query(Chart) if one.size.height]) == 1)
        await until(pilot, lambda: frame(pilot.app) == shown)
