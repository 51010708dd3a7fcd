"""Layer normalization over the hidden size, in fp32, into given buffers."""

from __future__ import annotations

import torch

from core.encoder.products import Accumulator
from core.encoder.workspace import Workspace

_FORWARD = torch.ops.aten.native_layer_norm.out
_BACKWARD = torch.ops.aten.native_layer_norm_backward.out


def layer_norm(
    x: torch.Tensor,
    scale: torch.Tensor,
    shift: torch.Tensor,
    epsilon: float,
    out: torch.Tensor,
    stats: torch.Tensor,
) -> None:
    """Write (x − mean) / standard deviation · scale + shift to `out`, for x [n, H]; `out` must not share memory with x.

    Args:
        stats: [2, n, 1] out: mean and reciprocal standard deviation of each row, for the backward pass.
    """
    _FORWARD(x, [x.shape[1]], scale, shift, epsilon, out0=out, out1=stats[0], out2=stats[1])


def layer_norm_backward(
    grad: torch.Tensor,
    x: torch.Tensor,
    stats: torch.Tensor,
    scale: torch.Tensor,
    grad_scale: torch.Tensor,
    grad_shift: torch.Tensor,
    out: torch.Tensor,
    workspace: Workspace,
    accumulate: Accumulator,
) -> None:
    """Write the gradient of x to `out`, given that of the output, and add those of scale and shift [H].

    `out` must not share memory with `grad`.
    """
    hidden_size = x.shape[1]
    batch_grad_scale = workspace("scale grad", hidden_size, dtype=torch.float32)
    batch_grad_shift = workspace("shift grad", hidden_size, dtype=torch.float32)
    _BACKWARD(
        grad, x, [hidden_size], stats[0], stats[1], scale, scale, [True, True, True],
        out0=out, out1=batch_grad_scale, out2=batch_grad_shift,
    )  # fmt: skip
    accumulate.add(grad_scale, batch_grad_scale)
    accumulate.add(grad_shift, batch_grad_shift)
