"""Measures how many tokens a micro-batch should have on this machine.

With larger micro-batches, gradients are accumulated less often; with smaller ones, activations stay in the processor's
cache and need less memory. Which matters more depends on the processor and on the hidden size, so the matrix products
of one layer, forward and backward, are timed at a few sizes. Of those that are nearly as fast as the fastest, the
smallest is chosen, because memory grows with the size.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from core.encoder.footprint import Sizes
from core.encoder.products import Accumulator, linear, product

SIZES = (1024, 2048, 4096)
"""The numbers of tokens that are tried."""
_NEARLY = 1.03
_ROUNDS = 3
"""How often each size is timed, in turn with the others. The fastest time counts: other processes only add to it."""


@torch.no_grad()
def measured_budget(architecture: Sizes, dtype: torch.dtype, clock: Callable[[], float] = time.perf_counter) -> int:
    """Return how many tokens a micro-batch should have for a model of these sizes: one of `SIZES`."""
    layer = _Products(architecture, dtype)
    for size in SIZES:
        layer.work(size)  # warm-up: creates kernels and touches buffers
    fastest = dict.fromkeys(SIZES, float("inf"))
    for _ in range(_ROUNDS):
        for size in SIZES:
            began = clock()
            layer.work(size)
            fastest[size] = min(fastest[size], (clock() - began) / size)
    return chosen_budget(fastest)


def chosen_budget(seconds: dict[int, float]) -> int:
    """Return the smallest size that is nearly as fast as the fastest, given the seconds per token of each size."""
    best = min(seconds.values())
    return min(size for size, taken in seconds.items() if taken <= _NEARLY * best)


class _Products:
    """The matrix products of one layer and the accumulation of their gradients, on zeros."""

    def __init__(self, architecture: Sizes, dtype: torch.dtype) -> None:
        hidden_size, intermediate_size = architecture.hidden_size, architecture.intermediate_size
        shapes = (
            (3 * hidden_size, hidden_size),
            (hidden_size, hidden_size),
            (intermediate_size, hidden_size),
            (hidden_size, intermediate_size),
        )
        self._weights = [torch.zeros(shape, dtype=dtype) for shape in shapes]
        self._biases = [torch.zeros(rows, dtype=dtype) for rows, _ in shapes]
        self._grads = [torch.zeros(shape) for shape in shapes]
        self._inputs = [torch.zeros(max(SIZES), columns, dtype=dtype) for _, columns in shapes]
        self._outputs = [torch.zeros(max(SIZES), rows, dtype=dtype) for rows, _ in shapes]
        scratch = (
            None if dtype == torch.float32 else torch.empty(max(one.numel() for one in self._weights), dtype=dtype)
        )
        self._accumulate = Accumulator(scratch)

    def work(self, tokens: int) -> None:
        """Compute the products of a micro-batch, forward and backward, as if it were not the first of its step."""
        for weight, bias, grad, inputs, outputs in zip(
            self._weights, self._biases, self._grads, self._inputs, self._outputs, strict=True
        ):
            x, y = inputs[:tokens], outputs[:tokens]
            linear(x, weight, bias, y)
            self._accumulate.weight(grad, y, x)
            product(y, weight, x)
