"""The reviews of a run as numbers: the most expensive micro-batches, and the work of an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Table = Sequence[tuple[int, int]]
"""(tokens, reviews) by ascending length; special tokens are included and nothing is cut."""


@dataclass(frozen=True)
class Work:
    """The work of one pass over some reviews."""

    tokens: float
    squares: float
    """Sum of the squared lengths, which attention's work is proportional to."""
    micro_batches: float


def cut(table: Table, max_length: int) -> Table:
    """Return the table of the same reviews, cut to `max_length` tokens."""
    kept = [(length, count) for length, count in table if length < max_length]
    whole = sum(count for length, count in table if length >= max_length)
    return [*kept, (max_length, whole)] if whole else kept


def longest(table: Table, count: int) -> list[int]:
    """Return the lengths of the `count` longest reviews, ascending."""
    found: list[int] = []
    for length, number in reversed(table):
        found += [length] * min(number, count - len(found))
        if len(found) == count:
            break
    return found[::-1]


def largest_part(lengths: Sequence[int], tokens: int, reviews: int) -> list[int]:
    """Return the longest of ascending `lengths` that fit in one micro-batch, at least one."""
    taken: list[int] = []
    total = 0
    for length in reversed(lengths):
        total += length
        if taken and (total > tokens or len(taken) == reviews):
            break
        taken.append(length)
    return taken[::-1]


def work(table: Table, batch_size: int, tokens: int, reviews: int, *, square: bool = False) -> Work:
    """Return the work of one epoch over `table`, in batches of similar length that are split into micro-batches.

    Args:
        table: The reviews.
        batch_size: Reviews per batch.
        tokens: Maximum tokens of a micro-batch.
        reviews: Maximum reviews of a micro-batch.
        square: Whether reviews are padded to the longest of their micro-batch, and to a multiple of eight.
    """
    total = squares = micro = 0.0
    for length, count in table:
        per_batch = max(-(-batch_size * length // tokens), -(-batch_size // reviews), 1)
        wide = -(-length // 8) * 8 if square else length
        total += wide * count
        squares += wide * wide * count
        micro += count / batch_size * per_batch
    return Work(total, squares, micro)


def representative(table: Table, count: int) -> list[int]:
    """Return the lengths of `count` reviews that are spread evenly over `table`, ascending."""
    spread = [length for length, number in table for _ in range(number)]
    return [spread[(2 * place + 1) * len(spread) // (2 * count)] for place in range(count)] if spread else []


def binned(lengths: Iterator[int] | Sequence[int], most: int = 600) -> list[tuple[int, int]]:
    """Return the table of `lengths`.

    If there are more than about `most` different lengths, neighbours are merged, and count as the longest of them.
    """
    counts: dict[int, int] = {}
    for length in lengths:
        counts[length] = counts.get(length, 0) + 1
    table = sorted(counts.items())
    step = -(-len(table) // most)
    parts = [table[start : start + step] for start in range(0, len(table), step)]
    return [(part[-1][0], sum(count for _, count in part)) for part in parts]
