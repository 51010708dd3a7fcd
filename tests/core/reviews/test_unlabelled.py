"""Reading without labels: what a reading with labels has stored is used again, and no row is missing."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import InputError
from core.reviews import reading
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.unlabelled import read_unlabelled
from tests.conftest import made_reviews

STARS = ["1", "5", "3", "", "2", "4", "N/A", "4.5"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    with (tmp_path / "reviews.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "review", "stars"])
        for number, (text, _) in enumerate(made_reviews(80)):
            rows.writerow([number, "" if number % 9 == 4 else text, STARS[number % 8]])
            if number % 20 == 7:
                rows.writerow(["only one field"])
    return tmp_path / "reviews.csv"


@pytest.mark.parametrize("options", [{}, {"label": "stars"}, {"label": "stars", "scheme": "as_is"}])
def test_it_is_what_reading_without_labels_finds(source: Path, options: dict[str, str]) -> None:
    direct = read_reviews(source, ReadingOptions(label=""))
    found = read_unlabelled(source, ReadingOptions.model_validate(options))
    assert found.texts(range(len(found))) == direct.texts(range(len(direct)))
    assert [found.place(row) for row in range(len(found))] == [direct.place(row) for row in range(len(direct))]
    assert (found.labels == -1).all() and np.array_equal(found.hashes, direct.hashes)
    assert found.source_columns == direct.source_columns == ["id", "stars"]
    for name in "rows kept left_out data_hash accounts skipped duplicates scheme label_column".split():
        assert getattr(found.report, name) == getattr(direct.report, name), name
    skipped = Path(found.report.skipped_file)
    assert skipped.read_bytes() == Path(direct.report.skipped_file).read_bytes() and skipped.parent == found.folder


def test_the_file_is_read_once(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled = read_reviews(source)
    assert len(labelled) + sum(labelled.report.left_out.values()) == labelled.report.rows

    def never(*_: object) -> None:
        raise AssertionError("the source was read again")

    monkeypatch.setattr(reading, "build", never)
    found = read_unlabelled(source)
    assert found.folder == read_unlabelled(source).folder
    assert (found.folder / "rows.arrow").samefile(labelled.folder / "rows.arrow")


def test_labels_that_cannot_be_used_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "inbox.csv"
    path.write_text("review,label\n" + "".join(f"{text},\n" for text, _ in made_reviews(20)))
    with pytest.raises(InputError, match="missing label"):
        read_reviews(path, ReadingOptions(label="label"))
    assert len(read_unlabelled(path, ReadingOptions(label="label"))) == 20
    (tmp_path / "plain.txt").write_text("".join(f"{text}\n" for text, _ in made_reviews(20)))
    assert len(read_unlabelled(tmp_path / "plain.txt")) == 20


def test_what_is_refused_without_labels_too_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InputError, match="empty"):
        read_unlabelled(tmp_path / "empty.csv")


@pytest.mark.parametrize("parts", [["train", "test", "train", "validation"], ["test", "", "test", "train"]])
@pytest.mark.parametrize("per_chunk", [7, 4_000])
def test_rows_of_other_parts_are_there_and_nothing_is_read_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: list[str], per_chunk: int
) -> None:
    texts = ["" if number % 11 == 5 else text for number, (text, _) in enumerate(made_reviews(80))]
    rows = [f"{text},{number % 3 % 2},{parts[number % 4]}" for number, text in enumerate(texts)]
    path = tmp_path / "parts.csv"
    path.write_text("\n".join(["review,label,split", *rows, "only one field"]))
    monkeypatch.setattr("core.reviews.formats.delimited.table.DelimitedTable.chunks.__defaults__", (per_chunk,))
    labelled = read_reviews(path)
    own = [text for number, text in enumerate(texts) if parts[number % 4] == "train" and text]
    assert labelled.texts(range(len(labelled))) == own
    left = labelled.report.left_out
    for part in set(parts) - {"train"}:
        reason = f"{part} data" if part else "no part named"
        assert left[reason] == sum(parts[number % 4] == part for number in range(80))
    assert sum(left.values()) + len(own) == labelled.report.rows == 81
    direct = read_reviews(path, ReadingOptions(label=""))
    monkeypatch.setattr(reading, "build", None)
    found = read_unlabelled(path)
    assert found.texts(range(len(found))) == [text for text in texts if text] == direct.texts(range(len(direct)))
    for name in "rows kept left_out data_hash accounts skipped duplicates notices parts label_column".split():
        assert getattr(found.report, name) == getattr(direct.report, name), name
