"""Killing runs at random, and comparing what becomes of them with a run that nobody killed."""

from __future__ import annotations

import random
import time
from typing import Any

from core.runs.checkpoint_folders import fault, numbered
from core.runs.fingerprint import fingerprint
from core.runs.folder import RunFolder, create_run
from core.runs.request import Request
from core.runs.summary import summarize
from tests.core.made import history_of
from tests.proofs.workers import Nursery

MODES: dict[str, dict[str, Any]] = {
    "full": {},
    "frozen": {"freeze_layers": 1},
    "lora": {"lora": True, "lora_rank": 2},
}


def finished(nursery: Nursery, run: RunFolder) -> float:
    """Let a run go to its end undisturbed; seconds that took."""
    began = time.monotonic()
    assert nursery.work(run) == 0, run.log.read_text()
    assert summarize(run).state == "finished", run.log.read_text()
    return time.monotonic() - began


def kill_and_compare(nursery: Nursery, asked: Request, chance: random.Random, kills: int) -> str:
    """Kill runs of `asked` so often, at random moments, and let each go on to its end; what was counted, as a sentence.

    All of them end as the control did, to the bit, with each step once, and lose no more than two steps on the way.
    """
    control = create_run(asked)
    seconds = finished(nursery, control)
    expected = fingerprint(control)
    assert all(expected.values())
    killed, runs, lost = 0, 0, 0
    while killed < kills:
        run = create_run(asked)
        runs += 1
        resume = False
        for _ in range(8):
            if not nursery.killed_after(nursery.start(run, resume=resume), chance.uniform(0.0, seconds)):
                break
            killed += 1
            reached = history_of(run).step
            whole = [step for step, path in numbered(run.checkpoints) if fault(path) is None]
            interval = reached - max(whole, default=0)
            assert interval <= 2, f"killed at step {reached}, with checkpoints {whole}"
            lost, resume = max(lost, interval), True
        else:
            assert nursery.work(run, resume=True) == 0, run.log.read_text()
        assert summarize(run).state == "finished", run.log.read_text()
        assert fingerprint(run) == expected
        steps = [step.step for step in history_of(run).steps]
        assert steps == list(range(1, len(steps) + 1)), "each step once"
    return f"{killed} kills in {runs} runs, all equal to the control; most steps lost: {lost}"
