"""The order in which reviews are seen: every row once an epoch, and nothing but seed and epoch decide it."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.training.batches import (
    WINDOW_BATCHES,
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


def test_another_process_finds_the_same_order() -> None:
    script = (
        "import numpy as np; from core.training.batches import epoch_batches, dropout_seed\n"
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


def test_the_ragged_batch_is_not_always_the_longest_reviews() -> None:
    lengths = np.arange(37)
    rest = [next(batch for batch in epoch_batches(lengths, 8, 0, epoch) if len(batch) == 5) for epoch in range(20)]
    assert len({tuple(batch.tolist()) for batch in rest}) == 20
    assert 10 < np.mean([batch.mean() for batch in rest]) < 26


@given(st.integers(1, 100), st.integers(1, 120))
def test_micro_batches_part_a_batch_in_order(rows: int, size: int) -> None:
    batch = np.arange(rows) * 3
    parts = list(micro_batches(batch, size))
    assert np.array_equal(np.concatenate(parts), batch)
    assert all(len(part) == size for part in parts[:-1]) and 0 < len(parts[-1]) <= size


@given(LENGTHS, SIZES)
def test_evaluation_sees_every_row_once_the_longest_first(lengths: np.ndarray, size: int) -> None:
    batches = length_sorted(lengths, size)
    order = np.concatenate(batches)
    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert (np.diff(lengths[order]) <= 0).all() and all(len(batch) == size for batch in batches[:-1])


def test_every_micro_batch_of_every_step_drops_by_a_seed_of_its_own() -> None:
    seeds = {dropout_seed(seed, step, part) for seed in range(4) for step in range(50) for part in range(8)}
    assert len(seeds) == 4 * 50 * 8
    assert all(0 <= seed < 2**63 for seed in seeds)  # what torch.manual_seed takes
