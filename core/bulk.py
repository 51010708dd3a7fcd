"""Classifying a whole source into a file, in bounded memory: read by the chunk, written by the chunk."""

from __future__ import annotations

import csv
import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Protocol

from core.clean import clean_cell, clean_line
from core.errors import InputError, ReviewtuiError
from core.files import open_private, sync_folder
from core.inference import Classification, Predictor
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews

_CHUNK = 512


def classify_into(
    predictor: Predictor,
    source: str,
    options: ReadingOptions,
    output: Path,
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """Write one row a review to `output` (.csv or .jsonl), in the order of the source; the file appears when whole.

    Columns: file, line, text, label, probability, one `p_<label>` a class, tokens, truncated. In CSV, cells that a
    spreadsheet would run are made inert; JSON lines hold the text as it was.

    Raises:
        InputError: the output's name has another ending, or its folder is not there.
        ReviewtuiError: it cannot be written.
    """
    kind = output.suffix.lower()
    if kind not in (".csv", ".jsonl"):
        raise InputError(f"--output must end in .csv or .jsonl, not '{clean_line(output.name, 80)}'.")
    if not output.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(output.parent, 120)} to write in.")
    unlabelled = options if options.label is not None else options.model_copy(update={"label": ""})
    reviews = read_reviews(source, unlabelled)
    began = time.perf_counter()
    beside = output.with_name(f".{output.name}.{secrets.token_hex(4)}")
    try:
        descriptor = open_private(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            writer: _Writer = _CsvWriter(file, predictor.labels) if kind == ".csv" else _JsonWriter(file)
            counts = _classify_all(predictor, reviews, writer, progress)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(output)
        sync_folder(output.parent)
    except OSError as error:
        raise ReviewtuiError(f"Cannot write {clean_line(output, 120)} ({error.strerror or error}).") from error
    finally:
        beside.unlink(missing_ok=True)
    seconds = time.perf_counter() - began
    return {
        "output": str(output),
        "rows": len(reviews),
        "left_out": reviews.report.left_out,
        "labels": counts,
        "seconds": round(seconds, 3),
        "reviews_per_second": round(len(reviews) / seconds, 1) if seconds else 0.0,
    }


def _classify_all(
    predictor: Predictor, reviews: Reviews, writer: _Writer, progress: Callable[[float], None]
) -> dict[str, int]:
    counts = dict.fromkeys(predictor.labels, 0)
    for start in range(0, len(reviews), _CHUNK):
        rows = range(start, min(start + _CHUNK, len(reviews)))
        for row, found in zip(rows, predictor.classify(reviews.texts(rows)), strict=True):
            counts[found.label] += 1
            writer.write(*reviews.place(row), found)
        progress(rows.stop / len(reviews))
    return counts


class _Writer(Protocol):
    def write(self, file: str, line: int, found: Classification) -> None: ...


class _CsvWriter:
    def __init__(self, file: IO[str], labels: tuple[str, ...]) -> None:
        self._rows = csv.writer(file)
        heads = ["file", "line", "text", "label", "probability", *(f"p_{label}" for label in labels)]
        self._rows.writerow([clean_cell(head) for head in [*heads, "tokens", "truncated"]])

    def write(self, file: str, line: int, found: Classification) -> None:
        shares = [f"{share:.6f}" for share in found.probabilities.values()]
        self._rows.writerow(
            [
                clean_cell(file),
                line,
                clean_cell(found.text),
                clean_cell(found.label),
                f"{found.probability:.6f}",
                *shares,
                found.tokens,
                str(found.truncated).lower(),
            ]
        )


class _JsonWriter:
    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, file: str, line: int, found: Classification) -> None:
        self._file.write(json.dumps({"file": file, "line": line, **found.to_json()}, ensure_ascii=False) + "\n")
