"""Answers as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from core.bulk.chunk_log import ChunkLog
from core.bulk.formats.base import Answer, source_names


class JsonLinesFormat:
    """JSON Lines: one object per review, with its text unchanged."""

    name = "jsonl"

    def __init__(self, kept: Sequence[str]) -> None:
        self._kept = source_names(kept)
        own = ["file", "line", "text", "label", "probability", "probabilities", "tokens", "truncated"]
        self.columns = [*own, *self._kept]

    def chunk(self, answers: Sequence[Answer], *, first: bool) -> bytes:
        lines = [
            json.dumps(
                {"file": file, "line": line, **found.to_json(), **dict(zip(self._kept, cells, strict=True))},
                ensure_ascii=False,
            )
            + "\n"
            for file, line, found, cells in answers
        ]
        return "".join(lines).encode("utf-8", "replace")

    def assemble(self, log: ChunkLog, folder: Path, progress: Callable[[float], None]) -> Path:
        return log.data
