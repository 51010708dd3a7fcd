"""The token ids of all reviews of a source: tokenized once, while training already runs, kept beside the reviews.

A store holds the ids of whole reviews without special tokens, so that another `max_length` or truncation needs no new
tokenizing. It is a folder in that of the reviews, named by the hash of the tokenizer:

    ids.bin         the ids of all reviews end to end, as they arrived (uint16 where the vocabulary allows, else uint32)
    starts.npy      [N] int64, where in ids.bin each review begins, in tokens
    counts.npy      [N] int32, how many tokens it has
    manifest.json   what was tokenized by what, and the sizes of the other files

core/data/stores.py says how it comes to be whole or not there, and how long it is kept.
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
"""Reviews that become ready together."""
_CHARACTERS = 1 << 20
"""Text that is encoded at once: the memory that encoding takes is bounded, whatever the length of the reviews."""
_EXIT_SECONDS = 5.0
"""How long a process that ends waits for the tokenizer."""


class TokenStore:
    """The token ids of N reviews, memory-mapped; while it is being filled, of those that are ready.

    May be read by any thread.
    """

    def __init__(self, ids: np.ndarray, starts: np.ndarray, counts: np.ndarray, *, complete: bool) -> None:
        self._ids, self._starts = ids, starts
        self.counts = counts
        """[N] int32 tokens of each review, uncut, without special tokens; only of rows that are ready."""
        self._ready = np.full(len(counts), complete)  # [N] bool
        self._missing = 0 if complete else len(counts)
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, row: int) -> np.ndarray:
        """[L] ids of one review; waits until it is tokenized."""
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
        """Wait until all of `rows` are tokenized.

        Raises:
            Exception: what ended the tokenizing before it came to these rows.
        """
        if self.complete:
            return
        with self._changed:
            self._changed.wait_for(lambda: self._error is not None or bool(self._ready[rows].all()))
            if self._error is not None and not self._ready[rows].all():
                raise self._error

    def lengths(self, rows: np.ndarray, special_tokens: SpecialTokens) -> np.ndarray:
        """[n] int64 tokens that each of `rows` [n] has, once cut and framed; waits until they are tokenized."""
        self.wait(rows)
        lengths: np.ndarray = special_tokens.length(self.counts[rows].astype(np.int64))
        return lengths

    def finish(self) -> None:
        """Wait until all is tokenized and the store is in the cache.

        Raises:
            Exception: what ended the work before, be it the tokenizing or the writing.
        """
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def close(self, patience: float | None = None) -> None:
        """Stop tokenizing in the background. Nothing half done is left on disk; what is ready stays readable.

        Args:
            patience: seconds to wait for what is being encoded just now; None for as long as it takes.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(patience)

    def _start(self, fill: Callable[[], None]) -> None:
        """Run `fill`, which fills this store, in a thread of its own."""

        def work() -> None:
            try:
                fill()
            except BaseException as error:  # whoever waits for the rest must hear of it
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
        """Make `rows` [n] ready, whose `counts` [n] ids begin at `starts` [n] of `ids`, all ids so far."""
        with self._changed:
            self._ids = ids
            self._starts[rows], self.counts[rows] = starts, counts
            self._ready[rows] = True
            self._missing -= len(rows)
            self._changed.notify_all()

    def _check_stop(self, fraction: float = 0.0) -> None:
        """Raises where `close` was called; but what is all tokenized is worth writing down."""
        if self._stopping.is_set() and not self.complete:
            raise RuntimeError("The token store was closed before all reviews were tokenized.")


def tokenize(reviews: Reviews, tokenizer: Any, progress: Callable[[float], None] | None = None) -> TokenStore:
    """The token store of `reviews`, whole: from the cache where this tokenizer has been here before.

    Args:
        progress: told the share that is done, 0 to 1; what it raises ends the work.
    """
    place = _place(reviews, tokenizer)
    store = place.open(lambda folder: _read(folder, place.described["ids"]))
    if store is None:
        store = _empty_store(len(reviews))
        chunks = _chunks((), len(reviews))
        _fill(store, place, reviews, tokenizer, chunks, progress or (lambda fraction: None))
    return store


def tokenize_ahead(reviews: Reviews, tokenizer: Any, order: Iterable[np.ndarray]) -> TokenStore:
    """The token store of `reviews`, filled in the background; whole at once where it is in the cache.

    Args:
        order: arrays of rows in the order in which they will be asked for; all other rows follow in file order.
            Read by the background thread as it goes.
    """
    place = _place(reviews, tokenizer)
    store = place.open(lambda folder: _read(folder, place.described["ids"]))
    if store is None:
        store = filling = _empty_store(len(reviews))
        own = copy.deepcopy(tokenizer)  # a call that pads or cuts changes the tokenizer, for its other users too
        chunks = _chunks(order, len(reviews))
        store._start(lambda: _fill(filling, place, reviews, own, chunks, filling._check_stop))
    return store


def _place(reviews: Reviews, tokenizer: Any) -> Place:
    """Where the store of `reviews` is, or will be."""
    sha256 = tokenizer_sha256(tokenizer)
    described = {
        "reviews": len(reviews),
        "data": reviews.report.data_hash,
        "tokenizer": sha256,
        "ids": "uint16" if len(tokenizer) <= 1 << 16 else "uint32",
    }
    return Place(reviews.folder / f"tokens-{sha256[:16]}", (IDS, STARTS, COUNTS), described)


def _empty_store(count: int) -> TokenStore:
    """A store of `count` reviews, none of which is ready."""
    nothing = np.zeros(0, dtype=np.uint16)
    return TokenStore(nothing, np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int32), complete=False)


def _read(folder: Path, dtype: str) -> TokenStore:
    """The store in `folder`, memory-mapped."""
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
    """Tokenize chunk by chunk into what becomes the store on disk."""
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
    """Rows 0 to `count`, each once: `order`, then the others in file order, about `_CHUNK` at a time.

    The first array of `order` waits for no other: it is what the first step of training needs.
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
    """The texts of `rows` [n], which ascend."""
    first, last = int(rows[0]), int(rows[-1])
    return reviews.texts(range(first, last + 1) if last - first + 1 == len(rows) else rows)


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """`texts` in parts of about `_CHARACTERS` characters."""
    start = size = 0
    for end, text in enumerate(texts, start=1):
        size += len(text)
        if size >= _CHARACTERS or end == len(texts):
            yield texts[start:end]
            start, size = end, 0
