"""JSON in all shapes that pandas and others write, damaged once anywhere: what is lost is counted, told or refused."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reviews.reading import Reviews
from tests.core.reviews.kinds.made import Review, reviews
from tests.core.reviews.properties.hostile_tables import EVERY_TIME, read, texts

ROWS = reviews(14)
NAMES = ("negative", "positive")
RECORDS = [{"text": review.text, "label": NAMES[review.good], "stars": 5 if review.good else 1} for review in ROWS]
COLUMNS = {name: [record[name] for record in RECORDS] for name in RECORDS[0]}
NUMBERED = {name: {str(at): cell for at, cell in enumerate(cells)} for name, cells in COLUMNS.items()}
LISTS = [list(record.values()) for record in RECORDS]
INDEX = list(range(len(ROWS)))

SHAPES: dict[str, object] = {
    "records": RECORDS,
    "columns": NUMBERED,
    "lists": COLUMNS,
    "index": {str(at): record for at, record in enumerate(RECORDS)},
    "split": {"columns": list(RECORDS[0]), "index": INDEX, "data": LISTS},
    "table": {"schema": {"fields": [{"name": "text", "type": "string"}], "primaryKey": ["index"]}, "data": RECORDS},
    "values": LISTS,
    "wrapped": {"page": 1, "reviews": RECORDS},
    "parts": {"train": RECORDS[:10], "test": RECORDS[10:]},
}
FILES = {
    f"{shape}, {style}": json.dumps(value, indent=indent)
    for shape, value in SHAPES.items()
    for style, indent in {"one line": None, "indented": 2}.items()
} | {
    "records, one a line": json.dumps(RECORDS).replace("}, ", "},\n"),
    "JSON Lines": "".join(f"{json.dumps(record)}\n" for record in RECORDS),
    "text sequence": "".join(f"\x1e{json.dumps(record)}\n" for record in RECORDS),
    "text sequence, indented": "".join(f"\x1e{json.dumps(record, indent=2)}\n" for record in RECORDS),
    "concatenated": "".join(json.dumps(record) for record in RECORDS),
    "concatenated, indented": "".join(json.dumps(record, indent=4) for record in RECORDS),
    "objects of several lines": "\n".join(json.dumps(record, indent=2) for record in RECORDS),
    "arrays one after another": json.dumps(RECORDS[:7], indent=1) + "\n" + json.dumps(RECORDS[7:], indent=1),
}
_MARKS = (*'"{}[],:\\\n', "null", '"text"', "\x00", "\x1e")


@st.composite
def damaged(draw: st.DrawFn, content: str) -> str:
    """Return the content after one damage: to a line, to some characters, or to the end."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", content)
    line = draw(st.integers(0, len(lines) - 1))
    at = draw(st.integers(0, len(content) - 1))
    match draw(st.sampled_from(("delete", "double", "merge", "shorten", "cut", "remove", "insert", "repeat"))):
        case "delete":
            del lines[line]
        case "double":
            lines.insert(line, lines[line])
        case "merge":
            lines[line] = lines[line].rstrip("\n")
        case "shorten":
            lines[line] = lines[line][: draw(st.integers(0, len(lines[line]) - 1))] + "\n"
        case "cut":
            return content[:at]
        case "remove":
            return content[:at] + content[at + draw(st.integers(1, 120)) :]
        case "insert":
            return content[:at] + draw(st.sampled_from(_MARKS)) + content[at:]
        case "repeat":
            return content[:at] + content[max(at - draw(st.integers(1, 120)), 0) :]
    return "".join(lines)


def whole(content: str, mutant: str) -> list[str]:
    """Return the texts of reviews that the damage did not touch, nor what is between them and their neighbours."""
    starts = [content.index(json.dumps(review.text)) for review in ROWS]
    ends = [*starts[1:], len(content)]
    pieces = [content[max(start - 60, 0) : end] for start, end in zip(starts, ends, strict=True)]
    return [review.text for review, piece in zip(ROWS, pieces, strict=True) if piece in mutant]


def require_told(found: Reviews | None, content: str, mutant: str) -> None:
    """Require that reviews which are whole in the file come back, with their labels, or are counted or told."""
    if found is None:
        return
    report, back = found.report, texts(found)
    known = {review.text: NAMES[review.good] for review in ROWS}
    told = " ".join([*report.notices, *(doubt.sentence for doubt in report.doubts)])
    lost = [text for text in whole(content, mutant) if text not in back]
    apart = 4 if "kept apart" in told else 0
    said = apart + len(re.findall(r"more than once|may be lost|Not read", told))
    assert len(lost) <= sum(report.left_out.values()) + said, (lost, report.left_out, told)
    if report.label_column not in ("label", "column_2") or "more than once" in told:
        return
    for text, label in zip(back, found.labels.tolist(), strict=True):
        if text in known and mutant.count(text) < 2 and label >= 0:
            assert found.label_names[label] not in {*NAMES} - {known[text]}, text


@pytest.mark.parametrize("name", FILES)
def test_what_is_lost_is_counted_told_or_refused(name: str) -> None:
    content = FILES[name]

    @EVERY_TIME
    @given(damaged(content))
    def attack(mutant: str) -> None:
        require_told(read(mutant.encode(), ".json"), content, mutant)

    attack()


@pytest.mark.parametrize("name", FILES)
def test_a_file_as_it_was_comes_back_whole(name: str) -> None:
    found = read(FILES[name].encode(), ".json")
    rows: list[Review] = ROWS[:10] if name.startswith("parts") else ROWS
    assert found is not None
    assert texts(found) == [review.text for review in rows]
    assert found.report.left_out == {}
