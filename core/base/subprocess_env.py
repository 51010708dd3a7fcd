"""What the processes that this project starts, workers and engine services, are given as their environment."""

from __future__ import annotations

import os
from pathlib import Path

KERNELS = {"LRU_CACHE_CAPACITY": "32", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "256"}
"""How many kernels torch's binding of oneDNN, and oneDNN itself, keep for shapes that they have met.

Both keep 1,024 by their own choice, 0.65 MB each, and reviews bring a new shape in every batch. On the starter,
measured: 130 MB less at the end of a run of short reviews, more of long ones, and no difference in time.
"""

CUBLAS_WORKSPACE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
"""With workspaces of a fixed size cuBLAS gives the same bits every time (its own documentation); see
`core/models/determinism.py`."""


def child_environment(**more: str) -> dict[str, str]:
    """The environment of a child: ours, `more`, and where `core` lies, so that it is found from any working folder."""
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**library_settings(), **os.environ, "PYTHONPATH": path, **more}


def library_settings() -> dict[str, str]:
    """What libraries are told; what the person has told them stays as it is.

    How long a waiting thread of OpenMP looks for work is left alone: to sleep sooner was, measured, a quarter faster
    beside one busy process and 6 % slower alone.
    """
    return {name: value for name, value in {**KERNELS, **CUBLAS_WORKSPACE}.items() if name not in os.environ}
