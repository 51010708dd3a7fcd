"""The functions that carry out the engine's requests about a pile: pages of it, and what is asked about all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import InputError
from core.engine.data_requests import Rows
from core.engine.pile_requests import (
    Arrangement,
    ArrangePile,
    Copies,
    CountFound,
    FindCopies,
    Found,
    Ranked,
    RankPile,
)
from core.engine.requests import EngineRequest
from core.reviews.page import Page, Row

if TYPE_CHECKING:
    from core.runs.folder import RunFolder
    from core.triage.pile_data import PileData

_PAGE_LIMIT = 500
Progress = Callable[[str, float | None], None]


def rows(request: Rows, progress: Progress) -> Page:
    """Read a page of reviews."""
    from core.reviews.reading import read_reviews
    from core.reviews.unlabelled import read_unlabelled

    read = read_unlabelled if request.without_labels else read_reviews
    reviews = read(request.source, request.reading, progress=lambda fraction: progress("reading", fraction))
    wanted: Sequence[int] = range(request.offset, min(request.offset + min(request.limit, _PAGE_LIMIT), len(reviews)))
    if request.at:
        wanted = [row for row in request.at[:_PAGE_LIMIT] if row < len(reviews)]
    found, columns = [], reviews.source_columns
    for row, text in zip(wanted, reviews.texts(wanted), strict=True):
        file, line = reviews.place(row)
        label = int(reviews.labels[row])
        found.append(
            Row(
                row=row,
                file=file,
                line=line,
                text=text,
                label=reviews.label_names[label] if label >= 0 else None,
                hash=f"{int(reviews.hashes[row]):016x}",
                columns=dict(zip(columns, reviews.source_cells(row, columns), strict=True)),
            )
        )
    return Page(rows=tuple(found), total=len(reviews), data_hash=reviews.report.data_hash)


def rank(request: RankPile, progress: Progress) -> Ranked:
    """Rank a pile, and score it first where that is needed."""
    from core.data.run_data import train_hashes
    from core.reviews.split import find_leak
    from core.runs.summary import summarize
    from core.scores.scoring import score
    from core.triage.pile_data import PileData
    from core.triage.ranked_reviews import RankedReviews, check_output, write_ranked

    began = time.perf_counter()
    output = Path(request.output) if request.output else None
    if output is not None:
        check_output(output)
    run, against = (_run(folder) for folder in (request.run, request.against))
    pile = PileData(request.source, request.reading, progress)
    for one in (run, against):
        if one is not None:
            score(one.model, pile.reviews, request.source, progress, take_over=True)
    pile.model = run.model if run is not None else None
    pile.second_model = against.model if against is not None else None
    names = tuple(summarize(one).name if one is not None else "" for one in (run, against))
    ranked = RankedReviews(pile, request.order, (names[0], names[1]))
    if output is not None:
        write_ranked(ranked, output, progress)
    leak = find_leak(train_hashes(run), pile.reviews) if run is not None else None
    return Ranked(
        order=request.order,
        run=run.id if run is not None else "",
        against=against.id if against is not None else "",
        reviews=len(pile.reviews),
        copies=ranked.copies,
        unknown=ranked.unknown,
        trained_on=leak.rows if leak is not None else 0,
        output=request.output,
        first=tuple(ranked.part(0, request.most)),
        seconds=round(time.perf_counter() - began, 3),
    )


def _run(folder: str) -> RunFolder | None:
    from core.runs.folder import RunFolder

    return RunFolder(Path(folder)) if folder else None


def arrange(request: ArrangePile, progress: Progress) -> Arrangement:
    """Arrange the rows of a pile."""
    import numpy as np

    pile = _pile(request, progress)
    found = pile.arrange(request.order, request.query, request.like, request.current)
    places = np.full(len(pile.reviews), -1, dtype=np.int32)
    places[found.rows] = np.arange(len(found.rows), dtype=np.int32)
    audits = np.zeros(len(pile.reviews), dtype=np.uint8)
    audits[found.audits] = 1
    return Arrangement(
        rows=np.ascontiguousarray(found.rows, dtype=np.int32).tobytes(),
        places=places.tobytes(),
        audits=audits.tobytes(),
        scored=_scored(pile),
        data_hash=pile.reviews.report.data_hash,
    )


def count(request: CountFound, progress: Progress) -> Found:
    """Count the reviews of a pile that fit a filter."""
    pile = _pile(request, progress)
    fits = pile.fits(request.query)
    rows = int(fits.sum())
    fits[[one.row for one in pile.decisions() if 0 <= one.row < len(fits)]] = False
    scored = _scored(pile) if pile.parsed(request.query).needs_scores else None
    return Found(rows=rows, undecided=int(fits.sum()), total=len(fits), scored=scored)


def find_copies(request: FindCopies, progress: Progress) -> Copies:
    """Find the near copies of a review."""
    return Copies(rows=tuple(_pile(request, progress).copies_of(request.row)))


def _scored(pile: PileData) -> int:
    try:
        return int(pile.scores().scored.sum())
    except InputError:
        return 0


_open: list[PileData] = []
"""The pile that was asked about last."""


def _pile(request: ArrangePile | CountFound | FindCopies, progress: Progress) -> PileData:
    """Return the pile that a request is about, kept until another one is asked about or its file changes."""
    from core.reviews.unlabelled import read_unlabelled
    from core.triage.pile_data import PileData

    reviews = read_unlabelled(request.source, request.reading, progress=lambda share: progress("reading", share))
    kept = _open[0] if _open else None
    same = kept is not None and (kept.source, kept.options, kept.reviews.folder) == (
        request.source,
        request.reading,
        reviews.folder,
    )
    if kept is None or not same:
        _open[:] = [kept := PileData(request.source, request.reading, progress)]
    kept.progress = progress
    if not isinstance(request, FindCopies):
        kept.model = Path(request.model) if request.model else None
        kept.second_model = Path(request.second_model) if request.second_model else None
    return kept


PILE_METHODS: dict[type[EngineRequest[Any]], Callable[[Any, Any], Any]] = {
    Rows: rows,
    RankPile: rank,
    ArrangePile: arrange,
    CountFound: count,
    FindCopies: find_copies,
}
