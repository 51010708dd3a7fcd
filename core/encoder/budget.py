"""How many tokens a micro-batch shall have on this machine: measured, not guessed.

A larger micro-batch adds its gradients to those of the step less often; a smaller one keeps its activations in the
processor's cache and takes less memory. Which matters more depends on the processor and on the width of the model, so
the products of one layer, forward and backward, are timed at some sizes. The smallest that is nearly as fast as the
fastest wins, since memory grows with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from core.encoder.footprint import Sizes
from core.encoder.products import Accumulator, linear, product

SIZES = (1024, 2048, 4096)
"""Tokens that are tried."""
_NEARLY = 1.03
_ROUNDS = 3
"""Each size is timed so often, in turn with the others; the fastest counts, as a busy machine only ever adds."""


@torch.no_grad()
def measured_budget(architecture: Sizes, dtype: torch.dtype, clock: Callable[[], float] = time.perf_counter) -> int:
    """The tokens that a micro-batch of a model of this shape shall have, one of `SIZES`."""
    layer = _Products(architecture, dtype)
    for size in SIZES:
        layer.work(size)  # kernels are made, buffers touched
    fastest = dict.fromkeys(SIZES, float("inf"))
    for _ in range(_ROUNDS):
        for size in SIZES:
            began = clock()
            layer.work(size)
            fastest[size] = min(fastest[size], (clock() - began) / size)
    return chosen_budget(fastest)


def chosen_budget(seconds: dict[int, float]) -> int:
    """The smallest size that is nearly as fast as the fastest, from the seconds that each takes a token."""
    best = min(seconds.values())
    return min(size for size, taken in seconds.items() if taken <= _NEARLY * best)


class _Products:
    """The matrix products of one layer and the sums of their gradients, on zeros."""

    def __init__(self, architecture: Sizes, dtype: torch.dtype) -> None:
        width, inner, most = architecture.width, architecture.inner, max(SIZES)
        shapes = ((3 * width, width), (width, width), (inner, width), (width, inner))
        self._weights = [torch.zeros(shape, dtype=dtype) for shape in shapes]
        self._biases = [torch.zeros(rows, dtype=dtype) for rows, _ in shapes]
        self._gradients = [torch.zeros(shape) for shape in shapes]
        self._inputs = [torch.zeros(most, columns, dtype=dtype) for _, columns in shapes]
        self._outputs = [torch.zeros(most, rows, dtype=dtype) for rows, _ in shapes]
        scratch = (
            None if dtype == torch.float32 else torch.empty(max(one.numel() for one in self._weights), dtype=dtype)
        )
        self._add = Accumulator(scratch)

    def work(self, tokens: int) -> None:
        """One forward and backward pass of a micro-batch that is not the first of its step."""
        for weight, bias, gradient, whole_input, whole_output in zip(
            self._weights, self._biases, self._gradients, self._inputs, self._outputs, strict=True
        ):
            given, made = whole_input[:tokens], whole_output[:tokens]
            linear(given, weight, bias, made)
            self._add.weight(gradient, made, given)
            product(made, weight, given)
