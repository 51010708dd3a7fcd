"""How the line of a group is written in the columns of the list of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core.base.text import clean_line
from core.experiments.listed_group import ListedGroup, Score
from tui.formatting import GROUP_KINDS, STATE_MARKS, ago, in_bytes, in_time, progress_text, spread_text

Forms = Callable[[ListedGroup, float], tuple[str, ...]]
"""Returns what to show, given a group and the current time in seconds since 1970; the widest first, of which the first
that fits is shown."""

FOLDED, UNFOLDED = "+", "-"
_SHORT_KINDS = {"distillation": "distil."}


def group_forms(name: str) -> Forms | None:
    """Return how a column shows a group; None if it shows what all of its runs have in common."""
    return _FORMS.get(name)


def least_for(name: str, groups: Iterable[ListedGroup], now: float) -> int:
    """Return the cells that a column needs so that every group says the most important in it."""
    if name not in ("accuracy", "f1", "steps"):
        return 0
    return max((len(forms[-2]) for group in groups if len(forms := _FORMS[name](group, now)) > 1), default=0)


def _figure(score: Score) -> Forms:
    def forms(group: ListedGroup, now: float) -> tuple[str, ...]:
        spread = group.spread(score)
        if spread is None:
            best = group.best_score(score)
            return (f"{best:.3f}" if best is not None else "-",)
        if spread.sd is None:
            return (spread_text(spread),)
        return spread_text(spread), f"{_short(spread.mean)}±{_short(spread.sd)}", f"{spread.mean:.3f}"

    return forms


def _short(share: float) -> str:
    """A number from 0 to 1 in four cells: `.901`."""
    text = f"{share:.3f}"
    return text[1:] if text.startswith("0") else f"{share:.2f}"


def _progress(group: ListedGroup, now: float) -> tuple[str, ...]:
    kind, over = GROUP_KINDS.get(group.kind, group.kind), f"{group.over}/{group.planned}"
    return progress_text(group), f"{_SHORT_KINDS.get(group.kind, kind)} {over}", over


def _sum(name: str, written: Callable[[float], str]) -> Forms:
    def forms(group: ListedGroup, now: float) -> tuple[str, ...]:
        values = [getattr(run.summary, name) for run in group.runs]
        known = [value for value in values if value is not None]
        return (written(sum(known)) if known else "",)

    return forms


def _size(group: ListedGroup, now: float) -> tuple[str, ...]:
    return (in_bytes(group.bytes_on_disk) if group.runs and group.bytes_on_disk is not None else "",)


def _ended(group: ListedGroup, now: float) -> tuple[str, ...]:
    ends = [run.summary.ended for run in group.runs if run.summary.ended is not None]
    return (ago(max(ends, default=None), now) if group.state != "running" else "-",)


def _note(group: ListedGroup, now: float) -> tuple[str, ...]:
    return (clean_line(group.written.notes[-1].text, 60) if group.written.notes else "",)


_FORMS: dict[str, Forms] = {
    "state": lambda group, now: (f"{STATE_MARKS[group.state][0]} {group.state}",),
    "name": lambda group, now: (f"{FOLDED if group.folded else UNFOLDED} {clean_line(group.name, 60)}",),
    "accuracy": _figure("accuracy"),
    "f1": _figure("f1"),
    "steps": _progress,
    "began": lambda group, now: (ago(group.began, now),),
    "ended": _ended,
    "duration": _sum("duration_seconds", in_time),
    "size": _size,
    "note": _note,
    "expected": lambda group, now: (clean_line(group.written.outline.request.hypothesis, 60),),
    "run": lambda group, now: (group.id,),
    "group": lambda group, now: ("",),
}
