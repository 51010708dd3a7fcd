"""The reviews that the benchmark trains on: the same every time, parted cleanly, complete without the shared data."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import data
from benchmarks.data import make_bulk, make_split, read_rows


@pytest.fixture(params=["shared", "sample"])
def wherever(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the shared data, made up here, and without."""
    shared = tmp_path / "shared"
    if request.param == "shared":
        shared.mkdir()
        rows = [f'"Review {n}, with\n a break",{n % 2}' for n in range(60)]
        rows += [rows[0], '"  ",1']
        (shared / "amazon_cells.csv").write_text("\n".join(["reviewText,isPositive", *rows]))
        (shared / "clothing_reviews.csv").write_text("\n".join(["Review Text,Recommended IND", *rows]))
    monkeypatch.setattr(data, "SHARED", shared)


@pytest.mark.usefixtures("wherever")
@pytest.mark.parametrize("name", ["short", "long"])
def test_a_split_is_the_same_every_time_and_its_parts_share_no_text(name: str, tmp_path: Path) -> None:
    first, second = make_split(name, tmp_path / "a"), make_split(name, tmp_path / "b")
    assert first.train.read_bytes() == second.train.read_bytes()
    train, held_out = read_rows(first.train), read_rows(first.held_out)
    texts = [text for text, _ in train + held_out]
    assert len(texts) == len(set(texts)) and all(texts) and not any("\n" in text for text in texts)
    assert (len(train), len(held_out)) == (first.train_rows, first.held_out_rows)
    assert len(train) == pytest.approx(0.8 * len(texts), abs=1)
    assert {label for _, label in train} == {label for _, label in held_out} == {"0", "1"}
    assert 0.5 <= first.majority < 1


@pytest.mark.usefixtures("wherever")
def test_the_short_reviews_are_shorter(tmp_path: Path) -> None:
    sizes = [make_split(name, tmp_path).train.stat().st_size for name in ("short", "long")]
    assert sizes[0] <= sizes[1]


@pytest.mark.usefixtures("wherever")
def test_bulk_repeats_all_reviews_up_to_the_number_asked_for(tmp_path: Path) -> None:
    split = make_split("long", tmp_path, 48)
    rows = read_rows(make_bulk(split, 100))
    assert len(rows) == 100 and len(set(rows)) == 48
    assert rows[48:96] == rows[:48]


def test_the_readers_of_both_sides_see_the_same_rows(tmp_path: Path) -> None:
    from benchmarks.peers.common import rows_sha256
    from benchmarks.peers.ours import rows_of
    from core.reviews.options import ReadingOptions
    from core.runs.request import Request

    split = make_split("long", tmp_path)
    reading = ReadingOptions(text="text", label="label")
    ours = rows_of(Request(name="x", data=str(split.train), validation=str(split.held_out), reading=reading))
    assert rows_sha256(ours) == rows_sha256(read_rows(split.train))
    assert rows_sha256(ours[1:]) != rows_sha256(ours)
