"""In which order the reviews of a pile come, and how far the scores for it are, in words."""

from __future__ import annotations

from textual.content import Content

from core.scores.folder import ScoringProgress
from core.triage.orders import ORDERS
from core.triage.queue import Pile


def coming(pile: Pile, wanted: str, scoring: ScoringProgress) -> str:
    """Return in which order the reviews come, and how much is scored while that goes on: `unsure first, 12% scored`.

    Args:
        wanted: The order that the user wants, which may wait for scores.
    """
    waits = wanted != pile.way.name and pile.way.name in ORDERS
    order = ORDERS[wanted]
    words = [f"{order.short} once scored" if waits else order.short]
    if scoring.working or "model" in order.needs:
        words.append(scored(scoring))
    return ", ".join(word for word in words if word)


def scored(scoring: ScoringProgress) -> str:
    """Return how much of the pile is scored: `12% scored`, and whether it goes on; empty if nothing is to be said."""
    if not scoring.total or scoring.complete:
        return ""
    share = f"{int(100 * scoring.done / scoring.total)}% scored"
    return share if scoring.working else f"{share}, stopped"


def nothing_fits() -> Content:
    """Return the text that stands in place of a review if no review fits the filter."""
    return Content.assemble(("No review fits the filter.\n\n", "bold"), (" esc ", "bold $text-primary"), "shows all")
