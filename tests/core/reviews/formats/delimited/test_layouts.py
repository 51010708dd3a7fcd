"""Lines that are no rows are skipped and counted as what they are, and rows are never taken for such lines."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROWS = "".join(f"2024-05-0{row % 9 + 1},It is thing number {row},{row % 2}\n" for row in range(20))
HEADER = "day,text,label\n"


def skipped(reviews: Any) -> dict[str, int]:
    account = reviews.report.accounts[0]
    assert account.total == account.reviews + account.left_out + sum(account.skipped.values())
    return dict(account.skipped)


LEADS = {
    "title": ("Report of reviews\nMade by: kim\n\n", {"title above the header": 2, "blank line": 1}),
    "title with commas": ("Reviews, all\n", {"title above the header": 1}),
    "padded title": ("Report of reviews,,\n", {"title above the header": 1}),
    "comments": ("# made by a tool\n# 2024, May\n", {"comment": 2}),
    "separator": ("sep=,\n", {"sep= line": 1}),
    "nothing": ("", {}),
}


@pytest.mark.parametrize("name", LEADS)
def test_what_stands_above_the_header_is_counted(read: Any, name: str) -> None:
    lead, expected = LEADS[name]
    reviews = read(lead + HEADER + ROWS)
    assert skipped(reviews) == {"header": 1, **expected}
    assert (len(reviews), reviews.report.label_column) == (20, "label")
    assert reviews.place(0)[1] == lead.count("\n") + 2
    assert any("no rows were skipped" in notice for notice in reviews.report.notices) == bool(expected)


@quick
@given(places=st.lists(st.integers(0, 20), max_size=4), mark=st.booleans(), quoted=st.booleans())
def test_a_header_that_is_repeated_is_no_review(read: Any, places: list[int], mark: bool, quoted: bool) -> None:
    header = '"day","text","label"\n' if quoted else HEADER
    lines = ROWS.splitlines(keepends=True)
    for place in sorted(places, reverse=True):
        lines.insert(place, "\ufeff" * mark + header)
    reviews = read(header + "".join(lines))
    assert skipped(reviews) == {"header": 1} | ({"repeated header": len(places)} if places else {})
    assert len(reviews) == 20


def test_a_second_header_in_another_order_is_refused_with_its_line(read: Any) -> None:
    with pytest.raises(InputError, match=r"line 22 holds another header \(day, label, text\)"):
        read(HEADER + ROWS + "day,label,text\n2024-05-01,1,It is good\n")


def test_headers_below_the_header_are_counted(read: Any) -> None:
    survey = (
        "StartDate,Q1,Q2\nStart Date,How was it?,What should we know?\n"
        '"{""ImportId"":""a""}","{""ImportId"":""b""}","{""ImportId"":""c""}"\n'
        + "".join(f"2024-05-01 10:00:0{row % 10},{row % 2},It is thing number {row}\n" for row in range(20))
    )
    reviews = read(survey, text="Q2", label="Q1")
    assert skipped(reviews) == {"header": 1, "second header": 2}
    assert len(reviews) == 20


def test_totals_below_the_rows_are_counted_and_a_short_review_is_kept(read: Any) -> None:
    reviews = read(HEADER + ROWS + "\nTotal,,20\n")
    assert skipped(reviews) == {"header": 1, "blank line": 1, "footer": 1}
    assert len(read("text,label\n" + "Total,1\nTotal rubbish,0\n" * 5)) == 10


def test_a_header_may_leave_out_the_row_numbers_or_an_empty_last_column(read: Any) -> None:
    numbered = "text,label\n" + "".join(f"{row + 1},It is thing {row},{row % 2}\n" for row in range(20))
    trailing = "text,label\n" + "".join(f"It is thing {row},{row % 2},\n" for row in range(20))
    for content in (numbered, trailing):
        reviews = read(content)
        assert (len(reviews), reviews.text(3), reviews.report.left_out) == (20, "It is thing 3", {})


@pytest.mark.parametrize("text", ["#1 in its class", "sep=; they say", "text", "total"])
def test_a_review_that_looks_like_such_a_line_is_a_review(read: Any, text: str) -> None:
    reviews = read("text,label\n" + "".join(f"{text} {row},{row % 2}\n" for row in range(10)))
    assert len(reviews) == 10 and skipped(reviews) == {"header": 1}
