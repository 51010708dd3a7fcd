"""The loop: gradients that no parting into micro-batches changes, requests that are heeded, resumes to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.data.batches import dropout_seed, epoch_batches
from core.data.tokens import collate
from core.training.loop import TrainingLoop
from core.training.loss import class_weights
from tests.core.training.loops import after_update, equal

FAMILIES = ("bert", "distilbert", "roberta")
PLAIN = {"optimizer": "sgd", "schedule": "constant", "warmup_ratio": 0, "weight_decay": 0, "max_grad_norm": 0}
"""Settings under which a step is `weight -= learning_rate * gradient` and nothing else."""

MakeLoop = Callable[..., Any]
Tensors = dict[str, torch.Tensor]


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
    expected, losses = reference(other, class_weights(other.train.labels, 2, balanced), smoothing)
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


def test_only_training_and_evaluating_count_as_time(make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    loop, recorder = make_loop(clock=lambda: now, epochs=2)

    def takes(seconds: float, owner: Any, name: str) -> None:
        work = getattr(owner, name)

        def slow(*given: Any, **more: Any) -> Any:
            nonlocal now
            now += seconds
            return work(*given, **more)

        monkeypatch.setattr(owner, name, slow)

    takes(1, loop._stepper, "step")
    takes(1, loop._evaluator, "logits")
    for name in ("on_checkpoint", "control_requests", "on_step", "on_evaluation"):
        takes(100, recorder, name)
    loop.run()
    seconds = [step.seconds for step in recorder.steps]
    assert seconds == [1, 2, 3, 5, 6, 7]  # one second a step, and one for the evaluation after the third
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
