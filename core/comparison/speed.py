"""How fast models classify on this machine, measured in turns: A B A B …, so that whatever slows one slows all.

Each model gets the same batch in each round, and then some reviews alone; medians are told. A machine that is busy with
something else makes no comparison: the figures are still given, but no ratio.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import numpy as np

from core.base.contention import MAX_LOST, Contention
from core.comparison.report import SpeedReport
from core.comparison.rows import Progress

ROUNDS = 5
_ALONE = 4
"""Reviews that are classified one by one in each round."""
_SECONDS = 4.0
"""What all rounds together are to take."""
_TRIAL = 16
"""Reviews in the trial from which the size of the batch follows."""
_MOST = 256


class Classifies(Protocol):
    """What is measured."""

    def logits(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True)
class Speeds:
    """Seconds of each model in each round."""

    batch: list[list[float]]
    """[K][rounds], for the batch."""
    alone: list[list[float]]
    """[K][rounds · reviews], for one review each."""
    report: SpeedReport

    def reviews_per_second(self, model: int) -> float:
        return self.report.reviews / median(self.batch[model])

    def one_review_seconds(self, model: int) -> float:
        return median(self.alone[model])

    def ratio(self, a: int, b: int) -> float | None:
        """Return how much longer a takes than b for the same batch; None if the machine was too busy to say.

        It is the median over the rounds. If one round says the opposite, they are as fast: 1.
        """
        if not self.report.comparable:
            return None
        ratios = [one / other for one, other in zip(self.batch[a], self.batch[b], strict=True)]
        return 1.0 if min(ratios) < 1 < max(ratios) else median(ratios)


def measure_speeds(
    models: Sequence[Classifies],
    texts: Sequence[str],
    progress: Progress,
    *,
    busy: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.perf_counter,
    contention: Contention | None = None,
) -> Speeds:
    """Measure K models on some reviews.

    Args:
        texts: At least one review; a batch of them is taken from the front.
        busy: Returns whether something is known to use this machine.
    """
    progress("measuring speeds", 0.0)
    trial = texts[:_TRIAL]
    spent = 0.0
    for model in models:
        model.logits(trial)  # kernels are chosen and buffers made
        began = clock()
        model.logits(trial)
        spent += clock() - began
    fits = int(_SECONDS / ROUNDS / max(spent / len(trial), 1e-9))
    batch = texts[: max(min(fits, _MOST), min(_TRIAL, len(texts)))]
    watch = contention or Contention()
    watch.lost()
    was_busy = busy()
    batches: list[list[float]] = [[] for _ in models]
    alone: list[list[float]] = [[] for _ in models]
    for number in range(ROUNDS):
        singles = [batch[(number * _ALONE + one) % len(batch)] for one in range(_ALONE)]
        for which, model in enumerate(models):
            batches[which].append(_timed(model, batch, clock))
        for text in singles:
            for which, model in enumerate(models):
                alone[which].append(_timed(model, [text], clock))
        progress("measuring speeds", (number + 1) / ROUNDS)
    lost = watch.lost()
    quiet = lost <= MAX_LOST and not was_busy and not busy()
    return Speeds(batches, alone, SpeedReport(reviews=len(batch), rounds=ROUNDS, lost=round(lost, 3), comparable=quiet))


def _timed(model: Classifies, texts: Sequence[str], clock: Callable[[], float]) -> float:
    began = clock()
    model.logits(texts)
    return max(clock() - began, 1e-9)
