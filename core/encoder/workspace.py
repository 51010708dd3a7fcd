"""Buffers that are reused from one micro-batch to the next.

A training step that allocates new memory for its activations touches hundreds of thousands of fresh pages, and the
operating system has to clear each of them first. Here, every tensor has a name and a buffer that only grows.
"""

from __future__ import annotations

import math

import torch


class Workspace:
    """Named scratch tensors. A tensor is valid until its name is requested again."""

    def __init__(self, reuse: bool = True) -> None:
        """Args: reuse: Whether to reuse buffers. Tests set it to False to get new memory each time."""
        self._reuse = reuse
        self._buffers: dict[tuple[str, torch.dtype], torch.Tensor] = {}

    def __call__(self, name: str, *shape: int, dtype: torch.dtype) -> torch.Tensor:
        """Return an uninitialized tensor of `shape`, in the buffer called `name`."""
        if not self._reuse:
            return torch.empty(shape, dtype=dtype)
        size = math.prod(shape)
        buffer = self._buffers.get((name, dtype))
        if buffer is None or buffer.numel() < size:
            self._buffers.pop((name, dtype), None)
            buffer = self._buffers[name, dtype] = torch.empty(size, dtype=dtype)
        return buffer[:size].view(shape)

    def bytes(self) -> int:
        """Return the total size of all buffers in bytes."""
        return sum(buffer.numel() * buffer.element_size() for buffer in self._buffers.values())

    def clear(self) -> None:
        """Free all buffers."""
        self._buffers.clear()
