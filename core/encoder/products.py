"""Matrix products into existing buffers, and the accumulation of weight gradients.

Products are computed in the format of their operands (bf16 or fp32) and summed in fp32 inside the kernel. Gradients are
summed over micro-batches in fp32.
"""

from __future__ import annotations

from functools import cache

import torch
from torch.nn import functional

_CHUNK = 512
"""Rows of one product in bf16. oneDNN makes a kernel for each new number of rows, at 0.3 ms and 0.6 MB per product
(measured, oneDNN 3.12). In chunks, any T needs the kernel for a whole chunk and one for the remainder."""
_SLOW = (0.9, 2.2)
"""Range of the ratio rows / columns of the result in which a product over a long inner dimension is slow with AMX:
1.2 TFLOP/s at once, 2.0 in three parts. Outside this range, parts are a few percent slower (measured, oneDNN 3.12)."""
_PARTS = 3


def product(x: torch.Tensor, weight: torch.Tensor, out: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """Write x [T, n] · weight [n, m] + bias [m] to `out` [T, m], and return it."""
    rows = x.shape[0]
    if x.dtype != torch.bfloat16 or rows <= _CHUNK:
        _product(x, weight, out, bias)
    else:
        for start in range(0, rows, _CHUNK):
            chunk = slice(start, start + _CHUNK)
            _product(x[chunk], weight, out[chunk], bias)
    return out


def _product(x: torch.Tensor, weight: torch.Tensor, out: torch.Tensor, bias: torch.Tensor | None) -> None:
    """Compute the product of one chunk, in parts of its columns where that is faster."""
    rows, columns = out.shape
    slow = x.dtype == torch.bfloat16 and weight.shape[0] >= columns and _SLOW[0] <= rows / columns < _SLOW[1]
    step = -(-columns // _PARTS) if slow and _has_amx() else columns
    for start in range(0, columns, step):
        part = slice(start, start + step)
        if bias is None:
            torch.mm(x, weight[:, part], out=out[:, part])
        else:
            torch.addmm(bias[part], x, weight[:, part], out=out[:, part])


@cache
def _has_amx() -> bool:
    """Return whether this processor has matrix units for bf16 (AMX)."""
    return bool(torch.cpu._is_amx_tile_supported())


def linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    """Write x [T, n] · weightᵀ + bias [m] to `out`, with weight [m, n] as in `nn.Linear`, and return it."""
    return product(x, weight.t(), out, bias)


@cache
def _reorders(dtype: torch.dtype) -> bool:
    """Return whether oneDNN multiplies with reordered weights of this format on this processor."""
    known = hasattr(torch.ops.mkldnn, "_linear_pointwise")
    available = known and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
    return available and (dtype != torch.bfloat16 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()))


class FixedLinear:
    """`nn.Linear` for a weight that no longer changes, optionally followed by a GELU.

    oneDNN reorders a weight for every product unless it has been reordered in advance. Measured without AMX, that takes
    10 to 25 % of the time at 96 rows and 10 % at 1,024. Where oneDNN is missing, or has no products in bf16 for this
    processor, the weight is not reordered.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, *, gelu: bool = False) -> None:
        """Args: weight: [m, n]. bias: [m], in the format of the weight."""
        self._bias, self._gelu = bias, gelu
        self._reordered = _reorders(weight.dtype)
        self._weight = weight.contiguous()
        if self._reordered:
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight, None)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return [T, m], given x [T, n]."""
        if self._reordered:
            after = "gelu" if self._gelu else "none"
            out: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, after, [], "none")
            return out
        out = functional.linear(x, self._weight, self._bias)
        return functional.gelu(out) if self._gelu else out


class Accumulator:
    """Adds the gradients of a micro-batch to those of its optimizer step, in fp32.

    The first micro-batch of a step overwrites the gradients, so they need not be set to zero.
    """

    def __init__(self, scratch: torch.Tensor | None) -> None:
        """Args: scratch: bf16 tensor with as many elements as the largest weight; None if products are fp32."""
        self._scratch = scratch
        self.first = False
        """Whether this is the first micro-batch of a step."""

    def weight(self, grad: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> None:
        """Add leftᵀ · right to `grad` [n, m], given left [T, n] and right [T, m]."""
        if self._scratch is None:
            torch.addmm(grad, left.t(), right, beta=0 if self.first else 1, out=grad)
            return
        product = self._scratch[: grad.numel()].view(grad.shape)
        remainder = len(left) % _CHUNK if len(left) > _CHUNK else 0
        whole = len(left) - remainder
        torch.mm(left[:whole].t(), right[:whole], out=product)
        if remainder:
            torch.addmm(product, left[whole:].t(), right[whole:], out=product)
        self.add(grad, product)

    def bias(self, grad: torch.Tensor, output_grad: torch.Tensor) -> None:
        """Add the sum over the rows of `output_grad` [T, n] to `grad` [n]."""
        self.add(grad, output_grad.sum(0))

    def add(self, grad: torch.Tensor, batch_grad: torch.Tensor) -> None:
        """Add `batch_grad` to `grad`, both of the same shape."""
        if self.first:
            grad.copy_(batch_grad)
        else:
            grad.add_(batch_grad)
