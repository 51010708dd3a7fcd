"""A run that is killed at random and resumed is, to the bit, the run that was not."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from core.runs.checkpoint_folders import fault, numbered
from core.runs.fingerprint import fingerprint
from core.runs.folder import create_run
from tests.core.made import ROWS, history_of, request
from tests.proofs.killing import MODES, finished, kill_and_compare
from tests.proofs.workers import Nursery

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

KILLS = 34


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("mode", MODES)
def test_a_run_killed_at_random_moments_ends_as_one_that_was_not(
    mode: str, precision: str, nursery: Nursery, reviews_csv: Callable[..., Path], tiny_model: Path
) -> None:
    given = {"epochs": 8, "dropout": 0.1, "evaluate_every": 3, "precision": precision, **MODES[mode]}
    asked = request(reviews_csv(ROWS), tiny_model, **given)
    counted = kill_and_compare(nursery, asked, random.Random(f"{mode} {precision}"), KILLS)
    print(f"\n  {mode}, {precision}: {counted}")


def test_a_worker_that_dies_at_any_change_of_the_disk_leaves_a_run_that_goes_on(
    nursery: Nursery, reviews_csv: Callable[..., Path], tiny_model: Path
) -> None:
    """At every write, sync, rename, link, truncation and removal, one after the other."""
    data = reviews_csv(ROWS)
    asked = request(data, tiny_model, max_steps=4, evaluate_every=2, dropout=0.1)
    control = create_run(asked)
    finished(nursery, control)
    expected = fingerprint(control)
    call, died = 0, 0
    while True:
        call += 1
        run = create_run(asked)
        status = nursery.work(run, die_at=call)
        if status == 0:
            break
        died += 1
        reached = history_of(run).step
        whole = [step for step, path in numbered(run.checkpoints) if fault(path) is None]
        assert reached - max(whole, default=0) <= 2, (call, reached, whole)
        assert nursery.work(run, resume=True) == 0, run.log.read_text()
        assert fingerprint(run) == expected, call
    assert died == call - 1 > 60
    print(f"\n  died before each of {died} changes of the disk, went on to the same bits each time")


@pytest.mark.starter
def test_three_kills_on_the_starter(tmp_path: Path) -> None:
    """By the command that a person has for it, on the sample reviews."""
    import json
    import os
    import subprocess
    import sys

    from tests.end_to_end.conftest import ROOT, SAMPLES

    done = subprocess.run(
        [
            *(sys.executable, "-m", "tui", "verify-resume", str(SAMPLES / "train.csv"), "--model", "starter"),
            *("--kills", "3", "--seed", "7", "--json", "--set", "evaluate_every=7"),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), "REVIEWTUI_HOME": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["equal"] and len(found["kills"]) == 3, done.stderr
    print(f"\n  starter: killed after steps {found['kills']} of {found['steps']}; equal: {found['resumed']}")
