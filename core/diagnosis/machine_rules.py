"""Rules about the machine: its processors, the input, and memory. Runs of earlier versions have no figures for most."""

from __future__ import annotations

from statistics import fmean

from core.diagnosis.finding import Figures, Finding
from core.runs.records import MemoryRecord, TimeRecord

_READINGS = 15
"""Readings of the processors, about a second apart, before which nothing is said about them."""
_RECENT = 60
_GOT = 0.7
"""The share of its processors below which a training is held up: it could be half as fast again."""
_OTHERS = 0.3
"""Processors that others have to keep busy to be the reason."""
_INPUT_SECONDS, _INPUT_SHARE = 20.0, 0.3
"""Training time before which nothing is said about the input, and the share of it that is too much."""
_FULL = 0.9
"""The share of memory that is near the limit."""
_GIB = 1 << 30


def machine_busy(run: Figures) -> Finding | None:
    """Other processes take the processors that the training could use."""
    recent = _while_training(run)[-_RECENT:]
    if not _computes_here(run) or len(recent) < _READINGS:
        return None
    got = 1 - fmean(one.lost or 0.0 for one in recent)
    others = fmean((one.processors_busy or 0.0) - (one.processors_ours or 0.0) for one in recent)
    if got > _GOT or others < _OTHERS:
        return None
    return Finding(
        "machine busy",
        f"Training gets {got:.0%} of its processors; other processes keep {others:.1f} busy.",
        f"End other programs, or let it run when they are done: alone it would take about {got:.0%} of the time.",
    )


def slow_input(run: Figures) -> Finding | None:
    """The training waits for tokens; while it is in progress, not only for the first ones."""
    workers = run.history.times_by_worker()
    if not workers or run.frozen:  # a head alone computes hardly more than it reads
        return None
    last = workers[-1][-1]
    middle = next(one for one in workers[-1] if one.elapsed >= last.elapsed / 2)
    seconds = _unpaused(last)
    if seconds < _INPUT_SECONDS or last.input < _INPUT_SHARE * seconds:
        return None
    lately = last.input - middle.input, _unpaused(last) - _unpaused(middle)
    if run.history.end is None and (not lately[1] or lately[0] < _INPUT_SHARE * lately[1]):
        return None
    return Finding(
        "slow input",
        f"The training waits for tokens: {last.input:.0f} of {seconds:.0f} s.",
        "What is tokenized is kept, so the next run on these reviews waits less. So does a run on shorter texts.",
    )


def _unpaused(record: TimeRecord) -> float:
    return record.elapsed - record.paused


def memory_near_limit(run: Figures) -> Finding | None:
    """The worker uses nearly all memory that it may."""
    if not run.history.memory:
        return None
    last = run.history.memory[-1]
    if _computes_here(run):
        peak, limit, whose = last.process_peak, last.limit or last.system_total, "Memory"
    else:
        ours = max(last.devices, key=lambda one: one.ours_reserved, default=None)
        if ours is None or ours.error:
            return None
        peak, limit, whose = last.device_peak or 0, max(ours.total - ours.other, 0), f"Memory of GPU {ours.index}"
    if not limit or peak < _FULL * limit:
        return None
    return Finding(
        "memory near its limit",
        f"{whose} peaked at {peak / _GIB:.1f} of {limit / _GIB:.1f} GiB.",
        "Smaller micro-batches take less, and change no result.",
        {"micro_batch_size": "4"},
    )


def _computes_here(run: Figures) -> bool:
    """Return whether the processors compute the model, and not a GPU."""
    return run.history.plan is None or run.history.plan.device == "cpu"


def _while_training(run: Figures) -> list[MemoryRecord]:
    """Return the readings of the processors between the first and the last step of the current worker."""
    workers, steps = run.history.memory_by_worker(), run.history.steps
    if not workers or not steps:
        return []
    known = [one for one in workers[-1] if one.lost is not None]
    return [one for one in known if steps[0].time <= one.time <= steps[-1].time]
