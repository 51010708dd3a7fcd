"""Folds: copies stay together, whatever the labels and the order of the rows, and every class can always be learned."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.suspicion.folds import ALONE, fold_by_text

ROWS = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 3)), min_size=1, max_size=60)
FOLDS, SEEDS = st.integers(2, 7), st.integers(0, 50)


def folded(rows: list[tuple[int, int]], folds: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hashes = np.array([text for text, _ in rows], dtype=np.uint64)
    labels = np.array([label for _, label in rows])
    return hashes, labels, fold_by_text(hashes, labels, folds, seed)


@given(rows=ROWS, folds=FOLDS, seed=SEEDS)
def test_copies_of_a_text_share_a_fold(rows: list[tuple[int, int]], folds: int, seed: int) -> None:
    hashes, _, fold_of = folded(rows, folds, seed)
    for text in set(hashes.tolist()):
        assert len(set(fold_of[hashes == text].tolist())) == 1
    assert fold_of.min() >= ALONE and fold_of.max() < folds


@given(rows=ROWS, folds=FOLDS, seed=SEEDS)
def test_whatever_is_held_out_its_class_is_learned_from_other_texts(
    rows: list[tuple[int, int]], folds: int, seed: int
) -> None:
    hashes, labels, fold_of = folded(rows, folds, seed)
    lowest = {text: min(labels[hashes == text].tolist()) for text in hashes.tolist()}
    for row in np.flatnonzero(fold_of != ALONE).tolist():
        learned = {lowest[text] for text in hashes[fold_of != fold_of[row]].tolist()}
        assert lowest[hashes[row]] in learned
    for row in np.flatnonzero(fold_of == ALONE).tolist():
        assert list(lowest.values()).count(lowest[hashes[row]]) == 1


@given(rows=ROWS, folds=FOLDS, seed=SEEDS, data=st.data())
def test_the_order_of_the_rows_does_not_matter(
    rows: list[tuple[int, int]], folds: int, seed: int, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(rows))))
    _, _, before = folded(rows, folds, seed)
    _, _, after = folded([rows[place] for place in order], folds, seed)
    np.testing.assert_array_equal(after, before[list(order)])


def test_every_fold_has_as_many_of_each_class() -> None:
    labels = np.repeat([0, 1, 2], [100, 40, 10])
    fold_of = fold_by_text(np.arange(150, dtype=np.uint64), labels, 5, seed=3)
    assert [np.bincount(fold_of[labels == label]).tolist() for label in range(3)] == [[20] * 5, [8] * 5, [2] * 5]


def test_another_seed_gives_other_folds() -> None:
    hashes, labels = np.arange(100, dtype=np.uint64), np.arange(100) % 2
    assert (fold_by_text(hashes, labels, 5, 0) != fold_by_text(hashes, labels, 5, 1)).any()
