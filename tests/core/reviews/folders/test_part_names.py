"""What names say: parts as whole words, classes, partitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reviews.folders.part_names import (
    classes_by_name,
    is_class_word,
    paired_parts,
    part_of,
    part_of_path,
    partition_of,
)

PARTS = {
    "train.csv": "train", "drugsComTrain_raw.tsv": "train", "training.1600000.csv": "train",
    "labeledTrainData": "train",
    "imdb_test.csv": "test", "drugsComTest_raw.tsv": "test", "testdata.manual.csv": "test", "TEST-00000-of-2": "test",
    "stsa.binary.test": "test", "holdout": "test", "test2.csv": "test", "2016test-A.txt": "test", "splits=x": None,
    "split=test": "test", "label=test": None, "dev.tsv": "validation", "my valid set.csv": "validation",
    "eval_dataset": "validation", "unlabeledTrainData.tsv": "inbox", "unsup": "inbox", "inbox3000-decisions": "inbox",
    "latest.csv": None, "contest.csv": None, "protest": None, "testimonials.csv": None, "trainers_reviews": None,
    "interval": None, "devices.csv": None, "invalid.csv": None, "train_test.csv": None, "reviews.csv": None, "": None,
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_a_whole_word_of_a_name(name: str) -> None:
    assert part_of(name) == PARTS[name]


@given(st.text("0123456789 _-.()é", max_size=8), st.sampled_from(["train", "test", "validation", "inbox"]))
def test_anything_but_letters_may_surround_the_word(around: str, part: str) -> None:
    outside = "".join(character for character in around if character != "é")
    assert part_of(f"{outside}{part}{outside}") == part
    assert part_of(f"{outside}{part.upper()}{outside}") == part
    assert part_of(f"é{part}é") is None


def test_a_path_is_what_is_kept_furthest_from_training() -> None:
    assert part_of_path(["train", "pos"]) == "train"
    assert part_of_path(["test", "train-0.csv"]) == "test"
    assert part_of_path(["train", "unsup"]) == "inbox"
    assert part_of_path(["data", "reviews.csv"]) is None


def test_names_that_differ_only_in_the_part_say_it_inside_a_word() -> None:
    assert paired_parts(["imdbtrain.csv", "imdbtest.csv", "latest.csv"]) == {
        "imdbtrain.csv": "train",
        "imdbtest.csv": "test",
    }
    assert paired_parts(["latest.csv", "contest.csv", "interval.csv"]) == {}


def test_folders_of_a_partitioned_table_give_a_column() -> None:
    assert partition_of("label=0") == ("label", "0")
    assert partition_of("city=S%C3%A3o%20Paulo") == ("city", "São Paulo")
    assert partition_of("label=__HIVE_DEFAULT_PARTITION__") == ("label", "")
    assert partition_of("=3") is None and partition_of("label") is None


def test_classes_are_words_that_mean_one_anywhere() -> None:
    assert all(map(is_class_word, ("pos", "Negative", "very_positive", "5", "4_stars", "star-1")))
    assert not any(map(is_class_word, ("positives of it", "6", "books", "")))


def test_files_that_differ_only_in_the_class_are_labelled_by_it() -> None:
    assert classes_by_name(["rt-polarity.pos", "rt-polarity.neg", "readme.txt"]) == {
        "rt-polarity.pos": "pos",
        "rt-polarity.neg": "neg",
    }
    assert classes_by_name(["positive.txt", "negative.txt"]) == {"positive.txt": "positive", "negative.txt": "negative"}
    assert classes_by_name(["a_pos.txt", "b_neg.txt"]) == {}
    assert classes_by_name(["1.txt", "2.txt"]) == {}
