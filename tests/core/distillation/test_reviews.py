"""No text is learned from that is somebody's test, and none twice."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.data.token_store import TokenStore
from core.data.tokens import SpecialTokens
from core.distillation.reviews import JoinedTokens, new_texts

texts = st.lists(st.integers(0, 30), max_size=60)
tokens = st.lists(st.lists(st.integers(5, 90), min_size=1, max_size=9), min_size=1, max_size=9)


def _hashes(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.uint64)


@given(texts, texts, texts)
def test_what_is_taken_is_new_and_every_other_row_is_counted_once(
    found: list[int], validation: list[int], train: list[int]
) -> None:
    known = (("validation", _hashes(validation)), ("training", _hashes(train)))
    rows, left_out = new_texts(_hashes(found), known)
    taken = [found[row] for row in rows]
    assert list(rows) == sorted(rows) and len(set(taken)) == len(taken)
    assert set(taken) == set(found) - set(validation) - set(train)
    assert len(rows) + sum(left_out.values()) == len(found) and all(left_out.values())
    assert left_out.get("validation", 0) == sum(one in validation for one in found)
    assert left_out.get("training", 0) == sum(one in train and one not in validation for one in found)


def _store(reviews: list[list[int]]) -> TokenStore:
    counts = np.array([len(one) for one in reviews], dtype=np.int32)
    ids = np.array([number for one in reviews for number in one], dtype=np.uint16)
    return TokenStore(ids, np.cumsum(counts, dtype=np.int64) - counts, counts, complete=True)


@given(tokens, tokens)
def test_two_sources_are_read_like_one(first: list[list[int]], second: list[list[int]]) -> None:
    joined, whole = JoinedTokens([_store(first), _store(second)]), [*first, *second]
    assert len(joined) == len(whole) and [joined[row].tolist() for row in range(len(whole))] == whole
    special = SpecialTokens((1,), (2,), 0, 6, "head")
    rows = np.arange(len(whole))[::-1]
    assert joined.lengths(rows, special).tolist() == [min(len(whole[row]) + 2, 6) for row in rows]
