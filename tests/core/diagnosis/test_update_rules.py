"""What is said of steps follows from what they did to the weights, and is said only where it holds up the training."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.diagnosis.finding import Figures
from core.diagnosis.update_rules import always_clipped, part_not_learning, updates_too_large, updates_too_small
from core.runs.history import RunHistory
from core.runs.records import Record
from core.settings.schema import Settings
from tests.core.runs.whole_records import record

PEAK = 8e-5
NAMES = ("embeddings", "layer 1", "layer 2", "layer 3", "head")
CHANCE = 0.6931


def look(step: int, ratios: list[float]) -> Record:
    parts = [
        {"name": name, "gradient_norm": 1.0, "update_ratio": ratio} for name, ratio in zip(NAMES, ratios, strict=True)
    ]
    return record("layers", step=step, parts=parts)


def run_of(
    *looks: Record, loss: float = CHANCE, steps: int = 40, norm: float = 1.0, planned: int = 80, **settings: Any
) -> Figures:
    """A run whose learning rate begins at a tenth of its peak, which it reaches in the fourth step."""
    rates = [PEAK / 10, PEAK / 3, PEAK / 2, *[PEAK] * steps][:steps]
    made = [
        record("step", step=step, loss=loss, gradient_norm=norm, learning_rate=rate)
        for step, rate in enumerate(rates, 1)
    ]
    history = RunHistory()
    history.update([record("plan", steps=planned, learning_rate=PEAK), *made, *looks])
    return Figures(history, Settings(**settings).model_dump())


def first(change: float) -> Record:
    """The first step of a run whose highest learning rate changes most layers by `change`."""
    return look(1, [change / 20, *[change / 10] * 3, change])


@given(st.floats(1e-7, 0.1), st.floats(0.05, 1.5), st.integers(1, 80))
def test_large_and_small_updates_are_told_only_where_nothing_is_learned(change: float, loss: float, steps: int) -> None:
    run = run_of(first(change), loss=loss, steps=steps)
    large, small = updates_too_large(run), updates_too_small(run)
    assert (large is not None) == (change >= 0.004 and loss > 0.97 * CHANCE and steps >= 22)
    assert (small is not None) == (change <= 1e-4 and loss > 0.85 * CHANCE and steps >= 24)
    for found in filter(None, (large, small)):
        rate = float(found.changes["learning_rate"])
        assert rate == pytest.approx(PEAK * 1e-3 / change, rel=0.5)
        assert Settings().changed(dict(found.changes)).learning_rate == rate


@pytest.mark.parametrize("settings", [{"optimizer": "sgd"}, {"lora": True}], ids=str)
def test_nothing_is_said_where_the_first_update_says_nothing_about_later_ones(settings: dict[str, Any]) -> None:
    for rule, change in ((updates_too_large, 0.01), (updates_too_small, 1e-6)):
        assert rule(run_of(first(change))) is not None
        assert rule(run_of(first(change), **settings)) is None


def test_nothing_is_said_without_figures_of_the_first_steps_or_of_layers() -> None:
    head_alone = record("layers", step=1, parts=[{"name": "head", "gradient_norm": 1.0, "update_ratio": 0.5}])
    for looks in ((), (look(30, [0.1] * 5),), (head_alone,)):
        run = run_of(*looks)
        assert updates_too_large(run) is updates_too_small(run) is None


@pytest.mark.parametrize("decay", [1.0, 0.1])
def test_parts_that_hardly_change_in_any_step_are_named_with_what_may_help(decay: float) -> None:
    still = [1e-9, 2e-9, 8e-7, 1e-3, 5e-3]
    found = part_not_learning(run_of(look(1, still), look(30, still), layer_decay=decay))
    assert found is not None and found.sentence.startswith("Embeddings to layer 2 hardly learn:")
    assert dict(found.changes) == ({"layer_decay": "0.9"} if decay < 0.5 else {})


def test_a_part_that_changed_in_some_step_learns() -> None:
    still, not_still = [1e-9, 1e-3, 1e-3, 1e-3, 5e-3], [1e-4, 1e-3, 1e-3, 1e-3, 5e-3]
    for looks in ((still, not_still), (not_still, still)):
        assert part_not_learning(run_of(*(look(step, one) for step, one in enumerate(looks, 1)))) is None
    found = part_not_learning(run_of(look(1, still)))
    assert found is not None and found.sentence.startswith("Embeddings hardly learn:")


@given(st.floats(1e-6, 1e-2), st.floats(0.003, 1.0), st.floats(1.0, 1e4))
def test_the_new_head_may_change_as_much_more_as_it_likes(layers: float, share: float, head: float) -> None:
    ratios = [layers * share, layers, layers, layers, layers * head]
    assert part_not_learning(run_of(look(1, ratios))) is None


def test_a_step_that_changed_nothing_says_nothing_about_parts() -> None:
    """In fp16 steps are skipped whose gradients overflow."""
    assert part_not_learning(run_of(look(1, [0.0] * 5))) is None


@given(st.floats(0.001, 100), st.floats(0, 10), st.integers(1, 60))
def test_gradients_far_above_their_limit_are_always_clipped(norm: float, limit: float, steps: int) -> None:
    found = always_clipped(run_of(norm=norm, steps=steps, max_grad_norm=limit))
    assert (found is not None) == (limit > 0 and steps >= 20 and norm >= 20 * limit)
    if found is not None:
        Settings().changed(dict(found.changes))


def test_gradients_that_are_clipped_now_and_then_are_not() -> None:
    run = run_of(norm=1000.0, max_grad_norm=1.0)
    history = RunHistory()
    calm = [record("step", step=step, gradient_norm=2.0) for step in range(41, 61)]
    history.update([record("plan"), *run.history.steps, *calm])
    assert always_clipped(run) is not None and always_clipped(Figures(history, run.settings)) is None
