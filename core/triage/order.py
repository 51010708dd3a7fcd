"""The order in which the reviews of a pile are shown.

A review is known by its row in the file and the hash of its text; a position is only an index in an order. Decisions
are about reviews, so a pile may be walked through in another order at any time. A new order needs a function here or
in its own module, a line in `ORDERS`, and a test.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.reviews.page import Page

ReadPage = Callable[[int, int], Awaitable[Page]]
"""Reads reviews without their labels: from a row on, and at most how many."""


@dataclass(frozen=True)
class QueueOrder:
    """A way to walk through a pile."""

    name: str
    title: str
    arrange: Callable[[int, ReadPage], Awaitable[Sequence[int]]]
    """Returns the rows (N,) in the order to show them, given the number of reviews and a function that reads them."""


async def _as_in_the_file(total: int, read_page: ReadPage) -> Sequence[int]:
    return range(total)


ORDERS = {order.name: order for order in (QueueOrder("file", "As in the file", _as_in_the_file),)}
