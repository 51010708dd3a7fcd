"""What a format for answers has to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.bulk.chunk_log import ChunkLog

if TYPE_CHECKING:
    from core.inference.classification import Classification

Answer = tuple[str, int, "Classification"]
"""File, line, and what the model says of the review there."""


class Form(Protocol):
    """How answers become bytes: a pure function, so that a chunk made twice is the same twice."""

    @property
    def name(self) -> str:
        """csv, jsonl or parquet."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""

    def chunk(self, answers: Sequence[Answer], *, first: bool) -> bytes:
        """The bytes of a chunk; `first` says whether it is the first of the file."""

    def assemble(self, log: ChunkLog, folder: Path, progress: Callable[[float], None]) -> Path:
        """The whole file, synced, from the chunks of a synced log; what it needs for that it may write in `folder`."""


def columns_of(labels: Sequence[str]) -> list[str]:
    """The columns of a table of answers."""
    shares = [f"p_{label}" for label in dict.fromkeys(labels)]
    return ["file", "line", "text", "label", "probability", *shares, "tokens", "truncated"]
