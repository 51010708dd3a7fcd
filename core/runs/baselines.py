"""The line to beat: the best baseline on the data of a run, and what fine-tuning gained over it.

Two runs are comparable if they learned from the same file, read in the same way, and were measured on the same rows:
their provenance says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.runs.figures import AgainstBaseline, ValidationFigures
from core.runs.folder import RunFolder, list_runs
from core.runs.outline import Method, read_outline
from core.runs.provenance import Provenance, read_provenance
from core.runs.records import EndRecord, FinishedRecord
from core.runs.summary import end_of


@dataclass(frozen=True)
class Baseline:
    """A finished baseline."""

    run: str
    """Id of the run."""
    name: str
    validation: ValidationFigures
    seconds: float
    """Seconds that it took, without reading."""
    against: tuple[AgainstBaseline, ...]
    """What it found about the fine-tuned runs that there were."""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that commands print."""
        return {"run": self.run, "name": self.name, "seconds": self.seconds, **self.validation.to_json()}


def comparable(run: RunFolder, method: Method) -> Iterator[RunFolder]:
    """Yield the other runs of a method with the data and the validation rows of `run`, the newest first."""
    own = read_provenance(run.provenance)
    if own is None or not own.validation_sha256:
        return
    for other in list_runs():
        if other.id == run.id or (outline := read_outline(other.settings)) is None or outline.method != method:
            continue
        if (found := read_provenance(other.provenance)) is not None and same_rows(own, found):
            yield other


def same_rows(one: Provenance, other: Provenance) -> bool:
    """Return whether two runs learned from the same data and were measured on the same rows."""
    return all(getattr(one, name) == getattr(other, name) for name in ("data_hash", "validation_sha256", "labels"))


def best_baseline(run: RunFolder) -> Baseline | None:
    """Return the most accurate baseline on the data of a run, of several the oldest; None if there is none.

    A baseline has none itself.
    """
    outline = read_outline(run.settings)
    if outline is None or outline.method == "baseline":
        return None
    found = [baseline for other in comparable(run, "baseline") if (baseline := baseline_of(other)) is not None]
    return max(reversed(found), key=lambda one: one.validation.accuracy, default=None)


def baseline_of(run: RunFolder) -> Baseline | None:
    """Return a run as a baseline; None if it has not finished."""
    end, outline = end_of(run), read_outline(run.settings)
    if not isinstance(end, FinishedRecord) or end.validation is None or outline is None:
        return None
    return Baseline(run.id, outline.name, end.validation, end.seconds or 0.0, end.against)


def gain_over(baseline: Baseline, run: RunFolder, end: EndRecord | None) -> AgainstBaseline | None:
    """Return what a run gained over a baseline, as the one of the two that ended later found; None if it is not known.

    Args:
        end: How the run ended.
    """
    own = end.against if end is not None else ()
    found = [one for one in (*own, *baseline.against) if (one.run, one.baseline) == (run.id, baseline.run)]
    return found[0] if found and end is not None and end.validation is not None else None


def gain_in_words(gain: AgainstBaseline, method: Method | None) -> str:
    """Return the verdict: nothing was gained if the interval of the difference does not lie above zero.

    Args:
        method: How the run was trained; None if that cannot be read.
    """
    took, who = _seconds(gain.seconds), "The student" if method == "distillation" else "Fine-tuning"
    if gain.low <= 0:
        return f"{who} gained nothing over {took} of baseline."
    points = f"{100 * gain.difference:.1f} points ({100 * gain.low:.1f} to {100 * gain.high:.1f})"
    return f"{who} gained {points} over {took} of baseline."


def _seconds(seconds: float) -> str:
    if seconds >= 120:
        return f"{seconds / 60:.0f} minutes"
    whole = max(round(seconds), 1)
    return f"{whole} second{'s' * (whole != 1)}"
