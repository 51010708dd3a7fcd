"""Classifying a whole source into a file: read and written chunk by chunk, and resumed after a kill."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.bulk.chunk_log import ChunkLog, totals_of
from core.bulk.formats.base import AnswerFormat
from core.bulk.formats.registry import format_of
from core.bulk.job import ChunkSizes, describe_job
from core.bulk.pace import Pace, Progress
from core.bulk.partial import Partial
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews
from core.reviews.source_columns import ALL, SHORT, named_columns
from core.reviews.unlabelled import read_unlabelled

if TYPE_CHECKING:
    from core.inference.predictor import Predictor

_READ_ROWS = 128
_SIZES = ChunkSizes()


def classify_into(
    predictor: Predictor,
    source: str,
    options: ReadingOptions,
    output: Path,
    progress: Progress,
    sizes: ChunkSizes = _SIZES,
    keep: str = SHORT,
) -> dict[str, Any]:
    """Write one row per review to `output` (.csv, .jsonl or .parquet), in the order of the source.

    The columns are file, line, text, label, probability, `p_<label>` for each class (one object in JSON Lines), tokens,
    truncated, and `source_<column>` for each column of the source that is kept. In CSV, cells that a spreadsheet would
    run are made inert.

    The file appears when it is complete. Until then, the answers so far are in a folder next to it, and the same call
    continues from there, whatever ended this one. The file is the same byte for byte.

    Args:
        keep: The columns of the source to write too: the short ones, all, none, or names separated by commas.

    Returns:
        What was done, as the `--json` option of `classify --file` shows it.

    Raises:
        InputError: The suffix of the output is not supported, its folder does not exist, or a column to keep does not.
        ReviewtuiError: The output cannot be written, or another process is writing it.
    """
    make = format_of(output)
    if not output.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(output.parent, 120)}.")
    if output.is_dir():
        raise ReviewtuiError(f"Cannot write {clean_line(output, 120)}: it is a folder; name a file with --output.")
    began = time.perf_counter()
    with Partial(output) as partial:
        reviews = read_unlabelled(source, options, progress=lambda share: progress("reading", share))
        if keep != SHORT and not _has(reviews, keep):
            reviews = read_unlabelled(source, options, keep=keep, progress=lambda share: progress("reading", share))
        kept = reviews.source_columns if keep == SHORT else named_columns(keep, reviews.source_columns)
        format = make(predictor.labels, kept)
        work = _Work(predictor, reviews, format, kept, partial, progress)
        resumed_at, labels = work.run(describe_job(predictor, reviews, options, format, sizes), sizes)
    seconds = time.perf_counter() - began
    done = len(reviews) - resumed_at
    return {
        "output": str(output),
        "rows": len(reviews),
        "resumed_at": resumed_at,
        "left_out": reviews.report.left_out,
        "labels": dict.fromkeys(predictor.labels, 0) | labels,
        "seconds": round(seconds, 3),
        "reviews_per_second": round(done / seconds, 1) if seconds else 0.0,
    }


class _Work:
    """The work of one call on an output."""

    def __init__(
        self,
        predictor: Predictor,
        reviews: Reviews,
        format: AnswerFormat,
        kept: Sequence[str],
        partial: Partial,
        progress: Progress,
    ) -> None:
        self.predictor, self.reviews, self.format, self.kept = predictor, reviews, format, kept
        self.partial, self.progress = partial, progress
        self.output, self.total = partial.output, len(reviews)

    def run(self, job: dict[str, Any], sizes: ChunkSizes) -> tuple[int, dict[str, int]]:
        """Do the rest of `job`; return how many rows were done before, and how many reviews got each label."""
        with _writing(self.output, lambda: 0, self.total):
            other = self.partial.begin(job)
            if other:
                self.progress(f"note: the unfinished answers found there are from {other}; starting over", None)
            if self._was_put_in_place():
                labels = dict(totals_of(self.partial.index, self.output).labels)
                self._tell_start(self.total)
                self.partial.remove()
                return self.total, labels
            log = ChunkLog(self.partial.index, self.partial.data)
        try:
            resumed_at = log.rows
            self._tell_start(resumed_at)
            self._classify(log, sizes)
            with _writing(self.output, lambda: log.rows, self.total):
                self._finish(log)
        finally:
            log.close()
        return resumed_at, dict(log.labels)

    def _tell_start(self, done: int) -> None:
        if done == self.total:
            self.progress(f"note: all {self.total:,} rows were done before", None)
        elif done:
            self.progress(f"note: continuing at row {done + 1:,} of {self.total:,}", None)

    def _was_put_in_place(self) -> bool:
        """Return whether an earlier call renamed the file to its place, but did not get to remove the folder."""
        if self.partial.data.exists() or not self.output.is_file():
            return False
        found = totals_of(self.partial.index, self.output)
        return found.rows == self.total and found.size == self.output.stat().st_size

    def _classify(self, log: ChunkLog, sizes: ChunkSizes) -> None:
        pace = Pace(self.progress, log.rows, self.total)
        while log.rows < self.total:
            start = log.rows
            found = self.predictor.classify(self._texts(start, sizes))
            answers = [
                (*self.reviews.place(row), one, self.reviews.source_cells(row, self.kept))
                for row, one in enumerate(found, start)
            ]
            content = self.format.chunk(answers, first=start == 0)
            with _writing(self.output, lambda: log.rows, self.total):
                log.append(content, len(found), Counter(one.label for one in found))
            pace.tell(log.rows)

    def _texts(self, start: int, sizes: ChunkSizes) -> list[str]:
        """Return the texts of the chunk that starts at row `start`; texts may be long, so a few are read at a time."""
        stop = min(start + sizes(start), self.total)
        texts: list[str] = []
        characters = 0
        while start < stop and characters < sizes.characters:
            part = self.reviews.texts(range(start, min(start + _READ_ROWS, stop)))
            characters += sum(map(len, part))
            start += len(part)
            texts += part
        return texts

    def _finish(self, log: ChunkLog) -> None:
        log.sync()
        whole = self.format.assemble(log, self.partial.path, lambda share: self.progress("writing the file", share))
        self.partial.put_in_place(whole)
        self.partial.remove()


def _has(reviews: Reviews, keep: str) -> bool:
    """Return whether the columns that `keep` names are stored with the reviews."""
    if keep == ALL:
        return False
    try:
        named_columns(keep, reviews.source_columns)
    except InputError:
        return False
    return True


@contextmanager
def _writing(output: Path, done: Callable[[], int], total: int) -> Iterator[None]:
    """Raise an OSError as a ReviewtuiError that says what has been kept."""
    try:
        yield
    except OSError as error:
        reason = f"Cannot write {clean_line(output, 120)} ({clean_line(error.strerror or error, 120)})"
        if not done():
            raise ReviewtuiError(f"{reason}; make room or choose another --output.") from error
        raise ReviewtuiError(
            f"{reason}. {done():,} of {total:,} reviews are done and kept; make room and run the same command again to "
            "continue from there."
        ) from error
