"""The moving average with which noisy figures are shown."""

from __future__ import annotations

import math
from collections.abc import Iterable


def exponential_average(ys: Iterable[float | None], weight: float) -> list[float]:
    """Return the debiased exponential moving average, as in TensorBoard: `m = w·m + (1 - w)·y`, then `m / (1 - wⁿ)`.

    Values that are None or not finite give NaN at their place and do not affect later averages.

    Raises:
        ValueError: `weight` is not in [0, 1).
    """
    if not 0 <= weight < 1:
        raise ValueError(f"the smoothing weight is {weight}; it must be at least 0 and less than 1")
    averages: list[float] = []
    mean, decay = 0.0, 1.0
    for value in ys:
        if value is None or not math.isfinite(value):
            averages.append(math.nan)
            continue
        mean = mean * weight + (1 - weight) * value
        decay *= weight
        average = mean / (1 - decay)
        averages.append(average if math.isfinite(average) else value)  # rounding can exceed the largest float
    return averages
