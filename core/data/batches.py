"""Batches and micro-batches. The batches of an epoch are a pure function of (seed, epoch), so any step can be repeated.

An epoch shuffles all rows and splits them into windows of a few batches. Each window is sorted by length and cut into
batches, which are then shuffled: reviews of similar length share a batch, yet the batches differ in every epoch. A
window needs only the lengths of its own rows, so the first batches are known long before the last text is tokenized.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

WINDOW_BATCHES = 16
_JITTER = 0.1
"""Lengths are blurred by up to this fraction before a window is sorted, so that its batches differ in every epoch."""


class EpochOrder:
    """The batches of one epoch: a pure function of (rows, batch_size, seed, epoch) and the lengths.

    All batches hold `batch_size` reviews, except one, anywhere in the epoch, which holds the remainder.
    """

    windows: list[np.ndarray]
    """Positions [<= WINDOW_BATCHES * batch_size] of each window; together they hold every row once, shuffled."""

    def __init__(self, rows: int, batch_size: int, seed: int, epoch: int) -> None:
        """Args: epoch: counted from 0."""
        self._batch_size, self._key = batch_size, (seed, epoch)
        self._rest = rows % batch_size
        batches = steps_per_epoch(rows, batch_size)
        count = steps_per_epoch(batches, WINDOW_BATCHES)
        # The counters of the windows' generators begin beyond what this one can reach.
        generator = self._generator(0)
        order = generator.permutation(rows)
        self._ragged = int(generator.integers(count)) if self._rest else -1
        bounds = np.arange(count + 1) * batches // max(count, 1)
        self._batches: np.ndarray = np.diff(bounds)  # [windows] batches of each
        sizes = self._batches * batch_size
        if self._rest:
            sizes[self._ragged] -= batch_size - self._rest
        self.windows = np.split(order, np.cumsum(sizes)[:-1]) if count else []

    def batches(self, lengths: Callable[[np.ndarray], np.ndarray], start: int = 0) -> Iterator[np.ndarray]:
        """Yield the positions [B] of each batch from number `start` on, shortest review first.

        Args:
            lengths: Returns the tokens [n] of the reviews at [n] positions. Called once per window, just before its
                first batch is yielded; it may wait for the tokenizer.
        """
        first = 0
        for window, count in enumerate(self._batches.tolist()):
            if first + count > start:
                yield from self._window(window, np.asarray(lengths(self.windows[window])))[max(start - first, 0) :]
            first += count

    def _window(self, window: int, lengths: np.ndarray) -> list[np.ndarray]:
        """Return the batches of a window, given the [n] lengths of its reviews."""
        generator, size = self._generator(window + 1), self._batch_size
        blurred = lengths * generator.uniform(1 - _JITTER, 1 + _JITTER, len(lengths))
        order = np.argsort(blurred, kind="stable")
        batches: list[np.ndarray] = []
        if window == self._ragged:  # a random remainder; taken from the end, it would be the longest reviews
            chosen = np.sort(generator.choice(len(order), self._rest, replace=False))
            batches.append(order[chosen])
            order = np.delete(order, chosen)
        batches += [order[start : start + size] for start in range(0, len(order), size)]
        rows = self.windows[window]
        return [
            rows[batch[np.argsort(lengths[batch], kind="stable")]]
            for batch in (batches[i] for i in generator.permutation(len(batches)))
        ]

    def _generator(self, stream: int) -> np.random.Generator:
        """Return one of many independent generators for this (seed, epoch)."""
        return np.random.Generator(np.random.Philox(key=self._key, counter=(0, 0, 0, stream)))


def epoch_batches(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Return all batches of one epoch, given the [N] lengths of all reviews; see `EpochOrder`."""
    return list(EpochOrder(len(lengths), batch_size, seed, epoch).batches(lambda positions: lengths[positions]))


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Return the optimizer steps of one epoch, including the ragged batch."""
    return -(-rows // batch_size)


def micro_batches(lengths: np.ndarray, tokens: int, reviews: int | None = None) -> list[slice]:
    """Split a batch, given the [B] lengths of its reviews, into as few micro-batches as possible, keeping its order.

    A micro-batch has at most `tokens` tokens and at most `reviews` reviews; a review longer than `tokens` has one to
    itself. Their token counts are as equal as the limits allow.
    """
    fill = _Fill(lengths, tokens, reviews)
    ends = [fill.rows]  # of parts filled from the last review backwards: where each begins at the earliest
    while ends[-1] > 0:
        ends.append(fill.earliest(ends[-1]))
    parts: list[slice] = []
    start = 0
    for left in range(len(ends) - 1, 0, -1):
        end = min(max(fill.nearest(start, left), ends[left - 1], start + 1), fill.furthest(start))
        parts.append(slice(start, end))
        start = end
    return parts


def length_sorted(lengths: np.ndarray, tokens: int, reviews: int | None = None) -> list[np.ndarray]:
    """Return all positions, longest first, in batches of at most `tokens` tokens and at most `reviews` reviews.

    For evaluation and classification, where order does not matter. A review longer than `tokens` is a batch by itself.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    fill = _Fill(np.asarray(lengths)[order], tokens, reviews)
    batches: list[np.ndarray] = []
    start = 0
    while start < fill.rows:
        end = fill.furthest(start)
        batches.append(order[start:end])
        start = end
    return batches


class _Fill:
    """How far a part of a sequence of reviews can extend."""

    def __init__(self, lengths: np.ndarray, tokens: int, reviews: int | None) -> None:
        self.rows = len(lengths)
        self._tokens, self._reviews = tokens, self.rows if reviews is None else reviews
        self._sums = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])  # [B+1] tokens before each review

    def furthest(self, start: int) -> int:
        """Return the last possible end of a part that begins at `start`."""
        end = int(np.searchsorted(self._sums, self._sums[start] + self._tokens, side="right")) - 1
        return max(min(end, start + self._reviews, self.rows), start + 1)

    def earliest(self, end: int) -> int:
        """Return the first possible start of a part that ends at `end`."""
        start = int(np.searchsorted(self._sums, self._sums[end] - self._tokens, side="left"))
        return min(max(start, end - self._reviews, 0), end - 1)

    def nearest(self, start: int, parts: int) -> int:
        """Return the end at which a part from `start` comes closest to one of `parts` equal shares of the rest."""
        aim = self._sums[start] + (self._sums[-1] - self._sums[start]) / parts
        end = int(np.searchsorted(self._sums, aim))
        return end - int(aim - self._sums[end - 1] < self._sums[end] - aim) if end else 0


def dropout_seed(seed: int, step: int, part: int) -> int:
    """Return the dropout seed of one micro-batch; a repeated step drops the same elements."""
    return int(np.random.SeedSequence([seed, step, part]).generate_state(1, np.uint64)[0] >> 1)
