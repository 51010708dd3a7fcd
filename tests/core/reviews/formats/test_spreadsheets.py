"""Spreadsheets come back as people wrote them; which sheet is read is said, and can be chosen."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.detect.words import is_placeholder
from core.reviews.formats import spreadsheet
from core.reviews.reading import read_reviews
from tests.core.reviews.kinds.containers import open_document, workbook, zipped

ROWS: list[list[object]] = [["text", "label"], ["It is good", 1], ["It is bad", 0]]
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
in_xml = (
    st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=40)
    .map("So: {}.".format)
    .filter(lambda text: not is_placeholder(text))
)


@pytest.mark.parametrize("write", [lambda rows: workbook({"S": rows}), open_document], ids=["xlsx", "ods"])
@quick
@given(pairs=st.lists(st.tuples(in_xml, st.sampled_from([0, 1])), min_size=2, max_size=9))
def test_any_text_comes_back_as_it_was(read: Any, write: Any, pairs: list[tuple[str, int]]) -> None:
    rows = [["text", "label"], *map(list, pairs)]
    kept = [text for text, _ in pairs if text.strip()]
    if not kept:
        return
    reviews = read(write(rows), ".xlsx")
    got = [" ".join(text.split()) for text in reviews.texts(range(len(reviews)))]
    assert got == [" ".join(text.split()) for text in kept]
    (account,) = reviews.report.accounts
    assert account.unit == "rows" and account.total == account.reviews + account.left_out + sum(
        account.skipped.values()
    )
    assert account.total == len(rows)


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".csv", ""])
def test_the_content_says_what_it_is(read: Any, suffix: str) -> None:
    reviews = read(workbook({"S": ROWS}), suffix)
    assert (reviews.report.format, reviews.label_names) == ("excel", ["negative", "positive"])
    assert read(open_document(ROWS), suffix).report.format == "opendocument"


def test_numbers_and_dates_are_cells_as_people_see_them() -> None:
    shown = spreadsheet._shown
    assert [shown(5.0), shown(4.5), shown(True), shown(-0.0), shown(1e300)] == ["5", "4.5", "true", "0", "1e+300"]
    assert shown(datetime.datetime(2024, 5, 1)) == "2024-05-01"
    assert shown(datetime.datetime(2024, 5, 1, 12, 30)) == "2024-05-01T12:30:00"


def test_titles_blank_rows_and_totals_are_no_reviews(read: Any) -> None:
    rows: list[list[object]] = [["Reviews of May"], [], *ROWS, [], ["text", "label"], ["Total", 1]]
    reviews = read(workbook({"S": rows}), ".xlsx")
    assert reviews.texts(range(len(reviews))) == ["It is good", "It is bad"]
    assert reviews.place(0)[1] == 4
    assert "“Reviews of May”" in " ".join(reviews.report.notices)
    assert reviews.report.accounts[0].skipped["blank row"] == 2


def test_the_sheet_that_looks_like_reviews_is_read_and_said(read: Any) -> None:
    sheets = workbook({"About": [["name", "date"], ["An export", "2024-05-01"]], "Data": ROWS})
    reviews = read(sheets, ".xlsx")
    assert len(reviews) == 2 and "sheet “Data” was read; --table chooses another (About)" in reviews.report.notices[0]
    assert read(sheets, ".xlsx", table="about", text="name").text(0) == "An export"
    with pytest.raises(InputError, match="has no sheet “Nowhere”; it has About, Data"):
        read(sheets, ".xlsx", table="Nowhere")


def test_of_several_sheets_with_reviews_the_longest_is_read_and_the_others_are_asked_about(read: Any) -> None:
    content = workbook({"2023": ROWS, "2024 (all)": [*ROWS, ["It is so", 1]], "Notes": [["who"], ["Kim"]]})
    reviews = read(content, ".xlsx")
    assert len(reviews) == 3
    (doubt,) = (one for one in reviews.report.doubts if one.about == "table")
    assert "“2024 (all)” (4 rows) is read; not read: “2023” (3)" in doubt.sentence
    (way,) = doubt.ways.values()
    assert way == {"table": "2023"} and len(read(content, ".xlsx", **way)) == 2


def test_of_several_sheets_without_reviews_one_must_be_chosen(read: Any) -> None:
    content = workbook({"May": [["who", "n"], ["Kim", 1]], "June": [["who", "n"], ["Lee", 2]]})
    with pytest.raises(InputError, match=r"none of which looks like reviews: May, June; choose .*, as in --table May"):
        read(content, ".xlsx")
    assert read(content, ".xlsx", table="May", text="who").text(0) == "Kim"


STYLES = (
    '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="0.0&quot;%&quot;"/><numFmt numFmtId="171" '
    'formatCode="0.0%"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="{}"/></cellXfs></styleSheet>'
)


def styled(rows: list[list[object]], format: int, cell: str) -> bytes:
    """Return a workbook in which cells of the second column are `cell`, with a number format."""
    unpacked = zipfile.ZipFile(io.BytesIO(workbook({"First": [["x"]], "A & B": rows})))
    parts = {name: unpacked.read(name) for name in unpacked.namelist()}
    sheet = parts["xl/worksheets/sheet2.xml"].decode()
    parts["xl/worksheets/sheet2.xml"] = re.sub(r"<c><v>([\d.]+)</v></c>", cell, sheet).encode()
    parts["xl/styles.xml"] = STYLES.format(format).encode()
    return zipped(parts)


MARKS: list[list[object]] = [["text", "rating"], *([f"It is number {n}", 0.9 if n % 2 else 0.07] for n in range(8))]


@pytest.mark.parametrize("format", [9, 10, 171])
@pytest.mark.parametrize("cell", [r'<c s="1"><v>\1</v></c>', r"<c s='1' t='n'><v>\1</v></c>"])
def test_percent_stays_percent(read: Any, format: int, cell: str) -> None:
    reviews = read(styled(MARKS, format, cell), ".xlsx", table="A & B")
    examples = next(column.examples for column in reviews.report.columns if column.name == "rating")
    assert set(examples) == {"90%", "7%"}


@pytest.mark.parametrize("format", [0, 2, 170])
def test_other_numbers_stay_as_they_are(read: Any, format: int) -> None:
    content = styled(MARKS, format, r'<c s="1"><v>\1</v></c>')
    report = read(content, ".xlsx", table="A & B").report
    assert set(next(one.examples for one in report.columns if one.name == "rating")) == {"0.9", "0.07"}


def test_percent_in_only_some_cells_is_told(read: Any) -> None:
    content = styled([*MARKS, ["It is it", 3]], 9, r'<c s="1"><v>\1</v></c>')
    unpacked = zipfile.ZipFile(io.BytesIO(content))
    parts = {name: unpacked.read(name) for name in unpacked.namelist()}
    parts["xl/worksheets/sheet2.xml"] = parts["xl/worksheets/sheet2.xml"].replace(b'<c s="1"><v>0.07', b"<c><v>0.07")
    report = read(zipped(parts), ".xlsx", table="A & B").report
    assert "shows only some numbers of “rating” as percent: there, 90 % is read as 0.9" in " ".join(report.notices)


def test_percent_of_open_document_stays_percent(read: Any) -> None:
    unpacked = zipfile.ZipFile(io.BytesIO(open_document(MARKS)))
    parts = {name: unpacked.read(name) for name in unpacked.namelist()}
    parts["content.xml"] = parts["content.xml"].replace(b'value-type="float"', b'value-type="percentage"')
    columns = read(zipped(parts), ".ods").report.columns
    assert set(next(one.examples for one in columns if one.name == "rating")) == {"90%", "7%"}


def test_a_damaged_workbook_is_refused(read: Any) -> None:
    for content in (
        workbook({"S": ROWS})[:-80],
        b"PK\x03\x04" + bytes(200),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99),
    ):
        with pytest.raises(InputError, match=r"is not a readable spreadsheet .*as CSV"):
            read(content, ".xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "_MAX_UNPACKED", 1 << 20)
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook({"S": ROWS}))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/sharedStrings.xml", bytes(4 << 20))
    with pytest.raises(InputError, match="too much to read as a spreadsheet; save it as CSV"):
        read_reviews(path)
    assert len(path.read_bytes()) < 1 << 20


def test_a_damaged_part_does_not_hide_the_size_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "_MAX_UNPACKED", 1 << 20)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("docProps/app.xml", b"some properties" * 40)
        parts.writestr("xl/sharedStrings.xml", bytes(4 << 20))
        parts.writestr("[Content_Types].xml", b"<Types/>")
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match="too much to read as a spreadsheet"):
        read_reviews(path)


@pytest.mark.parametrize("part", ["</table:table>", "</table:table-row>", "</office:spreadsheet>"])
def test_an_element_that_does_not_end_is_not_waited_for(read: Any, part: str) -> None:
    """Calamine loops without an end where the end of a table is spelled wrongly."""
    unpacked = zipfile.ZipFile(io.BytesIO(open_document(ROWS)))
    parts = {name: unpacked.read(name) for name in unpacked.namelist()}
    parts["content.xml"] = parts["content.xml"].replace(part.encode(), b"</table:nothing>")
    with pytest.raises(InputError, match="is a damaged OpenDocument file"):
        read(zipped(parts), ".ods")
