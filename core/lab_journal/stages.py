"""A run as the lab journal sees it: its stages, that is what it was at first and after each extension."""

from __future__ import annotations

import math
import mmap
import time
from collections.abc import Iterable
from dataclasses import dataclass

from core.comparison.judged import AnswersOf
from core.lab_journal.entry import Figures
from core.runs.figures import ValidationFigures
from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.outline import Outline
from core.runs.provenance import Provenance, read_provenance
from core.runs.records import EndRecord, ExtendedRecord, FinishedRecord, PlanRecord, Record, StoppedRecord
from core.runs.summary import RunSummary, ends_of, summary_of

_EXTENDED = b'{"kind": "extended"'


@dataclass(frozen=True)
class Stage:
    """A run from its start, or from an extension, to the next extension."""

    number: int
    """0 for the run as it was at first."""
    time: float
    """When it was begun, in seconds since 1970."""
    epochs: int | None
    """The total number of epochs that were asked for; None if they are those of settings.toml."""
    state: str
    ended: float | None
    figures: Figures
    answers: AnswersOf | None
    """Its model's answers to the validation rows; None if there are none."""
    end: EndRecord | None
    """How it ended; None if it has not."""


@dataclass(frozen=True)
class JournalRun:
    """A run with its stages."""

    run: RunFolder
    summary: RunSummary
    provenance: Provenance | None
    plan: PlanRecord | None
    stages: tuple[Stage, ...]
    """At least one, the first at first."""

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def outline(self) -> Outline | None:
        """What was asked; None if its settings.toml is missing or damaged."""
        return self.summary.outline

    def stage_at(self, moment: float) -> Stage:
        """Return the stage that the run was in at a moment; the first, if it was not begun."""
        return next((one for one in reversed(self.stages) if one.time <= moment), self.stages[0])

    def ends_of(self, stage: Stage) -> tuple[float, ...]:
        """Return when the stage was followed by another; nothing for the last."""
        return tuple(one.time for one in self.stages[stage.number + 1 : stage.number + 2])


def read_run(run: RunFolder) -> JournalRun:
    """Return a run with its stages.

    Raises:
        FileNotFoundError: It was deleted meanwhile.
    """
    history = RunHistory()
    cuts: list[_Cut] = []
    if _is_extended(run):
        records = JournalReader(run.journal).read_new()
        history.update(records)
        cuts = list(_cuts(records))
    else:
        history = ends_of(run)
    summary = summary_of(run, history)
    return JournalRun(run, summary, read_provenance(run.provenance), history.plan, _stages(run, summary, history, cuts))


def created(id: str, path_time: float = 0.0) -> float:
    """Return when a folder with this id was made, in seconds since 1970; `path_time` if the id does not say."""
    try:
        whole = time.mktime(time.strptime(id[:15], "%Y%m%d-%H%M%S"))
        return whole + int(id[16:20], 16) / (1 << 16)
    except (ValueError, OverflowError):
        return path_time


def figures_of(
    validation: ValidationFigures | None,
    *,
    rows: int | None = None,
    epochs: float | None = None,
    seconds: float | None = None,
    found_layers: bool = False,
    peak: int | None = None,
) -> Figures:
    """Return scores and costs; those that are not finite are left out."""
    scores = {name: _finite(getattr(validation, name, None)) for name in ("accuracy", "macro_f1", "loss")}
    return Figures(
        **scores, rows=rows, epochs=epochs, seconds=seconds, found_layers=found_layers, peak_memory_bytes=peak
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True)
class _Cut:
    """An extension, and what was before it."""

    record: ExtendedRecord
    end: EndRecord | None
    asked: float | None
    """The epochs that were planned before."""


def _cuts(records: Iterable[Record]) -> Iterable[_Cut]:
    end: EndRecord | None = None
    asked: float | None = None
    for record in records:
        if isinstance(record, ExtendedRecord):
            yield _Cut(record, end, asked)
            end, asked = None, record.epochs
        elif isinstance(record, EndRecord):
            end = record
        elif isinstance(record, PlanRecord):
            asked = record.epochs


def _stages(run: RunFolder, summary: RunSummary, history: RunHistory, cuts: list[_Cut]) -> tuple[Stage, ...]:
    rows = history.plan.validation_rows if history.plan is not None else None
    found_layers = history.plan is not None and history.plan.found_layers
    stages: list[Stage] = []
    begun, epochs = created(run.id, summary.began or 0.0), None
    for number, cut in enumerate(cuts):
        end = cut.end
        earlier = f"epochs-{cut.record.from_epochs:.4g}"
        answers = _answers(run, earlier)
        figures = figures_of(
            end.validation if end is not None else None,
            rows=rows,
            epochs=float(cut.record.from_epochs),
            seconds=end.seconds if end is not None else None,
            found_layers=found_layers,
            peak=end.peak_memory_bytes if end is not None else None,
        )
        asked = epochs if number else _whole(cut.asked)
        ended = end.time if end is not None else None
        stages.append(Stage(number, begun, asked, _state(end), ended, figures, answers, end))
        begun, epochs = cut.record.time, cut.record.epochs
    is_baseline = summary.outline is not None and summary.outline.method == "baseline"
    figures = figures_of(
        summary.validation,
        rows=rows,
        epochs=None if is_baseline else summary.epoch or None,
        seconds=summary.duration_seconds,
        found_layers=found_layers,
        peak=summary.peak_memory_bytes,
    )
    answers = _answers(run)
    last = Stage(len(cuts), begun, epochs, summary.state, summary.ended, figures, answers, history.end)
    return (*stages, last)


def _answers(run: RunFolder, earlier: str = "") -> AnswersOf | None:
    file = run.earlier / earlier / run.predictions.name if earlier else run.predictions
    try:
        return AnswersOf(run=run.id, earlier=earlier, written=file.stat().st_mtime_ns)
    except OSError:
        return None


def _whole(epochs: float | None) -> int | None:
    return int(epochs) if epochs is not None and float(epochs).is_integer() else None


def _state(end: EndRecord | None) -> str:
    if isinstance(end, FinishedRecord):
        return "finished"
    return "stopped" if isinstance(end, StoppedRecord) else "failed" if end is not None else "interrupted"


def _is_extended(run: RunFolder) -> bool:
    """Return whether the journal says that the run was extended; it is searched as bytes, which takes no time."""
    try:
        with run.journal.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return data.find(_EXTENDED) >= 0
    except (OSError, ValueError):  # ValueError: it is empty
        return False
