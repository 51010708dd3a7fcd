"""Figures in words, the same on every screen and in every command: bytes, times, rates, and what a run needs."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.runs.summary import RunSummary

STATE_MARKS = {
    "starting": ("◌", "$text-accent"),
    "running": ("●", "$text-success"),
    "paused": ("‖", "$text-warning"),
    "unresponsive": ("?", "$text-warning"),
    "finished": ("✓", "$text-success"),
    "stopped": ("■", "$foreground-muted"),
    "failed": ("✗", "$text-error"),
    "interrupted": ("!", "$text-warning"),
}
"""State of a run → its mark and the theme colour of that mark."""


def in_bytes(count: float | None) -> str:
    """Bytes for people: 3.4 GiB."""
    if count is None:
        return "?"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def in_time(seconds: float | None) -> str:
    """Seconds for people: 3:07, 1:02:45."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock(moment: float, now: float) -> str:
    """The time of day of a moment (seconds since 1970): 14:02; with its date where that is not today's."""
    then, today = time.localtime(moment), time.localtime(now)
    return time.strftime("%H:%M" if then[:3] == today[:3] else "%Y-%m-%d %H:%M", then)


def ago(moment: float | None, now: float) -> str:
    """How long ago a moment (seconds since 1970) was: `just now`, `4 min ago`, then the date."""
    if moment is None:
        return "-"
    seconds = now - moment
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 24 * 3600:
        return f"{seconds / 3600:.0f} h ago"
    return time.strftime("%Y-%m-%d", time.localtime(moment))


def trouble(summary: RunSummary, now: float, resume: str) -> str:
    """What a person is to know and do about a run that was interrupted or gives no sign; empty for any other.

    Args:
        now: seconds since 1970; resume: how a run is resumed here.
    """
    if summary.state == "interrupted":
        return f"{summary.message}: {resume}"
    if summary.unresponsive_since is None:
        return ""
    where = f" on {summary.host}" if summary.host != socket.gethostname() else ""
    return f"since {clock(summary.unresponsive_since, now)}: wait, or `kill -9 {summary.pid}`{where}, then {resume}"
