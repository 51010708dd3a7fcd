"""A delimited file is read as it was written, whatever its quotes, delimiter and line ends, and says what it found."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BASE = [f"It is thing number {number}, and it does what it should" for number in range(30)]


def lines(texts: list[str], delimiter: str = "\t", header: str = "label{}text") -> str:
    rows = "".join(f"{row % 2}{delimiter}{text}\n" for row, text in enumerate(texts))
    return header.format(delimiter) + "\n" * bool(header) + rows


def told(reviews: Any) -> str:
    return " ".join([*reviews.report.notices, *(doubt.sentence for doubt in reviews.report.doubts)])


@quick
@given(places=st.lists(st.integers(0, 29), min_size=1, max_size=8, unique=True), end=st.booleans())
def test_quotes_in_tabs_are_characters_wherever_they_open_and_close(read: Any, places: list[int], end: bool) -> None:
    texts = list(BASE)
    for place in places:
        texts[place] = f'{texts[place]}"' if end and place % 2 else f'"{texts[place]}'
    reviews = read(lines(texts), ".tsv")
    assert reviews.texts(range(30)) == texts


def test_quotes_that_break_the_rules_late_in_a_file_change_how_all_of_it_is_read(read: Any) -> None:
    texts = [f"{text} ({row})" for row in range(400) for text in BASE]
    texts[11_000] = f'"{texts[11_000]}'
    texts[11_700] = f'"{texts[11_700]}'
    reviews = read(lines(texts), ".tsv")
    assert reviews.texts(range(len(texts))) == texts
    assert "--quoting none" in told(reviews)


def test_a_quote_late_in_a_file_with_proper_quotes_costs_a_line_and_not_the_dialect(read: Any) -> None:
    rows = [f'{row % 2},"It is thing ""{row}"", and more"\n' for row in range(20_000)]
    rows[15_000] = '1,"It is not closed\n'
    reviews = read("label,text\n" + "".join(rows))
    assert reviews.report.left_out == {"unclosed quote": 1}
    assert reviews.text(-1) == 'It is thing "19999", and more'


def test_where_the_start_of_a_file_is_cut_tells_nothing(read: Any) -> None:
    rows = [f'"It is thing number {row},\nand it works, too",{row % 2}\n' for row in range(12_000)]
    for shift in (0, 20, 40):
        reviews = read("text,label\n" + f"{'x' * shift} is good,1\n" + "".join(rows))
        assert (len(reviews), reviews.report.notices) == (12_001, [])
        assert not any(doubt.about == "quoting" for doubt in reviews.report.doubts)


def test_quoting_can_be_said(read: Any) -> None:
    content = 'text,label\n"It is good",1\n"It is bad",0\n'
    assert read(content, quoting="none").text(0) == '"It is good"'
    assert read(content, quoting="standard").text(0) == "It is good"
    escaped = 'text,label\n"It is \\"good\\", they say",1\n"It is bad",0\n'
    assert read(escaped, quoting="backslash").text(0) == read(escaped).text(0) == 'It is "good", they say'


@pytest.mark.parametrize("delimiter", ["\x01", "::", "^", "~", " || ", "§", "%|%", " +++$+++ ", "¦"])
def test_a_rare_delimiter_that_is_in_every_line_is_found_and_said_as_it_can_be_typed(read: Any, delimiter: str) -> None:
    content = lines(BASE, delimiter, header="")
    reviews = read(content, ".dat")
    assert reviews.texts(range(30)) == BASE
    notice = next(one for one in reviews.report.notices if "--delimiter" in one)
    typed = notice.split("--delimiter '")[1].split("'")[0]
    assert read(content, ".dat", delimiter=typed).texts(range(30)) == BASE


@pytest.mark.parametrize("sign", [",", ";", "|", "@", ":", "-", "*", "…"])
def test_signs_in_prose_are_no_delimiters(read: Any, sign: str) -> None:
    texts = [f"It is thing number {row}{sign} as one of {row * 7} says" for row in range(30)]
    assert read("".join(f"{text}\n" for text in texts), ".txt").texts(range(30)) == texts


@quick
@given(ends=st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=30, max_size=30), quoted=st.booleans())
def test_line_ends_may_be_mixed(read: Any, ends: list[str], quoted: bool) -> None:
    rows = (f'"{text}",{row % 2}{end}' for row, (text, end) in enumerate(zip(BASE, ends, strict=True)))
    reviews = read("text,label\n" + "".join(rows))
    assert reviews.texts(range(30)) == BASE
    assert reviews.report.accounts[0].total == 31


def test_texts_broken_into_lines_without_quotes_are_joined_and_that_is_said(read: Any) -> None:
    texts = [text.replace(", ", "\n", row % 2) for row, text in enumerate(BASE)]
    inside = "text\tlabel\n" + "".join(f"{text}\t{row % 2}\n" for row, text in enumerate(texts))
    for content in (lines(texts), inside):
        reviews = read(content, ".tsv")
        assert reviews.texts(range(30)) == texts
        assert "joined" in told(reviews)
        assert reviews.report.accounts[0].reviews == 45


def test_commas_in_unquoted_texts_are_joined_where_that_is_clear_and_counted_where_not(read: Any) -> None:
    reviews = read(lines([text if row % 3 else text[:19] for row, text in enumerate(BASE)], ","))
    assert (len(reviews), reviews.text(1)) == (30, BASE[1])
    assert "hold “,” without quotes" in told(reviews)
    unclear = "first,second\n" + "".join(f"{text},{text}\n" for text in BASE) + "It is one,It is two\n" * 9
    assert read(unclear, header=True, delimiter=",").report.left_out == {"wrong number of fields": 30}


@quick
@given(
    seed=st.integers(0, 99),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    delimiter=st.sampled_from(",;\t|"),
)
def test_the_order_of_rows_changes_nothing(read: Any, seed: int, quoting: int, delimiter: str) -> None:
    rows = [(f'{text} "{row}"' if row % 5 == 0 else text, row % 2) for row, text in enumerate(BASE)]
    found = []
    for order in (rows, random.Random(seed).sample(rows, len(rows))):
        target = io.StringIO(newline="")
        csv.writer(target, delimiter=delimiter, quoting=quoting).writerows([("text", "label"), *order])
        reviews = read(target.getvalue())
        found.append((sorted(reviews.texts(range(30))), reviews.report.delimiter, reviews.report.notices))
    assert found[0] == found[1]


@pytest.mark.parametrize("delimiter", ["", '"', "\n", "a" * 17])
def test_what_cannot_be_a_delimiter_is_refused(read: Any, delimiter: str) -> None:
    with pytest.raises(InputError, match="A delimiter is one character or a few"):
        read("text,label\nIt is,1\n", delimiter=delimiter)
