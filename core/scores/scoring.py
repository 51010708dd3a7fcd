"""Computes the scores of a pile, chunk by chunk, beside whatever else the machine does; kills cost one chunk at most.

Scores are computed in fp32, as on the screen. Where a run trains meanwhile, half of the threads are used, and no GPU:
memory that is taken there could end the run.
"""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np

from core.base.errors import ReviewtuiError
from core.base.files import private_folder, write_whole
from core.base.text import clean_line
from core.bulk.chunk_log import ChunkLog
from core.bulk.job import ChunkSizes
from core.bulk.pace import Pace, Progress
from core.reviews.reading import Reviews
from core.runs.active import is_training
from core.runs.lock import RunLock, RunLockedError
from core.runs.model_hash import model_hash
from core.scores.folder import Manifest, ScoresFolder, progress_of, scores_folder
from core.scores.launch import end_in_background
from core.scores.scores import Array, Scores, by_row, record_of, scores_of, scoring_sequence

SIZES = ChunkSizes(first=64, largest=512)
"""A chunk takes seconds on a processor."""
_LOOK_SECONDS = 0.5


class Examiner(Protocol):
    """A loaded model."""

    @property
    def labels(self) -> tuple[str, ...]: ...

    @property
    def special_tokens(self) -> Any: ...

    def examine(self, texts: Sequence[str]) -> tuple[Array, Array, Array]:
        """Return logits, tokens and unknown tokens of texts; see `core.inference.predictor`."""


Load = Callable[[Path, str], Examiner]
"""Loads the model in a folder onto a device: `auto` or `cpu`."""


def score(
    model: Path,
    reviews: Reviews,
    source: str,
    progress: Progress = lambda what, share: None,
    *,
    load: Load | None = None,
    sizes: ChunkSizes = SIZES,
    wait: bool = True,
    take_over: bool = False,
) -> Scores | None:
    """Compute what is missing of the scores of a model on reviews, and return all of them.

    Args:
        model: The model's folder.
        reviews: Read without labels.
        source: Where they are from, for the manifest.
        load: Loads the model.
        wait: Whether to wait while another process computes them; otherwise None is returned.
        take_over: Whether to take the place of one in the background, because somebody waits.

    Raises:
        InputError: The model cannot be loaded.
        ReviewtuiError: The scores cannot be written; what was computed is kept.
    """
    folder = scores_folder(model_hash(model), reviews.report.data_hash)
    while True:
        if (found := scores_of(model, reviews)) is not None:
            return found
        private_folder(folder.path)
        try:
            lock = RunLock(folder.lock)
        except RunLockedError:
            if not wait:
                return None
            if not (take_over and end_in_background(folder)):
                _tell_of_the_other(folder, progress)
            continue
        try:
            lock.sign()
            _Work(folder, model, reviews, source, load or _load, sizes).run(progress)
        except OSError as error:
            reason = clean_line(error.strerror or error, 120)
            raise ReviewtuiError(
                f"The scores of {clean_line(source, 120)} cannot be written ({reason}); make room on the disk of "
                f"{folder.path}. What has been computed is kept."
            ) from error
        finally:
            lock.release()


def _tell_of_the_other(folder: ScoresFolder, progress: Progress) -> None:
    """Say how far another process is, and wait a moment."""
    found = progress_of(folder)
    words = f"classifying, {found.done:,} of {found.total:,} reviews" if found.total else "waiting"
    progress(words, found.done / found.total if found.total else None)
    time.sleep(_LOOK_SECONDS)


class _Work:
    """The work of one process on some scores, whose lock it holds."""

    def __init__(
        self, folder: ScoresFolder, model: Path, reviews: Reviews, source: str, load: Load, sizes: ChunkSizes
    ) -> None:
        self.folder, self.model, self.reviews, self.source = folder, model, reviews, source
        self.sizes, self.load = sizes, load
        self.sequence = scoring_sequence(reviews.hashes)
        self.device = ""
        self.examiner: Examiner | None = None

    def run(self, progress: Progress) -> None:
        progress("loading the model", None)
        examiner = self._examiner()
        manifest = Manifest(
            model=model_hash(self.model),
            model_folder=str(self.model),
            data=self.reviews.report.data_hash,
            source=self.source,
            rows=len(self.reviews),
            labels=tuple(examiner.labels),
            max_length=examiner.special_tokens.max_length,
        )
        self._begin(manifest)
        log = ChunkLog(self.folder.index, self.folder.data)
        try:
            pace = Pace(progress, log.rows, manifest.rows)
            while log.rows < manifest.rows:
                self._add_chunk(log, self._examiner())
                pace.tell(log.rows)
            log.sync()
        finally:
            log.close()
        self._finish(manifest)

    def _begin(self, manifest: Manifest) -> None:
        """Keep what was computed of the same before, and discard the rest."""
        before = self.folder.read_manifest()
        if before is None or (before.model, before.data, before.labels) != (
            manifest.model,
            manifest.data,
            manifest.labels,
        ):
            self._remove_chunks()
        self.folder.write_manifest(manifest)

    def _examiner(self) -> Examiner:
        """Return the model, loaded where it disturbs nobody."""
        training = is_training()
        device = "cpu" if training else "auto"
        if self.examiner is None or (device != self.device and _has_gpu()):
            self.examiner, self.device = None, device  # the old one goes before the new one comes
            self.examiner = self.load(self.model, device)
        _share_processors(training)
        return self.examiner

    def _add_chunk(self, log: ChunkLog, examiner: Examiner) -> None:
        rows = self.sequence[log.rows : log.rows + self.sizes(log.rows)]
        texts: list[str] = []
        characters = 0
        for row in rows.tolist():
            texts.append(self.reviews.text(row))
            characters += len(texts[-1])
            if characters >= self.sizes.characters:
                break
        different = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        logits, tokens, unknown = examiner.examine(list(different))
        places = [different[text] for text in texts]
        records = np.empty(len(texts), dtype=record_of(len(examiner.labels)))
        records["logits"], records["tokens"], records["unknown"] = logits[places], tokens[places], unknown[places]
        best = Counter(records["logits"].argmax(axis=1).tolist())
        log.append(records.tobytes(), len(texts), {examiner.labels[one]: count for one, count in best.items()})

    def _finish(self, manifest: Manifest) -> None:
        """Write the scores by row, and only then remove the chunks."""
        logits, tokens, unknown, scored = by_row(self.folder, manifest, self.sequence)
        if not scored.all():
            raise OSError("chunks cannot be read back")
        for path, array in ((self.folder.logits, logits), (self.folder.tokens, tokens), (self.folder.unknown, unknown)):
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            write_whole(path, content.getvalue())
        self.folder.write_manifest(msgspec.structs.replace(manifest, complete=True))
        self._remove_chunks()

    def _remove_chunks(self) -> None:
        for path in (self.folder.index, self.folder.data):
            with suppress(FileNotFoundError):
                path.unlink()


def _load(model: Path, device: str) -> Examiner:
    from core.inference.predictor import Predictor

    return Predictor(model, device=device)


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _share_processors(training: bool) -> None:
    """Use half of the processors while a run trains."""
    import torch

    from core.planning.run_plan import cpu_threads

    threads = cpu_threads()
    torch.set_num_threads(max(threads // 2, 1) if training else threads)
