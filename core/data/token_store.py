"""The token ids of all reviews of a source, computed once and stored next to the reviews.

A store holds the ids of whole reviews without special tokens, so that it serves any `max_length` and truncation. It is
a folder next to the stored reviews, named by the hash of the tokenizer:

    ids.bin         the ids of all reviews, one after the other (uint16 if the vocabulary allows, otherwise uint32)
    starts.npy      [N] int64, where each review begins in ids.bin, in tokens
    counts.npy      [N] int32, tokens of each review
    manifest.json   data, tokenizer, and the sizes of the other files

`core/data/tokenization.py` fills it; `core/data/stores.py` explains how stores are written and how long they are kept.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from core.data.stores import mapped
from core.data.tokens import SpecialTokens

IDS, STARTS, COUNTS = "ids.bin", "starts.npy", "counts.npy"
_EXIT_SECONDS = 5.0
"""How long an exiting process waits for the tokenizer thread."""


class TokenStore:
    """The token ids of N reviews, memory-mapped. While it is being filled, reading blocks until a review is ready.

    Any thread may read it.
    """

    def __init__(self, ids: np.ndarray, starts: np.ndarray, counts: np.ndarray, *, complete: bool) -> None:
        self._ids = ids
        self.starts = starts
        """[N] int64, where in all ids those of each review begin; only of rows that are ready."""
        self.counts = counts
        """[N] int32 tokens of each review, not truncated, without special tokens; valid for rows that are ready."""
        self._ready = np.full(len(counts), complete)  # [N] bool
        self._missing = 0 if complete else len(counts)
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._waiting = 0
        """Threads that wait for rows."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, row: int) -> np.ndarray:
        """Return the ids [L] of one review; blocks until it is tokenized."""
        if not self._ready[row]:
            self.wait(np.array([row]))
        start = int(self.starts[row])
        ids: np.ndarray = self._ids[start : start + int(self.counts[row])]
        return ids

    @property
    def share(self) -> float:
        """The share of reviews that are tokenized."""
        return 1 - self._missing / len(self.counts) if len(self.counts) else 1.0

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
        with self._awaited(), self._changed:
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
        with self._awaited():
            if self._thread is not None:
                self._thread.join()
        if self._error is not None:
            raise self._error

    def close(self, patience: float | None = None) -> None:
        """Stop tokenizing in the background. Nothing incomplete is left on disk; what is ready stays readable.

        Args:
            patience: Seconds to wait for the chunk being encoded; None for no limit.
        """
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(patience)

    def start(self, fill: Callable[[], None]) -> None:
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

    def add(self, rows: np.ndarray, starts: np.ndarray, counts: np.ndarray, ids: np.ndarray) -> None:
        """Mark `rows` [n] as ready: their `counts` [n] ids begin at `starts` [n] of `ids`, all ids so far."""
        with self._changed:
            self._ids = ids
            self.starts[rows], self.counts[rows] = starts, counts
            self._ready[rows] = True
            self._missing -= len(rows)
            self._changed.notify_all()

    @contextmanager
    def _awaited(self) -> Iterator[None]:
        """Suspend `rest` while somebody waits for rows."""
        with self._changed:
            self._waiting += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._waiting -= 1

    def rest(self, seconds: float) -> None:
        """Pause for `seconds`, so that training has the processors, unless somebody waits for rows."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._stopping.is_set(), seconds)

    def check_stop(self, fraction: float = 0.0) -> None:
        """Raise if `close` was called, unless all reviews are tokenized: then writing the store is worth it."""
        if self._stopping.is_set() and not self.complete:
            raise RuntimeError("The token store was closed before all reviews were tokenized.")


def empty_store(count: int) -> TokenStore:
    """Return a store of `count` reviews, none of them ready."""
    nothing = np.zeros(0, dtype=np.uint16)
    return TokenStore(nothing, np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int32), complete=False)


def read_store(folder: Path, dtype: str) -> TokenStore:
    """Memory-map the store in `folder`."""
    starts, counts = (np.asarray(np.load(folder / name, mmap_mode="r")) for name in (STARTS, COUNTS))
    with (folder / IDS).open("rb") as file:
        return TokenStore(mapped(file, dtype), starts, counts, complete=True)
