"""A run does not notice what becomes of whoever started it: its weights are those of one that nothing disturbed."""

from __future__ import annotations

import csv
import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.runs.folder import RunFolder, list_runs
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.lock import living_worker
from core.runs.summary import summarize
from tests.end_to_end.conftest import SAMPLES, Open, Reviewtui

pytestmark = [pytest.mark.proof, pytest.mark.starter, pytest.mark.timeout(1800)]

ENDS = ("SIGHUP", "SIGKILL", "SIGTERM", "closed terminal")


def weights(run: RunFolder) -> str:
    return hashlib.sha256((run.model / "model.safetensors").read_bytes()).hexdigest()


def losses(run: RunFolder) -> list[float]:
    history = RunHistory()
    history.update(JournalReader(run.journal).read_new())
    assert history.workers == 1
    return [step.loss for step in history.steps]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A hundred short sample reviews."""
    with (SAMPLES / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row[0].split()) < 25][:101]
    with (tmp_path / "small.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "small.csv"


def test_however_the_workbench_ends_the_final_weights_are_those_of_an_undisturbed_run(
    opened: Open, reviewtui: Reviewtui, data: Path, until: Callable[..., Any]
) -> None:
    runs = {}
    for end in ENDS:
        terminal = opened("open", str(data))
        terminal.wait_for("Ready", seconds=300)
        terminal.press("c")
        terminal.wait_for("Start training", seconds=300)
        terminal.press("\x13")  # ctrl+s
        terminal.wait_for("step", "● running", seconds=300)
        run = list_runs()[0]
        assert run not in runs.values()
        terminal.hang_up() if end == "closed terminal" else terminal.kill(getattr(signal, end))
        assert summarize(run).state == "running"
        until(lambda run=run: summarize(run).state == "finished", 600)
        runs[end] = run
    control = reviewtui("train", str(data), "--wait", "--json", timeout=600)
    assert control.status == 0, control.err
    undisturbed = list_runs()[0]
    assert undisturbed.id == control.json["run"]
    for end, run in runs.items():
        print(f"workbench ended by {end}: {len(losses(run))} steps, weights {weights(run)[:16]}")
        assert losses(run) == losses(undisturbed) and weights(run) == weights(undisturbed)
    print(f"started from the command line, undisturbed: weights {weights(undisturbed)[:16]}")


def test_a_worker_that_is_stopped_is_unresponsive_and_then_ends_as_if_it_had_not_been(
    reviewtui: Reviewtui, data: Path, until: Callable[..., Any]
) -> None:
    control = reviewtui("train", str(data), "--wait", "--json", timeout=600)
    undisturbed = list_runs()[0]
    assert reviewtui("train", str(data)).status == 0
    run = list_runs()[0]
    until(lambda: summarize(run).step >= 3, 300)
    worker = living_worker(run.lock)
    assert worker is not None
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        until(lambda: reviewtui("status", run.id, "--json").json["state"] == "unresponsive", 120)
        said = reviewtui("status", run.id).out
        assert f"wait, or `kill -9 {worker.pid}`, then `reviewtui resume {run.id}`" in said
        refused = reviewtui("resume", run.id)
        assert refused.status == 2 and "is unresponsive; wait" in refused.err
    finally:
        os.kill(worker.pid, signal.SIGCONT)
    until(lambda: summarize(run).state in ("running", "finished"), 60)
    until(lambda: summarize(run).state == "finished", 600)
    print(f"stopped for half a minute: {next(line for line in said.splitlines() if line.startswith('state'))}")
    assert control.status == 0 and losses(run) == losses(undisturbed) and weights(run) == weights(undisturbed)
