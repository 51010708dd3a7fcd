"""Where scores are kept: `scores/<model>-<data>/`, named by the beginnings of the two hashes.

    manifest.json   what the scores are of, and whether they are complete
    lock            held by the process that computes them
    data            scores so far, chunk after chunk, in the order in which they are computed
    index.jsonl     one line per chunk; see core/bulk/chunk_log.py
    logits.npy      once complete: [N, C] float32, by row
    tokens.npy      once complete: [N] int32, tokens of the whole review, special tokens included
    unknown.npy     once complete: [N] int32, those that the tokenizer does not know
    problem.txt     why the last process in the background gave up

Reviews are computed in an order that looks random and depends on their texts alone, so that what there is at any moment
is a fair sample of the pile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.base.checked_lines import decode
from core.base.files import home, write_whole
from core.runs.lock import living_worker

FORMAT = 1
_DIGITS = 16


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What some scores are of."""

    format: int = FORMAT
    model: str
    """Hash of the model; see core/runs/model_hash.py."""
    model_folder: str
    """Where the model was then."""
    data: str
    """Hash of the data, read without labels; see `ReadingReport.data_hash`."""
    source: str
    """Where the data was then."""
    rows: int
    labels: tuple[str, ...]
    max_length: int
    """The most tokens of a review that the model reads."""
    complete: bool = False


@dataclass(frozen=True)
class ScoresFolder:
    """The files of some scores."""

    path: Path

    @property
    def manifest(self) -> Path:
        return self.path / "manifest.json"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def index(self) -> Path:
        return self.path / "index.jsonl"

    @property
    def logits(self) -> Path:
        return self.path / "logits.npy"

    @property
    def tokens(self) -> Path:
        return self.path / "tokens.npy"

    @property
    def unknown(self) -> Path:
        return self.path / "unknown.npy"

    @property
    def problem(self) -> Path:
        return self.path / "problem.txt"

    def read_manifest(self) -> Manifest | None:
        """Return the manifest; None if there is none, or one of another version."""
        try:
            found = msgspec.json.decode(self.manifest.read_bytes(), type=Manifest)
        except (OSError, ValueError, RecursionError):
            return None
        return found if found.format == FORMAT else None

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest.

        Raises:
            ReviewtuiError: It cannot be written.
        """
        write_whole(self.manifest, msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def scores_home() -> Path:
    """Return the folder of all scores."""
    return home() / "scores"


def background_lock() -> Path:
    """Return the lock of the process that scores in the background."""
    return scores_home() / "background.lock"


def scores_folder(model: str, data: str) -> ScoresFolder:
    """Return where the scores of a model on some data are kept, given the hashes of both."""
    return ScoresFolder(scores_home() / f"{model[:_DIGITS]}-{data[:_DIGITS]}")


@dataclass(frozen=True)
class ScoringProgress:
    """How far the scores of a pile are."""

    done: int = 0
    total: int = 0
    """0 if nothing has begun."""
    working: bool = False
    """Whether a process computes them now."""
    problem: str = ""
    """Why the last process in the background gave up; empty if it did not."""

    @property
    def complete(self) -> bool:
        return 0 < self.total == self.done


def progress_of(folder: ScoresFolder) -> ScoringProgress:
    """Return how far some scores are, as their files say: a few milliseconds even for millions of rows."""
    working = living_worker(folder.lock) is not None
    manifest = folder.read_manifest()
    try:
        problem = "" if working else folder.problem.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        problem = ""
    if manifest is None:
        return ScoringProgress(working=working, problem=problem)
    done = manifest.rows if manifest.complete else _rows_in(folder.index)
    return ScoringProgress(min(done, manifest.rows), manifest.rows, working, problem)


def _rows_in(index: Path) -> int:
    try:
        with index.open("rb") as lines:
            records = (decode(line[:-1]) for line in lines if line.endswith(b"\n"))
            return sum(int(record["rows"]) for record in records if record is not None)
    except (OSError, KeyError, TypeError, ValueError):
        return 0
