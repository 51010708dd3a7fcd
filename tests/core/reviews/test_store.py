"""The cache: private, reused while the files are unchanged, rebuilt otherwise; memory use does not grow."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text("text,label\nIt is good,1\nIt is bad,0\nIt is odd,\n")
    return path


def test_an_unchanged_source_is_not_read_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_reviews(source)
    monkeypatch.setattr("core.reviews.reading.build", None)
    again = read_reviews(str(source))
    assert (again.folder, again.report) == (first.folder, first.report)
    assert again.texts(range(2)) == ["It is good", "It is bad"]


def test_what_changes_the_result_is_read_anew(source: Path) -> None:
    folders = [read_reviews(source).folder, read_reviews(source, ReadingOptions(label="")).folder]
    folders.append(read_reviews(source, labels=["positive", "negative"]).folder)
    os.utime(source, ns=(1, 1))
    folders.append(read_reviews(source).folder)
    source.write_text("text,label\nIt is new,1\n")
    os.utime(source, ns=(1, 1))
    assert read_reviews(source).text(0) == "It is new"
    assert len(set(folders)) == 4


@pytest.mark.parametrize("name", ["report.json", "rows.arrow", "labels.npy", "hashes.npy", "skipped.jsonl"])
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_cache_is_built_again(source: Path, name: str, damage: str) -> None:
    first = read_reviews(source)
    path = first.folder / name
    if damage == "missing":
        path.unlink()
    elif name == "skipped.jsonl":
        return
    else:
        path.write_bytes(path.read_bytes()[:50])
    again = read_reviews(source)
    assert again.texts([0, 1]) == ["It is good", "It is bad"]
    assert again.report == first.report


def test_a_failed_reading_leaves_nothing(source: Path, home: Path) -> None:
    with pytest.raises(InputError):
        read_reviews(source, ReadingOptions(text="nothing"))
    assert list((home / "data").iterdir()) == []


def test_everything_is_private_whatever_the_umask(source: Path, home: Path) -> None:
    before = os.umask(0)
    try:
        read_reviews(source)
    finally:
        os.umask(before)
    for path in [home, *home.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_texts_are_not_held_in_memory(tmp_path: Path) -> None:
    rows, words = 60_000, "A review that goes on and on. " * 24
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("text,label\n")
        file.writelines(f"{words}{row},{row % 2}\n" for row in range(rows))
    tracemalloc.start()
    try:
        reviews = read_reviews(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(reviews) == rows
    assert peak < 28 << 20, f"{peak:,} bytes, and the texts are {rows * len(words):,}"
    assert reviews.text(rows - 1) == f"{words}{rows - 1}"
    assert sum(map(len, reviews.batches(1_000))) == rows


def test_rows_are_found_across_batches_and_left_out_rows(read: Any) -> None:
    content = "text,rating\n" + "".join(f"Review {row},{row % 5 + 1}\n" for row in range(25_000))
    reviews = read(content)
    kept = [row for row in range(25_000) if row % 5 != 2]
    assert len(reviews) == len(kept) == len(reviews.hashes)
    rows = np.array([0, 9_999, 10_000, 19_999, 7, -1])
    assert reviews.texts(rows) == [f"Review {kept[row]}" for row in rows]
    assert [reviews.place(int(row))[1] for row in rows] == [kept[row] + 2 for row in rows]
    assert reviews.report.rows == reviews.report.kept + sum(reviews.report.left_out.values())
    with pytest.raises(IndexError):
        reviews.text(len(kept))


def test_progress_goes_from_nothing_to_all(source: Path) -> None:
    seen: list[float] = []
    read_reviews(source, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    read_reviews(source, progress=seen.append)
    assert seen[-1] == 1.0


def test_what_the_screen_imports_stays_light() -> None:
    modules = "core.reviews.options, core.reviews.report"
    code = f"import sys, {modules}; print({{'pyarrow', 'numpy', 'datasets'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_reading_a_file_imports_neither_datasets_nor_pandas(source: Path) -> None:
    code = (
        f"import sys; from core.reviews.reading import read_reviews; read_reviews({str(source)!r}); "
        "print({'pandas', 'datasets', 'torch', 'transformers', 'textual', 'rich'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
