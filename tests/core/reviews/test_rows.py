"""Every row is kept or counted, and every row's line is the one an editor shows."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import ipc

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.reading import read_reviews

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

pieces = st.one_of(
    st.tuples(st.just("good"), st.text(st.sampled_from('ab ,"\n\r;'), min_size=1).map(lambda text: "x" + text)),
    st.tuples(st.just("blank"), st.just("")),
    st.tuples(st.just("wide"), st.text(st.sampled_from('ab"\n'), min_size=1)),
    st.tuples(st.just("narrow"), st.text(st.sampled_from("ab\n"), min_size=1)),
    st.tuples(st.just("empty text"), st.text(st.sampled_from(" \n"))),
    st.tuples(st.just("missing label"), st.text(st.sampled_from("ab\n")).map(lambda text: "x" + text)),
)


@quick
@given(plan=st.lists(pieces, max_size=15))
def test_lines_and_counts_are_exact_among_quoted_line_ends_blank_lines_and_bad_rows(
    read: Any, plan: list[tuple[str, str]]
) -> None:
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(("text", "label"))
    places: list[tuple[str, int]] = []
    for kind, text in [*plan, ("good", "The last one.")]:
        line = target.getvalue().count("\n") + 1
        if kind == "blank":
            target.write("\n")
            continue
        places.append((kind, line))
        label = {"missing label": ""}.get(kind, "1")
        fields = {"wide": (text, label, "more"), "narrow": (text,)}.get(kind, (text, label))
        writer.writerow(fields)
    reviews = read(target.getvalue())
    report = reviews.report
    assert [reviews.place(row)[1] for row in range(len(reviews))] == [line for kind, line in places if kind == "good"]
    assert [row.line for row in report.skipped] == [line for kind, line in places if kind != "good"]
    fields = "wrong number of fields"
    expected = Counter({"wide": fields, "narrow": fields}.get(kind, kind) for kind, _ in places if kind != "good")
    assert report.left_out == expected
    assert report.rows == len(places) == report.kept + sum(report.left_out.values())


def test_each_reason_is_named_with_its_line(read: Any, tmp_path: Path) -> None:
    content = (
        b"text,stars\nGood,5\nBad,1,extra\n,4\nSo so,3\nBytes \xff\xff here,2\nNo label,\nOdd,many\n" + b"Fine,5\n" * 20
    )
    reviews = read(content)
    assert [(row.line, row.reason) for row in reviews.report.skipped] == [
        (3, "wrong number of fields (got 3, expected 2)"),
        (4, "empty text"),
        (5, "3 stars: neither negative nor positive"),
        (6, "undecodable bytes"),
        (7, "missing label"),
        (8, "unknown label"),
    ]
    listed = [json.loads(line) for line in Path(reviews.report.skipped_file).read_text().splitlines()]
    assert listed == [row.model_dump() for row in reviews.report.skipped]
    assert reviews.report.rows == 27 == len(reviews) + len(listed)
    assert reviews.report.left_out["wrong number of fields"] == 1


def test_json_rows_that_are_no_objects_or_no_json_are_counted(read: Any) -> None:
    lines = '{"text": "One", "label": 1}\n\n[1]\n{"text": "Tw\n"three"\n{"text": "\\ud800", "label": 1}\n'
    reviews = read(lines + '{"text": "End", "label": 0}', ".jsonl")
    assert [(row.line, row.reason) for row in reviews.report.skipped] == [
        (3, "not an object"),
        (4, "broken JSON"),
        (5, "not an object"),
        (6, "undecodable bytes"),
    ]
    assert (reviews.report.rows, [reviews.place(row)[1] for row in (0, 1)]) == (6, [1, 7])


def test_a_json_array_that_breaks_off_says_where(read: Any) -> None:
    reviews = read('[\n{"text": "One"},\n7,\n{"text": "Two"},\n{"text": "Thr', ".json")
    assert [(row.line, row.reason) for row in reviews.report.skipped] == [(3, "not an object"), (5, "broken JSON")]
    assert any("ends in the middle of an array" in notice for notice in reviews.report.notices)
    assert len(reviews) == 2


@pytest.mark.parametrize("where", [0, 1])
def test_a_quote_that_is_never_closed_costs_one_row(read: Any, where: int) -> None:
    rows = [[f"Review {number}", str(number % 2)] for number in range(500)]
    rows[7][where] = '"' + rows[7][where]
    rows[3][0] = '"Quoted, as usual"'
    reviews = read("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    assert reviews.report.left_out == {"unclosed quote": 1}
    assert (reviews.report.skipped[0].line, len(reviews)) == (9, 499)


def test_a_stray_quote_inside_a_text_is_just_a_quote(read: Any) -> None:
    reviews = read('text,label\nA 7" screen,1\nIt is 5" wide,0\n')
    assert reviews.texts([0, 1]) == ['A 7" screen', 'It is 5" wide']


def test_a_line_of_100_kilobytes_is_fine(read: Any) -> None:
    text = "long, " * 20_000
    assert read(f'text,label\n"{text}",1\nshort,0\n').text(0) == text


def test_titles_are_joined_as_sentences(read: Any) -> None:
    reviews = read('summary,reviewText,isPositive\nGreat,It works,1\nReally?,Yes it does,1\n,"No title, then",0\n')
    assert reviews.texts([0, 1, 2]) == ["Great. It works", "Really? Yes it does", "No title, then"]


def test_duplicates_are_counted_over_case_and_space(read: Any) -> None:
    reviews = read("text,label\nGood  Thing,1\ngood thing,1\nＧood thing,0\nother thing,0\nother thing,0\nlast,1\n")
    assert reviews.report.duplicates.model_dump() == {"rows": 3, "groups": 2, "conflicting": 1}
    assert len(set(reviews.hashes.tolist())) == 3


@quick
@given(
    content=st.binary(max_size=300),
    suffix=st.sampled_from(["", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".arrow"]),
)
def test_random_bytes_are_read_or_refused_in_one_sentence(read: Any, content: bytes, suffix: str) -> None:
    try:
        reviews = read(content, suffix)
    except InputError as error:
        assert str(error) == clean_line(error)
        return
    report = reviews.report
    assert report.rows == len(reviews) + sum(report.left_out.values())
    assert len(reviews.texts(range(len(reviews)))) == len(reviews.labels) == len(reviews.hashes) > 0


json_like = st.text(st.sampled_from('[]{}":,ab1\\n\n '), max_size=80)


@quick
@given(
    content=st.one_of(
        json_like,
        json_like.map(lambda tail: '[{"text": "a"},' + tail),
        json_like.map(lambda tail: '{"text": ["a"],' + tail),
    ),
    suffix=st.sampled_from([".json", ".jsonl", ""]),
)
def test_broken_json_is_read_or_refused_in_one_sentence(read: Any, content: str, suffix: str) -> None:
    try:
        report = read(content, suffix).report
    except InputError:
        return
    assert report.rows == report.kept + sum(report.left_out.values())


@quick
@given(
    content=st.text(st.sampled_from('ab1,;\t|"\n\r é\x1b'), max_size=120),
    suffix=st.sampled_from([".csv", ".tsv", ".txt", ""]),
)
def test_sloppy_tables_are_read_or_refused_in_one_sentence(read: Any, content: str, suffix: str) -> None:
    try:
        report = read(content, suffix).report
    except InputError:
        return
    assert report.rows == report.kept + sum(report.left_out.values())


@pytest.mark.parametrize(
    "magic", [b"PAR1" + b"\0" * 40 + b"PAR1", b"ARROW1\0\0" + b"\1" * 50, b"\xff\xff\xff\xff\x10\0\0\0" + b"\2" * 40]
)
def test_damaged_columnar_files_are_refused(tmp_path: Path, magic: bytes) -> None:
    path = tmp_path / "data.arrow"
    path.write_bytes(magic)
    with pytest.raises(InputError, match="is not a readable"):
        read_reviews(path)


def arrow_file() -> bytes:
    table = pa.table({"text": ["It is good", "It is bad"] * 4, "label": [1, 0] * 4})
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


@quick
@given(place=st.integers(0, len(arrow_file()) - 1), value=st.binary(min_size=1, max_size=4))
def test_an_arrow_file_with_a_damaged_place_is_read_or_refused(read: Any, place: int, value: bytes) -> None:
    content = arrow_file()
    try:
        reviews = read(content[:place] + value + content[place + len(value) :], ".arrow")
    except InputError:
        return
    assert len(reviews.texts(range(len(reviews)))) == len(reviews)
