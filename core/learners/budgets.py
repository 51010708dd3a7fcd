"""What the probe of `core/encoder/budget.py` found on this machine, kept so that it runs once for a shape of model.

`$REVIEWTUI_HOME/budgets.json` holds tokens by what was probed: processor, threads, torch, width and format. A run also
writes its budget down in its provenance, and keeps to that when it is resumed.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import torch

from core.base.errors import ReviewtuiError
from core.base.files import home, private_folder, write_json
from core.encoder.budget import SIZES, measured_budget
from core.encoder.footprint import Sizes


def token_budget(architecture: Sizes, dtype: torch.dtype) -> int:
    """The tokens that a micro-batch of a model of this shape shall have: as it was measured, or measured now."""
    file, key = home() / "budgets.json", _key(architecture, dtype)
    known = _read(file)
    if key not in known:
        known[key] = measured_budget(architecture, dtype)
        with suppress(ReviewtuiError):  # then the next run measures again
            private_folder(file.parent)
            write_json(file, known)
    return known[key]


def _read(file: Path) -> dict[str, int]:
    """What is known; nothing of what cannot be read or is no budget."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: tokens for key, tokens in found.items() if tokens in SIZES} if isinstance(found, dict) else {}


def _key(architecture: Sizes, dtype: torch.dtype) -> str:
    processor = "unknown"
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), processor)
    shape = f"{architecture.hidden_size}×{architecture.intermediate_size}"
    threads = f"{torch.get_num_threads()} of {os.cpu_count()} threads"
    return ", ".join((processor, threads, f"torch {torch.__version__}", shape, str(dtype).removeprefix("torch.")))
