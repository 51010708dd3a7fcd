"""Decisions as a file to train on: CSV or JSON Lines, with one row for each text that was given a label.

The latest decision about a text counts; skipped reviews are left out. The short columns of the pile's file come last,
so that decisions can be joined back. JSON Lines hold each text unchanged. So does CSV,
except for cells that a spreadsheet would run or a terminal would obey: `core/base/text.py` makes those inert.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.base.errors import InputError, ReviewtuiError
from core.base.files import write_whole
from core.base.text import clean_cell, clean_line
from core.reviews.source_columns import PREFIX
from core.triage.decision import Decision
from core.triage.history import History

COLUMNS = ("reviewText", "label", "predicted", "probability", "agreed", "file", "line", "time")


class OutputExistsError(InputError):
    """Raised when writing would replace a file."""


@dataclass(frozen=True)
class DecisionsFile:
    """The result of writing a file of decisions."""

    path: Path
    rows: int
    labels: dict[str, int]
    """Label → reviews."""
    skipped: int
    conflicts: int
    """Texts with different decisions in different places; the latest was written."""


def write_decisions(history: History, path: Path, *, replace: bool = False) -> DecisionsFile:
    """Write the current decisions to `path` (.csv or .jsonl), as a whole or not at all.

    Raises:
        OutputExistsError: `path` exists, and `replace` is False.
        InputError: The suffix is another one, the folder does not exist, or no review has a label.
        ReviewtuiError: The file cannot be written.
    """
    shown = clean_line(path, 120)
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise InputError(f"The name must end in {' or '.join(FORMATS)}, not '{clean_line(path.name, 80)}'.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(path.parent, 120)}.")
    if path.is_dir():
        raise InputError(f"{shown} is a folder; add a file name.")
    verdicts = history.verdicts()
    labelled = [one for one in verdicts if one.labelled]
    if not labelled:
        raise InputError("No review has been given a label yet; decide at least one.")
    if not replace and (path.exists() or path.is_symlink()):
        raise OutputExistsError(f"{shown} already exists.")
    try:
        write_whole(path, form(labelled))
    except UnicodeEncodeError as error:
        raise ReviewtuiError(f"Cannot write {shown}: a review contains text that is not valid Unicode.") from error
    return DecisionsFile(
        path=path,
        rows=len(labelled),
        labels=dict(Counter(one.verdict for one in labelled)),
        skipped=sum(one.state == "skip" for one in verdicts),
        conflicts=len(history.conflicts()),
    )


def free_name(folder: Path, source: str) -> Path:
    """Return a path in `folder` that does not exist, named after the pile."""
    stem = os.fsencode(Path(source).stem)[:_STEM_BYTES].decode("utf-8", "ignore") or "reviews"
    names = (folder / f"{stem}-decisions{number}.csv" for number in ("", *(f"-{n}" for n in range(2, 10_000))))
    return next((path for path in names if not path.exists()), folder / f"{stem}-decisions.csv")


_STEM_BYTES = 180
"""The longest part of a suggested name that comes from the pile, so that every file system accepts the whole."""


def _row(decision: Decision) -> dict[str, Any]:
    own = {
        "reviewText": decision.text,
        "label": decision.verdict,
        "predicted": decision.predicted,
        "probability": None if decision.probability is None else round(decision.probability, 6),
        "agreed": decision.agreed,
        "file": decision.file,
        "line": decision.line,
        "time": datetime.fromtimestamp(decision.time, UTC).isoformat(timespec="seconds"),
    }
    return own | {PREFIX + name: cell for name, cell in decision.columns.items()}


def _json_lines(decisions: Sequence[Decision]) -> str:
    return "".join(json.dumps(_row(one), ensure_ascii=False) + "\n" for one in decisions)


def _csv(decisions: Sequence[Decision]) -> str:
    target = io.StringIO(newline="")
    columns = [*COLUMNS, *dict.fromkeys(PREFIX + name for one in decisions for name in one.columns)]
    rows = csv.writer(target, lineterminator="\n")
    rows.writerow([clean_cell(name) for name in columns])
    for one in decisions:
        row = _row(one)
        rows.writerow([_cell(row.get(name)) for name in columns])
    return target.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else clean_cell(value)


FORMATS: dict[str, Callable[[Sequence[Decision]], str]] = {".csv": _csv, ".jsonl": _json_lines}
"""Suffix of the file → function that returns its content."""
