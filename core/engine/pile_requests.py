"""Engine requests about a pile as a whole, and their answers; see `core/engine/requests.py`.

Rows travel as the bytes of an array of int32 in the byte order of the machine that both ends run on: a hundred thousand
numbers in JSON would take longer to read than to compute.
"""

from __future__ import annotations

import msgspec

from core.engine.requests import EngineRequest
from core.reviews.options import ReadingOptions
from core.triage.ranked_review import RankedReview


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """A pile that was ranked."""

    order: str
    run: str = ""
    """Whose model it is ranked by; empty for none."""
    against: str = ""
    """Whose model the first is compared with; empty for none."""
    reviews: int
    """In the pile."""
    copies: int
    """Near copies that are left out: each is represented by the first of its group."""
    unknown: int
    """Reviews at the end, about which nothing is known that the order goes by, such as those without a label."""
    trained_on: int
    """Reviews that the model was trained on."""
    output: str = ""
    """The file with all reviews; empty for none."""
    first: tuple[RankedReview, ...] = ()
    """The first of them."""
    seconds: float


class RankPile(EngineRequest[Ranked], frozen=True, kw_only=True, tag="rank"):
    """Rank a pile, and score it first where that is needed."""

    source: str
    order: str
    reading: ReadingOptions = ReadingOptions()
    run: str = ""
    """The folder of the run by whose model to rank."""
    against: str = ""
    """The folder of the run whose model the first is compared with."""
    output: str = ""
    """The file to write all reviews to: .csv or .jsonl."""
    most: int = 100
    """The most reviews in the answer."""


class Arrangement(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a pile in an order."""

    rows: bytes
    """Position → row, int32."""
    places: bytes
    """Row → position, int32; −1 for a row that is not shown. [N]"""
    audits: bytes
    """For each row, whether it comes up as a random audit review, a byte each. [N]"""
    scored: int = 0
    """Reviews that the model has scored, if the order or the filter goes by that."""
    data_hash: str


class ArrangePile(EngineRequest[Arrangement], frozen=True, kw_only=True, tag="arrange"):
    """Arrange the rows of a pile: in an order, or those that fit a filter."""

    source: str
    order: str
    reading: ReadingOptions = ReadingOptions()
    model: str = ""
    """The folder of the model to ask."""
    second_model: str = ""
    query: str = ""
    """A filter; see `core/triage/filters.py`."""
    like: int | None = None
    """For `similarity`: the row that others are compared with."""
    current: int | None = None
    """The row in view, which stays in view."""

    @property
    def needs_no_model(self) -> bool:
        return True


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """How many reviews fit a filter."""

    rows: int
    undecided: int
    """Those among them that are not decided."""
    total: int
    """Reviews in the pile."""
    scored: int | None = None
    """Reviews that the model has scored; None if the filter does not ask what it says."""


class CountFound(EngineRequest[Found], frozen=True, kw_only=True, tag="count"):
    """Count the reviews of a pile that fit a filter; the fields are those of `ArrangePile`."""

    source: str
    query: str
    reading: ReadingOptions = ReadingOptions()
    model: str = ""
    second_model: str = ""

    @property
    def needs_no_model(self) -> bool:
        return True


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """The near copies of a review."""

    rows: tuple[int, ...]
    """In the order of the file, without the review itself."""


class FindCopies(EngineRequest[Copies], frozen=True, kw_only=True):
    """Find the near copies of a review of a pile."""

    source: str
    row: int
    reading: ReadingOptions = ReadingOptions()

    @property
    def needs_no_model(self) -> bool:
        return True
