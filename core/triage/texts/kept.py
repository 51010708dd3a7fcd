"""The words and near copies of a pile, kept by the hash of its data: `texts/<hash>/`, memory-mapped.

words.npy     [T] uint32, hashes of the words, text after text
starts.npy    [N + 1] int64, where the words of each text begin
groups.npy    [N] int32, for each row the first row of its group of near copies
"""

from __future__ import annotations

import io
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.base.files import home, private_folder, write_whole
from core.reviews.reading import Reviews
from core.reviews.store import load_array
from core.triage.texts.near_copies import near_copies
from core.triage.texts.words import Words, words_of

Array = np.ndarray[Any, Any]

_FORMAT = 1
_DIGITS = 16
_BATCH = 4096


@dataclass(frozen=True)
class TextFacts:
    """What is known of the N texts of a pile without a model."""

    words: Words
    groups: Array
    """[N] int32: for each row the representative of its group of near copies, which is the first of them."""

    @property
    def representatives(self) -> Array:
        """The rows that stand for their group, in the order of the file."""
        return np.flatnonzero(self.groups == np.arange(len(self.groups)))

    @property
    def copies(self) -> Array:
        """How many other rows each row's group has [N]."""
        copies: Array = (np.bincount(self.groups, minlength=len(self.groups)) - 1)[self.groups]
        return copies


def facts_of(reviews: Reviews, progress: Callable[[str, float | None], None] = lambda what, share: None) -> TextFacts:
    """Return what is known of the texts of reviews; it is found once, in a few seconds for 100,000.

    Raises:
        ReviewtuiError: It cannot be kept.
    """
    folder = home() / "texts" / f"{_FORMAT}-{reviews.report.data_hash[:_DIGITS]}"
    with suppress(OSError, ValueError):
        return _read(folder, len(reviews))
    found = _find(reviews, progress)
    _keep(folder, found)
    return found


def _find(reviews: Reviews, progress: Callable[[str, float | None], None]) -> TextFacts:
    rows = max(len(reviews), 1)

    def batches() -> Any:
        for number, texts in enumerate(reviews.batches(_BATCH)):
            yield texts
            progress("looking for near copies", min((number + 1) * _BATCH / rows, 1.0) * 0.5)

    words = words_of(batches())
    groups = near_copies(words, reviews.hashes)
    progress("looking for near copies", 1.0)
    return TextFacts(words, groups)


def _read(folder: Path, rows: int) -> TextFacts:
    hashes, starts, groups = (load_array(folder / f"{name}.npy") for name in ("words", "starts", "groups"))
    if not (len(starts) == rows + 1 and len(groups) == rows and starts[-1] == len(hashes)):
        raise ValueError("the files do not belong together")
    return TextFacts(Words(hashes, starts), groups)


def _keep(folder: Path, found: TextFacts) -> None:
    """Write the files in a folder of their own, then put it in its place, unless another process was faster."""
    half = private_folder(folder.with_name(f".{folder.name}.{secrets.token_hex(4)}"))
    try:
        arrays = {"words": found.words.hashes, "starts": found.words.starts, "groups": found.groups}
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            write_whole(half / f"{name}.npy", content.getvalue())
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        with suppress(OSError):
            half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)
