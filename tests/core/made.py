"""Small runs for tests: what they are asked for, and what their folders say."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.request import Request
from core.settings.schema import Settings

EPOCHS, ROWS = 12, 60
PER_EPOCH = 7
"""Steps per epoch of these rows: 54 to train on, in batches of 8."""


def settings(model: Path, **changes: Any) -> Settings:
    given = {"model": str(model), "epochs": EPOCHS, "batch_size": 8, "max_length": 32, "learning_rate": 1e-3}
    exact = {"precision": "fp32", "device": "cpu", "seed": 5, "checkpoint_seconds": 0}
    return Settings.model_validate({**given, **exact, **changes})


def request(data: Path, model: Path, **changes: Any) -> Request:
    return Request(name="chairs", data=str(data), settings=settings(model, **changes))


def history_of(run: RunFolder) -> RunHistory:
    history = RunHistory()
    history.update(JournalReader(run.journal).read_new())
    return history


def notices_of(run: RunFolder) -> list[str]:
    return [notice.text for notice in history_of(run).notices]


def transformers_tokenizer(folder: Path) -> Any:
    """The tokenizer of a model folder as transformers loads it, which pads, truncates and can be added to."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
