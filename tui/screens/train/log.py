"""The log of the Train screen: the records of a run's journal as sentences."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.text import Text
from textual import events
from textual.widgets import RichLog

from core.base.text import clean_line
from core.runs.records import (
    CheckpointRecord,
    ContinuedRecord,
    EndRecord,
    EvaluationRecord,
    ExtendedRecord,
    FailedRecord,
    FinishedRecord,
    KilledRecord,
    NoCheckpointRecord,
    NoticeRecord,
    OutOfMemoryRecord,
    PausedRecord,
    PhaseRecord,
    PlanRecord,
    Record,
    ResumedRecord,
    StartedRecord,
    StoppedRecord,
)
from tui.screens.train.plan import computed_by, machine, micro_batches

_MAX_LINES = 2000
METRICS = {"macro_f1": "macro F1", "accuracy": "accuracy", "loss": "loss"}
"""Value of the setting `best_metric` → its display name."""


class RunLog(RichLog):
    """A log that rewraps its lines when the width changes, and follows the newest line until the user scrolls up.

    With room for a single row, it cuts its lines instead: the end of a wrapped one would say nothing.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, wrap=True, markup=False, highlight=False, min_width=20, auto_scroll=False)
        self.following = True
        self._texts: deque[Text] = deque(maxlen=_MAX_LINES)
        self._width = 0
        self._cut = False
        """Whether there is a single row."""

    def add(self, lines: Iterable[Text]) -> None:
        """Append lines."""
        added = list(lines)
        self._texts.extend(added)
        if self._width:
            self._write_all(added)

    def start_over(self) -> None:
        """Remove all lines."""
        self._texts.clear()
        self.clear()
        self.following = True

    def on_resize(self, event: events.Resize) -> None:
        width, height = self.scrollable_content_region.size
        if width and (width, height == 1) != (self._width, self._cut):
            self._width, self._cut = width, height == 1
            self.clear()
            self._write_all(self._texts)
        elif self.following:
            self._follow_soon()

    def action_scroll_home(self) -> None:
        """Stop following at once: on an animated way to the start, it would still seem to be at the end."""
        self.following = False
        self.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        """Follow from here: an animated way to the end would be overtaken by a line that is added meanwhile."""
        self.following = True
        self.scroll_end(animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self.has_focus:
            self.following = new_value >= self.max_scroll_y

    def _write_all(self, lines: Iterable[Text]) -> None:
        for line in lines:
            cut = Text.assemble(line, no_wrap=True, overflow="ellipsis") if self._cut else line
            self.write(cut, width=self._width, scroll_end=False)
        if self.following:
            self._follow_soon()

    def _follow_soon(self) -> None:
        """Show the end once it is laid out, unless the user has scrolled up by then."""
        self.call_after_refresh(self._follow)

    def _follow(self) -> None:
        if self.following:
            self.scroll_end(animate=False, immediate=True)


class Narrator:
    """Writes a sentence for each record of a journal."""

    def __init__(self, best_metric: str = "macro_f1") -> None:
        self._metric = best_metric if best_metric in METRICS else "macro_f1"

    def lines(self, records: Iterable[Record]) -> Iterator[Text]:
        """Yield a line for each record that is shown; steps, memory samples and progress are not."""
        for record in records:
            if isinstance(record, EvaluationRecord):
                sentence = self._evaluation(record)
            else:
                words = _SENTENCES.get(type(record))
                sentence = words(record) if words is not None else ""
            if sentence:
                clock = time.strftime("%H:%M:%S ", time.localtime(record.time))
                yield Text.assemble((clock, "dim"), clean_line(sentence))

    def _evaluation(self, record: EvaluationRecord) -> str:
        figures = (
            f"epoch {record.epoch:g}: validation loss {record.loss:.4f}, accuracy {record.accuracy:.3f}, "
            f"macro F1 {record.macro_f1:.3f}"
        )
        if not record.step:  # a baseline
            return figures.removeprefix("epoch 0: ")
        if record.interim:
            figures += ", measured because the run was stopped here"
        if not record.best:
            return figures
        metric = METRICS[self._metric]
        if record.tie_margin is None:
            return f"{figures}, best {metric} so far, kept"
        return f"{figures}, kept: tied with the best {metric} (within ±{record.tie_margin:.3f}), and later"


def _phase(record: PhaseRecord) -> str:
    if record.name in ("training", "evaluating") or record.fraction not in (None, 1.0):
        return ""
    return f"{record.name} finished" if record.fraction == 1.0 else f"{record.name}…"


def _plan(record: PlanRecord) -> str:
    parts = f" ({words})" if (words := micro_batches(record)) else ""
    where = f", {words}" if (words := machine(record)) else ""
    native = record.path == "native"
    by = computed_by(record, why=": " if native else ", because ")
    computed = f"; computed by {'the ' if native else ''}{by}" if by else ""
    if record.method == "baseline":
        return (
            f"{record.model}, frozen: a baseline of {record.trainable_weights:,} weights is fitted to {record.rows:,} "
            f"reviews of up to {record.max_length} tokens, {record.validation_rows:,} held out{where}{computed}"
        )
    return (
        f"{record.model}: {record.trainable_weights / 1e6:.1f} of {record.weights / 1e6:.1f} million weights are "
        f"trained on {record.rows} reviews of up to {record.max_length} tokens, {record.validation_rows} held out; "
        f"{record.steps} steps of {record.batch_size}{parts}{where}{computed}"
    )


def _memory(record: OutOfMemoryRecord) -> str:
    kept = f"batch {record.batch_size} kept"
    was, now = record.was, record.micro_batch_size
    change = {
        "smaller": f"micro-batch {was} → {now}, {kept}" if now else f"smaller micro-batches, {kept}",
        "larger": f"micro-batches may be larger again, up to {now} reviews; {kept}",
        "recompute": f"activations are recomputed from now on, {kept}",
        "again": "tried again",
        "skipped": "the run continues without it",
    }[record.what]
    trouble = "" if record.what == "larger" else f"out of memory ({record.where}): "
    return f"{trouble}{change}"


def _resumed(record: ResumedRecord) -> str:
    step, reached = record.step, record.reached
    again = f"; steps {step + 1} to {reached} are repeated" if reached > step else ""
    return f"resumed from step {step}{again}"


def _ended(record: EndRecord) -> str:
    return f"{record.kind}: {record.message}" if record.message else record.kind


_SENTENCES: dict[type[Record], Callable[[Any], str]] = {
    StartedRecord: lambda record: f"worker {record.pid} started on {record.host}",
    ResumedRecord: _resumed,
    PhaseRecord: _phase,
    PlanRecord: _plan,
    OutOfMemoryRecord: _memory,
    KilledRecord: lambda record: (
        f"the kernel killed the worker because memory ran out; restarted with smaller micro-batches "
        f"({record.restarts} of at most {record.most} times)"
    ),
    CheckpointRecord: lambda record: f"checkpoint at step {record.step}",
    NoCheckpointRecord: lambda record: f"NO CHECKPOINT: {record.message}",
    ExtendedRecord: lambda record: (
        f"extended from {record.from_epochs:g} to {record.epochs:g} epochs; the results so far are in earlier/"
    ),
    PausedRecord: lambda record: "paused",
    ContinuedRecord: lambda record: "continued",
    NoticeRecord: lambda record: record.text,
    FinishedRecord: _ended,
    StoppedRecord: _ended,
    FailedRecord: _ended,
}
