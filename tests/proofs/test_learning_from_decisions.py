"""A run, decisions about a pile, and the run that learns from them: whole processes, with a tiny model."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.base.subprocess_env import child_environment
from core.reviews.unlabelled import read_unlabelled
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog
from tests.end_to_end.conftest import ROOT

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]


def reviewtui(*words: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tui", *words, "--json"],
        env=child_environment(PYTHONPATH=str(ROOT), HF_HUB_OFFLINE="1"),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


def test_the_next_model_learns_behind_the_run_that_trains_and_says_what_it_gained(
    tmp_path: Path, tiny_model: Path, reviews_of: Callable[..., list[tuple[str, str]]]
) -> None:
    data, inbox = tmp_path / "train.csv", tmp_path / "inbox.csv"
    found = reviews_of(160)
    for path, head, rows in (
        (data, ("review", "label"), found[:100]),
        (inbox, ("review",), [(t,) for t, _ in found[100:]]),
    ):
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([head, *rows])
    quick = ("--model", str(tiny_model), "--set", "max_length=32", "--set", "batch_size=8", "--set", "device=cpu")
    reviewtui("train", str(data), *quick, "--set", "epochs=1", "--name", "lab", "--wait")
    reviews, log = read_unlabelled(str(inbox)), DecisionLog(str(inbox))
    for row, (text, label) in enumerate(found[100:140]):
        audit = row % 2 == 0
        log.decide(
            Decision(
                row=row, file=reviews.place(row)[0], line=row + 2, text=text, hash=f"{int(reviews.hashes[row]):016x}",
                verdict=label, predicted=label, audit=audit, blind=audit, order="random",
            )
        )  # fmt: skip
    log.close()
    reviewtui("train", str(data), *quick, "--set", "epochs=40", "--name", "long")
    begun = reviewtui("learn", str(inbox), "--run", "lab", "--name", "next")
    assert begun["state"] == "queued"
    reviewtui("stop", "long")
    ended = reviewtui("learn", str(inbox), "--run", "lab", "--set", "epochs=3", "--name", "after", "--wait")
    validation, audits = ended["learned"]["measured"]
    assert (ended["state"], ended["learned"]["parent_name"]) == ("finished", "lab")
    assert validation["rows"] == 10 and audits["rows"] == 20 and audits["learned_from"] == 0
    assert ended["learned"]["flips"]["reviews"] == 60 and len(ended["learned"]["stability"]["steps"]) == 2
    assert reviewtui("status", "next")["state"] == "finished", "it came before the one that was asked for later"
