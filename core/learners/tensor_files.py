"""Tensors in a safetensors file, written as they lie in memory: a matrix that is stored transposed is not copied first.

The file's metadata names such matrices under `transposed`; in the file they have the shape of what lies in memory.
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
    """Write `tensors` to `file`; on a CPU none is copied."""
    there = {name: tensor.detach().cpu() for name, tensor in tensors.items()}
    transposed = [name for name, tensor in there.items() if _lies_transposed(tensor)]
    for name, tensor in there.items():
        there[name] = tensor.t() if name in transposed else tensor.contiguous()
    save_file(there, file, metadata={_TRANSPOSED: json.dumps(transposed)})


def load_tensors(file: Path) -> Tensors:
    """What `save_tensors` wrote to `file`, each tensor in its own shape.

    Raises:
        SafetensorError, OSError, ValueError: it is no such file.
    """
    with safe_open(file, framework="pt") as opened:
        transposed = json.loads((opened.metadata() or {}).get(_TRANSPOSED, "[]"))
        if not isinstance(transposed, list):
            raise ValueError(f"{_TRANSPOSED} is no list of names")
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 -- no mapping
    return {name: tensor.t() if name in transposed else tensor for name, tensor in tensors.items()}


def _lies_transposed(tensor: torch.Tensor) -> bool:
    return tensor.dim() == 2 and not tensor.is_contiguous() and tensor.t().is_contiguous()
