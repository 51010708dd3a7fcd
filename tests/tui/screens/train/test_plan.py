"""What the Train screen says of how a run is computed."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from core.runs.journal import JournalReader
from tests.tui.frames import frame
from tests.tui.made_runs import make_run
from tests.tui.screens.runs.test_screen import HOSTILE, settled
from tests.tui.screens.train.bench import open_train
from tui.app import ReviewTui
from tui.screens.train.log import Narrator
from tui.screens.train.plan import RunPlan


def plan_rows(pilot: Pilot[None]) -> list[str]:
    """What the screen shows of how its run is computed, row by row, after the line with its settings."""
    region = pilot.app.screen.query_one(RunPlan).region
    return [line.strip() for line in frame(pilot.app).splitlines()[region.y + 1 : region.bottom]]


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
            ["native encoder: the model is in the bert family · bf16 on cpu, 2 threads"],
            "bf16 on cpu, 2 threads; computed by the native encoder: the model is in the bert family",
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
                "native encoder: the model is in the bert family · bf16 on cpu, 2 threads",
                "3 frozen layers computed once and cached; dropout is off in and below them",
            ],
            "",
        ),
    ],
)
async def test_it_says_what_computes_the_run_and_why(plan: dict[str, Any], rows: list[str], log: str) -> None:
    run = make_run(1, plan=plan)
    async with ReviewTui().run_test(notifications=True, size=(80, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished")
        await settled_plan(pilot, rows)
        assert log in " ".join(line.plain for line in Narrator().lines(JournalReader(run.journal).read_new()))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({}, "micro-batches of up to 2,048 tokens"),
        ({"micro_batch_size": 4}, "micro-batches of up to 4 reviews and 2,048 tokens"),
        ({"micro_batch_size": 1, "micro_batch_tokens": None}, "micro-batches of up to 1 review"),
        ({"micro_batch_tokens": 1 << 20}, "one micro-batch per step"),
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
    async with ReviewTui().run_test(notifications=True, size=(columns, 40)) as pilot:
        await open_train(pilot, run)
        shown = await settled(pilot, "✓ finished", "transformers␛]: ", "12 frozen layers computed once and cached")
        assert not set(shown) & set("\x1b\x07\x9b\u202e")
        computed, kept = plan_rows(pilot)
        assert computed.startswith("transformers␛]: ") and kept.startswith("12 frozen layers")
        assert all(cell_len(line) == columns for line in shown.splitlines())


async def test_another_run_without_a_plan_shows_nothing_of_the_one_before() -> None:
    run, planless = make_run(1, plan={"cached_layers": 3}), make_run(2, steps=0, end="failed", message="No such model.")
    records = planless.journal.read_bytes().splitlines(keepends=True)
    planless.journal.write_bytes(b"".join(line for line in records if b'"kind": "plan"' not in line))
    async with ReviewTui().run_test(notifications=True, size=(80, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished", "3 frozen layers")
        await pilot.press("escape")
        pilot.app.run_in_view = planless  # type: ignore[attr-defined]
        pilot.app.switch_mode("train")
        await settled(pilot, "[Train]", "failed: No such model.")
        await settled_plan(pilot, [])
