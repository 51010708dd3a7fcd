"""The moving average with which noisy figures are shown."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable


class MovingAverage:
    """The debiased exponential moving average, as in TensorBoard: `m = w·m + (1 - w)·y`, then `m / (1 - wⁿ)`.

    Values that are None or not finite give NaN at their place and do not affect later averages.
    """

    def __init__(self, weight: float) -> None:
        """Args: weight: That of what came before, `w`.

        Raises:
            ValueError: `weight` is not in [0, 1).
        """
        if not 0 <= weight < 1:
            raise ValueError(f"the smoothing weight is {weight}; it must be at least 0 and less than 1")
        self.weight = weight
        self.values: array[float] = array("d")
        """The average after every value so far."""
        self._mean, self._decay = 0.0, 1.0

    def extend(self, ys: Iterable[float | None]) -> None:
        """Go on with more values."""
        weight, mean, decay = self.weight, self._mean, self._decay
        share, add, finite = 1 - weight, self.values.append, math.isfinite
        for value in ys:
            if value is None or not finite(value):
                add(math.nan)
                continue
            mean = mean * weight + share * value
            decay *= weight
            average = mean / (1 - decay)
            add(average if finite(average) else value)  # rounding can exceed the largest float
        self._mean, self._decay = mean, decay


def exponential_average(ys: Iterable[float | None], weight: float) -> list[float]:
    """Return the `MovingAverage` after each of the values.

    Raises:
        ValueError: `weight` is not in [0, 1).
    """
    average = MovingAverage(weight)
    average.extend(ys)
    return list(average.values)
