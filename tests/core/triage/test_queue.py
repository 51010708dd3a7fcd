"""A pile is walked through in any order; decisions are about reviews, not about positions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.reviews.options import ReadingOptions
from core.reviews.page import Page, Row
from core.triage.bookmark import FILE_NAME, Bookmark, read_bookmark, write_bookmark
from core.triage.circumstances import Circumstances
from core.triage.decisions import pile_folder
from core.triage.order import ORDERS, QueueOrder, ReadPage
from core.triage.queue import Pile

TEXTS = [f"review {row}" for row in range(150)]


async def rows(start: int, limit: int) -> Page:
    found = [
        Row(row=row, file="inbox.csv", line=row + 2, text=text, label=None, hash=f"{row + 1:016x}")
        for row, text in enumerate(TEXTS)
    ]
    return Page(rows=tuple(found[start : start + limit]), total=len(TEXTS), data_hash="one")


async def _backwards(total: int, read_page: ReadPage) -> Sequence[int]:
    return [*reversed(range(total))]


BACKWARDS = QueueOrder("backwards", "Backwards", _backwards)


@pytest.fixture
def source(home: Path, tmp_path: Path) -> str:
    path = tmp_path / "inbox.csv"
    path.touch()
    return str(path)


@pytest.mark.parametrize("order", [*ORDERS.values(), BACKWARDS], ids=lambda order: order.name)
async def test_an_order_holds_every_row_once(order: QueueOrder) -> None:
    arranged = await order.arrange(150, rows)
    assert sorted(arranged) == [*range(150)]


async def test_another_order_keeps_every_decision_and_goes_on_where_none_is(source: str) -> None:
    pile = Pile(source, rows)
    await pile.open()
    for _ in range(70):
        await pile.decide("label", "positive", Circumstances())
    assert pile.position == 70
    await pile.close()
    pile = Pile(source, rows, order=BACKWARDS)
    await pile.open()
    assert pile.position == 0 and pile.review is not None and pile.review.row == 149
    await pile.decide("label", "negative", Circumstances())
    assert (pile.position, pile.review.row if pile.review else None) == (1, 148)
    await pile.undo()
    assert (pile.position, pile.review.row if pile.review else None) == (0, 149)
    await pile.redo()
    assert pile.position == 1
    await pile.go(80)
    assert pile.review is not None and pile.review.row == 69 and pile.decision is not None
    while not pile.finished:
        await pile.decide("label", "positive", Circumstances())
    assert {one.row: one.verdict for one in pile.history.verdicts()} == {
        row: "negative" if row == 149 else "positive" for row in range(150)
    }
    await pile.close()


@pytest.mark.parametrize(
    ("row", "text_hash", "decided", "expected"),
    [
        (120, f"{121:016x}", 0, 120),
        (120, "0" * 16, 0, 0),  # another text stands there now
        (0, f"{1:016x}", 1, 1),  # it was decided meanwhile
        (5000, f"{1:016x}", 0, 0),
        (0, "", 3, 3),
    ],
)
async def test_a_pile_opens_where_it_was_left(
    source: str, row: int, text_hash: str, decided: int, expected: int
) -> None:
    pile = Pile(source, rows)
    await pile.open()
    for _ in range(decided):
        await pile.decide("label", "positive", Circumstances())
    await pile.close()
    pile = Pile(source, rows)
    await pile.open(row, text_hash)
    assert pile.position == expected
    await pile.close()


def test_a_bookmark_is_read_back_and_a_damaged_one_is_none(source: str) -> None:
    assert read_bookmark(source) is None
    for reading in (None, ReadingOptions(text="body", delimiter=";", label_names={"1": "good"})):
        kept = Bookmark("20260101-000000-aaaa", "first", 12, "0" * 16, reading, copies="along", blind=True)
        write_bookmark(source, kept)
        assert read_bookmark(source) == kept
    file = pile_folder(source) / FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600
    whole = json.loads(file.read_bytes())
    wrong = ({}, [], *(whole | one for one in ({"model": 1}, {"row": -1}, {"row": "1"}, {"reading": {"no": 1}})))
    for damaged in (b"", b"\xff", b"[" * 9000, *(json.dumps(one).encode() for one in wrong)):
        file.write_bytes(damaged)
        assert read_bookmark(source) is None
