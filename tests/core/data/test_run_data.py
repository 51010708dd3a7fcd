"""What is called trainable can be divided for a run, and what validation data loses is told."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.data.run_data import divide, read_run_data
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.trainable import require_trainable
from core.runs.request import Request

ROWS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("abc")), min_size=1, max_size=40)
_numbers = itertools.count()


def written(folder: Path, rows: list[tuple[int, str]], name: str = "") -> Path:
    path = folder / (name or f"reviews{next(_numbers)}.csv")
    path.write_text("text,label\n" + "".join(f"It is thing number {text},{label}\n" for text, label in rows))
    return path


@settings(max_examples=80, deadline=None)
@example(rows=[(1, "b"), (1, "b"), *[(1, "a"), (0, "a")] * 3])
@example(rows=[(0, "b"), (0, "b"), *[(0, "a"), (1, "a")] * 3])
@given(rows=ROWS)
def test_what_is_called_trainable_has_reviews_of_two_classes_to_learn_and_some_to_validate(
    rows: list[tuple[int, str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), rows)
        reviews = read_reviews(path)
        try:
            require_trainable(reviews)
        except InputError:
            with pytest.raises(InputError):
                divide(reviews, str(path), ReadingOptions())
            return
        train, held_out, validation, beside = divide(reviews, str(path), ReadingOptions())
        assert len(set(reviews.labels[train].tolist())) > 1
        assert len(validation) and held_out is reviews and beside is None


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(1, label) for label in "ab" * 10], r"All 20 reviews of .* have the same text in the column “text”"),
        ([(ord(label), label) for label in "ab" * 10], r"has only 2 different texts in 20 reviews"),
    ],
)
def test_texts_of_which_none_can_be_held_out_are_refused_before_a_run(
    tmp_path: Path, rows: list[tuple[int, str]], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        require_trainable(read_reviews(written(tmp_path, rows)))


def test_a_validation_row_of_an_unknown_class_is_counted_and_told(tmp_path: Path) -> None:
    data = written(tmp_path, [(number, "ab"[number % 2]) for number in range(20)])
    validation = written(tmp_path, [(30, "a"), (31, "b"), (32, "neutral"), (33, "neutral")])
    found = read_run_data(Request(name="run", data=str(data), validation=str(validation)))
    assert len(found.validation_rows) == 2
    told = " ".join(found.notices)
    assert "2 of 4 rows of" in told and "2 unknown label" in told and "neutral" in told


def test_one_class_of_a_folder_whose_validation_is_unknown_is_not_called_trainable(tmp_path: Path) -> None:
    written(tmp_path, [(number, "ab"[number % 2]) for number in range(20)], "train.csv")
    written(tmp_path, [(30, "c"), (31, "d")], "validation.csv")
    reviews = read_reviews(tmp_path)
    with pytest.raises(InputError, match=r"has no label that the model knows|has a label that occurs"):
        divide(reviews, str(tmp_path), ReadingOptions())
