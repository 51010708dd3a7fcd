"""The details of the selected run or group in a few lines: its results, notes, settings and folder."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from textual.content import Content

from core.base.text import clean_line
from core.experiments.listed_group import ListedGroup
from core.runs.listed import ListedRun
from core.runs.notes import Note
from tui.formatting import counted, in_bytes, in_time, progress_text, setting_text, settings_text, trouble

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
    if row.group is not None:
        add("group", clean_line(row.group, 200))
    if summary.parent is not None:
        add("branch", f"of {clean_line(summary.parent.run)}, from its step {summary.parent.step}")
    size = f" · the run takes {in_bytes(row.bytes_on_disk)} on disk" if row.bytes_on_disk is not None else ""
    add("model", f"{clean_line(summary.model, 200)}{size}")
    add("data", clean_line(summary.data, 200))
    add("folder", clean_line(summary.folder, 200))
    return Content.assemble(*lines).rstrip()


def group_details(group: ListedGroup) -> Content:
    """Return the lines about a group."""
    outline, lines = group.written.outline, []

    def add(name: str, value: str, style: str = "") -> None:
        lines.extend([(f"{name:<{_LABEL}}", "$foreground-muted"), (f"{value}\n", style)])

    if group.state == "interrupted":
        add("ended", "every process of this group was killed: r continues where it was", "$text-warning")
    elif group.state == "stopped":
        add("ended", "it was stopped: r continues", "$text-warning")
    states = Counter(run.state for run in group.runs)
    inside = ", ".join(f"{number} {state}" for state, number in states.items())
    unmade = f"{counted(missing, 'run')} not there" if (missing := group.planned - len(group.runs)) > 0 else ""
    add(
        "group",
        f"{progress_text(group)} ended · {', '.join(part for part in (inside, unmade) if part) or 'no run yet'}",
    )
    if group.written.notes:
        add("noted", clean_line(_dated(group.written.notes), 300), "$text-accent")
    for score, spread in (("accuracy", group.spread("accuracy")), ("F1", group.spread("f1"))):
        if spread is not None and spread.sd is not None:
            number = counted(spread.runs, "run")
            ends = f"{spread.least:.4f} to {spread.greatest:.4f}"
            add(score, f"mean {spread.mean:.4f} ± {spread.sd:.4f} (standard deviation, {number}), {ends}")
    if group.kind != "seeds" and group.best is not None:
        add("best", clean_line(_best(group), 300))
    if outline.request.hypothesis:
        add("expected", clean_line(outline.request.hypothesis, 300))
    size = f" · its runs take {in_bytes(group.bytes_on_disk)} on disk" if group.bytes_on_disk is not None else ""
    add("data", f"{clean_line(outline.request.data, 200)}{size}")
    add("folder", clean_line(group.written.folder.path, 200))
    return Content.assemble(*lines).rstrip()


def _best(group: ListedGroup) -> str:
    """Return the name, the scores and the settings of the run that is ahead."""
    best = group.best
    if best is None or best.validation is None:
        return ""
    member = next((one.member for one in group.group.members if one.member.run == best.id), None)
    settings = [
        f"{name} {setting_text(value)}" for name, value in (member.settings if member is not None else {}).items()
    ]
    scores = f"accuracy {best.validation.accuracy:.4f}, F1 {best.validation.macro_f1:.4f}"
    return " · ".join([best.name, scores, *([", ".join(settings)] if settings else [])])


def _dated(notes: Sequence[Note]) -> str:
    """Return notes with their dates, the latest first."""
    return " · ".join(f"{time.strftime('%Y-%m-%d', time.localtime(note.time))} {note.text}" for note in reversed(notes))


def _said(row: ListedRun) -> str:
    """Return tags and notes, the latest note first."""
    tags = " ".join(f"#{tag}" for tag in row.summary.tags)
    return " · ".join(part for part in (tags, _dated(row.summary.notes)) if part)


def _cost(row: ListedRun) -> str:
    seconds, peak = row.summary.duration_seconds, row.summary.peak_memory_bytes
    time_taken = f" · {in_time(seconds)} of training" if seconds is not None else ""
    return f"{time_taken}, at most {in_bytes(peak)} of memory" if peak is not None else time_taken
