"""AdamW and SGD over the flat buffers of `Weights`: one call a group, whatever the number of parameters.

The formulas are `torch.optim`'s own functions; only what they are given is flat.
"""

from __future__ import annotations

import math

import torch
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from core.encoder.weights import Weights, lazy_zeros

_BETAS, _EPSILON = (0.9, 0.999), 1e-8
MOMENTS = ("exp_avg", "exp_avg_sq")
STEP = "/step"
"""Name of the optimizer's step count among its tensors; no weight begins with a slash."""


class FlatOptimizer:
    """AdamW with bias correction (Loshchilov and Hutter 2019), or SGD."""

    def __init__(self, weights: Weights, *, adaptive: bool) -> None:
        """Args: adaptive: AdamW, else SGD."""
        self._weights = weights
        self._moments = [lazy_zeros(len(weights.master)) for _ in MOMENTS] if adaptive else []
        self._step = torch.zeros(())

    @torch.no_grad()
    def update(self, rate: float, max_norm: float | None) -> float:
        """One step with learning rate `rate`, gradients clipped to `max_norm`. Returns their norm before that."""
        weights = self._weights
        gradient = weights.gradient[: weights.size]
        norm = math.sqrt(float(torch.dot(gradient, gradient)))
        # Divides the gradients, as torch's clip_grad_norm_ does.
        divisor = max(1.0, (norm + 1e-6) / max_norm) if max_norm else 1.0
        groups = [group for group in weights.all_groups() if group.stop > group.start]
        if self._moments:
            scale = torch.tensor(divisor) if divisor != 1 else None
            for group in groups:
                part = slice(group.start, group.stop)
                first, second = (moments[part] for moments in self._moments)
                adamw(
                    [weights.master[part]],
                    [weights.gradient[part]],
                    [first],
                    [second],
                    [],
                    [self._step.clone()],
                    fused=True,
                    grad_scale=scale,
                    amsgrad=False,
                    beta1=_BETAS[0],
                    beta2=_BETAS[1],
                    lr=rate * group.scale,
                    weight_decay=group.decay,
                    eps=_EPSILON,
                    maximize=False,
                )
        else:
            gradient.div_(divisor)
            for group in groups:
                part = slice(group.start, group.stop)
                if group.decay:  # in place: torch's own way takes a copy of all gradients
                    weights.gradient[part].add_(weights.master[part], alpha=group.decay)
                sgd(
                    [weights.master[part]],
                    [weights.gradient[part]],
                    [None],
                    weight_decay=0.0,
                    momentum=0.0,
                    lr=rate * group.scale,
                    dampening=0.0,
                    nesterov=False,
                    maximize=False,
                )
        self._step += 1
        weights.decayed(rate)
        weights.refresh()
        return norm

    def tensors(self) -> dict[str, torch.Tensor]:
        """The moments themselves by `<weight>/<moment>`, and the step count, to be written to a checkpoint."""
        found = {STEP: self._step.clone()}
        for kind, moments in zip(MOMENTS, self._moments, strict=False):
            found.update(
                {f"{name}/{kind}": value for name, value in self._weights.named(moments, copies=False).items()}
            )
        return found

    def restore(self, saved: dict[str, torch.Tensor]) -> None:
        """Put back what `tensors` took; `Weights.restore` comes first."""
        self._step.copy_(saved[STEP])
        for kind, moments in zip(MOMENTS, self._moments, strict=False):
            ending = f"/{kind}"
            moments[: self._weights.reached].zero_()
            of_kind = {key.removesuffix(ending): value for key, value in saved.items() if key.endswith(ending)}
            self._weights.fill(moments, of_kind)
