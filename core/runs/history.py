"""A run's history, accumulated from all records of its journal, for screens and commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, cast

import msgspec

from core.base.smoothing import exponential_average
from core.runs.journal import JournalReader
from core.runs.records import (
    CheckpointRecord,
    ContinuedRecord,
    EndRecord,
    EvaluationRecord,
    ExtendedRecord,
    FailedRecord,
    FinishedRecord,
    LayersRecord,
    MemoryRecord,
    NoCheckpointRecord,
    NoticeRecord,
    OutOfMemoryRecord,
    PausedRecord,
    PhaseRecord,
    PlanRecord,
    Record,
    ResumedRecord,
    StartedRecord,
    StepRecord,
    StoppedRecord,
    TimeRecord,
)
from core.runs.steps import Steps

LOSS_SMOOTHING = 0.9
"""Weight of the moving average with which the training loss is shown."""
_SMOOTHED_STEPS = 400
"""How many steps the average is computed from; earlier ones weigh less than 1e-18."""
_PACE_STEPS = 50
"""Steps over which speed and time left are estimated."""


@dataclass
class RunHistory:
    """Everything in the journal of a run so far.

    `update` folds in new records. Steps that a resumed run makes again replace the ones that they repeat.
    """

    plan: PlanRecord | None = None
    """The current plan, including limits that memory has changed and epochs that were added."""
    phase: PhaseRecord | None = None
    steps: Steps = field(default_factory=Steps)
    evaluations: list[EvaluationRecord] = field(default_factory=list)
    layers: list[LayersRecord] = field(default_factory=list)
    """The steps of which gradients and updates are known by layer."""
    times: list[TimeRecord] = field(default_factory=list)
    """What the time was spent on. Each worker counts from 0."""
    memory: list[MemoryRecord] = field(default_factory=list)
    notices: list[NoticeRecord] = field(default_factory=list)
    checkpoint_step: int | None = None
    """Step of the latest checkpoint on the disk."""
    no_checkpoint: str = ""
    """Why the latest checkpoint could not be written; empty if it was."""
    paused: bool = False
    end: EndRecord | None = None
    """The record that ended the run; None while it is in progress."""
    earlier: list[EndRecord] = field(default_factory=list)
    """How the run had ended before each time that it was extended."""
    begun: float | None = None
    """When the first worker started, in seconds since 1970."""
    last_time: float | None = None
    """When the latest record was written, in seconds since 1970."""
    workers: int = 0
    """Number of workers so far: 1, and one more for each resume."""
    host: str = ""
    """The host of the latest worker."""
    replays: list[tuple[int, int]] = field(default_factory=list)
    """First and last of the steps that were repeated after each resume."""
    sign: StartedRecord | MemoryRecord | None = None
    """The latest reading of the current worker's heartbeat."""
    longest_step: float = 0.0
    """The longest training time between two steps, in seconds."""
    worker_starts: list[int] = field(default_factory=list)
    """Index in `memory` of each worker's first record."""
    _ended: EndRecord | None = None
    _time_starts: list[int] = field(default_factory=list)
    """Index in `times` of each worker's first record."""
    _peak_process: int = 0
    _peak_device: int = 0

    def update(self, records: Iterable[Record]) -> bool:
        """Fold in `records`; return whether there were any."""
        any_new = False
        for kind, alike in groupby(records, type):
            any_new = True
            found = list(alike)
            self.last_time = found[-1].time
            if kind is StepRecord:  # by far the most
                self._on_steps(cast("list[StepRecord]", found))
            elif (fold := _FOLDS.get(kind)) is not None:
                for record in found:
                    fold(self, record)
        return any_new

    @property
    def step(self) -> int:
        """Optimizer steps done."""
        return self.steps[-1].step if self.steps else 0

    @property
    def planned_steps(self) -> int | None:
        """Total number of optimizer steps; None before there is a plan."""
        return self.plan.steps if self.plan is not None else None

    @property
    def best(self) -> EvaluationRecord | None:
        """The evaluation whose weights are kept."""
        return next((record for record in reversed(self.evaluations) if record.best), None)

    @property
    def peak_bytes(self) -> int | None:
        """The highest memory of all workers: of the GPU's allocator if one was used, otherwise of the process."""
        return self._peak_device or self._peak_process or None

    def memory_by_worker(self) -> list[list[MemoryRecord]]:
        """Return the memory records of each worker. Between two workers nothing was in use, however long that took."""
        bounds = pairwise([*self.worker_starts, len(self.memory)])
        return [self.memory[start:end] for start, end in bounds if start < end]

    def times_by_worker(self) -> list[list[TimeRecord]]:
        """Return the time records of each worker that has any."""
        bounds = pairwise([0, *self._time_starts, len(self.times)])
        return [self.times[start:end] for start, end in bounds if start < end]

    def time_spent(self) -> TimeRecord | None:
        """Return what all workers together have spent their time on; None in a run of an earlier version."""
        last = [msgspec.structs.asdict(times[-1]) for times in self.times_by_worker()]
        if not last:
            return None
        parts = last[0].keys() - {"step", "time"}
        totals = {part: sum(one[part] for one in last) for part in parts}
        return TimeRecord(step=last[-1]["step"], time=last[-1]["time"], **totals)

    def smoothed_loss(self) -> float | None:
        """Return the exponential moving average of the training loss; None before the first step."""
        recent = self.steps.column("loss")[-_SMOOTHED_STEPS:]
        return exponential_average(recent, LOSS_SMOOTHING)[-1] if recent else None

    def seconds_left(self) -> float | None:
        """Estimate the training time left from the mean pace of the last 50 steps; None before there is one."""
        recent = self.steps[-_PACE_STEPS:]
        if self.planned_steps is None or len(recent) < 2 or recent[-1].step <= recent[0].step:
            return None
        pace = (recent[-1].seconds - recent[0].seconds) / (recent[-1].step - recent[0].step)
        return pace * (self.planned_steps - self.step)

    def reviews_per_second(self) -> float | None:
        """Training speed over the last 50 steps; None before there is one."""
        recent = self.steps[-_PACE_STEPS:]
        if len(recent) < 2 or recent[-1].seconds <= recent[0].seconds:
            return None
        return sum(record.reviews for record in recent[1:]) / (recent[-1].seconds - recent[0].seconds)

    # What each kind of record changes

    def _on_started(self, record: StartedRecord) -> None:
        self.workers += 1
        self.begun = self.begun if self.begun is not None else record.time
        self._ended, self.end, self.paused = self.end or self._ended, None, False
        self.host, self.phase, self.sign = record.host, None, record
        self.worker_starts.append(len(self.memory))
        self._time_starts.append(len(self.times))

    def _on_extended(self, record: ExtendedRecord) -> None:
        if self._ended is not None:
            self.earlier.append(self._ended)
        if self.plan is not None:
            steps = record.epochs * self.plan.steps_per_epoch
            self.plan = msgspec.structs.replace(self.plan, epochs=record.epochs, steps=steps)

    def _on_resumed(self, record: ResumedRecord) -> None:
        if self.step > record.step:
            self.replays.append((record.step + 1, self.step))
        self.steps = self.steps.up_to(record.step)
        self.evaluations = [past for past in self.evaluations if past.step <= record.step and not past.interim]
        self.layers = [past for past in self.layers if past.step <= record.step]

    def _on_plan(self, record: PlanRecord) -> None:
        self.plan = record

    def _on_phase(self, record: PhaseRecord) -> None:
        self.phase = record

    def _on_steps(self, records: Sequence[StepRecord]) -> None:
        pairs = pairwise([*self.steps[-1:], *records])
        times = (after.seconds - before.seconds for before, after in pairs if after.step == before.step + 1)
        self.longest_step = max(self.longest_step, max(times, default=0.0))
        self.steps.extend(records)
        self.paused = False  # a paused run makes no steps; the record that ended the pause may not have been read
        if self.phase is None or self.phase.name != "training":
            self.phase = PhaseRecord(name="training", time=records[0].time)

    def _on_evaluation(self, record: EvaluationRecord) -> None:
        self.evaluations.append(record)

    def _on_layers(self, record: LayersRecord) -> None:
        self.layers.append(record)

    def _on_time(self, record: TimeRecord) -> None:
        self.times.append(record)

    def _on_memory(self, record: MemoryRecord) -> None:
        if not self.worker_starts:  # the records before it have not been read
            self.worker_starts.append(0)
        self.memory.append(record)
        self.sign = record
        self._peak_process = max(self._peak_process, record.process_peak)
        self._peak_device = max(self._peak_device, record.device_peak or 0)

    def _on_out_of_memory(self, record: OutOfMemoryRecord) -> None:
        if self.plan is None or record.what not in ("smaller", "larger") or record.where == "evaluation":
            return
        if record.micro_batch_tokens:
            self.plan = msgspec.structs.replace(self.plan, micro_batch_tokens=record.micro_batch_tokens)
        elif record.micro_batch_size:
            self.plan = msgspec.structs.replace(self.plan, micro_batch_size=record.micro_batch_size)

    def _on_notice(self, record: NoticeRecord) -> None:
        self.notices.append(record)

    def _on_checkpoint(self, record: CheckpointRecord) -> None:
        self.checkpoint_step, self.no_checkpoint = record.step, ""

    def _on_no_checkpoint(self, record: NoCheckpointRecord) -> None:
        self.no_checkpoint = record.message

    def _on_paused(self, record: PausedRecord) -> None:
        self.paused = True

    def _on_continued(self, record: ContinuedRecord) -> None:
        self.paused = False

    def _on_end(self, record: EndRecord) -> None:
        self.end = record


_FOLDS: dict[type[Record], Callable[[RunHistory, Any], None]] = {
    StartedRecord: RunHistory._on_started,
    ExtendedRecord: RunHistory._on_extended,
    ResumedRecord: RunHistory._on_resumed,
    PlanRecord: RunHistory._on_plan,
    PhaseRecord: RunHistory._on_phase,
    EvaluationRecord: RunHistory._on_evaluation,
    LayersRecord: RunHistory._on_layers,
    TimeRecord: RunHistory._on_time,
    MemoryRecord: RunHistory._on_memory,
    OutOfMemoryRecord: RunHistory._on_out_of_memory,
    NoticeRecord: RunHistory._on_notice,
    CheckpointRecord: RunHistory._on_checkpoint,
    NoCheckpointRecord: RunHistory._on_no_checkpoint,
    PausedRecord: RunHistory._on_paused,
    ContinuedRecord: RunHistory._on_continued,
    FinishedRecord: RunHistory._on_end,
    StoppedRecord: RunHistory._on_end,
    FailedRecord: RunHistory._on_end,
}


def read_history(journal: Path) -> RunHistory:
    """Return the current history of the run with the journal at `journal`."""
    history = RunHistory()
    history.update(JournalReader(journal).read_new())
    return history
