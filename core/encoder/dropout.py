"""Dropout masks that are cheap and can be replayed.

Drawing a mask element by element costs more than the layer that it is applied to. So a *pool* of mask elements is
drawn once for some steps, and each place of each micro-batch takes a slice of it at an offset of its own. Pool and
offsets are pure functions of (seed, step, micro-batch): a step that is done again drops what it dropped before.

Elements are 0 or `scale`, the number nearest to 1 / (1 − p) that the format of the products can hold, and the share
that is dropped is 1 − 1 / scale, so that the mean stays exactly 1: for p = 0.1 in bf16 it is 0.0986.
"""

from __future__ import annotations

import math

import numpy as np
import torch

_POOL_ELEMENTS = 1 << 22
_POOL_STEPS = 32
"""Optimizer steps that share a pool."""
_ALIGNMENT = 32
_VALUES = 1 << 16


class MaskPool:
    """The masks of a run."""

    def __init__(self, seed: int, dtype: torch.dtype, elements: int = _POOL_ELEMENTS) -> None:
        """Args: dtype: of the masks. elements: size of a pool."""
        self._seed, self._dtype, self._elements = seed, dtype, elements
        self._pools: dict[float, tuple[int, torch.Tensor]] = {}

    def masks(self, step: int, micro: int) -> Masks:
        """The masks of one micro-batch, both counted from 0."""
        return Masks(self, step, np.random.Generator(np.random.SFC64([self._seed, step, micro])))

    def pool(self, rate: float, step: int) -> torch.Tensor:
        """[elements] mask elements for dropping with probability `rate` in `step`."""
        age = step // _POOL_STEPS
        kept = self._pools.get(rate)
        if kept is None or kept[0] != age:
            self._pools.pop(rate, None)
            stream = np.random.SFC64([self._seed, age, round(rate * _VALUES)])
            kept = self._pools[rate] = age, draw(stream, rate, self._elements, self._dtype)
        return kept[1]


class Masks:
    """The masks of one micro-batch; which mask is which follows from the order in which they are taken."""

    def __init__(self, pool: MaskPool, step: int, generator: np.random.Generator) -> None:
        self._pool, self._step, self._generator = pool, step, generator

    def take(self, rate: float, *shape: int) -> torch.Tensor | None:
        """The next mask, or None where nothing is dropped. It is a view of the pool: do not write to it."""
        if rate == 0:
            return None
        pool, size = self._pool.pool(rate, self._step), math.prod(shape)
        room = len(pool) - size
        if room < 0:  # a place larger than the pool gets a mask of its own
            own = np.random.SFC64(self._generator.integers(0, 1 << 63, size=2))
            return draw(own, rate, size, pool.dtype).view(shape)
        start = int(self._generator.integers(0, room // _ALIGNMENT + 1)) * _ALIGNMENT
        return pool[start : start + size].view(shape)


def draw(stream: np.random.SFC64, rate: float, elements: int, dtype: torch.dtype) -> torch.Tensor:
    """[elements] independent mask elements from a stream of random bits."""
    scale = float(torch.tensor(1 / (1 - rate)).to(dtype))
    uniform = torch.from_numpy(stream.random_raw(-(-elements // 4)).view(np.int16)[:elements])
    dropped = round((1 - 1 / scale) * _VALUES)
    return (uniform >= dropped - _VALUES // 2).to(dtype).mul_(scale)
