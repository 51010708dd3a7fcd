"""The Train screen: a run as its journal tells it, live and past, at any size."""

from __future__ import annotations

import json
import os
import random
import time
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from core.runs.folder import RunFolder
from core.runs.journal import JournalReader, line_of
from tests.core.runs.whole_records import record
from tests.tui.frames import frame
from tests.tui.made_runs import append, evaluation, hold, make_run, memory
from tests.tui.screens.runs.test_screen import HOSTILE, SIZES, settled
from tui.app import ReviewTui
from tui.screens.train.log import log_lines
from tui.screens.train.plan import RunPlan
from tui.widgets.chart.widget import Chart


async def open_train(pilot: Pilot[None], run: RunFolder | None) -> None:
    app = pilot.app
    assert isinstance(app, ReviewTui)
    app.run_in_view = run
    app.switch_mode("train")
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_run_shows_its_whole_history(size: tuple[int, int]) -> None:
    run = make_run(1, name="whole")
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
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


def plan_rows(pilot: Pilot[None]) -> list[str]:
    """What the screen shows of how its run is computed, row by row."""
    region = pilot.app.screen.query_one(RunPlan).region
    return [line.strip() for line in frame(pilot.app).splitlines()[region.y : region.bottom]]


async def settled_plan(pilot: Pilot[None], rows: list[str]) -> None:
    """Wait until the screen says exactly that of how its run is computed."""
    for _ in range(400):
        await pilot.pause(0.01)
        if plan_rows(pilot) == rows:
            return
    raise AssertionError(f"{plan_rows(pilot)} instead of {rows}")


LORA = {"path": "transformers", "path_why": "LoRA's matrices are beside the layers"}


@pytest.mark.parametrize(
    ("plan", "rows", "log"),
    [
        (
            {},
            ["native encoder: the model is of the bert family · bf16 on cpu, 2 threads"],
            "bf16 on cpu, 2 threads; computed by the native encoder: the model is of the bert family",
        ),
        (
            LORA,
            ["transformers: LoRA's matrices are beside the layers · bf16 on cpu, 2 threads"],
            "computed by transformers, because LoRA's matrices are beside the layers",
        ),
        (
            {**LORA, "device": "cuda:0", "path_why": "the native encoder is for the CPU"},
            ["transformers: the native encoder is for the CPU · bf16 on cuda:0"],
            "bf16 on cuda:0; computed by transformers, because the native encoder is for the CPU",
        ),
        (
            {"cached_layers": 3},
            [
                "native encoder: the model is of the bert family · bf16 on cpu, 2 threads",
                "3 frozen layers computed once and kept, dropout off in and below them",
            ],
            "",
        ),
    ],
)
async def test_it_says_what_computes_the_run_and_why(plan: dict[str, Any], rows: list[str], log: str) -> None:
    run = make_run(1, plan=plan)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished")
        await settled_plan(pilot, rows)
        assert log in " ".join(line.plain for line in log_lines(JournalReader(run.journal).read_new()))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({}, "micro-batches of up to 2,048 tokens"),
        ({"micro_batch_size": 4}, "micro-batches of up to 4 reviews and 2,048 tokens"),
        ({"micro_batch_size": 1, "micro_batch_tokens": None}, "micro-batches of up to 1 review"),
        ({"micro_batch_tokens": 1 << 20}, "one micro-batch a step"),
    ],
)
async def test_a_wide_screen_says_what_limits_a_micro_batch(plan: dict[str, Any], words: str) -> None:
    run = make_run(1, plan=plan)
    async with ReviewTui().run_test(notifications=True, size=(140, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished", f"bf16 on cpu, 2 threads · {words}")
        assert len(plan_rows(pilot)) == 1


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize(
    "why", [HOSTILE, HOSTILE * 9, "[bold]" * 40, "line\nafter\r\nline", "字" * 90, "e" + "\u0301" * 500]
)
async def test_any_reason_is_inert_and_stays_on_its_row(columns: int, why: str) -> None:
    run = make_run(1, plan={"path": f"transformers{HOSTILE[:2]}", "path_why": why, "cached_layers": 12})
    async with ReviewTui().run_test(notifications=True, size=(columns, 24)) as pilot:
        await open_train(pilot, run)
        shown = await settled(pilot, "✓ finished", "transformers␛]: ", "12 frozen layers computed once and kept")
        assert not set(shown) & set("\x1b\x07\x9b\u202e")
        computed, kept = plan_rows(pilot)
        assert computed.startswith("transformers␛]: ") and kept.startswith("12 frozen layers")
        assert all(cell_len(line) == columns for line in shown.splitlines())


async def test_another_run_without_a_plan_shows_nothing_of_the_one_before() -> None:
    run, planless = make_run(1, plan={"cached_layers": 3}), make_run(2, steps=0, end="failed", message="No such model.")
    records = planless.journal.read_bytes().splitlines(keepends=True)
    planless.journal.write_bytes(b"".join(line for line in records if b'"kind": "plan"' not in line))
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished", "3 frozen layers")
        await pilot.press("escape")
        pilot.app.run_in_view = planless  # type: ignore[attr-defined]
        pilot.app.switch_mode("train")
        await settled(pilot, "[Train]", "failed: No such model.")
        await settled_plan(pilot, [""])


@pytest.mark.parametrize("columns", [60, 80, 82, 83, 120])
async def test_a_figure_is_shown_whole_or_not_at_all(columns: int) -> None:
    run = make_run(1)
    async with ReviewTui().run_test(notifications=True, size=(columns, 24)) as pilot:
        await open_train(pilot, run)
        shown = await settled(pilot, "✓ finished", "accuracy 0.900  F1 0.890  epoch 2")
        row = next(line for line in shown.splitlines() if "accuracy 0.900" in line).strip()
        assert ("peak" in row) == row.endswith("peak 1.4 GiB") == (columns >= 83)


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


async def test_a_long_history_is_shown_within_two_seconds() -> None:
    run = make_run(1, steps=0, end=None)
    with run.journal.open("ab") as file:
        for step in range(1, 20_001):
            now = 1.79e9 + step / 4
            file.write(line_of(record("step", time=now, step=step, epoch=step / 20, loss=0.5, seconds=step / 4)))
            if step % 40 == 0:
                file.write(line_of(record("memory", time=now, **memory(step % 40))))
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        began = time.perf_counter()
        await open_train(pilot, run)
        await settled(pilot, "step 20000/40")
        assert time.perf_counter() - began < 6, "2 s on a quiet machine; the bound leaves room for a busy one"
