"""The Train screen: a run as its journal tells it, live and past, at any size."""

from __future__ import annotations

import json
import random
import time

import pytest
from textual.pilot import Pilot

from core.runs.folder import RunFolder
from tests.tui.frames import frame
from tests.tui.made_runs import append, evaluation, hold, make_run, memory
from tests.tui.test_runs_screen import HOSTILE, SIZES, settled
from tui.app import Workbench
from tui.widgets.chart import Chart


async def open_train(pilot: Pilot[None], run: RunFolder | None) -> None:
    app = pilot.app
    assert isinstance(app, Workbench)
    app.run_in_view = run
    app.switch_mode("train")
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_run_shows_its_whole_history(size: tuple[int, int]) -> None:
    run = make_run(1, name="whole")
    async with Workbench().run_test(notifications=True, size=size) as pilot:
        await open_train(pilot, run)
        shown = await settled(pilot, "✓ finished", "step 40/40", "100%", "Loss", "Memory")
        assert "epoch 2.00/2" in shown
        assert "accuracy 0.900" in shown
        assert "validation" in shown
        assert "Classify with it" in shown.splitlines()[-1]
        chart = pilot.app.screen.query_one("#loss", Chart)
        assert chart.readings()[0].y is not None


async def test_steps_that_are_written_while_it_is_open_appear() -> None:
    run = make_run(1, steps=10, end=None)
    lock = hold(run)
    async with Workbench().run_test(notifications=True, size=(80, 24)) as pilot:
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
    async with Workbench().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "running", "Pause")
        await pilot.press("p")
        await settled(pilot, "Asked to pause")
        append(run, "paused")
        await settled(pilot, "‖ paused")
        await pilot.press("p")
        await settled(pilot, "Asked to go on")
        await pilot.press("x")
        await settled(pilot, "Stop this run?")
        await pilot.press("escape")
        await pilot.press("x")
        await settled(pilot, "Stop this run?")
        await pilot.press("2")
        await settled(pilot, "Asked to stop and save")
        await pilot.press("x")
        await settled(pilot, "Stop this run?")
        await pilot.press("3")
        await settled(pilot, "Asked to stop now")
    asked = [json.loads(line)["request"] for line in run.control.read_text().splitlines()]
    assert asked == ["pause", "continue", "stop_and_save", "stop"]
    lock.release()


async def test_a_dead_worker_is_told_from_a_silent_one() -> None:
    run = make_run(1, steps=10, end=None)
    lock = hold(run)
    async with Workbench().run_test(notifications=True, size=(120, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "● running", "no word for")
        lock.release()
        run.lock.unlink()
        await settled(pilot, "! interrupted", "died at step 10")


@pytest.mark.parametrize("bad", ["nan", "inf"])
async def test_a_diverged_run_is_drawn_with_a_gap_and_says_so(bad: str) -> None:
    losses = [0.7, 0.6, 0.5, float(bad), 0.4, float(bad)]
    run = make_run(
        1, steps=6, losses=losses, end="failed", message="The loss is not a number at step 6: training diverged."
    )
    async with Workbench().run_test(notifications=True, size=(120, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✗ failed", "diverged")


async def test_hostile_text_is_shown_as_text() -> None:
    run = make_run(1, name=HOSTILE, end="failed", message=HOSTILE, notice=HOSTILE, model=HOSTILE, labels=[HOSTILE, "b"])
    async with Workbench().run_test(notifications=True, size=(120, 40)) as pilot:
        await open_train(pilot, run)
        shown = await settled(pilot, "failed", "[bold]x[/")
        assert not set(shown) & set("\x1b\x07\x9b\u202e")


async def test_without_a_run_it_says_where_to_find_one() -> None:
    async with Workbench().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, None)
        assert "No run is open" in frame(pilot.app)


async def test_random_sizes_never_break_it() -> None:
    run = make_run(1)
    generator = random.Random(7)
    async with Workbench().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "finished")
        for _ in range(40):
            await pilot.resize_terminal(generator.randint(5, 200), generator.randint(3, 60))
            await pilot.pause()
            frame(pilot.app)


async def test_a_long_history_is_shown_within_two_seconds() -> None:
    run = make_run(1, steps=0, end=None)
    from core.runs.journal import encode

    with run.journal.open("ab") as file:
        for step in range(1, 20_001):
            record = {"kind": "step", "time": 1.79e9 + step / 4, "step": step, "epoch": step / 20, "loss": 0.5}
            more = {"learning_rate": 1e-5, "gradient_norm": 1.0, "reviews": 16, "tokens": 900, "seconds": step / 4}
            file.write(encode({**record, **more}))
            if step % 40 == 0:
                file.write(encode({"kind": "memory", "time": 1.79e9 + step / 4, **memory(step % 40)}))
    async with Workbench().run_test(notifications=True, size=(80, 24)) as pilot:
        began = time.perf_counter()
        await open_train(pilot, run)
        await settled(pilot, "step 20000/40")
        assert time.perf_counter() - began < 6, "2 s on a quiet machine; the bound leaves room for a busy one"
