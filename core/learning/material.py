"""Writes the data of a lesson: a run's reviews, read again as it read them, with the labels of decisions.

The run's split stays: what it was validated on is validated on again, and what its data says is for testing is left
out, both by the hash of the text. So no decision about such a text is learned from, whatever file it is in.

Everything is written in a folder of its own, which is then renamed: after a kill there is a whole lesson or none.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from core.base.errors import InputError, ReviewtuiError
from core.base.files import open_private, private_folder, sync_path, write_whole
from core.base.text import clean_line
from core.learning.choosing import AUDIT, Chosen, choose
from core.learning.lesson import Lesson, LessonFolder, lessons_home
from core.learning.root import Hashes, Progress, Root, open_root
from core.reviews.reading import Reviews
from core.runs.folder import RunFolder
from core.triage.history import History

VALIDATION, TEST = "validation reviews, which measure the model", "test reviews"
_BATCH = 4_096
_ABANDONED_SECONDS = 24 * 3600.0
Write = Callable[[dict[str, str]], None]


def make_lesson(
    pile: str,
    parent: RunFolder,
    history: History,
    near_audits: frozenset[int],
    progress: Progress,
    now: Callable[[], float] = time.time,
) -> tuple[LessonFolder, Lesson]:
    """Write the data of the next model.

    Args:
        pile: The reviews that were decided.
        parent: The run that it follows.
        history: The decisions.
        near_audits: Hashes of near copies of audits.

    Raises:
        InputError: The parent's data cannot be read any more, or nothing was decided that can be learned from.
        ReviewtuiError: The home cannot be written.
    """
    root = open_root(parent, pile, progress)
    decided = np.array([int(one.hash, 16) for one in history.verdicts()], dtype=np.uint64)
    held_out = {VALIDATION: _those(decided, root.validated), TEST: _those(decided, root.test), AUDIT: near_audits}
    chosen = choose(history, held_out)
    if not chosen.labels and not chosen.withdrawn:
        why = ", ".join(f"{count:,} {reason}" for reason, count in chosen.left_out.items())
        raise InputError(f"There is nothing to learn from: {why or 'no review has a label yet'}.")
    moment = now()
    home = private_folder(private_folder(lessons_home(pile).parent) / lessons_home(pile).name)
    _sweep(home, moment)
    stamp = f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(moment))}-{int(moment % 1 * (1 << 16)):04x}"
    half, whole = LessonFolder(private_folder(home / f".{stamp}-{os.getpid()}")), LessonFolder(home / stamp)
    try:
        lesson = _write(half, pile, parent.id, root, chosen, progress, moment)
        sync_path(half.path)
        half.path.rename(whole.path)
        sync_path(home)
    except OSError as error:
        raise ReviewtuiError(f"Cannot write in {home} ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(half.path, ignore_errors=True)
    return whole, lesson


@dataclass
class _Counts:
    """What becomes of the reviews of the run, and of decisions."""

    chosen: Chosen
    from_run: int = 0
    confirmed: int = 0
    corrected: int = 0
    withdrawn: int = 0
    seen: set[int] = field(default_factory=set)
    """Hashes of decided texts that the run's data has."""

    def label_of(self, text: int, label: str) -> str | None:
        """Return the label to learn of a review of the run, and count it; None if it is left out."""
        if text in self.chosen.withdrawn:
            self.withdrawn += 1
            return None
        self.from_run += 1
        decision = self.chosen.labels.get(text)
        if decision is None:
            return label
        self.seen.add(text)
        self.confirmed += decision.verdict == label
        self.corrected += decision.verdict != label
        return decision.verdict


def _write(
    folder: LessonFolder, pile: str, parent: str, root: Root, chosen: Chosen, progress: Progress, moment: float
) -> Lesson:
    counts = _Counts(chosen)
    measured = np.union1d(root.validated, root.test)
    wanted = np.setdiff1d(root.learned, measured)
    with _lines(folder.train) as write:
        for text, text_hash, label in _rows(root.data.train, wanted, progress, "writing what is learned from"):
            said = counts.label_of(text_hash, label)
            if said is not None:
                write({"text": text, "label": said, "source": "run"})
        added = [one for text_hash, one in chosen.labels.items() if text_hash not in counts.seen]
        for one in added:
            write({"text": one.text, "label": one.verdict, "source": "decisions"})
    validation = 0
    with _lines(folder.validation) as write:
        for text, _, label in _rows(root.data.validation, root.validated, progress, "writing validation reviews"):
            write({"text": text, "label": label})
            validation += 1
    if not validation:
        raise InputError(
            f"The data of {clean_line(root.request.name, 60)} has none of its validation reviews any more."
        )
    write_whole(folder.root_request, root.request.to_toml())
    write_whole(folder.root_split, root.split.read_bytes())
    lesson = Lesson(
        pile=pile,
        parent=parent,
        root=root.id,
        made=round(moment, 3),
        from_run=counts.from_run,
        confirmed=counts.confirmed,
        corrected=counts.corrected,
        withdrawn=counts.withdrawn,
        added=len(added),
        missing=len(wanted) - _present(root.data.train, wanted),
        validation=validation,
        left_out=chosen.left_out,
        conflicts=chosen.conflicts,
        new_labels=tuple(sorted({one.verdict for one in chosen.labels.values()} - {*root.data.labels})),
        notices=(*root.notices, *_about_measured(root, len(np.unique(root.learned)) - len(wanted))),
    )
    write_whole(folder.facts, msgspec.json.format(msgspec.json.encode(lesson), indent=2) + b"\n")
    return lesson


def _about_measured(root: Root, texts: int) -> list[str]:
    if not texts:
        return []
    name = clean_line(root.request.name, 60)
    return [f"{texts:,} texts that {name} learned from are validation or test reviews, too; they are left out now."]


def _rows(reviews: Reviews, wanted: Hashes, progress: Progress, what: str) -> Iterator[tuple[str, int, str]]:
    """Yield text, hash and label of each labelled review with one of some hashes, in the order of the data."""
    wanted = np.unique(wanted)
    for start in range(0, len(reviews), _BATCH):
        stop = min(start + _BATCH, len(reviews))
        labels, hashes = np.asarray(reviews.labels[start:stop]), np.asarray(reviews.hashes[start:stop])
        rows = np.flatnonzero((labels >= 0) & np.isin(hashes, wanted, assume_unique=False))
        texts = reviews.texts(range(start, stop)) if len(rows) else []
        for row in rows.tolist():
            yield texts[row], int(hashes[row]), reviews.label_names[labels[row]]
        progress(what, stop / len(reviews))


@contextmanager
def _lines(file: Path) -> Iterator[Write]:
    """Provide a function that writes a JSON line to a new private file, which is synced at the end."""
    with os.fdopen(open_private(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as lines:

        def write(values: dict[str, str]) -> None:
            lines.write(json.dumps(values, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

        yield write
        lines.flush()
        os.fsync(lines.fileno())


def _sweep(home: Path, moment: float) -> None:
    """Remove what lessons left behind that were killed while they were made."""
    for left in home.glob(".*"):
        if moment - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _those(decided: Hashes, hashes: Hashes) -> frozenset[int]:
    """Return the decided texts that are among others."""
    return frozenset(decided[np.isin(decided, hashes)].tolist())


def _present(reviews: Reviews, wanted: Hashes) -> int:
    """Return how many of some different texts the data has with a label."""
    return len(np.intersect1d(wanted, np.asarray(reviews.hashes)[np.asarray(reviews.labels) >= 0]))
