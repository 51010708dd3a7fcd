"""The token ids of all reviews of a source, computed once, in the background while training runs, and stored on disk.

A store holds the ids of whole reviews without special tokens, so that it serves any `max_length` and truncation. It is
a folder beside the stored reviews, named by the hash of the tokenizer:

    ids.bin         the ids of all reviews, one after the other (uint16 if the vocabulary allows, otherwise uint32)
    starts.npy      [N] int64, where each review begins in ids.bin, in tokens
    counts.npy      [N] int32, tokens of each review
    manifest.json   data, tokenizer, and the sizes of the other files

core/data/stores.py explains how stores are written and how long they are kept.
"""

from __future__ import annotations

import atexit
import copy
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from core.base.files import private_folder
from core.data.stores import Place, make_room, mapped, new_file, write_file
from core.data.tokens import SpecialTokens, encode, tokenizer_sha256
from core.reviews.reading import Reviews

IDS, STARTS, COUNTS = "ids.bin", "starts.npy", "counts.npy"
_CHUNK = 1024
"""Reviews per chunk; the reviews of a chunk become ready together."""
_CHARACTERS = 1 << 20
"""Characters encoded per call, which bounds the memory of encoding for any length of reviews."""
_EXIT_SECONDS = 5.0
"""How long an exiting process waits for the tokenizer thread."""


class TokenStore:
    """The token ids of N reviews, memory-mapped. While it is being filled, reading blocks until a review is ready.

    Any thread may read it.
    """

    def __init__(self, ids: np.ndarray, starts: np.ndarray, counts: np.ndarray, *, complete: bool) -> None:
        self._ids, self._starts = ids, starts
        self.counts = counts
        """[N] int32 tokens of each review, not truncated, without special tokens; valid for rows that are ready."""
        self._ready = np.full(len(counts), complete)  # [N] bool
        self._missing = 0 if complete else len(counts)
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, row: int) -> np.ndarray:
        """Return the ids [L] of one review; blocks until it is tokenized."""
        if not self._ready[row]:
            self.wait(np.array([row]))
        start = int(self._starts[row])
        ids: np.ndarray = self._ids[start : start + int(self.counts[row])]
        return ids

    @property
    def complete(self) -> bool:
        """Whether every review is tokenized."""
        return not self._missing

    def wait(self, rows: np.ndarray) -> None:
        """Block until all of `rows` are tokenized.

        Raises:
            Exception: The error that ended tokenization before these rows.
        """
        if self.complete:
            return
        with self._changed:
            self._changed.wait_for(lambda: self._error is not None or bool(self._ready[rows].all()))
            if self._error is not None and not self._ready[rows].all():
                raise self._error

    def lengths(self, rows: np.ndarray, special_tokens: SpecialTokens) -> np.ndarray:
        """Return the int64 tokens [n] of `rows` [n], truncated and with special tokens; blocks until all are ready."""
        self.wait(rows)
        lengths: np.ndarray = special_tokens.length(self.counts[rows].astype(np.int64))
        return lengths

    def finish(self) -> None:
        """Block until all reviews are tokenized and the store is on disk.

        Raises:
            Exception: The error that ended tokenization or writing.
        """
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def close(self, patience: float | None = None) -> None:
        """Stop tokenizing in the background. Nothing incomplete is left on disk; what is ready stays readable.

        Args:
            patience: seconds to wait for the chunk being encoded; None for no limit.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(patience)

    def _start(self, fill: Callable[[], None]) -> None:
        """Run `fill`, which fills this store, in a thread."""

        def work() -> None:
            try:
                fill()
            except BaseException as error:  # raised in whoever waits for the other rows
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
            finally:
                atexit.unregister(at_exit)

        def at_exit() -> None:
            self.close(_EXIT_SECONDS)

        # A daemon: a tokenizer that never returns must not keep the process from ending.
        self._thread = threading.Thread(target=work, name="tokenizer", daemon=True)
        atexit.register(at_exit)
        self._thread.start()

    def _add(self, rows: np.ndarray, starts: np.ndarray, counts: np.ndarray, ids: np.ndarray) -> None:
        """Mark `rows` [n] as ready: their `counts` [n] ids begin at `starts` [n] of `ids`, all ids so far."""
        with self._changed:
            self._ids = ids
            self._starts[rows], self.counts[rows] = starts, counts
            self._ready[rows] = True
            self._missing -= len(rows)
            self._changed.notify_all()

    def _check_stop(self, fraction: float = 0.0) -> None:
        """Raise if `close` was called, unless all reviews are tokenized: then writing the store is worth it."""
        if self._stopping.is_set() and not self.complete:
            raise RuntimeError("The token store was closed before all reviews were tokenized.")


def tokenize(reviews: Reviews, tokenizer: Any, progress: Callable[[float], None] | None = None) -> TokenStore:
    """Return the complete token store of `reviews`, from disk if it is there.

    Args:
        progress: called with the fraction done, 0 to 1; an exception it raises ends the work.
    """
    place = _place(reviews, tokenizer)
    store = place.open(lambda folder: _read(folder, place.described["ids"]))
    if store is None:
        store = _empty_store(len(reviews))
        chunks = _chunks((), len(reviews))
        _fill(store, place, reviews, tokenizer, chunks, progress or (lambda fraction: None))
    return store


def tokenize_ahead(reviews: Reviews, tokenizer: Any, order: Iterable[np.ndarray]) -> TokenStore:
    """Return the token store of `reviews`, filled in the background unless it is on disk.

    Args:
        order: arrays of rows, in the order in which they will be needed; all other rows follow in file order. The
            background thread iterates over it.
    """
    place = _place(reviews, tokenizer)
    store = place.open(lambda folder: _read(folder, place.described["ids"]))
    if store is None:
        store = filling = _empty_store(len(reviews))
        own = copy.deepcopy(tokenizer)  # calls that pad or truncate change a tokenizer for all its users
        chunks = _chunks(order, len(reviews))
        store._start(lambda: _fill(filling, place, reviews, own, chunks, filling._check_stop))
    return store


def _place(reviews: Reviews, tokenizer: Any) -> Place:
    """Return the place of the store of `reviews`."""
    sha256 = tokenizer_sha256(tokenizer)
    described = {
        "reviews": len(reviews),
        "data": reviews.report.data_hash,
        "tokenizer": sha256,
        "ids": "uint16" if len(tokenizer) <= 1 << 16 else "uint32",
    }
    return Place(reviews.folder / f"tokens-{sha256[:16]}", (IDS, STARTS, COUNTS), described)


def _empty_store(count: int) -> TokenStore:
    """Return a store of `count` reviews, none of them ready."""
    nothing = np.zeros(0, dtype=np.uint16)
    return TokenStore(nothing, np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int32), complete=False)


def _read(folder: Path, dtype: str) -> TokenStore:
    """Memory-map the store in `folder`."""
    starts, counts = (np.asarray(np.load(folder / name, mmap_mode="r")) for name in (STARTS, COUNTS))
    with (folder / IDS).open("rb") as file:
        return TokenStore(mapped(file, dtype), starts, counts, complete=True)


def _fill(
    store: TokenStore,
    place: Place,
    reviews: Reviews,
    tokenizer: Any,
    chunks: Iterable[np.ndarray],
    progress: Callable[[float], None],
) -> None:
    """Tokenize chunk by chunk, into `store` and into the files on disk."""
    dtype = place.described["ids"]
    make_room(private_folder(place.folder.parent))
    with place.writing() as folder:
        with new_file(folder / IDS) as file:
            end = 0
            for rows in chunks:
                counts: list[int] = []
                for texts in _parts(_texts(reviews, rows)):
                    ids = encode(tokenizer, texts)
                    counts += map(len, ids)
                    file.write(np.fromiter(chain.from_iterable(ids), dtype=dtype).data)
                    progress(1 - store._missing / len(reviews))
                file.flush()
                ends = end + np.cumsum(counts, dtype=np.int64)
                store._add(rows, ends - counts, np.array(counts), mapped(file, dtype))
                end = int(ends[-1])
            progress(1.0)
            os.fsync(file.fileno())
        write_file(folder / STARTS, lambda file: np.save(file, store._starts))
        write_file(folder / COUNTS, lambda file: np.save(file, store.counts))


def _chunks(order: Iterable[np.ndarray], count: int) -> Iterator[np.ndarray]:
    """Yield rows 0 to `count`, each once: first `order`, then the others in file order, about `_CHUNK` at a time.

    The first array of `order` is not merged with others: the first training step waits for it.
    """
    taken = np.zeros(count, dtype=bool)
    held: list[np.ndarray] = []
    first = True
    for rows in order:
        for start in range(0, len(rows), _CHUNK):
            new = np.unique(rows[start : start + _CHUNK])
            held.append(new[~taken[new]])
            taken[new] = True
            if (first or sum(map(len, held)) >= _CHUNK // 2) and any(map(len, held)):
                yield np.sort(np.concatenate(held))
                held = []
        first = False
    if any(map(len, held)):
        yield np.sort(np.concatenate(held))
    others = np.flatnonzero(~taken)
    for start in range(0, len(others), _CHUNK):
        yield others[start : start + _CHUNK]


def _texts(reviews: Reviews, rows: np.ndarray) -> list[str]:
    """Return the texts of ascending `rows` [n]."""
    first, last = int(rows[0]), int(rows[-1])
    return reviews.texts(range(first, last + 1) if last - first + 1 == len(rows) else rows)


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Split `texts` into parts of about `_CHARACTERS` characters."""
    start = size = 0
    for end, text in enumerate(texts, start=1):
        size += len(text)
        if size >= _CHARACTERS or end == len(texts):
            yield texts[start:end]
            start, size = end, 0
