"""What was said about each of many reviews, the latest last. Most have been spoken of once, which costs no list.

A list for each of 100,000 reviews would be an object that Python's garbage collector visits again and again, and each
full visit holds up the screen for a quarter of a second.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Stacks(Generic[K, V]):
    """Items by key, in the order in which they were added."""

    def __init__(self) -> None:
        self._single: dict[K, V] = {}
        self._several: dict[K, list[V]] = {}

    def __iter__(self) -> Iterator[K]:
        """Yield the keys that have items, as of now."""
        yield from list(self._single)
        yield from list(self._several)

    def get(self, key: K) -> Sequence[V]:
        """Return the items of a key, the latest last."""
        several = self._several.get(key)
        if several is not None:
            return several
        single = self._single.get(key)
        return () if single is None else (single,)

    def add(self, key: K, item: V) -> None:
        if key in self._several:
            self._several[key].append(item)
        elif key in self._single:
            self._several[key] = [self._single.pop(key), item]
        else:
            self._single[key] = item

    def drop(self, key: K, item: V) -> None:
        """Remove this very item. It is the last one, except where a log is damaged."""
        if self._single.get(key) is item:
            del self._single[key]
            return
        several = self._several.get(key, [])
        for place in range(len(several) - 1, -1, -1):
            if several[place] is item:
                del several[place]
                break
        if len(several) == 1:
            self._single[key] = self._several.pop(key)[0]
