"""Layer normalisation over the width, into given buffers; fp32."""

from __future__ import annotations

import torch

from core.encoder.products import Accumulator
from core.encoder.workspace import Workspace

_FORWARD = torch.ops.aten.native_layer_norm.out
_BACKWARD = torch.ops.aten.native_layer_norm_backward.out


def normalise(
    total: torch.Tensor,
    scale: torch.Tensor,
    shift: torch.Tensor,
    epsilon: float,
    out: torch.Tensor,
    rows: torch.Tensor,
) -> None:
    """(total − mean) · deviation⁻¹ · scale + shift, for `total` [n, H]; `out` must be other memory than `total`.

    Args:
        rows: [2, n, 1] out: mean and reciprocal deviation of each row, for the backward pass.
    """
    _FORWARD(total, [total.shape[1]], scale, shift, epsilon, out0=out, out1=rows[0], out2=rows[1])


def normalise_backward(
    gradient: torch.Tensor,
    total: torch.Tensor,
    rows: torch.Tensor,
    scale: torch.Tensor,
    scale_gradient: torch.Tensor,
    shift_gradient: torch.Tensor,
    out: torch.Tensor,
    work: Workspace,
    accumulate: Accumulator,
) -> None:
    """The gradient of `total` into `out`, from that of the normalised rows; adds those of scale and shift [H].

    `out` must be other memory than `gradient`.
    """
    width = total.shape[1]
    own_scale = work("scale gradient", width, dtype=torch.float32)
    own_shift = work("shift gradient", width, dtype=torch.float32)
    _BACKWARD(
        gradient, total, [width], rows[0], rows[1], scale, scale, [True, True, True],
        out0=out, out1=own_scale, out2=own_shift,
    )  # fmt: skip
    accumulate.add(scale_gradient, own_scale)
    accumulate.add(shift_gradient, own_shift)
