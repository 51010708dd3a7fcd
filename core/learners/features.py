"""What the frozen layers make of reviews: computed once, kept beside the tokens, and read in every epoch after.

A store holds, for the reviews of one side of a run, the stream that leaves the frozen layers. It is a folder in that of
the reviews, named by the hash of all that decides its bits:

    features.bin    the rows [R, H] of all reviews end to end, as they were computed: every token's in the format of
                    the products (bf16 or fp32), or the first token's alone in fp32 where all layers are frozen
    places.npy      [2, N] int64: the first row of each review, and how many it has
    manifest.json   the key and shape of it all, and the sizes of the other files

core/data/stores.py says how it comes to be whole or not there, and how long it is kept. What finds no room on the
disk is held in memory; where there is none either, nothing is kept.
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
"""Bytes up to which a store is read into memory as a whole."""
_SPARE = 1 << 30
"""Bytes that are left free on the disk."""
_SHARE = 4
"""What has no room on the disk may take one part in so many of the memory that is available."""

Computed = Iterable[tuple[np.ndarray, torch.Tensor]]
"""Positions [B] of some reviews and their rows [n, H] end to end; together every review once."""


@dataclass(frozen=True)
class Shape:
    """What is kept of N reviews."""

    counts: np.ndarray
    """[N] int64 rows of each."""
    width: int
    dtype: torch.dtype
    """bf16 or fp32"""

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    @property
    def bytes(self) -> int:
        """Size of the rows of all."""
        return self.rows * self.width * self.dtype.itemsize


class FeatureStore:
    """The rows of N reviews."""

    def __init__(self, rows: torch.Tensor, places: np.ndarray, *, found: bool, on_disk: bool) -> None:
        """Args: rows: [R, H]. places: [2, N] first row and number of rows of each review."""
        self._rows, self._starts, self._counts = rows, places[0], places[1]
        self.found = found
        """Whether it was there already."""
        self.on_disk = on_disk

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def bytes(self) -> int:
        return self._rows.numel() * self._rows.element_size()

    def take(self, positions: np.ndarray, out: torch.Tensor) -> torch.Tensor:
        """The rows of the reviews at `positions` [B], end to end, into `out` [n, H] fp32; rows left over become 0."""
        end = 0
        if self._rows.dtype == out.dtype and len(out) == len(positions):  # a row a review: one call for all
            return torch.index_select(self._rows, 0, torch.from_numpy(self._starts[positions]), out=out)
        for start, count in zip(self._starts[positions].tolist(), self._counts[positions].tolist(), strict=True):
            out[end : end + count].copy_(self._rows[start : start + count])
            end += count
        out[end:].zero_()
        return out


def frozen_sha256(model: nn.Module, layers: int) -> str:
    """Hash of the weights of the embeddings and the `layers` lowest layers."""
    depth, digest = depths(model), hashlib.sha256()
    for name, weight in sorted(model.named_parameters()):
        if depth[name] <= layers:
            digest.update(f"{name} {tuple(weight.shape)} {weight.dtype}\n".encode())
            digest.update(weight.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def key_of(**decides: Any) -> str:
    """The key of a store: the hash of all that decides its bits, and of the computer's own part in them."""
    own = {
        "format": 1,
        "torch": torch.__version__,
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }
    return hashlib.sha256(json.dumps({**own, **decides}, sort_keys=True).encode()).hexdigest()


def keep(parent: Path | None, key: str, shape: Shape, compute: Callable[[], Computed]) -> FeatureStore | None:
    """The store with that key: found, or computed and kept on the disk, else in memory; None where nothing has room.

    Args:
        parent: the folder of the reviews; None for no disk.
        compute: computes all rows, in an order that the key decides; called only where they are not found.
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
        with suppress(OSError):  # no room after all, or no right to write
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
    """[2, N] where the rows of each review are, review by review as they come."""

    def __init__(self, shape: Shape) -> None:
        self.all = np.stack([np.zeros_like(shape.counts), shape.counts])
        self._end = 0

    def add(self, positions: np.ndarray) -> None:
        counts = self.all[1, positions]
        self.all[0, positions] = self._end + np.cumsum(counts) - counts
        self._end += int(counts.sum())


def _read(folder: Path, shape: Shape, *, found: bool) -> FeatureStore:
    """The store in `folder`.

    Raises:
        OSError, ValueError: it is damaged, or holds other reviews.
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
