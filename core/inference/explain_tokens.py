"""A review as a model reads it, and the same without some of its words.

Words are taken away among the tokens, never in the text: a text without a word would be tokenized anew, its other
tokens might become others, and what a limit cut off might be read. A masked word has a mask for each of its tokens, so
the places of the others stay as they are.

Shapes: n is the tokens that the model reads, special tokens left out.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.tokens import SpecialTokens, encode, encode_with_spans
from core.data.truncation import Span, kept_tokens, lost_characters
from core.data.unknown import token_places
from core.inference.explain_words import sentence_spans, word_spans


@dataclass(frozen=True)
class ReadPart:
    """A word or a sentence that the model reads."""

    start: int
    end: int
    """Where it is in the review, in characters."""
    tokens: np.ndarray
    """Its tokens, from 0 to n - 1, ascending: never none."""


@dataclass(frozen=True)
class ReadReview:
    """A review as a model reads it."""

    ids: np.ndarray
    """[n] token ids."""
    words: tuple[ReadPart, ...]
    sentences: tuple[ReadPart, ...]
    not_read: Span | None
    """The part beyond the limit, in characters."""
    mask: int | None
    """Id of the mask; None if the tokenizer has none."""

    def masked(self, tokens: np.ndarray) -> np.ndarray:
        """Return [n] ids with some tokens masked; deleted, if there is no mask."""
        if self.mask is None:
            return self.deleted(tokens)
        ids = self.ids.copy()
        ids[tokens] = self.mask
        return ids

    def deleted(self, tokens: np.ndarray) -> np.ndarray:
        """Return the ids without some tokens."""
        return np.delete(self.ids, tokens)

    def others(self, tokens: np.ndarray) -> np.ndarray:
        """Return all tokens but some: those to take away if only these are kept."""
        return np.delete(np.arange(len(self.ids)), tokens)


def tokens_of(parts: Iterable[ReadPart]) -> np.ndarray:
    """Return the tokens of some parts, ascending."""
    found = [part.tokens for part in parts]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def read_review(tokenizer: Any, special_tokens: SpecialTokens, review: str) -> ReadReview:
    """Return a review as a model with this tokenizer and this limit reads it."""
    ((ids, spans),) = encode_with_spans(tokenizer, [review])
    kept = kept_tokens(len(ids), special_tokens.room, special_tokens.truncation)
    read = np.concatenate([np.arange(start, end) for start, end in kept])
    places = [spans[token] for token in read]
    words = _read_parts(word_spans(review), places)
    frame = len(special_tokens.before) + len(special_tokens.after)
    everywhere = token_places((ids, spans), review, frame, None)
    not_read = lost_characters(everywhere, len(review), special_tokens.max_length, special_tokens.truncation)
    read_words = [(word.start, word.end) for word in words]
    sentences = sentence_spans(review, read_words, not_read[0] if not_read is not None else None)
    return ReadReview(
        ids=np.asarray(ids, dtype=np.int64)[read],
        words=words,
        sentences=_read_parts(sentences, places),
        not_read=not_read,
        mask=_mask_id(tokenizer),
    )


def _read_parts(spans: Sequence[Span], places: Sequence[Span]) -> tuple[ReadPart, ...]:
    """Return the parts of a review at `spans` that have tokens among those at `places`.

    Parts that share a token, such as emoji that a tokenizer takes for one word, become one: they cannot be told apart.
    """
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    one_with_next = [False] * len(spans)
    tokens: list[list[int]] = [[] for _ in spans]
    for token, (start, end) in enumerate(places):
        first, last = bisect_right(ends, start), bisect_left(starts, end) - 1
        if start < end and first <= last:
            tokens[first].append(token)
            one_with_next[first:last] = [True] * (last - first)
    found: list[ReadPart] = []
    begin = 0
    for number, joined in enumerate(one_with_next):
        if not joined:
            own = np.array(sorted(token for some in tokens[begin : number + 1] for token in some), dtype=np.int64)
            if len(own):
                found.append(ReadPart(starts[begin], ends[number], own))
            begin = number + 1
    return tuple(found)


def _mask_id(tokenizer: Any) -> int | None:
    mask = getattr(tokenizer, "mask_token", None)
    if not mask:
        return None
    (ids,) = encode(tokenizer, [mask])
    return ids[0] if len(ids) == 1 else None
