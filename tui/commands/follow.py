"""Follows a run from the command line until it ends."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from core.diagnosis.run import diagnose_run, to_json
from core.inference.cut_report import cut_report
from core.runs.figures import ValidationFigures
from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.one_class import one_class_sentence, only_class
from core.runs.queue import read_queue, start_next
from core.runs.records import EndRecord
from core.runs.status import OVER, run_status
from core.runs.summary import summary_of
from tui.commands.cut_facts import cut_facts
from tui.commands.line_to_beat import line_to_beat, line_to_beat_json
from tui.commands.output import Progress, facts, progress_on_stderr, say, say_json
from tui.commands.telling import telling
from tui.formatting import clock, counted, in_bytes, in_time

_POLL_SECONDS = 0.2
_QUEUE_SECONDS = 1.0


def follow(run: RunFolder, *, bell: bool = False) -> RunHistory:
    """Show a run's progress until it ends, and return its history. ctrl+c stops following, not the run.

    Args:
        bell: Whether the terminal's bell is rung when the run ends, fails, stalls or diverges.
    """
    history, reader = RunHistory(), JournalReader(run.journal)
    with telling(run, time.time(), bell=bell) as tell, progress_on_stderr() as progress:
        while True:
            tell()
            news = history.update(reader.read_new())
            status = run_status(run, history)
            if status.state == "queued":
                _wait_for_turn(run, progress)
                continue
            if status.unresponsive_since is not None:
                progress(f"unresponsive since {clock(status.unresponsive_since, time.time())}", None)
            elif news:
                _show(history, progress)
            if status.state in OVER:
                history.update(reader.read_new())
                tell()
                return history
            time.sleep(_POLL_SECONDS)


def _wait_for_turn(run: RunFolder, progress: Progress) -> None:
    """Say how many runs come before this one; start the first of them if whoever should have done so was killed."""
    queue = read_queue()
    before = next((place for place, one in enumerate(queue.waiting) if one.run.id == run.id), 0)
    progress(f"queued, {counted(before + (queue.training is not None), 'run')} before it", None)
    if queue.has_stopped:
        start_next()
    else:
        time.sleep(_QUEUE_SECONDS)


def _show(history: RunHistory, progress: Progress) -> None:
    phase = history.phase
    if history.steps and phase is not None and phase.name == "training" and history.planned_steps:
        words = f"training, epoch {history.steps[-1].epoch:.1f}, smoothed loss {history.smoothed_loss():.3f}"
        if history.evaluations:
            words += f", validation accuracy {history.evaluations[-1].accuracy:.3f}"
        progress("paused" if history.paused else words, history.step / history.planned_steps)
    elif phase is not None:
        progress(phase.name, phase.fraction)


def outcome_of(run: RunFolder, history: RunHistory) -> dict[str, Any]:
    """Return the object that `train --wait --json` ends with."""
    summary = summary_of(run, history)
    end = history.end or EndRecord()
    return {
        "run": run.id,
        "name": summary.name,
        "state": summary.state,
        "folder": summary.folder,
        "epochs": end.epochs,
        "steps": end.steps,
        "seconds": end.seconds,
        "reviews_per_second": end.reviews_per_second,
        "peak_memory_bytes": end.peak_memory_bytes,
        "validation": _validation(end),
        "best_epoch": end.best_epoch,
        "message": summary.message,
        "cut": msgspec.to_builtins(cut_report(end.cut)),
        "only_class": only_class(history.best.per_class) if history.best is not None else None,
        "before": [{"epochs": one.epochs, "validation": _validation(one)} for one in history.earlier],
        "parent": vars(summary.parent) if summary.parent is not None else None,
        "method": summary.outline.method if summary.outline is not None else None,
        **line_to_beat_json(run, history),
        "notices": [notice.text for notice in history.notices],
        "diagnosis": [to_json(one) for one in diagnose_run(run, history)],
    }


def _validation(end: EndRecord) -> dict[str, float] | None:
    return end.validation.to_json() if end.validation is not None else None


def report(run: RunFolder, history: RunHistory, *, json: bool) -> int:
    """Print how a run ended; return the exit status: 0 finished or stopped, 1 failed or interrupted."""
    if json:
        say_json(outcome_of(run, history))
    else:
        _say_outcome(run, history)
    return 0 if run_status(run, history).state in ("finished", "stopped") else 1


def _say_outcome(run: RunFolder, history: RunHistory) -> None:
    summary, end = summary_of(run, history), history.end or EndRecord()
    for notice in history.notices:
        say(f"note: {notice.text}")
    if (best := history.best) is not None and (sentence := one_class_sentence(best.per_class)):
        say(f"note: {sentence}")
    facts(
        [
            ("run", f"{summary.name} ({run.id})"),
            ("state", summary.state + (f": {summary.message}" if summary.message else "")),
            *(
                (f"with {one.epochs:g} epochs", _figures(one.validation))
                for one in history.earlier
                if one.validation is not None and one.epochs is not None
            ),
            ("validation", _figures(end.validation) if end.validation is not None else None),
            *line_to_beat(run, history),
            *(
                ("diagnosis", f"{one.sentence} {one.advice}")
                for one in diagnose_run(run, history)
                if one.kind != "one class"  # a note says that
            ),
            *cut_facts(cut_report(end.cut)),
            ("best epoch", end.best_epoch),
            ("steps", end.steps),
            ("time", in_time(end.seconds) if end.seconds is not None else None),
            ("speed", f"{end.reviews_per_second:.1f} reviews/s" if end.reviews_per_second else None),
            ("peak memory", in_bytes(end.peak_memory_bytes) if end.peak_memory_bytes else None),
            ("model", run.model if run.model.exists() else None),
        ]
    )


def _figures(figures: ValidationFigures) -> str:
    return f"accuracy {figures.accuracy:.3f}, macro F1 {figures.macro_f1:.3f}, loss {figures.loss:.3f}"
