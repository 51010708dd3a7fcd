"""Reviews as token ids: tokenized once, kept on disk beside the reviews, cut and padded when a batch is made.

The store holds the ids of whole reviews without special tokens, so that another `max_length` or truncation needs no
new tokenizing. It is two files: the ids of all reviews end to end (uint16 where the vocabulary allows, else uint32)
and the offsets at which each review begins. Both are memory-mapped.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.files import private_folder, sync_folder
from core.reviews.reading import Reviews

_CHUNK = 1024
_MULTIPLE = 8
"""Batches are padded to a multiple of so many tokens: every new shape costs the kernels a cold start."""


@dataclass(frozen=True)
class Frame:
    """The special tokens around a review, and how a review that does not fit between them is cut."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    padding: int
    max_length: int
    truncation: str

    @property
    def room(self) -> int:
        """Tokens of the review itself that fit."""
        return max(self.max_length - len(self.before) - len(self.after), 0)

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """The ids that are read: all, the head, the tail, or a quarter of the room from the head and the rest tail."""
        if len(ids) <= self.room:
            return ids
        if self.truncation == "tail":
            return ids[len(ids) - self.room :]
        if self.truncation == "head+tail":
            head = self.room // 4
            return np.concatenate([ids[:head], ids[len(ids) - (self.room - head) :]])
        return ids[: self.room]

    def length(self, count: int | np.ndarray) -> Any:
        """Tokens of a review of `count` ids, once cut and framed."""
        return np.minimum(count, self.room) + len(self.before) + len(self.after)


def frame_of(tokenizer: Any, max_length: int, truncation: str) -> Frame:
    """What `tokenizer` puts around a text."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    framed = tokenizer("a")["input_ids"]
    start = next(i for i in range(len(framed)) if framed[i : i + len(bare)] == bare)
    before, after = tuple(framed[:start]), tuple(framed[start + len(bare) :])
    return Frame(before, after, int(tokenizer.pad_token_id), max_length, truncation)


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of whole texts, without special tokens and uncut."""
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


class TokenStore:
    """The token ids of N reviews, memory-mapped."""

    def __init__(self, folder: Path) -> None:
        self._ids = np.load(folder / "ids.npy", mmap_mode="r")
        self._offsets = np.load(folder / "offsets.npy", mmap_mode="r")
        self.counts: np.ndarray = np.diff(self._offsets)
        """[N] tokens of each review, uncut, without special tokens."""

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, row: int) -> np.ndarray:
        """[L] ids of one review."""
        ids: np.ndarray = self._ids[self._offsets[row] : self._offsets[row + 1]]
        return ids


def tokenize(reviews: Reviews, tokenizer: Any, progress: Callable[[float], None] | None = None) -> TokenStore:
    """The token store of `reviews`, from the cache beside them where this tokenizer has been here before.

    Args:
        progress: told the share that is done, 0 to 1.
    """
    folder = reviews.folder / f"tokens-{tokenizer_sha256(tokenizer)[:16]}"
    if not folder.is_dir():
        _write_store(folder, reviews, tokenizer, progress)
    return TokenStore(folder)


def tokenizer_sha256(tokenizer: Any) -> str:
    """Hash of what a tokenizer does: its whole definition, and its class; padding and cutting are left out."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    state.pop("truncation", None)
    state.pop("padding", None)
    words = json.dumps([type(tokenizer).__name__, state], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()


def _write_store(folder: Path, reviews: Reviews, tokenizer: Any, progress: Callable[[float], None] | None) -> None:
    """Tokenize into a folder beside, then rename: a store is whole or not there."""
    dtype = np.uint16 if len(tokenizer) <= 1 << 16 else np.uint32
    beside = private_folder(folder.with_name(f".{folder.name}.{secrets.token_hex(4)}"))
    try:
        offsets = np.zeros(len(reviews) + 1, dtype=np.int64)
        raw = beside / "ids.raw"
        done = 0
        with raw.open("wb") as file:
            for texts in reviews.batches(_CHUNK):
                for ids in encode(tokenizer, texts):
                    file.write(np.asarray(ids, dtype=dtype).tobytes())
                    offsets[done + 1] = offsets[done] + len(ids)
                    done += 1
                if progress is not None:
                    progress(done / max(len(reviews), 1))
        total = int(offsets[-1])
        ids_file = np.lib.format.open_memmap(beside / "ids.npy", mode="w+", dtype=dtype, shape=(max(total, 1),))
        if total:
            source = np.memmap(raw, dtype=dtype, mode="r")
            for start in range(0, total, 1 << 22):
                ids_file[start : start + (1 << 22)] = source[start : start + (1 << 22)]
            del source
        ids_file.flush()
        del ids_file
        raw.unlink()
        np.save(beside / "offsets.npy", offsets)
        for file_path in beside.iterdir():
            file_path.chmod(0o600)
        try:
            beside.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster, with the same content
                raise
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def collate(sequences: Iterable[np.ndarray | Sequence[int]], frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """Cut, frame and pad reviews to the longest of them, rounded up to a multiple of eight tokens.

    Returns:
        input_ids [B, L] int64 and attention_mask [B, L] int64 (1 for tokens, 0 for padding).
    """
    cut = [frame.cut(np.asarray(ids)) for ids in sequences]
    longest = max(len(ids) for ids in cut) + len(frame.before) + len(frame.after)
    longest = min(-(-longest // _MULTIPLE) * _MULTIPLE, max(frame.max_length, longest))
    input_ids = np.full((len(cut), longest), frame.padding, dtype=np.int64)
    mask = np.zeros((len(cut), longest), dtype=np.int64)
    for row, ids in enumerate(cut):
        whole = (*frame.before, *ids.tolist(), *frame.after)
        input_ids[row, : len(whole)] = whole
        mask[row, : len(whole)] = 1
    return input_ids, mask


def cpu_threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
