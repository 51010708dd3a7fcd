"""A record of every kind as a worker writes it, for tests that care about a part of one."""

from __future__ import annotations

from typing import Any

from tests.tui.made_runs import PLAN

_GPU = {"index": 0, "name": "H100", "total": 80, "ours_allocated": 10, "ours_reserved": 20, "other": 5, "free": 55}
_END = {
    "message": "",
    "epochs": 1.0,
    "steps": 40,
    "seconds": 10.0,
    "reviews_per_second": 64.0,
    "peak_memory_bytes": 1 << 30,
    "validation": {"loss": 0.3, "accuracy": 0.9, "macro_f1": 0.89},
    "best_epoch": 1.0,
}

WHOLE: dict[str, dict[str, Any]] = {
    "started": {"pid": 1, "host": "here"},
    "resumed": {"step": 4, "reached": 7},
    "phase": {"name": "tokenizing", "fraction": 0.5},
    "plan": {**PLAN, "model": "starter", "labels": ["bad", "good"]},
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
    "evaluation": {"step": 20, "epoch": 1.0, "loss": 0.3, "accuracy": 0.9, "macro_f1": 0.89, "best": True},
    "memory": {
        "process": 1,
        "process_peak": 2,
        "system_total": 16,
        "system_available": 9,
        "limit": None,
        "devices": [_GPU],
        "device_peak": 10,
    },
    "out_of_memory": {
        "step": 3,
        "where": "training",
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
