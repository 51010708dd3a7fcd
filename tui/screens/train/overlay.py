"""Other runs on the charts of the Train screen: which, and their figures, as they come."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from core.base.text import clean_line
from core.runs.folder import RunFolder, list_runs
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.outline import Outline, read_outline
from core.runs.summary import RunSummary, summarize
from tui.screens.train.chart_data import Overlaid

MOST = 7
"""Runs beside the one that is shown; colours and marks tell no more apart."""
_LOOKED_AT = 300
"""The newest runs, among which others are offered."""


class Overlay:
    """Reads what is new in the journals of some runs."""

    def __init__(self, runs: Sequence[tuple[str, RunFolder]] = ()) -> None:
        """Args: runs: The name of each run, and its folder."""
        self.runs = tuple(run for _, run in runs)
        self.shown = tuple(Overlaid(name, RunHistory()) for name, _ in runs)
        self._readers = [JournalReader(run.journal) for _, run in runs]

    def look(self) -> bool:
        """Read what is new; return whether there is anything. A journal that cannot be read stays as it was."""
        news = False
        for one, reader in zip(self.shown, self._readers, strict=True):
            try:
                news = one.history.update(reader.read_new()) or news
            except OSError:
                continue
        return news


def candidates(run: RunFolder) -> list[tuple[RunFolder, RunSummary]]:
    """Return the runs that can be shown beside one, the nearest first: its parent, its group, then the newest.

    Baselines make no steps, and are not among them. Reads the disk.
    """
    own = read_outline(run.settings)
    found = [(other, summarize(other)) for other in list_runs()[:_LOOKED_AT] if other.id != run.id]
    with_steps = [(other, one) for other, one in found if one.step and one.outline and one.outline.method != "baseline"]
    return sorted(with_steps, key=lambda pair: _distance(own, pair[1]))


def _distance(own: Outline | None, other: RunSummary) -> int:
    """Return 0 for the run that another branched from, 1 for one of its group, 2 for any other."""
    if own is None:
        return 2
    if own.parent is not None and own.parent.run == other.id:
        return 0
    return 1 if own.group is not None and other.outline is not None and other.outline.group == own.group else 2


def described(one: RunSummary) -> Content:
    """Return a run as a choice: its name, its accuracy and its model."""
    score = f"accuracy {one.validation.accuracy:.3f}" if one.validation is not None else one.state
    return Content.assemble(
        (f"{clean_line(one.name, 30):<31}", "bold"), (f"{score}  {clean_line(one.model, 20)}", "$foreground-muted")
    )
