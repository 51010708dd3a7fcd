"""A sweep of twelve runs whose processes are killed twenty times proposes and trains what an undisturbed one does."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.base.errors import ReviewtuiError
from core.experiments.continuing import continue_all, start_group
from core.experiments.state import GroupState, read_result, read_state
from core.runs.fingerprint import fingerprint
from core.runs.folder import create_run
from core.runs.group import GroupFolder
from core.runs.launch import launch_worker
from core.runs.status import OVER
from core.runs.summary import summarize
from tests.core.made import ROWS, request
from tests.end_to_end.conftest import Reviewtui

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

KILLS = 20
SPACE = {"learning_rate": "0.0001..0.01:log", "freeze_layers": "none,1"}
_POLL_SECONDS = 0.05


def concluded(group: GroupFolder, meanwhile: Callable[[], Any] = lambda: None) -> GroupState:
    """Wait until a sweep has ended."""
    while not (state := read_state(group)).concluded:
        meanwhile()
        time.sleep(_POLL_SECONDS)
    return state


def ours(home: str) -> list[psutil.Process]:
    """Workers, supervisors and planning processes of a home."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if ("core.worker" in command or "core.experiments" in command) and process.environ().get(
                "REVIEWTUI_HOME"
            ) == home:
                found.append(process)
    return found


@pytest.mark.parametrize("strategy", ["search", "halving"])
def test_a_sweep_killed_twenty_times_is_the_sweep_that_was_not(
    strategy: str, reviewtui: Reviewtui, reviews_csv: Callable[..., Path], tiny_model: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked = request(reviews_csv(ROWS), tiny_model, epochs=9, micro_batch_size=8, precision="fp32")
    spec = {"space": SPACE, "strategy": strategy, "metric": "loss", "runs": 12}
    monkeypatch.setenv("REVIEWTUI_HOME", str(tmp_path / "undisturbed"))
    plain = concluded(start_group("sweep", "sweep", asked, spec))
    expected = [fingerprint(one.run) for one in plain.members if one.run is not None]
    result = read_result(plain.group)
    assert result is not None

    home = str(tmp_path / "home")
    monkeypatch.setenv("REVIEWTUI_HOME", home)
    group = start_group("sweep", "sweep", asked, spec)
    chance, killed = random.Random(strategy), 0
    next_kill = time.monotonic() + 1.0

    def disturb() -> None:
        nonlocal killed, next_kill
        if killed < KILLS and time.monotonic() > next_kill and (alive := ours(home)):
            victims = alive if chance.random() < 0.3 else [chance.choice(alive)]
            for process in victims:
                with suppress(psutil.Error):
                    os.kill(process.pid, signal.SIGKILL)
            killed += 1
            next_kill = time.monotonic() + chance.uniform(0.1, 3.0)
        elif not ours(home):  # the next look at the queue says that it has stopped; a person continues it
            if chance.random() < 0.5:
                reviewtui("queue", "--start")
            else:
                with suppress(ReviewtuiError):
                    continue_all()

    state = concluded(group, disturb)
    assert killed == KILLS
    assert [one.member.settings for one in state.members] == [one.member.settings for one in plain.members]
    assert [fingerprint(one.run) for one in state.members if one.run is not None] == expected
    again = read_result(group)
    assert again is not None
    assert again["winner"]["number"] == result["winner"]["number"]
    print(f"\n  {strategy}: {killed} kills, {len(state.members)} runs, equal to the bit; no run lost or doubled")


def test_the_winner_of_halving_is_the_run_that_was_planned_that_long(
    reviews_csv: Callable[..., Path], tiny_model: Path
) -> None:
    asked = request(reviews_csv(ROWS), tiny_model, epochs=9, dropout=0.1, micro_batch_size=8)
    spec = {"space": SPACE, "strategy": "halving", "metric": "loss", "runs": 9}
    state = concluded(start_group("halved", "sweep", asked, spec))
    result = read_result(state.group)
    assert result is not None
    winner = next(one for one in state.members if one.number == result["winner"]["number"])
    assert winner.run is not None and winner.member.epochs == 9
    settings = winner.run.request().settings
    whole = create_run(asked.model_copy(update={"settings": settings, "name": "whole"}))
    launch_worker(whole)
    while summarize(whole).state not in OVER:
        time.sleep(_POLL_SECONDS)
    extended, planned = fingerprint(winner.run), fingerprint(whole)
    for part in ("weights", "optimizer", "steps"):
        assert extended[part] == planned[part] != "", part
    print(f"\n  {result['epochs_trained']:g} epochs in all; the winner equals the run from the beginning")
