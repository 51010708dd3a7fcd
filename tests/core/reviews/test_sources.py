"""A folder's files are sorted by their names, and nothing outside it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import InputError
from core.reviews.reading import read_reviews
from core.reviews.sources import find_sources


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(f"text,label\nIt is good in {name},1\nIt is bad in {name},0\n")
    return folder


def test_names_say_what_files_are_for(tmp_path: Path) -> None:
    folder = fill(
        tmp_path / "data", "Train-1.csv", "train-0.csv", "validation.csv", "valid.tsv", "DEV.csv", "test_a.csv",
        "inbox.csv", "testimonials.csv", "README.txt", ".hidden.csv", "notes.md", "dataset_info.json",
    )  # fmt: skip
    found = find_sources(folder)
    names = {part: [path.name for path in paths] for part, paths in found}
    assert names == {
        "train": ["Train-1.csv", "train-0.csv"],
        "validation": ["DEV.csv", "valid.tsv", "validation.csv"],
        "test": ["test_a.csv"],
        "inbox": ["inbox.csv"],
        "other": ["testimonials.csv"],
    }


def test_without_such_names_every_file_is_for_training(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data", "b.csv", "a.csv")
    assert [path.name for path in find_sources(folder).train] == ["a.csv", "b.csv"]
    reviews = read_reviews(folder)
    assert [(Path(file).name, line) for file, line in map(reviews.place, range(4))] == [
        ("a.csv", 2), ("a.csv", 3), ("b.csv", 2), ("b.csv", 3),
    ]  # fmt: skip
    assert len(reviews.report.files) == 2


def test_files_of_different_formats_are_read_together(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data", "a.csv")
    (folder / "b.jsonl").write_text('{"label": 0, "text": "It is in JSON", "more": 1}\n{"text": "No label"}\n')
    reviews = read_reviews(folder)
    assert reviews.texts(range(3)) == ["It is good in a.csv", "It is bad in a.csv", "It is in JSON"]
    assert reviews.report.left_out == {"missing label": 1}
    (folder / "c.csv").write_text("other\nIt is nothing of the kind\n")
    with pytest.raises(InputError, match=r"c.csv has no column “text”"):
        read_reviews(folder)


def test_links_that_leave_the_folder_are_not_followed(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", "secret.csv")
    folder = fill(tmp_path / "data", "a.csv")
    (folder / "b.csv").symlink_to(tmp_path / "elsewhere" / "secret.csv")
    (folder / "c.csv").symlink_to("a.csv")
    (folder / "d.csv").symlink_to("d.csv")
    assert [path.name for path in find_sources(folder).train] == ["a.csv", "c.csv"]
    assert find_sources(folder / "b.csv").train == [folder / "b.csv"]


@pytest.mark.parametrize("names", [[], ["notes.md"], [".hidden.csv"]])
def test_a_folder_without_data_is_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(InputError, match="has no data files"):
        find_sources(fill(tmp_path / "data", *names))


def test_a_folder_with_nothing_to_train_on_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no file to train on"):
        read_reviews(fill(tmp_path / "data", "test.csv"))


def test_a_name_that_is_no_text_is_refused_in_a_sentence(tmp_path: Path) -> None:
    named = tmp_path / "caf\udce9.csv"
    named.write_text("review,label\n")
    for source in (named, tmp_path):
        with pytest.raises(InputError, match=r"^The name of .*caf�\.csv is not valid UTF-8"):
            find_sources(source)


def test_what_a_folder_sets_apart_is_said_in_the_report_and_why(tmp_path: Path, home: Path) -> None:
    rows = "text,label\nIt is good,1\nIt is bad,0\n"
    for name in ("lab.csv", "inbox3000-decisions.csv", "test.csv"):
        (tmp_path / name).write_text(rows)
    report = read_reviews(tmp_path).report
    (notice,) = [one for one in report.notices if one.startswith("Not read")]
    assert "inbox3000-decisions.csv (an inbox" in notice and "test.csv (a test set)" in notice
    assert "lab.csv" not in notice
    (tmp_path / "test.csv").unlink()
    assert not any("test.csv" in one for one in read_reviews(tmp_path).report.notices)
    assert not any(one.startswith("Not read") for one in read_reviews(tmp_path / "lab.csv").report.notices)


def test_many_files_set_apart_are_counted(tmp_path: Path) -> None:
    for name in ("train.csv", *(f"inbox{number}.csv" for number in range(9))):
        (tmp_path / name).write_text("text\nA\n")
    assert "inbox2.csv" in (said := find_sources(tmp_path).set_apart()) and "6 more" in said and "inbox3" not in said
