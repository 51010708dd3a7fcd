"""What a run's files say about it: its state in one line, and its whole history.

A worker that died is told from one that lives and gives no sign: the first by its lock, the second by its pulse.

`RunHistory` folds journal records into what a screen draws; `summarize` gives the few facts that a list shows, reading
only the ends of a long journal. Both are pure functions of the run's folder: every figure can be recomputed from it.
"""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from core.runs.checkpoint_folders import numbered
from core.runs.folder import RunFolder
from core.runs.heartbeat import unresponsive_since
from core.runs.journal import record_of
from core.runs.lock import Holder, living_worker, read_holder
from core.runs.records import Record

State = Literal["starting", "running", "paused", "unresponsive", "finished", "stopped", "failed", "interrupted"]

OVER: tuple[State, ...] = ("finished", "stopped", "failed", "interrupted")
"""States in which no worker lives."""

_STARTUP_SECONDS = 20.0
_STEP = b'{"kind": "step"'


@dataclass
class RunHistory:
    """Everything that a journal told so far. `update` folds in new records; a resumed run's replayed steps replace
    the ones they repeat."""

    plan: Record = field(default_factory=dict)
    phase: Record = field(default_factory=dict)
    steps: list[Record] = field(default_factory=list)
    evaluations: list[Record] = field(default_factory=list)
    memory: list[Record] = field(default_factory=list)
    notices: list[Record] = field(default_factory=list)
    checkpoint_step: int | None = None
    paused: bool = False
    end: Record | None = None
    """The record that ended the run: finished, stopped or failed."""
    begun: float | None = None
    last_time: float | None = None
    workers: int = 0
    """How many workers have worked on the run: 1, and one more for each resume."""
    replays: list[tuple[int, int]] = field(default_factory=list)
    """Steps that were made again after a resume: the first and the last of each time."""
    earlier: list[Record] = field(default_factory=list)
    """How the run had ended before each time that it was extended."""
    no_checkpoint: str = ""
    """Why the latest checkpoint could not be written; empty where it was."""
    _ended: Record | None = None
    host: str = ""
    """Where its last worker worked."""
    sign: Record | None = None
    """The last reading of the present worker's pulse; None in journals of older versions."""
    longest_step: float = 0.0
    """Seconds of training that two steps were apart at most."""

    def update(self, records: Iterable[Record]) -> bool:
        """Fold in `records`; True if there were any."""
        any_new = False
        for record in records:
            any_new = True
            self.last_time = record["time"]
            fold = getattr(self, f"_on_{record['kind']}", None)
            if fold is not None:
                fold(record)
        return any_new

    def _on_out_of_memory(self, record: Record) -> None:
        """The plan is what is done now: limits that changed in a step take the place of those of the beginning."""
        if record["what"] in ("smaller", "larger") and record["where"] not in ("evaluation", "checkpoint"):
            if record.get("micro_batch_tokens"):
                self.plan = {**self.plan, "micro_batch_tokens": record["micro_batch_tokens"]}
            else:
                self.plan = {**self.plan, "micro_batch_size": record["micro_batch_size"]}

    def _on_started(self, record: Record) -> None:
        self.workers += 1
        self.begun = self.begun if self.begun is not None else record["time"]
        self._ended, self.end, self.paused = self.end or self._ended, None, False
        self.host, self.phase = str(record.get("host", "")), {}
        self.sign = record if "awake" in record else None

    def _on_extended(self, record: Record) -> None:
        if self._ended is not None:
            self.earlier.append(self._ended)

    def _on_resumed(self, record: Record) -> None:
        if self.step > record["step"]:
            self.replays.append((record["step"] + 1, self.step))
        self.steps = [past for past in self.steps if past["step"] <= record["step"]]
        self.evaluations = [past for past in self.evaluations if past["step"] <= record["step"]]

    def _on_plan(self, record: Record) -> None:
        self.plan = record

    def _on_phase(self, record: Record) -> None:
        self.phase = record

    def _on_step(self, record: Record) -> None:
        if record["step"] == self.step + 1 and self.steps:
            self.longest_step = max(self.longest_step, record["seconds"] - self.steps[-1]["seconds"])
        self.steps.append(_with_numbers(record))
        self.paused = False  # nobody who waits makes steps; the record that ended the pause may not have been read
        if self.phase.get("name") != "training":
            self.phase = {"name": "training", "fraction": None}

    def _on_evaluation(self, record: Record) -> None:
        self.evaluations.append(_with_numbers(record))

    def _on_memory(self, record: Record) -> None:
        self.memory.append(record)
        self.sign = record if "awake" in record else self.sign

    def _on_notice(self, record: Record) -> None:
        self.notices.append(record)

    def _on_checkpoint(self, record: Record) -> None:
        self.checkpoint_step, self.no_checkpoint = record["step"], ""

    def _on_no_checkpoint(self, record: Record) -> None:
        self.no_checkpoint = record["message"]

    def _on_paused(self, record: Record) -> None:
        self.paused = True

    def _on_continued(self, record: Record) -> None:
        self.paused = False

    def _on_finished(self, record: Record) -> None:
        self.end = record
        if record.get("validation"):
            self.end = {**record, "validation": _with_numbers(record["validation"])}

    _on_stopped = _on_finished
    _on_failed = _on_finished

    @property
    def step(self) -> int:
        """Optimizer steps done."""
        return int(self.steps[-1]["step"]) if self.steps else 0

    @property
    def planned_steps(self) -> int | None:
        return self.plan.get("steps")

    @property
    def best(self) -> Record | None:
        """The evaluation whose weights are kept."""
        return next((record for record in reversed(self.evaluations) if record["best"]), None)

    def seconds_left(self) -> float | None:
        """Estimate of the training time left, from the mean pace of the last 50 steps; None before there is one."""
        recent = self.steps[-50:]
        if self.planned_steps is None or len(recent) < 2 or recent[-1]["step"] <= recent[0]["step"]:
            return None
        pace = (recent[-1]["seconds"] - recent[0]["seconds"]) / (recent[-1]["step"] - recent[0]["step"])
        return float(pace * (self.planned_steps - self.step))

    def reviews_per_second(self) -> float | None:
        """Training speed over the last 50 steps; None before there is one."""
        recent = self.steps[-50:]
        if len(recent) < 2 or recent[-1]["seconds"] <= recent[0]["seconds"]:
            return None
        return float(sum(record["reviews"] for record in recent[1:]) / (recent[-1]["seconds"] - recent[0]["seconds"]))


def _with_numbers(record: Record) -> Record:
    """The record with its figures as numbers: a journal holds those that JSON lacks as words."""
    return {key: float(value) if value in ("nan", "inf", "-inf") else value for key, value in record.items()}


@dataclass(frozen=True)
class RunStatus:
    """How a run stands now."""

    state: State
    worker: Holder | None = None
    """Who works on it."""
    unresponsive_since: float | None = None
    """Since when, in seconds since 1970, its living worker gives no sign."""


def run_status(run: RunFolder, history: RunHistory, now: float | None = None, awake: float | None = None) -> RunStatus:
    """How a run stands: by its last words, or, where it has said none, by whether its worker lives and gives signs.

    Args:
        now: seconds since 1970; awake: seconds that this machine was awake since it was booted.
    """
    now = time.time() if now is None else now
    if history.end is not None:
        kind: State = history.end["kind"]
        return RunStatus(kind)
    worker = living_worker(run.lock, run.journal, now)
    if worker is not None:
        since = _unresponsive_since(history, worker, now, time.monotonic() if awake is None else awake)
        return RunStatus(_living_state(history) if since is None else "unresponsive", worker, since)
    if history.workers == 0 and now - run.path.stat().st_mtime < _STARTUP_SECONDS:
        return RunStatus("starting")
    return RunStatus("interrupted")


def state_of(run: RunFolder, history: RunHistory, now: float | None = None) -> State:
    """The state of a run; see `run_status`."""
    return run_status(run, history, now).state


def _living_state(history: RunHistory) -> State:
    if history.paused:
        return "paused"
    return "running" if history.plan else "starting"


def _unresponsive_since(history: RunHistory, worker: Holder, now: float, awake: float) -> float | None:
    if history.sign is None or history.last_time is None:
        return None
    name, fraction = history.phase.get("name"), history.phase.get("fraction")
    return unresponsive_since(
        history.sign,
        history.last_time,
        quiet=name != "training" and fraction is None,
        longest_step=history.longest_step,
        now=now,
        awake=awake if worker.is_here else None,
    )


@dataclass(frozen=True)
class RunSummary:
    """One run in one line of a list."""

    id: str
    name: str
    state: State
    folder: str
    pid: int | None
    host: str | None
    """Where its worker lives; None where none does."""
    unresponsive_since: float | None
    """Since when, in seconds since 1970, a living worker gives no sign."""
    model: str
    data: str
    labels: tuple[str, ...]
    epoch: float
    epochs: int | None
    step: int
    steps: int | None
    loss: float | None
    validation: dict[str, float] | None
    """Figures of the weights that are kept: loss, accuracy, macro_f1; of a long run under way, the latest at hand."""
    best_epoch: float | None
    began: float | None
    ended: float | None
    message: str
    phase: str
    has_model: bool
    parent: dict[str, Any] | None
    """The run and the step that this one branches off; None for a run of its own."""
    checkpoint_step: int | None
    """Step of the last checkpoint on the disk."""
    no_checkpoint: str
    """Why the latest checkpoint could not be written; empty where it was."""

    def to_json(self) -> dict[str, Any]:
        """The object that `runs --json` and `status --json` print."""
        facts = dict(vars(self))
        return {"run": facts.pop("id"), **facts, "labels": list(self.labels)}


def summarize(run: RunFolder) -> RunSummary:
    """The few facts that a list shows of a run, in a time that does not grow with its journal."""
    history = RunHistory()
    history.update(_ends_of_journal(run))
    return summary_of(run, history)


def summary_of(run: RunFolder, history: RunHistory) -> RunSummary:
    """The same facts from a history that is at hand."""
    asked = run.asked()
    name, data = str(asked.get("name", run.id)), str(asked.get("data", "?"))
    settings = asked.get("settings")
    model = str(settings.get("model", "auto")) if isinstance(settings, dict) else "?"
    best = history.best
    end = history.end or {}
    stands = run_status(run, history)
    state, worker = stands.state, stands.worker
    last = history.steps[-1] if history.steps else {}
    return RunSummary(
        id=run.id,
        name=name,
        state=state,
        folder=str(run.path),
        pid=worker.pid if worker else None,
        host=worker.host if worker else None,
        unresponsive_since=stands.unresponsive_since,
        model=history.plan.get("model", model),
        data=data,
        labels=tuple(history.plan.get("labels", ())),
        epoch=round(last.get("epoch", 0.0), 3),
        epochs=history.plan.get("epochs"),
        step=history.step,
        steps=history.planned_steps,
        loss=last["loss"] if math.isfinite(last.get("loss", math.nan)) else None,
        validation=end.get("validation") or _figures(best),
        best_epoch=end.get("best_epoch") or (best["epoch"] if best else None),
        began=history.begun,
        ended=history.end["time"] if history.end else None,
        message=_interruption(run, history) if state == "interrupted" else end.get("message", ""),
        phase=_phase_in_words(history.phase) if state not in OVER else "",
        has_model=(run.model / "config.json").is_file(),
        parent=_parent(asked.get("parent")),
        checkpoint_step=history.checkpoint_step,
        no_checkpoint=history.no_checkpoint,
    )


def _parent(asked: Any) -> dict[str, Any] | None:
    """What settings.toml says of the parent, if it is what a branch's says."""
    if isinstance(asked, dict) and isinstance(asked.get("run"), str) and isinstance(asked.get("step"), int):
        return {"run": asked["run"], "step": asked["step"]}
    return None


def _interruption(run: RunFolder, history: RunHistory) -> str:
    """What happened to a run without last words, and where it can go on."""
    where = f"at step {history.step}" if history.step else "before its first step"
    died = f"its worker died {where}"
    holder = read_holder(run.lock)
    if holder is not None and not holder.over and holder.host != socket.gethostname():
        died = f"its worker on {holder.host} was not heard of for a minute, {where}"
    steps = [step for step, _ in numbered(run.checkpoints)]
    return f"{died}; it can go on from step {max(steps)}" if steps else f"{died}; no checkpoint: it begins anew"


def _figures(best: Record | None) -> dict[str, float] | None:
    return {key: best[key] for key in ("loss", "accuracy", "macro_f1")} if best else None


def _phase_in_words(phase: Record) -> str:
    fraction = phase.get("fraction")
    return f"{phase['name']} {fraction:.0%}" if fraction is not None else str(phase.get("name", ""))


def _ends_of_journal(run: RunFolder, block: int = 1 << 16) -> list[Record]:
    """All records of a short journal; of a long one those in its first `block` bytes, and those since a last step.

    The last `block` bytes mostly hold a step; a run that is paused or evaluates for long writes much after it.
    """
    try:
        descriptor = os.open(run.journal, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        size = os.fstat(descriptor).st_size
        data = os.pread(descriptor, 2 * block, 0)
        if size > 2 * block:
            tail = os.pread(descriptor, block, size - block)
            while _STEP not in tail and len(tail) < size:
                tail = os.pread(descriptor, 2 * len(tail), max(size - 2 * len(tail), 0))
            data = data[:block] + b"\n" + tail if len(tail) + block < size else tail
    except OSError:  # it is no file
        return []
    finally:
        os.close(descriptor)
    return [record for line in data.splitlines() if (record := record_of(line)) is not None]
