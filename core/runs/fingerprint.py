"""The outcome of a run as hashes: two runs with the same hashes are equal bit for bit.

Times and paths are left out; everything that was learned, measured and recorded is included.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.base.files import sha256_of
from core.runs.checkpoint_folders import BEST, OPTIMIZER, WEIGHTS, numbered
from core.runs.folder import RunFolder
from core.runs.history import read_history
from core.runs.records import to_fields

_OF_A_STEP = ("step", "epoch", "loss", "learning_rate", "gradient_norm", "reviews", "tokens")


def fingerprint(run: RunFolder) -> dict[str, str]:
    """Return a sha256 for each part of the outcome; empty for a part that is missing.

    weights, optimizer and best are files of the last checkpoint; model and predictions what the run leaves; steps and
    evaluations the journal's figures, each step once.
    """
    history = read_history(run.journal)
    checkpoint = next((path for _, path in numbered(run.checkpoints)), run.checkpoints / "none")
    return {
        "weights": _of_file(checkpoint / WEIGHTS),
        "optimizer": _of_file(checkpoint / OPTIMIZER),
        "best": _of_file(checkpoint / BEST),
        "model": _of_file(run.model / "model.safetensors"),
        "predictions": _of_file(run.predictions),
        "steps": _of_records({name: getattr(step, name) for name in _OF_A_STEP} for step in history.steps),
        "evaluations": _of_records(
            {name: value for name, value in to_fields(one).items() if name not in ("time", "kind")}
            for one in history.evaluations
        ),
    }


def _of_file(file: Path) -> str:
    return sha256_of(file) if file.is_file() else ""


def _of_records(records: Iterable[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(list(records), sort_keys=True).encode()).hexdigest()
