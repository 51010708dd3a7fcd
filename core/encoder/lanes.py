"""Micro-batches side by side: threads that each compute one, and the order in which they add to the same gradients.

Threads that share one product have to wait for each other after it, and after every small operation between products;
threads that share nothing but the weights wait for nobody, and a busy processor delays one of them, not all. What they
do share are the gradients of the step. Sums of floating-point numbers depend on their order, so that order is fixed: a
step gives the same bits whichever thread is faster.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


class Lanes:
    """Threads that work side by side, each with its share of the processors."""

    def __init__(self, count: int) -> None:
        self.count = count
        if count == 1:
            return
        threads = torch.get_num_threads()
        ready = threading.Barrier(count)

        def begin() -> None:
            torch.set_num_threads(max(threads // count, 1))
            ready.wait()

        self._pool = ThreadPoolExecutor(count, "lane", begin)
        for future in [self._pool.submit(ready.wait) for _ in range(count)]:
            future.result()
        torch.set_num_threads(threads)  # a new thread's number is the last that any thread asked for

    def map(self, work: Callable[[int, Item], Result], items: Sequence[Item]) -> list[Result]:
        """`work(lane, item)` of all items, in their order; item i is done in lane i % count, after those before it.

        Raises:
            Exception: what an item raised, the first of them in their order; all lanes have ended by then.
        """
        if self.count == 1:
            return [work(0, item) for item in items]

        def one_lane(lane: int) -> list[Result]:
            return [work(lane, item) for item in items[lane :: self.count]]

        futures = [self._pool.submit(one_lane, lane) for lane in range(min(self.count, len(items)))]
        failures = [failure for future in futures if (failure := future.exception()) is not None]
        if failures:
            raise next((one for one in failures if not isinstance(one, OtherLaneFailed)), failures[0])
        found = [future.result() for future in futures]
        return [found[index % self.count][index // self.count] for index in range(len(items))]


class OtherLaneFailed(RuntimeError):  # noqa: N818 -- what happened
    """A micro-batch waited for one that will never come."""


class Turns:
    """Whose turn it is to add to a gradient.

    The n-th micro-batch of a step waits for all before it, but for the second, which may come before the first: one
    writes, the other adds to it, and a sum of two is the same either way round.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._done: Counter[int] = Counter()
        self._busy: set[int] = set()
        self._failed = False

    def begin(self) -> None:
        """A new step: nothing was added to any gradient."""
        self._done.clear()
        self._failed = False

    def fail(self) -> None:
        """A micro-batch failed: nobody shall wait for it."""
        with self._changed:
            self._failed = True
            self._changed.notify_all()

    @contextmanager
    def take(self, gradient: torch.Tensor, part: int, *, in_order: bool = False) -> Iterator[bool]:
        """Micro-batch number `part`'s turn at a gradient; gives whether it is the first there, and has to write.

        Args:
            in_order: the second waits for the first, too.

        Raises:
            OtherLaneFailed: one that had to come before failed.
        """
        place = gradient.data_ptr()

        def may() -> bool:
            before = self._done[place]
            return self._failed or (place not in self._busy and (before >= part or (part == 1 and not in_order)))

        with self._changed:
            self._changed.wait_for(may)
            if self._failed:
                raise OtherLaneFailed
            self._busy.add(place)
            first = self._done[place] == 0
        try:
            yield first
        finally:
            with self._changed:
                self._busy.remove(place)
                self._done[place] += 1
                self._changed.notify_all()
