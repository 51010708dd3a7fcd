"""The reviews: two files, each split once into training and held-out reviews.

`short` contains single sentences, `long` whole reviews. They come from the shared data if it is beside the repository,
otherwise from the sample reviews. Empty and repeated texts are left out, so all contestants read the same rows.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
SAMPLE = ROOT / "sample_reviews" / "train.csv"

_SPLIT_SEED = 7
_TRAIN_SHARE = 0.8
_SAMPLE_COLUMNS = ("reviewText", "isPositive")
_SHARED_FILES = {
    "short": ("amazon_cells.csv", ("reviewText", "isPositive")),
    "long": ("clothing_reviews.csv", ("Review Text", "Recommended IND")),
}

Row = tuple[str, str]
"""Text and label; the label is 0 or 1."""


@dataclass(frozen=True)
class Split:
    """Two CSV files with the columns `text` and `label`."""

    source: str
    """Name of the original file."""
    train: Path
    held_out: Path
    train_rows: int
    held_out_rows: int
    majority: float
    """Share of the most frequent label among the held-out reviews, the accuracy of always guessing it."""


def make_split(name: str, cache: Path, most_rows: int | None = None) -> Split:
    """Write the split of `short` or `long` to the cache folder. The files are the same every time."""
    source, rows = _read(name)
    rows = _distinct(rows)
    random.Random(_SPLIT_SEED).shuffle(rows)
    rows = rows[:most_rows]
    cut = round(_TRAIN_SHARE * len(rows))
    folder = cache / "data"
    folder.mkdir(parents=True, exist_ok=True)
    size = f"{name}-{len(rows)}"
    train, held_out = folder / f"{size}-train.csv", folder / f"{size}-held-out.csv"
    write_rows(train, rows[:cut])
    write_rows(held_out, rows[cut:])
    labels = Counter(label for _, label in rows[cut:])
    majority = max(labels.values()) / labels.total()
    return Split(source, train, held_out, cut, len(rows) - cut, majority)


def make_bulk(split: Split, reviews: int) -> Path:
    """Write all reviews of a split, repeated to fill `reviews` rows, to one file, and return its path."""
    rows = [*read_rows(split.train), *read_rows(split.held_out)]
    repeated = (rows * -(-reviews // len(rows)))[:reviews]
    target = split.train.with_name(f"{split.train.stem}-bulk-{reviews}.csv")
    write_rows(target, repeated)
    return target


def distinct_rows(file: Path, columns: tuple[str, str]) -> list[Row]:
    """Return text and label of every row of a CSV file, without empty and repeated texts."""
    return _distinct(_columns(file, columns))


def read_rows(file: Path) -> list[Row]:
    """Return the text and label of every row of a file that this module has written."""
    with file.open(newline="", encoding="utf-8") as stream:
        return [(row["text"], row["label"]) for row in csv.DictReader(stream)]


def write_rows(file: Path, rows: Sequence[Row]) -> None:
    """Write a CSV file with the columns `text` and `label`."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("text", "label"), *rows])


def _read(name: str) -> tuple[str, list[Row]]:
    shared, columns = _SHARED_FILES[name]
    if (SHARED / shared).is_file():
        return shared, _columns(SHARED / shared, columns)
    rows = _columns(SAMPLE, _SAMPLE_COLUMNS)
    if name == "short":
        rows = [(text.partition(". ")[0], label) for text, label in rows]
    return f"sample_reviews/{SAMPLE.name}", rows


def _columns(file: Path, names: tuple[str, str]) -> list[Row]:
    text, label = names
    with file.open(newline="", encoding="utf-8") as stream:
        return [(row[text], row[label]) for row in csv.DictReader(stream)]


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """Normalize whitespace, and drop empty and repeated texts."""
    found: dict[str, str] = {}
    for text, label in rows:
        plain = " ".join(text.split())
        if plain:
            found.setdefault(plain, label)
    return list(found.items())
