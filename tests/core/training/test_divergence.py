"""A loss that is not a number, or runs away, ends a run and keeps its best weights."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.training.async_scalars import AsyncScalars
from core.training.loop import DivergedError, TrainingLoop
from core.training.stepper import Step
from tests.core.conftest import MakeLoop
from tests.core.training.loops import after_update


def spoil(loop: TrainingLoop, step: int, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Change the classifier's last weights after optimizer step `step`."""
    done = 0
    weight = list(loop.classifier.trainable().values())[-2]

    def after(_: float) -> None:
        nonlocal done
        done += 1
        if done == step:
            with torch.no_grad():
                weight.copy_(change(weight))

    after_update(loop, after)


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_best_weights(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(evaluate_every=1, epochs=4)
    spoil(loop, 4, lambda weight: weight * math.nan)
    with pytest.raises(DivergedError, match=r"The loss is not a number at step 5: .*learning_rate"):
        loop.run()
    assert recorder.evaluations[-1].step == 4 and not recorder.evaluations[-1].best
    assert loop.take_best() is not None
    assert all(weight.isfinite().all() for weight in loop.classifier.model.parameters())


def test_a_loss_that_runs_away_ends_the_run(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(epochs=20, learning_rate=1e-6)
    spoil(loop, 5, lambda weight: torch.tensor([[100.0], [-100.0]]).expand_as(weight))
    with pytest.raises(DivergedError, match="The loss ran away"):
        loop.run()
    assert 20 <= len(recorder.steps) < 40


def test_a_resumed_run_forgives_the_bad_batch_that_an_unbroken_one_forgives(make_loop: MakeLoop) -> None:
    def script(loop: TrainingLoop) -> None:
        def step(number: int, positions: np.ndarray, rate: float) -> Step:
            scalars = AsyncScalars(torch.tensor(9.0 if number == 25 else 0.6), torch.tensor(1.0))
            return Step(number + 1, rate, len(positions), 5, scalars)

        loop._stepper.step = step  # type: ignore[method-assign]

    unbroken, recorder = make_loop(epochs=12, checkpoint_seconds=0)
    script(unbroken)
    assert unbroken.run() == "finished"
    resumed, _ = make_loop(epochs=12)
    script(resumed)
    resumed.restore(next(c for c in recorder.checkpoints if c.progress.step == 25))
    assert resumed.run() == "finished"
