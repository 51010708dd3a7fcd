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
    short: str
    """In a few words, for a line."""
    needs: tuple[Need, ...] = ()
    by_command: bool = True
    """Whether `reviewtui rank --by` offers it."""
    lasts: bool = True
    """Whether a pile comes in it when it is opened again: not if it is about a review or a run that was chosen then."""


_ALL = (
    Order("file", "As in the file", "as in the file", by_command=False),
    Order("uncertainty", "What the model is least sure of", "unsure first", ("model",)),
    Order("disagreement", "Where two models disagree", "disagreement first", ("model", "second model"), lasts=False),
    Order("suspicion", "Labels in the file that the model doubts", "doubted labels first", ("model", "labels")),
    Order("similarity", "Most like the review in view", "similar first", ("review",), by_command=False, lasts=False),
    Order("random", "At random", "at random"),
)
ORDERS = {order.name: order for order in _ALL}
"""Name → order. A new one needs a line here, its keys in `PileData.keys`, and a test."""
