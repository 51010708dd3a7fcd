"""The memory of a run in words: every record with its sizes, with 0, 1 and 8 GPUs, and with hostile names."""

from __future__ import annotations

from typing import Any

import pytest

from core.base.files import write_json
from core.runs.history import RunHistory
from tests.core.runs.whole_records import WHOLE, record
from tests.hostile import steering
from tests.tui.made_runs import make_run
from tests.tui.screens.runs.test_screen import HOSTILE, SIZES, settled
from tests.tui.screens.train.bench import open_train
from tui.app import ReviewTui
from tui.screens.train.memory_details import memory_details

GIB = 1 << 30


def history_of(gpus: list[dict[str, Any]], device: str = "cuda") -> RunHistory:
    history = RunHistory()
    memory = {"process": 2 * GIB, "process_peak": 3 * GIB, "system_total": 16 * GIB, "system_available": 9 * GIB}
    history.update([record("plan", device=device), record("memory", **memory, devices=gpus, device_peak=5 * GIB)])
    return history


def gpu(index: int, **fields: Any) -> dict[str, Any]:
    sizes = {"total": 80 * GIB, "ours_allocated": 4 * GIB, "ours_reserved": 6 * GIB, "other": 10 * GIB}
    return {**WHOLE["memory"]["devices"][0], **sizes, "free": 64 * GIB, "index": index, **fields}


@pytest.mark.parametrize("count", [0, 1, 8])
def test_every_gpu_is_told_with_what_it_is_used_for(count: int) -> None:
    text = memory_details(history_of([gpu(index) for index in range(count)]), 7 * GIB, {}).plain
    assert all(f"GPU {index}  H100" in text for index in range(count))
    assert text.count("headroom") == count and text.count("63.0 GiB of headroom") == count  # 80 - 10 - 7
    assert text.count("held in reserve") == count and "other programs" in text


def test_other_processes_are_named_where_they_are_known() -> None:
    others = [{"pid": 12, "name": HOSTILE, "bytes": GIB}, {"pid": 13, "name": ""}]
    text = memory_details(
        history_of([gpu(0, others=others, utilisation=0.87, power=402.0, power_limit=700.0)]), None, {}
    )
    assert not steering(text.plain) - {"\n"}
    assert "(12)" in text.plain and "a process (13)" in text.plain and "87% busy, 402 of 700 W" in text.plain


def test_a_gpu_that_cannot_be_read_says_why() -> None:
    broken = {"index": 0, "name": "GPU 0", "error": "lost \x1b[2J"}
    text = memory_details(history_of([broken]), None, {}).plain
    assert "cannot be read: lost" in text and not steering(text) - {"\n"}


def test_parts_of_the_forecast_come_the_largest_first_and_add_up() -> None:
    text = memory_details(history_of([], "cpu"), 4 * GIB, {"weights": GIB, "activations": 3 * GIB}).plain
    assert text.index("activations") < text.index("weights") and "75%" in text and "25%" in text
    assert "12.0 GiB of headroom" in text


@pytest.mark.parametrize("size", SIZES)
async def test_a_key_shows_it(size: tuple[int, int]) -> None:
    run = make_run(1)
    write_json(run.forecast, {"peak_bytes": GIB, "parts": {"weights": GIB, "strange\x1b": -4}})
    async with ReviewTui().run_test(size=size) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "Loss · kept")
        await pilot.press("R")
        await settled(pilot, "Memory of first", "What the peak is for", "weights", "as last recorded")
        await pilot.press("escape")
        await settled(pilot, "Loss · kept")
