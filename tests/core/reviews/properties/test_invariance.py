"""What a column is taken for depends neither on the order of rows nor on the order of columns."""

from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tests.core.reviews.kinds.made import Review, lines, reviews, table
from tests.core.reviews.properties.hostile_tables import EVERY_TIME, read

ROWS = reviews(40)
Values = Callable[[int, Review], object]

COLUMNS: dict[str, Values] = {
    "review": lambda n, r: r.text,
    "title": lambda n, r: r.text[:14],
    "rating": lambda n, r: ((1, 2), (5, 4))[r.good][n % 4 // 2],
    "sentiment": lambda n, r: ("negative", "positive")[r.good],
    "recommended": lambda n, r: ("no", "yes")[r.good],
    "verified": lambda n, r: ("true", "false")[n * n % 3 % 2],
    "product": lambda n, r: ("Tunnel tent, green", "Desk lamp, white", "Hose, 20 m")[n % 3],
    "category": lambda n, r: ("tents", "lamps", "garden")[n % 3],
    "date": lambda n, r: f"2024-05-{n % 28 + 1:02}",
    "id": lambda n, r: f"R{n:05}",
    "votes": lambda n, r: n * n % 7,
    "price": lambda n, r: f"{n * 1.37:.2f}",
    "reply": lambda n, r: "Dear customer, thank you for your order and for writing to us at length" if n % 3 else "",
    "q1": lambda n, r: ((1, 2), (5, 4))[r.good][n % 4 // 2],
    "q2": lambda n, r: ((2, 1), (4, 5))[r.good][n % 4 // 2],
    "remark": lambda n, r: r.text,
    "note": lambda n, r: ROWS[(n + 7) % len(ROWS)].text,
    "first": lambda n, r: ("poor", "great")[r.good],
    "second": lambda n, r: ("poor", "great")[n * n % 3 % 2],
    "has_photo": lambda n, r: n * n % 5 % 2,
    "score": lambda n, r: n % 11,
    "stars": lambda n, r: "" if n % 5 == 0 else n % 5,
    "topic": lambda n, r: ("size", "price", "")[n % 3],
}


def what_was_found(order: list[str], rows: list[int], as_json: bool) -> tuple[object, ...] | None:
    cells = [[COLUMNS[name](n, ROWS[n]) for name in order] for n in rows]
    if as_json:
        found = read(lines(dict(zip(order, row, strict=True)) for row in cells).encode(), ".jsonl")
    else:
        found = read(table(order, cells).encode())
    if found is None:
        return None
    report = found.report
    return (
        report.text_column,
        report.title_column,
        report.label_column,
        report.scheme,
        report.class_counts,
        report.left_out,
    )


@EVERY_TIME
@given(
    st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=9, unique=True),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_detection_is_the_same_in_any_order(names: list[str], chance: random.Random, as_json: bool) -> None:
    rows = list(range(len(ROWS)))
    first = what_was_found(names, rows, as_json)
    for _ in range(3):
        chance.shuffle(rows)
        assert what_was_found(names, rows, as_json) == first
    for order in (sorted(names), sorted(names, reverse=True), chance.sample(names, len(names))):
        assert what_was_found(order, rows, as_json) == first


@EVERY_TIME
@given(st.sampled_from(("rating", "sentiment", "recommended", "verified", "votes")), st.booleans())
def test_a_file_sorted_by_its_label_is_read_alike(label: str, as_json: bool) -> None:
    names, rows = ["review", label, "id"], list(range(len(ROWS)))
    ordered = sorted(rows, key=lambda n: str(COLUMNS[label](n, ROWS[n])))
    assert what_was_found(names, ordered, as_json) == what_was_found(names, rows, as_json)
