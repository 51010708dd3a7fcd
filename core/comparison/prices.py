"""What a run costs beside what it scores: parameters, bytes, memory, time; and how settings differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from core.comparison.arms import Arm
from core.comparison.report import DifferingSetting, RunReport, Value
from core.runs.folder import RunFolder
from core.runs.history import read_history
from core.runs.outline import Outline, read_outline

_SAME = 0.05
"""Times that differ by less than this share are called the same."""


class Costs(NamedTuple):
    """What the folder of a run says of its costs; None where it does not."""

    model: str
    seed: int | None
    parameters: int | None
    model_bytes: int | None
    peak_memory_bytes: int | None
    seconds: float | None
    found_layers: bool


def costs_of(run: RunFolder) -> Costs:
    """Return the costs of a run."""
    history, outline = read_history(run.journal), read_outline(run.settings)
    plan, end = history.plan, history.end
    seed = outline.settings.get("seed") if outline is not None else None
    last = history.steps[-1].seconds if history.steps else None
    return Costs(
        model=plan.model if plan is not None else outline.model if outline is not None else "?",
        seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
        parameters=plan.weights if plan is not None else None,
        model_bytes=_size(run.model),
        peak_memory_bytes=(end.peak_memory_bytes if end is not None else None) or history.peak_bytes,
        seconds=(end.seconds if end is not None else None) or last,
        found_layers=plan is not None and plan.found_layers,
    )


def _size(folder: Path) -> int | None:
    try:
        return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) or None
    except OSError:
        return None


def price(a: RunReport, b: RunReport, speed_ratio: float | None) -> str:
    """Return what a costs compared with b, as part of a sentence; empty if that is not known."""
    training = a.seconds / b.seconds if a.seconds and b.seconds else None
    return price_in_words(training, speed_ratio, uneven=a.found_layers != b.found_layers)


def mean_price(a: Sequence[RunReport], b: Sequence[RunReport], speed_ratio: float | None) -> str:
    """Return what a run of one group costs compared with one of the other, on average."""
    of_a, of_b = ([run.seconds for run in its if run.seconds] for its in (a, b))
    training = fmean(of_a) / fmean(of_b) if of_a and of_b else None
    uneven = len({run.found_layers for run in (*a, *b)}) > 1
    return price_in_words(training, speed_ratio, uneven=uneven)


def price_in_words(training: float | None, classifying: float | None, *, uneven: bool = False) -> str:
    """Return how much longer one trains and classifies than the other; empty if neither is known.

    Args:
        training, classifying: The ratios of the times; None if unknown.
        uneven: Whether an earlier run had computed the frozen layers of one of them, but not of the other.
    """
    parts = []
    if training is not None:
        kept = " (frozen layers that an earlier run had computed are not counted)" if uneven else ""
        parts.append(f"took {_times(training)} to train{kept}")
    if classifying is not None:
        parts.append(f"takes {_times(classifying)} to classify")
    return ", ".join(parts)


def _times(ratio: float) -> str:
    if abs(ratio - 1) < _SAME:
        return "the same time"
    return f"{ratio:.2g}× the time" if ratio < 10 else f"{ratio:,.0f}× the time"


def differing_settings(arms: Sequence[Arm]) -> tuple[DifferingSetting, ...]:
    """Return what was asked differently of the arms: data, method and settings. Seeds of a group do not count."""
    asked = [_asked(arm) for arm in arms]
    varies = {"seed"} if any(arm.seeds for arm in arms) else set()
    names = dict.fromkeys(name for one in asked for name in one if name not in varies)
    rows = ((name, tuple(one.get(name) for one in asked)) for name in names)
    return tuple(DifferingSetting(setting=name, values=values) for name, values in rows if len(set(values)) > 1)


def _asked(arm: Arm) -> dict[str, Value]:
    outline: Outline | None = next((one for run in arm.folders if (one := read_outline(run.settings))), None)
    if outline is None:
        return {}
    settings = outline.all_settings()
    branch = f"{outline.parent.run} from step {outline.parent.step}" if outline.parent is not None else None
    return {"data": outline.data, "method": outline.method, "branch of": branch, **settings}
