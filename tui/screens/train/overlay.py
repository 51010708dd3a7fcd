"""Other runs on the charts of the Train screen: which, and their figures, as they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.content import Content

from core.base.text import clean_line
from core.runs.folder import RunFolder, list_runs
from core.runs.group import GroupFolder, groups_home, read_group
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.outline import Outline, read_outline
from core.runs.summary import RunSummary, summarize
from tui.screens.train.chart_data import Overlaid

MOST = 7
"""Runs and groups beside the run that is shown; colours and marks tell no more apart."""
_LOOKED_AT = 300
"""The newest runs, among which others are offered."""
_NAME = 30


@dataclass(frozen=True)
class Choice:
    """Something that can be laid over the charts: a run, or several as their mean and range."""

    name: str
    """Cleaned."""
    runs: tuple[RunFolder, ...]
    about: str = ""
    """What else is said about it, cleaned."""

    @property
    def shown_as(self) -> str:
        """How its curves are called."""
        return self.name if len(self.runs) == 1 else f"{self.name}, mean of {len(self.runs)}"

    @property
    def key(self) -> tuple[str, ...]:
        """What two choices of the same runs have in common."""
        return tuple(run.id for run in self.runs)

    def described(self) -> Content:
        """Return it as a line of a list."""
        return Content.assemble((f"{self.name:<{_NAME + 1}}", "bold"), (self.about, "$foreground-muted"))


class Overlay:
    """Reads what is new in the journals of some runs."""

    def __init__(self, choices: Sequence[Choice] = ()) -> None:
        self.choices = tuple(choices)
        self.shown = tuple(
            Overlaid(one.shown_as, tuple(RunHistory() for _ in one.runs), number)
            for number, one in enumerate(choices, start=1)
        )
        self._readers = [
            (history, JournalReader(run.journal))
            for one, choice in zip(self.shown, choices, strict=True)
            for history, run in zip(one.histories, choice.runs, strict=True)
        ]

    def look(self) -> bool:
        """Read what is new; return whether there is anything. A journal that cannot be read stays as it was."""
        news = False
        for history, reader in self._readers:
            try:
                news = history.update(reader.read_new()) or news
            except OSError:
                continue
        return news

    def without(self, run: RunFolder) -> Overlay:
        """Return what is laid over, without a run itself; this overlay if it is not among them."""
        kept = [one for one in self.choices if one.key != (run.id,)]
        return self if len(kept) == len(self.choices) else Overlay(kept)


def choices(run: RunFolder) -> list[Choice]:
    """Return what can be laid over the charts of a run, the nearest first: its group, its parent, then the newest.

    Baselines make no steps, and are not among them. Reads the disk.
    """
    own = read_outline(run.settings)
    found = [(other, summarize(other)) for other in list_runs()[:_LOOKED_AT]]
    with_steps = [(other, one) for other, one in found if one.step and one.outline and one.outline.method != "baseline"]
    others = sorted((pair for pair in with_steps if pair[0].id != run.id), key=lambda pair: _distance(own, pair[1]))
    groups = sorted(_groups(with_steps), key=lambda pair: own is None or pair[0] != own.group)
    return [*(group for _, group in groups), *(_choice(*pair) for pair in others)]


def choices_of(runs: Iterable[RunFolder]) -> list[Choice]:
    """Return runs as choices, as they are laid over without being chosen from a list. Reads the disk."""
    return [_choice(run, summarize(run)) for run in runs]


def _choice(run: RunFolder, one: RunSummary) -> Choice:
    score = f"accuracy {one.validation.accuracy:.3f}" if one.validation is not None else one.state
    return Choice(clean_line(one.name, _NAME), (run,), f"{score}  {clean_line(one.model, 20)}")


def _groups(found: Sequence[tuple[RunFolder, RunSummary]]) -> Iterable[tuple[str, Choice]]:
    """Yield the id of each group with at least two of the runs, and the group as a choice."""
    members: dict[str, list[RunFolder]] = {}
    for run, one in reversed(found):
        if one.outline is not None and one.outline.group is not None:
            members.setdefault(one.outline.group, []).append(run)
    for group, runs in members.items():
        if len(runs) > 1:
            outline = read_group(GroupFolder(groups_home() / group))
            name = clean_line(outline.name if outline is not None else group, _NAME)
            yield group, Choice(name, tuple(runs), f"group: mean and range of {len(runs)} runs")


def _distance(own: Outline | None, other: RunSummary) -> int:
    """Return 0 for the run that another branched from, 1 for one of its group, 2 for any other."""
    if own is None:
        return 2
    if own.parent is not None and own.parent.run == other.id:
        return 0
    return 1 if own.group is not None and other.outline is not None and other.outline.group == own.group else 2
