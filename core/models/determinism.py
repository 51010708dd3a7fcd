"""The same bits from the same run on a GPU: sums are added up in the same order every time.

Some operations of a GPU are otherwise free in that, and a resumed run would drift from the one that was not
interrupted. On the CPU the order is always the same for the same number of threads.
"""

from __future__ import annotations

import os

import torch

from core.base.subprocess_env import CUBLAS_WORKSPACE


def keep_order() -> None:
    """Have torch use operations of a fixed order only, from now on in this process; others are a RuntimeError.

    cuBLAS reads its part of it before its first product.
    """
    for name, value in CUBLAS_WORKSPACE.items():
        os.environ.setdefault(name, value)
    torch.use_deterministic_algorithms(True)
    # Nothing here reads memory that it has not written, so none has to be filled.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def let_order_go() -> None:
    """Take back `keep_order`."""
    torch.use_deterministic_algorithms(False)


def is_about_order(error: RuntimeError) -> bool:
    """Whether an operation refused because it has no fixed order."""
    return "deterministic" in str(error)
