"""Runs that never ran: folders with a journal written by the test, for screens that only read."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from core.base.files import private_folder, write_json, write_whole
from core.runs.folder import RunFolder, runs_home
from core.runs.journal import JournalWriter
from core.runs.lock import RunLock
from core.runs.request import Request
from core.settings.schema import Settings
from tests.core.runs.whole_records import record

BEGAN = 1_790_000_000.0


def make_run(
    number: int = 1, *, name: str = "first", steps: int = 40, end: str | None = "finished", **notes: Any
) -> RunFolder:
    """A run of two epochs with `steps` steps; `end` is its last record's kind, None for a run that has not ended.

    Notes: losses (list, one a step), message, data, notice, labels, model, devices (in memory records), plan (values in
    place of those of its plan), evaluation (the same for its evaluations), cut, figures and best (values in place of
    those of its last record), group (the id of its group).
    """
    run = RunFolder(private_folder(runs_home()) / f"20260901-{100_000 + number}-{number:04}")
    private_folder(run.path)
    private_folder(run.checkpoints)
    settings = Settings(model="starter", epochs=2)
    request = Request(
        name=name, data=notes.get("data", "/data/reviews.csv"), settings=settings, group=notes.get("group")
    )
    write_whole(run.settings, request.to_toml())
    now = BEGAN + 1000 * number
    journal = JournalWriter(run.journal, clock=lambda: now)
    journal.write(record("started", pid=4000 + number, host="box", awake=time.monotonic()))
    journal.write(record("phase", name="reading", fraction=1.0))
    names = {name: notes[name] for name in ("model", "labels") if name in notes}
    journal.write(record("plan", **{**names, **notes.get("plan", {})}))
    journal.write(record("phase", name="training", fraction=None))
    if "notice" in notes:
        journal.write(record("notice", text=notes["notice"]))
    losses = notes.get("losses") or [0.7 * math.exp(-step / 15) + 0.05 * (step % 3) for step in range(1, steps + 1)]
    for step, loss in enumerate(losses[:steps], start=1):
        now += 0.25
        rate = 5e-5 * (1 - (step - 1) / max(steps, 40))
        place = {"step": step, "epoch": step / 20, "seconds": step * 0.25}
        journal.write(record("step", **place, loss=loss, learning_rate=rate))
        if step % 4 == 0:
            journal.write(record("memory", **{**memory(step), "devices": notes.get("devices", [])}))
        if step % 20 == 0:
            journal.write(record("evaluation", **evaluation(step) | notes.get("evaluation", {})))
    if end is not None:
        figures = {"epochs": steps / 20, "steps": steps, "seconds": steps * 0.25, "reviews_per_second": 64.0}
        best = {"validation": {"loss": 0.25, "accuracy": 0.9, "macro_f1": 0.89}, "best_epoch": 2.0}
        message = notes.get("message", "")
        figures |= {"peak_memory_bytes": 1_500_000_000}
        figures, best = figures | notes.get("figures", {}), best | notes.get("best", {})
        journal.write(record(end, message=message, **figures, **best, cut=notes.get("cut")))
    journal.close()
    if end == "finished":
        private_folder(run.model)
        write_json(run.model / "config.json", {"model_type": "bert"})
    return run


def evaluation(step: int) -> dict[str, Any]:
    """An evaluation record: each epoch better than the last."""
    per_class = {"negative": {"precision": 0.9, "recall": 0.9, "f1": 0.9, "rows": 18}}
    epoch = step / 20
    return {
        "step": step,
        "epoch": epoch,
        "loss": 0.5 / epoch,
        "accuracy": 0.8 + 0.05 * epoch,
        "macro_f1": 0.79 + 0.05 * epoch,
        "per_class": per_class,
        "best": True,
        "tie_margin": None,
    }


def memory(step: int) -> dict[str, Any]:
    """A memory record of a machine without a GPU."""
    gib = 1 << 30
    return {
        "process": int((1 + 0.01 * step) * gib),
        "process_peak": int((1 + 0.01 * step) * gib),
        "system_total": 24 * gib,
        "system_available": 20 * gib,
        "limit": None,
        "devices": [],
        "device_peak": None,
        "awake": time.monotonic(),
    }


def hold(run: RunFolder) -> RunLock:
    """Hold a run's lock as its worker would: the run then counts as alive until `release`."""
    lock = RunLock(run.lock)
    lock.sign()
    return lock


def append(run: RunFolder, kind: str, **fields: Any) -> None:
    """Add a record as the worker would."""
    writer = JournalWriter(run.journal)
    writer.write(record(kind, **fields))
    writer.close()


def files_of(folder: Path) -> set[str]:
    """Names in a folder."""
    return {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
