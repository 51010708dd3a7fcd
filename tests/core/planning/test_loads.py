"""Lengths as tables: cut, the longest, the largest micro-batch, the work of an epoch."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.data.batches import epoch_batches, micro_batches
from core.planning import loads

LENGTHS = st.lists(st.integers(1, 400), min_size=1, max_size=300)


def spread(table: loads.Table) -> list[int]:
    return [length for length, count in table for _ in range(count)]


@given(LENGTHS)
def test_a_table_holds_every_review(lengths: list[int]) -> None:
    assert spread(loads.binned(lengths)) == sorted(lengths)


@given(lengths=LENGTHS, most=st.integers(1, 50))
def test_a_table_of_few_entries_is_never_shorter_than_the_reviews(lengths: list[int], most: int) -> None:
    table = loads.binned(lengths, most)
    assert len(table) <= most
    assert all(long >= own for long, own in zip(spread(table), sorted(lengths), strict=True))
    assert table[-1][0] == max(lengths)


@given(lengths=LENGTHS, limit=st.integers(1, 400))
def test_cutting_cuts_every_review(lengths: list[int], limit: int) -> None:
    assert spread(loads.cut(loads.binned(lengths), limit)) == sorted(min(length, limit) for length in lengths)


@given(lengths=LENGTHS, count=st.integers(1, 400))
def test_the_longest_are_the_longest(lengths: list[int], count: int) -> None:
    assert loads.longest(loads.binned(lengths), count) == sorted(lengths)[-count:]


@given(lengths=LENGTHS, tokens=st.integers(1, 2000), reviews=st.integers(1, 64), batch=st.integers(1, 64))
def test_no_micro_batch_of_an_epoch_is_larger_than_the_largest(
    lengths: list[int], tokens: int, reviews: int, batch: int
) -> None:
    counted = np.array(lengths)
    longest = loads.longest(loads.binned(lengths), batch)
    largest = loads.largest_part(longest, tokens, reviews)
    assert largest and largest == longest[-len(largest) :]
    assert len(largest) == 1 or (sum(largest) <= tokens and len(largest) <= reviews)
    squares = sum(length * length for length in largest)
    for positions in epoch_batches(counted, batch, 1, 0):
        for part in micro_batches(counted[positions], tokens, reviews):
            inside = counted[positions][part]
            assert inside.sum() <= max(tokens, largest[-1])
            assert inside.max() <= largest[-1]
            if len(inside) <= len(largest):
                assert (inside.astype(np.int64) ** 2).sum() <= max(squares, largest[-1] * tokens)


@given(lengths=LENGTHS, batch=st.integers(1, 32), tokens=st.integers(50, 3000))
def test_the_work_of_an_epoch_is_counted(lengths: list[int], batch: int, tokens: int) -> None:
    work = loads.work(loads.binned(lengths), batch, tokens, 1 << 30)
    assert work.tokens == sum(lengths)
    assert work.squares == sum(length * length for length in lengths)
    assert work.micro_batches * batch >= len(lengths) - 1e-6


@given(lengths=LENGTHS, count=st.integers(1, 400))
def test_some_stand_for_all(lengths: list[int], count: int) -> None:
    some = loads.representative(loads.binned(lengths), count)
    assert len(some) == count and some == sorted(some) and set(some) <= set(lengths)
    if count == len(lengths):
        assert some == sorted(lengths)
