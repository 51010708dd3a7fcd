"""The head of the Train screen: state, progress and the figures that matter, in three lines."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from core.clean import clean, clean_line
from core.runs.summary import OVER, RunHistory, RunSummary
from tui.screens.runs import STATE_MARKS
from tui.words import in_bytes, in_time

_STALE_SECONDS = 15.0
"""A living worker records its memory every second; silence this long is worth saying."""

Part = tuple[str, str]


class RunHeader(Static):
    """Three lines: state and where it stands; a bar; the figures."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)

    def say_loading(self) -> None:
        """Before the journal was read."""
        self.update(Content("Reading the run's journal…"))

    def say_trouble(self, sentence: str) -> None:
        """When the run's folder cannot be read."""
        self.update(Content.styled(clean(sentence), "$text-error"))

    def show(self, summary: RunSummary, history: RunHistory, now: float) -> None:
        """Draw a run as it stands at `now` (seconds since 1970)."""
        lines = [self._state(summary, history, now), self._bar(summary, history), self._figures(summary, history)]
        self.update(Content("\n").join(lines))

    def _state(self, summary: RunSummary, history: RunHistory, now: float) -> Content:
        mark, colour = STATE_MARKS[summary.state]
        parts: list[Part] = [(f"{mark} {summary.state}", f"bold {colour}")]
        if summary.phase:
            parts.append((f"  {clean_line(summary.phase)}", ""))
        if history.steps:
            last = history.steps[-1]
            epochs = f"/{summary.epochs:g}" if summary.epochs else ""
            parts += [("  epoch ", "$foreground-muted"), (f"{last['epoch']:.2f}{epochs}", "bold")]
            parts += [("  step ", "$foreground-muted"), (f"{summary.step}/{summary.steps or '?'}", "bold")]
            parts += [("  loss ", "$foreground-muted"), (f"{float(last['loss']):.4f}", "bold")]
            parts += [("  lr ", "$foreground-muted"), (f"{last['learning_rate']:.1e}", "")]
        if summary.state == "interrupted":
            where = f"at step {summary.step}" if summary.step else "before its first step"
            parts.append((f"  its worker died {where}; r resumes", "$text-warning"))
        elif summary.message:
            parts.append((f"  {clean_line(summary.message)}", "$text-warning"))
        elif summary.state not in OVER and history.last_time and now - history.last_time > _STALE_SECONDS:
            parts.append((f"  no word for {in_time(now - history.last_time)}", "$text-warning"))
        return Content.assemble(*parts)

    def _bar(self, summary: RunSummary, history: RunHistory) -> Content:
        """Steps done as a bar as wide as the screen, with the share in figures."""
        share = summary.step / summary.steps if summary.steps else 0.0
        fraction = history.phase.get("fraction")
        if not history.steps and isinstance(fraction, float):
            share = fraction
        width = max(self.size.width - 9, 10)
        full = round(share * width)
        return Content.assemble(
            ("━" * full, "$text-primary"), ("╌" * (width - full), "$foreground-muted"), (f" {share:>5.0%}", "bold")
        )

    def _figures(self, summary: RunSummary, history: RunHistory) -> Content:
        parts: list[Part] = []

        def add(name: str, value: str) -> None:
            parts.extend([(f"{name} ", "$foreground-muted"), (f"{value}  ", "bold")])

        if summary.validation is not None:
            add("best: accuracy", f"{summary.validation['accuracy']:.3f}")
            add("F1", f"{summary.validation['macro_f1']:.3f}")
            if summary.best_epoch is not None:
                add("epoch", f"{summary.best_epoch:g}")
        if history.steps:
            add("elapsed", in_time(history.steps[-1]["seconds"]))
        left = history.seconds_left() if summary.state in ("running", "paused") else None
        if left is not None:
            add("left ~", in_time(left))
        speed = history.reviews_per_second()
        if speed is not None:
            parts.append((f"{speed:.0f} reviews/s  ", ""))
        if history.memory:
            add("peak", in_bytes(history.memory[-1]["process_peak"]))
        if not parts:
            parts.append((f"{clean_line(summary.model)} on {clean_line(summary.data)}", "$foreground-muted"))
        return Content.assemble(*parts)
