"""How it is told what validation rows can show: on Setup in a line, by `forecast` in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.formatting import counted

if TYPE_CHECKING:
    from core.comparison.foresight import Foresight


def shows_line(shows: Foresight) -> tuple[str, str]:
    """Return the smallest difference that the rows show, and what is assumed for that, in a few words each."""
    rows = counted(shows.rows, "validation row")
    if shows.smallest_visible is None:
        return f"no difference: {rows} are too few", ""
    return f"differences from {100 * shows.smallest_visible:.1f} points on, with {rows}", _accuracy(shows)


def shows_sentences(shows: Foresight) -> list[str]:
    """Return what the rows show, with what is assumed, and what a wanted difference needs."""
    rows = counted(shows.rows, "validation row")
    if shows.smallest_visible is None:
        found = [f"{rows} are too few to show any difference between two models."]
    else:
        found = [
            f"{rows} show a difference of {100 * shows.smallest_visible:.1f} points in accuracy in 80 of 100 "
            f"comparisons of two models, if {_accuracy(shows)}."
        ]
    if shows.difference is None:
        return found
    wanted = f"{100 * shows.difference:g} points"
    rows_needed, seeds_needed = shows.rows_needed, shows.seeds_needed
    needs = counted(rows_needed, "validation row") if rows_needed is not None else "over 10,000,000 validation rows"
    seeds = f"{counted(seeds_needed, 'seed')} of each" if seeds_needed is not None else "over 1,000 seeds of each"
    known = f"as those of {shows.spread_of} do" if shows.spread_of else "which is a guess"
    return [
        *found,
        f"To see {wanted} between two models takes {needs}. To see it between two settings takes {seeds}, if the "
        f"accuracies of seeds vary by {100 * shows.spread:.1f} points (standard deviation), {known}.",
    ]


def _accuracy(shows: Foresight) -> str:
    both = f"both are right in {100 * shows.accuracy:.1f} %".replace(".0 %", " %")
    return f"{both}, as {shows.accuracy_of} is" if shows.accuracy_of else both
