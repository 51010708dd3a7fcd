"""Reviews in XML: each element is one row, whatever is in it, and nothing outside the file is touched."""

from __future__ import annotations

import io
import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.formats.xml_pieces import Splitter
from core.reviews.formats.xml_records import BrokenXmlError, cells_of
from core.reviews.formats.xml_survey import find_records
from tests.core.reviews.kinds.made import reviews
from tests.core.reviews.properties.hostile_tables import EVERY_TIME, texts
from tests.core.reviews.properties.hostile_tables import read as read_or_refuse

ROWS = reviews(14)
in_xml = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff\ufdd0"), max_size=30)


def document(root: str, record: str, before: str = "", after: str = "") -> str:
    """Return a document with a record for each review; in `record`, TEXT, STARS and WORD stand for its values."""
    body = ""
    for text, good in ROWS:
        values = {"TEXT": escape(text), "STARS": "5" if good else "1", "WORD": "positive" if good else "negative"}
        body += re.sub("TEXT|STARS|WORD", lambda match, values=values: values[match[0]], record) + "\n"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{before}\n{body}{after}</{root.split(maxsplit=1)[0]}>\n'


SHAPES = {
    "sentences with aspects": document(
        "sentences",
        '<sentence id="1"><text>TEXT</text><as><a term="x" polarity="WORD"/><a polarity="WORD"/></as></sentence>',
    ),
    "rating and content": document("reviews", "<review><rating>STARS</rating><content>TEXT</content></review>"),
    "RSS": document(
        'rss version="2.0" xmlns:im="urn:x"',
        "<item><title>Title</title><im:rating>STARS</im:rating><description><![CDATA[TEXT]]></description></item>",
        "<channel><title>All reviews of the shop</title>",
        "</channel>",
    ),
    "Atom": document(
        'feed xmlns="http://www.w3.org/2005/Atom"',
        '<entry><id>1</id><content type="html">TEXT</content><rating scheme="s">STARS</rating></entry>',
    ),
    "attributes": document("posts", '<row Id="1" Text="TEXT" Score="STARS"/>'),
    "fields with names": document("r", '<row><field name="review">TEXT</field><field name="stars">STARS</field></row>'),
    "text and attribute": document("reviews", "<review stars='STARS'>TEXT</review>"),
    "paragraphs": document("c", "<review><rating>STARS</rating><body><p>TEXT</p></body></review>"),
    "one more level": document(
        "c", "<review><meta><rating>STARS</rating></meta><a><b><text>TEXT</text></b></a></review>"
    ),
    "inside itself": document("review", "<review><rating>STARS</rating><text>TEXT</text></review>"),
    "commented": document(
        "c", "<!-- <review><text>No</text></review> --><review><text>TEXT</text><label>WORD</label></review>"
    ),
}


@pytest.mark.parametrize("suffix", [".xml", ".csv", ".txt", ""])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_element_is_a_row_with_its_label(read: Any, shape: str, suffix: str) -> None:
    found = read(SHAPES[shape], suffix)
    back = [text.removeprefix("Title. ") for text in found.texts(range(len(found)))]
    assert back == [review.text for review in ROWS]
    assert [found.label_names[label] for label in found.labels] == [
        "positive" if review.good else "negative" for review in ROWS
    ]
    (account,) = found.report.accounts
    assert (account.unit, account.total, account.left_out) == ("elements", len(ROWS), 0)


def test_the_element_is_said_and_can_be_chosen(read: Any) -> None:
    record = "<product id='7'><about>A lamp of steel and glass</about><review><text>TEXT</text></review></product>"
    found = read(document("shop", record.replace("TEXT</text></review>", "TEXT</text></review>" * 1)), ".xml")
    assert "each <product> is a row; --table reads by another (review)" in found.report.notices[0]
    assert read(document("shop", record), ".xml", table="review").report.columns[-1].name == "product.id"
    with pytest.raises(InputError, match="has no element “nothing” near its start; it has product"):
        read(document("shop", record), ".xml", table="nothing")


def test_what_is_in_no_row_is_named(read: Any) -> None:
    report = read(document("c", "<review><text>TEXT</text></review>", "<shop>The lamp shop</shop>"), ".xml").report
    assert "not read, since it is in no row: c.shop" in report.notices[1]


def test_the_element_around_reviews_may_be_their_class(read: Any) -> None:
    halves = [
        f"<{word}>{''.join(f'<review>{escape(r.text)}</review>' for r in ROWS if r.good == good)}</{word}>"
        for good, word in ((True, "liked"), (False, "disliked"))
    ]
    assert read(f"<data>{''.join(halves)}</data>", ".xml").report.class_counts == {"disliked": 7, "liked": 7}


def test_declared_encodings_are_read(read: Any) -> None:
    content = document("r", "<review><text>TEXT é</text><stars>STARS</stars></review>")
    for name in ("ISO-8859-1", "UTF-16", "windows-1252", "utf-8"):
        found = read(content.replace("UTF-8", name).encode(name), ".xml")
        assert found.text(0) == f"{ROWS[0].text} é"


@pytest.mark.parametrize(
    "type",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE r [<!ENTITY % file SYSTEM "file:///etc/passwd"> %file;]>',
        '<!-- x --><!DOCTYPE r [<!ELEMENT r ANY> <!ENTITY x SYSTEM "http://127.0.0.1/x">]>',
    ],
)
def test_declared_entities_are_refused(read: Any, type: str) -> None:
    content = document("r", "<review><text>TEXT &b;</text></review>").replace("<r>", f"{type}<r>")
    with pytest.raises(InputError, match="declares entities, which are never expanded; save it without its document"):
        read(content, ".xml")


def test_entities_of_html_are_understood_and_others_kept(read: Any) -> None:
    content = (
        "<!DOCTYPE r SYSTEM 'file:///etc/passwd'>\n<r>"
        + "<v><text>So &eacute; &b; & <3 &amp;lt; &#8364;</text></v>" * 3
        + "</r>"
    )
    assert read(content, ".xml").text(0) == "So é &b; & <3 &lt; €"


@given(in_xml, in_xml, st.booleans())
def test_any_text_comes_back(text: str, attribute: str, data: bool) -> None:
    body = f"<![CDATA[{text}]]>" if data and "]]>" not in text else escape(text)
    found = cells_of(f"<a><b c={quoteattr(attribute)}>{body}</b></a>")
    assert found.get("b", "") == text.strip()
    assert found["b.c"] == attribute


@given(
    st.lists(st.sampled_from(["<a>", "</a>", "<b>", "</b>", "<a/>", "<!--", "-->", "x", "\n", "<", "&", '"', "<a "]))
)
def test_pieces_do_not_depend_on_where_blocks_end(parts: list[str]) -> None:
    records = find_records("<r><a><b>It is good</b></a><a><b>It is bad</b></a></r>")
    assert records is not None and records.name == "a"
    content = "".join(parts)

    class Slow(io.StringIO):
        def read(self, size: int | None = -1, /) -> str:
            return super().read(1)

    assert list(Splitter(records).pieces(Slow(content))) == list(Splitter(records).pieces(io.StringIO(content)))


def test_a_deep_element_is_no_row() -> None:
    with pytest.raises(BrokenXmlError, match="nested too deeply"):
        cells_of("<a>" * 100_000 + "</a>" * 100_000)


LINES = document("c", "<review>\n<rating>STARS</rating>\n<text>TEXT</text>\n</review>")


@EVERY_TIME
@given(st.data())
def test_whatever_is_lost_is_counted(data: st.DataObject) -> None:
    lines = LINES.splitlines(keepends=True)
    touched: set[int] = set()
    numbered = list(enumerate(lines))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(2, len(numbered) - 1))
        number, line = numbered[place]
        touched.add(number)
        match data.draw(st.sampled_from(("delete", "double", "cut", "half", "merge"))):
            case "merge":
                numbered[place] = (number, line.rstrip("\n"))
            case "delete":
                del numbered[place]
            case "double":
                numbered.insert(place, (number, line))
            case "cut":
                numbered[place] = (number, line[: data.draw(st.integers(0, len(line) - 1))] + "\n")
            case "half":
                numbered[place] = (number, line[data.draw(st.integers(0, len(line) - 1)) :])
    found = read_or_refuse("".join(line for _, line in numbered).encode(), ".xml")
    if found is None:
        return
    spoiled = "".join(lines[number] for number in touched)
    lost = [text for text, _ in ROWS if text not in spoiled and text not in texts(found)]
    stray = re.findall(r"(\d+) <text> in no row", " ".join(found.report.notices))
    counted = sum(found.report.left_out.values()) + sum(map(int, stray))
    assert len(lost) <= counted, (lost, found.report.left_out)
