"""The details of the selected run in a few lines: its results, notes, settings and folder."""

from __future__ import annotations

import time

from textual.content import Content

from core.base.text import clean_line
from core.runs.listed import ListedRun
from tui.formatting import in_bytes, in_time, settings_text, trouble

_LABEL = 9
"""Width of the names, in cells."""


def run_details(row: ListedRun, now: float) -> Content:
    """Return the lines about a run. `now` is the current time in seconds since 1970."""
    summary = row.summary
    lines: list[tuple[str, str]] = []

    def add(name: str, value: str, style: str = "") -> None:
        lines.extend([(f"{name:<{_LABEL}}", "$foreground-muted"), (f"{value}\n", style)])

    if wrong := trouble(summary, now, "r resumes"):
        add("silent" if summary.unresponsive_since else "ended", clean_line(wrong, 300), "$text-warning")
    elif summary.message:
        add("ended", clean_line(summary.message, 300), "$text-warning")
    if summary.phase:
        add("now", clean_line(summary.phase))
    if summary.tags or summary.notes:
        add("noted", clean_line(_said(row), 300), "$text-accent")
    if summary.validation is not None and summary.best_epoch is not None:
        figures = f"epoch {summary.best_epoch:g}, validation loss {summary.validation.loss:.4f}"
        add("best", f"{figures}{_cost(row)}")
    elif summary.validation is not None:
        add("loss", f"{summary.validation.loss:.4f} on the validation reviews{_cost(row)}")
    outline = summary.outline
    if row.changed is not None:
        add("settings", clean_line(settings_text(outline.recipe, row.changed) if outline is not None else "?", 300))
    if summary.hypothesis:
        add("expected", clean_line(summary.hypothesis, 300))
    if summary.parent is not None:
        add("branch", f"of {clean_line(summary.parent.run)}, from its step {summary.parent.step}")
    size = f" · the run takes {in_bytes(row.bytes_on_disk)} on disk" if row.bytes_on_disk is not None else ""
    add("model", f"{clean_line(summary.model, 200)}{size}")
    add("data", clean_line(summary.data, 200))
    add("folder", clean_line(summary.folder, 200))
    return Content.assemble(*lines).rstrip()


def _said(row: ListedRun) -> str:
    """Return tags and notes, the latest note first."""
    tags = " ".join(f"#{tag}" for tag in row.summary.tags)
    notes = [
        f"{time.strftime('%Y-%m-%d', time.localtime(note.time))} {note.text}" for note in reversed(row.summary.notes)
    ]
    return " · ".join(part for part in (tags, *notes) if part)


def _cost(row: ListedRun) -> str:
    seconds, peak = row.summary.duration_seconds, row.summary.peak_memory_bytes
    time_taken = f" · {in_time(seconds)} of training" if seconds is not None else ""
    return f"{time_taken}, at most {in_bytes(peak)} of memory" if peak is not None else time_taken
