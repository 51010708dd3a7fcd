"""A pile is walked through in any order; decisions are about reviews, not about positions."""

from __future__ import annotations

import asyncio
import json
from array import array
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from core.reviews.options import ReadingOptions
from core.reviews.page import Page, Row
from core.triage.bookmark import FILE_NAME, Bookmark, read_bookmark, write_bookmark
from core.triage.circumstances import Circumstances
from core.triage.decisions import pile_folder
from core.triage.queue import Pile, PileChangedError
from core.triage.way import Way, arranged_way, file_way

TEXTS = [f"review {row}" for row in range(150)]
ALL = range(150)


async def rows(wanted: Sequence[int]) -> Page:
    found = [
        Row(row=row, file="inbox.csv", line=row + 2, text=TEXTS[row], label=None, hash=f"{row + 1:016x}")
        for row in wanted
        if row < len(TEXTS)
    ]
    return Page(rows=tuple(found), total=len(TEXTS), data_hash="one")


def way_of(pile: Pile, order: Sequence[int], name: str = "uncertainty", audits: Collection[int] = ()) -> Way:
    """A way through some rows, as an engine would arrange it."""
    places = [order.index(row) if row in order else -1 for row in ALL]
    flags = bytes(row in audits for row in ALL)
    decided = [one.row for one in pile.history.decided()]
    return arranged_way(name, array("i", order).tobytes(), array("i", places).tobytes(), flags, decided)


def row_in_view(pile: Pile) -> int | None:
    return pile.review.row if pile.review is not None else None


@pytest.fixture
def source(home: Path, tmp_path: Path) -> str:
    path = tmp_path / "inbox.csv"
    path.touch()
    return str(path)


async def test_another_order_keeps_every_decision_and_the_review_in_view(source: str) -> None:
    pile = Pile(source, rows)
    await pile.open()
    for _ in range(70):
        await pile.decide("label", "positive", Circumstances())
    assert pile.position == 70
    await pile.follow(way_of(pile, ALL[::-1], "random"))
    assert (pile.position, row_in_view(pile)) == (79, 70)
    await pile.go(0)
    assert row_in_view(pile) == 149
    await pile.decide("label", "negative", Circumstances())
    assert (pile.position, row_in_view(pile)) == (1, 148)
    await pile.undo()
    assert (pile.position, row_in_view(pile)) == (0, 149)
    await pile.redo()
    assert pile.position == 1
    await pile.go(80)
    assert row_in_view(pile) == 69 and pile.decision is not None
    while not pile.finished:
        await pile.decide("label", "positive", Circumstances())
    assert {one.row: one.verdict for one in pile.history.verdicts()} == {
        row: "negative" if row == 149 else "positive" for row in ALL
    }
    await pile.close()


async def test_decisions_say_in_which_order_a_review_came_and_whether_as_an_audit(source: str) -> None:
    pile = Pile(source, rows)
    await pile.open()
    await pile.decide("label", "positive", Circumstances())
    await pile.follow(way_of(pile, [0, 1, *range(149, 1, -1)], audits=[149]))
    assert row_in_view(pile) == 1
    for _ in range(3):
        await pile.decide("label", "positive", Circumstances())
    found = [(one.row, one.order, one.audit) for one in reversed(pile.history.decided())]
    assert found == [
        (0, "file", False),
        (1, "uncertainty", False),
        (149, "uncertainty", True),
        (148, "uncertainty", False),
    ]
    await pile.close()


async def test_with_a_filter_only_what_fits_is_walked_through_and_the_place_is_found_again(source: str) -> None:
    pile = Pile(source, rows)
    await pile.open()
    await pile.decide("label", "positive", Circumstances())
    fits = [0, 4, 60, 100]
    await pile.follow(way_of(pile, fits, "filter"))
    assert (pile.shown, pile.total, row_in_view(pile)) == (4, 150, 4), "row 1 does not fit: the first undecided comes"
    assert not await pile.stand_at(1) and await pile.stand_at(60) and pile.position == 2
    for _ in range(3):
        await pile.decide("label", "positive", Circumstances())
    assert pile.finished and pile.first_undecided() is None and pile.history.counts.decided == 4
    await pile.follow(file_way(150, [one.row for one in pile.history.decided()]))
    assert not pile.finished and row_in_view(pile) == 1
    await pile.follow(way_of(pile, [], "filter"))
    assert pile.shown == 0 and pile.review is None and not pile.finished
    await pile.close()


async def test_pages_of_another_order_are_not_taken_for_its_own(source: str) -> None:
    """A page that was asked for in one order arrives when the pile is in another one."""
    held: list[asyncio.Future[None]] = []

    async def slow(wanted: Sequence[int]) -> Page:
        if held:
            await held[0]
        return await rows(wanted)

    pile = Pile(source, slow)
    await pile.open()
    await pile.go(50)
    held.append(asyncio.get_running_loop().create_future())
    fetching = asyncio.create_task(pile.prefetch())
    await asyncio.sleep(0)
    following = asyncio.create_task(pile.follow(way_of(pile, ALL[::-1])))
    await asyncio.sleep(0)
    held.pop().set_result(None)
    await asyncio.gather(fetching, following)
    for position in range(0, 150, 7):
        await pile.go(position)
        assert row_in_view(pile) == 149 - position
    await pile.close()


async def test_copies_that_are_decided_along_are_passed_over(source: str) -> None:
    pile = Pile(source, rows)
    await pile.open()

    async def find(row: int) -> Sequence[int]:
        return [1, 2, 140] if row == 0 else []

    pile.find_copies = find
    await pile.look_for_copies()
    assert pile.copies == [1, 2, 140]
    copies = await pile.read_copies()
    assert [one.text for one in copies] == ["review 1", "review 2", "review 140"]
    await pile.decide("label", "positive", Circumstances(), copies)
    assert row_in_view(pile) == 3 and pile.way.undecided == 146
    await pile.undo()
    assert row_in_view(pile) == 0 and pile.way.undecided == 150
    await pile.redo()
    assert row_in_view(pile) == 3
    await pile.requeue(pile.history.decided()[:2])
    assert pile.way.undecided == 148 and pile.first_undecided() == min(set(range(3)) & undecided_rows(pile))
    await pile.close()


def undecided_rows(pile: Pile) -> set[int]:
    return {row for row in ALL if pile.history.current(row) is None}


async def test_an_arrangement_of_other_data_is_refused(source: str) -> None:
    pile = Pile(source, rows)
    await pile.open()
    pile.check("one")
    with pytest.raises(PileChangedError):
        pile.check("two")
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
        kept = Bookmark(
            "20260101-000000-aaaa", "first", 12, "0" * 16, reading, copies="along", blind=True, order="random"
        )
        write_bookmark(source, kept)
        assert read_bookmark(source) == kept
    file = pile_folder(source) / FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600
    whole = json.loads(file.read_bytes())
    wrong = ({}, [], *(whole | one for one in ({"model": 1}, {"row": -1}, {"row": "1"}, {"reading": {"no": 1}})))
    for damaged in (b"", b"\xff", b"[" * 9000, *(json.dumps(one).encode() for one in wrong)):
        file.write_bytes(damaged)
        assert read_bookmark(source) is None
