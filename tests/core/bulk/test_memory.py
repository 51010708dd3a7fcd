"""Memory use depends on the size of a chunk, not on the number of reviews."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from core.bulk.classify import ChunkSizes
from core.bulk.formats import parquet
from tests.core.bulk.double import FORMS, Costless, inbox, model_folder, run

SIZES = ChunkSizes(first=64, largest=256)


def peak(rows: int, form: str, folder: Path, model: Path) -> int:
    """Return the peak of memory in bytes while `rows` reviews are classified."""
    source = inbox(folder / f"{rows}.csv", rows)
    with pytest.raises(KeyboardInterrupt):
        run(Costless(model, interrupt), source, folder / f"{rows}.{form}", SIZES)
    tracemalloc.start()
    try:
        found, _ = run(Costless(model), source, folder / f"{rows}.{form}", SIZES)
        return tracemalloc.get_traced_memory()[1] if found["rows"] == rows else 0
    finally:
        tracemalloc.stop()


def interrupt(seen: int) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("form", FORMS)
def test_five_times_the_reviews_take_no_more_memory(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 1024)
    model = model_folder(tmp_path)
    peak(500, form, tmp_path, model)  # what is loaded once
    few, many = peak(3_000, form, tmp_path, model), peak(15_000, form, tmp_path, model)
    assert 0 < many < few + 200_000, f"{few:,} bytes for 3,000 rows, {many:,} for 15,000"
