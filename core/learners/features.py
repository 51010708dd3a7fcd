"""Features: the output of the frozen layers, computed once, stored next to the tokens, and read in every epoch.

A store holds the features of the training or the validation reviews of a run. It is a folder next to those reviews,
named by the hash of everything that determines its bits:

    features.bin    the rows [R, H] of all reviews, one after the other, in the order computed: one row per token, in
                    bf16 or fp32, or only the first token's row in fp32 if all layers are frozen
    places.npy      [2, N] int64: the first row of each review, and its number of rows
    manifest.json   key, shape, and the sizes of the other files

core/data/stores.py explains how stores are written and how long they are kept. Features that do not fit on the disk are
held in memory; if there is no room either, none are kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import psutil
import torch
from torch import nn

from core.data.stores import Place, make_room, mapped, write_file
from core.models.layers import depths

FEATURES, PLACES = "features.bin", "places.npy"
_SMALL = 64 << 20
"""Bytes up to which a store is read into memory completely."""
_SPARE = 1 << 30
"""Bytes to leave free on the disk."""
_SHARE = 4
"""Features held in memory may take this fraction of the available memory, as 1/_SHARE."""

Computed = Iterable[tuple[np.ndarray, torch.Tensor]]
"""Pairs of positions [B] and the rows [n, H] of those reviews; together they hold every review once."""


@dataclass(frozen=True)
class Shape:
    """The shape of the features of N reviews."""

    counts: np.ndarray
    """[N] int64 rows of each review."""
    width: int
    dtype: torch.dtype
    """bf16 or fp32."""

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    @property
    def bytes(self) -> int:
        """Size of all rows."""
        return self.rows * self.width * self.dtype.itemsize


class FeatureStore:
    """The features of N reviews."""

    def __init__(self, rows: torch.Tensor, places: np.ndarray, *, found: bool, on_disk: bool) -> None:
        """Args:
        rows: [R, H].
        places: [2, N] first row and number of rows of each review.
        """
        self._rows, self._starts, self._counts = rows, places[0], places[1]
        self.found = found
        """Whether an earlier run computed it."""
        self.on_disk = on_disk

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def bytes(self) -> int:
        return self._rows.numel() * self._rows.element_size()

    def rows_at(self, positions: np.ndarray) -> np.ndarray:
        """Return the rows [B, H] in fp32 of the reviews at `positions` [B], each of which has one row."""
        rows: np.ndarray = self.take(positions, torch.empty(len(positions), self._rows.shape[1])).numpy()
        return rows

    def take(self, positions: np.ndarray, out: torch.Tensor) -> torch.Tensor:
        """Copy the rows of the reviews at `positions` [B] into `out` [n, H] fp32; further rows of `out` become 0."""
        end = 0
        if self._rows.dtype == out.dtype and len(out) == len(positions):  # one row per review: one call for all
            return torch.index_select(self._rows, 0, torch.from_numpy(self._starts[positions]), out=out)
        for start, count in zip(self._starts[positions].tolist(), self._counts[positions].tolist(), strict=True):
            out[end : end + count].copy_(self._rows[start : start + count])
            end += count
        out[end:].zero_()
        return out


def frozen_sha256(model: nn.Module, layers: int) -> str:
    """Return a hash of the weights of the embeddings and the `layers` lowest layers."""
    depth, digest = depths(model), hashlib.sha256()
    for name, weight in sorted(model.named_parameters()):
        if depth[name] <= layers:
            digest.update(f"{name} {tuple(weight.shape)} {weight.dtype}\n".encode())
            digest.update(weight.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def key_of(**decides: Any) -> str:
    """Return the key of a store: a hash of what determines its bits, including this machine's part in them."""
    own = {
        "format": 1,
        "torch": torch.__version__,
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }
    return hashlib.sha256(json.dumps({**own, **decides}, sort_keys=True).encode()).hexdigest()


def keep(parent: Path | None, key: str, shape: Shape, compute: Callable[[], Computed]) -> FeatureStore | None:
    """Return the store with that key: found on disk, or computed and stored on disk or in memory; None without room.

    Args:
        parent: The folder of the reviews; None not to use the disk.
        compute: computes all rows, in an order determined by the key; called only if they are not found.
    """
    if parent is not None:
        described = {
            "key": key,
            "reviews": len(shape.counts),
            "rows": shape.rows,
            "width": shape.width,
            "dtype": str(shape.dtype).removeprefix("torch."),
        }
        place = Place(parent / f"features-{key[:16]}", (FEATURES, PLACES), described)
        if (store := place.open(lambda folder: _read(folder, shape, found=True))) is not None:
            return store
        with suppress(OSError):  # a full disk, or no permission to write
            size = shape.bytes + shape.counts.nbytes * 2
            make_room(parent, size)
            if shutil.disk_usage(parent).free >= size + _SPARE:
                with place.writing() as folder:
                    _write(folder, shape, compute())
                if (store := place.open(lambda folder: _read(folder, shape, found=False))) is not None:
                    return store
    if shape.bytes >= psutil.virtual_memory().available // _SHARE:
        return None
    rows, end = torch.empty(shape.rows, shape.width, dtype=shape.dtype), 0
    places = _Places(shape)
    for positions, part in compute():
        rows[end : end + len(part)].copy_(part)
        places.add(positions)
        end += len(part)
    return FeatureStore(rows, places.all, found=False, on_disk=False)


class _Places:
    """[2, N] places of the rows of each review, filled in the order computed."""

    def __init__(self, shape: Shape) -> None:
        self.all = np.stack([np.zeros_like(shape.counts), shape.counts])
        self._end = 0

    def add(self, positions: np.ndarray) -> None:
        counts = self.all[1, positions]
        self.all[0, positions] = self._end + np.cumsum(counts) - counts
        self._end += int(counts.sum())


def _read(folder: Path, shape: Shape, *, found: bool) -> FeatureStore:
    """Return the store in `folder`.

    Raises:
        OSError, ValueError: The store is damaged, or holds other reviews.
    """
    places = np.load(folder / PLACES, allow_pickle=False)
    size = (folder / FEATURES).stat().st_size
    if size != shape.bytes or not np.array_equal(places[1], shape.counts):
        raise ValueError("other reviews")
    with (folder / FEATURES).open("rb") as file:
        rows = _bytes_of(file, size).view(shape.dtype).view(shape.rows, shape.width)
    return FeatureStore(rows, places, found=found, on_disk=True)


def _bytes_of(file: IO[bytes], size: int) -> torch.Tensor:
    """[size] uint8: all that is in `file`, read where it is small, else memory-mapped. Not to be written to."""
    if size <= _SMALL:
        return torch.from_numpy(np.fromfile(file, dtype=np.uint8))
    with warnings.catch_warnings():  # that it cannot be written to is what is wanted
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(mapped(file, "uint8"))


def _write(folder: Path, shape: Shape, computed: Computed) -> None:
    """Compute into the files of a store."""
    places = _Places(shape)
    write_file(folder / FEATURES, lambda file: file.writelines(_parts(computed, shape.dtype, places)))
    write_file(folder / PLACES, lambda file: np.save(file, places.all, allow_pickle=False))


def _parts(computed: Computed, dtype: torch.dtype, places: _Places) -> Iterator[memoryview]:
    """The bytes of what is computed, part by part."""
    for positions, rows in computed:
        places.add(positions)
        yield rows.to(dtype).contiguous().view(torch.uint8).numpy().data
