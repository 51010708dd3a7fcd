"""The head of the Train screen: state, progress and the figures that matter, in three lines."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from core.base.text import clean, clean_line
from core.runs.history import RunHistory
from core.runs.status import OVER
from core.runs.summary import RunSummary
from tui.formatting import STATE_MARKS, in_bytes, in_time, trouble
from tui.widgets.responsive import fitting


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
        """State and place, as far as there is room; what is wrong, or was said at the end, always and in full."""
        mark, colour = STATE_MARKS[summary.state]
        parts = [Content.styled(f"{mark} {summary.state}", f"bold {colour}")]
        if summary.phase:
            parts.append(Content(clean_line(summary.phase)))
        if history.steps:
            last = history.steps[-1]
            epochs = f"/{summary.epochs:g}" if summary.epochs else ""
            parts += [
                _named("epoch", f"{last.epoch:.2f}{epochs}"),
                _named("step", f"{summary.step}/{summary.steps or '?'}"),
                _named("loss", f"{last.loss:.4f}"),
                _named("lr", f"{last.learning_rate:.1e}", ""),
            ]
        wrong = clean_line(trouble(summary, now, "r resumes") or _no_checkpoint(summary) or summary.message, 300)
        return Content.assemble(fitting(parts, self._width, "  "), (wrong and f"  {wrong}", "$text-warning"))

    @property
    def _width(self) -> int:
        """Cells of a line."""
        return max(self.content_size.width, 10)

    def _bar(self, summary: RunSummary, history: RunHistory) -> Content:
        """Steps done as a bar as wide as the screen, with the share in figures."""
        share = summary.step / summary.steps if summary.steps else 0.0
        if not history.steps and history.phase is not None and history.phase.fraction is not None:
            share = history.phase.fraction
        width = max(self.size.width - 9, 10)
        full = round(share * width)
        return Content.assemble(
            ("━" * full, "$text-primary"), ("╌" * (width - full), "$foreground-muted"), (f" {share:>5.0%}", "bold")
        )

    def _figures(self, summary: RunSummary, history: RunHistory) -> Content:
        """The figures that have room, the most important first."""
        parts: list[Content] = []
        if summary.validation is not None:
            parts.append(_named("best: accuracy", f"{summary.validation.accuracy:.3f}"))
            parts.append(_named("F1", f"{summary.validation.macro_f1:.3f}"))
            if summary.best_epoch is not None:
                parts.append(_named("epoch", f"{summary.best_epoch:g}"))
        if history.steps:
            parts.append(_named("elapsed", in_time(history.steps[-1].seconds)))
        left = history.seconds_left() if summary.state in ("running", "paused") else None
        if left is not None:
            parts.append(_named("left ~", in_time(left)))
        speed = history.reviews_per_second()
        if speed is not None:
            parts.append(Content(f"{speed:.0f} reviews/s"))
        if history.peak_bytes is not None:
            parts.append(_named("peak", in_bytes(history.peak_bytes)))
        if not parts:
            words = f"{clean_line(summary.model)} on {clean_line(summary.data)}"
            parts.append(Content.styled(words, "$foreground-muted"))
        return fitting(parts, self._width, "  ")


def _no_checkpoint(summary: RunSummary) -> str:
    """What a run on a disk that takes no checkpoint says; empty for any other."""
    if not summary.no_checkpoint or summary.state in OVER:
        return ""
    since = f"since step {summary.checkpoint_step}" if summary.checkpoint_step else "yet"
    return f"no checkpoint {since}: {summary.no_checkpoint}"


def _named(name: str, value: str, style: str = "bold") -> Content:
    """A figure with its name before it."""
    return Content.assemble((f"{name} ", "$foreground-muted"), (value, style))
