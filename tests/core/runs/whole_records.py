"""Whole records for tests that care about a part of one."""

from __future__ import annotations

from typing import Any

import msgspec

from core.runs.records import KINDS, Record

PLAN: dict[str, Any] = {
    "model": "starter",
    "labels": ["negative", "positive"],
    "rows": 320,
    "validation_rows": 36,
    "epochs": 2,
    "steps": 40,
    "steps_per_epoch": 20,
    "batch_size": 16,
    "micro_batch_size": 16,
    "micro_batch_tokens": 2048,
    "learning_rate": 5e-5,
    "max_length": 256,
    "path": "native",
    "path_why": "the model is in the bert family",
    "cached_layers": 0,
    "found_layers": False,
    "precision": "bf16",
    "compiled": False,
    "device": "cpu",
    "threads": 2,
    "weights": 22_713_986,
    "trainable_weights": 22_713_986,
}
"""What the worker writes down for the starter and the default settings."""
_GPU = {"index": 0, "name": "H100", "total": 80, "ours_allocated": 10, "ours_reserved": 20, "other": 5, "free": 55}
_FIGURES = {"loss": 0.3, "accuracy": 0.9, "macro_f1": 0.89}
_END = {
    "message": "",
    "epochs": 1.0,
    "steps": 40,
    "seconds": 10.0,
    "reviews_per_second": 64.0,
    "peak_memory_bytes": 1 << 30,
    "validation": _FIGURES,
    "best_epoch": 1.0,
}

WHOLE: dict[str, dict[str, Any]] = {
    "started": {"pid": 1, "host": "here", "awake": 4.5},
    "resumed": {"step": 4, "reached": 7},
    "phase": {"name": "tokenizing", "fraction": 0.5},
    "plan": PLAN,
    "step": {
        "step": 1,
        "epoch": 0.1,
        "loss": 1.0,
        "learning_rate": 1e-5,
        "gradient_norm": 1.0,
        "reviews": 16,
        "tokens": 900,
        "seconds": 2.0,
    },
    "layers": {
        "step": 20,
        "parts": [
            {"name": "embeddings", "gradient_norm": 0.4, "update_ratio": 1e-4},
            {"name": "layer 1", "gradient_norm": 0.2, "update_ratio": 2e-4},
            {"name": "head", "gradient_norm": 0.9, "update_ratio": 3e-3},
        ],
    },
    "time": {
        "step": 20,
        "elapsed": 12.0,
        "input": 0.5,
        "forward": 3.0,
        "backward": 6.0,
        "optimizer": 1.0,
        "evaluation": 1.0,
        "checkpoint": 0.25,
        "paused": 0.0,
    },
    "evaluation": {
        "step": 20,
        "epoch": 1.0,
        **_FIGURES,
        "per_class": {"negative": {"precision": 0.9, "recall": 0.9, "f1": 0.9, "rows": 18}},
        "best": True,
        "tie_margin": 0.012,
        "interim": False,
    },
    "memory": {
        "process": 1,
        "process_peak": 2,
        "system_total": 16,
        "system_available": 9,
        "limit": None,
        "devices": [_GPU],
        "device_peak": 10,
        "idle": 0.0,
        "awake": 5.0,
    },
    "out_of_memory": {
        "step": 3,
        "where": "forward and backward pass",
        "what": "smaller",
        "was": 16,
        "micro_batch_size": 8,
        "micro_batch_tokens": None,
        "batch_size": 16,
    },
    "killed": {"restarts": 1, "most": 3},
    "checkpoint": {"step": 4},
    "no_checkpoint": {"message": "No space left on device"},
    "extended": {"from_epochs": 1.0, "from_steps": 20, "epochs": 2},
    "paused": {},
    "continued": {},
    "notice": {"text": "so it is"},
    "finished": _END,
    "stopped": _END,
    "failed": {"message": "it could not be"},
}
"""The fields of one record of each kind."""


def record(kind: str, /, **fields: Any) -> Record:
    """A record of a known kind, with `fields` in place of those of `WHOLE`."""
    found: Record = msgspec.convert({"kind": kind, **WHOLE[kind], **fields}, KINDS[kind])
    return found
