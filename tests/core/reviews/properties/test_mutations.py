"""Lines of a valid file are deleted, doubled, merged and cut: whatever is lost is counted or refused."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reviews.reading import Reviews
from tests.core.reviews.kinds.made import Review, reviews, table
from tests.core.reviews.properties.hostile_tables import EVERY_TIME, read, texts

ROWS = reviews(30)
LONG = [Review(f"{text}\nand {text.lower()} in a second line", good) for text, good in ROWS]
LABELS = [("negative", "positive")[good] for _, good in ROWS]


def _csv(rows: list[Review], **dialect: object) -> str:
    return table(["text", "label"], [(r.text, word) for r, word in zip(rows, LABELS, strict=True)], **dialect)


def _objects(**layout: object) -> str:
    rows = [{"text": r.text, "label": word} for r, word in zip(ROWS, LABELS, strict=True)]
    return json.dumps(rows, **layout)  # type: ignore[arg-type]


FILES: dict[str, tuple[str, str, list[Review]]] = {
    "csv": (_csv(ROWS), ".csv", ROWS),
    "csv, all quoted": (_csv(ROWS, quoting=1), ".csv", ROWS),
    "csv, two lines each": (_csv(LONG), ".csv", LONG),
    "semicolons": (_csv(ROWS, delimiter=";"), ".csv", ROWS),
    "tsv": (_csv(ROWS, delimiter="\t"), ".tsv", ROWS),
    "lines": ("".join(f"{json.dumps(row)}\n" for row in json.loads(_objects())), ".jsonl", ROWS),
    "array": (_objects().replace("}, ", "},\n"), ".json", ROWS),
    "pretty array": (_objects(indent=1), ".json", ROWS),
    "key=value": ("".join(f"text={r.text}\tlabel={w}\n" for r, w in zip(ROWS, LABELS, strict=True)), ".tskv", ROWS),
    "Markdown": (
        "| text | label |\n|---|---|\n" + "".join(f"| {r.text} | {w} |\n" for r, w in zip(ROWS, LABELS, strict=True)),
        ".md",
        ROWS,
    ),
    "fixed width": ("".join(f"{r.text:<70}{w:>10}\n" for r, w in zip(ROWS, LABELS, strict=True)), ".txt", ROWS),
    "R": (
        '"text" "label"\n' + "".join(f'"{n}" "{r.text}" "{LABELS[n]}"\n' for n, r in enumerate(ROWS)),
        ".txt",
        ROWS,
    ),
    "whole lines quoted": (table(None, [[line] for line in _csv(ROWS).splitlines()], quoting=1), ".csv", ROWS),
    "indented by tabs": (_objects(indent="\t"), ".json", ROWS),
    "objects of several lines": (
        "".join(f"{json.dumps(row, indent=2)}\n" for row in json.loads(_objects())),
        ".json",
        ROWS,
    ),
    "JSON text sequence": (
        "".join(f"\x1e{json.dumps(row, indent=1)}\n" for row in json.loads(_objects())),
        ".json",
        ROWS,
    ),
    "array of lists": (
        json.dumps([["text", "label"], *([r.text, word] for r, word in zip(ROWS, LABELS, strict=True))], indent=1),
        ".json",
        ROWS,
    ),
    "fastText": ("".join(f"__label__{word} {r.text}\n" for r, word in zip(ROWS, LABELS, strict=True)), ".txt", ROWS),
}


@st.composite
def mutated(draw: st.DrawFn, content: str) -> tuple[str, set[int]]:
    """Return the content after one to three mutations of its lines, and the lines that were not left alone."""
    lines = [(number, line) for number, line in enumerate(re.findall(r"[^\n]*\n|[^\n]+", content))]
    touched: set[int] = set()
    for _ in range(draw(st.integers(1, 3))):
        if len(lines) < 3:
            break
        place = draw(st.integers(0, len(lines) - 2))
        number, line = lines[place]
        touched.add(number)
        match draw(st.sampled_from(("delete", "double", "merge", "cut", "lose the end", "half a line"))):
            case "delete":
                del lines[place]
            case "double":
                lines.insert(place, (number, line))
            case "merge":
                touched.add(lines[place + 1][0])
                lines[place : place + 2] = [(number, line.rstrip("\n") + lines[place + 1][1])]
            case "cut":
                lines[place] = (number, line[: draw(st.integers(0, max(len(line) - 1, 0)))] + "\n")
            case "half a line":
                lines[place] = (number, line[draw(st.integers(0, max(len(line) - 1, 0))) :])
            case "lose the end" if place > 12:
                del lines[place + 1 :]
                touched.update(range(number, content.count("\n") + 1))
    return "".join(line for _, line in lines), touched


def left_alone(content: str, rows: list[Review], touched: set[int]) -> list[str]:
    """Return the texts of reviews none of whose lines were touched."""
    lines = content.split("\n")
    spoiled = "\n".join(lines[number] for number in touched if number < len(lines))
    return [text for text, _ in rows if not any(part in spoiled for part in (text, *text.split("\n")))]


def require_accounted(found: Reviews | None, mutant: str, alone: list[str], rows: list[Review]) -> None:
    if found is None:
        return
    report = found.report
    back = texts(found)
    for account in report.accounts:
        if account.unit.startswith("line"):
            assert account.total == mutant.count("\n") + (not mutant.endswith("\n"))
    told = " ".join([*report.notices, *(doubt.sentence for doubt in report.doubts)])
    if "broken into" in told:  # a line that is not whole may be the beginning of the next text, and that is said
        return
    lost = [text for text in alone if text not in back]
    counted = max([sum(report.left_out.values()), *(account.left_out for account in report.accounts)])
    repeated = re.findall(r"(\d+|a) values? ha(?:s|ve) a key more than once", told)
    if report.format == "json" and mutant.count('"label"') <= 1:  # of rows that are lists, two may have become one
        counted *= 2
    counted += sum(1 if number == "a" else int(number) for number in repeated)
    assert len(lost) <= counted, (lost, report.left_out, told)
    known = {review.text for review in rows}
    for text in back:
        if text not in known:
            inside = [one for one in alone if one in text]
            assert inside == [], (text, inside)


@pytest.mark.parametrize("name", FILES)
def test_whatever_is_lost_is_counted_or_refused(name: str) -> None:
    content, suffix, rows = FILES[name]

    @EVERY_TIME
    @given(mutated(content))
    def attack(mutant: tuple[str, set[int]]) -> None:
        changed, touched = mutant
        require_accounted(read(changed.encode(), suffix), changed, left_alone(content, rows, touched), rows)

    attack()


@pytest.mark.parametrize("name", FILES)
def test_a_file_as_it_was_accounts_for_every_line(name: str) -> None:
    content, suffix, rows = FILES[name]
    found = read(content.encode(), suffix)
    assert found is not None
    assert texts(found) == [review.text for review in rows]
    for account in found.report.accounts:
        assert account.left_out == 0
        if account.unit.startswith("line"):
            assert account.total == content.count("\n") + (not content.endswith("\n"))
