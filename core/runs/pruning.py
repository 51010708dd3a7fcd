"""What could be freed on the disk: parts of runs that have ended, and what can be computed again.

    checkpoints   of finished runs: they only serve extending and branching, and hold the optimizer's state
    earlier       models and predictions from before a run was extended
    models        of runs that are not the best of their data; figures, predictions and journal stay
    features      the kept output of frozen layers, under data/: the next run that needs it computes it again

Nothing of a run with the tag `keep` is offered, nothing of a run that is not over, and no features while a run trains.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from core.base.files import home
from core.runs.active import is_training
from core.runs.checkpoint_folders import numbered
from core.runs.disk_usage import bytes_on_disk
from core.runs.folder import RunFolder
from core.runs.status import OVER
from core.runs.summary import RunSummary, summarize
from core.runs.trash import trash_part

PartKind = Literal["checkpoints", "earlier", "models", "features"]
KINDS: dict[PartKind, str] = {
    "checkpoints": "checkpoints of finished runs: without them a run cannot be extended or branched",
    "earlier": "models from before runs were extended",
    "models": "models of runs that are not the best of their data: only figures and predictions stay",
    "features": "the kept output of frozen layers: computed again when a run needs it",
}
"""Kind → what it is, and what freeing it costs."""
assert tuple(KINDS) == get_args(PartKind)
KEEP = "keep"
"""The tag of runs that nothing is freed of."""


@dataclass(frozen=True)
class Part:
    """A folder that could be freed."""

    kind: PartKind
    path: Path
    run: str
    """Id of the run that it is part of; empty for what runs share."""
    bytes: int


def find_parts(runs: Sequence[RunSummary]) -> list[Part]:
    """Return what could be freed of `runs`, and the features that all runs share, the largest first.

    Which model is the best of its data is decided among `runs`.
    """
    best = _best_of_their_data(runs)
    found = [part for one in runs if one.state in OVER and KEEP not in one.tags for part in _parts_of(one, best)]
    if not is_training():
        stores = (home() / "data").glob("*/features-*")
        found += [Part("features", path, "", bytes_on_disk(path)) for path in stores if _is_folder(path)]
    return sorted((part for part in found if part.bytes), key=lambda part: -part.bytes)


def prune(parts: Iterable[Part]) -> list[Path]:
    """Move parts to the trash, and return where they are; `restore_part` brings one back until `empty_trash`.

    A part whose run is no longer over stays where it is.

    Raises:
        OSError: A part cannot be moved.
    """
    moved = []
    for part in parts:
        if not _is_folder(part.path) or (part.run and not _is_over(part.path)) or (not part.run and is_training()):
            continue
        moved.append(trash_part(part.path))
    return moved


def _parts_of(summary: RunSummary, best: set[str]) -> list[Part]:
    run = RunFolder(Path(summary.folder))
    folders: list[tuple[PartKind, Path]] = []
    if summary.state == "finished":
        folders += [("checkpoints", path) for _, path in numbered(run.checkpoints)]
    if run.earlier.is_dir():
        folders += [("earlier", path) for path in run.earlier.iterdir() if not path.name.startswith(".")]
    if summary.has_model and summary.validation is not None and summary.id not in best:
        folders.append(("models", run.model))
    return [Part(kind, path, run.id, bytes_on_disk(path)) for kind, path in folders if _is_folder(path)]


def _best_of_their_data(runs: Sequence[RunSummary]) -> set[str]:
    """Return the ids of the runs with a model whose accuracy, then loss, is the best of those on the same data."""
    best: dict[str, tuple[tuple[float, float], str]] = {}
    for one in runs:
        if one.has_model and one.validation is not None:
            figures = (one.validation.accuracy, -one.validation.loss), one.id
            best[one.data] = max(best.get(one.data, figures), figures)
    return {id for _, id in best.values()}


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_over(part: Path) -> bool:
    """Return whether the run that a part belongs to is over now."""
    runs = home() / "runs"
    return summarize(RunFolder(runs / part.relative_to(runs).parts[0])).state in OVER
