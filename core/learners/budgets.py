"""Token budgets of micro-batches, measured once per machine and model shape by `core/encoder/budget.py`.

`$REVIEWTUI_HOME/budgets.json` maps processor, threads, torch version, model sizes and precision to a number of tokens.
A run also records its budget in its provenance, and uses that budget when it is resumed.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import torch

from core.base.contention import MAX_LOST, Contention
from core.base.errors import ReviewtuiError
from core.base.files import home, private_folder, write_json
from core.encoder.budget import SIZES, measured_budget
from core.encoder.footprint import Sizes


def token_budget(architecture: Sizes, dtype: torch.dtype) -> int:
    """Return the best number of tokens in a micro-batch for this model shape, measuring it if it is unknown."""
    file, key = home() / "budgets.json", _key(architecture, dtype)
    known = _read(file)
    if key not in known:
        contention = Contention()
        known[key] = measured_budget(architecture, dtype)
        if contention.lost() > MAX_LOST:  # too noisy to be saved for later runs
            return known[key]
        with suppress(ReviewtuiError):  # the next run measures again
            private_folder(file.parent)
            write_json(file, known)
    return known[key]


def _read(file: Path) -> dict[str, int]:
    """Return the known budgets. Invalid entries and an unreadable file are ignored."""
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
