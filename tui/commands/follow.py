"""Following a run from the command line, to its end."""

from __future__ import annotations

import time
from typing import Any

from core.runs.folder import RunFolder
from core.runs.journal import JournalReader
from core.runs.summary import OVER, RunHistory, run_status, summary_of
from tui.commands.output import Progress, facts, progress_on_stderr, say, say_json
from tui.formatting import clock, in_bytes, in_time

_POLL_SECONDS = 0.2


def follow(run: RunFolder) -> RunHistory:
    """Show a run's progress until it is over. ctrl+c ends the watching, never the run."""
    history, reader = RunHistory(), JournalReader(run.journal)
    with progress_on_stderr() as progress:
        while True:
            news = history.update(reader.read_new())
            stands = run_status(run, history)
            if stands.unresponsive_since is not None:
                progress(f"unresponsive since {clock(stands.unresponsive_since, time.time())}", None)
            elif news:
                _show(history, progress)
            if stands.state in OVER:
                history.update(reader.read_new())
                return history
            time.sleep(_POLL_SECONDS)


def _show(history: RunHistory, progress: Progress) -> None:
    phase = history.phase
    if history.steps and phase.get("name") == "training" and history.planned_steps:
        last = history.steps[-1]
        words = f"training, epoch {last['epoch']:.1f}, loss {float(last['loss']):.3f}"
        if history.evaluations:
            words += f", validation accuracy {history.evaluations[-1]['accuracy']:.3f}"
        progress("paused" if history.paused else words, history.step / history.planned_steps)
    elif phase:
        progress(phase["name"], phase.get("fraction"))


def outcome_of(run: RunFolder, history: RunHistory) -> dict[str, Any]:
    """The object that `train --wait --json` ends with."""
    summary = summary_of(run, history)
    end = history.end or {}
    names = ("epochs", "steps", "seconds", "reviews_per_second", "peak_memory_bytes", "validation", "best_epoch")
    return {
        "run": run.id,
        "name": summary.name,
        "state": summary.state,
        "folder": summary.folder,
        **{name: end.get(name) for name in names},
        "message": summary.message,
        "before": [{"epochs": one.get("epochs"), "validation": one.get("validation")} for one in history.earlier],
        "parent": summary.parent,
        "notices": [notice["text"] for notice in history.notices],
    }


def report(run: RunFolder, history: RunHistory, *, json: bool) -> int:
    """Print how a run ended; the exit status: 0 finished or stopped, 1 failed or interrupted."""
    outcome = outcome_of(run, history)
    if json:
        say_json(outcome)
    else:
        for notice in outcome["notices"]:
            say(f"note: {notice}")
        validation = outcome["validation"] or {}
        facts(
            [
                ("run", f"{outcome['name']} ({run.id})"),
                ("state", outcome["state"] + (f": {outcome['message']}" if outcome["message"] else "")),
                *(
                    (f"with {one['epochs']:g} epochs", _figures(one["validation"]))
                    for one in outcome["before"]
                    if one["validation"] and one["epochs"] is not None
                ),
                ("validation", _figures(validation) if validation else None),
                ("best epoch", outcome["best_epoch"]),
                ("steps", outcome["steps"]),
                ("time", in_time(outcome["seconds"]) if outcome["seconds"] is not None else None),
                ("speed", _speed(outcome["reviews_per_second"])),
                ("peak memory", in_bytes(outcome["peak_memory_bytes"]) if outcome["peak_memory_bytes"] else None),
                ("model", run.model if run.model.exists() else None),
            ]
        )
    return 0 if outcome["state"] in ("finished", "stopped") else 1


def _figures(validation: dict[str, float]) -> str:
    return (
        f"accuracy {validation['accuracy']:.3f}, macro F1 {validation['macro_f1']:.3f}, loss {validation['loss']:.3f}"
    )


def _speed(per_second: float | None) -> str | None:
    return f"{per_second:.1f} reviews/s" if per_second else None
