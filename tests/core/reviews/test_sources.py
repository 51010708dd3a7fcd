"""A folder's files are used as their names say, which is told; and nothing outside it is read."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import ipc

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.sources import find_sources


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(f"text,label\nIt is good in {name},1\nIt is bad in {name},0\n")
    folder.mkdir(exist_ok=True)
    return folder


def names(paths: list[Path], folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in paths]


def test_names_say_what_files_are_for(tmp_path: Path) -> None:
    folder = fill(
        tmp_path / "data", "Train-1.csv", "train-0.csv", "validation.csv", "valid.tsv", "DEV.csv", "test_a.csv",
        "inbox.csv", "testimonials.csv", "README.txt", ".hidden.csv", "notes.md", "dataset_info.json",
    )  # fmt: skip
    found = find_sources(folder)
    assert names(found.train, folder) == ["Train-1.csv", "train-0.csv"]
    assert names(found.validation, folder) == ["DEV.csv", "valid.tsv", "validation.csv"]
    assert names(found.test, folder) == ["test_a.csv"]
    assert names(found.inbox, folder) == ["inbox.csv"]
    assert names(found.other, folder) == ["testimonials.csv"]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("imdb_train.csv", "imdb_test.csv"),
        ("drugsComTrain_raw.tsv", "drugsComTest_raw.tsv"),
        ("train/a.csv", "test/a.csv"),
        ("split=train/a.csv", "split=test/a.csv"),
        ("data/train-0.csv", "data/test-0.csv"),
        ("imdbtrain.csv", "imdbtest.csv"),
        ("rest.csv", "test.csv"),
        ("stsa.binary.train", "stsa.binary.test"),
    ],
)
def test_test_data_is_never_learned_wherever_its_name_says_so(tmp_path: Path, train: str, test: str) -> None:
    folder = fill(tmp_path / "data", train, test)
    reviews = read_reviews(folder)
    assert reviews.texts(range(len(reviews))) == [f"It is good in {train}", f"It is bad in {train}"]
    assert any(f"{test} (a test set)" in notice for notice in reviews.report.notices)
    assert read_reviews(folder, part="test").text(0) == f"It is good in {test}"


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


def test_links_that_leave_the_folder_are_not_followed_and_told(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", "secret.csv")
    folder = fill(tmp_path / "data", "a.csv")
    (folder / "b.csv").symlink_to(tmp_path / "elsewhere" / "secret.csv")
    (folder / "c.csv").symlink_to("a.csv")
    (folder / "d.csv").symlink_to("d.csv")
    (folder / "e.csv").symlink_to("nothing.csv")
    (folder / "f").symlink_to(tmp_path / "elsewhere")
    (folder / "g").symlink_to(folder)
    found = find_sources(folder)
    assert [path.name for path in found.train] == ["a.csv", "c.csv"]
    left = dict(found.left)
    assert left["b.csv"] == "a link out of the folder" and left["e.csv"] == "a link to nothing"
    assert left["f"] == left["g"] == "a link to a folder" and "d.csv" in left
    assert find_sources(folder / "b.csv").train == [folder / "b.csv"]
    assert find_sources(folder / "b.csv").left == []


def test_a_snapshot_of_the_hub_cache_is_read_through_its_links(tmp_path: Path) -> None:
    cache = fill(tmp_path / "datasets--a--b", "blobs/abc", "blobs/old", "blobs/secret")
    for snapshot, blob in (("0123", "abc"), ("0000", "old")):
        (cache / "snapshots" / snapshot).mkdir(parents=True)
        (cache / "snapshots" / snapshot / "train.csv").symlink_to(f"../../blobs/{blob}")
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("0123")
    for source in (cache, cache / "snapshots" / "0123"):
        reviews = read_reviews(source)
        assert reviews.text(0) == "It is good in blobs/abc" and len(reviews) == 2
    outside = fill(tmp_path / "elsewhere", "blobs/x.csv")
    (cache / "snapshots" / "0123" / "more.csv").symlink_to(outside / "blobs" / "x.csv")
    assert ("more.csv", "a link out of the folder") in find_sources(cache / "snapshots" / "0123").left


@pytest.mark.parametrize(
    ("held", "said"), [([], "it is empty"), (["notes.md"], "only notes.md"), ([".x.csv"], "empty")]
)
def test_a_folder_without_data_is_refused(tmp_path: Path, held: list[str], said: str) -> None:
    with pytest.raises(InputError, match=f"has no data files.*{said}"):
        find_sources(fill(tmp_path / "data", *held))


def test_a_folder_with_too_many_files_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 3 files; name the sub-folder"):
        find_sources(fill(tmp_path / "data", *(f"{number}.csv" for number in range(4))), most=3)


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
    (notice,) = [one for one in report.notices if one.startswith("Not read for")]
    assert "inbox3000-decisions.csv (an inbox" in notice and "test.csv (a test set)" in notice
    assert "lab.csv" not in notice
    (tmp_path / "test.csv").unlink()
    assert not any("test.csv" in one for one in read_reviews(tmp_path).report.notices)
    assert not any(one.startswith("Not read") for one in read_reviews(tmp_path / "lab.csv").report.notices)


def test_many_files_set_apart_are_counted(tmp_path: Path) -> None:
    for name in ("train.csv", *(f"inbox{number}.csv" for number in range(9))):
        (tmp_path / name).write_text("text\nA\n")
    assert "inbox2.csv" in (said := find_sources(tmp_path).set_apart()) and "6 more" in said and "inbox3" not in said


def test_the_same_data_in_two_formats_is_read_once(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data", "a.csv", "a.csv.gz", "a.jsonl", "b.csv", "archive.zip")
    found = find_sources(folder)
    assert names(found.train, folder) == ["a.csv", "b.csv"]
    assert dict(found.left) == {
        "a.csv.gz": "named like a.csv",
        "a.jsonl": "named like a.csv",
        "archive.zip": "an archive beside files",
    }


def test_sub_folders_beside_files_are_entered_only_if_they_are_a_part(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data", "a.csv", "old/b.csv", "test/c.csv", "year=1/d.csv")
    found = find_sources(folder)
    assert names(found.train, folder) == ["a.csv", "year=1/d.csv"]
    assert names(found.test, folder) == ["test/c.csv"]
    assert ("old/b.csv", "in a sub-folder beside files") in found.left


def test_partitions_are_columns(tmp_path: Path) -> None:
    for label in (0, 1):
        path = tmp_path / "data" / f"label={label}" / "part-0.csv"
        path.parent.mkdir(parents=True)
        path.write_text("id,text\n" + "".join(f"{row},It is number {row} of {label}\n" for row in range(20)))
    report = read_reviews(tmp_path / "data").report
    assert (report.label_column, report.class_counts) == ("label", {"negative": 20, "positive": 20})
    assert any("column “label”" in notice for notice in report.notices)


def test_a_folder_of_reviews_a_file_is_labelled_by_its_folders(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for label in ("pos", "neg", "unsup"):
            for number in range(3):
                path = tmp_path / "data" / part / label / f"{number}_7.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(f"Caf\xe9 in {part}\n{label} {number}\n\n".encode("latin-1"))
    fill(tmp_path / "data", "train/urls_pos.txt", "ratings.txt")
    reviews = read_reviews(tmp_path / "data")
    assert reviews.report.class_counts == {"neg": 3, "pos": 3}
    assert reviews.text(0) == "Café in train\nneg 0"
    file, line = reviews.place(4)
    assert file.endswith("train/pos") and line == 2
    said = " ".join(reviews.report.notices)
    assert "train/unsup (an inbox" in said and "test/pos (a test set)" in said and "urls_pos.txt (beside" in said
    (account, *_) = reviews.report.accounts
    assert (account.unit, account.total, account.reviews) == ("files", 3, 3)
    (tmp_path / "data" / "train" / "pos" / "0_7.txt").write_text("changed")
    assert "changed" in read_reviews(tmp_path / "data").texts(range(6))


def test_files_named_for_classes_are_labelled_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "rt.pos").write_text("lovely, really\nso good\n")
    (tmp_path / "rt.neg").write_text("awful, really\nso bad\n")
    reviews = read_reviews(tmp_path)
    assert reviews.texts(range(4)) == ["awful, really", "so bad", "lovely, really", "so good"]
    assert reviews.report.class_counts == {"neg": 2, "pos": 2}
    assert "give the folder to read both" in " ".join(read_reviews(tmp_path / "rt.pos").report.notices)


def test_saved_datasets_are_read_without_their_caches(tmp_path: Path) -> None:
    for part in ("train", "test"):
        folder = tmp_path / "data" / part
        folder.mkdir(parents=True)
        for name in ("data-00000-of-00001.arrow", "cache-0123456789abcdef.arrow", "more.arrow"):
            table = pa.table({"text": [f"{part} {name}", "Another one"], "label": [0, 1]})
            with ipc.new_stream(str(folder / name), table.schema) as writer:
                writer.write_table(table)
        state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
        (folder / "state.json").write_text(json.dumps(state))
    (tmp_path / "data" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    reviews = read_reviews(tmp_path / "data")
    assert reviews.texts(range(len(reviews))) == ["train data-00000-of-00001.arrow", "Another one"]
    assert ("train/more.arrow", "a cache, not the data") in find_sources(tmp_path / "data").left


def test_of_several_tables_those_named_reviews_are_read(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data", "dataset_business.csv", "dataset_review.csv", "dataset_user.csv")
    found = find_sources(folder)
    assert names(found.train, folder) == ["dataset_review.csv"]
    assert ("dataset_user.csv", "not named reviews, unlike others") in found.left


def test_folders_named_for_classes_label_their_tables(tmp_path: Path) -> None:
    for label in ("positive", "negative"):
        (tmp_path / "data" / label / "2024").mkdir(parents=True)
        for number in range(2):
            rows = "".join(f"It is {label} thing number {number}{row}\n" for row in range(9))
            (tmp_path / "data" / label / "2024" / f"{number}.csv").write_text(f"review\n{rows}")
    report = read_reviews(tmp_path / "data").report
    assert report.class_counts == {"negative": 18, "positive": 18}
    assert "labelled by their folders (negative, positive)" in " ".join(report.notices)


def test_files_of_other_programs_are_no_reviews(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data", "a.csv", "~$a.xlsx", "Thumbs.db", "desktop.ini", "__MACOSX/b.csv")
    found = find_sources(folder)
    assert names(found.train, folder) == ["a.csv"] and found.left == []


def test_where_nothing_else_is_data_texts_without_a_known_suffix_are_read(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data", "readme")
    (folder / "SMSSpamCollection").write_text("ham\tSee you there, my friend\nspam\tYou have won a prize\n" * 9)
    (folder / "model").write_bytes(b"\0\1\2")
    assert names(find_sources(folder).train, folder) == ["SMSSpamCollection"]
    assert len(read_reviews(folder)) == 18
    fill(folder, "a.csv")
    assert names(find_sources(folder).train, folder) == ["a.csv"]


def test_a_table_with_deleted_rows_in_its_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a Delta Lake table"):
        find_sources(fill(tmp_path / "data", "part-0.csv", "_delta_log/0.json"))


SPLITS = {
    "split": ("train", "test", "valid"),
    "partition": ("training", "held-out test", "dev"),
    "is_train": ("1", "0", "0"),
    "is_test": ("False", "True", "True"),
}


@pytest.mark.parametrize("column", SPLITS)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_rows_belong_to_the_part_that_a_column_says(tmp_path: Path, column: str, order: tuple[int, ...]) -> None:
    rows = [f"It is {row} of {part},{row % 2},{SPLITS[column][part]}" for part in order for row in range(600)]
    (tmp_path / "all.csv").write_text(f"text,label,{column}\n" + "\n".join(rows) + "\n")
    reviews = read_reviews(tmp_path / "all.csv")
    assert len(reviews) == 600 and all(text.endswith("of 0") for text in reviews.texts(range(600)))
    assert sum(reviews.report.left_out.values()) == 1200 and reviews.report.left_out["test data"] >= 600
    assert f"the column “{column}” says which rows are train data" in " ".join(reviews.report.notices)
    if "validation" in reviews.report.parts:
        held_out = read_reviews(tmp_path / "all.csv", labels=reviews.label_names, part="validation")
        assert len(held_out) == 600 and held_out.text(0).endswith("of 2")
    assert len(read_reviews(tmp_path / "all.csv", ReadingOptions(label=""))) == 1800
    assert len(read_reviews(tmp_path / "all.csv", labels=reviews.label_names)) == 1800


def test_a_column_of_one_part_or_of_other_words_leaves_nothing_out(tmp_path: Path) -> None:
    for number, (name, value) in enumerate({"split": "test", "set": "blue", "fold": "3", "istrain": "maybe"}.items()):
        path = tmp_path / f"{number}.csv"
        path.write_text(f"text,label,{name}\nIt is good,1,{value}\nIt is bad,0,{value}\n")
        assert len(read_reviews(path)) == 2
        with pytest.raises(InputError, match="has nothing for validation"):
            read_reviews(path, part="validation")


def test_what_is_said_of_a_file_that_is_read_after_all_is_not_that_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ratings.dat").write_text("It is good\nIt is bad\n")
    fill(tmp_path / "data", "_SUCCESS", "picture.png")
    found = find_sources(tmp_path / "data")
    assert names(found.train, tmp_path / "data") == ["ratings.dat"]
    assert found.left == [("picture.png", "not a format that is read")]


def test_files_that_differ_in_a_class_are_opened_to_say_what_they_are(tmp_path: Path) -> None:
    for name in ("positive.review", "negative.review"):
        (tmp_path / name).write_text("<review>\n<rating>\n5\n</rating>\n</review>\n")
    with pytest.raises(InputError, match=r"negative\.review is XML"):
        read_reviews(tmp_path)


def test_of_files_with_other_columns_the_way_out_is_one_of_them(tmp_path: Path) -> None:
    members = {"a.csv": "text,label\nIt is good,1\nIt is bad,0\n", "b.csv": "name\nNo review at all\n"}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(InputError, match="choose one file with --table"):
        read_reviews(tmp_path / "a.zip")
    assert len(read_reviews(tmp_path / "a.zip", ReadingOptions(table="a.csv"))) == 2


def test_lines_of_texts_in_a_folder_are_said_to_be_reviews(tmp_path: Path) -> None:
    for name in ("may.txt", "june.txt"):
        (tmp_path / name).write_text("It is good\nIt is bad\n")
    assert "Each line of a .txt file is one review" in " ".join(read_reviews(tmp_path).report.notices)


def test_a_file_of_decisions_beside_other_labels_is_not_left_out_quietly(tmp_path: Path) -> None:
    """Their columns of labels have different names, so only one file can be learned from: which one is said."""
    header = "reviewText,label,predicted,probability,agreed,file,line,time"
    decided = [f"word {row} and more,{'good' if row % 2 else 'bad'},good,0.9,true,f,2,x" for row in range(20)]
    (tmp_path / "decisions.csv").write_text("\n".join([header, *decided, ""]))
    lab = [f"sentence {row} of the lab,{row % 2}" for row in range(30)]
    (tmp_path / "lab.csv").write_text("\n".join(["reviewText,isPositive", *lab, ""]))
    report = read_reviews(tmp_path).report
    (notice,) = [one for one in report.notices if "has no column" in one]
    assert "none of its rows has a label" in notice and "reviewtui learn" in notice
    assert report.left_out == {"missing label": 30}
