"""What a reading finds is what a few lines of plain Python find in memory, wherever chunks and batches end."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.reviews import store
from core.reviews.formats.delimited.table import DelimitedTable
from core.reviews.formats.part_column import OnePart
from core.reviews.hashing import text_hash
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.unlabelled import read_unlabelled

WORDS = ["A fine chair", "a  fine chair", "Broken\nafter a day", 'It says "no"', "Ça va", "", "  ", "n/a"]
rows = st.lists(
    st.tuples(
        st.sampled_from(WORDS) | st.integers(0, 30).map("Text number {}".format),
        st.sampled_from(["good", "bad", "odd", "", "N/A"]),
        st.sampled_from(["train", "test", ""]),
    ),
    min_size=1,
    max_size=40,
)
ANCHORS = [("The first review is good", "good", "train"), ("The second review is bad", "bad", "train")]
NOTHING = ("", "n/a")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BATCH_ROWS", 14)


@settings(max_examples=60, deadline=None)
@given(found=rows, per_chunk=st.integers(1, 9), by_part=st.booleans())
def test_a_reading_is_what_plain_python_finds(found: list[tuple[str, str, str]], per_chunk: int, by_part: bool) -> None:
    found = [*ANCHORS, *found]
    text = io.StringIO()
    csv.writer(text).writerows([("review", "label", "split" if by_part else "color"), *found])
    kept, left = list[tuple[str, str]](), Counter[str]()
    for body, label, part in found:
        if by_part and part != "train":
            left[f"{part} data" if part else "no part named"] += 1
        elif body.strip() in NOTHING:
            left["placeholder instead of a text" if body.strip() else "empty text"] += 1
        elif label in ("", "N/A"):
            left["missing label"] += 1
        else:
            kept.append((body, label))
    usable = [body for body, _, _ in found if body.strip() not in NOTHING]
    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVIEWTUI_HOME", home)
        for table in (DelimitedTable, OnePart):
            patch.setattr(table.chunks, "__defaults__", (per_chunk,))
        path = Path(home, "reviews.csv")
        path.write_text(text.getvalue(), newline="")
        options = ReadingOptions(text="review", label="label", title="")
        reviews, whole = read_reviews(path, options), read_unlabelled(path, options)
        report, names = reviews.report, reviews.label_names
        assert [
            (one, names[label]) for one, label in zip(reviews.texts(range(len(reviews))), reviews.labels, strict=True)
        ] == kept
        assert reviews.hashes.tolist() == [text_hash(body) for body, _ in kept]
        assert report.left_out == left and report.rows == len(found) == report.kept + left.total()
        assert {name: count for name, count in report.class_counts.items() if count} == Counter(
            label for _, label in kept
        )
        copies = Counter(reviews.hashes.tolist())
        assert report.duplicates.rows == len(kept) - len(copies)
        assert report.duplicates.groups == sum(count > 1 for count in copies.values())
        lines = Path(report.skipped_file).read_text().splitlines()
        assert len(lines) == left.total() == len(report.skipped)
        for one in (report, whole.report):
            (account,) = one.accounts
            assert account.total == account.reviews + account.left_out + sum(account.skipped.values())
        for name, example in report.examples.items():
            assert example.excerpt.split() == next(body for body, label in kept if label == name).split()
        assert whole.texts(range(len(whole))) == usable
        assert whole.report.kept + sum(whole.report.left_out.values()) == len(found)
        direct = read_reviews(path, options.model_copy(update={"label": ""}))
        assert whole.report.data_hash == direct.report.data_hash
