"""Tensors in safetensors files, written in their memory layout so that transposed matrices need no copy.

The file holds such matrices in the shape of their memory layout, and lists them under `transposed` in its metadata.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

Tensors = dict[str, torch.Tensor]

_TRANSPOSED = "transposed"


def save_tensors(tensors: Tensors, file: Path) -> None:
    """Write `tensors` to `file`, without copying those in CPU memory."""
    stored = {name: tensor.detach().cpu() for name, tensor in tensors.items()}
    transposed = [name for name, tensor in stored.items() if _is_transposed_in_memory(tensor)]
    for name, tensor in stored.items():
        stored[name] = tensor.t() if name in transposed else tensor.contiguous()
    save_file(stored, file, metadata={_TRANSPOSED: json.dumps(transposed)})


def load_tensors(file: Path) -> Tensors:
    """Load what `save_tensors` wrote to `file`, each tensor in its own shape.

    Raises:
        SafetensorError, OSError, ValueError: The file is missing, damaged or of another kind.
    """
    with safe_open(file, framework="pt") as opened:
        transposed = json.loads((opened.metadata() or {}).get(_TRANSPOSED, "[]"))
        if not isinstance(transposed, list):
            raise ValueError(f"{_TRANSPOSED} is not a list of names")
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 -- not a mapping
    return {name: tensor.t() if name in transposed else tensor for name, tensor in tensors.items()}


def _is_transposed_in_memory(tensor: torch.Tensor) -> bool:
    return tensor.dim() == 2 and not tensor.is_contiguous() and tensor.t().is_contiguous()
