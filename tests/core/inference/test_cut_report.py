"""Accuracy on cut reviews and on whole ones: counted from predictions and lengths, compared if there are both."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.arrow import lists, numbers
from core.data.run_data import write_table
from core.inference.cut_counts import count_cut, read_cut_counts
from core.inference.cut_report import cut_report, verdict
from core.inference.metrics import measure
from core.runs.figures import ClassFigures
from core.runs.one_class import one_class_sentence, only_class
from core.runs.records import CutCounts


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 20)), min_size=1, max_size=40))
def test_every_review_is_counted_once(rows: list[tuple[int, int, int]]) -> None:
    labels, predicted, tokens = (np.array(column) for column in zip(*rows, strict=True))
    found = count_cut(np.eye(3)[predicted], labels, tokens, 10)
    assert found.cut_rows == sum(length > 10 for _, _, length in rows)
    assert found.cut_rows + found.whole_rows == len(rows)
    assert found.cut_right == sum(label == said and length > 10 for label, said, length in rows)
    assert found.cut_right + found.whole_right == sum(label == said for label, said, _ in rows)
    report = cut_report(found)
    assert (report is None) == (found.cut_rows in (0, len(rows)))
    if report is not None:
        assert report.low <= report.difference <= report.high
        assert report.cut.low <= report.cut.accuracy <= report.cut.high


def test_counts_are_read_back_from_a_runs_file(tmp_path: Path) -> None:
    columns = {
        "logits": lists(np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)),
        "label": numbers(np.array([0, 0, 0])),
        "tokens": numbers(np.array([9, 9, 3])),
        "max_length": numbers(np.array([8, 8, 8])),
    }
    write_table(columns, tmp_path / "whole.parquet")
    expected = CutCounts(max_length=8, cut_rows=2, cut_right=1, whole_rows=1, whole_right=1)
    assert read_cut_counts(tmp_path / "whole.parquet") == expected
    del columns["tokens"]
    write_table(columns, tmp_path / "older.parquet")
    assert read_cut_counts(tmp_path / "older.parquet") is None is read_cut_counts(tmp_path / "none.parquet")


@pytest.mark.parametrize(("right", "words"), [(5, "worse"), (88, "no difference"), (100, "better")])
def test_a_difference_is_said_only_beyond_chance(right: int, words: str) -> None:
    found = cut_report(CutCounts(max_length=8, cut_rows=100, cut_right=right, whole_rows=100, whole_right=85))
    assert found is not None and words in verdict(found)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60))
def test_only_one_class_is_learned_if_all_predictions_are_of_one(rows: list[tuple[int, int]]) -> None:
    labels, predicted = (np.array(column) for column in zip(*rows, strict=True))
    names = ("a", "b", "c")
    figures = measure(np.eye(3)[predicted], labels, names)["per_class"]
    per_class = msgspec.convert(figures, dict[str, ClassFigures])
    one = len(set(predicted.tolist())) == 1 and predicted[0] in labels and len(set(labels.tolist())) > 1
    assert only_class(per_class) == (names[predicted[0]] if one else None)
    assert bool(one_class_sentence(per_class)) == one
