"""The order in which reviews are seen: every row once an epoch, and nothing but seed and epoch decide it."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from core.data.batches import (
    WINDOW_BATCHES,
    EpochOrder,
    dropout_seed,
    epoch_batches,
    length_sorted,
    micro_batches,
    steps_per_epoch,
)

LENGTHS = st.lists(st.integers(1, 512), min_size=1, max_size=300).map(np.array)
SIZES = st.integers(1, 70)
SEEDS = st.integers(0, 2**32 - 1)
EPOCHS = st.integers(0, 1000)


@given(LENGTHS, SIZES, SEEDS, EPOCHS)
def test_an_epoch_holds_every_row_once_in_whole_batches_but_one(
    lengths: np.ndarray, size: int, seed: int, epoch: int
) -> None:
    batches = epoch_batches(lengths, size, seed, epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    sizes = sorted(map(len, batches))
    rest = len(lengths) % size
    assert sizes == ([rest] if rest else []) + [size] * (len(lengths) // size)
    assert len(batches) == steps_per_epoch(len(lengths), size)


@given(LENGTHS, SIZES, SEEDS, EPOCHS)
def test_the_order_is_a_pure_function_of_seed_and_epoch(lengths: np.ndarray, size: int, seed: int, epoch: int) -> None:
    first = epoch_batches(lengths, size, seed, epoch)
    np.random.seed(1)
    np.random.random(3)
    second = epoch_batches(lengths.copy(), size, seed, epoch)
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


@given(LENGTHS, SIZES, SEEDS, EPOCHS, st.data())
def test_an_epoch_may_begin_at_any_batch_and_needs_no_lengths_of_earlier_windows(
    lengths: np.ndarray, size: int, seed: int, epoch: int, data: st.DataObject
) -> None:
    size = min(size, 8)
    whole = epoch_batches(lengths, size, seed, epoch)
    start = data.draw(st.integers(0, len(whole)))
    order = EpochOrder(len(lengths), size, seed, epoch)
    asked: list[np.ndarray] = []

    def known(positions: np.ndarray) -> np.ndarray:
        asked.append(positions)
        return lengths[positions]

    tail = list(order.batches(known, start))
    assert [batch.tolist() for batch in tail] == [batch.tolist() for batch in whole[start:]]
    done, window = 0, 0
    while window < len(order.windows) and done + -(-len(order.windows[window]) // size) <= start:
        done += -(-len(order.windows[window]) // size)
        window += 1
    assert [part.tolist() for part in asked] == [part.tolist() for part in order.windows[window:]]


def test_lengths_of_a_window_are_asked_for_just_before_its_first_batch() -> None:
    asked: list[int] = []
    order = EpochOrder(8 * WINDOW_BATCHES * 3, 8, 1, 0)

    def known(positions: np.ndarray) -> np.ndarray:
        asked.append(len(positions))
        return positions

    batches = order.batches(known)
    assert not asked
    for number, _ in enumerate(batches):
        assert len(asked) == number // WINDOW_BATCHES + 1
    assert asked == [8 * WINDOW_BATCHES] * 3


@given(st.integers(0, 3000), SIZES, SEEDS, EPOCHS)
def test_windows_part_all_rows_nearly_equally(rows: int, size: int, seed: int, epoch: int) -> None:
    order = EpochOrder(rows, size, seed, epoch)
    windows = order.windows
    assert sorted(row for window in windows for row in window.tolist()) == list(range(rows))
    assert len(windows) == -(-steps_per_epoch(rows, size) // WINDOW_BATCHES)
    batches = [-(-len(window) // size) for window in windows]
    assert sum(batches) == steps_per_epoch(rows, size)
    assert max(batches, default=0) <= WINDOW_BATCHES and max(batches, default=0) - min(batches, default=0) <= 1
    assert sum(len(window) % size > 0 for window in windows) == (rows % size > 0)


def test_another_process_finds_the_same_order() -> None:
    script = (
        "import numpy as np; from core.data.batches import epoch_batches, dropout_seed\n"
        "print([b.tolist() for b in epoch_batches(np.arange(50) % 13, 4, 7, 3)], dropout_seed(7, 3, 1))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5"}
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    own = [batch.tolist() for batch in epoch_batches(np.arange(50) % 13, 4, 7, 3)]
    assert found.stdout.strip() == f"{own} {dropout_seed(7, 3, 1)}"


def test_every_seed_and_every_epoch_has_an_order_of_its_own() -> None:
    lengths = np.arange(64) % 9
    orders = {
        tuple(np.concatenate(epoch_batches(lengths, 8, seed, epoch)).tolist())
        for seed in range(8)
        for epoch in range(8)
    }
    assert len(orders) == 64


@given(LENGTHS, SIZES, SEEDS)
def test_a_batch_is_sorted_by_length(lengths: np.ndarray, size: int, seed: int) -> None:
    for batch in epoch_batches(lengths, size, seed, 0):
        assert (np.diff(lengths[batch]) >= 0).all()


def test_batches_of_like_length_waste_far_less_padding_than_random_ones() -> None:
    lengths = np.random.default_rng(0).integers(5, 200, 2048)

    def padding(batches: list[np.ndarray]) -> int:
        return sum(int((lengths[batch].max() - lengths[batch]).sum()) for batch in batches)

    random = np.array_split(np.random.default_rng(1).permutation(2048), 128)
    assert padding(epoch_batches(lengths, 16, 0, 0)) < padding(random) / 4


def test_what_shares_a_batch_changes_every_epoch_and_long_batches_come_anywhere() -> None:
    lengths = np.arange(16 * WINDOW_BATCHES * 2)
    epochs = [epoch_batches(lengths, 16, 3, epoch) for epoch in range(6)]
    together = [{frozenset(batch.tolist()) for batch in epoch} for epoch in epochs]
    assert not together[0] & together[1]
    longest = [max(range(len(epoch)), key=lambda i, epoch=epoch: lengths[epoch[i]].sum()) for epoch in epochs]
    assert len(set(longest)) > 2


def test_a_data_set_of_one_window_parts_differently_every_epoch() -> None:
    lengths = np.arange(20, 100)  # no two alike
    epochs = [{frozenset(batch.tolist()) for batch in epoch_batches(lengths, 8, 3, epoch)} for epoch in range(6)]
    assert all(len(one & other) <= 2 for i, one in enumerate(epochs) for other in epochs[:i])


def test_the_ragged_batch_comes_in_any_window() -> None:
    orders = [EpochOrder(4 * WINDOW_BATCHES * 3 - 1, 4, seed, epoch) for seed in range(8) for epoch in range(8)]
    ragged = [next(i for i, window in enumerate(order.windows) if len(window) % 4) for order in orders]
    assert set(ragged) == {0, 1, 2}


def test_the_ragged_batch_is_not_always_the_longest_reviews() -> None:
    lengths = np.arange(37)
    rest = [next(batch for batch in epoch_batches(lengths, 8, 0, epoch) if len(batch) == 5) for epoch in range(20)]
    assert len({tuple(batch.tolist()) for batch in rest}) == 20
    assert 10 < np.mean([batch.mean() for batch in rest]) < 26


def _fewest_parts(lengths: np.ndarray, tokens: int, reviews: int) -> int:
    parts, held, total = 0, 0, 0
    for length in lengths.tolist():
        if not held or held == reviews or total + length > tokens:
            parts, held, total = parts + 1, 0, 0
        held, total = held + 1, total + length
    return parts


@given(
    st.lists(st.integers(0, 512), max_size=100).map(lambda lengths: np.array(lengths, dtype=np.int64)),
    st.integers(1, 4000),
    st.none() | st.integers(1, 40),
)
def test_micro_batches_part_a_batch_in_order_within_the_budget_into_as_few_as_can_be(
    lengths: np.ndarray, tokens: int, reviews: int | None
) -> None:
    parts = micro_batches(lengths, tokens, reviews)
    positions = np.arange(len(lengths))
    assert [row for part in parts for row in positions[part].tolist()] == positions.tolist()
    for part in parts:
        count = len(positions[part])
        assert count == 1 or (lengths[part].sum() <= tokens and 1 <= count <= (reviews or len(lengths)))
    assert len(parts) == _fewest_parts(lengths, tokens, reviews or max(len(lengths), 1))


@given(st.lists(st.integers(1, 64), min_size=1, max_size=200).map(np.array), st.integers(256, 4000))
def test_micro_batches_are_of_nearly_equal_token_counts(lengths: np.ndarray, tokens: int) -> None:
    parts = micro_batches(np.sort(lengths), tokens)
    share = lengths.sum() / len(parts)
    assume(share + 128 <= tokens)  # else the budget itself decides where to part
    assert all(abs(np.sort(lengths)[part].sum() - share) <= 128 for part in parts)


def test_micro_batches_of_equal_reviews_are_equal() -> None:
    assert micro_batches(np.full(32, 100), 1300) == [slice(0, 11), slice(11, 22), slice(22, 32)]
    assert micro_batches(np.full(32, 100), 10**6, 16) == [slice(0, 16), slice(16, 32)]
    assert micro_batches(np.array([3, 900, 2]), 10) == [slice(0, 1), slice(1, 2), slice(2, 3)]


@given(LENGTHS, st.integers(1, 4000), st.none() | SIZES)
def test_evaluation_sees_every_row_once_the_longest_first_within_the_budget(
    lengths: np.ndarray, tokens: int, reviews: int | None
) -> None:
    batches = length_sorted(lengths, tokens, reviews)
    order = np.concatenate(batches)
    assert sorted(order.tolist()) == list(range(len(lengths))) and (np.diff(lengths[order]) <= 0).all()
    for batch, after in zip(batches, [*batches[1:], None], strict=True):
        assert len(batch) == 1 or (lengths[batch].sum() <= tokens and len(batch) <= (reviews or len(lengths)))
        if after is not None:  # nothing more would have fitted
            assert len(batch) == reviews or lengths[batch].sum() + lengths[after[0]] > tokens


def test_no_reviews_are_no_batches() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert micro_batches(nothing, 8) == length_sorted(nothing, 8) == epoch_batches(nothing, 8, 0, 0) == []


def test_every_micro_batch_of_every_step_drops_by_a_seed_of_its_own() -> None:
    seeds = {dropout_seed(seed, step, part) for seed in range(4) for step in range(50) for part in range(8)}
    assert len(seeds) == 4 * 50 * 8
    assert all(0 <= seed < 2**63 for seed in seeds)  # what torch.manual_seed takes
