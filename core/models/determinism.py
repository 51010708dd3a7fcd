"""Determinism on a GPU: sums are computed in the same order every time.

Without it, some GPU operations add in any order, and a resumed run would drift away from the one that was not
interrupted. On a CPU the order depends only on the number of threads.
"""

from __future__ import annotations

import os

import torch

from core.base.subprocess_env import CUBLAS_WORKSPACE


def keep_order() -> None:
    """From now on, let torch use deterministic operations only; it raises RuntimeError for others.

    Call it before the first matrix product, because cuBLAS reads its environment variable then.
    """
    for name, value in CUBLAS_WORKSPACE.items():
        os.environ.setdefault(name, value)
    torch.use_deterministic_algorithms(True)
    # No code here reads uninitialized memory, so it need not be filled.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def let_order_go() -> None:
    """Undo `keep_order`."""
    torch.use_deterministic_algorithms(False)


def is_about_order(error: RuntimeError) -> bool:
    """Return whether an operation raised this because it has no deterministic implementation."""
    return "deterministic" in str(error)
