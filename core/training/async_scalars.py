"""Numbers on their way from a device to this process, without stopping the device.

Reading a number off a GPU makes this process wait for all work that it has handed out, and the GPU then waits for new
work. So the figures of a step are sent off when it is handed out, and read when the next one is.
"""

from __future__ import annotations

import torch


class AsyncScalars:
    """A few numbers of a device: sent off now, read later."""

    def __init__(self, *numbers: torch.Tensor) -> None:
        """Args: numbers: 0-dimensional, of one device."""
        sent = torch.stack([number.detach().float() for number in numbers])
        self._arrived: torch.cuda.Event | None = None
        if sent.device.type == "cuda":
            self._here = torch.empty(sent.shape, pin_memory=True).copy_(sent, non_blocking=True)
            self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._arrived.record(torch.cuda.current_stream(sent.device))
        else:
            self._here = sent

    def read(self) -> list[float]:
        """The numbers; waits until they are there."""
        if self._arrived is not None:
            self._arrived.synchronize()
        values: list[float] = self._here.tolist()
        return values
