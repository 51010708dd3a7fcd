"""A split is decided by texts alone, keeps every class on both sides, and a leak is seen."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.hashing import text_hash
from core.reviews.split import find_leak, split_by_hash

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
pairs = st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc")), min_size=1, max_size=60)


def table(rows: list[tuple[int, str]]) -> str:
    return "text,label\n" + "".join(f"Text {number},{label}\n" for number, label in rows)


@quick
@given(rows=pairs, fraction=st.floats(0.05, 0.95), seed=st.integers(0, 9))
def test_no_text_on_both_sides_whatever_the_order(
    read: Any, rows: list[tuple[int, str]], fraction: float, seed: int
) -> None:
    reviews = read(table(rows))
    train, validation = split_by_hash(reviews, fraction)
    assert sorted([*train, *validation]) == list(range(len(rows)))
    assert not set(reviews.hashes[train]) & set(reviews.hashes[validation])
    for label in set(reviews.labels.tolist()):
        if len(set(reviews.hashes[reviews.labels == label].tolist())) > 1:
            assert label in reviews.labels[validation]
    shuffled = random.Random(seed).sample(rows, len(rows))
    again = read(table(shuffled))
    assert set(again.hashes[split_by_hash(again, fraction)[1]]) == set(reviews.hashes[validation])


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_each_class_gives_its_share(read: Any, fraction: float) -> None:
    reviews = read(table([(number, "a" if number % 10 else "b") for number in range(2_000)]))
    _, validation = split_by_hash(reviews, fraction)
    counts = np.bincount(reviews.labels[validation])
    assert counts.tolist() == [round(1_800 * fraction), round(200 * fraction)]


def test_a_class_keeps_a_text_to_train_on(read: Any) -> None:
    reviews = read(table([(1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "c")]))
    train, _ = split_by_hash(reviews, 0.95)
    assert set(reviews.labels[train].tolist()) == {0, 1, 2}


def test_reviews_without_labels_can_be_divided_too(read: Any) -> None:
    train, validation = split_by_hash(read("".join(f"Review {n}\n" for n in range(100)), ".txt"), 0.2)
    assert (len(train), len(validation)) == (80, 20)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_that_is_none_is_refused(read: Any, fraction: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        split_by_hash(read(table([(1, "a")])), fraction)


def test_a_leak_names_file_and_line(read: Any) -> None:
    train = read(table([(number, "a") for number in range(9)]))
    test = read("text,label\nFresh,a\ntext   7,b\nTEXT 8,a\n")
    leak = find_leak(train.hashes, test)
    assert leak is not None
    assert leak.rows == 2
    assert [(example.line, example.excerpt) for example in leak.examples] == [(3, "text 7"), (4, "TEXT 8")]
    assert find_leak(train.hashes, read("text\nFresh one\n")) is None


@quick
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_the_hash_is_blind_to_case_and_white_space(text: str) -> None:
    assert text_hash(text) == text_hash(f"  {text}\n")
    if text.isascii():
        assert text_hash(text) == text_hash(text.upper())
