"""Baselines that never ran, and the provenance that makes runs comparable."""

from __future__ import annotations

from typing import Any

import msgspec

from core.base.files import private_folder, write_json, write_whole
from core.runs.folder import RunFolder
from core.runs.provenance import Provenance, write_provenance
from core.settings.baseline import baseline_settings
from tests.tui.made_runs import append, make_run

MAJORITY = {"label": "negative", "accuracy": 0.51, "macro_f1": 0.34}
_OF_A_PLAN = {"epochs": 0, "steps": 0, "steps_per_epoch": 0, "batch_size": 0, "micro_batch_size": 0}


def measured_on(run: RunFolder, rows: str = "rows", **changes: Any) -> RunFolder:
    """Give a run the provenance of one that was measured on the validation rows with that hash."""
    words = "machine cpu_capability device precision path path_why settings_sha256 data data_hash validation_hash model"
    found: dict[str, Any] = {name: name for name in words.split()}
    found |= {"versions": {}, "device_name": None, "validation": None, "micro_batch_tokens": 1, "threads": 1}
    found |= {"weights_sha256": "", "tokenizer_sha256": "", "labels": ["negative", "positive"]}
    found |= {"train_rows": {}, "validation_rows": {}, "validation_sha256": rows, **changes}
    write_provenance(run.provenance, msgspec.convert(found, Provenance))
    return run


def make_baseline(
    number: int,
    *,
    accuracy: float = 0.882,
    seconds: float = 6.2,
    end: str | None = "finished",
    against: list[dict[str, Any]] | None = None,
    rows: str = "rows",
) -> RunFolder:
    """A baseline; `end` is its last record's kind, None for one that is at work or was interrupted."""
    plan = {**_OF_A_PLAN, "micro_batch_tokens": None, "learning_rate": 0, "trainable_weights": 770}
    run = make_run(
        number, name=f"base-{number}", steps=0, end=None, plan={**plan, "method": "baseline", "majority": MAJORITY}
    )
    asked = run.request()
    settings = baseline_settings(asked.settings)
    write_whole(run.settings, asked.model_copy(update={"method": "baseline", "settings": settings}).to_toml())
    append(run, "phase", name="computing the encoder's output", fraction=0.5)
    figures = {"loss": 0.31, "accuracy": accuracy, "macro_f1": accuracy - 0.01}
    if end is not None:
        append(run, "evaluation", step=0, epoch=0, tie_margin=None, **figures)
        nothing = {"epochs": None, "steps": None, "reviews_per_second": None, "best_epoch": None}
        append(run, end, **nothing, seconds=seconds, validation=figures, against=against or [])
        private_folder(run.model)
        write_json(run.model / "config.json", {"model_type": "bert"})
    return measured_on(run, rows)


def gain(run: RunFolder, baseline: RunFolder, low: float, high: float, seconds: float = 6.2) -> dict[str, Any]:
    """The fields of what a run gained over a baseline."""
    ends = {"difference": (low + high) / 2, "low": low, "high": high}
    return {"run": run.id, "baseline": baseline.id, "seconds": seconds, "rows": 377, **ends}
