"""Tokenizes all reviews of a source once, while training already runs.

The training process tokenizes the reviews of the first step. A separate process (core/data/tokenizer_process.py) does
the rest of a large source, and sleeps most of the time unless training waits for it.
"""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np

from core.base.files import private_folder
from core.data.encoding import write_ids
from core.data.stores import Place, make_room, mapped, new_file, write_file
from core.data.token_store import COUNTS, IDS, STARTS, TokenStore, empty_store, read_store
from core.data.tokenizer_process import TokenizerProcess, TokenizerProcessError
from core.data.tokens import encode, tokenizer_sha256
from core.reviews.reading import Reviews

_CHUNK = 1024
"""Reviews that become available together."""
_OWN_CHUNKS = 2
"""Chunks tokenized in this process: the first step needs them while the other process is still starting."""
_PROCESS_BYTES = 2 << 20
"""Minimum text that is worth the start of a process."""
_REST = 6.0
"""Seconds of rest per second of tokenizing, beside training on the CPU. Tokenizing with one seventh of the time is
still several times faster than training, and training keeps most of its speed."""


def tokenize(reviews: Reviews, tokenizer: Any, progress: Callable[[float], None] | None = None) -> TokenStore:
    """Return the complete token store of `reviews`, from the cache if it is there.

    Args:
        reviews: The reviews.
        tokenizer: The tokenizer of the model.
        progress: Called with the share done, 0 to 1; an exception from it ends the work.
    """
    place = _place(reviews, tokenizer)
    store = place.open(lambda folder: read_store(folder, place.described["ids"]))
    if store is None:
        store = empty_store(len(reviews))
        chunks = _chunks((), len(reviews))
        _fill(store, place, reviews, tokenizer, chunks, progress or (lambda fraction: None))
    return store


def tokenize_ahead(
    reviews: Reviews, tokenizer: Any, order: Iterable[np.ndarray], *, considerate: bool = True
) -> TokenStore:
    """Return a token store of `reviews` that fills in the background; it is complete at once if it is in the cache.

    Args:
        reviews: The reviews.
        tokenizer: The tokenizer of the model.
        order: Arrays of rows in the order in which training needs them; all other rows follow in file order. The
            background thread consumes it as it goes.
        considerate: Whether to leave most of the CPU to training, except while training waits for rows.
    """
    place = _place(reviews, tokenizer)
    store = place.open(lambda folder: read_store(folder, place.described["ids"]))
    if store is None:
        store = filling = empty_store(len(reviews))
        own = copy.deepcopy(tokenizer)  # a call with padding or truncation changes the tokenizer for all its users
        chunks = _chunks(order, len(reviews))
        rest = _REST if considerate else 0.0
        store.start(lambda: _fill(filling, place, reviews, own, chunks, filling.check_stop, rest))
    return store


def _place(reviews: Reviews, tokenizer: Any) -> Place:
    """Return where the token store of `reviews` is, or will be."""
    sha256 = tokenizer_sha256(tokenizer)
    described = {
        "reviews": len(reviews),
        "data": reviews.report.data_hash,
        "tokenizer": sha256,
        "ids": "uint16" if len(tokenizer) <= 1 << 16 else "uint32",
    }
    return Place(reviews.folder / f"tokens-{sha256[:16]}", (IDS, STARTS, COUNTS), described)


def _fill(
    store: TokenStore,
    place: Place,
    reviews: Reviews,
    tokenizer: Any,
    chunks: Iterable[np.ndarray],
    progress: Callable[[float], None],
    rest: float = 0.0,
) -> None:
    """Tokenize chunk by chunk, into `store` and its files.

    Args:
        rest: Seconds to rest after each chunk, per second that it took.
    """
    dtype = place.described["ids"]
    make_room(private_folder(place.folder.parent))
    with place.writing() as folder:
        with new_file(folder / IDS) as file, ExitStack() as stack:
            process = _process(stack, reviews, tokenizer, folder / IDS, dtype)
            end = 0

            def tell() -> None:
                progress(store.share)

            for number, rows in enumerate(chunks):
                began, counts = time.monotonic(), None
                if process is not None and number >= _OWN_CHUNKS:
                    try:
                        counts = process.write_ids(rows, tell)
                    except TokenizerProcessError:  # killed, for instance; this process does the rest
                        process = None
                        file.seek(end * np.dtype(dtype).itemsize)
                        file.truncate()
                if counts is None:
                    counts = write_ids(file, dtype, reviews, rows, lambda texts: encode(tokenizer, texts), tell)
                ends = end + np.cumsum(counts, dtype=np.int64)
                store.add(rows, ends - counts, counts, mapped(file, dtype))
                end = int(ends[-1])
                if number >= _OWN_CHUNKS and not store.complete:
                    store.rest(rest * (time.monotonic() - began))
            progress(1.0)
            os.fsync(file.fileno())
        write_file(folder / STARTS, lambda file: np.save(file, store.starts))
        write_file(folder / COUNTS, lambda file: np.save(file, store.counts))


def _process(stack: ExitStack, reviews: Reviews, tokenizer: Any, ids: Path, dtype: str) -> TokenizerProcess | None:
    """Start a process that tokenizes beside training until `stack` closes; return None if it is not worth its start."""
    if int(reviews.sizes().sum()) < _PROCESS_BYTES:
        return None
    with suppress(TokenizerProcessError):
        return stack.enter_context(TokenizerProcess(reviews, tokenizer, ids, dtype))
    return None


def _chunks(order: Iterable[np.ndarray], count: int) -> Iterator[np.ndarray]:
    """Yield each row from 0 to `count` once, about `_CHUNK` at a time: `order`, then the others in file order.

    The first array of `order` is not merged with the next: the first step of training needs it at once.
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
