"""What the worker did about memory is said on Train, and the plan there is the one that it keeps to now."""

from __future__ import annotations

from typing import Any

import pytest

from core.runs.history import read_history
from tests.tui.engine_double import until
from tests.tui.made_runs import append, hold, make_run
from tui.app import ReviewTui
from tui.screens.train.log import RunLog
from tui.screens.train.plan import micro_batches

EVENTS: list[tuple[str, dict[str, Any], str]] = [
    ("smaller", {"was": 16, "micro_batch_tokens": 512}, "micro-batch 16"),
    ("larger", {"was": None, "micro_batch_tokens": 1024}, "larger again"),
    ("again", {"was": None}, "tried again"),
    ("skipped", {"was": None, "where": "checkpoint", "micro_batch_size": None}, "out of memory (checkpoint)"),
]


@pytest.mark.parametrize(("what", "fields", "words"), EVENTS)
async def test_each_event_is_said_in_the_log(what: str, fields: dict[str, Any], words: str) -> None:
    run = make_run(1, steps=10, end=None)
    append(run, "out_of_memory", what=what, **fields)
    lock = hold(run)
    app = ReviewTui(run=run)
    async with app.run_test(size=(120, 50)) as pilot:
        app.switch_mode("train")
        await until(
            pilot, lambda: words in "".join(line.text for log in app.screen.query(RunLog) for line in log.lines)
        )
    lock.release()


def test_the_plan_follows_the_limits_down_and_up_again() -> None:
    run = make_run(1, steps=10, end=None)
    said = []
    for what, fields, _ in EVENTS:
        append(run, "out_of_memory", what=what, **fields)
        plan = read_history(run.journal).plan
        assert plan is not None
        said.append(micro_batches(plan))
    limits = ["micro-batches of up to 512 tokens", *3 * ["micro-batches of up to 1,024 tokens"]]
    assert said == limits
