"""Where a run's time went, as one bar: what computes, what only waits, and a sentence about the largest part."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.content import Content

from core.runs.records import TimeRecord
from tui.time_text import PARTS, largest_part, seconds_by_part
from tui.widgets.responsive import Drawn, fitting

_BAR = 24
_LOOKS = {
    "input": ("▒", "$text-error"),
    "forward": ("█", "$text-primary"),
    "backward": ("▓", "$text-primary"),
    "optimizer": ("▒", "$text-success"),
    "evaluation": ("█", "$text-warning"),
    "checkpoint": ("▒", "$text-warning"),
    "paused": ("░", "$foreground-muted"),
    "other": ("·", "$foreground-muted"),
}
"""Part → its mark and its colour."""
_SHORT = {"forward": "forward", "backward": "backward", "optimizer": "optimizer", "evaluation": "evaluating"}
_LISTED = 0.01
"""The smallest share that is named beside the bar."""


class TimeBar(Drawn):
    """A line; nothing before there are figures."""

    DEFAULT_CSS = """
    TimeBar { height: auto; max-height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    TimeBar.-empty { display: none; }
    """

    def show_spent(self, spent: TimeRecord | None) -> None:
        """Show what a run has spent its time on; None before there are figures."""
        self.set_class(spent is None, "-empty")
        if spent is not None:
            self.show(partial(time_line, spent))


def time_line(spent: TimeRecord, width: int) -> Content:
    """Return the line of `TimeBar`, at most `width` cells wide."""
    seconds = seconds_by_part(spent)
    total = max(sum(seconds.values()), spent.elapsed)
    bar: list[tuple[str, str]] = [("Time ", "$foreground-muted")]
    for part, cells in zip(PARTS, shared_out(list(seconds.values()), _BAR), strict=True):
        mark, style = _LOOKS[part]
        bar.append((mark * cells, style))
    parts = [
        Content.assemble((_LOOKS[part][0], _LOOKS[part][1]), f" {_SHORT.get(part, part)} {seconds[part] / total:.0%}")
        for part in sorted(PARTS, key=lambda part: -seconds[part])
        if seconds[part] / total >= _LISTED
    ]
    sentence = Content.styled(largest_part(spent), "$foreground-muted")
    return fitting([Content.assemble(*bar), *parts, sentence], width, "  ")


def shared_out(amounts: Sequence[float], cells: int) -> list[int]:
    """Return how many of some cells each amount gets, by largest remainders, so that all cells are given out."""
    total = sum(amounts)
    if total <= 0:
        return [0] * len(amounts)
    exact = [amount / total * cells for amount in amounts]
    given = [int(one) for one in exact]
    by_remainder = sorted(range(len(amounts)), key=lambda place: given[place] - exact[place])
    for place in by_remainder[: cells - sum(given)]:
        given[place] += 1
    return given
