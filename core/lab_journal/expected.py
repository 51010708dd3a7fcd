"""Hypotheses of an entry: what was said at the start, and what was said later, with whether the result was known."""

from __future__ import annotations

from collections.abc import Sequence

from core.lab_journal.entry import Dated, Expected
from core.runs.notes import Annotations, Hypothesis


def expected_of(
    asked: str, begun: float, ended: float | None, said: Sequence[Hypothesis], epochs: int | None = None
) -> tuple[Expected, ...]:
    """Return what was expected, the earliest first.

    Args:
        asked: What was said at the start and is kept with the request; empty if nothing was.
        begun: When that was. ended: When the result was known; None if it is not.
        said: What was recorded beside it.
        epochs: Of the extension that is meant; None for the run or group itself.
    """
    found = [Expected(time=begun, text=asked, at_start=True, after_result=False)] if asked else []
    for one in said:
        if one.epochs == epochs:
            late = ended is not None and one.time > ended
            found.append(Expected(time=one.time, text=one.text, at_start=one.time <= begun, after_result=late))
    return tuple(found)


def notes_between(said: Annotations, start: float | None, end: float | None) -> tuple[Dated, ...]:
    """Return the notes from `start` to before `end`; None for no limit."""
    return tuple(
        Dated(time=note.time, text=note.text)
        for note in said.notes
        if (start is None or note.time >= start) and (end is None or note.time < end)
    )
