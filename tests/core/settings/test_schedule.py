"""The learning rate of each step, and how much of it a longer run shares with a shorter one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.settings.schedule import Schedule, planned_steps, schedule_of
from core.settings.schema import Settings

RATIOS = st.sampled_from([0.0, 0.06, 0.1, 0.5, 0.9])
STEPS = st.integers(2, 500)
KINDS = ("linear", "cosine", "constant", "wsd")


def made(steps: int, per_epoch: int | None = None, **settings: Any) -> Schedule:
    return schedule_of(Settings(**settings), steps, per_epoch or steps)


def shares(steps: int, per_epoch: int | None = None, **settings: Any) -> list[float]:
    schedule = made(steps, per_epoch, **settings)
    return [schedule.share(step) for step in range(steps + 1)]


@given(STEPS, RATIOS, st.sampled_from(KINDS))
def test_the_rate_rises_from_above_zero_to_its_peak_and_never_rises_again(steps: int, ratio: float, kind: str) -> None:
    found = shares(steps, warmup_ratio=ratio, schedule=kind)
    assume(kind != "wsd" or made(steps, warmup_ratio=ratio, schedule=kind).trunk >= ratio * steps)
    top = found.index(max(found))
    assert found[:top] == sorted(found[:top]) and found[0] > 0
    assert found[top:] == sorted(found[top:], reverse=True)
    assert max(found) >= 0.95 or steps < 40
    assert max(found) <= 1 and top <= ratio * steps + 1


@given(STEPS, RATIOS, st.sampled_from(["linear", "cosine", "wsd"]))
def test_all_but_constant_end_at_zero_and_not_before(steps: int, ratio: float, kind: str) -> None:
    assume(steps * (1 - ratio) >= 1)
    found = shares(steps, warmup_ratio=ratio, schedule=kind)
    assert found[-1] == pytest.approx(0, abs=1e-12) and min(found[:-1]) > 0


@given(STEPS, RATIOS)
def test_constant_stays_at_its_peak_after_the_warm_up(steps: int, ratio: float) -> None:
    assert set(shares(steps, warmup_ratio=ratio, schedule="constant")[int(ratio * steps) + 1 :]) == {1.0}


def test_rates_by_hand() -> None:
    assert shares(4, warmup_ratio=0, schedule="linear") == pytest.approx([1, 0.75, 0.5, 0.25, 0])
    assert shares(4, warmup_ratio=0, schedule="cosine")[2] == pytest.approx(0.5)
    warm = shares(10, warmup_ratio=0.3, schedule="linear")
    assert warm[:4] == pytest.approx([0.25, 0.5, 0.75, 1]) and warm[9] == pytest.approx(1 / 7)
    assert shares(3, warmup_ratio=1, schedule="linear")[:3] == pytest.approx([0.25, 0.5, 0.75])
    falling = shares(10, warmup_ratio=0, schedule="wsd", decay_ratio=0.4)
    assert falling == pytest.approx([1] * 7 + [1 - 0.25**0.5, 1 - 0.5**0.5, 1 - 0.75**0.5, 0])
    warmed = shares(8, 4, warmup_ratio=0.5, schedule="wsd", decay_ratio=0.25)
    assert warmed[:3] == pytest.approx([1 / 3, 2 / 3, 1]) and warmed[6] == 1 and warmed[7] < 1


@given(st.integers(1, 60), st.integers(1, 12), st.integers(1, 12), RATIOS, st.sampled_from([0.05, 0.2, 0.5]))
def test_runs_of_any_length_share_a_trunk_and_no_rate_of_it_differs(
    per_epoch: int, epochs: int, more: int, ratio: float, decay: float
) -> None:
    """What makes an extended run equal one that was planned as long from the beginning."""
    asked = {"schedule": "wsd", "warmup_ratio": ratio, "decay_ratio": decay}
    short = made(epochs * per_epoch, per_epoch, **asked)
    long = made((epochs + more) * per_epoch, per_epoch, **asked)
    assert short.trunk is not None and long.trunk is not None
    assert short.trunk <= long.trunk
    assert [short.share(step) for step in range(short.trunk)] == [long.share(step) for step in range(short.trunk)]
    assert short.shares_steps_with(long, short.trunk)
    if short.steps - short.trunk > 2 and short.trunk >= short.warmup:
        assert not short.shares_steps_with(long, short.steps)


@given(STEPS, RATIOS, st.sampled_from(["linear", "cosine"]))
def test_a_longer_run_with_another_schedule_is_another_from_its_first_rates_on(
    steps: int, ratio: float, kind: str
) -> None:
    short, long = made(steps, warmup_ratio=ratio, schedule=kind), made(2 * steps, warmup_ratio=ratio, schedule=kind)
    assert short.trunk is None and not short.shares_steps_with(long, steps)


def test_steps_are_those_of_the_epochs_or_as_many_as_are_asked_for() -> None:
    assert planned_steps(Settings(epochs=3), 7) == 21
    assert planned_steps(Settings(epochs=3, max_steps=5), 7) == 5
