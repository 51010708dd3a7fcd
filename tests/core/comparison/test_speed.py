"""Speeds are measured in turns, with a clock of the test's own; a busy machine compares nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.base.contention import Contention
from core.comparison.speed import ROUNDS, measure_speeds


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Model:
    """Takes `seconds` a review; every call is written down."""

    def __init__(self, name: str, seconds: float, clock: Clock, calls: list[tuple[str, int]]) -> None:
        self._name, self._seconds, self._clock, self._calls = name, seconds, clock, calls

    def logits(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        self._calls.append((self._name, len(texts)))
        self._clock.now += self._seconds * len(texts)
        return np.zeros((len(texts), 2)), np.zeros(len(texts))


class Quiet(Contention):
    def __init__(self, lost: float = 0.0) -> None:
        self._lost = lost

    def lost(self) -> float:
        return self._lost


def _measured(lost: float = 0.0, busy: bool = False, seconds: tuple[float, float] = (0.002, 0.001)):  # type: ignore[no-untyped-def]
    clock, calls = Clock(), list[tuple[str, int]]()
    models = [Model(name, one, clock, calls) for name, one in zip("ab", seconds, strict=True)]
    texts = [f"review {number}" for number in range(400)]
    speeds = measure_speeds(models, texts, lambda *_: None, clock=clock, contention=Quiet(lost), busy=lambda: busy)
    return speeds, calls, clock.now


def test_models_take_turns_and_medians_are_told() -> None:
    speeds, calls, took = _measured()
    whole = [name for name, count in calls[4:] if count > 1]
    assert whole == ["a", "b"] * ROUNDS
    assert [name for name, count in calls if count == 1][:4] == ["a", "b", "a", "b"]
    assert speeds.reviews_per_second(0) == pytest.approx(500) and speeds.reviews_per_second(1) == pytest.approx(1000)
    assert speeds.one_review_seconds(0) == pytest.approx(0.002)
    assert speeds.ratio(0, 1) == pytest.approx(2) and speeds.ratio(1, 0) == pytest.approx(0.5)
    assert took < 5


def test_slow_models_get_a_small_batch() -> None:
    speeds, _, took = _measured(seconds=(0.02, 0.03))
    assert speeds.report.reviews == 16 and took < 9


def test_a_busy_machine_compares_nothing() -> None:
    for lost, busy in ((0.3, False), (0.0, True)):
        speeds, _, _ = _measured(lost, busy)
        assert not speeds.report.comparable and speeds.ratio(0, 1) is None
        assert speeds.reviews_per_second(0) > 0
