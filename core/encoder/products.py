"""Matrix products into given buffers, and the sums behind the gradients of weights.

Products run in the format of their operands (bf16 or fp32) with fp32 sums inside; what is summed over micro-batches is
summed in fp32.
"""

from __future__ import annotations

import torch


def linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    """x [T, in] · weightᵀ + bias [out] with weight [out, in], as `nn.Linear`."""
    torch.mm(x, weight.t(), out=out)
    return out.add_(bias)


def linear_transposed(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    """x [T, in] · weight + bias [out] with weight stored as [in, out]."""
    torch.mm(x, weight, out=out)
    return out.add_(bias)


class Accumulator:
    """Adds the gradients of a micro-batch to those of its optimizer step, in fp32."""

    def __init__(self, scratch: torch.Tensor | None) -> None:
        """Args: scratch: as many bf16 elements as the largest weight has; None where products are fp32."""
        self._scratch = scratch

    def weight(self, gradient: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> None:
        """gradient [n, m] += leftᵀ · right, from left [T, n] and right [T, m]."""
        if self._scratch is None:
            torch.addmm(gradient, left.t(), right, out=gradient)
            return
        product = self._scratch[: gradient.numel()].view(gradient.shape)
        torch.mm(left.t(), right, out=product)
        gradient.add_(product)

    def bias(self, gradient: torch.Tensor, of: torch.Tensor) -> None:
        """gradient [n] += sum over the rows of `of` [T, n]."""
        gradient.add_(of.sum(0, dtype=of.dtype))
