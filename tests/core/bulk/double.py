"""A predictor that costs nothing, and other helpers for the tests of bulk classification. Imports no model library."""

from __future__ import annotations

import csv
import os
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.bulk.classify import ChunkSizes, classify_into
from core.inference.classification import Classification
from core.reviews.options import ReadingOptions

FORMS = ("csv", "jsonl", "parquet")
SMALL = ChunkSizes(first=2, largest=8)
HOSTILE = "=cmd()|' /C calc'!A0 \x1b[31mred\u202e, \"quoted\"\nsecond line"


class Costless:
    """Decides by a checksum of the text and of how many it was given with, so that other chunks give other answers.

    `before` is called before each chunk, with the number of reviews seen before.
    """

    labels = ("negative", "positive")

    def __init__(self, folder: Path, before: Callable[[int], None] = lambda seen: None) -> None:
        self.folder, self.before, self.seen = folder, before, 0

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        self.before(self.seen)
        self.seen += len(texts)
        found = []
        for text in texts:
            share = zlib.crc32(f"{len(texts)} {text}".encode()) / (1 << 32)
            shares = {"negative": 1 - share, "positive": share}
            label = max(shares, key=lambda name: shares[name])
            found.append(Classification(text, label, shares[label], shares, len(text.split()) + 2, len(text) > 40))
        return found


def model_folder(parent: Path) -> Path:
    """A folder that could hold a model."""
    folder = parent / "model"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def inbox(path: Path, rows: int) -> Path:
    """A CSV file of `rows` reviews, and one in ten that cannot be used between them."""
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(["id", "review"])
        for row in range(rows):
            lines.writerow([row, f"review {row} " + (HOSTILE if row == 1 else "fine " * (row % 5))])
            if row % 10 == 3:
                lines.writerow([row, ""])
    return path


def run(
    predictor: Any, source: Path, output: Path, sizes: ChunkSizes = SMALL, **options: Any
) -> tuple[dict[str, Any], list[str]]:
    """`classify_into`: its answer, and what it said."""
    said: list[str] = []
    reading = ReadingOptions(text="review", **options)
    found = classify_into(predictor, str(source), reading, output, lambda what, _: said.append(what), sizes)
    return found, said


def partial_of(output: Path) -> Path:
    return output.with_name(f".{output.name}.partial")


def chunks_in(output: Path) -> int:
    """Lines in the index of an unfinished output."""
    try:
        return (partial_of(output) / "index.jsonl").read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))
