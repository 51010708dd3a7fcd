"""A close look at a step finds what copies of all weights show, leaves no trace, and costs no more than its budget."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.learners.tensor_files import Tensors
from core.runs.records import LayersRecord
from core.training.close_look import MOST, SHARE, LookBudget
from core.training.loop import TrainingLoop
from tests.core.training.loops import MODES, equal

MakeLoop = Callable[..., tuple[TrainingLoop, Any]]
LOOKED_AT = ("full", "frozen", "head", "lora", "sgd", "recompute")
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adamw": {},
    "sgd": {"optimizer": "sgd", "learning_rate": 0.05},
    "sgd without momentum": {"optimizer": "sgd", "learning_rate": 0.05, "momentum": 0.0},
}


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is looked at."""
    monkeypatch.setattr(LookBudget, "affords", lambda self, step: True)


def trained(make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch, looks: bool, **settings: Any) -> tuple[Any, ...]:
    monkeypatch.setattr(LookBudget, "affords", lambda self, step: looks)
    loop, recorder = make_loop(rows=30, dropout=0.2, **settings)
    loop.run()
    assert len(recorder.layers) == (len(recorder.steps) if looks else 0)
    moments = {name: value.clone() for name, value in loop.learner.moments().items()}
    return recorder, loop.learner.weights(), moments


@pytest.mark.parametrize("mode", LOOKED_AT)
def test_what_is_trained_is_the_same_to_the_bit_whether_it_is_looked_at_or_not(
    mode: str, make_loop: MakeLoop, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mode == "lora" and path == "native":
        pytest.skip("LoRA goes through the Hugging Face module")
    looked, weights, moments = trained(make_loop, monkeypatch, True, **MODES[mode])
    blind, *expected = trained(make_loop, monkeypatch, False, **MODES[mode])
    assert looked.steps == blind.steps and looked.evaluations == blind.evaluations
    assert equal(weights, expected[0]) and equal(moments, expected[1])


def shares(loop: TrainingLoop, tensors: Tensors) -> np.ndarray:
    """The norm of named tensors in each part of the model, in fp64."""
    squares = np.zeros(len(loop.learner.parts.names))
    for name, place in loop.learner.parts.of.items():
        squares[place] += float(tensors[name].double().square().sum()) if name in tensors else 0.0
    found: np.ndarray = np.sqrt(squares)
    return found


def gradients(loop: TrainingLoop) -> Tensors:
    learner: Any = loop.learner
    if hasattr(learner, "_weights"):
        return dict(learner._weights.named(learner._weights.grad))
    return {name: weight.grad.clone() for name, weight in learner._trainable.items() if weight.grad is not None}


@pytest.mark.parametrize("choice", OPTIMIZERS)
@pytest.mark.parametrize("family", ["bert", "distilbert"])
@pytest.mark.parametrize("mode", ["full", "frozen", "head", "lora"])
def test_the_figures_are_those_that_copies_of_all_weights_give(
    mode: str, family: str, choice: str, make_loop: MakeLoop, path: str, always: None
) -> None:
    """Whether gradients are clipped or not, and with a weight decay that shows."""
    if mode == "lora" and path == "native":
        pytest.skip("LoRA goes through the Hugging Face module")
    settings = {**MODES[mode], **OPTIMIZERS[choice], "weight_decay": 0.3, "max_grad_norm": 0.4}
    loop, recorder = make_loop(family, rows=30, warmup_ratio=0.3, **settings)
    learner, expected = loop.learner, []
    update = learner.update

    def watched(rate: float) -> torch.Tensor:
        norms, before = shares(loop, gradients(loop)), learner.weights()
        norm = update(rate)
        after = learner.weights()
        moved = {name: after[name] - before[name] for name in loop.learner.parts.of}
        expected.append((float(norm), norms, shares(loop, moved) / shares(loop, after), rate))
        return norm

    learner.update = watched  # type: ignore[method-assign]
    loop.run()
    assert len(recorder.layers) == len(expected) > 6
    for record, (norm, norms, ratios, rate) in zip(recorder.layers, expected, strict=True):
        assert tuple(part.name for part in record.parts) == learner.parts.names
        found = np.array([(part.gradient_norm, part.update_ratio) for part in record.parts])
        np.testing.assert_allclose(found[:, 0], norms, rtol=1e-4)
        if rate:
            # a difference of weights in fp32 is itself known to some 1e-7 of the weights
            np.testing.assert_allclose(found[:, 1], ratios, rtol=1e-4, atol=2e-8)
        assert np.sqrt((norms**2).sum()) == pytest.approx(norm, rel=1e-4)


def test_the_first_step_is_looked_at_and_a_look_that_costs_nothing_is_repeated(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(rows=30)
    loop.run()
    assert [one.step for one in recorder.layers] == [one.step for one in recorder.steps]


@pytest.mark.parametrize("fails", ["gradient_norms", "update_ratios"])
def test_without_memory_for_a_look_the_run_goes_on_as_if_nothing_had_been(
    fails: str, make_loop: MakeLoop, always: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    control, expected = make_loop(rows=30)
    control.run()
    loop, recorder = make_loop(rows=30)

    def fail(*_: Any) -> torch.Tensor:
        raise MemoryError

    monkeypatch.setattr(loop.learner, fails, fail)
    loop.run()
    assert recorder.steps == expected.steps and recorder.memory == [] and recorder.layers == []
    assert equal(loop.learner.weights(), control.learner.weights())


def test_a_step_that_is_repeated_for_lack_of_memory_is_told_once(make_loop: MakeLoop, always: None) -> None:
    loop, recorder = make_loop(rows=30)
    update, calls = loop.learner.update, iter([False, True, *[False] * 99])

    def sometimes(rate: float) -> torch.Tensor:
        if next(calls):
            raise MemoryError
        return update(rate)

    loop.learner.update = sometimes  # type: ignore[method-assign]
    loop.run()
    assert [one.step for one in recorder.layers] == [one.step for one in recorder.steps]


@pytest.mark.parametrize("path", ["transformers"], indirect=True)
def test_a_step_that_overflows_in_fp16_has_moved_nothing(make_loop: MakeLoop, always: None) -> None:
    loop, recorder = make_loop(rows=30, precision="fp16")
    learner: Any = loop.learner
    learner._scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40, growth_interval=1000)
    loop.run()
    assert all(
        (part.gradient_norm, part.update_ratio) == (0, 0)
        for record, step in zip(recorder.layers, recorder.steps, strict=True)
        if not step.gradient_norm
        for part in record.parts
    )
    norms = [step.gradient_norm for step in recorder.steps]
    assert not norms[0]
    for record, norm in zip(recorder.layers, norms, strict=True):
        found = np.sqrt(sum(part.gradient_norm**2 for part in record.parts))
        assert found == pytest.approx(norm, rel=1e-3)


# The budget


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


pauses = st.sampled_from([0.0] * 20 + [1000.0])


@given(
    st.lists(st.tuples(st.floats(0.001, 5), st.floats(0.001, 0.2), pauses), min_size=1, max_size=400),
    st.integers(1, 10**7),
)
def test_looking_never_costs_more_than_its_share_however_long_steps_looks_and_pauses_take(
    steps: list[tuple[float, float, float]], planned: int
) -> None:
    clock = Clock()
    budget = LookBudget(planned, clock)
    spent, looks, dearest = 0.0, 0, 0.0
    for step, (seconds, cost, pause) in enumerate(steps):
        clock.now += pause
        if budget.affords(step):
            looks += 1
            assert looks == 1 or spent <= SHARE * clock.now
            clock.now += cost
            spent, dearest = spent + cost, max(dearest, cost)
            budget.spend(step, cost)
        else:
            assert looks
        clock.now += seconds
    assert budget.spent == pytest.approx(spent)
    assert spent <= SHARE * clock.now + 2 * dearest


def test_looks_of_one_price_come_evenly_and_as_often_as_their_share_allows() -> None:
    clock, looks = Clock(), []
    budget = LookBudget(10_000, clock)
    for step in range(10_000):
        if budget.affords(step):
            looks.append(clock.now)
            clock.now += 0.02
            budget.spend(step, 0.02)
            assert budget.spent - 0.02 <= SHARE * clock.now, "all but the last are paid for"
        clock.now += 0.3
    assert len(looks) * 0.02 > 0.9 * SHARE * clock.now
    assert len({round(after - before) for before, after in pairwise(looks[1:])}) <= 2


def test_a_pause_is_not_followed_by_a_burst_of_looks() -> None:
    clock, looks = Clock(), []
    budget = LookBudget(10_000, clock)
    for step in range(1000):
        clock.now += 3600 if step == 500 else 0.1
        if budget.affords(step):
            looks.append(step)
            budget.spend(step, 0.004)
    assert len([step for step in looks if step >= 500]) <= len([step for step in looks if step < 500]) + 2


@given(st.integers(1, 3 * MOST))
def test_a_run_has_at_most_so_many_looks_even_if_they_are_free(planned: int) -> None:
    budget = LookBudget(planned, lambda: 0.0)
    looks = 0
    for step in range(planned):
        if budget.affords(step):
            looks += 1
            budget.spend(step, 0.0)
    assert min(planned, MOST / 2) <= looks <= MOST


def test_the_record_names_the_parts_from_the_bottom_up(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(rows=30, freeze_layers=1)
    loop.run()
    record: LayersRecord = recorder.layers[0]
    assert [part.name for part in record.parts] == ["layer 2", "head"]
