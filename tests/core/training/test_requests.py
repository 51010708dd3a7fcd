"""What a person asks of a running loop: stop, stop and save, pause, continue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.learners.tensor_files import Tensors
from tests.core.conftest import MakeLoop
from tests.core.training.loops import equal


def test_stop_ends_at_once_without_an_evaluation_or_a_checkpoint(make_loop: MakeLoop, recorder: Any) -> None:
    loop, seen = make_loop(recorder=recorder(asks={3: ["stop"]}), checkpoint_seconds=1e9)
    assert loop.run() == "abandoned"
    assert len(seen.steps) == 3 and seen.evaluations == seen.checkpoints == []


def test_stop_and_save_evaluates_and_leaves_a_checkpoint(make_loop: MakeLoop, recorder: Any) -> None:
    loop, seen = make_loop(recorder=recorder(asks={2: ["stop_and_save"]}))
    assert loop.run() == "stopped"
    assert [e.step for e in seen.evaluations] == [2] == [c.progress.step for c in seen.checkpoints]
    assert len(seen.steps) == 2 and loop.take_best() is not None


def test_stop_outdoes_stop_and_save(make_loop: MakeLoop, recorder: Any) -> None:
    for asked in (["stop_and_save", "stop"], ["stop", "stop_and_save"], ["pause", "stop"]):
        loop, seen = make_loop(recorder=recorder(asks={1: asked}))
        assert loop.run() == "abandoned" and len(seen.steps) == 1


def test_a_pause_waits_costs_no_training_time_and_changes_nothing(
    make_loop: MakeLoop, recorder: Any, weights_of: Callable[..., Tensors]
) -> None:
    now, slept = 0.0, 0

    def sleep(seconds: float) -> None:
        nonlocal now, slept
        now, slept = now + 1000, slept + 1
        assert 0 < seconds <= 1

    loop, seen = make_loop(
        recorder=recorder(asks={2: ["pause"]}, later=[[], ["pause"], [], ["continue"]]), sleep=sleep, clock=lambda: now
    )
    assert loop.run() == "finished"
    other, undisturbed = make_loop()
    other.run()
    assert seen.pauses == [True, False] and slept == 4
    assert loop.progress.seconds == 0 and seen.losses == undisturbed.losses
    assert equal(weights_of(loop), weights_of(other))


@pytest.mark.parametrize(("asked", "outcome"), [("stop", "abandoned"), ("stop_and_save", "stopped")])
def test_a_paused_run_can_be_stopped(asked: str, outcome: str, make_loop: MakeLoop, recorder: Any) -> None:
    loop, seen = make_loop(recorder=recorder(asks={2: ["pause"]}, later=[[], [asked]]), sleep=lambda seconds: None)
    assert loop.run() == outcome and len(seen.steps) == 2


def test_continuing_what_is_not_paused_does_nothing(make_loop: MakeLoop, recorder: Any) -> None:
    loop, seen = make_loop(recorder=recorder(asks={1: ["continue"], 2: ["pause", "continue"]}))
    assert loop.run() == "finished" and seen.pauses == [True, False]
