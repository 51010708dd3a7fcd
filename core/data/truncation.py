"""What a limit on tokens leaves of a review: which of its tokens, and which of its characters.

This module imports nothing heavy, so the screens can show what a limit cuts off while it is being changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

MOST_PLACES = 8192
"""The most tokens at either end of a review whose places are known: no limit is higher."""

Span = tuple[int, int]
"""Where a part begins, and where it ends."""


class TokenPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Where the tokens of a review are in its text, in characters. Special tokens have no place."""

    count: int
    """Tokens of the review itself."""
    special: int
    """Special tokens that the model adds to every review."""
    first: tuple[int, ...]
    """Where each of the first tokens begins, `MOST_PLACES` at most."""
    last: tuple[int, ...]
    """Where each of the last tokens begins, as many."""
    unknown: tuple[Span, ...] = ()
    """The parts that the tokenizer does not know, neighbours joined; the first `MOST_PLACES` of them."""
    unknown_count: int = 0
    """Tokens that stand for something unknown."""

    def start_of(self, token: int) -> int:
        """Return the character at which a token begins."""
        return self.first[token] if token < len(self.first) else self.last[token - self.count]


def kept_tokens(count: int, room: int, truncation: str) -> tuple[Span, ...]:
    """Return the ranges of tokens that are kept of `count`, if there is room for `room`.

    `head` keeps the beginning, `tail` the end, and `head+tail` a quarter of the room from the beginning and the rest
    from the end (Sun et al. 2019).
    """
    if count <= room:
        return ((0, count),)
    if truncation == "tail":
        return ((count - room, count),)
    if truncation == "head+tail":
        head = room // 4
        return ((0, head), (count - (room - head), count))
    return ((0, room),)


def lost_characters(places: TokenPlaces, size: int, max_length: int, truncation: str) -> Span | None:
    """Return the part of a text of `size` characters that a limit cuts off; None if it cuts off nothing."""
    room = max(max_length - places.special, 0)
    if places.count <= room:
        return None
    kept = [span for span in kept_tokens(places.count, room, truncation) if span[0] < span[1]]
    first = kept[0][1] if kept and kept[0][0] == 0 else 0
    last = kept[-1][0] if kept and kept[-1][1] == places.count else places.count
    start = places.start_of(first) if first else 0
    end = places.start_of(last) if last < places.count else size
    return (start, max(start, end))


def tokens_lost(places: TokenPlaces, max_length: int) -> int:
    """Return how many tokens of a review a limit cuts off."""
    return max(places.count + places.special - max(max_length, places.special), 0)


def joined(spans: Sequence[Span], text: str) -> list[Span]:
    """Return ascending `spans` of `text`, those joined that touch, or have nothing but white space between them."""
    found: list[Span] = []
    for start, end in spans:
        if found and not text[found[-1][1] : start].strip():
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
