"""How figures are written on screens and by commands: bytes, times, ages, settings, and what a run needs."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.base.text import clean_line
from core.base.units import in_bytes

if TYPE_CHECKING:
    from core.experiments.listed_group import ListedGroup, Spread
    from core.runs.baselines import Baseline
    from core.runs.figures import MajorityGuess
    from core.runs.status import State
    from core.runs.summary import RunSummary

__all__ = [
    "GROUP_KINDS",
    "STATE_MARKS",
    "ago",
    "clock",
    "in_bytes",
    "in_time",
    "setting_text",
    "settings_text",
    "trouble",
]

STATE_MARKS: dict[State, tuple[str, str]] = {
    "queued": ("…", "$text-accent"),
    "starting": ("◌", "$text-accent"),
    "running": ("●", "$text-success"),
    "paused": ("‖", "$text-warning"),
    "unresponsive": ("?", "$text-warning"),
    "finished": ("✓", "$text-success"),
    "stopped": ("■", "$foreground-muted"),
    "failed": ("✗", "$text-error"),
    "interrupted": ("!", "$text-warning"),
}
"""State of a run or a group → its mark and the theme colour of the mark."""

GROUP_KINDS = {"seeds": "seeds", "sweep": "sweep", "versus": "models", "distillation": "distillation", "folds": "folds"}
"""Kind of a group → the word for it."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 review`, `1,278 reviews`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def in_time(seconds: float | None) -> str:
    """Format a duration: `3:07`, `1:02:45`; `?` for None."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def short_time(seconds: float) -> str:
    """Format a duration that may be too short to count: `less than a second`, else as `in_time` does."""
    return in_time(seconds) if seconds >= 1 else "less than a second"


def in_seconds(seconds: float) -> str:
    """Format a short duration: `0.4 s`, `6 s`, `3:07`."""
    if seconds >= 100:
        return in_time(seconds)
    return f"{seconds:.1f} s" if seconds < 1 else f"{seconds:.0f} s"


def baseline_in_words(baseline: Baseline) -> str:
    """Format the accuracy of a baseline and what it took: `0.882, 6 s`."""
    return f"{baseline.validation.accuracy:.3f}, {in_seconds(baseline.seconds)}"


def majority_in_words(guess: MajorityGuess) -> str:
    """Format the scores of the majority guess: `0.51, macro F1 0.34 (always “good”)`."""
    return f"{guess.accuracy:.2f}, macro F1 {guess.macro_f1:.2f} (always “{clean_line(guess.label, 40)}”)"


def clock(moment: float, now: float) -> str:
    """Format a moment (seconds since 1970) as the time of day, with its date if that is not today's."""
    then, today = time.localtime(moment), time.localtime(now)
    return time.strftime("%H:%M" if then[:3] == today[:3] else "%Y-%m-%d %H:%M", then)


def ago(moment: float | None, now: float) -> str:
    """Format how long ago a moment (seconds since 1970) was: `just now`, `4 min ago`, `3 h ago`, then the date."""
    if moment is None:
        return "-"
    seconds = now - moment
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{min(round(seconds / 60), 59)} min ago"
    if seconds < 24 * 3600:
        return f"{min(round(seconds / 3600), 23)} h ago"
    return time.strftime("%Y-%m-%d", time.localtime(moment))


def run_title(name: str, state: State, share: float | None) -> str:
    """Format how far a run is, or how it ended, for a title: `● 43% lamps`, `✓ lamps finished`.

    Args:
        share: The share of its steps that is made; None before there is a plan.
    """
    mark, _ = STATE_MARKS[state]
    return f"{mark} {share:.0%} {name}" if state == "running" and share is not None else f"{mark} {name} {state}"


def setting_text(value: object) -> str:
    """Format the value of a setting: `none`, `on`, `1e-5`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}".replace("e-0", "e-") if isinstance(value, float) else str(value)


def spread_text(spread: Spread) -> str:
    """Format mean and standard deviation: `0.901 ±0.004`."""
    return f"{spread.mean:.3f} ±{spread.sd:.3f}" if spread.sd is not None else f"{spread.mean:.3f}"


def progress_text(group: ListedGroup) -> str:
    """Format the kind of a group, and how many of its planned runs are over: `seeds 2/3`."""
    return f"{GROUP_KINDS.get(group.kind, group.kind)} {group.over}/{group.planned}"


def settings_text(preset: str, changes: Mapping[str, object]) -> str:
    """Name a preset and the settings that differ from it: `balanced, but learning_rate 1e-5, epochs 8`.

    The model is left out; it is always shown on its own.
    """
    words = [f"{name} {setting_text(value)}" for name, value in changes.items() if name != "model"]
    return f"{preset}, but {', '.join(words)}" if words else preset


def trouble(summary: RunSummary, now: float, resume: str) -> str:
    """Say what is wrong with a run that was interrupted or is unresponsive, and what to do; empty for any other.

    Args:
        summary: The run.
        now: Seconds since 1970.
        resume: How a run is resumed here, such as `r resumes`.
    """
    if summary.state == "interrupted":
        return f"{summary.message}: {resume}"
    if summary.unresponsive_since is None:
        return ""
    where = f" on {summary.host}" if summary.host != socket.gethostname() else ""
    return f"since {clock(summary.unresponsive_since, now)}: wait, or `kill -9 {summary.pid}`{where}, then {resume}"
