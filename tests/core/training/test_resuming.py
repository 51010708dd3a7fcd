"""A checkpoint holds all that a run needs to go on exactly as if it had never stopped."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core.base.errors import ReviewtuiError
from core.learners.tensor_files import Tensors
from core.runs.progress import Progress
from core.runs.records import StepRecord
from core.training import loop as loop_module
from core.training.best_weights import LOGITS
from core.training.checkpoints import load_newest_checkpoint, save_checkpoint
from core.training.loop import TrainingLoop
from tests.core.conftest import MakeLoop
from tests.core.training.loops import MODES, equal


@pytest.mark.parametrize(("every", "expected"), [(0, [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6]), (4.5, [5, 6]), (100, [6])])
def test_a_checkpoint_is_due_when_so_much_time_has_passed_and_at_the_end(
    every: float, expected: list[int], make_loop: MakeLoop
) -> None:
    now = 0.0
    loop, recorder = make_loop(clock=lambda: now, checkpoint_seconds=every)
    write_down = recorder.on_step

    def on_step(record: StepRecord) -> None:
        nonlocal now
        now += 1
        write_down(record)

    recorder.on_step = on_step
    loop.run()
    assert [checkpoint.progress.step for checkpoint in recorder.checkpoints] == expected


@pytest.mark.parametrize(
    ("family", "precision", "mode"),
    [
        *(("bert", precision, mode) for precision in ("fp32", "bf16") for mode in ("full", "frozen", "lora")),
        ("distilbert", "fp32", "full"),
        ("roberta", "fp32", "full"),
        ("roberta", "bf16", "lora"),
        ("bert", "fp32", "head"),
        ("bert", "fp32", "sgd"),
        ("distilbert", "fp32", "recompute"),
        *((family, "fp32", "imitating") for family in ("bert", "roberta", "distilbert")),
        ("bert", "bf16", "imitating"),
        *(("bert", "fp32", f"imitating, {what}") for what in ("frozen", "head", "lora", "recompute")),
    ],
)
def test_a_resumed_run_is_the_unbroken_run_to_the_bit(
    family: str, precision: str, mode: str, make_loop: MakeLoop, weights_of: Callable[..., Tensors], tmp_path: Path
) -> None:
    """Through files, at a random step, into a loop made afresh."""
    settings = {
        "epochs": 3,
        "dropout": 0.1,
        "micro_batch_size": 3,
        "class_weights": "balanced",
        "label_smoothing": 0.05,
        "evaluate_every": 2,
        **MODES[mode],
    }
    unbroken, whole = make_loop(family, precision=precision, checkpoint_seconds=0, **settings)
    assert unbroken.run() == "finished"
    generator = random.Random(f"{family} {precision} {mode}")
    losses, evaluations = list(whole.losses), list(whole.evaluations)
    breaking = generator.randrange(1, 9)
    save_checkpoint(tmp_path, next(c for c in whole.checkpoints if c.progress.step == breaking))
    checkpoint, skipped = load_newest_checkpoint(tmp_path)
    assert checkpoint is not None and skipped == []
    torch.rand(breaking)
    resumed, rest = make_loop(family, precision=precision, checkpoint_seconds=0, **settings)
    resumed.restore(checkpoint)
    assert resumed.run() == "finished"
    assert rest.losses == losses[breaking:] and len(rest.losses) == 9 - breaking
    assert rest.evaluations == [e for e in evaluations if e.step > breaking]
    assert equal(weights_of(resumed), weights_of(unbroken))
    assert resumed.progress == unbroken.progress and equal(resumed.best.tensors, unbroken.best.tensors)


def test_stopping_and_saving_at_an_evaluation_costs_nothing(
    make_loop: MakeLoop, recorder: Any, weights_of: Callable[..., Tensors]
) -> None:
    unbroken, _ = make_loop(epochs=3)
    unbroken.run()
    first, seen = make_loop(epochs=3, recorder=recorder(asks={3: ["stop_and_save"]}))
    assert first.run() == "stopped"
    second, _ = make_loop(epochs=3)
    second.restore(seen.checkpoints[-1])
    assert second.run() == "finished"
    assert equal(weights_of(second), weights_of(unbroken)) and equal(second.best.tensors, unbroken.best.tensors)


@pytest.mark.parametrize("stop_at", [1, 2, 4, 7])
def test_a_stopped_run_resumes_as_if_it_had_never_been_stopped(
    stop_at: int,
    make_loop: MakeLoop,
    recorder: Any,
    weights_of: Callable[..., Tensors],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between two evaluations: the one made for the saved model costs no patience and is not kept, though the best."""
    settings = {"epochs": 5, "early_stopping_patience": 2}
    figures = {3: 0.5, 6: 0.1, 9: 0.6, 12: 0.3, 15: 0.2}  # no two within the noise of ten rows
    unbroken, whole = make_loop(**settings)
    _measured(monkeypatch, unbroken, figures)
    assert unbroken.run() == "finished"
    first, seen = make_loop(**settings, recorder=recorder(asks={stop_at: ["stop_and_save"]}))
    _measured(monkeypatch, first, {**figures, stop_at: 0.99 if stop_at < 7 else 0.1})
    assert first.run() == "stopped"
    assert [record.step for record in seen.evaluations if record.interim] == [stop_at]
    assert first.progress.best is not None and first.progress.best.step == (stop_at if stop_at < 7 else 3)
    second, rest = make_loop(**settings)
    _measured(monkeypatch, second, figures)
    second.restore(seen.checkpoints[-1])
    assert second.run() == "finished"
    regular = [record for record in seen.evaluations if not record.interim]
    assert [*regular, *rest.evaluations] == whole.evaluations
    assert second.progress == unbroken.progress and equal(second.best.tensors, unbroken.best.tensors)
    assert equal(weights_of(second), weights_of(unbroken))


def _measured(monkeypatch: pytest.MonkeyPatch, loop: TrainingLoop, figures: dict[int, float]) -> None:
    """Make the evaluation after each step come out as `figures` say."""

    def measure(*_: object) -> dict[str, Any]:
        value = figures[loop.progress.step]
        return {"loss": 1 - value, "accuracy": value, "macro_f1": value, "per_class": {}}

    monkeypatch.setattr(loop_module, "measure", measure)


@pytest.mark.parametrize("step", [3, 6])
def test_an_evaluation_that_was_due_when_a_checkpoint_was_taken_is_made_after_the_resume(
    step: int, make_loop: MakeLoop, recorder: Any, weights_of: Callable[..., Tensors]
) -> None:
    unbroken, whole = make_loop()
    unbroken.run()
    _, seen = make_loop(recorder=recorder(asks={step: ["checkpoint"]}))
    _.run()
    before = next(one for one in seen.checkpoints if one.progress.step == step)
    assert before.progress.evaluated < step
    resumed, rest = make_loop()
    resumed.restore(before)
    assert resumed.run() == "finished"
    assert rest.evaluations == [record for record in whole.evaluations if record.step >= step]
    assert resumed.progress == unbroken.progress and equal(resumed.best.tensors, unbroken.best.tensors)
    assert equal(weights_of(resumed), weights_of(unbroken))


def test_a_run_that_was_done_is_done_when_it_is_resumed(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(checkpoint_seconds=0)
    loop.run()
    resumed, rest = make_loop()
    resumed.restore(recorder.checkpoints[-1])
    assert resumed.run() == "finished" and rest.steps == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"freeze_layers": "encoder"}),
        ({"lora": True}, {}),
        ({"lora": True, "lora_rank": 2}, {"lora": True, "lora_rank": 1}),
    ],
    ids=str,
)
def test_a_checkpoint_of_another_model_is_refused_and_changes_nothing(
    first: dict[str, Any], second: dict[str, Any], make_loop: MakeLoop, weights_of: Callable[..., Tensors]
) -> None:
    loop, recorder = make_loop(max_steps=1, checkpoint_seconds=0, **first)
    loop.run()
    other, _ = make_loop(**second)
    before = weights_of(other)
    with pytest.raises(ReviewtuiError, match="belongs to another model"):
        other.restore(recorder.checkpoints[-1])
    assert equal(weights_of(other), before) and other.progress == Progress(steps=other.steps)


def test_a_checkpoint_does_not_change_while_training_goes_on(make_loop: MakeLoop) -> None:
    """Who writes it down at once, as the observer must, has the moment; the best weights are a copy."""
    loop, recorder = make_loop(checkpoint_seconds=0, evaluate_every=1)
    loop.run()
    losses = [checkpoint.progress.best.loss for checkpoint in recorder.checkpoints]
    assert [c.progress.step for c in recorder.checkpoints] == [1, 2, 3, 4, 5, 6] and len(set(losses)) > 1
    for checkpoint in recorder.checkpoints:
        assert checkpoint.best.keys() - checkpoint.weights.keys() == {LOGITS}
