"""The loop: gradients that no parting into micro-batches changes, requests that are heeded, resumes to the bit."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.base.errors import ReviewtuiError
from core.data.batches import dropout_seed, epoch_batches
from core.data.tokens import collate
from core.runs.progress import Progress
from core.runs.records import EvaluationRecord, StepRecord
from core.training import loop as loop_module
from core.training.async_scalars import AsyncScalars
from core.training.best_weights import LOGITS
from core.training.checkpoints import load_newest_checkpoint, save_checkpoint
from core.training.loop import DivergedError, TrainingLoop
from core.training.stepper import Step

FAMILIES = ("bert", "distilbert", "roberta")
PLAIN = {"optimizer": "sgd", "schedule": "constant", "warmup_ratio": 0, "weight_decay": 0, "max_grad_norm": 0}
"""Settings under which a step is `weight -= learning_rate * gradient` and nothing else."""

MakeLoop = Callable[..., Any]
Tensors = dict[str, torch.Tensor]


def after_update(loop: TrainingLoop, look: Callable[[float], None]) -> None:
    """Call `look` with the learning rate after each optimizer step."""
    update = loop.learner.update

    def watched(rate: float) -> torch.Tensor:
        norm = update(rate)
        look(rate)
        return norm

    loop.learner.update = watched  # type: ignore[method-assign]


def gradients_of(loop: TrainingLoop) -> list[Tensors]:
    """Filled, as the loop runs, with the gradients that each step has used."""
    found: list[Tensors] = []
    learner: Any = loop.learner
    trainable = loop.classifier.trainable()

    def look(_: float) -> None:
        if learner.plan.path.name == "transformers":
            found.append({name: weight.grad.clone() for name, weight in trainable.items() if weight.grad is not None})
            return
        weights = learner._weights
        gradients = weights.named(weights.grad)
        if weights.words_learn:
            whole = torch.zeros_like(weights.table)
            whole[weights.words_in_use()] = gradients[weights.word_name]
            gradients[weights.word_name] = whole
        found.append(gradients)

    after_update(loop, look)
    return found


def reference(loop: TrainingLoop, weights: torch.Tensor | None, smoothing: float) -> tuple[list[Tensors], list[float]]:
    """Gradients and losses of the first epoch by plain torch: whole batches, mean cross-entropy, plain SGD."""
    lengths = loop.train.lengths(np.arange(len(loop.train.rows)), loop.special_tokens)
    found, losses = [], []
    settings, trainable = loop.settings, loop.classifier.trainable()
    for batch in epoch_batches(lengths, settings.batch_size, settings.seed, 0):
        loop.classifier.train()
        ids, mask = collate([loop.train.tokens[row] for row in batch], loop.special_tokens)
        logits = loop.classifier.model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits
        labels = torch.from_numpy(loop.train.labels[batch])
        loss = functional.cross_entropy(logits, labels, weight=weights, label_smoothing=smoothing, reduction="mean")
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            found.append({name: weight.grad.clone() for name, weight in trainable.items() if weight.grad is not None})
            for weight in trainable.values():
                weight -= settings.learning_rate * weight.grad
                weight.grad = None
    return found, losses


def equal(one: Tensors, other: Tensors) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


# Gradients


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("micro", [1, 4, 32])
@pytest.mark.parametrize(("smoothing", "balanced"), [(0.0, "none"), (0.1, "balanced")])
def test_micro_batches_of_any_size_give_the_gradients_of_the_whole_batch(
    family: str, micro: int, smoothing: float, balanced: str, make_loop: MakeLoop
) -> None:
    """On ragged batches of 8, 8 and 6 reviews (32: one batch of 22), against torch's mean over the whole batch."""
    settings = {
        **PLAIN,
        "epochs": 1,
        "batch_size": max(micro, 8),
        "dropout": 0.0,
        "learning_rate": 0.05,
        "label_smoothing": smoothing,
        "class_weights": balanced,
    }
    loop, recorder = make_loop(family, micro_batch_size=micro, **settings)
    found = gradients_of(loop)
    loop.run()
    other, _ = make_loop(family, **settings)
    expected, losses = reference(other, other.class_weights, smoothing)
    assert sorted(step.reviews for step in recorder.steps) == ([22] if micro == 32 else [6, 8, 8])
    assert recorder.losses == pytest.approx(losses, rel=1e-5)
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.keys() == theirs.keys()
        for name, gradient in theirs.items():
            torch.testing.assert_close(mine[name], gradient, rtol=1e-3, atol=2e-6, msg=name)


@pytest.mark.parametrize("family", FAMILIES)
def test_micro_batches_of_any_size_give_the_same_weights(
    family: str, make_loop: MakeLoop, weights_of: Callable[..., Tensors]
) -> None:
    settings = {"batch_size": 16, "dropout": 0.0, "class_weights": "balanced", "label_smoothing": 0.1, "epochs": 2}
    for optimizer, rate, tolerance in (("sgd", 0.05, 2e-6), ("adamw", 1e-4, 2e-5)):
        final = []
        for micro in (1, 4, 16):
            loop, _ = make_loop(
                family,
                optimizer=optimizer,
                learning_rate=rate,
                micro_batch_size=micro,
                freeze_layers="none",
                **settings,
            )
            found = gradients_of(loop)
            loop.run()
            final.append((weights_of(loop), found))
        loud = {
            name: torch.stack([gradients[name].abs() for gradients in final[0][1]]).amin(0) > 1e-5
            for name in final[0][0]
        }  # AdamW makes a whole step of a gradient that is nothing but rounding
        for weights, _ in final[1:]:
            for name, weight in weights.items():
                gap = (weight - final[0][0][name]).abs()[loud[name]]
                assert gap.numel() == 0 or float(gap.max()) < tolerance, (optimizer, name)


def test_micro_batch_size_auto_is_limited_by_tokens_or_by_32_reviews(make_loop: MakeLoop, path: str) -> None:
    assert make_loop(batch_size=8)[0].policy.now.reviews == 8
    assert make_loop(batch_size=64)[0].policy.now.reviews == (64 if path == "native" else 32)
    assert make_loop(batch_size=64)[0].policy.now.tokens < 1 << 20
    assert make_loop(batch_size=64, micro_batch_size=40)[0].policy.now.reviews == 40


def test_clipping_keeps_the_direction_and_reports_the_norm_before(make_loop: MakeLoop) -> None:
    settings = {**PLAIN, "epochs": 1, "dropout": 0.0, "max_steps": 1}
    free, free_recorder = make_loop(**settings)
    clipped, recorder = make_loop(**{**settings, "max_grad_norm": 0.01})
    found, limited = gradients_of(free), gradients_of(clipped)
    free.run()
    clipped.run()
    norm = torch.cat([gradient.flatten() for gradient in found[0].values()]).norm()
    assert recorder.steps[0].gradient_norm == pytest.approx(float(norm), rel=1e-4)
    assert free_recorder.steps[0].gradient_norm == pytest.approx(float(norm), rel=1e-4) and norm > 0.01
    for name, gradient in found[0].items():
        torch.testing.assert_close(limited[0][name], gradient * 0.01 / norm, rtol=1e-3, atol=1e-8, msg=name)


def test_bf16_computes_in_half_precision_and_keeps_full_precision_weights(make_loop: MakeLoop) -> None:
    half, recorder = make_loop(precision="bf16", epochs=1, dropout=0.0)
    full, full_recorder = make_loop(epochs=1, dropout=0.0)
    half.run()
    full.run()
    assert recorder.losses != full_recorder.losses
    assert recorder.losses == pytest.approx(full_recorder.losses, rel=0.1)
    assert {weight.dtype for weight in half.classifier.model.parameters()} == {torch.float32}


# Seeds


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_run_and_another_seed_another(
    family: str, make_loop: MakeLoop, weights_of: Callable[..., Tensors]
) -> None:
    runs = []
    for seed in (3, 3, 4):
        torch.rand(7)
        np.random.random(3)
        loop, recorder = make_loop(family, seed=seed, dropout=0.1)
        loop.run()
        runs.append((recorder.losses, [e.loss for e in recorder.evaluations], weights_of(loop)))
    assert runs[0][:2] == runs[1][:2] and equal(runs[0][2], runs[1][2])
    assert not set(runs[0][0]) & set(runs[2][0])


def test_dropout_acts_while_training_only_and_differs_between_steps(make_loop: MakeLoop) -> None:
    frozen = {"learning_rate": 1e-12, "dropout": 0.3, "batch_size": 22, "epochs": 3}
    loop, recorder = make_loop(**frozen)
    loop.run()
    assert len({round(loss, 6) for loss in recorder.losses}) == 3
    assert max(e.loss for e in recorder.evaluations) == pytest.approx(min(e.loss for e in recorder.evaluations))


def test_every_micro_batch_of_every_step_has_dropout_masks_of_its_own(make_loop: MakeLoop) -> None:
    loop, _ = make_loop(dropout=0.1, micro_batch_size=3, epochs=3, seed=6)
    keys: list[tuple[int, int, int]] = []
    learn = loop.learner.learn

    def watched(*given: Any, **named: Any) -> Any:
        keys.extend(value for value in (*given, *named.values()) if isinstance(value, tuple) and len(value) == 3)
        return learn(*given, **named)

    loop.learner.learn = watched  # type: ignore[method-assign]
    loop.run()
    assert len(keys) == 9 * 3 - 3  # batches of 8, 8 and 6 reviews in parts of three
    assert len(set(keys)) == len({dropout_seed(*key) for key in keys}) == len(keys)
    assert {key[0] for key in keys} == {6}


# What is told


def test_steps_epochs_reviews_and_tokens_add_up(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(rows=22, batch_size=8, epochs=3, max_length=16)
    assert (loop.per_epoch, loop.steps, loop.run()) == (3, 9, "finished")
    assert [step.step for step in recorder.steps] == list(range(1, 10))
    assert [step.epoch for step in recorder.steps] == [round(n / 3, 4) for n in range(1, 10)]
    for epoch in range(3):
        steps = recorder.steps[epoch * 3 : epoch * 3 + 3]
        assert sum(step.reviews for step in steps) == 22
        assert sum(step.tokens for step in steps) == int(loop.train.lengths(np.arange(22), loop.special_tokens).sum())
    assert [(e.step, e.epoch) for e in recorder.evaluations] == [(3, 1.0), (6, 2.0), (9, 3.0)]
    assert loop.progress.reviews == 66 and [one.progress.step for one in recorder.checkpoints] == [9]


def test_the_rate_of_each_step_is_the_one_that_was_used(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(schedule="linear", warmup_ratio=0, learning_rate=0.06, epochs=2)
    used: list[float] = []
    after_update(loop, used.append)
    loop.run()
    assert (
        [step.learning_rate for step in recorder.steps]
        == used
        == pytest.approx([0.06 * n / 6 for n in range(6, 0, -1)])
    )


def test_only_training_and_evaluating_count_as_time(make_loop: MakeLoop) -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 1.0
        return now

    loop, recorder = make_loop(clock=clock, epochs=2)
    loop.run()
    seconds = [step.seconds for step in recorder.steps]
    assert seconds == [1, 2, 3, 5, 6, 7]  # one tick a step, and one for the evaluation after the third
    assert loop.progress.seconds == 8


@pytest.mark.parametrize(("steps", "evaluated"), [(2, [2]), (3, [3]), (7, [3, 6, 7])])
def test_max_steps_ends_the_run_with_an_evaluation(steps: int, evaluated: list[int], make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(max_steps=steps, epochs=1)
    assert loop.run() == "finished" and len(recorder.steps) == steps
    assert [e.step for e in recorder.evaluations] == evaluated


@pytest.mark.parametrize(("every", "evaluated"), [(1, [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6]), (4, [4, 6]), (99, [6])])
def test_evaluate_every_so_many_steps_and_at_the_end(every: int, evaluated: list[int], make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(evaluate_every=every)
    loop.run()
    assert [e.step for e in recorder.evaluations] == evaluated


def test_evaluation_is_the_same_for_any_micro_batch_and_leaves_no_trace(
    make_loop: MakeLoop, weights_of: Callable[..., Tensors]
) -> None:
    loop, _ = make_loop(dropout=0.3)
    before = weights_of(loop)
    first = loop.predict(loop.validation)
    assert np.array_equal(loop.predict(loop.validation), first) and equal(weights_of(loop), before)
    one_by_one = np.concatenate(
        [
            loop.predict(
                type(loop.validation)(loop.validation.tokens, loop.validation.rows[[i]], loop.validation.labels[[i]])
            )
            for i in range(10)
        ]
    )
    np.testing.assert_allclose(one_by_one, first, atol=1e-5)


# The best weights


def scripted(monkeypatch: pytest.MonkeyPatch, figures: list[tuple[float, float]]) -> None:
    """Make evaluations come out as (macro_f1, loss), one after the other."""
    rest = iter(figures)

    def measure(*_: object) -> dict[str, Any]:
        macro_f1, loss = next(rest)
        return {"loss": loss, "accuracy": macro_f1, "macro_f1": macro_f1, "per_class": {}}

    monkeypatch.setattr(loop_module, "measure", measure)


@pytest.mark.parametrize(
    ("metric", "figures", "best"),
    [
        ("macro_f1", [(0.5, 1.0), (0.6, 2.0), (0.4, 0.1)], [True, True, False]),
        ("macro_f1", [(0.9, 1.0), (0.9, 1.5), (0.85, 2.0), (0.75, 0.1)], [True, True, True, False]),
        ("accuracy", [(0.5, 1.0), (0.9, 1.0), (0.82, 1.0), (0.78, 0.5)], [True, True, True, False]),
        ("accuracy", [(0.9, 1.0), (0.8, 0.5), (0.95, 2.0)], [True, False, True]),
        ("loss", [(0.9, 1.0), (0.1, 0.5), (0.95, 0.7)], [True, True, False]),
        ("macro_f1", [(0.9, math.nan), (0.1, 3.0), (0.95, math.inf)], [False, True, False]),
    ],
)
def test_the_highest_figure_is_kept_or_the_latest_that_ten_rows_cannot_tell_from_it_and_none_without_a_finite_loss(
    metric: str,
    figures: list[tuple[float, float]],
    best: list[bool],
    make_loop: MakeLoop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripted(monkeypatch, figures)
    loop, recorder = make_loop(epochs=len(best), best_metric=metric)
    loop.run()
    assert [e.best for e in recorder.evaluations] == best
    for index, record in enumerate(recorder.evaluations):  # it is said where a worse figure is kept, and by what margin
        found = [figure if math.isfinite(loss) else -1.0 for figure, loss in figures[: index + 1]]
        is_tie = best[index] and metric != "loss" and found[-1] < max(found)
        margin = (max(found) * (1 - max(found)) / 10) ** 0.5
        assert record.tie_margin == (pytest.approx(margin) if is_tie else None)
    last = max(index for index, better in enumerate(best) if better)
    assert loop.progress.best is not None and loop.progress.best.epoch == last + 1


@pytest.mark.parametrize("scores", [(0.5, 0.9, 0.7), (0.9, 0.7, 0.6), (0.5, 0.7, 0.9)])
def test_the_weights_that_are_kept_are_those_of_the_best_evaluation(
    scores: tuple[float, ...],
    make_loop: MakeLoop,
    monkeypatch: pytest.MonkeyPatch,
    weights_of: Callable[..., Tensors],
) -> None:
    scripted(monkeypatch, [(score, 1 - score) for score in scores])
    loop, recorder = make_loop(epochs=3)
    at_best: Tensors = {}

    def look(record: EvaluationRecord) -> None:
        if record.best:
            at_best.update(weights_of(loop))
            at_best[LOGITS] = torch.from_numpy(loop.predict(loop.validation))

    recorder.on_evaluation = look
    loop.run()
    expected = at_best.pop(LOGITS).numpy()
    assert equal(weights_of(loop), at_best) is (scores[-1] == max(scores))
    logits = loop.take_best()
    assert logits is not None and np.array_equal(logits, expected)
    kept = dict(loop.classifier.model.named_parameters())
    assert equal({name: kept[name].detach() for name in at_best}, at_best)


def test_without_an_evaluation_there_is_no_best(make_loop: MakeLoop) -> None:
    assert make_loop()[0].take_best() is None


@pytest.mark.parametrize(
    ("patience", "figures", "steps"),
    [
        (1, [0.5, 0.4], 6),
        (2, [0.5, 0.4, 0.6, 0.5, 0.6, 0.1], 15),
        (2, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 18),
        (None, [0.5, 0.4, 0.3, 0.2, 0.1, 0.0], 18),
    ],
)
def test_early_stopping_ends_after_so_many_evaluations_without_gain(
    patience: int | None, figures: list[float], steps: int, make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [(figure, 1.0) for figure in figures])
    loop, recorder = make_loop(epochs=6, early_stopping_patience=patience)
    assert loop.run() == "finished" and len(recorder.steps) == steps


# Requests


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


# Divergence


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


# Checkpoints and resuming


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


MODES: dict[str, dict[str, Any]] = {
    "full": {"layer_decay": 0.9},
    "frozen": {"freeze_layers": 1},
    "head": {"freeze_layers": "encoder"},
    "lora": {"lora": True, "lora_rank": 2},
    "sgd": {"optimizer": "sgd", "learning_rate": 0.05},
    "recompute": {"gradient_checkpointing": True},
}


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
