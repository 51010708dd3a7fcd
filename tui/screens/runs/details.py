"""The details of the selected run in a few lines: its results, settings and folder."""

from __future__ import annotations

from textual.content import Content

from core.base.text import clean_line
from tui.formatting import in_bytes, trouble
from tui.screens.runs.listing import RunRow

_LABEL = 9
"""Width of the names, in cells."""


def run_details(row: RunRow, now: float) -> Content:
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
    if summary.validation is not None and summary.best_epoch is not None:
        add("best", f"epoch {summary.best_epoch:g}, validation loss {summary.validation.loss:.4f}")
    elif summary.validation is not None:
        add("loss", f"{summary.validation.loss:.4f} on the validation reviews")
    if row.settings:
        add("settings", clean_line(row.settings, 300))
    if summary.parent is not None:
        add("branch", f"of {clean_line(summary.parent.run)}, from its step {summary.parent.step}")
    size = f" · the run takes {in_bytes(row.bytes_on_disk)} on disk" if row.bytes_on_disk is not None else ""
    add("model", f"{clean_line(summary.model, 200)}{size}")
    add("data", clean_line(summary.data, 200))
    add("folder", clean_line(summary.folder, 200))
    return Content.assemble(*lines).rstrip()
