"""A run in one line of a list: the few facts that `summarize` reads from its settings and the ends of its journal."""

from __future__ import annotations

import math
import os
import socket
from dataclasses import dataclass
from typing import Any

from core.runs.checkpoint_folders import numbered
from core.runs.figures import ValidationFigures
from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.journal import record_of
from core.runs.lock import read_holder
from core.runs.notes import Hypothesis, Note, read_annotations
from core.runs.outline import Outline, Parent, read_outline
from core.runs.records import EndRecord, PhaseRecord, PlanRecord, Record
from core.runs.status import OVER, State, run_status

_STEP = b'{"kind": "step"'
_KIND = 13
"""Bytes of a line that tell its kind, where it is one that is written often."""
_MEMORY, _EVALUATION = b'{"kind": "mem', b'{"kind": "eva'
_FREQUENT = {_STEP[:_KIND], _MEMORY, _EVALUATION}
_BEST = b'"best": true'
_RESUMED = b'{"kind": "resumed"'
_ENDS = tuple(b'{"kind": "%s"' % kind for kind in (b"finished", b"stopped", b"failed"))
_LAST_LINES = 4
_BLOCK = 1 << 16


@dataclass(frozen=True)
class RunSummary:
    """One run in one line of a list."""

    id: str
    name: str
    state: State
    folder: str
    pid: int | None
    """The pid of its worker; None if no worker is alive."""
    host: str | None
    """The host of its worker; None if no worker is alive."""
    unresponsive_since: float | None
    """Since when, in seconds since 1970, a living worker has been silent."""
    model: str
    data: str
    labels: tuple[str, ...]
    epoch: float
    epochs: float | None
    """Total epochs; None before there is a plan, and of a baseline."""
    step: int
    steps: int | None
    """Total optimizer steps; None before there is a plan, and of a baseline."""
    loss: float | None
    """Training loss of the latest step; None if it is not finite."""
    validation: ValidationFigures | None
    """The scores of the weights that are kept; for a long run in progress, the latest that were read."""
    best_epoch: float | None
    began: float | None
    ended: float | None
    message: str
    phase: str
    has_model: bool
    workers: int
    """Number of workers so far."""
    parent: Parent | None
    """The run and the step that this one branches off; None if it is not a branch."""
    checkpoint_step: int | None
    """Step of the latest checkpoint on the disk."""
    no_checkpoint: str
    """Why the latest checkpoint could not be written; empty if it was."""
    preset: str
    learning_rate: float | None
    """The highest learning rate of its plan; None before there is a plan."""
    duration_seconds: float | None
    """Training time so far, without pauses; None before the first step."""
    peak_memory_bytes: int | None
    """The highest memory of its workers; None while unknown."""
    tags: tuple[str, ...]
    notes: tuple[Note, ...]
    """What the user noted about it, the oldest first."""
    hypotheses: tuple[Hypothesis, ...]
    """What was expected after its start, beside what its outline says; the oldest first."""
    outline: Outline | None
    """The content of its settings.toml; None if it cannot be read."""

    @property
    def hypothesis(self) -> str:
        """What is expected of it, as it was last said; empty if nothing is."""
        asked = self.outline.hypothesis if self.outline is not None else ""
        return self.hypotheses[-1].text if self.hypotheses else asked

    def to_json(self) -> dict[str, Any]:
        """Return the object that `runs --json` and `status --json` print. Imports pydantic."""
        facts = {name: value for name, value in vars(self).items() if name != "outline"}
        outline = self.outline
        return {
            "run": facts.pop("id"),
            **facts,
            "labels": list(self.labels),
            "validation": self.validation.to_json() if self.validation is not None else None,
            "parent": vars(self.parent) if self.parent is not None else None,
            "method": outline.method if outline is not None else None,
            "group": outline.group if outline is not None else None,
            "hypothesis": self.hypothesis,
            "settings": outline.all_settings() if outline is not None else {},
            "changed_settings": outline.changed_settings() if outline is not None else {},
            "tags": list(self.tags),
            "notes": [{"time": note.time, "text": note.text} for note in self.notes],
            "hypotheses": [{"time": one.time, "text": one.text, "epochs": one.epochs} for one in self.hypotheses],
        }


def summarize(run: RunFolder) -> RunSummary:
    """Return the summary of a run, in a time that does not grow with its journal."""
    return summary_of(run, ends_of(run))


def end_of(run: RunFolder) -> EndRecord | None:
    """Return how a run ended; None if it has not."""
    return ends_of(run).end


def ends_of(run: RunFolder) -> RunHistory:
    """Return what the beginning and the end of a run's journal say, in a time that does not grow with it."""
    history = RunHistory()
    history.update(_ends_of_journal(run))
    return history


def summary_of(run: RunFolder, history: RunHistory) -> RunSummary:
    """Return the summary of a run, given its history."""
    outline = read_outline(run.settings)
    plan, end, best = history.plan, history.end, history.best
    last = history.steps[-1] if history.steps else None
    epochs, steps = _planned(plan, outline)
    status = run_status(run, history)
    state, worker = status.state, status.worker
    validation = end.validation if end is not None else None
    best_epoch = end.best_epoch if end is not None else None
    seconds, peak = (end.seconds, end.peak_memory_bytes) if end is not None else (None, None)
    said = read_annotations(run.notes)
    return RunSummary(
        id=run.id,
        name=outline.name if outline is not None else run.id,
        state=state,
        folder=str(run.path),
        pid=worker.pid if worker is not None else None,
        host=worker.host if worker is not None else None,
        unresponsive_since=status.unresponsive_since,
        model=plan.model if plan is not None else outline.model if outline is not None else "?",
        data=outline.data if outline is not None else "?",
        labels=plan.labels if plan is not None else (),
        epoch=round(last.epoch, 3) if last is not None else 0.0,
        epochs=epochs,
        step=history.step,
        steps=steps,
        loss=last.loss if last is not None and math.isfinite(last.loss) else None,
        validation=validation or (best.figures if best is not None else None),
        best_epoch=best_epoch or (best.epoch if best is not None else None) or None,  # a baseline's is 0
        began=history.begun,
        ended=end.time if end is not None else None,
        message=_message(run, history, state),
        phase=_in_words(history.phase) if history.phase is not None and state not in OVER else "",
        workers=history.workers,
        has_model=(run.model / "config.json").is_file(),
        parent=outline.parent if outline is not None else None,
        checkpoint_step=history.checkpoint_step,
        no_checkpoint=history.no_checkpoint,
        preset=outline.preset if outline is not None else "?",
        learning_rate=(plan.learning_rate or None) if plan is not None else None,
        duration_seconds=seconds if seconds is not None else last.seconds if last is not None else None,
        peak_memory_bytes=peak if peak is not None else history.peak_bytes,
        tags=said.tags,
        notes=said.notes,
        hypotheses=said.hypotheses,
        outline=outline,
    )


def _planned(plan: PlanRecord | None, outline: Outline | None) -> tuple[float | None, int | None]:
    """Return total epochs and steps. Those of an extended run are what it was asked for since, not its first plan.

    A baseline has none.
    """
    if plan is None or plan.method == "baseline":
        return None, None
    settings = outline.settings if outline is not None else {}
    epochs = settings.get("epochs")
    if settings.get("max_steps") or not isinstance(epochs, int) or epochs <= plan.epochs:
        return plan.epochs, plan.steps
    return epochs, epochs * plan.steps_per_epoch


def _message(run: RunFolder, history: RunHistory, state: State) -> str:
    """Return what there is to say about a run that has no worker and does not wait for one."""
    if state == "interrupted":
        return _interruption(run, history)
    return history.end.message if history.end is not None and state != "queued" else ""


def _interruption(run: RunFolder, history: RunHistory) -> str:
    """Return what happened to a run that ended without a record, and where it can continue."""
    if history.plan is not None and history.plan.method == "baseline":
        return "its worker died before its model was written; it starts over"
    where = f"at step {history.step}" if history.step else "before its first step"
    died = f"its worker died {where}"
    holder = read_holder(run.lock)
    if holder is not None and not holder.over and holder.host != socket.gethostname():
        died = f"its worker on {holder.host} has not been heard of for a minute, {where}"
    steps = [step for step, _ in numbered(run.checkpoints)]
    return f"{died}; it can go on from step {max(steps)}" if steps else f"{died}; no checkpoint: it starts over"


def _in_words(phase: PhaseRecord) -> str:
    return f"{phase.name} {phase.fraction:.0%}" if phase.fraction is not None else phase.name


def _ends_of_journal(run: RunFolder) -> list[Record]:
    """Return all records of a short journal; of a long one those in its first block, and those since a last step.

    The last block mostly holds a step; a run that is paused or evaluates for long writes much after it.
    """
    try:
        descriptor = os.open(run.journal, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        size = os.fstat(descriptor).st_size
        data = os.pread(descriptor, 2 * _BLOCK, 0)
        if size > 2 * _BLOCK:
            tail = os.pread(descriptor, _BLOCK, size - _BLOCK)
            while _STEP not in tail and len(tail) < size:
                tail = os.pread(descriptor, 2 * len(tail), max(size - 2 * len(tail), 0))
            data = data[:_BLOCK] + b"\n" + tail if len(tail) + _BLOCK < size else tail
    except OSError:  # a folder, for instance
        return []
    finally:
        os.close(descriptor)
    lines = data.splitlines()
    if _RESUMED not in data and any(line.startswith(_ENDS) for line in lines[-_LAST_LINES:]):
        lines = _without_repetition(lines)
    return [record for line in lines if (record := record_of(line)) is not None]


def _without_repetition(lines: list[bytes]) -> list[bytes]:
    """Return the lines that a summary needs of a run that has ended: the last of those that are written often.

    Those are steps, readings of the memory, and evaluations, of which the last one whose weights were kept counts.
    """
    needed: list[bytes] = []
    missing = {_STEP[:_KIND], _MEMORY, _EVALUATION}
    for line in reversed(lines):
        kind = line[:_KIND]
        if kind in _FREQUENT:
            if kind not in missing or (kind == _EVALUATION and _BEST not in line):
                continue
            missing.remove(kind)
        needed.append(line)
    return needed[::-1]
