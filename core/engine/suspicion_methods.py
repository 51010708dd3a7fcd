"""The functions that carry out the engine's requests about labels that are probably wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.engine.loaded_models import share_processors
from core.engine.requests import EngineRequest
from core.engine.suspicion_requests import CorrectLabels, FindSuspects, PrepareFolds
from core.suspicion.report import Corrected, Suspicions

Progress = Callable[[str, float | None], None]


def find_suspects(request: FindSuspects, progress: Progress) -> Suspicions:
    """Find suspected labels, and keep the list."""
    from core.suspicion.listing import keep
    from core.suspicion.suspects import find_suspects

    share_processors()
    done = find_suspects(request.source, request.reading, request.model, request.folds, request.seed, progress)
    suspects = map(done.suspect, range(1, done.found.suspects + 1))
    keep(request.source, request.reading, done.found, done.reviews.label_names, suspects)
    return done.found


def prepare_folds(request: PrepareFolds, progress: Progress) -> str:
    """Fail if no models could be fine-tuned."""
    from core.reviews.reading import read_reviews
    from core.suspicion.tuned import folds_to_learn

    reviews = read_reviews(request.source, request.reading, progress=lambda share: progress("reading", share))
    folds_to_learn(reviews, request.folds, request.seed)
    return reviews.report.data_hash


def correct_labels(request: CorrectLabels, progress: Progress) -> Corrected:
    """Write a source with corrected labels."""
    from core.reviews.options import ReadingOptions
    from core.suspicion.corrected import write_corrected
    from core.suspicion.decided import decided_about
    from core.suspicion.listing import read_kept

    kept = read_kept(request.source)
    reading = request.reading or (kept.reading if kept is not None else ReadingOptions())
    decisions = decided_about(request.source, request.decisions)
    output = Path(request.output) if request.output is not None else None
    return write_corrected(request.source, reading, decisions, output, progress)


SUSPICION_METHODS: dict[type[EngineRequest[Any]], Callable[[Any, Any], Any]] = {
    FindSuspects: find_suspects,
    PrepareFolds: prepare_folds,
    CorrectLabels: correct_labels,
}
