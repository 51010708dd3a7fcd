"""Tables of pairs, of drawn cells and of fixed widths come back as they were; counted words are refused."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from tests.core.reviews.formats.test_labelled_formats import accounted
from tests.core.reviews.kinds.made import reviews

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
plain = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40).map("So: {}.".format)
ROWS = [(text, "good" if good else "bad") for text, good in reviews(24)]


def pairs_of(found: Any) -> list[tuple[str, str]]:
    texts = found.texts(range(len(found)))
    return [(text, found.label_names[index]) for text, index in zip(texts, found.labels, strict=True)]


@quick
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30), min_size=3, max_size=9))
def test_pairs_come_back_with_their_escapes_undone(read: Any, texts: list[str]) -> None:
    wanted = [f"So it is\tnumber {n}:\n{text}!" for n, text in enumerate(texts)]
    escaped = [text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for text in wanted]
    found = read("".join(f"tskv\tid={n}\ttext={text}\n" for n, text in enumerate(escaped)), ".log")
    assert found.report.format == "pairs" and accounted(found.report)
    assert found.texts(range(len(found))) == wanted


def test_pairs_of_a_colon_may_come_in_any_order_and_be_left_out_and_later_keys_are_columns(read: Any) -> None:
    lines = [f"text:{text}\tlabel:{label}" for text, label in ROWS]
    lines[1] = "\t".join(reversed(lines[1].split("\t")))
    lines += [f"text:It is{' so' * 9} number {n}\tlabel:good" for n in range(9_000)] + [
        "text:The last\tlate:1",
        "no pair",
    ]
    found = read("\n".join(lines), ".ltsv")
    assert found.report.left_out == {"missing label": 1, "a field is no pair": 1} and accounted(found.report)
    assert [column.name for column in found.report.columns] == ["text", "label", "late"]
    assert pairs_of(found)[:24] == ROWS


def test_too_many_keys_are_no_columns(read: Any) -> None:
    content = "".join(f"text={text}\tlabel={label}\n" for text, label in ROWS)
    with pytest.raises(InputError, match="too many to be columns"):
        read(content * 200 + "".join(f"key{n}=1\ttext=It is\n" for n in range(1_100)), ".tskv")


@quick
@given(texts=st.lists(plain, min_size=2, max_size=9), edge=st.booleans(), rule=st.sampled_from(["-", "---", ":--:"]))
def test_a_markdown_table_comes_back(read: Any, texts: list[str], edge: bool, rule: str) -> None:
    left, right = ("| ", " |") if edge else ("", "")
    rows = [["text", "label"], [rule, rule], *([text.replace("|", "\\|"), "good"] for text in texts)]
    found = read("# Results\n\n" + "".join(f"{left}{' | '.join(row)}{right}\n" for row in rows), ".md")
    assert found.report.format == "pipes" and accounted(found.report)
    assert [text for text, _ in pairs_of(found)] == [" ".join([text.strip()]) for text in texts]
    assert "1 line of text around it" in " ".join(found.report.notices)


def test_an_org_table_ends_where_its_lines_do_and_goes_on_below_its_header(read: Any) -> None:
    head = "|------+-------|\n| text | label |\n|------+-------|\n"
    body = "".join(f"| {text} | {label} |\n" for text, label in ROWS)
    found = read(
        f"#+TITLE: Reviews\n{head}{body}|------+-------|\n\n| who | n |\n|-----+---|\n| Kim | 1 |\n\n{head}{body}",
        ".org",
    )
    assert pairs_of(found) == ROWS * 2
    assert found.report.left_out == {"row of another table": 2} and accounted(found.report)


@pytest.mark.parametrize("aligned", ["<", ">"])
def test_columns_of_a_fixed_width_come_back(read: Any, aligned: str) -> None:
    rows = [("text", "label"), *ROWS]
    content = "".join(f"{text:{aligned}80}  {label:{aligned}6}\n" for text, label in rows)
    found = read(content + f"{'It is so long ' * 8}good\n", ".txt")
    assert found.report.format == "fixed" and pairs_of(found) == ROWS and accounted(found.report)
    assert found.report.left_out == {"text that reaches into the next column": 1}


def test_a_rule_of_dashes_says_where_columns_are(read: Any) -> None:
    rows = [("text", "label"), ("-" * 60, "-" * 5), *ROWS]
    found = read("".join(f"{text:<60} {label:<5}\n" for text, label in rows), ".rpt")
    assert found.report.format == "fixed" and pairs_of(found) == ROWS and accounted(found.report)


@pytest.mark.parametrize(
    "line",
    ["{good} 0:3 5:1 9:{n}", "buy_again:1 great:2 bent:{n} #label#:{good}", "{good} qid:{n} 1:0.5 2:1e-3 3:1 # a"],
)
def test_counted_words_are_refused_with_what_they_are(read: Any, line: str) -> None:
    with pytest.raises(InputError, match="counted words or numbered features"):
        read("".join(line.format(n=n, good=n % 2) + "\n" for n in range(20)), ".txt")


def test_times_and_scores_in_reviews_are_no_features(read: Any) -> None:
    content = "".join(f"It came at 12:{n} and food:5 service:4 were good\n" for n in range(10, 30))
    assert read(content, ".txt").report.format == "text"


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".tsv", ".log"])
@pytest.mark.parametrize("pretty", [False, True])
def test_json_is_read_whatever_its_name(read: Any, suffix: str, pretty: bool) -> None:
    objects = [{"text": text, "label": label} for text, label in ROWS]
    content = json.dumps(objects, indent=1) if pretty else "".join(f"{json.dumps(one)}\n" for one in objects)
    assert pairs_of(read(content, suffix)) == ROWS


def test_quoted_words_between_blanks_are_fields_and_in_prose_are_none(read: Any) -> None:
    content = '"text" "label"\n' + "".join(
        f'"{n}" "He said \\"{t}\\"" "{label}"\n' for n, (t, label) in enumerate(ROWS)
    )
    assert pairs_of(read(content, ".txt")) == [(f'He said "{text}"', label) for text, label in ROWS]
    prose = "".join(f'They call it "good" and {text}\n' for text, _ in ROWS)
    assert read(prose, ".txt").report.format == "text"


@quick
@given(texts=st.lists(plain, min_size=3, max_size=9))
def test_whole_lines_in_quotes_come_back(read: Any, texts: list[str]) -> None:
    def written(rows: list[list[str]], quoting: int) -> str:
        stream = io.StringIO()
        csv.writer(stream, quoting=quoting, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]
        return stream.getvalue()

    inner = written([["text", "label"], *([text, "good"] for text in texts)], csv.QUOTE_NONNUMERIC)
    found = read(written([[line] for line in inner.splitlines()], csv.QUOTE_ALL))
    assert [text for text, _ in pairs_of(found)] == texts and accounted(found.report)
