"""What reading and splitting need for each row does not grow: a few bytes, whatever the texts hold."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from core.data.run_data import divide
from core.reviews import groups, mapped
from core.reviews.mapped import MappedFile
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.unlabelled import read_unlabelled

_MOST = 32
"""Bytes a row: 8 for the rows that a split returns, 1 while it is made, and some for the batches of the store."""


def peak(path: Path) -> int:
    tracemalloc.start()
    try:
        reviews = read_reviews(path)
        train, _, validation, _ = divide(reviews, str(path), ReadingOptions())
        assert len(train) + len(validation) == len(reviews)
        del train, validation
        read_unlabelled(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_hardly_grows_with_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_PART", 1 << 13)
    monkeypatch.setattr(groups, "_CHUNK", 1 << 13)
    peaks = []
    for rows in (20_000, 80_000):
        path = tmp_path / f"{rows}.csv"
        lines = (f"Chair {row * row} creaks,{'' if row % 7 == 3 else row % 2}\n" for row in range(rows))
        path.write_text("text,label\n" + "".join(lines))
        peaks.append(peak(path))
    assert peaks[1] - peaks[0] < _MOST * 60_000, peaks


def test_pages_are_given_back_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "_MOST", 1_000)
    path = tmp_path / "numbers"
    path.write_bytes(np.arange(1 << 20, dtype=np.int64).tobytes())
    file = MappedFile(path)
    seen = np.frombuffer(file.buffer, dtype=np.int64)

    def resident() -> int:
        maps = Path("/proc/self/smaps").read_text().partition(str(path))[2]
        return int(maps.partition("Rss:")[2].split()[0]) << 10

    assert int(seen.sum()) == (1 << 20) * ((1 << 20) - 1) // 2
    assert resident() >= seen.nbytes
    file.touched(1_001)
    assert resident() == 0
    assert int(seen[-1]) == (1 << 20) - 1
