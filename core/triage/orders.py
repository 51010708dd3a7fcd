"""The orders in which the reviews of a pile can come, and what each needs. `pile_data.py` computes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Need = Literal["model", "second model", "labels", "review"]


@dataclass(frozen=True)
class Order:
    """A way to walk through a pile."""

    name: str
    title: str
    needs: tuple[Need, ...] = ()
    by_command: bool = True
    """Whether `reviewtui rank --by` offers it."""


ORDERS = {
    order.name: order
    for order in (
        Order("file", "As in the file", by_command=False),
        Order("uncertainty", "What the model is least sure of", ("model",)),
        Order("disagreement", "Where two models disagree", ("model", "second model")),
        Order("suspicion", "Labels in the file that the model doubts", ("model", "labels")),
        Order("similarity", "Most like the review in view", ("review",), by_command=False),
        Order("random", "At random"),
    )
}
"""Name → order. A new one needs a line here, its keys in `PileData.keys`, and a test."""
