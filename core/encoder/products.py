"""Matrix products into given buffers, and the sums behind the gradients of weights.

Products run in the format of their operands (bf16 or fp32) with fp32 sums inside; what is summed over micro-batches is
summed in fp32.
"""

from __future__ import annotations

from functools import cache

import torch
from torch.nn import functional

_CHUNK = 512
"""Rows of one product in bf16. oneDNN makes kernels for every number of rows that it meets, which cost 0.3 ms and
0.6 MB a product (measured, oneDNN 3.12); T rows in chunks need but one set of kernels, and one for each rest."""
_SLOW = (0.9, 2.2)
"""Rows a column of the result at which one product over a long inner dimension is slow with AMX (oneDNN 3.12, measured:
1.2 TFLOP/s, 2.0 in three parts; outside, parts cost a few per cent)."""
_PARTS = 3


def product(x: torch.Tensor, weight: torch.Tensor, out: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """x [T, n] · weight [n, m] + bias [m] into `out` [T, m]."""
    rows = x.shape[0]
    if x.dtype != torch.bfloat16 or rows <= _CHUNK:
        _product(x, weight, out, bias)
    else:
        for start in range(0, rows, _CHUNK):
            chunk = slice(start, start + _CHUNK)
            _product(x[chunk], weight, out[chunk], bias)
    return out


def _product(x: torch.Tensor, weight: torch.Tensor, out: torch.Tensor, bias: torch.Tensor | None) -> None:
    """`product` in one piece, or in column parts where that is faster."""
    rows, columns = out.shape
    narrow = x.dtype == torch.bfloat16 and weight.shape[0] >= columns and _SLOW[0] <= rows / columns < _SLOW[1]
    step = -(-columns // _PARTS) if narrow and _has_tiles() else columns
    for start in range(0, columns, step):
        part = slice(start, start + step)
        if bias is None:
            torch.mm(x, weight[:, part], out=out[:, part])
        else:
            torch.addmm(bias[part], x, weight[:, part], out=out[:, part])


@cache
def _has_tiles() -> bool:
    """Whether this processor multiplies bf16 in tiles (AMX)."""
    return bool(torch.cpu._is_amx_tile_supported())


def linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    """x [T, n] · weightᵀ + bias [m] with weight [m, n], as `nn.Linear`."""
    return product(x, weight.t(), out, bias)


class FixedLinear:
    """`nn.Linear`, with a gelu after it if asked for, of a weight that does not change any more.

    oneDNN lays a weight out anew for every product, unless it was laid out before: measured without AMX, that is 10 to
    25 % of the time at 96 rows and 10 % at 1,024. Where torch has no oneDNN the weight stays as it is.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, *, gelu: bool = False) -> None:
        """Args: weight: [m, n]. bias: [m], in its format."""
        self._bias, self._gelu = bias, gelu
        known = hasattr(torch.ops.mkldnn, "_linear_pointwise")
        self._laid_out = known and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
        self._weight = weight.contiguous()
        if self._laid_out:
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight, None)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[T, m] from x [T, n]."""
        if self._laid_out:
            after = "gelu" if self._gelu else "none"
            out: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, after, [], "none")
            return out
        out = functional.linear(x, self._weight, self._bias)
        return functional.gelu(out) if self._gelu else out


class Accumulator:
    """Adds the gradients of a micro-batch to those of its optimizer step, in fp32.

    The first micro-batch of a step writes instead of adding, so that nobody has to zero what it will write.
    """

    def __init__(self, scratch: torch.Tensor | None) -> None:
        """Args: scratch: as many bf16 elements as the largest weight has; None where products are fp32."""
        self._scratch = scratch
        self.first = False
        """Whether this is the first micro-batch of a step."""

    def weight(self, gradient: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> None:
        """gradient [n, m] += leftᵀ · right, from left [T, n] and right [T, m]."""
        if self._scratch is None:
            torch.addmm(gradient, left.t(), right, beta=0 if self.first else 1, out=gradient)
            return
        product = self._scratch[: gradient.numel()].view(gradient.shape)
        rest = len(left) % _CHUNK if len(left) > _CHUNK else 0
        whole = len(left) - rest
        torch.mm(left[:whole].t(), right[:whole], out=product)
        if rest:
            torch.addmm(product, left[whole:].t(), right[whole:], out=product)
        self.add(gradient, product)

    def bias(self, gradient: torch.Tensor, of: torch.Tensor) -> None:
        """gradient [n] += sum over the rows of `of` [T, n]."""
        self.add(gradient, of.sum(0))

    def add(self, gradient: torch.Tensor, of: torch.Tensor) -> None:
        """gradient += `of`, of the same shape."""
        if self.first:
            gradient.copy_(of)
        else:
            gradient.add_(of)
