"""The interface of an output format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.bulk.chunk_log import ChunkLog
from core.reviews.source_columns import PREFIX

if TYPE_CHECKING:
    from core.inference.classification import Classification

Answer = tuple[str, int, "Classification", Sequence[str]]
"""File, line, the classification of the review there, and its cells in the columns that are kept."""


class AnswerFormat(Protocol):
    """Turns answers into bytes. It must be a pure function, so that a chunk that is made again is the same."""

    @property
    def name(self) -> str:
        """csv, jsonl or parquet."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""

    def chunk(self, answers: Sequence[Answer], *, first: bool) -> bytes:
        """Return the bytes of a chunk; `first` says whether it is the first in the file."""

    def assemble(self, log: ChunkLog, folder: Path, progress: Callable[[float], None]) -> Path:
        """Write the complete file from the chunks of a synced log, sync it, and return its path.

        Args:
            folder: Where it may write files.
        """


def columns_of(labels: Sequence[str], kept: Sequence[str]) -> list[str]:
    """Return the columns of a table of answers; those that are kept of the source come last."""
    shares = [f"p_{label}" for label in dict.fromkeys(labels)]
    return ["file", "line", "text", "label", "probability", *shares, "tokens", "truncated", *source_names(kept)]


def source_names(kept: Sequence[str]) -> list[str]:
    """Return the names under which columns of the source are written."""
    return [PREFIX + name for name in kept]
