"""What a tokenizer does not know: where it is in a review, and what that costs a model that learns from many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from itertools import chain
from typing import Any

import numpy as np

from core.base.text import clean_line
from core.data.length_report import Unknown, UnknownReport
from core.data.tokens import encode_with_spans, special_tokens_of
from core.data.truncation import MOST_PLACES, Span, TokenPlaces, joined
from core.reviews.reading import Reviews

_SAMPLED_FOR_EXAMPLES = 200
_EXAMPLES = 8
_EXAMPLE_CHARACTERS = 20


def find_tokens(tokenizer: Any, texts: Sequence[str]) -> tuple[TokenPlaces, ...]:
    """Return where the tokens of whole texts are, and which of them stand for something unknown."""
    frame = special_tokens_of(tokenizer, 1 << 30, "head")
    special, unknown = len(frame.before) + len(frame.after), unknown_id(tokenizer)
    return tuple(
        token_places(one, text, special, unknown)
        for one, text in zip(encode_with_spans(tokenizer, texts), texts, strict=True)
    )


def token_places(
    encoded: tuple[Sequence[int], Sequence[Span]], text: str, special: int, unknown: int | None
) -> TokenPlaces:
    """Return where the tokens of a text are.

    Args:
        encoded: Its ids, and where each of them is, as `encode_with_spans` returns them.
        text: The text.
        special: Special tokens that the model adds to every text.
        unknown: The id that stands for everything unknown, if there is one.
    """
    ids, offsets = encoded
    starts = np.maximum.accumulate(np.fromiter(chain((0,), (start for start, _ in offsets)), dtype=np.int64))[1:]
    spans = [span for one, span in zip(ids, offsets, strict=True) if one == unknown]
    return TokenPlaces(
        count=len(ids),
        special=special,
        first=tuple(starts[:MOST_PLACES].tolist()),
        last=tuple(starts[-MOST_PLACES:].tolist()),
        unknown=tuple(joined(spans, text)[:MOST_PLACES]),
        unknown_count=len(spans),
    )


def unknown_id(tokenizer: Any) -> int | None:
    """Return the id that stands for everything unknown; None if the tokenizer knows every text, byte by byte."""
    found = getattr(tokenizer, "unk_token_id", None)
    return None if found is None else int(found)


class UnknownCounter:
    """Counts what is unknown in many reviews, while their tokens pass by."""

    def __init__(self, unknown: int | None) -> None:
        self._unknown = unknown
        self._tokens: list[int] = []
        self._counts: list[int] = []
        self._inputs: dict[bytes, list[int]] = {}
        """Hash of the ids of a review with something unknown → places of the reviews with these ids."""

    def add(self, encoded: Sequence[Sequence[int]]) -> None:
        """Count the ids of some reviews."""
        for ids in encoded:
            found = ids.count(self._unknown) if self._unknown is not None else 0
            if found or not ids:
                digest = blake2b(np.asarray(ids, dtype=np.int32).tobytes(), digest_size=16).digest()
                self._inputs.setdefault(digest, []).append(len(self._tokens))
            self._tokens.append(len(ids))
            self._counts.append(found)

    def report(self, reviews: Reviews, rows: np.ndarray, tokenizer: Any) -> UnknownReport:
        """Return what was found in the reviews at `rows`, which were added in this order."""
        tokens, unknown = (np.array(counts, dtype=np.int64) for counts in (self._tokens, self._counts))
        labels, hashes = reviews.labels[rows], reviews.hashes[rows]
        alike = conflicting = 0
        for places in self._inputs.values():
            if len(set(hashes[places].tolist())) > 1:
                alike += len(places)
                conflicting += len(places) if len(set(labels[places].tolist())) > 1 else 0
        some = np.flatnonzero(unknown)
        chosen = some[np.unique(np.linspace(0, len(some) - 1, min(len(some), _SAMPLED_FOR_EXAMPLES)).astype(np.int64))]
        whole = _unknown(tokens, unknown)
        return UnknownReport(
            tokens=whole.tokens,
            reviews=whole.reviews,
            only=whole.only,
            by_class={
                name: _unknown(tokens[labels == index], unknown[labels == index])
                for index, name in enumerate(reviews.label_names)
                if (labels == index).any()
            },
            alike=alike,
            alike_labelled_differently=conflicting,
            examples=_examples(tokenizer, reviews.texts(rows[chosen])) if len(chosen) else (),
        )


def _unknown(tokens: np.ndarray, unknown: np.ndarray) -> Unknown:
    total = int(tokens.sum())
    return Unknown(
        tokens=float(unknown.sum() / total) if total else 0.0,
        reviews=int((unknown > 0).sum()),
        only=int((unknown == tokens).sum()),
    )


def _examples(tokenizer: Any, texts: Sequence[str]) -> tuple[str, ...]:
    """Return what is unknown most often in `texts`."""
    found: Counter[str] = Counter()
    for places, text in zip(find_tokens(tokenizer, texts), texts, strict=True):
        found.update(clean_line(text[start:end], _EXAMPLE_CHARACTERS) for start, end in places.unknown)
    return tuple(part for part, _ in found.most_common(_EXAMPLES) if part)
