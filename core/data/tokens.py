"""Reviews as token ids: encoding, truncation, special tokens, and padding to a batch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from core.base.errors import InputError
from core.data.truncation import Span, kept_tokens
from core.models.plain_tokenizer import PlainTokenizer

_HASHES: WeakKeyDictionary[PlainTokenizer, str] = WeakKeyDictionary()
"""Hashes of tokenizers that cannot change: a definition has megabytes, and a run asks three times."""


@dataclass(frozen=True)
class SpecialTokens:
    """The special tokens around a review, and how a review that does not fit between them is truncated."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    padding: int
    max_length: int
    truncation: str

    @property
    def room(self) -> int:
        """Tokens of the review itself that fit between the special tokens."""
        return max(self.max_length - len(self.before) - len(self.after), 0)

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """Truncate to the head, the tail, or a quarter of the room from the head and the rest from the tail."""
        parts = kept_tokens(len(ids), self.room, self.truncation)
        if len(parts) == 1:
            return ids[parts[0][0] : parts[0][1]]
        return np.concatenate([ids[start:end] for start, end in parts])

    def encode(self, ids: np.ndarray) -> np.ndarray:
        """Return [L] int64 ids as the model reads them: truncated, with special tokens."""
        cut = self.cut(ids)
        begin, end = len(self.before), len(self.before) + len(cut)
        whole = np.empty(end + len(self.after), dtype=np.int64)
        whole[:begin], whole[begin:end], whole[end:] = self.before, cut, self.after
        return whole

    def length(self, count: int | np.ndarray) -> Any:
        """Return the tokens of a review of `count` ids, truncated and with special tokens."""
        return np.minimum(count, self.room) + len(self.before) + len(self.after)


def special_tokens_of(tokenizer: Any, max_length: int, truncation: str) -> SpecialTokens:
    """Return the special tokens that `tokenizer` adds to a text.

    Raises:
        InputError: The tokenizer does more than add tokens before and after the text.
    """
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    framed = tokenizer("a")["input_ids"]
    start = next((i for i in range(len(framed)) if framed[i : i + len(bare)] == bare), None)
    if start is None:
        raise InputError("The model's tokenizer changes the text when it adds special tokens; it cannot be used here.")
    before, after = tuple(framed[:start]), tuple(framed[start + len(bare) :])
    return SpecialTokens(before, after, int(tokenizer.pad_token_id), max_length, truncation)


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of whole texts, without special tokens and not truncated."""
    encoded = tokenizer(
        list(texts),
        add_special_tokens=False,
        truncation=False,
        padding=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )
    ids: list[list[int]] = encoded["input_ids"]
    return ids


def encode_with_spans(tokenizer: Any, texts: Sequence[str]) -> list[tuple[Sequence[int], Sequence[Span]]]:
    """Return the token ids of whole texts, and for each the characters of the text that it stands for."""
    # Text typed with bytes that are not UTF-8 contains surrogates, which the tokenizer rejects.
    valid = [text.encode("utf-8", "replace").decode() for text in texts]
    if isinstance(tokenizer, PlainTokenizer):
        found = tokenizer.backend_tokenizer.encode_batch(valid, add_special_tokens=False)
        return [(one.ids, one.offsets) for one in found]
    encoded = tokenizer(
        valid, add_special_tokens=False, truncation=False, padding=False, return_offsets_mapping=True, verbose=False
    )
    return list(zip(encoded["input_ids"], encoded["offset_mapping"], strict=True))


def definition_of(tokenizer: Any) -> str:
    """Return the definition of a tokenizer as JSON, without its padding and truncation."""
    return json.dumps(_definition(tokenizer))


def tokenizer_sha256(tokenizer: Any) -> str:
    """Return a hash of a tokenizer's definition and class, without its padding and truncation."""
    if (known := _HASHES.get(tokenizer)) is not None:
        return known
    definition = _definition(tokenizer)
    if getattr(tokenizer, "split_special_tokens", False):  # not part of the definition
        definition["split_special_tokens"] = True
    words = json.dumps([getattr(tokenizer, "kind", type(tokenizer).__name__), definition], sort_keys=True)
    sha256 = hashlib.sha256(words.encode()).hexdigest()
    if isinstance(tokenizer, PlainTokenizer):
        _HASHES[tokenizer] = sha256
    return sha256


def _definition(tokenizer: Any) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(tokenizer.backend_tokenizer.to_str())
    state.pop("truncation", None)
    state.pop("padding", None)
    return state


def collate(
    sequences: Iterable[np.ndarray | Sequence[int]], special_tokens: SpecialTokens, *, multiple: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Truncate reviews, add special tokens, and pad to the longest.

    Args:
        multiple: L is rounded up to a multiple of this, unless that exceeds `max_length`: kernels are compiled anew for
            each new shape.

    Returns:
        input_ids [B, L] int64 and attention_mask [B, L] int64 (1 for tokens, 0 for padding).
    """
    rows = [special_tokens.encode(np.asarray(ids)) for ids in sequences]
    longest = max(map(len, rows))
    longest = min(-(-longest // multiple) * multiple, max(special_tokens.max_length, longest))
    input_ids = np.full((len(rows), longest), special_tokens.padding, dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    for index, ids in enumerate(rows):
        input_ids[index, : len(ids)] = ids
        mask[index, : len(ids)] = 1
    return input_ids, mask
