"""Carries out the engine's requests about decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import InputError
from core.engine.decision_requests import (
    CountDecisions,
    CountedDecisions,
    Figures,
    ImportDecisions,
    ImportedDecisions,
    LineProblem,
    ReadCells,
    SourceCells,
)
from core.reviews.options import ReadingOptions

if TYPE_CHECKING:
    from core.reviews.reading import Reviews
    from core.triage.exchange.opening import Decided
    from core.triage.review import Review

Progress = Callable[[str, float | None], None]


def count_decisions(request: CountDecisions, progress: Progress) -> CountedDecisions:
    """Compute the figures about decisions."""
    from core.triage.agreement import compare_people
    from core.triage.exchange.conflicts import write_conflicts
    from core.triage.exchange.opening import open_decisions

    one = open_decisions(request.source)
    found = _figures(one, _size_of(request, one, progress))
    if request.other is None:
        return CountedDecisions(found=found)
    other = open_decisions(request.other)
    people = compare_people(one.history, other.history)
    conflicts = write_conflicts(people.conflicts, one, other)
    return CountedDecisions(
        found=found,
        other=_figures(other, None),
        people=people,
        conflicts=str(conflicts) if conflicts is not None else None,
    )


def import_decisions(request: ImportDecisions, progress: Progress) -> ImportedDecisions:
    """Take decisions from a file into a pile."""
    from core.triage.decisions import DecisionLog
    from core.triage.exchange.importing import facts_of, hashes_of, plan_import, read_decisions

    file = Path(request.file)
    format, entries = read_decisions(file)
    reviews = read_pile(request.source, request.reading, progress)
    with closing(DecisionLog(request.source)) as log:
        if log.history.data_hash != reviews.report.data_hash:
            log.found_again(reviews.report.data_hash, (f"{one:016x}" for one in reviews.hashes.tolist()))
        plan = plan_import(log.history, entries, _with_texts(reviews, hashes_of(entries)), replace=request.replace)
        if plan.decisions or plan.notes:
            log.bulk(plan.decisions, "import", facts_of(plan, file, format), plan.notes)
    return ImportedDecisions(
        format=format.name,
        lines=len(entries),
        decisions=len(plan.decisions),
        notes=len(plan.notes),
        unchanged=plan.unchanged,
        replaced=plan.replaced,
        problems=tuple(
            LineProblem(line=one.line, text=one.text, why=one.why, conflict=one.conflict) for one in plan.problems
        ),
    )


def read_cells(request: ReadCells, progress: Progress) -> SourceCells:
    """Read the columns of a pile's file that are written beside decisions."""
    reviews = read_pile(request.source, request.reading, progress, keep=request.keep)
    columns = _passed(reviews, request.keep)
    cells = (
        tuple(reviews.source_cells(row, columns))
        if 0 <= row < len(reviews) and f"{int(reviews.hashes[row]):016x}" == text_hash
        else ()
        for row, text_hash in request.rows
    )
    return SourceCells(columns=tuple(columns), cells=tuple(cells))


def _passed(reviews: Reviews, keep: str) -> list[str]:
    """Return the columns to write. The review itself is written anyway, unless a title was put before it."""
    from core.reviews.source_columns import ALL, SHORT, named_columns

    if keep == SHORT:
        return reviews.source_columns
    whole = reviews.report.text_column if keep == ALL and reviews.report.title_column is None else None
    return [name for name in named_columns(keep, reviews.source_columns) if name != whole]


def _figures(decided: Decided, reviews: int | None) -> Figures:
    from core.triage.agreement import figures_of
    from core.triage.exchange.exporting import names_of

    return Figures(
        name=decided.name,
        kind=decided.kind,
        file=str(decided.file),
        damaged=decided.damaged,
        reviews=reviews,
        figures=figures_of(decided.history, names_of(decided.history) | decided.names),
    )


def _size_of(request: CountDecisions, decided: Decided, progress: Progress) -> int | None:
    if decided.kind != "pile":
        return None
    try:
        return len(read_pile(request.source, request.reading, progress))
    except InputError:  # it is gone; what was decided about it is still there
        return None


def read_pile(source: str, reading: ReadingOptions | None, progress: Progress, keep: str = "short") -> Reviews:
    """Read a pile as Classify does.

    Args:
        keep: The columns to read beside the reviews; see `core/reviews/source_columns.py`.
    """
    from core.reviews.unlabelled import read_unlabelled
    from core.triage.bookmark import read_bookmark

    mark = read_bookmark(source) if reading is None else None
    options = reading or (mark.reading if mark is not None and mark.reading is not None else ReadingOptions())
    return read_unlabelled(source, options, keep=keep, progress=lambda fraction: progress("reading", fraction))


def _with_texts(reviews: Reviews, hashes: set[str]) -> dict[str, list[Review]]:
    """Return the reviews whose texts have one of some hashes, by hash and in order."""
    import numpy as np

    from core.triage.review import Review

    wanted = np.array([int(one, 16) for one in hashes], dtype=np.uint64)
    found: dict[str, list[Review]] = defaultdict(list)
    columns = reviews.source_columns
    for row in np.flatnonzero(np.isin(reviews.hashes, wanted)).tolist():
        text_hash = f"{int(reviews.hashes[row]):016x}"
        cells = dict(zip(columns, reviews.source_cells(row, columns), strict=True))
        found[text_hash].append(Review(row, *reviews.place(row), reviews.text(row), text_hash, cells))
    return found
