"""A source without its labels, from the stored reading with them: the file is not read a second time.

Which column is the text does not depend on whether labels are wanted: it is the one that a reading with labels takes.
The rows are shared with that reading (a hard link); those that it left out for their label, or for the part of the data
that a column says they are, are among them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.base.errors import InputError
from core.base.files import write_whole
from core.reviews.finish import EARLY
from core.reviews.groups import find_duplicates
from core.reviews.kept import settled, write_arrays
from core.reviews.label_codes import NO_LABEL, Verdicts
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.reviews.skipped import write_skipped
from core.reviews.source_columns import SHORT
from core.reviews.store import (
    HASHES,
    LABELS,
    REPORT,
    ROWS,
    SKIPPED,
    RowReader,
    building,
    cache_key,
    data_folder,
    is_complete,
    load_array,
)


def read_unlabelled(
    source: str | Path,
    options: ReadingOptions = ReadingOptions(),  # noqa: B008 (frozen)
    *,
    keep: str = SHORT,
    progress: Callable[[float], None] | None = None,
) -> Reviews:
    """Read `source` without labels, so that no row is left out for its label.

    Args:
        options: How it is read with labels.
        keep: The columns to store beside the reviews.
        progress: Called with the share that has been read, 0 to 1.

    Raises:
        InputError: The source cannot be read as reviews.
        ReviewtuiError: The cache cannot be written.
    """
    without = {"label": "", "scheme": "auto", "label_names": {}}
    unlabelled = options if options.label == "" else options.model_copy(update=without)
    if options.label == "":
        return read_reviews(source, unlabelled, keep=keep, progress=progress)
    try:
        base = read_reviews(source, options, keep=keep, progress=progress)
    except InputError:  # it may be the labels that cannot be used
        return read_reviews(source, unlabelled, keep=keep, progress=progress)
    early = json.loads((base.folder / EARLY).read_bytes())
    if base.report.label_column is None and early["left_out"] == base.report.left_out:
        return base
    key = cache_key(["unlabelled", base.folder.name], ReadingOptions(), None)
    place = data_folder() / key
    if is_complete(place):
        with suppress(OSError, ValueError, pa.ArrowException):
            return Reviews(place)
        (place / REPORT).unlink(missing_ok=True)
    with building(key) as folder:
        _write(base, early, folder, place)
    return Reviews(place)


def _write(base: Reviews, early: dict[str, Any], folder: Path, place: Path) -> None:
    """Write the reading without labels into `folder`, which will be renamed to `place`."""
    try:
        os.link(base.folder / ROWS, folder / ROWS)
    except OSError:  # the file system has no hard links
        shutil.copyfile(base.folder / ROWS, folder / ROWS)
    rows, report = RowReader(folder), base.report
    kept = write_arrays(folder, rows, Verdicts({}, NO_LABEL), len(rows), len(report.files), [])
    whole = [one.model_copy(update={"reviews": one.reviews + one.left_out}) for one in report.accounts]
    changes = {
        "label_column": None,
        "scheme": "unlabelled",
        "meaning": "",
        "label_names": [],
        "class_counts": {},
        "kept": len(rows),
        "left_out": early["left_out"],
        "skipped": write_skipped(folder, base.folder, report.files, iter(()), all_parts=True),
        "skipped_file": str(place / SKIPPED),
        "duplicates": find_duplicates(load_array(folder / HASHES), load_array(folder / LABELS)),
        "data_hash": kept.data_hash,
        "notices": early["notices"],
        "parts": early["parts"],
        "schemes": [],
        "candidates": {role: found for role, found in report.candidates.items() if role != "label"},
        "doubts": [doubt for doubt in report.doubts if doubt.about not in ("label", "scheme")],
        "examples": {},
        "accounts": settled(whole, kept),
    }
    write_whole(folder / REPORT, report.model_copy(update=changes).model_dump_json())
