"""Comparisons that were made: one JSON file each, and beside it the reviews that models answered differently.

    comparisons/<id>.json     the report (core/comparison/report.py)
    comparisons/<id>.jsonl    one review a line: text, label, and each run's answer, in the order of the report's runs

It loads no heavy library.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from core.base.errors import ReviewtuiError
from core.base.files import PRIVATE_FILE, home, private_folder, write_whole
from core.base.text import clean_line
from core.comparison.report import ComparisonReport
from core.runs.folder import is_run_id

MOST_DIFFERENT = 5_000
"""Reviews that are kept of those that were answered differently."""


class Said(msgspec.Struct, frozen=True, array_like=True):
    """A model's answer."""

    label: str
    probability: float


class DifferentAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """A review to which two of the models gave different classes."""

    text: str
    label: str
    answers: tuple[Said, ...]


def comparisons_home() -> Path:
    """Return the folder that holds the comparisons."""
    return home() / "comparisons"


def keep(report: ComparisonReport, different: Iterable[DifferentAnswers] = ()) -> ComparisonReport:
    """Write a comparison and what was answered differently; return the report with its id and file.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    folder = private_folder(comparisons_home())
    id = _unused(folder)
    report = msgspec.structs.replace(report, id=id, file=str(folder / f"{id}.json"))
    lines = [msgspec.json.encode(one) for one in different]
    if lines:
        write_whole(folder / f"{id}.jsonl", b"\n".join(lines) + b"\n")
    write_whole(folder / f"{id}.json", msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return report


def list_comparisons() -> list[ComparisonReport]:
    """Return every comparison that can be read, the newest first."""
    try:
        names = sorted((entry.stem for entry in comparisons_home().glob("*.json")), reverse=True)
    except OSError:
        return []
    found = (read_comparison(name) for name in names if is_run_id(name))
    return [one for one in found if one is not None]


def read_comparison(id: str) -> ComparisonReport | None:
    """Return a comparison; None if it is missing or damaged."""
    try:
        return msgspec.json.decode((comparisons_home() / f"{id}.json").read_bytes(), type=ComparisonReport)
    except (OSError, ValueError, RecursionError):
        return None


def write_pile(report: ComparisonReport, a: str, b: str) -> Path | None:
    """Write the reviews to which two runs gave different classes, as a file that Classify opens; return it.

    Returns:
        None if they agreed on all reviews, or the texts were not kept.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    ids = [one.run for one in report.runs]
    first, second = ids.index(a), ids.index(b)
    lines = [
        msgspec.json.encode(
            {
                "text": one.text,
                "label": one.label,
                **_columns("a", report.name(a), one.answers[first]),
                **_columns("b", report.name(b), one.answers[second]),
            }
        )
        for one in _different(report.id)
        if one.answers[first].label != one.answers[second].label
    ]
    if not lines:
        return None
    file = comparisons_home() / f"{report.id}-{first + 1}-{second + 1}.jsonl"
    write_whole(file, b"\n".join(lines) + b"\n")
    return file


def answers_in(columns: dict[str, str]) -> tuple[tuple[str, str, float | None], ...]:
    """Return who says what in a row of such a file, and how surely; nothing in a row of any other.

    In a file of `core/triage/exchange/conflicts.py` two people say it, of whom that is not known.
    """
    try:
        if "person_a" in columns:
            return tuple(
                (clean_line(columns[f"person_{one}"], 40), columns[f"label_{one}"], None) for one in ("a", "b")
            )
        return tuple(
            (clean_line(columns[f"model_{one}"], 40), columns[f"answer_{one}"], float(columns[f"probability_{one}"]))
            for one in ("a", "b")
        )
    except (KeyError, ValueError):
        return ()


def _columns(which: str, name: str, said: Said) -> dict[str, str | float]:
    return {
        f"model_{which}": name,
        f"answer_{which}": said.label,
        f"probability_{which}": round(said.probability, 4),
    }


def _different(id: str) -> Iterator[DifferentAnswers]:
    try:
        with (comparisons_home() / f"{id}.jsonl").open("rb") as file:
            for line in file:
                yield msgspec.json.decode(line, type=DifferentAnswers)
    except (OSError, ValueError):
        return


def _unused(folder: Path) -> str:
    """Return a new id, named by the time as those of runs are, and take it."""
    moment = time.time()
    while True:
        id = f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(moment))}-{int(moment % 1 * (1 << 16)):04x}"
        try:
            os.close(os.open(folder / f"{id}.json", os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE))
        except FileExistsError:
            moment += 1 / (1 << 16)
        except OSError as error:
            raise ReviewtuiError(f"Cannot write in {folder} ({error.strerror}); set REVIEWTUI_HOME.") from error
        else:
            return id
