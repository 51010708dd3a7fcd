"""Scalars copied from a device asynchronously.

Reading a number from a GPU blocks this process until all work queued there is done, and the GPU then idles until it is
given more. So the copy of a step's scalars is queued together with the step, and read one step later.
"""

from __future__ import annotations

import torch


class AsyncScalars:
    """A few scalars of a device: copied now, read later."""

    def __init__(self, *numbers: torch.Tensor) -> None:
        """Start the copy of 0-dimensional tensors, all on one device."""
        scalars = torch.stack([number.detach().float() for number in numbers])
        self._arrived: torch.cuda.Event | None = None
        if scalars.device.type == "cuda":
            self._here = torch.empty(scalars.shape, pin_memory=True).copy_(scalars, non_blocking=True)
            self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._arrived.record(torch.cuda.current_stream(scalars.device))
        else:
            self._here = scalars

    def read(self) -> list[float]:
        """Return the numbers; blocks until they have arrived."""
        if self._arrived is not None:
            self._arrived.synchronize()
        values: list[float] = self._here.tolist()
        return values
