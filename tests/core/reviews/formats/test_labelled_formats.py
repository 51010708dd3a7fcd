"""fastText lines, sentiment trees, Python dicts and key-value records: read as what they are, and nothing is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
line = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40).map("So: {}.".format)


def accounted(report: Any) -> bool:
    return all(one.total == one.reviews + one.left_out + sum(one.skipped.values()) for one in report.accounts)


@quick
@given(
    pairs=st.lists(st.tuples(line, st.sampled_from(["1", "2"])), min_size=1, max_size=9),
    between=st.sampled_from([" ", "\t", " , "]),
)
def test_fasttext_comes_back_as_text_and_label(read: Any, pairs: list[tuple[str, str]], between: str) -> None:
    pairs = [(text.strip(" ,"), label) for text, label in pairs if text.strip(" ,") and "__label__" not in text]
    if not pairs:
        return
    reviews = read("".join(f"__label__{label}{between}{text}\n" for text, label in pairs), ".txt", scheme="as_is")
    assert reviews.report.format == "fasttext" and accounted(reviews.report)
    assert [text.strip() for text in reviews.texts(range(len(reviews)))] == [text.strip() for text, _ in pairs]
    names = [reviews.label_names[index] for index in reviews.labels]
    assert names == [label for _, label in pairs]


def test_fasttext_lines_with_several_labels_or_none_are_left_out_and_counted(read: Any) -> None:
    content = "__label__a Good one\n__label__a __label__b Both\n\nNone at all\n__label__b Bad one\n"
    content += "__label__a __label__a Twice\n"
    report = read(content, ".train").report
    assert report.class_counts == {"a": 2, "b": 1}
    assert report.left_out == {"several labels": 1, "missing label": 1} and accounted(report)


def test_fasttext_labels_may_be_at_the_end(read: Any) -> None:
    reviews = read("Good one __label__a\nBad one __label__b\n" * 3 + "My __label__b in between\n", ".txt")
    assert reviews.texts([0, 1, 6]) == ["Good one", "Bad one", "My  in between"]
    assert reviews.report.class_counts == {"a": 3, "b": 4}


def test_trees_are_their_words_and_the_label_of_the_root(read: Any) -> None:
    content = "(3 (2 It) (4 (2 -LRB-) (3 really) (2 -RRB-) (4 works)))\n(1 (2 It) (0 fails))\n"
    reviews = read(content * 3 + "(1 (2 It\n", ".txt")
    assert reviews.texts([0, 1]) == ["It ( really ) works", "It fails"]
    assert reviews.report.class_counts == {"1": 3, "3": 3} and reviews.report.left_out == {"broken tree": 1}


def test_a_number_before_every_line_is_its_label(read: Any) -> None:
    content = "".join(f"{n % 2} it is number {n} , really\n" for n in range(30))
    reviews = read(content, ".train")
    assert reviews.text(1) == "it is number 1 , really" and reviews.report.class_counts == {
        "negative": 15,
        "positive": 15,
    }
    for other in ("3 of us liked it\n" * 30, content + "No number here\n", "".join(f"{n} days\n" for n in range(30))):
        assert read(other, ".txt").report.format == "text"


@quick
@given(pairs=st.lists(st.tuples(line, st.sampled_from([1.0, 5.0])), min_size=1, max_size=9))
def test_python_dicts_come_back(read: Any, pairs: list[tuple[str, float]]) -> None:
    content = "".join(f"{ {'id': 'A', 'reviewText': text, 'overall': stars, 'n': [0, 1]}!r}\n" for text, stars in pairs)
    reviews = read(content, ".json")
    assert reviews.report.format == "python" and accounted(reviews.report)
    assert reviews.texts(range(len(reviews))) == [text for text, _ in pairs]


def test_code_in_a_line_is_left_out_and_never_run(read: Any, tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    evil = f"{{'text': 'It is good', 'label': open({str(trap)!r}, 'w')}}\n"
    deep = "{'text': " + "[" * 50_000 + "\n"
    good = "{'text': 'It is good', 'label': 1}\n{'text': 'It is bad', 'label': 0}\n"
    report = read(good + evil + deep + "\n" + good, ".json").report
    assert report.kept == 4 and report.left_out == {"not a literal dict": 2} and accounted(report)
    assert not trap.exists()


def test_records_of_keys_and_values_come_back(read: Any) -> None:
    record = "product/id: B{0}\nreview/score: {1}.0\nreview/text: It is: number {0}\n{2}\n"
    content = "".join(record.format(n, 1 + n % 5, "and goes on\n" if n % 2 else "") for n in range(20))
    reviews = read(content + "no key here\n", ".txt")
    report = reviews.report
    assert (report.format, report.text_column, report.label_column) == ("records", "review/text", "review/score")
    assert reviews.texts([0, 1]) == ["It is: number 0", "It is: number 1\nand goes on"]
    assert report.rows == 21 and report.left_out["no known key"] == 1 and accounted(report)


def test_prose_with_colons_is_not_taken_for_records(read: Any) -> None:
    content = "".join(f"Note {n}: it works.\n\nPros: light.\nCons: none.\n\nWell: done\n\n" for n in range(9))
    assert read(content, ".txt").report.format == "text"


PAGE = (
    "<!DOCTYPE html><html><head><title>Shop</title><style>td {}</style></head><body>"
    "<table><tr><td>Menu</td></tr></table>"
    "<table><thead><tr><th>Review</th><th>Stars</th></tr></thead><tbody>{}</tbody></table></body></html>"
)


def test_the_table_of_a_page_is_read_and_said(read: Any) -> None:
    rows = "".join(f"<tr><td>It is &lt;{n}&gt;<br>really <b>so</b></td><td>{1 + 4 * (n % 2)}</td>" for n in range(12))
    for suffix in (".html", ".xls", ".csv"):
        reviews = read(PAGE.replace("{}", rows, 2).replace("td " + rows, "td {}"), suffix)
        assert reviews.text(1) == "It is <1>\nreally so"
        assert reviews.report.class_counts == {"negative": 6, "positive": 6} and accounted(reviews.report)
        assert "its table 2 was read" in reviews.report.notices[0]


def test_a_page_without_a_table_of_rows_is_refused(read: Any) -> None:
    with pytest.raises(InputError, match="is a saved web page, HTML without a table of reviews"):
        read("<html><body><table><tr><td>Menu</td></tr></table></body></html>", ".csv")


def test_tables_in_cells_lose_no_text(read: Any) -> None:
    cell = "It is {}<table><tr><td>Helpful?</td><td>Yes</td></tr></table> (translated)"
    rows = "".join(f"<tr><td>{cell.format(n)}</td><td>{1 + 4 * (n % 2)}</td></tr>" for n in range(12))
    reviews = read(f"<table><tr><td>Review</td><td>Stars</td></tr>{rows}</table>", ".html")
    assert reviews.text(1) == "It is 1\nHelpful?\nYes\n(translated)" and accounted(reviews.report)
