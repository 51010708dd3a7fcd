"""A way through a pile: the next undecided position, whatever the order is and whatever was decided and undone."""

from __future__ import annotations

import random
from array import array

from hypothesis import given
from hypothesis import strategies as st

from core.triage.way import Way, arranged_way, file_way


def shuffled(total: int, seed: int, shown: int | None = None) -> Way:
    rows = random.Random(seed).sample(range(total), total if shown is None else shown)
    places = [-1] * total
    for place, row in enumerate(rows):
        places[row] = place
    audits = bytes(row % 3 == 0 for row in range(total))
    return arranged_way("random", array("i", rows).tobytes(), array("i", places).tobytes(), audits)


@given(st.integers(1, 60), st.integers(), st.lists(st.tuples(st.integers(0, 80), st.booleans())), st.integers(0, 80))
def test_the_next_undecided_is_found_from_any_place(
    total: int, seed: int, changes: list[tuple[int, bool]], start: int
) -> None:
    for way in (shuffled(total, seed), file_way(total), shuffled(total, seed, total // 2)):
        decided: set[int] = set()
        for row, is_decided in changes:
            way.settle(row, is_decided)
            decided = decided | {row} if is_decided else decided - {row}
        rows = [way.row(position) for position in range(len(way))]
        places = [*range(start, len(way)), *range(min(start, len(way)))]
        expected = next((place for place in places if rows[place] not in decided), None)
        assert way.first_undecided(start) == expected
        assert way.undecided == sum(row not in decided for row in rows)


def test_rows_and_positions_are_each_others_inverse() -> None:
    way = shuffled(50, 1, 30)
    assert len(way) == 30
    assert [way.position(way.row(place)) for place in range(30)] == list(range(30))
    hidden = set(range(50)) - {way.row(place) for place in range(30)}
    assert len(hidden) == 20 and all(way.position(row) is None for row in hidden)
    assert way.position(-1) is None and way.position(50) is None
    assert list(way.rows(4, 9)) == [way.row(place) for place in range(4, 9)]


def test_what_is_decided_from_the_start_and_audits() -> None:
    way = file_way(6, [0, 1, 3, 99, -2])
    assert way.first_undecided() == 2 and way.first_undecided(3) == 4 and way.undecided == 3
    assert not way.is_audit(0)
    audited = shuffled(9, 2)
    assert [row for row in range(-1, 10) if audited.is_audit(row)] == [0, 3, 6]


def test_nothing_is_left_when_all_are_decided_or_none_are_shown() -> None:
    assert file_way(3, range(3)).first_undecided(1) is None
    assert file_way(0).first_undecided() is None and len(file_way(0)) == 0
