"""Preferences that the workbench keeps between starts, in `workbench.json` in the home."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from core.base.preferences import read_preferences, remember_preference


@dataclass(frozen=True)
class RunsView:
    """How the list of runs is shown."""

    columns: tuple[str, ...] | None = None
    """Names of the columns; None for those that fit and in which the runs differ."""
    sort: str = ""
    """Name of the column that it is sorted by; empty for the newest first, with branches below their runs."""
    descending: bool = False
    """Whether the highest come first."""


@dataclass(frozen=True)
class ChartsView:
    """Which charts the Train screen shows."""

    names: tuple[str, ...] = ()
    count: int = 0
    """How many at once; 0 if that was never chosen."""


def read_theme() -> str:
    """Return the theme chosen last; empty if there is none, or the file cannot be read."""
    theme = read_preferences().get("theme", "")
    return theme if isinstance(theme, str) else ""


def remember_theme(theme: str) -> None:
    """Save the theme for the next start.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    remember_preference("theme", theme)


def read_runs_view() -> RunsView:
    """Return how the list of runs was shown last; as it is shown at first if that cannot be read."""
    found = read_preferences().get("runs", {})
    if not isinstance(found, dict):
        return RunsView()
    columns, sort = found.get("columns"), found.get("sort")
    known = isinstance(columns, list) and columns and all(isinstance(name, str) for name in columns)
    return RunsView(
        tuple(dict.fromkeys(columns)) if columns is not None and known else None,
        sort if isinstance(sort, str) else "",
        found.get("descending") is True,
    )


def remember_runs_view(view: RunsView) -> None:
    """Save how the list of runs is shown for the next start.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    remember_preference("runs", asdict(view))


def read_charts() -> ChartsView:
    """Return the charts that Train showed last; none if that cannot be read."""
    found = read_preferences()
    names, count = found.get("charts", []), found.get("charts_at_once")
    known = tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()
    return ChartsView(known, count if isinstance(count, int) else 0)


def remember_charts(view: ChartsView) -> None:
    """Save which charts Train shows for the next start.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    remember_preference("charts", list(view.names))
    remember_preference("charts_at_once", view.count)
