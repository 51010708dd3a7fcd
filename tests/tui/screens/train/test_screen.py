"""The Train screen: a run as its journal tells it, live and past, at any size."""

from __future__ import annotations

import json
import os
import random

import pytest

from core.base.smoothing import exponential_average
from core.runs.history import RunHistory
from core.runs.journal import line_of
from tests.core.runs.whole_records import record
from tests.tui.engine_double import until
from tests.tui.frames import frame
from tests.tui.made_runs import append, evaluation, hold, make_run, memory
from tests.tui.screens.runs.test_screen import SIZES, settled
from tests.tui.screens.train.bench import open_train
from tui.app import ReviewTui
from tui.screens.train.header import RunHeader
from tui.screens.train.log import RunLog
from tui.screens.train.reader import RunReader
from tui.widgets.chart.widget import Chart


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_run_shows_its_whole_history(size: tuple[int, int]) -> None:
    run = make_run(1, name="whole")
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await open_train(pilot, run)
        shown = await settled(pilot, "✓ finished", "step 40/40", "100%", "Loss", "Memory", "c Classify")
        assert "epoch 2.00/2" in shown
        assert "accuracy 0.900" in shown
        assert "validation" in shown
        assert "c Classify" in shown.splitlines()[-1]
        chart = pilot.app.screen.query_one("#left", Chart)
        assert chart.readings()[0].y is not None


async def test_steps_that_are_written_while_it_is_open_appear() -> None:
    run = make_run(1, steps=10, end=None)
    lock = hold(run)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "● running", "step 10/40")
        append(
            run,
            "step",
            step=11,
            epoch=0.55,
            loss=0.4321,
            learning_rate=3e-5,
            gradient_norm=1,
            reviews=16,
            tokens=9,
            seconds=2.75,
        )
        await settled(pilot, "step 11/40", "0.4321")
        append(run, "evaluation", **evaluation(20))
        append(run, "paused")
        await settled(pilot, "‖ paused", "accuracy 0.850")
        append(run, "stopped", message="stopped", epochs=1, steps=11, seconds=3, validation=None, best_epoch=None)
        await settled(pilot, "■ stopped")
        lock.release()


async def test_keys_ask_the_worker(home: object) -> None:
    run = make_run(1, steps=10, end=None)
    lock = hold(run)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "running", "Pause")
        await pilot.press("p")
        await settled(pilot, "pausing after this step")
        append(run, "paused")
        shown = await settled(pilot, "‖ paused", "p Continue")
        assert "p Pause" not in shown and "pausing" not in shown
        await pilot.press("p")
        await settled(pilot, "continuing")
        await pilot.press("x")
        await settled(pilot, "Stop this run?")
        await pilot.press("escape")
        await pilot.press("x")
        await settled(pilot, "Stop this run?")
        await pilot.press("2")
        await settled(pilot, "stopping after this step, then saving")
        await pilot.press("x")
        await settled(pilot, "Stop this run?")
        await pilot.press("3")
        await settled(pilot, "stopping after this step ")
    asked = [json.loads(line)["request"] for line in run.control.read_text().splitlines()]
    assert asked == ["pause", "continue", "stop_and_save", "stop"]
    lock.release()


@pytest.mark.parametrize("size", SIZES)
async def test_a_dead_worker_is_told_from_a_silent_one(size: tuple[int, int]) -> None:
    run = make_run(1, steps=10, end=None)
    lock = hold(run)
    (run.checkpoints / "step-8").mkdir()
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "● running")
        append(run, "memory", **{**memory(10), "idle": 95.0})
        shown = await settled(pilot, "? unresponsive", "since ", f"`kill -9 {os.getpid()}`", "Stop…")
        assert "Resume" not in shown.splitlines()[-1]
        append(run, "memory", **{**memory(10), "idle": 0.2})
        await settled(pilot, "● running")
        lock.release()
        shown = " ".join((await settled(pilot, "! interrupted", "r Resume")).split())
        assert "its worker died at step 10; it can go on from step 8: r resumes" in shown


@pytest.mark.parametrize("bad", ["nan", "inf"])
async def test_a_diverged_run_is_drawn_with_a_gap_and_says_so(bad: str) -> None:
    losses = [0.7, 0.6, 0.5, float(bad), 0.4, float(bad)]
    run = make_run(
        1, steps=6, losses=losses, end="failed", message="The loss is not a number at step 6: training diverged."
    )
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✗ failed", "diverged")


@pytest.mark.parametrize("columns", [60, 72, 80, 82, 83, 120])
async def test_a_figure_is_shown_whole_or_not_at_all(columns: int) -> None:
    run = make_run(1)
    async with ReviewTui().run_test(notifications=True, size=(columns, 24)) as pilot:
        await open_train(pilot, run)
        shown = await settled(pilot, "✓ finished", "accuracy 0.900  F1 0.890  loss 0.2500")
        losses = next(line for line in shown.splitlines() if "training loss" in line).strip()
        assert losses.endswith(("smoothed", "validation loss 0.2500", "lr 1.3e-06", "64 reviews/s"))
        assert ("64 reviews/s" in losses) == (columns >= 82)


async def test_without_a_run_it_says_where_to_find_one() -> None:
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, None)
        assert "No run is open" in frame(pilot.app)


async def test_random_sizes_never_break_it() -> None:
    run = make_run(1)
    generator = random.Random(7)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "finished")
        for _ in range(40):
            await pilot.resize_terminal(generator.randint(5, 200), generator.randint(3, 60))
            await pilot.pause()
            frame(pilot.app)


async def test_a_long_history_is_shown_at_the_first_look() -> None:
    run = make_run(1, steps=0, end=None)
    with run.journal.open("ab") as file:
        for step in range(1, 20_001):
            now = 1.79e9 + step / 4
            file.write(line_of(record("step", time=now, step=step, epoch=step / 20, loss=0.5, seconds=step / 4)))
            if step % 40 == 0:
                file.write(line_of(record("memory", time=now, **memory(step % 40))))
    history = RunHistory()
    records, summary = RunReader(run, history).look()
    assert (summary.step, len(history.memory)) == (20_000, 500) and len(records) > 20_500
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "step 20000/40", "training loss 0.5000 smoothed")


async def test_the_loss_of_the_header_is_the_smoothed_one_and_called_so() -> None:
    losses = [0.7, 0.4, 0.9, 0.2, 0.8]
    run = make_run(1, steps=5, losses=losses, end="stopped")
    async with ReviewTui().run_test(notifications=True, size=(100, 30)) as pilot:
        await open_train(pilot, run)
        mean = exponential_average(losses, 0.9)[-1]
        await settled(pilot, f"training loss {mean:.4f} smoothed", f"training 0.8 smoothed {mean:.4g}")


async def test_the_settings_that_differ_are_shown_and_a_key_shows_all() -> None:
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await open_train(pilot, make_run(1, name="mine"))
        await settled(pilot, "settings balanced, but epochs 2", "i Settings")
        await pilot.press("i")
        await settled(pilot, "Settings of mine", "• epochs", "balanced: 4")
        await pilot.press("escape")
        await settled(pilot, "[Train]", "✓ finished")


async def test_on_a_small_screen_one_chart_takes_turns_with_the_other() -> None:
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, make_run(1))
        shown = await settled(pilot, "Loss · kept: step 40", "s Smooth l Log")
        assert "Memory of the worker" not in shown
        assert pilot.app.screen.query_one("#left").size.height >= 11
        await pilot.press("tab")
        assert "Loss · kept" not in await settled(pilot, "Memory of the worker")
        await pilot.press("tab")
        await pilot.pause()
        assert pilot.app.screen.query_one(RunLog).has_focus
        await pilot.press("tab")
        await settled(pilot, "Loss · kept: step 40")


@pytest.mark.parametrize("size", SIZES)
async def test_each_pane_can_be_enlarged_and_escape_shrinks_it(size: tuple[int, int]) -> None:
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "✓ finished", "z Enlarge")
        screen = pilot.app.screen
        for pane in ("left", "right", "log"):
            before = screen.query_one(f"#{pane}").size.area
            await pilot.press("z")
            await settled(pilot, "z Shrink")
            assert screen.query_one(f"#{pane}").size.area > before
            assert screen.query_one(f"#{pane}").size.height >= size[1] - 8
            await pilot.press("escape")
            await settled(pilot, "[Train]", "z Enlarge")
            await pilot.press("tab")
            await pilot.pause()


@pytest.mark.parametrize("small", [(59, 24), (80, 15), (30, 8), (5, 3)])
async def test_a_screen_too_small_shows_only_that_and_afterwards_everything_works(small: tuple[int, int]) -> None:
    run = make_run(1, steps=10, end=None, plan={"model": "m " * 60})
    for number in range(40):
        append(run, "notice", text=f"notice {number}")
    lock = hold(run)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "● running", "notice 39")
        await pilot.resize_terminal(*small)
        await pilot.pause()
        shown = frame(pilot.app)
        assert not set("█░╌━⠒│") & set(shown), shown
        append(run, "notice", text="notice 40")
        await pilot.resize_terminal(100, 30)
        await settled(pilot, "notice 40")
        await pilot.press("l")
        await settled(pilot, "log · smoothing 0.9")
        append(run, "notice", text="the newest notice")
        await settled(pilot, "the newest notice")
    lock.release()


async def test_the_log_follows_until_a_person_scrolls_up() -> None:
    run = make_run(1, steps=10, end=None)
    for number in range(40):
        append(run, "notice", text=f"notice {number}")
    lock = hold(run)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "notice 39")
        await pilot.press("shift+tab")
        log = pilot.app.screen.query_one(RunLog)
        await until(pilot, lambda: log.has_focus and log.size.height == 6)
        await pilot.press("home")
        await settled(pilot, "reading finished")
        append(run, "notice", text="the newest notice")
        for _ in range(400):
            await pilot.pause(0.01)
            if "the newest notice" in log.lines[-1].text:
                break
        assert "the newest notice" not in frame(pilot.app)
        await pilot.press("end")
        await settled(pilot, "the newest notice")
        append(run, "notice", text="the very newest")
        await settled(pilot, "the very newest")
    lock.release()


async def test_a_log_of_one_row_shows_how_its_newest_line_begins_and_with_more_room_all_of_it() -> None:
    run = make_run(1, steps=10, end=None)
    append(run, "notice", text=f"beginning {'and more ' * 20} ending")
    lock = hold(run)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        assert "ending" not in await settled(pilot, " beginning and more", "…")
        await pilot.press("shift+tab")
        await settled(pilot, " beginning and more", " ending")
        await pilot.press("tab")
        await until(pilot, lambda: "ending" not in frame(pilot.app))
    lock.release()


async def test_an_extended_run_shows_both_ends_and_its_highest_peak() -> None:
    run = make_run(1, steps=40)
    gib = 1 << 30
    append(run, "started", pid=7, host="box")
    append(run, "extended", from_epochs=2.0, from_steps=40, epochs=4)
    append(run, "memory", **{**memory(0), "process": gib // 2, "process_peak": gib // 2})
    append(run, "resumed", step=40, reached=40)
    for step in range(41, 81):
        append(run, "step", step=step, epoch=step / 20, loss=0.1, seconds=step / 4)
    append(run, "evaluation", **evaluation(80))
    figures = {"loss": 0.125, "accuracy": 0.95, "macro_f1": 0.94}
    append(run, "finished", epochs=4.0, steps=80, seconds=20.0, validation=figures, best_epoch=4.0)
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await open_train(pilot, run)
        shown = await settled(pilot, "✓ finished", "step 80/80", "kept epoch 4  accuracy 0.950")
        assert "after 2 epochs  accuracy 0.900  F1 0.890  loss 0.2500" in shown
        assert "512.0 MiB · peak 1.4 GiB" in shown
        assert "elapsed 0:20" in shown


@pytest.mark.parametrize("size", SIZES)
async def test_a_crash_in_drawing_is_told_and_stays_told(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(1)

    def crash(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("nothing [/ to divide")

    monkeypatch.setattr(RunHeader, "show", crash)
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "ZeroDivisionError", "[/ to divide")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_it_says_what_cut_reviews_cost_and_that_only_one_class_was_learned(size: tuple[int, int]) -> None:
    scores = {"precision": 0.5, "recall": 1.0, "f1": 0.67, "rows": 18}
    none = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "rows": 18}
    cut = {"max_length": 256, "cut_rows": 12, "cut_right": 3, "whole_rows": 24, "whole_right": 23}
    run = make_run(1, evaluation={"per_class": {"negative": scores, "\x1b[31mgood": none}}, cut=cut)
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await open_train(pilot, run)
        if size[1] < 36:
            await pilot.press("f")
        shown = " ".join((await settled(pilot, "✓ finished", "step 40/40")).split())
        assert "It learned only the most frequent class: it answers “negative” to all 36 reviews" in shown
        assert "accuracy: cut to 256 0.250 (0.09–0.53, n=12) whole 0.958 (0.80–0.99, n=24)" in shown
        assert "cut ones are classified worse" in shown
