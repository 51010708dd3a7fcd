"""Lists of suspects: what is written comes back, copies are one in the pile, and nothing steers whoever looks."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.reviews.hashing import text_hash
from core.reviews.options import ReadingOptions
from core.reviews.unlabelled import read_unlabelled
from core.suspicion.listing import COLUMNS, PILE_READING, keep, read_kept, read_list, write_list
from core.suspicion.report import Change, Suspect, Suspicions
from tests.hostile import SOUND, steering

FOUND = Suspicions(
    source="r.csv", data_hash="00", model="tiny", folds=5, seed=0, rows=50, suspects=4, contradictions=1, alone=0,
    likely=2, changes=(Change(given="a", suggested="b", reviews=2),), agreement=0.9, seconds=1.5,
)  # fmt: skip


def suspect(rank: int, text: str, given: str = "bad", **changes: object) -> Suspect:
    fields: dict[str, Any] = {
        "rank": rank, "row": rank + 7, "file": "r.csv", "line": rank + 9, "text": text, "given": given,
        "suggested": "good", "given_probability": 0.01234567, "suggested_probability": 0.98765433,
        "reason": "doubted", "likely": True, "hash": f"{text_hash(text):016x}",
    }  # fmt: skip
    return Suspect(**{**fields, **changes})


SOME = [suspect(1, "Broken"), suspect(2, "broken ", "good"), suspect(3, "Lovely"), suspect(4, "Dull, dear\nand dim")]


def test_what_is_kept_comes_back(home: Path) -> None:
    reading = ReadingOptions(label="stars", label_names={"1": "bad"})
    keep("/data/r.csv", reading, FOUND, ["bad", "good"], SOME)
    kept = read_kept("/data/r.csv")
    assert kept is not None
    assert (kept.found, kept.reading, kept.classes) == (FOUND, reading, ("bad", "good"))
    listed = list(read_list(kept.list))
    assert [one.row for one in listed] == [8, 9, 10, 11] and listed[0].given_probability == 0.012346
    assert [one.row for one in read_list(kept.list, 2)] == [8, 9]
    assert read_kept("/data/other.csv") is None


def test_the_pile_has_each_text_once_and_is_read_as_reviews_with_what_is_shown(home: Path) -> None:
    keep("/data/r.csv", ReadingOptions(), FOUND, ["bad", "good"], SOME)
    kept = read_kept("/data/r.csv")
    assert kept is not None
    pile = read_unlabelled(kept.pile, PILE_READING)
    assert pile.texts(range(len(pile))) == ["Broken", "Lovely", "Dull, dear\nand dim"]
    shown = ("given", "given_probability", "suggested", "suggested_probability", "reason", "line")
    assert set(shown) <= set(pile.source_columns)
    assert pile.source_cells(0, shown) == ["bad", "0.012346", "good", "0.987654", "doubted", "10"]


def test_a_damaged_record_is_as_if_nothing_had_been_found(home: Path) -> None:
    keep("/data/r.csv", ReadingOptions(), FOUND, ["bad"], SOME)
    for content in (b"", b"[]", b"{}", b'{"found": 3}', b"\xff" * 9, b"[" * 5000):
        next(home.glob("suspicions/*/found.json")).write_bytes(content)
        assert read_kept("/data/r.csv") is None


def test_json_lines_hold_texts_unchanged(tmp_path: Path) -> None:
    write_list((suspect(number, text) for number, text in enumerate(SOUND, 1)), tmp_path / "s.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "s.jsonl").read_bytes().splitlines()]
    assert [row["text"] for row in rows] == list(SOUND) and tuple(rows[0]) == COLUMNS


def test_csv_runs_nothing_and_keeps_its_rows(tmp_path: Path) -> None:
    write_list((suspect(number, text, given=text[:40]) for number, text in enumerate(SOUND, 1)), tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(SOUND)
    for row in rows:
        assert not row["text"].startswith(("=", "+", "-", "@")) and not row["given"].startswith(("=", "+", "-", "@"))
        assert not steering(row["text"].replace("\n", " ").replace("\t", " "))


@pytest.mark.parametrize("name", ["s.xlsx", "s", "nowhere/s.csv"])
def test_where_no_list_can_be_is_said_before_anything_is_done(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_list(iter(()), tmp_path / name)
    assert not list(tmp_path.iterdir())
